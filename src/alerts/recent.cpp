#include "alerts/recent.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace stom::alerts {
namespace {

/// Whole letters, as many as there is room for.
std::string cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string{text};
  std::size_t size = 0;
  while (size < most) {
    const std::size_t letter = std::max<std::size_t>(utf8_length(text.substr(size)), 1);
    if (size + letter > most) break;
    size += letter;
  }
  return std::string{text.substr(0, size)} + "…";
}

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "order 12 rejected: 0.5 is too small" as "order # rejected: # is too small". What stands right behind the ':' of a
/// venue is an instrument's name, whose digits are no number: "kiwoom:005930".
std::string pattern_of(std::string_view text) {
  std::string pattern;
  bool in_name = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':')
      in_name = i > 0 && is_letter(text[i - 1]);
    else
      in_name = in_name && (is_letter(c) || is_digit(c) || c == '-' || c == '_');
    const bool goes_on = !pattern.empty() && pattern.back() == '#';
    if (in_name || (!is_digit(c) && !(goes_on && c == '.')))
      pattern += c;
    else if (!goes_on)
      pattern += '#';
  }
  return pattern;
}

}  // namespace

void Recent::add(UnixNanos now, Severity severity, std::string_view event, std::string_view text) {
  Alert fresh{.time = now,
              .last = now,
              .severity = severity,
              .event = event,
              .text = cut(text, kMostText),
              .pattern = pattern_of(text.substr(0, kMostText))};
  const auto same = std::ranges::find_if(alerts_, [&](const Alert& one) {
    return one.severity == severity && one.event == event && now - one.time < kTogether && one.pattern == fresh.pattern;
  });
  if (same != alerts_.end()) {
    ++same->count;
    same->last = now;
    same->text = std::move(fresh.text);
    return;
  }
  fresh.id = ++last_id_;
  alerts_.push_back(std::move(fresh));
  if (alerts_.size() > kMost) alerts_.pop_front();
}

}  // namespace stom::alerts
