// Limits that an order must keep before it is sent, as data: which, for what, how much. Docs: docs/risk.md.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/types.hpp"

namespace stom::risk {

enum class LimitKind : std::uint8_t {
  PriceBand,      // how far a price may be from the middle of the book, in percent
  OrderQuantity,  // of one order, in the instrument's units
  OrderNotional,  // what one order is worth, in the instrument's settlement currency
  Position,       // of one instrument, long or short, with all that works filled
  GrossExposure,  // long and short added up, with all that works filled, in the session's currency
  NetExposure,    // one less the other, either way
  WorkingOrders,  // how many at a time
  OrderRate,      // how many in a time
  Duplicate,      // the same order again within a time
  SelfTrade,      // no order that would meet one of our own
  ReduceOnly,     // no order that does not make a position smaller
  Leverage,       // gross exposure, of what the whole account is worth
};
inline constexpr std::size_t kLimitKinds = static_cast<std::size_t>(LimitKind::Leverage) + 1;

/// "order_notional": as it is written, journaled and shown.
std::string_view name_of(LimitKind kind);

struct Limit {
  static constexpr int kPercentDecimals = 6, kQuantityDecimals = 9, kMoneyDecimals = 6, kLeverageDecimals = 6;
  static constexpr std::int64_t kMostCounted = 10'000;  // of working orders, of orders in a time

  LimitKind kind = LimitKind::PriceBand;
  std::string scope;         // a venue's name or an instrument's id; empty: the whole account
  std::int64_t value = 0;    // with the decimals above; of OrderRate and WorkingOrders a number
  DurationNanos window = 0;  // OrderRate, Duplicate
  std::string value_text;    // as it was written

  /// "order_notional@binance=1000".
  std::string text() const;
  /// Of the same name and scope.
  bool is_like(const Limit& other) const { return kind == other.kind && scope == other.scope; }
  /// No limit, but that there is to be none any more.
  bool is_off() const { return value_text == kOff; }
  static constexpr std::string_view kOff = "off";
};

/// Whether a limit of that scope is for that instrument, too.
bool is_for(std::string_view scope, const Instrument& instrument);
/// Held against what is counted in the session's currency.
constexpr bool is_in_one_currency(LimitKind kind) {
  return kind == LimitKind::GrossExposure || kind == LimitKind::NetExposure || kind == LimitKind::Leverage;
}

/// An amount as a limit has it, and how one is shown.
Money money_of(std::int64_t value);
std::string money_text(Money amount);

/// NAME[@SCOPE]=VALUE. Errors: no such limit, a value that is not of its kind.
Result<Limit> parse_limit(std::string_view text);
/// The same, or NAME[@SCOPE]=off.
Result<Limit> parse_limit_change(std::string_view text);

}  // namespace stom::risk
