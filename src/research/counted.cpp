#include "research/counted.hpp"

#include <algorithm>

namespace stom {

CountedPart::CountedPart(const RunResult& whole) {
  if (!whole.trading_start_equity) {
    whole_ = &whole;
    return;
  }
  part_ = whole;
  const UnixNanos start = whole.trading_start;
  const auto earlier = [start](const EquityPoint& p) { return p.time < start; };
  for (auto* curve : {&part_.equity, &part_.pessimistic, &part_.optimistic}) std::erase_if(*curve, earlier);
  std::erase_if(part_.fills, [start](const Fill& f) { return f.time < start; });
  std::erase_if(part_.trades, [start](const Trade& t) { return t.entry_time < start; });
  part_.initial_equity = *whole.trading_start_equity;
  part_.from = start;
  part_.trading_start_equity.reset();
}

std::vector<BandPoint> band_of(const RunResult& result) {
  std::vector<BandPoint> band;
  const auto &a = result.pessimistic, &b = result.optimistic, &own = result.equity;
  if (a.empty() || a.size() != b.size()) return band;
  band.reserve(a.size());
  std::size_t at = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    while (at + 1 < own.size() && own[at + 1].time <= a[i].time) ++at;
    BandPoint point{a[i].time, std::min(a[i].equity, b[i].equity), std::max(a[i].equity, b[i].equity)};
    if (!own.empty()) {
      point.least = std::min(point.least, own[at].equity);
      point.greatest = std::max(point.greatest, own[at].equity);
    }
    band.push_back(point);
  }
  return band;
}

}  // namespace stom
