// links: stom_indicators
// What one update() and one read of an indicator cost, as a strategy pays them: one value after the other. The peer,
// TA-Lib, is given the whole array at once. The tape is a seeded random walk of bars (splitmix64; the same numbers as
// the peers' scripts draw), in memory as doubles. Prints nanoseconds a value: median, least and greatest of the
// repeats, and the sum of the values, by which the two sides are shown to have computed the same.
//   indicators_bench [values] [repeats] [seed]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <vector>

#include "core/large_pages.hpp"
#include "indicators/adx.hpp"
#include "indicators/atr.hpp"
#include "indicators/bollinger.hpp"
#include "indicators/ema.hpp"
#include "indicators/macd.hpp"
#include "indicators/row_windows.hpp"
#include "indicators/rsi.hpp"
#include "indicators/sma.hpp"
#include "indicators/stochastic.hpp"

namespace {

struct Tape {
  std::vector<double> high, low, close;
};

std::uint64_t draw(std::uint64_t seed, std::uint64_t row, std::uint64_t column) {
  std::uint64_t z = (row * 2 + column + 1) * 0x9E3779B97F4A7C15u + seed;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

std::int64_t bits(std::uint64_t z, int at, int count) {
  return static_cast<std::int64_t>((z >> at) & ((1u << count) - 1));
}

Tape make_tape(std::size_t n, std::uint64_t seed) {
  Tape tape;  // in large pages, as numpy has its arrays
  for (auto* column : {&tape.high, &tape.low, &tape.close}) stom::reserve_large(*column, n);
  std::int64_t close = 2'000'000;
  for (std::size_t i = 0; i < n; ++i) {
    const auto z = draw(seed, i, 0);
    const auto open = close + bits(z, 0, 5) - 16;
    close = open + bits(z, 8, 10) + bits(z, 18, 10) - 1023;
    tape.high.push_back(static_cast<double>(std::max(open, close) + bits(z, 32, 9)) / 100);
    tape.low.push_back(static_cast<double>(std::min(open, close) - bits(z, 41, 9)) / 100);
    tape.close.push_back(static_cast<double>(close) / 100);
  }
  return tape;
}

bool first_figure = true;  // of the JSON object
// What is measured writes here, one after the other: made before anything else has cut the memory into small pages.
constexpr std::size_t kMostOutputs = 3;
std::vector<double> results;

/// Runs a fresh `indicator` over the tape; `update` feeds row i and stores what it gives into out[0..outputs).
template <class Make, class Update>
void measure(const char* name, std::size_t n, int repeats, std::size_t outputs, Make make, Update update) {
  std::vector<double> nanoseconds;
  for (int r = -1; r < repeats; ++r) {  // the first run warms up
    const auto start = std::chrono::steady_clock::now();
    auto indicator = make();
    double* at = results.data();
    for (std::size_t i = 0; i < n; ++i, at += outputs) update(indicator, i, at);
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (r >= 0) nanoseconds.push_back(took.count() / static_cast<double>(n));
  }
  std::sort(nanoseconds.begin(), nanoseconds.end());
  double sum = 0;
  for (const double v : std::span{results}.first(n * outputs)) sum += v == v ? v : 0;
  std::printf("%s\"%s\":{\"median\":%.4f,\"min\":%.4f,\"max\":%.4f,\"sum\":%.10g}", first_figure ? "" : ",", name,
              nanoseconds[nanoseconds.size() / 2], nanoseconds.front(), nanoseconds.back(), sum);
  first_figure = false;
}

/// A window of condition texts (row_windows.hpp) over the tape as one day, in blocks.
void measure_window(const char* name, const std::vector<double>& values, int repeats, const stom::RowWindow& window,
                    std::int64_t length) {
  constexpr std::size_t kBlock = 128;
  stom::RowPlan plan{1};
  const auto id = plan.window(window, length);
  std::vector<double> nanoseconds;
  for (int r = -1; r < repeats; ++r) {
    const auto start = std::chrono::steady_clock::now();
    stom::RowWindows rows{plan, kBlock};
    for (std::size_t i = 0; i < values.size(); i += kBlock) {
      const double* const columns[] = {values.data() + i};
      const std::size_t count = std::min(kBlock, values.size() - i);
      rows.append(columns, count);
      std::copy_n(rows.of_block(id), count, results.data() + i);
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    if (r >= 0) nanoseconds.push_back(took.count() / static_cast<double>(values.size()));
  }
  std::sort(nanoseconds.begin(), nanoseconds.end());
  double sum = 0;
  for (const double v : std::span{results}.first(values.size())) sum += v;
  std::printf("%s\"%s\":{\"median\":%.4f,\"min\":%.4f,\"max\":%.4f,\"sum\":%.10g}", first_figure ? "" : ",", name,
              nanoseconds[nanoseconds.size() / 2], nanoseconds.front(), nanoseconds.back(), sum);
  first_figure = false;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace stom;
  const std::size_t n = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 15;
  const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1;
  if (n == 0 || repeats <= 0) {
    std::fputs("usage: indicators_bench [values] [repeats] [seed]\n", stderr);
    return 2;
  }
  stom::reserve_large(results, n * kMostOutputs);
  results.resize(n * kMostOutputs);
  const Tape t = make_tape(n, seed);
  const double* h = t.high.data();
  const double* l = t.low.data();
  const double* c = t.close.data();
  const auto one = [c](auto& indicator, std::size_t i, double* out) {
    indicator.update(c[i]);
    *out = indicator.value();
  };

  std::printf("{\"values\":%zu,\"seed\":%llu,\"ns_per_value\":{", n, static_cast<unsigned long long>(seed));
  measure("SMA20", n, repeats, 1, [] { return Sma{20}; }, one);
  measure("EMA20", n, repeats, 1, [] { return Ema{20}; }, one);
  measure("RSI14", n, repeats, 1, [] { return Rsi{14}; }, one);
  measure(
      "MACD12_26_9", n, repeats, 3, [] { return Macd{12, 26, 9}; },
      [c](Macd& x, std::size_t i, double* out) {
        x.update(c[i]);
        out[0] = x.macd();
        out[1] = x.signal();
        out[2] = x.histogram();
      });
  measure(
      "ATR14", n, repeats, 1, [] { return Atr{14}; },
      [h, l, c](Atr& x, std::size_t i, double* out) {
        x.update(h[i], l[i], c[i]);
        *out = x.value();
      });
  measure(
      "BBANDS20", n, repeats, 3, [] { return BollingerBands{20}; },
      [c](auto& x, std::size_t i, double* out) {
        x.update(c[i]);
        out[0] = x.upper();
        out[1] = x.middle();
        out[2] = x.lower();
      });
  measure(
      "STOCH5_3_3", n, repeats, 2, [] { return Stochastic{5, 3, 3}; },
      [h, l, c](Stochastic& x, std::size_t i, double* out) {
        x.update(h[i], l[i], c[i]);
        out[0] = x.k();
        out[1] = x.d();
      });
  measure(
      "ADX14", n, repeats, 1, [] { return Adx{14}; },
      [h, l, c](Adx& x, std::size_t i, double* out) {
        x.update(h[i], l[i], c[i]);
        *out = x.adx();
      });
  first_figure = true;
  std::printf("},\"windows\":{");
  measure_window("AVG20", t.close, repeats, {.statistic = RowStatistic::Mean}, 20);
  measure_window("SUM30", t.close, repeats, {.statistic = RowStatistic::Sum}, 30);
  measure_window("MAX30", t.close, repeats, {.statistic = RowStatistic::Max}, 30);
  measure_window("MIN30", t.close, repeats, {.statistic = RowStatistic::Min}, 30);
  std::printf("}}\n");
}
