#include "venues/upbit/server_token.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <functional>

namespace stom::venues::upbit::server {
namespace {

constexpr std::size_t kNoncesKept = 100'000;

ApiError unverified() { return {401, "jwt_verification", "Jwt 토큰 검증에 실패했습니다."}; }

/// RFC 4648, section 5, without padding.
std::optional<std::string> from_base64url(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int held = 0;
  for (const char c : text) {
    const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '-'             ? 62
                      : c == '_'             ? 63
                                             : -1;
    if (digit < 0) return std::nullopt;
    bits = (bits << 6 | static_cast<unsigned>(digit)) & 0xFFFFFF;
    held += 6;
    if (held >= 8) {
      held -= 8;
      out += static_cast<char>(bits >> held & 0xFF);
    }
  }
  return out;
}

std::string sha512_hex(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha512(), nullptr);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::string signature(const EVP_MD* digest, std::string_view secret, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  HMAC(digest, secret.data(), static_cast<int>(secret.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), out.data(), &size);
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string text_of(const simdjson::dom::element& value) {
  std::string_view text;
  if (!value.get_string().get(text)) return std::string{text};
  return simdjson::minify(value);
}

std::string joined(const Parameters& parameters) {
  std::string out;
  for (const auto& [name, value] : parameters) out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

bool read_object(std::string_view body, Parameters& out) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get_object().get(object)) return false;
  for (const auto [key, value] : object) {
    simdjson::dom::array list;
    if (value.is_object()) return false;
    if (value.get_array().get(list)) {
      if (!value.is_null()) out.emplace_back(key, text_of(value));
      continue;
    }
    for (const auto item : list) out.emplace_back(std::string{key} + "[]", text_of(item));
  }
  return true;
}

}  // namespace

std::string ApiError::json() const {
  JsonObject error;
  const auto number = whole_number(name);
  number ? error.number("name", *number) : error.text("name", name);
  return JsonObject{}.raw("error", error.text("message", message).done()).done();
}

std::optional<Asked> asked(const WireRequest& request) {
  Asked out;
  if (!request.query.empty()) {
    auto query = parse_form(request.query);
    if (!query) return std::nullopt;
    out.parameters = std::move(*query);
    out.hashed = {request.query, joined(out.parameters)};
  }
  if (request.body.empty()) return out;
  Parameters body;
  const auto first = request.body.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && request.body[first] == '{') {
    if (!read_object(request.body, body)) return std::nullopt;
    if (!body.empty()) out.hashed.push_back(joined(body));
  } else {
    // Forms of POST ended on 2022-03-01.
    auto form = request.method == "POST" ? std::nullopt : parse_form(request.body);
    if (!form) return std::nullopt;
    body = std::move(*form);
    out.hashed.push_back(request.body);
    out.hashed.push_back(joined(body));
  }
  for (auto& pair : body) out.parameters.push_back(std::move(pair));
  return out;
}

void Doorman::open(std::vector<Credentials> credentials) {
  for (auto& one : credentials) known_.push_back({std::move(one), {}, {}});
}

std::expected<AccountId, ApiError> Doorman::check(std::string_view authorization, const Asked& asked) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) return std::unexpected(unverified());
  const std::string_view token = authorization.substr(kBearer.size());
  const auto first = token.find('.'), second = token.rfind('.');
  if (first == std::string_view::npos || second == first) return std::unexpected(unverified());
  const auto head = from_base64url(token.substr(0, first));
  const auto claims = from_base64url(token.substr(first + 1, second - first - 1));
  const auto given = from_base64url(token.substr(second + 1));
  if (!head || !claims || !given) return std::unexpected(unverified());
  simdjson::dom::parser head_parser, claims_parser;
  simdjson::dom::element header, payload;
  std::string_view algorithm, key, nonce, hash, hash_algorithm;
  if (head_parser.parse(*head).get(header) || header["alg"].get_string().get(algorithm) ||
      claims_parser.parse(*claims).get(payload) || payload["access_key"].get_string().get(key))
    return std::unexpected(unverified());
  const auto found =
      std::ranges::find_if(known_, [&](const Known& one) { return same_secret(one.credentials.key, key); });
  if (found == known_.end()) return refuse(401, "invalid_access_key", "잘못된 엑세스 키입니다.");
  const EVP_MD* digest = algorithm == "HS512" ? EVP_sha512() : algorithm == "HS256" ? EVP_sha256() : nullptr;
  if (digest == nullptr || !same_secret(signature(digest, found->credentials.secret, token.substr(0, second)), *given))
    return std::unexpected(unverified());
  if (payload["nonce"].get_string().get(nonce) || nonce.empty()) return std::unexpected(unverified());
  const std::size_t hash_of_nonce = std::hash<std::string_view>{}(nonce);
  if (found->nonces.contains(hash_of_nonce))
    return refuse(401, "nonce_used", "이미 요청한 nonce값이 다시 사용되었습니다.");
  if (!asked.hashed.empty()) {
    const bool hashed =
        !payload["query_hash"].get_string().get(hash) &&
        (payload["query_hash_alg"].get_string().get(hash_algorithm) || hash_algorithm == "SHA512") &&
        std::ranges::any_of(asked.hashed, [&](const std::string& text) { return sha512_hex(text) == lower(hash); });
    if (!hashed) return refuse(401, "invalid_query_payload", "Jwt의 query를 검증하는데 실패하였습니다.");
  }
  found->nonces.insert(hash_of_nonce);
  found->in_order.push_back(hash_of_nonce);
  if (found->in_order.size() > kNoncesKept) {
    found->nonces.erase(found->in_order.front());
    found->in_order.pop_front();
  }
  return static_cast<AccountId>(found - known_.begin());
}

}  // namespace stom::venues::upbit::server
