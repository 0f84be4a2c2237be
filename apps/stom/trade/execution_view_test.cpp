// Executions of a session are seen and stopped by their numbers; of several strategies each stays its own.
#include "trade/execution_view.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "tests/support/answering_link.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::trade {
namespace {

TEST(AnExecutionsStop, IsReadAsItWasWritten) {
  const ExecutionStop of_one{.number = 3, .what = {1, Side::Sell}};
  EXPECT_EQ(stop_execution_act(of_one), "stop execution 3 1 sell");
  const ExecutionStop of_several{.number = 12, .what = {0, Side::Buy, 2}};
  EXPECT_EQ(stop_execution_act(of_several), "stop execution 12 0 buy 2");
  for (const ExecutionStop& stop : {of_one, of_several}) {
    const auto read = execution_stopped_by(stop_execution_act(stop));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->number, stop.number);
    EXPECT_EQ(read->what, stop.what);
  }
  for (const char* other : {"stop execution 3 1", "stop execution 3 1 hold", "stop execution 3 1 buy ",
                            "stop execution 3 1 buy x", "stop execution 3 1 buy 2x", "stop"})
    EXPECT_FALSE(execution_stopped_by(other)) << other;
}

/// Begins one a second after the start.
class Executes final : public Strategy {
 public:
  Executes(InstrumentIndex index, bool& was_stopped) : index_{index}, was_stopped_{was_stopped} {}
  void on_start(Context& context) override {
    was_stopped_ = context.execution_was_stopped(index_, Side::Buy);
    context.wake_at(context.now() + kSecond);
  }
  void on_timer(Context& context) override {
    EXPECT_TRUE(execution_.begin(context, {.instrument = index_, .quantity = {10}, .over = kHour, .slices = 10}));
  }
  void each_execution(const std::function<void(ExecutionOrders&)>& show) override {
    if (execution_.execution() != nullptr) show(execution_);
  }

 private:
  const InstrumentIndex index_;
  bool& was_stopped_;
  ExecutionOrders execution_;
};

TEST(ExecutionsOfSeveralStrategies, AreSeenAndStoppedEachByItself) {
  stom::test::LiveHandFed market;
  struct OnTheWire final : stom::test::AnsweringLink {
    void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
    bool idle() override { return false; }
  } venue;
  Engine engine{{{.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}},
                 {.id = "acme:RARE", .base = "RARE", .quote = "USD", .ladder = {{{0}, {1}}}}},
                market,
                venue};
  bool first_was_stopped = true, second_was_stopped = false;
  std::vector<Several::Member> members;
  members.push_back({"first", std::make_unique<Executes>(1, first_was_stopped), {0, 1}, {}});
  members.push_back({"second", std::make_unique<Executes>(0, second_was_stopped), {1}, {}});
  auto strategy = std::make_unique<Several>(std::move(members), 2);
  Several& several = *strategy;
  RunOptions options{.configuration = "several", .stopped_executions = {{1, Side::Buy, 2}}};
  options.owned = &several.owned();
  stom::Run& run = engine.add_run(std::move(strategy), std::move(options));
  ASSERT_TRUE(engine.start(0, kMinute));
  EXPECT_FALSE(first_was_stopped) << "of the same instrument and side, and another's";
  EXPECT_TRUE(second_was_stopped);
  ASSERT_TRUE(engine.advance(2 * kSecond));

  const ExecutionsOf all{several, &several, run};
  const auto json = executions_json(all).at("executions");
  ASSERT_EQ(json.size(), 2U);
  for (const std::size_t i : {0U, 1U}) {
    EXPECT_EQ(json[i].at("execution").get<std::size_t>(), i + 1);
    EXPECT_EQ(json[i].at("instrument").get<std::string>(), "acme:RARE");
    EXPECT_EQ(json[i].at("strategy").get<std::string>(), i == 0 ? "first" : "second");
  }
  const auto second = running_execution(all, 2);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->what, (StoppedExecution{1, Side::Buy, 2}));
  second->stop();
  EXPECT_FALSE(running_execution(all, 2));
  EXPECT_TRUE(running_execution(all, 1));
}

}  // namespace
}  // namespace stom::trade
