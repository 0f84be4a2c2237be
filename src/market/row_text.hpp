// Rows (model/second_row.hpp) as text: what `stom data rows` prints and what a session keeps of its instruments.
#pragma once

#include <span>
#include <string>

#include "market/second_row.hpp"

namespace stom {

/// The first line: "index" and the names of the fields, English or Korean; no end of line.
std::string row_header(std::span<const RowField> fields, bool korean);
/// Appends the values of a row in that order, what is not known as nothing between two commas; no end of line.
void append_row(std::string& out, const SecondRow& row, std::span<const RowField> fields);

}  // namespace stom
