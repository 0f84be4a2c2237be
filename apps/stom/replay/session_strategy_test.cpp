// What a strategy hears of the orders that a person sends beside it.
#include "replay/session_strategy.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "tests/support/answering_link.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::replay {
namespace {

using Heard = std::vector<std::pair<OrderEventKind, std::int64_t>>;  // and the position then

class NotesWhatItHears final : public Strategy {
 public:
  explicit NotesWhatItHears(Heard& heard) : heard_{heard} {}
  void on_order(Context& context, const OrderEvent& event) override {
    heard_.emplace_back(event.kind, context.position(event.instrument).value);
    EXPECT_TRUE(context.orders().empty()) << "the orders themselves are none of its";
  }

 private:
  Heard& heard_;
};

TEST(SessionStrategy, HearsOfAPersonsOrdersWhatIsFilledAndNothingElse) {
  struct Nobody final : SessionListener {
    void on_order_row(const OrderRow&) override {}
    void on_order_answer(const OrderRow&, const OrderEvent&) override {}
    void on_fill_row(const FillRow&) override {}
    void on_public_trade(const TradeTick&) override {}
    void on_strategy_line(UnixNanos, std::string_view) override {}
  } listener;
  test::LiveHandFed market;
  struct OnTheWire final : test::AnsweringLink {
    void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
    bool idle() override { return false; }
  } venue;
  const std::vector<Instrument> instruments{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}}};
  OrderDesk desk{instruments};
  Heard heard;
  Engine engine{instruments, market, venue};
  stom::Run& run =
      engine.add_run(std::make_unique<SessionStrategy>(std::make_unique<NotesWhatItHears>(heard), desk, listener), {});
  ASSERT_TRUE(engine.start(0, kMinute));
  UnixNanos now = 0;
  const NewOrder order{.id = desk.next_manual_id(), .quantity = {5}, .price = {100}};
  run.submit(order);
  desk.submitted(order, OrderSource::Manual, now);
  const auto tell = [&](OrderEventKind kind, Quantity quantity, Quantity leaves) {
    now += kSecond;
    venue.answers.push_back({.event = {.kind = kind,
                                       .id = order.id,
                                       .time = now,
                                       .local_time = now,
                                       .price = {100},
                                       .quantity = quantity,
                                       .leaves = leaves}});
    ASSERT_TRUE(engine.advance(now));
  };
  tell(OrderEventKind::Accepted, {}, {5});
  tell(OrderEventKind::Filled, {2}, {3});
  tell(OrderEventKind::Canceled, {}, {3});
  EXPECT_EQ(heard, (Heard{{OrderEventKind::Filled, 2}}));
}

}  // namespace
}  // namespace stom::replay
