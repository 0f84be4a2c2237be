#include "sim/generator/minute_bars.hpp"

#include <algorithm>

#include "sim/generator/draws.hpp"

namespace stom::sim {

void MinuteBars::add(UnixNanos time, Price price, Quantity quantity, std::vector<Bar>& out) {
  const UnixNanos minute = time - time % kMinute;
  if (!open_) open_ = Bar{minute, price, price, price, price, {0}};
  while (open_->time < minute) {
    const Price last = open_->close;
    out.push_back(*open_);
    open_ = Bar{open_->time + kMinute, last, last, last, last, {0}};
    if (open_->time == minute) open_->open = open_->high = open_->low = price;
  }
  open_->high = std::max(open_->high, price);
  open_->low = std::min(open_->low, price);
  open_->close = price;
  open_->volume += quantity;
}

void MinuteBars::finish(std::vector<Bar>& out) {
  if (open_) out.push_back(*open_);
  open_.reset();
}

Price append_history(const FlowConfig& config, int days, std::vector<Bar>& out) {
  constexpr DurationNanos kStep = 4 * kSecond;
  const std::uint64_t seed = Random{config.seed ^ static_cast<std::uint64_t>(config.start_price.value)}.next();
  EfficientPrice efficient{static_cast<double>(config.start_price.value), config.regime, days * kDay, seed};
  const Rungs rungs{config.instrument};
  Random random{seed + 1};
  MinuteBars bars;
  const std::int64_t lot = config.instrument.lot.value;
  for (UnixNanos t = config.start - days * kDay; t < config.start; t += kStep) {
    efficient.advance(kStep);
    const Price price = rungs.price(rungs.at_or_below(static_cast<std::int64_t>(efficient.value())));
    // What would have traded meanwhile: about a tenth of all actions, each of a drawn size.
    const double actions =
        config.actions_per_second * efficient.activity() * (static_cast<double>(kStep) / static_cast<double>(kSecond));
    const double traded = actions * 0.1 * exponential(random);
    const double quantity = traded * static_cast<double>(config.typical_quantity) * (1 + random.uniform());
    bars.add(t, price, {std::max<std::int64_t>(static_cast<std::int64_t>(quantity), lot) / lot * lot}, out);
  }
  bars.finish(out);
  return out.back().close;
}

}  // namespace stom::sim
