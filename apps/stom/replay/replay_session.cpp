#include "replay/replay_session.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/hash.hpp"
#include "engine/heard_market.hpp"
#include "engine/market_prices.hpp"
#include "market/watched_feed.hpp"
#include "model/cash_flow.hpp"
#include "orders/holding_runs.hpp"
#include "replay/command_text.hpp"
#include "replay/configuration_text.hpp"
#include "replay/session_choice.hpp"
#include "risk/guarded_link.hpp"
#include "strategies/plugin_loader.hpp"

namespace stom::replay {
namespace {

constexpr DurationNanos kTurn = 3 * kMillisecond;   // of the engine thread between looks at its commands
constexpr DurationNanos kBusy = 12 * kMillisecond;  // the longest it runs the market before it looks again
constexpr DurationNanos kPublishPeriod = 25 * kMillisecond;
constexpr DurationNanos kMarkPeriod = kSecond;      // how much market time a kill may cost, at most
constexpr DurationNanos kEquityInterval = kSecond;  // market time
constexpr DurationNanos kMaxSlice = kSecond;        // market time run in one go at full speed
constexpr DurationNanos kEventStep = kMillisecond;
constexpr DurationNanos kJumpSlice = 10 * kMillisecond;  // how far past what ends a jump it may run
constexpr int kSlicesPerTurn = 1000;
constexpr DurationNanos kSlowPeriod = 30 * kSecond;  // between two lines that say the pace is not kept
constexpr int kMaxEventSteps = 60'000;               // a minute without a message: that is the step then
constexpr std::size_t kMaxWaiting = 20'000;
constexpr std::size_t kTapeAfterRerun = 200;
constexpr std::uint64_t kSeed = 1;

/// "100ms", "10s", "1m": as it is said on the command line.
std::string short_duration(DurationNanos duration) {
  if (duration % kMinute == 0) return fmt::format("{}m", duration / kMinute);
  if (duration % kSecond == 0) return fmt::format("{}s", duration / kSecond);
  return fmt::format("{}ms", duration / kMillisecond);
}

std::unexpected<Error> io_failure(const std::filesystem::path& path) {
  return fail(Errc::Io, fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)),
              "check the folder's permissions and disk space");
}

std::vector<std::string> limits_of(const Plan& plan) {
  std::vector<std::string> texts;
  for (const risk::Limit& limit : plan.limits) texts.push_back(limit.text());
  return texts;
}

}  // namespace

Money usual_cash(const Instrument& instrument) {
  return Money{Int128{instrument.settlement() == "KRW" ? 100'000'000 : 100'000} * power_of_ten(kMoneyDecimals)};
}

struct ReplaySession::World {
  /// What is limited is traded: prepare() has looked.
  World(std::unique_ptr<sim::ReplayFeed> feed_in, const Data& data, const Plan& plan, const sim::RunModels& models_in)
      : instruments{data.instrument},
        models{models_in},
        feed{std::move(feed_in)},
        seen{plan.watched ? std::make_unique<WatchedFeed>(feed->local_side(), plan.watched->timeline, instruments)
                          : nullptr},
        desk{instruments},
        venue{instruments, {models}, plan.fill_rules, feed->exchange_side(), kSeed},
        prices{instruments},
        guard{plan.limits.empty()
                  ? nullptr
                  : risk::GuardedLink::make(instruments, plan.limits, venue, prices, nullptr, plan.cash).value()},
        holding{instruments, 1, guarded(), [this](InstrumentIndex i) { return heard_of(engine.market()[i]); }},
        engine{instruments, seen ? static_cast<MarketFeed&>(*seen) : feed->local_side(),
               plan.fill_rules == sim::FillRules::Stom ? static_cast<VenueLink&>(holding) : guarded()} {
    prices.read_from(engine.market(), false);
  }

  VenueLink& guarded() { return guard ? static_cast<VenueLink&>(*guard) : venue; }
  /// What the venue holds the run's orders to; null: nothing.
  const TradingAccount* account() const { return venue.office() == nullptr ? nullptr : venue.office()->account(0); }

  const std::vector<Instrument> instruments;
  sim::RunModels models;
  std::unique_ptr<sim::ReplayFeed> feed;
  std::unique_ptr<WatchedFeed> seen;  // null: all of it
  OrderDesk desk;
  sim::VenueSimulator venue;
  MarketPrices prices;
  std::unique_ptr<risk::GuardedLink> guard;  // null: nothing is limited
  orders::HoldingRuns holding;
  Engine engine;
  SessionStrategy* strategy = nullptr;  // the run's
  Run* run = nullptr;
  std::size_t funding_counted = 0;  // of the run's payments
  Money funding_paid{};
};

struct ReplaySession::Prepared {
  std::unique_ptr<Strategy> strategy;                           // null for none
  std::vector<std::pair<std::string, std::string>> parameters;  // in force, defaults too
  std::unique_ptr<sim::ReplayFeed> feed;                        // opened
  sim::RunModels models;                                        // with the account that fits the instrument
};

ReplaySession::ReplaySession(std::filesystem::path home, Plan plan, Data data, const Clock& wall)
    : home_{std::move(home)},
      plan_{std::move(plan)},
      data_{std::move(data)},
      given_{plan_},
      given_instrument_{data_.instrument},
      wall_{wall} {}

ReplaySession::~ReplaySession() {
  stop();
  if (lock_ >= 0) ::close(lock_);
}

Result<std::unique_ptr<ReplaySession>> ReplaySession::open(const std::filesystem::path& home, Plan plan, Data data,
                                                           const Clock& wall) {
  std::unique_ptr<ReplaySession> session{new ReplaySession{home, std::move(plan), std::move(data), wall}};
  if (auto locked = session->take_lock(); !locked) return std::unexpected(locked.error());
  int number = 1;
  while (std::filesystem::exists(session->folder(number + 1))) ++number;
  if (const auto file = session->folder(number) / "choice"; std::filesystem::exists(file)) {
    auto choice = read_choice(file);
    if (!choice) return std::unexpected(choice.error());
    if (auto chosen = session->choose(*choice, session->plan_, session->data_); !chosen)
      return std::unexpected(chosen.error());
    session->choice_ = std::move(*choice);
  }
  auto prepared = session->prepare(session->plan_, session->data_);
  if (!prepared) return std::unexpected(prepared.error());
  if (auto begun = session->begin(number, std::move(*prepared)); !begun) return std::unexpected(begun.error());
  return session;
}

Result<void> ReplaySession::take_lock() {
  const auto sessions = home_ / "sessions";
  std::error_code error;
  std::filesystem::create_directories(sessions, error);
  const auto path = sessions / (plan_.name + ".lock");
  lock_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) return io_failure(path);
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = {};
    if (::pread(lock_, holder, sizeof holder - 1, 0) <= 0) std::strcpy(holder, "unknown");
    return fail(Errc::Locked, fmt::format("session {} is run by process {}", plan_.name, holder),
                "stop that one, or begin another with --session NAME");
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(lock_, 0) != 0 || ::pwrite(lock_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return io_failure(path);
  return {};
}

std::filesystem::path ReplaySession::folder(int number) const {
  return home_ / "sessions" / fmt::format("{}-{}", plan_.name, number);
}

std::string ReplaySession::id() const { return fmt::format("{}-{}", plan_.name, number_); }

std::string ReplaySession::journal_hash() { return world_->run->journal().hash(); }

/// First record of the journal. A session goes on only under the configuration that it began with.
std::string ReplaySession::configuration() const {
  std::string text = fmt::format("replay instrument={} data={} strategy={}", data_.instrument.id, data_.hash,
                                 plan_.strategy.empty() ? "none" : plan_.strategy);
  for (const auto& [name, value] : plan_.parameters) text += fmt::format(" {}={}", name, value);
  text += fmt::format(" fill_rules={} queue={} entry_ns={} response_ns={} maker={} taker={} cash={}",
                      sim::name_of(plan_.fill_rules), sim::name_of(plan_.models.queue), plan_.models.latency.entry,
                      plan_.models.latency.response, plan_.models.fees.maker_rate, plan_.models.fees.taker_rate,
                      format_decimal_trimmed(plan_.cash.value, kMoneyDecimals));
  for (const auto& [name, value] : account_configuration(plan_.account, world_->models))
    text += fmt::format(" {}={}", name, value);
  if (world_->models.markets != nullptr) text += " market_rules=venue";
  if (!plan_.limits.empty()) text += fmt::format(" limits={}", limits_text(limits_of(plan_)));
  if (plan_.watched) text += fmt::format(" watch={}", plan_.watched->sha256);
  return text;
}

/// Everything that can be refused, before anything is given up for it.
Result<ReplaySession::Prepared> ReplaySession::prepare(const Plan& plan, const Data& data) const {
  Prepared prepared;
  for (const risk::Limit& limit : plan.limits)
    if (auto traded = risk::check_traded({data.instrument}, limit); !traded) return std::unexpected(traded.error());
  if (plan.watched && !plan.watched->timeline.instruments().contains(data.instrument.id))
    return fail(Errc::NotFound,
                fmt::format("the watch list never had {}: nothing of it would be seen", data.instrument.id),
                "name an instrument of that watch.csv, or leave out --watch");
  if (!plan.strategy.empty()) {
    const auto choice = choose_strategy(plan.strategy, plan.plugin, {});
    if (!choice) return std::unexpected(choice.error());
    Parameters parameters{plan.parameters};
    auto made = make_strategy(*choice->entry, parameters);
    if (!made) return std::unexpected(made.error());
    if (auto enough = parameters.check_instruments(
            plan.strategy, 1,
            "a session plays one; run it as a backtest: stom backtest run --instrument A --instrument B");
        !enough)
      return std::unexpected(enough.error());
    prepared.strategy = std::move(*made);
    for (auto& [name, value] : parameters.in_force()) prepared.parameters.emplace_back(name, value);
  }
  auto source = data.open();
  if (!source) return std::unexpected(source.error());
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::move(*source), data.instrument});
  const auto reading = plan.fill_rules == sim::FillRules::Hftbacktest ? sim::Reading::Ungated : sim::Reading::Gated;
  prepared.feed = std::make_unique<sim::ReplayFeed>(
      std::move(streams), sim::ReadingOptions{.reading = reading, .from = data.from, .to = data.to});
  if (auto opened = prepared.feed->open(); !opened) return std::unexpected(opened.error());
  if (prepared.feed->statistics().total_messages == 0)
    return fail(Errc::NotFound, fmt::format("there is no market data of {} in that range", data.instrument.id),
                "stom data list shows what is there; stom data gen makes more");
  prepared.models = plan.models;
  if (auto applied = apply_account(plan.account, {data.instrument}, plan.fill_rules, plan.cash,
                                   day_of(prepared.feed->statistics().first_time), prepared.models);
      !applied)
    return std::unexpected(applied.error());
  if (plan.fill_rules == sim::FillRules::Stom) prepared.models.markets = sim::markets_of({data.instrument});
  return prepared;
}

/// The plan and the data of an operator's choice. What he did not choose is what the session was opened with, whatever
/// was chosen in between: after a restart nothing else is known.
Result<void> ReplaySession::choose(const SessionChoice& choice, Plan& plan, Data& data) const {
  auto chosen = choose_data(home_, {choice.instrument, choice.from, choice.to});
  if (!chosen) return std::unexpected(chosen.error());
  plan = given_;
  plan.strategy = choice.strategy;
  plan.plugin.clear();
  plan.parameters = choice.parameters;
  if (!choice.strategy.empty()) {
    const auto strategy = choose_strategy(choice.strategy, {}, home_ / "plugins");
    if (!strategy) return std::unexpected(strategy.error());
    plan.strategy = strategy->entry->name;
    if (strategy->plugin != nullptr) plan.plugin = strategy->plugin->file;
  }
  // An amount means another thing in another currency, and so does an account for another kind of contract.
  if (chosen->instrument.settlement() != given_instrument_.settlement()) plan.cash = usual_cash(chosen->instrument);
  // Of another instrument the file says nothing that was meant.
  if (chosen->instrument.id != given_instrument_.id) plan.watched.reset();
  const auto is_spot = [](const Instrument& instrument) { return instrument.kind == ContractKind::Spot; };
  if (is_spot(chosen->instrument) != is_spot(given_instrument_)) plan.account = {.fees = plan.account.fees};
  if (choice.limits) {
    plan.limits.clear();
    for (const std::string& text : *choice.limits) {
      auto limit = risk::parse_limit(text);
      if (!limit) return std::unexpected(limit.error());
      plan.limits.push_back(std::move(*limit));
    }
  }
  data = std::move(*chosen);
  return {};
}

/// Makes the world and brings it to where its journal ends.
Result<void> ReplaySession::begin(int number, Prepared prepared) {
  number_ = number;
  world_ = std::make_unique<World>(std::move(prepared.feed), data_, plan_, prepared.models);
  SessionListener& listener = *this;
  auto wrapped = std::make_unique<SessionStrategy>(std::move(prepared.strategy), world_->desk, listener);
  world_->strategy = wrapped.get();
  world_->run = &world_->engine.add_run(std::move(wrapped), {configuration(), plan_.cash});

  std::error_code error;
  std::filesystem::create_directories(folder(number), error);
  const auto path = folder(number) / "journal";
  if (choice_ && !std::filesystem::exists(folder(number) / "choice"))
    if (auto written = write_choice(folder(number) / "choice", *choice_); !written) return written;
  resumed_ = std::filesystem::exists(path);
  std::vector<JournalRecord> records;
  if (resumed_) {
    auto read = read_journal(path);
    if (!read) return std::unexpected(read.error());
    records = std::move(*read);
    if (!records.empty() && records.front().text != configuration())
      return std::unexpected(other_configuration(id(), records.front().text, configuration()));
  }
  if (auto opened = world_->run->journal().open(path); !opened) return opened;

  const auto& statistics = world_->feed->statistics();
  auto info = std::make_shared<SessionInfo>();
  info->session_id = id();
  info->name = plan_.name;
  info->version = plan_.version;
  info->fill_rules = sim::name_of(plan_.fill_rules);
  info->resumed = !records.empty();
  info->strategy = plan_.strategy;
  info->parameters = std::move(prepared.parameters);
  info->data_source = data_.source;
  info->data_name = data_.name;
  info->from = statistics.first_time;
  info->to = statistics.last_time;
  info->data_hash = data_.hash;
  info->currency = data_.instrument.settlement();
  info->account = name_of(world_->models.account.kind);
  info->leverage = world_->models.account.leverage;
  info->limits = limits_of(plan_);
  info->order_latency = plan_.models.latency.entry;
  info->instruments = {data_.instrument};
  waiting_.clear();
  waiting_.push_back(SessionBegan{std::move(info)});
  seconds_.assign(1, SecondBar{});
  second_changed_.assign(1, false);
  equity_sent_ = 0;
  durable_records_ = 0;
  halted_reason_.clear();
  jump_.reset();
  books_seen_.assign(1, BookWatch::Unseen);
  state_ = RunState::Paused;
  if (auto started = world_->engine.start(statistics.first_time, kEquityInterval); !started) return started;
  if (world_->engine.wants_quotes(0)) world_->feed->deliver_quotes(0);
  return rerun_records(records);
}

/// Does again what the journal says was done, at the market times at which it was done.
Result<void> ReplaySession::rerun_records(const std::vector<JournalRecord>& records) {
  rerunning_ = true;
  say(LogLevel::Info, LogSource::Engine, "session_began",
      fmt::format("session {} begins: {}, {}", id(), data_.name,
                  plan_.strategy.empty() ? "no strategy" : plan_.strategy),
      {{"session", id()}, {"data", data_.name}, {"strategy", plan_.strategy}});
  UnixNanos end = kNoTime;
  for (const auto& record : records) {
    if (record.kind != RecordKind::Configuration) end = std::max(end, record.time);
    if (record.kind == RecordKind::Operator) {
      advance(record.time);
      redo(record.text);
    }
  }
  if (end != kNoTime && state_ != RunState::Finished) advance(end);
  rerunning_ = false;
  for (const TapeRow& row : std::exchange(rerun_tape_, {})) waiting_.push_back(row);
  if (records.size() <= 1) begin_as_planned();
  if (auto durable = make_durable(); !durable) return durable;
  Journal& journal = world_->run->journal();
  if (journal.diverged() || journal.records() < records.size())
    halt("the journal could not be reproduced: this build decides otherwise than the one that wrote it");
  else if (!records.empty())
    say(LogLevel::Info, LogSource::Engine, "session_resumed",
        fmt::format("session {} goes on from {} journal records", id(), records.size()),
        {{"session", id()}, {"records", std::to_string(records.size())}});
  settle_pace();
  publish();
  waiting_.push_back(SessionReady{});
  hand_over();
  return {};
}

/// Speed and whether it plays are commands too, so that a session killed at once goes on as it was begun.
void ReplaySession::begin_as_planned() {
  Command speed;
  speed.kind = Command::Kind::Speed;
  speed.speed_milli = plan_.speed_milli;
  Command state;
  state.kind = plan_.paused ? Command::Kind::Pause : Command::Kind::Play;
  for (const Command& command : {speed, state}) {
    advance(world_->engine.now());
    record(to_text(command));
    act(command);
  }
}

void ReplaySession::start() {
  thread_ = std::thread{[this] {
    while (!stopping_.load(std::memory_order_relaxed)) {
      pump();
      const bool busy = state_ == RunState::Playing && (speed_milli_ == kSpeedMax || jump_);
      if (!busy) std::this_thread::sleep_for(std::chrono::nanoseconds{kTurn});
    }
  }};
}

void ReplaySession::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (!world_) return;
  if (state_ == RunState::Playing) record("clock");
  (void)make_durable();  // there is no one left to tell
}

void ReplaySession::pump() {
  Command command;
  while (waiting_.size() < kMaxWaiting && commands_.try_pop(command)) execute(command);
  if (state_ == RunState::Playing) play();
  const UnixNanos now = wall_.now();
  if (now - last_publish_ >= kPublishPeriod || now < last_publish_) {
    last_publish_ = now;
    publish();
  }
  hand_over();
}

// --- time
// -------------------------------------------------------------------------------------------------------------

/// Runs the market up to `until`; false once the data have ended.
bool ReplaySession::advance(UnixNanos until) {
  if (state_ == RunState::Finished || state_ == RunState::Halted) return false;
  const bool more = world_->engine.advance(until);
  watch_gaps();
  if (!more) finish();
  return more;
}

void ReplaySession::finish() {
  world_->engine.stop();
  state_ = RunState::Finished;
  jump_.reset();
  if (!world_->feed->status()) return halt(world_->feed->status().error().message);
  say(LogLevel::Info, LogSource::Engine, "session_finished", "the recording has ended");
}

void ReplaySession::halt(std::string_view reason) {
  state_ = RunState::Halted;
  jump_.reset();
  halted_reason_ = reason;
  say(LogLevel::Error, LogSource::Engine, "session_halted", reason, {{"reason", std::string{reason}}});
}

/// From here on the pace is counted from now: after play, pause, a new speed or a step.
void ReplaySession::settle_pace() {
  pace_wall_ = last_mark_ = wall_.now();
  pace_market_ = world_->engine.now();
  lag_ms_ = 0;
}

void ReplaySession::play() {
  if (jump_) return jump();
  const UnixNanos began = wall_.now();
  if (began < pace_wall_) settle_pace();  // the system's clock was set back
  const bool full_speed = speed_milli_ == kSpeedMax;
  const auto target = [&](UnixNanos now) {
    return pace_market_ + static_cast<UnixNanos>(Int128{now - pace_wall_} * speed_milli_ / 1000);
  };
  const DurationNanos slice =
      full_speed ? kMaxSlice : std::clamp<DurationNanos>(speed_milli_ * kTurn / 1000, kMillisecond, kMaxSlice);
  UnixNanos now = began;
  while (waiting_.size() < kMaxWaiting) {
    const UnixNanos market = world_->engine.now();
    const UnixNanos goal = full_speed ? market + slice : std::min(target(now), market + slice);
    if (goal <= market) break;
    if (!advance(goal)) return;
    now = wall_.now();
    if (now - began >= kBusy) break;
    if (full_speed && now == began) break;  // a clock that stands still: one slice a turn
  }
  const DurationNanos behind = full_speed ? 0 : target(now) - world_->engine.now();
  lag_ms_ = full_speed ? 0
                       : std::max<std::int64_t>(
                             0, static_cast<std::int64_t>(Int128{behind} * 1000 / speed_milli_) / kMillisecond);
  // A machine that cannot keep the pace does not try to catch up for ever.
  if (lag_ms_ > 1000) {
    if (slow_said_ == kNoTime || now - slow_said_ >= kSlowPeriod) {
      slow_said_ = now;
      say(LogLevel::Warn, LogSource::Engine, "pace_lost",
          "the market is slower than the chosen speed; fills stay right", {{"speed", speed_text(speed_milli_)}});
    }
    settle_pace();
  }
  if (now - last_mark_ >= kMarkPeriod) {
    last_mark_ = now;
    record("clock");
  }
}

/// Full speed in small slices, so that what ends the jump is not run past.
void ReplaySession::jump() {
  const UnixNanos began = wall_.now();
  const OrderDesk& desk = world_->desk;
  for (int slices = 0; slices < kSlicesPerTurn && waiting_.size() < kMaxWaiting; ++slices) {
    const UnixNanos goal = std::min(world_->engine.now() + kJumpSlice, jump_->time);
    if (!advance(goal)) return;
    const bool there = jump_->until == Command::Kind::JumpToFill    ? desk.fills() != jump_->fills
                       : jump_->until == Command::Kind::JumpToOrder ? desk.strategy_orders() != jump_->orders
                                                                    : world_->engine.now() >= jump_->time;
    if (there) {
      Command pause;
      pause.kind = Command::Kind::Pause;
      advance(world_->engine.now());
      record(to_text(pause));
      act(pause);
      return settle_pace();
    }
    if (wall_.now() - began >= kBusy) break;
  }
  if (const UnixNanos now = wall_.now(); now - last_mark_ >= kMarkPeriod) {
    last_mark_ = now;
    record("clock");
  }
}

/// To the next market message, within a millisecond.
void ReplaySession::step_event() {
  const auto before = world_->engine.messages();
  for (int i = 0; i < kMaxEventSteps && world_->engine.messages() == before; ++i)
    if (!advance(world_->engine.now() + kEventStep)) return;
}

Result<void> ReplaySession::make_durable() {
  Journal& journal = world_->run->journal();
  if (journal.records() == durable_records_) return {};
  auto flushed = journal.flush();
  if (!flushed) {
    if (state_ != RunState::Halted) halt(flushed.error().message);
    return flushed;
  }
  durable_records_ = journal.records();
  return {};
}

// --- commands
// ---------------------------------------------------------------------------------------------------------

void ReplaySession::record(std::string_view text) {
  if (state_ == RunState::Finished || state_ == RunState::Halted) return;  // the journal has its last record
  world_->run->journal().operator_command(world_->engine.now(), text);
}

void ReplaySession::execute(const Command& command) {
  if (command.kind == Command::Kind::Restart || command.kind == Command::Kind::Begin) {
    const CommandDone begun = begin_next(command);
    publish();
    waiting_.push_back(begun);
    return;
  }
  CommandDone done{command.ticket, Outcome::Done, RejectReason::None, {}};
  if (command.kind == Command::Kind::JumpToTime && command.until <= world_->engine.now()) {
    done.outcome = Outcome::Refused;
    done.detail = Text<240>{"market time does not run back; restart, then jump"};
  }
  if (state_ == RunState::Finished) done.outcome = Outcome::SessionFinished;
  if (state_ == RunState::Halted) {
    done.outcome = Outcome::SessionHalted;
    done.detail = Text<240>{halted_reason_};
  }
  if (done.outcome == Outcome::Done) {
    advance(world_->engine.now());  // as a re-run does before it acts
    record(to_text(command));
    if (auto durable = make_durable(); durable)
      done = act(command);
    else
      done.outcome = Outcome::SessionHalted;
    settle_pace();
  }
  publish();
  waiting_.push_back(done);
}

/// The same for a recorded command; nobody waits for its answer.
void ReplaySession::redo(std::string_view text) {
  if (state_ == RunState::Finished || state_ == RunState::Halted) return;
  advance(world_->engine.now());
  record(text);
  if (text == "clock") return;
  const auto command = from_text(text);
  if (!command) return halt(command.error().message);
  act(*command);
}

CommandDone ReplaySession::act(const Command& command) {
  CommandDone done{command.ticket, Outcome::Done, RejectReason::None, {}};
  say_done(command);
  switch (command.kind) {
    case Command::Kind::Play:
    case Command::Kind::Pause:
    case Command::Kind::StepEvent:
    case Command::Kind::StepTime:
      jump_.reset();
      break;
    default:
      break;
  }
  switch (command.kind) {
    case Command::Kind::Play:
      state_ = RunState::Playing;
      break;
    case Command::Kind::Pause:
      state_ = RunState::Paused;
      break;
    case Command::Kind::Speed:
      speed_milli_ = command.speed_milli;
      break;
    case Command::Kind::StepEvent:
      state_ = RunState::Paused;
      if (!rerunning_) step_event();
      break;
    case Command::Kind::StepTime:
      state_ = RunState::Paused;
      if (!rerunning_) advance(world_->engine.now() + command.step);
      break;
    case Command::Kind::PauseStrategy:
      world_->strategy->pause(true);
      cancel_orders(command, true);
      break;
    case Command::Kind::ResumeStrategy:
      world_->strategy->pause(false);
      break;
    case Command::Kind::Submit:
      return place(command, command.order);
    case Command::Kind::Cancel: {
      const OrderRow* row = world_->desk.find(command.cancel);
      if (row == nullptr || !row->is_open()) {
        done.outcome = row == nullptr ? Outcome::UnknownOrder : Outcome::OrderNotOpen;
        break;
      }
      world_->run->cancel(command.cancel);
      waiting_.push_back(CommandOrder{command.ticket, command.cancel, true});
      break;
    }
    case Command::Kind::Flatten:
      return flatten(command);
    case Command::Kind::JumpToFill:
    case Command::Kind::JumpToOrder:
    case Command::Kind::JumpToTime:
      jump_ = Jump{command.kind, command.kind == Command::Kind::JumpToTime ? command.until : kNever,
                   world_->desk.fills(), world_->desk.strategy_orders()};
      state_ = RunState::Playing;
      break;
    case Command::Kind::Restart:
    case Command::Kind::Begin:
      break;
  }
  // Where a step ended is a record too: a re-run stops there and goes no further.
  const bool stepped = command.kind == Command::Kind::StepEvent || command.kind == Command::Kind::StepTime;
  if (stepped && !rerunning_) {
    record("clock");
    (void)make_durable();
  }
  return done;
}

CommandDone ReplaySession::place(const Command& command, NewOrder order) {
  order.id = world_->desk.next_manual_id();
  world_->run->submit(order);
  const OrderRow& row = world_->desk.submitted(order, OrderSource::Manual, world_->engine.now());
  say_order(OrderSource::Manual, LogLevel::Info, "order_sent", "is sent", row);
  on_order_row(row);
  waiting_.push_back(CommandOrder{command.ticket, order.id, false});
  if (rerunning_ && !command.key.empty()) waiting_.push_back(KnownKey{command.key, command.body_hash, order.id});
  return {command.ticket, Outcome::Done, RejectReason::None, {}};
}

void ReplaySession::cancel_orders(const Command& command, bool strategy_only) {
  for (const auto id : world_->desk.open_orders()) {
    if (strategy_only && world_->desk.is_manual(id)) continue;
    if (command.instrument >= 0 && world_->desk.find(id)->instrument != command.instrument) continue;
    world_->run->cancel(id);
    waiting_.push_back(CommandOrder{command.ticket, id, true});
  }
}

CommandDone ReplaySession::flatten(const Command& command) {
  if (command.pause_strategy) world_->strategy->pause(true);
  cancel_orders(command, false);
  for (InstrumentIndex i = 0; i < world_->engine.market().size(); ++i) {
    const Quantity position = world_->run->position(i);
    if (position.value == 0 || (command.instrument >= 0 && command.instrument != i)) continue;
    NewOrder order;
    order.instrument = i;
    order.side = position.value > 0 ? Side::Sell : Side::Buy;
    order.type = OrderType::Market;
    order.time_in_force = TimeInForce::IOC;
    order.reduce_only = true;
    order.quantity = Quantity{std::abs(position.value)};
    Command closing = command;
    closing.key = {};
    place(closing, order);
  }
  if (rerunning_ && !command.key.empty()) waiting_.push_back(KnownKey{command.key, command.body_hash, 0});
  return {command.ticket, Outcome::Done, RejectReason::None, {}};
}

/// The next session over the same data, or over what the operator chose: where that is refused, this one goes on.
CommandDone ReplaySession::begin_next(const Command& command) {
  CommandDone done{command.ticket, Outcome::Done, RejectReason::None, {}};
  const auto refused = [&](const Error& error) {
    done.outcome = Outcome::Refused;
    done.detail = Text<240>{error.hint.empty() ? error.message : fmt::format("{}; {}", error.message, error.hint)};
    return done;
  };
  Plan plan = plan_;
  Data data = data_;
  if (command.choice)
    if (auto chosen = choose(*command.choice, plan, data); !chosen) return refused(chosen.error());
  auto prepared = prepare(plan, data);
  if (!prepared) return refused(prepared.error());
  record("end");
  (void)make_durable();
  plan_ = std::move(plan);
  data_ = std::move(data);
  if (command.choice) choice_ = *command.choice;
  const bool paused = plan_.paused;
  plan_.paused = state_ == RunState::Paused;
  plan_.speed_milli = speed_milli_;
  if (auto begun = begin(number_ + 1, std::move(*prepared)); !begun) {
    done.outcome = Outcome::Refused;
    done.detail = Text<240>{begun.error().message};
    halt(begun.error().message);
  }
  plan_.paused = paused;
  return done;
}

// --- news
// -------------------------------------------------------------------------------------------------------------

void ReplaySession::on_order_row(const OrderRow& row) { waiting_.push_back(row); }
void ReplaySession::on_fill_row(const FillRow& row) { waiting_.push_back(row); }

void ReplaySession::on_strategy_line(UnixNanos time, std::string_view line) {
  waiting_.push_back(
      LogRow{time, LogLevel::Info, LogSource::Strategy, {"strategy_line"}, {line}, {{"line", std::string{line}}}});
}

void ReplaySession::say(LogLevel level, LogSource source, std::string_view code, std::string_view text,
                        std::vector<LogParameter> parameters) {
  waiting_.push_back(LogRow{world_->engine.now(), level, source, {code}, {text}, std::move(parameters)});
}

/// What an operator did, in the log: live and when it is done again after a restart.
void ReplaySession::say_done(const Command& command) {
  const auto told = [this](std::string_view code, std::string_view text, std::vector<LogParameter> parameters = {}) {
    say(LogLevel::Info, LogSource::Operator, code, text, std::move(parameters));
  };
  switch (command.kind) {
    case Command::Kind::Play:
      return told("play", "play");
    case Command::Kind::Pause:
      return told("pause", "pause");
    case Command::Kind::Speed: {
      const auto speed = speed_text(command.speed_milli);
      return told("speed", fmt::format("speed {}", speed), {{"speed", speed}});
    }
    case Command::Kind::StepEvent:
      return told("step", "step to the next event", {{"size", "event"}});
    case Command::Kind::StepTime: {
      const auto size = short_duration(command.step);
      return told("step", fmt::format("step {}", size), {{"size", size}});
    }
    case Command::Kind::PauseStrategy:
      return told("strategy_off", "strategy off");
    case Command::Kind::ResumeStrategy:
      return told("strategy_on", "strategy on");
    case Command::Kind::Cancel:
      return told("cancel_sent", fmt::format("cancel of order {}", command.cancel),
                  {{"order", std::to_string(command.cancel)}});
    case Command::Kind::Flatten:
      return told("flatten_sent", command.pause_strategy ? "flatten, strategy off" : "flatten");
    case Command::Kind::JumpToFill:
      return told("jump_to_fill", "on to the next fill");
    case Command::Kind::JumpToOrder:
      return told("jump_to_order", "on to the strategy's next order");
    case Command::Kind::JumpToTime:
      return told("jump_to_time", fmt::format("on to {}", format_time(command.until)),
                  {{"time_ns", std::to_string(command.until)}});
    case Command::Kind::Submit:  // told with the order itself
    case Command::Kind::Restart:
    case Command::Kind::Begin:
      return;
  }
}

void ReplaySession::say_order(OrderSource source, LogLevel level, std::string_view code, std::string_view verb,
                              const OrderRow& row, std::string_view reason) {
  const Instrument& instrument = data_.instrument;
  const auto quantity = format_decimal(row.quantity.value, instrument.quantity_decimals);
  const auto price = row.price.value == 0 ? std::string{} : format_decimal(row.price.value, instrument.price_decimals);
  std::string text = fmt::format("order {} {}: {} {} {}{}", row.id, verb, name_of(row.side), quantity,
                                 name_of(row.type), price.empty() ? "" : " at " + price);
  if (!reason.empty()) text += fmt::format(" ({})", reason);
  say(level, source == OrderSource::Manual ? LogSource::Operator : LogSource::Strategy, code, text,
      {{"order", std::to_string(row.id)},
       {"side", std::string{name_of(row.side)}},
       {"type", std::string{name_of(row.type)}},
       {"quantity", quantity},
       {"price", price},
       {"reason", std::string{reason}}});
}

/// Fills and refusals of everybody; of orders by hand their whole life. The strategy's orders stand in their own list.
void ReplaySession::on_order_answer(const OrderRow& row, const OrderEvent& event) {
  const bool manual = row.source == OrderSource::Manual;
  const bool liquidation = row.source == OrderSource::Venue;
  switch (event.kind) {
    case OrderEventKind::Filled: {
      const Instrument& instrument = data_.instrument;
      const auto quantity = format_decimal(event.quantity.value, instrument.quantity_decimals);
      const auto price = format_decimal(event.price.value, instrument.price_decimals);
      const std::string_view liquidity = event.liquidity == Liquidity::Maker ? "maker" : "taker";
      const std::string side{name_of(event.side)};
      return say(liquidation ? LogLevel::Warn : LogLevel::Info, LogSource::Venue, liquidation ? "liquidated" : "fill",
                 fmt::format("{}{} {} at {}, {}", liquidation ? "the margin was too thin: the venue " : "",
                             event.side == Side::Buy ? "bought" : "sold", quantity, price, liquidity),
                 {{"order", std::to_string(row.id)},
                  {"side", side},
                  {"quantity", quantity},
                  {"price", price},
                  {"liquidity", std::string{liquidity}},
                  {"source", std::string{name_of(row.source)}}});
    }
    case OrderEventKind::Rejected:
    case OrderEventKind::Denied:
      return say_order(row.source, LogLevel::Warn, "order_refused", "refused", row, name_of(event.reason));
    case OrderEventKind::CancelRejected:
      if (manual) say_order(row.source, LogLevel::Warn, "cancel_refused", "not canceled", row, name_of(event.reason));
      return;
    case OrderEventKind::Accepted:
      if (manual) say_order(row.source, LogLevel::Info, "order_working", "is working", row);
      return;
    case OrderEventKind::Canceled:
      if (manual) say_order(row.source, LogLevel::Info, "order_canceled", "is canceled", row);
      return;
    case OrderEventKind::Expired:
      // Its time had come; any other reason is a refusal (docs/fills.md: post-only that would take). A strategy that
      // quotes meets that all day.
      if (event.reason == RejectReason::Expired) {
        if (manual) say_order(row.source, LogLevel::Info, "order_expired", "has expired", row);
        return;
      }
      return say_order(row.source, manual ? LogLevel::Warn : LogLevel::Info, "order_refused", "refused", row,
                       name_of(event.reason));
    case OrderEventKind::Triggered:
      if (manual) say_order(row.source, LogLevel::Info, "order_triggered", "is triggered", row);
      return;
    case OrderEventKind::Funding:
      return;
  }
}

/// A book with a gap is not to be trusted until it is whole again. Looked at once a turn: shorter gaps are not told.
void ReplaySession::watch_gaps() {
  for (InstrumentIndex i = 0; i < world_->engine.market().size(); ++i) {
    const bool stale = world_->engine.market()[i].stale;
    BookWatch& seen = books_seen_[i];
    if (stale && seen == BookWatch::Whole) {
      seen = BookWatch::Gap;
      say(LogLevel::Warn, LogSource::Engine, "book_gap", "the recording misses an update: the book has a gap");
    } else if (!stale) {
      if (seen == BookWatch::Gap) say(LogLevel::Info, LogSource::Engine, "book_whole", "the book is whole again");
      seen = BookWatch::Whole;
    }
  }
}

void ReplaySession::on_public_trade(const TradeTick& trade) {
  SecondBar& second = seconds_[trade.instrument];
  const UnixNanos start = trade.time - trade.time % kSecond;
  if (second.trades != 0 && second.bar.time < start) {
    waiting_.push_back(second);
    second.trades = 0;
  }
  if (second.trades == 0) second.bar = {start, trade.price, trade.price, trade.price, trade.price, {}};
  second.instrument = trade.instrument;
  second.bar.high = std::max(second.bar.high, trade.price);
  second.bar.low = std::min(second.bar.low, trade.price);
  second.bar.close = trade.price;
  second.bar.volume += trade.quantity;
  ++second.trades;
  second_changed_[trade.instrument] = true;
  TapeRow row{trade.instrument,
              trade.time,
              trade.price,
              trade.quantity,
              static_cast<std::uint8_t>(trade.aggressor == Side::Buy ? 0 : 1),
              false};
  if (rerunning_) {  // only what a tape shows of it
    rerun_tape_.push_back(row);
    if (rerun_tape_.size() > kTapeAfterRerun) rerun_tape_.pop_front();
  } else if (waiting_.size() > kMaxWaiting / 2) {
    tape_left_out_ = true;
  } else {
    row.left_out = std::exchange(tape_left_out_, false);
    waiting_.push_back(row);
  }
}

/// What is shown is on the disk first.
void ReplaySession::publish() {
  (void)make_durable();
  const auto& curve = world_->run->equity_curve();
  for (; equity_sent_ < curve.size(); ++equity_sent_) {
    const EquityPoint point = curve[equity_sent_];
    waiting_.push_back(EquityRow{point.time, point.equity});
  }
  for (std::size_t i = 0; i < seconds_.size(); ++i) {
    if (!second_changed_[i]) continue;
    second_changed_[i] = false;
    waiting_.push_back(seconds_[i]);
  }
  fill_live(live_.writing());
  live_.publish();
}

void ReplaySession::fill_live(LiveState& live) {
  const Engine& engine = world_->engine;
  const Run& run = *world_->run;
  live.clock = engine.now();
  live.state = state_;
  live.strategy = plan_.strategy.empty()       ? StrategyState::None
                  : state_ == RunState::Halted ? StrategyState::Halted
                  : world_->strategy->paused() ? StrategyState::Paused
                                               : StrategyState::Running;
  live.speed_milli = speed_milli_;
  live.journal_records = world_->run->journal().records();
  live.events = engine.messages();
  live.lag_ms = lag_ms_;
  live.halted_reason = Text<240>{halted_reason_};
  live.positions.clear();
  live.books.resize(engine.market().size());
  AccountRow account;
  for (InstrumentIndex i = 0; i < engine.market().size(); ++i) {
    const InstrumentMarket& market = engine.market()[i];
    const Holding& holding = world_->desk.holding(i);
    const Money equity = run.equity(i);
    PositionRow row;
    row.instrument = i;
    row.quantity = holding.quantity;
    row.realized = holding.realized;
    row.fees = holding.fees;
    if (market.twice_mid() != 0) row.mark_price = Price{market.twice_mid() / 2};
    if (holding.quantity.value != 0) {
      row.average_price = world_->desk.average_price(i);
      // Exact by construction: what the account is worth is what was put in, realised, paid and not yet realised.
      row.unrealized = worth_of(market.instrument(), holding.quantity, market.twice_mid()) - holding.basis;
    }
    for (const auto& payments = run.funding(); world_->funding_counted < payments.size(); ++world_->funding_counted)
      world_->funding_paid += payments[world_->funding_counted].paid;
    row.funding = -world_->funding_paid;
    if (holding.traded) live.positions.push_back(row);
    account.equity += equity;
    account.realized += row.realized;
    account.unrealized += row.unrealized;
    account.fees += row.fees;
    BookState& book = live.books[i];
    book.time = engine.now();
    book.update_id = static_cast<std::int64_t>(engine.messages());
    book.stale = market.stale;
    book.all_bids = static_cast<std::uint32_t>(market.book().bids().size());
    book.all_asks = static_cast<std::uint32_t>(market.book().asks().size());
    book.bids = book.asks = 0;
    const std::int64_t step = market.instrument().base_tick().value;
    for (Tick tick = market.book().best_bid(); tick != kNoBid && book.bids < kBookDepth;
         tick = market.book().bids().at_or_below(tick - 1))
      book.bid[book.bids++] = {Price{tick * step}, Quantity{market.book().bid_quantity(tick)}};
    for (Tick tick = market.book().best_ask(); tick != kNoAsk && book.asks < kBookDepth;
         tick = market.book().asks().at_or_above(tick + 1))
      book.ask[book.asks++] = {Price{tick * step}, Quantity{market.book().ask_quantity(tick)}};
  }
  // Spot is paid for, so its cash is what is left; a contract only ever moves cash by what it realises.
  const TradingAccount* held = world_->account();
  const AccountKind kind = world_->models.account.kind;
  account.cash = kind == AccountKind::Cash ? run.cash(0) : account.equity - account.unrealized;
  account.available = held == nullptr ? account.cash : held->available(0);
  account.margin_used = held != nullptr && kind == AccountKind::Margin ? held->initial_margin(0) : Money{};
  account.day_start_equity = plan_.cash;
  const UnixNanos day = start_of_day(day_of(engine.now()));
  const auto& curve = run.equity_curve();
  if (const std::size_t first = curve.first_from(day); first < curve.size())
    account.day_start_equity = curve[first].equity;
  live.account = account;
}

void ReplaySession::hand_over() {
  while (!waiting_.empty() && updates_.try_push(std::move(waiting_.front()))) waiting_.pop_front();
}

}  // namespace stom::replay
