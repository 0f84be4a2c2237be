// The rows of our own tables in data/market/: comma-separated, comments behind #, a header line. They are compiled in
// and checked by tests, so a wrong one is our bug.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "core/assert.hpp"

namespace stom::sim {

/// Calls `visit` with the fields of each row; the last one may hold commas.
template <class Visit>
void for_each_row(std::string_view csv, std::size_t fields, Visit&& visit) {
  bool header = true;
  std::vector<std::string_view> row;
  while (!csv.empty()) {
    const auto end = csv.find('\n');
    std::string_view line = csv.substr(0, end);
    csv = end == std::string_view::npos ? std::string_view{} : csv.substr(end + 1);
    if (line.empty() || line.starts_with('#')) continue;
    if (std::exchange(header, false)) continue;
    row.clear();
    while (row.size() + 1 < fields) {
      const auto comma = line.find(',');
      STOM_ASSERT(comma != std::string_view::npos);
      row.push_back(line.substr(0, comma));
      line.remove_prefix(comma + 1);
    }
    row.push_back(line);
    visit(row);
  }
}

}  // namespace stom::sim
