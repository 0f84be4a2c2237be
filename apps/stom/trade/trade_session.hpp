// A trading session: the one engine with live venues. On paper the venue's simulator answers its orders, on a test
// network the venues themselves do; market data, strategy and journal are the same.
//
// Threads, each with what it alone writes:
//   I/O     sockets, gateways and venues of all exchanges, recorders
//   engine  market, run, journal, simulator
//   caller  asks how it goes (status()), writes the log, says when to end
// Between I/O and engine stand LiveFeed and LiveLink, whose headers say what "full" means. With busy-poll one thread is
// both, turn by turn.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/clock.hpp"
#include "core/file_sync.hpp"
#include "engine/engine.hpp"
#include "engine/several.hpp"
#include "gateway/gateway.hpp"
#include "gateway/net_transport.hpp"
#include "live/doorbell.hpp"
#include "live/live_feed.hpp"
#include "live/live_link.hpp"
#include "net/io.hpp"
#include "orders/holding_link.hpp"
#include "sim/venue_simulator.hpp"
#include "store/input_stream.hpp"
#include "trade/account_view.hpp"
#include "trade/availability.hpp"
#include "trade/breaker_watch.hpp"
#include "trade/closing.hpp"
#include "trade/dead_man.hpp"
#include "trade/earlier_session.hpp"
#include "trade/exposure_view.hpp"
#include "trade/journal_archive.hpp"
#include "trade/journal_copy.hpp"
#include "trade/journal_cutter.hpp"
#include "trade/kill_switch.hpp"
#include "trade/order_news.hpp"
#include "trade/reconciler.hpp"
#include "trade/risk_desk.hpp"
#include "trade/row_keeper.hpp"
#include "trade/session_folder.hpp"
#include "trade/session_log.hpp"
#include "trade/snapshot_keeper.hpp"
#include "trade/strategy_gate.hpp"
#include "trade/venue_setup.hpp"
#include "trade/venue_view.hpp"
#include "trade/venue_wire.hpp"
#include "trade/watch_list.hpp"
#include "trade/watch_record.hpp"

namespace stom::trade {

enum class Mode : std::uint8_t { Paper, Testnet, Live };

/// Some ten million records; a start checks so much within a tenth of a second.
inline constexpr std::uint64_t kSegmentBytes = std::uint64_t{256} << 20;

struct Plan {
  Mode mode = Mode::Paper;
  std::vector<Instrument> instruments;
  std::size_t traded = 0;  // so many of them, the first ones, the strategy knows of; those behind them say rates only
  std::vector<VenueSetup> venues;
  std::vector<UniverseSource> universes;  // of a venue each: its instruments are watched as that says
  std::size_t pinned = 0;                 // so many of the instruments are watched from the start to the end
  net::Route route;
  std::unique_ptr<Strategy> strategy;
  Several* several = nullptr;  // that strategy, where it is several; null: it is one
  std::string strategy_name;
  std::string configuration;        // first record of the journal
  std::string made_of;              // JSON, of which stom verify makes the same engine
  std::string session;              // part of each client order id (venues::VenueConfig)
  bool goes_on = false;             // behind the records of the folder's journal
  EarlierSession earlier;           // of that journal, where it goes on
  bool accept_differences = false;  // what a venue holds counts, where it differs at the start
  StartCash cash;
  RiskPlan risk;
  DurationNanos dead_man = 0;          // nobody says for so long that he is there: dead_man.hpp; 0: nobody need
  std::vector<OrdersOffered> offered;  // by instrument: what is not, the session does itself; empty: all is
  // Paper
  sim::FillRules fill_rules = sim::FillRules::Stom;
  sim::RunModels models;
  std::uint64_t seed = 1;

  std::vector<RowSpec> rows;  // kept of every instrument
  bool keep_orders = false;
  std::filesystem::path copy_to;                          // of the journal, another folder; empty: nowhere
  std::uint64_t snapshot_every = SnapshotKeeper::kEvery;  // records; at the end, too
  std::uint64_t segment_bytes = kSegmentBytes;            // behind a snapshot, a longer journal is cut; 0: never
  bool record = true;
  bool tell_orders = false;  // somebody reads order_news()
  bool busy_poll = false;    // one thread does I/O and engine, and never sleeps
  bool durable = false;      // commands leave once the disk has their records
  /// Another way to a venue than sockets of this computer; nobody then waits for the disk either (begin()).
  std::function<std::unique_ptr<gateway::Transport>(const std::string& venue)> transport;
};

enum class State : std::uint8_t { Starting, Running, Stopping, Ended };

/// What the engine thread tells of all venues, when somebody asks.
struct EngineView {
  std::vector<BooksView> books;  // by venue
  nlohmann::ordered_json exposure, limits, slowest;
};

class TradeSession {
 public:
  /// Errors: what the strategy or the disk refuses. `clock` must outlive it.
  static Result<std::unique_ptr<TradeSession>> open(Plan plan, SessionFolder folder, const Clock& clock);
  ~TradeSession();

  void start();
  /// Instead of start(), for who owns the time and the wire too: without a thread, turn by turn until it has ended.
  void begin() { begin_io(); }
  void turn();
  /// When the journal was last brought to the disk: what was written before then outlives a power cut.
  UnixNanos durable_at() const { return durable_at_; }
  /// Cancels what works at the venues, waits for their answers for a bounded time, ends. At once with keep_orders.
  void stop() { stop_wanted_.store(true); }
  State state() const { return state_.load(); }
  /// Once it has ended: what went wrong, and what is left.
  Result<void> finish();
  /// Once it has ended: how many fills it remembers. None, however long it traded.
  std::size_t fills_in_memory() const { return run_->state().fills().size(); }

  const std::filesystem::path& folder() const { return folder_.path(); }
  bool is_paper() const { return plan_.mode == Mode::Paper; }
  /// One JSON object (docs/trade.md).
  std::string status();
  /// Another, of its venues at length (venue_view.hpp). The same thread as status().
  std::string venues();
  /// Another: positions, balances, orders (docs/recovery.md).
  std::string account();
  /// Another: what differs between it and its venues, which are asked anew and may take their time. One thread, and
  /// another one than status()'s.
  std::string reconcile();
  /// Does what a line from outside asks of it, "kill cancel" or "risk set position=2", for a bounded time; one JSON
  /// object (docs/risk.md, docs/execution.md). Any thread but that of status(), and several at once: the kill switch
  /// waits for no other.
  std::string command(std::string_view request);
  /// As far, and nobody waits for it. Any thread.
  void kill_by_signal(KillStep step);
  /// How far it is. Any thread.
  KillStep kill_step() const { return kill_switch_.step(); }
  /// Somebody is there: to the dead-man timer. One JSON object. Any thread.
  std::string say_alive();
  /// The instruments whose book is not there yet, or not any more.
  std::string missing_books();
  SessionLog& log() { return log_; }
  /// Where the plan says that somebody reads it.
  OrderNews& order_news() { return order_news_; }
  const Instrument& instrument(InstrumentIndex index) const { return plan_.instruments[index]; }
  /// Where several strategies trade, the name of whose order that is; empty: one does.
  std::string whose(ClientOrderId id) const;
  /// Writes the rows that have come; by the thread that writes the log.
  void keep_rows();
  /// And what the engine took in.
  void write_input();
  /// And a snapshot of the journal, where it is time for one; where that is long, it is cut behind it.
  void keep_snapshot();

 private:
  TradeSession(Plan plan, SessionFolder folder, const Clock& clock);
  Result<void> prepare();
  std::unique_ptr<gateway::Transport> transport_to(const std::string& venue);
  WireEnds wire_ends();
  Result<SessionFold> fold_journal(Journal& journal);
  Result<void> copy_journal();
  void cut_journal_at(const JournalPosition& place);
  void pack_segments();
  std::size_t venue_of(InstrumentIndex index) const;

  void run_both();

  // I/O thread
  void run_io();
  void begin_io();
  bool io_turn(gateway::LoopMode mode);
  void end_io();
  void carry_out(UnixNanos now);
  void look_at_kill_switch(UnixNanos now);
  void cancel_at_venues(UnixNanos now);
  enum class TakeBack : std::uint8_t { All, Stopped, Closing };
  void take_back_orders(UnixNanos now, TakeBack what, std::string_view why);
  void look_after_universes(UnixNanos now);
  void watch(InstrumentIndex index, UnixNanos now);
  /// Any thread: the I/O thread looks at what it was told.
  void wake_io() {
    io_.post([] {});
  }

  // Engine thread
  void run_engine();
  std::size_t engine_turn();
  void end_engine();
  void keep_journal(UnixNanos now);
  void act(UnixNanos now, std::string text);
  void begin_ids(UnixNanos now, ClientOrderId first);
  void act_on_risk(UnixNanos now, const std::string& text);
  void take_kills(UnixNanos now);
  void watch_breakers(UnixNanos now);
  void answer_desk(UnixNanos now);
  void keep_input(UnixNanos now, std::size_t market, std::size_t answers);
  void keep_on_disk(UnixNanos now);
  void await_disk(UnixNanos now);
  void mark_held();
  bool is_registered(InstrumentIndex index) const { return registered_[index].load(std::memory_order_relaxed); }
  bool is_missing(InstrumentIndex index) const;
  void look_at_books();
  void look_at_availability(UnixNanos now);
  std::string in_the_way(UnixNanos now);
  void cancel_orders(UnixNanos now);
  void cancel_held(UnixNanos now);
  void cancel_each(const std::vector<ClientOrderId>& ids, UnixNanos now);
  void say_denied(const risk::Denial& denial);
  void close_down(UnixNanos now);
  void fail_with(Error error);
  void stop_writing(const Error& error);
  void ask_to_cancel_all();
  void refuse_account(Error error);  // I/O thread
  std::string kill(KillStep step);
  std::string ask_desk(std::string request);
  std::string hint_of_hang() const;
  std::string adopt(std::string_view request);
  orders::Owner owner_named(std::string_view name) const;
  Result<nlohmann::ordered_json> take_over(std::string_view acts, UnixNanos now);
  Result<nlohmann::ordered_json> stop_execution(std::string_view number, UnixNanos now);
  void fold_emergency(UnixNanos now);
  AccountView view_account() const;
  std::vector<AccountView::Cash> cash_on_paper() const;
  void answer_status();
  std::vector<BooksView> view_books(UnixNanos now) const;
  const risk::Exposure& all_exposure(UnixNanos now);  // good until it is asked for again
  nlohmann::ordered_json exposure(UnixNanos now);
  ExposureView::Held held_of(InstrumentIndex index) const {
    return {run_->position(index), run_->earned(index), plan_.cash.of(index)};
  }

  SessionFolder folder_;
  const Clock& clock_;
  Plan plan_;
  SessionLog log_;
  std::vector<std::size_t> venue_of_;  // by instrument

  OrderNews order_news_;
  LiveFeed feed_;
  std::unique_ptr<LiveLink> link_;                  // on a test network
  std::unique_ptr<sim::VenueSimulator> simulator_;  // on paper
  std::unique_ptr<RiskDesk> desk_;                  // in front of either
  std::unique_ptr<orders::HoldingLink> holding_;    // in front of it
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<RowKeeper> rows_;              // null: none are kept
  std::unique_ptr<store::InputRecorder> input_;  // null: it is not recorded
  Run* run_ = nullptr;
  StrategyGate* gate_ = nullptr;  // the run's strategy
  std::unique_ptr<ExposureView> exposure_;
  risk::Exposure all_exposure_;  // reused

  net::Io io_;
  std::vector<gateway::Gateway*> gateways_;
  std::vector<std::unique_ptr<VenueWire>> wires_;  // by venue
  std::vector<InstrumentIndex> stale_;             // reused
  std::vector<UnixNanos> heard_;                   // of availability, by venue; reused
  std::optional<WatchRecord> watch_record_;        // I/O thread; none: there is no universe

  // Between threads
  Doorbell bell_;  // the engine's
  std::atomic<State> state_{State::Starting};
  std::atomic<bool> stop_wanted_{false};
  std::atomic<bool> cancel_all_{false};  // by the I/O thread alone: the engine cannot
  std::atomic<bool> flattens_{false};    // the engine's word: what it sends closes, and leaves however late
  std::atomic<bool> io_done_{false};
  std::atomic<UnixNanos> io_turned_{kNoTime};  // when the I/O thread came round last
  std::atomic<bool> unsuited_{false};          // a venue's account cannot be traded as it is set: why_unsuited_
  std::vector<std::atomic<bool>> registered_;  // by instrument: its data come. The I/O thread's word
  std::vector<std::atomic<bool>> held_;        // by instrument: a position or an order. The engine's word
  std::atomic<bool> held_changed_{false};
  std::atomic<bool> universes_spoke_{false};
  std::atomic<bool> venues_wanted_{false};  // they are to be asked for everything
  std::mutex mutex_;                        // of the four below, and of what says so
  std::optional<Error> why_unsuited_;
  std::condition_variable answered_;
  std::uint64_t asked_ = 0, told_ = 0;
  std::string status_, missing_;
  std::atomic<bool> status_wanted_{false};
  bool rows_written_ = true;                          // of the program's thread
  bool told_no_input_ = false;                        // too
  Question<std::vector<WireView>> wires_question_;    // to the I/O thread
  Question<EngineView> engine_question_;              // to the engine thread
  Question<std::vector<VenueHolds>> holds_question_;  // to the I/O thread
  Question<std::vector<VenueHolds>> rests_question_;  // the same, by command()
  Question<AccountView> account_question_;            // to the engine thread
  Question<std::string> desk_question_;               // to the engine thread
  std::string desk_request_;                          // its text; mutex_'s too
  std::mutex desk_turn_, kill_turn_;                  // one command of a kind after the other
  /// What became of a pull of the kill switch, step by step; kNoTime: not yet.
  struct Pull {
    UnixNanos asked = kNoTime, blocked = kNoTime, logged = kNoTime, canceled = kNoTime;
    std::string error;
  };
  Pull pull_kill_switch(KillStep step, UnixNanos now);
  void tell_engine(std::string act);
  Question<Pull> kill_question_;  // to the I/O thread
  std::atomic<KillStep> signaled_{KillStep::Off};
  std::atomic<bool> asked_to_close_{false};  // by such a signal, since it was looked at
  DeadMan dead_man_;
  std::atomic<KillStep> kill_wanted_{KillStep::Off};
  std::deque<std::string> kills_;  // acts that the engine is to take; mutex_'s too
  std::atomic<bool> kills_told_{false};
  std::atomic<UnixNanos> engine_took_{kNoTime}, nothing_works_{kNoTime}, flat_{kNoTime};  // of the last pull
  KillSwitch kill_switch_;
  std::unique_ptr<EmergencyLog> emergency_;    // of the I/O thread
  UnixNanos cancel_again_ = kNever;            // I/O thread
  std::vector<ClientOrderId> closing_orders_;  // too: sent to close all, and nothing was told of them yet

  // Engine thread
  std::unique_ptr<Reconciler> reconciler_;
  UnixNanos deadline_ = kNever;                     // while stopping: when it ends, whatever is left
  std::map<ClientOrderId, UnixNanos> canceled_at_;  // of orders that are not over
  std::set<std::string> known_kills_;               // of the journal of before
  std::optional<Closing> closing_;
  std::optional<BreakerWatch> breaker_watch_;
  UnixNanos cancel_all_again_ = 0;
  AvailabilityWatch availability_;
  std::unique_ptr<FileSync> journal_sync_;
  std::unique_ptr<JournalCopy> journal_copy_;  // null: there is none
  std::unique_ptr<JournalArchive> archive_;    // while it runs
  std::unique_ptr<SnapshotKeeper> snapshots_;  // the program's thread; null: none are kept
  std::unique_ptr<JournalCutter> cutter_;      // too
  UnixNanos durable_at_ = 0;                   // when the journal was last asked onto the disk
  bool unsynced_ = false, told_slow_disk_ = false;
  std::uint64_t records_ = 0;
  std::uint64_t denials_ = 0;
  UnixNanos last_turn_ = kNoTime;
  std::uint64_t input_records_ = 0;  // of the journal, at the last turn
  std::vector<std::string> acts_;    // of the turn at hand
  std::vector<bool> held_now_;       // reused
  bool writable_ = true;             // the journal
  std::optional<Error> error_;

  std::thread io_thread_, engine_thread_;
};

}  // namespace stom::trade
