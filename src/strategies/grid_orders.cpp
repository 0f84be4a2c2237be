#include "strategies/grid_orders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <tuple>

#include "conditions/decision_log.hpp"
#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "core/round.hpp"
#include "indicators/row_windows.hpp"
#include "model/calendar.hpp"
#include "model/cash_flow.hpp"

namespace stom {
namespace {

constexpr std::size_t kAngleRows = 30;
constexpr DurationNanos kExecutionStep = 100 * kMillisecond;
constexpr std::string_view kPart = "part ";  // what is kept of one begins so

/// In the order of GridRefusal.
constexpr std::array<std::string_view, kGridRefusals> kWhy{
    "no price is known",
    "stopped for the day",
    "on the black list",
    "near a round figure",
    "the price is too low",
    "not at this time of day",
    "trades of the day are done",
    "losing trades of the day are done",
    "as many holdings as there may be",
    "too soon after the last trade",
    "too soon after a loss",
    "all parts are done",
    "too few parts are bought",
    "what the size is weighted by is not known",
    "less than one lot",
    "the visible levels are empty",
    "too little cash",
    "an order is under way",
    "the fate of an order is not known",
    "what is held cannot be valued",
    "a person's sale keeps all that is held",
};

constexpr std::string_view kLeftTheList = "it left the watch list", kCameOntoTheList = "it came onto the watch list";

std::string text_of(Amount amount) { return format_decimal_trimmed(Int128{amount.mantissa}, amount.decimals); }
Money money_of(Amount amount) {
  return {static_cast<Int128>(amount.mantissa) * power_of_ten(kMoneyDecimals - amount.decimals)};
}
Money size_of(Money money) { return money.value < 0 ? -money : money; }

Side entry_of(std::int64_t held) { return held > 0 ? Side::Buy : Side::Sell; }

/// What closes a contract must never open one: somebody may have closed it at the venue, of which nobody here has heard
/// yet. What is held at spot cannot be sold twice.
bool only_reduces(const Instrument& instrument, bool enters) {
  return !enters && instrument.kind != ContractKind::Spot;
}

void say_of(Context& context, InstrumentIndex index, std::string_view what) {
  context.log(fmt::format("orders: {} {}", context.instrument(index).id, what));
}

bool is_within(UnixNanos now, UnixNanos then, DurationNanos within) {
  return within > 0 && then != kNoTime && now - then < within;
}

/// Whether the price has moved from `from` against a position (sign -1) or with it by more than that.
bool moved(Price from, Price to, Amount percent, int direction) {
  const Int128 whole = 100 * static_cast<Int128>(power_of_ten(percent.decimals));
  const Int128 now = to.value * whole, then = from.value * (whole + direction * static_cast<Int128>(percent.mantissa));
  return direction > 0 ? now > then : now < then;
}

}  // namespace

GridRow grid_row(const Context& context, InstrumentIndex index, UnixNanos time, Price last) {
  const Calendar& calendar = calendar_of(context.instrument(index).id);
  const std::int32_t day = calendar.trading_day(time);
  const std::int64_t seconds = (time - calendar.start_of(day)) / kSecond;
  const std::int64_t clock = seconds / 3600 * 10'000 + seconds / 60 % 60 * 100 + seconds % 60;
  const CivilDate date = civil_of_day(day);
  return {.instrument = index,
          .time = time,
          .stamp = (date.year * 10'000LL + date.month * 100 + date.day) * 1'000'000 + clock,
          .clock = static_cast<std::uint32_t>(clock % 240'000),
          .last = last};
}

// --- what has happened ------------------------------------------------------------------------------------------

void GridOrders::on_start(Context& context) {
  slots_.resize(context.instruments());
  if (grid_.buy.execution || grid_.sell.execution) context.every(kExecutionStep);
  for (const GridSide* side : {static_cast<const GridSide*>(&grid_.buy), static_cast<const GridSide*>(&grid_.sell)}) {
    if (!side->execution) continue;
    const orders::ExecutionPlan& plan = side->execution->plan;
    const bool by_the_day = plan.kind == orders::ExecutionKind::Vwap && plan.weights.empty();
    for (InstrumentIndex i = 0; i < slots_.size(); ++i) {
      if (by_the_day && !slots_[i].volumes) slots_[i].volumes.emplace(context.now());
      if (by_the_day || plan.kind == orders::ExecutionKind::Pov) context.subscribe_trades(i);
    }
  }
  go_on_with_parts(context);
  if (grid_.buy.cancel_unwatched || grid_.sell.cancel_watched)
    for (InstrumentIndex i = 0; i < slots_.size(); ++i) context.subscribe_watch(i);
  const auto& futures = grid_.futures;
  if (futures.leverage.mantissa == 1 && !futures.leverage_by && !futures.forced_exit) return;
  for (InstrumentIndex i = 0; i < slots_.size(); ++i)
    if (context.instrument(i).kind == ContractKind::Spot)
      say_of(context, i, "[futures] is not for it: it is no contract");
}

std::string GridOrders::to_word(const KeptPart& part) {
  return fmt::format("{}{} {} {:d} {:d} {} {} {} {} {} {}", kPart, part.first, part.last, part.side == Side::Sell,
                     part.enters, part.quantity.value, part.limit.value, part.begun, part.parts_before.first,
                     part.parts_before.second, part.reason);
}

/// Nothing: it is none.
std::optional<GridOrders::KeptPart> GridOrders::read_part(std::string_view word) {
  if (!word.starts_with(kPart)) return std::nullopt;
  word.remove_prefix(kPart.size());
  std::array<std::int64_t, 9> numbers{};
  for (std::int64_t& number : numbers) {
    const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
    const auto length = static_cast<std::size_t>(read.ptr - word.data());
    if (read.ec != std::errc{} || length >= word.size() || word[length] != ' ') return std::nullopt;
    word.remove_prefix(length + 1);
  }
  const auto [first, last, sells, enters, quantity, limit, begun, bought, sold] = numbers;
  if (first <= 0 || last < 0 || quantity <= 0) return std::nullopt;
  return KeptPart{.first = static_cast<ClientOrderId>(first),
                  .last = static_cast<ClientOrderId>(last),
                  .side = sells != 0 ? Side::Sell : Side::Buy,
                  .enters = enters != 0,
                  .quantity = {quantity},
                  .limit = {limit},
                  .begun = begun,
                  .parts_before = {static_cast<int>(bought), static_cast<int>(sold)},
                  .reason = std::string{word}};
}

/// Folds the fills of before, those of one part together, and carries on with the part that was under way.
void GridOrders::go_on_with_parts(Context& context) {
  std::vector<std::optional<KeptPart>> kept(slots_.size());
  for (InstrumentIndex i = 0; i < slots_.size(); ++i) {
    kept[i] = read_part(context.kept(i));
    if (!kept[i]) continue;
    Slot& slot = slots_[i];
    slot.first_child = kept[i]->first;
    slot.last_child = kept[i]->last != 0 ? kept[i]->last : kParentIds;  // all that came behind it
    slot.enters = kept[i]->enters;
    slot.parts_before = kept[i]->parts_before;
    slot.restores = true;
  }
  ClientOrderId newest = 0;
  for (const Fill& fill : context.earlier_fills()) {
    if (fill.instrument >= slots_.size()) continue;
    fold(context, fill, fill.time);
    if (fill.order <= kParentIds) newest = std::max(newest, fill.order);
  }
  for (const WorkingOrder& order : context.orders()) {
    if (order.instrument >= slots_.size() || !context.hears_of(order.id)) continue;
    slots_[order.instrument].of_before = order.id;
    if (order.id <= kParentIds) newest = std::max(newest, order.id);
  }
  for (InstrumentIndex i = 0; i < slots_.size(); ++i)
    if (kept[i]) go_on_with(context, i, std::move(*kept[i]), newest);
}

void GridOrders::go_on_with(Context& context, InstrumentIndex i, KeptPart part, ClientOrderId newest) {
  Slot& slot = slots_[i];
  const bool has_filled = !std::exchange(slot.restores, false);
  if (part.last != 0) return context.keep(i, to_word(part));  // which orders are one part counts while it is held
  part.last = slot.last_child = std::max(newest, part.first);
  if (!has_filled && slot.held != 0) std::tie(slot.position.buys, slot.position.sells) = part.parts_before;
  const auto is_over = [&](const std::string& why) {
    context.keep(i, to_word(part));
    say_of(context, i, "the execution of before is not carried on: " + why);
  };
  const GridSide& rules = part.enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  if (!rules.execution) return is_over("the file has none there any more");
  orders::ExecutionPlan plan = plan_of_part(context, i, part.side, part.quantity, part.limit, part.enters);
  if (plan.over > 0) {  // it ends when it would have
    const DurationNanos passed = context.now() - part.begun;
    if (passed >= plan.over) plan.takes_the_rest = false;  // that was to be done then, and not at the price of now
    plan.over = std::max<DurationNanos>(plan.over - std::max<DurationNanos>(passed, 0), plan.slices);
  }
  const auto resumed = slot.execution.resume(context, std::move(plan), part.first);
  if (!resumed) return is_over(resumed.error().message + "; " + resumed.error().hint);
  const auto text = [&](Quantity of) { return format_decimal(of.value, context.instrument(i).quantity_decimals); };
  say_of(context, i,
         fmt::format("the execution of before goes on: {} of {} is done", text(slot.execution.execution()->filled()),
                     text(part.quantity)));
  slot.of_before = 0;
  slot.sent = {.at = part.begun, .order = {}, .reason = part.reason};
  slot.end_kept = false;
  keep_part(context, i);
}

void GridOrders::fold(const Context& context, Fill fill, UnixNanos time) {
  const Instrument& instrument = context.instrument(fill.instrument);
  Slot& slot = slots_[fill.instrument];
  slot.begin_day(calendar_of(instrument.id).trading_day(time));
  slot.last_trade = time;
  Position& position = slot.position;
  // What a person bought or sold is held or is not, and is no part.
  const bool is_own = context.hears_of(fill.order);
  const int part = is_own && !slot.is_counted(fill.order) ? 1 : 0;
  if (slot.held == 0) position = {.entry = fill.side, .first = fill.price};
  if (is_own && slot.restores && slot.is_child(fill.order)) {
    slot.restores = false;
    std::tie(position.buys, position.sells) = slot.parts_before;
  }
  if (fill.side == position.entry) {
    position.buys += part;
    position.latest = fill.price;
    position.bought += fill.quantity.value;
    position.cash += cash_of_fill(instrument, fill.side, fill.price, fill.quantity);
    position.fees += fill.fee;
  } else {
    position.sells += part;
    const std::int64_t open = std::abs(slot.held);
    const Quantity left{std::min(fill.quantity.value, open)};
    const Money entered{share_of(position.cash.value, left.value, open)};
    const Money paid{share_of(position.fees.value, left.value, open)};
    const Money result = entered - paid + cash_of_fill(instrument, fill.side, fill.price, left) - fill.fee;
    position.cash -= entered;
    position.fees -= paid;
    position.result += result;
    slot.result += result;
    if (left.value < fill.quantity.value) {  // through to the other side: two fills in one
      Fill rest = fill;
      rest.quantity -= left;
      rest.fee = {};
      fill.quantity = left;
      slot.close(time);
      return fold(context, rest, time);
    }
  }
  if (is_own) position.counted = fill.order;
  slot.held += sign_of(fill.side) * fill.quantity.value;
  if (slot.held == 0) slot.close(time);
}

void GridOrders::Slot::begin_day(std::int32_t now) {
  if (now == day) return;
  day = now;
  trades = losses = 0;
  result = {};
  changes.clear();
}

/// A fill of an earlier order of an execution may come behind those of a later one.
bool GridOrders::Slot::is_counted(ClientOrderId id) const {
  return id == position.counted || (is_child(id) && is_child(position.counted));
}

void GridOrders::Slot::close(UnixNanos time) {
  ++trades;
  if (position.result.value < 0) {
    ++losses;
    last_loss = time;
  }
  held = 0;
  position = {};
  leaving.clear();
  then_leave.clear();
  leverage.reset();
}

void GridOrders::take_row(const Context& context, const GridRow& row) {
  Slot& slot = slots_[row.instrument];
  slot.begin_day(calendar_of(context.instrument(row.instrument).id).trading_day(row.time));
  slot.row = row;
  // An order of a person's has closed it, of which nobody was told.
  if (slot.held != 0 && context.position(row.instrument).value == 0) slot.close(row.time);
  if (!grid_.buy.weight) return;
  if (slot.changes.size() == kAngleRows) slot.changes.erase(slot.changes.begin());
  slot.changes.emplace_back(row.change, row.day_value);
}

// --- each row -----------------------------------------------------------------------------------------------------

bool GridOrders::on_row(Context& context, const GridRow& row) {
  take_row(context, row);
  if (context.position(row.instrument).value != 0) {
    if (const std::string reason = stop_reason(context, row); !reason.empty()) {
      leave_all(context, row, reason);
      return false;
    }
  }
  if (!slots_[row.instrument].then_leave.empty()) {
    go_on_leaving(context, row);
    return false;
  }
  on_watch(context, row.instrument);  // also what was told while nobody listened
  take_back_unwanted(context, row.instrument);
  const auto order = under_way(context, row.instrument);
  if (order) look_after(context, row, *order);
  if (exit_by_price(context, row)) return false;
  return order || !entry_by_price(context, row);
}

std::string GridOrders::stop_reason(Context& context, const GridRow& row) {
  const Slot& slot = slots_[row.instrument];
  if (!slot.leaving.empty()) return slot.leaving;
  const bool is_contract = context.instrument(row.instrument).kind != ContractKind::Spot;
  const auto& forced = grid_.futures.forced_exit;
  if (grid_.stop.percent || grid_.stop.money || (forced && is_contract)) {
    const auto now = worth(context, row.instrument);
    if (!now) {
      no(context, row.instrument, false, GridRefusal::NotValued);
    } else {
      if (grid_.stop.percent && now->profit <= -share_of(now->purchase, *grid_.stop.percent))
        return "stop -" + text_of(*grid_.stop.percent) + " %";
      if (grid_.stop.money && now->profit <= -money_of(*grid_.stop.money)) return "stop -" + text_of(*grid_.stop.money);
      if (forced && is_contract) {
        // Where another process knew the leverage of the entry: the highest that it can have been.
        Amount leverage = slot.leverage.value_or(grid_.futures.leverage);
        if (!slot.leverage && grid_.futures.leverage_by)
          leverage = *std::ranges::max_element(grid_.futures.leverage_by->factors, {}, [](Amount factor) {
            return to_double(factor.mantissa, factor.decimals);
          });
        const Int128 times = share_of(now->profit.value, leverage.mantissa, power_of_ten(leverage.decimals));
        if (Money{times} < -share_of(now->purchase, *forced)) return "forced exit -" + text_of(*forced) + " %";
      }
    }
  }
  return day_stop(context, row);
}

std::string GridOrders::day_stop(const Context& context, const GridRow& row) {
  const auto& [bet, by_assets, most, check_cash, loss, profit] = grid_.account;
  if (!loss && !profit) return {};
  const std::string& currency = context.instrument(row.instrument).settlement();
  const std::int32_t day = slots_[row.instrument].day;
  DayStop& stopped = stopped_[currency];
  if (stopped.day == day) return stopped.reason;
  Money result{};
  for (InstrumentIndex i = 0; i < slots_.size(); ++i) {
    if (context.instrument(i).settlement() != currency) continue;
    if (slots_[i].day == day) result += slots_[i].result;
    if (const auto open = worth(context, i)) result += open->profit;
  }
  const Money before = account_equity(context, row.instrument) - result;
  if (before.value <= 0) return {};
  if (loss && result <= -share_of(before, *loss)) stopped = {day, "day's loss -" + text_of(*loss) + " %"};
  if (profit && result >= share_of(before, *profit)) stopped = {day, "day's profit " + text_of(*profit) + " %"};
  return stopped.day == day ? stopped.reason : std::string{};
}

std::optional<GridOrders::Worth> GridOrders::worth(const Context& context, InstrumentIndex index) const {
  const Slot& slot = slots_[index];
  const Position& position = slot.position;
  const Quantity held{std::abs(context.position(index).value)};
  const std::int64_t open = std::abs(slot.held);
  const Price price = slot.row.last;
  if (held.value == 0 || open == 0 || price == kNoPrice || price.value <= 0) return {};
  const Instrument& instrument = context.instrument(index);
  const Money entered{share_of(position.cash.value, held.value, open)};
  const Money paid{share_of(position.fees.value, held.value, open)};
  const Side leaving = opposite(position.entry);
  // Where only the venue knows what leaving costs: as much as the entry did.
  const Money to_pay = context.cost_of_taking(index, leaving, price, held).value_or(paid);
  return Worth{entered + cash_of_fill(instrument, leaving, price, held) - paid - to_pay, size_of(entered)};
}

std::optional<WorkingOrder> GridOrders::under_way(const Context& context, InstrumentIndex index) const {
  for (const WorkingOrder& order : context.orders())
    if (order.instrument == index && context.hears_of(order.id)) return order;
  const ExecutionOrders& execution = slots_[index].execution;
  if (execution.is_over()) return std::nullopt;
  const orders::ExecutionPlan& plan = execution.execution()->plan();
  return WorkingOrder{.instrument = index,
                      .side = plan.side,
                      .status = OrderStatus::Working,
                      .quantity = plan.quantity,
                      .leaves = execution.execution()->left()};
}

bool GridOrders::may_cancel(const WorkingOrder& order) const {
  const ExecutionOrders& execution = slots_[order.instrument].execution;
  return execution.is_over() ? order.cancelable() : !execution.execution()->is_stopping();
}

void GridOrders::look_after(Context& context, const GridRow& row, const WorkingOrder& order) {
  Slot& slot = slots_[row.instrument];
  const std::int64_t held = context.position(row.instrument).value;
  const bool enters = held == 0 || order.side == entry_of(held);
  const GridSide& rules = enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  if (order.status == OrderStatus::Unknown) no(context, row.instrument, enters, GridRefusal::Unknown);
  if (!slot.execution.is_over()) return look_after_execution(context, row, order, rules, enters);
  if (!order.cancelable()) return;
  Sent& sent = slot.sent;
  if (order.id == slot.of_before && rules.execution)
    return cancel(context, order, "its execution ended with the process before");
  if (sent.id != order.id) {  // of another process: its time begins here
    const NewOrder was{.id = order.id,
                       .instrument = order.instrument,
                       .side = order.side,
                       .type = order.type,
                       .quantity = order.quantity,
                       .price = order.price};
    sent = {.id = order.id, .at = row.time, .order = was, .leaves = order.leaves, .reason = {}};
  }
  if (enters && !day_stop(context, row).empty()) return cancel(context, order, "stopped for the day");
  if (rules.cancel_after > 0 && row.time - sent.at >= rules.cancel_after)
    return cancel(context, order, "after " + format_duration(rules.cancel_after));
  if (order.type != OrderType::Limit || sent.amends >= rules.amend_times || row.last == kNoPrice) return;
  const Instrument& instrument = context.instrument(row.instrument);
  const int away = sign_of(order.side) * rules.amend_beyond;
  const Price bound = step(instrument, order.price, away);
  if (order.side == Side::Buy ? row.last <= bound : row.last >= bound) return;
  sent.replace = true;
  context.cancel(order.id);
}

/// Only whether it goes on is the grid's to say.
void GridOrders::look_after_execution(Context& context, const GridRow& row, const WorkingOrder& order,
                                      const GridSide& rules, bool enters) {
  if (may_cancel(order)) {
    const UnixNanos since = slots_[row.instrument].sent.at;
    if (enters && !day_stop(context, row).empty())
      cancel(context, order, "stopped for the day");
    else if (rules.cancel_after > 0 && row.time - since >= rules.cancel_after)
      cancel(context, order, "after " + format_duration(rules.cancel_after));
  }
  step_execution(context, row.instrument);
}

void GridOrders::step_execution(Context& context, InstrumentIndex index) {
  Slot& slot = slots_[index];
  if (slot.execution.is_over()) {
    if (!slot.end_kept) note_child(context, index);  // somebody has stopped it
    return;
  }
  slot.execution.step(context);
  note_child(context, index);
}

/// After whatever may have sent another of its orders, or ended it, and before anything is told of that.
void GridOrders::note_child(Context& context, InstrumentIndex index) {
  Slot& slot = slots_[index];
  const ClientOrderId child = slot.execution.execution()->child();
  if (child != 0 && !slot.is_child(child)) {
    const bool is_first = slot.first_child == 0;
    if (is_first) slot.first_child = child;
    slot.last_child = child;
    if (!slot.sent.reason.empty()) context.tag(child, slot.sent.reason);
    if (is_first) keep_part(context, index);
  }
  if (slot.end_kept || !slot.execution.is_over()) return;
  slot.end_kept = true;
  if (slot.first_child != 0) keep_part(context, index);
}

/// For the process after this one: which orders are this part, and what it is, as long as it is under way.
void GridOrders::keep_part(Context& context, InstrumentIndex index) {
  const Slot& slot = slots_[index];
  const orders::ExecutionPlan& plan = slot.execution.execution()->plan();
  context.keep(index, to_word({.first = slot.first_child,
                               .last = slot.execution.is_over() ? slot.last_child : 0,
                               .side = plan.side,
                               .enters = slot.enters,
                               .quantity = plan.quantity,
                               .limit = plan.limit,
                               .begun = slot.sent.at,
                               .parts_before = slot.parts_before,
                               .reason = slot.sent.reason}));
}

void GridOrders::on_timer(Context& context) {
  for (InstrumentIndex i = 0; i < slots_.size(); ++i) step_execution(context, i);
}

void GridOrders::on_trade(Context& context, const TradeTick& trade) {
  Slot& slot = slots_[trade.instrument];
  if (slot.volumes) slot.volumes->add(trade.time, trade.quantity);
  if (slot.execution.is_over()) return;
  slot.execution.on_trade(context, trade);
  note_child(context, trade.instrument);
}

void GridOrders::each_execution(const std::function<void(ExecutionOrders&)>& show) {
  for (Slot& slot : slots_)
    if (slot.execution.execution() != nullptr) show(slot.execution);
}

void GridOrders::cancel(Context& context, const WorkingOrder& order, std::string_view why) {
  Slot& slot = slots_[order.instrument];
  const bool is_one = slot.execution.is_over();
  say_of(context, order.instrument,
         fmt::format("{} {}: {}", order.side == Side::Buy ? "buy" : "sell", is_one ? "canceled" : "stopped", why));
  slot.sent.replace = false;
  if (is_one)
    context.cancel(order.id);
  else
    slot.execution.stop(context);
  if (!is_one) note_child(context, order.instrument);
}

void GridOrders::on_watch(Context& context, InstrumentIndex index) {
  Slot& slot = slots_[index];
  const auto now = context.watched(index);
  if (!now || now == slot.watched) return;
  // Of what was told first nobody knows since when: who is on the list may have been there as the sale was sent.
  const bool enters_list = *now && slot.watched.has_value();
  slot.watched = now;
  const auto order = under_way(context, index);
  if (!order || !slot.leaving.empty()) return;  // what leaves by a stop is past every rule
  const bool is_buy = waits(context, index) == Waits::Entry;
  if (is_buy ? *now || !grid_.buy.cancel_unwatched : !enters_list || !grid_.sell.cancel_watched) return;
  if (!slot.execution.is_over()) {  // it ends now, whatever its order waits for
    if (may_cancel(*order)) cancel(context, *order, is_buy ? kLeftTheList : kCameOntoTheList);
    return;
  }
  slot.unwanted = order->id;
  slot.sent.replace = false;
  take_back_unwanted(context, index);
}

void GridOrders::take_back_unwanted(Context& context, InstrumentIndex index) {
  const auto order = under_way(context, index);
  if (!order || !slots_[index].execution.is_over() || order->id != slots_[index].unwanted || !order->cancelable())
    return;
  const bool is_buy = waits(context, index) == Waits::Entry;
  cancel(context, *order, is_buy ? kLeftTheList : kCameOntoTheList);
}

/// Of the position's return, further each time; the rest of the last part as far as that.
bool GridOrders::exit_by_price(Context& context, const GridRow& row) {
  const auto& rules = grid_.sell;
  if (context.position(row.instrument).value == 0 || (!rules.below && !rules.above)) return false;
  if (waits(context, row.instrument) == Waits::Exit) return false;
  const auto now = worth(context, row.instrument);
  if (!now) return false;
  const int part = std::min(slots_[row.instrument].position.sells + 1, rules.parts);
  const auto bound = [&](Amount percent) { return Amount{percent.mantissa * part, percent.decimals}; };
  if (rules.below && now->profit < -share_of(now->purchase, bound(*rules.below)))
    return leave(context, row, "below -" + text_of(bound(*rules.below)) + " %", false);
  if (rules.above && now->profit > share_of(now->purchase, bound(*rules.above)))
    return leave(context, row, "above " + text_of(bound(*rules.above)) + " %", false);
  return false;
}

bool GridOrders::entry_by_price(Context& context, const GridRow& row) {
  const auto& rules = grid_.buy;
  if (context.position(row.instrument).value == 0 || row.last == kNoPrice || (!rules.below && !rules.above))
    return false;
  const Position& position = slots_[row.instrument].position;
  if (position.buys == 0 || position.buys >= rules.parts || position.sells > 0) return false;
  const int up = sign_of(position.entry);
  bool wanted = false;
  if (rules.from_last_buy) {
    wanted = (rules.below && moved(position.latest, row.last, *rules.below, -up)) ||
             (rules.above && moved(position.latest, row.last, *rules.above, up));
  } else if (const auto now = worth(context, row.instrument)) {
    wanted = (rules.below && now->profit < -share_of(now->purchase, *rules.below)) ||
             (rules.above && now->profit > share_of(now->purchase, *rules.above));
  }
  return wanted && enter(context, row, position.entry, false);
}

// --- wishes -------------------------------------------------------------------------------------------------------

GridOrders::Waits GridOrders::waits(const Context& context, InstrumentIndex index) const {
  const auto order = under_way(context, index);
  if (!order) return Waits::Nothing;
  const std::int64_t held = context.position(index).value;
  return held == 0 || order->side == entry_of(held) ? Waits::Entry : Waits::Exit;
}

bool GridOrders::may_add(InstrumentIndex index) const {
  const Position& position = slots_[index].position;
  return grid_.buy.by_signal && position.buys > 0 && position.buys < grid_.buy.parts && position.sells == 0;
}

std::optional<GridRefusal> GridOrders::forbidden(const GridRow& row, const Instrument& instrument, Side side) const {
  if (std::ranges::any_of(grid_.buy.black_list, [&](const std::string& code) {
        return code == instrument.id || instrument.id.ends_with(":" + code);
      }))
    return GridRefusal::BlackList;
  if (std::ranges::any_of(grid_.buy.not_between, [&](ClockSpan span) { return span.has(row.clock); }))
    return GridRefusal::Clock;
  if (row.last == kNoPrice) return GridRefusal::Price;
  const int ticks = grid_.buy.round_figure_ticks;
  // A short is entered as a long is left: below a round figure it is the one that is near its support.
  if (ticks > 0 && (side == Side::Buy ? above_round_figure(instrument, row.last, ticks)
                                      : below_round_figure(instrument, row.last, ticks)))
    return GridRefusal::RoundFigure;
  if (const auto& most = grid_.buy.price_at_most) {
    const Int128 price = static_cast<Int128>(row.last.value) * power_of_ten(most->decimals);
    if (price <= static_cast<Int128>(most->mantissa) * power_of_ten(instrument.price_decimals))
      return GridRefusal::PriceAtMost;
  }
  return {};
}

bool GridOrders::enter(Context& context, const GridRow& row, Side side, bool by_signal) {
  const InstrumentIndex i = row.instrument;
  const Slot& slot = slots_[i];
  const std::int64_t held = context.position(i).value;
  if (held != 0 && entry_of(held) != side) return false;
  const auto order = under_way(context, i);
  if (held != 0 && order && order->side != side) {
    if (grid_.sell.cancel_on_signal && may_cancel(*order)) cancel(context, *order, "a signal to buy");
    return false;
  }
  const auto& rules = grid_.buy;
  const auto is_no = [&](GridRefusal why) { return no(context, i, true, why); };
  if (!day_stop(context, row).empty()) return is_no(GridRefusal::DayStop);
  if (const auto why = forbidden(row, context.instrument(i), side)) return is_no(*why);
  if (held == 0 && !order) {
    if (rules.trades_a_day > 0 && slot.trades >= rules.trades_a_day) return is_no(GridRefusal::TradesOfDay);
    if (rules.losses_a_day > 0 && slot.losses >= rules.losses_a_day) return is_no(GridRefusal::LossesOfDay);
    if (grid_.account.max_holdings > 0 && holdings(context) >= grid_.account.max_holdings)
      return is_no(GridRefusal::Holdings);
  }
  if (is_within(row.time, slot.last_trade, rules.after_trade)) return is_no(GridRefusal::AfterTrade);
  if (is_within(row.time, slot.last_loss, rules.after_loss)) return is_no(GridRefusal::AfterLoss);
  const bool is_next = slot.position.buys > 0 && slot.position.buys < rules.parts && slot.position.sells == 0;
  if (held != 0 && (!is_next || (by_signal && !rules.by_signal))) return is_no(GridRefusal::Parts);
  const auto price = price_of(context, row, side, true);
  if (!price) return is_no(GridRefusal::Price);
  const auto quantity = part_to_enter(context, row, side, *price);
  if (!quantity) return false;
  if (grid_.account.check_cash && !has_cash(context, i, side, *price, *quantity)) return is_no(GridRefusal::Cash);
  if (order) return is_no(order->status == OrderStatus::Unknown ? GridRefusal::Unknown : GridRefusal::Pending);
  return carry_out(context, row, side, *quantity, *price, {}, true);
}

bool GridOrders::leave(Context& context, const GridRow& row, std::string_view reason, bool by_signal) {
  const InstrumentIndex i = row.instrument;
  Slot& slot = slots_[i];
  const std::int64_t held = context.position(i).value;
  auto order = under_way(context, i);
  const bool buys = order && (held == 0 || order->side == entry_of(held));
  if (buys && by_signal && grid_.buy.cancel_on_signal && may_cancel(*order)) {
    cancel(context, *order, "a signal to sell");
    order = under_way(context, i);
  }
  if (held == 0) return false;
  const auto& rules = grid_.sell;
  const auto is_no = [&](GridRefusal why) { return no(context, i, false, why); };
  if (std::ranges::any_of(rules.not_between, [&](ClockSpan span) { return span.has(row.clock); }))
    return is_no(GridRefusal::Clock);
  const Instrument& instrument = context.instrument(i);
  if (rules.round_figure_ticks > 0 && row.last != kNoPrice &&
      (held > 0 ? below_round_figure(instrument, row.last, rules.round_figure_ticks)
                : above_round_figure(instrument, row.last, rules.round_figure_ticks)))
    return is_no(GridRefusal::RoundFigure);
  if (is_within(row.time, slot.last_trade, rules.after_trade)) return is_no(GridRefusal::AfterTrade);
  if (slot.position.buys > 0 && slot.position.buys < rules.after_parts) return is_no(GridRefusal::FirstParts);
  if (by_signal && !rules.by_signal && slot.position.sells > 0) return is_no(GridRefusal::Parts);
  if (order && (!buys || order->status == OrderStatus::Unknown))
    return is_no(order->status == OrderStatus::Unknown ? GridRefusal::Unknown : GridRefusal::Pending);
  const Quantity free = free_to_leave(context, i);
  if (free.value == 0) return is_no(GridRefusal::ForSale);
  if (order) {
    slot.then_leave = reason;
    go_on_leaving(context, row);
    return true;
  }
  const Side side = opposite(entry_of(held));
  const auto price = price_of(context, row, side, false);
  if (!price) return is_no(GridRefusal::Price);
  Quantity quantity{std::abs(held)};
  const int part = slot.position.sells + 1;
  if (part < rules.parts && slot.position.bought > 0) {
    const std::int64_t lot = instrument.lot.value;
    const std::int64_t share = lots_of_part(rules.shares, rules.parts, part, slot.position.bought / lot);
    quantity = std::min(quantity, Quantity{std::max<std::int64_t>(share, 1) * lot});
  }
  const Quantity wanted = quantity;
  quantity = shown(context, row, rules, side, std::min(wanted, free));
  if (quantity.value == 0) return is_no(GridRefusal::Depth);
  if (free < wanted) say_kept(context, i, wanted, free);
  return carry_out(context, row, side, quantity, *price, reason, false);
}

/// The buy that waits is taken back, or was: the sale follows.
void GridOrders::go_on_leaving(Context& context, const GridRow& row) {
  Slot& slot = slots_[row.instrument];
  if (const auto order = under_way(context, row.instrument)) {
    slot.sent.replace = false;
    if (may_cancel(*order)) cancel(context, *order, "what is held is to be sold");
    if (under_way(context, row.instrument)) return;
  }
  const std::string reason = std::exchange(slot.then_leave, {});
  leave(context, row, reason, false);
}

void GridOrders::leave_all(Context& context, const GridRow& row, std::string_view reason) {
  Slot& slot = slots_[row.instrument];
  const std::int64_t held = context.position(row.instrument).value;
  slot.leaving = held != 0 ? std::string{reason} : std::string{};
  slot.then_leave.clear();
  const Quantity free = free_to_leave(context, row.instrument);
  if (const auto order = under_way(context, row.instrument)) {
    const bool does_it =
        held != 0 && order->side != entry_of(held) && order->type == OrderType::Market && order->leaves >= free;
    if (order->status == OrderStatus::Unknown) no(context, row.instrument, false, GridRefusal::Unknown);
    if (!does_it && may_cancel(*order)) cancel(context, *order, reason);
    if (under_way(context, row.instrument)) return;
  }
  if (held == 0) return;
  if (free.value == 0) {
    no(context, row.instrument, false, GridRefusal::ForSale);
    return;
  }
  if (free.value < std::abs(held)) say_kept(context, row.instrument, {std::abs(held)}, free);
  send(context, row,
       {.instrument = row.instrument,
        .side = opposite(entry_of(held)),
        .type = OrderType::Market,
        .reduce_only = only_reduces(context.instrument(row.instrument), false),
        .quantity = free},
       slot.leaving, false);
}

/// A spot venue puts the coins of an order that waits aside: a sale of more than the rest is refused as
/// a whole, and then nothing would leave.
Quantity GridOrders::free_to_leave(const Context& context, InstrumentIndex index) const {
  const std::int64_t held = context.position(index).value;
  if (context.instrument(index).kind != ContractKind::Spot || held <= 0) return {std::abs(held)};
  std::int64_t free = held;
  for (const WorkingOrder& order : context.orders())
    if (order.instrument == index && order.side == Side::Sell && !context.hears_of(order.id))
      free -= std::min(free, order.leaves.value);
  return {free};
}

void GridOrders::say_kept(Context& context, InstrumentIndex index, Quantity wanted, Quantity free) {
  const auto text = [&](Quantity of) { return format_decimal(of.value, context.instrument(index).quantity_decimals); };
  say_of(context, index,
         fmt::format("a person's sale keeps {} of {}: {} is sold", text(wanted - free), text(wanted), text(free)));
}

/// Before it is acted on, as the texts' own decisions are.
void GridOrders::tell(Context& context, const GridRow& row, Side side, std::string_view reason, bool enters) {
  const Instrument& instrument = context.instrument(row.instrument);
  const bool buys = side == Side::Buy;
  const std::string_view act = instrument.kind == ContractKind::Spot ? (buys ? "buy" : "sell")
                               : enters                              ? (buys ? "buy_long" : "sell_short")
                                                                     : (buys ? "buy_short" : "sell_long");
  context.log(conditions::to_line({row.stamp, instrument.id, std::string{act}, std::string{reason}}));
}

bool GridOrders::carry_out(Context& context, const GridRow& row, Side side, Quantity quantity, Price price,
                           std::string_view reason, bool enters) {
  const GridSide& rules = enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  const InstrumentIndex i = row.instrument;
  if (!rules.execution) {
    send(context, row,
         {.instrument = i,
          .side = side,
          .type = rules.type,
          .time_in_force = rules.time_in_force,
          .reduce_only = only_reduces(context.instrument(i), enters),
          .quantity = quantity,
          .price = rules.type == OrderType::Limit ? price : Price{}},
         reason, enters);
    return true;
  }
  const Instrument& instrument = context.instrument(i);
  const std::int64_t lots = quantity.value / instrument.lot.value;
  if (lots == 0) return no(context, i, enters, GridRefusal::TooSmall);
  Slot& slot = slots_[i];
  orders::ExecutionPlan plan = plan_of_part(context, i, side, {lots * instrument.lot.value},
                                            rules.type == OrderType::Limit ? price : kNoPrice, enters);
  if (const auto begun = slot.execution.begin(context, std::move(plan)); !begun) {
    say_of(context, i, fmt::format("no execution: {}; {}", begun.error().message, begun.error().hint));
    return false;
  }
  tell(context, row, side, reason, enters);
  slot.sent = {.at = row.time, .order = {}, .reason = std::string{reason}};
  slot.first_child = slot.last_child = 0;
  slot.enters = enters;
  slot.parts_before = {slot.position.buys, slot.position.sells};
  slot.end_kept = false;
  step_execution(context, i);
  return true;
}

orders::ExecutionPlan GridOrders::plan_of_part(Context& context, InstrumentIndex i, Side side, Quantity quantity,
                                               Price limit, bool enters) {
  const GridSide& rules = enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  const Instrument& instrument = context.instrument(i);
  Slot& slot = slots_[i];
  orders::ExecutionPlan plan = rules.execution->plan;
  plan.instrument = i;
  plan.side = side;
  plan.quantity = quantity;
  plan.reduce_only = only_reduces(instrument, enters);
  plan.limit = limit;
  if (const auto& percent = rules.execution->shown) {
    const Int128 shows = divide(Int128{quantity.value / instrument.lot.value} * percent->mantissa,
                                Int128{100} * power_of_ten(percent->decimals), Rounding::Ceil);
    plan.shown = {static_cast<std::int64_t>(shows) * instrument.lot.value};
  }
  if (plan.kind == orders::ExecutionKind::Vwap && plan.weights.empty() && slot.volumes) {
    plan.weights = slot.volumes->weights(context.now(), plan.over, plan.slices);
    if (plan.weights.empty())
      say_of(context, i, "the same time of the day before was not heard, or nothing was traded: even parts");
  }
  return plan;
}

void GridOrders::send(Context& context, const GridRow& row, const NewOrder& order, std::string_view reason,
                      bool enters) {
  tell(context, row, order.side, reason, enters);
  const ClientOrderId id = context.submit(order);
  if (!reason.empty()) context.tag(id, reason);
  slots_[order.instrument].sent = {
      .id = id, .at = row.time, .order = order, .leaves = order.quantity, .reason = std::string{reason}};
}

/// A fill counts at the row that it came after: the same in every mode, whatever clock stamps it. Those of before this
/// process have their own time alone.
void GridOrders::on_order(Context& context, const OrderEvent& event) {
  if (event.instrument >= slots_.size()) return;
  if (event.kind == OrderEventKind::Accepted) take_back_unwanted(context, event.instrument);
  Slot& slot = slots_[event.instrument];
  if (event.kind == OrderEventKind::Filled)
    fold(context, fill_of(event), slot.row.time != 0 ? slot.row.time : event.time);
  if (slot.execution.execution() != nullptr) {
    slot.execution.on_order(context, event);
    note_child(context, event.instrument);
  }
  Sent& sent = slot.sent;
  const bool is_over = context.order(event.id) == nullptr;
  if (event.id == sent.id) {
    if (event.kind == OrderEventKind::Filled) sent.leaves = event.leaves;
    if (event.kind == OrderEventKind::CancelRejected) sent.replace = false;
    // Only a venue that says "canceled" frees what is left for another order.
    if (event.kind == OrderEventKind::Canceled && sent.replace && sent.leaves.value > 0 && slot.leaving.empty() &&
        slot.then_leave.empty())
      return send_amended(context, slot);
  }
  const bool ends = event.kind == OrderEventKind::Canceled || event.kind == OrderEventKind::Filled ||
                    event.kind == OrderEventKind::Expired;
  if (!ends || !is_over || under_way(context, event.instrument)) return;
  if (!slot.leaving.empty())
    leave_all(context, slot.row, std::string{slot.leaving});
  else if (!slot.then_leave.empty())
    go_on_leaving(context, slot.row);
}

/// What has changed since the order was first sent.
std::optional<GridRefusal> GridOrders::keeps_back(const Context& context, const Slot& slot, const NewOrder& amended,
                                                  bool enters) {
  if (!enters) return {};
  if (!day_stop(context, slot.row).empty()) return GridRefusal::DayStop;
  if (grid_.account.check_cash && !has_cash(context, amended.instrument, amended.side, amended.price, amended.quantity))
    return GridRefusal::Cash;
  return {};
}

void GridOrders::send_amended(Context& context, Slot& slot) {
  Sent& sent = slot.sent;
  sent.replace = false;
  NewOrder order = sent.order;
  const std::int64_t held = context.position(order.instrument).value;
  const bool enters = held == 0 || order.side == entry_of(held);
  const GridSide& rules = enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  const Instrument& instrument = context.instrument(order.instrument);
  order.id = 0;
  order.reduce_only = only_reduces(instrument, enters);  // of one of another process nobody knows whether it was
  order.quantity = sent.leaves;
  if (slot.row.last == kNoPrice) {
    no(context, order.instrument, enters, GridRefusal::Price);
    return;
  }
  order.price = step(instrument, slot.row.last, -sign_of(order.side) * rules.amend_ticks);
  if (const auto why = keeps_back(context, slot, order, enters)) {
    no(context, order.instrument, enters, *why);
    return;
  }
  ++sent.amends;
  say_of(context, order.instrument,
         fmt::format("{} amended, {} of {}: {} at {}", order.side == Side::Buy ? "buy" : "sell", sent.amends,
                     rules.amend_times, format_decimal(order.quantity.value, instrument.quantity_decimals),
                     format_decimal(order.price.value, instrument.price_decimals)));
  const ClientOrderId id = context.submit(order);
  if (!sent.reason.empty()) context.tag(id, sent.reason);
  if (slot.position.counted == sent.id) slot.position.counted = id;  // it is the same part
  sent.id = id;
  sent.at = slot.row.time;
  sent.order = order;
}

// --- prices and sizes ---------------------------------------------------------------------------------------------

std::optional<Price> GridOrders::price_of(const Context& context, const GridRow& row, Side side, bool enters) const {
  const GridSide& rules = enters ? static_cast<const GridSide&>(grid_.buy) : grid_.sell;
  const BookView& book = context.book(row.instrument);
  if (rules.type == OrderType::Market) {
    const Price meets = entry_price(book, sign_of(side), row.last);
    return meets == kNoPrice ? std::nullopt : std::optional{meets};
  }
  const bool mirrored = (side == Side::Buy) != enters;  // a short, entered or left
  const bool ask = (rules.price == GridPrice::Ask1) != mirrored;
  const Price from = rules.price == GridPrice::Last ? row.last : ask ? book.best_ask : book.best_bid;
  if (from == kNoPrice || from.value <= 0) return {};
  return step(context.instrument(row.instrument), from, mirrored ? -rules.ticks : rules.ticks);
}

std::optional<Quantity> GridOrders::part_to_enter(Context& context, const GridRow& row, Side side, Price price) {
  const InstrumentIndex i = row.instrument;
  const Instrument& instrument = context.instrument(i);
  Slot& slot = slots_[i];
  const auto is_no = [&](GridRefusal why) {
    no(context, i, true, why);
    return std::nullopt;
  };
  const auto of_bands = [&](const std::optional<GridBands>& bands, Amount otherwise) -> std::optional<Amount> {
    if (!bands) return otherwise;
    const auto value = factor(row, instrument, bands->by);
    return value ? std::optional{factor_at(*bands, *value)} : std::nullopt;
  };
  const auto weight = of_bands(grid_.buy.weight, {1, 0});
  if (!weight) return is_no(GridRefusal::Factor);
  const Price at = grid_.buy.at_first_price && slot.held != 0 ? slot.position.first : price;
  const auto weighted = [](Int128 value, Amount by) { return share_of(value, by.mantissa, power_of_ten(by.decimals)); };
  const auto& account = grid_.account;
  Int128 lots = 0;
  if (account.bet || account.by_assets) {
    Money bet = account.bet ? money_of(*account.bet) : Money{};
    if (account.by_assets) {
      // Of N shares: at market (A - A/N x 0.3)/N, which leaves room for a price that runs away; by limit 0.98 A/N.
      const Int128 assets = account_equity(context, i).value;
      const std::int64_t n = account.max_holdings;
      bet.value =
          grid_.buy.type == OrderType::Market ? share_of(assets, 10 * n - 3, 10 * n * n) : share_of(assets, 49, 50 * n);
    }
    bet.value = weighted(bet.value, *weight);
    if (instrument.kind != ContractKind::Spot) {
      if (slot.held == 0) {
        slot.leverage = of_bands(grid_.futures.leverage_by, grid_.futures.leverage);
        if (!slot.leverage) return is_no(GridRefusal::Factor);
      }
      bet.value = weighted(bet.value, slot.leverage.value_or(grid_.futures.leverage));
    }
    const Int128 of_one = size_of(cash_of_fill(instrument, Side::Sell, at, instrument.lot)).value;
    if (of_one > 0 && bet.value > 0) lots = bet.value / of_one;
  } else {
    lots = divide(Int128{size_(context, i, at).value / instrument.lot.value} * weight->mantissa,
                  power_of_ten(weight->decimals), Rounding::Floor);
  }
  lots = std::min<Int128>(lots, std::numeric_limits<std::int64_t>::max() / instrument.lot.value);
  const int part = slot.held != 0 ? slot.position.buys + 1 : 1;
  const std::int64_t share = lots_of_part(grid_.buy.shares, grid_.buy.parts, part, static_cast<std::int64_t>(lots));
  if (share == 0) return is_no(GridRefusal::TooSmall);
  const Quantity quantity = shown(context, row, grid_.buy, side, {share * instrument.lot.value});
  if (quantity.value == 0) return is_no(GridRefusal::Depth);
  return quantity;
}

Quantity GridOrders::shown(Context& context, const GridRow& row, const GridSide& rules, Side side,
                           Quantity wanted) const {
  const BookView& book = context.book(row.instrument);
  if (rules.type != OrderType::Market || rules.levels == 0 || !book.two_sided()) return wanted;
  Int128 paid = 0, sum = 0;
  for (std::size_t n = 0; n < static_cast<std::size_t>(rules.levels); ++n) {
    const Level level = side == Side::Buy ? book.ask(n) : book.bid(n);
    if (level.quantity.value <= 0) break;
    const std::int64_t takes =
        std::min<std::int64_t>(level.quantity.value, wanted.value - static_cast<std::int64_t>(sum));
    paid += static_cast<Int128>(level.price.value) * takes;
    sum += takes;
    if (sum == wanted.value) return wanted;
  }
  const Instrument& instrument = context.instrument(row.instrument);
  const std::int64_t lots = static_cast<std::int64_t>(sum) / instrument.lot.value;
  if (lots == 0) return {};
  const Quantity less{lots * instrument.lot.value};
  say_of(context, row.instrument,
         fmt::format("{} {} of {}: {} levels show no more, at {} on average", side == Side::Buy ? "buy" : "sell",
                     format_decimal(less.value, instrument.quantity_decimals),
                     format_decimal(wanted.value, instrument.quantity_decimals), rules.levels,
                     format_decimal(divide(paid, sum, Rounding::HalfEven), instrument.price_decimals)));
  return less;
}

std::optional<double> GridOrders::factor(const GridRow& row, const Instrument& instrument, GridFactor by) const {
  const auto known = [](double value) { return std::isnan(value) ? std::nullopt : std::optional{value}; };
  const auto& rows = slots_[row.instrument].changes;
  const std::string_view calendar = calendar_of(instrument.id).name;
  const bool stock = calendar == "krx" || calendar == "us";
  const auto angle = [&](double first, double last, double of_stock, double of_coin) {
    return known(
        round_decimals(slope_angle(first, last, static_cast<std::int64_t>(kAngleRows), stock ? of_stock : of_coin), 2));
  };
  switch (by) {
    case GridFactor::HighLow:
      return row.low > 0 ? known((row.high / row.low - 1) * 100) : std::nullopt;
    case GridFactor::ChangeAngle:
      return rows.size() < kAngleRows ? 0 : angle(rows.front().first, rows.back().first, 5, 10);
    case GridFactor::DayValueAngle:
      return rows.size() < kAngleRows ? 0 : angle(rows.front().second, rows.back().second, 0.01, 0.00000001);
    case GridFactor::DayVolumeRatio:
      return known(row.day_volume_ratio);
    case GridFactor::Turnover:
      return known(row.turnover);
    case GridFactor::SameTimeVolumeRatio:
      break;
  }
  return known(row.same_time_volume_ratio);
}

/// Of what is bought with cash. What a contract asks for, the account knows.
bool GridOrders::has_cash(const Context& context, InstrumentIndex index, Side side, Price price,
                          Quantity quantity) const {
  const Instrument& instrument = context.instrument(index);
  if (instrument.kind != ContractKind::Spot || side == Side::Sell) return true;
  Money free{};
  for (InstrumentIndex i = 0; i < context.instruments(); ++i)
    if (context.instrument(i).settlement() == instrument.settlement()) free += context.cash(i);
  for (const WorkingOrder& order : context.orders()) {
    const Instrument& of = context.instrument(order.instrument);
    if (order.side != Side::Buy || of.kind != ContractKind::Spot || of.settlement() != instrument.settlement())
      continue;
    const Price at = order.type == OrderType::Limit ? order.price : context.book(order.instrument).best_ask;
    const bool is_own = order.instrument == index && context.hears_of(order.id);  // the one that it takes the place of
    if (at != kNoPrice && !is_own) free += cash_of_fill(of, Side::Buy, at, order.leaves);
  }
  for (InstrumentIndex i = 0; i < slots_.size(); ++i) {  // and what executions have yet to send
    if (slots_[i].execution.is_over() || i == index) continue;
    const orders::Execution& execution = *slots_[i].execution.execution();
    const Instrument& of = context.instrument(i);
    const Price limit = execution.plan().limit, at = limit != kNoPrice ? limit : context.book(i).best_ask;
    if (execution.plan().side == Side::Buy && of.kind == ContractKind::Spot && at != kNoPrice &&
        of.settlement() == instrument.settlement())
      free += cash_of_fill(of, Side::Buy, at, execution.left() - execution.under_way());
  }
  const Money costs = context.cost_of_taking(index, side, price, quantity).value_or(Money{});
  return size_of(cash_of_fill(instrument, side, price, quantity)) + costs <= free;
}

/// Instruments that are held, and those that an order may make one.
int GridOrders::holdings(const Context& context) const {
  int count = 0;
  for (InstrumentIndex i = 0; i < slots_.size(); ++i)
    count += context.position(i).value != 0 || under_way(context, i) ? 1 : 0;
  return count;
}

// --- what is said -------------------------------------------------------------------------------------------------

bool GridOrders::no(Context& context, InstrumentIndex index, bool enters, GridRefusal why) {
  const auto at = static_cast<std::size_t>(why);
  const std::uint64_t count = ++slots_[index].refused[(enters ? 0 : kGridRefusals) + at];
  if (std::has_single_bit(count))
    say_of(context, index, fmt::format("no {}: {} ({} times)", enters ? "entry" : "exit", kWhy[at], count));
  return false;
}

void GridOrders::on_stop(Context& context) {
  for (InstrumentIndex i = 0; i < slots_.size(); ++i)
    for (std::size_t at = 0; at < slots_[i].refused.size(); ++at)
      if (const std::uint64_t count = slots_[i].refused[at]; count > 0 && !std::has_single_bit(count))
        say_of(context, i,
               fmt::format("no {}: {} ({} times)", at < kGridRefusals ? "entry" : "exit", kWhy[at % kGridRefusals],
                           count));
}

}  // namespace stom
