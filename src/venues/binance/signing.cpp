#include "venues/binance/signing.hpp"

#include <algorithm>
#include <charconv>

namespace stom::venues::binance {

Result<Signer> Signer::make(Credentials credentials) {
  if (credentials.key.empty() || credentials.secret.empty())
    return fail(Errc::Usage, "a signed request needs a key and its secret", "give both, or use public data alone");
  Signer signer{std::move(credentials)};
  if (signer.credentials_.secret.starts_with("-----BEGIN")) {
    auto key = Ed25519Key::from_pem(signer.credentials_.secret);
    if (!key) return std::unexpected(key.error());
    signer.private_key_ = std::move(*key);
  } else {
    signer.secret_.emplace(signer.credentials_.secret);
  }
  return signer;
}

std::string Signer::signature(std::string_view payload) const {
  if (private_key_) return base64(private_key_->sign(payload));
  std::string out;
  append_signature(out, payload);
  return out;
}

/// As a query or a form carries it. `payload` may lie within `out`.
void Signer::append_signature(std::string& out, std::string_view payload) const {
  if (private_key_) {
    out += percent_encode(signature(payload));
  } else {
    const auto digest = secret_->sign(payload);
    append_hex(out, {digest.data(), digest.size()});
  }
}

void Signer::sign(Request& request, UnixNanos at) const {
  const auto question = request.target.find('?');
  const bool form = !request.body.empty() || request.method == "POST" || request.method == "PUT";
  STOM_ASSERT(!form || question == std::string::npos);  // one place for parameters
  std::string& text = form ? request.body : request.target;
  if (!form && question == std::string::npos) text += '?';
  const std::size_t from = form ? 0 : text.find('?') + 1;
  // In place, so that the request's memory is used again: the time before the parameters, the signature behind them.
  char stamp[40] = "timestamp=";
  char* end = std::to_chars(stamp + 10, std::end(stamp) - 1, at / kMillisecond).ptr;
  if (from != text.size()) *end++ = '&';
  text.insert(from, stamp, static_cast<std::size_t>(end - stamp));
  const std::size_t size = text.size() - from;
  text += "&signature=";
  append_signature(text, std::string_view{text}.substr(from, size));
  const auto header = [&](std::string_view name, std::string_view value) {
    const auto old = std::ranges::find(request.headers, name, &Header::name);
    if (old == request.headers.end())
      request.headers.push_back({std::string{name}, std::string{value}});
    else
      old->value = value;
  };
  header("X-MBX-APIKEY", credentials_.key);
  if (form) header("Content-Type", "application/x-www-form-urlencoded");
}

}  // namespace stom::venues::binance
