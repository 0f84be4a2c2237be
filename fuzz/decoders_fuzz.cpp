// Any bytes as a frame or an answer of any venue that is decoded: no crash, no event of a frame that is refused, the
// same again the same; and what the straight roads of Upbit and Kiwoom take, they take as the decoder and the tables do
// (those of Binance: binance_market_data_fuzz.cpp). An input is "VENUE\nFRAME"; where its first line names none, its
// first byte chooses, so that every input reaches a decoder.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "venues/event_messages.hpp"
#include "venues/kiwoom/straight.hpp"
#include "venues/registry.hpp"
#include "venues/upbit/straight.hpp"

namespace {

using namespace stom::venues;

struct Target {
  std::string venue;
  std::unique_ptr<Decoder> decoder;
};
std::vector<Target> targets() {
  std::vector<Target> all;
  for (const auto& venue : venues_with_decoder()) all.push_back({venue, make_decoder(venue)});
  return all;
}

/// What the straight road of that venue made of the frame, and at which decimals; none: it left it to the decoder.
struct StraightRead {
  bool taken = false;
  Decimals decimals{};
  stom::MessageBatch batch;
};
StraightRead by_straight_road(std::string_view venue, std::string_view frame, stom::UnixNanos received) {
  static kiwoom::Straight kiwoom_road;
  StraightRead out;
  if (venue == "upbit") {
    out.decimals = {4, 8};
    out.taken = upbit::instrument_of(frame) && upbit::decode_straight(frame, out.decimals, received, out.batch);
  } else if (venue == "kiwoom") {
    const auto entries = kiwoom_road.read(frame, received);
    out.taken = !entries.empty() && std::ranges::all_of(entries, [&](const auto& entry) {
      return kiwoom_road.append(entry, out.decimals, received, out.batch);
    });
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
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
  if (received == stom::kNoTime) return 0;  // a client knows when a frame came
  const auto road = by_straight_road(target->venue, frame, received);
  if (!road.taken) return 0;
  STOM_ASSERT(decoded.what == Decoded::What::Events);
  stom::MessageBatch tables;
  for (const Event& event : batch.events) {
    const auto done = append_message(batch, event, road.decimals, received, tables);
    STOM_ASSERT(done && *done);
  }
  STOM_ASSERT(tables.messages == road.batch.messages && tables.levels == road.batch.levels);
  return 0;
}
