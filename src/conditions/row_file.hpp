// One instrument's rows, from a file of commas (a header of the row's words, `index` first, then a line a row) or
// column by column. What they leave out is 0, or follows from the rest where the words say so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/program.hpp"
#include "conditions/words.hpp"
#include "core/result.hpp"

namespace stom::conditions {

struct RowFile {
  std::vector<std::int64_t> index;  // YYYYMMDDHHMMSS; YYYYMMDDHHMM of minutes
  std::vector<double> inputs;       // of each input its values; those of the position's words are never read
  std::size_t stride = 0;           // from one input to the next
  bool minute = false;
  bool has_ask = false, has_bid = false;  // 매도호가1, 매수호가1
  bool has_fifth_level = false;           // 매도잔량5 and 매수잔량5
  std::vector<std::string> unknown;       // columns that were left out
  std::string name, code;                 // 종목명 and 종목코드, where they are known
  bool kosdaq = false;                    // is known to be of KOSDAQ, which had ticks of its own before 2023-01-25

  std::size_t rows() const { return index.size(); }
  /// From row i on.
  RowsView view(std::size_t i) const { return {inputs.data() + i, stride}; }
  double at(std::size_t input, std::size_t i) const { return view(i).at(input, 0); }
  std::int64_t day(std::size_t i) const { return index[i] / (minute ? 10'000 : 1'000'000); }
  std::uint32_t second_of_day(std::size_t i) const;
};

/// `lines` are the numbers that the text's lines have where it was taken from, for the errors; empty: counted from 1.
Result<RowFile> read_row_file(std::string_view text, Market market, std::span<const std::uint32_t> lines = {});

/// Fills a RowFile row by row.
class RowFiller {
 public:
  /// A file without rows; its name, code and board stand where they are known.
  RowFiller(RowFile& file, Market market);
  /// The input that a column of that name (composed) is; none: no text reads it. Errors: it was there before.
  Result<std::optional<std::size_t>> column(const std::string& name);
  /// All columns were named; there will be so many rows at most.
  void begin(std::size_t rows);
  /// The next row, with everything at 0; then its values; then what follows from them.
  void add(std::int64_t index);
  double& value(std::size_t input) { return file_.inputs[input * file_.stride + file_.rows() - 1]; }
  void complete();

 private:
  struct Computed;
  RowFile& file_;
  bool stock_;
  std::vector<bool> has_;   // by input
  std::size_t length_ = 0;  // rows of the day
};

/// `columns[i]` holds the values of the word `names[i]`, a day or more of them, in the order of `index`.
Result<void> fill_rows(RowFile& file, Market market, std::span<const std::int64_t> index,
                       std::span<const std::string_view> names, std::span<const std::vector<double>> columns);

}  // namespace stom::conditions
