// What a venue does with orders by itself, as data: what it lacks, STOM does in front of it (orders/holding_link.hpp).
#pragma once

#include <cstdint>
#include <initializer_list>

#include "model/order.hpp"
#include "model/trigger.hpp"

namespace stom {

struct OrdersOffered {
  std::uint8_t types = bits({OrderType::Limit, OrderType::Market});
  std::uint8_t triggers = 0;  // by what an order that waits may act
  bool reduce_only = false;
  /// Several strategies trade there, each with a position of its own (orders/owner.hpp). The venue knows the account's
  /// alone: by that it can close for none of them.
  bool shared = false;

  template <class Word>
  static constexpr std::uint8_t bits(std::initializer_list<Word> words) {
    unsigned all = 0;
    for (const Word word : words) all |= 1U << static_cast<unsigned>(word);
    return static_cast<std::uint8_t>(all);
  }
  static constexpr std::uint8_t kAllTypes = 0x7f, kAllTriggers = 0x0f;

  /// Nothing but brackets is left for STOM.
  static constexpr OrdersOffered all() { return {kAllTypes, kAllTriggers, true}; }

  bool has(const NewOrder& order) const {
    return (types >> static_cast<unsigned>(order.type) & 1U) != 0 &&
           (!waits_for_trigger(order.type) || (triggers >> static_cast<unsigned>(order.trigger_by) & 1U) != 0);
  }
};

}  // namespace stom
