// What a trader is exposed to over all venues, in one currency: what is held long, what is held short, what it has
// earned, what it is worth. Unknown is never guessed: a position without a price, or a currency without a rate, makes
// the sums that it belongs to unknown, and is named. Docs: docs/trade.md.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "risk/currency_rates.hpp"

namespace stom::risk {

struct Position {
  const Instrument* instrument = nullptr;
  Quantity quantity{};           // signed
  std::int64_t twice_price = 0;  // best bid and ask together, in the instrument's price units; 0: not known
  bool stale = true;             // the price is not to be believed
  Money earned{};                // in the settlement currency: what fills, fees and funding brought since the start
  Money began{};                 // the same: what the start brought
};

struct Exposure {
  /// None: not known, `unknown` says why.
  std::optional<Money> long_value, short_value;  // both at least 0
  std::optional<Money> profit;                   // what was earned and what is open
  std::optional<Money> equity;                   // that, and what was there at the start, by the rates of now
  bool stale = false;                            // a price or a rate in it is not to be believed
  std::vector<std::string> unknown;              // what is not known, and why, a line each
  struct Missing {
    const Instrument* instrument;
    bool is_rate;  // else its price
    friend bool operator==(const Missing&, const Missing&) = default;
  };
  std::vector<Missing> missing;  // what those lines say

  std::optional<Money> gross() const {
    return both([](Money a, Money b) { return a + b; });
  }
  std::optional<Money> net() const {
    return both([](Money a, Money b) { return a - b; });
  }

 private:
  template <class Sum>
  std::optional<Money> both(Sum sum) const {
    if (!long_value || !short_value) return std::nullopt;
    return sum(*long_value, *short_value);
  }
};

/// `rates` remembers the ways that lead to `currency`: where all is known, the same asked again takes nothing from the
/// heap.
Exposure exposure_of(std::span<const Position> positions, CurrencyRates& rates, std::string_view currency,
                     UnixNanos now);
/// The same in place of what `all` said, of the same instruments and currency: it takes nothing from the heap either
/// where the same is missing as then.
void add_up(Exposure& all, std::span<const Position> positions, CurrencyRates& rates, std::string_view currency,
            UnixNanos now);

}  // namespace stom::risk
