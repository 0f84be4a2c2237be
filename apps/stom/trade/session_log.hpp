// What people should know of a session, a line each: any thread says it, one writes it. Bounded: what nobody has
// written yet and is too much is counted instead. Secrets are masked.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"

namespace stom::trade {

class SessionLog {
 public:
  SessionLog(const Clock& clock, std::vector<std::string> secrets) : clock_{clock}, secrets_{std::move(secrets)} {}
  Result<void> open(const std::filesystem::path& file);

  void say(std::string_view line);
  /// To the file, and to `also` where there is one; from the one thread that writes.
  void write(const std::function<void(const std::string&)>& also = {});
  /// The last line that was said; for an error that nothing else explains.
  std::string last() const;

 private:
  static constexpr std::size_t kMostWaiting = 4096;
  const Clock& clock_;
  const std::vector<std::string> secrets_;
  mutable std::mutex mutex_;
  std::deque<std::string> waiting_;
  std::string last_;
  std::uint64_t left_out_ = 0;
  std::ofstream file_;
};

}  // namespace stom::trade
