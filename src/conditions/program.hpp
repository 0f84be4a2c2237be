// A condition text as the machine runs it: instructions over registers. Registers hold constants, the row's words, the
// text's own names and what is being worked out; a row costs no look-up and no allocation.
//
// Several texts that see the same rows (buy, sell, named conditions) share one Needs: what has to be remembered of an
// instrument's day, each thing once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/value.hpp"
#include "indicators/row_windows.hpp"

namespace stom::conditions {

// What a row gives a text: one value for each field and each word of the position, in the order of words().
std::size_t input_count();
/// Of a Field or a Position.
std::size_t input_of(const Word& word);
/// By its Korean name, which has to exist.
std::size_t input_named(std::string_view korean);

/// Rows of one instrument: of each input its values, one row after the other.
struct RowsView {
  const double* values = nullptr;
  std::size_t stride = 1;  // from one input to the next
  const double* column(std::size_t input) const { return values + input * stride; }
  double at(std::size_t input, std::size_t row) const { return column(input)[row]; }
};

/// How the rows of a bar become its value.
enum class Gathering : std::uint8_t { Last, Highest, Lowest, Total };

/// A field, or an output of an indicator, row after row of a day; or a field in bars, of which those count that have
/// ended.
struct ColumnNeed {
  enum class Of : std::uint8_t { Field, Indicator };
  Of of = Of::Field;
  std::size_t number = 0;  // input, or indicator
  std::size_t output = 0;  // of the indicator
  Gathering gathering = Gathering::Last;
  friend bool operator==(const ColumnNeed&, const ColumnNeed&) = default;
};

struct IndicatorNeed {
  std::string name;  // in indicators/registry.hpp
  std::vector<double> parameters;
  std::uint32_t bar_seconds = 0;  // 0: a row is a bar
  friend bool operator==(const IndicatorNeed&, const IndicatorNeed&) = default;
};

/// A question to the rows of the day, or to its bars: a window over some rows as of some rows ago.
struct Ask {
  std::size_t series = 0;
  RowWindow window;
  std::int64_t rows = 0;  // 0: both are known only while a text runs
  std::int64_t ago = 0;   // -1: as of the buy row
  friend bool operator==(const Ask&, const Ask&) = default;
};

struct Needs {
  /// The rows, and for each length of bars that a text names its bars.
  struct Series {
    std::uint32_t bar_seconds = 0;
    std::vector<ColumnNeed> columns;
  };
  std::vector<Series> series{Series{}};  // the first is the rows
  std::vector<IndicatorNeed> indicators;
  std::vector<Ask> asks;
  std::vector<std::string> conditions;  // that 경과틱수 asks for
};

enum class Op : std::uint8_t {
  Move,   // a = b
  Check,  // b is something
  // a = b op c
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
  InText,
  // a = op b
  Negate,
  Plus,
  Not,
  IsNone,
  IsSome,
  // To instruction a.
  Jump,
  JumpIf,      // b
  JumpUnless,  // b
  JumpLess,    // b op c
  JumpLessEqual,
  JumpGreater,
  JumpGreaterEqual,
  JumpEqual,
  JumpNotEqual,
  // a from the n registers from b on
  InList,  // c is among them
  Least,
  Most,
  Sum,
  // a = function of b
  Absolute,
  Round,
  RoundTo,  // c decimals
  Int,
  Float,
  Length,
  // a = of the instrument's day
  Now,      // column n of the rows, on this row
  Asked,    // ask n
  AskedBy,  // the ask that table n names for the variant
  Window,   // ask n, over b rows, c rows ago
  Elapsed,  // condition n
  // for: b counts up to c
  LoopBegin,
  LoopNext,  // b into register n, to instruction a where it is over
  // The line n is where the signal was assigned.
  Mark,
  Stop,
  End,
};

struct Instruction {
  Op op;
  bool varies = false;  // reads what is not the same in every variant
  std::uint32_t a = 0, b = 0, c = 0, n = 0;
};

struct Load {
  std::uint32_t to;
  std::uint32_t input;
};

/// That one program serves at once.
inline constexpr std::size_t kMostVariants = 64;

/// Texts 0 to 3 of every program.
inline constexpr std::uint32_t kNameText = 0, kCodeText = 1, kLongText = 2, kShortText = 3;

class NativeCode;

struct Program {
  TextKind kind = TextKind::Buy;
  std::vector<Instruction> code;
  std::vector<double> registers;       // as a machine begins: constants, else nothing
  std::uint32_t locals = 0;            // the first registers, which each run begins anew
  std::vector<std::uint32_t> written;  // the registers that code writes
  std::vector<Load> loads;             // of each run: from the row
  std::vector<Load> held;              // and from what is held
  std::vector<std::string> texts;
  std::uint32_t signal = 0;  // register of what the text decides; of a condition its value
  double gate = 30;          // rows of the day before the text runs: self.vars[0]

  /// One text with many sets of variables at once (CompileOptions::variants).
  struct Varying {
    std::uint32_t at;  // register
    std::vector<double> values;
  };
  std::vector<Varying> varying;                    // by variant
  std::vector<std::vector<std::uint32_t>> tables;  // asks by variant
  std::vector<double> gates;                       // by variant
  bool one_for_all = true;  // false: variants ask for other indicators, so that each needs a program of its own

  std::shared_ptr<const NativeCode> native;  // native_code.hpp; none: the machine runs it alone
};

struct CompileOptions {
  Market market = Market::Stock;
  bool minute = false;
  const Settings* given = nullptr;  // the file of variables
  /// Instead of `given`: that many at once, at most kMostVariants. What they have in common is compiled as ever.
  std::span<const Settings* const> variants{};
  bool is_expression = false;  // the text is one, and what it decides is its value
  bool decides_short = false;  // of a futures text: what it decides is SELL_SHORT or BUY_SHORT
};

/// A tree that was checked and has no errors. Adds to `needs`.
Program compile(const Tree& tree, const Checked& checked, const CompileOptions& options, Needs& needs);

}  // namespace stom::conditions
