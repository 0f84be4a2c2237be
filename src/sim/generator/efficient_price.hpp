// The price that the generator's traders believe in, and the mood of the market: phases of quiet, trend, crash and
// recovery, each with its drift, volatility and activity. The book follows it; it never sees the book.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/random.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::sim {

enum class Regime : std::uint8_t { Mixed, Trend, Quiet, Crash };
Result<Regime> parse_regime(std::string_view text);
std::string_view name_of(Regime regime);

enum class Phase : std::uint8_t { Quiet, Up, Down, Crash, Recovery };

class EfficientPrice {
 public:
  /// `length` of the recording: phases are shortened in a short one, so that ten minutes show more than one.
  EfficientPrice(double start, Regime regime, DurationNanos length, std::uint64_t seed);

  /// Moves on by `dt`, no more than a few seconds at a time.
  void advance(DurationNanos dt);

  /// Something is learned: the price is another at once.
  void jump(double factor) {
    value_ *= factor;
    anchor_ *= factor;
  }

  double value() const { return value_; }
  Phase phase() const { return phase_; }
  /// How many times busier than quiet hours the market is.
  double activity() const { return activity_; }

 private:
  void next_phase();
  void begin(Phase phase, double minutes, double move);

  Random random_;
  Regime regime_;
  double start_;
  double haste_;  // at most 1: by how much phases are shortened
  double value_;
  double anchor_ = 0;  // where a quiet market returns to
  double high_ = 0;    // before the last crash
  Phase phase_ = Phase::Quiet;
  double activity_ = 1;
  double drift_ = 0;       // per second, relative
  double volatility_ = 0;  // per square root of a second, relative
  double left_ = 0;        // seconds
  int legs_ = 0;
  bool upwards_ = true;
};

}  // namespace stom::sim
