// What holds for every indicator, and what keeps rolling windows exact over years of bars.
#include "indicators/window.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <deque>
#include <fstream>
#include <sstream>

#include "core/random.hpp"
#include "indicators/adx.hpp"
#include "indicators/bollinger.hpp"
#include "indicators/cci.hpp"
#include "indicators/donchian.hpp"
#include "indicators/ema.hpp"
#include "indicators/extremes.hpp"
#include "indicators/ichimoku.hpp"
#include "indicators/macd.hpp"
#include "indicators/mavp.hpp"
#include "indicators/mfi.hpp"
#include "indicators/registry.hpp"
#include "indicators/sar.hpp"
#include "indicators/sma.hpp"
#include "indicators/stochastic.hpp"
#include "indicators/volume.hpp"
#include "indicators/vwap.hpp"
#include "indicators/wma.hpp"

namespace stom {
namespace {

constexpr int kMillion = 1'000'000;

/// A coin of KRW 150 million that ticks by 1,000.
class LargePrices {
 public:
  double next() {
    price_ += (static_cast<double>(random_.below(201)) - 100) * 1000;
    return price_;
  }

 private:
  Random random_{7};
  double price_ = 150'000'000;
};

/// Bars that walk from a price; also bars without volume and without range.
Ohlcv next_bar(Random& random, double& price) {
  const double open = price;
  price = std::max(price + std::round((random.uniform() - 0.5) * 40) / 10, 1.0);
  const double reach = random.below(8) == 0 ? 0 : random.uniform();
  return {open, std::max(open, price) + reach, std::min(open, price) - reach, price,
          random.below(10) == 0 ? 0 : std::floor(random.uniform() * 1000)};
}

TEST(Window, AMeanOfLargePricesIsAsExactAfterAMillionBarsAsAfterOne) {
  constexpr int kPeriod = 37;
  Sma sma{kPeriod};
  Wma wma{kPeriod};
  StdDev deviation{kPeriod};
  LargePrices prices;
  std::deque<double> last;
  for (int i = 0; i < kMillion; ++i) {
    const double x = prices.next() + 1.0 / 3;
    sma.update(x);
    wma.update(x);
    deviation.update(x);
    last.push_back(x);
    if (last.size() > kPeriod) last.pop_front();
    if (i % 9973 != 0 || i < kPeriod) continue;
    long double sum = 0, weighted = 0, squares = 0;
    for (std::size_t k = 0; k < last.size(); ++k) {
      sum += last[k];
      weighted += static_cast<long double>(last[k]) * static_cast<long double>(k + 1);
    }
    const long double mean = sum / kPeriod;
    for (const double v : last) squares += (v - mean) * (v - mean);
    ASSERT_NEAR(sma.value(), static_cast<double>(mean), 1e-15 * 2e8) << i;
    ASSERT_NEAR(wma.value(), static_cast<double>(weighted * 2 / (kPeriod * (kPeriod + 1))), 1e-15 * 2e8) << i;
    ASSERT_NEAR(deviation.variance() / static_cast<double>(squares / kPeriod), 1, 1e-12) << i;
  }
}

TEST(Window, AveragesOfAMarketThatStandsStillAreItsPrice) {
  for (const double price : {0.1, 61800.3, 1e-10, 150'000'000.0}) {
    Sma fast{3};
    Sma slow{10};
    BollingerBands bands{20};
    for (int i = 0; i < 50; ++i) {
      fast.update(price);
      slow.update(price);
      bands.update(price);
    }
    EXPECT_EQ(fast.value(), price);
    EXPECT_EQ(slow.value(), price);
    EXPECT_EQ(bands.upper(), price);
    EXPECT_EQ(bands.lower(), price);
  }
}

TEST(Window, ASpikeLeavesNothingBehindOnceItHasLeft) {
  RollingSum sum{5};
  for (int i = 0; i < 3; ++i) sum.update(0.1);
  sum.update(1e17);
  for (int i = 0; i < 10; ++i) sum.update(0.1);
  EXPECT_NEAR(sum.sum(), 0.5, 1e-15);
}

TEST(Window, TheHighestAndLowestAreThoseOfTheLastBars) {
  for (const int period : {1, 2, 5, 14, 100}) {
    RollingExtremes window{period};
    std::deque<std::pair<double, double>> last;
    Random random{static_cast<std::uint64_t>(period)};
    for (int i = 0; i < 3000; ++i) {
      const double low = static_cast<double>(random.below(50));
      const double high = low + static_cast<double>(random.below(5));
      window.update(high, low);
      last.emplace_back(high, low);
      if (static_cast<int>(last.size()) > period) last.pop_front();
      double highest = -1, lowest = 1000;
      for (const auto& [h, l] : last) {
        highest = std::max(highest, h);
        lowest = std::min(lowest, l);
      }
      ASSERT_EQ(window.highest(), highest) << period << " " << i;
      ASSERT_EQ(window.lowest(), lowest) << period << " " << i;
      ASSERT_EQ(window.full(), i + 1 >= period);
    }
  }
}

TEST(Indicators, SayNothingRatherThanSomethingWrongBeforeTheyAreReady) {
  for (const auto& info : indicators()) {
    const auto indicator = make_indicator(info.name).value();
    Random random{3};
    double price = 100;
    std::vector<double> values(info.outputs.size());
    int ready_after = 0;
    for (int i = 1; i <= 200; ++i) {
      if (!indicator->ready()) {
        indicator->read(values);
        if (info.name != "ADX" && info.name != "ICHIMOKU") {  // parts of these mean something earlier
          for (const double v : values) EXPECT_TRUE(std::isnan(v)) << info.name << " bar " << i;
        }
        ready_after = i;
      }
      indicator->update(next_bar(random, price));
    }
    EXPECT_TRUE(indicator->ready()) << info.name;
    EXPECT_LT(ready_after, 200);
  }
}

TEST(Indicators, AreTheSameBitsFromACopyTakenMidway) {
  for (const auto& info : indicators()) {
    auto whole = make_indicator(info.name).value();
    auto part = make_indicator(info.name).value();
    Random random{5};
    double price = 100;
    std::vector<double> a(info.outputs.size()), b(info.outputs.size());
    for (int i = 0; i < 1000; ++i) {
      const auto bar = next_bar(random, price);
      whole->update(bar);
      part->update(bar);
      if (i % 97 == 0) part = part->clone();
      whole->read(a);
      part->read(b);
      for (std::size_t k = 0; k < a.size(); ++k)
        ASSERT_EQ(std::bit_cast<std::uint64_t>(a[k]), std::bit_cast<std::uint64_t>(b[k])) << info.name << " bar " << i;
    }
  }
}

TEST(Indicators, AreTheSameBitsOverAnArrayAsBarByBar) {
  Random random{5};
  double price = 100;
  std::vector<Ohlcv> bars;
  for (int i = 0; i < 1000; ++i) bars.push_back(next_bar(random, price));
  for (const auto& info : indicators()) {
    const std::size_t outputs = info.outputs.size();
    auto one_by_one = make_indicator(info.name).value();
    std::vector<double> expected(bars.size() * outputs), got(bars.size() * outputs);
    for (std::size_t i = 0; i < bars.size(); ++i) {
      one_by_one->update(bars[i]);
      one_by_one->read(std::span{expected}.subspan(i * outputs, outputs));
    }
    auto at_once = make_indicator(info.name).value();
    at_once->update(std::span{bars}.first(300), got);  // an array may go on where another ended
    at_once->update(std::span{bars}.subspan(300), std::span{got}.subspan(300 * outputs));
    for (std::size_t i = 0; i < got.size(); ++i)
      ASSERT_EQ(std::bit_cast<std::uint64_t>(got[i]), std::bit_cast<std::uint64_t>(expected[i]))
          << info.name << " bar " << i / outputs;
  }
}

// Every indicator must survive what illiquid markets do: no range, no volume, no movement.
TEST(Indicators, StayFiniteWhereNothingMoves) {
  for (const auto& info : indicators()) {
    auto indicator = make_indicator(info.name).value();
    Random random{9};
    double price = 100;
    std::vector<double> values(info.outputs.size());
    for (int i = 0; i < 300; ++i) indicator->update(next_bar(random, price));
    for (int i = 0; i < 3000; ++i) {
      indicator->update({price, price, price, price, 0});
      indicator->read(values);
      for (std::size_t k = 0; k < values.size(); ++k) {
        const bool no_value = info.name == "VWAP_ROLLING" || info.name == "VWMA" || info.outputs[k] == "upper" ||
                              info.outputs[k] == "lower" || info.name == "ACOS" ||
                              info.name == "ASIN";  // of 100 there is none
        ASSERT_TRUE(no_value || std::isfinite(values[k])) << info.name << " " << info.outputs[k] << " after " << i;
      }
    }
  }
}

// A price that is no number, or too large for a square, makes no answer, but neither a crash nor a hang; and what looks
// at a window of prices comes back from it.
TEST(Indicators, SurviveWhatIsNoPrice) {
  const double bad[] = {kNotReady, HUGE_VAL, -HUGE_VAL, 1e308, -1e308, 0, -0.0, 5e-324};
  for (const auto& info : indicators()) {
    std::vector<double> values(info.outputs.size());
    std::vector<double> parameters;
    for (const auto& parameter : info.parameters) parameters.push_back(parameter.standard);
    if (info.name == "CCI") parameters[0] = 100;  // an ordered window
    auto indicator = make_indicator(info.name, parameters).value();
    Random random{12};
    const auto one = [&] { return bad[random.below(std::size(bad))]; };
    for (int i = 0; i < 2000; ++i) {
      indicator->update({one(), one(), one(), one(), one()});
      indicator->read(values);
    }
  }
  for (const char* name : {"MAXINDEX", "MAVP", "CDLENGULFING", "CDLDOJI", "AVGPRICE"}) {
    auto indicator = make_indicator(name).value();
    std::vector<double> values(find_indicator(name)->outputs.size());
    Random random{13};
    double price = 100;
    for (int i = 0; i < 100; ++i) indicator->update({kNotReady, kNotReady, kNotReady, kNotReady, kNotReady});
    for (int i = 0; i < 200; ++i) indicator->update(next_bar(random, price));
    indicator->read(values);
    EXPECT_TRUE(std::isfinite(values[0])) << name;
  }
  for (const char* name : {"EMA", "MAMA", "HT_DCPERIOD", "HT_DCPHASE", "HT_SINE", "HT_TRENDLINE", "HT_TRENDMODE"}) {
    auto indicator = make_indicator(name).value();
    std::vector<double> values(find_indicator(name)->outputs.size());
    Random random{14};
    double price = 100;
    for (int i = 0; i < 100; ++i) indicator->update(next_bar(random, price));
    indicator->update({kNotReady, kNotReady, kNotReady, kNotReady, kNotReady});
    for (int i = 0; i < 200; ++i) indicator->update(next_bar(random, price));
    indicator->read(values);
    EXPECT_TRUE(std::isnan(values[0])) << name << ": it remembers for ever, so it may not look as if it were right";
  }
}

TEST(Indicators, OfANameOrAPeriodThatDoesNotExistSayWhatDoes) {
  const auto unknown = make_indicator("SMAA");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().hint.find("SMA"), std::string::npos);
  const double zero[] = {0};
  EXPECT_FALSE(make_indicator("SMA", zero));
  const double many[] = {1, 2, 3, 4, 5};
  EXPECT_FALSE(make_indicator("SMA", many));
}

TEST(Indicators, EachHasItsParagraphInTheDocumentation) {
  std::ifstream page{STOM_SOURCE_DIR "/docs/indicators.md"};
  std::stringstream text;
  text << page.rdbuf();
  for (const auto& info : indicators())
    EXPECT_NE(text.str().find("`" + std::string{info.name} + "`"), std::string::npos) << info.name;
}

// Rules of single indicators that the oracles' prices do not reach.

TEST(Donchian, ABarCanBreakOutOfTheChannelBeforeItButNotOfItsOwn) {
  Donchian before{2};
  Donchian including{2, DonchianBars::Including};
  for (const double x : {10.0, 11.0, 15.0}) {
    before.update(x, x - 1);
    including.update(x, x - 1);
  }
  EXPECT_EQ(before.upper(), 11);
  EXPECT_EQ(before.lower(), 9);
  EXPECT_EQ(including.upper(), 15);
  EXPECT_EQ(including.lower(), 10);
}

TEST(Ema, FromTheFirstValueItCountsFromThereAndIsReadyWithTheLast) {
  Ema ema{3, EmaStart::FirstValue};  // weight 1/2
  ema.update(10);
  ema.update(20);  // 15
  EXPECT_FALSE(ema.ready());
  ema.update(11);  // 13
  EXPECT_TRUE(ema.ready());
  EXPECT_EQ(ema.value(), 13);
}

TEST(Rsi, OfACoinOfTinyPriceIsThatOfALargeOne) {
  Rsi tiny{14};
  Rsi large{14};
  Random random{1};
  for (int i = 0; i < 100; ++i) {
    const double x = 100 + std::floor(random.uniform() * 32);
    tiny.update(x * 0x1p-60);
    large.update(x);
  }
  EXPECT_EQ(tiny.value(), large.value());
}

TEST(Mfi, WhatTradedBeforeAQuietWindowLeavesNoTrace) {
  Mfi mfi{5};
  Random random{2};
  double price = 1e7;
  for (int i = 0; i < 103; ++i) mfi.update(next_bar(random, price));
  for (int i = 0; i < 5; ++i) mfi.update({price, price, price, price, 0});
  EXPECT_EQ(mfi.value(), 0);
}

TEST(Mfi, LessThanOneUnitOfMoneyIsNoFlow) {
  const auto after = [](double volume) {
    Mfi mfi{2};
    for (const double price : {1.0, 2.0, 1.0}) mfi.update({price, price, price, price, volume});
    return mfi.value();
  };
  EXPECT_EQ(after(0.33), 0);  // 0.66 bought, 0.33 sold
  EXPECT_NEAR(after(0.34), 200.0 / 3, 1e-9);
}

TEST(Directions, OfOneBarAreTheSharesOfItsRange) {
  Directions directions{1};
  directions.update({10, 10, 8, 9, 0});
  EXPECT_FALSE(directions.ready());
  directions.update({9, 12, 8, 11, 0});
  EXPECT_TRUE(directions.ready());
  EXPECT_EQ(directions.plus(), 0.5);  // 2 of 12 - 8
  EXPECT_EQ(directions.minus(), 0);
  directions.update({11, 11, 3, 3, 0});
  EXPECT_EQ(directions.plus(), 0);
  EXPECT_EQ(directions.minus(), 0.625);  // 5 of 11 - 3
  directions.update({3, 3, 3, 3, 0});
  EXPECT_EQ(directions.minus(), 0);
}

TEST(AdOsc, TheFirstPeriodNeedNotBeTheShorter) {
  AdOsc usual{3, 10}, turned{10, 3};
  Random random{5};
  double price = 100;
  for (int i = 0; i < 40; ++i) {
    const Ohlcv bar = next_bar(random, price);
    usual.update(bar);
    turned.update(bar);
    EXPECT_EQ(turned.ready(), usual.ready());
    if (usual.ready()) {
      EXPECT_EQ(turned.value(), -usual.value());
    }
  }
  EXPECT_TRUE(turned.ready());
}

TEST(Cci, APriceThatStandsStillDeviatesByNothing) {
  Cci cci{14};
  Random random{4};
  double price = 0.1;
  for (int i = 0; i < 40; ++i) cci.update(next_bar(random, price));
  for (int i = 0; i < 14; ++i) cci.update({price, price, price, price, 1});
  EXPECT_EQ(cci.value(), 0);
}

TEST(Cci, OfALongWindowIsTheSumOfItsDistances) {
  constexpr int kPeriod = 500;
  Cci cci{kPeriod};
  std::deque<double> last;
  Random random{8};
  double price = 100;
  for (int i = 0; i < 20'000; ++i) {
    const auto bar = next_bar(random, price);
    cci.update(bar);
    last.push_back(bar.typical());
    if (last.size() > kPeriod) last.pop_front();
    if (i % 37 != 0 || last.size() < kPeriod) continue;
    long double mean = 0, distance = 0;
    for (const double x : last) mean += x;
    mean /= kPeriod;
    for (const double x : last) distance += std::abs(x - mean);
    const auto expected = static_cast<double>((last.back() - mean) / (0.015L * distance / kPeriod));
    ASSERT_NEAR(cci.value(), expected, 1e-10 * std::max(1.0, std::abs(expected))) << i;
  }
}

TEST(Average, OfEveryKindIsTheIndicatorOfThatName) {
  const std::pair<const char*, std::vector<double>> kinds[] = {{"SMA", {12}},  {"EMA", {12}},  {"WMA", {12}},
                                                               {"DEMA", {12}}, {"TEMA", {12}}, {"TRIMA", {12}},
                                                               {"KAMA", {12}}, {"MAMA", {}},   {"T3", {12, 0.7}}};
  for (std::size_t kind = 0; kind < std::size(kinds); ++kind) {
    auto alone = make_indicator(kinds[kind].first, kinds[kind].second).value();
    auto chosen = make_indicator("MA", std::vector<double>{12, static_cast<double>(kind)}).value();
    Random random{10};
    double price = 100;
    int before = 0;
    for (int i = 0; i < 300; ++i) {
      const auto bar = next_bar(random, price);
      alone->update(bar);
      chosen->update(bar);
      double a[2] = {}, b[2] = {};
      alone->read(a);
      chosen->read(b);
      ASSERT_EQ(std::bit_cast<std::uint64_t>(a[0]), std::bit_cast<std::uint64_t>(b[0])) << kinds[kind].first << i;
      before += std::isnan(b[0]) ? 1 : 0;
    }
    EXPECT_EQ(before, values_before(static_cast<AverageKind>(kind), 12)) << kinds[kind].first;
  }
}

TEST(Macd, WithExponentialAveragesOfAnyKindIsTheOrdinaryOne) {
  Macd macd;
  MacdOfKinds chosen{12, AverageKind::Ema, 26, AverageKind::Ema, 9, AverageKind::Ema};
  MacdOfKinds turned{26, AverageKind::Ema, 12, AverageKind::Ema, 9, AverageKind::Ema};  // fast and slow mixed up
  Random random{11};
  double price = 100;
  for (int i = 0; i < 200; ++i) {
    const double x = next_bar(random, price).close;
    macd.update(x);
    chosen.update(x);
    turned.update(x);
    ASSERT_EQ(macd.ready(), chosen.ready()) << i;
    if (!macd.ready()) continue;
    ASSERT_EQ(macd.signal(), chosen.signal()) << i;
    ASSERT_EQ(macd.signal(), turned.signal()) << i;
  }
}

TEST(Mavp, EachValueHasItsOwnPeriodWithinTheLimits) {
  VariableAverage average{2, 4};
  const double prices[] = {1, 2, 3, 4, 50, 6, 70};
  for (const double x : {1.0, 2.0, 3.0}) {
    average.update(x, 3);
    EXPECT_FALSE(average.ready());  // not before the longest could be asked for
  }
  average.update(prices[3], 3.9);
  EXPECT_EQ(average.value(), 3);  // of 2, 3, 4
  average.update(prices[4], 0);
  EXPECT_EQ(average.value(), 27);  // at least two
  average.update(prices[5], 4);
  EXPECT_EQ(average.value(), 15.75);
  average.update(prices[6], 1000);
  EXPECT_EQ(average.value(), 32.5);  // at most four
}

TEST(MinMaxIndex, AnEqualValueTakesThePlaceAndTheOldestOfTheNextBestInherits) {
  MinMaxIndex places{3};
  const double prices[] = {9, 5, 5, 1, 5, 5, 5};
  const double highest[] = {0, 0, 0, 1,
                            2, 4, 6};  // after 9 the oldest five each time, until one equals the best there is
  for (int i = 0; i < 7; ++i) {
    places.update(prices[i]);
    if (i < 2) {
      EXPECT_FALSE(places.ready()) << i;
    } else {
      EXPECT_EQ(places.highest(), highest[i]) << i;
    }
  }
  EXPECT_EQ(places.lowest(), 4);
}

TEST(Sar, WithAStartOfItsOwnBeginsOnThatSideAndTellsItByTheSign) {
  SarExtended falling{-110};
  falling.update({100, 101, 99, 100, 0});
  falling.update({100, 100, 98, 99, 0});
  EXPECT_EQ(falling.value(), -110);
  falling.update({100, 112, 99, 111, 0});  // above the stop: the trend turns, and the stop is the low of the fall
  EXPECT_EQ(falling.value(), 98);
  SarExtended away{-110, 0.01};
  away.update({100, 101, 99, 100, 0});
  away.update({100, 100, 98, 99, 0});
  away.update({100, 112, 99, 111, 0});
  EXPECT_EQ(away.value(), 98 - 0.98);
}

TEST(Vwap, ANewSessionForgetsTheOldOne) {
  Vwap vwap;
  vwap.update(100, 5);
  vwap.start_session();
  EXPECT_FALSE(vwap.ready());
  vwap.update(10, 1);
  vwap.update(20, 3);
  EXPECT_EQ(vwap.value(), 17.5);
}

}  // namespace
}  // namespace stom
