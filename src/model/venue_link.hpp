// The far end of the engine's two queues: commands go out, answers about orders come back. A simulated venue and a
// gateway look the same from here.
#pragma once

#include <optional>
#include <string_view>

#include "core/assert.hpp"
#include "model/feed.hpp"
#include "model/order.hpp"
#include "model/views.hpp"

namespace stom {

struct Answer {
  RunIndex run = 0;
  std::uint64_t request = 0;  // the request that it answers; 0 for a fill or expiry that nobody asked for
  OrderEvent event;
};

class VenueLink {
 public:
  virtual ~VenueLink() = default;
  virtual void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) = 0;
  virtual void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) = 0;
  /// An order that rests at the venue already, under that name of the venue's, is the run's from here on. Only at a
  /// venue on the wire has somebody else placed one.
  virtual void adopt(RunIndex /*run*/, std::uint64_t /*request*/, const NewOrder& /*order*/,
                     std::string_view /*venue_order_id*/, UnixNanos /*sent*/) {
    STOM_ASSERT(false);
  }
  /// Lets the far end act up to `limit`, but no further than the moment its earliest answer reaches us; returns that
  /// moment or `limit`.
  virtual UnixNanos advance(UnixNanos limit) = 0;
  /// Takes the next answer that has reached us by `now`; false where there is none.
  virtual bool take(UnixNanos now, Answer& answer) = 0;
  /// What the account would be charged for that fill; nothing where only the venue's own answers say.
  virtual std::optional<Money> charge_of(RunIndex /*run*/, const OrderEvent& /*fill*/) { return std::nullopt; }
  /// No answer will come from that side, whatever the market does, until it gets another request: the engine need not
  /// stop to ask. A live venue is never that sure.
  virtual bool quiet() { return false; }
  /// It wants to hear of the market. Changes with what it is told to do and with its answers alone.
  virtual bool listens() const { return false; }
  /// Our side of the market has just come to that, before anybody decides on it. Its answers are due at once.
  virtual void heard(const FeedMessage& /*message*/, const BookView& /*book*/) {}
  /// Nothing is under way: no market data left on that side, no request, no answer.
  virtual bool idle() = 0;
};

}  // namespace stom
