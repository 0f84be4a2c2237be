#include "model/instrument.hpp"

#include <algorithm>
#include <numeric>

#include "core/assert.hpp"

namespace stom {

Price Instrument::tick_at(Price price) const {
  STOM_ASSERT(!ladder.empty());
  auto band =
      std::upper_bound(ladder.begin(), ladder.end(), price, [](Price p, const TickBand& b) { return p < b.from; });
  return band == ladder.begin() ? ladder.front().tick : std::prev(band)->tick;
}

Price Instrument::base_tick() const {
  std::int64_t step = 0;
  for (const auto& band : ladder) step = std::gcd(step, band.tick.value);
  return {step};
}

Money inverse_value_of(const Instrument& instrument, Price price, Quantity quantity) {
  STOM_ASSERT(price.value > 0);
  // (quantity / 10^qd * size) / (price / 10^pd) * 10^18
  const Int128 numerator =
      static_cast<Int128>(quantity.value) * instrument.contract_size * power_of_ten(instrument.price_decimals);
  const int scale = kMoneyDecimals - instrument.quantity_decimals;
  STOM_ASSERT(scale >= 0);
  return {divide(numerator * power_of_ten(scale), price.value, Rounding::HalfEven)};
}

}  // namespace stom
