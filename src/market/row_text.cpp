#include "market/row_text.hpp"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace stom {

std::string row_header(std::span<const RowField> fields, bool korean) {
  std::string out = "index";
  for (const RowField& field : fields) out.append(",").append(korean ? field.korean : field.english);
  return out;
}

void append_row(std::string& out, const SecondRow& row, std::span<const RowField> fields) {
  fmt::format_to(std::back_inserter(out), "{}", row.index);
  for (const RowField& field : fields) {
    out += ',';
    if (const double value = field.of(row); !std::isnan(value))
      fmt::format_to(std::back_inserter(out), "{:.15g}", value);
  }
}

}  // namespace stom
