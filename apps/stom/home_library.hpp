// What the data folder holds, for the page: instruments to replay, strategies, and the backtests below runs/.
#pragma once

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

 private:
  const Session& session_;
  std::vector<StrategyCard> strategies_;
};

}  // namespace stom
