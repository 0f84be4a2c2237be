// `stom data gen`: made-up markets from a seed, for trying everything without a venue or a network (docs/generator.md).
#include "data_gen.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/clock.hpp"
#include "sim/generator/minute_bars.hpp"
#include "sim/generator/order_flow.hpp"
#include "store/catalogue.hpp"
#include "store/tick_writer.hpp"
#include "venues/ladders.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

// A change of the generator that changes its output gets a new number: what is there from an older one is not taken for
// it.
constexpr int kGeneratorVersion = 1;

constexpr double kMostDays = 366;

struct GenOptions {
  std::vector<std::string> instruments;
  std::string regime = "mixed";
  double days = 0;
  double minutes = 0;
  std::string start = "2025-09-01";
  std::uint64_t seed = 1;
  double rate = 0;
  int history = 0;
  bool demo = false;
};

struct Job {
  sim::FlowConfig config;
  int history_days = 0;

  std::string options() const {
    return fmt::format("generator={} regime={} start={} length_ns={} seed={} rate={} history_days={}",
                       kGeneratorVersion, sim::name_of(config.regime), format_time(config.start), config.length,
                       config.seed, config.actions_per_second, history_days);
  }
};

struct Made {
  std::array<std::uint64_t, 5> events{};  // by MessageKind
  std::uint64_t bars = 0;

  std::string json() const {
    const auto of = [&](MessageKind kind) { return events[static_cast<std::size_t>(kind)]; };
    return fmt::format(R"({{"depth":{},"trade":{},"quote":{},"snapshot":{},"mark_price":{},"bar":{}}})",
                       of(MessageKind::Depth), of(MessageKind::Trade), of(MessageKind::Quote),
                       of(MessageKind::Snapshot), of(MessageKind::MarkPrice), bars);
  }
};

/// The first data set: five markets, two months of minute bars, and hours of every order of some of them.
std::vector<Job> demo_jobs() {
  std::vector<Job> jobs;
  for (auto config : sim::flow_presets()) {
    config.start = parse_time("2025-09-01").value();
    config.length = 3 * kHour;
    config.seed = 11;
    config.actions_per_second = config.funding ? 5 : 3;
    jobs.push_back({config, 60});
  }
  return jobs;
}

/// A stock is made in whole trading days: from the date of the start on, in Seoul.
Result<Job> stock_job(const GenOptions& options, const std::string& id, UnixNanos start, sim::Regime regime) {
  if (options.minutes > 0)
    return fail(Errc::Usage, fmt::format("{}: --minutes is not for stocks", id),
                "a stock is made in whole trading days: --days 1");
  if (options.history > 0)
    return fail(Errc::Usage, fmt::format("{}: --history is not for stocks", id), "make more days: --days 20");
  sim::FlowConfig config = sim::stock_flow(id);
  const sim::SessionTable& hours = *sim::session_table(config.market);
  const std::int32_t day = hours.calendar().trading_day(start);
  config.start = hours.calendar().start_of(day);
  if (!hours.at(config.start))
    return fail(Errc::Usage, fmt::format("{}: no hours of KRX are known on {}", id, format_day(day)),
                "--start 2016-08-01 or later");
  const int days = std::max(static_cast<int>(options.days), 1);
  bool trades = false;
  for (int i = 0; i < days; ++i) trades = trades || hours.trades_on(day + i);
  if (!trades)
    return fail(Errc::Usage, fmt::format("{}: KRX is closed on {}", id, format_day(day)),
                "name a day on which it trades with --start, or more days with --days");
  const auto ladder = venues::ladder_on(venues::market_of(id), config.instrument.base, day);
  if (!ladder) return fail(Errc::NotFound, fmt::format("no ladder of ticks is known for {}", id), "docs/calendars.md");
  venues::apply_ladder(*ladder, config.instrument);
  config.length = days * kDay;
  config.seed = options.seed;
  config.regime = regime;
  if (options.rate > 0) config.actions_per_second = options.rate;
  return Job{std::move(config), 0};
}

Result<std::vector<Job>> jobs_of(const GenOptions& options) {
  if (options.demo) return demo_jobs();
  const auto regime = sim::parse_regime(options.regime);
  if (!regime) return std::unexpected(regime.error());
  const auto start = parse_time(options.start);
  if (!start) return std::unexpected(start.error());
  const double minutes = options.minutes > 0 ? options.minutes : options.days > 0 ? options.days * 1440 : 1440;
  if (!(minutes * 60 >= 1 && minutes <= kMostDays * 1440))
    return fail(Errc::Usage,
                options.minutes > 0
                    ? fmt::format("--minutes {} is not between a second and {} days", minutes, kMostDays)
                    : fmt::format("--days {} is not between a second and {} days", options.days, kMostDays),
                "make the market in parts of a year: --days 365, then --start where it ends");
  if (*start < parse_time("1980-01-01").value() || *start > parse_time("2200-01-01").value())
    return fail(Errc::Usage, fmt::format("--start {} is not between 1980 and 2200", options.start),
                "write a day as 2025-09-01");
  std::vector<Job> jobs;
  for (const auto& id : options.instruments) {
    if (sim::is_stock(id)) {
      auto job = stock_job(options, id, *start, *regime);
      if (!job) return std::unexpected(job.error());
      jobs.push_back(std::move(*job));
      continue;
    }
    auto config = sim::flow_preset(id);
    if (!config) return std::unexpected(config.error());
    config->start = *start;
    config->length = static_cast<DurationNanos>(minutes * 60) * kSecond;
    config->seed = options.seed;
    config->regime = *regime;
    if (options.rate > 0) config->actions_per_second = options.rate;
    jobs.push_back({*config, options.history});
  }
  return jobs;
}

Result<void> append_bars(store::Import& import, store::Import::Handle handle, std::vector<Bar>& bars, Made& made) {
  for (const Bar& bar : bars)
    if (auto ok = import.append(handle, bar); !ok) return ok;
  made.bars += bars.size();
  bars.clear();
  return {};
}

Result<Made> generate(store::Import& import, const Job& job, Progress& progress) {
  sim::FlowConfig config = job.config;
  auto ticks = import.ticks(config.instrument);
  if (!ticks) return std::unexpected(ticks.error());
  auto series = import.bars(config.instrument, {config.instrument.id, "1m", false});
  if (!series) return std::unexpected(series.error());

  Made made;
  std::vector<Bar> bars;
  if (job.history_days > 0) config.start_price = sim::append_history(config, job.history_days, bars);
  sim::OrderFlow flow{config};
  sim::MinuteBars minutes;
  MessageBatch batch;
  for (bool more = true; more;) {
    if (interrupted()) return fail(Errc::Canceled, "interrupted; the store is as it was");
    batch.clear();
    more = flow.generate(batch, 8192);
    for (const Message& m : batch.messages) {
      ++made.events[static_cast<std::size_t>(m.kind)];
      if (m.kind == MessageKind::Trade)
        minutes.add(m.event_time, batch.bids(m)[0].price, batch.bids(m)[0].quantity, bars);
    }
    if (!more) minutes.finish(bars);
    if (auto ok = import.append(*ticks, batch); !ok) return std::unexpected(ok.error());
    if (auto ok = append_bars(import, *series, bars, made); !ok) return std::unexpected(ok.error());
    if (!batch.messages.empty())
      progress.update(static_cast<std::uint64_t>(batch.messages.back().receive_time - config.start),
                      static_cast<std::uint64_t>(config.length));
  }
  return made;
}

/// "seed=7 rate=20" -> the text of a key; empty where it is not there.
std::string_view setting(std::string_view options, std::string_view key) {
  for (std::size_t at = 0; at < options.size();) {
    const std::size_t end = std::min(options.find(' ', at), options.size());
    const std::string_view pair = options.substr(at, end - at);
    if (pair.starts_with(key) && pair.substr(key.size()).starts_with('=')) return pair.substr(key.size() + 1);
    at = end + 1;
  }
  return {};
}

/// Two markets at one time are none. Exactly the same again is told as such, and what is left of it after a part was
/// deleted is replaced.
Result<void> check_free(const store::Catalogue& catalogue, const Job& job) {
  const std::string& id = job.config.instrument.id;
  const store::ImportRecord wanted{.instrument = id, .options = job.options()};
  const auto same = catalogue.find_import(id, {}, wanted.options);
  const auto replaced = catalogue.partial_imports(wanted);
  const auto ticks = catalogue.tick_sets(id);
  const auto bars = catalogue.bar_sets(id);
  const auto imports = catalogue.imports();
  if (!same) return std::unexpected(same.error());
  if (!replaced) return std::unexpected(replaced.error());
  if (!ticks) return std::unexpected(ticks.error());
  if (!bars) return std::unexpected(bars.error());
  if (!imports) return std::unexpected(imports.error());
  if (*same) return {};
  const UnixNanos end = job.config.start + job.config.length;
  const auto refuse_overlap = [&](const auto& set, UnixNanos from, const std::string& what) -> Result<void> {
    if (std::ranges::find(*replaced, set.import) != replaced->end()) return {};
    if (set.first_time >= end || set.last_time < from) return {};
    const auto made = std::ranges::find(*imports, set.import, &store::ImportRecord::id);
    const auto seed = made == imports->end() ? std::string_view{} : setting(made->options, "seed");
    return fail(
        Errc::Usage,
        fmt::format("{} is in the store already from {} to {}: {}{}", id, format_time(set.first_time),
                    format_time(set.last_time), what, seed.empty() ? "" : fmt::format(", made from seed {}", seed)),
        fmt::format("two markets at one time are none: first stom data delete {}, or give another --start, or "
                    "another STOM_HOME",
                    id));
  };
  for (const auto& set : *ticks)
    if (auto free = refuse_overlap(set, job.config.start, fmt::format("{} messages", set.messages())); !free)
      return free;
  const UnixNanos first_bar = (job.config.start / kMinute) * kMinute - job.history_days * kDay;
  for (const auto& set : *bars)
    if (set.series.spec == "1m" && !set.series.adjusted)
      if (auto free = refuse_overlap(set, first_bar, fmt::format("{} bars of 1m", set.bars)); !free) return free;
  return {};
}

/// For people: one line.
void print_text(const std::string& answer) {
  const auto json = nlohmann::ordered_json::parse(answer, nullptr, false);
  std::string counts;
  for (const auto& [name, number] : json["events"].items())
    if (number.get<std::uint64_t>() > 0)
      counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", name, number.get<std::uint64_t>());
  fmt::print("{} from seed {}: {}{}\n", json["instrument"].get<std::string>(), json["seed"].get<std::uint64_t>(),
             counts, json.contains("already") ? " (made before: nothing changed)" : "");
}

/// One instrument: what was made, as the JSON that is shown now and when it is asked for again.
Result<std::string> make(const Session& session, store::DataFolder& folder, const Job& job) {
  const std::string& id = job.config.instrument.id;
  const auto earlier = folder.catalogue().find_import(id, {}, job.options());
  if (!earlier) return std::unexpected(earlier.error());
  if (*earlier) return (*earlier)->answer.substr(0, (*earlier)->answer.size() - 1) + R"(,"already":true})";

  auto import = store::Import::begin(folder);
  if (!import) return std::unexpected(import.error());
  Progress progress{session, "generating " + id};
  const auto made = generate(*import, job, progress);
  if (!made) return std::unexpected(made.error());
  const std::string answer =
      fmt::format(R"({{"instrument":{},"seed":{},"events":{}}})", json_string(id), job.config.seed, made->json());
  const auto record =
      import->commit({.instrument = id, .options = job.options(), .answer = answer, .time = SystemClock{}.now()});
  if (!record) return std::unexpected(record.error());
  return answer;
}

int run_gen(const Session& session, const GenOptions& options) {
  const auto jobs = jobs_of(options);
  if (!jobs) return report_error(session, jobs.error());
  auto folder = store::DataFolder::open(session.home, store::OpenMode::Write);
  if (!folder) return report_error(session, folder.error());
  for (const Job& job : *jobs)
    if (auto free = check_free(folder->catalogue(), job); !free) return report_error(session, free.error());
  std::string sets;
  for (const Job& job : *jobs) {
    const auto answer = make(session, *folder, job);
    if (!answer) return report_error(session, answer.error());
    if (!session.json) print_text(*answer);
    sets += (sets.empty() ? "" : ",") + *answer;
  }
  if (session.json) fmt::print("{{\"sets\":[{}]}}\n", sets);
  return kOk;
}

template <class Number>
bool number_of(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

Result<sim::FlowConfig> generated_flow(const store::Catalogue& catalogue, const std::string& instrument) {
  const auto imports = catalogue.imports();
  if (!imports) return std::unexpected(imports.error());
  if (sim::is_stock(instrument))
    return fail(Errc::Unsupported, "queue model fifo knows no auctions: " + instrument, "--queue power3");
  std::vector<std::string> made;
  for (const auto& import : *imports) {
    if (import.instrument == instrument) made.push_back(import.options);
  }
  const std::string remedy = "stom data gen --instrument sim:BTCUSDT into an empty STOM_HOME";
  if (made.size() != 1 || setting(made[0], "generator") != std::to_string(kGeneratorVersion)) {
    return fail(Errc::Unsupported,
                fmt::format("the data of {} are not one market made by this version's generator", instrument), remedy);
  }
  auto config = sim::flow_preset(instrument);
  const auto regime = sim::parse_regime(setting(made[0], "regime"));
  const auto start = parse_time(setting(made[0], "start"));
  int history_days = 0;
  if (!config || !regime || !start || !number_of(setting(made[0], "length_ns"), config->length) ||
      !number_of(setting(made[0], "seed"), config->seed) ||
      !number_of(setting(made[0], "rate"), config->actions_per_second) ||
      !number_of(setting(made[0], "history_days"), history_days)) {
    return fail(Errc::BadData, fmt::format("how {} was made cannot be read: {}", instrument, made[0]), remedy);
  }
  config->regime = *regime;
  config->start = *start;
  std::vector<Bar> bars;
  if (history_days > 0) config->start_price = sim::append_history(*config, history_days, bars);
  return config;
}

void add_data_gen(CLI::App& data, Session& session) {
  auto* gen = data.add_subcommand("gen", "Make a market from a seed: every order, book, trade and bar of it");
  auto options = std::make_shared<GenOptions>();
  options->instruments = {"sim:BTCUSDT"};
  std::string known;
  for (const auto& preset : sim::flow_presets()) known += " " + preset.instrument.id;
  gen->add_option("--instrument", options->instruments,
                  "which, may be given more than once:" + known + ", or a stock of KRX: kiwoom: and six digits");
  gen->add_option("--regime", options->regime, "mixed, trend, quiet or crash");
  auto* days = gen->add_option("--days", options->days, "how long (default 1 day)")->check(CLI::PositiveNumber);
  gen->add_option("--minutes", options->minutes, "how long")->check(CLI::PositiveNumber)->excludes(days);
  gen->add_option("--start", options->start, "first day or moment, UTC");
  gen->add_option("--seed", options->seed, "same seed, same market")->check(check_whole_number);
  gen->add_option("--rate", options->rate, "actions of all traders a second in quiet hours (default by instrument)")
      ->check(CLI::Range(0.01, 100'000.0));
  gen->add_option("--history", options->history, "days of one-minute bars before the start")
      ->check(CLI::Range(0, 3650));
  gen->add_flag("--demo", options->demo, "the first data set: all instruments, 3 hours and 60 days of bars");
  examples(*gen, {"stom data gen --demo", "stom data gen --instrument sim:KRW-BTC --regime crash --minutes 90 --seed 7",
                  "stom data gen --instrument kiwoom:005930 --start 2025-09-03 --days 1"});
  gen->callback([&session, options] { session.status = run_gen(session, *options); });
}

}  // namespace stom
