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
  const char* const end = client_id.data() + client_id.size();
  const auto [read, wrong] = std::from_chars(client_id.data(), end, id);
  return wrong == std::errc{} && read == end && id >= from && id < to;
}

}  // namespace stom::venues
