// momentum_rotation: every `every` bars, holds the `top` instruments that rose most over `lookback` bars, each of the
// same size, and nothing that fell. docs/strategies/momentum_rotation.md
#include <algorithm>
#include <vector>

#include "indicators/momentum.hpp"
#include "strategies/registry.hpp"
#include "strategies/target.hpp"

namespace stom {
namespace {

class MomentumRotation final : public Strategy {
 public:
  explicit MomentumRotation(Parameters& p)
      : lookback_{static_cast<int>(p.integer("lookback", 20, 1, 10'000, "bars over which the rise is measured"))},
        every_{p.integer("every", 5, 1, 10'000, "bars between two rotations")},
        top_{static_cast<std::size_t>(p.integer("top", 1, 1, 1000, "instruments to hold"))},
        bar_{p.bars("bar", "1d", "which bars, by time")},
        size_{p, Sides::LongOnly, "cash", "1000"} {
    p.needs_instruments(2);
  }

  void on_start(Context& context) override {
    for (InstrumentIndex i = 0; i < context.instruments(); ++i) {
      candidates_.push_back({i, Momentum{lookback_}, size_.in(i), {}});
      context.subscribe_bars(i, bar_);
    }
  }

  void on_bar(Context& context, const BarEvent& bar) override {
    Candidate& candidate = candidates_[bar.instrument];
    candidate.momentum.update(bar.close);
    candidate.last = bar;
    const bool all_here = std::ranges::all_of(candidates_, [&](const Candidate& c) { return c.last.end == bar.end; });
    if (!all_here || !std::ranges::all_of(candidates_, [](const Candidate& c) { return c.momentum.ready(); })) return;
    if (bars_++ % every_ == 0) rotate(context);
  }

 private:
  struct Candidate {
    InstrumentIndex index;
    Momentum momentum;
    PositionSize size;
    BarEvent last;
  };

  void rotate(Context& context) {
    std::vector<const Candidate*> ranked;
    for (const Candidate& c : candidates_)
      if (c.momentum.percent() > 0) ranked.push_back(&c);
    // Equal risers rank in the order in which the instruments were named.
    std::ranges::stable_sort(ranked, std::greater{}, [](const Candidate* c) { return c->momentum.percent(); });
    ranked.resize(std::min(ranked.size(), top_));
    const auto chosen = [&](const Candidate& c) { return std::ranges::find(ranked, &c) != ranked.end(); };
    for (Candidate& c : candidates_)  // sales first: they free the cash for the purchases
      if (!chosen(c)) c.size.go(context, 0, "rotated out");
    for (Candidate& c : candidates_)
      if (chosen(c)) c.size.go(context, 1, "bought", c.last.bar.close);
  }

  int lookback_;
  std::int64_t every_;
  std::size_t top_;
  BarSpec bar_;
  PositionSize size_;
  std::vector<Candidate> candidates_;
  std::int64_t bars_ = 0;
};

}  // namespace

STOM_STRATEGY(momentum_rotation, MomentumRotation, "holds the instruments that rose most")

}  // namespace stom
