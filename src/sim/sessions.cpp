#include "sim/sessions.hpp"

#include <algorithm>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "sim/dated_rows.hpp"

namespace stom::sim {

// Written by CMake from data/market/.
extern const std::string_view kSessionsCsv;
extern const std::string_view kSessionDaysCsv;

namespace {

constexpr TradingPhase kPhases[] = {
    TradingPhase::Closed,      TradingPhase::PreMarket,      TradingPhase::OpeningCall,
    TradingPhase::Continuous,  TradingPhase::VolatilityCall, TradingPhase::ClosingCall,
    TradingPhase::AfterMarket, TradingPhase::ClosingPrice,   TradingPhase::PeriodicCall};

int whole(std::string_view text) { return static_cast<int>(parse_decimal(text, 0).value()); }

/// "09:00" or "09:00:30"
DurationNanos time_of_day(std::string_view text) {
  STOM_ASSERT(text.size() == 5 || text.size() == 8);
  return whole(text.substr(0, 2)) * kHour + whole(text.substr(3, 2)) * kMinute +
         (text.size() == 8 ? whole(text.substr(6, 2)) * kSecond : 0);
}

TradingPhase phase_named(std::string_view name) {
  const auto at = std::ranges::find(kPhases, name, [](TradingPhase p) { return name_of(p); });
  STOM_ASSERT(at != std::end(kPhases));
  return *at;
}

}  // namespace

std::string_view name_of(TradingPhase phase) {
  switch (phase) {
    case TradingPhase::Closed:
      return "closed";
    case TradingPhase::PreMarket:
      return "pre_market";
    case TradingPhase::OpeningCall:
      return "opening_call";
    case TradingPhase::Continuous:
      return "continuous";
    case TradingPhase::VolatilityCall:
      return "volatility_call";
    case TradingPhase::ClosingCall:
      return "closing_call";
    case TradingPhase::AfterMarket:
      return "after_market";
    case TradingPhase::ClosingPrice:
      return "closing_price";
    case TradingPhase::PeriodicCall:
      return "periodic_call";
  }
  STOM_ASSERT(false);
}

struct SessionTables {
  std::vector<SessionTable::Plan> plans;
  std::vector<SessionTable> tables;

  SessionTables() {
    for_each_row(kSessionsCsv, 6, [&](const auto& row) {
      if (plans.empty() || plans.back().name != row[0]) plans.push_back({row[0], {}});
      auto& sessions = plans.back().sessions;
      sessions.push_back({phase_named(row[1]), time_of_day(row[2]), time_of_day(row[3]), whole(row[4]) * kSecond});
      STOM_ASSERT(sessions.back().begins < sessions.back().ends);
      STOM_ASSERT(sessions.size() == 1 || sessions[sessions.size() - 2].ends <= sessions.back().begins);
    });
    for_each_row(kSessionDaysCsv, 6, [&](const auto& row) {
      auto table = std::ranges::find(tables, row[0], &SessionTable::market_);
      if (table == tables.end()) {
        table = tables.insert(table, SessionTable{});
        table->market_ = row[0];
        table->calendar_ = calendar_named(row[1]);
        STOM_ASSERT(table->calendar_ != nullptr);
      }
      const auto plan = std::ranges::find(plans, row[4], &SessionTable::Plan::name);
      STOM_ASSERT(plan != plans.end());
      const bool exception = !row[3].empty();
      table->days_.push_back({parse_day(row[2]).value(), exception ? parse_day(row[3]).value() : INT32_MAX, exception,
                              static_cast<std::size_t>(plan - plans.begin())});
    });
    for (SessionTable& table : tables) table.plans_ = &plans;
  }
  SessionTables(const SessionTables&) = delete;
  SessionTables& operator=(const SessionTables&) = delete;
};

bool SessionTable::trades_on(std::int32_t day) const {
  return weekday_of(day) < 5 && !std::ranges::binary_search(calendar_->closed, day);
}

std::optional<PhaseAt> SessionTable::at(UnixNanos t) const {
  const std::int32_t day = calendar_->trading_day(t);
  const Days* rule = nullptr;
  for (const Days& days : days_) {
    if (day < days.from || day > days.to) continue;
    if (rule == nullptr || days.exception || (!rule->exception && days.from > rule->from)) rule = &days;
  }
  if (rule == nullptr) return std::nullopt;
  const UnixNanos midnight = calendar_->start_of(day);
  PhaseAt closed{.begins = midnight, .ends = calendar_->start_of(day + 1)};
  if (!trades_on(day)) return closed;
  for (const Session& session : (*plans_)[rule->plan].sessions) {
    if (t < midnight + session.begins) {
      closed.ends = midnight + session.begins;
      break;
    }
    closed.begins = midnight + session.ends;
    if (t < closed.begins)
      return PhaseAt{session.phase, midnight + session.begins, midnight + session.ends, session.random_end};
  }
  return closed;
}

const SessionTable* session_table(std::string_view market) {
  static const SessionTables all;
  const auto at = std::ranges::find(all.tables, market, &SessionTable::market);
  return at == all.tables.end() ? nullptr : &*at;
}

std::string_view market_of(std::string_view instrument_id) {
  if (!instrument_id.starts_with("kiwoom:") || instrument_id.ends_with("_AL")) return {};
  return instrument_id.ends_with("_NX") ? "nxt" : "krx";
}

const SessionTable* sessions_of(std::string_view instrument_id) {
  const std::string_view market = market_of(instrument_id);
  return market.empty() ? nullptr : session_table(market);
}

DurationNanos random_end(std::uint64_t seed, std::string_view instrument_id, UnixNanos planned, DurationNanos most) {
  std::uint64_t h = Random{seed ^ static_cast<std::uint64_t>(planned)}.next();
  for (const char c : instrument_id) h = Random{h ^ static_cast<unsigned char>(c)}.next();
  const auto steps = static_cast<std::uint64_t>(most / kMillisecond + 1);
  return static_cast<DurationNanos>(Random{h}.below(steps)) * kMillisecond;
}

}  // namespace stom::sim
