// Bars out of trades, or out of shorter bars: one builder makes one series of one instrument. A pure function of what
// it is given; the rules, with examples, are in docs/bars.md.
#pragma once

#include <span>
#include <vector>

#include "model/bar_spec.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"

namespace stom {

class BarBuilder {
 public:
  BarBuilder(const BarSpec& spec, const Instrument& instrument);

  /// One trade. Returns the bars that it ended, oldest first, valid until the next call. A time bar that should have
  /// ended before `time` ends here, should nobody have asked for it by end().
  std::span<const Bar> add(UnixNanos time, Price price, Quantity quantity);
  /// A finished bar of `span`, for bars by time that are a whole number of such; it must lie within one of them. The
  /// same is returned, with the bar that ends where this one does.
  std::span<const Bar> add(const Bar& part, DurationNanos span);
  /// When the clock ends the open bar; kNever where there is none, or only trades end it.
  UnixNanos end() const { return end_; }
  /// The open bar, which the clock has ended.
  Bar finish();

 private:
  void open_bar(UnixNanos time, Price price);
  void take(Price price, Quantity quantity);
  bool full() const;
  void add_renko(UnixNanos time, Price price, Quantity quantity);
  void lay_brick(UnixNanos time, Price open, Price close);

  BarSpec spec_;
  const Instrument& instrument_;
  Bar bar_;
  bool open_ = false;
  UnixNanos end_ = kNever;
  std::int64_t trades_ = 0;         // in the open bar
  Int128 sum_ = 0;                  // Volume, Value: of the open bar, in units of full_at_
  Int128 full_at_ = 0;              // Volume, Value: the sum that ends a bar
  Price span_{};                    // Range: of the open bar. Renko: of a brick
  Price low_edge_{}, high_edge_{};  // Renko: of the last brick
  bool has_edges_ = false;
  std::vector<Bar> finished_;
};

}  // namespace stom
