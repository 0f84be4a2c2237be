// A whole text file that the user named, also a pipe. Errors say what it is instead.
#pragma once

#include <filesystem>
#include <string>

#include "core/result.hpp"

namespace stom {

Result<std::string> read_text_file(const std::filesystem::path& path);

}  // namespace stom
