// conditions: a buy and a sell text in the condition language (docs/conditions.md), over rows of one or more
// instruments. Buys what the buy text leaves standing, sells what the sell text says; the reason of a sale is the line
// that said it. Futures are entered and left on either side. docs/strategies/conditions.md
#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conditions/decision_log.hpp"
#include "conditions/pair.hpp"
#include "conditions/row_inputs.hpp"
#include "conditions/value.hpp"
#include "core/decimal.hpp"
#include "core/round.hpp"
#include "model/calendar.hpp"
#include "model/cash_flow.hpp"
#include "strategies/grid_orders.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

using conditions::input_named;

struct Words {
  std::size_t price = input_named("현재가"), ask_quantity_5 = input_named("매도잔량5"),
              bid_quantity_5 = input_named("매수잔량5"), length = input_named("데이터길이"),
              clock = input_named("시분초"), watched = input_named("관심종목");
  std::size_t percent = input_named("수익률"), best = input_named("최고수익률"), worst = input_named("최저수익률"),
              quantity = input_named("보유수량"), time = input_named("보유시간"), buy_row = input_named("매수틱번호"),
              profit = input_named("수익금"), entry = input_named("매입가"), buys = input_named("분할매수횟수"),
              sells = input_named("분할매도횟수"), side = input_named("포지션"), leverage = input_named("레버리지");
};

/// The texts for one kind of market, ready to run.
struct Texts {
  Texts(conditions::Pair made, bool minute, bool stock, bool krx)
      : pair{std::move(made)}, inputs{minute, stock, krx}, buy{pair.buy}, sell{pair.sell} {
    if (pair.buy_short) buy_short.emplace(*pair.buy_short);
    if (pair.sell_short) sell_short.emplace(*pair.sell_short);
    for (const conditions::Program& program : pair.named) named.emplace_back(program);
  }
  conditions::Pair pair;
  conditions::RowInputs inputs;
  conditions::Machine buy, sell;
  std::optional<conditions::Machine> buy_short, sell_short;  // of futures
  std::vector<conditions::Machine> named;
};

/// One instrument: what its texts look back at, and what is held of it.
struct Held {
  Held(Texts& texts_of, bool minute, const Instrument& instrument)
      : texts{&texts_of}, day{texts_of.pair.plan, minute, "", instrument.symbol()} {}
  Texts* texts;
  conditions::InstrumentDay day;
  // Since the row of the first purchase.
  struct Position {
    Side entry = Side::Buy;  // of what opens it
    UnixNanos bought_at = 0;
    double buy_length = 0, best = 0, worst = 0;
    Int128 paid = 0;  // price x quantity of the entries, in their units
    std::int64_t bought = 0;
    Money cash{}, fees{};              // that the entries brought in, without fees (below 0: cost), and their fees
    std::int64_t buys = 0, sells = 0;  // orders that filled
    ClientOrderId counted = 0;         // the latest of them
  } position;
};

double as_double(Money money) { return static_cast<double>(money.value) / 1e18; }

/// Of that many lots the k-th of n parts, rounded up: all of them together are the whole.
std::int64_t part_of(std::int64_t lots, std::int64_t k, std::int64_t n) {
  const auto until = [&](std::int64_t part) { return static_cast<std::int64_t>((Int128{lots} * part + n - 1) / n); };
  return until(k) - until(k - 1);
}

class Conditions final : public Strategy {
 public:
  explicit Conditions(Parameters& p)
      : minute_{p.choice("rows", "second", "second|minute", "a row a second, or a minute") == 1},
        rule_{p.choice("rule", "stom", "stom|any_change", "when a row is emitted (docs/rows.md)") == 1
                  ? RowRule::AnyChange
                  : RowRule::Stom},
        end_clock_{p.integer("end_clock", 0, 0, 235'959,
                             "HHMMSS from which nothing is bought and what is held is sold; 0: never")},
        size_{p},
        parts_{p.integer("parts", 1, 1, 100, "a position is bought in up to so many parts, each by the buy text")},
        exit_parts_{p.integer("exit_parts", 1, 1, 100, "and sold in so many, each by the sell text")},
        leverage_{p.integer("leverage", 1, 1, 1000, "what 레버리지 says; the account's own is --leverage")} {
    texts_.buy = p.file("buy", "the file of the buy text");
    texts_.sell = p.file("sell", "the file of the sell text");
    texts_.variables = p.file("vars", "a file of self.vars and self.indicator, which override the texts'");
    const std::string named = p.file(
        "named",
        "a file of names of your own, also for 경과틱수: lines of  name: expression  or  name(a, b): expression");
    const std::string orders = p.later_file("orders", "an order grid (docs/order-grid.md): how wishes become orders");
    texts_.minute = minute_;
    if (!orders.empty()) take_grid(p, orders);
    if (texts_.buy.empty()) p.refuse("buy", "no text; buy=FILE names one");
    if (texts_.sell.empty()) p.refuse("sell", "no text; sell=FILE names one");
    std::optional<std::uint32_t> wrong;
    texts_.named = conditions::named_texts(named, wrong);
    if (wrong) p.refuse("named", "line " + std::to_string(*wrong) + ": no name and expression");
    check(p);
  }

  void on_start(Context& context) override {
    for (InstrumentIndex i = 0; i < context.instruments(); ++i) {
      const Instrument& instrument = context.instrument(i);
      const std::string_view calendar = calendar_of(instrument.id).name;
      const bool krx = calendar == "krx";
      Texts& texts = texts_for(krx || calendar == "us", krx);
      held_.emplace_back(texts, minute_, instrument);
      if (texts.pair.futures && instrument.kind == ContractKind::Spot) {
        context.log(instrument.id + " is not traded: BUY_LONG and SELL_SHORT are for futures; use 매수 and 매도");
        continue;
      }
      context.subscribe_rows(i, {.rule = rule_, .minute = minute_});
    }
    if (grid_) grid_->on_start(context);
  }

  void on_row(Context& context, const RowEvent& event) override {
    const SecondRow& row = event.row;
    Held& held = held_[event.instrument];
    Texts& texts = *held.texts;
    texts.inputs.read(row, inputs_);
    inputs_[words_.watched] = context.watched(event.instrument).value_or(true) ? 1 : 0;
    const auto clock = static_cast<std::uint32_t>(row.clock);
    held.day.add(row.index / (minute_ ? 10'000 : 1'000'000),
                 clock / 10'000 * 3600 + clock / 100 % 100 * 60 + clock % 100, inputs_);
    for (std::size_t n = 0; n < texts.named.size(); ++n) held.day.held(n, texts.named[n].run(inputs_, held.day).signal);

    const bool was_held = context.position(event.instrument).value != 0;
    if (was_held) value_position(context, event.instrument, held, row);
    if (grid_) return by_grid(context, event, held, was_held, clock);
    // An order under way is as good as done: the text that would ask for it again is not asked.
    const auto is_ours = [&](const WorkingOrder& order) { return order.instrument == event.instrument; };
    if (std::ranges::any_of(context.orders(), is_ours)) return;
    if (end_clock_ != 0 && clock >= end_clock_) {
      if (was_held) leave(context, event, held, "end_clock", 1);
      return;
    }
    if (inputs_[words_.ask_quantity_5] == 0 && inputs_[words_.bid_quantity_5] == 0) return;
    if (was_held && wants_to_sell(context, event, held)) return;
    if (!was_held || may_add(held)) buy(context, event, held, was_held);
  }

  void on_watch(Context& context, InstrumentIndex index) override {
    if (grid_) grid_->on_watch(context, index);
  }

  void on_order(Context& context, const OrderEvent& event) override {
    Held& held = held_[event.instrument];
    Held::Position& position = held.position;
    if (event.kind == OrderEventKind::Filled) {
      const bool enters = event.side == position.entry;
      if (event.id != position.counted) ++(enters ? position.buys : position.sells);
      position.counted = event.id;
      if (enters) {
        position.fees += event.fee;
        position.cash += cash_of_fill(context.instrument(event.instrument), event.side, event.price, event.quantity);
        position.paid += static_cast<Int128>(event.price.value) * event.quantity.value;
        position.bought += event.quantity.value;
      }
    }
    if (grid_) {
      grid_->on_order(context, event);  // which may send the rest of it anew
      if (grid_->waits(context, event.instrument) != GridOrders::Waits::Nothing) return;
    }
    const bool ends = event.leaves.value == 0 || event.kind != OrderEventKind::Filled;
    if (event.kind == OrderEventKind::Accepted || event.kind == OrderEventKind::CancelRejected || !ends) return;
    if (context.position(event.instrument).value == 0) forget(held);  // sold, or never bought
  }

  void on_timer(Context& context) override {
    if (grid_) grid_->on_timer(context);
  }

  void on_trade(Context& context, const TradeTick& trade) override {
    if (grid_) grid_->on_trade(context, trade);
  }

  void each_execution(const std::function<void(ExecutionOrders&)>& show) override {
    if (grid_) grid_->each_execution(show);
  }

  void on_stop(Context& context) override {
    if (grid_) grid_->on_stop(context);
    std::string exits;
    for (const auto& [reason, count] : exits_)
      exits += (exits.empty() ? "exits: " : ", ") + reason + " " + std::to_string(count) + " times";
    if (!exits.empty()) context.log(exits);
    if (stopped_ != conditions::StoppedRows{}) context.log(conditions::to_line(stopped_));
  }

 private:
  void take_grid(Parameters& p, const std::string& text) {
    auto grid = read_order_grid(text);
    if (!grid) return p.refuse("orders", grid.error().message + "; " + grid.error().hint);
    if (parts_ != 1 || exit_parts_ != 1) p.refuse("parts", "the grid of orders= has its own, in [buy] and [sell]");
    grid_.emplace(std::move(*grid), [this](const Context& context, InstrumentIndex index, Price price) {
      return size_.quantity(context, index, price);
    });
  }

  void check(Parameters& p) {
    const conditions::PairResult made = conditions::make_pair_of(texts_);
    if (made.pair && made.pair->buy_short.has_value() != made.pair->sell_short.has_value())
      p.refuse("sell",
               "one text is for futures and the other is not; use BUY_LONG, SELL_SHORT with SELL_LONG, "
               "BUY_SHORT, or 매수 with 매도");
    constexpr std::string_view kNames[] = {"buy", "sell", "vars", "named", "named"};
    for (const auto& of : made.reports) {
      const auto all = of.reports.all();
      const auto first = std::ranges::find_if(all, &conditions::Report::is_error);
      if (first == all.end()) continue;
      return p.refuse(kNames[static_cast<std::size_t>(of.text)],
                      "line " + std::to_string(first->place.line + of.line - 1) + ", column " +
                          std::to_string(first->place.column) + ": " + first->message(conditions::Language::English) +
                          "; " + first->hint(conditions::Language::English));
    }
  }

  Texts& texts_for(bool stock, bool krx) {
    auto& made = krx ? krx_ : stock ? stock_ : coin_;
    if (!made) {
      texts_.market = stock ? conditions::Market::Stock : conditions::Market::Coin;
      made = std::make_unique<Texts>(std::move(*conditions::make_pair_of(texts_).pair), minute_, stock, krx);
    }
    return *made;
  }

  // --- what the texts decide ----------------------------------------------------------------------

  /// What was decided is told before it is acted on: in the journal of every mode, and to whoever watches.
  static void tell(Context& context, const RowEvent& event, std::string_view act, std::string_view reason = {}) {
    context.log(conditions::to_line(
        {event.row.index, context.instrument(event.instrument).id, std::string{act}, std::string{reason}}));
  }

  /// A session that is killed has no last line, so the count is told whenever it has doubled.
  void count_stop(Context& context, std::uint64_t& count) {
    ++count;
    if (std::has_single_bit(count)) context.log(conditions::to_line(stopped_));
  }

  // --- by the grid --------------------------------------------------------------------------------

  GridRow grid_row(const Context& context, const RowEvent& event, std::uint32_t clock) const {
    const SecondRow& row = event.row;
    const auto unit = static_cast<double>(power_of_ten(context.instrument(event.instrument).price_decimals));
    return {.instrument = event.instrument,
            .time = row.time,
            .stamp = row.index,
            .clock = clock,
            .last = std::isnan(row.price) ? kNoPrice : Price{std::llround(row.price * unit)},
            .high = row.high,
            .low = row.low,
            .change = row.change,
            .day_value = row.day_value,
            .day_volume_ratio = row.day_volume_ratio};
  }

  void by_grid(Context& context, const RowEvent& event, Held& held, bool was_held, std::uint32_t clock) {
    const GridRow row = grid_row(context, event, clock);
    if (!grid_->on_row(context, row)) return;
    if (end_clock_ != 0 && clock >= end_clock_) return grid_->leave_all(context, row, "end_clock");
    if (inputs_[words_.ask_quantity_5] == 0 && inputs_[words_.bid_quantity_5] == 0) return;
    const auto waits = grid_->waits(context, event.instrument);
    const bool sale_waits = waits == GridOrders::Waits::Exit, buy_waits = waits == GridOrders::Waits::Entry;
    // An execution may end between two answers, and without a fill.
    if (!was_held && waits == GridOrders::Waits::Nothing && held.position.bought_at != 0) forget(held);
    if (!sale_waits && (was_held || (buy_waits && grid_->sell_cancels()))) {
      if (!was_held) value_nothing();
      if (const auto reason = reason_to_sell(context, event, held)) {
        if (grid_->leave(context, row, *reason)) ++exits_[*reason];
        return;
      }
    }
    const bool asked =
        sale_waits ? grid_->buy_cancels() : !buy_waits && (!was_held || grid_->may_add(event.instrument));
    if (!asked) return;
    const auto side = side_to_buy(context, held);
    if (side && grid_->enter(context, row, *side) && !was_held) bought(held, event, *side);
  }

  /// The line of the sell text that sells; nothing where none does.
  std::optional<std::string> reason_to_sell(Context& context, const RowEvent& event, Held& held) {
    Texts& texts = *held.texts;
    if (inputs_[words_.length] < texts.pair.sell.gate) return {};
    const bool is_short = context.position(event.instrument).value < 0;
    conditions::Machine& text = is_short && texts.sell_short ? *texts.sell_short : texts.sell;
    const conditions::Outcome outcome = text.run(inputs_, held.day);
    if (outcome.stopped) count_stop(context, stopped_.sell);
    if (!outcome.signal) return {};
    return "line " + std::to_string(outcome.line);
  }

  bool wants_to_sell(Context& context, const RowEvent& event, Held& held) {
    const auto reason = reason_to_sell(context, event, held);
    if (reason) leave(context, event, held, *reason, exit_parts_);
    return reason.has_value();
  }

  /// Sells the next of that many parts; the last is all that is left.
  void leave(Context& context, const RowEvent& event, Held& held, const std::string& reason, std::int64_t parts) {
    const std::int64_t now = context.position(event.instrument).value;
    ++exits_[reason];
    tell(context, event, !held.texts->pair.futures ? "sell" : now > 0 ? "sell_long" : "buy_short", reason);
    const std::int64_t lot = context.instrument(event.instrument).lot.value;
    const std::int64_t next = held.position.sells + 1;
    std::int64_t left = 0;
    if (next < parts)
      left = std::max<std::int64_t>(std::abs(now) - part_of(held.position.bought / lot, next, parts) * lot, 0);
    go_to(context, event.instrument, {now > 0 ? left : -left}, reason);
  }

  /// Where part of it is sold, what is left is not added to.
  bool may_add(const Held& held) const {
    return held.position.buys > 0 && held.position.buys < parts_ && held.position.sells == 0;
  }

  /// The side that the buy text leaves standing; nothing where it is none, or both: which of them, nobody said. What is
  /// not in the watch list is not bought.
  std::optional<Side> side_to_buy(Context& context, Held& held) {
    Texts& texts = *held.texts;
    if (inputs_[words_.watched] != 1) return {};
    if (inputs_[words_.length] < texts.pair.buy.gate) return {};
    const conditions::Outcome long_side = texts.buy.run(inputs_, held.day);
    if (long_side.stopped) count_stop(context, stopped_.buy);
    const bool wants_short = texts.buy_short && texts.buy_short->run(inputs_, held.day).signal;
    if (long_side.signal == wants_short) return {};
    return wants_short ? Side::Sell : Side::Buy;
  }

  void buy(Context& context, const RowEvent& event, Held& held, bool adds) {
    const auto side = side_to_buy(context, held);
    if (!side || (adds && *side != held.position.entry)) return;
    const Quantity quantity = next_part(context, event.instrument, *side, adds ? held.position.buys + 1 : 1);
    if (adds && quantity.value == 0) return;
    tell(context, event, !held.texts->pair.futures ? "buy" : *side == Side::Sell ? "sell_short" : "buy_long");
    if (quantity.value == 0) return;
    if (!adds) bought(held, event, *side);
    context.submit({.instrument = event.instrument, .side = *side, .type = OrderType::Market, .quantity = quantity});
  }

  static void bought(Held& held, const RowEvent& event, Side side) {
    forget(held);
    held.position.entry = side;
    held.position.bought_at = event.row.time;
    held.position.buy_length = event.row.length;
    held.day.bought();
  }

  Quantity next_part(const Context& context, InstrumentIndex index, Side side, std::int64_t part) const {
    const Price entry = entry_price(context.book(index), sign_of(side), kNoPrice);
    if (entry == kNoPrice) return {};
    const std::int64_t lot = context.instrument(index).lot.value;
    return {part_of(size_.quantity(context, index, entry).value / lot, part, parts_) * lot};
  }

  static void forget(Held& held) {
    held.day.sold();
    held.position = {};
  }

  // --- what is held -------------------------------------------------------------------------------

  /// In units of the price, and exact where all was bought at one.
  static double mean_price(const Held::Position& position) {
    const Int128 whole = position.paid / position.bought;
    if (whole * position.bought == position.paid) return static_cast<double>(whole);
    return static_cast<double>(position.paid) / static_cast<double>(position.bought);
  }

  /// What has been earned so far as a share of the purchase, before costs: of a coin-settled contract in coins.
  static double moved(const Instrument& instrument, bool is_short, double entry, double price) {
    const double rise = instrument.kind == ContractKind::Inverse ? 1 - entry / price : price / entry - 1;
    return is_short ? -rise : rise;
  }

  /// The entry's fees, and what leaving would be charged now: fees and taxes as the account has them. Where only the
  /// venue knows, as much of the price as the entry was charged.
  static double costs(const Context& context, InstrumentIndex index, const Held::Position& position, Quantity held,
                      Side leaving, double price, double entry) {
    const double paid =
        as_double(position.fees) * static_cast<double>(held.value) / static_cast<double>(position.bought);
    const auto unit = static_cast<double>(power_of_ten(context.instrument(index).price_decimals));
    const auto to_pay = context.cost_of_taking(index, leaving, {std::llround(price * unit)}, held);
    return paid + (to_pay ? as_double(*to_pay) : paid * price / entry);
  }

  void value_position(const Context& context, InstrumentIndex index, Held& held, const SecondRow& row) {
    const Instrument& instrument = context.instrument(index);
    Held::Position& position = held.position;
    const std::int64_t signed_quantity = context.position(index).value;
    const bool is_short = signed_quantity < 0;
    const Quantity quantity{std::abs(signed_quantity)};
    const double price = inputs_[words_.price];
    const auto unit = static_cast<double>(power_of_ten(instrument.price_decimals));
    double entry = price, purchase = 0, percent = 0, cost = 0;
    if (position.bought > 0) {  // else an operator did it
      entry = mean_price(position) / unit;
      purchase = std::abs(as_double(position.cash)) * static_cast<double>(quantity.value) /
                 static_cast<double>(position.bought);
    }
    double profit = 0;
    if (std::isnan(price)) {  // nothing was traded yet on this day
      percent = profit = conditions::kNothing;
    } else if (purchase > 0) {
      cost = costs(context, index, position, quantity, is_short ? Side::Buy : Side::Sell, price, entry);
      const double move = moved(instrument, is_short, entry, price);
      percent = round_decimals((move - cost / purchase) * 100, 2);
      profit = move * purchase - cost;
      position.best = std::max(position.best, percent);
      position.worst = std::min(position.worst, percent);
    }
    const DurationNanos unit_of_time = minute_ ? kMinute : kSecond;
    inputs_[words_.percent] = percent;
    inputs_[words_.best] = position.best;
    inputs_[words_.worst] = position.worst;
    inputs_[words_.quantity] = to_double(quantity.value, instrument.quantity_decimals);
    const std::int64_t time_held = row.time / unit_of_time - position.bought_at / unit_of_time;
    inputs_[words_.time] = static_cast<double>(time_held);
    inputs_[words_.buy_row] = position.buy_length - 1;
    inputs_[words_.profit] = profit;
    inputs_[words_.entry] = entry;
    const std::int64_t buys = grid_ ? grid_->buys(index) : position.buys;
    inputs_[words_.buys] = static_cast<double>(std::max<std::int64_t>(buys, 1));
    inputs_[words_.sells] = static_cast<double>(grid_ ? grid_->sells(index) : position.sells);
    inputs_[words_.side] = !held.texts->pair.futures ? conditions::kNoneValue
                           : is_short                ? conditions::text_value(conditions::kShortText)
                                                     : conditions::text_value(conditions::kLongText);
    inputs_[words_.leverage] = static_cast<double>(leverage_);
  }

  /// What a sell text is told while a buy waits and nothing is held.
  void value_nothing() {
    for (const std::size_t word : {words_.percent, words_.best, words_.worst, words_.quantity, words_.time,
                                   words_.buy_row, words_.profit, words_.entry, words_.buys, words_.sells})
      inputs_[word] = 0;
    inputs_[words_.side] = conditions::kNoneValue;
    inputs_[words_.leverage] = static_cast<double>(leverage_);
  }

  bool minute_;
  RowRule rule_;
  std::int64_t end_clock_;
  EntrySize size_;
  std::int64_t parts_, exit_parts_, leverage_;
  std::optional<GridOrders> grid_;
  conditions::PairTexts texts_;
  std::unique_ptr<Texts> krx_, stock_, coin_;
  std::vector<Held> held_;
  Words words_;
  std::vector<double> inputs_ = std::vector<double>(conditions::input_count());
  conditions::StoppedRows stopped_;
  std::map<std::string, std::uint64_t> exits_;  // how often each reason sold
};

}  // namespace

STOM_STRATEGY(conditions, Conditions, "a buy and a sell text in the condition language, over rows")

}  // namespace stom
