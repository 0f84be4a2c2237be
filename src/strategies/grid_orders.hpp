// The order grid at work (order_grid.hpp, docs/order-grid.md): a strategy says what it wants on a row, and this sends,
// splits, amends and cancels, or says why not. One order of an instrument at a time: while one is under way, or its
// fate is unknown, no other is sent. A part that is carried out in many orders is one to the grid: the execution says
// what its orders do, the grid when it begins and ends, and it touches none of them itself.
//
// What must outlive a restart (trades of the day, times of the last ones, parts done, the price paid) is a fold over
// the account's fills, and is nowhere else: each is folded as it is told, those of before at the start. What no fill
// says, which orders were one part and what is left of the one under way, is kept (Context::keep()).
//
//   if (!grid.on_row(context, row)) return;   // stops, cancels, amends, next parts by price
//   if (wants_out) grid.leave(context, row, "line 3");
//   if (wants_in) grid.enter(context, row, Side::Buy);
//
// Timers and trades are for executions alone.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/fill.hpp"
#include "strategies/execution_orders.hpp"
#include "strategies/order_grid.hpp"
#include "strategies/strategy.hpp"

namespace stom {

/// What the grid looks at besides the book and the account. NaN: not known.
struct GridRow {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  InstrumentIndex instrument = 0;
  UnixNanos time = 0;
  std::int64_t stamp = 0;   // as people write it, YYYYMMDDHHMMSS
  std::uint32_t clock = 0;  // HHMMSS
  Price last = kNoPrice;
  double high = kUnknown, low = kUnknown, change = kUnknown, day_value = kUnknown;
  double day_volume_ratio = kUnknown, turnover = kUnknown, same_time_volume_ratio = kUnknown;
};
/// For a strategy without rows: the venue's day and clock at that time, and a price.
GridRow grid_row(const Context& context, InstrumentIndex index, UnixNanos time, Price last);

/// Why nothing was sent, or less.
enum class GridRefusal : std::uint8_t {
  Price,
  DayStop,
  BlackList,
  RoundFigure,
  PriceAtMost,
  Clock,
  TradesOfDay,
  LossesOfDay,
  Holdings,
  AfterTrade,
  AfterLoss,
  Parts,
  FirstParts,
  Factor,
  TooSmall,
  Depth,
  Cash,
  Pending,
  Unknown,
  NotValued,
  ForSale,
};
inline constexpr std::size_t kGridRefusals = static_cast<std::size_t>(GridRefusal::ForSale) + 1;

class GridOrders {
 public:
  /// `size`: of a whole position entered at that price, where the grid has no bet.
  using Size = std::function<Quantity(const Context&, InstrumentIndex, Price)>;
  GridOrders(OrderGrid grid, Size size) : grid_{std::move(grid)}, size_{std::move(size)} {}

  /// Folds the fills of before, where a session goes on.
  void on_start(Context& context);
  /// First of all on each row. False: the position is being left, or an order went out; nothing else is to be wished.
  bool on_row(Context& context, const GridRow& row);
  /// A signal to buy, or to sell short: the next part of a position. Whether an order went out, as below.
  bool enter(Context& context, const GridRow& row, Side side) { return enter(context, row, side, true); }
  /// A signal to leave: the next part of what is held. A buy that waits is taken back first, and the sale goes out once
  /// the venue has said so: that, too, is true. While nothing is held the signal may take back a buy that waits.
  bool leave(Context& context, const GridRow& row, std::string_view reason) {
    return leave(context, row, reason, true);
  }
  /// All that is held and free, at market, past every rule; what is under way is canceled first.
  void leave_all(Context& context, const GridRow& row, std::string_view reason);
  /// Who leaves the watch list, or comes onto it, may take back what waits.
  void on_watch(Context& context, InstrumentIndex index);
  /// Each that the strategy hears: what the grid knows of a position is what it is told here.
  void on_order(Context& context, const OrderEvent& event);
  void on_timer(Context& context);
  void on_trade(Context& context, const TradeTick& trade);
  void each_execution(const std::function<void(ExecutionOrders&)>& show);
  /// Says how often each reason kept an order back.
  void on_stop(Context& context);

  int buys(InstrumentIndex index) const { return slots_[index].position.buys; }
  int sells(InstrumentIndex index) const { return slots_[index].position.sells; }
  /// Whether a signal to buy would be heard while something is held.
  bool may_add(InstrumentIndex index) const;
  enum class Waits : std::uint8_t { Nothing, Entry, Exit };
  /// What is under way. Signals are for what is not: none is asked for while a sale waits, but a buy's that cancels it,
  /// nor while a buy waits and nothing is held, but a sale's that cancels that.
  Waits waits(const Context& context, InstrumentIndex index) const;
  bool buy_cancels() const { return grid_.sell.cancel_on_signal; }
  bool sell_cancels() const { return grid_.buy.cancel_on_signal; }

 private:
  struct Position {
    Side entry = Side::Buy;  // of what opens it
    Price first{}, latest{};
    std::int64_t bought = 0;  // in all
    Money cash{}, fees{};     // that entering what is held brought in without fees (below 0: cost), and their fees
    Money result{};           // of what has been left so far
    int buys = 0, sells = 0;
    ClientOrderId counted = 0;  // the latest order among them
  };
  struct Sent {
    ClientOrderId id = 0;
    UnixNanos at = 0;
    int amends = 0;
    bool replace = false;  // canceled to be amended
    NewOrder order;
    Quantity leaves{};
    std::string reason;
  };
  struct Slot {
    GridRow row;            // the latest
    std::int64_t held = 0;  // by the fills
    Position position;
    std::int32_t day = 0;
    int trades = 0, losses = 0;  // of the day
    Money result{};              // of the day
    UnixNanos last_trade = kNoTime, last_loss = kNoTime;
    Sent sent;
    ExecutionOrders execution;                       // of a part, where the grid has one
    ClientOrderId first_child = 0, last_child = 0;   // its orders: no other in this instrument has a number between
    bool enters = false;                             // it does
    std::pair<int, int> parts_before;                // that were bought and sold of the position as it began
    bool restores = false;                           // those, with the first fill of it that is folded
    bool end_kept = true;                            // for the process after this one
    std::optional<orders::DayVolumes> volumes;       // where it is weighed by them
    ClientOrderId of_before = 0;                     // an order of another process that worked as this one began
    std::optional<bool> watched;                     // as it was told last
    ClientOrderId unwanted = 0;                      // the watch list takes it back, once it can be canceled
    std::string leaving;                             // why all of it is to go
    std::string then_leave;                          // why the next part is, once the buy that waits is gone
    std::optional<Amount> leverage;                  // of the entry; nothing: another process knew it
    std::vector<std::pair<double, double>> changes;  // 등락율 and 당일거래대금 of the day's last rows
    std::array<std::uint64_t, 2 * kGridRefusals> refused{};  // entries, exits
    void begin_day(std::int32_t now);
    void close(UnixNanos time);
    bool is_child(ClientOrderId id) const { return first_child != 0 && first_child <= id && id <= last_child; }
    /// Of the same part as the order counted last.
    bool is_counted(ClientOrderId id) const;
  };

  /// The part that an earlier process carried out last.
  struct KeptPart {
    ClientOrderId first = 0, last = 0;  // of its orders; last 0: it was under way
    Side side = Side::Buy;
    bool enters = false;
    Quantity quantity{};
    Price limit{};
    UnixNanos begun = 0;
    std::pair<int, int> parts_before;
    std::string reason;
  };
  static std::string to_word(const KeptPart& part);
  static std::optional<KeptPart> read_part(std::string_view word);

  void fold(const Context& context, Fill fill, UnixNanos time);
  void take_row(const Context& context, const GridRow& row);

  std::string stop_reason(Context& context, const GridRow& row);
  /// Why nothing more is to be done on this day in that currency; empty while it goes on.
  std::string day_stop(const Context& context, const GridRow& row);
  /// A copy: what orders() gives is good until it is asked again. Of an execution its order; while it has none, one
  /// that stands for it and has no number.
  std::optional<WorkingOrder> under_way(const Context& context, InstrumentIndex index) const;
  bool may_cancel(const WorkingOrder& order) const;
  void look_after(Context& context, const GridRow& row, const WorkingOrder& order);
  void look_after_execution(Context& context, const GridRow& row, const WorkingOrder& order, const GridSide& rules,
                            bool enters);
  void step_execution(Context& context, InstrumentIndex index);
  void note_child(Context& context, InstrumentIndex index);
  void keep_part(Context& context, InstrumentIndex index);
  void go_on_with_parts(Context& context);
  void go_on_with(Context& context, InstrumentIndex index, KeptPart part, ClientOrderId newest);
  /// What is the part's own, and not the file's.
  orders::ExecutionPlan plan_of_part(Context& context, InstrumentIndex index, Side side, Quantity quantity, Price limit,
                                     bool enters);
  bool exit_by_price(Context& context, const GridRow& row);
  bool entry_by_price(Context& context, const GridRow& row);
  void go_on_leaving(Context& context, const GridRow& row);
  bool enter(Context& context, const GridRow& row, Side side, bool by_signal);
  bool leave(Context& context, const GridRow& row, std::string_view reason, bool by_signal);
  std::optional<GridRefusal> forbidden(const GridRow& row, const Instrument& instrument, Side side) const;
  void cancel(Context& context, const WorkingOrder& order, std::string_view why);
  void take_back_unwanted(Context& context, InstrumentIndex index);
  void tell(Context& context, const GridRow& row, Side side, std::string_view reason, bool enters);
  void send(Context& context, const GridRow& row, const NewOrder& order, std::string_view reason, bool enters);
  /// A part: in one order, or as its execution says. Whether it is under way.
  bool carry_out(Context& context, const GridRow& row, Side side, Quantity quantity, Price price,
                 std::string_view reason, bool enters);
  void send_amended(Context& context, Slot& slot);
  std::optional<GridRefusal> keeps_back(const Context& context, const Slot& slot, const NewOrder& amended, bool enters);

  /// Nothing where no price is known; of a market order what it would meet first.
  std::optional<Price> price_of(const Context& context, const GridRow& row, Side side, bool enters) const;
  std::optional<Quantity> part_to_enter(Context& context, const GridRow& row, Side side, Price price);
  /// What the first levels show of it, where that is less.
  Quantity shown(Context& context, const GridRow& row, const GridSide& rules, Side side, Quantity wanted) const;
  std::optional<double> factor(const GridRow& row, const Instrument& instrument, GridFactor by) const;
  /// Of what is held, what no sale of a person's keeps at a spot venue.
  Quantity free_to_leave(const Context& context, InstrumentIndex index) const;
  void say_kept(Context& context, InstrumentIndex index, Quantity wanted, Quantity free);
  bool has_cash(const Context& context, InstrumentIndex index, Side side, Price price, Quantity quantity) const;
  int holdings(const Context& context) const;
  struct Worth {
    Money profit, purchase;
  };
  /// Of what is held, after the costs of both sides; nothing where that is not known.
  std::optional<Worth> worth(const Context& context, InstrumentIndex index) const;

  /// False; said whenever the count has doubled, as a session that is killed has no last line.
  bool no(Context& context, InstrumentIndex index, bool enters, GridRefusal why);

  OrderGrid grid_;
  Size size_;
  std::vector<Slot> slots_;
  struct DayStop {
    std::int32_t day = std::numeric_limits<std::int32_t>::min();
    std::string reason;
  };
  std::map<std::string, DayStop> stopped_;  // by currency
};

}  // namespace stom
