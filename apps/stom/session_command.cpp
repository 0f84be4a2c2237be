// `stom session`: a trading session as files (docs/recovery.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "confirm_name.hpp"
#include "engine/journal_file.hpp"
#include "engine/journal_reader.hpp"
#include "engine/journal_segment.hpp"
#include "trade/session_backup.hpp"
#include "trade/session_folder.hpp"
#include "trade/session_segments.hpp"

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

struct SegmentFlags {
  std::string folder, confirm;
  std::uint64_t before = 0;
  bool check = false;
};

/// The one that is written to ends where its records do.
Result<void> check_newest(const std::filesystem::path& journal, const JournalPosition& begin) {
  auto reader = JournalReader::open(journal);
  if (!reader) return std::unexpected(reader.error());
  reader->go_to(begin);
  while (reader->next() != nullptr && !interrupted()) {
  }
  return interrupted() ? Result<void>{} : reader->check_end();
}

std::string_view state_of(const SegmentFile& segment, std::uint64_t newest) {
  return segment.number == newest ? "newest" : !segment.there ? "missing" : segment.packed ? "packed" : "sealed";
}

int show_segments(const Session& session, const SegmentFlags& flags) {
  const auto journal = trade::journal_in(flags.folder);
  if (!journal) return report_error(session, journal.error());
  const auto segments = segments_of(*journal);
  if (!segments) return report_error(session, segments.error());
  auto file = JournalFile::open(*journal);
  if (!file) return report_error(session, file.error());
  const std::uint64_t newest = segments->back().number;
  const std::atomic<bool> never{false};
  if (flags.check)
    if (auto whole = check_newest(*journal, file->begin()); !whole) return report_error(session, whole.error());
  std::string json;
  if (!session.json)
    fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:>7}  {:<8} {:>14} {:>14}  {}\n"), "segment",
               "state", "first record", "bytes", "file");
  for (const SegmentFile& one : *segments) {
    if (interrupted()) return kInterrupted;
    if (flags.check && one.there && one.number != newest)
      if (auto whole = check_segment(*journal, one.number, never); !whole) return report_error(session, whole.error());
    const auto begin = file->begin_of(one.number);  // of one that is gone nobody knows it
    const std::string first = begin ? fmt::to_string(begin->records) : "";
    const std::string_view state = state_of(one, newest);
    const std::string name = one.path.filename().string();
    if (session.json)
      json += fmt::format("{}{{\"segment\":{},\"state\":{},\"first_record\":{},\"bytes\":{},\"file\":{}}}",
                          json.empty() ? "" : ",", one.number, json_string(state), begin ? first : "null", one.bytes,
                          json_string(name));
    else
      fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:>7}  {:<8} {:>14} {:>14}  {}\n"), one.number,
                 state, first, one.bytes, name);
  }
  if (session.json) fmt::print("{{\"segments\":[{}]}}\n", json);
  if (flags.check)
    say(session, "each sealed segment that is there is what was sealed, and the newest has no spoiled record");
  return kOk;
}

/// What will be gone, for who is asked.
std::string what_goes_with(std::uint64_t before, std::size_t files, std::uint64_t bytes) {
  return fmt::format(
      "deletes {} segments of the journal before segment {} for good, {} bytes: verify, the export of fills and taxes, "
      "the log's records, availability, calibrate, a backup "
      "and a new --copy-to are then no longer possible of this session, and where its snapshots are lost, or another "
      "version of stom cannot use them, it does not go on",
      files, before, bytes);
}

int delete_old_segments(const Session& session, const SegmentFlags& flags) {
  const auto given = std::filesystem::path{flags.folder};
  if (const auto journal = trade::journal_in(given); !journal) return report_error(session, journal.error());
  const auto taken = trade::SessionFolder::take(given);
  if (!taken)
    return report_error(
        session, {taken.error().code, taken.error().message,
                  taken.error().code == Errc::Locked ? "end the session first: Ctrl-C there, or kill and that number"
                                                     : taken.error().hint});
  const auto segments = trade::segments_before(taken->path(), flags.before);
  if (!segments) return report_error(session, segments.error());
  std::uint64_t bytes = 0;
  for (const SegmentFile& one : *segments) bytes += one.bytes;
  std::error_code error;
  const auto folder = std::filesystem::weakly_canonical(given, error);
  const std::string name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  const std::string sentence = what_goes_with(flags.before, segments->size(), bytes);
  if (auto sure = confirm_by_name(
          session,
          {.name = name, .of = "the session's folder", .confirm = flags.confirm, .sentence = sentence, .or_else = ""});
      !sure)
    return report_error(session, sure.error());
  if (auto gone = trade::delete_segments(taken->path(), *segments); !gone) return report_error(session, gone.error());
  if (session.json)
    fmt::print("{{\"deleted\":{},\"bytes\":{}}}\n", segments->size(), bytes);
  else
    fmt::print("{} segments deleted, {} bytes; the session goes on behind its snapshot\n", segments->size(), bytes);
  return kOk;
}

}  // namespace

void add_session_command(CLI::App& app, Session& session) {
  auto* group =
      app.add_subcommand("session", "Keep a trading session in a file, get it back, and what lies in its folder");
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
  auto of = std::make_shared<SegmentFlags>();
  auto* listed = group->add_subcommand("segments", "The files of a session's journal, the oldest first");
  listed->add_option("SESSION", of->folder, "the session's folder; it may run")->required();
  listed->add_flag("--check", of->check,
                   "and read each to its end: is it what was sealed, and the newest what was written?");
  examples(*listed, {"stom session segments today", "stom session segments today --check --json"});
  listed->callback([&session, of] { session.status = show_segments(session, *of); });
  auto* deleted = group->add_subcommand("delete", "Delete old segments of a session's journal, for good");
  deleted->add_option("SESSION", of->folder, "the session's folder; it has ended")->required();
  deleted->add_option("--before", of->before, "all segments before that one")->required()->check(check_whole_number);
  deleted->add_option("--confirm", of->confirm, "the name of the session's folder, instead of being asked");
  examples(*deleted, {"stom session delete today --before 3", "stom session delete today --before 3 --confirm=today"});
  deleted->callback([&session, of] { session.status = delete_old_segments(session, *of); });
}

}  // namespace stom
