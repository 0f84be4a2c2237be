// `stom simulate`: the whole, with all that goes wrong, under many seeds (docs/reliability.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "command.hpp"
#include "simulate/simulation.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

struct SimulateFlags {
  std::string seeds, faults, toward, venue = simulate::simulated_venues().front(), bug = "none";
  std::uint64_t minutes = 1;
  int hours = 0;
  bool kills = false, held = false;
};

constexpr std::uint64_t kSteps = 1000;  // of a seed, as its progress is shown

struct Seeds {
  std::uint64_t first = 0, last = 0;
};

/// "7", "1..100".
Result<Seeds> seeds_of(const std::string& text) {
  const auto number = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, wrong] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return wrong == std::errc{} && end == digits.data() + digits.size();
  };
  Seeds seeds;
  const auto dots = text.find("..");
  const std::string_view first = std::string_view{text}.substr(0, dots);
  const std::string_view last = dots == text.npos ? first : std::string_view{text}.substr(dots + 2);
  if (number(first, seeds.first) && number(last, seeds.last) && seeds.first <= seeds.last && seeds.last < UINT64_MAX)
    return seeds;
  return fail(Errc::Usage, fmt::format("'{}' is no range of seeds", text.substr(0, 40)),
              "write it as 1..100, or as one number");
}

/// Those of the cells, and those that struck besides.
std::vector<std::string> faults_of(const std::vector<simulate::Target>& toward, const simulate::Cells& cells) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& fault) {
    if (std::ranges::find(names, fault) == names.end()) names.push_back(fault);
  };
  for (const simulate::Target& target : toward) add(target.fault);
  for (const std::string& fault : cells.faults()) add(fault);
  return names;
}

int run_simulation(const Session& session, const SimulateFlags& flags) {
  const auto seeds = seeds_of(flags.seeds);
  if (!seeds) return report_error(session, seeds.error());
  const auto faults = flags.faults.empty() ? simulate::usual_faults() : simulate::faults_of(flags.faults);
  if (!faults) return report_error(session, faults.error());
  std::vector<simulate::Target> toward;
  if (!flags.toward.empty()) {
    auto targets = simulate::targets_of(flags.venue, flags.toward);
    if (!targets) return report_error(session, targets.error());
    toward = std::move(*targets);
  }
  simulate::Cells cells;
  Json failures = Json::array();
  std::uint64_t done = 0, orders = 0, fills = 0, records = 0, crashes = 0, kills = 0, disconnects = 0;
  std::vector<std::string> availability;  // by seed
  simulate::CutJournal cut;
  DurationNanos simulated = 0;
  std::string hash;
  {
    Progress progress{session, "seeds"};
    const std::uint64_t all = seeds->last - seeds->first + 1;
    for (std::uint64_t seed = seeds->first; seed <= seeds->last && !interrupted(); ++seed) {
      const auto go_on = [&](double share) {
        progress.update(done * kSteps + static_cast<std::uint64_t>(std::min(share, 1.0) * kSteps), all * kSteps);
        return !interrupted();
      };
      auto outcome = simulate::simulate({.seed = seed,
                                         .venue = flags.venue,
                                         .faults = *faults,
                                         .toward = toward,
                                         .bug = *simulate::bug_named(flags.bug),
                                         .busy = static_cast<DurationNanos>(flags.minutes) * kMinute,
                                         .held = flags.held,
                                         .kills = flags.kills,
                                         .hours = flags.hours,
                                         .go_on = go_on});
      if (!outcome && outcome.error().code == Errc::Canceled) break;
      if (!outcome) return report_error(session, outcome.error());
      ++done;
      orders += outcome->orders;
      fills += outcome->fills;
      records += outcome->records;
      crashes += outcome->crashes;
      kills += outcome->kills;
      disconnects += outcome->disconnects;
      availability.push_back(outcome->availability);
      cut.add(outcome->cut);
      simulated += outcome->simulated;
      cells.add(outcome->cells);
      hash = outcome->hash;
      if (outcome->why.empty()) continue;
      failures.push_back({{"seed", seed}, {"why", outcome->why}});
      if (session.json) continue;
      fmt::print("seed {}: {}\n  stom simulate --seeds {}{}{}\n", seed, outcome->why, seed,
                 flags.venue == simulate::simulated_venues().front() ? "" : " --venue " + flags.venue,
                 (flags.faults.empty() ? "" : " --faults " + flags.faults) +
                     (flags.toward.empty() ? "" : " --toward " + flags.toward) + (flags.held ? " --held" : "") +
                     (flags.kills ? " --kills" : "") +
                     (flags.hours == 0 ? "" : fmt::format(" --hours {}", flags.hours)) +
                     (flags.minutes == 1 ? "" : fmt::format(" --minutes {}", flags.minutes)) +
                     (flags.bug == "none" ? "" : " --plant " + flags.bug));
      if (all == 1)
        for (const std::string& line : outcome->log) fmt::print("  {}\n", line);
    }
    progress.update(done, done);
  }
  // Of a directed seed: what it is directed at, and what helped.
  const auto told = toward.empty() ? *faults : faults_of(toward, cells);
  const auto summary = cells.summary(flags.venue, told);
  if (session.json) {
    Json out{{"seeds", done},
             {"failures", failures},
             {"cells", {{"reachable", summary.reachable}, {"hit", summary.hit}, {"least", summary.least}}}};
    for (const simulate::Target& target : toward) out["toward"][name_of(target)] = cells.of(target);
    if (done == 1) out["hash"] = hash;
    if (flags.kills)
      out["kills"] = {{"audited", kills},
                      {"records", cut.records},
                      {"torn", cut.torn},
                      {"flipped", cut.flipped},
                      {"from_snapshots", cut.from_snapshots},
                      {"states", cut.states}};
    if (flags.hours > 0)
      out["hours"] = {{"simulated_seconds", simulated / kSecond},
                      {"disconnects", disconnects},
                      {"crashes", crashes},
                      {"availability", availability}};
    fmt::print("{}\n", out.dump());
  } else {
    if (flags.hours == 0) fmt::print("{}", cells.table(flags.venue, told));
    for (const simulate::Target& target : toward)
      fmt::print("{} was hit {} times\n", name_of(target), cells.of(target));
    fmt::print(
        "{} seeds, {} s of their time: {} orders, {} fills, {} records, {} crashes; {} of {} cells were hit, the least "
        "{} times; {} failed\n",
        done, simulated / kSecond, orders, fills, records, crashes, summary.hit, summary.reachable, summary.least,
        failures.size());
    if (flags.hours > 0)
      fmt::print("{} disconnects; without the maintenance it could trade for {} of the time\n", disconnects,
                 fmt::join(availability, ", "));
    if (done == 1) fmt::print("hash {}\n", hash);
    if (flags.kills)
      fmt::print(
          "{} kills, each gone on and audited; the journal cut behind {} records, within one at {} bytes, and with {} "
          "bits turned, {} of all that from a snapshot, too\n",
          kills, cut.records, cut.torn, cut.flipped, cut.from_snapshots);
  }
  if (!failures.empty()) return kDifferences;
  return interrupted() ? kInterrupted : kOk;
}

}  // namespace

void add_simulate_command(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand(
      "simulate", "Let everything go wrong: a session and its exchange under seeds, and an audit behind each");
  auto flags = std::make_shared<SimulateFlags>();
  command->add_option("--seeds", flags->seeds, "A..B, or one")->required();
  command->add_option("--faults", flags->faults,
                      "only these, with commas between, or all; else those that a session gets over");
  auto* toward = command->add_option(
      "--toward", flags->toward,
      "instead: cells of the table, FAULT/STATE/STEP with commas between, each to be hit as often as can be: the "
      "strategy brings orders into the state, the fault strikes there, and others only where they help");
  command->add_option("--venue", flags->venue, "whose exchange it is")
      ->check(CLI::IsMember(simulate::simulated_venues()))
      ->capture_default_str();
  std::vector<std::string> bugs;
  for (std::size_t i = 0; i < simulate::kBugs; ++i) bugs.emplace_back(name_of(static_cast<simulate::Bug>(i)));
  command->add_option("--plant", flags->bug, "a bug, to see that it is found")
      ->check(CLI::IsMember(bugs))
      ->capture_default_str();
  command->add_option("--minutes", flags->minutes, "of the session's time in which things go wrong")
      ->check(CLI::Range(1, 600))
      ->capture_default_str();
  command->add_flag("--kills", flags->kills,
                    "a copy of the session is killed at every record of its journal, goes on and is audited; and the "
                    "journal is cut and spoiled at every byte of its end");
  command
      ->add_option(
          "--hours", flags->hours,
          "instead: so many hours as a session lives through them, with a disconnect in each, two crashes and a "
          "maintenance of ten minutes; it fails where the session could trade for less than 99.9 % of the rest")
      ->check(CLI::Range(1, 168))
      ->excludes("--minutes")
      ->excludes("--faults")
      ->excludes("--kills");
  command->add_flag("--held", flags->held,
                    "the strategy also has brackets, stops and trailing stops that the session keeps itself");
  for (const char* other : {"--faults", "--hours", "--kills", "--held"}) toward->excludes(other);
  examples(*command,
           {"stom simulate --seeds 1..20", "stom simulate --seeds 1..20 --faults ack_lost,crash",
            "stom simulate --seeds 7 --json", "stom simulate --seeds 1 --toward http_5xx/over/cancel --minutes 10",
            "stom simulate --seeds 7 --kills", "stom simulate --seeds 1..20 --held",
            "stom simulate --seeds 1 --hours 24", "stom simulate --seeds 1..20 --plant fill_booked_twice"});
  command->callback([&session, flags] { session.status = run_simulation(session, *flags); });
}

}  // namespace stom
