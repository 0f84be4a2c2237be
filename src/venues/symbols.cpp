#include "venues/symbols.hpp"

namespace stom::venues {

void split_pair(std::string_view symbol, std::string& base, std::string& quote) {
  if (const auto at = symbol.find_first_of("-/_"); at != std::string_view::npos && at > 0 && at + 1 < symbol.size()) {
    base = symbol.substr(0, at);
    quote = symbol.substr(at + 1);
    return;
  }
  // Longer names first: "BTCFDUSD" is not BTCFD in USD.
  for (const std::string_view known :
       {"FDUSD", "USDT", "USDC", "BUSD", "TUSD", "USD", "EUR", "GBP", "JPY", "KRW", "TRY", "BRL", "BTC", "ETH", "BNB"})
    if (symbol.size() > known.size() && symbol.ends_with(known)) {
      base = symbol.substr(0, symbol.size() - known.size());
      quote = known;
      return;
    }
  base = symbol;
  quote = "USD";
}

}  // namespace stom::venues
