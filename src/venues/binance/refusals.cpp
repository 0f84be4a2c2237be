#include "venues/binance/refusals.hpp"

#include <fmt/format.h>

#include <charconv>

namespace stom::venues::binance {

std::string Refusal::text() const { return fmt::format("{} {}", code, message); }

RejectReason Refusal::reason() const {
  switch (code) {
    case -4014:
      return RejectReason::OffTick;
    case -1013:  // "Filter failure: <name>"; of icebergs ICEBERG_PARTS and MAX_NUM_ICEBERG_ORDERS: not as an iceberg
      return message.ends_with("PRICE_FILTER") ? RejectReason::OffTick
             : message.ends_with("LOT_SIZE")   ? RejectReason::OffLot
             : message.contains("ICEBERG")     ? RejectReason::Unsupported
                                               : RejectReason::None;
    case -2018:
    case -2010:  // "Account has insufficient balance", among others
      return message.starts_with("Iceberg orders are not supported") ? RejectReason::Unsupported
                                                                     : RejectReason::InsufficientBalance;
    case -2019:
      return RejectReason::InsufficientMargin;
    case -2011:
    case -2013:
      return RejectReason::UnknownOrder;
    case -2022:
      return RejectReason::ReduceOnlyWouldIncrease;
    case -2027:
      return RejectReason::PositionLimit;
    case -5022:
      return RejectReason::PostOnlyWouldTake;
    case -1003:
    case -1015:
      return RejectReason::TooManyOrders;
    case -4061:  // the account holds long and short apart
    case -4120:  // a conditional order by the path that it no longer takes
      return RejectReason::Unsupported;
    default:
      return RejectReason::None;
  }
}

std::optional<Refusal> read_refusal(JsonDocument& document, std::string_view body) {
  const auto root = document.parse(body);
  if (!root || !root->find("code") || !root->find("code").is_number() || !root->find("msg")) return std::nullopt;
  Refusal out;
  const auto text = root->find("code").text();
  std::from_chars(text.data(), text.data() + text.size(), out.code);
  out.message = root->find("msg").text();
  return out;
}

}  // namespace stom::venues::binance
