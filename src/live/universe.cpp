#include "live/universe.hpp"

#include <algorithm>

namespace stom {

void Universe::name(std::span<const InstrumentIndex> best_first) {
  named_some_ = true;
  for (const InstrumentIndex i : named_) entries_[i].named = false;
  named_.clear();
  for (const InstrumentIndex i : best_first) add(i);
}

void Universe::add(InstrumentIndex candidate) {
  if (entries_[candidate].named) return;
  entries_[candidate].named = true;
  named_.push_back(candidate);
}

void Universe::drop(InstrumentIndex candidate) {
  if (!entries_[candidate].named) return;
  entries_[candidate].named = false;
  std::erase(named_, candidate);
}

void Universe::end() {
  named_.clear();
  for (Entry& entry : entries_) entry.pinned = entry.held = entry.named = false;
  ended_ = true;
}

void Universe::choose(InstrumentIndex candidate, std::size_t& room) {
  if (room == 0 || entries_[candidate].chosen) return;
  entries_[candidate].chosen = true;
  --room;
}

WatchReason Universe::reason_of(const Entry& entry, WatchState to) const {
  switch (to) {
    case WatchState::In:
      return entry.pinned ? WatchReason::Pinned : WatchReason::Named;
    case WatchState::Kept:
    case WatchState::Unknown:
      return WatchReason::Held;
    case WatchState::Waiting:
      return stom::is_registered(entry.state) ? WatchReason::Outranked : WatchReason::Full;
    case WatchState::Out:
      break;
  }
  if (ended_) return WatchReason::Ended;
  const bool held = entry.state == WatchState::Kept || entry.state == WatchState::Unknown;
  return held ? WatchReason::Released : WatchReason::Dropped;
}

std::span<const Universe::Change> Universe::settle() {
  std::size_t room = budget_;
  const auto each = [&](auto wanted) {
    for (InstrumentIndex i = 0; i < entries_.size(); ++i)
      if (wanted(entries_[i])) choose(i, room);
  };
  for (Entry& entry : entries_) entry.chosen = false;
  each([](const Entry& e) { return e.pinned && stom::is_registered(e.state); });
  each([](const Entry& e) { return e.held && stom::is_registered(e.state); });
  each([](const Entry& e) { return e.pinned; });
  each([](const Entry& e) { return e.held; });
  for (const InstrumentIndex i : named_) choose(i, room);

  changes_.clear();
  const WatchState only_held = named_some_ ? WatchState::Kept : WatchState::Unknown;
  const auto tell = [&](bool registering) {
    for (InstrumentIndex i = 0; i < entries_.size(); ++i) {
      Entry& entry = entries_[i];
      const WatchState to = entry.chosen     ? (entry.pinned || entry.named ? WatchState::In : only_held)
                            : entry.wanted() ? WatchState::Waiting
                                             : WatchState::Out;
      const bool before = stom::is_registered(entry.state), after = stom::is_registered(to);
      if (to == entry.state || (!before && after) != registering) continue;
      changes_.push_back({i, to, reason_of(entry, to), after && !before, before && !after});
      entry.state = to;
    }
  };
  tell(false);
  tell(true);
  return changes_;
}

std::size_t Universe::count(WatchState state) const {
  return static_cast<std::size_t>(std::ranges::count(entries_, state, &Entry::state));
}

}  // namespace stom
