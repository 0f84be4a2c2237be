#include "live/universe.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "core/random.hpp"

namespace stom {
namespace {

using enum WatchState;
using enum WatchReason;
using Changes = std::vector<Universe::Change>;

Changes settle(Universe& universe) {
  const auto changes = universe.settle();
  return {changes.begin(), changes.end()};
}
Universe::Change enters(InstrumentIndex i, WatchState state = In, WatchReason reason = Named) {
  return {i, state, reason, true, false};
}
Universe::Change leaves(InstrumentIndex i, WatchState state = Out, WatchReason reason = Dropped) {
  return {i, state, reason, false, true};
}
Universe::Change stays(InstrumentIndex i, WatchState state, WatchReason reason) {
  return {i, state, reason, false, false};
}
void name(Universe& universe, std::vector<InstrumentIndex> best_first) { universe.name(best_first); }

TEST(Universe, WhomTheSourceNamesComesInAndWhomItDropsLeaves) {
  Universe universe{5, 3};
  name(universe, {4, 1});
  EXPECT_EQ(settle(universe), (Changes{enters(1), enters(4)}));
  EXPECT_EQ(settle(universe), Changes{}) << "told once";
  name(universe, {4, 2});
  EXPECT_EQ(settle(universe), (Changes{leaves(1), enters(2)}));
}

TEST(Universe, BeyondTheBudgetTheBestRankedAreInAndTheOthersWait) {
  Universe universe{5, 2};
  name(universe, {3, 0, 4});
  EXPECT_EQ(settle(universe), (Changes{stays(4, Waiting, Full), enters(0), enters(3)}));
  name(universe, {4, 3, 0});
  EXPECT_EQ(settle(universe), (Changes{leaves(0, Waiting, Outranked), enters(4)}));
  name(universe, {4, 0});
  EXPECT_EQ(settle(universe), (Changes{leaves(3), enters(0)}));
}

TEST(Universe, ASearchTakesThemAsTheyComeAndTheFirstThatWaitsGetsTheRoom) {
  Universe universe{5, 2};
  for (const InstrumentIndex i : {2u, 1u, 4u, 0u}) universe.add(i);
  EXPECT_EQ(settle(universe), (Changes{stays(0, Waiting, Full), stays(4, Waiting, Full), enters(1), enters(2)}));
  universe.drop(2);
  EXPECT_EQ(settle(universe), (Changes{leaves(2), enters(4)}));
  universe.add(2);
  EXPECT_EQ(settle(universe), (Changes{stays(2, Waiting, Full)})) << "it comes after those that wait";
}

TEST(Universe, WhatIsHeldIsNeitherDroppedNorOutranked) {
  Universe universe{5, 2};
  name(universe, {0, 1});
  settle(universe);
  universe.hold(1, true);
  name(universe, {2, 3});
  EXPECT_EQ(settle(universe), (Changes{leaves(0), stays(1, Kept, Held), stays(3, Waiting, Full), enters(2)}));
  name(universe, {3, 2, 1});
  EXPECT_EQ(settle(universe), (Changes{stays(1, In, Named), leaves(2, Waiting, Outranked), enters(3)}));
  name(universe, {3, 2});
  settle(universe);
  universe.hold(1, false);
  EXPECT_EQ(settle(universe), (Changes{leaves(1, Out, Released), enters(2)}));
}

TEST(Universe, AnOrderInOneThatHasJustLeftBringsItBack) {
  Universe universe{3, 1};
  name(universe, {0});
  settle(universe);
  name(universe, {1});
  settle(universe);
  universe.hold(0, true);
  EXPECT_EQ(settle(universe), (Changes{leaves(1, Waiting, Outranked), enters(0, Kept, Held)}));
}

// A session that goes on has positions before its source has said anything.
TEST(Universe, WhetherWhatIsHeldIsNamedIsKnownOnceTheSourceHasSpoken) {
  Universe universe{4, 4};
  universe.pin(3);
  for (const InstrumentIndex i : {0u, 1u, 2u}) universe.hold(i, true);
  EXPECT_EQ(settle(universe), (Changes{enters(0, Unknown, Held), enters(1, Unknown, Held), enters(2, Unknown, Held),
                                       enters(3, In, Pinned)}));
  universe.hold(2, false);
  EXPECT_EQ(settle(universe), (Changes{leaves(2, Out, Released)}));
  name(universe, {1});
  EXPECT_EQ(settle(universe), (Changes{stays(0, Kept, Held), stays(1, In, Named)}));
  universe.hold(2, true);
  EXPECT_EQ(settle(universe), (Changes{enters(2, Kept, Held)})) << "it names nobody else";
}

TEST(Universe, ASourceThatNamesNobodyHasSpoken) {
  Universe universe{1, 1};
  universe.hold(0, true);
  EXPECT_EQ(settle(universe), (Changes{enters(0, Unknown, Held)}));
  name(universe, {});
  EXPECT_EQ(settle(universe), (Changes{stays(0, Kept, Held)}));
}

TEST(Universe, OneThatIsHeldEvictsNoOtherThatIs) {
  Universe universe{3, 1};
  universe.hold(2, true);
  settle(universe);
  universe.hold(0, true);
  EXPECT_EQ(settle(universe), (Changes{stays(0, Waiting, Full)}));
  universe.pin(1);
  EXPECT_EQ(settle(universe), (Changes{stays(1, Waiting, Full)}));
}

TEST(Universe, WhatIsPinnedIsInWhateverTheSourceSays) {
  Universe universe{4, 2};
  universe.pin(3);
  name(universe, {0, 1});
  EXPECT_EQ(settle(universe), (Changes{stays(1, Waiting, Full), enters(0), enters(3, In, Pinned)}));
  name(universe, {});
  EXPECT_EQ(settle(universe), (Changes{leaves(0), stays(1, Out, Dropped)}));
}

TEST(Universe, AtTheEndAllAreOut) {
  Universe universe{3, 2};
  universe.pin(0);
  name(universe, {1, 2});
  settle(universe);
  universe.hold(1, true);
  universe.end();
  EXPECT_EQ(settle(universe), (Changes{leaves(0, Out, Ended), leaves(1, Out, Ended), stays(2, Out, Ended)}));
}

/// Whatever happens in whatever order: the promises of the header, checked at every single step that is to be done.
TEST(Universe, RandomDaysKeepTheBudgetTheHeldAndEveryWish) {
  Random random{20260911};
  for (int day = 0; day < 300; ++day) {
    const auto candidates = static_cast<InstrumentIndex>(1 + random.below(40));
    const std::size_t budget = random.below(candidates + 3);
    Universe universe{candidates, budget};
    std::set<InstrumentIndex> registered, pinned, held, named;
    bool spoke = false;
    std::map<InstrumentIndex, WatchState> told;
    const auto any = [&] { return static_cast<InstrumentIndex>(random.below(candidates)); };
    for (auto pins = random.below(3); pins > 0; --pins) {
      universe.pin(*pinned.insert(any()).first);
    }
    for (int step = 0; step < 60; ++step) {
      std::vector<InstrumentIndex> list;
      switch (random.below(4)) {
        case 0:
          for (auto n = random.below(candidates + 1); n > 0; --n) list.push_back(any());
          universe.name(list);
          named = {list.begin(), list.end()};
          spoke = true;
          break;
        case 1:
          universe.add(*named.insert(any()).first);
          break;
        case 2: {
          const auto i = any();
          named.erase(i);
          universe.drop(i);
          break;
        }
        default: {
          const auto i = any();
          const bool now = random.below(2) == 0;
          now ? (void)held.insert(i) : (void)held.erase(i);
          universe.hold(i, now);
        }
      }
      const auto before = registered;
      for (const auto& change : universe.settle()) {
        ASSERT_FALSE(change.registers && registered.contains(change.candidate));
        ASSERT_FALSE(change.unregisters && !registered.contains(change.candidate));
        if (change.registers) registered.insert(change.candidate);
        if (change.unregisters) registered.erase(change.candidate);
        ASSERT_LE(registered.size(), budget) << "at every step, not only at the end";
        told[change.candidate] = change.state;
      }
      for (const auto i : before) {
        const bool safe = pinned.contains(i) || held.contains(i);
        ASSERT_TRUE(registered.contains(i) || !safe) << "evicted";
      }
      std::size_t wanted = 0;
      for (InstrumentIndex i = 0; i < candidates; ++i) {
        const bool wants = pinned.contains(i) || held.contains(i) || named.contains(i);
        wanted += wants ? 1 : 0;
        const auto state = told.contains(i) ? told[i] : Out;
        ASSERT_EQ(state, universe.state(i));
        ASSERT_EQ(universe.is_registered(i), registered.contains(i));
        ASSERT_EQ(state == Out, !wants) << "whoever is wanted is in, kept, or told that it waits";
        ASSERT_EQ(state == (spoke ? Kept : Unknown),
                  registered.contains(i) && !pinned.contains(i) && !named.contains(i));
      }
      ASSERT_EQ(registered.size(), std::min(budget, wanted)) << "nobody waits while there is room";
    }
  }
}

}  // namespace
}  // namespace stom
