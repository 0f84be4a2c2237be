// `stom strategy import`: strategy.db and setting.db of the old program as a folder for each strategy
// (strategy_folder.hpp), with what each text needs and lacks. All or nothing; the databases are only read.
#include "strategy_import.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <system_error>

#include "conditions/checker.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "core/text_file.hpp"
#include "core/utf8.hpp"
#include "importers/old_database.hpp"
#include "importers/old_strategies.hpp"
#include "market/second_row.hpp"
#include "strategies/order_grid.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;
using conditions::Language;
using conditions::TextKind;
using importers::OldMarketSettings;
using importers::OldText;
using importers::OldTextKind;
using Json = nlohmann::ordered_json;

struct ImportOptions {
  std::vector<std::string> files;
  std::string into;
};

/// A folder to be: what it holds, by file name, and what is said of it.
struct Folder {
  bool stock = true;
  std::map<std::string, std::string> files;
  std::vector<std::string> notes;
};

struct Judged {
  conditions::Reports reports;
  conditions::Checked checked;
};
/// `names`: of the user's own, the first `known` of them.
Judged judge(const std::string& text, const conditions::CheckOptions& options,
             const conditions::OwnNames& names = conditions::OwnNames{{}}, std::size_t known = 0) {
  Judged out;
  auto tree = conditions::parse(text, out.reports);
  names.expand(tree, known, out.reports);
  out.checked = conditions::check(tree, options, out.reports);
  return out;
}

/// A file's name that means nothing to a path or a shell, and is short enough for every disk.
std::string file_name(std::string_view name) {
  constexpr std::size_t kLongest = 80;
  std::string out;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t length = utf8_length(name.substr(i));
    if (out.size() + length > kLongest) break;
    const bool plain = length > 1 || (length == 1 && static_cast<unsigned char>(name[i]) > 0x20 && name[i] != 0x7F &&
                                      std::string_view{"/\\:*?\"'`<>|;&$!#~="}.find(name[i]) == std::string_view::npos);
    out += plain ? name.substr(i, length) : std::string_view{"_"};
    i += std::max<std::size_t>(length, 1);
  }
  return out;
}

/// "1;2.5;3" as numbers; empty where one is none.
std::vector<double> numbers_of(std::string_view text) {
  std::vector<double> numbers;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(';'));
    double value = 0;
    const auto [at, error] = std::from_chars(word.begin(), word.end(), value);
    if (error != std::errc{} || at != word.end() || !std::isfinite(value)) return {};
    numbers.push_back(value);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return numbers;
}

/// Words that rows built from ticks do not have of a stock: only rows that came as rows do.
bool needs_imported_rows(const conditions::Word& word) {
  if (word.kind != conditions::WordKind::Field || word.market != conditions::Market::Stock)
    return word.korean == "종목명";
  for (const bool minute : {false, true}) {
    const auto fields = row_fields(minute, true);
    if (std::ranges::find(fields, word.korean, &RowField::korean) != fields.end()) return false;
  }
  return true;
}

class StrategyImport {
 public:
  StrategyImport(const Session& session, const ImportOptions& options)
      : options_{options},
        into_{options.into.empty() ? session.home / "strategies" : fs::path{options.into}},
        language_{session.lang == "ko" ? Language::Korean : Language::English} {}

  Result<Json> run() {
    for (const std::string& file : options_.files)
      if (auto read = read_file(file); !read) return std::unexpected(read.error());
    make_folders();
    for (auto& [name, folder] : folders_) report_[name] = judged(folder);
    if (auto written = write(); !written) return std::unexpected(written.error());
    return answer();
  }

 private:
  Result<void> read_file(const std::string& file) {
    auto texts = importers::read_old_strategies(file);
    if (!texts) return std::unexpected(texts.error());
    if (*texts) {
      std::ranges::move((*texts)->texts, std::back_inserter(texts_));
      std::ranges::move((*texts)->passed_over, std::back_inserter(passed_over_));
      schedules_ += (*texts)->schedules;
      return {};
    }
    auto settings = importers::read_old_settings(file);
    if (!settings) return std::unexpected(settings.error());
    if (!*settings)
      return fail(Errc::BadData, fmt::format("{}: neither texts nor settings are in it", file),
                  "strategy.db and setting.db are; market databases are imported with: stom rows import");
    std::ranges::move((*settings)->markets, std::back_inserter(settings_));
    std::ranges::move((*settings)->orders, std::back_inserter(orders_));
    std::ranges::move((*settings)->without_equivalent, std::back_inserter(without_equivalent_));
    std::ranges::move((*settings)->secrets, std::back_inserter(secrets_));
    return {};
  }

  const OldMarketSettings* settings_of(bool stock) const {
    const auto found = std::ranges::find(settings_, stock, &OldMarketSettings::stock);
    return found == settings_.end() ? nullptr : &*found;
  }

  // --- folders -----------------------------------------------------------------------------------------------

  /// The same name of one market and use is the same folder; two names that look the same as files are not.
  Folder& folder_of(bool stock, std::string_view use, const std::string& name) {
    const std::string key = fmt::format("{}{}\n{}", stock, use, name);
    auto [at, is_new] = names_.emplace(key, "");
    if (is_new) {
      const std::string base = fmt::format("{}_{}{}", stock ? "stock" : "coin", use, file_name(name));
      at->second = base;
      for (int n = 2; folders_.contains(at->second); ++n) at->second = fmt::format("{}_{}", base, n);
      Folder& made = folders_[at->second];
      made.stock = stock;
      if (base != fmt::format("{}_{}{}", stock ? "stock" : "coin", use, name) || base != at->second)
        made.notes.push_back(fmt::format("its name was '{}'", importers::shown(name)));
    }
    return folders_[at->second];
  }

  void make_folders() {
    using enum OldTextKind;
    struct Place {
      OldTextKind kind;
      std::string_view prefix, file;
    };
    static constexpr Place kPlaces[] = {{Buy, "", "buy.txt"},
                                        {Sell, "", "sell.txt"},
                                        {OptimizeBuy, "opti_", "buy.txt"},
                                        {OptimizeSell, "opti_", "sell.txt"},
                                        {Ranges, "opti_", "ranges.txt"},
                                        {GeneticRanges, "opti_", "genetic.txt"},
                                        {BuyConditions, "search_", "buy_conditions.txt"},
                                        {SellConditions, "search_", "sell_conditions.txt"}};
    for (const OldText& text : texts_) {
      const Place& place = *std::ranges::find(kPlaces, text.kind, &Place::kind);
      folder_of(text.stock, place.prefix, text.name).files[std::string{place.file}] = text.text;
    }
    for (const OldText& text : texts_)
      if (text.kind == OptimizeBuy) give_variables(folder_of(text.stock, "opti_", text.name), text.best);
    for (const OldMarketSettings& settings : settings_) use(settings);
    for (const importers::OldOrders& orders : orders_) use(orders);
  }

  /// The order grid is the market's: each of its strategies gets it.
  void use(const importers::OldOrders& orders) {
    if (orders.grid.empty()) return;
    const auto grid = read_order_grid(orders.grid);
    for (auto& [name, folder] : folders_) {
      if (folder.stock != orders.stock || !folder.files.contains("buy.txt") || !folder.files.contains("sell.txt"))
        continue;
      folder.files["orders.toml"] = orders.grid;
      if (!grid)
        folder.notes.push_back(
            fmt::format("orders.toml is refused as it stands: {}; {}", grid.error().message, grid.error().hint));
    }
  }

  /// The texts in use there are a strategy too, where they have different names.
  void use(const OldMarketSettings& settings) {
    const auto text_named = [&](OldTextKind kind, const std::string& name) -> const OldText* {
      const auto found = std::ranges::find_if(texts_, [&](const OldText& text) {
        return text.stock == settings.stock && text.kind == kind && text.name == name;
      });
      return found == texts_.end() ? nullptr : &*found;
    };
    const OldText* buy = text_named(OldTextKind::Buy, settings.buy);
    const OldText* sell = text_named(OldTextKind::Sell, settings.sell);
    if (buy != nullptr && sell != nullptr && settings.buy != settings.sell) {
      Folder& folder = folder_of(settings.stock, "", settings.buy + "+" + settings.sell);
      folder.files["buy.txt"] = buy->text;
      folder.files["sell.txt"] = sell->text;
    }
    for (auto& [name, folder] : folders_)
      if (folder.stock == settings.stock && (folder.files.contains("buy.txt") || folder.files.contains("sell.txt")))
        apply(settings, folder);
  }

  void apply(const OldMarketSettings& settings, Folder& folder) const {
    if (settings.window && !folder.files.contains("vars.txt") && *settings.window >= 1)
      folder.files["vars.txt"] = fmt::format("self.vars[0] = {}\n", *settings.window);
    std::string parameters;
    if (settings.seconds == false) parameters += "rows=minute\n";
    if (settings.end_clock && *settings.end_clock > 0 && *settings.end_clock < 240'000)
      parameters += fmt::format("end_clock={}\n", static_cast<int>(*settings.end_clock));
    if (!parameters.empty()) folder.files["params.txt"] = parameters;
    std::string named;
    for (const auto& [name, expression] : settings.conditions) {
      if (name.find_first_of(":\n\r#") == std::string::npos && expression.find_first_of("\n\r") == std::string::npos)
        named += fmt::format("{}: {}\n", name, expression);
      else
        folder.notes.push_back(
            fmt::format("the condition '{}' has no name that a file can hold", importers::shown(name)));
    }
    const auto speaks_of = [&](const char* file) {
      const auto text = folder.files.find(file);
      return text != folder.files.end() && judge(text->second, {}).checked.words.contains("경과틱수");
    };
    if (!named.empty() && (speaks_of("buy.txt") || speaks_of("sell.txt"))) folder.files["named.txt"] = named;
  }

  /// vars.txt of an optimised strategy: the values of its best run, or else the values that stand beside the ranges.
  static void give_variables(Folder& folder, const std::optional<std::string>& best) {
    std::vector<int> indices;
    const auto ranges = folder.files.find("ranges.txt");
    if (ranges != folder.files.end()) {
      const Judged of = judge(ranges->second, {.kind = TextKind::Variables});
      if (!of.reports.has_errors()) {
        for (const auto& [index, variable] : of.checked.settings.variables) indices.push_back(index);
        folder.files["vars.txt"] = ranges->second;
      }
    }
    if (!best) return;
    const std::vector<double> values = numbers_of(*best);
    if (values.empty()) return folder.notes.push_back("변수값, the values of the best run, are no numbers: left out");
    if (indices.empty()) {
      for (std::size_t i = 0; i < values.size(); ++i) indices.push_back(static_cast<int>(i));
      folder.notes.push_back("변수값 counts from self.vars[0] on, as there are no ranges of that name");
    }
    if (indices.size() != values.size())
      return folder.notes.push_back(
          fmt::format("변수값 has {} values for {} ranges: left out", values.size(), indices.size()));
    std::string text;
    for (std::size_t i = 0; i < values.size(); ++i) text += fmt::format("self.vars[{}] = {}\n", indices[i], values[i]);
    folder.files["vars.txt"] = text;
  }

  // --- what each needs and lacks --------------------------------------------------------------------------------

  Json judged(Folder& folder) const {
    const OldMarketSettings* settings = settings_of(folder.stock);
    conditions::CheckOptions how{.kind = TextKind::Variables,
                                 .mode = settings != nullptr && settings->seconds
                                             ? *settings->seconds ? conditions::Mode::Second : conditions::Mode::Minute
                                             : conditions::Mode::Any,
                                 .market = folder.stock ? conditions::Market::Stock : conditions::Market::Coin,
                                 .conditions = std::nullopt};
    Json texts = Json::array();
    std::set<std::string> rows_words;
    bool ready = true;
    const auto tell = [&](const std::string& file, const Judged& of, std::uint32_t line = 1) {
      Json errors = Json::array();
      std::size_t warnings = 0;
      for (const conditions::Report& report : of.reports.all()) {
        warnings += !report.is_error();
        if (report.is_error())
          errors.push_back({{"line", report.place.line + line - 1},
                            {"column", report.place.column},
                            {"code", report.code()},
                            {"message", report.message(language_)},
                            {"hint", report.hint(language_)}});
      }
      for (const auto& [word, count] : of.checked.words)
        if (const auto found = conditions::find_word(word); found.word != nullptr && needs_imported_rows(*found.word))
          rows_words.emplace(found.word->name(language_));
      ready = ready && errors.empty();
      texts.push_back({{"file", file}, {"errors", std::move(errors)}, {"warnings", warnings}});
    };
    const auto text_of = [&](const char* file) -> const std::string* {
      const auto found = folder.files.find(file);
      return found == folder.files.end() ? nullptr : &found->second;
    };

    conditions::Settings given;
    if (const std::string* text = text_of("vars.txt")) {
      const Judged of = judge(*text, how);
      given = of.checked.settings;
      tell("vars.txt", of);
    }
    how.given = &given;
    std::optional<std::uint32_t> wrong;
    std::vector<conditions::NamedText> named;
    if (const std::string* text = text_of("named.txt")) named = conditions::named_texts(*text, wrong);
    how.conditions.emplace();
    const conditions::OwnNames names{named};
    for (const auto& of : named)
      if (!of.parameters) how.conditions->push_back(of.name);
    for (std::size_t i = 0; i < named.size(); ++i) {
      how.kind = TextKind::Condition;
      const bool is_function = named[i].parameters.has_value();
      Judged of = is_function ? Judged{names.reports(i), {}} : judge(named[i].text, how, names, i);
      of.reports = in_line(of.reports, named[i]);
      tell("named.txt", of, named[i].line);
    }
    bool is_strategy = true;
    const bool has_text = text_of("buy.txt") != nullptr || text_of("sell.txt") != nullptr;
    for (const auto& [file, kind] : {std::pair{"buy.txt", TextKind::Buy}, std::pair{"sell.txt", TextKind::Sell}}) {
      how.kind = kind;
      if (const std::string* text = text_of(file)) {
        tell(file, judge(*text, how, names, named.size()));
      } else {
        is_strategy = false;
        if (has_text) folder.notes.push_back(fmt::format("there is no {} of that name: put one beside it", file));
      }
    }
    for (const char* file : {"ranges.txt", "genetic.txt"}) {
      how.kind = TextKind::Variables;
      if (const std::string* text = text_of(file)) tell(file, judge(*text, how));
    }
    for (const char* file : {"buy_conditions.txt", "sell_conditions.txt"})
      if (const std::string* text = text_of(file)) judge_lines(file, *text, how, tell);
    Json files = Json::array();
    for (const auto& [file, text] : folder.files) files.push_back(file);
    return {{"market", folder.stock ? "stock" : "coin"},
            {"files", std::move(files)},
            {"ready", is_strategy && ready},
            {"texts", std::move(texts)},
            {"words_of_imported_rows", std::vector<std::string>(rows_words.begin(), rows_words.end())},
            {"notes", folder.notes}};
  }

  /// One expression a line.
  void judge_lines(const char* file, const std::string& text, conditions::CheckOptions how, const auto& tell) const {
    how.kind = std::string_view{file}.starts_with("buy") ? TextKind::Buy : TextKind::Sell;
    std::size_t at = 0;
    for (std::uint32_t number = 1; at < text.size(); ++number) {
      const std::size_t end = std::min(text.find('\n', at), text.size());
      const Judged of = judge(text.substr(at, end - at), how);
      if (of.reports.has_errors()) tell(file, of, number);
      at = end + 1;
    }
  }

  // --- to the disk ------------------------------------------------------------------------------------------------

  /// Beside their place first, so that all of them appear or none.
  Result<void> write() {
    std::error_code error;
    for (const auto& [name, folder] : folders_) {
      const fs::path place = into_ / name;
      if (!fs::exists(place, error)) continue;
      if (!holds(place, folder))
        return fail(Errc::Usage, fmt::format("{} is there already, with other files", place.string()),
                    "move it away, or choose another folder: --into DIR");
      unchanged_.insert(name);
    }
    const bool made = !fs::exists(into_, error);
    const fs::path beside = into_ / fmt::format(".import-{}", ::getpid());
    std::vector<fs::path> placed;
    auto written = write_into(beside);
    for (const auto& [name, folder] : folders_) {
      if (!written || unchanged_.contains(name)) continue;
      fs::rename(beside / name, into_ / name, error);
      if (error)
        written = fail(Errc::Io, fmt::format("cannot make {}: {}", (into_ / name).string(), error.message()),
                       "check that the folder may be written to");
      if (!error) placed.push_back(into_ / name);
    }
    fs::remove_all(beside, error);
    if (written) return {};
    for (const fs::path& path : placed) fs::remove_all(path, error);
    if (made) fs::remove(into_, error);
    return written;
  }

  Result<void> write_into(const fs::path& beside) const {
    for (const auto& [name, folder] : folders_) {
      if (unchanged_.contains(name)) continue;
      std::error_code error;
      fs::create_directories(beside / name, error);
      for (const auto& [file, text] : folder.files) {
        std::ofstream out{beside / name / file, std::ios::binary};
        out << text;
        out.close();
        if (out.fail())
          return fail(Errc::Io, fmt::format("cannot write {}", (beside / name / file).string()),
                      "check that the folder may be written to, or choose another: --into DIR");
      }
    }
    return {};
  }

  static bool holds(const fs::path& place, const Folder& folder) {
    return std::ranges::all_of(folder.files, [&](const auto& file) {
      const auto text = read_text_file(place / file.first);
      return text && *text == file.second;
    });
  }

  /// Columns of the order grid that no file has, or that leave a doubt.
  Json orders_by_hand() const {
    Json all = Json::array();
    for (const importers::OldOrders& orders : orders_)
      for (const std::string& column : orders.by_hand) all.push_back(column);
    return all;
  }

  Json answer() {
    Json strategies = Json::array();
    for (auto& [name, report] : report_) {
      Json of{{"name", name}};
      of.update(report);
      if (unchanged_.contains(name)) of["unchanged"] = true;
      strategies.push_back(std::move(of));
    }
    Json without = without_equivalent_;
    for (const OldMarketSettings& settings : settings_)
      for (const std::string& column : settings.without_equivalent)
        without.push_back(fmt::format("{}.{}", settings.stock ? "stock" : "coin", column));
    return {{"folder", into_.string()},
            {"strategies", std::move(strategies)},
            {"schedules_not_imported", schedules_},
            {"passed_over", passed_over_},
            {"settings_without_equivalent", std::move(without)},
            {"orders_by_hand", orders_by_hand()},
            {"keys_not_imported", secrets_}};
  }

  const ImportOptions& options_;
  const fs::path into_;
  const Language language_;
  std::vector<OldText> texts_;
  std::vector<OldMarketSettings> settings_;
  std::vector<importers::OldOrders> orders_;
  std::vector<std::string> passed_over_, without_equivalent_, secrets_;
  std::int64_t schedules_ = 0;
  std::map<std::string, std::string> names_;  // of folders, by market, use and name
  std::map<std::string, Folder> folders_;
  std::map<std::string, Json> report_;
  std::set<std::string> unchanged_;
};

void print_answer(const Session& session, const Json& answer) {
  const auto strings = [](const Json& list) { return list.get<std::vector<std::string>>(); };
  for (const Json& of : answer["strategies"]) {
    fmt::print("{}: {}{}\n", of["name"].get<std::string>(), fmt::join(strings(of["files"]), " "),
               of["ready"].get<bool>() ? "" : "  (not ready)");
    for (const Json& text : of["texts"])
      for (const Json& error : text["errors"])
        fmt::print("  {}:{}:{}: {}\n    {}\n", text["file"].get<std::string>(), error["line"].get<int>(),
                   error["column"].get<int>(), error["message"].get<std::string>(), error["hint"].get<std::string>());
    if (const auto words = strings(of["words_of_imported_rows"]); !words.empty())
      fmt::print("  only imported rows have {}: over rows from ticks a text stops where it reads them\n",
                 fmt::join(words, ", "));
    for (const std::string& note : strings(of["notes"])) fmt::print("  {}\n", note);
  }
  if (const auto count = answer["schedules_not_imported"].get<std::int64_t>(); count > 0)
    fmt::print("not imported: {} batch plans\n", count);
  if (const auto names = strings(answer["settings_without_equivalent"]); !names.empty())
    fmt::print("settings without an equivalent: {}\n", fmt::join(names, ", "));
  for (const std::string& column : strings(answer["orders_by_hand"]))
    fmt::print("orders.toml lacks, for you to set (docs/order-grid.md): {}\n", column);
  if (const auto names = strings(answer["keys_not_imported"]); !names.empty())
    fmt::print("keys and passwords, not imported (they are locked with a key of the old machine): {}\n",
               fmt::join(names, ", "));
  say(session,
      fmt::format("next: stom condition run --strategy NAME --set SET, or stom backtest run --strategy NAME; the "
                  "names are the folders in {}",
                  answer["folder"].get<std::string>()));
}

int run_import(const Session& session, const ImportOptions& options) {
  const auto answer = StrategyImport{session, options}.run();
  if (!answer) return report_error(session, answer.error());
  if (session.json)
    fmt::print("{}\n", answer->dump(-1, ' ', false, Json::error_handler_t::replace));
  else
    print_answer(session, *answer);
  return kOk;
}

}  // namespace

void add_strategy_import(CLI::App& strategy, Session& session) {
  auto* command =
      strategy.add_subcommand("import", "Texts and settings of the old program, a folder for each strategy");
  auto o = std::make_shared<ImportOptions>();
  command->add_option("FILE", o->files, "strategy.db, setting.db; only read")->required();
  command->add_option("--into", o->into, "the folder to make them in (default: strategies/ in the data folder)");
  examples(*command,
           {"stom strategy import strategy.db setting.db", "stom strategy import strategy.db --into ./texts"});
  command->callback([&session, o] { session.status = run_import(session, *o); });
}

}  // namespace stom
