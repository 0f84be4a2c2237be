// What a session's strategy said, line by line: a fold over the session's journal (docs/trade.md).
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal.hpp"
#include "engine/kept_words.hpp"
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
    if (record.kind == RecordKind::Log)
      return KeptWords::is_line(record.text) ? std::nullopt : std::optional{said(record)};  // a note to itself
    if (record.kind == RecordKind::Configuration || record.kind == RecordKind::Restart) {
      strategy_ = strategy_of(record.text);
      names_ = names_in(strategy_);
    }
    ended_ = record.kind == RecordKind::End;
    return std::nullopt;
  }
  /// The last record is that of the end: nothing more comes until somebody goes on with the session.
  bool ended() const { return ended_; }

 private:
  /// Of several strategies the name of who says it stands before the words.
  StrategyLine said(const JournalRecord& record) const {
    const std::string text{record.text};
    const auto colon = text.find(": ");
    if (colon == text.npos || std::ranges::find(names_, text.substr(0, colon)) == names_.end())
      return {record.time, strategy_, text};
    return {record.time, text.substr(0, colon), text.substr(colon + 2)};
  }

  std::string strategy_;            // of the process at hand: another one may go on with the session
  std::vector<std::string> names_;  // too, of several
  bool ended_ = false;
};

}  // namespace stom::trade
