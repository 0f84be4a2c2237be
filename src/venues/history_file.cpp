#include "venues/history_file.hpp"

#include <utility>

namespace stom::venues {

HistoryFile file_of_days(std::string series, std::int32_t first, std::int32_t last, bool joined, DurationNanos zone) {
  HistoryFile file{.path = {}, .name = {}, .period = format_day(first), .first_day = first, .last_day = last};
  if (last > first) file.period += "-to-" + format_day(last);
  file.name = series + "-" + file.period + ".csv";
  if (joined) file.series = std::move(series);
  file.zone = zone;
  file.from = start_of_day(first) - zone;
  file.to = start_of_day(last + 1) - zone;
  return file;
}

std::vector<HistoryFile> files_of_days(const std::string& series, std::int32_t first, std::int32_t last, bool joined) {
  std::vector<HistoryFile> files;
  if (joined) return {file_of_days(series, first, last, true)};
  for (std::int32_t day = first; day <= last; ++day) files.push_back(file_of_days(series, day, day, false));
  return files;
}

}  // namespace stom::venues
