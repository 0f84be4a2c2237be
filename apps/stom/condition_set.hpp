// `stom condition run --set`: a pair of texts over the rows of a set in the home (docs/old-data.md), instrument by
// instrument and day by day, so that memory is that of one day.
#pragma once

#include "command.hpp"
#include "conditions/pair.hpp"
#include "rows_group.hpp"

namespace stom {

/// `pair` was made for rows of that shape.
int run_pair_over_set(const Session& session, const conditions::Pair& pair, const RowShape& shape,
                      const store::RowChoice& choice);

}  // namespace stom
