#include "backtest_benchmark.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "stored_bars.hpp"

namespace stom {
namespace {

/// "us:SPY:1d" is a series where such bars are stored; a symbol may hold a colon of its own.
/// With ":adjusted" behind it, the one that is marked so.
Result<store::BarSeries> series_of(const store::DataFolder& folder, const std::string& named, bool hold) {
  constexpr std::string_view kAdjusted = ":adjusted";
  const bool marked = named.ends_with(kAdjusted);
  const std::string text = marked ? named.substr(0, named.size() - kAdjusted.size()) : named;
  std::vector<store::BarSeries> found;
  for (const auto& series : folder.bar_series())
    if (series.instrument == text || series.instrument + ":" + series.spec == text) found.push_back(series);
  if (marked) std::erase_if(found, [](const auto& series) { return !series.adjusted; });
  // What is held is what the run trades.
  if (hold && !marked && std::ranges::any_of(found, [](const auto& series) { return !series.adjusted; }))
    std::erase_if(found, [](const auto& series) { return series.adjusted; });
  if (found.empty())
    return fail(Errc::NotFound, fmt::format("there are no bars of the benchmark {}", text),
                "name stored bars, as us:SPY:1d (stom data list), or hold for the traded instrument's own");
  if (found.size() > 1) {
    std::string kinds;
    for (const auto& series : found)
      kinds += fmt::format("{}{}{}", kinds.empty() ? "" : ", ", series.spec, series.adjusted ? " (adjusted)" : "");
    // Prices with dividends are what a holder earned.
    const auto adjusted = std::ranges::find_if(found, &store::BarSeries::adjusted);
    const bool one_kind = std::ranges::all_of(found, [&](const auto& s) { return s.spec == found[0].spec; });
    if (one_kind && adjusted != found.end()) return *adjusted;
    return fail(Errc::Usage, fmt::format("the benchmark {} has bars of {}", text, kinds),
                fmt::format("name one: --benchmark {}:{}", found[0].instrument, found[0].spec));
  }
  return found[0];
}

}  // namespace

Result<Benchmark> read_benchmark(const store::DataFolder& folder, const std::string& text, const std::string& traded,
                                 const std::string& traded_bar, UnixNanos from, UnixNanos to, DurationNanos step,
                                 AdjustMode mode) {
  if (text.empty()) return Benchmark{};
  const bool hold = text == "hold";
  const auto series = series_of(folder, !hold ? text : traded_bar.empty() ? traded : traded + ":" + traded_bar, hold);
  if (!series) return std::unexpected(series.error());
  const auto read = read_bars(folder, *series, from, to, series->adjusted ? AdjustMode::None : mode);
  if (!read) return std::unexpected(read.error());
  const auto span = parse_duration(series->spec);
  const DurationNanos shift = span ? std::max<DurationNanos>(*span - std::max<DurationNanos>(step, 1), 0) : 0;
  Benchmark benchmark{.name = hold ? fmt::format("{} held", series->instrument)
                                   : fmt::format("{} {}", series->instrument, series->spec),
                      .points = {}};
  for (const Bar& bar : read->bars)
    if (bar.close.value > 0)
      benchmark.points.push_back({bar.time + shift, to_double(bar.close.value, read->price_decimals)});
  if (benchmark.points.size() < 2)
    return fail(Errc::NotFound, fmt::format("the benchmark {} has no two bars in the time of the run", text),
                fmt::format("stom data list {} shows what is there", series->instrument));
  return benchmark;
}

}  // namespace stom
