#include "trade/dead_man.hpp"

#include <gtest/gtest.h>

namespace stom::trade {
namespace {

constexpr UnixNanos kThen = 1'700'000'000 * kSecond;

JournalRecord record(UnixNanos time, RecordKind kind, std::string text = {}) {
  JournalRecord one;
  one.kind = kind;
  one.time = time;
  one.text = std::move(text);
  return one;
}

TEST(DeadMan, WithoutAWordEntriesStopAndAfterTwiceTheTimeAllIsCanceled) {
  DeadMan timer{10 * kMinute};
  timer.begin(kThen);
  EXPECT_EQ(timer.due(kThen + 10 * kMinute - 1), KillStep::Off);
  EXPECT_EQ(timer.due(kThen + 10 * kMinute), KillStep::Entries);
  EXPECT_EQ(timer.due(kThen + 20 * kMinute - 1), KillStep::Entries);
  EXPECT_EQ(timer.due(kThen + 20 * kMinute), KillStep::Cancel);
  EXPECT_EQ(timer.due(kThen + 24 * 60 * kMinute), KillStep::Cancel) << "it never flattens";
}

TEST(DeadMan, AWordBeginsItAnew) {
  DeadMan timer{10 * kMinute};
  timer.begin(kThen);
  timer.confirm(kThen + 9 * kMinute);
  EXPECT_EQ(timer.due(kThen + 18 * kMinute), KillStep::Off);
  EXPECT_EQ(timer.due(kThen + 19 * kMinute), KillStep::Entries);
  EXPECT_EQ(timer.row(kThen + 12 * kMinute).dump(),
            R"({"name":"dead_man","scope":"","limit":"10m","value":"3m","state":"ok"})");
}

TEST(DeadMan, SaysWhatComesNextAndInHowLong) {
  DeadMan timer{10 * kMinute};
  timer.begin(kThen);
  EXPECT_EQ(timer.next(kThen + 4 * kMinute).dump(), R"({"within_ms":600000,"left_ms":360000,"next":"entries"})");
  EXPECT_EQ(timer.next(kThen + 15 * kMinute).dump(), R"({"within_ms":600000,"left_ms":300000,"next":"cancel"})");
  EXPECT_EQ(timer.next(kThen + 20 * kMinute).dump(), R"({"within_ms":600000,"left_ms":null,"next":null})");
}

TEST(DeadMan, ARestartIsNoWordOfAnybody) {
  DeadMan timer{10 * kMinute};
  timer.fold(record(kThen, RecordKind::Configuration));
  timer.fold(record(kThen + kMinute, RecordKind::Operator, "alive, said at 1"));
  timer.fold(record(kThen + 5 * kMinute, RecordKind::Operator, "kill entries, asked at 1"));
  timer.begin(kThen + 12 * kMinute);
  EXPECT_EQ(timer.due(kThen + 12 * kMinute), KillStep::Entries);
  timer.fold(record(kThen + 12 * kMinute, RecordKind::Operator, "kill off, asked at 2"));
  EXPECT_EQ(timer.due(kThen + 12 * kMinute), KillStep::Off) << "whoever released it was there";
}

TEST(DeadMan, WhereThereIsNoneNothingIsEverDue) {
  DeadMan timer{0};
  timer.begin(kThen);
  EXPECT_EQ(timer.due(kNever - 1), KillStep::Off);
}

}  // namespace
}  // namespace stom::trade
