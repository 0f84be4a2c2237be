// An error whose cause is that what was asked for does not run.
#pragma once

#include "command.hpp"

namespace stom {

/// As report_error, with exit code 4.
int report_not_running(const Session& session, const Error& error);

}  // namespace stom
