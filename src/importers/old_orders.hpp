// The order grid of the old program's setting.db (stockbuyorder, stocksellorder, coinbuyorder, coinsellorder) as the
// text of a grid file (docs/order-grid.md). A column is taken where its name and value leave no doubt; each other one
// is named, with what to do: a guess would be an order that nobody wanted.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace stom::importers {

/// A table's one row: column and value, both as text.
using OldColumns = std::vector<std::pair<std::string, std::string>>;

struct OldOrders {
  bool stock = true;
  std::string grid;                  // empty: there is nothing that a file has to say
  std::vector<std::string> by_hand;  // TABLE.COLUMN = VALUE: why
};

OldOrders old_orders(bool stock, const OldColumns& buy, const OldColumns& sell);

}  // namespace stom::importers
