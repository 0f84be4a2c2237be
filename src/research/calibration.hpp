// What a session's own answers and fills say of the models that a backtest needs (docs/calibrate.md): each number with
// a 95 % interval, from formulas that hold for any number of samples. Seeded where it draws: the same session, the same
// numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/time.hpp"

namespace stom::research {

/// Fewer than so many say nothing that a backtest should be built on.
inline constexpr std::size_t kSamplesNeeded = 50;
/// Of 50 sums of two jitters one in twenty shows the wrong shape, of so many one in two hundred.
inline constexpr std::size_t kRoundTripsNeeded = 100;

/// Within a 95 % interval.
struct Estimate {
  double value = 0, low = 0, high = 0;
};

/// What sim::Jitter draws on top of a constant.
enum class LatencyShape : std::uint8_t { Constant, Even, Exponential };

struct LatencyFit {
  LatencyShape shape = LatencyShape::Constant;
  Estimate entry, response;       // the constants, in nanoseconds
  Estimate jitter;                // sim::Jitter::size
  double distance = 0;            // Kolmogorov's, the greater of the two ways
  double distance_of_chance = 0;  // that samples of the model itself exceed in one of twenty cases
  bool fits() const { return distance <= distance_of_chance; }
};
/// Both ways, each of at least two samples, with a jitter of one size.
LatencyFit fit_latency(std::span<const DurationNanos> entries, std::span<const DurationNanos> responses);
/// Where only the way there and back is known: entry and response are half of it each.
LatencyFit fit_round_trip(std::span<const DurationNanos> round_trips);

/// The exponents that lead to what became of an order lie between these, as natural logarithms; infinite where nothing
/// bounds them.
struct ExponentBounds {
  double above, below;
};
struct ExponentFit {
  Estimate exponent;
  bool open_below = false, open_above = false;  // the interval ends where exponents do
  std::size_t consistent = 0;                   // orders whose bounds hold the value
};
/// Each order's own exponent is taken to lie by a Cauchy distribution around the one sought, of a width that is
/// estimated with it: so a few orders that no queue explains do not move it. `least`, `greatest`: exponents looked at.
ExponentFit fit_exponent(std::span<const ExponentBounds> orders, double least, double greatest);

/// Wilson's interval; `of` above 0.
Estimate share_of_orders(std::size_t count, std::size_t of);
/// Student's interval, of at least two values.
Estimate mean_of(std::span<const double> values);

}  // namespace stom::research
