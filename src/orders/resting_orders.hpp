// Orders that rest at their venue and are not over: which ids are taken, and by which submission. Asked at each order,
// so the ids are hashed; room is taken only where more of them rest than ever before. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "model/types.hpp"

namespace stom::orders {

class RestingOrders {
 public:
  /// The request of its submission; nothing where none has that id.
  std::optional<std::uint64_t> request_of(ClientOrderId id) const {
    if (orders_.empty()) return std::nullopt;
    const std::uint32_t place = slots_[slot_of(id)];
    return place == 0 ? std::nullopt : std::optional{orders_[place - 1].request};
  }
  /// Unless one has that id.
  void put(ClientOrderId id, std::uint64_t request) {
    if (2 * (orders_.size() + 1) > slots_.size()) grow();
    std::uint32_t& place = slots_[slot_of(id)];
    if (place != 0) return;
    orders_.push_back({id, request});
    place = static_cast<std::uint32_t>(orders_.size());
  }
  void erase(ClientOrderId id) {
    if (orders_.empty()) return;
    const std::size_t slot = slot_of(id);
    const std::uint32_t place = slots_[slot];
    if (place == 0) return;
    close(slot);
    if (place != orders_.size()) {  // the last one takes its place
      slots_[slot_of(orders_.back().id)] = place;
      orders_[place - 1] = orders_.back();
    }
    orders_.pop_back();
  }
  std::size_t size() const { return orders_.size(); }

  /// To be written down and read back (core/state_io.hpp).
  template <class Io>
  void fields(Io& io) {
    io(orders_);
    slots_.clear();
    for (const Resting& one : std::exchange(orders_, {})) put(one.id, one.request);
  }

 private:
  struct Resting {
    ClientOrderId id = 0;
    std::uint64_t request = 0;

    template <class Io>
    void fields(Io& io) {
      io(id, request);
    }
  };

  std::size_t home_of(ClientOrderId id) const {
    constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;
    return (id * kGolden >> 32) & (slots_.size() - 1);
  }
  /// Where it is, or would be.
  std::size_t slot_of(ClientOrderId id) const {
    std::size_t at = home_of(id);
    while (slots_[at] != 0 && orders_[slots_[at] - 1].id != id) at = next(at);
    return at;
  }
  std::size_t next(std::size_t slot) const { return (slot + 1) & (slots_.size() - 1); }
  /// Empties it: whoever stands behind it for want of a place nearer to his own moves up.
  void close(std::size_t hole) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = next(hole); slots_[at] != 0; at = next(at)) {
      const std::size_t home = home_of(orders_[slots_[at] - 1].id);
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = 0;
  }
  void grow() {
    constexpr std::size_t kFirst = 64;
    slots_.assign(std::max(kFirst, 2 * slots_.size()), 0);
    for (std::uint32_t i = 0; i < orders_.size(); ++i) slots_[slot_of(orders_[i].id)] = i + 1;
  }

  std::vector<Resting> orders_;
  std::vector<std::uint32_t> slots_;  // a power of two, half of them empty: places in orders_, from 1; 0: none
};

}  // namespace stom::orders
