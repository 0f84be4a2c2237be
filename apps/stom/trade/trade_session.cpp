#include "trade/trade_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "trade/last_books.hpp"
#include "trade/rerun.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr DurationNanos kTurn = kMillisecond;          // the engine looks at its timers at least so often
constexpr DurationNanos kIoTurn = 100 * kMillisecond;  // and the I/O thread at what it was told
constexpr DurationNanos kDurableEvery = kSecond;       // what a power cut can cost
constexpr DurationNanos kSlowDisk = 5 * kSecond;       // then it is said
constexpr DurationNanos kPatience = 10 * kSecond;      // for the answers to the last cancels
constexpr DurationNanos kCancelAgain = kSecond;
constexpr DurationNanos kCancelUnanswered = 3 * kSecond;  // then also orders that the venue has not answered yet
constexpr std::chrono::seconds kStatusPatience{2};
constexpr std::chrono::milliseconds kVenuesPatience{1000};  // less than that of who asks the process

std::string_view name_of(State state) {
  switch (state) {
    case State::Starting:
      return "starting";
    case State::Running:
      return "running";
    case State::Stopping:
      return "stopping";
    case State::Ended:
      break;
  }
  return "ended";
}

std::string_view name_of(Mode mode) { return mode == Mode::Paper ? "paper" : "testnet"; }

std::string holdings(const venues::AccountReport& report, const std::vector<Instrument>& instruments) {
  std::string text;
  const auto add = [&](std::string_view more) { text.append(text.empty() ? "" : ", ").append(more); };
  for (const auto& balance : report.balances) {
    if (balance.free.value == 0 && balance.locked.value == 0) continue;
    add(fmt::format("{} {}", format_decimal_trimmed(balance.free.value, kMoneyDecimals), balance.currency));
    if (balance.locked.value != 0)
      text += fmt::format(" and {} locked", format_decimal_trimmed(balance.locked.value, kMoneyDecimals));
  }
  for (const auto& position : report.positions) {
    const Instrument& of = instruments[position.instrument];
    if (position.quantity.value != 0)
      add(fmt::format("{} of {}", format_decimal_trimmed(Int128{position.quantity.value}, of.quantity_decimals),
                      of.id));
  }
  return text.empty() ? "nothing" : text;
}

std::vector<std::string> all_secrets(const Plan& plan) {
  std::vector<std::string> secrets;
  for (const VenueSetup& venue : plan.venues) secrets.insert(secrets.end(), venue.secrets.begin(), venue.secrets.end());
  return secrets;
}

}  // namespace

class TradeSession::Wire final : public gateway::GatewayUser {
 public:
  Wire(TradeSession& session, VenueSetup setup) : session_{session}, setup_{std::move(setup)} {}

  Result<void> prepare(std::uint64_t seed) {
    if (session_.plan_.record) {
      auto recorder = gateway::FrameRecorder::make(
          {.folder = session_.folder_.frames(), .venue = setup_.name, .secrets = setup_.secrets});
      if (!recorder) return std::unexpected(recorder.error());
      recorder_ = std::move(*recorder);
    }
    transport_.emplace(session_.io_, session_.clock_,
                       gateway::NetTransportOptions{.route = session_.plan_.route, .http = {}, .socket = {}});
    gateway::GatewayOptions options;
    options.seed = seed;
    options.addresses = setup_.addresses;
    gateway_.emplace(*setup_.venue, *transport_, *this, recorder_.get(), options);
    transport_->serve(*gateway_);
    return {};
  }

  const std::string& name() const { return setup_.name; }
  /// Null where all instruments of the venue are watched.
  WatchList* watch_list() { return watch_list_ ? &*watch_list_ : nullptr; }
  void set_universe(const UniverseSource& source) {
    const auto& about = setup_.venue->description();
    const std::size_t budget = about.registrations == venues::kNoBudget
                                   ? session_.plan_.instruments.size()
                                   : static_cast<std::size_t>(about.budgets[about.registrations].limit);
    watch_list_.emplace(
        source, session_.plan_.instruments, session_.plan_.pinned, budget,
        WatchList::Port{
            [this](std::size_t most) { gateway_->rank_by_value(most, session_.clock_.now()); },
            [this](std::string_view condition) { gateway_->follow_search(condition, session_.clock_.now()); },
            [this](const std::string& line) { say(line); }});
  }
  const venues::Description& description() const { return setup_.venue->description(); }
  /// Null where there is none.
  Json universe() const {
    if (!watch_list_) return {};
    return {{"source", watch_list_->source().text},
            {"registrations", watch_list_->budget()},
            {"in", count(WatchState::In)},
            {"kept", count(WatchState::Kept)},
            {"waiting", count(WatchState::Waiting)}};
  }
  gateway::Gateway& gateway() { return *gateway_; }
  gateway::FrameRecorder* recorder() { return recorder_.get(); }

  /// I/O thread, once a turn.
  void publish(UnixNanos now) {
    connected_.store(gateway_->connected(), std::memory_order_relaxed);
    if (const auto clock = gateway_->clock(now)) offset_.store(clock->offset, std::memory_order_relaxed);
    if (!watch_list_) return;
    for (std::size_t state = 0; state < counts_.size(); ++state)
      counts_[state].store(watch_list_->universe().count(static_cast<WatchState>(state)), std::memory_order_relaxed);
  }
  /// How many of its universe are in that state.
  std::size_t count(WatchState state) const {
    return counts_[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
  }
  bool connected() const { return connected_.load(std::memory_order_relaxed); }
  DurationNanos offset() const { return offset_.load(std::memory_order_relaxed); }

  // GatewayUser
  void market(InstrumentIndex instrument, const MessageBatch& batch) override {
    session_.feed_.market(instrument, batch);
  }
  void book_stale(InstrumentIndex instrument, std::string_view why) override {
    session_.feed_.book_stale(instrument, session_.clock_.now());
    say(fmt::format("book of {} stale: {}", session_.plan_.instruments[instrument].id, why));
  }
  void order(const venues::OrderReport& report) override {
    if (session_.link_) session_.link_->report(report.event);
    using enum OrderEventKind;
    const auto kind = report.event.kind;
    if (kind == Rejected || kind == Denied || kind == CancelRejected)
      say(fmt::format("order {} {}: {}", report.event.id,
                      kind == Rejected ? "rejected"
                      : kind == Denied ? "not sent"
                                       : "cannot be canceled",
                      report.reason));
    else if (report.event.id == 0)
      say(fmt::format("told of an order that is not ours: {}", report.client_id));
  }
  void order_unknown(ClientOrderId id, InstrumentIndex instrument) override {
    if (session_.link_) session_.link_->report_unknown(id, instrument);
    say(fmt::format("order {}: nobody knows what became of it; asking", id));
  }
  void account(const venues::AccountReport& report) override {
    if (report.whole) say("the account holds " + holdings(report, session_.plan_.instruments));
  }
  void named(const venues::NamedReport& report) override {
    if (watch_list_) watch_list_->named(report);
  }
  void status(const venues::StatusReport& report) override {
    if (report.state != venues::VenueState::Unsuited) return say(report.text);
    session_.refuse_account(
        {Errc::Unsupported, fmt::format("{}: {}", setup_.name, report.text), std::string{report.remedy}});
  }
  void unknown(std::string_view type, std::string_view) override {
    if (++unknown_ <= kTold) say(fmt::format("a message of an unknown type, {}; it is among the frames", type));
  }
  void malformed(const Error& error, std::string_view) override {
    if (++malformed_ <= kTold) say(fmt::format("a message that cannot be read: {}", error.message));
  }
  void notice(std::string_view line) override { say(line); }

 private:
  static constexpr std::uint64_t kTold = 20;  // of a kind, in one session
  void say(std::string_view line) { session_.log_.say(fmt::format("{}: {}", setup_.name, line)); }

  TradeSession& session_;
  VenueSetup setup_;
  std::unique_ptr<gateway::FrameRecorder> recorder_;
  std::optional<gateway::NetTransport> transport_;
  std::optional<gateway::Gateway> gateway_;
  std::optional<WatchList> watch_list_;
  std::array<std::atomic<std::size_t>, 4> counts_{};
  std::uint64_t unknown_ = 0, malformed_ = 0;
  std::atomic<bool> connected_{false};
  std::atomic<DurationNanos> offset_{0};
};

TradeSession::TradeSession(Plan plan, SessionFolder folder, const Clock& clock)
    : folder_{std::move(folder)},
      clock_{clock},
      plan_{std::move(plan)},
      log_{clock, all_secrets(plan_)},
      feed_{plan_.instruments},
      registered_(plan_.instruments.size()),
      held_(plan_.instruments.size()) {}

TradeSession::~TradeSession() {
  stop();
  if (engine_thread_.joinable()) engine_thread_.join();
  if (io_thread_.joinable()) io_thread_.join();
}

Result<std::unique_ptr<TradeSession>> TradeSession::open(Plan plan, SessionFolder folder, const Clock& clock) {
  std::unique_ptr<TradeSession> session{new TradeSession{std::move(plan), std::move(folder), clock}};
  if (auto prepared = session->prepare(); !prepared) return std::unexpected(prepared.error());
  return session;
}

Result<void> TradeSession::prepare() {
  if (plan_.universes.empty()) plan_.pinned = plan_.instruments.size();
  for (const Instrument& instrument : plan_.instruments) {
    const auto at = std::ranges::find(plan_.venues, instrument.venue(), &VenueSetup::name);
    STOM_ASSERT(at != plan_.venues.end());
    venue_of_.push_back(static_cast<std::size_t>(at - plan_.venues.begin()));
  }
  if (auto opened = log_.open(folder_.log()); !opened) return opened;
  VenueLink* venue = nullptr;
  if (plan_.mode == Mode::Paper) {
    simulator_ = std::make_unique<sim::VenueSimulator>(plan_.instruments, std::vector<sim::RunModels>{plan_.models},
                                                       plan_.fill_rules, feed_.venue_side(), plan_.seed);
    venue = simulator_.get();
  } else {
    link_ = std::make_unique<LiveLink>();
    venue = link_.get();
  }
  engine_ = std::make_unique<Engine>(plan_.instruments, feed_.local_side(), *venue);
  auto gate = std::make_unique<StrategyGate>(std::move(plan_.strategy), plan_.tell_orders ? &order_news_ : nullptr);
  gate_ = gate.get();
  if (plan_.traded == 0) plan_.traded = plan_.instruments.size();
  run_ = &engine_->add_run(std::move(gate),
                           {.configuration = plan_.configuration, .cash = plan_.cash, .instruments = plan_.traded});
  exposure_ = std::make_unique<ExposureView>(
      plan_.instruments, plan_.currency.empty() ? plan_.instruments.front().settlement() : plan_.currency,
      std::move(plan_.rates));
  if (auto opened = run_->journal().open(folder_.journal()); !opened) return opened;
  const UnixNanos begun = clock_.now();
  if (auto started = engine_->start(begun, kEquityInterval); !started) return started;
  if (plan_.record) {
    auto input = store::InputRecorder::open(folder_.input(), input_start(plan_.made_of, begun));
    if (!input) return std::unexpected(input.error());
    input_ = std::move(*input);
  }
  input_records_ = run_->journal().records();
  if (auto kept = run_->journal().flush(); !kept) return kept;
  auto sync = FileSync::open(folder_.journal());
  if (!sync) return std::unexpected(sync.error());
  journal_sync_ = std::move(*sync);
  for (VenueSetup& setup : plan_.venues) {
    wires_.push_back(std::make_unique<Wire>(*this, std::move(setup)));
    if (auto prepared = wires_.back()->prepare(plan_.seed + wires_.size()); !prepared) return prepared;
    const auto source = std::ranges::find(plan_.universes, wires_.back()->name(), &UniverseSource::venue);
    if (source != plan_.universes.end()) wires_.back()->set_universe(*source);
  }
  if (!plan_.rows.empty()) {
    auto rows = RowKeeper::open(folder_.rows(), plan_.instruments, plan_.rows);
    if (!rows) return std::unexpected(rows.error());
    rows_ = std::move(*rows);
  }
  if (!plan_.universes.empty()) {
    watch_file_.open(folder_.watch(), std::ios::binary);
    watch_file_ << WatchTimeline::header() << std::flush;
    if (!watch_file_)
      return fail(Errc::Io, fmt::format("{} cannot be written", folder_.watch().string()),
                  "make room on the disk, or name a folder that you may write to");
  }
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i)
    registered_[i].store(!wires_[venue_of_[i]]->watch_list(), std::memory_order_relaxed);
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i)
    if (auto* recorder = wires_[venue_of_[i]]->recorder()) recorder->name(i, plan_.instruments[i].symbol());
  return {};
}

void TradeSession::start() {
  if (plan_.busy_poll) {
    io_thread_ = std::thread{[this] { run_both(); }};
    return;
  }
  io_thread_ = std::thread{[this] { run_io(); }};
  engine_thread_ = std::thread{[this] { run_engine(); }};
}

Result<void> TradeSession::finish() {
  if (engine_thread_.joinable()) engine_thread_.join();
  if (io_thread_.joinable()) io_thread_.join();
  if (rows_ && rows_written_) {
    if (auto written = rows_->finish(); !written && !error_) error_ = written.error();
  }
  if (input_) {
    (void)input_->finish(true);
    write_input();
  }
  log_.write();
  if (error_) return std::unexpected(*error_);
  return {};
}

void TradeSession::keep_rows() {
  if (!rows_ || !rows_written_) return;
  if (auto written = rows_->write(clock_.now()); !written) {
    rows_written_ = false;  // trading goes on without them
    log_.say(written.error().message + ": rows from now on are not kept");
  }
  if (const auto left_out = rows_->take_left_out(); left_out > 0)
    log_.say(fmt::format("{} rows were left out: the queue to the file was full", left_out));
}

void TradeSession::write_input() {
  if (!input_) return;
  const auto written = input_->write();
  if (told_no_input_ || (written && input_->broken_at() == kNever)) return;
  told_no_input_ = true;  // trading goes on without it
  log_.say(fmt::format("{}: stom verify can say nothing of what comes from now on",
                       written ? "the engine's input could not be kept" : written.error().message));
}

// --- I/O thread ------------------------------------------------------------------------------------------------------

void TradeSession::watch(InstrumentIndex index, UnixNanos now) {
  const Instrument& instrument = plan_.instruments[index];
  wires_[venue_of_[index]]->gateway().watch(index, instrument,
                                            {.book = true,
                                             .trades = true,
                                             .quotes = engine_->wants_quotes(index),
                                             .mark_price = instrument.kind != ContractKind::Spot},
                                            now);
}

/// What the engine wants, and what the feed wants anew.
void TradeSession::carry_out(UnixNanos now) {
  if (link_) {
    LiveLink::Command command;
    while (link_->next(command)) {
      gateway::Gateway& gateway = wires_[venue_of_[command.order.instrument]]->gateway();
      if (command.is_cancel)
        gateway.cancel({command.order.id, command.order.instrument}, now);
      else
        gateway.submit(command.order, now);
    }
    link_->offer();
    if (cancel_all_.exchange(false)) {
      for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i) wires_[venue_of_[i]]->gateway().cancel_all(i, now);
    }
  }
  stale_.clear();
  feed_.take_stale(now, stale_);
  for (const InstrumentIndex i : stale_) {
    if (!is_registered(i)) continue;
    wires_[venue_of_[i]]->gateway().unwatch(i, now);
    watch(i, now);
  }
}

void TradeSession::write_watch(UnixNanos now, InstrumentIndex index, WatchState state, WatchReason reason) {
  if (!watch_file_) return;
  watch_file_ << WatchTimeline::line(now, plan_.instruments[index].id, state, reason);
  if (!watch_file_) log_.say("watch.csv cannot be written: what is watched from now on is not in it");
}

/// Asks the sources that are due, and does what they and the engine have changed.
void TradeSession::look_after_universes(UnixNanos now) {
  if (plan_.universes.empty()) return;
  const bool held_changed = held_changed_.exchange(false, std::memory_order_acquire);
  bool all_spoke = true;
  for (const auto& wire : wires_) {
    WatchList* list = wire->watch_list();
    if (!list) continue;
    if (held_changed)
      for (InstrumentIndex i = 0; i < held_.size(); ++i)
        if (wires_[venue_of_[i]] == wire) list->universe().hold(i, held_[i].load(std::memory_order_relaxed));
    if (list->next_due() <= now) list->on_due(now);
    all_spoke &= list->has_spoken();
    const auto changes = list->universe().settle();
    for (const auto& change : changes) {
      const InstrumentIndex i = change.candidate;
      write_watch(now, i, change.state, change.reason);
      if (change.unregisters) {
        registered_[i].store(false, std::memory_order_relaxed);
        wire->gateway().unwatch(i, now);
        feed_.book_stale(i, now);
      }
      if (change.registers) {
        registered_[i].store(true, std::memory_order_relaxed);
        watch(i, now);
      }
    }
    if (!changes.empty()) watch_file_.flush();
  }
  if (all_spoke) universes_spoke_.store(true);
}

void TradeSession::run_io() {
  begin_io();
  while (!io_done_.load())
    if (io_turn(gateway::LoopMode::Blocking)) bell_.ring();
  end_io();
}

/// Both on one thread that never sleeps: what a frame leads to comes right behind it, and no other thread is woken.
void TradeSession::run_both() {
  begin_io();
  UnixNanos due = clock_.now();
  while (state_.load() != State::Ended) {
    const bool news = io_turn(gateway::LoopMode::BusyPoll);
    if (!news && clock_.now() < due) continue;
    engine_turn();
    due = clock_.now() + kTurn;
  }
  end_engine();
  end_io();
}

void TradeSession::begin_io() {
  for (const auto& wire : wires_) {
    gateways_.push_back(&wire->gateway());
    wire->gateway().start(clock_.now());
  }
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i) {
    if (!wires_[venue_of_[i]]->watch_list()) watch(i, clock_.now());
  }
}

/// Whether there is anything that the engine was not told of.
bool TradeSession::io_turn(gateway::LoopMode mode) {
  const UnixNanos now = clock_.now();
  carry_out(now);
  look_after_universes(now);
  UnixNanos due = now + kIoTurn;
  for (const auto& wire : wires_) {
    if (const WatchList* list = wire->watch_list()) due = std::min(due, list->next_due());
    if (auto* recorder = wire->recorder()) {
      recorder->on_due(now);
      due = std::min(due, recorder->next_due());
    }
  }
  gateway::turn(io_, clock_, gateways_, nullptr, mode, std::max<DurationNanos>(due - now, 0));
  for (const auto& wire : wires_) wire->publish(clock_.now());
  if (wires_question_.asked()) {
    std::vector<WireView> views;
    for (const auto& wire : wires_) views.push_back(view_of(wire->gateway(), wire->description(), clock_.now()));
    wires_question_.answer(std::move(views));
  }
  const bool market = feed_.take_news(), answers = link_ && link_->take_news();
  return market || answers;
}

void TradeSession::end_io() {
  for (const auto& wire : wires_) {
    if (auto* recorder = wire->recorder()) recorder->drain();
    WatchList* list = wire->watch_list();
    if (!list) continue;
    list->universe().end();
    for (const auto& change : list->universe().settle())
      write_watch(clock_.now(), change.candidate, change.state, change.reason);
  }
}

// --- engine thread ---------------------------------------------------------------------------------------------------

void TradeSession::run_engine() {
  while (state_.load() != State::Ended)
    if (engine_turn() == 0 && state_.load() != State::Ended) bell_.wait(std::chrono::nanoseconds{kTurn});
  end_engine();
  io_done_.store(true);
  io_.post([] {});
}

/// How much had come.
std::size_t TradeSession::engine_turn() {
  const UnixNanos now = std::max(clock_.now(), engine_->now());
  const std::size_t market = feed_.poll(now), answers = link_ ? link_->poll(now) : 0;
  engine_->advance(now);
  if (unsuited_.exchange(false)) {
    const std::lock_guard lock{mutex_};
    fail_with(*why_unsuited_);
  }
  look_at_books();
  if (state_.load() != State::Stopping && (stop_wanted_.load() || error_)) {
    act(now, std::string{kStopAct});
    gate_->close();
    deadline_ = now + kPatience;
    state_.store(State::Stopping);
  }
  if (state_.load() == State::Stopping) close_down(now);
  keep_journal(now);
  keep_input(now, market, answers);
  if (rows_) feed_.each_taken([&](const FeedMessage& message) { rows_->apply(message); });
  if (status_wanted_.load()) answer_status();
  if (engine_question_.asked()) engine_question_.answer({view_books(now), exposure(now)});
  return market + answers;
}

void TradeSession::end_engine() {
  if (input_ && last_turn_ != kNoTime) input_->turn(last_turn_, last_turn_);  // the last one may have been left out
  engine_->stop();
  if (auto kept = run_->journal().flush(); !kept && !error_) error_ = kept.error();
  if (auto kept = write_last_books(folder_.last_books(), engine_->market()); !kept && !error_) error_ = kept.error();
  answer_status();
}

/// First the record, then the deed: commands leave once the system has what the journal says of them.
void TradeSession::keep_journal(UnixNanos now) {
  Journal& journal = run_->journal();
  const bool fresh = journal.records() != records_;
  if (fresh) mark_held();
  if (fresh && writable_) {
    records_ = journal.records();
    if (auto kept = journal.hand_over(); !kept) {
      writable_ = false;
      fail_with(kept.error());
    }
    unsynced_ = true;
  }
  keep_on_disk(now);
  if (!link_) {
    if (auto sound = simulator_->status(); !sound) fail_with(sound.error());
    return;
  }
  // A journal that cannot be written knows of no more orders: none is sent. The I/O thread cancels without it.
  if (writable_ && link_->release() > 0 && !plan_.busy_poll) io_.post([] {});
  if (link_->failed())
    fail_with({Errc::Overflow, "the queue between engine and exchange was full: trading has stopped",
               "the strategy orders faster than the exchange takes it, or this computer is too slow"});
}

/// What the session does with orders and strategy as its operator: a record before it is done.
void TradeSession::act(UnixNanos now, std::string text) {
  run_->journal().operator_command(now, text);
  acts_.push_back(std::move(text));
}

/// Once orders have left. What denied an order because a queue was full was no input: nothing is certain from there on.
void TradeSession::keep_input(UnixNanos now, std::size_t market, std::size_t answers) {
  const std::uint64_t records = run_->journal().records();
  if (input_) {
    if (link_ && link_->failed()) input_->break_off(now);
    if (market + answers > 0 || !acts_.empty() || records != input_records_) {
      input_->turn(last_turn_, now);
      feed_.each_taken([&](const FeedMessage& message) { input_->market(message); });
      input_->answers(answers);
      for (const std::string& text : acts_) input_->act(text);
    }
    input_->on_time(now);
  }
  last_turn_ = now;
  input_records_ = records;
  acts_.clear();
}

/// Within a second of its record, without waiting for the disk.
void TradeSession::keep_on_disk(UnixNanos now) {
  if (!writable_) return;
  if (unsynced_ && now - durable_at_ >= kDurableEvery) {
    durable_at_ = now;
    unsynced_ = false;
    journal_sync_->ask(now);
  }
  if (auto kept = journal_sync_->status(); !kept) {
    writable_ = false;
    fail_with(kept.error());
  }
  const UnixNanos since = journal_sync_->waiting_since();
  const bool slow = since != kNever && now - since > kSlowDisk;
  if (slow && !told_slow_disk_)
    log_.say(fmt::format("the disk takes the journal slower than it is written: a power cut would cost more than {} s",
                         kSlowDisk / kSecond));
  told_slow_disk_ = slow;
}

/// What must not be evicted: told before the commands leave, so that the I/O thread knows it when they come.
void TradeSession::mark_held() {
  if (plan_.universes.empty()) return;
  held_now_.assign(held_.size(), false);
  for (InstrumentIndex i = 0; i < held_.size(); ++i) held_now_[i] = run_->position(i).value != 0;
  for (const WorkingOrder& order : run_->orders()) held_now_[order.instrument] = true;
  bool changed = false;
  for (InstrumentIndex i = 0; i < held_.size(); ++i)
    changed |= held_[i].exchange(held_now_[i], std::memory_order_relaxed) != held_now_[i];
  if (!changed) return;
  held_changed_.store(true, std::memory_order_release);
  io_.post([] {});
}

/// Whoever comes and goes with a universe is not waited for: its source must have spoken.
bool TradeSession::is_missing(InstrumentIndex index) const {
  return engine_->market()[index].stale && (index < plan_.pinned || is_registered(index));
}

void TradeSession::look_at_books() {
  if (state_.load() != State::Starting) return;
  if (!plan_.universes.empty() && !universes_spoke_.load()) return;
  for (InstrumentIndex i = 0; i < plan_.pinned; ++i)
    if (is_missing(i)) return;
  state_.store(State::Running);
  log_.say("all books are synchronised");
}

void TradeSession::refuse_account(Error error) {
  {
    const std::lock_guard lock{mutex_};
    why_unsuited_ = std::move(error);
  }
  unsuited_.store(true);
  bell_.ring();
}

void TradeSession::fail_with(Error error) {
  if (error_) return;
  log_.say(error.message);
  error_ = std::move(error);
  if (link_) {
    cancel_all_.store(true);
    io_.post([] {});
  }
}

/// Those that the venue has answered; later also those that it has not.
void TradeSession::cancel_orders(UnixNanos now) {
  std::vector<ClientOrderId> ids;
  const bool late = now >= deadline_ - kPatience + kCancelUnanswered;
  for (const WorkingOrder& order : run_->orders()) {
    if (order.cancel_pending || (!late && !order.cancelable())) continue;
    const auto [at, first] = canceled_at_.try_emplace(order.id, now);
    if (!first && now - at->second < kCancelAgain) continue;
    at->second = now;
    ids.push_back(order.id);
  }
  for (const ClientOrderId id : ids) {
    act(now, cancel_act(id));
    run_->cancel(id);
  }
}

void TradeSession::close_down(UnixNanos now) {
  if (plan_.keep_orders || run_->orders().empty()) return state_.store(State::Ended);
  cancel_orders(now);
  if (now < deadline_) return;
  std::string left;
  for (const WorkingOrder& order : run_->orders())
    left += fmt::format("{}{} of {}{}", left.empty() ? "" : ", ", order.id, plan_.instruments[order.instrument].id,
                        link_ && link_->is_unknown(order.id) ? " (unknown)" : "");
  log_.say("not known to be canceled: order " + left);
  if (!error_)
    error_ = Error{Errc::Io, "not known to be canceled: order " + left,
                   "look at the exchange's own page, and cancel them there"};
  state_.store(State::Ended);
}

void TradeSession::answer_status() {
  Json venues = Json::object();
  std::string missing = plan_.universes.empty() || universes_spoke_.load() ? "" : "who is in the universe";
  for (std::size_t v = 0; v < wires_.size(); ++v) {
    std::size_t books = 0, stale = 0;
    DurationNanos lag = kNoTime;
    for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i) {
      if (venue_of_[i] != v || !is_registered(i)) continue;
      ++books;
      if (engine_->market()[i].stale) {
        ++stale;
        if (i < plan_.pinned) missing += (missing.empty() ? "" : ", ") + plan_.instruments[i].id;
      }
      if (const auto age = feed_.age(i); age != kNoTime) lag = std::max(lag, age + wires_[v]->offset());
    }
    Json one{{"connected", wires_[v]->connected()}, {"lag_ms", nullptr}, {"books", books}, {"stale", stale}};
    if (lag != kNoTime) one["lag_ms"] = std::max<DurationNanos>(lag, 0) / kMillisecond;
    if (wires_[v]->watch_list()) one["universe"] = wires_[v]->universe();
    venues[wires_[v]->name()] = std::move(one);
  }
  Json position = Json::object();
  for (InstrumentIndex i = 0; i < plan_.traded; ++i)
    position[plan_.instruments[i].id] =
        format_decimal_trimmed(Int128{run_->position(i).value}, plan_.instruments[i].quantity_decimals);
  const std::size_t unknown = link_ ? link_->unknown() : 0;
  const Json all{{"state", name_of(state_.load())},
                 {"mode", name_of(plan_.mode)},
                 {"venues", std::move(venues)},
                 {"orders", {{"working", run_->orders().size() - unknown}, {"unknown", unknown}}},
                 {"fills", run_->fills().size()},
                 {"position", std::move(position)},
                 {"risk", exposure(engine_->now())},
                 {"journal_hash", run_->journal().hash()}};
  {
    const std::lock_guard lock{mutex_};
    status_ = all.dump();
    missing_ = std::move(missing);
    told_ = asked_;
    status_wanted_.store(false);
  }
  answered_.notify_all();
}

std::string TradeSession::status() {
  std::unique_lock lock{mutex_};
  if (state_.load() != State::Ended) {
    const std::uint64_t number = ++asked_;
    status_wanted_.store(true);
    bell_.ring();
    if (!answered_.wait_for(lock, kStatusPatience, [&] { return told_ >= number; }))
      return Json{{"state", "not responding"}, {"mode", name_of(plan_.mode)}}.dump();
  }
  return status_;
}

Json TradeSession::exposure(UnixNanos now) {
  return exposure_->at(
      engine_->market(), [this](InstrumentIndex i) { return ExposureView::Held{run_->position(i), run_->earned(i)}; },
      [this](InstrumentIndex i) { return feed_.heard_at(i); }, now);
}

std::vector<BooksView> TradeSession::view_books(UnixNanos now) const {
  std::vector<BooksView> views(wires_.size());
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i) {
    if (!is_registered(i)) continue;
    BooksView& view = views[venue_of_[i]];
    const InstrumentMarket& market = engine_->market()[i];
    if (const auto age = feed_.age(i); age != kNoTime)
      view.lag = std::max(view.lag, age + wires_[venue_of_[i]]->offset());
    view.at = now;
    view.books.push_back({i, market.bid(0), market.ask(0), market.last_price, market.stale, feed_.heard_at(i)});
  }
  return views;
}

std::string TradeSession::venues() {
  Json json{
      {"state", name_of(State::Ended)}, {"mode", name_of(plan_.mode)}, {"risk", nullptr}, {"venues", Json::array()}};
  if (state_.load() == State::Ended) return json.dump();
  auto engine = engine_question_.ask();
  auto wires = wires_question_.ask();
  bell_.ring();
  io_.post([] {});
  const auto until = std::chrono::steady_clock::now() + kVenuesPatience;
  const auto told = [&](const auto& answer) { return answer.wait_until(until) == std::future_status::ready; };
  json["state"] = "not responding";
  if (!told(engine) || !told(wires)) return json.dump();
  const auto wire_views = wires.get();
  auto [book_views, risk] = engine.get();
  for (std::size_t v = 0; v < wires_.size(); ++v)
    json["venues"].push_back(
        venue_json(wires_[v]->description(), wire_views[v], wires_[v]->universe(), book_views[v], plan_.instruments));
  json["state"] = name_of(state_.load());
  json["risk"] = std::move(risk);
  return json.dump();
}

std::string TradeSession::missing_books() {
  (void)status();
  const std::lock_guard lock{mutex_};
  return missing_;
}

}  // namespace stom::trade
