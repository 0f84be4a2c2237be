// What is traded, as it is now: ticks and lots from the venue's own list where it has one, else from the product's
// dated data.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "net/fetcher.hpp"

namespace stom::trade {

/// What a venue's list says of one instrument; decimals as text, empty where it says nothing.
struct Listed {
  std::string symbol, state, tick, lot, contract_size;
};
/// All of a list, in its order. Errors: an answer that is no list, or the venue's refusal.
Result<std::vector<Listed>> read_list(std::string_view venue, std::string_view list);

/// `list`: the venue's answer below venues::list_of(id); empty where there is none. `now` chooses among dated ladders.
Result<Instrument> instrument_from(const std::string& id, std::string_view list, UnixNanos now);

/// The venues' lists, each asked for once. With `told` a server that cannot answer for the moment (5xx) is asked again
/// for a quarter of a minute, and `told` hears of it first: what begins a session may come in the midst of an outage.
class InstrumentLists {
 public:
  using Told = std::function<void(std::string_view)>;
  explicit InstrumentLists(net::Route route, Told told = {}) : route_{std::move(route)}, told_{std::move(told)} {}

  /// What stands below venues::list_of(id) of the server at `rest` ("https://api.upbit.com"); empty where the venue
  /// lists nothing of the kind. `go_on` is asked meanwhile; false ends it with Errc::Canceled.
  Result<std::string_view> text(const std::string& id, const std::string& rest, const std::function<bool()>& go_on);
  Result<Instrument> find(const std::string& id, const std::string& rest, UnixNanos now,
                          const std::function<bool()>& go_on);

 private:
  Result<net::Response> ask(net::Fetcher& server, std::string_view target, std::string_view venue,
                            const std::function<bool()>& go_on) const;

  net::Route route_;
  Told told_;
  std::map<std::string, net::Fetcher> servers_;  // by where they are
  std::map<std::string, std::string> lists_;     // by address
};

}  // namespace stom::trade
