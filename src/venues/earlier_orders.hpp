// What clients share of orders that an earlier process of the session sent (Venue::resume).
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/types.hpp"

namespace stom::venues {

/// A fill of such an order is told by its price, quantity and time: that process knew its name, this one does not. Two
/// times of the same fill, by the stream and by a list, are at most so far apart.
inline constexpr DurationNanos kSameFill = 2 * kSecond;

/// Whether that process was told of the fill; it is taken off, so that each counts once. `time` is known.
bool take_booked(std::vector<Fill>& booked, Price price, Quantity quantity, UnixNanos time);
/// The same of one that `bought` so much and paid its fee of that (OrderEvent::coin_fee): what was booked of it is what
/// came, and the price of the rest is its fee.
bool take_booked_less_fee(std::vector<Fill>& booked, const Instrument& of, Price price, Quantity bought,
                          UnixNanos time);

/// The number in a client order id that begins with a session's `prefix`; nothing where no session wrote it so.
std::optional<ClientOrderId> id_in(std::string_view client_id, std::string_view prefix);

/// Which ids under its session's name are of orders that a client knows, over or not. What rests at the venue under
/// another one, the journal lacks (a power cut took the record, or it is an old backup's), or another process has sent
/// it under the same name.
class OwnIds {
 public:
  /// Of a session that goes on: its journal knows of ids before `lost_from`, and this process begins at `first`.
  void resume(ClientOrderId lost_from, ClientOrderId first);
  /// It was sent: by this process, or by an earlier one and was not over when this one began.
  void add(ClientOrderId id);
  /// `rests`: the venue lists it among its open orders. Of another word about an order of before, it is enough that the
  /// journal may know of it: it comes late, and that order is over.
  bool contain(std::string_view client_id, std::string_view prefix, bool rests) const;

 private:
  ClientOrderId lost_from_ = 0, first_ = 0;
  ClientOrderId newest_ = 0;             // of this process
  std::set<ClientOrderId> below_first_;  // sent: of before, of brackets of before, or numbered by a strategy
};

}  // namespace stom::venues
