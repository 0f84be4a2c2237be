// stom backtest run: a strategy, or several on one account, over stored market data, into a run folder. Everything that
// makes the result is written into it.
#include "backtest_run.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <tuple>

#include "account_choice.hpp"
#include "backtest_benchmark.hpp"
#include "backtest_check.hpp"
#include "backtest_latency.hpp"
#include "core/clock.hpp"
#include "core/hash.hpp"
#include "core/text_file.hpp"
#include "core/toml.hpp"
#include "data_gen.hpp"
#include "limits_file.hpp"
#include "made_strategy.hpp"
#include "research/backtest.hpp"
#include "research/counted.hpp"
#include "research/run_folder.hpp"
#include "research/trades.hpp"
#include "risk/guarded_link.hpp"
#include "risk/strategy_guards.hpp"
#include "server/engine_port.hpp"
#include "store/catalogue.hpp"
#include "store_source.hpp"
#include "stored_bars.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategies_file.hpp"
#include "trade/earlier_session.hpp"
#include "watch_file.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string file, strategy, plugin, bar, queue = "power3", maker = "0.0002", taker = "0.0005", spread = "0",
                                           margin = "1", fill_rules = "stom", bar_path = "worst", from, to, cash,
                                           warmup = "0s", out, conventions = "stom", equity_every, adjust = "none";
  AccountChoice account;
  LatencyChoice latency;
  std::vector<std::string> instruments, parameters, limits;
  std::uint64_t seed = 1;
  bool no_report = false;
  bool no_band = false;
  std::string market_rules = "venue";
  std::string benchmark, watch, limits_file, strategies;
};

/// What the options mean, checked.
struct Plan {
  Options options;
  std::vector<StrategyInFile> several;  // those of --strategies; empty: one trades
  std::vector<MadeStrategy> made;       // each of them, or that one
  sim::RunModels models;
  Latencies latencies;
  sim::FillRules fill_rules = sim::FillRules::Stom;
  Money cash{};
  UnixNanos from = kNoTime, to = kNever;
  DurationNanos warmup = 0;
  Conventions conventions;
  AdjustMode adjust = AdjustMode::None;
  ChosenLimits limits;
  std::optional<WatchFile> watched;
};

Result<std::int64_t> rate(std::string_view name, const std::string& text) {
  auto parsed = parse_decimal(text, sim::kRateDecimals);
  if (!parsed)
    return fail(Errc::Usage, fmt::format("--{}: {}", name, parsed.error().message), "a share such as 0.0002");
  return parsed;
}

/// Keys of a TOML file are the names of the options; [params] holds the strategy's parameters. The command line wins.
Result<void> read_file(Options& o, const CLI::App& command) {
  if (o.file.empty()) return {};
  const auto text = read_text_file(o.file);
  if (!text) return std::unexpected(text.error());
  auto table = parse_toml(*text, o.file, "docs/backtest.md shows a file");
  if (!table) return std::unexpected(table.error());
  const std::map<std::string, std::string*> texts = {{"strategy", &o.strategy},
                                                     {"plugin", &o.plugin},
                                                     {"strategies", &o.strategies},
                                                     {"bar", &o.bar},
                                                     {"bar-path", &o.bar_path},
                                                     {"queue", &o.queue},
                                                     {"market-rules", &o.market_rules},
                                                     {"order-latency", &o.latency.order},
                                                     {"latency-jitter", &o.latency.jitter},
                                                     {"feed-latency", &o.latency.feed},
                                                     {"feed-jitter", &o.latency.feed_jitter},
                                                     {"maker", &o.maker},
                                                     {"taker", &o.taker},
                                                     {"spread", &o.spread},
                                                     {"margin", &o.margin},
                                                     {"fill-rules", &o.fill_rules},
                                                     {"account", &o.account.account},
                                                     {"leverage", &o.account.leverage},
                                                     {"fees", &o.account.fees},
                                                     {"from", &o.from},
                                                     {"to", &o.to},
                                                     {"cash", &o.cash},
                                                     {"warmup", &o.warmup},
                                                     {"out", &o.out},
                                                     {"conventions", &o.conventions},
                                                     {"equity-every", &o.equity_every},
                                                     {"benchmark", &o.benchmark},
                                                     {"watch", &o.watch},
                                                     {"limits", &o.limits_file},
                                                     {"adjust", &o.adjust}};
  std::optional<Error> wrong;
  const auto text_of = [&](const toml::node& node, std::string_view name) -> std::string {
    if (const auto* s = node.as_string()) return s->get();
    if (const auto* i = node.as_integer()) return std::to_string(i->get());
    if (const auto* b = node.as_boolean()) return b->get() ? "true" : "false";
    if (const auto* d = node.as_floating_point()) return fmt::format("{}", d->get());
    std::ostringstream as_written;
    if (const auto* day = node.as_date()) as_written << day->get();
    if (const auto* time = node.as_time()) as_written << time->get();
    if (const auto* moment = node.as_date_time()) as_written << moment->get();
    if (as_written.str().empty() && !wrong)
      wrong =
          Error{Errc::Usage, fmt::format("{}: line {}: {} is no single value", o.file, node.source().begin.line, name),
                name == "limits" ? "limits names a file with a table [limits]; here a limit is a line limit = [\"...\"]"
                                 : "docs/backtest.md shows a file"};
    return as_written.str();
  };
  std::vector<std::string> from_file;
  for (const auto& [key, node] : *table) {
    const std::string name{key.str()};
    if (const auto* params = node.as_table(); name == "params" && params != nullptr) {
      for (const auto& [k, v] : *params) {
        const std::string start = fmt::format("{}=", k.str());
        if (std::ranges::none_of(o.parameters, [&](const auto& given) { return given.starts_with(start); }))
          from_file.push_back(start + text_of(v, k.str()));
      }
    } else if (name == "instrument" || name == "limit") {
      std::vector<std::string>& all = name == "limit" ? o.limits : o.instruments;
      if (!all.empty()) continue;
      if (const auto* list = node.as_array()) {
        for (const auto& item : *list) all.push_back(text_of(item, name));
      } else {
        all.push_back(text_of(node, name));
      }
    } else if (const auto it = texts.find(name); it != texts.end()) {
      if (command.get_option("--" + name)->count() == 0) *it->second = text_of(node, name);
    } else {
      std::vector<std::string> known{"params", "instrument", "limit"};
      for (const auto& [k, v] : texts) known.push_back(k);
      const std::string near = nearest_name(name, known);
      return fail(Errc::Usage, fmt::format("{}: there is no setting named '{}'", o.file, name),
                  near.empty() ? "docs/backtest.md lists them" : fmt::format("did you mean {}?", near));
    }
  }
  if (wrong) return std::unexpected(*wrong);
  o.parameters.insert(o.parameters.begin(), from_file.begin(), from_file.end());
  return {};
}

/// What --cash says is what the run starts with.
Result<void> set_cash(Plan& plan) {
  const auto cash = parse_decimal(plan.options.cash, 6);
  if (!cash || *cash <= 0)
    return fail(Errc::Usage, fmt::format("--cash {} is not an amount above 0", plan.options.cash),
                "a plain decimal such as 10000, no more than 9223372036854");
  plan.cash = plan.models.bars.cash = {static_cast<Int128>(*cash) * power_of_ten(kMoneyDecimals - 6)};
  return {};
}

// A wrong parameter is said before any data are looked for.

Result<void> choose_one(Plan& plan, const std::filesystem::path& home) {
  Options& o = plan.options;
  if (o.strategy.empty() && o.plugin.empty())
    return fail(Errc::Usage, "no strategy named", "--strategy NAME; stom strategy list shows them");
  if (o.instruments.empty())
    return fail(Errc::Usage, "no instrument named", "--instrument VENUE:SYMBOL; stom data list shows what is stored");
  for (auto at = o.instruments.begin(); at != o.instruments.end(); ++at)
    if (std::find(o.instruments.begin(), at, *at) != at)
      return fail(Errc::Usage, fmt::format("--instrument {} is there twice", *at), "name it once");
  auto one = make_named_strategy(o.strategy, o.plugin, o.parameters, home, {}, o.instruments.size(),
                                 "name --instrument once for each; stom data list shows what is stored");
  if (!one) return std::unexpected(one.error());
  o.strategy = one->name;  // where it was named by its file
  plan.made.push_back(std::move(*one));
  return {};
}

Result<void> choose_several(Plan& plan, const std::filesystem::path& home) {
  Options& o = plan.options;
  for (const auto& [name, given, key] :
       {std::tuple{"strategy", !o.strategy.empty(), "strategy"}, std::tuple{"plugin", !o.plugin.empty(), "plugin"},
        std::tuple{"instrument", !o.instruments.empty(), "instruments"}})
    if (given)
      return fail(Errc::Usage, fmt::format("--{} beside --strategies {}", name, o.strategies),
                  fmt::format("each strategy of that file has its own: a line {} = … there", key));
  auto read = read_strategies_file(o.strategies);
  if (!read) return std::unexpected(read.error());
  plan.several = std::move(*read);
  if (auto changed = change_parameters(plan.several, o.parameters); !changed) return changed;
  auto made = make_strategies(o.strategies, plan.several, home);
  if (!made) return std::unexpected(made.error());
  plan.made = std::move(*made);
  o.strategy = trade::several_name(names_in(plan.several));
  o.instruments = instruments_in(plan.several);
  return {};
}

/// As one run has it: of several, all of them in one.
struct FreshStrategy {
  std::unique_ptr<Strategy> strategy;
  Several* several = nullptr;          // that strategy, where it is several
  std::vector<Parameters> parameters;  // of each, as declared
};
/// `bars`: the stored ones that it runs on; empty: ticks.
Result<FreshStrategy> fresh_strategy(const Plan& plan, const std::string& bars) {
  FreshStrategy fresh;
  std::vector<std::unique_ptr<Strategy>> all;
  for (const MadeStrategy& made : plan.made) {
    Parameters& values = fresh.parameters.emplace_back(made.given);
    if (!bars.empty()) values.on_stored_bars(bars);
    auto one = make_strategy(*made.choice.entry, values);
    if (!one) return std::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  if (plan.several.empty()) {
    fresh.strategy = std::move(all.front());
    return fresh;
  }
  auto shared = share_account(plan.several, std::move(all), plan.options.instruments);
  fresh.several = shared.get();
  fresh.strategy = std::move(shared);
  return fresh;
}

Result<Plan> plan_of(const Options& o, const std::filesystem::path& home) {
  Plan plan;
  plan.options = o;
  if (auto chosen = o.strategies.empty() ? choose_one(plan, home) : choose_several(plan, home); !chosen)
    return std::unexpected(chosen.error());
  const auto queue = sim::parse_queue_model(o.queue);
  if (!queue) return std::unexpected(queue.error());
  plan.models.queue = *queue;
  const auto rules = sim::parse_fill_rules(o.fill_rules);
  if (!rules) return std::unexpected(rules.error());
  plan.fill_rules = *rules;
  const auto path = sim::parse_bar_path(o.bar_path);
  if (!path) return std::unexpected(path.error());
  plan.models.bars.path = *path;
  const auto adjust = parse_adjust_mode(o.adjust);
  if (!adjust) return std::unexpected(adjust.error());
  plan.adjust = *adjust;
  const std::pair<const char*, std::pair<const std::string*, std::int64_t*>> rates[] = {
      {"maker", {&o.maker, &plan.models.fees.maker_rate}},
      {"taker", {&o.taker, &plan.models.fees.taker_rate}},
      {"spread", {&o.spread, &plan.models.bars.spread_rate}},
      {"margin", {&o.margin, &plan.models.bars.margin_rate}}};
  for (const auto& [name, target] : rates) {
    const auto value = rate(name, *target.first);
    if (!value) return std::unexpected(value.error());
    *target.second = *value;
  }
  for (const auto& [name, target] : rates) {
    if (*target.second > -kWholeRate && *target.second < kWholeRate) continue;
    if (target.second == &plan.models.bars.margin_rate) continue;  // below
    return fail(Errc::Usage, fmt::format("--{} {} is not a share between -1 and 1", name, *target.first),
                "0.0005 is five hundredths of a per cent");
  }
  if (plan.models.bars.spread_rate < 0)
    return fail(Errc::Usage, fmt::format("--spread {} is below 0", o.spread), "0.001 makes an entry 0.1 % dearer");
  if (plan.models.bars.margin_rate <= 0 || plan.models.bars.margin_rate > 1'000'000'000) {
    return fail(Errc::Usage, fmt::format("--margin {} is not a share above 0 and up to 1", o.margin),
                "0.5 is leverage 2");
  }
  if (!o.cash.empty()) {
    if (auto given = set_cash(plan); !given) return std::unexpected(given.error());
  }
  for (const auto& [text, target] : {std::pair{&o.from, &plan.from}, std::pair{&o.to, &plan.to}}) {
    if (text->empty()) continue;
    const auto time = parse_time(*text);
    if (!time) return std::unexpected(time.error());
    *target = *time;
  }
  if (plan.from != kNoTime && plan.to != kNever && plan.from >= plan.to) {
    return fail(Errc::Usage,
                fmt::format("--from {} is {} --to {}", o.from, plan.from == plan.to ? "the same as" : "after", o.to),
                plan.from == plan.to ? "the end is not included: a later --to" : "the two are reversed: swap them");
  }
  const auto warmup = parse_duration(o.warmup);
  if (!warmup) return std::unexpected(warmup.error());
  plan.warmup = *warmup;
  auto conventions = conventions_named(o.conventions);
  if (!conventions) return std::unexpected(conventions.error());
  plan.conventions = *conventions;
  auto limits = choose_limits(o.limits, o.limits_file);
  if (!limits) return std::unexpected(limits.error());
  plan.limits = std::move(*limits);
  return plan;
}

using Settings = std::vector<std::pair<std::string, std::string>>;

/// "near.distance": of one of several.
void add_members(const Plan& plan, const std::vector<Parameters>& declared, Settings& out) {
  for (std::size_t i = 0; i < plan.several.size(); ++i) {
    const StrategyInFile& one = plan.several[i];
    out.emplace_back(one.name + ".strategy", plan.made[i].name);
    out.emplace_back(one.name + ".instruments", fmt::format("{}", fmt::join(one.instruments, " ")));
    out.emplace_back(one.name + ".cash", share_text(one.cash));
    for (auto& [parameter, value] : declared[i].in_force()) {
      static constexpr std::array<std::string_view, 5> kOthers{"strategy", "instruments", "cash", "plugin",
                                                               "plugin_sha256"};
      const bool aside = std::ranges::find(kOthers, parameter) != kOthers.end();
      out.emplace_back(fmt::format("{}.{}{}", one.name, aside ? "param." : "", parameter), std::move(value));
    }
  }
}

Settings configuration_of(const Plan& plan, const std::vector<Parameters>& declared, bool bars,
                          const std::string& stored_bar) {
  const Options& o = plan.options;
  Settings out{{"strategy", o.strategy}};
  if (plan.several.empty())
    for (auto& parameter : declared.front().in_force()) out.push_back(std::move(parameter));
  const auto parameters = static_cast<std::ptrdiff_t>(out.size());
  add_members(plan, declared, out);
  std::string instruments;
  for (const auto& id : o.instruments) instruments += (instruments.empty() ? "" : " ") + id;
  out.emplace_back("instrument", instruments);
  out.emplace_back("fill_rules", bars ? "bars" : o.fill_rules);
  if (bars) {
    out.emplace_back("stored_bar", stored_bar);
    if (plan.adjust != AdjustMode::None) out.emplace_back("adjust", o.adjust);
    out.emplace_back("bar_path", o.bar_path);
    out.emplace_back("spread", o.spread);
    out.emplace_back("margin", o.margin);
  } else {
    out.emplace_back("queue", o.queue);
    if (plan.models.markets != nullptr) out.emplace_back("market_rules", o.market_rules);
  }
  for (auto& setting : latency_configuration(o.latency, plan.latencies, bars)) out.push_back(std::move(setting));
  if (!bars) out.emplace_back("seed", std::to_string(o.seed));
  if (plan.models.fees.schedule == nullptr) {
    out.emplace_back("maker", o.maker);
    out.emplace_back("taker", o.taker);
  }
  out.emplace_back("cash", o.cash);
  for (auto& setting : account_configuration(o.account, plan.models)) out.push_back(std::move(setting));
  if (plan.watched) out.emplace_back("watch_sha256", plan.watched->sha256);
  if (!o.from.empty()) out.emplace_back("from", o.from);
  if (!o.to.empty()) out.emplace_back("to", o.to);
  if (plan.warmup > 0) out.emplace_back("warmup", o.warmup);
  std::string limits;
  for (const risk::Limit& limit : plan.limits.limits) limits += (limits.empty() ? "" : " ") + limit.text();
  if (!limits.empty()) out.emplace_back("limits", limits);
  out.emplace_back("conventions", o.conventions);
  // A key is there once: a parameter steps aside for an option of its name.
  const auto parameters_end = out.begin() + parameters;
  for (auto parameter = out.begin() + 1; parameter != parameters_end; ++parameter) {
    static constexpr std::array<std::string_view, 4> kOthers{"strategy", "benchmark", "plugin", "plugin_sha256"};
    const auto same = [&](const auto& option) { return option.first == parameter->first; };
    if (std::any_of(parameters_end, out.end(), same) || std::ranges::find(kOthers, parameter->first) != kOthers.end())
      parameter->first.insert(0, "param.");
  }
  return out;
}

/// The series to run on: the one named, or the instrument's only one.
Result<store::BarSeries> bar_series_of(const store::DataFolder& folder, const std::string& instrument,
                                       const std::string& named) {
  constexpr std::string_view kAdjusted = ":adjusted";
  const bool marked = named.ends_with(kAdjusted);
  const std::string spec = marked ? named.substr(0, named.size() - kAdjusted.size()) : named;
  std::vector<store::BarSeries> found, all;
  for (const auto& series : folder.bar_series()) {
    if (series.instrument != instrument) continue;
    all.push_back(series);
    if ((spec.empty() || series.spec == spec) && (series.adjusted || !marked)) found.push_back(series);
  }
  // Of the same bars both as traded and marked adjusted, those as traded are meant.
  if (!marked && std::ranges::any_of(found, [](const auto& series) { return !series.adjusted; }))
    std::erase_if(found, [](const auto& series) { return series.adjusted; });
  if (found.empty()) {
    const auto asked = parse_bar_spec(spec);
    if (!spec.empty() && !asked)
      return fail(Errc::Usage, fmt::format("--bar {} is not a length of bars", named),
                  "such as 1m, 5m, 1h or 1d; stom data list shows what is stored");
    for (const auto& series : all) {
      const auto part = parse_bar_spec(series.spec);
      if (marked || !asked || !part || part->span() <= 0 || asked->span() <= 0) continue;
      if (asked->span() % part->span() != 0) continue;
      return fail(Errc::NotFound, fmt::format("there are no {} bars of {} stored", named, instrument),
                  fmt::format("build them from those that are: --bar {} --param bar={}", series.spec, named));
    }
    return fail(Errc::NotFound, fmt::format("there are no {}bars of {}", named.empty() ? "" : named + " ", instrument),
                "stom data list shows what is stored; stom data import brings it in");
  }
  if (found.size() > 1) {
    std::string specs;
    for (const auto& series : found) specs += (specs.empty() ? "" : ", ") + series.spec;
    return fail(Errc::Usage, fmt::format("{} has bars of {}", instrument, specs), "name one: --bar " + found[0].spec);
  }
  return found[0];
}

Result<Instrument> instrument_of(const store::DataFolder& folder, const std::string& id) {
  auto found = folder.catalogue().instrument(id);
  if (found) return found;
  std::vector<std::string> known;
  if (const auto all = folder.catalogue().instruments()) {
    for (const auto& instrument : *all) known.push_back(instrument.id);
  }
  const std::string near = nearest_name(id, known);
  return fail(Errc::NotFound, fmt::format("there is no data of {}", id),
              near.empty() ? "stom data list shows what is stored" : fmt::format("did you mean {}?", near));
}

sim::BarFeed::Stream bar_stream(const store::BarSeries& series, const Instrument& instrument, StoredBars read) {
  const auto span = parse_duration(series.spec);
  const auto spec = parse_bar_spec(series.spec);
  sim::BarFeed::Stream stream{instrument, std::move(read.bars), span ? *span : kMinute,
                              spec ? std::optional{*spec} : std::nullopt};
  stream.instrument.price_decimals = read.price_decimals;
  stream.instrument.quantity_decimals = read.quantity_decimals;
  // Bars may stand between the ladder's steps (adjusted prices): the index of their prices is the price itself.
  stream.instrument.ladder = {{Price{0}, Price{1}}};
  if (stream.instrument.quantity_decimals != instrument.quantity_decimals) stream.instrument.lot = {1};
  return stream;
}

/// What the queue model fifo needs to know of each instrument.
Result<std::shared_ptr<const std::vector<sim::FlowConfig>>> flows_of(const store::DataFolder& folder,
                                                                     const std::vector<Instrument>& instruments,
                                                                     const Plan& plan, bool bars) {
  if (bars || plan.fill_rules != sim::FillRules::Stom)
    return fail(Errc::Unsupported, "queue model fifo is for the fill rules stom", "--queue power3");
  if (plan.from != kNoTime)
    return fail(Errc::Unsupported, "queue model fifo needs the market from its beginning", "leave out --from");
  std::vector<sim::FlowConfig> flows;
  for (const Instrument& instrument : instruments) {
    auto flow = generated_flow(folder.catalogue(), instrument.id);
    if (!flow) return std::unexpected(flow.error());
    flows.push_back(std::move(*flow));
  }
  return std::make_shared<const std::vector<sim::FlowConfig>>(std::move(flows));
}

/// By whose rules the instruments trade; null where all trade round the clock (docs/auctions.md).
Result<std::shared_ptr<const std::vector<sim::MarketTerms>>> markets_of(const std::vector<Instrument>& instruments,
                                                                        const Plan& plan, bool bars) {
  const std::string& chosen = plan.options.market_rules;
  if (chosen != "venue" && chosen != "none")
    return fail(Errc::Usage, fmt::format("there are no market rules named '{}'", chosen),
                "use --market-rules venue or none; docs/auctions.md");
  if (bars || chosen == "none" || plan.fill_rules != sim::FillRules::Stom) return nullptr;
  return sim::markets_of(instruments);
}

/// Nothing is converted in a backtest: what is added up over instruments is in one currency.
Result<void> check_limits_of_run(const std::vector<risk::Limit>& limits, const std::vector<Instrument>& instruments,
                                 const std::vector<std::string>& strategies) {
  const std::string& currency = instruments.front().settlement();
  const auto other = std::ranges::find_if(instruments, [&](const auto& i) { return i.settlement() != currency; });
  for (const risk::Limit& limit : limits) {
    if (auto known = risk::StrategyGuards::is_of_strategy(limit) ? risk::StrategyGuards::check(strategies, limit)
                                                                 : risk::check_traded(instruments, limit);
        !known)
      return known;
    if (risk::is_in_one_currency(limit.kind) && other != instruments.end())
      return fail(Errc::Unsupported,
                  fmt::format("limit {}: {} settles in {} and not in {}, and a backtest converts nothing", limit.text(),
                              other->id, other->settlement(), currency),
                  "limit each instrument by itself: position@VENUE:SYMBOL, or order_notional");
  }
  return {};
}

/// What a user may take to count in this run, and does not.
std::vector<std::string> not_counted(const Plan& plan, const std::vector<Instrument>& instruments, bool bars) {
  const Options& o = plan.options;
  const Options defaults;
  std::vector<std::string> list;
  if (bars && o.queue != defaults.queue)
    list.push_back(fmt::format("--queue {} is not used: bars have no queue", o.queue));
  if (!bars && o.spread != defaults.spread)
    list.push_back(fmt::format("--spread {} is not used: ticks have their own", o.spread));
  if (!bars && o.bar_path != defaults.bar_path)
    list.push_back(fmt::format("--bar-path {} is not used: this run is on ticks", o.bar_path));
  if (plan.models.markets != nullptr)
    list.emplace_back("price limits count from the second day on: the close before the first one is not in the data");
  const bool korean = std::ranges::any_of(instruments, [](const auto& i) { return i.id.starts_with("kiwoom:"); });
  if (korean && o.account.fees.empty() && o.maker == defaults.maker && o.taker == defaults.taker)
    list.emplace_back("the sale tax and the commission of Korea are not counted: --fees krx-kospi or krx-kosdaq");
  if (auto breakers = left_out_breakers(plan.limits); !breakers.empty()) list.push_back(std::move(breakers));
  return list;
}

struct Ran {
  research::BacktestOutcome outcome;
  std::vector<Instrument> instruments;
  std::vector<PriceSeries> prices;
  std::string data_hash;
  Json check;
  Benchmark benchmark;
  std::vector<std::string> warnings;  // of the data check
  std::vector<std::pair<std::string, std::string>> configuration;
  Money cash{};
};

Result<Ran> execute(const Session& session, const store::DataFolder& folder, Plan& plan,
                    const std::filesystem::path& journal) {
  Ran ran;
  std::vector<Instrument> stored;
  bool bars = !plan.options.bar.empty();
  for (const std::string& id : plan.options.instruments) {
    auto instrument = instrument_of(folder, id);
    if (!instrument) return std::unexpected(instrument.error());
    stored.push_back(*instrument);
    bars = bars || folder.tick_files(id).empty();
    if (bars && !plan.several.empty())
      return fail(Errc::Unsupported,
                  plan.options.bar.empty()
                      ? fmt::format("there are no ticks of {}, and several strategies trade on ticks", id)
                      : fmt::format("--bar {}: several strategies trade on ticks", plan.options.bar),
                  "a strategy at a time on bars: --strategy; docs/several-strategies.md says why");
  }
  if (plan.options.cash.empty()) {
    // Ten thousand won do not buy one share of most companies.
    const bool won = stored[0].settlement() == "KRW";
    plan.options.cash = won ? "10000000" : "10000";
    if (won) say(session, "  starts with 10,000,000 KRW; --cash says otherwise");
    if (auto usual = set_cash(plan); !usual) return std::unexpected(usual.error());
  }
  ran.cash = plan.cash;
  if (auto held = check_limits_of_run(plan.limits.limits, stored, names_in(plan.several)); !held)
    return std::unexpected(held.error());
  if (plan.adjust != AdjustMode::None && !bars)
    return fail(Errc::Unsupported,
                fmt::format("--adjust {} is for stored bars, and this run is on ticks", plan.options.adjust),
                "name bars (--bar 1d), or leave out --adjust");

  if (!plan.options.watch.empty()) {
    if (bars) return fail(Errc::Unsupported, "--watch is for ticks, and this run is on stored bars", "leave out --bar");
    auto watched = read_watch_file(plan.options.watch);
    if (!watched) return std::unexpected(watched.error());
    plan.watched = std::move(*watched);
  }

  auto latencies = latencies_of(plan.options.latency, bars, plan.options.seed);
  if (!latencies) return std::unexpected(latencies.error());
  plan.latencies = std::move(*latencies);
  plan.models.latency = plan.latencies.orders;

  BacktestCheck check{session, folder, plan.from, plan.to};
  std::vector<sim::BarFeed::Stream> bar_streams;
  std::vector<sim::ReplayFeed::Stream> tick_streams;
  std::string stored_bar = plan.options.bar;  // with what tells two series of the same bars apart
  for (const Instrument& instrument : stored) {
    if (bars) {
      const auto series = bar_series_of(folder, instrument.id, stored_bar);
      if (!series) return std::unexpected(series.error());
      plan.options.bar = series->spec;
      stored_bar = series->adjusted ? series->spec + ":adjusted" : series->spec;
      auto read = read_bars(folder, *series, plan.from, plan.to, plan.adjust);
      if (!read) return std::unexpected(read.error());
      if (auto checked = check.bars(*series, *read, plan.adjust); !checked) return std::unexpected(checked.error());
      bar_streams.push_back(bar_stream(*series, instrument, std::move(*read)));
    } else {
      const store::TickQuery query{.from = plan.from, .to = plan.to};
      auto source = StoreSource::open(folder, instrument.id, query);
      if (!source) return std::unexpected(source.error());
      if (auto checked = check.ticks(instrument.id); !checked) return std::unexpected(checked.error());
      tick_streams.push_back({std::move(*source), instrument});
    }
  }
  if (plan.models.queue == sim::QueueModel::Fifo) {
    auto flows = flows_of(folder, stored, plan, bars);
    if (!flows) return std::unexpected(flows.error());
    plan.models.flows = std::move(*flows);
  }
  auto markets = markets_of(stored, plan, bars);
  if (!markets) return std::unexpected(markets.error());
  plan.models.markets = std::move(*markets);
  auto strategy = fresh_strategy(plan, bars ? plan.options.bar : std::string{});
  if (!strategy) return std::unexpected(strategy.error());
  const auto& given = plan.made.front().given;  // over bars one trades
  if (bars && !bar_streams[0].spec) {
    for (const auto& info : strategy->parameters.front().declared()) {
      if (info.type != "bars" || !given.contains(info.name)) continue;
      return fail(Errc::Unsupported,
                  fmt::format("{}: no bars can be built from {} bars, whose length their name does not say",
                              stored[0].id, plan.options.bar),
                  fmt::format("leave out --param {}: they come as they are stored", info.name));
    }
  }
  ran.data_hash = check.data_hash();
  ran.warnings = check.warnings();
  const auto files = folder.tick_files(stored[0].id);
  const std::int32_t first_day = plan.from != kNoTime ? day_of(plan.from) : files.empty() ? 0 : files.front().day;
  if (auto applied = apply_account(plan.options.account, stored, bars ? sim::FillRules::Bars : plan.fill_rules,
                                   plan.cash, first_day, plan.models);
      !applied) {
    return std::unexpected(applied.error());
  }
  ran.configuration = configuration_of(plan, strategy->parameters, bars, stored_bar);
  for (std::string& unused : not_counted(plan, stored, bars)) {
    say(session, "  " + unused);
    ran.warnings.push_back(std::move(unused));
  }

  research::BacktestRun run;
  run.strategy = std::move(strategy->strategy);
  run.several = strategy->several;
  run.models = plan.models;
  run.cash = plan.cash;
  run.journal_path = journal;
  if (bars) {
    const auto preset = given.find("preset");
    if (preset != given.end()) {
      for (auto& stream : bar_streams) {
        if (auto applied = research::apply_preset(preset->second, stream, run.models, run.cash); !applied)
          return std::unexpected(applied.error());
      }
    }
    ran.cash = run.cash;
  }
  Json described;
  for (const auto& [key, value] : ran.configuration) described[key] = value;
  described["data_hash"] = ran.data_hash;
  described["version"] = kVersion;
  run.configuration = described.dump();
  // In run.json, not in the journal: what a run is held against changes nothing in it.
  if (!plan.options.benchmark.empty()) ran.configuration.emplace_back("benchmark", plan.options.benchmark);
  for (std::size_t i = 0; i < plan.made.size(); ++i) {
    const Plugin* plugin = plan.made[i].choice.plugin;
    if (plugin == nullptr) continue;
    // In run.json, not in the journal: the same strategy has the same journal wherever it comes from.
    const std::string of = plan.several.empty() ? "" : plan.several[i].name + ".";
    ran.configuration.emplace_back(of + "plugin", plugin->file.filename().string());
    ran.configuration.emplace_back(of + "plugin_sha256", plugin->sha256);
  }

  Progress progress{session, "backtest"};
  research::BacktestOptions options{.fill_rules = plan.fill_rules,
                                    .seed = plan.options.seed,
                                    .feed_latency = plan.latencies.feed,
                                    .equity_interval = bars ? 0 : kSecond,
                                    .watched = plan.watched ? &plan.watched->timeline : nullptr,
                                    .limits = plan.limits.limits};
  if (!plan.options.equity_every.empty()) {
    const auto every = parse_duration(plan.options.equity_every);
    if (every && *every <= 0)
      return fail(Errc::Usage, fmt::format("--equity-every {} must be above 0", plan.options.equity_every),
                  "for example 1m");
    if (!every)
      return fail(Errc::Usage, fmt::format("--equity-every {} is not a duration", plan.options.equity_every),
                  "for example 1m");
    options.equity_interval = *every;
  }
  const DurationNanos step = bars ? bar_streams[0].span : options.equity_interval;
  auto benchmark = read_benchmark(folder, plan.options.benchmark, stored[0].id, bars ? stored_bar : "", plan.from,
                                  plan.to, step, plan.adjust);
  if (!benchmark) return std::unexpected(benchmark.error());
  ran.benchmark = std::move(*benchmark);
  options.progress = [&](double done) {
    progress.update(static_cast<std::uint64_t>(done * 1000), 1000);
    return !interrupted();
  };
  std::vector<research::BacktestRun> runs;
  runs.push_back(std::move(run));
  // The band: the same strategy, orders and account under the least and the most favourable queue, over the same pass.
  const bool band = !bars && plan.fill_rules == sim::FillRules::Stom && !plan.options.no_band;
  for (const auto queue : {sim::QueueModel::RiskAverse, sim::QueueModel::Log}) {
    if (!band) break;
    research::BacktestRun other;
    auto same = fresh_strategy(plan, {});
    if (!same) return std::unexpected(same.error());
    other.strategy = std::move(same->strategy);
    other.several = same->several;
    other.models = plan.models;
    other.models.queue = queue;
    other.cash = plan.cash;
    runs.push_back(std::move(other));
  }
  if (auto enough = check.outlasts(plan.warmup); !enough) return std::unexpected(enough.error());
  check.estimate(runs.size(), options.equity_interval);
  check.tell();
  if (auto fits = check.fits(); !fits) return std::unexpected(fits.error());
  ran.check = check.json();
  for (std::size_t i = 0; i < bar_streams.size(); ++i) {
    ran.instruments.push_back(bar_streams[i].instrument);
    ran.prices.push_back({static_cast<InstrumentIndex>(i), bar_streams[i].bars});
  }
  for (const auto& stream : tick_streams) ran.instruments.push_back(stream.instrument);
  auto outcome = bars ? research::run_bar_backtest(std::move(bar_streams), std::move(runs), options)
                      : research::run_backtest(std::move(tick_streams), std::move(runs), options);
  if (!outcome) return std::unexpected(outcome.error());
  ran.outcome = std::move(*outcome);
  return ran;
}

RunResult result_of(const Plan& plan, Ran& ran, std::string id) {
  research::RunOutcome& run = ran.outcome.runs[0];
  RunResult result;
  result.id = std::move(id);
  result.strategy = plan.options.strategy;
  result.configuration = ran.configuration;
  result.version = kVersion;
  result.data_hash = ran.data_hash;
  result.journal_hash = run.journal_hash;
  result.instruments = ran.instruments;
  result.currency = ran.instruments[0].settlement();
  result.initial_equity = ran.cash;
  result.from = ran.outcome.data.first_time;
  result.to = ran.outcome.data.last_time;
  result.trading_start = result.from + plan.warmup;
  result.fills = std::move(run.fills);
  std::stable_sort(result.fills.begin(), result.fills.end(), [](const Fill& a, const Fill& b) {
    return std::pair{a.time, a.order} < std::pair{b.time, b.order};
  });
  result.equity = run.equity.points();
  if (plan.warmup > 0) {
    // A point for each bar carries the time of its open and the worth at its close: it is later than it says.
    const bool of_bars = !ran.prices.empty() && plan.options.equity_every.empty();
    const auto next =
        std::ranges::lower_bound(result.equity, result.trading_start + (of_bars ? 0 : 1), {}, &EquityPoint::time);
    result.trading_start_equity = next == result.equity.begin() ? result.initial_equity : std::prev(next)->equity;
  }
  if (ran.outcome.runs.size() == 3) {
    result.pessimistic = ran.outcome.runs[1].equity.points();
    result.optimistic = ran.outcome.runs[2].equity.points();
  }
  result.strategies = std::move(run.strategies);
  result.prices = std::move(ran.prices);
  result.canceled = ran.outcome.stopped_early;
  result.benchmark_name = std::move(ran.benchmark.name);
  result.benchmark = std::move(ran.benchmark.points);
  result.warnings = ran.warnings;
  if (ran.outcome.data.gaps > 0) {
    result.warnings.push_back(fmt::format(
        "{} gaps in the market data: the book was stale after each until the next snapshot", ran.outcome.data.gaps));
  }
  if (const auto& recorded = plan.models.latency.recorded;
      recorded != nullptr && (recorded->first_time() > result.from || recorded->last_time() < result.to)) {
    result.warnings.push_back(
        fmt::format("the recorded latencies reach from {} to {}: outside of that their first and last are taken",
                    format_time(recorded->first_time()), format_time(recorded->last_time())));
  }
  for (std::size_t i = 0; i < run.refused.size(); ++i) {
    if (run.refused[i] == 0) continue;
    result.warnings.push_back(
        fmt::format("{} orders were refused: {}", run.refused[i], name_of(static_cast<RejectReason>(i))));
  }
  if (run.liquidations > 0)
    result.warnings.push_back("the account was liquidated: the reason of those trades' exit is liquidation");
  derive_trades(result, [&](ClientOrderId order) -> std::string_view {
    const auto it = run.exit_reasons.find(order);
    return it == run.exit_reasons.end() ? std::string_view{"signal"} : std::string_view{it->second};
  });
  return result;
}

/// "20240808T235416-mm_keep-3f2a91c0": sorts by time of making, and says what it is.
std::string run_id(const Plan& plan, UnixNanos now) {
  std::string stamp = format_time(now).substr(0, 19);
  std::erase(stamp, '-');
  std::erase(stamp, ':');
  Sha256 hash;
  hash.update(format_time(now));
  return fmt::format("{}-{}-{}", stamp, plan.several.empty() ? plan.options.strategy : "several",
                     hash.hex().substr(0, 8));
}

std::string text_of(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

void print_parts(const RunResult& result) {
  for (const Json& part : Json::parse(strategies_json(result))) {
    std::string holds;
    for (const Json& one : part["positions"])
      holds += fmt::format("{}{} {} at {}", holds.empty() ? "" : ", ", one["quantity"].get<std::string>(),
                           one["instrument"].get<std::string>(), one["entry_price"].get<std::string>());
    fmt::print("  {}  {} fills, fee {}, P&L {} {}, holds {}\n", part["name"].get<std::string>(),
               part["fills"].get<std::uint64_t>(), part["fee"].get<std::string>(), part["pnl"].get<std::string>(),
               result.currency, holds.empty() ? "nothing" : holds);
  }
}

int run(Session& session, Options options, const CLI::App& command) {
  if (auto read = read_file(options, command); !read) return report_bad_settings(session, read.error());
  auto plan = plan_of(options, session.home);
  if (!plan) return report_error(session, plan.error());
  auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return report_error(session, folder.error());

  const UnixNanos now = SystemClock{}.now();
  const std::string id = run_id(*plan, now);
  const std::filesystem::path target =
      options.out.empty() ? session.home / "runs" / id : std::filesystem::path{options.out};
  for (const auto& left : remove_abandoned_drafts(std::filesystem::absolute(target).lexically_normal().parent_path()))
    say(session, fmt::format("removed {}: a run that was killed had left it", left.string()));
  auto draft = RunFolderDraft::begin(target);
  if (!draft) return report_error(session, draft.error());
  auto ran = execute(session, *folder, *plan, draft->path() / "journal.stom");
  if (!ran) return report_error(session, ran.error());
  const RunResult result = result_of(*plan, *ran, target.filename().empty() ? id : target.filename().string());
  if (auto written =
          draft->write(result, {plan->conventions, session.lang.empty() ? "en" : session.lang, !options.no_report});
      !written) {
    return report_error(session, written.error());
  }
  if (auto committed = draft->commit(); !committed) return report_error(session, committed.error());

  const auto& data = ran->outcome.data;
  const auto& last = ran->outcome.runs[0];
  for (const auto& line : last.lines) say(session, fmt::format("{} says: {}", result.strategy, line));
  const Money equity = result.equity.empty() ? result.initial_equity : result.equity.back().equity;
  if (session.json) {
    Json out{{"id", result.id},
             {"folder", std::filesystem::absolute(target).string()},
             {"strategy", result.strategy},
             {"fills", result.fills.size()},
             {"trades", result.trades.size()},
             {"orders", last.submitted},
             {"equity", format_decimal_trimmed(equity.value, kMoneyDecimals)},
             {"fee", format_decimal_trimmed(last.fee.value, kMoneyDecimals)},
             {"funding", format_decimal_trimmed(last.funding_paid.value, kMoneyDecimals)},
             {"liquidations", last.liquidations},
             {"journal_hash", result.journal_hash},
             {"journal_records", last.journal_records},
             {"data_hash", result.data_hash},
             {"refused", Json::object()},
             {"canceled", result.canceled},
             {"check", ran->check},
             {"data",
              {{"messages", data.messages},
               {"rows", data.rows},
               {"gaps", data.gaps},
               {"clock_repair_ns", data.clock_repair}}},
             {"timing", {{"load_ns", data.load_ns}, {"run_ns", ran->outcome.run_ns}}}};
    for (std::size_t i = 0; i < last.refused.size(); ++i)
      if (last.refused[i] > 0) out["refused"][std::string{name_of(static_cast<RejectReason>(i))}] = last.refused[i];
    if (!result.pessimistic.empty()) {
      const auto end = [](const std::vector<EquityPoint>& curve) {
        return format_decimal_trimmed(curve.back().equity.value, kMoneyDecimals);
      };
      const BandPoint last_point = band_of(result).back();
      out["band"] = {{"pessimistic", end(result.pessimistic)},
                     {"optimistic", end(result.optimistic)},
                     {"least", format_decimal_trimmed(last_point.least.value, kMoneyDecimals)},
                     {"greatest", format_decimal_trimmed(last_point.greatest.value, kMoneyDecimals)}};
    }
    if (!result.strategies.empty()) out["strategies"] = Json::parse(strategies_json(result));
    fmt::print("{}\n", out.dump());
  } else {
    fmt::print("{}  {} fills, {} trades, equity {} {} (started with {})\n", result.strategy, result.fills.size(),
               result.trades.size(), format_decimal_trimmed(equity.value, kMoneyDecimals), result.currency,
               format_decimal_trimmed(result.initial_equity.value, kMoneyDecimals));
    print_parts(result);
    if (!result.pessimistic.empty()) {
      const BandPoint end = band_of(result).back();
      fmt::print("from {} to {} by the queue model: {} {}, risk_averse {}, log {}\n", text_of(end.least),
                 text_of(end.greatest), plan->options.queue, text_of(equity), text_of(result.pessimistic.back().equity),
                 text_of(result.optimistic.back().equity));
    }
    for (std::size_t i = 0; i < last.refused.size(); ++i) {
      if (last.refused[i] > 0)
        fmt::print("{} orders refused: {}\n", last.refused[i], name_of(static_cast<RejectReason>(i)));
    }
    fmt::print("journal {}\nresults {}\n", result.journal_hash, target.string());
    if (result.canceled) say(session, "interrupted: what was done until then is kept");
    if (!options.no_report) say(session, fmt::format("open {} in a browser", (target / "report.html").string()));
  }
  return result.canceled ? kInterrupted : kOk;
}

}  // namespace

void add_backtest_run(CLI::App& group, Session& session) {
  auto* command = group.add_subcommand("run", "Run a strategy over stored market data");
  auto o = std::make_shared<Options>();
  command->add_option("file", o->file, "settings as TOML; options given here win over it")->check(CLI::ExistingFile);
  command->add_option("--strategy", o->strategy, "which (stom strategy list), or the file of a plug-in");
  command->add_option("--plugin", o->plugin, "file of a plug-in that has the strategy (stom strategy build)");
  command->add_option("--strategies", o->strategies,
                      "several strategies on one account, each with a position of its own: a TOML file "
                      "(docs/several-strategies.md)");
  command->add_option("--instrument", o->instruments, "VENUE:SYMBOL; more than one for strategies that trade several");
  command
      ->add_option(
          "--param", o->parameters,
          "NAME=VALUE or NAME=@FILE, once each (stom strategy show NAME); of several strategies STRATEGY.NAME=VALUE")
      ->expected(1)
      ->take_all();
  command->add_option("--bar", o->bar, "run on stored bars of this kind (1m, 1d) instead of ticks");
  command->add_option(
      "--adjust", o->adjust,
      "bars: for the stored splits, or for all (dividends too): docs/corporate-actions.md (default: none)");
  command->add_option("--from", o->from, "first time, UTC");
  command->add_option("--to", o->to, "end, not included");
  command->add_option("--warmup", o->warmup, "time at the start that does not count for statistics");
  command->add_option("--cash", o->cash, "at the start, in the settlement currency (default: 10000, or 10000000 KRW)");
  command->add_option("--queue", o->queue,
                      "queue model: risk_averse, power3, power:N, log; fifo on a generated market");
  command->add_option("--market-rules", o->market_rules,
                      "ticks: venue (sessions, auctions and limits of KRX and NXT) or none (docs/auctions.md)");
  command->add_option("--order-latency", o->latency.order,
                      "to the venue and back again: 1ms, 250us; 1ms,2ms is 2ms back; file:PATH is recorded latencies "
                      "(docs/latency.md; default: 1ms on ticks, 0s on bars)");
  command->add_option("--latency-jitter", o->latency.jitter,
                      "drawn on top of it: 2ms (from 0 to 2 ms), exponential:1ms");
  command->add_option("--feed-latency", o->latency.feed, "market data reach us so much later than recorded");
  command->add_option("--feed-jitter", o->latency.feed_jitter, "drawn on top of that, as --latency-jitter");
  command->add_option("--maker", o->maker, "maker fee as a share of value");
  command->add_option("--taker", o->taker, "taker fee as a share of value");
  command->add_option("--spread", o->spread, "bars: what an entry pays on top of the price, as a share");
  command->add_option("--bar-path", o->bar_path,
                      "bars: in what order a bar saw its prices: worst, ohlc or adaptive (docs/fills.md, B5)");
  command->add_option("--margin", o->margin, "bars: share of a position's value that cash must cover");
  command->add_option("--account", o->account.account,
                      "cash, margin or unlimited (default: cash for spot, margin for contracts; docs/accounts.md)");
  command->add_option("--leverage", o->account.leverage, "of a margin account, a whole number (default 1)");
  command->add_option("--fees", o->account.fees, "fees and taxes by a table: binance-usdm, krx-kospi, or a file")
      ->excludes("--maker")
      ->excludes("--taker");
  command->add_option("--fill-rules", o->fill_rules, "stom, or hftbacktest to compare with that package");
  command->add_option("--conventions", o->conventions, "of the statistics (docs/statistics.md)");
  command->add_option("--equity-every", o->equity_every,
                      "time between points of the equity curve (ticks 1s, bars each bar)");
  command->add_option("--seed", o->seed, "of drawn latencies")->check(check_whole_number);
  command->add_option(
      "--watch", o->watch,
      "a session's watch.csv: an instrument is seen only while it was registered there (docs/universe.md)");
  command
      ->add_option("--limit", o->limits,
                   "NAME[@SCOPE]=VALUE, once each: what every order must keep, as in a session: position=2, "
                   "order_rate=10/1s (docs/risk.md)")
      ->expected(1)
      ->take_all();
  command->add_option("--limits", o->limits_file, "more of them, in a TOML file with a table [limits]");
  command->add_option("--out", o->out, "folder of the result (default: a new one under STOM_HOME/runs)");
  command->add_option("--benchmark", o->benchmark,
                      "bars to hold the run against, as us:SPY:1d, or hold: what it trades, bought and kept");
  command->add_flag("--no-band", o->no_band, "without the runs under the least and the most favourable queue");
  command->add_flag("--no-report", o->no_report, "without report.html");
  examples(*command,
           {"stom backtest run --strategy mm_keep --instrument sim:BTCUSDT",
            "stom backtest run --strategy sma_cross --instrument sim:BTCUSDT --bar 1m --param fast=5 --param slow=20",
            "stom backtest run --strategies two.toml --param near.distance=3", "stom backtest run my-run.toml --json"});
  command->callback([&session, o, command] { session.status = run(session, *o, *command); });
}

}  // namespace stom
