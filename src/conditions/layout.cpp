#include "conditions/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "conditions/lexer.hpp"
#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

/// A line from left to right: however long it is, each of its characters is passed once.
class Columns {
 public:
  explicit Columns(std::string_view line) : rest_{line} {}

  /// So many code points.
  std::string_view take(std::uint32_t count) {
    const std::string_view from = rest_;
    for (; count > 0 && !rest_.empty(); --count, ++column_)
      rest_.remove_prefix(std::max<std::size_t>(1, utf8_length(rest_)));
    return from.substr(0, from.size() - rest_.size());
  }
  /// Those before a column, which is not left of what was taken.
  std::string_view before(std::uint32_t column) { return take(column - std::min(column, column_)); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  std::uint32_t column_ = 1;
};

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_layout(Token token) {
  return token == Token::NewLine || token == Token::Indent || token == Token::Dedent || token == Token::End;
}

bool ends_value(Token token) {
  return token == Token::Name || token == Token::Number || token == Token::Text || token == Token::True ||
         token == Token::False || token == Token::None || token == Token::Close || token == Token::CloseSquare;
}

/// Between two tokens of a line; `sign` where the first is one of a single value, as in -1.
bool has_space(Token before, Token after, bool sign) {
  using enum Token;
  if (sign || before == Open || before == OpenSquare || before == Dot) return false;
  if (after == Close || after == CloseSquare || after == Comma || after == Colon || after == Semicolon || after == Dot)
    return false;
  if (after == Open) return before != Name;
  if (after == OpenSquare) return before != Name && before != Close && before != CloseSquare;
  return true;
}

std::vector<std::string_view> lines_of(std::string_view source) {
  std::vector<std::string_view> lines;
  for (;;) {
    const std::size_t end = std::min(source.find_first_of("\r\n"), source.size());
    lines.push_back(source.substr(0, end));
    if (end == source.size()) return lines;
    const bool both = source[end] == '\r' && end + 1 < source.size() && source[end + 1] == '\n';
    source.remove_prefix(end + (both ? 2 : 1));
  }
}

}  // namespace

std::string laid_out(std::string_view source) {
  Arena arena;
  Reports reports;
  const std::vector<Lexeme> tokens = tokens_of(source, arena, reports);
  if (reports.has_errors()) return std::string{source};
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);

  std::string out;
  std::size_t next = 0, level = 0;
  bool begins = true;    // a logical line
  bool in_text = false;  // one in quotes, which goes on in the next line
  const std::vector<std::string_view> lines = lines_of(source);
  for (std::uint32_t number = 1; number <= lines.size(); ++number) {
    const std::string_view line = lines[number - 1];
    std::string laid;
    Columns columns{line};
    Token before = Token::NewLine, before_that = Token::NewLine;
    bool begun = begins;
    if (in_text) {
      in_text = tokens[next].place.line > number;
      laid = columns.before(in_text ? std::numeric_limits<std::uint32_t>::max() : tokens[next].place.column);
      if (!in_text && tokens[next].token != Token::NewLine) laid.erase(laid.find_last_not_of(" \t") + 1);
      before = Token::Text;
    }
    for (; next < tokens.size(); ++next) {
      const Lexeme& lexeme = tokens[next];
      if (lexeme.place.line > number) break;
      if (lexeme.token == Token::Indent) {
        ++level;
      } else if (lexeme.token == Token::Dedent) {
        --level;
      } else if (lexeme.token == Token::NewLine) {
        begins = true;
      }
      if (is_layout(lexeme.token)) continue;
      // Anything but blanks is of what an order is given, whose odd signs are no tokens.
      const std::string_view between = columns.before(lexeme.place.column), unread = without_blanks(between);
      if (before == Token::NewLine) {
        laid.assign(4 * level + (begun ? 0 : 8), ' ');
        laid += unread;
      } else if (!unread.empty()) {
        laid += between;
      } else {
        const bool is_sign = (before == Token::Add || before == Token::Subtract) && !ends_value(before_that);
        if (has_space(before, lexeme.token, is_sign)) laid += ' ';
      }
      laid += columns.take(lexeme.place.length);
      in_text = lexeme.token == Token::Text && lexeme.place.length == 1 && tokens[next + 1].place.line > number;
      before_that = before;
      before = lexeme.token;
      begins = false;
    }
    // What is left of the line is of a text, or a comment, or goes on behind a backslash.
    const std::string_view rest = in_text ? columns.rest() : trimmed(columns.rest());
    if (!rest.empty() && !in_text)
      laid += before == Token::NewLine ? std::string(4 * level, ' ') : rest == "\\" ? " " : "  ";
    laid += rest;
    out += laid;
    if (number < lines.size()) out += '\n';
  }
  return out;
}

}  // namespace stom::conditions
