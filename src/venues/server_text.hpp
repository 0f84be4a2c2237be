// What the server sides of all venues share, and no client side uses: parameters out of query strings and form bodies,
// signatures, JSON text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace stom::venues::server {

/// "a=1&b=%20" in order, escapes and plus signs resolved. Nothing where an escape is broken.
using Parameters = std::vector<std::pair<std::string, std::string>>;
std::optional<Parameters> parse_form(std::string_view text);

std::string hmac_sha256_hex(std::string_view key, std::string_view text);
/// Takes as long for a wrong text as for a right one.
bool same_secret(std::string_view a, std::string_view b);

/// `text` as a JSON string, quotes included; bytes that are no UTF-8 become U+FFFD.
std::string json_text(std::string_view text);
/// Whole number; nothing where the text is anything else or does not fit.
std::optional<std::int64_t> whole_number(std::string_view text);
/// A JSON object as it is written, field by field.
class JsonObject {
 public:
  JsonObject& raw(std::string_view name, std::string_view json);
  JsonObject& text(std::string_view name, std::string_view value) { return raw(name, json_text(value)); }
  JsonObject& number(std::string_view name, std::int64_t value) { return raw(name, std::to_string(value)); }
  JsonObject& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  /// The text; the object is used up.
  std::string done() { return std::move(out_) + "}"; }

 private:
  std::string out_ = "{";
};
/// "[a,b]" out of "a" and "b".
std::string json_array(const std::vector<std::string>& items);

std::string lower(std::string_view text);
std::string upper(std::string_view text);

}  // namespace stom::venues::server
