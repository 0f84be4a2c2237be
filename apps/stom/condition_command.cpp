// `stom condition`: condition texts without a market: judged, explained, translated, and run over a file of rows; and
// what they decided where they traded.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "condition_files.hpp"
#include "condition_lsp.hpp"
#include "condition_set.hpp"
#include "condition_test.hpp"
#include "conditions/decision_log.hpp"
#include "conditions/layout.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "conditions/translate.hpp"
#include "conditions/value.hpp"
#include "conditions/word_page.hpp"
#include "core/text_file.hpp"
#include "engine/journal.hpp"
#include "run_name.hpp"
#include "strategy_folder.hpp"

namespace stom {
namespace {

using conditions::Checked;
using conditions::CheckOptions;
using conditions::Language;
using conditions::Market;
using conditions::Report;
using conditions::Reports;
using conditions::TextKind;
using conditions::Tree;

// --- lint -------------------------------------------------------------------------------------------

/// A text with what was found wrong with it. Stays where it is: the tree looks into the texts.
struct Judged {
  /// `names_given`: the file of named conditions, where there is one.
  Judged(std::string as_given, const std::string& kind, std::optional<std::vector<conditions::NamedText>> names_given)
      : named{std::move(names_given)},
        names{named ? std::span<const conditions::NamedText>{*named} : std::span<const conditions::NamedText>{}},
        text{std::move(as_given)},
        tree{conditions::parse(text, reports)} {
    CheckOptions how;
    if (!kind.empty()) how.kind = kind == "buy" ? TextKind::Buy : TextKind::Sell;
    if (named) how.conditions.emplace();
    for (std::size_t i = 0; named && i < named->size(); ++i)
      if (!(*named)[i].parameters) how.conditions->push_back((*named)[i].name);
    names.expand(tree, reports);
    checked = conditions::check(tree, how, reports);
    for (std::size_t i = 0; named && i < named->size(); ++i) of_names.push_back(of_name(i, how));
  }
  /// What is wrong with a line of the file of names. Of one with parameters all else is said where it is used.
  Reports of_name(std::size_t i, CheckOptions how) const {
    if ((*named)[i].parameters) return in_line(names.reports(i), (*named)[i]);
    how.kind = TextKind::Condition;
    Reports found;
    Tree line = conditions::parse((*named)[i].text, found);
    names.expand(line, i, found);
    (void)conditions::check(line, how, found);
    return in_line(found, (*named)[i]);
  }
  bool has_errors() const { return reports.has_errors() || std::ranges::any_of(of_names, &Reports::has_errors); }
  const std::optional<std::vector<conditions::NamedText>> named;
  const conditions::OwnNames names;
  std::string text;
  Reports reports;
  std::vector<Reports> of_names;  // of each line of the file of names
  Tree tree;
  Checked checked;
};

struct TextOptions {
  std::string file;
  std::string kind;   // lint, explain, translate; empty: what its words say
  std::string named;  // empty: no file of named conditions
  std::string to;     // translate
};

Result<std::unique_ptr<Judged>> judge(const TextOptions& options) {
  auto text = read_text_file(options.file);
  if (!text) return std::unexpected(text.error());
  std::optional<std::vector<conditions::NamedText>> named;
  if (!options.named.empty()) {
    const auto file = read_text_file(options.named);
    if (!file) return std::unexpected(file.error());
    std::optional<std::uint32_t> wrong;
    named = conditions::named_texts(*file, wrong);
    if (wrong)
      return fail(Errc::BadData, fmt::format("{}:{}: no name and expression", options.named, *wrong),
                  "a line is  name: expression  or  name(a, b): expression");
  }
  return std::make_unique<Judged>(std::move(*text), options.kind, std::move(named));
}

/// Every report, or errors alone, of the text and of the lines of the file of names, to `out`.
void print_reports(std::FILE* out, const TextOptions& options, const Judged& judged, Language language,
                   bool errors_alone = false) {
  const auto print = [&](const Reports& reports, std::string_view text, std::uint32_t line, const std::string& file) {
    for (const Report& report : reports.all())
      if (report.is_error() || !errors_alone) fmt::print(out, "{}", rendered(report, text, line, file, language));
  };
  print(judged.reports, judged.text, 1, options.file);
  for (std::size_t i = 0; i < judged.of_names.size(); ++i)
    print(judged.of_names[i], (*judged.named)[i].source(), (*judged.named)[i].line, options.named);
}

/// The object of scripts is the text's; where that is right and a line of the file of names is not, it is that line's.
std::string object_of(const Judged& judged, Language language) {
  if (!judged.reports.has_errors())
    for (std::size_t i = 0; i < judged.of_names.size(); ++i)
      if (judged.of_names[i].has_errors())
        return json_of(judged.of_names[i], Checked{}, language, (*judged.named)[i].line);
  return json_of(judged.reports, judged.checked, language);
}

/// A text with errors is refused as lint refuses it, whatever was wanted of it.
int refuse(const Session& session, const TextOptions& options, const Judged& judged) {
  const Language language = language_of(session);
  if (session.json)
    fmt::print("{}\n", object_of(judged, language));
  else
    print_reports(stderr, options, judged, language, true);
  return kFailed;
}

int print_text(const Session& session, const std::string& text) {
  if (session.json)
    fmt::print("{{\"text\":{}}}\n", json_string(text));
  else
    fmt::print("{}", text);
  return kOk;
}

int lint(const Session& session, const TextOptions& options) {
  const auto judged = judge(options);
  if (!judged) return report_error(session, judged.error());
  const Language language = language_of(session);
  if (session.json) {
    fmt::print("{}\n", object_of(**judged, language));
  } else {
    print_reports(stdout, options, **judged, language);
    if (!(*judged)->has_errors() && (*judged)->reports.all().empty()) say(session, options.file + ": no errors");
  }
  return (*judged)->has_errors() ? kFailed : kOk;
}

int translate_text(const Session& session, const TextOptions& options) {
  const auto judged = judge(options);
  if (!judged) return report_error(session, judged.error());
  if ((*judged)->has_errors()) return refuse(session, options, **judged);
  const Language to = options.to == "ko" ? Language::Korean : Language::English;
  return print_text(session, conditions::translate((*judged)->text, to, (*judged)->checked.kind));
}

int format_text(const Session& session, const std::string& file) {
  const auto text = read_text_file(file);
  if (!text) return report_error(session, text.error());
  return print_text(session, conditions::laid_out(*text));
}

/// What a text reads and decides: its words with meaning and unit, its variables with the values that it gives them.
int explain(const Session& session, const TextOptions& options) {
  const auto judged = judge(options);
  if (!judged) return report_error(session, judged.error());
  if ((*judged)->has_errors()) return refuse(session, options, **judged);
  const Checked& checked = (*judged)->checked;
  const Language language = language_of(session);
  std::string words, variables;
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<24} {:>4}  {} [{}]\n";
  std::string table;
  for (const auto& [name, count] : checked.words) {
    const conditions::FoundWord found = conditions::find_word(name);
    if (!found.word) continue;
    const std::string_view unit = unit_name(found.word->unit, language);
    const std::string shown =
        found.history ? history_name(*found.word, language) : std::string{found.word->name(language)};
    words += fmt::format(R"({}{{"word":{},"count":{},"meaning":{},"unit":{}}})", words.empty() ? "" : ",",
                         json_string(shown), count, json_string(found.word->meaning(language)), json_string(unit));
    table += fmt::format(fmt::runtime(row), shown, count, found.word->meaning(language), unit);
  }
  for (const int index : checked.variables_read) {
    const auto given = checked.settings.variables.find(index);
    const bool has_value = given != checked.settings.variables.end() || index == 0;
    const double value = given != checked.settings.variables.end() ? given->second.value : 30;
    variables += fmt::format(R"({}{{"index":{},"value":{}}})", variables.empty() ? "" : ",", index,
                             has_value ? fmt::format("{}", value) : "null");
    table += fmt::format("self.vars[{}] = {}\n", index, has_value ? fmt::format("{}", value) : "?");
  }
  if (session.json) {
    fmt::print("{{\"kind\":\"{}\",\"words\":[{}],\"variables\":[{}]}}\n",
               checked.kind == TextKind::Sell ? "sell" : "buy", words, variables);
  } else {
    fmt::print("{}", table);
    print_reports(stderr, options, **judged, language);
  }
  return kOk;
}

// --- run --------------------------------------------------------------------------------------------

struct PairRunOptions {
  PairFiles files;
  std::string rows, trace;
  std::string variants;  // a file: a line of variables for each
  std::string market = "stock";
  RowChoiceFlags set;    // instead of rows
  std::string strategy;  // the name of a folder with the texts, instead of their files
  std::string beside;
  double bet = 0;
};

std::string value_json(const conditions::RowRun::Traced& traced) {
  switch (conditions::kind_of(traced.value)) {
    case conditions::ValueKind::Number:
      return std::isfinite(traced.value) ? fmt::format("{}", traced.value) : "null";
    case conditions::ValueKind::Text:
      return json_string(traced.text);
    default:
      return "null";
  }
}

/// What was bought and sold, in order of the rows: the row, and the line that sold (0: the day ended) or none.
using Trades = std::vector<std::pair<std::size_t, std::optional<std::uint32_t>>>;
Trades trades_of(const conditions::RowRun& run) {
  Trades trades;
  for (const auto& bought : run.buys) trades.emplace_back(bought.row, std::nullopt);
  for (const auto& sold : run.sells) trades.emplace_back(sold.row, sold.line);
  std::ranges::sort(trades);
  return trades;
}
Trades only_in(const Trades& left, const Trades& right) {
  Trades only;
  std::ranges::set_difference(left, right, std::back_inserter(only));
  return only;
}

/// The same texts over the same rows by the old program's rules: all of them, and each by itself, for what a difference
/// comes of.
struct OldProgram {
  conditions::RowRun run;
  std::vector<std::pair<std::string_view, std::size_t>> differences;  // trades that only one of the two has
};

std::optional<OldProgram> run_beside(const conditions::Pair& pair, const conditions::RowFile& rows,
                                     const conditions::RowRun& ours, double bet) {
  using conditions::OldRules;
  constexpr std::pair<std::string_view, OldRules> kRules[] = {{"all", {.windows = true, .fills = true, .ticks = true}},
                                                              {"windows", {.windows = true}},
                                                              {"fills", {.fills = true}},
                                                              {"ticks", {.ticks = true}}};
  OldProgram old;
  const Trades our_trades = trades_of(ours);
  for (auto [name, rules] : kRules) {
    rules.bet = bet;
    auto run = run_rows(pair, rows, [](std::size_t) { return !interrupted(); }, rules);
    if (!run) return std::nullopt;
    const Trades theirs = trades_of(*run);
    old.differences.emplace_back(name, only_in(our_trades, theirs).size() + only_in(theirs, our_trades).size());
    if (name == "all") old.run = std::move(*run);
  }
  return old;
}

/// "buys":[…],"sells":[…],"stopped":{…}
std::string json_of(const conditions::RowRun& run, const conditions::RowFile& rows) {
  std::string buys, sells;
  const auto add = [](std::string& list, const std::string& item) { list += (list.empty() ? "" : ",") + item; };
  for (const auto& bought : run.buys)
    add(buys, fmt::format(R"({{"row":{},"index":{}}})", bought.row, rows.index[bought.row]));
  for (const auto& sold : run.sells)
    add(sells, fmt::format(R"({{"row":{},"index":{},"line":{},"reason":"{}"}})", sold.row, rows.index[sold.row],
                           sold.line, sold.line == 0 ? "day_end" : "text"));
  return fmt::format(R"("buys":[{}],"sells":[{}],"stopped":{{"buy":{},"sell":{}}})", buys, sells, run.buy_stopped,
                     run.sell_stopped);
}

void print_beside(const Session& session, const conditions::RowRun& ours, const OldProgram& old,
                  const conditions::RowFile& rows) {
  const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<6} {:>8} {:>16} {:<9} {}\n";
  const Trades our_trades = trades_of(ours), theirs = trades_of(old.run);
  fmt::print("\n");
  fmt::print(fmt::runtime(row), "what", "row", "index", "why", "only");
  for (const auto& [name, only] :
       {std::pair{"here", only_in(our_trades, theirs)}, std::pair{"the old program", only_in(theirs, our_trades)}})
    for (const auto& [at, line] : only)
      fmt::print(fmt::runtime(row), line ? "sell" : "buy", at, rows.index[at],
                 !line        ? ""
                 : *line == 0 ? "day_end"
                              : fmt::format("line {}", *line),
                 name);
  for (const auto& [name, count] : old.differences)
    say(session, fmt::format("the old program's {}: {} trades differ", name == "all" ? "rules" : name, count));
}

void print_run(const Session& session, const conditions::RowRun& run, const conditions::RowFile& rows, bool is_traced,
               const std::optional<OldProgram>& old) {
  if (!session.json) {
    const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<6} {:>8} {:>16} {}\n";
    fmt::print(fmt::runtime(row), "what", "row", "index", "why");
    for (std::size_t i = 0; i < run.buys.size(); ++i) {
      fmt::print(fmt::runtime(row), "buy", run.buys[i].row, rows.index[run.buys[i].row], "");
      if (i >= run.sells.size()) break;
      const auto& sold = run.sells[i];
      fmt::print(fmt::runtime(row), "sell", sold.row, rows.index[sold.row],
                 sold.line == 0 ? "day_end" : fmt::format("line {}", sold.line));
    }
    if (run.buy_stopped + run.sell_stopped > 0)
      say(session, fmt::format("stopped by an error of its own: the buy text on {} rows, the sell text on {}",
                               run.buy_stopped, run.sell_stopped));
    if (old) print_beside(session, run, *old, rows);
    return;
  }
  std::string trace, differences;
  for (const auto& traced : run.trace) trace += (trace.empty() ? "" : ",") + value_json(traced);
  fmt::print("{{{}", json_of(run, rows));
  if (is_traced) fmt::print(R"(,"trace":[{}])", trace);
  if (old) {
    for (const auto& [name, count] : old->differences)
      differences += fmt::format(R"({}"{}":{})", differences.empty() ? "" : ",", name, count);
    fmt::print(R"(,"old":{{{},"differences":{{{}}}}})", json_of(old->run, rows), differences);
  }
  fmt::print("}}\n");
}

Error no_futures() {
  return {Errc::Usage, "texts for futures cannot be run over a file of rows",
          "use 매수 and 매도 (buy, sell), which are for spot"};
}

/// The text of variables of each line: those of the pair, then the line's own, which win.
Result<std::vector<std::string>> read_variants(const std::string& path, const std::string& variables) {
  constexpr std::size_t kMost = 10'000;
  const auto text = read_text_file(path);
  if (!text) return std::unexpected(text.error());
  std::vector<std::string> variants;
  std::string_view rest = *text;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    variants.push_back(fmt::format("{}\n{}\n", variables, line.substr(first)));
  }
  if (variants.empty() || variants.size() > kMost)
    return fail(Errc::BadData, fmt::format("{}: {} variants, where 1 to {} are taken", path, variants.size(), kMost),
                "a line for each variant:  self.vars[1] = 25; self.vars[2] = 0.5");
  return variants;
}

int run_all_variants(const Session& session, const PairRunOptions& options, conditions::PairTexts texts,
                     const conditions::RowFile& rows) {
  const auto variants = read_variants(options.variants, texts.variables);
  if (!variants) return report_error(session, variants.error());
  if (!options.trace.empty() || !options.beside.empty())
    return report_error(
        session, {Errc::Usage, "--trace and --beside show one run, --variants makes many", "leave out one of them"});
  const Error canceled{Errc::Canceled, "interrupted: no result", "run it again"};
  for (std::size_t i = 0; i < variants->size(); ++i) {
    if (interrupted()) return report_error(session, canceled);
    texts.variables = (*variants)[i];
    const auto made = conditions::make_pair_of(texts);
    if (made.pair && made.pair->futures) return report_error(session, no_futures());
    if (made.pair) continue;
    PairFiles named = options.files;
    named.variables = fmt::format("{}, variant {}", options.variants, i + 1);
    return refuse(session, named, made);
  }
  std::optional<std::vector<conditions::RowRun>> runs;
  {
    Progress progress{session, "running"};
    runs = run_variants(texts, *variants, rows, [&](std::size_t done) {
      progress.update(done, rows.rows());
      return !interrupted();
    });
  }
  if (!runs) return report_error(session, canceled);
  if (session.json) {
    std::string all;
    for (const conditions::RowRun& run : *runs)
      all += fmt::format("{}{{{}}}", all.empty() ? "" : ",", json_of(run, rows));
    fmt::print("{{\"variants\":[{}]}}\n", all);
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:>8} {:>8} {:>8} {:>8}\n";
  fmt::print(fmt::runtime(row), "variant", "buys", "sells", "stopped");
  for (std::size_t i = 0; i < runs->size(); ++i) {
    const conditions::RowRun& run = (*runs)[i];
    fmt::print(fmt::runtime(row), i + 1, run.buys.size(), run.sells.size(), run.buy_stopped + run.sell_stopped);
  }
  return kOk;
}

int run_over_rows(const Session& session, const PairRunOptions& options, conditions::PairTexts& texts) {
  texts.market = options.market == "coin" ? Market::Coin : Market::Stock;
  const auto rows_text = read_text_file(options.rows, kMostRecorded);
  if (!rows_text) return report_error(session, rows_text.error());
  const auto rows = conditions::read_row_file(*rows_text, texts.market);
  if (!rows)
    return report_error(session,
                        Error{rows.error().code, options.rows + ": " + rows.error().message, rows.error().hint});
  for (const std::string& column : rows->unknown)
    say(session, fmt::format("warning: {}: no such word, the column is left out: {}", options.rows, column));
  texts.minute = rows->minute;
  if (!options.variants.empty()) return run_all_variants(session, options, texts, *rows);
  const auto made = conditions::make_pair_of(texts);
  if (!made.pair) return refuse(session, options.files, made);
  if (made.pair->futures) return report_error(session, no_futures());
  std::optional<conditions::RowRun> run;
  {
    Progress progress{session, "running"};
    run = run_rows(*made.pair, *rows, [&](std::size_t done) {
      progress.update(done, rows->rows());
      return !interrupted();
    });
  }
  std::optional<OldProgram> old;
  if (run && !options.beside.empty()) old = run_beside(*made.pair, *rows, *run, options.bet);
  if (!run || (!old && !options.beside.empty()))
    return report_error(session, {Errc::Canceled, "interrupted: no result", "run it again"});
  print_run(session, *run, *rows, made.pair->trace.has_value(), old);
  return kOk;
}

// --- decisions --------------------------------------------------------------------------------------

/// A journal, the folder of a session or a run that has one, or a run as the other commands name it.
Result<std::filesystem::path> find_journal(const Session& session, const std::string& name) {
  std::error_code error;
  if (std::filesystem::is_regular_file(name, error)) return name;
  std::filesystem::path folder = name;
  if (!std::filesystem::is_directory(folder, error)) {
    auto run = find_run(session, name);
    if (!run) return std::unexpected(run.error());
    folder = std::move(*run);
  }
  for (const char* file : {"journal.stom", "journal"})  // of a run or a session of trading; of a replay
    if (std::filesystem::is_regular_file(folder / file, error)) return folder / file;
  return fail(Errc::NotFound, fmt::format("{} has no journal", folder.string()),
              "name a run, the folder of a session, or a journal");
}

/// What the texts decided, row by row: of a backtest, a replay, or a session on paper or at an exchange alike.
int show_decisions(const Session& session, const std::string& name) {
  const auto path = find_journal(session, name);
  if (!path) return report_error(session, path.error());
  const auto records = read_journal(*path);
  if (!records) return report_error(session, records.error());
  conditions::DecisionLog decisions;
  for (const JournalRecord& record : *records)
    if (record.kind == RecordKind::Log) decisions.read(record.text);
  const auto stopped = decisions.stopped();
  if (session.json) {
    std::string all, exits;
    for (const auto& [index, instrument, act, reason, strategy] : decisions.all())
      all += fmt::format(R"({}{{"index":{},"instrument":{},"act":{},"reason":{}{}}})", all.empty() ? "" : ",", index,
                         json_string(instrument), json_string(act), reason.empty() ? "null" : json_string(reason),
                         strategy.empty() ? "" : fmt::format(R"(,"strategy":{})", json_string(strategy)));
    for (const auto& [reason, count] : decisions.exits())
      exits += fmt::format("{}{}:{}", exits.empty() ? "" : ",", json_string(reason), count);
    fmt::print(R"({{"decisions":[{}],"exits":{{{}}},"stopped":{{"buy":{},"sell":{}}}}})"
               "\n",
               all, exits, stopped.buy, stopped.sell);
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<16} {:<24} {:<11} {}\n";
  fmt::print(fmt::runtime(row), "index", "instrument", "what", "why");
  for (const auto& [index, instrument, act, reason, strategy] : decisions.all())
    fmt::print(fmt::runtime(row), index, instrument, act,
               strategy.empty() ? reason : fmt::format("{}{}({})", reason, reason.empty() ? "" : " ", strategy));
  for (const auto& [reason, count] : decisions.exits()) say(session, fmt::format("{}: {} times", reason, count));
  if (stopped != conditions::StoppedRows{})
    say(session, fmt::format("stopped by an error of its own: the buy text on {} rows, the sell text on {}",
                             stopped.buy, stopped.sell));
  return kOk;
}

int run_over_set(const Session& session, const PairRunOptions& options, conditions::PairTexts& texts) {
  const auto shape = shape_named(options.set.set);
  if (!shape) return report_error(session, shape.error());
  const auto choice = row_choice(options.set);
  if (!choice) return report_error(session, choice.error());
  if (!options.trace.empty() || !options.variants.empty() || !options.beside.empty())
    return report_error(
        session, {Errc::Usage, "--trace, --variants and --beside are for one file of rows", "name it with --rows"});
  texts.market = (*shape)->stock ? Market::Stock : Market::Coin;
  texts.minute = (*shape)->minute;
  const auto made = conditions::make_pair_of(texts);
  if (!made.pair) return refuse(session, options.files, made);
  if (made.pair->futures) return report_error(session, no_futures());
  return run_pair_over_set(session, *made.pair, **shape, *choice);
}

/// The files of the strategy's folder in place of what is not named apart.
Result<PairFiles> files_of(const Session& session, const PairRunOptions& options) {
  PairFiles files = options.files;
  if (options.strategy.empty()) {
    if (!files.buy.empty() && !files.sell.empty()) return files;
    return fail(Errc::Usage, "a buy and a sell text are wanted",
                "--buy FILE --sell FILE, or --strategy NAME of a folder");
  }
  const auto folder = strategy_folder(options.strategy, session.home);
  if (!folder)
    return fail(Errc::NotFound, fmt::format("there is no folder of texts named '{}'", options.strategy),
                "stom strategy list shows what there is; a path has a '/'");
  const auto parameters = folder_parameters(*folder);
  if (!parameters) return std::unexpected(parameters.error());
  for (const auto& [name, file] : {std::pair{"buy=", &files.buy}, std::pair{"sell=", &files.sell},
                                   std::pair{"vars=", &files.variables}, std::pair{"named=", &files.named}})
    for (const std::string& parameter : *parameters)
      if (file->empty() && parameter.starts_with(name)) *file = parameter.substr(std::string_view{name}.size());
  return files;
}

int run_pair(const Session& session, PairRunOptions options) {
  if (options.rows.empty() == options.set.set.empty())
    return report_error(session, {Errc::Usage, "the texts run over a file of rows, or over a set of rows in the home",
                                  "--rows FILE.csv, or --set stock-second (stom rows list shows what there is)"});
  auto files = files_of(session, options);
  if (!files) return report_error(session, files.error());
  options.files = std::move(*files);
  auto texts = read_pair(options.files, Market::Stock);
  if (!texts) return report_error(session, texts.error());
  texts->trace = options.trace;
  return options.rows.empty() ? run_over_set(session, options, *texts) : run_over_rows(session, options, *texts);
}

}  // namespace

void add_condition_command(CLI::App& app, Session& session) {
  auto* condition = app.add_subcommand("condition", "Condition texts in Korean and English words")->group("Research");
  examples(*condition,
           {"stom condition lint buy.txt", "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv"});

  auto* linted = condition->add_subcommand("lint", "What is wrong with a text, with line, column and remedy");
  auto lint_options = std::make_shared<TextOptions>();
  linted->add_option("file", lint_options->file, "the text")->required();
  const auto add_kind = [](CLI::App& command, TextOptions& options) {
    command.add_option("--kind", options.kind, "buy or sell; otherwise what its words say")
        ->check(CLI::IsMember({"buy", "sell"}));
  };
  add_kind(*linted, *lint_options);
  const auto add_named = [](CLI::App& command, TextOptions& options) {
    command.add_option("--named", options.named,
                       "names of your own: lines of  name: expression  or  name(a, b): expression");
  };
  add_named(*linted, *lint_options);
  examples(*linted, {"stom condition lint buy.txt", "stom condition lint sell.txt --kind sell --json",
                     "stom condition lint buy.txt --named named.txt"});
  linted->callback([&session, lint_options] { session.status = lint(session, *lint_options); });

  auto* explained = condition->add_subcommand("explain", "The words and variables of a text, with what they mean");
  auto explain_options = std::make_shared<TextOptions>();
  explained->add_option("file", explain_options->file, "the text")->required();
  add_kind(*explained, *explain_options);
  add_named(*explained, *explain_options);
  examples(*explained, {"stom condition explain buy.txt", "stom condition explain buy.txt --lang ko"});
  explained->callback([&session, explain_options] { session.status = explain(session, *explain_options); });

  auto* formatted = condition->add_subcommand("format", "A text laid out in one way, on stdout");
  auto formatted_file = std::make_shared<std::string>();
  formatted->add_option("file", *formatted_file, "the text")->required();
  examples(*formatted, {"stom condition format buy.txt >tidy.txt"});
  formatted->callback([&session, formatted_file] { session.status = format_text(session, *formatted_file); });

  auto* translated = condition->add_subcommand("translate", "A text in the words of the other language");
  auto translate_options = std::make_shared<TextOptions>();
  translated->add_option("file", translate_options->file, "the text")->required();
  translated->add_option("--to", translate_options->to, "en or ko")->required()->check(CLI::IsMember({"en", "ko"}));
  add_kind(*translated, *translate_options);
  add_named(*translated, *translate_options);
  examples(*translated, {"stom condition translate --to en buy.txt", "stom condition translate --to ko buy.txt"});
  translated->callback([&session, translate_options] { session.status = translate_text(session, *translate_options); });

  auto* words = condition->add_subcommand("words", "Every word with its meaning, unit and example, as Markdown");
  examples(*words, {"stom condition words", "stom condition words --lang ko"});
  words->callback([&session] {
    fmt::print("{}", conditions::word_page(language_of(session)));
    session.status = kOk;
  });

  add_condition_lsp(*condition, session);

  auto* run = condition->add_subcommand("run", "A buy and a sell text over rows");
  auto run_options = std::make_shared<PairRunOptions>();
  run->add_option("--buy", run_options->files.buy, "the buy text");
  run->add_option("--sell", run_options->files.sell, "the sell text");
  run->add_option("--strategy", run_options->strategy, "a folder with the texts, by name (stom strategy list) or path");
  run->add_option("--rows", run_options->rows, "rows of one instrument: index,현재가,…; a line a row");
  run->add_option("--set", run_options->set.set, "rows in the home: stock-second, … (stom rows list)");
  add_row_choice(*run, run_options->set);
  run->add_option("--market", run_options->market, "stock or coin")
      ->check(CLI::IsMember({"stock", "coin"}))
      ->capture_default_str();
  run->add_option("--vars", run_options->files.variables,
                  "lines of self.vars and self.indicator, which override the texts'");
  run->add_option("--variants", run_options->variants,
                  "a line of variables for each of many runs in one pass:  self.vars[1] = 25; self.vars[2] = 0.5");
  run->add_option(
      "--named", run_options->files.named,
      "names of your own and conditions for 경과틱수: lines of  name: expression  or  name(a, b): expression");
  run->add_option("--trace", run_options->trace, "an expression to show for each row, with --json");
  run->add_option("--beside", run_options->beside,
                  "old: what the old program's backtest would have traded, and by which of its rules it differs")
      ->check(CLI::IsMember({"old"}));
  run->add_option("--bet", run_options->bet, "money of one purchase, for --beside old; else one unit")
      ->needs("--beside")
      ->check(CLI::NonNegativeNumber);
  examples(*run, {"stom condition run --buy buy.txt --sell sell.txt --rows rows.csv",
                  "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv --trace '이동평균(60)' --json",
                  "stom condition run --buy buy.txt --sell sell.txt --set stock-second --from 2024-01-05",
                  "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv --beside old --bet 5000000",
                  "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv --variants variants.txt"});
  run->callback([&session, run_options] { session.status = run_pair(session, *run_options); });

  add_condition_test(*condition, session);

  auto* decisions = condition->add_subcommand("decisions", "What the texts of a run or a session decided, row by row");
  auto decisions_of = std::make_shared<std::string>();
  decisions->add_option("run", *decisions_of, "a run (its id, its folder, last), the folder of a session, or a journal")
      ->required();
  examples(*decisions, {"stom condition decisions last", "stom condition decisions today --json"});
  decisions->callback([&session, decisions_of] { session.status = show_decisions(session, *decisions_of); });
}

}  // namespace stom
