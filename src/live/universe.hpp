// Which instruments of a venue are watched now, where there are more candidates than registrations. A source names some
// (a list, a ranking, a condition search), the user pins some, positions and orders hold some; this decides who is
// registered. It asks nobody and reads no clock: what happened goes in, settle() says what is to be done.
//
// Who comes first: pinned, then held or ordered, then those that the source names, in its order. What is pinned, held
// or ordered is never evicted: not for one another, and not where the source drops it. Whoever is wanted and finds no
// room waits, and is told so. Before the source has named anybody it is not known of what is held whether it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/time.hpp"
#include "market/watch_timeline.hpp"
#include "model/types.hpp"

namespace stom {

class Universe {
 public:
  /// `budget`: how many may be registered at a time.
  Universe(std::size_t candidates, std::size_t budget) : entries_(candidates), budget_{budget} {}

  struct Change {
    InstrumentIndex candidate = 0;
    WatchState state = WatchState::Out;
    WatchReason reason = WatchReason::Named;
    bool registers = false;    // to be registered now
    bool unregisters = false;  // to be given back now
    friend bool operator==(const Change&, const Change&) = default;
  };

  /// From the start to the end.
  void pin(InstrumentIndex candidate) { entries_[candidate].pinned = true; }
  /// All that the source names, best first. One that is there twice counts once.
  void name(std::span<const InstrumentIndex> best_first);
  /// It names one more, after all others; or one less.
  void add(InstrumentIndex candidate);
  void drop(InstrumentIndex candidate);
  /// Whether there is a position in it or an order.
  void hold(InstrumentIndex candidate, bool held) { entries_[candidate].held = held; }
  /// Nobody is wanted any more.
  void end();

  /// What is different now. Registrations are given back before they are taken: done in this order, there are never
  /// more than the budget. Valid until the next call.
  std::span<const Change> settle();

  WatchState state(InstrumentIndex candidate) const { return entries_[candidate].state; }
  bool is_registered(InstrumentIndex candidate) const { return stom::is_registered(entries_[candidate].state); }
  std::size_t budget() const { return budget_; }
  /// How many are in that state.
  std::size_t count(WatchState state) const;

 private:
  struct Entry {
    bool pinned = false, held = false, named = false, chosen = false;
    WatchState state = WatchState::Out;
    bool wanted() const { return pinned || held || named; }
  };
  void choose(InstrumentIndex candidate, std::size_t& room);
  WatchReason reason_of(const Entry& entry, WatchState to) const;

  std::vector<Entry> entries_;
  std::vector<InstrumentIndex> named_;  // in the source's order
  std::vector<Change> changes_;         // reused
  std::size_t budget_;
  bool named_some_ = false;  // the source has said whom, if anybody
  bool ended_ = false;
};

}  // namespace stom
