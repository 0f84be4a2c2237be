// A base of the two one-order-a-side market makers: joins the best bid and ask every interval, up to a position limit.
#pragma once

#include "strategies/strategy.hpp"

namespace stom {

class JoinTheTouch : public Strategy {
 public:
  /// keep: an order already at the wanted price stays; otherwise every order is cancelled and placed anew each
  /// interval.
  JoinTheTouch(Parameters& parameters, bool keep);
  void on_start(Context& context) override;
  void on_timer(Context& context) override;

 private:
  bool keep_;
  DurationNanos interval_;
  std::int64_t order_lots_;
  std::int64_t max_lots_;
};

}  // namespace stom
