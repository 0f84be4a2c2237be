// links: stom_conditions stom_store
// A pair of condition texts over more rows than memory holds: seeded one-second rows (bench/condition_rows.hpp) of many
// instruments and days in one file, each day's columns as the store encodes columns (src/store/codec.hpp). Only the
// columns that the texts read are decoded. Prints a JSON object; of `run` the time on the wall.
//   condition_year_bench make FILE INSTRUMENTS DAYS ROWS
//   condition_year_bench run FILE BUY SELL VARS THREADS
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "condition_rows.hpp"
#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "core/time.hpp"
#include "store/codec.hpp"

namespace {

using namespace stom;
using namespace stom::conditions;
using bench::ConditionRows;
using bench::kConditionColumns;

constexpr std::uint64_t kSeed = 5;
constexpr std::size_t kColumns = kConditionColumns.size() + 1;  // the clock last
constexpr std::size_t kDaysAtOnce = 10;                         // of an instrument, in one run
constexpr std::size_t kChecked = 8;                             // runs that are held against rows made anew

struct Header {
  std::uint32_t instrument = 0, day = 0, rows = 0;
  std::array<std::uint32_t, kColumns> bytes{};
  std::uint64_t payload() const {
    std::uint64_t sum = 0;
    for (const std::uint32_t length : bytes) sum += length;
    return sum;
  }
};
static_assert(std::is_trivially_copyable_v<Header>);

struct Block {
  std::uint64_t at = 0;  // of its payload
  Header header;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "condition_year_bench: %s\n", why.c_str());
  std::exit(1);
}

std::string text_of(const char* path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) give_up(std::string{"cannot read "} + path);
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// YYYYMMDD of the n-th day: weekdays or not is all the same here.
std::int64_t date_of(std::uint32_t day) {
  const CivilDate date = civil_of_day(day_of_civil(2024, 1, 2) + static_cast<std::int32_t>(day));
  return date.year * 10'000 + date.month * 100 + date.day;
}

int make(const char* path, std::uint32_t instruments, std::uint32_t days, std::uint32_t rows) {
  std::FILE* file = std::fopen(path, "wb");
  if (!file) give_up(std::string{"cannot write "} + path);
  store::ColumnEncoder encoder;
  std::array<std::vector<std::int64_t>, kColumns> columns;
  std::vector<std::byte> out;
  std::uint64_t bytes = 0;
  for (std::uint32_t instrument = 0; instrument < instruments; ++instrument) {
    for (std::uint32_t day = 0; day < days; ++day) {
      ConditionRows maker{kSeed, instrument, day};
      for (auto& column : columns) column.clear();
      for (std::uint32_t i = 0; i < rows; ++i) {
        const auto& row = maker.next();
        for (std::size_t c = 0; c < row.size(); ++c) columns[c].push_back(row[c]);
        columns.back().push_back(maker.clock());
      }
      Header header{.instrument = instrument, .day = day, .rows = rows};
      out.clear();
      for (std::size_t c = 0; c < kColumns; ++c) {
        const std::size_t before = out.size();
        encoder.encode(columns[c], out);
        header.bytes[c] = static_cast<std::uint32_t>(out.size() - before);
      }
      if (std::fwrite(&header, sizeof header, 1, file) != 1 ||
          std::fwrite(out.data(), 1, out.size(), file) != out.size())
        give_up("the disk is full");
      bytes += sizeof header + out.size();
    }
  }
  if (std::fclose(file) != 0) give_up("the disk is full");
  const double total = static_cast<double>(instruments) * days * rows;
  std::printf("{\"rows\":%.0f,\"bytes\":%llu,\"bytes_a_row\":%.2f}\n", total, static_cast<unsigned long long>(bytes),
              static_cast<double>(bytes) / total);
  return 0;
}

std::vector<Block> blocks_of(int file) {
  std::vector<Block> blocks;
  std::uint64_t at = 0;
  for (Block block; pread(file, &block.header, sizeof(Header), static_cast<off_t>(at)) == sizeof(Header);) {
    block.at = at + sizeof(Header);
    at = block.at + block.header.payload();
    blocks.push_back(block);
  }
  if (blocks.empty()) give_up("no rows in the file");
  return blocks;
}

/// Puts days of one instrument together as the rows that a run takes.
class Reader {
 public:
  Reader(int file, const Pair& pair) : file_{file} {
    const std::vector<std::size_t> read = inputs_read(pair);
    const auto is_read = [&](std::size_t input) { return std::ranges::find(read, input) != read.end(); };
    for (std::size_t c = 0; c < kConditionColumns.size(); ++c) {
      const std::size_t input = input_named(kConditionColumns[c].name);
      if (is_read(input) || (input == vi_ && is_read(below_)) ||
          (input == vi_tick_ && (is_read(below_) || is_read(tick_))))
        wanted_.push_back({c, input, kConditionColumns[c].decimals == 0 ? 1.0 : 100.0});
    }
    rows_.has_ask = rows_.has_bid = rows_.has_fifth_level = true;
  }

  const RowFile& rows(std::span<const Block> blocks) {
    std::size_t count = 0;
    for (const Block& block : blocks) count += block.header.rows;
    rows_.index.resize(count);
    if (rows_.stride < count) {
      rows_.stride = count;
      rows_.inputs.assign(input_count() * count, 0);
    }
    std::size_t first = 0;
    for (const Block& block : blocks) add(block, first), first += block.header.rows;
    return rows_;
  }

  /// The same made anew, to hold what was read against.
  RowFile made_anew(std::span<const Block> blocks) const {
    RowFile rows = rows_;
    std::ranges::fill(rows.inputs, 0);
    std::size_t at = 0;
    for (const Block& block : blocks) {
      ConditionRows maker{kSeed, block.header.instrument, block.header.day};
      for (std::uint32_t i = 0; i < block.header.rows; ++i, ++at) {
        const auto& row = maker.next();
        for (std::size_t c = 0; c < row.size(); ++c) {
          const auto whole = static_cast<double>(row[c]);
          rows.inputs[input_named(kConditionColumns[c].name) * rows.stride + at] =
              kConditionColumns[c].decimals == 0 ? whole : whole / 100;
        }
        computed(rows, at, i, maker.clock(), block.header.day);
      }
    }
    return rows;
  }

 private:
  struct Wanted {
    std::size_t column, input;
    double power;
  };

  double* input(RowFile& rows, std::size_t input, std::size_t first) const {
    return rows.inputs.data() + input * rows.stride + first;
  }
  void computed(RowFile& rows, std::size_t at, std::uint32_t number, std::int64_t clock, std::uint32_t day) const {
    rows.index[at] = date_of(day) * 1'000'000 + clock;
    *input(rows, clock_, at) = static_cast<double>(clock);
    *input(rows, length_, at) = number + 1;
    *input(rows, tick_, at) = *input(rows, vi_tick_, at);
    *input(rows, below_, at) = *input(rows, vi_, at) - 5 * *input(rows, vi_tick_, at);
  }

  void add(const Block& block, std::size_t first) {
    const Header& header = block.header;
    bytes_.resize(header.payload());
    if (pread(file_, bytes_.data(), bytes_.size(), static_cast<off_t>(block.at)) != static_cast<ssize_t>(bytes_.size()))
      give_up("the file is cut short");
    integers_.resize(header.rows);
    const std::span<const std::byte> all{bytes_};
    std::array<std::size_t, kColumns> starts{};
    for (std::size_t c = 1; c < kColumns; ++c) starts[c] = starts[c - 1] + header.bytes[c - 1];
    const auto decode = [&](std::size_t column) {
      if (!decoder_.decode(all.subspan(starts[column], header.bytes[column]), integers_))
        give_up("a column is damaged");
    };
    for (const Wanted& wanted : wanted_) {
      decode(wanted.column);
      double* const to = input(rows_, wanted.input, first);
      if (wanted.power == 1)
        for (std::size_t i = 0; i < integers_.size(); ++i) to[i] = static_cast<double>(integers_[i]);
      else
        for (std::size_t i = 0; i < integers_.size(); ++i) to[i] = static_cast<double>(integers_[i]) / wanted.power;
    }
    decode(kColumns - 1);
    const std::int64_t day = date_of(header.day) * 1'000'000;
    double* const clock = input(rows_, clock_, first);
    double* const length = input(rows_, length_, first);
    double* const tick = input(rows_, tick_, first);
    double* const below = input(rows_, below_, first);
    const double* const vi = input(rows_, vi_, first);
    const double* const vi_tick = input(rows_, vi_tick_, first);
    for (std::size_t i = 0; i < integers_.size(); ++i) {
      rows_.index[first + i] = day + integers_[i];
      clock[i] = static_cast<double>(integers_[i]);
      length[i] = static_cast<double>(i + 1);
      tick[i] = vi_tick[i];
      below[i] = vi[i] - 5 * vi_tick[i];
    }
  }

  int file_;
  std::size_t clock_ = input_named("시분초"), length_ = input_named("데이터길이"), tick_ = input_named("호가단위"),
              below_ = input_named("VI아래5호가"), vi_ = input_named("VI가격"), vi_tick_ = input_named("VI호가단위");
  std::vector<Wanted> wanted_;
  store::ColumnDecoder decoder_;
  std::vector<std::byte> bytes_;
  std::vector<std::int64_t> integers_;
  RowFile rows_;
};

int run(const char* path, char** texts, unsigned threads) {
  const PairResult made =
      make_pair_of({.buy = text_of(texts[0]), .sell = text_of(texts[1]), .variables = text_of(texts[2])});
  if (!made.pair) give_up(made.reports[0].reports.all()[0].message(Language::English));
  const Pair& pair = *made.pair;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) give_up(std::string{"cannot read "} + path);
  const std::vector<Block> blocks = blocks_of(file);
  std::vector<std::span<const Block>> parts;  // days of one instrument
  for (std::size_t i = 0; i < blocks.size();) {
    std::size_t end = i;
    while (end < blocks.size() && end - i < kDaysAtOnce && blocks[end].header.instrument == blocks[i].header.instrument)
      ++end;
    parts.push_back(std::span{blocks}.subspan(i, end - i));
    i = end;
  }
  bool equal = true;
  {
    Reader reader{file, pair};
    for (std::size_t i = 0; i < parts.size(); i += std::max<std::size_t>(1, parts.size() / kChecked)) {
      const RowRun stored = run_rows(pair, reader.rows(parts[i])), anew = run_rows(pair, reader.made_anew(parts[i]));
      equal = equal && stored.buys == anew.buys && stored.sells == anew.sells && stored.buy_stopped == anew.buy_stopped;
    }
  }

  std::atomic<std::size_t> next{0}, rows{0}, trades{0};
  const auto began = std::chrono::steady_clock::now();
  const auto work = [&] {
    Reader reader{file, pair};
    for (std::size_t part = next++; part < parts.size(); part = next++) {
      const RowFile& read = reader.rows(parts[part]);
      rows += read.rows();
      trades += run_rows(pair, read).buys.size();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"rows\":%zu,\"seconds\":%.4f,\"threads\":%u,\"peak_mb\":%.0f,\"trades\":%zu,\"columns\":%zu,\"equal\":%s}\n",
      rows.load(), seconds, threads, static_cast<double>(usage.ru_maxrss) / 1024, trades.load(),
      inputs_read(pair).size(), equal ? "true" : "false");
  close(file);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto number = [&](int i) { return static_cast<std::uint32_t>(std::strtoul(argv[i], nullptr, 10)); };
  if (what == "make" && argc == 6) return make(argv[2], number(3), number(4), number(5));
  if (what == "run" && argc == 7) return run(argv[2], argv + 3, std::max(1u, number(6)));
  std::fputs("usage: condition_year_bench make FILE INSTRUMENTS DAYS ROWS | run FILE BUY SELL VARS THREADS\n", stderr);
  return 2;
}
