// `stom rows import`: databases of the old program into the home's rows. A file is taken wholly or not at all, and is
// only read.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "core/time.hpp"
#include "importers/old_database.hpp"
#include "model/calendar.hpp"
#include "rows_group.hpp"

namespace stom {
namespace {

using importers::OldDatabase;
using importers::OldRow;
using importers::OldTable;
using importers::RowOrder;
using store::RowDay;
using store::RowStore;
using Json = nlohmann::ordered_json;

struct ImportOptions {
  std::vector<std::string> files;
  bool repair = false;
  bool dry_run = false;
};

constexpr std::string_view kRepairHint = "--repair puts right what can be, and counts it; docs/old-data.md says how";

/// Where columns stand that are looked at more closely.
struct Places {
  explicit Places(const RowShape& shape)
      : price{of(shape, "현재가")},
        high{of(shape, "고가")},
        low{of(shape, "저가")},
        change{of(shape, "등락율")},
        bought{of(shape, shape.minute ? "분당매수수량" : "초당매수수량")},
        sold{of(shape, shape.minute ? "분당매도수량" : "초당매도수량")},
        value{of(shape, shape.minute ? "분당거래대금" : "초당거래대금")},
        ask{of(shape, "매도호가1")},
        bid{of(shape, "매수호가1")},
        quantities{of(shape, "매도잔량5")},
        five_levels{of(shape, "매도수5호가잔량합")} {}
  static std::size_t of(const RowShape& shape, std::string_view column) {
    return static_cast<std::size_t>(std::ranges::find(shape.columns, column) - shape.columns.begin());
  }
  std::size_t price, high, low, change, bought, sold, value, ask, bid, quantities, five_levels;
};

/// What is odd about rows, and kept as it came.
struct Oddities {
  std::int64_t outside_range = 0;  // the price is not within the day's low and high
  std::int64_t crossed = 0;        // the best bid is not below the best ask
  std::int64_t sums = 0;           // 매도수5호가잔량합 is not the sum of the ten quantities
  std::int64_t change = 0;         // 등락율 beyond KRX's limit of 30 %
  std::vector<std::string> units;  // codes whose traded value is not in the unit that it should be in
};

struct Tally {
  std::int64_t rows = 0, added = 0, duplicates = 0, replaced = 0, out_of_order = 0, left_out = 0, without_watched = 0;
  std::int64_t watch_list = 0, names = 0, silences = 0, longest_silence = 0;
  std::string longest_at;  // "005930 20240105090000"
  std::string first_left_out;
  std::set<std::int64_t> days;
  std::int64_t blocks = 0;  // days of instruments
  Oddities odd;
};

class FileImport {
 public:
  FileImport(const Session& session, const std::string& file, const ImportOptions& options)
      : session_{session}, file_{file}, options_{options} {}

  Result<Json> run() {
    auto opened = OldDatabase::open(file_);
    if (!opened) return std::unexpected(opened.error());
    old_.emplace(std::move(*opened));
    shape_ = &old_->shape();
    places_.emplace(*shape_);
    if (auto opened_store = open_store(); !opened_store) return std::unexpected(opened_store.error());
    if (auto taken = take_all(); !taken) return std::unexpected(taken.error());
    if (auto same = old_->check_unchanged(); !same) return std::unexpected(same.error());
    if (!options_.dry_run)
      if (auto done = store_->commit(); !done) return std::unexpected(done.error());
    return answer();
  }

 private:
  Result<void> open_store() {
    auto store =
        RowStore::open(session_.home, *shape_, options_.dry_run ? store::OpenMode::Read : store::OpenMode::Write);
    if (!store) {
      if (options_.dry_run && store.error().code == Errc::NotFound) return {};
      return std::unexpected(store.error());
    }
    store_.emplace(std::move(*store));
    return options_.dry_run ? Result<void>{} : store_->begin();
  }

  Result<void> take_all() {
    Progress progress{session_, file_};
    for (const OldTable& table : old_->tables()) total_ += static_cast<std::uint64_t>(table.rows);
    progress_ = &progress;
    auto taken = take_tables();
    progress_ = nullptr;
    return taken;
  }

  Result<void> take_tables() {
    for (const OldTable& table : old_->tables())
      if (auto taken = take_table(table); !taken) return taken;
    if (auto taken = take_names(); !taken) return taken;
    return take_watch_list();
  }

  std::unexpected<Error> bad(const std::string& what, std::string_view hint = kRepairHint) const {
    return fail(Errc::BadData, fmt::format("{}: {}", file_, what), std::string{hint});
  }

  RowOrder order() const { return options_.repair ? RowOrder::ByTime : RowOrder::AsStored; }

  // --- rows ---------------------------------------------------------------------------------------------

  Result<void> take_table(const OldTable& table) {
    if (options_.repair) {
      const auto behind = old_->out_of_order(table.code);
      if (!behind) return std::unexpected(behind.error());
      tally_.out_of_order += *behind;
    }
    day_.clear(*shape_);
    traded_ = value_ = 0;
    auto read = old_->read(table, order(), [&](const OldRow& row) { return take_row(table, row); });
    if (!read) return read;
    const double unit = shape_->stock ? 1e6 : 1;
    if (value_ > 0 && traded_ > 0 && std::abs(std::log2(traded_ / (value_ * unit))) > 1)
      tally_.odd.units.push_back(table.code);
    return end_day(table);
  }

  Result<void> take_row(const OldTable& table, const OldRow& row) {
    constexpr std::uint64_t kRowsAtOnce = 256;
    if (++done_ % kRowsAtOnce == 0) {
      progress_->update(done_, total_);
      if (interrupted()) return fail(Errc::Canceled, "interrupted: nothing of this file was taken", "run it again");
    }
    const auto wrong = [&](std::string_view what) {
      return bad(fmt::format("table {}, row {}: {}", importers::shown(table.code), row.number, what));
    };
    if (!row.wrong.empty()) {
      if (!options_.repair) return wrong(row.wrong);
      if (tally_.left_out++ == 0)
        tally_.first_left_out = fmt::format("table {}: {}", importers::shown(table.code), row.wrong);
      return {};
    }
    ++tally_.rows;
    tally_.without_watched += !table.has_watched;
    const std::int64_t day = shape_->day_of(row.index);
    if (day_.rows() > 0 && day == day_.day) {
      const std::int64_t last = day_.index.back();
      if (row.index < last) return wrong(fmt::format("its index {} is before {} of the row above", row.index, last));
      if (row.index == last) return take_again(row, wrong);
    } else if (day_.rows() > 0) {
      if (day < day_.day)
        return wrong(fmt::format("its index {} is before {} of the row above", row.index, day_.index.back()));
      if (auto ended = end_day(table); !ended) return ended;
    }
    day_.day = day;
    look_at(row);
    note_silence(table, row.index);
    day_.index.push_back(row.index);
    for (std::size_t i = 0; i < row.values.size(); ++i) day_.columns[i].push_back(row.values[i]);
    return {};
  }

  /// A stamp that the row above has too.
  Result<void> take_again(const OldRow& row, const auto& wrong) {
    const auto same = [&](std::size_t i) { return day_.columns[i].back() == row.values[i]; };
    bool equal = true;
    for (std::size_t i = 0; i < row.values.size(); ++i) equal = equal && same(i);
    ++(equal ? tally_.duplicates : tally_.replaced);
    if (equal) return {};
    if (!options_.repair) return wrong(fmt::format("there is a row of {} already, with other values", row.index));
    for (std::size_t i = 0; i < row.values.size(); ++i) day_.columns[i].back() = row.values[i];
    return {};
  }

  void look_at(const OldRow& row) {
    const auto at = [&](std::size_t place) { return row.values[place]; };
    const Places& p = *places_;
    tally_.odd.outside_range += at(p.low) > 0 && (at(p.price) < at(p.low) || at(p.price) > at(p.high));
    tally_.odd.crossed += at(p.ask) > 0 && at(p.bid) >= at(p.ask);
    tally_.odd.change += shape_->stock && std::abs(at(p.change)) > 30.5;
    double sum = 0;
    for (std::size_t i = 0; i < 10; ++i) sum += at(p.quantities + i);
    tally_.odd.sums += std::abs(sum - at(p.five_levels)) > 1e-6 * std::max(1.0, std::abs(sum));
    traded_ += (at(p.bought) + at(p.sold)) * at(p.price);
    value_ += at(p.value);
  }

  void note_silence(const OldTable& table, std::int64_t index) {
    constexpr std::int64_t kSilence = 600;
    if (day_.rows() == 0) return;
    const std::int64_t before = day_.index.back();
    const std::int64_t seconds = second_of_index(index, shape_->minute) - second_of_index(before, shape_->minute);
    if (seconds <= kSilence) return;
    ++tally_.silences;
    if (seconds <= tally_.longest_silence) return;
    tally_.longest_silence = seconds;
    tally_.longest_at = fmt::format("{} {}", table.code, before);
  }

  Result<void> end_day(const OldTable& table) {
    if (day_.rows() == 0) return {};
    day_.has_watched = table.has_watched;
    if (!table.has_watched) day_.columns.back().clear();
    auto stored = stored_day(table.code, day_.day);
    if (!stored) return std::unexpected(stored.error());
    tally_.days.insert(day_.day);
    ++tally_.blocks;
    if (!*stored) {
      tally_.added += static_cast<std::int64_t>(day_.rows());
    } else if (auto joined = join(table, **stored); !joined) {
      return joined;
    }
    if (!options_.dry_run)
      if (auto put = store_->put(table.code, day_); !put) return put;
    day_.clear(*shape_);
    return {};
  }

  Result<std::optional<RowDay>> stored_day(const std::string& code, std::int64_t day) const {
    if (!store_) return std::optional<RowDay>{};
    const auto has = store_->has(code, day);
    if (!has) return std::unexpected(has.error());
    if (!*has) return std::optional<RowDay>{};
    auto read = store_->read(code, day);
    if (!read) return std::unexpected(read.error());
    return std::optional{std::move(*read)};
  }

  /// The day's rows in the store and those of this file as one day.
  Result<void> join(const OldTable& table, const RowDay& stored) {
    RowDay both;
    both.clear(*shape_);
    both.day = day_.day;
    both.has_watched = stored.has_watched || day_.has_watched;
    const std::size_t width = shape_->columns.size() - 1;
    const auto append = [&](const RowDay& from, std::size_t i) {
      both.index.push_back(from.index[i]);
      for (std::size_t c = 0; c < width; ++c) both.columns[c].push_back(from.columns[c][i]);
      if (both.has_watched) both.columns[width].push_back(from.has_watched ? from.columns[width][i] : 1);
    };
    const auto equal = [&](std::size_t i, std::size_t j) {
      for (std::size_t c = 0; c < width; ++c)
        if (stored.columns[c][i] != day_.columns[c][j]) return false;
      return !stored.has_watched || !day_.has_watched || stored.columns[width][i] == day_.columns[width][j];
    };
    std::size_t i = 0, j = 0;
    while (i < stored.rows() || j < day_.rows()) {
      const bool mine = i == stored.rows() || (j < day_.rows() && day_.index[j] < stored.index[i]);
      const bool its = j == day_.rows() || (i < stored.rows() && stored.index[i] < day_.index[j]);
      if (mine) {
        append(day_, j++);
        ++tally_.added;
      } else if (its) {
        append(stored, i++);
      } else if (equal(i, j)) {
        append(stored.has_watched ? stored : day_, stored.has_watched ? i : j);
        ++tally_.duplicates, ++i, ++j;
      } else if (!options_.repair) {
        return bad(fmt::format("table {}: the row of {} is in the store with other values",
                               importers::shown(table.code), day_.index[j]),
                   fmt::format("--repair takes this file's; or first: stom rows delete {} --code {} --from {} --to {}",
                               shape_->name, table.code, day_.day, day_.day));
      } else {
        append(day_, j);
        ++tally_.replaced, ++i, ++j;
      }
    }
    day_ = std::move(both);
    return {};
  }

  // --- names and the watch list ------------------------------------------------------------------------------

  Result<void> take_names() {
    const auto names = old_->names();
    if (!names) return std::unexpected(names.error());
    for (const auto& [code, name, kosdaq] : *names) {
      ++tally_.names;
      if (options_.dry_run) continue;
      if (auto put = store_->put_name({code, name, kosdaq}); !put) return put;
    }
    return {};
  }

  Result<void> take_watch_list() {
    std::int64_t before = 0;
    return old_->read_watch_list(order(), [&](const OldDatabase::Watched& row) -> Result<void> {
      constexpr std::int64_t kRowsAtOnce = 256;
      if (row.number % kRowsAtOnce == 0 && interrupted())
        return fail(Errc::Canceled, "interrupted: nothing of this file was taken", "run it again");
      const auto wrong = [&](std::string_view what) {
        return bad(fmt::format("table {}, row {}: {}", importers::kOldWatchList, row.number, what));
      };
      if (!row.wrong.empty()) {
        if (!options_.repair) return wrong(row.wrong);
        if (tally_.left_out++ == 0)
          tally_.first_left_out = fmt::format("table {}: {}", importers::kOldWatchList, row.wrong);
        return {};
      }
      if (row.index < before)
        return wrong(fmt::format("its index {} is before {} of the row above", row.index, before));
      before = row.index;
      ++tally_.watch_list;
      if (!store_) return {};
      const auto stored = store_->watched_at(row.index);
      if (!stored) return std::unexpected(stored.error());
      if (*stored && **stored == row.codes) {
        ++tally_.duplicates;
        return {};
      }
      if (*stored && !options_.repair)
        return wrong(fmt::format("there is a list of {} already, with other codes", row.index));
      tally_.replaced += stored->has_value();
      return options_.dry_run ? Result<void>{} : store_->put_watched({row.index, std::string{row.codes}});
    });
  }

  // --- what is said of it ------------------------------------------------------------------------------------

  /// Days on which the market traded, between the first and the last, and of which no instrument has a row.
  std::vector<std::string> missing_days() const {
    std::vector<std::string> missing;
    if (tally_.days.empty()) return missing;
    const auto number = [](std::int64_t day) {
      return day_of_civil(static_cast<int>(day / 10'000), static_cast<int>(day / 100 % 100),
                          static_cast<int>(day % 100));
    };
    const Calendar* calendar = shape_->stock ? calendar_named("krx") : nullptr;  // coins trade every day
    constexpr int kSaturday = 5;
    for (std::int32_t day = number(*tally_.days.begin()); day < number(*tally_.days.rbegin()); ++day) {
      const CivilDate civil = civil_of_day(day);
      const std::int64_t as_digits = civil.year * 10'000 + civil.month * 100 + civil.day;
      const bool closed =
          calendar && (weekday_of(day) >= kSaturday || std::ranges::binary_search(calendar->closed, day));
      if (!closed && !tally_.days.contains(as_digits)) missing.push_back(format_day(day));
    }
    return missing;
  }

  Json answer() const {
    const Tally& t = tally_;
    Json json{{"file", file_},
              {"set", shape_->name},
              {"codes", old_->tables().size()},
              {"days", t.days.size()},
              {"from", t.days.empty() ? 0 : *t.days.begin()},
              {"to", t.days.empty() ? 0 : *t.days.rbegin()},
              {"rows", t.rows},
              {"added", t.added},
              {"duplicates", t.duplicates},
              {"replaced", t.replaced},
              {"out_of_order", t.out_of_order},
              {"left_out", t.left_out},
              {"without_watched", t.without_watched},
              {"watch_list", t.watch_list},
              {"names", t.names},
              {"passed_over", std::vector<std::string>(old_->passed_over().begin(), old_->passed_over().end())},
              {"gaps",
               {{"missing_days", missing_days()},
                {"silences", t.silences},
                {"longest_s", t.longest_silence},
                {"longest_at", t.longest_at}}},
              {"odd",
               {{"outside_range", t.odd.outside_range},
                {"crossed", t.odd.crossed},
                {"sums", t.odd.sums},
                {"change", t.odd.change},
                {"value_units", t.odd.units}}}};
    if (!t.first_left_out.empty()) json["first_left_out"] = t.first_left_out;
    if (options_.dry_run) json["dry_run"] = true;
    return json;
  }

  const Session& session_;
  const std::string& file_;
  const ImportOptions& options_;
  std::optional<OldDatabase> old_;
  std::optional<RowStore> store_;
  const RowShape* shape_ = nullptr;
  std::optional<Places> places_;
  RowDay day_;  // of the table that is being read
  double traded_ = 0, value_ = 0;
  std::uint64_t done_ = 0, total_ = 0;
  Progress* progress_ = nullptr;
  Tally tally_;
};

void print_answer(const Session& session, const Json& a) {
  const auto number = [&](const char* key) { return a[key].get<std::int64_t>(); };
  fmt::print("{}: {}, {} codes, {} days from {} to {}, {} rows, {} new{}\n", a["file"].get<std::string>(),
             a["set"].get<std::string>(), number("codes"), number("days"), number("from"), number("to"), number("rows"),
             number("added"), a.contains("dry_run") ? " (nothing written: --dry-run)" : "");
  const auto tell = [&](std::int64_t count, std::string_view what) {
    if (count > 0) fmt::print("  {:>10} {}\n", count, what);
  };
  tell(number("names"), "names of instruments");
  tell(number("watch_list"), "rows of the watch list");
  tell(number("duplicates"), "rows twice, the same: once");
  tell(number("replaced"), "rows twice, with other values: the later one");
  tell(number("out_of_order"), "rows behind a later one: in order of time now");
  tell(number("left_out"), "rows that cannot be read, left out");
  tell(number("without_watched"), "rows without 관심종목: it reads 1");
  const Json& odd = a["odd"];
  tell(odd["outside_range"], "rows whose price is not within the day's low and high (kept)");
  tell(odd["crossed"], "rows whose best bid is not below the best ask (kept)");
  tell(odd["sums"], "rows whose 매도수5호가잔량합 is not the sum of the ten quantities (kept)");
  tell(odd["change"], "rows with 등락율 beyond 30 % (kept)");
  const Json& gaps = a["gaps"];
  tell(static_cast<std::int64_t>(gaps["missing_days"].size()), "trading days without any row");
  if (gaps["silences"].get<std::int64_t>() > 0)
    fmt::print("  {:>10} times more than ten minutes between two rows, at most {} s (behind {})\n",
               gaps["silences"].get<std::int64_t>(), gaps["longest_s"].get<std::int64_t>(),
               gaps["longest_at"].get<std::string>());
  for (const auto& code : odd["value_units"])
    say(session, fmt::format("warning: {}: its traded value is not in the unit that it should be in ({})",
                             code.get<std::string>(),
                             a["set"].get<std::string>().starts_with("stock") ? "million won" : "quote currency"));
  for (const auto& table : a["passed_over"])
    say(session, fmt::format("warning: table {} holds no rows and is passed over", table.get<std::string>()));
  if (a.contains("first_left_out"))
    say(session, fmt::format("first row left out: {}", a["first_left_out"].get<std::string>()));
}

int run_import(const Session& session, const ImportOptions& options) {
  Json done = Json::array();
  for (const std::string& file : options.files) {
    auto answer = FileImport{session, file, options}.run();
    if (!answer) {
      Error error = answer.error();
      if (!done.empty()) error.message += fmt::format(" (the {} files named before it were imported)", done.size());
      return report_error(session, error);
    }
    if (!session.json) print_answer(session, *answer);
    done.push_back(std::move(*answer));
  }
  if (session.json)
    fmt::print("{}\n", Json{{"files", std::move(done)}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  return kOk;
}

}  // namespace

void add_rows_import(CLI::App& rows, Session& session) {
  auto* command = rows.add_subcommand("import", "Databases of the old program, each wholly or not at all");
  auto o = std::make_shared<ImportOptions>();
  command->add_option("FILE", o->files, "stock_tick_back.db, coin_min_20240105.db and the like; only read")->required();
  command->add_flag("--repair", o->repair,
                    "sort rows, of two with one time take the later, leave out what cannot be read; and count them");
  command->add_flag("--dry-run", o->dry_run, "only look, and say what there is");
  examples(*command,
           {"stom rows import stock_tick_back.db --dry-run", "stom rows import stock_tick_2024*.db --repair"});
  command->callback([&session, o] { session.status = run_import(session, *o); });
}

}  // namespace stom
