#include "server/session_state.hpp"

#include <algorithm>

#include "core/assert.hpp"

namespace stom {
namespace {

constexpr std::size_t kKeptOrders = 50'000;
constexpr std::size_t kKeptChanges = 100'000;
constexpr std::size_t kKeptFills = 200'000;
constexpr std::size_t kKeptLog = 20'000;
constexpr std::size_t kKeptTape = 2'000;
constexpr std::size_t kKeptBars = 200'000;
constexpr std::size_t kKeptEquity = 100'000;  // then every second point goes: the curve keeps its shape

void merge(ChartBar& into, const SecondBar& second) {
  into.bar.high = std::max(into.bar.high, second.bar.high);
  into.bar.low = std::min(into.bar.low, second.bar.low);
  into.bar.close = second.bar.close;
  into.bar.volume += second.bar.volume;
  into.trades += second.trades;
}

UnixNanos start_of(UnixNanos time, DurationNanos length) {
  const auto rest = time % length;
  return time - (rest < 0 ? rest + length : rest);
}

}  // namespace

int interval_of(std::string_view name) {
  for (std::size_t i = 0; i < kIntervals.size(); ++i)
    if (kIntervals[i].name == name) return static_cast<int>(i);
  return -1;
}

BarSeries::BarSeries(DurationNanos length) : length_{length}, bars_{kKeptBars} {}

void BarSeries::add(const SecondBar& second) {
  ++version_;
  const UnixNanos start = start_of(second.bar.time, length_);
  const bool same_second = has_last_ && second.bar.time == second_;
  const bool same_bar = has_last_ && start == last_.bar.time;
  if (!same_second) {
    if (same_bar)
      before_ = last_;
    else if (has_last_)
      bars_.push(last_);
    has_before_ = same_bar;
  }
  if (has_before_) {
    last_ = before_;
    merge(last_, second);
  } else {
    last_ = {second.bar, second.trades};
    last_.bar.time = start;
  }
  second_ = second.bar.time;
  has_last_ = true;
}

SessionState::SessionState() : order_changes_{kKeptChanges}, fills_{kKeptFills}, log_{kKeptLog} {}

void SessionState::apply(const Update& update) {
  if (const auto* began = std::get_if<SessionBegan>(&update)) return begin(*began);
  if (!info_) return;
  ready_ |= std::holds_alternative<SessionReady>(update);
  if (const auto* order = std::get_if<OrderRow>(&update)) add(*order);
  if (const auto* fill = std::get_if<FillRow>(&update)) fills_.push(*fill);
  if (const auto* log = std::get_if<LogRow>(&update)) log_.push(*log);
  if (const auto* point = std::get_if<EquityRow>(&update)) add(*point);
  if (const auto* second = std::get_if<SecondBar>(&update))
    for (auto& series : series_[second->instrument]) series.add(*second);
  if (const auto* trade = std::get_if<TapeRow>(&update)) tapes_[trade->instrument].push(*trade);
}

void SessionState::apply(const LiveState& live) {
  if (!info_) return;
  const bool same = live.state == live_.state && live.strategy == live_.strategy &&
                    live.speed_milli == live_.speed_milli && live.halted_reason.view() == live_.halted_reason.view();
  if (!same) ++status_version_;
  live_ = live;
}

void SessionState::begin(const SessionBegan& began) {
  STOM_ASSERT(began.info != nullptr);
  info_ = began.info;
  ready_ = false;
  ++generation_;
  ++status_version_;
  live_ = LiveState{};
  orders_.clear();
  newest_.clear();
  order_changes_.clear();
  fills_.clear();
  log_.clear();
  equity_.clear();
  tapes_.assign(info_->instruments.size(), Retained<TapeRow>{kKeptTape});
  std::vector<BarSeries> empty;
  for (const auto& interval : kIntervals) empty.emplace_back(interval.length);
  series_.assign(info_->instruments.size(), empty);
}

void SessionState::add(const OrderRow& order) {
  orders_.insert_or_assign(order.number, order);
  auto& newest = newest_[order.id];
  newest = std::max(newest, order.number);
  order_changes_.push(order.number);
  if (orders_.size() > kKeptOrders) forget_old_orders();
}

/// The oldest tenth of those that are finished: done seldom, so that it costs little each time.
void SessionState::forget_old_orders() {
  std::size_t left = kKeptOrders / 10;
  for (auto order = orders_.begin(); order != orders_.end() && left > 0;) {
    if (order->second.is_open()) {
      ++order;
      continue;
    }
    const auto newest = newest_.find(order->second.id);
    if (newest != newest_.end() && newest->second == order->first) newest_.erase(newest);
    order = orders_.erase(order);
    --left;
  }
}

void SessionState::add(const EquityRow& point) {
  equity_.push_back(point);
  if (equity_.size() <= kKeptEquity) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < equity_.size(); i += 2) equity_[kept++] = equity_[i];
  equity_.resize(kept);
}

int SessionState::instrument(std::string_view id) const {
  if (!info_) return -1;
  for (std::size_t i = 0; i < info_->instruments.size(); ++i)
    if (info_->instruments[i].id == id) return static_cast<int>(i);
  return -1;
}

const OrderRow* SessionState::order(ClientOrderId id) const {
  const auto number = newest_.find(id);
  if (number == newest_.end()) return nullptr;
  const auto order = orders_.find(number->second);
  return order == orders_.end() ? nullptr : &order->second;
}

std::vector<EquityRow> thin(const std::vector<EquityRow>& points, std::size_t limit) {
  if (points.size() <= limit) return points;
  std::vector<EquityRow> kept;
  kept.reserve(limit);
  if (limit == 1) return {points.back()};
  for (std::size_t i = 0; i < limit; ++i) kept.push_back(points[i * (points.size() - 1) / (limit - 1)]);
  return kept;
}

}  // namespace stom
