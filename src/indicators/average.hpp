// A moving average whose kind is chosen at run time, for the indicators that let one choose.
#pragma once

#include <cstdint>
#include <variant>

#include "indicators/dema.hpp"
#include "indicators/ema.hpp"
#include "indicators/kama.hpp"
#include "indicators/mama.hpp"
#include "indicators/sma.hpp"
#include "indicators/t3.hpp"
#include "indicators/trima.hpp"
#include "indicators/wma.hpp"

namespace stom {

enum class AverageKind : std::uint8_t { Sma, Ema, Wma, Dema, Tema, Trima, Kama, Mama, T3 };  // TA-Lib's numbers

/// How many values pass before the first that it gives.
constexpr int values_before(AverageKind kind, int period) {
  if (period <= 1) return 0;
  switch (kind) {
    case AverageKind::Dema:
      return 2 * (period - 1);
    case AverageKind::Tema:
      return 3 * (period - 1);
    case AverageKind::Kama:
      return period;
    case AverageKind::Mama:
      return 32;
    case AverageKind::T3:
      return 6 * (period - 1);
    default:
      return period - 1;
  }
}

class Average {
 public:
  /// Of one value, every average is that value. MAMA has no period.
  explicit Average(int period, AverageKind kind = AverageKind::Sma) : average_{make(period, kind)} {}

  void update(double x) {
    if (auto* simple = std::get_if<Sma>(&average_)) [[likely]]
      return simple->update(x);
    std::visit([x](auto& average) { average.update(x); }, average_);
  }
  bool ready() const {
    if (const auto* simple = std::get_if<Sma>(&average_)) [[likely]]
      return simple->ready();
    return std::visit([](const auto& average) { return average.ready(); }, average_);
  }
  double value() const {
    if (const auto* simple = std::get_if<Sma>(&average_)) [[likely]]
      return simple->value();
    return std::visit([](const auto& average) { return average.value(); }, average_);
  }

 private:
  using Any = std::variant<Sma, Ema, Wma, Dema, Tema, Trima, Kama, Mama, T3>;

  static Any make(int period, AverageKind kind) {
    if (period == 1) return Sma{1};
    switch (kind) {
      case AverageKind::Ema:
        return Ema{period};
      case AverageKind::Wma:
        return Wma{period};
      case AverageKind::Dema:
        return Dema{period};
      case AverageKind::Tema:
        return Tema{period};
      case AverageKind::Trima:
        return Trima{period};
      case AverageKind::Kama:
        return Kama{period};
      case AverageKind::Mama:
        return Mama{};
      case AverageKind::T3:
        return T3{period};
      default:
        return Sma{period};
    }
  }

  Any average_;
};

}  // namespace stom
