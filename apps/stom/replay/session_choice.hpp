// An operator's choice of what a session plays, kept beside its journal, so that the session goes on as it was chosen
// and not as the server was started.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "server/engine_port.hpp"

namespace stom::replay {

/// Whole or not at all: written beside its place and moved there.
Result<void> write_choice(const std::filesystem::path& file, const SessionChoice& choice);
Result<SessionChoice> read_choice(const std::filesystem::path& file);

/// Limits as one word, and back: "position=2;order_rate=10/1s".
std::string limits_text(const std::vector<std::string>& limits);
std::vector<std::string> limits_in(std::string_view text);

}  // namespace stom::replay
