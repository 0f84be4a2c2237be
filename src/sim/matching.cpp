#include "sim/matching.hpp"

#include "core/assert.hpp"

namespace stom::sim {

std::unique_ptr<Matching> make_matching(FillRules rules, const Instrument& instrument, InstrumentIndex index,
                                        const std::vector<RunModels>& runs, AnswerSink& sink) {
  switch (rules) {
    case FillRules::Stom:
      return make_stom_matching(instrument, index, runs, sink);
    case FillRules::Hftbacktest:
      return make_hftbacktest_matching(instrument, index, runs, sink);
    case FillRules::Bars:
      return make_bar_matching(instrument, index, runs, sink);
  }
  STOM_ASSERT(false);
}

}  // namespace stom::sim
