// Limits that hold one of several strategies alone: NAME@strategy:WHO=VALUE (docs/risk.md). Each strategy has a guard
// of its own, which knows of its orders and of its position and of nobody else's, in front of the account's. Where one
// strategy trades there is none of this. Of one run. Engine thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "model/fill.hpp"
#include "model/venue_link.hpp"
#include "orders/owned_positions.hpp"
#include "risk/guarded_link.hpp"

namespace stom::risk {

class StrategyGuards final : public VenueLink {
 public:
  static constexpr std::string_view kScope = "strategy:";

  /// `names`: of the strategies, in their order. What is handed in by reference must outlive it.
  StrategyGuards(const std::vector<Instrument>& instruments, std::vector<std::string> names, VenueLink& venue,
                 const PriceSource& prices, const std::function<void(const Denial&)>& denied);

  static bool is_of_strategy(const Limit& limit) { return limit.scope.starts_with(kScope); }
  /// Errors: there is no strategy of that name, or it is of the whole account.
  static Result<void> check(const std::vector<std::string>& names, const Limit& limit);
  Result<void> check(const Limit& limit) const { return check(names_, limit); }

  // Limits of strategies, as GuardedLink has them.
  Result<void> set(Limit limit);
  std::optional<Limit> find(const Limit& like) const;
  std::vector<LimitState> states(UnixNanos now) const;
  std::vector<Limit> limits() const;

  /// Before the first order: what an earlier process left is told to the guard of whose it is, its fills all together.
  /// Null: no strategy's.
  GuardedLink* guard_of(ClientOrderId id) const;
  void resume(std::span<const Fill> fills);

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  void adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
             UnixNanos sent) override;
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override { return venue_.charge_of(run, fill); }
  bool quiet() override { return next_denial() == kNever && venue_.quiet(); }
  bool idle() override { return next_denial() == kNever && venue_.idle(); }

  // Where somebody else takes what the venue answers, because it is not for this run alone (GuardedRuns).
  UnixNanos next_denial() const;
  bool take_denial(UnixNanos now, Answer& answer);
  void told(const Answer& answer);

 private:
  GuardedLink* guard_of_owner(orders::Owner owner) const {
    return owner >= 1 && owner <= guards_.size() ? guards_[owner - 1].get() : nullptr;
  }
  GuardedLink* guard_for(const Limit& limit) const;

  const std::vector<Instrument>& instruments_;
  const std::vector<std::string> names_;
  VenueLink& venue_;
  std::vector<std::unique_ptr<GuardedLink>> guards_;  // by strategy
  orders::OwnedPositions owned_;  // for what the session's own orders close, which is several strategies'
};

}  // namespace stom::risk
