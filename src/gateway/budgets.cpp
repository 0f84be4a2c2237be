#include "gateway/budgets.hpp"

#include <algorithm>
#include <charconv>

#include "core/assert.hpp"
#include "net/http.hpp"

namespace stom::gateway {

using venues::BudgetKind;
using venues::Costs;
using venues::Priority;

namespace {

constexpr std::int64_t kLongestWait = 7 * 24 * 3600;   // seconds: more in a header is taken for damage
constexpr std::int64_t kMostUsed = 1'000'000'000'000;  // told in a header: more than any limit, and sums of it fit

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

std::optional<std::int64_t> number(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || ec != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::string_view field(std::string_view value, std::string_view key) {
  while (!value.empty()) {
    const auto end = std::min(value.find(';'), value.size());
    const auto part = trim(value.substr(0, end));
    value.remove_prefix(std::min(end + 1, value.size()));
    if (part.size() > key.size() && part.starts_with(key) && part[key.size()] == '=')
      return trim(part.substr(key.size() + 1));
  }
  return {};
}

std::int64_t sum(const auto& spent) {
  std::int64_t all = 0;
  for (const auto& one : spent) all += one.amount;
  return all;
}

std::string_view find(std::span<const venues::Header> headers, std::string_view name) {
  for (const auto& header : headers)
    if (net::same_name(header.name, name)) return header.value;
  return {};
}

}  // namespace

std::optional<DurationNanos> parse_seconds(std::string_view text) {
  const auto seconds = number(text);
  if (!seconds || *seconds > kLongestWait) return std::nullopt;
  return *seconds * kSecond;
}

std::optional<std::int64_t> header_field(std::string_view value, std::string_view key) {
  return number(field(value, key));
}

Budgets::Budgets(const venues::Description& venue) : refusals_{venue.rate_refusals} {
  for (const auto& budget : venue.budgets) {
    STOM_ASSERT(budget.kind == BudgetKind::Standing || budget.window > 0);
    states_.push_back({.budget = budget, .limit = budget.limit});
  }
}

/// A small part of a window at most: while nothing is sure in it, all of it counts for both.
DurationNanos Budgets::error_of(const State& state) const { return std::min(error_, state.budget.window / 8); }
std::int64_t Budgets::window_of(const State& state, UnixNanos now) const {
  return (now + offset_ - error_of(state)) / state.budget.window;
}
std::int64_t Budgets::next_of(const State& state, UnixNanos now) const {
  return (now + offset_ + error_of(state)) / state.budget.window;
}

std::int64_t Budgets::counted(const State& state, UnixNanos now) const {
  switch (state.budget.kind) {
    case BudgetKind::FixedWindow: {
      const auto window = window_of(state, now);
      if (state.window == window) return state.in_flight + state.reported + sum(state.settled);
      std::int64_t all = state.in_flight;
      for (const Spent& one : state.settled)
        if (next_of(state, one.at) >= window) all += one.amount;
      return all;
    }
    case BudgetKind::SlidingWindow: {
      std::int64_t gone = 0;
      for (const auto& one : state.spent) {
        if (one.at > now) break;
        gone += one.amount;
      }
      return state.in_flight + state.spent_sum - gone;
    }
    case BudgetKind::Standing:
      return state.held;
  }
  return 0;
}

UnixNanos Budgets::room_at(const State& state, std::int64_t amount, std::int64_t most, UnixNanos now) const {
  std::int64_t over = counted(state, now) + amount - most;
  if (over <= 0) return now;
  if (state.budget.kind == BudgetKind::FixedWindow) {
    // The next window starts with what is in flight: it may arrive there.
    if (state.in_flight + amount > most) return kNever;
    return (window_of(state, now) + 1) * state.budget.window - offset_ + error_of(state);
  }
  if (state.budget.kind == BudgetKind::SlidingWindow)
    for (const auto& one : state.spent) {
      if (one.at <= now) continue;
      over -= one.amount;
      if (over <= 0) return one.at;
    }
  return kNever;
}

UnixNanos Budgets::free_at(const Costs& costs, Priority priority, UnixNanos now) const {
  UnixNanos when = std::max(now, shut_until_);
  for (const auto& cost : costs) {
    const State& state = states_[cost.budget];
    const auto most = state.limit - (priority == Priority::Risk ? 0 : state.budget.kept_for_risk);
    when = std::max({when, state.closed_until, room_at(state, cost.amount, most, now)});
  }
  return when;
}

bool Budgets::fits(const Costs& costs, Priority priority) const {
  return std::all_of(costs.begin(), costs.end(), [&](const venues::Cost& cost) {
    const State& state = states_[cost.budget];
    return cost.amount <= state.limit - (priority == Priority::Risk ? 0 : state.budget.kept_for_risk);
  });
}

void Budgets::forget(State& state, UnixNanos now) const {
  if (state.budget.kind == BudgetKind::FixedWindow) {
    if (const auto window = window_of(state, now); window != state.window) {
      state.window = window;
      state.reported = 0;
      while (!state.settled.empty() && next_of(state, state.settled.front().at) < window) state.settled.pop_front();
    }
  } else {
    while (!state.spent.empty() && state.spent.front().at <= now) {
      state.spent_sum -= state.spent.front().amount;
      state.spent.pop_front();
    }
  }
}

void Budgets::spend(const Costs& costs, UnixNanos now) {
  for (const auto& cost : costs) {
    State& state = states_[cost.budget];
    forget(state, now);
    if (state.budget.kind == BudgetKind::Standing)
      state.held += cost.amount;
    else
      state.in_flight += cost.amount;
  }
}

void Budgets::settle(State& state, std::int64_t amount, UnixNanos now, bool counts) {
  forget(state, now);
  state.in_flight -= amount;
  STOM_ASSERT(state.in_flight >= 0);
  if (!counts) return;
  if (state.budget.kind == BudgetKind::FixedWindow) {
    state.settled.push_back({now, amount});
  } else {
    // It arrived at some time until now: from now on it counts for one window more.
    state.spent.push_back({now + state.budget.window, amount});
    state.spent_sum += amount;
  }
}

void Budgets::ended(const Costs& costs, UnixNanos now, bool arrived) {
  for (const auto& cost : costs) {
    State& state = states_[cost.budget];
    if (state.budget.kind != BudgetKind::Standing)
      settle(state, cost.amount, now, arrived);
    else if (!arrived)
      state.held = std::max<std::int64_t>(0, state.held - cost.amount);
  }
}

void Budgets::answered(const Costs& costs, std::span<const venues::Header> headers, UnixNanos sent, UnixNanos now) {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    State& state = states_[i];
    if (state.budget.kind == BudgetKind::Standing) continue;
    const bool told = !state.budget.header.empty() && take_report(state, headers, sent, now);
    for (const auto& cost : costs)
      if (cost.budget == i)  // the venue's own count of a fixed window has this request in it
        settle(state, cost.amount, now, !told || state.budget.kind != BudgetKind::FixedWindow);
  }
}

bool Budgets::take_report(State& state, std::span<const venues::Header> headers, UnixNanos sent, UnixNanos now) {
  const auto& budget = state.budget;
  for (const auto& header : headers) {
    if (!net::same_name(header.name, budget.header)) continue;
    if (!budget.header_group.empty() && field(header.value, "group") != budget.header_group) continue;
    const auto told = budget.header_key.empty() ? number(header.value) : header_field(header.value, budget.header_key);
    if (!told) continue;
    const auto used =
        std::min(kMostUsed, budget.header_key.empty() ? *told : std::max<std::int64_t>(0, state.limit - *told));
    forget(state, now);
    if (budget.kind == BudgetKind::FixedWindow) {
      // A count of a window that may have ended says nothing of this one.
      if (window_of(state, sent) != next_of(state, now)) return false;
      // Answers overtake each other, and a count within a window only grows.
      state.reported = std::max(state.reported, used);
      // What had ended when this was sent is in its count; what ended later need not be.
      while (!state.settled.empty() && state.settled.front().at <= sent) state.settled.pop_front();
      return true;
    }
    if (const auto ours = state.spent_sum + state.in_flight; used > ours) {
      // The venue counts more than we know of, another program perhaps: for the longest that it can count.
      state.spent.push_back({now + budget.window, used - ours});
      state.spent_sum += used - ours;
    }
    return true;
  }
  return false;
}

std::optional<UnixNanos> Budgets::refused(int status, std::span<const venues::Header> headers, const Costs& costs,
                                          UnixNanos now) {
  const auto refusal = std::ranges::find(refusals_, status, &venues::RateRefusal::status);
  if (refusal == refusals_.end()) return std::nullopt;
  const auto until = now + parse_seconds(find(headers, refusal->wait_header)).value_or(refusal->wait_otherwise);
  if (refusal->shuts_out)
    shut_until_ = std::max(shut_until_, until);
  else
    for (const auto& cost : costs) {
      auto& closed = states_[cost.budget].closed_until;
      closed = std::max(closed, until);
    }
  return until;
}

void Budgets::release(venues::BudgetIndex budget, std::int64_t amount) {
  State& state = states_[budget];
  STOM_ASSERT(state.budget.kind == BudgetKind::Standing);
  state.held = std::max<std::int64_t>(0, state.held - amount);
}

void Budgets::set_limit(venues::BudgetIndex budget, std::int64_t limit) { states_[budget].limit = limit; }

std::int64_t Budgets::used(venues::BudgetIndex budget, UnixNanos now) const { return counted(states_[budget], now); }
UnixNanos Budgets::closed_until(venues::BudgetIndex budget) const {
  return std::max(shut_until_, states_[budget].closed_until);
}

}  // namespace stom::gateway
