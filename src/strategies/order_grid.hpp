// STOM's order grid (docs/order-grid.md) as data: how a wish to buy or to sell becomes orders, and when it does not.
// Read from one TOML file; grid_orders.hpp acts by it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/instrument.hpp"
#include "model/order.hpp"
#include "orders/execution.hpp"
#include "strategies/target.hpp"

namespace stom {

enum class GridPrice : std::uint8_t { Last, Ask1, Bid1 };
enum class GridShares : std::uint8_t { Equal, Falling, Rising };
/// What five bands are made of.
enum class GridFactor : std::uint8_t {
  HighLow,  // high / low - 1 in %
  ChangeAngle,
  DayValueAngle,
  DayVolumeRatio,
  Turnover,
  SameTimeVolumeRatio
};

struct GridBands {
  GridFactor by = GridFactor::HighLow;
  std::array<double, 4> thresholds{};  // rising
  std::array<Amount, 5> factors{};     // below the first, from the first on, … from the fourth on
};
/// The factor that holds at that value.
Amount factor_at(const GridBands& bands, double value);

/// HHMMSS; `to` itself is outside. From a later to an earlier time is over midnight.
struct ClockSpan {
  std::uint32_t from = 0, to = 0;
  bool has(std::uint32_t clock) const { return from <= to ? from <= clock && clock < to : from <= clock || clock < to; }
};

/// How a part becomes many orders (docs/execution.md).
struct GridExecution {
  orders::ExecutionPlan plan;   // but instrument, side, quantity and limit, which are the part's, and what is shown
  std::optional<Amount> shown;  // per cent of the part
};

/// What entries and exits have in common. Prices and ticks are those of a long; for a short they are mirrored.
struct GridSide {
  OrderType type = OrderType::Market;
  TimeInForce time_in_force = TimeInForce::GTC;
  GridPrice price = GridPrice::Last;
  int ticks = 0;   // added to it
  int levels = 0;  // a market order takes no more than the first so many show; 0: whatever
  int parts = 1;
  GridShares shares = GridShares::Equal;
  bool by_signal = true;               // the next part
  std::optional<Amount> below, above;  // and by price, in %
  bool cancel_on_signal = false;       // of the other side
  DurationNanos cancel_after = 0;
  int amend_times = 0, amend_beyond = 0, amend_ticks = 0;
  int round_figure_ticks = 0;
  std::vector<ClockSpan> not_between;
  DurationNanos after_trade = 0;
  std::optional<GridExecution> execution;  // instead of one order
};

struct OrderGrid {
  struct Buy : GridSide {
    bool from_last_buy = true;  // `below` and `above` are of the last buy's price, not of the position's return
    bool at_first_price = false;
    std::optional<GridBands> weight;
    std::vector<std::string> black_list;
    std::optional<Amount> price_at_most;  // nothing is bought at that price or below
    int losses_a_day = 0, trades_a_day = 0;
    DurationNanos after_loss = 0;
    bool cancel_unwatched = false;  // what waits, as its instrument leaves the watch list
  } buy;
  struct Sell : GridSide {
    int after_parts = 0;
    bool cancel_watched = false;  // what waits, as its instrument comes onto the watch list
  } sell;
  struct Stop {
    std::optional<Amount> percent, money;
  } stop;
  struct Account {
    std::optional<Amount> bet;
    bool by_assets = false;
    int max_holdings = 0;
    bool check_cash = true;
    std::optional<Amount> day_loss, day_profit;
  } account;
  struct Futures {
    Amount leverage{1, 0};
    std::optional<GridBands> leverage_by;
    std::optional<Amount> forced_exit;  // at a return x leverage below that many per cent, as a loss
  } futures;
};

/// Errors name the line, and the nearest word where one is unknown.
Result<OrderGrid> read_order_grid(std::string_view text);

/// Of that many lots the k-th of n parts. All parts are the whole: until each part it is their sum rounded up.
std::int64_t lots_of_part(GridShares shares, int n, int k, std::int64_t lots);
/// `percent` of it, rounded half to even at 10^-18.
Money share_of(Money whole, Amount percent);
/// Up (above 0) or down so many ticks of the ladder; never below one tick.
Price step(const Instrument& instrument, Price price, int ticks);
/// Round figures are prices where the tick changes. At one, or up to so many ticks above it.
bool above_round_figure(const Instrument& instrument, Price price, int ticks);
/// Below one, by no more than so many ticks.
bool below_round_figure(const Instrument& instrument, Price price, int ticks);

}  // namespace stom
