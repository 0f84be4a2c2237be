// The watch list of a session in a backtest (--watch): the grid takes back what waits in the instant in which its
// instrument leaves.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/journal.hpp"
#include "research/backtest.hpp"
#include "strategies/registry.hpp"

namespace stom::test::watch_list {
namespace {

constexpr UnixNanos kStart = start_of_day(19'723);
constexpr UnixNanos kLeaves = kStart + 5 * kSecond / 2;

/// A trade and then a book each second, at 1000 for three seconds and then at 997.
class FallingMarket final : public sim::MessageSource {
 public:
  Result<bool> next(MessageBatch& batch) override {
    if (given_) return false;
    given_ = true;
    batch.clear();
    UnixNanos time = kStart;
    for (const std::int64_t price : {1000, 1000, 1000, 997, 997}) {
      add(batch, MessageKind::Trade, time + kSecond / 10, {{{price}, {1}}}, 1);
      std::vector<Level> levels;
      for (std::int64_t n = 1; n <= 5; ++n) levels.push_back({{price - n}, {100}});
      for (std::int64_t n = 0; n < 5; ++n) levels.push_back({{price + n}, {100}});
      add(batch, MessageKind::Snapshot, time + kSecond / 5, levels, 5);
      time += kSecond;
    }
    return true;
  }
  Result<void> rewind() override {
    given_ = false;
    return {};
  }

 private:
  static void add(MessageBatch& batch, MessageKind kind, UnixNanos time, const std::vector<Level>& levels,
                  std::uint32_t bids) {
    batch.messages.push_back({.receive_time = time,
                              .event_time = time,
                              .first_level = static_cast<std::uint32_t>(batch.levels.size()),
                              .bids = bids,
                              .asks = static_cast<std::uint32_t>(levels.size()) - bids,
                              .kind = kind});
    batch.levels.insert(batch.levels.end(), levels.begin(), levels.end());
  }
  bool given_ = false;
};

/// Buys at 998, two below the market: waits until that has fallen so far. What the journal has of it.
struct Seen {
  std::vector<UnixNanos> canceled;
  std::vector<Fill> fills;
};
Seen buy_below(const WatchTimeline* watched) {
  Parameters parameters{
      std::map<std::string, std::string>{{"buy", "pass"},
                                         {"sell", "매도 = False"},
                                         {"vars", "self.vars[0] = 1"},
                                         {"orders", "[buy]\ntype = \"limit\"\nticks = -2\ncancel_unwatched = true"}}};
  std::vector<research::BacktestRun> runs(1);
  runs[0].strategy = find_strategy("conditions")->make(parameters);
  EXPECT_TRUE(parameters.check());
  runs[0].cash = {Int128{1'000'000} * power_of_ten(kMoneyDecimals)};
  runs[0].journal_path = std::filesystem::path{testing::TempDir()} / "stom-watch-list.journal";
  std::filesystem::remove(runs[0].journal_path);
  const auto journal = runs[0].journal_path;
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back(
      {std::make_unique<FallingMarket>(), {.id = "test:A", .base = "A", .quote = "KRW", .ladder = {{{0}, {1}}}}});
  research::BacktestOptions options;
  options.watched = watched;
  auto outcome = research::run_backtest(std::move(streams), std::move(runs), options);
  EXPECT_TRUE(outcome) << outcome.error().message;
  Seen seen;
  if (!outcome) return seen;
  seen.fills = outcome->runs[0].fills;
  const auto records = read_journal(journal);
  EXPECT_TRUE(records) << records.error().message;
  std::filesystem::remove(journal);
  if (!records) return seen;
  for (const JournalRecord& record : *records)
    if (record.kind == RecordKind::OrderEvent && record.event.kind == OrderEventKind::Canceled)
      seen.canceled.push_back(record.time);
  return seen;
}

WatchTimeline timeline(std::initializer_list<std::string> lines) {
  std::string text{WatchTimeline::header()};
  for (const std::string& line : lines) text += line;
  return WatchTimeline::parse(text).value();
}

using enum WatchState;
using enum WatchReason;

TEST(WatchListOfABacktest, ABuyThatWaitsIsTakenBackInTheInstantInWhichItsInstrumentLeaves) {
  const auto leaves =
      timeline({WatchTimeline::line(kStart, "test:A", In, Named), WatchTimeline::line(kLeaves, "test:A", Kept, Held)});
  const Seen seen = buy_below(&leaves);
  EXPECT_EQ(seen.canceled, std::vector<UnixNanos>{kLeaves});
  EXPECT_TRUE(seen.fills.empty());
}

TEST(WatchListOfABacktest, WhereNobodyLeavesItIsFilled) {
  const auto stays = timeline({WatchTimeline::line(kStart, "test:A", In, Named)});
  for (const WatchTimeline* watched : {&stays, static_cast<const WatchTimeline*>(nullptr)}) {
    const Seen seen = buy_below(watched);
    EXPECT_TRUE(seen.canceled.empty());
    ASSERT_EQ(seen.fills.size(), 1U);
    EXPECT_EQ(seen.fills[0].price, Price{998});
  }
}

}  // namespace
}  // namespace stom::test::watch_list
