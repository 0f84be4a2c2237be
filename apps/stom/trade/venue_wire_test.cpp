// Where what a venue tells goes, and what people are told of it; without a gateway, as whose user the wire is called.
#include "trade/venue_wire.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AWire : public ::testing::Test {
 protected:
  static venues::OrderReport about(ClientOrderId id, OrderEventKind kind, std::string_view reason = {}) {
    return {.event = {.kind = kind, .id = id},
            .client_id = "somebody's",
            .venue_order_id = {},
            .trade_id = {},
            .reason = reason};
  }
  static Money money(std::int64_t tenths) { return {Int128{tenths} * power_of_ten(kMoneyDecimals - 1)}; }
  /// Since the last time, without their times.
  std::vector<std::string> said() {
    std::vector<std::string> lines;
    log_.write([&](const std::string& line) { lines.push_back(line.substr(line.find(' ') + 1)); });
    return lines;
  }

  const std::vector<Instrument> instruments_{
      {.id = "acme:COIN", .base = "COIN", .quote = "USD"},
      {.id = "acme:PERP", .base = "COIN", .quote = "USD", .quantity_decimals = 2}};
  const std::vector<std::size_t> venue_of_{0, 0};
  const std::vector<OrdersOffered> offered_;
  const ManualClock clock_{1'700'000'000 * kSecond};
  SessionLog log_{clock_, {}};
  LiveFeed feed_{instruments_};
  LiveLink link_;
  Reconciler reconciler_{Sides{.instruments = instruments_,
                               .traded = 2,
                               .venues = venue_of_,
                               .link = &link_,
                               .log = log_,
                               .offered = offered_,
                               .session = "7"},
                         Reconciler::Port{}};
  std::vector<ClientOrderId> heard_;
  std::optional<Error> unsuited_;
  VenueWire wire_{{.instruments = instruments_,
                   .clock = clock_,
                   .feed = feed_,
                   .link = &link_,
                   .reconciler = reconciler_,
                   .log = log_,
                   .heard = [this](const OrderEvent& event) { heard_.push_back(event.id); },
                   .unsuited = [this](Error why) { unsuited_ = std::move(why); }},
                  {.name = "acme", .venue = nullptr, .addresses = {}, .secrets = {}, .rest = {}},
                  0};
};

TEST_F(AWire, GivesWordOfAnOrderToTheEngineAndSaysOnlyWhatWentWrong) {
  wire_.order(about(7, OrderEventKind::Accepted));
  wire_.order(about(7, OrderEventKind::Filled));
  EXPECT_THAT(said(), IsEmpty());
  EXPECT_TRUE(link_.take_news());
  wire_.order(about(8, OrderEventKind::Rejected, "too small (-1013)"));
  wire_.order(about(9, OrderEventKind::Denied, "it was not sent"));
  wire_.order(about(7, OrderEventKind::CancelRejected, "filled"));
  EXPECT_THAT(said(), ElementsAre("[warn] acme: order 8 rejected: too small (-1013)",
                                  "[warn] acme: order 9 not sent: it was not sent",
                                  "[warn] acme: order 7 cannot be canceled: filled"));
  EXPECT_THAT(heard_, ElementsAre(7u, 7u, 8u, 9u, 7u));
}

TEST_F(AWire, SaysThatAnOrderIsSomebodysElseAndWhatFundingBrought) {
  wire_.order(about(0, OrderEventKind::Accepted));
  auto funding = about(0, OrderEventKind::Funding);
  funding.event.instrument = 1;
  funding.event.fee = money(15);
  wire_.order(funding);
  EXPECT_THAT(said(), ElementsAre("acme: told of an order that is not ours: somebody's",
                                  "acme: funding of acme:PERP: -1.5 USD"));
}

TEST_F(AWire, SaysOfWhichOrderNobodyKnowsAndWhichNameIsTooLong) {
  wire_.order_unknown(7, 0);
  wire_.order_named(7, "0000123");
  wire_.order_named(8, std::string(LiveLink::Name::kMost + 1, '9'));
  EXPECT_THAT(said(), ElementsAre("[warn] acme: order 7: nobody knows what became of it; asking",
                                  fmt::format("[warn] acme: order 8 is called {}, which is too long to be kept",
                                              std::string(LiveLink::Name::kMost + 1, '9'))));
}

TEST_F(AWire, SaysWhatAnAccountHoldsOnceAllOfItIsTold) {
  const std::array balances{venues::Balance{.currency = "USD", .free = money(1'000), .locked = money(5)},
                            venues::Balance{.currency = "DUST", .free = {}, .locked = {}}};
  const std::array positions{venues::PositionReport{.instrument = 1, .quantity = {-150}}};
  wire_.account({.time = 1, .whole = false, .balances = balances, .positions = positions});
  EXPECT_THAT(said(), IsEmpty()) << "a part of it changed";
  wire_.account({.time = 1, .whole = true, .balances = balances, .positions = positions});
  wire_.account({.time = 2, .whole = true, .balances = {}, .positions = {}});
  EXPECT_THAT(said(), ElementsAre("acme: the account holds 100 USD and 0.5 locked, -1.5 of acme:PERP",
                                  "acme: the account holds nothing"));
}

TEST_F(AWire, SaysOfEachKindOfTroubleNoMoreThanTwenty) {
  for (int times = 0; times < 100; ++times) {
    wire_.unknown("newEvent", "{}");
    wire_.malformed({Errc::BadData, "no number", ""}, "{");
  }
  const auto lines = said();
  EXPECT_EQ(lines.size(), 40u);
  EXPECT_EQ(lines.front(), "[warn] acme: a message of an unknown type, newEvent; it is among the frames");
  EXPECT_EQ(lines.back(), "[warn] acme: a message that cannot be read: no number");
}

TEST_F(AWire, TakesItThatNobodyListenedUntilTheLatestTimeThatTheVenuesClockCanHaveShown) {
  const UnixNanos asked = clock_.now();
  EXPECT_EQ(unheard_until(asked, gateway::ClockOffset::Estimate{.offset = 2 * kSecond, .error = kSecond}),
            asked + 3 * kSecond);
  EXPECT_EQ(unheard_until(asked, gateway::ClockOffset::Estimate{.offset = -2 * kSecond, .error = kSecond}),
            asked - kSecond);
  EXPECT_EQ(unheard_until(asked, std::nullopt), kNever) << "what nobody knows is no reason to have heard it";
}

TEST_F(AWire, EndsTheSessionOfAnAccountThatCannotBeTradedAsItIsSet) {
  wire_.status({.state = venues::VenueState::SignedIn, .text = "signed in"});
  EXPECT_FALSE(unsuited_);
  EXPECT_THAT(said(), ElementsAre("acme: signed in"));
  wire_.status({.state = venues::VenueState::Unsuited, .text = "hedge mode", .remedy = "switch it off"});
  ASSERT_TRUE(unsuited_);
  EXPECT_EQ(unsuited_->message, "acme: hedge mode");
  EXPECT_EQ(unsuited_->hint, "switch it off");
}

}  // namespace
}  // namespace stom::trade
