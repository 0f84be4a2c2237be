// The catalogue: what the data folder holds, in SQLite. Files under ticks/ and bars/ are the data; the catalogue says
// what they are, where they came from, and what was run on them. One connection; not for sharing between threads.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "model/corporate_action.hpp"
#include "model/instrument.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// One file of recorded messages, as it was when it was last committed.
struct TickSet {
  std::string instrument;
  std::int32_t day = 0;
  std::uint32_t part = 0;
  std::array<std::uint64_t, 5> counts{};  // by MessageKind
  std::uint64_t levels = 0;
  UnixNanos first_time = kNoTime;  // receive time; venue time where there is none
  UnixNanos last_time = kNoTime;
  std::uint64_t bytes = 0;
  std::int64_t import = 0;  // Import that brought it; 0 = recorded live

  std::uint64_t messages() const { return counts[0] + counts[1] + counts[2] + counts[3] + counts[4]; }
};

struct BarSet {
  BarSeries series;
  std::uint32_t part = 0;
  std::uint64_t bars = 0;
  UnixNanos first_time = kNoTime;
  UnixNanos last_time = kNoTime;
  std::uint64_t bytes = 0;
  std::int64_t import = 0;
};

struct SourceFile {
  std::string name;
  std::string sha256;
};

/// One import. Sources, options and instrument identify it: the same again is not imported twice.
struct ImportRecord {
  std::int64_t id = 0;  // given by the catalogue
  std::string instrument;
  std::vector<SourceFile> sources;
  std::string options;       // canonical text of everything that changes what is imported
  std::string answer;        // what the user was told, to be told again (JSON)
  UnixNanos time = kNoTime;  // when, by the injected clock
};

/// One run of a strategy.
struct RunRecord {
  std::string id;
  UnixNanos time = kNoTime;
  std::string strategy;
  std::string folder;
  std::string journal_hash;
  std::string data_hash;
  std::string parameters;  // JSON
};

/// What of an instrument's data is meant.
struct Parts {
  bool ticks = false, bars = false, actions = false;
};

class Catalogue {
 public:
  static Result<std::unique_ptr<Catalogue>> open(const std::filesystem::path& file, OpenMode mode);
  ~Catalogue();

  /// Adds or replaces. Decimals only grow: files keep their own, and readers give them at those of the catalogue.
  Result<void> put(const Instrument& instrument);
  Result<Instrument> instrument(std::string_view id) const;  // Errc::NotFound where unknown
  Result<std::vector<Instrument>> instruments() const;       // sorted by id

  Result<std::vector<TickSet>> tick_sets(std::string_view instrument = {}) const;  // all where empty; by id, day, part
  Result<std::vector<BarSet>> bar_sets(std::string_view instrument = {}) const;
  Result<void> put(const TickSet& set);
  Result<void> put(const BarSet& set);

  /// The import of exactly these sources (by digest, in order) with these options, if all of it is still there.
  Result<std::optional<ImportRecord>> find_import(std::string_view instrument, const std::vector<SourceFile>& sources,
                                                  std::string_view options) const;
  Result<std::vector<ImportRecord>> imports() const;

  /// Splits and dividends of an instrument (all where empty) by id, day, split before dividend. Errc::BadData where one
  /// is not what was written.
  struct StoredAction {
    std::string instrument;
    CorporateAction action;
    std::int64_t import = 0;
  };
  Result<std::vector<StoredAction>> actions(std::string_view instrument = {}) const;
  /// How many there are on days from..to, read or damaged.
  Result<std::uint64_t> count_actions(std::string_view instrument, std::int32_t from, std::int32_t to) const;
  /// Adds those that are not there yet, with the record of their import, wholly or not at all, and says how many they
  /// were; where that is none, nothing is written. Errc::BadData, naming both, where one contradicts what is there.
  Result<std::uint64_t> add_actions(const ImportRecord& record, const std::vector<CorporateAction>& actions);

  Result<void> put(const RunRecord& run);
  Result<RunRecord> run(std::string_view id) const;
  Result<std::vector<RunRecord>> runs() const;  // newest first
  Result<void> remove_run(std::string_view id);

  /// An import becomes visible by one transaction: its record, its sets, and the files still to be renamed from
  /// "<path>.part". DataFolder and Import use these; paths are relative to the folder.
  Result<std::int64_t> publish(const ImportRecord& record, const std::vector<Instrument>& instruments,
                               std::vector<TickSet> ticks, std::vector<BarSet> bars,
                               const std::vector<std::string>& pending, const std::vector<std::int64_t>& replaced = {},
                               const std::vector<std::string>& doomed = {});
  /// Earlier imports of the same sources and options of which something was deleted since: a new one replaces them.
  Result<std::vector<std::int64_t>> partial_imports(const ImportRecord& record) const;
  Result<std::vector<std::string>> pending() const;
  Result<void> clear_pending();
  /// Forgets parts of an instrument (ticks and actions of days from..to inclusive, all bars), marking their files for
  /// removal in the same transaction. An import that loses a set counts as partial and can be made again.
  Result<void> forget(std::string_view instrument, std::int32_t from, std::int32_t to, Parts parts,
                      const std::vector<std::string>& doomed);
  Result<std::vector<std::string>> doomed() const;
  Result<void> clear_doomed();

 private:
  struct Database;
  explicit Catalogue(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
};

}  // namespace stom::store
