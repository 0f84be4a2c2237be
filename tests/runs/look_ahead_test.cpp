// Bars at which a strategy has nothing to do are passed in one go. That is a matter of speed alone: a run that is
// called for every bar has the same journal, fills and equity.
#include <gtest/gtest.h>

#include <map>

#include "core/decimal.hpp"
#include "core/random.hpp"
#include "research/backtest.hpp"
#include "strategies/registry.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom {
namespace {

/// The strategy inside, and how often it is called; where asked to, for every bar.
class Counted final : public Strategy {
 public:
  Counted(std::unique_ptr<Strategy> inside, bool for_every_bar, std::size_t& calls)
      : inside_{std::move(inside)}, for_every_bar_{for_every_bar}, calls_{calls} {}
  void on_start(Context& context) override { inside_->on_start(context); }
  void on_bar(Context& context, const BarEvent& bar) override {
    ++calls_;
    inside_->on_bar(context, bar);
  }
  std::size_t uneventful_bars(std::uint32_t series, std::size_t n) const override {
    return for_every_bar_ ? 0 : inside_->uneventful_bars(series, n);
  }
  void on_order(Context& context, const OrderEvent& event) override { inside_->on_order(context, event); }

 private:
  std::unique_ptr<Strategy> inside_;
  bool for_every_bar_;
  std::size_t& calls_;
};

/// A walk of minute bars in which the averages meet often, some minutes are missing and some prices stand still.
std::vector<Bar> walk(std::uint64_t seed, std::size_t n) {
  Random random{seed};
  std::vector<Bar> bars;
  std::int64_t close = 100'000;
  UnixNanos time = start_of_day(20'000);
  for (std::size_t i = 0; i < n; ++i) {
    const std::int64_t open = close;
    if (random.below(4) != 0)
      close = std::max<std::int64_t>(1'000, close + static_cast<std::int64_t>(random.below(41)) - 20);
    bars.push_back({time, {open}, {std::max(open, close) + 3}, {std::min(open, close) - 3}, {close}, {1'000}});
    time += kMinute * (random.below(50) == 0 ? 1 + static_cast<std::int64_t>(random.below(5)) : 1);
  }
  return bars;
}

using Values = std::map<std::string, std::string>;

std::unique_ptr<Strategy> sma_cross(const Values& values) {
  Parameters parameters{values};
  auto strategy = find_strategy("sma_cross")->make(parameters);
  EXPECT_TRUE(parameters.check().has_value());
  return strategy;
}

struct Wanted {
  Values values;
  bool for_every_bar;
};

research::BacktestOutcome run(std::vector<Bar> bars, const std::vector<Wanted>& wanted, DurationNanos equity_interval,
                              std::size_t& calls) {
  std::vector<research::BacktestRun> runs(wanted.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    runs[i].strategy = std::make_unique<Counted>(sma_cross(wanted[i].values), wanted[i].for_every_bar, calls);
    runs[i].cash = runs[i].models.bars.cash = {Int128{1'000'000'000} * power_of_ten(kMoneyDecimals)};
  }
  const BarSpec spec{BarKind::Time, kMinute};
  std::vector<sim::BarFeed::Stream> streams{{test::plain_instrument("test:A"), std::move(bars), kMinute, spec}};
  return research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = equity_interval}).value();
}

void expect_same(const research::RunOutcome& one, const research::RunOutcome& other) {
  EXPECT_EQ(one.journal_hash, other.journal_hash);  // all orders and fills are in it
  EXPECT_EQ(one.fills.size(), other.fills.size());
  EXPECT_EQ(one.cash, other.cash);
  EXPECT_TRUE(one.equity.points() == other.equity.points());
}

class LookAhead : public testing::TestWithParam<Values> {};

TEST_P(LookAhead, ARunThatPassesBarsIsTheRunThatIsCalledForEach) {
  for (const DurationNanos equity_interval : {DurationNanos{0}, 7 * kMinute}) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
      SCOPED_TRACE(testing::Message() << "seed " << seed << ", equity every " << equity_interval);
      const auto bars = walk(seed, 3'000);
      std::size_t calls = 0, all_calls = 0;
      const auto quick = run(bars, {{GetParam(), false}}, equity_interval, calls);
      const auto slow = run(bars, {{GetParam(), true}}, equity_interval, all_calls);
      expect_same(quick.runs[0], slow.runs[0]);
      EXPECT_GT(quick.runs[0].fills.size(), 20U);
      EXPECT_EQ(all_calls, bars.size());
      EXPECT_LT(calls, bars.size() / 2) << "it was hardly ever passed over";
    }
  }
}

// Runs that share a pass stop at different bars, and one of them may have to be called for each.
TEST_P(LookAhead, OfRunsThatShareAPassEachIsAsItIsAlone) {
  const auto bars = walk(7, 3'000);
  Values other = GetParam();
  other["slow"] = "17";
  std::size_t calls = 0;
  const auto first = run(bars, {{GetParam(), true}}, 0, calls), second = run(bars, {{other, true}}, 0, calls);
  for (const bool for_every_bar : {false, true}) {
    const auto shared = run(bars, {{GetParam(), false}, {other, for_every_bar}}, 0, calls);
    expect_same(shared.runs[0], first.runs[0]);
    expect_same(shared.runs[1], second.runs[0]);
  }
}

INSTANTIATE_TEST_SUITE_P(Crosses, LookAhead,
                         testing::Values(Values{{"fast", "3"}}, Values{{"fast", "5"}, {"direction", "long"}},
                                         Values{{"fast", "4"}, {"fill", "close"}, {"cross", "stateful"}},
                                         Values{{"fast", "3"}, {"sl", "0.001"}, {"tp", "0.002"}},
                                         Values{{"fast", "1"}, {"preset", "backtesting_py"}}));

}  // namespace
}  // namespace stom
