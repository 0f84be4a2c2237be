// The prices that limits are held against where nothing is ever converted, as in a backtest and in a replay
// (docs/accounts.md): of the engine's books, and none that is stale. What settles in another currency than the first
// instrument has no rate, and is denied where one is needed.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "market/market.hpp"
#include "risk/guarded_link.hpp"

namespace stom {

class MarketPrices final : public risk::PriceSource {
 public:
  explicit MarketPrices(const std::vector<Instrument>& instruments) {
    for (const Instrument& one : instruments) settles_.push_back(one.settlement() == instruments.front().settlement());
  }
  /// Before the first order. `bars`: the data are bars, so the last close is the price and no book can be stale.
  void read_from(const Market& market, bool bars) {
    market_ = &market;
    bars_ = bars;
  }

  std::int64_t twice_price(InstrumentIndex index) const override {
    const InstrumentMarket& market = (*market_)[index];
    return market.stale && !bars_ ? 0 : market.twice_mid();
  }
  void twice_prices(std::span<const InstrumentIndex> instruments, std::int64_t* twice) const override {
    for (const InstrumentIndex i : instruments) *twice++ = twice_price(i);  // without a virtual call each
  }
  std::optional<Money> in_currency(InstrumentIndex index, Money amount) const override {
    return settles_[index] ? std::optional{amount} : std::nullopt;
  }
  double rate(InstrumentIndex index) const override { return settles_[index] ? 1 : 0; }

 private:
  std::vector<bool> settles_;  // by instrument: in the currency of the first
  const Market* market_ = nullptr;
  bool bars_ = false;
};

}  // namespace stom
