#include "condition_test.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "condition_files.hpp"
#include "conditions/case_file.hpp"
#include "conditions/case_run.hpp"
#include "conditions/row_file.hpp"
#include "core/text_file.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;
using conditions::Case;
using conditions::CaseFile;
using conditions::CaseResult;
using conditions::Difference;
using conditions::PairText;

struct TestOptions {
  std::string path;
  PairFiles files;  // instead of those that the cases name
};

/// The file itself, or all *.cases of a folder and below.
Result<std::vector<fs::path>> case_files(const fs::path& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) return std::vector{path};
  std::vector<fs::path> files;
  for (fs::recursive_directory_iterator at{path, error}, end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".cases") files.push_back(at->path());
  if (error) return fail(Errc::Io, fmt::format("{}: {}", path.string(), error.message()), "may the folder be read?");
  if (files.empty())
    return fail(Errc::NotFound, fmt::format("no file of cases in {}", path.string()),
                "their names end in .cases: docs/conditions.md says what is in them");
  std::ranges::sort(files);
  return files;
}

Error in_file(const fs::path& path, Error error) {
  error.message = path.string() + ": " + error.message;
  return error;
}

class Tester {
 public:
  Tester(const Session& session, const TestOptions& options) : session_{session}, options_{options} {}

  int all() {
    const auto files = case_files(options_.path);
    if (!files) return report_error(session_, files.error());
    for (const fs::path& path : *files)
      if (const int status = file(path); status != kOk) return status;
    if (session_.json)
      fmt::print("{{\"cases\":[{}],\"passed\":{},\"failed\":{}}}\n", json_, passed_, failed_);
    else
      fmt::print("{} passed, {} failed\n", passed_, failed_);
    return failed_ == 0 ? kOk : kFailed;
  }

 private:
  int file(const fs::path& path) {
    const auto text = read_text_file(path);
    if (!text) return report_error(session_, text.error());
    const auto cases = conditions::read_case_file(*text);
    if (!cases) return report_error(session_, in_file(path, cases.error()));
    const auto chosen = [&](const std::string& given, const std::string& named) {
      return !given.empty() || named.empty() ? given : (path.parent_path() / named).string();
    };
    const PairFiles files{.buy = chosen(options_.files.buy, cases->buy),
                          .sell = chosen(options_.files.sell, cases->sell),
                          .variables = chosen(options_.files.variables, cases->variables),
                          .named = chosen(options_.files.named, cases->named)};
    if (files.buy.empty() || files.sell.empty())
      return report_error(session_, in_file(path, {Errc::Usage, "which texts are tested is not said",
                                                   "lines  buy FILE  and  sell FILE  before the first case, or --buy "
                                                   "and --sell"}));
    const auto texts = read_pair(files, cases->market);
    if (!texts) return report_error(session_, texts.error());
    for (const Case& of : cases->cases) {
      if (interrupted()) return report_error(session_, {Errc::Canceled, "interrupted: no result", "run it again"});
      if (const int status = one(path, *cases, of, files, *texts); status != kOk) return status;
    }
    return kOk;
  }

  int one(const fs::path& path, const CaseFile& cases, const Case& of, const PairFiles& files,
          conditions::PairTexts texts) {
    texts.variables += "\n" + cases.settings + of.variables;
    auto rows_text = of.rows_file.empty() ? Result<std::string>{of.rows}
                                          : read_text_file(path.parent_path() / of.rows_file, kMostRecorded);
    if (!rows_text) return report_error(session_, rows_text.error());
    const auto rows = conditions::read_row_file(*rows_text, texts.market, of.row_lines);
    if (!rows)
      return report_error(session_,
                          in_file(of.rows_file.empty() ? path : path.parent_path() / of.rows_file, rows.error()));
    for (const std::string& column : rows->unknown)
      say(session_, fmt::format("warning: {}: no such word, the column is left out: {}", path.string(), column));
    if (rows->rows() == 0)
      return report_error(session_, in_file(path, {Errc::BadData, fmt::format("line {}: the case has no rows", of.line),
                                                   "a line for each row, the first one of all names the columns"}));
    texts.minute = rows->minute;
    const auto made = conditions::make_pair_of(texts);
    if (!made.pair) return refuse(session_, files, made);
    if (made.pair->futures)
      return report_error(session_, Error{Errc::Usage, "texts for futures cannot be run over rows",
                                          "use 매수 and 매도 (buy, sell), which are for spot"});
    const auto result = conditions::run_case(of, texts, *made.pair, *rows, language_of(session_));
    if (!result) return report_error(session_, in_file(path, result.error()));
    ++(result->count == 0 ? passed_ : failed_);
    if (session_.json)
      add_json(path, of, *result);
    else
      print(path, of, *result, files);
    return kOk;
  }

  void print(const fs::path& path, const Case& of, const CaseResult& result, const PairFiles& files) const {
    if (result.count == 0) return;
    fmt::print("FAILED {}:{}: {}\n", path.string(), of.line, of.name);
    for (const Difference& difference : result.differences) {
      fmt::print("  row {}, {}{}\n", difference.row, difference.index,
                 difference.line == 0 ? "" : fmt::format(" (line {} of the cases)", difference.line));
      const bool is_value = !difference.text && difference.line != 0 && !difference.values.empty();
      fmt::print("    expected  {}\n    came      {}\n    {}\n", difference.expected, difference.came, difference.why);
      if (difference.text_line != 0)
        fmt::print("    {}:{}: {}\n", *difference.text == PairText::Buy ? files.buy : files.sell, difference.text_line,
                   difference.excerpt);
      for (const auto& [word, value] : difference.values)
        if (!is_value || word != difference.why) fmt::print("      {} = {}\n", word, value);
    }
    if (result.count > result.differences.size())
      fmt::print("  and {} more\n", result.count - result.differences.size());
  }

  void add_json(const fs::path& path, const Case& of, const CaseResult& result) {
    std::string differences;
    for (const Difference& difference : result.differences) {
      std::string values;
      for (const auto& [word, value] : difference.values)
        values += fmt::format("{}{}:{}", values.empty() ? "" : ",", json_string(word), json_string(value));
      const char* text = !difference.text ? "null" : *difference.text == PairText::Buy ? "\"buy\"" : "\"sell\"";
      differences += fmt::format(
          R"({}{{"line":{},"row":{},"index":{},"expected":{},"came":{},"why":{},"text":{},"text_line":{},"values":{{{}}}}})",
          differences.empty() ? "" : ",", difference.line, difference.row, difference.index,
          json_string(difference.expected), json_string(difference.came), json_string(difference.why), text,
          difference.text_line, values);
    }
    json_ += fmt::format(R"({}{{"file":{},"line":{},"case":{},"ok":{},"count":{},"differences":[{}]}})",
                         json_.empty() ? "" : ",", json_string(path.string()), of.line, json_string(of.name),
                         result.count == 0, result.count, differences);
  }

  const Session& session_;
  const TestOptions& options_;
  std::string json_;
  std::size_t passed_ = 0, failed_ = 0;
};

}  // namespace

void add_condition_test(CLI::App& condition, Session& session) {
  auto* test = condition.add_subcommand("test", "A pair of texts against cases: rows, and what the texts do on them");
  auto options = std::make_shared<TestOptions>();
  test->add_option("path", options->path, "a file of cases, or a folder with *.cases in it")->required();
  test->add_option("--buy", options->files.buy, "the buy text, instead of the one that the cases name");
  test->add_option("--sell", options->files.sell, "the sell text, instead of the one that the cases name");
  test->add_option("--vars", options->files.variables, "the file of variables, instead of the one that the cases name");
  test->add_option("--named", options->files.named,
                   "the conditions for 경과틱수, instead of those that the cases name");
  examples(*test, {"stom condition test my.cases", "stom condition test examples/conditions --json"});
  test->callback([&session, options] { session.status = Tester{session, *options}.all(); });
}

}  // namespace stom
