// links: stom_store stom_market
// How far the replay is from the machine's limits, on the same stored rows: one pass through the decoded levels in
// memory, and the same levels set in two flat arrays of quantities by tick, with nothing around them. Neither knows
// time, gaps or orders.
//   floors_bench HOME INSTRUMENT [rounds]
// Prints one JSON object: nanoseconds a level, median of the rounds.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "store/catalogue.hpp"
#include "store/tick_reader.hpp"

namespace {

using namespace stom;

template <class T>
T need(Result<T> result) {
  if (result) return std::move(*result);
  fmt::print(stderr, "floors_bench: {}\n", result.error().message);
  std::exit(1);
}

struct Row {
  std::int64_t tick;
  std::int64_t quantity;
  bool bid;
};

std::vector<Row> rows_of(const store::DataFolder& folder, const std::string& id, std::int64_t base_tick) {
  store::TickQuery query;
  query.kinds = store::kind_bit(MessageKind::Depth) | store::kind_bit(MessageKind::Snapshot);
  auto reader = need(store::TickReader::open(folder, id, query));
  std::vector<Row> rows;
  MessageBatch batch;
  while (need(reader.next(batch))) {
    for (const Message& m : batch.messages) {
      for (const Level& l : batch.bids(m)) rows.push_back({l.price.value / base_tick, l.quantity.value, true});
      for (const Level& l : batch.asks(m)) rows.push_back({l.price.value / base_tick, l.quantity.value, false});
    }
  }
  return rows;
}

template <class Work>
double nanoseconds_a_row(std::size_t rows, int rounds, Work work) {
  std::vector<double> times;
  for (int r = -1; r < rounds; ++r) {  // the first warms up
    const auto began = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    if (r >= 0) times.push_back(took.count() / static_cast<double>(rows));
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 3 ? std::atoi(argv[3]) : 7;
  if (argc < 3 || rounds < 1) {
    fmt::print(stderr, "usage: floors_bench HOME INSTRUMENT [rounds]\n");
    return 2;
  }
  const auto folder = need(store::DataFolder::open(argv[1], store::OpenMode::Read));
  const auto instrument = need(folder.catalogue().instrument(argv[2]));
  const auto rows = rows_of(folder, argv[2], std::max<std::int64_t>(instrument.base_tick().value, 1));
  if (rows.empty()) {
    fmt::print(stderr, "floors_bench: {} has no depth\n", argv[2]);
    return 1;
  }
  const auto [low, high] =
      std::minmax_element(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.tick < b.tick; });
  const std::int64_t first = low->tick;
  const auto span = static_cast<std::size_t>(high->tick - first + 1);
  if (span > 400'000'000) {
    fmt::print(stderr, "floors_bench: prices of {} span too many ticks for a flat array\n", argv[2]);
    return 1;
  }

  std::int64_t sink = 0;
  const double scan = nanoseconds_a_row(rows.size(), rounds, [&] {
    std::int64_t sum = 0;
    for (const Row& row : rows) sum += row.tick ^ row.quantity;
    sink += sum;
  });
  std::vector<std::int64_t> bids(span), asks(span);
  const double book = nanoseconds_a_row(rows.size(), rounds, [&] {
    for (const Row& row : rows) (row.bid ? bids : asks)[static_cast<std::size_t>(row.tick - first)] = row.quantity;
    sink += bids[span / 2] + asks[span / 2];
  });
  fmt::print(R"({{"rows":{},"scan_ns":{:.3f},"book_ns":{:.3f},"sink":{}}})"
             "\n",
             rows.size(), scan, book, sink % 1000);
  return 0;
}
