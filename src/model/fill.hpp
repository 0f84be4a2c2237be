// What we traded: fills as the venue reported them, and trades (round trips) made from them.
#pragma once

#include <string>

#include "core/time.hpp"
#include "model/order.hpp"
#include "model/types.hpp"

namespace stom {

struct Fill {
  UnixNanos time = 0;        // at the venue
  UnixNanos local_time = 0;  // when we learned of it
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  Liquidity liquidity = Liquidity::Maker;
  ClientOrderId order = 0;
  Price price{};
  Quantity quantity{};
  Money fee{};  // positive = paid
};
/// Of an event that is one.
inline Fill fill_of(const OrderEvent& event) {
  return {event.time, event.local_time, event.instrument, event.side, event.liquidity,
          event.id,   event.price,      event.quantity,   event.fee};
}

/// What a position paid (positive) or got for being open when funding was due.
struct FundingPayment {
  UnixNanos time = 0;  // at the venue
  InstrumentIndex instrument = 0;
  Price mark{};
  Quantity position{};  // signed
  Money paid{};         // in the settlement currency
};

/// An account's whole worth (cash and open positions at the market) at one instant.
struct EquityPoint {
  UnixNanos time = 0;
  Money equity{};
  friend bool operator==(const EquityPoint&, const EquityPoint&) = default;
};

/// A round trip: opened by one fill, closed (in part or whole) by a later one.
struct Trade {
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;  // of the entry: Buy = long
  UnixNanos entry_time = 0;
  UnixNanos exit_time = 0;
  Price entry_price{};
  Price exit_price{};
  Quantity quantity{};
  Money pnl{};                 // after fee
  Money fee{};                 // entry and exit share
  double return_on_entry = 0;  // pnl / entry value
  double max_adverse = 0;      // MAE: worst unrealised return while open, <= 0
  double max_favorable = 0;    // MFE: best, >= 0
  std::string exit_reason;     // "signal", "stop_loss", "take_profit", "end_of_data", a strategy's own words
};

}  // namespace stom
