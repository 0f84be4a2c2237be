#include "venues/history.hpp"

#include <fmt/format.h>

#include "venues/binance/history.hpp"
#include "venues/kiwoom/history.hpp"
#include "venues/upbit/history.hpp"

namespace stom::venues {
namespace {

using std::string_view;

string_view venue_of(const HistoryWish& wish) { return wish.instrument.substr(0, wish.instrument.find(':')); }

}  // namespace

Result<std::vector<HistoryFile>> history_files(const HistoryWish& wish) {
  const auto venue = venue_of(wish);
  const auto of_venue = venue == "upbit" ? upbit::history : venue == "kiwoom" ? kiwoom::history : binance_history;
  return of_venue(wish.instrument, wish.kind, wish.bar, wish.from, wish.to);
}

string_view history_source(const HistoryWish& wish) {
  const auto venue = venue_of(wish);
  if (venue == "upbit") return upbit::kHistory;
  if (venue == "kiwoom") return kiwoom::kHistory;
  return wish.kind == "candles" ? binance_api(venue) : kBinanceHistory;
}

Result<std::unique_ptr<HistoryPages>> history_pages(const HistoryWish& wish, const HistoryFile& file,
                                                    const std::optional<Credentials>& credentials) {
  const auto venue = venue_of(wish);
  const auto symbol = wish.instrument.substr(wish.instrument.find(':') + 1);
  const bool trades = wish.kind == "trades";
  const auto bar = wish.bar.empty() ? string_view{"1m"} : wish.bar;
  if (venue == "kiwoom") {
    if (!credentials)
      return fail(Errc::Usage, "kiwoom tells its charts to holders of a key",
                  "give one: --venues FILE, with \"key\" and \"secret\" of kiwoom (docs/get.md)");
    return std::make_unique<kiwoom::ChartPages>(symbol, trades ? wish.kind : bar, file, *credentials);
  }
  if (venue != "upbit") return std::make_unique<KlinePages>(wish.instrument, wish.bar, file);
  if (trades) return std::make_unique<upbit::TradePages>(symbol, file.first_day);
  return std::make_unique<upbit::CandlePages>(symbol, bar, file.first_day, file.last_day);
}

}  // namespace stom::venues
