// Deleting data (remove.hpp): the catalogue forgets and names the files in one transaction, then the files go.
#include "store/remove.hpp"

#include <fmt/format.h>

#include <set>

#include "core/assert.hpp"
#include "store/catalogue.hpp"
#include "store/file.hpp"

namespace stom::store {

Result<Removal> plan_removal(const DataFolder& folder, std::string_view instrument, std::int32_t from, std::int32_t to,
                             Parts parts) {
  Removal removal{std::string{instrument}, from, to, parts};
  if (parts.ticks)
    for (const auto& file : folder.tick_files(instrument))
      if (file.day >= from && file.day <= to) removal.files.push_back(file.path);
  if (parts.actions) {
    const auto count = folder.catalogue().count_actions(instrument, from, to);
    if (!count) return std::unexpected(count.error());
    removal.actions = *count;
  }
  if (parts.bars)
    for (const auto& series : folder.bar_series())
      if (series.instrument == instrument)
        for (const auto& path : folder.bar_files(series)) removal.files.push_back(path);
  if (removal.files.empty() && removal.actions == 0)
    return fail(Errc::NotFound, fmt::format("there is nothing of {} to delete in that range", instrument),
                "stom data list shows what is there");
  for (const auto& file : removal.files) {
    std::error_code error;
    const auto bytes = std::filesystem::file_size(file, error);
    removal.bytes += error ? 0 : bytes;
  }
  return removal;
}

Result<void> remove(DataFolder& folder, const Removal& removal) {
  STOM_ASSERT(folder.writable());
  std::vector<std::string> names;
  std::set<std::filesystem::path> folders;
  for (const auto& file : removal.files) {
    names.push_back(file.lexically_relative(folder.home()).string());
    folders.insert(file.parent_path());
  }
  Catalogue& catalogue = folder.catalogue();
  if (auto forgotten = catalogue.forget(removal.instrument, removal.from, removal.to, removal.parts, names); !forgotten)
    return forgotten;
  for (const auto& file : removal.files) {
    std::error_code error;
    std::filesystem::remove(file, error);
    if (error) return system_failure("remove", file, error.value());
  }
  for (const auto& touched : folders)
    if (auto synced = sync_folder(touched); !synced) return synced;
  return catalogue.clear_doomed();
}

}  // namespace stom::store
