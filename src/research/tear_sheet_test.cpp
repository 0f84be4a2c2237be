#include "research/tear_sheet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/random.hpp"
#include "research/plot.hpp"
#include "research/tear_sheet_text.hpp"
#include "research/trades.hpp"

namespace stom {
namespace {

constexpr Int128 kWhole = power_of_ten(kMoneyDecimals);
constexpr UnixNanos kFirstDay = start_of_day(19'723);  // 2024-01-01

/// Four hundred days of one coin, bought and sold every third day.
RunResult sample() {
  RunResult r;
  r.id = "run-1";
  r.strategy = "sma_cross";
  r.version = "0.1.0";
  r.data_hash = "datahash0123";
  r.journal_hash = "journalhash4567";
  r.currency = "USDT";
  r.configuration = {{"param.fast", "10"}};
  r.initial_equity = {10'000 * kWhole};
  r.instruments = {{.id = "test:COIN", .price_decimals = 2, .quantity_decimals = 0, .ladder = {{{0}, {1}}}}};
  r.prices = {{0, {}}};
  Random random{11};
  std::int64_t price = 10'000, held = 0;
  Money cash = r.initial_equity;
  for (int day = 0; day < 400; ++day) {
    const UnixNanos time = kFirstDay + day * kDay;
    const std::int64_t open = price;
    price += static_cast<std::int64_t>(random.below(401)) - 198;
    r.prices[0].bars.push_back(
        {time, {open}, {std::max(open, price) + 30}, {std::min(open, price) - 30}, {price}, {5}});
    if (day % 3 == 0) {
      const bool buy = held == 0;
      const Fill f{.time = time,
                   .side = buy ? Side::Buy : Side::Sell,
                   .order = static_cast<ClientOrderId>(day + 1),
                   .price = {open},
                   .quantity = {50},
                   .fee = {kWhole / 2}};
      const Money value = value_of(r.instruments[0], f.price, f.quantity);
      cash += (buy ? -value : value) - f.fee;
      held = buy ? 50 : 0;
      r.fills.push_back(f);
    }
    r.equity.push_back({time, cash + value_of(r.instruments[0], {price}, {held})});
    r.pessimistic.push_back({time, r.equity.back().equity - Money{day * kWhole}});
    r.optimistic.push_back({time, r.equity.back().equity + Money{day * kWhole}});
    r.benchmark.push_back({time, static_cast<double>(price)});
  }
  r.from = r.equity.front().time;
  r.to = r.equity.back().time;
  derive_trades(r);
  return r;
}

std::string page_of(const RunResult& r, const std::string& lang = "en") {
  return tear_sheet(r, compute_statistics(r), {}, {lang});
}
std::size_t count(std::string_view text, std::string_view word) {
  std::size_t n = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++n;
  return n;
}

TEST(TearSheet, OneFileThatAsksNoNetworkForAnything) {
  const std::string page = page_of(sample());
  for (const char* outside : {"src=", "href=", "@import", "url(", "fetch(", "XMLHttpRequest", "https:"})
    EXPECT_EQ(page.find(outside), std::string::npos) << outside;
  EXPECT_EQ(count(page, "http://"), count(page, "http://www.w3.org/2000/svg"));
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(TearSheet, WhatUsersTypedIsTextAndNeverMarkup) {
  auto r = sample();
  const std::string evil = "<img src=x onerror=alert(1)>\"'&</script>";
  r.strategy = r.id = r.version = r.data_hash = r.journal_hash = r.currency = r.benchmark_name = evil;
  r.configuration = {{evil, evil}};
  r.instruments[0].id = "x:" + evil;
  r.warnings = {evil};
  for (auto& t : r.trades) t.exit_reason = evil;
  for (const char* lang : {"en", "ko"}) {
    const std::string page = page_of(r, lang);
    EXPECT_EQ(page.find("<img"), std::string::npos);
    // Style, curve data and script: no fourth closing tag came in with the data.
    EXPECT_EQ(count(page, "</script>"), 2u);
    EXPECT_NE(page.find("&lt;img"), std::string::npos);
  }
  EXPECT_EQ(tear_sheet_markdown(r, compute_statistics(r)).find("<img"), std::string::npos);
}

TEST(TearSheet, TheSameRunGivesTheSamePage) { EXPECT_EQ(page_of(sample()), page_of(sample())); }

TEST(TearSheet, ItNamesWhatWasRunAndWhatProvesIt) {
  const std::string page = page_of(sample());
  for (const char* part : {"sma_cross", "test:COIN", "param.fast", "datahash0123", "journalhash4567", "0.1.0",
                           "Total return", "Max drawdown", "Monthly returns", "Deepest drawdowns", "Round trips",
                           "Price and fills", "Rolling Sharpe", "Exposure", "Profit by hour", "Monte Carlo"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST(TearSheet, InKoreanNoHeadingStaysEnglish) {
  const std::string page = page_of(sample(), "ko");
  EXPECT_NE(page.find("<html lang=\"ko\">"), std::string::npos);
  for (const char* english : {"Total return", "Max drawdown", "Monthly returns", "Deepest", "Round trips", "Price and",
                              "Rolling", "Exposure", "Profit by", "Settings", "Definition", "What the run earned"})
    EXPECT_EQ(page.find(english), std::string::npos) << english;
  for (const auto& m : metrics()) {
    if (m.slice != nullptr) continue;
    EXPECT_FALSE(metric_text(Language::Korean, m.key).definition.empty()) << m.key;
    EXPECT_FALSE(metric_text(Language::English, m.key).name.empty()) << m.key;
  }
}

TEST(TearSheet, EveryWarningOfOursHasItsKorean) {
  auto r = sample();
  r.canceled = true;
  r.trades.resize(3);
  r.open.push_back({});
  auto s = compute_statistics(r);
  s.best_day_profit_share = 0.9;
  s.duration = 10 * 86'400;
  s.annual_return = 1;
  s.sharpe_ratio = 1;
  s.probabilistic_sharpe_ratio = 0.5;
  s.net_profit = 1;
  s.fees_paid = 10;
  r.pessimistic.back().equity = {};
  auto list = warnings_of(r, s);
  EXPECT_EQ(list.size(), 7u);
  s.net_profit = -1;  // nine before fees of ten
  list.push_back(warnings_of(r, s).at(5));
  for (const auto& w : list) EXPECT_NE(translated(Language::Korean, w), w);
  s.trades = 0;
  EXPECT_NE(translated(Language::Korean, warnings_of(r, s).at(1)), warnings_of(r, s).at(1));
}

TEST(TearSheet, AWarningWithNamesAndFiguresHasItsKoreanWithTheSameOnes) {
  const auto korean = [](std::string_view w) { return translated_warning(Language::Korean, w); };
  EXPECT_EQ(korean("kiwoom:005930: 3 of 20 days have no data (2024-08-01 to 2024-08-03)"),
            "kiwoom:005930: 20일 가운데 3일의 데이터가 없습니다(2024-08-01 to 2024-08-03).");
  EXPECT_EQ(korean("binance:BTCUSDT: there was no book for less than 0.1 % of the time"),
            "binance:BTCUSDT: 전체 시간의 0.1 % 미만 동안 호가창이 없었습니다.");
  EXPECT_EQ(korean("12 orders were refused: insufficient_balance"), "주문 12건이 거부되었습니다: 잔고 부족.");
  EXPECT_EQ(korean("7 gaps in the market data: the book was stale after each until the next snapshot"),
            "시세가 7번 끊겼습니다. 끊길 때마다 다음 스냅샷까지 호가창을 알 수 없었습니다.");
  for (const char* w :
       {"us:AAPL: prices are adjusted for 2 splits", "--queue log is not used: bars have no queue",
        "us:AAPL: 1 split within the run; prices are raw, and what is held over them is not changed; --adjust splits",
        "us:AAPL: 1 split within the run; prices are raw, and what is held over them is not changed; end or begin the "
        "run there",
        "--spread 0.1 is not used: ticks have their own", "--bar-path ohlc is not used: this run is on ticks",
        "the recorded latencies reach from 2024-08-01 to 2024-08-02: outside of that their first and last are taken",
        "the account was liquidated: the reason of those trades' exit is liquidation",
        "the sale tax and the commission of Korea are not counted: --fees krx-kospi or krx-kosdaq"}) {
    EXPECT_NE(korean(w), w);
    EXPECT_EQ(translated_warning(Language::English, w), w);
  }
  EXPECT_EQ(korean("a warning of a plug-in"), "a warning of a plug-in");
}

TEST(TearSheet, AReportSaysItsWarningsInItsLanguage) {
  auto r = sample();
  r.warnings = {"12 orders were refused: insufficient_balance"};
  const auto s = compute_statistics(r);
  for (const std::string lang : {"en", "ko"}) {
    const std::string wanted = lang == "ko" ? "주문 12건이 거부되었습니다" : "12 orders were refused";
    EXPECT_NE(tear_sheet(r, s, {}, {lang}).find(wanted), std::string::npos);
    EXPECT_NE(tear_sheet_markdown(r, s, {lang}).find(wanted), std::string::npos);
  }
}

TEST(TearSheet, GeneratedDataAndAShortRunAreSaid) {
  auto r = sample();
  const auto said = [&](const Statistics& s, std::string_view start) {
    for (const auto& w : warnings_of(r, s)) {
      EXPECT_NE(translated(Language::Korean, w), w);
      if (w.starts_with(start)) return true;
    }
    return false;
  };
  auto s = compute_statistics(r);
  r.warnings.clear();
  EXPECT_FALSE(said(s, "Generated"));
  EXPECT_FALSE(said(s, "Too short"));
  r.instruments.front().id = "sim:COIN";
  EXPECT_TRUE(said(s, "Generated"));
  s.annual_return = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(said(s, "Too short"));
}

TEST(TearSheet, ARunOverTicksShowsThePriceAtItsFills) {
  auto r = sample();
  EXPECT_EQ(page_of(r).find("Price at our fills"), std::string::npos);
  r.prices.clear();
  const std::string page = page_of(r);
  EXPECT_NE(page.find("Price at our fills"), std::string::npos);
  EXPECT_NE(page.find("path class=\"buy\""), std::string::npos) << "with a mark for each";
  EXPECT_EQ(page_of(r, "ko").find("Price at"), std::string::npos);
}

TEST(TearSheet, AThousandTradesAreCappedAndSaidSo) {
  auto r = sample();
  while (r.trades.size() < 1'200) r.trades.push_back(r.trades.front());
  const std::string page = page_of(r);
  EXPECT_NE(page.find("all are in trades.csv"), std::string::npos);
  EXPECT_LT(page.size(), 1'000'000u);
}

TEST(TearSheet, ARunWithoutTradesOrEquityStillHasAPage) {
  RunResult r;
  r.strategy = "idle";
  const std::string page = page_of(r);
  EXPECT_NE(page.find("There are no trades."), std::string::npos);
  EXPECT_TRUE(page.ends_with("</html>\n"));
  auto flat = sample();
  flat.fills.clear();
  flat.trades.clear();
  flat.open.clear();
  flat.equity.resize(1);
  EXPECT_TRUE(page_of(flat).ends_with("</html>\n"));
  for (const char* bad : {">nan<", ">-nan<", "=\"nan", ">inf<", ">-inf<"})
    EXPECT_EQ(page_of(flat).find(bad), std::string::npos) << bad;
}

TEST(Plot, ThinningKeepsTheHighestAndTheLowest) {
  std::vector<PlotPoint> points;
  for (int i = 0; i < 100'000; ++i) points.push_back({static_cast<double>(i), std::sin(i * 0.001)});
  points[77'777].y = 9;
  points[33'333].y = -9;
  const auto thin = thinned(points, 300);
  EXPECT_LE(thin.size(), 602u);
  const auto [low, high] = std::minmax_element(thin.begin(), thin.end(), [](auto& a, auto& b) { return a.y < b.y; });
  EXPECT_EQ(low->y, -9);
  EXPECT_EQ(high->y, 9);
  EXPECT_TRUE(std::is_sorted(thin.begin(), thin.end(), [](auto& a, auto& b) { return a.x < b.x; }));
}

TEST(Plot, TicksAreRoundAndCalendarTicksFallOnTheCalendar) {
  EXPECT_EQ(round_ticks(0.3, 9.7, 5), (std::vector<double>{2, 4, 6, 8}));
  EXPECT_TRUE(round_ticks(1, 1).empty());
  const auto years = time_ticks(static_cast<double>(start_of_day(day_of_civil(2004, 8, 19))),
                                static_cast<double>(start_of_day(day_of_civil(2013, 3, 1))));
  ASSERT_EQ(years.size(), 9u);
  EXPECT_EQ(years.front().label, "2005");
  const auto minutes =
      time_ticks(static_cast<double>(kFirstDay + kHour), static_cast<double>(kFirstDay + kHour + 9 * kMinute));
  ASSERT_FALSE(minutes.empty());
  EXPECT_EQ(minutes.front().label, "01:00");
}

}  // namespace
}  // namespace stom
