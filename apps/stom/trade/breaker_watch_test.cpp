// What breakers are told of a session, without the session: its account is a fold of what the test has happen, and what
// it is worth is what the test says.
#include "trade/breaker_watch.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace stom::trade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

struct VenueWithoutOrders final : VenueLink {
  void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
  void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
  UnixNanos advance(UnixNanos limit) override { return limit; }
  bool take(UnixNanos, Answer&) override { return false; }
  bool idle() override { return true; }
};

class WatchedBreakers : public ::testing::Test {
 protected:
  void set(const std::string& breaker) { desk_->breakers().set(risk::parse_breaker(breaker).value()); }
  void fill(Side side, std::int64_t quantity, std::int64_t price) {
    now_ += kMillisecond;
    account_.told(0,
                  {.kind = OrderEventKind::Filled,
                   .side = side,
                   .id = 1,
                   .time = now_,
                   .local_time = now_,
                   .price = {price},
                   .quantity = {quantity}},
                  instruments_.front());
  }
  void pay_funding(std::int64_t amount) {
    account_.told(0, {.kind = OrderEventKind::Funding, .time = now_, .local_time = now_, .fee = money(amount)},
                  instruments_.front());
  }
  static Money money(std::int64_t amount) { return {Int128{amount} * power_of_ten(kMoneyDecimals)}; }
  void is_worth(std::int64_t start, std::int64_t profit) {
    exposure_ = {};
    exposure_.profit = money(profit);
    exposure_.equity = money(start + profit);
  }
  /// When it is time for the next look; what trips by it.
  std::vector<std::string> look() {
    now_ += BreakerWatch::kEvery;
    looked_ = watch().look(all_there_, now_);
    return looked_ ? desk_->trips() : std::vector<std::string>{};
  }
  BreakerWatch& watch() {
    if (!watch_)
      watch_ = std::make_unique<BreakerWatch>(
          *desk_, account_, 1,
          BreakerWatch::Port{[this](UnixNanos) -> const risk::Exposure& { return exposure_; },
                             [this] { return refused_; }, [this](InstrumentIndex) { return missing_; },
                             [this](const std::string& line) { said_.push_back(line); }});
    return *watch_;
  }

  const std::vector<Instrument> instruments_{{.id = "acme:COIN", .base = "COIN", .quote = "USD"}};
  VenueWithoutOrders venue_;
  std::unique_ptr<RiskDesk> desk_ = RiskDesk::make(instruments_, {}, {}, venue_, nullptr).value();
  orders::AccountState account_{1, {}};
  risk::Exposure exposure_;
  std::uint64_t refused_ = 0;
  bool missing_ = false, all_there_ = true, looked_ = false;
  std::vector<std::string> said_;
  UnixNanos now_ = 1'700'000'000 * kSecond;
  std::unique_ptr<BreakerWatch> watch_;
};

TEST_F(WatchedBreakers, AreLookedAtTenTimesASecondWhereThereAreAny) {
  (void)look();
  EXPECT_FALSE(looked_) << "there is none";
  set("reject_rate=10/1m");
  EXPECT_FALSE(watch().look(true, now_ + BreakerWatch::kEvery - 1));
  EXPECT_TRUE(watch().look(true, now_ + BreakerWatch::kEvery));
  EXPECT_FALSE(watch().look(true, now_ + BreakerWatch::kEvery + 1));
}

TEST_F(WatchedBreakers, CountEachRefusalOnceAndNoneOfBeforeTheyWereSet) {
  refused_ = 5;
  (void)look();
  set("reject_rate=2/1m");
  EXPECT_THAT(look(), IsEmpty());
  refused_ = 6;
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_THAT(look(), IsEmpty()) << "it is the same one";
  refused_ = 7;
  EXPECT_THAT(look(), ElementsAre(StartsWith("trip reject_rate, 2 orders were refused")));
}

TEST_F(WatchedBreakers, JudgeAPositionOnceItIsClosedByAFillAndNotByFunding) {
  set("consecutive_losses=1");
  (void)look();
  fill(Side::Buy, 2, 100);
  fill(Side::Sell, 1, 90);
  EXPECT_THAT(look(), IsEmpty()) << "some of it is held";
  fill(Side::Sell, 1, 120);
  EXPECT_THAT(look(), IsEmpty()) << "10 were earned in all";
  pay_funding(50);
  EXPECT_THAT(look(), IsEmpty()) << "it closes nothing";
  fill(Side::Buy, 1, 100);
  (void)look();
  fill(Side::Sell, 1, 99);
  EXPECT_THAT(look(), ElementsAre("trip consecutive_losses, 1 positions in a row were closed at a loss"));
}

TEST_F(WatchedBreakers, JudgeNoPositionByWhatWasLostWhileNoneWasSet) {
  (void)look();
  fill(Side::Buy, 1, 100);
  fill(Side::Sell, 1, 10);
  (void)look();
  set("consecutive_losses=1");
  EXPECT_THAT(look(), IsEmpty());
  fill(Side::Buy, 1, 10);
  (void)look();
  fill(Side::Sell, 1, 11);
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(WatchedBreakers, WaitForABookUntilAllHaveBeenThereAndThenCountHowLongOneIsMissing) {
  set("feed_stale=1s");
  missing_ = true;
  all_there_ = false;
  for (int looks = 0; looks < 100; ++looks) EXPECT_THAT(look(), IsEmpty());
  missing_ = false;
  all_there_ = true;
  EXPECT_THAT(look(), IsEmpty());
  missing_ = true;
  for (int looks = 0; looks < 10; ++looks) EXPECT_THAT(look(), IsEmpty());
  EXPECT_THAT(look(), ElementsAre("trip feed_stale, a book has been stale for 1s"));
}

TEST_F(WatchedBreakers, CountALossFromWhatTheCashWasWorthWhenThatWasFirstKnown) {
  set("daily_loss=100");
  exposure_.unknown = {"no rate of KRW"};
  (void)look();
  (void)look();
  EXPECT_THAT(said_, ElementsAre("loss and drawdown are not known, and do not trip: no rate of KRW")) << "once";
  is_worth(1'000, 0);
  exposure_.stale = true;
  (void)look();
  EXPECT_FALSE(desk_->breakers().start()) << "a rate that is not to be believed is none";
  is_worth(1'000, 0);
  EXPECT_THAT(look(), IsEmpty());
  EXPECT_EQ(desk_->breakers().start(), money(1'000));
  is_worth(800, -99);
  EXPECT_THAT(look(), IsEmpty()) << "another rate of the cash is no loss";
  is_worth(800, -100);
  EXPECT_THAT(look(), ElementsAre("trip daily_loss, a loss of 100 since the day began"));
}

}  // namespace
}  // namespace stom::trade
