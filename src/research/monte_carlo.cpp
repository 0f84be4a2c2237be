#include "research/monte_carlo.hpp"

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "research/counted.hpp"
#include "research/result.hpp"
#include "research/return_series.hpp"

namespace stom {
namespace {

constexpr std::size_t kFanPoints = 200;

/// The next path's changes, into `path`.
class Draw {
 public:
  Draw(std::span<const double> changes, const MonteCarloOptions& options)
      : changes_{changes}, options_{options}, random_{options.seed} {}

  void next(std::vector<double>& path) {
    if (options_.method == MonteCarloMethod::Shuffle) {
      path.assign(changes_.begin(), changes_.end());
      for (std::size_t i = path.size(); i > 1; --i) std::swap(path[i - 1], path[random_.below(i)]);
      return;
    }
    path.clear();
    // Blocks run over the end into the beginning, so that every return is as likely as any other.
    while (path.size() < changes_.size()) {
      std::size_t at = random_.below(changes_.size());
      for (std::size_t i = 0; i < options_.block && path.size() < changes_.size(); ++i) {
        path.push_back(changes_[at]);
        if (++at == changes_.size()) at = 0;
      }
    }
  }

 private:
  std::span<const double> changes_;
  const MonteCarloOptions& options_;
  Random random_;
};

}  // namespace

MonteCarlo monte_carlo(std::span<const double> changes, const MonteCarloOptions& given) {
  MonteCarlo result{.options = given};
  auto& options = result.options;
  if (options.block == 0)
    options.block = std::max<std::size_t>(1, static_cast<std::size_t>(std::cbrt(static_cast<double>(changes.size()))));
  if (changes.size() < 2 || options.paths == 0) return result;
  result.steps = changes.size();

  const std::size_t stride = (changes.size() + kFanPoints - 1) / kFanPoints;
  std::vector<std::vector<double>> fan((changes.size() + stride - 1) / stride);
  std::vector<double> ends, drawdowns, path;
  Draw draw{changes, options};
  std::size_t losses = 0;
  for (std::size_t p = 0; p < options.paths; ++p) {
    draw.next(path);
    double wealth = 1, peak = 1, worst = 1;
    for (std::size_t i = 0; i < path.size(); ++i) {
      // Ruin is the end of it: no later gain undoes it.
      wealth = std::max(0.0, wealth * (1 + path[i]));
      peak = std::max(peak, wealth);
      worst = std::min(worst, wealth / peak);
      if ((i + 1) % stride == 0 || i + 1 == path.size()) fan[i / stride].push_back(wealth);
    }
    ends.push_back(wealth - 1);
    drawdowns.push_back(worst - 1);
    losses += wealth < 1;
  }
  for (std::size_t i = 0; i < kMonteCarloPercentiles.size(); ++i) {
    result.total_return[i] = returns::quantile(ends, kMonteCarloPercentiles[i]);
    result.max_drawdown[i] = returns::quantile(drawdowns, kMonteCarloPercentiles[i]);
  }
  result.probability_of_loss = static_cast<double>(losses) / static_cast<double>(options.paths);
  result.low = result.middle = result.high = {1};
  for (const auto& wealth : fan) {
    result.low.push_back(returns::quantile(wealth, 0.05));
    result.middle.push_back(returns::quantile(wealth, 0.50));
    result.high.push_back(returns::quantile(wealth, 0.95));
  }
  return result;
}

std::vector<double> trade_changes(const RunResult& whole) {
  const CountedPart counted{whole};
  const RunResult& result = *counted;
  std::vector<double> changes;
  changes.reserve(result.trades.size());
  Money equity = result.initial_equity;
  for (const auto& t : result.trades) {
    if (equity.value <= 0) break;
    changes.push_back(to_double(t.pnl.value, kMoneyDecimals) / to_double(equity.value, kMoneyDecimals));
    equity += t.pnl;
  }
  return changes;
}

}  // namespace stom
