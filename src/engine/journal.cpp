#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "core/assert.hpp"

namespace stom {
namespace {

constexpr std::string_view kMagic = "STOMJRN2";
constexpr std::size_t kMostFields = 256;                // bytes of the fields of any record, at their longest
constexpr std::size_t kFrame = 8;                       // length and checksum before each payload
constexpr std::size_t kFlushAt = std::size_t{1} << 16;  // so that what is hashed is still in the cache

using Uint128 = unsigned __int128;

/// Whatever the bytes of a file say, a difference of two numbers is no error here: it wraps around.
constexpr std::int64_t wrapped(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// What the numbers of the next record are counted from: those of the records before it.
struct Anchor {
  UnixNanos time = 0;
  std::uint64_t request = 0;
  ClientOrderId id = 0;
  std::int64_t price = 0;
};

/// Fields of a record as variable-length integers (LEB128, signed ones in zigzag), onto a buffer that is large enough.
struct Writer {
  char* at;

  void byte(const std::uint8_t& value) { *at++ = static_cast<char>(value); }
  void number(const Int128& value) {
    auto bits = static_cast<Uint128>(value) << 1 ^ static_cast<Uint128>(value >> 127);
    for (; bits >= 128; bits >>= 7) *at++ = static_cast<char>(static_cast<std::uint8_t>(bits) | 128);
    *at++ = static_cast<char>(bits);
  }
  template <class T>
  void number(const T& value) {
    const auto number = static_cast<std::int64_t>(value);
    auto bits = static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63);
    for (; bits >= 128; bits >>= 7) *at++ = static_cast<char>(static_cast<std::uint8_t>(bits) | 128);
    *at++ = static_cast<char>(bits);
  }
  template <class T>
  void difference(const T& value, T& from) {
    number(wrapped(static_cast<std::int64_t>(value), static_cast<std::int64_t>(from)));
    from = value;
  }
};

/// The same fields back; `ok` turns false past the end or where a number is too long.
struct Reader {
  std::string_view left;
  bool ok = true;

  void byte(std::uint8_t& value) {
    if (left.empty()) {
      ok = false;
      return;
    }
    value = static_cast<std::uint8_t>(left.front());
    left.remove_prefix(1);
  }
  void number(Int128& value) {
    Uint128 bits = 0;
    std::uint8_t next = 128;
    for (int shift = 0; next >= 128 && ok; shift += 7) {
      if (shift >= 128) ok = false;
      byte(next);
      if (ok) bits |= static_cast<Uint128>(next & 127) << shift;
    }
    value = static_cast<Int128>(bits >> 1) ^ -static_cast<Int128>(bits & 1);
  }
  template <class T>
  void number(T& value) {
    Int128 wide{};
    number(wide);
    value = static_cast<T>(static_cast<std::int64_t>(wide));
    if (static_cast<Int128>(static_cast<std::int64_t>(wide)) != wide) ok = false;
  }
  template <class T>
  void difference(T& value, T& from) {
    std::int64_t by = 0;
    number(by);
    value = from = static_cast<T>(wrapped(static_cast<std::int64_t>(from), wrapped(0, by)));
  }
};

/// Two small enumerations in one byte.
template <class Io, class A, class B>
void pair(Io& io, A& low, B& high) {
  auto both = static_cast<std::uint8_t>(static_cast<unsigned>(low) | static_cast<unsigned>(high) << 4);
  io.byte(both);
  low = static_cast<A>(both & 15);
  high = static_cast<B>(both >> 4);
}

// One description of each record, for writing and for reading.

template <class Io>
void request_fields(Io& io, Anchor& anchor, UnixNanos& time, std::uint64_t& request, ClientOrderId& id) {
  io.difference(time, anchor.time);
  io.difference(request, anchor.request);
  io.difference(id, anchor.id);
}

template <class Io>
void order_fields(Io& io, Anchor& anchor, NewOrder& o) {
  auto flags = static_cast<std::uint8_t>(static_cast<unsigned>(o.side) | o.post_only << 1 | o.reduce_only << 2);
  io.byte(flags);
  o.side = static_cast<Side>(flags & 1);
  o.post_only = flags & 2;
  o.reduce_only = flags & 4;
  pair(io, o.type, o.time_in_force);
  io.number(o.instrument);
  io.number(o.quantity.value);
  io.difference(o.price.value, anchor.price);
  // What few orders have: a bit each, then those there are.
  auto until_never = wrapped(kNever, o.expire_time);
  auto choices = static_cast<std::int64_t>(static_cast<unsigned>(o.trigger_by) | static_cast<unsigned>(o.size_by) << 4 |
                                           static_cast<unsigned>(o.bar_fill) << 8);
  const std::array rare{&o.trigger_price.value, &o.trail.value,      &o.display.value, &until_never, &choices,
                        &o.stop_loss.value,     &o.take_profit.value};
  std::uint8_t present = 0;
  for (std::size_t i = 0; i < rare.size(); ++i) present |= static_cast<std::uint8_t>((*rare[i] != 0) << i);
  io.byte(present);
  for (std::size_t i = 0; i < rare.size(); ++i)
    if (present >> i & 1) io.number(*rare[i]);
  o.expire_time = wrapped(kNever, until_never);
  o.trigger_by = static_cast<TriggerBy>(choices & 15);
  o.size_by = static_cast<SizeBy>(choices >> 4 & 15);
  o.bar_fill = static_cast<BarFill>(choices >> 8);
}

template <class Io>
void event_fields(Io& io, Anchor& anchor, OrderEvent& e) {
  auto under_way = wrapped(e.local_time, e.time);
  io.number(under_way);
  e.time = wrapped(e.local_time, under_way);
  auto who = static_cast<std::uint8_t>(static_cast<unsigned>(e.side) | static_cast<unsigned>(e.liquidity) << 1);
  pair(io, e.kind, who);
  e.side = static_cast<Side>(who & 1);
  e.liquidity = static_cast<Liquidity>(who >> 1 & 1);
  auto reason = static_cast<std::uint8_t>(e.reason);
  io.byte(reason);
  e.reason = static_cast<RejectReason>(reason);
  io.number(e.instrument);
  io.number(e.leaves.value);
  if (e.kind != OrderEventKind::Filled) return;
  io.difference(e.price.value, anchor.price);
  io.number(e.quantity.value);
  io.number(e.fee.value);
}

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
  Anchor anchor;
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

void Journal::put(RecordKind kind, const char* data, std::size_t size, std::string_view text) {
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

void Journal::submit(UnixNanos now, std::uint64_t request, const NewOrder& order) {
  std::array<char, kMostFields> bytes;
  Writer out{bytes.data()};
  NewOrder o = order;
  request_fields(out, state_->anchor, now, request, o.id);
  order_fields(out, state_->anchor, o);
  put(RecordKind::Submit, bytes.data(), static_cast<std::size_t>(out.at - bytes.data()));
}

void Journal::cancel(UnixNanos now, std::uint64_t request, ClientOrderId id) {
  std::array<char, kMostFields> bytes;
  Writer out{bytes.data()};
  request_fields(out, state_->anchor, now, request, id);
  put(RecordKind::Cancel, bytes.data(), static_cast<std::size_t>(out.at - bytes.data()));
}

void Journal::event(const OrderEvent& event, std::uint64_t request) {
  std::array<char, kMostFields> bytes;
  Writer out{bytes.data()};
  OrderEvent e = event;
  request_fields(out, state_->anchor, e.local_time, request, e.id);
  event_fields(out, state_->anchor, e);
  put(RecordKind::OrderEvent, bytes.data(), static_cast<std::size_t>(out.at - bytes.data()));
}

void Journal::put_at(RecordKind kind, UnixNanos now, std::string_view text) {
  std::array<char, kMostFields> bytes;
  Writer out{bytes.data()};
  out.difference(now, state_->anchor.time);
  put(kind, bytes.data(), static_cast<std::size_t>(out.at - bytes.data()), text);
}

void Journal::log(UnixNanos now, std::string_view line) { put_at(RecordKind::Log, now, line); }
void Journal::operator_command(UnixNanos now, std::string_view command) { put_at(RecordKind::Operator, now, command); }

void Journal::end(UnixNanos now, std::uint64_t messages) {
  std::array<char, kMostFields> bytes;
  Writer out{bytes.data()};
  out.difference(now, state_->anchor.time);
  out.number(messages);
  put(RecordKind::End, bytes.data(), static_cast<std::size_t>(out.at - bytes.data()));
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
  Anchor anchor;
  for (std::size_t at = kMagic.size(); at < bytes->size();) {
    const std::string_view payload = payload_at(*bytes, at);
    at += kFrame + payload.size();
    Reader in{payload};
    JournalRecord record;
    std::uint8_t kind = 0;
    in.byte(kind);
    record.kind = static_cast<RecordKind>(kind);
    switch (record.kind) {
      case RecordKind::Configuration:
        record.text = in.left;
        break;
      case RecordKind::Submit:
        request_fields(in, anchor, record.time, record.request, record.order.id);
        order_fields(in, anchor, record.order);
        break;
      case RecordKind::Cancel:
        request_fields(in, anchor, record.time, record.request, record.order.id);
        break;
      case RecordKind::OrderEvent:
        request_fields(in, anchor, record.time, record.request, record.event.id);
        record.event.local_time = record.time;
        event_fields(in, anchor, record.event);
        break;
      case RecordKind::Log:
      case RecordKind::Operator:
        in.difference(record.time, anchor.time);
        record.text = in.left;
        break;
      case RecordKind::End:
        in.difference(record.time, anchor.time);
        in.number(record.messages);
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
