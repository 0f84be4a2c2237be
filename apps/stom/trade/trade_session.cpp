#include "trade/trade_session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <span>
#include <system_error>
#include <utility>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "engine/journal_file.hpp"
#include "engine/journal_segment.hpp"
#include "model/cash_flow.hpp"
#include "model/order_words.hpp"
#include "model/refusal.hpp"
#include "strategies/execution_orders.hpp"
#include "trade/adoption.hpp"
#include "trade/execution_view.hpp"
#include "trade/last_books.hpp"
#include "trade/left_on_paper.hpp"
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
constexpr std::uint64_t kDenialsTold = 100;               // in one session
constexpr DurationNanos kCancelUnanswered = 3 * kSecond;  // then also orders that the venue has not answered yet
constexpr std::chrono::seconds kStatusPatience{2};
constexpr std::chrono::milliseconds kReconcilePatience{8000};  // less than that of who asks the process
constexpr std::chrono::milliseconds kReconcileLooks{100};      // whether the session has ended meanwhile
constexpr std::chrono::milliseconds kEnginePatience{1000};     // then it is taken to hang
constexpr std::chrono::milliseconds kKillPatience{5000};       // too
constexpr std::chrono::milliseconds kVenuesPatience{1000};     // less than that of who asks the process
constexpr std::string_view kEngineHangs =
    "the engine does not respond: its strategy hangs, or the computer is too slow";
constexpr std::string_view kSocketsHang = "the thread of the sockets does not respond";

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

std::string_view name_of(Mode mode) {
  return mode == Mode::Paper ? "paper" : mode == Mode::Testnet ? "testnet" : "live";
}

std::vector<std::string> all_secrets(const Plan& plan) {
  std::vector<std::string> secrets;
  for (const VenueSetup& venue : plan.venues) secrets.insert(secrets.end(), venue.secrets.begin(), venue.secrets.end());
  return secrets;
}

}  // namespace

TradeSession::TradeSession(Plan plan, SessionFolder folder, const Clock& clock)
    : folder_{std::move(folder)},
      clock_{clock},
      plan_{std::move(plan)},
      log_{clock, all_secrets(plan_)},
      feed_{plan_.instruments},
      registered_(plan_.instruments.size()),
      held_(plan_.instruments.size()),
      dead_man_{plan_.dead_man},
      kill_switch_{plan_.instruments.size()} {}

TradeSession::~TradeSession() {
  stop();
  if (engine_thread_.joinable()) engine_thread_.join();
  if (io_thread_.joinable()) io_thread_.join();
}

Result<std::unique_ptr<TradeSession>> TradeSession::open(Plan plan, SessionFolder folder, const Clock& clock) {
  std::unique_ptr<TradeSession> session{new TradeSession{std::move(plan), std::move(folder), clock}};
  if (auto prepared = session->prepare(); !prepared) {
    session->folder_.give_back();
    return std::unexpected(prepared.error());
  }
  return session;
}

Result<void> TradeSession::prepare() {
  if (!plan_.copy_to.empty() && !plan_.goes_on)
    if (auto fits = JournalCopy::check_place(folder_.journal(), plan_.copy_to); !fits) return fits;
  if (plan_.universes.empty()) plan_.pinned = plan_.instruments.size();
  for (const Instrument& instrument : plan_.instruments) {
    const auto at = std::ranges::find(plan_.venues, instrument.venue(), &VenueSetup::name);
    STOM_ASSERT(at != plan_.venues.end());
    venue_of_.push_back(static_cast<std::size_t>(at - plan_.venues.begin()));
  }
  if (plan_.traded == 0) plan_.traded = plan_.instruments.size();
  plan_.risk.traded = plan_.traded;
  if (plan_.mode == Mode::Live)
    for (const VenueSetup& setup : plan_.venues) plan_.risk.for_money_at.push_back(setup.name);
  VenueLink* venue = nullptr;
  if (plan_.mode == Mode::Paper) {
    simulator_ = std::make_unique<sim::VenueSimulator>(plan_.instruments, std::vector<sim::RunModels>{plan_.models},
                                                       plan_.fill_rules, feed_.venue_side(), plan_.seed);
    venue = simulator_.get();
  } else {
    link_ = std::make_unique<LiveLink>();
    venue = link_.get();
  }
  auto desk = RiskDesk::make(plan_.instruments, plan_.risk, plan_.cash, *venue,
                             [this](const risk::Denial& denial) { say_denied(denial); });
  if (!desk) return std::unexpected(desk.error());
  desk_ = std::move(*desk);
  if (!plan_.goes_on)
    if (auto known = desk_->check_rates(); !known) return known;
  log_.know(folder_.path().string());
  log_.know(plan_.copy_to.string());
  for (const UniverseSource& source : plan_.universes) log_.know(source.text);
  if (auto opened = log_.open(folder_.log()); !opened) return opened;
  emergency_ = std::make_unique<EmergencyLog>(
      folder_.emergency_log(), plan_.transport ? EmergencyLog::Worker::Caller : EmergencyLog::Worker::Own);
  holding_ = std::make_unique<orders::HoldingLink>(
      plan_.instruments, plan_.offered, desk_->link(),
      orders::HoldingLink::Port{[this](ClientOrderId id, RejectReason reason) {
                                  log_.warn(fmt::format("order {} not sent: {}; docs/orders.md says what is kept here",
                                                        id, name_of(reason)));
                                },
                                [this](const std::string& line) { log_.warn(line); }});
  engine_ = std::make_unique<Engine>(plan_.instruments, feed_.local_side(), *holding_);
  auto gate = std::make_unique<StrategyGate>(std::move(plan_.strategy), plan_.tell_orders ? &order_news_ : nullptr);
  gate_ = gate.get();
  reconciler_ = std::make_unique<Reconciler>(
      Sides{.instruments = plan_.instruments,
            .traded = plan_.traded,
            .venues = venue_of_,
            .link = link_.get(),
            .log = log_,
            .offered = plan_.offered,
            .session = plan_.session,
            .accept_differences = plan_.accept_differences},
      Reconciler::Port{[this] {
                         venues_wanted_.store(true);
                         wake_io();
                       },
                       [this](UnixNanos now) {
                         act(now, std::string{kGoOnAct});
                         gate_->pause(desk_->holds_strategy());
                         holding_->go_on(now);
                       },
                       [this](UnixNanos now, ClientOrderId first) { begin_ids(now, first); },
                       [this] { closing_->difference_accepted(); }});
  gate_->note_fills(reconciler_->trail());
  closing_.emplace(std::span{plan_.instruments}.first(plan_.traded),
                   Closing::Port{[this](UnixNanos now, const NewOrder& order) {
                                   act(now, close_act(order.instrument));
                                   run_->submit(order);
                                 },
                                 [this](InstrumentIndex i) { return gate_->denied(i); },
                                 [this](ClientOrderId id) { return link_ && link_->is_unknown(id); },
                                 [this](const std::string& line) { log_.warn(line); },
                                 [this](InstrumentIndex i) { return simulator_ && engine_->market()[i].stale; }});
  RunOptions options{
      .configuration = plan_.configuration, .cash = plan_.cash, .instruments = plan_.traded, .keeps_history = false};
  if (plan_.several != nullptr) options.owned = &plan_.several->owned();
  UnixNanos begin = clock_.now();
  if (plan_.goes_on) {
    // Before a record is written behind what this disk has left: the copy may know more.
    if (auto copied = copy_journal(); !copied) return copied;
    auto before = fold_journal(options.journal);
    if (!before) return std::unexpected(before.error());
    begin = std::max(begin, before->recovery().last_time());
    reconciler_->restore(before->recovery(), before->risk().acts());
    if (simulator_) simulator_->resume(0, left_on_paper(before->recovery()), begin);
    if (before->has_accepted()) closing_->difference_accepted();
    options.restored = std::move(before->recovery().account());
    desk_->resume(before->risk(), *options.restored, reconciler_->earlier());
    if (auto known = desk_->check_rates(); !known) return known;
    for (InstrumentIndex i = 0; i < plan_.traded; ++i)
      if (before->risk().is_unjudged(i) && options.restored->holding(i).position.value == 0)
        desk_->breakers().closed_unjudged(i, options.restored->earned(i));
    kill_switch_.resume(*options.restored, reconciler_->earlier());
    dead_man_.resume(before->last_word());
    known_kills_.insert(before->risk().acts().begin(), before->risk().acts().end());
    options.unheard = nobodys_by(before->risk().acts());
    for (const ClientOrderId id : options.unheard) gate_->leave_out(id);
    options.kept = before->recovery().kept();
    options.stopped_executions = executions_stopped_by(before->risk().acts());
    holding_->resume(reconciler_->held(), begin);
  } else if (auto opened = options.journal.open(folder_.journal()); !opened) {
    return opened;
  }
  if (plan_.record) options.journal.by_turns();  // what leads to a record is taken down first
  dead_man_.begin(begin);
  const ClientOrderId lost_from = options.restored ? options.restored->next_id() : 0;
  const std::uint64_t first_record = options.journal.records();
  run_ = &engine_->add_run(std::move(gate), std::move(options));
  reconciler_->serve(*run_);
  breaker_watch_.emplace(
      *desk_, run_->state(), plan_.traded,
      BreakerWatch::Port{[this](UnixNanos now) -> const risk::Exposure& { return all_exposure(now); },
                         [this] { return gate_->rejected(); }, [this](InstrumentIndex i) { return is_missing(i); },
                         [this](const std::string& line) { log_.warn(line); }});
  exposure_ = std::make_unique<ExposureView>(
      plan_.instruments, plan_.risk.currency.empty() ? plan_.instruments.front().settlement() : plan_.risk.currency,
      std::move(plan_.risk.rates));
  desk_->read_from(*engine_, [this](InstrumentIndex i) { return feed_.heard_at(i); });
  if (const auto why = desk_->no_rate())
    log_.warn(fmt::format("{}: what all is exposed and worth is not known; {}", why->message, why->hint));
  if (auto started = engine_->start(begin, kEquityInterval); !started) return started;
  if (plan_.goes_on) {
    begin_ids(begin, orders::first_id_of_process(lost_from, begin));
    fold_emergency(begin);
    reconciler_->resume(plan_.venues, lost_from);
    gate_->pause(reconciler_->waits() || desk_->holds_strategy());
  }
  if (plan_.record) {
    auto input = store::InputRecorder::open(
        folder_.input(), input_start({.made_of = plan_.made_of, .begun = begin, .first_record = first_record}));
    if (!input) return std::unexpected(input.error());
    input_ = std::move(*input);
    if (!acts_.empty()) input_->turn(begin, begin);  // what was pulled while no engine could take it
    for (const std::string& text : acts_) input_->act(text);
    input_->end_turn();
  }
  acts_.clear();
  input_records_ = run_->journal().records();
  if (auto kept = run_->journal().flush(); !kept) return kept;
  if (!plan_.transport)
    if (auto aside = run_->journal().hash_aside(); !aside) return aside;
  if (plan_.durable)
    if (auto named = folder_.sync_names(); !named) return named;
  auto sync = FileSync::open(folder_.journal(), plan_.transport ? FileSync::Worker::Caller : FileSync::Worker::Own);
  if (!sync) return std::unexpected(sync.error());
  journal_sync_ = std::move(*sync);
  auto snapshots =
      SnapshotKeeper::open(folder_.journal(), {plan_.instruments, plan_.cash, plan_.offered}, plan_.earlier.snapshot,
                           {.every = plan_.snapshot_every, .disk = plan_.transport ? Disk::Later : Disk::Awaited},
                           [this](const std::string& line) { log_.warn(line); });
  if (!snapshots) return std::unexpected(snapshots.error());
  snapshots_ = std::move(*snapshots);
  if (plan_.segment_bytes > 0) {
    auto cutter = JournalCutter::open(folder_.journal(), run_->journal(), *journal_sync_, plan_.segment_bytes,
                                      [this](const std::string& line) { log_.say(line); });
    if (!cutter) return std::unexpected(cutter.error());
    cutter_ = std::move(*cutter);
  }
  plan_.earlier = {};
  if (auto copied = copy_journal(); !copied) return copied;
  for (VenueSetup& setup : plan_.venues) {
    reconciler_->add_venue(setup);
    auto transport = transport_to(setup.name);
    wires_.push_back(std::make_unique<VenueWire>(wire_ends(), std::move(setup), wires_.size()));
    const auto frames = plan_.record ? folder_.frames() : std::filesystem::path{};
    if (auto prepared = wires_.back()->prepare(std::move(transport), frames, plan_.seed + wires_.size()); !prepared)
      return prepared;
    const auto source = std::ranges::find(plan_.universes, wires_.back()->name(), &UniverseSource::venue);
    if (source != plan_.universes.end()) wires_.back()->set_universe(*source, plan_.pinned);
  }
  if (!plan_.rows.empty()) {
    auto rows = RowKeeper::open(folder_.rows(), plan_.instruments, plan_.rows);
    if (!rows) return std::unexpected(rows.error());
    rows_ = std::move(*rows);
  }
  if (!plan_.universes.empty()) {
    auto record =
        WatchRecord::open(folder_.watch(), plan_.goes_on, begin, [this](const std::string& line) { log_.warn(line); });
    if (!record) return std::unexpected(record.error());
    watch_record_.emplace(std::move(*record));
  }
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i)
    registered_[i].store(!wires_[venue_of_[i]]->watch_list(), std::memory_order_relaxed);
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i)
    if (auto* recorder = wires_[venue_of_[i]]->recorder()) recorder->name(i, plan_.instruments[i].symbol());
  return {};
}

std::unique_ptr<gateway::Transport> TradeSession::transport_to(const std::string& venue) {
  if (plan_.transport) return plan_.transport(venue);
  return std::make_unique<gateway::NetTransport>(
      io_, clock_, gateway::NetTransportOptions{.route = plan_.route, .http = {}, .socket = {}});
}

WireEnds TradeSession::wire_ends() {
  return {.instruments = plan_.instruments,
          .clock = clock_,
          .feed = feed_,
          .link = link_.get(),
          .reconciler = *reconciler_,
          .log = log_,
          .heard =
              [this](const OrderEvent& event) {
                kill_switch_.told(event);
                std::erase(closing_orders_, event.id);
              },
          .unsuited = [this](Error error) { refuse_account(std::move(error)); }};
}

/// Once.
Result<void> TradeSession::copy_journal() {
  if (plan_.copy_to.empty() || journal_copy_) return {};
  auto copy =
      JournalCopy::open(folder_.journal(), plan_.copy_to, clock_, [this](const std::string& line) { log_.warn(line); });
  if (!copy) return std::unexpected(copy.error());
  journal_copy_ = std::move(*copy);
  return {};
}

/// What the records of before lead to, from the snapshot on where there is one; the journal then goes on behind them.
Result<SessionFold> TradeSession::fold_journal(Journal& journal) {
  for (const std::string& line : plan_.earlier.not_used) log_.warn(line);
  if (!plan_.earlier.spoiled.empty())
    log_.say(fmt::format("{}: what they say is not known any more, and kept in {}.cut; limits, breakers and the kill "
                         "switch are as they were before them",
                         plan_.earlier.spoiled, folder_.journal().string()),
             Loudness::Error);
  SessionFold fold{plan_.instruments, plan_.cash, plan_.offered};
  std::optional<Snapshot>& snapshot = plan_.earlier.snapshot;
  if (snapshot && !fold.load(snapshot->state, std::move(snapshot->fills))) {
    log_.warn("the snapshot is not used: it is none of a session with these instruments");
    fold = {plan_.instruments, plan_.cash, plan_.offered};
    snapshot.reset();
  }
  if (snapshot) cut_journal_at(snapshot->position);
  auto reader = JournalReader::open(folder_.journal(), JournalReader::Sums::Kept);
  if (!reader) return std::unexpected(reader.error());
  if (snapshot) reader->go_to(snapshot->position);
  Result<void> folded;
  const auto cut = journal.go_on(std::move(*reader), [&](const JournalRecord& record) {
    if (folded) folded = fold.fold(record);
  });
  if (!cut) return std::unexpected(cut.error());
  if (!folded) return std::unexpected(folded.error());
  if (*cut > 0)
    log_.warn(fmt::format("the journal ended within a record: {} bytes behind the last whole one are in {}.cut", *cut,
                          folder_.journal().string()));
  if (snapshot) log_.say(fmt::format("what {} records led to is in a snapshot", snapshot->position.records));
  log_.say(fmt::format("goes on behind {} records: {} fills, {} orders that are not over", journal.records(),
                       fold.recovery().account().fill_count(), fold.recovery().account().orders().size()));
  return fold;
}

/// A snapshot has all before that place, and nobody of this process reads or writes the journal yet.
void TradeSession::cut_journal_at(const JournalPosition& place) {
  const auto file = JournalFile::open(folder_.journal());
  if (!file || plan_.segment_bytes == 0 || place.bytes <= file->begin().bytes ||
      place.bytes - file->begin().bytes <= plan_.segment_bytes)
    return;
  if (auto cut = cut_journal(folder_.journal(), place); cut)
    log_.say(fmt::format("the journal was cut behind its record {}", place.records));
  else
    log_.warn(fmt::format("the journal is not cut: {}; it goes on in one file", cut.error().message));
}

/// What was pulled while the engine could not take it is a record now, and in force.
void TradeSession::fold_emergency(UnixNanos now) {
  for (const std::string& text : emergency_acts(folder_.emergency_log())) {
    if (!known_kills_.insert(text).second) continue;
    act(now, text);
    if (asks_to_close(text)) closing_->ask();
    if (desk_->perform(text)) log_.warn(fmt::format("{}: the journal of before did not know of it", text));
  }
  kill_switch_.set(desk_->kill());
  cancel_again_ = now;
  for (const std::string& line : desk_->in_force(folder_.path().string())) log_.warn(line);
}

void TradeSession::start() {
  if (journal_copy_) journal_copy_->start();
  pack_segments();
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
  archive_.reset();
  if (cutter_) cutter_->finish();
  if (journal_copy_) journal_copy_->stop();
  if (snapshots_) snapshots_->finish();
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
    log_.warn(written.error().message + ": rows from now on are not kept");
  }
  if (const auto left_out = rows_->take_left_out(); left_out > 0)
    log_.warn(fmt::format("{} rows were left out: the queue to the file was full", left_out));
}

void TradeSession::keep_snapshot() {
  if (!snapshots_) return;
  snapshots_->look();
  if (cutter_ && cutter_->look(snapshots_->written())) pack_segments();
}

void TradeSession::pack_segments() {
  if (plan_.transport) return;
  if (archive_) return archive_->again();
  archive_ = std::make_unique<JournalArchive>(folder_.journal(), [this](const std::string& line) { log_.say(line); });
}

void TradeSession::write_input() {
  if (!input_) return;
  const auto written = input_->write();
  if (told_no_input_ || (written && input_->broken_at() == kNever)) return;
  told_no_input_ = true;  // trading goes on without it
  log_.warn(fmt::format("{}: stom verify can say nothing of what comes from now on",
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

/// Of instruments in which something is known to work: of hundreds that are watched the venue's budget is kept for
/// those.
void TradeSession::cancel_at_venues(UnixNanos now) {
  std::vector<bool> wanted(plan_.instruments.size());
  for (const auto& wire : wires_)
    for (const venues::WorkingOrder& order : wire->working_orders()) wanted[order.instrument] = true;
  std::vector<std::vector<InstrumentIndex>> of_venue(wires_.size());
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i)
    if (wanted[i] || kill_switch_.may_work(i)) of_venue[venue_of_[i]].push_back(i);
  for (std::size_t v = 0; v < wires_.size(); ++v)
    if (!of_venue[v].empty()) wires_[v]->gateway().cancel_all(of_venue[v], now);
}

/// Of what was sent and waits for its budget or for a connection: what the kill switch stops, what was to close all, or
/// everything.
void TradeSession::take_back_orders(UnixNanos now, TakeBack what, std::string_view why) {
  for (const auto& wire : wires_) {
    auto orders = wire->gateway().waiting_orders();
    if (what == TakeBack::Stopped) orders = kill_switch_.not_to_leave(orders);
    if (what == TakeBack::Closing)
      std::erase_if(orders, [this](const NewOrder& order) {
        return std::ranges::find(closing_orders_, order.id) == closing_orders_.end();
      });
    for (const NewOrder& order : orders) log_.warn(fmt::format("order {} did not leave: {}", order.id, why));
    wire->gateway().cancel_each(orders, now);
  }
}

/// First it stops what would leave, then it writes down what it does, then it cancels; an order that comes to light
/// later is canceled then. The engine hears of it last, and is waited for by nobody.
void TradeSession::look_at_kill_switch(UnixNanos now) {
  if (kill_question_.asked()) kill_question_.answer(pull_kill_switch(kill_wanted_.load(), now));
  // Its step is read first: a release takes away what had pulled it before it lets go (answer_desk), so that nothing of
  // before the release pulls anew.
  if (const KillStep at = kill_switch_.step(), due = dead_man_.due(now); due > at) {
    log_.warn(fmt::format("nobody has said for {} that he is there", format_duration(dead_man_.within())));
    (void)pull_kill_switch(due, now);
  }
  const bool asked_to_close = asked_to_close_.exchange(false);  // also what was given up, once more
  if (const KillStep at = kill_switch_.step(), wanted = signaled_.load();
      wanted > at || (asked_to_close && wanted == KillStep::Flatten))
    (void)pull_kill_switch(wanted, now);
  if (!link_ || kill_switch_.step() < KillStep::Cancel) return;
  if (kill_switch_.nothing_works()) {
    if (nothing_works_.load() == kNoTime) nothing_works_.store(now);
  } else if (kill_switch_.step() == KillStep::Cancel && now >= cancel_again_) {
    cancel_at_venues(now);
    cancel_again_ = now + kCancelAgain;
  }
}

TradeSession::Pull TradeSession::pull_kill_switch(KillStep wanted, UnixNanos now) {
  const KillStep step = std::max(wanted, kill_switch_.step());
  kill_switch_.set(step);
  if (link_) take_back_orders(now, TakeBack::Stopped, fmt::format("the kill switch is at {}", name_of(step)));
  Pull pull{.asked = now, .blocked = clock_.now(), .error = {}};
  const std::string text = kill_act(step, wanted, now);
  if (auto logged = emergency_->write(text))
    pull.logged = clock_.now();
  else
    log_.say(pull.error = logged.error().message, Loudness::Error);
  if (link_ && step >= KillStep::Cancel) {
    cancel_at_venues(clock_.now());
    pull.canceled = clock_.now();
    cancel_again_ = now + kCancelAgain;
  }
  tell_engine(text);
  log_.warn(fmt::format("kill switch: {}", name_of(step)));
  return pull;
}

/// What was done already, or needs no doing: a record of the journal.
void TradeSession::tell_engine(std::string act) {
  {
    const std::lock_guard lock{mutex_};
    kills_.push_back(std::move(act));
  }
  kills_told_.store(true);
  bell_.ring();
}

/// What the engine wants, and what the feed wants anew.
void TradeSession::carry_out(UnixNanos now) {
  look_at_kill_switch(now);
  if (link_) {
    LiveLink::Command command;
    while (link_->next(command)) {
      const NewOrder& order = command.order;
      gateway::Gateway& gateway = wires_[venue_of_[order.instrument]]->gateway();
      if (command.is_cancel) {
        gateway.cancel({order.id, order.instrument}, now);
      } else if (command.adopts.size > 0) {  // it works there already, whatever the kill switch says
        kill_switch_.sent(order);
        gateway.adopt(order, command.adopts.view(), now);
      } else if (kill_switch_.lets_pass(order)) {
        kill_switch_.sent(order);
        const bool flattens = flattens_.load(std::memory_order_relaxed);
        if (flattens && !is_of_bracket(order.id)) closing_orders_.push_back(order.id);
        gateway.submit(order, now, !flattens);
      } else {
        link_->report(refusal_of(order, OrderEventKind::Denied, RejectReason::RiskStopped, now));
        log_.warn(
            fmt::format("order {} did not leave: the kill switch is at {}", order.id, name_of(kill_switch_.step())));
      }
    }
    link_->offer();
    if (venues_wanted_.exchange(false))
      for (const auto& wire : wires_)
        if (wire->description().tells_everything) wire->ask_everything(now);
    // It was to leave however late, and now it would close what is the strategy's again.
    if (!closing_orders_.empty() && !flattens_.load(std::memory_order_relaxed)) {
      take_back_orders(now, TakeBack::Closing, "nothing is to be closed any more");
      closing_orders_.clear();
    }
    if (cancel_all_.exchange(false)) {
      take_back_orders(now, TakeBack::All, "trading has stopped");
      cancel_at_venues(now);
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
    // Before the source has spoken nobody knows who is not in its list: what is held is not told to have left it.
    const auto tell = [&](InstrumentIndex i) {
      if (const auto watched = watched_in(list->universe().state(i))) feed_.watched(i, *watched, now);
    };
    if (list->take_first_word())
      for (InstrumentIndex i = 0; i < held_.size(); ++i)
        if (list->universe().state(i) != WatchState::Out) tell(i);
    for (const auto& change : changes) {
      const InstrumentIndex i = change.candidate;
      watch_record_->write(now, plan_.instruments[i].id, change.state, change.reason);
      if (list->has_spoken()) tell(i);
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
    if (!changes.empty()) watch_record_->flush();
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

void TradeSession::turn() {
  io_turn(gateway::LoopMode::BusyPoll);
  engine_turn();
  if (state_.load() != State::Ended) return;
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
  io_turned_.store(now, std::memory_order_relaxed);
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
  for (auto* question : {&holds_question_, &rests_question_}) {
    if (!question->asked()) continue;
    std::vector<VenueHolds> all;
    for (const auto& wire : wires_) all.push_back(wire->holds());
    question->answer(std::move(all));
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
      watch_record_->write(clock_.now(), plan_.instruments[change.candidate].id, change.state, change.reason);
  }
}

// --- engine thread ---------------------------------------------------------------------------------------------------

void TradeSession::run_engine() {
  while (state_.load() != State::Ended)
    if (engine_turn() == 0 && state_.load() != State::Ended) bell_.wait(std::chrono::nanoseconds{kTurn});
  end_engine();
  io_done_.store(true);
  wake_io();
}

/// How much had come.
std::size_t TradeSession::engine_turn() {
  const UnixNanos now = std::max(clock_.now(), engine_->now());
  const std::size_t market = feed_.poll(now), answers = link_ ? link_->poll(now) : 0;
  if (link_)
    for (const LiveLink::Name& name : link_->names()) run_->journal().named(now, name.id, name.view());
  engine_->advance(now);
  if (unsuited_.exchange(false)) {
    const std::lock_guard lock{mutex_};
    fail_with(*why_unsuited_);
  }
  if (gate_->overflowed())
    fail_with({Errc::Overflow,
               fmt::format("more than {} answers about orders came while the strategy was paused: trading has stopped",
                           StrategyGate::kMostMissed),
               "nothing of them is lost: start the session again, and the strategy begins with all that was filled"});
  reconciler_->meet_venues(now);
  watch_breakers(now);
  take_kills(now);  // before what was asked behind it
  if (desk_question_.asked()) answer_desk(now);
  look_at_books();
  if (state_.load() != State::Stopping && (stop_wanted_.load() || error_)) {
    act(now, std::string{kStopAct});
    gate_->close();
    deadline_ = now + kPatience;
    state_.store(State::Stopping);
  }
  look_at_availability(now);
  if (state_.load() == State::Stopping) close_down(now);
  keep_input(now, market, answers);
  keep_journal(now);
  if (rows_) feed_.each_taken([&](const FeedMessage& message) { rows_->apply(message); });
  if (status_wanted_.load()) answer_status();
  if (engine_question_.asked())
    engine_question_.answer(
        {view_books(now), exposure(now), desk_->limits(now), slowest_json(feed_.slowest(), plan_.instruments, now)});
  if (account_question_.asked()) account_question_.answer(view_account());
  return market + answers;
}

void TradeSession::end_engine() {
  if (input_ && last_turn_ != kNoTime) input_->turn(last_turn_, last_turn_);  // the last one may have been left out
  if (input_) input_->end();
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
    if (auto kept = journal.hand_over(); !kept) stop_writing(kept.error());
    unsynced_ = true;
  }
  keep_on_disk(now);
  if (!link_) {
    if (auto sound = simulator_->status(); !sound) fail_with(sound.error());
    return;
  }
  if (plan_.durable && reconciler_->may_send() && link_->holds_some()) await_disk(now);
  // A journal that cannot be written knows of no more orders: none is sent. The I/O thread cancels without it.
  if (writable_ && reconciler_->may_send() && link_->release() > 0 && !plan_.busy_poll) wake_io();
  if (!writable_) link_->deny_held(now);
  if (link_->failed())
    fail_with({Errc::Overflow, "the queue between engine and exchange was full: trading has stopped",
               "the strategy orders faster than the exchange takes it, or this computer is too slow"});
}

/// What the session does with orders and strategy as its operator: a record before it is done.
void TradeSession::act(UnixNanos now, std::string text) {
  run_->journal().operator_command(now, text);
  acts_.push_back(std::move(text));
}

/// The clock says where, or a venue: a re-run has neither.
void TradeSession::begin_ids(UnixNanos now, ClientOrderId first) {
  act(now, ids_act(first));
  run_->begin_ids(first);
}

/// What changes the desk: with it the strategy may have to wait, or may go on.
void TradeSession::act_on_risk(UnixNanos now, const std::string& text) {
  const KillStep before = desk_->level();
  act(now, text);
  const bool known = desk_->perform(text);
  STOM_ASSERT(known);
  gate_->pause(reconciler_->waits() || desk_->holds_strategy());
  if (desk_->level() != before) closing_->try_anew();  // what was given up stays so at any other word
  log_.say(text, text.starts_with("trip ") ? Loudness::Warn : Loudness::Info);
}

void TradeSession::watch_breakers(UnixNanos now) {
  const State state = state_.load();
  if (state == State::Stopping || !breaker_watch_->look(state == State::Running, now)) return;
  for (const std::string& text : desk_->trips()) act_on_risk(now, text);
  if (auto count = desk_->count_act()) act(now, std::move(*count));
}

/// What the I/O thread has done already. On paper nothing works but in this thread, so it cancels here.
void TradeSession::take_kills(UnixNanos now) {
  if (kills_told_.exchange(false)) {
    std::deque<std::string> all;
    {
      const std::lock_guard lock{mutex_};
      all.swap(kills_);
    }
    for (const std::string& text : all) {
      act_on_risk(now, text);
      if (asks_to_close(text)) closing_->ask();
    }
    // A release may have come between what the I/O thread did and this: what is written down last counts.
    if (desk_->kill() > kill_switch_.step()) kill_switch_.set(desk_->kill());
    engine_took_.store(now);
  }
  flattens_.store(desk_->level() == KillStep::Flatten, std::memory_order_relaxed);
  if (desk_->level() < KillStep::Cancel || state_.load() == State::Stopping) return;
  cancel_held(now);
  if (!link_ || desk_->level() == KillStep::Flatten) cancel_orders(now);
  if (!link_ && run_->orders().empty() && nothing_works_.load() == kNoTime) nothing_works_.store(now);
  if (desk_->level() != KillStep::Flatten) return;
  const bool flat = closing_->turn(run_->state(), reconciler_->waits(), now);
  if (flat && flat_.load() == kNoTime) flat_.store(now);
}

void TradeSession::answer_desk(UnixNanos now) {
  std::string request;
  {
    const std::lock_guard lock{mutex_};
    request = std::exchange(desk_request_, {});
  }
  const auto wrong = [&](const Error& error) {
    desk_question_.answer(
        Json{{"error", error.message}, {"hint", error.hint}, {"usage", error.code == Errc::Usage}}.dump());
  };
  if (request.starts_with(kAdoptAct)) {
    const auto taken = take_over(request, now);
    return taken ? desk_question_.answer(taken->dump()) : wrong(taken.error());
  }
  if (request == kExecutionsRequest)
    return desk_question_.answer(executions_json({*gate_, plan_.several, *run_}).dump());
  if (request.starts_with(kStopExecutionRequest)) {
    const auto stopped = stop_execution(std::string_view{request}.substr(kStopExecutionRequest.size()), now);
    return stopped ? desk_question_.answer(stopped->dump()) : wrong(stopped.error());
  }
  constexpr std::string_view kSet = "set ", kTrip = "trip ", kRelease = "kill_switch=off";
  if (request == std::string{kSet}.append(kRelease)) {
    dead_man_.confirm(now);
    signaled_.store(KillStep::Off);
    kill_switch_.set(KillStep::Off);
    act_on_risk(now, kill_act(KillStep::Off, KillStep::Off, now));
  } else if (request.starts_with(kSet)) {
    const auto text = desk_->limit_act(std::string_view{request}.substr(kSet.size()));
    if (!text) return wrong(text.error());
    act_on_risk(now, *text);
  } else if (request.starts_with(kTrip)) {
    const auto text = desk_->trip_act(std::string_view{request}.substr(kTrip.size()), "by hand");
    if (!text) return wrong(text.error());
    act_on_risk(now, *text);
  } else if (request != "show") {
    return wrong({Errc::Usage, "the session does not know that command", "ask it with the version that trades"});
  }
  Json all = desk_->show(now);
  if (dead_man_.on()) all["limits"].push_back(dead_man_.row(now));
  desk_question_.answer(all.dump());
}

/// Where several strategies trade; of one nobody asks.
orders::Owner TradeSession::owner_named(std::string_view name) const {
  const auto owner = plan_.several != nullptr ? plan_.several->owner_named(name) : std::nullopt;
  return owner.value_or(orders::kNobodysOwn);
}

/// A line each. A record first, then an order like any other, but that it does not leave.
Result<Json> TradeSession::take_over(std::string_view acts, UnixNanos now) {
  if (state_.load() == State::Stopping)
    return fail(Errc::Io, "the session ends", "start it again with the same --session, and ask then");
  if (!reconciler_->may_send())
    return fail(Errc::Io, "the venues have not told everything yet", "ask again in a few seconds");
  Json taken = Json::array();
  while (!acts.empty()) {
    const std::size_t end = std::min(acts.find('\n'), acts.size());
    auto one = adopted_by(acts.substr(0, end));
    acts.remove_prefix(std::min(end + 1, acts.size()));
    if (!one || one->order.instrument >= plan_.traded)
      return fail(Errc::Usage, "the session does not know that command", "ask it with the version that trades");
    NewOrder& order = one->order;
    order.id = run_->next_id(owner_named(one->owner));
    one->time = run_->now();
    act(now, adopt_act(*one));
    const bool heard = one->owner != kNobodys;
    if (!heard) gate_->leave_out(order.id);
    run_->adopt(order, one->venue_order_id, heard);
    const Instrument& of = plan_.instruments[order.instrument];
    const std::string text = order_text(of, order.side, order.price, order.quantity) + before_text(*one, of);
    log_.say(fmt::format("order {} is adopted as order {} of {}: {}", one->venue_order_id, order.id, one->owner, text));
    const std::string average = average_before(*one, of);
    taken.push_back({{"order", order.id},
                     {"venue_order_id", one->venue_order_id},
                     {"text", text},
                     {"filled_before", quantity_text(of, one->before.quantity)},
                     {"average_price_before", average.empty() ? Json{} : Json(average)}});
  }
  venues_wanted_.store(true);
  wake_io();
  return Json{{"adopted", std::move(taken)}};
}

/// A record first; then nothing more of it is sent, and what works of it is canceled. What is filled stays.
Result<Json> TradeSession::stop_execution(std::string_view wanted, UnixNanos now) {
  if (state_.load() == State::Stopping)
    return fail(Errc::Io, "the session ends",
                "it sends nothing more; stom account show --session DIR has what is left");
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  const bool is_number = wrong == std::errc{} && end == wanted.data() + wanted.size();
  const ExecutionsOf all{*gate_, plan_.several, *run_};
  const auto one = is_number ? running_execution(all, number) : std::nullopt;
  if (!one)
    return fail(Errc::Usage, fmt::format("no execution {} is under way", wanted),
                "stom trade executions --session DIR has the numbers of those that are");
  if (!one->orders->execution()->is_stopping()) {
    act(now, stop_execution_act({.number = number, .what = one->what}));
    one->stop();
    log_.say(fmt::format("execution {} of {} is stopped: nothing more of it is sent, what is filled stays", number,
                         plan_.instruments[one->what.instrument].id));
  }
  return executions_json(all);
}

/// Before the records that it led to: no kill leaves a journal that knows more than the input. What denied an order
/// because a queue was full was no input: nothing is certain from there on.
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
  if (auto kept = journal_sync_->status(); !kept) stop_writing(kept.error());
  const UnixNanos since = journal_sync_->waiting_since();
  const bool slow = since != kNever && now - since > kSlowDisk;
  if (slow && !told_slow_disk_)
    log_.warn(fmt::format("the disk takes the journal slower than it is written: a power cut would cost more than {} s",
                          kSlowDisk / kSecond));
  told_slow_disk_ = slow;
}

/// The disk has the record first: a power cut forgets no order that left. The engine waits; the kill switch, which is
/// the I/O thread's, does not.
void TradeSession::await_disk(UnixNanos now) {
  if (!writable_) return;
  unsynced_ = false;
  durable_at_ = now;
  journal_sync_->ask(now);
  journal_sync_->wait();
  if (auto kept = journal_sync_->status(); !kept) stop_writing(kept.error());
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
  wake_io();
}

/// Whoever comes and goes with a universe is not waited for: its source must have spoken.
bool TradeSession::is_missing(InstrumentIndex index) const {
  return engine_->market()[index].stale && (index < plan_.pinned || is_registered(index));
}

void TradeSession::look_at_books() {
  if (state_.load() != State::Starting) return;
  if (!plan_.universes.empty() && !universes_spoke_.load()) return;
  if (reconciler_->waits() && !reconciler_->settled()) return;
  for (InstrumentIndex i = 0; i < plan_.pinned; ++i)
    if (is_missing(i)) return;
  state_.store(State::Running);
  log_.say("all books are synchronised");
}

void TradeSession::look_at_availability(UnixNanos now) {
  if (state_.load() == State::Stopping || !availability_.due(now)) return;
  if (auto said = availability_.look(now, in_the_way(now)); !said.empty()) act(now, std::move(said));
}

/// Of trading; empty: nothing.
std::string TradeSession::in_the_way(UnixNanos now) {
  if (state_.load() != State::Running) return "not all books are there";
  if (reconciler_->waits() || (link_ && !reconciler_->may_send())) return "not all of before is known";
  if (desk_->level() != KillStep::Off) return "entries are stopped";
  heard_.assign(wires_.size(), kNoTime);
  for (InstrumentIndex i = 0; i < plan_.instruments.size(); ++i) {
    if (!is_registered(i)) continue;
    if (engine_->market()[i].stale) return fmt::format("{} is stale", plan_.instruments[i].id);
    heard_[venue_of_[i]] = std::max(heard_[venue_of_[i]], feed_.heard_at(i));
  }
  for (std::size_t v = 0; v < wires_.size(); ++v) {
    if (!wires_[v]->connected()) return fmt::format("{} is not connected", wires_[v]->name());
    if (heard_[v] != kNoTime && now - heard_[v] > AvailabilityWatch::kHeardWithin)
      return fmt::format("{} is silent", wires_[v]->name());
  }
  return {};
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
  log_.say(error.message, Loudness::Error);
  error_ = std::move(error);
  if (link_ && !plan_.keep_orders) ask_to_cancel_all();
}

void TradeSession::ask_to_cancel_all() {
  cancel_all_.store(true);
  wake_io();
  cancel_all_again_ = clock_.now() + kCancelAgain;
}

/// A journal that cannot be written any more knows of no more orders (keep_journal).
void TradeSession::stop_writing(const Error& error) {
  writable_ = false;
  fail_with(error);
}

void TradeSession::cancel_each(const std::vector<ClientOrderId>& ids, UnixNanos now) {
  for (const ClientOrderId id : ids) {
    act(now, cancel_act(id));
    run_->cancel(id);
  }
}

/// Those that the venue has answered; later also those that it has not.
void TradeSession::cancel_orders(UnixNanos now) {
  std::vector<ClientOrderId> ids;
  std::erase_if(canceled_at_, [this](const auto& one) { return run_->order(one.first) == nullptr; });
  const bool late = now >= deadline_ - kPatience + kCancelUnanswered;
  for (const WorkingOrder& order : run_->orders()) {
    if (order.cancel_pending || (!late && !order.cancelable())) continue;
    if (state_.load() != State::Stopping && order.type == OrderType::Market) continue;  // it closes what is held
    const auto [at, first] = canceled_at_.try_emplace(order.id, now);
    if (!first && now - at->second < kCancelAgain) continue;
    at->second = now;
    ids.push_back(order.id);
  }
  cancel_each(ids, now);
}

/// What waits here the I/O thread knows nothing of.
void TradeSession::cancel_held(UnixNanos now) {
  std::vector<ClientOrderId> ids;
  for (const auto& held : holding_->held().all())
    if (const WorkingOrder* order = run_->order(held.order.id); held.kept && order && !order->cancel_pending)
      ids.push_back(order->id);
  cancel_each(ids, now);
}

void TradeSession::say_denied(const risk::Denial& denial) {
  if (++denials_ > kDenialsTold) return;
  log_.warn(denial.text());
  if (denials_ == kDenialsTold) log_.warn("what is denied from now on is in the journal alone: too much was");
}

void TradeSession::close_down(UnixNanos now) {
  if (link_ && !reconciler_->may_send()) link_->deny_held(now);
  if (plan_.keep_orders || run_->orders().empty()) return state_.store(State::Ended);
  cancel_orders(now);
  // Without a journal none of those leaves. What was on its way as all was canceled may have come to rest behind that.
  if (link_ && !writable_ && now >= cancel_all_again_) ask_to_cancel_all();
  if (now < deadline_) return;
  std::string left;
  for (const WorkingOrder& order : run_->orders())
    left += fmt::format("{}{} of {}{}", left.empty() ? "" : ", ", order.id, plan_.instruments[order.instrument].id,
                        link_ && link_->is_unknown(order.id) ? " (unknown)" : "");
  log_.say("not known to be canceled: order " + left, Loudness::Error);
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
  Json all{{"state", name_of(state_.load())},
           {"mode", name_of(plan_.mode)},
           {"venues", std::move(venues)},
           {"waits", reconciler_->waits()},
           {"io_ms", nullptr},
           {"orders", {{"working", run_->orders().size() - unknown}, {"unknown", unknown}}},
           {"fills", run_->state().fill_count()},
           {"position", std::move(position)},
           {"risk", exposure(engine_->now())},
           {"journal_hash", run_->journal().hash()}};
  if (const UnixNanos turned = io_turned_.load(std::memory_order_relaxed); turned != kNoTime)
    all["io_ms"] = std::max<DurationNanos>(clock_.now() - turned, 0) / kMillisecond;
  if (journal_copy_) all["copy"] = journal_copy_->state();
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

const risk::Exposure& TradeSession::all_exposure(UnixNanos now) {
  return all_exposure_ = exposure_->exposure(
             engine_->market(), [this](InstrumentIndex i) { return held_of(i); },
             [this](InstrumentIndex i) { return feed_.heard_at(i); }, now);
}

Json TradeSession::exposure(UnixNanos now) {
  return exposure_->at(
      engine_->market(), [this](InstrumentIndex i) { return held_of(i); },
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
  Json json{{"state", name_of(State::Ended)},
            {"mode", name_of(plan_.mode)},
            {"kill_switch", name_of(kill_switch_.step())},
            {"dead_man", dead_man_.on() ? dead_man_.next(clock_.now()) : Json{}},
            {"slowest", nullptr},
            {"risk", nullptr},
            {"limits", Json::array()},
            {"venues", Json::array()}};
  if (state_.load() == State::Ended) return json.dump();
  auto engine = engine_question_.ask();
  auto wires = wires_question_.ask();
  bell_.ring();
  wake_io();
  const auto until = std::chrono::steady_clock::now() + kVenuesPatience;
  const auto told = [&](const auto& answer) { return answer.wait_until(until) == std::future_status::ready; };
  json["state"] = "not responding";
  if (!told(engine) || !told(wires)) return json.dump();
  const auto wire_views = wires.get();
  auto [book_views, risk, limits, slowest] = engine.get();
  for (std::size_t v = 0; v < wires_.size(); ++v)
    json["venues"].push_back(
        venue_json(wires_[v]->description(), wire_views[v], wires_[v]->universe(), book_views[v], plan_.instruments));
  json["state"] = name_of(state_.load());
  json["slowest"] = std::move(slowest);
  json["risk"] = std::move(risk);
  json["limits"] = std::move(limits);
  return json.dump();
}

/// By currency. Where the account is checked, it is what that has; else what the run believes, with what its contracts
/// took or gave as they were entered.
std::vector<AccountView::Cash> TradeSession::cash_on_paper() const {
  const auto* office = simulator_->office();
  const TradingAccount* account = office != nullptr ? office->account(0) : nullptr;
  std::vector<AccountView::Cash> all;
  for (InstrumentIndex i = 0; i < plan_.traded; ++i) {
    const Instrument& of = plan_.instruments[i];
    auto at = std::ranges::find(all, of.settlement(), &AccountView::Cash::currency);
    const bool first = at == all.end();
    if (first) at = all.insert(at, AccountView::Cash{of.settlement(), {}, {}});
    if (account != nullptr) {
      if (first) *at = {of.settlement(), account->balance(i), account->available(i)};
      continue;
    }
    const auto& holding = run_->state().holding(i);
    Money cash = holding.cash;
    if (const auto entry = holding.entry_price(); entry && of.kind != ContractKind::Spot)
      cash += worth_of(of, holding.position, 2 * entry->value);
    at->total += cash;
    at->free += cash;
  }
  return all;
}

AccountView TradeSession::view_account() const {
  AccountView view;
  view.fills = run_->state().fill_count();
  if (simulator_) view.cash = cash_on_paper();
  const auto add = [&](InstrumentIndex i, const orders::AccountState::Holding& holding, orders::Owner owner) {
    const auto entry = holding.entry_price();
    if (!entry) return;
    const InstrumentMarket& market = engine_->market()[i];
    const std::int64_t twice_mark = market.stale ? 0 : market.twice_mid();  // a stale book says no price of now
    view.positions.push_back(
        {i, holding.position, *entry, twice_mark, unrealised(plan_.instruments[i], holding, twice_mark), owner});
  };
  for (InstrumentIndex i = 0; i < plan_.traded; ++i)
    if (plan_.several == nullptr)
      add(i, run_->state().holding(i), orders::kSessionsOwn);
    else
      for (orders::Owner owner = 0; owner < orders::kOwners; ++owner)
        add(i, plan_.several->owned().holding(owner, i), owner);
  view.orders.assign(run_->orders().begin(), run_->orders().end());
  for (const WorkingOrder& order : view.orders)
    if (link_ && link_->is_unknown(order.id))
      view.unknown.push_back(order.id);
    else if (holding_->held().keeps(order.id))
      view.held.push_back(order.id);
  for (const WorkingOrder& order : view.orders)
    if (gate_->leaves_out(order.id)) view.nobodys.push_back(order.id);
  return view;
}

std::string TradeSession::whose(ClientOrderId id) const {
  return plan_.several != nullptr ? owner_text(*plan_.several, orders::owner_of(id)) : std::string{};
}

std::string TradeSession::account() {
  if (state_.load() == State::Ended) return no_account().dump();
  auto engine = account_question_.ask();
  auto wires = holds_question_.ask();
  bell_.ring();
  wake_io();
  const auto until = std::chrono::steady_clock::now() + kVenuesPatience;
  const auto told = [&](const auto& answer) { return answer.wait_until(until) == std::future_status::ready; };
  if (const bool engine_told = told(engine); !engine_told || !told(wires))
    return Json{{"error", engine_told ? kSocketsHang : kEngineHangs}, {"hint", hint_of_hang()}, {kTryAgain, true}}
        .dump();
  AccountOwner owner{.instruments = plan_.instruments,
                     .venue_of = venue_of_,
                     .venues = {},
                     .mode = std::string{name_of(plan_.mode)},
                     .strategy = plan_.strategy_name,
                     .several = plan_.several,
                     .client_id_of = [this](ClientOrderId id) { return reconciler_->client_id_of(id); }};
  for (const auto& wire : wires_) owner.venues.push_back(wire->name());
  return account_json(owner, engine.get(), wires.get()).dump();
}

std::string TradeSession::reconcile() {
  if (!link_) return Json{{"differences", Json::array()}}.dump();
  auto answer = reconciler_->question().ask();
  bell_.ring();
  const auto until = std::chrono::steady_clock::now() + kReconcilePatience;
  while (answer.wait_for(kReconcileLooks) != std::future_status::ready) {
    if (state_.load() == State::Ended) return Json{{"error", "the session has ended"}, {"hint", ""}}.dump();
    if (std::chrono::steady_clock::now() >= until)
      return Json{{"error", "the venues have not told everything yet"}, {kTryAgain, true}}.dump();
  }
  return answer.get();
}

// --- commands from outside -------------------------------------------------------------------------------------------

std::string TradeSession::command(std::string_view request) {
  constexpr std::string_view kKill = "kill ", kRisk = "risk ", kAdopt = "adopt ";
  if (state_.load() == State::Ended) return Json{{"error", "the session has ended"}, {"hint", ""}}.dump();
  if (request == "alive") return say_alive();
  if (request == kExecutionsRequest || request.starts_with(kStopExecutionRequest))
    return ask_desk(std::string{request});
  if (request.starts_with(kAdopt)) return adopt(request.substr(kAdopt.size()));
  if (request.starts_with(kRisk)) return ask_desk(std::string{request.substr(kRisk.size())});
  const auto step = request.starts_with(kKill) ? kill_step_of(request.substr(kKill.size())) : std::nullopt;
  if (!step || *step == KillStep::Off)
    return Json{{"error", "the session does not know that command"}, {"hint", "ask it with the version that trades"}}
        .dump();
  return kill(*step);
}

std::string TradeSession::hint_of_hang() const {
  return fmt::format("stom trade kill --step cancel --session {} works without the engine", folder_.path().string());
}

std::string TradeSession::ask_desk(std::string request) {
  const std::lock_guard turn{desk_turn_};
  {
    const std::lock_guard lock{mutex_};
    desk_request_ = std::move(request);
  }
  auto answer = desk_question_.ask();
  bell_.ring();
  if (answer.wait_for(kStatusPatience) == std::future_status::ready) return answer.get();
  {
    const std::lock_guard lock{mutex_};
    // It is not done later, behind the back of who was told that nobody answered. Empty: it has just begun.
    if (!std::exchange(desk_request_, {}).empty())
      return Json{{"error", kEngineHangs}, {"hint", "nothing was changed; " + hint_of_hang()}, {kTryAgain, true}}
          .dump();
  }
  if (answer.wait_for(kStatusPatience) == std::future_status::ready) return answer.get();
  return Json{{"error", "the engine is slow: whether it was done is not known yet"},
              {"hint", fmt::format("ask stom risk show --session {}", folder_.path().string())}}
      .dump();
}

/// What rests is asked of the thread of the sockets, and then given to the engine.
std::string TradeSession::adopt(std::string_view request) {
  const auto refuse = [](const Error& error) {
    return Json{{"error", error.message}, {"hint", error.hint}, {"usage", error.code == Errc::Usage}}.dump();
  };
  const auto wish = read_adoption_request(request);
  if (!wish) return refuse(wish.error());
  if (!link_) return refuse({Errc::Usage, "on paper nobody else has orders", "there is nothing to adopt"});
  const bool is_strategy = plan_.several != nullptr ? plan_.several->owner_named(wish->owner).has_value()
                                                    : wish->owner == plan_.strategy_name;
  if (wish->owner != kNobodys && !is_strategy)
    return refuse(plan_.several != nullptr
                      ? Error{Errc::Usage, fmt::format("no strategy of the session is named {}", wish->owner),
                              fmt::format("the session has {}; or --strategy {}", plan_.strategy_name, kNobodys)}
                      : Error{Errc::Usage,
                              fmt::format("the session's strategy is {}, and not {}", plan_.strategy_name, wish->owner),
                              fmt::format("--strategy {}, or --strategy {}", plan_.strategy_name, kNobodys)});
  auto rests = rests_question_.ask();
  wake_io();
  if (rests.wait_for(kVenuesPatience) != std::future_status::ready)
    return Json{{"error", kSocketsHang}, {"hint", "nothing was adopted; ask again"}, {kTryAgain, true}}.dump();
  const auto found = orders_to_adopt(*wish, rests.get(), plan_.instruments, plan_.traded);
  if (!found) return refuse(found.error());
  if (wish->only_shown) return shown(*found, plan_.instruments).dump();
  std::string acts;
  for (const Adoption& one : found->orders) acts += adopt_act(one) + '\n';
  if (acts.empty()) return Json{{"adopted", Json::array()}}.dump();
  return ask_desk(std::move(acts));
}

std::string TradeSession::say_alive() {
  if (!dead_man_.on())
    return Json{
        {"error", "the session has no dead-man timer"},
        {"hint", fmt::format("it has one from its next start on: stom trade start … --session {} --dead-man 10m",
                             folder_.path().string())}}
        .dump();
  const UnixNanos now = clock_.now();
  dead_man_.confirm(now);
  tell_engine(fmt::format("{}said at {}", kAliveAct, now));
  return Json{{"alive", now}, {"until", now + dead_man_.within()}, {"step", name_of(kill_switch_.step())}}.dump();
}

void TradeSession::kill_by_signal(KillStep step) {
  signaled_.store(std::max(step, signaled_.load()));
  if (step == KillStep::Flatten) asked_to_close_.store(true);
  wake_io();
}

/// Until all of it is done, for as long as somebody can be expected to wait.
std::string TradeSession::kill(KillStep step) {
  const std::lock_guard turn{kill_turn_};
  kill_wanted_.store(step);
  for (auto* time : {&engine_took_, &nothing_works_, &flat_}) time->store(kNoTime);
  auto pulled = kill_question_.ask();
  wake_io();
  const auto asked = std::chrono::steady_clock::now(), until = asked + kKillPatience;
  if (pulled.wait_until(until) != std::future_status::ready)
    return Json{{"error", "nothing was stopped: the thread of the sockets does not respond"},
                {"hint", "end the process, and cancel at the exchange's own page"}}
        .dump();
  const Pull pull = pulled.get();
  const auto done = [&] {
    const bool hangs = step < KillStep::Flatten && std::chrono::steady_clock::now() - asked > kEnginePatience;
    return (hangs || engine_took_.load() != kNoTime) && (step < KillStep::Cancel || nothing_works_.load() != kNoTime) &&
           (step < KillStep::Flatten || flat_.load() != kNoTime);
  };
  while (!done() && state_.load() != State::Ended && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  const auto time = [](UnixNanos at) { return at == kNoTime ? Json{} : Json(at); };
  Json json{{"step", name_of(kill_switch_.step())},  {"asked", time(pull.asked)},
            {"entries_stopped", time(pull.blocked)}, {"logged", time(pull.logged)},
            {"cancels_sent", time(pull.canceled)},   {"nothing_works", time(nothing_works_.load())},
            {"engine", time(engine_took_.load())},   {"flat", time(flat_.load())}};
  if (!pull.error.empty()) json["not_logged"] = pull.error;
  return json.dump();
}

std::string TradeSession::missing_books() {
  (void)status();
  const std::lock_guard lock{mutex_};
  return missing_;
}

}  // namespace stom::trade
