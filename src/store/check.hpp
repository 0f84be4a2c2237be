// Is everything that was acknowledged still there and whole? Reads every block of every file; changes nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "model/message.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// Whether open and close lie within low and high. In bars of some sources they do not; those are kept as they came.
constexpr bool within_range(const Bar& bar) {
  return bar.low <= std::min(bar.open, bar.close) && std::max(bar.open, bar.close) <= bar.high;
}

enum class FindingKind : std::uint8_t {
  Damage,  // bytes that are not what was written, or data the catalogue knows of and the folder does not have
  Gap,     // the venue sent something that was not received, or a day or bar is missing
  Note,    // nothing is lost, but a reader should know
};

struct Finding {
  FindingKind kind = FindingKind::Note;
  std::string where;  // file, relative to the data folder
  std::string message;
};

struct CheckReport {
  std::uint64_t files = 0;
  std::uint64_t blocks = 0;
  std::uint64_t messages = 0;
  std::uint64_t bars = 0;
  std::uint64_t actions = 0;  // splits and dividends
  std::uint64_t bytes = 0;
  std::vector<Finding> findings;  // in order of file

  std::uint64_t count(FindingKind kind) const;
};

/// Checks one instrument, or all where `instrument` is empty. `progress` is told files done and in all; when it answers
/// false the check ends with Errc::Canceled.
Result<CheckReport> check(const DataFolder& folder, std::string_view instrument,
                          const std::function<bool(std::uint64_t, std::uint64_t)>& progress = {});

}  // namespace stom::store
