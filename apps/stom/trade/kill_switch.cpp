#include "trade/kill_switch.hpp"

#include <cstring>
#include <fstream>

#include "trade/private_file.hpp"

namespace stom::trade {

std::vector<NewOrder> KillSwitch::not_to_leave(const std::vector<NewOrder>& waiting) {
  std::vector<NewOrder> judged, stopped;
  for (const NewOrder& order : waiting) {
    if (holdings_.order(order.instrument, order.id, 0) == nullptr) continue;  // over: its end was told
    holdings_.told({.kind = OrderEventKind::Canceled, .instrument = order.instrument, .id = order.id}, 0);
    judged.push_back(order);
  }
  for (const NewOrder& order : judged)
    if (lets_pass(order))
      sent(order);
    else
      stopped.push_back(order);
  for (const NewOrder& order : stopped) sent(order);  // until their end is told
  return stopped;
}

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
