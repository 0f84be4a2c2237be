#include "text_file.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <system_error>

namespace stom {

Result<std::string> read_text_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    return fail(Errc::Usage, fmt::format("{} is a folder", path.string()), "name a file in it");
  std::ifstream in{path, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in) return fail(Errc::NotFound, fmt::format("{}: the file cannot be read", path.string()), "is the path right?");
  return text;
}

}  // namespace stom
