// A simulated venue for any number of runs: market data in the venue's own order, requests that arrive after a latency,
// matching per instrument, answers that take a latency back. The far end of the engine's queues in backtest, replay and
// paper.
//
// Order of events at the venue: by time; at the same time expiries, then market rows, then requests; requests in the
// order sent.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "account/back_office.hpp"
#include "core/random.hpp"
#include "model/feed.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/venue_link.hpp"
#include "sim/matching.hpp"
#include "sim/time_queue.hpp"

namespace stom::sim {

/// What a run had come to when its simulator went with its process; by its journal.
struct EarlierRun {
  struct Holding {
    Quantity position{};
    Money earned{};  // by fills, fees and funding
  };
  std::vector<Holding> holdings;     // by instrument
  std::vector<EarlierOrder> orders;  // that were sent and are not over, by submission
  std::span<const Fill> fills;       // all of them, in order
};

class VenueSimulator final : public VenueLink, private AnswerSink {
 public:
  /// One entry of `runs` per run, in the engine's order. `feed` is the venue's side of the market and must outlive the
  /// simulator.
  VenueSimulator(std::vector<Instrument> instruments, std::vector<RunModels> runs, FillRules rules, MarketFeed& feed,
                 std::uint64_t seed);
  ~VenueSimulator() override;

  /// Before its first request: the run goes on. Its account has what all that moved it before has left, orders that
  /// rested rest again (Matching::put_back). One that cannot any more has expired, one of which nobody said that it
  /// came never did; both are said at once.
  void resume(RunIndex run, const EarlierRun& earlier, UnixNanos now);

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override;
  bool quiet() override;
  bool idle() override;
  /// Tells the matching side that the data are over (open positions of runs that asked for it are closed).
  void finish(UnixNanos now);
  /// What makes the fills so far worthless, if anything does.
  Result<void> status() const;
  /// Accounts and fee schedules; null where every run is unlimited and pays plain rates.
  const BackOffice* office() const { return office_.get(); }

 private:
  struct Request {
    UnixNanos due;
    RunIndex run;
    bool is_cancel;
    std::uint64_t request;
    NewOrder order;  // of a cancel: id and instrument
  };
  struct Due {
    UnixNanos due;
    Answer answer;
  };

  Money answer(RunIndex run, std::uint64_t request, const OrderEvent& event) override;
  TradingAccount* account(RunIndex run) override;
  FeeBook* fees(RunIndex run) override;
  void margin_call(RunIndex run, InstrumentIndex index, UnixNanos now) override;
  void enqueue(RunIndex run, bool is_cancel, std::uint64_t request, const NewOrder& order, UnixNanos sent);
  void refuse_unread(RunIndex run, bool is_cancel, std::uint64_t request, const NewOrder& order, UnixNanos heard);
  UnixNanos next_market_time();
  UnixNanos next_expiry() const;
  void handle_requests(UnixNanos due);
  void book_again(RunIndex run, const EarlierRun& earlier);

  std::vector<Instrument> instruments_;
  std::vector<RunModels> runs_;
  MarketFeed& feed_;
  std::span<const FeedMessage> batch_;
  std::size_t at_ = 0;
  bool feed_ended_ = false;
  const bool live_;  // an empty batch is no end: never quiet, never idle
  std::unique_ptr<BackOffice> office_;
  std::vector<std::unique_ptr<Matching>> matching_;
  TimeQueue<Request> requests_;
  TimeQueue<Due> answers_;
  std::vector<UnixNanos> last_entry_, last_response_;  // per run: a message never overtakes an earlier one
  bool bars_;  // bar-driven: a bar at time t acts after everything else of t, also after what strategies then send
  std::vector<Random> random_;  // one per run and all alike, so that a run draws the same beside others as alone
};

}  // namespace stom::sim
