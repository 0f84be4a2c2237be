// A run folder in which one file holds any bytes: it is read, or it is said which file is wrong; and what was read can
// be reported and read again. The first byte chooses the file.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/assert.hpp"
#include "research/run_folder.hpp"
#include "research/trades.hpp"

namespace {

namespace fs = std::filesystem;
using namespace stom;

RunResult small_run() {
  RunResult r;
  r.id = "sma_cross-1";
  r.strategy = "sma_cross";
  r.configuration = {{"strategy", "sma_cross"}};
  r.version = "0.1.0";
  r.data_hash = "aa";
  r.journal_hash = "bb";
  r.currency = "USDT";
  r.initial_equity = {Int128{1000} * power_of_ten(18)};
  r.from = 1;
  r.to = 9'000'000'000;
  r.instruments = {{.id = "binance:BTCUSDT",
                    .base = "BTC",
                    .quote = "USDT",
                    .price_decimals = 2,
                    .quantity_decimals = 5,
                    .ladder = {{{0}, {1}}},
                    .lot = {10}}};
  r.fills = {{.time = 2, .side = Side::Buy, .order = 2, .price = {5'900'000}, .quantity = {150'000}, .fee = {7}},
             {.time = 5, .side = Side::Sell, .order = 7, .price = {6'000'050}, .quantity = {100'000}}};
  r.prices = {{0, {{.time = 2, .open = {590}, .high = {610}, .low = {580}, .close = {600}, .volume = {1}}}}};
  derive_trades(r, [](ClientOrderId) { return "signal"; });
  r.equity = {{2, r.initial_equity}, {5, {Int128{990} * power_of_ten(18) + 1}}};
  r.pessimistic = r.optimistic = r.equity;
  r.benchmark = {{2, 0.1}, {5, 0.2}};
  r.benchmark_name = "buy and hold";
  return r;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("run_folder_fuzz." + std::to_string(::getpid()));
  std::vector<fs::path> files;

  Folder() {
    STOM_ASSERT(write_run(path, small_run(), {.report = false}));
    for (const auto& entry : fs::directory_iterator{path}) files.push_back(entry.path());
    std::ranges::sort(files);
  }
  ~Folder() { fs::remove_all(path); }
};

void put(const fs::path& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary | std::ios::trunc} << bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Folder folder;
  if (size < 1) return 0;
  const fs::path& file = folder.files[data[0] % folder.files.size()];
  std::ifstream in{file, std::ios::binary};
  const std::string before{std::istreambuf_iterator<char>{in}, {}};
  put(file, {reinterpret_cast<const char*>(data + 1), size - 1});
  const auto summary = read_run_summary(folder.path);
  if (!summary) STOM_ASSERT(!summary.error().message.empty() && !summary.error().hint.empty());
  const auto run = read_run(folder.path);
  if (run) {
    const fs::path again = folder.path.string() + ".again";
    STOM_ASSERT(write_run(again, *run, {.report = (data[0] & 128) != 0}));
    STOM_ASSERT(read_run(again));
  } else {
    STOM_ASSERT(!run.error().message.empty() && !run.error().hint.empty());
  }
  put(file, before);
  return 0;
}
