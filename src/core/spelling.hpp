// The name that somebody probably meant when they wrote one that does not exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stom {

/// The name in `known` that is nearest to `typed` by edits, or that it begins; empty where none is near.
std::string nearest_name(std::string_view typed, const std::vector<std::string>& known);

}  // namespace stom
