#include "conditions/layout.hpp"

#include <algorithm>
#include <vector>

#include "conditions/lexer.hpp"
#include "core/utf8.hpp"

namespace stom::conditions {
namespace {

/// The line's code points from `first` on, counted from 1; at most `count`.
std::string_view code_points(std::string_view line, std::uint32_t first, std::uint32_t count) {
  const auto skip = [&](std::string_view& text, std::uint32_t n) {
    std::size_t bytes = 0;
    for (; n > 0 && bytes < text.size(); --n) bytes += std::max<std::size_t>(1, utf8_length(text.substr(bytes)));
    return std::min(bytes, text.size());
  };
  line.remove_prefix(skip(line, first - 1));
  return line.substr(0, skip(line, count));
}

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
  bool begins = true;  // a logical line
  const std::vector<std::string_view> lines = lines_of(source);
  for (std::uint32_t number = 1; number <= lines.size(); ++number) {
    const std::string_view line = lines[number - 1];
    std::string laid;
    std::uint32_t column = 1;  // of what no token has taken
    Token before = Token::NewLine, before_that = Token::NewLine;
    bool begun = begins;
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
      if (before == Token::NewLine) {
        laid.assign(4 * level + (begun ? 0 : 8), ' ');
      } else {
        const bool is_sign = (before == Token::Add || before == Token::Subtract) && !ends_value(before_that);
        if (has_space(before, lexeme.token, is_sign)) laid += ' ';
      }
      laid += code_points(line, lexeme.place.column, lexeme.place.length);
      column = lexeme.place.column + lexeme.place.length;
      before_that = before;
      before = lexeme.token;
      begins = false;
    }
    // What is left of the line is a comment, or goes on behind a backslash.
    const std::string_view rest = trimmed(code_points(line, column, ~0u));
    if (!rest.empty()) laid += before == Token::NewLine ? std::string(4 * level, ' ') : rest == "\\" ? " " : "  ";
    laid += rest;
    out += laid;
    if (number < lines.size()) out += '\n';
  }
  return out;
}

}  // namespace stom::conditions
