// Bytes of a condition text to tokens. What is odd about pasted text ends here: line ends of every kind, a byte order
// mark, tabs, full-width and no-break spaces, Hangul taken apart (NFD), letters in full width. Places stay those of the
// text as given.
//
// As in Python: a line ends inside no bracket and after no backslash; a tab goes to the next multiple of 8, and lines
// whose order would change with another width are refused; a wide or odd space counts as one.
//
// A mistake is reported and read as what was meant where that is plain (a full-width comma is a comma), so that the
// parser finds the next one.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "conditions/arena.hpp"
#include "conditions/mistakes.hpp"

namespace stom::conditions {

// What a text may be at most. Real ones have 1,000 lines, some 40,000 bytes and 15,000 tokens.
inline constexpr std::size_t kMostBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMostTokens = 100'000;
inline constexpr std::size_t kMostBlocks = 100;  // as in Python

enum class Token : std::uint8_t {
  // With a value.
  Name,
  Number,
  Text,
  // Layout.
  NewLine,
  Indent,
  Dedent,
  End,
  // Words of the grammar.
  If,
  Elif,
  Else,
  And,
  Or,
  Not,
  In,
  Is,
  For,
  Break,
  Continue,
  Pass,
  True,
  False,
  None,
  Foreign,  // a statement of Python that the language does not have
  // Signs.
  Open,
  Close,
  OpenSquare,
  CloseSquare,
  Comma,
  Colon,
  Semicolon,
  Dot,
  Assign,
  AddAssign,
  SubtractAssign,
  MultiplyAssign,
  DivideAssign,
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Equal,
  NotEqual,
};

struct Lexeme {
  Token token;
  Place place;
  std::string_view text;  // as written, composed; of a Text its characters
  double number = 0;
};

/// What stands between tokens, and around what is pasted: also a full-width, a no-break and a zero-width space.
constexpr bool is_space(char32_t c) {
  return c == ' ' || c == '\t' || c == '\f' || c == 0xA0 || c == 0x3000 || (c >= 0x2000 && c <= 0x200B) ||
         c == 0x202F || c == 0x205F || c == 0xFEFF;
}

/// Without such around it, and without what ends a line.
std::string_view without_blanks(std::string_view text);

/// Ends with Dedents to level 0 and End. `source` is copied into the arena, and so is all that the tokens name.
std::vector<Lexeme> tokens_of(std::string_view source, Arena& arena, Reports& reports);

/// Whether the three are self.Buy or self.Sell, whose arguments nobody reads.
bool names_order(const Lexeme& self, const Lexeme& dot, const Lexeme& name);

/// How a user would call it: "'('", "the end of the line", "현재가".
Said said(const Lexeme& lexeme);

}  // namespace stom::conditions
