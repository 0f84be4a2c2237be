#include "simulate/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
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
#include "engine/journal.hpp"
#include "sim/generator/order_flow.hpp"
#include "simulate/agenda.hpp"
#include "simulate/auditor.hpp"
#include "simulate/busy_strategy.hpp"
#include "simulate/network.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/trade_session.hpp"
#include "venues/registry.hpp"
#include "venues/server_registry.hpp"

namespace stom::simulate {
namespace {

constexpr UnixNanos kBegin = 1'772'586'000 * kSecond;       // a Wednesday, 01:00 UTC: no funding is due for hours
constexpr DurationNanos kExchangeTurn = 10 * kMillisecond;  // how often the markets move on
constexpr DurationNanos kRest = 150 * kSecond;  // the longest that a venue shuts out, and all that waits for it
constexpr DurationNanos kEnd = kMinute;         // for the session's last cancels
constexpr DurationNanos kStart = 5 * kSecond;   // before anything goes wrong
constexpr std::size_t kLogLines = 60;
constexpr std::string_view kMagic = "STOMJRN2";
constexpr std::string_view kSession = "7", kSessionAfterwards = "8";

// ---- what goes wrong --------------------------------------------------------------------------------------------

/// Faults of the exchange that a session gets over by itself and that leave the account's own ledger as it is.
constexpr std::string_view kExchangeFaults[] = {"ack_delay_ms",   "ack_lost",       "ack_duplicate", "fill_before_ack",
                                                "fill_reorder",   "fill_duplicate", "disconnect",    "half_open",
                                                "frame_truncate", "frame_split",    "http_429",      "http_418",
                                                "http_5xx",       "maintenance",    "cancel_filled"};
constexpr std::string_view kNetworkFaults[] = {"net_refused", "net_request_lost", "net_answer_lost", "net_slow",
                                               "net_socket_refused"};
constexpr std::string_view kCrash = "crash";

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
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
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
        network_{agenda_, random_.next(), [this](std::string_view fault, const AtHand& what) { note(fault, what); }} {
    exchange_faults_.on_strike([this](exchange::Fault fault, std::uint64_t what) { note(fault, what); });
  }

  Result<Outcome> run() {
    auto folder = trade::ScratchFolder::make();
    if (!folder) return std::unexpected(folder.error());
    folder_.emplace(std::move(*folder));
    if (auto opened = open_exchange(); !opened) return std::unexpected(opened.error());
    choose_faults();
    if (auto begun = begin_session(); !begun) return std::unexpected(begun.error());
    live_until(kBegin + kStart);
    const UnixNanos rest = agenda_.now() + scenario_.busy;
    next_fault_ = agenda_.now();
    live_until(rest);
    calm_down();
    live_until(agenda_.now() + kRest);
    if (out_.why.empty()) end();
    finish();
    return std::move(out_);
  }

 private:
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
    auto tape = exchange::Tape::generated({.instrument = listing.instrument,
                                           .start_price = listing.start_price,
                                           .typical_quantity = listing.typical_quantity,
                                           .depth_doublings = listing.depth_doublings,
                                           .funding = listing.perpetual,
                                           .start = kBegin - 10 * kSecond,
                                           .length = kDay,
                                           .seed = random_.next(),
                                           .actions_per_second = listing.actions_per_second,
                                           .depth_interval = 250 * kMillisecond});
    if (!tape) return std::unexpected(tape.error());
    market.tape = std::move(*tape);
    std::vector<exchange::Market> markets;
    markets.push_back(std::move(market));
    front_ = std::make_unique<exchange::VenueFront>(std::move(server), std::move(markets),
                                                    std::vector<venues::Credentials>{credentials_}, clock_,
                                                    exchange_faults_, network_, random_.next());
    network_.serve(*front_);
    exchange_turn();
    return {};
  }

  void exchange_turn() {
    front_->advance();
    front_->on_timer();
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
    const Quantity quantity{lots(1000)};
    auto strategy = std::make_unique<BusyStrategy>(BusyOptions{
        .seed = random_.next(), .quantity = quantity, .most = {quantity.value * 20}, .may_be_short = grant_.margin});
    strategy_ = strategy.get();
    plan.strategy = std::move(strategy);
    plan.strategy_name = "busy";
    plan.configuration = fmt::format("simulated seed={} session={}", scenario_.seed, name);
    plan.session = name;
    plan.goes_on = again;
    plan.cash = grant_.cash;
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
    return {};
  }

  std::filesystem::path session_folder() const { return folder_->path() / "session"; }
  std::filesystem::path journal() const { return session_folder() / "journal.stom"; }

  /// Time passes: what arrives, what is due, and turns of the session between.
  void live_until(UnixNanos until) {
    while (agenda_.now() < until && out_.why.empty()) {
      agenda_.run_until(std::min({until, agenda_.next(), next_turn_}));
      if (agenda_.now() >= next_fault_) let_something_go_wrong();
      turn();
    }
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
    take_log();
    if (session_->state() == trade::State::Ended) {
      if (stopped_) return;
      const auto finished = session_->finish();
      out_.why = "the session gave up" + (finished ? std::string{} : ": " + finished.error().message);
      return;
    }
    if (crash_at_ != 0) maybe_crash();
  }

  void take_log() {
    session_->log().write([this](const std::string& line) {
      out_.log.push_back(line);
      if (out_.log.size() > 2 * kLogLines) out_.log.erase(out_.log.begin(), out_.log.end() - kLogLines);
    });
  }

  // ---- crashes

  /// As kill -9 leaves it: of the records of this turn the file has some, the last one perhaps in part, and no command
  /// of this turn has left.
  void maybe_crash() {
    const std::size_t before = size_;
    size_ = std::filesystem::file_size(journal());
    if (size_ < crash_at_) return;
    std::string bytes = bytes_of(journal());
    std::size_t kept = std::clamp(crash_at_, before, size_);
    const bool torn = random_.below(2) == 0;
    if (!torn) kept = record_end(bytes, before, kept);
    if (scenario_.bug == Bug::RecordLostBehindItsOrder) kept = without_last_submit(bytes);
    note_crash(bytes.substr(0, record_end(bytes, kMagic.size(), kept)));
    crash_at_ = 0;
    session_.reset();
    tap_ = nullptr;
    strategy_ = nullptr;
    bytes.resize(kept);
    std::ofstream{journal(), std::ios::binary | std::ios::trunc} << bytes;
    ++out_.crashes;
    revived_at_ = agenda_.now() +
                  kMillisecond * static_cast<DurationNanos>(1 + random_.below(random_.below(3) == 0 ? 20'000 : 500));
  }

  /// Where the record of the order that left last begins.
  std::size_t without_last_submit(std::string_view bytes) const {
    std::size_t last = bytes.size();
    for (std::size_t at = kMagic.size(); at + 8 < bytes.size();) {
      if (static_cast<RecordKind>(bytes[at + 8]) == RecordKind::Submit) last = at;
      at = record_end(bytes, at, at + 1);
    }
    return last;
  }

  void note_crash(std::string_view bytes) {
    Step step = Step::Other;
    for (std::size_t at = kMagic.size(); at + 8 < bytes.size(); at = record_end(bytes, at, at + 1)) {
      const auto kind = static_cast<RecordKind>(bytes[at + 8]);
      step = kind == RecordKind::Submit       ? Step::Place
             : kind == RecordKind::Cancel     ? Step::Cancel
             : kind == RecordKind::OrderEvent ? Step::Stream
                                              : Step::Other;
    }
    note_open(kCrash, step);
  }

  // ---- faults

  void choose_faults() {
    std::vector<std::string> all = scenario_.faults;
    for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[random_.below(i)]);
    // One alone, two together, or a half of all.
    const std::uint64_t draw = random_.below(4);
    const std::size_t most = draw == 0 ? 1 : draw == 1 ? 2 : std::max<std::size_t>(1, all.size() / 2);
    all.resize(std::min(all.size(), most));
    faults_ = std::move(all);
    by_socket_ = random_.below(2) == 0;
  }

  void let_something_go_wrong() {
    next_fault_ = agenda_.now() + kMillisecond * static_cast<DurationNanos>(100 + random_.below(1'900));
    if (faults_.empty()) return;
    const std::string& fault = faults_[random_.below(faults_.size())];
    if (fault == kCrash) {
      if (crash_at_ != 0 || !session_) return;
      size_ = std::filesystem::file_size(journal());
      crash_at_ = size_ + 1 + random_.below(600);
      return;
    }
    const auto until = [&](std::uint64_t most) {
      return kMillisecond * static_cast<DurationNanos>(200 + random_.below(most));
    };
    if (fault.starts_with("net_")) {
      int& share = share_of(fault);
      share = 10 + static_cast<int>(random_.below(60));
      agenda_.after(until(3'000), [&share] { share = 0; });
      return;
    }
    std::optional<std::int64_t> value, count = 1 + static_cast<std::int64_t>(random_.below(3));
    if (fault == "ack_delay_ms")
      value = 20 + static_cast<std::int64_t>(random_.below(random_.below(4) == 0 ? 15'000 : 1'500));
    if (fault == "fill_before_ack") value = 100 + static_cast<std::int64_t>(random_.below(2'000));
    if (fault == "maintenance") count.reset();
    (void)exchange_faults_.set(fault, value, count);
    agenda_.after(until(6'000), [this, fault] { (void)exchange_faults_.clear(fault); });
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
    crash_at_ = 0;
    calm_ = true;
    network_.faults = {};
    for (const std::string_view fault : kExchangeFaults) (void)exchange_faults_.clear(fault);
    if (strategy_ != nullptr) strategy_->calm();
  }

  // ---- what was struck

  std::string prefix() const { return fmt::format("stom-{}-", kSession); }

  Phase phase_of(ClientOrderId id) const {
    if (strategy_ == nullptr || strategy_->context() == nullptr) return Phase::None;
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

  /// All orders that are open are concerned, each phase once.
  void note_open(std::string_view fault, Step step) {
    std::set<Phase> phases;
    if (strategy_ != nullptr && strategy_->context() != nullptr)
      for (const WorkingOrder& order : strategy_->context()->orders()) phases.insert(phase_of(order));
    if (phases.empty()) phases.insert(Phase::None);
    for (const Phase phase : phases) out_.cells.hit(fault, phase, step);
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

  /// A fault that strikes a request, or a text to the venue.
  void note(std::string_view fault, const AtHand& what) {
    if (fault == "net_socket_refused") return out_.cells.hit(fault, Phase::None, Step::Other);
    const auto id = order_in(what.text);
    if (!id) return out_.cells.hit(fault, Phase::None, what.method == "GET" ? Step::Ask : Step::Other);
    const bool text = what.method.empty();
    const Step step = what.method == "POST" || (text && what.text.contains("order.place"))      ? Step::Place
                      : what.method == "DELETE" || (text && what.text.contains("order.cancel")) ? Step::Cancel
                                                                                                : Step::Ask;
    out_.cells.hit(fault, phase_of(*id), step);
  }

  void note(exchange::Fault fault, std::uint64_t what) {
    using enum exchange::Fault;
    const std::string_view name = name_of(fault);
    switch (fault) {
      case FillBeforeAck:
      case FillReorder:
      case FillDuplicate:
      case CancelFilled: {
        const venues::VenueOrder* order = front_->host().order(what);
        const auto id = order == nullptr ? std::nullopt : order_in(order->client_id);
        if (id)
          out_.cells.hit(name, phase_of(*id),
                         fault == FillBeforeAck  ? Step::Place
                         : fault == CancelFilled ? Step::Cancel
                                                 : Step::Stream);
        return;
      }
      case Disconnect:
      case HalfOpen:
      case FrameTruncate:
      case FrameSplit:
        if (tells_market(network_.endpoint_of(what))) return out_.cells.hit(name, Phase::None, Step::Market);
        return note_open(name, Step::Stream);
      default:
        return note(name, network_.at_hand());
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
    const auto status = nlohmann::json::parse(session_->status());
    const auto held =
        parse_decimal(status["position"][instrument_.id].get<std::string>(), instrument_.quantity_decimals);
    session_.reset();
    const std::filesystem::path file = journal();
    out_.why = audit({.host = front_->host(),
                      .journal = file,
                      .prefix = prefix(),
                      .cash = grant_.cash.value,
                      .granted = grant_.cash.value,
                      .granted_base = grant_.base.value,
                      .margin = grant_.margin,
                      .may_stay_unknown = may_stay_unknown,
                      .held = held ? Int128{*held} : Int128{-1}});
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
    sha.update(fmt::format("{} {} {}\n", out_.fills, agenda_.done(), out_.why));
    sha.update(out_.cells.text());
    out_.hash = sha.hex();
    out_.simulated = agenda_.now() - kBegin;
    for (std::size_t at = kMagic.size(); at + 8 < bytes.size(); at = record_end(bytes, at, at + 1)) ++out_.records;
    if (out_.log.size() > kLogLines) out_.log.erase(out_.log.begin(), out_.log.end() - kLogLines);
  }

  const Scenario& scenario_;
  std::optional<trade::ScratchFolder> folder_;
  Random random_;
  ManualClock clock_{kBegin};
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
  std::size_t size_ = 0, crash_at_ = 0;  // bytes of the journal; 0: no crash is to come
  bool calm_ = false, stopped_ = false;
  Outcome out_;
};

}  // namespace

std::vector<std::string> all_faults() {
  std::vector<std::string> all{std::begin(kExchangeFaults), std::end(kExchangeFaults)};
  all.insert(all.end(), std::begin(kNetworkFaults), std::end(kNetworkFaults));
  all.emplace_back(kCrash);
  return all;
}

Result<std::vector<std::string>> faults_of(const std::string& list) {
  const std::vector<std::string> all = all_faults();
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

std::vector<std::string> simulated_venues() { return {"binance-usdm", "binance", "upbit"}; }

Result<Outcome> simulate(const Scenario& scenario) { return World{scenario}.run(); }

}  // namespace stom::simulate
