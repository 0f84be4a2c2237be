#include "venues/kiwoom/decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/decoded_text.hpp"
#include "venues/shapes.hpp"

namespace stom::venues::kiwoom {
namespace {

std::string read(const std::string& frame, UnixNanos received = kNoTime) {
  return stom::test::decoded_text(*decoder(), "kiwoom", frame, received);
}

std::string real(const std::string& type, const std::string& values) {
  return fmt::format(R"({{"data":[{{"values":{{{}}},"type":"{}","name":"x","item":"000001"}}],"trnm":"REAL"}})", values,
                     type);
}

TEST(KiwoomDecoder, TheSignOfAPriceIsADirectionAndTheSignOfAQuantityIsTheTaker) {
  const std::string rest =
      R"("11":"-50","12":"-0.50","27":"-10050","28":"-10000","13":"500","14":"5","16":" 10100","17":"+10200",)"
      R"("18":"-9990","290":"2")";
  EXPECT_EQ(read(real("0B", R"("20":"093000","10":"-10025","15":"-7",)" + rest)),
            R"({"events":[{"kind":"trade","time_of_day":"093000","price":"10025","quantity":"7","side":"sell",)"
            R"("change":"-50","change_percent":"-0.5","ask":"10050","bid":"10000","volume":"500","value":"5",)"
            R"("open":"10100","high":"10200","low":"9990","session":"2","instrument":"kiwoom:000001"}]})")
      << "a price at half a tick is kept as it came";
  EXPECT_TRUE(read(real("0B", R"("20":"093000","10":"+10050","15":"+7",)" + rest)).contains(R"("side":"buy")"));
  EXPECT_EQ(read(real("0B", R"("20":"093000","10":"-10025","15":"-7")")), "error field \"11\" is missing");
}

TEST(KiwoomDecoder, ATradeAtALimitOfTheDayHasOneSideOfTheBook) {
  const auto trade =
      read(real("0B", R"("20":"093000","10":"+13000","11":"+3000","12":"+30.00","27":"","28":"+13000","15":"+7",)"
                      R"("13":"500","14":"5","16":"+13000","17":"+13000","18":"+13000","290":"2")"));
  EXPECT_TRUE(trade.contains(R"("bid":"13000","quantity":"7","side":"buy")")) << trade;
  EXPECT_TRUE(trade.contains(R"("price":"13000")") && !trade.contains(R"("ask")")) << trade;
}

TEST(KiwoomDecoder, AStockWithoutTheNumberOfItsSharesIsNoSector) {
  EXPECT_EQ(
      read(
          R"({"return_code":0,"return_msg":"","list":[{"code":"005930","name":"x","count":"1","marketCode":"0","marketName":"y"}]})"),
      "error field \"listCount\" is missing");
}

TEST(KiwoomDecoder, ATimeOfDayTakesTheDayOfItsReceipt) {
  const auto at = [](std::string_view text) { return parse_time(text).value(); };
  const auto time = [&](std::string_view clock, std::string_view received) {
    return near(*clock_kst(clock), at(received));
  };
  EXPECT_EQ(time("093000", "2026-09-11T09:30:01+09:00"), at("2026-09-11T09:30:00+09:00"));
  EXPECT_EQ(time("235959", "2026-09-12T00:00:01+09:00"), at("2026-09-11T23:59:59+09:00"));
  EXPECT_EQ(time("000001", "2026-09-11T23:59:59+09:00"), at("2026-09-12T00:00:01+09:00"));
  EXPECT_TRUE(read(real("0C", R"("27":"-10050","28":"-10000")"), at("2026-09-11T09:30:01+09:00")).contains("quote"));
  EXPECT_FALSE(clock_kst("096000"));
  EXPECT_FALSE(clock_kst("9300"));
  EXPECT_EQ(stamp_kst("20260911093000"), at("2026-09-11T09:30:00+09:00"));
  EXPECT_EQ(stamp_kst("20260230"), kNoTime);
}

TEST(KiwoomDecoder, AnOrdersReportIsAFillOnlyWhereSomethingWasMatched) {
  const auto order = [](const std::string& state, const std::string& match) {
    return read(real("00", fmt::format(R"("9201":"1","9203":"7","9001":"A000001","913":"{}","302":"x","900":"10",)"
                                       R"("901":"9000","902":"4","904":"0","905":"-매도","906":"보통","907":"1",)"
                                       R"("908":"093000","919":"0",{})",
                                       state, match)));
  };
  const std::string none = R"("903":"0","909":"","914":"","915":"","938":"0","939":"0")";
  const std::string some = R"("903":"54000","909":"55","914":"9000","915":"6","938":"3","939":"0")";
  EXPECT_TRUE(order("접수", none).starts_with(R"({"events":[{"kind":"order",)"));
  EXPECT_TRUE(order("체결", some).contains(R"("kind":"fill")"));
  EXPECT_TRUE(order("체결", some).contains(R"("trade_id":"55","price":"9000","quantity":"6")"));
  EXPECT_EQ(order("체결", none), "error a fill without its price (914), quantity (915) or number (909)");
  EXPECT_EQ(order("정지", none), "unknown REAL 00: 913 정지") << "a new state is not taken for one that is known";
}

TEST(KiwoomDecoder, OneUnknownTypeDoesNotTakeTheOthersOfItsFrameAlong) {
  const std::string frame =
      R"({"trnm":"REAL","data":[{"type":"0C","name":"x","item":"000001","values":{"27":"+11","28":"+10"}},)"
      R"({"type":"0Z","name":"x","item":"000001","values":{}}]})";
  EXPECT_EQ(
      read(frame),
      R"({"events":[{"kind":"quote","ask":"11","bid":"10","instrument":"kiwoom:000001"}],"unknown_fields":["0Z"]})");
  EXPECT_EQ(read(real("0Z", "")), "unknown REAL 0Z");
}

TEST(KiwoomDecoder, OfTwoMembersOfOneNameNoneCounts) {
  const std::string quote = R"("values":{"27":"+11","28":"+10"})";
  EXPECT_EQ(read(R"({"trnm":"REAL","data":[],"data":[]})"), "error field \"data\" comes twice");
  EXPECT_EQ(read(R"({"trnm":"REAL","data":[{"type":"0C","name":"x","item":"000001",)" + quote + "," + quote + "}]}"),
            "error field \"values\" comes twice");
  std::string book = R"("21":"093000","121":"5","125":"5")";
  for (int i = 0; i < 10; ++i)
    book += fmt::format(R"(,"{}":"+11","{}":"1","{}":"-10","{}":"1")", 41 + i, 61 + i, 51 + i, 71 + i);
  EXPECT_TRUE(read(real("0D", book)).contains(R"("kind":"book")"));
  EXPECT_EQ(read(real("0D", book + R"(,"41":"+99")")), "error field \"41\" comes twice");
  EXPECT_EQ(read(R"({"return_code":5,"return_msg":"x","return_code":0})"), "error field \"return_code\" comes twice");
  EXPECT_EQ(read(R"({"list":[],"return_code":0,"return_msg":"","list":[]})"), "error field \"list\" comes twice");
  std::string wide = R"({"trnm":"PING")";
  for (int i = 0; i < 200; ++i) wide += fmt::format(R"(,"a{}":1)", i);
  EXPECT_EQ(read(wide + "}"), R"({"events":[{"kind":"ping"}]})");
  EXPECT_EQ(read(wide + R"(,"a17":2})"), "error field \"a17\" comes twice");
}

TEST(KiwoomDecoder, AnswersAndWhatWeSendHaveTheSameNames) {
  EXPECT_EQ(read(R"({"trnm":"REG","grp_no":"1","refresh":"1","data":[]})"), "sent");
  EXPECT_EQ(read(R"({"trnm":"REG","return_code":0,"return_msg":""})"),
            R"({"events":[{"kind":"ok","request":"REG","message":""}]})");
  EXPECT_EQ(read(R"({"trnm":"LOGIN","return_code":8005,"return_msg":"Token"})"),
            R"({"events":[{"kind":"refusal","request":"LOGIN","code":8005,"message":"Token"}]})");
  EXPECT_EQ(read(R"({"trnm":"PING"})"), R"({"events":[{"kind":"ping"}]})");
  EXPECT_EQ(read(R"({"return_code":0,"return_msg":"","new_list":[]})"), "unknown return_code,return_msg,new_list")
      << "an answer with a list that nobody knows is more than done";
}

TEST(KiwoomDecoder, APriceOutsideTheDaysLimitsIsNoPrice) {
  const auto stock = [](const std::string& price) {
    return read(fmt::format(
        R"({{"stk_cd":"000001","stk_nm":"x","setl_mm":"12","flo_stk":"","high_pric":"","open_pric":"","low_pric":"",)"
        R"("exp_cntr_pric":"","exp_cntr_qty":"","pred_pre":"","flu_rt":"","trde_qty":"","upl_pric":"+130","lst_pric":"-70",)"
        R"("base_pric":"100","cur_prc":"{}","return_code":0,"return_msg":""}})",
        price));
  };
  EXPECT_TRUE(stock("+130").contains(R"("price":"130")"));
  EXPECT_EQ(stock("+131"), "error the price 131 is outside the day's limits 70 and 130");
}

}  // namespace
}  // namespace stom::venues::kiwoom
