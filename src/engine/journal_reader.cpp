#include "engine/journal_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "core/assert.hpp"
#include "core/mapped_part.hpp"
#include "engine/journal_codec.hpp"
#include "engine/journal_file.hpp"
#include "engine/journal_segment.hpp"

namespace stom {
namespace {

constexpr std::size_t kBlock = std::size_t{1}
                               << 18;  // what is read at a time: it stays in the cache until it is used up
constexpr std::size_t kSearched = std::size_t{1} << 20;  // behind a place that is none, for a record that is whole
constexpr std::size_t kMapped = std::size_t{1} << 22;    // what is looked at in its place; a multiple of any page

/// Back to what it is before anything is read into it; a text keeps its room.
void clear(JournalRecord& record) {
  switch (record.kind) {
    case RecordKind::Submit:
    case RecordKind::Cancel:
    case RecordKind::Named:
      record.order = {};
      break;
    case RecordKind::OrderEvent:
      record.event = {};
      break;
    default:
      break;
  }
  record.time = 0;
  record.request = record.messages = 0;
  record.text.clear();
  record.instrument = 0;
  record.quantity = {};
}

/// False: this version knows no such record.
bool decode(std::string_view payload, JournalAnchor& anchor, JournalRecord& record) {
  clear(record);
  Reader in{payload};
  std::uint8_t kind = 0;
  in.byte(kind);
  record.kind = static_cast<RecordKind>(kind);
  switch (record.kind) {
    case RecordKind::Configuration:
      record.text = in.left;
      return in.ok;
    case RecordKind::Submit:
      request_fields(in, anchor, record.time, record.request, record.order.id);
      order_fields(in, anchor, record.order);
      return in.ok;
    case RecordKind::Cancel:
      request_fields(in, anchor, record.time, record.request, record.order.id);
      return in.ok;
    case RecordKind::OrderEvent:
      request_fields(in, anchor, record.time, record.request, record.event.id);
      record.event.local_time = record.time;
      event_fields(in, anchor, record.event);
      return in.ok;
    case RecordKind::Log:
    case RecordKind::Operator:
    case RecordKind::Restart:
    case RecordKind::Difference:
      in.difference(record.time, anchor.time);
      record.text = in.left;
      return in.ok;
    case RecordKind::End:
      in.difference(record.time, anchor.time);
      in.number(record.messages);
      return in.ok;
    case RecordKind::Named:
      in.difference(record.time, anchor.time);
      in.difference(record.order.id, anchor.id);
      record.text = in.left;
      return in.ok;
    case RecordKind::OthersHold:
      in.difference(record.time, anchor.time);
      in.number(record.instrument);
      in.number(record.quantity.value);
      return in.ok;
  }
  return false;
}

}  // namespace

struct JournalReader::State {
  JournalFile file;
  bool sums = false;
  std::vector<char> buffer = std::vector<char>(kBlock);
  std::uint64_t at = kJournalMagic.size();     // of the buffer, in the journal
  std::size_t begin = 0, end = 0, summed = 0;  // of what is not handed over yet; so much of the buffer is in the sums
  std::uint64_t records = 0;
  JournalAnchor anchor;
  StripedCrc check;
  Sha256 hash;
  JournalRecord record;
  Result<void> status;

  State(JournalFile of, bool keeps_sums) : file{std::move(of)}, sums{keeps_sums} {}

  void sum_up() {
    if (sums && summed < begin) {
      const std::string_view bytes{buffer.data() + summed, begin - summed};
      check.update(bytes);
      hash.update(bytes);
    }
    summed = begin;
  }

  /// 0: the journal ends there, or cannot be read (status).
  std::size_t read(char* into, std::size_t most, std::uint64_t from) {
    const auto n = file.read(into, most, from);
    if (n) return *n;
    status = std::unexpected(n.error());
    return 0;
  }

  /// So much of what comes next is in the buffer; false: the file has less.
  bool fill(std::size_t need) {
    sum_up();
    std::memmove(buffer.data(), buffer.data() + begin, end - begin);
    at += begin;
    end -= begin;
    begin = summed = 0;
    if (need > buffer.size()) {
      if (at + need > file.size()) return false;  // whatever a torn record says of its length
      buffer.resize(need);
    }
    while (end < need) {
      const std::size_t n = read(buffer.data() + end, buffer.size() - end, at + end);
      if (n == 0) return false;
      end += n;
    }
    return true;
  }

  /// Empty: there is no whole record.
  std::string_view payload() {
    if (end - begin < kFrame && !fill(kFrame)) return {};
    std::uint32_t length = 0, crc = 0;
    std::memcpy(&length, buffer.data() + begin, 4);
    std::memcpy(&crc, buffer.data() + begin + 4, 4);
    if (length == 0 || (end - begin - kFrame < length && !fill(kFrame + length))) return {};
    const std::string_view bytes{buffer.data() + begin + kFrame, length};
    if (checksum(bytes) != crc) return {};
    begin += kFrame + length;
    return bytes;
  }
};

Result<JournalReader> JournalReader::open(const std::filesystem::path& path, Sums sums) {
  auto file = JournalFile::open(path);
  if (!file) return std::unexpected(file.error());
  return JournalReader{std::make_unique<State>(std::move(*file), sums == Sums::Kept)};
}

JournalReader::JournalReader(std::unique_ptr<State> state) : state_{std::move(state)} {}
JournalReader::~JournalReader() = default;
JournalReader::JournalReader(JournalReader&&) noexcept = default;
JournalReader& JournalReader::operator=(JournalReader&&) noexcept = default;

const JournalRecord* JournalReader::next() {
  State& s = *state_;
  if (!s.status) return nullptr;
  const std::string_view payload = s.payload();
  if (payload.empty()) {
    s.end = s.begin;                                        // what follows may be written by now: it is read again
    if (s.status && s.at + s.begin < s.file.begin().bytes)  // a journal ends in its newest segment alone
      s.status =
          segment_failure(Errc::BadData, s.file.path(),
                          fmt::format("has a segment that is spoiled: record {} is not what was written", s.records));
    return nullptr;
  }
  if (!decode(payload, s.anchor, s.record)) {
    s.status = fail(Errc::BadData, fmt::format("{}: record {} cannot be read", s.file.path().string(), s.records),
                    "a newer stom may have written it: update stom; else the file is not one of ours");
    return nullptr;
  }
  ++s.records;
  return &s.record;
}

const Result<void>& JournalReader::status() const { return state_->status; }

Result<void> JournalReader::check_end() {
  State& s = *state_;
  const std::uint64_t place = s.at + s.begin, size = s.file.size();
  std::vector<char> behind(
      static_cast<std::size_t>(std::min<std::uint64_t>(kSearched, size > place ? size - place : 0)));
  std::size_t have = 0;
  for (std::size_t n = 1; n > 0 && s.status && have < behind.size(); have += n)
    n = s.read(behind.data() + have, behind.size() - have, place + have);
  if (!s.status) return s.status;
  const std::string_view bytes{behind.data(), have};
  std::size_t from = 1;
  while (from < bytes.size() && whole_records(bytes.substr(from)) == 0) ++from;
  if (from >= bytes.size()) return {};
  // Of a journal that is being written the one before may be whole by now.
  const std::string_view payload = s.payload();
  if (!payload.empty()) {
    s.begin -= kFrame + payload.size();  // not handed over yet
    return {};
  }
  s.end = s.begin;
  if (!s.status) return s.status;
  return segment_failure(
      Errc::BadData, s.file.path(),
      fmt::format("is spoiled: record {} is not what was written, and whole ones stand behind it", s.records));
}

const std::filesystem::path& JournalReader::path() const { return state_->file.path(); }
std::uint64_t JournalReader::segment() const { return state_->file.number(); }
std::uint64_t JournalReader::position_in_file() const { return state_->file.in_file(state_->at + state_->begin); }

JournalPosition JournalReader::position() {
  State& s = *state_;
  s.sum_up();
  return {
      .records = s.records, .bytes = s.at + s.begin, .anchor = s.anchor, .check = s.check, .hash = s.hash.progress()};
}

bool JournalReader::skip_to(const JournalPosition& position) {
  State& s = *state_;
  STOM_ASSERT(s.records == 0 && s.end == 0);
  if (s.file.size() < position.bytes) return false;
  const auto begin = s.file.begin_before(position.bytes);
  if (!begin) {
    s.status = std::unexpected(begin.error());
    return false;
  }
  StripedCrc check = begin->check;
  for (std::uint64_t at = begin->bytes; at < position.bytes;) {
    if (at >= s.file.begin().bytes) {
      const std::uint64_t here = s.file.in_file(at), end = s.file.in_file(position.bytes);
      const std::uint64_t from = here / kMapped * kMapped;
      const MappedPart part{s.file.descriptor(), from,
                            static_cast<std::size_t>(std::min<std::uint64_t>(kMapped, end - from))};
      if (!part.bytes().empty()) {
        check.update(part.bytes().substr(static_cast<std::size_t>(here - from)));
        at += from + part.bytes().size() - here;
        continue;
      }
    }
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(s.buffer.size(), position.bytes - at));
    const std::size_t n = s.read(s.buffer.data(), most, at);
    if (n == 0) return false;
    check.update({s.buffer.data(), n});
    at += n;
  }
  if (check != position.check) return false;
  go_to(position);
  return true;
}

void JournalReader::go_to(const JournalPosition& position) {
  State& s = *state_;
  STOM_ASSERT(s.records == 0 && s.end == 0);
  s.at = position.bytes;
  s.records = position.records;
  s.anchor = position.anchor;
  s.check = position.check;
  s.hash = Sha256{position.hash};
}

}  // namespace stom
