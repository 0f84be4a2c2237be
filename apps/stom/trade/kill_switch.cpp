#include "trade/kill_switch.hpp"

#include <cstring>
#include <fstream>

#include "trade/private_file.hpp"

namespace stom::trade {

/// Opened anew each time: it is pulled seldom, and a file that was held open for weeks may be one that is gone.
Result<void> write_emergency(const std::filesystem::path& log, std::string_view act) {
  auto written = append_private_line(log, act);
  if (!written) written.error().hint = "what was asked is done all the same; make room on the disk";
  return written;
}

std::vector<std::string> emergency_acts(const std::filesystem::path& log) {
  std::vector<std::string> acts;
  std::ifstream file{log, std::ios::binary};
  for (std::string line; std::getline(file, line) && !file.eof();)  // eof: cut short, and so never done
    acts.push_back(line);
  return acts;
}

}  // namespace stom::trade
