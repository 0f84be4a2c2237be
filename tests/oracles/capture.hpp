// A recorded Binance websocket capture, decoded in memory: what the tests of fills and books replay.
#pragma once

#include <zlib.h>

#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/replay_feed.hpp"
#include "venues/binance/market_data.hpp"

namespace stom::test {

inline std::vector<std::string> lines_of_gz(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return lines;
  std::string line;
  char buffer[1 << 16];
  while (gzgets(file, buffer, sizeof buffer) != nullptr) {
    line += buffer;
    if (line.back() != '\n') continue;
    line.pop_back();
    lines.push_back(std::move(line));
    line.clear();
  }
  if (!line.empty()) lines.push_back(std::move(line));
  gzclose(file);
  return lines;
}

inline std::vector<MessageBatch> decode_capture(const std::filesystem::path& path,
                                                const venues::binance::MarketDataConfig& config) {
  venues::binance::MarketData decoder{config};
  std::vector<MessageBatch> batches(1);
  for (const auto& line : lines_of_gz(path)) {
    UnixNanos received = 0;
    std::from_chars(line.data(), line.data() + 19, received);
    if (batches.back().levels.size() > 4000) batches.emplace_back();
    const auto decoded = decoder.decode(std::string_view{line}.substr(20), received, batches.back());
    EXPECT_TRUE(decoded) << decoded.error().message;
  }
  return batches;
}

class VectorSource final : public sim::MessageSource {
 public:
  explicit VectorSource(const std::vector<MessageBatch>& batches) : batches_{batches} {}
  Result<bool> next(MessageBatch& batch) override {
    if (at_ == batches_.size()) return false;
    batch = batches_[at_++];
    return true;
  }
  Result<void> rewind() override {
    at_ = 0;
    return {};
  }

 private:
  const std::vector<MessageBatch>& batches_;
  std::size_t at_ = 0;
};

inline Instrument btcusdt_usdm() {
  return {.id = "binance-usdm:BTCUSDT",
          .base = "BTC",
          .quote = "USDT",
          .kind = ContractKind::Linear,
          .price_decimals = 1,
          .quantity_decimals = 3,
          .ladder = {{{0}, {1}}},
          .lot = {1}};
}

}  // namespace stom::test
