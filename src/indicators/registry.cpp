// The list of indicators (registry.hpp). Adding one: its header, its test, its line here. indicators/all.hpp is written
// by CMake and includes every header of this folder.
#include "indicators/registry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

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
  bool ready() const override { return indicator_.ready(); }
  void read(std::span<double> values) const override {
    std::size_t i = 0;
    ((values[i++] = (indicator_.*kOutputs)()), ...);
  }
  std::unique_ptr<AnyIndicator> clone() const override { return std::make_unique<Held>(*this); }

 private:
  Indicator indicator_;
};

/// One line of the list. The names of the outputs stand in the order of the functions that give them.
template <class Indicator, double (Indicator::*... kOutputs)() const, std::size_t kParameters>
IndicatorInfo entry(std::string_view name, std::string_view title, IndicatorPane pane,
                    const IndicatorParameter (&parameters)[kParameters],
                    const std::array<std::string_view, sizeof...(kOutputs)>& outputs) {
  return {name,
          title,
          pane,
          {parameters, parameters + kParameters},
          {outputs.begin(), outputs.end()},
          [](const IndicatorInfo&, std::span<const double> values) -> std::unique_ptr<AnyIndicator> {
            return std::make_unique<Held<Indicator, kParameters, kOutputs...>>(values);
          }};
}
template <class Indicator, double (Indicator::*... kOutputs)() const>
IndicatorInfo entry(std::string_view name, std::string_view title, IndicatorPane pane,
                    const std::array<std::string_view, sizeof...(kOutputs)>& outputs) {
  return {name,
          title,
          pane,
          {},
          {outputs.begin(), outputs.end()},
          [](const IndicatorInfo&, std::span<const double> values) -> std::unique_ptr<AnyIndicator> {
            return std::make_unique<Held<Indicator, 0, kOutputs...>>(values);
          }};
}

/// All candle patterns are one type: which one it is, the table of candles.cpp says.
IndicatorInfo entry(const CandlePatternInfo& pattern) {
  IndicatorInfo info{pattern.name, pattern.title, IndicatorPane::OverPrice, {}, {"value"}, nullptr};
  if (pattern.penetration > 0) info.parameters = {{"penetration", pattern.penetration, 0}};
  info.make = [](const IndicatorInfo& self, std::span<const double> values) -> std::unique_ptr<AnyIndicator> {
    const CandlePatternInfo& chosen = *find_candle_pattern(self.name);
    return std::make_unique<Held<CandlePattern, 0, &CandlePattern::value>>(
        values.empty() ? CandlePattern{chosen} : CandlePattern{chosen, values[0]});
  };
  return info;
}

constexpr auto kPrice = IndicatorPane::OverPrice;
constexpr auto kOwn = IndicatorPane::Own;

// clang-format off
std::vector<IndicatorInfo> list() {
  return {
      entry<Ad, &Ad::value>("AD", "accumulation/distribution (Chaikin)", kOwn, {"value"}),
      entry<AdOsc, &AdOsc::value>("ADOSC", "Chaikin oscillator", kOwn, {{"fast", 3}, {"slow", 10}}, {"value"}),
      entry<Adx, &Adx::adx, &Adx::plus_di, &Adx::minus_di, &Adx::dx>("ADX", "average directional movement (Wilder)", kOwn, {{"period", 14, 2}, {"start", 0, 0, 1}}, {"adx", "plus_di", "minus_di", "dx"}),
      entry<Adxr, &Adxr::value>("ADXR", "directional movement rating (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<PriceOscillator, &PriceOscillator::absolute>("APO", "difference of two averages", kOwn, {{"fast", 12}, {"slow", 26}, {"average", 0, 0, 1}}, {"value"}),
      entry<Aroon, &Aroon::up, &Aroon::down, &Aroon::oscillator>("AROON", "Aroon (Chande)", kOwn, {{"period", 14}}, {"up", "down", "oscillator"}),
      entry<Atr, &Atr::value>("ATR", "average true range (Wilder)", kOwn, {{"period", 14}}, {"value"}),
      entry<BollingerBands, &BollingerBands::upper, &BollingerBands::middle, &BollingerBands::lower>("BBANDS", "Bollinger bands", kPrice, {{"period", 20, 2}, {"up", 2, 0}, {"down", 2, 0}, {"average", 0, 0, 1}}, {"upper", "middle", "lower"}),
      entry<Cci, &Cci::value>("CCI", "commodity channel index (Lambert)", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<Cmo, &Cmo::value>("CMO", "Chande momentum oscillator", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<Dema, &Dema::value>("DEMA", "double exponential moving average (Mulloy)", kPrice, {{"period", 30}}, {"value"}),
      entry<Donchian, &Donchian::upper, &Donchian::middle, &Donchian::lower>("DONCHIAN", "Donchian channel", kPrice, {{"period", 20}, {"bars", 0, 0, 1}}, {"upper", "middle", "lower"}),
      entry<Ema, &Ema::value>("EMA", "exponential moving average", kPrice, {{"period", 30}, {"start", 0, 0, 1}}, {"value"}),
      entry<Ichimoku, &Ichimoku::conversion, &Ichimoku::base, &Ichimoku::leading_a, &Ichimoku::leading_b, &Ichimoku::lagging>("ICHIMOKU", "Ichimoku cloud (Hosoda)", kPrice, {{"conversion", 9}, {"base", 26}, {"leading", 52}}, {"conversion", "base", "leading_a", "leading_b", "lagging"}),
      entry<Kama, &Kama::value>("KAMA", "Kaufman adaptive moving average", kPrice, {{"period", 30}, {"fast", 2}, {"slow", 30}}, {"value"}),
      entry<Keltner, &Keltner::upper, &Keltner::middle, &Keltner::lower>("KELTNER", "Keltner channel", kPrice, {{"period", 20}, {"ranges", 2, 0}, {"atr_period", 10}}, {"upper", "middle", "lower"}),
      entry<LinearRegression, &LinearRegression::value>("LINEARREG", "end of the least-squares line", kPrice, {{"period", 14, 2}}, {"value"}),
      entry<Macd, &Macd::macd, &Macd::signal, &Macd::histogram>("MACD", "moving average convergence/divergence (Appel)", kOwn, {{"fast", 12}, {"slow", 26}, {"signal", 9}, {"start", 0, 0, 1}}, {"macd", "signal", "histogram"}),
      entry<Mfi, &Mfi::value>("MFI", "money flow index", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<Momentum, &Momentum::value>("MOM", "momentum", kOwn, {{"period", 10}}, {"value"}),
      entry<Atr, &Atr::percent>("NATR", "average true range in per cent", kOwn, {{"period", 14}}, {"value"}),
      entry<Obv, &Obv::value>("OBV", "on-balance volume (Granville)", kOwn, {{"start", 0, 0, 1}}, {"value"}),
      entry<PriceOscillator, &PriceOscillator::percent>("PPO", "difference of two averages in per cent", kOwn, {{"fast", 12}, {"slow", 26}, {"average", 0, 0, 1}}, {"value"}),
      entry<Momentum, &Momentum::percent>("ROC", "rate of change in per cent", kOwn, {{"period", 10}}, {"value"}),
      entry<Rsi, &Rsi::value>("RSI", "relative strength index (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<Sar, &Sar::value>("SAR", "parabolic stop and reverse (Wilder)", kPrice, {{"acceleration", 0.02, 0}, {"most", 0.2, 0}}, {"value"}),
      entry<Sma, &Sma::value>("SMA", "simple moving average", kPrice, {{"period", 30}}, {"value"}),
      entry<StdDev, &StdDev::value>("STDDEV", "standard deviation", kOwn, {{"period", 5, 2}, {"deviations", 1, 0}}, {"value"}),
      entry<Stochastic, &Stochastic::k, &Stochastic::d>("STOCH", "slow stochastic (Lane)", kOwn, {{"fast_k", 5}, {"slow_k", 3}, {"slow_d", 3}}, {"k", "d"}),
      entry<StochasticFast, &StochasticFast::k, &StochasticFast::d>("STOCHF", "fast stochastic (Lane)", kOwn, {{"k_period", 5}, {"d_period", 3}}, {"k", "d"}),
      entry<StochasticRsi, &StochasticRsi::k, &StochasticRsi::d>("STOCHRSI", "stochastic of the RSI", kOwn, {{"period", 14, 2}, {"k_period", 5}, {"d_period", 3}}, {"k", "d"}),
      entry<SuperTrend, &SuperTrend::value, &SuperTrend::upper, &SuperTrend::lower, &SuperTrend::direction>("SUPERTREND", "SuperTrend (Seban)", kPrice, {{"period", 10}, {"ranges", 3, 0}}, {"value", "upper", "lower", "direction"}),
      entry<Tema, &Tema::value>("TEMA", "triple exponential moving average (Mulloy)", kPrice, {{"period", 30}}, {"value"}),
      entry<TrueRange, &TrueRange::value>("TRANGE", "true range", kOwn, {"value"}),
      entry<Trix, &Trix::value>("TRIX", "change of the triple average in per cent", kOwn, {{"period", 30}}, {"value"}),
      entry<UltimateOscillator, &UltimateOscillator::value>("ULTOSC", "ultimate oscillator (Williams)", kOwn, {{"first", 7}, {"second", 14}, {"third", 28}}, {"value"}),
      entry<StdDev, &StdDev::variance>("VAR", "variance", kOwn, {{"period", 5, 2}}, {"value"}),
      entry<Vwap, &Vwap::value>("VWAP", "volume-weighted average price since the start", kPrice, {"value"}),
      entry<RollingVwap, &RollingVwap::value>("VWAP_ROLLING", "volume-weighted average price of the last bars", kPrice, {{"period", 50}}, {"value"}),
      entry<WilliamsR, &WilliamsR::value>("WILLR", "Williams %R", kOwn, {{"period", 14}}, {"value"}),
      entry<Wma, &Wma::value>("WMA", "weighted moving average", kPrice, {{"period", 30}}, {"value"}),
  };
}
// clang-format on

}  // namespace

std::span<const IndicatorInfo> indicators() {
  static const std::vector<IndicatorInfo> all = [] {
    auto entries = list();
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
