#include "conditions/row_run.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <iterator>
#include <optional>
#include <set>
#include <span>

#include "conditions/numbers.hpp"
#include "conditions/value.hpp"
#include "core/assert.hpp"
#include "core/time.hpp"

namespace stom::conditions {
namespace {

constexpr std::size_t kBlock = 128;  // rows at once; between two blocks comes the question whether to go on

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
const Words& words_of_rows() {
  static const Words words;
  return words;
}

/// Goes through a file's rows, day by day and block by block, and knows of each what both kinds of run ask.
class Rows {
 public:
  /// `one_day`: windows and history go on over the days' ends, as the old program's did.
  Rows(const RowFile& file, const Pair& pair, bool one_day = false)
      : file_{file},
        one_day_{one_day},
        at_once_{pair.plan.takes_blocks() ? kBlock : 1},
        reads_seconds_{pair.plan.reads_seconds()},
        day_{pair.plan, file.minute, file.name, file.code, at_once_},
        held_(input_count(), kNothing) {
    for (const Program& program : pair.named) named_.emplace_back(program);
  }

  InstrumentDay& day() { return day_; }

  /// `row` of each of them, until `go_on` says no: then false.
  template <class Row>
  bool each(const std::function<bool(std::size_t)>& go_on, const Row& row) {
    while (row_ < file_.rows()) {
      if (!go_on(row_)) return false;
      block(row);
    }
    return true;
  }

  // Of the row that is gone through.
  std::size_t number() const { return row_; }
  bool ends_day() const { return ends_day_; }
  double input(std::size_t word) const { return file_.at(word, row_); }
  RowsView view() const { return file_.view(0); }
  double length() const { return input(words_.length); }
  bool has_book() const {
    return !file_.has_fifth_level || input(words_.ask_quantity_5) != 0 || input(words_.bid_quantity_5) != 0;
  }
  bool is_watched() const { return input(words_.watched) == 1; }
  /// 0: nothing is bought.
  double buy_price() const { return input(file_.has_ask ? words_.ask : words_.price); }
  /// False: a text sells nothing.
  bool can_sell() const { return input(file_.has_bid ? words_.bid : words_.price) != 0; }

  struct Position {
    double entry, length;
    std::int64_t time;
    double quantity = 1, best = 0, worst = 0;
  };
  Position bought() { return {.entry = buy_price(), .length = length(), .time = time()}; }

  /// The words of what is held, at the places of their inputs.
  const double* held() const { return held_.data(); }
  void hold_nothing() { std::ranges::fill(held_, kNothing); }
  void hold(Position& position) {
    const double price = input(words_.price);
    const double percent = round_to((price / position.entry - 1) * 100, 2);
    position.best = std::max(position.best, percent);
    position.worst = std::min(position.worst, percent);
    const std::int64_t time_held = time() - position.time;
    held_[words_.profit_percent] = percent;
    held_[words_.best] = position.best;
    held_[words_.worst] = position.worst;
    held_[words_.quantity] = position.quantity;
    held_[words_.time] = static_cast<double>(time_held);
    held_[words_.buy_row] = position.length - 1;
    held_[words_.profit] = (price - position.entry) * position.quantity;
    held_[words_.entry] = position.entry;
    held_[words_.buys] = 1;
    held_[words_.sells] = 0;
    held_[words_.side] = kNoneValue;
    held_[words_.leverage] = 1;
  }

 private:
  template <class Row>
  void block(const Row& row) {
    const std::size_t first = row_;
    const std::int64_t day = day_of_block_ = file_.day(first), of_a_day = file_.minute ? 10'000 : 1'000'000;
    const auto is_of_day = [&](std::size_t row) {
      return static_cast<std::uint64_t>(file_.index[row] - day * of_a_day) < static_cast<std::uint64_t>(of_a_day);
    };
    std::size_t end = first;
    while (end < file_.rows() && end - first < at_once_ && is_of_day(end)) ++end;
    if (reads_seconds_)
      for (std::size_t i = first; i < end; ++i)
        seconds_[i - first] = file_.second_of_day(i) + (one_day_ ? days_since_first(day) * 86'400 : 0);
    const bool day_is_over = end == file_.rows() || !is_of_day(end);
    day_.add(one_day_ ? file_.day(0) : day, std::span{seconds_}.first(end - first), file_.view(first));
    for (; row_ < end; ++row_) {
      ends_day_ = day_is_over && row_ + 1 == end;
      day_.look_from(row_ - first);
      for (std::size_t n = 0; n < named_.size(); ++n)
        day_.held(n, named_[n].run(view(), row_, held_.data(), day_).signal);
      row();
    }
  }

  static std::int64_t number_of(std::int64_t day) {
    return day_of_civil(static_cast<int>(day / 10'000), static_cast<int>(day / 100 % 100), static_cast<int>(day % 100));
  }
  std::uint32_t days_since_first(std::int64_t day) const {
    return static_cast<std::uint32_t>(number_of(day) - number_of(file_.day(0)));
  }

  /// In seconds, of minutes in minute mode.
  std::int64_t time() {
    if (day_of_block_ != day_of_time_) {
      day_of_time_ = day_of_block_;
      days_ = number_of(day_of_block_);
    }
    const std::int64_t seconds = days_ * 86'400 + file_.second_of_day(row_);
    return file_.minute ? seconds / 60 : seconds;
  }

  const RowFile& file_;
  const Words& words_ = words_of_rows();
  bool one_day_;
  std::size_t at_once_;
  bool reads_seconds_;
  InstrumentDay day_;
  std::vector<Machine> named_;
  std::vector<double> held_;
  std::array<std::uint32_t, kBlock> seconds_{};
  std::size_t row_ = 0;
  bool ends_day_ = false;
  std::int64_t day_of_block_ = -1, day_of_time_ = -1, days_ = 0;
};

/// 호가단위 as the old program took it from the book: what lies between the two best asks.
RowFile with_ticks_of_book(RowFile file) {
  const Words& words = words_of_rows();
  for (std::size_t i = 0; i < file.rows(); ++i) {
    const double best = file.at(words.ask, i), between = file.at(words.asks[1].price, i) - best;
    if (best != 0 && between > 0) file.inputs[words.tick * file.stride + i] = between;
  }
  return file;
}

class Runner {
 public:
  Runner(const Pair& pair, const RowFile& file, const OldRules& old, std::vector<Decision>* decisions = nullptr)
      : pair_{pair},
        file_{file},
        old_{old},
        rows_{file, pair, old.windows},
        decisions_{decisions},
        buy_{pair.buy},
        sell_{pair.sell} {
    if (pair.trace) trace_.emplace(*pair.trace);
  }

  std::optional<RowRun> all(const std::function<bool(std::size_t)>& go_on) {
    if (!rows_.each(go_on, [&] { row(); })) return std::nullopt;
    return std::move(run_);
  }

 private:
  Outcome run(Machine& machine) { return machine.run(rows_.view(), rows_.number(), rows_.held(), rows_.day()); }

  void row() {
    const bool was_held = position_.has_value();
    if (was_held) rows_.hold(*position_);
    if (trace_) trace();

    const Decision decision = was_held ? decide(TextKind::Sell, sell_) : decide(TextKind::Buy, buy_);
    if (decisions_) decisions_->push_back(decision);
    if (decision.what == Decision::What::Stopped) ++(was_held ? run_.sell_stopped : run_.buy_stopped);
    if (decision.what == Decision::What::Yes) {
      if (was_held)
        sell(decision.line);
      else if (!rows_.ends_day())
        buy();
    }
    if (position_ && rows_.ends_day()) close(0);
  }

  Decision decide(TextKind kind, Machine& text) {
    using enum Decision::What;
    const bool is_buy = kind == TextKind::Buy;
    if (!rows_.has_book()) return {kind, NoBook};
    if (!(rows_.length() >= (is_buy ? pair_.buy : pair_.sell).gate)) return {kind, Waits};
    if (is_buy && !rows_.is_watched()) return {kind, NotWatched};
    const Outcome outcome = run(text);
    return {kind, outcome.stopped ? Stopped : outcome.signal ? Yes : No, outcome.line};
  }

  void buy() {
    const double quantity = bet();
    const auto price = price_for(quantity, file_.has_ask, words_.asks);
    if (!price || *price == 0) return;
    position_ = rows_.bought();
    position_->entry = *price;
    position_->quantity = quantity;
    rows_.day().bought();
    run_.buys.push_back({rows_.number()});
  }

  void sell(std::uint32_t line) {
    if (price_for(position_->quantity, file_.has_bid, words_.bids)) close(line);
  }

  /// How much is bought: one unit, or by the old rules what the bet pays for.
  double bet() const {
    if (!old_.fills || old_.bet == 0) return 1;
    const double quantity = old_.bet / rows_.input(words_.price);
    return pair_.market == Market::Stock ? std::floor(quantity) : quantity;
  }

  /// What that much is traded at; nothing where it is not.
  std::optional<double> price_for(double quantity, bool has_book, std::span<const Words::Level> levels) const {
    const double best = rows_.input(has_book ? levels[0].price : words_.price);
    if (!(quantity > 0) || best == 0) return std::nullopt;
    if (!old_.fills || !has_book || !file_.has_fifth_level) return best;
    double left = quantity, paid = 0;
    for (const auto& level : levels) {
      const double taken = std::min(left, rows_.input(level.quantity));
      paid += taken * rows_.input(level.price);
      left -= taken;
    }
    if (left > 0) return std::nullopt;
    return paid / quantity;
  }

  void close(std::uint32_t line) {
    run_.sells.push_back({rows_.number(), line});
    position_.reset();
    rows_.hold_nothing();
    rows_.day().sold();
  }

  void trace() {
    const Outcome outcome = run(*trace_);
    RowRun::Traced& traced = run_.trace.emplace_back(kNothing, "");
    if (outcome.stopped) return;
    traced.value = trace_->value();
    if (kind_of(traced.value) == ValueKind::Text) traced.text = trace_->text_of(traced.value);
  }

  const Pair& pair_;
  const RowFile& file_;
  const OldRules old_;
  const Words& words_ = words_of_rows();
  Rows rows_;
  std::vector<Decision>* decisions_;
  Machine buy_, sell_;
  std::optional<Machine> trace_;
  std::optional<Rows::Position> position_;
  RowRun run_;
};

/// Many variants of a pair in one pass. What was bought on the same row is one position of those that bought it, so
/// that the sell text too runs once for all that see the same.
class VariantRunner {
 public:
  VariantRunner(const Variants& variants, const RowFile& file)
      : variants_{variants},
        rows_{file, variants.pair},
        buy_{variants.pair.buy},
        sell_{variants.pair.sell},
        last_buy_gate_{std::ranges::max(variants.pair.buy.gates)},
        last_sell_gate_{std::ranges::max(variants.pair.sell.gates)},
        nobody_{variants.count},
        flat_{variants.count == kMostVariants ? ~std::uint64_t{0} : (std::uint64_t{1} << variants.count) - 1},
        runs_(variants.count) {
    for (std::size_t buyer = variants.count; buyer-- > 0;) free_.push_back(buyer);
    rows_.day().look_as(nobody_);
  }

  std::optional<std::vector<RowRun>> all(const std::function<bool(std::size_t)>& go_on) {
    if (!rows_.each(go_on, [&] { row(); })) return std::nullopt;
    return std::move(runs_);
  }

 private:
  struct Position {
    Rows::Position of;
    std::size_t buyer;
    std::uint64_t variants;
  };

  template <class Act>
  static void each(std::uint64_t variants, const Act& act) {
    for (; variants != 0; variants &= variants - 1) act(static_cast<std::size_t>(std::countr_zero(variants)));
  }

  /// Of those the ones whose gate is open.
  std::uint64_t open(std::uint64_t variants, const Program& program, double last_gate) const {
    if (rows_.length() >= last_gate) return variants;
    std::uint64_t open = 0;
    each(variants, [&](std::size_t v) { open |= std::uint64_t{rows_.length() >= program.gates[v]} << v; });
    return open;
  }

  void row() {
    const std::uint64_t were_flat = flat_;
    const bool has_book = rows_.has_book();
    for (Position& position : positions_) {
      rows_.hold(position.of);
      const std::uint64_t asked = has_book ? open(position.variants, variants_.pair.sell, last_sell_gate_) : 0;
      if (asked == 0) continue;
      rows_.day().look_as(position.buyer);
      Outcomes outcomes;
      sell_.run(rows_.view(), rows_.number(), rows_.held(), rows_.day(), asked, outcomes);
      each(outcomes.stopped, [&](std::size_t v) { ++runs_[v].sell_stopped; });
      if (rows_.can_sell()) close(position, outcomes.signal, outcomes);
    }
    rows_.hold_nothing();
    rows_.day().look_as(nobody_);
    const std::uint64_t asked =
        has_book && rows_.is_watched() ? open(were_flat, variants_.pair.buy, last_buy_gate_) : 0;
    if (asked != 0) {
      Outcomes outcomes;
      buy_.run(rows_.view(), rows_.number(), rows_.held(), rows_.day(), asked, outcomes);
      each(outcomes.stopped, [&](std::size_t v) { ++runs_[v].buy_stopped; });
      if (outcomes.signal != 0 && rows_.buy_price() != 0 && !rows_.ends_day()) enter(outcomes.signal);
    }
    if (rows_.ends_day())
      for (Position& position : positions_) close(position, position.variants, {});
    std::erase_if(positions_, [](const Position& position) { return position.variants == 0; });
  }

  void enter(std::uint64_t variants) {
    const std::size_t buyer = free_.back();
    free_.pop_back();
    positions_.push_back({rows_.bought(), buyer, variants});
    flat_ &= ~variants;
    rows_.day().look_as(buyer);
    rows_.day().bought();
    each(variants, [&](std::size_t v) { runs_[v].buys.push_back({rows_.number()}); });
    rows_.day().look_as(nobody_);
  }

  void close(Position& position, std::uint64_t variants, const Outcomes& outcomes) {
    if (variants == 0) return;
    each(variants, [&](std::size_t v) { runs_[v].sells.push_back({rows_.number(), outcomes.line[v]}); });
    position.variants &= ~variants;
    flat_ |= variants;
    if (position.variants != 0) return;
    rows_.day().look_as(position.buyer);
    rows_.day().sold();
    rows_.day().look_as(nobody_);
    free_.push_back(position.buyer);
  }

  const Variants& variants_;
  Rows rows_;
  Machine buy_, sell_;
  double last_buy_gate_, last_sell_gate_;
  std::size_t nobody_;
  std::uint64_t flat_;  // variants that hold nothing
  std::vector<Position> positions_;
  std::vector<std::size_t> free_;  // buyers
  std::vector<RowRun> runs_;
};

}  // namespace

std::vector<std::size_t> inputs_read(const Pair& pair) {
  const Words own;
  std::set<std::size_t> inputs{own.price,          own.ask,     own.bid,   own.ask_quantity_5,
                               own.bid_quantity_5, own.watched, own.length};
  const auto add = [&](const Program& program) {
    for (const Load load : program.loads) inputs.insert(load.input);
  };
  add(pair.buy);
  add(pair.sell);
  if (pair.trace) add(*pair.trace);
  for (const Program& program : pair.named) add(program);
  for (const Needs::Series& series : pair.needs.series)
    for (const ColumnNeed& column : series.columns)
      if (column.of == ColumnNeed::Of::Field) inputs.insert(column.number);
  if (!pair.needs.indicators.empty())
    for (const std::string_view bar :
         {"분봉고가", "분봉저가", "분봉시가", "초당매수수량", "초당매도수량", "분당매수수량", "분당매도수량"})
      inputs.insert(input_named(bar));
  return {inputs.begin(), inputs.end()};
}

std::optional<RowRun> run_rows(const Pair& pair, const RowFile& rows, const std::function<bool(std::size_t)>& go_on,
                               const OldRules& old) {
  if (!old.ticks) return Runner{pair, rows, old}.all(go_on);
  const RowFile by_book = with_ticks_of_book(rows);
  return Runner{pair, by_book, old}.all(go_on);
}

RowRun run_rows(const Pair& pair, const RowFile& rows) {
  return *run_rows(pair, rows, [](std::size_t) { return true; });
}

RowRun run_rows(const Pair& pair, const RowFile& rows, std::vector<Decision>& decisions) {
  return *Runner{pair, rows, {}, &decisions}.all([](std::size_t) { return true; });
}

std::optional<std::vector<RowRun>> run_variants(const Variants& variants, const RowFile& rows,
                                                const std::function<bool(std::size_t)>& go_on) {
  return VariantRunner{variants, rows}.all(go_on);
}

std::optional<std::vector<RowRun>> run_variants(const PairTexts& texts, std::span<const std::string> variables,
                                                const RowFile& rows, const std::function<bool(std::size_t)>& go_on) {
  std::vector<RowRun> runs;
  while (!variables.empty()) {
    const auto part = variables.first(std::min(variables.size(), kMostVariants));
    if (const auto together = make_variants_of(texts, part)) {
      auto made = run_variants(*together, rows, go_on);
      if (!made) return std::nullopt;
      std::ranges::move(*made, std::back_inserter(runs));
    } else {
      for (const std::string& of : part) {
        PairTexts alone = texts;
        alone.variables = of;
        const PairResult made = make_pair_of(alone);
        STOM_ASSERT(made.pair.has_value());
        auto run = run_rows(*made.pair, rows, go_on);
        if (!run) return std::nullopt;
        runs.push_back(std::move(*run));
      }
    }
    variables = variables.subspan(part.size());
  }
  return runs;
}

}  // namespace stom::conditions
