// Fees and leverage brackets as dated data of the product (data/market/*.csv, compiled in), and fee
// schedules of the user's own in the same format.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "account/fees.hpp"
#include "account/trading_account.hpp"
#include "core/result.hpp"

namespace stom {

std::vector<std::string> fee_schedule_names();
Result<std::shared_ptr<const FeeSchedule>> fee_schedule(std::string_view name);
/// A table in the format of data/market/fees.csv that holds one schedule. `origin` names it in errors.
Result<std::shared_ptr<const FeeSchedule>> fee_schedule_of(std::string_view csv, const std::string& origin);

struct MarginTable {
  std::vector<MarginBracket> brackets;  // ascending from 0
  std::int64_t liquidation_fee_rate = 0;
  bool known = false;  // false: the table has no such instrument, and this is one bracket for any
};
/// What is in force on that day for the instrument ("venue:symbol"); of an instrument with later rows only, the
/// earliest.
MarginTable margin_table(std::string_view instrument, std::int32_t day);

}  // namespace stom
