#include "conditions/row_inputs.hpp"

#include <algorithm>

#include "conditions/krx.hpp"
#include "conditions/program.hpp"
#include "conditions/value.hpp"
#include "market/second_row.hpp"

namespace stom::conditions {

RowInputs::RowInputs(bool minute, bool stock) : minute_{minute}, stock_{stock}, others_(input_count(), 0) {
  for (const Word& word : words()) {
    const bool unknown =
        word.kind == WordKind::Position || (word.kind == WordKind::Field && stock && word.market == Market::Stock);
    if (unknown) others_[input_of(word)] = kNothing;
  }
  others_[input_named("종목명")] = text_value(kNameText);
  others_[input_named("종목코드")] = text_value(kCodeText);
  others_[input_named("관심종목")] = 1;  // rows come of what is watched
  for (const RowField& field : row_fields(minute)) sources_.push_back({input_named(field.korean), field.of});
}

void RowInputs::read(const SecondRow& row, std::span<double> inputs) const {
  std::ranges::copy(others_, inputs.begin());
  for (const Source& source : sources_) inputs[source.input] = source.of(row);
  if (!stock_) return;
  static const std::size_t round_figure = input_named("라운드피겨위5호가이내");
  const std::int64_t day = row.index / (minute_ ? 10'000 : 1'000'000);
  if (row.price == row.price) inputs[round_figure] = is_above_round_figure(row.price, day) ? 1 : 0;
}

}  // namespace stom::conditions
