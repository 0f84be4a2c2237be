// The catalogue (catalogue.hpp) in SQLite. Every change is one transaction, durable when it returns.
#include "store/catalogue.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "core/assert.hpp"
#include "core/hash.hpp"
#include "core/time.hpp"

namespace stom::store {
namespace {

constexpr int kSchemaVersion = 3;
constexpr const char* kSchema = R"sql(
CREATE TABLE instrument(id TEXT PRIMARY KEY, base TEXT NOT NULL, quote TEXT NOT NULL, kind INTEGER NOT NULL,
  price_decimals INTEGER NOT NULL, quantity_decimals INTEGER NOT NULL, ladder TEXT NOT NULL, lot INTEGER NOT NULL,
  contract_size INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE import(id INTEGER PRIMARY KEY AUTOINCREMENT, instrument TEXT NOT NULL, digests TEXT NOT NULL,
  names TEXT NOT NULL, options TEXT NOT NULL, answer TEXT NOT NULL, time INTEGER NOT NULL,
  partial INTEGER NOT NULL DEFAULT 0);
CREATE INDEX import_by_source ON import(instrument, digests);
CREATE TABLE tick_set(instrument TEXT NOT NULL, day INTEGER NOT NULL, part INTEGER NOT NULL, depth INTEGER NOT NULL,
  snapshot INTEGER NOT NULL, trade INTEGER NOT NULL, quote INTEGER NOT NULL, mark INTEGER NOT NULL,
  levels INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, bytes INTEGER NOT NULL,
  import INTEGER NOT NULL, PRIMARY KEY(instrument, day, part)) WITHOUT ROWID;
CREATE TABLE bar_set(instrument TEXT NOT NULL, spec TEXT NOT NULL, adjusted INTEGER NOT NULL, part INTEGER NOT NULL,
  bars INTEGER NOT NULL, first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, bytes INTEGER NOT NULL,
  import INTEGER NOT NULL, PRIMARY KEY(instrument, spec, adjusted, part)) WITHOUT ROWID;
CREATE TABLE run(id TEXT PRIMARY KEY, time INTEGER NOT NULL, strategy TEXT NOT NULL, folder TEXT NOT NULL,
  journal_hash TEXT NOT NULL, data_hash TEXT NOT NULL, parameters TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE pending_file(path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE doomed_file(path TEXT PRIMARY KEY) WITHOUT ROWID;
)sql";
// Version 2: an import of which something was deleted is marked.
constexpr const char* kUpgradeTo2 = "ALTER TABLE import ADD COLUMN partial INTEGER NOT NULL DEFAULT 0;";
// Version 3: splits and dividends, each with the checksum of "ID DAY KIND VALUE".
constexpr const char* kUpgradeTo3 = R"sql(
CREATE TABLE corporate_action(instrument TEXT NOT NULL, day INTEGER NOT NULL, kind INTEGER NOT NULL,
  value TEXT NOT NULL, checksum INTEGER NOT NULL, import INTEGER NOT NULL, PRIMARY KEY(instrument, day, kind))
  WITHOUT ROWID;
PRAGMA user_version = 3;
)sql";

std::unexpected<Error> sql_failure(sqlite3* db, const std::string& doing) {
  const int code = db == nullptr ? SQLITE_CANTOPEN : sqlite3_errcode(db);
  const std::string why = db == nullptr ? "cannot be opened" : sqlite3_errmsg(db);
  std::string hint = "check that the folder may be written to";
  Errc kind = Errc::Io;
  if (code == SQLITE_FULL) hint = "the disk is full: free some space and run the command again";
  if (code == SQLITE_BUSY) hint = "another process is writing; run the command again when it has finished";
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    kind = Errc::BadData;
    hint = "put it back from a copy; or move it, ticks/ and bars/ away and import the files again";
  }
  return fail(kind, fmt::format("catalogue: {}: {}", doing, why), hint);
}

// One prepared statement: bind in order, then step.
class Statement {
 public:
  Statement(sqlite3* db, const char* sql) : db_{db} {
    if (sqlite3_prepare_v2(db, sql, -1, &statement_, nullptr) != SQLITE_OK) statement_ = nullptr;
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& bind(std::int64_t value) {
    if (statement_ != nullptr) sqlite3_bind_int64(statement_, ++bound_, value);
    return *this;
  }
  Statement& bind(std::string_view text) {
    if (statement_ != nullptr)  // an empty view may point nowhere, and that would bind NULL
      sqlite3_bind_text(statement_, ++bound_, text.empty() ? "" : text.data(), static_cast<int>(text.size()),
                        SQLITE_TRANSIENT);
    return *this;
  }
  /// True with a row, false at the end; failed() tells an error from an end.
  bool step() {
    if (statement_ == nullptr) return failed_ = true, false;
    const int code = sqlite3_step(statement_);
    failed_ = code != SQLITE_ROW && code != SQLITE_DONE;
    return code == SQLITE_ROW;
  }
  bool failed() const { return failed_; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::string text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? std::string{}
                           : std::string{text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
  }
  Result<void> run(const char* doing) {
    while (step()) {
    }
    if (failed_) return sql_failure(db_, doing);
    return {};
  }
  Result<void> outcome(const char* doing) const {
    if (failed_) return sql_failure(db_, doing);
    return {};
  }

 private:
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
  bool failed_ = false;
};

// "from:tick from:tick", the mantissas as integers.
std::string ladder_text(const std::vector<TickBand>& ladder) {
  std::string out;
  for (const auto& band : ladder)
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", band.from.value, band.tick.value);
  return out;
}
std::vector<TickBand> parse_ladder(const std::string& text) {
  std::vector<TickBand> ladder;
  const char* at = text.c_str();
  while (*at != '\0') {
    char* end = nullptr;
    const std::int64_t from = std::strtoll(at, &end, 10);
    if (*end != ':') break;
    const std::int64_t tick = std::strtoll(end + 1, &end, 10);
    ladder.push_back({Price{from}, Price{tick}});
    at = *end == ' ' ? end + 1 : end;
  }
  return ladder;
}

std::string joined(const std::vector<SourceFile>& sources, std::string SourceFile::* field) {
  std::string out;
  for (const auto& source : sources) out += (out.empty() ? "" : "\n") + source.*field;
  return out;
}
std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// Names of sources, as they are stored, for a sentence.
std::string joined_names(const std::string& names) { return fmt::format("{}", fmt::join(split_lines(names), ", ")); }

ImportRecord import_of(const Statement& row) {
  ImportRecord record;
  record.id = row.integer(0);
  record.instrument = row.text(1);
  const auto digests = split_lines(row.text(2));
  const auto names = split_lines(row.text(3));
  for (std::size_t i = 0; i < digests.size(); ++i)
    record.sources.push_back({i < names.size() ? names[i] : std::string{}, digests[i]});
  record.options = row.text(4);
  record.answer = row.text(5);
  record.time = row.integer(6);
  return record;
}
constexpr const char* kImportColumns = "SELECT id, instrument, digests, names, options, answer, time FROM import";

Result<void> rescale(std::int64_t& mantissa, int by) {
  if (by < 0 || by > kMaxDecimals || __builtin_mul_overflow(mantissa, power_of_ten(by), &mantissa))
    return fail(Errc::Overflow, "an instrument's decimals do not fit 64 bits",
                "name a tick and a lot with fewer decimals: --tick, --lot");
  return {};
}

// Stored data never loses digits: what is known of an instrument is replaced, its decimals only grow.
Result<Instrument> merged(const Instrument& known, Instrument instrument) {
  const int prices = std::max(0, known.price_decimals - instrument.price_decimals);
  const int quantities = std::max(0, known.quantity_decimals - instrument.quantity_decimals);
  for (auto& band : instrument.ladder)
    for (Price* price : {&band.from, &band.tick})
      if (auto scaled = rescale(price->value, prices); !scaled) return std::unexpected(scaled.error());
  if (auto scaled = rescale(instrument.lot.value, quantities); !scaled) return std::unexpected(scaled.error());
  instrument.price_decimals += prices;
  instrument.quantity_decimals += quantities;
  return instrument;
}

}  // namespace

struct Catalogue::Database {
  sqlite3* db = nullptr;
  ~Database() { sqlite3_close(db); }

  Result<void> execute(const char* sql) {
    if (sqlite3_exec(db, sql, nullptr, nullptr, nullptr) != SQLITE_OK) return sql_failure(db, "write");
    return {};
  }
  /// Runs `body` between BEGIN and COMMIT; any failure undoes all of it.
  template <class Body>
  Result<void> transaction(Body body) {
    if (auto begun = execute("BEGIN IMMEDIATE"); !begun) return begun;
    Result<void> done = body();
    if (done) done = execute("COMMIT");
    if (!done) sqlite3_exec(db, "ROLLBACK", nullptr, nullptr, nullptr);
    return done;
  }
};

Catalogue::Catalogue(std::unique_ptr<Database> database) : database_{std::move(database)} {}
Catalogue::~Catalogue() = default;

Result<std::unique_ptr<Catalogue>> Catalogue::open(const std::filesystem::path& file, OpenMode mode) {
  std::error_code error;
  if (mode == OpenMode::Read && !std::filesystem::exists(file, error))
    return fail(Errc::NotFound, fmt::format("there is no data yet in {}", file.parent_path().string()),
                "bring some in with: stom data gen, or stom data import FILE --instrument ID");
  auto database = std::make_unique<Database>();
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  int code = sqlite3_open_v2(file.c_str(), &database->db, mode == OpenMode::Write ? flags | SQLITE_OPEN_CREATE : flags,
                             nullptr);
  if (code != SQLITE_OK && mode == OpenMode::Read) {  // a folder that may only be read
    sqlite3_close(database->db);
    code = sqlite3_open_v2(file.c_str(), &database->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  }
  if (code != SQLITE_OK) return sql_failure(database->db, "open " + file.string());
  sqlite3_busy_timeout(database->db, 5000);
  sqlite3_exec(database->db, "PRAGMA synchronous = FULL", nullptr, nullptr, nullptr);

  std::int64_t version = 0;
  {
    Statement read{database->db, "PRAGMA user_version"};
    if (read.step()) version = read.integer(0);
    if (auto outcome = read.outcome("read its version"); !outcome) return std::unexpected(outcome.error());
  }
  if (version > kSchemaVersion)
    return fail(
        Errc::Newer,
        fmt::format("{} is of version {}, newer than this program's {}", file.string(), version, kSchemaVersion),
        "use the version of stom that wrote it, or a newer one");
  if (version == 0) {
    if (mode == OpenMode::Read)
      return fail(Errc::NotFound, fmt::format("there is no data yet in {}", file.parent_path().string()),
                  "bring some in with: stom data gen, or stom data import FILE --instrument ID");
  }
  if (version < kSchemaVersion) {
    const auto upgraded = database->transaction([&]() -> Result<void> {
      Result<void> step;
      if (version == 0) step = database->execute(kSchema);
      if (step && version == 1) step = database->execute(kUpgradeTo2);
      return step ? database->execute(kUpgradeTo3) : step;
    });
    if (!upgraded) return std::unexpected(upgraded.error());
  }
  return std::unique_ptr<Catalogue>{new Catalogue{std::move(database)}};
}

namespace {

Result<void> put_instrument(sqlite3* db, const Instrument& i) {
  return Statement{db, "INSERT OR REPLACE INTO instrument VALUES(?,?,?,?,?,?,?,?,?)"}
      .bind(i.id)
      .bind(i.base)
      .bind(i.quote)
      .bind(static_cast<std::int64_t>(i.kind))
      .bind(i.price_decimals)
      .bind(i.quantity_decimals)
      .bind(ladder_text(i.ladder))
      .bind(i.lot.value)
      .bind(i.contract_size)
      .run("write an instrument");
}

Result<void> put_set(sqlite3* db, const TickSet& s) {
  Statement insert{db, "INSERT OR REPLACE INTO tick_set VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)"};
  insert.bind(s.instrument).bind(s.day).bind(static_cast<std::int64_t>(s.part));
  for (const auto count : s.counts) insert.bind(static_cast<std::int64_t>(count));
  return insert.bind(static_cast<std::int64_t>(s.levels))
      .bind(s.first_time)
      .bind(s.last_time)
      .bind(static_cast<std::int64_t>(s.bytes))
      .bind(s.import)
      .run("write a data set");
}

Result<void> put_set(sqlite3* db, const BarSet& s) {
  return Statement{db, "INSERT OR REPLACE INTO bar_set VALUES(?,?,?,?,?,?,?,?,?)"}
      .bind(s.series.instrument)
      .bind(s.series.spec)
      .bind(static_cast<std::int64_t>(s.series.adjusted))
      .bind(static_cast<std::int64_t>(s.part))
      .bind(static_cast<std::int64_t>(s.bars))
      .bind(s.first_time)
      .bind(s.last_time)
      .bind(static_cast<std::int64_t>(s.bytes))
      .bind(s.import)
      .run("write a bar series");
}

Result<void> insert_import(sqlite3* db, const ImportRecord& record) {
  return Statement{db, "INSERT INTO import(instrument, digests, names, options, answer, time) VALUES(?,?,?,?,?,?)"}
      .bind(record.instrument)
      .bind(joined(record.sources, &SourceFile::sha256))
      .bind(joined(record.sources, &SourceFile::name))
      .bind(record.options)
      .bind(record.answer)
      .bind(record.time)
      .run("write an import");
}

Result<void> doom(sqlite3* db, const std::string& path) {
  return Statement{db, "INSERT OR REPLACE INTO doomed_file VALUES(?)"}.bind(path).run("write");
}

Instrument instrument_of(const Statement& row) {
  Instrument i;
  i.id = row.text(0);
  i.base = row.text(1);
  i.quote = row.text(2);
  i.kind = static_cast<ContractKind>(row.integer(3));
  i.price_decimals = static_cast<int>(row.integer(4));
  i.quantity_decimals = static_cast<int>(row.integer(5));
  i.ladder = parse_ladder(row.text(6));
  i.lot = Quantity{row.integer(7)};
  i.contract_size = row.integer(8);
  return i;
}

Result<std::vector<std::string>> paths(sqlite3* db, const char* sql) {
  std::vector<std::string> out;
  Statement read{db, sql};
  while (read.step()) out.push_back(read.text(0));
  if (auto outcome = read.outcome("read"); !outcome) return std::unexpected(outcome.error());
  return out;
}

}  // namespace

Result<void> Catalogue::put(const Instrument& instrument) {
  if (auto good = check_instrument_id(instrument.id); !good) return good;
  const auto known = this->instrument(instrument.id);
  if (!known && known.error().code != Errc::NotFound) return std::unexpected(known.error());
  if (!known) return put_instrument(database_->db, instrument);
  const auto both = merged(*known, instrument);
  if (!both) return std::unexpected(both.error());
  return put_instrument(database_->db, *both);
}

Result<Instrument> Catalogue::instrument(std::string_view id) const {
  Statement read{database_->db, "SELECT * FROM instrument WHERE id = ?"};
  if (read.bind(id).step()) return instrument_of(read);
  if (auto outcome = read.outcome("read an instrument"); !outcome) return std::unexpected(outcome.error());
  return fail(Errc::NotFound, fmt::format("there is no instrument '{}'", id), "stom data list shows what is there");
}

Result<std::vector<Instrument>> Catalogue::instruments() const {
  std::vector<Instrument> out;
  Statement read{database_->db, "SELECT * FROM instrument ORDER BY id"};
  while (read.step()) out.push_back(instrument_of(read));
  if (auto outcome = read.outcome("read the instruments"); !outcome) return std::unexpected(outcome.error());
  return out;
}

Result<std::vector<TickSet>> Catalogue::tick_sets(std::string_view instrument) const {
  std::vector<TickSet> out;
  Statement read{database_->db,
                 "SELECT * FROM tick_set WHERE ?1 = '' OR instrument = ?1 ORDER BY instrument, day, part"};
  read.bind(instrument);
  while (read.step()) {
    TickSet s;
    s.instrument = read.text(0);
    s.day = static_cast<std::int32_t>(read.integer(1));
    s.part = static_cast<std::uint32_t>(read.integer(2));
    for (int k = 0; k < 5; ++k) s.counts[static_cast<std::size_t>(k)] = static_cast<std::uint64_t>(read.integer(3 + k));
    s.levels = static_cast<std::uint64_t>(read.integer(8));
    s.first_time = read.integer(9);
    s.last_time = read.integer(10);
    s.bytes = static_cast<std::uint64_t>(read.integer(11));
    s.import = read.integer(12);
    out.push_back(std::move(s));
  }
  if (auto outcome = read.outcome("read the data sets"); !outcome) return std::unexpected(outcome.error());
  return out;
}

Result<std::vector<BarSet>> Catalogue::bar_sets(std::string_view instrument) const {
  std::vector<BarSet> out;
  Statement read{database_->db,
                 "SELECT * FROM bar_set WHERE ?1 = '' OR instrument = ?1 ORDER BY instrument, spec, adjusted, part"};
  read.bind(instrument);
  while (read.step()) {
    BarSet s;
    s.series = {read.text(0), read.text(1), read.integer(2) != 0};
    s.part = static_cast<std::uint32_t>(read.integer(3));
    s.bars = static_cast<std::uint64_t>(read.integer(4));
    s.first_time = read.integer(5);
    s.last_time = read.integer(6);
    s.bytes = static_cast<std::uint64_t>(read.integer(7));
    s.import = read.integer(8);
    out.push_back(std::move(s));
  }
  if (auto outcome = read.outcome("read the bar series"); !outcome) return std::unexpected(outcome.error());
  return out;
}

Result<void> Catalogue::put(const TickSet& set) { return put_set(database_->db, set); }
Result<void> Catalogue::put(const BarSet& set) { return put_set(database_->db, set); }

Result<std::optional<ImportRecord>> Catalogue::find_import(std::string_view instrument,
                                                           const std::vector<SourceFile>& sources,
                                                           std::string_view options) const {
  const std::string sql = fmt::format(
      "{} WHERE instrument = ? AND digests = ? AND options = ? AND partial = 0 ORDER BY id", kImportColumns);
  Statement read{database_->db, sql.c_str()};
  if (read.bind(instrument).bind(joined(sources, &SourceFile::sha256)).bind(options).step())
    return std::optional{import_of(read)};
  if (auto outcome = read.outcome("read the imports"); !outcome) return std::unexpected(outcome.error());
  return std::optional<ImportRecord>{};
}

Result<std::vector<ImportRecord>> Catalogue::imports() const {
  std::vector<ImportRecord> out;
  const std::string sql = fmt::format("{} ORDER BY id", kImportColumns);
  Statement read{database_->db, sql.c_str()};
  while (read.step()) out.push_back(import_of(read));
  if (auto outcome = read.outcome("read the imports"); !outcome) return std::unexpected(outcome.error());
  return out;
}

namespace {

std::int64_t checksum_of(std::string_view instrument, const CorporateAction& action) {
  const std::string text = fmt::format("{} {}", instrument, action.text());
  return crc32c(std::as_bytes(std::span{text}));
}

Result<Catalogue::StoredAction> action_of(const Statement& row) {
  Catalogue::StoredAction stored{.instrument = row.text(0), .import = row.integer(5)};
  const auto day = static_cast<std::int32_t>(row.integer(1));
  const auto action = row.integer(2) == static_cast<std::int64_t>(ActionKind::Split) ? parse_split(day, row.text(3))
                                                                                     : parse_dividend(day, row.text(3));
  if (!action || checksum_of(stored.instrument, *action) != row.integer(4))
    return fail(Errc::BadData,
                fmt::format("the corporate action of {} on {} is damaged", stored.instrument, format_day(day)),
                fmt::format("stom data delete {} --actions, then import its actions again", stored.instrument));
  stored.action = *action;
  return stored;
}

}  // namespace

Result<std::vector<Catalogue::StoredAction>> Catalogue::actions(std::string_view instrument) const {
  std::vector<StoredAction> out;
  Statement read{database_->db,
                 "SELECT * FROM corporate_action WHERE ?1 = '' OR instrument = ?1 ORDER BY instrument, day, kind"};
  read.bind(instrument);
  while (read.step()) {
    auto action = action_of(read);
    if (!action) return std::unexpected(action.error());
    out.push_back(std::move(*action));
  }
  if (auto outcome = read.outcome("read the corporate actions"); !outcome) return std::unexpected(outcome.error());
  return out;
}

Result<std::uint64_t> Catalogue::count_actions(std::string_view instrument, std::int32_t from, std::int32_t to) const {
  Statement read{database_->db, "SELECT count(*) FROM corporate_action WHERE instrument = ? AND day BETWEEN ? AND ?"};
  std::uint64_t count = 0;
  if (read.bind(instrument).bind(from).bind(to).step()) count = static_cast<std::uint64_t>(read.integer(0));
  if (auto outcome = read.outcome("count the corporate actions"); !outcome) return std::unexpected(outcome.error());
  return count;
}

Result<std::uint64_t> Catalogue::add_actions(const ImportRecord& record, const std::vector<CorporateAction>& actions) {
  sqlite3* db = database_->db;
  std::uint64_t added = 0;
  const auto done = database_->transaction([&]() -> Result<void> {
    const auto stored = this->actions(record.instrument);
    if (!stored) return std::unexpected(stored.error());
    std::vector<CorporateAction> fresh;
    for (const CorporateAction& action : actions) {
      const auto same = std::ranges::find_if(
          *stored, [&](const StoredAction& s) { return s.action.day == action.day && s.action.kind == action.kind; });
      if (same == stored->end()) {
        fresh.push_back(action);
      } else if (same->action != action) {
        Statement source{db, "SELECT names FROM import WHERE id = ?"};
        const std::string from = source.bind(same->import).step() ? joined_names(source.text(0)) : "an earlier import";
        return fail(Errc::BadData,
                    fmt::format("{}: the {} of {} is {} in {}, and {} in the store (from {})", record.instrument,
                                name_of(action.kind), format_day(action.day), action.value(),
                                joined_names(joined(record.sources, &SourceFile::name)), same->action.value(), from),
                    fmt::format("correct the file, or where the store is wrong, first: stom data delete {} --actions "
                                "--from {} --to {}",
                                record.instrument, format_day(action.day), format_day(action.day)));
      }
    }
    if (fresh.empty()) return {};
    if (auto written = insert_import(db, record); !written) return written;
    const std::int64_t id = sqlite3_last_insert_rowid(db);
    for (const CorporateAction& action : fresh) {
      auto written = Statement{db, "INSERT INTO corporate_action VALUES(?,?,?,?,?,?)"}
                         .bind(record.instrument)
                         .bind(action.day)
                         .bind(static_cast<std::int64_t>(action.kind))
                         .bind(action.value())
                         .bind(checksum_of(record.instrument, action))
                         .bind(id)
                         .run("write a corporate action");
      if (!written) return written;
    }
    added = fresh.size();
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return added;
}

Result<void> Catalogue::put(const RunRecord& run) {
  return Statement{database_->db, "INSERT OR REPLACE INTO run VALUES(?,?,?,?,?,?,?)"}
      .bind(run.id)
      .bind(run.time)
      .bind(run.strategy)
      .bind(run.folder)
      .bind(run.journal_hash)
      .bind(run.data_hash)
      .bind(run.parameters)
      .run("write a run");
}

namespace {
RunRecord run_of(const Statement& row) {
  return {row.text(0), row.integer(1), row.text(2), row.text(3), row.text(4), row.text(5), row.text(6)};
}
}  // namespace

Result<RunRecord> Catalogue::run(std::string_view id) const {
  Statement read{database_->db, "SELECT * FROM run WHERE id = ?"};
  if (read.bind(id).step()) return run_of(read);
  if (auto outcome = read.outcome("read a run"); !outcome) return std::unexpected(outcome.error());
  return fail(Errc::NotFound, fmt::format("there is no run '{}'", id), "stom backtest list shows what is there");
}

Result<std::vector<RunRecord>> Catalogue::runs() const {
  std::vector<RunRecord> out;
  Statement read{database_->db, "SELECT * FROM run ORDER BY time DESC, id DESC"};
  while (read.step()) out.push_back(run_of(read));
  if (auto outcome = read.outcome("read the runs"); !outcome) return std::unexpected(outcome.error());
  return out;
}

Result<void> Catalogue::remove_run(std::string_view id) {
  if (auto known = run(id); !known) return std::unexpected(known.error());
  return Statement{database_->db, "DELETE FROM run WHERE id = ?"}.bind(id).run("remove a run");
}

Result<std::vector<std::int64_t>> Catalogue::partial_imports(const ImportRecord& record) const {
  std::vector<std::int64_t> ids;
  Statement read{
      database_->db,
      "SELECT id FROM import WHERE instrument = ? AND digests = ? AND options = ? AND partial = 1 ORDER BY id"};
  read.bind(record.instrument).bind(joined(record.sources, &SourceFile::sha256)).bind(record.options);
  while (read.step()) ids.push_back(read.integer(0));
  if (auto outcome = read.outcome("read the imports"); !outcome) return std::unexpected(outcome.error());
  return ids;
}

Result<std::int64_t> Catalogue::publish(const ImportRecord& record, const std::vector<Instrument>& instruments,
                                        std::vector<TickSet> ticks, std::vector<BarSet> bars,
                                        const std::vector<std::string>& pending,
                                        const std::vector<std::int64_t>& replaced,
                                        const std::vector<std::string>& doomed) {
  std::int64_t id = 0;
  sqlite3* db = database_->db;
  const auto done = database_->transaction([&]() -> Result<void> {
    for (const auto& instrument : instruments)
      if (auto written = put(instrument); !written) return written;
    if (auto step = insert_import(db, record); !step) return step;
    id = sqlite3_last_insert_rowid(db);
    for (const std::int64_t old : replaced)
      for (const char* sql : {"DELETE FROM tick_set WHERE import = ?", "DELETE FROM bar_set WHERE import = ?",
                              "DELETE FROM import WHERE id = ?"})
        if (auto gone = Statement{db, sql}.bind(old).run("replace an import"); !gone) return gone;
    for (const auto& path : doomed)
      if (auto written = doom(db, path); !written) return written;
    for (auto& set : ticks) {
      set.import = id;
      if (auto written = put_set(db, set); !written) return written;
    }
    for (auto& set : bars) {
      set.import = id;
      if (auto written = put_set(db, set); !written) return written;
    }
    for (const auto& path : pending)
      if (auto written = Statement{db, "INSERT OR REPLACE INTO pending_file VALUES(?)"}.bind(path).run("write");
          !written)
        return written;
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return id;
}

Result<std::vector<std::string>> Catalogue::pending() const {
  return paths(database_->db, "SELECT path FROM pending_file ORDER BY path");
}
Result<void> Catalogue::clear_pending() { return database_->execute("DELETE FROM pending_file"); }

Result<void> Catalogue::forget(std::string_view instrument, std::int32_t from, std::int32_t to, Parts parts,
                               const std::vector<std::string>& doomed) {
  sqlite3* db = database_->db;
  struct Table {
    bool chosen;
    const char* mark;
    const char* forget;
  };
  // ?2 and ?3 are bound in all of them; a series of bars has no days.
  const Table tables[] = {
      {parts.ticks,
       "UPDATE import SET partial = 1 WHERE id IN (SELECT import FROM tick_set WHERE instrument = ?1 AND day BETWEEN "
       "?2 AND ?3)",
       "DELETE FROM tick_set WHERE instrument = ?1 AND day BETWEEN ?2 AND ?3"},
      {parts.bars,
       "UPDATE import SET partial = 1 WHERE id IN (SELECT import FROM bar_set WHERE instrument = ?1 AND ?2 <= ?3)",
       "DELETE FROM bar_set WHERE instrument = ?1 AND ?2 <= ?3"},
      {parts.actions,
       "UPDATE import SET partial = 1 WHERE id IN (SELECT import FROM corporate_action WHERE instrument = ?1 AND day "
       "BETWEEN ?2 AND ?3)",
       "DELETE FROM corporate_action WHERE instrument = ?1 AND day BETWEEN ?2 AND ?3"}};
  return database_->transaction([&]() -> Result<void> {
    for (const Table& table : tables) {
      if (!table.chosen) continue;
      for (const char* sql : {table.mark, table.forget})
        if (auto step = Statement{db, sql}.bind(instrument).bind(from).bind(to).run("forget data"); !step) return step;
    }
    // An import of which nothing is left can be made again.
    auto step = Statement{db,
                          "DELETE FROM import WHERE instrument = ? AND id NOT IN (SELECT import FROM tick_set) AND id "
                          "NOT IN (SELECT import FROM bar_set) AND id NOT IN (SELECT import FROM corporate_action)"}
                    .bind(instrument)
                    .run("forget imports");
    for (const auto& path : doomed)
      if (step) step = doom(db, path);
    return step;
  });
}

Result<std::vector<std::string>> Catalogue::doomed() const {
  return paths(database_->db, "SELECT path FROM doomed_file ORDER BY path");
}
Result<void> Catalogue::clear_doomed() { return database_->execute("DELETE FROM doomed_file"); }

}  // namespace stom::store
