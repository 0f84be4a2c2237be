// Writing market data: TickWriter for what is being recorded, Import for what comes as files and must be there wholly
// or not at all. Both keep messages exactly as given and in the order given.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "model/instrument.hpp"
#include "model/message.hpp"
#include "store/catalogue.hpp"
#include "store/data_folder.hpp"

namespace stom::store {

/// Trades as columns, for sources that have nothing else: the fast way in. Spans are of one length; `times` are the
/// venue's, and ids and receive times stay unset. flags as in model/message.hpp.
struct TradeColumns {
  std::span<const UnixNanos> times;
  std::span<const std::int64_t> prices;
  std::span<const std::int64_t> quantities;
  std::span<const std::uint8_t> flags;
};

/// Appends one instrument's messages, a file per UTC day of receipt (of the venue's time where there is no receive
/// time); the day never goes back, so that the order given is the order kept.
class TickWriter {
 public:
  /// Takes up after the last commit: what a crash left behind it is cut off.
  static Result<TickWriter> open(DataFolder& folder, const Instrument& instrument);
  ~TickWriter();
  TickWriter(TickWriter&&) noexcept;
  TickWriter& operator=(TickWriter&&) noexcept;

  /// `levels` are the message's own: bids, then asks; message.first_level is not looked at. After an error nothing
  /// more is taken until rollback().
  Result<void> append(const Message& message, std::span<const Level> levels);
  Result<void> append(const MessageBatch& batch);
  Result<void> append_trades(const TradeColumns& trades);
  /// On return everything appended so far is on disk and visible to readers that open after it.
  Result<void> commit();
  /// Drops everything after the last commit. A change of day commits the day before it.
  Result<void> rollback();

 private:
  friend class Import;
  struct State;
  explicit TickWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// All-or-nothing import of any number of instruments, days and bar series. Until commit() succeeds the store is
/// unchanged for every reader, whatever happens (error, Ctrl-C, kill, disk full); destruction without commit rolls
/// back.
class Import {
 public:
  using Handle = std::uint32_t;

  static Result<Import> begin(DataFolder& folder);
  ~Import();
  Import(Import&&) noexcept;
  Import& operator=(Import&&) noexcept;

  Result<Handle> ticks(const Instrument& instrument);
  Result<void> append(Handle handle, const Message& message, std::span<const Level> levels);
  Result<void> append(Handle handle, const MessageBatch& batch);
  Result<void> append_trades(Handle handle, const TradeColumns& trades);

  /// Bars in ascending time; the importer sorts and counts duplicates.
  Result<Handle> bars(const Instrument& instrument, const BarSeries& series);
  Result<void> append(Handle handle, const Bar& bar);

  /// Durable on return. The record's id is given by the catalogue and returned.
  Result<std::int64_t> commit(const ImportRecord& record);
  void rollback();

 private:
  struct State;
  explicit Import(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stom::store
