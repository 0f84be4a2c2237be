// Which trading sessions run on this computer under one $STOM_HOME, so that the page finds them.
//
//   $STOM_HOME/trading/PID-TIME.json  {"session":"/…/DIR","pid":N,"end":"killed"}
//
// The process that trades keeps its file open and locked (flock) and at its end moves it to $STOM_HOME/trading_ended,
// so that the page finds what the session wrote; the newest are kept there. A file that nobody holds is of a process
// that was killed: it is no session that runs, and whoever finds it moves it. So it says from the beginning what is
// true where its process comes to write nothing more, and else, before it is moved, when it ended and why:
//
//   {…,"end":"stopped","time_ns":N}  {…,"end":"failed","time_ns":N,"error":"…","hint":"…"}
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::trade {

class RunningSession {
 public:
  /// This process trades in `folder` from now on, as long as the object lives.
  static Result<RunningSession> announce(const std::filesystem::path& home, const std::filesystem::path& folder,
                                         UnixNanos now);
  RunningSession(RunningSession&& other) noexcept;
  RunningSession& operator=(RunningSession&&) = delete;
  ~RunningSession();

  /// It is over: how is told with the ended. Without it that the process was killed.
  void end(UnixNanos at, const std::optional<Error>& why);

 private:
  RunningSession(std::filesystem::path file, int lock) : file_{std::move(file)}, lock_{lock} {}
  std::filesystem::path file_;
  int lock_ = -1;
};

struct Running {
  std::filesystem::path folder;
  std::int64_t pid = 0;
};
/// By when they began. Puts with the ended what processes left that are gone.
std::vector<Running> running_sessions(const std::filesystem::path& home);

enum class End : std::uint8_t { Unknown, Stopped, Failed, Killed };  // Unknown: of a version that did not say it
/// "stopped", "failed", "killed"; nothing for Unknown.
std::string_view name_of(End end);

struct EndedSession {
  std::filesystem::path folder;
  End end = End::Unknown;
  UnixNanos at = kNoTime;      // by the session's clock; of one that was killed: of the last line in its log
  std::optional<Error> error;  // with Failed
};
/// By when they began, newest first; a folder once, none in which one runs again or that has no log. At most so many as
/// are kept.
inline constexpr std::size_t kEndedKept = 20;
std::vector<EndedSession> ended_sessions(const std::filesystem::path& home);

}  // namespace stom::trade
