// `stom rows list`: the sets of rows there are, or the instruments of one.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <memory>

#include "rows_group.hpp"

namespace stom {
namespace {

/// Of some blocks together.
struct Extent {
  std::int64_t days = 0, rows = 0, bytes = 0, from = 99'999'999, to = 0;
  void add(const store::RowBlock& block) {
    ++days;
    rows += block.rows;
    bytes += block.bytes;
    from = std::min(from, block.day);
    to = std::max(to, block.day);
  }
};

Result<std::vector<store::RowBlock>> blocks_of(const Session& session, const RowShape& shape) {
  const auto store = store::RowStore::open(session.home, shape, store::OpenMode::Read);
  if (!store) return std::unexpected(store.error());
  return store->blocks();
}

int list_sets(const Session& session) {
  std::string json;
  if (!session.json && session.plain) fmt::print("set\tcodes\tfrom\tto\trows\tbytes\n");
  bool any = false;
  for (const RowShape& shape : row_shapes()) {
    const auto blocks = blocks_of(session, shape);
    if (!blocks && blocks.error().code == Errc::NotFound) continue;
    if (!blocks) return report_error(session, blocks.error());
    Extent all;
    std::int64_t codes = 0;
    for (std::size_t i = 0; i < blocks->size(); ++i) {
      all.add((*blocks)[i]);
      codes += i == 0 || (*blocks)[i].code != (*blocks)[i - 1].code;
    }
    any = true;
    if (session.json) {
      json += fmt::format(R"({}{{"set":"{}","codes":{},"from":{},"to":{},"rows":{},"bytes":{}}})",
                          json.empty() ? "" : ",", shape.name, codes, all.from, all.to, all.rows, all.bytes);
      continue;
    }
    const char* row =
        session.plain ? "{}\t{}\t{}\t{}\t{}\t{}\n" : "{:<13} {:>5} codes  {} to {} {:>12} rows {:>14} bytes\n";
    fmt::print(fmt::runtime(row), shape.name, codes, all.from, all.to, all.rows, all.bytes);
  }
  if (session.json)
    fmt::print("{{\"sets\":[{}]}}\n", json);
  else if (!any)
    say(session, "there are no rows yet; bring some in with: stom rows import FILE.db, or stom rows build ID");
  return kOk;
}

int list_codes(const Session& session, const std::string& set) {
  const auto shape = shape_named(set);
  if (!shape) return report_error(session, shape.error());
  const auto blocks = blocks_of(session, **shape);
  if (!blocks) return report_error(session, blocks.error());
  std::map<std::string, Extent> codes;
  for (const store::RowBlock& block : *blocks) codes[block.code].add(block);
  if (session.json) {
    std::string json;
    for (const auto& [code, of] : codes)
      json += fmt::format(R"({}{{"code":{},"days":{},"from":{},"to":{},"rows":{},"bytes":{}}})",
                          json.empty() ? "" : ",", json_string(code), of.days, of.from, of.to, of.rows, of.bytes);
    fmt::print("{{\"set\":\"{}\",\"codes\":[{}]}}\n", (*shape)->name, json);
    return kOk;
  }
  if (session.plain) fmt::print("code\tdays\tfrom\tto\trows\tbytes\n");
  const char* row =
      session.plain ? "{}\t{}\t{}\t{}\t{}\t{}\n" : "{:<12} {:>5} days  {} to {} {:>12} rows {:>14} bytes\n";
  for (const auto& [code, of] : codes) fmt::print(fmt::runtime(row), code, of.days, of.from, of.to, of.rows, of.bytes);
  return kOk;
}

struct DeleteOptions {
  RowChoiceFlags choice;
  bool dry_run = false;
};

Result<void> remove_rows(const Session& session, const DeleteOptions& options) {
  const auto shape = shape_named(options.choice.set);
  if (!shape) return std::unexpected(shape.error());
  const auto choice = row_choice(options.choice);
  if (!choice) return std::unexpected(choice.error());
  Extent going;
  {
    const auto there = store::RowStore::open(session.home, **shape, store::OpenMode::Read);
    if (!there) return std::unexpected(there.error());
    const auto blocks = there->blocks(*choice);
    if (!blocks) return std::unexpected(blocks.error());
    for (const store::RowBlock& block : *blocks) going.add(block);
  }
  if (!options.dry_run && !session.yes)
    return fail(Errc::Usage,
                fmt::format("{} rows of {} days of instruments would be gone for good", going.rows, going.days),
                "--dry-run shows what would go, --yes deletes it");
  if (!options.dry_run) {
    auto store = store::RowStore::open(session.home, **shape, store::OpenMode::Write);
    if (!store) return std::unexpected(store.error());
    if (auto begun = store->begin(); !begun) return begun;
    if (auto gone = store->remove(*choice); !gone) return std::unexpected(gone.error());
    if (auto done = store->commit(); !done) return done;
  }
  if (session.json)
    fmt::print("{{\"set\":\"{}\",\"deleted\":{},\"rows\":{},\"days\":{}}}\n", (*shape)->name, !options.dry_run,
               going.rows, going.days);
  else
    say(session, fmt::format("{} {} rows of {} days of instruments", options.dry_run ? "would delete" : "deleted",
                             going.rows, going.days));
  return {};
}

}  // namespace

void add_rows_list(CLI::App& rows, Session& session) {
  auto* command = rows.add_subcommand("list", "The sets of rows, or the instruments of one");
  auto set = std::make_shared<std::string>();
  command->add_option("SET", *set, "stock-second, stock-minute, coin-second or coin-minute");
  examples(*command, {"stom rows list", "stom rows list stock-second --json"});
  command->callback(
      [&session, set] { session.status = set->empty() ? list_sets(session) : list_codes(session, *set); });
}

void add_rows_delete(CLI::App& rows, Session& session) {
  auto* command = rows.add_subcommand("delete", "Remove rows: of some instruments, some days, or a whole set");
  auto o = std::make_shared<DeleteOptions>();
  command->add_option("SET", o->choice.set, "stock-second, stock-minute, coin-second or coin-minute")->required();
  add_row_choice(*command, o->choice);
  command->add_flag("--dry-run", o->dry_run, "only say what would go");
  examples(*command, {"stom rows delete stock-second --code 005930 --dry-run",
                      "stom rows delete coin-minute --from 2024-01-05 --to 2024-01-05 --yes"});
  command->callback([&session, o] {
    const auto done = remove_rows(session, *o);
    session.status = done ? kOk : report_error(session, done.error());
  });
}

}  // namespace stom
