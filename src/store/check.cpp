// The integrity check (check.hpp).
#include "store/check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "store/catalogue.hpp"
#include "store/segment.hpp"

namespace stom::store {
namespace {

namespace fs = std::filesystem;

// What is looked at in one file, block after block.
class FileCheck {
 public:
  FileCheck(SegmentReader& segment, std::string where, CheckReport& report)
      : segment_{segment}, where_{std::move(where)}, report_{report} {}

  void run() {
    if (segment_.uncommitted_bytes() > 0)
      find(FindingKind::Note,
           fmt::format("{} bytes after the last commit: being recorded now, or left by a crash and cut "
                       "when recording goes on",
                       segment_.uncommitted_bytes()));
    for (const BlockEntry& entry : segment_.blocks()) {
      ++report_.blocks;
      if (auto read = segment_.read(entry, kAllColumns, block_); !read) {
        find(FindingKind::Damage, read.error().message);
        whole_ = false;
        continue;
      }
      counts_[entry.kind] += entry.rows;
      if (entry.kind == kBarKind)
        check_bars();
      else
        check_messages(entry);
    }
    check_totals();
  }

 private:
  void find(FindingKind kind, std::string message) { report_.findings.push_back({kind, where_, std::move(message)}); }

  void check_messages(const BlockEntry& entry) {
    std::uint64_t levels = 0;
    for (std::size_t i = 0; i < block_.rows; ++i) {
      const auto sequence = static_cast<std::uint64_t>(block_.columns[kSequence][i]);
      if (next_[entry.kind] > sequence) ordered_ = false;
      next_[entry.kind] = sequence + 1;
      sequences_ += sequence;
      levels +=
          static_cast<std::uint64_t>(block_.columns[kBids][i]) + static_cast<std::uint64_t>(block_.columns[kAsks][i]);
    }
    if (levels != block_.levels) ordered_ = false;
    if (entry.kind == static_cast<std::uint8_t>(MessageKind::Depth)) check_update_ids();
  }

  // Every update names the one before it (Binance: pu = previous u; spot: U = previous u + 1).
  void check_update_ids() {
    for (std::size_t i = 0; i < block_.rows; ++i) {
      const std::int64_t first = block_.columns[kFirstUpdateId][i];
      const std::int64_t final = block_.columns[kFinalUpdateId][i];
      const std::int64_t previous = block_.columns[kPreviousUpdateId][i];
      if (final == 0) continue;  // a source without ids
      const bool joins = previous != 0 ? previous == last_id_ : first <= last_id_ + 1;
      if (last_id_ != 0 && !joins && ++gaps_ == 1) {
        const std::int64_t received = block_.columns[kReceiveTime][i];
        first_gap_ = received != kNoTime ? received : block_.columns[kEventTime][i];
      }
      last_id_ = final;
    }
  }

  void check_bars() {
    const auto step = parse_duration(segment_.info().spec);
    for (std::size_t i = 0; i < block_.rows; ++i) {
      const UnixNanos time = block_.columns[kBarTime][i];
      if (last_bar_ != kNoTime && time <= last_bar_) ordered_ = false;
      // Daily bars rest at weekends and on holidays; only a hole inside a day's trading tells anything.
      if (last_bar_ != kNoTime && step && *step < kDay && time - last_bar_ > *step) {
        ++gaps_;
        if (time - last_bar_ > widest_) {
          widest_ = time - last_bar_;
          first_gap_ = last_bar_;
        }
      }
      last_bar_ = time;
      const auto price = [&](Column c) { return Price{block_.columns[c][i]}; };
      if (!within_range({time, price(kOpen), price(kHigh), price(kLow), price(kClose), {}}) && ++outside_range_ == 1)
        first_outside_range_ = time;
    }
  }

  void check_totals() {
    const SegmentFigures& figures = segment_.committed();
    const std::uint64_t n = figures.next_sequence;
    const bool ticks = segment_.info().type == SegmentType::Ticks;
    const bool complete = n % 2 == 0 ? sequences_ == n / 2 * (n - 1) : sequences_ == (n - 1) / 2 * n;
    if (whole_ && (counts_ != figures.counts || (ticks && !complete)))
      find(FindingKind::Damage, "fewer or other messages than were committed");
    if (whole_ && !ordered_) find(FindingKind::Damage, "rows are out of order");
    if (outside_range_ > 0)
      find(FindingKind::Note, fmt::format("{} bars open or close outside their low and high, the first at {}",
                                          outside_range_, format_time(first_outside_range_)));
    if (gaps_ > 0 && ticks)
      find(FindingKind::Gap,
           fmt::format("{} gaps in the update ids, the first at {}: the book is stale until the next snapshot", gaps_,
                       format_time(first_gap_)));
    if (gaps_ > 0 && !ticks)
      find(FindingKind::Gap, fmt::format("{} holes between bars, the widest of {} after {}", gaps_,
                                         format_duration(widest_), format_time(first_gap_)));
  }

  SegmentReader& segment_;
  std::string where_;
  CheckReport& report_;
  DecodedBlock block_;
  std::array<std::uint64_t, kKinds> counts_{};
  std::array<std::uint64_t, kKinds> next_{};
  std::uint64_t sequences_ = 0;  // their sum, modulo 2^64
  bool whole_ = true;
  bool ordered_ = true;
  std::int64_t last_id_ = 0;
  std::uint64_t gaps_ = 0;
  UnixNanos first_gap_ = kNoTime;
  std::uint64_t outside_range_ = 0;
  UnixNanos first_outside_range_ = kNoTime;
  UnixNanos last_bar_ = kNoTime;
  DurationNanos widest_ = 0;
};

struct Known {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

}  // namespace

std::uint64_t CheckReport::count(FindingKind kind) const {
  return static_cast<std::uint64_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.kind == kind; }));
}

Result<CheckReport> check(const DataFolder& folder, std::string_view instrument,
                          const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
  CheckReport report;
  // Every file there is, and every file the catalogue knows of.
  struct Item {
    fs::path path;
    SegmentInfo place;
  };
  std::vector<Item> items;
  const auto chosen = [&](const std::string& id) { return instrument.empty() || id == instrument; };
  for (const auto& id : folder.instruments_with_ticks())
    if (chosen(id))
      for (const auto& file : folder.tick_files(id)) items.push_back({file.path, {.instrument = id, .day = file.day}});
  for (const auto& series : folder.bar_series())
    if (chosen(series.instrument))
      for (const auto& path : folder.bar_files(series))
        items.push_back({path,
                         {.type = SegmentType::Bars,
                          .instrument = series.instrument,
                          .spec = series.spec,
                          .adjusted = series.adjusted}});
  const auto ticks = folder.catalogue().tick_sets(instrument);
  if (!ticks) return std::unexpected(ticks.error());
  const auto bars = folder.catalogue().bar_sets(instrument);
  if (!bars) return std::unexpected(bars.error());
  std::vector<std::pair<fs::path, Known>> known;
  for (const auto& set : *ticks)
    known.push_back({folder.tick_path(set.instrument, set.day, set.part), {set.messages(), set.bytes}});
  for (const auto& set : *bars) known.push_back({folder.bar_path(set.series, set.part), {set.bars, set.bytes}});
  const auto actions = folder.catalogue().actions(instrument);
  if (!actions && actions.error().code != Errc::BadData) return std::unexpected(actions.error());
  if (actions)
    report.actions = actions->size();
  else
    report.findings.push_back({FindingKind::Damage, "catalogue.sqlite",
                               fmt::format("{}: {}", actions.error().message, actions.error().hint)});
  if (!instrument.empty() && items.empty() && known.empty() && report.actions == 0 && report.findings.empty())
    return fail(Errc::NotFound, fmt::format("there is no data of {}", instrument),
                "stom data list shows what is there");

  const auto relative = [&](const fs::path& path) { return path.lexically_relative(folder.home()).string(); };
  fs::path last_folder;
  std::int32_t last_day = 0;
  for (const Item& item : items) {
    if (progress && !progress(report.files, items.size())) return fail(Errc::Canceled, "the check was interrupted");
    ++report.files;
    const std::string where = relative(item.path);
    if (item.place.type == SegmentType::Ticks && item.path.parent_path() == last_folder &&
        item.place.day > last_day + 1)
      report.findings.push_back(
          {FindingKind::Gap, where,
           fmt::format("nothing from {} to {}", format_day(last_day + 1), format_day(item.place.day - 1))});
    last_folder = item.path.parent_path();
    last_day = item.place.day;
    auto segment = SegmentReader::open(item.path);
    if (!segment) {
      report.findings.push_back({FindingKind::Damage, where, segment.error().message});
      continue;
    }
    if (auto placed = check_place(*segment, item.place); segment->committed().bytes > 0 && !placed)
      report.findings.push_back({FindingKind::Damage, where, placed.error().message});
    FileCheck{*segment, where, report}.run();
    const SegmentFigures& figures = segment->committed();
    std::uint64_t messages = 0;
    for (std::size_t k = 0; k < kBarKind; ++k) messages += figures.counts[k];
    report.messages += messages;
    report.bars += figures.counts[kBarKind];
    report.bytes += figures.bytes;
    const auto entry = std::find_if(known.begin(), known.end(), [&](const auto& k) { return k.first == item.path; });
    if (entry == known.end()) {
      if (figures.bytes > 0)
        report.findings.push_back({FindingKind::Note, where, "the catalogue does not know this file"});
      continue;
    }
    if (figures.bytes < entry->second.bytes)
      report.findings.push_back({FindingKind::Damage, where,
                                 fmt::format("{} bytes are committed, the catalogue knows of {}: the end is missing",
                                             figures.bytes, entry->second.bytes)});
    known.erase(entry);
  }
  for (const auto& [path, set] : known)
    report.findings.push_back(
        {FindingKind::Damage, relative(path), fmt::format("the file is gone; it held {} rows", set.rows)});
  return report;
}

}  // namespace stom::store
