// Stands between the engine and the strategy of a session. It hears of every order and every public trade for the page,
// keeps the operator's orders out of the strategy's sight, and holds the strategy's commands back while it is paused.
// What is filled of the operator's orders the strategy hears, as position() and cash() are the whole account's.
// A session without a strategy has it alone.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "replay/order_desk.hpp"
#include "strategies/strategy.hpp"

namespace stom::replay {

/// Who hears what happens in the session. Called on the engine thread.
class SessionListener {
 public:
  virtual void on_order_row(const OrderRow& row) = 0;
  /// The answer that made the order what it is; after on_fill_row where it is a fill, before on_order_row.
  virtual void on_order_answer(const OrderRow& row, const OrderEvent& event) = 0;
  virtual void on_fill_row(const FillRow& row) = 0;
  virtual void on_public_trade(const TradeTick& trade) = 0;
  virtual void on_strategy_line(UnixNanos time, std::string_view line) = 0;

 protected:
  ~SessionListener() = default;
};

class SessionStrategy final : public Strategy, private Context {
 public:
  /// `inner` may be null. `desk` and `listener` must outlive it.
  SessionStrategy(std::unique_ptr<Strategy> inner, OrderDesk& desk, SessionListener& listener);

  void pause(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }

  void on_start(Context& run) override;
  void on_book(Context& run, InstrumentIndex index) override;
  void on_trade(Context& run, const TradeTick& trade) override;
  void on_quote(Context& run, InstrumentIndex index, const Level& bid, const Level& ask) override;
  void on_watch(Context& run, InstrumentIndex index) override;
  void on_bar(Context& run, const BarEvent& bar) override;
  void on_row(Context& run, const RowEvent& row) override;
  void on_order(Context& run, const OrderEvent& event) override;
  void on_timer(Context& run) override;
  void on_stop(Context& run) override;

 private:
  // Context, as the inner strategy sees it
  UnixNanos now() const override { return run_->now(); }
  std::size_t instruments() const override { return run_->instruments(); }
  const Instrument& instrument(InstrumentIndex index) const override { return run_->instrument(index); }
  const BookView& book(InstrumentIndex index) const override { return run_->book(index); }
  std::optional<bool> watched(InstrumentIndex index) const override { return run_->watched(index); }
  std::span<const WorkingOrder> orders() const override;
  const WorkingOrder* order(ClientOrderId id) const override;
  std::span<const Fill> earlier_fills() const override { return run_->earlier_fills(); }
  Quantity position(InstrumentIndex index) const override { return run_->position(index); }
  Money cash(InstrumentIndex index) const override { return run_->cash(index); }
  Money equity(InstrumentIndex index) const override { return run_->equity(index); }
  std::optional<Money> cost_of_taking(InstrumentIndex index, Side side, Price price, Quantity quantity) const override {
    return run_->cost_of_taking(index, side, price, quantity);
  }
  ClientOrderId submit(const NewOrder& order) override;
  void cancel(ClientOrderId id) override;
  std::uint64_t next_execution() override { return run_->next_execution(); }
  bool execution_was_stopped(InstrumentIndex index, Side side) const override {
    return run_->execution_was_stopped(index, side);
  }
  bool hears_of(ClientOrderId id) const override { return run_->hears_of(id); }
  void keep(InstrumentIndex index, std::string_view word) override { run_->keep(index, word); }
  std::string_view kept(InstrumentIndex index) const override { return run_->kept(index); }
  void tag(ClientOrderId id, std::string_view exit_reason) override { run_->tag(id, exit_reason); }
  void log(std::string_view line) override;
  void every(DurationNanos interval) override { run_->every(interval); }
  void wake_at(UnixNanos time) override { run_->wake_at(time); }
  void subscribe_book(InstrumentIndex index) override { run_->subscribe_book(index); }
  void subscribe_trades(InstrumentIndex index) override { wants_trades_[index] = true; }
  void subscribe_quotes(InstrumentIndex index) override { run_->subscribe_quotes(index); }
  void subscribe_watch(InstrumentIndex index) override { run_->subscribe_watch(index); }
  std::uint32_t subscribe_bars(InstrumentIndex index, const BarSpec& spec) override {
    return run_->subscribe_bars(index, spec);
  }
  std::uint32_t subscribe_rows(InstrumentIndex index, const RowSpec& spec) override {
    return run_->subscribe_rows(index, spec);
  }
  const SharedIndicator& shared(std::uint32_t series, std::string_view key,
                                const std::function<std::unique_ptr<SharedIndicator>()>& make) override {
    return run_->shared(series, key, make);
  }

  template <class Call>
  void tell(Context& run, Call call);

  std::unique_ptr<Strategy> inner_;
  OrderDesk& desk_;
  SessionListener& listener_;
  Context* run_ = nullptr;  // during a call
  bool paused_ = false;
  std::vector<bool> wants_trades_;
  mutable std::vector<WorkingOrder> own_orders_;  // what orders() shows: the run's without the operator's
  std::deque<OrderEvent> denied_;                 // of a paused strategy, told once its call is over
  ClientOrderId denied_id_ = 2'000'000'000'000'000;
};

}  // namespace stom::replay
