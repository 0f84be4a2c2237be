#include "venues/upbit/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "venues/upbit/decoder.hpp"

namespace stom::venues::upbit {
namespace {

using std::string_view;

constexpr int kPage = 200;  // the most that one answer has

struct Unit {
  string_view bar, path;
};
constexpr std::array<Unit, 10> kUnits{Unit{"1s", "seconds"},     Unit{"1m", "minutes/1"},   Unit{"3m", "minutes/3"},
                                      Unit{"5m", "minutes/5"},   Unit{"10m", "minutes/10"}, Unit{"15m", "minutes/15"},
                                      Unit{"30m", "minutes/30"}, Unit{"1h", "minutes/60"},  Unit{"4h", "minutes/240"},
                                      Unit{"1d", "days"}};

bool is_market(string_view text) {
  const auto dash = text.find('-');
  return dash != string_view::npos && dash > 0 && dash + 1 < text.size() && text.size() <= 40 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'; });
}

/// "2024-08-02T00:00:00Z", as the parameter `to` wants it, percent-encoded.
std::string to_parameter(UnixNanos t) {
  const auto of_day = (t - static_cast<UnixNanos>(day_of(t)) * kDay) / kSecond;
  return fmt::format("{}T{:02}%3A{:02}%3A{:02}Z", format_day(day_of(t)), of_day / 3600, of_day / 60 % 60, of_day % 60);
}

}  // namespace

Result<std::vector<HistoryFile>> history(string_view instrument, string_view kind, string_view bar, std::int32_t from,
                                         std::int32_t to) {
  const auto market = instrument.substr(std::min(instrument.find(':') + 1, instrument.size()));
  if (!is_market(market))
    return fail(Errc::Usage, fmt::format("'{}' is no market of upbit", market), "write it as Upbit does: KRW-BTC");
  if (kind != "candles")
    return fail(Errc::Unsupported, fmt::format("upbit has no history of kind '{}'", kind), "offered: --kind candles");
  const auto unit = bar.empty() ? string_view{"1m"} : bar;
  if (std::ranges::find(kUnits, unit, &Unit::bar) == kUnits.end())
    return fail(Errc::Unsupported, fmt::format("upbit has no candles of '{}'", unit),
                "offered: 1s, 1m, 3m, 5m, 10m, 15m, 30m, 1h, 4h, 1d");
  if (from > to)
    return fail(Errc::Usage, fmt::format("--from {} is after --to {}", format_day(from), format_day(to)), "swap them");
  const std::int32_t days = unit == "1d" ? to - from + 1 : 1;
  std::vector<HistoryFile> files;
  for (std::int32_t day = from; day <= to; day += days) {
    HistoryFile file{.path = {}, .name = {}, .period = format_day(day), .first_day = day, .last_day = day + days - 1};
    if (days > 1) file.period += "-to-" + format_day(file.last_day);
    file.name = fmt::format("{}-{}-{}.csv", market, unit, file.period);
    files.push_back(std::move(file));
  }
  return files;
}

CandlePages::CandlePages(string_view market, string_view bar, std::int32_t first_day, std::int32_t last_day)
    : market_{market},
      from_{static_cast<UnixNanos>(first_day) * kDay},
      to_{static_cast<UnixNanos>(last_day + 1) * kDay},
      before_{to_} {
  const auto* unit = std::ranges::find(kUnits, bar, &Unit::bar);
  path_ = unit != kUnits.end() ? unit->path : kUnits[1].path;
}

std::string CandlePages::next() const {
  if (done_) return {};
  return fmt::format("/v1/candles/{}?market={}&to={}&count={}", path_, market_, to_parameter(before_), kPage);
}

double CandlePages::part() const {
  return done_ ? 1.0 : static_cast<double>(to_ - before_) / static_cast<double>(to_ - from_);
}

Result<void> CandlePages::take(string_view answer) {
  const auto refused = [&](std::string why) {
    return fail(Errc::BadData, fmt::format("Upbit's candles of {}: {}", market_, why),
                "the venue may have changed its answer (docs/venues/upbit.md); try again, and report it");
  };
  if (answer.find_first_not_of("[] \r\n\t") == string_view::npos) {  // nothing was traded before
    done_ = true;
    return {};
  }
  const auto decode = decoder();
  EventBatch events;
  const auto decoded = decode->decode(answer, kNoTime, events);
  if (decoded.what != Decoded::What::Events) return refused(decoded.text.empty() ? "not a list" : decoded.text);
  UnixNanos oldest = before_;
  std::map<UnixNanos, std::string> rows;
  for (const Event& event : events.events) {
    const auto text = [&](string_view name) {
      const auto* field = events.find(event, name);
      return field ? field->text : string_view{};
    };
    const auto* start = events.find(event, "start_time_ns");
    if (event.kind != "bar" || start == nullptr || text("instrument") != market_)
      return refused(fmt::format("a {} of '{}' is among them", event.kind, text("instrument")));
    if (start->integer >= before_) return refused("one is not before the time that was asked for");
    oldest = std::min(oldest, start->integer);
    if (start->integer < from_) continue;  // of the day before
    rows[start->integer] = fmt::format("{},{},{},{},{},{}\n", start->integer / kMillisecond, text("open"), text("high"),
                                       text("low"), text("close"), text("volume"));
  }
  rows_.merge(rows);
  before_ = oldest;
  done_ = before_ <= from_ || events.events.size() < static_cast<std::size_t>(kPage);
  return {};
}

std::string CandlePages::table() const {
  std::string out = "time,open,high,low,close,volume\n";
  for (const auto& [_, row] : rows_) out += row;
  return out;
}

}  // namespace stom::venues::upbit
