// What clients share of orders that an earlier process of the session sent (Venue::resume).
#pragma once

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

/// Ids from `from` to before `to`: of orders that the venue may have and the journal lost.
struct LostIds {
  ClientOrderId from = 0, to = 0;
  /// `client_id` begins with the session's `prefix`.
  bool contain(std::string_view client_id, std::string_view prefix) const;
};

}  // namespace stom::venues
