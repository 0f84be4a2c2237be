// What a fill does to the cash of the settlement currency, and what an open position is worth: by kind of contract.
#pragma once

#include "model/instrument.hpp"
#include "model/order.hpp"

namespace stom {

/// Cash that a fill brings in (negative: costs), without fees. Spot, Linear: -price x quantity for a buy. Inverse: a
/// buy of contracts is owed their value in base currency at the entry, so that a later exit at a higher price leaves
/// quantity x size x (1/entry - 1/exit).
inline Money cash_of_fill(const Instrument& instrument, Side side, Price price, Quantity quantity) {
  const int sign = sign_of(side);
  if (instrument.kind == ContractKind::Inverse) return {sign * inverse_value_of(instrument, price, quantity).value};
  return {-sign * value_of(instrument, price, quantity).value};
}

/// Of a fill whose fee was taken of what was bought (OrderEvent::coin_fee): by how much more than the position what is
/// held of the coin grew. Below 0 where what was more before paid for it.
inline Money dust_of_fill(const Instrument& instrument, const OrderEvent& fill) {
  const Int128 of_one = value_of(instrument, fill.price, {1}).value;
  const Int128 kept = of_one > 0 ? fill.fee.value / of_one : 0;  // by the venue, of the instrument
  return {kept * power_of_ten(kMoneyDecimals - instrument.quantity_decimals) -
          Int128{fill.coin_fee} * power_of_ten(kMoneyDecimals - kCoinFeeDecimals)};
}

/// What a signed position adds to that cash at a price given twice over (the sum of best bid and ask: the middle
/// without a rounding). Halving 10^-18 of a unit is the only rounding of Spot and Linear, towards zero.
inline Money worth_of(const Instrument& instrument, Quantity position, std::int64_t twice_price) {
  if (position.value == 0 || twice_price <= 0) return {};
  if (instrument.kind == ContractKind::Inverse) {
    return {-2 * inverse_value_of(instrument, {twice_price}, position).value};
  }
  return {value_of(instrument, {twice_price}, position).value / 2};
}

}  // namespace stom
