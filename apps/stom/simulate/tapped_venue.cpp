#include "simulate/tapped_venue.hpp"

#include <array>

namespace stom::simulate {

namespace {
/// Beyond the ids of any session, and none of a bracket's.
constexpr ClientOrderId kSentAgain = (kParentIds + 1) / 2;
}  // namespace

std::string_view name_of(Bug bug) {
  constexpr std::array<std::string_view, kBugs> kNames{
      "none",
      "fill_booked_twice",
      "fill_lost",
      "fill_of_outage_lost",
      "fill_on_other_side",
      "fill_at_another_price",
      "fee_forgotten",
      "unknown_is_rejected",
      "unknown_is_sent_again",
      "cancel_is_assumed",
      "cancel_answer_lost",
      "cancel_of_another_order",
      "quantity_doubled",
      "accepted_twice",
      "end_told_twice",
      "earlier_orders_forgotten",
      "name_changes_at_restart",
      "record_lost_behind_its_order",
      "limits_forgotten",
      "cancel_by_the_venue_lost",
      "rejection_lost",
      "fill_of_another_booked",
      "number_of_another",
      "kept_order_leaves_unrecorded",
      "both_of_a_bracket_leave",
      "kept_orders_forgotten",
      "records_behind_a_snapshot_skipped",
  };
  return kNames[static_cast<std::size_t>(bug)];
}

std::optional<Bug> bug_named(std::string_view name) {
  for (std::size_t i = 0; i < kBugs; ++i)
    if (name_of(static_cast<Bug>(i)) == name) return static_cast<Bug>(i);
  return std::nullopt;
}

void TappedVenue::resume(std::span<const venues::EarlierOrder> orders, ClientOrderId lost_from, ClientOrderId first) {
  if (bug_ == Bug::EarlierOrdersForgotten) orders = {};
  for (const auto& earlier : orders) {
    sent_[earlier.order.id] = earlier.order;
    if (!earlier.accepted) unknown_.insert(earlier.order.id);
  }
  venue_->resume(orders, lost_from, first);
}

void TappedVenue::submit(const NewOrder& order, UnixNanos now, Actions& to) {
  now_ = now;
  NewOrder sent = order;
  if (strikes(Bug::QuantityDoubled)) sent.quantity += order.quantity;
  sent_[order.id] = sent;
  within(to, [&] { venue_->submit(sent, now, *this); });
  if (bug_ != Bug::BothOfABracketLeave || (order.id & ~kParentIds) == 0) return;
  sent.id ^= kStopLossChild | kTakeProfitChild;
  sent_[sent.id] = sent;
  within(to, [&] { venue_->submit(sent, now, *this); });
}

void TappedVenue::cancel(const CancelOrder& order, UnixNanos now, Actions& to) {
  now_ = now;
  CancelOrder sent = order;
  canceled_.insert(order.id);
  if (strikes(Bug::CancelOfAnotherOrder))
    for (const auto& resting : venue_->working_orders())
      if (resting.id != 0 && resting.id != order.id) sent.id = resting.id;
  within(to, [&] {
    if (strikes(Bug::CancelIsAssumed))
      to_->order({.event = {.kind = OrderEventKind::Canceled,
                            .side = sent_[order.id].side,
                            .instrument = order.instrument,
                            .id = order.id,
                            .time = now,
                            .local_time = now},
                  .client_id = {},
                  .venue_order_id = {},
                  .trade_id = {},
                  .reason = {}});
    venue_->cancel(sent, now, *this);
  });
}

void TappedVenue::order(const venues::OrderReport& report) {
  using enum OrderEventKind;
  unknown_.erase(report.event.id);
  if (bug_ == Bug::FillOfAnotherBooked && report.event.id == 0 && report.event.kind == Filled && !sent_.empty()) {
    venues::OrderReport ours = report;
    ours.event.id = sent_.rbegin()->first;
    return to_->order(ours);
  }
  if (bug_ == Bug::None || report.event.id == 0) return to_->order(report);
  venues::OrderReport told = report;
  const OrderEventKind kind = report.event.kind;
  if (kind == Filled) {
    if (strikes(Bug::FillLost) && report.event.leaves.value > 0) return;
    if (asking_ && bug_ == Bug::FillOfOutageLost) return;
    if (strikes(Bug::FillOnTheOtherSide)) told.event.side = opposite(report.event.side);
    if (strikes(Bug::FillAtAnotherPrice)) ++told.event.price.value;
    if (strikes(Bug::FeeForgotten)) told.event.fee = {};
    if (strikes(Bug::FillBookedTwice)) to_->order(told);
  }
  if (kind == Canceled && strikes(Bug::CancelAnswerLost)) return;
  if (kind == Rejected && strikes(Bug::RejectionLost)) return;
  if (kind == Canceled && bug_ == Bug::CancelByTheVenueLost && !canceled_.contains(report.event.id)) return;
  if (kind == Accepted && strikes(Bug::AcceptedTwice)) to_->order(told);
  if (kind == Canceled && strikes(Bug::EndToldTwice)) to_->order(told);
  to_->order(told);
}

void TappedVenue::order_named(ClientOrderId id, std::string_view venue_order_id) {
  if (!last_number_.empty() && strikes(Bug::NumberOfAnother)) return to_->order_named(id, last_number_);
  last_number_ = venue_order_id;
  to_->order_named(id, venue_order_id);
}

void TappedVenue::order_unknown(ClientOrderId id, InstrumentIndex instrument) {
  unknown_.insert(id);
  to_->order_unknown(id, instrument);
  const auto sent = sent_.find(id);
  if (sent == sent_.end()) return;
  if (bug_ == Bug::UnknownIsRejected)
    to_->order({.event = {.kind = OrderEventKind::Rejected,
                          .side = sent->second.side,
                          .instrument = instrument,
                          .id = id,
                          .time = now_,
                          .local_time = now_},
                .client_id = {},
                .venue_order_id = {},
                .trade_id = {},
                .reason = "no answer"});
  if (bug_ == Bug::UnknownIsSentAgain && id < kSentAgain) {
    NewOrder again = sent->second;
    again.id += kSentAgain;
    venue_->submit(again, now_, *this);
  }
}

}  // namespace stom::simulate
