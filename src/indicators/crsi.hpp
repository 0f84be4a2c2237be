// Connors RSI: the mean of three places between 0 and 100: of the price (its RSI), of how long it has been rising or
// falling (the RSI of that streak), and of today's change among the last ones.
#pragma once

#include <cmath>

#include "indicators/input.hpp"
#include "indicators/ordered.hpp"
#include "indicators/rsi.hpp"

namespace stom {

class ConnorsRsi {
 public:
  explicit ConnorsRsi(int period = 3, int streak_period = 2, int rank_period = 100)
      : price_{period}, streak_rsi_{streak_period}, changes_{rank_period}, per_change_{100.0 / rank_period} {}

  void update(double x) {
    price_.update(x);
    if (started_) {
      const double change = x - previous_;
      streak_ = change > 0 ? std::fmax(streak_, 0) + 1 : change < 0 ? std::fmin(streak_, 0) - 1 : 0;
      const double share = previous_ != 0 ? change / previous_ : 0;
      rank_ = changes_.full() ? static_cast<double>(changes_.count_below(share)) * per_change_ : kNotReady;
      changes_.update(share);
    }
    streak_rsi_.update(streak_);
    previous_ = x;
    started_ = true;
  }
  bool ready() const { return rank_ == rank_ && price_.ready() && streak_rsi_.ready(); }
  double value() const { return ready() ? (price_.value() + streak_rsi_.value() + rank_) / 3 : kNotReady; }
  double price() const { return ready() ? price_.value() : kNotReady; }
  double streak() const { return ready() ? streak_rsi_.value() : kNotReady; }
  double rank() const { return ready() ? rank_ : kNotReady; }

 private:
  Rsi price_;
  Rsi streak_rsi_;
  OrderedWindow changes_;  // as shares of the price before; those before today's
  double per_change_;
  double streak_ = 0;  // closes in a row: up above 0, down below
  double rank_ = kNotReady;
  double previous_ = 0;
  bool started_ = false;
};

}  // namespace stom
