// What counts all venues in one currency is refused where no rate can lead there, at the start and while a session
// runs: it would deny every order, or never trip, and nobody would know before the day it is needed.
#include "trade/risk_desk.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace stom::trade {
namespace {

struct SilentVenue final : VenueLink {
  void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
  void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
  UnixNanos advance(UnixNanos limit) override { return limit; }
  bool take(UnixNanos, Answer&) override { return false; }
  bool idle() override { return true; }
};

class RatesOfADesk : public ::testing::Test {
 protected:
  static Instrument market(std::string id, std::string base, std::string quote) {
    return {.id = std::move(id),
            .base = std::move(base),
            .quote = std::move(quote),
            .price_decimals = 2,
            .quantity_decimals = 4};
  }
  /// By what --limit says, for what --currency and --rate say.
  std::unique_ptr<RiskDesk> desk(const std::vector<std::string>& limits) {
    return RiskDesk::make(instruments_, plan_of(limits), {}, venue_, nullptr).value();
  }
  RiskPlan plan_of(const std::vector<std::string>& limits) {
    RiskPlan plan;
    plan.currency = currency_;
    plan.traded = traded_;
    for (const std::string& text : limits)
      if (risk::breaker_named(text.substr(0, text.find('='))))
        plan.breakers.push_back(risk::parse_breaker(text).value());
      else
        plan.limits.push_back(risk::parse_limit(text).value());
    for (const std::string& text : rates_) plan.rates.push_back(risk::parse_given_rate(text, kSecond).value());
    return plan;
  }
  /// Why a session with that limit does not begin; empty: it does. What an instrument's name tells is enough to say it.
  std::string refusal(const std::string& limit) {
    const auto known = desk({limit})->check_rates();
    std::vector<Instrument> named = instruments_;
    for (Instrument& one : named) one.price_decimals = one.quantity_decimals = 0;
    const auto foretold = RiskDesk::check(named, plan_of({limit}));
    EXPECT_EQ(foretold.has_value(), known.has_value()) << limit;
    if (known) return {};
    EXPECT_EQ(known.error().code, Errc::Usage);
    if (!foretold) {
      EXPECT_EQ(foretold.error().message, known.error().message);
      EXPECT_EQ(foretold.error().hint, known.error().hint);
    }
    return known.error().message + "; " + known.error().hint;
  }

  std::vector<Instrument> instruments_{market("acme:BTCUSDT", "BTC", "USDT"), market("ulna:KRW-BTC", "BTC", "KRW")};
  std::string currency_;  // empty: the first one's
  std::vector<std::string> rates_;
  std::size_t traded_ = 0;
  SilentVenue venue_;
};

TEST_F(RatesOfADesk, WhatCountsInOneCurrencyWantsOneFromEachThatItCovers) {
  for (const char* limit : {"gross_exposure=5", "net_exposure=5", "gross_exposure@ulna=5", "leverage=2"}) {
    const std::string refused = refusal(limit);
    EXPECT_TRUE(refused.starts_with("limit " + std::string{limit} + ": no rate leads from KRW to USDT")) << refused;
    EXPECT_NE(refused.find("--rate KRW/USDT=NUMBER"), refused.npos) << refused;
  }
  EXPECT_NE(refusal("leverage@acme=2"), "") << "of what the whole account is worth";
  for (const char* breaker : {"daily_loss=5", "drawdown=10,warn"}) {
    const std::string refused = refusal(breaker);
    EXPECT_TRUE(refused.starts_with("breaker " + std::string{breaker} + ": no rate leads from KRW to USDT")) << refused;
  }
  for (const char* other : {"gross_exposure@acme=5", "net_exposure@acme:BTCUSDT=5", "position=5", "order_notional=5",
                            "consecutive_losses=3", "feed_stale=30s"})
    EXPECT_EQ(refusal(other), "");
}

TEST_F(RatesOfADesk, AreOfNoUseToALimitOfWhatIsNotTraded) {
  const auto checked = RiskDesk::check(instruments_, plan_of({"position@nowhere=5"}));
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message, "limit position@nowhere=5: nothing of nowhere is traded");
}

TEST_F(RatesOfADesk, OfOneCurrencyAreNeededWhereTheSessionsIsAnother) {
  instruments_.pop_back();
  EXPECT_EQ(refusal("daily_loss=5"), "");
  currency_ = "KRW";
  EXPECT_NE(refusal("daily_loss=5"), "");
  EXPECT_NE(refusal("gross_exposure=5"), "");
}

TEST_F(RatesOfADesk, AreGivenInEitherDirectionAndOverSteps) {
  rates_ = {"USDT/KRW=1400"};
  EXPECT_EQ(refusal("leverage=2"), "");
  rates_ = {"USD/KRW=1390", "USD/USDT=1"};
  EXPECT_EQ(refusal("daily_loss=5"), "");
  rates_ = {"USD/KRW=1390"};
  EXPECT_NE(refusal("daily_loss=5"), "") << "a dollar is no USDT";
}

// Its book may come later: then orders are denied until it is there, and that is said of each.
TEST_F(RatesOfADesk, MayBeSaidByAnInstrumentThatIsTradedOrWatched) {
  instruments_.push_back(market("ulna:KRW-USDT", "USDT", "KRW"));
  EXPECT_EQ(refusal("leverage=2"), "");
  traded_ = 2;
  EXPECT_EQ(refusal("leverage=2"), "");
  EXPECT_FALSE(desk({})->no_rate());
}

TEST_F(RatesOfADesk, AreNotWantedOfWhatIsWatchedForItsRateAlone) {
  instruments_ = {market("acme:BTCUSDT", "BTC", "USDT"), market("ulna:KRW-ETH", "ETH", "KRW")};
  traded_ = 1;
  EXPECT_EQ(refusal("daily_loss=5"), "");
}

TEST_F(RatesOfADesk, AreMissedWhenALimitIsSetLater) {
  const auto running = desk({"position=5"});
  ASSERT_TRUE(running->check_rates());
  ASSERT_TRUE(running->no_rate());
  EXPECT_EQ(running->no_rate()->message, "no rate leads from KRW to USDT");
  for (const char* change : {"gross_exposure=5", "leverage=2", "daily_loss=5", "drawdown=10"}) {
    const auto act = running->limit_act(change);
    ASSERT_FALSE(act) << change;
    EXPECT_EQ(act.error().code, Errc::Usage);
    EXPECT_NE(act.error().message.find("no rate leads from KRW to USDT"), std::string::npos) << act.error().message;
  }
  for (const char* change : {"position=6", "gross_exposure@acme=5", "leverage=off", "daily_loss=off"})
    EXPECT_TRUE(running->limit_act(change)) << change;
  rates_ = {"USDT/KRW=1400"};
  EXPECT_TRUE(desk({})->limit_act("daily_loss=5"));
}

// What was set while it ran counts, and not what --limit says.
TEST_F(RatesOfADesk, AreMissedByWhatAnEarlierProcessLeft) {
  const auto goes_on = [&](const std::vector<std::string>& limits, std::string act) {
    RiskHistory history;
    JournalRecord record;
    record.kind = RecordKind::Operator;
    record.text = std::move(act);
    history.fold(record);
    auto made = desk(limits);
    made->resume(history, orders::AccountState{instruments_.size(), {}}, {});
    return made->check_rates().has_value();
  };
  EXPECT_FALSE(goes_on({}, "limit daily_loss=5, was none"));
  EXPECT_FALSE(goes_on({}, "limit gross_exposure=5, was none"));
  EXPECT_TRUE(goes_on({"daily_loss=5"}, "limit daily_loss=off, was daily_loss=5"));
  EXPECT_TRUE(goes_on({"leverage=2"}, "limit leverage=off, was leverage=2"));
}

TEST(ARiskHistory, KeepsAnOrderWhoseIdAnotherOneWasDeniedFor) {
  RiskHistory history;
  const auto send = [&](std::int64_t quantity, UnixNanos time) {
    history.fold({.kind = RecordKind::Submit, .time = time, .order = {.id = 7, .quantity = {quantity}}});
  };
  send(1, kSecond);
  send(100, 2 * kSecond);
  history.fold({.kind = RecordKind::OrderEvent,
                .time = 2 * kSecond,
                .event = {.kind = OrderEventKind::Denied, .reason = RejectReason::DuplicateId, .id = 7}});
  ASSERT_EQ(history.left().size(), 1u);
  EXPECT_EQ(history.left().front().time, kSecond);
  ASSERT_EQ(history.newest().size(), 1u);
  const auto& newest = history.newest().begin()->second;
  ASSERT_EQ(newest.size(), 1u);
  EXPECT_EQ(newest.front().first.quantity, Quantity{1});
}

TEST(ARiskHistory, KeepsWhatOneStrategySentLastThoughAnotherOneSentAfterIt) {
  RiskHistory history{true};
  const auto order = [](ClientOrderId id, std::int64_t quantity) {  // for one that waits nobody asks the market
    return NewOrder{.id = id, .type = OrderType::Stop, .quantity = {quantity}, .trigger_price = {100}};
  };
  const auto send = [&](ClientOrderId id, std::int64_t quantity, UnixNanos time) {
    history.fold({.kind = RecordKind::Submit, .time = time, .order = order(id, quantity)});
    history.fold({.kind = RecordKind::OrderEvent, .time = time, .event = {.kind = OrderEventKind::Accepted, .id = id}});
  };
  for (ClientOrderId id = 17; id < 1'000; id += 16) send(id, 7, kMillisecond);
  send(1'009, 5, kSecond);
  send(1'010, 6, kSecond + 1);
  ASSERT_EQ(history.newest().size(), 1U);
  EXPECT_EQ(history.newest().begin()->second.size(), 2U) << "and no order for ever";

  const std::vector<Instrument> instruments{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD", .ladder = {{{0}, {1}}}}};
  SilentVenue venue;
  RiskPlan plan;
  plan.limits = {risk::parse_limit("duplicate@strategy:first=1s").value()};
  plan.strategies = {"first", "second"};
  std::vector<std::string> denied;
  const auto desk = RiskDesk::make(instruments, std::move(plan), {}, venue, [&](const risk::Denial& denial) {
                      denied.push_back(denial.by);
                    }).value();
  desk->resume(history, orders::AccountState{instruments.size(), {}}, {});
  const auto again = [&](std::int64_t quantity) {
    denied.clear();
    desk->link().submit(0, 1, order(1'025, quantity), kSecond + kMillisecond);
    return denied;
  };
  EXPECT_EQ(again(5), (std::vector<std::string>{"duplicate@strategy:first=1s"}));
  EXPECT_TRUE(again(6).empty()) << "that was the other one's";
}

// What an account is not armed without is not taken from under a session of it either.
TEST(LimitsOfMoney, AreSetAndNotTakenAwayWhereArmingDemandsThem) {
  const std::vector<Instrument> instruments{{.id = "acme:BTCUSDT", .base = "BTC", .quote = "USDT"},
                                            {.id = "ulna:ETHUSDT", .base = "ETH", .quote = "USDT"}};
  const auto desk = [&](std::vector<std::string> for_money_at, const std::vector<const char*>& limits) {
    static SilentVenue venue;
    RiskPlan plan;
    for (const char* limit : limits) plan.limits.push_back(risk::parse_limit(limit).value());
    plan.breakers.push_back(risk::parse_breaker("daily_loss=100,entries").value());
    plan.for_money_at = std::move(for_money_at);
    return RiskDesk::make(instruments, std::move(plan), {}, venue, nullptr).value();
  };
  const std::vector<const char*> least{"order_quantity=1", "position=5", "order_rate=5/1s"};
  const auto live = desk({"acme", "ulna"}, least);
  for (const char* change : {"order_quantity=off", "position=off", "daily_loss=off", "daily_loss=50,warn"}) {
    const auto act = live->limit_act(change);
    ASSERT_FALSE(act) << change;
    EXPECT_EQ(act.error().code, Errc::Usage);
    EXPECT_NE(act.error().message.find("real money trades here"), std::string::npos) << act.error().message;
    EXPECT_NE(act.error().hint.find("docs/live.md"), std::string::npos);
    EXPECT_TRUE(desk({}, least)->limit_act(change)) << change << ": on paper and on a test network";
  }
  for (const char* change : {"order_rate=off", "order_quantity=2", "position=1", "daily_loss=50,flatten"})
    EXPECT_TRUE(live->limit_act(change)) << change;

  const auto scoped = desk({"acme", "ulna"}, {"order_quantity@acme=1", "order_quantity@ulna:ETHUSDT=1",
                                              "order_notional@ulna=100", "position=5", "net_exposure=500"});
  EXPECT_TRUE(scoped->limit_act("position=off")) << "net_exposure is left";
  EXPECT_TRUE(scoped->limit_act("order_quantity@ulna:ETHUSDT=off")) << "of all there, order_notional is left";
  EXPECT_EQ(scoped->limit_act("order_quantity@acme=off").error().message,
            "order_quantity@acme=off: nothing would limit one order at acme, and real money trades here");
  EXPECT_FALSE(scoped->limit_act("order_notional@ulna=off")) << "one of an instrument bounds no venue";
}

}  // namespace
}  // namespace stom::trade
