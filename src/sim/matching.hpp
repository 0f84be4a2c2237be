// The matching side of one instrument: the venue's book as the market data tells it, our resting orders with their
// queue places, and what fills them. Two sets of rules share this port; docs/fills.md states both. Orders of all runs
// rest here side by side and never see each other.
#pragma once

#include <memory>
#include <vector>

#include "account/trading_account.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "sim/generator/order_flow.hpp"
#include "sim/models.hpp"
#include "sim/trading_day.hpp"

namespace stom::sim {

struct RunModels {
  QueueModel queue = QueueModel::RiskAverse;
  LatencyModel latency;
  FeeModel fees;
  BarModel bars;
  AccountTerms account;
  /// Of queue model Fifo: how the market of each instrument was made, by instrument.
  std::shared_ptr<const std::vector<FlowConfig>> flows;
  /// By which market's rules each instrument trades (docs/auctions.md), the same for all runs. Null: round the clock.
  std::shared_ptr<const std::vector<MarketTerms>> markets;
};

/// An order that a run sent before it went on at another simulator, and that is not over (VenueSimulator::resume).
struct EarlierOrder {
  NewOrder order;             // as it was sent
  std::uint64_t request = 0;  // of which nobody said what became
  UnixNanos sent = 0;
  Quantity leaves{};
  bool accepted = false, triggered = false;
};

/// Where the matching side reports: the simulator stamps run, latency and fee and sends the answer on its way.
class AnswerSink {
 public:
  /// Returns the fee of a fill.
  virtual Money answer(RunIndex run, std::uint64_t request, const OrderEvent& event) = 0;
  /// What the run's orders are held to; null: nothing.
  virtual TradingAccount* account(RunIndex) { return nullptr; }
  /// By what the run's fills are charged; null: its two rates.
  virtual FeeBook* fees(RunIndex) { return nullptr; }
  /// The run's margin at that instrument is too thin: everything of its currency is to be closed.
  virtual void margin_call(RunIndex, InstrumentIndex, UnixNanos) {}

 protected:
  ~AnswerSink() = default;
};

class Matching {
 public:
  virtual ~Matching() = default;
  virtual void on_message(const FeedMessage& message) = 0;
  virtual void on_new(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos now) = 0;
  virtual void on_cancel(RunIndex run, std::uint64_t request, ClientOrderId id, UnixNanos now) = 0;
  /// Of a run that goes on, before all else: what it holds, and what its fills and funding have brought.
  virtual void hold(RunIndex, Quantity /*position*/, Money /*earned*/, UnixNanos /*now*/) {}
  /// An order that was accepted rests again, at the end of the queue at its price. Else why it is over.
  virtual RejectReason put_back(RunIndex, const EarlierOrder&, UnixNanos /*now*/) { return RejectReason::Unsupported; }
  /// Nothing of ours stands here that market data or time could fill or end.
  virtual bool quiet() const = 0;
  /// Takes `by` off what is left of an order that rests, which keeps its place; false where it does not rest or that is
  /// not less than what is left.
  virtual bool reduce(RunIndex, ClientOrderId, Quantity /*by*/, UnixNanos /*now*/) { return false; }
  /// Where the instrument stands in its trading day; null where it trades round the clock.
  virtual const TradingDay* day() const { return nullptr; }
  /// The next time at which an order expires by itself; on_time() is called then, before anything else of that time.
  virtual UnixNanos next_expiry() const { return kNever; }
  virtual void on_time(UnixNanos) {}
  /// Ends the run's orders and closes its position, as far as the book allows it now; the rest as soon as it does.
  virtual void liquidate(RunIndex, UnixNanos) {}
  /// What makes the fills so far worthless, if anything does.
  virtual Result<void> status() const { return {}; }
  /// The data are over; `now` is the engine's time.
  virtual void on_end(UnixNanos /*now*/) {}
};

std::unique_ptr<Matching> make_matching(FillRules rules, const Instrument& instrument, InstrumentIndex index,
                                        const std::vector<RunModels>& runs, AnswerSink& sink);
std::unique_ptr<Matching> make_hftbacktest_matching(const Instrument& instrument, InstrumentIndex index,
                                                    const std::vector<RunModels>& runs, AnswerSink& sink);
std::unique_ptr<Matching> make_bar_matching(const Instrument& instrument, InstrumentIndex index,
                                            const std::vector<RunModels>& runs, AnswerSink& sink);
std::unique_ptr<Matching> make_stom_matching(const Instrument& instrument, InstrumentIndex index,
                                             const std::vector<RunModels>& runs, AnswerSink& sink);

}  // namespace stom::sim
