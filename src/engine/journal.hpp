// The journal: what a run decided and what it was told, in order, each record before it acts. State is a fold over it.
//
// File: 8 bytes magic "STOMJRN2", then records: u32 length of the payload, u32 CRC-32C of it, payload. A torn record at
// the end is cut on opening; the rest is what was. The payload's first byte is its kind; its numbers are short and
// count from the record before (docs/journal.md). The hash is SHA-256 over all payloads with their lengths, so it is
// the same with and without a file. A long one of a trading session lies in several files (journal_segment.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/hash.hpp"
#include "model/order.hpp"

namespace stom {

enum class RecordKind : std::uint8_t {
  Configuration = 1,  // text: what made this run
  Submit = 2,
  Cancel = 3,
  OrderEvent = 4,
  Log = 5,         // a strategy's words
  Operator = 6,    // a person's command, before it acts
  End = 7,         // how many market messages were consumed, and the time of the end
  Restart = 8,     // text: what makes the run from here on, by another process. Nobody waits for older answers any more
  OthersHold = 9,  // of what the account holds in an instrument, so much is not this run's
  Difference = 10,  // text (JSON): what we held for true, and what the venue said
  Named = 11,       // text: what a venue without client order ids calls an order from here on
};
struct JournalMove;
struct JournalRecord;
class JournalReader;

class Journal {
 public:
  using Each = std::function<void(const JournalRecord&)>;

  Journal();
  ~Journal();
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;

  /// Writes to a file too, from here on. What is there already must be a prefix of what is about to be written: those
  /// bytes are compared instead of written, and a difference stops the journal with an error (see diverged()).
  Result<void> open(const std::filesystem::path& path);
  /// Goes on behind the records of that file, each of which is handed over first. Bytes behind the last whole one are
  /// cut off and kept in a file beside it (".cut"); how many they were. Errors: as read_journal(), and of the disk.
  Result<std::size_t> go_on(const std::filesystem::path& path, const Each& each);
  /// The same from where a reader (with Sums::Kept) stands: what it has passed is not handed over.
  Result<std::size_t> go_on(JournalReader reader, const Each& each);
  /// From here on another thread works out the hash, from the file (journal_hash.hpp): for who trades, and must not
  /// wait for it. Of a journal that is opened, and whose file held nothing that new records are compared with. Errors:
  /// the file cannot be read.
  Result<void> hash_aside();
  /// Goes over to another file as records are written, one of these at a time; it is left alone once it is Over or
  /// Failed. Null: not any more, where nobody writes. Any thread.
  void move_by(JournalMove* move);

  void configuration(std::string_view text);
  void submit(UnixNanos now, std::uint64_t request, const NewOrder& order);
  void cancel(UnixNanos now, std::uint64_t request, ClientOrderId id);
  void event(const OrderEvent& event, std::uint64_t request);
  void log(UnixNanos now, std::string_view line);
  void operator_command(UnixNanos now, std::string_view command);
  void end(UnixNanos now, std::uint64_t messages);
  void restart(UnixNanos now, std::string_view configuration);
  void others_hold(UnixNanos now, InstrumentIndex instrument, Quantity quantity);
  void difference(UnixNanos now, std::string_view text);
  void named(UnixNanos now, ClientOrderId id, std::string_view venue_order_id);

  /// From here on no record reaches the file before hand_over(), however many wait: for who first keeps what led to
  /// them.
  void by_turns();
  /// Everything so far is the system's: it survives the end of this process, not of the machine.
  Result<void> hand_over();
  /// Everything so far is on the disk.
  Result<void> flush();
  std::uint64_t records() const;
  /// Of all records so far. Empty: the file cannot be read back, which is an error of the next call that has one.
  std::string hash();
  /// The re-run wrote something else than the file holds, at this record number.
  bool diverged() const;

 private:
  struct State;
  Result<void> begin(const std::filesystem::path& path, std::uint64_t kept, bool first);
  std::unique_ptr<State> state_;
};

/// A record as read back.
struct JournalRecord {
  RecordKind kind = RecordKind::Configuration;
  UnixNanos time = 0;
  std::uint64_t request = 0;
  NewOrder order;                  // Submit; Cancel, Named: id
  OrderEvent event;                // OrderEvent
  std::string text;                // Configuration, Log, Operator, Restart, Difference, Named
  std::uint64_t messages = 0;      // End
  InstrumentIndex instrument = 0;  // OthersHold
  Quantity quantity{};             // OthersHold
};

/// Hands over each record of a journal up to its last whole one. Errors: not a journal, newer version, one that is
/// spoiled (JournalReader::check_end()).
Result<void> for_each_record(const std::filesystem::path& path, const std::function<void(const JournalRecord&)>& each);
/// The same, all at once.
Result<std::vector<JournalRecord>> read_journal(const std::filesystem::path& path);

}  // namespace stom
