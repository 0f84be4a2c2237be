#include "trade/kill_switch.hpp"

#include <fmt/format.h>

#include <fstream>
#include <utility>

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

EmergencyLog::EmergencyLog(std::filesystem::path file, Worker worker, std::chrono::milliseconds patience)
    : file_{std::move(file)}, patience_{patience} {
  if (worker == Worker::Own) thread_ = std::thread{[this] { run(); }};
}

EmergencyLog::~EmergencyLog() {
  {
    const std::lock_guard lock{mutex_};
    over_ = true;
  }
  news_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Result<void> EmergencyLog::write(std::string act) {
  if (!thread_.joinable()) return write_emergency(file_, act);
  std::unique_lock lock{mutex_};
  const std::uint64_t number = ++asked_;
  waiting_.push_back(std::move(act));
  news_.notify_all();
  if (news_.wait_for(lock, patience_, [&] { return done_ >= number; })) return last_;
  return fail(Errc::Io, fmt::format("{} is not on the disk yet, which does not answer", file_.string()),
              "what was asked is done all the same; look at the disk");
}

void EmergencyLog::run() {
  std::unique_lock lock{mutex_};
  for (;;) {
    news_.wait(lock, [&] { return over_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const std::string act = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    auto written = write_emergency(file_, act);
    lock.lock();
    last_ = std::move(written);
    ++done_;
    news_.notify_all();
  }
}

}  // namespace stom::trade
