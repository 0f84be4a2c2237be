// The texts of one strategy, ready to run: buy, sell, and the conditions that 경과틱수 names, over one set of what has
// to be remembered. What is wrong with one of them comes back as the reports on it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/instrument_day.hpp"
#include "conditions/machine.hpp"
#include "conditions/mistakes.hpp"
#include "conditions/own_names.hpp"
#include "conditions/program.hpp"

namespace stom::conditions {

struct PairTexts {
  std::string buy, sell;
  std::string variables;  // lines of self.vars and self.indicator; they override those of the texts
  std::vector<NamedText> named;
  std::string trace;  // an expression to show for each row; may be empty
  Market market = Market::Stock;
  bool minute = false;
  bool native = true;  // false: the machine runs the texts alone, beside which tests see the native code
};

/// Which text the reports are on.
enum class PairText : std::uint8_t { Buy, Sell, Variables, Named, Trace };

struct PairReport {
  PairText text;
  Reports reports;
  Checked checked;
  std::string source;      // what the reports' places are in
  std::uint32_t line = 1;  // of a named condition: where it stands in its file
};

struct Pair {
  Program buy, sell;
  std::optional<Program> trace;
  std::vector<Program> named;  // in the order of needs.conditions
  Needs needs;
  DayPlan plan{needs};  // of the needs of all of them
  /// Of texts for futures, buy and sell decide on the long side (BUY_LONG, SELL_LONG), these on the short one.
  std::optional<Program> buy_short, sell_short;
  bool futures = false;
  Market market = Market::Stock;
};

struct PairResult {
  std::optional<Pair> pair;         // none where a text has errors
  std::vector<PairReport> reports;  // of texts with an error or a warning
};
/// `shared`: pairs over the same rows, with the same named conditions, add to one Needs; who shares it makes the
/// DayPlan of it himself.
PairResult make_pair_of(const PairTexts& texts, Needs* shared = nullptr);

/// One pair with many sets of variables, at most kMostVariants: what they have in common is compiled once.
struct Variants {
  std::size_t count = 0;
  Pair pair;  // serves all of them at once; its plan has a buyer for each and one who never holds anything
};
/// `variables[v]` takes the place of texts.variables. None where one of them has errors (make_pair_of() tells them), or
/// where they differ in what cannot be shared: parameters of indicators, and what a named condition reads.
std::optional<Variants> make_variants_of(const PairTexts& texts, std::span<const std::string> variables);

/// Lines `name: expression`, with blanks of any kind around both, and `name(a, b): expression`; empty lines and those
/// that begin with '#' are left out. Brackets with something else than names in them are part of the name. A line
/// without a name, or with brackets that lack one or close too early or never, is a report of its own: none of the
/// names, and the line's number in `wrong`.
std::vector<NamedText> named_texts(std::string_view file, std::optional<std::uint32_t>& wrong);

}  // namespace stom::conditions
