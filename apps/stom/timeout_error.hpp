// An error whose cause is another side that stayed silent.
#pragma once

#include "command.hpp"

namespace stom {

/// As report_error, with exit code 7.
int report_timeout(const Session& session, const Error& error);

}  // namespace stom
