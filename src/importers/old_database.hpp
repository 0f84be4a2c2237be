// A market database of the old program (docs/old-data.md): a table of rows for each instrument, named by its code, and
// beside them `codename` and `moneytop`. Read only, and every value of it looked at before it is believed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/sqlite.hpp"
#include "model/row_shape.hpp"

namespace stom::importers {

struct OldTable {
  std::string code;
  bool has_watched = true;  // 관심종목, which files before 2024-05-04 lack
  bool has_rowid = true;
  std::int64_t rows = 0;       // about: its highest rowid
  std::vector<int> positions;  // of the shape's columns in a SELECT *; the first is that of `index`
};

struct OldRow {
  std::int64_t number = 0;  // in the table, from 1
  std::int64_t index = 0;
  std::span<const double> values;  // as the shape has them; 1 where there is no 관심종목
  std::string_view wrong;          // why it is none; empty: it is one
};

struct OldName {
  std::string code, name;
  std::optional<std::int64_t> kosdaq;
};

/// Rows as they stand in the file, or in order of time (what has one time stays in the file's order).
enum class RowOrder : std::uint8_t { AsStored, ByTime };

class OldDatabase {
 public:
  static constexpr std::size_t kMostTables = 10'000;

  /// Errors: no database, a table whose columns are of no shape, a name that is no code.
  static Result<OldDatabase> open(const std::filesystem::path& file);

  const RowShape& shape() const { return *shape_; }
  std::span<const OldTable> tables() const { return tables_; }
  /// Tables that hold nothing of this kind.
  std::span<const std::string> passed_over() const { return passed_over_; }
  bool has_watch_list() const { return has_watch_list_; }
  /// Whether it still is as it was when it was opened.
  Result<void> check_unchanged() const;

  Result<void> read(const OldTable& table, RowOrder order,
                    const std::function<Result<void>(const OldRow&)>& take) const;
  /// How many rows stand behind one of a later time.
  Result<std::int64_t> out_of_order(const std::string& table) const;
  Result<std::vector<OldName>> names() const;
  struct Watched {
    std::int64_t number = 0, index = 0;
    std::string_view codes;
    std::string_view wrong;
  };
  Result<void> read_watch_list(RowOrder order, const std::function<Result<void>(const Watched&)>& take) const;

 private:
  explicit OldDatabase(sqlite::Database database) : database_{std::move(database)} {}
  Result<void> read_schema();
  Result<void> take_table(const std::string& name);
  std::unexpected<Error> bad(const std::string& what, const std::string& hint) const;

  sqlite::Database database_;
  std::uintmax_t size_ = 0;
  std::filesystem::file_time_type changed_;
  const RowShape* shape_ = nullptr;
  std::vector<OldTable> tables_;
  std::vector<std::string> passed_over_;
  bool has_watch_list_ = false, has_names_ = false, names_have_kosdaq_ = false;
};

inline constexpr std::string_view kOldWatchList = "moneytop", kOldWatchedCodes = "거래대금순위", kOldNames = "codename",
                                  kOldName = "종목명", kOldKosdaq = "코스닥";

/// What a name from outside may be shown as: nothing in it moves a cursor, and it is not long.
std::string shown(std::string_view name);

}  // namespace stom::importers
