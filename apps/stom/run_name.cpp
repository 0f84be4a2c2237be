#include "run_name.hpp"

#include <algorithm>

#include "research/run_folder.hpp"

namespace stom {
namespace fs = std::filesystem;

fs::path runs_folder(const Session& session) { return session.home / "runs"; }

Result<fs::path> find_run(const Session& session, const std::string& name) {
  const auto runs = list_runs(runs_folder(session));
  if (name == "last") {
    if (runs.empty()) return fail(Errc::NotFound, "there are no runs yet", "make one: stom backtest run --help");
    return runs.back();  // ids begin with the time of making
  }
  std::vector<std::string> known;
  for (const auto& folder : runs) {
    if (folder.filename() == name) return folder;
    known.push_back(folder.filename().string());
  }
  std::error_code error;
  if (fs::is_regular_file(fs::path{name} / "run.json", error)) return fs::path{name};
  const std::string near = nearest_name(name, known);
  return fail(Errc::NotFound, "there is no run named '" + name + "'",
              near.empty() ? "stom backtest list shows the runs; a folder's path and 'last' work too"
                           : "did you mean " + near + "?");
}

}  // namespace stom
