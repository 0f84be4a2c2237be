// `stom session`: a trading session as files (docs/recovery.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "command.hpp"
#include "trade/session_backup.hpp"

namespace stom {
namespace {

struct PlaceFlags {
  std::string from, to;
};

int report_summary(const Session& session, const Result<trade::BackupSummary>& done, const PlaceFlags& flags,
                   std::string_view next) {
  if (!done) return report_error(session, done.error());
  if (session.json)
    fmt::print("{{\"to\":{},\"records\":{},\"journal_bytes\":{},\"bytes\":{}}}\n", json_string(flags.to), done->records,
               done->journal_bytes, done->bytes);
  else
    fmt::print("{}: {} records, {} bytes of journal\n{}\n", flags.to, done->records, done->journal_bytes, next);
  return kOk;
}

}  // namespace

void add_session_command(CLI::App& app, Session& session) {
  auto* group = app.add_subcommand("session", "Keep a trading session in a file, and get it back");
  examples(*group, {"stom session backup today --to today.stombak", "stom session restore today.stombak --to again"});
  auto flags = std::make_shared<PlaceFlags>();
  auto* backup = group->add_subcommand("backup", "All that a session needs to go on, in one file; also while it runs");
  backup->add_option("SESSION", flags->from, "the session's folder")->required();
  backup->add_option("--to", flags->to, "the file; it may not be there yet")->required();
  examples(*backup,
           {"stom session backup today --to today.stombak", "stom session backup today --to today.stombak --json"});
  backup->callback([&session, flags] {
    session.status = report_summary(session, trade::back_up(flags->from, flags->to), *flags,
                                    "stom session restore FILE --to DIR makes a session's folder of it");
  });
  auto* restore = group->add_subcommand("restore", "A session's folder of a backup");
  restore->add_option("FILE", flags->from, "what stom session backup wrote")->required();
  restore->add_option("--to", flags->to, "the folder; it may not be there yet, or is empty")->required();
  examples(*restore,
           {"stom session restore today.stombak --to again", "stom session restore today.stombak --to again --json"});
  restore->callback([&session, flags] {
    session.status = report_summary(
        session, trade::restore_backup(flags->from, flags->to), *flags,
        "stom trade start … --session DIR goes on there; never while the session that it was taken of still trades");
  });
}

}  // namespace stom
