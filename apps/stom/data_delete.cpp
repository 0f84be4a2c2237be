// `stom data delete`: removes days or all of an instrument, after saying what would go.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <limits>
#include <memory>

#include "data_store.hpp"
#include "store/remove.hpp"

namespace stom {
namespace {

struct DeleteOptions {
  std::string instrument;
  std::string from;
  std::string to;
  std::string confirm;
  bool dry_run = false;
  bool actions = false;
};

struct Range {
  std::int32_t from = std::numeric_limits<std::int32_t>::min();
  std::int32_t to = std::numeric_limits<std::int32_t>::max();
  // A range of days names ticks only: a series of bars has no days of its own.
  store::Parts parts{.ticks = true, .bars = true, .actions = true};
};

Result<Range> range_of(const DeleteOptions& options) {
  Range range;
  if (options.actions)
    range.parts = {.actions = true};
  else if (!options.from.empty() || !options.to.empty())
    range.parts = {.ticks = true};
  if (!options.from.empty()) {
    const auto day = parse_day(options.from);
    if (!day) return std::unexpected(day.error());
    range.from = *day;
  }
  if (!options.to.empty()) {
    const auto day = parse_day(options.to);
    if (!day) return std::unexpected(day.error());
    range.to = *day;
  }
  if (range.from > range.to) return fail(Errc::Usage, "--from is after --to", "write the earlier day first");
  return range;
}

std::string what_goes(const store::Removal& plan) {
  std::string text;
  if (!plan.files.empty()) text = fmt::format("{} files, {} bytes", plan.files.size(), plan.bytes);
  if (plan.actions > 0) text += fmt::format("{}{} splits and dividends", text.empty() ? "" : ", ", plan.actions);
  return text;
}

void print_plan(const Session& session, const store::DataFolder& folder, const store::Removal& plan, bool deleted) {
  if (session.json) {
    std::string files;
    for (const auto& file : plan.files)
      files += (files.empty() ? "" : ",") + json_string(file.lexically_relative(folder.home()).string());
    fmt::print("{{\"instrument\":{},\"deleted\":{},\"bytes\":{},\"corporate_actions\":{},\"files\":[{}]}}\n",
               json_string(plan.instrument), deleted, plan.bytes, plan.actions, files);
    return;
  }
  for (const auto& file : plan.files) fmt::print("{}\n", file.lexically_relative(folder.home()).string());
  say(session, fmt::format("{} {}", deleted ? "deleted" : "would delete", what_goes(plan)));
}

/// --yes, --confirm=ID, or the name typed by hand.
Result<void> confirm(const Session& session, const DeleteOptions& options, const store::Removal& plan) {
  if (session.yes || options.confirm == options.instrument) return {};
  if (!options.confirm.empty())
    return fail(Errc::Usage, fmt::format("--confirm={} does not name {}", options.confirm, options.instrument),
                "write the instrument as it stands in the command");
  const std::string hint =
      fmt::format("add --confirm={} (or --yes); --dry-run shows what would go", options.instrument);
  if (session.no_input || session.json)
    return fail(Errc::Usage, "deleting asks for confirmation, and nobody can be asked here", hint);
  fmt::print(stderr, "of {}: {} will be gone for good. Type its name to go on: ", options.instrument, what_goes(plan));
  std::string typed;
  std::getline(std::cin, typed);
  if (typed == options.instrument) return {};
  return fail(Errc::Canceled, "nothing was deleted", hint);
}

Result<void> execute(const Session& session, const DeleteOptions& options) {
  const auto range = range_of(options);
  if (!range) return std::unexpected(range.error());
  const auto mode = options.dry_run ? store::OpenMode::Read : store::OpenMode::Write;
  // Writing would make the folder: look first that there is one.
  if (auto there = store::DataFolder::open(session.home, store::OpenMode::Read); !there)
    return std::unexpected(there.error());
  auto folder = store::DataFolder::open(session.home, mode);
  if (!folder) return std::unexpected(folder.error());
  const auto plan = store::plan_removal(*folder, options.instrument, range->from, range->to, range->parts);
  if (!plan) return std::unexpected(plan.error());
  if (!options.dry_run) {
    if (auto sure = confirm(session, options, *plan); !sure) return sure;
    if (auto removed = store::remove(*folder, *plan); !removed) return removed;
  }
  print_plan(session, *folder, *plan, !options.dry_run);
  return {};
}

}  // namespace

void add_data_delete(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("delete", "Remove days, or all of an instrument");
  auto options = std::make_shared<DeleteOptions>();
  command->add_option("instrument", options->instrument, "venue:symbol")->required();
  command->add_option("--from", options->from,
                      "first day (UTC), for example 2024-08-08; without days its bars, splits and dividends go too");
  command->add_option("--to", options->to, "last day (UTC)");
  command->add_flag("--actions", options->actions, "only its splits and dividends");
  command->add_flag("--dry-run", options->dry_run, "only say what would go");
  command->add_option("--confirm", options->confirm, "the instrument again, instead of being asked");
  examples(*command, {"stom data delete binance:BTCUSDT --dry-run",
                      "stom data delete binance:BTCUSDT --from 2024-08-08 --to 2024-08-08 --confirm=binance:BTCUSDT"});
  command->callback([&session, options] {
    const auto done = execute(session, *options);
    session.status = done ? kOk : report_error(session, done.error());
  });
}

}  // namespace stom
