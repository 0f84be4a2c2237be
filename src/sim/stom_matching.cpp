#include "sim/matching.hpp"
namespace stom::sim {
std::unique_ptr<Matching> make_stom_matching(const Instrument&, InstrumentIndex, const std::vector<RunModels>&,
                                             AnswerSink&) {
  return nullptr;
}
}  // namespace stom::sim
