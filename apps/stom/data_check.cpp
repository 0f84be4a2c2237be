// `stom data check`: reads every block that is stored, and says what is damaged or missing.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "data_store.hpp"
#include "store/check.hpp"

namespace stom {
namespace {

const char* name_of(store::FindingKind kind) {
  switch (kind) {
    case store::FindingKind::Damage:
      return "damage";
    case store::FindingKind::Gap:
      return "gap";
    case store::FindingKind::Note:
      break;
  }
  return "note";
}

void print_json(const store::CheckReport& report) {
  nlohmann::ordered_json findings = nlohmann::json::array();
  for (const auto& f : report.findings)
    findings.push_back({{"kind", name_of(f.kind)}, {"file", f.where}, {"message", f.message}});
  const nlohmann::ordered_json out{{"ok", report.count(store::FindingKind::Damage) == 0},
                                   {"files", report.files},
                                   {"blocks", report.blocks},
                                   {"messages", report.messages},
                                   {"bars", report.bars},
                                   {"corporate_actions", report.actions},
                                   {"bytes", report.bytes},
                                   {"damaged", report.count(store::FindingKind::Damage)},
                                   {"gaps", report.count(store::FindingKind::Gap)},
                                   {"findings", findings}};
  fmt::print("{}\n", out.dump());
}

int run_check(const Session& session, const std::string& instrument) {
  const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return report_error(session, folder.error());
  Progress progress{session, "checking"};
  const auto report = store::check(*folder, instrument, [&](std::uint64_t done, std::uint64_t total) {
    progress.update(done, total);
    return !interrupted();
  });
  if (!report) return report_error(session, report.error());
  const auto damaged = report->count(store::FindingKind::Damage);
  if (session.json) {
    print_json(*report);
  } else {
    for (const auto& f : report->findings) fmt::print("{:<6}  {}: {}\n", name_of(f.kind), f.where, f.message);
    const std::string actions = report->actions == 0 ? "" : fmt::format(", {} splits and dividends", report->actions);
    fmt::print("{} files, {} blocks, {} messages, {} bars{}: {}, {} gaps\n", report->files, report->blocks,
               report->messages, report->bars, actions, damaged == 0 ? "all whole" : fmt::format("{} damaged", damaged),
               report->count(store::FindingKind::Gap));
    if (damaged > 0) say(session, "next: stom data delete ID --from DAY --to DAY, then import that day again");
  }
  return damaged == 0 ? kOk : kFailed;
}

}  // namespace

void add_data_check(CLI::App& data, Session& session) {
  auto* check = data.add_subcommand(
      "check", "Verify every stored block, and report gaps. Exit code 1 where something is damaged");
  auto instrument = std::make_shared<std::string>();
  check->add_option("instrument", *instrument, "only this one");
  examples(*check, {"stom data check", "stom data check binance:BTCUSDT --json"});
  check->callback([&session, instrument] { session.status = run_check(session, *instrument); });
}

}  // namespace stom
