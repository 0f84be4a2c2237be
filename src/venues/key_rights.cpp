#include "venues/key_rights.hpp"

#include <fmt/format.h>

#include "venues/binance/signing.hpp"
#include "venues/json.hpp"

namespace stom::venues {

std::string KeyRights::text() const {
  return fmt::format("{}, {}, {}", trades ? "may trade" : "may not trade",
                     withdraws ? "MAY WITHDRAW" : "may not withdraw",
                     bound ? "bound to addresses" : "from any address of the network");
}

Result<std::optional<RightsQuestion>> key_rights_question(std::string_view venue, const Credentials& credentials,
                                                          UnixNanos venue_time) {
  if (!venue.starts_with("binance")) return std::nullopt;
  const auto signer = binance::Signer::make(credentials);
  if (!signer) return std::unexpected(signer.error());
  RightsQuestion question{.url = "https://api.binance.com", .request = {}};
  question.request.method = "GET";
  question.request.target = "/sapi/v1/account/apiRestrictions";
  signer->sign(question.request, venue_time);
  return question;
}

Result<KeyRights> read_key_rights(std::string_view venue, std::string_view body) {
  JsonDocument document;
  const auto json = document.parse(body);
  const auto unreadable = [&](std::string_view why) {
    return fail(Errc::BadData, fmt::format("what {} tells of the key's rights cannot be read: {}", venue, why),
                "the venue may have changed it (docs/venues); look at the key at the venue's own page, and report it");
  };
  if (!json) return unreadable(json.error().message);
  bool whole = true;
  const auto has = [&](std::string_view right) {
    const Json value = json->find(right);
    whole &= value.is_bool();
    return value.is(Json::Kind::True);
  };
  const KeyRights rights{.trades = has(venue == "binance" ? "enableSpotAndMarginTrading" : "enableFutures"),
                         .withdraws = has("enableWithdrawals"),
                         .bound = has("ipRestrict")};
  if (!whole) return unreadable("a right is missing");
  return rights;
}

}  // namespace stom::venues
