// How a session goes on after a restart, and how it stands against its venues (docs/recovery.md): what its journal
// leads to is handed to the venue's client, the venues are asked for everything, what they say is held against what we
// hold for true, each difference is a record and a line of the log, and trading waits until nothing that matters
// differs.
//
// Owned by TradeSession and, where nothing else is said, used by its engine thread alone.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.hpp"
#include "engine/recovery.hpp"
#include "live/live_link.hpp"
#include "trade/position_trail.hpp"
#include "trade/reconciliation.hpp"
#include "trade/session_log.hpp"
#include "trade/venue_setup.hpp"
#include "trade/venue_view.hpp"

namespace stom::trade {

/// Whose two sides are held against each other. All that is pointed at outlives the reconciler.
struct Sides {
  const std::vector<Instrument>& instruments;
  std::size_t traded = 0;                  // the first so many of them
  const std::vector<std::size_t>& venues;  // by instrument
  LiveLink* link = nullptr;                // null: on paper, where there is nobody to ask
  SessionLog& log;
  const std::vector<OrdersOffered>& offered;  // HeldOrders
  std::string session;                        // part of each client order id
  bool accept_differences = false;            // what a venue holds counts, where it differs at the start
};

class Reconciler {
 public:
  struct Port {
    std::function<void()> ask_venues;               // each for everything; its answer is told()
    std::function<void(UnixNanos now)> lets_trade;  // all that was open is known: the strategy is called
    std::function<void(UnixNanos now, ClientOrderId first)> begin_ids;  // of the orders to come
    std::function<void()> accepted;                                     // what a venue holds counts, though it differed
  };
  Reconciler(Sides sides, Port port);

  /// What the journal led to, with its account's fills still in it, and what its operator did.
  void restore(Recovery& recovery, std::span<const std::string> acts);
  /// What was sent of the orders of before that are not over.
  const orders::SentOrders& earlier() const { return earlier_; }
  /// What STOM kept itself.
  const orders::HeldOrders& held() const { return held_; }
  void serve(Run& run) { run_ = &run; }
  /// Where each fill of that run is to be added.
  PositionTrail& trail() { return trail_; }
  /// Each venue takes the orders of before for its own, and asks what became of them; meanwhile the strategy waits.
  void resume(std::vector<VenueSetup>& venues, ClientOrderId lost_from);
  /// The next venue, in the order of their numbers.
  void add_venue(const VenueSetup& venue);

  // I/O thread
  /// What a report of an order says of what happened while nobody listened: until then, as the venue dates it (kNoTime:
  /// it was not asked for that).
  void look_back(std::size_t venue, const venues::OrderReport& report, UnixNanos unheard_until);
  void told(VenueHolds holds);

  /// What the I/O thread learned of the account since the last turn.
  void meet_venues(UnixNanos now);
  /// Whether orders may leave: not before each venue has told what is not ours.
  bool may_send() const { return may_send_; }
  /// The strategy is not called: of before, not all is known, or it differs.
  bool waits() const { return waits_; }
  /// No venue's answer is still to come, or to come again.
  bool settled() const;

  /// To be asked from any thread, with the engine's bell: what differs once all venues were asked anew; JSON.
  Question<std::string>& question() { return question_; }
  std::string client_id_of(ClientOrderId id) const;

 private:
  /// How what we hold for true stands against a venue.
  struct Standing {
    std::string name;
    bool asked = false;        // it can be asked for everything
    UnixNanos told = kNoTime;  // when it was asked for what it told last
    bool settled = false;      // nothing must be asked again
    VenueHolds before{};       // an answer, asked for kAskAgain or more before the next
    int unsuspected = 0;       // so many answers in a row
    std::vector<Difference> differences;
  };
  void found(std::size_t venue, Difference difference);  // I/O thread
  void note(const Difference& difference, std::size_t venue, UnixNanos now);
  void hold_against(VenueHolds holds, UnixNanos now);
  std::vector<Difference> differing_orders(const VenueHolds& holds) const;
  std::string client_id_prefix() const;
  void pass_used_ids(const VenueHolds& holds, UnixNanos now);
  void go_on_or_wait(UnixNanos now);
  void answer(UnixNanos now);

  const Sides sides_;
  const Port port_;
  Run* run_ = nullptr;
  PositionTrail trail_;
  Question<std::string> question_;  // to the engine thread

  std::atomic<bool> found_some_{false};
  std::mutex mutex_;  // of the two below
  std::deque<VenueHolds> holds_;
  std::deque<std::pair<std::size_t, Difference>> found_;  // with the venue

  std::set<ClientOrderId> unanswered_;  // of before, once resume() is over: the I/O thread's alone
  orders::SentOrders earlier_;          // orders of before it
  std::deque<orders::OverOrder> over_;  // and those that were over by then, until resume()
  UnixNanos begun_ = kNoTime;           // the session, by its journal
  std::map<ClientOrderId, std::vector<Fill>> earlier_fills_;     // of those orders, until resume()
  std::map<ClientOrderId, venues::FilledBefore> filled_before_;  // of those that were adopted, too
  std::vector<Standing> standing_;                               // by venue
  std::vector<std::optional<Quantity>> others_hold_;             // by instrument
  orders::HeldOrders held_;                                      // of before it
  bool may_send_ = true;
  bool waits_ = false, said_waits_ = false;
  UnixNanos ask_at_ = kNever;
  UnixNanos since_ = kNoTime;  // somebody waits for answers to a question after that
};

}  // namespace stom::trade
