// The matching side of one instrument: the venue's book as the market data tells it, our resting orders with their
// queue places, and what fills them. Two sets of rules share this port; docs/fills.md states both. Orders of all runs
// rest here side by side and never see each other.
#pragma once

#include <memory>
#include <vector>

#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "sim/models.hpp"

namespace stom::sim {

struct RunModels {
  QueueModel queue = QueueModel::RiskAverse;
  LatencyModel latency;
  FeeModel fees;
};

/// Where the matching side reports: the simulator stamps run, latency and fee and sends the answer on its way.
class AnswerSink {
 public:
  virtual void answer(RunIndex run, std::uint64_t request, const OrderEvent& event) = 0;

 protected:
  ~AnswerSink() = default;
};

class Matching {
 public:
  virtual ~Matching() = default;
  virtual void on_message(const FeedMessage& message) = 0;
  virtual void on_new(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos now) = 0;
  virtual void on_cancel(RunIndex run, std::uint64_t request, ClientOrderId id, UnixNanos now) = 0;
};

std::unique_ptr<Matching> make_matching(FillRules rules, const Instrument& instrument, InstrumentIndex index,
                                        const std::vector<RunModels>& runs, AnswerSink& sink);
std::unique_ptr<Matching> make_hftbacktest_matching(const Instrument& instrument, InstrumentIndex index,
                                                    const std::vector<RunModels>& runs, AnswerSink& sink);
std::unique_ptr<Matching> make_stom_matching(const Instrument& instrument, InstrumentIndex index,
                                             const std::vector<RunModels>& runs, AnswerSink& sink);

}  // namespace stom::sim
