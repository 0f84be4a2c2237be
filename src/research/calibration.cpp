#include "research/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <utility>

#include "core/assert.hpp"
#include "core/random.hpp"

namespace stom::research {
namespace {

constexpr double kMissed = 0.05;      // by a 95 % interval
constexpr double kNormal = 1.959964;  // normal_quantile(0.975)

std::vector<double> in_order(std::span<const DurationNanos> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::ranges::sort(sorted);
  return sorted;
}

/// Wilson and Hilferty's quantile of chi-square; of 100 degrees and more its error is below 10^-4 of it.
double chi_square(double degrees, double normal) {
  const double part = 2 / (9 * degrees);
  const double root = 1 - part + normal * std::sqrt(part);
  return degrees * root * root * root;
}

/// Where a falling `above(x)` is no longer above 0, between `low` and `high`.
template <class Above>
double root_of(double low, double high, Above above) {
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (above(middle) ? low : high) = middle;
  }
  return high;
}

/// The greatest distance between the distribution of the samples and that of a model.
template <class Cdf>
double kolmogorov(const std::vector<double>& sorted, Cdf cdf) {
  const auto n = static_cast<double>(sorted.size());
  double distance = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double p = cdf(sorted[i]);
    distance = std::max({distance, static_cast<double>(i + 1) / n - p, p - static_cast<double>(i) / n});
  }
  return distance;
}

double even_cdf(double x) { return std::clamp(x, 0.0, 1.0); }
double exponential_cdf(double x) { return x <= 0 ? 0 : 1 - std::exp(-x); }
double two_even_cdf(double x) { return x <= 0 ? 0 : x < 1 ? x * x / 2 : x < 2 ? 1 - (2 - x) * (2 - x) / 2 : 1; }
double two_exponential_cdf(double x) { return x <= 0 ? 0 : 1 - std::exp(-x) * (1 + x); }

/// One way of a latency, its samples in order.
struct Way {
  std::vector<double> samples;
  double count() const { return static_cast<double>(samples.size()); }
  double least() const { return samples.front(); }
  double range() const { return samples.back() - samples.front(); }
  double excess() const {  // over the least, summed
    double sum = 0;
    for (const double sample : samples) sum += sample - least();
    return sum;
  }
};

double usual_distance(std::size_t samples) { return 1.358 / std::sqrt(static_cast<double>(samples)); }

/// Shifted exponential. With S = the excess of both ways over their least, of M = n + m - 2 degrees: 2S/mean is
/// chi-square of 2M, and n (least - constant) / (S/M) is F of 2 and 2M, whose quantiles are powers (Johnson, Kotz and
/// Balakrishnan, Continuous Univariate Distributions 1, chapter 19).
void fit_exponential(const Way& there, const Way& back, LatencyFit& fit) {
  const double sum = there.excess() + back.excess(), degrees = there.count() + back.count() - 2;
  fit.shape = LatencyShape::Exponential;
  fit.jitter = {sum / degrees, 2 * sum / chi_square(2 * degrees, kNormal), 2 * sum / chi_square(2 * degrees, -kNormal)};
  const auto constant = [&](const Way& way) {
    const auto below = [&](double p) { return way.least() - sum / way.count() * (std::pow(p, -1 / degrees) - 1); };
    return Estimate{below(0.5), below(kMissed), way.least()};
  };
  fit.entry = constant(there);
  fit.response = constant(back);
}

/// Even. (least - constant) / range exceeds t with probability (1 + t)^-(n-1), and range/width lies below r with
/// probability n r^(n-1) - (n-1) r^n (the same book 2, chapter 26); the wider of two ranges with the product.
void fit_even(const Way& there, const Way& back, LatencyFit& fit) {
  fit.shape = LatencyShape::Even;
  const double widest = std::max(there.range(), back.range());
  const auto below = [](double r, double n) { return n * std::pow(r, n - 1) - (n - 1) * std::pow(r, n); };
  const auto width_at = [&](double p) {
    return widest / root_of(0, 1, [&](double r) { return below(r, there.count()) * below(r, back.count()) < p; });
  };
  fit.jitter = {width_at(0.5), widest, width_at(kMissed)};
  const auto constant = [&](const Way& way) {
    const auto at = [&](double p) { return way.least() - way.range() * (std::pow(p, -1 / (way.count() - 1)) - 1); };
    return Estimate{at(0.5), at(kMissed), way.least()};
  };
  fit.entry = constant(there);
  fit.response = constant(back);
}

double quantile_of(std::vector<double>& values, double p) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

/// What a round trip's least and mean tell of a constant and two jitters: (least - constant) and the size, each over
/// (mean - least), have a distribution that depends on neither. It is drawn.
LatencyFit fit_two_jitters(LatencyShape shape, const Way& trips) {
  constexpr int kDraws = 10'000;  // of 2,000 the ends were that far off that 93 of 100 intervals held the truth
  Random random{1};
  const auto one = [&] { return shape == LatencyShape::Even ? random.uniform() : -std::log1p(-random.uniform()); };
  std::vector<double> of_constant, of_size;
  for (int draw = 0; draw < kDraws; ++draw) {
    double least = std::numeric_limits<double>::infinity(), sum = 0;
    for (std::size_t i = 0; i < trips.samples.size(); ++i) {
      const double jitter = one() + one();
      least = std::min(least, jitter);
      sum += jitter;
    }
    const double over = sum / trips.count() - least;
    of_constant.push_back(least / over);
    of_size.push_back(1 / over);
  }
  const double over = trips.excess() / trips.count();
  const auto constant = [&](double p) { return (trips.least() - over * quantile_of(of_constant, p)) / 2; };
  const auto size = [&](double p) { return over * quantile_of(of_size, p); };
  LatencyFit fit;
  fit.shape = shape;
  fit.entry = fit.response = {constant(0.5), constant(0.975), constant(0.025)};
  fit.jitter = {size(0.5), size(0.025), size(0.975)};
  fit.distance = kolmogorov(trips.samples, [&](double x) {
    const double jitter = (x - 2 * fit.entry.value) / fit.jitter.value;
    return shape == LatencyShape::Even ? two_even_cdf(jitter) : two_exponential_cdf(jitter);
  });
  return fit;
}

/// How likely a width and a middle make all orders, with the width that does best; 0 is certain.
class ExponentLikelihood {
 public:
  explicit ExponentLikelihood(std::span<const ExponentBounds> orders) {
    for (const auto& [above, below] : orders) ++counts_[{above, below}];
  }
  double at(double middle) const {
    const bool certain = std::ranges::all_of(
        counts_, [&](const auto& of) { return of.first.first <= middle && middle <= of.first.second; });
    if (certain) return 0;
    // The best width: first among powers, then around the best of them.
    double best = -std::numeric_limits<double>::infinity(), best_width = 0;
    const auto look = [&](double log_width) {
      if (const double likely = of_width(middle, std::exp(log_width)); likely > best) {
        best = likely;
        best_width = log_width;
      }
    };
    for (double log_width = -14; log_width <= 3; log_width += 0.5) look(log_width);
    for (double step = 0.25; step > 0.01; step /= 2) {
      const double around = best_width;
      look(around - step);
      look(around + step);
    }
    return best;
  }

 private:
  double of_width(double middle, double width) const {
    double sum = 0;
    for (const auto& [bounds, count] : counts_) {
      const double share =
          (std::atan((bounds.second - middle) / width) - std::atan((bounds.first - middle) / width)) / std::numbers::pi;
      sum += static_cast<double>(count) * std::log(std::max(share, 1e-15));
    }
    return sum;
  }

  std::map<std::pair<double, double>, std::size_t> counts_;
};

}  // namespace

LatencyFit fit_latency(std::span<const DurationNanos> entries, std::span<const DurationNanos> responses) {
  STOM_ASSERT(entries.size() > 1 && responses.size() > 1);
  const Way there{in_order(entries)}, back{in_order(responses)};
  LatencyFit fit;
  fit.distance_of_chance = usual_distance(std::min(entries.size(), responses.size()));
  const double widest = std::max(there.range(), back.range());
  if (widest == 0) {
    fit.entry = {there.least(), there.least(), there.least()};
    fit.response = {back.least(), back.least(), back.least()};
    return fit;
  }
  // Both have a size and two constants, so the likelier is the better one.
  const double all = there.count() + back.count();
  const double even = -all * std::log(widest);
  const double exponential = -all * std::log((there.excess() + back.excess()) / all) - all;
  even > exponential ? fit_even(there, back, fit) : fit_exponential(there, back, fit);
  const auto distance = [&](const Way& way, double constant) {
    return kolmogorov(way.samples, [&](double x) {
      const double jitter = (x - constant) / fit.jitter.value;
      return fit.shape == LatencyShape::Even ? even_cdf(jitter) : exponential_cdf(jitter);
    });
  };
  fit.distance = std::max(distance(there, fit.entry.value), distance(back, fit.response.value));
  return fit;
}

LatencyFit fit_round_trip(std::span<const DurationNanos> round_trips) {
  STOM_ASSERT(round_trips.size() > 1);
  constexpr std::size_t kMost = 2'000;  // evenly spaced ones of more
  Way trips;
  const std::size_t count = std::min(round_trips.size(), kMost);
  for (std::size_t i = 0; i < count; ++i)
    trips.samples.push_back(static_cast<double>(round_trips[i * round_trips.size() / count]));
  std::ranges::sort(trips.samples);
  LatencyFit fit;
  if (trips.range() == 0) {
    fit.entry = fit.response = {trips.least() / 2, trips.least() / 2, trips.least() / 2};
  } else {
    fit = fit_two_jitters(LatencyShape::Even, trips);
    const LatencyFit exponential = fit_two_jitters(LatencyShape::Exponential, trips);
    if (exponential.distance <= fit.distance) fit = exponential;
  }
  fit.distance_of_chance = usual_distance(count);
  return fit;
}

ExponentFit fit_exponent(std::span<const ExponentBounds> orders, double least, double greatest) {
  constexpr int kLooks = 400;
  constexpr double kWithin = 1.920729;  // half of chi-square's 95 % quantile of one degree (Wilks)
  const ExponentLikelihood likelihood{orders};
  const double from = std::log(least), to = std::log(greatest);
  // Everywhere, and where an order's bound is: the likelihood may rise between two of them alone.
  std::vector<double> looks;
  for (int i = 0; i <= kLooks; ++i) looks.push_back(from + (to - from) * i / kLooks);
  double last_above = from, first_below = to;
  for (const auto& [above, below] : orders) {
    if (above > from && above < to) looks.push_back(above);
    if (below > from && below < to) looks.push_back(below);
    last_above = std::max(last_above, above);
    first_below = std::min(first_below, below);
  }
  if (last_above < first_below) looks.push_back((last_above + first_below) / 2);
  std::ranges::sort(looks);
  looks.erase(std::ranges::unique(looks).begin(), looks.end());
  std::vector<double> likely;
  for (const double look : looks) likely.push_back(likelihood.at(look));
  const double best = *std::ranges::max_element(likely);
  const auto near = [&](double value) { return value >= best - kWithin; };
  const auto first = static_cast<std::size_t>(std::ranges::find_if(likely, near) - likely.begin());
  auto last = likely.size() - 1;
  while (!near(likely[last])) --last;

  // The middle of where it is likeliest, and how far to each side it stays likely.
  const auto best_from = static_cast<std::size_t>(std::ranges::find(likely, best) - likely.begin());
  std::size_t best_to = best_from;
  while (best_to + 1 < likely.size() && likely[best_to + 1] == best) ++best_to;
  double low = looks[first], high = looks[last];
  if (first > 0) low = root_of(looks[first - 1], low, [&](double at) { return !near(likelihood.at(at)); });
  if (last + 1 < looks.size())
    high = root_of(high, looks[last + 1], [&](double at) { return near(likelihood.at(at)); });
  const double value = (looks[best_from] + looks[best_to]) / 2;
  ExponentFit fit{.exponent = {std::exp(value), std::exp(low), std::exp(high)},
                  .open_below = first == 0,
                  .open_above = last + 1 == looks.size()};
  fit.consistent = static_cast<std::size_t>(std::ranges::count_if(
      orders, [&](const ExponentBounds& bounds) { return bounds.above <= value && value <= bounds.below; }));
  return fit;
}

Estimate share_of_orders(std::size_t count, std::size_t of) {
  const auto n = static_cast<double>(of);
  const double p = static_cast<double>(count) / n, z2 = kNormal * kNormal;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {p, std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Estimate mean_of(std::span<const double> values) {
  STOM_ASSERT(values.size() > 1);
  const auto n = static_cast<double>(values.size());
  double mean = 0, squares = 0;
  for (const double value : values) mean += value / n;
  for (const double value : values) squares += (value - mean) * (value - mean);
  // Student's quantile by its expansion in 1/degrees (Abramowitz & Stegun 26.7.5).
  const double v = n - 1, z = kNormal;
  const double student = z + (z * z * z + z) / (4 * v) + (5 * std::pow(z, 5) + 16 * z * z * z + 3 * z) / (96 * v * v);
  const double half = student * std::sqrt(squares / v / n);
  return {mean, mean - half, mean + half};
}

}  // namespace stom::research
