// The single orders of a generated market, in step with its published trades: for the queue model Fifo, which asks who
// stands before our order. The market is made a second time from its configuration; nothing of it is stored.
//
// Between two trades the state is that of a moment; the trade itself is what both sides agree on. So the one who asks
// says which trade comes next, and everything before it has then happened.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/generator/order_flow.hpp"

namespace stom::sim {

class FlowOrders {
 public:
  explicit FlowOrders(const FlowConfig& config);

  /// All that the venue stamped up to that time has happened, but for a trade that has not been told.
  void advance(UnixNanos time);
  /// The next trade is this one; all that came before it has happened, it has not yet.
  void before_trade(Side resting, Price price, std::int64_t quantity);
  /// A trade was told that the market does not have: from there on nothing here is true.
  bool lost() const { return lost_; }

  /// The number of the order that came last.
  OrderNumber newest() const { return newest_; }
  /// What rests at that price of orders numbered up to `number`.
  std::int64_t ahead(Side side, Price price, OrderNumber number) const;

 private:
  const FlowEvent* next();
  void apply(const FlowEvent& event);

  std::vector<FlowEvent> events_;  // written by flow_; before it, as it writes from the start
  std::size_t at_ = 0;
  OrderFlow flow_;
  MessageBatch batch_;
  bool more_ = true;
  bool told_ = false;  // the next event is a trade that was told
  bool lost_ = false;
  OrderNumber newest_ = 0;
  // By price: the orders there, by number.
  std::map<std::int64_t, std::map<OrderNumber, std::int64_t>> levels_[2];
};

}  // namespace stom::sim
