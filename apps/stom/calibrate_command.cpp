// `stom calibrate`: what a session's own answers and fills say of latency, queue and fills, as the options of a
// backtest (docs/calibrate.md).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "command.hpp"
#include "live/feed_sides.hpp"
#include "research/calibration.hpp"
#include "research/order_fates.hpp"
#include "research/queue_search.hpp"
#include "research/run_folder.hpp"
#include "store/data_folder.hpp"
#include "store/input_stream.hpp"
#include "store_source.hpp"
#include "trade/rerun.hpp"
#include "trade/session_folder.hpp"
#include "trade_again.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
using research::Estimate;
namespace fs = std::filesystem;

constexpr DurationNanos kReorder = 5 * kSecond;      // messages of a venue are put in order of its time within so much
constexpr DurationNanos kVenueClock = kMillisecond;  // no venue's time is taken to be truer
constexpr std::size_t kTellingNeeded = 20;           // orders that exponents make a difference to

struct CalibrateFlags {
  std::string folder, session, venue, out;
};

using Hear = std::function<void(const FeedMessage&)>;

/// A session or a run, and the market that it met: by the venue's clock, and by ours.
struct Traded {
  std::vector<Instrument> instruments;
  std::vector<JournalRecord> journal;
  sim::FillRules rules = sim::FillRules::Stom;
  std::shared_ptr<const std::vector<sim::MarketTerms>> markets;
  bool simulated = true;  // the venue's clock is ours
  std::function<Result<void>(const Hear& venue, const Hear& ours)> play;
};

/// Messages by the venue's time, which come nearly in that order.
class InVenueOrder {
 public:
  explicit InVenueOrder(const Hear& hear) : hear_{hear} {}
  void add(const FeedMessage& message) {
    const auto levels = std::span{message.first, message.bids + message.asks};
    held_.emplace(message.exchange_time, Held{message, {levels.begin(), levels.end()}});
    give(message.local_time - kReorder);
  }
  void give(UnixNanos until) {
    for (; !held_.empty() && held_.begin()->first <= until; held_.erase(held_.begin())) {
      Held& held = held_.begin()->second;
      // Later than its turn: it acts where the venue's time has got to.
      held.message.exchange_time = time_ = std::max(time_, held.message.exchange_time);
      held.message.first = held.levels.data();
      hear_(held.message);
    }
  }

 private:
  struct Held {
    FeedMessage message;
    std::vector<FeedLevel> levels;
  };
  const Hear& hear_;
  std::multimap<UnixNanos, Held> held_;
  UnixNanos time_ = kNoTime;
};

Result<void> play_session(const fs::path& folder, bool paper, const Hear& venue, const Hear& ours) {
  auto input = store::InputReader::open(folder / "input");
  if (!input) return std::unexpected(input.error());
  std::vector<std::unique_ptr<InVenueOrder>> by_venue;  // each instrument's venue has a clock of its own
  for (bool more = true; more;) {
    FeedSides sides;
    store::InputTurn turn;
    while (true) {
      const auto next = input->next(turn);
      if (!next) return std::unexpected(next.error());
      if (!*next) break;
      if (interrupted()) return fail(Errc::Canceled, "interrupted", "run it again: nothing was written");
      sides.begin(turn.before);
      sides.begin(turn.now);
      for (const FeedMessage& message : turn.messages) sides.add(message);
      for (const FeedMessage& message : sides.local().next_batch()) {
        ours(message);
        if (paper) continue;
        while (by_venue.size() <= message.instrument) by_venue.push_back(std::make_unique<InVenueOrder>(venue));
        by_venue[message.instrument]->add(message);
      }
      if (!paper) continue;
      for (const FeedMessage& message : sides.venue().next_batch()) venue(message);
    }
    const auto another = input->next_part();
    if (!another) return std::unexpected(another.error());
    more = *another;
  }
  for (auto& of : by_venue) of->give(kNever);
  return {};
}

Result<Traded> traded_session(const Session& session, const fs::path& folder) {
  const auto input = store::InputReader::open(folder / "input");
  if (!input) return std::unexpected(input.error());
  const auto start = trade::read_input_start(input->start());
  if (!start) return std::unexpected(start.error());
  auto plan = plan_again(start->made_of, {}, session.home);
  if (!plan) return std::unexpected(plan.error());
  const bool paper = plan->mode == trade::Mode::Paper;
  return Traded{.instruments = plan->instruments,
                .journal = {},
                .rules = plan->fill_rules,
                .markets = plan->models.markets,
                .simulated = paper,
                .play = [folder, paper](const Hear& venue, const Hear& ours) {
                  return play_session(folder, paper, venue, ours);
                }};
}

/// Both sides of stored data, side by side, so that neither has to wait in memory.
Result<void> play_stored(const store::DataFolder& data, const std::vector<Instrument>& instruments,
                         const store::TickQuery& query, sim::FillRules rules, const Hear& venue, const Hear& ours) {
  std::vector<sim::ReplayFeed::Stream> streams;
  for (const Instrument& instrument : instruments) {
    auto source = StoreSource::open(data, instrument.id, query);
    if (!source) return std::unexpected(source.error());
    streams.push_back({std::move(*source), instrument});
  }
  sim::ReplayFeed feed{std::move(streams),
                       {.reading = rules == sim::FillRules::Hftbacktest ? sim::Reading::Ungated : sim::Reading::Gated}};
  if (auto opened = feed.open(); !opened) return opened;
  UnixNanos ours_at = kNoTime;
  for (auto batch = feed.exchange_side().next_batch(); !batch.empty(); batch = feed.exchange_side().next_batch()) {
    if (interrupted()) return fail(Errc::Canceled, "interrupted", "run it again: nothing was written");
    for (const FeedMessage& message : batch) venue(message);
    const UnixNanos until = batch.back().exchange_time;
    while (ours_at < until) {
      const auto heard = feed.local_side().next_batch();
      for (const FeedMessage& message : heard) ours(message);
      ours_at = heard.empty() ? kNever : heard.back().local_time;
    }
  }
  while (ours_at < kNever) {
    const auto heard = feed.local_side().next_batch();
    for (const FeedMessage& message : heard) ours(message);
    ours_at = heard.empty() ? kNever : heard.back().local_time;
  }
  return feed.status();
}

Result<Traded> traded_run(const Session& session, const fs::path& folder) {
  const auto run = read_run(folder);
  if (!run) return std::unexpected(run.error());
  const auto setting = [&](std::string_view name) {
    const auto found = std::ranges::find(run->configuration, name, &std::pair<std::string, std::string>::first);
    return found == run->configuration.end() ? std::string{} : found->second;
  };
  const auto rules = sim::parse_fill_rules(setting("fill_rules"));
  if (!rules)
    return fail(Errc::Unsupported,
                fmt::format("{} is a run on bars: they have no queue and no answers", folder.string()),
                "calibrate a run on ticks, or a session");
  auto data = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!data) return std::unexpected(data.error());
  store::TickQuery query;
  for (const auto& [name, time] : {std::pair{"from", &query.from}, std::pair{"to", &query.to}}) {
    if (setting(name).empty()) continue;
    const auto parsed = parse_time(setting(name));
    if (!parsed) return std::unexpected(parsed.error());
    *time = *parsed;
  }
  const auto store = std::make_shared<store::DataFolder>(std::move(*data));
  const bool by_rules = !setting("market_rules").empty();
  return Traded{
      .instruments = run->instruments,
      .journal = {},
      .rules = *rules,
      .markets = by_rules ? sim::markets_of(run->instruments) : nullptr,
      .simulated = true,
      .play = [store, query, rules = *rules, instruments = run->instruments](const Hear& venue, const Hear& ours) {
        return play_stored(*store, instruments, query, rules, venue, ours);
      }};
}

/// Each venue has a way and queues of its own, so what is fitted is one's. On paper one model stands for all.
Result<void> keep_venue(Traded& traded, const std::string& wanted) {
  if (traded.simulated) {
    if (wanted.empty()) return {};
    return fail(Errc::Usage, "on paper and in a backtest one model answers for all venues", "leave --venue out");
  }
  const auto venue_of = [&](const NewOrder& order) { return traded.instruments.at(order.instrument).venue(); };
  std::set<std::string> venues;
  std::map<ClientOrderId, bool> kept;
  for (const JournalRecord& record : traded.journal) {
    if (record.kind != RecordKind::Submit) continue;
    venues.insert(venue_of(record.order));
    kept[record.order.id] = wanted.empty() || venue_of(record.order) == wanted;
  }
  if (!wanted.empty() && !venues.contains(wanted))
    return fail(Errc::NotFound, fmt::format("no orders at '{}'", wanted),
                fmt::format("there are some at: {}", fmt::join(venues, ", ")));
  if (wanted.empty() && venues.size() > 1)
    return fail(Errc::Usage, "orders at several venues, each with latencies and queues of its own",
                fmt::format("--venue with one of {}", fmt::join(venues, ", ")));
  std::erase_if(traded.journal, [&](const JournalRecord& record) {
    const bool of_order = record.kind == RecordKind::Submit || record.kind == RecordKind::Cancel;
    if (!of_order && record.kind != RecordKind::OrderEvent) return false;
    const auto found = kept.find((of_order ? record.order.id : record.event.id) & kParentIds);
    return found != kept.end() && !found->second;
  });
  return {};
}

Result<Traded> traded_in(const Session& session, const fs::path& folder, const std::string& venue) {
  const fs::path journal = folder / "journal.stom";
  if (const auto there = trade::journal_in(folder); !there) {
    if (there.error().code != Errc::NotFound) return std::unexpected(there.error());
    return fail(Errc::NotFound, fmt::format("no journal at {}", journal.string()),
                "name the folder of stom trade start … --session DIR, or of stom backtest run");
  }
  auto traded = fs::exists(folder / "run.json") ? traded_run(session, folder) : traded_session(session, folder);
  if (!traded) return traded;
  auto records = read_journal(journal);
  if (!records) return std::unexpected(records.error());
  traded->journal = std::move(*records);
  if (auto kept = keep_venue(*traded, venue); !kept) return std::unexpected(kept.error());
  return traded;
}

/// All that is found, before it is put in words.
struct Calibration {
  bool simulated = true;
  research::Latencies latencies;
  std::optional<research::LatencyFit> latency;  // nothing: too few
  DurationNanos clock = 1;                      // the venue's
  bool has_books = false;
  std::unique_ptr<research::QueueSearch> queue;
  std::vector<double> slippage;
  std::size_t beyond_the_book = 0;

  std::size_t samples() const {
    return simulated ? std::min(latencies.entries.size(), latencies.responses.size()) : latencies.round_trips.size();
  }
  std::size_t samples_needed() const { return simulated ? research::kSamplesNeeded : research::kRoundTripsNeeded; }
  /// Why no number of orders tells of the queue; empty: they do.
  std::string_view queue_is_hidden() const {
    if (clock >= kSecond) return "the venue tells its times in whole seconds: within one, a queue turns over";
    if (!has_books && queue->rested() > 0)
      return "the market data have no book, so nobody knows how much stands before an order";
    return {};
  }
  bool has_queue() const {
    return queue_is_hidden().empty() && queue->filled() >= research::kSamplesNeeded &&
           queue->telling() >= kTellingNeeded;
  }
};

/// `fates` must outlive it.
Result<Calibration> calibrate_all(const Session& session, const Traded& traded,
                                  const std::vector<research::OrderFate>& fates) {
  Calibration found;
  Progress progress{session, "calibrating"};
  const UnixNanos from = fates.empty() ? 0 : fates.front().sent;
  const UnixNanos span = traded.journal.empty() ? 1 : std::max<UnixNanos>(traded.journal.back().time - from, 1);
  found.simulated = traded.simulated;
  found.latencies = research::latencies_in(traded.journal);
  if (found.samples() >= found.samples_needed())
    found.latency = traded.simulated ? research::fit_latency(found.latencies.entries, found.latencies.responses)
                                     : research::fit_round_trip(found.latencies.round_trips);
  if (!traded.simulated) found.clock = std::max(kVenueClock, research::clock_of(fates));
  found.queue = std::make_unique<research::QueueSearch>(fates, traded.simulated ? 0 : found.clock);
  for (int pass = 0; pass < research::QueueSearch::kPasses; ++pass) {
    std::vector<sim::RunModels> models;
    for (const sim::QueueModel& queue : found.queue->models())
      models.push_back({.queue = queue, .markets = traded.markets});
    research::OrderTrial trial{traded.instruments, fates, traded.rules, std::move(models)};
    research::SlippageMeter meter{traded.instruments, fates};
    const auto at_venue = [&](const FeedMessage& message) {
      const UnixNanos gone = std::clamp<UnixNanos>(message.exchange_time - from, 0, span);
      progress.update(static_cast<std::uint64_t>(pass * span + gone),
                      static_cast<std::uint64_t>(research::QueueSearch::kPasses * span));
      trial.on_message(message);
    };
    if (auto played = traded.play(at_venue, [&](const FeedMessage& message) { meter.on_message(message); }); !played)
      return std::unexpected(played.error());
    trial.finish();
    meter.finish();
    found.queue->read(trial);
    found.has_books = trial.has_books();
    found.slippage = meter.ticks();
    found.beyond_the_book = meter.beyond_the_book();
  }
  return found;
}

/// The latencies as docs/latency.md has them.
Result<void> write_latencies(const std::string& file, const Calibration& found) {
  std::string text = "time_ns,entry_ns,response_ns\n";
  for (const auto& [time, entry, response] : found.latencies.requests) {
    // By two clocks only the sum is known, and the venue's may be behind ours.
    const DurationNanos half = (entry + response) / 2;
    const bool refused_unread = entry < 0 && response == 0;
    const bool split = found.simulated || refused_unread;
    const DurationNanos there = split ? entry : half, back = split ? response : entry + response - half;
    if (there == 0 || (there > 0 && back <= 0)) continue;  // what says nothing is left out
    text += fmt::format("{},{},{}\n", time, there, back);
  }
  std::ofstream out{file, std::ios::binary};
  out << text;
  out.flush();
  if (!out) return fail(Errc::Io, fmt::format("{} cannot be written", file), "--out names a file");
  return {};
}

std::string latency_flags(const research::LatencyFit& fit) {
  const auto whole = [](double ns) { return static_cast<std::int64_t>(std::max(0.0, std::round(ns))); };
  std::string flags = fmt::format("--order-latency {}ns,{}ns", whole(fit.entry.value), whole(fit.response.value));
  if (fit.shape != research::LatencyShape::Constant)
    flags += fmt::format(" --latency-jitter {}:{}ns",
                         fit.shape == research::LatencyShape::Even ? "even" : "exponential", whole(fit.jitter.value));
  return flags;
}

/// The model that fills most orders when they were filled: the exponent, where none does better.
struct BestQueue {
  sim::QueueModel model;
  std::size_t consistent = 0;
  std::string name;  // as --queue has it
};
BestQueue best_queue(const research::QueueSearch& search) {
  BestQueue best{sim::QueueModel::power(search.fit().exponent.value), search.fit().consistent,
                 fmt::format("power:{:.3f}", search.fit().exponent.value)};
  for (const auto& other : search.others())
    if (other.consistent > best.consistent) best = {other.model, other.consistent, name_of(other.model)};
  return best;
}

Json json_of(const Estimate& estimate, bool open_low = false, bool open_high = false) {
  return {{"value", estimate.value},
          {"low", open_low ? Json{} : Json(estimate.low)},
          {"high", open_high ? Json{} : Json(estimate.high)}};
}

/// Both constants together, where each is taken to be half of them.
Estimate round_trip_of(const research::LatencyFit& fit) {
  return {2 * fit.entry.value, 2 * fit.entry.low, 2 * fit.entry.high};
}

Json too_few(std::size_t have, std::size_t needed, std::string_view of) {
  return {{"answer", "too few"}, {"have", have}, {"needed", needed}, {"of", of}};
}

Json unknown(std::string_view why) { return {{"answer", "unknown"}, {"why", why}}; }

constexpr std::string_view kShapes[] = {"constant", "even", "exponential"};

Json latency_json(const Calibration& found) {
  if (!found.latency)
    return too_few(found.samples(), found.samples_needed(),
                   found.simulated ? "requests and answers with nothing before them on the way"
                                   : "requests with nothing else under way");
  const research::LatencyFit& fit = *found.latency;
  const bool split = found.simulated;  // else half of a sum each is a guess, which has no interval
  Json json{{"answer", "estimated"},
            {"samples", found.samples()},
            {"split", split ? "known" : "half each: the venue's clock is not ours"},
            {"shape", kShapes[static_cast<std::size_t>(fit.shape)]},
            {"entry_ns", json_of(fit.entry, !split, !split)},
            {"response_ns", json_of(fit.response, !split, !split)}};
  json["round_trip_ns"] = split ? Json{} : json_of(round_trip_of(fit));
  json["jitter_ns"] = fit.shape == research::LatencyShape::Constant ? Json{} : json_of(fit.jitter);
  json["distance"] = fit.distance;
  json["distance_of_chance"] = fit.distance_of_chance;
  json["fits"] = fit.fits();
  json["options"] = latency_flags(fit);
  return json;
}

Json queue_json(const Calibration& found) {
  const research::QueueSearch& queue = *found.queue;
  if (!found.queue_is_hidden().empty()) return unknown(found.queue_is_hidden());
  if (queue.filled() < research::kSamplesNeeded)
    return too_few(queue.filled(), research::kSamplesNeeded, "orders that rested and were filled");
  if (queue.telling() < kTellingNeeded)
    return too_few(queue.telling(), kTellingNeeded, "orders for which exponents make a difference");
  const BestQueue best = best_queue(queue);
  Json json{{"answer", "estimated"},
            {"rested", queue.rested()},
            {"filled", queue.filled()},
            {"telling", queue.telling()},
            {"unexplained", queue.unexplained()},
            {"exponent", json_of(queue.fit().exponent, queue.fit().open_below, queue.fit().open_above)},
            {"consistent", queue.fit().consistent}};
  for (const auto& other : queue.others()) json["others"][name_of(other.model)] = other.consistent;
  json["fits"] = 2 * best.consistent >= queue.telling() + queue.unexplained();
  json["options"] = "--queue " + best.name;
  return json;
}

Json reached_json(const Calibration& found, const research::QueueSearch::Reached& of, std::string_view how) {
  if (of.orders < research::kSamplesNeeded)
    return too_few(of.orders, research::kSamplesNeeded, fmt::format("resting orders whose price was traded {}", how));
  Json json{{"answer", "estimated"},
            {"orders", of.orders},
            {"filled", of.filled},
            {"share", json_of(research::share_of_orders(of.filled, of.orders))}};
  const double by_model = static_cast<double>(of.by_model) / static_cast<double>(of.orders);
  json["by_exponent"] = found.has_queue() ? Json(by_model) : Json{};
  return json;
}

Json slippage_json(const Calibration& found) {
  if (found.slippage.size() < research::kSamplesNeeded)
    return too_few(found.slippage.size(), research::kSamplesNeeded, "orders that took what the book showed");
  return {{"answer", "estimated"},
          {"orders", found.slippage.size()},
          {"beyond_the_book", found.beyond_the_book},
          {"ticks", json_of(research::mean_of(found.slippage))}};
}

std::string line_of(std::string_view name, const Estimate& of, double unit, std::string_view word,
                    bool open_low = false, bool open_high = false) {
  return fmt::format("  {:<28} {:>12.4f} {:>14} {:>14}  {}\n", name, of.value / unit,
                     open_low ? "open" : fmt::format("{:.4f}", of.low / unit),
                     open_high ? "open" : fmt::format("{:.4f}", of.high / unit), word);
}

void print_unanswered(const Json& part) {
  if (part.at("answer") == "unknown")
    fmt::print("  cannot be known: {}\n", part.at("why").get<std::string>());
  else
    fmt::print("  too few: {} {}, {} are needed\n", part.at("have").get<std::size_t>(),
               part.at("of").get<std::string>(), part.at("needed").get<std::size_t>());
}
bool is_estimated(const Json& part) { return part.at("answer") == "estimated"; }

void print(const Calibration& found, const Json& json) {
  constexpr double kMillis = kMillisecond;
  fmt::print("  {:<28} {:>12} {:>14} {:>14}\nlatency\n", "", "value", "95 % from", "to");
  if (!found.latency) {
    print_unanswered(json.at("latency"));
  } else {
    const research::LatencyFit& fit = *found.latency;
    if (found.simulated)
      fmt::print("{}{}", line_of("to the venue", fit.entry, kMillis, "ms"),
                 line_of("back", fit.response, kMillis, "ms"));
    else
      fmt::print("{}", line_of("there and back", round_trip_of(fit), kMillis, "ms"));
    if (fit.shape != research::LatencyShape::Constant)
      fmt::print("{}",
                 line_of(fmt::format("drawn on each way, {}", kShapes[static_cast<std::size_t>(fit.shape)]), fit.jitter,
                         kMillis, fit.shape == research::LatencyShape::Even ? "ms at most" : "ms in the mean"));
    fmt::print("  {} samples; farthest from this shape {:.3f}, chance alone stays below {:.3f}: {}\n", found.samples(),
               fit.distance, fit.distance_of_chance,
               fit.fits() ? "it fits" : "it does not fit, take them as recorded (--out, file:)");
    if (!found.simulated) fmt::print("  the option has half of it each way, a guess: the venue's clock is not ours\n");
  }
  fmt::print("queue\n");
  if (!found.has_queue()) {
    print_unanswered(json.at("queue"));
  } else {
    const research::QueueSearch& queue = *found.queue;
    const auto& fit = queue.fit();
    fmt::print("{}", line_of("exponent", fit.exponent, 1, "of power:N", fit.open_below, fit.open_above));
    fmt::print("  {} orders rested, {} were filled; of {} that tell exponents apart, filled when they were by\n   ",
               queue.rested(), queue.filled(), queue.telling());
    fmt::print(" this exponent {}", fit.consistent);
    for (const auto& other : queue.others()) fmt::print(", {} {}", name_of(other.model), other.consistent);
    fmt::print("; by none {}\n", queue.unexplained());
    if (!json.at("queue").at("fits").get<bool>())
      fmt::print("  no model of a queue explains most of them: a band of risk_averse and log says more than one run\n");
  }
  for (const auto& [key, name] :
       {std::pair{"at", "filled where traded at"}, std::pair{"through", "filled where through"}}) {
    const Json& part = json.at("maker").at(key);
    if (std::string_view{key} == "at") fmt::print("resting orders\n");
    if (!is_estimated(part)) {
      print_unanswered(part);
      continue;
    }
    const auto& of = std::string_view{key} == "at" ? found.queue->at() : found.queue->through();
    std::string word = fmt::format("of {} orders", of.orders);
    if (found.has_queue()) word += fmt::format("; by the exponent {:.4f}", part.at("by_exponent").get<double>());
    fmt::print("{}", line_of(name, research::share_of_orders(of.filled, of.orders), 1, word));
  }
  fmt::print("taking orders\n");
  if (!is_estimated(json.at("taker")))
    print_unanswered(json.at("taker"));
  else
    fmt::print("{}", line_of("paid beyond the book", research::mean_of(found.slippage), 1, "ticks"));
  const auto options = json.at("options").get<std::string>();
  fmt::print("{}\n",
             options.empty() ? "nothing to put into a backtest yet: trade longer" : "for a backtest: " + options);
}

int calibrate(const Session& session, const CalibrateFlags& flags) {
  if (flags.folder.empty() == flags.session.empty())
    return report_error(session, {Errc::Usage, "one folder is needed", "stom calibrate --session DIR"});
  const fs::path folder = flags.folder.empty() ? flags.session : flags.folder;
  const auto traded = traded_in(session, folder, flags.venue);
  if (!traded) return report_error(session, traded.error());
  const auto fates = research::order_fates(traded->journal);
  const auto found = calibrate_all(session, *traded, fates);
  if (!found) return report_error(session, found.error());
  if (!flags.out.empty()) {
    if (auto written = write_latencies(flags.out, *found); !written) return report_error(session, written.error());
  }
  Json json{{"latency", latency_json(*found)},
            {"queue", queue_json(*found)},
            {"maker",
             {{"at", reached_json(*found, found->queue->at(), "at")},
              {"through", reached_json(*found, found->queue->through(), "through")}}},
            {"taker", slippage_json(*found)}};
  std::string options;
  for (const char* part : {"latency", "queue"})
    if (is_estimated(json.at(part)))
      options += (options.empty() ? "" : " ") + json.at(part).at("options").get<std::string>();
  json["options"] = options;
  if (session.json)
    fmt::print("{}\n", json.dump());
  else
    print(*found, json);
  return kOk;
}

}  // namespace

void add_calibrate_command(CLI::App& app, Session& session) {
  auto* command = app.add_subcommand(
      "calibrate", "Latency, queue and fills of a session or run, from its own answers, as options of a backtest");
  auto flags = std::make_shared<CalibrateFlags>();
  command->add_option("folder", flags->folder, "of a session, or of a backtest's run");
  command->add_option("--session", flags->session, "the session's folder");
  command->add_option("--venue", flags->venue, "of a session with orders at several exchanges, this one's");
  command->add_option("--out", flags->out, "write the latencies as recorded, for --order-latency file:FILE");
  examples(*command, {"stom calibrate --session today", "stom calibrate --session today --out latencies.csv --json"});
  command->callback([&session, flags] { session.status = calibrate(session, *flags); });
}

}  // namespace stom
