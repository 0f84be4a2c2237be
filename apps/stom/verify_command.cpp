// `stom verify`: that a trading session's commands follow from what its engine took in, and what the same strategy does
// on the frames that it recorded (docs/verify.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "command.hpp"
#include "core/decimal.hpp"
#include "data_import.hpp"
#include "gateway/frame_recorder.hpp"
#include "store/data_folder.hpp"
#include "store/input_stream.hpp"
#include "store_source.hpp"
#include "trade/frames_rerun.hpp"
#include "trade/rerun.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/session_folder.hpp"
#include "trade_again.hpp"
#include "watch_file.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

struct VerifyFlags {
  std::string folder, session;
  std::vector<std::string> parameters;
};

bool go_on() { return !interrupted(); }

/// What `stom data import` makes of the frames of each instrument, in a store of its own.
class ImportedFrames {
 public:
  static Result<ImportedFrames> make(const Session& session, const fs::path& frames,
                                     const std::vector<Instrument>& instruments) {
    auto scratch = trade::ScratchFolder::make();
    if (!scratch) return std::unexpected(scratch.error());
    ImportedFrames imported{std::move(*scratch)};
    Session quiet = session;
    quiet.home = imported.scratch_.path();
    quiet.quiet = quiet.json = true;
    const fs::path left = quiet.home / "left";  // by a process that was killed
    std::set<std::string> venues;
    for (const Instrument& instrument : instruments) {
      if (venues.insert(instrument.venue()).second)
        if (auto unpacked = gateway::unpack_left(frames, instrument.venue(), left); !unpacked)
          return std::unexpected(unpacked.error());
      const auto done = imported.import(quiet, {frames, left}, instrument);
      if (!done) return std::unexpected(done.error());
      imported.has_.push_back(*done);
    }
    if (std::ranges::none_of(imported.has_, [](bool has) { return has; }))
      return fail(Errc::NotFound, fmt::format("no frames of the session in {}", frames.string()),
                  "they were deleted, or the session was begun with --no-record");
    auto store = store::DataFolder::open(quiet.home, store::OpenMode::Read);
    if (!store) return std::unexpected(store.error());
    imported.store_ = std::make_unique<store::DataFolder>(std::move(*store));
    return imported;
  }

  Result<std::vector<std::unique_ptr<sim::MessageSource>>> open(const std::vector<Instrument>& instruments) const {
    std::vector<std::unique_ptr<sim::MessageSource>> sources(instruments.size());
    for (std::size_t i = 0; i < instruments.size(); ++i) {
      if (!has_[i]) continue;
      auto source = StoreSource::open(*store_, instruments[i].id, {});
      if (!source) return std::unexpected(source.error());
      sources[i] = std::move(*source);
    }
    return sources;
  }
  std::uint64_t bad_lines() const { return bad_lines_; }

 private:
  explicit ImportedFrames(trade::ScratchFolder scratch) : scratch_{std::move(scratch)} {}

  /// False: there are none. A power cut may end a file within a line, and a session reads frames with fields that it
  /// does not know.
  Result<bool> import(const Session& session, const std::vector<fs::path>& frames, const Instrument& instrument) {
    ImportRequest request{.paths = {},
                          .instrument = instrument.id,
                          .tick = format_decimal(std::int64_t{1}, instrument.price_decimals),
                          .lot = format_decimal(std::int64_t{1}, instrument.quantity_decimals),
                          .bar = {},
                          .skip_bad = true,
                          .ignore_unknown_fields = true};
    for (const fs::path& file : gateway::recorded_frames(frames, instrument.venue(), instrument.symbol()))
      request.paths.push_back(file.string());
    if (request.paths.empty()) return false;
    const auto answer = import_files(session, request);
    if (!answer) return std::unexpected(answer.error());
    bad_lines_ += answer->at("bad").get<std::uint64_t>();
    return true;
  }

  trade::ScratchFolder scratch_;
  std::unique_ptr<store::DataFolder> store_;
  std::vector<bool> has_;
  std::uint64_t bad_lines_ = 0;
};

struct OnFrames {
  trade::FramesRerun rerun;
  std::uint64_t bad_lines = 0;
};
Result<OnFrames> run_on_frames(const Session& session, const fs::path& folder, const trade::PlanAgain& plan_of) {
  const auto input = store::InputReader::open(folder / "input");
  if (!input) return std::unexpected(input.error());
  const auto start = trade::read_input_start(input->start());
  if (!start) return std::unexpected(start.error());
  auto plan = plan_of(start->made_of);
  if (!plan) return std::unexpected(plan.error());
  const auto imported = ImportedFrames::make(session, folder / "frames", plan->instruments);
  if (!imported) return std::unexpected(imported.error());
  auto sources = imported->open(plan->instruments);
  if (!sources) return std::unexpected(sources.error());
  std::optional<WatchFile> watched;
  if (const fs::path file = folder / "watch.csv"; fs::exists(file)) {
    auto read = read_watch_file(file.string());
    if (!read) return std::unexpected(read.error());
    watched = std::move(*read);
  }
  auto rerun = trade::run_on_frames(std::move(*plan), start->begun, std::move(*sources),
                                    watched ? &watched->timeline : nullptr, folder / "journal.stom", go_on);
  if (!rerun) return std::unexpected(rerun.error());
  return OnFrames{std::move(*rerun), imported->bad_lines()};
}

Json text_or_null(const std::string& text) { return text.empty() ? Json{} : Json(text); }

Json json_of(const trade::Rerun& rerun) {
  Json differences = Json::array();
  if (const auto& difference = rerun.difference) {
    Json saw = Json::array();
    for (const auto& book : difference->saw)
      saw.push_back({{"instrument", book.instrument},
                     {"bid", text_or_null(book.bid)},
                     {"bid_quantity", text_or_null(book.bid_quantity)},
                     {"ask", text_or_null(book.ask)},
                     {"ask_quantity", text_or_null(book.ask_quantity)},
                     {"last", text_or_null(book.last)},
                     {"stale", book.stale},
                     {"position", book.position}});
    differences.push_back({{"record", difference->record},
                           {"time", format_time(difference->time)},
                           {"turn", difference->turn},
                           {"session", difference->session},
                           {"rerun", difference->rerun},
                           {"saw", std::move(saw)}});
  }
  Json a{{"orders", rerun.orders},
         {"records", rerun.records},
         {"turns", rerun.turns},
         {"until", format_time(rerun.until)}};
  if (!rerun.incomplete.empty()) a["incomplete"] = rerun.incomplete;
  a["differences"] = std::move(differences);
  return a;
}

Json json_of(const OnFrames& on_frames) {
  const trade::FramesRerun& rerun = on_frames.rerun;
  const auto count = [](const trade::Comparison::Count& of) {
    return Json{{"session", of.session}, {"rerun", of.rerun}, {"same", of.same}};
  };
  Json currencies = Json::array();
  for (const auto& of : rerun.by_currency)
    currencies.push_back({{"currency", of.currency},
                          {"session", text_or_null(of.session)},
                          {"rerun", text_or_null(of.rerun)},
                          {"fees", {{"session", of.session_fees}, {"rerun", of.rerun_fees}}}});
  Json causes = Json::object(), first = Json::array();
  for (const auto& [cause, number] : rerun.comparison.causes) causes[std::string{name_of(cause)}] = number;
  for (const auto& difference : rerun.comparison.first)
    first.push_back({{"what", difference.is_fill ? "fill" : "order"},
                     {"time", format_time(difference.time)},
                     {"session", text_or_null(difference.session)},
                     {"rerun", text_or_null(difference.rerun)},
                     {"cause", name_of(difference.cause)},
                     {"why", difference.why}});
  Json orders = count(rerun.comparison.orders);
  orders["refused_in_one"] = rerun.comparison.refused;
  return {
      {"orders", std::move(orders)},
      {"fills", count(rerun.comparison.fills)},
      {"pnl",
       {{"currency", rerun.profit.currency},
        {"session", text_or_null(rerun.profit.session)},
        {"rerun", text_or_null(rerun.profit.rerun)},
        {"by_currency", std::move(currencies)},
        {"unknown", rerun.unknown}}},
      {"causes", std::move(causes)},
      {"differences", std::move(first)},
      {"until", format_time(rerun.until)},
      {"frames",
       {{"messages", rerun.messages},
        {"gaps", rerun.gaps},
        {"bad_lines", on_frames.bad_lines},
        {"clock_repair_ns", rerun.clock_repair}}},
      {"latency_ns",
       rerun.latency.recorded ? Json{} : Json{{"order", rerun.latency.entry}, {"response", rerun.latency.response}}}};
}

void print_rerun(const trade::Rerun& rerun) {
  fmt::print("{} orders, {} records of the journal, {} turns of the engine up to {}: {}\n", rerun.orders, rerun.records,
             rerun.turns, format_time(rerun.until),
             rerun.difference ? "the same, and then another" : "the same commands");
  if (const auto& difference = rerun.difference) {
    fmt::print("record {} of the journal, turn {} of the input, {}\n  session: {}\n  re-run:  {}\n", difference->record,
               difference->turn, format_time(difference->time), difference->session, difference->rerun);
    for (const auto& book : difference->saw)
      fmt::print("  it saw:  {} bid {} of {}, ask {} of {}{}, position {}\n", book.instrument, book.bid,
                 book.bid_quantity, book.ask, book.ask_quantity, book.stale ? " (stale)" : "", book.position);
  }
  if (!rerun.incomplete.empty()) fmt::print("{}\n", rerun.incomplete);
}

void print_on_frames(const OnFrames& on_frames) {
  const trade::FramesRerun& rerun = on_frames.rerun;
  fmt::print("by its frames alone, filled by the simulator, up to {}:\n  {:<24} {:>20} {:>20} {:>20}\n",
             format_time(rerun.until), "", "session", "re-run", "the same");
  for (const auto& [name, of] :
       {std::pair{"orders", rerun.comparison.orders}, std::pair{"fills", rerun.comparison.fills}})
    fmt::print("  {:<24} {:>20} {:>20} {:>20}\n", name, of.session, of.rerun, of.same);
  const auto profit = [](const std::string& name, const std::string& session, const std::string& again) {
    fmt::print("  {:<24} {:>20} {:>20}\n", name, session.empty() ? "not known" : session,
               again.empty() ? "not known" : again);
  };
  for (const auto& of : rerun.by_currency) {
    profit("P&L in " + of.currency, of.session, of.rerun);
    profit("  of it fees", of.session_fees, of.rerun_fees);
  }
  if (rerun.by_currency.size() > 1)
    profit("P&L of all in " + rerun.profit.currency, rerun.profit.session, rerun.profit.rerun);
  for (const std::string& why : rerun.unknown) fmt::print("  {}\n", why);
  for (const auto& [cause, number] : rerun.comparison.causes) fmt::print("  {:>6} by {}\n", number, name_of(cause));
  if (rerun.comparison.first.empty()) return;
  const auto& first = rerun.comparison.first.front();
  fmt::print("the first, {}: {} ({})\n  session: {}\n  re-run:  {}\n", format_time(first.time), name_of(first.cause),
             first.why, first.session.empty() ? "nothing" : first.session,
             first.rerun.empty() ? "nothing" : first.rerun);
}

int verify(const Session& session, const VerifyFlags& flags) {
  if (flags.folder.empty() == flags.session.empty())
    return report_error(session, {Errc::Usage, "one folder is needed", "stom verify --session DIR"});
  const fs::path folder = flags.folder.empty() ? flags.session : flags.folder;
  if (const auto journal = trade::journal_in(folder); !journal) return report_error(session, journal.error());
  const trade::PlanAgain plan_of = [&](const std::string& made_of) {
    return plan_again(made_of, flags.parameters, session.home);
  };
  const auto again = trade::run_again(folder, plan_of, go_on);
  if (!again) return report_error(session, again.error());
  const auto on_frames = run_on_frames(session, folder, plan_of);
  // What (a) has found is told, whatever a journal that was changed by hand makes of (b).
  const bool is_found = again->difference && !interrupted();
  if (!on_frames && on_frames.error().code != Errc::NotFound && !is_found)
    return report_error(session, on_frames.error());
  const std::string missing = on_frames ? "" : fmt::format("{}: {}", on_frames.error().message, on_frames.error().hint);
  if (session.json) {
    Json b = on_frames ? json_of(*on_frames) : Json{{"missing", missing}};
    fmt::print("{}\n",
               Json{{"a", json_of(*again)}, {"b", std::move(b)}}.dump(-1, ' ', false, Json::error_handler_t::replace));
  } else {
    print_rerun(*again);
    if (on_frames)
      print_on_frames(*on_frames);
    else
      fmt::print("{}\n", missing);
  }
  return again->difference ? kDifferences : again->incomplete.empty() && on_frames ? kOk : kNotFound;
}

}  // namespace

void add_verify_command(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand(
      "verify",
      "Run a trading session again: does what it took in lead to its orders, and what do its frames lead to?");
  auto flags = std::make_shared<VerifyFlags>();
  command->add_option("folder", flags->folder, "the session's folder");
  command->add_option("--session", flags->session, "the same");
  command
      ->add_option("--param", flags->parameters,
                   "NAME=VALUE: with another parameter than it had; the first difference is what that changes")
      ->expected(1)
      ->take_all();
  examples(*command, {"stom verify --session today", "stom verify --session today --json",
                      "stom verify --session today --param distance=2"});
  command->callback([&session, flags] { session.status = verify(session, *flags); });
}

}  // namespace stom
