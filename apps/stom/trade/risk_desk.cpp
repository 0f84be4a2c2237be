#include "trade/risk_desk.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <utility>

#include "trade/adoption.hpp"
#include "trade/demanded_limits.hpp"
#include "trade/execution_view.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kLimitAct = "limit ", kWas = ", was ", kKillAct = "kill ", kAsked = ", asked at ",
                           kFor = " for ", kTripAct = "trip ", kCountAct = "count ", kArmAct = "arm ", kArmed = "armed",
                           kKillSwitch = "kill_switch";
constexpr std::array<std::string_view, 4> kSteps{"off", "entries", "cancel", "flatten"};

std::string_view name_of(risk::LimitState::How how) {
  switch (how) {
    case risk::LimitState::How::Ok:
      return "ok";
    case risk::LimitState::How::Reached:
      return "reached";
    case risk::LimitState::How::Unknown:
      break;
  }
  return "unknown";
}

}  // namespace

std::string_view name_of(KillStep step) { return kSteps[static_cast<std::size_t>(step)]; }

std::optional<KillStep> kill_step_of(std::string_view name) {
  const auto at = std::ranges::find(kSteps, name);
  if (at == kSteps.end()) return std::nullopt;
  return static_cast<KillStep>(at - kSteps.begin());
}

std::string kill_act(KillStep step, KillStep wanted, UnixNanos asked) {
  return fmt::format("{}{}{}{}{}", kKillAct, name_of(step), kAsked, asked,
                     wanted < step ? fmt::format("{}{}", kFor, name_of(wanted)) : "");
}

bool asks_to_close(std::string_view act) {
  return act.starts_with(fmt::format("{}{}{}", kKillAct, name_of(KillStep::Flatten), kAsked)) &&
         act.find(kFor) == act.npos;
}

RiskDesk::RiskDesk(const std::vector<Instrument>& instruments, RiskPlan plan)
    : instruments_{instruments},
      traded_{plan.traded == 0 ? instruments.size() : plan.traded},
      for_money_at_{std::move(plan.for_money_at)},
      prices_{instruments, plan.currency.empty() ? instruments.front().settlement() : std::move(plan.currency),
              std::move(plan.rates)} {
  for (risk::Breaker& breaker : plan.breakers) breakers_.set(std::move(breaker));
}

Result<std::unique_ptr<RiskDesk>> RiskDesk::make(const std::vector<Instrument>& instruments, RiskPlan plan,
                                                 const StartCash& cash, VenueLink& venue,
                                                 const std::function<void(const risk::Denial&)>& denied) {
  std::vector<risk::Limit> limits = std::move(plan.limits), of_strategies;
  std::vector<std::string> strategies = std::move(plan.strategies);
  if (!strategies.empty()) {
    const auto theirs = std::ranges::stable_partition(limits, std::not_fn(risk::StrategyGuards::is_of_strategy));
    of_strategies.assign(std::make_move_iterator(theirs.begin()), std::make_move_iterator(theirs.end()));
    limits.erase(theirs.begin(), theirs.end());
  }
  std::unique_ptr<RiskDesk> desk{new RiskDesk{instruments, std::move(plan)}};
  auto guard = risk::GuardedLink::make(instruments, std::move(limits), venue, desk->prices_, denied, cash);
  if (!guard) return std::unexpected(guard.error());
  desk->guard_ = std::move(*guard);
  if (strategies.empty()) return desk;
  desk->strategies_ =
      std::make_unique<risk::StrategyGuards>(instruments, std::move(strategies), *desk->guard_, desk->prices_, denied);
  for (risk::Limit& limit : of_strategies)
    if (auto done = desk->strategies_->set(std::move(limit)); !done) return std::unexpected(done.error());
  return desk;
}

// --- rates --------------------------------------------------------------------------------------------------------

std::optional<Error> RiskDesk::no_rate_of(std::string_view scope) const {
  const auto counts = [&](InstrumentIndex i) { return i < traded_ && risk::is_for(scope, instruments_[i]); };
  const auto from = prices_.without_rate(counts);
  if (from.empty()) return std::nullopt;
  const std::string& to = prices_.currency();
  return Error{
      Errc::Usage, fmt::format("no rate leads from {} to {}", fmt::join(from, ", "), to),
      fmt::format("name one as the session starts: --rate {0}/{1}=NUMBER or {0}/{1}=VENUE:SYMBOL; {1}/{0} does "
                  "as well",
                  from.front(), to)};
}

Result<void> RiskDesk::check_rates(const risk::Limit& limit) const {
  if (limit.is_off() || !risk::is_in_one_currency(limit.kind)) return {};
  // Of what the whole account is worth, or of what a strategy may trade, which is anything.
  const bool of_all = limit.kind == risk::LimitKind::Leverage || risk::StrategyGuards::is_of_strategy(limit);
  const auto why = no_rate_of(of_all ? std::string_view{} : limit.scope);
  if (!why) return {};
  return fail(why->code,
              fmt::format("limit {}: {}, and orders would be denied for want of it", limit.text(), why->message),
              why->hint);
}

Result<void> RiskDesk::check_rates(const risk::Breaker& breaker) const {
  const auto why = risk::is_in_one_currency(breaker.kind) ? no_rate() : std::nullopt;
  if (!why) return {};
  return fail(why->code,
              fmt::format("breaker {}: {}, and it would never trip for want of it", breaker.text(), why->message),
              why->hint);
}

Result<void> RiskDesk::check(const std::vector<Instrument>& instruments, RiskPlan plan) {
  const std::vector<risk::Limit> limits = std::move(plan.limits);
  const std::vector<std::string> strategies = std::move(plan.strategies);
  const RiskDesk desk{instruments, std::move(plan)};
  for (const risk::Limit& limit : limits)
    if (auto known = risk::StrategyGuards::is_of_strategy(limit) ? risk::StrategyGuards::check(strategies, limit)
                                                                 : risk::check_traded(instruments, limit);
        !known)
      return known;
  for (const risk::Limit& limit : limits)
    if (auto known = desk.check_rates(limit); !known) return known;
  return desk.check_breaker_rates();
}

Result<void> RiskDesk::check_rates() const {
  std::vector<risk::Limit> limits = guard_->limits();
  if (strategies_) std::ranges::move(strategies_->limits(), std::back_inserter(limits));
  for (const risk::Limit& limit : limits)
    if (auto known = check_rates(limit); !known) return known;
  return check_breaker_rates();
}

Result<void> RiskDesk::check_breaker_rates() const {
  for (const auto& state : breakers_.states(0))
    if (auto known = check_rates(state.breaker); !known) return known;
  return {};
}

// --- over a restart -------------------------------------------------------------------------------------------------

namespace {

std::uint64_t place_of(InstrumentIndex instrument, Side side) {
  return 2 * std::uint64_t{instrument} + static_cast<std::uint64_t>(side);
}

}  // namespace

/// The room for all of them is in memory from the beginning: it would fill for hours.
RiskHistory::RiskHistory(bool shared) : shared_{shared}, left_{risk::Limit::kMostCounted, Left{}} { left_.clear(); }

void RiskHistory::fold(const JournalRecord& record) {
  const std::string_view text = record.text;
  const auto count_from_here = [this](bool counts) {
    counts_ = counts;
    unjudged_.clear();
  };
  // Perhaps with other breakers, or none; perhaps it is gone before it has looked, and the next one judges.
  if (record.kind == RecordKind::Restart) counts_ = false;
  if (record.kind == RecordKind::Operator) {
    const auto kind = text.starts_with(kArmAct) ? risk::breaker_named(text.substr(kArmAct.size())) : std::nullopt;
    if (kind) counted_.arm(*kind);
    if (text.starts_with(kCountAct)) {
      (void)counted_.resume(text.substr(kCountAct.size()));
      count_from_here(true);
    }
    if (text.starts_with(kLimitAct)) {  // a breaker that is taken away has counted nothing any more
      const auto change = text.substr(kLimitAct.size(), text.find(kWas) - kLimitAct.size());
      const auto gone = risk::breaker_named(change.substr(0, change.find('=')));
      if (gone && change.ends_with(risk::Limit::kOff)) {
        counted_.remove(*gone);
        count_from_here(false);  // unless there are others, which count anew
      }
    }
    for (const std::string_view act : {kLimitAct, kKillAct, kTripAct, kArmAct, kAdoptAct, kStopExecutionAct})
      if (text.starts_with(act)) acts_.emplace_back(text);
  }
  if (record.kind == RecordKind::Submit && !adoption_of(acts_, record)) remember(record.order, record.time);
  if (record.kind != RecordKind::OrderEvent) return;
  const OrderEvent& event = record.event;
  if (event.kind == OrderEventKind::Filled && !counts_) std::erase(unjudged_, event.instrument);  // nobody judges it
  if (event.kind == OrderEventKind::Filled && counts_ && !is_unjudged(event.instrument))
    unjudged_.push_back(event.instrument);
  if (event.kind == OrderEventKind::Rejected) counted_.resume_refused(record.time);
  const bool held = event.reason == RejectReason::Held;
  if (event.kind == OrderEventKind::Denied || (held && event.kind == OrderEventKind::Accepted))
    forget(event);
  else if (!held)
    know(event);
  if (held && event.kind == OrderEventKind::Triggered)
    remember({.id = event.id,
              .instrument = event.instrument,
              .side = event.side,
              .type = event.price.value == 0 ? OrderType::Market : OrderType::Limit,
              .quantity = event.leaves,
              .price = event.price},
             record.time);
}

bool RiskHistory::is_unjudged(InstrumentIndex instrument) const {
  return std::ranges::find(unjudged_, instrument) != unjudged_.end();
}

void RiskHistory::remember(const NewOrder& order, UnixNanos sent) {
  left_.push_back({order.id, sent, order.instrument});
  newest_[place_of(order.instrument, order.side)].emplace_back(order, sent);
}

/// It did not leave: the last one with its id. One of before that has the same did.
void RiskHistory::forget(const OrderEvent& event) {
  const auto last = std::find_if(left_.rbegin(), left_.rend(), [&](const Left& one) { return one.id == event.id; });
  if (last != left_.rend()) left_.erase(std::next(last).base());
  auto& sent = newest_[place_of(event.instrument, event.side)];
  const auto newest =
      std::find_if(sent.rbegin(), sent.rend(), [&](const auto& one) { return one.first.id == event.id; });
  if (newest != sent.rend()) sent.erase(std::next(newest).base());
}

/// It left: what was sent before it, by the same strategy, is not the newest any more.
void RiskHistory::know(const OrderEvent& event) {
  const auto at = newest_.find(place_of(event.instrument, event.side));
  if (at == newest_.end()) return;
  auto& sent = at->second;
  const auto known = std::ranges::find(sent, event.id, [](const auto& one) { return one.first.id; });
  if (known == sent.end()) return;
  const auto is_older = [&](const auto& one) {
    return !shared_ || orders::owner_of(one.first.id) == orders::owner_of(event.id);
  };
  sent.erase(std::remove_if(sent.begin(), known, is_older), known);
}

void RiskDesk::resume(const RiskHistory& history, const orders::AccountState& account, const orders::SentOrders& sent) {
  for (const std::string& act : history.acts()) (void)perform(act);
  breakers_.resume(history.counted());
  for (const auto& [id, time, instrument] : history.left()) guard_->resume_time(instrument, time);
  for (const auto& [place, orders] : history.newest())
    if (!orders.empty()) guard_->resume_last(orders.back().first, orders.back().second);
  for (const WorkingOrder& order : account.orders())
    if (const auto* left = sent.find(order.id)) guard_->resume_working(left->order, order.leaves);
  for (InstrumentIndex i = 0; i < account.holdings().size(); ++i)
    guard_->resume_position(i, account.holding(i).position, account.earned(i));
  if (!strategies_) return;
  strategies_->resume(account.fills());
  for (const auto& left : history.left())
    if (auto* guard = strategies_->guard_of(left.id)) guard->resume_time(left.instrument, left.time);
  for (const auto& [place, orders] : history.newest())
    for (const auto& one : orders)
      if (auto* guard = strategies_->guard_of(one.first.id)) guard->resume_last(one.first, one.second);
  for (const WorkingOrder& order : account.orders()) {
    const auto* left = sent.find(order.id);
    auto* guard = left != nullptr ? strategies_->guard_of(order.id) : nullptr;
    if (guard != nullptr) guard->resume_working(left->order, order.leaves);
  }
}

// --- limits of the account, and of its strategies -------------------------------------------------------------------

Result<void> RiskDesk::set(risk::Limit limit) {
  return is_of_strategy(limit) ? strategies_->set(std::move(limit)) : guard_->set(std::move(limit));
}

Result<void> RiskDesk::check_scope(const risk::Limit& limit) const {
  if (is_of_strategy(limit)) return strategies_->check(limit);
  return risk::StrategyGuards::is_of_strategy(limit) ? risk::StrategyGuards::check({}, limit)
                                                     : guard_->check_scope(limit);
}

std::optional<risk::Limit> RiskDesk::find(const risk::Limit& like) const {
  if (is_of_strategy(like)) return strategies_->find(like);
  const risk::Limit* found = guard_->find(like);
  return found != nullptr ? std::optional{*found} : std::nullopt;
}

/// Without that limit, or the breaker of that kind.
Result<void> RiskDesk::check_left(std::string_view change, const std::optional<risk::Limit>& limit,
                                  std::optional<risk::BreakerKind> breaker) const {
  if (for_money_at_.empty()) return {};
  std::vector<risk::Limit> limits = guard_->limits();
  if (limit) std::erase_if(limits, [&](const risk::Limit& one) { return one.is_like(*limit); });
  std::vector<risk::Breaker> breakers;
  for (const auto& state : breakers_.states(0))
    if (state.breaker.kind != breaker) breakers.push_back(state.breaker);
  const auto missing = missing_limit(limits, breakers, for_money_at_);
  if (!missing) return {};
  return fail(Errc::Usage, fmt::format("{}: nothing would limit {}, and real money trades here", change, missing->what),
              fmt::format("set another value, or first {} (docs/live.md)", missing->add));
}

Result<std::string> RiskDesk::limit_act(std::string_view change) const {
  const auto equals = change.find('=');
  if (change.substr(0, equals) == kKillSwitch)
    return fail(Errc::Usage,
                fmt::format("{}: the kill switch is released here, and nothing else", change.substr(0, 80)),
                "kill_switch=off; stom trade kill --session DIR --step entries, cancel or flatten pulls it");
  if (const auto kind = risk::breaker_named(change.substr(0, equals))) {
    const risk::Breaker* was = breakers_.find(*kind);
    const auto value = equals == change.npos ? std::string_view{} : change.substr(equals + 1);
    if (value == kArmed && was != nullptr) return fmt::format("{}{}", kArmAct, risk::name_of(*kind));
    if (value != risk::Limit::kOff) {
      const auto breaker = risk::parse_breaker(change);
      if (!breaker) return std::unexpected(breaker.error());
      if (auto known = check_rates(*breaker); !known) return std::unexpected(known.error());
      if (breaker->action == risk::BreakerAction::Warn)
        if (auto left = check_left(change, {}, kind); !left) return std::unexpected(left.error());
    } else if (auto left = check_left(change, {}, kind); !left) {
      return std::unexpected(left.error());
    }
    return fmt::format("{}{}{}{}", kLimitAct, change, kWas, was != nullptr ? was->text() : "none");
  }
  const auto limit = risk::parse_limit_change(change);
  if (!limit) return std::unexpected(limit.error());
  if (auto traded = check_scope(*limit); !traded) return std::unexpected(traded.error());
  if (auto known = check_rates(*limit); !known) return std::unexpected(known.error());
  if (limit->is_off())
    if (auto left = check_left(change, *limit, std::nullopt); !left) return std::unexpected(left.error());
  const auto was = find(*limit);
  return fmt::format("{}{}{}{}", kLimitAct, limit->text(), kWas, was ? was->text() : "none");
}

bool RiskDesk::perform(std::string_view act) {
  const auto between = [&](std::string_view begin, std::string_view end) {
    return act.substr(begin.size(), act.find(end) - begin.size());
  };
  if (act.starts_with(kLimitAct)) {
    const auto change = between(kLimitAct, kWas);
    const auto breaker = risk::breaker_named(change.substr(0, change.find('=')));
    if (!breaker) {
      const auto limit = risk::parse_limit_change(change);
      return limit && set(*limit).has_value();
    }
    if (change.ends_with(risk::Limit::kOff)) {
      breakers_.remove(*breaker);
    } else {
      auto other = risk::parse_breaker(change);
      if (!other) return false;
      breakers_.set(std::move(*other));
    }
  } else if (act.starts_with(kKillAct)) {
    const auto step = kill_step_of(between(kKillAct, kAsked));
    if (!step) return false;
    kill_ = *step;
  } else if (act.starts_with(kTripAct)) {
    const auto kind = risk::breaker_named(between(kTripAct, ", "));
    if (!kind) return false;
    breakers_.trip(*kind);
  } else if (act.starts_with(kArmAct)) {
    const auto kind = risk::breaker_named(act.substr(kArmAct.size()));
    if (!kind) return false;
    breakers_.arm(*kind);
  } else {
    return act.starts_with(kAliveAct) || (act.starts_with(kCountAct) && breakers_.resume(act.substr(kCountAct.size())));
  }
  apply();
  return true;
}

void RiskDesk::apply() {
  const auto breaker = breakers_.strongest();
  guard_->stop_entries(kill_ != KillStep::Off     ? fmt::format("kill_switch={}", name_of(kill_))
                       : level() != KillStep::Off ? breaker->text()
                                                  : "",
                       level() == KillStep::Flatten);
}

KillStep RiskDesk::level() const {
  const auto breaker = breakers_.strongest();
  if (!breaker || breaker->action == risk::BreakerAction::Warn) return kill_;
  return std::max(kill_, breaker->action == risk::BreakerAction::Flatten ? KillStep::Flatten : KillStep::Entries);
}

/// More than the guard keeps are more than any breaker counts.
void RiskDesk::tell_slippage() {
  static_assert(risk::GuardedLink::kSlipsKept >= risk::Breaker::kMostFills);
  const std::uint64_t slips = guard_->slips();
  if (slips - slips_told_ > risk::GuardedLink::kSlipsKept) slips_told_ = slips - risk::GuardedLink::kSlipsKept;
  for (; slips_told_ < slips; ++slips_told_) breakers_.taker_filled(guard_->slip(slips_told_));
}

std::vector<std::string> RiskDesk::trips() {
  std::vector<std::string> acts;
  for (const auto& [kind, why] : breakers_.take_trips())
    acts.push_back(fmt::format("{}{}, {}", kTripAct, risk::name_of(kind), why));
  return acts;
}

std::optional<std::string> RiskDesk::count_act() {
  auto count = breakers_.take_count();
  if (count) count->insert(0, kCountAct);
  return count;
}

Result<std::string> RiskDesk::trip_act(std::string_view name, std::string_view why) const {
  const auto kind = risk::breaker_named(name);
  if (!kind || breakers_.find(*kind) == nullptr)
    return fail(Errc::Usage, fmt::format("the session has no breaker '{}'", name),
                "stom risk show --session DIR names them; stom risk set NAME=VALUE,ACTION --session DIR makes one");
  return fmt::format("{}{}, {}", kTripAct, name, why);
}

std::vector<std::string> RiskDesk::in_force(std::string_view folder) const {
  std::vector<std::string> lines;
  if (kill_ != KillStep::Off)
    lines.push_back(fmt::format("the kill switch is at {}: stom risk set kill_switch=off --session {} releases it",
                                name_of(kill_), folder));
  for (const auto& [breaker, value, tripped] : breakers_.states(0))
    if (tripped)
      lines.push_back(fmt::format("the breaker {} has tripped: stom risk set {}={} --session {} lets it count anew",
                                  breaker.text(), risk::name_of(breaker.kind), kArmed, folder));
  return lines;
}

Json RiskDesk::limits(UnixNanos now) const {
  Json limits = Json::array();
  std::vector<risk::LimitState> states = guard_->states(now);
  if (strategies_) std::ranges::move(strategies_->states(now), std::back_inserter(states));
  for (const auto& [limit, value, how] : states)
    limits.push_back({{"name", risk::name_of(limit.kind)},
                      {"scope", limit.scope},
                      {"limit", limit.value_text},
                      {"value", value.empty() ? Json{} : Json(value)},
                      {"state", name_of(how)}});
  for (const auto& [breaker, value, tripped] : breakers_.states(now))
    limits.push_back({{"name", risk::name_of(breaker.kind)},
                      {"scope", ""},
                      {"limit", breaker.value_text},
                      {"value", value.empty() ? Json{} : Json(value)},
                      {"state", tripped ? "tripped" : "ok"}});
  return limits;
}

Json RiskDesk::show(UnixNanos now) const {
  Json all = limits(now);
  all.push_back({{"name", kKillSwitch},
                 {"scope", ""},
                 {"limit", nullptr},
                 {"value", name_of(kill_)},
                 {"state", kill_ == KillStep::Off ? "ok" : "tripped"}});
  return {{"limits", std::move(all)}};
}

}  // namespace stom::trade
