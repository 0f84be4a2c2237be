// What a session's strategy said, line by line: a fold over the session's journal (docs/trade.md).
#pragma once

#include <optional>
#include <string>

#include "engine/journal.hpp"
#include "trade/earlier_session.hpp"

namespace stom::trade {

struct StrategyLine {
  UnixNanos time = 0;
  std::string strategy, text;
};

/// Record by record, in order.
class StrategyLines {
 public:
  /// The line that the record is; nothing: it is none.
  std::optional<StrategyLine> fold(const JournalRecord& record) {
    if (record.kind == RecordKind::Log) return StrategyLine{record.time, strategy_, record.text};
    if (record.kind == RecordKind::Configuration || record.kind == RecordKind::Restart)
      strategy_ = strategy_of(record.text);
    ended_ = record.kind == RecordKind::End;
    return std::nullopt;
  }
  /// The last record is that of the end: nothing more comes until somebody goes on with the session.
  bool ended() const { return ended_; }

 private:
  std::string strategy_;  // of the process at hand: another one may go on with the session
  bool ended_ = false;
};

}  // namespace stom::trade
