#include "venues/registry.hpp"

#include <algorithm>

#include "venues/binance/client.hpp"
#include "venues/binance/decoder.hpp"
#include "venues/binance/instruments.hpp"
#include "venues/bybit/market_data.hpp"
#include "venues/kiwoom/client.hpp"
#include "venues/kiwoom/decoder.hpp"
#include "venues/kiwoom/instruments.hpp"
#include "venues/symbols.hpp"
#include "venues/upbit/client.hpp"
#include "venues/upbit/decoder.hpp"
#include "venues/upbit/instruments.hpp"
#include "venues/us/instruments.hpp"

namespace stom::venues {
namespace {

struct Entry {
  std::string_view name;
  std::string_view about;
  void (*describe)(std::string_view symbol, Instrument& out);
  std::string (*market)(std::string_view symbol);                                 // null: no ladder
  std::unique_ptr<MarketDataDecoder> (*market_data)(std::string_view symbol);     // null: no frames
  std::unique_ptr<Decoder> (*decoder)() = nullptr;                                // null: not read beyond market data
  Result<std::unique_ptr<Venue>> (*client)(const VenueConfig& config) = nullptr;  // null: not connected to
  std::string (*list)(std::string_view symbol) = nullptr;                         // null: lists nothing of that kind
  std::string_view well_known;                                                    // a symbol that it is sure to have
};

constexpr Entry kVenues[] = {
    {"binance", "Binance spot", binance::describe_spot, nullptr, binance::spot_market_data, binance::spot_decoder,
     binance::spot_client, binance::spot_list, "BTCUSDT"},
    {"binance-usdm", "Binance USD-M futures", binance::describe_usdm, nullptr, binance::usdm_market_data,
     binance::usdm_decoder, binance::usdm_client, binance::usdm_list, "BTCUSDT"},
    {"binance-coinm", "Binance COIN-M futures", binance::describe_coinm, nullptr, binance::coinm_market_data,
     binance::coinm_decoder, binance::coinm_client, binance::coinm_list, "BTCUSD_PERP"},
    {"bybit", "Bybit", bybit::describe, nullptr, bybit::market_data},
    {"kiwoom", "Korean stocks through Kiwoom", kiwoom::describe, kiwoom::market, kiwoom::market_data, kiwoom::decoder,
     kiwoom::client, nullptr, "005930"},
    {"upbit", "Upbit", upbit::describe, upbit::market, upbit::market_data, upbit::decoder, upbit::client, upbit::list,
     "KRW-BTC"},
    {"us", "US stocks, recorded", us::describe, us::market, nullptr},
};

const Entry* find(std::string_view id) {
  const auto at = std::ranges::find(kVenues, id.substr(0, id.find(':')), &Entry::name);
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

std::unique_ptr<Decoder> make_decoder(std::string_view venue) {
  const auto at = std::ranges::find(kVenues, venue, &Entry::name);
  return at != std::end(kVenues) && at->decoder ? at->decoder() : nullptr;
}

std::vector<std::string> venues_with_decoder() {
  std::vector<std::string> names;
  for (const auto& venue : kVenues)
    if (venue.decoder) names.emplace_back(venue.name);
  return names;
}

Result<std::unique_ptr<Venue>> make_venue(std::string_view name, const VenueConfig& config) {
  const auto at = std::ranges::find(kVenues, name, &Entry::name);
  if (at != std::end(kVenues) && at->client) return at->client(config);
  std::string known;
  for (const auto& venue : kVenues)
    if (venue.client) known += (known.empty() ? "" : ", ") + std::string{venue.name};
  return fail(Errc::Unsupported, "STOM does not connect to " + std::string{name}, "it does to " + known);
}

std::vector<VenueSummary> venues() {
  std::vector<VenueSummary> all;
  for (const auto& venue : kVenues)
    all.push_back({std::string{venue.name}, std::string{venue.about}, venue.market_data != nullptr,
                   venue.decoder != nullptr, venue.client != nullptr, std::string{venue.well_known}});
  return all;
}

std::string list_of(std::string_view id) {
  const auto* venue = find(id);
  return venue && venue->list ? venue->list(symbol_of(id)) : std::string{};
}

std::string market_of(std::string_view id) {
  const auto* venue = find(id);
  return venue && venue->market ? venue->market(symbol_of(id)) : std::string{};
}

}  // namespace stom::venues
