#include "venues/registry.hpp"

#include <algorithm>

#include "venues/binance/instruments.hpp"
#include "venues/bybit/market_data.hpp"
#include "venues/kiwoom/instruments.hpp"
#include "venues/symbols.hpp"
#include "venues/upbit/instruments.hpp"
#include "venues/us/instruments.hpp"

namespace stom::venues {
namespace {

struct Venue {
  std::string_view name;
  void (*describe)(std::string_view symbol, Instrument& out);
  std::string (*market)(std::string_view symbol);                              // null: no ladder
  std::unique_ptr<MarketDataDecoder> (*market_data)(std::string_view symbol);  // null: no frames
};

constexpr Venue kVenues[] = {
    {"binance", binance::describe_spot, nullptr, binance::spot_market_data},
    {"binance-usdm", binance::describe_usdm, nullptr, binance::usdm_market_data},
    {"binance-coinm", binance::describe_coinm, nullptr, binance::coinm_market_data},
    {"bybit", bybit::describe, nullptr, bybit::market_data},
    {"kiwoom", kiwoom::describe, kiwoom::market, nullptr},
    {"upbit", upbit::describe, upbit::market, nullptr},
    {"us", us::describe, us::market, nullptr},
};

const Venue* find(std::string_view id) {
  const auto at = std::ranges::find(kVenues, id.substr(0, id.find(':')), &Venue::name);
  return at == std::end(kVenues) ? nullptr : at;
}
std::string_view symbol_of(std::string_view id) { return id.substr(id.find(':') + 1); }

}  // namespace

Instrument describe(std::string_view id) {
  Instrument instrument;
  instrument.id = id;
  if (const auto* venue = find(id))
    venue->describe(symbol_of(id), instrument);
  else
    split_pair(symbol_of(id), instrument.base, instrument.quote);
  return instrument;
}

std::unique_ptr<MarketDataDecoder> make_market_data_decoder(std::string_view id) {
  const auto* venue = find(id);
  return venue && venue->market_data ? venue->market_data(symbol_of(id)) : nullptr;
}

std::vector<std::string> venues_with_market_data() {
  std::vector<std::string> names;
  for (const auto& venue : kVenues)
    if (venue.market_data) names.emplace_back(venue.name);
  return names;
}

std::string market_of(std::string_view id) {
  const auto* venue = find(id);
  return venue && venue->market ? venue->market(symbol_of(id)) : std::string{};
}

}  // namespace stom::venues
