// Stored bars as a market feed. The venue's side has a bar at its start (an order that arrives in time meets its open);
// ours has it once it is complete.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom::sim {

class BarFeed {
 public:
  struct Stream {
    Instrument instrument;
    std::vector<Bar> bars;  // ascending in time
    DurationNanos span = kDay;
    std::optional<BarSpec> spec;  // as FeedContent has it
  };
  explicit BarFeed(std::vector<Stream> streams);
  ~BarFeed();

  MarketFeed& exchange_side();
  MarketFeed& local_side();
  UnixNanos first_time() const;
  UnixNanos last_time() const;
  std::size_t bars() const;
  /// Spent making messages of the bars, so far.
  std::int64_t load_ns() const;

 private:
  class Order;
  std::vector<Stream> streams_;
  std::unique_ptr<Order> exchange_, local_;
};

}  // namespace stom::sim
