// How much of a result is luck: the same trades in other orders, and other histories drawn from the same days. Seeded,
// so a report can be made again; about a tenth of a second for 1,000 paths of a few thousand steps.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace stom {

enum class MonteCarloMethod : std::uint8_t {
  Shuffle,         // every trade once, in random order: the end is the same, the way there is not
  BlockBootstrap,  // blocks of consecutive returns drawn with replacement: keeps what neighbours have in common
};

struct MonteCarloOptions {
  MonteCarloMethod method = MonteCarloMethod::BlockBootstrap;
  std::uint64_t seed = 1;
  std::size_t paths = 1'000;
  std::size_t block = 0;  // length of a block; 0: the cube root of the number of returns, at least 1
};

inline constexpr std::array<double, 7> kMonteCarloPercentiles{0.01, 0.05, 0.25, 0.50, 0.75, 0.95, 0.99};

struct MonteCarlo {
  MonteCarloOptions options;
  std::size_t steps = 0;
  /// At kMonteCarloPercentiles over the paths: total return, and the deepest drawdown as a return (so the 5 % figure is
  /// the bad one in both).
  std::array<double, kMonteCarloPercentiles.size()> total_return{};
  std::array<double, kMonteCarloPercentiles.size()> max_drawdown{};
  double probability_of_loss = 0;  // share of paths that end below the start
  /// Wealth (start = 1) at the 5th, 50th and 95th percentile after each of at most 200 evenly spaced steps, for a fan
  /// chart; the first entry is the start.
  std::vector<double> low, middle, high;
};

/// `changes`: what each step does to wealth as a fraction (0.01 = +1 %): returns of periods, or pnl of trades over the
/// equity before them. Fewer than two: no steps and nothing computed.
MonteCarlo monte_carlo(std::span<const double> changes, const MonteCarloOptions& options = {});

struct RunResult;
/// Each trade's profit over the equity it was made on (initial capital plus all profit before it), in order of exit.
std::vector<double> trade_changes(const RunResult& result);

}  // namespace stom
