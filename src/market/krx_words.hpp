// The words of STOM's rows that follow from KRX's rules (docs/rows.md): round figures, and the price at which a
// volatility interruption (VI) begins.
#pragma once

#include <cstdint>

#include "model/instrument.hpp"

namespace stom {

/// A price in won within five ticks above one at which the tick changes, by the ladder of the day (KOSPI's).
bool is_above_round_figure(std::int64_t won, std::int32_t day);

/// The reference and a tenth, cut to the price's last decimal, then up to the next tick unless it is on one.
Price vi_price(const Instrument& instrument, Price reference);

/// Five ticks down, each that of the price stepped from: 2,000, 1,995, 1,994.
Price five_ticks_below(const Instrument& instrument, Price price);

}  // namespace stom
