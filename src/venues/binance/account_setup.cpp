#include "venues/binance/account_setup.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "venues/signing.hpp"

namespace stom::venues::binance {
namespace {

constexpr std::int64_t kIsSoAlready = -4046;  // "No need to change margin type."

std::string remedy_of(std::int64_t code) {
  switch (code) {
    case -4028:
      return "the venue lists what it allows by leverageBracket; name another with --leverage ID=N";
    case -4047:
      return "cancel the open orders of that contract, or leave --margin away";
    case -4048:
      return "close the position of that contract, or leave --margin away";
    case -4161:
    case -2027:
    case -2028:
      return "close the position of that contract or make it smaller, or leave --leverage away";
    case -4168:
      return "switch the account to single-asset mode at the venue, or leave --margin away";
    default:
      return "set it by hand at the venue and leave --leverage and --margin away";
  }
}

}  // namespace

AccountSetup::AccountSetup(std::string_view api, const std::vector<MarginSetting>& settings) {
  const auto add = [&](Step step, Wish wish) {
    steps_.push_back(std::move(step));
    wishes_.push_back(std::move(wish));
  };
  add({"GET", fmt::format("{}/positionSide/dual", api), "", 30}, {});
  for (const auto& setting : settings) {
    const auto symbol = percent_encode(setting.symbol);
    if (setting.isolated)
      add({"POST", fmt::format("{}/marginType", api),
           fmt::format("symbol={}&marginType={}", symbol, *setting.isolated ? "ISOLATED" : "CROSSED")},
          {fmt::format("{} margin of {}", *setting.isolated ? "isolated" : "cross", setting.symbol)});
    if (setting.leverage)
      add({"POST", fmt::format("{}/leverage", api), fmt::format("symbol={}&leverage={}", symbol, *setting.leverage)},
          {fmt::format("leverage {} of {}", *setting.leverage, setting.symbol), *setting.leverage});
  }
}

AccountSetup::Then AccountSetup::answered(int status, const EventBatch& events, const std::optional<Refusal>& refusal) {
  const Wish& wish = wishes_[at_];
  if (status != 200) {
    if (!refusal || status >= 500 || refusal->passes()) return Then::Again;
    if (refusal->code != kIsSoAlready) {
      text_ = fmt::format("{} refused: {}", wish.what.empty() ? "position mode" : wish.what, refusal->text());
      remedy_ = wish.what.empty() ? "look at the key's rights for futures at the venue" : remedy_of(refusal->code);
      return Then::Stop;
    }
  } else if (wish.what.empty() || wish.leverage != 0) {
    // Believed once the answer says it.
    const auto told = std::ranges::find(events.events, "account_config", &Event::kind);
    const auto* value =
        told == events.events.end() ? nullptr : events.find(*told, wish.what.empty() ? "hedge_mode" : "leverage");
    if (value == nullptr) return Then::Again;
    if (wish.what.empty() && value->integer != 0) return found_hedge_mode(), Then::Stop;
    if (!wish.what.empty() && value->integer != wish.leverage) return Then::Again;
  }
  ++at_;
  return Then::GoOn;
}

void AccountSetup::found_hedge_mode() {
  text_ = "the account holds long and short positions apart (hedge mode); orders are for one-way mode";
  remedy_ =
      "switch it to one-way mode at the venue (its preferences, position mode) while nothing is open, or use the key "
      "of another account";
}

}  // namespace stom::venues::binance
