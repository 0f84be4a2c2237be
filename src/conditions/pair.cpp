#include "conditions/pair.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "conditions/hangul.hpp"
#include "conditions/lexer.hpp"
#include "conditions/native_code.hpp"
#include "conditions/parser.hpp"
#include "core/assert.hpp"

namespace stom::conditions {
namespace {

struct Read {
  Tree tree;
  Checked checked;
  Reports reports;
};
Read read(std::string_view text, const CheckOptions& options, const OwnNames& names, std::size_t known) {
  Read read;
  read.tree = parse(text, read.reports);
  names.expand(read.tree, known, read.reports);
  read.checked = check(read.tree, options, read.reports);
  return read;
}

std::uint32_t characters_in(std::string_view text) {
  std::uint32_t characters = 0;
  for (; !text.empty(); ++characters) text.remove_prefix(std::max<std::size_t>(1, utf8_length(text)));
  return characters;
}

/// Whether a text can call it so, as a function calls what it is given.
bool is_one_name(std::string_view text) {
  Arena arena;
  Reports reports;
  const std::vector<Lexeme> tokens = tokens_of(text, arena, reports);
  return !reports.has_errors() && tokens.size() == 3 && tokens[0].token == Token::Name;  // then the line ends
}

/// `name`, `name()` or `name(a, b)`. A condition may be called anything: 급등(5%) is no function.
bool read_head(std::string_view head, NamedText& to) {
  const std::size_t open = head.find('(');
  to.name = without_blanks(head.substr(0, open));
  if (open == std::string_view::npos) return !to.name.empty();
  if (!head.ends_with(')')) return false;
  std::string_view inside = without_blanks(head.substr(open + 1, head.size() - open - 2));
  to.parameters.emplace();
  const auto is_name = [](std::string_view name) {
    return !name.empty() && name.find_first_of(" \t()'\"") == std::string_view::npos;
  };
  while (!inside.empty()) {
    const std::size_t comma = std::min(inside.find(','), inside.size());
    to.parameters->emplace_back(without_blanks(inside.substr(0, comma)));
    const bool goes_on = comma < inside.size();
    inside.remove_prefix(comma + goes_on);
    if (goes_on && inside.empty()) return false;
  }
  const auto is_other = [](const std::string& name) { return !name.empty() && !is_one_name(name); };
  if (std::ranges::any_of(*to.parameters, is_other)) {
    to.parameters.reset();
    to.name = head;
    return true;
  }
  auto sorted = *to.parameters;
  std::ranges::sort(sorted);
  return is_name(to.name) && std::ranges::all_of(sorted, is_name) && std::ranges::adjacent_find(sorted) == sorted.end();
}

/// The texts of a pair as they stand, for one set of variables.
struct Judged {
  std::unique_ptr<OwnNames> names;  // what trees of the others are made of
  Read variables, buy, sell;
  Settings given;
  std::vector<Read> named;
  std::optional<Read> trace;

  bool ok() const {
    const auto is_ok = [](const Read& of) { return !of.reports.has_errors(); };
    return is_ok(variables) && is_ok(buy) && is_ok(sell) && std::ranges::all_of(named, is_ok) &&
           (!trace || is_ok(*trace));
  }
};
Judged judge(const PairTexts& texts, std::string_view variables) {
  CheckOptions options{.kind = TextKind::Variables,
                       .mode = texts.minute ? Mode::Minute : Mode::Second,
                       .market = texts.market,
                       .conditions = std::nullopt};
  Judged judged;
  judged.names = std::make_unique<OwnNames>(texts.named);
  const std::size_t all = texts.named.size();
  judged.variables = read(variables, options, *judged.names, 0);
  judged.given = judged.variables.checked.settings;
  options.given = &judged.given;
  options.conditions.emplace();
  for (const NamedText& named : texts.named)
    if (!named.parameters) options.conditions->push_back(named.name);

  const auto of = [&](TextKind kind, const std::string& text, std::size_t known) {
    options.kind = kind;
    return read(text, options, *judged.names, known);
  };
  judged.buy = of(TextKind::Buy, texts.buy, all);
  judged.sell = of(TextKind::Sell, texts.sell, all);
  for (std::size_t i = 0; i < all; ++i) {
    if (texts.named[i].parameters)
      judged.named.push_back({.tree = {}, .checked = {}, .reports = judged.names->reports(i)});
    else
      judged.named.push_back(of(TextKind::Condition, texts.named[i].text, i));
  }
  if (!texts.trace.empty()) {
    judged.trace = of(TextKind::Sell, texts.trace, all);
    const auto body = judged.trace->tree.body;
    if (!judged.trace->reports.has_errors() && (body.size() != 1 || body[0]->act != Act::Evaluate))
      judged.trace->reports.add(Mistake::OneExpression, {1, 1, 1});
  }
  return judged;
}

Pair compiled(const Judged& judged, const PairTexts& texts, const CompileOptions& how, Needs& needs) {
  Pair pair;
  pair.buy = compile(judged.buy.tree, judged.buy.checked, how, needs);
  pair.sell = compile(judged.sell.tree, judged.sell.checked, how, needs);
  if (judged.trace) {
    CompileOptions expression = how;
    expression.is_expression = true;
    pair.trace = compile(judged.trace->tree, judged.trace->checked, expression, needs);
  }
  pair.futures = judged.buy.checked.futures || judged.sell.checked.futures;
  pair.market = texts.market;
  CompileOptions of_short = how;
  of_short.decides_short = true;
  if (judged.buy.checked.futures) pair.buy_short = compile(judged.buy.tree, judged.buy.checked, of_short, needs);
  if (judged.sell.checked.futures) pair.sell_short = compile(judged.sell.tree, judged.sell.checked, of_short, needs);
  // Those that a text asks for, and no other: they cost each row something. The last of a name is the one that
  // counts.
  for (std::size_t i = 0; i < needs.conditions.size(); ++i) {
    std::size_t at = texts.named.size();
    do --at;
    while (texts.named[at].parameters || texts.named[at].name != needs.conditions[i]);
    pair.named.push_back(compile(judged.named[at].tree, judged.named[at].checked, how, needs));
  }
  if (texts.native) {
    const auto make_native = [](Program& program) { program.native = make_native_code(program); };
    make_native(pair.buy);
    make_native(pair.sell);
    for (std::optional<Program>* program : {&pair.trace, &pair.buy_short, &pair.sell_short})
      if (*program) make_native(**program);
    std::ranges::for_each(pair.named, make_native);
  }
  return pair;
}

}  // namespace

PairResult make_pair_of(const PairTexts& texts, Needs* shared) {
  PairResult result;
  Judged judged = judge(texts, texts.variables);
  if (judged.ok()) {
    const CompileOptions how{.market = texts.market, .minute = texts.minute, .given = &judged.given};
    Needs own;
    result.pair = compiled(judged, texts, how, shared ? *shared : own);
    if (!shared) {
      result.pair->plan = DayPlan{own};
      result.pair->needs = std::move(own);
    }
  }
  const auto tell = [&](PairText which, Read& of, std::string source, std::uint32_t line = 1) {
    if (!of.reports.all().empty())
      result.reports.push_back({which, std::move(of.reports), of.checked, std::move(source), line});
  };
  tell(PairText::Variables, judged.variables, texts.variables);
  tell(PairText::Buy, judged.buy, texts.buy);
  tell(PairText::Sell, judged.sell, texts.sell);
  for (std::size_t i = 0; i < judged.named.size(); ++i) {
    const NamedText& named = texts.named[i];
    judged.named[i].reports = in_line(judged.named[i].reports, named);
    tell(PairText::Named, judged.named[i], std::string{named.source()}, named.line);
  }
  // A bare expression is all that it is; that it does nothing is no news.
  if (judged.trace && judged.trace->reports.has_errors()) tell(PairText::Trace, *judged.trace, texts.trace);
  return result;
}

std::optional<Variants> make_variants_of(const PairTexts& texts, std::span<const std::string> variables) {
  STOM_ASSERT(!variables.empty() && variables.size() <= kMostVariants);
  std::vector<Judged> judged;
  std::vector<const Settings*> given;
  judged.reserve(variables.size());
  for (const std::string& of : variables) {
    judged.push_back(judge(texts, of));
    if (!judged.back().ok()) return std::nullopt;
    given.push_back(&judged.back().given);
  }
  Needs needs;
  Variants made{.count = variables.size(), .pair = {}};
  made.pair = compiled(judged[0], texts,
                       {.market = texts.market, .minute = texts.minute, .given = given[0], .variants = given}, needs);
  const auto is_one = [](const Program& program) { return program.varying.empty() && program.tables.empty(); };
  const Pair& pair = made.pair;
  if (!pair.buy.one_for_all || !pair.sell.one_for_all || !std::ranges::all_of(pair.named, is_one) ||
      (pair.trace && !is_one(*pair.trace)))
    return std::nullopt;
  made.pair.plan = DayPlan{needs, variables.size() + 1};
  made.pair.needs = std::move(needs);
  return made;
}

std::vector<NamedText> named_texts(std::string_view file, std::optional<std::uint32_t>& wrong) {
  std::vector<NamedText> named;
  std::uint32_t number = 0;
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    std::string_view line = file.substr(0, end);
    file.remove_prefix(std::min(end + 1, file.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++number;
    if (without_blanks(line).empty() || without_blanks(line).starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    NamedText one{.name = {}, .text = {}, .line = number};
    if (colon == std::string_view::npos || !read_head(composed_text(without_blanks(line.substr(0, colon))), one)) {
      if (!wrong) wrong = number;
      continue;
    }
    const std::string_view expression = without_blanks(line.substr(colon + 1));
    one.text = expression;
    one.given = line;
    one.column = characters_in(line.substr(0, static_cast<std::size_t>(expression.data() - line.data()))) + 1;
    named.push_back(std::move(one));
  }
  return named;
}

}  // namespace stom::conditions
