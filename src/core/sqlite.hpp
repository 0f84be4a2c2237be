// SQLite databases, as Results that say which file and what to do: our own, and files that others wrote, which are
// only ever read and whose every value is a guess until it was looked at.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stom::sqlite {

enum class Kind : std::uint8_t { Integer, Real, Text, Blob, Null };

/// A prepared statement: bind in order, then step. Must not outlive its database.
class Statement {
 public:
  Statement& bind(std::int64_t value);
  Statement& bind(double value);
  Statement& bind(std::string_view text);
  Statement& bind(std::span<const std::byte> bytes);
  Statement& bind_null();
  /// True with a row, false at the end.
  Result<bool> step();
  /// To its end, and ready to be bound anew.
  Result<void> run();
  void reset();

  int columns() const;
  Kind kind(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;             // valid until the next step
  std::span<const std::byte> bytes(int column) const;  // likewise

 private:
  friend class Database;
  struct Close {
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3* database, std::string_view file, sqlite3_stmt* statement);
  sqlite3* database_;
  std::string file_;
  std::unique_ptr<sqlite3_stmt, Close> statement_;
  int bound_ = 0;
};

class Database {
 public:
  /// A file of somebody else's: neither it nor its folder is written to, not even for a lock. Refused: what is no
  /// database, one that was cut short, and one whose writer has not finished (a journal lies beside it).
  static Result<Database> open_foreign(const std::filesystem::path& file);
  /// One of ours, made where it is missing; changes are durable when their transaction ends.
  static Result<Database> open(const std::filesystem::path& file);
  static Result<Database> open_to_read(const std::filesystem::path& file);

  Result<Statement> prepare(std::string_view sql) const;
  Result<void> execute(std::string_view sql) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  static Result<Database> open_with(const std::filesystem::path& file, const std::string& name, int flags);
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> database_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> begin(const Database& database);
  Transaction(Transaction&& other) noexcept : database_{std::exchange(other.database_, nullptr)} {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Result<void> commit();

 private:
  explicit Transaction(const Database& database) : database_{&database} {}
  const Database* database_;
};

/// A name as SQL wants to read it, whatever is in it.
std::string quoted(std::string_view name);

}  // namespace stom::sqlite
