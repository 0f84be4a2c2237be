// What the names of a text mean, and whether it can mean what it says: unknown names with the nearest one, calls with
// the wrong arguments, what a buy text cannot know, names read before they are assigned; and, as warnings, units and
// types that do not go together (docs/adr/0009 says why these are no errors).
//
// It fills in the tree (Expr::meaning, word, type, unit; Target::word), so that the compiler looks up no name again.
// A Local with a word begins each run with that word's value: on a path where the text has not assigned it, it is the
// word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/tree.hpp"

namespace stom::conditions {

inline constexpr double kMostLoopSteps = 10'000;  // in one run of a text

enum class TextKind : std::uint8_t {
  Buy,
  Sell,
  Condition,  // a named condition: one expression over the row
  Variables,  // lines that set self.vars and self.indicator, and nothing else
};

struct Variable {
  double value = 0;
  std::vector<double> range;  // [start, end, step], or the values to try: which of them, the search knows
};

struct Settings {
  std::map<int, Variable> variables;                      // self.vars
  std::map<std::string, double, std::less<>> indicators;  // self.indicator, "RSI_timeperiod"
};

struct CheckOptions {
  std::optional<TextKind> kind;  // not given: what the text's own words say
  Mode mode = Mode::Any;         // of the rows; Any: not known
  Market market = Market::Any;
  /// Names for 경과틱수; not given: not known, so any may exist.
  std::optional<std::vector<std::string>> conditions;
  /// The file of variables; not given: not known, so a variable without a value may get one there.
  const Settings* given = nullptr;
};

struct Checked {
  TextKind kind = TextKind::Buy;
  bool futures = false;  // decides BUY_LONG, … instead of 매수 and 매도
  Settings settings;     // those that the text itself gives
  std::set<int> variables_read;
  std::map<std::string, std::size_t> words;  // Korean name, history forms as such: how often; signals are not counted
  std::vector<std::string_view> locals;      // in order of their first assignment
};

/// The tree is only to be run where `reports` has no errors. Leaves the reports in order of place.
Checked check(Tree& tree, const CheckOptions& options, Reports& reports);

}  // namespace stom::conditions
