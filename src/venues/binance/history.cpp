#include "venues/binance/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "core/time.hpp"

namespace stom::venues {
namespace {

using std::string_view;

constexpr std::array<string_view, 3> kSpotKinds{"klines", "trades", "aggTrades"};
constexpr std::array<string_view, 5> kFuturesKinds{"klines", "trades", "aggTrades", "bookTicker", "fundingRate"};
// Of the daily files; longer bars than a day come by the month.
constexpr std::array<string_view, 13> kIntervals{"1s", "1m", "3m", "5m", "15m", "30m", "1h",
                                                 "2h", "4h", "6h", "8h", "12h", "1d"};

struct Market {
  string_view venue;
  string_view folder;
  std::span<const string_view> kinds;
};
constexpr std::array<Market, 3> kMarkets{Market{"binance", "data/spot", kSpotKinds},
                                         Market{"binance-usdm", "data/futures/um", kFuturesKinds},
                                         Market{"binance-coinm", "data/futures/cm", kFuturesKinds}};

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
  const bool klines = kind == "klines", monthly = kind == "fundingRate";
  if (!klines && !bar.empty())
    return fail(Errc::Usage, fmt::format("--bar is for klines, not for {}", kind), "leave it out");
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

}  // namespace stom::venues
