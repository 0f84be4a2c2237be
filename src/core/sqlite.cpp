#include "core/sqlite.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <array>
#include <fstream>
#include <system_error>

namespace stom::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic{"SQLite format 3\0", 16};

std::unexpected<Error> failure(sqlite3* database, std::string_view file) {
  const int code = database == nullptr ? SQLITE_NOMEM : sqlite3_errcode(database) & 0xFF;
  const std::string why = fmt::format("{}: {}", file, database == nullptr ? "out of memory" : sqlite3_errmsg(database));
  switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return fail(Errc::BadData, why, "the file is damaged: take a copy that is whole");
    case SQLITE_TOOBIG:
      return fail(Errc::BadData, why, "a value in it is far larger than any that belongs there");
    case SQLITE_FULL:
      return fail(Errc::Io, why, "free some space and run the command again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return fail(Errc::Locked, why, "another process is writing; run the command again when it has finished");
    case SQLITE_ERROR:
      return fail(Errc::BadData, why, "the file does not hold what it should");
    default:
      return fail(Errc::Io, why, "check that the file and its folder may be used");
  }
}

/// As part of a URI.
std::string escaped(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
                       c == '.' || c == '-' || c == '_';
    out += plain ? std::string{c} : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// What the first bytes say: that it is a database, and how long it should be.
Result<void> check_header(const fs::path& file) {
  const auto bad = [&](std::string_view what, std::string_view hint) {
    return fail(Errc::BadData, fmt::format("{}: {}", file.string(), what), std::string{hint});
  };
  constexpr std::string_view kCopy = "copy it again, from where it is whole";
  std::error_code error;
  if (fs::is_directory(file, error))
    return fail(Errc::Usage, fmt::format("{} is a folder", file.string()), "name a file in it");
  const std::uintmax_t size = fs::file_size(file, error);
  std::array<unsigned char, 100> head{};
  std::ifstream in{file, std::ios::binary};
  if (!in || error)
    return fail(Errc::NotFound, fmt::format("{}: the file cannot be read", file.string()), "is the path right?");
  in.read(reinterpret_cast<char*>(head.data()), head.size());
  const std::string_view magic{reinterpret_cast<const char*>(head.data()), kMagic.size()};
  if (size == 0) return bad("the file is empty", kCopy);
  if (magic != kMagic) return bad("is no SQLite database", "name the .db file itself, unpacked");
  if (size < head.size()) return bad("the database is cut short", kCopy);
  const auto number = [&](std::size_t at, std::size_t length) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < length; ++i) value = value << 8 | head[at + i];
    return value;
  };
  const std::uint64_t page = number(16, 2) == 1 ? 65'536 : number(16, 2), pages = number(28, 4);
  const bool counts = number(24, 4) == number(92, 4);  // else the count is one of an old version's
  if (counts && size < page * pages)
    return bad(fmt::format("the database is cut short: {} of {} bytes", size, page * pages), kCopy);
  for (const char* beside : {"-journal", "-wal"})
    if (const fs::path journal = file.string() + beside;
        fs::exists(journal, error) && fs::file_size(journal, error) > 0)
      return bad("its writer has not finished: " + journal.filename().string() + " lies beside it",
                 "end the program that writes it, or copy both and open the copy once with its own program");
  return {};
}

}  // namespace

void Statement::Close::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Statement::Statement(sqlite3* database, std::string_view file, sqlite3_stmt* statement)
    : database_{database}, file_{file}, statement_{statement} {}

Statement& Statement::bind(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(double value) {
  sqlite3_bind_double(statement_.get(), ++bound_, value);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  // An empty view may point nowhere, and that would bind NULL.
  sqlite3_bind_text64(statement_.get(), ++bound_, text.empty() ? "" : text.data(), text.size(), SQLITE_TRANSIENT,
                      SQLITE_UTF8);
  return *this;
}

Statement& Statement::bind(std::span<const std::byte> bytes) {
  sqlite3_bind_blob64(statement_.get(), ++bound_, bytes.empty() ? static_cast<const void*>("") : bytes.data(),
                      bytes.size(), SQLITE_TRANSIENT);
  return *this;
}

Statement& Statement::bind_null() {
  sqlite3_bind_null(statement_.get(), ++bound_);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return failure(database_, file_);
}

Result<void> Statement::run() {
  for (;;) {
    const auto row = step();
    if (row && *row) continue;
    reset();
    if (!row) return std::unexpected(row.error());
    return {};
  }
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

int Statement::columns() const { return sqlite3_column_count(statement_.get()); }

Kind Statement::kind(int column) const {
  switch (sqlite3_column_type(statement_.get(), column)) {
    case SQLITE_INTEGER:
      return Kind::Integer;
    case SQLITE_FLOAT:
      return Kind::Real;
    case SQLITE_TEXT:
      return Kind::Text;
    case SQLITE_BLOB:
      return Kind::Blob;
    default:
      return Kind::Null;
  }
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

double Statement::real(int column) const { return sqlite3_column_double(statement_.get(), column); }

std::string_view Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(statement_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// Also where a statement is let go of later than its database, as when both are moved over.
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Result<Database> Database::open_with(const fs::path& file, const std::string& name, int flags) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database;
  database.file_ = file;
  database.database_.reset(opened);
  if (code != SQLITE_OK) return failure(opened, file.string());
  sqlite3_busy_timeout(opened, 5000);
  return database;
}

Result<Database> Database::open_foreign(const fs::path& file) {
  if (auto header = check_header(file); !header) return std::unexpected(header.error());
  std::error_code error;
  const fs::path whole = fs::absolute(file, error);
  auto database =
      open_with(file, "file:" + escaped(whole.string()) + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
  if (!database) return database;
  sqlite3* opened = database->database_.get();
  // What its schema says is not run, and nothing in it may be larger than the longest text that anyone wrote.
  constexpr int kLongestValue = 16 << 20;
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, kLongestValue);
  sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  if (auto checked = database->execute("PRAGMA cell_size_check = ON"); !checked)
    return std::unexpected(checked.error());
  return database;
}

Result<Database> Database::open(const fs::path& file) {
  auto database = open_with(file, file.string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  if (!database) return database;
  if (auto set = database->execute("PRAGMA synchronous = FULL"); !set) return std::unexpected(set.error());
  return database;
}

Result<Database> Database::open_to_read(const fs::path& file) {
  // A writer that died left a journal, and who rolls it back has to write.
  auto database = open_with(file, file.string(), SQLITE_OPEN_READWRITE);
  if (!database) database = open_with(file, file.string(), SQLITE_OPEN_READONLY);
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) return failure(database_.get(), file_.string());
  return Statement{database_.get(), file_.string(), statement};
}

Result<void> Database::execute(std::string_view sql) const {
  if (sqlite3_exec(database_.get(), std::string{sql}.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    return failure(database_.get(), file_.string());
  return {};
}

Result<Transaction> Transaction::begin(const Database& database) {
  if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  return Transaction{database};
}

Transaction::~Transaction() {
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Result<void> Transaction::commit() {
  if (auto done = database_->execute("COMMIT"); !done) return done;
  database_ = nullptr;
  return {};
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + '"';
}

}  // namespace stom::sqlite
