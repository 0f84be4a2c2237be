// Runs the real program on a terminal of its own, as a user sees it: what it draws can be waited for, and it can be
// interrupted, stopped or killed at that point. Nothing here waits by the clock.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stom::test {

class ProgramOnTerminal {
 public:
  ProgramOnTerminal(const char* program, const std::filesystem::path& home, std::vector<std::string> arguments) {
    terminal_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal_ < 0 || ::grantpt(terminal_) != 0 || ::unlockpt(terminal_) != 0) return;
    const std::string name = ::ptsname(terminal_);
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const std::string home_text = home.string();
    process_ = ::fork();
    if (process_ != 0) return;
    ::setsid();
    const int side = ::open(name.c_str(), O_RDWR);
    for (const int stream : {0, 1, 2}) ::dup2(side, stream);
    ::setenv("STOM_HOME", home_text.c_str(), 1);
    ::execv(program, argv.data());
    ::_exit(127);
  }
  ~ProgramOnTerminal() {
    if (process_ > 0) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
    if (terminal_ >= 0) ::close(terminal_);
  }
  ProgramOnTerminal(const ProgramOnTerminal&) = delete;
  ProgramOnTerminal& operator=(const ProgramOnTerminal&) = delete;

  /// Reads on until the progress line `label` shows at least `percent`; false where the program ends before.
  bool until(std::string_view label, int percent) {
    do {
      const auto at = seen_.rfind(std::string{label} + ' ');
      if (at == std::string::npos) continue;
      const auto digits = std::string_view{seen_}.substr(at + label.size());
      const auto sign = digits.find('%');
      const auto first = digits.find_first_not_of(' ');
      int shown = 0;
      if (sign != std::string_view::npos && first < sign &&
          std::from_chars(digits.data() + first, digits.data() + sign, shown).ec == std::errc{} && shown >= percent)
        return true;
    } while (read_some());
    return false;
  }

  void signal(int number) const { ::kill(process_, number); }
  /// Stops it where it is; false where it has ended already.
  bool stop() {
    signal(SIGSTOP);
    int status = 0;
    if (::waitpid(process_, &status, WUNTRACED) == process_ && WIFSTOPPED(status)) return true;
    process_ = -1;
    return false;
  }
  pid_t process() const { return process_; }

  /// Reads to the end; the exit code, or 128 + the signal that ended it.
  int wait() {
    while (read_some()) {
    }
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  const std::string& seen() const { return seen_; }

 private:
  bool read_some() {
    char bytes[4096];
    ssize_t got;
    do got = ::read(terminal_, bytes, sizeof bytes);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return false;  // EIO: the other side is closed
    seen_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }

  int terminal_ = -1;
  pid_t process_ = -1;
  std::string seen_;
};

}  // namespace stom::test
