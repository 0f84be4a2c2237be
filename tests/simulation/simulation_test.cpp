// The whole under a seed: what makes a run itself, and that the auditor finds what is planted.
#include "simulate/simulation.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>

namespace stom::simulate {
namespace {

Outcome run(const Scenario& scenario) {
  auto outcome = simulate(scenario);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? std::move(*outcome) : Outcome{};
}

TEST(ASimulation, OfTheSameSeedIsTheSameByteForByte) {
  const Scenario scenario{.seed = 7, .faults = all_faults(), .busy = 20 * kSecond};
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

TEST(ASimulation, NamesWhatMayGoWrong) {
  EXPECT_EQ(*faults_of("ack_lost,crash"), (std::vector<std::string>{"ack_lost", "crash"}));
  EXPECT_FALSE(faults_of("ack_lost,earthquake"));
  EXPECT_FALSE(faults_of(""));
}

// The auditor is only worth what it finds. Seeds: docs/reliability.md.
struct Planted {
  Bug bug;
  std::uint64_t seed;
};
void PrintTo(const Planted& planted, std::ostream* out) { *out << name_of(planted.bug); }

class APlantedBug : public testing::TestWithParam<Planted> {};

TEST_P(APlantedBug, IsFound) {
  const auto [bug, seed] = GetParam();
  const Outcome outcome = run({.seed = seed, .faults = all_faults(), .bug = bug});
  EXPECT_NE(outcome.why, "") << "stom simulate --seeds " << seed << " --plant " << name_of(bug);
}

constexpr Planted kPlanted[] = {
    {Bug::FillBookedTwice, 1},
    {Bug::FillLost, 1},
    {Bug::FillOfOutageLost, 2},
    {Bug::FillOnTheOtherSide, 1},
    {Bug::FillAtAnotherPrice, 1},
    {Bug::FeeForgotten, 1},
    {Bug::UnknownIsRejected, 1},
    {Bug::UnknownIsSentAgain, 1},
    {Bug::CancelIsAssumed, 1},
    {Bug::CancelAnswerLost, 1},
    {Bug::CancelOfAnotherOrder, 1},
    {Bug::QuantityDoubled, 1},
    {Bug::AcceptedTwice, 1},
    {Bug::EndToldTwice, 1},
    {Bug::EarlierOrdersForgotten, 2},
    {Bug::NameChangesAtRestart, 2},
    {Bug::RecordLostBehindItsOrder, 2},
};
INSTANTIATE_TEST_SUITE_P(Simulated, APlantedBug, testing::ValuesIn(kPlanted),
                         [](const auto& of) { return std::string{name_of(of.param.bug)}; });

TEST(PlantedBugs, AreAllInTheList) {
  std::set<Bug> tried;
  for (const Planted& planted : kPlanted) tried.insert(planted.bug);
  EXPECT_EQ(tried.size(), kBugs - 1);
}

}  // namespace
}  // namespace stom::simulate
