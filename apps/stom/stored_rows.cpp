#include "stored_rows.hpp"

#include <optional>
#include <utility>
#include <vector>

#include "data_range.hpp"
#include "market/second_row.hpp"
#include "sim/replay_feed.hpp"
#include "store/catalogue.hpp"
#include "store_source.hpp"
#include "watch_file.hpp"

namespace stom {
namespace {

/// What the watch list says of one instrument while its messages go by, by our clock.
class Watching {
 public:
  static Result<Watching> open(const std::string& file, const std::string& instrument) {
    Watching out;
    if (file.empty()) return out;
    const auto watch = read_watch_file(file);
    if (!watch) return std::unexpected(watch.error());
    const auto& instruments = watch->timeline.instruments();
    if (const auto at = instruments.find(instrument); at != instruments.end()) out.changes_ = at->second;
    return out;
  }
  /// The time at which its data ended, where they did by then: what came later tells nothing of the book before.
  std::optional<UnixNanos> ended_by(UnixNanos time) {
    std::optional<UnixNanos> ended;
    for (; next_ < changes_.size() && changes_[next_].time <= time; ++next_) {
      const WatchState state = changes_[next_].state;
      watched_ = watched_in(state).value_or(true);  // a strategy that was told nothing takes it for watched
      if (!is_registered(state)) ended = changes_[next_].time;
    }
    return ended;
  }
  bool watched() const { return watched_; }

 private:
  std::vector<WatchTimeline::Change> changes_;
  std::size_t next_ = 0;
  bool watched_ = false;
};

}  // namespace

struct StoredRows::State {
  RowsQuery query;
  store::DataFolder folder;  // the feed's source looks into it
  Instrument instrument;
  Watching watching;
  std::optional<sim::ReplayFeed> feed;
};

StoredRows::StoredRows(std::unique_ptr<State> state) : state_{std::move(state)} {}
StoredRows::StoredRows(StoredRows&&) noexcept = default;
StoredRows::~StoredRows() = default;
const Instrument& StoredRows::instrument() const { return state_->instrument; }

Result<StoredRows> StoredRows::open(const Session& session, const RowsQuery& query) {
  sim::ReadingOptions reading;
  const auto range = time_range(query.from, query.to);
  if (!range) return std::unexpected(range.error());
  reading.from = range->from, reading.to = range->to;
  auto watching = Watching::open(query.watch, query.instrument);
  if (!watching) return std::unexpected(watching.error());
  auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return std::unexpected(folder.error());
  auto instrument = folder->catalogue().instrument(query.instrument);
  if (!instrument) return std::unexpected(instrument.error());
  auto state =
      std::make_unique<State>(query, std::move(*folder), std::move(*instrument), std::move(*watching), std::nullopt);
  auto source = StoreSource::open(state->folder, query.instrument, {.from = reading.from, .to = reading.to});
  if (!source) return std::unexpected(source.error());
  std::vector<sim::ReplayFeed::Stream> streams;
  streams.push_back({std::move(*source), state->instrument});
  state->feed.emplace(std::move(streams), reading);
  if (auto opened = state->feed->open(); !opened) return std::unexpected(opened.error());
  return StoredRows{std::move(state)};
}

Result<void> StoredRows::read(const std::function<Result<void>(const SecondRow& row, bool watched)>& take) {
  auto& [query, folder, instrument, watching, opened] = *state_;
  sim::ReplayFeed& feed = *opened;
  RowBuilder rows{instrument,
                  {.rule = query.rule == "stom" ? RowRule::Stom : RowRule::AnyChange, .minute = query.minute}};
  bool any = false;
  MarketFeed& side = query.ours ? feed.local_side() : feed.exchange_side();
  MarketFeed& other = query.ours ? feed.exchange_side() : feed.local_side();
  for (auto batch = side.next_batch(); !batch.empty(); batch = side.next_batch()) {
    for (const FeedMessage& message : batch) {
      if (const auto ended = watching.ended_by(message.local_time)) rows.apply(bare_message(FeedKind::Gap, 0, *ended));
      const SecondRow* row = rows.apply(message);
      if (row == nullptr) continue;
      any = true;
      if (auto taken = take(*row, query.watch.empty() || watching.watched()); !taken) return taken;
    }
    other.next_batch();  // messages are freed when both clocks are past them
    if (interrupted()) return fail(Errc::Canceled, "interrupted", "run it again");
  }
  if (auto read = feed.status(); !read) return read;
  if (!any) return std::unexpected(nothing_there(folder, query.instrument, "", "rows"));
  return {};
}

}  // namespace stom
