// A seed that is directed: which of the cells that are wanted is the goal now, what brings orders into the state that
// it asks for, and what helps. The strategy acts in the goal's manner, the goal's fault strikes wherever its cell is
// met, and other faults strike only as aids: an order is without an answer because the answer to it was lost, being
// canceled for long because the cancel is slow, asked for because the venue's own word of it was broken. All out of a
// seed, and each is a fault like any other: counted where it strikes, and audited.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "core/time.hpp"
#include "simulate/busy_strategy.hpp"
#include "simulate/cells.hpp"

namespace stom::simulate {

/// A fault that leads to the goal.
struct Aid {
  std::string_view fault;
  Step step = Step::Other;
  int percent = 100;          // of the times that it could strike there
  DurationNanos apart = 0;    // at least so long between two
  std::optional<Phase> of{};  // it strikes orders in that state alone
};

/// How a goal is reached.
struct Plan {
  Manner manner;
  std::vector<Aid> aids;
};

/// What of a venue makes a difference to that.
struct Road {
  bool by_lists = false;   // what became of orders, lists say: a question is about all that are open
  bool by_socket = false;  // orders and cancels go over a socket
};

Plan plan_for(const Target& goal, const Road& road);

class Steering {
 public:
  /// Of at least one; each is the goal for a while, and then the next one.
  Steering(std::vector<Target> targets, Road road, std::uint64_t seed);

  /// At first, and once the goal has had its time: another one. True: it has changed.
  bool advance(UnixNanos now);
  const Target& goal() const { return targets_[at_]; }
  UnixNanos until() const { return until_; }
  const Plan& plan() const { return plan_; }
  /// The goal's; at one place for as long as this lives.
  const Manner& manner() const { return plan_.manner; }

  /// Whether that fault strikes there now. Where it says so, it does.
  bool strikes(std::string_view fault, const Struck& struck, UnixNanos now);
  /// Whether the goal's fault may strike again: a session comes to trade between two of some.
  bool is_ready(UnixNanos now) const;
  /// It struck, and is on until then.
  void note_strike(UnixNanos until);
  /// Nothing strikes any more.
  void end() { over_ = true; }

 private:
  std::vector<Target> targets_;
  Road road_;
  Random random_;
  std::size_t at_ = 0;
  UnixNanos until_ = kNoTime;
  Plan plan_;
  std::map<std::string, UnixNanos, std::less<>> next_;                     // by the goal's fault
  std::map<std::pair<std::string_view, Step>, UnixNanos> next_of_an_aid_;  // by fault and step
  bool over_ = false;
};

}  // namespace stom::simulate
