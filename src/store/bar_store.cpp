// BarReader (bar_store.hpp): the imports of a series merged by time, the later one winning.
#include "store/bar_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/hash.hpp"
#include "store/catalogue.hpp"
#include "store/segment.hpp"

namespace stom::store {
namespace {

constexpr std::size_t kBatch = 8192;

struct Part {
  SegmentReader segment;
  std::int64_t price_scale = 1;
  std::int64_t quantity_scale = 1;
  std::size_t next_block = 0;
  DecodedBlock block;
  std::size_t row = 0;

  bool loaded() const { return row < block.rows; }
  UnixNanos time() const { return block.columns[kBarTime][row]; }
};

}  // namespace

struct BarReader::State {
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
  int price_decimals = 0;
  int quantity_decimals = 0;
  std::vector<Part> parts;

  Result<void> advance(Part& part);
  Result<Bar> bar_of(const Part& part) const;
};

// To the next row in the range, loading blocks as needed; the part is not loaded() at its end.
Result<void> BarReader::State::advance(Part& part) {
  while (true) {
    if (part.loaded()) {
      if (part.time() >= from && part.time() < to) return {};
      ++part.row;
      continue;
    }
    if (part.next_block == part.segment.blocks().size()) return {};
    const BlockEntry& entry = part.segment.blocks()[part.next_block++];
    if (entry.last_time < from || entry.first_time >= to) continue;
    if (auto read = part.segment.read(entry, kAllColumns, part.block); !read) return read;
    part.row = 0;
  }
}

Result<Bar> BarReader::State::bar_of(const Part& part) const {
  Bar bar;
  bar.time = part.time();
  Price* const prices[] = {&bar.open, &bar.high, &bar.low, &bar.close};
  bool fits = true;
  for (std::size_t i = 0; i < 4; ++i)
    fits &= !__builtin_mul_overflow(part.block.columns[kOpen + i][part.row], part.price_scale, &prices[i]->value);
  fits &= !__builtin_mul_overflow(part.block.columns[kVolume][part.row], part.quantity_scale, &bar.volume.value);
  if (!fits)
    return fail(
        Errc::Overflow,
        fmt::format("{}: a bar does not fit 64 bits at the instrument's decimals", part.segment.path().string()),
        "import the series with fewer decimals");
  return bar;
}

BarReader::BarReader(std::unique_ptr<State> state) : state_{std::move(state)} {}
BarReader::~BarReader() = default;
BarReader::BarReader(BarReader&&) noexcept = default;
BarReader& BarReader::operator=(BarReader&&) noexcept = default;

Result<BarReader> BarReader::open(const DataFolder& folder, const BarSeries& series, UnixNanos from, UnixNanos to) {
  const auto known = folder.catalogue().instrument(series.instrument);
  if (!known) return std::unexpected(known.error());
  const auto files = folder.bar_files(series);
  const auto all_sets = folder.catalogue().bar_sets(series.instrument);
  if (!all_sets) return std::unexpected(all_sets.error());
  // What the catalogue knows of has to be there, as long as it was.
  std::vector<std::pair<std::filesystem::path, std::uint64_t>> known_bytes;
  for (const BarSet& set : *all_sets) {
    if (!(set.series == series)) continue;
    const auto path = folder.bar_path(series, set.part);
    if (std::ranges::find(files, path) == files.end()) return file_is_gone(path, set.bars);
    known_bytes.emplace_back(path, set.bytes);
  }
  if (files.empty())
    return fail(
        Errc::NotFound,
        fmt::format("there are no {}{} bars of {}", series.adjusted ? "adjusted " : "", series.spec, series.instrument),
        "stom data list shows what is there; stom data import brings more");
  auto state = std::make_unique<State>();
  state->from = from;
  state->to = to;
  state->price_decimals = known->price_decimals;
  state->quantity_decimals = known->quantity_decimals;
  for (const auto& file : files) {
    auto segment = SegmentReader::open(file);
    if (!segment) return std::unexpected(segment.error());
    for (const auto& [path, bytes] : known_bytes)
      if (path == file && segment->committed().bytes < bytes)
        return end_is_missing(file, segment->committed().bytes, bytes);
    if (segment->committed().bytes == 0) continue;
    if (auto placed = check_place(*segment, {.type = SegmentType::Bars,
                                             .instrument = series.instrument,
                                             .spec = series.spec,
                                             .adjusted = series.adjusted});
        !placed)
      return std::unexpected(placed.error());
    const SegmentInfo& info = segment->info();
    if (info.price_decimals > known->price_decimals || info.quantity_decimals > known->quantity_decimals)
      return fail(Errc::BadData, fmt::format("{} does not fit the catalogue", file.string()),
                  "import the series again");
    Part part;
    part.price_scale = power_of_ten(known->price_decimals - info.price_decimals);
    part.quantity_scale = power_of_ten(known->quantity_decimals - info.quantity_decimals);
    part.segment = std::move(*segment);
    state->parts.push_back(std::move(part));
  }
  return BarReader{std::move(state)};
}

Result<bool> BarReader::next(std::vector<Bar>& bars) {
  bars.clear();
  State& s = *state_;
  while (bars.size() < kBatch) {
    const Part* latest = nullptr;
    for (Part& part : s.parts) {
      if (auto moved = s.advance(part); !moved) return std::unexpected(moved.error());
      if (part.loaded() && (latest == nullptr || part.time() <= latest->time())) latest = &part;
    }
    if (latest == nullptr) break;
    const auto bar = s.bar_of(*latest);
    if (!bar) return std::unexpected(bar.error());
    bars.push_back(*bar);
    for (Part& part : s.parts)
      if (part.loaded() && part.time() == bar->time) ++part.row;
  }
  return !bars.empty();
}

int BarReader::price_decimals() const { return state_->price_decimals; }
int BarReader::quantity_decimals() const { return state_->quantity_decimals; }

Result<std::string> data_hash(const DataFolder& folder, const BarSeries& series, UnixNanos from, UnixNanos to) {
  auto reader = BarReader::open(folder, series, from, to);
  if (!reader) return std::unexpected(reader.error());
  Sha256 hash;
  hash.update(fmt::format("stom bars 1\n{}\n{}{}\n{} {}\n", series.instrument, series.spec,
                          series.adjusted ? " adjusted" : "", reader->price_decimals(), reader->quantity_decimals()));
  std::vector<Bar> bars;
  static_assert(sizeof(Bar) == 6 * sizeof(std::int64_t));
  while (true) {
    const auto more = reader->next(bars);
    if (!more) return std::unexpected(more.error());
    if (!*more) return hash.hex();
    hash.update(std::as_bytes(std::span{bars}));
  }
}

}  // namespace stom::store
