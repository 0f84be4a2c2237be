// The port between the server and a running session (replay; later paper and live). apps/ fills it; the server knows
// nothing of engines. Two threads meet here: the engine's (one writer of all trading state) and the server's I/O
// thread.
//
//   engine -> server  Update      every one arrives, in order. Full: the session keeps what it could not hand over (its
//                                 Run holds it anyway) and offers it again; the engine goes on.
//   engine -> server  LiveState   only the newest arrives (books, positions, account, clock). Never full.
//   server -> engine  Command     every one is answered by a CommandDone. Full: submit() says no, the caller of the API
//                                 gets 503 engine_busy, and nothing was done.
//
// All types are plain values without pointers into the engine.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "model/order.hpp"
#include "model/order_words.hpp"
#include "model/types.hpp"
#include "model/views.hpp"

namespace stom {

/// Short text without an allocation; what does not fit is cut off.
template <std::size_t kCapacity>
class Text {
 public:
  Text() = default;
  Text(std::string_view text) : size_{static_cast<std::uint16_t>(std::min(text.size(), kCapacity))} {
    text.copy(bytes_.data(), size_);
  }
  std::string_view view() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }

 private:
  std::uint16_t size_ = 0;
  std::array<char, kCapacity> bytes_{};
};

enum class OrderSource : std::uint8_t { Strategy, Manual, Venue };  // Venue: it closed our position (liquidation)

/// `number` is 1, 2, 3, … within the session and names the order for good; a strategy may use a client_order_id again.
struct OrderRow {
  std::uint64_t number = 0;
  ClientOrderId id = 0;
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  OrderType type = OrderType::Limit;
  TimeInForce time_in_force = TimeInForce::GTC;
  bool post_only = false;
  bool reduce_only = false;
  OrderSource source = OrderSource::Strategy;
  OrderStatus status = OrderStatus::PendingNew;
  bool denied = false;  // we refused it ourselves; status is Rejected then
  RejectReason reason = RejectReason::None;
  Price price{};
  Price trigger_price{};
  Quantity quantity{};
  Quantity filled{};
  Quantity leaves{};
  Money average_price{};  // of the fills so far, 10^-18; 0 where there is none
  UnixNanos created = 0;
  UnixNanos updated = 0;

  bool is_open() const {
    return status == OrderStatus::PendingNew || status == OrderStatus::Working || status == OrderStatus::Unknown;
  }
};

struct FillRow {
  std::uint64_t number = 0;  // 1, 2, 3, … within the session
  Fill fill;
  OrderSource source = OrderSource::Strategy;
};

enum class LogLevel : std::uint8_t { Info, Warn, Error };
enum class LogSource : std::uint8_t { Engine, Strategy, Venue, Operator, Server };
/// One value of a log line: {"price", "61234.5"}. The name is a literal.
using LogParameter = std::pair<std::string_view, std::string>;
struct LogRow {
  UnixNanos time = 0;
  LogLevel level = LogLevel::Info;
  LogSource source = LogSource::Engine;
  Text<40> code;                         // stable: what a translation goes by
  Text<240> text;                        // English
  std::vector<LogParameter> parameters;  // what a translation is made of
};

struct EquityRow {
  UnixNanos time = 0;
  Money equity{};
};

/// One second of public trades. A row with the start of the one before replaces it (the second was not over).
struct SecondBar {
  InstrumentIndex instrument = 0;
  std::uint32_t trades = 0;
  Bar bar;
};

/// A public trade, for the tape only: may be left out when the queue is full, and the next row says so.
struct TapeRow {
  InstrumentIndex instrument = 0;
  UnixNanos time = 0;
  Price price{};
  Quantity quantity{};
  std::uint8_t taker = 2;  // 0 bought, 1 sold, 2 unknown
  bool left_out = false;   // trades before this one are missing
};

enum class Outcome : std::uint8_t { Done, Denied, UnknownOrder, OrderNotOpen, SessionFinished, SessionHalted, Refused };
/// The answer to a command, after every CommandOrder and every other Update that it caused.
struct CommandDone {
  std::uint64_t ticket = 0;
  Outcome outcome = Outcome::Done;
  RejectReason reason = RejectReason::None;  // Denied
  Text<240> detail;                          // Denied, Refused: what a person should know
};
/// An order that a command placed or canceled.
struct CommandOrder {
  std::uint64_t ticket = 0;
  ClientOrderId id = 0;
  bool canceled = false;
};
/// An Idempotency-Key that the session knows from before it was restarted.
struct KnownKey {
  Text<64> key;
  std::uint64_t body_hash = 0;
  ClientOrderId id = 0;
};

/// What does not change while a session lives.
struct SessionInfo {
  std::string session_id;
  std::string name;
  std::string mode = "replay";
  std::string version;
  std::string fill_rules;
  bool resumed = false;
  std::string strategy;  // "" for none
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string data_source;  // "recording" or "generator", also where its flow was stored
  std::string data_name;
  UnixNanos from = 0;
  UnixNanos to = 0;
  std::string data_hash;
  std::string currency;
  std::string account;  // "cash", "margin", "unlimited"
  int leverage = 1;
  std::vector<std::string> limits;  // that every order must keep: "position=2"
  DurationNanos order_latency = 0;
  std::vector<Instrument> instruments;
};
/// A session begins (the first, or after a restart): all that was known before is void.
struct SessionBegan {
  std::shared_ptr<const SessionInfo> info;
};

/// All that was known of the session when it began (much, where it goes on after a restart) has been told.
struct SessionReady {};

using Update = std::variant<SessionBegan, SessionReady, OrderRow, FillRow, LogRow, EquityRow, SecondBar, TapeRow,
                            CommandDone, CommandOrder, KnownKey>;

inline constexpr std::size_t kBookDepth = 50;  // levels a side that are shown

struct BookState {
  UnixNanos time = 0;
  std::int64_t update_id = 0;
  bool stale = true;
  std::uint32_t bids = 0;  // how many of the arrays are filled, best first
  std::uint32_t asks = 0;
  std::uint32_t all_bids = 0;  // how many levels the book has
  std::uint32_t all_asks = 0;
  std::array<Level, kBookDepth> bid{};
  std::array<Level, kBookDepth> ask{};
};

struct PositionRow {
  InstrumentIndex instrument = 0;
  Quantity quantity{};          // signed
  Money average_price{};        // 10^-18 of price; 0 where flat
  Price mark_price = kNoPrice;  // what it is valued at
  Money unrealized{};
  Money realized{};
  Money fees{};
  Money funding{};
};

struct AccountRow {
  Money cash{};
  Money equity{};
  Money available{};
  Money margin_used{};
  Money realized{};
  Money unrealized{};
  Money fees{};
  Money day_start_equity{};
};

/// What a new session is to play, chosen by an operator. Cash, fees, latency and fill rules stay as the server was
/// started with, and so do limits where none are named.
struct SessionChoice {
  std::string instrument;
  std::string strategy;  // "" for none
  std::map<std::string, std::string> parameters;
  UnixNanos from = kNoTime;
  UnixNanos to = kNever;
  std::optional<std::vector<std::string>> limits;
};

enum class RunState : std::uint8_t { Playing, Paused, Finished, Halted };
enum class StrategyState : std::uint8_t { None, Running, Paused, Halted };
inline constexpr std::int64_t kSpeedMax = 0;  // as fast as it goes

struct LiveState {
  UnixNanos clock = 0;
  RunState state = RunState::Paused;
  StrategyState strategy = StrategyState::None;
  std::int64_t speed_milli = 1000;  // thousandths; kSpeedMax
  std::uint64_t journal_records = 0;
  std::uint64_t events = 0;
  std::int64_t lag_ms = 0;  // how far the engine is behind the pace
  Text<240> halted_reason;
  AccountRow account;
  std::vector<PositionRow> positions;
  std::vector<BookState> books;  // one for each instrument
};

struct Command {
  enum class Kind : std::uint8_t {
    Play,
    Pause,
    Speed,
    StepEvent,
    StepTime,
    Restart,
    PauseStrategy,
    ResumeStrategy,
    Submit,
    Cancel,
    Flatten,
    JumpToFill,   // of any of our orders
    JumpToOrder,  // the strategy's next one
    JumpToTime,
    Begin
  };
  std::uint64_t ticket = 0;
  Kind kind = Kind::Pause;
  std::int64_t speed_milli = 1000;
  DurationNanos step = 0;
  UnixNanos until = 0;                          // JumpToTime
  std::shared_ptr<const SessionChoice> choice;  // Begin
  NewOrder order;                               // Submit: id 0, the session gives one
  ClientOrderId cancel = 0;                     // Cancel
  std::int64_t instrument = -1;                 // Flatten: -1 for all
  bool pause_strategy = false;                  // Flatten
  Text<64> key;                                 // Submit, Flatten: the caller's Idempotency-Key, journaled
  std::uint64_t body_hash = 0;
};

class SessionPort {
 public:
  virtual ~SessionPort() = default;
  /// I/O thread. False: the queue is full, nothing was done.
  [[nodiscard]] virtual bool submit(const Command& command) = 0;
  /// I/O thread: the next update, in order; false when there is none now.
  [[nodiscard]] virtual bool next(Update& update) = 0;
  /// I/O thread: takes the newest live state; true if it is newer than the last one taken.
  [[nodiscard]] virtual bool take_live() = 0;
  virtual const LiveState& live() const = 0;
};

/// The codes of docs/api.md.
std::string_view name_of(RunState state);
std::string_view name_of(StrategyState state);
std::string_view name_of(LogLevel level);
std::string_view name_of(LogSource source);
std::string_view name_of(OrderSource source);
std::string speed_text(std::int64_t milli);  // "0.5", "max"

}  // namespace stom
