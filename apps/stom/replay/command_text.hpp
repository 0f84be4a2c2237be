// An operator's command as a line of the journal, and back: "submit side=buy type=limit … key=ab12".
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "server/engine_port.hpp"

namespace stom::replay {

std::string to_text(const Command& command);
Result<Command> from_text(std::string_view text);

}  // namespace stom::replay
