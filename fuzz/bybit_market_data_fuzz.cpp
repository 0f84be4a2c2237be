// Any bytes as a Bybit frame: refused with a reason, or one whole message.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "venues/bybit/market_data.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom;
  static const auto decoder = venues::bybit::market_data("XRPUSDT");
  decoder->set_decimals({4, 1});
  decoder->refuse_unknown_fields(size % 2 == 0);
  const std::string_view frame{reinterpret_cast<const char*>(data), size};
  MessageBatch batch;
  const auto kind = decoder->decode(frame, 1, batch);
  if (!kind) {
    STOM_ASSERT(!kind.error().message.empty() && batch.messages.empty() && batch.levels.empty());
    return 0;
  }
  for (const auto& m : batch.messages) STOM_ASSERT(m.first_level + m.levels() == batch.levels.size());
  return 0;
}
