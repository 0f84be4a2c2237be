// The list of indicators (registry.hpp). Adding one: its header, its test, its line here.
#include "indicators/registry.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>

#include "indicators/atr.hpp"
#include "indicators/bollinger.hpp"
#include "indicators/ema.hpp"
#include "indicators/rsi.hpp"
#include "indicators/sma.hpp"

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
      : indicator_{construct<Indicator>(parameters, std::make_index_sequence<kParameters>{})} {}

  void update(const Ohlcv& bar) override {
    if constexpr (requires { indicator_.update(bar); }) {
      indicator_.update(bar);
    } else {
      indicator_.update(bar.close);
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
          [](std::span<const double> values) -> std::unique_ptr<AnyIndicator> {
            return std::make_unique<Held<Indicator, kParameters, kOutputs...>>(values);
          }};
}
template <class Indicator, double (Indicator::*... kOutputs)() const>
IndicatorInfo entry(std::string_view name, std::string_view title, IndicatorPane pane,
                    const std::array<std::string_view, sizeof...(kOutputs)>& outputs) {
  return {name, title, pane, {}, {outputs.begin(), outputs.end()}, [](std::span<const double> values) {
            return std::unique_ptr<AnyIndicator>{std::make_unique<Held<Indicator, 0, kOutputs...>>(values)};
          }};
}

constexpr auto kPrice = IndicatorPane::OverPrice;
constexpr auto kOwn = IndicatorPane::Own;

// clang-format off
std::vector<IndicatorInfo> list() {
  return {
      entry<Atr, &Atr::value>("ATR", "average true range (Wilder)", kOwn, {{"period", 14}}, {"value"}),
      entry<BollingerBands, &BollingerBands::upper, &BollingerBands::middle, &BollingerBands::lower>("BBANDS", "Bollinger bands", kPrice, {{"period", 20, 2}, {"up", 2, 0}, {"down", 2, 0}, {"middle", 0, 0, 1}}, {"upper", "middle", "lower"}),
      entry<Ema, &Ema::value>("EMA", "exponential moving average", kPrice, {{"period", 30}}, {"value"}),
      entry<Rsi, &Rsi::value>("RSI", "relative strength index (Wilder)", kOwn, {{"period", 14, 2}}, {"value"}),
      entry<Sma, &Sma::value>("SMA", "simple moving average", kPrice, {{"period", 30}}, {"value"}),
      entry<StdDev, &StdDev::value>("STDDEV", "standard deviation", kOwn, {{"period", 5, 2}, {"deviations", 1, 0}}, {"value"}),
      entry<TrueRange, &TrueRange::value>("TRANGE", "true range", kOwn, {"value"}),
  };
}
// clang-format on

}  // namespace

std::span<const IndicatorInfo> indicators() {
  static const std::vector<IndicatorInfo> all = list();
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
  return info->make(values);
}

}  // namespace stom
