// links: stom_conditions
// What condition texts cost, over seeded rows (bench/condition_rows.hpp). Processor time; prints a JSON object.
//   conditions_bench rows FILE INSTRUMENTS ROWS                       the rows as doubles for another program
//   conditions_bench pair BUY SELL VARS INSTRUMENTS ROWS [TRADES]     a pair over each instrument
//   conditions_bench reference BUY SELL VARS ROWS                     beside the interpreter that walks the tree
//   conditions_bench variants BUY SELL FILE INSTRUMENTS ROWS          a line of variables each: in one pass, and alone
//   conditions_bench compile BUY SELL VARS BROKEN TIMES               BROKEN: a text with an error, until it is told
//   conditions_bench live FOLDER PAIRS INSTRUMENTS SECONDS            FOLDER/buy0.txt, sell0.txt, vars0.txt, …
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "condition_rows.hpp"
#include "conditions/interpreter.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "conditions/value.hpp"

namespace {

using namespace stom;
using namespace stom::conditions;
using bench::ConditionRows;
using bench::kConditionColumns;

constexpr std::uint64_t kSeed = 5;
constexpr std::int64_t kDay = 20240105;
constexpr std::size_t kEntryRow = 30;  // where a position is held throughout

double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "conditions_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) give_up("cannot read " + path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

double value_of(std::size_t column, std::int64_t whole) {
  return kConditionColumns[column].decimals == 0 ? static_cast<double>(whole) : static_cast<double>(whole) / 100;
}

/// Puts a row where `input` says.
template <class Input>
void put(ConditionRows& maker, std::size_t number, const Input& input) {
  static const std::vector<std::size_t> inputs = [] {
    std::vector<std::size_t> all;
    for (const auto& column : kConditionColumns) all.push_back(input_named(column.name));
    return all;
  }();
  static const std::size_t clock = input_named("시분초"), length = input_named("데이터길이"),
                           tick = input_named("호가단위"), below = input_named("VI아래5호가"),
                           vi = input_named("VI가격"), vi_tick = input_named("VI호가단위");
  const auto& made = maker.next();
  for (std::size_t c = 0; c < made.size(); ++c) input(inputs[c]) = value_of(c, made[c]);
  input(clock) = static_cast<double>(maker.clock());
  input(length) = static_cast<double>(number + 1);
  input(tick) = input(vi_tick);
  input(below) = input(vi) - 5 * input(vi_tick);
}

RowFile rows_of(std::uint64_t instrument, std::size_t count) {
  RowFile rows;
  rows.has_ask = rows.has_bid = rows.has_fifth_level = true;
  rows.stride = count;
  rows.inputs.assign(count * input_count(), 0);
  ConditionRows maker{kSeed, instrument, 0};
  for (std::size_t i = 0; i < count; ++i) {
    put(maker, i, [&](std::size_t number) -> double& { return rows.inputs[number * count + i]; });
    rows.index.push_back(kDay * 1'000'000 + maker.clock());
  }
  return rows;
}

/// The words of what was bought at `entry` on the row of length `length`, a row a second.
struct Holding {
  double entry = 0, length = 0, best = 0, worst = 0;
  void put(std::vector<double>& inputs) {
    static const std::size_t price = input_named("현재가"), rows = input_named("데이터길이"),
                             percent = input_named("수익률"), high = input_named("최고수익률"),
                             low = input_named("최저수익률"), time = input_named("보유시간"),
                             row = input_named("매수틱번호"), paid = input_named("매입가");
    inputs[percent] = round_to((inputs[price] / entry - 1) * 100, 2);
    inputs[high] = best = std::max(best, inputs[percent]);
    inputs[low] = worst = std::min(worst, inputs[percent]);
    inputs[time] = inputs[rows] - length;
    inputs[row] = length - 1;
    inputs[paid] = entry;
  }
};

PairTexts texts_of(const std::string& buy, const std::string& sell, const std::string& variables) {
  return {.buy = text_of(buy), .sell = text_of(sell), .variables = text_of(variables)};
}

Pair pair_of(const PairTexts& texts, Needs* shared = nullptr) {
  PairResult made = make_pair_of(texts, shared);
  if (!made.pair) give_up(made.reports[0].reports.all()[0].message(Language::English));
  return std::move(*made.pair);
}

int write_rows(const std::string& path, std::uint64_t instruments, std::size_t count) {
  std::ofstream out{path, std::ios::binary};
  for (std::uint64_t i = 0; i < instruments; ++i) {
    ConditionRows maker{kSeed, i, 0};
    for (std::size_t k = 0; k < count; ++k) {
      const auto& made = maker.next();
      std::vector<double> row{static_cast<double>(kDay * 1'000'000 + maker.clock())};
      for (std::size_t c = 0; c < made.size(); ++c) row.push_back(value_of(c, made[c]));
      out.write(reinterpret_cast<const char*>(row.data()), static_cast<std::streamsize>(row.size() * sizeof(double)));
    }
  }
  std::string names;
  for (const auto& column : kConditionColumns) names += (names.empty() ? "\"" : ",\"") + std::string{column.name} + '"';
  std::printf("{\"columns\":[%s]}\n", names.c_str());
  return out ? 0 : 1;
}

int run_pairs(const PairTexts& texts, std::uint64_t instruments, std::size_t count, const char* trades_file) {
  const Pair pair = pair_of(texts);
  std::FILE* out = trades_file ? std::fopen(trades_file, "w") : nullptr;
  std::size_t trades = 0, stopped = 0;
  double seconds = 0;
  for (std::uint64_t i = 0; i < instruments; ++i) {
    const RowFile rows = rows_of(i, count);
    const double began = cpu_seconds();
    const RowRun run = run_rows(pair, rows);
    seconds += cpu_seconds() - began;
    trades += run.buys.size();
    stopped += run.buy_stopped + run.sell_stopped;
    for (std::size_t k = 0; k < run.buys.size() && out; ++k)
      std::fprintf(out, "%llu,%zu,%zu\n", static_cast<unsigned long long>(i), run.buys[k].row, run.sells[k].row);
  }
  if (out) std::fclose(out);
  const double total = static_cast<double>(instruments) * static_cast<double>(count);
  const bool native = pair.buy.native && pair.sell.native;
  std::printf("{\"rows\":%.0f,\"seconds\":%.6f,\"trades\":%zu,\"stopped\":%zu,\"native\":%s}\n", total, seconds, trades,
              stopped, native ? "true" : "false");
  return 0;
}

/// Both texts on every row: the buy text as if nothing were held, the sell text as if bought on kEntryRow.
int beside_reference(const PairTexts& texts, std::size_t count) {
  const Pair pair = pair_of(texts);
  struct Read {
    Read(const std::string& text, TextKind kind, const Settings* given) : tree{parse(text, reports)} {
      checked = check(tree, {.kind = kind, .mode = Mode::Second, .market = Market::Stock, .given = given}, reports);
      if (reports.has_errors()) give_up("a text has errors");
    }
    Reports reports;
    Tree tree;
    Checked checked;
  };
  const Read variables{texts.variables, TextKind::Variables, nullptr};
  const Settings& given = variables.checked.settings;
  const Read buy{texts.buy, TextKind::Buy, &given}, sell{texts.sell, TextKind::Sell, &given};
  Interpreter plain_buy{buy.tree, buy.checked, given}, plain_sell{sell.tree, sell.checked, given};

  std::vector<std::vector<double>> rows(count, std::vector<double>(input_count(), 0));
  ConditionRows maker{kSeed, 0, 0};
  std::optional<Holding> held;
  for (std::size_t i = 0; i < count; ++i) {
    put(maker, i, [&](std::size_t input) -> double& { return rows[i][input]; });
    if (held) held->put(rows[i]);
    if (i == kEntryRow)
      held = Holding{.entry = rows[i][input_named("매도호가1")], .length = static_cast<double>(i + 1)};
  }
  std::vector<Outcome> ours, theirs;
  ours.reserve(2 * count);
  theirs.reserve(2 * count);
  constexpr int kTimes = 20;  // of ours, which is too fast for one
  const double began = cpu_seconds();
  for (int time = 0; time < kTimes; ++time) {
    ours.clear();
    InstrumentDay day{pair.plan, false, "", ""};
    Machine buys{pair.buy}, sells{pair.sell};
    for (std::size_t i = 0; i < count; ++i) {
      day.add(kDay, static_cast<std::uint32_t>(32'400 + i), rows[i]);
      ours.push_back(buys.run(rows[i], day));
      if (i > kEntryRow) ours.push_back(sells.run(rows[i], day));
    }
  }
  const double ended = cpu_seconds();
  std::vector<std::vector<double>> so_far;
  so_far.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    so_far.push_back(std::move(rows[i]));
    theirs.push_back(plain_buy.decide(so_far));
    if (i > kEntryRow) theirs.push_back(plain_sell.decide(so_far));
  }
  const double reference = cpu_seconds() - ended;
  const bool equal = std::ranges::equal(ours, theirs, [](const Outcome& a, const Outcome& b) {
    return a.stopped == b.stopped && a.signal == b.signal && a.line == b.line;
  });
  const auto signals = std::ranges::count_if(ours, &Outcome::signal);
  std::printf(
      "{\"rows\":%zu,\"seconds\":%.6f,\"reference_seconds\":%.6f,\"decisions\":%zu,\"signals\":%td,\"equal\":%s}\n",
      count, (ended - began) / kTimes, reference, ours.size(), signals, equal ? "true" : "false");
  return 0;
}

int run_variants_of(PairTexts texts, std::uint64_t instruments, std::size_t count) {
  std::vector<std::string> variables;
  for (std::string rest = std::move(texts.variables); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) variables.push_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  if (variables.size() > kMostVariants) give_up("more variants than one pass takes");
  const auto variants = make_variants_of(texts, variables);
  if (!variants) give_up("the variants cannot share a pass");
  std::vector<Pair> alone;
  for (const std::string& one : variables) {
    texts.variables = one;
    alone.push_back(pair_of(texts));
  }
  double together_seconds = 0, alone_seconds = 0;
  std::size_t trades = 0, others = 0;
  bool equal = true;
  const auto go_on = [](std::size_t) { return true; };
  for (std::uint64_t i = 0; i < instruments; ++i) {
    const RowFile rows = rows_of(i, count);
    const double began = cpu_seconds();
    const auto together = run_variants(*variants, rows, go_on);
    const double ended = cpu_seconds();
    std::vector<RowRun> each;
    for (const Pair& pair : alone) each.push_back(run_rows(pair, rows));
    alone_seconds += cpu_seconds() - ended;
    together_seconds += ended - began;
    for (std::size_t v = 0; v < each.size(); ++v) {
      const RowRun &a = each[v], &b = (*together)[v];
      equal = equal && a.buys == b.buys && a.sells == b.sells && a.buy_stopped == b.buy_stopped &&
              a.sell_stopped == b.sell_stopped;
      trades += a.buys.size();
      others += a.buys != each[0].buys;
    }
  }
  std::printf(
      "{\"variants\":%zu,\"rows\":%.0f,\"seconds\":%.6f,\"alone_seconds\":%.6f,\"trades\":%zu,\"differ\":%zu,\"equal\":"
      "%s}\n",
      variables.size(), static_cast<double>(instruments) * static_cast<double>(count), together_seconds, alone_seconds,
      trades, others, equal ? "true" : "false");
  return 0;
}

int compile_pair(const PairTexts& texts, const std::string& broken, int times) {
  std::vector<double> both, first_error;
  std::size_t code = 0, errors = 0;
  for (int i = 0; i < times; ++i) {
    double began = cpu_seconds();
    const Pair pair = pair_of(texts);
    both.push_back(cpu_seconds() - began);
    code = pair.buy.code.size();
    began = cpu_seconds();
    Reports reports;
    Tree tree = parse(broken, reports);
    check(tree, {.kind = TextKind::Buy, .mode = Mode::Second, .market = Market::Stock}, reports);
    if (!reports.has_errors()) give_up("the broken text has no error");
    errors = render(reports.all()[0], broken, "buy.txt", Language::Korean).size();
    first_error.push_back(cpu_seconds() - began);
  }
  std::ranges::sort(both);
  std::ranges::sort(first_error);
  const auto median = static_cast<std::size_t>(times) / 2;
  std::printf(
      "{\"lines\":%td,\"pair_seconds\":%.6f,\"error_seconds\":%.6f,\"instructions\":%zu,\"message_bytes\":%zu}\n",
      std::ranges::count(texts.buy, '\n'), both[median], first_error[median], code, errors);
  return 0;
}

/// Rows as they come, a second's of all instruments after the other; on each of them every pair decides. Pairs share
/// what is remembered of an instrument.
int live(const std::string& folder, std::size_t pairs, std::size_t instruments, std::size_t seconds) {
  Needs needs;
  std::vector<Pair> all;
  for (std::size_t p = 0; p < pairs; ++p) {
    const std::string number = std::to_string(p) + ".txt";
    all.push_back(
        pair_of(texts_of(folder + "/buy" + number, folder + "/sell" + number, folder + "/vars" + number), &needs));
  }
  const DayPlan plan{needs, pairs};
  std::vector<Machine> buys, sells;
  for (const Pair& pair : all) buys.emplace_back(pair.buy), sells.emplace_back(pair.sell);
  std::vector<InstrumentDay> days;
  std::vector<ConditionRows> makers;
  days.reserve(instruments);
  for (std::size_t i = 0; i < instruments; ++i) {
    days.emplace_back(plan, false, "", "");
    makers.emplace_back(kSeed, i, 0);
  }
  std::vector<std::optional<Holding>> held(instruments * pairs);
  const std::size_t ask = input_named("매도호가1");
  std::vector<double> inputs(input_count(), 0), latencies;
  latencies.reserve(instruments * seconds);
  double cpu = 0;
  std::size_t decisions = 0, bought = 0, sold = 0;
  std::vector<std::vector<double>> rows(instruments, inputs);
  for (std::size_t second = 0; second < seconds; ++second) {
    for (std::size_t i = 0; i < instruments; ++i)
      put(makers[i], second, [&](std::size_t input) -> double& { return rows[i][input]; });
    const double began = cpu_seconds();
    for (std::size_t i = 0; i < instruments; ++i) {
      const auto came = std::chrono::steady_clock::now();
      std::ranges::copy(rows[i], inputs.begin());
      InstrumentDay& day = days[i];
      day.add(kDay, static_cast<std::uint32_t>(32'400 + second), inputs);
      for (std::size_t p = 0; p < pairs; ++p) {
        std::optional<Holding>& holding = held[i * pairs + p];
        if (static_cast<double>(second + 1) < all[p].buy.gate) continue;
        ++decisions;
        day.look_as(p);
        if (holding) {
          holding->put(inputs);
          if (!sells[p].run(inputs, day).signal) continue;
          holding.reset();
          day.sold();
          ++sold;
        } else if (buys[p].run(inputs, day).signal) {
          holding = Holding{.entry = inputs[ask], .length = static_cast<double>(second + 1)};
          day.bought();
          ++bought;
        }
      }
      latencies.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - came).count());
    }
    cpu += cpu_seconds() - began;
  }
  std::ranges::sort(latencies);
  const auto at = [&](double part) {
    return latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  std::printf(
      "{\"pairs\":%zu,\"instruments\":%zu,\"seconds_of_market\":%zu,\"core\":%.4f,\"decision_p50_us\":%.2f,"
      "\"decision_p99_us\":%.2f,\"decision_p999_us\":%.2f,\"decisions\":%zu,\"bought\":%zu,\"sold\":%zu,\"columns\":%"
      "zu,\"asks\":%zu}\n",
      pairs, instruments, seconds, cpu / static_cast<double>(seconds), at(0.5) * 1e6, at(0.99) * 1e6, at(0.999) * 1e6,
      decisions, bought, sold, needs.series[0].columns.size(), needs.asks.size());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i) { return static_cast<std::size_t>(std::strtoull(argv[i], nullptr, 10)); };
  const auto texts = [&] { return texts_of(argv[2], argv[3], argv[4]); };
  if (what == "rows" && argc == 5) return write_rows(argv[2], number(3), number(4));
  if (what == "pair" && argc >= 7) return run_pairs(texts(), number(5), number(6), argc > 7 ? argv[7] : nullptr);
  if (what == "reference" && argc == 6) return beside_reference(texts(), number(5));
  if (what == "variants" && argc == 7) return run_variants_of(texts(), number(5), number(6));
  if (what == "compile" && argc == 7) return compile_pair(texts(), text_of(argv[5]), static_cast<int>(number(6)));
  if (what == "live" && argc == 6) return live(argv[2], number(3), number(4), number(5));
  std::fputs("usage: conditions_bench rows|pair|reference|variants|compile|live …, see the head of its source\n",
             stderr);
  return 2;
}
