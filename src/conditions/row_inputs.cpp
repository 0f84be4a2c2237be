#include "conditions/row_inputs.hpp"

#include <algorithm>

#include "conditions/program.hpp"
#include "conditions/value.hpp"
#include "market/second_row.hpp"

namespace stom::conditions {

RowInputs::RowInputs(bool minute, bool stock, bool krx) : others_(input_count(), 0) {
  for (const Word& word : words()) {
    const bool unknown =
        word.kind == WordKind::Position || (word.kind == WordKind::Field && stock && word.market == Market::Stock);
    if (unknown) others_[input_of(word)] = kNothing;
  }
  others_[input_named("종목명")] = text_value(kNameText);
  others_[input_named("종목코드")] = text_value(kCodeText);
  others_[input_named("관심종목")] = 1;  // where nobody says otherwise
  for (const RowField& field : row_fields(minute, krx)) sources_.push_back({input_named(field.korean), field.of});
}

void RowInputs::read(const SecondRow& row, std::span<double> inputs) const {
  std::ranges::copy(others_, inputs.begin());
  for (const Source& source : sources_) inputs[source.input] = source.of(row);
}

}  // namespace stom::conditions
