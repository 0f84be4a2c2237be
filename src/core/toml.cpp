#include "core/toml.hpp"

#include <fmt/format.h>

#include <string>

namespace stom {

Result<toml::table> parse_toml(std::string_view text, std::string_view name, std::string_view hint) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    return fail(
        Errc::Usage,
        fmt::format("{}{}line {}: {}", name, name.empty() ? "" : ": ", error.source().begin.line, error.description()),
        std::string{hint});
  }
}

}  // namespace stom
