// The port of a strategy: the same class runs in backtest, replay, paper and live. A strategy sees the market and its
// own account only through Context, and wishes only through Context; it keeps no clock, no files and no threads of its
// own.
//
//   class BuyTheOpen final : public Strategy {
//    public:
//     explicit BuyTheOpen(Parameters& p) : quantity_{p.decimal("quantity", "1", "how much to buy")} {}
//     void on_start(Context& context) override { series_ = context.subscribe_bars(0, {BarKind::Time, kDay}); }
//     void on_bar(Context& context, const BarEvent& bar) override { ... context.submit({...}); }
//   };
//
// Calls come one at a time, on one thread, in the order of the engine's clock. Within one instant: market data first,
// then answers about our orders, then timers.
//
// What was filled a strategy is told once: as on_order() when it happens, and what was filled before a session that
// goes on began, in on_start() as earlier_fills(). Nobody keeps it for later: a session trades for weeks, and what a
// strategy wants to know of its fills it adds up as they come. So it sees the same in backtest, replay, paper and live,
// and after a restart.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/fill.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/second_row.hpp"
#include "model/views.hpp"
#include "strategies/parameters.hpp"

namespace stom {

/// An indicator over a bar series that the market computes once, however many runs read it.
class SharedIndicator {
 public:
  virtual ~SharedIndicator() = default;
  virtual void update(const BarEvent& bar) = 0;
  /// The same for many bars that come one after another: values[i] is what `value` is after bars[i], bit for bit;
  /// leaves `value`. Called only once it is ready. With no bars it says whether it can: false where bar by bar is the
  /// only way.
  virtual bool update_many(std::span<const Bar> /*bars*/, double* /*values*/) { return false; }
  double value = 0;
  bool ready = false;
  const double* ahead = nullptr;  // in Strategy::uneventful_bars(): `value` after each of the next bars
};

class ExecutionOrders;

class Context {
 public:
  virtual UnixNanos now() const = 0;
  virtual std::size_t instruments() const = 0;
  virtual const Instrument& instrument(InstrumentIndex index) const = 0;
  virtual const BookView& book(InstrumentIndex index) const = 0;
  /// Whether it is in the watch list (관심종목). Nothing where nobody has said: without a universe never, with one not
  /// before its source has spoken (docs/universe.md).
  virtual std::optional<bool> watched(InstrumentIndex index) const = 0;

  /// Our orders that are not finished, in order of submission.
  virtual std::span<const WorkingOrder> orders() const = 0;
  /// The order with that id while it is not finished, else null.
  virtual const WorkingOrder* order(ClientOrderId id) const = 0;
  /// All fills of the account that the session had before this start, oldest first; none where it begins. Only in
  /// on_start().
  virtual std::span<const Fill> earlier_fills() const = 0;
  /// Signed: positive = long. As our side of the wire knows it.
  virtual Quantity position(InstrumentIndex index) const = 0;
  /// Cash of the account in the instrument's settlement currency, and the same with open positions at the last known
  /// price.
  virtual Money cash(InstrumentIndex index) const = 0;
  virtual Money equity(InstrumentIndex index) const = 0;
  /// Fees and taxes of a fill that takes at that price now, as the account is charged them; nothing where the venue
  /// alone knows.
  virtual std::optional<Money> cost_of_taking(InstrumentIndex index, Side side, Price price,
                                              Quantity quantity) const = 0;

  /// Sends an order. With id 0 it gets the next free one; the id is returned. A refusal comes back as an OrderEvent.
  virtual ClientOrderId submit(const NewOrder& order) = 0;
  virtual void cancel(ClientOrderId id) = 0;
  /// By which an operator names an execution that begins: 1, 2, … in each process.
  virtual std::uint64_t next_execution() = 0;
  /// Whether the session's operator stopped an execution on that side of it before this start. Only in on_start().
  virtual bool execution_was_stopped(InstrumentIndex index, Side side) const = 0;
  /// Whether it is told what becomes of that order. Of one that a person took over for himself it is not, though
  /// orders() and earlier_fills() have that, too.
  virtual bool hears_of(ClientOrderId id) const = 0;
  /// A word of that instrument that this strategy has again, in on_start(), where the session goes on; it takes the
  /// place of the one before. It holds for the next process alone: who wants it longer keeps it again.
  virtual void keep(InstrumentIndex index, std::string_view word) = 0;
  /// What the process before this one kept of it; empty: nothing. Only in on_start().
  virtual std::string_view kept(InstrumentIndex index) const = 0;
  /// The reason that trades closed by that order will carry.
  virtual void tag(ClientOrderId id, std::string_view exit_reason) = 0;
  virtual void log(std::string_view line) = 0;
  /// on_timer once, at that time, which is still to come. Only in on_start() and on_timer(), and not beside every();
  /// takes the place of what was asked for before.
  virtual void wake_at(UnixNanos time) = 0;

  // What to be called for; only in on_start().
  virtual void every(DurationNanos interval) = 0;          // on_timer, first at start + interval
  virtual void subscribe_book(InstrumentIndex index) = 0;  // on_book after each depth message
  virtual void subscribe_trades(InstrumentIndex index) = 0;
  virtual void subscribe_quotes(InstrumentIndex index) = 0;  // on_quote after each best-price message
  virtual void subscribe_watch(InstrumentIndex index) = 0;   // on_watch when watched() has changed
  virtual std::uint32_t subscribe_bars(InstrumentIndex index, const BarSpec& spec) = 0;  // on_bar
  /// on_row, with the message that emits the row (docs/rows.md). Ticks have rows, stored bars have none.
  virtual std::uint32_t subscribe_rows(InstrumentIndex index, const RowSpec& spec) = 0;
  /// The indicator of that key over that series, made by `make` where no run has asked for it yet. Updated before
  /// on_bar.
  virtual const SharedIndicator& shared(std::uint32_t series, std::string_view key,
                                        const std::function<std::unique_ptr<SharedIndicator>()>& make) = 0;

 protected:
  ~Context() = default;
};

class Strategy {
 public:
  virtual ~Strategy() = default;
  virtual void on_start(Context&) {}
  virtual void on_book(Context&, InstrumentIndex) {}
  virtual void on_trade(Context&, const TradeTick&) {}
  virtual void on_quote(Context&, InstrumentIndex, const Level& /*bid*/, const Level& /*ask*/) {}
  virtual void on_watch(Context&, InstrumentIndex) {}
  virtual void on_bar(Context&, const BarEvent&) {}
  /// How many of the next `n` bars of that series, from the first, on_bar() would return from at once, without a wish
  /// and without a change of its own. It is not called for those. A strategy that reads nothing but shared indicators
  /// and acts on few bars has them from `ahead`, and is several times faster over years of bars; the others leave this
  /// out.
  virtual std::size_t uneventful_bars(std::uint32_t /*series*/, std::size_t /*n*/) const { return 0; }
  virtual void on_row(Context&, const RowEvent&) {}
  /// What became of our orders, and each fill of the account, also of an order that a person sent beside us.
  virtual void on_order(Context&, const OrderEvent&) {}
  virtual void on_timer(Context&) {}
  virtual void on_stop(Context&) {}
  /// Hands over each of its executions (execution_orders.hpp) that has begun: an operator sees them, and stops one.
  virtual void each_execution(const std::function<void(ExecutionOrders&)>& /*show*/) {}
};

}  // namespace stom
