#include "venues/binance/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "core/time.hpp"
#include "venues/binance/decoder.hpp"

namespace stom::venues {
namespace {

using std::string_view;

constexpr std::array<string_view, 4> kSpotKinds{"klines", "trades", "aggTrades", "candles"};
constexpr std::array<string_view, 6> kFuturesKinds{"klines",     "trades",      "aggTrades",
                                                   "bookTicker", "fundingRate", "candles"};
// Of the daily files; longer bars than a day come by the month.
constexpr std::array<string_view, 13> kIntervals{"1s", "1m", "3m", "5m", "15m", "30m", "1h",
                                                 "2h", "4h", "6h", "8h", "12h", "1d"};

struct Market {
  string_view venue;
  string_view folder;
  std::span<const string_view> kinds;
  // Of the REST API; what a page of klines weighs, and how much may be weighed in a minute.
  string_view api, klines;
  std::int32_t weight;
  std::int64_t weight_limit;
};
constexpr std::array<Market, 3> kMarkets{
    Market{"binance", "data/spot", kSpotKinds, "https://api.binance.com", "/api/v3/klines", 2, 6000},
    Market{"binance-usdm", "data/futures/um", kFuturesKinds, "https://fapi.binance.com", "/fapi/v1/klines", 5, 2400},
    Market{"binance-coinm", "data/futures/cm", kFuturesKinds, "https://dapi.binance.com", "/dapi/v1/klines", 5, 2400}};

constexpr int kPage = 1000;                    // bars; more than 1000 of a future weigh twice as much
constexpr DurationNanos kWindow = 200 * kDay;  // the most of COIN-M that an answer may span

DurationNanos length_of(string_view interval) { return parse_duration(interval).value_or(kMinute); }

bool is_symbol(string_view text) {
  return !text.empty() && text.size() <= 40 &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

Result<std::vector<HistoryFile>> binance_history(string_view instrument, string_view kind, string_view bar,
                                                 std::int32_t from, std::int32_t to) {
  const auto colon = std::min(instrument.find(':'), instrument.size());
  const auto venue = instrument.substr(0, colon);
  const auto symbol = instrument.substr(std::min(colon + 1, instrument.size()));
  const auto* market = std::ranges::find(kMarkets, venue, &Market::venue);
  if (market == kMarkets.end())
    return fail(
        Errc::Unsupported, fmt::format("no public history of '{}' is known", venue),
        "offered: binance:SYMBOL, binance-usdm:SYMBOL, binance-coinm:SYMBOL, upbit:MARKET; others by stom data import");
  if (!is_symbol(symbol))
    return fail(Errc::Usage, fmt::format("'{}' is no symbol of {}", symbol, venue),
                "write it as the venue does: BTCUSDT, BTCUSD_PERP");
  if (std::ranges::find(market->kinds, kind) == market->kinds.end())
    return fail(Errc::Unsupported, fmt::format("{} has no history of kind '{}'", venue, kind),
                fmt::format("offered: --kind {}", fmt::join(market->kinds, "|")));
  const bool pages = kind == "candles", klines = kind == "klines" || pages, monthly = kind == "fundingRate";
  if (!klines && !bar.empty())
    return fail(Errc::Usage, fmt::format("--bar is for klines and candles, not for {}", kind), "leave it out");
  const auto interval = bar.empty() ? string_view{"1m"} : bar;
  if (klines && (std::ranges::find(kIntervals, interval) == kIntervals.end() ||
                 (interval == "1s" && market->folder != "data/spot")))
    return fail(Errc::Unsupported, fmt::format("{} has no daily klines of '{}'", venue, interval),
                "offered: 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, and for binance: 1s");
  if (from > to)
    return fail(Errc::Usage, fmt::format("--from {} is after --to {}", format_day(from), format_day(to)), "swap them");

  const auto name_part = klines ? interval : kind;
  std::string folder = fmt::format("{}/{}/{}/{}", market->folder, monthly ? "monthly" : "daily", kind, symbol);
  if (klines) folder += fmt::format("/{}", interval);
  std::vector<HistoryFile> files;
  if (pages) {
    const bool days = interval == "1d";
    files = files_of_days(fmt::format("{}-candles-{}", symbol, interval), from, to, days);
    if (!days)
      for (auto& file : files) file.bar = length_of(interval);
    return files;
  }
  for (std::int32_t day = from; day <= to;) {
    HistoryFile file{.period = format_day(day), .first_day = day, .last_day = day};
    if (monthly) {
      const auto date = civil_of_day(day);
      file.period.resize(7);
      file.first_day = day_of_civil(date.year, date.month, 1);
      file.last_day =
          (date.month == 12 ? day_of_civil(date.year + 1, 1, 1) : day_of_civil(date.year, date.month + 1, 1)) - 1;
    }
    file.name = fmt::format("{}-{}-{}.zip", symbol, name_part, file.period);
    file.path = fmt::format("{}/{}", folder, file.name);
    day = file.last_day + 1;
    files.push_back(std::move(file));
  }
  return files;
}

Result<std::string> parse_checksum(string_view text, string_view name) {
  const auto bad = [&](string_view why) {
    return fail(Errc::BadData, fmt::format("the checksum of {} {}", name, why),
                "try again later; if a proxy or portal answers in the server's place, get past it first");
  };
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.starts_with("<")) return bad("is a web page");
  constexpr std::size_t kDigits = 64;
  std::string digest{text.substr(0, kDigits)};
  for (char& c : digest)
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (digest.size() != kDigits || !std::ranges::all_of(digest, is_hex)) return bad("does not begin with 64 hex digits");
  const auto rest = text.substr(kDigits);
  if (!rest.starts_with("  ") && !rest.starts_with(" *")) return bad("is not a digest and a name");
  if (rest.substr(2) != name) return bad("names another file");
  return digest;
}

std::string_view binance_api(string_view venue) {
  const auto* market = std::ranges::find(kMarkets, venue, &Market::venue);
  return market == kMarkets.end() ? string_view{} : market->api;
}

KlinePages::KlinePages(string_view instrument, string_view bar, const HistoryFile& file)
    : instrument_{instrument},
      interval_{bar.empty() ? "1m" : bar},
      bar_{length_of(interval_)},
      from_{file.from},
      to_{file.to},
      next_{file.from} {
  const auto* market = std::ranges::find(kMarkets, instrument.substr(0, instrument.find(':')), &Market::venue);
  STOM_ASSERT(market != kMarkets.end());  // binance_history() made the file
  path_ =
      fmt::format("{}?symbol={}&interval={}", market->klines, instrument.substr(instrument.find(':') + 1), interval_);
  weight_ = market->weight;
  limits_.name = market->venue;
  limits_.budgets = {{.name = "weight-1m",
                      .kind = BudgetKind::FixedWindow,
                      .limit = market->weight_limit,
                      .window = kMinute,
                      // What trading on this address has for itself.
                      .kept_for_risk = market->weight_limit / 2,
                      .header = "X-MBX-USED-WEIGHT-1M"}};
  limits_.rate_refusals = {{.status = 429, .wait_header = "Retry-After"},
                           {.status = 418, .shuts_out = true, .wait_header = "Retry-After"}};
}

/// Not cut at `to`: what an answer is about must not depend on it.
UnixNanos KlinePages::window_end() const { return next_ + std::min(kPage * bar_, kWindow / bar_ * bar_); }

Result<std::optional<PageRequest>> KlinePages::next(UnixNanos) const {
  if (next_ >= to_) return std::nullopt;
  return PageRequest{.target = fmt::format("{}&startTime={}&endTime={}&limit={}", path_, next_ / kMillisecond,
                                           window_end() / kMillisecond - 1, kPage),
                     .costs = {{.budget = 0, .amount = weight_}}};
}

Result<void> KlinePages::take(const HistoryPage& answer) {
  const auto refused = [&](string_view why) {
    return fail(Errc::BadData, fmt::format("the klines of {}: {}", instrument_, why),
                "the venue may have changed its answer (docs/venues/binance.md); try again, and report it");
  };
  const auto decode = binance::spot_decoder();  // a row of klines is the same everywhere
  EventBatch events;
  const auto decoded = decode->decode(answer.body, kNoTime, events);
  if (decoded.what != Decoded::What::Events) return refused(decoded.text.empty() ? "not a list" : decoded.text);
  const UnixNanos window = window_end(), settled = answer.asked - kBarSettled;
  const UnixNanos until = std::min(window, settled - settled % bar_);  // bars before it are over and in the answer
  std::string rows;
  std::size_t count = 0;
  UnixNanos last = next_ - bar_;
  for (const Event& event : events.events) {
    const auto* start = event.kind == "bar" ? events.find(event, "start_time_ns") : nullptr;
    if (start == nullptr) return refused(fmt::format("a {} is among them", event.kind));
    if (start->integer <= last) return refused("one is not behind the one before");
    if (start->integer % bar_ != 0 || start->integer >= window)
      return refused("one is not of the time that was asked for");
    last = start->integer;
    if (last >= std::min(until, to_)) continue;
    rows += fmt::format("{}", last / kMillisecond);
    for (const string_view name : {"open", "high", "low", "close", "volume"}) {
      const auto* field = events.find(event, name);
      rows += fmt::format(",{}", field ? field->text : string_view{});
    }
    rows += '\n';
    ++count;
  }
  table_ += rows;
  rows_ += count;
  next_ = std::max(next_, until);
  return {};
}

double KlinePages::part() const {
  return std::clamp(static_cast<double>(next_ - from_) / static_cast<double>(to_ - from_), 0.0, 1.0);
}

}  // namespace stom::venues
