// What a market with a trading day does at a time (docs/auctions.md). Which market is in which phase when is dated data
// (sim/sessions.hpp).
#pragma once

#include <cstdint>

namespace stom {

enum class TradingPhase : std::uint8_t {
  Closed,
  PreMarket,       // trades continuously, before the main market
  OpeningCall,     // orders are gathered; one price for all at its end
  Continuous,      // orders meet as they come
  VolatilityCall,  // a call auction in the middle of the day: a price moved too far (sim/market_rules.hpp)
  ClosingCall,
  AfterMarket,   // trades continuously, after the main market
  ClosingPrice,  // off hours: trades at the day's closing price alone
  PeriodicCall,  // off hours: a call auction every ten minutes
};

/// Orders that cross trade at once.
constexpr bool is_continuous(TradingPhase p) {
  return p == TradingPhase::Continuous || p == TradingPhase::PreMarket || p == TradingPhase::AfterMarket;
}
/// Orders are gathered for one auction. The off-hours auctions are not among them: they have a book of their own.
constexpr bool is_call(TradingPhase p) {
  return p == TradingPhase::OpeningCall || p == TradingPhase::ClosingCall || p == TradingPhase::VolatilityCall;
}

}  // namespace stom
