// The dead-man timer: where nobody has said for so long that somebody is there, entries stop; where nobody has for
// twice as long, all is canceled. What it wants is the kill switch's doing, on the I/O thread, so a strategy that hangs
// does not stop its clock. A restart is no word of anybody: what counts is what the journal says was said
// (docs/risk.md).
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <string>

#include "core/time.hpp"
#include "trade/risk_desk.hpp"

namespace stom::trade {

class DeadMan {
 public:
  /// 0: there is none.
  explicit DeadMan(DurationNanos within) : within_{within} {}
  bool on() const { return within_ > 0; }
  DurationNanos within() const { return within_; }

  /// When somebody was there last by that record of a journal, where it was `before` by those before it (kNoTime: at no
  /// time). A session that was begun, and a kill switch that was released, were somebody's doing.
  static UnixNanos last_word(const JournalRecord& record, UnixNanos before) {
    const bool said = record.kind == RecordKind::Operator &&
                      (record.text.starts_with(kAliveAct) || record.text.starts_with(kReleaseAct));
    return said || (before == kNoTime && record.time > 0) ? record.time : before;
  }
  // Before the threads begin, where a session goes on: a record of its journal, or what all of them have said.
  void fold(const JournalRecord& record) { confirm(last_word(record, confirmed_.load())); }
  void resume(UnixNanos last_word) { confirm(last_word); }
  /// It begins to count, where the journal has not said since when.
  void begin(UnixNanos now) {
    if (!heard()) confirm(now);
  }

  // Any thread.
  void confirm(UnixNanos now) { confirmed_.store(now, std::memory_order_release); }
  /// How far the kill switch is to be pulled.
  KillStep due(UnixNanos now) const {
    if (!on() || !heard()) return KillStep::Off;
    const DurationNanos silent = silence(now);
    return silent < within_ ? KillStep::Off : silent - within_ < within_ ? KillStep::Entries : KillStep::Cancel;
  }
  /// {"within_ms","left_ms","next"}: what it does next where nobody says anything, and in how long; null where all is
  /// done.
  nlohmann::ordered_json next(UnixNanos now) const {
    const DurationNanos silent = silence(now);
    const KillStep done = due(now);
    nlohmann::ordered_json json{{"within_ms", within_ / kMillisecond}, {"left_ms", nullptr}, {"next", nullptr}};
    if (done == KillStep::Cancel) return json;
    const bool stopped = done == KillStep::Entries;
    json["left_ms"] = (within_ - (stopped ? silent - within_ : silent)) / kMillisecond;
    json["next"] = name_of(stopped ? KillStep::Cancel : KillStep::Entries);
    return json;
  }
  /// A row of `stom risk show`.
  nlohmann::ordered_json row(UnixNanos now) const {
    return {{"name", "dead_man"},
            {"scope", ""},
            {"limit", format_duration(within_)},
            {"value", format_duration(silence(now) / kSecond * kSecond)},
            {"state", due(now) == KillStep::Off ? "ok" : "tripped"}};
  }

 private:
  bool heard() const { return confirmed_.load(std::memory_order_acquire) != kNoTime; }
  DurationNanos silence(UnixNanos now) const {
    return std::max<DurationNanos>(now - confirmed_.load(std::memory_order_acquire), 0);
  }

  const DurationNanos within_;
  std::atomic<UnixNanos> confirmed_{kNoTime};
};

}  // namespace stom::trade
