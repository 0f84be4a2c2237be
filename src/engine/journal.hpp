// The journal: what a run decided and what it was told, in order, each record before it acts. State is a fold over it.
//
// File: 8 bytes magic "STOMJRN2", then records: u32 length of the payload, u32 CRC-32C of it, payload. A torn record at
// the end is cut on opening; the rest is what was. The payload's first byte is its kind; its numbers are short and
// count from the record before (docs/journal.md). The hash is SHA-256 over all payloads with their lengths, so it is
// the same with and without a file.
#pragma once

#include <filesystem>
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
  Log = 5,       // a strategy's words
  Operator = 6,  // a person's command, before it acts
  End = 7,       // how many market messages were consumed, and the time of the end
};

class Journal {
 public:
  Journal();
  ~Journal();
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;

  /// Writes to a file too, from here on. What is there already must be a prefix of what is about to be written: those
  /// bytes are compared instead of written, and a difference stops the journal with an error (see diverged()).
  Result<void> open(const std::filesystem::path& path);

  void configuration(std::string_view text);
  void submit(UnixNanos now, std::uint64_t request, const NewOrder& order);
  void cancel(UnixNanos now, std::uint64_t request, ClientOrderId id);
  void event(const OrderEvent& event, std::uint64_t request);
  void log(UnixNanos now, std::string_view line);
  void operator_command(UnixNanos now, std::string_view command);
  void end(UnixNanos now, std::uint64_t messages);

  /// Everything so far is the system's: it survives the end of this process, not of the machine.
  Result<void> hand_over();
  /// Everything so far is on the disk.
  Result<void> flush();
  std::uint64_t records() const;
  std::string hash();
  /// The re-run wrote something else than the file holds, at this record number.
  bool diverged() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A record as read back.
struct JournalRecord {
  RecordKind kind = RecordKind::Configuration;
  UnixNanos time = 0;
  std::uint64_t request = 0;
  NewOrder order;              // Submit; Cancel: id
  OrderEvent event;            // OrderEvent
  std::string text;            // Configuration, Log, Operator
  std::uint64_t messages = 0;  // End
};

/// Reads a journal up to its last whole record. Errors: not a journal, newer version.
Result<std::vector<JournalRecord>> read_journal(const std::filesystem::path& path);

}  // namespace stom
