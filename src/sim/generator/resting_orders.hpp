// The generator's own order book: every order by id, first come first served at its price. It also remembers which
// levels changed since they were last published, so a depth update is the list of those and nothing else. One side per
// object; the owner keeps the two from crossing.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "model/types.hpp"

namespace stom::sim {

using OrderNumber = std::uint64_t;

/// One side. Levels live in a ring of rungs around the touch, of which only the pages in use are there: an exchange has
/// thousands of books, most of them a few rungs wide wherever their price goes. What is farther away than the ring must
/// be cancelled by the owner first (`spans`).
class RestingOrders {
 public:
  static constexpr std::int64_t kRing = 4096;
  static constexpr std::uint32_t kNone = 0xFFFFFFFFu;

  struct Order {
    OrderNumber number;
    std::int64_t rung;
    std::int64_t quantity;
    std::uint32_t next;  // behind this one in the queue
    std::uint32_t previous;
    std::uint32_t place;  // index in live_
  };

  explicit RestingOrders(Side side);

  bool empty() const { return live_.empty(); }
  std::size_t orders() const { return live_.size(); }
  int levels() const { return levels_; }
  /// The best rung (highest bid, lowest ask) and the worst; the side is not empty.
  std::int64_t best() const { return best_; }
  std::int64_t worst() const { return worst_; }
  /// True where an order at `rung` fits in the ring with those already there.
  bool spans(std::int64_t rung) const;
  /// The rung nearest to the best one, on the way to the worst and beyond, that has no orders; may be below 1.
  std::int64_t first_gap() const;
  std::int64_t quantity_at(std::int64_t rung) const { return level(rung).quantity; }
  std::uint32_t first_at(std::int64_t rung) const { return level(rung).head; }
  const Order& order(std::uint32_t index) const { return pool_[index]; }
  /// The n-th live order, in no meaningful sequence but the same for the same history.
  std::uint32_t live(std::size_t n) const { return live_[n]; }

  void add(OrderNumber number, std::int64_t rung, std::int64_t quantity);
  void remove(std::uint32_t index);
  /// Takes `quantity` <= what is left of the order; removes it where nothing is left.
  void reduce(std::uint32_t index, std::int64_t quantity);

  /// Calls `sink(rung, quantity)` for each level whose quantity is not what was last published, best to worst is not
  /// promised, and marks all as published.
  template <class Sink>
  void publish(Sink sink) {
    for (const auto [rung, published] : changed_) {
      Level& l = level(rung);
      l.listed = false;
      if (l.quantity != published) sink(rung, l.quantity);
      if (l.quantity == 0) let_go(rung);
    }
    changed_.clear();
  }
  /// Calls `sink(rung, quantity)` for every level from best to worst.
  template <class Sink>
  void walk(Sink sink) const {
    if (empty()) return;
    for (std::int64_t rung = best_, left = levels_;; rung += away_) {
      if (level(rung).quantity == 0) continue;
      sink(rung, level(rung).quantity);
      if (--left == 0) return;
    }
  }

 private:
  // An exchange has hundreds of thousands of them: 16 bytes.
  struct Level {
    std::int64_t quantity : 63 = 0;
    bool listed : 1 = false;  // is in changed_
    std::uint32_t head = kNone;
    std::uint32_t tail = kNone;
  };
  static_assert(sizeof(Level) == 16);
  struct Change {
    std::int64_t rung, published;
  };

  static constexpr std::int64_t kPage = 64;  // rungs
  struct Page {
    std::array<Level, kPage> levels;
    int in_use = 0;  // of them: with orders, or listed
  };

  static std::size_t page_of(std::int64_t rung) { return static_cast<std::size_t>((rung & (kRing - 1)) / kPage); }
  static std::size_t place_of(std::int64_t rung) { return static_cast<std::size_t>(rung & (kPage - 1)); }
  Level& level(std::int64_t rung) {
    auto& page = ring_[page_of(rung)];
    if (page == nullptr) [[unlikely]]
      page = spare_ != nullptr ? std::move(spare_) : std::make_unique<Page>();
    return page->levels[place_of(rung)];
  }
  const Level& level(std::int64_t rung) const {
    static constexpr Level kEmpty;
    const auto& page = ring_[page_of(rung)];
    return page == nullptr ? kEmpty : page->levels[place_of(rung)];
  }
  void note_change(std::int64_t rung);
  /// The level is empty, and that is published.
  void let_go(std::int64_t rung) {
    auto& page = ring_[page_of(rung)];
    if (--page->in_use == 0) spare_ = std::move(page);
  }
  void level_emptied(std::int64_t rung);

  std::int64_t away_;  // step from better to worse: -1 for bids, +1 for asks
  std::int64_t best_ = 0;
  std::int64_t worst_ = 0;
  int levels_ = 0;
  std::array<std::unique_ptr<Page>, kRing / kPage> ring_;
  std::unique_ptr<Page> spare_;  // the last one that was let go
  std::vector<Order> pool_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> live_;
  std::vector<Change> changed_;
};

}  // namespace stom::sim
