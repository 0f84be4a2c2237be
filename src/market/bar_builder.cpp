#include "market/bar_builder.hpp"

#include <algorithm>
#include <utility>

#include "core/assert.hpp"

namespace stom {

BarBuilder::BarBuilder(const BarSpec& spec, const Instrument& instrument) : spec_{spec}, instrument_{instrument} {
  STOM_ASSERT(spec.size > 0);
  if (spec.kind == BarKind::Volume) {
    full_at_ = Int128{spec.size} * power_of_ten(instrument.quantity_decimals);
  } else if (spec.kind == BarKind::Value) {
    const bool inverse = instrument.kind == ContractKind::Inverse;
    full_at_ = Int128{spec.size} * power_of_ten(instrument.quantity_decimals) *
               power_of_ten(inverse ? 0 : instrument.price_decimals);
  }
  finished_.reserve(16);
}

void BarBuilder::open_bar(UnixNanos time, Price price) {
  open_ = true;
  bar_ = {time, price, price, price, price, {}};
  trades_ = 0;
  sum_ = 0;
  if (spec_.kind == BarKind::Time) {
    bar_.time = start_of_interval(time, spec_.size);
    end_ = bar_.time + spec_.size;
  } else if (spec_.kind == BarKind::Range) {
    span_ = {spec_.size * instrument_.tick_at(price).value};
  }
}

void BarBuilder::take(Price price, Quantity quantity) {
  bar_.high = std::max(bar_.high, price);
  bar_.low = std::min(bar_.low, price);
  bar_.close = price;
  bar_.volume += quantity;
  ++trades_;
  if (spec_.kind == BarKind::Volume) {
    sum_ += Int128{quantity.value} * power_of_ten(kBarSizeDecimals);
  } else if (spec_.kind == BarKind::Value) {
    const std::int64_t each = instrument_.kind == ContractKind::Inverse ? 1 : price.value;
    sum_ += Int128{quantity.value} * each * instrument_.contract_size * power_of_ten(kBarSizeDecimals);
  }
}

bool BarBuilder::full() const {
  switch (spec_.kind) {
    case BarKind::Tick:
      return trades_ >= spec_.size;
    case BarKind::Volume:
    case BarKind::Value:
      return sum_ >= full_at_;
    case BarKind::Range:
      return bar_.high - bar_.low >= span_;
    case BarKind::Time:
    case BarKind::Renko:
      return false;
  }
  return false;
}

std::span<const Bar> BarBuilder::add(UnixNanos time, Price price, Quantity quantity) {
  finished_.clear();
  if (spec_.kind == BarKind::Renko) {
    add_renko(time, price, quantity);
    return finished_;
  }
  if (time >= end_) finished_.push_back(finish());
  if (!open_) open_bar(time, price);
  take(price, quantity);
  if (full()) finished_.push_back(finish());
  return finished_;
}

std::span<const Bar> BarBuilder::add(const Bar& part, DurationNanos span) {
  STOM_ASSERT(spec_.kind == BarKind::Time);
  finished_.clear();
  if (part.time >= end_) finished_.push_back(finish());
  if (!open_) open_bar(part.time, part.open);
  bar_.high = std::max(bar_.high, part.high);
  bar_.low = std::min(bar_.low, part.low);
  bar_.close = part.close;
  bar_.volume += part.volume;
  if (part.time + span >= end_) finished_.push_back(finish());
  return finished_;
}

Bar BarBuilder::finish() {
  STOM_ASSERT(open_);
  open_ = false;
  end_ = kNever;
  return bar_;
}

void BarBuilder::add_renko(UnixNanos time, Price price, Quantity quantity) {
  if (!has_edges_) {
    has_edges_ = true;
    span_ = {spec_.size * instrument_.tick_at(price).value};
    low_edge_ = high_edge_ = price;
  }
  if (!open_) open_bar(time, price);
  bar_.volume += quantity;
  while (price >= high_edge_ + span_) lay_brick(time, high_edge_, high_edge_ + span_);
  while (price <= low_edge_ - span_) lay_brick(time, low_edge_, low_edge_ - span_);
}

void BarBuilder::lay_brick(UnixNanos time, Price open, Price close) {
  low_edge_ = std::min(open, close);
  high_edge_ = std::max(open, close);
  if (!open_) open_bar(time, close);
  bar_.open = open;
  bar_.close = close;
  bar_.low = low_edge_;
  bar_.high = high_edge_;
  finished_.push_back(finish());
}

}  // namespace stom
