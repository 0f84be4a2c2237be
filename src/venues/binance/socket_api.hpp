// Binance's WebSocket API, our side: a call with key, time and signature, and what its answer says. What may be called
// are the calls of REST, by the same names of parameters (web-socket-api.md; docs/venues/binance.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "venues/binance/signing.hpp"
#include "venues/json.hpp"

namespace stom::venues::binance {

/// `form`: "symbol=BTCUSDT&side=BUY", values as they are, nothing escaped. `at`: on the venue's clock.
std::string socket_call(std::string_view id, std::string_view method, std::string_view form, std::string_view key,
                        const Signer& signer, UnixNanos at);

struct SocketAnswer {
  std::uint64_t id = 0;
  int status = 0;
  std::string_view body;     // as REST would have answered
  std::vector<Header> told;  // of limits, as the headers of REST say them
};
/// Nothing where it is no answer to a call with a number of ours. Valid until the document parses again.
std::optional<SocketAnswer> read_socket_answer(JsonDocument& document, std::string_view frame);

}  // namespace stom::venues::binance
