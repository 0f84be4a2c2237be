#include "trade_log.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "core/time.hpp"
#include "engine/journal_reader.hpp"
#include "trade/session_folder.hpp"
#include "trade/strategy_lines.hpp"

namespace stom {
namespace {

constexpr std::chrono::milliseconds kFollowEvery{100};

struct LinesFlags {
  std::string folder;
  std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
  bool follow = false;
};

std::string line_json(const trade::StrategyLine& line) {
  return fmt::format(R"({{"time":{},"strategy":{},"text":{}}})", json_string(format_time(line.time)),
                     json_string(line.strategy), json_string(line.text));
}

void print_line(const Session& session, std::string_view time, std::string_view strategy, std::string_view text) {
  fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\n" : "{:<30} {:<16} {}\n"), time, strategy, text);
}
void print_line(const Session& session, const trade::StrategyLine& line) {
  if (session.json)
    fmt::print("{}\n", line_json(line));
  else
    print_line(session, format_time(line.time), line.strategy, line.text);
}

void print_lines(const Session& session, const std::deque<trade::StrategyLine>& lines, bool more_come) {
  if (session.json && !more_come) {
    std::string all;
    for (const auto& line : lines) all += (all.empty() ? "" : ",") + line_json(line);
    fmt::print("{{\"lines\":[{}]}}\n", all);
    return;
  }
  if (lines.empty() && !more_come) return say(session, "its strategy has said nothing");
  if (!session.json) print_line(session, "time", "strategy", "text");
  for (const auto& line : lines) print_line(session, line);
}

int run_trade_log(const Session& session, const LinesFlags& flags) {
  const auto journal = trade::journal_in(flags.folder);
  if (!journal) return report_error(session, journal.error());
  auto reader = JournalReader::open(*journal);
  if (!reader) return report_error(session, reader.error());
  trade::StrategyLines said;
  std::deque<trade::StrategyLine> lines;
  while (const JournalRecord* record = reader->next()) {
    auto line = said.fold(*record);
    if (!line || flags.last == 0) continue;
    if (lines.size() == flags.last) lines.pop_front();
    lines.push_back(std::move(*line));
  }
  const auto ended = reader->check_end();
  if (!ended && (session.json || !reader->status())) return report_error(session, ended.error());
  print_lines(session, lines, flags.follow);
  if (!ended) return report_error(session, ended.error());
  while (flags.follow && !said.ended()) {
    std::fflush(stdout);
    if (interrupted()) return kInterrupted;
    std::this_thread::sleep_for(kFollowEvery);
    while (const JournalRecord* record = reader->next())
      if (const auto line = said.fold(*record)) print_line(session, *line);
    if (!reader->status()) return report_error(session, reader->status().error());
  }
  return kOk;
}

}  // namespace

void add_trade_log(CLI::App& trade, Session& session) {
  auto* command = trade.add_subcommand("log", "What a session's strategy says, for instance why it does not order");
  auto f = std::make_shared<LinesFlags>();
  command->add_option("--session", f->folder, "the session's folder; it may run or have ended")->required();
  command->add_option("--last", f->last, "only so many, the newest (default: all)")->check(check_whole_number);
  command->add_flag("--follow", f->follow, "and what it says from now on, until the session ends or Ctrl-C");
  examples(*command, {"stom trade log --session today", "stom trade log --session today --last 20 --follow",
                      "stom trade log --session today --json"});
  command->callback([&session, f] { session.status = run_trade_log(session, *f); });
}

}  // namespace stom
