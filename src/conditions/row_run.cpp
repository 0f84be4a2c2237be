#include "conditions/row_run.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "conditions/numbers.hpp"
#include "conditions/value.hpp"
#include "core/time.hpp"

namespace stom::conditions {
namespace {

constexpr std::size_t kRowsAtOnce = 64;  // between two questions whether to go on

struct Words {
  std::size_t price = input_named("현재가"), ask = input_named("매도호가1"), bid = input_named("매수호가1"),
              ask_quantity_5 = input_named("매도잔량5"), bid_quantity_5 = input_named("매수잔량5"),
              watched = input_named("관심종목"), length = input_named("데이터길이"), tick = input_named("호가단위");
  struct Level {
    std::size_t price, quantity;
  };
  // Best first: as many as the old program looked at.
  std::array<Level, 3> asks = {{{ask, input_named("매도잔량1")},
                                {input_named("매도호가2"), input_named("매도잔량2")},
                                {input_named("매도호가3"), input_named("매도잔량3")}}};
  std::array<Level, 5> bids = {{{bid, input_named("매수잔량1")},
                                {input_named("매수호가2"), input_named("매수잔량2")},
                                {input_named("매수호가3"), input_named("매수잔량3")},
                                {input_named("매수호가4"), input_named("매수잔량4")},
                                {input_named("매수호가5"), bid_quantity_5}}};
  std::size_t profit_percent = input_named("수익률"), best = input_named("최고수익률"),
              worst = input_named("최저수익률"), quantity = input_named("보유수량"), time = input_named("보유시간"),
              buy_row = input_named("매수틱번호"), profit = input_named("수익금"), entry = input_named("매입가"),
              buys = input_named("분할매수횟수"), sells = input_named("분할매도횟수"), side = input_named("포지션"),
              leverage = input_named("레버리지");
};

class Runner {
 public:
  Runner(const Pair& pair, const RowFile& rows, const OldRules& old, std::vector<Decision>* decisions = nullptr)
      : pair_{pair},
        rows_{rows},
        old_{old},
        decisions_{decisions},
        day_{pair.plan, rows.minute, rows.name, rows.code},
        buy_{pair.buy},
        sell_{pair.sell},
        inputs_(input_count()) {
    for (const Program& program : pair.named) named_.emplace_back(program);
    if (pair.trace) trace_.emplace(*pair.trace);
  }

  std::optional<RowRun> all(const std::function<bool(std::size_t)>& go_on) {
    for (std::size_t i = 0; i < rows_.rows(); ++i) {
      if (i % kRowsAtOnce == 0 && !go_on(i)) return std::nullopt;
      row(i);
    }
    return std::move(run_);
  }

 private:
  struct Position {
    std::size_t row;
    double entry, length, quantity, best = 0, worst = 0;
  };

  void row(std::size_t i) {
    const bool last_of_day = i + 1 == rows_.rows() || rows_.day(i + 1) != rows_.day(i);
    std::ranges::copy(rows_.row(i), inputs_.begin());
    if (old_.ticks) inputs_[words_.tick] = tick_of_book();
    if (old_.windows) {
      day_.add(0, static_cast<std::uint32_t>(seconds(i)), inputs_);  // one day without an end
    } else {
      day_.add(rows_.day(i), rows_.second_of_day(i), inputs_);
    }
    for (std::size_t n = 0; n < named_.size(); ++n) day_.held(n, named_[n].run(inputs_, day_).signal);
    const bool was_held = position_.has_value();
    if (was_held) value_position(i);
    if (trace_) trace();

    const Decision decision = was_held ? decide(TextKind::Sell, sell_) : decide(TextKind::Buy, buy_);
    if (decisions_) decisions_->push_back(decision);
    if (decision.what == Decision::What::Stopped) ++(was_held ? run_.sell_stopped : run_.buy_stopped);
    if (decision.what == Decision::What::Yes) {
      if (was_held)
        sell(i, decision.line);
      else if (!last_of_day)
        buy(i);
    }
    if (position_ && last_of_day) close(i, 0);
  }

  Decision decide(TextKind kind, Machine& text) {
    using enum Decision::What;
    const bool is_buy = kind == TextKind::Buy;
    if (rows_.has_fifth_level && inputs_[words_.ask_quantity_5] == 0 && inputs_[words_.bid_quantity_5] == 0)
      return {kind, NoBook};
    if (!(inputs_[words_.length] >= (is_buy ? pair_.buy : pair_.sell).gate)) return {kind, Waits};
    if (is_buy && inputs_[words_.watched] != 1) return {kind, NotWatched};
    const Outcome outcome = text.run(inputs_, day_);
    return {kind, outcome.stopped ? Stopped : outcome.signal ? Yes : No, outcome.line};
  }

  void buy(std::size_t i) {
    const double quantity = bet();
    const auto price = price_for(quantity, rows_.has_ask, words_.asks);
    if (!price || *price == 0) return;
    position_ = Position{.row = i, .entry = *price, .length = inputs_[words_.length], .quantity = quantity};
    day_.bought();
    run_.buys.push_back({i});
  }

  void sell(std::size_t i, std::uint32_t line) {
    if (price_for(position_->quantity, rows_.has_bid, words_.bids)) close(i, line);
  }

  std::int64_t seconds(std::size_t row) const {
    const std::int64_t day = rows_.day(row);
    return std::int64_t{day_of_civil(static_cast<int>(day / 10'000), static_cast<int>(day / 100 % 100),
                                     static_cast<int>(day % 100))} *
               86'400 +
           rows_.second_of_day(row);
  }

  double tick_of_book() const {
    const double between = inputs_[words_.asks[1].price] - inputs_[words_.ask];
    return inputs_[words_.ask] != 0 && between > 0 ? between : inputs_[words_.tick];
  }

  /// How much is bought: one unit, or by the old rules what the bet pays for.
  double bet() const {
    if (!old_.fills || old_.bet == 0) return 1;
    const double quantity = old_.bet / inputs_[words_.price];
    return pair_.market == Market::Stock ? std::floor(quantity) : quantity;
  }

  /// What that much is traded at; nothing where it is not.
  std::optional<double> price_for(double quantity, bool has_book, std::span<const Words::Level> levels) const {
    const double best = inputs_[has_book ? levels[0].price : words_.price];
    if (!(quantity > 0) || (has_book && best == 0)) return std::nullopt;
    if (!old_.fills || !has_book || !rows_.has_fifth_level) return best;
    double left = quantity, paid = 0;
    for (const auto& level : levels) {
      const double taken = std::min(left, inputs_[level.quantity]);
      paid += taken * inputs_[level.price];
      left -= taken;
    }
    if (left > 0) return std::nullopt;
    return paid / quantity;
  }

  void close(std::size_t i, std::uint32_t line) {
    run_.sells.push_back({i, line});
    position_.reset();
    day_.sold();
  }

  void value_position(std::size_t i) {
    Position& held = *position_;
    const double price = inputs_[words_.price];
    const double percent = round_to((price / held.entry - 1) * 100, 2);
    held.best = std::max(held.best, percent);
    held.worst = std::min(held.worst, percent);
    const std::int64_t time_held = (seconds(i) - seconds(held.row)) / (rows_.minute ? 60 : 1);
    inputs_[words_.profit_percent] = percent;
    inputs_[words_.best] = held.best;
    inputs_[words_.worst] = held.worst;
    inputs_[words_.quantity] = held.quantity;
    inputs_[words_.time] = static_cast<double>(time_held);
    inputs_[words_.buy_row] = held.length - 1;
    inputs_[words_.profit] = (price - held.entry) * held.quantity;
    inputs_[words_.entry] = held.entry;
    inputs_[words_.buys] = 1;
    inputs_[words_.sells] = 0;
    inputs_[words_.side] = kNoneValue;
    inputs_[words_.leverage] = 1;
  }

  void trace() {
    const Outcome outcome = trace_->run(inputs_, day_);
    RowRun::Traced& traced = run_.trace.emplace_back(kNothing, "");
    if (outcome.stopped) return;
    traced.value = trace_->value();
    if (kind_of(traced.value) == ValueKind::Text) traced.text = trace_->text_of(traced.value);
  }

  const Pair& pair_;
  const RowFile& rows_;
  const OldRules old_;
  std::vector<Decision>* decisions_;
  Words words_;
  InstrumentDay day_;
  Machine buy_, sell_;
  std::vector<Machine> named_;
  std::optional<Machine> trace_;
  std::vector<double> inputs_;
  std::optional<Position> position_;
  RowRun run_;
};

}  // namespace

std::optional<RowRun> run_rows(const Pair& pair, const RowFile& rows, const std::function<bool(std::size_t)>& go_on,
                               const OldRules& old) {
  return Runner{pair, rows, old}.all(go_on);
}

RowRun run_rows(const Pair& pair, const RowFile& rows) {
  return *run_rows(pair, rows, [](std::size_t) { return true; });
}

RowRun run_rows(const Pair& pair, const RowFile& rows, std::vector<Decision>& decisions) {
  return *Runner{pair, rows, {}, &decisions}.all([](std::size_t) { return true; });
}

}  // namespace stom::conditions
