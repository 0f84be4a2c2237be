// An operator's choice of what a session plays, kept beside its journal, so that the session goes on as it was chosen
// and not as the server was started.
#pragma once

#include <filesystem>

#include "core/result.hpp"
#include "server/engine_port.hpp"

namespace stom::replay {

/// Whole or not at all: written beside its place and moved there.
Result<void> write_choice(const std::filesystem::path& file, const SessionChoice& choice);
Result<SessionChoice> read_choice(const std::filesystem::path& file);

}  // namespace stom::replay
