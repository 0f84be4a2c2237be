#include "trade/kill_switch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace stom::trade {

/// Opened anew each time: it is pulled seldom, and a file that was held open for weeks may be one that is gone.
Result<void> write_emergency(const std::filesystem::path& log, std::string_view act) {
  const auto failed = [&](int cause) {
    return fail(Errc::Io, fmt::format("{} cannot be written: {}", log.string(), std::strerror(cause)),
                "what was asked is done all the same; make room on the disk");
  };
  const std::string line = fmt::format("{}\n", act);
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return failed(errno);
  const bool written =
      ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
  const int cause = errno;
  ::close(file);
  if (!written) return failed(cause);
  const int folder = ::open(log.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return failed(errno);
  const int status = ::fsync(folder) == 0 ? 0 : errno;
  ::close(folder);
  return status == 0 ? Result<void>{} : failed(status);
}

std::vector<std::string> emergency_acts(const std::filesystem::path& log) {
  std::vector<std::string> acts;
  std::ifstream file{log, std::ios::binary};
  for (std::string line; std::getline(file, line) && !file.eof();)  // eof: cut short, and so never done
    acts.push_back(line);
  return acts;
}

}  // namespace stom::trade
