// What goes wrong on purpose (docs/exchange.md): faults by name, each with a value and a number of times it still
// happens. Chance comes from the exchange's seed. Changed by the control address or at the start; asked wherever
// something could go wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/result.hpp"

namespace stom::exchange {

enum class Fault : std::uint8_t {
  AckDelay,
  AckLost,
  AckDuplicate,
  Disconnect,
  FrameTruncate,
  SeqGap,
  Http429,
  Http418,
  Http5xx,
  Maintenance,
  ClockSkew,
  FillBeforeAck,
  FillReorder,
  FillDuplicate,
  HalfOpen,
  FrameSplit,
  CancelFilled,
  ForeignOrder,
  TickChange,
  Delist,
  TokenExpire,
  ListenKeyExpire,
};

/// What the body of PUT /control/faults/NAME says; what it leaves out is as usual.
struct FaultSetting {
  std::optional<std::int64_t> value, count;
};
Result<FaultSetting> parse_fault_setting(std::string_view body);

class Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_{seed} {}

  /// "ack_lost", "ack_lost=50": as the command line has it.
  Result<void> set(std::string_view assignment);
  Result<void> set(std::string_view name, std::optional<std::int64_t> value, std::optional<std::int64_t> count);
  Result<void> clear(std::string_view name);
  /// All that there are, in the order in which the documents list them.
  static std::vector<std::string_view> names();
  /// {"faults":{"ack_lost":{"value":100,"count":1}}}: those that are on; without "count": until it is cleared.
  std::string json() const;

  /// Whether it happens now; counted and drawn. For faults whose value is a chance in per cent. `what` it strikes: the
  /// venue's number of an order, or a socket, where it is one of them.
  bool strikes(Fault fault, std::uint64_t what = 0);
  /// The value, counted, of those whose value is something else; 0: not on.
  std::int64_t take(Fault fault, std::uint64_t what = 0);
  /// Asked before each that could happen, where somebody chooses the occasions: one that he declines does not count.
  void only_where(std::function<bool(Fault, std::uint64_t what)> may) { may_ = std::move(may); }
  /// Called for each that happens.
  void on_strike(std::function<void(Fault, std::uint64_t what)> seen) { seen_ = std::move(seen); }
  /// The value, not counted.
  std::int64_t value(Fault fault) const { return state(fault).on ? state(fault).value : 0; }

 private:
  static constexpr std::size_t kFaults = static_cast<std::size_t>(Fault::ListenKeyExpire) + 1;
  struct State {
    bool on = false;
    std::int64_t value = 0;
    std::optional<std::int64_t> count;
  };
  const State& state(Fault fault) const { return states_[static_cast<std::size_t>(fault)]; }
  State& state(Fault fault) { return states_[static_cast<std::size_t>(fault)]; }
  void count(State& state);

  State states_[kFaults];
  Random random_;
  std::function<bool(Fault, std::uint64_t)> may_;
  std::function<void(Fault, std::uint64_t)> seen_;
};

}  // namespace stom::exchange
