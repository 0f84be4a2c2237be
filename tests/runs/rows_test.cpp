// Rows as a strategy is given them: when, in what order, and that stored bars have none.
#include <gtest/gtest.h>

#include "research/backtest.hpp"
#include "tests/support/strategy_tape.hpp"

namespace stom::test {
namespace {

struct Heard {
  std::string what;
  UnixNanos now;
  std::int64_t index = 0;
  double price = 0, bought = 0, best_bid = 0;
  friend bool operator==(const Heard&, const Heard&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Heard& h) {
    return out << h.what << " at " << h.now << ": " << h.index << " " << h.price << " " << h.bought << " "
               << h.best_bid;
  }
};

class Listener final : public Strategy {
 public:
  explicit Listener(std::vector<Heard>& heard) : heard_{heard} {}
  void on_start(Context& context) override {
    second_ = context.subscribe_rows(0, {});
    minute_ = context.subscribe_rows(0, {.minute = true});
    EXPECT_NE(second_, minute_);
    EXPECT_EQ(context.subscribe_rows(0, {}), second_) << "asked for again, it is the same";
    context.subscribe_book(0);
    context.subscribe_trades(0);
    context.subscribe_bars(0, {BarKind::Tick, 1});
  }
  void on_book(Context& context, InstrumentIndex) override { heard_.push_back({"book", context.now()}); }
  void on_trade(Context& context, const TradeTick&) override { heard_.push_back({"trade", context.now()}); }
  void on_bar(Context& context, const BarEvent&) override { heard_.push_back({"bar", context.now()}); }
  void on_row(Context& context, const RowEvent& event) override {
    const SecondRow& row = event.row;
    heard_.push_back({event.series == minute_ ? "minute" : "second", context.now(), row.index, row.price, row.bought,
                      row.bid_price[0]});
    EXPECT_EQ(row.time, context.now());
    // What it shows is the book that the strategy sees.
    EXPECT_EQ(row.bid_price[0], static_cast<double>(context.book(0).best_bid.value));
  }

 private:
  std::vector<Heard>& heard_;
  std::uint32_t second_ = 0, minute_ = 0;
};

void five_bids(Tape& tape, UnixNanos time, std::int64_t best) {
  tape.book(time, {{best, 1}, {best - 1, 1}, {best - 2, 1}, {best - 3, 1}, {best - 4, 1}}, {{best + 1, 1}});
}

// A row is emitted by the first book event of another second, which holds the trades since the last one; a trade alone,
// or a second book event, emits none. Each is heard of after that event itself.
TEST(Rows, ComeWithTheBookEventThatEmitsThemAfterIt) {
  Tape tape;
  five_bids(tape, kSecond / 2, 100);
  tape.trade(kSecond + 1, Side::Buy, 101, 3);
  five_bids(tape, kSecond + 2, 102);
  five_bids(tape, kSecond + 3, 103);
  five_bids(tape, kMinute, 104);
  std::vector<Heard> heard;
  tape.run(std::make_unique<Listener>(heard));
  ASSERT_EQ(heard.size(), 11) << testing::PrintToString(heard);
  EXPECT_EQ(heard[0].what, "book");
  EXPECT_EQ(heard[1].what, "second");  // no trade yet: its price is not known
  EXPECT_EQ(heard[2].what, "minute");
  EXPECT_EQ(heard[3].what, "trade");
  EXPECT_EQ(heard[4].what, "bar");
  EXPECT_EQ(heard[5].what, "book");
  EXPECT_EQ(heard[6], (Heard{"second", kSecond + 2, 19700101000001, 101, 3, 102}));
  EXPECT_EQ(heard[7].what, "book");
  EXPECT_EQ(heard[8].what, "book");
  EXPECT_EQ(heard[9], (Heard{"second", kMinute, 19700101000100, 101, 0, 104}));
  EXPECT_EQ(heard[10], (Heard{"minute", kMinute, 197001010001, 101, 3, 104}));
}

TEST(Rows, StoredBarsHaveNone) {
  std::vector<Heard> heard;
  std::vector<research::BacktestRun> runs(1);
  class Asks final : public Strategy {
    void on_start(Context& context) override { context.subscribe_rows(0, {}); }
  };
  runs[0].strategy = std::make_unique<Asks>();
  std::vector<sim::BarFeed::Stream> streams{{plain_instrument("test:A"), {{0, {1}, {1}, {1}, {1}, {1}}}, kMinute}};
  const auto outcome = research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 0});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().message, "test:A: rows are made of ticks, and these are bars");
}

}  // namespace
}  // namespace stom::test
