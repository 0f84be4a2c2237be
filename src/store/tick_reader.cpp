// TickReader (tick_reader.hpp): days one after another; inside a day, parts merged by time and kinds by sequence.
#include "store/tick_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/hash.hpp"
#include "store/catalogue.hpp"
#include "store/segment.hpp"

namespace stom::store {
namespace {

constexpr std::size_t kBatchMessages = 4096;
constexpr std::size_t kBatchLevels = 16'384;
constexpr std::uint64_t kNoSequence = ~std::uint64_t{0};

void include(TimeBounds& all, const TimeBounds& other) {
  all.min_receive = std::min(all.min_receive, other.min_receive);
  all.max_receive = std::max(all.max_receive, other.max_receive);
  all.min_venue = std::min(all.min_venue, other.min_venue);
  all.max_venue = std::max(all.max_venue, other.max_venue);
}

// One kind of one file: its blocks in order, the current one decoded.
struct Stream {
  std::vector<BlockEntry> blocks;
  std::vector<TimeBounds> remaining;  // remaining[i] = bounds of blocks i and later
  std::size_t next_block = 0;
  DecodedBlock block;
  bool whole = true;  // every row of the block is in the query's range
  std::size_t row = 0;
  std::size_t level = 0;

  bool loaded() const { return row < block.rows; }
  std::uint64_t sequence() const {
    return loaded() ? static_cast<std::uint64_t>(block.columns[kSequence][row]) : kNoSequence;
  }
  UnixNanos time() const {
    const auto at = [&](Column c) { return block.columns[c][row]; };
    if (at(kReceiveTime) != kNoTime) return at(kReceiveTime);
    return at(kTransactionTime) != kNoTime ? at(kTransactionTime) : at(kEventTime);
  }
};

struct Part {
  SegmentReader segment;
  std::array<Stream, 5> streams;
  std::int64_t price_scale = 1;
  std::int64_t quantity_scale = 1;
  UnixNanos clock = kNoTime;  // greatest time given so far: a part never goes back
};

}  // namespace

struct TickReader::State {
  TickQuery query;
  int price_decimals = 0;
  int quantity_decimals = 0;
  std::vector<std::vector<Part>> days;  // by day, parts in order
  std::vector<TimeBounds> later;        // later[i] = bounds of days i and later
  std::size_t day = 0;
  std::uint64_t position = 0;
  std::array<std::uint64_t, 5> counts{};
  std::uint64_t levels = 0;

  Result<void> add(std::vector<Part>& parts, const TickFile& file, std::string_view instrument,
                   std::uint64_t known_bytes);
  Result<void> load(Part& part, Stream& stream);
  Result<Stream*> next_of(Part& part);
  Result<void> give(Part& part, Stream& stream, std::uint64_t until, std::size_t most, MessageBatch& batch);
  Result<bool> fill(MessageBatch& batch, std::size_t most);
};

Result<void> TickReader::State::add(std::vector<Part>& parts, const TickFile& file, std::string_view instrument,
                                    std::uint64_t known_bytes) {
  auto segment = SegmentReader::open(file.path);
  if (!segment) return std::unexpected(segment.error());
  const SegmentFigures& f = segment->committed();
  if (f.bytes < known_bytes) return end_is_missing(file.path, f.bytes, known_bytes);
  if (f.bytes == 0 || f.last_time < query.from || f.first_time >= query.to) return {};
  if (auto placed = check_place(*segment, {.instrument = std::string{instrument}, .day = file.day}); !placed)
    return placed;
  const SegmentInfo& info = segment->info();
  if (info.price_decimals > price_decimals || info.quantity_decimals > quantity_decimals)
    return fail(Errc::BadData, fmt::format("{} does not fit the catalogue", file.path.string()),
                "it has more decimals than its instrument: import the day again");
  Part part{std::move(*segment), {}};
  part.price_scale = power_of_ten(price_decimals - info.price_decimals);
  part.quantity_scale = power_of_ten(quantity_decimals - info.quantity_decimals);
  for (const BlockEntry& block : part.segment.blocks()) {
    if (!(query.kinds >> block.kind & 1) || block.last_time < query.from || block.first_time >= query.to) continue;
    part.streams[block.kind].blocks.push_back(block);
    counts[block.kind] += block.rows;
    levels += block.levels;
  }
  for (Stream& stream : part.streams) {
    stream.remaining.resize(stream.blocks.size() + 1);
    for (std::size_t i = stream.blocks.size(); i-- > 0;) {
      stream.remaining[i] = stream.remaining[i + 1];
      include(stream.remaining[i], stream.blocks[i].bounds);
    }
  }
  part.segment.close();
  parts.push_back(std::move(part));
  return {};
}

// The next block of a stream that has rows in the range; what it says of its levels is checked here, once.
Result<void> TickReader::State::load(Part& part, Stream& stream) {
  const BlockEntry& entry = stream.blocks[stream.next_block++];
  if (auto read = part.segment.read(entry, kAllColumns, stream.block); !read) return read;
  stream.row = stream.level = 0;
  stream.whole = entry.first_time >= query.from && entry.last_time < query.to;
  const std::int64_t* bids = stream.block.column(kBids);
  const std::int64_t* asks = stream.block.column(kAsks);
  const auto most = static_cast<std::uint64_t>(stream.block.levels);
  std::uint64_t total = 0;
  bool good = true;
  for (std::size_t i = 0; i < stream.block.rows; ++i) {
    const auto b = static_cast<std::uint64_t>(bids[i]);
    const auto a = static_cast<std::uint64_t>(asks[i]);
    good &= b <= most && a <= most;
    total += b + a;
  }
  if (!good || total != most)
    return fail(Errc::BadData,
                fmt::format("{}: the block at byte {} does not add up", part.segment.path().string(), entry.offset),
                "delete this day (stom data delete) and import it again");
  return {};
}

// The stream whose row is next in the part, its block loaded and rows outside of the range passed over; null at the
// end.
Result<Stream*> TickReader::State::next_of(Part& part) {
  Stream* first = nullptr;
  for (Stream& stream : part.streams) {
    while (true) {
      if (!stream.loaded()) {
        if (stream.next_block == stream.blocks.size()) break;
        if (auto loaded = load(part, stream); !loaded) return std::unexpected(loaded.error());
        continue;
      }
      if (stream.whole) break;
      const UnixNanos time = stream.time();
      if (time >= query.from && time < query.to) break;
      stream.level +=
          static_cast<std::size_t>(stream.block.columns[kBids][stream.row] + stream.block.columns[kAsks][stream.row]);
      ++stream.row;
    }
    if (stream.loaded() && (first == nullptr || stream.sequence() < first->sequence())) first = &stream;
  }
  return first;
}

// Gives rows of one stream: those before sequence `until`, and no more than the batch has room for.
Result<void> TickReader::State::give(Part& part, Stream& stream, std::uint64_t until, std::size_t most,
                                     MessageBatch& batch) {
  const DecodedBlock& b = stream.block;
  const auto kind = static_cast<MessageKind>(&stream - part.streams.data());
  std::size_t end = stream.row;
  std::size_t level_end = stream.level;
  const std::size_t last = std::min(b.rows, stream.row + (most - batch.messages.size()));
  while (end < last && static_cast<std::uint64_t>(b.columns[kSequence][end]) < until) {
    const auto levels_here = static_cast<std::size_t>(b.columns[kBids][end] + b.columns[kAsks][end]);
    if (end > stream.row && batch.levels.size() + (level_end - stream.level) + levels_here > kBatchLevels) break;
    level_end += levels_here;
    ++end;
    if (!stream.whole) break;  // the next row has to be looked at first
  }
  std::size_t at = batch.levels.size();
  const std::size_t levels_given = level_end - stream.level;
  batch.levels.resize(at + levels_given);
  Level* to = batch.levels.data() + at;
  const std::int64_t* prices = b.column(kPrice) + stream.level;
  const std::int64_t* quantities = b.column(kQuantity) + stream.level;
  if (part.price_scale == 1 && part.quantity_scale == 1) {
    for (std::size_t i = 0; i < levels_given; ++i) to[i] = {Price{prices[i]}, Quantity{quantities[i]}};
  } else {
    for (std::size_t i = 0; i < levels_given; ++i) {
      if (__builtin_mul_overflow(prices[i], part.price_scale, &to[i].price.value) ||
          __builtin_mul_overflow(quantities[i], part.quantity_scale, &to[i].quantity.value))
        return fail(Errc::Overflow,
                    fmt::format("{}: a price or quantity does not fit 64 bits at the instrument's decimals",
                                part.segment.path().string()),
                    "import the instrument's data with fewer decimals");
    }
  }
  const std::size_t first = batch.messages.size();
  batch.messages.resize(first + (end - stream.row));
  Message* m = batch.messages.data() + first;
  for (std::size_t i = stream.row; i < end; ++i, ++m) {
    m->receive_time = b.columns[kReceiveTime][i];
    m->event_time = b.columns[kEventTime][i];
    m->transaction_time = b.columns[kTransactionTime][i];
    m->first_update_id = b.columns[kFirstUpdateId][i];
    m->final_update_id = b.columns[kFinalUpdateId][i];
    m->previous_update_id = b.columns[kPreviousUpdateId][i];
    m->bids = static_cast<std::uint32_t>(b.columns[kBids][i]);
    m->asks = static_cast<std::uint32_t>(b.columns[kAsks][i]);
    m->first_level = static_cast<std::uint32_t>(at);
    m->kind = kind;
    m->flags = static_cast<std::uint8_t>(b.columns[kFlags][i]);
    at += m->levels();
  }
  position += end - stream.row;
  stream.row = end;
  stream.level = level_end;
  return {};
}

Result<bool> TickReader::State::fill(MessageBatch& batch, std::size_t most) {
  batch.clear();
  while (day < days.size()) {
    std::vector<Part>& parts = days[day];
    while (batch.messages.size() < most && batch.levels.size() < kBatchLevels) {
      Part* part = nullptr;
      Stream* stream = nullptr;
      UnixNanos clock = kNever;
      for (Part& candidate : parts) {
        auto next = next_of(candidate);
        if (!next) return std::unexpected(next.error());
        if (*next == nullptr) continue;
        const UnixNanos time = std::max(candidate.clock, (*next)->time());
        if (part != nullptr && time >= clock) continue;
        part = &candidate;
        stream = *next;
        clock = time;
      }
      if (part == nullptr) break;
      part->clock = clock;
      std::uint64_t until = kNoSequence;
      for (const Stream& other : part->streams)
        if (&other != stream) until = std::min(until, other.sequence());
      const std::size_t room = parts.size() > 1 ? batch.messages.size() + 1 : most;
      if (auto given = give(*part, *stream, until, room, batch); !given) return std::unexpected(given.error());
    }
    if (!batch.messages.empty()) return true;
    parts.clear();
    ++day;
  }
  return false;
}

TickReader::TickReader(std::unique_ptr<State> state) : state_{std::move(state)} {}
TickReader::~TickReader() = default;
TickReader::TickReader(TickReader&&) noexcept = default;
TickReader& TickReader::operator=(TickReader&&) noexcept = default;

Result<TickReader> TickReader::open(const DataFolder& folder, std::string_view instrument, const TickQuery& query) {
  const auto known = folder.catalogue().instrument(instrument);
  if (!known) return std::unexpected(known.error());
  const auto files = folder.tick_files(instrument);
  const auto sets = folder.catalogue().tick_sets(instrument);
  if (!sets) return std::unexpected(sets.error());
  if (files.empty() && sets->empty())
    return fail(Errc::NotFound, fmt::format("there are no ticks of {}", instrument),
                "stom data list shows what is there; stom data import brings more");
  auto state = std::make_unique<State>();
  state->query = query;
  state->price_decimals = known->price_decimals;
  state->quantity_decimals = known->quantity_decimals;
  // A message is never kept in a day before its own; where a clock ran back over midnight, in the one after.
  const std::int64_t from = query.from == kNoTime ? std::numeric_limits<std::int32_t>::min() : day_of(query.from);
  const std::int64_t to =
      query.to == kNever ? std::numeric_limits<std::int32_t>::max() : std::int64_t{day_of(query.to)} + 1;
  // What the catalogue knows of has to be there, as long as it was.
  std::vector<TickSet> wanted;
  for (const TickSet& set : *sets)
    if (set.day >= from && set.day <= to && set.last_time >= query.from && set.first_time < query.to)
      wanted.push_back(set);
  const auto of = [](std::int32_t day, std::uint32_t part) {
    return [day, part](const auto& x) { return x.day == day && x.part == part; };
  };
  for (const TickSet& set : wanted)
    if (std::ranges::none_of(files, of(set.day, set.part)))
      return file_is_gone(folder.tick_path(set.instrument, set.day, set.part), set.messages());
  const auto known_bytes = [&](const TickFile& file) {
    const auto set = std::ranges::find_if(wanted, of(file.day, file.part));
    return set == wanted.end() ? 0 : set->bytes;
  };
  for (std::size_t i = 0; i < files.size();) {
    std::vector<Part> parts;
    const std::int32_t day = files[i].day;
    for (; i < files.size() && files[i].day == day; ++i)
      if (day >= from && day <= to)
        if (auto added = state->add(parts, files[i], instrument, known_bytes(files[i])); !added)
          return std::unexpected(added.error());
    if (!parts.empty()) state->days.push_back(std::move(parts));
  }
  state->later.resize(state->days.size() + 1);
  for (std::size_t d = state->days.size(); d-- > 0;) {
    state->later[d] = state->later[d + 1];
    for (const Part& part : state->days[d])
      for (const Stream& stream : part.streams) include(state->later[d], stream.remaining.front());
  }
  return TickReader{std::move(state)};
}

Result<bool> TickReader::next(MessageBatch& batch) { return state_->fill(batch, kBatchMessages); }

TimeBounds TickReader::remaining() const {
  const State& s = *state_;
  if (s.day >= s.days.size()) return {};
  TimeBounds bounds = s.later[s.day + 1];
  for (const Part& part : s.days[s.day])
    for (const Stream& stream : part.streams)
      include(bounds, stream.remaining[stream.loaded() ? stream.next_block - 1 : stream.next_block]);
  return bounds;
}

std::uint64_t TickReader::position() const { return state_->position; }

Result<void> TickReader::skip(std::uint64_t messages) {
  MessageBatch passed;
  const std::uint64_t target = state_->position + messages;
  while (state_->position < target) {
    const auto more = state_->fill(passed, std::min<std::uint64_t>(kBatchMessages, target - state_->position));
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  return {};
}

int TickReader::price_decimals() const { return state_->price_decimals; }
int TickReader::quantity_decimals() const { return state_->quantity_decimals; }
std::array<std::uint64_t, 5> TickReader::stored_counts() const { return state_->counts; }
std::uint64_t TickReader::stored_levels() const { return state_->levels; }

Result<std::string> data_hash(const DataFolder& folder, std::string_view instrument, const TickQuery& query) {
  auto reader = TickReader::open(folder, instrument, query);
  if (!reader) return std::unexpected(reader.error());
  return data_hash(*reader, instrument, [](const MessageBatch&) { return true; });
}

Result<std::string> data_hash(TickReader& reader, std::string_view instrument,
                              const std::function<bool(const MessageBatch&)>& see) {
  Sha256 hash;
  hash.update(
      fmt::format("stom ticks 1\n{}\n{} {}\n", instrument, reader.price_decimals(), reader.quantity_decimals()));
  MessageBatch batch;
  std::vector<std::int64_t> words;
  while (true) {
    const auto more = reader.next(batch);
    if (!more) return std::unexpected(more.error());
    if (!*more) return hash.hex();
    if (!see(batch)) return fail(Errc::Canceled, "interrupted while the data were read", "run the command again");
    words.clear();
    for (const Message& m : batch.messages) {
      const std::int64_t row[] = {m.receive_time,
                                  m.event_time,
                                  m.transaction_time,
                                  m.first_update_id,
                                  m.final_update_id,
                                  m.previous_update_id,
                                  static_cast<std::int64_t>(m.kind) << 8 | m.flags,
                                  m.bids,
                                  m.asks};
      words.insert(words.end(), std::begin(row), std::end(row));
      for (std::uint32_t i = 0; i < m.levels(); ++i) {
        const Level& level = batch.levels[m.first_level + i];
        words.push_back(level.price.value);
        words.push_back(level.quantity.value);
      }
    }
    hash.update(std::as_bytes(std::span{words}));
  }
}

}  // namespace stom::store
