#include "condition_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"

namespace stom {
namespace {

using store::RowBlock;
using store::RowStore;

struct Trade {
  std::int64_t row, index;
};
struct Exit {
  std::int64_t row, index;
  std::uint32_t line;  // 0: the day ended
};

/// What came of one instrument, or of all of them.
struct Outcome {
  std::int64_t days = 0, rows = 0, wins = 0;
  std::uint64_t buy_stopped = 0, sell_stopped = 0;
  double percent = 0;  // of all trades together, without costs
  std::vector<Trade> buys;
  std::vector<Exit> sells;
  std::map<std::uint32_t, std::int64_t> lines;  // how often each sold
};

/// Positions end with the day and no window reaches into another: so a day alone is what it is among others.
/// `known`: what the source said of the instrument; null: nothing.
Result<void> run_day(const conditions::Pair& pair, const RowStore& store, const RowBlock& block,
                     const store::CodeName* known, Outcome& out) {
  const auto day = store.read(block.code, block.day);
  if (!day) return std::unexpected(day.error());
  const RowShape& shape = store.shape();
  conditions::RowFile rows;
  rows.minute = shape.minute;
  rows.code = block.code;
  if (known) {
    rows.name = known->name;
    rows.kosdaq = known->kosdaq.value_or(0) != 0;
  }
  const std::size_t columns = shape.columns.size() - (day->has_watched ? 0 : 1);
  const auto market = shape.stock ? conditions::Market::Stock : conditions::Market::Coin;
  if (auto filled = fill_rows(rows, market, day->index, shape.columns.first(columns), day->columns); !filled)
    return filled;
  const auto run = run_rows(pair, rows, [](std::size_t) { return !interrupted(); });
  if (!run) return fail(Errc::Canceled, "interrupted: no result", "run it again");

  static const std::size_t price = conditions::input_named("현재가"), ask = conditions::input_named("매도호가1"),
                           bid = conditions::input_named("매수호가1");
  for (std::size_t i = 0; i < run->sells.size(); ++i) {  // nothing is held over the day's end: as many as buys
    const auto& [bought, sold] = std::pair{run->buys[i], run->sells[i]};
    out.buys.push_back({out.rows + static_cast<std::int64_t>(bought.row), rows.index[bought.row]});
    out.sells.push_back({out.rows + static_cast<std::int64_t>(sold.row), rows.index[sold.row], sold.line});
    ++out.lines[sold.line];
    const double paid = rows.at(ask, bought.row), best = rows.at(bid, sold.row);
    const double got = best != 0 ? best : rows.at(price, sold.row);
    out.percent += (got / paid - 1) * 100;
    out.wins += got > paid;
  }
  ++out.days;
  out.rows += static_cast<std::int64_t>(rows.rows());
  out.buy_stopped += run->buy_stopped;
  out.sell_stopped += run->sell_stopped;
  return {};
}

void print_json(const std::string& code, const Outcome& of) {
  std::string buys, sells;
  for (const Trade& buy : of.buys)
    buys += fmt::format(R"({}{{"row":{},"index":{}}})", buys.empty() ? "" : ",", buy.row, buy.index);
  for (const Exit& sell : of.sells)
    sells += fmt::format(R"({}{{"row":{},"index":{},"line":{},"reason":"{}"}})", sells.empty() ? "" : ",", sell.row,
                         sell.index, sell.line, sell.line == 0 ? "day_end" : "text");
  fmt::print(R"({{"code":{},"days":{},"rows":{},"buys":[{}],"sells":[{}],"stopped":{{"buy":{},"sell":{}}}}})"
             "\n",
             json_string(code), of.days, of.rows, buys, sells, of.buy_stopped, of.sell_stopped);
}

double mean_percent(const Outcome& of, std::int64_t trades) {
  return trades == 0 ? 0 : of.percent / static_cast<double>(trades);
}

void print_total(const Session& session, const Outcome& all, std::int64_t codes, std::int64_t trades) {
  if (session.json) {
    std::string lines;
    for (const auto& [line, count] : all.lines)
      lines += fmt::format(R"({}"{}":{})", lines.empty() ? "" : ",", line, count);
    fmt::print(
        R"({{"total":{{"codes":{},"days":{},"rows":{},"trades":{},"wins":{},"mean_percent":{:.4f},"lines":{{{}}},)"
        R"("stopped":{{"buy":{},"sell":{}}}}}}})"
        "\n",
        codes, all.days, all.rows, trades, all.wins, mean_percent(all, trades), lines, all.buy_stopped,
        all.sell_stopped);
    return;
  }
  const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\t{:.2f}\n" : "{:<12} {:>6} {:>12} {:>8} {:>8} {:>10.2f}\n";
  fmt::print(fmt::runtime(row), "all", all.days, all.rows, trades, all.wins, mean_percent(all, trades));
  if (!session.plain) fmt::print("\n");
  for (const auto& [line, count] : all.lines)
    fmt::print(fmt::runtime(session.plain ? "{}\t{}\n" : "{:<12} {:>6} times\n"),
               line == 0 ? "day_end" : fmt::format("line {}", line), count);
  if (all.buy_stopped + all.sell_stopped > 0)
    say(session, fmt::format("stopped by an error of its own: the buy text on {} rows, the sell text on {}",
                             all.buy_stopped, all.sell_stopped));
}

void add_to(Outcome& all, const Outcome& of) {
  all.days += of.days;
  all.rows += of.rows;
  all.wins += of.wins;
  all.percent += of.percent;
  all.buy_stopped += of.buy_stopped;
  all.sell_stopped += of.sell_stopped;
  for (const auto& [line, count] : of.lines) all.lines[line] += count;
}

Result<void> run_all(const Session& session, const conditions::Pair& pair, const RowShape& shape,
                     const store::RowChoice& choice) {
  const auto store = RowStore::open(session.home, shape, store::OpenMode::Read);
  if (!store) return std::unexpected(store.error());
  const auto blocks = store->blocks(choice);
  if (!blocks) return std::unexpected(blocks.error());
  const auto names = store->names();
  if (!names) return std::unexpected(names.error());

  if (!session.json) {
    const char* head = session.plain ? "{}\t{}\t{}\t{}\t{}\t{}\n" : "{:<12} {:>6} {:>12} {:>8} {:>8} {:>10}\n";
    fmt::print(fmt::runtime(head), "code", "days", "rows", "trades", "wins", "mean %");
  }
  Progress progress{session, "running"};
  Outcome all;
  std::int64_t codes = 0, trades = 0;
  for (std::size_t next = 0; next < blocks->size();) {
    const std::string& code = (*blocks)[next].code;
    const auto name = std::ranges::find(*names, code, &store::CodeName::code);
    Outcome of;
    for (; next < blocks->size() && (*blocks)[next].code == code; ++next) {
      progress.update(next, blocks->size());
      if (auto done = run_day(pair, *store, (*blocks)[next], name == names->end() ? nullptr : &*name, of); !done)
        return done;
    }
    const auto bought = static_cast<std::int64_t>(of.buys.size());
    if (session.json) {
      print_json(code, of);
    } else {
      const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\t{:.2f}\n" : "{:<12} {:>6} {:>12} {:>8} {:>8} {:>10.2f}\n";
      fmt::print(fmt::runtime(row), code, of.days, of.rows, bought, of.wins, mean_percent(of, bought));
    }
    add_to(all, of);
    trades += bought;
    ++codes;
  }
  print_total(session, all, codes, trades);
  return {};
}

}  // namespace

int run_pair_over_set(const Session& session, const conditions::Pair& pair, const RowShape& shape,
                      const store::RowChoice& choice) {
  const auto done = run_all(session, pair, shape, choice);
  return done ? kOk : report_error(session, done.error());
}

}  // namespace stom
