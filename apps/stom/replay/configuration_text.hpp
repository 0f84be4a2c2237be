// The first record of a session's journal: "replay name=value name=value". A session goes on only under the
// configuration that it began with; where it is started with another one, this says which flags would go on with it.
#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace stom::replay {

/// `began` and `asked` differ. One line of cause, one of remedy, however long the two are.
Error other_configuration(std::string_view session, std::string_view began, std::string_view asked);

}  // namespace stom::replay
