// Somebody else at the same account, who reads what the exchange answers over REST plainly: what a venue's client says
// is held against it. A reader shares no code with the clients but the signatures, and knows only what a test needs.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "net/http.hpp"
#include "venues/credentials.hpp"

namespace stom::faults {

/// Best first.
struct Book {
  std::map<std::int64_t, std::int64_t, std::greater<>> bids;
  std::map<std::int64_t, std::int64_t> asks;

  void set(Side side, std::int64_t price, std::int64_t quantity);
  /// The best levels of both sides, a line each.
  std::string top(std::size_t levels) const;
};

struct Depth {
  std::int64_t id = 0;  // of the last update in it, or its time in milliseconds; 0: the venue says neither
  Book book;
};

/// An order as a client was told of it: by its own name for it, and by the venue's.
struct Named {
  std::string client_id, venue_id;
};
struct AtTheExchange {
  bool there = false, open = false;
  std::int64_t filled = 0;
};

class PlainReader {
 public:
  using Ask = std::function<net::Response(std::string_view method, std::string_view target,
                                          std::vector<net::Header> headers, std::string_view body)>;

  virtual ~PlainReader() = default;
  /// As the venue lists it best first, with as many levels as the client's book has at least.
  virtual Depth depth() = 0;
  virtual AtTheExchange order(const Named& name) = 0;
  /// Ids of all fills of the account; nothing where the venue does not list them one by one.
  virtual std::optional<std::multiset<std::string>> fills() = 0;
  /// Asks for a cancel, and tells what was answered.
  virtual net::Response cancel(const Named& name) = 0;
};

struct ReaderConfig {
  const char* venue;
  Instrument instrument;
  venues::Credentials credentials;
  const Clock& clock;
  const DurationNanos& skew;  // of the exchange's clock
  PlainReader::Ask ask;       // below the venue's address
};
std::unique_ptr<PlainReader> make_reader(ReaderConfig config);

}  // namespace stom::faults
