// Any bytes as a recorded frame of any venue whose market data are read: refused with a reason and nothing left behind,
// or whole messages, which fit into the decimals that the frame is said to need. The first byte chooses the venue.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "venues/registry.hpp"

namespace {

using namespace stom;
using Decoders = std::vector<std::unique_ptr<venues::MarketDataDecoder>>;

Decoders decoders() {
  Decoders all;
  for (const auto& venue : venues::venues())
    if (auto decoder = venues::make_market_data_decoder(venue.name + ":" +
                                                        (venue.well_known.empty() ? "XRPUSDT" : venue.well_known)))
      all.push_back(std::move(decoder));
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto all = decoders();
  if (size < 1) return 0;
  auto& decoder = *all[data[0] % all.size()];
  decoder.refuse_unknown_fields(size % 2 == 0);
  const std::string_view frame{reinterpret_cast<const char*>(data + 1), size - 1};
  constexpr UnixNanos kReceived = 1'789'095'378'000'000'000;
  MessageBatch batch;
  decoder.set_decimals({4, 8});
  const auto kind = decoder.decode(frame, kReceived, batch);
  if (!kind) STOM_ASSERT(!kind.error().message.empty() && batch.messages.empty() && batch.levels.empty());
  for (const auto& m : batch.messages) STOM_ASSERT(m.first_level + m.levels() <= batch.levels.size());
  venues::Decimals needed;
  const auto widened = decoder.widen(frame, needed);
  STOM_ASSERT(widened || !kind);
  if (!widened) return 0;
  decoder.set_decimals(needed);
  MessageBatch wide;
  const auto again = decoder.decode(frame, kReceived, wide);
  STOM_ASSERT(!kind || !again || wide.messages.size() == batch.messages.size());
  return 0;
}
