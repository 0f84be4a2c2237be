// `stom serve`: a replay session behind a page on 127.0.0.1 (docs/serve.md).
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "command.hpp"
#include "conditions/language_server.hpp"
#include "home_library.hpp"
#include "limits_file.hpp"
#include "replay/replay_session.hpp"
#include "server/api_server.hpp"
#include "strategies/plugin_loader.hpp"
#include "strategy_folder.hpp"
#include "strategy_parameters.hpp"
#include "trade/private_file.hpp"
#include "watch_file.hpp"

namespace stom {
namespace {

struct ServeFlags {
  std::uint16_t port = kDefaultPort;
  std::string instrument;
  std::string from;
  std::string to;
  std::string strategy;
  std::string plugin;
  std::vector<std::string> parameters, limits;
  std::string limits_file;
  std::string watch;
  std::string speed = "1";
  bool paused = false;
  bool open_page = false;
  std::string session = "default";
  std::string web;
  std::string fill_rules = "stom";
  std::string queue = "risk_averse";
  std::string latency = "1ms";
  std::string maker = "0.0002";
  std::string taker = "0.0005";
  std::string cash;
  AccountChoice account;
};

/// The page beside the program: bin/stom and share/stom/web, as a build and an installation have it.
std::filesystem::path default_page() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return program.parent_path().parent_path() / "share" / "stom" / "web";
}

Result<StaticFiles> load_page(const Session& session, const ServeFlags& flags) {
  if (!flags.web.empty()) return StaticFiles::load(flags.web);
  std::error_code error;
  if (std::filesystem::is_directory(default_page(), error)) return StaticFiles::load(default_page());
  say(session, "the page is not built; only the API answers");
  return StaticFiles{};
}

Result<std::int64_t> parse_speed(const std::string& text) {
  if (text == "max") return kSpeedMax;
  const auto milli = parse_decimal(text, 3);
  if (!milli || *milli < 100 || *milli > 1'000'000)
    return fail(Errc::Usage, fmt::format("\"{}\" is not a speed", text), "use 0.1 to 1000, or max");
  return *milli;
}

Result<std::int64_t> parse_rate(const std::string& text) {
  const auto rate = parse_decimal(text, sim::kRateDecimals);
  if (!rate) return fail(Errc::Usage, fmt::format("\"{}\" is not a fee rate", text), "use a fraction such as 0.0002");
  return *rate;
}

Result<Money> parse_cash(const std::string& text, const Instrument& instrument) {
  if (text.empty()) return replay::usual_cash(instrument);
  const auto whole = parse_decimal(text, 8);
  if (!whole || *whole <= 0)
    return fail(Errc::Usage, fmt::format("\"{}\" is not an amount of cash", text),
                "a plain decimal above 0, such as 100000");
  return Money{Int128{*whole} * power_of_ten(kMoneyDecimals - 8)};
}

Result<replay::Plan> make_plan(const ServeFlags& flags, const Instrument& instrument,
                               const std::filesystem::path& home) {
  replay::Plan plan;
  const bool plain_name = !flags.session.empty() && flags.session.size() <= 64 &&
                          std::all_of(flags.session.begin(), flags.session.end(),
                                      [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
  if (!plain_name)
    return fail(Errc::Usage, fmt::format("\"{}\" is not a session name", flags.session),
                "use letters, digits, - and _");
  plan.name = flags.session;
  if (!flags.strategy.empty() || !flags.plugin.empty()) {
    auto named = strategy_named(flags.strategy, flags.plugin, home, flags.parameters);
    if (!named) return std::unexpected(named.error());
    plan.strategy = named->choice.entry->name;
    if (named->choice.plugin != nullptr) plan.plugin = named->choice.plugin->file;
    plan.parameters = std::move(named->parameters);
  } else {
    auto parameters = given_parameters(flags.parameters, nullptr);
    if (!parameters) return std::unexpected(parameters.error());
    plan.parameters = std::move(*parameters);
  }
  plan.paused = flags.paused;
  plan.version = kVersion;
  const auto speed = parse_speed(flags.speed);
  if (!speed) return std::unexpected(speed.error());
  plan.speed_milli = *speed;
  const auto rules = sim::parse_fill_rules(flags.fill_rules);
  if (!rules) return std::unexpected(rules.error());
  plan.fill_rules = *rules;
  const auto queue = sim::parse_queue_model(flags.queue);
  if (!queue) return std::unexpected(queue.error());
  if (*queue == sim::QueueModel::Fifo)
    return fail(Errc::Unsupported, "queue model fifo is for backtests", "use --queue risk_averse, power3 or log");
  plan.models.queue = *queue;
  const auto latency = parse_duration(flags.latency);
  if (!latency) return std::unexpected(latency.error());
  plan.models.latency = {.entry = *latency, .response = *latency};
  const auto maker = parse_rate(flags.maker);
  if (!maker) return std::unexpected(maker.error());
  const auto taker = parse_rate(flags.taker);
  if (!taker) return std::unexpected(taker.error());
  plan.models.fees.maker_rate = *maker;
  plan.models.fees.taker_rate = *taker;
  const auto cash = parse_cash(flags.cash, instrument);
  if (!cash) return std::unexpected(cash.error());
  plan.cash = *cash;
  plan.account = flags.account;
  return plan;
}

Result<replay::DataChoice> make_choice(const ServeFlags& flags) {
  replay::DataChoice choice{flags.instrument, kNoTime, kNever};
  for (const auto& [text, time] : {std::pair{&flags.from, &choice.from}, std::pair{&flags.to, &choice.to}}) {
    if (text->empty()) continue;
    const auto parsed = parse_time(*text);
    if (!parsed) return std::unexpected(parsed.error());
    *time = *parsed;
  }
  return choice;
}

/// A file that only its owner can read, there while the server runs: it holds the token.
class SecretFile {
 public:
  static Result<std::unique_ptr<SecretFile>> write(const std::filesystem::path& path, const std::string& content) {
    if (auto written = trade::write_private_file(path, content); !written) return std::unexpected(written.error());
    return std::unique_ptr<SecretFile>{new SecretFile{path}};
  }
  ~SecretFile() { ::unlink(path_.c_str()); }

 private:
  explicit SecretFile(std::filesystem::path path) : path_{std::move(path)} {}
  std::filesystem::path path_;
};

/// Opens a page that leads to ours: the token must not stand in a command line, which every user of the machine can
/// see.
Result<std::unique_ptr<SecretFile>> open_browser(const Session& session, const std::string& url) {
  const auto path = session.home / "open.html";
  auto page = SecretFile::write(
      path, fmt::format("<!doctype html><meta charset=\"utf-8\"><title>STOM</title>"
                        "<meta http-equiv=\"refresh\" content=\"0; url={}\"><a href=\"{}\">STOM</a>\n",
                        url, url));
  if (!page) return page;
  if (::fork() == 0) {
    ::setsid();
    ::execlp("xdg-open", "xdg-open", path.c_str(), nullptr);
    ::_exit(1);
  }
  return page;
}

/// For one editor on the page. It says which language its reader has.
LanguageTalk talk_about_conditions() {
  constexpr conditions::LanguageLimits kLimits{
      .message_bytes = kMostLanguageFrame / 2, .text_bytes = std::size_t{256} << 10, .texts = 8};
  return [server = conditions::LanguageServer{conditions::Language::English, kLimits}](
             std::string_view message) mutable { return server.receive(message); };
}

int run_serve(const Session& session, const ServeFlags& flags) {
  const auto choice = make_choice(flags);
  if (!choice) return report_error(session, choice.error());
  auto data = replay::choose_data(session.home, *choice);
  if (!data) return report_error(session, data.error());
  auto plan = make_plan(flags, data->instrument, session.home);
  if (!plan) return report_error(session, plan.error());
  auto limits = choose_limits(flags.limits, flags.limits_file);
  if (!limits) return report_error(session, limits.error());
  if (const auto breakers = left_out_breakers(*limits); !breakers.empty()) say(session, breakers);
  plan->limits = std::move(limits->limits);
  if (!flags.watch.empty()) {
    auto watched = read_watch_file(flags.watch);
    if (!watched) return report_error(session, watched.error());
    plan->watched = std::move(*watched);
  }
  auto page = load_page(session, flags);
  if (!page) return report_error(session, page.error());
  const SystemClock clock;
  auto replaying = replay::ReplaySession::open(session.home, std::move(*plan), std::move(*data), clock);
  if (!replaying) return report_error(session, replaying.error());
  ServeOptions options;
  options.endpoint.port = flags.port;
  options.version = kVersion;
  options.language = talk_about_conditions;
  if (const auto& chosen = (*replaying)->choice())
    say(session,
        fmt::format("session {} goes on with what was chosen on the page: {}, {}; --session NAME begins another",
                    (*replaying)->id(), chosen->instrument,
                    chosen->strategy.empty() ? "no strategy" : chosen->strategy));
  const HomeLibrary library{session};
  auto server = ApiServer::listen(options, std::move(*page), **replaying, library, clock);
  if (!server) return report_error(session, server.error());
  const std::string object =
      fmt::format("{{\"pid\":{},\"address\":{},\"url\":{},\"token\":{},\"session_id\":{}}}\n", ::getpid(),
                  json_string((*server)->address()), json_string((*server)->login_url()),
                  json_string((*server)->token()), json_string((*replaying)->id()));
  const auto file = SecretFile::write(session.home / "serve.json", object);
  if (!file) return report_error(session, file.error());
  if (session.json)
    fmt::print("{}", object);
  else
    fmt::print("STOM is at {}\n", (*server)->login_url());
  std::fflush(stdout);
  std::unique_ptr<SecretFile> opener;
  if (flags.open_page) {
    auto opened = open_browser(session, (*server)->login_url());
    if (!opened) return report_error(session, opened.error());
    opener = std::move(*opened);
  }
  (*replaying)->start();
  (*server)->run([] { return interrupted(); });
  (*replaying)->stop();
  return kOk;
}

}  // namespace

void add_serve_command(CLI::App& app, Session& session) {
  auto* serve = app.add_subcommand("serve", "Replay a recording behind a page on this computer")->group("Trade");
  auto flags = std::make_shared<ServeFlags>();
  serve->add_option("--port", flags->port, "TCP port on 127.0.0.1; 0 picks a free one")->capture_default_str();
  serve->add_option("--instrument", flags->instrument, "what is replayed; default: the first of the store");
  serve->add_option("--from", flags->from, "start of the part that is replayed, e.g. 2024-08-08T09:00");
  serve->add_option("--to", flags->to, "its end");
  serve->add_option("--strategy", flags->strategy,
                    "a name or the file of a plug-in; default: none, only orders by hand");
  serve->add_option("--plugin", flags->plugin, "file of a plug-in that has the strategy (stom strategy build)");
  serve->add_option("--param", flags->parameters, "NAME=VALUE, once for each parameter of the strategy")
      ->allow_extra_args(false);
  serve->add_option("--speed", flags->speed, "market time per wall time, 0.1 to 1000, or max")->capture_default_str();
  serve->add_flag("--paused", flags->paused, "start paused");
  serve->add_option("--session", flags->session, "which journal to go on with, or to begin")->capture_default_str();
  serve->add_option("--web", flags->web, "folder with the built page");
  serve->add_option("--fill-rules", flags->fill_rules, "stom or hftbacktest")->capture_default_str();
  serve->add_option("--queue", flags->queue, "risk_averse, power3, power:N or log")->capture_default_str();
  serve->add_option("--order-latency", flags->latency, "each way, e.g. 1ms")->capture_default_str();
  serve->add_option("--maker", flags->maker, "fee rate of makers")->capture_default_str();
  serve->add_option("--taker", flags->taker, "fee rate of takers")->capture_default_str();
  serve->add_option("--cash", flags->cash, "at the start; default 100,000, or 100,000,000 KRW");
  serve->add_option("--account", flags->account.account,
                    "cash, margin or unlimited (default: cash for spot, margin for contracts; docs/accounts.md)");
  serve->add_option("--leverage", flags->account.leverage, "of a margin account, a whole number (default 1)");
  serve->add_option("--fees", flags->account.fees, "fees and taxes by a table: binance-usdm, krx-kospi, or a file")
      ->excludes("--maker")
      ->excludes("--taker");
  serve
      ->add_option("--limit", flags->limits,
                   "NAME[@SCOPE]=VALUE, once each: what every order must keep, by hand too: position=2, "
                   "order_rate=10/1s (docs/risk.md)")
      ->expected(1)
      ->take_all();
  serve->add_option("--limits", flags->limits_file, "more of them, in a TOML file with a table [limits]");
  serve->add_option("--watch", flags->watch,
                    "a session's watch.csv: the strategy sees the instrument only while it was registered there");
  serve->add_flag("--open", flags->open_page, "open the page in the browser");
  examples(*serve,
           {"stom serve                                        the first recording, orders by hand",
            "stom serve --strategy mm_keep --speed 10 --open", "stom serve --instrument sim:BTCUSDT --port 0 --json"});
  serve->callback([&session, flags] { session.status = run_serve(session, *flags); });
}

}  // namespace stom
