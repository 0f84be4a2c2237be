// execute: buys or sells one quantity in many orders, as an execution says (docs/execution.md), and decides nothing
// else. docs/strategies/execute.md
#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "strategies/execution_orders.hpp"
#include "strategies/registry.hpp"

namespace stom {
namespace {

using orders::ExecutionKind;
using orders::ExecutionPlan;

/// "1,2,3"; nothing where it is not that.
std::optional<std::vector<std::int64_t>> read_weights(std::string_view text) {
  std::vector<std::int64_t> all;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const auto weight = parse_decimal(text.substr(at, end - at), 0);
    if (!weight || *weight < 0) return std::nullopt;
    all.push_back(*weight);
    at = end + 1;
  }
  return all;
}

bool is_above_nothing(std::string_view decimal) {
  return !decimal.starts_with('-') && decimal.find_first_of("123456789") != decimal.npos;
}

class Execute final : public Strategy {
 public:
  explicit Execute(Parameters& p) {
    plan_.kind = static_cast<ExecutionKind>(
        p.choice("kind", "twap", "twap|vwap|pov|iceberg|chase", "how the quantity becomes orders"));
    plan_.side = p.choice("side", "buy", "buy|sell", "what is to be done") == 0 ? Side::Buy : Side::Sell;
    quantity_ = p.decimal("quantity", "0", "how much in all, in whole lots; needed");
    after_ = p.duration("after", "100ms", "it begins so long after the start");
    plan_.over = p.duration("over", "10m", "it ends so long after it began");
    plan_.takes_the_rest =
        p.choice("rest", "left", "left|market", "what is not done at the end is left, or bought or sold at once") == 1;
    plan_.slices =
        static_cast<int>(p.integer("slices", 10, 1, ExecutionPlan::kMostSlices, "twap, vwap: so many parts"));
    const std::string weights =
        p.text("weights", "", "vwap: of the parts, such as 3,1,2; else by the same time of the day before, or even");
    const std::string share = p.decimal("share", "10", "pov: at most so many per cent of what is traded");
    plan_.joins = p.choice("children", "market", "market|join",
                           "twap, vwap, pov: taken at once, or they wait at the best price of their side") == 1;
    shown_ = p.decimal("shown", "0", "an order that waits is no larger; iceberg: needed");
    plan_.native = p.flag("native", false, "iceberg: the venue shows the parts, where it can");
    limit_ = p.decimal("limit", "0", "no worse price than that; 0: any");
    plan_.follow = static_cast<int>(
        p.integer("follow", 1, 1, 1'000'000, "an order that waits follows a price so many ticks away"));
    plan_.moves = static_cast<int>(p.integer("moves", 1'000'000, 0, 1'000'000'000, "so often at most"));
    least_ = p.decimal("least", "0", "no order is smaller; 0: a lot");
    plan_.reduce_only = p.flag("reduce_only", false, "only what reduces the position");
    interval_ = p.duration("interval", "100ms", "time between decisions");

    // The first refusal is what the user reads.
    const auto read = read_weights(weights);
    if (!read) p.refuse("weights", "are no whole numbers from 0 on with a comma between them");
    if (plan_.kind != ExecutionKind::Vwap && !weights.empty())
      p.refuse("weights", "are of kind=vwap, and would do nothing");
    if (read && !read->empty()) {
      plan_.weights = *read;
      plan_.slices = static_cast<int>(read->size());
    }
    const auto millionths = parse_decimal(share, 4);
    if (!millionths || *millionths <= 0 || *millionths > ExecutionPlan::kWhole)
      p.refuse("share", "is not above 0 and up to 100 per cent, with at most 4 decimals");
    plan_.share = millionths.value_or(0);
    if (!is_above_nothing(quantity_)) p.refuse("quantity", "is needed: how much in all, such as 0.5");
    if (plan_.kind == ExecutionKind::Iceberg && !is_above_nothing(shown_))
      p.refuse("shown", "is needed: how much of an iceberg is shown, such as 0.01");
  }

  void on_start(Context& context) override {
    context.every(interval_);
    const bool needs_trades = plan_.kind == ExecutionKind::Pov || is_weighed_by_the_day();
    if (needs_trades) context.subscribe_trades(0);
    if (is_weighed_by_the_day()) volumes_.emplace(context.now());
    begins_ = context.now() + after_;
    if (!read_amounts(context)) {
      begun_ = true;  // said why: nothing more is done
      return;
    }
    const auto resumed = execution_.resume(context, plan_);
    begun_ = !resumed || *resumed;
    if (!resumed) say_refused(context, resumed.error());
    if (begun_) volumes_.reset();
  }

  void on_timer(Context& context) override {
    if (!begun_ && context.now() >= begins_) {
      begun_ = true;
      if (is_weighed_by_the_day()) plan_.weights = volumes_->weights(context.now(), plan_.over, plan_.slices);
      if (volumes_ && plan_.weights.empty())
        context.log("execution: the same time of the day before was not heard, or nothing was traded: even parts");
      volumes_.reset();
      if (auto done = execution_.begin(context, plan_); !done) say_refused(context, done.error());
    }
    execution_.step(context);
  }

  void on_trade(Context& context, const TradeTick& trade) override {
    if (volumes_) volumes_->add(trade.time, trade.quantity);
    execution_.on_trade(context, trade);
  }

  void on_order(Context& context, const OrderEvent& event) override { execution_.on_order(context, event); }

  void each_execution(const std::function<void(ExecutionOrders&)>& show) override {
    if (execution_.execution() != nullptr) show(execution_);
  }

 private:
  bool is_weighed_by_the_day() const { return plan_.kind == ExecutionKind::Vwap && plan_.weights.empty(); }

  static void say_refused(Context& context, const Error& error) {
    context.log("execution: not begun: " + error.message + (error.hint.empty() ? "" : ": " + error.hint));
  }

  /// What needs the instrument's decimals, lot and ticks. A limit between two ticks is taken as the one that is no
  /// worse; what is no whole lot of the quantity is not done.
  bool read_amounts(Context& context) {
    const Instrument& instrument = context.instrument(0);
    const auto read = [&](std::string_view name, const std::string& text, int decimals, std::int64_t& out) {
      const auto value = parse_decimal(text, decimals);
      if (!value)
        say_refused(context,
                    {value.error().code, std::string{name} + ": " + value.error().message, value.error().hint});
      if (value) out = *value;
      return value.has_value();
    };
    std::int64_t limit = 0;
    if (!read("quantity", quantity_, instrument.quantity_decimals, plan_.quantity.value) ||
        !read("shown", shown_, instrument.quantity_decimals, plan_.shown.value) ||
        !read("least", least_, instrument.quantity_decimals, plan_.least.value) ||
        !read("limit", limit_, instrument.price_decimals, limit))
      return false;
    if (const std::int64_t beyond = plan_.quantity.value % instrument.lot.value; beyond != 0) {
      plan_.quantity.value -= beyond;
      context.log("execution: " + format_decimal(beyond, instrument.quantity_decimals) +
                  " of the quantity is less than a lot, and is left out");
    }
    if (limit == 0) return true;
    const std::int64_t tick = instrument.tick_at({limit}).value, above = limit % tick;
    plan_.limit = {above == 0 ? limit : plan_.side == Side::Buy ? limit - above : limit - above + tick};
    return true;
  }

  ExecutionPlan plan_;
  std::string quantity_, shown_, limit_, least_;
  DurationNanos after_, interval_;
  UnixNanos begins_ = 0;
  bool begun_ = false;
  std::optional<orders::DayVolumes> volumes_;  // until it begins
  ExecutionOrders execution_;
};

}  // namespace

STOM_STRATEGY(execute, Execute, "one quantity in many orders: TWAP, VWAP, share of volume, iceberg, chasing limit")

}  // namespace stom
