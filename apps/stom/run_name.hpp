// How a user names a run: by its id below STOM_HOME/runs, by the path of its folder, or "last".
#pragma once

#include <filesystem>
#include <string>

#include "command.hpp"
#include "core/result.hpp"

namespace stom {

std::filesystem::path runs_folder(const Session& session);
/// The folder of the run; an unknown name says which one is near.
Result<std::filesystem::path> find_run(const Session& session, const std::string& name);

}  // namespace stom
