#include "risk/breakers.hpp"

#include <gtest/gtest.h>

#include "core/decimal.hpp"

namespace stom::risk {
namespace {

constexpr UnixNanos kMorning = 1'764'374'400 * kSecond;  // 2025-11-29 00:00 UTC
constexpr DurationNanos kDay = 24 * 60 * kMinute;

Money units(std::int64_t whole) { return {Int128{whole} * power_of_ten(kMoneyDecimals)}; }

Breakers with(std::initializer_list<const char*> texts) {
  Breakers breakers;
  for (const char* text : texts) breakers.set(parse_breaker(text).value());
  return breakers;
}

std::vector<std::string> trips(Breakers& breakers) {
  std::vector<std::string> all;
  for (const auto& [kind, why] : breakers.take_trips()) all.push_back(std::string{name_of(kind)} + ": " + why);
  return all;
}
using Trips = std::vector<std::string>;

TEST(Breakers, AreReadAsTheyAreWritten) {
  for (const char* text :
       {"daily_loss=500,flatten", "drawdown=10", "drawdown=2.5%,warn", "consecutive_losses=5,entries",
        "reject_rate=10/1m", "feed_stale=30s,warn", "slippage=10", "slippage=2.5/100,flatten"})
    EXPECT_EQ(parse_breaker(text).value().text(), text);
  EXPECT_EQ(parse_breaker("drawdown").value().text(), "drawdown=10");
  EXPECT_EQ(parse_breaker("drawdown=7").value().action, BreakerAction::Entries);
  EXPECT_EQ(parse_breaker("slippage=10").value().fills, 20);
}

TEST(Breakers, WhatIsNoneIsRefusedWithWhatItShouldBe) {
  for (const char* text : {"", "loss=5", "daily_loss", "daily_loss=", "daily_loss=0", "daily_loss=5,stop",
                           "drawdown=101", "consecutive_losses=1.5", "consecutive_losses=1001", "reject_rate=5",
                           "feed_stale=5", "feed_stale=0s", "slippage", "slippage=0", "slippage=0.001", "slippage=10/",
                           "slippage=10/0", "slippage=10/101", "slippage=10/1m"}) {
    const auto breaker = parse_breaker(text);
    ASSERT_FALSE(breaker) << text;
    EXPECT_FALSE(breaker.error().hint.empty()) << text;
  }
}

TEST(DailyLoss, CountsFromWhatTheDayBeganWith) {
  Breakers breakers = with({"daily_loss=100"});
  breakers.equity(units(1000), kMorning + kMinute);
  breakers.equity(units(1200), kMorning + 2 * kMinute);
  breakers.equity(units(901), kMorning + kDay - 1);
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.equity(units(850), kMorning + kDay);
  breakers.equity(units(751), kMorning + kDay + 1);
  EXPECT_EQ(trips(breakers), Trips{}) << "another day";
  breakers.equity(units(750), kMorning + kDay + 2);
  EXPECT_EQ(trips(breakers), Trips{"daily_loss: a loss of 100 since the day began"});
  breakers.equity(units(700), kMorning + kDay + 3);
  EXPECT_EQ(trips(breakers), Trips{}) << "it trips once";
}

TEST(Drawdown, CountsFromTheHighestEquity) {
  Breakers breakers = with({"drawdown"});
  breakers.equity(units(1000), kMorning);
  breakers.equity(units(2000), kMorning + kDay);
  breakers.equity(units(1801), kMorning + 2 * kDay);
  EXPECT_EQ(trips(breakers), Trips{});
  EXPECT_EQ(breakers.states(kMorning).front().value, "9.95");
  breakers.equity(units(1800), kMorning + 2 * kDay);
  EXPECT_EQ(trips(breakers), Trips{"drawdown: 200 less than the highest equity, 2000"});
}

TEST(ConsecutiveLosses, AGainBetweenThemBeginsAnew) {
  Breakers breakers = with({"consecutive_losses=2"});
  breakers.position_closed(0, units(-1));
  breakers.position_closed(0, units(1));
  breakers.position_closed(1, units(-1));
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.position_closed(0, units(0));
  EXPECT_EQ(trips(breakers), Trips{"consecutive_losses: 2 positions in a row were closed at a loss"});
}

TEST(ConsecutiveLosses, CountFromWhatWasEarnedWhenNobodyJudgedIt) {
  Breakers breakers;
  breakers.flat(0, units(-90));
  breakers.flat(1, units(100));
  breakers.set(parse_breaker("consecutive_losses=1").value());
  breakers.position_closed(0, units(-80));
  EXPECT_EQ(trips(breakers), Trips{}) << "10 were won, though less than nothing was earned in all";
  breakers.position_closed(1, units(50));
  EXPECT_EQ(trips(breakers), Trips{"consecutive_losses: 1 positions in a row were closed at a loss"})
      << "50 were lost, though more than nothing was earned in all";
}

TEST(RejectRate, CountsWhatWasRefusedInTheTimeBefore) {
  Breakers breakers = with({"reject_rate=2/1m"});
  breakers.order_refused(kMorning);
  breakers.order_refused(kMorning + kMinute);
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.order_refused(kMorning + 2 * kMinute - 1);
  EXPECT_EQ(trips(breakers), Trips{"reject_rate: 2 orders were refused within that time"});
}

TEST(FeedStale, TripsOnceABookHasBeenStaleForThatLong) {
  Breakers breakers = with({"feed_stale=30s"});
  breakers.feed(kMorning, kMorning + 30 * kSecond - 1);
  breakers.feed(kNever, kMorning + kMinute);
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.feed(kMorning, kMorning + 30 * kSecond);
  EXPECT_EQ(trips(breakers), Trips{"feed_stale: a book has been stale for 30s"});
}

TEST(Slippage, TripsOnTheAverageOfTheLastFillsThatTook) {
  Breakers breakers = with({"slippage=5/3"});
  const auto value = [&] { return breakers.states(kMorning).front().value; };
  EXPECT_EQ(value(), "");
  breakers.taker_filled(3'000);
  EXPECT_EQ(value(), "30");
  breakers.taker_filled(-1'000);
  EXPECT_EQ(trips(breakers), Trips{}) << "two are too few to say anything";
  breakers.taker_filled(-1'100);  // 3 on average
  EXPECT_EQ(value(), "3");
  breakers.taker_filled(3'599);  // of the last three: 4.99 and two thirds of a hundredth
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.taker_filled(-999);  // 5 on average
  EXPECT_EQ(trips(breakers), Trips{"slippage: 5 basis points were lost on average of the last 3 fills that took"});
}

TEST(Slippage, CountsNothingWhileThereIsNoSuchBreaker) {
  Breakers breakers = with({"consecutive_losses=2"});
  breakers.taker_filled(100'000);
  EXPECT_FALSE(breakers.take_count()) << "nor is anything to be kept of it";
  breakers.set(parse_breaker("slippage=5/1").value());
  EXPECT_EQ(breakers.states(kMorning).back().value, "");
  breakers.taker_filled(400);
  EXPECT_EQ(trips(breakers), Trips{});
}

TEST(Breakers, StayTrippedUntilTheyAreArmedAndThenCountAnew) {
  Breakers breakers = with({"daily_loss=100,flatten", "drawdown=10,entries", "consecutive_losses=1,warn"});
  EXPECT_FALSE(breakers.strongest());
  breakers.position_closed(0, units(-1));
  EXPECT_EQ(breakers.strongest()->action, BreakerAction::Warn);
  breakers.equity(units(1000), kMorning);
  breakers.equity(units(900), kMorning);
  EXPECT_EQ(breakers.take_trips().size(), 3U);
  EXPECT_EQ(breakers.strongest()->text(), "daily_loss=100,flatten");
  breakers.arm(BreakerKind::DailyLoss);
  EXPECT_EQ(breakers.strongest()->text(), "drawdown=10,entries");
  breakers.arm(BreakerKind::Drawdown);
  breakers.equity(units(811), kMorning);
  EXPECT_EQ(trips(breakers), Trips{});
  breakers.equity(units(800), kMorning);
  EXPECT_EQ(breakers.take_trips().size(), 2U) << "100 and more than 10 % of 900 since it was armed";
}

TEST(Breakers, ATripOfBeforeHoldsAndOneThatIsTakenAwayDoesNot) {
  Breakers breakers = with({"daily_loss=100,flatten"});
  breakers.trip(BreakerKind::DailyLoss);
  EXPECT_EQ(breakers.strongest()->action, BreakerAction::Flatten);
  breakers.set(parse_breaker("daily_loss=200,entries").value());
  EXPECT_EQ(breakers.strongest()->action, BreakerAction::Entries) << "another value does not arm it";
  breakers.remove(BreakerKind::DailyLoss);
  EXPECT_FALSE(breakers.strongest());
}

// --- over a restart

/// The breakers of the next process: of the same session, with what the journal has of this one's count.
Breakers restarted(Breakers& before, std::initializer_list<const char*> texts) {
  Breakers after = with(texts);
  EXPECT_TRUE(after.resume(before.take_count().value()));
  return after;
}

TEST(BreakersOverARestart, TheDayBeganWhenItBegan) {
  Breakers before = with({"daily_loss=100"});
  before.equity(units(1000), kMorning + kMinute);
  before.equity(units(950), kMorning + 2 * kMinute);
  Breakers after = restarted(before, {"daily_loss=100"});
  after.equity(units(901), kMorning + 3 * kMinute);
  EXPECT_EQ(trips(after), Trips{});
  after.equity(units(900), kMorning + 4 * kMinute);
  EXPECT_EQ(trips(after), Trips{"daily_loss: a loss of 100 since the day began"});
}

// Cash of another currency is worth something else by then: that is no loss of the session's.
TEST(BreakersOverARestart, TheCashOfTheStartIsWorthWhatItWasThen) {
  Breakers before = with({"daily_loss=100"});
  EXPECT_FALSE(before.start());
  before.begin_with(units(1000));
  before.equity(*before.start(), kMorning);
  Breakers after = restarted(before, {"daily_loss=100"});
  EXPECT_EQ(after.start(), units(1000));
  EXPECT_FALSE(after.take_count()) << "the journal has it already";
  Breakers again = with({"daily_loss=100"});
  again.resume(after);
  EXPECT_EQ(again.start(), units(1000));
  EXPECT_TRUE(again.take_count()) << "each process tells that it counts";
}

TEST(BreakersOverARestart, AnotherDayBeginsWithWhatIsKnownFirst) {
  Breakers before = with({"daily_loss=100"});
  before.equity(units(1000), kMorning);
  Breakers after = restarted(before, {"daily_loss=100"});
  after.equity(units(900), kMorning + kDay);
  EXPECT_EQ(trips(after), Trips{});
}

TEST(BreakersOverARestart, TheHighestEquityIsForgottenByAThousandthAtMost) {
  Breakers before = with({"drawdown=10"});
  before.equity(units(1000), kMorning);
  EXPECT_TRUE(before.take_count());
  before.equity({units(1000).value + 1}, kMorning + 1);
  EXPECT_FALSE(before.take_count()) << "not each step up is a record";
  before.equity(units(2000), kMorning + 2);
  Breakers after = restarted(before, {"drawdown=10"});
  after.equity(units(1801), kMorning + 3);
  EXPECT_EQ(trips(after), Trips{});
  after.equity(units(1800), kMorning + 4);
  EXPECT_EQ(trips(after), Trips{"drawdown: 200 less than the highest equity, 2000"});
}

TEST(BreakersOverARestart, LossesInARowAreCountedOn) {
  Breakers before = with({"consecutive_losses=3"});
  before.position_closed(0, units(50));
  before.position_closed(0, units(40));
  before.position_closed(1, units(-5));
  Breakers after = restarted(before, {"consecutive_losses=3"});
  after.position_closed(0, units(39));
  EXPECT_EQ(trips(after), Trips{"consecutive_losses: 3 positions in a row were closed at a loss"})
      << "39 is less than 40";
}

TEST(BreakersOverARestart, APositionThatWasClosedBeforeAnybodyJudgedItIsJudged) {
  Breakers breakers = with({"consecutive_losses=1"});
  breakers.position_closed(0, units(50));
  breakers.closed_unjudged(0, {units(50).value - 1});
  EXPECT_EQ(trips(breakers), Trips{}) << "a count tells no more than that";
  breakers.closed_unjudged(0, units(40));
  EXPECT_EQ(trips(breakers), Trips{"consecutive_losses: 1 positions in a row were closed at a loss"});
}

TEST(BreakersOverARestart, WhatWasEarnedWhenNobodyJudgedItIsKnown) {
  Breakers before;
  before.flat(0, units(-90));
  before.flat(1, units(0));
  before.set(parse_breaker("consecutive_losses=1").value());
  EXPECT_EQ(before.take_count().value(), "day=0 losses=0 flat=0:-90") << "nothing is not worth a word";
  before.flat(0, units(-90));
  EXPECT_FALSE(before.take_count()) << "nor is what is known";
  before.flat(0, units(-95));
  Breakers after = restarted(before, {"consecutive_losses=1"});
  after.position_closed(0, units(-94));
  EXPECT_EQ(trips(after), Trips{});
}

TEST(BreakersOverARestart, TheFillsThatCountForSlippageDoSo) {
  Breakers before = with({"slippage=5/3"});
  for (const std::int64_t lost : {90'000, 1'250, -20}) before.taker_filled(lost);
  EXPECT_EQ(before.take_trips().size(), 1U);
  before.arm(BreakerKind::Slippage);
  for (const std::int64_t lost : {1'250, -20}) before.taker_filled(lost);
  EXPECT_EQ(before.take_count().value(), "day=0 losses=0 slipped=12.5,-0.2");
  before.taker_filled(300);
  Breakers after = restarted(before, {"slippage=5/3"});
  EXPECT_EQ(after.states(kMorning).front().value, "5.1");
  after.taker_filled(1'220);  // of the last three: 15
  EXPECT_EQ(trips(after), Trips{"slippage: 5 basis points were lost on average of the last 3 fills that took"});
}

TEST(BreakersOverARestart, RefusalsOfBeforeCountAndTripNothingByThemselves) {
  Breakers after = with({"reject_rate=2/1m"});
  after.resume_refused(kMorning);
  after.resume_refused(kMorning + 1);
  EXPECT_EQ(trips(after), Trips{});
  after.order_refused(kMorning + kMinute);
  EXPECT_EQ(trips(after), Trips{"reject_rate: 2 orders were refused within that time"});
}

TEST(BreakersOverARestart, WhatWasArmedCountsFromThereOn) {
  Breakers before = with({"daily_loss=100"});
  before.equity(units(1000), kMorning);
  before.equity(units(900), kMorning + 1);
  before.arm(BreakerKind::DailyLoss);
  Breakers after = restarted(before, {"daily_loss=100"});
  after.equity(units(801), kMorning + 2);
  EXPECT_EQ(trips(after), Trips{});
  after.equity(units(800), kMorning + 3);
  EXPECT_EQ(after.take_trips().size(), 1U);
}

TEST(BreakersOverARestart, AnotherTextIsNoCount) {
  Breakers breakers = with({"daily_loss=100"});
  for (const char* text :
       {"", "daily_loss=1", "day=x", "day=1 flat=1", "day=1 losses", "day=1 slipped=", "day=1 slipped=1,x"})
    EXPECT_FALSE(breakers.resume(text)) << text;
}

}  // namespace
}  // namespace stom::risk
