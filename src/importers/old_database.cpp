#include "importers/old_database.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <system_error>

#include "core/utf8.hpp"

namespace stom::importers {
namespace {

using sqlite::Kind;

constexpr std::size_t kLongestCode = 64;

/// Letters, digits and marks that stand in codes; nothing that a shell, a path or SQL reads as its own.
bool is_code(std::string_view name) {
  if (name.empty() || name.size() > kLongestCode || !is_utf8(name) || name.starts_with("sqlite_")) return false;
  return std::ranges::all_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_' || c == '.';
  });
}

std::string list_of(const std::vector<std::string_view>& names) {
  constexpr std::size_t kShown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) out += (i == 0 ? "" : ", ") + shown(names[i]);
  if (names.size() > kShown) out += fmt::format(" and {} more", names.size() - kShown);
  return out;
}

struct Difference {
  const RowShape* shape;
  std::vector<std::string_view> missing, unknown;
};

/// From the shape that the columns are nearest to.
Difference difference_of(const std::vector<std::string>& columns) {
  std::optional<Difference> best;
  for (const RowShape& shape : row_shapes()) {
    Difference found{&shape, {}, {}};
    for (const std::string_view column : shape.columns)
      if (column != kWatchedColumn && std::ranges::find(columns, column) == columns.end())
        found.missing.push_back(column);
    for (const std::string& column : columns)
      if (column != "index" && std::ranges::find(shape.columns, column) == shape.columns.end())
        found.unknown.push_back(column);
    const auto distance = [](const Difference& of) { return of.missing.size() + of.unknown.size(); };
    if (!best || distance(found) < distance(*best)) best = std::move(found);
  }
  return *best;
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Text:
      return "a text";
    case Kind::Blob:
      return "bytes";
    case Kind::Null:
      return "no value (NaN)";
    default:
      return "a number";
  }
}

}  // namespace

std::string shown(std::string_view name) {
  constexpr std::size_t kLongest = 40;
  std::string out;
  for (std::size_t i = 0; i < name.size() && out.size() < kLongest;) {
    const std::size_t length = utf8_length(name.substr(i));
    const bool plain = length > 1 || (length == 1 && name[i] >= 0x20 && name[i] != 0x7F);
    out += plain ? name.substr(i, length) : std::string_view{"?"};
    i += std::max<std::size_t>(length, 1);
  }
  return out.size() < kLongest ? out : out + "...";
}

std::unexpected<Error> OldDatabase::bad(const std::string& what, const std::string& hint) const {
  return fail(Errc::BadData, fmt::format("{}: {}", database_.file().string(), what), hint);
}

Result<OldDatabase> OldDatabase::open(const std::filesystem::path& file) {
  auto database = sqlite::Database::open_foreign(file);
  if (!database) return std::unexpected(database.error());
  OldDatabase old{std::move(*database)};
  std::error_code error;
  old.size_ = std::filesystem::file_size(file, error);
  old.changed_ = std::filesystem::last_write_time(file, error);
  if (auto read = old.read_schema(); !read) return std::unexpected(read.error());
  return old;
}

Result<void> OldDatabase::check_unchanged() const {
  std::error_code error;
  const auto& file = database_.file();
  if (std::filesystem::file_size(file, error) == size_ && std::filesystem::last_write_time(file, error) == changed_)
    return {};
  return bad("it was changed while it was read", "end the program that writes it, and import it again");
}

Result<void> OldDatabase::read_schema() {
  auto names = database_.prepare(
      "SELECT name, sql LIKE 'CREATE VIRTUAL%' FROM sqlite_master WHERE type = 'table' ORDER BY name");
  if (!names) return std::unexpected(names.error());
  std::vector<std::string> tables;
  for (;;) {
    const auto row = names->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    std::string name{names->text(0)};
    if (name.starts_with("sqlite_")) continue;
    if (tables.size() == kMostTables)
      return bad(fmt::format("it has more than {} tables", kMostTables),
                 "a market has fewer instruments than that: is it the right file?");
    if (names->integer(1) != 0)
      passed_over_.push_back(shown(name));
    else
      tables.push_back(std::move(name));
  }
  for (const std::string& name : tables)
    if (auto taken = take_table(name); !taken) return taken;
  if (tables_.empty())
    return bad("no table in it holds rows",
               "market databases are named stock_tick_back.db, coin_min_back.db and the like; texts and settings are "
               "imported with: stom strategy import");
  return {};
}

Result<void> OldDatabase::take_table(const std::string& name) {
  auto info = database_.prepare("SELECT name FROM pragma_table_info(?1)");
  if (!info) return std::unexpected(info.error());
  info->bind(name);
  std::vector<std::string> columns;
  for (;;) {
    const auto row = info->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    columns.emplace_back(info->text(0));
  }
  const auto has = [&](std::string_view column) { return std::ranges::find(columns, column) != columns.end(); };
  if (name == kOldWatchList || name == kOldNames) {
    const std::string_view second = name == kOldNames ? kOldName : kOldWatchedCodes;
    if (!has("index") || !has(second))
      return bad(fmt::format("table {}: column {} is missing", name, has("index") ? second : "index"),
                 fmt::format("it has the columns index and {}", second));
    if (name == kOldWatchList) {
      has_watch_list_ = true;
    } else {
      has_names_ = true;
      names_have_kosdaq_ = has(kOldKosdaq);
    }
    return {};
  }
  if (!has("index") && !has("현재가")) {
    passed_over_.push_back(shown(name));
    return {};
  }
  if (!is_code(name))
    return bad(fmt::format("table '{}': the name is no code of an instrument", shown(name)),
               "a code has letters, digits, '-', '_' and '.'; rename or drop the table in a copy of the file");
  if (!has("index"))
    return bad(fmt::format("table {}: column index is missing", shown(name)),
               "its first column says when each row was: YYYYMMDDHHMMSS, or YYYYMMDDHHMM of minutes");
  const Difference found = difference_of(columns);
  if (!found.missing.empty() || !found.unknown.empty()) {
    std::string what;
    if (!found.missing.empty()) what = "lacks " + list_of(found.missing);
    if (!found.unknown.empty())
      what += fmt::format("{}has {}, which it should not", what.empty() ? "" : " and ", list_of(found.unknown));
    return bad(fmt::format("table {}: not the columns of {}: it {}", shown(name), found.shape->name, what),
               "docs/old-data.md lists the columns; is it a file of the old program?");
  }
  if (shape_ == nullptr) shape_ = found.shape;
  if (shape_ != found.shape)
    return bad(fmt::format("table {} is of {}, table {} of {}", shown(tables_.front().code), shape_->name, shown(name),
                           found.shape->name),
               "one file holds rows of one kind");
  OldTable table{.code = name, .has_watched = has(kWatchedColumn), .has_rowid = true, .rows = 0, .positions = {}};
  const auto place = [&](std::string_view column) {
    const auto at = std::ranges::find(columns, column);
    table.positions.push_back(at == columns.end() ? -1 : static_cast<int>(at - columns.begin()));
  };
  place("index");
  for (const std::string_view column : shape_->columns) place(column);
  auto last = database_.prepare(fmt::format("SELECT max(rowid) FROM {}", sqlite::quoted(name)));
  table.has_rowid = last.has_value();
  if (last) {
    if (const auto row = last->step(); !row) return std::unexpected(row.error());
    table.rows = std::max<std::int64_t>(0, last->integer(0));
  }
  tables_.push_back(std::move(table));
  return {};
}

Result<void> OldDatabase::read(const OldTable& table, RowOrder order,
                               const std::function<Result<void>(const OldRow&)>& take) const {
  auto rows = database_.prepare(fmt::format("SELECT * FROM {}{}", sqlite::quoted(table.code),
                                            order == RowOrder::AsStored ? ""
                                            : table.has_rowid           ? R"( ORDER BY "index", rowid)"
                                                                        : R"( ORDER BY "index")"));
  if (!rows) return std::unexpected(rows.error());
  std::vector<double> values(shape_->columns.size());
  std::string wrong;
  for (std::int64_t number = 1;; ++number) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    wrong.clear();
    const int at = table.positions[0];
    const std::int64_t index = rows->kind(at) == Kind::Integer ? rows->integer(at) : 0;
    if (!is_row_index(index, shape_->minute))
      wrong = fmt::format("index '{}' is no time: {} digits, {}", shown(rows->text(at)), shape_->minute ? 12 : 14,
                          shape_->minute ? "YYYYMMDDHHMM" : "YYYYMMDDHHMMSS");
    for (std::size_t i = 0; i < values.size(); ++i) {
      const int column = table.positions[i + 1];
      const Kind kind = column < 0 ? Kind::Real : rows->kind(column);
      values[i] = column < 0 ? 1 : rows->real(column);
      if (kind != Kind::Integer && kind != Kind::Real && wrong.empty())
        wrong = fmt::format("{} is {}{}", shape_->columns[i], kind_name(kind),
                            kind == Kind::Text ? fmt::format(": '{}'", shown(rows->text(column))) : "");
      if (!std::isfinite(values[i]) && wrong.empty()) wrong = fmt::format("{} is infinite", shape_->columns[i]);
    }
    if (auto taken = take({number, index, values, wrong}); !taken) return taken;
  }
}

Result<std::int64_t> OldDatabase::out_of_order(const std::string& table) const {
  auto rows = database_.prepare(fmt::format(R"(SELECT "index" FROM {})", sqlite::quoted(table)));
  if (!rows) return std::unexpected(rows.error());
  std::int64_t count = 0, highest = 0;
  for (;;) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return count;
    const std::int64_t index = rows->integer(0);
    count += index < highest;
    highest = std::max(highest, index);
  }
}

Result<std::vector<OldName>> OldDatabase::names() const {
  std::vector<OldName> out;
  if (!has_names_) return out;
  auto rows = database_.prepare(fmt::format(R"(SELECT "index", "{}", {} FROM {})", kOldName,
                                            names_have_kosdaq_ ? sqlite::quoted(kOldKosdaq) : "NULL", kOldNames));
  if (!rows) return std::unexpected(rows.error());
  constexpr std::size_t kMostNames = 100'000;
  for (;;) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    const std::string_view code = rows->text(0), name = rows->text(1);
    if (rows->kind(0) != Kind::Text || !is_code(code) || rows->kind(1) != Kind::Text || !is_utf8(name) ||
        out.size() == kMostNames)
      return bad(fmt::format("table {}: row {}: '{}' is no code with a name", kOldNames, out.size() + 1, shown(code)),
                 "the index of codename is the code, as a text, and 종목명 its name");
    OldName& added = out.emplace_back(std::string{code}, std::string{name}, std::nullopt);
    if (rows->kind(2) == Kind::Integer || rows->kind(2) == Kind::Real) added.kosdaq = rows->integer(2);
  }
}

Result<void> OldDatabase::read_watch_list(RowOrder order,
                                          const std::function<Result<void>(const Watched&)>& take) const {
  if (!has_watch_list_) return {};
  auto rows = database_.prepare(fmt::format(R"(SELECT "index", "{}" FROM {}{})", kOldWatchedCodes, kOldWatchList,
                                            order == RowOrder::ByTime ? R"( ORDER BY "index")" : ""));
  if (!rows) return std::unexpected(rows.error());
  for (std::int64_t number = 1;; ++number) {
    const auto row = rows->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const std::int64_t index = rows->kind(0) == Kind::Integer ? rows->integer(0) : 0;
    std::string_view wrong;
    if (!is_row_index(index, shape_->minute)) wrong = "its index is no time";
    if (rows->kind(1) != Kind::Text || !is_utf8(rows->text(1))) wrong = "its codes are no text";
    if (auto taken = take({number, index, rows->text(1), wrong}); !taken) return taken;
  }
}

}  // namespace stom::importers
