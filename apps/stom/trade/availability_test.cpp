#include "trade/availability.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "trade/rerun.hpp"

namespace stom::trade {
namespace {

constexpr UnixNanos kBegin = 1'700'000'000 * kSecond;

JournalRecord at(std::int64_t second, RecordKind kind, std::string text = {}) {
  JournalRecord record;
  record.kind = kind;
  record.time = kBegin + second * kSecond;
  record.text = std::move(text);
  return record;
}
JournalRecord act(std::int64_t second, std::string_view text) {
  return at(second, RecordKind::Operator, std::string{text});
}
AvailabilityFold fold(std::initializer_list<JournalRecord> records) {
  AvailabilityFold all;
  for (const JournalRecord& record : records) all.fold(record);
  return all;
}

TEST(Availability, IsTheShareOfTheTimeInWhichItWasUp) {
  const auto all = fold({act(0, kUpAct), act(60, kUpAct), act(90, down_act("binance is not connected")),
                         act(100, kUpAct), at(200, RecordKind::Log)});
  EXPECT_EQ(all.time(), 200 * kSecond);
  EXPECT_EQ(all.up(), 190 * kSecond);
  EXPECT_EQ(all.share(), "0.95");
  ASSERT_EQ(all.outages().size(), 1u);
  EXPECT_EQ(all.outages()[0].from, kBegin + 90 * kSecond);
  EXPECT_EQ(all.outages()[0].to, kBegin + 100 * kSecond);
  EXPECT_EQ(all.outages()[0].why, "binance is not connected");
}

TEST(Availability, OneIsNotSaidWhereSomethingWasMissing) {
  EXPECT_EQ(fold({act(0, kUpAct), act(1'000'000, kUpAct)}).share(), "1");
  auto all = fold({act(0, kUpAct), act(10'000'000, kUpAct)});
  all.fold(act(10'000'000, down_act("a")));
  all.fold(act(10'000'001, kUpAct));
  EXPECT_EQ(all.share(), "0.999999");
  EXPECT_EQ(AvailabilityFold{}.share(), "") << "of no time nothing is known";
}

TEST(Availability, WhatNoRecordSaysOfAKilledProcessIsDown) {
  const auto all = fold({act(0, kUpAct), at(50, RecordKind::Log), at(80, RecordKind::Restart), act(100, kUpAct),
                         at(150, RecordKind::Log)});
  EXPECT_EQ(all.time(), 150 * kSecond);
  EXPECT_EQ(all.up(), 100 * kSecond);
  ASSERT_EQ(all.outages().size(), 1u);
  EXPECT_EQ(all.outages()[0].from, kBegin + 50 * kSecond);
  EXPECT_EQ(all.outages()[0].to, kBegin + 100 * kSecond);
}

TEST(Availability, AnEndThatSomebodyWantedDoesNotCount) {
  const auto all = fold({act(0, kUpAct), act(100, kStopAct), at(101, RecordKind::End), at(1000, RecordKind::Restart),
                         act(1010, kUpAct), at(1100, RecordKind::Log)});
  EXPECT_EQ(all.time(), 200 * kSecond);
  EXPECT_EQ(all.up(), 190 * kSecond) << "until it is up again it is down";
}

TEST(AvailabilityWatch, SaysEachChangeOnceAndUpEachMinute) {
  AvailabilityWatch watch;
  std::string said;
  const auto look = [&](std::int64_t second, std::string_view why) {
    if (const auto text = watch.look(kBegin + second * kSecond, why); !text.empty()) said += text + "; ";
  };
  look(0, "the books are not there");  // it was never up
  look(1, "");
  look(2, "");
  look(61, "");
  look(62, "a");
  look(63, "b");
  look(200, "b");
  look(201, "");
  EXPECT_EQ(said, "up; up; down, a; up; ");
}

// A venue that says when it will not be there takes no blame, and no credit, for that time; what it takes to come back
// afterwards is ours.
TEST(Availability, AnAnnouncedMaintenanceDoesNotCount) {
  const auto records = {act(0, kUpAct), act(100, down_act("binance is not connected")), act(160, kUpAct),
                        at(200, RecordKind::Log)};
  const auto share_without = [&](std::vector<AvailabilityFold::Maintenance> announced) {
    AvailabilityFold all{std::move(announced)};
    for (const JournalRecord& record : records) all.fold(record);
    return fmt::format("{} of {}", all.up() / kSecond, all.time() / kSecond);
  };
  const auto window = [](std::int64_t from, std::int64_t to) {
    return AvailabilityFold::Maintenance{kBegin + from * kSecond, kBegin + to * kSecond};
  };
  EXPECT_EQ(share_without({}), "140 of 200");
  EXPECT_EQ(share_without({window(100, 150)}), "140 of 150") << "ten seconds to come back";
  EXPECT_EQ(share_without({window(90, 170)}), "120 of 120") << "what was up in it does not count either";
  EXPECT_EQ(share_without({window(120, 150), window(100, 130), window(125, 128)}), "140 of 150") << "once each";
  EXPECT_EQ(share_without({window(150, 100)}), "140 of 200") << "none";
  EXPECT_EQ(share_without({window(-500, -400), window(300, 900)}), "140 of 200") << "at another time";
}

}  // namespace
}  // namespace stom::trade
