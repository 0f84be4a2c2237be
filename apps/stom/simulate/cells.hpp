// What a fault struck: how often each fault met an order in each state at each step. The table that a run prints.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stom::simulate {

/// An order as the session knew it when the fault struck.
enum class Phase : std::uint8_t {
  None,     // no order was concerned
  Pending,  // sent, and not answered
  Working,
  Partly,     // filled in part
  Canceling,  // its cancel is on the way
  Unknown,    // nobody knows what became of it
  Over,
};
inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::Over) + 1;
std::string_view name_of(Phase phase);
std::optional<Phase> phase_named(std::string_view name);

/// What was going on.
enum class Step : std::uint8_t {
  Place,   // an order was on its way to the venue, or the answer to it
  Cancel,  // a cancel, or its answer
  Ask,     // the venue was asked what became of an order, or of all
  Stream,  // the venue told of the account by itself
  Market,  // market data
  Other,
};
inline constexpr std::size_t kSteps = static_cast<std::size_t>(Step::Other) + 1;
std::string_view name_of(Step step);
std::optional<Step> step_named(std::string_view name);

struct Cell {
  Phase phase = Phase::None;
  Step step = Step::Other;
  friend bool operator==(const Cell&, const Cell&) = default;
};
/// One of the table: a fault, and where it strikes.
struct Target {
  std::string fault;
  Cell cell;
  friend bool operator==(const Target&, const Target&) = default;
};
/// "ack_lost/pending/place".
std::string name_of(const Target& target);
/// What a fault strikes: orders in these phases, at this step.
struct Struck {
  std::set<Phase> phases;
  Step step = Step::Other;
  bool holds(const Cell& cell) const { return step == cell.step && phases.contains(cell.phase); }
};

class Cells {
 public:
  void hit(std::string_view fault, const Struck& what) {
    for (const Phase phase : what.phases)
      ++faults_[std::string{fault}][static_cast<std::size_t>(phase)][static_cast<std::size_t>(what.step)];
  }
  void add(const Cells& other);

  struct Summary {
    std::size_t reachable = 0, hit = 0;
    std::uint64_t least = 0;  // of the reachable ones
  };
  /// Over the faults of `names` at that venue: a cell is reachable unless why_not() says otherwise.
  Summary summary(std::string_view venue, const std::vector<std::string>& names) const;
  /// A line each for fault and step, a column for each phase; "-" where it cannot be. In brackets what was hit there
  /// all the same: what a session had sent outlives it, and finds the state of the one that goes on behind its crash.
  std::string table(std::string_view venue, const std::vector<std::string>& names) const;
  std::uint64_t of(std::string_view fault, Phase phase, Step step) const;
  std::uint64_t of(const Target& target) const { return of(target.fault, target.cell.phase, target.cell.step); }
  /// Those that struck.
  std::vector<std::string> faults() const;
  /// Everything, in an order of its own: for a hash.
  std::string text() const;

 private:
  using Grid = std::array<std::array<std::uint64_t, kSteps>, kPhases>;
  std::map<std::string, Grid, std::less<>> faults_;
};

/// Why that fault cannot meet an order in that phase at that step; empty where it can. Binance and Upbit have one
/// table: what the one cannot reach may be the other's. Kiwoom, which is asked in other ways, has less.
std::string_view why_not(std::string_view venue, std::string_view fault, Phase phase, Step step);
/// Where that fault can strike at that venue.
std::vector<Cell> reachable(std::string_view venue, std::string_view fault);

}  // namespace stom::simulate
