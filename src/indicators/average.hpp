// A moving average whose kind is chosen at run time, for the indicators that let one choose.
#pragma once

#include <cstdint>

#include "indicators/ema.hpp"
#include "indicators/sma.hpp"

namespace stom {

enum class AverageKind : std::uint8_t { Sma = 0, Ema = 1 };  // TA-Lib's numbers

class Average {
 public:
  Average(int period, AverageKind kind) : kind_{kind}, sma_{period}, ema_{period} {}

  void update(double x) { kind_ == AverageKind::Sma ? sma_.update(x) : ema_.update(x); }
  bool ready() const { return kind_ == AverageKind::Sma ? sma_.ready() : ema_.ready(); }
  double value() const { return kind_ == AverageKind::Sma ? sma_.value() : ema_.value(); }

 private:
  AverageKind kind_;
  Sma sma_;
  Ema ema_;
};

}  // namespace stom
