// Limits of one of several strategies count what that one does and holds, and nothing of the others.
#include "risk/strategy_guards.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/answering_link.hpp"

namespace stom::risk {
namespace {

class GuardsOfStrategies : public ::testing::Test {
 protected:
  /// Numbers of "first", "second" and the session.
  static constexpr ClientOrderId kOfFirst = 17, kOfSecond = 18, kOfSession = 16;

  void limit(const std::string& text) { ASSERT_TRUE(guards_.set(parse_limit(text).value())) << text; }
  /// Whether it leaves.
  bool sends(ClientOrderId id, Side side, std::int64_t quantity) {
    const std::size_t before = venue_.sent.size();
    now_ += kSecond;
    guards_.submit(0, ++request_, {.id = id, .side = side, .quantity = {quantity}, .price = {100}}, now_);
    return venue_.sent.size() > before;
  }
  void fill(ClientOrderId id, Side side, std::int64_t quantity) {
    venue_.answers.push_back({.event = {.kind = OrderEventKind::Filled,
                                        .side = side,
                                        .id = id,
                                        .time = now_,
                                        .local_time = now_,
                                        .price = {100},
                                        .quantity = {quantity}}});
    now_ += kSecond;
    Answer answer;
    while (guards_.take(now_, answer)) told_.push_back(answer.event);
  }
  static std::string told_of(const Result<void>& result) { return result ? "no error" : result.error().message; }

  struct Prices final : PriceSource {
    std::int64_t twice_price(InstrumentIndex) const override { return 200; }
    std::optional<Money> in_currency(InstrumentIndex, Money amount) const override { return amount; }
    double rate(InstrumentIndex) const override { return 1; }
  } prices_;
  struct Venue final : stom::test::AnsweringLink {
    std::vector<NewOrder> sent;
    void submit(RunIndex, std::uint64_t, const NewOrder& order, UnixNanos) override { sent.push_back(order); }
  } venue_;
  const std::vector<Instrument> instruments_{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}}};
  std::vector<std::string> denied_;
  std::vector<OrderEvent> told_;
  UnixNanos now_ = kSecond;
  std::uint64_t request_ = 0;
  StrategyGuards guards_{instruments_, {"first", "second"}, venue_, prices_, [this](const Denial& denial) {
                           denied_.push_back(denial.by);
                         }};
};

TEST_F(GuardsOfStrategies, HoldOneAgainstItsOwnPositionWhateverTheOthersHold) {
  limit("position@strategy:first=5");
  EXPECT_TRUE(sends(kOfFirst, Side::Buy, 5));
  fill(kOfFirst, Side::Buy, 5);
  EXPECT_TRUE(sends(kOfSecond, Side::Sell, 50)) << "it has no limit";
  fill(kOfSecond, Side::Sell, 50);
  EXPECT_FALSE(sends(kOfFirst, Side::Buy, 1)) << "the account is short, and this one is not";
  EXPECT_EQ(denied_, (std::vector<std::string>{"position@strategy:first=5"}));
  fill(0, Side::Sell, 50);  // a person's
  ASSERT_FALSE(told_.empty());
  EXPECT_TRUE(std::ranges::any_of(told_, [](const OrderEvent& event) {
    return event.kind == OrderEventKind::Denied && event.reason == RejectReason::RiskPosition;
  }));
  EXPECT_FALSE(sends(kOfFirst, Side::Buy, 1));
  EXPECT_TRUE(sends(kOfFirst, Side::Sell, 5));
}

TEST_F(GuardsOfStrategies, KnowWhatTheSessionClosedForTheirs) {
  limit("position@strategy:first=5");
  fill(kOfFirst, Side::Buy, 5);
  fill(kOfSecond, Side::Sell, 2);
  EXPECT_TRUE(sends(kOfSession, Side::Sell, 3)) << "what is the session's own, no strategy's limit holds";
  fill(kOfSession, Side::Sell, 3);
  EXPECT_TRUE(sends(kOfFirst, Side::Buy, 3)) << "two are left";
  EXPECT_FALSE(sends(33, Side::Buy, 1));
}

TEST_F(GuardsOfStrategies, GoOnWithWhatWasBefore) {
  const auto bought = [](ClientOrderId id, Side side, std::int64_t quantity) {
    return Fill{.side = side, .order = id, .price = {100}, .quantity = {quantity}};
  };
  const std::vector<Fill> fills{bought(kOfFirst, Side::Buy, 5), bought(kOfSecond, Side::Sell, 2),
                                bought(kOfSession, Side::Sell, 3)};
  guards_.resume(fills);
  guards_.guard_of(kOfFirst)->resume_working({.id = kOfFirst, .side = Side::Buy, .quantity = {1}, .price = {90}}, {1});
  limit("position@strategy:first=5");
  EXPECT_FALSE(sends(33, Side::Buy, 3)) << "two held, and one works";
  EXPECT_TRUE(sends(33, Side::Buy, 2));
  EXPECT_EQ(guards_.guard_of(kOfSession), nullptr);
}

TEST_F(GuardsOfStrategies, CountOrdersOfEachApart) {
  limit("working_orders@strategy:second=1");
  limit("order_quantity@strategy:first=3");
  EXPECT_TRUE(sends(kOfFirst, Side::Buy, 3));
  EXPECT_TRUE(sends(kOfSecond, Side::Buy, 4));
  EXPECT_FALSE(sends(34, Side::Buy, 4));
  EXPECT_FALSE(sends(33, Side::Buy, 4));
  EXPECT_EQ(denied_, (std::vector<std::string>{"working_orders@strategy:second=1", "order_quantity@strategy:first=3"}));
}

TEST_F(GuardsOfStrategies, AreSetShownAndTakenAwayByName) {
  limit("position@strategy:first=5");
  limit("order_rate@strategy:second=3/1s");
  const auto states = guards_.states(now_);
  ASSERT_EQ(states.size(), 2U);
  EXPECT_EQ(states[0].limit.text(), "position@strategy:first=5");
  EXPECT_EQ(states[1].limit.text(), "order_rate@strategy:second=3/1s");
  const auto change = parse_limit_change("position@strategy:first=off").value();
  EXPECT_EQ(guards_.find(change)->text(), "position@strategy:first=5");
  ASSERT_TRUE(guards_.set(change));
  EXPECT_FALSE(guards_.find(change).has_value());
  EXPECT_EQ(guards_.limits().size(), 1U);
  EXPECT_EQ(told_of(guards_.check(parse_limit("position@strategy:third=5").value())),
            "limit position@strategy:third=5: there is no strategy of that name");
  EXPECT_NE(told_of(guards_.check(parse_limit("leverage@strategy:first=2").value())), "no error");
}

}  // namespace
}  // namespace stom::risk
