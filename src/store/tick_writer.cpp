// TickWriter and Import (tick_writer.hpp). Both write segments; they differ in when a segment is visible: a writer's
// after each commit, an import's when the catalogue has taken all of it.
#include "store/tick_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "core/assert.hpp"
#include "store/segment.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

constexpr std::int32_t kNoDay = std::numeric_limits<std::int32_t>::min();

UnixNanos time_of(const Message& m) { return m.receive_time != kNoTime ? m.receive_time : m.venue_time(); }

std::unexpected<Error> timeless() {
  return fail(Errc::BadData, "a message without any time cannot be stored",
              "give the source a time column, or leave such lines out (--skip-bad)");
}

SegmentInfo info_of(const Instrument& instrument, std::int32_t day) {
  SegmentInfo info;
  info.instrument = instrument.id;
  info.day = day;
  info.price_decimals = instrument.price_decimals;
  info.quantity_decimals = instrument.quantity_decimals;
  return info;
}

TickSet set_of(const std::string& instrument, std::int32_t day, std::uint32_t part, const SegmentFigures& f) {
  TickSet set;
  set.instrument = instrument;
  set.day = day;
  set.part = part;
  std::copy_n(f.counts.begin(), set.counts.size(), set.counts.begin());
  set.levels = f.levels;
  set.first_time = f.first_time;
  set.last_time = f.last_time;
  set.bytes = f.bytes;
  return set;
}

// The files that some imports brought, relative to the folder.
Result<std::vector<std::string>> files_of(const DataFolder& folder, const std::vector<std::int64_t>& imports) {
  std::vector<std::string> names;
  if (imports.empty()) return names;
  const auto ticks = folder.catalogue().tick_sets();
  if (!ticks) return std::unexpected(ticks.error());
  const auto bars = folder.catalogue().bar_sets();
  if (!bars) return std::unexpected(bars.error());
  const auto among = [&](std::int64_t import) {
    return std::find(imports.begin(), imports.end(), import) != imports.end();
  };
  const auto add = [&](const fs::path& path) { names.push_back(path.lexically_relative(folder.home()).string()); };
  for (const auto& set : *ticks)
    if (among(set.import)) add(folder.tick_path(set.instrument, set.day, set.part));
  for (const auto& set : *bars)
    if (among(set.import)) add(folder.bar_path(set.series, set.part));
  return names;
}

fs::path pending_path(fs::path path) { return path += ".part"; }

}  // namespace

// ------------------------------------------------------------------------------------------------- TickWriter

// Also the half of an Import that takes one instrument's messages: then `pending` is set.
struct TickWriter::State {
  DataFolder& folder;
  Instrument instrument;
  bool pending = false;

  std::optional<SegmentWriter> segment{};
  std::int32_t day = kNoDay;
  std::uint32_t part = 0;
  UnixNanos end_of_day = kNoTime;  // messages before it go into the open segment
  std::vector<TickSet> closed{};   // sets of a pending import whose files are complete
  std::vector<fs::path> files{};   // their final names

  Result<void> open_day(std::int32_t next) {
    if (segment)
      if (auto closed_day = close_day(); !closed_day) return closed_day;
    day = next;
    part = 0;
    const auto path_of = [&] { return folder.tick_path(instrument.id, day, part); };
    std::error_code error;
    if (pending)
      while (fs::exists(path_of(), error)) ++part;
    const fs::path path = path_of();
    if (auto made = make_folders(path.parent_path()); !made) return made;
    const SegmentInfo info = info_of(instrument, day);
    auto opened = !pending && fs::exists(path, error)
                      ? SegmentWriter::open(path, info)
                      : SegmentWriter::create(pending ? pending_path(path) : path, info);
    if (!opened) return std::unexpected(opened.error());
    segment = std::move(*opened);
    if (auto synced = sync_folder(path.parent_path()); !synced) return synced;
    end_of_day = start_of_day(day + 1);
    return {};
  }

  // Makes the open segment complete on disk.
  Result<void> commit_segment() {
    if (auto committed = segment->commit(); !committed) return committed;
    return pending ? Result<void>{} : folder.catalogue().put(set_of(instrument.id, day, part, segment->committed()));
  }

  Result<void> close_day() {
    if (auto committed = commit_segment(); !committed) return committed;
    if (pending) {
      closed.push_back(set_of(instrument.id, day, part, segment->committed()));
      files.push_back(folder.tick_path(instrument.id, day, part));
    }
    segment.reset();
    return {};
  }

  // The segment for a message of this time.
  Result<void> go_to(UnixNanos time) {
    if (time == kNoTime) return timeless();
    if (segment && time < end_of_day) return {};
    const std::int32_t wanted = day_of(time);
    if (segment && wanted <= day) return {};
    return open_day(std::max(wanted, day));
  }

  Result<void> append(const Message& message, std::span<const Level> levels) {
    if (auto there = go_to(time_of(message)); !there) return there;
    return segment->append(message, levels);
  }

  Result<void> append_trades(TradeColumns t) {
    while (!t.times.empty()) {
      if (auto there = go_to(t.times.front()); !there) return there;
      std::size_t n = 0;
      while (n < t.times.size() && t.times[n] < end_of_day && t.times[n] != kNoTime) ++n;
      if (n == 0) return timeless();
      if (auto done =
              segment->append_trades({t.times.first(n), t.prices.first(n), t.quantities.first(n), t.flags.first(n)});
          !done)
        return done;
      t = {t.times.subspan(n), t.prices.subspan(n), t.quantities.subspan(n), t.flags.subspan(n)};
    }
    return {};
  }
};

TickWriter::TickWriter(std::unique_ptr<State> state) : state_{std::move(state)} {}
TickWriter::~TickWriter() = default;
TickWriter::TickWriter(TickWriter&&) noexcept = default;
TickWriter& TickWriter::operator=(TickWriter&&) noexcept = default;

Result<TickWriter> TickWriter::open(DataFolder& folder, const Instrument& instrument) {
  STOM_ASSERT(folder.writable());
  if (auto known = folder.catalogue().put(instrument); !known) return std::unexpected(known.error());
  return TickWriter{std::make_unique<State>(folder, instrument)};
}

Result<void> TickWriter::append(const Message& message, std::span<const Level> levels) {
  return state_->append(message, levels);
}

Result<void> TickWriter::append(const MessageBatch& batch) {
  for (const Message& m : batch.messages)
    if (auto done = state_->append(m, {batch.levels.data() + m.first_level, m.levels()}); !done) return done;
  return {};
}

Result<void> TickWriter::append_trades(const TradeColumns& trades) { return state_->append_trades(trades); }

Result<void> TickWriter::commit() { return state_->segment ? state_->commit_segment() : Result<void>{}; }
Result<void> TickWriter::rollback() { return state_->segment ? state_->segment->rollback() : Result<void>{}; }

// ------------------------------------------------------------------------------------------------- Import

struct Import::State {
  struct Bars {
    BarSeries series;
    Instrument instrument;
    std::uint32_t part = 0;
    UnixNanos last = kNoTime;
    SegmentWriter segment;
  };
  struct Target {
    std::unique_ptr<TickWriter::State> ticks;
    std::unique_ptr<Bars> bars;
  };

  DataFolder& folder;
  std::vector<Target> targets{};
  std::vector<fs::path> written{};  // everything created, under its pending name
  bool done = false;

  void remove_files() {
    for (auto& target : targets) {
      if (target.ticks) {
        const auto& t = *target.ticks;
        for (const auto& file : t.files) written.push_back(pending_path(file));
        if (t.segment) written.push_back(t.segment->path());
      } else {
        written.push_back(target.bars->segment.path());
      }
    }
    targets.clear();
    for (const auto& file : written) {
      std::error_code error;
      fs::remove(file, error);
    }
    written.clear();
  }
};

Import::Import(std::unique_ptr<State> state) : state_{std::move(state)} {}
Import::Import(Import&&) noexcept = default;
Import& Import::operator=(Import&&) noexcept = default;
Import::~Import() {
  if (state_ && !state_->done) rollback();
}

Result<Import> Import::begin(DataFolder& folder) {
  STOM_ASSERT(folder.writable());
  return Import{std::make_unique<State>(folder)};
}

Result<Import::Handle> Import::ticks(const Instrument& instrument) {
  if (auto good = check_instrument_id(instrument.id); !good) return std::unexpected(good.error());
  auto& targets = state_->targets;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i].ticks && targets[i].ticks->instrument.id == instrument.id) return static_cast<Handle>(i);
  targets.push_back({std::make_unique<TickWriter::State>(state_->folder, instrument, true), nullptr});
  return static_cast<Handle>(targets.size() - 1);
}

Result<void> Import::append(Handle handle, const Message& message, std::span<const Level> levels) {
  return state_->targets[handle].ticks->append(message, levels);
}

Result<void> Import::append(Handle handle, const MessageBatch& batch) {
  for (const Message& m : batch.messages)
    if (auto done = append(handle, m, {batch.levels.data() + m.first_level, m.levels()}); !done) return done;
  return {};
}

Result<void> Import::append_trades(Handle handle, const TradeColumns& trades) {
  return state_->targets[handle].ticks->append_trades(trades);
}

Result<Import::Handle> Import::bars(const Instrument& instrument, const BarSeries& series) {
  if (auto good = check_instrument_id(series.instrument); !good) return std::unexpected(good.error());
  if (auto good = check_bar_spec(series.spec); !good) return std::unexpected(good.error());
  STOM_ASSERT(series.instrument == instrument.id);
  auto& targets = state_->targets;
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i].bars && targets[i].bars->series == series) return static_cast<Handle>(i);
  std::uint32_t part = 0;
  std::error_code error;
  while (fs::exists(state_->folder.bar_path(series, part), error)) ++part;
  const fs::path path = pending_path(state_->folder.bar_path(series, part));
  if (auto made = make_folders(path.parent_path()); !made) return std::unexpected(made.error());
  SegmentInfo info = info_of(instrument, 0);
  info.type = SegmentType::Bars;
  info.spec = series.spec;
  info.adjusted = series.adjusted;
  auto segment = SegmentWriter::create(path, info);
  if (!segment) return std::unexpected(segment.error());
  targets.push_back({nullptr, std::make_unique<State::Bars>(series, instrument, part, kNoTime, std::move(*segment))});
  return static_cast<Handle>(targets.size() - 1);
}

Result<void> Import::append(Handle handle, const Bar& bar) {
  State::Bars& bars = *state_->targets[handle].bars;
  if (bar.time == kNoTime) return timeless();
  if (bars.last != kNoTime && bar.time <= bars.last)
    return fail(
        Errc::BadData,
        fmt::format("bars must ascend in time: {} comes after {}", format_time(bar.time), format_time(bars.last)),
        "sort the bars, and keep one of those with the same time");
  bars.last = bar.time;
  return bars.segment.append(bar);
}

Result<std::int64_t> Import::commit(const ImportRecord& record) {
  State& s = *state_;
  STOM_ASSERT(!s.done);
  std::vector<Instrument> instruments;
  std::vector<TickSet> ticks;
  std::vector<BarSet> bars;
  std::vector<fs::path> files;
  std::vector<fs::path> empty;
  std::set<fs::path> folders;
  for (auto& target : s.targets) {
    if (target.ticks) {
      auto& t = *target.ticks;
      if (t.segment)
        if (auto closed = t.close_day(); !closed) return std::unexpected(closed.error());
      instruments.push_back(t.instrument);
      ticks.insert(ticks.end(), t.closed.begin(), t.closed.end());
      files.insert(files.end(), t.files.begin(), t.files.end());
    } else {
      auto& b = *target.bars;
      if (b.last == kNoTime) {  // no bar came: no series
        empty.push_back(b.segment.path());
        continue;
      }
      if (auto committed = b.segment.commit(); !committed) return std::unexpected(committed.error());
      instruments.push_back(b.instrument);
      const SegmentFigures& f = b.segment.committed();
      bars.push_back({b.series, b.part, f.counts[kBarKind], f.first_time, f.last_time, f.bytes, 0});
      files.push_back(s.folder.bar_path(b.series, b.part));
    }
  }
  std::vector<std::string> names;
  for (const auto& file : files) {
    folders.insert(file.parent_path());
    names.push_back(file.lexically_relative(s.folder.home()).string());
  }
  for (const auto& folder : folders)
    if (auto synced = sync_folder(folder); !synced) return std::unexpected(synced.error());

  // Made again after a part of it was deleted: what is left of the earlier one goes in the same step.
  const auto replaced = s.folder.catalogue().partial_imports(record);
  if (!replaced) return std::unexpected(replaced.error());
  const auto doomed = files_of(s.folder, *replaced);
  if (!doomed) return std::unexpected(doomed.error());

  // The point of no return: from here on the import is made, and whoever opens the folder next finishes the renames.
  auto id =
      s.folder.catalogue().publish(record, instruments, std::move(ticks), std::move(bars), names, *replaced, *doomed);
  if (!id) return id;
  s.done = true;
  for (const auto& file : files)
    if (auto renamed = rename_file(pending_path(file), file); !renamed) return std::unexpected(renamed.error());
  for (const auto& folder : folders)
    if (auto synced = sync_folder(folder); !synced) return std::unexpected(synced.error());
  if (auto cleared = s.folder.catalogue().clear_pending(); !cleared) return std::unexpected(cleared.error());
  for (const auto& name : *doomed) empty.push_back(s.folder.home() / name);
  for (const auto& path : empty) {
    std::error_code error;
    fs::remove(path, error);
  }
  if (!doomed->empty())
    if (auto cleared = s.folder.catalogue().clear_doomed(); !cleared) return std::unexpected(cleared.error());
  return id;
}

void Import::rollback() {
  if (!state_->done) state_->remove_files();
}

}  // namespace stom::store
