#include "venues/recorded.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/decimal.hpp"
#include "core/time.hpp"
#include "core/utf8.hpp"

namespace stom::venues {
namespace {

using What = Decoded::What;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

/// As JSON. What was cut out of a longer text may end within a character: that byte becomes U+FFFD.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = utf8_length(text);
    if (c == '"' || c == '\\') out += '\\';
    if (length == 0)
      out += "\xEF\xBF\xBD";
    else if (static_cast<unsigned char>(c) < 0x20)
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out + '"';
}

/// The time that a recorder wrote before a frame: since 1970, in seconds ("1618678262.670261") or, where it has more
/// digits than those, in thousandths, millionths or billionths of one; or a date with time. None of a century in which
/// nobody recorded anything: a venue's time of day is looked for around it.
UnixNanos receive_time(std::string_view text) {
  std::optional<UnixNanos> time;
  if (text.find_first_not_of("0123456789.") == std::string_view::npos) {
    const auto digits = std::min(text.find('.'), text.size());
    if (const auto number = parse_decimal(text, digits < 12 ? 9 : digits < 15 ? 6 : digits < 18 ? 3 : 0))
      time = *number;
  } else if (const auto date = parse_time(text)) {
    time = *date;
  }
  return time && *time >= 0 && *time < INT64_MAX - 2 * kDay ? *time : kNoTime;
}

std::string_view first_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string RecordedDecoder::answer(Decoded decoded) {
  decoded_ = std::move(decoded);
  switch (decoded_.what) {
    case What::Events:
      return to_json(batch_, venue_);
    case What::Sent:
      return R"({"skipped":"sent"})";
    case What::Unknown:
      return fmt::format("{{\"unknown\":{}}}", quoted(decoded_.text));
    case What::Malformed:
      break;
  }
  return fmt::format("{{\"error\":{}}}", quoted(decoded_.text));
}

std::string RecordedDecoder::line(std::string_view line) {
  batch_.clear();
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  if (line.starts_with('#') || is_blank(line)) return R"({"skipped":"comment"})";
  if (line.front() == '{' || line.front() == '[') return answer(wrapped(line, kNoTime));
  // "<time> <json>" or "<time>\t<direction>\t<json>"
  auto end = line.find_first_of(" \t");
  const bool dated = end < line.size() - 1 && line.substr(0, end).contains('-');
  if (dated && line[end + 1] >= '0' && line[end + 1] <= '9') end = line.find_first_of(" \t", end + 1);  // and a clock
  const auto received = end == std::string_view::npos ? kNoTime : receive_time(line.substr(0, end));
  if (received == kNoTime) return answer({What::Malformed, "neither a frame, a time and a frame, nor a comment"});
  auto rest = line.substr(end + 1);
  const auto begins = [&](char direction) {
    return rest.size() > 1 && rest[0] == direction && (rest[1] == '\t' || rest[1] == ' ');
  };
  if (begins('>')) return answer({What::Sent, {}});
  if (begins('<')) rest.remove_prefix(2);
  return answer(decoder_.decode(rest, received, batch_));
}

std::string RecordedDecoder::frame(std::string_view text) {
  batch_.clear();
  return answer(wrapped(text, kNoTime));
}

/// Lists of examples say beside each where it is from; a captured answer says what was asked.
Decoded RecordedDecoder::wrapped(std::string_view text, UnixNanos received) {
  const auto root = document_.parse(text);
  if (!root || !root->is_object()) return decoder_.decode(text, received, batch_);
  if (root->has("json") && (root->has("doc") || root->has("source")))
    return decoder_.decode(root->find("json").text(), received, batch_);
  if (root->has("body") && root->has("url")) return decoder_.decode(root->find("body").text(), received, batch_);
  if (const auto list = root->find("response_examples"); list.is_array() && root->has("api_id")) {
    for (const auto example : list) {
      const auto parsed = example.find("parsed");
      if (!parsed) return {What::Malformed, "an example without \"parsed\""};
      if (auto done = decoder_.decode(parsed.text(), received, batch_); done.what != What::Events) return done;
    }
    return {};
  }
  return decoder_.decode(text, received, batch_);
}

std::vector<Example> examples_in(std::string_view text) {
  std::vector<Example> found;
  auto rest = text;
  const auto first = first_line(rest);
  if (first == "GET" || first == "POST" || first == "DELETE" || first == "PUT") {
    if (!rest.starts_with('/')) return {};
    first_line(rest);
    const auto flag = first_line(rest);
    if (flag != "true" && flag != "false") return {};
    found.push_back({false, std::string{rest}});
    return found;
  }
  if (!text.starts_with('>') && !text.starts_with('=')) return {};
  while (!text.empty()) {
    auto line = first_line(text);
    if (line.starts_with('>') || line.starts_with('=')) {
      const bool sent = line.front() == '>';
      line.remove_prefix(1);
      const auto begin = line.find_first_not_of("0123456789");  // which of several subscriptions
      found.push_back({sent, begin == std::string_view::npos ? std::string{} : std::string{line.substr(begin)}});
    } else if (!found.empty()) {
      found.back().text += line;
      found.back().text += '\n';
    }
  }
  return found;
}

}  // namespace stom::venues
