// The rules by which recorded messages become a book. The store keeps every message as it came; these rules say, on
// reading, which of them count: gating by update id, gaps, and the repair of a clock that runs behind the venue's.
// docs/reading-rules.md tells the same to a trader. Only GatedDepth allocates, for what it holds back.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "model/message.hpp"

namespace stom {

/// How a depth update says which one it follows.
enum class UpdateIdRule : std::uint8_t {
  FromMessages,  // not known yet: the first update shows it
  AsReceived,    // "as_received": ids are not looked at; every update counts, also those older than the snapshot
  Contiguous,    // "contiguous": first id = last final id + 1 (Binance spot, Bybit)
  Chained,       // "chained": previous id = last final id (Binance futures)
};

/// The rule that an update's own ids ask for.
constexpr UpdateIdRule update_id_rule_of(const Message& depth) {
  if (depth.previous_update_id != 0) return UpdateIdRule::Chained;
  return depth.final_update_id != 0 ? UpdateIdRule::Contiguous : UpdateIdRule::AsReceived;
}
constexpr std::string_view name_of(UpdateIdRule rule) {
  switch (rule) {
    case UpdateIdRule::AsReceived:
      return "as_received";
    case UpdateIdRule::Contiguous:
      return "contiguous";
    case UpdateIdRule::Chained:
      return "chained";
    case UpdateIdRule::FromMessages:
      break;
  }
  return "from_messages";
}
/// Whether `depth` is the very next update behind the one with final id `last`.
constexpr bool follows(UpdateIdRule rule, const Message& depth, std::int64_t last) {
  if (rule == UpdateIdRule::Chained) return depth.previous_update_id == last;
  return rule != UpdateIdRule::Contiguous || depth.first_update_id == last + 1;
}

enum class GateState : std::uint8_t {
  WaitingForSnapshot,  // no book yet
  Syncing,             // the snapshot is in, the first update that continues it is not
  Live,
  Stale,  // an update is missing: the book is wrong until the next snapshot
};

enum class GateVerdict : std::uint8_t {
  Apply,    // to the book
  Replace,  // the book by this snapshot; then offer again what was held
  Hold,     // no book that it could change: keep it, the snapshot to come may be older
  Drop,     // older than the book
  Gap,      // does not follow: the book is stale from here; keep it as with Hold
};

/// Rule "gate": decides message by message. A few words of state, no allocation.
class DepthGate {
 public:
  explicit DepthGate(UpdateIdRule rule = UpdateIdRule::FromMessages) : rule_{rule} {}

  GateVerdict on_snapshot(const Message& snapshot) {
    // A snapshot older than a live book would undo what came since, and the book does not need it.
    if (state_ == GateState::Live && rule_ != UpdateIdRule::AsReceived && snapshot.final_update_id < last_)
      return GateVerdict::Drop;
    last_ = snapshot.final_update_id;
    state_ = GateState::Syncing;
    return GateVerdict::Replace;
  }

  GateVerdict on_depth(const Message& depth) {
    if (state_ == GateState::Live && follows(rule_, depth, last_)) [[likely]] {
      last_ = depth.final_update_id;
      return GateVerdict::Apply;
    }
    return on_other_depth(depth);
  }

  GateState state() const { return state_; }
  UpdateIdRule rule() const { return rule_; }
  bool has_book() const { return state_ == GateState::Live || state_ == GateState::Syncing; }
  /// The final update id of the book.
  std::int64_t last_update_id() const { return last_; }
  std::int64_t gaps() const { return gaps_; }

 private:
  GateVerdict on_other_depth(const Message& depth) {
    if (rule_ == UpdateIdRule::FromMessages) rule_ = update_id_rule_of(depth);
    if (rule_ == UpdateIdRule::AsReceived) return go_live(depth);
    switch (state_) {
      case GateState::Syncing:
        if (is_older(depth)) return GateVerdict::Drop;
        return continues_snapshot(depth) ? go_live(depth) : gap();
      case GateState::Live:
        // A doubled feed says again what the book holds already.
        return depth.final_update_id <= last_ ? GateVerdict::Drop : gap();
      default:
        return GateVerdict::Hold;
    }
  }
  /// Binance: spot drops u <= lastUpdateId, futures u < lastUpdateId.
  bool is_older(const Message& depth) const {
    return rule_ == UpdateIdRule::Chained ? depth.final_update_id < last_ : depth.final_update_id <= last_;
  }
  /// The first update kept: spot U <= lastUpdateId + 1 <= u, futures U <= lastUpdateId <= u (or its direct successor).
  bool continues_snapshot(const Message& depth) const {
    const std::int64_t wanted = rule_ == UpdateIdRule::Chained ? last_ : last_ + 1;
    return (depth.first_update_id <= wanted && wanted <= depth.final_update_id) || follows(rule_, depth, last_);
  }
  GateVerdict go_live(const Message& depth) {
    last_ = depth.final_update_id;
    state_ = GateState::Live;
    return GateVerdict::Apply;
  }
  GateVerdict gap() {
    state_ = GateState::Stale;
    ++gaps_;
    return GateVerdict::Gap;
  }

  UpdateIdRule rule_;
  GateState state_ = GateState::WaitingForSnapshot;
  std::int64_t last_ = 0;
  std::int64_t gaps_ = 0;
};

/// A gate with the messages it holds back. Give it every depth and snapshot message in the order received; it calls
/// `apply(message, bids, asks)` for those that change the book, in the order in which they do (a snapshot replaces it).
class GatedDepth {
 public:
  explicit GatedDepth(UpdateIdRule rule = UpdateIdRule::FromMessages) : gate_{rule} {}

  template <class Apply>
  GateVerdict offer(const Message& message, std::span<const Level> bids, std::span<const Level> asks, Apply&& apply) {
    const bool snapshot = message.kind == MessageKind::Snapshot;
    const GateVerdict verdict = snapshot ? gate_.on_snapshot(message) : gate_.on_depth(message);
    if (verdict == GateVerdict::Apply || verdict == GateVerdict::Replace)
      apply(message, bids, asks);
    else if (verdict != GateVerdict::Drop)
      hold(message, bids, asks);
    if (verdict == GateVerdict::Replace) {
      for (const Message& m : held_.messages)
        if (gate_.on_depth(m) == GateVerdict::Apply) apply(m, held_.bids(m), held_.asks(m));
      held_.clear();
    }
    return verdict;
  }

  const DepthGate& gate() const { return gate_; }

 private:
  // A snapshot is seconds old when it comes; this many updates are minutes. When full, the older half goes: should it
  // be needed after all, the gate sees a gap.
  static constexpr std::size_t kMostHeld = 8192;
  void hold(const Message& message, std::span<const Level> bids, std::span<const Level> asks);

  DepthGate gate_;
  MessageBatch held_;
};

/// Rule "clock_repair": where our clock ran behind the venue's, messages seem to arrive before they were sent. All
/// receive times are shifted by the least amount that ends this: max(0, -min(receive - venue time)) over depth and
/// trade messages, venue time = T, E where there is no T.
class ClockRepair {
 public:
  void observe(const Message& m) {
    if (m.kind != MessageKind::Depth && m.kind != MessageKind::Trade) return;
    const UnixNanos venue = m.venue_time();
    if (venue == kNoTime || m.receive_time == kNoTime) return;
    least_ = std::min(least_, m.receive_time - venue);
  }
  DurationNanos shift() const { return -least_; }

 private:
  DurationNanos least_ = 0;
};

/// Rule "gaps": how often a recording's chain of depth updates breaks. From each break the book is stale until the next
/// snapshot.
class GapCounter {
 public:
  void observe(const Message& m) {
    if (m.kind == MessageKind::Snapshot && last_ == kUnknown) last_ = m.final_update_id, first_ = true;
    if (m.kind != MessageKind::Depth) return;
    const auto rule = update_id_rule_of(m);
    if (rule == UpdateIdRule::AsReceived) return;
    const bool said_again = m.final_update_id <= last_;
    if (said_again) return;
    const bool reaches_back = first_ && m.first_update_id <= last_ + 1;
    if (last_ != kUnknown && !follows(rule, m, last_) && !reaches_back) ++gaps_;
    last_ = m.final_update_id;
    first_ = false;
  }
  std::int64_t gaps() const { return gaps_; }

 private:
  static constexpr std::int64_t kUnknown = -1;
  std::int64_t last_ = kUnknown;
  std::int64_t gaps_ = 0;
  bool first_ = false;  // the chain so far is a snapshot only: the next update may begin before it
};

}  // namespace stom
