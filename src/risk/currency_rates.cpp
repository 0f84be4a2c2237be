#include "risk/currency_rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"

namespace stom::risk {
namespace {

constexpr int kGivenDecimals = 9;

/// amount x numerator / denominator; none where it does not fit.
std::optional<Money> scaled(Money amount, std::int64_t numerator, std::int64_t denominator) {
  Int128 whole = 0;
  if (__builtin_mul_overflow(amount.value / denominator, Int128{numerator}, &whole)) return std::nullopt;
  const Int128 odd = whole % 2;  // halves go to the even sum, not to the even rest
  const Int128 rest = amount.value % denominator * numerator + odd * denominator;
  const Int128 more = divide(rest, denominator, Rounding::HalfEven) - odd;
  if (__builtin_add_overflow(whole, more, &whole)) return std::nullopt;
  return Money{whole};
}

}  // namespace

bool is_currency(std::string_view name) {
  return !name.empty() && name.size() <= 16 &&
         std::ranges::all_of(name, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

Result<CurrencyRate> parse_given_rate(std::string_view text, UnixNanos now) {
  const auto wrong = [&](std::string_view why) {
    return fail(Errc::Usage, fmt::format("--rate {}: {}", text, why),
                "FROM/TO=RATE: what one FROM is in TO, for example USDT/KRW=1385.5");
  };
  const auto slash = text.find('/'), equals = text.find('=');
  if (slash == std::string_view::npos || equals == std::string_view::npos || equals < slash)
    return wrong("not FROM/TO=RATE");
  const auto from = text.substr(0, slash), to = text.substr(slash + 1, equals - slash - 1);
  if (!is_currency(from) || !is_currency(to)) return wrong("a currency is written in capitals");
  if (from == to) return wrong("a currency is worth itself");
  const auto rate = parse_decimal(text.substr(equals + 1), kGivenDecimals);
  if (!rate || *rate <= 0)
    return wrong("the rate is a plain decimal above 0, with nine digits behind the point at most");
  return CurrencyRate{
      std::string{from}, std::string{to}, *rate, power_of_ten(kGivenDecimals), std::string{kGivenRate}, now};
}

std::size_t CurrencyRates::set(CurrencyRate rate) {
  STOM_ASSERT(rate.numerator > 0 && rate.denominator > 0);
  forget_ways();
  const auto same = std::ranges::find_if(rates_, [&](const CurrencyRate& other) {
    return other.source == rate.source && other.from == rate.from && other.to == rate.to;
  });
  const auto place = static_cast<std::size_t>(same - rates_.begin());
  if (same != rates_.end())
    *same = std::move(rate);
  else
    rates_.push_back(std::move(rate));
  return place;
}

/// A rate that was stale when a way was sought, and is not any more, makes another one possible; one that is older than
/// was thought takes one away.
void CurrencyRates::renew(std::size_t place, std::int64_t numerator, std::int64_t denominator, UnixNanos at) {
  STOM_ASSERT(numerator > 0 && denominator > 0);
  CurrencyRate& rate = rates_[place];
  rate.numerator = numerator;
  rate.denominator = denominator;
  if (rate.at == at) return;
  const auto was_stale = [&](const Known& known) { return known.since != kNoTime && stale(rate, known.since); };
  if (at < rate.at || std::ranges::any_of(known_, was_stale)) forget_ways();
  rate.at = at;
}

void CurrencyRates::forget_ways() {
  for (Known& known : known_) known.since = known.until = kNoTime;
}

std::size_t CurrencyRates::pair(std::string_view from, std::string_view to) {
  const auto known = std::ranges::find_if(known_, [&](const Known& one) { return one.from == from && one.to == to; });
  const auto place = static_cast<std::size_t>(known - known_.begin());
  if (known == known_.end()) known_.push_back({.way = {}, .from = std::string{from}, .to = std::string{to}});
  return place;
}

/// Good until one of the rates that were fresh when it was sought gets old; renewed, it does so later. Where none has
/// got old by then, it is the one that would be found (renew() has forgotten it where one is fresh again).
void CurrencyRates::seek(Known& known, UnixNanos now) {
  const auto got_old = [&](const CurrencyRate& rate) { return stale(rate, now) && !stale(rate, known.since); };
  const bool is_known = known.since != kNoTime && now >= known.since && std::ranges::none_of(rates_, got_old);
  if (!is_known) known.way = way(known.from, known.to, now);
  known.since = now;
  known.until = kNever;
  for (const CurrencyRate& rate : rates_)
    if (!stale(rate, now))
      known.until = std::min(known.until, rate.at + (rate.source == kGivenRate ? kGivenAge : kMarketAge));
}

std::optional<CurrencyRates::Way> CurrencyRates::way(std::string_view from, std::string_view to, UnixNanos now) const {
  if (auto fresh = search(from, to, now, false)) return fresh;
  return search(from, to, now, true);
}

/// Breadth first: the first way found is a shortest one, and among those the one whose sources were named first.
std::optional<CurrencyRates::Way> CurrencyRates::search(std::string_view from, std::string_view to, UnixNanos now,
                                                        bool with_stale) const {
  if (from == to) return Way{};
  struct Reached {
    std::string_view currency;
    std::size_t before;
    Way::Step step;
  };
  std::vector<Reached> reached{{from, 0, {nullptr, false}}};
  for (std::size_t at = 0; at < reached.size(); ++at) {
    const std::string_view here = reached[at].currency;
    for (const CurrencyRate& rate : rates_) {
      if (rate.from != here && rate.to != here) continue;
      if (!with_stale && stale(rate, now)) continue;
      const bool inverse = rate.from != here;
      const std::string_view next = inverse ? rate.from : rate.to;
      if (std::ranges::find(reached, next, &Reached::currency) != reached.end()) continue;
      reached.push_back({next, at, {&rate, inverse}});
      if (next != to) continue;
      Way way;
      for (std::size_t i = reached.size() - 1; i != 0; i = reached[i].before) {
        way.steps.push_back(reached[i].step);
        way.stale |= stale(*reached[i].step.rate, now);
      }
      std::ranges::reverse(way.steps);
      return way;
    }
  }
  return std::nullopt;
}

std::optional<Money> convert(Money amount, const CurrencyRates::Way& way) {
  std::optional<Money> sum = amount;
  for (const auto& [rate, inverse] : way.steps) {
    sum = inverse ? scaled(*sum, rate->denominator, rate->numerator) : scaled(*sum, rate->numerator, rate->denominator);
    if (!sum) return sum;
  }
  return sum;
}

}  // namespace stom::risk
