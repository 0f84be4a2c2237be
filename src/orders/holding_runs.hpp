// Brackets before a venue that has all else, as the simulated one over ticks has, and of several runs, as those of a
// backtest's band are: a HoldingLink for each, since none knows of the orders of another. Where several strategies
// share each run, all that a position decides is kept here, as in a session: the venue knows the account's alone. A run
// keeps something only while an order waits here: only then is the market listened to. What a bracket's order could not
// close, no person is told: there is nobody to close it. Docs: docs/orders.md.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "orders/holding_link.hpp"

namespace stom::orders {

class HoldingRuns final : public VenueLink {
 public:
  /// What is known of an instrument by now: asked for as somebody begins to listen.
  using Known = std::function<HoldingLink::Heard(InstrumentIndex)>;
  /// `shared`: each run by several strategies. All that is handed in by reference must outlive it.
  HoldingRuns(const std::vector<Instrument>& instruments, std::size_t runs, VenueLink& venue, Known known,
              bool shared = false);

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override { return venue_.charge_of(run, fill); }
  bool quiet() override { return busy_.empty() && venue_.quiet(); }
  bool idle() override;
  bool listens() const override { return !busy_.empty(); }
  void heard(const FeedMessage& message, const BookView& book) override;

 private:
  void look_at(RunIndex run);

  VenueLink& venue_;
  const Known known_;
  const std::size_t instruments_;
  const bool shared_;
  std::vector<std::unique_ptr<HoldingLink>> links_;  // by run
  std::vector<RunIndex> busy_;                       // ascending
};

}  // namespace stom::orders
