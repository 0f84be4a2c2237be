#include "orders/holding_runs.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace stom::orders {

HoldingRuns::HoldingRuns(const std::vector<Instrument>& instruments, std::size_t runs, VenueLink& venue, Known known,
                         bool shared)
    : venue_{venue}, known_{std::move(known)}, instruments_{instruments.size()}, shared_{shared} {
  const std::vector offered(instruments.size(), shared ? OrdersOffered{.shared = true} : OrdersOffered::all());
  for (RunIndex run = 0; run < runs; ++run) {
    HoldingLink::Port nobody{[](ClientOrderId, RejectReason) {}, [](const std::string&) {}};
    links_.push_back(std::make_unique<HoldingLink>(instruments, offered, venue, std::move(nobody), run));
  }
}

void HoldingRuns::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  const bool is_whole = !shared_ && order.stop_loss.value == 0 && order.take_profit.value == 0;
  if (is_whole) return links_[run]->pass(request, order, sent);
  links_[run]->submit(run, request, order, sent);
  look_at(run);
}

void HoldingRuns::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  links_[run]->cancel(run, request, order, sent);
  look_at(run);
}

UnixNanos HoldingRuns::advance(UnixNanos limit) {
  for (const RunIndex run : busy_) limit = links_[run]->next_own(limit);
  return venue_.advance(limit);
}

bool HoldingRuns::take(UnixNanos now, Answer& answer) {
  for (const RunIndex run : busy_) {
    if (!links_[run]->take_own(now, answer)) continue;
    look_at(run);
    return true;
  }
  if (!venue_.take(now, answer)) return false;
  links_[answer.run]->told(answer, now);
  look_at(answer.run);
  return true;
}

bool HoldingRuns::idle() {
  return std::ranges::all_of(busy_, [this](RunIndex run) { return links_[run]->idle(); }) && venue_.idle();
}

void HoldingRuns::heard(const FeedMessage& message, const BookView& book) {
  for (const RunIndex run : busy_) links_[run]->heard(message, book);
}

/// It may have begun to wait for something, or wait for nothing any more.
void HoldingRuns::look_at(RunIndex run) {
  HoldingLink& link = *links_[run];
  const auto at = std::ranges::lower_bound(busy_, run);
  const bool was_busy = at != busy_.end() && *at == run;
  if (was_busy == link.is_busy()) return;
  if (was_busy) return void(busy_.erase(at));
  busy_.insert(at, run);
  for (InstrumentIndex i = 0; i < instruments_; ++i) link.know(i, known_(i));
}

}  // namespace stom::orders
