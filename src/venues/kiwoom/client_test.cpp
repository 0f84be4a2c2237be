#include "venues/kiwoom/client.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "tests/support/venue_notes.hpp"

namespace stom::venues::kiwoom {
namespace {

using test::kNow;
using test::Notes;

Instrument stock(const std::string& code) {
  Instrument instrument;
  instrument.id = "kiwoom:" + code;
  return instrument;
}

struct Kiwoom : testing::Test {
  Notes notes;
  std::unique_ptr<Venue> venue = client({Credentials{"k", "s"}}).value();

  void log_in() {
    venue->start(kNow, notes);
    venue->reply(
        {.tag = notes.requests.back().tag,
         .status = 200,
         .body =
             R"({"expires_dt":"20991231000000","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})"},
        kNow, notes);
    venue->opened(1, kNow, notes);
    notes.take();
    venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", kNow, notes);
  }

  /// Logged in with 005930 watched as 2, the account's lists asked for and empty.
  void ready() {
    venue->watch(2, stock("005930"), {}, kNow, notes);
    log_in();
    lists({}, {});
    answer("kt00018", kNoHoldings);
    answer("kt00001", cash(1'000'000));
    notes.take();
  }
  void buy(ClientOrderId id, std::int64_t quantity, std::int64_t price) {
    venue->submit({.id = id, .instrument = 2, .quantity = {quantity}, .price = {price}}, kNow, notes);
  }
  /// The newest request with that API id.
  const Request& asked(std::string_view api_id) const {
    for (auto at = notes.requests.rbegin(); at != notes.requests.rend(); ++at)
      for (const auto& header : at->headers)
        if (header.name == "api-id" && header.value == api_id) return *at;
    ADD_FAILURE() << "nobody asked " << api_id;
    return notes.requests.front();
  }
  void answer(std::string_view api_id, const std::string& body, UnixNanos now = kNow, int status = 200,
              std::vector<Header> headers = {}) {
    const auto tag = asked(api_id).tag;
    venue->reply({.tag = tag, .status = status, .headers = headers, .body = body}, now, notes);
  }
  void numbered(std::string_view number, std::string_view api_id = "kt10000") {
    answer(api_id, fmt::format(R"({{"ord_no":"{}","return_code":0,"return_msg":""}})", number));
  }
  void lists(const std::vector<std::string>& open, const std::vector<std::string>& done, UnixNanos now = kNow) {
    answer("ka10075", fmt::format(R"({{"oso":[{}],"return_code":0,"return_msg":""}})", fmt::join(open, ",")), now);
    answer("ka10076", fmt::format(R"({{"cntr":[{}],"return_code":0,"return_msg":""}})", fmt::join(done, ",")), now);
  }
  static constexpr std::string_view kNoHoldings =
      R"({"tot_pur_amt":"0","tot_evlt_amt":"0","tot_evlt_pl":"0","tot_prft_rt":"0","prsm_dpst_aset_amt":"0",)"
      R"("acnt_evlt_remn_indv_tot":[],"return_code":0,"return_msg":""})";
  void answer(std::string_view api_id, std::string_view body) { answer(api_id, std::string{body}); }
  static std::string cash(int won) {
    return fmt::format(R"({{"entr":"{0:015}","pymn_alow_amt":"{0:015}","ord_alow_amt":"{0:015}","d1_entra":"{0:015}",)"
                       R"("d2_entra":"{0:015}","return_code":0,"return_msg":""}})",
                       won);
  }
  // kNow is 07:13:20 in Seoul.
  static std::string open_line(std::string number, int quantity, int price, int leaves, std::string kind = "보통",
                               std::string time = "071320") {
    return fmt::format(
        R"({{"acnt_no":"1","ord_no":"{}","stk_cd":"A005930","ord_stt":"접수","stk_nm":"s","ord_qty":"{}",)"
        R"("ord_pric":"{}","oso_qty":"{}","cntr_tot_amt":"0","orig_ord_no":"0000000","io_tp_nm":"+매수",)"
        R"("trde_tp":"{}","tm":"{}","cntr_qty":"{}","stex_tp_txt":"KRX","sor_yn":"N"}})",
        number, quantity, price, leaves, kind, time, quantity - leaves);
  }
  static std::string done_line(std::string number, int quantity, int price, int average, int filled, int fee = 0) {
    return fmt::format(
        R"({{"ord_no":"{}","stk_nm":"s","io_tp_nm":"+매수","ord_pric":"{}","ord_qty":"{}","cntr_pric":"{}",)"
        R"("cntr_qty":"{}","oso_qty":"{}","tdy_trde_cmsn":"{}","tdy_trde_tax":"0","ord_stt":"체결","trde_tp":"보통",)"
        R"("orig_ord_no":"0000000","ord_tm":"071320","stk_cd":"005930","stex_tp_txt":"KRX","sor_yn":"N"}})",
        number, price, quantity, average, filled, quantity - filled, fee);
  }
  /// kt00007
  static std::string day_line(std::string number, int quantity, int average, int filled) {
    return fmt::format(
        R"({{"ord_no":"{}","stk_cd":"A005930","trde_tp":"보통","crd_tp":"보통매매","ord_qty":"{:010}",)"
        R"("ord_uv":"0000070000","cnfm_qty":"0000000000","acpt_tp":"접수","rsrv_tp":"","ord_tm":"07:13:20",)"
        R"("ori_ord":"0000000","stk_nm":"s","io_tp_nm":"현금매수","loan_dt":"","cntr_qty":"{:010}","cntr_uv":"{:010}",)"
        R"("ord_remnq":"0000000000","comm_ord_tp":"","mdfy_cncl":"","cnfm_tm":"","dmst_stex_tp":"KRX",)"
        R"("cond_uv":"0000000000"}})",
        number, quantity, filled, average);
  }
  static std::string day_list(const std::vector<std::string>& lines) {
    return fmt::format(R"({{"acnt_ord_cntr_prps_dtl":[{}],"return_code":0,"return_msg":""}})", fmt::join(lines, ","));
  }
  struct Told {
    std::string number, state = "접수", kind = "+매수", original = "0000000", trade = "", last = "", last_quantity = "";
    int quantity = 10, leaves = 10, fee = 0;
    int value = 0;  // of all its fills
  };
  void told(const Told& t) {
    venue->frame(
        1,
        fmt::format(
            R"({{"data":[{{"values":{{"9201":"8100000000","9203":"{}","9205":"","9001":"005930","912":"JJ","913":"{}",)"
            R"("302":"삼성전자","900":"{}","901":"70000","902":"{}","903":"{}","904":"{}","905":"{}","906":"보통",)"
            R"("907":"2","908":"071320","909":"{}","910":"{}","911":"{}","10":"+70000","27":"+70000","28":"+69900",)"
            R"("914":"{}","915":"{}","938":"{}","939":"0","919":"0","920":"","921":"0","922":"00","923":"","10010":"",)"
            R"("2134":"1","2135":"KRX","2136":"N"}},"type":"00","name":"주문체결","item":"005930"}}],"trnm":"REAL"}})",
            t.number, t.state, t.quantity, t.leaves, t.value, t.original, t.kind, t.trade, t.last, t.last_quantity,
            t.last, t.last_quantity, t.fee),
        kNow, notes);
  }
};

TEST_F(Kiwoom, ATokenThenALoginThenARegistrationForEachStock) {
  venue->start(kNow, notes);
  EXPECT_EQ(notes.take(), R"(POST /oauth2/token {"grant_type":"client_credentials","appkey":"k","secretkey":"s"})");
  venue->watch(2, stock("005930"), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "a registration before the login is refused by the venue";
  venue->reply(
      {.tag = notes.requests.back().tag,
       .status = 200,
       .body =
           R"({"expires_dt":"20231116064320","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})"},
      kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 84000000 ms\nconnect 1 stream /api/dostk/websocket")
      << "renewed ten minutes before its end";
  venue->opened(1, kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"LOGIN","token":"t-1"})");
  venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", kNow, notes);
  EXPECT_EQ(notes.take(),
            R"(say 1 {"trnm":"REG","grp_no":"0","refresh":"1","data":[{"item":[""],"type":["00","04","0s"]}]})"
            "\n"
            R"(say 1 {"trnm":"REG","grp_no":"1","refresh":"1","data":[{"item":["005930"],"type":["0B","0D","1h"]}]})"
            "\n"
            R"(POST /api/dostk/acnt {"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"})"
            "\n"
            R"(POST /api/dostk/acnt {"qry_tp":"1","dmst_stex_tp":"KRX"})");
  const auto registration = notes.requests.end() - 3;
  ASSERT_EQ(registration->costs.size(), 1u) << "counted against the registrations that the venue allows";
  EXPECT_EQ(registration->costs.begin()->budget, 0);
  venue->frame(1, R"({"trnm":"PING"})", kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"PING"})");
  venue->unwatch(2, kNow, notes);
  EXPECT_EQ(notes.take(),
            "say 1 "
            "{\"trnm\":\"REMOVE\",\"grp_no\":\"1\",\"data\":[{\"item\":[\"005930\"],\"type\":[\"0B\",\"0D\",\"1h\"]}]}"
            "\nrelease 0 1");
}

TEST_F(Kiwoom, AStockThatIsWatchedTwiceIsRegisteredOnceAndBothAreServed) {
  const auto frame = [&] {
    venue->frame(
        1,
        R"({"data":[{"values":{"20":"071320","10":"+70000","11":"+100","12":"+0.14","27":"+70000","28":"+69900",)"
        R"("15":"+3","13":"100","14":"7","16":"+70000","17":"+70100","18":"+69900","228":"89.62","290":"2",)"
        R"("1030":"1","1031":"2","9081":"KRX"},"type":"0B","name":"주식체결","item":"005930"}],"trnm":"REAL"})",
        kNow, notes);
    return notes.take();
  };
  ready();
  const auto costs = [&] { return notes.requests.back().costs.size(); };
  venue->watch(2, stock("005930"), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "the same once more";
  venue->watch(3, stock("005930"), {}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "it is registered";
  EXPECT_EQ(frame(), "market 2 1\nmarket 3 1");
  venue->unwatch(2, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "the other still watches it";
  EXPECT_EQ(frame(), "market 3 1");
  venue->unwatch(3, kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"REMOVE","grp_no":"1","data":[{"item":["005930"],"type":["0B","0D","1h"]}]})"
                          "\nrelease 0 1");
  venue->watch(2, stock("005930"), {.book = false}, kNow, notes);
  EXPECT_EQ(costs(), 1u);
  venue->watch(3, stock("005930"), {.trades = false}, kNow, notes);
  EXPECT_EQ(costs(), 0u) << "more of a stock that is registered costs no other registration";
  EXPECT_EQ(notes.take(),
            R"(say 1 {"trnm":"REG","grp_no":"1","refresh":"1","data":[{"item":["005930"],"type":["0B"]}]})"
            "\n"
            R"(say 1 {"trnm":"REG","grp_no":"1","refresh":"1","data":[{"item":["005930"],"type":["0D","1h"]}]})");
  venue->unwatch(2, kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"REMOVE","grp_no":"1","data":[{"item":["005930"],"type":["0B"]}]})");
}

TEST_F(Kiwoom, AfterALostConnectionAllIsRegisteredAgain) {
  venue->watch(2, stock("005930"), {}, kNow, notes);
  log_in();
  notes.take();
  venue->closed(1, "reset", kNow, notes);
  EXPECT_EQ(notes.take(), "release 0 1\nstale 2: reset");
  venue->opened(1, kNow, notes);
  venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":""})", kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"("trnm":"REG")"));
}

TEST_F(Kiwoom, ATokenThatIsOverIsBoughtAnew) {
  log_in();
  notes.take();
  venue->closed(1, "reset", kNow, notes);
  venue->opened(1, kNow, notes);
  notes.take();
  venue->frame(1, R"({"trnm":"LOGIN","return_code":8005,"return_msg":"token"})", kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 5000 ms");
  venue->timer(1, kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /oauth2/token"));
  venue->reply({.tag = notes.requests.back().tag, .status = 500, .body = ""}, kNow, notes);
  EXPECT_EQ(notes.take(), "timer 1 in 5000 ms");
}

TEST_F(Kiwoom, ALoginWhoseAnswerCannotBeReadIsMadeAgainOverAnotherConnection) {
  venue->watch(2, stock("005930"), {}, kNow, notes);
  venue->start(kNow, notes);
  answer("au10001",
         std::string{
             R"({"expires_dt":"20991231000000","token_type":"bearer","token":"t-1","return_code":0,"return_msg":""})"});
  venue->opened(1, kNow, notes);
  const std::string cut_off = R"({"trnm":"LOGIN","return_co)";
  venue->frame(1, cut_off, kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("timer 4 in 5000 ms"));
  venue->timer(4, kNow + 5 * kSecond, notes);
  EXPECT_EQ(notes.take(),
            "disconnect 1\nstale 2: the answer to the login could not be read\nconnect 1 stream /api/dostk/websocket");
  venue->opened(1, kNow, notes);
  venue->frame(1, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})", kNow, notes);
  venue->frame(1, R"({"trnm":"REG","return_code":0,"return_msg":""})", kNow, notes);
  notes.take();
  venue->frame(1, cut_off, kNow, notes);
  EXPECT_FALSE(notes.take().contains("timer 4")) << "it is logged in, and told of its account";
}

TEST_F(Kiwoom, WhatIsNotOfferedIsDeniedByNameAndDataNeedAKey) {
  ready();
  const auto denied = [&](NewOrder order) {
    order.id = 5;
    order.quantity = {1};
    order.price = {70'000};
    venue->submit(order, kNow, notes);
    return notes.take();
  };
  EXPECT_EQ(denied({.instrument = 9}), "order 5 denied 0@0 leaves 1 the instrument is not watched");
  EXPECT_EQ(denied({.instrument = 2, .post_only = true}),
            "order 5 denied 0@0 leaves 1 only limit and market orders by quantity, for the day, IOC or FOK");
  EXPECT_EQ(denied({.instrument = 2, .reduce_only = true}),
            "order 5 denied 0@0 leaves 1 there is no short position that a purchase could reduce");
  EXPECT_FALSE(client({}));
}

TEST_F(Kiwoom, TheSymbolChoosesTheExchange) {
  ready();
  venue->watch(3, stock("039490_NX"), {}, kNow, notes);
  venue->watch(4, stock("039490_AL"), {}, kNow, notes);
  notes.take();
  buy(1, 10, 70'000);
  venue->submit({.id = 2, .instrument = 3, .side = Side::Sell, .type = OrderType::Market, .quantity = {3}}, kNow,
                notes);
  venue->submit({.id = 3, .instrument = 4, .time_in_force = TimeInForce::IOC, .quantity = {3}, .price = {1'005}}, kNow,
                notes);
  EXPECT_EQ(notes.take(),
            "POST /api/dostk/ordr "
            R"({"dmst_stex_tp":"KRX","stk_cd":"005930","ord_qty":"10","ord_uv":"70000","trde_tp":"0","cond_uv":""})"
            "\nPOST /api/dostk/ordr "
            R"({"dmst_stex_tp":"NXT","stk_cd":"039490","ord_qty":"3","ord_uv":"","trde_tp":"3","cond_uv":""})"
            "\nPOST /api/dostk/ordr "
            R"({"dmst_stex_tp":"SOR","stk_cd":"039490","ord_qty":"3","ord_uv":"1005","trde_tp":"10","cond_uv":""})");
  EXPECT_EQ(asked("kt10000").priority, Priority::Order);
  EXPECT_EQ(asked("kt10001").costs.begin()->budget, 2) << "sales have an allowance of their own";
}

TEST_F(Kiwoom, AnOrderAndACancelHaveTheFieldsOfTheDocument) {
  const auto file = stom::test::test_data("protocol/kiwoom_rest/official_doc_examples.jsonl");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  venue->submit({.id = 2, .instrument = 2, .side = Side::Sell, .quantity = {1}, .price = {70'000}}, kNow, notes);
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  venue->timer(3, kNow + kDay, notes);
  lists({}, {}, kNow + kDay);  // and then that of the day before
  std::set<std::string> compared;
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  while (const auto more = source->next(line)) {
    if (!*more) break;
    const auto api = nlohmann::json::parse(line);
    const auto id = api["api_id"].get<std::string>();
    if (id != "kt10000" && id != "kt10001" && id != "kt10003" && id != "ka10075" && id != "ka10076" &&
        id != "kt00018" && id != "kt00001" && id != "kt00007")
      continue;
    const auto ours = nlohmann::json::parse(asked(id).body);
    const auto& theirs = api["request_examples"][0]["parsed"];
    ASSERT_EQ(ours.size(), theirs.size()) << id;
    for (const auto& [key, value] : theirs.items()) EXPECT_EQ(ours[key].type(), value.type()) << id << ' ' << key;
    EXPECT_EQ(asked(id).target, api["url"].get<std::string>());
    compared.insert(id);
  }
  EXPECT_EQ(compared.size(), 8u);
}

TEST_F(Kiwoom, AnOrderIsSignedWithTheTokenOfTheMomentItIsWritten) {
  ready();
  buy(1, 10, 70'000);
  auto request = asked("kt10000");
  venue->timer(1, kNow, notes);
  answer("au10001",
         std::string{
             R"({"expires_dt":"20991231000000","token_type":"bearer","token":"t-2","return_code":0,"return_msg":""})"});
  ASSERT_TRUE(request.sign_late);
  ASSERT_TRUE(venue->sign(request, kNow));
  std::string headers;
  for (const auto& header : request.headers) headers += fmt::format("{}: {}\n", header.name, header.value);
  EXPECT_EQ(headers, "api-id: kt10000\nauthorization: Bearer t-2\nContent-Type: application/json;charset=UTF-8\n");
}

TEST_F(Kiwoom, AFillThatComesBeforeTheAnswerWaitsForItsNumber) {
  ready();
  buy(1, 10, 70'000);
  notes.take();
  told({.number = "0000024"});
  told({.number = "0000024",
        .state = "체결",
        .trade = "7",
        .last = "69900",
        .last_quantity = "4",
        .leaves = 6,
        .fee = 40});
  EXPECT_EQ(notes.take(), "") << "whose order it is nobody knows yet";
  numbered("0000024");
  EXPECT_EQ(notes.take(), "order 1 accepted 0@0 leaves 10\norder 1 filled 4@69900 leaves 6\ntimer 3 in 1000 ms");
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].leaves.value, 6);
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "0000024");
}

TEST_F(Kiwoom, AFillThatIsToldTwiceCountsOnceAndFeesAreTheOrdersSum) {
  ready();
  buy(1, 10, 70'000);
  numbered("24");
  notes.take();
  const Told first{.number = "0000024",
                   .state = "체결",
                   .trade = "7",
                   .last = "69900",
                   .last_quantity = "4",
                   .leaves = 6,
                   .fee = 40};
  told(first);
  told(first);
  EXPECT_EQ(notes.take(), "order 1 filled 4@69900 leaves 6\ntimer 3 in 1000 ms");
  told({.number = "0000024",
        .state = "체결",
        .trade = "8",
        .last = "70000",
        .last_quantity = "6",
        .leaves = 0,
        .fee = 100});
  EXPECT_EQ(notes.take(), "order 1 filled 6@70000 leaves 0\ntimer 3 in 1000 ms");
  EXPECT_TRUE(venue->working_orders().empty());
  told(first);
  EXPECT_EQ(notes.take(), "") << "it is over";
}

TEST_F(Kiwoom, AFillThatIsToldBehindALaterOneTakesNothingOffTheFees) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  told({.number = "0000024",
        .state = "체결",
        .trade = "8",
        .last = "70000",
        .last_quantity = "6",
        .leaves = 0,
        .fee = 100});
  notes.take();
  told({.number = "0000024",
        .state = "체결",
        .trade = "7",
        .last = "69900",
        .last_quantity = "4",
        .leaves = 6,
        .fee = 40});
  EXPECT_TRUE(notes.take().starts_with("order 1 filled 4@69900 leaves 0"));
  ASSERT_EQ(notes.fees.size(), 2u);
  EXPECT_EQ(notes.fees[0].value, Int128{100} * power_of_ten(kMoneyDecimals));
  EXPECT_EQ(notes.fees[1].value, 0) << "it is in what was told before";
}

TEST_F(Kiwoom, WhatEndsWithMoreFilledThanAnybodyToldIsWhatTheListsSay) {
  ready();
  buy(1, 10, 70'000);
  notes.take();
  told({.number = "0000024", .state = "취소", .leaves = 0, .value = 279'600});
  numbered("0000024");
  EXPECT_TRUE(notes.take().contains(R"({"all_stk_tp":"0")")) << "nobody told of a fill";
  lists({}, {done_line("0000024", 10, 70'000, 69'900, 4, 40)});
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 filled 4@69900 leaves 6")) << said;
  EXPECT_TRUE(said.contains("order 1 canceled 0@0 leaves 6")) << said;
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(Kiwoom, ARefusalIsToldInTheVenuesWords) {
  ready();
  buy(1, 10, 70'000);
  notes.take();
  answer("kt10000",
         std::string{R"x({"return_code":20,"return_msg":"[2000](855056:매수증거금이 부족합니다. 0주 매수가능)"})x"});
  EXPECT_EQ(notes.take(), "order 1 rejected 0@0 leaves 10 20 [2000](855056:매수증거금이 부족합니다. 0주 매수가능)");
  buy(2, 10, 70'000);
  notes.take();
  answer("kt10000",
         std::string{R"({"return_code":3,"return_msg":"인증에 실패했습니다[8005:Token이 유효하지 않습니다]"})"});
  EXPECT_EQ(notes.take(),
            "timer 1 in 0 ms\norder 2 rejected 0@0 leaves 10 3 인증에 실패했습니다[8005:Token이 유효하지 않습니다]")
      << "and another token is bought";
  buy(3, 10, 70'000);
  notes.take();
  venue->outcome(asked("kt10000").tag, Outcome::NotWritten, kNow, notes);
  EXPECT_EQ(notes.take(), "order 3 denied 0@0 leaves 10 it was not sent");
  buy(4, 10, 70'000);
  notes.take();
  EXPECT_EQ(asked("kt10000").order.id, 4u) << "by which the gateway finds it while it waits";
  venue->outcome(asked("kt10000").tag, Outcome::TakenBack, kNow, notes);
  EXPECT_EQ(notes.take(), "order 4 canceled 0@0 leaves 10 it was not sent");
}

TEST_F(Kiwoom, ACancelIsDoneWhenTheVenueConfirmsIt) {
  ready();
  buy(1, 10, 70'000);
  notes.take();
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "") << "the order has no number yet";
  numbered("0000024");
  EXPECT_EQ(notes.take(),
            "order 1 accepted 0@0 leaves 10\nPOST /api/dostk/ordr "
            R"({"dmst_stex_tp":"KRX","orig_ord_no":"0000024","stk_cd":"005930","cncl_qty":"0"})");
  EXPECT_EQ(asked("kt10003").priority, Priority::Risk);
  answer(
      "kt10003",
      std::string{
          R"({"ord_no":"0000025","base_orig_ord_no":"0000024","cncl_qty":"000000000010","return_code":0,"return_msg":""})"});
  told({.number = "0000025", .kind = "매수취소", .original = "0000024"});
  EXPECT_EQ(notes.take(), "timer 2 in 1000 ms") << "taken, not done; the lists are asked should the stream not say";
  told({.number = "0000025", .state = "확인", .kind = "매수취소", .original = "0000024", .leaves = 0});
  EXPECT_EQ(notes.take(), "order 1 canceled 0@0 leaves 10");
  EXPECT_TRUE(venue->working_orders().empty());
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  EXPECT_EQ(notes.take(), "order 1 cancel rejected 0@0 leaves 0 no such order is working");
}

TEST_F(Kiwoom, AnOrderThatWasAmendedElsewhereGoesOnUnderItsNewNumber) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  told({.number = "0000025", .kind = "+매수정정", .original = "0000024"});
  told({.number = "0000025", .state = "확인", .kind = "+매수정정", .original = "0000024"});
  notes.take();
  told({.number = "0000025",
        .state = "체결",
        .kind = "+매수정정",
        .original = "0000024",
        .trade = "7",
        .last = "69900",
        .last_quantity = "4",
        .leaves = 6});
  EXPECT_EQ(notes.take(), "order 1 filled 4@69900 leaves 6\ntimer 3 in 1000 ms");
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "0000025");
}

TEST_F(Kiwoom, ACancelThatCrossesAFillLeavesWhatTheListsSay) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  notes.take();
  answer("kt10003",
         std::string{R"({"return_code":20,"return_msg":"정정/취소할 수량이 없습니다. 원주문을 확인하십시오"})"});
  EXPECT_EQ(notes.take(),
            "order 1 cancel rejected 0@0 leaves 10 20 정정/취소할 수량이 없습니다. 원주문을 확인하십시오\ntimer 2 in "
            "1000 ms");
  venue->timer(2, kNow + kSecond, notes);
  lists({}, {done_line("0000024", 10, 70'000, 69'950, 10, 105)}, kNow + kSecond);
  EXPECT_TRUE(notes.take().contains(
      "order 1 filled 10@69950 leaves 0 from a list: several fills may be one here, at their average price"));
}

TEST_F(Kiwoom, ACancelWhoseAnswerWasLostIsToldAsNotDoneWhereTheOrderStillWorks) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  notes.take();
  venue->outcome(asked("kt10003").tag, Outcome::Unknown, kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"({"all_stk_tp":"0")")) << "the lists are asked";
  lists({open_line("0000024", 10, 70'000, 10)}, {}, kNow + kSecond);
  EXPECT_TRUE(
      notes.take().contains("order 1 cancel rejected 0@0 leaves 10 the order still works: its cancel was not done"))
      << "else it could never be canceled again";
  venue->cancel({.id = 1, .instrument = 2}, kNow + kSecond, notes);
  EXPECT_TRUE(notes.take().contains(R"("orig_ord_no":"0000024")"));
}

// Else it could never be canceled again: neither the stream nor an answer says any more of it.
TEST_F(Kiwoom, ACancelThatWasTakenAndIsNotDoneIsToldSoByTheLists) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  venue->cancel({.id = 1, .instrument = 2}, kNow, notes);
  const std::string taken =
      R"({"ord_no":"0000025","base_orig_ord_no":"0000024","cncl_qty":"000000000010","return_code":0,"return_msg":""})";
  answer("kt10003", taken);
  notes.take();
  venue->timer(2, kNow + kSecond, notes);
  lists({open_line("0000024", 10, 70'000, 10)}, {}, kNow + kSecond);
  EXPECT_TRUE(
      notes.take().contains("order 1 cancel rejected 0@0 leaves 10 the order still works: its cancel was not done"));
  venue->cancel({.id = 1, .instrument = 2}, kNow + kSecond, notes);
  EXPECT_TRUE(notes.take().contains(R"("orig_ord_no":"0000024")"));
  answer("kt10003", taken, kNow + kSecond);
  told({.number = "0000025", .state = "거부", .kind = "매수취소", .original = "0000024"});
  EXPECT_TRUE(notes.take().contains("order 1 cancel rejected"));
  venue->timer(2, kNow + 2 * kSecond, notes);
  lists({open_line("0000024", 10, 70'000, 10)}, {}, kNow + 2 * kSecond);
  EXPECT_FALSE(notes.take().contains("cancel rejected")) << "once: the stream has told it";
}

// Two in two seconds is all that the venue takes of them.
TEST_F(Kiwoom, NoOrderIsCanceledAgainBeforeItsCancelIsAnswered) {
  ready();
  for (const ClientOrderId id : {1, 2}) {
    buy(id, 10, 70'000);
    numbered(id == 1 ? "0000024" : "0000025");
  }
  notes.take();
  venue->cancel_all({}, kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"("orig_ord_no":"0000025")"));
  venue->cancel_all({}, kNow + kSecond, notes);
  venue->cancel({.id = 2, .instrument = 2}, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), "");
  venue->outcome(asked("kt10003").tag, Outcome::NotWritten, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(), "order 2 cancel rejected 0@0 leaves 10 the cancel was not sent");
  venue->cancel_all({}, kNow + 2 * kSecond, notes);
  EXPECT_EQ(notes.take(),
            "POST /api/dostk/ordr "
            R"({"dmst_stex_tp":"KRX","orig_ord_no":"0000025","stk_cd":"005930","cncl_qty":"0"})");
}

TEST_F(Kiwoom, FillsThatNobodyToldComeFromTheListsAndCountOnce) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  told({.number = "0000024", .state = "체결", .trade = "7", .last = "69900", .last_quantity = "4", .leaves = 6});
  notes.take();
  venue->closed(1, "reset", kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"({"all_stk_tp":"0")")) << "what happens meanwhile is asked for";
  lists({open_line("0000024", 10, 70'000, 3)}, {done_line("0000024", 10, 70'000, 69'943, 7)}, kNow + kSecond);
  EXPECT_TRUE(notes.take().contains("order 1 filled 3@70000 leaves 3 from a list")) << "7 at 69943, less 4 at 69900";
  told({.number = "0000024", .state = "체결", .trade = "8", .last = "70000", .last_quantity = "3", .leaves = 3});
  EXPECT_EQ(notes.take(), "") << "it was in the list";
  told({.number = "0000024", .state = "체결", .trade = "9", .last = "70000", .last_quantity = "3", .leaves = 0});
  EXPECT_EQ(notes.take(), "order 1 filled 3@70000 leaves 0\ntimer 3 in 1000 ms");
}

TEST_F(Kiwoom, AnOrderWhoseAnswerWasLostIsFoundInTheAccount) {
  ready();
  buy(1, 10, 70'000);
  notes.take();
  venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow + kSecond, notes);
  EXPECT_EQ(notes.take(), R"(POST /api/dostk/acnt {"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"})");
  lists({open_line("0000023", 10, 69'900, 10), open_line("0000024", 10, 70'000, 10, "보통(IOC)"),
         open_line("0000025", 10, 70'000, 10, "보통", "060000"), open_line("0000026", 10, 70'000, 10)},
        {}, kNow + kSecond);
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "0000026") << "same stock, side, price, quantity, kind, time";
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 accepted 0@0 leaves 10")) << said;
  EXPECT_TRUE(said.contains("order 0 accepted 0@0 leaves 10")) << "the others are somebody else's";
}

TEST_F(Kiwoom, AnOrderIsFoundByTheVenuesOwnClock) {
  ready();
  venue->clock_offset(20 * kSecond, kNow, notes);
  buy(1, 10, 70'000);
  venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow, notes);
  lists({open_line("0000023", 10, 70'000, 10), open_line("0000024", 10, 70'000, 10, "보통", "071340")}, {});
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "0000024") << "the other is twenty seconds older";
}

TEST_F(Kiwoom, WhatCannotBeReadOfTheStreamMayHaveBeenAboutAnOrderAndIsAskedForOnceASecond) {
  ready();
  const std::string cut_off = R"({"data":[{"values":{"9201":"1","9203":"0000)";
  venue->frame(1, cut_off, kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("timer 2 in 1000 ms"));
  venue->frame(1, cut_off, kNow, notes);
  EXPECT_FALSE(notes.take().contains("timer"));
  venue->timer(2, kNow + kSecond, notes);
  lists({open_line("0000023", 10, 70'000, 10)}, {}, kNow + kSecond);
  EXPECT_TRUE(notes.take().contains("order 0 accepted 0@0 leaves 10")) << "somebody placed it";
}

TEST_F(Kiwoom, AnOrderThatTwoOrdersFitStaysUnknown) {
  ready();
  buy(1, 10, 70'000);
  venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow + kSecond, notes);
  notes.take();
  lists({open_line("0000024", 10, 70'000, 10), open_line("0000025", 10, 70'000, 10)}, {}, kNow + kSecond);
  EXPECT_FALSE(notes.take().contains("order 1"));
  EXPECT_TRUE(venue->working_orders().empty());
  venue->timer(2, kNow + kHour, notes);
  lists({open_line("0000024", 10, 70'000, 10), open_line("0000025", 10, 70'000, 10)}, {}, kNow + kHour);
  EXPECT_FALSE(notes.take().contains("order 1")) << "time makes no difference: it is one of them";
}

TEST_F(Kiwoom, AnOrderThatNeverArrivedIsRejectedOnlyWhenNothingCanStillBeOnItsWay) {
  ready();
  buy(1, 10, 70'000);
  venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow, notes);
  notes.take();
  lists({}, {});
  EXPECT_EQ(notes.take().find("rejected"), std::string::npos);
  venue->timer(2, kNow + 5 * kSecond, notes);
  lists({}, {}, kNow + 5 * kSecond);
  EXPECT_EQ(notes.take().find("rejected"), std::string::npos);
  venue->timer(2, kNow + 31 * kSecond, notes);
  lists({}, {}, kNow + 31 * kSecond);
  EXPECT_TRUE(notes.take().contains("order 1 rejected 0@0 leaves 10 it never arrived: neither open nor filled"));
  EXPECT_EQ(notes.reason, RejectReason::UnknownOrder) << "a bracket sends another one in its place";
}

TEST_F(Kiwoom, AnOrderThatTheVenueTookLateIsFoundBeforeAnotherOneTakesItsPlace) {
  ready();
  buy(1, 10, 70'000);
  venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow, notes);
  lists({}, {});
  venue->timer(2, kNow + 31 * kSecond, notes);
  notes.take();
  lists({open_line("0000024", 10, 70'000, 10, "보통", "071345")}, {}, kNow + 31 * kSecond);
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 accepted 0@0 leaves 10")) << said;
  EXPECT_EQ(venue->working_orders()[0].venue_order_id, "0000024") << "25 s behind the moment when it was lost";
}

/// Order 1, whose answer was lost, was told as never arrived.
struct GivenUp : Kiwoom {
  void SetUp() override {
    ready();
    buy(1, 10, 70'000);
    venue->outcome(asked("kt10000").tag, Outcome::Unknown, kNow, notes);
    lists({}, {});
    venue->timer(2, kNow + 31 * kSecond, notes);
    lists({}, {}, kNow + 31 * kSecond);
    ASSERT_TRUE(notes.take().contains("order 1 rejected"));
  }
  /// All is asked for, since the stream was down.
  void missed(UnixNanos now) {
    buy(2, 5, 69'000);
    numbered("0000031");
    venue->closed(1, "reset", now, notes);
    notes.take();
  }
};

TEST_F(GivenUp, AnOrderThatArrivesAfterAllIsCanceledAndWhatItFillsCounts) {
  buy(2, 10, 70'000);  // in its place
  numbered("0000031");
  notes.take();
  told({.number = "0000032"});
  EXPECT_EQ(notes.take(),
            "POST /api/dostk/ordr "
            R"({"dmst_stex_tp":"KRX","orig_ord_no":"0000032","stk_cd":"005930","cncl_qty":"0"})");
  EXPECT_EQ(notes.said, "order 1 arrived after all, as number 0000032: what it fills counts, and the rest is canceled");
  ASSERT_EQ(venue->working_orders().size(), 2u);
  EXPECT_EQ(venue->working_orders()[0].id, 2u);
  EXPECT_EQ(venue->working_orders()[1].id, 0u) << "as far as anybody knows it is over: shown as somebody else's";
  told({.number = "0000032", .state = "체결", .trade = "7", .last = "69900", .last_quantity = "4", .leaves = 6});
  EXPECT_EQ(notes.take(), "order 1 filled 4@69900 leaves 6\ntimer 3 in 1000 ms");
  told({.number = "0000033", .state = "확인", .kind = "매수취소", .original = "0000032", .quantity = 6, .leaves = 0});
  EXPECT_EQ(notes.take(), "") << "its end was told";
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].id, 2u);
}

TEST_F(GivenUp, AnOrderThatArrivesAfterAllIsCanceledAgainUntilItWorksNoMore) {
  told({.number = "0000032"});
  notes.take();
  const std::string taken =
      R"({"ord_no":"0000033","base_orig_ord_no":"0000032","cncl_qty":"000000000010","return_code":0,"return_msg":""})";
  UnixNanos now = kNow + kMinute;
  const auto is_canceled_again = [&](std::string_view behind) {
    lists({open_line("0000032", 10, 70'000, 10)}, {}, now);
    const auto said = notes.take();
    EXPECT_TRUE(said.contains(R"("orig_ord_no":"0000032")")) << behind << ": " << said;
    EXPECT_FALSE(said.contains("order 1")) << "its end was told: " << said;
    now += kSecond;
  };
  const auto asks_in_a_second = [&](std::string_view behind) {
    now += kSecond;
    EXPECT_EQ(notes.take(), fmt::format("timer 2 in {} ms", (now - kNow) / kMillisecond)) << behind;
    venue->timer(2, now, notes);
  };
  venue->outcome(asked("kt10003").tag, Outcome::Unknown, now, notes);
  is_canceled_again("an answer that was lost");
  answer("kt10003", R"({"return_msg":"허용된 요청 개수를 초과하였습니다[1700]","return_code":5})", now, 429);
  asks_in_a_second("a refusal");
  is_canceled_again("a refusal");
  venue->outcome(asked("kt10003").tag, Outcome::NotWritten, now, notes);
  asks_in_a_second("one that did not leave");
  is_canceled_again("one that did not leave");
  answer("kt10003", taken, now);
  asks_in_a_second("one that was taken");
  is_canceled_again("one that was taken, and not done");
  answer("kt10003", taken, now);
  told({.number = "0000033", .state = "거부", .kind = "매수취소", .original = "0000032"});
  now += kSecond;
  EXPECT_EQ(notes.take(), fmt::format("timer 2 in {} ms\ntimer 5 in 2000 ms", (now - kNow) / kMillisecond))
      << "the fourth that failed, at 0 by the stream's clock: it is not canceled again within 2 s of it";
  venue->timer(2, now, notes);
  is_canceled_again("a refusal of the stream");
  told({.number = "0000034", .state = "확인", .kind = "매수취소", .original = "0000032", .leaves = 0});
  EXPECT_EQ(notes.take(), "");
  EXPECT_TRUE(venue->working_orders().empty());
}

// Another venue may have it, or a call auction in which nothing is canceled: for good, or for an hour.
TEST_F(GivenUp, AnOrderWhoseCancelIsAlwaysRefusedIsCanceledEverLessOftenAndThatIsSaidOnce) {
  told({.number = "0000032"});
  notes.take();
  UnixNanos now = kNow + kMinute;
  std::map<TimerId, UnixNanos> due;
  std::vector<DurationNanos> waits;  // from a refusal to the next cancel, in seconds
  int said = 0;
  for (int times = 1; times <= 11; ++times) {
    const UnixNanos refused = now;
    notes.said.clear();
    answer("kt10003", R"({"return_msg":"취소할 수 없습니다","return_code":20})", now);
    if (notes.said.contains("cancel it at the exchange's own page")) ++said;
    for (bool canceled = false; !canceled;) {
      for (const std::string& line : std::exchange(notes.lines, {})) {
        TimerId id = 0;
        long long ms = 0;
        if (std::sscanf(line.c_str(), "timer %u in %lld ms", &id, &ms) == 2) due[id] = kNow + ms * kMillisecond;
        canceled |= line.contains(R"("orig_ord_no":"0000032")");
      }
      if (canceled) break;
      ASSERT_FALSE(due.empty()) << times;
      const auto next = std::ranges::min_element(due, {}, [](const auto& timer) { return timer.second; });
      const TimerId id = next->first;
      now = next->second;
      due.erase(next);
      venue->timer(id, now, notes);
      lists({open_line("0000032", 10, 70'000, 10)}, {}, now);
    }
    waits.push_back((now - refused) / kSecond);
  }
  EXPECT_EQ(waits, (std::vector<DurationNanos>{1, 1, 1, 2, 4, 8, 16, 32, 60, 60, 60}));
  EXPECT_EQ(said, 1);
}

TEST_F(GivenUp, AnOrderThatArrivedAndFilledWhileNobodyListenedIsBooked) {
  missed(kNow + kMinute);
  lists({open_line("0000031", 5, 69'000, 5)}, {done_line("0000032", 10, 70'000, 69'950, 10, 105)}, kNow + kMinute);
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 filled 10@69950 leaves 0 from a list")) << said;
  EXPECT_FALSE(said.contains("orig_ord_no")) << "there is nothing to cancel: " << said;
}

TEST_F(GivenUp, AnOrderLikeItThatComesMuchLaterIsSomebodyElses) {
  missed(kNow + 10 * kMinute);
  lists({open_line("0000031", 5, 69'000, 5), open_line("0000032", 10, 70'000, 10, "보통", "072000")}, {},
        kNow + 10 * kMinute);
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 0 accepted 0@0 leaves 10")) << said;
  EXPECT_FALSE(said.contains("orig_ord_no")) << said;
}

TEST_F(GivenUp, AnOrderThatTheVenueRefusesAsItArrivesIsStillOver) {
  told({.number = "0000032", .state = "거부", .leaves = 0});
  EXPECT_EQ(notes.take(), "") << "nothing is left to sell: the one in its place did";
  EXPECT_TRUE(venue->working_orders().empty());
}

TEST_F(Kiwoom, AListIsReadToItsLastPageBeforeItSaysThatAnOrderIsGone) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  notes.take();
  venue->closed(1, "reset", kNow + kSecond, notes);
  answer("ka10075",
         fmt::format(R"({{"oso":[{}],"return_code":0,"return_msg":""}})", open_line("0000023", 1, 69'900, 1)),
         kNow + kSecond, 200, {{"Cont-Yn", "Y"}, {"Next-Key", "k1"}});
  const auto& page = asked("ka10075");
  ASSERT_EQ(page.headers.size(), 3u);
  EXPECT_EQ(page.headers[1].name + page.headers[1].value + page.headers[2].name + page.headers[2].value,
            "cont-ynYnext-keyk1");
  lists({open_line("0000024", 10, 70'000, 10)}, {}, kNow + kSecond);
  EXPECT_EQ(notes.take().find("order 1 "), std::string::npos);
  venue->timer(2, kNow + kMinute, notes);
  lists({}, {}, kNow + kMinute);
  EXPECT_TRUE(notes.take().contains("order 1 canceled 0@0 leaves 10")) << "neither open nor filled";
}

TEST_F(Kiwoom, OrdersOfOthersAreToldAndCancelAllTakesThemToo) {
  ready();
  told({.number = "0000030"});
  EXPECT_EQ(notes.take(), "order 0 accepted 0@0 leaves 10");
  buy(1, 10, 70'000);
  numbered("0000031");
  notes.take();
  venue->cancel_all({}, kNow, notes);
  const auto said = notes.take();
  EXPECT_TRUE(said.contains(R"("orig_ord_no":"0000030")") && said.contains(R"("orig_ord_no":"0000031")")) << said;
}

TEST_F(Kiwoom, AnotherOnesOrderIsAdoptedAsTheRestOfItAndOnlyThatIsOurs) {
  ready();
  venue->ask_everything(kNow, notes);
  lists({open_line("0000030", 10, 70'000, 6), open_line("0000031", 5, 70'000, 5, "보통(IOC)")},
        {done_line("0000030", 10, 70'000, 69'900, 4, 40)});
  notes.take();
  const auto working = [&](std::string_view number) {
    const auto all = venue->working_orders();
    return *std::ranges::find(all, number, &WorkingOrder::venue_order_id);
  };
  EXPECT_FALSE(working("0000031").adoptable) << "no plain limit order";
  ASSERT_TRUE(working("0000030").adoptable);
  EXPECT_EQ(working("0000030").filled.quantity, Quantity{4});
  EXPECT_TRUE(working("0000030").filled.value == Int128{69'900} * 4);
  NewOrder rest{.id = 5, .instrument = 2, .quantity = {10}, .price = {70'000}};
  venue->adopt(rest, "0000030", kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 rejected 0@0 leaves 10 it has filled or ended meanwhile, and is not adopted");
  rest.quantity = {6};
  venue->adopt(rest, "0000030", kNow, notes);
  EXPECT_EQ(notes.take(), "order 5 accepted 0@0 leaves 6");
  told({.number = "0000030", .state = "체결", .trade = "8", .last = "69900", .last_quantity = "4", .leaves = 6});
  EXPECT_EQ(notes.take(), "") << "late word of what was filled before";
  told({.number = "0000030",
        .state = "체결",
        .trade = "9",
        .last = "70000",
        .last_quantity = "2",
        .leaves = 4,
        .fee = 60});
  EXPECT_TRUE(notes.take().contains("order 5 filled 2@70000 leaves 4"));
  EXPECT_EQ(notes.fees.back(), (Money{Int128{20} * power_of_ten(kMoneyDecimals)})) << "of the sum what is new";
  venue->cancel({.id = 5, .instrument = 2}, kNow, notes);
  EXPECT_TRUE(notes.take().contains(R"("orig_ord_no":"0000030")"));
}

TEST_F(Kiwoom, AnOrderThatOnlyTheStreamHasToldOfIsNotAdoptedBeforeAListHasSaidWhatFilled) {
  ready();
  told({.number = "0000030"});
  notes.take();
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_FALSE(venue->working_orders()[0].adoptable);
}

TEST_F(Kiwoom, AnOrderOfWhichOneListSaysThatMoreHasFilledIsNotAdoptedBeforeTheOtherSaysForHowMuch) {
  ready();
  venue->ask_everything(kNow, notes);
  lists({open_line("0000030", 10, 70'000, 10)}, {});
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_TRUE(venue->working_orders()[0].adoptable);
  venue->timer(2, kNow + kSecond, notes);
  lists({open_line("0000030", 10, 70'000, 6)}, {}, kNow + kSecond);
  EXPECT_FALSE(venue->working_orders()[0].adoptable);
  venue->timer(2, kNow + 2 * kSecond, notes);
  lists({open_line("0000030", 10, 70'000, 6)}, {done_line("0000030", 10, 70'000, 69'900, 4, 40)}, kNow + 2 * kSecond);
  EXPECT_TRUE(venue->working_orders()[0].adoptable);
  EXPECT_EQ(venue->working_orders()[0].filled.quantity, Quantity{4});
}

TEST_F(Kiwoom, HoldingsAndCashAreToldWholeAtTheLoginAndInPartsBehindIt) {
  venue->watch(2, stock("005930"), {}, kNow, notes);
  log_in();
  answer("kt00018",
         std::string{R"({"tot_pur_amt":"0","tot_evlt_amt":"0","tot_evlt_pl":"0","prsm_dpst_aset_amt":"0",)"
                     R"("acnt_evlt_remn_indv_tot":[{"stk_cd":"A005930","stk_nm":"s","evltv_prft":"-0000196888",)"
                     R"("pur_pric":"000000000124500","pred_close_pric":"000000045400","rmnd_qty":"000000000000003",)"
                     R"("trde_able_qty":"000000000000003","cur_prc":"000000059000","pur_amt":"000000000373500",)"
                     R"("evlt_amt":"000000000177000","crd_tp":"00"}],"return_code":0,"return_msg":""})"});
  notes.take();
  answer("kt00001", cash(1'000'000));
  EXPECT_EQ(notes.take(), "account");
  venue->frame(
      1,
      R"({"data":[{"values":{"9201":"1","9001":"005930","917":"00","302":"s","10":"-60150","930":"102","931":"154116",)"
      R"("932":"15719834","933":"102","945":"4"},"type":"04","name":"현물잔고","item":"005930"}],"trnm":"REAL"})",
      kNow, notes);
  EXPECT_EQ(notes.take(), "account");
}

TEST_F(Kiwoom, AnAccountThatCannotBeReadIsAskedForAgainAndNothingOfItIsGuessed) {
  const auto holdings = [&](std::string_view price) {
    answer("kt00018",
           fmt::format(R"({{"tot_pur_amt":"0","tot_evlt_amt":"0","tot_evlt_pl":"0","prsm_dpst_aset_amt":"0",)"
                       R"("acnt_evlt_remn_indv_tot":[{{"stk_cd":"A005930","stk_nm":"s","evltv_prft":"-0000196888",)"
                       R"("pur_pric":"{}","pred_close_pric":"000000045400","rmnd_qty":"000000000000003",)"
                       R"("trde_able_qty":"000000000000003","cur_prc":"000000059000","pur_amt":"000000000373500",)"
                       R"("evlt_amt":"000000000177000","crd_tp":"00"}}],"return_code":0,"return_msg":""}})",
                       price));
  };
  venue->watch(2, stock("005930"), {}, kNow, notes);
  log_in();
  notes.take();
  holdings("124500.5");  // half a won
  const auto said = notes.take();
  EXPECT_TRUE(said.starts_with("malformed ") && said.ends_with("\ntimer 3 in 5000 ms")) << said;
  venue->timer(3, kNow, notes);
  holdings("124500");
  notes.take();
  answer("kt00001", std::string{R"({"entr":"1","pymn_alow_amt":"1","ord_alow_amt":"0.5","d1_entra":"1","d2_entra":"1",)"
                                R"("return_code":0,"return_msg":""})"});
  const auto cash_said = notes.take();
  EXPECT_TRUE(cash_said.starts_with("malformed ") && cash_said.ends_with("\ntimer 3 in 5000 ms")) << cash_said;
  venue->timer(3, kNow, notes);
  holdings("124500");
  answer("kt00001", cash(1'000'000));
  EXPECT_TRUE(notes.take().ends_with("account"));
  EXPECT_EQ(notes.holdings, "whole KRW 1000000+0 2: 3@124500");
  venue->frame(
      1,
      R"({"data":[{"values":{"9201":"1","9001":"005930","917":"00","302":"s","10":"-60150","930":"1.5","931":"154116",)"
      R"("932":"15719834","933":"102","945":"4"},"type":"04","name":"현물잔고","item":"005930"}],"trnm":"REAL"})",
      kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("\ntimer 3 in 5000 ms")) << "nor is what the stream says of it";
}

TEST_F(Kiwoom, ARankingNamesTheBestAndOneIsAskedForAtATime) {
  ready();
  venue->rank_by_value(2, kNow, notes);
  venue->rank_by_value(2, kNow, notes);
  EXPECT_EQ(notes.take(), R"(POST /api/dostk/rkinfo {"mrkt_tp":"000","mang_stk_incls":"0","stex_tp":"1"})");
  const auto line = [](std::string_view code, int rank) {
    return fmt::format(
        R"({{"stk_cd":"{}","now_rank":"{}","pred_rank":"1","stk_nm":"s","cur_prc":"+100","pred_pre_sig":"2",)"
        R"("pred_pre":"+1","flu_rt":"+1.00","sel_bid":"+101","buy_bid":"+100","now_trde_qty":"10","pred_trde_qty":"9",)"
        R"("trde_prica":"8"}})",
        code, rank);
  };
  answer("ka10032", fmt::format(R"({{"trde_prica_upper":[{},{},{}],"return_code":0,"return_msg":""}})",
                                line("000660", 1), line("005930", 2), line("035720", 3)));
  EXPECT_EQ(notes.take(), "named all: 000660 005930");
  venue->rank_by_value(5, kNow, notes);
  answer("ka10032", R"({"return_msg":"허용된 요청 개수를 초과하였습니다[1700]","return_code":5})", kNow, 429);
  venue->outcome(asked("ka10032").tag, Outcome::Unknown, kNow, notes);
  notes.take();
  venue->rank_by_value(5, kNow, notes);
  EXPECT_TRUE(notes.take().starts_with("POST /api/dostk/rkinfo")) << "what was refused is asked for again, when wanted";
}

TEST_F(Kiwoom, ASearchIsFollowedByItsNameThroughReconnects) {
  const std::string list =
      R"({"trnm":"CNSRLST","return_code":0,"return_msg":"","data":[["0","상승"],["7","거래대금"]]})";
  const auto move = [&](std::string_view condition, std::string_view code, std::string_view way) {
    venue->frame(1,
                 fmt::format(R"({{"data":[{{"values":{{"841":"{}","9001":"{}","843":"{}","20":"071320","907":"2"}},)"
                             R"("type":"02","name":"조건검색","item":"{}"}}],"trnm":"REAL"}})",
                             condition, code, way, code),
                 kNow, notes);
  };
  ready();
  venue->follow_search("거래대금", kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"CNSRLST"})");
  venue->frame(1, list, kNow, notes);
  EXPECT_EQ(notes.take(), R"(say 1 {"trnm":"CNSRREQ","seq":"7","search_type":"1","stex_tp":"K"})");
  venue->frame(1, R"({"trnm":"CNSRREQ","seq":"7","return_code":0,"data":[{"jmcode":"A005930"},{"jmcode":"A000660"}]})",
               kNow, notes);
  EXPECT_EQ(notes.take(), "named all: 005930 000660");
  move("7", "035720", "I");
  move("7", "005930", "D");
  EXPECT_EQ(notes.take(), "named came: 035720\nnamed left: 005930");
  move("0", "373220", "I");
  EXPECT_EQ(notes.take(), "") << "another condition";
  venue->closed(1, "gone", kNow, notes);
  log_in();
  EXPECT_TRUE(notes.take().contains(R"(say 1 {"trnm":"CNSRLST"})"));
  venue->frame(1, list, kNow, notes);
  venue->frame(1, R"({"trnm":"CNSRREQ","seq":"7","return_code":0,"data":[]})", kNow, notes);
  EXPECT_TRUE(notes.take().ends_with("named all:")) << "whoever left meanwhile is not told again";
}

TEST_F(Kiwoom, TheSessionIsSaidInWordsWhenItChanges) {
  ready();
  const auto told = [&](std::string_view session, std::string_view left) {
    notes.said.clear();
    venue->frame(1,
                 fmt::format(R"({{"data":[{{"values":{{"215":"{}","20":"085900","214":"{}"}},"type":"0s",)"
                             R"("name":"장시작시간","item":""}}],"trnm":"REAL"}})",
                             session, left),
                 kNow, notes);
    EXPECT_EQ(notes.take(), "") << "it is neither a market's nor an order's";
    return notes.said;
  };
  EXPECT_EQ(told("0", "000200"), "session 0: KRX gathers orders for the opening");
  EXPECT_EQ(told("0", "000100"), "") << "each minute the time that is left, and nothing new";
  EXPECT_EQ(told("3", "000000"), "session 3: KRX is open");
  EXPECT_EQ(told("b", "000000"), "session b") << "the document prints it, and does not say what it is";
}

TEST_F(Kiwoom, ASearchThatIsNotThereIsSaidAndNothingIsFollowed) {
  ready();
  venue->follow_search("9", kNow, notes);
  notes.take();
  venue->frame(1, R"({"trnm":"CNSRLST","return_code":0,"return_msg":"","data":[["0","상승"]]})", kNow, notes);
  EXPECT_EQ(notes.take(), "");
}

TEST_F(Kiwoom, TheRecordedSessionGoesThroughWithItsTradesAtHalfTicks) {
  const auto file = stom::test::test_data("protocol/kiwoom_rest/captured_ws_20260911_005930.log");
  if (!file) GTEST_SKIP() << stom::test::kNoTestData;
  venue->watch(0, stock("005930"), {}, kNow, notes);
  log_in();
  notes.take();
  auto source = importers::LineSource::open(*file);
  ASSERT_TRUE(source);
  std::string_view line;
  while (const auto more = source->next(line)) {
    if (!*more) break;
    venue->frame(1, line.substr(line.rfind('\t') + 1), kNow, notes);
  }
  EXPECT_EQ(notes.messages, 22u) << "two trades may stand in one frame";
  const auto said = notes.take();
  EXPECT_FALSE(said.contains("malformed"));
  EXPECT_TRUE(said.ends_with("order 0 accepted 0@0 leaves 1\norder 0 filled 1@258000 leaves 0\ntimer 3 in 1000 ms"))
      << said;
}

/// A session that goes on: order 1, buy 10 at 70,000, of which 4 at 69,900 are booked.
struct ResumedKiwoomOrder : Kiwoom {
  Instrument samsung = stock("005930");
  std::vector<Fill> fills{{.time = kNow - kMinute,
                           .instrument = 2,
                           .order = 1,
                           .price = {69'900},
                           .quantity = {4},
                           .fee = {Int128{40} * power_of_ten(kMoneyDecimals)}}};

  void go_on(EarlierOrder earlier) {
    earlier.order = {.id = 1, .instrument = 2, .quantity = {10}, .price = {70'000}};
    earlier.instrument = &samsung;
    venue->resume({&earlier, 1}, 2, 1'000'000);
    venue->watch(2, samsung, {}, kNow, notes);
    log_in();
    notes.take();
  }
  /// The stream of orders has begun, and the lists that were asked for before it are there.
  void listed(const std::vector<std::string>& open, const std::vector<std::string>& done) {
    begin();
    lists(open, done);
    venue->timer(2, kNow, notes);
    lists(open, done);
  }
  /// The stream of orders, and the account is asked for and told.
  void begin() {
    venue->frame(1, R"({"trnm":"REG","return_code":0,"return_msg":""})", kNow, notes);
    for (int times = 0; times < 2; ++times) {
      answer("kt00018", kNoHoldings);
      answer("kt00001", cash(1'000'000));
    }
  }
};

TEST_F(ResumedKiwoomOrder, IsFoundByItsNumberAndOnlyWhatNobodyToldIsBooked) {
  go_on({.submitted = kNow - kMinute, .accepted = true, .venue_order_id = "0000024", .fills = fills});
  // 7 in all for 489,300: what is new are 3 at 69,900.
  listed({open_line("0000024", 10, 70'000, 3)}, {done_line("0000024", 10, 70'000, 69'900, 7, 70)});
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 filled 3@69900 leaves 3")) << said;
  EXPECT_FALSE(said.contains("accepted")) << said;
  EXPECT_EQ(said.find("filled"), said.rfind("filled")) << "once: " << said;
  EXPECT_EQ(notes.everything, "all: 1  3 left at 70000");
  EXPECT_EQ(notes.names, "") << "it is called what it was";
  told({.number = "0000024", .state = "체결", .trade = "9", .last = "69900", .last_quantity = "4", .leaves = 6});
  EXPECT_EQ(notes.take(), "") << "a late report of what was booked before";
}

TEST_F(ResumedKiwoomOrder, ThatWasAdoptedInPartIsToldWithoutWhatWasFilledBefore) {
  // 12 in all, of which 2 at 69,000 were filled before it was adopted; booked are 4.
  go_on(
      {.submitted = kNow - kMinute,
       .accepted = true,
       .venue_order_id = "0000024",
       .fills = fills,
       .before = {.quantity = {2}, .value = Int128{69'000} * 2, .fees = {Int128{20} * power_of_ten(kMoneyDecimals)}}});
  // 9 in all, for 9 x 69,700: what is new are 3 for 627,300 - 138,000 - 279,600.
  listed({open_line("0000024", 12, 70'000, 3)}, {done_line("0000024", 12, 70'000, 69'700, 9, 90)});
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 filled 3@69900 leaves 3")) << said;
  EXPECT_EQ(notes.fees.back(), (Money{Int128{30} * power_of_ten(kMoneyDecimals)}));
  EXPECT_EQ(notes.everything, "all: 1  3 left at 70000");
}

TEST_F(ResumedKiwoomOrder, ThatIsInNoListAnyMoreIsOver) {
  go_on({.submitted = kNow - kMinute, .accepted = true, .venue_order_id = "0000024", .fills = fills});
  listed({}, {done_line("0000024", 10, 70'000, 69'900, 4, 40)});
  EXPECT_TRUE(notes.take().contains("order 1 canceled 0@0 leaves 6"));
  EXPECT_EQ(notes.everything, "all:");
}

TEST_F(ResumedKiwoomOrder, ThatNobodyHadAnsweredIsFoundByItsTerms) {
  go_on({.submitted = kNow - kSecond, .accepted = false});
  EXPECT_EQ(notes.everything, "");
  listed({open_line("0000031", 10, 70'000, 10)}, {});
  EXPECT_EQ(notes.names, "1=0000031;");
  EXPECT_TRUE(notes.take().contains("order 1 accepted"));
}

// Both were bought at once: the first had its number and was filled, of the second nobody knew when the process died.
TEST_F(ResumedKiwoomOrder, ThatNobodyHadAnsweredIsNoneThatWasOverBefore) {
  const std::vector<EarlierNumber> over{{"0000031", kNow - kSecond}, {"0000032", kNow - kDay}};
  venue->resume_over(over);
  go_on({.submitted = kNow - kSecond, .accepted = false});
  const std::string filled = done_line("0000031", 10, 70'000, 70'000, 10, 105);
  listed({}, {filled});
  EXPECT_EQ(notes.names, "");
  EXPECT_FALSE(notes.take().contains("filled"));
  venue->timer(2, kNow, notes);
  lists({open_line("0000032", 10, 70'000, 10)}, {filled});
  EXPECT_EQ(notes.names, "1=0000032;") << "what was called so yesterday is another order";
  EXPECT_TRUE(notes.take().contains("order 1 accepted"));
}

TEST_F(ResumedKiwoomOrder, OfAnEarlierDayIsWhatTheListOfThatDaySays) {
  go_on({.submitted = kNow - kDay, .accepted = true, .venue_order_id = "0000024", .fills = fills});
  begin();
  // Today's order of that number is somebody else's.
  const std::vector<std::string> open{open_line("0000024", 10, 70'000, 3)};
  const std::vector<std::string> done{done_line("0000024", 10, 70'000, 69'900, 7, 70)};
  lists(open, done);
  EXPECT_TRUE(asked("kt00007").body.contains(R"("ord_dt":"20231114")")) << asked("kt00007").body;
  EXPECT_FALSE(notes.take().contains("filled"));
  answer("kt00007", day_list({day_line("0000023", 10, 70'000, 10), day_line("0000024", 10, 69'950, 6)}));
  const auto said = notes.take();
  // 6 for 419,700 in all, 4 of them for 279,600.
  EXPECT_TRUE(said.contains("order 1 filled 2@70050 leaves 4")) << said;
  EXPECT_TRUE(said.contains("order 1 expired 0@0 leaves 4 its day is over")) << said;
  venue->timer(2, kNow, notes);
  lists(open, done);
  EXPECT_EQ(notes.everything, "all: 0  3 left at 70000");
}

TEST_F(ResumedKiwoomOrder, OfAnEarlierDayWhoseListDoesNotComeStaysUnknown) {
  go_on({.submitted = kNow - kDay, .accepted = true, .venue_order_id = "0000024", .fills = fills});
  begin();
  lists({}, {});
  answer("kt00007", "", kNow, 500);
  EXPECT_FALSE(notes.take().contains("order 1 expired"));
  venue->timer(2, kNow, notes);
  lists({}, {});
  EXPECT_EQ(notes.everything, "") << "of order 1 nothing is known";
  answer("kt00007", day_list({day_line("0000024", 10, 69'900, 4)}));
  EXPECT_TRUE(notes.take().contains("order 1 expired 0@0 leaves 6"));
  EXPECT_EQ(notes.everything, "all:");
}

TEST_F(ResumedKiwoomOrder, AReportOfAFillThatWasBookedBeforeCountsNoMoreBeforeTheListsEither) {
  go_on({.submitted = kNow - kMinute, .accepted = true, .venue_order_id = "0000024", .fills = fills});
  told({.number = "0000024", .state = "체결", .trade = "7", .last = "69900", .last_quantity = "4", .leaves = 6});
  EXPECT_FALSE(notes.take().contains("filled"));
}

TEST_F(Kiwoom, OnAnotherDayNumbersBeginAnewAndWhatWasOpenIsOver) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  buy(2, 10, 70'000);
  numbered("0000025");
  told({.number = "0000025", .state = "체결", .trade = "9", .last = "69900", .last_quantity = "10", .leaves = 0});
  notes.take();
  const UnixNanos tomorrow = kNow + kDay;
  venue->timer(3, tomorrow, notes);
  EXPECT_TRUE(venue->working_orders().empty()) << "order 1 was for its day";
  lists({}, {}, tomorrow);
  answer("kt00007", day_list({day_line("0000024", 10, 0, 0), day_line("0000025", 10, 69'900, 10)}), tomorrow);
  EXPECT_TRUE(notes.take().contains("order 1 expired 0@0 leaves 10 its day is over"));
  venue->submit({.id = 3, .instrument = 2, .quantity = {10}, .price = {70'000}}, tomorrow, notes);
  answer("kt10000", R"({"ord_no":"0000025","return_code":0,"return_msg":""})", tomorrow);
  EXPECT_TRUE(notes.take().contains("order 3 accepted"));
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].id, 3u);
  told({.number = "0000025", .state = "체결", .trade = "2", .last = "69900", .last_quantity = "4", .leaves = 6});
  EXPECT_TRUE(notes.take().contains("order 3 filled 4@69900 leaves 6")) << "yesterday's of that number is over";
}

TEST_F(Kiwoom, OrdersOfTwoDaysWithOneNumberAreTwo) {
  ready();
  buy(1, 10, 70'000);
  numbered("0000024");
  const UnixNanos tomorrow = kNow + kDay;
  venue->timer(3, tomorrow, notes);
  venue->submit({.id = 2, .instrument = 2, .quantity = {10}, .price = {70'000}}, tomorrow, notes);
  answer("kt10000", R"({"ord_no":"0000024","return_code":0,"return_msg":""})", tomorrow);
  notes.take();
  lists({open_line("0000024", 10, 70'000, 10)}, {}, tomorrow);
  answer("kt00007", day_list({day_line("0000024", 10, 69'900, 4)}), tomorrow);
  const auto said = notes.take();
  EXPECT_TRUE(said.contains("order 1 filled 4@69900 leaves 6")) << said;
  EXPECT_TRUE(said.contains("order 1 expired 0@0 leaves 6")) << said;
  EXPECT_FALSE(said.contains("order 2 filled")) << said;
  ASSERT_EQ(venue->working_orders().size(), 1u);
  EXPECT_EQ(venue->working_orders()[0].id, 2u);
}

}  // namespace
}  // namespace stom::venues::kiwoom
