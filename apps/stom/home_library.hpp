// What the data folder holds, for the page: instruments to replay, strategies, the backtests below runs/, and which
// trading sessions run.
#pragma once

#include <filesystem>
#include <optional>

#include "command.hpp"
#include "server/library.hpp"

namespace stom {

class HomeLibrary final : public Library {
 public:
  /// Loads the plug-ins there are, here and not later, since the engine's thread may load one too. `session` must
  /// outlive it.
  explicit HomeLibrary(const Session& session);
  std::vector<Replayable> replayable() const override;
  std::vector<StrategyCard> strategies() const override { return strategies_; }
  std::vector<RunCard> runs() const override;
  Result<std::string> report(const std::string& run) const override;
  Result<StoredCurve> curve(const std::string& run, std::size_t most) const override;
  std::vector<std::string> trading() const override;
  std::vector<std::string> alerts() const override;
  std::vector<std::string> ended() const override;
  Result<TradingLogPage> log(const TradingLogQuery& query) const override;
  Result<std::string> kill(const std::string& session, const std::string& step) const override;

 private:
  /// A folder below runs/, and its card where it can be read.
  struct KnownRun {
    std::string name;
    UnixNanos changed = kNoTime;
    std::optional<RunCard> card;
  };
  void read_new_runs(const std::filesystem::path& all) const;
  Result<std::filesystem::path> folder_of(const std::string& run) const;

  const Session& session_;
  std::vector<StrategyCard> strategies_;
  // Read once and kept: a slow disk must not hold up the thread that sends market data. Newest first.
  mutable UnixNanos runs_changed_ = kNoTime;
  mutable std::vector<KnownRun> runs_;
};

}  // namespace stom
