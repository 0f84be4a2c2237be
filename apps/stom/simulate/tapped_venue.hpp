// A venue's client with a tap on what it says: which orders nobody knows about is seen in passing. And the place where
// bugs are planted on purpose (docs/reliability.md): each is what a client or a session could do wrong, done here to
// what passes, so that the auditor can be shown to find it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "venues/venue.hpp"

namespace stom::simulate {

enum class Bug : std::uint8_t {
  None,
  FillBookedTwice,
  FillLost,
  FillOfOutageLost,
  FillOnTheOtherSide,
  FillAtAnotherPrice,
  FeeForgotten,
  UnknownIsRejected,
  UnknownIsSentAgain,
  CancelIsAssumed,
  CancelAnswerLost,
  CancelOfAnotherOrder,
  QuantityDoubled,
  AcceptedTwice,
  EndToldTwice,
  EarlierOrdersForgotten,
  NameChangesAtRestart,
  RecordLostBehindItsOrder,
  LimitsForgotten,
  CancelByTheVenueLost,
  RejectionLost,
  FillOfAnotherBooked,
  NumberOfAnother,  // of a venue without client order ids
  // Of orders that the session keeps itself (Scenario::held).
  KeptOrderLeavesUnrecorded,
  BothOfABracketLeave,
  KeptOrdersForgotten,
  // Of a session that goes on from a snapshot.
  RecordsBehindASnapshotSkipped,
};
inline constexpr std::size_t kBugs = static_cast<std::size_t>(Bug::RecordsBehindASnapshotSkipped) + 1;
/// "fill_booked_twice".
std::string_view name_of(Bug bug);
std::optional<Bug> bug_named(std::string_view name);

class TappedVenue final : public venues::Venue, private venues::Actions {
 public:
  TappedVenue(std::unique_ptr<venues::Venue> venue, Bug bug) : venue_{std::move(venue)}, bug_{bug} {}

  /// Nobody knows what became of it.
  bool is_unknown(ClientOrderId id) const { return unknown_.contains(id); }

  const venues::Description& description() const override { return venue_->description(); }
  void resume(std::span<const venues::EarlierOrder> orders, ClientOrderId lost_from, ClientOrderId first) override;
  void resume_funding(UnixNanos begun, std::span<const venues::EarlierFunding> told) override {
    venue_->resume_funding(begun, told);
  }
  void resume_dust(std::span<const venues::EarlierDust> held) override { venue_->resume_dust(held); }
  void resume_over(std::span<const venues::EarlierNumber> numbers) override { venue_->resume_over(numbers); }
  void start(UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->start(now, *this); });
  }
  void opened(venues::ConnectionId connection, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->opened(connection, now, *this); });
  }
  void closed(venues::ConnectionId connection, std::string_view reason, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->closed(connection, reason, now, *this); });
  }
  void frame(venues::ConnectionId connection, std::string_view bytes, UnixNanos received, Actions& to) override {
    within(to, [&] { venue_->frame(connection, bytes, received, *this); });
  }
  void reply(const venues::Reply& reply, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->reply(reply, now, *this); });
  }
  void outcome(venues::Tag tag, venues::Outcome outcome, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->outcome(tag, outcome, now, *this); });
  }
  void timer(venues::TimerId id, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->timer(id, now, *this); });
  }
  void clock_offset(DurationNanos offset, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->clock_offset(offset, now, *this); });
  }
  Result<void> sign(venues::Request& request, UnixNanos now) override { return venue_->sign(request, now); }
  void watch(InstrumentIndex index, const Instrument& instrument, venues::Wanted wanted, UnixNanos now,
             Actions& to) override {
    within(to, [&] { venue_->watch(index, instrument, wanted, now, *this); });
  }
  void unwatch(InstrumentIndex index, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->unwatch(index, now, *this); });
  }
  void ask_everything(UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->ask_everything(now, *this); });
  }
  void submit(const NewOrder& order, UnixNanos now, Actions& to) override;
  void adopt(const NewOrder& order, std::string_view venue_order_id, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->adopt(order, venue_order_id, now, *this); });
  }
  void cancel(const CancelOrder& order, UnixNanos now, Actions& to) override;
  void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now, Actions& to) override {
    within(to, [&] { venue_->cancel_all(instruments, now, *this); });
  }
  void append_kept_back(std::vector<NewOrder>& orders) const override { venue_->append_kept_back(orders); }
  std::span<const venues::WorkingOrder> working_orders() const override { return venue_->working_orders(); }

 private:
  template <class Call>
  void within(Actions& to, Call&& call) {
    venues::Actions* const before = std::exchange(to_, &to);  // a gateway calls its venue also from within a call of it
    call();
    to_ = before;
  }

  void connect(venues::ConnectionId connection, std::string_view endpoint, std::string_view target,
               std::span<const venues::Header> headers) override {
    to_->connect(connection, endpoint, target, headers);
  }
  void disconnect(venues::ConnectionId connection) override { to_->disconnect(connection); }
  void request(const venues::Request& request) override { to_->request(request); }
  void settled(venues::Tag tag) override { to_->settled(tag); }
  void settled_with(venues::Tag tag, int status, std::span<const venues::Header> told) override {
    to_->settled_with(tag, status, told);
  }
  void timer(venues::TimerId id, UnixNanos at) override { to_->timer(id, at); }
  void venue_clock(UnixNanos from, UnixNanos to) override { to_->venue_clock(from, to); }
  void release(venues::BudgetIndex budget, std::int64_t amount) override { to_->release(budget, amount); }
  void set_limit(venues::BudgetIndex budget, std::int64_t limit) override { to_->set_limit(budget, limit); }
  void market(InstrumentIndex instrument, const MessageBatch& batch) override { to_->market(instrument, batch); }
  void book_stale(InstrumentIndex instrument, std::string_view why) override { to_->book_stale(instrument, why); }
  void order(const venues::OrderReport& report) override;
  void order_unknown(ClientOrderId id, InstrumentIndex instrument) override;
  void order_named(ClientOrderId id, std::string_view venue_order_id) override;
  void account(const venues::AccountReport& report) override { to_->account(report); }
  void everything_asked(UnixNanos now) override {
    asking_ = true;
    to_->everything_asked(now);
  }
  void everything_told(const venues::EverythingReport& report) override {
    asking_ = false;
    to_->everything_told(report);
  }
  void named(const venues::NamedReport& report) override { to_->named(report); }
  void status(const venues::StatusReport& report) override { to_->status(report); }
  void unknown(std::string_view type, std::string_view frame) override { to_->unknown(type, frame); }
  void malformed(const Error& error, std::string_view frame) override { to_->malformed(error, frame); }

  /// Whether the planted bug shows itself here: each third time that it could.
  bool strikes(Bug bug) { return bug == bug_ && ++chances_ % 3 == 1; }

  std::unique_ptr<venues::Venue> venue_;
  Bug bug_;
  venues::Actions* to_ = nullptr;
  std::set<ClientOrderId> unknown_, canceled_;
  std::map<ClientOrderId, NewOrder> sent_;
  std::string last_number_;
  bool asking_ = false;
  std::uint64_t chances_ = 0;
  UnixNanos now_ = 0;
};

}  // namespace stom::simulate
