// What a trading session's engine took in, turn by turn, so that it can be run again to the same commands
// (docs/verify.md): the time of each turn, the market messages that it took, how many answers came, what an operator
// did. What the answers said is in the journal; where they came is here.
//
// A folder of files "000001.input", each a row of checksummed blocks that stand for themselves. The engine thread
// writes short bytes into pieces of memory that were made when the recorder was; the program's thread makes columns of
// them, packs and writes those. Full: where no piece is free, the recording ends with a note since when
// (InputEnd::Gap). It is never waited for.
//
// The pieces lie in memory that outlives the process, "000001.tail" beside the file with which the process began. What
// was put there before a record of the journal was written is not lost to a kill behind it: who reads a folder reads
// the tail behind the files, and the next process brings it to them. An orderly end leaves none.
//
// A file of a version that has other messages begins with another number, and who does not know it refuses it.
//
// A turn that did nothing is left out: time alone moves the engine the same way in one step as in many, up to the turn
// that finds something. So each turn that is kept says when the one before it was, kept or not.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/kept_memory.hpp"
#include "core/result.hpp"
#include "core/spsc_queue.hpp"
#include "core/time.hpp"
#include "model/feed.hpp"
#include "store/codec.hpp"
#include "store/file.hpp"

namespace stom::store {

struct InputBlock;
struct InputPiece;
struct InputTailHead;

/// What the numbers of a turn count from.
struct InputBase {
  UnixNanos now = 0;
  std::int64_t tick = 0;
};

struct InputOptions {
  std::size_t pieces = 24;                 // of 64 KiB, made at once
  std::uint64_t file_bytes = 64ull << 20;  // then the next file begins
  DurationNanos flush_every = kSecond;     // what a power cut can cost, or a file system that maps no files a kill
};

class InputRecorder {
 public:
  /// Goes on behind what is in the folder, and first brings to the files what a process that was killed has left there.
  /// `start` (JSON): what the engine was made of, and when it began.
  static Result<std::unique_ptr<InputRecorder>> open(const std::filesystem::path& folder, std::string_view start,
                                                     InputOptions options = {});
  ~InputRecorder();

  // Engine thread
  /// Begins a turn: all that follows is part of it.
  void turn(UnixNanos before, UnixNanos now);
  void market(const FeedMessage& message);
  void answers(std::size_t count);
  /// What an operator did once the engine had done its part of the turn. Before it is done.
  void act(std::string_view text);
  /// Nothing more belongs to the turn: a kill does not take it any more.
  void end_turn();
  /// The engine stops behind what was put.
  void end();
  /// Nothing from here on can be known: why it is not only what was recorded that moved the engine.
  void break_off(UnixNanos now);
  /// Ends the turn, and hands over what has waited long enough, where the writer has taken all that came before.
  void on_time(UnixNanos now);

  // The program's thread
  Result<void> write();
  /// Since when nothing is recorded; kNever while all is.
  UnixNanos broken_at() const { return broken_at_.load(std::memory_order_relaxed); }
  /// All that is left, when the engine thread has ended; `ended`: with the engine's stop.
  Result<void> finish(bool ended);

 private:
  InputRecorder(std::filesystem::path folder, InputOptions options);
  Result<void> make_pieces();
  void put(std::uint64_t number);
  void put(std::string_view bytes);
  void begin_checked();
  void end_checked(std::uint8_t tag);
  void begin_piece(InputPiece* piece);
  bool make_room();
  void give_away();
  void take_in(InputPiece* piece);
  void unpack(std::span<const std::byte> turns, InputBase& base);
  void let_go(std::size_t kept);
  Result<void> append_turns(bool goes_on);
  Result<void> append(std::uint8_t kind, std::span<const std::byte> payload);
  Result<void> begin_file();
  Result<void> take_up(const std::filesystem::path& tail);
  void tell_place(std::uint64_t turns);

  const std::filesystem::path folder_;
  const InputOptions options_;
  std::optional<KeptMemory> tail_;
  InputTailHead* head_ = nullptr;          // of it; null while what another process has left is brought to its files
  SpscQueue<InputPiece*> filled_, spare_;  // lie in it
  std::atomic<UnixNanos> broken_at_{kNever};

  // Engine thread
  InputPiece* current_ = nullptr;  // null: broken off
  UnixNanos since_ = kNever;       // the oldest turn of it
  UnixNanos now_ = 0;              // of the turn at hand
  std::int64_t tick_ = 0;          // the last one
  bool within_a_turn_ = false, ended_ = false;
  std::uint64_t pieces_begun_ = 0, turns_put_ = 0;
  std::size_t unchecked_ = 0;  // where in the piece begins what is not in the check
  std::uint32_t check_ = 0;    // of the turn at hand

  // The program's thread
  File file_;
  std::uint64_t file_number_ = 0, at_ = 0, block_number_ = 0;
  std::uint64_t turns_unpacked_ = 0;
  std::uint64_t most_bytes_ = 0;    // of a file
  bool goes_on_ = false;            // the turn of the last block does in the next one, and so in the same file
  std::vector<InputPiece*> held_;   // with a part of a turn that is not in the files as a whole, by age
  std::vector<std::byte> pending_;  // that part
  InputBase unpacked_;
  std::unique_ptr<InputBlock> block_;
  ColumnEncoder encoder_;
  std::vector<std::byte> packed_, frame_;
  Result<void> status_;
};

/// A turn as read back. Its messages' levels are good until the turn after is asked for.
struct InputTurn {
  UnixNanos before = 0, now = 0;
  std::vector<FeedMessage> messages;  // with the times at which they were received
  std::uint64_t answers = 0;
  std::vector<std::string> acts;
};

enum class InputEnd : std::uint8_t {
  Whole,    // the engine's stop is the next thing
  Gap,      // the recorder could not keep up, or had to break off
  Torn,     // there is no end: the process was killed, or bytes are damaged
  Restart,  // nor is there, and another process went on
};

class InputReader {
 public:
  /// Errors: Errc::NotFound where nothing was recorded, or where its beginning was deleted.
  static Result<InputReader> open(const std::filesystem::path& folder);
  InputReader(InputReader&&) noexcept;
  InputReader& operator=(InputReader&&) noexcept;
  ~InputReader();

  const std::string& start() const;
  /// The next turn; false where the input ends: end() says how.
  Result<bool> next(InputTurn& turn);
  InputEnd end() const;
  /// Where it has ended: on to what another process recorded behind it, whose start() is that from then on; false where
  /// none did.
  Result<bool> next_part();
  /// What is wrong where it ends torn: the file and why.
  const std::string& why() const;

 private:
  struct State;
  explicit InputReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom::store
