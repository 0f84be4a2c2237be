// `stom trade`: live market data and orders, on paper or at an exchange for tests (docs/trade.md). What makes a session
// is brought together here; trade/ runs it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "account_choice.hpp"
#include "armed_accounts.hpp"
#include "backtest_latency.hpp"
#include "command.hpp"
#include "core/clock.hpp"
#include "core/spelling.hpp"
#include "limits_file.hpp"
#include "made_strategy.hpp"
#include "network.hpp"
#include "not_running_error.hpp"
#include "risk/currency_rates.hpp"
#include "session_alerts.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategies_file.hpp"
#include "strategy_parameters.hpp"
#include "timeout_error.hpp"
#include "trade/disk_watch.hpp"
#include "trade/earlier_session.hpp"
#include "trade/exposure_view.hpp"
#include "trade/instrument_text.hpp"
#include "trade/instruments.hpp"
#include "trade/margin_settings.hpp"
#include "trade/running_sessions.hpp"
#include "trade/session_cash.hpp"
#include "trade/session_folder.hpp"
#include "trade/trade_session.hpp"
#include "trade/venue_setup.hpp"
#include "trade/venues_file.hpp"
#include "trade_again.hpp"
#include "trade_availability.hpp"
#include "trade_executions.hpp"
#include "trade_kill.hpp"
#include "trade_log.hpp"
#include "trade_metrics.hpp"
#include "vault_file.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

constexpr int kTurnMs = 20;  // so long a thread that answers waits for who asks, before it does what else it does

struct StartFlags {
  bool paper = false, testnet = false, live = false;
  std::string venues_file, strategy, plugin, folder, queue = "power3", maker = "0.0002", taker = "0.0005",
                                                     fill_rules = "stom", ready_within = "60s", candidates,
                                                     market_rules, strategies;
  std::string currency, alerts, limits_file, copy_to, confirm, dead_man;
  int passphrase = kNoDescriptor;
  std::vector<StrategyInFile> several;  // what `strategies` names
  std::vector<std::string> instruments, universes, parameters, rows, leverages, margins, orders, rates, limits, cash;
  AccountChoice account;
  LatencyChoice latency;
  std::uint64_t seed = 1;
  bool keep_orders = false, no_record = false, busy_poll = false, changed = false, accept_differences = false;
  bool durable = false;  // as the account was armed
  std::uint64_t segment_bytes = trade::kSegmentBytes;
};

Result<std::int64_t> rate(std::string_view name, const std::string& text) {
  const auto parsed = parse_decimal(text, sim::kRateDecimals);
  if (!parsed || *parsed <= -kWholeRate || *parsed >= kWholeRate)
    return fail(Errc::Usage, fmt::format("--{} {} is not a share between -1 and 1", name, text),
                "0.0005 is five hundredths of a per cent");
  return parsed;
}

using Json = nlohmann::ordered_json;

class Setup {
 public:
  /// `file`: how the venues are reached, where --venues named one. `earlier`: the configuration of the session that
  /// goes on or is made again, empty where one begins.
  Setup(const StartFlags& flags, trade::VenuesFile file, const std::filesystem::path& home, UnixNanos now,
        std::string earlier, trade::InstrumentLists::Told told)
      : flags_{flags},
        home_{home},
        now_{now},
        file_{std::move(file)},
        earlier_{std::move(earlier)},
        told_{std::move(told)},
        account_{flags.account} {}

  Result<trade::Plan> plan() {
    plan_.mode = flags_.paper ? trade::Mode::Paper : flags_.live ? trade::Mode::Live : trade::Mode::Testnet;
    plan_.keep_orders = flags_.keep_orders;
    plan_.copy_to = flags_.copy_to;
    plan_.segment_bytes = flags_.segment_bytes;
    if (!flags_.dead_man.empty()) {
      const auto within = parse_duration(flags_.dead_man);
      if (!within) return std::unexpected(within.error());
      if (*within < kSecond)
        return fail(Errc::Usage, "--dead-man: shorter than a second", "10m: people are to have time to say something");
      plan_.dead_man = *within;
    }
    plan_.record = !flags_.no_record;
    plan_.tell_orders = true;
    plan_.busy_poll = flags_.busy_poll;
    plan_.durable = flags_.durable;
    plan_.seed = flags_.seed;
    plan_.session = trade::session_of(earlier_);  // empty: it begins here, or is on paper, where no exchange hears it
    if (plan_.session.empty()) plan_.session = trade::session_name(now_);
    for (const auto step : {&Setup::find_route, &Setup::check_instruments, &Setup::read_universes, &Setup::read_rows,
                            &Setup::read_margin, &Setup::read_orders, &Setup::read_limits, &Setup::make_strategy,
                            &Setup::read_rates, &Setup::read_paper, &Setup::make_venues, &Setup::check_can_go_on,
                            &Setup::check_money, &Setup::find_instruments, &Setup::set_money})
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    plan_.strategy_name = strategy_name_;
    find_offered();
    plan_.configuration = configuration();
    plan_.made_of = made_of();
    plan_.goes_on = !earlier_.empty();
    plan_.accept_differences = flags_.accept_differences;
    if (plan_.goes_on)
      if (auto same = trade::check_goes_on(earlier_, plan_.configuration, flags_.changed); !same)
        return std::unexpected(same.error());
    return std::move(plan_);
  }

  /// The engine's part of a plan, of what made_of() told; `changed`: parameters that are to be others.
  Result<trade::Plan> again(const Json& made, const std::vector<std::string>& changed) {
    plan_.mode = flags_.paper ? trade::Mode::Paper : trade::Mode::Testnet;
    plan_.seed = flags_.seed;
    plan_.traded = made.at("traded").get<std::size_t>();
    plan_.configuration = earlier_;
    auto instruments = trade::instruments_of(made.at("instruments"));
    if (!instruments) return std::unexpected(instruments.error());
    plan_.instruments = std::move(*instruments);
    const Json offered = made.value("offered", Json::object());  // of before it none was kept by the session
    for (const Instrument& instrument : plan_.instruments) {
      if (offered.empty()) break;
      const Json& one = offered.at(instrument.venue());
      plan_.offered.push_back({one.at(0).get<std::uint8_t>(), one.at(1).get<std::uint8_t>(), one.at(2).get<bool>(),
                               made.contains("several")});
    }
    if (auto done = remake_strategy(made, changed); !done) return std::unexpected(done.error());
    for (const auto step : {&Setup::read_limits, &Setup::read_given_rates, &Setup::read_paper, &Setup::set_money})
      if (auto done = (this->*step)(); !done) return std::unexpected(done.error());
    if (latencies_.recorded_sha256 != made.value("latency_sha256", ""))
      return fail(Errc::BadData,
                  fmt::format("{} is not what it was: the latencies were drawn from it", flags_.latency.order),
                  "bring back the file as the session had it");
    return std::move(plan_);
  }

 private:
  Result<void> find_route() {
    if (flags_.venues_file.empty() && flags_.testnet)
      return fail(Errc::Usage, "--testnet needs to be told where to trade",
                  "--venues FILE, the line of stom exchange --json");
    auto route = network_route(file_.authority);
    if (!route) return std::unexpected(route.error());
    plan_.route = std::move(*route);
    return {};
  }

  Result<void> check_instruments() {
    if (flags_.instruments.empty() && flags_.universes.empty())
      return fail(Errc::Usage, "no instrument named", "--instrument VENUE:SYMBOL, or --universe");
    std::set<std::string> seen;
    for (const std::string& id : flags_.instruments) {
      if (!seen.insert(id).second)
        return fail(Errc::Usage, fmt::format("--instrument {} is there twice", id), "name it once");
      const auto colon = id.find(':');
      if (colon == std::string::npos || colon == 0 || colon + 1 == id.size())
        return fail(Errc::Usage, fmt::format("--instrument {}: not VENUE:SYMBOL", id), "for example binance:BTCUSDT");
    }
    return {};
  }

  /// After the instruments that are named come the candidates, of which a venue's registrations hold only some.
  Result<void> read_universes() {
    ids_ = flags_.instruments;
    plan_.pinned = ids_.size();
    std::set<std::string> known{ids_.begin(), ids_.end()};
    const auto add = [&](const std::string& file, std::string_view venue) -> Result<void> {
      const auto candidates = trade::read_candidates(file, venue);
      if (!candidates) return std::unexpected(candidates.error());
      for (const std::string& id : *candidates)
        if (known.insert(id).second) ids_.push_back(id);
      return {};
    };
    for (const std::string& text : flags_.universes) {
      auto source = trade::parse_universe(text);
      if (!source) return std::unexpected(source.error());
      if (has_universe(source->venue))
        return fail(Errc::Usage, fmt::format("--universe {}: {} has one already", text, source->venue),
                    "one universe of each venue");
      const bool list = source->kind == trade::UniverseSource::Kind::List;
      if (!list && flags_.candidates.empty())
        return fail(Errc::Usage, fmt::format("--universe {} names nobody whom it may choose", text),
                    "--candidates FILE, with one VENUE:SYMBOL in each line");
      plan_.universes.push_back(std::move(*source));
      if (list)
        if (auto done = add(plan_.universes.back().file.string(), plan_.universes.back().venue); !done) return done;
    }
    if (flags_.candidates.empty()) return {};
    if (plan_.universes.empty())
      return fail(Errc::Usage, "--candidates without --universe", "say what chooses among them: --universe");
    return add(flags_.candidates, plan_.universes.front().venue);
  }

  /// A file has rows of one rule: second rows of one and minute rows of one.
  Result<void> read_rows() {
    for (const std::string& text : flags_.rows) {
      const auto spec = trade::parse_row_spec(text);
      if (!spec) return std::unexpected(spec.error());
      if (std::ranges::find(plan_.rows, spec->minute, &RowSpec::minute) != plan_.rows.end())
        return fail(Errc::Usage, fmt::format("--rows {}: rows of that length are kept by another rule", text),
                    "one rule for seconds and one for minutes; stom data rows makes others of the frames");
      plan_.rows.push_back(*spec);
    }
    return {};
  }

  bool has_universe(std::string_view venue) const {
    return std::ranges::find(plan_.universes, venue, &trade::UniverseSource::venue) != plan_.universes.end();
  }
  /// A venue can do what its universe asks of it, and the candidates have one that does.
  Result<void> check_universes() {
    for (const auto& source : plan_.universes) {
      const auto setup = std::ranges::find(plan_.venues, source.venue, &trade::VenueSetup::name);
      if (setup == plan_.venues.end())
        return fail(Errc::Usage, fmt::format("--universe {}: no candidate is of {}", source.text, source.venue),
                    "--candidates FILE, with one VENUE:SYMBOL in each line");
      const auto& about = setup->venue->description();
      using enum trade::UniverseSource::Kind;
      if ((source.kind == TopByValue && !about.ranks_by_value) || (source.kind == Search && !about.searches))
        return fail(Errc::Unsupported,
                    fmt::format("--universe {}: {} offers no {}", source.text, source.venue,
                                source.kind == Search ? "condition search" : "ranking by traded value"),
                    fmt::format("--universe {}:list=FILE", source.venue));
      if (about.registrations == venues::kNoBudget) continue;
      const auto pinned = std::count_if(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(plan_.pinned),
                                        [&](const std::string& id) { return id.starts_with(source.venue + ":"); });
      if (const auto most = about.budgets[about.registrations].limit; pinned > most)
        return fail(
            Errc::Usage,
            fmt::format("--instrument names {} of {}, which registers {} a connection", pinned, source.venue, most),
            "name fewer; the others may be candidates");
    }
    for (std::size_t i = plan_.pinned; i < plan_.traded; ++i)
      if (!has_universe(ids_[i].substr(0, ids_[i].find(':'))))
        return fail(Errc::Usage, fmt::format("the candidate {} is of a venue without a universe", ids_[i]),
                    "--universe of that venue, or --instrument where it is always wanted");
    return {};
  }

  /// On paper one leverage is the account's; at a venue each contract has its own, and its margin mode.
  Result<void> read_margin() {
    std::vector<std::string> of_contracts;
    for (const std::string& text : flags_.leverages) {
      if (text.find('=') != std::string::npos) {
        of_contracts.push_back(text);
        continue;
      }
      if (!flags_.paper)
        return fail(Errc::Usage, fmt::format("--leverage {}: of which contract?", text),
                    "--leverage ID=N, for example --leverage binance-usdm:BTCUSDT=5");
      account_.leverage = text;
    }
    if (flags_.paper && (!of_contracts.empty() || !flags_.margins.empty()))
      return fail(Errc::Usage, "on paper no venue's account is set", "--leverage N is that of the account on paper");
    auto settings = trade::read_margin_settings(of_contracts, flags_.margins, ids_);
    if (!settings) return std::unexpected(settings.error());
    margin_ = std::move(*settings);
    return {};
  }

  /// By which of a venue's roads orders go.
  Result<void> read_orders() {
    for (const std::string& text : flags_.orders) {
      const auto at = text.find('=');
      const std::string venue = text.substr(0, at), road = at == std::string::npos ? "" : text.substr(at + 1);
      if (road != "rest" && road != "websocket")
        return fail(Errc::Usage, fmt::format("--orders {}: not VENUE=rest or VENUE=websocket", text),
                    "for example --orders binance-usdm=websocket");
      if (std::ranges::none_of(ids_, [&](const std::string& id) { return id.starts_with(venue + ":"); }))
        return fail(Errc::Usage, fmt::format("--orders {}: the session trades nothing of {}", text, venue),
                    "name one of its instruments with --instrument");
      if (road == "websocket") by_socket_.insert(venue);
    }
    return {};
  }

  Result<void> read_limits() {
    auto chosen = choose_limits(flags_.limits, flags_.limits_file);
    if (!chosen) return std::unexpected(chosen.error());
    limits_ = std::move(chosen->texts);
    plan_.risk.limits = std::move(chosen->limits);
    plan_.risk.breakers = std::move(chosen->breakers);
    return {};
  }

  /// A wrong parameter is said before anything is connected.
  Result<void> make_strategy() {
    if (!flags_.several.empty()) return make_several();
    auto one = make_named_strategy(flags_.strategy, flags_.plugin, flags_.parameters, home_, {}, ids_.size(),
                                   "name --instrument once for each instrument");
    if (!one) return std::unexpected(one.error());
    strategy_name_ = one->name;
    plan_.strategy = std::move(one->strategy);
    made_.push_back(std::move(*one));
    return {};
  }

  Result<void> make_several() {
    auto made = make_strategies(flags_.strategies, flags_.several, home_);
    if (!made) return std::unexpected(made.error());
    made_ = std::move(*made);
    std::vector<std::unique_ptr<Strategy>> strategies;
    for (MadeStrategy& one : made_) strategies.push_back(std::move(one.strategy));
    strategy_name_ = trade::several_name(names_in(flags_.several));
    set_several(share_account(flags_.several, std::move(strategies), ids_));
    return {};
  }

  void set_several(std::unique_ptr<Several> all) {
    plan_.several = all.get();
    plan_.risk.strategies = all->names();
    plan_.strategy = std::move(all);
  }

  /// Of what MadeStrategy::json() told.
  Result<std::unique_ptr<Strategy>> remake_one(const Json& made, const std::vector<std::string>& changed) {
    const auto name = made.at("strategy").get<std::string>(), plugin = made.at("plugin").get<std::string>();
    const auto choice = choose_strategy(name, plugin, home_ / "plugins");
    if (!choice) return std::unexpected(choice.error());
    const std::string sha256 = choice->plugin != nullptr ? choice->plugin->sha256 : "";
    if (const auto was = made.at("plugin_sha256").get<std::string>(); sha256 != was)
      return fail(Errc::BadData,
                  fmt::format("the strategy {} is not what it was: its plug-in's SHA-256 is {}, and was {}", name,
                              sha256.empty() ? "none" : sha256, was.empty() ? "none" : was),
                  fmt::format("bring back {} as the session had it", plugin.empty() ? "the plug-in" : plugin));
    auto values = given_parameters(changed, choice->entry);
    if (!values) return std::unexpected(values.error());
    for (const auto& [key, value] : made.at("parameters").items()) values->emplace(key, value.get<std::string>());
    Parameters parameters{std::move(*values)};
    return stom::make_strategy(*choice->entry, parameters);
  }

  Result<void> remake_strategy(const Json& made, const std::vector<std::string>& changed) {
    if (made.contains("several")) return remake_several(made.at("several"), changed);
    auto one = remake_one(made, changed);
    if (!one) return std::unexpected(one.error());
    plan_.strategy = std::move(*one);
    return {};
  }

  /// `changed`: "trend.fast=20", with the name of the one whose parameter it is.
  Result<void> remake_several(const Json& made, const std::vector<std::string>& changed) {
    std::vector<Several::Member> members;
    std::vector<std::string> names;
    for (const Json& one : made) names.push_back(one.at("name").get<std::string>());
    const auto its = parameters_by_name(names, changed);
    if (!its) return std::unexpected(its.error());
    for (std::size_t i = 0; i < names.size(); ++i) {
      const Json& one = made.at(i);
      auto strategy = remake_one(one, (*its)[i]);
      if (!strategy) return std::unexpected(strategy.error());
      members.push_back({names[i],
                         std::move(*strategy),
                         one.at("instruments").get<std::vector<InstrumentIndex>>(),
                         {one.at("cash").at(0).get<std::int64_t>(), one.at("cash").at(1).get<std::int64_t>()}});
    }
    const auto is_known = [&](const Several::Member& one) {
      return std::ranges::all_of(one.instruments, [&](InstrumentIndex i) { return i < plan_.traded; });
    };
    if (members.empty() || members.size() > orders::kMostStrategies || !std::ranges::all_of(members, is_known))
      return fail(Errc::BadData, "what the session's strategies were cannot be read",
                  "verify it with the version that traded");
    set_several(std::make_unique<Several>(std::move(members), plan_.traded));
    return {};
  }

  /// A rate is a number, or the price of an instrument: that one is watched too, behind all that the strategy knows of.
  static bool is_given(std::string_view rate) {
    const auto equals = rate.find('='), colon = rate.find(':');
    return equals == rate.npos || colon == rate.npos || colon < equals;
  }
  Result<void> read_given_rates() {
    plan_.risk.currency = flags_.currency;
    for (const std::string& text : flags_.rates) {
      if (!is_given(text)) continue;
      auto rate = risk::parse_given_rate(text, now_);
      if (!rate) return std::unexpected(rate.error());
      plan_.risk.rates.push_back(std::move(*rate));
    }
    return {};
  }
  Result<void> read_rates() {
    plan_.traded = ids_.size();
    if (!flags_.currency.empty() && !risk::is_currency(flags_.currency))
      return fail(Errc::Usage, fmt::format("--currency {}: no currency", flags_.currency),
                  "in capitals, for example KRW or USDT");
    if (auto given = read_given_rates(); !given) return given;
    for (const std::string& text : flags_.rates) {
      if (is_given(text)) continue;
      const auto equals = text.find('=');
      std::string id = text.substr(equals + 1);
      if (has_universe(id.substr(0, id.find(':'))))
        return fail(Errc::Usage, fmt::format("--rate {}: its venue has a universe", text), "name it with --instrument");
      rate_instruments_.emplace(id, text.substr(0, equals));
      if (std::ranges::find(ids_, id) == ids_.end()) ids_.push_back(std::move(id));
    }
    return {};
  }

  /// The instrument of a rate is of the two currencies that it was said to be of.
  Result<void> check_rates(const std::vector<Instrument>& instruments) const {
    for (const auto& [id, pair] : rate_instruments_) {
      const auto& instrument = *std::ranges::find(instruments, id, &Instrument::id);
      const std::string of = instrument.base + "/" + instrument.quote;
      if (instrument.kind != ContractKind::Spot || of != pair)
        return fail(
            Errc::Usage, fmt::format("--rate {}={}: that is no spot price of {}", pair, id, pair),
            fmt::format("its price is {}{}", of, instrument.kind != ContractKind::Spot ? " of a contract" : ""));
    }
    return {};
  }

  Result<void> make_venues() {
    for (const std::string& id : ids_) {
      const std::string name = id.substr(0, id.find(':'));
      if (std::ranges::find(plan_.venues, name, &trade::VenueSetup::name) != plan_.venues.end()) continue;
      trade::VenueAccess access;
      if (const auto at = file_.venues.find(name); at != file_.venues.end()) {
        access = at->second;
      } else if (!flags_.venues_file.empty()) {
        return fail(Errc::NotFound, fmt::format("{} has no {}", flags_.venues_file, name),
                    "an exchange lists what it speaks: stom exchange --json");
      }
      // On paper a key is used only where there is no market data without one.
      const auto use = flags_.paper  ? trade::KeyUse::DataNeedIt
                       : flags_.live ? trade::KeyUse::RealOrders
                                     : trade::KeyUse::Orders;
      auto setup = trade::set_up_venue(name, access, use, plan_.session,
                                       {.margin = margin_[name], .orders_by_socket = by_socket_.contains(name)});
      if (!setup) return std::unexpected(setup.error());
      plan_.venues.push_back(std::move(*setup));
    }
    return check_universes();
  }

  Result<void> find_instruments() {
    trade::InstrumentLists lists{plan_.route, told_};
    for (const std::string& id : ids_) {
      const auto& setup = *std::ranges::find(plan_.venues, id.substr(0, id.find(':')), &trade::VenueSetup::name);
      auto instrument = lists.find(id, setup.rest, now_, [] { return !interrupted(); });
      if (!instrument) return std::unexpected(instrument.error());
      plan_.instruments.push_back(std::move(*instrument));
    }
    return check_rates(plan_.instruments);
  }

  /// How orders are filled on paper.
  Result<void> read_paper() {
    if (!flags_.paper) return {};
    const auto queue = sim::parse_queue_model(flags_.queue);
    if (!queue) return std::unexpected(queue.error());
    if (*queue == sim::QueueModel::Fifo)
      return fail(Errc::Unsupported, "queue model fifo is for generated markets", "--queue power3");
    const auto rules = sim::parse_fill_rules(flags_.fill_rules);
    if (!rules) return std::unexpected(rules.error());
    const auto maker = rate("maker", flags_.maker), taker = rate("taker", flags_.taker);
    if (!maker || !taker) return std::unexpected((maker ? taker : maker).error());
    auto latencies = latencies_of(flags_.latency, false, flags_.seed);
    if (!latencies) return std::unexpected(latencies.error());
    plan_.fill_rules = *rules;
    const std::string& chosen = !flags_.market_rules.empty() ? flags_.market_rules : file_.market_rules;
    if (!chosen.empty() && chosen != "venue" && chosen != "none")
      return fail(Errc::Usage, fmt::format("there are no market rules named '{}'", chosen),
                  "use --market-rules venue or none; docs/auctions.md");
    market_rules_ = chosen;
    plan_.models.queue = *queue;
    plan_.models.latency = latencies->orders;
    plan_.models.fees = {.maker_rate = *maker, .taker_rate = *taker, .schedule = {}};
    latencies_ = std::move(*latencies);
    return {};
  }

  /// What no list of a venue can mend is said before one is asked: what an instrument is paid in, its name says. Where
  /// one does not, it may be misspelled, and the list knows what was meant.
  Result<void> check_money() {
    std::vector<Instrument> named;
    for (const std::string& id : ids_) {
      named.push_back(venues::describe(id));
      const Instrument& one = named.back();
      if (one.base.empty() || (one.base == one.symbol() && one.quote == "USD")) return {};
    }
    const auto cash = trade::session_cash(std::span{named}.first(plan_.traded), flags_.cash, earlier_);
    if (!cash) return std::unexpected(cash.error());
    if (auto right = check_rates(named); !right) return right;
    sim::RunModels models = plan_.models;
    if (flags_.paper)
      if (auto of = apply_account(account_, named, plan_.fill_rules, *cash, day_of(now_), models); !of) return of;
    if (!earlier_.empty()) return {};  // what holds then, its journal says
    trade::RiskPlan risk = plan_.risk;
    risk.traded = plan_.traded;
    return trade::RiskDesk::check(named, std::move(risk));
  }

  Result<void> set_money() {
    auto cash = trade::session_cash(traded(), flags_.cash, earlier_);
    if (!cash) return std::unexpected(cash.error());
    plan_.cash = std::move(*cash);
    if (!flags_.paper) return {};
    if (market_rules_ != "none" && plan_.fill_rules == sim::FillRules::Stom)
      plan_.models.markets = sim::markets_of(plan_.instruments);
    return apply_account(account_, plan_.instruments, plan_.fill_rules, plan_.cash, day_of(now_), plan_.models);
  }

  std::span<const Instrument> traded() const {
    return std::span{plan_.instruments}.first(std::min(plan_.traded, plan_.instruments.size()));
  }

  /// On paper the simulator answers; it has all of it, and the comparison's rules nothing but limits. Of several
  /// strategies none can be served by what knows the position of all.
  void find_offered() {
    for (const Instrument& instrument : plan_.instruments) {
      if (plan_.several != nullptr) {
        plan_.offered.push_back({.shared = true});
        continue;
      }
      const auto at = std::ranges::find(plan_.venues, instrument.venue(), &trade::VenueSetup::name);
      const bool stom = plan_.fill_rules == sim::FillRules::Stom;
      plan_.offered.push_back(!flags_.paper ? at->venue->description().orders
                              : stom        ? OrdersOffered::all()
                                            : OrdersOffered{});
    }
  }
  Json offered_json() const {
    Json json = Json::object();
    for (std::size_t i = 0; i < plan_.offered.size(); ++i) {
      const OrdersOffered& one = plan_.offered[i];
      json[plan_.instruments[i].venue()] = {one.types, one.triggers, one.reduce_only};
    }
    return json;
  }

  /// What again() makes the same engine of.
  std::string made_of() const {
    const AccountChoice& account = flags_.account;
    Json made{{"version", kVersion}, {"configuration", plan_.configuration}, {"paper", flags_.paper}, {"now", now_}};
    if (plan_.several == nullptr)
      made.update(made_.front().json());
    else
      made["several"] = several_json();
    made.update(Json{{"traded", plan_.traded},
                     {"instruments", trade::instruments_json(plan_.instruments)},
                     {"offered", offered_json()},
                     {"limits", limits_},
                     {"currency", flags_.currency},
                     {"rates", flags_.rates},
                     {"queue", flags_.queue},
                     {"fill_rules", flags_.fill_rules},
                     {"market_rules", market_rules_},
                     {"maker", flags_.maker},
                     {"taker", flags_.taker},
                     {"seed", flags_.seed},
                     {"order_latency", flags_.latency.order},
                     {"latency_jitter", flags_.latency.jitter},
                     {"latency_sha256", latencies_.recorded_sha256},
                     {"account", account.account},
                     {"leverage", account_.leverage},
                     {"fees", account.fees}});
    return made.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  Json several_json() const {
    Json all = Json::array();
    for (std::size_t i = 0; i < made_.size(); ++i) {
      const StrategyInFile& in_file = flags_.several[i];
      Json one{
          {"name", in_file.name}, {"cash", {in_file.cash.part, in_file.cash.whole}}, {"instruments", Json::array()}};
      for (const std::string& id : in_file.instruments)
        one["instruments"].push_back(std::ranges::find(ids_, id) - ids_.begin());
      one.update(made_[i].json());
      all.push_back(std::move(one));
    }
    return all;
  }

  /// What the folder holds can go on; whether this is the same session is known once its instruments are.
  Result<void> check_can_go_on() {
    if (earlier_.empty() || flags_.paper) return {};
    for (const auto& venue : plan_.venues)
      if (!venue.venue->description().tells_everything)
        return fail(Errc::Unsupported,
                    fmt::format("{} cannot be asked yet what became of a session's orders", venue.name),
                    "look at its own page for open orders, and begin a session in a new folder: --session DIR");
    return {};
  }

  /// Everything that makes the session, but no key and no address.
  std::string configuration() const {
    std::string text = fmt::format("trade mode={}", flags_.paper ? "paper" : flags_.live ? "live" : "testnet");
    if (flags_.live)
      text += fmt::format(" account={} disk={}", flags_.account.account, flags_.durable ? "first" : "later");
    text += fmt::format(" strategy={}", strategy_name_);
    if (plan_.several == nullptr)
      text += made_.front().text();
    else
      text += several_text();
    for (const Instrument& i : plan_.instruments)
      text += fmt::format(" instrument={} tick={} lot={} decimals={},{}", i.id,
                          format_decimal_trimmed(Int128{i.base_tick().value}, i.price_decimals),
                          format_decimal_trimmed(Int128{i.lot.value}, i.quantity_decimals), i.price_decimals,
                          i.quantity_decimals);
    for (const auto& source : plan_.universes) text += fmt::format(" universe={}", source.text);
    if (!plan_.universes.empty()) text += fmt::format(" pinned={}", plan_.pinned);
    for (const std::string& rows : flags_.rows) text += fmt::format(" rows={}", rows);
    if (plan_.traded < plan_.instruments.size()) text += fmt::format(" traded={}", plan_.traded);
    if (!plan_.risk.currency.empty()) text += fmt::format(" currency={}", plan_.risk.currency);
    for (const std::string& rate : flags_.rates) text += fmt::format(" rate={}", rate);
    for (const std::string& limit : limits_) text += fmt::format(" limit={}", limit);
    text += trade::cash_configuration(traded(), plan_.cash);
    for (const std::string& venue : by_socket_) text += fmt::format(" orders={}=websocket", venue);
    if (!flags_.paper) return text + trade::margin_configuration(margin_) + " session=" + plan_.session;
    text += fmt::format(" fill_rules={} queue={} seed={}", flags_.fill_rules, flags_.queue, flags_.seed);
    if (plan_.models.markets != nullptr) text += " market_rules=venue";
    for (const auto& [name, value] : latency_configuration(flags_.latency, latencies_, false))
      text += fmt::format(" {}={}", name, value);
    if (plan_.models.fees.schedule == nullptr) text += fmt::format(" maker={} taker={}", flags_.maker, flags_.taker);
    for (const auto& [name, value] : account_configuration(account_, plan_.models))
      text += fmt::format(" {}={}", name, value);
    return text;
  }

  std::string several_text() const {
    std::string text;
    for (std::size_t i = 0; i < made_.size(); ++i) {
      const StrategyInFile& in_file = flags_.several[i];
      text += fmt::format(" member={} of={} share={}/{} on={}{}", in_file.name, made_[i].name, in_file.cash.part,
                          in_file.cash.whole, fmt::join(in_file.instruments, ","), made_[i].text());
    }
    return text;
  }

  const StartFlags& flags_;
  const std::filesystem::path& home_;
  const UnixNanos now_;
  trade::VenuesFile file_;
  std::string earlier_;
  trade::InstrumentLists::Told told_;
  trade::Plan plan_;
  std::vector<std::string> ids_;  // of the instruments: those named, then candidates, then those of rates alone
  std::map<std::string, std::string> rate_instruments_;  // by id: FROM/TO
  AccountChoice account_;                                // on paper
  trade::MarginSettings margin_;                         // at the venues
  std::set<std::string> by_socket_;
  std::vector<std::string> limits_;  // and breakers, as they were written
  Latencies latencies_;
  std::string strategy_name_, market_rules_;
  std::vector<MadeStrategy> made_;
};

int run_start(const Session& session, StartFlags flags) {
  if (int{flags.paper} + int{flags.testnet} + int{flags.live} != 1)
    return report_error(session,
                        {Errc::Usage, "say where orders go: --paper, --testnet or --live", "one of the three"});
  if (flags.live && (!flags.limits.empty() || !flags.limits_file.empty()))
    return report_error(session, {Errc::Usage, "the limits of --live are those that the account was armed with",
                                  "change their file, and arm the account anew: stom account arm NAME --limits FILE"});
  if (flags.strategy.empty() && flags.plugin.empty() && flags.strategies.empty())
    return report_error(session, {Errc::Usage, "no strategy named", "--strategy NAME; stom strategy list shows them"});
  if (!flags.strategies.empty()) {
    auto read = read_strategies_file(flags.strategies);
    if (!read) return report_error(session, read.error());
    flags.several = std::move(*read);
    flags.instruments = instruments_in(flags.several);
  }
  const auto patience = parse_duration(flags.ready_within);
  if (!patience) return report_error(session, patience.error());
  trade::VenuesFile file;
  if (!flags.venues_file.empty()) {
    auto read = trade::read_venues_file(flags.venues_file);
    if (!read) return report_error(session, read.error());
    file = std::move(*read);
  }
  std::optional<LiveAccount> armed;  // for as long as the session trades
  if (flags.live) {
    auto opened = open_live_account(session,
                                    {.account = flags.account.account,
                                     .confirm = flags.confirm,
                                     .folder = flags.folder,
                                     .passphrase = flags.passphrase,
                                     .venues_named = !flags.venues_file.empty()},
                                    file, AheadClock{file.clock_ahead}.now());
    if (!opened) return report_vault_error(session, opened.error());
    armed.emplace(std::move(*opened));
    flags.limits = armed->account.limits;
    flags.durable = armed->account.durable;
    if (flags.durable && flags.busy_poll)
      return report_error(session,
                          {Errc::Usage, "with --busy-poll the kill switch would wait for the disk as orders do",
                           "leave it away, or arm the account with --disk-later"});
  }
  std::optional<AlertsFile> alerts_file;
  if (!flags.alerts.empty()) {
    auto read = read_alerts_file(flags.alerts);
    if (!read) return report_error(session, read.error());
    alerts_file = std::move(*read);
  }
  const AheadClock clock{file.clock_ahead};  // an exchange at another hour: what is there today is so here
  auto folder = trade::SessionFolder::take(flags.folder);
  if (!folder) return report_error(session, folder.error());
  auto earlier = trade::earlier_session(folder->journal());
  if (!earlier) return report_error(session, earlier.error());
  auto plan =
      Setup{flags,       std::move(file),        session.home,
            clock.now(), earlier->configuration, [&session](std::string_view message) { say(session, message); }}
          .plan();
  if (!plan) {
    folder->give_back();
    return report_error(session, plan.error());
  }
  plan->earlier = std::move(*earlier);
  auto trading = trade::TradeSession::open(std::move(*plan), std::move(*folder), clock);
  if (!trading) return report_error(session, trading.error());
  auto status = trade::StatusServer::open((*trading)->folder(), trade::kStatusSocket);
  if (!status) return report_error(session, status.error());
  auto venues = trade::StatusServer::open((*trading)->folder(), trade::kVenuesSocket);
  if (!venues) return report_error(session, venues.error());
  auto account = trade::StatusServer::open((*trading)->folder(), trade::kAccountSocket);
  if (!account) return report_error(session, account.error());
  auto reconcile = trade::StatusServer::open((*trading)->folder(), trade::kReconcileSocket);
  if (!reconcile) return report_error(session, reconcile.error());
  auto for_page = trade::StatusServer::open((*trading)->folder(), trade::kAlertsSocket);
  if (!for_page) return report_error(session, for_page.error());
  auto command = trade::StatusServer::open((*trading)->folder(), trade::kCommandSocket);
  if (!command) return report_error(session, command.error());
  auto announced = trade::RunningSession::announce(session.home, (*trading)->folder(), clock.now());
  if (!announced) say(session, fmt::format("the page will not find this session: {}", announced.error().message));

  SessionAlerts alerts{std::move(alerts_file), **trading};
  trade::DiskWatch disk{[&] { return trade::free_bytes((*trading)->folder()); }, clock,
                        [&](const std::string& line) { (*trading)->log().warn(line); }};
  const UnixNanos begun = clock.now();
  bool told = false, too_late = false;
  std::string missing;
  watch_for_kill_signals();
  (*trading)->start();
  // The kill switch waits for nobody who asks for something else, nor for who came and says nothing.
  std::array<std::jthread, 4> commands;
  for (std::jthread& thread : commands)
    thread = std::jthread{[&](const std::stop_token& over) {
      while (!over.stop_requested())
        command->serve_requests(kTurnMs, [&](std::string_view request) { return (*trading)->command(request); });
    }};
  // While a venue is waited for, the input, the log and the watch-dog are not.
  std::jthread reconciling{[&](const std::stop_token& over) {
    while (!over.stop_requested()) reconcile->serve(kTurnMs, [&] { return (*trading)->reconcile(); });
  }};
  std::jthread signals{[&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      if (const auto step = wait_for_kill_signal(over); step != trade::KillStep::Off) (*trading)->kill_by_signal(step);
    }
  }};
  while ((*trading)->state() != trade::State::Ended) {
    status->serve(kTurnMs, [&] { return (*trading)->status(); });
    venues->serve(0, [&] { return (*trading)->venues(); });
    account->serve(0, [&] { return (*trading)->account(); });
    for_page->serve(0, [&] { return alerts.page(); });
    (*trading)->keep_rows();
    (*trading)->write_input();
    (*trading)->keep_snapshot();
    disk.look();
    alerts.look();
    (*trading)->log().write([&](const std::string& line) { alerts.log(line); });
    if (interrupted()) (*trading)->stop();
    if (told || too_late) continue;
    if ((*trading)->state() == trade::State::Running) {
      told = true;
      if (session.json)
        fmt::print("{{\"ready\":true,\"session\":{},\"pid\":{}}}\n", json_string((*trading)->folder().string()),
                   ::getpid());
      else
        fmt::print("ready: process {} trades in {}; Ctrl-C ends it\n", ::getpid(), (*trading)->folder().string());
      std::fflush(stdout);
    } else if (*patience > 0 && clock.now() - begun > *patience && !interrupted()) {
      too_late = true;
      missing = (*trading)->missing_books();
      (*trading)->stop();
    }
  }
  signals.request_stop();
  for (std::jthread& thread : commands) thread.request_stop();
  for (std::jthread& thread : commands) thread.join();
  reconciling.request_stop();
  reconciling.join();
  signals.join();
  const auto finished = (*trading)->finish();
  std::optional<Error> failed;
  if (too_late)
    failed = Error{Errc::Io, fmt::format("no book after {}: {}", flags.ready_within, missing),
                   fmt::format("outside trading hours some venues send none (--ready-within 0s waits for ever); the "
                               "last of {}/log: {}",
                               (*trading)->folder().string(), (*trading)->log().last())};
  else if (!finished)
    failed = finished.error();
  if (announced) {
    const auto masked = [&](const std::string& text) { return (*trading)->log().masked(text); };
    announced->end(clock.now(), failed.transform([&](const Error& of) {
      return Error{of.code, masked(of.message), masked(of.hint)};
    }));
  }
  alerts.end(finished);
  if (!failed) return kOk;
  return too_late ? report_timeout(session, *failed) : report_error(session, *failed);
}

int run_status(const Session& session, const std::string& folder) {
  const auto text = trade::ask(folder, trade::kStatusSocket);
  if (!text)
    return text.error().code == Errc::NotFound ? report_not_running(session, text.error())
                                               : report_error(session, text.error());
  if (session.json) {
    fmt::print("{}\n", *text);
    return kOk;
  }
  const auto json = nlohmann::ordered_json::parse(*text, nullptr, false);
  const auto word = [](const nlohmann::ordered_json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
  };
  if (!json.is_object())
    return report_error(session, {Errc::BadData, "the session's answer cannot be read", "ask again"});
  for (const auto& [name, value] : json.items()) {
    if (name == "risk") {
      fmt::print("{:<13} {}\n", "exposure", trade::exposure_text(value));
      continue;
    }
    if (!value.is_object()) {
      fmt::print("{:<13} {}\n", name, word(value));
      continue;
    }
    for (const auto& [inner, of] : value.items()) {
      std::string text_of = word(of);
      if (of.is_object()) {
        text_of.clear();
        for (const auto& [key, one] : of.items())
          text_of += fmt::format("{}{} {}", text_of.empty() ? "" : ", ", key, word(one));
      }
      fmt::print("{:<13} {:<24} {}\n", name, inner, text_of);
    }
  }
  return kOk;
}

int run_venues(const Session& session, const std::string& folder) {
  const auto text = trade::ask(folder, trade::kVenuesSocket);
  if (!text)
    return text.error().code == Errc::NotFound ? report_not_running(session, text.error())
                                               : report_error(session, text.error());
  if (session.json) {
    fmt::print("{}\n", *text);
    return kOk;
  }
  const auto view = nlohmann::ordered_json::parse(*text, nullptr, false);
  if (!view.is_object() || !view.contains("venues"))
    return report_error(session, {Errc::BadData, "the session's answer cannot be read", "ask again"});
  const char* row = session.plain ? "{}\t{}\t{}\t{}\n" : "{:<14} {:<14} {:<24} {}\n";
  fmt::print(fmt::runtime(row), "venue", "part", "name", "value");
  for (const auto& [venue, part, name, value] : trade::view_rows(view))
    fmt::print(fmt::runtime(row), venue, part, name, value);
  return kOk;
}

void add_start(CLI::App& trade, Session& session) {
  auto* command = trade.add_subcommand("start", "Run a strategy on live market data until Ctrl-C");
  auto f = std::make_shared<StartFlags>();
  command->add_flag("--paper", f->paper, "orders are filled here, against the live market (docs/fills.md)");
  auto* testnet =
      command->add_flag("--testnet", f->testnet, "orders go to the exchange of --venues; never to a real one");
  auto* live = command->add_flag("--live", f->live, "REAL orders, by the keys of an armed account (docs/live.md)");
  command->add_option("--confirm", f->confirm, "the account's name: --live does not ask then")->needs(live);
  command->add_option("--passphrase-fd", f->passphrase, "a file descriptor with the vault's passphrase")
      ->check(CLI::NonNegativeNumber)
      ->needs(live);
  auto* account = command->add_option("--account", f->account.account,
                                      "cash, margin or unlimited (docs/accounts.md); with --live the armed account");
  account->excludes(testnet);
  command->add_option(
      "--venues", f->venues_file,
      "the line of stom exchange --json, in a file of mode 0600; without it --paper and --live use public addresses");
  command->add_option("--strategy", f->strategy, "which (stom strategy list), or the file of a plug-in");
  command->add_option("--plugin", f->plugin, "file of a plug-in that has the strategy (stom strategy build)");
  command->add_option("--param", f->parameters, "NAME=VALUE or NAME=@FILE, once each (stom strategy show NAME)")
      ->expected(1)
      ->take_all();
  command->add_option("--instrument", f->instruments, "VENUE:SYMBOL; more than one, of several venues");
  auto* several = command->add_option(
      "--strategies", f->strategies,
      "several strategies on the account, each with a position of its own: a TOML file (docs/several-strategies.md)");
  command
      ->add_option("--universe", f->universes,
                   "who is watched beside them: VENUE:top=N[,every=TIME] by traded value, VENUE:search=CONDITION, "
                   "VENUE:list=FILE (docs/universe.md)")
      ->expected(1)
      ->take_all();
  command->add_option("--candidates", f->candidates, "whom a universe may choose: a file, one VENUE:SYMBOL a line");
  for (const char* other : {"--strategy", "--plugin", "--param", "--instrument", "--universe", "--candidates"})
    several->excludes(other);
  command
      ->add_option("--session", f->folder,
                   "the session's folder: journal, frames, log and status; where one ended or crashed, it goes on "
                   "there (docs/recovery.md)")
      ->required();
  command
      ->add_option("--cash", f->cash,
                   "CURRENCY=AMOUNT at the start, once each, or AMOUNT of the first instrument's currency (default, of "
                   "each currency: 100000, or 100000000 KRW, or 10 of a coin)")
      ->expected(1)
      ->take_all();
  command->add_option("--currency", f->currency,
                      "in which the exposure over all venues is told (default: the first instrument's)");
  command
      ->add_option("--rate", f->rates,
                   "FROM/TO=RATE or FROM/TO=VENUE:SYMBOL, once each: what one FROM is in TO, for --currency; USDT/KRW="
                   "upbit:KRW-USDT is watched, not traded")
      ->expected(1)
      ->take_all();
  command->add_option("--alerts", f->alerts, "who is told of what: a file of mode 0600 (docs/alerts.md)");
  command->add_flag("--changed", f->changed, "a session that goes on has another strategy, or other parameters of it");
  command->add_flag("--accept-differences", f->accept_differences,
                    "where a session that goes on holds other positions than the venue, the venue's count");
  command
      ->add_option(
          "--limit", f->limits,
          "NAME[@SCOPE]=VALUE, once each: what every order must keep, for a venue, an instrument or all; "
          "order_notional@binance=1000, position@binance:BTCUSDT=2, order_rate=10/1s; or what stops it when it "
          "goes wrong: daily_loss=500,flatten (docs/risk.md)")
      ->expected(1)
      ->take_all();
  command->add_option("--limits", f->limits_file, "more of them, in a TOML file with a table [limits]");
  command->add_flag("--keep-orders", f->keep_orders, "leave working orders at the exchange when it ends");
  command->add_option(
      "--dead-man", f->dead_man,
      "where nobody says stom trade alive for so long entries stop, after twice as long all is canceled");
  command->add_option("--copy-to", f->copy_to,
                      "keep a copy of the journal in that folder too, on another disk or computer (docs/recovery.md)");
  command
      ->add_option(
          "--segment", f->segment_bytes,
          "bytes: behind a snapshot, a longer journal is cut, and what that knows is packed (docs/recovery.md); 0: "
          "never")
      ->check(check_whole_number)
      ->capture_default_str();
  command->add_flag("--no-record", f->no_record, "do not keep what goes over the wire");
  command
      ->add_option(
          "--rows", f->rows,
          "keep one-second rows of every instrument in DIR/rows: stom or any_change; with ,minute behind it one "
          "a minute (docs/rows.md)")
      ->expected(1)
      ->take_all();
  command->add_flag("--busy-poll", f->busy_poll,
                    "sockets and engine share one thread that never sleeps: quicker, for the price of a core");
  command->add_option("--ready-within", f->ready_within,
                      "end with code 7 where a book is not there by then; 0s: never");
  command
      ->add_option("--leverage", f->leverages,
                   "ID=N: of a contract, set at the venue before the first order; on paper N, of a margin account")
      ->expected(1)
      ->take_all();
  command
      ->add_option("--margin", f->margins, "ID=isolated or ID=cross: of a contract, set at the venue as --leverage is")
      ->expected(1)
      ->take_all();
  auto* orders =
      command
          ->add_option(
              "--orders", f->orders,
              "VENUE=websocket: orders and cancels go by its WebSocket API (Binance spot, USD-M); else by REST")
          ->expected(1)
          ->take_all();
  orders->excludes("--paper");
  CLI::Option* paper_only[] = {
      command->add_option("--queue", f->queue, "queue model: risk_averse, power3, power:N, log"),
      command->add_option("--order-latency", f->latency.order, "to the venue and back again: 1ms; 1ms,2ms is 2ms back"),
      command->add_option("--latency-jitter", f->latency.jitter, "drawn on top of it: 2ms, exponential:1ms"),
      command->add_option("--maker", f->maker, "maker fee as a share of value"),
      command->add_option("--taker", f->taker, "taker fee as a share of value"),
      command->add_option("--fees", f->account.fees, "fees and taxes by a table: binance-usdm, krx-kospi, or a file"),
      command->add_option("--fill-rules", f->fill_rules, "stom, or hftbacktest to compare with that package"),
      command->add_option("--market-rules", f->market_rules,
                          "venue (sessions, auctions and limits of KRX and NXT) or none (docs/auctions.md); as the "
                          "exchange in --venues has it, else venue"),
      command->add_option("--seed", f->seed, "of drawn latencies")->check(check_whole_number)};
  for (auto* option : paper_only) option->excludes(testnet)->excludes(live);
  examples(
      *command,
      {"stom trade start --paper --strategy market_maker --instrument binance:BTCUSDT --session today",
       ("stom trade start --paper --venues exchange.json --strategy idle --universe kiwoom:top=50,every=2s "
        "--candidates stocks.txt --session today"),
       ("stom trade start --testnet --venues exchange.json --strategy market_maker --instrument "
        "binance-usdm:BTCUSDT --leverage binance-usdm:BTCUSDT=5 --margin binance-usdm:BTCUSDT=isolated --session "
        "five"),
       "stom trade start --paper --strategy idle --instrument binance:BTCUSDT --limit position=0.01 --session held",
       ("stom trade start --testnet --venues exchange.json --strategy market_maker --instrument binance:BTCUSDT "
        "--instrument binance-usdm:BTCUSDT --session trial --json"),
       "stom trade start --live --account main --strategy market_maker --instrument binance:BTCUSDT --session real"});
  command->callback([&session, f] { session.status = run_start(session, *f); });
}

}  // namespace

Result<trade::Plan> plan_again(const std::string& made_of, const std::vector<std::string>& changed,
                               const std::filesystem::path& home) {
  const auto unreadable = [](std::string_view why) {
    return fail(Errc::BadData, fmt::format("what the session's engine was made of cannot be read: {}", why),
                "verify it with the version that traded");
  };
  const auto made = Json::parse(made_of, nullptr, false);
  if (!made.is_object()) return unreadable("it is no JSON");
  try {
    const auto text = [&](const char* name) { return made.at(name).get<std::string>(); };
    StartFlags flags;
    flags.paper = made.at("paper").get<bool>();
    flags.testnet = !flags.paper;
    flags.limits = made.value("limits", std::vector<std::string>{});  // of before them there is none
    flags.currency = made.value("currency", std::string{});
    flags.rates = made.value("rates", std::vector<std::string>{});
    flags.queue = text("queue");
    flags.fill_rules = text("fill_rules");
    flags.market_rules = text("market_rules");
    flags.maker = text("maker");
    flags.taker = text("taker");
    flags.seed = made.at("seed").get<std::uint64_t>();
    flags.latency.order = text("order_latency");
    flags.latency.jitter = text("latency_jitter");
    flags.account = {.account = text("account"), .leverage = text("leverage"), .fees = text("fees")};
    return Setup{flags, {}, home, made.at("now").get<UnixNanos>(), text("configuration"), {}}.again(made, changed);
  } catch (const Json::exception& error) {
    return unreadable(error.what());
  }
}

void add_trade_command(CLI::App& app, Session& session) {
  auto* trade =
      app.add_subcommand("trade", "Run strategies on live markets: on paper, at an exchange for tests, for real");
  examples(*trade, {"stom trade start --paper --strategy market_maker --instrument binance:BTCUSDT --session today",
                    "stom trade status --session today", "stom trade kill --session today --step cancel"});
  add_start(*trade, session);
  auto* status = trade->add_subcommand("status", "How a running session is");
  auto folder = std::make_shared<std::string>();
  status->add_option("--session", *folder, "the session's folder")->required();
  examples(*status, {"stom trade status --session today", "stom trade status --session today --json"});
  status->callback([&session, folder] { session.status = run_status(session, *folder); });
  auto* venues = trade->add_subcommand("venues", "Connections, budgets and books of a running session");
  venues->add_option("--session", *folder, "the session's folder")->required();
  examples(*venues, {"stom trade venues --session today", "stom trade venues --session today --json"});
  venues->callback([&session, folder] { session.status = run_venues(session, *folder); });
  add_trade_log(*trade, session);
  add_trade_metrics(*trade, session);
  add_trade_availability(*trade, session);
  add_trade_kill(*trade, session);
  add_trade_executions(*trade, session);
}

}  // namespace stom
