// Which exponent of the queue models power:N puts a run's resting orders where its fills say that they stood: first
// among all exponents, then, closer, among those that are left.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "research/calibration.hpp"
#include "research/order_fates.hpp"

namespace stom::research {

class QueueSearch {
 public:
  /// Orders that fill within `tolerance` of when they did have filled then. `fates` must outlive it.
  QueueSearch(std::span<const OrderFate> fates, DurationNanos tolerance);

  static constexpr int kPasses = 2;
  /// For the next trial of the orders.
  std::vector<sim::QueueModel> models() const;
  void read(const OrderTrial& trial);

  /// Orders that rested, the market known all the while, and how many of them were filled.
  std::size_t rested() const { return orders_.size(); }
  std::size_t filled() const;
  /// Orders for which exponents make a difference.
  std::size_t telling() const { return bounds_.size(); }
  /// Orders that no exponent fills when they were: they say nothing of it, but that this is no such queue.
  std::size_t unexplained() const { return unexplained_; }
  const ExponentFit& fit() const { return fit_; }
  /// Of the telling orders, those that a model without an exponent fills when they were.
  struct Other {
    sim::QueueModel model;
    std::size_t consistent;
  };
  const std::vector<Other>& others() const { return others_; }

  /// Orders whose price was traded at, or through, and how many of them were filled.
  struct Reached {
    std::size_t orders = 0, filled = 0;
    std::size_t by_model = 0;  // filled by the fitted exponent
  };
  const Reached& at() const { return at_; }
  const Reached& through() const { return through_; }

 private:
  struct Order {
    std::size_t fate;
    ExponentBounds bounds;
    bool known = true;  // it rested in the trial, too, and a greater exponent never filled it earlier
    bool explained = false;
    std::vector<bool> others;
  };
  enum class Verdict : std::uint8_t { Early, Same, Late };
  std::optional<Verdict> verdict(const OrderFate& fate, const OrderTrial::Outcome& outcome) const;

  std::span<const OrderFate> fates_;
  DurationNanos tolerance_;
  std::vector<Order> orders_;
  int pass_ = 0;
  std::vector<ExponentBounds> bounds_;
  std::size_t unexplained_ = 0;
  ExponentFit fit_;
  std::vector<Other> others_;
  Reached at_, through_;
};

}  // namespace stom::research
