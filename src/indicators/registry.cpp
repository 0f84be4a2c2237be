// The list of indicators (registry.hpp). Adding one: its header, its test, its line here. indicators/all.hpp is written
// by CMake and includes every header of this folder.
#include "indicators/registry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include "indicators/all.hpp"

namespace stom {
namespace {

// A parameter as whatever type the indicator's constructor takes in its place.
struct Argument {
  double value;
  template <class T>
    requires std::integral<T> || std::floating_point<T> || std::is_enum_v<T>
  operator T() const {
    return static_cast<T>(value);
  }
};

template <class Indicator, std::size_t... kIndex>
Indicator construct([[maybe_unused]] std::span<const double> parameters, std::index_sequence<kIndex...>) {
  return Indicator(Argument{parameters[kIndex]}...);
}

template <class Indicator, std::size_t kParameters, double (Indicator::*... kOutputs)() const>
class Held final : public AnyIndicator {
 public:
  explicit Held(std::span<const double> parameters)
      : Held(construct<Indicator>(parameters, std::make_index_sequence<kParameters>{})) {}
  explicit Held(const Indicator& indicator) : indicator_{indicator} {}

  void update(const Ohlcv& bar) override {
    if constexpr (requires { indicator_.update(bar); }) {
      indicator_.update(bar);
    } else if constexpr (requires { indicator_.update(bar.close); }) {
      indicator_.update(bar.close);
    } else {
      indicator_.update(bar.high, bar.low);
    }
  }
  void update(std::span<const Ohlcv> bars, std::span<double> values) override {
    for (std::size_t i = 0; i < bars.size(); ++i) {
      Held::update(bars[i]);
      Held::read(values.subspan(i * sizeof...(kOutputs), sizeof...(kOutputs)));
    }
  }
  bool ready() const override { return indicator_.ready(); }
  void read(std::span<double> values) const override {
    std::size_t i = 0;
    ((values[i++] = (indicator_.*kOutputs)()), ...);
  }
  std::unique_ptr<AnyIndicator> clone() const override { return std::unique_ptr<AnyIndicator>{new Held(*this)}; }

 private:
  Indicator indicator_;
};

template <class AnyHeld>
std::unique_ptr<AnyIndicator> make_held(const IndicatorInfo&, std::span<const double> parameters) {
  return std::unique_ptr<AnyIndicator>{new AnyHeld(parameters)};
}

/// One line of the list. The names of the outputs stand in the order of the functions that give them.
template <class Indicator, double (Indicator::*... kOutputs)() const, std::size_t kParameters>
constexpr IndicatorInfo entry(std::string_view name, std::string_view title, IndicatorPane pane,
                              const IndicatorParameter (&parameters)[kParameters],
                              const std::array<std::string_view, sizeof...(kOutputs)>& outputs) {
  return {name, title, pane, {parameters}, {outputs}, make_held<Held<Indicator, kParameters, kOutputs...>>};
}
template <class Indicator, double (Indicator::*... kOutputs)() const>
constexpr IndicatorInfo entry(std::string_view name, std::string_view title, IndicatorPane pane,
                              const std::array<std::string_view, sizeof...(kOutputs)>& outputs) {
  return {name, title, pane, {}, {outputs}, make_held<Held<Indicator, 0, kOutputs...>>};
}

/// All candle patterns are one type: which one it is, the table of candles.cpp says.
IndicatorInfo entry(const CandlePatternInfo& pattern) {
  static constexpr std::string_view kOutput[] = {"value"};
  IndicatorInfo info{pattern.name, pattern.title, IndicatorPane::OverPrice, {}, {kOutput}, nullptr};
  const IndicatorParameter penetration[] = {{"penetration", pattern.penetration, 0}};
  if (pattern.penetration > 0) info.parameters = {penetration};
  info.make = [](const IndicatorInfo& self, std::span<const double> values) -> std::unique_ptr<AnyIndicator> {
    const CandlePatternInfo& chosen = *find_candle_pattern(self.name);
    using Any = Held<CandlePattern, 0, &CandlePattern::value>;
    return std::unique_ptr<AnyIndicator>{
        new Any(values.empty() ? CandlePattern{chosen} : CandlePattern{chosen, values[0]})};
  };
  return info;
}

constexpr auto kPrice = IndicatorPane::OverPrice;
constexpr auto kOwn = IndicatorPane::Own;
constexpr double kAny = 3e37;  // what TA-Lib takes for no bound
/// Which average: TA-Lib's numbers, 0 simple to 8 T3 (average.hpp).
constexpr IndicatorParameter average_kind(std::string_view name) { return {name, 0, 0, 8}; }

// clang-format off
constexpr IndicatorInfo kList[] = {
    entry<OfValue<portable_acos>, &OfValue<portable_acos>::value>("ACOS", "arc cosine", kOwn, {"value"}),
    entry<Ad, &Ad::value>("AD", "accumulation/distribution (Chaikin)", kOwn, {"value"}),
    entry<OfPair<add>, &OfPair<add>::value>("ADD", "sum of two series", kOwn, {"value"}),
    entry<AdOsc, &AdOsc::value>("ADOSC", "Chaikin oscillator", kOwn, {{"fast", 3}, {"slow", 10}}, {"value"}),
    entry<Adx, &Adx::adx, &Adx::plus_di, &Adx::minus_di, &Adx::dx>("ADX", "average directional movement (Wilder)", kOwn, {{"period", 14, 2}, {"start", 0, 0, 1}}, {"adx", "plus_di", "minus_di", "dx"}),
    entry<Adxr, &Adxr::value>("ADXR", "directional movement rating (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Alligator, &Alligator::jaw, &Alligator::teeth, &Alligator::lips>("ALLIGATOR", "alligator (Williams)", kPrice, {{"jaw", 13}, {"jaw_shift", 8}, {"teeth", 8}, {"teeth_shift", 5}, {"lips", 5}, {"lips_shift", 3}}, {"jaw", "teeth", "lips"}),
    entry<AwesomeOscillator, &AwesomeOscillator::value>("AO", "awesome oscillator (Williams)", kOwn, {{"fast", 5}, {"slow", 34}}, {"value"}),
    entry<PriceOscillator, &PriceOscillator::absolute>("APO", "difference of two averages", kOwn, {{"fast", 12}, {"slow", 26}, average_kind("average")}, {"value"}),
    entry<Aroon, &Aroon::down, &Aroon::up, &Aroon::oscillator>("AROON", "Aroon (Chande)", kOwn, {{"period", 14, 2}}, {"down", "up", "oscillator"}),
    entry<Aroon, &Aroon::oscillator>("AROONOSC", "Aroon oscillator (Chande)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<OfValue<portable_asin>, &OfValue<portable_asin>::value>("ASIN", "arc sine", kOwn, {"value"}),
    entry<OfValue<portable_atan>, &OfValue<portable_atan>::value>("ATAN", "arc tangent", kOwn, {"value"}),
    entry<Atr, &Atr::value>("ATR", "average true range (Wilder)", kOwn, {{"period", 14}}, {"value"}),
    entry<AtrStop, &AtrStop::value, &AtrStop::upper, &AtrStop::lower>("ATR_STOP", "trailing stop by average true ranges", kPrice, {{"period", 21}, {"ranges", 3, 0}}, {"value", "upper", "lower"}),
    entry<OfBar<average_price>, &OfBar<average_price>::value>("AVGPRICE", "average of open, high, low and close", kPrice, {"value"}),
    entry<BollingerBands, &BollingerBands::upper, &BollingerBands::middle, &BollingerBands::lower>("BBANDS", "Bollinger bands", kPrice, {{"period", 5, 2}, {"up", 2, -kAny, kAny}, {"down", 2, -kAny, kAny}, average_kind("average")}, {"upper", "middle", "lower"}),
    entry<Beta, &Beta::value>("BETA", "beta of two series' changes", kOwn, {{"period", 5}}, {"value"}),
    entry<OfBar<balance_of_power>, &OfBar<balance_of_power>::value>("BOP", "balance of power (Livshin)", kOwn, {"value"}),
    entry<Cci, &Cci::value>("CCI", "commodity channel index (Lambert)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<OfValue<round_up>, &OfValue<round_up>::value>("CEIL", "rounded up", kPrice, {"value"}),
    entry<Chandelier, &Chandelier::long_stop, &Chandelier::short_stop>("CHANDELIER", "chandelier exit (LeBeau)", kPrice, {{"period", 22}, {"ranges", 3, 0}}, {"long", "short"}),
    entry<Choppiness, &Choppiness::value>("CHOP", "choppiness index (Dreiss)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Cmf, &Cmf::value>("CMF", "Chaikin money flow", kOwn, {{"period", 20}}, {"value"}),
    entry<Cmo, &Cmo::value>("CMO", "Chande momentum oscillator", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Correlation, &Correlation::value>("CORREL", "correlation of two series (Pearson)", kOwn, {{"period", 30}}, {"value"}),
    entry<OfValue<portable_cos>, &OfValue<portable_cos>::value>("COS", "cosine", kOwn, {"value"}),
    entry<OfValue<portable_cosh>, &OfValue<portable_cosh>::value>("COSH", "hyperbolic cosine", kOwn, {"value"}),
    entry<ConnorsRsi, &ConnorsRsi::value, &ConnorsRsi::price, &ConnorsRsi::streak, &ConnorsRsi::rank>("CRSI", "Connors RSI", kOwn, {{"period", 3, 2}, {"streak_period", 2, 2}, {"rank_period", 100}}, {"value", "price", "streak", "rank"}),
    entry<Dema, &Dema::value>("DEMA", "double exponential moving average (Mulloy)", kPrice, {{"period", 30}}, {"value"}),
    entry<OfPair<divide>, &OfPair<divide>::value>("DIV", "quotient of two series", kOwn, {"value"}),
    entry<Donchian, &Donchian::upper, &Donchian::middle, &Donchian::lower>("DONCHIAN", "Donchian channel", kPrice, {{"period", 20}, {"bars", 0, 0, 1}}, {"upper", "middle", "lower"}),
    entry<Dpo, &Dpo::value>("DPO", "detrended price oscillator", kOwn, {{"period", 20}}, {"value"}),
    entry<Directions, &Directions::index>("DX", "directional movement index (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<ElderRay, &ElderRay::bull, &ElderRay::bear>("ELDER_RAY", "Elder ray", kOwn, {{"period", 13}}, {"bull", "bear"}),
    entry<Ema, &Ema::value>("EMA", "exponential moving average", kPrice, {{"period", 30}, {"start", 0, 0, 1}}, {"value"}),
    entry<Envelopes, &Envelopes::upper, &Envelopes::middle, &Envelopes::lower>("ENVELOPES", "envelopes of an average", kPrice, {{"period", 20}, {"percent", 2.5, 0}, average_kind("average")}, {"upper", "middle", "lower"}),
    entry<OfValue<portable_exp>, &OfValue<portable_exp>::value>("EXP", "exponential", kOwn, {"value"}),
    entry<Fisher, &Fisher::value, &Fisher::trigger>("FISHER", "Fisher transform (Ehlers)", kOwn, {{"period", 10}, {"limit", 0, 0, 1}}, {"value", "trigger"}),
    entry<OfValue<round_down>, &OfValue<round_down>::value>("FLOOR", "rounded down", kPrice, {"value"}),
    entry<ForceIndex, &ForceIndex::value>("FORCE", "force index (Elder)", kOwn, {{"period", 13}}, {"value"}),
    entry<FractalBands, &FractalBands::upper, &FractalBands::lower>("FRACTAL_BANDS", "fractal chaos bands (Williams)", kPrice, {{"span", 2}}, {"upper", "lower"}),
    entry<Gator, &Gator::upper, &Gator::lower>("GATOR", "gator oscillator (Williams)", kOwn, {{"jaw", 13}, {"jaw_shift", 8}, {"teeth", 8}, {"teeth_shift", 5}, {"lips", 5}, {"lips_shift", 3}}, {"upper", "lower"}),
    entry<HeikinAshi, &HeikinAshi::open, &HeikinAshi::high, &HeikinAshi::low, &HeikinAshi::close>("HEIKIN_ASHI", "Heikin-Ashi bars", kPrice, {"open", "high", "low", "close"}),
    entry<Hma, &Hma::value>("HMA", "Hull moving average", kPrice, {{"period", 16, 2}}, {"value"}),
    entry<CyclePeriod, &CyclePeriod::period>("HT_DCPERIOD", "period of the dominant cycle (Ehlers)", kOwn, {"value"}),
    entry<CyclePhase, &CyclePhase::phase>("HT_DCPHASE", "phase of the dominant cycle (Ehlers)", kOwn, {"value"}),
    entry<CyclePeriod, &CyclePeriod::in_phase, &CyclePeriod::quadrature>("HT_PHASOR", "phasor of the cycle (Ehlers)", kOwn, {"in_phase", "quadrature"}),
    entry<CyclePhase, &CyclePhase::sine, &CyclePhase::lead_sine>("HT_SINE", "sine of the cycle's phase (Ehlers)", kOwn, {"sine", "lead_sine"}),
    entry<CyclePhase, &CyclePhase::trendline>("HT_TRENDLINE", "price without its dominant cycle (Ehlers)", kPrice, {"value"}),
    entry<CyclePhase, &CyclePhase::trending>("HT_TRENDMODE", "1 in a trend, 0 in a cycle (Ehlers)", kOwn, {"value"}),
    entry<Ichimoku, &Ichimoku::conversion, &Ichimoku::base, &Ichimoku::leading_a, &Ichimoku::leading_b, &Ichimoku::lagging>("ICHIMOKU", "Ichimoku cloud (Hosoda)", kPrice, {{"conversion", 9}, {"base", 26}, {"leading", 52}}, {"conversion", "base", "leading_a", "leading_b", "lagging"}),
    entry<Kama, &Kama::value>("KAMA", "Kaufman adaptive moving average", kPrice, {{"period", 30}, {"fast", 2}, {"slow", 30}}, {"value"}),
    entry<Keltner, &Keltner::upper, &Keltner::middle, &Keltner::lower>("KELTNER", "Keltner channel", kPrice, {{"period", 20}, {"ranges", 2, 0}, {"atr_period", 10}}, {"upper", "middle", "lower"}),
    entry<Klinger, &Klinger::value, &Klinger::signal>("KLINGER", "Klinger volume oscillator", kOwn, {{"fast", 34}, {"slow", 55}, {"signal", 13}}, {"value", "signal"}),
    entry<LinearRegression, &LinearRegression::value>("LINEARREG", "end of the least-squares line", kPrice, {{"period", 14, 2}}, {"value"}),
    entry<LinearRegression, &LinearRegression::angle>("LINEARREG_ANGLE", "angle of the least-squares line in degrees", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<LinearRegression, &LinearRegression::intercept>("LINEARREG_INTERCEPT", "beginning of the least-squares line", kPrice, {{"period", 14, 2}}, {"value"}),
    entry<LinearRegression, &LinearRegression::slope>("LINEARREG_SLOPE", "slope of the least-squares line", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<OfValue<portable_log>, &OfValue<portable_log>::value>("LN", "natural logarithm", kOwn, {"value"}),
    entry<OfValue<portable_log10>, &OfValue<portable_log10>::value>("LOG10", "logarithm to base 10", kOwn, {"value"}),
    entry<Average, &Average::value>("MA", "moving average of a kind to choose", kPrice, {{"period", 30}, average_kind("average")}, {"value"}),
    entry<Macd, &Macd::macd, &Macd::signal, &Macd::histogram>("MACD", "moving average convergence/divergence (Appel)", kOwn, {{"fast", 12}, {"slow", 26}, {"signal", 9}, {"start", 0, 0, 1}}, {"macd", "signal", "histogram"}),
    entry<MacdOfKinds, &MacdOfKinds::macd, &MacdOfKinds::signal, &MacdOfKinds::histogram>("MACDEXT", "MACD with averages of any kind", kOwn, {{"fast", 12, 2}, average_kind("fast_average"), {"slow", 26, 2}, average_kind("slow_average"), {"signal", 9}, average_kind("signal_average")}, {"macd", "signal", "histogram"}),
    entry<MacdFixed, &MacdFixed::macd, &MacdFixed::signal, &MacdFixed::histogram>("MACDFIX", "MACD with Appel's first weights", kOwn, {{"signal", 9}}, {"macd", "signal", "histogram"}),
    entry<Mama, &Mama::mama, &Mama::fama>("MAMA", "MESA adaptive moving average (Ehlers)", kPrice, {{"fast_limit", 0.5, 0.01, 0.99}, {"slow_limit", 0.05, 0.01, 0.99}}, {"mama", "fama"}),
    entry<VariableAverage, &VariableAverage::value>("MAVP", "average whose period is the second series", kPrice, {{"least", 2}, {"most", 30}}, {"value"}),
    entry<MinMax, &MinMax::highest>("MAX", "highest", kPrice, {{"period", 30, 2}}, {"value"}),
    entry<MinMaxIndex, &MinMaxIndex::highest>("MAXINDEX", "bar of the highest", kOwn, {{"period", 30, 2}}, {"value"}),
    entry<McGinley, &McGinley::value>("MCGINLEY", "McGinley's dynamic average", kPrice, {{"period", 14}, {"factor", 0.6, 0.01}}, {"value"}),
    entry<OfBar<median_price>, &OfBar<median_price>::value>("MEDPRICE", "middle of high and low", kPrice, {"value"}),
    entry<Mfi, &Mfi::value>("MFI", "money flow index", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<MinMax, &MinMax::middle>("MIDPOINT", "middle of the highest and the lowest", kPrice, {{"period", 14, 2}}, {"value"}),
    entry<MiddlePrice, &MiddlePrice::value>("MIDPRICE", "middle of the highest high and the lowest low", kPrice, {{"period", 14, 2}}, {"value"}),
    entry<MinMax, &MinMax::lowest>("MIN", "lowest", kPrice, {{"period", 30, 2}}, {"value"}),
    entry<MinMaxIndex, &MinMaxIndex::lowest>("MININDEX", "bar of the lowest", kOwn, {{"period", 30, 2}}, {"value"}),
    entry<MinMax, &MinMax::lowest, &MinMax::highest>("MINMAX", "lowest and highest", kPrice, {{"period", 30, 2}}, {"lowest", "highest"}),
    entry<MinMaxIndex, &MinMaxIndex::lowest, &MinMaxIndex::highest>("MINMAXINDEX", "bars of the lowest and the highest", kOwn, {{"period", 30, 2}}, {"lowest", "highest"}),
    entry<Directions, &Directions::minus>("MINUS_DI", "downward direction (Wilder)", kOwn, {{"period", 14}}, {"value"}),
    entry<Movements, &Movements::minus>("MINUS_DM", "downward movement (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Momentum, &Momentum::value>("MOM", "momentum", kOwn, {{"period", 10}}, {"value"}),
    entry<OfPair<multiply>, &OfPair<multiply>::value>("MULT", "product of two series", kOwn, {"value"}),
    entry<Atr, &Atr::percent>("NATR", "average true range in per cent", kOwn, {{"period", 14}}, {"value"}),
    entry<Obv, &Obv::value>("OBV", "on-balance volume (Granville)", kOwn, {{"start", 0, 0, 1}}, {"value"}),
    entry<Directions, &Directions::plus>("PLUS_DI", "upward direction (Wilder)", kOwn, {{"period", 14}}, {"value"}),
    entry<Movements, &Movements::plus>("PLUS_DM", "upward movement (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Pmo, &Pmo::value, &Pmo::signal>("PMO", "price momentum oscillator (Swenlin)", kOwn, {{"first", 35, 2}, {"second", 20, 2}, {"signal", 10}}, {"value", "signal"}),
    entry<PriceOscillator, &PriceOscillator::percent>("PPO", "difference of two averages in per cent", kOwn, {{"fast", 12}, {"slow", 26}, average_kind("average")}, {"value"}),
    entry<VolumeOscillator, &VolumeOscillator::value, &VolumeOscillator::signal, &VolumeOscillator::histogram>("PVO", "percentage volume oscillator", kOwn, {{"fast", 12}, {"slow", 26}, {"signal", 9}}, {"value", "signal", "histogram"}),
    entry<Momentum, &Momentum::percent>("ROC", "rate of change in per cent", kOwn, {{"period", 10}}, {"value"}),
    entry<RocBands, &RocBands::value, &RocBands::average, &RocBands::upper, &RocBands::lower>("ROC_BANDS", "rate of change in per cent with bands", kOwn, {{"period", 20}, {"average", 5}, {"deviations", 5}}, {"value", "average", "upper", "lower"}),
    entry<Momentum, &Momentum::fraction>("ROCP", "rate of change as a fraction", kOwn, {{"period", 10}}, {"value"}),
    entry<Momentum, &Momentum::ratio>("ROCR", "ratio to the value then", kOwn, {{"period", 10}}, {"value"}),
    entry<Momentum, &Momentum::ratio_percent>("ROCR100", "ratio to the value then in per cent", kOwn, {{"period", 10}}, {"value"}),
    entry<Rsi, &Rsi::value>("RSI", "relative strength index (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
    entry<Sar, &Sar::value>("SAR", "parabolic stop and reverse (Wilder)", kPrice, {{"acceleration", 0.02, 0, kAny}, {"most", 0.2, 0, kAny}}, {"value"}),
    entry<SarExtended, &SarExtended::value>("SAREXT", "parabolic stop and reverse, each side at its own pace", kPrice, {{"start", 0, -1e12, 1e12}, {"offset", 0, 0}, {"first_long", 0.02, 0}, {"step_long", 0.02, 0}, {"most_long", 0.2, 0}, {"first_short", 0.02, 0}, {"step_short", 0.02, 0}, {"most_short", 0.2, 0}}, {"value"}),
    entry<OfValue<portable_sin>, &OfValue<portable_sin>::value>("SIN", "sine", kOwn, {"value"}),
    entry<OfValue<portable_sinh>, &OfValue<portable_sinh>::value>("SINH", "hyperbolic sine", kOwn, {"value"}),
    entry<Sma, &Sma::value>("SMA", "simple moving average", kPrice, {{"period", 30}}, {"value"}),
    entry<Smi, &Smi::value, &Smi::signal>("SMI", "stochastic momentum index (Blau)", kOwn, {{"period", 13}, {"first", 25}, {"second", 2}, {"signal", 3}}, {"value", "signal"}),
    entry<Smma, &Smma::value>("SMMA", "smoothed moving average (Wilder)", kPrice, {{"period", 14}}, {"value"}),
    entry<OfValue<square_root>, &OfValue<square_root>::value>("SQRT", "square root", kOwn, {"value"}),
    entry<Starc, &Starc::upper, &Starc::middle, &Starc::lower>("STARC", "STARC bands (Stoller)", kPrice, {{"period", 5}, {"ranges", 2, 0}, {"atr_period", 10}}, {"upper", "middle", "lower"}),
    entry<StdDev, &StdDev::value>("STDDEV", "standard deviation", kOwn, {{"period", 5, 2}, {"deviations", 1, 0}}, {"value"}),
    entry<StochasticOfKinds, &StochasticOfKinds::k, &StochasticOfKinds::d>("STOCH", "slow stochastic (Lane)", kOwn, {{"fast_k", 5}, {"slow_k", 3}, average_kind("slow_k_average"), {"slow_d", 3}, average_kind("slow_d_average")}, {"k", "d"}),
    entry<StochasticFastOfKinds, &StochasticFastOfKinds::k, &StochasticFastOfKinds::d>("STOCHF", "fast stochastic (Lane)", kOwn, {{"fast_k", 5}, {"fast_d", 3}, average_kind("fast_d_average")}, {"k", "d"}),
    entry<StochasticRsi, &StochasticRsi::k, &StochasticRsi::d>("STOCHRSI", "stochastic of the RSI", kOwn, {{"period", 14, 2}, {"fast_k", 5}, {"fast_d", 3}, average_kind("fast_d_average")}, {"k", "d"}),
    entry<OfPair<subtract>, &OfPair<subtract>::value>("SUB", "difference of two series", kOwn, {"value"}),
    entry<Sum, &Sum::value>("SUM", "sum", kOwn, {{"period", 30, 2}}, {"value"}),
    entry<SuperTrend, &SuperTrend::value, &SuperTrend::upper, &SuperTrend::lower, &SuperTrend::direction>("SUPERTREND", "SuperTrend (Seban)", kPrice, {{"period", 10}, {"ranges", 3, 0}}, {"value", "upper", "lower", "direction"}),
    entry<T3, &T3::value>("T3", "T3 average (Tillson)", kPrice, {{"period", 5, 2}, {"volume", 0.7, 0, 1}}, {"value"}),
    entry<OfValue<portable_tan>, &OfValue<portable_tan>::value>("TAN", "tangent", kOwn, {"value"}),
    entry<OfValue<portable_tanh>, &OfValue<portable_tanh>::value>("TANH", "hyperbolic tangent", kOwn, {"value"}),
    entry<Tema, &Tema::value>("TEMA", "triple exponential moving average (Mulloy)", kPrice, {{"period", 30}}, {"value"}),
    entry<TrueRange, &TrueRange::value>("TRANGE", "true range", kOwn, {"value"}),
    entry<Trima, &Trima::value>("TRIMA", "triangular moving average", kPrice, {{"period", 30}}, {"value"}),
    entry<Trix, &Trix::value>("TRIX", "change of the triple average in per cent", kOwn, {{"period", 30}}, {"value"}),
    entry<LinearRegression, &LinearRegression::forecast>("TSF", "next point of the least-squares line", kPrice, {{"period", 14, 2}}, {"value"}),
    entry<Tsi, &Tsi::value, &Tsi::signal>("TSI", "true strength index (Blau)", kOwn, {{"first", 25}, {"second", 13}, {"signal", 7}}, {"value", "signal"}),
    entry<OfBar<typical_price>, &OfBar<typical_price>::value>("TYPPRICE", "typical price", kPrice, {"value"}),
    entry<UltimateOscillator, &UltimateOscillator::value>("ULTOSC", "ultimate oscillator (Williams)", kOwn, {{"first", 7}, {"second", 14}, {"third", 28}}, {"value"}),
    entry<StdDev, &StdDev::variance>("VAR", "variance", kOwn, {{"period", 5, 2}}, {"value"}),
    entry<Vidya, &Vidya::value>("VIDYA", "variable index dynamic average (Chande)", kPrice, {{"fast", 9, 2}, {"slow", 30, 2}, {"weight", 0.2, 0, 1}}, {"value"}),
    entry<Volatility, &Volatility::value>("VOLATILITY", "historical volatility", kOwn, {{"period", 20, 2}, {"bars_a_year", 252, 0}}, {"value"}),
    entry<Vortex, &Vortex::plus, &Vortex::minus>("VORTEX", "vortex (Botes and Siepman)", kOwn, {{"period", 14}}, {"plus", "minus"}),
    entry<Vwap, &Vwap::value>("VWAP", "volume-weighted average price since the start", kPrice, {"value"}),
    entry<RollingVwap, &RollingVwap::value>("VWAP_ROLLING", "volume-weighted average price of the last bars", kPrice, {{"period", 50}}, {"value"}),
    entry<Vwma, &Vwma::value>("VWMA", "volume-weighted moving average", kPrice, {{"period", 20}}, {"value"}),
    entry<OfBar<weighted_close>, &OfBar<weighted_close>::value>("WCLPRICE", "weighted close", kPrice, {"value"}),
    entry<WilliamsR, &WilliamsR::value>("WILLR", "Williams %R", kOwn, {{"period", 14}}, {"value"}),
    entry<Wma, &Wma::value>("WMA", "weighted moving average", kPrice, {{"period", 30}}, {"value"}),
    entry<ZeroLagEma, &ZeroLagEma::value>("ZLEMA", "zero-lag exponential average (Ehlers and Way)", kPrice, {{"period", 20, 3}}, {"value"}),
};
// clang-format on

}  // namespace

std::span<const IndicatorInfo> indicators() {
  static const std::vector<IndicatorInfo> all = [] {
    std::vector<IndicatorInfo> entries{std::begin(kList), std::end(kList)};
    for (const auto& pattern : candle_patterns()) entries.push_back(entry(pattern));
    return entries;
  }();
  return all;
}

const IndicatorInfo* find_indicator(std::string_view name) {
  const auto all = indicators();
  const auto found = std::ranges::find(all, name, &IndicatorInfo::name);
  return found == all.end() ? nullptr : &*found;
}

Result<std::unique_ptr<AnyIndicator>> make_indicator(std::string_view name, std::span<const double> parameters) {
  const IndicatorInfo* info = find_indicator(name);
  if (!info) {
    std::string known;
    for (const auto& other : indicators()) known.append(known.empty() ? "" : " ").append(other.name);
    return fail(Errc::NotFound, "there is no indicator named " + std::string{name}, "known: " + known);
  }
  if (parameters.size() > info->parameters.size()) {
    return fail(Errc::Usage, std::string{name} + " takes " + std::to_string(info->parameters.size()) + " parameters",
                "it was given " + std::to_string(parameters.size()));
  }
  std::vector<double> values;
  for (std::size_t i = 0; i < info->parameters.size(); ++i) {
    const auto& parameter = info->parameters[i];
    const double value = i < parameters.size() ? parameters[i] : parameter.standard;
    if (!(value >= parameter.least && value <= parameter.most)) {
      return fail(Errc::Usage, std::string{name} + ": " + std::string{parameter.name} + " is out of range",
                  "between " + std::to_string(parameter.least) + " and " + std::to_string(parameter.most));
    }
    values.push_back(value);
  }
  return info->make(*info, values);
}

}  // namespace stom
