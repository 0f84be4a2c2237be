// A file of limits and breakers (docs/risk.md): TOML, names and values as behind --limit.
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

namespace stom {

/// NAME[@SCOPE]=VALUE each, in the order of the file. Errors: not such a file. What a name or a value means is not
/// looked at here.
Result<std::vector<std::string>> read_limits_file(const std::filesystem::path& path);

}  // namespace stom
