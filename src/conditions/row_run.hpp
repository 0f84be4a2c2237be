// A pair of texts over one instrument's rows, one position at a time, at the prices of the row: what scripts and the
// tests of the language look at. Trading with orders is the host's (strategies/).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"

namespace stom::conditions {

struct Bought {
  std::size_t row;
  friend bool operator==(const Bought&, const Bought&) = default;
};
struct Sold {
  std::size_t row;
  std::uint32_t line;  // of the text; 0: the day ended
  friend bool operator==(const Sold&, const Sold&) = default;
};

struct RowRun {
  std::vector<Bought> buys;
  std::vector<Sold> sells;
  std::uint64_t buy_stopped = 0, sell_stopped = 0;  // rows on which a text stopped
  struct Traced {
    double value;      // kNothing: it stopped
    std::string text;  // of a value that is one
  };
  std::vector<Traced> trace;  // a value for every row, where the pair has an expression to trace
};

/// What became of the text whose turn it was on a row.
struct Decision {
  enum class What : std::uint8_t {
    Waits,       // the day has fewer rows than self.vars[0] asks for
    NoBook,      // the fifth level of the book is empty
    NotWatched,  // 관심종목 is not 1
    Stopped,     // by an error of its own
    No,
    Yes,
  };
  TextKind text;
  What what;
  std::uint32_t line = 0;  // of the text, where 매수 or 매도 was last assigned
};

/// Where the old program's backtest went another way (docs/conditions.md, "Coming from STOM"), each of them by itself.
struct OldRules {
  bool windows = false;  // windows and history reach into the day before
  bool fills = false;    // the whole bet at the mean of the levels that are seen, or nothing at all
  bool ticks = false;    // 호가단위 is what lies between the two best asks
  double bet = 0;        // money of a purchase, for the fills; 0: one unit
};
/// Inputs that a run over rows looks at, ascending; the others need not have a value.
std::vector<std::size_t> inputs_read(const Pair& pair);

RowRun run_rows(const Pair& pair, const RowFile& rows);
/// The same, and the decision on each row.
RowRun run_rows(const Pair& pair, const RowFile& rows, std::vector<Decision>& decisions);
/// The same; `go_on` is asked now and then, with the rows that are done. Where it says no there is no result.
std::optional<RowRun> run_rows(const Pair& pair, const RowFile& rows, const std::function<bool(std::size_t)>& go_on,
                               const OldRules& old = {});

/// One pass for many variants of the variables: rows, windows and indicators are worked out once, and of the texts what
/// the variants have in common. Each result is that of run_rows() for its variant, but for the trace, which has none.
std::optional<std::vector<RowRun>> run_variants(const Variants& variants, const RowFile& rows,
                                                const std::function<bool(std::size_t)>& go_on);
/// Any number, each as a text of variables that takes the place of texts.variables and has no errors. Those that cannot
/// share a pass (pair.hpp) run alone.
std::optional<std::vector<RowRun>> run_variants(const PairTexts& texts, std::span<const std::string> variables,
                                                const RowFile& rows, const std::function<bool(std::size_t)>& go_on);

}  // namespace stom::conditions
