// Functions of the bar, the value or the two values at hand, without memory: price transforms, arithmetic, and the
// mathematical functions (portable, core/math.hpp). What a function has no value for is NaN, an overflow is infinite.
#pragma once

#include <cmath>

#include "core/math.hpp"
#include "indicators/input.hpp"

namespace stom {

template <double (*kFunction)(const Ohlcv&)>
class OfBar {
 public:
  void update(const Ohlcv& bar) {
    value_ = kFunction(bar);
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  double value_ = kNotReady;
  bool ready_ = false;
};

template <double (*kFunction)(double)>
class OfValue {
 public:
  void update(double x) {
    value_ = kFunction(x);
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  double value_ = kNotReady;
  bool ready_ = false;
};

template <double (*kFunction)(double, double)>
class OfPair {
 public:
  void update(double a, double b) {
    value_ = kFunction(a, b);
    ready_ = true;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  double value_ = kNotReady;
  bool ready_ = false;
};

inline double average_price(const Ohlcv& bar) { return (bar.open + bar.high + bar.low + bar.close) / 4; }
inline double median_price(const Ohlcv& bar) { return bar.middle(); }
inline double typical_price(const Ohlcv& bar) { return bar.typical(); }
inline double weighted_close(const Ohlcv& bar) { return (bar.high + bar.low + bar.close * 2) / 4; }
/// Balance of power (Livshin): where in its range a bar moved to, -1 (from the high to the low) to 1.
inline double balance_of_power(const Ohlcv& bar) {
  const double range = bar.high - bar.low;
  return range > 0 ? (bar.close - bar.open) / range : 0;  // a bar without a range moved nowhere
}

inline double add(double a, double b) { return a + b; }
inline double subtract(double a, double b) { return a - b; }
inline double multiply(double a, double b) { return a * b; }
inline double divide(double a, double b) { return a / b; }

inline double round_up(double x) { return std::ceil(x); }
inline double round_down(double x) { return std::floor(x); }
inline double square_root(double x) { return std::sqrt(x); }

}  // namespace stom
