// `stom rows export`: rows as a database of the old program's shape.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <system_error>

#include "importers/old_database.hpp"
#include "rows_group.hpp"
#include "store/file.hpp"

namespace stom {
namespace {

namespace fs = std::filesystem;

struct ExportOptions {
  RowChoiceFlags choice;
  std::string file;
};

struct Written {
  std::int64_t codes = 0, rows = 0, filled = 0;
};

/// Writes beside `file`; the name is its own once all is there.
class Export {
 public:
  Export(const Session& session, const store::RowStore& rows, const store::RowChoice& choice)
      : session_{session}, rows_{rows}, choice_{choice}, shape_{rows.shape()} {}

  Result<Written> write(const fs::path& file) {
    const auto blocks = rows_.blocks(choice_);
    if (!blocks) return std::unexpected(blocks.error());
    std::error_code error;
    if (fs::exists(file, error))
      return fail(Errc::Usage, fmt::format("there is {} already", file.string()), "name another file, or move it away");
    const fs::path partial = file.string() + ".partial";
    fs::remove(partial, error);
    auto written = write_into(partial, *blocks);
    if (written) {
      if (auto renamed = store::rename_file(partial, file); !renamed) written = std::unexpected(renamed.error());
    }
    for (const char* beside : {"", "-journal"}) fs::remove(partial.string() + beside, error);
    return written;
  }

 private:
  Result<Written> write_into(const fs::path& partial, const std::vector<store::RowBlock>& blocks) {
    auto database = sqlite::Database::open(partial);
    if (!database) return std::unexpected(database.error());
    database_ = &*database;
    auto transaction = sqlite::Transaction::begin(*database);
    if (!transaction) return std::unexpected(transaction.error());
    Progress progress{session_, "writing"};
    for (std::size_t first = 0, next = 0; first < blocks.size(); first = next) {
      while (next < blocks.size() && blocks[next].code == blocks[first].code) ++next;
      if (auto table = write_table(std::span{blocks}.subspan(first, next - first)); !table)
        return std::unexpected(table.error());
      progress.update(next, blocks.size());
    }
    if (auto names = write_names(); !names) return std::unexpected(names.error());
    if (auto list = write_watch_list(); !list) return std::unexpected(list.error());
    if (auto done = transaction->commit(); !done) return std::unexpected(done.error());
    return written_;
  }

  /// All days of one instrument.
  Result<void> write_table(std::span<const store::RowBlock> blocks) {
    const std::string table = sqlite::quoted(blocks[0].code);
    bool has_watched = false;
    for (const store::RowBlock& block : blocks) has_watched = has_watched || block.has_watched;
    const std::size_t columns = shape_.columns.size() - (has_watched ? 0 : 1);
    std::string layout = "\"index\" INTEGER", places = "?";
    for (std::size_t i = 0; i < columns; ++i) {
      layout += fmt::format(", {} REAL", sqlite::quoted(shape_.columns[i]));
      places += ", ?";
    }
    if (auto made = database_->execute(fmt::format("CREATE TABLE {} ({})", table, layout)); !made) return made;
    auto insert = database_->prepare(fmt::format("INSERT INTO {} VALUES({})", table, places));
    if (!insert) return std::unexpected(insert.error());
    ++written_.codes;
    for (const store::RowBlock& block : blocks) {
      if (interrupted()) return fail(Errc::Canceled, "interrupted: no file was written", "run it again");
      const auto day = rows_.read(block.code, block.day);
      if (!day) return std::unexpected(day.error());
      const bool fill = has_watched && !day->has_watched;
      written_.rows += static_cast<std::int64_t>(day->rows());
      if (fill) written_.filled += static_cast<std::int64_t>(day->rows());
      for (std::size_t i = 0; i < day->rows(); ++i) {
        insert->bind(day->index[i]);
        for (std::size_t c = 0; c < columns; ++c) insert->bind(fill && c + 1 == columns ? 1.0 : day->columns[c][i]);
        if (auto put = insert->run(); !put) return put;
      }
    }
    return {};
  }

  Result<void> write_names() {
    const auto names = rows_.names();
    if (!names) return std::unexpected(names.error());
    if (names->empty()) return {};
    const std::string table{importers::kOldNames};
    const bool has_kosdaq = std::ranges::any_of(*names, [](const auto& name) { return name.kosdaq.has_value(); });
    if (auto made =
            database_->execute(fmt::format(R"(CREATE TABLE {} ("index" TEXT, "{}" TEXT{}))", table, importers::kOldName,
                                           has_kosdaq ? fmt::format(R"(, "{}" INTEGER)", importers::kOldKosdaq) : ""));
        !made)
      return made;
    auto insert = database_->prepare(fmt::format("INSERT INTO {} VALUES(?, ?{})", table, has_kosdaq ? ", ?" : ""));
    if (!insert) return std::unexpected(insert.error());
    for (const store::CodeName& name : *names) {
      insert->bind(name.code).bind(name.name);
      if (has_kosdaq && name.kosdaq) insert->bind(*name.kosdaq);
      if (has_kosdaq && !name.kosdaq) insert->bind_null();
      if (auto put = insert->run(); !put) return put;
    }
    return {};
  }

  Result<void> write_watch_list() {
    std::optional<sqlite::Statement> insert;
    return rows_.read_watch_list(choice_, [&](const store::WatchedCodes& watched) -> Result<void> {
      if (interrupted()) return fail(Errc::Canceled, "interrupted: no file was written", "run it again");
      if (!insert) {
        if (auto made = database_->execute(fmt::format(R"(CREATE TABLE {} ("index" INTEGER, "{}" TEXT))",
                                                       importers::kOldWatchList, importers::kOldWatchedCodes));
            !made)
          return made;
        auto prepared = database_->prepare(fmt::format("INSERT INTO {} VALUES(?, ?)", importers::kOldWatchList));
        if (!prepared) return std::unexpected(prepared.error());
        insert.emplace(std::move(*prepared));
      }
      return insert->bind(watched.index).bind(watched.codes).run();
    });
  }

  const Session& session_;
  const store::RowStore& rows_;
  const store::RowChoice& choice_;
  const RowShape& shape_;
  const sqlite::Database* database_ = nullptr;  // while write_into() goes on
  Written written_;
};

int run_export(const Session& session, const ExportOptions& options) {
  const auto shape = shape_named(options.choice.set);
  if (!shape) return report_error(session, shape.error());
  const auto choice = row_choice(options.choice);
  if (!choice) return report_error(session, choice.error());
  const auto rows = store::RowStore::open(session.home, **shape, store::OpenMode::Read);
  if (!rows) return report_error(session, rows.error());
  const auto written = Export{session, *rows, *choice}.write(options.file);
  if (!written) return report_error(session, written.error());
  if (session.json) {
    fmt::print("{{\"file\":{},\"set\":\"{}\",\"codes\":{},\"rows\":{},\"watched_filled\":{}}}\n",
               json_string(options.file), (*shape)->name, written->codes, written->rows, written->filled);
    return kOk;
  }
  fmt::print("{}: {}, {} codes, {} rows\n", options.file, (*shape)->name, written->codes, written->rows);
  if (written->filled > 0)
    say(session, fmt::format("{} rows had no 관심종목 where later ones of their instrument have it: written as 1",
                             written->filled));
  return kOk;
}

}  // namespace

void add_rows_export(CLI::App& rows, Session& session) {
  auto* command = rows.add_subcommand("export", "Rows as a database of the old program's shape");
  auto o = std::make_shared<ExportOptions>();
  command->add_option("SET", o->choice.set, "stock-second, stock-minute, coin-second or coin-minute")->required();
  command->add_option("--out", o->file, "the file to write; it must not be there")->required();
  add_row_choice(*command, o->choice);
  examples(*command, {"stom rows export stock-second --out stock_tick_back.db",
                      "stom rows export coin-minute --code KRW-BTC --from 2024-01-05 --out coin_min.db"});
  command->callback([&session, o] { session.status = run_export(session, *o); });
}

}  // namespace stom
