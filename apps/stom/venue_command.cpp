// `stom venue`: which venues there are, what they allow and list, whether they can be reached, and what their frames
// say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "core/clock.hpp"
#include "core/spelling.hpp"
#include "core/time.hpp"
#include "importers/line_source.hpp"
#include "network.hpp"
#include "trade/instruments.hpp"
#include "trade/venue_setup.hpp"
#include "trade/venues_file.hpp"
#include "venue_check.hpp"
#include "venues/recorded.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

int list_venues(const Session& session) {
  const auto all = venues::venues();
  const auto yes = [](bool value) { return value ? "yes" : "no"; };
  if (session.json) {
    std::string text;
    for (const auto& v : all)
      text += fmt::format("{}{{\"name\":{},\"about\":{},\"import\":{},\"decode\":{},\"client\":{}}}",
                          text.empty() ? "" : ",", json_string(v.name), json_string(v.about), v.market_data, v.events,
                          v.client);
    fmt::print("{{\"venues\":[{}]}}\n", text);
    return kOk;
  }
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<15} {:<7} {:<7} {}\n";
  fmt::print(fmt::runtime(row), "name", "import", "decode", "what");
  for (const auto& v : all) fmt::print(fmt::runtime(row), v.name, yes(v.market_data), yes(v.events), v.about);
  return kOk;
}

// --- limits ----------------------------------------------------------------------------------------------------------

std::string_view name_of(venues::BudgetKind kind) {
  switch (kind) {
    case venues::BudgetKind::FixedWindow:
      return "fixed window";
    case venues::BudgetKind::SlidingWindow:
      return "sliding window";
    case venues::BudgetKind::Standing:
      break;
  }
  return "at a time";
}

int show_limits(const Session& session, const std::string& name) {
  // What a venue allows does not depend on who asks: any key will do where it does not exist without one.
  auto venue = venues::make_venue(name, {.credentials = venues::Credentials{"none", "none"}});
  if (!venue) return report_error(session, venue.error());
  const venues::Description& about = (*venue)->description();
  if (session.json) {
    auto json = nlohmann::ordered_json{{"venue", about.name}};
    for (const auto& e : about.endpoints)
      json["endpoints"].push_back({{"name", e.name},
                                   {"url", e.url},
                                   {"ping_every_ms", e.ping_every / kMillisecond},
                                   {"silent_after_ms", e.silent_after / kMillisecond},
                                   {"renew_after_ms", e.renew_after / kMillisecond}});
    for (const auto& b : about.budgets)
      json["budgets"].push_back({{"name", b.name},
                                 {"kind", name_of(b.kind)},
                                 {"limit", b.limit},
                                 {"window_ms", b.window / kMillisecond},
                                 {"kept_for_risk", b.kept_for_risk},
                                 {"header", b.header}});
    for (const auto& r : about.rate_refusals)
      json["refusals"].push_back({{"status", r.status},
                                  {"shuts_out", r.shuts_out},
                                  {"wait_header", r.wait_header},
                                  {"wait_otherwise_ms", r.wait_otherwise / kMillisecond}});
    fmt::print("{}\n", json.dump());
    return kOk;
  }
  const auto seconds = [](DurationNanos t) { return t == 0 ? std::string{"-"} : fmt::format("{} s", t / kSecond); };
  const char* place = session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<10} {:<46} {:>9} {:>11} {:>9}\n";
  fmt::print(fmt::runtime(place), "endpoint", "address", "we ping", "dead after", "renewed");
  for (const auto& e : about.endpoints)
    fmt::print(fmt::runtime(place), e.name, e.url, seconds(e.ping_every), seconds(e.silent_after),
               seconds(e.renew_after));
  const char* budget = session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<24} {:>8} {:>9} {:<15} {:>14}\n";
  if (!session.plain) fmt::print("\n");
  fmt::print(fmt::runtime(budget), "budget", "limit", "in", "counted as", "kept for risk");
  for (const auto& b : about.budgets)
    fmt::print(fmt::runtime(budget), b.name, b.limit, seconds(b.window), name_of(b.kind), b.kept_for_risk);
  return kOk;
}

// --- instruments -----------------------------------------------------------------------------------------------------

struct InstrumentsOptions {
  std::string venue;
  std::string venues_file;
  std::string find;  // part of a symbol
};

int list_instruments(const Session& session, const InstrumentsOptions& options) {
  trade::VenuesFile file;
  trade::VenueAccess access;
  if (!options.venues_file.empty()) {
    auto read = trade::read_venues_file(options.venues_file);
    if (!read) return report_error(session, read.error());
    file = std::move(*read);
    const auto at = file.venues.find(options.venue);
    if (at == file.venues.end())
      return report_error(session, {Errc::NotFound, fmt::format("{} has no {}", options.venues_file, options.venue),
                                    "an exchange lists what it speaks: stom exchange --json"});
    access = at->second;
  }
  const std::string id = options.venue + ":";
  if (venues::list_of(id).empty())
    return report_error(session,
                        {Errc::Unsupported, fmt::format("{} has no public list of instruments", options.venue),
                         "stom venue list shows the venues; Kiwoom tells its stocks to those with a key alone"});
  if (access.rest.empty()) {
    auto setup = trade::set_up_venue(options.venue, access, trade::KeyUse::DataNeedIt, "list");
    if (!setup) return report_error(session, setup.error());
    access.rest = setup->rest;
  }
  auto route = network_route(file.authority);
  if (!route) return report_error(session, route.error());
  trade::InstrumentLists lists{std::move(*route)};
  const auto text = lists.text(id, access.rest, [] { return !interrupted(); });
  if (!text) return report_error(session, text.error());
  const auto all = trade::read_list(options.venue, *text);
  if (!all) return report_error(session, all.error());
  const auto upper = [](std::string word) {
    std::ranges::transform(word, word.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 32) : c; });
    return word;
  };
  const std::string wanted = upper(options.find);
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<28} {:>14} {:>14}  {}\n";
  const auto or_dash = [](const std::string& word) { return word.empty() ? std::string{"-"} : word; };
  std::string json;
  std::size_t shown = 0;
  if (!session.json) fmt::print(fmt::runtime(row), "instrument", "tick", "lot", "state");
  for (const auto& one : *all) {
    if (!upper(one.symbol).contains(wanted)) continue;
    ++shown;
    if (session.json)
      json += fmt::format(R"({}{{"instrument":{},"tick":{},"lot":{},"state":{}}})", json.empty() ? "" : ",",
                          json_string(id + one.symbol), json_string(one.tick), json_string(one.lot),
                          json_string(one.state));
    else
      fmt::print(fmt::runtime(row), id + one.symbol, or_dash(one.tick), or_dash(one.lot), or_dash(one.state));
  }
  if (session.json) fmt::print("{{\"instruments\":[{}]}}\n", json);
  say(session, fmt::format("{} of {} instruments", shown, all->size()));
  return kOk;
}

// --- decode ----------------------------------------------------------------------------------------------------------

struct Counts {
  std::uint64_t events = 0, unknown = 0, errors = 0, skipped = 0;

  void count(const venues::RecordedDecoder& decoder, std::string_view answer) {
    using What = venues::Decoded::What;
    if (answer.starts_with("{\"skipped\"")) {
      ++skipped;
      return;
    }
    const auto what = decoder.decoded().what;
    if (what == What::Events) events += decoder.events().events.size();
    if (what == What::Unknown) ++unknown;
    if (what == What::Malformed) ++errors;
  }
};

struct DecodeOptions {
  std::string venue;
  std::string file;
};

/// What a file is by its name: packed, it has an ending more.
bool is_named(std::string_view file, std::string_view ending) {
  for (const std::string_view packed : {".gz", ".zip"})
    if (file.ends_with(packed)) file.remove_suffix(packed.size());
  return file.ends_with(ending);
}

/// All lines together, without what stands before the first (a byte order mark) and behind each (a carriage return).
Result<std::string> whole_text(importers::LineSource& source) {
  std::string text;
  std::string_view line;
  for (;;) {
    const auto more = source.next(line);
    if (!more) return std::unexpected(more.error());
    if (!*more) return text;
    text.append(line).push_back('\n');
  }
}

int decode(const Session& session, const DecodeOptions& options) {
  const auto decoder = venues::make_decoder(options.venue);
  if (!decoder)
    return report_error(session, {Errc::NotFound, fmt::format("there is no decoder for \"{}\"", options.venue),
                                  fmt::format("one of: {}", fmt::join(venues::venues_with_decoder(), ", "))});
  venues::RecordedDecoder recorded{options.venue, *decoder};
  Counts counts;
  const auto print = [&](const std::string& answer) {
    counts.count(recorded, answer);
    fmt::print("{}\n", answer);
  };

  const bool one_frame = is_named(options.file, ".json");
  auto source = importers::LineSource::open(options.file);
  if (!source) return report_error(session, source.error());
  std::vector<venues::Example> examples;
  if (one_frame || is_named(options.file, ".txt")) {
    const auto text = whole_text(*source);
    if (!text) return report_error(session, text.error());
    if (one_frame) {
      print(recorded.frame(*text));
    } else {
      examples = venues::examples_in(*text);
      if (examples.empty()) source = importers::LineSource::open(options.file);  // lines after all
      if (!source) return report_error(session, source.error());
    }
    for (const auto& example : examples)
      print(example.sent ? std::string{R"({"skipped":"sent"})"} : recorded.frame(example.text));
  }
  if (!one_frame && examples.empty()) {
    std::string_view line;
    for (;;) {
      const auto more = source->next(line);
      if (!more) return report_error(session, more.error());
      if (!*more) break;
      if (interrupted()) return kInterrupted;
      print(recorded.line(line));
    }
  }
  say(session, fmt::format("{} events, {} unknown, {} errors, {} lines skipped", counts.events, counts.unknown,
                           counts.errors, counts.skipped));
  return kOk;
}

}  // namespace

void add_venue_command(CLI::App& app, Session& session) {
  auto* venue = app.add_subcommand("venue", "Venues: which there are, whether they answer, what they allow and list")
                    ->group("Data");
  examples(*venue, {"stom venue list", "stom venue check upbit", "stom venue decode binance-usdm capture.jsonl.gz"});

  auto* list = venue->add_subcommand("list", "All venues, a line each");
  examples(*list, {"stom venue list", "stom venue list --json"});
  list->callback([&session] { session.status = list_venues(session); });

  auto* check = venue->add_subcommand("check", "Connect, and say step by step what works; sends no order");
  auto of_check = std::make_shared<VenueCheckOptions>();
  check->add_option("venue", of_check->venue, "such as upbit, or upbit:KRW-ETH to look at that one")->required();
  check->add_option(
      "--venues", of_check->venues_file,
      "the line of stom exchange --json, in a file of mode 0600; without it the venue's public addresses");
  check->add_option("--within", of_check->within, "how long to wait for all steps together")->capture_default_str();
  examples(*check, {"stom venue check upbit", "stom venue check binance-usdm:ETHUSDT --json",
                    "stom venue check kiwoom --venues exchange.json"});
  check->callback([&session, of_check] { session.status = run_venue_check(session, *of_check); });

  auto* instruments = venue->add_subcommand("instruments", "What it lists, with tick and lot");
  auto of_list = std::make_shared<InstrumentsOptions>();
  instruments->add_option("venue", of_list->venue, "such as binance-usdm")->required();
  instruments->add_option("--venues", of_list->venues_file,
                          "the line of stom exchange --json; without it the venue's public address");
  instruments->add_option("--find", of_list->find, "only those whose name has this in it, in any case");
  examples(*instruments, {"stom venue instruments upbit", "stom venue instruments binance --find btc --json"});
  instruments->callback([&session, of_list] { session.status = list_instruments(session, *of_list); });

  auto* limits = venue->add_subcommand("limits", "How often it may be asked, and how its connections are kept");
  auto name = std::make_shared<std::string>();
  limits->add_option("venue", *name, "such as kiwoom")->required();
  examples(*limits, {"stom venue limits binance", "stom venue limits kiwoom --json"});
  limits->callback([&session, name] { session.status = show_limits(session, *name); });

  auto* command = venue->add_subcommand("decode", "What recorded frames and answers say: a line of JSON for each");
  auto options = std::make_shared<DecodeOptions>();
  command->add_option("venue", options->venue, "whose frames they are, such as binance-usdm")->required();
  command->add_option("file", options->file, "lines of frames (plain, .gz or .zip), or one frame in a .json file")
      ->required();
  examples(*command, {"stom venue decode binance-usdm capture.jsonl.gz", "stom venue decode binance depth.json"});
  command->callback([&session, options] { session.status = decode(session, *options); });
}

}  // namespace stom
