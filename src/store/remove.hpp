// Deleting data: first what would go, then, when told, that.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "store/catalogue.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// Parts of an instrument's data: ticks and corporate actions of days from..to (inclusive), all of its bars.
struct Removal {
  std::string instrument;
  std::int32_t from = 0;
  std::int32_t to = 0;
  Parts parts;

  std::uint64_t actions = 0;  // splits and dividends; they are in the catalogue
  std::vector<std::filesystem::path> files;
  std::uint64_t bytes = 0;
};

/// Finds the files; Errc::NotFound where there is nothing to remove.
Result<Removal> plan_removal(const DataFolder& folder, std::string_view instrument, std::int32_t from, std::int32_t to,
                             Parts parts);
/// Removes them, wholly or not at all: a crash in between is made good when the folder is opened next.
Result<void> remove(DataFolder& folder, const Removal& removal);

}  // namespace stom::store
