#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "engine/journal_bytes.hpp"
#include "engine/journal_codec.hpp"
#include "engine/journal_file.hpp"
#include "engine/journal_hash.hpp"
#include "engine/journal_move.hpp"
#include "engine/journal_reader.hpp"

namespace stom {
namespace {

constexpr std::string_view kMagic = kJournalMagic;
constexpr std::size_t kMostFields = 256;  // bytes of the fields of any record, at their longest
// Records leave when so many bytes have come together: small enough to be in the cache still when they are hashed, and,
// where a thousand runs keep their hash only, for all of them.
constexpr std::size_t kFileBuffer = std::size_t{1} << 16;
constexpr std::size_t kHashBuffer = std::size_t{1} << 10;
// Of a run whose records are handed over one by one, each behind a decision: they are hashed together.
constexpr std::size_t kHashedTogether = std::size_t{1} << 12;

/// The payload at `at`, empty where the bytes from there on are no whole record.
std::string_view payload_at(std::string_view bytes, std::size_t at) {
  if (bytes.size() - at < kFrame) return {};
  std::uint32_t length = 0, crc = 0;
  std::memcpy(&length, bytes.data() + at, 4);
  std::memcpy(&crc, bytes.data() + at + 4, 4);
  if (length == 0 || length > bytes.size() - at - kFrame) return {};
  const std::string_view payload = bytes.substr(at + kFrame, length);
  return checksum(payload) == crc ? payload : std::string_view{};
}

/// What a journal's file holds behind its last whole record is kept in one beside it; how much it is.
Result<std::size_t> keep_torn(const std::filesystem::path& journal, std::uint64_t whole) {
  std::error_code error;
  const std::uint64_t size = std::filesystem::file_size(journal, error);
  if (error)
    return fail(Errc::Io, fmt::format("cannot read {}: {}", journal.string(), error.message()), "check the disk");
  const std::uint64_t from = size < kMagic.size() ? 0 : whole;  // 0: killed before the first record
  if (size <= from) return 0;
  const std::string beside = journal.string() + ".cut";
  std::ifstream in{journal, std::ios::binary};
  std::ofstream cut{beside, std::ios::binary | std::ios::app};
  in.seekg(static_cast<std::streamoff>(from));
  if (!in || !(cut << in.rdbuf() << std::flush))
    return fail(Errc::Io, fmt::format("cannot write {}", beside), "check the folder's permissions and disk space");
  return static_cast<std::size_t>(size - from);
}

}  // namespace

struct Journal::State {
  Sha256 sha;
  std::vector<char> buffer;
  std::size_t used = 0, written = 0;  // bytes of it; so many of them were handed to the file
  int file = -1;
  std::uint64_t length = 0;  // of the file
  std::uint64_t before = 0;  // its bytes stand so much further behind in the journal
  std::atomic<JournalMove*> moving{nullptr};
  std::unique_ptr<JournalHash> aside;  // which has the hash then, and not `sha`
  std::string path;
  std::string expected;      // what the file held when it was opened
  std::size_t compared = 0;  // how much of it the new records have matched
  bool diverged = false, by_turns = false;
  std::uint64_t records = 0;
  JournalAnchor anchor;
  Result<void> status;

  ~State() {
    if (file >= 0) ::close(file);
  }

  /// Room for a record with `text_size` bytes besides its numbers; the place of its kind.
  char* room(std::size_t text_size) {
    const std::size_t most = kFrame + 1 + kMostFields + text_size;
    const std::size_t size = file >= 0 ? kFileBuffer : kHashBuffer;
    if (used + most > size && (!by_turns || !status)) drain();
    if (used + most > buffer.size()) buffer.resize(std::max(used + most, size));
    return buffer.data() + used + kFrame;
  }

  /// The record that ends at `end` is whole. Its checksum waits for write(): here it would wait for the stores.
  void add(const char* end) {
    const auto size = static_cast<std::uint32_t>(end - (buffer.data() + used) - static_cast<std::ptrdiff_t>(kFrame));
    std::memcpy(buffer.data() + used, &size, 4);
    used += kFrame + size;
    ++records;
  }

  void drain() {
    if (used == 0) return;
    write();
    if (!aside) sha.update(std::string_view{buffer.data(), used});
    used = written = 0;
    if (by_turns && buffer.size() > kFileBuffer) buffer = std::vector<char>(kFileBuffer);  // of a turn with very many
  }

  void write() {
    for (std::size_t at = written; at < used;) {
      std::uint32_t size = 0;
      std::memcpy(&size, buffer.data() + at, 4);
      const std::uint32_t crc = checksum({buffer.data() + at + kFrame, size});
      std::memcpy(buffer.data() + at + 4, &crc, 4);
      at += kFrame + size;
    }
    std::string_view bytes{buffer.data() + written, used - written};
    if (file >= 0 && !diverged) {
      const std::size_t same = std::min(bytes.size(), expected.size() - compared);
      if (same > 0 && std::memcmp(bytes.data(), expected.data() + compared, same) != 0) diverged = true;
      compared += same;
      bytes.remove_prefix(same);
      while (!bytes.empty() && !diverged && status) {
        const auto n = ::write(file, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
          status = fail(Errc::Io, fmt::format("cannot write {}: {}", path, std::strerror(errno)),
                        "free disk space; the run can be resumed");
          break;
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
        length += static_cast<std::uint64_t>(n);
      }
    }
    if (JournalMove* const move = moving.load(std::memory_order_acquire); move != nullptr) move_along(*move);
    if (aside) aside->grown_to(length + before);
    written = used;
  }

  /// What the file has the other one has, too; and that is the file once it has the name. Few calls of the system, and
  /// none that waits for a disk where a write does not.
  void move_along(JournalMove& move) {
    using Step = JournalMove::Step;
    const auto end = [&](Step step) {
      moving.store(nullptr, std::memory_order_release);
      move.step.store(step, std::memory_order_release);
    };
    Step step = move.step.load(std::memory_order_acquire);
    if (step == Step::Off) return end(Step::Over);
    if (!move.bring(length)) {
      const int cause = errno;
      for (Step unnamed : {Step::Offered, Step::Doubled})
        if (move.step.compare_exchange_strong(unnamed, Step::Failed, std::memory_order_acq_rel))
          return moving.store(nullptr, std::memory_order_release);
      if (move.step.load(std::memory_order_acquire) == Step::Off) return end(Step::Over);
      if (status)  // it may have the name already
        status = fail(Errc::Io, fmt::format("cannot write {}: {}", path, std::strerror(cause)),
                      "free disk space; the run can be resumed");
      return;
    }
    if (step == Step::Offered) {
      move.step.compare_exchange_strong(step, Step::Doubled, std::memory_order_acq_rel);  // else it is Off
    } else if (step == Step::Named) {
      move.left = std::exchange(file, move.to);  // to close it may wait for a disk
      length -= move.less;
      before += move.less;
      ::lseek(file, static_cast<off_t>(length), SEEK_SET);
      end(Step::Over);
    }
  }
};

Journal::Journal() : state_{std::make_unique<State>()} {}
Journal::~Journal() {
  if (state_) state_->drain();
}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;

Result<void> Journal::open(const std::filesystem::path& path) {
  STOM_ASSERT(state_->records == 0);
  state_->path = path.string();
  const bool exists = std::filesystem::exists(path);
  if (exists) {
    const auto file = JournalFile::open(path);
    if (file && file->number() > 1)
      return fail(Errc::Unsupported, fmt::format("{} was cut into segments: it cannot be made again", path.string()),
                  "only a trading session's is, which goes on behind it");
    auto bytes = whole_journal(path);
    if (!bytes) return std::unexpected(bytes.error());
    state_->expected = std::move(*bytes);
    state_->expected.erase(0, kMagic.size());
  }
  return begin(path, kMagic.size() + state_->expected.size(), true);
}

/// Behind so many bytes of the file. `first`: it begins with the magic, not with the head of a later segment.
Result<void> Journal::begin(const std::filesystem::path& path, std::uint64_t kept, bool first) {
  state_->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto length = static_cast<off_t>(kept);
  if (state_->file < 0 ||
      (first && ::pwrite(state_->file, kMagic.data(), kMagic.size(), 0) != static_cast<ssize_t>(kMagic.size())) ||
      ::ftruncate(state_->file, length) != 0 || ::lseek(state_->file, length, SEEK_SET) != length) {
    return fail(Errc::Io, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                "check the folder's permissions and disk space");
  }
  state_->length = kept;
  return {};
}

Result<void> Journal::hash_aside() {
  STOM_ASSERT(state_->file >= 0 && state_->expected.empty() && !state_->aside);
  state_->drain();
  if (!state_->status) return state_->status;
  auto aside = JournalHash::open(state_->path, Sha256{state_->sha.progress()}, state_->length + state_->before);
  if (!aside) return std::unexpected(aside.error());
  state_->aside = std::move(*aside);
  return {};
}

Result<std::size_t> Journal::go_on(const std::filesystem::path& path, const Each& each) {
  auto reader = JournalReader::open(path, JournalReader::Sums::Kept);
  if (!reader) return std::unexpected(reader.error());
  return go_on(std::move(*reader), each);
}

Result<std::size_t> Journal::go_on(JournalReader reader, const Each& each) {
  STOM_ASSERT(state_->records == 0);
  while (const JournalRecord* record = reader.next()) each(*record);
  if (!reader.status()) return std::unexpected(reader.status().error());
  const JournalPosition end = reader.position();
  STOM_ASSERT(end.check.bytes() == end.bytes - kMagic.size());  // Sums::Kept
  const std::uint64_t kept = reader.position_in_file();
  const auto torn = keep_torn(reader.path(), kept);
  if (!torn) return torn;
  state_->path = reader.path().string();
  state_->records = end.records;
  state_->anchor = end.anchor;
  state_->sha = Sha256{end.hash};
  state_->before = end.bytes - kept;
  if (auto begun = begin(reader.path(), kept, reader.segment() == 1); !begun) return std::unexpected(begun.error());
  return torn;
}

namespace {
/// A record: its kind, its numbers by `fields`, and a text.
template <class State, class Fields>
void put(State& state, RecordKind kind, std::string_view text, Fields&& fields) {
  Writer out{state.room(text.size())};
  out.byte(static_cast<std::uint8_t>(kind));
  fields(out);
  std::ranges::copy(text, out.at);
  state.add(out.at + text.size());
}
}  // namespace

void Journal::configuration(std::string_view text) {
  put(*state_, RecordKind::Configuration, text, [](Writer&) {});
}

void Journal::submit(UnixNanos now, std::uint64_t request, const NewOrder& order) {
  NewOrder o = order;
  put(*state_, RecordKind::Submit, {}, [&](Writer& out) {
    request_fields(out, state_->anchor, now, request, o.id);
    order_fields(out, state_->anchor, o);
  });
}

void Journal::cancel(UnixNanos now, std::uint64_t request, ClientOrderId id) {
  put(*state_, RecordKind::Cancel, {}, [&](Writer& out) { request_fields(out, state_->anchor, now, request, id); });
}

void Journal::event(const OrderEvent& event, std::uint64_t request) {
  OrderEvent e = event;
  put(*state_, RecordKind::OrderEvent, {}, [&](Writer& out) {
    request_fields(out, state_->anchor, e.local_time, request, e.id);
    event_fields(out, state_->anchor, e);
  });
}

void Journal::log(UnixNanos now, std::string_view line) {
  put(*state_, RecordKind::Log, line, [&](Writer& out) { out.difference(now, state_->anchor.time); });
}
void Journal::operator_command(UnixNanos now, std::string_view command) {
  put(*state_, RecordKind::Operator, command, [&](Writer& out) { out.difference(now, state_->anchor.time); });
}

void Journal::end(UnixNanos now, std::uint64_t messages) {
  put(*state_, RecordKind::End, {}, [&](Writer& out) {
    out.difference(now, state_->anchor.time);
    out.number(messages);
  });
}

void Journal::restart(UnixNanos now, std::string_view configuration) {
  put(*state_, RecordKind::Restart, configuration, [&](Writer& out) { out.difference(now, state_->anchor.time); });
}
void Journal::others_hold(UnixNanos now, InstrumentIndex instrument, Quantity quantity) {
  put(*state_, RecordKind::OthersHold, {}, [&](Writer& out) {
    out.difference(now, state_->anchor.time);
    out.number(instrument);
    out.number(quantity.value);
  });
}
void Journal::difference(UnixNanos now, std::string_view text) {
  put(*state_, RecordKind::Difference, text, [&](Writer& out) { out.difference(now, state_->anchor.time); });
}
void Journal::named(UnixNanos now, ClientOrderId id, std::string_view venue_order_id) {
  put(*state_, RecordKind::Named, venue_order_id, [&](Writer& out) {
    out.difference(now, state_->anchor.time);
    out.difference(id, state_->anchor.id);
  });
}

void Journal::by_turns() { state_->by_turns = true; }

Result<void> Journal::hand_over() {
  state_->write();
  if (state_->aside || state_->used >= kHashedTogether) state_->drain();
  return state_->status;
}

Result<void> Journal::flush() {
  state_->drain();
  if (state_->status && state_->file >= 0 && ::fdatasync(state_->file) != 0) {
    state_->status =
        fail(Errc::Io, fmt::format("cannot flush {}: {}", state_->path, std::strerror(errno)), "check the disk");
  }
  return state_->status;
}

void Journal::move_by(JournalMove* move) { state_->moving.store(move, std::memory_order_release); }

std::uint64_t Journal::records() const { return state_->records; }

std::string Journal::hash() {
  state_->drain();
  if (!state_->aside) return state_->sha.hex();
  auto hex = state_->aside->hex();
  if (hex) return std::move(*hex);
  if (state_->status) state_->status = std::unexpected(hex.error());
  return {};
}

bool Journal::diverged() const { return state_->diverged; }

Result<void> for_each_record(const std::filesystem::path& path, const std::function<void(const JournalRecord&)>& each) {
  auto reader = JournalReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  while (const JournalRecord* record = reader->next()) each(*record);
  return reader->check_end();
}

std::size_t whole_records(std::string_view bytes, std::uint64_t* records) {
  std::size_t at = 0;
  std::uint64_t count = 0;
  for (auto payload = payload_at(bytes, at); !payload.empty(); payload = payload_at(bytes, at), ++count)
    at += kFrame + payload.size();
  if (records != nullptr) *records = count;
  return at;
}

Result<std::string> whole_journal(const std::filesystem::path& path) {
  auto file = JournalFile::open(path);
  if (!file) return std::unexpected(file.error());
  std::string bytes{kMagic};  // alone: killed before the first record
  bytes.resize(std::max<std::uint64_t>(file->size(), kMagic.size()));
  std::size_t have = kMagic.size();
  while (have < bytes.size()) {
    const auto n = file->read(bytes.data() + have, bytes.size() - have, have);
    if (!n) return std::unexpected(n.error());
    if (*n == 0) break;
    have += *n;
  }
  bytes.resize(have);
  bytes.resize(kMagic.size() + whole_records(std::string_view{bytes}.substr(kMagic.size())));
  return bytes;
}

Result<std::vector<JournalRecord>> read_journal(const std::filesystem::path& path) {
  std::vector<JournalRecord> out;
  const auto read = for_each_record(path, [&](const JournalRecord& record) { out.push_back(record); });
  if (!read) return std::unexpected(read.error());
  return out;
}

}  // namespace stom
