// `stom data rows`: STOM's one-second or one-minute rows of an instrument.
#pragma once

#include "command.hpp"

namespace stom {

void add_data_rows(CLI::App& data, Session& session);

}  // namespace stom
