#include "strategy_templates.hpp"

#include <algorithm>
#include <array>

namespace stom {
namespace {

constexpr const char* kBarsSource =
    R"(// @name@: buys when a bar closes above the average, sells when one closes below it.
#include "indicators/sma.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class @Class@ final : public Strategy {
 public:
  // A parameter: name, default, least, most, meaning. `stom strategy show @name@` lists them.
  explicit @Class@(Parameters& p)
      : average_{static_cast<int>(p.integer("period", 3, 1, 10'000, "bars in the average"))},
        bar_{p.bars("bar", "1m", "which bars")},
        size_{p} {}

  void on_start(Context& context) override { context.subscribe_bars(0, bar_); }

  // Called once for every finished bar. An order sent here meets the next bar's open.
  void on_bar(Context& context, const BarEvent& bar) override {
    average_.update(bar.close);
    if (!average_.ready()) return;
    if (bar.close > average_.value()) size_.go(context, +1, "above the average");
    if (bar.close < average_.value()) size_.go(context, 0, "below the average");
  }

 private:
  Sma average_;
  BarSpec bar_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(@name@, @Class@, "long while the close is above the average")

}  // namespace stom
)";

constexpr const char* kBarsTest = R"(#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// An average of 2 bars; the open of each bar is the close before. Who buys at a price of 110 pays 110, who sells gets 109.
//
//  bar  close  average  what follows
//   1    110    105     above: buy at bar 2's open, 110
//   2    100    105     below: sell at bar 3's open of 100, for 99
//   3    120    110     above: buy at 120
//   4    130    125     above: hold
//   5    120    125     below: sell for 119
//   6    140    130     above: buy at 140
//   7    150    145     hold
//   8    140    145     below: sell for 139
TEST(@Class@, ItsFirstThreeTradesAreThoseOnPaper) {
  Tape tape;
  std::int64_t open = 100;
  int i = 0;
  for (const std::int64_t close : {100, 110, 100, 120, 130, 120, 140, 150, 140, 140}) {
    tape.bar(i++ * kMinute, kMinute, open, std::max(open, close), std::min(open, close), close);
    open = close;
  }
  const auto result = tape.run("@name@", {{"period", "2"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 110, 99, 1, "below the average"},
                                                         {Side::Buy, 120, 119, 1, "below the average"},
                                                         {Side::Buy, 140, 139, 1, "below the average"}}));
}

}  // namespace
}  // namespace stom::test
)";

constexpr const char* kBookSource = R"(// @name@: holds a position while the best bid is larger than the best ask.
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class @Class@ final : public Strategy {
 public:
  // A parameter: name, default, least, most, meaning. `stom strategy show @name@` lists them.
  explicit @Class@(Parameters& p)
      : interval_{p.duration("interval", "100ms", "time between decisions")},
        times_{p.integer("times", 2, 1, 1'000'000, "how many times larger the bid must be")},
        size_{p} {}

  void on_start(Context& context) override { context.every(interval_); }

  void on_timer(Context& context) override {
    const BookView& book = context.book(0);
    if (!book.two_sided() || book.stale) return;
    const bool heavy = book.bid_quantity.value >= times_ * book.ask_quantity.value;
    size_.go(context, heavy ? 1 : 0, heavy ? "the bid is large" : "the bid is gone");
  }

 private:
  DurationNanos interval_;
  std::int64_t times_;
  PositionSize size_;
};

}  // namespace

STOM_STRATEGY(@name@, @Class@, "long while the best bid is larger than the best ask")

}  // namespace stom
)";

constexpr const char* kBookTest = R"(#include <gtest/gtest.h>

#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

// A decision every second. {price, quantity}, best first.
//
//  second  bid       ask       what follows
//   1      99 x 20   100 x 10  twice as large: buy at 100
//   2     101 x 10   102 x 10  sell at 101
//   3      97 x 50    98 x 10  buy at 98
//   4      95 x 10    96 x 10  sell at 95
//   5      95 x 30    96 x 10  buy at 96
//   6      99 x 10   100 x 10  sell at 99
TEST(@Class@, ItsFirstThreeTradesAreThoseOnPaper) {
  Tape tape;
  UnixNanos time = 0;
  for (const auto& [bid, bids, ask, asks] : {std::array<std::int64_t, 4>{99, 20, 100, 10},
                                             {101, 10, 102, 10},
                                             {97, 50, 98, 10},
                                             {95, 10, 96, 10},
                                             {95, 30, 96, 10},
                                             {99, 10, 100, 10},
                                             {99, 10, 100, 10}}) {
    tape.book(time, {{bid, bids}}, {{ask, asks}});
    time = time == 0 ? kSecond * 3 / 2 : time + kSecond;
  }
  const auto result = tape.run("@name@", {{"interval", "1s"}});
  EXPECT_EQ(round_trips(result), (std::vector<RoundTrip>{{Side::Buy, 100, 101, 1, "the bid is gone"},
                                                         {Side::Buy, 98, 95, 1, "the bid is gone"},
                                                         {Side::Buy, 96, 99, 1, "the bid is gone"}}));
}

}  // namespace
}  // namespace stom::test
)";

const std::array<StrategyTemplate, 2>& all_templates() {
  static const std::array<StrategyTemplate, 2> all{
      StrategyTemplate{"bars", kBarsSource, kBarsTest},
      StrategyTemplate{"book", kBookSource, kBookTest},
  };
  return all;
}

}  // namespace

const StrategyTemplate* find_template(std::string_view name) {
  const auto& all = all_templates();
  const auto found = std::ranges::find(all, name, &StrategyTemplate::name);
  return found == all.end() ? nullptr : &*found;
}

std::string template_names() {
  std::string names = "templates:";
  for (const auto& t : all_templates()) names.append(" ").append(t.name);
  return names;
}

}  // namespace stom
