// Rows that came as rows (docs/old-data.md): one database for each shape, STOM_HOME/rows/<shape>.sqlite, in which a day
// of an instrument is one block of columns, and beside them the names of instruments and the watch list. What a file
// brings is one transaction of it: all or nothing. docs/store-format.md has the layout of a block.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/sqlite.hpp"
#include "model/row_shape.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// A day of one instrument, column by column.
struct RowDay {
  std::int64_t day = 0;                      // YYYYMMDD
  bool has_watched = true;                   // the last column: without it, nothing stands there
  std::vector<std::int64_t> index;           // ascending, each once
  std::vector<std::vector<double>> columns;  // as the shape has them, each as long as `index`

  std::size_t rows() const { return index.size(); }
  void clear(const RowShape& shape);  // no rows, every column
  friend bool operator==(const RowDay&, const RowDay&) = default;
};

/// A block as the list knows it.
struct RowBlock {
  std::string code;
  std::int64_t day = 0;
  std::int64_t rows = 0, bytes = 0;
  bool has_watched = true;
};

/// Which of them; nothing given: all.
struct RowChoice {
  std::vector<std::string> codes;
  std::int64_t from = 0, to = 99'999'999;  // days, both included
};

struct CodeName {
  std::string code, name;
  std::optional<std::int64_t> kosdaq;  // 1: of KOSDAQ; not given: the source does not say
};

struct WatchedCodes {
  std::int64_t index = 0;
  std::string codes;  // joined by ';', in order of traded value
};

class RowStore {
 public:
  /// Write makes the file where it is missing, and leaves none where nothing was committed; one at a time writes
  /// (Errc::Locked). Read needs the file to be there (Errc::NotFound).
  static Result<RowStore> open(const std::filesystem::path& home, const RowShape& shape, OpenMode mode);
  ~RowStore();
  RowStore(RowStore&& other) noexcept;
  RowStore& operator=(RowStore&&) = delete;

  const RowShape& shape() const { return *shape_; }

  /// By code, then day. Errors: a code that is not there (Errc::NotFound), or nothing at all.
  Result<std::vector<RowBlock>> blocks(const RowChoice& choice = {}) const;
  /// Errc::NotFound where there is no such block.
  Result<RowDay> read(std::string_view code, std::int64_t day) const;
  Result<bool> has(std::string_view code, std::int64_t day) const;
  Result<std::vector<CodeName>> names() const;
  /// In order of time; `take` may refuse to go on.
  Result<void> read_watch_list(const RowChoice& choice,
                               const std::function<Result<void>(const WatchedCodes&)>& take) const;
  Result<std::int64_t> watch_list_rows() const;

  /// What follows is on the disk once commit() returns, and gone if it does not.
  Result<void> begin();
  Result<void> commit();
  /// In place of the block of that code and day, if there is one.
  Result<void> put(std::string_view code, const RowDay& day);
  Result<void> put_name(const CodeName& name);
  Result<void> put_watched(const WatchedCodes& watched);
  Result<std::optional<std::string>> watched_at(std::int64_t index) const;
  /// How many blocks went.
  Result<std::int64_t> remove(const RowChoice& choice);

 private:
  class Lock;
  RowStore(const RowShape& shape, std::unique_ptr<Lock> lock, std::vector<std::filesystem::path> made);
  void forget_new_files();

  const RowShape* shape_;
  std::unique_ptr<Lock> lock_;  // while this may write
  std::optional<sqlite::Database> database_;
  mutable std::optional<sqlite::Statement> find_watched_, put_watched_;  // prepared once: a year has millions of lists
  std::optional<sqlite::Transaction> transaction_;
  std::vector<std::filesystem::path> made_;  // by open(), the innermost first; gone again unless something is committed
};

/// A block's bytes, and back. Values come back bit by bit.
std::vector<std::byte> encode_row_day(const RowDay& day, const RowShape& shape);
/// Never reads outside of the bytes, whatever they are.
std::optional<RowDay> decode_row_day(std::span<const std::byte> bytes, const RowShape& shape, std::int64_t day,
                                     std::size_t rows, bool has_watched);

}  // namespace stom::store
