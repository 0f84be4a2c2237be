#include "stored_bars.hpp"

#include <fmt/format.h>

#include "store/bar_store.hpp"
#include "store/catalogue.hpp"

namespace stom {

Result<std::vector<CorporateAction>> stored_actions(const store::DataFolder& folder, const std::string& instrument) {
  const auto stored = folder.catalogue().actions(instrument);
  if (!stored) return std::unexpected(stored.error());
  std::vector<CorporateAction> actions;
  for (const auto& one : *stored) actions.push_back(one.action);
  return actions;
}

Result<StoredBars> read_bars(const store::DataFolder& folder, const store::BarSeries& series, UnixNanos from,
                             UnixNanos to, AdjustMode mode) {
  const auto span = parse_duration(series.spec);
  if (mode != AdjustMode::None && series.adjusted)
    return fail(Errc::Unsupported,
                fmt::format("the {} bars of {} are marked adjusted: --adjust {} would adjust them twice", series.spec,
                            series.instrument, name_of(mode)),
                "leave out --adjust, or import the prices as they were traded, without --adjusted");
  if (mode != AdjustMode::None && (!span || *span > kDay))
    return fail(Errc::Unsupported,
                fmt::format("--adjust {} is not for {} bars: one can hold prices from before and after a split",
                            name_of(mode), series.spec),
                "use bars of a day or less");
  auto reader = store::BarReader::open(folder, series, from, to);
  if (!reader) return std::unexpected(reader.error());
  auto actions = stored_actions(folder, series.instrument);
  if (!actions) return std::unexpected(actions.error());
  StoredBars out{.price_decimals = reader->price_decimals(), .quantity_decimals = reader->quantity_decimals()};
  std::vector<Bar> bars;
  while (true) {
    const auto more = reader->next(bars);
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
    out.bars.insert(out.bars.end(), bars.begin(), bars.end());
  }
  const Calendar& calendar = calendar_of(series.instrument);
  const auto day = [&](const Bar& bar) { return exchange_day(bar.time, span ? *span : 0, calendar); };
  if (out.bars.empty())
    out.actions.outside = actions->size();
  else
    out.actions = count_actions(*actions, day(out.bars.front()), day(out.bars.back()));
  if (mode != AdjustMode::None) {
    auto applied = adjust_bars(out.bars, *span, *actions, mode, out.price_decimals, calendar);
    if (!applied) {
      applied.error().message = fmt::format("{}: {}", series.instrument, applied.error().message);
      return std::unexpected(applied.error());
    }
    out.applied = std::move(*applied);
    out.price_decimals = adjusted_decimals(out.price_decimals);
  }
  return out;
}

std::string adjusted_text(AdjustMode mode, const ActionCount& actions) {
  const std::uint64_t dividends = mode == AdjustMode::All ? actions.dividends : 0;
  const std::string some = actions_text(actions.splits, dividends);
  std::string text = "prices are adjusted for " + (!some.empty()                ? some
                                                   : mode == AdjustMode::Splits ? "no split"
                                                                                : "no split or dividend");
  if (dividends < actions.dividends)
    text += fmt::format(", not for {} (--adjust all)", actions_text(0, actions.dividends));
  if (actions.outside > 0)
    text +=
        fmt::format("; {} outside of these bars change{} nothing", actions.outside, actions.outside == 1 ? "s" : "");
  return text;
}

}  // namespace stom
