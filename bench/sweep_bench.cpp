// links: stom_research stom_sim stom_store stom_strategies
// Many Runs over one Market. Each Run is whole: strategy, orders, fees, account, journal hash.
//   sweep_bench bars BARS SEED FAST..FAST SLOW..SLOW:STEP RESULTS.csv   sma_cross with preset=vectorbt on the seeded
//   bars (row P6) sweep_bench book HOME INSTRUMENT RUNS                               mm_keep with max = 1..RUNS over a
//   stored recording (row P2b):
//                                                                       together, then each alone, fills compared
// Prints one JSON object: seconds without loading and without the strategies' construction.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/random.hpp"
#include "research/backtest.hpp"
#include "store/catalogue.hpp"
#include "store/tick_reader.hpp"
#include "strategies/registry.hpp"

namespace {

using namespace stom;

[[noreturn]] void stop(std::string_view why) {
  fmt::print(stderr, "sweep_bench: {}\n", why);
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) stop(result.error().message);
  return std::move(*result);
}

std::unique_ptr<Strategy> strategy_of(std::string_view name, std::map<std::string, std::string> parameters) {
  const StrategyEntry* entry = find_strategy(name);
  if (entry == nullptr) stop(fmt::format("no strategy {}", name));
  Parameters declared{std::move(parameters)};
  auto strategy = entry->make(declared);
  if (const auto ok = declared.check(); !ok) stop(ok.error().message);
  return strategy;
}

/// Tape `ohlc` of bench/peers/tapes.py.
std::vector<Bar> walk(std::size_t bars, std::uint64_t seed) {
  Random random{seed};
  const auto bits = [](std::uint64_t draw, int low, int count) {
    return static_cast<std::int64_t>((draw >> low) & ((std::uint64_t{1} << count) - 1));
  };
  std::vector<Bar> out;
  std::int64_t close = 2'000'000;
  for (std::size_t i = 0; i < bars; ++i) {
    const std::uint64_t r0 = random.next(), r1 = random.next();
    const std::int64_t open = close + bits(r0, 0, 5) - 16;
    close = open + bits(r0, 8, 10) + bits(r0, 18, 10) - 1023;
    out.push_back({.time = (1'600'000'000 + 60 * static_cast<std::int64_t>(i)) * kSecond,
                   .open = {open},
                   .high = {std::max(open, close) + bits(r0, 32, 9)},
                   .low = {std::min(open, close) - bits(r0, 41, 9)},
                   .close = {close},
                   .volume = {1 + bits(r1, 0, 16)}});
  }
  return out;
}

/// "5..44" or "50..170:5".
std::vector<int> range_of(const std::string& text) {
  int first = 0, last = 0, step = 1;
  if (std::sscanf(text.c_str(), "%d..%d:%d", &first, &last, &step) < 2 || step < 1) stop("not a range: " + text);
  std::vector<int> out;
  for (int v = first; v <= last; v += step) out.push_back(v);
  return out;
}

int bars(std::size_t count, std::uint64_t seed, const std::string& fast, const std::string& slow, const char* results) {
  sim::BarFeed::Stream stream;
  stream.instrument.id = "bench:WALK";
  stream.instrument.quote = "USD";
  stream.instrument.price_decimals = 2;
  stream.instrument.ladder.push_back({{0}, {1}});
  stream.bars = walk(count, seed);
  stream.span = kMinute;
  std::vector<research::BacktestRun> runs;
  std::vector<std::pair<int, int>> pairs;
  Money cash{};
  for (const int f : range_of(fast)) {
    for (const int s : range_of(slow)) {
      research::BacktestRun run;
      run.strategy =
          strategy_of("sma_cross", {{"fast", std::to_string(f)}, {"slow", std::to_string(s)}, {"preset", "vectorbt"}});
      run.models.fees = {500'000, 500'000};  // 0.0005
      if (const auto ok = research::apply_preset("vectorbt", stream, run.models, run.cash); !ok)
        stop(ok.error().message);
      cash = run.cash;
      runs.push_back(std::move(run));
      pairs.emplace_back(f, s);
    }
  }
  std::vector<sim::BarFeed::Stream> streams;
  streams.push_back(std::move(stream));
  const auto outcome =
      need(research::run_bar_backtest(std::move(streams), std::move(runs), {.equity_interval = 365 * kDay}));

  std::FILE* out = std::fopen(results, "w");
  if (out == nullptr) stop(fmt::format("cannot write {}", results));
  fmt::print(out, "fast,slow,fills,total_return\n");
  std::size_t fills = 0;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const auto& run = outcome.runs[i];
    const double equity = to_double(run.equity.back().equity.value, kMoneyDecimals);
    fmt::print(out, "{},{},{},{:.17g}\n", pairs[i].first, pairs[i].second, run.fills.size(),
               equity / to_double(cash.value, kMoneyDecimals) - 1);
    fills += run.fills.size();
  }
  std::fclose(out);
  fmt::print(R"({{"seconds":{},"bars":{},"pairs":{},"fills":{}}})"
             "\n",
             static_cast<double>(outcome.run_ns) * 1e-9, count, pairs.size(), fills);
  return 0;
}

class StoredMessages final : public sim::MessageSource {
 public:
  StoredMessages(const store::DataFolder& folder, std::string id)
      : folder_{folder}, id_{std::move(id)}, reader_{need(store::TickReader::open(folder_, id_))} {}
  Result<bool> next(MessageBatch& batch) override { return reader_.next(batch); }
  Result<void> rewind() override {
    reader_ = need(store::TickReader::open(folder_, id_));
    return {};
  }

 private:
  const store::DataFolder& folder_;
  std::string id_;
  store::TickReader reader_;
};

research::BacktestOutcome market_makers(const store::DataFolder& folder, const std::string& id, int first, int last) {
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::make_unique<StoredMessages>(folder, id), need(folder.catalogue().instrument(id))});
  std::vector<research::BacktestRun> runs;
  for (int most = first; most <= last; ++most) {
    research::BacktestRun run;
    run.strategy = strategy_of("mm_keep", {{"max", std::to_string(most)}});
    run.models.queue = sim::QueueModel::Power3;
    run.models.latency = {kMillisecond, kMillisecond};
    run.models.fees = {200'000, 500'000};  // 0.0002, 0.0005
    run.cash = {static_cast<Int128>(10'000) * power_of_ten(kMoneyDecimals)};
    runs.push_back(std::move(run));
  }
  return need(research::run_backtest(std::move(streams), std::move(runs), {.fill_rules = sim::FillRules::Hftbacktest}));
}

bool same_fills(const std::vector<Fill>& a, const std::vector<Fill>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Fill& x, const Fill& y) {
    return x.time == y.time && x.local_time == y.local_time && x.side == y.side && x.order == y.order &&
           x.price == y.price && x.quantity == y.quantity && x.fee == y.fee;
  });
}

int book(const char* home, const std::string& id, int runs) {
  const auto folder = need(store::DataFolder::open(home, store::OpenMode::Read));
  const auto together = market_makers(folder, id, 1, runs);
  std::int64_t alone_ns = 0;
  std::size_t fills = 0;
  bool equal = true;
  for (int most = 1; most <= runs; ++most) {
    const auto alone = market_makers(folder, id, most, most);
    const auto& shared = together.runs[static_cast<std::size_t>(most - 1)];
    alone_ns += alone.run_ns;
    fills += shared.fills.size();
    equal = equal && same_fills(shared.fills, alone.runs[0].fills);
  }
  fmt::print(R"({{"runs":{},"fills":{},"equal":{},"together_seconds":{},"alone_seconds":{}}})"
             "\n",
             runs, fills, equal, static_cast<double>(together.run_ns) * 1e-9, static_cast<double>(alone_ns) * 1e-9);
  return equal ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view what = argc > 1 ? argv[1] : "";
  if (what == "bars" && argc == 7)
    return bars(std::strtoull(argv[2], nullptr, 10), std::strtoull(argv[3], nullptr, 10), argv[4], argv[5], argv[6]);
  if (what == "book" && argc == 5) return book(argv[2], argv[3], std::atoi(argv[4]));
  fmt::print(stderr,
             "usage: sweep_bench bars BARS SEED FAST SLOW RESULTS.csv | sweep_bench book HOME INSTRUMENT RUNS\n");
  return 2;
}
