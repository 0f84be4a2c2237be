#include "trade/risk_desk.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kLimitAct = "limit ", kWas = ", was ", kKillAct = "kill ", kAsked = ", asked at ";
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

std::string kill_act(KillStep step, UnixNanos asked) {
  return fmt::format("{}{}{}{}", kKillAct, name_of(step), kAsked, asked);
}

RiskDesk::RiskDesk(const std::vector<Instrument>& instruments, RiskPlan plan)
    : prices_{instruments, plan.currency.empty() ? instruments.front().settlement() : std::move(plan.currency),
              std::move(plan.rates)} {}

Result<std::unique_ptr<RiskDesk>> RiskDesk::make(const std::vector<Instrument>& instruments, RiskPlan plan,
                                                 VenueLink& venue, std::function<void(const risk::Denial&)> denied) {
  std::vector<risk::Limit> limits = std::move(plan.limits);
  std::unique_ptr<RiskDesk> desk{new RiskDesk{instruments, std::move(plan)}};
  auto guard = risk::GuardedLink::make(instruments, std::move(limits), venue, desk->prices_, std::move(denied));
  if (!guard) return std::unexpected(guard.error());
  desk->guard_ = std::move(*guard);
  return desk;
}

void RiskDesk::fold(const JournalRecord& record) {
  if (record.kind == RecordKind::Operator) (void)perform(record.text);
  if (record.kind == RecordKind::Submit) {
    sent_.emplace_back(record.order, record.time);
    if (sent_.size() > risk::Limit::kMostCounted) sent_.pop_front();
  }
  if (record.kind == RecordKind::OrderEvent && record.event.kind == OrderEventKind::Denied)
    std::erase_if(sent_, [&](const auto& one) { return one.first.id == record.event.id; });
}

void RiskDesk::resume(const orders::AccountState& account, const std::map<ClientOrderId, NewOrder>& sent) {
  for (const auto& [order, time] : sent_) guard_->resume_sent(order, time);
  sent_.clear();
  for (const WorkingOrder& order : account.orders()) guard_->resume_working(sent.at(order.id), order.leaves);
  for (InstrumentIndex i = 0; i < account.holdings().size(); ++i)
    guard_->resume_position(i, account.holding(i).position);
}

Result<std::string> RiskDesk::limit_act(std::string_view change) const {
  const auto limit = risk::parse_limit_change(change);
  if (!limit) return std::unexpected(limit.error());
  if (auto traded = guard_->check_scope(*limit); !traded) return std::unexpected(traded.error());
  const risk::Limit* was = guard_->find(*limit);
  return fmt::format("{}{}{}{}", kLimitAct, limit->text(), kWas, was != nullptr ? was->text() : "none");
}

bool RiskDesk::perform(std::string_view act) {
  if (act.starts_with(kLimitAct)) {
    const auto limit = risk::parse_limit_change(act.substr(kLimitAct.size(), act.find(kWas) - kLimitAct.size()));
    return limit && guard_->set(*limit).has_value();
  }
  if (!act.starts_with(kKillAct)) return false;
  const auto step = kill_step_of(act.substr(kKillAct.size(), act.find(kAsked) - kKillAct.size()));
  if (!step) return false;
  kill_ = *step;
  last_kill_ = act;
  guard_->stop_entries(kill_ == KillStep::Off ? "" : fmt::format("kill_switch={}", name_of(kill_)));
  return true;
}

Json RiskDesk::show(UnixNanos now) const {
  Json limits = Json::array();
  for (const auto& [limit, value, how] : guard_->states(now))
    limits.push_back({{"name", risk::name_of(limit.kind)},
                      {"scope", limit.scope},
                      {"limit", limit.value_text},
                      {"value", value.empty() ? Json{} : Json(value)},
                      {"state", name_of(how)}});
  limits.push_back({{"name", "kill_switch"},
                    {"scope", ""},
                    {"limit", nullptr},
                    {"value", name_of(kill_)},
                    {"state", kill_ == KillStep::Off ? "ok" : "tripped"}});
  return {{"limits", std::move(limits)}};
}

}  // namespace stom::trade
