// Runs the real program as a user's shell does, with a state folder of its own, and keeps what it printed.
#pragma once

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace stom::test {

struct Outcome {
  int exit_code = -1;
  std::string out;
  std::string err;
};

class Program {
 public:
  Program() {
    std::string name = (std::filesystem::temp_directory_path() / "stom-cli-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Program() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  /// `arguments` as typed in a shell.
  Outcome run(const std::string& arguments) const { return run(arguments, folder_ / "home"); }
  Outcome run(const std::string& arguments, const std::filesystem::path& home) const {
    return shell("STOM_HOME='" + home.string() + "' '" STOM_PROGRAM "' " + arguments);
  }
  /// A whole line for the shell, with stom by its path.
  Outcome shell(const std::string& command) const {
    const auto errors = folder_ / "stderr";
    const std::string line = "{ " + command + "; } 2>'" + errors.string() + "' </dev/null";
    Outcome outcome;
    FILE* pipe = popen(line.c_str(), "r");
    if (pipe == nullptr) return outcome;
    char buffer[4096];
    for (std::size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.out.append(buffer, n);
    const int status = pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::ifstream file{errors};
    outcome.err.assign(std::istreambuf_iterator<char>{file}, {});
    return outcome;
  }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace stom::test
