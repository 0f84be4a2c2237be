// Holds a pair of texts to what a case expects of it. Buys and sells are exactly those that the case names; of values
// only what it asks for is looked at. Where something differs, it says which line of which text decided, and what the
// words in that line were.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conditions/case_file.hpp"
#include "conditions/pair.hpp"
#include "conditions/row_file.hpp"
#include "core/result.hpp"

namespace stom::conditions {

struct Difference {
  std::uint32_t line = 0;  // of the file of cases; 0: nothing was expected there
  std::size_t row = 0;     // counted from 0
  std::int64_t index = 0;
  std::string expected, came;  // in the file's words; "nothing"
  std::string why;             // a sentence in the reader's language
  std::optional<PairText> text;
  std::uint32_t text_line = 0;  // of that text, where it was decided
  std::string excerpt;          // that line
  std::vector<std::pair<std::string, std::string>> values;
};

/// The first few differences, in order of rows, and how many there are.
struct CaseResult {
  static constexpr std::size_t kMostShown = 20;
  std::vector<Difference> differences;
  std::size_t count = 0;
};

/// `pair` is made of `texts`. An error is one of the case itself: a row that there is not, an expression with errors.
Result<CaseResult> run_case(const Case& of, const PairTexts& texts, const Pair& pair, const RowFile& rows,
                            Language language);

}  // namespace stom::conditions
