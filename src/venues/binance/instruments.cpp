#include "venues/binance/instruments.hpp"

#include <string>

#include "venues/binance/market_data.hpp"
#include "venues/symbols.hpp"

namespace stom::venues::binance {
namespace {

/// "BTCUSDT_240628" and "BTCUSD_PERP": the pair without the delivery.
std::string_view pair_of(std::string_view symbol) { return symbol.substr(0, symbol.find('_')); }

std::unique_ptr<MarketDataDecoder> make(std::string_view symbol, Feed feed) {
  return std::make_unique<MarketData>(MarketDataConfig{std::string{symbol}, feed, {}});
}

}  // namespace

void describe_spot(std::string_view symbol, Instrument& out) { split_pair(symbol, out.base, out.quote); }

void describe_usdm(std::string_view symbol, Instrument& out) {
  split_pair(pair_of(symbol), out.base, out.quote);
  out.kind = ContractKind::Linear;
}

void describe_coinm(std::string_view symbol, Instrument& out) {
  split_pair(pair_of(symbol), out.base, out.quote);
  out.kind = ContractKind::Inverse;
  out.contract_size = out.base == "BTC" ? 100 : 10;
}

std::string spot_list(std::string_view symbol) {
  const std::string all = "/api/v3/exchangeInfo";
  return symbol.empty() ? all : all + "?symbol=" + std::string{symbol};
}
std::string usdm_list(std::string_view) { return "/fapi/v1/exchangeInfo"; }
std::string coinm_list(std::string_view) { return "/dapi/v1/exchangeInfo"; }

std::unique_ptr<MarketDataDecoder> spot_market_data(std::string_view symbol) { return make(symbol, Feed::Spot); }
std::unique_ptr<MarketDataDecoder> usdm_market_data(std::string_view symbol) { return make(symbol, Feed::UsdM); }
std::unique_ptr<MarketDataDecoder> coinm_market_data(std::string_view symbol) { return make(symbol, Feed::CoinM); }

}  // namespace stom::venues::binance
