#include "conditions/line_text.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

constexpr std::string_view kMark = "\xEF\xBB\xBF";

/// Of the character that `text` begins with, which is not empty; what is no UTF-8 counts byte for byte.
std::size_t bytes_of_first(std::string_view text) { return std::max<std::size_t>(1, utf8_length(text)); }

std::uint32_t units(std::size_t bytes, Encoding encoding) {
  if (encoding == Encoding::Utf8) return static_cast<std::uint32_t>(bytes);
  return encoding == Encoding::Utf16 && bytes == 4 ? 2 : 1;
}

}  // namespace

LineText::LineText(std::string text) : text_{std::move(text)} { find_lines(); }

void LineText::find_lines() {
  starts_.assign(1, 0);
  for (std::size_t at = text_.find_first_of("\r\n"); at != std::string::npos; at = text_.find_first_of("\r\n", at)) {
    at += text_[at] == '\r' && at + 1 < text_.size() && text_[at + 1] == '\n' ? 2 : 1;
    starts_.push_back(at);
  }
}

std::string_view LineText::line(std::size_t number) const {
  const std::size_t start = starts_[number];
  const std::size_t end = number + 1 < starts_.size() ? starts_[number + 1] : text_.size();
  std::string_view line = std::string_view{text_}.substr(start, end - start);
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t LineText::offset(Position position, Encoding encoding) const {
  if (position.line >= starts_.size()) return text_.size();
  std::string_view rest = line(position.line);
  std::size_t offset = starts_[position.line];
  for (std::uint32_t left = position.character; left > 0 && !rest.empty();) {
    const std::size_t bytes = bytes_of_first(rest);
    const std::uint32_t taken = units(bytes, encoding);
    if (taken > left) break;  // inside a character: before it
    left -= taken;
    offset += bytes;
    rest.remove_prefix(bytes);
  }
  return offset;
}

Position LineText::position(std::size_t offset, Encoding encoding) const {
  const auto after = std::ranges::upper_bound(starts_, offset);
  const auto number = static_cast<std::size_t>(after - starts_.begin()) - 1;
  std::string_view before = line(number);
  before = before.substr(0, offset - starts_[number]);
  Position position{static_cast<std::uint32_t>(number), 0};
  while (!before.empty()) {
    const std::size_t bytes = bytes_of_first(before);
    position.character += units(bytes, encoding);
    before.remove_prefix(bytes);
  }
  return position;
}

std::size_t LineText::offset(Place place) const {
  if (place.line > starts_.size()) return text_.size();
  const std::size_t start = starts_[place.line - 1];
  const std::size_t mark = place.line == 1 && text_.starts_with(kMark) ? kMark.size() : 0;
  const std::string_view rest = line(place.line - 1).substr(mark);
  std::size_t bytes = 0;
  for (std::uint32_t left = place.column - 1; left > 0 && bytes < rest.size(); --left)
    bytes += bytes_of_first(rest.substr(bytes));
  return start + mark + bytes;
}

Place LineText::place(std::size_t offset) const {
  const Position at = position(offset, Encoding::Utf32);
  const bool is_after_mark = at.line == 0 && at.character > 0 && text_.starts_with(kMark);
  return {at.line + 1, at.character + (is_after_mark ? 0 : 1), 1};
}

TextRange LineText::range(Place place, Encoding encoding) const {
  const std::size_t first = offset(place);
  const std::size_t end = offset(Place{place.line, place.column + place.length, 1});
  return {position(first, encoding), position(std::max(first, end), encoding)};
}

void LineText::replace(std::size_t first, std::size_t last, std::string_view by) {
  text_.replace(first, last - first, by);
  find_lines();
}

}  // namespace stom::conditions
