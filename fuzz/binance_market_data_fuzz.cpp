// Any bytes as a Binance frame: the straight road and the full parser accept and reject the same and say the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "venues/binance/market_data.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  using namespace stom::venues::binance;
  if (size < 1) return 0;
  const auto feed = static_cast<Feed>(data[0] % 3);
  static MarketData decoders[] = {MarketData{{"BTCUSDT", Feed::Spot, {2, 5}}},
                                  MarketData{{"BTCUSDT", Feed::UsdM, {2, 3}}},
                                  MarketData{{"BTCUSD_PERP", Feed::CoinM, {1, 0}}}};
  auto& decoder = decoders[static_cast<std::size_t>(feed)];
  decoder.refuse_unknown_fields(data[0] & 64);
  const std::string_view frame{reinterpret_cast<const char*>(data + 1), size - 1};
  MessageBatch fast, full;
  const auto one = decoder.decode(frame, 1, fast);
  const auto two = decoder.decode_with_schema(frame, 1, full);
  STOM_ASSERT(one.has_value() == two.has_value());
  STOM_ASSERT(fast.messages == full.messages && fast.levels == full.levels);
  if (!two) STOM_ASSERT(!two.error().message.empty() && full.messages.empty() && full.levels.empty());
  venues::Decimals decimals;
  if (one) STOM_ASSERT(decoder.widen(frame, decimals).has_value());
  return 0;
}
