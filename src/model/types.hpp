// The words of trading as types. A Price counts 10^-price_decimals of its instrument, a Quantity 10^-quantity_decimals,
// Money 10^-18 of its currency; the three never mix by accident.
#pragma once

#include <compare>
#include <cstdint>

#include "core/decimal.hpp"

namespace stom {

template <class Tag, class Rep>
struct Fixed {
  Rep value{};

  friend constexpr auto operator<=>(const Fixed&, const Fixed&) = default;
  constexpr Fixed operator+(Fixed other) const { return {static_cast<Rep>(value + other.value)}; }
  constexpr Fixed operator-(Fixed other) const { return {static_cast<Rep>(value - other.value)}; }
  constexpr Fixed operator-() const { return {static_cast<Rep>(-value)}; }
  constexpr Fixed& operator+=(Fixed other) { return value = static_cast<Rep>(value + other.value), *this; }
  constexpr Fixed& operator-=(Fixed other) { return value = static_cast<Rep>(value - other.value), *this; }
};

using Price = Fixed<struct PriceTag, std::int64_t>;
using Quantity = Fixed<struct QuantityTag, std::int64_t>;
using Money = Fixed<struct MoneyTag, Int128>;

inline constexpr int kMoneyDecimals = 18;

enum class Side : std::uint8_t { Buy = 0, Sell = 1 };
constexpr Side opposite(Side side) { return side == Side::Buy ? Side::Sell : Side::Buy; }
/// +1 for Buy, -1 for Sell.
constexpr int sign_of(Side side) { return side == Side::Buy ? 1 : -1; }

using InstrumentIndex = std::uint32_t;  // position in the session's list of instruments
using RunIndex = std::uint32_t;         // which Run (strategy, account, orders, journal) a command or event belongs to
using ClientOrderId = std::uint64_t;    // chosen by us, unique among a Run's live orders

}  // namespace stom
