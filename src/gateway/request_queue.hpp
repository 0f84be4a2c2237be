// What waits to be written, by priority. A request goes as soon as its budgets have room and something can carry it; a
// cheaper one of less priority never uses up what a dearer one before it waits for. Bounded: a full queue says so at
// once, and the gateway answers NotWritten.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "gateway/budgets.hpp"
#include "venues/venue.hpp"

namespace stom::gateway {

class RequestQueue {
 public:
  using Item = std::unique_ptr<venues::Request>;
  /// How many of each priority may wait. Orders that wait behind 256 others are not worth sending any more.
  static constexpr std::array<std::size_t, 5> kMost{256, 256, 256, 1024, 1024};

  /// `not_after` instead of the request's own. False: full.
  bool push(const venues::Request& request, UnixNanos not_after);
  /// Before all others of its priority, again; it was taken and could not be written.
  void push_front(Item request);

  struct Next {
    Item request;             // null: none may go now
    bool expired = false;     // its not_after has passed: it is not to be written
    UnixNanos wake = kNever;  // where none may go: when to look again, if nothing else happens
  };
  using CanCarry = std::function<bool(const venues::Request&)>;
  Next next(const Budgets& budgets, const CanCarry& can_carry, UnixNanos now);

  /// Takes out those that `chosen` names, in the order in which they would have gone.
  std::vector<Item> take_if(const std::function<bool(const venues::Request&)>& chosen);
  /// Gives a request's memory back for the next one.
  void reuse(Item request);
  /// In the order in which they would go.
  const std::deque<Item>& waiting(venues::Priority priority) const {
    return waiting_[static_cast<std::size_t>(priority)];
  }
  std::size_t size(venues::Priority priority) const { return waiting(priority).size(); }

 private:
  std::array<std::deque<Item>, 5> waiting_;
  std::vector<Item> spare_;
};

}  // namespace stom::gateway
