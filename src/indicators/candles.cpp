// The table of the candle patterns (candles.hpp), with TA-Lib's definitions: each line of a pattern is one thing that
// its candles must be. 0 is the newest candle, so a pattern reads from its oldest candle down to 0.
#include "indicators/candles.hpp"

#include <algorithm>

namespace stom {
namespace {

constexpr double kPenetration = 0.3;      // of the stars
constexpr double kDeepPenetration = 0.5;  // of cover and hold

int bullish(bool there) { return there ? 100 : 0; }
int bearish(bool there) { return there ? -100 : 0; }
int in_color(bool there, int color) { return there ? 100 * color : 0; }

bool within(double x, double middle, double width) { return x <= middle + width && x >= middle - width; }
bool opens_in_body_of(const Candles& c, int ago, int of) {
  return c.open(ago) > c.bottom(of) && c.open(ago) < c.top(of);
}
bool opens_near_body_of(const Candles& c, int ago, int of) {
  return c.open(ago) >= c.bottom(of) - c.near(of) && c.open(ago) <= c.top(of) + c.near(of);
}
/// Opens above the open of the white candle before it and not far above its close.
bool opens_in_or_near_white(const Candles& c, int ago) {
  return c.open(ago) > c.open(ago + 1) && c.open(ago) <= c.close(ago + 1) + c.near(ago + 1);
}
bool inside_body_of(const Candles& c, int ago, int of) {
  return c.top(ago) < c.top(of) && c.bottom(ago) > c.bottom(of);
}
bool inside_range_of(const Candles& c, int ago, int of) { return c.high(ago) < c.high(of) && c.low(ago) > c.low(of); }
bool higher(const Candles& c, int ago, int than) { return c.high(ago) > c.high(than) && c.low(ago) > c.low(than); }
bool lower(const Candles& c, int ago, int than) { return c.high(ago) < c.high(than) && c.low(ago) < c.low(than); }
bool all_white(const Candles& c, int from, int to) {
  for (int ago = from; ago >= to; --ago)
    if (c.black(ago)) return false;
  return true;
}
bool all_black(const Candles& c, int from, int to) {
  for (int ago = from; ago >= to; --ago)
    if (c.white(ago)) return false;
  return true;
}
bool marubozu(const Candles& c, int ago) { return c.long_body(ago) && c.no_upper(ago) && c.no_lower(ago); }

/// A small body on a long lower shadow: what a hammer and a hanging man look like.
bool hammer_shape(const Candles& c) { return c.short_body(0) && c.long_lower(0) && c.no_upper(0); }
bool inverted_hammer_shape(const Candles& c) { return c.short_body(0) && c.long_upper(0) && c.no_lower(0); }
bool kicks(const Candles& c) {
  return c.color(1) == -c.color(0) && marubozu(c, 1) && marubozu(c, 0) &&
         (c.black(1) ? c.gap_up(0, 1) : c.gap_down(0, 1));
}
/// A long candle, a gap, a star that `is_star` says is one, and a candle back into the first by its `penetration`.
bool evening(const Candles& c, double penetration, bool is_star) {
  return c.long_body(2) && c.white(2) && is_star && c.body_gap_up(1, 2) && c.more_than_short(0) && c.black(0) &&
         c.close(0) < c.close(2) - c.body(2) * penetration;
}
bool morning(const Candles& c, double penetration, bool is_star) {
  return c.long_body(2) && c.black(2) && is_star && c.body_gap_down(1, 2) && c.more_than_short(0) && c.white(0) &&
         c.close(0) > c.close(2) + c.body(2) * penetration;
}
/// A long black candle, and a white one that opens below its low: the neck lines and the piercing line.
bool opens_below_long_black(const Candles& c) {
  return c.black(1) && c.long_body(1) && c.white(0) && c.open(0) < c.low(1);
}

/// Hikkake: an inside bar, then a bar that leaves it on one side (1 down: a false break that turns bullish, -1 up). The
/// modified one asks for one more inside bar, and where in its range the close before lay.
int hikkake_begun(const Candles& c, int ago) {
  if (!inside_range_of(c, ago + 1, ago + 2)) return 0;
  if (lower(c, ago, ago + 1)) return 1;
  return higher(c, ago, ago + 1) ? -1 : 0;
}
int modified_hikkake_begun(const Candles& c, int ago) {
  const int side = inside_range_of(c, ago + 2, ago + 3) ? hikkake_begun(c, ago) : 0;
  if (side > 0 && !(c.close(ago + 2) <= c.low(ago + 2) + c.near(ago + 2))) return 0;
  if (side < 0 && !(c.close(ago + 2) >= c.high(ago + 2) - c.near(ago + 2))) return 0;
  return side;
}
/// It is confirmed once, by the first of the next three closes beyond the inside bar, unless a newer one has begun.
int hikkake(const Candles& c, int (*begun)(const Candles&, int)) {
  if (const int side = begun(c, 0); side != 0) return 100 * side;
  for (int ago = 1; ago <= 3; ++ago) {
    const int side = begun(c, ago);
    if (side == 0) continue;
    const auto confirms = [&](int bar) {
      return side > 0 ? c.close(bar) > c.high(ago + 1) : c.close(bar) < c.low(ago + 1);
    };
    for (int bar = ago - 1; bar > 0; --bar)
      if (confirms(bar)) return 0;
    return confirms(0) ? 200 * side : 0;
  }
  return 0;
}

using C = const Candles&;

// clang-format off
constexpr CandlePatternInfo kPatterns[] = {
  {"CDL2CROWS", "two crows", 12, 0, [](C c, double) {
     return bearish(c.white(2) && c.long_body(2) &&
                    c.black(1) && c.body_gap_up(1, 2) &&
                    c.black(0) && opens_in_body_of(c, 0, 1) && c.close(0) > c.open(2) && c.close(0) < c.close(2)); }},
  {"CDL3BLACKCROWS", "three black crows", 13, 0, [](C c, double) {
     return bearish(c.white(3) && all_black(c, 2, 0) &&
                    c.no_lower(2) && c.no_lower(1) && c.no_lower(0) &&
                    opens_in_body_of(c, 1, 2) && opens_in_body_of(c, 0, 1) &&
                    c.high(3) > c.close(2) && c.close(2) > c.close(1) && c.close(1) > c.close(0)); }},
  {"CDL3INSIDE", "three inside up or down", 12, 0, [](C c, double) {
     return in_color(c.long_body(2) && c.no_more_than_short(1) && inside_body_of(c, 1, 2) &&
                     (c.white(2) ? c.black(0) && c.close(0) < c.open(2) : c.white(0) && c.close(0) > c.open(2)), -c.color(2)); }},
  {"CDL3LINESTRIKE", "three-line strike", 8, 0, [](C c, double) {
     return in_color(c.color(3) == c.color(2) && c.color(2) == c.color(1) && c.color(0) == -c.color(1) &&
                     opens_near_body_of(c, 2, 3) && opens_near_body_of(c, 1, 2) &&
                     (c.white(1) ? c.close(1) > c.close(2) && c.close(2) > c.close(3) && c.open(0) > c.close(1) && c.close(0) < c.open(3)
                                 : c.close(1) < c.close(2) && c.close(2) < c.close(3) && c.open(0) < c.close(1) && c.close(0) > c.open(3)), c.color(1)); }},
  {"CDL3OUTSIDE", "three outside up or down", 3, 0, [](C c, double) {
     return in_color(c.white(1) ? c.black(2) && c.close(1) > c.open(2) && c.open(1) < c.close(2) && c.close(0) > c.close(1)
                                : c.white(2) && c.open(1) > c.close(2) && c.close(1) < c.open(2) && c.close(0) < c.close(1), c.color(1)); }},
  {"CDL3STARSINSOUTH", "three stars in the south", 12, 0, [](C c, double) {
     return bullish(all_black(c, 2, 0) &&
                    c.long_body(2) && c.long_lower(2) &&
                    c.body(1) < c.body(2) && c.open(1) > c.close(2) && c.open(1) <= c.high(2) && c.low(1) < c.close(2) && c.low(1) >= c.low(2) && c.some_lower(1) &&
                    c.short_body(0) && c.no_lower(0) && c.no_upper(0) && inside_range_of(c, 0, 1)); }},
  {"CDL3WHITESOLDIERS", "three advancing white soldiers", 12, 0, [](C c, double) {
     return bullish(all_white(c, 2, 0) && c.no_upper(2) && c.no_upper(1) && c.no_upper(0) &&
                    c.close(0) > c.close(1) && c.close(1) > c.close(2) &&
                    opens_in_or_near_white(c, 1) && opens_in_or_near_white(c, 0) &&
                    c.body(1) > c.body(2) - c.far(2) && c.body(0) > c.body(1) - c.far(1) && c.more_than_short(0)); }},
  {"CDLABANDONEDBABY", "abandoned baby", 12, kPenetration, [](C c, double penetration) {
     return in_color(c.long_body(2) && c.doji(1) && c.more_than_short(0) &&
                     (c.white(2) ? c.black(0) && c.close(0) < c.close(2) - c.body(2) * penetration && c.gap_up(1, 2) && c.gap_down(0, 1)
                                 : c.white(0) && c.close(0) > c.close(2) + c.body(2) * penetration && c.gap_down(1, 2) && c.gap_up(0, 1)), c.color(0)); }},
  {"CDLADVANCEBLOCK", "advance block", 12, 0, [](C c, double) {
     return bearish(all_white(c, 2, 0) && c.close(0) > c.close(1) && c.close(1) > c.close(2) &&
                    opens_in_or_near_white(c, 1) && opens_in_or_near_white(c, 0) &&
                    c.long_body(2) && c.short_upper(2) &&
                    ((c.body(1) < c.body(2) - c.far(2) && c.body(0) < c.body(1) + c.near(1)) ||
                     c.body(0) < c.body(1) - c.far(1) ||
                     (c.body(0) < c.body(1) && c.body(1) < c.body(2) && (c.more_than_short_upper(0) || c.more_than_short_upper(1))) ||
                     (c.body(0) < c.body(1) && c.long_upper(0)))); }},
  {"CDLBELTHOLD", "belt hold", 10, 0, [](C c, double) {
     return in_color(c.long_body(0) && (c.white(0) ? c.no_lower(0) : c.no_upper(0)), c.color(0)); }},
  {"CDLBREAKAWAY", "breakaway", 14, 0, [](C c, double) {
     return in_color(c.long_body(4) && c.color(4) == c.color(3) && c.color(3) == c.color(1) && c.color(1) == -c.color(0) &&
                     (c.black(4) ? c.body_gap_down(3, 4) && lower(c, 2, 3) && lower(c, 1, 2) && c.close(0) > c.open(3) && c.close(0) < c.close(4)
                                 : c.body_gap_up(3, 4) && higher(c, 2, 3) && higher(c, 1, 2) && c.close(0) < c.open(3) && c.close(0) > c.close(4)), c.color(0)); }},
  {"CDLCLOSINGMARUBOZU", "closing marubozu", 10, 0, [](C c, double) {
     return in_color(c.long_body(0) && (c.white(0) ? c.no_upper(0) : c.no_lower(0)), c.color(0)); }},
  {"CDLCONCEALBABYSWALL", "concealing baby swallow", 13, 0, [](C c, double) {
     return bullish(all_black(c, 3, 0) &&
                    c.no_lower(3) && c.no_upper(3) && c.no_lower(2) && c.no_upper(2) &&
                    c.body_gap_down(1, 2) && c.some_upper(1) && c.high(1) > c.close(2) &&
                    c.high(0) > c.high(1) && c.low(0) < c.low(1)); }},
  {"CDLCOUNTERATTACK", "counterattack", 11, 0, [](C c, double) {
     return in_color(c.color(1) == -c.color(0) && c.long_body(1) && c.long_body(0) && within(c.close(0), c.close(1), c.equal(1)), c.color(0)); }},
  {"CDLDARKCLOUDCOVER", "dark cloud cover", 11, kDeepPenetration, [](C c, double penetration) {
     return bearish(c.white(1) && c.long_body(1) &&
                    c.black(0) && c.open(0) > c.high(1) && c.close(0) > c.open(1) && c.close(0) < c.close(1) - c.body(1) * penetration); }},
  {"CDLDOJI", "doji", 10, 0, [](C c, double) { return bullish(c.doji(0)); }},
  {"CDLDOJISTAR", "doji star", 11, 0, [](C c, double) {
     return in_color(c.long_body(1) && c.doji(0) && (c.white(1) ? c.body_gap_up(0, 1) : c.body_gap_down(0, 1)), -c.color(1)); }},
  {"CDLDRAGONFLYDOJI", "dragonfly doji", 10, 0, [](C c, double) { return bullish(c.doji(0) && c.no_upper(0) && c.some_lower(0)); }},
  {"CDLENGULFING", "engulfing", 2, 0, [](C c, double) {
     return in_color(c.white(0) ? c.black(1) && c.close(0) > c.open(1) && c.open(0) < c.close(1)
                                : c.white(1) && c.open(0) > c.close(1) && c.close(0) < c.open(1), c.color(0)); }},
  {"CDLEVENINGDOJISTAR", "evening doji star", 12, kPenetration, [](C c, double penetration) { return bearish(evening(c, penetration, c.doji(1))); }},
  {"CDLEVENINGSTAR", "evening star", 12, kPenetration, [](C c, double penetration) { return bearish(evening(c, penetration, c.no_more_than_short(1))); }},
  {"CDLGAPSIDESIDEWHITE", "side-by-side white lines after a gap", 7, 0, [](C c, double) {
     const bool up = c.body_gap_up(1, 2);
     return in_color(((up && c.body_gap_up(0, 2)) || (c.body_gap_down(1, 2) && c.body_gap_down(0, 2))) &&
                     c.white(1) && c.white(0) && within(c.body(0), c.body(1), c.near(1)) && within(c.open(0), c.open(1), c.equal(1)), up ? 1 : -1); }},
  {"CDLGRAVESTONEDOJI", "gravestone doji", 10, 0, [](C c, double) { return bullish(c.doji(0) && c.no_lower(0) && c.some_upper(0)); }},
  {"CDLHAMMER", "hammer", 11, 0, [](C c, double) { return bullish(hammer_shape(c) && c.bottom(0) <= c.low(1) + c.near(1)); }},
  {"CDLHANGINGMAN", "hanging man", 11, 0, [](C c, double) { return bearish(hammer_shape(c) && c.bottom(0) >= c.high(1) - c.near(1)); }},
  {"CDLHARAMI", "harami", 11, 0, [](C c, double) { return in_color(c.long_body(1) && c.no_more_than_short(0) && inside_body_of(c, 0, 1), -c.color(1)); }},
  {"CDLHARAMICROSS", "harami cross", 11, 0, [](C c, double) { return in_color(c.long_body(1) && c.doji(0) && inside_body_of(c, 0, 1), -c.color(1)); }},
  {"CDLHIGHWAVE", "high wave", 10, 0, [](C c, double) { return in_color(c.short_body(0) && c.very_long_upper(0) && c.very_long_lower(0), c.color(0)); }},
  {"CDLHIKKAKE", "hikkake", 5, 0, [](C c, double) { return hikkake(c, hikkake_begun); }},
  {"CDLHIKKAKEMOD", "modified hikkake", 10, 0, [](C c, double) { return hikkake(c, modified_hikkake_begun); }},
  {"CDLHOMINGPIGEON", "homing pigeon", 11, 0, [](C c, double) {
     return bullish(all_black(c, 1, 0) && c.long_body(1) && c.no_more_than_short(0) && c.open(0) < c.open(1) && c.close(0) > c.close(1)); }},
  {"CDLIDENTICAL3CROWS", "identical three crows", 12, 0, [](C c, double) {
     return bearish(all_black(c, 2, 0) && c.no_lower(2) && c.no_lower(1) && c.no_lower(0) &&
                    c.close(2) > c.close(1) && c.close(1) > c.close(0) &&
                    within(c.open(1), c.close(2), c.equal(2)) && within(c.open(0), c.close(1), c.equal(1))); }},
  {"CDLINNECK", "in-neck", 11, 0, [](C c, double) {
     return bearish(opens_below_long_black(c) && c.close(0) <= c.close(1) + c.equal(1) && c.close(0) >= c.close(1)); }},
  {"CDLINVERTEDHAMMER", "inverted hammer", 11, 0, [](C c, double) { return bullish(inverted_hammer_shape(c) && c.body_gap_down(0, 1)); }},
  {"CDLKICKING", "kicking", 11, 0, [](C c, double) { return in_color(kicks(c), c.color(0)); }},
  {"CDLKICKINGBYLENGTH", "kicking, in the direction of the longer marubozu", 11, 0, [](C c, double) {
     return in_color(kicks(c), c.color(c.body(0) > c.body(1) ? 0 : 1)); }},
  {"CDLLADDERBOTTOM", "ladder bottom", 14, 0, [](C c, double) {
     return bullish(all_black(c, 4, 2) && c.open(4) > c.open(3) && c.open(3) > c.open(2) && c.close(4) > c.close(3) && c.close(3) > c.close(2) &&
                    c.black(1) && c.some_upper(1) &&
                    c.white(0) && c.open(0) > c.open(1) && c.close(0) > c.high(1)); }},
  {"CDLLONGLEGGEDDOJI", "long-legged doji", 10, 0, [](C c, double) { return bullish(c.doji(0) && (c.long_lower(0) || c.long_upper(0))); }},
  {"CDLLONGLINE", "long line", 10, 0, [](C c, double) { return in_color(c.long_body(0) && c.short_upper(0) && c.short_lower(0), c.color(0)); }},
  {"CDLMARUBOZU", "marubozu", 10, 0, [](C c, double) { return in_color(marubozu(c, 0), c.color(0)); }},
  {"CDLMATCHINGLOW", "matching low", 6, 0, [](C c, double) { return bullish(all_black(c, 1, 0) && within(c.close(0), c.close(1), c.equal(1))); }},
  {"CDLMATHOLD", "mat hold", 14, kDeepPenetration, [](C c, double penetration) {
     const double floor = c.close(4) - c.body(4) * penetration;
     return bullish(c.long_body(4) && c.short_body(3) && c.short_body(2) && c.short_body(1) &&
                    c.white(4) && c.black(3) && c.white(0) && c.body_gap_up(3, 4) &&
                    c.bottom(2) < c.close(4) && c.bottom(1) < c.close(4) && c.bottom(2) > floor && c.bottom(1) > floor &&
                    c.top(2) < c.open(3) && c.top(1) < c.top(2) &&
                    c.open(0) > c.close(1) && c.close(0) > std::max({c.high(3), c.high(2), c.high(1)})); }},
  {"CDLMORNINGDOJISTAR", "morning doji star", 12, kPenetration, [](C c, double penetration) { return bullish(morning(c, penetration, c.doji(1))); }},
  {"CDLMORNINGSTAR", "morning star", 12, kPenetration, [](C c, double penetration) { return bullish(morning(c, penetration, c.no_more_than_short(1))); }},
  {"CDLONNECK", "on-neck", 11, 0, [](C c, double) { return bearish(opens_below_long_black(c) && within(c.close(0), c.low(1), c.equal(1))); }},
  {"CDLPIERCING", "piercing", 11, 0, [](C c, double) {
     return bullish(opens_below_long_black(c) && c.long_body(0) && c.close(0) < c.open(1) && c.close(0) > c.close(1) + c.body(1) * 0.5); }},
  {"CDLRICKSHAWMAN", "rickshaw man", 10, 0, [](C c, double) {
     const double middle = c.low(0) + (c.high(0) - c.low(0)) / 2;
     return bullish(c.doji(0) && c.long_lower(0) && c.long_upper(0) && c.bottom(0) <= middle + c.near(0) && c.top(0) >= middle - c.near(0)); }},
  {"CDLRISEFALL3METHODS", "rising or falling three methods", 14, 0, [](C c, double) {
     const int side = c.color(4);
     const auto touches_first = [&](int ago) { return c.bottom(ago) < c.high(4) && c.top(ago) > c.low(4); };
     return in_color(c.long_body(4) && c.short_body(3) && c.short_body(2) && c.short_body(1) && c.long_body(0) &&
                     c.color(3) == -side && c.color(2) == -side && c.color(1) == -side && c.color(0) == side &&
                     touches_first(3) && touches_first(2) && touches_first(1) &&
                     c.close(2) * side < c.close(3) * side && c.close(1) * side < c.close(2) * side &&
                     c.open(0) * side > c.close(1) * side && c.close(0) * side > c.close(4) * side, side); }},
  {"CDLSEPARATINGLINES", "separating lines", 11, 0, [](C c, double) {
     return in_color(c.color(1) == -c.color(0) && within(c.open(0), c.open(1), c.equal(1)) &&
                     c.long_body(0) && (c.white(0) ? c.no_lower(0) : c.no_upper(0)), c.color(0)); }},
  {"CDLSHOOTINGSTAR", "shooting star", 11, 0, [](C c, double) { return bearish(inverted_hammer_shape(c) && c.body_gap_up(0, 1)); }},
  {"CDLSHORTLINE", "short line", 10, 0, [](C c, double) { return in_color(c.short_body(0) && c.short_upper(0) && c.short_lower(0), c.color(0)); }},
  {"CDLSPINNINGTOP", "spinning top", 10, 0, [](C c, double) {
     return in_color(c.short_body(0) && c.upper_shadow(0) > c.body(0) && c.lower_shadow(0) > c.body(0), c.color(0)); }},
  {"CDLSTALLEDPATTERN", "stalled pattern", 12, 0, [](C c, double) {
     return bearish(all_white(c, 2, 0) && c.close(0) > c.close(1) && c.close(1) > c.close(2) &&
                    c.long_body(2) && c.long_body(1) && c.no_upper(1) && opens_in_or_near_white(c, 1) &&
                    c.short_body(0) && c.open(0) >= c.close(1) - c.body(0) - c.near(1)); }},
  {"CDLSTICKSANDWICH", "stick sandwich", 7, 0, [](C c, double) {
     return bullish(c.black(2) && c.white(1) && c.black(0) && c.low(1) > c.close(2) && within(c.close(0), c.close(2), c.equal(2))); }},
  {"CDLTAKURI", "takuri: a dragonfly doji with a very long lower shadow", 10, 0, [](C c, double) {
     return bullish(c.doji(0) && c.no_upper(0) && c.very_long_lower(0)); }},
  {"CDLTASUKIGAP", "tasuki gap", 7, 0, [](C c, double) {
     return in_color((c.white(1) ? c.body_gap_up(1, 2) && c.black(0) && opens_in_body_of(c, 0, 1) && c.close(0) < c.open(1) && c.close(0) > c.top(2)
                                 : c.body_gap_down(1, 2) && c.white(0) && opens_in_body_of(c, 0, 1) && c.close(0) > c.open(1) && c.close(0) < c.bottom(2)) &&
                     std::abs(c.body(1) - c.body(0)) < c.near(1), c.color(1)); }},
  {"CDLTHRUSTING", "thrusting", 11, 0, [](C c, double) {
     return bearish(opens_below_long_black(c) && c.close(0) > c.close(1) + c.equal(1) && c.close(0) <= c.close(1) + c.body(1) * 0.5); }},
  {"CDLTRISTAR", "tristar", 12, 0, [](C c, double) {
     const double doji = c.size(CandleSize::BodyDoji, 2);  // all three by the measure of the first
     if (!(c.body(2) <= doji && c.body(1) <= doji && c.body(0) <= doji)) return 0;
     if (c.body_gap_up(1, 2) && c.top(0) < c.top(1)) return -100;
     return bullish(c.body_gap_down(1, 2) && c.bottom(0) > c.bottom(1)); }},
  {"CDLUNIQUE3RIVER", "unique three river", 12, 0, [](C c, double) {
     return bullish(c.black(2) && c.long_body(2) &&
                    c.black(1) && c.close(1) > c.close(2) && c.open(1) <= c.open(2) && c.low(1) < c.low(2) &&
                    c.white(0) && c.short_body(0) && c.open(0) > c.low(1)); }},
  {"CDLUPSIDEGAP2CROWS", "upside gap two crows", 12, 0, [](C c, double) {
     return bearish(c.white(2) && c.long_body(2) &&
                    c.black(1) && c.no_more_than_short(1) && c.body_gap_up(1, 2) &&
                    c.black(0) && c.open(0) > c.open(1) && c.close(0) < c.close(1) && c.close(0) > c.close(2)); }},
  {"CDLXSIDEGAP3METHODS", "upside or downside gap three methods", 2, 0, [](C c, double) {
     return in_color(c.color(2) == c.color(1) && c.color(1) == -c.color(0) && opens_in_body_of(c, 0, 1) &&
                     c.close(0) < c.top(2) && c.close(0) > c.bottom(2) &&
                     (c.white(2) ? c.body_gap_up(1, 2) : c.body_gap_down(1, 2)), c.color(2)); }},
};
// clang-format on

}  // namespace

std::span<const CandlePatternInfo> candle_patterns() { return kPatterns; }

const CandlePatternInfo* find_candle_pattern(std::string_view name) {
  const auto found = std::ranges::find(kPatterns, name, &CandlePatternInfo::name);
  return found == std::end(kPatterns) ? nullptr : found;
}

}  // namespace stom
