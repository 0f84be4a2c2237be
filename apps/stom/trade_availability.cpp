#include "trade_availability.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "trade/availability.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

std::string seconds(DurationNanos time) { return format_decimal_trimmed(Int128{time / kMillisecond}, 3); }

using Maintenance = trade::AvailabilityFold::Maintenance;

/// "2026-12-01 02:00+09:00 2h": from when, and for how long.
Result<Maintenance> maintenance_of(const std::string& text) {
  const auto blank = text.rfind(' ');
  const auto from = parse_time(text.substr(0, blank));
  const auto length = parse_duration(blank == std::string::npos ? "" : text.substr(blank + 1));
  UnixNanos to = 0;
  if (from && length && *length > 0 && !__builtin_add_overflow(*from, *length, &to)) return Maintenance{*from, to};
  return fail(Errc::Usage, fmt::format("--maintenance \"{}\": no time and how long it takes", text.substr(0, 60)),
              "for example --maintenance \"2026-12-01 02:00+09:00 2h\"");
}

int run_availability(const Session& session, const std::string& folder, const std::vector<std::string>& announced) {
  std::vector<Maintenance> maintenance;
  for (const std::string& text : announced) {
    const auto window = maintenance_of(text);
    if (!window) return report_error(session, window.error());
    maintenance.push_back(*window);
  }
  const auto journal = trade::journal_in(folder);
  if (!journal) return report_error(session, journal.error());
  trade::AvailabilityFold fold{std::move(maintenance)};
  const auto read = for_each_record(*journal, [&](const JournalRecord& record) { fold.fold(record); });
  if (!read) return report_error(session, read.error());
  if (session.json) {
    nlohmann::ordered_json json{{"seconds", seconds(fold.time())},
                                {"up_seconds", seconds(fold.up())},
                                {"share", nullptr},
                                {"outages", nlohmann::ordered_json::array()}};
    if (const std::string share = fold.share(); !share.empty()) json["share"] = share;
    for (const auto& [from, to, why] : fold.outages())
      json["outages"].push_back({{"from", format_time(from)}, {"to", format_time(to)}, {"why", why}});
    fmt::print("{}\n", json.dump());
    return kOk;
  }
  const std::string share = fold.share();
  fmt::print("{:<13} {}\n{:<13} {} s of {} s\n", "availability", share.empty() ? "not known yet" : share, "up",
             seconds(fold.up()), seconds(fold.time()));
  for (const auto& [from, to, why] : fold.outages())
    fmt::print("{:<13} {} {:>12} s  {}\n", "outage", format_time(from), seconds(to - from), why);
  return kOk;
}

}  // namespace

void add_trade_availability(CLI::App& trade, Session& session) {
  auto* command = trade.add_subcommand("availability", "For how much of its time a session could trade");
  auto folder = std::make_shared<std::string>();
  auto announced = std::make_shared<std::vector<std::string>>();
  command->add_option("--session", *folder, "the session's folder; it may run or have ended")->required();
  command->add_option(
      "--maintenance", *announced,
      "TIME LENGTH: the venue had announced that it would not be there; what lies in it does not count. "
      "May be given again");
  examples(*command, {"stom trade availability --session today", "stom trade availability --session today --json",
                      "stom trade availability --session today --maintenance \"2026-12-01 02:00+09:00 2h\""});
  command->callback([&session, folder, announced] { session.status = run_availability(session, *folder, *announced); });
}

}  // namespace stom
