// A second place for a session's journal: another disk, or a folder of another computer. A thread of its own reads what
// the engine has handed to the system and writes its whole records there, so neither engine nor I/O ever waits for that
// place. What the copy lacks is stated, in bytes and in time; where the place is gone or falls behind, the log says so,
// trading goes on, and the copy catches up when it is back.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "engine/journal_file.hpp"

namespace stom::trade {

class JournalCopy {
 public:
  using Say = std::function<void(const std::string&)>;  // a line of the log, from any thread
  /// `journal` is there; the copy is FOLDER/journal.stom, begun or gone on with: all of it in one file, in however many
  /// segments the journal lies. Errors: the folder cannot be written, what lies there is no beginning of this journal,
  /// or what it lacks is in a segment that is gone.
  static Result<std::unique_ptr<JournalCopy>> open(const std::filesystem::path& journal,
                                                   const std::filesystem::path& folder, const Clock& clock, Say say);
  /// Of a journal that is not there yet, in a folder that is: whether its copy can be begun. Errors: as of open(); so a
  /// session that could not be copied is not begun, and the next start does not go on with it.
  static Result<void> check_place(const std::filesystem::path& journal, const std::filesystem::path& folder);
  ~JournalCopy();
  JournalCopy(const JournalCopy&) = delete;
  JournalCopy& operator=(const JournalCopy&) = delete;

  /// From here on a thread does look(), many times a second.
  void start();
  /// The last look; nothing is written to the journal any more.
  void stop();
  /// Brings over what is there, onto the other place's disk. Waits for that place.
  void look();

  /// {"to","bytes","lag_bytes","lag_ms","trouble"}: so many bytes of the journal are there for certain, so many are
  /// not, and what is not is younger than that. Any thread.
  nlohmann::ordered_json state() const;

 private:
  JournalCopy(JournalFile source, std::filesystem::path folder, const Clock& clock, Say say);
  Result<void> attach();
  Result<void> ship();
  void detach();
  bool is_gone() const;

  JournalFile source_;
  const std::filesystem::path folder_, copy_;
  const Clock& clock_;
  const Say say_;
  int target_ = -1;     // -1: it is not attached
  std::string buffer_;  // reused
  UnixNanos retry_at_ = 0;
  bool told_behind_ = false;
  std::atomic<std::uint64_t> bytes_{0};   // of the copy, on its disk
  std::atomic<UnixNanos> in_step_at_{0};  // all that the journal held then is there
  mutable std::mutex mutex_;              // of the two below
  std::string trouble_;                   // why nothing is brought over; empty: it is
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace stom::trade
