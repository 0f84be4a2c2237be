#include "conditions/pair.hpp"

#include <algorithm>
#include <utility>

#include "conditions/hangul.hpp"
#include "conditions/parser.hpp"

namespace stom::conditions {
namespace {

struct Read {
  Tree tree;
  Checked checked;
  Reports reports;
};
Read read(std::string_view text, const CheckOptions& options) {
  Read read;
  read.tree = parse(text, read.reports);
  read.checked = check(read.tree, options, read.reports);
  return read;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

}  // namespace

PairResult make_pair_of(const PairTexts& texts) {
  PairResult result;
  bool fails = false;
  const auto tell = [&](PairText which, Read& of, std::string source, std::uint32_t line = 1) {
    fails = fails || of.reports.has_errors();
    if (!of.reports.all().empty())
      result.reports.push_back({which, std::move(of.reports), of.checked, std::move(source), line});
  };
  const auto ok = [](const Read& of) { return !of.reports.has_errors(); };

  CheckOptions options{.kind = TextKind::Variables,
                       .mode = texts.minute ? Mode::Minute : Mode::Second,
                       .market = texts.market,
                       .conditions = std::nullopt};
  Read variables = read(texts.variables, options);
  const Settings given = variables.checked.settings;
  tell(PairText::Variables, variables, texts.variables);
  options.given = &given;
  options.conditions.emplace();
  for (const NamedText& named : texts.named) options.conditions->push_back(named.name);

  const auto judged = [&](TextKind kind, const std::string& text) {
    options.kind = kind;
    return read(text, options);
  };
  Read buy = judged(TextKind::Buy, texts.buy), sell = judged(TextKind::Sell, texts.sell);
  std::vector<Read> named;
  for (const NamedText& text : texts.named) named.push_back(judged(TextKind::Condition, text.text));
  std::optional<Read> trace;
  if (!texts.trace.empty()) {
    trace = judged(TextKind::Sell, texts.trace);
    const auto body = trace->tree.body;
    if (ok(*trace) && (body.size() != 1 || body[0]->act != Act::Evaluate))
      trace->reports.add(Mistake::OneExpression, {1, 1, 1});
  }

  const CompileOptions how{.market = texts.market, .minute = texts.minute, .given = &given};
  const bool all_right = !fails && ok(buy) && ok(sell) && std::ranges::all_of(named, ok) && (!trace || ok(*trace));
  if (all_right) {
    Pair& pair = result.pair.emplace();
    pair.buy = compile(buy.tree, buy.checked, how, pair.needs);
    pair.sell = compile(sell.tree, sell.checked, how, pair.needs);
    if (trace) {
      CompileOptions expression = how;
      expression.is_expression = true;
      pair.trace = compile(trace->tree, trace->checked, expression, pair.needs);
    }
    pair.futures = buy.checked.futures || sell.checked.futures;
    pair.market = texts.market;
    CompileOptions of_short = how;
    of_short.decides_short = true;
    if (buy.checked.futures) pair.buy_short = compile(buy.tree, buy.checked, of_short, pair.needs);
    if (sell.checked.futures) pair.sell_short = compile(sell.tree, sell.checked, of_short, pair.needs);
    // Those that a text asks for, and no other: they cost each row something. The last of a name is the one that
    // counts.
    for (std::size_t i = 0; i < pair.needs.conditions.size(); ++i) {
      std::size_t at = texts.named.size();
      while (texts.named[--at].name != pair.needs.conditions[i]) {
      }
      pair.named.push_back(compile(named[at].tree, named[at].checked, how, pair.needs));
    }
    pair.plan = DayPlan{pair.needs};
  }
  tell(PairText::Buy, buy, texts.buy);
  tell(PairText::Sell, sell, texts.sell);
  for (std::size_t i = 0; i < named.size(); ++i)
    tell(PairText::Named, named[i], texts.named[i].text, texts.named[i].line);
  if (trace) {
    // A bare expression is all that it is; that it does nothing is no news.
    if (trace->reports.has_errors()) tell(PairText::Trace, *trace, texts.trace);
  }
  return result;
}

std::vector<NamedText> named_texts(std::string_view file, std::optional<std::uint32_t>& wrong) {
  std::vector<NamedText> named;
  std::uint32_t number = 0;
  if (file.starts_with("\xEF\xBB\xBF")) file.remove_prefix(3);
  while (!file.empty()) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    const std::string_view line = trimmed(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    ++number;
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t colon = line.find(':');
    const std::string_view name = trimmed(line.substr(0, std::min(colon, line.size())));
    if (colon == std::string_view::npos || name.empty()) {
      if (!wrong) wrong = number;
      continue;
    }
    named.push_back({composed_text(name), std::string{trimmed(line.substr(colon + 1))}, number});
  }
  return named;
}

}  // namespace stom::conditions
