// Limits that hold one of a session's strategies alone: NAME@strategy:WHO=VALUE (docs/risk.md). Each strategy has a
// guard of its own, which knows of its orders and of its position and of nobody else's, in front of the account's. A
// session of one strategy has none of this. Engine thread.
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

namespace stom::trade {

class StrategyGuards final : public VenueLink {
 public:
  static constexpr std::string_view kScope = "strategy:";

  /// `names`: of the strategies, in their order. What is handed in by reference must outlive it.
  StrategyGuards(const std::vector<Instrument>& instruments, std::vector<std::string> names, VenueLink& venue,
                 const risk::PriceSource& prices, const std::function<void(const risk::Denial&)>& denied);

  static bool is_of_strategy(const risk::Limit& limit) { return limit.scope.starts_with(kScope); }
  /// Errors: there is no strategy of that name, or it is of the whole account.
  static Result<void> check(const std::vector<std::string>& names, const risk::Limit& limit);
  Result<void> check(const risk::Limit& limit) const { return check(names_, limit); }

  // Limits of strategies, as GuardedLink has them.
  Result<void> set(risk::Limit limit);
  std::optional<risk::Limit> find(const risk::Limit& like) const;
  std::vector<risk::LimitState> states(UnixNanos now) const;
  std::vector<risk::Limit> limits() const;

  /// Before the first order: what an earlier process left is told to the guard of whose it is, its fills all together.
  /// Null: no strategy's.
  risk::GuardedLink* guard_of(ClientOrderId id) const;
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

 private:
  risk::GuardedLink* guard_of_owner(orders::Owner owner) const {
    return owner >= 1 && owner <= guards_.size() ? guards_[owner - 1].get() : nullptr;
  }
  risk::GuardedLink* guard_for(const risk::Limit& limit) const;
  UnixNanos next_denial() const;
  void told(const Answer& answer);

  const std::vector<Instrument>& instruments_;
  const std::vector<std::string> names_;
  VenueLink& venue_;
  std::vector<std::unique_ptr<risk::GuardedLink>> guards_;  // by strategy
  orders::OwnedPositions owned_;  // for what the session's own orders close, which is several strategies'
};

}  // namespace stom::trade
