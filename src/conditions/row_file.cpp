#include "conditions/row_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "conditions/hangul.hpp"
#include "conditions/krx.hpp"
#include "conditions/numbers.hpp"
#include "conditions/program.hpp"
#include "conditions/value.hpp"
#include "core/assert.hpp"
#include "model/row_shape.hpp"

namespace stom::conditions {
namespace {

constexpr std::string_view kCellHint = "numbers with a point, and an empty cell for 0";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view line_of(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trimmed(line);
}

/// Up to the next comma; what is in quotes, which may hold commas, without them.
std::string_view cell_of(std::string_view& line, bool& more) {
  std::size_t end = 0;  // of what is in quotes: where they close
  if (line.starts_with('"')) {
    const auto is_quote = [&](std::size_t at) { return at < line.size() && line[at] == '"'; };
    // Two quotes are one of the text.
    for (end = 1; end < line.size() && (!is_quote(end) || is_quote(end + 1)); ++end) end += is_quote(end);
  }
  const std::size_t comma = line.find(',', end);
  std::string_view cell = trimmed(line.substr(0, comma));
  if (end > 0 && cell.size() == end + 1) cell = trimmed(cell.substr(1, end - 1));
  more = comma != std::string_view::npos;
  line.remove_prefix(more ? comma + 1 : line.size());
  return cell;
}

/// Lines that are long enough to be a row.
std::size_t most_rows(std::string_view text) {
  constexpr std::size_t kShortest = 12;  // the index of a minute
  std::size_t rows = 0;
  while (!text.empty()) rows += line_of(text).size() >= kShortest;
  return rows;
}

/// Clock and calendar of 14 or 12 digits.
std::optional<std::int64_t> index_of(std::string_view cell) {
  if ((cell.size() != 14 && cell.size() != 12) || cell.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t length) {
    int number = 0;
    std::from_chars(cell.data() + from, cell.data() + from + length, number);
    return number;
  };
  const bool is_time = part(4, 2) >= 1 && part(4, 2) <= 12 && part(6, 2) >= 1 && part(6, 2) <= 31 && part(8, 2) < 24 &&
                       part(10, 2) < 60 && (cell.size() == 12 || part(12, 2) < 60);
  if (!is_time) return std::nullopt;
  std::int64_t index = 0;
  std::from_chars(cell.data(), cell.data() + cell.size(), index);
  return index;
}

}  // namespace

std::uint32_t RowFile::second_of_day(std::size_t i) const {
  return static_cast<std::uint32_t>(second_of_index(index[i], minute));
}

struct RowFiller::Computed {
  std::size_t price = input_named("현재가"), clock = input_named("시분초"), length = input_named("데이터길이"),
              tick = input_named("호가단위"), vi_price = input_named("VI가격"), vi_below = input_named("VI아래5호가"),
              watched = input_named("관심종목"), name = input_named("종목명"), code = input_named("종목코드");
  static const Computed& places() {
    static const Computed all;
    return all;
  }
};

RowFiller::RowFiller(RowFile& file, Market market)
    : file_{file}, stock_{market == Market::Stock}, has_(input_count(), false) {}

Result<std::optional<std::size_t>> RowFiller::column(const std::string& name) {
  const Computed& computed = Computed::places();
  const FoundWord found = find_word(name);
  if (!found.word || found.history || found.word->kind != WordKind::Field) {
    file_.unknown.push_back(name);
    return std::nullopt;
  }
  const std::size_t input = input_of(*found.word);
  const bool is_read = found.word->type == kNumber && input != computed.clock && input != computed.length;
  if (!is_read) return std::nullopt;
  if (has_[input]) return fail(Errc::BadData, "the column " + name + " is there twice", "leave out one of them");
  has_[input] = true;
  return input;
}

void RowFiller::begin(std::size_t rows) {
  const Computed& computed = Computed::places();
  file_.has_ask = has_[input_named("매도호가1")];
  file_.has_bid = has_[input_named("매수호가1")];
  file_.has_fifth_level = has_[input_named("매도잔량5")] && has_[input_named("매수잔량5")];
  std::vector<double> empty(input_count(), 0);
  empty[computed.name] = text_value(kNameText);
  empty[computed.code] = text_value(kCodeText);
  if (!has_[computed.watched]) empty[computed.watched] = 1;
  file_.index.reserve(rows);
  file_.stride = rows;
  file_.inputs.clear();
  file_.inputs.reserve(rows * empty.size());
  for (const double value : empty) file_.inputs.insert(file_.inputs.end(), rows, value);
}

void RowFiller::add(std::int64_t index) {
  STOM_ASSERT(file_.rows() < file_.stride);
  const bool same_day = file_.rows() > 0 && index / (file_.minute ? 10'000 : 1'000'000) == file_.day(file_.rows() - 1);
  length_ = same_day ? length_ + 1 : 1;
  file_.index.push_back(index);
}

void RowFiller::complete() {
  const Computed& computed = Computed::places();
  const std::int64_t index = file_.index.back(), day = file_.day(file_.rows() - 1);
  value(computed.clock) = static_cast<double>(file_.minute ? index % 10'000 * 100 : index % 1'000'000);
  value(computed.length) = static_cast<double>(length_);
  if (!has_[computed.tick]) value(computed.tick) = stock_ ? krx_tick(value(computed.price), day, file_.kosdaq) : 0;
  if (!has_[computed.vi_below])
    value(computed.vi_below) = five_ticks_below(value(computed.vi_price), day, file_.kosdaq);
}

Result<void> fill_rows(RowFile& file, Market market, std::span<const std::int64_t> index,
                       std::span<const std::string_view> names, std::span<const std::vector<double>> columns) {
  RowFiller filler{file, market};
  std::vector<std::optional<std::size_t>> inputs;
  for (const std::string_view name : names) {
    const auto input = filler.column(std::string{name});
    if (!input) return std::unexpected(input.error());
    inputs.push_back(*input);
  }
  filler.begin(index.size());
  for (std::size_t i = 0; i < index.size(); ++i) {
    filler.add(index[i]);
    for (std::size_t c = 0; c < inputs.size(); ++c)
      if (inputs[c]) filler.value(*inputs[c]) = columns[c][i];
    filler.complete();
  }
  return {};
}

Result<RowFile> read_row_file(std::string_view text, Market market, std::span<const std::uint32_t> lines) {
  const auto line_number = [&](std::size_t counted) {
    return "line " + std::to_string(counted <= lines.size() ? lines[counted - 1] : counted) + ": ";
  };
  constexpr std::string_view kHeaderHint = "the first line names the columns: index,현재가,시가,…";
  RowFile file;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string_view header = line_of(text);
  if (!is_utf8(header)) return fail(Errc::BadData, line_number(1) + "this is not UTF-8", "save the file as UTF-8");
  bool more = true;
  if (cell_of(header, more) != "index")
    return fail(Errc::BadData, line_number(1) + "the first column is not index", std::string{kHeaderHint});

  RowFiller filler{file, market};
  std::vector<std::optional<std::size_t>> columns;  // the input of each; none: not read
  while (more) {
    const auto input = filler.column(composed_text(cell_of(header, more)));
    if (!input) return fail(input.error().code, line_number(1) + input.error().message, input.error().hint);
    columns.push_back(*input);
  }
  filler.begin(most_rows(text));

  std::size_t number = 1;
  while (!text.empty()) {
    std::string_view line = line_of(text);
    ++number;
    if (line.empty()) continue;
    const auto wrong = [&](std::string message, std::string_view hint) {
      return fail(Errc::BadData, line_number(number) + std::move(message), std::string{hint});
    };
    more = true;
    const std::string_view stamp = cell_of(line, more);
    const auto index = index_of(stamp);
    if (!index)
      return wrong("no index: '" + std::string{stamp.substr(0, 40)} + "'",
                   "YYYYMMDDHHMMSS, or YYYYMMDDHHMM for minutes");
    if (file.rows() == 0) file.minute = stamp.size() == 12;
    if (file.minute != (stamp.size() == 12))
      return wrong("seconds and minutes in one file", "one file holds rows of one kind");
    if (file.rows() > 0 && *index < file.index.back())
      return wrong("the index " + std::string{stamp} + " is before that of the row above",
                   "rows stand in order of time");
    filler.add(*index);

    for (const auto& input : columns) {
      if (!more) return wrong("fewer cells than the header has columns", kCellHint);
      const std::string_view cell = cell_of(line, more);
      if (!input || cell.empty()) continue;
      double value = 0;
      const std::string_view digits = cell.starts_with('+') && !cell.starts_with("+-") ? cell.substr(1) : cell;
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      const bool is_tiny = error == std::errc::result_out_of_range && out_of_range(digits) == 0;
      if ((error != std::errc{} && !is_tiny) || end != digits.data() + digits.size() || !std::isfinite(value))
        return wrong("no number: '" + std::string{cell.substr(0, 40)} + "'", kCellHint);
      filler.value(*input) = is_tiny ? 0 : value;
    }
    if (more) return wrong("more cells than the header has columns", kCellHint);

    filler.complete();
  }
  return file;
}

}  // namespace stom::conditions
