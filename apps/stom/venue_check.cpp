#include "venue_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/decimal.hpp"
#include "gateway/gateway.hpp"
#include "gateway/net_transport.hpp"
#include "net/io.hpp"
#include "network.hpp"
#include "timeout_error.hpp"
#include "trade/instruments.hpp"
#include "trade/venue_setup.hpp"
#include "trade/venues_file.hpp"
#include "venues/registry.hpp"

namespace stom {
namespace {

constexpr DurationNanos kLook = 100 * kMillisecond;  // between looks at Ctrl-C

/// What is found out, in this order where nothing is wrong.
enum class Step : std::uint8_t { List, Connected, Clock, Book, SignedIn };
constexpr std::array<std::string_view, 5> kNames{"list", "connected", "clock", "book", "signed-in"};
constexpr std::array<std::string_view, 5> kMissing{"no list", "no connection", "no clock", "no book",
                                                   "the key was not taken"};

/// The steps of one check: each is told once, with the time since the check began.
class Steps {
 public:
  Steps(const Session& session, const Clock& clock) : session_{session}, clock_{clock}, begun_{clock.now()} {}

  void done(Step step, std::string text) {
    auto& told = steps_[static_cast<std::size_t>(step)];
    if (told) return;
    told = Told{std::move(text), (clock_.now() - begun_) / kMillisecond};
    if (session_.json) return;
    fmt::print("ok    {:<10} {:>6} ms  {}\n", kNames[static_cast<std::size_t>(step)], told->after_ms, told->text);
    std::fflush(stdout);
  }
  bool has(Step step) const { return steps_[static_cast<std::size_t>(step)].has_value(); }
  DurationNanos since_begin() const { return clock_.now() - begun_; }

  std::string json() const {
    std::string out;
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (steps_[i])
        out += fmt::format("{}{{\"step\":\"{}\",\"after_ms\":{},\"text\":{}}}", out.empty() ? "" : ",", kNames[i],
                           steps_[i]->after_ms, json_string(steps_[i]->text));
    return "[" + out + "]";
  }

 private:
  struct Told {
    std::string text;
    std::int64_t after_ms;
  };
  const Session& session_;
  const Clock& clock_;
  const UnixNanos begun_;
  std::array<std::optional<Told>, 5> steps_;
};

/// What the venue tells while it is checked.
class Listener final : public gateway::GatewayUser {
 public:
  Listener(const Instrument& instrument, Steps& steps) : instrument_{instrument}, steps_{steps} {}

  void market(InstrumentIndex, const MessageBatch& batch) override {
    for (const Message& message : batch.messages) {
      if (message.kind != MessageKind::Snapshot || message.bids == 0 || message.asks == 0) continue;
      const auto text = [&](Price price) {
        return format_decimal_trimmed(Int128{price.value}, instrument_.price_decimals);
      };
      steps_.done(Step::Book,
                  fmt::format("{}: {} bids from {}, {} asks from {}", instrument_.id, message.bids,
                              text(batch.bids(message)[0].price), message.asks, text(batch.asks(message)[0].price)));
    }
  }
  void book_stale(InstrumentIndex, std::string_view why) override { last_ = why; }
  void order(const venues::OrderReport&) override {}
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport& report) override {
    last_ = report.text;
    if (report.state == venues::VenueState::SignedIn) steps_.done(Step::SignedIn, last_);
    if (report.state == venues::VenueState::Refused) refused_ = report.text;
    if (report.state == venues::VenueState::Unsuited)
      unsuited_ = Error{Errc::Unsupported, std::string{report.text}, std::string{report.remedy}};
  }
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error& error, std::string_view) override { last_ = error.message; }
  void notice(std::string_view line) override { last_ = line; }

  /// The venue's own words where it lets nobody in; empty otherwise.
  const std::string& refused() const { return refused_; }
  /// Why its account cannot be traded by a session, though the key is taken.
  const std::optional<Error>& unsuited() const { return unsuited_; }
  const std::string& last() const { return last_; }

 private:
  const Instrument& instrument_;
  Steps& steps_;
  std::string refused_, last_;
  std::optional<Error> unsuited_;
};

std::string budgets_of(const venues::Description& venue, const gateway::Budgets& budgets, UnixNanos now) {
  std::string out;
  for (std::size_t i = 0; i < venue.budgets.size(); ++i) {
    const auto index = static_cast<venues::BudgetIndex>(i);
    out += fmt::format("{}{{\"name\":{},\"used\":{},\"limit\":{}}}", out.empty() ? "" : ",",
                       json_string(venue.budgets[i].name), budgets.used(index, now), budgets.limit(index));
  }
  return "[" + out + "]";
}

struct Asked {
  trade::VenueSetup setup;
  Instrument instrument;
  net::Route route;
  bool has_key = false;
};

/// Whom to ask about what. The list of instruments is the first thing that is asked of the venue.
Result<Asked> prepare(const VenueCheckOptions& options, UnixNanos now, Steps& steps) {
  const std::string name = options.venue.substr(0, options.venue.find(':'));
  std::string id = options.venue;
  if (id == name) {
    const auto all = venues::venues();
    const auto at = std::ranges::find(all, name, &venues::VenueSummary::name);
    if (at != all.end()) id = name + ":" + at->well_known;
  }
  trade::VenuesFile file;
  trade::VenueAccess access;
  if (!options.venues_file.empty()) {
    auto read = trade::read_venues_file(options.venues_file);
    if (!read) return std::unexpected(read.error());
    file = std::move(*read);
    const auto at = file.venues.find(name);
    if (at == file.venues.end())
      return fail(Errc::NotFound, fmt::format("{} has no {}", options.venues_file, name),
                  "an exchange lists what it speaks: stom exchange --json");
    access = at->second;
  }
  auto route = network_route(file.authority);
  if (!route) return std::unexpected(route.error());
  auto setup = trade::set_up_venue(name, access, trade::KeyUse::IfThere, trade::session_name(now));
  if (!setup) return std::unexpected(setup.error());
  trade::InstrumentLists lists{*route};
  auto instrument = lists.find(id, setup->rest, now, [] { return !interrupted(); });
  if (!instrument) return std::unexpected(instrument.error());
  steps.done(Step::List,
             fmt::format("{}: tick {}, lot {}", id,
                         format_decimal_trimmed(Int128{instrument->base_tick().value}, instrument->price_decimals),
                         format_decimal_trimmed(Int128{instrument->lot.value}, instrument->quantity_decimals)));
  return Asked{std::move(*setup), std::move(*instrument), std::move(*route), access.credentials.has_value()};
}

}  // namespace

int run_venue_check(const Session& session, const VenueCheckOptions& options) {
  const SystemClock clock;
  const auto patience = parse_duration(options.within);
  if (!patience) return report_error(session, patience.error());
  Steps steps{session, clock};
  auto asked = prepare(options, clock.now(), steps);
  if (!asked) return report_error(session, asked.error());

  net::Io io;
  gateway::NetTransport transport{io, clock, {.route = asked->route, .http = {}, .socket = {}}};
  Listener listener{asked->instrument, steps};
  gateway::GatewayOptions gateway_options;
  gateway_options.addresses = asked->setup.addresses;
  gateway::Gateway gateway{*asked->setup.venue, transport, listener, nullptr, gateway_options};
  transport.serve(gateway);
  gateway.start(clock.now());
  gateway.watch(0, asked->instrument, {}, clock.now());

  std::vector<Step> wanted{Step::Connected, Step::Book};
  if (asked->has_key) wanted.push_back(Step::SignedIn);
  const auto missing = [&] { return std::ranges::find_if_not(wanted, [&](Step s) { return steps.has(s); }); };
  gateway::Gateway* gateways[] = {&gateway};
  while (missing() != wanted.end() && steps.since_begin() < *patience && listener.refused().empty() &&
         !listener.unsuited() && !interrupted()) {
    gateway::turn(io, clock, gateways, nullptr, gateway::LoopMode::Blocking, kLook);
    const UnixNanos now = clock.now();
    if (gateway.connected()) steps.done(Step::Connected, "every connection that it needs is open");
    if (const auto offset = gateway.clock(now))
      steps.done(Step::Clock, fmt::format("the venue's is {:+.1f} ms from ours, known to {:.1f} ms",
                                          static_cast<double>(offset->offset) / kMillisecond,
                                          static_cast<double>(offset->error) / kMillisecond));
  }
  if (interrupted()) return kInterrupted;
  if (!listener.refused().empty()) {
    (void)report_error(session,
                       {Errc::Unsupported, fmt::format("{} refuses: {}", asked->setup.name, listener.refused()),
                        "look at the key of the venues file, and at this computer's clock"});
    return kAuthentication;
  }
  if (const auto& why = listener.unsuited())
    return report_error(session, {why->code, fmt::format("{}: {}", asked->setup.name, why->message), why->hint});
  if (const auto at = missing(); at != wanted.end())
    return report_timeout(
        session, {Errc::Io,
                  fmt::format("{}: {} within {}{}", asked->setup.name, kMissing[static_cast<std::size_t>(*at)],
                              options.within, listener.last().empty() ? "" : "; the last it said: " + listener.last()),
                  "outside trading hours some venues send no book; --within 60s waits longer"});
  if (session.json) {
    fmt::print("{{\"venue\":{},\"instrument\":{},\"steps\":{},\"budgets\":{}}}\n", json_string(asked->setup.name),
               json_string(asked->instrument.id), steps.json(),
               budgets_of(asked->setup.venue->description(), gateway.budgets(), clock.now()));
    return kOk;
  }
  const auto& budgets = asked->setup.venue->description().budgets;
  for (std::size_t i = 0; i < budgets.size(); ++i) {
    const auto index = static_cast<venues::BudgetIndex>(i);
    fmt::print("      {:<24} {} of {}\n", budgets[i].name, gateway.budgets().used(index, clock.now()),
               gateway.budgets().limit(index));
  }
  return kOk;
}

}  // namespace stom
