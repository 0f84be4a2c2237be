// Each fault of the exchange, alone: what the gateway and the venue's client do then. docs/venues/faults.md has a row
// for each; EveryFaultHasARowAndATest holds both against the exchange's own list. After each test the desk's orders and
// fills are audited against the exchange, and books are compared with a plain reading of the exchange's own.
#include <fstream>
#include <sstream>

#include "tests/faults/trading_session.hpp"

namespace stom::faults {
namespace {

constexpr VenueFacts kSpot{.venue = "binance", .ready = "user stream subscribed"};
constexpr VenueFacts kUsdM{.venue = "binance-usdm", .ready = "user stream open"};
// In bitcoin, of an account that has ten of them and trades with twenty times as many.
constexpr VenueFacts kCoinM{.venue = "binance-coinm", .ready = "user stream open", .purse = 20};
constexpr VenueFacts kUpbit{.venue = "upbit",
                            .ready = "private stream open",
                            .silence = 3 * kMinute,
                            .purse = 400'000'000,
                            .whole_books = true};
constexpr VenueFacts kKiwoom{.venue = "kiwoom",
                             .ready = "logged in",
                             .silence = 75 * kSecond,
                             .never_arrived = 40 * kSecond,
                             .purse = 40'000'000,
                             .whole_books = true,
                             .typical_quantity = 1};
constexpr venues::Wanted kBook{.book = true, .trades = true};
/// No market data: the only frames are those of the user stream.
constexpr venues::Wanted kOrders{.book = false, .trades = false};
constexpr const char* kOnce = R"({"count":1})";

std::string name_of(const testing::TestParamInfo<VenueFacts>& venue) {
  static const std::map<std::string_view, const char*> names{{"binance", "Spot"},
                                                             {"binance-usdm", "UsdM"},
                                                             {"binance-coinm", "CoinM"},
                                                             {"upbit", "Upbit"},
                                                             {"kiwoom", "Kiwoom"}};
  return names.at(venue.param.venue);
}
class Fault : public testing::TestWithParam<VenueFacts> {};
INSTANTIATE_TEST_SUITE_P(Venues, Fault, testing::Values(kSpot, kUsdM, kCoinM, kUpbit, kKiwoom), name_of);
/// What only some venues do.
class BinanceFault : public testing::TestWithParam<VenueFacts> {};
INSTANTIATE_TEST_SUITE_P(Venues, BinanceFault, testing::Values(kSpot, kUsdM, kCoinM), name_of);
class BanFault : public testing::TestWithParam<VenueFacts> {};
INSTANTIATE_TEST_SUITE_P(Venues, BanFault, testing::Values(kSpot, kUsdM, kCoinM, kUpbit), name_of);

/// An order that may be sent again only now is too old for it.
void waits_no_longer(TradingSession& session, ClientOrderId order) {
  ASSERT_TRUE(session.until([&] { return session.ended(order); }));
  EXPECT_EQ(session.order(order).last, OrderEventKind::Denied);
  EXPECT_EQ(session.order(order).words, "it was not sent");
}

// ---- answers about orders

TEST_P(Fault, AnAnswerThatComesLateChangesNothing) {
  TradingSession session{GetParam(), kOrders};
  session.set("ack_delay_ms", R"({"value":300,"count":2})");
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.cancel(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_TRUE(session.used_up("ack_delay_ms"));
  EXPECT_EQ(session.gateway->counts().unknown, 0u);
  session.audit();
}

TEST_P(Fault, AnOrderWhoseAnswerIsLostIsAskedForAndNeverSentAgain) {
  TradingSession session{GetParam(), kOrders};
  session.set("ack_lost", kOnce);
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting) && session.gateway->counts().unknown == 1; }));
  session.set("ack_lost", kOnce);
  session.cancel(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting) && session.gateway->counts().unknown == 2; }));
  EXPECT_EQ(session.order(resting).last, OrderEventKind::Canceled);
  session.audit();
}

TEST_P(Fault, AnOrderIsAcceptedOnceHoweverOftenItsAnswerComes) {
  TradingSession session{GetParam(), kOrders};
  session.set("ack_duplicate");
  const auto resting = session.rest();
  const auto taking = session.take();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting) && session.ended(taking); }));
  EXPECT_EQ(session.venue->working_orders().size(), 1u);
  session.audit();
}

// ---- fills

TEST_P(Fault, AFillToldBeforeItsOrderIsAcknowledgedCounts) {
  TradingSession session{GetParam(), kOrders};
  session.set("fill_before_ack", kOnce);
  const auto taking = session.take();
  ASSERT_TRUE(session.until([&] { return session.ended(taking); }));
  EXPECT_EQ(session.order(taking).accepted, 1) << session.order(taking).words;
  EXPECT_GT(session.order(taking).filled, 0);
  EXPECT_TRUE(session.used_up("fill_before_ack"));
  session.audit();
}

TEST_P(Fault, FillsToldInAnotherOrderAddUpToTheSame) {
  TradingSession session{GetParam(), kOrders};
  session.set("fill_reorder");
  session.take_in_parts();
  session.audit();
}

TEST_P(Fault, AFillToldTwiceCountsOnce) {
  TradingSession session{GetParam(), kOrders};
  session.set("fill_duplicate");
  session.take_in_parts();
  session.audit();
}

TEST_P(Fault, AnOrderFilledAsItsCancelArrivesIsFilledAndNotCanceled) {
  TradingSession session{GetParam(), kOrders};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.set("cancel_filled", kOnce);
  session.cancel(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_EQ(session.order(resting).last, OrderEventKind::Filled);
  session.audit();
}

/// Two orders of somebody else, of which one fills.
void told_of_another(TradingSession& session) {
  session.set("foreign_order", kOnce);
  ASSERT_TRUE(session.until([&] { return session.desk.orders.size() == 2 && !session.desk.trades.empty(); }));
  for (const auto& [name, order] : session.desk.orders) EXPECT_FALSE(order.ours) << name;
  session.audit();
}

TEST_P(Fault, OrdersThatSomebodyElsePlacedAreToldAsNotOurs) {
  TradingSession session{GetParam(), kOrders};
  told_of_another(session);
}

TEST_P(Fault, AFillOfSomebodyElsesOrderThatIsToldTwiceCountsOnce) {
  TradingSession session{GetParam(), kOrders};
  session.set("fill_duplicate");
  told_of_another(session);
}

// ---- connections

TEST_P(Fault, ABookWhoseConnectionIsCutIsRightAgain) {
  TradingSession session{GetParam(), kBook};
  session.set("disconnect", kOnce);
  ASSERT_TRUE(session.until([&] { return !session.desk.stale.empty(); }));
  EXPECT_GE(session.gateway->counts().reconnects, 1u);
  session.expect_the_exchanges_book();
  session.audit();
}

TEST_P(Fault, AFillThatWasToldToADeadUserStreamIsAskedFor) {
  TradingSession session{GetParam(), kOrders};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.set("disconnect", kOnce);
  session.fill(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_TRUE(session.used_up("disconnect"));
  session.audit();
}

TEST_P(Fault, ABookThatFellSilentIsNoticedAndRightAgain) {
  TradingSession session{GetParam(), kBook};
  session.set("half_open", kOnce);
  ASSERT_TRUE(session.until([&] { return session.used_up("half_open"); }));
  session.pass(GetParam().silence);
  EXPECT_EQ(session.gateway->counts().silent, 1u) << "of all sockets only that one";
  ASSERT_TRUE(session.until([&] { return !session.desk.stale.empty(); }));
  session.expect_the_exchanges_book();
  session.audit();
}

TEST_P(Fault, AFillToldToASilentUserStreamIsAskedFor) {
  TradingSession session{GetParam(), kOrders};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.set("half_open", kOnce);
  session.fill(resting);
  EXPECT_TRUE(session.used_up("half_open"));
  EXPECT_FALSE(session.ended(resting));
  session.pass(GetParam().silence);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_EQ(session.gateway->counts().silent, 1u);
  session.audit();
}

// ---- frames

TEST_P(Fault, ABookFrameThatIsCutOffChangesNothingAndTheBookIsRightAgain) {
  TradingSession session{GetParam(), {.book = true, .trades = false}};
  session.set("frame_truncate", kOnce);
  const bool whole = GetParam().whole_books;
  ASSERT_TRUE(session.until([&] { return !session.desk.broken.empty() && (whole || !session.desk.stale.empty()); }));
  session.expect_the_exchanges_book();
  EXPECT_EQ(session.desk.stale.empty(), whole) << "where each is whole, the next one is";
  session.audit();
}

TEST_P(Fault, AFillWhoseFrameIsCutOffIsAskedFor) {
  TradingSession session{GetParam(), kOrders};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.set("frame_truncate");
  session.fill(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_FALSE(session.desk.broken.empty());
  session.clear("frame_truncate");
  session.audit();
}

TEST_P(Fault, AMessageInPiecesIsOneMessage) {
  TradingSession session{GetParam(), kBook};
  session.set("frame_split");
  const auto before = session.desk.changes.size();
  const auto taking = session.take();
  ASSERT_TRUE(session.until([&] { return session.ended(taking) && session.desk.changes.size() > before; }));
  session.expect_the_exchanges_book();
  EXPECT_TRUE(session.desk.broken.empty());
  EXPECT_TRUE(session.desk.stale.empty());
  session.audit();
}

TEST_P(Fault, ABookWithAMissingUpdateIsStaleUntilItIsAskedForAgain) {
  TradingSession session{GetParam(), kBook};
  session.set("seq_gap", R"({"count":3})");
  const bool whole = GetParam().whole_books;
  ASSERT_TRUE(session.until([&] { return session.used_up("seq_gap") && (whole || !session.desk.stale.empty()); }));
  if (whole) {
    EXPECT_TRUE(session.desk.stale.empty()) << "each book is whole";
  } else {
    EXPECT_EQ(session.desk.stale.front(), "an update is missing");
  }
  session.expect_the_exchanges_book();
}

// ---- refusals

TEST_P(Fault, AfterTooManyRequestsNothingIsSentUntilTheVenueSaysSo) {
  TradingSession session{GetParam(), kBook};
  const NewOrder order = session.resting();
  session.set("http_429", kOnce);
  const auto refused = session.send(order);
  ASSERT_TRUE(session.until([&] { return session.ended(refused); }));
  EXPECT_EQ(session.order(refused).last, OrderEventKind::Rejected);
  EXPECT_EQ(session.order(refused).why, RejectReason::TooManyOrders) << session.order(refused).words;
  EXPECT_EQ(session.gateway->counts().refusals, 1u);
  const auto calls = session.gateway->counts().calls;
  auto waiting = session.rest();
  if (GetParam().whole_books) {  // a second; elsewhere told to wait for a minute, which is too long for an order
    session.pass(kSecond);
  } else {
    session.expect_the_exchanges_book();
    EXPECT_EQ(session.gateway->counts().calls, calls) << "it was told to wait";
    session.pass(kMinute + kSecond);
    waits_no_longer(session, waiting);
    waiting = session.rest();
  }
  ASSERT_TRUE(session.until([&] { return session.accepted(waiting); }));
  session.audit();
}

TEST_P(BanFault, WhileShutOutNothingIsSentAndNoConnectionIsOpened) {
  TradingSession session{GetParam(), kBook};
  const NewOrder order = session.resting();
  session.set("http_418", kOnce);
  const auto refused = session.send(order);
  ASSERT_TRUE(session.until([&] { return session.ended(refused); }));
  EXPECT_EQ(session.order(refused).last, OrderEventKind::Rejected);
  const auto calls = session.gateway->counts().calls;
  session.set("disconnect", kOnce);
  ASSERT_TRUE(session.until([&] { return !session.desk.stale.empty(); }));
  const auto waiting = session.rest();
  session.catch_up();
  EXPECT_EQ(session.gateway->counts().calls, calls);
  session.pass(kMinute + kSecond);
  waits_no_longer(session, waiting);
  const auto placed = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(placed); }));
  session.expect_the_exchanges_book();
  session.audit();
}

TEST_P(Fault, AnOrderThatAServerErrorAnsweredIsUnknownUntilItCannotArriveAnyMore) {
  TradingSession session{GetParam(), kOrders};
  const NewOrder order = session.resting();
  session.set("http_5xx", kOnce);
  const auto lost = session.send(order);
  ASSERT_TRUE(session.until([&] { return session.used_up("http_5xx"); }));
  session.catch_up();
  EXPECT_FALSE(session.ended(lost)) << "it is not known yet";
  session.pass(GetParam().never_arrived);
  ASSERT_TRUE(session.until([&] { return session.ended(lost); }));
  EXPECT_EQ(session.order(lost).last, OrderEventKind::Rejected);
  session.audit();
}

TEST_P(Fault, MaintenanceIsWaitedForAndEndsInTheRightBookAndNoLostOrder) {
  TradingSession session{GetParam(), kBook};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  const NewOrder order = session.resting();
  session.set("maintenance");
  session.set("disconnect", R"({"count":2})");
  const auto lost = session.send(order);
  const auto before = session.gateway->counts().reconnects;
  ASSERT_TRUE(session.until([&] {
    return !session.desk.stale.empty() && session.gateway->counts().reconnects > before + 3;
  })) << "it is tried again and again";
  EXPECT_FALSE(session.ended(lost)) << "unknown is not refused";
  session.clear("disconnect");
  session.clear("maintenance");
  session.pass(GetParam().never_arrived);
  ASSERT_TRUE(session.until([&] { return session.ended(lost); }));
  session.expect_the_exchanges_book();
  session.audit();
}

TEST_P(BinanceFault, AVenueWhoseClockIsAheadIsFollowed) {
  TradingSession session{GetParam(), kBook};
  for (const DurationNanos skew : {20 * kSecond, -20 * kSecond}) {
    const NewOrder order = session.resting();
    session.skew = skew;
    session.set("clock_skew_ms", fmt::format(R"({{"value":{}}})", skew / kMillisecond));
    // Refused as too old or too new, once; then the venue is asked for its time.
    const auto refused = session.send(order);
    ASSERT_TRUE(session.until([&] { return session.ended(refused); }));
    const auto told = [&] {
      const auto estimate = session.gateway->clock(session.clock.now());
      return estimate && std::abs(estimate->offset - skew) < 2 * kSecond;
    };
    ASSERT_TRUE(session.until(told));
    const auto placed = session.send(order);
    ASSERT_TRUE(session.until([&] { return session.ended(placed) || session.accepted(placed); }));
    EXPECT_TRUE(session.accepted(placed));
    session.audit();
  }
}

// ---- markets

TEST_P(Fault, APriceOnTheOldTickIsRefusedOnceTheTickHasChanged) {
  TradingSession session{GetParam(), kOrders};
  const NewOrder order = session.resting();
  const auto tick = session.tick_at(order.price.value);
  session.set("tick_change", R"({"value":10})");
  NewOrder coarse = order, fine = order;
  coarse.price.value -= order.price.value % (10 * tick);
  fine.price.value = coarse.price.value + tick;
  const auto old = session.send(fine);
  const auto now = session.send(coarse);
  ASSERT_TRUE(session.until([&] { return session.ended(old) && session.accepted(now); }));
  EXPECT_EQ(session.order(old).last, OrderEventKind::Rejected);
  EXPECT_EQ(session.order(old).why, RejectReason::OffTick) << session.order(old).words;
  session.audit();
}

TEST_P(Fault, ADelistedMarketCancelsItsOrdersAndTakesNoMore) {
  TradingSession session{GetParam(), kBook};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.set("delist");
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  EXPECT_EQ(session.order(resting).last, OrderEventKind::Canceled);
  const auto refused = session.rest();
  ASSERT_TRUE(session.until([&] { return session.ended(refused); }));
  EXPECT_EQ(session.order(refused).last, OrderEventKind::Rejected);
  EXPECT_FALSE(session.order(refused).words.empty());
  session.catch_up();
  const auto told = session.desk.changes.size();
  session.pass(10 * kSecond);
  EXPECT_EQ(session.desk.changes.size(), told) << "its stream has ended";
  session.audit();
}

// ---- sessions

TEST_P(BinanceFault, AUserStreamThatTheVenueEndsIsAskedForAnewAndNothingIsMissed) {
  TradingSession session{GetParam(), kOrders};
  const bool spot = std::string{GetParam().venue} == "binance";
  const char* const fault = spot ? "token_expire" : "listenkey_expire";
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  session.desk.statuses.clear();
  session.set(fault, kOnce);
  ASSERT_TRUE(session.until([&] { return session.desk.heard("the user stream ended"); }));
  const auto taking = session.take();
  ASSERT_TRUE(session.until([&] { return session.ended(taking) && session.desk.heard(GetParam().ready); }));
  session.cancel(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  session.audit();
  // What this venue does not have cannot end.
  const auto other = session.control("PUT", spot ? "listenkey_expire" : "token_expire");
  EXPECT_EQ(other.status, 400);
  EXPECT_TRUE(other.body.contains("no venue here has a")) << other.body;
}

TEST(KiwoomFault, ATokenThatExpiresIsBoughtAnewAndNothingIsMissed) {
  TradingSession session{kKiwoom, kOrders};
  const auto resting = session.rest();
  ASSERT_TRUE(session.until([&] { return session.accepted(resting); }));
  const NewOrder order = session.resting();
  session.set("token_expire", kOnce);
  ASSERT_TRUE(session.until([&] { return session.used_up("token_expire"); }));
  const auto refused = session.send(order);
  ASSERT_TRUE(session.until([&] { return session.ended(refused); }));
  EXPECT_EQ(session.order(refused).last, OrderEventKind::Rejected) << "a token that is over is a refusal, not a doubt";
  EXPECT_TRUE(session.order(refused).words.contains("8005")) << session.order(refused).words;
  ClientOrderId again = 0;
  ASSERT_TRUE(session.until([&] {
    if (again != 0 && session.accepted(again)) return true;
    if (again == 0 || session.ended(again)) again = session.send(order);  // until the new token is there
    return false;
  }));
  session.fill(resting);
  ASSERT_TRUE(session.until([&] { return session.ended(resting); }));
  session.audit();
}

// ---- the page

TEST(FaultPage, EveryFaultHasARowAndATest) {
  std::ifstream page{STOM_SOURCE_DIR "/docs/venues/faults.md"};
  ASSERT_TRUE(page);
  std::map<std::string, std::string> rows;  // fault to its row
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    // A row may name several: "| `http_429` | …".
    std::istringstream cells{line};
    std::string first;
    std::getline(cells, first, '|');
    std::getline(cells, first, '|');
    for (std::size_t at = first.find('`'); at != std::string::npos;) {
      const std::size_t end = first.find('`', at + 1);
      ASSERT_NE(end, std::string::npos) << line;
      rows[first.substr(at + 1, end - at - 1)] = line;
      at = first.find('`', end + 1);
    }
  }
  std::set<std::string> tests;
  const auto& all = *testing::UnitTest::GetInstance();
  for (int i = 0; i < all.total_test_suite_count(); ++i)
    for (int j = 0; j < all.GetTestSuite(i)->total_test_count(); ++j) {
      const std::string name = all.GetTestSuite(i)->GetTestInfo(j)->name();
      tests.insert(name.substr(0, name.find('/')));
    }
  for (const std::string_view fault : exchange::Faults::names()) {
    const auto row = rows.find(std::string{fault});
    ASSERT_NE(row, rows.end()) << fault << " has no row in docs/venues/faults.md";
    // The last cell: the tests.
    const std::string line = row->second.substr(0, row->second.rfind('|'));
    const std::string names = line.substr(line.rfind('|'));
    bool any = false;
    for (std::size_t at = names.find('`'); at != std::string::npos;) {
      const std::size_t end = names.find('`', at + 1);
      ASSERT_NE(end, std::string::npos) << line;
      const std::string name = names.substr(at + 1, end - at - 1);
      EXPECT_TRUE(tests.contains(name)) << fault << ": there is no test " << name;
      any = true;
      at = names.find('`', end + 1);
    }
    EXPECT_TRUE(any) << fault << " has no test";
    rows.erase(row);
  }
  for (const auto& [name, row] : rows) ADD_FAILURE() << name << " is no fault of the exchange";
}

}  // namespace
}  // namespace stom::faults
