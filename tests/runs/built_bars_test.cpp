// Bars that the engine builds: when a strategy hears of them, in what order, and that nobody else's wishes matter.
#include <gtest/gtest.h>

#include <map>

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

}  // namespace
}  // namespace stom::test
