// What is traded: its name (venue:symbol), its decimals, its tick ladder and lot, and how its value is computed.
#pragma once

#include <string>
#include <vector>

#include "core/assert.hpp"
#include "model/types.hpp"

namespace stom {

enum class ContractKind : std::uint8_t {
  Spot,     // value = price x quantity, in the quote currency
  Linear,   // the same, margined: a position is a claim on price differences
  Inverse,  // value = contracts x contract size / price, in the base currency
};

/// Ticks apply from `from` upwards until the next band. Dated ladders live in market/; an Instrument holds the one in
/// force.
struct TickBand {
  Price from;
  Price tick;
};

struct Instrument {
  std::string id;  // "binance-usdm:BTCUSDT"
  std::string base;
  std::string quote;
  ContractKind kind = ContractKind::Spot;
  int price_decimals = 0;
  int quantity_decimals = 0;
  std::vector<TickBand> ladder;  // ascending, first from 0; one band where the tick is the same everywhere
  Quantity lot{1};
  std::int64_t contract_size = 1;  // Linear: units of base per contract; Inverse: units of quote per contract

  std::string venue() const { return id.substr(0, id.find(':')); }
  std::string symbol() const { return id.substr(id.find(':') + 1); }
  /// The currency that profit, loss and fees are in.
  const std::string& settlement() const { return kind == ContractKind::Inverse ? base : quote; }
  Price tick_at(Price price) const;
  /// The greatest tick that divides every tick of the ladder: the step of a book's index.
  Price base_tick() const;
  bool on_ladder(Price price) const { return price.value % tick_at(price).value == 0; }
};

/// price x quantity (Spot, Linear) in the quote currency, exact. Overflow of 128 bits cannot happen below 1.7e20 units
/// of currency.
inline Money value_of(const Instrument& instrument, Price price, Quantity quantity) {
  const int spare = kMoneyDecimals - instrument.price_decimals - instrument.quantity_decimals;
  STOM_ASSERT(spare >= 0);
  return {static_cast<Int128>(price.value) * quantity.value * instrument.contract_size * power_of_ten(spare)};
}
/// contracts x contract size / price in the base currency, rounded half to even at 10^-18 (the only rounding of inverse
/// contracts).
Money inverse_value_of(const Instrument& instrument, Price price, Quantity quantity);

}  // namespace stom
