// Limits and breakers as they are chosen: by --limit, and by a file of them (docs/risk.md), which is TOML with the
// names and values that stand behind --limit.
//
//   [limits]
//   order_rate = "10/1s"
//   "position@binance" = "0.5"
//   daily_loss = "500,flatten"
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "risk/breakers.hpp"
#include "risk/limits.hpp"

namespace stom {

/// NAME[@SCOPE]=VALUE each, in the order of the file. Errors: not such a file. What a name or a value means is not
/// looked at here.
Result<std::vector<std::string>> read_limits_file(const std::filesystem::path& path);

struct ChosenLimits {
  std::vector<std::string> texts;  // as they were written, all of them
  std::vector<risk::Limit> limits;
  std::vector<risk::Breaker> breakers;
};
/// Those named one by one, then those of the file; empty: there is none. Errors: of the file, and what is no limit.
Result<ChosenLimits> choose_limits(std::vector<std::string> named, const std::filesystem::path& file);
/// For who has no breakers: says those that are left out, on one line; empty: there is none.
std::string left_out_breakers(const ChosenLimits& chosen);

}  // namespace stom
