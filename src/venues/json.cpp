#include "venues/json.hpp"

#include <emmintrin.h>
#include <fmt/format.h>

#include <bit>

#include "core/kept_room.hpp"
#include "core/utf8.hpp"

namespace stom::venues {
namespace {
// A message's, as they come all the time: an account's lists of a long day are longer.
constexpr std::size_t kUsualNodes = 1024, kUsualBytes = 16 * 1024;
}  // namespace

Json Json::find(std::string_view key) const {
  if (is_object())
    for (const auto member : *this)
      if (member.key() == key) return member;
  return {};
}

Json Json::at(std::uint32_t index) const {
  if (is_array())
    for (const auto item : *this)
      if (index-- == 0) return item;
  return {};
}

struct JsonDocument::Parser {
  static constexpr int kDeepest = 32;  // no venue nests deeper than 8

  std::vector<JsonNode>& nodes;
  std::string& unescaped;
  const char* begin;
  const char* at;
  const char* end;
  const char* wrong = nullptr;

  bool no(const char* why) {
    if (!wrong) wrong = why;
    return false;
  }
  void space() {
    while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  }
  bool take(char c) {
    if (at == end || *at != c) return false;
    ++at;
    return true;
  }
  bool word(std::string_view text) {
    if (static_cast<std::size_t>(end - at) < text.size() || std::string_view{at, text.size()} != text)
      return no("a value that JSON does not have");
    at += text.size();
    return true;
  }

  /// Moves to the first quote, backslash or control character.
  void skip_plain() {
    while (end - at >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
      const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
      const __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
      const auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, slash))));
      if (found) {
        at += std::countr_zero(found);
        return;
      }
      at += 16;
    }
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) > 0x1F) ++at;
  }

  bool hex4(unsigned& out) {
    if (end - at < 4) return no("an escape that ends early");
    out = 0;
    for (int i = 0; i < 4; ++i) {
      const char c = *at++;
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return no("an escape that is no hexadecimal number");
      out = out * 16 + static_cast<unsigned>(digit);
    }
    return true;
  }
  void append(unsigned point) {
    const auto put = [&](unsigned byte) { unescaped.push_back(static_cast<char>(byte)); };
    if (point < 0x80) return put(point);
    if (point < 0x800) return put(0xC0 | point >> 6), put(0x80 | (point & 0x3F));
    if (point < 0x10000) return put(0xE0 | point >> 12), put(0x80 | (point >> 6 & 0x3F)), put(0x80 | (point & 0x3F));
    put(0xF0 | point >> 18), put(0x80 | (point >> 12 & 0x3F)), put(0x80 | (point >> 6 & 0x3F));
    put(0x80 | (point & 0x3F));
  }
  bool escape() {
    if (at == end) return no("an escape that ends early");
    switch (const char c = *at++) {
      case '"':
      case '\\':
      case '/':
        return unescaped.push_back(c), true;
      case 'b':
        return unescaped.push_back('\b'), true;
      case 'f':
        return unescaped.push_back('\f'), true;
      case 'n':
        return unescaped.push_back('\n'), true;
      case 'r':
        return unescaped.push_back('\r'), true;
      case 't':
        return unescaped.push_back('\t'), true;
      case 'u': {
        unsigned point = 0, low = 0;
        if (!hex4(point)) return false;
        if (point >= 0xDC00 && point < 0xE000) return no("half a surrogate pair");
        if (point >= 0xD800 && point < 0xDC00) {
          if (!take('\\') || !take('u') || !hex4(low) || low < 0xDC00 || low > 0xDFFF)
            return no("half a surrogate pair");
          point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        }
        return append(point), true;
      }
      default:
        return no("an escape that JSON does not have");
    }
  }

  /// The opening quote is behind us.
  bool string(std::string_view& out) {
    const char* const start = at;
    skip_plain();
    if (at != end && *at == '"') {
      out = {start, static_cast<std::size_t>(at - start)};
      ++at;
      return true;
    }
    // With escapes: a copy, in a buffer that never has to grow (it has room for the whole frame).
    const std::size_t from = unescaped.size();
    const char* plain = start;
    for (;;) {
      unescaped.append(plain, at);
      if (at == end) return no("a string that does not end");
      if (*at == '"') break;
      if (*at != '\\') return no("a control character in a string");
      ++at;
      if (!escape()) return false;
      plain = at;
      skip_plain();
    }
    ++at;
    out = std::string_view{unescaped}.substr(from);
    return true;
  }

  bool digits() {
    const char* const start = at;
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at != start || no("a number without digits");
  }
  bool number(std::string_view& out) {
    const char* const start = at;
    take('-');
    if (take('0')) {
      if (at != end && *at >= '0' && *at <= '9') return no("a number with a leading zero");
    } else if (!digits()) {
      return false;
    }
    if (take('.') && !digits()) return false;
    if (at != end && (*at == 'e' || *at == 'E')) {
      ++at;
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    out = {start, static_cast<std::size_t>(at - start)};
    return true;
  }

  bool value(std::string_view key, int depth) {
    using Kind = JsonNode::Kind;
    if (at == end) return no("it ends early");
    if (depth > kDeepest) return no("nested too deep");
    const auto self = static_cast<std::uint32_t>(nodes.size());
    const char* const start = at;
    nodes.push_back({.key = key});
    Kind kind = Kind::Null;
    std::uint32_t count = 0;
    std::string_view text;
    switch (*at) {
      case '"':
        ++at, kind = Kind::String;
        if (!string(text)) return false;
        break;
      case '{':
        ++at, kind = Kind::Object;
        space();
        if (take('}')) break;
        for (;;) {
          std::string_view name;
          space();
          if (!take('"')) return no("a member without a name");
          if (!string(name)) return false;
          space();
          if (!take(':')) return no("a name without a colon");
          space();
          if (!value(name, depth + 1)) return false;
          ++count;
          space();
          if (take(',')) continue;
          if (take('}')) break;
          return no("an object that does not end");
        }
        break;
      case '[':
        ++at, kind = Kind::Array;
        space();
        if (take(']')) break;
        for (;;) {
          space();
          if (!value({}, depth + 1)) return false;
          ++count;
          space();
          if (take(',')) continue;
          if (take(']')) break;
          return no("a list that does not end");
        }
        break;
      case 't':
        kind = Kind::True;
        if (!word("true")) return false;
        break;
      case 'f':
        kind = Kind::False;
        if (!word("false")) return false;
        break;
      case 'n':
        if (!word("null")) return false;
        break;
      default:
        if (*at != '-' && (*at < '0' || *at > '9')) return no("a value that JSON does not have");
        kind = Kind::Number;
        if (!number(text)) return false;
    }
    if (kind == Kind::Object || kind == Kind::Array) text = {start, static_cast<std::size_t>(at - start)};
    auto& node = nodes[self];
    node.kind = kind, node.count = count, node.text = text;
    node.next = static_cast<std::uint32_t>(nodes.size());
    return true;
  }
};

Result<Json> JsonDocument::parse(std::string_view bytes) {
  clear_to_usual(nodes_, kUsualNodes);
  clear_to_usual(unescaped_, kUsualBytes);
  if (unescaped_.capacity() < bytes.size()) unescaped_.reserve(bytes.size());
  Parser parser{nodes_, unescaped_, bytes.data(), bytes.data(), bytes.data() + bytes.size()};
  parser.space();
  bool whole = parser.value({}, 0);
  if (whole) {
    parser.space();
    if (parser.at != parser.end) whole = parser.no("more than one value");
  }
  if (whole && !is_utf8(bytes)) whole = parser.no("bytes that are not UTF-8");
  if (!whole)
    return fail(Errc::BadData, fmt::format("not valid JSON: {} (byte {})", parser.wrong, parser.at - parser.begin),
                "the frame is damaged: if it came over the wire, nothing of it counts; if from a file, fetch it again");
  return Json{&nodes_, 0};
}

}  // namespace stom::venues
