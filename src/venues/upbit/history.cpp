#include "venues/upbit/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>

#include "core/decimal.hpp"
#include "venues/upbit/decoder.hpp"

namespace stom::venues::upbit {
namespace {

using std::string_view;

constexpr int kPage = 200, kTradePage = 500;  // the most that one answer has

/// Requests of that group, by address; what remains is told.
Description limits_of(string_view group) {
  Description out;
  out.name = "upbit";
  out.budgets = {{.name = fmt::format("{}-1s", group),
                  .limit = 10,
                  .window = kSecond,
                  .header = "Remaining-Req",
                  .header_group = std::string{group},
                  .header_key = "sec"}};
  // How long 418 lasts is told in words only.
  out.rate_refusals = {{.status = 429, .wait_otherwise = kSecond},
                       {.status = 418, .shuts_out = true, .wait_otherwise = kMinute}};
  return out;
}

/// A page of events of that kind of that market. Errors: text that is none.
class Page {
 public:
  static Result<Page> read(string_view answer, string_view kind, string_view market) {
    Page page;
    // An answer without anything in it is no event, and no error.
    if (answer.find_first_not_of("[] \r\n\t") == string_view::npos) return page;
    page.decoder_ = decoder();
    const auto decoded = page.decoder_->decode(answer, kNoTime, page.events_);
    if (decoded.what != Decoded::What::Events)
      return refused(kind, market, decoded.text.empty() ? "not a list" : decoded.text);
    for (const Event& event : page.events_.events)
      if (event.kind != kind || page.text(event, "instrument") != market)
        return refused(kind, market,
                       fmt::format("a {} of '{}' is among them", event.kind, page.text(event, "instrument")));
    return page;
  }

  static std::unexpected<Error> refused(string_view kind, string_view market, string_view why) {
    return fail(Errc::BadData, fmt::format("Upbit's {}s of {}: {}", kind == "bar" ? "candle" : kind, market, why),
                "the venue may have changed its answer (docs/venues/upbit.md); try again, and report it");
  }

  const std::vector<Event>& events() const { return events_.events; }
  string_view text(const Event& event, string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : string_view{};
  }
  UnixNanos time(const Event& event, string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->integer : kNoTime;
  }

 private:
  std::unique_ptr<Decoder> decoder_;
  EventBatch events_;
};

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
  const bool trades = kind == "trades";
  if (kind != "candles" && !trades)
    return fail(Errc::Unsupported, fmt::format("upbit has no history of kind '{}'", kind),
                "offered: --kind candles|trades");
  if (trades && !bar.empty()) return fail(Errc::Usage, "--bar is for candles, not for trades", "leave it out");
  const auto unit = trades ? kind : bar.empty() ? string_view{"1m"} : bar;
  if (!trades && std::ranges::find(kUnits, unit, &Unit::bar) == kUnits.end())
    return fail(Errc::Unsupported, fmt::format("upbit has no candles of '{}'", unit),
                "offered: 1s, 1m, 3m, 5m, 10m, 15m, 30m, 1h, 4h, 1d");
  if (from > to)
    return fail(Errc::Usage, fmt::format("--from {} is after --to {}", format_day(from), format_day(to)), "swap them");
  return files_of_days(fmt::format("{}-{}", market, unit), from, to, unit == "1d");
}

CandlePages::CandlePages(string_view market, string_view bar, std::int32_t first_day, std::int32_t last_day)
    : limits_{limits_of("candle")},
      market_{market},
      from_{static_cast<UnixNanos>(first_day) * kDay},
      to_{static_cast<UnixNanos>(last_day + 1) * kDay},
      before_{to_} {
  const auto* unit = std::ranges::find(kUnits, bar, &Unit::bar);
  path_ = unit != kUnits.end() ? unit->path : kUnits[1].path;
}

Result<std::optional<PageRequest>> CandlePages::next(UnixNanos) const {
  if (done_) return std::nullopt;
  return PageRequest{
      .target = fmt::format("/v1/candles/{}?market={}&to={}&count={}", path_, market_, to_parameter(before_), kPage),
      .costs = {{.budget = 0}}};
}

double CandlePages::part() const {
  return done_ ? 1.0 : static_cast<double>(to_ - before_) / static_cast<double>(to_ - from_);
}

Result<void> CandlePages::take(const HistoryPage& answer) {
  const auto page = Page::read(answer.body, "bar", market_);
  if (!page) return std::unexpected(page.error());
  UnixNanos oldest = before_;
  std::map<UnixNanos, std::string> rows;
  for (const Event& event : page->events()) {
    const auto start = page->time(event, "start_time_ns");
    if (start == kNoTime || start >= before_)
      return Page::refused("bar", market_, "one is not before the time that was asked for");
    oldest = std::min(oldest, start);
    if (start < from_) continue;  // of the day before
    rows[start] =
        fmt::format("{},{},{},{},{},{}\n", start / kMillisecond, page->text(event, "open"), page->text(event, "high"),
                    page->text(event, "low"), page->text(event, "close"), page->text(event, "volume"));
  }
  rows_.merge(rows);
  before_ = oldest;
  // Fewer than were asked for: nothing was traded before.
  done_ = before_ <= from_ || page->events().size() < static_cast<std::size_t>(kPage);
  return {};
}

std::string CandlePages::table() const {
  std::string out = "time,open,high,low,close,volume\n";
  for (const auto& [_, row] : rows_) out += row;
  return out;
}

TradePages::TradePages(string_view market, std::int32_t day)
    : limits_{limits_of("trade")}, market_{market}, day_{day}, oldest_{static_cast<UnixNanos>(day + 1) * kDay} {}

Result<std::optional<PageRequest>> TradePages::next(UnixNanos now) const {
  if (done_) return std::nullopt;
  // By the day of the request: midnight may pass on the way.
  const std::int32_t days_ago = day_of(now) - day_;
  if (days_ago > kTradeDays)
    return fail(Errc::NotFound,
                fmt::format("Upbit has no trades of before {} any more", format_day(day_of(now) - kTradeDays)),
                "it tells those of seven days alone; --kind candles reaches back to the market's beginning");
  std::string target = fmt::format("/v1/trades/ticks?market={}&count={}&days_ago={}", market_, kTradePage, days_ago);
  if (cursor_ >= 0) target += fmt::format("&cursor={}", cursor_);
  return PageRequest{.target = std::move(target), .costs = {{.budget = 0}}};
}

double TradePages::part() const {
  const auto to = static_cast<UnixNanos>(day_ + 1) * kDay;
  return done_ ? 1.0 : std::clamp(static_cast<double>(to - oldest_) / static_cast<double>(kDay), 0.0, 1.0);
}

Result<void> TradePages::take(const HistoryPage& answer) {
  const auto page = Page::read(answer.body, "trade", market_);
  if (!page) return std::unexpected(page.error());
  const auto refused = [&](string_view why) { return Page::refused("trade", market_, why); };
  std::vector<std::string> rows;
  std::set<std::int64_t> ids;
  UnixNanos oldest = oldest_;
  std::int64_t last = cursor_;
  bool over = page->events().size() < static_cast<std::size_t>(kTradePage);
  for (const Event& event : page->events()) {
    const auto id = parse_decimal(page->text(event, "trade_id"), 0);
    const auto time = page->time(event, "venue_time_ns");
    if (!id || time == kNoTime) return refused("one has no sequential_id or no time");
    if (cursor_ >= 0 && *id >= cursor_) return refused("one is not before the one that was asked from");
    if (day_of(time) > day_) return refused(fmt::format("one is of {}", format_day(day_of(time))));
    if (day_of(time) < day_) {
      over = true;
      break;
    }
    if (!ids.insert(*id).second) return refused("one is there twice");
    rows.push_back(fmt::format("{},{},{},{},{}\n", *id, page->text(event, "price"), page->text(event, "quantity"),
                               time / kMillisecond, page->text(event, "side")));
    last = *id;
    oldest = time;
  }
  // Where the ids did not descend, those between would be left out by a cursor at the last one.
  if (!ids.empty() && last != *ids.begin()) return refused("the last one has not the lowest sequential_id");
  std::string text;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) text += *row;
  pages_.push_back(std::move(text));
  rows_ += rows.size();
  cursor_ = last;
  oldest_ = oldest;
  done_ = over;
  return {};
}

std::string TradePages::table() const {
  std::string out = "id,price,quantity,time,side\n";
  for (auto page = pages_.rbegin(); page != pages_.rend(); ++page) out += *page;
  return out;
}

}  // namespace stom::venues::upbit
