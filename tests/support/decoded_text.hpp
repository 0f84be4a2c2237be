// What a decoder makes of a frame, as one text: its events, or why there are none.
#pragma once

#include <string>
#include <string_view>

#include "venues/events.hpp"

namespace stom::test {

inline std::string decoded_text(venues::Decoder& decoder, std::string_view venue, std::string_view frame,
                                UnixNanos received = kNoTime) {
  using What = venues::Decoded::What;
  venues::EventBatch batch;
  const auto decoded = decoder.decode(frame, received, batch);
  switch (decoded.what) {
    case What::Events:
      return venues::to_json(batch, venue);
    case What::Sent:
      return "sent";
    case What::Unknown:
      return "unknown " + decoded.text;
    case What::Malformed:
      return "error " + decoded.text;
  }
  return {};
}

}  // namespace stom::test
