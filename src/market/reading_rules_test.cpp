#include "market/reading_rules.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace stom {
namespace {

Message spot(std::int64_t first, std::int64_t final_id) {
  return {.first_update_id = first, .final_update_id = final_id, .kind = MessageKind::Depth};
}
Message futures(std::int64_t first, std::int64_t final_id, std::int64_t previous) {
  return {.first_update_id = first,
          .final_update_id = final_id,
          .previous_update_id = previous,
          .kind = MessageKind::Depth};
}
Message snapshot(std::int64_t id) { return {.final_update_id = id, .kind = MessageKind::Snapshot}; }

/// The final ids of the messages that changed the book, in order.
std::vector<std::int64_t> applied(std::vector<Message> messages, GatedDepth gated = GatedDepth{}) {
  std::vector<std::int64_t> ids;
  for (const auto& m : messages)
    gated.offer(m, {}, {}, [&](const Message& a, auto, auto) { ids.push_back(a.final_update_id); });
  return ids;
}
using Ids = std::vector<std::int64_t>;

TEST(ReadingRules, ASpotBookStartsWithTheUpdateThatReachesPastTheSnapshot) {
  EXPECT_EQ(applied({snapshot(100), spot(95, 99), spot(96, 100), spot(101, 105), spot(106, 106)}),
            (Ids{100, 105, 106}));
  EXPECT_EQ(applied({snapshot(100), spot(90, 103), spot(104, 104)}), (Ids{100, 103, 104}));
}

TEST(ReadingRules, AFuturesBookStartsWithTheUpdateThatHoldsTheSnapshotsId) {
  EXPECT_EQ(applied({snapshot(100), futures(90, 99, 89), futures(99, 100, 98), futures(120, 130, 100)}),
            (Ids{100, 100, 130}));
}

TEST(ReadingRules, UpdatesReceivedBeforeTheSnapshotWaitForIt) {
  EXPECT_EQ(applied({spot(1, 90), spot(91, 99), spot(100, 104), snapshot(101), spot(105, 106)}), (Ids{101, 104, 106}));
}

TEST(ReadingRules, AfterAGapTheBookIsStaleUntilTheNextSnapshot) {
  GatedDepth gated;
  Ids ids;
  const auto offer = [&](Message m) {
    return gated.offer(m, {}, {}, [&](const Message& a, auto, auto) { ids.push_back(a.final_update_id); });
  };
  offer(snapshot(10));
  EXPECT_EQ(offer(spot(11, 12)), GateVerdict::Apply);
  EXPECT_EQ(offer(spot(14, 15)), GateVerdict::Gap);
  EXPECT_EQ(gated.gate().state(), GateState::Stale);
  EXPECT_EQ(offer(spot(16, 17)), GateVerdict::Hold);
  EXPECT_EQ(offer(snapshot(15)), GateVerdict::Replace);
  EXPECT_EQ(gated.gate().state(), GateState::Live);
  EXPECT_EQ(ids, (Ids{10, 12, 15, 17}));
  EXPECT_EQ(gated.gate().gaps(), 1);
}

TEST(ReadingRules, ASnapshotThatNoUpdateContinuesIsAGap) {
  DepthGate gate;
  gate.on_snapshot(snapshot(100));
  EXPECT_EQ(gate.on_depth(spot(105, 110)), GateVerdict::Gap);
}

TEST(ReadingRules, AnUpdateSaidTwiceChangesNothing) {
  EXPECT_EQ(applied({snapshot(10), spot(11, 12), spot(11, 12), spot(13, 13)}), (Ids{10, 12, 13}));
}

TEST(ReadingRules, AnOldSnapshotDoesNotUndoALiveBook) {
  EXPECT_EQ(applied({snapshot(10), spot(11, 20), snapshot(15), spot(21, 21)}), (Ids{10, 20, 21}));
}

TEST(ReadingRules, AsReceivedAppliesEverything) {
  EXPECT_EQ(applied({spot(1, 90), snapshot(100), spot(1, 91), spot(500, 600)}, GatedDepth{UpdateIdRule::AsReceived}),
            (Ids{90, 100, 91, 600}));
  // Sources without ids leave no other choice.
  EXPECT_EQ(applied({spot(0, 0), spot(0, 0)}), (Ids{0, 0}));
}

TEST(ReadingRules, AnUpdateTooOldToHoldShowsAsAGapAndNotAsAWrongBook) {
  GatedDepth gated;
  const auto nothing = [](const Message&, auto, auto) {};
  const std::vector<Level> one{{{1}, {1}}};
  for (int i = 1; i <= 10'000; ++i) gated.offer(spot(i, i), {}, {}, nothing);
  gated.offer(snapshot(2), {}, {}, nothing);
  EXPECT_EQ(gated.gate().state(), GateState::Stale);
}

TEST(ReadingRules, AClockThatRunsBehindIsShiftedByTheLeastThatMakesEveryDelayPositive) {
  ClockRepair repair;
  EXPECT_EQ(repair.shift(), 0);
  repair.observe({.receive_time = 1'000, .event_time = 900, .kind = MessageKind::Depth});
  EXPECT_EQ(repair.shift(), 0);
  repair.observe({.receive_time = 1'000, .event_time = 1'500, .transaction_time = 1'300, .kind = MessageKind::Trade});
  EXPECT_EQ(repair.shift(), 300);
  repair.observe({.receive_time = 1'000, .event_time = 9'000, .kind = MessageKind::Quote});
  EXPECT_EQ(repair.shift(), 300);
}

TEST(ReadingRules, EachBreakOfTheChainIsAGap) {
  GapCounter gaps;
  for (const auto& m : {spot(1, 2), snapshot(2), spot(3, 4), spot(6, 7), spot(8, 8), snapshot(20), spot(18, 22)})
    gaps.observe(m);
  EXPECT_EQ(gaps.gaps(), 2);
  GapCounter chained;
  for (const auto& m : {snapshot(10), futures(8, 12, 7), futures(15, 20, 12), futures(25, 30, 21)}) chained.observe(m);
  EXPECT_EQ(chained.gaps(), 1);
}

}  // namespace
}  // namespace stom
