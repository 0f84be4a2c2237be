// A run on disk: a folder of plain files that scripts read and that is the whole record of the run. docs/run-folder.md
// describes them; this file owns their names and headers.
//
// A folder appears whole or not at all: it is written beside its place under a temporary name and moved there. The
// draft is locked (flock) while its writer lives, so what a killed run left can be told from a run that goes on.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "research/conventions.hpp"
#include "research/result.hpp"
#include "research/statistics.hpp"

namespace stom {

inline constexpr std::string_view kEquityHeader = "time_ns,equity,drawdown";
inline constexpr std::string_view kBandHeader = "time_ns,pessimistic,optimistic";

struct RunFolderOptions {
  Conventions conventions;
  std::string lang = "en";  // of report.html: "en" or "ko"
  bool report = true;       // write report.html
};

/// A run folder being made. The runner may put files of its own (the journal) into path() before commit().
class RunFolderDraft {
 public:
  /// `target`: where it will be; may not exist, be empty, or hold an older run, which commit() replaces. Any other
  /// folder is refused.
  static Result<RunFolderDraft> begin(const std::filesystem::path& target);
  RunFolderDraft(RunFolderDraft&&) noexcept;
  RunFolderDraft& operator=(RunFolderDraft&&) = delete;
  /// Removes the draft unless it was committed.
  ~RunFolderDraft();

  const std::filesystem::path& path() const { return draft_; }
  Result<void> write(const RunResult& result, const RunFolderOptions& options = {});
  Result<void> commit();

 private:
  RunFolderDraft(std::filesystem::path target, std::filesystem::path draft, int lock);
  std::filesystem::path target_;
  std::filesystem::path draft_;  // empty once committed or moved from
  int lock_;                     // the draft, open and locked; -1 once moved from
};

/// Drafts in `parent` whose writer ended before it was done: named as a draft, held by nobody, with nothing in them but
/// the files of a run.
std::vector<std::filesystem::path> abandoned_drafts(const std::filesystem::path& parent);

/// Removes them and says which. A run that one of them was about to replace, and had moved aside, goes back to its
/// place.
std::vector<std::filesystem::path> remove_abandoned_drafts(const std::filesystem::path& parent);

/// All of the above at once.
Result<void> write_run(const std::filesystem::path& target, const RunResult& result,
                       const RunFolderOptions& options = {});

/// The run as it was written; Fill::local_time and bars merged for the chart are what does not come back.
Result<RunResult> read_run(const std::filesystem::path& folder);

/// What a list of runs shows, without reading fills or equity.
struct RunSummary {
  std::string id;
  std::string strategy;
  std::vector<std::pair<std::string, std::string>> configuration;
  std::vector<std::string> instruments;
  std::string currency;
  std::string data_hash, journal_hash, version;
  Money initial_equity{};
  UnixNanos from = 0, to = 0;
  UnixNanos trading_start = 0;
  std::optional<Money> trading_start_equity;  // as in RunResult
  bool canceled = false;
  /// statistics.json: every key with its text, "null" where undefined, in the order of the file.
  std::vector<std::pair<std::string, std::string>> statistics;

  /// The text of a statistic; empty where the file does not have it.
  std::string statistic(std::string_view key) const;
};
Result<RunSummary> read_run_summary(const std::filesystem::path& folder);

/// The folders below `runs` that hold a run, by name.
std::vector<std::filesystem::path> list_runs(const std::filesystem::path& runs);

// The files as text, for `stom report --format` and tests.
std::string fills_csv(const RunResult& result);
std::string trades_csv(const RunResult& result);
std::string equity_csv(const RunResult& result);
std::string breakdowns_csv(const Statistics& statistics);
std::string run_json(const RunResult& result);
/// What run.json has of several strategies, a list.
std::string strategies_json(const RunResult& result);

/// An amount as these files have it: plain, with at most kMoneyDecimals behind the point.
std::optional<Money> parse_money(std::string_view text);
/// The third column of equity.csv: how far the worth is below the highest so far, as a fraction of that.
double drawdown_from(Money peak, Money equity);

}  // namespace stom
