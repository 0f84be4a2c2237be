// The name that somebody probably meant when they wrote one that does not exist.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stom {

/// The name in `known` that is nearest to `typed` by edits, or that it begins; empty where none is near.
std::string nearest_name(std::string_view typed, const std::vector<std::string>& known);

/// The same by its place in `known`, for who has many names: nothing is copied.
std::optional<std::size_t> nearest_of(std::string_view typed, std::span<const std::string_view> known);

}  // namespace stom
