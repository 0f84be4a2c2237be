#include "conditions/case_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/spelling.hpp"

namespace stom::conditions {
namespace {

constexpr std::string_view kSpaces = " \t\r";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

/// What stands before a '#' that begins the line or follows a blank, outside quotes.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if (line[i] == '\'' || line[i] == '"') {
      quote = line[i];
    } else if (line[i] == '#' && (i == 0 || kSpaces.find(line[i - 1]) != std::string_view::npos)) {
      return line.substr(0, i);
    }
  }
  return line;
}

/// The first word; `rest` is what follows it.
std::string_view word_of(std::string_view& rest) {
  const std::size_t end = std::min(rest.find_first_of(kSpaces), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest = trimmed(rest.substr(end));
  return word;
}

template <class T>
std::optional<T> whole_number(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  return number;
}

/// The stamp one second later, or one minute where it has no seconds; none at the end of the day.
std::optional<std::string> next_stamp(std::string_view stamp) {
  const auto number = whole_number<std::int64_t>(stamp);
  if (!number || (stamp.size() != 12 && stamp.size() != 14)) return std::nullopt;
  const bool minute = stamp.size() == 12;
  const std::int64_t day = *number / (minute ? 10'000 : 1'000'000), clock = *number % (minute ? 10'000 : 1'000'000);
  std::int64_t second =
      minute ? clock / 100 * 3600 + clock % 100 * 60 : clock / 10'000 * 3600 + clock / 100 % 100 * 60 + clock % 100;
  second += minute ? 60 : 1;
  if (second >= 86'400) return std::nullopt;
  const std::int64_t next = second / 3600 * 10'000 + second / 60 % 60 * 100 + second % 60;
  return std::to_string(minute ? day * 10'000 + next / 100 : day * 1'000'000 + next);
}

class Reader {
 public:
  Result<CaseFile> all(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = trimmed(without_comment(text.substr(0, end)));
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line_;
      if (line.empty()) continue;
      if (auto read = one(line); !read) return std::unexpected(read.error());
    }
    if (file_.cases.empty()) return wrong("no case in it", "a case begins with  case NAME");
    if (part_ != Part::Expect) return unfinished();
    return std::move(file_);
  }

 private:
  enum class Part : std::uint8_t { Head, Case, Rows, Expect };

  std::unexpected<Error> wrong(std::string message, std::string hint) const {
    return fail(Errc::BadData, "line " + std::to_string(line_) + ": " + std::move(message), std::move(hint));
  }
  std::unexpected<Error> unfinished() const {
    return wrong("the case '" + file_.cases.back().name + "' does not say what it expects",
                 "rows, then a line  expect  and below it  buy ROW, sell ROW line N, at ROW EXPRESSION = VALUE");
  }

  Result<void> one(std::string_view line) {
    std::string_view rest = line;
    const std::string_view first = word_of(rest);
    if (first == "case") {
      if (part_ != Part::Head && part_ != Part::Expect) return unfinished();
      if (rest.empty()) return wrong("a case without a name", "case NAME, a sentence that says the rule");
      file_.cases.push_back({.name = std::string{rest}, .line = line_});
      part_ = Part::Case;
      return {};
    }
    switch (part_) {
      case Part::Head:
        return head(line, first, rest);
      case Part::Case:
        return begin(line, first, rest);
      case Part::Rows:
        return row(line, first, rest);
      case Part::Expect:
        break;
    }
    return expectation(first, rest);
  }

  Result<void> head(std::string_view line, std::string_view first, std::string_view rest) {
    if (line.starts_with("self.")) {
      file_.settings += std::string{line} + '\n';
      return {};
    }
    if (first == "market") {
      if (rest != "stock" && rest != "coin") return wrong("no such market: " + std::string{rest}, "stock or coin");
      file_.market = rest == "coin" ? Market::Coin : Market::Stock;
      return {};
    }
    const std::array<std::pair<std::string_view, std::string*>, 4> files{
        {{"buy", &file_.buy}, {"sell", &file_.sell}, {"vars", &file_.variables}, {"named", &file_.named}}};
    const auto found = std::ranges::find(files, first, &std::pair<std::string_view, std::string*>::first);
    if (found == files.end() || rest.empty())
      return wrong("before the first case: " + std::string{line},
                   "buy FILE, sell FILE, vars FILE, named FILE, market coin, self.vars[1] = 25, or  case NAME");
    *found->second = rest;
    return {};
  }

  Result<void> begin(std::string_view line, std::string_view first, std::string_view rest) {
    Case& now = file_.cases.back();
    if (line.starts_with("self.")) {
      now.variables += std::string{line} + '\n';
      return {};
    }
    if (first != "rows")
      return wrong("at the beginning of a case: " + std::string{line},
                   "self.vars[1] = 25, rows FILE, or  rows  and the rows below it, the first line with their names");
    now.rows_file = rest;
    part_ = Part::Rows;
    return {};
  }

  Result<void> row(std::string_view line, std::string_view first, std::string_view rest) {
    Case& now = file_.cases.back();
    if (line == "expect") {
      if (now.rows_file.empty() && now.row_lines.size() < 2)
        return wrong("the case has no rows", "below  rows: index,현재가, and a line for each row");
      part_ = Part::Expect;
      return {};
    }
    if (!now.rows_file.empty())
      return wrong("rows from a file, and more below it: " + std::string{line}, "a line  expect  comes next");
    if (first == "repeat") return repeat(rest);
    last_row_ = line;
    return add_row(line);
  }

  Result<void> add_row(std::string_view line) {
    if (++rows_ > kMostCaseRows)
      return wrong("more than " + std::to_string(kMostCaseRows) + " rows in one file of cases",
                   "put long rows in a file of their own: rows FILE");
    Case& now = file_.cases.back();
    now.rows += std::string{line} + '\n';
    now.row_lines.push_back(line_);
    return {};
  }

  Result<void> repeat(std::string_view count) {
    const auto times = whole_number<std::uint32_t>(count);
    if (!times || *times == 0)
      return wrong("how often is the row repeated: '" + std::string{count} + "'", "a whole number: repeat 30");
    if (file_.cases.back().row_lines.size() < 2) return wrong("no row above to repeat", "write a row first");
    for (std::uint32_t i = 0; i < *times; ++i) {
      const std::size_t comma = std::min(last_row_.find(','), last_row_.size());
      const auto stamp = next_stamp(std::string_view{last_row_}.substr(0, comma));
      if (!stamp) return wrong("the row above cannot be repeated", "its index is YYYYMMDDHHMMSS, and the day goes on");
      last_row_ = *stamp + last_row_.substr(comma);
      if (auto added = add_row(last_row_); !added) return added;
    }
    return {};
  }

  Result<void> expectation(std::string_view first, std::string_view rest) {
    constexpr std::string_view kHint = "buy ROW, sell ROW line N, sell ROW day_end, at ROW EXPRESSION = VALUE";
    using What = Expected::What;
    const bool is_known = first == "buy" || first == "sell" || first == "at";
    const auto row = whole_number<std::int64_t>(word_of(rest));
    if (!is_known || !row) {
      const std::string near = is_known ? "" : nearest_name(first, {"buy", "sell", "at", "case"});
      return wrong(is_known ? std::string{first} + " needs a row" : "cannot be expected: " + std::string{first},
                   near.empty() ? std::string{kHint} + "; ROW counts from 0, or is the row's index"
                                : "did you mean " + near + "?");
    }
    Expected expected{.what = first == "buy"    ? What::Buy
                              : first == "sell" ? What::Sell
                                                : What::Value,
                      .line = line_,
                      .row = *row};
    if (expected.what == What::Value) {
      const std::size_t equal = rest.rfind(" = "), near = rest.rfind(" ~ ");
      expected.is_rounded = near != std::string_view::npos && (equal == std::string_view::npos || near > equal);
      const std::size_t sign = expected.is_rounded ? near : equal;
      if (sign == std::string_view::npos)
        return wrong("no value for the expression", "at ROW EXPRESSION = VALUE; ~ instead of = for a rounded value");
      expected.expression = trimmed(rest.substr(0, sign));
      expected.value = trimmed(rest.substr(sign + 3));
      if (expected.expression.empty() || expected.value.empty())
        return wrong("no expression or no value", std::string{kHint});
    } else if (!rest.empty()) {
      const std::string_view reason = word_of(rest);
      const auto line = whole_number<std::uint32_t>(rest);
      const bool is_day_end = reason == "day_end" && rest.empty();
      if (expected.what == What::Buy || (!is_day_end && !(reason == "line" && line)))
        return wrong("cannot be expected: " + std::string{reason}, std::string{kHint});
      expected.text_line = is_day_end ? 0 : *line;
    }
    file_.cases.back().expected.push_back(std::move(expected));
    return {};
  }

  CaseFile file_;
  Part part_ = Part::Head;
  std::uint32_t line_ = 0;
  std::size_t rows_ = 0;
  std::string last_row_;
};

}  // namespace

Result<CaseFile> read_case_file(std::string_view text) { return Reader{}.all(text); }

}  // namespace stom::conditions
