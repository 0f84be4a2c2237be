// The plan of a session that was recorded, made again (docs/verify.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "trade/trade_session.hpp"

namespace stom {

/// The engine's part: instruments, strategy, money and what fills orders on paper. `made_of`: trade::Plan::made_of.
/// `changed`: NAME=VALUE, parameters that are to be others than they were. Errors: a plug-in that is another one.
Result<trade::Plan> plan_again(const std::string& made_of, const std::vector<std::string>& changed,
                               const std::filesystem::path& home);

}  // namespace stom
