#include "venues/binance/signing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom::venues::binance {

Result<Signer> Signer::make(Credentials credentials) {
  if (credentials.key.empty() || credentials.secret.empty())
    return fail(Errc::Usage, "a signed request needs a key and its secret", "give both, or use public data alone");
  Signer signer{std::move(credentials)};
  if (signer.credentials_.secret.starts_with("-----BEGIN")) {
    auto key = Ed25519Key::from_pem(signer.credentials_.secret);
    if (!key) return std::unexpected(key.error());
    signer.private_key_ = std::move(*key);
  }
  return signer;
}

std::string Signer::signature(std::string_view payload) const {
  return private_key_ ? base64(private_key_->sign(payload)) : hex(hmac_sha256(credentials_.secret, payload));
}

void Signer::sign(Request& request, UnixNanos at) const {
  const auto question = request.target.find('?');
  const bool form = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  STOM_ASSERT(!form || question == std::string::npos);  // one place for parameters
  const std::string_view parameters = form ? std::string_view{request.body}
                                      : question == std::string::npos
                                          ? std::string_view{}
                                          : std::string_view{request.target}.substr(question + 1);
  std::string payload = fmt::format("timestamp={}", at / kMillisecond);
  if (!parameters.empty()) payload += fmt::format("&{}", parameters);
  payload += "&signature=" + percent_encode(signature(payload));
  const auto header = [&](std::string_view name, std::string_view value) {
    const auto old = std::ranges::find(request.headers, name, &Header::name);
    if (old == request.headers.end())
      request.headers.push_back({std::string{name}, std::string{value}});
    else
      old->value = value;
  };
  header("X-MBX-APIKEY", credentials_.key);
  if (form) {
    request.body = std::move(payload);
    header("Content-Type", "application/x-www-form-urlencoded");
  } else {
    request.target = request.target.substr(0, question) + "?" + payload;
  }
}

}  // namespace stom::venues::binance
