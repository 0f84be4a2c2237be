// `stom condition lsp`: the language server of condition texts behind a pipe, as editors start it.
#pragma once

#include "command.hpp"

namespace stom {

void add_condition_lsp(CLI::App& condition, Session& session);

}  // namespace stom
