// What the server knows of a session: the fold of the port's updates, kept on the I/O thread. Everything REST and the
// socket show is read from here. Bounded: of what grows, the newest part is kept; the journal has all of it.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "server/engine_port.hpp"

namespace stom {

/// The newest items of a list that only grows. Items are numbered from 0 on; begin() is the oldest that is kept.
template <class T>
class Retained {
 public:
  explicit Retained(std::size_t limit) : limit_{limit} {}
  std::uint64_t begin() const { return begin_; }
  std::uint64_t end() const { return begin_ + items_.size(); }
  const T& operator[](std::uint64_t number) const { return items_[number - begin_]; }
  void push(T item) {
    items_.push_back(std::move(item));
    if (items_.size() <= limit_) return;
    items_.pop_front();
    ++begin_;
  }
  void clear() {
    items_.clear();
    begin_ = 0;
  }

 private:
  std::size_t limit_;
  std::uint64_t begin_ = 0;
  std::deque<T> items_;
};

struct Interval {
  std::string_view name;
  DurationNanos length;
};
inline constexpr std::array<Interval, 9> kIntervals{{{"1s", kSecond},
                                                     {"5s", 5 * kSecond},
                                                     {"15s", 15 * kSecond},
                                                     {"1m", kMinute},
                                                     {"5m", 5 * kMinute},
                                                     {"15m", 15 * kMinute},
                                                     {"1h", kHour},
                                                     {"4h", 4 * kHour},
                                                     {"1d", kDay}}};
/// Index into kIntervals; -1 where there is no such interval.
int interval_of(std::string_view name);

struct ChartBar {
  Bar bar;
  std::uint32_t trades = 0;
};

/// The bars of one instrument at one interval, built from seconds.
class BarSeries {
 public:
  explicit BarSeries(DurationNanos length);
  void add(const SecondBar& second);
  const Retained<ChartBar>& bars() const { return bars_; }
  DurationNanos length() const { return length_; }
  std::uint64_t version() const { return version_; }  // changes whenever a bar does
  const ChartBar& last() const { return last_; }      // the one that may still change; bars() holds those before it
  bool empty() const { return !has_last_; }

 private:
  DurationNanos length_;
  Retained<ChartBar> bars_;
  ChartBar before_;  // the last bar without its newest second
  ChartBar last_;
  bool has_before_ = false;
  bool has_last_ = false;
  UnixNanos second_ = kNoTime;
  std::uint64_t version_ = 0;
};

class SessionState {
 public:
  SessionState();

  void apply(const Update& update);
  void apply(const LiveState& live);

  /// False before the first session, and while one is still being told from its beginning.
  bool ready() const { return ready_; }
  const SessionInfo& info() const { return *info_; }
  const LiveState& live() const { return live_; }
  /// Counts sessions: what was sent of an older one is void.
  std::uint64_t generation() const { return generation_; }
  /// Changes when anything of LiveState but clock, records and market does.
  std::uint64_t status_version() const { return status_version_; }

  /// Index of the instrument, -1 where it is not in this session.
  int instrument(std::string_view id) const;

  const std::map<std::uint64_t, OrderRow>& orders() const { return orders_; }
  /// The newest order with that client_order_id.
  const OrderRow* order(ClientOrderId id) const;
  /// Numbers of orders, one for each change.
  const Retained<std::uint64_t>& order_changes() const { return order_changes_; }
  const Retained<FillRow>& fills() const { return fills_; }
  const Retained<LogRow>& log() const { return log_; }
  const std::vector<EquityRow>& equity() const { return equity_; }
  const Retained<TapeRow>& tape(std::size_t instrument) const { return tapes_[instrument]; }
  const BarSeries& bars(std::size_t instrument, int interval) const {
    return series_[instrument][static_cast<std::size_t>(interval)];
  }

 private:
  void begin(const SessionBegan& began);
  void add(const OrderRow& order);
  void add(const EquityRow& point);
  void forget_old_orders();

  std::shared_ptr<const SessionInfo> info_;
  bool ready_ = false;
  LiveState live_;
  std::uint64_t generation_ = 0;
  std::uint64_t status_version_ = 0;
  std::map<std::uint64_t, OrderRow> orders_;
  std::map<ClientOrderId, std::uint64_t> newest_;  // client_order_id -> number
  Retained<std::uint64_t> order_changes_;
  Retained<FillRow> fills_;
  Retained<LogRow> log_;
  std::vector<EquityRow> equity_;
  std::vector<Retained<TapeRow>> tapes_;
  std::vector<std::vector<BarSeries>> series_;
};

/// At most `limit` points, evenly chosen by position; the first and the last are among them.
std::vector<EquityRow> thin(const std::vector<EquityRow>& points, std::size_t limit);

}  // namespace stom
