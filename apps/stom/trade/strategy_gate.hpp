// Stands between the engine and a strategy: once it is closed the strategy hears nothing but its stop, so that it
// cannot order anew what is being canceled. What became of orders is told for people too, where somebody reads it.
#pragma once

#include <memory>
#include <utility>

#include "strategies/strategy.hpp"
#include "trade/order_news.hpp"

namespace stom::trade {

class StrategyGate final : public Strategy {
 public:
  StrategyGate(std::unique_ptr<Strategy> inner, OrderNews* news) : inner_{std::move(inner)}, news_{news} {}
  void close() { open_ = false; }

  void on_start(Context& context) override { inner_->on_start(context); }
  void on_book(Context& context, InstrumentIndex index) override {
    if (open_) inner_->on_book(context, index);
  }
  void on_trade(Context& context, const TradeTick& trade) override {
    if (open_) inner_->on_trade(context, trade);
  }
  void on_quote(Context& context, InstrumentIndex index, const Level& bid, const Level& ask) override {
    if (open_) inner_->on_quote(context, index, bid, ask);
  }
  void on_bar(Context& context, const BarEvent& bar) override {
    if (open_) inner_->on_bar(context, bar);
  }
  void on_row(Context& context, const RowEvent& row) override {
    if (open_) inner_->on_row(context, row);
  }
  void on_order(Context& context, const OrderEvent& event) override {
    if (news_ != nullptr) news_->tell(event);
    if (open_) inner_->on_order(context, event);
  }
  void on_timer(Context& context) override {
    if (open_) inner_->on_timer(context);
  }
  void on_stop(Context& context) override { inner_->on_stop(context); }

 private:
  std::unique_ptr<Strategy> inner_;
  OrderNews* news_;  // null: nobody reads it
  bool open_ = true;
};

}  // namespace stom::trade
