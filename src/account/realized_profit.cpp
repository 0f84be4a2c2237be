#include "account/realized_profit.hpp"

#include <algorithm>
#include <cstdlib>

#include "core/decimal.hpp"

namespace stom {
Money RealizedProfit::filled(const Instrument& instrument, Side side, Price price, Quantity quantity) {
  return booked(side, cash_of_fill(instrument, side, price, quantity), quantity);
}

Money RealizedProfit::booked(Side side, Money cash, Quantity quantity) {
  const std::int64_t by = sign_of(side) * quantity.value, before = position_.value;
  position_.value += by;
  if (by == 0 || before == 0 || (before > 0) == (by > 0)) {
    cash_ += cash;
    return {};
  }
  const std::int64_t closed = std::min(std::abs(by), std::abs(before));
  const Money closing{share_of(cash.value, closed, quantity.value)};
  const Money opened{share_of(cash_.value, closed, std::abs(before))};
  cash_ = cash_ - opened + (cash - closing);  // one of the two is 0, or both
  return closing + opened;
}

}  // namespace stom
