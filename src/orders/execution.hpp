// An execution: one wish to trade a quantity that becomes many orders (docs/execution.md). A pure state machine: the
// time, the best prices, the trades and what is said of its orders come in, at most one wish at a time goes out.
//
// One of its orders (a child) is under way at a time. Until somebody says what became of it, it counts as under way:
// nothing is sent beside it, so nothing is doubled. Children are whole lots, never less than the plan's least, and
// their sum is the plan's quantity, never more. No allocation after it is made.
//
//   if (const ExecutionWish wish = execution.next(view); wish.kind == ExecutionWish::Kind::Submit)
//     execution.sent(context.submit(wish.order));
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "model/views.hpp"

namespace stom::orders {

enum class ExecutionKind : std::uint8_t {
  Twap,     // even parts in even times
  Vwap,     // parts by how much is usually traded in each of these times
  Pov,      // at most a share of what is traded
  Iceberg,  // a limit order of which little is shown
  Chase,    // at the best price of its side, and after it
};
std::string_view name_of(ExecutionKind kind);  // "twap"

struct ExecutionPlan {
  static constexpr int kMostSlices = 10'000;
  static constexpr std::int64_t kWhole = 1'000'000;  // of `share`

  ExecutionKind kind = ExecutionKind::Twap;
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  Quantity quantity{};     // of the whole
  Quantity least{};        // no child is smaller; 0: a lot
  Quantity shown{};        // no child that rests is larger; 0: whatever. Iceberg: needed
  Price limit = kNoPrice;  // no child trades at a worse price
  bool reduce_only = false;
  bool joins = false;           // Twap, Vwap, Pov: children rest at the best price of their side. Else they take
  bool native = false;          // Iceberg: the venue shows the parts, where it can
  bool takes_the_rest = false;  // at the end what is left is bought or sold at once. Else it is left
  DurationNanos over = 0;       // from the begin to the end; 0: no end
  int slices = 1;               // Twap, Vwap
  std::vector<std::int64_t> weights{};          // Vwap: of the slices; empty: even
  std::int64_t share = 0;                       // Pov: millionths of what is traded, our own part of it included
  int follow = 1;                               // a child that rests follows a best price so many ticks away
  int moves = std::numeric_limits<int>::max();  // so often at most
};
/// What cannot be carried out, with the remedy.
Result<void> check(const ExecutionPlan& plan, const Instrument& instrument);

/// How much was traded in each minute of the last day, for Vwap: a plan's slices are weighed by the same time of the
/// day before.
class DayVolumes {
 public:
  /// Trades are heard from `since` on.
  explicit DayVolumes(UnixNanos since) : since_{since}, minutes_(kMinutes) {}
  void add(UnixNanos time, Quantity quantity);
  /// Empty, which is even, where that time was not heard from its begin, or nothing was traded in it.
  std::vector<std::int64_t> weights(UnixNanos begin, DurationNanos over, int slices) const;

 private:
  static constexpr std::size_t kMinutes =
      25 * 60;  // an hour more, so that today's do not take the place of what is asked
  struct Minute {
    std::int64_t number = -1;  // since 1970
    std::int64_t volume = 0;
  };
  std::int64_t volume_in(std::int64_t minute) const;

  UnixNanos since_;
  std::vector<Minute> minutes_;
};

struct ExecutionView {
  UnixNanos now = 0;
  Price bid = kNoPrice, ask = kNoPrice;  // kNoPrice where it is not known
  Quantity position{};
};

struct ExecutionWish {
  enum class Kind : std::uint8_t { Nothing, Submit, Cancel };
  Kind kind = Kind::Nothing;
  NewOrder order{};          // Submit
  ClientOrderId cancel = 0;  // Cancel
};

enum class ExecutionEnd : std::uint8_t {
  None,         // it goes on
  Filled,       // all of it
  Time,         // its time is over, and the rest is left
  TooSmall,     // what is left is less than the least
  Stopped,      // by stop()
  Refused,      // again and again: refusal() says why the last time
  NothingHeld,  // reduce-only, and there is nothing left to reduce
};
std::string_view name_of(ExecutionEnd end);  // "nothing_held"

class Execution {
 public:
  static constexpr DurationNanos kTryAgainAfter = kSecond;
  static constexpr int kMostRefusals = 5;  // one after another

  /// Checked before (check()). `instrument` must outlive it. Begins at `begin`.
  Execution(ExecutionPlan plan, const Instrument& instrument, UnixNanos begin);
  /// It goes on in another process: so much was filled before, and that order may still be under way (null: none).
  /// What is left is spread anew over the plan's whole time. Fills on its side that no order of its own explains are of
  /// before, too: only for who has no others there.
  void resume(Quantity done_before, const WorkingOrder* child);

  /// What to do now. To be asked whenever something may have changed.
  ExecutionWish next(const ExecutionView& view);
  /// The order wished for has this id.
  void sent(ClientOrderId id);
  /// What became of an order; others than its own are passed over.
  void told(const OrderEvent& event, UnixNanos now);
  /// A public trade in its instrument.
  void traded(Quantity quantity) {
    if (end_ == ExecutionEnd::None) volume_ += quantity.value;
  }
  /// Nothing more is sent, and what waits is taken back.
  void stop() { stopping_ = true; }

  bool is_stopping() const { return stopping_ && !is_over(); }

  const ExecutionPlan& plan() const { return plan_; }
  UnixNanos began() const { return begin_; }
  ExecutionEnd end() const { return end_; }
  bool is_over() const { return end_ != ExecutionEnd::None; }
  Quantity filled() const { return filled_; }
  Quantity left() const { return plan_.quantity - filled_; }
  /// What may still be filled of the child under way.
  Quantity under_way() const { return child_.id == 0 && !sending_ ? Quantity{} : child_.quantity - child_.filled; }
  /// The order under way; 0: there is none.
  ClientOrderId child() const { return child_.id; }
  int children() const { return children_; }
  int moved() const { return moved_; }
  RejectReason refusal() const { return refusal_; }
  /// Price x quantity of the fills heard of, and their quantity: the average price is the one by the other.
  Int128 traded_value() const { return value_; }
  std::int64_t traded_quantity() const { return value_of_; }

 private:
  struct Child {
    ClientOrderId id = 0;
    Price price{};
    bool rests = false, accepted = false, cancel_asked = false;
    int slice = 0;
    Quantity quantity{};
    Quantity heard{};   // the sum of its fills
    Quantity filled{};  // the same, or more where the venue says that less is left
  };

  bool has_ended(UnixNanos now) const { return crosses_ || (plan_.over > 0 && now - begin_ >= plan_.over); }
  bool is_sliced() const { return plan_.kind == ExecutionKind::Twap || plan_.kind == ExecutionKind::Vwap; }
  int slice_at(UnixNanos now) const;
  /// So much may have been sent by now that has not been filled.
  std::int64_t due(UnixNanos now) const;
  std::int64_t piece(std::int64_t wanted, std::int64_t open, bool resting) const;
  Price own_best(const ExecutionView& view) const { return plan_.side == Side::Buy ? view.bid : view.ask; }
  Price other_best(const ExecutionView& view) const { return plan_.side == Side::Buy ? view.ask : view.bid; }
  /// Whether the one is better for us than the other, and by how much.
  std::int64_t better(Price one, Price other) const { return sign_of(plan_.side) * (other.value - one.value); }
  Price resting_price(const ExecutionView& view) const;
  bool follows() const {
    return plan_.kind == ExecutionKind::Chase || (plan_.joins && plan_.kind != ExecutionKind::Iceberg);
  }
  bool rests(UnixNanos now) const { return (plan_.kind == ExecutionKind::Iceberg || follows()) && !has_ended(now); }
  bool is_to_go(const ExecutionView& view);
  ExecutionWish submit(const ExecutionView& view, Quantity quantity);
  ExecutionWish finish(ExecutionEnd why);
  void fill(Child& child, const OrderEvent& event, Quantity said);
  void close(RejectReason refused, UnixNanos now);

  ExecutionPlan plan_;
  const Instrument& instrument_;
  UnixNanos begin_;
  std::int64_t least_;
  std::vector<std::int64_t> sums_;  // of the weights, until each slice; empty: even
  Quantity before_{};               // filled by an earlier process
  Quantity filled_{};
  Child child_;
  bool sending_ = false;            // between a wish and sent()
  std::array<Child, 16> former_{};  // over, as far as we know: a fill may still come late
  std::size_t next_former_ = 0;
  Price fixed_ = kNoPrice;  // Iceberg: its price
  UnixNanos wait_until_ = kNoTime;
  Int128 volume_ = 0;
  Int128 value_ = 0;
  std::int64_t value_of_ = 0;
  int children_ = 0, moved_ = 0, refusals_ = 0;
  RejectReason refusal_ = RejectReason::None;
  bool stopping_ = false, crosses_ = false, resumed_ = false;
  ExecutionEnd end_ = ExecutionEnd::None;
};

}  // namespace stom::orders
