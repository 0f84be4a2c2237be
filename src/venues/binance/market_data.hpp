// Binance public market data (spot, USD-M and COIN-M futures): websocket frames, combined or raw, and REST depth
// snapshots, to messages. Two roads lead to one answer: a straight one for frames in the shape that Binance sends, and
// a full JSON parser with a schema for everything else. The straight road never says no; it hands over.
#pragma once

#include "venues/market_data.hpp"

namespace stom::venues::binance {

/// "btcusdt@depth5@100ms": a stream of the best levels, each time all of them. Futures write those like the updates of
/// "@depth", so that the name alone tells.
bool is_partial_book(std::string_view stream);
/// Of an update of such a stream: what it is.
void make_whole_book(Message& message);

/// Which of Binance's three feeds: they differ in the fields a depth update must have.
enum class Feed : std::uint8_t { Spot, UsdM, CoinM };

struct MarketDataConfig {
  std::string symbol;  // "BTCUSDT"; frames for another one are refused
  Feed feed = Feed::UsdM;
  Decimals decimals;
  bool refuse_unknown_fields = false;
};

class MarketData final : public MarketDataDecoder {
 public:
  explicit MarketData(MarketDataConfig config);
  ~MarketData() override;

  void set_decimals(Decimals decimals) override { config_.decimals = decimals; }
  void refuse_unknown_fields(bool refuse) override { config_.refuse_unknown_fields = refuse; }
  Result<FrameKind> decode(std::string_view frame, UnixNanos receive_time, MessageBatch& out) override;
  Result<void> widen(std::string_view frame, Decimals& decimals) override;

  /// The full parser alone: the reference that decode() must agree with, frame by frame.
  Result<FrameKind> decode_with_schema(std::string_view frame, UnixNanos receive_time, MessageBatch& out);

 private:
  struct Schema;
  MarketDataConfig config_;
  std::unique_ptr<Schema> schema_;
};

}  // namespace stom::venues::binance
