// Pages of Kiwoom's charts: what is asked for next, with which key, and what they make of the days that are wanted.
#include "venues/kiwoom/history.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

namespace stom::venues::kiwoom {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::int32_t kDay1 = 20348;                             // 2025-09-17, a Wednesday
constexpr UnixNanos kOpen = start_of_day(kDay1);                  // 09:00 in Seoul
constexpr UnixNanos kMidnight = start_of_day(kDay1) - 9 * kHour;  // the Korean day begins

std::string stamp(UnixNanos time) {
  const auto seoul = time + 9 * kHour;
  const auto second = (seoul - start_of_day(day_of(seoul))) / kSecond;
  const auto date = civil_of_day(day_of(seoul));
  return fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", date.year, date.month, date.day, second / 3600, second / 60 % 60,
                     second % 60);
}

std::string bar(UnixNanos time, int volume, std::string_view price = "-78800") {
  return fmt::format(R"({{"cur_prc":"{1}","trde_qty":"{2}","cntr_tm":"{0}","open_pric":"+78850","high_pric":"-78900",)"
                     R"("low_pric":"-78750.5","pred_pre":"-600","pred_pre_sig":"5"}})",
                     stamp(time), price, volume);
}

std::string page(std::string_view list, const std::vector<std::string>& bars, std::string_view code = "005930") {
  return fmt::format(R"({{"stk_cd":"{}","{}":[{}],"return_code":0,"return_msg":"정상적으로 처리되었습니다"}})", code,
                     list, fmt::join(bars, ","));
}
std::string minutes(const std::vector<std::string>& bars) { return page("stk_min_pole_chart_qry", bars); }
std::string ticks(const std::vector<std::string>& bars) { return page("stk_tic_chart_qry", bars); }

/// Chart pages with a token.
struct Asking {
  explicit Asking(const char* kind = "candles", std::int32_t last = kDay1)
      : pages{"005930",
              std::string_view{kind} == "trades" ? "trades" : "1m",
              history("kiwoom:005930", kind, "", kDay1, last).value().at(0),
              {.key = "key", .secret = "secret"}} {
    EXPECT_TRUE(pages.admit(
        R"({"expires_dt":"20250918131900","token_type":"bearer","token":"ABC","return_code":0,"return_msg":""})"));
  }
  std::string header(std::string_view name) const {
    const auto next = pages.next(0).value();
    for (const auto& header : next.value().headers)
      if (header.name == name) return header.value;
    return "";
  }
  bool over() const { return !pages.next(0).value().has_value(); }
  Result<void> take(const std::string& body, std::string_view next_key = "") {
    return pages.take({.body = body, .next_key = next_key});
  }
  ChartPages pages;
};

TEST(KiwoomHistory, AKeyBuysATokenAndTheTokenAsksForCharts) {
  ChartPages pages{"005930",
                   "1m",
                   history("kiwoom:005930", "candles", "", kDay1, kDay1).value().at(0),
                   {.key = "key", .secret = "secret"}};
  const auto first = pages.next(0).value().value();
  EXPECT_TRUE(first.admission);
  EXPECT_EQ(first.target, "/oauth2/token");
  EXPECT_EQ(first.body, R"({"grant_type":"client_credentials","appkey":"key","secretkey":"secret"})");
  const auto refused = pages.admit(R"({"return_code":3,"return_msg":"App Key와 Secret Key 검증에 실패했습니다"})");
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("App Key"));

  const Asking asking;
  const auto chart = asking.pages.next(0).value().value();
  EXPECT_FALSE(chart.admission);
  EXPECT_EQ(chart.method + " " + chart.target, "POST /api/dostk/chart");
  EXPECT_EQ(chart.body, R"({"stk_cd":"005930","tic_scope":"1","upd_stkpc_tp":"0"})");
  EXPECT_EQ(asking.header("authorization"), "Bearer ABC");
  EXPECT_EQ(asking.header("api-id"), "ka10080");
  EXPECT_EQ(asking.header("cont-yn"), "");
}

TEST(KiwoomHistory, MinutesGoBackByTheKeyOfTheLastAnswerUntilTheDayBegins) {
  Asking asking;
  ASSERT_TRUE(asking.take(minutes({bar(kOpen + kDay, 1), bar(kOpen + kMinute, 20)}), "K1"))
      << "the first of the day after";
  EXPECT_EQ(asking.header("cont-yn"), "Y");
  EXPECT_EQ(asking.header("next-key"), "K1");
  ASSERT_TRUE(asking.take(minutes({bar(kOpen, 30), bar(kMidnight - kMinute, 40)}), "K2"));
  EXPECT_TRUE(asking.over()) << "the day before has begun";
  EXPECT_EQ(asking.pages.table(), fmt::format("time,open,high,low,close,volume\n{},78850,78900,78750.5,78800,30\n"
                                              "{},78850,78900,78750.5,78800,20\n",
                                              kOpen / kMillisecond, (kOpen + kMinute) / kMillisecond));
}

TEST(KiwoomHistory, AnAnswerWithoutAKeyIsTheLast) {
  Asking asking;
  ASSERT_TRUE(asking.take(minutes({bar(kOpen, 30)})));
  EXPECT_TRUE(asking.over());
  EXPECT_EQ(asking.pages.rows(), 1u);
  EXPECT_EQ(asking.pages.note(), "") << "it begins with the day that was asked for";
}

TEST(KiwoomHistory, WhereTheChartBeginsLaterThanWasAskedForThatIsSaid) {
  Asking asking{"candles", kDay1 + 1};
  ASSERT_TRUE(asking.take(minutes({bar(kOpen + kDay, 30)})));
  EXPECT_TRUE(asking.over());
  EXPECT_EQ(asking.pages.note(), "Kiwoom's chart of 005930 begins on 2025-09-18: it tells nothing of the days before");
}

TEST(KiwoomHistory, WhereTheListGrewABarThatComesAgainCountsOnceAndMustBeTheSame) {
  Asking asking;
  ASSERT_TRUE(asking.take(minutes({bar(kOpen + 2 * kMinute, 10), bar(kOpen + kMinute, 20)}), "K1"));
  ASSERT_TRUE(asking.take(minutes({bar(kOpen + kMinute, 20), bar(kOpen, 30)}), "K2"));
  EXPECT_EQ(asking.pages.rows(), 3u);
  EXPECT_FALSE(asking.take(minutes({bar(kOpen, 31), bar(kOpen - kMinute, 1)}), "K3"));
  EXPECT_TRUE(asking.pages.begin_again());
  EXPECT_EQ(asking.pages.rows(), 3u);
}

TEST(KiwoomHistory, APageThatDoesNotGoOnIsRefused) {
  Asking asking;
  ASSERT_TRUE(asking.take(minutes({bar(kOpen, 10)}), "K1"));
  EXPECT_FALSE(asking.take(minutes({bar(kOpen, 10)}), "K1")) << "the same again: it would go on for ever";
  EXPECT_FALSE(asking.take(minutes({bar(kOpen - 2 * kMinute, 1), bar(kOpen - kMinute, 1)}), "K2"))
      << "the oldest first";
  EXPECT_FALSE(asking.take(page("stk_min_pole_chart_qry", {bar(kOpen - kMinute, 1)}, "000660"), "K2"));
  EXPECT_FALSE(asking.take("<html>", "K2"));
  EXPECT_FALSE(asking.pages.begin_again()) << "what is there is as good as before";
  EXPECT_EQ(asking.pages.rows(), 1u);
}

TEST(KiwoomHistory, TradesAreSureOnceTheFirstPageIsStillTheFirst) {
  const std::vector<std::string> first{bar(kOpen + kSecond, 7), bar(kOpen + kSecond, 7)};
  Asking asking{"trades"};
  EXPECT_EQ(asking.header("api-id"), "ka10079");
  ASSERT_TRUE(asking.take(ticks(first), "K1"));
  ASSERT_TRUE(asking.take(ticks({bar(kOpen + kSecond, 7, "78800.5"), bar(kOpen, 3)})));
  ASSERT_FALSE(asking.over()) << "the first page is looked at again";
  EXPECT_EQ(asking.header("next-key"), "");
  ASSERT_TRUE(asking.take(ticks(first), "K1"));
  EXPECT_TRUE(asking.over());
  const auto second = (kOpen + kSecond) / kMillisecond;
  EXPECT_EQ(asking.pages.table(), fmt::format("time,price,quantity\n{},78800,3\n{},78800.5,7\n{},78800,7\n{},78800,7\n",
                                              kOpen / kMillisecond, second, second, second))
      << "equal trades of one second are two trades";
}

TEST(KiwoomHistory, TradesThatWereReadWhileOthersCameAreRefused) {
  Asking asking{"trades"};
  ASSERT_TRUE(asking.take(ticks({bar(kOpen + kSecond, 7)}), "K1"));
  ASSERT_TRUE(asking.take(ticks({bar(kOpen, 3)})));
  const auto grown = asking.take(ticks({bar(kOpen + kDay, 9), bar(kOpen + kSecond, 7)}), "K1");
  ASSERT_FALSE(grown);
  EXPECT_THAT(grown.error().hint, HasSubstr("20:00"));
  EXPECT_TRUE(asking.pages.begin_again());
}

TEST(KiwoomHistory, DaysAreAskedForBackFromTheLastOne) {
  const auto file = history("kiwoom:005930", "candles", "1d", kDay1, kDay1 + 1).value().at(0);
  ChartPages pages{"005930", "1d", file, {.key = "key", .secret = "secret"}};
  ASSERT_TRUE(pages.admit(
      R"({"expires_dt":"20250918131900","token_type":"bearer","token":"ABC","return_code":0,"return_msg":""})"));
  const auto request = pages.next(0).value().value();
  EXPECT_EQ(request.body, R"({"stk_cd":"005930","base_dt":"20250918","upd_stkpc_tp":"0"})");
  const auto day = [](const char* date) {
    return fmt::format(
        R"({{"cur_prc":"70100","trde_qty":"9263135","trde_prica":"648525","dt":"{}","open_pric":"69800",)"
        R"("high_pric":"70500","low_pric":"69600","pred_pre":"+600","pred_pre_sig":"2","trde_tern_rt":"+0.16"}})",
        date);
  };
  ASSERT_TRUE(pages.take(
      {.body = page("stk_dt_pole_chart_qry", {day("20250918"), day("20250917"), day("20250916")}), .next_key = "K"}));
  EXPECT_FALSE(pages.next(0).value().has_value());
  EXPECT_THAT(pages.table(),
              StartsWith(fmt::format("time,open,high,low,close,volume\n{},69800,70500,69600,70100,9263135\n",
                                     kMidnight / kMillisecond)));
  EXPECT_EQ(pages.rows(), 2u);
}

TEST(KiwoomHistory, DaysAreKoreanOnesAndWhatIsNotOfferedIsRefusedByName) {
  const auto files = history("kiwoom:005930", "candles", "", kDay1, kDay1 + 2);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u) << "one way back through all of them";
  EXPECT_EQ(files->at(0).name, "005930-1m-2025-09-17-to-2025-09-19.csv");
  EXPECT_EQ(files->at(0).from, kMidnight);
  EXPECT_EQ(files->at(0).to, kMidnight + 3 * kDay);
  EXPECT_TRUE(history("kiwoom:005930_AL", "trades", "", kDay1, kDay1));
  EXPECT_FALSE(history("kiwoom:005930", "klines", "", kDay1, kDay1));
  EXPECT_FALSE(history("kiwoom:005930", "candles", "2m", kDay1, kDay1));
  EXPECT_FALSE(history("kiwoom:005930", "trades", "1m", kDay1, kDay1));
  EXPECT_FALSE(history("kiwoom:../x", "candles", "", kDay1, kDay1));
  EXPECT_FALSE(history("kiwoom:005930", "candles", "", kDay1 + 1, kDay1));
}

}  // namespace
}  // namespace stom::venues::kiwoom
