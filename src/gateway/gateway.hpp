// Between one venue and the wire (docs/gateway.md). The venue says what it wants; this decides when it may be written,
// keeps connections open, notices those that are dead, and knows what became of each request. A state machine: no
// socket (transport.hpp), no clock ("now" is handed in), randomness from a seed. It knows no venue.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/back_off.hpp"
#include "gateway/budgets.hpp"
#include "gateway/clock_offset.hpp"
#include "gateway/request_queue.hpp"
#include "gateway/transport.hpp"
#include "venues/venue.hpp"

namespace stom::gateway {

/// What a venue learned, on its way to the engine; and what people should know.
class GatewayUser {
 public:
  virtual ~GatewayUser() = default;
  virtual void market(InstrumentIndex instrument, const MessageBatch& batch) = 0;
  virtual void book_stale(InstrumentIndex instrument, std::string_view why) = 0;
  virtual void order(const venues::OrderReport& report) = 0;
  virtual void order_unknown(ClientOrderId, InstrumentIndex) {}
  virtual void order_named(ClientOrderId, std::string_view /*venue_order_id*/) {}
  virtual void account(const venues::AccountReport& report) = 0;
  virtual void everything_asked(UnixNanos) {}
  virtual void everything_told(const venues::EverythingReport&) {}
  virtual void named(const venues::NamedReport&) {}
  virtual void status(const venues::StatusReport& report) = 0;
  virtual void unknown(std::string_view type, std::string_view frame) = 0;
  virtual void malformed(const Error& error, std::string_view frame) = 0;
  /// One line about the gateway itself: a connection lost, a budget closed, a queue full.
  virtual void notice(std::string_view line) = 0;
};

/// Sees what goes over the wire. frame_recorder.hpp is one.
class WireLog {
 public:
  virtual ~WireLog() = default;
  /// Before anybody hears of what is in it. `about`: the one instrument whose market data comes of it; nothing where it
  /// is something else.
  virtual void received(std::string_view where, std::string_view bytes, std::optional<InstrumentIndex> about,
                        UnixNanos now) = 0;
  /// What was received last is not that one's, or not its alone, as was said. Before anything else.
  virtual void is_of_no_one(std::string_view where, std::string_view bytes, UnixNanos now) = 0;
  virtual void sent(std::string_view where, std::string_view bytes, UnixNanos now) = 0;
};

struct GatewayOptions {
  std::uint64_t seed = 1;
  /// Other addresses for the venue's endpoints, by name.
  std::map<std::string, std::string, std::less<>> addresses;
  BackOffLimits back_off;
  DurationNanos lasting = 10 * kSecond;  // a connection that was open for so long counts as good: back-off begins anew
  DurationNanos answer_time = 10 * kSecond;  // for the answer to a text; then its outcome is Unknown
  std::size_t open_texts = 1'024;            // texts that wait for their answers; one more waits in the queue
};

struct GatewayCounts {
  std::uint64_t frames = 0, texts = 0, calls = 0, answers = 0;
  std::uint64_t not_written = 0, unknown = 0;  // outcomes
  std::uint64_t queue_full = 0, refusals = 0, reconnects = 0, silent = 0;
  std::uint64_t unknown_frames = 0, malformed_frames = 0;
};

class Gateway final : public venues::Actions, public TransportUser {
 public:
  /// All must outlive it; `log` may be null.
  Gateway(venues::Venue& venue, Transport& transport, GatewayUser& user, WireLog* log, GatewayOptions options);

  void start(UnixNanos now);
  /// When on_due() is wanted next; kNever where only something from outside makes work.
  UnixNanos next_due() const;
  void on_due(UnixNanos now);

  // What the engine wants.
  void watch(InstrumentIndex index, const Instrument& instrument, venues::Wanted wanted, UnixNanos now);
  void unwatch(InstrumentIndex index, UnixNanos now);
  void rank_by_value(std::size_t most, UnixNanos now);
  void follow_search(std::string_view condition, UnixNanos now);
  void ask_everything(UnixNanos now);
  /// `ages`: it is not sent any more once it has waited for venues::kOrderWaits.
  void submit(const NewOrder& order, UnixNanos now, bool ages = true);
  void adopt(const NewOrder& order, std::string_view venue_order_id, UnixNanos now);
  /// One that still waits to be written ends here: the venue never hears of it, nor of its cancel.
  void cancel(const CancelOrder& order, UnixNanos now);
  /// The same of several, before anything else is written.
  void cancel_each(std::span<const NewOrder> orders, UnixNanos now);
  void cancel_all(std::span<const InstrumentIndex> instruments, UnixNanos now);
  /// New orders that wait to be written, in the order in which they would be.
  std::vector<NewOrder> waiting_orders() const;

  // What people want to see.
  const GatewayCounts& counts() const { return counts_; }
  const Budgets& budgets() const { return budgets_; }
  std::optional<ClockOffset::Estimate> clock(UnixNanos now) const { return clock_.estimate(now); }
  bool connected(venues::ConnectionId connection) const;
  /// Each connection that the venue wants is open, and it wants one.
  bool connected() const;
  enum class LinkState : std::uint8_t { Waiting, Opening, Open };
  struct Connection {
    venues::ConnectionId id;
    std::string_view endpoint;  // valid while the gateway is
    LinkState state;
    UnixNanos since;     // when it became so
    UnixNanos retry_at;  // Waiting: when it is opened; else kNever
  };
  /// Those that the venue wants open.
  std::vector<Connection> connections() const;
  std::size_t waiting(venues::Priority priority) const { return queue_.size(priority); }

  // TransportUser
  void on_open(LinkId link, UnixNanos now) override;
  void on_text(LinkId link, std::string_view bytes, UnixNanos now) override;
  void on_heard(LinkId link, UnixNanos now) override;
  void on_write(LinkId link, CallId call, net::Written written, UnixNanos now) override;
  void on_close(LinkId link, int status, std::span<const venues::Header> headers, const Error& why,
                UnixNanos now) override;
  void on_answer(CallId call, int status, std::span<const venues::Header> headers, std::string_view body,
                 UnixNanos now) override;
  void on_no_answer(CallId call, net::Written written, const Error& why, UnixNanos now) override;

  // venues::Actions, called by the venue from within the calls above.
  void connect(venues::ConnectionId connection, std::string_view endpoint, std::string_view target,
               std::span<const venues::Header> headers) override;
  void disconnect(venues::ConnectionId connection) override;
  void request(const venues::Request& request) override;
  void settled(venues::Tag tag) override { settled_with(tag, 0, {}); }
  void settled_with(venues::Tag tag, int status, std::span<const venues::Header> told) override;
  void timer(venues::TimerId id, UnixNanos at) override;
  void venue_clock(UnixNanos from, UnixNanos to) override;
  void release(venues::BudgetIndex budget, std::int64_t amount) override;
  void set_limit(venues::BudgetIndex budget, std::int64_t limit) override;
  void market(InstrumentIndex instrument, const MessageBatch& batch) override;
  void book_stale(InstrumentIndex instrument, std::string_view why) override;
  void order(const venues::OrderReport& report) override;
  void order_unknown(ClientOrderId id, InstrumentIndex instrument) override;
  void order_named(ClientOrderId id, std::string_view venue_order_id) override;
  void account(const venues::AccountReport& report) override;
  void everything_asked(UnixNanos now) override;
  void everything_told(const venues::EverythingReport& report) override;
  void named(const venues::NamedReport& report) override;
  void status(const venues::StatusReport& report) override;
  void unknown(std::string_view type, std::string_view frame) override;
  void malformed(const Error& error, std::string_view frame) override;

 private:
  struct Place {  // an endpoint
    venues::Endpoint endpoint;
    std::string address;
    BackOff back_off;
    UnixNanos held_until = 0;  // HTTP: it could not be reached, or refused
  };
  struct Link {
    venues::ConnectionId connection;
    Place* place;
    std::string target;
    std::vector<venues::Header> headers;
    BackOff back_off;
    LinkState state = LinkState::Waiting;
    LinkId id = 0;           // of this opening
    UnixNanos retry_at = 0;  // Waiting
    UnixNanos opened_at = 0, heard_at = 0, pinged_at = 0;
    UnixNanos since = 0;  // of the state
    bool full = false;    // takes no more until something was written
  };
  struct Open {  // a request that was given to the transport and has no end yet
    venues::Tag tag;
    venues::Costs costs;
    UnixNanos sent;
    Place* place;  // HTTP; null for a text
    LinkId link;   // text
  };
  struct DueTimer {
    venues::TimerId id;
    UnixNanos at;
  };
  struct Ended {
    venues::Tag tag;
    venues::Outcome outcome;
  };

  Place* place_of(std::string_view name);
  Link* link_of(venues::ConnectionId connection);
  Link* link_by(LinkId id);
  void open_link(Link& link);
  DurationNanos pause(Link& link);
  void lose_link(Link& link, std::string_view why, UnixNanos retry_at);
  void end_texts(LinkId link);
  void end_waiting_texts(venues::ConnectionId connection);
  void look_after_links(UnixNanos now);
  UnixNanos link_due(const Link& link) const;
  bool can_carry(const venues::Request& request);
  void write(RequestQueue::Item request);
  void end_open(CallId call, venues::Outcome outcome);
  void cancel_one(const CancelOrder& order);
  void end_unwritten(const venues::Request& request, venues::Outcome outcome = venues::Outcome::NotWritten);
  void pump();
  void take_in_hand(const std::string& where, std::string_view bytes);
  void keep(std::optional<InstrumentIndex> about);
  void keep_as_no_ones();
  void put_away();
  void learn_time(std::span<const venues::Header> headers, UnixNanos sent);
  void learn_time(UnixNanos sent, UnixNanos from, UnixNanos to);

  venues::Venue& venue_;
  Transport& transport_;
  GatewayUser& user_;
  WireLog* log_;
  GatewayOptions options_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<std::unique_ptr<Link>> links_;
  Budgets budgets_;
  RequestQueue queue_;
  ClockOffset clock_;
  std::optional<DurationNanos> told_offset_;
  std::optional<UnixNanos> answered_since_;        // within Venue::reply(): when the request was sent
  std::pmr::unsynchronized_pool_resource memory_;  // of the two below: taken once, used again
  std::pmr::map<CallId, Open> open_{&memory_};     // by age
  std::pmr::unordered_map<venues::Tag, CallId> texts_by_tag_{&memory_};
  std::vector<DueTimer> timers_;
  std::vector<Ended> ended_;  // to be told to the venue
  venues::Request signed_;    // reused
  /// The frame or answer whose meaning is being told; `where` is null between them.
  struct {
    const std::string* where = nullptr;
    std::string_view bytes{};
    bool kept = false, is_market = false;
    std::optional<InstrumentIndex> about{};  // as it was kept
  } in_hand_;
  bool order_ages_ = true;  // the one that is being submitted
  UnixNanos now_ = 0;
  UnixNanos queue_wake_ = kNever;
  std::uint64_t last_id_ = 0;
  GatewayCounts counts_;
};

}  // namespace stom::gateway
