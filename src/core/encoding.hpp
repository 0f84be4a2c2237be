// Bytes as text: hexadecimal digits and base64.
#pragma once

#include <string>
#include <string_view>

namespace stom {

/// Lower case.
std::string hex(std::string_view bytes);
/// The same, behind what `out` has.
void append_hex(std::string& out, std::string_view bytes);
std::string base64(std::string_view bytes);
/// With '-' and '_', without '=' (RFC 7515).
std::string base64url(std::string_view bytes);

}  // namespace stom
