// A table that `stom data export` writes row by row, and its Parquet form, which exists only where the build found
// Arrow's C++ library.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

struct ExportColumn {
  enum class Type : std::uint8_t { Integer, Time, Decimal, Text };
  std::string name;
  Type type = Type::Integer;
  int decimals = 0;
};

/// Cells in the order of the columns, then end_row(). What is not finished leaves no file.
class ExportTable {
 public:
  virtual ~ExportTable() = default;
  virtual void integer(std::int64_t value) = 0;
  virtual void time(UnixNanos value) = 0;  // kNoTime is an empty cell
  virtual void decimal(std::int64_t mantissa, int decimals) = 0;
  virtual void text(const char* value) = 0;
  virtual Result<void> end_row() = 0;
  virtual Result<void> finish() = 0;
};

/// Errc::Unsupported where the program was built without Arrow.
Result<std::unique_ptr<ExportTable>> open_parquet(const std::string& file, const std::vector<ExportColumn>& columns);

}  // namespace stom
