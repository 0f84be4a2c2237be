// `stom data book`: the order book as it stood at a moment, rebuilt from what was received by the named reading rules.
#include "data_book.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "market/reading_rules.hpp"
#include "store/data_folder.hpp"
#include "store/tick_reader.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint32_t kBookKinds = store::kind_bit(MessageKind::Depth) | store::kind_bit(MessageKind::Snapshot);

struct BookOptions {
  std::string instrument;
  std::int64_t at_ms = 0;
  std::string clock = "venue";
  std::size_t depth = 10;
};

/// By exact price, so that prices off the ladder have their place too.
struct Book {
  std::map<std::int64_t, std::int64_t> bids, asks;

  void apply(const Message& m, std::span<const Level> bid_levels, std::span<const Level> ask_levels) {
    if (m.kind == MessageKind::Snapshot) bids.clear(), asks.clear();
    set(bids, bid_levels);
    set(asks, ask_levels);
  }
  static void set(std::map<std::int64_t, std::int64_t>& side, std::span<const Level> levels) {
    for (const Level& level : levels) {
      if (level.quantity.value == 0)
        side.erase(level.price.value);
      else
        side[level.price.value] = level.quantity.value;
    }
  }
};

template <class Each>
Result<void> for_each_message(const store::DataFolder& folder, const std::string& instrument, std::uint32_t kinds,
                              Each&& each) {
  auto reader = store::TickReader::open(folder, instrument, {.kinds = kinds});
  if (!reader) return std::unexpected(reader.error());
  MessageBatch batch;
  for (;;) {
    const auto more = reader->next(batch);
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (interrupted()) return fail(Errc::Canceled, "interrupted");
    for (const Message& m : batch.messages) each(m, batch);
  }
}

/// When each message happened by the chosen clock.
class Timeline {
 public:
  static Result<Timeline> of(const store::DataFolder& folder, const std::string& instrument, bool local) {
    Timeline line{local};
    const auto kinds = kBookKinds | (local ? store::kind_bit(MessageKind::Trade) : 0);
    auto read =
        for_each_message(folder, instrument, kinds, [&](const Message& m, const MessageBatch&) { line.observe(m); });
    if (!read) return std::unexpected(read.error());
    return line;
  }

  /// Of the messages in order; each asked once.
  UnixNanos time_of(const Message& m) {
    if (local_) return m.receive_time != kNoTime ? m.receive_time + repair_.shift() : m.venue_time();
    if (const auto stated = stated_time(m); stated != kNoTime) return stated;
    return m.kind == MessageKind::Snapshot ? snapshots_[asked_++] : m.receive_time;
  }

 private:
  explicit Timeline(bool local) : local_{local} {}

  static UnixNanos stated_time(const Message& m) { return m.event_time != kNoTime ? m.event_time : m.transaction_time; }

  // A snapshot that states no time (Binance spot) counts from the first update that reaches past it, which may have
  // been received before it.
  void observe(const Message& m) {
    repair_.observe(m);
    if (local_ || m.kind == MessageKind::Trade) return;
    if (m.kind == MessageKind::Depth) {
      const UnixNanos time = stated_time(m) != kNoTime ? stated_time(m) : m.receive_time;
      for (std::size_t i = resolved_; i < snapshots_.size(); ++i)
        if (snapshots_[i] == kNever && m.final_update_id > ids_[i]) snapshots_[i] = time;
      while (resolved_ < snapshots_.size() && snapshots_[resolved_] != kNever) ++resolved_;
      recent_.push_back({m.final_update_id, time});
      if (recent_.size() > 8'192) recent_.pop_front();
    } else if (stated_time(m) == kNoTime) {
      UnixNanos time = kNever;
      for (const auto& [id, at] : recent_)
        if (id > m.final_update_id) {
          time = at;
          break;
        }
      ids_.push_back(m.final_update_id);
      snapshots_.push_back(time);
    }
  }

  bool local_;
  ClockRepair repair_;
  std::deque<std::pair<std::int64_t, UnixNanos>> recent_;
  std::vector<std::int64_t> ids_;
  std::vector<UnixNanos> snapshots_;
  std::size_t resolved_ = 0, asked_ = 0;
};

Json levels_of(const auto& first, const auto& last, std::size_t depth, int price_decimals, int quantity_decimals) {
  Json out = Json::array();
  for (auto at = first; at != last && out.size() < depth; ++at)
    out.push_back({format_decimal(at->first, price_decimals), format_decimal(at->second, quantity_decimals)});
  return out;
}

Result<Json> book_at(const Session& session, const BookOptions& options) {
  UnixNanos at;
  if (__builtin_mul_overflow(options.at_ms, kMillisecond, &at))
    return fail(Errc::Usage, fmt::format("--at {} is no time in milliseconds", options.at_ms), "write Unix time in ms");
  const auto folder = store::DataFolder::open(session.home, store::OpenMode::Read);
  if (!folder) return std::unexpected(folder.error());
  auto timeline = Timeline::of(*folder, options.instrument, options.clock == "local");
  if (!timeline) return std::unexpected(timeline.error());

  Book book;
  GatedDepth gated;
  UnixNanos applied = kNoTime, stale_since = kNoTime;
  std::int64_t applied_id = 0;
  std::map<std::int64_t, UnixNanos> held;  // time of updates that wait for a snapshot, by final id
  auto read =
      for_each_message(*folder, options.instrument, kBookKinds, [&](const Message& m, const MessageBatch& batch) {
        const UnixNanos time = timeline->time_of(m);
        if (time > at) return;
        const auto verdict = gated.offer(m, batch.bids(m), batch.asks(m), [&](const Message& a, auto bids, auto asks) {
          book.apply(a, bids, asks);
          const auto waited = held.find(a.final_update_id);
          applied = a.kind == MessageKind::Depth && waited != held.end() ? waited->second : time;
          applied_id = a.final_update_id;
        });
        if (verdict == GateVerdict::Gap) stale_since = time;
        if (verdict == GateVerdict::Gap || verdict == GateVerdict::Hold) held[m.final_update_id] = time;
        if (verdict == GateVerdict::Replace) held.clear();
      });
  if (!read) return std::unexpected(read.error());
  if (gated.gate().state() == GateState::Stale)
    return fail(Errc::NotFound,
                fmt::format("no book of {} at {}: an update is missing since {}", options.instrument, format_time(at),
                            format_time(stale_since)),
                "the book is stale until the next snapshot; ask for an earlier or later time");
  if (applied == kNoTime)
    return fail(Errc::NotFound,
                fmt::format("no book of {} at {}: no snapshot was received yet", options.instrument, format_time(at)),
                "ask for a later time; stom data list shows what is there");

  auto reader = store::TickReader::open(*folder, options.instrument);
  if (!reader) return std::unexpected(reader.error());
  const int price = reader->price_decimals(), quantity = reader->quantity_decimals();
  return Json{{"time_ns", applied},
              {"update_id", applied_id},
              {"bids", levels_of(book.bids.rbegin(), book.bids.rend(), options.depth, price, quantity)},
              {"asks", levels_of(book.asks.begin(), book.asks.end(), options.depth, price, quantity)},
              {"levels", {{"bids", book.bids.size()}, {"asks", book.asks.size()}}}};
}

int run_book(const Session& session, const BookOptions& options) {
  const auto book = book_at(session, options);
  if (!book) return report_error(session, book.error());
  if (session.json) {
    fmt::print("{}\n", book->dump());
    return kOk;
  }
  const auto& b = *book;
  fmt::print("{} at {}, update {}\n", options.instrument, format_time(b["time_ns"].get<UnixNanos>()),
             b["update_id"].get<std::int64_t>());
  const auto print_level = [](const Json& level) {
    fmt::print("{:>24}  {:>20}\n", level[0].get<std::string>(), level[1].get<std::string>());
  };
  for (auto level = b["asks"].rbegin(); level != b["asks"].rend(); ++level) print_level(*level);
  fmt::print("{:->46}\n", "");
  for (const auto& level : b["bids"]) print_level(level);
  fmt::print("{} bid and {} ask levels in all\n", b["levels"]["bids"].get<std::size_t>(),
             b["levels"]["asks"].get<std::size_t>());
  return kOk;
}

}  // namespace

void add_data_book(CLI::App& data, Session& session) {
  auto* command = data.add_subcommand("book", "The order book as it stood at a moment");
  auto o = std::make_shared<BookOptions>();
  command->add_option("ID", o->instrument, "venue:symbol")->required();
  command->add_option("--at", o->at_ms, "Unix time in milliseconds")->required();
  command->add_option("--clock", o->clock, "venue: the venue's event time; local: our repaired receive time")
      ->check(CLI::IsMember({"venue", "local"}));
  command->add_option("--depth", o->depth, "levels a side to show");
  examples(*command, {"stom data book binance-usdm:BTCUSDT --at 1723161260000 --clock venue --depth 20",
                      "stom data book binance-usdm:BTCUSDT --at 1723161260000 --clock local --json"});
  command->callback([&session, o] { session.status = run_book(session, *o); });
}

}  // namespace stom
