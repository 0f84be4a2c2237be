// The words of orders as people and scripts read them, one for each value: in answers of the API (docs/api.md), in
// differences of a session that is run again (docs/verify.md).
#pragma once

#include <string_view>

#include "model/order.hpp"

namespace stom {

std::string_view name_of(RejectReason reason);
std::string_view name_of(OrderStatus status);
std::string_view name_of(OrderType type);
std::string_view name_of(TimeInForce time_in_force);
std::string_view name_of(Side side);
std::string_view name_of(OrderEventKind kind);
std::string_view name_of(TriggerBy by);
std::string_view name_of(SizeBy by);
std::string_view name_of(BarFill fill);
std::string_view name_of(Liquidity liquidity);

}  // namespace stom
