// conditions: a buy and a sell text in the condition language (docs/conditions.md), over rows of one or more
// instruments. Buys what the buy text leaves standing, sells what the sell text says; the reason of a sale is the line
// that said it. docs/strategies/conditions.md
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conditions/pair.hpp"
#include "conditions/row_inputs.hpp"
#include "conditions/value.hpp"
#include "core/decimal.hpp"
#include "core/round.hpp"
#include "model/calendar.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

using conditions::input_named;

struct Words {
  std::size_t price = input_named("현재가"), ask_quantity_5 = input_named("매도잔량5"),
              bid_quantity_5 = input_named("매수잔량5"), length = input_named("데이터길이"),
              clock = input_named("시분초");
  std::size_t percent = input_named("수익률"), best = input_named("최고수익률"), worst = input_named("최저수익률"),
              quantity = input_named("보유수량"), time = input_named("보유시간"), buy_row = input_named("매수틱번호"),
              profit = input_named("수익금"), entry = input_named("매입가"), buys = input_named("분할매수횟수"),
              sells = input_named("분할매도횟수"), side = input_named("포지션"), leverage = input_named("레버리지");
};

/// The texts for one kind of market, ready to run.
struct Texts {
  Texts(conditions::Pair made, bool minute, bool stock, bool krx)
      : pair{std::move(made)}, inputs{minute, stock, krx}, buy{pair.buy}, sell{pair.sell} {
    for (const conditions::Program& program : pair.named) named.emplace_back(program);
  }
  conditions::Pair pair;
  conditions::RowInputs inputs;
  conditions::Machine buy, sell;
  std::vector<conditions::Machine> named;
};

/// One instrument: what its texts look back at, and what is held of it.
struct Held {
  Held(Texts& texts_of, bool minute, const Instrument& instrument)
      : texts{&texts_of}, day{texts_of.pair.plan, minute, "", instrument.symbol()} {}
  Texts* texts;
  conditions::InstrumentDay day;
  // Since the buy row.
  UnixNanos bought_at = 0;
  double buy_length = 0, best = 0, worst = 0;
  Int128 paid = 0;  // price x quantity of the buys, in their units
  std::int64_t bought = 0;
  Money fees{};
};

class Conditions final : public Strategy {
 public:
  explicit Conditions(Parameters& p)
      : minute_{p.choice("rows", "second", "second|minute", "a row a second, or a minute") == 1},
        rule_{p.choice("rule", "stom", "stom|any_change", "when a row is emitted (docs/rows.md)") == 1
                  ? RowRule::AnyChange
                  : RowRule::Stom},
        end_clock_{p.integer("end_clock", 0, 0, 235'959,
                             "HHMMSS from which nothing is bought and what is held is sold; 0: never")},
        size_{p} {
    texts_.buy = p.file("buy", "the file of the buy text");
    texts_.sell = p.file("sell", "the file of the sell text");
    texts_.variables = p.file("vars", "a file of self.vars and self.indicator, which override the texts'");
    const std::string named = p.file("named", "a file of conditions for 경과틱수: lines of  name: expression");
    texts_.minute = minute_;
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
      held_.emplace_back(texts_for(krx || calendar == "us", krx), minute_, instrument);
      context.subscribe_rows(i, {.rule = rule_, .minute = minute_});
    }
  }

  void on_row(Context& context, const RowEvent& event) override {
    const SecondRow& row = event.row;
    Held& held = held_[event.instrument];
    Texts& texts = *held.texts;
    texts.inputs.read(row, inputs_);
    const auto clock = static_cast<std::uint32_t>(row.clock);
    held.day.add(row.index / (minute_ ? 10'000 : 1'000'000),
                 clock / 10'000 * 3600 + clock / 100 % 100 * 60 + clock % 100, inputs_);
    for (std::size_t n = 0; n < texts.named.size(); ++n) held.day.held(n, texts.named[n].run(inputs_, held.day).signal);

    const bool was_held = context.position(event.instrument).value > 0;
    if (was_held) value_position(context, event.instrument, held, row);
    const auto is_ours = [&](const WorkingOrder& order) { return order.instrument == event.instrument; };
    if (std::ranges::any_of(context.orders(), is_ours)) return;  // what is under way comes first
    const bool ended = end_clock_ != 0 && clock >= end_clock_;
    const bool has_book = inputs_[words_.ask_quantity_5] != 0 || inputs_[words_.bid_quantity_5] != 0;
    const double length = inputs_[words_.length];
    if (was_held) {
      if (ended) return go_to(context, event.instrument, {}, "end_clock");
      if (!has_book || length < texts.pair.sell.gate) return;
      const conditions::Outcome outcome = texts.sell.run(inputs_, held.day);
      sell_stopped_ += outcome.stopped;
      if (outcome.signal) go_to(context, event.instrument, {}, "line " + std::to_string(outcome.line));
    } else if (!ended && has_book && length >= texts.pair.buy.gate) {
      const conditions::Outcome outcome = texts.buy.run(inputs_, held.day);
      buy_stopped_ += outcome.stopped;
      if (outcome.signal) buy(context, event.instrument, held, row);
    }
  }

  void on_order(Context& context, const OrderEvent& event) override {
    Held& held = held_[event.instrument];
    if (event.kind == OrderEventKind::Filled) {
      held.fees += event.fee;
      if (event.side == Side::Buy) {
        held.paid += static_cast<Int128>(event.price.value) * event.quantity.value;
        held.bought += event.quantity.value;
      }
    }
    const bool ends = event.leaves.value == 0 || event.kind != OrderEventKind::Filled;
    if (event.kind == OrderEventKind::Accepted || event.kind == OrderEventKind::CancelRejected || !ends) return;
    if (context.position(event.instrument).value == 0) forget(held);  // sold, or never bought
  }

  void on_stop(Context& context) override {
    if (buy_stopped_ + sell_stopped_ == 0) return;
    context.log("texts stopped by an error of their own: the buy text on " + std::to_string(buy_stopped_) +
                " rows, the sell text on " + std::to_string(sell_stopped_));
  }

 private:
  void check(Parameters& p) {
    const conditions::PairResult made = conditions::make_pair_of(texts_);
    if (made.pair && made.pair->futures) p.refuse("buy", "texts for futures are not traded yet; use 매수 and 매도");
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

  void buy(Context& context, InstrumentIndex index, Held& held, const SecondRow& row) {
    const Price entry = entry_price(context.book(index), 1, kNoPrice);
    if (entry == kNoPrice) return;
    const Quantity quantity = size_.quantity(context, index, entry);
    if (quantity.value == 0) return;
    forget(held);
    held.bought_at = row.time;
    held.buy_length = row.length;
    held.day.bought();
    context.submit({.instrument = index, .side = Side::Buy, .type = OrderType::Market, .quantity = quantity});
  }

  static void forget(Held& held) {
    held.day.sold();
    held.best = held.worst = 0;
    held.paid = 0;
    held.bought = 0;
    held.fees = {};
  }

  /// In units of the price, and exact where all was bought at one.
  static double mean_price(const Held& held) {
    const Int128 whole = held.paid / held.bought;
    if (whole * held.bought == held.paid) return static_cast<double>(whole);
    return static_cast<double>(held.paid) / static_cast<double>(held.bought);
  }

  void value_position(const Context& context, InstrumentIndex index, Held& held, const SecondRow& row) {
    const Instrument& instrument = context.instrument(index);
    const double quantity = to_double(context.position(index).value, instrument.quantity_decimals);
    const auto unit = static_cast<double>(power_of_ten(instrument.price_decimals));
    const double entry = held.bought == 0 ? inputs_[words_.price] : mean_price(held) / unit;
    const double price = inputs_[words_.price];
    const double bought = to_double(held.bought, instrument.quantity_decimals);
    // Fees so far, and as much of the price again for the sale to come.
    const double fees = static_cast<double>(held.fees.value) / 1e18;
    const double rate = bought > 0 ? fees / (entry * bought) : 0;
    const double percent = round_decimals((price / entry - 1 - rate - price / entry * rate) * 100, 2);
    held.best = std::max(held.best, percent);
    held.worst = std::min(held.worst, percent);
    const DurationNanos unit_of_time = minute_ ? kMinute : kSecond;
    inputs_[words_.percent] = percent;
    inputs_[words_.best] = held.best;
    inputs_[words_.worst] = held.worst;
    inputs_[words_.quantity] = quantity;
    const std::int64_t time_held = row.time / unit_of_time - held.bought_at / unit_of_time;
    inputs_[words_.time] = static_cast<double>(time_held);
    inputs_[words_.buy_row] = held.buy_length - 1;
    inputs_[words_.profit] = (price / entry - 1 - rate - price / entry * rate) * entry * quantity;
    inputs_[words_.entry] = entry;
    inputs_[words_.buys] = 1;
    inputs_[words_.sells] = 0;
    inputs_[words_.side] = conditions::kNoneValue;
    inputs_[words_.leverage] = 1;
  }

  bool minute_;
  RowRule rule_;
  std::int64_t end_clock_;
  EntrySize size_;
  conditions::PairTexts texts_;
  std::unique_ptr<Texts> krx_, stock_, coin_;
  std::vector<Held> held_;
  Words words_;
  std::vector<double> inputs_ = std::vector<double>(conditions::input_count());
  std::uint64_t buy_stopped_ = 0, sell_stopped_ = 0;
};

}  // namespace

STOM_STRATEGY(conditions, Conditions, "a buy and a sell text in the condition language, over rows")

}  // namespace stom
