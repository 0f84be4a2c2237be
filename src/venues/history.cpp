#include "venues/history.hpp"

#include "venues/binance/history.hpp"
#include "venues/upbit/history.hpp"

namespace stom::venues {
namespace {

bool of_upbit(const HistoryWish& wish) { return wish.instrument.starts_with("upbit:"); }

}  // namespace

Result<std::vector<HistoryFile>> history_files(const HistoryWish& wish) {
  const auto of_venue = of_upbit(wish) ? upbit::history : binance_history;
  return of_venue(wish.instrument, wish.kind, wish.bar, wish.from, wish.to);
}

std::string_view history_source(const HistoryWish& wish) {
  return of_upbit(wish) ? upbit::kHistory : kBinanceHistory;
}

std::unique_ptr<HistoryPages> history_pages(const HistoryWish& wish, const HistoryFile& file) {
  const auto symbol = wish.instrument.substr(wish.instrument.find(':') + 1);
  if (wish.kind == "trades") return std::make_unique<upbit::TradePages>(symbol, file.first_day);
  return std::make_unique<upbit::CandlePages>(symbol, wish.bar.empty() ? "1m" : wish.bar, file.first_day, file.last_day);
}

}  // namespace stom::venues
