// Candle patterns beyond TA-Lib's recording (talib_test.cpp): LEAN's table of a third series, and by hand those that
// occur in none of the three.
#include "indicators/candles.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "indicators/registry.hpp"
#include "tests/support/test_data.hpp"

namespace stom {
namespace {

std::vector<std::string> cells_of(std::istream& in) {
  std::string line, cell;
  std::getline(in, line);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::istringstream cells{line};
  std::vector<std::string> all;
  while (std::getline(cells, cell, ',')) all.push_back(cell);
  return all;
}

TEST(CandlePatterns, AreOnTheBarsWhereLeansTableHasThem) {
  const auto file = test::test_data("oracles/indicators/lean/spy_candle_patterns.txt");
  if (!file) GTEST_SKIP() << test::kNoTestData;
  std::ifstream in{*file};
  const auto header = cells_of(in);
  constexpr std::size_t kPrices = 6;  // date, open, high, low, close, volume
  std::vector<CandlePattern> patterns;
  for (std::size_t i = kPrices; i < header.size(); ++i) {
    const CandlePatternInfo* info = find_candle_pattern(header[i]);
    ASSERT_NE(info, nullptr) << header[i];
    patterns.emplace_back(*info);
  }
  ASSERT_EQ(patterns.size(), 61u);
  std::size_t rows = 0;
  for (auto row = cells_of(in); row.size() >= kPrices; row = cells_of(in), ++rows) {
    row.resize(header.size());  // no answer yet: an empty cell, and the last ones are not written
    const Ohlcv bar{std::stod(row[1]), std::stod(row[2]), std::stod(row[3]), std::stod(row[4])};
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      patterns[i].update(bar);
      const auto& theirs = row[kPrices + i];
      ASSERT_EQ(patterns[i].ready(), !theirs.empty()) << header[kPrices + i] << " row " << rows;
      if (theirs.empty()) continue;
      ASSERT_EQ(patterns[i].value(), std::stod(theirs)) << header[kPrices + i] << " row " << rows;
    }
  }
  EXPECT_EQ(rows, 500u);
}

struct Bar {
  double open, high, low, close;
};

struct Drawn {
  const char* pattern;
  std::vector<Bar> bars;
  double answer;
  std::size_t changed;  // with this one of the bars
  Bar otherwise;        // so, the pattern is not there
  bool both_ways = false;
};

/// After 14 bars of range 2 and body 1: a body is long from 1 on, a doji or no shadow up to 0.2, near is 0.4.
double answer_of(const char* pattern, const std::vector<Bar>& bars, bool mirrored) {
  CandlePattern candles{*find_candle_pattern(pattern)};
  const auto draw = [&](const Bar& b) {
    if (mirrored) {
      candles.update({200 - b.open, 200 - b.low, 200 - b.high, 200 - b.close});
    } else {
      candles.update({b.open, b.high, b.low, b.close});
    }
  };
  for (int i = 0; i < 14; ++i) draw({100, 101.5, 99.5, 101});
  for (const Bar& bar : bars) draw(bar);
  return candles.value();
}

const Drawn kDrawn[] = {
    {"CDL2CROWS",
     {{100, 103.1, 99.9, 103}, {105, 105.2, 103.8, 104}, {104.5, 104.6, 101.9, 102}},
     -100,
     2,
     {104.5, 104.6, 99, 99.5}},  // closes below the first body
    {"CDL3BLACKCROWS",
     {{103, 103.1, 100.45, 100.5}, {102, 102.1, 99.45, 99.5}, {101, 101.1, 98.45, 98.5}},
     -100,
     1,
     {102, 102.1, 98.5, 99.5}},  // with a lower shadow
    {"CDL3STARSINSOUTH",
     {{110, 110.1, 103, 107}, {109, 109.1, 104, 107.5}, {107, 107.05, 106.45, 106.5}},
     100,
     1,
     {109, 109.1, 102, 107.5}},  // trades below the first low
    {"CDLABANDONEDBABY",
     {{100, 103.2, 99.8, 103}, {104, 104.2, 103.9, 104.05}, {103.5, 103.6, 100.9, 101}},
     -100,
     1,
     {104, 104.2, 103.1, 104.05},  // its shadow fills the gap
     true},
    {"CDLBREAKAWAY",
     {{110, 110.1, 105.9, 106},
      {105, 105.2, 103.8, 104},
      {104.2, 104.8, 103, 103.5},
      {103.5, 104, 102, 102.5},
      {103, 105.6, 102.9, 105.5}},
     100,
     4,
     {103, 107, 102.9, 106.5},  // closes the gap
     true},
    {"CDLCONCEALBABYSWALL",
     {{110, 110.05, 106.95, 107}, {107, 107.05, 103.95, 104}, {103, 105, 101.9, 102}, {105, 105.5, 101.5, 101.5}},
     100,
     3,
     {104, 104.9, 101.5, 101.5}},  // does not swallow the third
    {"CDLKICKING",
     {{103, 103.05, 99.95, 100}, {104, 106.05, 103.95, 106}},
     100,
     1,
     {103, 106.05, 102.95, 106},  // no gap
     true},
    {"CDLKICKINGBYLENGTH",
     {{103, 103.05, 99.95, 100}, {104, 106.05, 103.95, 106}},
     -100,  // the black one is longer
     1,
     {103, 106.05, 102.95, 106},
     true},
    {"CDLMATHOLD",
     {{100, 104.2, 99.8, 104},
      {105.5, 105.7, 104.8, 105},
      {104.8, 105, 103.6, 103.8},
      {104, 104.2, 103, 103.2},
      {103.5, 106.6, 103.4, 106.5}},
     100,
     4,
     {103.5, 105.7, 103.4, 105.6}},  // below the highest of the pause
    {"CDLRISEFALL3METHODS",
     {{100, 104.2, 99.8, 104},
      {103.8, 103.9, 103.1, 103.2},
      {103, 103.1, 102.3, 102.4},
      {102.2, 102.3, 101.5, 101.6},
      {101.8, 105.1, 101.7, 105}},
     100,
     3,
     {102.2, 103, 101.5, 102.8},  // not one of the falling three
     true},
    {"CDLUPSIDEGAP2CROWS",
     {{100, 103.1, 99.9, 103}, {104.5, 104.6, 103.9, 104}, {105, 105.1, 103.4, 103.5}},
     -100,
     2,
     {105, 105.1, 102, 102.5}},  // closes in the first body
};

TEST(CandlePatterns, ThatNoSeriesHasAreSeenWhenDrawnAndNotWhenOneBarIsOther) {
  for (const Drawn& drawn : kDrawn) {
    SCOPED_TRACE(drawn.pattern);
    auto other = drawn.bars;
    other[drawn.changed] = drawn.otherwise;
    EXPECT_EQ(answer_of(drawn.pattern, drawn.bars, false), drawn.answer);
    EXPECT_EQ(answer_of(drawn.pattern, other, false), 0);
    EXPECT_EQ(answer_of(drawn.pattern, drawn.bars, true), drawn.both_ways ? -drawn.answer : 0) << "upside down";
  }
}

TEST(CandlePatterns, AskForAsMuchPenetrationAsOneSays) {
  const auto with = [](double penetration) {
    CandlePattern cover{*find_candle_pattern("CDLDARKCLOUDCOVER"), penetration};
    for (int i = 0; i < 14; ++i) cover.update({100, 101.5, 99.5, 101});
    cover.update({100, 104.2, 99.8, 104});
    cover.update({105, 105.1, 101.9, 102});  // 2 of 4 into the body
    return cover.value();
  };
  EXPECT_EQ(with(0.4), -100);
  EXPECT_EQ(with(0.6), 0);
}

// Where the history began cannot decide a pattern: a size that is exactly at its limit stays there.
TEST(CandlePatterns, AnswerTheSameWhereverTheHistoryBegan) {
  constexpr int kLong = 10'000;
  for (const auto& info : candle_patterns()) {
    CandlePattern from_the_start{info};
    CandlePattern late{info};
    for (int i = 0; i < kLong + 40; ++i) {
      const double open = 0.1 * (1000 + (i * 7) % 11);
      const Ohlcv bar{open, open + 0.3, open - 0.2, open + 0.1 * ((i * 5) % 3 - 1)};
      from_the_start.update(bar);
      if (i < kLong) continue;
      late.update(bar);
      if (i <= kLong + 20) continue;
      ASSERT_EQ(late.value(), from_the_start.value()) << info.name << " bar " << i;
    }
  }
}

}  // namespace
}  // namespace stom
