#include "trade/demanded_limits.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace stom::trade {

using risk::LimitKind;

std::optional<MissingLimit> missing_limit(std::span<const risk::Limit> limits, std::span<const risk::Breaker> breakers,
                                          std::span<const std::string> venues) {
  const auto limited = [&](std::initializer_list<LimitKind> kinds, std::string_view venue) {
    return std::ranges::any_of(limits, [&](const risk::Limit& limit) {
      return std::ranges::find(kinds, limit.kind) != kinds.end() && (limit.scope.empty() || limit.scope == venue);
    });
  };
  for (const std::string& venue : venues) {
    if (!limited({LimitKind::OrderNotional, LimitKind::OrderQuantity}, venue))
      return MissingLimit{"one order at " + venue, "order_notional or order_quantity"};
    if (!limited({LimitKind::Position, LimitKind::GrossExposure, LimitKind::NetExposure}, venue))
      return MissingLimit{"what is held at " + venue, "position, gross_exposure or net_exposure"};
  }
  const bool ends_a_day = std::ranges::any_of(breakers, [](const risk::Breaker& breaker) {
    return breaker.kind == risk::BreakerKind::DailyLoss && breaker.action != risk::BreakerAction::Warn;
  });
  if (!ends_a_day) return MissingLimit{"the loss of a day", "daily_loss, with entries or flatten"};
  return std::nullopt;
}

}  // namespace stom::trade
