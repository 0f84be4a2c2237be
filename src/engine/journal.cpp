#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/assert.hpp"

namespace stom {
namespace {

constexpr std::string_view kMagic = "STOMJRN1";
constexpr std::size_t kFrame = 8;  // length and checksum before each payload
constexpr std::size_t kFlushAt = std::size_t{1} << 18;

template <class T>
void append(char*& at, T value) {
  std::memcpy(at, &value, sizeof value);
  at += sizeof value;
}

/// Reads numbers off a payload; `ok` turns false past its end.
struct Cursor {
  std::string_view left;
  bool ok = true;

  template <class T>
  T take() {
    T value{};
    if (left.size() < sizeof value) {
      ok = false;
      return value;
    }
    std::memcpy(&value, &left.front(), sizeof value);
    left.remove_prefix(sizeof value);
    return value;
  }
};

std::uint32_t checksum(std::string_view payload) {
  return crc32c(std::as_bytes(std::span{payload.data(), payload.size()}));
}

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

/// The bytes of a journal file up to its last whole record.
Result<std::string> whole_records(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in) return fail(Errc::NotFound, fmt::format("no journal at {}", path.string()));
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (bytes.size() < kMagic.size()) return std::string{kMagic};  // killed before the first record
  if (!bytes.starts_with(kMagic.substr(0, 7)))
    return fail(Errc::BadData, fmt::format("{} is not a journal", path.string()));
  if (bytes[7] != kMagic[7]) {
    return fail(Errc::Newer, fmt::format("{} was written by another version (format {})", path.string(), bytes[7]),
                "update stom");
  }
  std::size_t at = kMagic.size();
  for (auto payload = payload_at(bytes, at); !payload.empty(); payload = payload_at(bytes, at))
    at += kFrame + payload.size();
  bytes.resize(at);
  return bytes;
}

}  // namespace

struct Journal::State {
  Sha256 sha;
  std::string buffer;
  int file = -1;
  std::string path;
  std::string expected;      // what the file held when it was opened
  std::size_t compared = 0;  // how much of it the new records have matched
  bool diverged = false;
  std::uint64_t records = 0;
  Result<void> status;

  ~State() {
    if (file >= 0) ::close(file);
  }

  void drain() {
    sha.update(buffer);
    std::string_view bytes = buffer;
    if (file >= 0 && !diverged) {
      const std::size_t same = std::min(bytes.size(), expected.size() - compared);
      if (std::memcmp(bytes.data(), expected.data() + compared, same) != 0) diverged = true;
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
      }
    }
    buffer.clear();
  }
};

Journal::Journal() : state_{std::make_unique<State>()} { state_->buffer.reserve(kFlushAt + 4096); }
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
    auto bytes = whole_records(path);
    if (!bytes) return std::unexpected(bytes.error());
    state_->expected = bytes->substr(kMagic.size());
  }
  state_->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto length = static_cast<off_t>(kMagic.size() + state_->expected.size());
  if (state_->file < 0 ||
      ::pwrite(state_->file, kMagic.data(), kMagic.size(), 0) != static_cast<ssize_t>(kMagic.size()) ||
      ::ftruncate(state_->file, length) != 0 || ::lseek(state_->file, length, SEEK_SET) != length) {
    return fail(Errc::Io, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                "check the folder's permissions and disk space");
  }
  return {};
}

void Journal::put(RecordKind kind, const void* data, std::size_t size, std::string_view text) {
  std::string& buffer = state_->buffer;
  const std::size_t start = buffer.size();
  buffer.resize(start + kFrame + 1 + size);
  char* payload = buffer.data() + start + kFrame;
  payload[0] = static_cast<char>(kind);
  std::memcpy(payload + 1, data, size);
  buffer.append(text);
  const std::string_view written{buffer.data() + start + kFrame, buffer.size() - start - kFrame};
  const auto length = static_cast<std::uint32_t>(written.size());
  const std::uint32_t crc = checksum(written);
  std::memcpy(buffer.data() + start, &length, 4);
  std::memcpy(buffer.data() + start + 4, &crc, 4);
  ++state_->records;
  if (buffer.size() >= kFlushAt) state_->drain();
}

void Journal::configuration(std::string_view text) { put(RecordKind::Configuration, "", 0, text); }

void Journal::submit(UnixNanos now, std::uint64_t request, const NewOrder& o) {
  char bytes[128];
  char* at = bytes;
  append(at, now);
  append(at, request);
  append(at, o.id);
  append(at, o.instrument);
  append(at, o.side);
  append(at, o.type);
  append(at, o.time_in_force);
  append(at, o.trigger_by);
  append(at, static_cast<std::uint8_t>(o.post_only | o.reduce_only << 1));
  append(at, o.quantity.value);
  append(at, o.price.value);
  append(at, o.trigger_price.value);
  append(at, o.trail.value);
  append(at, o.display.value);
  append(at, o.expire_time);
  append(at, o.size_by);
  append(at, o.bar_fill);
  append(at, o.stop_loss.value);
  append(at, o.take_profit.value);
  put(RecordKind::Submit, bytes, static_cast<std::size_t>(at - bytes));
}

void Journal::cancel(UnixNanos now, std::uint64_t request, ClientOrderId id) {
  char bytes[24];
  char* at = bytes;
  append(at, now);
  append(at, request);
  append(at, id);
  put(RecordKind::Cancel, bytes, sizeof bytes);
}

void Journal::event(const OrderEvent& e, std::uint64_t request) {
  char bytes[128];
  char* at = bytes;
  append(at, e.local_time);
  append(at, request);
  append(at, e.id);
  append(at, e.time);
  append(at, e.instrument);
  append(at, e.kind);
  append(at, e.side);
  append(at, e.liquidity);
  append(at, e.reason);
  append(at, e.leaves.value);
  if (e.kind == OrderEventKind::Filled) {
    append(at, e.price.value);
    append(at, e.quantity.value);
    append(at, e.fee.value);
  }
  put(RecordKind::OrderEvent, bytes, static_cast<std::size_t>(at - bytes));
}

void Journal::log(UnixNanos now, std::string_view line) { put(RecordKind::Log, &now, sizeof now, line); }
void Journal::operator_command(UnixNanos now, std::string_view command) {
  put(RecordKind::Operator, &now, sizeof now, command);
}

void Journal::end(UnixNanos now, std::uint64_t messages) {
  char bytes[16];
  char* at = bytes;
  append(at, now);
  append(at, messages);
  put(RecordKind::End, bytes, sizeof bytes);
}

Result<void> Journal::flush() {
  state_->drain();
  if (state_->status && state_->file >= 0 && ::fdatasync(state_->file) != 0) {
    state_->status =
        fail(Errc::Io, fmt::format("cannot flush {}: {}", state_->path, std::strerror(errno)), "check the disk");
  }
  return state_->status;
}

std::uint64_t Journal::records() const { return state_->records; }

std::string Journal::hash() {
  state_->drain();
  return state_->sha.hex();
}

bool Journal::diverged() const { return state_->diverged; }

Result<std::vector<JournalRecord>> read_journal(const std::filesystem::path& path) {
  auto bytes = whole_records(path);
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<JournalRecord> out;
  for (std::size_t at = kMagic.size(); at < bytes->size();) {
    const std::string_view payload = payload_at(*bytes, at);
    at += kFrame + payload.size();
    Cursor in{payload};
    JournalRecord record;
    record.kind = static_cast<RecordKind>(in.take<std::uint8_t>());
    switch (record.kind) {
      case RecordKind::Configuration:
        record.text = in.left;
        break;
      case RecordKind::Submit: {
        NewOrder& o = record.order;
        record.time = in.take<UnixNanos>();
        record.request = in.take<std::uint64_t>();
        o.id = in.take<ClientOrderId>();
        o.instrument = in.take<InstrumentIndex>();
        o.side = in.take<Side>();
        o.type = in.take<OrderType>();
        o.time_in_force = in.take<TimeInForce>();
        o.trigger_by = in.take<TriggerBy>();
        const auto flags = in.take<std::uint8_t>();
        o.post_only = flags & 1;
        o.reduce_only = flags & 2;
        o.quantity.value = in.take<std::int64_t>();
        o.price.value = in.take<std::int64_t>();
        o.trigger_price.value = in.take<std::int64_t>();
        o.trail.value = in.take<std::int64_t>();
        o.display.value = in.take<std::int64_t>();
        o.expire_time = in.take<UnixNanos>();
        o.size_by = in.take<SizeBy>();
        o.bar_fill = in.take<BarFill>();
        o.stop_loss.value = in.take<std::int64_t>();
        o.take_profit.value = in.take<std::int64_t>();
        break;
      }
      case RecordKind::Cancel:
        record.time = in.take<UnixNanos>();
        record.request = in.take<std::uint64_t>();
        record.order.id = in.take<ClientOrderId>();
        break;
      case RecordKind::OrderEvent: {
        OrderEvent& e = record.event;
        record.time = e.local_time = in.take<UnixNanos>();
        record.request = in.take<std::uint64_t>();
        e.id = in.take<ClientOrderId>();
        e.time = in.take<UnixNanos>();
        e.instrument = in.take<InstrumentIndex>();
        e.kind = in.take<OrderEventKind>();
        e.side = in.take<Side>();
        e.liquidity = in.take<Liquidity>();
        e.reason = in.take<RejectReason>();
        e.leaves.value = in.take<std::int64_t>();
        if (e.kind == OrderEventKind::Filled) {
          e.price.value = in.take<std::int64_t>();
          e.quantity.value = in.take<std::int64_t>();
          e.fee.value = in.take<Int128>();
        }
        break;
      }
      case RecordKind::Log:
      case RecordKind::Operator:
        record.time = in.take<UnixNanos>();
        record.text = in.left;
        break;
      case RecordKind::End:
        record.time = in.take<UnixNanos>();
        record.messages = in.take<std::uint64_t>();
        break;
      default:
        in.ok = false;
    }
    if (!in.ok)
      return fail(Errc::BadData, fmt::format("{}: record {} cannot be read", path.string(), out.size()),
                  "the file is not one of ours, or a bug");
    out.push_back(std::move(record));
  }
  return out;
}

}  // namespace stom
