#include "sim/bar_feed.hpp"

#include <algorithm>
#include <chrono>

namespace stom::sim {
namespace {
constexpr std::size_t kBatch = 256;  // both sides in the nearest cache

std::int64_t stopwatch() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
}  // namespace

/// One side: the streams merged by start of bar, which is also the order of their ends among equal spans.
class BarFeed::Order final : public MarketFeed {
 public:
  Order(const std::vector<Stream>& streams, bool by_end) : streams_{streams}, by_end_{by_end}, at_(streams.size(), 0) {}

  std::span<const FeedMessage> next_batch() override {
    const auto began = stopwatch();
    messages_.clear();
    while (messages_.size() < kBatch) {
      const std::size_t next = earliest();
      if (next == streams_.size()) break;
      add(next, streams_[next].bars[at_[next]++]);
    }
    load_ns_ += stopwatch() - began;
    return messages_;
  }
  FeedContent content(InstrumentIndex index) const override {
    return {.trades = false, .bars = true, .bar_spec = streams_[index].spec};
  }
  std::optional<UnixNanos> bar_cut_by(InstrumentIndex index, DurationNanos length) const override {
    const auto& [instrument, bars, span, spec] = streams_[index];
    const auto cut = std::ranges::find_if(bars, [&](const Bar& bar) {
      return start_of_interval(bar.time, length) != start_of_interval(bar.time + span - 1, length);
    });
    return cut == bars.end() ? std::nullopt : std::optional{cut->time};
  }
  std::int64_t load_ns() const { return load_ns_; }

 private:
  std::size_t earliest() const {
    if (streams_.size() == 1) return at_[0] == streams_[0].bars.size() ? 1 : 0;
    std::size_t best = streams_.size();
    UnixNanos time = kNever;
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (at_[i] == streams_[i].bars.size()) continue;
      const UnixNanos t = streams_[i].bars[at_[i]].time + (by_end_ ? streams_[i].span : 0);
      if (t < time) {
        time = t;
        best = i;
      }
    }
    return best;
  }

  void add(std::size_t stream, const Bar& bar) {
    messages_.push_back({.exchange_time = bar.time,
                         .local_time = bar.time + streams_[stream].span,
                         .bar = &bar,
                         .bids = 0,
                         .asks = 0,
                         .instrument = static_cast<InstrumentIndex>(stream),
                         .slot = 0,
                         .kind = FeedKind::Bar,
                         .sell_aggressor = false,
                         .replaces_book = false});
  }

  const std::vector<Stream>& streams_;
  bool by_end_;
  std::vector<std::size_t> at_;
  std::vector<FeedMessage> messages_;
  std::int64_t load_ns_ = 0;
};

BarFeed::BarFeed(std::vector<Stream> streams)
    : streams_{std::move(streams)},
      exchange_{std::make_unique<Order>(streams_, false)},
      local_{std::make_unique<Order>(streams_, true)} {}
BarFeed::~BarFeed() = default;

MarketFeed& BarFeed::exchange_side() { return *exchange_; }
MarketFeed& BarFeed::local_side() { return *local_; }

UnixNanos BarFeed::first_time() const {
  UnixNanos first = kNever;
  for (const Stream& stream : streams_)
    if (!stream.bars.empty()) first = std::min(first, stream.bars.front().time);
  return first;
}

UnixNanos BarFeed::last_time() const {
  UnixNanos last = kNoTime;
  for (const Stream& stream : streams_)
    if (!stream.bars.empty()) last = std::max(last, stream.bars.back().time + stream.span);
  return last;
}

std::int64_t BarFeed::load_ns() const { return exchange_->load_ns() + local_->load_ns(); }

std::size_t BarFeed::bars() const {
  std::size_t sum = 0;
  for (const Stream& stream : streams_) sum += stream.bars.size();
  return sum;
}

}  // namespace stom::sim
