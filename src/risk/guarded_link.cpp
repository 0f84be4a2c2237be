#include "risk/guarded_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/decimal.hpp"
#include "model/cash_flow.hpp"
#include "model/refusal.hpp"
#include "model/trigger.hpp"

namespace stom::risk {
namespace {

Money magnitude(Money amount) { return amount.value < 0 ? -amount : amount; }

/// Beyond this nothing is added up: a sum over all instruments stays within 128 bits.
constexpr Int128 kMostMoney = Int128{1} << 110;  // 1.3 x 10^15 of a currency

/// What that is worth, 0 or more. None: more than can be counted.
std::optional<Money> size_of(const Instrument& instrument, Quantity quantity, Int128 twice_price) {
  const bool inverse = instrument.kind == ContractKind::Inverse;
  if (twice_price > std::numeric_limits<std::int64_t>::max()) return std::nullopt;
  Int128 most = inverse ? 2 * Int128{power_of_ten(instrument.price_decimals)} : twice_price;
  const int spare = kMoneyDecimals - instrument.quantity_decimals - (inverse ? 0 : instrument.price_decimals);
  for (const Int128 factor : {Int128{quantity.value}, Int128{instrument.contract_size}, Int128{power_of_ten(spare)}})
    if (__builtin_mul_overflow(most, factor, &most)) return std::nullopt;
  const Money worth = magnitude(worth_of(instrument, quantity, static_cast<std::int64_t>(twice_price)));
  return worth.value < kMostMoney ? std::optional{worth} : std::nullopt;
}

/// What is within a limit by more than this share of it, and of what was added up, is so in exact sums too: doubles are
/// off by a millionth of that.
constexpr double kClear = 1e-9;
constexpr Int128 kHundredPercent = 100 * power_of_ten(Limit::kPercentDecimals);
/// What near sizes may be: exact sums refuse more than kMostMoney.
constexpr double kMostNear = 1e15, kMostQuantity = 9e18;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kEverywhere = 0, kOwn = 1, kVenues = 2;  // places of sums_

std::size_t place_of(std::vector<std::string>& names, const std::string& name) {
  const auto at = std::ranges::find(names, name);
  if (at != names.end()) return static_cast<std::size_t>(at - names.begin());
  names.push_back(name);
  return names.size() - 1;
}

constexpr RejectReason reason_of(LimitKind kind) {
  if (kind == LimitKind::Leverage) return RejectReason::RiskLeverage;
  return static_cast<RejectReason>(static_cast<std::size_t>(RejectReason::RiskPriceBand) +
                                   static_cast<std::size_t>(kind));
}
static_assert(reason_of(LimitKind::ReduceOnly) == RejectReason::RiskReduceOnly);

/// So many times what it is worth, which is what may be exposed; none where nothing is left. More than can be counted
/// is as much as can be.
Money allowed_by(const Limit& leverage, Money equity) {
  if (equity.value <= 0) return {};
  constexpr Int128 kOnce = power_of_ten(Limit::kLeverageDecimals);
  const Int128 rest = equity.value % kOnce * leverage.value / kOnce;
  Int128 most = 0;
  if (__builtin_mul_overflow(equity.value / kOnce, Int128{leverage.value}, &most) ||
      __builtin_add_overflow(most, rest, &most))
    return {std::numeric_limits<Int128>::max()};
  return {most};
}

/// "2.5": so many times what it is worth.
std::string leverage_text(Money gross, Money equity) {
  constexpr int kShown = 4;
  if (equity.value <= 0) return "no equity";
  Int128 times = 0;
  if (__builtin_mul_overflow(gross.value, Int128{power_of_ten(kShown)}, &times)) return "more than can be counted";
  return format_decimal_trimmed(divide(times, equity.value, Rounding::HalfEven), kShown);
}

}  // namespace

std::int64_t slippage_of(Side side, Price price, std::int64_t twice_reference) {
  constexpr Int128 kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kHundredthsOfAll = 1'000'000;
  const Int128 lost = sign_of(side) * (2 * Int128{price.value} - twice_reference);
  return static_cast<std::int64_t>(
      std::clamp(divide(lost * kHundredthsOfAll, twice_reference, Rounding::HalfEven), -kMost, kMost));
}

std::string Denial::text() const { return fmt::format("order {} denied by {}: {}; {}", id, by, made, remedy); }

GuardedLink::GuardedLink(const std::vector<Instrument>& instruments, VenueLink& venue, const PriceSource& prices,
                         std::function<void(const Denial&)> denied, const StartCash& cash)
    : instruments_{instruments},
      venue_{venue},
      prices_{prices},
      denied_{std::move(denied)},
      holdings_{instruments.size()} {
  std::vector<std::string> currencies;
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    const Instrument& one = instruments[i];
    venue_of_.push_back(place_of(venues_, one.venue()));
    currency_of_.push_back(place_of(currencies, one.settlement()));
    if (currency_of_.back() == first_of_.size()) first_of_.push_back(i);
    const auto size = static_cast<double>(one.contract_size);
    const auto price = static_cast<double>(power_of_ten(one.price_decimals)),
               quantity = static_cast<double>(power_of_ten(one.quantity_decimals));
    const bool inverse = one.kind == ContractKind::Inverse;
    const auto is_its = [&](const Group& group) {
      return group.venue == venue_of_.back() && group.currency == currency_of_.back() && group.inverse == inverse;
    };
    const auto group = std::ranges::find_if(groups_, is_its);
    parts_.push_back({.unit = inverse ? 2 * size * price / quantity : size / price / quantity / 2,
                      .inverse = inverse,
                      .group = static_cast<std::size_t>(group - groups_.begin())});
    if (group == groups_.end()) groups_.push_back({venue_of_.back(), currency_of_.back(), inverse});
  }
  holdings_ = Holdings{venue_of_};
  twice_.resize(instruments.size());
  exposed_.reserve(instruments.size());
  exposed_of_.reserve(instruments.size());
  rings_of_.resize(instruments.size());
  last_.resize(instruments.size());
  rates_.resize(currencies.size());
  earned_.resize(currencies.size());
  near_earned_.resize(currencies.size());
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) earn(i, cash.of(i));
}

Result<std::unique_ptr<GuardedLink>> GuardedLink::make(const std::vector<Instrument>& instruments,
                                                       std::vector<Limit> limits, VenueLink& venue,
                                                       const PriceSource& prices,
                                                       std::function<void(const Denial&)> denied,
                                                       const StartCash& cash) {
  std::unique_ptr<GuardedLink> link{new GuardedLink{instruments, venue, prices, std::move(denied), cash}};
  for (Limit& limit : limits) {
    if (auto traded = link->check_scope(limit); !traded) return std::unexpected(traded.error());
    link->checks_.push_back(link->check_of(std::move(limit)));
  }
  link->index_checks();
  return link;
}

Result<void> check_traded(const std::vector<Instrument>& instruments, const Limit& limit) {
  for (const Instrument& one : instruments)
    if (is_for(limit.scope, one)) return {};
  return fail(Errc::Usage, fmt::format("limit {}: nothing of {} is traded", limit.text(), limit.scope),
              "behind @ stands a venue or an instrument of this run; without @ it is for all");
}

GuardedLink::Check GuardedLink::check_of(Limit limit) {
  Check check;
  for (const Instrument& one : instruments_) check.covers.push_back(is_for(limit.scope, one));
  if (limit.kind == LimitKind::OrderRate) check.ring = ring_of(limit.scope);
  check.place = limit.scope.empty() ? kEverywhere : kOwn;
  if (const auto venue = std::ranges::find(venues_, limit.scope); venue != venues_.end())
    check.place = kVenues + static_cast<std::size_t>(venue - venues_.begin());
  check.limit = std::move(limit);
  return check;
}

/// Once it is there it is kept: another limit of that scope counts what was sent before.
GuardedLink::Ring* GuardedLink::ring_of(const std::string& scope) {
  for (const auto& ring : rings_)
    if (ring->scope == scope) return ring.get();
  rings_.push_back(std::make_unique<Ring>(Ring{std::vector<UnixNanos>(Ring::kSize, kNoTime), 0, scope}));
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
    if (is_for(scope, instruments_[i])) rings_of_[i].push_back(rings_.back().get());
  return rings_.back().get();
}

void GuardedLink::index_checks() {
  tight_.assign(instruments_.size(), {});
  sums_.assign(kVenues + venues_.size(), {});
  limits_leverage_ =
      std::ranges::any_of(checks_, [](const Check& one) { return one.limit.kind == LimitKind::Leverage; });
  for (const Check& check : checks_)
    for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
      if (check.covers[i]) tighten(check, i);
}

void GuardedLink::tighten(const Check& check, InstrumentIndex i) {
  const Limit& limit = check.limit;
  Tight& tight = tight_[i];
  Sum& sum = check.place == kOwn ? tight.own : sums_[check.place];
  const auto least = [](auto& of, auto value) { of = std::min(of, value); };
  const auto quantity = static_cast<std::int64_t>(std::min<Int128>(
      Int128{limit.value} * power_of_ten(instruments_[i].quantity_decimals) / power_of_ten(Limit::kQuantityDecimals),
      std::numeric_limits<std::int64_t>::max()));
  const double money = to_double(limit.value, Limit::kMoneyDecimals);
  switch (limit.kind) {
    case LimitKind::PriceBand:
      return least(tight.band, limit.value);
    case LimitKind::OrderQuantity:
      return least(tight.quantity, quantity);
    case LimitKind::OrderNotional:
      return least(tight.notional, money);
    case LimitKind::Position:
      return least(tight.position, quantity);
    case LimitKind::GrossExposure:
      tight.sums = true;
      return least(sum.gross, money);
    case LimitKind::NetExposure:
      tight.sums = true;
      return least(sum.net, money);
    case LimitKind::WorkingOrders:
      return least(sum.orders, static_cast<std::size_t>(limit.value));
    case LimitKind::OrderRate:
      tight.rates.push_back({check.ring, limit.value, limit.window});
      return;
    case LimitKind::Duplicate:
      tight.duplicate = std::max(tight.duplicate, limit.window);
      return;
    case LimitKind::SelfTrade:
      tight.self_trade = true;
      return;
    case LimitKind::ReduceOnly:
      tight.reduce_only = true;
      return;
    case LimitKind::Leverage:
      tight.sums = true;
      return least(sum.leverage, to_double(limit.value, Limit::kLeverageDecimals));
  }
}

const Limit* GuardedLink::find(const Limit& like) const {
  const auto at = std::ranges::find_if(checks_, [&](const Check& one) { return one.limit.is_like(like); });
  return at == checks_.end() ? nullptr : &at->limit;
}

/// What was sent before counts on.
Result<void> GuardedLink::set(Limit limit) {
  if (auto traded = check_scope(limit); !traded) return traded;
  const auto old = std::ranges::find_if(checks_, [&](const Check& one) { return one.limit.is_like(limit); });
  if (limit.is_off()) {
    if (old != checks_.end()) checks_.erase(old);
    index_checks();
    return {};
  }
  Check check = check_of(std::move(limit));
  if (old == checks_.end()) {
    checks_.push_back(std::move(check));
    index_checks();
    return {};
  }
  *old = std::move(check);
  index_checks();
  return {};
}

/// It leaves before what it changes is noted: nobody asks for that until the venue has it.
void GuardedLink::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  if (!entries_stopped_by_.empty() && !holdings_.reduces(order)) [[unlikely]]
    return deny(run, request, order, sent, entries_stopped_by_,
                {RejectReason::RiskStopped, "the order would open or enlarge a position",
                 "only orders that close what is held are sent until it is released (stom risk show --session DIR)"});
  const std::int64_t twice = twice_reference(order);
  // A denied stop-loss is a position without one.
  const bool closes = flattens_ || (is_of_bracket(order.id) && holdings_.reduces(order));
  if (!closes && !is_clear(order, twice, sent) && denies(run, request, order, sent)) [[unlikely]]
    return;
  venue_.submit(run, request, order, sent);
  resume_time(order.instrument, sent);
  resume_last(order, sent);
  holdings_.sent(order, run, order.quantity, twice, request);
  expose(order.instrument);
}

/// Goes through all limits, in their order.
[[gnu::noinline]] bool GuardedLink::denies(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  for (const Check& one : checks_) {
    if (!one.covers[order.instrument]) continue;
    if (auto refusal = check(one, order, sent)) {
      deny(run, request, order, sent, one.limit.text(), std::move(*refusal));
      return true;
    }
  }
  return false;
}

void GuardedLink::deny(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent, std::string by,
                       Refusal refusal) {
  OrderEvent event = refusal_of(order, OrderEventKind::Denied, refusal.reason, sent);
  event.local_time = sent + kAnswerAfter;
  ready_.push_back({.run = run, .request = request, .event = event});
  if (denied_)
    denied_({std::move(by), order.id, order.instrument, refusal.reason, std::move(refusal.made),
             std::move(refusal.remedy)});
}

void GuardedLink::adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
                        UnixNanos sent) {
  venue_.adopt(run, request, order, venue_order_id, sent);
  holdings_.sent(order, run, order.quantity, 0, request);
  expose(order.instrument);
}

/// The venue has never heard of an order that was denied.
void GuardedLink::cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) {
  const auto denied = std::ranges::find_if(ready_, [&](const Answer& answer) {
    return answer.run == run && answer.event.id == order.id && answer.event.kind == OrderEventKind::Denied;
  });
  if (denied == ready_.end()) return venue_.cancel(run, request, order, sent);
  ready_.push_back({.run = run,
                    .request = request,
                    .event = {.kind = OrderEventKind::CancelRejected,
                              .side = denied->event.side,
                              .reason = RejectReason::UnknownOrder,
                              .instrument = order.instrument,
                              .id = order.id,
                              .time = sent,
                              .local_time = sent + kAnswerAfter}});
}

UnixNanos GuardedLink::advance(UnixNanos limit) { return venue_.advance(std::min(limit, next_denial())); }

bool GuardedLink::take(UnixNanos now, Answer& answer) {
  if (take_denial(now, answer)) return true;
  if (!venue_.take(now, answer)) return false;
  told(answer);
  return true;
}

bool GuardedLink::take_denial(UnixNanos now, Answer& answer) {
  if (ready_.empty() || ready_.front().event.local_time > now) return false;
  answer = ready_.front();
  ready_.pop_front();
  return true;
}

// --- what is held ----------------------------------------------------------------------------------------------------

void GuardedLink::resume_working(const NewOrder& order, Quantity leaves) {
  holdings_.sent(order, 0, leaves);
  expose(order.instrument);
}
void GuardedLink::resume_position(InstrumentIndex instrument, Quantity position, Money earned) {
  holdings_.set_position(instrument, position);
  expose(instrument);
  earn(instrument, earned);
}

void GuardedLink::earn(InstrumentIndex instrument, Money amount) {
  const std::size_t currency = currency_of_[instrument];
  earned_[currency] += amount;
  near_earned_[currency] = to_double(earned_[currency].value, kMoneyDecimals);
}

void GuardedLink::told(const Answer& answer) {
  const OrderEvent& event = answer.event;
  if (event.kind == OrderEventKind::Funding) earn(event.instrument, -event.fee);
  if (event.kind == OrderEventKind::Filled) {
    earn(event.instrument,
         cash_of_fill(instruments_[event.instrument], event.side, event.price, event.quantity) - event.fee);
    const Holdings::Working* order =
        event.liquidity == Liquidity::Taker ? holdings_.order(event.instrument, event.id, answer.run) : nullptr;
    if (order != nullptr && order->twice_reference > 0)
      lost_[slips_++ % kSlipsKept] = slippage_of(event.side, event.price, order->twice_reference);
  }
  holdings_.told(event, answer.run, answer.request);
  expose(event.instrument);
}

/// The middle of the book as it leaves; of what waits for a trigger that, since the market is to come there first.
std::int64_t GuardedLink::twice_reference(const NewOrder& order) const {
  if (!waits_for_trigger(order.type)) return prices_.twice_price(order.instrument);
  const std::int64_t trigger = order.trigger_price.value;
  return trigger > 0 && trigger <= std::numeric_limits<std::int64_t>::max() / 2 ? 2 * trigger : 0;
}

void GuardedLink::resume_time(InstrumentIndex instrument, UnixNanos now) {
  for (Ring* ring : rings_of_[instrument]) ring->sent[ring->next++ & (Ring::kSize - 1)] = now;
  // What the next order is held against lies far back, where nobody has looked for long.
  for (const auto& [ring, orders, window] : tight_[instrument].rates) __builtin_prefetch(&ring->back(orders));
}
void GuardedLink::resume_last(const NewOrder& order, UnixNanos now) {
  last_[order.instrument][index_of(order.side)] = {now, order.type, order.price, order.trigger_price, order.quantity};
}

// --- what is clearly within them -------------------------------------------------------------------------------------

/// |quantity| at that price, in the settlement currency; NaN where exact sums might not take it.
double GuardedLink::near_size(InstrumentIndex instrument, double quantity, double twice_price) const {
  const Part& part = parts_[instrument];
  const double size = std::abs(quantity) * part.unit;
  const double worth = part.inverse ? size / twice_price : size * twice_price;
  return std::abs(quantity) < kMostQuantity && worth < kMostNear ? worth : kUnknown;
}

/// Asked once for an order. NaN: none that is to be believed.
inline double GuardedLink::near_rate(std::size_t currency) const {
  Asked& asked = rates_[currency];
  if (asked.check != checks_made_) {
    const double rate = prices_.rate(first_of_[currency]);
    asked = {checks_made_, rate > 0 ? rate : kUnknown};
  }
  return asked.rate;
}

/// The worst position that it could make is.
inline bool GuardedLink::is_within(const Tight& tight, const NewOrder& order) const {
  std::int64_t would = sign_of(order.side) * holdings_.position(order.instrument).value;
  for (const Quantity more : {holdings_.working(order.instrument, order.side), order.quantity})
    if (__builtin_add_overflow(would, more.value, &would)) return false;
  return would <= tight.position;
}

/// What is held and works of it.
inline GuardedLink::Exposed GuardedLink::exposed(InstrumentIndex instrument) const {
  const Part& part = parts_[instrument];
  const auto position = static_cast<double>(holdings_.position(instrument).value);
  const double up = position + static_cast<double>(holdings_.working(instrument, Side::Buy).value);
  const double down = static_cast<double>(holdings_.working(instrument, Side::Sell).value) - position;
  const double most = std::max(std::abs(up), std::abs(down));
  const double unit = most < kMostQuantity ? part.unit : kUnknown;
  const Exposed::Pair most_and_held{most * unit, (part.inverse ? -position : position) * unit};
  return {most_and_held, {up * unit, down * unit}};
}

/// Something of it has changed.
void GuardedLink::expose(InstrumentIndex instrument) {
  const Exposed now = exposed(instrument);
  const auto found = std::ranges::find(exposed_of_, instrument);
  auto at = found - exposed_of_.begin();
  const bool was = found != exposed_of_.end();
  const std::size_t group = parts_[instrument].group;
  if (now.most_and_held[0] == 0) {
    if (!was) return;
    exposed_of_.erase(found);
    exposed_.erase(exposed_.begin() + at);
    for (std::size_t g = group; g < groups_.size(); ++g) --groups_[g].end;
    return;
  }
  if (!was) {
    at = static_cast<std::ptrdiff_t>(groups_[group].end);
    exposed_of_.insert(exposed_of_.begin() + at, instrument);
    exposed_.insert(exposed_.begin() + at, now);
    for (std::size_t g = group; g < groups_.size(); ++g) ++groups_[g].end;
  }
  exposed_[static_cast<std::size_t>(at)] = now;
}

/// With that order on top; `twice`: of its instrument. A rate is above 0, so that sums are converted instead of what
/// they are made of. Which instruments, sides and venues orders meet is a coin toss to the branch predictor: hardly
/// anything here branches on it.
bool GuardedLink::sums_are_clear(const Tight& tight, const NewOrder& order, std::int64_t twice) const {
  if (!tight.sums) return true;
  struct Near {
    double gross = 0, net = 0;  // net: of the order's side
    void add(double more_gross, double more_net, double rate) {
      gross += more_gross * rate;
      net += more_net * rate;
    }
  };
  Near all, venue, own;
  double held = 0;
  // Rates come from afar: they are asked for first, and what does not wait for them is done meanwhile.
  ++checks_made_;
  std::size_t k = 0;
  for (const Group& group : groups_)
    if (std::exchange(k, group.end) != group.end) (void)near_rate(group.currency);
  // The order on top makes one side of its instrument larger, and the worse one never smaller.
  const std::size_t side = index_of(order.side), order_venue = venue_of_[order.instrument];
  const Part& part = parts_[order.instrument];
  const Exposed before = exposed(order.instrument);
  const double more = static_cast<double>(order.quantity.value) * part.unit, would = before.side[side] + more;
  const double worse = std::max(std::abs(would), std::abs(before.side[1 - side]));
  const double own_price = twice > 0 ? static_cast<double>(twice) : kUnknown;
  const double own_each = part.inverse ? 1 / own_price : own_price;
  const bool own_known = worse < kMostQuantity * part.unit && worse * own_each < kMostNear;
  const double own_rate = own_each * (own_known ? near_rate(currency_of_[order.instrument]) : kUnknown);
  prices_.twice_prices(exposed_of_, twice_.data());
  k = 0;
  for (const Group& group : groups_) {
    if (k == group.end) continue;
    Exposed::Pair gross_and_held{};
    double net = 0;
    bool known = true;
    for (; k < group.end; ++k) {
      const auto price = static_cast<double>(twice_[k]);
      const double each = group.inverse ? 1 / price : price;
      const Exposed& one = exposed_[k];
      known &= twice_[k] > 0;
      gross_and_held += one.most_and_held * each;
      net += one.side[side] * each;
    }
    const double rate = known && gross_and_held[0] < kMostNear ? near_rate(group.currency) : kUnknown;
    all.add(gross_and_held[0], net, rate);
    venue.add(gross_and_held[0], net, group.venue == order_venue ? rate : 0);
    held += gross_and_held[1] * rate;
  }
  own.add(worse, would, own_rate);
  all.add(worse - before.most_and_held[0], more, own_rate);
  venue.add(worse - before.most_and_held[0], more, own_rate);
  double equity = 0;
  if (limits_leverage_) {
    double sizes = all.gross;  // what is held of one is never more than what it may become
    for (std::size_t c = 0; c < near_earned_.size(); ++c) {
      if (near_earned_[c] == 0) continue;
      const double earned = near_earned_[c] * near_rate(c);
      held += earned;
      sizes += std::abs(earned);
    }
    equity = held - kClear * sizes;
  }
  const auto clear = [&](const Near& near, const Sum& most) {
    const double off = kClear * near.gross;
    return (most.gross == kNoLimit || near.gross + off < most.gross * (1 - kClear)) &&
           (most.net == kNoLimit || near.net + off < most.net * (1 - kClear)) &&
           (most.leverage == kNoLimit || near.gross + off < most.leverage * equity * (1 - kClear));
  };
  return clear(all, sums_[kEverywhere]) && clear(venue, sums_[kVenues + order_venue]) && clear(own, tight.own);
}

/// Within every limit. False: it may be, or not. `twice`: of its instrument.
bool GuardedLink::is_clear(const NewOrder& order, std::int64_t twice, UnixNanos now) const {
  if (checks_.empty()) return true;
  if (order.type != OrderType::Limit || order.size_by != SizeBy::Quantity) return false;
  const Tight& tight = tight_[order.instrument];
  if (order.quantity.value > tight.quantity) return false;
  if (tight.band != INT64_MAX) {
    const Int128 away = 2 * Int128{order.price.value} - twice;
    if (twice <= 0 || (away < 0 ? -away : away) * kHundredPercent > Int128{tight.band} * twice) return false;
  }
  if (tight.notional < kNoLimit &&
      !(near_size(order.instrument, static_cast<double>(order.quantity.value),
                  2 * static_cast<double>(order.price.value)) < tight.notional * (1 - kClear)))
    return false;
  const std::size_t venue = venue_of_[order.instrument];
  if (holdings_.orders() >= sums_[kEverywhere].orders || holdings_.orders_of(venue) >= sums_[kVenues + venue].orders ||
      holdings_.orders(order.instrument).size() >= tight.own.orders)
    return false;
  for (const auto& [ring, orders, window] : tight.rates)
    if (const UnixNanos oldest = ring->back(orders); oldest != kNoTime && now - oldest < window) return false;
  const Last& last = last_[order.instrument][index_of(order.side)];
  if (last.sent != kNoTime && now - last.sent < tight.duplicate && last.is_like(order)) return false;
  if (tight.self_trade && holdings_.meets_own(order)) return false;
  // What takes longest comes last: by then the rest has come from memory.
  return holdings_.reduces(order) ||
         (!tight.reduce_only && is_within(tight, order) && sums_are_clear(tight, order, twice));
}

// --- checks ----------------------------------------------------------------------------------------------------------

std::optional<GuardedLink::Refusal> GuardedLink::check(const Check& check, const NewOrder& order, UnixNanos now) const {
  switch (check.limit.kind) {
    case LimitKind::PriceBand:
      return check_price(check, order);
    case LimitKind::OrderQuantity:
    case LimitKind::Position:
      return check_quantity(check, order);
    case LimitKind::OrderNotional:
      return check_notional(check, order);
    case LimitKind::GrossExposure:
    case LimitKind::NetExposure:
      return check_exposure(check, order);
    case LimitKind::WorkingOrders:
      return check_working(check, order);
    case LimitKind::OrderRate:
      return check_rate(check, now);
    case LimitKind::Duplicate:
      return check_duplicate(check, order, now);
    case LimitKind::SelfTrade:
      return check_self_trade(order);
    case LimitKind::Leverage:
      return check_leverage(check, order);
    case LimitKind::ReduceOnly:
      break;
  }
  if (holdings_.reduces(order)) return std::nullopt;
  return Refusal{RejectReason::RiskReduceOnly, "the order would not make a position smaller",
                 "only orders that close what is held are sent"};
}

namespace {

constexpr std::string_view kUnsized = "how much it will be is known only when it fills";
constexpr std::string_view kNameQuantity = "let the strategy name a quantity, or take the limit away";
constexpr std::string_view kUncounted = "more than can be counted of";
constexpr std::string_view kNoPrice = "there is no price that is to be believed";
constexpr std::string_view kWaitForBook = "wait for the book (stom trade venues --session DIR says what is stale)";

}  // namespace

/// What waits for a trigger is meant to be far away: its price is held against its trigger.
std::optional<GuardedLink::Refusal> GuardedLink::check_price(const Check& check, const NewOrder& order) const {
  const bool waits = waits_for_trigger(order.type);
  if (waits && (!has_price(order.type) || order.trigger_price.value <= 0)) return std::nullopt;
  const Int128 twice = waits ? 2 * Int128{order.trigger_price.value} : prices_.twice_price(order.instrument);
  if (twice <= 0) return Refusal{RejectReason::RiskUnknown, std::string{kNoPrice}, std::string{kWaitForBook}};
  if (!has_price(order.type)) return std::nullopt;
  const Int128 away = 2 * Int128{order.price.value} - twice;
  if ((away < 0 ? -away : away) * kHundredPercent <= Int128{check.limit.value} * twice) return std::nullopt;
  const int decimals = instruments_[order.instrument].price_decimals;
  return Refusal{
      RejectReason::RiskPriceBand,
      fmt::format("its price {} is {} % from {}", format_decimal_trimmed(Int128{order.price.value}, decimals),
                  format_decimal_trimmed(divide(away * 10'000, twice, Rounding::HalfEven), 2),
                  format_decimal_trimmed(twice * 5, decimals + 1)),
      "look at the strategy's price, or widen the band"};
}

/// With all of its side filled and nothing of the other: signed.
Int128 GuardedLink::worst_position(const NewOrder& order) const {
  return holdings_.position(order.instrument).value +
         sign_of(order.side) * (Int128{holdings_.working(order.instrument, order.side).value} + order.quantity.value);
}

std::optional<GuardedLink::Refusal> GuardedLink::check_quantity(const Check& check, const NewOrder& order) const {
  const bool one = check.limit.kind == LimitKind::OrderQuantity;
  if (order.size_by == SizeBy::Position || (!one && holdings_.reduces(order))) return std::nullopt;
  if (order.size_by == SizeBy::CashFraction)
    return Refusal{RejectReason::RiskUnknown, std::string{kUnsized}, std::string{kNameQuantity}};
  const Int128 would = one ? order.quantity.value : sign_of(order.side) * worst_position(order);
  const int decimals = instruments_[order.instrument].quantity_decimals;
  if (would * power_of_ten(Limit::kQuantityDecimals) <= Int128{check.limit.value} * power_of_ten(decimals))
    return std::nullopt;
  if (one)
    return Refusal{RejectReason::RiskOrderQuantity, "its quantity is " + quantity_text(order.instrument, would),
                   "send less at a time, or raise the limit"};
  return Refusal{RejectReason::RiskPosition,
                 fmt::format("the position could become {} {}, with what works", quantity_text(order.instrument, would),
                             order.side == Side::Buy ? "long" : "short"),
                 "close something or cancel what works, or raise the limit"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_notional(const Check& check, const NewOrder& order) const {
  if (order.size_by == SizeBy::Position) return std::nullopt;
  if (order.size_by == SizeBy::CashFraction)
    return Refusal{RejectReason::RiskUnknown, std::string{kUnsized}, std::string{kNameQuantity}};
  const Instrument& instrument = instruments_[order.instrument];
  Int128 twice = prices_.twice_price(order.instrument);
  if (has_price(order.type))
    twice = 2 * Int128{order.price.value};
  else if (order.trigger_price.value > 0)
    twice = 2 * Int128{order.trigger_price.value};
  if (twice <= 0) return Refusal{RejectReason::RiskUnknown, std::string{kNoPrice}, std::string{kWaitForBook}};
  const auto worth = size_of(instrument, order.quantity, twice);
  if (worth && *worth <= money_of(check.limit.value)) return std::nullopt;
  return Refusal{
      RejectReason::RiskOrderNotional,
      fmt::format("it is worth {} {}", worth ? money_text(*worth) : std::string{kUncounted}, instrument.settlement()),
      "send less at a time, or raise the limit"};
}

/// Each instrument at its worse side for what is gross; all of them long, or all short, for what is net.
std::optional<GuardedLink::Refusal> GuardedLink::check_exposure(const Check& check, const NewOrder& order) const {
  if (holdings_.reduces(order)) return std::nullopt;
  if (order.size_by != SizeBy::Quantity)
    return Refusal{RejectReason::RiskUnknown, std::string{kUnsized}, std::string{kNameQuantity}};
  auto would = sums(check, &order);
  if (!would) return std::move(would.error());
  const bool net = check.limit.kind == LimitKind::NetExposure;
  const Money most = !net ? would->gross : order.side == Side::Buy ? would->longest : -would->shortest;
  if (most <= money_of(check.limit.value)) return std::nullopt;
  return Refusal{reason_of(check.limit.kind),
                 fmt::format("the exposure could become {}, with what works", money_text(most)),
                 "close something or cancel what works, or raise the limit"};
}

GuardedLink::Refusal GuardedLink::no_price_of(InstrumentIndex instrument) const {
  return {RejectReason::RiskUnknown, fmt::format("{}: {}", instruments_[instrument].id, kNoPrice),
          std::string{kWaitForBook}};
}
GuardedLink::Refusal GuardedLink::no_rate_of(InstrumentIndex instrument) const {
  return {RejectReason::RiskUnknown,
          fmt::format("no rate of {} that is to be believed", instruments_[instrument].settlement()),
          "name one: --rate FROM/TO=VENUE:SYMBOL"};
}

/// Gross exposure of its scope, of what the whole account is worth.
std::optional<GuardedLink::Refusal> GuardedLink::check_leverage(const Check& check, const NewOrder& order) const {
  if (holdings_.reduces(order)) return std::nullopt;
  if (order.size_by != SizeBy::Quantity)
    return Refusal{RejectReason::RiskUnknown, std::string{kUnsized}, std::string{kNameQuantity}};
  auto would = sums(check, &order);
  if (!would) return std::move(would.error());
  auto worth = equity();
  if (!worth) return std::move(worth.error());
  if (would->gross <= allowed_by(check.limit, *worth)) return std::nullopt;
  return Refusal{RejectReason::RiskLeverage,
                 fmt::format("{}: {} of exposure, with what works, and {} of equity",
                             worth->value > 0 ? "the leverage could become " + leverage_text(would->gross, *worth)
                                              : "there is no equity left",
                             money_text(would->gross), money_text(*worth)),
                 "close something or cancel what works, or raise the limit"};
}

/// What the whole account is worth, in the session's currency. Else why that is not known.
std::expected<Money, GuardedLink::Refusal> GuardedLink::equity() const {
  Money sum{};
  for (std::size_t c = 0; c < earned_.size(); ++c) {
    Money worth = earned_[c];
    for (const InstrumentIndex i : holdings_.open()) {
      if (currency_of_[i] != c || holdings_.position(i).value == 0) continue;
      const std::int64_t twice = prices_.twice_price(i);
      if (twice <= 0) return std::unexpected(no_price_of(i));
      if (!size_of(instruments_[i], holdings_.position(i), twice))
        return std::unexpected(Refusal{RejectReason::RiskUnknown,
                                       fmt::format("{}: the position is worth {} {}", instruments_[i].id, kUncounted,
                                                   instruments_[i].settlement()),
                                       "look at the strategy's quantity"});
      worth += worth_of(instruments_[i], holdings_.position(i), twice);
    }
    if (worth.value == 0) continue;
    const auto converted = prices_.in_currency(first_of_[c], worth);
    if (!converted) return std::unexpected(no_rate_of(first_of_[c]));
    sum += *converted;
  }
  return sum;
}

/// With that order on top, where there is one. Else why they are not known.
std::expected<GuardedLink::Sums, GuardedLink::Refusal> GuardedLink::sums(const Check& check,
                                                                         const NewOrder* order) const {
  Sums sums;
  for (InstrumentIndex i = 0; i < holdings_.instruments(); ++i) {
    if (!check.covers[i]) continue;
    Quantity up = plus(holdings_.position(i), holdings_.working(i, Side::Buy).value);
    Quantity down = plus(holdings_.position(i), -Int128{holdings_.working(i, Side::Sell).value});
    if (order != nullptr && i == order->instrument) {
      Quantity& side = order->side == Side::Buy ? up : down;
      side = plus(side, sign_of(order->side) * Int128{order->quantity.value});
    }
    if (up.value == 0 && down.value == 0) continue;
    const std::int64_t twice = prices_.twice_price(i);
    if (twice <= 0) return std::unexpected(no_price_of(i));
    // Inverse contracts are worth less the higher their price: only how much it is counts, and on which side.
    const auto high_size = size_of(instruments_[i], up, twice), low_size = size_of(instruments_[i], down, twice);
    if (!high_size || !low_size)
      return std::unexpected(
          Refusal{reason_of(check.limit.kind),
                  fmt::format("the exposure could become {} {}", kUncounted, instruments_[i].settlement()),
                  "look at the strategy's quantity"});
    const auto value = [&](Quantity quantity, Money size) {
      const auto worth = prices_.in_currency(i, size);
      return worth && quantity.value < 0 ? std::optional{-*worth} : worth;
    };
    const auto high = value(up, *high_size), low = value(down, *low_size);
    if (!high || !low) return std::unexpected(no_rate_of(i));
    sums.gross += std::max(magnitude(*high), magnitude(*low));
    sums.longest += *high;
    sums.shortest += *low;
  }
  return sums;
}

std::optional<GuardedLink::Refusal> GuardedLink::check_working(const Check& check, const NewOrder& order) const {
  const auto orders =
      static_cast<std::int64_t>(1 + (check.place == kEverywhere ? holdings_.orders()
                                     : check.place == kOwn      ? holdings_.orders(order.instrument).size()
                                                                : holdings_.orders_of(check.place - kVenues)));
  if (orders <= check.limit.value) return std::nullopt;
  return Refusal{RejectReason::RiskWorkingOrders, fmt::format("it would be working order {}", orders),
                 "cancel some, or raise the limit"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_rate(const Check& check, UnixNanos now) const {
  const UnixNanos oldest = check.ring->back(check.limit.value);
  if (oldest == kNoTime || now - oldest >= check.limit.window) return std::nullopt;
  return Refusal{RejectReason::RiskOrderRate,
                 fmt::format("it would be order {} within that time", check.limit.value + 1),
                 "wait, or look at why the strategy sends so many"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_duplicate(const Check& check, const NewOrder& order,
                                                                 UnixNanos now) const {
  const Last& last = last_[order.instrument][index_of(order.side)];
  if (last.sent == kNoTime || now - last.sent >= check.limit.window) return std::nullopt;
  if (!last.is_like(order)) return std::nullopt;
  return Refusal{RejectReason::RiskDuplicate,
                 fmt::format("the same order was sent {} before", format_duration(now - last.sent)),
                 "look at why the strategy sends it twice"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_self_trade(const NewOrder& order) const {
  if (waits_for_trigger(order.type)) return std::nullopt;  // nobody knows what works when it acts
  for (const Holdings::Working& own : holdings_.orders(order.instrument)) {
    if (own.side == order.side || !has_price(own.type)) continue;
    const bool meets =
        order.type == OrderType::Market || sign_of(order.side) * (order.price.value - own.price.value) >= 0;
    if (!meets) continue;
    return Refusal{
        RejectReason::RiskSelfTrade,
        fmt::format("it would meet own order {} at {}", own.id,
                    format_decimal_trimmed(Int128{own.price.value}, instruments_[order.instrument].price_decimals)),
        "cancel that one first, and wait until it is gone"};
  }
  return std::nullopt;
}

// --- how they stand --------------------------------------------------------------------------------------------------

std::vector<Limit> GuardedLink::limits() const {
  std::vector<Limit> all;
  for (const Check& one : checks_) all.push_back(one.limit);
  return all;
}

std::vector<LimitState> GuardedLink::states(UnixNanos now) const {
  std::vector<LimitState> all;
  for (const Check& one : checks_) {
    LimitState state{.limit = one.limit, .value = {}};
    const auto stands = [&](std::string value, bool reached) {
      state.value = std::move(value);
      if (reached) state.how = LimitState::How::Reached;
    };
    switch (one.limit.kind) {
      case LimitKind::Position: {
        // The instrument that is nearest to it: their quantities have decimals of their own.
        Int128 most = -1;
        for (InstrumentIndex i = 0; i < holdings_.instruments(); ++i) {
          if (!one.covers[i]) continue;
          const Int128 position = holdings_.position(i).value;
          const Int128 would = std::max(position + holdings_.working(i, Side::Buy).value,
                                        -position + holdings_.working(i, Side::Sell).value);
          const Int128 same = would * power_of_ten(kMaxDecimals - instruments_[i].quantity_decimals);
          if (same <= most) continue;
          most = same;
          stands(quantity_text(i, would),
                 same >= Int128{one.limit.value} * power_of_ten(kMaxDecimals - Limit::kQuantityDecimals));
        }
        break;
      }
      case LimitKind::GrossExposure:
      case LimitKind::NetExposure: {
        const auto are = sums(one, nullptr);
        if (!are) {
          state.how = LimitState::How::Unknown;
          break;
        }
        const Money net = std::max(are->longest, -are->shortest);
        const Money value = one.limit.kind == LimitKind::GrossExposure ? are->gross : net;
        stands(money_text(value), value >= money_of(one.limit.value));
        break;
      }
      case LimitKind::Leverage: {
        const auto are = sums(one, nullptr);
        const auto worth = equity();
        if (!are || !worth)
          state.how = LimitState::How::Unknown;
        else
          stands(leverage_text(are->gross, *worth), are->gross >= allowed_by(one.limit, *worth));
        break;
      }
      case LimitKind::WorkingOrders: {
        std::int64_t orders = 0;
        for (InstrumentIndex i = 0; i < holdings_.instruments(); ++i)
          if (one.covers[i]) orders += static_cast<std::int64_t>(holdings_.orders(i).size());
        stands(fmt::to_string(orders), orders >= one.limit.value);
        break;
      }
      case LimitKind::OrderRate: {
        const auto within = std::ranges::count_if(
            one.ring->sent, [&](UnixNanos sent) { return sent != kNoTime && now - sent < one.limit.window; });
        stands(fmt::to_string(within), within >= one.limit.value);
        break;
      }
      case LimitKind::PriceBand:
      case LimitKind::OrderQuantity:
      case LimitKind::OrderNotional:
      case LimitKind::Duplicate:
      case LimitKind::SelfTrade:
      case LimitKind::ReduceOnly:
        break;
    }
    all.push_back(std::move(state));
  }
  return all;
}

std::string GuardedLink::quantity_text(InstrumentIndex instrument, Int128 quantity) const {
  return format_decimal_trimmed(quantity, instruments_[instrument].quantity_decimals);
}

}  // namespace stom::risk
