// Any bytes as a frame or an answer of any venue that is decoded: no crash, no event of a frame that is refused, the
// same again the same. An input is "VENUE\nFRAME"; where its first line names none, its first byte chooses, so that
// every input reaches a decoder.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "venues/registry.hpp"

namespace {

struct Target {
  std::string venue;
  std::unique_ptr<stom::venues::Decoder> decoder;
};
std::vector<Target> targets() {
  std::vector<Target> all;
  for (const auto& venue : stom::venues::venues_with_decoder())
    all.push_back({venue, stom::venues::make_decoder(venue)});
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stom::venues;
  static const auto all = targets();
  if (size == 0) return 0;
  std::string_view frame{reinterpret_cast<const char*>(data), size};
  const auto line_end = frame.find('\n');
  auto target = std::ranges::find(all, frame.substr(0, line_end), &Target::venue);
  if (target == all.end() || line_end == std::string_view::npos) {
    target = all.begin() + data[0] % static_cast<std::ptrdiff_t>(all.size());
    frame.remove_prefix(1);
  } else {
    frame.remove_prefix(line_end + 1);
  }
  // Of venues that tell the time of day alone, the day comes from when a frame was received.
  const auto received = size % 2 == 0 ? stom::UnixNanos{1789095378000000000} : stom::kNoTime;
  EventBatch batch, again;
  const auto decoded = target->decoder->decode(frame, received, batch);
  if (decoded.what == Decoded::What::Events) {
    STOM_ASSERT(!to_json(batch, "v").empty());
  } else {
    STOM_ASSERT(batch.events.empty() && batch.fields.empty() && batch.levels.empty());
    STOM_ASSERT(decoded.what == Decoded::What::Sent || !decoded.text.empty());
  }
  const auto second = target->decoder->decode(frame, received, again);
  STOM_ASSERT(second.what == decoded.what && second.text == decoded.text);
  STOM_ASSERT(to_json(again, "v") == to_json(batch, "v"));
  return 0;
}
