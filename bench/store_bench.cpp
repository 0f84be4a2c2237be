// links: stom_store
// The tick store beside Parquet (rows P7 and P8 of docs/benchmarks.md): writes the seeded tape ticks20, scans it,
// checks the sums, and prints bytes a row and rows a second as one JSON object.
//
//   store_bench [--rows N] [--seed S] [--dir FOLDER] [--repeat R] [--keep]
//
// The folder is emptied first. Times are of one thread: append from columns in memory to durable on disk; scan of the
// sum of price x quantity by side, from files in the page cache.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "core/random.hpp"
#include "store/catalogue.hpp"
#include "store/data_folder.hpp"
#include "store/tick_reader.hpp"
#include "store/tick_writer.hpp"
#include "store/trade_scan.hpp"

namespace {

using namespace stom;
using namespace stom::store;

struct Tape {
  std::vector<UnixNanos> times;
  std::vector<std::int64_t> prices;
  std::vector<std::int64_t> quantities;
  std::vector<std::uint8_t> sides;
};

std::uint64_t bits(std::uint64_t r, int at, int count) { return (r >> at) & ((std::uint64_t{1} << count) - 1); }

// The tape that the peers' scripts generate, bit for bit.
Tape ticks20(std::size_t rows, std::uint64_t seed) {
  Tape tape;
  tape.times.reserve(rows);
  tape.prices.reserve(rows);
  tape.quantities.reserve(rows);
  tape.sides.reserve(rows);
  Random random{seed};
  UnixNanos time = 1'700'000'000'000'000'000;
  std::int64_t price = 600'000;
  for (std::size_t i = 0; i < rows; ++i) {
    const std::uint64_t r0 = random.next();
    const std::uint64_t r1 = random.next();
    if (bits(r0, 0, 1) != 0)
      time += static_cast<std::int64_t>(1000 * (1 + (bits(r0, 1, 20) >> (bits(r0, 21, 5) % 20))));
    if (bits(r0, 32, 2) == 3) price += __builtin_popcountll(bits(r0, 34, 6)) - __builtin_popcountll(bits(r0, 40, 6));
    tape.times.push_back(time);
    tape.prices.push_back(price);
    tape.quantities.push_back(static_cast<std::int64_t>(1 + (bits(r1, 0, 14) >> (bits(r1, 16, 4) % 14))));
    tape.sides.push_back(static_cast<std::uint8_t>(bits(r1, 24, 1)));
  }
  return tape;
}

// What passed on the clock and what this process itself used: on a busy machine the second says more.
struct Stopwatch {
  static double cpu_now() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
  }
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  double cpu_start = cpu_now();
  double wall() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); }
  double cpu() const { return cpu_now() - cpu_start; }
};

template <class T>
T need(Result<T> result) {
  if (result) {
    if constexpr (!std::is_void_v<T>)
      return std::move(*result);
    else
      return;
  }
  fmt::print(stderr, "error: {}\n", result.error().message);
  std::exit(1);
}

struct Spread {
  double median, least, most;
};
Spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return {values[values.size() / 2], values.front(), values.back()};
}
std::string json(const Spread& s) {
  return fmt::format(R"({{"median":{:.0f},"min":{:.0f},"max":{:.0f}}})", s.median, s.least, s.most);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t rows = 20'000'000;
  std::uint64_t seed = 1;
  int repeat = 7;
  bool keep = false;
  std::filesystem::path home = std::filesystem::temp_directory_path() / "stom_store_bench";
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : "";
    if (flag == "--keep") {
      keep = true;
      continue;
    }
    ++i;
    if (flag == "--rows")
      rows = std::strtoull(value, nullptr, 10);
    else if (flag == "--seed")
      seed = std::strtoull(value, nullptr, 10);
    else if (flag == "--repeat")
      repeat = std::max(1, std::atoi(value));
    else if (flag == "--dir")
      home = std::filesystem::path{value} / "stom_store_bench";
    else
      return fmt::print(stderr, "usage: store_bench [--rows N] [--seed S] [--dir FOLDER] [--repeat R] [--keep]\n"), 2;
  }

  const Tape tape = ticks20(rows, seed);
  Turnover expected;
  for (std::size_t i = 0; i < rows; ++i)
    (tape.sides[i] != 0 ? expected.sold : expected.bought) += static_cast<Int128>(tape.prices[i]) * tape.quantities[i];

  Instrument instrument;
  instrument.id = "bench:TICKS20";
  instrument.price_decimals = 1;
  instrument.quantity_decimals = 3;

  const auto rate = [](std::size_t done, double seconds) { return static_cast<double>(done) / seconds; };
  std::vector<double> append;
  std::vector<double> append_cpu;
  for (int r = 0; r < repeat; ++r) {
    std::filesystem::remove_all(home);
    DataFolder folder = need(DataFolder::open(home, OpenMode::Write));
    const Stopwatch watch;
    TickWriter writer = need(TickWriter::open(folder, instrument));
    need(writer.append_trades({tape.times, tape.prices, tape.quantities, tape.sides}));
    need(writer.commit());
    append.push_back(rate(rows, watch.wall()));
    append_cpu.push_back(rate(rows, watch.cpu()));
  }

  const DataFolder folder = need(DataFolder::open(home, OpenMode::Read));
  std::vector<double> scan;
  std::vector<double> scan_cpu;
  bool equal = true;
  for (int r = 0; r < repeat; ++r) {
    const Stopwatch watch;
    const Turnover sum = need(turnover(folder, instrument.id));
    scan.push_back(rate(rows, watch.wall()));
    scan_cpu.push_back(rate(rows, watch.cpu()));
    equal = equal && sum.trades == rows && sum.bought == expected.bought && sum.sold == expected.sold;
  }

  // As the simulator reads it: every field of every message.
  std::size_t messages = 0;
  TickReader reader = need(TickReader::open(folder, instrument.id));
  MessageBatch batch;
  const Stopwatch watch;
  while (need(reader.next(batch))) {
    for (std::size_t i = 0; i < batch.messages.size(); ++i)
      equal = equal && batch.messages[i].transaction_time == tape.times[messages + i] &&
              batch.levels[i].price.value == tape.prices[messages + i] &&
              batch.levels[i].quantity.value == tape.quantities[messages + i];
    messages += batch.messages.size();
  }
  const double read = rate(messages, watch.wall());
  const double read_cpu = rate(messages, watch.cpu());
  equal = equal && messages == rows;

  std::uint64_t bytes = 0;
  for (const auto& file : folder.tick_files(instrument.id)) bytes += std::filesystem::file_size(file.path);
  fmt::print(
      R"({{"rows":{},"seed":{},"equal":{},"sums":["{}","{}"],"bytes_per_row":{:.4f},"append_rows_s":{},"scan_rows_s":{},)"
      R"("messages_s":{:.0f},"cpu":{{"append_rows_s":{},"scan_rows_s":{},"messages_s":{:.0f}}}}})"
      "\n",
      rows, seed, equal, expected.bought, expected.sold, static_cast<double>(bytes) / static_cast<double>(rows),
      json(spread_of(append)), json(spread_of(scan)), read, json(spread_of(append_cpu)), json(spread_of(scan_cpu)),
      read_cpu);
  if (!keep) std::filesystem::remove_all(home);
  return equal ? 0 : 1;
}
