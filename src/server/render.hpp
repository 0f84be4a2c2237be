// The objects of docs/api.md as JSON and as binary frames.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "server/json.hpp"
#include "server/library.hpp"
#include "server/session_state.hpp"

namespace stom {

void write_session(Json& json, const SessionState& state);
void write_order(Json& json, const OrderRow& order, const SessionInfo& info);
void write_fill(Json& json, const FillRow& fill, const SessionInfo& info);
void write_position(Json& json, const PositionRow& position, const SessionInfo& info);
void write_positions(Json& json, const SessionState& state);  // the array
void write_account(Json& json, const SessionState& state);
void write_log(Json& json, const LogRow& row, std::uint64_t number);
void write_equity(Json& json, std::span<const EquityRow> points, const SessionInfo& info);  // {"currency","points"}
void write_curve(Json& json, std::string_view run, const StoredCurve& curve);
void write_level(Json& json, const Level& level, const Instrument& instrument);  // ["price","quantity"]

std::string session_json(const SessionState& state);
std::string order_json(const OrderRow& order, const SessionInfo& info);

enum class FrameKind : std::uint8_t {
  BookSnapshot = 1,
  BookDelta = 2,
  TradesSnapshot = 3,
  TradesDelta = 4,
  BarsSnapshot = 5,
  BarsDelta = 6
};
inline constexpr std::uint32_t kStaleFlag = 1;
inline constexpr std::uint32_t kTradesLeftOutFlag = 2;

/// Builds one binary frame: header first, then records; the count is written by take().
class BinaryFrame {
 public:
  BinaryFrame(FrameKind kind, std::uint16_t topic_id, std::uint64_t seq, UnixNanos time);
  void level(const Level& level);
  void trade(const TapeRow& trade);
  void bar(const ChartBar& bar, bool finished);
  std::uint32_t count() const { return count_; }
  void flags(std::uint32_t flags) { flags_ |= flags; }
  std::string take(std::uint32_t bids = 0);

 private:
  template <class T>
  void put(T value);
  std::string bytes_;
  std::uint32_t count_ = 0;
  std::uint32_t flags_ = 0;
};

}  // namespace stom
