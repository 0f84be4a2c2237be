// What bounds prices on a market, as dated data (data/market/market_rules.csv; docs/auctions.md): daily price limits,
// and when a price has moved so far that trading is interrupted for an auction (VI).
#pragma once

#include <string_view>

#include "model/instrument.hpp"
#include "sim/sessions.hpp"

namespace stom::sim {

/// In force on a day. Rates are in 10^-9 of the reference price; 0: there is none.
struct MarketRules {
  std::int64_t price_limit = 0;         // of the base price
  std::int64_t static_vi = 0;           // of the last single price
  std::int64_t dynamic_continuous = 0;  // of the last trade
  std::int64_t dynamic_closing_call = 0;
  std::int64_t dynamic_periodic_call = 0;
  DurationNanos vi_call = 0;  // how long orders are gathered after a VI
  DurationNanos vi_random_end = 0;
};

/// `group`: "kospi200" or "general", what the dynamic rates go by.
MarketRules market_rules_on(std::string_view market, std::string_view group, std::int32_t day);

struct PriceLimits {
  Price lower{}, upper{};

  bool known() const { return upper.value != 0; }
  bool hold(Price price) const { return !known() || (price >= lower && price <= upper); }
};

/// The day's limits: base +- (base x rate, cut to the tick at the base price), then cut inwards to the ladder there; at
/// least one tick either way. Unknown where the base price is.
PriceLimits daily_limits(const Instrument& instrument, Price base, std::int64_t rate);

/// The price is `rate` or more away from the reference, which is known.
bool moved_too_far(Price price, Price reference, std::int64_t rate);

}  // namespace stom::sim
