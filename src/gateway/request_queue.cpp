#include "gateway/request_queue.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/assert.hpp"

namespace stom::gateway {

bool RequestQueue::push(const venues::Request& request, UnixNanos not_after) {
  const auto priority = static_cast<std::size_t>(request.priority);
  auto& queue = waiting_[priority];
  if (queue.size() >= kMost[priority]) return false;
  Item item;
  if (spare_.empty()) {
    item = std::make_unique<venues::Request>(request);
  } else {
    item = std::move(spare_.back());
    spare_.pop_back();
    *item = request;
  }
  item->not_after = not_after;
  queue.push_back(std::move(item));
  return true;
}

void RequestQueue::push_front(Item request) {
  waiting_[static_cast<std::size_t>(request->priority)].push_front(std::move(request));
}

RequestQueue::Next RequestQueue::next(const Budgets& budgets, const CanCarry& can_carry, UnixNanos now) {
  std::uint64_t claimed = 0;  // budgets that an earlier request waits for
  UnixNanos wake = kNever;
  for (auto& queue : waiting_)
    for (auto at = queue.begin(); at != queue.end(); ++at) {
      const auto& request = **at;
      const auto take = [&](bool expired) {
        Next next{std::move(*at), expired, now};
        queue.erase(at);
        return next;
      };
      if (request.not_after < now) return take(true);
      if (request.not_after != kNever) wake = std::min(wake, request.not_after + 1);
      std::uint64_t draws_on = 0;
      for (const auto& cost : request.costs) {
        STOM_ASSERT(cost.budget < 64);
        draws_on |= std::uint64_t{1} << cost.budget;
      }
      const auto when = (claimed & draws_on) != 0 ? kNever : budgets.free_at(request.costs, request.priority, now);
      if (when > now) {
        claimed |= draws_on;
        wake = std::min(wake, when);
      } else if (can_carry(request)) {
        return take(false);
      }
    }
  return {nullptr, false, wake};
}

std::vector<RequestQueue::Item> RequestQueue::take_if(const std::function<bool(const venues::Request&)>& chosen) {
  std::vector<Item> taken;
  for (auto& queue : waiting_)
    std::erase_if(queue, [&](Item& item) {
      if (!chosen(*item)) return false;
      taken.push_back(std::move(item));
      return true;
    });
  return taken;
}

void RequestQueue::reuse(Item request) { spare_.push_back(std::move(request)); }

}  // namespace stom::gateway
