#include "risk/breakers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/decimal.hpp"
#include "risk/limits.hpp"

namespace stom::risk {
namespace {

struct BreakerWord {
  std::string_view name, example;
};
constexpr std::array<BreakerWord, kBreakerKinds> kWords{{
    {"daily_loss", "daily_loss=500,flatten (in the session's currency)"},
    {"drawdown", "drawdown=10 (percent of the highest equity)"},
    {"consecutive_losses", "consecutive_losses=5,warn"},
    {"reject_rate", "reject_rate=10/1m"},
    {"feed_stale", "feed_stale=30s"},
    {"slippage", "slippage=10/20,warn (basis points, on average of so many fills)"},
}};
constexpr std::array<std::string_view, 3> kActions{"warn", "entries", "flatten"};
constexpr std::string_view kUsualDrawdown = "10";
constexpr std::int64_t kUsualFills = 20;

bool read_number(std::string_view text, int decimals, std::int64_t most, std::int64_t& value) {
  const auto number = parse_decimal(text, decimals);
  value = number ? *number : 0;
  return value > 0 && value <= most;
}
bool read_time(std::string_view text, DurationNanos& window) {
  const auto time = parse_duration(text);
  window = time ? *time : 0;
  return window > 0;
}

bool read_value(std::string_view text, Breaker& breaker) {
  constexpr std::int64_t kAny = INT64_MAX;
  switch (breaker.kind) {
    case BreakerKind::DailyLoss:
      return read_number(text, Limit::kMoneyDecimals, kAny, breaker.value);
    case BreakerKind::Drawdown:
      if (text.ends_with('%')) text.remove_suffix(1);
      return read_number(text, Limit::kPercentDecimals, 100 * power_of_ten(Limit::kPercentDecimals), breaker.value);
    case BreakerKind::ConsecutiveLosses:
      return read_number(text, 0, Breaker::kMostCounted, breaker.value);
    case BreakerKind::RejectRate: {
      const auto slash = text.find('/');
      return slash != text.npos && read_number(text.substr(0, slash), 0, Breaker::kMostCounted, breaker.value) &&
             read_time(text.substr(slash + 1), breaker.window);
    }
    case BreakerKind::FeedStale:
      return read_time(text, breaker.window);
    case BreakerKind::Slippage:
      break;
  }
  const auto slash = text.find('/');
  breaker.fills = kUsualFills;
  return read_number(text.substr(0, slash), Breaker::kBasisPointDecimals, kAny, breaker.value) &&
         (slash == text.npos || read_number(text.substr(slash + 1), 0, Breaker::kMostFills, breaker.fills));
}

}  // namespace

std::string_view name_of(BreakerKind kind) { return kWords[static_cast<std::size_t>(kind)].name; }
std::string_view name_of(BreakerAction action) { return kActions[static_cast<std::size_t>(action)]; }

std::optional<BreakerKind> breaker_named(std::string_view name) {
  const auto word = std::ranges::find(kWords, name, &BreakerWord::name);
  if (word == kWords.end()) return std::nullopt;
  return static_cast<BreakerKind>(word - kWords.begin());
}

std::string breaker_names() {
  std::string names;
  for (const BreakerWord& word : kWords) names += fmt::format("{}{}", names.empty() ? "" : ", ", word.name);
  return names;
}

std::string Breaker::text() const { return fmt::format("{}={}", name_of(kind), value_text); }

Result<Breaker> parse_breaker(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto kind = breaker_named(name);
  const auto wrong = [&](std::string_view why, std::string_view hint) {
    return fail(Errc::Usage, fmt::format("breaker {}: {}", text.substr(0, 80), why), std::string{hint});
  };
  if (!kind) return wrong(fmt::format("there is no breaker '{}'", name), "one of " + breaker_names());
  const std::string hint = fmt::format("for example {}", kWords[static_cast<std::size_t>(*kind)].example);
  Breaker breaker;
  breaker.kind = *kind;
  if (equals != text.npos)
    breaker.value_text = text.substr(equals + 1);
  else if (*kind == BreakerKind::Drawdown)
    breaker.value_text = kUsualDrawdown;
  const std::string_view written = breaker.value_text;
  const auto comma = written.find(',');
  if (comma != written.npos) {
    const auto action = std::ranges::find(kActions, written.substr(comma + 1));
    if (action == kActions.end())
      return wrong(fmt::format("'{}' is no action", written.substr(comma + 1)), "warn, entries or flatten");
    breaker.action = static_cast<BreakerAction>(action - kActions.begin());
  }
  if (!read_value(written.substr(0, comma), breaker))
    return wrong(fmt::format("'{}' is no value of {}", written.substr(0, comma), name), hint);
  return breaker;
}

void Breakers::set(Breaker breaker) {
  One& one = of(breaker.kind);
  one.breaker = std::move(breaker);
}
void Breakers::remove(BreakerKind kind) {
  of(kind) = {};
  untold_ = true;
  if (kind == BreakerKind::Slippage) slips_.clear();
}

const Breaker* Breakers::find(BreakerKind kind) const {
  const One& one = of(kind);
  return one.breaker ? &*one.breaker : nullptr;
}

bool Breakers::empty() const {
  return std::ranges::none_of(all_, [](const One& one) { return one.breaker.has_value(); });
}

/// `why` is a text only where it is wanted: most looks trip nothing, and take nothing from the heap.
template <class Why>
void Breakers::offer(BreakerKind kind, bool beyond, const Why& why) {
  if (!beyond || of(kind).tripped) return;
  of(kind).tripped = true;
  trips_.push_back({kind, why()});
}

std::vector<Breakers::Trip> Breakers::take_trips() { return std::exchange(trips_, {}); }

// --- what happens ----------------------------------------------------------------------------------------------------

void Breakers::begin_with(Money cash) {
  start_ = cash;
  untold_ = true;
}

void Breakers::equity(Money equity, UnixNanos now) {
  equity_ = equity;
  if (const auto day = day_of(now); !day_began_ || day != day_) {
    day_ = day;
    day_began_ = equity;
    untold_ = true;
  }
  if (!highest_ || equity > *highest_) highest_ = equity;
  untold_ |= highest_->value - told_highest_.value >= std::max<Int128>(told_highest_.value / 1'000, 1);
  if (const Breaker* loss = find(BreakerKind::DailyLoss)) {
    const Money lost = *day_began_ - equity;
    offer(loss->kind, lost >= money_of(loss->value),
          [&] { return fmt::format("a loss of {} since the day began", money_text(lost)); });
  }
  if (const Breaker* drawdown = find(BreakerKind::Drawdown); drawdown && highest_->value > 0) {
    const Money lost = *highest_ - equity;
    const Int128 part = highest_->value / (100 * power_of_ten(Limit::kPercentDecimals));
    const bool beyond = lost.value >= part * drawdown->value;
    offer(drawdown->kind, beyond,
          [&] { return fmt::format("{} less than the highest equity, {}", money_text(lost), money_text(*highest_)); });
  }
}

void Breakers::position_closed(InstrumentIndex instrument, Money earned) {
  const Money before = std::exchange(earned_[instrument], earned);
  losses_ = earned < before ? losses_ + 1 : 0;
  untold_ = true;
  if (const Breaker* one = find(BreakerKind::ConsecutiveLosses))
    offer(one->kind, losses_ >= one->value,
          [&] { return fmt::format("{} positions in a row were closed at a loss", losses_); });
}

/// Written down with the next count: where no breaker is set nobody asks for one.
void Breakers::flat(InstrumentIndex instrument, Money earned) {
  const auto known = earned_.find(instrument);
  if (earned == (known == earned_.end() ? Money{} : known->second)) return;
  earned_[instrument] = earned;
  untold_ = true;
}

void Breakers::resume_refused(UnixNanos at) {
  refused_.push_back(at);
  if (refused_.size() > static_cast<std::size_t>(Breaker::kMostCounted)) refused_.pop_front();
}

void Breakers::resume(const Breakers& of) {
  start_ = of.start_;
  day_began_ = of.day_began_;
  highest_ = of.highest_;
  day_ = of.day_;
  losses_ = of.losses_;
  earned_ = of.earned_;
  told_highest_ = of.told_highest_;
  untold_ = true;  // that it counts is told by each process
  refused_ = of.refused_;
  slips_ = of.slips_;
}

void Breakers::order_refused(UnixNanos now) {
  resume_refused(now);
  const Breaker* rate = find(BreakerKind::RejectRate);
  if (rate == nullptr) return;
  const auto within = refused_within(rate->window, now);
  offer(rate->kind, within >= rate->value,
        [&] { return fmt::format("{} orders were refused within that time", within); });
}

std::int64_t Breakers::refused_within(DurationNanos window, UnixNanos now) const {
  return std::ranges::count_if(refused_, [&](UnixNanos at) { return now - at < window; });
}

namespace {

Int128 sum_of(std::span<const std::int64_t> slips) {
  Int128 sum = 0;
  for (const std::int64_t lost : slips) sum += lost;
  return sum;
}

std::string basis_points(Int128 hundredths) { return format_decimal_trimmed(hundredths, Breaker::kBasisPointDecimals); }

/// Empty: there is none.
std::string average_of(std::span<const std::int64_t> slips) {
  if (slips.empty()) return {};
  return basis_points(divide(sum_of(slips), static_cast<std::int64_t>(slips.size()), Rounding::HalfEven));
}

}  // namespace

/// Counted for this one alone, so that sessions without it have nothing of it in their journals.
void Breakers::taker_filled(std::int64_t lost) {
  const Breaker* one = find(BreakerKind::Slippage);
  if (one == nullptr) return;
  if (slips_.size() == static_cast<std::size_t>(Breaker::kMostFills)) slips_.erase(slips_.begin());
  slips_.push_back(lost);
  untold_ = true;
  const auto slips = counted_slips(*one);
  const bool enough = static_cast<std::int64_t>(slips.size()) == one->fills;
  offer(one->kind, enough && sum_of(slips) >= Int128{one->value} * one->fills, [&] {
    return fmt::format("{} basis points were lost on average of the last {} fills that took", average_of(slips),
                       one->fills);
  });
}

std::span<const std::int64_t> Breakers::counted_slips(const Breaker& breaker) const {
  return std::span{slips_}.last(std::min(slips_.size(), static_cast<std::size_t>(breaker.fills)));
}

void Breakers::feed(UnixNanos stale_since, UnixNanos now) {
  stale_ = stale_since == kNever ? 0 : now - stale_since;
  if (const Breaker* one = find(BreakerKind::FeedStale))
    offer(one->kind, stale_ >= one->window,
          [&] { return fmt::format("a book has been stale for {}", format_duration(stale_)); });
}

// --- what was decided ------------------------------------------------------------------------------------------------

void Breakers::arm(BreakerKind kind) {
  of(kind).tripped = false;
  untold_ = true;
  if (kind == BreakerKind::DailyLoss) day_began_ = equity_;
  if (kind == BreakerKind::Drawdown) highest_ = equity_;
  if (kind == BreakerKind::ConsecutiveLosses) losses_ = 0;
  if (kind == BreakerKind::RejectRate) refused_.clear();
  if (kind == BreakerKind::Slippage) slips_.clear();
}

// --- over a restart
// ---------------------------------------------------------------------------------------------------

namespace {

constexpr std::string_view kDay = "day=", kStart = "start=", kBegan = "began=", kHighest = "highest=",
                           kLosses = "losses=", kFlat = "flat=", kSlipped = "slipped=";

std::string kept(Money amount) {
  const Int128 unit = power_of_ten(kMoneyDecimals - Limit::kMoneyDecimals);
  return format_decimal_trimmed(divide(amount.value, unit, Rounding::HalfEven), Limit::kMoneyDecimals);
}

}  // namespace

/// What a count tells is rounded: less than it tells was no loss.
void Breakers::closed_unjudged(InstrumentIndex instrument, Money earned) {
  const auto known = earned_.find(instrument);
  if (kept(earned) == kept(known == earned_.end() ? Money{} : known->second))
    flat(instrument, earned);
  else
    position_closed(instrument, earned);
}

std::optional<std::string> Breakers::take_count() {
  if (!std::exchange(untold_, false)) return std::nullopt;
  std::string text = fmt::format("{}{} {}{}", kDay, day_, kLosses, losses_);
  if (start_) text += fmt::format(" {}{}", kStart, kept(*start_));
  if (day_began_) text += fmt::format(" {}{}", kBegan, kept(*day_began_));
  if (highest_) text += fmt::format(" {}{}", kHighest, kept(told_highest_ = *highest_));
  for (const auto& [instrument, earned] : earned_) text += fmt::format(" {}{}:{}", kFlat, instrument, kept(earned));
  std::string slipped;
  if (const Breaker* one = find(BreakerKind::Slippage))
    for (const std::int64_t lost : counted_slips(*one)) slipped += (slipped.empty() ? "" : ",") + basis_points(lost);
  if (!slipped.empty()) text += fmt::format(" {}{}", kSlipped, slipped);
  return text;
}

/// "12.5,3,-0.2": the last is the newest.
bool Breakers::resume_slips(std::string_view list) {
  for (std::size_t at = 0; at <= list.size();) {
    const auto end = std::min(list.find(',', at), list.size());
    const auto lost = parse_decimal(list.substr(at, end - at), Breaker::kBasisPointDecimals);
    if (!lost || slips_.size() == static_cast<std::size_t>(Breaker::kMostFills)) return false;
    slips_.push_back(*lost);
    at = end + 1;
  }
  return true;
}

bool Breakers::resume(std::string_view count) {
  if (!count.starts_with(kDay)) return false;
  start_.reset();
  day_began_.reset();
  highest_.reset();
  earned_.clear();
  slips_.clear();
  for (std::size_t at = 0; at < count.size();) {
    const auto end = std::min(count.find(' ', at), count.size());
    const auto word = count.substr(at, end - at);
    at = end + 1;
    if (word.starts_with(kSlipped)) {
      if (!resume_slips(word.substr(kSlipped.size()))) return false;
      continue;
    }
    const auto equals = word.find('='), colon = word.find(':');
    if (equals == word.npos) return false;
    const auto value = parse_decimal(word.substr((colon == word.npos ? equals : colon) + 1), Limit::kMoneyDecimals);
    if (!value) return false;
    const std::int64_t whole = *value / power_of_ten(Limit::kMoneyDecimals);
    if (word.starts_with(kDay)) day_ = static_cast<std::int32_t>(whole);
    if (word.starts_with(kLosses)) losses_ = whole;
    if (word.starts_with(kStart)) start_ = money_of(*value);
    if (word.starts_with(kBegan)) day_began_ = money_of(*value);
    if (word.starts_with(kHighest)) highest_ = told_highest_ = money_of(*value);
    if (!word.starts_with(kFlat)) continue;
    const auto instrument = parse_decimal(word.substr(equals + 1, colon - equals - 1), 0);
    if (colon == word.npos || !instrument) return false;
    earned_[static_cast<InstrumentIndex>(*instrument)] = money_of(*value);
  }
  return true;
}

std::optional<Breaker> Breakers::strongest() const {
  std::optional<Breaker> most;
  for (const One& one : all_)
    if (one.breaker && one.tripped && (!most || one.breaker->action > most->action)) most = one.breaker;
  return most;
}

std::vector<Breakers::State> Breakers::states(UnixNanos now) const {
  std::vector<State> states;
  for (const One& one : all_) {
    if (!one.breaker) continue;
    State state{.breaker = *one.breaker, .value = {}, .tripped = one.tripped};
    switch (one.breaker->kind) {
      case BreakerKind::DailyLoss:
        if (equity_ && day_began_) state.value = money_text(*day_began_ - *equity_);
        break;
      case BreakerKind::Drawdown:
        if (equity_ && highest_ && highest_->value > 0)
          state.value = format_decimal_trimmed(
              divide((*highest_ - *equity_).value, std::max<Int128>(highest_->value / 10'000, 1), Rounding::HalfEven),
              2);
        break;
      case BreakerKind::ConsecutiveLosses:
        state.value = fmt::to_string(losses_);
        break;
      case BreakerKind::RejectRate:
        state.value = fmt::to_string(refused_within(one.breaker->window, now));
        break;
      case BreakerKind::FeedStale:
        state.value = format_duration(stale_);
        break;
      case BreakerKind::Slippage:
        state.value = average_of(counted_slips(*one.breaker));
        break;
    }
    states.push_back(std::move(state));
  }
  return states;
}

}  // namespace stom::risk
