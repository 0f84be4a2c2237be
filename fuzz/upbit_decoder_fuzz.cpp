// Any bytes as a frame or an answer of Upbit: no crash, no event of a frame that is refused, the same again the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/assert.hpp"
#include "venues/upbit/decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom::venues;
  if (size < 1) return 0;
  static const std::unique_ptr<Decoder> decoder = upbit::decoder();
  const auto received = data[0] & 1 ? stom::UnixNanos{1789095378000000000} : stom::kNoTime;
  const std::string_view frame{reinterpret_cast<const char*>(data + 1), size - 1};
  EventBatch batch, again;
  const auto decoded = decoder->decode(frame, received, batch);
  if (decoded.what == Decoded::What::Events) {
    STOM_ASSERT(!to_json(batch, "v").empty());
  } else {
    STOM_ASSERT(batch.events.empty() && batch.fields.empty() && batch.levels.empty());
    STOM_ASSERT(decoded.what == Decoded::What::Sent || !decoded.text.empty());
  }
  const auto second = decoder->decode(frame, received, again);
  STOM_ASSERT(second.what == decoded.what && second.text == decoded.text);
  STOM_ASSERT(to_json(again, "v") == to_json(batch, "v"));
  return 0;
}
