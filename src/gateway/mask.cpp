#include "gateway/mask.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace stom::gateway {
namespace {

using std::string_view;

// A name that ends with one of these names a secret: "signature", "newListenKey", "X-MBX-APIKEY", "access_token".
constexpr std::array<string_view, 14> kNames{"signature",     "listenkey", "token",      "apikey",  "api_key",
                                             "authorization", "secret",    "passphrase", "appkey",  "secretkey",
                                             "secret_key",    "accesskey", "access_key", "password"};
// Ids of orders and clients are shorter; listen keys, HMAC in hex, Ed25519 in base64 and parts of a JWT are longer.
constexpr std::size_t kLooksSecret = 43;
constexpr string_view kMask = "***";

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}
/// What a secret in base64 or percent-escapes is made of, but for slashes and dots: what stands between them is looked
/// at part by part, for an address is long, and no secret.
constexpr bool is_of_part(char c) { return is_word(c) || c == '+' || c == '%'; }

bool ends_with(string_view word, string_view name) {
  return word.size() >= name.size() &&
         std::ranges::equal(word.substr(word.size() - name.size()), name, [](char a, char b) { return lower(a) == b; });
}
bool names_secret(string_view word) {
  return std::ranges::any_of(kNames, [&](string_view name) { return ends_with(word, name); });
}

/// Whether that is one of the parts that `text` falls into.
bool has_part(string_view text, string_view part) {
  for (auto at = text.find(part); at != string_view::npos; at = text.find(part, at + 1)) {
    const std::size_t end = at + part.size();
    const bool begins = at == 0 || !is_of_part(text[at - 1]), ends = end == text.size() || !is_of_part(text[end]);
    if (begins && ends) return true;
  }
  return false;
}

/// How far the value goes that follows a name: 0 where none does. `begin`: where it starts.
std::size_t value_after(string_view rest, std::size_t& begin) {
  std::size_t at = 0;
  const auto skip = [&](string_view these) {
    while (at < rest.size() && these.find(rest[at]) != string_view::npos) ++at;
  };
  skip("\\\"'");
  skip(" \t");
  if (at >= rest.size() || (rest[at] != ':' && rest[at] != '=')) return 0;
  ++at;
  skip(" \t\\");
  const bool quoted = at < rest.size() && (rest[at] == '"' || rest[at] == '\'');
  const char quote = quoted ? rest[at++] : '\0';
  begin = at;
  for (; at < rest.size(); ++at) {
    const char c = rest[at];
    if (quoted ? c == quote || c == '\\' : string_view{"&,;}]\"'\r\n"}.find(c) != string_view::npos) break;
  }
  return at;
}

using Texts = std::span<const std::string>;

void append_unnamed(std::string& out, string_view text, Texts plain) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_of_part(text[end])) ++end;
    const string_view part = text.substr(at, end - at);
    const bool looks_secret = part.size() >= kLooksSecret &&
                              std::ranges::none_of(plain, [&](string_view one) { return has_part(one, part); });
    out += looks_secret ? kMask : part;
    at = end;
    if (at < text.size()) out += text[at++];
  }
}

void append_one(std::string& out, string_view text, Texts plain) {
  std::size_t done = 0;  // of text, in out
  for (std::size_t at = 0; at < text.size();) {
    if (!is_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    std::size_t begin = 0;
    if (names_secret(text.substr(at, end - at)))
      if (const std::size_t size = value_after(text.substr(end), begin); size > begin) {
        append_unnamed(out, text.substr(done, end + begin - done), plain);
        out += kMask;
        done = end = end + size;
      }
    at = end;
  }
  append_unnamed(out, text.substr(done), plain);
}

}  // namespace

void append_masked(std::string& out, string_view text, Texts known, Texts plain) {
  for (;;) {
    // The known ones first, whatever stands around them; of two that begin alike the longer one.
    std::size_t first = string_view::npos;
    std::size_t size = 0;
    for (const auto& secret : known) {
      if (secret.empty()) continue;
      const auto at = text.find(secret);
      if (at == string_view::npos || at > first || (at == first && secret.size() <= size)) continue;
      first = at;
      size = secret.size();
    }
    if (first == string_view::npos) return append_one(out, text, plain);
    append_one(out, text.substr(0, first), plain);
    out += kMask;
    text.remove_prefix(first + size);
  }
}

}  // namespace stom::gateway
