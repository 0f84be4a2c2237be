// `stom exchange`: the simulated exchange on this computer (docs/exchange.md). Brings recordings of the store, or
// generated markets, together with the venues' servers.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "command.hpp"
#include "core/clock.hpp"
#include "exchange/exchange.hpp"
#include "sim/generator/minute_bars.hpp"
#include "sim/sessions.hpp"
#include "store/catalogue.hpp"
#include "store/data_folder.hpp"
#include "store_source.hpp"
#include "venues/server_registry.hpp"

namespace stom {
namespace {

struct ExchangeFlags {
  std::uint16_t port = 0;
  std::uint64_t seed = 1;
  std::vector<std::string> replays;
  bool loop = false;
  bool shift_to_now = false;
  double speed = 1;
  std::vector<std::string> faults;
  std::vector<std::string> hosts;
  std::size_t accounts = 1;
  std::size_t markets = 20;
  bool with_generated = false;
  double activity = 1;
  std::size_t remembered = exchange::kRemembered;
  std::string limits = "venue";
  bool coin_fees = false;
  std::string market_rules = "none";
  std::string at;
};

/// The authority's certificate, for clients to trust; there while the exchange runs.
class AuthorityFile {
 public:
  static Result<std::unique_ptr<AuthorityFile>> write(const std::filesystem::path& folder, std::uint16_t port,
                                                      const std::string& pem) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    std::unique_ptr<AuthorityFile> file{new AuthorityFile{folder / fmt::format("exchange-ca-{}.pem", port)}};
    ::unlink(file->path_.c_str());
    const int out = ::open(file->path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const bool written = out >= 0 && ::write(out, pem.data(), pem.size()) == static_cast<ssize_t>(pem.size());
    if (out >= 0) ::close(out);
    if (!written)
      return fail(Errc::Io, fmt::format("cannot write {}", file->path_.string()),
                  "check the folder's permissions and disk space");
    return file;
  }
  ~AuthorityFile() { ::unlink(path_.c_str()); }
  AuthorityFile(const AuthorityFile&) = delete;
  AuthorityFile& operator=(const AuthorityFile&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit AuthorityFile(std::filesystem::path path) : path_{std::move(path)} {}
  std::filesystem::path path_;
};

/// A market that keeps its venue's hours: it begins with the trading day, closed, after the minutes of the day before.
/// Where `now` lies later, what the day has brought so far is played at once.
Price begin_trading_day(sim::FlowConfig& config, const sim::SessionTable& sessions, UnixNanos now,
                        std::vector<Bar>& history) {
  const Calendar& calendar = sessions.calendar();
  const std::int32_t today = calendar.trading_day(now);
  std::int32_t before = today - 1;
  while (!sessions.trades_on(before)) --before;
  config.market = sessions.market();
  config.start = calendar.start_of(before + 1);
  const Price close = sim::append_history(config, 1, history);
  std::erase_if(history, [&](const Bar& bar) {
    const auto at = sessions.at(bar.time);
    return !at || !is_continuous(at->phase);
  });
  config.start = calendar.start_of(today);
  return history.empty() ? close : history.back().close;
}

/// The venue's own markets, made from the seed, but for those that are replayed. They began a moment ago, so that their
/// books are there at once.
Result<std::vector<exchange::Market>> generated_markets(const venues::VenueServer& server, const ExchangeFlags& flags,
                                                        UnixNanos now) {
  std::vector<exchange::Market> markets;
  for (const venues::Listing& listing : server.listings()) {
    if (markets.size() == flags.markets) break;
    if (std::ranges::find(flags.replays, listing.instrument.id) != flags.replays.end()) continue;
    sim::FlowConfig config{.instrument = listing.instrument,
                           .start_price = listing.start_price,
                           .typical_quantity = listing.typical_quantity,
                           .depth_doublings = listing.depth_doublings,
                           .funding = listing.perpetual,
                           .start = (now / kMinute) * kMinute,
                           .length = 365 * kDay,
                           .seed = flags.seed,
                           .actions_per_second = listing.actions_per_second * flags.activity};
    exchange::Market market;
    const sim::SessionTable* sessions =
        flags.market_rules == "venue" ? sim::sessions_of(listing.instrument.id) : nullptr;
    if (sessions != nullptr) {
      config.start_price = begin_trading_day(config, *sessions, now, market.history);
      market.begins = config.start;
      market.terms = {.market = config.market, .group = "kospi200", .base = config.start_price};
    } else {
      config.start_price = sim::append_history(config, 1, market.history);
    }
    auto tape = exchange::Tape::generated(config);
    if (!tape) return std::unexpected(tape.error());
    market.tape = std::move(*tape);
    markets.push_back(std::move(market));
  }
  return markets;
}

Result<exchange::Market> replayed_market(const store::DataFolder& folder, const std::string& id,
                                         const ExchangeFlags& flags, UnixNanos now) {
  auto instrument = folder.catalogue().instrument(id);
  if (!instrument) return std::unexpected(instrument.error());
  auto source = StoreSource::open(folder, id, {kNoTime, kNever, store::kAllKinds});
  if (!source) return std::unexpected(source.error());
  auto tape = exchange::Tape::replay(
      *instrument, std::move(*source),
      {.loop = flags.loop, .shift_to_now = flags.shift_to_now, .speed_milli = std::llround(flags.speed * 1000)}, now);
  if (!tape) return std::unexpected(tape.error());
  exchange::Market market;
  market.tape = std::move(*tape);
  return market;
}

using Replays = std::map<std::string, std::vector<std::string>>;  // by venue

Result<Replays> replays_of(const std::vector<std::string>& ids) {
  Replays replays;
  std::string known;
  for (const auto name : venues::venues_with_server()) known += fmt::format("{}{}", known.empty() ? "" : ", ", name);
  for (const std::string& id : ids) {
    const std::string venue = id.substr(0, id.find(':'));
    if (venues::make_venue_server(venue) == nullptr)
      return fail(Errc::Unsupported, fmt::format("the exchange does not speak the protocol of {}", venue),
                  "it speaks that of " + known);
    if (auto& once = replays[venue]; std::ranges::find(once, id) == once.end()) once.push_back(id);
  }
  return replays;
}

/// "api.upbit.com=upbit": by host.
Result<std::map<std::string, std::string, std::less<>>> hosts_of(const std::vector<std::string>& given) {
  std::map<std::string, std::string, std::less<>> hosts;
  for (const std::string& one : given) {
    const auto equals = one.find('=');
    const std::string host = one.substr(0, equals);
    const bool is_name = !host.empty() && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == host.npos;
    if (equals == one.npos || !is_name || venues::make_venue_server(one.substr(equals + 1)) == nullptr)
      return fail(Errc::Usage, fmt::format("--host {} names no host and venue", one),
                  "write it as api.upbit.com=upbit, in small letters");
    hosts[host] = one.substr(equals + 1);
  }
  return hosts;
}

/// A venue lists what is replayed of it, or else what it makes; both where that is asked for.
Result<std::vector<exchange::VenueSetup>> make_venues(const ExchangeFlags& flags, const Replays& replays,
                                                      const store::DataFolder* folder, UnixNanos now) {
  std::vector<exchange::VenueSetup> setups;
  for (const auto name : venues::venues_with_server()) {
    exchange::VenueSetup setup{.name = std::string{name}, .server = venues::make_venue_server(name), .markets = {}};
    if (flags.limits == "none") setup.server->lift_limits();
    if (flags.coin_fees) setup.server->take_coin_fees();
    const auto replayed = replays.find(setup.name);
    if (replayed != replays.end()) {
      for (const std::string& id : replayed->second) {
        auto market = replayed_market(*folder, id, flags, now);
        if (!market) return std::unexpected(market.error());
        setup.markets.push_back(std::move(*market));
      }
    }
    if (replayed == replays.end() || flags.with_generated) {
      auto markets = generated_markets(*setup.server, flags, now);
      if (!markets) return std::unexpected(markets.error());
      std::ranges::move(*markets, std::back_inserter(setup.markets));
    }
    setups.push_back(std::move(setup));
  }
  return setups;
}

std::string description(const exchange::Exchange& exchange, const std::filesystem::path& authority,
                        const std::string& market_rules, DurationNanos ahead) {
  const auto account_json = [](const venues::Credentials& c) {
    return fmt::format(R"("key":{},"secret":{}{}{})", json_string(c.key), json_string(c.secret),
                       c.account.empty() ? "" : fmt::format(R"(,"account":{})", json_string(c.account)),
                       c.ed25519_key.empty() ? ""
                                             : fmt::format(R"(,"ed25519":{{"key":{},"secret":{}}})",
                                                           json_string(c.ed25519_key), json_string(c.ed25519_secret)));
  };
  std::string venues;
  for (const exchange::VenueAddress& venue : exchange.addresses()) {
    std::string more;
    for (std::size_t i = 1; i < venue.credentials.size(); ++i)
      more += fmt::format("{}{{{}}}", more.empty() ? "" : ",", account_json(venue.credentials[i]));
    venues += fmt::format(R"({}{}:{{"rest":{},"ws":{},{}{}}})", venues.empty() ? "" : ",", json_string(venue.name),
                          json_string(venue.rest), json_string(venue.ws), account_json(venue.credentials[0]),
                          more.empty() ? "" : fmt::format(R"(,"accounts":[{}])", more));
  }
  return fmt::format(R"({{"venues":{{{}}},"ca":{},"control":{},"token":{},"market_rules":{}{}}})", venues,
                     json_string(authority.string()), json_string(exchange.control()), json_string(exchange.token()),
                     json_string(market_rules), ahead == 0 ? "" : fmt::format(R"(,"clock_ahead_ns":{})", ahead));
}

int run_exchange(const Session& session, const ExchangeFlags& flags) {
  DurationNanos ahead = 0;
  if (!flags.at.empty()) {
    const auto at = parse_time(flags.at);
    if (!at) return report_error(session, at.error());
    ahead = *at - SystemClock{}.now();
  }
  const AheadClock clock{ahead};
  const UnixNanos now = clock.now();
  if (flags.market_rules == "venue" && !sim::session_table("krx")->at(now))
    return report_error(session, {Errc::Unsupported, fmt::format("the hours of KRX are not known at {}", flags.at),
                                  "its sessions are since 2016-08-01: data/market/session_days.csv"});
  if (flags.market_rules != "venue" && flags.market_rules != "none")
    return report_error(session, {Errc::Usage, fmt::format("there are no market rules named '{}'", flags.market_rules),
                                  "use --market-rules venue or none; docs/exchange.md"});
  if ((flags.loop || flags.shift_to_now || flags.with_generated) && flags.replays.empty())
    return report_error(session, {Errc::Usage, "--loop, --shift-to-now and --with-generated are for recordings",
                                  "name one: --replay ID"});
  if (flags.speed != 1 && (flags.replays.empty() || flags.shift_to_now))
    return report_error(session, {Errc::Usage, "--speed is for recordings that keep their own times",
                                  "name one with --replay ID, and leave out --shift-to-now"});
  const auto replays = replays_of(flags.replays);
  if (!replays) return report_error(session, replays.error());
  const auto hosts = hosts_of(flags.hosts);
  if (!hosts) return report_error(session, hosts.error());
  std::unique_ptr<store::DataFolder> folder;
  if (!flags.replays.empty()) {
    auto opened = store::DataFolder::open(session.home, store::OpenMode::Read);
    if (!opened) return report_error(session, opened.error());
    folder = std::make_unique<store::DataFolder>(std::move(*opened));
  }
  auto venues = make_venues(flags, *replays, folder.get(), now);
  if (!venues) return report_error(session, venues.error());
  auto exchange = exchange::Exchange::open({.port = flags.port,
                                            .seed = flags.seed,
                                            .accounts = flags.accounts,
                                            .remembered = flags.remembered,
                                            .faults = flags.faults,
                                            .hosts = *hosts},
                                           std::move(*venues), clock);
  if (!exchange) return report_error(session, exchange.error());
  const auto authority = AuthorityFile::write(session.home, (*exchange)->port(), (*exchange)->authority_pem());
  if (!authority) return report_error(session, authority.error());
  if (session.json) {
    fmt::print("{}\n", description(**exchange, (*authority)->path(), flags.market_rules, ahead));
  } else {
    for (const exchange::VenueAddress& venue : (*exchange)->addresses())
      fmt::print("{:<14} {}  {}\n", venue.name, venue.rest, venue.ws);
    fmt::print("trust {}; keys and control with --json; Ctrl-C ends it\n", (*authority)->path().string());
  }
  std::fflush(stdout);
  std::thread watcher{[&exchange] {
    while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds{50});
    (*exchange)->stop();
  }};
  (*exchange)->run();
  watcher.join();
  if (const auto status = (*exchange)->status(); !status) return report_error(session, status.error());
  return kOk;
}

}  // namespace

void add_exchange_command(CLI::App& app, Session& session) {
  auto* command =
      app.add_subcommand("exchange", "A simulated exchange on this computer that speaks the venues' protocols");
  auto flags = std::make_shared<ExchangeFlags>();
  command->add_option("--port", flags->port, "on 127.0.0.1; 0: the system chooses");
  command->add_option("--seed", flags->seed, "same seed, same markets and same chance of faults")
      ->check(check_whole_number);
  command->add_option("--replay", flags->replays,
                      "a recorded instrument instead of generated ones; may be given more than once");
  command->add_flag("--loop", flags->loop, "recordings begin again when they end");
  command->add_flag("--shift-to-now", flags->shift_to_now, "recordings carry today's times");
  command->add_option("--speed", flags->speed, "recordings at so many times their pace, with their own times")
      ->check(CLI::Range(0.1, 100.0));
  command->add_option("--fault", flags->faults, "NAME or NAME=VALUE: something that goes wrong (docs/exchange.md)");
  command->add_option(
      "--host", flags->hosts,
      "HOST=VENUE: answer as that host too, for clients that are made to find it here (docs/exchange.md)");
  command->add_option("--accounts", flags->accounts, "how many accounts each venue has")->check(CLI::Range(1, 10'000));
  command->add_option("--markets", flags->markets, "how many generated markets a venue lists, where it has so many")
      ->check(CLI::Range(1, 2'400));
  command->add_flag("--with-generated", flags->with_generated,
                    "beside the recordings of a venue also its generated markets, but for those that are replayed");
  command
      ->add_option("--activity", flags->activity,
                   "how many times as often as usual it is that generated traders do something")
      ->check(CLI::Range(0.01, 1000.0));
  command
      ->add_option("--remember", flags->remembered, "how many orders that are done, and fills, each venue still knows")
      ->check(CLI::Range(1, 1'000'000));
  command
      ->add_option("--limits", flags->limits,
                   "venue: requests and orders are limited as the venue does it; none: counted and never refused for "
                   "their number, for measurements")
      ->check(CLI::IsMember({"venue", "none"}));
  command->add_flag(
      "--coin-fees", flags->coin_fees,
      "Binance spot takes the commission of a buy of what was bought, as the venue does where no BNB pays");
  command->add_option(
      "--market-rules", flags->market_rules,
      "venue: generated stocks keep the hours, auctions and limits of KRX; none: they trade at any hour");
  command->add_option("--at", flags->at,
                      "the time that the exchange's clock begins with, else the computer's: a time as "
                      "2026-11-27T08:55:00+09:00");
  examples(*command, {"stom exchange --json", "stom exchange --market-rules venue --at 2026-11-27T08:55:00+09:00",
                      "stom exchange --replay binance:BTCUSDT --loop --fault ack_delay_ms=250"});
  command->callback([&session, flags] { session.status = run_exchange(session, *flags); });
}

}  // namespace stom
