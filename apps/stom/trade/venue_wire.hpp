// One venue's gateway, and where what it learns goes: market data to the feed, word of orders to the engine's link,
// what the account holds to the reconciler, all that people should know to the log.
//
// Owned by TradeSession and used by its I/O thread alone, but for what says that any thread may ask. Begins to speak
// once the gateway is started.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "gateway/frame_recorder.hpp"
#include "gateway/gateway.hpp"
#include "live/live_feed.hpp"
#include "live/live_link.hpp"
#include "trade/reconciler.hpp"
#include "trade/session_log.hpp"
#include "trade/venue_setup.hpp"
#include "trade/watch_list.hpp"

namespace stom::trade {

/// Until when nobody listened to a venue that was asked then, as its stream of orders had begun: the latest time that
/// its clock can have shown. Where nobody knows that clock, no date says that somebody had listened.
inline UnixNanos unheard_until(UnixNanos asked, const std::optional<gateway::ClockOffset::Estimate>& clock) {
  return clock ? asked + clock->offset + clock->error : kNever;
}

/// All that is pointed at outlives the wire.
struct WireEnds {
  const std::vector<Instrument>& instruments;
  const Clock& clock;
  LiveFeed& feed;
  LiveLink* link = nullptr;  // null: on paper
  Reconciler& reconciler;
  SessionLog& log;
  std::function<void(const OrderEvent&)> heard;  // of an order, before the engine is told
  std::function<void(Error)> unsuited;           // the account cannot be traded as it is set
};

class VenueWire final : public gateway::GatewayUser {
 public:
  /// `index`: among the session's venues.
  VenueWire(WireEnds ends, VenueSetup setup, std::size_t index);
  /// `frames`: where they are recorded; empty: nowhere.
  Result<void> prepare(std::unique_ptr<gateway::Transport> transport, const std::filesystem::path& frames,
                       std::uint64_t seed);
  /// `pinned`: so many of the instruments, the first ones, are watched from the start to the end.
  void set_universe(const UniverseSource& source, std::size_t pinned);

  const std::string& name() const { return setup_.name; }
  /// Null where all instruments of the venue are watched.
  WatchList* watch_list() { return watch_list_ ? &*watch_list_ : nullptr; }
  const venues::Description& description() const { return setup_.venue->description(); }
  gateway::Gateway& gateway() { return *gateway_; }
  /// Null: nothing is recorded.
  gateway::FrameRecorder* recorder() { return recorder_.get(); }
  /// Ours or not.
  std::span<const venues::WorkingOrder> working_orders() const { return setup_.venue->working_orders(); }
  /// As it was told last.
  VenueHolds holds() const;
  void ask_everything(UnixNanos now);
  /// Once a turn.
  void publish(UnixNanos now);

  // Any thread
  bool connected() const { return connected_.load(std::memory_order_relaxed); }
  /// How far its clock is ahead.
  DurationNanos offset() const { return offset_.load(std::memory_order_relaxed); }
  /// How many of its universe are in that state.
  std::size_t count(WatchState state) const {
    return counts_[static_cast<std::size_t>(state)].load(std::memory_order_relaxed);
  }
  /// Null where there is none.
  nlohmann::ordered_json universe() const;

  // GatewayUser
  void market(InstrumentIndex instrument, const MessageBatch& batch) override;
  void book_stale(InstrumentIndex instrument, std::string_view why) override;
  void order(const venues::OrderReport& report) override;
  void order_unknown(ClientOrderId id, InstrumentIndex instrument) override;
  void order_named(ClientOrderId id, std::string_view venue_order_id) override;
  void everything_asked(UnixNanos now) override;
  void everything_told(const venues::EverythingReport& report) override;
  void account(const venues::AccountReport& report) override;
  void named(const venues::NamedReport& report) override;
  void status(const venues::StatusReport& report) override;
  void unknown(std::string_view type, std::string_view frame) override;
  void malformed(const Error& error, std::string_view frame) override;
  void notice(std::string_view line) override { say(line, Loudness::Warn); }

 private:
  static constexpr std::uint64_t kTold = 20;  // of a kind, in one session
  void say(std::string_view line, Loudness loudness = Loudness::Info);

  const WireEnds ends_;
  VenueSetup setup_;
  std::unique_ptr<gateway::FrameRecorder> recorder_;
  std::unique_ptr<gateway::Transport> transport_;
  std::optional<gateway::Gateway> gateway_;
  std::optional<WatchList> watch_list_;
  const std::size_t index_;
  /// When the venue asked for everything because it had not listened; kNoTime: all is told.
  UnixNanos asked_ = kNoTime;
  bool we_ask_ = false;
  decltype(VenueHolds::balances) balances_;
  decltype(VenueHolds::positions) positions_;
  std::array<std::atomic<std::size_t>, kWatchStates> counts_{};
  std::uint64_t unknown_ = 0, malformed_ = 0;
  std::atomic<bool> connected_{false};
  std::atomic<DurationNanos> offset_{0};
};

}  // namespace stom::trade
