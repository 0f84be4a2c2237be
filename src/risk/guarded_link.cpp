#include "risk/guarded_link.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/decimal.hpp"
#include "model/cash_flow.hpp"
#include "model/refusal.hpp"

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

bool waits_for_trigger(OrderType type) { return type != OrderType::Limit && type != OrderType::Market; }
bool has_price(OrderType type) {
  return type == OrderType::Limit || type == OrderType::StopLimit || type == OrderType::TakeProfitLimit;
}

}  // namespace

std::string Denial::text() const { return fmt::format("order {} denied by {}: {}; {}", id, by, made, remedy); }

GuardedLink::GuardedLink(const std::vector<Instrument>& instruments, VenueLink& venue, const PriceSource& prices,
                         std::function<void(const Denial&)> denied)
    : instruments_{instruments},
      venue_{venue},
      prices_{prices},
      denied_{std::move(denied)},
      holdings_{instruments.size()} {}

Result<std::unique_ptr<GuardedLink>> GuardedLink::make(const std::vector<Instrument>& instruments,
                                                       std::vector<Limit> limits, VenueLink& venue,
                                                       const PriceSource& prices,
                                                       std::function<void(const Denial&)> denied) {
  std::unique_ptr<GuardedLink> link{new GuardedLink{instruments, venue, prices, std::move(denied)}};
  for (Limit& limit : limits) {
    if (auto traded = link->check_scope(limit); !traded) return std::unexpected(traded.error());
    link->checks_.push_back(link->check_of(std::move(limit)));
  }
  return link;
}

bool GuardedLink::covers(const Limit& limit, const Instrument& instrument) const {
  return limit.scope.empty() || limit.scope == instrument.id || limit.scope == instrument.venue();
}

Result<void> GuardedLink::check_scope(const Limit& limit) const {
  if (std::ranges::any_of(instruments_, [&](const Instrument& one) { return covers(limit, one); })) return {};
  return fail(Errc::Usage, fmt::format("limit {}: nothing of {} is traded", limit.text(), limit.scope),
              "behind @ stands a venue or an instrument of this run; without @ it is for all");
}

GuardedLink::Check GuardedLink::check_of(Limit limit) const {
  Check check;
  for (const Instrument& instrument : instruments_) check.covers.push_back(covers(limit, instrument));
  if (limit.kind == LimitKind::OrderRate) check.sent.assign(Limit::kMostCounted, kNoTime);
  if (limit.kind == LimitKind::Duplicate) check.last.resize(instruments_.size());
  check.limit = std::move(limit);
  return check;
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
    return {};
  }
  Check check = check_of(std::move(limit));
  if (old == checks_.end()) {
    checks_.push_back(std::move(check));
    return {};
  }
  check.sent = std::move(old->sent);
  check.next = old->next;
  check.last = std::move(old->last);
  *old = std::move(check);
  return {};
}

void GuardedLink::submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) {
  if (!entries_stopped_by_.empty() && !holdings_.reduces(order))
    return deny(run, request, order, sent, entries_stopped_by_,
                {RejectReason::ReduceOnlyWouldIncrease, "the order would open or enlarge a position",
                 "only orders that close what is held are sent until it is released (stom risk show)"});
  for (const Check& one : checks_) {
    if (flattens_ || !one.covers[order.instrument]) continue;
    if (auto refusal = check(one, order, sent))
      return deny(run, request, order, sent, one.limit.text(), std::move(*refusal));
  }
  remember_time(order, sent);
  holdings_.sent(order, run, order.quantity);
  venue_.submit(run, request, order, sent);
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

UnixNanos GuardedLink::advance(UnixNanos limit) {
  return venue_.advance(ready_.empty() ? limit : std::min(limit, ready_.front().event.local_time));
}

bool GuardedLink::take(UnixNanos now, Answer& answer) {
  if (!ready_.empty() && ready_.front().event.local_time <= now) {
    answer = ready_.front();
    ready_.pop_front();
    return true;
  }
  if (!venue_.take(now, answer)) return false;
  holdings_.told(answer.event, answer.run);
  return true;
}

// --- what is held ----------------------------------------------------------------------------------------------------

void GuardedLink::resume_sent(const NewOrder& order, UnixNanos sent) { remember_time(order, sent); }
void GuardedLink::resume_working(const NewOrder& order, Quantity leaves) { holdings_.sent(order, 0, leaves); }

void GuardedLink::remember_time(const NewOrder& order, UnixNanos now) {
  for (Check& one : checks_) {
    if (!one.covers[order.instrument]) continue;
    if (one.limit.kind == LimitKind::OrderRate) {
      one.sent[one.next] = now;
      one.next = (one.next + 1) % one.sent.size();
    } else if (one.limit.kind == LimitKind::Duplicate) {
      one.last[order.instrument][index_of(order.side)] = {now, order.type, order.price, order.trigger_price,
                                                          order.quantity};
    }
  }
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
      return check_working(check);
    case LimitKind::OrderRate:
      return check_rate(check, now);
    case LimitKind::Duplicate:
      return check_duplicate(check, order, now);
    case LimitKind::SelfTrade:
      return check_self_trade(order);
    case LimitKind::ReduceOnly:
      break;
  }
  if (holdings_.reduces(order)) return std::nullopt;
  return Refusal{RejectReason::ReduceOnlyWouldIncrease, "the order would not make a position smaller",
                 "only orders that close what is held are sent"};
}

namespace {

constexpr std::string_view kUnsized = "how much it will be is known only when it fills";
constexpr std::string_view kNameQuantity = "let the strategy name a quantity, or take the limit away";
constexpr std::string_view kUncounted = "more than can be counted of";
constexpr std::string_view kNoPrice = "there is no price that is to be believed";
constexpr std::string_view kWaitForBook = "wait for the book (stom trade venues says what is stale)";

}  // namespace

/// What waits for a trigger is meant to be far away: its price is held against its trigger.
std::optional<GuardedLink::Refusal> GuardedLink::check_price(const Check& check, const NewOrder& order) const {
  const bool waits = waits_for_trigger(order.type);
  if (waits && (!has_price(order.type) || order.trigger_price.value <= 0)) return std::nullopt;
  const Int128 twice = waits ? 2 * Int128{order.trigger_price.value} : prices_.twice_price(order.instrument);
  if (twice <= 0) return Refusal{RejectReason::BookStale, std::string{kNoPrice}, std::string{kWaitForBook}};
  if (!has_price(order.type)) return std::nullopt;
  const Int128 away = 2 * Int128{order.price.value} - twice;
  const Int128 hundred = 100 * power_of_ten(Limit::kPercentDecimals);
  if ((away < 0 ? -away : away) * hundred <= Int128{check.limit.value} * twice) return std::nullopt;
  const int decimals = instruments_[order.instrument].price_decimals;
  return Refusal{
      RejectReason::PriceOutOfRange,
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
    return Refusal{RejectReason::Unsupported, std::string{kUnsized}, std::string{kNameQuantity}};
  const Int128 would = one ? order.quantity.value : sign_of(order.side) * worst_position(order);
  const int decimals = instruments_[order.instrument].quantity_decimals;
  if (would * power_of_ten(Limit::kQuantityDecimals) <= Int128{check.limit.value} * power_of_ten(decimals))
    return std::nullopt;
  if (one)
    return Refusal{RejectReason::PositionLimit, "its quantity is " + quantity_text(order.instrument, would),
                   "send less at a time, or raise the limit"};
  return Refusal{RejectReason::PositionLimit,
                 fmt::format("the position could become {} {}, with what works", quantity_text(order.instrument, would),
                             order.side == Side::Buy ? "long" : "short"),
                 "close something or cancel what works, or raise the limit"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_notional(const Check& check, const NewOrder& order) const {
  if (order.size_by == SizeBy::Position) return std::nullopt;
  if (order.size_by == SizeBy::CashFraction)
    return Refusal{RejectReason::Unsupported, std::string{kUnsized}, std::string{kNameQuantity}};
  const Instrument& instrument = instruments_[order.instrument];
  Int128 twice = prices_.twice_price(order.instrument);
  if (has_price(order.type))
    twice = 2 * Int128{order.price.value};
  else if (order.trigger_price.value > 0)
    twice = 2 * Int128{order.trigger_price.value};
  if (twice <= 0) return Refusal{RejectReason::BookStale, std::string{kNoPrice}, std::string{kWaitForBook}};
  const auto worth = size_of(instrument, order.quantity, twice);
  if (worth && *worth <= money_of(check.limit.value)) return std::nullopt;
  return Refusal{
      RejectReason::PositionLimit,
      fmt::format("it is worth {} {}", worth ? money_text(*worth) : std::string{kUncounted}, instrument.settlement()),
      "send less at a time, or raise the limit"};
}

/// Each instrument at its worse side for what is gross; all of them long, or all short, for what is net.
std::optional<GuardedLink::Refusal> GuardedLink::check_exposure(const Check& check, const NewOrder& order) const {
  if (holdings_.reduces(order)) return std::nullopt;
  if (order.size_by != SizeBy::Quantity)
    return Refusal{RejectReason::Unsupported, std::string{kUnsized}, std::string{kNameQuantity}};
  auto would = sums(check, &order);
  if (!would) return std::move(would.error());
  const bool net = check.limit.kind == LimitKind::NetExposure;
  const Money most = !net ? would->gross : order.side == Side::Buy ? would->longest : -would->shortest;
  if (most <= money_of(check.limit.value)) return std::nullopt;
  return Refusal{RejectReason::PositionLimit,
                 fmt::format("the exposure could become {}, with what works", money_text(most)),
                 "close something or cancel what works, or raise the limit"};
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
    if (twice <= 0)
      return std::unexpected(Refusal{RejectReason::BookStale, fmt::format("{}: {}", instruments_[i].id, kNoPrice),
                                     std::string{kWaitForBook}});
    // Inverse contracts are worth less the higher their price: only how much it is counts, and on which side.
    const auto high_size = size_of(instruments_[i], up, twice), low_size = size_of(instruments_[i], down, twice);
    if (!high_size || !low_size)
      return std::unexpected(
          Refusal{RejectReason::PositionLimit,
                  fmt::format("the exposure could become {} {}", kUncounted, instruments_[i].settlement()),
                  "look at the strategy's quantity"});
    const auto value = [&](Quantity quantity, Money size) {
      const auto worth = prices_.in_currency(i, size);
      return worth && quantity.value < 0 ? std::optional{-*worth} : worth;
    };
    const auto high = value(up, *high_size), low = value(down, *low_size);
    if (!high || !low)
      return std::unexpected(Refusal{RejectReason::BookStale,
                                     fmt::format("no rate of {} that is to be believed", instruments_[i].settlement()),
                                     "name one: --rate FROM/TO=VENUE:SYMBOL"});
    sums.gross += std::max(magnitude(*high), magnitude(*low));
    sums.longest += *high;
    sums.shortest += *low;
  }
  return sums;
}

std::optional<GuardedLink::Refusal> GuardedLink::check_working(const Check& check) const {
  std::int64_t orders = 1;
  for (InstrumentIndex i = 0; i < holdings_.instruments(); ++i)
    if (check.covers[i]) orders += holdings_.orders(i);
  if (orders <= check.limit.value) return std::nullopt;
  return Refusal{RejectReason::TooManyOrders, fmt::format("it would be working order {}", orders),
                 "cancel some, or raise the limit"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_rate(const Check& check, UnixNanos now) const {
  const std::size_t size = check.sent.size();
  const UnixNanos oldest = check.sent[(check.next + size - static_cast<std::size_t>(check.limit.value)) % size];
  if (oldest == kNoTime || now - oldest >= check.limit.window) return std::nullopt;
  return Refusal{RejectReason::TooManyOrders,
                 fmt::format("it would be order {} within that time", check.limit.value + 1),
                 "wait, or look at why the strategy sends so many"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_duplicate(const Check& check, const NewOrder& order,
                                                                 UnixNanos now) const {
  const Check::Last& last = check.last[order.instrument][index_of(order.side)];
  if (last.sent == kNoTime || now - last.sent >= check.limit.window) return std::nullopt;
  if (last.type != order.type || last.price != order.price || last.trigger_price != order.trigger_price ||
      last.quantity != order.quantity)
    return std::nullopt;
  return Refusal{RejectReason::TooManyOrders,
                 fmt::format("the same order was sent {} before", format_duration(now - last.sent)),
                 "look at why the strategy sends it twice"};
}

std::optional<GuardedLink::Refusal> GuardedLink::check_self_trade(const NewOrder& order) const {
  if (waits_for_trigger(order.type)) return std::nullopt;  // nobody knows what works when it acts
  for (const Holdings::Working& own : holdings_.all()) {
    if (own.instrument != order.instrument || own.side == order.side || !has_price(own.type)) continue;
    const bool meets =
        order.type == OrderType::Market || sign_of(order.side) * (order.price.value - own.price.value) >= 0;
    if (!meets) continue;
    return Refusal{
        RejectReason::TooManyOrders,
        fmt::format("it would meet own order {} at {}", own.id,
                    format_decimal_trimmed(Int128{own.price.value}, instruments_[order.instrument].price_decimals)),
        "cancel that one first, and wait until it is gone"};
  }
  return std::nullopt;
}

// --- how they stand --------------------------------------------------------------------------------------------------

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
      case LimitKind::WorkingOrders: {
        std::int64_t orders = 0;
        for (InstrumentIndex i = 0; i < holdings_.instruments(); ++i)
          if (one.covers[i]) orders += holdings_.orders(i);
        stands(fmt::to_string(orders), orders >= one.limit.value);
        break;
      }
      case LimitKind::OrderRate: {
        const auto within = std::ranges::count_if(
            one.sent, [&](UnixNanos sent) { return sent != kNoTime && now - sent < one.limit.window; });
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
