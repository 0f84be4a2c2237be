// Every indicator by name, with its parameters and outputs: what the charts, `stom` and the condition language choose
// from. One line each in registry.cpp; the candle patterns have theirs in candles.cpp. Code that knows which indicator
// it wants uses the type itself.
//
// Where TA-Lib has a function, its name here is TA-Lib's, and so are the order and the standard values of its
// parameters and the order of its outputs; what we add stands behind them (docs/indicators.md has what we leave out).
// TA-Lib's functions of two series read a bar's high and low here.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "indicators/input.hpp"

namespace stom {

/// At most kMost values, in place: with vectors the list of indicators would be code that builds it, and slow to
/// compile; so it is a constant.
template <class T, std::size_t kMost>
class Few {
 public:
  constexpr Few() = default;
  constexpr Few(std::span<const T> values) : size_{values.size()} { std::ranges::copy(values, values_.begin()); }

  constexpr std::size_t size() const { return size_; }
  constexpr const T& operator[](std::size_t i) const { return values_[i]; }
  constexpr const T* begin() const { return values_.data(); }
  constexpr const T* end() const { return values_.data() + size_; }

 private:
  std::array<T, kMost> values_{};
  std::size_t size_ = 0;
};

struct IndicatorParameter {
  std::string_view name;
  double standard;  // where the caller does not say
  double least = 1;
  double most = 100000;
};

/// Where a chart draws it.
enum class IndicatorPane : unsigned char { OverPrice, Own };

/// An indicator chosen at run time.
class AnyIndicator {
 public:
  virtual ~AnyIndicator() = default;
  virtual void update(const Ohlcv& bar) = 0;
  /// The same for bar after bar, by the same operations and so with the same bits: writes the outputs of each bar
  /// behind those of the one before, bars times outputs in all.
  virtual void update(std::span<const Ohlcv> bars, std::span<double> values) = 0;
  virtual bool ready() const = 0;
  /// Writes as many values as the registry lists outputs; each is NaN until it means something.
  virtual void read(std::span<double> values) const = 0;
  virtual std::unique_ptr<AnyIndicator> clone() const = 0;
};

struct IndicatorInfo {
  std::string_view name;   // "SMA"
  std::string_view title;  // "simple moving average"
  IndicatorPane pane;
  Few<IndicatorParameter, 8> parameters;
  Few<std::string_view, 5> outputs;
  std::unique_ptr<AnyIndicator> (*make)(const IndicatorInfo& info, std::span<const double> parameters);
};

std::span<const IndicatorInfo> indicators();

/// nullptr where there is none of that name.
const IndicatorInfo* find_indicator(std::string_view name);

/// From a name and the first of its parameters; the others take their standard values.
Result<std::unique_ptr<AnyIndicator>> make_indicator(std::string_view name, std::span<const double> parameters = {});

}  // namespace stom
