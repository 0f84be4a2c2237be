#include "sim/generator/resting_orders.hpp"

#include "core/assert.hpp"

namespace stom::sim {

RestingOrders::RestingOrders(Side side) : away_{-sign_of(side)} {}

bool RestingOrders::spans(std::int64_t rung) const {
  // Levels changed but not yet published still occupy their place, so half the ring is kept as the reach.
  if (empty()) return true;
  const auto from_best = (rung - best_) * away_;
  const auto from_worst = (rung - worst_) * away_;
  return from_best < kRing / 2 && from_worst > -kRing / 2;
}

std::int64_t RestingOrders::first_gap() const {
  std::int64_t rung = best_ + away_;
  while (level(rung).head != kNone) rung += away_;
  return rung;
}

void RestingOrders::add(OrderNumber number, std::int64_t rung, std::int64_t quantity) {
  STOM_ASSERT(quantity > 0 && spans(rung));
  std::uint32_t index;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(pool_.size());
    pool_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Level& l = level(rung);
  pool_[index] = {number, rung, quantity, kNone, l.tail, static_cast<std::uint32_t>(live_.size())};
  live_.push_back(index);
  if (l.tail == kNone) {
    l.head = index;
    if (levels_ == 0 || (rung - best_) * away_ < 0) best_ = rung;
    if (levels_ == 0 || (rung - worst_) * away_ > 0) worst_ = rung;
    ++levels_;
  } else {
    pool_[l.tail].next = index;
  }
  l.tail = index;
  note_change(rung);
  l.quantity += quantity;
}

void RestingOrders::remove(std::uint32_t index) {
  const Order gone = pool_[index];
  Level& l = level(gone.rung);
  (gone.previous == kNone ? l.head : pool_[gone.previous].next) = gone.next;
  (gone.next == kNone ? l.tail : pool_[gone.next].previous) = gone.previous;
  note_change(gone.rung);
  l.quantity -= gone.quantity;
  live_[gone.place] = live_.back();
  pool_[live_.back()].place = gone.place;
  live_.pop_back();
  free_.push_back(index);
  if (l.head == kNone) level_emptied(gone.rung);
}

void RestingOrders::reduce(std::uint32_t index, std::int64_t quantity) {
  Order& order = pool_[index];
  STOM_ASSERT(quantity > 0 && quantity <= order.quantity);
  if (quantity == order.quantity) return remove(index);
  order.quantity -= quantity;
  note_change(order.rung);
  level(order.rung).quantity -= quantity;
}

/// Before the level changes.
void RestingOrders::note_change(std::int64_t rung) {
  Level& l = level(rung);
  if (l.listed) return;
  if (l.quantity == 0) ++ring_[page_of(rung)]->in_use;
  l.listed = true;
  changed_.push_back({rung, l.quantity});
}

void RestingOrders::level_emptied(std::int64_t rung) {
  if (--levels_ == 0) return;
  const RestingOrders& seen = *this;  // looking makes no page
  if (rung == best_)
    while (seen.level(best_).head == kNone) best_ += away_;
  if (rung == worst_)
    while (seen.level(worst_).head == kNone) worst_ -= away_;
}

}  // namespace stom::sim
