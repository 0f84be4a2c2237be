// Candle patterns: the 61 of TA-Lib, as one table (candles.cpp) of questions about the last few bars.
//
// "Long", "short", "near" mean: compared with the mean of the bars before that one (kCandleSettings, TA-Lib's
// standard). That mean is summed afresh over exactly those bars, and only where a question gets that far: an answer
// depends on the bars that it is about and not on where the history began.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include "indicators/input.hpp"

namespace stom {

enum class CandleSize : std::uint8_t {
  BodyLong,
  BodyVeryLong,
  BodyShort,
  BodyDoji,
  ShadowLong,
  ShadowVeryLong,
  ShadowShort,
  ShadowVeryShort,
  Near,
  Far,
  Equal,
};

/// A size is `factor` times the mean of a measure over the `bars` bars before; of the bar itself where `bars` is 0.
struct CandleSetting {
  enum class Measure : std::uint8_t { Body, Range, Shadow };  // Shadow: the mean of the upper and the lower one
  Measure measure;
  int bars;
  double factor;
};

inline constexpr std::array kCandleSettings{
    CandleSetting{CandleSetting::Measure::Body, 10, 1.0},    // BodyLong
    CandleSetting{CandleSetting::Measure::Body, 10, 3.0},    // BodyVeryLong
    CandleSetting{CandleSetting::Measure::Body, 10, 1.0},    // BodyShort
    CandleSetting{CandleSetting::Measure::Range, 10, 0.1},   // BodyDoji
    CandleSetting{CandleSetting::Measure::Body, 0, 1.0},     // ShadowLong
    CandleSetting{CandleSetting::Measure::Body, 0, 2.0},     // ShadowVeryLong
    CandleSetting{CandleSetting::Measure::Shadow, 10, 1.0},  // ShadowShort
    CandleSetting{CandleSetting::Measure::Range, 10, 0.1},   // ShadowVeryShort
    CandleSetting{CandleSetting::Measure::Range, 5, 0.2},    // Near
    CandleSetting{CandleSetting::Measure::Range, 5, 0.6},    // Far
    CandleSetting{CandleSetting::Measure::Range, 5, 0.05},   // Equal
};

/// The last bars, and the words that the patterns are told in. Every `ago` counts bars back, 0 is the newest.
class Candles {
 public:
  /// As many as the longest pattern looks at: five candles, the first compared with ten before it.
  static constexpr int kBars = 16;

  void push(const Ohlcv& bar) {
    newest_ = newest_ + 1 < 2 * kBars ? newest_ + 1 : kBars;
    bars_[at(0)] = bars_[at(kBars)] = bar;  // twice, so that the last kBars always lie side by side
  }

  const Ohlcv& operator[](int ago) const { return bars_[at(ago)]; }
  double open(int ago) const { return (*this)[ago].open; }
  double high(int ago) const { return (*this)[ago].high; }
  double low(int ago) const { return (*this)[ago].low; }
  double close(int ago) const { return (*this)[ago].close; }

  bool white(int ago) const { return close(ago) >= open(ago); }
  bool black(int ago) const { return !white(ago); }
  /// 1 white, -1 black.
  int color(int ago) const { return white(ago) ? 1 : -1; }

  double body(int ago) const { return std::abs(close(ago) - open(ago)); }
  double top(int ago) const { return std::max(open(ago), close(ago)); }
  double bottom(int ago) const { return std::min(open(ago), close(ago)); }
  double upper_shadow(int ago) const { return high(ago) - top(ago); }
  double lower_shadow(int ago) const { return bottom(ago) - low(ago); }

  double size(CandleSize what, int ago) const {
    const CandleSetting& setting = kCandleSettings[static_cast<std::size_t>(what)];
    double mean = 0;
    if (setting.bars == 0) {
      mean = measure(setting.measure, ago);
    } else {
      for (int i = ago + setting.bars; i > ago; --i) mean += measure(setting.measure, i);
      mean /= setting.bars;
    }
    return setting.factor * mean / (setting.measure == CandleSetting::Measure::Shadow ? 2 : 1);
  }
  bool long_body(int ago) const { return body(ago) > size(CandleSize::BodyLong, ago); }
  bool short_body(int ago) const { return body(ago) < size(CandleSize::BodyShort, ago); }
  /// Short, or just as long as usual: the patterns differ in which they ask for.
  bool no_more_than_short(int ago) const { return body(ago) <= size(CandleSize::BodyShort, ago); }
  bool more_than_short(int ago) const { return body(ago) > size(CandleSize::BodyShort, ago); }
  bool doji(int ago) const { return body(ago) <= size(CandleSize::BodyDoji, ago); }
  bool long_upper(int ago) const { return upper_shadow(ago) > size(CandleSize::ShadowLong, ago); }
  bool long_lower(int ago) const { return lower_shadow(ago) > size(CandleSize::ShadowLong, ago); }
  bool very_long_upper(int ago) const { return upper_shadow(ago) > size(CandleSize::ShadowVeryLong, ago); }
  bool very_long_lower(int ago) const { return lower_shadow(ago) > size(CandleSize::ShadowVeryLong, ago); }
  bool short_upper(int ago) const { return upper_shadow(ago) < size(CandleSize::ShadowShort, ago); }
  bool more_than_short_upper(int ago) const { return upper_shadow(ago) > size(CandleSize::ShadowShort, ago); }
  bool short_lower(int ago) const { return lower_shadow(ago) < size(CandleSize::ShadowShort, ago); }
  /// Very short counts as none.
  bool no_upper(int ago) const { return upper_shadow(ago) < size(CandleSize::ShadowVeryShort, ago); }
  bool no_lower(int ago) const { return lower_shadow(ago) < size(CandleSize::ShadowVeryShort, ago); }
  bool some_upper(int ago) const { return upper_shadow(ago) > size(CandleSize::ShadowVeryShort, ago); }
  bool some_lower(int ago) const { return lower_shadow(ago) > size(CandleSize::ShadowVeryShort, ago); }

  double near(int ago) const { return size(CandleSize::Near, ago); }
  double far(int ago) const { return size(CandleSize::Far, ago); }
  double equal(int ago) const { return size(CandleSize::Equal, ago); }

  /// Between the two bodies is a gap.
  bool body_gap_up(int later, int earlier) const { return bottom(later) > top(earlier); }
  bool body_gap_down(int later, int earlier) const { return top(later) < bottom(earlier); }
  /// Between the two bars, shadows included, is a gap.
  bool gap_up(int later, int earlier) const { return low(later) > high(earlier); }
  bool gap_down(int later, int earlier) const { return high(later) < low(earlier); }

 private:
  std::size_t at(int ago) const { return static_cast<std::size_t>(newest_ - ago); }

  double measure(CandleSetting::Measure what, int ago) const {
    if (what == CandleSetting::Measure::Body) return body(ago);
    const double range = high(ago) - low(ago);
    return what == CandleSetting::Measure::Range ? range : range - body(ago);
  }

  std::array<Ohlcv, 2 * kBars> bars_{};
  int newest_ = kBars - 1;
};

struct CandlePatternInfo {
  std::string_view name;   // "CDL2CROWS"
  std::string_view title;  // "two crows"
  int bars_before;         // the first answer comes after so many bars
  double penetration;      // how far the last candle must reach into the first; 0 where the pattern does not ask
  /// 100 bullish, -100 bearish, 0 not there; 200 and -200 where a later bar confirms.
  int (*answer)(const Candles& c, double penetration);
};

/// In order of name.
std::span<const CandlePatternInfo> candle_patterns();

/// nullptr where there is none of that name.
const CandlePatternInfo* find_candle_pattern(std::string_view name);

class CandlePattern {
 public:
  explicit CandlePattern(const CandlePatternInfo& pattern) : CandlePattern(pattern, pattern.penetration) {}
  CandlePattern(const CandlePatternInfo& pattern, double penetration)
      : pattern_{&pattern}, penetration_{penetration}, missing_{pattern.bars_before + 1} {}

  void update(const Ohlcv& bar) {
    candles_.push(bar);
    if (missing_ > 0) --missing_;
    if (ready()) value_ = pattern_->answer(candles_, penetration_);
  }
  bool ready() const { return missing_ == 0; }
  double value() const { return value_; }

 private:
  const CandlePatternInfo* pattern_;
  double penetration_;
  int missing_;
  Candles candles_;
  double value_ = kNotReady;
};

}  // namespace stom
