#include "engine/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/assert.hpp"
#include "engine/journal_bytes.hpp"

namespace stom {
namespace {

constexpr std::string_view kMagic = kJournalMagic;
constexpr std::size_t kMostFields = 256;  // bytes of the fields of any record, at their longest
constexpr std::size_t kFrame = 8;         // length and checksum before each payload
// Records leave when so many bytes have come together: small enough to be in the cache still when they are hashed, and,
// where a thousand runs keep their hash only, for all of them.
constexpr std::size_t kFileBuffer = std::size_t{1} << 16;
constexpr std::size_t kHashBuffer = std::size_t{1} << 10;
// Of a run whose records are handed over one by one, each behind a decision: they are hashed together.
constexpr std::size_t kHashedTogether = std::size_t{1} << 12;

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

/// The smallest first byte of a number that says how many bytes follow, 1 to 16; smaller ones are the number.
constexpr std::uint8_t kLongNumber = 240;

/// Fields of a record, onto a buffer with room for the longest. Numbers are signed in zigzag (0, -1, 1, -2 ...).
struct Writer {
  char* at;

  void byte(const std::uint8_t& value) { *at++ = static_cast<char>(value); }
  void number(const Int128& value) {
    const auto bits = static_cast<Uint128>(value) << 1 ^ static_cast<Uint128>(value >> 127);
    const auto low = static_cast<std::uint64_t>(bits), high = static_cast<std::uint64_t>(bits >> 64);
    if (high == 0) return unsigned_number(low);
    const auto bytes = static_cast<std::uint8_t>(8 + (71 - std::countl_zero(high)) / 8);
    byte(kLongNumber + bytes - 1);
    std::memcpy(at, &low, 8);
    std::memcpy(at + 8, &high, 8);
    at += bytes;
  }
  template <class T>
  void number(const T& value) {
    const auto number = static_cast<std::int64_t>(value);
    unsigned_number(static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63));
  }
  template <class T>
  void difference(const T& value, T& from) {
    number(wrapped(static_cast<std::int64_t>(value), static_cast<std::int64_t>(from)));
    from = value;
  }

 private:
  void unsigned_number(std::uint64_t bits) {
    if (bits < kLongNumber) return byte(static_cast<std::uint8_t>(bits));
    const auto bytes = static_cast<std::uint8_t>((71 - std::countl_zero(bits)) / 8);
    byte(kLongNumber + bytes - 1);
    std::memcpy(at, &bits, 8);  // what is too many is written over by the next field
    at += bytes;
  }
};

/// The same fields back; `ok` turns false past the end or where a number is too long for its place.
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
    std::uint8_t first = 0;
    byte(first);
    Uint128 bits = first;
    if (first >= kLongNumber) {
      const std::size_t bytes = first - kLongNumber + std::size_t{1};
      bits = 0;
      if (bytes > left.size()) {
        ok = false;
      } else {
        std::memcpy(&bits, left.data(), bytes);
        left.remove_prefix(bytes);
      }
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
  const bool held = e.reason == RejectReason::Held;
  if (!held && e.kind != OrderEventKind::Filled && e.kind != OrderEventKind::Funding) return;
  io.difference(e.price.value, anchor.price);
  if (held) return;
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

/// The bytes of a journal file up to its last whole record, and those behind it.
struct Contents {
  std::string whole, torn;
};
Result<Contents> contents_of(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return fail(Errc::NotFound, fmt::format("no journal at {}", path.string()),
                "is this the folder of a run? stom backtest list shows them");
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (bytes.size() < kMagic.size())
    return Contents{std::string{kMagic}, std::move(bytes)};  // killed before the first record
  if (!bytes.starts_with(kMagic.substr(0, 7)))
    return fail(Errc::BadData, fmt::format("{} is not a journal", path.string()),
                "a run keeps its own as journal.stom");
  if (bytes[7] != kMagic[7]) {
    return fail(Errc::Newer, fmt::format("{} was written by another version (format {})", path.string(), bytes[7]),
                "update stom");
  }
  const std::size_t at = kMagic.size() + whole_records(std::string_view{bytes}.substr(kMagic.size()));
  Contents contents{{}, bytes.substr(at)};
  bytes.resize(at);
  contents.whole = std::move(bytes);
  return contents;
}

/// Hands over each record of a journal's whole bytes; `anchor` is where the next record counts from.
Result<void> each_record(const std::filesystem::path& path, std::string_view bytes, Anchor& anchor,
                         const std::function<void(const JournalRecord&)>& each) {
  std::uint64_t number = 0;
  for (std::size_t at = kMagic.size(); at < bytes.size(); ++number) {
    const std::string_view payload = payload_at(bytes, at);
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
      case RecordKind::Restart:
      case RecordKind::Difference:
        in.difference(record.time, anchor.time);
        record.text = in.left;
        break;
      case RecordKind::End:
        in.difference(record.time, anchor.time);
        in.number(record.messages);
        break;
      case RecordKind::Named:
        in.difference(record.time, anchor.time);
        in.difference(record.order.id, anchor.id);
        record.text = in.left;
        break;
      case RecordKind::OthersHold:
        in.difference(record.time, anchor.time);
        in.number(record.instrument);
        in.number(record.quantity.value);
        break;
      default:
        in.ok = false;
    }
    if (!in.ok)
      return fail(Errc::BadData, fmt::format("{}: record {} cannot be read", path.string(), number),
                  "a newer stom may have written it: update stom; else the file is not one of ours");
    each(record);
  }
  return {};
}

}  // namespace

struct Journal::State {
  Sha256 sha;
  std::vector<char> buffer;
  std::size_t used = 0, written = 0;  // bytes of it; so many of them were handed to the file
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

  /// Room for a record with `text_size` bytes besides its numbers; the place of its kind.
  char* room(std::size_t text_size) {
    const std::size_t most = kFrame + 1 + kMostFields + text_size;
    const std::size_t size = file >= 0 ? kFileBuffer : kHashBuffer;
    if (used + most > size) drain();
    if (used + most > buffer.size()) buffer.resize(std::max(most, size));
    return buffer.data() + used + kFrame;
  }

  /// The record that ends at `end` is whole. Its checksum waits for write(): here it would wait for the stores.
  void add(const char* end) {
    const auto length = static_cast<std::uint32_t>(end - (buffer.data() + used) - static_cast<std::ptrdiff_t>(kFrame));
    std::memcpy(buffer.data() + used, &length, 4);
    used += kFrame + length;
    ++records;
  }

  void drain() {
    if (used == 0) return;
    write();
    sha.update(std::string_view{buffer.data(), used});
    used = written = 0;
  }

  void write() {
    for (std::size_t at = written; at < used;) {
      std::uint32_t length = 0;
      std::memcpy(&length, buffer.data() + at, 4);
      const std::uint32_t crc = checksum({buffer.data() + at + kFrame, length});
      std::memcpy(buffer.data() + at + 4, &crc, 4);
      at += kFrame + length;
    }
    std::string_view bytes{buffer.data() + written, used - written};
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
    written = used;
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
    auto bytes = contents_of(path);
    if (!bytes) return std::unexpected(bytes.error());
    state_->expected = bytes->whole.substr(kMagic.size());
  }
  return begin(path, state_->expected.size());
}

Result<void> Journal::begin(const std::filesystem::path& path, std::size_t kept) {
  state_->file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  const auto length = static_cast<off_t>(kMagic.size() + kept);
  if (state_->file < 0 ||
      ::pwrite(state_->file, kMagic.data(), kMagic.size(), 0) != static_cast<ssize_t>(kMagic.size()) ||
      ::ftruncate(state_->file, length) != 0 || ::lseek(state_->file, length, SEEK_SET) != length) {
    return fail(Errc::Io, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
                "check the folder's permissions and disk space");
  }
  return {};
}

Result<std::size_t> Journal::go_on(const std::filesystem::path& path,
                                   const std::function<void(const JournalRecord&)>& each) {
  STOM_ASSERT(state_->records == 0);
  state_->path = path.string();
  const auto bytes = contents_of(path);
  if (!bytes) return std::unexpected(bytes.error());
  auto read = each_record(path, bytes->whole, state_->anchor, [&](const JournalRecord& record) {
    ++state_->records;
    each(record);
  });
  if (!read) return std::unexpected(read.error());
  if (!bytes->torn.empty()) {
    const std::string beside = path.string() + ".cut";
    std::ofstream cut{beside, std::ios::binary | std::ios::app};
    if (!(cut << bytes->torn << std::flush))
      return fail(Errc::Io, fmt::format("cannot write {}", beside), "check the folder's permissions and disk space");
  }
  const auto records = std::string_view{bytes->whole}.substr(kMagic.size());
  state_->sha.update(records);
  if (auto begun = begin(path, records.size()); !begun) return std::unexpected(begun.error());
  return bytes->torn.size();
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

Result<void> Journal::hand_over() {
  state_->write();
  if (state_->used >= kHashedTogether) state_->drain();
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

std::uint64_t Journal::records() const { return state_->records; }

std::string Journal::hash() {
  state_->drain();
  return state_->sha.hex();
}

bool Journal::diverged() const { return state_->diverged; }

Result<void> for_each_record(const std::filesystem::path& path, const std::function<void(const JournalRecord&)>& each) {
  const auto bytes = contents_of(path);
  if (!bytes) return std::unexpected(bytes.error());
  Anchor anchor;
  return each_record(path, bytes->whole, anchor, each);
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
  auto contents = contents_of(path);
  if (!contents) return std::unexpected(contents.error());
  return std::move(contents->whole);
}

Result<std::vector<JournalRecord>> read_journal(const std::filesystem::path& path) {
  std::vector<JournalRecord> out;
  const auto read = for_each_record(path, [&](const JournalRecord& record) { out.push_back(record); });
  if (!read) return std::unexpected(read.error());
  return out;
}

}  // namespace stom
