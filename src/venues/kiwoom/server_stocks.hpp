// The stocks that the simulated exchange lists for Kiwoom, and a stock's day as the venue tells it: base price, limits,
// open, high, low, volume. Server side alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venues/venue_server.hpp"

namespace stom::venues::kiwoom::server {

/// As many as anybody may want, in order: a few names that people know, the rest made up. On the ladder of KRX.
std::vector<Listing> stock_listings();
/// "삼성전자"; what is not listed by the above is called by its code.
std::string stock_name(std::string_view code);

/// "005930" of "005930_NX" and "A005930".
std::string_view base_code(std::string_view code);

/// Seoul's clock, nine hours ahead all year.
std::string clock_text(UnixNanos time);     // "093005"
std::string day_text(UnixNanos time);       // "20260911"
std::string stamp_text(UnixNanos time);     // "20260911093005"
UnixNanos midnight_before(UnixNanos time);  // in Seoul
std::string grouped_clock(UnixNanos time);  // "09:30:05"

/// One trading day of a stock. Prices are at the instrument's decimals, values in whole won.
struct StockDay {
  UnixNanos midnight = 0;
  Price base{};  // the close of the day before
  Price upper{}, lower{};
  Price open{}, high{}, low{}, last{};
  UnixNanos open_time = 0, high_time = 0, low_time = 0, last_time = 0;
  std::int64_t volume = 0, bought = 0, sold = 0;  // shares; the two by who took
  std::int64_t purchases = 0, sales = 0;          // trades
  std::int64_t last_quantity = 0;                 // signed: who took; plus where nobody did
  bool at_auction = false;                        // the last trade was an auction's: nobody took
  Int128 value = 0;

  /// "2" above the base price, "5" below, "3" at it; "1" and "4" at the limits.
  std::string_view sign() const;
};

/// The day so far, out of the minutes that the exchange keeps.
StockDay day_so_far(const Instrument& instrument, const std::deque<MinuteBar>& minutes, UnixNanos now);
/// A new trading day: its base price is the last one of the day before.
void begin_day(StockDay& day, const Instrument& instrument, UnixNanos now);
enum class Taker : std::uint8_t { Buyer, Seller, None };
/// A trade that happens now; a new day begins where it is one.
void add_trade(StockDay& day, const Instrument& instrument, Price price, Quantity quantity, Taker taker,
               UnixNanos time);

}  // namespace stom::venues::kiwoom::server
