// A strategy that is paused hears nothing, and afterwards all of it; how much that can be has an end.
#include "trade/strategy_gate.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "tests/support/answering_link.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::trade {
namespace {

class HearsOfOrders final : public Strategy {
 public:
  explicit HearsOfOrders(std::vector<ClientOrderId>& heard) : heard_{heard} {}
  void on_order(Context&, const OrderEvent& event) override { heard_.push_back(event.id); }

 private:
  std::vector<ClientOrderId>& heard_;
};

/// An engine whose market says nothing, and whose venue is the test.
class AStrategyGate : public ::testing::Test {
 protected:
  static constexpr std::size_t kMost = 3;

  AStrategyGate() {
    auto gate = std::make_unique<StrategyGate>(std::make_unique<HearsOfOrders>(heard_), nullptr, kMost);
    gate_ = gate.get();
    run_ = &engine_.add_run(std::move(gate), {.configuration = "gate", .keeps_history = false});
    EXPECT_TRUE(engine_.start(0, kMinute));
  }
  void tell(OrderEventKind kind, ClientOrderId id, InstrumentIndex instrument = 0) {
    now_ += kSecond;
    venue_.answers.push_back({.event = {.kind = kind,
                                        .instrument = instrument,
                                        .id = id,
                                        .time = now_,
                                        .local_time = now_,
                                        .price = {100},
                                        .quantity = {1}}});
    EXPECT_TRUE(engine_.advance(now_));
  }
  void fill(ClientOrderId id) { tell(OrderEventKind::Filled, id); }

  test::LiveHandFed market_;
  struct OnTheWire final : test::AnsweringLink {
    void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
    bool idle() override { return false; }
  } venue_;
  std::vector<ClientOrderId> heard_;
  UnixNanos now_ = 0;
  Engine engine_{{{.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}},
                  {.id = "acme:RARE", .base = "RARE", .quote = "USD", .ladder = {{{0}, {1}}}}},
                 market_,
                 venue_};
  StrategyGate* gate_ = nullptr;
  stom::Run* run_ = nullptr;
};

TEST_F(AStrategyGate, TellsAfterAPauseFirstWhatWasMissed) {
  gate_->pause(true);
  fill(1);
  fill(2);
  fill(3);
  EXPECT_TRUE(heard_.empty());
  gate_->pause(false);
  EXPECT_FALSE(gate_->overflowed()) << "so many it keeps";
  fill(4);
  EXPECT_EQ(heard_, (std::vector<ClientOrderId>{1, 2, 3, 4}));
  gate_->pause(true);
  fill(5);
  fill(6);
  fill(7);
  EXPECT_FALSE(gate_->overflowed()) << "what was told does not count any more";
}

TEST_F(AStrategyGate, ThatIsFullIsClosedForGoodAndTheAccountKnowsAll) {
  gate_->pause(true);
  for (ClientOrderId id = 1; id <= kMost; ++id) fill(id);
  fill(kMost + 1);
  EXPECT_TRUE(gate_->overflowed());
  gate_->pause(false);
  tell(OrderEventKind::Rejected, kMost + 2);
  EXPECT_TRUE(heard_.empty()) << "not a part of it";
  EXPECT_EQ(run_->position(0).value, static_cast<std::int64_t>(kMost) + 1);
  EXPECT_EQ(run_->state().fill_count(), kMost + 1);
  EXPECT_EQ(gate_->rejected(), 1u);
}

TEST_F(AStrategyGate, ThatWasClosedKeepsNothing) {
  gate_->close();
  gate_->pause(true);
  for (ClientOrderId id = 1; id <= 2 * kMost; ++id) fill(id);
  EXPECT_FALSE(gate_->overflowed());
  EXPECT_TRUE(heard_.empty());
}

TEST_F(AStrategyGate, TellsNothingOfAnOrderThatIsNobodysAndCountsIt) {
  gate_->leave_out(2);
  fill(1);
  fill(2);
  gate_->pause(true);
  fill(2);
  gate_->pause(false);
  fill(3);
  tell(OrderEventKind::Rejected, 2);
  EXPECT_EQ(heard_, (std::vector<ClientOrderId>{1, 3}));
  EXPECT_EQ(run_->position(0).value, 4) << "what it fills is held";
  EXPECT_EQ(gate_->rejected(), 1u);
}

// Closing what is held looks at it: an order of another instrument that did not leave says nothing of this one.
TEST_F(AStrategyGate, CountsWhatDidNotLeaveOfEachInstrumentWhetherTheStrategyHearsOfItOrNot) {
  using enum OrderEventKind;
  EXPECT_EQ(gate_->denied(1), 0u) << "nothing of any was denied yet";
  tell(Denied, 1, 1);
  tell(Rejected, 2, 1);
  EXPECT_EQ(gate_->denied(0), 0u);
  EXPECT_EQ(gate_->denied(1), 1u) << "what a venue refused had left";
  gate_->pause(true);
  tell(Denied, 3, 0);
  tell(Canceled, 4, 0);
  EXPECT_EQ(gate_->denied(0), 1u);
  gate_->close();
  tell(Denied, 5, 1);
  EXPECT_EQ(gate_->denied(0), 1u);
  EXPECT_EQ(gate_->denied(1), 2u);
  EXPECT_EQ(gate_->rejected(), 1u);
}

}  // namespace
}  // namespace stom::trade
