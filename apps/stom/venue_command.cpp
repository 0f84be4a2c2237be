// `stom venue`: which venues there are, and what their frames say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "command.hpp"
#include "importers/line_source.hpp"
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

  const bool one_frame = options.file.ends_with(".json");
  auto source = importers::LineSource::open(options.file);
  if (!source) return report_error(session, source.error());
  std::vector<venues::Example> examples;
  if (one_frame || options.file.ends_with(".txt")) {
    const auto text = importers::read_file(options.file);
    if (!text) return report_error(session, text.error());
    if (one_frame)
      print(recorded.frame(*text));
    else
      examples = venues::examples_in(*text);
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
  auto* venue = app.add_subcommand("venue", "Venues: which there are, what their frames say")->group("Data");

  examples(*venue, {"stom venue list", "stom venue decode binance-usdm capture.jsonl.gz"});
  auto* list = venue->add_subcommand("list", "All venues, a line each");
  examples(*list, {"stom venue list", "stom venue list --json"});
  list->callback([&session] { session.status = list_venues(session); });

  auto* command = venue->add_subcommand("decode", "What recorded frames and answers say: a line of JSON for each");
  auto options = std::make_shared<DecodeOptions>();
  command->add_option("venue", options->venue, "whose frames they are, such as binance-usdm")->required();
  command->add_option("file", options->file, "lines of frames (plain, .gz or .zip), or one frame in a .json file")
      ->required();
  examples(*command, {"stom venue decode binance-usdm capture.jsonl.gz", "stom venue decode binance depth.json"});
  command->callback([&session, options] { session.status = decode(session, *options); });
}

}  // namespace stom
