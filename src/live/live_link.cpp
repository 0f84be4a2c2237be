#include "live/live_link.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "model/refusal.hpp"

namespace stom {
namespace {

LiveLink::Name name_of(ClientOrderId id, std::string_view venue_order_id) {
  LiveLink::Name name{.id = id, .size = static_cast<std::uint8_t>(venue_order_id.size())};
  std::ranges::copy(venue_order_id, name.text.begin());
  return name;
}

}  // namespace

LiveLink::LiveLink(std::size_t commands, std::size_t answers) : commands_{commands}, answers_{answers} {
  held_.reserve(commands_.capacity());
}

// --- engine thread ---------------------------------------------------------------------------------------------------

void LiveLink::resume(ClientOrderId id, std::uint64_t request, bool unknown) {
  sent_[id] = {.submit = request, .unknown = unknown};
  unknown_ += unknown ? 1 : 0;
}

void LiveLink::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  STOM_ASSERT(run == 0);
  sent_[order.id] = {.submit = request};
  enqueue(request, {.order = order}, sent);
}

void LiveLink::adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
                     UnixNanos sent) {
  STOM_ASSERT(run == 0 && !venue_order_id.empty() && venue_order_id.size() <= Name::kMost);
  sent_[order.id] = {.submit = request};
  enqueue(request, {.order = order, .adopts = name_of(order.id, venue_order_id)}, sent);
}

void LiveLink::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  STOM_ASSERT(run == 0);
  sent_[order.id].cancel = request;
  enqueue(request, {.is_cancel = true, .order = {.id = order.id, .instrument = order.instrument}}, sent);
}

/// Only the engine adds to the queue, so that what is free here is still free at release().
void LiveLink::enqueue(std::uint64_t request, const Command& command, UnixNanos sent) {
  if (commands_.size() + held_.size() < commands_.capacity()) {
    held_.push_back(command);
    return;
  }
  failed_.store(true, std::memory_order_relaxed);
  deny(command.is_cancel, request, command.order, sent, RejectReason::TooManyOrders);
}

void LiveLink::deny(bool is_cancel, std::uint64_t request, const NewOrder& order, UnixNanos at, RejectReason reason) {
  OrderEvent event = refusal_of(order, is_cancel ? OrderEventKind::CancelRejected : OrderEventKind::Denied, reason, at);
  event.local_time = std::max(at, floor_);
  ready_.push_back({.run = 0, .request = request, .event = event});
  if (is_cancel)
    sent_[order.id].cancel = 0;
  else
    sent_.erase(order.id);
}

void LiveLink::deny_held(UnixNanos now) {
  for (const Command& command : held_) {
    const auto sent = sent_.find(command.order.id);
    if (sent == sent_.end()) continue;  // its order was denied
    deny(command.is_cancel, command.is_cancel ? sent->second.cancel : sent->second.submit, command.order, now,
         RejectReason::Unsupported);
  }
  held_.clear();
}

std::size_t LiveLink::release() {
  for (const Command& command : held_) {
    const bool pushed = commands_.try_push(command);
    STOM_ASSERT(pushed);
  }
  const std::size_t count = held_.size();
  held_.clear();
  return count;
}

std::size_t LiveLink::poll(UnixNanos now) {
  names_.clear();
  News news;
  while (answers_.try_pop(news)) take_in(news, now);
  floor_ = std::max(floor_, now);
  return ready_.size() - std::exchange(counted_, ready_.size());
}

void LiveLink::take_in(const News& news, UnixNanos now) {
  OrderEvent event = news.event;
  if (news.what == News::What::Mark) {
    ++marks_;
    return;
  }
  if (news.what == News::What::Named) {
    names_.push_back(news.name);
    return;
  }
  if (event.id == 0 && event.kind != OrderEventKind::Funding) {
    ++foreign_;
    return;
  }
  const auto sent = sent_.find(event.id);
  if (news.what == News::What::Unknown) {
    if (sent == sent_.end() || sent->second.unknown) return;
    sent->second.unknown = true;
    ++unknown_;
    return;
  }
  std::uint64_t request = 0;
  if (sent != sent_.end()) {
    Sent& order = sent->second;
    if (event.kind != OrderEventKind::CancelRejected && std::exchange(order.unknown, false)) --unknown_;
    bool over = false;
    switch (event.kind) {
      case OrderEventKind::Accepted:
        request = order.submit;
        break;
      case OrderEventKind::Rejected:
      case OrderEventKind::Denied:
        request = order.submit;
        over = true;
        break;
      case OrderEventKind::CancelRejected:
        request = std::exchange(order.cancel, 0);
        over = order.submit == 0;  // the cancel came behind the order's end
        break;
      case OrderEventKind::Canceled:
        request = order.cancel;
        over = true;
        break;
      case OrderEventKind::Expired:
        over = true;
        break;
      case OrderEventKind::Filled:
        over = event.leaves.value == 0;
        break;
      case OrderEventKind::Triggered:
      case OrderEventKind::Funding:
        break;
    }
    if (over) sent_.erase(sent);
  }
  floor_ = event.local_time = std::min(now, std::max(floor_, event.local_time));
  ready_.push_back({.run = 0, .request = request, .event = event});
}

UnixNanos LiveLink::advance(UnixNanos limit) {
  return ready_.empty() ? limit : std::min(limit, ready_.front().event.local_time);
}

bool LiveLink::take(UnixNanos now, Answer& answer) {
  if (ready_.empty() || ready_.front().event.local_time > now) return false;
  answer = ready_.front();
  ready_.pop_front();
  if (counted_ > 0) --counted_;
  return true;
}

bool LiveLink::is_unknown(ClientOrderId id) const {
  const auto sent = sent_.find(id);
  return sent != sent_.end() && sent->second.unknown;
}

// --- I/O thread ------------------------------------------------------------------------------------------------------

void LiveLink::tell(const News& news) {
  offer();
  news_ = true;
  if (kept_.empty() && answers_.try_push(news)) return;
  kept_.push_back(news);
  failed_.store(true, std::memory_order_relaxed);
}

bool LiveLink::report_name(ClientOrderId id, std::string_view venue_order_id) {
  if (venue_order_id.size() > Name::kMost) return false;
  tell({.event = {}, .what = News::What::Named, .name = name_of(id, venue_order_id)});
  return true;
}

void LiveLink::offer() {
  while (!kept_.empty() && answers_.try_push(kept_.front())) {
    kept_.pop_front();
    news_ = true;
  }
}

}  // namespace stom
