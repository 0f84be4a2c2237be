// A file with secrets in it: read only where it belongs to whoever runs the program, and nobody else may read it.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::trade {

/// `which`: the hint where there is no such file.
Result<std::string> read_private_file(const std::filesystem::path& path, std::string_view which);

}  // namespace stom::trade
