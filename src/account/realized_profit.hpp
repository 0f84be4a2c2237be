// What closing a position brought, fill by fill, by average cost (moving average): each fill that makes a position
// smaller takes along its share of the cash that opening it moved. Exact: what is realized, and the cost of what is
// still open, add up to the cash that all fills moved; a share is rounded half to even at 10^-18, and what is left
// stays with the rest.
#pragma once

#include "model/cash_flow.hpp"

namespace stom {

class RealizedProfit {
 public:
  /// Before fees; nothing where the fill only opens.
  Money filled(const Instrument& instrument, Side side, Price price, Quantity quantity);
  /// The same of a fill that moved so much cash (cash_of_fill), its quantity in whatever unit all of them are in.
  Money booked(Side side, Money cash, Quantity quantity);

  Quantity position() const { return position_; }
  /// The cash that opening what is open moved: below 0 of a purchase (Spot, Linear).
  Money open_cash() const { return cash_; }

 private:
  Quantity position_{};
  Money cash_{};
};

}  // namespace stom
