#include "venues/kiwoom/signing.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom::venues::kiwoom {

std::string token_request(const Credentials& credentials) {
  return fmt::format(R"({{"grant_type":"client_credentials","appkey":"{}","secretkey":"{}"}})", credentials.key,
                     credentials.secret);
}

std::string revoke_request(const Credentials& credentials, std::string_view token) {
  return fmt::format(R"({{"appkey":"{}","secretkey":"{}","token":"{}"}})", credentials.key, credentials.secret, token);
}

Result<void> sign(Request& request, std::string_view api_id, std::string_view token) {
  if (token.empty())
    return fail(Errc::Usage, fmt::format("{} needs an access token, and there is none", api_id),
                "ask for a token (au10001) first");
  const auto header = [&](std::string_view name, std::string value) {
    const auto old = std::ranges::find(request.headers, name, &Header::name);
    if (old == request.headers.end())
      request.headers.push_back({std::string{name}, std::move(value)});
    else
      old->value = std::move(value);
  };
  header("api-id", std::string{api_id});
  header("authorization", fmt::format("Bearer {}", token));
  header("Content-Type", "application/json;charset=UTF-8");
  return {};
}

}  // namespace stom::venues::kiwoom
