#include "sim/generator/efficient_price.hpp"

#include <algorithm>
#include <cmath>

#include "sim/generator/draws.hpp"

namespace stom::sim {
namespace {

// Per square root of a second: annual volatility / sqrt(31,536,000). 15 %, 40 % and 150 % a year.
constexpr double kQuietVolatility = 2.7e-5;
constexpr double kTrendVolatility = 7.1e-5;
constexpr double kCrashVolatility = 2.7e-4;
constexpr double kReturnPerSecond = 1.0 / 1800;  // a quiet market forgets half of a move in about twenty minutes

}  // namespace

Result<Regime> parse_regime(std::string_view text) {
  for (const Regime r : {Regime::Mixed, Regime::Trend, Regime::Quiet, Regime::Crash})
    if (text == name_of(r)) return r;
  return fail(Errc::Usage, "there is no regime '" + std::string{text} + "'", "use mixed, trend, quiet or crash");
}

std::string_view name_of(Regime regime) {
  switch (regime) {
    case Regime::Trend:
      return "trend";
    case Regime::Quiet:
      return "quiet";
    case Regime::Crash:
      return "crash";
    case Regime::Mixed:
      break;
  }
  return "mixed";
}

EfficientPrice::EfficientPrice(double start, Regime regime, DurationNanos length, std::uint64_t seed)
    : random_{seed},
      regime_{regime},
      start_{start},
      haste_{std::clamp(static_cast<double>(length) / static_cast<double>(6 * kHour), 1.0 / 24, 1.0)},
      value_{start} {
  upwards_ = random_.below(2) == 0;
  next_phase();
}

void EfficientPrice::advance(DurationNanos dt) {
  const double seconds = static_cast<double>(dt) * 1e-9;
  double drift = drift_;
  if (phase_ == Phase::Quiet) drift += (anchor_ - value_) / anchor_ * kReturnPerSecond;
  value_ *= 1 + drift * seconds + volatility_ * std::sqrt(seconds) * gaussian(random_);
  left_ -= seconds;
  if (left_ <= 0) next_phase();
}

void EfficientPrice::next_phase() {
  const double u = random_.uniform();  // length of the phase within its range
  const double v = random_.uniform();  // size of its move within its range
  const auto between = [](double low, double high, double x) { return low + (high - low) * x; };
  if (phase_ == Phase::Crash) {
    const double fall = (high_ - value_) / high_;
    return begin(Phase::Recovery, between(15, 30, u), fall * between(0.3, 0.5, v));
  }
  const bool first = legs_++ == 0;
  switch (regime_) {
    case Regime::Quiet:
      return begin(Phase::Quiet, between(120, 240, u), 0);
    case Regime::Crash:
      if (first || phase_ == Phase::Recovery) return begin(Phase::Quiet, between(100, 160, u), 0);
      return begin(Phase::Crash, between(6, 12, u), -between(0.08, 0.14, v));
    case Regime::Trend: {
      // Long legs one way, short ones back; the way turns before the price has left the range of the instrument.
      const bool back = legs_ % 3 == 0;
      if (value_ > 1.6 * start_) upwards_ = false;
      if (value_ < 0.6 * start_) upwards_ = true;
      const bool up = upwards_ != back;
      const double move = back ? between(0.002, 0.005, v) : between(0.008, 0.02, v);
      return begin(up ? Phase::Up : Phase::Down, back ? between(10, 20, u) : between(40, 80, u), up ? move : -move);
    }
    case Regime::Mixed:
      break;
  }
  // Mixed: quiet, then something, then quiet again. The farther from the start, the likelier the way back.
  if (first || phase_ != Phase::Quiet) return begin(Phase::Quiet, between(20, 70, u), 0);
  const double up = std::clamp(0.62 - 1.5 * (value_ / start_ - 1), 0.1, 0.9);
  const double pick = random_.uniform();
  if (pick < 0.03) return begin(Phase::Crash, between(4, 9, u), -between(0.04, 0.09, v));
  const bool upwards = (pick - 0.03) / 0.97 < up;
  begin(upwards ? Phase::Up : Phase::Down, between(25, 70, u), (upwards ? 1 : -1) * between(0.001, 0.006, v));
}

void EfficientPrice::begin(Phase phase, double minutes, double move) {
  // A shortened phase makes a smaller move, as a shorter walk does; a crash stays at least a minute and a half long.
  left_ = std::max(minutes * 60 * haste_, phase == Phase::Crash ? 90.0 : 45.0);
  drift_ = move * std::sqrt(haste_) / left_;
  phase_ = phase;
  anchor_ = value_;
  switch (phase) {
    case Phase::Quiet:
      volatility_ = kQuietVolatility;
      activity_ = 1;
      break;
    case Phase::Up:
    case Phase::Down:
      volatility_ = kTrendVolatility;
      activity_ = 1.8;
      break;
    case Phase::Crash:
      high_ = value_;
      volatility_ = kCrashVolatility;
      activity_ = 6;
      break;
    case Phase::Recovery:
      volatility_ = 2 * kTrendVolatility;
      activity_ = 2.5;
      break;
  }
}

}  // namespace stom::sim
