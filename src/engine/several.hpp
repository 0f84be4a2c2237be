// Several strategies on one account, as one strategy (docs/several-strategies.md): it owns the others, and hands on to
// each what that one asked for. Each sees a Context of its own: its instruments, counted from 0, its orders, under
// numbers of its own, its position, and its share of the cash. What it wishes is the run's wish, under a number that
// says whose it is (orders/owner.hpp). So there is one run, one journal and one account, and what stands behind them
// works as for one strategy.
//
// What the session's own orders closed for a strategy that is told as a fill of no order (id 0), as what a person did
// is to a strategy alone. Fills that are nobody's, none of them is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/run.hpp"
#include "orders/owned_positions.hpp"
#include "strategies/strategy.hpp"

namespace stom {

class Several final : public Strategy {
 public:
  /// So much of the account's cash, without what fills have brought in or cost: those are of who made them.
  struct CashShare {
    std::int64_t part = 1, whole = 1;
  };
  struct Member {
    std::string name;
    std::unique_ptr<Strategy> strategy;
    std::vector<InstrumentIndex> instruments;  // of the run's
    CashShare cash;
  };

  /// At most orders::kMostStrategies of them. `instruments`: how many the run has.
  Several(std::vector<Member> members, std::size_t instruments);
  ~Several() override;

  /// For RunOptions::owned.
  orders::OwnedPositions& owned() { return owned_; }
  const orders::OwnedPositions& owned() const { return owned_; }
  /// Empty: it is none of these.
  std::string_view name_of(orders::Owner owner) const;
  std::optional<orders::Owner> owner_named(std::string_view name) const;
  /// In their order.
  std::vector<std::string> names() const;
  /// As that strategy sees it: its cash, and what it holds at the market's prices. From on_start() on.
  Money equity_of(orders::Owner owner) const;
  /// The run's index of what is that strategy's own.
  InstrumentIndex of_run(orders::Owner owner, InstrumentIndex own) const;
  /// As each_execution(), with whose it is and what it acts by.
  void each_execution_of(const std::function<void(orders::Owner, Context&, ExecutionOrders&)>& show);

  void on_start(Context& context) override;
  void on_book(Context& context, InstrumentIndex index) override;
  void on_trade(Context& context, const TradeTick& trade) override;
  void on_quote(Context& context, InstrumentIndex index, const Level& bid, const Level& ask) override;
  void on_watch(Context& context, InstrumentIndex index) override;
  void on_bar(Context& context, const BarEvent& bar) override;
  void on_row(Context& context, const RowEvent& row) override;
  void on_order(Context& context, const OrderEvent& event) override;
  void on_timer(Context& context) override;
  void on_stop(Context& context) override;
  void each_execution(const std::function<void(ExecutionOrders&)>& show) override;

 private:
  class Seat;
  struct Reader {
    Seat* seat;
    InstrumentIndex index;  // its own
  };
  using Readers = std::vector<std::vector<Reader>>;

  Seat* seat_of(orders::Owner owner) const;
  void set_timer();

  Run* run_ = nullptr;  // from on_start() on
  orders::OwnedPositions owned_;
  std::vector<std::unique_ptr<Seat>> seats_;
  Readers books_, trades_, quotes_, watches_;  // by the run's instruments
  Readers bars_, rows_;                        // by series
  bool starting_ = false;
};

}  // namespace stom
