// A text that an editor changes, with places as editors count them (line and character from 0, the character in the
// code units of an encoding) and as the language's reports do (line and column from 1, in code points).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/mistakes.hpp"

namespace stom::conditions {

/// What a character of a position counts.
enum class Encoding : std::uint8_t { Utf8, Utf16, Utf32 };

struct Position {
  std::uint32_t line = 0, character = 0;
  friend auto operator<=>(const Position&, const Position&) = default;
};

struct TextRange {
  Position start, end;
};

class LineText {
 public:
  LineText() : LineText{std::string{}} {}
  explicit LineText(std::string text);

  const std::string& text() const { return text_; }
  std::size_t lines() const { return starts_.size(); }
  /// Without its end.
  std::string_view line(std::size_t number) const;

  /// A position behind the end of its line is that end, and behind the last line the end of the text.
  std::size_t offset(Position position, Encoding encoding) const;
  Position position(std::size_t offset, Encoding encoding) const;
  /// Of a report or a token. A mark of byte order at the beginning has no column.
  std::size_t offset(Place place) const;
  Place place(std::size_t offset) const;
  TextRange range(Place place, Encoding encoding) const;

  void replace(std::size_t first, std::size_t last, std::string_view by);

 private:
  void find_lines();

  std::string text_;
  std::vector<std::size_t> starts_;  // of each line; \n, \r and \r\n end one
};

}  // namespace stom::conditions
