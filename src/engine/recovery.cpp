#include "engine/recovery.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom {

Result<void> Recovery::fold(const JournalRecord& record) {
  const auto of = [&](InstrumentIndex index) -> Result<void> {
    if (index < instruments_.size()) return {};
    return fail(Errc::BadData, fmt::format("the journal speaks of instrument {} of {}", index, instruments_.size()),
                "it is the journal of a session with other instruments");
  };
  last_time_ = std::max(last_time_, record.time);
  if (first_time_ == kNoTime && record.kind != RecordKind::Configuration && record.kind != RecordKind::Named)
    first_time_ = record.time;
  switch (record.kind) {
    case RecordKind::Configuration:
      configuration_ = record.text;
      return {};
    case RecordKind::Restart:
      configuration_ = record.text;
      account_.restarted();
      kept_.restarted();
      return {};
    case RecordKind::Submit: {
      if (auto known = of(record.order.instrument); !known) return known;
      const bool is_taken = account_.order(record.order.id) != nullptr;  // it is refused: what works is as it was sent
      account_.submitted(record.request, record.order);
      held_.submitted(record.request, record.order);
      if (!is_taken && !held_.is_to_keep(record.order)) sent_.put(record.order, record.time);
      return {};
    }
    case RecordKind::Cancel:
      account_.cancel_asked(record.request, record.order.id);
      return {};
    case RecordKind::OrderEvent:
      if (auto known = of(record.event.instrument); !known) return known;
      if (static_cast<std::size_t>(record.event.reason) >= kRejectReasons)
        return fail(Errc::Newer,
                    fmt::format("an order was refused for reason {}, which this version does not know",
                                static_cast<int>(record.event.reason)),
                    "go on with the version that wrote the journal, or a newer one");
      account_.told(record.request, record.event, instruments_[record.event.instrument]);
      held_.told(record.request, record.event);
      if (account_.order(record.event.id) == nullptr || held_.keeps(record.event.id)) {
        name_is_over(record.event.id);
        sent_.erase(record.event.id);
      } else if (record.event.kind == OrderEventKind::Triggered && record.event.reason == RejectReason::Held) {
        const auto* left = held_.find(record.event.id);
        if (left == nullptr)
          return fail(Errc::BadData, fmt::format("order {} leaves, and was never kept", record.event.id),
                      "the journal was changed by hand");
        sent_.put(orders::as_sent(left->order), record.time);
      } else if (auto* sent = sent_.find(record.event.id);
                 sent != nullptr && record.event.kind == OrderEventKind::Triggered) {
        sent->triggered = true;
      }
      return {};
    case RecordKind::Named:
      if (auto* sent = sent_.find(record.order.id); sent != nullptr && sent->venue_order_id != record.text) {
        name_is_over(record.order.id);  // it was amended
        sent->venue_order_id = record.text;
      }
      return {};
    case RecordKind::OthersHold:
      if (auto known = of(record.instrument); !known) return known;
      others_hold_[record.instrument] = record.quantity;
      return {};
    case RecordKind::Log:
      kept_.read(record.text, instruments_.size());
      return {};
    case RecordKind::Operator:
    case RecordKind::End:
    case RecordKind::Difference:
      break;
  }
  return {};
}

void Recovery::name_is_over(ClientOrderId id) {
  const auto* sent = sent_.find(id);
  if (sent == nullptr || sent->venue_order_id.empty()) return;
  over_.push_back({sent->order.instrument, sent->time, sent->venue_order_id});
  if (over_.size() > kOverKept) over_.pop_front();
}

bool Recovery::is_of_its_instruments() const {
  const std::size_t n = instruments_.size();
  if (std::ranges::any_of(over_, [n](const orders::OverOrder& one) { return one.instrument >= n; })) return false;
  return others_hold_.size() == n && account_.is_of(n) && held_.is_of(n) && sent_.is_of(n);
}

}  // namespace stom
