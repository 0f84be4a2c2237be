// Bars that the engine builds: when a strategy hears of them, in what order, and that nobody else's wishes matter.
#include <gtest/gtest.h>

#include <map>

#include "core/random.hpp"
#include "research/backtest.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

struct Heard {
  UnixNanos now, end;
  std::string spec;
  std::int64_t open, high, low, close, volume;
  friend bool operator==(const Heard&, const Heard&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Heard& h) {
    return out << h.spec << " at " << h.now << " end " << h.end << ": " << h.open << " " << h.high << " " << h.low
               << " " << h.close << " volume " << h.volume;
  }
};

/// Writes down every bar and trade; on its first bar buys one at the market, where asked to.
class Listener final : public Strategy {
 public:
  Listener(std::vector<std::string> specs, std::vector<Heard>& heard, bool buys = false)
      : specs_{std::move(specs)}, heard_{heard}, buys_{buys} {}
  void on_start(Context& context) override {
    for (const auto& spec : specs_) names_[context.subscribe_bars(0, parse_bar_spec(spec).value())] = spec;
    context.subscribe_trades(0);
  }
  void on_trade(Context& context, const TradeTick& trade) override {
    heard_.push_back({context.now(), trade.time, "trade", trade.price.value, 0, 0, 0, trade.quantity.value});
  }
  void on_bar(Context& context, const BarEvent& bar) override {
    heard_.push_back({context.now(), bar.end, names_.at(bar.series), bar.bar.open.value, bar.bar.high.value,
                      bar.bar.low.value, bar.bar.close.value, bar.bar.volume.value});
    if (buys_) context.submit({.side = Side::Buy, .type = OrderType::Market, .quantity = {1}});
    buys_ = false;
  }

 private:
  std::vector<std::string> specs_;
  std::vector<Heard>& heard_;
  bool buys_;
  std::map<std::uint32_t, std::string> names_;
};

Tape four_trades() {
  Tape tape;
  tape.book(0, {{99, 100}}, {{101, 100}});
  tape.trade(10 * kSecond, Side::Buy, 100, 3);
  tape.trade(70 * kSecond, Side::Sell, 98, 4);
  tape.trade(kMinute * 2, Side::Buy, 103, 5);  // at the boundary: of the third minute
  tape.trade(kMinute * 3 + 1, Side::Buy, 104, 1);
  return tape;
}

std::vector<Heard> only(const std::vector<Heard>& heard, const std::string& spec) {
  std::vector<Heard> kept;
  std::ranges::copy_if(heard, std::back_inserter(kept), [&](const Heard& h) { return h.spec == spec; });
  return kept;
}

// The minute from 3:00 is still open when the data end: nobody gets it.
TEST(BuiltBars, AMinuteEndsAtItsBoundaryBeforeTheTradeOfThatInstant) {
  std::vector<Heard> heard;
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1m"}, heard));
  const std::vector<Heard> expected{{10 * kSecond, 10 * kSecond, "trade", 100, 0, 0, 0, 3},
                                    {kMinute, kMinute, "1m", 100, 100, 100, 100, 3},
                                    {70 * kSecond, 70 * kSecond, "trade", 98, 0, 0, 0, 4},
                                    {2 * kMinute, 2 * kMinute, "1m", 98, 98, 98, 98, 4},
                                    {2 * kMinute, 2 * kMinute, "trade", 103, 0, 0, 0, 5},
                                    {3 * kMinute, 3 * kMinute, "1m", 103, 103, 103, 103, 5},
                                    {3 * kMinute + 1, 3 * kMinute + 1, "trade", 104, 0, 0, 0, 1}};
  EXPECT_EQ(heard, expected);
}

TEST(BuiltBars, ATickBarIsHeardOfAtItsLastTradeAfterTheTradeItself) {
  std::vector<Heard> heard;
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"2t"}, heard));
  ASSERT_EQ(heard.size(), 6);
  EXPECT_EQ(heard[1].spec, "trade");
  EXPECT_EQ(heard[2], (Heard{70 * kSecond, 70 * kSecond, "2t", 100, 100, 98, 98, 7}));
  EXPECT_EQ(heard[5], (Heard{3 * kMinute + 1, 3 * kMinute + 1, "2t", 103, 104, 103, 104, 6}));
}

// Both end at 2:00; the shorter comes first, also for a run that asked for the longer first.
TEST(BuiltBars, OfSeveralSeriesThatEndTogetherTheShorterComesFirst) {
  std::vector<Heard> heard;
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"2m", "1m", "1t"}, heard));
  std::vector<std::string> at_two;
  for (const Heard& h : heard)
    if (h.now == 2 * kMinute) at_two.push_back(h.spec);
  EXPECT_EQ(at_two, (std::vector<std::string>{"1m", "2m", "trade", "1t"}));
}

TEST(BuiltBars, ASeriesAskedForTwiceComesOnce) {
  std::vector<Heard> once, twice;
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1m"}, once));
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1m", "1m"}, twice));
  EXPECT_EQ(once, twice);
}

TEST(BuiltBars, OneSeriesIsTheSameWhateverElseIsAskedForAndWhoeverTrades) {
  std::vector<Heard> alone, among;
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1m"}, alone));
  four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1t", "3v", "1m", "2r"}, among, true));
  EXPECT_EQ(only(alone, "1m"), only(among, "1m"));
  EXPECT_EQ(only(among, "3v").size(), 3);
}

// The first bar ends at 1:00 and the order meets the book of that instant, at 101, not that of the next trade.
TEST(BuiltBars, AnOrderSentAtTheEndOfABarIsAtTheVenueAtThatInstant) {
  std::vector<Heard> heard;
  const auto result = four_trades().run(std::make_unique<Listener>(std::vector<std::string>{"1m"}, heard, true));
  ASSERT_EQ(result.fills.size(), 1);
  EXPECT_EQ(result.fills[0].time, kMinute);
  EXPECT_EQ(result.fills[0].price.value, 101);
}

TEST(BuiltBars, WhereNothingIsTradedTheyAreOfTheBestBidAndHaveNoVolume) {
  Tape tape;
  for (int i = 0; i < 5; ++i) tape.quote(i * kSecond, 100 + i, 110);
  std::vector<Heard> heard;
  tape.run(std::make_unique<Listener>(std::vector<std::string>{"2t"}, heard));
  EXPECT_EQ(heard, (std::vector<Heard>{{kSecond, kSecond, "2t", 100, 101, 100, 101, 0},
                                       {3 * kSecond, 3 * kSecond, "2t", 102, 103, 102, 103, 0}}));
}

/// Runs over stored one-minute bars, one for each list of kinds asked for.
struct StoredRuns {
  std::vector<std::vector<Heard>> heard;
  std::vector<std::vector<Fill>> fills;
  std::string refused, hint;
};
StoredRuns on_stored(std::vector<Bar> bars, const std::vector<std::vector<std::string>>& asked, bool buys = false,
                     const std::string& stored = "1m") {
  StoredRuns result;
  result.heard.resize(asked.size());
  std::vector<research::BacktestRun> runs(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i) {
    runs[i].strategy = std::make_unique<Listener>(asked[i], result.heard[i], buys);
    runs[i].cash = runs[i].models.bars.cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)};
  }
  const BarSpec spec = parse_bar_spec(stored).value();
  std::vector<sim::BarFeed::Stream> streams{{plain_instrument("test:A"), std::move(bars), spec.span(), spec}};
  const auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 0});
  if (!outcome) {
    result.refused = outcome.error().message;
    result.hint = outcome.error().hint;
    return result;
  }
  for (const auto& run : outcome->runs) result.fills.push_back(run.fills);
  return result;
}

Bar minute(std::int64_t n, std::int64_t open, std::int64_t high, std::int64_t low, std::int64_t close,
           std::int64_t volume) {
  return {n * kMinute, {open}, {high}, {low}, {close}, {volume}};
}

// Minute 2 is missing inside of a bar, minutes 6 to 9 at the end of one, and the last bar is not complete.
std::vector<Bar> some_minutes() {
  return {minute(0, 100, 105, 99, 102, 10),  minute(1, 102, 103, 98, 99, 20), minute(3, 99, 120, 97, 110, 30),
          minute(4, 110, 111, 108, 108, 40), minute(5, 107, 109, 90, 95, 7),  minute(12, 96, 97, 94, 96, 5),
          minute(13, 96, 99, 96, 98, 6)};
}

TEST(BarsOfBars, FiveMinutesAreTheFirstOpenTheExtremesTheLastCloseAndTheWholeVolume) {
  const auto runs = on_stored(some_minutes(), {{"5m"}});
  EXPECT_EQ(runs.heard[0], (std::vector<Heard>{{5 * kMinute, 5 * kMinute, "5m", 100, 120, 97, 108, 100},
                                               {10 * kMinute, 10 * kMinute, "5m", 107, 109, 90, 95, 7}}));
}

TEST(BarsOfBars, EachRunHasTheKindsThatItAskedForTheStoredOnesFirst) {
  const auto runs = on_stored(some_minutes(), {{"10m"}, {"1m"}, {"10m", "5m", "1m"}});
  const std::vector<Heard> ten{{10 * kMinute, 10 * kMinute, "10m", 100, 120, 90, 95, 107}};
  EXPECT_EQ(runs.heard[0], ten);
  EXPECT_EQ(runs.heard[1].size(), 7);
  EXPECT_EQ(runs.heard[1][5], (Heard{13 * kMinute, 13 * kMinute, "1m", 96, 97, 94, 96, 5}));
  EXPECT_EQ(only(runs.heard[2], "10m"), ten);
  EXPECT_EQ(only(runs.heard[2], "1m"), runs.heard[1]);
  std::vector<std::string> at_five, at_ten;
  for (const Heard& h : runs.heard[2]) {
    if (h.now == 5 * kMinute) at_five.push_back(h.spec);
    if (h.now == 10 * kMinute) at_ten.push_back(h.spec);
  }
  EXPECT_EQ(at_five, (std::vector<std::string>{"1m", "5m"}));
  EXPECT_EQ(at_ten, (std::vector<std::string>{"5m", "10m"}));
}

// What is decided at 5:00 meets the open of the minute that begins there, at 10:00 that of the next one stored.
TEST(BarsOfBars, OrdersFillInTheStoredBars) {
  const auto at_boundary = on_stored(some_minutes(), {{"5m"}}, true);
  ASSERT_EQ(at_boundary.fills[0].size(), 1);
  EXPECT_EQ(at_boundary.fills[0][0].time, 5 * kMinute);
  EXPECT_EQ(at_boundary.fills[0][0].price.value, 107);
  const auto in_a_gap = on_stored(some_minutes(), {{"10m"}}, true);
  ASSERT_EQ(in_a_gap.fills[0].size(), 1);
  EXPECT_EQ(in_a_gap.fills[0][0].time, 12 * kMinute);
  EXPECT_EQ(in_a_gap.fills[0][0].price.value, 96);
}

// Bars before timers, also where an order has just been sent at that instant.
TEST(BarsOfBars, AnOrderOfTheInstantDoesNotDelayABarThatTheClockEnds) {
  std::vector<Heard> heard;
  std::vector<research::BacktestRun> runs(1);
  /// Buys B on each of its minutes, and A once on five of its minutes.
  class Both final : public Strategy {
   public:
    explicit Both(std::vector<Heard>& heard) : heard_{heard} {}
    void on_start(Context& context) override {
      five_ = context.subscribe_bars(0, {BarKind::Time, 5 * kMinute});
      context.subscribe_bars(1, {BarKind::Time, kMinute});
      context.every(5 * kMinute);
    }
    void on_bar(Context& context, const BarEvent& bar) override {
      context.submit({.instrument = bar.instrument, .side = Side::Buy, .type = OrderType::Market, .quantity = {1}});
      if (bar.series == five_)
        heard_.push_back({context.now(), bar.end, "5m", bar.bar.open.value, bar.bar.high.value, bar.bar.low.value,
                          bar.bar.close.value, bar.bar.volume.value});
    }

    void on_timer(Context& context) override { heard_.push_back({context.now(), 0, "timer", 0, 0, 0, 0, 0}); }

   private:
    std::vector<Heard>& heard_;
    std::uint32_t five_ = 0;
  };
  runs[0].strategy = std::make_unique<Both>(heard);
  runs[0].cash = runs[0].models.bars.cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)};
  const BarSpec one{BarKind::Time, kMinute};
  std::vector<Bar> other;
  for (int i = 0; i < 8; ++i) other.push_back(minute(i, 50, 50, 50, 50, 1));
  std::vector<sim::BarFeed::Stream> streams{
      {plain_instrument("test:A"), {minute(0, 100, 105, 99, 102, 10), minute(5, 103, 103, 103, 103, 1)}, kMinute, one},
      {plain_instrument("test:B"), other, kMinute, one}};
  const auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 0});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(heard, (std::vector<Heard>{{5 * kMinute, 5 * kMinute, "5m", 100, 105, 99, 102, 10},
                                       {5 * kMinute, 0, "timer", 0, 0, 0, 0, 0}}));
  std::vector<Fill> of_a;
  std::ranges::copy_if(outcome->runs[0].fills, std::back_inserter(of_a),
                       [](const Fill& f) { return f.instrument == 0; });
  ASSERT_EQ(of_a.size(), 1);
  EXPECT_EQ(of_a[0].time, 5 * kMinute);
  EXPECT_EQ(of_a[0].price.value, 103);
}

TEST(BarsOfBars, WhatTheStoredOnesDoNotHoldIsRefused) {
  for (const char* kind : {"30s", "90s", "100t", "5v", "5q", "5r", "5b"}) {
    const auto runs = on_stored(some_minutes(), {{kind}});
    EXPECT_EQ(runs.refused, std::string{"test:A: "} + kind + " bars cannot be built from 1m bars");
    EXPECT_NE(runs.hint.find("bar=2m"), std::string::npos) << runs.hint;
  }
  EXPECT_EQ(on_stored(some_minutes(), {{"100t"}}, false, "100t").refused, "");  // as they are
  EXPECT_EQ(on_stored(some_minutes(), {{"5m"}}, false, "100t").refused,
            "test:A: 5m bars cannot be built from 100t bars");
}

// Hours of a market that opens at half past: two of them are no two hours, but a day holds them all.
TEST(BarsOfBars, AStoredBarThatWouldBeCutIsNamed) {
  std::vector<Bar> hours;
  for (int i = 0; i < 6; ++i) hours.push_back(minute(14 * 60 + 30 + i * 60, 10, 11, 9, 10, 1));
  const auto cut = on_stored(hours, {{"2h"}}, false, "1h");
  EXPECT_NE(cut.refused.find("2h bars cannot be built from 1h bars: the one at 1970-01-01T15:30:00"), std::string::npos)
      << cut.refused;
  hours.push_back(minute(24 * 60 + 14 * 60 + 30, 12, 12, 12, 12, 1));
  const auto day = on_stored(hours, {{"1d"}}, false, "1h");
  EXPECT_EQ(day.heard[0], (std::vector<Heard>{{kDay, kDay, "1d", 10, 11, 9, 10, 6}}));
}

// The minutes are built from the same ticks. Some minutes have no trade, and some trades are at a boundary.
TEST(BarsOfBars, FromMinutesAreThoseFromTheTicksOfTheMinutes) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Random random{seed};
    Tape tape;
    tape.book(0, {{99, 100}}, {{101, 100}});
    UnixNanos time = 0;
    std::int64_t price = 1000;
    while (time < 6 * kHour) {
      const std::uint64_t pause = random.next() % 20;
      time += pause == 0   ? static_cast<UnixNanos>(random.next() % (7 * kMinute))
              : pause == 1 ? kMinute - time % kMinute
                           : static_cast<UnixNanos>(random.next() % (10 * kSecond));
      price += static_cast<std::int64_t>(random.next() % 5) - 2;
      tape.trade(time, Side::Buy, price, static_cast<std::int64_t>(random.next() % 9) + 1);
    }
    for (int i = 1; i <= 6; ++i) tape.trade(time + i * kMinute, Side::Buy, price, 1);
    const std::vector<std::string> kinds{"1h", "5m", "15m", "3m"};
    std::vector<Heard> minutes, of_ticks;
    tape.run(std::make_unique<Listener>(std::vector<std::string>{"1m"}, minutes));
    tape.run(std::make_unique<Listener>(kinds, of_ticks));
    std::vector<Bar> stored;
    for (const Heard& h : only(minutes, "1m"))
      stored.push_back({h.end - kMinute, {h.open}, {h.high}, {h.low}, {h.close}, {h.volume}});
    const auto of_minutes = on_stored(stored, {kinds});
    std::erase_if(of_ticks, [](const Heard& h) { return h.spec == "trade"; });
    EXPECT_GT(of_ticks.size(), 70);
    EXPECT_EQ(of_minutes.heard[0], of_ticks) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stom::test
