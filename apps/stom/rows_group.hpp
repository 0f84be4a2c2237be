// The commands of `stom rows`, each a file of its own, rows_<command>.cpp, named by rows_command.cpp in the order
// shown.
#pragma once

#include <string>
#include <vector>

#include "command.hpp"
#include "store/row_store.hpp"

namespace stom {

void add_rows_import(CLI::App& rows, Session& session);
void add_rows_build(CLI::App& rows, Session& session);
void add_rows_list(CLI::App& rows, Session& session);
void add_rows_export(CLI::App& rows, Session& session);
void add_rows_delete(CLI::App& rows, Session& session);

/// Which rows a command is about, as typed.
struct RowChoiceFlags {
  std::string set;
  std::vector<std::string> codes;
  std::string from, to;
};
/// --code, --from and --to.
void add_row_choice(CLI::App& command, RowChoiceFlags& flags);
Result<const RowShape*> shape_named(const std::string& set);
/// The days as 20240105 or 2024-01-05.
Result<store::RowChoice> row_choice(const RowChoiceFlags& flags);

}  // namespace stom
