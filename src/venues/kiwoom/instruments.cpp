#include "venues/kiwoom/instruments.hpp"

#include "venues/event_market_data.hpp"
#include "venues/kiwoom/decoder.hpp"

namespace stom::venues::kiwoom {

void describe(std::string_view symbol, Instrument& out) {
  out.base = symbol;
  out.quote = "KRW";
}

// A code does not say its board. Since 2023-01-25 both have one ladder; for earlier days of a KOSDAQ stock the user
// says --market krx-kosdaq.
std::string market(std::string_view) { return "krx-kospi"; }

std::unique_ptr<MarketDataDecoder> market_data(std::string_view symbol) { return event_market_data(decoder(), symbol); }

}  // namespace stom::venues::kiwoom
