#include "conditions/language_frames.hpp"

#include <algorithm>
#include <charconv>

namespace stom::conditions {
namespace {

constexpr std::size_t kMostHeader = 4096;
constexpr std::string_view kEnd = "\r\n\r\n";

/// Nothing where the header names no length, or more than one.
std::optional<std::size_t> length_in(std::string_view header) {
  std::optional<std::size_t> length;
  while (!header.empty()) {
    const std::size_t end = std::min(header.find("\r\n"), header.size());
    std::string_view line = header.substr(0, end);
    header.remove_prefix(std::min(end + 2, header.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    if (!std::ranges::equal(line.substr(0, colon), std::string_view{"content-length"}, {}, lower)) continue;
    line.remove_prefix(colon + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    line = line.substr(0, line.find_last_not_of(" \t") + 1);
    std::size_t value = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (length || error != std::errc{} || stop != line.data() + line.size()) return std::nullopt;
    length = value;
  }
  return length;
}

}  // namespace

std::optional<LanguageFrames::Found> LanguageFrames::next() {
  const std::size_t skipped = std::min(to_skip_, waiting_.size() - read_);
  read_ += skipped;
  to_skip_ -= skipped;
  if (to_skip_ == 0 && !length_) {
    if (auto wrong = header()) return wrong;
  }
  if (length_ && waiting_.size() - read_ >= *length_) {
    Found found{Kind::Message, waiting_.substr(read_, *length_)};
    read_ += *length_;
    length_.reset();
    return found;
  }
  waiting_.erase(0, read_);
  read_ = 0;
  return std::nullopt;
}

/// Reads a header where one is there. What is none is passed over up to the next empty line, so that who wrote one
/// wrong header is understood again.
std::optional<LanguageFrames::Found> LanguageFrames::header() {
  const std::string_view rest = std::string_view{waiting_}.substr(read_);
  const std::size_t end = rest.find(kEnd);
  if (end == std::string_view::npos) {
    if (rest.size() <= kMostHeader) return std::nullopt;
    read_ += rest.size() - (kEnd.size() - 1);  // its end may have begun
    if (is_lost_) return std::nullopt;
    is_lost_ = true;
    return Found{Kind::NoLength, {}};
  }
  const bool was_told = is_lost_;
  is_lost_ = false;
  const auto length = was_told || end > kMostHeader ? std::nullopt : length_in(rest.substr(0, end));
  read_ += end + kEnd.size();
  if (length && *length <= kMostMessage) {
    length_ = length;
    return std::nullopt;
  }
  if (length) {
    to_skip_ = *length;
    return Found{Kind::TooLong, {}};
  }
  if (was_told) return next();
  return Found{Kind::NoLength, {}};
}

std::string framed(std::string_view message) {
  return "Content-Length: " + std::to_string(message.size()) + "\r\n\r\n" + std::string{message};
}

}  // namespace stom::conditions
