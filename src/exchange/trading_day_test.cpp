// A day of KRX at the simulated Kiwoom, hour by hour on a clock that the test sets: what a client is told, and what
// becomes of its orders.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "exchange/venue_host.hpp"
#include "sim/sessions.hpp"
#include "tests/support/test_data.hpp"
#include "venues/kiwoom/server.hpp"

namespace stom::exchange {
namespace {

using Json = nlohmann::json;

constexpr venues::SocketId kSocket = 7;
constexpr std::string_view kStock = "005930";

std::int64_t won(const Json& text) { return std::abs(std::stoll(text.get<std::string>())); }

/// The exchange with one stock, and a client that is logged in and registered for everything.
class Krx final : private Sockets {
 public:
  explicit Krx(std::string_view at, std::uint64_t seed = 7, Price start = {}) : faults_{seed} {
    const sim::SessionTable& sessions = *sim::session_table("krx");
    clock_.set(parse_time(at).value());
    auto server = venues::kiwoom::stock_server();
    const venues::Listing listing = server->listings().front();
    instrument = listing.instrument;
    const sim::FlowConfig config{.instrument = listing.instrument,
                                 .start_price = start.value > 0 ? start : listing.start_price,
                                 .typical_quantity = listing.typical_quantity,
                                 .depth_doublings = listing.depth_doublings,
                                 .start = sessions.calendar().start_of(sessions.calendar().trading_day(clock_.now())),
                                 .length = 30 * kDay,
                                 .seed = seed,
                                 .actions_per_second = 1,
                                 .market = "krx"};
    base = config.start_price;
    std::vector<Market> markets(1);
    markets[0].tape = Tape::generated(config).value();
    markets[0].terms = {.market = "krx", .group = "kospi200", .base = config.start_price};
    markets[0].begins = config.start;
    markets[0].history = {
        {.time = config.start - 10 * kHour, .open = base, .high = base, .low = base, .close = base, .volume = {1}}};
    const auto credentials = server->make_credentials(std::string(256, 'a'));
    Sockets& sockets = *this;
    host_ = std::make_unique<VenueHost>(std::move(server), std::move(markets), std::vector{credentials}, clock_,
                                        faults_, sockets, seed);
    advance();
    token_ =
        post("/oauth2/token", "au10001",
             {{"grant_type", "client_credentials"}, {"appkey", credentials.key}, {"secretkey", credentials.secret}})
            .at("token")
            .get<std::string>();
    host_->server().on_open(kSocket, {});
    say({{"trnm", "LOGIN"}, {"token", token_}});
    say({{"trnm", "REG"},
         {"grp_no", "1"},
         {"refresh", "1"},
         {"data", Json::array({Json{{"item", {kStock}}, {"type", {"0B", "0H"}}},
                               Json{{"item", {""}}, {"type", {"00", "0s", "1h"}}}})}});
  }

  /// Second by second, as the program's timer does it.
  void until(std::string_view at) {
    const UnixNanos end = parse_time(at).value();
    while (clock_.now() < end) {
      clock_.set(std::min(clock_.now() + kSecond, end));
      advance();
    }
  }
  template <class Done>
  void until(std::string_view at, Done&& done) {
    const UnixNanos end = parse_time(at).value();
    while (clock_.now() < end && !done()) {
      clock_.set(clock_.now() + kSecond);
      advance();
    }
  }

  /// Registers the stock for one more type; "02": for the condition of stocks that were last taken by a buyer.
  void listen(std::string_view type) {
    if (type == "02") return say({{"trnm", "CNSRREQ"}, {"seq", "2"}, {"search_type", "1"}, {"stex_tp", "K"}});
    say({{"trnm", "REG"},
         {"grp_no", "1"},
         {"refresh", "1"},
         {"data", Json::array({Json{{"item", {kStock}}, {"type", {type}}}})}});
  }

  Json call(std::string_view api_id, const Json& body) {
    static const std::map<std::string_view, std::string_view> kPaths{
        {"kt10000", "ordr"}, {"kt10001", "ordr"}, {"kt10002", "ordr"},    {"kt10003", "ordr"},
        {"ka10075", "acnt"}, {"kt00001", "acnt"}, {"ka10001", "stkinfo"}, {"ka10004", "mrkcond"}};
    return post("/api/dostk/" + std::string{kPaths.at(api_id)}, api_id, body);
  }
  Json order(std::int64_t quantity, std::int64_t price, std::string_view kind = "0", std::string_view api = "kt10000") {
    return call(api, {{"dmst_stex_tp", "KRX"},
                      {"stk_cd", kStock},
                      {"ord_qty", std::to_string(quantity)},
                      {"ord_uv", price == 0 ? "" : std::to_string(price)},
                      {"trde_tp", kind}});
  }
  Json open_orders() {
    return call("ka10075", {{"all_stk_tp", "0"}, {"trde_tp", "0"}, {"stk_cd", ""}, {"stex_tp", "0"}}).at("oso");
  }
  Json change(std::string_view api, const Json& order, std::int64_t quantity, std::int64_t price = 0) {
    const bool cancels = api == "kt10003";
    Json body{{"dmst_stex_tp", "KRX"}, {"orig_ord_no", order.at("ord_no")}, {"stk_cd", kStock}};
    body[cancels ? "cncl_qty" : "mdfy_qty"] = std::to_string(quantity);
    if (!cancels) body["mdfy_uv"] = std::to_string(price);
    return call(api, body);
  }

  /// What was told of a type, in order; what of it a member says.
  const std::vector<Json>& told(const std::string& type) { return told_[type]; }
  std::vector<std::string> told(const std::string& type, const char* member) {
    std::vector<std::string> out;
    for (const Json& values : told_[type]) out.push_back(values.at(member).get<std::string>());
    return out;
  }
  void forget() { told_.clear(); }
  UnixNanos now() const { return clock_.now(); }

  Instrument instrument;
  Price base;

 private:
  void advance() {
    while (host_->advance()) {
    }
    host_->server().on_timer(clock_.now());
  }
  Json post(const std::string& path, std::string_view api_id, const Json& body) {
    clock_.set(clock_.now() + kSecond / 4);  // five of a kind in one second are allowed
    const auto answer = host_->server().on_request(
        {.method = "POST",
         .path = path,
         .query = "",
         .body = body.dump(),
         .headers = {{"api-id", std::string{api_id}}, {"authorization", "Bearer " + token_}}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    return Json::parse(answer.body);
  }
  void say(const Json& message) { host_->server().on_message(kSocket, message.dump()); }
  void send(venues::SocketId, std::string text, bool) override {
    const Json message = Json::parse(text);
    if (message.value("return_code", 0) != 0) ADD_FAILURE() << text;
    if (message.value("trnm", "") == "PING") say(message);
    if (message.value("trnm", "") != "REAL") return;
    for (const Json& entry : message.at("data"))
      told_[entry.at("type").get<std::string>()].push_back(entry.at("values"));
  }
  void close(venues::SocketId, std::uint16_t, std::string_view reason) override { ADD_FAILURE() << reason; }

  ManualClock clock_;
  Faults faults_;
  std::unique_ptr<VenueHost> host_;
  std::string token_;
  std::map<std::string, std::vector<Json>> told_;
};

bool taken(const Json& answer) { return answer.at("return_code") == 0; }
std::string words(const Json& answer) { return answer.at("return_msg").get<std::string>(); }

TEST(KrxDay, OrdersOfTheOpeningCallTradeAtTheOnePriceOfTheMarketsAuction) {
  Krx krx{"2026-11-27T08:40:00+09:00"};
  const auto upper = won(krx.call("ka10001", {{"stk_cd", kStock}}).at("upl_pric"));
  const auto dear = krx.order(10, upper), at_any = krx.order(5, 0, "3"),
             cheap = krx.order(7, krx.base.value * 3 / 4 / 100 * 100);
  ASSERT_TRUE(taken(dear) && taken(at_any) && taken(cheap)) << dear << at_any << cheap;
  krx.until("2026-11-27T08:59:59+09:00");
  EXPECT_EQ(krx.open_orders().size(), 3u) << "gathered, though the two sides overlap";
  EXPECT_TRUE(krx.told("0B").empty());
  EXPECT_FALSE(krx.told("0H").empty()) << "what would trade now is told meanwhile";
  krx.forget();
  krx.until("2026-11-27T09:00:31+09:00");
  ASSERT_FALSE(krx.told("0B").empty());
  const Json& print = krx.told("0B").front();
  EXPECT_EQ(print.at("15").get<std::string>().find_first_of("+-"), std::string::npos) << "nobody took in an auction";
  std::int64_t filled = 0;
  for (const Json& values : krx.told("00")) {
    if (values.at("913") != "체결") continue;
    EXPECT_EQ(won(values.at("910")), won(print.at("10"))) << values;
    filled += won(values.at("911"));
  }
  EXPECT_EQ(filled, 15);
  EXPECT_EQ(krx.open_orders().size(), 1u) << "who bid less waits on";
}

/// How many levels of a side a book (0D) has, from its first; the rest must be empty.
int levels_of(const Json& book, int first_price) {
  int levels = 0;
  for (int i = 0; i < 10; ++i) {
    const bool there = won(book.at(std::to_string(first_price + i))) != 0;
    EXPECT_EQ(there, won(book.at(std::to_string(first_price + 20 + i))) != 0) << "a price has a quantity";
    if (there) {
      EXPECT_EQ(i, levels) << "no level behind an empty one";
      ++levels;
    }
  }
  return levels;
}

TEST(KrxDay, OfTheOpeningCallOnlyWhatWouldTradeAndThreeLevelsOfWhatWouldBeLeftAreShown) {
  Krx krx{"2026-11-27T08:35:00+09:00"};
  krx.listen("0D");
  krx.until("2026-11-27T08:39:59+09:00");
  EXPECT_TRUE(krx.told("0D").empty() && krx.told("0H").empty()) << "nothing before the call is ten minutes old";
  EXPECT_EQ(won(krx.call("ka10004", {{"stk_cd", kStock}}).at("buy_fpr_bid")), 0);
  krx.until("2026-11-27T08:59:59+09:00");
  ASSERT_GT(krx.told("0D").size(), 100u);
  for (const Json& book : krx.told("0D")) {
    const auto price = won(book.at("291"));
    EXPECT_GT(price, 0) << "the two sides meet";
    EXPECT_EQ(book.at("23"), book.at("291"));
    EXPECT_GT(won(book.at("292")), 0);
    EXPECT_LE(levels_of(book, 41), 3);
    EXPECT_LE(levels_of(book, 51), 3);
    EXPECT_EQ(won(book.at("121")) + won(book.at("125")), 0) << "totals are not told";
    // All that is better than the price has traded, and at it one side wholly.
    EXPECT_GE(won(book.at("41")), price);
    EXPECT_LE(won(book.at("51")), price);
    EXPECT_LT(won(book.at("51")), won(book.at("41")));
  }
  EXPECT_EQ(won(krx.told("0H").back().at("10")), won(krx.told("0D").back().at("23"))) << "0H tells the same";
  EXPECT_EQ(won(krx.call("ka10001", {{"stk_cd", kStock}}).at("exp_cntr_pric")), won(krx.told("0D").back().at("23")));
  EXPECT_TRUE(words(krx.order(1, 0, "6")).contains("동시호가")) << "there is no best price to follow";
  EXPECT_TRUE(krx.told("0B").empty()) << "and nothing trades";
  krx.forget();
  krx.until("2026-11-27T09:01:00+09:00");
  const Json& print = krx.told("0B").front();
  EXPECT_EQ(print.at("16"), print.at("10")) << "the price of the auction is the day's first";
  EXPECT_EQ(print.at("13"), print.at("15")) << "and its quantity all of the day's";
  EXPECT_EQ(krx.told("0D").back().at("291"), "0");
  EXPECT_EQ(levels_of(krx.told("0D").back(), 51), 10) << "the whole book again";
}

TEST(KrxDay, AnAuctionsTradeWasTakenByNobodyAndFulfilsNoConditionOfBuyers) {
  Krx krx{"2026-11-27T08:59:00+09:00"};
  krx.listen("02");
  krx.until("2026-11-27T09:10:00+09:00", [&] { return !krx.told("02").empty(); });
  ASSERT_FALSE(krx.told("02").empty());
  const auto& trades = krx.told("0B");
  EXPECT_EQ(trades.front().at("15").get<std::string>().find('+'), std::string::npos);
  EXPECT_TRUE(std::ranges::any_of(trades, [](const Json& t) { return t.at("15").get<std::string>().starts_with('+'); }))
      << "somebody bought before it was said that somebody did";
}

TEST(KrxDay, WhileTheMarketIsClosedNoOrderIsTaken) {
  Krx krx{"2026-11-27T08:29:00+09:00"};
  const auto price = krx.base.value;
  EXPECT_TRUE(words(krx.order(1, price)).contains("장 운영시간")) << "before the opening call";
  EXPECT_EQ(won(krx.call("ka10004", {{"stk_cd", kStock}}).at("sel_fpr_bid")), 0) << "there is no book yet";
  krx.until("2026-11-27T08:30:01+09:00");
  const auto low = krx.order(3, price * 3 / 4 / 100 * 100);
  EXPECT_TRUE(taken(low)) << low;
  EXPECT_TRUE(words(krx.order(1, price, "10")).contains("동시호가")) << "an auction takes no IOC";
  EXPECT_TRUE(words(krx.order(1, price + 1)).contains("호가단위"));
  EXPECT_TRUE(words(krx.order(1, price * 2)).contains("상한가"));
  krx.until("2026-11-27T15:33:00+09:00");
  EXPECT_TRUE(words(krx.order(1, price)).contains("장 운영시간")) << "after the closing call";
  EXPECT_TRUE(krx.open_orders().empty()) << "an order is for the day";
}

TEST(KrxDay, ASaturdayHasNoMarket) {
  Krx krx{"2026-11-28T11:00:00+09:00"};
  EXPECT_TRUE(words(krx.order(1, krx.base.value)).contains("장 운영시간"));
  krx.until("2026-11-28T11:10:00+09:00");
  EXPECT_TRUE(krx.told("0B").empty());
  EXPECT_EQ(krx.told("0s", "215"), std::vector<std::string>{"9"});
}

TEST(KrxDay, TheSessionIsToldWhenItChanges) {
  Krx krx{"2026-11-27T08:29:30+09:00"};
  krx.until("2026-11-27T18:00:01+09:00");
  std::vector<std::pair<std::string, std::string>> changes;
  for (const Json& values : krx.told("0s"))
    if (const auto session = values.at("215").get<std::string>(); changes.empty() || changes.back().first != session)
      changes.emplace_back(session, values.at("20").get<std::string>());
  EXPECT_EQ(changes,
            (std::vector<std::pair<std::string, std::string>>{
                {"9", "082930"}, {"0", "083000"}, {"3", "090000"}, {"2", "152000"}, {"8", "153000"}, {"9", "180000"}}));
  EXPECT_EQ(krx.told("0s").at(1).at("214"), "003000") << "half an hour until the opening";
  EXPECT_EQ(krx.told("0s").at(2).at("214"), "002900");
}

/// The first of some seeds whose day has an interruption, once it is on.
std::unique_ptr<Krx> interrupted() {
  for (std::uint64_t seed = 1; seed < 20; ++seed) {
    auto krx = std::make_unique<Krx>("2026-11-27T09:01:00+09:00", seed);
    krx->until("2026-11-27T14:00:00+09:00", [&] { return !krx->told("1h").empty(); });
    if (!krx->told("1h").empty()) return krx;
  }
  return nullptr;
}

TEST(KrxDay, AnInterruptionIsToldAndOrdersMeetAtOnePriceWhenItEnds) {
  const auto krx = interrupted();
  ASSERT_NE(krx, nullptr);
  const Json on = krx->told("1h").front();
  EXPECT_EQ(on.at("9068"), "1");
  const auto price = won(on.at("1221")), from_single = won(on.at("1236")), from_last = won(on.at("1237"));
  EXPECT_TRUE(from_single > 0 || from_last > 0);
  if (from_single > 0) {
    EXPECT_GE(std::abs(price - from_single) * 10, from_single) << "ten per cent: " << on;
  }
  if (from_last > 0) {
    EXPECT_GE(std::abs(price - from_last) * 100, from_last * 3) << "three per cent: " << on;
  }
  krx->forget();
  const auto upper = won(krx->call("ka10001", {{"stk_cd", kStock}}).at("upl_pric"));
  ASSERT_TRUE(taken(krx->order(4, upper)));
  EXPECT_TRUE(krx->told("0B").empty());
  const UnixNanos begun = krx->now();
  krx->until("2026-11-27T15:00:00+09:00", [&] { return !krx->told("1h").empty(); });
  EXPECT_EQ(krx->told("1h").front().at("9068"), "2");
  EXPECT_GE(krx->now() - begun, 118 * kSecond) << "two minutes";
  EXPECT_LE(krx->now() - begun, 152 * kSecond) << "and at most half a one more";
  std::vector<std::int64_t> prices;
  for (const Json& values : krx->told("00"))
    if (values.at("913") == "체결") prices.push_back(won(values.at("910")));
  EXPECT_EQ(prices, std::vector<std::int64_t>{won(krx->told("0B").front().at("10"))});
}

/// The values that the venue's document prints of a message of that type.
Json documented(const std::filesystem::path& examples, const std::string& type) {
  std::ifstream in{examples};
  for (std::string line; std::getline(in, line);)
    if (const Json api = Json::parse(line); api.at("api_id") == type)
      return api.at("response_examples").at(1).at("parsed").at("data").at(0).at("values");
  ADD_FAILURE() << "no example of " << type;
  return {};
}

TEST(KrxDay, WhatIsToldOfTheDayHasTheFieldsOfTheVenuesDocument) {
  const auto examples = test::test_data("protocol/kiwoom_rest/official_doc_examples.jsonl");
  if (!examples) GTEST_SKIP() << test::kNoTestData;
  const auto krx = interrupted();
  ASSERT_NE(krx, nullptr);
  krx->listen("0D");
  krx->until("2026-11-27T15:00:00+09:00", [&] { return krx->told("1h").size() > 1; });
  for (const std::string type : {"0s", "0H", "1h", "0D"}) {
    ASSERT_FALSE(krx->told(type).empty()) << type;
    const Json theirs = documented(*examples, type);
    for (const Json& ours : {krx->told(type).front(), krx->told(type).back()}) {
      EXPECT_EQ(ours.size(), theirs.size()) << type;
      for (const auto& [field, value] : theirs.items()) {
        ASSERT_TRUE(ours.contains(field)) << type << ' ' << field;
        EXPECT_EQ(ours.at(field).type(), value.type()) << type << ' ' << field;
      }
    }
  }
}

TEST(KrxDay, ANewDayBeginsWithABookOfItsOwnAndTheCloseOfTheDayBefore) {
  Krx krx{"2026-11-26T15:29:00+09:00"};
  krx.until("2026-11-26T15:33:00+09:00");
  const auto close = won(krx.told("0B").back().at("10"));
  krx.until("2026-11-27T08:30:00+09:00");
  krx.forget();
  krx.until("2026-11-27T09:01:00+09:00");
  EXPECT_EQ(won(krx.call("ka10001", {{"stk_cd", kStock}}).at("base_pric")), close);
  const auto book = krx.call("ka10004", {{"stk_cd", kStock}});
  EXPECT_GT(won(book.at("sel_fpr_bid")), won(book.at("buy_fpr_bid"))) << "nothing of yesterday's book is left";
  const auto bought = krx.order(1, 0, "3");
  ASSERT_TRUE(taken(bought)) << bought;
  EXPECT_EQ(krx.told("00").back().at("913"), "체결");
}

TEST(KrxDay, LimitsAreThirtyPerCentCutToTheTickOfTheBasePrice) {
  // 30 % of 20,050 are 6,015; the tick there is 50. 14,050 and 26,050, and not 14,040, which is on the ladder too.
  Krx krx{"2026-11-27T08:40:00+09:00", 7, {20'050}};
  const auto limits = sim::daily_limits(krx.instrument, krx.base, 300'000'000);
  const auto info = krx.call("ka10001", {{"stk_cd", kStock}});
  EXPECT_EQ(won(info.at("upl_pric")), limits.upper.value);
  EXPECT_EQ(won(info.at("lst_pric")), limits.lower.value);
  EXPECT_EQ(limits.lower.value, 14'050);
}

// ---- a part of an order

TEST(KiwoomOrders, APartIsCanceledAndTheRestStaysInTheBookUnderItsNumber) {
  Krx krx{"2026-11-27T10:00:00+09:00"};
  const auto low = krx.base.value * 3 / 4 / 100 * 100;
  const auto placed = krx.order(10, low);
  ASSERT_TRUE(taken(placed)) << placed;
  const auto canceled = krx.change("kt10003", placed, 4);
  ASSERT_TRUE(taken(canceled)) << canceled;
  EXPECT_EQ(canceled.at("cncl_qty"), "000000000004");
  EXPECT_EQ(canceled.at("base_orig_ord_no"), placed.at("ord_no"));
  const auto open = krx.open_orders();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].at("ord_no"), placed.at("ord_no"));
  EXPECT_EQ(open[0].at("oso_qty"), "6");
  EXPECT_FALSE(taken(krx.change("kt10003", placed, 7))) << "more than is left";
  EXPECT_TRUE(taken(krx.change("kt10003", placed, 6)));
  EXPECT_TRUE(krx.open_orders().empty());
}

TEST(KiwoomOrders, APartIsAmendedAndGoesOnUnderANumberOfItsOwn) {
  Krx krx{"2026-11-27T10:00:00+09:00"};
  const auto low = krx.base.value * 3 / 4 / 100 * 100;
  const auto placed = krx.order(10, low);
  const auto amended = krx.change("kt10002", placed, 3, low + 100);
  ASSERT_TRUE(taken(amended)) << amended;
  EXPECT_EQ(amended.at("mdfy_qty"), "000000000003");
  const auto open = krx.open_orders();  // the newest first
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].at("ord_no"), amended.at("ord_no"));
  EXPECT_EQ(open[0].at("orig_ord_no"), placed.at("ord_no"));
  EXPECT_EQ(open[0].at("oso_qty"), "3");
  EXPECT_EQ(won(open[0].at("ord_pric")), low + 100);
  EXPECT_EQ(open[1].at("ord_no"), placed.at("ord_no"));
  EXPECT_EQ(open[1].at("oso_qty"), "7");
}

TEST(KiwoomOrders, AnAmendmentThatIsRefusedLeavesTheOrderAsItWas) {
  Krx krx{"2026-11-27T10:00:00+09:00"};
  const auto low = krx.base.value * 3 / 4 / 100 * 100;
  const auto placed = krx.order(1'500, low);
  ASSERT_TRUE(taken(placed)) << placed;
  EXPECT_TRUE(words(krx.change("kt10002", placed, 0, low + 1)).contains("호가단위"));
  EXPECT_TRUE(words(krx.change("kt10002", placed, 0, low * 2)).contains("상한가"));
  EXPECT_TRUE(words(krx.change("kt10002", placed, 0, low * 5 / 4 / 100 * 100)).contains("부족"))
      << "dearer than the cash";
  EXPECT_FALSE(taken(krx.change("kt10002", placed, 1'501, low)));
  const auto open = krx.open_orders();
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].at("ord_no"), placed.at("ord_no"));
  EXPECT_EQ(open[0].at("oso_qty"), "1500");
}

}  // namespace
}  // namespace stom::exchange
