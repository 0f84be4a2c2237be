// A replay session: the engine, the simulated venue and a strategy over a recording, paced by the wall clock, with an
// operator who plays, pauses and trades by hand. The same engine and simulation as a backtest.
//
// The journal is the truth. Every operator command is a record before it acts, and what the page shows is on the disk
// first. After a kill the session is run again from its start, with the recorded commands at their recorded market
// times, and compared with the journal record by record; where they differ it halts and says so.
//
//   <home>/sessions/<name>-<n>/journal     one folder for each start at the beginning of the data ("restart")
//   <home>/sessions/<name>-<n>/choice      what it plays, where an operator chose that on the page ("begin")
//   <home>/sessions/<name>.lock            held by the process that runs the session
//
// Threads: everything but submit(), next(), take_live() and live() belongs to the engine thread (start()), or to the
// caller of pump() where no thread was started.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "account_choice.hpp"
#include "core/clock.hpp"
#include "core/spsc_queue.hpp"
#include "engine/engine.hpp"
#include "replay/data_source.hpp"
#include "replay/order_desk.hpp"
#include "replay/session_strategy.hpp"
#include "risk/limits.hpp"
#include "server/engine_port.hpp"
#include "sim/venue_simulator.hpp"
#include "watch_file.hpp"

namespace stom::replay {

/// What makes a session: with the same plan and the same commands it is the same session.
struct Plan {
  std::string name = "default";
  std::string strategy;          // "" for none
  std::filesystem::path plugin;  // file that the strategy comes from; empty: built in
  std::map<std::string, std::string> parameters;
  sim::FillRules fill_rules = sim::FillRules::Stom;
  sim::RunModels models{.queue = sim::QueueModel::RiskAverse,
                        .latency = {.entry = kMillisecond, .response = kMillisecond},
                        .fees = {.maker_rate = 200'000, .taker_rate = 500'000}};
  Money cash{};
  AccountChoice account;             // what holds its orders to its money
  std::vector<risk::Limit> limits;   // that every order must keep, by hand too
  std::optional<WatchFile> watched;  // our side sees the instrument as that session did; nothing: always
  std::int64_t speed_milli = 1000;
  bool paused = false;
  std::string version;
};

/// Enough to trade with in the instrument's currency, where nobody says another amount.
Money usual_cash(const Instrument& instrument);

class ReplaySession final : public SessionPort, private SessionListener {
 public:
  /// Continues the session of that name from its journal, or begins it. `wall` paces it and must outlive it.
  static Result<std::unique_ptr<ReplaySession>> open(const std::filesystem::path& home, Plan plan, Data data,
                                                     const Clock& wall);
  ~ReplaySession() override;

  /// Runs it on a thread of its own until stop(), which makes the journal durable.
  void start();
  void stop();
  /// One turn of the engine thread: commands, market time, news for the server.
  void pump();

  std::string id() const;
  bool resumed() const { return resumed_; }
  /// What it plays, where that was chosen on the page: then it counts, not the plan that open() was given.
  const std::optional<SessionChoice>& choice() const { return choice_; }
  std::string journal_hash();

  // SessionPort
  bool submit(const Command& command) override { return commands_.try_push(command); }
  bool next(Update& update) override { return updates_.try_pop(update); }
  bool take_live() override { return live_.take(); }
  const LiveState& live() const override { return live_.reading(); }

 private:
  struct World;     // feed, venue, engine, run: everything that is made anew by a restart
  struct Prepared;  // what a world is made of, checked

  ReplaySession(std::filesystem::path home, Plan plan, Data data, const Clock& wall);
  Result<void> take_lock();
  Result<Prepared> prepare(const Plan& plan, const Data& data) const;
  Result<void> choose(const SessionChoice& choice, Plan& plan, Data& data) const;
  Result<void> begin(int number, Prepared prepared);
  Result<void> rerun_records(const std::vector<JournalRecord>& records);
  void begin_as_planned();
  std::string configuration() const;
  std::filesystem::path folder(int number) const;

  // Commands
  void record(std::string_view text);
  void execute(const Command& command);
  CommandDone act(const Command& command);
  CommandDone place(const Command& command, NewOrder order);
  CommandDone flatten(const Command& command);
  void cancel_orders(const Command& command, bool strategy_only);
  CommandDone begin_next(const Command& command);
  void redo(std::string_view text);

  // Time
  bool advance(UnixNanos until);
  void play();
  void jump();
  void step_event();
  void settle_pace();
  void finish();
  void halt(std::string_view reason);
  Result<void> make_durable();

  // News
  void on_order_row(const OrderRow& row) override;
  void on_fill_row(const FillRow& row) override;
  void on_order_answer(const OrderRow& row, const OrderEvent& event) override;
  void on_public_trade(const TradeTick& trade) override;
  void on_strategy_line(UnixNanos time, std::string_view line) override;
  void say(LogLevel level, LogSource source, std::string_view code, std::string_view text,
           std::vector<LogParameter> parameters = {});
  void say_done(const Command& command);
  void say_order(OrderSource source, LogLevel level, std::string_view code, std::string_view verb, const OrderRow& row,
                 std::string_view reason = {});
  void watch_gaps();
  void publish();
  void fill_live(LiveState& live);
  void hand_over();

  std::filesystem::path home_;
  Plan plan_;
  Data data_;
  const Plan given_;  // what open() was given: what a choice does not say is taken from there
  const Instrument given_instrument_;
  std::optional<SessionChoice> choice_;  // where the page chose what is played
  const Clock& wall_;
  int lock_ = -1;
  int number_ = 0;
  bool resumed_ = false;
  bool rerunning_ = false;
  std::unique_ptr<World> world_;

  RunState state_ = RunState::Paused;
  std::int64_t speed_milli_ = 1000;
  std::string halted_reason_;
  /// As fast as it goes until something happens; then it is paused. Play, pause and steps end it.
  struct Jump {
    Command::Kind until = Command::Kind::JumpToTime;
    UnixNanos time = kNever;
    std::uint64_t fills = 0;  // when it began
    std::uint64_t orders = 0;
  };
  std::optional<Jump> jump_;
  enum class BookWatch : std::uint8_t { Unseen, Whole, Gap };
  std::vector<BookWatch> books_seen_;  // by instrument, when last looked at
  UnixNanos slow_said_ = kNoTime;      // wall: when it was last told that the pace is not kept
  UnixNanos pace_wall_ = 0;            // where the pace is counted from
  UnixNanos pace_market_ = 0;
  UnixNanos last_mark_ = 0;  // wall: when the clock was last recorded
  UnixNanos last_publish_ = 0;
  std::uint64_t durable_records_ = 0;
  std::size_t equity_sent_ = 0;
  std::int64_t lag_ms_ = 0;
  std::vector<SecondBar> seconds_;  // the second that is under way, by instrument
  std::vector<bool> second_changed_;

  // Full: news wait here, in order; a replay stops its market time while too many wait, and the tape is thinned.
  std::deque<Update> waiting_;
  bool tape_left_out_ = false;
  std::deque<TapeRow> rerun_tape_;  // the newest trades of a re-run
  SpscQueue<Update> updates_{8192};
  SpscQueue<Command> commands_{256};
  LatestValue<LiveState> live_;

  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace stom::replay
