// The prices and rates that a session's limits are held against: of the engine's books, and none that is stale. What a
// rate was is remembered from check to check and from nothing else, so that a re-run remembers the same. Engine thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "risk/guarded_link.hpp"
#include "trade/exposure_view.hpp"

namespace stom::trade {

class LimitPrices final : public risk::PriceSource {
 public:
  LimitPrices(const std::vector<Instrument>& instruments, std::string currency, std::vector<risk::CurrencyRate> given)
      : exposure_{instruments, std::move(currency), std::move(given)} {}
  /// Before the first order. `heard_at`: when something of an instrument was last heard; kNoTime: never.
  void read_from(const Engine& engine, std::function<UnixNanos(InstrumentIndex)> heard_at) {
    engine_ = &engine;
    heard_at_ = std::move(heard_at);
  }

  std::int64_t twice_price(InstrumentIndex index) const override {
    const InstrumentMarket& market = engine_->market()[index];
    return market.stale ? 0 : market.twice_mid();
  }
  void twice_prices(std::span<const InstrumentIndex> instruments, std::int64_t* twice) const override {
    for (const InstrumentIndex i : instruments) *twice++ = twice_price(i);  // without a virtual call each
  }
  std::optional<Money> in_currency(InstrumentIndex index, Money amount) const override {
    return exposure_.in_currency(engine_->market(), heard_at_, index, amount, engine_->now());
  }
  double rate(InstrumentIndex index) const override {
    return exposure_.rate(engine_->market(), heard_at_, index, engine_->now());
  }
  /// As ExposureView has them.
  const std::string& currency() const { return exposure_.currency(); }
  std::vector<std::string> without_rate(const std::function<bool(InstrumentIndex)>& counts) const {
    return exposure_.without_rate(counts);
  }

 private:
  mutable ExposureView exposure_;  // looking at the books' rates changes what it knows of them
  const Engine* engine_ = nullptr;
  std::function<UnixNanos(InstrumentIndex)> heard_at_;
};

}  // namespace stom::trade
