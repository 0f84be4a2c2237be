#include "venues/upbit/instruments.hpp"

#include <algorithm>

#include "venues/event_market_data.hpp"
#include "venues/upbit/decoder.hpp"

namespace stom::venues::upbit {

void describe(std::string_view symbol, Instrument& out) {
  const auto dash = symbol.find('-');
  out.quote = symbol.substr(0, dash);
  out.base = dash == std::string_view::npos ? std::string{} : std::string{symbol.substr(dash + 1)};
}

std::string market(std::string_view symbol) {
  std::string quote{symbol.substr(0, symbol.find('-'))};
  std::ranges::transform(quote, quote.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return "upbit-" + quote;
}

std::string list(std::string_view symbol) {
  if (symbol.empty()) return "/v1/market/all?is_details=true";  // names alone: ticks are told market by market
  return "/v1/orderbook/instruments?markets=" + std::string{symbol};
}

std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol) { return event_market_data(decoder(), symbol); }

}  // namespace stom::venues::upbit
