#include "gateway/gateway.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "net/http.hpp"

namespace stom::gateway {

using venues::Outcome;

namespace {

constexpr DurationNanos kWorthTelling = 2 * kMillisecond;  // a change of the clock's estimate that venues are told

bool same(std::span<const venues::Header> a, std::span<const venues::Header> b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x.name == y.name && x.value == y.value; });
}

}  // namespace

Gateway::Gateway(venues::Venue& venue, Transport& transport, GatewayUser& user, WireLog* log, GatewayOptions options)
    : venue_{venue},
      transport_{transport},
      user_{user},
      log_{log},
      options_{std::move(options)},
      budgets_{venue.description()} {
  for (const auto& endpoint : venue.description().endpoints) {
    const auto other = options_.addresses.find(endpoint.name);
    std::string address = other == options_.addresses.end() ? endpoint.url : other->second;
    while (address.ends_with('/')) address.pop_back();
    places_.push_back(std::make_unique<Place>(
        Place{endpoint, std::move(address), BackOff{options_.back_off, options_.seed + places_.size() + 1}}));
  }
}

void Gateway::start(UnixNanos now) {
  now_ = now;
  venue_.start(now, *this);
  pump();
}

void Gateway::watch(InstrumentIndex index, const Instrument& instrument, venues::Wanted wanted, UnixNanos now) {
  now_ = now;
  venue_.watch(index, instrument, wanted, now, *this);
  pump();
}
void Gateway::unwatch(InstrumentIndex index, UnixNanos now) {
  now_ = now;
  venue_.unwatch(index, now, *this);
  pump();
}
void Gateway::rank_by_value(std::size_t most, UnixNanos now) {
  now_ = now;
  venue_.rank_by_value(most, now, *this);
  pump();
}
void Gateway::follow_search(std::string_view condition, UnixNanos now) {
  now_ = now;
  venue_.follow_search(condition, now, *this);
  pump();
}
void Gateway::ask_everything(UnixNanos now) {
  now_ = now;
  venue_.ask_everything(now, *this);
  pump();
}
void Gateway::submit(const NewOrder& order, UnixNanos now, bool ages) {
  now_ = now;
  order_ages_ = ages;
  venue_.submit(order, now, *this);
  order_ages_ = true;
  pump();
}
void Gateway::adopt(const NewOrder& order, std::string_view venue_order_id, UnixNanos now) {
  now_ = now;
  venue_.adopt(order, venue_order_id, now, *this);
  pump();
}
void Gateway::cancel(const CancelOrder& order, UnixNanos now) {
  now_ = now;
  cancel_one(order);
  pump();
}
void Gateway::cancel_each(std::span<const NewOrder> orders, UnixNanos now) {
  now_ = now;
  for (const auto& order : orders) cancel_one({order.id, order.instrument});
  pump();
}
void Gateway::cancel_one(const CancelOrder& order) {
  auto waiting = queue_.take_if(
      [&](const venues::Request& one) { return one.priority == venues::Priority::Order && one.order.id == order.id; });
  if (waiting.empty()) venue_.cancel(order, now_, *this);
  for (auto& request : waiting) {
    end_unwritten(*request, Outcome::TakenBack);
    queue_.reuse(std::move(request));
  }
}
void Gateway::cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now) {
  now_ = now;
  venue_.cancel_all(instruments, now, *this);
  pump();
}

std::vector<NewOrder> Gateway::waiting_orders() const {
  std::vector<NewOrder> orders;
  for (const auto& request : queue_.waiting(venues::Priority::Order)) orders.push_back(request->order);
  venue_.append_kept_back(orders);
  return orders;
}

// --- time ------------------------------------------------------------------------------------------------------------

UnixNanos Gateway::next_due() const {
  if (!ended_.empty()) return now_;
  UnixNanos due = queue_wake_;
  for (const auto& timer : timers_) due = std::min(due, timer.at);
  for (const auto& link : links_) due = std::min(due, link_due(*link));
  for (const auto& [_, open] : open_)
    if (open.place == nullptr) {
      due = std::min(due, open.sent + options_.answer_time);
      break;  // the others were sent later
    }
  return due;
}

void Gateway::on_due(UnixNanos now) {
  now_ = now;
  // A timer that the venue sets now is for the next round, however early.
  std::vector<DueTimer> due;
  std::erase_if(timers_, [&](const DueTimer& timer) {
    if (timer.at > now) return false;
    due.push_back(timer);
    return true;
  });
  std::ranges::stable_sort(due, {}, &DueTimer::at);
  for (const auto& timer : due) venue_.timer(timer.id, now, *this);

  for (auto at = open_.begin(); at != open_.end();) {
    const auto call = at->first;
    const auto& open = at->second;
    ++at;
    if (open.place != nullptr) continue;
    if (open.sent + options_.answer_time > now) break;
    end_open(call, Outcome::Unknown);
  }
  look_after_links(now);
  pump();
}

void Gateway::timer(venues::TimerId id, UnixNanos at) {
  std::erase_if(timers_, [&](const DueTimer& timer) { return timer.id == id; });
  if (at != kNever) timers_.push_back({id, at});
}

// --- connections -----------------------------------------------------------------------------------------------------

Gateway::Place* Gateway::place_of(std::string_view name) {
  for (auto& place : places_)
    if (place->endpoint.name == name) return place.get();
  return nullptr;
}
Gateway::Link* Gateway::link_of(venues::ConnectionId connection) {
  for (auto& link : links_)
    if (link->connection == connection) return link.get();
  return nullptr;
}
Gateway::Link* Gateway::link_by(LinkId id) {
  for (auto& link : links_)
    if (link->id == id && link->state != LinkState::Waiting) return link.get();
  return nullptr;
}

bool Gateway::connected(venues::ConnectionId connection) const {
  return std::ranges::any_of(
      links_, [&](const auto& link) { return link->connection == connection && link->state == LinkState::Open; });
}

bool Gateway::connected() const {
  return !links_.empty() &&
         std::ranges::all_of(links_, [](const auto& link) { return link->state == LinkState::Open; });
}

std::vector<Gateway::Connection> Gateway::connections() const {
  std::vector<Connection> all;
  for (const auto& link : links_)
    all.push_back({.id = link->connection,
                   .endpoint = link->place->endpoint.name,
                   .state = link->state,
                   .since = link->since,
                   .retry_at = link->state == LinkState::Waiting ? link_due(*link) : kNever});
  return all;
}

void Gateway::connect(venues::ConnectionId connection, std::string_view endpoint, std::string_view target,
                      std::span<const venues::Header> headers) {
  Place* place = place_of(endpoint);
  STOM_ASSERT(place != nullptr && place->endpoint.transport == venues::Transport::WebSocket);
  Link* link = link_of(connection);
  if (link == nullptr) {
    links_.push_back(std::make_unique<Link>(
        Link{.connection = connection,
             .place = place,
             .back_off = {options_.back_off, options_.seed ^ ((std::uint64_t{connection} + 1) << 32)},
             .since = now_}));
    link = links_.back().get();
  } else if (link->place == place && link->target == target && same(link->headers, headers)) {
    return;
  } else if (link->state != LinkState::Waiting) {
    lose_link(*link, "", now_);
  }
  link->place = place;
  link->target = target;
  link->headers.assign(headers.begin(), headers.end());
  link->retry_at = now_;
}

void Gateway::disconnect(venues::ConnectionId connection) {
  Link* link = link_of(connection);
  if (link == nullptr) return;
  if (link->state != LinkState::Waiting) lose_link(*link, "", kNever);
  std::erase_if(links_, [&](const auto& one) { return one.get() == link; });
}

void Gateway::open_link(Link& link) {
  link.state = LinkState::Opening;
  link.id = ++last_id_;
  link.opened_at = link.heard_at = link.pinged_at = link.since = now_;
  link.full = false;
  if (log_) log_->sent(link.place->endpoint.name, "open " + link.target, now_);
  transport_.open(link.id, link.place->address + link.target, link.headers);
}

DurationNanos Gateway::pause(Link& link) {
  if (link.state == LinkState::Open && now_ - link.opened_at >= options_.lasting) link.back_off.reset();
  return link.back_off.next();
}

/// Ends what was sent over it; says so to the venue where there is a reason (else the venue itself wanted it).
void Gateway::lose_link(Link& link, std::string_view why, UnixNanos retry_at) {
  const bool was_open = link.state == LinkState::Open;
  const auto connection = link.connection;
  transport_.close(link.id);
  link.state = LinkState::Waiting;
  link.since = now_;
  link.retry_at = retry_at;
  end_texts(link.id);
  end_waiting_texts(connection);
  if (why.empty()) return;
  user_.notice(fmt::format("{}: {}", link.place->endpoint.name, why));
  if (was_open) venue_.closed(connection, why, now_, *this);  // the venue may let go of the link
}

void Gateway::end_texts(LinkId link) {
  std::vector<CallId> lost;
  for (const auto& [call, open] : open_)
    if (open.place == nullptr && open.link == link) lost.push_back(call);
  for (const auto call : lost) end_open(call, Outcome::Unknown);
}

void Gateway::end_waiting_texts(venues::ConnectionId connection) {
  for (auto& request : queue_.take_if(
           [&](const venues::Request& one) { return one.endpoint.empty() && one.connection == connection; })) {
    end_unwritten(*request);
    queue_.reuse(std::move(request));
  }
}

UnixNanos Gateway::link_due(const Link& link) const {
  if (link.state == LinkState::Waiting)
    return link.retry_at == kNever ? kNever : std::max(link.retry_at, budgets_.shut_until());
  if (link.state == LinkState::Opening) return kNever;  // the transport has limits for this
  const auto& endpoint = link.place->endpoint;
  UnixNanos due = kNever;
  if (endpoint.ping_every > 0) due = std::min(due, link.pinged_at + endpoint.ping_every);
  if (endpoint.silent_after > 0) due = std::min(due, link.heard_at + endpoint.silent_after);
  if (endpoint.renew_after > 0) due = std::min(due, link.opened_at + endpoint.renew_after);
  return due;
}

void Gateway::look_after_links(UnixNanos now) {
  std::vector<venues::ConnectionId> all;  // the venue may change the list meanwhile
  for (const auto& link : links_) all.push_back(link->connection);
  for (const auto connection : all) {
    Link* link = link_of(connection);
    if (link == nullptr || link_due(*link) > now) continue;
    if (link->state == LinkState::Waiting) {
      open_link(*link);
      continue;
    }
    const auto& endpoint = link->place->endpoint;
    const auto silence = now - link->heard_at;
    const bool no_pong =
        endpoint.ping_every > 0 && link->pinged_at > link->heard_at && now >= link->pinged_at + endpoint.ping_every;
    if ((endpoint.silent_after > 0 && silence >= endpoint.silent_after) || (endpoint.silent_after == 0 && no_pong)) {
      ++counts_.silent;
      ++counts_.reconnects;
      lose_link(*link, fmt::format("nothing was heard for {} ms: connecting anew", silence / kMillisecond),
                now + pause(*link));
    } else if (endpoint.renew_after > 0 && now >= link->opened_at + endpoint.renew_after) {
      ++counts_.reconnects;
      lose_link(*link, "renewed before the venue ends it", now);
    } else if (endpoint.ping_every > 0 && now >= link->pinged_at + endpoint.ping_every) {
      link->pinged_at = now;
      transport_.ping(link->id);
    }
  }
  // What became due by this is opened in the same round.
  for (auto& link : links_)
    if (link->state == LinkState::Waiting && link_due(*link) <= now) open_link(*link);
}

void Gateway::on_open(LinkId id, UnixNanos now) {
  now_ = now;
  Link* link = link_by(id);
  if (link == nullptr) return;
  link->state = LinkState::Open;
  link->opened_at = link->heard_at = link->pinged_at = link->since = now;
  venue_.opened(link->connection, now, *this);
  pump();
}

void Gateway::on_text(LinkId id, std::string_view bytes, UnixNanos now) {
  now_ = now;
  Link* link = link_by(id);
  if (link == nullptr) return;
  link->heard_at = now;
  ++counts_.frames;
  take_in_hand(link->place->endpoint.name, bytes);
  venue_.frame(link->connection, bytes, now, *this);
  put_away();
  pump();
}

void Gateway::on_heard(LinkId id, UnixNanos now) {
  now_ = now;
  if (Link* link = link_by(id)) link->heard_at = now;
}

void Gateway::on_close(LinkId id, int status, std::span<const venues::Header> headers, const Error& why,
                       UnixNanos now) {
  now_ = now;
  Link* link = link_by(id);
  if (link == nullptr) return;
  UnixNanos retry_at = now + pause(*link);
  if (const auto until = budgets_.refused(status, headers, {}, now)) {
    ++counts_.refusals;
    retry_at = std::max(retry_at, *until);
  }
  ++counts_.reconnects;
  lose_link(*link, why.message, retry_at);
  pump();
}

// --- requests --------------------------------------------------------------------------------------------------------

void Gateway::request(const venues::Request& request) {
  const Link* link = request.endpoint.empty() ? link_of(request.connection) : nullptr;
  if (request.endpoint.empty() ? link == nullptr || link->state != LinkState::Open
                               : place_of(request.endpoint) == nullptr)
    return end_unwritten(request);
  if (!budgets_.fits(request.costs, request.priority)) {
    user_.notice(
        fmt::format("{} {} costs more than its budget ever has: it is not sent", request.method, request.target));
    return end_unwritten(request);
  }
  const bool ages = request.priority == venues::Priority::Order && order_ages_;
  if (!queue_.push(request, ages ? std::min(request.not_after, now_ + venues::kOrderWaits) : request.not_after)) {
    if (counts_.queue_full++ == 0)
      user_.notice("more requests wait than the queue holds: the newest are refused as not written");
    return end_unwritten(request);
  }
  queue_wake_ = now_;
}

void Gateway::end_unwritten(const venues::Request& request, Outcome outcome) {
  ++counts_.not_written;
  if (request.tag != 0) ended_.push_back({request.tag, outcome});
}

bool Gateway::can_carry(const venues::Request& request) {
  if (request.endpoint.empty()) {
    const Link* link = link_of(request.connection);
    return link != nullptr && link->state == LinkState::Open && !link->full && open_.size() < options_.open_texts;
  }
  const Place* place = place_of(request.endpoint);
  return place->held_until <= now_ && transport_.can_call(place->address, request.priority);
}

void Gateway::write(RequestQueue::Item request) {
  venues::Request* out = request.get();
  if (request->sign_late) {
    if (request->endpoint.empty()) {  // a socket may be full: then it is signed anew, from what the venue gave
      signed_ = *request;
      out = &signed_;
    }
    if (auto ok = venue_.sign(*out, now_); !ok) {
      user_.notice(fmt::format("{}: {}", ok.error().message, ok.error().hint));
      end_unwritten(*request);
      return queue_.reuse(std::move(request));
    }
  }
  const CallId call = ++last_id_;
  if (!out->endpoint.empty()) {
    Place* place = place_of(out->endpoint);
    budgets_.spend(out->costs, now_);
    open_.emplace(call, Open{out->tag, out->costs, now_, place, 0});
    ++counts_.calls;
    transport_.call(call, place->address, *out);
    if (log_) log_->sent(place->endpoint.name, fmt::format("{} {} {}", out->method, out->target, out->body), now_);
    return queue_.reuse(std::move(request));
  }
  Link* link = link_of(out->connection);
  const auto sent = transport_.send(link->id, out->body, call);
  if (sent == net::Sent::Full) {
    link->full = true;
    return queue_.push_front(std::move(request));
  }
  if (sent == net::Sent::Closed) {
    end_unwritten(*out);
    return queue_.reuse(std::move(request));
  }
  budgets_.spend(out->costs, now_);
  ++counts_.texts;
  if (log_) log_->sent(link->place->endpoint.name, out->body, now_);
  if (out->tag == 0 && sent == net::Sent::Written) {
    budgets_.ended(out->costs, now_, true);  // nobody waits for its answer
  } else {
    open_.emplace(call, Open{out->tag, out->costs, now_, nullptr, link->id});
    if (out->tag != 0) texts_by_tag_[out->tag] = call;
  }
  queue_.reuse(std::move(request));
}

/// A request that was given to the transport has no answer.
void Gateway::end_open(CallId call, Outcome outcome) {
  const auto at = open_.find(call);
  const Open open = at->second;
  open_.erase(at);
  budgets_.ended(open.costs, now_, outcome == Outcome::Unknown);
  if (open.place == nullptr) texts_by_tag_.erase(open.tag);
  ++(outcome == Outcome::Unknown ? counts_.unknown : counts_.not_written);
  if (open.tag != 0) ended_.push_back({open.tag, outcome});
}

void Gateway::settled_with(venues::Tag tag, int status, std::span<const venues::Header> told) {
  const auto found = texts_by_tag_.find(tag);
  if (found == texts_by_tag_.end()) return;  // its outcome was Unknown by then
  const auto at = open_.find(found->second);
  const Open open = at->second;
  open_.erase(at);
  texts_by_tag_.erase(found);
  ++counts_.answers;
  if (told.empty())
    budgets_.ended(open.costs, now_, true);
  else
    budgets_.answered(open.costs, told, open.sent, now_);
  if (const auto until = budgets_.refused(status, told, open.costs, now_)) {
    ++counts_.refusals;
    user_.notice(fmt::format("a socket's answer is {}: nothing of this kind is sent for {} s", status,
                             (*until - now_ + kSecond - 1) / kSecond));
  }
}

void Gateway::on_write(LinkId id, CallId call, net::Written written, UnixNanos now) {
  now_ = now;
  if (Link* link = link_by(id)) link->full = false;
  if (const auto at = open_.find(call); at != open_.end()) {
    if (written == net::Written::NotWritten) {
      end_open(call, Outcome::NotWritten);
    } else if (written == net::Written::Written && at->second.tag == 0) {
      budgets_.ended(at->second.costs, now, true);
      open_.erase(at);
    }
  }
  pump();
}

void Gateway::on_answer(CallId call, int status, std::span<const venues::Header> headers, std::string_view body,
                        UnixNanos now) {
  now_ = now;
  const auto at = open_.find(call);
  if (at == open_.end()) return;
  const Open open = at->second;
  open_.erase(at);
  ++counts_.answers;
  open.place->back_off.reset();
  budgets_.answered(open.costs, headers, open.sent, now);
  if (const auto until = budgets_.refused(status, headers, open.costs, now)) {
    ++counts_.refusals;
    if (open.costs.size() == 0) open.place->held_until = std::max(open.place->held_until, *until);
    user_.notice(fmt::format("{} answers {}: nothing of this kind is sent for {} s", open.place->endpoint.name, status,
                             (*until - now + kSecond - 1) / kSecond));
  }
  learn_time(headers, open.sent);
  answered_since_ = open.sent;
  take_in_hand(open.place->endpoint.name, body);
  if (open.tag != 0) venue_.reply({open.tag, status, headers, body}, now, *this);
  put_away();
  answered_since_.reset();
  pump();
}

void Gateway::on_no_answer(CallId call, net::Written written, const Error& why, UnixNanos now) {
  now_ = now;
  const auto at = open_.find(call);
  if (at == open_.end()) return;
  Place& place = *at->second.place;
  if (written == net::Written::NotWritten && now >= place.held_until) place.held_until = now + place.back_off.next();
  user_.notice(fmt::format("{}: {}", place.endpoint.name, why.message));
  end_open(call, written == net::Written::NotWritten ? Outcome::NotWritten : Outcome::Unknown);
  pump();
}

/// Writes what may be written, and tells the venue what ended. What the venue asks for on being told comes next time
/// where it ends at once, so that a venue that insists never keeps this from returning.
void Gateway::pump() {
  const auto ended = std::exchange(ended_, {});
  for (const auto& one : ended) venue_.outcome(one.tag, one.outcome, now_, *this);
  for (auto& link : links_)
    if (link->state == LinkState::Waiting && link_due(*link) <= now_) open_link(*link);
  for (;;) {
    auto next = queue_.next(budgets_, [this](const venues::Request& request) { return can_carry(request); }, now_);
    if (!next.request) {
      queue_wake_ = next.wake;
      break;
    }
    if (next.expired) {
      end_unwritten(*next.request);
      queue_.reuse(std::move(next.request));
    } else {
      write(std::move(next.request));
    }
  }
  for (const auto& place : places_)
    if (place->held_until > now_) queue_wake_ = std::min(queue_wake_, place->held_until);
}

void Gateway::learn_time(std::span<const venues::Header> headers, UnixNanos sent) {
  for (const auto& header : headers) {
    if (!net::same_name(header.name, "Date")) continue;
    const auto date = parse_http_date(header.value);
    if (!date) return;
    return learn_time(sent, *date, *date + kSecond);
  }
}

void Gateway::learn_time(UnixNanos sent, UnixNanos from, UnixNanos to) {
  clock_.add(sent, now_, from, to);
  const auto estimate = clock_.estimate(now_);
  if (!estimate) return;
  budgets_.clock_offset(estimate->offset, estimate->error);
  if (told_offset_ && std::abs(estimate->offset - *told_offset_) < kWorthTelling) return;
  told_offset_ = estimate->offset;
  venue_.clock_offset(estimate->offset, now_, *this);
}

void Gateway::venue_clock(UnixNanos from, UnixNanos to) {
  STOM_ASSERT(answered_since_.has_value());  // the round trip that bounds it
  // What it says when asked counts: where its clock was set, sixty answers of before would outvote thirty of after.
  if (const auto known = clock_.estimate(now_);
      known && (from - now_ > known->offset + known->error || to - *answered_since_ < known->offset - known->error))
    clock_ = {};
  learn_time(*answered_since_, from, to);
}

// --- what the venue learned goes through
// ---------------------------------------------------------------------------------

void Gateway::release(venues::BudgetIndex budget, std::int64_t amount) { budgets_.release(budget, amount); }
void Gateway::set_limit(venues::BudgetIndex budget, std::int64_t limit) { budgets_.set_limit(budget, limit); }

void Gateway::take_in_hand(const std::string& where, std::string_view bytes) {
  if (log_) in_hand_ = {.where = &where, .bytes = bytes};
}

/// Another thread may act on it as soon as it is told, and be killed: what it acted on is recorded by then.
void Gateway::keep(std::optional<InstrumentIndex> about) {
  if (in_hand_.where == nullptr || std::exchange(in_hand_.kept, true)) return;
  log_->received(*in_hand_.where, in_hand_.bytes, about, now_);
  in_hand_.about = about;
}

void Gateway::keep_as_no_ones() {
  if (!in_hand_.about) return;
  log_->is_of_no_one(*in_hand_.where, in_hand_.bytes, now_);
  in_hand_.about.reset();
}

void Gateway::put_away() {
  keep(std::nullopt);
  if (!in_hand_.is_market) keep_as_no_ones();
  in_hand_ = {};
}

void Gateway::market(InstrumentIndex instrument, const MessageBatch& batch) {
  keep(instrument);
  if (in_hand_.about != instrument) keep_as_no_ones();
  in_hand_.is_market = true;
  user_.market(instrument, batch);
}
void Gateway::book_stale(InstrumentIndex instrument, std::string_view why) {
  keep(instrument);
  user_.book_stale(instrument, why);
}
void Gateway::order(const venues::OrderReport& report) {
  keep(std::nullopt);
  user_.order(report);
}
void Gateway::order_unknown(ClientOrderId id, InstrumentIndex instrument) {
  keep(std::nullopt);
  user_.order_unknown(id, instrument);
}
void Gateway::order_named(ClientOrderId id, std::string_view venue_order_id) {
  keep(std::nullopt);
  user_.order_named(id, venue_order_id);
}
void Gateway::account(const venues::AccountReport& report) {
  keep(std::nullopt);
  user_.account(report);
}
void Gateway::everything_asked(UnixNanos now) { user_.everything_asked(now); }
void Gateway::everything_told(const venues::EverythingReport& report) {
  keep(std::nullopt);
  user_.everything_told(report);
}
void Gateway::named(const venues::NamedReport& report) {
  keep(std::nullopt);
  user_.named(report);
}
void Gateway::status(const venues::StatusReport& report) { user_.status(report); }
void Gateway::unknown(std::string_view type, std::string_view frame) {
  ++counts_.unknown_frames;
  user_.unknown(type, frame);
}
void Gateway::malformed(const Error& error, std::string_view frame) {
  ++counts_.malformed_frames;
  user_.malformed(error, frame);
}

}  // namespace stom::gateway
