// The bytes of a journal's records (docs/journal.md): one description of each, for writing and for reading. For
// journal.cpp, which writes them, and journal_reader.cpp; each has its own copy, so that all of it can be inlined.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "core/hash.hpp"
#include "engine/journal_reader.hpp"
#include "model/order.hpp"

namespace stom {
namespace {

constexpr std::size_t kFrame = 8;  // length and checksum before each payload

using Uint128 = unsigned __int128;

/// Whatever the bytes of a file say, a difference of two numbers is no error here: it wraps around.
constexpr std::int64_t wrapped(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

/// The smallest first byte of a number that says how many bytes follow, 1 to 16; smaller ones are the number.
constexpr std::uint8_t kLongNumber = 240;

/// Fields of a record, onto a buffer with room for the longest. Numbers are signed in zigzag (0, -1, 1, -2 ...).
struct Writer {
  char* at;

  void byte(const std::uint8_t& value) { *at++ = static_cast<char>(value); }
  void number(const Int128& value) {
    const auto bits = static_cast<Uint128>(value) << 1 ^ static_cast<Uint128>(value >> 127);
    const auto low = static_cast<std::uint64_t>(bits), high = static_cast<std::uint64_t>(bits >> 64);
    if (high == 0) return unsigned_number(low);
    const auto bytes = static_cast<std::uint8_t>(8 + (71 - std::countl_zero(high)) / 8);
    byte(kLongNumber + bytes - 1);
    std::memcpy(at, &low, 8);
    std::memcpy(at + 8, &high, 8);
    at += bytes;
  }
  template <class T>
  void number(const T& value) {
    const auto number = static_cast<std::int64_t>(value);
    unsigned_number(static_cast<std::uint64_t>(number) << 1 ^ static_cast<std::uint64_t>(number >> 63));
  }
  template <class T>
  void difference(const T& value, T& from) {
    number(wrapped(static_cast<std::int64_t>(value), static_cast<std::int64_t>(from)));
    from = value;
  }

 private:
  void unsigned_number(std::uint64_t bits) {
    if (bits < kLongNumber) return byte(static_cast<std::uint8_t>(bits));
    const auto bytes = static_cast<std::uint8_t>((71 - std::countl_zero(bits)) / 8);
    byte(kLongNumber + bytes - 1);
    std::memcpy(at, &bits, 8);  // what is too many is written over by the next field
    at += bytes;
  }
};

/// The same fields back; `ok` turns false past the end or where a number is too long for its place.
struct Reader {
  std::string_view left;
  bool ok = true;

  void byte(std::uint8_t& value) {
    if (left.empty()) {
      ok = false;
      return;
    }
    value = static_cast<std::uint8_t>(left.front());
    left.remove_prefix(1);
  }
  void number(Int128& value) {
    std::uint8_t first = 0;
    byte(first);
    Uint128 bits = first;
    if (first >= kLongNumber) {
      const std::size_t bytes = first - kLongNumber + std::size_t{1};
      bits = 0;
      if (bytes > left.size()) {
        ok = false;
      } else {
        std::memcpy(&bits, left.data(), bytes);
        left.remove_prefix(bytes);
      }
    }
    value = static_cast<Int128>(bits >> 1) ^ -static_cast<Int128>(bits & 1);
  }
  template <class T>
  void number(T& value) {
    Int128 wide{};
    number(wide);
    value = static_cast<T>(static_cast<std::int64_t>(wide));
    if (static_cast<Int128>(static_cast<std::int64_t>(wide)) != wide) ok = false;
  }
  template <class T>
  void difference(T& value, T& from) {
    std::int64_t by = 0;
    number(by);
    value = from = static_cast<T>(wrapped(static_cast<std::int64_t>(from), wrapped(0, by)));
  }
};

/// Two small enumerations in one byte.
template <class Io, class A, class B>
void pair(Io& io, A& low, B& high) {
  auto both = static_cast<std::uint8_t>(static_cast<unsigned>(low) | static_cast<unsigned>(high) << 4);
  io.byte(both);
  low = static_cast<A>(both & 15);
  high = static_cast<B>(both >> 4);
}

// One description of each record, for writing and for reading.

template <class Io>
void request_fields(Io& io, JournalAnchor& anchor, UnixNanos& time, std::uint64_t& request, ClientOrderId& id) {
  io.difference(time, anchor.time);
  io.difference(request, anchor.request);
  io.difference(id, anchor.id);
}

template <class Io>
void order_fields(Io& io, JournalAnchor& anchor, NewOrder& o) {
  auto flags = static_cast<std::uint8_t>(static_cast<unsigned>(o.side) | o.post_only << 1 | o.reduce_only << 2);
  io.byte(flags);
  o.side = static_cast<Side>(flags & 1);
  o.post_only = flags & 2;
  o.reduce_only = flags & 4;
  pair(io, o.type, o.time_in_force);
  io.number(o.instrument);
  io.number(o.quantity.value);
  io.difference(o.price.value, anchor.price);
  // What few orders have: a bit each, then those there are.
  auto until_never = wrapped(kNever, o.expire_time);
  auto choices = static_cast<std::int64_t>(static_cast<unsigned>(o.trigger_by) | static_cast<unsigned>(o.size_by) << 4 |
                                           static_cast<unsigned>(o.bar_fill) << 8);
  const std::array rare{&o.trigger_price.value, &o.trail.value,      &o.display.value, &until_never, &choices,
                        &o.stop_loss.value,     &o.take_profit.value};
  std::uint8_t present = 0;
  for (std::size_t i = 0; i < rare.size(); ++i) present |= static_cast<std::uint8_t>((*rare[i] != 0) << i);
  io.byte(present);
  for (std::size_t i = 0; i < rare.size(); ++i)
    if (present >> i & 1) io.number(*rare[i]);
  o.expire_time = wrapped(kNever, until_never);
  o.trigger_by = static_cast<TriggerBy>(choices & 15);
  o.size_by = static_cast<SizeBy>(choices >> 4 & 15);
  o.bar_fill = static_cast<BarFill>(choices >> 8);
}

template <class Io>
void event_fields(Io& io, JournalAnchor& anchor, OrderEvent& e) {
  auto under_way = wrapped(e.local_time, e.time);
  io.number(under_way);
  e.time = wrapped(e.local_time, under_way);
  const unsigned in_coin = e.kind == OrderEventKind::Filled && e.coin_fee != 0 ? 1 : 0;
  auto who =
      static_cast<std::uint8_t>(static_cast<unsigned>(e.side) | static_cast<unsigned>(e.liquidity) << 1 | in_coin << 2);
  pair(io, e.kind, who);
  e.side = static_cast<Side>(who & 1);
  e.liquidity = static_cast<Liquidity>(who >> 1 & 1);
  auto reason = static_cast<std::uint8_t>(e.reason);
  io.byte(reason);
  e.reason = static_cast<RejectReason>(reason);
  io.number(e.instrument);
  io.number(e.leaves.value);
  const bool held = e.reason == RejectReason::Held;
  if (!held && e.kind != OrderEventKind::Filled && e.kind != OrderEventKind::Funding) return;
  io.difference(e.price.value, anchor.price);
  if (held) return;
  io.number(e.quantity.value);
  io.number(e.fee.value);
  if (who & 4) io.number(e.coin_fee);
}

inline std::uint32_t checksum(std::string_view payload) {
  return crc32c(std::as_bytes(std::span{payload.data(), payload.size()}));
}

}  // namespace
}  // namespace stom
