// A condition text as a tree. All of it lies in the tree's arena; the parser builds it, the checker fills in what the
// names mean, everyone else reads. No node is deeper than kMostDepth, so that whoever walks it may recurse.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "conditions/arena.hpp"
#include "conditions/mistakes.hpp"
#include "conditions/words.hpp"

namespace stom::conditions {

inline constexpr std::uint16_t kMostDepth = 200;
inline constexpr int kMostVariables = 1000;  // self.vars[0] … self.vars[999]

enum class Operator : std::uint8_t {
  None,
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
  In,
  NotIn,
  IsNone,
  IsNotNone,
};
std::string_view spelling(Operator op);

enum class Node : std::uint8_t {
  Number,  // number
  Text,    // text
  True,
  False,
  None,
  Name,      // text: a word or a name of the text's own
  Variable,  // self.vars[index]
  Setting,   // self.indicator[text]
  Negate,    // -a
  Plus,      // +a
  Not,       // not a
  And,       // a and b and …: gives an operand
  Or,
  Arithmetic,   // a op b
  Compare,      // a op b op c …, each operand once; IsNone has None as its operand
  Conditional,  // operands: value, condition, other value
  Call,         // text(operands …)
  List,         // [a, b] or (a, b)
};

/// What a name or a call means; the checker says.
enum class Meaning : std::uint8_t {
  None,
  Local,      // a name of the text's own
  Value,      // the word's value on this row
  History,    // its value some rows ago
  Window,     // over the last rows
  Elapsed,    // rows since a named condition held
  Indicator,  // RSI, RSI(7)
  Function,   // abs(x)
};

struct Expr {
  Node node;
  Operator op = Operator::None;  // Arithmetic
  std::uint16_t depth = 1;
  Place place;                            // of its first token; of Arithmetic and Compare: of the (first) sign
  double number = 0;                      // Number; Variable: its index
  std::string_view text;                  // Text, Name, Setting, Call
  std::span<Expr* const> operands;        // see Node
  std::span<const Operator> comparisons;  // Compare: one fewer than operands
  bool is_foreign = false;                // of a factor (own_names.hpp): the text's own names are not meant here
  // The checker's.
  Meaning meaning = Meaning::None;
  Type type = kAnything;
  Unit unit = Unit::Free;
  const Word* word = nullptr;
};

enum class Act : std::uint8_t {
  Assign,       // targets = value
  Augment,      // target op= value
  SetVariable,  // self.vars[index] = value
  SetSetting,   // self.indicator[text] = value
  If,           // branches; the condition of else is null
  For,          // for target in range(value), one branch
  Pass,
  Break,
  Continue,
  Evaluate,  // a bare expression: of a named condition its value, else nothing but its errors
  Order,     // self.Buy(…), self.Sell(…): text is "Buy" or "Sell"; what stands in the brackets is not read
};

struct Target {
  std::string_view name;
  Place place;
  const Word* word = nullptr;  // the checker's: the signal that it is, or the word that it begins as
};

struct Stmt;
struct Branch {
  Expr* condition;
  std::span<Stmt* const> body;
};

struct Stmt {
  Act act;
  Operator op = Operator::None;
  Place place;
  std::span<Target> targets;
  Expr* value = nullptr;
  std::span<const Branch> branches;
  std::string_view text;
  int index = 0;
};

struct Tree {
  Arena arena;
  std::span<Stmt* const> body;
  /// Names that lines with errors were to assign: known, so that one mistake does not make unknown names of them.
  std::span<const std::string_view> lost;
};

}  // namespace stom::conditions
