// A session that ended or crashed, and goes on: what made it, and whether that is still so.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::trade {

/// What made the session of that journal, as it was last; empty where there is none yet.
Result<std::string> earlier_configuration(const std::filesystem::path& journal);

/// Its part of each client order id.
std::string session_of(std::string_view configuration);

/// Refuses what differs; `changed`: strategy and parameters may.
Result<void> check_goes_on(std::string_view earlier, std::string_view now, bool changed);

}  // namespace stom::trade
