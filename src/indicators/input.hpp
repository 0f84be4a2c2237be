// What indicators read: a bar as doubles. Money stays exact elsewhere; here a price is a number to do statistics with.
//
// Every indicator is a small value type: construct it with its periods, update() it once per value or bar, read value()
// (or its named outputs) once ready(). An update costs the same at any time, allocates nothing and depends on nothing
// but the updates before it, so a backtest, a replay and a live session see the same bits.
#pragma once

#include <limits>

#include "core/decimal.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom {

struct Ohlcv {
  double open = 0;
  double high = 0;
  double low = 0;
  double close = 0;
  double volume = 0;

  double typical() const { return (high + low + close) / 3; }
  double middle() const { return (high + low) / 2; }
};

/// What an indicator that is not ready says. Every comparison with it is false, so nothing trades on it by accident.
inline constexpr double kNotReady = std::numeric_limits<double>::quiet_NaN();

inline Ohlcv to_ohlcv(const Bar& bar, const Instrument& instrument) {
  const auto price = [&](Price p) { return to_double(p.value, instrument.price_decimals); };
  return {price(bar.open), price(bar.high), price(bar.low), price(bar.close),
          to_double(bar.volume.value, instrument.quantity_decimals)};
}

}  // namespace stom
