// Small cases of a trader's own texts: some rows, and what the texts have to do on them (docs/conditions.md). A file is
// lines that anyone can read and write; this reads it, case_run.hpp holds the texts to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/words.hpp"
#include "core/result.hpp"

namespace stom::conditions {

// What a file may ask for: `repeat` makes many rows of few bytes.
inline constexpr std::size_t kMostCaseRows = 200'000;

struct Expected {
  enum class What : std::uint8_t { Buy, Sell, Value };
  What what;
  std::uint32_t line;                      // of the file
  std::int64_t row;                        // counted from 0; 12 or 14 digits: the row's index
  std::optional<std::uint32_t> text_line;  // of a sale; 0: the day's end; none: for whatever reason
  std::string expression;                  // of a value
  std::string value;                       // as written
  bool is_rounded = false;                 // equal to as many decimals as are written
};

struct Case {
  std::string name;
  std::uint32_t line = 0;
  std::string variables;                 // lines of self.vars and self.indicator
  std::string rows_file;                 // empty: `rows` are the rows
  std::string rows;                      // with what `repeat` stands for written out
  std::vector<std::uint32_t> row_lines;  // of the lines in it
  std::vector<Expected> expected;
};

struct CaseFile {
  std::string buy, sell, variables, named;  // files; may be empty
  std::string settings;                     // lines of self.vars and self.indicator for every case
  Market market = Market::Stock;
  std::vector<Case> cases;
};

Result<CaseFile> read_case_file(std::string_view text);

}  // namespace stom::conditions
