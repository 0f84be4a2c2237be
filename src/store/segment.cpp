// Segment files (segment.hpp; docs/store-format.md). The decisions: what is a torn tail and what is damage stands in
// read_index(); how a column is written stands in encode_column().
#include "store/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "core/assert.hpp"
#include "core/hash.hpp"

namespace stom::store {
namespace {

constexpr const char* kImportAgain =
    "bring the file back, or delete what is left of it (stom data delete) and import it again";

constexpr std::uint64_t kFileMagic = 0x415441444D4F5453;    // "STOMDATA", little-endian
constexpr std::uint64_t kCommitMagic = 0x54494D4D4F434053;  // "S@COMMIT"
constexpr std::uint32_t kBlockMagic = 0x4B4C4253;           // "SBLK"

constexpr std::size_t kFileHeadFixed = 28;
constexpr std::size_t kBlockHeadFixed = 88;
constexpr std::size_t kEntryBytes = 12;
constexpr std::size_t kMaxBlockHead = kBlockHeadFixed + kEntryBytes * kColumns + 4;
constexpr std::size_t kCommitBytes = 112;
constexpr std::size_t kWriteAtOnce = 1u << 20;
constexpr std::uint8_t kNoReference = 0xFF;
constexpr std::uint8_t kShifted = 0x80;  // relative to the row before

constexpr std::uint64_t aligned(std::uint64_t n) { return (n + 7) & ~std::uint64_t{7}; }

template <class T>
void put(std::vector<std::byte>& out, T value) {
  const auto at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
}
template <class T>
T get(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

std::int64_t default_of(std::size_t column) {
  return column == kTransactionTime || column == kEventTime || column == kReceiveTime ? kNoTime : 0;
}
bool is_level_column(std::size_t column) { return column == kPrice || column == kQuantity; }

constexpr std::uint32_t kTickColumns = column_bit(kBarTime) - 1;
constexpr std::uint32_t kBarColumns = kAllColumns & ~kTickColumns;
constexpr std::uint32_t columns_of(std::uint8_t kind) { return kind == kBarKind ? kBarColumns : kTickColumns; }

void widen(UnixNanos& least, UnixNanos& greatest, UnixNanos time) {
  if (time == kNoTime) return;
  least = std::min(least, time);
  greatest = std::max(greatest, time);
}

std::vector<std::byte> encode_file_head(const SegmentInfo& info) {
  std::vector<std::byte> out;
  const auto bytes = aligned(kFileHeadFixed + info.instrument.size() + info.spec.size() + 4);
  put<std::uint64_t>(out, kFileMagic);
  put<std::uint32_t>(out, kFormatVersion);
  put<std::uint32_t>(out, static_cast<std::uint32_t>(bytes));
  put<std::uint8_t>(out, static_cast<std::uint8_t>(info.type));
  put<std::uint8_t>(out, info.adjusted);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(info.price_decimals));
  put<std::uint8_t>(out, static_cast<std::uint8_t>(info.quantity_decimals));
  put<std::int32_t>(out, info.day);
  put<std::uint16_t>(out, static_cast<std::uint16_t>(info.instrument.size()));
  put<std::uint16_t>(out, static_cast<std::uint16_t>(info.spec.size()));
  for (const char c : info.instrument) out.push_back(static_cast<std::byte>(c));
  for (const char c : info.spec) out.push_back(static_cast<std::byte>(c));
  out.resize(bytes - 4);
  put<std::uint32_t>(out, crc32c(out));
  return out;
}

void put_bounds(std::vector<std::byte>& out, const TimeBounds& b) {
  for (const UnixNanos t : {b.min_receive, b.max_receive, b.min_venue, b.max_venue}) put<std::int64_t>(out, t);
}

std::vector<std::byte> encode_commit(std::uint64_t offset, std::uint64_t previous, std::uint32_t blocks,
                                     const SegmentFigures& f) {
  std::vector<std::byte> out;
  put<std::uint64_t>(out, kCommitMagic);
  put<std::uint64_t>(out, offset);
  put<std::uint64_t>(out, previous);
  for (const auto count : f.counts) put<std::uint64_t>(out, count);
  put<std::uint64_t>(out, f.levels);
  put<std::uint64_t>(out, f.next_sequence);
  put<std::int64_t>(out, f.first_time);
  put<std::int64_t>(out, f.last_time);
  put<std::uint32_t>(out, blocks);
  put<std::uint32_t>(out, crc32c(out));
  STOM_ASSERT(out.size() == kCommitBytes);
  return out;
}

bool decode_commit(const std::byte* from, std::uint64_t offset, SegmentFigures& f) {
  if (get<std::uint64_t>(from) != kCommitMagic || get<std::uint64_t>(from + 8) != offset ||
      get<std::uint32_t>(from + kCommitBytes - 4) != crc32c({from, kCommitBytes - 4}))
    return false;
  for (std::size_t k = 0; k < kKinds; ++k) f.counts[k] = get<std::uint64_t>(from + 24 + 8 * k);
  f.levels = get<std::uint64_t>(from + 72);
  f.next_sequence = get<std::uint64_t>(from + 80);
  f.first_time = get<std::int64_t>(from + 88);
  f.last_time = get<std::int64_t>(from + 96);
  f.bytes = offset + kCommitBytes;
  return true;
}

// Which earlier columns a column may be written relative to: they move together. Shifted = the row before.
struct Relation {
  Column column;
  Column reference;
  bool shifted;
};
constexpr Relation kRelations[] = {
    {kEventTime, kTransactionTime, false},
    {kReceiveTime, kEventTime, false},
    {kReceiveTime, kTransactionTime, false},
    {kFinalUpdateId, kFirstUpdateId, false},
    {kPreviousUpdateId, kFinalUpdateId, false},
    {kPreviousUpdateId, kFinalUpdateId, true},
    {kHigh, kOpen, false},
    {kLow, kOpen, false},
    {kClose, kOpen, false},
};

std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

// ---------------------------------------------------------------------------------------------------- writing

Result<SegmentWriter> SegmentWriter::create(const std::filesystem::path& path, const SegmentInfo& info) {
  auto file = File::create(path);
  if (!file) return std::unexpected(file.error());
  SegmentWriter writer;
  writer.file_ = std::move(*file);
  writer.info_ = info;
  writer.out_ = encode_file_head(info);
  return writer;
}

Result<SegmentWriter> SegmentWriter::open(const std::filesystem::path& path, const SegmentInfo& info) {
  auto reader = SegmentReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  auto file = File::open_write(path);
  if (!file) return std::unexpected(file.error());
  SegmentWriter writer;
  writer.file_ = std::move(*file);
  writer.info_ = info;
  if (reader->committed().bytes == 0) {  // killed before its first commit
    if (auto cut = writer.file_.truncate(0); !cut) return std::unexpected(cut.error());
    writer.out_ = encode_file_head(info);
    return writer;
  }
  if (reader->info() != info)
    return fail(Errc::Usage,
                fmt::format("{} holds {} with {} price and {} quantity decimals, not {} with {} and {}", path.string(),
                            reader->info().instrument, reader->info().price_decimals, reader->info().quantity_decimals,
                            info.instrument, info.price_decimals, info.quantity_decimals),
                "write it with the decimals it was begun with");
  writer.committed_ = writer.now_ = reader->committed();
  writer.last_commit_ = reader->last_commit();
  writer.end_ = writer.committed_.bytes;
  if (reader->uncommitted_bytes() > 0)
    if (auto cut = writer.file_.truncate(writer.end_); !cut) return std::unexpected(cut.error());
  return writer;
}

// The first failure said why; until rollback() nothing is known of what reached the disk.
std::unexpected<Error> SegmentWriter::after_failure() const {
  return fail(Errc::Io, fmt::format("{} takes nothing more since a write failed", file_.path().string()),
              "roll back to the last commit, then go on");
}

Result<void> SegmentWriter::append(const Message& m, std::span<const Level> levels) {
  STOM_ASSERT(info_.type == SegmentType::Ticks);
  if (failed_) return after_failure();
  const auto kind = static_cast<std::uint8_t>(m.kind);
  if (kind >= kBarKind || levels.size() != m.levels() || levels.size() > kMaxColumn / 2)
    return fail(Errc::BadData, "a message whose kind or number of levels does not fit",
                "this is a fault of what produced it, not of the store");
  Buffer& b = buffers_[kind];
  if (b.rows > 0 && (b.rows >= kBlockRows || b.levels + levels.size() > kBlockLevels))
    if (auto flushed = flush(kind); !flushed) return flushed;
  if (b.columns[kReceiveTime].size() != b.rows)  // trades came as columns before
    for (std::size_t c = 0; c <= kAsks; ++c) b.columns[c].resize(b.rows, default_of(c));
  const std::int64_t row[] = {static_cast<std::int64_t>(now_.next_sequence),
                              m.transaction_time,
                              m.event_time,
                              m.receive_time,
                              m.first_update_id,
                              m.final_update_id,
                              m.previous_update_id,
                              m.flags,
                              m.bids,
                              m.asks};
  for (std::size_t c = 0; c < std::size(row); ++c) b.columns[c].push_back(row[c]);
  for (const Level& level : levels) {
    b.columns[kPrice].push_back(level.price.value);
    b.columns[kQuantity].push_back(level.quantity.value);
  }
  ++b.rows;
  b.levels += levels.size();
  const UnixNanos venue = m.venue_time();
  const UnixNanos time = m.receive_time != kNoTime ? m.receive_time : venue;
  widen(b.bounds.min_receive, b.bounds.max_receive, m.receive_time);
  widen(b.bounds.min_venue, b.bounds.max_venue, venue);
  widen(b.first_time, b.last_time, time);
  widen(now_.first_time, now_.last_time, time);
  ++now_.counts[kind];
  now_.levels += levels.size();
  ++now_.next_sequence;
  dirty_ = true;
  return {};
}

Result<void> SegmentWriter::append_trades(const TradeColumns& trades) {
  STOM_ASSERT(info_.type == SegmentType::Ticks);
  if (failed_) return after_failure();
  constexpr auto kTrade = static_cast<std::uint8_t>(MessageKind::Trade);
  const std::size_t total = trades.times.size();
  STOM_ASSERT(trades.prices.size() == total && trades.quantities.size() == total && trades.flags.size() == total);
  Buffer& b = buffers_[kTrade];
  for (std::size_t done = 0; done < total;) {
    if (b.rows >= kBlockRows)
      if (auto flushed = flush(kTrade); !flushed) return flushed;
    const std::size_t n = std::min(total - done, kBlockRows - b.rows);
    const auto fill = [&](Column c, std::int64_t value) { b.columns[c].resize(b.rows + n, value); };
    const auto copy = [&](Column c, const auto* from) { b.columns[c].insert(b.columns[c].end(), from, from + n); };
    copy(kTransactionTime, trades.times.data() + done);
    copy(kPrice, trades.prices.data() + done);
    copy(kQuantity, trades.quantities.data() + done);
    copy(kFlags, trades.flags.data() + done);
    fill(kSequence, 0);
    std::iota(b.columns[kSequence].end() - static_cast<std::ptrdiff_t>(n), b.columns[kSequence].end(),
              static_cast<std::int64_t>(now_.next_sequence));
    if (b.columns[kReceiveTime].size() == b.rows && b.rows > 0)  // else left out: an empty column is all defaults
      for (const Column c : {kEventTime, kReceiveTime, kFirstUpdateId, kFinalUpdateId, kPreviousUpdateId, kAsks})
        fill(c, default_of(c));
    fill(kBids, 1);
    UnixNanos least = kNever;
    UnixNanos greatest = kNoTime;
    for (const UnixNanos t : trades.times.subspan(done, n)) widen(least, greatest, t);
    for (const UnixNanos t : {least, greatest}) {
      widen(b.bounds.min_venue, b.bounds.max_venue, t);
      widen(b.first_time, b.last_time, t);
      widen(now_.first_time, now_.last_time, t);
    }
    b.rows += n;
    b.levels += n;
    now_.counts[kTrade] += n;
    now_.levels += n;
    now_.next_sequence += n;
    done += n;
    dirty_ = true;
  }
  return {};
}

Result<void> SegmentWriter::append(const Bar& bar) {
  STOM_ASSERT(info_.type == SegmentType::Bars);
  if (failed_) return after_failure();
  Buffer& b = buffers_[kBarKind];
  if (b.rows >= kBlockRows)
    if (auto flushed = flush(kBarKind); !flushed) return flushed;
  const std::int64_t row[] = {bar.time,      bar.open.value,  bar.high.value,
                              bar.low.value, bar.close.value, bar.volume.value};
  for (std::size_t c = 0; c < std::size(row); ++c) b.columns[kBarTime + c].push_back(row[c]);
  ++b.rows;
  widen(b.bounds.min_venue, b.bounds.max_venue, bar.time);
  widen(b.first_time, b.last_time, bar.time);
  widen(now_.first_time, now_.last_time, bar.time);
  ++now_.counts[kBarKind];
  ++now_.next_sequence;
  dirty_ = true;
  return {};
}

void SegmentWriter::encode_column(Column column, const Buffer& buffer, std::vector<ColumnEntry>& entries) {
  const auto& values = buffer.columns[column];
  if (std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == default_of(column); })) return;
  const std::size_t at = payload_.size();
  encoder_.encode(values, payload_);
  ColumnEntry entry{column, kNoReference};
  for (const Relation& relation : kRelations) {
    if (relation.column != column || payload_.size() - at <= 32) continue;
    const auto written =
        std::any_of(entries.begin(), entries.end(), [&](const ColumnEntry& e) { return e.id == relation.reference; });
    if (!written) continue;
    const auto& reference = buffer.columns[relation.reference];
    difference_.resize(values.size());
    const std::size_t shift = relation.shifted ? 1 : 0;
    for (std::size_t i = 0; i < values.size(); ++i)
      difference_[i] = i < shift ? values[i] : minus(values[i], reference[i - shift]);
    trial_.clear();
    encoder_.encode(difference_, trial_);
    if (trial_.size() >= payload_.size() - at) continue;
    payload_.resize(at);
    payload_.insert(payload_.end(), trial_.begin(), trial_.end());
    entry.reference = static_cast<std::uint8_t>(relation.reference | (relation.shifted ? kShifted : 0));
  }
  entry.bytes = static_cast<std::uint32_t>(payload_.size() - at);
  entry.checksum = crc32c({payload_.data() + at, entry.bytes});
  entries.push_back(entry);
}

void SegmentWriter::encode_block(std::uint8_t kind, const Buffer& b) {
  std::vector<ColumnEntry> entries;
  payload_.clear();
  for (std::uint8_t c = 0; c < kColumns; ++c)
    if (columns_of(kind) & column_bit(static_cast<Column>(c))) encode_column(static_cast<Column>(c), b, entries);

  const std::size_t at = out_.size();
  const auto head_bytes = static_cast<std::uint32_t>(kBlockHeadFixed + kEntryBytes * entries.size() + 4);
  const bool bars = kind == kBarKind;
  put<std::uint32_t>(out_, kBlockMagic);
  put<std::uint32_t>(out_, head_bytes);
  put<std::uint8_t>(out_, kind);
  put<std::uint8_t>(out_, static_cast<std::uint8_t>(entries.size()));
  put<std::uint16_t>(out_, 0);
  put<std::uint32_t>(out_, static_cast<std::uint32_t>(b.rows));
  put<std::uint32_t>(out_, static_cast<std::uint32_t>(b.levels));
  put<std::uint32_t>(out_, static_cast<std::uint32_t>(payload_.size()));
  put<std::uint64_t>(out_, bars ? 0 : static_cast<std::uint64_t>(b.columns[kSequence].front()));
  put<std::uint64_t>(out_, bars ? 0 : static_cast<std::uint64_t>(b.columns[kSequence].back()));
  put_bounds(out_, b.bounds);
  put<std::int64_t>(out_, b.first_time);
  put<std::int64_t>(out_, b.last_time);
  for (const ColumnEntry& e : entries) {
    put<std::uint8_t>(out_, e.id);
    put<std::uint8_t>(out_, e.reference);
    put<std::uint16_t>(out_, 0);
    put<std::uint32_t>(out_, e.bytes);
    put<std::uint32_t>(out_, e.checksum);
  }
  put<std::uint32_t>(out_, crc32c({out_.data() + at, out_.size() - at}));
  out_.insert(out_.end(), payload_.begin(), payload_.end());
  out_.resize(aligned(end_ + out_.size()) - end_);
}

Result<void> SegmentWriter::flush(std::uint8_t kind) {
  Buffer& b = buffers_[kind];
  if (b.rows == 0) return {};
  encode_block(kind, b);
  ++blocks_;
  for (auto& column : b.columns) column.clear();
  b.rows = b.levels = 0;
  b.bounds = {};
  b.first_time = kNever;
  b.last_time = kNoTime;
  return out_.size() >= kWriteAtOnce ? write_out() : Result<void>{};
}

Result<void> SegmentWriter::write_out() {
  if (auto written = file_.write(end_, out_); !written) {
    failed_ = true;
    return written;
  }
  file_.start_writing(end_, out_.size());
  end_ += out_.size();
  out_.clear();
  return {};
}

Result<void> SegmentWriter::commit() {
  if (failed_) return after_failure();
  if (!dirty_ && committed_.bytes > 0) return {};
  for (std::uint8_t kind = 0; kind < kKinds; ++kind)
    if (auto flushed = flush(kind); !flushed) return flushed;
  // What a mark vouches for is on the disk before the mark is: so a mark that can be read is never a lie.
  auto step = write_out();
  if (step) step = file_.sync();
  if (step) {
    const std::uint64_t offset = end_;
    out_ = encode_commit(offset, last_commit_, blocks_, now_);
    step = write_out();
    if (step) step = file_.sync();
    if (step) {
      last_commit_ = offset;
      now_.bytes = end_;
      committed_ = now_;
      blocks_ = 0;
      dirty_ = false;
      return {};
    }
  }
  failed_ = true;
  return step;
}

Result<void> SegmentWriter::rollback() {
  for (Buffer& b : buffers_) b = Buffer{};
  out_.clear();
  if (committed_.bytes == 0) out_ = encode_file_head(info_);
  now_ = committed_;
  end_ = committed_.bytes;
  blocks_ = 0;
  dirty_ = false;
  auto cut = file_.truncate(end_);
  failed_ = !cut;
  return cut;
}

// ---------------------------------------------------------------------------------------------------- reading

std::unexpected<Error> SegmentReader::damaged(std::uint64_t offset, const std::string& what) const {
  return fail(Errc::BadData, fmt::format("{} is damaged at byte {}: {}", path_.string(), offset, what),
              "delete this day (stom data delete) and import it again, or restore the file from a copy");
}

Result<SegmentReader> SegmentReader::open(const std::filesystem::path& path) {
  SegmentReader reader;
  reader.path_ = path;
  auto file = File::open_read(path);
  if (!file) return std::unexpected(file.error());
  reader.file_ = std::move(*file);
  auto size = reader.file_.size();
  if (!size) return std::unexpected(size.error());
  reader.file_bytes_ = *size;
  if (auto head = reader.read_header(); !head) return std::unexpected(head.error());
  if (reader.committed_.bytes == 0) return reader;  // no whole header: killed before the first commit
  const std::uint64_t head_bytes = reader.committed_.bytes;
  reader.committed_.bytes = 0;
  reader.blocks_.clear();
  reader.last_commit_ = head_bytes;
  if (auto index = reader.read_index(); !index) return std::unexpected(index.error());
  return reader;
}

// Leaves the header's length in committed_.bytes; 0 where the file was killed while being created.
Result<void> SegmentReader::read_header() {
  std::byte fixed[kFileHeadFixed];
  auto got = file_.read(0, fixed);
  if (!got) return std::unexpected(got.error());
  if (*got < sizeof fixed) return {};
  const auto magic = get<std::uint64_t>(fixed);
  if (magic != kFileMagic) {
    auto commit = later_commit(0);
    if (!commit) return std::unexpected(commit.error());
    if (magic == 0 && !*commit) return {};  // space reserved, nothing written: a power cut
    return fail(Errc::BadData, fmt::format("{} is not a STOM data file", path_.string()),
                "move it out of the data folder");
  }
  const auto version = get<std::uint32_t>(fixed + 8);
  if (version > kFormatVersion)
    return fail(
        Errc::Newer,
        fmt::format("{} is of format {}, newer than this program's {}", path_.string(), version, kFormatVersion),
        "use the version of stom that wrote it, or a newer one");
  const auto bytes = get<std::uint32_t>(fixed + 12);
  const std::size_t instrument = get<std::uint16_t>(fixed + 24);
  const std::size_t spec = get<std::uint16_t>(fixed + 26);
  if (bytes != aligned(kFileHeadFixed + instrument + spec + 4)) return damaged(0, "the header's length");
  if (bytes > file_bytes_) return {};
  std::vector<std::byte> head(bytes);
  got = file_.read(0, head);
  if (!got) return std::unexpected(got.error());
  if (version == 0 || *got != bytes || get<std::uint32_t>(head.data() + bytes - 4) != crc32c({head.data(), bytes - 4}))
    return damaged(0, "the header's checksum");
  const auto type = get<std::uint8_t>(fixed + 16);
  info_.type = static_cast<SegmentType>(type);
  info_.adjusted = get<std::uint8_t>(fixed + 17) != 0;
  info_.price_decimals = get<std::uint8_t>(fixed + 18);
  info_.quantity_decimals = get<std::uint8_t>(fixed + 19);
  info_.day = get<std::int32_t>(fixed + 20);
  const auto* text = reinterpret_cast<const char*>(head.data()) + kFileHeadFixed;
  info_.instrument.assign(text, instrument);
  info_.spec.assign(text + instrument, spec);
  if (type < 1 || type > 2 || info_.price_decimals > kMaxDecimals || info_.quantity_decimals > kMaxDecimals)
    return damaged(16, "the header's fields");
  committed_.bytes = bytes;
  return {};
}

// Whether a whole commit mark stands at or after `from`: then what lies before it was vouched for.
Result<bool> SegmentReader::later_commit(std::uint64_t from) const {
  std::vector<std::byte> window(1u << 18);
  for (std::uint64_t at = aligned(from); at + kCommitBytes <= file_bytes_;) {
    auto got = file_.read(at, window);
    if (!got) return std::unexpected(got.error());
    if (*got < kCommitBytes) break;
    std::size_t i = 0;
    SegmentFigures figures;
    for (; i + kCommitBytes <= *got; i += 8)
      if (decode_commit(window.data() + i, at + i, figures)) return true;
    at += i;
  }
  return false;
}

// A tail is torn, and not counted, when no commit mark follows it. Anything unreadable before a mark is damage: that
// data was acknowledged. A mark that can be recognised but fails its checksum is damage too.
Result<void> SegmentReader::read_index() {
  std::uint64_t at = last_commit_;
  last_commit_ = 0;
  SegmentFigures figures;
  std::size_t vouched = 0;
  std::byte head[std::max(kMaxBlockHead, kCommitBytes)];
  const auto unreadable = [&](const char* what) -> Result<void> {
    auto commit = later_commit(at + 8);
    if (!commit) return std::unexpected(commit.error());
    if (*commit) return damaged(at, what);
    return {};
  };
  Result<void> end{};
  while (at + 8 <= file_bytes_) {
    auto got = file_.read(at, head);
    if (!got) return std::unexpected(got.error());
    if (*got < 8) break;
    if (std::popcount(get<std::uint64_t>(head) ^ kCommitMagic) <= 4) {
      if (*got < kCommitBytes) break;
      if (!decode_commit(head, at, figures)) return damaged(at, "a commit mark");
      committed_ = figures;
      last_commit_ = at;
      vouched = blocks_.size();
      at += kCommitBytes;
      continue;
    }
    if (get<std::uint32_t>(head) != kBlockMagic) {
      end = unreadable("a block header");
      break;
    }
    const std::size_t columns = get<std::uint8_t>(head + 9);
    const std::size_t head_bytes = kBlockHeadFixed + kEntryBytes * columns + 4;
    if (columns > kColumns || get<std::uint32_t>(head + 4) != head_bytes || *got < head_bytes ||
        get<std::uint32_t>(head + head_bytes - 4) != crc32c({head, head_bytes - 4})) {
      end = unreadable("a block header");
      break;
    }
    BlockEntry b;
    b.offset = at;
    b.payload = at + head_bytes;
    b.kind = get<std::uint8_t>(head + 8);
    b.columns = static_cast<std::uint8_t>(columns);
    b.rows = get<std::uint32_t>(head + 12);
    b.levels = get<std::uint32_t>(head + 16);
    b.payload_bytes = get<std::uint32_t>(head + 20);
    b.first_sequence = get<std::uint64_t>(head + 24);
    b.last_sequence = get<std::uint64_t>(head + 32);
    b.bounds = {get<std::int64_t>(head + 40), get<std::int64_t>(head + 48), get<std::int64_t>(head + 56),
                get<std::int64_t>(head + 64)};
    b.first_time = get<std::int64_t>(head + 72);
    b.last_time = get<std::int64_t>(head + 80);
    if (b.kind >= kKinds || (b.kind == kBarKind) != (info_.type == SegmentType::Bars) || b.rows == 0 ||
        b.rows > kMaxColumn || b.levels > kMaxColumn)
      return damaged(at, "a block of unknown shape");
    blocks_.push_back(b);
    at = aligned(b.payload + b.payload_bytes);
  }
  blocks_.resize(vouched);
  return end;
}

Result<void> SegmentReader::read(const BlockEntry& block, std::uint32_t wanted, DecodedBlock& out) {
  if (!file_.is_open()) {
    auto file = File::open_read(path_);
    if (!file) return std::unexpected(file.error());
    file_ = std::move(*file);
  }
  const std::size_t total = block.payload - block.offset + block.payload_bytes;
  if (bytes_.size() < total) bytes_.resize(total);
  auto got = file_.read(block.offset, {bytes_.data(), total});
  if (!got) return std::unexpected(got.error());
  const std::byte* head = bytes_.data();
  const std::size_t head_bytes = block.payload - block.offset;
  if (*got != total || get<std::uint32_t>(head + head_bytes - 4) != crc32c({head, head_bytes - 4}))
    return damaged(block.offset, "a block header's checksum");

  ColumnEntry entries[kColumns];
  const std::byte* place[kColumns] = {};
  const std::byte* payload = head + head_bytes;
  std::uint64_t left = block.payload_bytes;
  int before = -1;
  for (std::size_t i = 0; i < block.columns; ++i) {
    const std::byte* from = head + kBlockHeadFixed + kEntryBytes * i;
    const ColumnEntry e{get<std::uint8_t>(from), get<std::uint8_t>(from + 1), get<std::uint32_t>(from + 4),
                        get<std::uint32_t>(from + 8)};
    const bool relative = e.reference != kNoReference;
    if (e.id >= kColumns || e.id <= before || e.bytes > left ||
        (relative &&
         ((e.reference & ~kShifted) >= e.id || is_level_column(e.id) || is_level_column(e.reference & ~kShifted))))
      return damaged(block.offset, "a block's list of columns");
    before = e.id;
    entries[e.id] = e;
    place[e.id] = payload;
    payload += e.bytes;
    left -= e.bytes;
  }
  if (left != 0) return damaged(block.offset, "a block's list of columns");
  wanted &= columns_of(block.kind);
  for (int c = kColumns - 1; c >= 0; --c)
    if ((wanted >> c & 1) && place[c] != nullptr && entries[c].reference != kNoReference)
      wanted |= 1u << (entries[c].reference & ~kShifted);

  out.rows = block.rows;
  out.levels = block.levels;
  for (std::size_t c = 0; c < kColumns; ++c) {
    auto& column = out.columns[c];
    if (!(wanted >> c & 1)) {
      column.clear();
      continue;
    }
    column.resize(is_level_column(c) ? block.levels : block.rows);
    if (place[c] == nullptr) {
      std::fill(column.begin(), column.end(), default_of(c));
      continue;
    }
    const std::span<const std::byte> bytes{place[c], entries[c].bytes};
    if (crc32c(bytes) != entries[c].checksum) return damaged(block.offset, fmt::format("the checksum of column {}", c));
    if (!decoder_.decode(bytes, column)) return damaged(block.offset, fmt::format("column {}", c));
    if (entries[c].reference == kNoReference) continue;
    const auto& reference = out.columns[entries[c].reference & ~kShifted];
    if (entries[c].reference & kShifted)
      for (std::size_t i = 1; i < column.size(); ++i) column[i] = plus(column[i], reference[i - 1]);
    else
      for (std::size_t i = 0; i < column.size(); ++i) column[i] = plus(column[i], reference[i]);
  }
  return {};
}

void repair_checksums(std::span<std::byte> file) {
  const auto word = [&](std::size_t at) { return get<std::uint32_t>(file.data() + at); };
  const auto repair = [&](std::size_t from, std::size_t bytes) {
    const std::uint32_t checksum = crc32c(file.subspan(from, bytes - 4));
    std::memcpy(file.data() + from + bytes - 4, &checksum, 4);
  };
  if (file.size() < kFileHeadFixed) return;
  const std::uint32_t head = word(12);
  if (head < kFileHeadFixed || head > file.size()) return;
  repair(0, head);
  for (std::size_t at = aligned(head); at + kCommitBytes <= file.size();) {
    if (get<std::uint64_t>(file.data() + at) == kCommitMagic) {
      repair(at, kCommitBytes);
      at += kCommitBytes;
      continue;
    }
    const std::size_t columns = get<std::uint8_t>(file.data() + at + 9);
    const std::size_t bytes = kBlockHeadFixed + kEntryBytes * columns + 4;
    if (word(at) != kBlockMagic || columns > kColumns || at + bytes > file.size()) return;
    std::uint64_t payload = at + bytes;
    for (std::size_t c = 0; c < columns; ++c) {
      const std::size_t entry = at + kBlockHeadFixed + kEntryBytes * c;
      const std::uint32_t length = word(entry + 4);
      if (payload + length > file.size()) break;
      const std::uint32_t checksum = crc32c(file.subspan(payload, length));
      std::memcpy(file.data() + entry + 8, &checksum, 4);
      payload += length;
    }
    repair(at, bytes);
    at = aligned(at + bytes + word(at + 20));
  }
}

Result<void> check_place(const SegmentReader& segment, const SegmentInfo& place) {
  const auto name = [](const SegmentInfo& info) {
    return info.type == SegmentType::Ticks
               ? fmt::format("ticks of {} on {}", info.instrument, format_day(info.day))
               : fmt::format("{}{} bars of {}", info.adjusted ? "adjusted " : "", info.spec, info.instrument);
  };
  const SegmentInfo& info = segment.info();
  if (info.type == place.type && info.instrument == place.instrument && info.day == place.day &&
      info.spec == place.spec && info.adjusted == place.adjusted)
    return {};
  return fail(
      Errc::BadData,
      fmt::format("{}: this file holds {}, and lies where {} belong", segment.path().string(), name(info), name(place)),
      "move it back to its place, or delete what belongs here (stom data delete) and import it again");
}

std::unexpected<Error> file_is_gone(const std::filesystem::path& path, std::uint64_t rows) {
  return fail(Errc::BadData, fmt::format("{}: the file is gone; it held {} rows", path.string(), rows), kImportAgain);
}

std::unexpected<Error> end_is_missing(const std::filesystem::path& path, std::uint64_t bytes, std::uint64_t known) {
  return fail(Errc::BadData,
              fmt::format("{}: {} bytes are committed, the catalogue knows of {}: the end is missing", path.string(),
                          bytes, known),
              kImportAgain);
}

}  // namespace stom::store
