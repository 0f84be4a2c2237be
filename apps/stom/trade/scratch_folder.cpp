#include "trade/scratch_folder.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <string>
#include <system_error>

namespace stom::trade {

Result<ScratchFolder> ScratchFolder::make() {
  std::error_code error;
  const std::filesystem::path where = std::filesystem::temp_directory_path(error);
  std::string path = (where / "stom-XXXXXX").string();
  if (error || ::mkdtemp(path.data()) == nullptr)
    return fail(Errc::Io, fmt::format("no folder can be made in {}", error ? "$TMPDIR" : where.string()),
                "TMPDIR names another one");
  return ScratchFolder{path};
}

ScratchFolder::~ScratchFolder() {
  std::error_code error;
  if (!path_.empty()) std::filesystem::remove_all(path_, error);
}

}  // namespace stom::trade
