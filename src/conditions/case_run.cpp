#include "conditions/case_run.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <tuple>

#include "conditions/lexer.hpp"
#include "conditions/numbers.hpp"
#include "conditions/parser.hpp"
#include "conditions/row_run.hpp"
#include "conditions/value.hpp"

namespace stom::conditions {
namespace {

using What = Expected::What;

// Each value that is shown of a difference is a run over the rows.
constexpr std::size_t kMostValues = 16, kMostExplained = 5;

std::string number_text(double value) {
  char buffer[64];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc{} ? std::string(buffer, end) : "?";
}

std::string text_of(const RowRun::Traced& traced) {
  switch (kind_of(traced.value)) {
    case ValueKind::Number:
      return number_text(traced.value);
    case ValueKind::Text:
      return "'" + traced.text + "'";
    case ValueKind::None:
      return "None";
    case ValueKind::Nothing:
      break;
  }
  return "stopped";
}

/// Whether a value is what a case writes of it, and how it is written beside it.
struct Compared {
  bool equal;
  std::string came;
};
Compared compare(const RowRun::Traced& traced, const Expected& expected) {
  const std::string& wanted = expected.value;
  const bool is_flag = wanted == "True" || wanted == "False";
  if (is_flag && (traced.value == 1 || traced.value == 0)) {
    const std::string came = traced.value == 1 ? "True" : "False";
    return {came == wanted, came};
  }
  const std::string came = text_of(traced);
  if (kind_of(traced.value) == ValueKind::Text)
    return {wanted.size() >= 2 && wanted.substr(1, wanted.size() - 2) == traced.text, came};
  double number = 0;
  const std::string_view digits = std::string_view{wanted}.substr(wanted.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (kind_of(traced.value) != ValueKind::Number || error != std::errc{} || end != digits.data() + digits.size())
    return {came == wanted, came};
  if (!expected.is_rounded) return {traced.value == number, came};
  const std::size_t point = digits.find('.');
  const std::size_t decimals = point == std::string_view::npos ? 0 : digits.size() - point - 1;
  return {round_to(traced.value, static_cast<double>(decimals)) == number, came};
}

/// The words of a text by its lines: of the one that decided, of its if or elif, and of those that gave their names a
/// value.
class Deciding {
 public:
  Deciding(std::string_view source, TextKind kind) : tree_{parse(source, reports_)} {
    const auto tokens = tokens_of(source, arena_, reports_);
    CheckOptions options;
    options.kind = kind;
    checked_ = check(tree_, options, reports_);
    // Lines that go on behind a bracket or a backslash are one.
    std::vector<Lexeme>* line = nullptr;
    for (const Lexeme& lexeme : tokens) {
      if (lexeme.token == Token::Indent || lexeme.token == Token::Dedent || lexeme.token == Token::End) continue;
      if (lexeme.token == Token::NewLine || lexeme.token == Token::Semicolon) {
        line = nullptr;
        continue;
      }
      if (!line) line = &lines_.emplace_back();
      line->push_back(lexeme);
    }
  }

  const Settings& settings() const { return checked_.settings; }

  /// Line 0: all words of the text, for where no line decided.
  std::vector<std::string> words(std::uint32_t line) {
    found_.clear();
    seen_.clear();
    if (line == 0) {
      for (std::size_t i = 0; i < lines_.size(); ++i) add(i);
      return found_;
    }
    if (const Branch* branch = branch_of(tree_.body, line); branch && branch->condition)
      add_line(branch->condition->place.line, line);
    add_line(line, line);
    return found_;
  }

 private:
  /// The innermost branch with the assignment that stands on the line.
  static const Branch* branch_of(std::span<Stmt* const> body, std::uint32_t line) {
    for (const Stmt* statement : body)
      for (const Branch& branch : statement->branches) {
        if (const Branch* deeper = branch_of(branch.body, line)) return deeper;
        for (const Stmt* inner : branch.body)
          if (inner->place.line == line) return &branch;
      }
    return nullptr;
  }

  void add_line(std::uint32_t number, std::uint32_t before) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      const auto is_there = [&](const Lexeme& lexeme) { return lexeme.place.line == number; };
      if (std::ranges::none_of(lines_[i], is_there)) continue;
      add(i);
      // What its own names were made of, as far as it stands above.
      for (const Lexeme& lexeme : lines_[i])
        if (lexeme.token == Token::Name && std::ranges::find(checked_.locals, lexeme.text) != checked_.locals.end())
          add_assignment(lexeme.text, before);
    }
  }

  void add_assignment(std::string_view name, std::uint32_t before) {
    for (std::size_t i = 0; i < lines_.size() && lines_[i].front().place.line < before; ++i) {
      const auto& line = lines_[i];
      if (line.size() > 1 && line[0].text == name && line[1].token == Token::Assign && !seen_.contains(i)) {
        add(i);
        for (const Lexeme& lexeme : line)
          if (lexeme.token == Token::Name && lexeme.text != name) add_assignment(lexeme.text, before);
      }
    }
  }

  void add(std::size_t i) {
    if (!seen_.insert(i).second) return;
    const std::span<const Lexeme> line = lines_[i];
    for (std::size_t k = 0; k < line.size(); ++k) {
      if (line[k].token != Token::Name) continue;
      if (line[k].text == "self") {
        k = add_variable(line, k);
        continue;
      }
      const FoundWord word = find_word(line[k].text);
      const bool is_call = k + 1 < line.size() && line[k + 1].token == Token::Open;
      const bool is_shadowed = std::ranges::find(checked_.locals, line[k].text) != checked_.locals.end() && !is_call;
      if (!word.word || is_shadowed || word.word->kind == WordKind::Signal || word.word->kind == WordKind::Function)
        continue;
      std::string spelled;
      const std::size_t end = is_call ? end_of_call(line, k + 1) : k;
      for (std::size_t n = k; n <= end; ++n) spelled += spelling_of(line, n);
      add(std::move(spelled));
      k = end;
    }
  }

  void add(std::string spelled) {
    if (found_.size() < kMostValues && std::ranges::find(found_, spelled) == found_.end())
      found_.push_back(std::move(spelled));
  }

  /// self.vars[3]; gives where it ends.
  std::size_t add_variable(std::span<const Lexeme> line, std::size_t k) {
    const bool is_read = k + 5 < line.size() && line[k + 2].text == "vars" && line[k + 4].token == Token::Number;
    if (!is_read) return k;
    if (k + 6 >= line.size() || line[k + 6].token != Token::Assign)
      add("self.vars[" + number_text(line[k + 4].number) + "]");
    return k + 5;
  }

  static std::size_t end_of_call(std::span<const Lexeme> line, std::size_t open) {
    std::size_t depth = 0;
    for (std::size_t n = open; n < line.size(); ++n) {
      if (line[n].token == Token::Open) ++depth;
      if (line[n].token == Token::Close && --depth == 0) return n;
    }
    return line.size() - 1;
  }

  static std::string spelling_of(std::span<const Lexeme> line, std::size_t n) {
    const Lexeme& lexeme = line[n];
    if (lexeme.token == Token::Text) return "'" + std::string{lexeme.text} + "'";
    return std::string{lexeme.text} + (lexeme.token == Token::Comma ? " " : "");
  }

  Arena arena_;
  Reports reports_;
  Tree tree_;
  Checked checked_;
  std::vector<std::vector<Lexeme>> lines_;
  std::vector<std::string> found_;
  std::set<std::size_t> seen_;
};

/// The line as it stands in the text, without its indentation.
std::string excerpt_of(std::string_view source, std::uint32_t line) {
  for (std::uint32_t i = 1; i < line; ++i) source.remove_prefix(std::min(source.find('\n'), source.size() - 1) + 1);
  std::string_view text = source.substr(0, source.find_first_of("\r\n"));
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  return std::string{text};
}

class Holder {
 public:
  Holder(const Case& of, const PairTexts& texts, const Pair& pair, const RowFile& rows, Language language)
      : case_{of}, texts_{texts}, rows_{rows}, korean_{language == Language::Korean} {
    run_ = run_rows(pair, rows, decisions_);
  }

  Result<CaseResult> all() {
    if (auto held = trades(); !held) return std::unexpected(held.error());
    if (auto held = values(); !held) return std::unexpected(held.error());
    std::ranges::stable_sort(differences_, {}, [](const Difference& d) { return std::pair{d.row, d.line}; });
    CaseResult result{.count = differences_.size()};
    differences_.resize(std::min(differences_.size(), CaseResult::kMostShown));
    traces_.clear();
    wanted_.clear();
    for (const Difference& difference : differences_) wanted_.insert(difference.row);
    for (std::size_t i = 0; i < differences_.size(); ++i) explain(differences_[i], i < kMostExplained);
    result.differences = std::move(differences_);
    return result;
  }

 private:
  std::unexpected<Error> wrong(const Expected& expected, std::string message, std::string hint) const {
    return fail(Errc::BadData, "line " + std::to_string(expected.line) + ": " + std::move(message), std::move(hint));
  }

  /// The row that was meant, by its number or its index.
  Result<std::size_t> row_of(const Expected& expected) const {
    const std::int64_t wanted = expected.row;
    if (wanted < 100'000'000'000) {
      if (static_cast<std::size_t>(wanted) < rows_.rows()) return static_cast<std::size_t>(wanted);
      return wrong(expected, "there is no row " + std::to_string(wanted),
                   "rows count from 0: the last one is " + std::to_string(rows_.rows() - 1));
    }
    const auto found = std::ranges::equal_range(rows_.index, wanted);
    if (found.empty())
      return wrong(expected, "no row has the index " + std::to_string(wanted),
                   "from " + std::to_string(rows_.index.front()) + " to " + std::to_string(rows_.index.back()));
    if (found.size() > 1)
      return wrong(
          expected, "several rows have the index " + std::to_string(wanted),
          "write the row's number, " + std::to_string(found.begin() - rows_.index.begin()) + " or one of the next");
    return static_cast<std::size_t>(found.begin() - rows_.index.begin());
  }

  Difference at(std::size_t row, std::uint32_t line, std::string expected, std::string came) const {
    return {
        .line = line, .row = row, .index = rows_.index[row], .expected = std::move(expected), .came = std::move(came)};
  }

  static std::string sale(std::optional<std::uint32_t> line) {
    if (!line) return "sell";
    return *line == 0 ? "sell day_end" : "sell line " + std::to_string(*line);
  }

  Result<void> trades() {
    std::map<std::size_t, const Expected*> buys, sells;
    for (const Expected& expected : case_.expected) {
      if (expected.what == What::Value) continue;
      const auto row = row_of(expected);
      if (!row) return std::unexpected(row.error());
      if (!(expected.what == What::Buy ? buys : sells).emplace(*row, &expected).second)
        return wrong(expected, "this is expected twice", "leave out one of them");
    }
    for (const Bought& bought : run_.buys)
      if (buys.erase(bought.row) == 0) differences_.push_back(at(bought.row, 0, "nothing", "buy"));
    for (const auto& [row, expected] : buys) differences_.push_back(at(row, expected->line, "buy", "nothing"));
    for (const Sold& sold : run_.sells) {
      const auto expected = sells.find(sold.row);
      if (expected == sells.end()) {
        differences_.push_back(at(sold.row, 0, "nothing", sale(sold.line)));
        continue;
      }
      const auto wanted = expected->second->text_line;
      if (wanted && *wanted != sold.line)
        differences_.push_back(at(sold.row, expected->second->line, sale(wanted), sale(sold.line)));
      sells.erase(expected);
    }
    for (const auto& [row, expected] : sells)
      differences_.push_back(at(row, expected->line, sale(expected->text_line), "nothing"));
    return {};
  }

  Result<void> values() {
    std::vector<std::pair<const Expected*, std::size_t>> asked;
    for (const Expected& expected : case_.expected) {
      if (expected.what != What::Value) continue;
      const auto row = row_of(expected);
      if (!row) return std::unexpected(row.error());
      asked.emplace_back(&expected, *row);
      wanted_.insert(*row);
    }
    for (const auto& [asked_for, row] : asked) {
      const Expected& expected = *asked_for;
      const auto* trace = traced(expected.expression, texts_.variables);
      if (!trace) return wrong(expected, refused_.message, refused_.hint);
      const Compared compared = compare(trace->at(row), expected);
      if (compared.equal) continue;
      Difference difference = at(row, expected.line, expected.value, compared.came);
      difference.why = expected.expression;
      differences_.push_back(std::move(difference));
    }
    return {};
  }

  using Trace = std::map<std::size_t, RowRun::Traced>;

  /// The expression on the rows that are wanted; none where it has errors, of which the first is then in refused_.
  const Trace* traced(const std::string& expression, const std::string& variables) {
    const auto [at, is_new] = traces_.try_emplace({expression, variables});
    if (!is_new) return at->second ? &*at->second : nullptr;
    PairTexts texts = texts_;
    texts.trace = expression;
    texts.variables = variables;
    const PairResult made = make_pair_of(texts);
    if (made.pair) {
      Trace& trace = at->second.emplace();
      const RowRun run = run_rows(*made.pair, rows_);
      for (const std::size_t row : wanted_) trace.emplace(row, run.trace[row]);
      return &trace;
    }
    const Language language = korean_ ? Language::Korean : Language::English;
    for (const PairReport& of : made.reports)
      for (const Report& report : of.reports.all())
        if (report.is_error())
          refused_ = {Errc::BadData, expression + ": " + report.message(language), report.hint(language)};
    return nullptr;
  }

  std::string say(std::string_view korean, std::string_view english) const {
    return std::string{korean_ ? korean : english};
  }

  void explain(Difference& difference, bool with_values) {
    if (!difference.why.empty()) {  // a value: its expression
      Deciding words{difference.why, TextKind::Sell};
      if (with_values) show(difference, words, 0);
      return;
    }
    const Decision& decision = decisions_[difference.row];
    const bool is_buy = decision.text == TextKind::Buy;
    const bool wants_buy = difference.came == "buy" || difference.expected == "buy";
    if (difference.came == "sell day_end" && decision.what != Decision::What::Yes && !is_buy)
      difference.why = say("그날의 마지막 행이라 팔았습니다. ", "it is sold on the day's last row. ");
    if (wants_buy != is_buy && !(difference.came == "sell day_end")) {
      difference.why = wants_buy ? say("이미 보유 중입니다", "something is held already")
                                 : say("보유한 것이 없습니다", "nothing is held");
      return;
    }
    difference.text = is_buy ? PairText::Buy : PairText::Sell;
    using enum Decision::What;
    switch (decision.what) {
      case Waits:
        difference.why += say("아직 실행되지 않습니다: 그날의 행이 self.vars[0]보다 적습니다",
                              "the text does not run yet: the day has fewer rows than self.vars[0]");
        return;
      case NoBook:
        difference.why += say("실행되지 않습니다: 5호가 잔량이 비어 있습니다",
                              "the text does not run: the fifth level of the book is empty");
        return;
      case NotWatched:
        difference.why += say("실행되지 않습니다: 관심종목이 아닙니다", "the text does not run: it is not watched");
        return;
      case Stopped:
        difference.why +=
            say("조건식이 이 행에서 스스로의 오류로 멈췄습니다 (0으로 나눔, 값이 없는 이름 따위)",
                "the text stopped on this row by an error of its own (a division by zero, a name without a value)");
        break;
      case No:
      case Yes:
        decided(difference, decision, is_buy);
        break;
    }
    Deciding words{is_buy ? texts_.buy : texts_.sell, decision.text};
    if (with_values) show(difference, words, difference.text_line);
  }

  void decided(Difference& difference, const Decision& decision, bool is_buy) {
    const bool yes = decision.what == Decision::What::Yes;
    difference.text_line = decision.line;
    if (decision.line != 0) difference.excerpt = excerpt_of(is_buy ? texts_.buy : texts_.sell, decision.line);
    if (difference.came == "nothing" && yes)
      difference.why = is_buy ? say("사기로 했지만 그날의 마지막 행이거나 매도호가1이 0입니다",
                                    "it decided to buy, but it is the day's last row or there is no ask")
                              : say("팔기로 했지만 매수호가1이 0입니다", "it decided to sell, but there is no bid");
    else if (decision.line != 0)
      difference.why += say("이 줄이 정했습니다", "this line decided");
    else
      difference.why += is_buy ? say("매수 = False로 만든 줄이 없습니다", "no line set buy = False")
                               : say("매도 = True로 만든 줄이 없습니다", "no line set sell = True");
  }

  /// The values of the words that matter on that row, with the variables that the text gives itself.
  void show(Difference& difference, Deciding& deciding, std::uint32_t line) {
    Settings settings = deciding.settings();
    Reports reports;
    Tree tree = parse(texts_.variables, reports);
    CheckOptions options;
    options.kind = TextKind::Variables;
    const Checked given = check(tree, options, reports);
    for (const auto& [index, variable] : given.settings.variables) settings.variables[index] = variable;
    std::string variables = texts_.variables;
    for (const auto& [key, value] : settings.indicators)
      if (!given.settings.indicators.contains(key))
        variables += "\nself.indicator['" + key + "'] = " + number_text(value);
    if (!settings.variables.contains(0)) settings.variables[0].value = 30;
    for (const std::string& word : deciding.words(line)) {
      std::string expression = word;
      for (const auto& [index, variable] : settings.variables) {
        const std::string name = "self.vars[" + std::to_string(index) + "]";
        for (std::size_t at = 0; (at = expression.find(name, at)) != std::string::npos;)
          expression.replace(at, name.size(), number_text(variable.value));
      }
      const auto* trace = traced(expression, variables);
      if (trace) difference.values.emplace_back(word, text_of(trace->at(difference.row)));
    }
  }

  const Case& case_;
  const PairTexts& texts_;
  const RowFile& rows_;
  bool korean_;
  std::vector<Decision> decisions_;
  RowRun run_;
  std::vector<Difference> differences_;
  std::set<std::size_t> wanted_;
  std::map<std::pair<std::string, std::string>, std::optional<Trace>> traces_;
  Error refused_{Errc::BadData, "", ""};
};

}  // namespace

Result<CaseResult> run_case(const Case& of, const PairTexts& texts, const Pair& pair, const RowFile& rows,
                            Language language) {
  return Holder{of, texts, pair, rows, language}.all();
}

}  // namespace stom::conditions
