// Orders that left for their venue and are not over, as they left. There are tens of them at a time, not thousands:
// they lie side by side, and their ids apart from them, so that looking for one touches little.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/time.hpp"
#include "model/order.hpp"
#include "model/state_fields.hpp"

namespace stom::orders {

/// An order that is over, of a venue that has a name of its own for it and knows none of ours.
struct OverOrder {
  InstrumentIndex instrument = 0;
  UnixNanos time = 0;  // when it was sent
  std::string venue_order_id;

  template <class Io>
  void fields(Io& io) {
    io(instrument, time, venue_order_id);
  }
  friend bool operator==(const OverOrder&, const OverOrder&) = default;
};

class SentOrders {
 public:
  struct Sent {
    NewOrder order;  // as it was sent
    UnixNanos time = 0;
    std::string venue_order_id;  // where the venue's own name for it was kept
    bool triggered = false;      // it waited for a price there, and has had it

    template <class Io>
    void fields(Io& io) {
      io(order, time, venue_order_id, triggered);
    }
  };

  /// Instead of what was there under its id.
  void put(const NewOrder& order, UnixNanos time) {
    if (Sent* known = find(order.id)) {
      *known = {order, time, {}, false};
      return;
    }
    ids_.push_back(order.id);
    sent_.push_back({order, time, {}, false});
  }
  void erase(ClientOrderId id) {
    const auto at = std::ranges::find(ids_, id);
    if (at == ids_.end()) return;
    const auto place = at - ids_.begin();
    *at = ids_.back();
    ids_.pop_back();
    if (static_cast<std::size_t>(place) != ids_.size())
      sent_[static_cast<std::size_t>(place)] = std::move(sent_.back());
    sent_.pop_back();
  }

  /// Null: it never left, or it is over.
  const Sent* find(ClientOrderId id) const {
    const auto at = std::ranges::find(ids_, id);
    return at == ids_.end() ? nullptr : &sent_[static_cast<std::size_t>(at - ids_.begin())];
  }
  Sent* find(ClientOrderId id) { return const_cast<Sent*>(std::as_const(*this).find(id)); }
  bool contains(ClientOrderId id) const { return find(id) != nullptr; }
  const Sent& at(ClientOrderId id) const {
    const Sent* there = find(id);
    STOM_ASSERT(there != nullptr);
    return *there;
  }
  /// In no order.
  const std::vector<ClientOrderId>& ids() const { return ids_; }
  std::size_t size() const { return ids_.size(); }
  bool empty() const { return ids_.empty(); }

  /// To be written down and read back (core/state_io.hpp).
  template <class Io>
  void fields(Io& io) {
    io(ids_, sent_);
  }
  /// Speaks of no instrument beyond so many.
  bool is_of(std::size_t instruments) const {
    return ids_.size() == sent_.size() &&
           std::ranges::all_of(sent_, [&](const Sent& one) { return one.order.instrument < instruments; });
  }

 private:
  std::vector<ClientOrderId> ids_;
  std::vector<Sent> sent_;  // of each id
};

}  // namespace stom::orders
