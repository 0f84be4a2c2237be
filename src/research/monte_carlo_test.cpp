#include "research/monte_carlo.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/random.hpp"
#include "research/return_series.hpp"

namespace stom {
namespace {

std::vector<double> sample(std::size_t n) {
  Random random{7};
  std::vector<double> r(n);
  for (double& x : r) x = (random.uniform() - 0.48) * 0.04;
  return r;
}

TEST(MonteCarlo, AShuffleChangesTheWayButNotTheEnd) {
  const auto r = sample(300);
  const auto m = monte_carlo(r, {.method = MonteCarloMethod::Shuffle});
  const double end = returns::total(r);
  EXPECT_NEAR(m.total_return.front(), end, 1e-9);
  EXPECT_NEAR(m.total_return.back(), end, 1e-9);
  EXPECT_LT(m.max_drawdown.front(), m.max_drawdown.back());
  EXPECT_EQ(m.probability_of_loss, end < 0);
}

TEST(MonteCarlo, TheSameSeedIsTheSameReportAndAnotherSeedIsNot) {
  const auto r = sample(300);
  const auto a = monte_carlo(r, {.seed = 5}), b = monte_carlo(r, {.seed = 5}), c = monte_carlo(r, {.seed = 6});
  EXPECT_EQ(a.total_return, b.total_return);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(a.total_return, c.total_return);
}

TEST(MonteCarlo, TheBootstrapsMiddleLiesNearWhatHappenedAndItsPercentilesAscend) {
  const auto r = sample(1'000);
  const auto m = monte_carlo(r, {.paths = 4'000});
  EXPECT_TRUE(std::is_sorted(m.total_return.begin(), m.total_return.end()));
  EXPECT_TRUE(std::is_sorted(m.max_drawdown.begin(), m.max_drawdown.end()));
  const double spread = m.total_return[4] - m.total_return[2];
  EXPECT_NEAR(m.total_return[3], returns::total(r), spread / 2);
  EXPECT_LE(m.max_drawdown.back(), 0);
  ASSERT_EQ(m.low.size(), 201u);
  EXPECT_EQ(m.low.front(), 1);
  EXPECT_NEAR(m.middle.back() - 1, m.total_return[3], 1e-12);
}

TEST(MonteCarlo, BlocksKeepNeighboursTogether) {
  // +1 %, -1 % by turns: in blocks of even length no path falls far, drawn one by one many do.
  std::vector<double> r;
  for (int i = 0; i < 500; ++i) r.push_back(i % 2 ? -0.01 : 0.01);
  const auto blocks = monte_carlo(r, {.block = 100}), singles = monte_carlo(r, {.block = 1});
  EXPECT_GT(blocks.max_drawdown[1], -0.08);
  EXPECT_LT(singles.max_drawdown[1], -0.2);
}

TEST(MonteCarlo, RuinIsTheEnd) {
  const auto m = monte_carlo(std::vector<double>{-1.0, 0.5, 0.5}, {.method = MonteCarloMethod::Shuffle});
  EXPECT_EQ(m.total_return.back(), -1);
  EXPECT_EQ(m.probability_of_loss, 1);
}

TEST(MonteCarlo, OneReturnIsNoSample) { EXPECT_EQ(monte_carlo(std::vector<double>{0.1}).steps, 0u); }

}  // namespace
}  // namespace stom
