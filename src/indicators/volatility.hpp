// Historical volatility: the deviation of the returns of n bars, as of a year of so many.
#pragma once

#include <cmath>

#include "indicators/bollinger.hpp"
#include "indicators/input.hpp"
#include "indicators/momentum.hpp"

namespace stom {

class Volatility {
 public:
  /// 252 days a stock exchange trades in a year; a coin trades on 365.
  explicit Volatility(int period = 20, double bars_a_year = 252)
      : returns_{1}, deviation_{period, std::sqrt(bars_a_year)} {}

  void update(double x) {
    returns_.update(x);
    if (returns_.ready()) deviation_.update(returns_.fraction());
  }
  bool ready() const { return deviation_.ready(); }
  /// A share of 1, as the returns are.
  double value() const { return deviation_.value(); }

 private:
  Momentum returns_;
  StdDev deviation_;
};

}  // namespace stom
