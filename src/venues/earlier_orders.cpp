#include "venues/earlier_orders.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace stom::venues {

bool take_booked(std::vector<Fill>& booked, Price price, Quantity quantity, UnixNanos time) {
  const auto same = std::ranges::find_if(booked, [&](const Fill& fill) {
    return fill.price == price && fill.quantity == quantity && std::abs(fill.time - time) <= kSameFill;
  });
  if (same == booked.end()) return false;
  booked.erase(same);
  return true;
}

bool LostIds::contain(std::string_view client_id, std::string_view prefix) const {
  client_id.remove_prefix(prefix.size());
  ClientOrderId id = 0;
  const auto [end, wrong] = std::from_chars(client_id.data(), client_id.data() + client_id.size(), id);
  return wrong == std::errc{} && end == client_id.data() + client_id.size() && id >= from && id < to;
}

}  // namespace stom::venues
