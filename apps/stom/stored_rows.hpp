// Stored ticks as STOM's rows (docs/rows.md), read by the same rules as in a backtest.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "command.hpp"
#include "model/instrument.hpp"
#include "model/second_row.hpp"

namespace stom {

struct RowsQuery {
  std::string instrument;
  std::string rule = "stom";
  bool minute = false;
  std::string from, to;
  bool ours = false;  // in the order in which we received; else in the venue's
  std::string watch;  // a session's watch.csv; empty: always watched
};

class StoredRows {
 public:
  static Result<StoredRows> open(const Session& session, const RowsQuery& query);
  StoredRows(StoredRows&&) noexcept;
  StoredRows& operator=(StoredRows&&) = delete;
  ~StoredRows();

  const Instrument& instrument() const;
  /// In order of time, by the clock that was asked for; `take` may refuse to go on. Errc::NotFound: there was none.
  Result<void> read(const std::function<Result<void>(const SecondRow& row, bool watched)>& take);

 private:
  struct State;
  explicit StoredRows(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom
