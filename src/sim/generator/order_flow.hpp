// The order-flow generator: a made-up market that behaves like one. Traders place, cancel and take orders in a book of
// individual orders; what a venue would publish about it comes out as Messages, each with venue times, update ids and a
// receive time (docs/generator.md). Same configuration, same messages, byte for byte, on any build and CPU.
//
// One OrderFlow is one instrument and one pass through time; it holds the book and a few counters and nothing that
// grows.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"
#include "model/message.hpp"
#include "sim/generator/efficient_price.hpp"
#include "sim/generator/resting_orders.hpp"
#include "sim/generator/rungs.hpp"
#include "sim/trading_day.hpp"

namespace stom::sim {

struct FlowConfig {
  Instrument instrument;
  Price start_price;
  std::int64_t typical_quantity = 1;  // of an order, in 10^-quantity_decimals
  int depth_doublings = 10;           // orders lie up to 2^this rungs from the touch
  bool funding = false;               // a perpetual: mark price, index price and funding rate
  UnixNanos start = 0;
  DurationNanos length = kDay;
  std::uint64_t seed = 1;
  Regime regime = Regime::Mixed;
  double actions_per_second = 12;  // of all traders together, in quiet hours
  DurationNanos depth_interval = 100 * kMillisecond;
  DurationNanos latency = 2 * kMillisecond;  // least time from the venue's stamp to our receipt; the rest is drawn
  /// By whose rules it trades (sim/trading_day.hpp): "krx"; empty: round the clock. It then starts while closed.
  std::string market;
};

/// The instruments that the generator knows, and how each one trades. KRW ones on the ladder of KRW markets, USDT ones
/// are linear perpetuals with a fixed tick.
const std::vector<FlowConfig>& flow_presets();
Result<FlowConfig> flow_preset(std::string_view instrument_id);
/// A stock of KRX, "kiwoom:" and six digits; the code gives its price and pace. Its ladder is the caller's to fill in.
bool is_stock(std::string_view instrument_id);
FlowConfig stock_flow(std::string_view instrument_id);

/// What happened to a single order of the flow. Not published: what a venue knows and its public data do not tell.
struct FlowEvent {
  enum class Kind : std::uint8_t { Added, Removed, Traded };
  UnixNanos time;  // as the venue stamps it
  Kind kind;
  Side side;
  Price price;
  OrderNumber number;  // in order of arrival
  std::int64_t quantity;
};

class OrderFlow {
 public:
  /// `events`: where to write down what happens to every order, if anywhere.
  explicit OrderFlow(const FlowConfig& config, std::vector<FlowEvent>* events = nullptr);

  /// Appends at least `messages` messages, or what is left; false once the recording is complete.
  bool generate(MessageBatch& out, std::size_t messages);

  /// The book as it stands (tests and the fill model that knows every order's place).
  const RestingOrders& side(Side side) const { return side == Side::Buy ? bids_ : asks_; }
  const Rungs& rungs() const { return rungs_; }
  const EfficientPrice& efficient_price() const { return efficient_; }
  std::int64_t update_id() const { return update_id_; }

 private:
  struct BestLevel {
    std::int64_t rung = -1;
    std::int64_t quantity = 0;
    friend bool operator==(const BestLevel&, const BestLevel&) = default;
  };

  RestingOrders& book(Side side) { return side == Side::Buy ? bids_ : asks_; }
  void open_market();
  void act();
  // Of a market with a trading day: orders are gathered, meet at one price, and trading is interrupted.
  bool gathering() const { return day_ != nullptr && day_->in_call(); }
  bool closed() const { return day_ != nullptr && !day_->in_call() && !day_->continuous(); }
  bool leave_phase();
  void open_day();
  void close_day();
  void gather_orders();
  void settle();
  void interrupt(Side aggressor, std::int64_t rung, std::int64_t quantity);
  void publish_change();
  void believe(DurationNanos dt);
  void place_limit();
  void cancel_one();
  void take_any();
  void take(Side aggressor, std::int64_t quantity);
  void correct_stale(Side stale);
  void place(Side side, std::int64_t rung);
  void refill(Side side);
  void remove(Side side, std::uint32_t index);
  void note(FlowEvent::Kind kind, Side side, const RestingOrders::Order& order, std::int64_t quantity);
  std::int64_t draw_quantity();

  void run_timers(UnixNanos until);
  void finish_action();
  void publish_quote();
  void publish_depth(UnixNanos sent);
  void publish_snapshot(UnixNanos sent);
  void publish_mark(UnixNanos sent);
  Message& emit(MessageKind kind, UnixNanos happened, UnixNanos sent);
  void append_level(std::int64_t rung, std::int64_t quantity) {
    out_->levels.push_back({rungs_.price(rung), {quantity}});
  }

  FlowConfig config_;
  std::vector<FlowEvent>* events_;
  Rungs rungs_;
  Random random_;
  Random latency_random_;
  EfficientPrice efficient_;
  RestingOrders bids_{Side::Buy};
  RestingOrders asks_{Side::Sell};
  UnixNanos now_;
  UnixNanos end_;
  UnixNanos next_depth_;
  UnixNanos next_mark_;
  UnixNanos next_snapshot_;
  UnixNanos last_change_;
  UnixNanos last_receive_;
  double excitement_ = 0;  // trades call for trades: decays within seconds
  double premium_ = 0;     // of the perpetual over the index, averaged
  std::int64_t fair_rung_ = 0;
  OrderNumber next_order_ = 1;
  std::int64_t trade_id_ = 0;
  std::int64_t update_id_ = 0;
  std::int64_t published_update_id_ = 0;
  BestLevel quoted_bid_, quoted_ask_;
  std::int64_t depth_bid_ = 0;  // best bid when the depth was last published
  MessageBatch* out_ = nullptr;
  std::vector<Level> asks_of_update_;
  std::unique_ptr<TradingDay> day_;  // null: trades round the clock
  UnixNanos news_ = kNever;          // once a day something is learned that moves the price
};

}  // namespace stom::sim
