#include "venues/us/instruments.hpp"

namespace stom::venues::us {

void describe(std::string_view symbol, Instrument& out) {
  out.base = symbol;
  out.quote = "USD";
}

std::string market(std::string_view) { return "us"; }

}  // namespace stom::venues::us
