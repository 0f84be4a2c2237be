#include "risk/strategy_guards.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace stom::risk {
namespace {

/// As its guard has it: there it is of all.
Limit without_scope(Limit limit) {
  limit.scope.clear();
  return limit;
}

std::string scope_of(std::string_view name) { return fmt::format("{}{}", StrategyGuards::kScope, name); }

}  // namespace

StrategyGuards::StrategyGuards(const std::vector<Instrument>& instruments, std::vector<std::string> names,
                               VenueLink& venue, const PriceSource& prices,
                               const std::function<void(const Denial&)>& denied)
    : instruments_{instruments}, names_{std::move(names)}, venue_{venue}, owned_{instruments.size()} {
  for (const std::string& name : names_) {
    const auto says = [denied, name](const Denial& denial) {
      if (!denied) return;
      Denial named = denial;
      named.by.insert(std::min(named.by.find('='), named.by.size()), "@" + scope_of(name));
      denied(named);
    };
    guards_.push_back(GuardedLink::make(instruments_, {}, venue_, prices, says).value());
  }
}

Result<void> StrategyGuards::check(const std::vector<std::string>& names, const Limit& limit) {
  const auto name = std::string_view{limit.scope}.substr(kScope.size());
  if (std::ranges::find(names, name) == names.end())
    return fail(Errc::Usage, fmt::format("limit {}: there is no strategy of that name", limit.text()),
                names.empty() ? "one strategy trades: without @ a limit is for that"
                              : fmt::format("the strategies are {}", fmt::join(names, ", ")));
  if (limit.kind == LimitKind::Leverage)
    return fail(Errc::Unsupported,
                fmt::format("limit {}: what an account is worth is not one strategy's", limit.text()),
                "leverage of the account, or gross_exposure of the strategy");
  return {};
}

GuardedLink* StrategyGuards::guard_for(const Limit& limit) const {
  const auto at = std::ranges::find(names_, std::string_view{limit.scope}.substr(kScope.size()));
  return at == names_.end() ? nullptr : guards_[static_cast<std::size_t>(at - names_.begin())].get();
}

Result<void> StrategyGuards::set(Limit limit) {
  if (auto known = check(limit); !known) return known;
  GuardedLink* guard = guard_for(limit);
  return guard->set(without_scope(std::move(limit)));
}

std::optional<Limit> StrategyGuards::find(const Limit& like) const {
  const GuardedLink* guard = guard_for(like);
  const Limit* found = guard != nullptr ? guard->find(without_scope(like)) : nullptr;
  if (found == nullptr) return std::nullopt;
  Limit limit = *found;
  limit.scope = like.scope;
  return limit;
}

std::vector<LimitState> StrategyGuards::states(UnixNanos now) const {
  std::vector<LimitState> all;
  for (std::size_t i = 0; i < names_.size(); ++i)
    for (LimitState& state : guards_[i]->states(now)) {
      state.limit.scope = scope_of(names_[i]);
      all.push_back(std::move(state));
    }
  return all;
}

std::vector<Limit> StrategyGuards::limits() const {
  std::vector<Limit> all;
  for (const LimitState& state : states(0)) all.push_back(state.limit);
  return all;
}

GuardedLink* StrategyGuards::guard_of(ClientOrderId id) const { return guard_of_owner(orders::owner_of(id)); }

void StrategyGuards::resume(std::span<const Fill> fills) {
  for (const Fill& fill : fills) {
    owned_.book(fill, instruments_[fill.instrument]);
    if (orders::owner_of(fill.order) == orders::kSessionsOwn) (void)owned_.take_parts();
  }
  for (orders::Owner owner = 1; owner <= guards_.size(); ++owner)
    for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
      guards_[owner - 1]->resume_position(i, owned_.holding(owner, i).position, owned_.holding(owner, i).cash);
}

void StrategyGuards::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  if (auto* guard = guard_of(order.id)) return guard->submit(run, request, order, sent);
  venue_.submit(run, request, order, sent);
}

void StrategyGuards::adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
                           UnixNanos sent) {
  if (auto* guard = guard_of(order.id)) return guard->adopt(run, request, order, venue_order_id, sent);
  venue_.adopt(run, request, order, venue_order_id, sent);
}

void StrategyGuards::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  if (auto* guard = guard_of(order.id)) return guard->cancel(run, request, order, sent);
  venue_.cancel(run, request, order, sent);
}

UnixNanos StrategyGuards::next_denial() const {
  UnixNanos next = kNever;
  for (const auto& guard : guards_) next = std::min(next, guard->next_denial());
  return next;
}

UnixNanos StrategyGuards::advance(UnixNanos limit) { return venue_.advance(std::min(limit, next_denial())); }

bool StrategyGuards::take_denial(UnixNanos now, Answer& answer) {
  return std::ranges::any_of(guards_, [&](const auto& guard) { return guard->take_denial(now, answer); });
}

bool StrategyGuards::take(UnixNanos now, Answer& answer) {
  if (take_denial(now, answer)) return true;
  if (!venue_.take(now, answer)) return false;
  told(answer);
  return true;
}

void StrategyGuards::told(const Answer& answer) {
  const OrderEvent& event = answer.event;
  const bool filled = event.kind == OrderEventKind::Filled;
  if (filled) owned_.book(fill_of(event), instruments_[event.instrument]);
  if (orders::owner_of(event.id) != orders::kSessionsOwn) {
    if (auto* guard = guard_of(event.id)) guard->told(answer);
    return;
  }
  if (!filled) return;
  for (const auto& part : owned_.take_parts()) {
    auto* guard = guard_of_owner(part.owner);
    if (guard == nullptr) continue;
    Answer closed = answer;
    closed.event.id = 0;  // no order of its own
    closed.event.quantity = part.fill.quantity;
    closed.event.fee = part.fill.fee;
    guard->told(closed);
  }
}

}  // namespace stom::risk
