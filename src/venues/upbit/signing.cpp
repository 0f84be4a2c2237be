#include "venues/upbit/signing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "venues/json.hpp"

namespace stom::venues::upbit {

Result<std::string> hashed_parameters(const Request& request) {
  if (request.body.empty()) {
    const auto question = request.target.find('?');
    return question == std::string::npos ? std::string{} : request.target.substr(question + 1);
  }
  JsonDocument document;
  const auto root = document.parse(request.body);
  if (!root) return std::unexpected(root.error());
  std::string text;
  for (const auto member : *root) {
    if (!member.is_string() && !member.is_number())
      return fail(Errc::Usage, fmt::format("\"{}\" of a request is neither text nor a number", member.key()),
                  "write parameters as strings");
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", member.key(), member.text());
  }
  return text;
}

std::string token(const Credentials& credentials, std::string_view nonce, std::string_view parameters) {
  std::string claims = fmt::format(R"({{"access_key":"{}","nonce":"{}")", credentials.key, nonce);
  if (!parameters.empty())
    claims += fmt::format(R"(,"query_hash":"{}","query_hash_alg":"SHA512")", hex(sha512(parameters)));
  claims += '}';
  const std::string signed_part = base64url(R"({"alg":"HS512","typ":"JWT"})") + "." + base64url(claims);
  return signed_part + "." + base64url(hmac_sha512(credentials.secret, signed_part));
}

Result<void> sign(Request& request, const Credentials& credentials, std::string_view nonce) {
  if (credentials.key.empty() || credentials.secret.empty())
    return fail(Errc::Usage, "a signed request needs a key and its secret", "give both, or use public data alone");
  const auto parameters = hashed_parameters(request);
  if (!parameters) return std::unexpected(parameters.error());
  auto value = "Bearer " + token(credentials, nonce, *parameters);
  const auto old = std::ranges::find(request.headers, "Authorization", &Header::name);
  if (old == request.headers.end())
    request.headers.push_back({"Authorization", std::move(value)});
  else
    old->value = std::move(value);
  return {};
}

}  // namespace stom::venues::upbit
