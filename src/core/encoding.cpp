#include "core/encoding.hpp"

#include <algorithm>

namespace stom {
namespace {

std::string base64_with(std::string_view bytes, const char* letters, bool padded) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return k < bytes.size() ? static_cast<unsigned char>(bytes[k]) : 0u; };
    const unsigned three = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    const std::size_t real = std::min<std::size_t>(bytes.size() - i, 3);
    for (std::size_t k = 0; k < 4; ++k) {
      if (k <= real)
        out += letters[three >> (18 - 6 * k) & 63];
      else if (padded)
        out += '=';
    }
  }
  return out;
}

}  // namespace

void append_hex(std::string& out, std::string_view bytes) {
  const std::size_t from = out.size();
  out.resize(from + 2 * bytes.size());
  char* at = out.data() + from;
  for (const char c : bytes) {
    *at++ = "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    *at++ = "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
}

std::string hex(std::string_view bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::string base64(std::string_view bytes) {
  return base64_with(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}
std::string base64url(std::string_view bytes) {
  return base64_with(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

}  // namespace stom
