// `stom condition`: condition texts without a market: judged, explained, translated, and run over a file of rows.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "command.hpp"
#include "condition_files.hpp"
#include "condition_lsp.hpp"
#include "condition_test.hpp"
#include "conditions/layout.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "conditions/row_file.hpp"
#include "conditions/row_run.hpp"
#include "conditions/translate.hpp"
#include "conditions/value.hpp"
#include "conditions/word_page.hpp"
#include "text_file.hpp"

namespace stom {
namespace {

using conditions::Checked;
using conditions::CheckOptions;
using conditions::Language;
using conditions::Market;
using conditions::PairText;
using conditions::Report;
using conditions::Reports;
using conditions::TextKind;
using conditions::Tree;

// --- lint -------------------------------------------------------------------------------------------

/// A text with what was found wrong with it. Stays where it is: the tree looks into the text.
struct Judged {
  Judged(std::string as_given, const std::string& kind)
      : text{std::move(as_given)}, tree{conditions::parse(text, reports)} {
    CheckOptions how;
    if (!kind.empty()) how.kind = kind == "buy" ? TextKind::Buy : TextKind::Sell;
    checked = conditions::check(tree, how, reports);
  }
  std::string text;
  Reports reports;
  Tree tree;
  Checked checked;
};

struct TextOptions {
  std::string file;
  std::string kind;  // lint, explain; empty: what its words say
  std::string to;    // translate
};

Result<std::unique_ptr<Judged>> judge(const TextOptions& options) {
  auto text = read_text_file(options.file);
  if (!text) return std::unexpected(text.error());
  return std::make_unique<Judged>(std::move(*text), options.kind);
}

/// A text with errors is refused as lint refuses it, whatever was wanted of it.
int refuse(const Session& session, const TextOptions& options, const Judged& judged) {
  const Language language = language_of(session);
  if (session.json) fmt::print("{}\n", json_of(judged.reports, judged.checked, language));
  for (const Report& report : judged.reports.all())
    if (!session.json && report.is_error())
      fmt::print(stderr, "{}", render(report, judged.text, options.file, language));
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
  const auto& [text, reports, tree, checked] = **judged;
  const Language language = language_of(session);
  if (session.json) {
    fmt::print("{}\n", json_of(reports, checked, language));
  } else {
    for (const Report& report : reports.all()) fmt::print("{}", render(report, text, options.file, language));
    if (reports.all().empty()) say(session, options.file + ": no errors");
  }
  return reports.has_errors() ? kFailed : kOk;
}

int translate_text(const Session& session, const TextOptions& options) {
  const auto judged = judge(options);
  if (!judged) return report_error(session, judged.error());
  if ((*judged)->reports.has_errors()) return refuse(session, options, **judged);
  return print_text(session,
                    conditions::translate((*judged)->text, options.to == "ko" ? Language::Korean : Language::English));
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
  if ((*judged)->reports.has_errors()) return refuse(session, options, **judged);
  const auto& [text, reports, tree, checked] = **judged;
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
    for (const Report& report : reports.all()) fmt::print(stderr, "{}", render(report, text, options.file, language));
  }
  return kOk;
}

// --- run --------------------------------------------------------------------------------------------

struct RunOptions {
  PairFiles files;
  std::string rows, trace;
  std::string variants;  // a file: a line of variables for each
  std::string market = "stock";
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

void print_run(const Session& session, const conditions::RowRun& run, const conditions::RowFile& rows, bool is_traced) {
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
    return;
  }
  std::string trace;
  for (const auto& traced : run.trace) trace += (trace.empty() ? "" : ",") + value_json(traced);
  fmt::print("{{{}", json_of(run, rows));
  if (is_traced) fmt::print(R"(,"trace":[{}])", trace);
  fmt::print("}}\n");
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

int run_all_variants(const Session& session, const RunOptions& options, conditions::PairTexts texts,
                     const conditions::RowFile& rows) {
  const auto variants = read_variants(options.variants, texts.variables);
  if (!variants) return report_error(session, variants.error());
  if (!options.trace.empty())
    return report_error(session,
                        {Errc::Usage, "--trace shows one run, --variants makes many", "leave out one of them"});
  for (std::size_t i = 0; i < variants->size(); ++i) {
    texts.variables = (*variants)[i];
    const auto made = conditions::make_pair_of(texts);
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
  if (!runs) return report_error(session, {Errc::Canceled, "interrupted: no result", "run it again"});
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

int run_pair(const Session& session, const RunOptions& options) {
  auto read = read_pair(options.files, options.market == "coin" ? Market::Coin : Market::Stock);
  if (!read) return report_error(session, read.error());
  conditions::PairTexts& texts = *read;
  texts.trace = options.trace;
  const auto rows_text = read_text_file(options.rows);
  if (!rows_text) return report_error(session, rows_text.error());
  const auto rows = conditions::read_row_file(*rows_text, texts.market);
  if (!rows)
    return report_error(session,
                        Error{rows.error().code, options.rows + ": " + rows.error().message, rows.error().hint});
  for (const std::string& column : rows->unknown)
    say(session, fmt::format("warning: {}: no such word, the column is left out: {}", options.rows, column));
  texts.minute = rows->minute;
  const auto made = conditions::make_pair_of(texts);
  if (!made.pair) return refuse(session, options.files, made);
  if (made.pair->futures)
    return report_error(session, Error{Errc::Usage, "texts for futures cannot be run over a file of rows",
                                       "use 매수 and 매도 (buy, sell), which are for spot"});
  if (!options.variants.empty()) return run_all_variants(session, options, texts, *rows);
  std::optional<conditions::RowRun> run;
  {
    Progress progress{session, "running"};
    run = run_rows(*made.pair, *rows, [&](std::size_t done) {
      progress.update(done, rows->rows());
      return !interrupted();
    });
  }
  if (!run) return report_error(session, {Errc::Canceled, "interrupted: no result", "run it again"});
  print_run(session, *run, *rows, made.pair->trace.has_value());
  return kOk;
}

}  // namespace

void add_condition_command(CLI::App& app, Session& session) {
  auto* condition = app.add_subcommand("condition", "Condition texts in Korean and English words")->group("Research");
  examples(*condition,
           {"stom condition lint buy.txt", "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv"});

  auto* linted = condition->add_subcommand("lint", "What is wrong with a text, with line, column and remedy");
  auto lint_options = std::make_shared<TextOptions>();
  linted->add_option("file", lint_options->file, "the text")->required();
  linted->add_option("--kind", lint_options->kind, "buy or sell; otherwise what its words say")
      ->check(CLI::IsMember({"buy", "sell"}));
  examples(*linted, {"stom condition lint buy.txt", "stom condition lint sell.txt --kind sell --json"});
  linted->callback([&session, lint_options] { session.status = lint(session, *lint_options); });

  auto* explained = condition->add_subcommand("explain", "The words and variables of a text, with what they mean");
  auto explain_options = std::make_shared<TextOptions>();
  explained->add_option("file", explain_options->file, "the text")->required();
  explained->add_option("--kind", explain_options->kind, "buy or sell; otherwise what its words say")
      ->check(CLI::IsMember({"buy", "sell"}));
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
  examples(*translated, {"stom condition translate --to en buy.txt", "stom condition translate --to ko buy.txt"});
  translated->callback([&session, translate_options] { session.status = translate_text(session, *translate_options); });

  auto* words = condition->add_subcommand("words", "Every word with its meaning, unit and example, as Markdown");
  examples(*words, {"stom condition words", "stom condition words --lang ko"});
  words->callback([&session] {
    fmt::print("{}", conditions::word_page(language_of(session)));
    session.status = kOk;
  });

  add_condition_lsp(*condition, session);

  auto* run = condition->add_subcommand("run", "A buy and a sell text over one instrument's rows");
  auto run_options = std::make_shared<RunOptions>();
  run->add_option("--buy", run_options->files.buy, "the buy text")->required();
  run->add_option("--sell", run_options->files.sell, "the sell text")->required();
  run->add_option("--rows", run_options->rows, "rows: index,현재가,…; a line a row")->required();
  run->add_option("--market", run_options->market, "stock or coin")
      ->check(CLI::IsMember({"stock", "coin"}))
      ->capture_default_str();
  run->add_option("--vars", run_options->files.variables,
                  "lines of self.vars and self.indicator, which override the texts'");
  run->add_option("--variants", run_options->variants,
                  "a line of variables for each of many runs in one pass:  self.vars[1] = 25; self.vars[2] = 0.5");
  run->add_option("--named", run_options->files.named, "conditions for 경과틱수: lines of  name: expression");
  run->add_option("--trace", run_options->trace, "an expression to show for each row, with --json");
  examples(*run, {"stom condition run --buy buy.txt --sell sell.txt --rows rows.csv",
                  "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv --trace '이동평균(60)' --json",
                  "stom condition run --buy buy.txt --sell sell.txt --rows rows.csv --variants variants.txt"});
  run->callback([&session, run_options] { session.status = run_pair(session, *run_options); });

  add_condition_test(*condition, session);
}

}  // namespace stom
