// What people should know of a session, a line each: any thread says it, one writes it.
//
//   2024-08-08T23:54:16.298000000Z [warn] binance: stream: the connection was closed
//
// A line without a mark is an info. [warn]: worth a look; [error]: trading has stopped, or waits for a person.
//
// Bounded: what nobody has written yet and is too much is counted instead. Secrets are masked; what the operator has
// named, such as the session's folder, is none and stands there whole: a hint is there to be copied.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::trade {

enum class Loudness : std::uint8_t { Info, Warn, Error };  // of a line, in this order
/// "info", "warn", "error".
std::string_view name_of(Loudness loudness);
std::optional<Loudness> loudness_of(std::string_view name);

/// A line as it stands in the file, taken apart; it is pointed into.
struct LogLine {
  UnixNanos time = kNoTime;  // kNoTime: it is none that anybody said, such as how many lines were left out
  Loudness loudness = Loudness::Info;
  std::string_view text;
};
LogLine read_log_line(std::string_view line);

class SessionLog {
 public:
  /// A file of more than `most_bytes` is put aside as "log.1", instead of the one before, and a new one begun.
  SessionLog(const Clock& clock, std::vector<std::string> secrets, std::uintmax_t most_bytes = 64u << 20)
      : clock_{clock}, secrets_{std::move(secrets)}, most_bytes_{most_bytes} {}
  Result<void> open(const std::filesystem::path& file);
  /// What the operator has named: a path, or a text with one. Before any other thread says something.
  void know(std::string named) { named_.push_back(std::move(named)); }

  /// As it would stand there, in one line and without secrets.
  std::string masked(std::string_view line) const;
  void say(std::string_view line, Loudness loudness = Loudness::Info);
  void warn(std::string_view line) { say(line, Loudness::Warn); }
  /// To the file, and to `also` where there is one; from the one thread that writes.
  void write(const std::function<void(const std::string&)>& also = {});
  /// The last line that was said; for an error that nothing else explains.
  std::string last() const;

 private:
  static constexpr std::size_t kMostWaiting = 4096;
  void begin_anew();

  const Clock& clock_;
  const std::vector<std::string> secrets_;
  std::vector<std::string> named_;
  const std::uintmax_t most_bytes_;
  mutable std::mutex mutex_;
  std::deque<std::string> waiting_;
  std::string last_;
  std::uint64_t left_out_ = 0;
  std::filesystem::path path_;
  std::uintmax_t size_ = 0;
  std::ofstream file_;
};

}  // namespace stom::trade
