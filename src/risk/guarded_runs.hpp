// Limits where several runs stand before one venue, as those of a backtest's band do: a guard of its own for each,
// since none knows of the orders of another; in front of it, where several strategies share each run and have limits,
// those of its strategies. Docs: docs/backtest.md.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "risk/guarded_link.hpp"
#include "risk/strategy_guards.hpp"

namespace stom::risk {

class GuardedRuns final : public VenueLink {
 public:
  /// A guard for each run, with what its account begins with. `strategies`: names, where several share each run. All
  /// that is handed in by reference must outlive it. Errors: a limit for what is not traded, or for whom nobody knows.
  static Result<std::unique_ptr<GuardedRuns>> make(const std::vector<Instrument>& instruments,
                                                   const std::vector<Limit>& limits,
                                                   const std::vector<std::string>& strategies,
                                                   std::span<const Money> cash, VenueLink& venue,
                                                   const PriceSource& prices);

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override {
    front(run).submit(run, request, order, sent);
  }
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override {
    front(run).cancel(run, request, order, sent);
  }
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override { return venue_.charge_of(run, fill); }
  bool quiet() override { return next_denial() == kNever && venue_.quiet(); }
  bool idle() override { return next_denial() == kNever && venue_.idle(); }

 private:
  explicit GuardedRuns(VenueLink& venue) : venue_{venue} {}
  UnixNanos next_denial() const;
  VenueLink& front(RunIndex run) {
    if (strategies_.empty()) return *guards_[run];
    return *strategies_[run];
  }

  VenueLink& venue_;
  std::vector<std::unique_ptr<GuardedLink>> guards_;         // by run
  std::vector<std::unique_ptr<StrategyGuards>> strategies_;  // by run, in front of those; empty: they have no limits
};

}  // namespace stom::risk
