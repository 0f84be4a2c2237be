#include "backtest_check.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "model/fill.hpp"
#include "store/bar_store.hpp"
#include "store/catalogue.hpp"
#include "store/tick_reader.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

std::string second_of(UnixNanos time) {
  std::string text = format_time(time).substr(0, 19);
  text[10] = ' ';
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

std::uint64_t mebibytes(std::uint64_t bytes) { return (bytes + (1u << 20) - 1) >> 20; }

/// What a program can have: the system gives up its file cache for it, so that is free too.
std::uint64_t free_memory() {
  std::ifstream info{"/proc/meminfo"};
  for (std::string name; info >> name;) {
    std::uint64_t kibibytes = 0;
    if (name == "MemAvailable:" && info >> kibibytes) return kibibytes << 10;
    info.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  const auto pages = ::sysconf(_SC_AVPHYS_PAGES), size = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && size > 0 ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(size) : 0;
}

std::string share_text(double share) {
  return share == 0 ? "0 %" : share < 0.001 ? "less than 0.1 %" : fmt::format("{:.1f} %", share * 100);
}

}  // namespace

BacktestCheck::BacktestCheck(const Session& session, const store::DataFolder& folder, UnixNanos from, UnixNanos to)
    : session_{session}, folder_{folder}, from_{from}, to_{to} {}

std::unexpected<Error> BacktestCheck::nothing_there(const std::string& what, const std::string& instrument,
                                                    UnixNanos first, UnixNanos last) const {
  const std::string asked = from_ == kNoTime ? "before " + second_of(to_)
                            : to_ == kNever  ? "from " + second_of(from_)
                                             : fmt::format("from {} to {}", second_of(from_), second_of(to_));
  return fail(Errc::NotFound,
              fmt::format("there are no {} of {} {}: they go from {} to {} (UTC)", what, instrument, asked,
                          second_of(first), second_of(last)),
              "name --from and --to inside of that, or leave them out; stom data import brings more");
}

Result<void> BacktestCheck::ticks(const std::string& instrument) {
  const store::TickQuery query{.from = from_, .to = to_};
  const auto begin = Steady::now();
  auto reader = store::TickReader::open(folder_, instrument, query);
  if (!reader) return std::unexpected(reader.error());
  std::uint64_t total = 0;
  for (const auto count : reader->stored_counts()) total += count;

  research::TickCoverage coverage;
  Progress progress{session_, "checking the data"};
  std::uint64_t done = 0;
  const auto digest = store::data_hash(*reader, instrument, [&](const MessageBatch& batch) {
    coverage.observe(batch);
    done += batch.messages.size();
    progress.update(done, total);
    return !interrupted();  // nothing is done yet, so nothing is kept
  });
  if (!digest) return std::unexpected(digest.error());
  reading_seconds_ += seconds_since(begin);
  const auto found = coverage.finish(from_, to_);
  if (found.rows == 0) {
    const auto sets = folder_.catalogue().tick_sets(instrument);
    if (!sets) return std::unexpected(sets.error());
    UnixNanos first = kNever, last = kNoTime;
    for (const auto& set : *sets) first = std::min(first, set.first_time), last = std::max(last, set.last_time);
    if (sets->empty())
      return fail(Errc::NotFound, fmt::format("there are no ticks of {}", instrument), "stom data list");
    return nothing_there("ticks", instrument, first, last);
  }
  const auto actions = stored_actions(folder_, instrument);
  if (!actions) return std::unexpected(actions.error());
  const Calendar& calendar = calendar_of(instrument);
  add({.instrument = instrument,
       .bar = "",
       .coverage = found,
       .actions =
           count_actions(*actions, calendar.trading_day(found.first_time), calendar.trading_day(found.last_time))},
      *digest);
  return {};
}

Result<void> BacktestCheck::bars(const store::BarSeries& series, const StoredBars& read, AdjustMode mode) {
  const auto begin = Steady::now();
  const std::vector<Bar>& bars = read.bars;
  if (bars.empty()) {
    const auto sets = folder_.catalogue().bar_sets(series.instrument);
    if (!sets) return std::unexpected(sets.error());
    UnixNanos first = kNever, last = kNoTime;
    for (const auto& set : *sets)
      if (set.series == series) first = std::min(first, set.first_time), last = std::max(last, set.last_time);
    if (last == kNoTime)
      return fail(Errc::NotFound, fmt::format("there are no {} bars of {}", series.spec, series.instrument),
                  "stom data list shows what is there");
    return nothing_there(series.spec + " bars", series.instrument, first, last);
  }
  const auto step = parse_duration(series.spec);
  research::BarCoverage coverage{step ? *step : 0};
  coverage.observe(bars);
  const auto digest = store::data_hash(folder_, series, from_, to_);
  if (!digest) return std::unexpected(digest.error());
  reading_seconds_ += seconds_since(begin);
  add({.instrument = series.instrument,
       .bar = series.spec,
       .coverage = coverage.finish(from_, to_),
       .actions = read.actions,
       .adjust = mode,
       .marked_adjusted = series.adjusted},
      *digest);
  // Adjusted prices come of the bars and of these.
  if (mode != AdjustMode::None) {
    std::string text = fmt::format("stom corporate actions 1\n{}\n{}\n", series.instrument, name_of(mode));
    for (const CorporateAction& action : read.applied) text += action.text() + "\n";
    hash_.update(text);
  }
  return {};
}

std::string BacktestCheck::about_actions(const Item& item) {
  if (item.adjust != AdjustMode::None) return adjusted_text(item.adjust, item.actions);
  const std::string all = actions_text(item.actions.splits, item.actions.dividends);
  if (all.empty() || item.marked_adjusted) return {};
  if (item.bar.empty())
    return fmt::format(
        "{} within the run; prices are raw, and what is held over them is not changed; end or begin the "
        "run there",
        all);
  return fmt::format("{} within the run; prices are raw, and what is held over them is not changed; --adjust {}", all,
                     item.actions.dividends > 0 ? "splits or --adjust all" : "splits");
}

void BacktestCheck::add(Item item, const std::string& digest) {
  hash_.update(digest);
  items_.push_back(std::move(item));
}

void BacktestCheck::estimate(std::size_t runs, DurationNanos equity_interval) {
  // The program itself; decoded blocks and sorted messages of each instrument's ticks; a bar as it is read, as it is
  // played and as it is drawn.
  constexpr std::uint64_t kProgram = 14u << 20, kTicks = 8u << 20, kBar = 200;
  std::uint64_t points = 0;
  memory_bytes_ = kProgram;
  for (const Item& item : items_) {
    memory_bytes_ += item.bar.empty() ? kTicks : kBar * item.coverage.rows;
    const auto span = static_cast<std::uint64_t>(item.coverage.last_time - item.coverage.first_time);
    points =
        std::max(points, equity_interval > 0 ? span / static_cast<std::uint64_t>(equity_interval) : item.coverage.rows);
  }
  points_ = points;
  memory_bytes_ += points * runs * 2 * sizeof(EquityPoint);
  // The run reads twice what was read here once, and a strategy that does little adds a third of that for each run.
  seconds_ = reading_seconds_ * (2.0 + 0.3 * static_cast<double>(runs));
}

std::string BacktestCheck::data_hash() { return hash_.hex(); }

void BacktestCheck::tell() const {
  for (const Item& item : items_) {
    const auto& c = item.coverage;
    std::string line = item.bar.empty() ? fmt::format("{}: {} messages, {} levels", item.instrument, grouped(c.rows),
                                                      grouped(c.levels))
                                        : fmt::format("{}: {} bars of {}", item.instrument, grouped(c.rows), item.bar);
    line += fmt::format(", {} to {}", second_of(c.first_time), second_of(c.last_time));
    say(session_, line);
    line = fmt::format("  {} of {} days", c.days, c.days + c.missing_days.size());
    if (!c.missing_days.empty()) line += fmt::format(" (no data on {})", research::day_list(c.missing_days));
    if (item.bar.empty())
      line += fmt::format(", {} gaps, no book for {} of the time", c.gaps, share_text(c.stale_share));
    else if (c.gaps > 0)
      line += fmt::format(", {} holes, the widest of {}", c.gaps, format_duration(c.widest_gap));
    else
      line += ", no holes";
    say(session_, line);
    if (const auto about = about_actions(item); !about.empty()) say(session_, "  " + about);
  }
  const std::uint64_t free = free_memory();
  say(session_, fmt::format("  needs about {} MiB of memory ({} MiB are free) and {}", mebibytes(memory_bytes_),
                            free >> 20, seconds_ < 1 ? "less than a second" : fmt::format("about {:.0f} s", seconds_)));
}

Result<void> BacktestCheck::outlasts(DurationNanos warmup) const {
  UnixNanos first = kNever, last = kNoTime;
  for (const Item& item : items_) {
    first = std::min(first, item.coverage.first_time);
    last = std::max(last, item.coverage.last_time);
  }
  if (warmup <= 0 || last - first > warmup) return {};
  return fail(Errc::Usage,
              fmt::format("--warmup {} leaves nothing to count: the data go from {} to {} (UTC)",
                          format_duration(warmup), second_of(first), second_of(last)),
              "a shorter --warmup, or a longer time (--from, --to)");
}

Result<void> BacktestCheck::fits() const {
  constexpr std::uint64_t kMostPoints = 50'000'000;
  constexpr const char* kRemedy = "a longer --equity-every, or a shorter time (--from, --to)";
  if (points_ > kMostPoints)
    return fail(
        Errc::Usage,
        fmt::format("the equity curve would have {} points: {} are the most", grouped(points_), grouped(kMostPoints)),
        kRemedy);
  const std::uint64_t free = free_memory();
  if (free == 0 || memory_bytes_ <= free) return {};
  return fail(Errc::Io,
              fmt::format("the run needs about {} MiB of memory, and {} MiB are free",
                          grouped(mebibytes(memory_bytes_)), grouped(free >> 20)),
              kRemedy);
}

Json BacktestCheck::json() const {
  Json list = Json::array();
  for (const Item& item : items_) {
    const auto& c = item.coverage;
    Json missing = Json::array();
    for (const auto day : c.missing_days) missing.push_back(format_day(day));
    Json entry{{"instrument", item.instrument}};
    if (item.bar.empty())
      entry["messages"] = c.rows, entry["levels"] = c.levels;
    else
      entry["bar"] = item.bar, entry["bars"] = c.rows;
    entry["first_time_ns"] = c.first_time;
    entry["last_time_ns"] = c.last_time;
    entry["days"] = c.days;
    entry["missing_days"] = std::move(missing);
    entry["gaps"] = c.gaps;
    if (item.bar.empty()) entry["stale_share"] = c.stale_share;
    if (item.adjust != AdjustMode::None) entry["adjust"] = name_of(item.adjust);
    if (item.actions.splits + item.actions.dividends + item.actions.outside > 0)
      entry["corporate_actions"] = {
          {"splits", item.actions.splits}, {"dividends", item.actions.dividends}, {"outside", item.actions.outside}};
    list.push_back(std::move(entry));
  }
  return {{"data", std::move(list)}, {"memory_bytes", memory_bytes_}, {"seconds", seconds_}};
}

std::vector<std::string> BacktestCheck::warnings() const {
  std::vector<std::string> list;
  for (const Item& item : items_) {
    const auto& c = item.coverage;
    if (!c.missing_days.empty())
      list.push_back(fmt::format("{}: {} of {} days have no data ({})", item.instrument, c.missing_days.size(),
                                 c.days + c.missing_days.size(), research::day_list(c.missing_days)));
    if (item.bar.empty() && c.stale_share >= 0.01)
      list.push_back(
          fmt::format("{}: there was no book for {} of the time", item.instrument, share_text(c.stale_share)));
    if (const auto about = about_actions(item); !about.empty() && item.adjust != AdjustMode::All)
      list.push_back(fmt::format("{}: {}", item.instrument, about));
  }
  return list;
}

}  // namespace stom
