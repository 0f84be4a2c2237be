#include "venues/kiwoom/instruments.hpp"

namespace stom::venues::kiwoom {

void describe(std::string_view symbol, Instrument& out) {
  out.base = symbol;
  out.quote = "KRW";
}

// A code does not say its board. Since 2023-01-25 both have one ladder; for earlier days of a KOSDAQ stock the user
// says --market krx-kosdaq.
std::string market(std::string_view) { return "krx-kospi"; }

}  // namespace stom::venues::kiwoom
