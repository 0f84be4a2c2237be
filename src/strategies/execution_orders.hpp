// An execution (orders/execution.hpp, docs/execution.md) at work: any strategy hands a plan over and passes on what it
// hears, and the orders go out. One at a time; the next plan may begin once it is over.
//
//   void on_timer(Context& context) override {
//     if (wants_in && execution_.is_over()) execution_.begin(context, {.side = Side::Buy, .quantity = {500}, …});
//     execution_.step(context);
//   }
//   void on_trade(Context& context, const TradeTick& trade) override { execution_.on_trade(context, trade); }
//   void on_order(Context& context, const OrderEvent& event) override { execution_.on_order(context, event); }
#pragma once

#include <cstdint>
#include <optional>

#include "orders/execution.hpp"
#include "strategies/strategy.hpp"

namespace stom {

class ExecutionOrders {
 public:
  /// The first order goes out with the next step(). Refused where the plan cannot be carried out, or another one is.
  Result<void> begin(Context& context, orders::ExecutionPlan plan);
  /// In on_start(), of a strategy that sends nothing else on that side of the instrument: what the session filled there
  /// before is done, what still works there is the child under way, and what is left begins anew. False where there is
  /// nothing of both: it has not begun. One that the session's operator has stopped stays stopped.
  /// `first`: it had begun, and the orders on that side from that number on alone are its own.
  Result<bool> resume(Context& context, orders::ExecutionPlan plan, ClientOrderId first = 0);
  /// Whenever something may have changed: at least on a timer.
  void step(Context& context);
  void on_trade(Context& context, const TradeTick& trade);  // subscribe_trades(), for a share of what is traded
  void on_order(Context& context, const OrderEvent& event);
  /// Nothing more is sent, and what waits is taken back.
  void stop(Context& context);

  /// By which an operator names it (Context::next_execution()); 0: none has begun.
  std::uint64_t number() const { return number_; }
  /// Nothing has begun, or it has come to its end.
  bool is_over() const { return !execution_ || execution_->is_over(); }
  /// The running one, or the last; null: there was none.
  const orders::Execution* execution() const { return execution_ ? &*execution_ : nullptr; }

 private:
  void say_end(Context& context);

  std::optional<orders::Execution> execution_;
  std::uint64_t number_ = 0;
  bool said_ = true;
};

}  // namespace stom
