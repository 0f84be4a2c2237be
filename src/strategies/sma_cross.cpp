// sma_cross: long while a fast average stands above a slow one; short, or flat, while below.
// docs/strategies/sma_cross.md
#include <algorithm>
#include <span>
#include <vector>

#include "core/decimal.hpp"
#include "strategies/registry.hpp"

namespace stom {
namespace {

/// Sum of the last n closes, in integers: exact. Two averages compare as their sums do, each times the other's n: so
/// they are equal exactly when they are equal, and nothing is divided.
class ExactSum final : public SharedIndicator {
 public:
  explicit ExactSum(std::size_t n) : window_(n, 0), at_{window_.data()}, end_{at_ + n} {}
  void update(const BarEvent& bar) override {
    const std::int64_t close = bar.bar.close.value;
    const std::int64_t sum = sum_ + (close - *at_);
    value = static_cast<double>(sum);
    sum_ = sum;
    *at_ = close;
    if (++at_ == end_) [[unlikely]] {
      at_ = window_.data();
      ready = true;
    }
  }
  bool update_many(std::span<const Bar> bars, double* values) override {
    std::int64_t sum = sum_;
    for (std::size_t i = 0; i < bars.size();) {
      // Up to the end of the window at once: nothing to ask on the way.
      const auto stop = std::min(bars.size(), i + static_cast<std::size_t>(end_ - at_));
      std::int64_t* at = at_;
      for (; i < stop; ++i, ++at) {
        const std::int64_t close = bars[i].close.value;
        sum += close - *at;
        *at = close;
        values[i] = static_cast<double>(sum);
      }
      at_ = at == end_ ? window_.data() : at;
    }
    sum_ = sum;
    return true;
  }

 private:
  std::vector<std::int64_t> window_;
  std::int64_t *at_, *end_;  // the oldest close in the window; its end
  std::int64_t sum_ = 0;
};

/// Mean of the last n closes as the difference of a running sum in doubles from the first bar on (vectorbt's).
class RunningSma final : public SharedIndicator {
 public:
  explicit RunningSma(std::size_t n) : past_(n, 0.0) {}
  void update(const BarEvent& bar) override {
    sum_ += bar.close;
    ++count_;
    const double before = past_[at_];
    past_[at_] = sum_;
    if (++at_ == past_.size()) at_ = 0;
    ready = count_ >= past_.size();
    value = (count_ == past_.size() ? sum_ : sum_ - before) / static_cast<double>(past_.size());
  }

 private:
  std::vector<double> past_;  // the running sum at each of the last n bars
  std::size_t at_ = 0, count_ = 0;
  double sum_ = 0;
};

/// When one line crosses above another. Strict: below on the bar before and above on this one. Stateful: above on this
/// bar, not above on the bar before, and below at some time since both lines were known (docs/strategies/sma_cross.md
/// has the consequences).
class CrossAbove {
 public:
  explicit CrossAbove(bool strict) : strict_{strict} {}
  /// relation: of the one to the other on this bar; 1 above, 0 equal, -1 below.
  bool update(int relation) {
    const bool above = relation > 0, below = relation < 0;
    const bool crossed = above && (strict_ ? before_below_ : was_below_ && !before_above_);
    was_below_ = was_below_ || below;
    before_below_ = below;
    before_above_ = above && was_below_;
    return crossed;
  }

 private:
  bool strict_;
  bool was_below_ = false, before_below_ = false, before_above_ = false;
};

class SmaCross final : public Strategy {
 public:
  explicit SmaCross(Parameters& p)
      : preset_{p.choice("preset", "none", "none|backtesting_py|vectorbt",
                         "conventions of a peer, to reproduce its results")},
        fast_n_{p.integer("fast", 10, 1, 1'000'000, "fast average, in bars")},
        slow_n_{p.integer("slow", 30, 1, 1'000'000, "slow average, in bars")},
        strict_{p.choice("cross", preset_ == kVectorbt ? "stateful" : "strict", "strict|stateful",
                         "what counts as a cross") == 0},
        long_only_{p.choice("direction", preset_ == kVectorbt ? "long" : "both", "both|long",
                            "short while below, or flat") == 1},
        fill_{p.choice("fill", preset_ == kVectorbt ? "close" : "next_open", "next_open|close",
                       "where orders fill on bars") == 0
                  ? BarFill::NextOpen
                  : BarFill::ThisClose},
        by_fraction_{p.choice("size", "fraction", "units|fraction",
                              "what quantity counts: units, or a share of free cash") == 1},
        quantity_{p.decimal("quantity", "1", "units, or the share of free cash (1 = all)")},
        stop_loss_{p.decimal("sl", "0", "stop, as a share of the close at the signal; 0 = none")},
        take_profit_{p.decimal("tp", "0", "target, as a share of the close at the signal; 0 = none")},
        exclusive_{p.flag("exclusive", true, "an entry first closes what is open")},
        bar_{p.bars("bar", "1m", "which bars")} {
    constexpr std::int64_t kWhole = power_of_ten(9);
    if (const auto stop = parse_decimal(stop_loss_, 9); stop && (*stop < 0 || *stop >= kWhole))
      p.refuse("sl", "a share from 0 to below 1");
    if (const auto target = parse_decimal(take_profit_, 9); target && *target < 0) p.refuse("tp", "not below 0");
  }

  void on_start(Context& context) override {
    const std::uint32_t series = context.subscribe_bars(0, bar_);
    const auto average = [&](std::int64_t n) {
      const auto size = static_cast<std::size_t>(n);
      return preset_ == kVectorbt ? &context.shared(series, "sma.running." + std::to_string(n),
                                                    [size] { return std::make_unique<RunningSma>(size); })
                                  : &context.shared(series, "sum.exact." + std::to_string(n),
                                                    [size] { return std::make_unique<ExactSum>(size); });
    };
    fast_ = average(fast_n_);
    slow_ = average(slow_n_);
    fast_weight_ = preset_ == kVectorbt ? 1 : static_cast<double>(slow_n_);
    slow_weight_ = preset_ == kVectorbt ? 1 : static_cast<double>(fast_n_);
    above_ = CrossAbove{strict_};
    below_ = CrossAbove{strict_};
    const Instrument& instrument = context.instrument(0);
    const std::int64_t lot = by_fraction_ ? 1 : instrument.lot.value;
    wanted_ = {parse_decimal(quantity_, by_fraction_ ? 9 : instrument.quantity_decimals).value_or(0) / lot * lot};
    stop_share_ = parse_decimal(stop_loss_, 9).value_or(0);
    target_share_ = parse_decimal(take_profit_, 9).value_or(0);
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    // While neither line passes the other, nothing below changes: most bars end here.
    const double fast = fast_->value * fast_weight_, slow = slow_->value * slow_weight_;
    const int relation = (fast > slow) - (fast < slow);
    if (relation == relation_ || !fast_->ready || !slow_->ready) return;
    relation_ = relation;
    on_change(context, bar);
  }

  std::size_t uneventful_bars(std::uint32_t, std::size_t n) const override {
    const double *const fast = fast_->ahead, *const slow = slow_->ahead;
    const auto first_where = [&](auto changes) {
      constexpr std::size_t kAtOnce = 8;  // without a branch between them
      std::size_t i = 0;
      for (bool none = true; i + kAtOnce <= n; i += kAtOnce) {
        for (std::size_t k = i; k < i + kAtOnce; ++k) none &= !changes(fast[k] * fast_weight_, slow[k] * slow_weight_);
        if (!none) break;
      }
      while (i < n && !changes(fast[i] * fast_weight_, slow[i] * slow_weight_)) ++i;
      return i;
    };
    if (relation_ == kUnknown) return 0;
    if (relation_ > 0) return first_where([](double f, double s) { return !(f > s); });
    if (relation_ < 0) return first_where([](double f, double s) { return !(f < s); });
    return first_where([](double f, double s) { return f != s; });
  }

 private:
  static constexpr std::size_t kBacktestingPy = 1, kVectorbt = 2;

  [[gnu::noinline]] void on_change(Context& context, const BarEvent& bar) {
    const bool crossed_above = above_.update(relation_);
    const bool crossed_below = below_.update(-relation_);
    if (crossed_above) {
      go(context, bar, Side::Buy);
    } else if (crossed_below) {
      go(context, bar, Side::Sell);
    }
  }

  void go(Context& context, const BarEvent& bar, Side side) {
    const std::int64_t position = context.position(0).value;
    const bool against = position * sign_of(side) < 0;
    const bool already_there = position * sign_of(side) > 0;
    // After a bar on which the averages were equal a strict cross can come twice on one side; the peer then closes and
    // enters again.
    const bool again = already_there && exclusive_ && preset_ == kBacktestingPy;
    if (again || (against && (exclusive_ || long_only_))) {
      const Side closing = position > 0 ? Side::Sell : Side::Buy;
      context.submit({.side = closing, .type = OrderType::Market, .size_by = SizeBy::Position, .bar_fill = fill_});
    }
    if ((already_there && !again) || (long_only_ && side == Side::Sell)) return;
    NewOrder entry{.side = side, .type = OrderType::Market, .bar_fill = fill_};
    if (by_fraction_) {
      entry.size_by = SizeBy::CashFraction;
    }
    entry.quantity = wanted_;
    entry.stop_loss = away(bar, -sign_of(side), stop_share_);
    entry.take_profit = away(bar, sign_of(side), target_share_);
    context.submit(entry);
  }

  /// close x (1 + sign x share), to the nearest price; 0 where there is no share. `share` in 10^-9.
  static Price away(const BarEvent& bar, int sign, std::int64_t share) {
    if (share == 0) return {};
    const Int128 unit = power_of_ten(9);
    return {static_cast<std::int64_t>(divide(bar.bar.close.value * (unit + sign * share), unit, Rounding::HalfEven))};
  }

  // What every bar needs stands first, in one cache line: a sweep has a thousand of these.
  const SharedIndicator* fast_ = nullptr;
  const SharedIndicator* slow_ = nullptr;
  double fast_weight_ = 1, slow_weight_ = 1;  // by which the two compare
  static constexpr int kUnknown = 2;
  int relation_ = kUnknown;  // of the fast line to the slow one, on the last bar that both were known: -1, 0, 1
  CrossAbove above_{true}, below_{true};
  Quantity wanted_{};                               // lots, or 10^-9 of free cash
  std::int64_t stop_share_ = 0, target_share_ = 0;  // 10^-9 of the close
  std::size_t preset_;
  std::int64_t fast_n_, slow_n_;
  bool strict_, long_only_;
  BarFill fill_;
  bool by_fraction_;
  std::string quantity_, stop_loss_, take_profit_;
  bool exclusive_;
  BarSpec bar_;
};

}  // namespace

STOM_STRATEGY(sma_cross, SmaCross, "long while a fast average stands above a slow one, short or flat below")

}  // namespace stom
