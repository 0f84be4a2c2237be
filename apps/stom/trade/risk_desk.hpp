// What a session's orders must keep, and what its operator changes of that while it runs: the guard in front of the
// venues, the breakers, and the kill switch as the engine knows it (kill_switch.hpp is the I/O thread's).
//
// All that changes it is an act: a text that is a record of the journal before it is done. The same acts lead to the
// same desk, in the session, in its re-run (docs/verify.md) and in the process that goes on (docs/recovery.md). Engine
// thread.
#pragma once

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "engine/engine.hpp"
#include "engine/journal.hpp"
#include "orders/account_state.hpp"
#include "orders/sent_orders.hpp"
#include "risk/breakers.hpp"
#include "risk/guarded_link.hpp"
#include "risk/strategy_guards.hpp"
#include "trade/limit_prices.hpp"

namespace stom::trade {

/// How far the kill switch was pulled. Each step does what those before it do.
enum class KillStep : std::uint8_t {
  Off,
  Entries,  // what would open or enlarge a position does not leave
  Cancel,   // nothing new leaves, what works is canceled, the strategy is not called
  Flatten,  // what is held is closed by market orders
};
std::string_view name_of(KillStep step);  // "cancel"
std::optional<KillStep> kill_step_of(std::string_view name);
/// An operator's word that he is there (dead_man.hpp), and his release of the kill switch, as they begin.
inline constexpr std::string_view kAliveAct = "alive, ", kReleaseAct = "kill off, ";
/// As it stands in the journal and in the emergency log: "kill cancel, asked at 1764412345000000000"; where less was
/// wanted than what is in force, "kill flatten, asked at 1764412345000000000 for cancel".
std::string kill_act(KillStep step, KillStep wanted, UnixNanos asked);
/// Whether somebody wanted with it that all be closed.
bool asks_to_close(std::string_view act);

struct RiskPlan {
  std::vector<risk::Limit> limits;
  std::vector<risk::Breaker> breakers;
  std::string currency;  // of the exposure over all venues
  std::vector<risk::CurrencyRate> rates;
  std::size_t traded = 0;  // so many of the instruments, the first ones; the others say rates alone. 0: all
  std::vector<std::string> strategies;  // names, where there are several, in their order; limits may be for one
  /// For money, at those: what their account is not armed without is not taken away either (demanded_limits.hpp).
  std::vector<std::string> for_money_at;
};

/// What a journal says of the desk of its session, record by record.
class RiskHistory {
 public:
  /// `shared`: by several strategies, each with limits of its own.
  explicit RiskHistory(bool shared = false);

  void fold(const JournalRecord& record);

  /// What its operator and its breakers did, in order; with what was adopted and which executions were stopped, which
  /// is none of the desk's.
  const std::vector<std::string>& acts() const { return acts_; }
  /// What its breakers had counted.
  const risk::Breakers& counted() const { return counted_; }
  /// It was filled while breakers counted, and none has counted since: the process was gone before.
  bool is_unjudged(InstrumentIndex instrument) const;
  /// When an order left, and for which instrument.
  struct Left {
    ClientOrderId id = 0;
    UnixNanos time = 0;
    InstrumentIndex instrument = 0;
    template <class Io>
    void fields(Io& io) {
      io(id, time, instrument);
    }
  };
  /// Of the last orders, as many as a limit counts.
  using LastLeft = boost::circular_buffer<Left>;
  const LastLeft& left() const { return left_; }
  /// Of each instrument and side, in the order in which they were sent, the newest order that is known to have left,
  /// where strategies share the account each one's, and those behind it of which nothing has been heard yet.
  using Newest = std::map<std::uint64_t, std::vector<std::pair<NewOrder, UnixNanos>>>;
  const Newest& newest() const { return newest_; }

  /// To be written down and read back (core/state_io.hpp).
  template <class Io>
  void fields(Io& io) {
    io(acts_, left_, newest_, counts_, unjudged_);
    counted_.count_fields(io);
  }

 private:
  void remember(const NewOrder& order, UnixNanos sent);
  void forget(const OrderEvent& event);
  void know(const OrderEvent& event);

  bool shared_;
  std::vector<std::string> acts_;
  risk::Breakers counted_;
  LastLeft left_;
  Newest newest_;
  bool counts_ = false;  // the process has breakers: a count of it says so
  std::vector<InstrumentIndex> unjudged_;
};

class RiskDesk {
 public:
  /// All that is handed in by reference must outlive it, but `cash`: at the start. Errors: a limit for what is not
  /// traded.
  static Result<std::unique_ptr<RiskDesk>> make(const std::vector<Instrument>& instruments, RiskPlan plan,
                                                const StartCash& cash, VenueLink& venue,
                                                const std::function<void(const risk::Denial&)>& denied);
  /// Why no session with these instruments begins with that plan. Of them base, quote and kind count: before a venue is
  /// asked for the rest.
  static Result<void> check(const std::vector<Instrument>& instruments, RiskPlan plan);
  VenueLink& link() {
    if (strategies_) return *strategies_;
    return *guard_;
  }
  /// Before the first order.
  void read_from(const Engine& engine, std::function<UnixNanos(InstrumentIndex)> heard_at) {
    prices_.read_from(engine, std::move(heard_at));
  }

  /// Before the first order, where a session goes on: what its journal leads to; `sent`: its orders at venues.
  void resume(const RiskHistory& history, const orders::AccountState& account, const orders::SentOrders& sent);

  /// Why what counts all that is traded in the session's currency is never known: no rate leads there; and what to do.
  /// None: nothing is in the way.
  std::optional<Error> no_rate() const { return no_rate_of({}); }
  /// Errors: a limit or a breaker in force wants such a rate. It would deny what it cannot count, or never trip.
  Result<void> check_rates() const;

  /// The act that sets a limit or a breaker, NAME[@SCOPE]=VALUE or =off, with what was there before; or that arms a
  /// breaker that has tripped, NAME=armed. Errors: it is neither, wants a rate that there is not, or takes away what no
  /// session for money goes on without.
  Result<std::string> limit_act(std::string_view change) const;
  /// The act that trips a breaker. Errors: there is none of that name.
  Result<std::string> trip_act(std::string_view name, std::string_view why) const;
  /// Does it. False: it is no act of the desk's.
  bool perform(std::string_view act);
  KillStep kill() const { return kill_; }
  /// What is to be done, by the kill switch or by a breaker that has tripped: whichever is more.
  KillStep level() const;
  /// The strategy is not to be called.
  bool holds_strategy() const { return level() >= KillStep::Cancel; }
  /// To be told what happens; which of them trip is an act then, of trips(). A re-run tells nothing: it has the acts.
  risk::Breakers& breakers() { return breakers_; }
  /// Tells them what fills that took have lost since the last call.
  void tell_slippage();
  std::vector<std::string> trips();
  /// The act that keeps what they have counted, where that has changed.
  std::optional<std::string> count_act();
  /// What is in force, a line each, with what releases it in the session of that folder.
  std::vector<std::string> in_force(std::string_view folder) const;

  /// Limits and breakers: [{"name","scope","limit","value","state"}] (docs/risk.md).
  nlohmann::ordered_json limits(UnixNanos now) const;
  /// {"limits":[…]}: those, and the kill switch.
  nlohmann::ordered_json show(UnixNanos now) const;

 private:
  RiskDesk(const std::vector<Instrument>& instruments, RiskPlan plan);
  void apply();
  bool is_of_strategy(const risk::Limit& limit) const {
    return strategies_ != nullptr && risk::StrategyGuards::is_of_strategy(limit);
  }
  Result<void> set(risk::Limit limit);
  Result<void> check_scope(const risk::Limit& limit) const;
  std::optional<risk::Limit> find(const risk::Limit& like) const;
  std::optional<Error> no_rate_of(std::string_view scope) const;
  Result<void> check_rates(const risk::Limit& limit) const;
  Result<void> check_rates(const risk::Breaker& breaker) const;
  Result<void> check_breaker_rates() const;
  Result<void> check_left(std::string_view change, const std::optional<risk::Limit>& limit,
                          std::optional<risk::BreakerKind> breaker) const;

  const std::vector<Instrument>& instruments_;
  const std::size_t traded_;
  const std::vector<std::string> for_money_at_;  // empty: it is play money
  LimitPrices prices_;
  std::unique_ptr<risk::GuardedLink> guard_;
  std::unique_ptr<risk::StrategyGuards> strategies_;  // in front of it; null: there is one strategy
  risk::Breakers breakers_;
  KillStep kill_ = KillStep::Off;
  std::uint64_t slips_told_ = 0;  // of the guard's
};

}  // namespace stom::trade
