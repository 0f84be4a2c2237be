// `stom data import`: recorded files into the store, wholly or not at all. Each file is gone through twice: first to
// learn its decimals and order and to find what is wrong with it, before the store is touched; then to write.
#include "data_import.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/clock.hpp"
#include "core/spelling.hpp"
#include "gateway/frame_recorder.hpp"
#include "importers/file_reader.hpp"
#include "market/reading_rules.hpp"
#include "store/bar_store.hpp"
#include "store/catalogue.hpp"
#include "store/check.hpp"
#include "store/data_folder.hpp"
#include "store/tick_writer.hpp"
#include "trade/scratch_folder.hpp"
#include "venues/ladders.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

using importers::FileReader;
using importers::Findings;
using importers::Rows;
using Json = nlohmann::ordered_json;

struct ImportOptions {
  std::vector<std::string> paths;
  importers::ReadOptions read;
  std::string tick, lot, bar, market;
  bool adjusted = false;
};

struct Source {
  std::filesystem::path path;
  std::unique_ptr<FileReader> reader;
  Findings found;
};

/// What the user is told.
struct Tally {
  std::uint64_t lines = 0, bad = 0, duplicates = 0, rounded = 0, off_ladder = 0, outside_range = 0, bars = 0;
  std::array<std::uint64_t, 5> messages{};
  GapCounter gaps;
  ClockRepair repair;
  std::string first_bad;
};

/// The object that --json prints.
Json answer_of(const std::string& instrument, const Tally& tally) {
  const auto count = [&](MessageKind kind) { return tally.messages[static_cast<std::size_t>(kind)]; };
  Json events{{"depth", count(MessageKind::Depth)},
              {"trade", count(MessageKind::Trade)},
              {"quote", count(MessageKind::Quote)},
              {"snapshot", count(MessageKind::Snapshot)},
              {"bar", tally.bars}};
  if (count(MessageKind::MarkPrice) > 0) events["mark_price"] = count(MessageKind::MarkPrice);
  return {{"instrument", instrument},
          {"lines", tally.lines},
          {"events", events},
          {"bad", tally.bad},
          {"gaps", tally.gaps.gaps()},
          {"clock_repair_ns", tally.repair.shift()},
          {"duplicates", tally.duplicates},
          {"off_ladder", tally.off_ladder},
          {"outside_range", tally.outside_range}};
}

/// The texts that decide what is imported: the same again is the same import.
std::string canonical(const ImportOptions& o) {
  Json options{
      {"tick", o.tick},          {"lot", o.lot},       {"columns", o.read.columns}, {"bar", o.bar},
      {"format", o.read.format}, {"market", o.market}, {"adjusted", o.adjusted},    {"skip_bad", o.read.skip_bad}};
  if (o.read.ignore_unknown_fields) options["ignore_unknown_fields"] = true;
  return options.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Importing {
 public:
  Importing(const Session& session, const ImportOptions& options)
      : session_{session}, options_{options}, progress_{session, "import"} {}

  Result<Json> run() {
    if (auto checked = check_options(); !checked) return std::unexpected(checked.error());
    if (auto inspected = inspect(); !inspected) return std::unexpected(inspected.error());
    if (sources_[0].reader->gives_actions()) return import_actions();
    auto folder = store::DataFolder::open(session_.home, store::OpenMode::Write);
    if (!folder) return std::unexpected(folder.error());
    folder_ = &*folder;
    store::ImportRecord record{.instrument = options_.read.instrument, .options = canonical(options_)};
    for (const auto& source : sources_)
      record.sources.push_back({source.path.filename().string(), source.found.sha256});
    const auto known = folder->catalogue().find_import(record.instrument, record.sources, record.options);
    if (!known) return std::unexpected(known.error());
    if (*known) return told_again(**known);
    if (auto once = check_not_doubled(folder->catalogue()); !once) return std::unexpected(once.error());

    auto instrument = make_instrument(folder->catalogue());
    if (!instrument) return std::unexpected(instrument.error());
    instrument_ = std::move(*instrument);
    auto import = store::Import::begin(*folder);
    if (!import) return std::unexpected(import.error());
    if (auto written = write(*import); !written) return std::unexpected(written.error());
    const Json answer = make_answer();
    record.answer = answer.dump();
    record.time = SystemClock{}.now();
    if (interrupted()) return canceled();
    if (const auto id = import->commit(record); !id) return std::unexpected(id.error());
    return answer;
  }

  /// For people, on stderr.
  void explain() const {
    for (const auto& note : notes_) say(session_, note);
    if (tally_.bad > 0)
      say(session_, fmt::format("left out {} bad lines; the first: {}", tally_.bad, tally_.first_bad));
    if (tally_.duplicates > 0)
      say(session_, fmt::format("left out {} {}", tally_.duplicates,
                                sources_[0].reader->gives_actions() ? "splits or dividends that came before"
                                                                    : "bars whose time was there already"));
    if (tally_.rounded > 0)
      say(session_, fmt::format("rounded {} numbers half to even: their digits do not fit 64 bits", tally_.rounded));
    if (tally_.off_ladder > 0)
      say(session_,
          fmt::format("{} market prices are not on the tick ladder; they are kept as they came", tally_.off_ladder));
    if (tally_.outside_range > 0)
      say(session_, fmt::format("{} bars open or close outside their low and high; they are kept as they came",
                                tally_.outside_range));
    if (tally_.gaps.gaps() > 0)
      say(session_, fmt::format("{} gaps in the update ids: the book is stale from each until the next snapshot",
                                tally_.gaps.gaps()));
  }

 private:
  static constexpr std::uint64_t kStepsThatTell = 10;

  static std::unexpected<Error> canceled() {
    return fail(Errc::Canceled, "interrupted: nothing was imported", "run the same command again");
  }

  Result<void> check_options() const {
    if (auto id = store::check_instrument_id(options_.read.instrument); !id) return id;
    for (const auto& [name, text] : {std::pair{"--tick", options_.tick}, std::pair{"--lot", options_.lot}}) {
      if (text.empty()) continue;
      const int decimals = decimals_of(text);
      const auto value = decimals < 0 ? Result<std::int64_t>{0} : parse_decimal(text, decimals);
      if (decimals < 0 || !value || *value <= 0)
        return fail(Errc::Usage, fmt::format("{} '{}' is no positive decimal", name, text), "write it as 0.1 or 0.001");
    }
    if (!options_.bar.empty())
      if (auto span = span_of(options_.bar); !span) return std::unexpected(span.error());
    const auto markets = venues::markets_with_ladders();
    if (options_.market.empty() || std::ranges::find(markets, options_.market) != markets.end()) return {};
    // "kosdak" is near "kosdaq", however far it is from "krx-kosdaq".
    std::vector<std::string> names = markets;
    for (const auto& market : markets) names.push_back(market.substr(market.find('-') + 1));
    std::string near = nearest_name(options_.market, names);
    for (const auto& market : markets)
      if (!near.empty() && market.ends_with("-" + near)) near = market;
    return fail(
        Errc::Usage, fmt::format("there is no market '{}'", options_.market),
        near.empty() ? fmt::format("there are {}", fmt::join(markets, ", ")) : fmt::format("did you mean {}?", near));
  }

  /// What a bar spans, months at their least; 0 where it is no time (100t).
  static Result<DurationNanos> span_of(std::string_view spec) {
    const auto digits = std::min(spec.find_first_not_of("0123456789"), spec.size());
    const auto count = parse_decimal(spec.substr(0, digits), 0);
    const auto unit = spec.substr(digits);
    const auto span = parse_duration(spec);
    if (count && *count > 0 && *count <= 1'000'000 && spec[0] != '0') {
      if (span) return *span;
      if (unit == "t") return 0;
      if (unit == "w" && *count <= 1'000) return *count * 7 * kDay;
      if (unit == "mo" && *count <= 1'000) return *count * 28 * kDay;
    }
    return fail(Errc::Usage, fmt::format("'{}' is not what a bar spans", spec),
                "write a number and a unit: 1s, 5m, 1h, 1d, 1w or 1mo");
  }

  importers::Watch watch(double from, double share) {
    return [this, from, share](std::uint64_t done, std::uint64_t total) {
      const double part = total == 0 ? 0 : static_cast<double>(done) / static_cast<double>(total);
      progress_.update(static_cast<std::uint64_t>(1e6 * (from + share * part)), 1'000'000);
      return !interrupted();
    };
  }

  Result<void> inspect() {
    const double share = 0.5 / static_cast<double>(options_.paths.size());
    for (std::size_t i = 0; i < options_.paths.size(); ++i) {
      auto reader = importers::open_reader(options_.paths[i], options_.read);
      if (!reader) return std::unexpected(reader.error());
      auto found = (*reader)->inspect({}, watch(share * static_cast<double>(i), share));
      if (!found) return std::unexpected(found.error());
      sources_.push_back({options_.paths[i], std::move(*reader), std::move(*found)});
    }
    std::ranges::stable_sort(sources_, {}, [](const Source& s) { return s.found.first_time; });
    for (const auto& source : sources_) {
      if (source.reader->gives_actions() != sources_[0].reader->gives_actions())
        return fail(
            Errc::Usage,
            fmt::format("{} and {} are not both splits and dividends", source.path.string(), sources_[0].path.string()),
            "import them by separate commands; --format corporate_actions takes them from a table of bars");
      if (source.reader->gives_bars() != sources_[0].reader->gives_bars())
        return fail(Errc::Usage,
                    fmt::format("{} holds bars and {} does not", source.path.string(), sources_[0].path.string()),
                    "import bars and ticks by separate commands");
    }
    return {};
  }

  /// Splits and dividends: those that are there already stay, so the same again changes nothing.
  Result<Json> import_actions() {
    for (const auto& [name, given] : {std::pair{"--adjusted", options_.adjusted},
                                      {"--bar", !options_.bar.empty()},
                                      {"--tick", !options_.tick.empty()},
                                      {"--lot", !options_.lot.empty()},
                                      {"--market", !options_.market.empty()}})
      if (given)
        return fail(Errc::Usage, fmt::format("{} says nothing about splits and dividends", name),
                    fmt::format("leave {} out", name));
    std::vector<CorporateAction> actions;
    Rows rows;
    for (auto& source : sources_) {
      for (;;) {
        const auto more = source.reader->next({}, rows, watch(0.5, 0.5));
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        actions.insert(actions.end(), rows.actions.begin(), rows.actions.end());
      }
      const auto& end = source.reader->findings();
      tally_.lines += end.lines;
      tally_.bad += end.bad;
      tally_.duplicates += end.duplicates;
      if (tally_.first_bad.empty()) tally_.first_bad = end.first_bad;
    }
    if (auto joined = join(actions); !joined) return std::unexpected(joined.error());
    // Looked for before the folder is opened to write, which would make it.
    const auto there = store::DataFolder::open(session_.home, store::OpenMode::Read);
    if (!there) return std::unexpected(there.error());
    if (const auto known = there->catalogue().instrument(options_.read.instrument); !known)
      return fail(known.error().code, known.error().message,
                  "import its bars or ticks first: splits and dividends say nothing without prices");
    auto folder = store::DataFolder::open(session_.home, store::OpenMode::Write);
    if (!folder) return std::unexpected(folder.error());
    const auto splits = std::ranges::count(actions, ActionKind::Split, &CorporateAction::kind);
    Json answer{{"instrument", options_.read.instrument},
                {"lines", tally_.lines},
                {"events", {{"split", splits}, {"dividend", std::ssize(actions) - splits}}},
                {"bad", tally_.bad},
                {"duplicates", tally_.duplicates}};
    store::ImportRecord record{.instrument = options_.read.instrument,
                               .options = canonical(options_),
                               .answer = answer.dump(),
                               .time = SystemClock{}.now()};
    for (const auto& source : sources_)
      record.sources.push_back({source.path.filename().string(), source.found.sha256});
    if (interrupted()) return canceled();
    const auto added = folder->catalogue().add_actions(record, actions);
    if (!added) return std::unexpected(added.error());
    if (*added == 0) notes_.push_back("these were imported before: nothing changed");
    if (*added == 0) answer["already"] = true;
    return answer;
  }

  /// Of all files: in order, each once.
  Result<void> join(std::vector<CorporateAction>& actions) {
    const auto key = [](const CorporateAction& action) { return std::pair{action.day, action.kind}; };
    std::ranges::stable_sort(actions, {}, key);
    std::vector<CorporateAction> once;
    for (const CorporateAction& action : actions) {
      if (once.empty() || key(once.back()) != key(action)) {
        once.push_back(action);
      } else if (once.back() != action) {
        return fail(Errc::BadData, fmt::format("the files say '{}' and '{}'", once.back().text(), action.text()),
                    "keep the right one; two dividends of one day are written as their sum");
      } else {
        ++tally_.duplicates;
      }
    }
    actions = std::move(once);
    return {};
  }

  Json told_again(const store::ImportRecord& record) {
    notes_.push_back("this was imported before: nothing changed");
    Json answer = Json::parse(record.answer, nullptr, false);
    if (!answer.is_object()) answer = Json::object();
    answer["already"] = true;
    return answer;
  }

  /// A recording that is there already, imported with other options, would be there twice. Of bars the times decide
  /// (take_bars).
  Result<void> check_not_doubled(const store::Catalogue& catalogue) const {
    if (sources_[0].reader->gives_bars()) return {};
    const auto records = catalogue.imports();
    const auto days = catalogue.tick_sets(options_.read.instrument);
    if (!records) return std::unexpected(records.error());
    if (!days) return std::unexpected(days.error());
    // What of a file was deleted since may come again, though other days of its import are still there.
    const auto is_there = [&](const store::ImportRecord& record, const Source& source) {
      return std::ranges::any_of(*days, [&](const store::TickSet& set) {
        return set.import == record.id && set.day >= day_of(source.found.first_time) &&
               set.day <= day_of(source.found.last_time);
      });
    };
    for (const auto& record : *records) {
      for (const auto& old : record.sources)
        for (const auto& source : sources_)
          if (source.found.sha256 == old.sha256 && is_there(record, source))
            return fail(Errc::Usage,
                        fmt::format("{} is in the store already, as {} of {}, imported with other files or options",
                                    source.path.string(), old.name, record.instrument),
                        fmt::format("to import it anew, first: stom data delete {}", record.instrument));
    }
    return {};
  }

  /// What the id, the files, the options and the dated ladders say together.
  Result<Instrument> make_instrument(const store::Catalogue& catalogue) {
    Instrument made = venues::describe(options_.read.instrument);
    venues::Decimals needed;
    UnixNanos last = kNoTime;
    for (const auto& source : sources_) {
      needed.price = std::max(needed.price, source.found.decimals.price);
      needed.quantity = std::max(needed.quantity, source.found.decimals.quantity);
      last = std::max(last, source.found.last_time);
    }
    made.price_decimals = std::max(needed.price, options_.tick.empty() ? 0 : decimals_of(options_.tick));
    made.quantity_decimals = std::max(needed.quantity, options_.lot.empty() ? 0 : decimals_of(options_.lot));
    const auto known = catalogue.instrument(made.id);
    if (!known && known.error().code != Errc::NotFound) return known;
    if (known) {
      if (known->price_decimals < made.price_decimals || known->quantity_decimals < made.quantity_decimals)
        return fail(
            Errc::BadData,
            fmt::format("{} is stored with {} price and {} quantity decimals; these files need {} and {}", made.id,
                        known->price_decimals, known->quantity_decimals, made.price_decimals, made.quantity_decimals),
            fmt::format("import them under another name, or first: stom data delete {}", made.id));
      made.price_decimals = known->price_decimals;
      made.quantity_decimals = known->quantity_decimals;
    }
    made.ladder = {{Price{0}, Price{1}}};
    made.lot = Quantity{1};
    choose_ladder(made, known ? &*known : nullptr, day_of(last));
    return made;
  }

  void choose_ladder(Instrument& made, const Instrument* known, std::int32_t day) {
    const std::string market = options_.market.empty() ? venues::market_of(made.id) : options_.market;
    const auto ladder = market.empty() ? std::nullopt : venues::ladder_on(market, made.base, day);
    if (ladder) {
      venues::apply_ladder(*ladder, made);
      notes_.push_back(fmt::format("ticks of {} in force on {} ({})", market, format_day(day), ladder->source));
    } else if (known) {
      made.ladder = known->ladder;
      made.lot = known->lot;
    } else if (options_.tick.empty() || options_.lot.empty()) {
      notes_.push_back(
          fmt::format("tick {} and lot {}: {}",
                      options_.tick.empty() ? format_decimal(std::int64_t{1}, made.price_decimals) : options_.tick,
                      options_.lot.empty() ? format_decimal(std::int64_t{1}, made.quantity_decimals) : options_.lot,
                      "taken from the most decimals in the files; say --tick and --lot if you know them"));
    }
    if (!options_.tick.empty()) made.ladder = {{Price{0}, Price{*parse_decimal(options_.tick, made.price_decimals)}}};
    if (!options_.lot.empty()) made.lot = Quantity{*parse_decimal(options_.lot, made.quantity_decimals)};
  }

  Result<void> write(store::Import& import) {
    const bool bars = sources_[0].reader->gives_bars();
    auto handle = bars ? open_bars(import) : import.ticks(instrument_);
    if (!handle) return std::unexpected(handle.error());
    const venues::Decimals decimals{instrument_.price_decimals, instrument_.quantity_decimals};
    const double share = 0.5 / static_cast<double>(sources_.size());
    Rows rows;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
      auto& source = sources_[i];
      if (i > 0 && !bars && source.found.first_time < sources_[i - 1].found.last_time)
        return fail(Errc::BadData,
                    fmt::format("{} begins at {}, before {} ends at {}", source.path.string(),
                                format_time(source.found.first_time), sources_[i - 1].path.string(),
                                format_time(sources_[i - 1].found.last_time)),
                    "import files that overlap by separate commands");
      const auto watching = watch(0.5 + share * static_cast<double>(i), share);
      for (;;) {
        const auto more = source.reader->next(decimals, rows, watching);
        if (!more) return std::unexpected(more.error());
        if (!*more) break;
        if (auto taken =
                bars ? take_bars(source, rows.bars, import, *handle) : take_messages(rows.messages, import, *handle);
            !taken)
          return taken;
      }
      const auto& end = source.reader->findings();
      tally_.lines += end.lines;
      tally_.bad += end.bad;
      tally_.duplicates += end.duplicates;
      tally_.rounded += end.rounded;
      if (tally_.first_bad.empty()) tally_.first_bad = end.first_bad;
    }
    return {};
  }

  Result<store::Import::Handle> open_bars(store::Import& import) {
    store::BarSeries series{.instrument = instrument_.id, .spec = options_.bar, .adjusted = options_.adjusted};
    DurationNanos step = 0;
    std::uint64_t steps = 0;
    for (const auto& source : sources_) {
      steps += source.found.bar_steps;
      if (source.found.bar_steps > 0) step = step == 0 ? source.found.bar_step : std::min(step, source.found.bar_step);
    }
    if (!series.spec.empty()) {
      // Of a few bars the gaps may be all there is to see (Friday and Monday are three days apart); that they are not
      // of a part of a day shows all the same.
      const DurationNanos span = *span_of(series.spec);
      const bool tells = steps >= kStepsThatTell || (step >= kDay && span < kDay);
      if (span > 0 && step > span && tells)
        return fail(Errc::Usage,
                    fmt::format("--bar {}: the bars are {} apart, so they are not bars of {}", series.spec,
                                spec_of(step), series.spec),
                    fmt::format("write --bar {}, or leave --bar out", spec_of(step)));
    } else {
      if (step == 0)
        return fail(Errc::Usage, "how long a bar is cannot be told from one bar", "say it: --bar 1m, 1h or 1d");
      series.spec = spec_of(step);
      notes_.push_back(fmt::format("bars of {} (told from their distance; --bar says otherwise)", series.spec));
    }
    if (auto read = read_stored(series); !read) return std::unexpected(read.error());
    return import.bars(instrument_, series);
  }

  /// The times of the series that these files could give again.
  Result<void> read_stored(const store::BarSeries& series) {
    series_ = series;
    UnixNanos from = kNever, to = kNoTime;
    for (const auto& source : sources_) {
      from = std::min(from, source.found.first_time);
      to = std::max(to, source.found.last_time);
    }
    if (folder_->bar_files(series).empty()) return {};
    auto reader = store::BarReader::open(*folder_, series, from, to + 1);
    if (!reader) return std::unexpected(reader.error());
    std::vector<Bar> bars;
    for (;;) {
      const auto more = reader->next(bars);
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
      for (const Bar& bar : bars) stored_times_.push_back(bar.time);
    }
  }

  std::unexpected<Error> doubled(const Source& source, UnixNanos time) const {
    return fail(
        Errc::Usage,
        fmt::format("{} has a bar of {} that is in the store already: {}{} bars of {}, {} of them between {} and {}",
                    source.path.string(), format_time(time), series_.adjusted ? "adjusted " : "", series_.spec,
                    series_.instrument, stored_times_.size(), format_time(stored_times_.front()),
                    format_time(stored_times_.back())),
        fmt::format("they would be there twice: to import them anew, first: stom data delete {}; bars of other "
                    "times are taken",
                    series_.instrument));
  }

  static std::string spec_of(DurationNanos step) {
    if (step >= 28 * kDay) return fmt::format("{}mo", (step + 15 * kDay) / (30 * kDay));
    for (const auto& [unit, letter] : {std::pair{7 * kDay, "w"}, std::pair{kDay, "d"}, std::pair{kHour, "h"},
                                       std::pair{kMinute, "m"}, std::pair{kSecond, "s"}, std::pair{kMillisecond, "ms"}})
      if (step % unit == 0) return fmt::format("{}{}", step / unit, letter);
    return fmt::format("{}ns", step);
  }

  Result<void> take_bars(const Source& source, const std::vector<Bar>& bars, store::Import& import,
                         store::Import::Handle handle) {
    for (const Bar& bar : bars) {
      if (std::ranges::binary_search(stored_times_, bar.time)) return doubled(source, bar.time);
      if (!times_.empty() && bar.time <= times_.back()) {
        if (!std::ranges::binary_search(times_, bar.time))
          return fail(Errc::BadData,
                      fmt::format("the files interleave: a bar of {} after one of {}", format_time(bar.time),
                                  format_time(times_.back())),
                      "join and sort the files first");
        ++tally_.duplicates;
        continue;
      }
      times_.push_back(bar.time);
      ++tally_.bars;
      for (const Price price : {bar.open, bar.high, bar.low, bar.close})
        if (!instrument_.on_ladder(price)) {
          ++tally_.off_ladder;
          break;
        }
      tally_.outside_range += !store::within_range(bar);
      if (auto appended = import.append(handle, bar); !appended) return appended;
    }
    return {};
  }

  Result<void> take_messages(const MessageBatch& batch, store::Import& import, store::Import::Handle handle) {
    const bool one_tick = instrument_.ladder.size() == 1;
    const std::int64_t tick = instrument_.ladder[0].tick.value;
    for (const Message& m : batch.messages) {
      ++tally_.messages[static_cast<std::size_t>(m.kind)];
      tally_.gaps.observe(m);
      tally_.repair.observe(m);
      if (m.kind == MessageKind::MarkPrice || (one_tick && tick == 1)) continue;
      for (const Level *level = batch.levels.data() + m.first_level, *end = level + m.levels(); level != end; ++level)
        tally_.off_ladder += one_tick ? level->price.value % tick != 0 : !instrument_.on_ladder(level->price);
    }
    return import.append(handle, batch);
  }

  Json make_answer() const { return answer_of(instrument_.id, tally_); }

  const Session& session_;
  const ImportOptions& options_;
  Progress progress_;
  std::vector<Source> sources_;
  const store::DataFolder* folder_ = nullptr;  // while run() goes on
  Instrument instrument_;
  Tally tally_;
  std::vector<UnixNanos> times_;  // of the bars taken
  store::BarSeries series_;
  std::vector<UnixNanos> stored_times_;  // of its bars in the store, where these files have some
  std::vector<std::string> notes_;
};

/// What a session that was killed has left beside the files of its frames (docs/gateway.md), as files like those.
class LeftFrames {
 public:
  static bool is_one(const std::filesystem::path& path) { return path.extension() == ".tail"; }

  /// In the place of those among the paths. Of a file whose end is among what was left, only what is before that
  /// counts.
  Result<std::vector<std::string>> unpacked(const ImportOptions& options) {
    auto scratch = trade::ScratchFolder::make();
    if (!scratch) return std::unexpected(scratch.error());
    const std::string& id = options.read.instrument;
    const auto colon = std::min(id.find(':'), id.size());
    const std::string_view venue{id.data(), colon};
    const std::string symbol = id.substr(std::min(colon + 1, id.size()));
    std::vector<std::string> paths;
    for (const auto& given : options.paths) {
      const std::filesystem::path path{given};
      if (!is_one(path)) continue;
      if (std::error_code none; !std::filesystem::exists(path, none))
        return fail(Errc::NotFound, fmt::format("{}: no such file", path.string()), "check the path");
      if (auto done = gateway::unpack_left(path.parent_path(), path.stem().string(), scratch->path()); !done)
        return std::unexpected(done.error());
    }
    std::set<std::string> cut;
    for (const auto& given : options.paths) {
      const std::filesystem::path path{given};
      if (is_one(path)) continue;
      std::error_code none;
      const bool is_cut = std::filesystem::exists(scratch->path() / path.filename(), none);
      if (is_cut)
        cut.insert(path.filename().string());
      else
        paths.push_back(path.string());
    }
    for (const auto& file : gateway::recorded_frames({scratch->path()}, venue, symbol)) {
      const auto beside = [&](const std::string& path) {
        std::error_code none;
        return is_one(path) &&
               std::filesystem::exists(std::filesystem::path{path}.parent_path() / file.filename(), none);
      };
      if (cut.contains(file.filename().string()) || std::ranges::none_of(options.paths, beside))
        paths.push_back(file.string());
    }
    if (paths.empty())
      return fail(Errc::NotFound, fmt::format("no frames of {} in what was left", id),
                  "it has those that came last: the files beside it have the others");
    scratch_.emplace(std::move(*scratch));
    return paths;
  }

 private:
  std::optional<trade::ScratchFolder> scratch_;  // as long as they are read
};

Result<Json> import_with(const Session& session, const ImportOptions& given) {
  LeftFrames left;
  ImportOptions options = given;
  if (std::ranges::any_of(given.paths, &LeftFrames::is_one)) {
    auto paths = left.unpacked(given);
    if (!paths) return std::unexpected(paths.error());
    options.paths = std::move(*paths);
  }
  Importing importing{session, options};
  auto answer = importing.run();
  if (answer && !session.json) importing.explain();
  return answer;
}

int run_import(const Session& session, const ImportOptions& options) {
  const auto answer = import_with(session, options);
  if (!answer) return report_error(session, answer.error());
  print_import(session, *answer);
  return kOk;
}

}  // namespace

Result<Json> import_files(const Session& session, const ImportRequest& request) {
  ImportOptions options;
  options.paths = request.paths;
  options.tick = request.tick;
  options.lot = request.lot;
  options.bar = request.bar;
  options.read.instrument = request.instrument;
  options.read.skip_bad = request.skip_bad;
  options.read.ignore_unknown_fields = request.ignore_unknown_fields;
  return import_with(session, options);
}

Json empty_import(const std::string& instrument) { return answer_of(instrument, Tally{}); }

void print_import(const Session& session, const Json& a) {
  if (session.json) {
    fmt::print("{}\n", a.dump());
    return;
  }
  fmt::print("{}: {} lines{}\n", a["instrument"].get<std::string>(), a["lines"].get<std::uint64_t>(),
             a.contains("already") ? " (imported before)" : "");
  for (const auto& [name, number] : a["events"].items())
    if (number.get<std::uint64_t>() > 0) fmt::print("  {:<10} {:>12}\n", name, number.get<std::uint64_t>());
  if (a.contains("clock_repair_ns"))
    fmt::print("  bad {}, gaps {}, clock repair {} ns\n", a["bad"].get<std::uint64_t>(), a["gaps"].get<std::int64_t>(),
               a["clock_repair_ns"].get<std::int64_t>());
}

void add_data_import(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("import", "Recorded files into the store, wholly or not at all");
  auto o = std::make_shared<ImportOptions>();
  command
      ->add_option("PATH", o->paths,
                   "files: plain, .gz or .zip, their format is told from the content; a session's .tail")
      ->required();
  command->add_option("--instrument", o->read.instrument, "venue:symbol, as binance-usdm:BTCUSDT")->required();
  command->add_option("--tick", o->tick,
                      "tick of the price, as 0.1 (default: dated ladder of the market, else told from the files)");
  command->add_option("--lot", o->lot, "step of the quantity, as 0.001");
  command->add_option("--market", o->market, "whose dated ladder applies, as krx-kosdaq");
  command->add_option("--columns", o->read.columns, "what the columns are: time=NAME:s|ms|us|ns|FORMAT,open=NAME,…");
  command->add_option("--bar", o->bar, "what a bar spans, as 1m or 1d (default: told from their distance)");
  command->add_flag("--adjusted", o->adjusted, "prices of the bars are adjusted for splits and dividends");
  command->add_option(
      "--format", o->read.format,
      fmt::format("instead of telling from the content: {}", fmt::join(importers::format_names(), ", ")));
  command->add_flag("--skip-bad", o->read.skip_bad, "leave out lines that cannot be read, and count them");
  command->add_flag("--ignore-unknown-fields", o->read.ignore_unknown_fields,
                    "of a venue's frames: read the line without them instead of refusing it");
  examples(*command, {"stom data import usdm.jsonl.gz --instrument binance-usdm:BTCUSDT --tick 0.1 --lot 0.001",
                      "stom data import BTCUSDT-1m-*.zip --instrument binance:BTCUSDT --bar 1m",
                      "stom data import prices.csv --instrument us:GOOG --columns time=Date,close=Close --bar 1d",
                      "stom data import splits-and-dividends.csv --instrument us:GOOG"});
  command->callback([&session, o] { session.status = run_import(session, *o); });
}

}  // namespace stom
