// `stom data import`, a command of the group that data_command.cpp defines, and the same import for commands that have
// fetched the files themselves.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "command.hpp"

namespace stom {

void add_data_import(CLI::App& data, Session& session);

/// Files to import, with the options of `stom data import` that matter for them.
struct ImportRequest {
  std::vector<std::string> paths;
  std::string instrument, tick, lot, bar;
  bool skip_bad = false, ignore_unknown_fields = false;
};
/// All of the files or nothing. The answer is the object that --json prints; people are told on stderr what is odd.
Result<nlohmann::ordered_json> import_files(const Session& session, const ImportRequest& request);
/// The answer where there was no file to import.
nlohmann::ordered_json empty_import(const std::string& instrument);
/// The answer on stdout, as a table or with --json as it is.
void print_import(const Session& session, const nlohmann::ordered_json& answer);

}  // namespace stom
