#include "backtest_list.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <set>

#include "core/time.hpp"
#include "research/run_folder.hpp"
#include "run_name.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

struct ListedRun {
  std::string name;
  RunSummary summary;
};

Result<std::vector<ListedRun>> read_runs(const Session& session, const std::vector<std::string>& names) {
  std::vector<ListedRun> runs;
  for (const auto& name : names) {
    const auto folder = find_run(session, name);
    if (!folder) return std::unexpected(folder.error());
    auto summary = read_run_summary(*folder);
    if (!summary) return std::unexpected(summary.error());
    fs::path path = fs::absolute(*folder).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    runs.push_back({path.filename().string(), std::move(*summary)});
  }
  return runs;
}

/// A figure for a table: fractions as per cent, the rest short.
std::string shown(const RunSummary& run, const Metric& metric) {
  const std::string text = run.statistic(metric.key);
  if (text.empty() || text == "null") return "-";
  if (metric.unit == Unit::Time) return format_time(std::stoll(text)).substr(0, 19);
  double x = 0;
  std::from_chars(text.data(), text.data() + text.size(), x);
  switch (metric.unit) {
    case Unit::Fraction:
      return fmt::format("{:.2f} %", x * 100);
    case Unit::Count:
      return fmt::format("{:.0f}", x);
    case Unit::Seconds:
      return x >= 172'800 ? fmt::format("{:.1f} d", x / 86'400)
             : x >= 7'200 ? fmt::format("{:.1f} h", x / 3'600)
                          : fmt::format("{:.4g} s", x);
    default:
      return fmt::format("{:.{}f}", x, std::abs(x) >= 0.01 || x == 0 ? 2 : 8);
  }
}
std::string shown(const RunSummary& run, std::string_view key) { return shown(run, *metric_named(key)); }

/// Columns padded to their widest cell, the first `left` to the left; tab separated with --plain.
void print_table(const Session& session, const std::vector<std::vector<std::string>>& rows, std::size_t left = 1) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (widths.size() <= c) widths.push_back(0);
      widths[c] = std::max(widths[c], row[c].size());
    }
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (c > 0) line += session.plain ? "\t" : "  ";
      if (session.plain)
        line += row[c];
      else
        line += c < left ? fmt::format("{:<{}}", row[c], widths[c]) : fmt::format("{:>{}}", row[c], widths[c]);
    }
    while (line.ends_with(' ')) line.pop_back();
    fmt::print("{}\n", line);
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& w : words) text += (text.empty() ? "" : ",") + w;
  return text;
}

std::string json_of(const ListedRun& run) {
  const auto& s = run.summary;
  std::string settings, figures, instruments;
  for (const auto& [key, value] : s.configuration)
    settings += (settings.empty() ? "" : ",") + json_string(key) + ":" + json_string(value);
  for (const auto& [key, value] : s.statistics)
    figures +=
        (figures.empty() ? "" : ",") + json_string(key) + ":" + (key == "conventions" ? json_string(value) : value);
  for (const auto& i : s.instruments) instruments += (instruments.empty() ? "" : ",") + json_string(i);
  return fmt::format(R"({{"id":{},"strategy":{},"instruments":[{}],"currency":{},"from_time_ns":{},"to_time_ns":{},)"
                     R"("canceled":{},"version":{},"data_hash":{},"journal_hash":{},"configuration":{{{}}},)"
                     R"("statistics":{{{}}}}})",
                     json_string(run.name), json_string(s.strategy), instruments, json_string(s.currency), s.from, s.to,
                     s.canceled, json_string(s.version), json_string(s.data_hash), json_string(s.journal_hash),
                     settings, figures);
}

int print_json(const std::vector<ListedRun>& runs) {
  std::string list;
  for (const auto& run : runs) list += (list.empty() ? "" : ",") + json_of(run);
  fmt::print("{{\"runs\":[{}]}}\n", list);
  return kOk;
}

int list(const Session& session) {
  std::vector<ListedRun> runs;
  for (const auto& folder : list_runs(runs_folder(session))) {
    auto summary = read_run_summary(folder);
    // One run that was damaged must not hide the others.
    if (!summary)
      say(session, "left out: " + summary.error().message);
    else
      runs.push_back({folder.filename().string(), std::move(*summary)});
  }
  for (const auto& left : abandoned_drafts(runs_folder(session)))
    say(session, left.filename().string() + ": left by a run that was killed; the next stom backtest run removes it");
  if (session.json) return print_json(runs);
  if (runs.empty()) {
    say(session, "no runs yet; make one: stom backtest run --help");
    return kOk;
  }
  std::vector<std::vector<std::string>> rows{
      {"run", "instruments", "from", "to", "return", "sharpe", "max drawdown", "trades"}};
  for (const auto& [name, s] : runs) {
    rows.push_back({name, joined(s.instruments), format_time(s.from).substr(0, 16), format_time(s.to).substr(0, 16),
                    shown(s, "total_return"), shown(s, "sharpe_ratio"), shown(s, "max_drawdown"), shown(s, "trades")});
  }
  print_table(session, rows);
  return kOk;
}

int show(const Session& session, const std::string& name) {
  const auto runs = read_runs(session, {name});
  if (!runs) return report_error(session, runs.error());
  if (session.json) {
    fmt::print("{}\n", json_of(runs->front()));
    return kOk;
  }
  const auto& s = runs->front().summary;
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : s.configuration) rows.push_back({key, value});
  rows.push_back({"data hash", s.data_hash});
  rows.push_back({"journal hash", s.journal_hash});
  rows.push_back({"version", s.version});
  if (std::ranges::none_of(s.configuration, [](const auto& setting) { return setting.first == "conventions"; }))
    rows.push_back({"conventions", s.statistic("conventions")});
  rows.push_back({""});
  for (const auto& m : metrics())
    if (m.slice == nullptr) rows.push_back({m.key, shown(s, m)});
  print_table(session, rows, 2);
  return kOk;
}

/// The settings in which they differ, then every figure that any of them has.
int compare(const Session& session, const std::vector<std::string>& names) {
  if (names.size() < 2)
    return report_error(session, {Errc::Usage, "compare needs two runs or more", "stom backtest list shows them"});
  const auto runs = read_runs(session, names);
  if (!runs) return report_error(session, runs.error());
  if (session.json) return print_json(*runs);
  std::vector<std::vector<std::string>> rows{{""}};
  for (const auto& run : *runs) rows[0].push_back(run.name);
  std::vector<std::string> keys;
  for (const auto& run : *runs)
    for (const auto& [key, value] : run.summary.configuration)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
  const auto setting = [](const RunSummary& s, const std::string& key) {
    for (const auto& [k, value] : s.configuration)
      if (k == key) return value;
    return std::string{"-"};
  };
  const auto add_row = [&](const std::string& title, bool always, const auto& cell) {
    std::vector<std::string> row{title};
    std::set<std::string> different;
    for (const auto& run : *runs) {
      row.push_back(cell(run.summary));
      different.insert(row.back());
    }
    if (different.size() > 1 || (always && row[1] != "-")) rows.push_back(std::move(row));
  };
  for (const auto& key : keys) add_row(key, false, [&](const RunSummary& s) { return setting(s, key); });
  add_row("data_hash", false, [](const RunSummary& s) { return s.data_hash.substr(0, 12); });
  add_row("journal_hash", true, [](const RunSummary& s) { return s.journal_hash.substr(0, 12); });
  for (const auto& m : metrics())
    if (m.slice == nullptr && m.time == nullptr) add_row(m.key, true, [&](const RunSummary& s) { return shown(s, m); });
  print_table(session, rows);
  return kOk;
}

bool confirmed(const Session& session, const std::vector<fs::path>& folders) {
  if (session.yes) return true;
  fmt::print(stderr, "delete {} run{}? [y/N] ", folders.size(), folders.size() == 1 ? "" : "s");
  char answer[8]{};
  return std::fgets(answer, sizeof answer, stdin) != nullptr && (answer[0] == 'y' || answer[0] == 'Y');
}

int remove(const Session& session, const std::vector<std::string>& names) {
  std::vector<fs::path> folders;
  const auto runs = list_runs(runs_folder(session));
  for (const auto& name : names) {
    const auto folder = find_run(session, name);
    if (!folder) return report_error(session, folder.error());
    // Only what stom keeps itself: a folder made with --out belongs to the user.
    if (std::find(runs.begin(), runs.end(), *folder) == runs.end())
      return report_error(session, {Errc::Usage, folder->string() + " is not among the kept runs",
                                    "it was written with --out; delete the folder yourself"});
    folders.push_back(*folder);
  }
  if (!session.yes && session.no_input)
    return report_error(session, {Errc::Usage, "deleting runs needs a yes", "add --yes"});
  if (!confirmed(session, folders)) return kFailed;
  for (const auto& folder : folders) {
    std::error_code error;
    fs::remove_all(folder, error);
    if (error)
      return report_error(session, {Errc::Io, "cannot delete " + folder.string() + ": " + error.message(), ""});
  }
  if (session.json) {
    std::string removed;
    for (const auto& folder : folders)
      removed += (removed.empty() ? "" : ",") + json_string(folder.filename().string());
    fmt::print("{{\"removed\":[{}]}}\n", removed);
  } else {
    say(session, fmt::format("deleted {}", folders.size()));
  }
  return kOk;
}

}  // namespace

void add_backtest_list(CLI::App& group, Session& session) {
  auto* listing = group.add_subcommand("list", "The runs that are kept");
  examples(*listing, {"stom backtest list", "stom backtest list --json"});
  listing->callback([&session] { session.status = list(session); });

  auto* showing = group.add_subcommand("show", "Settings, hashes and figures of a run");
  auto name = std::make_shared<std::string>();
  showing->add_option("RUN", *name, "id, folder or 'last'")->required();
  examples(*showing, {"stom backtest show last"});
  showing->callback([&session, name] { session.status = show(session, *name); });

  auto* comparing = group.add_subcommand("compare", "Runs side by side: settings that differ, and every figure");
  auto names = std::make_shared<std::vector<std::string>>();
  comparing->add_option("RUN", *names, "ids, folders or 'last'")->required();
  examples(*comparing, {"stom backtest compare RUN1 RUN2"});
  comparing->callback([&session, names] { session.status = compare(session, *names); });

  auto* removing = group.add_subcommand("rm", "Delete runs");
  auto doomed = std::make_shared<std::vector<std::string>>();
  removing->add_option("RUN", *doomed, "ids or 'last'")->required();
  examples(*removing, {"stom backtest rm RUN", "stom backtest rm RUN1 RUN2 --yes"});
  removing->callback([&session, doomed] { session.status = remove(session, *doomed); });
}

}  // namespace stom
