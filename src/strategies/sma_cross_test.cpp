// sma_cross asks for what only bars can do (the close of the bar that ended, a share of cash, brackets), so its tape is
// bars under the fill rules `bars` (docs/fills.md).
#include <gtest/gtest.h>

#include "research/backtest.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

struct Row {
  std::int64_t open, high, low, close;
};

class BarTape {
 public:
  /// Where high and low do not matter.
  void add(std::int64_t open, std::int64_t close) { add(open, std::max(open, close), std::min(open, close), close); }
  void add(std::int64_t open, std::int64_t high, std::int64_t low, std::int64_t close) {
    bars_.push_back({static_cast<UnixNanos>(bars_.size()) * kMinute, {open}, {high}, {low}, {close}, {1}});
  }

  TapeResult run(std::map<std::string, std::string> parameters, std::int64_t cash = 1'000'000) const {
    Parameters values{std::move(parameters)};
    std::vector<research::BacktestRun> runs(1);
    runs[0].strategy = find_strategy("sma_cross")->make(values);
    STOM_ASSERT(values.check().has_value());
    runs[0].cash = runs[0].models.bars.cash = {Int128{cash} * power_of_ten(kMoneyDecimals)};
    const std::vector<Instrument> instruments{plain_instrument("test:A")};
    std::vector<sim::BarFeed::Stream> streams{{instruments[0], bars_, kMinute}};
    const auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 0});
    STOM_ASSERT(outcome.has_value());
    const research::RunOutcome& run = outcome->runs[0];
    TapeResult result{run.fills, {}, {run.position}};
    result.trades = build_trades(instruments, run.fills, [&](ClientOrderId id) -> std::string_view {
                      const auto found = run.exit_reasons.find(id);
                      return found == run.exit_reasons.end() ? std::string_view{} : found->second;
                    }).trades;
    return result;
  }

 private:
  std::vector<Bar> bars_;
};

// Averages of 1 and 3 bars: the first is the close itself.
//
//  bar   open  close  slow   side   what follows
//   2     99    97     99     -     the first side seen is no cross
//   3     98   103    100     +     up: buy at bar 4's open, 104
//   4    104   106    102     +
//   5    105    94    101     -     down: sell at bar 6's open, 108
//   6    108    91     97     -
//   7     92   100     95     +     up: buy at 101
//   8    101   103     98     +
//   9    102    97    100     -     down: sell at 96
//  10     96    94     98     -
//  11     95   103     98     +     up: buy at 102
//  12    102   103    100     +
//  13    102    94    100     -     down: sell at 93
//  14     93    90    95.67   -
BarTape hand_worked_tape() {
  BarTape tape;
  const std::int64_t opens[] = {100, 100, 99, 98, 104, 105, 108, 92, 101, 102, 96, 95, 102, 102, 93};
  const std::int64_t closes[] = {100, 100, 97, 103, 106, 94, 91, 100, 103, 97, 94, 103, 103, 94, 90};
  for (int i = 0; i < 15; ++i) tape.add(opens[i], closes[i]);
  return tape;
}
using Settings = std::map<std::string, std::string>;
Settings with(Settings further) {
  Settings all{{"fast", "1"}, {"slow", "3"}, {"size", "units"}, {"quantity", "2"}};
  further.merge(all);
  return further;
}

TEST(SmaCross, LongTakesTheUpCrossesAndLeavesAtTheDownCrosses) {
  const auto result = hand_worked_tape().run(with({{"direction", "long"}}));
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 104, 108, 2, "signal"},
                                                         {Side::Buy, 101, 96, 2, "signal"},
                                                         {Side::Buy, 102, 93, 2, "signal"}}));
}

TEST(SmaCross, BothIsShortWhereLongIsOut) {
  const auto result = hand_worked_tape().run(with({{"direction", "both"}}));
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 104, 108, 2, "signal"},
                                                         {Side::Sell, 108, 101, 2, "signal"},
                                                         {Side::Buy, 101, 96, 2, "signal"},
                                                         {Side::Sell, 96, 102, 2, "signal"},
                                                         {Side::Buy, 102, 93, 2, "signal"}}));
  EXPECT_EQ(result.positions[0].value, -2);
}

// The signal's own close: 103, 94; 100, 97; 103, 94.
TEST(SmaCross, AtTheCloseItFillsOnTheBarOfTheSignal) {
  const auto result = hand_worked_tape().run(with({{"direction", "long"}, {"fill", "close"}}));
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 103, 94, 2, "signal"},
                                                         {Side::Buy, 100, 97, 2, "signal"},
                                                         {Side::Buy, 103, 94, 2, "signal"}}));
}

// The entry is only added to what is held, so each opposite cross ends it: 2 bought, 2 sold, flat until the next.
TEST(SmaCross, NotExclusiveAnEntryIsOnlyAdded) {
  const auto result = hand_worked_tape().run(with({{"direction", "both"}, {"exclusive", "false"}}));
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 104, 108, 2, "signal"},
                                                         {Side::Buy, 101, 96, 2, "signal"},
                                                         {Side::Buy, 102, 93, 2, "signal"}}));
}

// Half of 1,000 buys 4 at 104 (416); with 1,000 + 4 x 4 = 1,016 half buys 5 at 101 (505); 1,016 - 5 x 5 = 991: 4 at
// 102.
TEST(SmaCross, AFractionIsAShareOfTheCashThatIsFree) {
  auto settings = with({{"direction", "long"}, {"size", "fraction"}, {"quantity", "0.5"}});
  EXPECT_EQ(
      round_trips(hand_worked_tape().run(settings, 1'000)),
      (std::vector<RoundTrip>{
          {Side::Buy, 104, 108, 4, "signal"}, {Side::Buy, 101, 96, 5, "signal"}, {Side::Buy, 102, 93, 4, "signal"}}));
}

// Below on bar 2 (94 < 98), equal on bar 3 (97 = (100 + 94 + 97) / 3), above on bar 4 (103 > 98): only a stateful cross
// remembers that it came from below. Both see the cross down on bar 5 (90 < 96.67), and go on only from there.
TEST(SmaCross, OverAnEqualBarOnlyAStatefulCrossPasses) {
  BarTape tape;
  for (const std::int64_t close : {100, 100, 94, 97, 103, 90, 91}) tape.add(close, close);
  EXPECT_TRUE(tape.run(with({{"direction", "long"}, {"cross", "strict"}})).fills.empty());
  const auto stateful = tape.run(with({{"direction", "long"}, {"cross", "stateful"}}));
  EXPECT_EQ(round_trips(stateful), (std::vector<RoundTrip>{{Side::Buy, 90, 91, 2, "signal"}}));
}

// Stop and target are shares of the close at the signal, always 100 here: 95 and 110. Where both lie in one bar it is
// the stop; a bar that opens beyond one gives its open. The second number of a comparison is the slow average.
TEST(SmaCross, StopAndTargetEndATradeInsideABar) {
  BarTape tape;
  tape.add(100, 100);
  tape.add(98, 98);
  tape.add(96, 96);             // below
  tape.add(98, 100);            // up: 100 > 98
  tape.add(101, 104, 99, 102);  // bought at 101
  tape.add(100, 101, 94, 96);   // stop: 94 < 95, filled at 95. Down: 96 < 99.33, nothing is held
  tape.add(96, 96);
  tape.add(98, 100);             // up: 100 > 97.33
  tape.add(99, 103, 98, 102);    // bought at 99
  tape.add(105, 112, 104, 101);  // target: 112 > 110, filled at 110. 101 > 101 is not
  tape.add(96, 96);              // down: 96 < 99.67
  tape.add(98, 100);             // up: 100 > 99
  tape.add(99, 103, 98, 101);    // bought at 99
  tape.add(100, 120, 90, 101);   // both lie inside: the stop
  tape.add(90, 90);
  tape.add(98, 100);           // up: 100 > 97
  tape.add(99, 101, 98, 100);  // bought at 99
  tape.add(92, 93, 91, 92);    // opens under the stop: 92 is what one gets
  const auto result = tape.run(with({{"direction", "long"}, {"sl", "0.05"}, {"tp", "0.10"}}));
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 101, 95, 2, "stop_loss"},
                                                         {Side::Buy, 99, 110, 2, "take_profit"},
                                                         {Side::Buy, 99, 95, 2, "stop_loss"},
                                                         {Side::Buy, 99, 92, 2, "stop_loss"}}));
}

// What the presets stand for, as a test of the page: the same tape, the settings said one by one.
TEST(SmaCross, APresetIsItsSettings) {
  const Settings plain{{"fast", "1"}, {"slow", "3"}};
  const auto told = [&](Settings further) {
    further.insert(plain.begin(), plain.end());
    return round_trips(hand_worked_tape().run(further));
  };
  EXPECT_EQ(told({{"preset", "vectorbt"}}), told({{"cross", "stateful"}, {"direction", "long"}, {"fill", "close"}}));
  EXPECT_EQ(told({{"preset", "backtesting_py"}}),
            told({{"cross", "strict"}, {"direction", "both"}, {"fill", "next_open"}}));
}

}  // namespace
}  // namespace stom::test
