// Files of recorded frames and of documented examples, as they lie about: which part of a line is the frame, and what
// `stom venue decode` says of it. The shapes are in docs/events.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "venues/events.hpp"
#include "venues/json.hpp"

namespace stom::venues {

/// One venue's decoder and what it needs to answer line by line.
class RecordedDecoder {
 public:
  RecordedDecoder(std::string venue, Decoder& decoder) : venue_{std::move(venue)}, decoder_{decoder} {}

  /// A line of a log or of a list of examples, to the line that answers it.
  std::string line(std::string_view line);
  /// A text that is one frame, or one answer with what was asked around it ({"url":…,"body":…}).
  std::string frame(std::string_view text);

  /// What the last answer was made of.
  const Decoded& decoded() const { return decoded_; }
  const EventBatch& events() const { return batch_; }

 private:
  std::string answer(Decoded decoded);
  Decoded wrapped(std::string_view text, UnixNanos received);

  std::string venue_;
  Decoder& decoder_;
  JsonDocument document_;
  EventBatch batch_;
  Decoded decoded_;
};

/// A text of examples, each over several lines: "GET", path, a flag and the body of an answer, or "> sent" and
/// "= received" messages. Empty where the text is neither.
struct Example {
  bool sent = false;
  std::string text;
};
std::vector<Example> examples_in(std::string_view text);

}  // namespace stom::venues
