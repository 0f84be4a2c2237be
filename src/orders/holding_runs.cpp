#include "orders/holding_runs.hpp"

#include <algorithm>
#include <utility>

namespace stom::orders {

HoldingRuns::One::One(const std::vector<Instrument>& instruments, VenueLink& venue, RunIndex run)
    : end{venue, run},
      link{instruments, std::vector(instruments.size(), OrdersOffered::all()), end,
           HoldingLink::Port{[](ClientOrderId, RejectReason) {}, [](const std::string&) {}}} {}

HoldingRuns::HoldingRuns(const std::vector<Instrument>& instruments, std::size_t runs, VenueLink& venue, Known known)
    : venue_{venue}, known_{std::move(known)}, instruments_{instruments.size()} {
  for (RunIndex run = 0; run < runs; ++run) runs_.push_back(std::make_unique<One>(instruments, venue, run));
}

void HoldingRuns::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  HoldingLink& link = runs_[run]->link;
  if (order.stop_loss.value == 0 && order.take_profit.value == 0) return link.pass(request, order, sent);
  link.submit(0, request, order, sent);
  look_at(run);
}

void HoldingRuns::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  runs_[run]->link.cancel(0, request, order, sent);
  look_at(run);
}

UnixNanos HoldingRuns::advance(UnixNanos limit) {
  for (const RunIndex run : busy_) limit = std::min(limit, runs_[run]->link.advance(limit));
  return venue_.advance(limit);
}

bool HoldingRuns::take(UnixNanos now, Answer& answer) {
  for (const RunIndex run : busy_) {
    if (!runs_[run]->link.take(now, answer)) continue;
    answer.run = run;
    look_at(run);
    return true;
  }
  if (!venue_.take(now, answer)) return false;
  const RunIndex run = answer.run;
  runs_[run]->end.told = answer;
  const bool taken = runs_[run]->link.take(now, answer);
  answer.run = run;
  look_at(run);
  return taken;
}

bool HoldingRuns::idle() {
  return std::ranges::all_of(busy_, [this](RunIndex run) { return runs_[run]->link.idle(); }) && venue_.idle();
}

void HoldingRuns::heard(const FeedMessage& message, const BookView& book) {
  for (const RunIndex run : busy_) runs_[run]->link.heard(message, book);
}

/// It may have begun to wait for something, or wait for nothing any more.
void HoldingRuns::look_at(RunIndex run) {
  One& one = *runs_[run];
  if (one.busy == one.link.is_busy()) return;
  one.busy = !one.busy;
  if (!one.busy) return void(std::erase(busy_, run));
  busy_.insert(std::ranges::upper_bound(busy_, run), run);
  for (InstrumentIndex i = 0; i < instruments_; ++i) one.link.know(i, known_(i));
}

}  // namespace stom::orders
