#include "venues/earlier_orders.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "model/order.hpp"

namespace stom::venues {

namespace {

/// The first that is as told; `is_so` looks at what time and price do not say.
template <class IsSo>
bool take_first(std::vector<Fill>& booked, Price price, UnixNanos time, IsSo is_so) {
  const auto same = std::ranges::find_if(booked, [&](const Fill& fill) {
    return fill.price == price && std::abs(fill.time - time) <= kSameFill && is_so(fill);
  });
  if (same == booked.end()) return false;
  booked.erase(same);
  return true;
}

}  // namespace

bool take_booked(std::vector<Fill>& booked, Price price, Quantity quantity, UnixNanos time) {
  return take_first(booked, price, time, [&](const Fill& fill) { return fill.quantity == quantity; });
}

bool take_booked_less_fee(std::vector<Fill>& booked, const Instrument& of, Price price, Quantity bought,
                          UnixNanos time) {
  return take_first(booked, price, time, [&](const Fill& fill) {
    return fill.quantity <= bought && fill.fee == value_of(of, price, bought - fill.quantity);
  });
}

std::optional<ClientOrderId> id_in(std::string_view client_id, std::string_view prefix) {
  if (!client_id.starts_with(prefix)) return std::nullopt;
  client_id.remove_prefix(prefix.size());
  ClientOrderId id = 0;
  const auto [end, wrong] = std::from_chars(client_id.data(), client_id.data() + client_id.size(), id);
  return wrong == std::errc{} && end == client_id.data() + client_id.size() ? std::optional{id} : std::nullopt;
}

void OwnIds::resume(ClientOrderId lost_from, ClientOrderId first) {
  lost_from_ = lost_from;
  first_ = first;
}

void OwnIds::add(ClientOrderId id) {
  if (const ClientOrderId parent = id & kParentIds; parent >= first_)
    newest_ = std::max(newest_, parent);
  else
    below_first_.insert(id);
}

bool OwnIds::contain(std::string_view client_id, std::string_view prefix, bool rests) const {
  const auto id = id_in(client_id, prefix);
  if (!id) return false;
  const ClientOrderId parent = *id & kParentIds;
  const bool of_this_process = parent >= first_ && parent <= newest_;
  return of_this_process || below_first_.contains(*id) || (!rests && parent < lost_from_);
}

}  // namespace stom::venues
