// The whole under a seed: what makes a run itself, and that the auditor finds what is planted.
#include "simulate/simulation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace stom::simulate {
namespace {

Outcome run(const Scenario& scenario) {
  auto outcome = simulate(scenario);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? std::move(*outcome) : Outcome{};
}

TEST(ASimulation, OfTheSameSeedIsTheSameByteForByte) {
  const Scenario scenario{.seed = 7, .faults = usual_faults(), .busy = 20 * kSecond};
  const Outcome one = run(scenario), two = run(scenario);
  EXPECT_EQ(one.hash, two.hash);
  EXPECT_EQ(one.cells.text(), two.cells.text());
  EXPECT_GT(one.orders, 10u);
  Scenario other = scenario;
  other.seed = 8;
  EXPECT_NE(run(other).hash, one.hash);
}

TEST(ASimulation, WithoutFaultsHasNothingToFind) {
  const Outcome outcome = run({.seed = 3, .faults = {}, .busy = 20 * kSecond});
  EXPECT_EQ(outcome.why, "");
  EXPECT_GT(outcome.fills, 5u);
  EXPECT_EQ(outcome.crashes, 0u);
}

// A power cut takes records of orders that have left: they become somebody else's, and trading goes on.
TEST(ASimulation, GoesOnBehindAPowerCutThatTookRecords) {
  std::uint64_t cuts = 0;
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Outcome outcome = run({.seed = seed, .faults = {"power_cut"}});
    EXPECT_EQ(outcome.why, "") << "stom simulate --faults power_cut --seeds " << seed;
    cuts += outcome.crashes;
  }
  EXPECT_GT(cuts, 0u);
}

// A crash leaves a snapshot with it, and some records behind that; a power cut may leave one that knows too much.
TEST(ASimulation, GoesOnFromSnapshots) {
  std::uint64_t crashes = 0, snapshots = 0;
  for (const char* fault : {"crash", "power_cut"})
    for (const std::uint64_t seed : {1, 2}) {
      const Outcome outcome = run({.seed = seed, .faults = {fault}});
      EXPECT_EQ(outcome.why, "") << "stom simulate --faults " << fault << " --seeds " << seed;
      crashes += outcome.crashes;
      snapshots += outcome.snapshots;
    }
  EXPECT_GT(snapshots, 0u);
  EXPECT_LE(snapshots, crashes);
}

// tools/prove kills: the same of 5,000 records.
TEST(ASession, KilledAtAnyRecordOfItsJournalGoesOnAsIfItHadNotBeen) {
  const Outcome outcome =
      run({.seed = 2, .faults = *faults_of("ack_lost,ack_delay_ms"), .busy = 2 * kSecond, .kills = true});
  EXPECT_EQ(outcome.why, "");
  EXPECT_EQ(outcome.kills, outcome.records);
  EXPECT_GT(outcome.kills, 15u);
  EXPECT_EQ(outcome.cut.records, outcome.records + 1) << "also an empty one";
  EXPECT_GT(outcome.cut.torn, 400u);
  EXPECT_GE(outcome.cut.flipped, outcome.cut.torn);
  EXPECT_GT(outcome.cut.from_snapshots, 100u) << "cuts that were gone on with from a snapshot, too";
}

// tools/prove day: the same of 24 hours, of which a session must be up for 99.9 %.
TEST(ASession, IsBackSoonBehindADisconnectEachHourTwoCrashesAndAMaintenance) {
  const Outcome outcome = run({.seed = 1, .hours = 2, .least_up = 0.98});
  EXPECT_EQ(outcome.why, "");
  EXPECT_EQ(outcome.crashes, 2u);
  EXPECT_GT(outcome.disconnects, 3u) << "one an hour, and all sockets as the maintenance begins";
  EXPECT_GT(outcome.fills, 20u);
  EXPECT_GE(outcome.availability, "0.98");
  EXPECT_LT(outcome.availability, "1") << "what it takes to come back is down";
}
// A perpetual's funding is due at 08:00: in the midst of a maintenance, which begins when something is held.
TEST(ASession, BooksFundingOfAnOutageOnce) {
  const Outcome outcome = run({.seed = 2,
                               .hours = 1,
                               .least_up = 0.5,
                               .begin = parse_time("2026-03-04 07:30").value(),
                               .maintenance_at = parse_time("2026-03-04 07:55").value()});
  EXPECT_EQ(outcome.why, "");
  EXPECT_GT(outcome.funding, 0u);
}
TEST(ASession, ThatIsAwayForTooLongIsFound) {
  const Outcome outcome = run({.seed = 1, .hours = 1, .least_up = 0.9999});
  EXPECT_NE(outcome.why.find("it could trade for 0."), std::string::npos) << outcome.why;
}

// Brackets, stops, take-profits and trailing stops that the session keeps, at venues of each kind.
TEST(ASession, ThatKeepsOrdersItselfClosesNeverMoreThanThePositionAndNothingTwice) {
  for (const std::string& venue : simulated_venues())
    for (const std::uint64_t seed : {1, 2, 3}) {
      if (venue == "kiwoom") continue;  // ASimulationOfKiwoom, SaysWhatItDoesNotHave
      const Outcome outcome = run({.seed = seed, .venue = venue, .faults = usual_faults(), .held = true});
      EXPECT_EQ(outcome.why, "") << "stom simulate --held --venue " << venue << " --seeds " << seed;
    }
}

TEST(ASession, ThatKeepsOrdersItselfGoesOnFromAnyRecordOfItsJournal) {
  const Outcome outcome =
      run({.seed = 2, .faults = *faults_of("ack_lost,ack_delay_ms"), .busy = kSecond, .held = true, .kills = true});
  EXPECT_EQ(outcome.why, "");
  EXPECT_EQ(outcome.kills, outcome.records);
}

// Kiwoom: no client order ids, lists instead of questions about an order, one connection for all, a token.
TEST(ASimulationOfKiwoom, HasNothingToFindWithoutFaultsAndIsTheSameByteForByte) {
  const Scenario scenario{.seed = 3, .venue = "kiwoom", .faults = {}, .busy = 20 * kSecond};
  const Outcome one = run(scenario), two = run(scenario);
  EXPECT_EQ(one.why, "");
  EXPECT_EQ(one.hash, two.hash);
  EXPECT_GT(one.orders, 10u);
  EXPECT_GT(one.fills, 0u);
}

/// Each alone, some seeds: all is as it must be, and it struck.
void gets_over_at_kiwoom(const std::string& fault) {
  std::uint64_t hits = 0;
  for (const std::uint64_t seed : {1, 2, 5}) {  // an order that fills in parts, one upon the other, is rare
    const Outcome outcome = run({.seed = seed, .venue = "kiwoom", .faults = {fault}});
    EXPECT_EQ(outcome.why, "") << "stom simulate --venue kiwoom --faults " << fault << " --seeds " << seed;
    for (const Cell& cell : reachable("kiwoom", fault)) hits += outcome.cells.of(fault, cell.phase, cell.step);
  }
  EXPECT_GT(hits, 0u) << fault;
}

TEST(ASimulationOfKiwoom, FindsOrdersWhoseAnswersWereLostByTheirTerms) {
  for (const char* fault : {"ack_lost", "net_answer_lost", "net_request_lost", "http_5xx"}) gets_over_at_kiwoom(fault);
}
TEST(ASimulationOfKiwoom, BooksWhatTheStreamDidNotTellOrToldInAnotherOrder) {
  for (const char* fault : {"disconnect", "half_open", "frame_truncate", "fill_reorder", "fill_duplicate"})
    gets_over_at_kiwoom(fault);
}
TEST(ASimulationOfKiwoom, BuysATokenAnew) { gets_over_at_kiwoom("token_expire"); }
TEST(ASimulationOfKiwoom, GoesOnBehindCrashesAndPowerCuts) {
  for (const char* fault : {"crash", "power_cut"}) gets_over_at_kiwoom(fault);
}
TEST(ASimulationOfKiwoom, KnowsOrdersOfOthersAndMarketsThatChange) {
  for (const char* fault : {"foreign_order", "delist", "tick_change"}) gets_over_at_kiwoom(fault);
}
TEST(ASimulationOfKiwoom, GetsOverWhatGoesWrongTogether) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const Outcome outcome = run({.seed = seed, .venue = "kiwoom", .faults = usual_faults()});
    EXPECT_EQ(outcome.why, "") << "stom simulate --venue kiwoom --seeds " << seed;
  }
}

TEST(ASimulationOfKiwoom, KilledAtAnyRecordOfItsJournalGoesOnAsIfItHadNotBeen) {
  const Outcome outcome = run(
      {.seed = 2, .venue = "kiwoom", .faults = *faults_of("ack_lost,ack_delay_ms"), .busy = kSecond, .kills = true});
  EXPECT_EQ(outcome.why, "");
  EXPECT_EQ(outcome.kills, outcome.records);
  EXPECT_GT(outcome.kills, 15u);
}

TEST(ASimulationOfKiwoom, SaysWhatItDoesNotHave) {
  for (const Scenario& scenario : {Scenario{.venue = "kiwoom", .faults = {}, .held = true},
                                   Scenario{.venue = "kiwoom", .faults = {}, .hours = 14}}) {
    const auto outcome = simulate(scenario);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::Usage) << outcome.error().message;
  }
}

TEST(TheTable, HasAtKiwoomWhatOtherVenuesHaveButForWhatItSays) {
  for (const std::string& fault : all_faults()) {
    const auto elsewhere = reachable("binance", fault);
    EXPECT_FALSE(elsewhere.empty()) << fault;
    for (const Cell& cell : reachable("kiwoom", fault))
      EXPECT_TRUE(std::ranges::any_of(
          elsewhere, [&](const Cell& other) { return other.phase == cell.phase && other.step == cell.step; }))
          << fault << " " << name_of(cell.phase) << " " << name_of(cell.step);
  }
  EXPECT_TRUE(reachable("kiwoom", "ack_duplicate").empty());
  EXPECT_TRUE(reachable("kiwoom", "listenkey_expire").empty());
  EXPECT_EQ(reachable("kiwoom", "seq_gap").size(), 1u);
  EXPECT_NE(why_not("kiwoom", "disconnect", Phase::None, Step::Market), "");
  EXPECT_EQ(why_not("kiwoom", "disconnect", Phase::Partly, Step::Stream), "");
  EXPECT_EQ(why_not("kiwoom", "net_answer_lost", Phase::Unknown, Step::Ask), "");
  EXPECT_EQ(why_not("kiwoom", "token_expire", Phase::Working, Step::Other), "");
}

TEST(ASimulation, EndsOnceItIsNotWanted) {
  double last = 0;
  int turns = 0;
  const auto go_on = [&](double share) {
    EXPECT_GE(share, last);
    last = share;
    return ++turns < 100;
  };
  for (const bool kills : {false, true}) {
    last = turns = 0;
    const auto outcome = simulate({.seed = 1, .faults = {}, .kills = kills, .go_on = go_on});
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::Canceled);
    EXPECT_EQ(turns, 100);
  }
}

TEST(ASimulation, NamesWhatMayGoWrong) {
  EXPECT_EQ(*faults_of("ack_lost,crash"), (std::vector<std::string>{"ack_lost", "crash"}));
  EXPECT_EQ(*faults_of("all"), all_faults());
  EXPECT_FALSE(faults_of("ack_lost,earthquake"));
  EXPECT_FALSE(faults_of(""));
}

TEST(TheTable, HasInBracketsWhatWasHitWhereNoCellIs) {
  Cells cells;
  cells.hit("ack_lost", {{Phase::Pending, Phase::Over}, Step::Place});
  EXPECT_NE(cells.table("binance", {"ack_lost"}).find("(1)"), std::string::npos);
  EXPECT_EQ(cells.summary("binance", {"ack_lost"}).hit, 1u) << "what is in brackets is no cell";
  EXPECT_EQ(cells.faults(), std::vector<std::string>{"ack_lost"});
}

TEST(ACellOfTheTable, IsNamedByItsFaultAStateAndAStep) {
  const auto two = targets_of("binance", "ack_lost/pending/place,crash/none/other");
  ASSERT_TRUE(two) << two.error().message;
  ASSERT_EQ(two->size(), 2u);
  EXPECT_TRUE((two->front() == Target{"ack_lost", {Phase::Pending, Step::Place}}));
  EXPECT_EQ(name_of(two->back()), "crash/none/other");
  for (std::size_t i = 0; i < kPhases; ++i)
    EXPECT_EQ(phase_named(name_of(static_cast<Phase>(i))), static_cast<Phase>(i));
  for (std::size_t i = 0; i < kSteps; ++i) EXPECT_EQ(step_named(name_of(static_cast<Step>(i))), static_cast<Step>(i));
}

TEST(ACellOfTheTable, ThatDoesNotExistIsRefusedWithTheNearestWord) {
  const auto refusal = [](const std::string& list, std::string_view venue = "binance") {
    const auto targets = targets_of(venue, list);
    EXPECT_FALSE(targets) << list;
    if (targets) return Error{};
    EXPECT_EQ(targets.error().code, Errc::Usage);
    return targets.error();
  };
  EXPECT_EQ(refusal("ack_los/pending/place").hint, "did you mean ack_lost?");
  EXPECT_EQ(refusal("crash/none/other,ack_lost/pendng/place").hint, "did you mean pending?");
  EXPECT_EQ(refusal("ack_lost/pending/palce").hint, "did you mean place?");
  for (const char* list : {"", "ack_lost", "ack_lost/pending", "ack_lost/pending/place/", "ack_lost/pending/place,"})
    EXPECT_NE(refusal(list).message.find("is no cell of the table"), std::string::npos) << list;
  EXPECT_NE(refusal("disconnect/pending/place").message.find("it strikes what the venue tells by itself"),
            std::string::npos);
  EXPECT_TRUE(targets_of("binance", "net_refused/unknown/cancel"));
  EXPECT_NE(refusal("net_refused/unknown/cancel", "kiwoom").message.find("has no number"), std::string::npos);
}

TEST(ADirectedSimulation, OfTheSameSeedIsTheSameByteForByte) {
  const auto targets = targets_of("binance-usdm", "crash/pending/place,net_slow/canceling/cancel");
  ASSERT_TRUE(targets);
  const Scenario scenario{.seed = 5, .faults = {}, .toward = *targets, .busy = 30 * kSecond};
  const Outcome one = run(scenario), two = run(scenario);
  EXPECT_EQ(one.why, "");
  EXPECT_EQ(one.hash, two.hash);
  Scenario other = scenario;
  other.toward.pop_back();
  EXPECT_NE(run(other).hash, one.hash);
}

TEST(ADirectedSimulation, HasNoKeptOrdersNoCopiesAndNoHours) {
  const std::vector<Target> toward{{"crash", {Phase::None, Step::Other}}};
  for (const Scenario& scenario :
       {Scenario{.faults = {}, .toward = toward, .held = true}, Scenario{.faults = {}, .toward = toward, .kills = true},
        Scenario{.faults = {}, .toward = toward, .hours = 1}}) {
    const auto outcome = simulate(scenario);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::Usage);
  }
}

/// A cell that chance rarely meets, for each way that leads to one.
struct Directed {
  const char* venue;
  const char* cell;
  std::uint64_t least = 3;  // hits in two minutes
};
void PrintTo(const Directed& directed, std::ostream* out) { *out << directed.venue << " " << directed.cell; }

class ADirectedSeed : public testing::TestWithParam<Directed> {};

TEST_P(ADirectedSeed, HitsItsCellAgainAndAgainAndPassesTheAudit) {
  const Directed& directed = GetParam();
  const auto toward = targets_of(directed.venue, directed.cell);
  ASSERT_TRUE(toward) << toward.error().message;
  const Outcome outcome =
      run({.seed = 1, .venue = directed.venue, .faults = {}, .toward = *toward, .busy = 2 * kMinute});
  EXPECT_EQ(outcome.why, "") << "stom simulate --seeds 1 --minutes 2 --venue " << directed.venue << " --toward "
                             << directed.cell;
  EXPECT_GE(outcome.cells.of(toward->front()), directed.least);
}

constexpr Directed kDirected[] = {
    {"binance-usdm", "http_5xx/canceling/place", 10},  // canceled at once
    {"binance-usdm", "cancel_filled/unknown/cancel"},  // its answer was lost
    {"binance-usdm", "crash/unknown/stream"},          // the same, and the venue tells of another order
    {"binance-usdm", "ack_duplicate/over/cancel"},     // over a socket
    {"binance", "maintenance/over/cancel"},            // the cancel is slow, and the order over at once
    {"binance", "net_request_lost/pending/ask"},       // the order is slow, and a broken frame makes all asked for
    {"binance", "http_5xx/over/ask"},                  // the question is slow
    {"upbit", "fill_duplicate/unknown/stream"},        // its answer was lost, and it is the next to be filled
    {"upbit", "http_429/over/cancel"},
    {"upbit", "net_refused/canceling/ask"},        // its cancel was lost
    {"kiwoom", "net_answer_lost/unknown/ask"},     // for half a minute, until the lists decide
    {"kiwoom", "fill_duplicate/partly/stream", 2}  // it took more than stood at the best price
};
INSTANTIATE_TEST_SUITE_P(Simulated, ADirectedSeed, testing::ValuesIn(kDirected));

// The auditor is only worth what it finds. Seeds: docs/reliability.md.
struct Planted {
  Bug bug;
  std::uint64_t seed;
  bool held = false;
  const char* venue = "binance-usdm";
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << name_of(planted.bug); }

class APlantedBug : public testing::TestWithParam<Planted> {};

TEST_P(APlantedBug, IsFound) {
  const auto [bug, seed, held, venue] = GetParam();
  const Outcome outcome = run({.seed = seed, .venue = venue, .faults = usual_faults(), .bug = bug, .held = held});
  EXPECT_NE(outcome.why, "") << "stom simulate --seeds " << seed << " --venue " << venue << " --plant " << name_of(bug);
}

constexpr Planted kPlanted[] = {
    {Bug::FillBookedTwice, 1},
    {Bug::FillLost, 1},
    {Bug::FillOfOutageLost, 7},
    {Bug::FillOnTheOtherSide, 1},
    {Bug::FillAtAnotherPrice, 1},
    {Bug::FeeForgotten, 1},
    {Bug::UnknownIsRejected, 4},
    {Bug::UnknownIsSentAgain, 4},
    {Bug::CancelIsAssumed, 1},
    {Bug::CancelAnswerLost, 1},
    {Bug::CancelOfAnotherOrder, 1},
    {Bug::QuantityDoubled, 1},
    {Bug::AcceptedTwice, 1},
    {Bug::EndToldTwice, 1},
    {Bug::EarlierOrdersForgotten, 7},
    {Bug::NameChangesAtRestart, 7},
    {Bug::RecordLostBehindItsOrder, 7},
    {Bug::LimitsForgotten, 3},
    {Bug::CancelByTheVenueLost, 15},
    {Bug::RejectionLost, 4},
    {Bug::FillOfAnotherBooked, 11},
    {Bug::KeptOrderLeavesUnrecorded, 15, true},
    {Bug::BothOfABracketLeave, 1, true},
    {Bug::KeptOrdersForgotten, 4, true},
    {Bug::RecordsBehindASnapshotSkipped, 7},
    {Bug::NumberOfAnother, 1, false, "kiwoom"},
    {Bug::FillBookedTwice, 1, false, "kiwoom"},
    {Bug::FillOnTheOtherSide, 1, false, "kiwoom"},
    {Bug::FeeForgotten, 1, false, "kiwoom"},
    {Bug::CancelIsAssumed, 1, false, "kiwoom"},
    {Bug::QuantityDoubled, 1, false, "kiwoom"},
    {Bug::EndToldTwice, 1, false, "kiwoom"},
};
INSTANTIATE_TEST_SUITE_P(Simulated, APlantedBug, testing::ValuesIn(kPlanted), [](const auto& of) {
  const bool at_kiwoom = std::string_view{of.param.venue} == "kiwoom";
  return std::string{name_of(of.param.bug)} + (at_kiwoom ? "_at_kiwoom" : "");
});

// A seed that fails without a bug finds none. Each is played once, for however many bugs.
TEST(PlantedBugs, AreAllThatIsFoundUnderTheirSeeds) {
  std::set<std::tuple<std::uint64_t, bool, std::string_view>> played;
  for (const Planted& planted : kPlanted) {
    if (!played.emplace(planted.seed, planted.held, planted.venue).second) continue;
    const Outcome outcome =
        run({.seed = planted.seed, .venue = planted.venue, .faults = usual_faults(), .held = planted.held});
    EXPECT_EQ(outcome.why, "") << "stom simulate --seeds " << planted.seed << " --venue " << planted.venue
                               << (planted.held ? " --held" : "");
  }
}

TEST(PlantedBugs, AreAllInTheList) {
  std::set<Bug> tried;
  for (const Planted& planted : kPlanted) tried.insert(planted.bug);
  EXPECT_EQ(tried.size(), kBugs - 1);
}

}  // namespace
}  // namespace stom::simulate
