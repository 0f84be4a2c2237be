#include "simulate/simulation.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "core/hash.hpp"
#include "core/spelling.hpp"
#include "engine/journal.hpp"
#include "engine/journal_bytes.hpp"
#include "engine/journal_reader.hpp"
#include "sim/generator/minute_bars.hpp"
#include "sim/generator/order_flow.hpp"
#include "simulate/agenda.hpp"
#include "simulate/auditor.hpp"
#include "simulate/busy_strategy.hpp"
#include "simulate/network.hpp"
#include "simulate/steering.hpp"
#include "trade/availability.hpp"
#include "trade/earlier_session.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/snapshot.hpp"
#include "trade/trade_session.hpp"
#include "venues/registry.hpp"
#include "venues/server_registry.hpp"

namespace stom::simulate {
namespace {

constexpr DurationNanos kExchangeTurn = 10 * kMillisecond;  // how often the markets move on
constexpr DurationNanos kRest = 150 * kSecond;        // the longest that a venue shuts out, and all that waits for it
constexpr DurationNanos kCopyRest = 20 * kSecond;     // at least: of a copy, once it waits for nothing
constexpr std::uint64_t kLongRests = 15;              // one in so many copies rests as long as the first process
constexpr DurationNanos kEnd = kMinute;               // for the session's last cancels
constexpr DurationNanos kStart = 5 * kSecond;         // before anything goes wrong
constexpr DurationNanos kPerson = 10 * kSecond;       // how often somebody looks after what a power cut left
constexpr DurationNanos kPatience = 6 * kSecond;      // so long a blow waits for what it is aimed at
constexpr std::uint64_t kSnapshotEvery = 8;           // records: most crashes find one, and some records behind it
constexpr int kAimed = 70;                            // of 100 blows: at one cell of the table, where it is met in time
constexpr DurationNanos kMaintenance = 10 * kMinute;  // of hours as they are
constexpr int kActsOfAnHour = 2;                      // of 100 timers of the strategy, then
constexpr std::size_t kOrdersOfADay = 100'000;        // that the exchange remembers: the auditor asks for all
constexpr std::size_t kLogLines = 60;
constexpr std::string_view kSession = "7", kSessionAfterwards = "8";

constexpr DurationNanos kSteerEvery = 100 * kMillisecond;  // of a seed that is directed
constexpr std::int64_t kTooLateMs = 11'000;                // an answer for which nobody waits any more

// ---- what goes wrong --------------------------------------------------------------------------------------------

/// Faults of the exchange: all.
constexpr std::string_view kExchangeFaults[] = {
    "ack_delay_ms", "ack_lost",      "ack_duplicate",  "fill_before_ack", "fill_reorder",  "fill_duplicate",
    "disconnect",   "half_open",     "frame_truncate", "frame_split",     "seq_gap",       "http_429",
    "http_418",     "http_5xx",      "maintenance",    "cancel_filled",   "foreign_order", "tick_change",
    "delist",       "clock_skew_ms", "token_expire",   "listenkey_expire"};
/// Of these, what is not an occasion but a state.
constexpr std::string_view kStanding[] = {"tick_change", "delist", "clock_skew_ms"};
bool is_standing(std::string_view fault) { return std::ranges::find(kStanding, fault) != std::end(kStanding); }
constexpr std::string_view kNetworkFaults[] = {"net_refused", "net_request_lost", "net_answer_lost", "net_slow",
                                               "net_socket_refused"};
constexpr std::string_view kCrash = "crash", kPowerCut = "power_cut";
constexpr std::uint64_t kAllSockets = 20;  // more than a session has

// ---- venues -----------------------------------------------------------------------------------------------------

/// What sets a venue apart here.
struct VenueFacts {
  bool knows_our_ids = true;      // else orders are known by the requests that brought them, and asked for by lists
  bool has_price_limits = false;  // around yesterday's last price
  bool post_only = true;
  std::int64_t quantity = 1'000;  // of an order, at least, in 10^-5
  int acts = 40;                  // of 100 timers of the strategy
};

/// Kiwoom takes one purchase, one sale and one cancel a second; more than that would only wait. Its orders are of whole
/// stocks, and none is of as few as those that somebody else places (foreign_order).
VenueFacts facts_of(std::string_view venue) {
  if (venue != "kiwoom") return {};
  return {.knows_our_ids = false, .has_price_limits = true, .post_only = false, .quantity = 5'000'000, .acts = 20};
}
constexpr DurationNanos kSeoul = 9 * kHour;

/// By the number that they have at the exchange.
std::string_view name_of(exchange::Fault fault) { return exchange::Faults::names()[static_cast<std::size_t>(fault)]; }

/// Whether a socket to that endpoint tells of markets alone.
bool tells_market(std::string_view endpoint) {
  return endpoint == "books" || endpoint == "marks" || endpoint == "public";
}

std::string hex_of(Random& random, std::size_t bytes) {
  std::string hex;
  while (hex.size() < 2 * bytes) hex += fmt::format("{:016x}", random.next());
  hex.resize(2 * bytes);
  return hex;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::string bytes(std::filesystem::file_size(file), '\0');
  std::ifstream{file, std::ios::binary}.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

JournalPosition end_of(const std::filesystem::path& journal) {
  auto reader = JournalReader::open(journal, JournalReader::Sums::Kept);
  if (!reader) return {};
  while (reader->next() != nullptr) {
  }
  return reader->position();
}

/// The end of the record that lies over `at`, from the beginning of one on.
std::size_t record_end(std::string_view journal, std::size_t from, std::size_t at) {
  while (from + 8 <= journal.size()) {
    std::uint32_t length = 0;
    std::memcpy(&length, journal.data() + from, 4);
    from += 8 + length;
    if (from >= at) break;
  }
  return std::min(from, journal.size());
}

class World {
 public:
  explicit World(const Scenario& scenario)
      : scenario_{scenario},
        random_{scenario.seed},
        agenda_{clock_},
        exchange_faults_{random_.next()},
        network_{agenda_, random_.next(), [this](std::string_view fault, const AtHand& what) {
                   const Struck struck = struck_by(what);
                   if (!may(fault, struck)) return false;
                   if (aims_.contains(fault)) share_of(fault) = 0;
                   note(fault, struck);
                   return true;
                 }} {
    exchange_faults_.only_where(
        [this](exchange::Fault fault, std::uint64_t what) { return may(name_of(fault), struck_by(fault, what)); });
    exchange_faults_.on_strike(
        [this](exchange::Fault fault, std::uint64_t what) { note(name_of(fault), struck_by(fault, what)); });
  }

  Result<Outcome> run() {
    if (auto fits = check(); !fits) return std::unexpected(fits.error());
    auto folder = trade::ScratchFolder::make();
    if (!folder) return std::unexpected(folder.error());
    take_folder(std::move(*folder));
    if (auto opened = open_exchange(); !opened) return std::unexpected(opened.error());
    if (scenario_.hours == 0) choose_faults();
    if (auto begun = begin_session(); !begun) return std::unexpected(begun.error());
    live_until(scenario_.begin + kStart);
    const UnixNanos rest = agenda_.now() + busy();
    if (scenario_.hours == 0)
      next_fault_ = agenda_.now();
    else
      plan_hours();
    live_until(rest);
    calm_down();
    live_until(agenda_.now() + kRest);
    if (out_.why.empty()) end();
    if (canceled_) return fail(Errc::Canceled, "interrupted", "a seed that did not come to its end is not counted");
    finish();
    return std::move(out_);
  }

 private:
  DurationNanos busy() const { return scenario_.hours > 0 ? scenario_.hours * kHour : scenario_.busy; }

  /// What a simulation of that venue does not have.
  Result<void> check() const {
    if (!scenario_.toward.empty() && (scenario_.held || scenario_.kills || scenario_.hours > 0))
      return fail(Errc::Usage, "a seed that is directed at cells has no kept orders, no copies and no hours",
                  "leave --held, --kills and --hours out");
    if (facts_.knows_our_ids) return {};
    if (scenario_.held)
      return fail(Errc::Usage,
                  fmt::format("{} knows an order without an answer by its terms alone, and orders that a session keeps "
                              "itself may have the same",
                              scenario_.venue),
                  "leave --held out, or take another venue");
    const UnixNanos end = scenario_.begin + kStart + busy() + 2 * (kRest + kEnd);
    if (day_of(scenario_.begin + kSeoul) != day_of(end + kSeoul))
      return fail(Errc::Usage,
                  fmt::format("orders at {} are for a day in Seoul, and so much time goes beyond it", scenario_.venue),
                  "take 13 hours at most");
    return {};
  }

  // ---- the exchange

  Result<void> open_exchange() {
    auto server = venues::make_venue_server(scenario_.venue);
    if (!server)
      return fail(Errc::Usage, fmt::format("there is no simulated exchange for {}", scenario_.venue),
                  "stom simulate --help lists the venues");
    credentials_ = server->make_credentials(hex_of(random_, 128));
    grant_ = server->grant();
    const venues::Listing listing = server->listings().front();
    instrument_ = listing.instrument;
    exchange::Market market;
    sim::FlowConfig flow{.instrument = listing.instrument,
                         .start_price = listing.start_price,
                         .typical_quantity = listing.typical_quantity,
                         .depth_doublings = listing.depth_doublings,
                         .funding = listing.perpetual,
                         .start = scenario_.begin - 10 * kSecond,
                         .length = busy() + kDay,
                         .seed = random_.next(),
                         .actions_per_second = listing.actions_per_second,
                         .depth_interval = 250 * kMillisecond};
    if (facts_.has_price_limits) flow.start_price = sim::append_history(flow, 1, market.history);
    auto tape = exchange::Tape::generated(flow);
    if (!tape) return std::unexpected(tape.error());
    market.tape = std::move(*tape);
    std::vector<exchange::Market> markets;
    markets.push_back(std::move(market));
    front_ = std::make_unique<exchange::VenueFront>(std::move(server), std::move(markets),
                                                    std::vector<venues::Credentials>{credentials_}, clock_,
                                                    exchange_faults_, network_, random_.next(), kOrdersOfADay);
    network_.serve(*front_);
    exchange_turn();
    return {};
  }

  void exchange_turn() {
    front_->advance();
    front_->on_timer();
    if (limits_) most_working_ = std::max(most_working_, working());
    agenda_.after(kExchangeTurn, [this] { exchange_turn(); });
  }

  // ---- the session

  std::int64_t lots(std::int64_t value) const {
    const Int128 of = Int128{value} * power_of_ten(instrument_.quantity_decimals) / 100'000;
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(of)) * instrument_.lot.value;
  }

  Result<void> begin_session() {
    const bool again = std::filesystem::exists(journal());
    const bool other_name = again && scenario_.bug == Bug::NameChangesAtRestart;
    const std::string name{other_name ? kSessionAfterwards : kSession};
    auto venue = venues::make_venue(
        scenario_.venue, {.credentials = credentials_, .session = name, .margin = {}, .orders_by_socket = by_socket_});
    if (!venue) return std::unexpected(venue.error());
    trade::Plan plan;
    plan.mode = trade::Mode::Testnet;
    plan.instruments = {instrument_};
    auto tapped = std::make_unique<TappedVenue>(std::move(*venue), scenario_.bug);
    tap_ = tapped.get();
    trade::VenueSetup venue_setup{
        .name = scenario_.venue, .venue = std::move(tapped), .addresses = {}, .secrets = {}, .rest = {}};
    for (const auto& endpoint : tap_->description().endpoints) {
      const bool https = endpoint.transport == venues::Transport::Https;
      venue_setup.addresses[endpoint.name] =
          fmt::format("{}{}{}", https ? Network::kHttps : Network::kWss, endpoint.name,
                      endpoint.url.substr(std::min(endpoint.url.find('/', 8), endpoint.url.size())));
    }
    plan.venues.push_back(std::move(venue_setup));
    const Quantity quantity{lots(facts_.quantity)};
    const int acts = scenario_.hours > 0 ? kActsOfAnHour : facts_.acts;
    const std::int64_t most = steering_ && facts_.knows_our_ids ? 200 : 20;  // of orders that fill in parts: much more
    auto strategy = std::make_unique<BusyStrategy>(
        BusyOptions{.seed = random_.next(),
                    .quantity = quantity,
                    .most = {quantity.value * most},
                    .may_be_short = grant_.margin,
                    .open = scenario_.held ? 16u : 8u,
                    .acts = acts,
                    .held = scenario_.held,
                    .post_only = facts_.post_only,
                    .had = facts_.knows_our_ids ? nullptr : &had_,
                    .manner = steering_ ? &steering_->manner() : nullptr,
                    .phase_of = [this](const WorkingOrder& order) { return phase_of(order); }});
    strategy_ = strategy.get();
    plan.strategy = std::move(strategy);
    plan.strategy_name = "busy";
    if (scenario_.held && !(again && scenario_.bug == Bug::KeptOrdersForgotten))
      plan.offered = {tap_->description().orders};
    plan.configuration = fmt::format("simulated seed={} session={}", scenario_.seed, name);
    plan.session = name;
    plan.goes_on = again;
    plan.snapshot_every = kSnapshotEvery;
    if (again) {
      auto earlier = trade::earlier_session(journal());
      if (!earlier) return std::unexpected(earlier.error());
      out_.snapshots += earlier->snapshot ? 1 : 0;
      if (earlier->snapshot && scenario_.bug == Bug::RecordsBehindASnapshotSkipped)
        earlier->snapshot->position = end_of(journal());
      plan.earlier = std::move(*earlier);
    }
    plan.cash = grant_.cash;
    plan.accept_differences = again && may_be_strange();
    if (scenario_.bug != Bug::LimitsForgotten) plan.risk = risk();
    plan.seed = random_.next();
    plan.record = false;
    plan.busy_poll = true;
    plan.transport = [this](const std::string&) { return network_.connect(); };
    auto folder = trade::SessionFolder::take(session_folder());
    if (!folder) return std::unexpected(folder.error());
    auto session = trade::TradeSession::open(std::move(plan), std::move(*folder), clock_);
    if (!session) return std::unexpected(session.error());
    session_ = std::move(*session);
    if (calm_) strategy_->calm();
    session_->begin();
    size_ = std::filesystem::file_size(journal());
    return {};
  }

  trade::RiskPlan risk() const {
    trade::RiskPlan risk;
    if (!limits_) return risk;
    const auto units = [&](Int128 quantity) { return format_decimal(quantity, instrument_.quantity_decimals); };
    for (const std::string& limit : {"order_quantity=" + units(limits_->order), "position=" + units(limits_->position),
                                     fmt::format("working_orders={}", limits_->working)})
      risk.limits.push_back(risk::parse_limit(limit).value());
    if (breaks_) risk.breakers.push_back(risk::parse_breaker("reject_rate=3/20s,entries").value());
    return risk;
  }
  /// How many orders of the session rest at the venue.
  std::size_t working() const {
    std::size_t count = 0;
    for (const venues::VenueOrder* order : front_->host().open_orders(0)) {
      const auto id = id_of(*order);
      count += id && !lost_.contains(*id) ? 1 : 0;
    }
    return count;
  }

  std::filesystem::path session_folder() const { return folder_->path() / "session"; }
  const std::filesystem::path& journal() const { return journal_; }
  void take_folder(trade::ScratchFolder folder) {
    folder_.emplace(std::move(folder));
    journal_ = session_folder() / "journal.stom";
  }

  /// Time passes: what arrives, what is due, and turns of the session between.
  void live_until(UnixNanos until) {
    while (agenda_.now() < until && out_.why.empty()) {
      agenda_.run_until(std::min({until, agenda_.next(), next_turn_}));
      if (agenda_.now() >= next_fault_) let_something_go_wrong();
      if (agenda_.now() >= person_at_) cancel_lost_orders();
      turn();
      begin_states();
      if (!goes_on()) out_.why = "interrupted";
    }
  }

  /// A copy comes to its end.
  bool goes_on() {
    const auto length = static_cast<double>(kStart + busy() + kRest);
    if (!is_copy_ && !canceled_)
      canceled_ = !scenario_.go_on(static_cast<double>(agenda_.now() - scenario_.begin) / length);
    return !canceled_;
  }

  void turn() {
    const UnixNanos now = agenda_.now();
    next_turn_ = now + kMillisecond * static_cast<DurationNanos>(2 + random_.below(calm_ ? 60 : 18));
    if (!session_) {
      if (now < revived_at_) return;
      if (auto begun = begin_session(); !begun) out_.why = "the session cannot go on: " + begun.error().message;
      return;
    }
    if (session_->state() == trade::State::Ended) return;
    session_->turn();
    session_->keep_snapshot();
    take_log();
    if (scenario_.kills && !is_copy_) kill_copies();
    if (session_->state() == trade::State::Ended) {
      if (stopped_) return;
      const auto finished = session_->finish();
      out_.why = "the session gave up" + (finished ? std::string{} : ": " + finished.error().message);
      return;
    }
    maybe_crash();
  }

  void take_log() {
    session_->log().write([this](const std::string& line) {
      out_.log.push_back(line);
      if (out_.log.size() > 2 * kLogLines) out_.log.erase(out_.log.begin(), out_.log.end() - kLogLines);
    });
  }

  // ---- crashes

  /// A crash that is to come, or a power cut.
  struct Crash {
    std::string fault;
    std::size_t at = 0;        // once the journal is so long
    std::optional<Cell> cell;  // or where it meets that
    UnixNanos until = 0;
  };

  /// As kill -9 leaves it: of the records of this turn the file has some, the last one perhaps in part, and no command
  /// of this turn has left. A power cut takes what was written since the disk was last asked, too.
  void maybe_crash() {
    const std::size_t before = std::exchange(size_, std::filesystem::file_size(journal()));
    const std::size_t safe = std::exchange(durable_, session_->durable_at() == agenda_.now() ? size_ : durable_);
    if (!crash_ || size_ == before) return;
    if (crash_->cell && agenda_.now() > crash_->until) return crash_.reset();
    if (size_ < crash_->at) return;
    const bool power = crash_->fault == kPowerCut;
    const std::size_t from = power ? safe : before;
    const std::string bytes = bytes_of(journal());
    std::size_t kept = power ? from + random_.below(size_ - from + 1) : std::clamp(crash_->at, before, size_);
    if (crash_->cell) {
      const auto end = where_met(bytes, from, *crash_->cell);
      if (!end) return;
      kept = *end;
    }
    if (random_.below(2) == 0 || crash_->cell) kept = record_end(bytes, from, kept);
    if (scenario_.bug == Bug::RecordLostBehindItsOrder) kept = without_last_submit(bytes);
    if (scenario_.bug == Bug::KeptOrderLeavesUnrecorded) kept = without_last_leaving(bytes, before).value_or(kept);
    note(crash_->fault, {open_phases(), step_of(bytes, record_end(bytes, kJournalMagic.size(), kept))});
    if (power) lose(bytes, kept, before);
    durable_ = std::min(durable_, kept);
    crash_.reset();
    session_.reset();
    tap_ = nullptr;
    strategy_ = nullptr;
    std::ofstream{journal(), std::ios::binary | std::ios::trunc} << bytes.substr(0, kept);
    copied_ =
        std::min(copied_, kJournalMagic.size() +
                              whole_records(std::string_view{bytes}.substr(0, kept).substr(kJournalMagic.size())));
    ++out_.crashes;
    const std::uint64_t away = !steering_ && random_.below(3) == 0 ? 20'000 : 500;
    revived_at_ = agenda_.now() + kMillisecond * static_cast<DurationNanos>(1 + random_.below(away));
  }

  /// Behind which record of those from `from` on that is so.
  std::optional<std::size_t> where_met(std::string_view bytes, std::size_t from, const Cell& cell) const {
    if (!open_phases().contains(cell.phase)) return std::nullopt;
    for (std::size_t at = from; at + 8 < bytes.size();) {
      at = record_end(bytes, at, at + 1);
      if (step_of(bytes, at) == cell.step) return at;
    }
    return std::nullopt;
  }

  /// What a power cut takes of the records of commands that have left: the venue has those orders, and no journal.
  void lose(std::string_view bytes, std::size_t kept, std::size_t left) {
    std::size_t end = kJournalMagic.size();
    (void)for_each_record(journal(), [&](const JournalRecord& record) {
      end = record_end(bytes, end, end + 1);
      if (end <= kept || end > left) return;
      if (record.kind == RecordKind::Submit) lost_.insert(record.order.id);
      if (record.kind == RecordKind::Cancel) lost_cancels_.insert(record.order.id);
    });
    if (!lost_.empty()) person_at_ = agenda_.now() + kPerson;
  }

  /// Behind each record of this turn a copy of this process, in which the session is killed there and goes on. Behind
  /// every other one the next record is begun.
  void kill_copies() {
    if (std::filesystem::file_size(journal()) <= copied_) return;
    const std::string bytes = bytes_of(journal());
    while (copied_ < bytes.size() && out_.why.empty() && goes_on()) {
      copied_ = record_end(bytes, copied_, copied_ + 1);
      std::string kept = bytes.substr(0, copied_);
      note(kCrash, {open_phases(), step_of(kept, kept.size())});
      if (out_.kills++ % 2 == 1) kept += '\x14';
      if (const std::string why = in_a_copy(kept); !why.empty())
        out_.why = fmt::format("killed behind byte {} of its journal: {}", copied_, why);
    }
  }

  /// What the auditor says of a session that was killed when its journal held that; empty: all is as it must be.
  std::string in_a_copy(const std::string& kept) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return "no copy of the process can be made";
    const pid_t copy = ::fork();
    if (copy == 0) {
      const std::string why = go_on_behind(kept);
      const bool told = ::write(ends[1], why.data(), why.size()) == static_cast<ssize_t>(why.size());
      ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    std::string why;
    char buffer[512];
    ssize_t more = 0;
    // Ctrl-C reaches both; the copy is done in a moment, and what it says still counts.
    while (copy > 0 && ((more = ::read(ends[0], buffer, sizeof buffer)) > 0 || (more < 0 && errno == EINTR)))
      why.append(buffer, static_cast<std::size_t>(std::max<ssize_t>(more, 0)));
    ::close(ends[0]);
    int status = -1;
    pid_t ended = -1;
    while (copy > 0 && (ended = ::waitpid(copy, &status, 0)) < 0 && errno == EINTR) {
    }
    if (ended != copy || status != 0)
      return fmt::format("the copy of the process did not end well (status {})", status);
    return why;
  }

  /// In a copy: the folder is one of its own, and the first process's stays as it is.
  std::string go_on_behind(const std::string& kept) {
    is_copy_ = true;
    session_.reset();
    tap_ = nullptr;
    strategy_ = nullptr;
    auto folder = trade::ScratchFolder::make();
    if (!folder) return folder.error().message;
    static_cast<void>(new trade::ScratchFolder{std::move(*folder_)});  // not this process's to remove
    folder_.reset();
    const std::filesystem::path before = journal_.parent_path();
    take_folder(std::move(*folder));
    std::filesystem::create_directories(session_folder());
    std::ofstream{journal(), std::ios::binary} << kept;
    for (const std::string_view file : trade::kSnapshotFiles)  // some of them know more than what is kept
      if (std::error_code none; std::filesystem::exists(before / file, none))
        std::filesystem::copy_file(before / file, session_folder() / file, none);
    ++out_.crashes;
    stopped_ = false;
    revived_at_ = agenda_.now() + kMillisecond * static_cast<DurationNanos>(1 + random_.below(500));
    calm_down();
    const UnixNanos latest = agenda_.now() + kRest;
    live_until(out_.kills % kLongRests == 0 ? latest : agenda_.now() + kCopyRest);
    while (out_.why.empty() && agenda_.now() < latest && !has_settled()) live_until(agenda_.now() + kSecond);
    if (out_.why.empty()) end();
    session_.reset();
    folder_.reset();
    return out_.why;
  }

  /// It trades, and waits for no answer.
  bool has_settled() const {
    if (!session_ || !knows() || strategy_->last_called() == kNoTime) return false;
    return agenda_.now() - strategy_->last_called() <= kSecond &&
           std::ranges::all_of(strategy_->context()->orders(), [this](const WorkingOrder& order) {
             const Phase phase = phase_of(order);
             return phase == Phase::Working || phase == Phase::Partly;
           });
  }

  /// Where the record of the order that left last begins.
  std::size_t without_last_submit(std::string_view bytes) const {
    std::size_t last = bytes.size();
    for (std::size_t at = kJournalMagic.size(); at + 8 < bytes.size();) {
      if (static_cast<RecordKind>(bytes[at + 8]) == RecordKind::Submit) last = at;
      at = record_end(bytes, at, at + 1);
    }
    return last;
  }

  /// Where the record begins with which a kept order left last, if it was before `left` and no order was decided since.
  std::optional<std::size_t> without_last_leaving(std::string_view bytes, std::size_t left) const {
    std::optional<std::size_t> last;
    std::size_t begin = kJournalMagic.size();
    (void)for_each_record(journal(), [&](const JournalRecord& record) {
      const OrderEvent& event = record.event;
      const bool leaves = record.kind == RecordKind::OrderEvent && event.kind == OrderEventKind::Triggered &&
                          event.reason == RejectReason::Held;
      const std::size_t end = record_end(bytes, begin, begin + 1);
      if (record.kind == RecordKind::Submit || (leaves && end > left)) last.reset();
      if (leaves && end <= left) last = begin;
      begin = end;
    });
    return last;
  }

  /// By the kind of the last record before `end`.
  static Step step_of(std::string_view bytes, std::size_t end) {
    Step step = Step::Other;
    for (std::size_t at = kJournalMagic.size(); at < end && at + 8 < bytes.size(); at = record_end(bytes, at, at + 1)) {
      const auto kind = static_cast<RecordKind>(bytes[at + 8]);
      step = kind == RecordKind::Submit       ? Step::Place
             : kind == RecordKind::Cancel     ? Step::Cancel
             : kind == RecordKind::OrderEvent ? Step::Stream
                                              : Step::Other;
    }
    return step;
  }

  /// The account may be, or become, not the session's alone; whoever starts it again knows.
  bool may_be_strange() const {
    return std::ranges::any_of(faults_,
                               [](const auto& fault) { return fault == "foreign_order" || fault == kPowerCut; });
  }

  /// As a person would who was told of orders that the journal does not know.
  void cancel_lost_orders() {
    person_at_ = agenda_.now() + kPerson;
    for (const venues::VenueOrder* order : front_->host().open_orders(0)) {
      const auto id = id_of(*order);
      if (id && lost_.contains(*id)) front_->host().cancel(order->terms.id);
    }
  }

  // ---- faults

  /// Of a seed that is directed: all that may strike, as the goal or as an aid. No limit is in the way.
  void choose_direction() {
    by_socket_ = std::ranges::any_of(scenario_.toward, [](const Target& one) { return one.fault == "ack_duplicate"; });
    const Road road{.by_lists = !facts_.knows_our_ids, .by_socket = by_socket_};
    for (const Target& target : scenario_.toward) {
      faults_.push_back(target.fault);
      for (const Aid& aid : plan_for(target, road).aids) faults_.emplace_back(aid.fault);
    }
    steering_.emplace(scenario_.toward, road, random_.next());
  }

  void choose_faults() {
    if (!scenario_.toward.empty()) return choose_direction();
    std::vector<std::string> all = scenario_.faults;
    if (scenario_.held) std::erase(all, kPowerCut);  // docs/orders.md: it is for sessions that have the disk first
    std::erase_if(all, [this](const std::string& fault) { return reachable(scenario_.venue, fault).empty(); });
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random_.below(i)]);
    // One alone, two together, or a half of all.
    const std::uint64_t draw = random_.below(4);
    const std::size_t most = draw == 0 ? 1 : draw == 1 ? 2 : std::max<std::size_t>(1, all.size() / 2);
    all.resize(std::min(all.size(), most));
    faults_ = std::move(all);
    by_socket_ = random_.below(2) == 0;
    if (random_.below(3) != 0) return;
    const std::int64_t quantity = lots(facts_.quantity);  // the strategy wants three times of it, and twenty in all
    limits_ = {.order = quantity * 5 / 2, .position = quantity * 8, .working = 4};
    breaks_ = random_.below(2) == 0;
  }

  /// Blows fall at a cell of the table, once it is met, or whatever is under way.
  void let_something_go_wrong() {
    if (steering_) return steer();
    next_fault_ = agenda_.now() + kMillisecond * static_cast<DurationNanos>(100 + random_.below(1'900));
    if (faults_.empty()) return;
    const std::string& fault = faults_[random_.below(faults_.size())];
    if (aims_.contains(fault)) return;
    std::optional<Cell> cell;
    if (const auto cells = reachable(scenario_.venue, fault); random_.below(100) < kAimed)
      cell = cells[random_.below(cells.size())];
    const auto until = [&](std::uint64_t most) {
      return agenda_.now() + (cell ? kPatience : kMillisecond * static_cast<DurationNanos>(200 + random_.below(most)));
    };
    if (fault == kCrash || fault == kPowerCut) {
      if (!crash_ && session_)
        crash_ = {fault, cell ? 0 : size_ + 1 + random_.below(600), cell, agenda_.now() + kPatience};
      return;
    }
    if (cell) aims_[fault] = *cell;
    if (fault.starts_with("net_")) {
      int& share = share_of(fault);
      share = cell ? 100 : 10 + static_cast<int>(random_.below(60));
      return agenda_.at(until(3'000), [this, fault, &share] {
        share = 0;
        aims_.erase(fault);
      });
    }
    if (!is_standing(fault)) set_fault(fault, cell.has_value());
    agenda_.at(until(6'000), [this, fault] {
      (void)exchange_faults_.clear(fault);
      aims_.erase(fault);
    });
    if (!cell && is_standing(fault)) begin_state(fault);
  }

  /// The goal's fault is on, and what helps it; what waits for its turn is not.
  void steer() {
    const UnixNanos now = agenda_.now();
    next_fault_ = now + kSteerEvery;
    if (steering_->advance(now)) arm();
    const Target& goal = steering_->goal();
    if (goal.fault == kCrash || goal.fault == kPowerCut) {
      if (!crash_ && session_) crash_ = {goal.fault, 0, goal.cell, steering_->until()};
    } else if (is_standing(goal.fault) && steering_->is_ready(now) && open_phases().contains(goal.cell.phase)) {
      begin_state(goal.fault);
    }
  }

  /// Where they strike is asked of the steering each time.
  void arm() {
    crash_.reset();
    network_.faults = {};
    for (const std::string_view fault : kExchangeFaults)
      if (!is_standing(fault)) (void)exchange_faults_.clear(fault);
    for (const Aid& aid : steering_->plan().aids) {
      const bool is_late = aid.fault == "ack_delay_ms";
      arm(std::string{aid.fault}, is_late ? std::optional{kTooLateMs} : std::nullopt);
    }
    const std::string& fault = steering_->goal().fault;
    if (!is_standing(fault) && fault != kCrash && fault != kPowerCut) arm(fault, drawn_value(fault));
  }
  void arm(const std::string& fault, std::optional<std::int64_t> value) {
    if (fault.starts_with("net_"))
      share_of(fault) = 100;
    else
      (void)exchange_faults_.set(fault, value, std::nullopt);
  }

  /// What a session lives through: a disconnect in each hour, two crashes, and a maintenance, in which no socket is
  /// left and no request is answered.
  void plan_hours() {
    const UnixNanos begin = agenda_.now();
    const auto within = [&](DurationNanos part) {
      return static_cast<DurationNanos>(random_.below(static_cast<std::uint64_t>(part)));
    };
    for (int hour = 0; hour < scenario_.hours; ++hour)
      agenda_.at(begin + hour * kHour + within(kHour - kMinute), [this] { disconnect(1 + random_.below(3)); });
    for (const int third : {1, 2})
      agenda_.at(begin + busy() * third / 3 + within(kMinute), [this] {
        crash_ = {std::string{kCrash}, size_ + 1 + random_.below(600), std::nullopt, agenda_.now() + kPatience};
      });
    // Not while it comes back from a crash, however few the hours are.
    const UnixNanos middle = begin + busy() * 5 / 12 + within(kMinute);
    const UnixNanos from = scenario_.maintenance_at == kNoTime ? middle : scenario_.maintenance_at;
    maintenance_ = {from, from + kMaintenance};
    agenda_.at(from, [this] {
      (void)exchange_faults_.set("maintenance", 100, std::nullopt);
      disconnect(kAllSockets);
    });
    agenda_.at(maintenance_.to, [this] { (void)exchange_faults_.clear("maintenance"); });
  }

  /// So many sockets break, each as it is told something next.
  void disconnect(std::uint64_t sockets) {
    (void)exchange_faults_.set("disconnect", 100, static_cast<std::int64_t>(sockets));
    agenda_.after(2 * kSecond, [this] { (void)exchange_faults_.clear("disconnect"); });
  }

  void set_fault(const std::string& fault, bool once) {
    std::optional<std::int64_t> count = once ? 1 : 1 + static_cast<std::int64_t>(random_.below(3));
    const auto value = drawn_value(fault);
    if (fault == "maintenance" && !once) count.reset();
    (void)exchange_faults_.set(fault, value, count);
  }

  /// Of those that need one.
  std::optional<std::int64_t> drawn_value(std::string_view fault) {
    if (fault == "ack_delay_ms")
      return 20 + static_cast<std::int64_t>(random_.below(random_.below(4) == 0 ? 15'000 : 1'500));
    if (fault == "fill_before_ack") return 100 + static_cast<std::int64_t>(random_.below(2'000));
    return std::nullopt;
  }

  /// Those that are aimed, once their cell is met.
  void begin_states() {
    for (const std::string_view fault : kStanding) {
      const auto aim = aims_.find(fault);
      if (aim == aims_.end() || !open_phases().contains(aim->second.phase)) continue;
      aims_.erase(aim);
      begin_state(std::string{fault});
    }
  }

  void begin_state(const std::string& fault) {
    std::optional<std::int64_t> value;
    if (fault == "clock_skew_ms") {
      value = 300 + static_cast<std::int64_t>(random_.below(random_.below(4) == 0 ? 90'000 : 7'000));
      if (random_.below(2) == 0) value = -*value;
    }
    (void)exchange_faults_.set(fault, value, std::nullopt);
    note(fault, {open_phases(), Step::Other});
    if (fault == "delist") {
      ended_.insert(front_->host().now());
      front_->advance();
    }
    const DurationNanos lasts = kSecond * static_cast<DurationNanos>(1 + random_.below(steering_ ? 2 : 15));
    if (steering_) steering_->note_strike(agenda_.now() + lasts + kSecond);
    agenda_.after(lasts, [this, fault] { (void)exchange_faults_.clear(fault); });
  }

  int& share_of(std::string_view fault) {
    NetworkFaults& of = network_.faults;
    return fault == "net_refused"        ? of.refused
           : fault == "net_request_lost" ? of.request_lost
           : fault == "net_answer_lost"  ? of.answer_lost
           : fault == "net_slow"         ? of.slow
                                         : of.socket_refused;
  }

  void calm_down() {
    next_fault_ = kNever;
    crash_.reset();
    calm_ = true;
    aims_.clear();
    if (steering_) steering_->end();
    network_.faults = {};
    for (const std::string_view fault : kExchangeFaults) (void)exchange_faults_.clear(fault);
    if (strategy_ != nullptr) strategy_->calm();
  }

  // ---- what is struck

  /// A fault that is aimed at a cell strikes there alone.
  bool may(std::string_view fault, const Struck& struck) {
    if (steering_) return steering_->strikes(fault, struck, agenda_.now());
    const auto aim = aims_.find(fault);
    return aim == aims_.end() || struck.holds(aim->second);
  }

  void note(std::string_view fault, const Struck& struck) {
    if (const auto aim = aims_.find(fault); aim != aims_.end()) aims_.erase(aim);
    if (fault == "disconnect") ++out_.disconnects;
    out_.cells.hit(fault, struck);
  }

  std::string prefix() const { return fmt::format("stom-{}-", kSession); }

  /// Of a session that is not there, nothing is known.
  bool knows() const { return strategy_ != nullptr && strategy_->context() != nullptr; }
  Phase phase_of(ClientOrderId id) const {
    if (tap_->is_unknown(id)) return Phase::Unknown;
    const WorkingOrder* order = strategy_->context()->order(id);
    return order == nullptr ? Phase::Over : phase_of(*order);
  }
  Phase phase_of(const WorkingOrder& order) const {
    if (tap_->is_unknown(order.id) || order.status == OrderStatus::Unknown) return Phase::Unknown;
    if (order.cancel_pending) return Phase::Canceling;
    if (order.status == OrderStatus::PendingNew) return Phase::Pending;
    return order.leaves == order.quantity ? Phase::Working : Phase::Partly;
  }

  /// Of all orders that are open.
  std::set<Phase> open_phases() const {
    std::set<Phase> phases;
    if (!knows()) return phases;
    for (const WorkingOrder& order : strategy_->context()->orders()) phases.insert(phase_of(order));
    if (phases.empty()) phases.insert(Phase::None);
    return phases;
  }

  /// Which of the session's orders that is; nothing: it is somebody else's.
  std::optional<ClientOrderId> id_of(const venues::VenueOrder& order) const {
    if (facts_.knows_our_ids) return order_in(order.client_id);
    const auto found = network_.brought().find(order.terms.id);
    return found == network_.brought().end() ? std::nullopt : std::optional{found->second};
  }

  std::optional<ClientOrderId> order_in(std::string_view text) const {
    const std::string before = prefix();
    const auto at = text.find(before);
    if (at == text.npos) return std::nullopt;
    ClientOrderId id = 0;
    for (const char c : text.substr(at + before.size())) {
      if (c < '0' || c > '9') break;
      id = id * 10 + static_cast<ClientOrderId>(c - '0');
    }
    return id;
  }

  Struck struck_by_text(std::string_view endpoint) const {
    if (tells_market(endpoint)) return {{Phase::None}, Step::Market};
    return {open_phases(), Step::Stream};
  }

  /// The order whose cancel that is, by the venue's number.
  std::optional<ClientOrderId> canceled_by(std::string_view text) const {
    constexpr std::string_view kBefore = R"("orig_ord_no":")";
    const auto at = text.find(kBefore);
    if (at == text.npos) return std::nullopt;
    const std::string_view number = text.substr(at + kBefore.size());
    const venues::VenueOrder* order = front_->host().order_named(0, number.substr(0, number.find('"')));
    return order == nullptr ? std::nullopt : id_of(*order);
  }

  /// A question there is about all that is open.
  Struck struck_without_ids(const AtHand& what) const {
    if (what.order != 0) return {{phase_of(what.order)}, Step::Place};
    if (const auto id = canceled_by(what.text)) return {{phase_of(*id)}, Step::Cancel};
    if (what.text.contains(R"("stex_tp":"0")")) return {open_phases(), Step::Ask};  // open orders, filled orders
    return {{Phase::None}, Step::Other};
  }

  Struck struck_by(const AtHand& what) const {
    if (!what.endpoint.empty()) return struck_by_text(what.endpoint);
    if (!knows()) return {};
    if (!facts_.knows_our_ids) return struck_without_ids(what);
    const auto id = order_in(what.text);
    if (!id) return {{Phase::None}, what.method == "GET" ? Step::Ask : Step::Other};
    const bool text = what.method.empty();
    const Step step = what.method == "POST" || (text && what.text.contains("order.place"))      ? Step::Place
                      : what.method == "DELETE" || (text && what.text.contains("order.cancel")) ? Step::Cancel
                                                                                                : Step::Ask;
    return {{phase_of(*id)}, step};
  }

  Struck struck_by(exchange::Fault fault, std::uint64_t what) const {
    using enum exchange::Fault;
    switch (fault) {
      case FillBeforeAck:
      case FillReorder:
      case FillDuplicate:
      case CancelFilled: {
        const venues::VenueOrder* order = front_->host().order(what);
        const auto id = order == nullptr ? std::nullopt : id_of(*order);
        if (!id || !knows()) return {};
        return {{phase_of(*id)},
                fault == FillBeforeAck  ? Step::Place
                : fault == CancelFilled ? Step::Cancel
                                        : Step::Stream};
      }
      case Disconnect:
      case HalfOpen:
      case FrameTruncate:
      case FrameSplit:
        return struck_by_text(network_.endpoint_of(what));
      case SeqGap:
        return {{Phase::None}, Step::Market};
      case ForeignOrder:
      case TokenExpire:
      case ListenKeyExpire:
        return {open_phases(), Step::Other};
      default:
        return struck_by(network_.at_hand());
    }
  }

  // ---- the end

  void end() {
    if (!session_) {
      out_.why = "the session is not there any more";
      return;
    }
    if (const UnixNanos last = strategy_->last_called(); last == kNoTime || agenda_.now() - last > 5 * kSecond) {
      out_.why = "trading does not go on: the strategy is not called";
      return;
    }
    stopped_ = true;
    session_->stop();
    const UnixNanos until = agenda_.now() + kEnd;
    while (session_->state() != trade::State::Ended && agenda_.now() < until)
      live_until(agenda_.now() + 100 * kMillisecond);
    if (session_->state() != trade::State::Ended) {
      out_.why = "the session does not end";
      return;
    }
    const bool may_stay_unknown = scenario_.venue == "upbit" && out_.crashes > 0;  // docs/recovery.md
    if (auto finished = session_->finish(); !finished && !may_stay_unknown) {
      out_.why = "the session ended with: " + finished.error().message;
      return;
    }
    if (const std::size_t fills = session_->fills_in_memory(); fills != 0) {
      out_.why = fmt::format("the session still remembers {} fills", fills);
      return;
    }
    const auto status = nlohmann::json::parse(session_->status());
    const auto held =
        parse_decimal(status["position"][instrument_.id].get<std::string>(), instrument_.quantity_decimals);
    session_.reset();
    const std::filesystem::path file = journal();
    out_.why = audit({.host = front_->host(),
                      .journal = file,
                      .prefix = prefix(),
                      .brought = facts_.knows_our_ids ? nullptr : &network_.brought(),
                      .cash = grant_.cash.value,
                      .granted = grant_.cash.value,
                      .granted_base = grant_.base.value,
                      .margin = grant_.margin,
                      .may_stay_unknown = may_stay_unknown,
                      .lost = lost_,
                      .lost_cancels = lost_cancels_,
                      .ended = ended_,
                      .limits = limits_.value_or(Limits{}),
                      .most_working = most_working_,
                      .held = held ? Int128{*held} : Int128{-1}});
    if (out_.why.empty() && scenario_.hours > 0) out_.why = too_long_away();
    if (out_.why.empty() && scenario_.kills && !is_copy_)
      out_.why = cut_everywhere(bytes_of(file), front_->host().instruments(), grant_.cash.value, folder_->path(),
                                out_.cut, [this] { return goes_on(); });
  }

  /// For how much of the hours it could trade, as `stom trade availability` says; empty: for enough.
  std::string too_long_away() {
    trade::AvailabilityFold fold{{maintenance_}};
    (void)for_each_record(journal(), [&](const JournalRecord& record) { fold.fold(record); });
    out_.availability = fold.share();
    if (static_cast<double>(fold.up()) >= scenario_.least_up * static_cast<double>(fold.time())) return {};
    std::string why = fmt::format("it could trade for {} of its time", out_.availability);
    for (const auto& [from, to, reason] : fold.outages())
      why += fmt::format("; {} {} s {}", format_time(from), (to - from) / kSecond, reason);
    return why;
  }

  void finish() {
    if (session_) take_log();
    session_.reset();
    Sha256 sha;
    const std::string bytes = std::filesystem::exists(journal()) ? bytes_of(journal()) : std::string{};
    sha.update(bytes);
    for (const venues::VenueOrder* order : front_->host().orders(0)) {
      sha.update(fmt::format("{} {} {} {}\n", order->terms.id, order->client_id, static_cast<int>(order->status),
                             order->filled.value));
      ++out_.orders;
    }
    out_.fills = front_->host().fills().size();
    out_.funding = front_->host().funding().size();
    sha.update(fmt::format("{} {} {}\n", out_.fills, agenda_.done(), out_.why));
    sha.update(out_.cells.text());
    out_.hash = sha.hex();
    out_.simulated = agenda_.now() - scenario_.begin;
    for (std::size_t at = kJournalMagic.size(); at + 8 < bytes.size(); at = record_end(bytes, at, at + 1))
      ++out_.records;
    if (out_.log.size() > kLogLines) out_.log.erase(out_.log.begin(), out_.log.end() - kLogLines);
  }

  const Scenario& scenario_;
  const VenueFacts facts_ = facts_of(scenario_.venue);
  std::optional<trade::ScratchFolder> folder_;
  std::filesystem::path journal_;
  Random random_;
  ManualClock clock_{scenario_.begin};
  Agenda agenda_;
  exchange::Faults exchange_faults_;
  Network network_;
  std::unique_ptr<exchange::VenueFront> front_;
  venues::Credentials credentials_;
  venues::AccountGrant grant_;
  Instrument instrument_;
  std::vector<std::string> faults_;
  bool by_socket_ = false;
  std::unique_ptr<trade::TradeSession> session_;
  TappedVenue* tap_ = nullptr;        // the session's
  BusyStrategy* strategy_ = nullptr;  // too
  UnixNanos next_turn_ = 0, next_fault_ = kNever, revived_at_ = 0;
  trade::AvailabilityFold::Maintenance maintenance_{};
  UnixNanos person_at_ = kNever;                           // somebody looks after what rests at the venue
  std::size_t size_ = 0, durable_ = kJournalMagic.size();  // bytes of the journal, and those that the disk has
  std::optional<Crash> crash_;                             // that is to come
  std::map<std::string, Cell, std::less<>> aims_;          // by fault, as long as it has not struck
  std::optional<Steering> steering_;                       // of a seed that is directed; then there are no aims
  std::set<ClientOrderId> lost_, lost_cancels_;            // by a power cut
  std::set<UnixNanos> ended_;                              // when the venue ended the market
  std::set<Terms> had_;                                    // where no two orders may be the same
  std::optional<Limits> limits_;
  bool breaks_ = false;  // a breaker is set
  std::size_t most_working_ = 0;
  std::size_t copied_ = kJournalMagic.size();  // so many bytes of it have had their copies killed
  bool calm_ = false, stopped_ = false, is_copy_ = false;
  bool canceled_ = false;  // who runs it does not want it any more
  Outcome out_;
};

}  // namespace

std::vector<std::string> all_faults() {
  std::vector<std::string> all{std::begin(kExchangeFaults), std::end(kExchangeFaults)};
  all.insert(all.end(), std::begin(kNetworkFaults), std::end(kNetworkFaults));
  all.emplace_back(kCrash);
  all.emplace_back(kPowerCut);
  return all;
}

std::vector<std::string> usual_faults() {
  auto usual = all_faults();
  std::erase(usual, "clock_skew_ms");
  return usual;
}

Result<std::vector<std::string>> faults_of(const std::string& list) {
  const std::vector<std::string> all = all_faults();
  if (list == "all") return all;
  std::vector<std::string> some;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string name = list.substr(at, end - at);
    if (std::ranges::find(all, name) == all.end())
      return fail(Errc::Usage, fmt::format("there is no fault '{}' in a simulation", name.substr(0, 40)),
                  fmt::format("there are {}", fmt::join(all, ", ")));
    some.push_back(name);
    at = end + 1;
  }
  return some;
}

namespace {

/// The word that is not known, and the one that is nearest.
std::unexpected<Error> no_such_word(std::string_view what, std::string_view word,
                                    const std::vector<std::string>& known) {
  const std::string near = nearest_name(word, known);
  return fail(
      Errc::Usage, fmt::format("there is no {} '{}' in the table", what, word.substr(0, 40)),
      near.empty() ? fmt::format("there are {}", fmt::join(known, ", ")) : fmt::format("did you mean {}?", near));
}

template <class Name>
std::vector<std::string> names_of(std::size_t count) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < count; ++i) names.emplace_back(name_of(static_cast<Name>(i)));
  return names;
}

}  // namespace

Result<std::vector<Target>> targets_of(std::string_view venue, const std::string& list) {
  const std::vector<std::string> faults = all_faults();
  std::vector<Target> targets;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    const std::string_view text = std::string_view{list}.substr(at, end - at);
    at = end + 1;
    const std::size_t first = std::min(text.find('/'), text.size()), second = text.find('/', first + 1);
    if (second == text.npos || text.find('/', second + 1) != text.npos)
      return fail(Errc::Usage, fmt::format("'{}' is no cell of the table", text.substr(0, 60)),
                  "write it as FAULT/STATE/STEP: ack_lost/pending/place");
    const std::string_view fault = text.substr(0, first), state = text.substr(first + 1, second - first - 1),
                           step_word = text.substr(second + 1);
    if (std::ranges::find(faults, fault) == faults.end()) return no_such_word("fault", fault, faults);
    const auto phase = phase_named(state);
    if (!phase) return no_such_word("state", state, names_of<Phase>(kPhases));
    const auto step = step_named(step_word);
    if (!step) return no_such_word("step", step_word, names_of<Step>(kSteps));
    if (const auto why = why_not(venue, fault, *phase, *step); !why.empty())
      return fail(Errc::Usage, fmt::format("{} cannot be at {}: {}", text, venue, why),
                  "stom simulate --seeds 1 prints the table; a cell with - cannot be");
    targets.push_back({std::string{fault}, {*phase, *step}});
  }
  return targets;
}

std::vector<std::string> simulated_venues() { return {"binance-usdm", "binance", "upbit", "kiwoom"}; }

Result<Outcome> simulate(const Scenario& scenario) { return World{scenario}.run(); }

}  // namespace stom::simulate
