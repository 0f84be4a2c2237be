// Averages of averages: DEMA and TEMA (Mulloy) take most of the lag out of an EMA; TRIX is the change of the third one.
#pragma once

#include "indicators/ema.hpp"
#include "indicators/input.hpp"

namespace stom {

/// An EMA, the EMA of it, and the EMA of that; each starts when the one before is ready.
class EmaChain {
 public:
  explicit EmaChain(int period) : first_{period}, second_{period}, third_{period} {}

  void update(double x) {
    first_.update(x);
    if (!first_.ready()) return;
    second_.update(first_.value());
    if (second_.ready()) third_.update(second_.value());
  }
  const Ema& first() const { return first_; }
  const Ema& second() const { return second_; }
  const Ema& third() const { return third_; }

 private:
  Ema first_;
  Ema second_;
  Ema third_;
};

class Dema {
 public:
  explicit Dema(int period) : first_{period}, second_{period} {}

  void update(double x) {
    first_.update(x);
    if (first_.ready()) second_.update(first_.value());
  }
  bool ready() const { return second_.ready(); }
  double value() const { return 2 * first_.value() - second_.value(); }

 private:
  Ema first_;
  Ema second_;
};

class Tema {
 public:
  explicit Tema(int period) : chain_{period} {}

  void update(double x) { chain_.update(x); }
  bool ready() const { return chain_.third().ready(); }
  double value() const { return 3 * chain_.first().value() - 3 * chain_.second().value() + chain_.third().value(); }

 private:
  EmaChain chain_;
};

/// The change of the third average, in per cent of it.
class Trix {
 public:
  explicit Trix(int period) : chain_{period} {}

  void update(double x) {
    const double before = chain_.third().value();
    chain_.update(x);
    value_ = (chain_.third().value() / before - 1) * 100;
    ready_ = value_ == value_;
  }
  bool ready() const { return ready_; }
  double value() const { return value_; }

 private:
  EmaChain chain_;
  double value_ = kNotReady;
  bool ready_ = false;
};

}  // namespace stom
