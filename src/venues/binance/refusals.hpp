// In which words Binance refuses, and what they mean to us (docs/venues/binance.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/order.hpp"
#include "venues/json.hpp"

namespace stom::venues::binance {

/// {"code":-2019,"msg":"Margin is insufficient."}
struct Refusal {
  std::int64_t code = 0;
  std::string message;

  std::string text() const;
  RejectReason reason() const;
  /// The signature, the key's form, or the key with its rights: nothing signed will be taken.
  bool is_about_the_key() const { return code == -1022 || code == -2014 || code == -2015; }
  /// The request's time stamp is not the venue's time.
  bool is_about_the_time() const { return code == -1021; }
  /// "Execution status unknown": it may have been done.
  bool leaves_unknown() const { return code == -1006 || code == -1007; }
  /// Asked again later it may be taken: too many requests, a time stamp that was off, a venue in trouble.
  bool passes() const {
    return code == -1003 || is_about_the_time() || (code <= -1000 && code >= -1001) || leaves_unknown();
  }
};

/// Nothing where the body says nothing of the kind.
std::optional<Refusal> read_refusal(JsonDocument& document, std::string_view body);

}  // namespace stom::venues::binance
