#include "server/hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "server/bodies.hpp"
#include "server/render.hpp"

namespace stom {
namespace {

constexpr std::size_t kMaxAnswers = 64;
constexpr std::size_t kMaxSubscriptions = 64;
constexpr int kMaxErrors = 10;
constexpr std::uint64_t kMaxBehind = 1'000;  // entries of a list: then the newest are sent
constexpr std::uint64_t kEntriesPerFrame = 200;
constexpr std::uint64_t kOrdersInSnapshot = 200;  // beside the open ones
constexpr std::uint64_t kFillsInSnapshot = 1'000;
constexpr std::uint64_t kLogInSnapshot = 500;
constexpr std::uint64_t kTradesInSnapshot = 200;
constexpr std::uint64_t kBarsInSnapshot = 500;
constexpr std::size_t kEquityPoints = 2'000;
constexpr DurationNanos kPause = 33 * kMillisecond;  // 30 frames a second
constexpr DurationNanos kAccountPause = 100 * kMillisecond;
constexpr DurationNanos kClockPause = 200 * kMillisecond;
constexpr std::uint16_t kTooSlow = 4008;
constexpr std::uint16_t kPolicyViolation = 1008;

std::uint64_t newest(std::uint64_t begin, std::uint64_t end, std::uint64_t count) {
  return std::max(begin, end - std::min(end, count));
}

/// What must be sent so that `before` becomes `after`: changed and new levels, and those that went as quantity 0.
/// Both are best first; `better(a, b)` says that a stands before b.
template <class Better>
std::uint32_t write_difference(BinaryFrame& frame, std::span<const Level> before, std::span<const Level> after,
                               Better better) {
  std::uint32_t count = 0;
  const auto put = [&](const Level& level) {
    frame.level(level);
    ++count;
  };
  std::size_t b = 0, a = 0;
  while (b < before.size() || a < after.size()) {
    if (a == after.size() || (b < before.size() && better(before[b].price, after[a].price))) {
      put({before[b++].price, Quantity{0}});
    } else if (b == before.size() || better(after[a].price, before[b].price)) {
      put(after[a++]);
    } else {
      if (after[a].quantity != before[b].quantity) put(after[a]);
      ++a;
      ++b;
    }
  }
  return count;
}

std::span<const Level> bids_of(const BookState& book) { return {book.bid.data(), book.bids}; }
std::span<const Level> asks_of(const BookState& book) { return {book.ask.data(), book.asks}; }

}  // namespace

Hub::Hub(const SessionState& state, const Clock& clock, Close close)
    : state_{state}, clock_{clock}, close_{std::move(close)} {}

void Hub::on_open(net::ClientId client) { clients_[client]; }

void Hub::on_message(net::ClientId id, std::string_view text, bool binary) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  Client& client = found->second;
  const auto message =
      binary ? std::unexpected(Problem{"bad_json", "Messages are JSON text", ""}) : parse_message(text);
  if (!message) {
    Json json;
    json.begin_object().field("op", "error").field("code", message.error().code);
    client.answers.push_back(json.field("detail", message.error().detail).end_object().take());
    if (++client.errors >= kMaxErrors) close_(id, kPolicyViolation, "ten messages that cannot be read");
  } else if (message->op == ClientMessage::Op::Subscribe) {
    subscribe(client, message->id, message->topics);
  } else if (message->op == ClientMessage::Op::Unsubscribe) {
    unsubscribe(client, message->id, message->topics);
  } else {
    Json json;
    json.begin_object().field("op", "pong").key("id").number(message->id);
    client.answers.push_back(json.key("clock_time_ns").digits(state_.live().clock).end_object().take());
  }
  if (client.answers.size() > kMaxAnswers) close_(id, kTooSlow, "answers are not being read");
}

bool Hub::parse_topic(std::string_view topic, Subscription& s) const {
  static constexpr std::array<std::pair<std::string_view, Kind>, 7> kPlain{{{"session", Kind::Session},
                                                                            {"orders", Kind::Orders},
                                                                            {"fills", Kind::Fills},
                                                                            {"positions", Kind::Positions},
                                                                            {"account", Kind::Account},
                                                                            {"equity", Kind::Equity},
                                                                            {"log", Kind::Log}}};
  s.topic = topic;
  for (const auto& [name, kind] : kPlain) {
    if (topic != name) continue;
    s.kind = kind;
    return true;
  }
  const auto dot = topic.find('.');
  if (dot == std::string_view::npos) return false;
  const auto name = topic.substr(0, dot);
  auto instrument = topic.substr(dot + 1);
  if (name == "bars") {
    const auto last = instrument.rfind('.');
    if (last == std::string_view::npos) return false;
    s.interval = interval_of(instrument.substr(last + 1));
    instrument = instrument.substr(0, last);
  }
  const int index = state_.instrument(instrument);
  if (index < 0 || s.interval < 0) return false;
  s.instrument = static_cast<std::size_t>(index);
  s.kind = name == "book" ? Kind::Book : name == "trades" ? Kind::Trades : Kind::Bars;
  return name == "book" || name == "trades" || name == "bars";
}

void Hub::subscribe(Client& client, std::int64_t id, const std::vector<std::string>& topics) {
  Json json;
  json.begin_object().field("op", "ack").key("id").number(id).key("topics").begin_object();
  std::set<std::string_view> seen;
  for (const auto& topic : topics) {
    if (!seen.insert(topic).second) continue;
    Subscription subscription;
    json.key(topic).begin_object();
    const bool known = parse_topic(topic, subscription);
    const auto old = std::find_if(client.subscriptions.begin(), client.subscriptions.end(),
                                  [&](const Subscription& s) { return s.topic == topic; });
    const bool room = old != client.subscriptions.end() || client.subscriptions.size() < kMaxSubscriptions;
    if (known && room) {
      subscription.id = old != client.subscriptions.end() ? old->id : ++client.last_topic_id;
      json.key("topic_id").number(subscription.id);
      if (old != client.subscriptions.end())
        *old = std::move(subscription);
      else
        client.subscriptions.push_back(std::move(subscription));
    } else {
      json.key("error").begin_object().field("code", known ? "too_many_topics" : "unknown_topic");
      json.field("detail", known ? "a client may have 64 topics" : "there is no such topic in this session");
      json.end_object();
    }
    json.end_object();
  }
  client.answers.push_back(json.end_object().end_object().take());
}

void Hub::unsubscribe(Client& client, std::int64_t id, const std::vector<std::string>& topics) {
  std::erase_if(client.subscriptions, [&](const Subscription& s) {
    return std::find(topics.begin(), topics.end(), s.topic) != topics.end();
  });
  Json json;
  json.begin_object().field("op", "ack").key("id").number(id).key("topics").begin_object().end_object();
  client.answers.push_back(json.end_object().take());
}

bool Hub::next_frame(net::ClientId id, net::Frame& frame) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return false;
  Client& client = found->second;
  if (!client.answers.empty()) {
    frame = {std::move(client.answers.front()), false};
    client.answers.pop_front();
    return true;
  }
  if (!state_.ready()) return false;
  const UnixNanos now = clock_.now();
  const std::size_t count = client.subscriptions.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t turn = (client.turn + i) % count;
    Subscription& subscription = client.subscriptions[turn];
    if (subscription.generation != state_.generation()) {
      subscription.generation = state_.generation();
      subscription.fresh = true;
    }
    if (!due(subscription, now) || !render(subscription, frame)) continue;
    subscription.sent_at = now;
    subscription.clock = state_.live().clock;
    subscription.fresh = false;
    client.turn = turn + 1;
    return true;
  }
  return false;
}

bool Hub::due(const Subscription& s, UnixNanos now) const {
  if (s.fresh) return true;
  const DurationNanos waited = now - s.sent_at;
  switch (s.kind) {
    case Kind::Session:
      return s.version != state_.status_version() || (waited >= kClockPause && s.clock != state_.live().clock);
    case Kind::Positions:
    case Kind::Account:
      return waited >= kAccountPause;
    case Kind::Equity:
      return waited >= kClockPause;
    case Kind::Book:
    case Kind::Trades:
    case Kind::Bars:
    case Kind::Orders:
    case Kind::Fills:
    case Kind::Log:
      return waited >= kPause;
  }
  return true;
}

bool Hub::render(Subscription& s, net::Frame& frame) {
  const SessionInfo& info = state_.info();
  switch (s.kind) {
    case Kind::Session:
      return render_session(s, frame);
    case Kind::Orders:
      return render_orders(s, frame);
    case Kind::Fills:
      return render_list(
          s, state_.fills(), kFillsInSnapshot,
          [&](Json& json, const FillRow& fill, std::uint64_t) { write_fill(json, fill, info); }, frame);
    case Kind::Log:
      return render_list(
          s, state_.log(), kLogInSnapshot,
          [](Json& json, const LogRow& row, std::uint64_t number) { write_log(json, row, number); }, frame);
    case Kind::Positions: {
      Json json;
      write_positions(json, state_);
      return render_whole(s, json.take(), frame);
    }
    case Kind::Account: {
      Json json;
      write_account(json, state_);
      return render_whole(s, json.take(), frame);
    }
    case Kind::Equity:
      return render_equity(s, frame);
    case Kind::Book:
      return render_book(s, frame);
    case Kind::Trades:
      return render_trades(s, frame);
    case Kind::Bars:
      return render_bars(s, frame);
  }
  return false;
}

std::string Hub::envelope(Subscription& s, bool snapshot, std::string_view data, std::uint64_t left_out) const {
  Json json;
  json.begin_object().field("topic", s.topic).key("seq").number(static_cast<std::int64_t>(++s.seq));
  json.field("type", snapshot ? "snapshot" : "delta").key("time_ns").digits(state_.live().clock);
  if (left_out > 0) json.key("left_out").number(static_cast<std::int64_t>(left_out));
  return json.key("data").raw(data).end_object().take();
}

bool Hub::render_whole(Subscription& s, std::string data, net::Frame& frame) {
  if (!s.fresh && data == s.content) return false;
  frame = {envelope(s, true, data), false};
  s.content = std::move(data);
  return true;
}

bool Hub::render_session(Subscription& s, net::Frame& frame) {
  s.version = state_.status_version();
  frame = {envelope(s, true, session_json(state_)), false};
  return true;
}

bool Hub::render_orders(Subscription& s, net::Frame& frame) {
  const auto& changes = state_.order_changes();
  const auto& orders = state_.orders();
  std::set<std::uint64_t> numbers;
  const bool snapshot = s.fresh || s.cursor < changes.begin() || changes.end() - s.cursor > kMaxBehind;
  if (snapshot) {
    for (const auto& [number, order] : orders)
      if (order.is_open()) numbers.insert(number);
    std::uint64_t left = kOrdersInSnapshot;
    for (auto order = orders.rbegin(); order != orders.rend() && left > 0; ++order)
      if (!order->second.is_open() && numbers.insert(order->first).second) --left;
    s.cursor = changes.end();
  } else {
    if (s.cursor == changes.end()) return false;
    for (; s.cursor < changes.end() && numbers.size() < kEntriesPerFrame; ++s.cursor) numbers.insert(changes[s.cursor]);
  }
  Json json;
  json.begin_array();
  for (const auto number : numbers)
    if (const auto order = orders.find(number); order != orders.end()) write_order(json, order->second, state_.info());
  frame = {envelope(s, snapshot, json.end_array().take()), false};
  return true;
}

template <class T, class Write>
bool Hub::render_list(Subscription& s, const Retained<T>& list, std::uint64_t in_snapshot, Write write,
                      net::Frame& frame) {
  std::uint64_t left_out = 0;
  if (s.fresh) {
    s.cursor = newest(list.begin(), list.end(), in_snapshot);
  } else {
    if (s.cursor == list.end()) return false;
    if (s.cursor < list.begin() || list.end() - s.cursor > kMaxBehind) {
      const auto start = newest(list.begin(), list.end(), kEntriesPerFrame);
      left_out = start - s.cursor;
      s.cursor = start;
    }
  }
  const auto end = s.fresh ? list.end() : std::min(list.end(), s.cursor + kEntriesPerFrame);
  Json json;
  json.begin_array();
  for (; s.cursor < end; ++s.cursor) write(json, list[s.cursor], s.cursor);
  frame = {envelope(s, s.fresh, json.end_array().take(), left_out), false};
  return true;
}

bool Hub::render_equity(Subscription& s, net::Frame& frame) {
  const auto& points = state_.equity();
  const auto last_sent = s.fresh ? kNoTime : static_cast<UnixNanos>(s.cursor);
  const auto first = std::upper_bound(points.begin(), points.end(), last_sent,
                                      [](UnixNanos time, const EquityRow& point) { return time < point.time; });
  if (!s.fresh && first == points.end()) return false;
  const bool snapshot = s.fresh || static_cast<std::size_t>(points.end() - first) > kEquityPoints;
  Json json;
  if (snapshot)
    write_equity(json, thin(points, kEquityPoints), state_.info());
  else
    write_equity(json, {first, points.end()}, state_.info());
  s.cursor = points.empty() ? 0 : static_cast<std::uint64_t>(points.back().time);
  frame = {envelope(s, snapshot, json.take()), false};
  return true;
}

bool Hub::render_book(Subscription& s, net::Frame& frame) {
  const auto& books = state_.live().books;
  if (s.instrument >= books.size()) return false;
  const BookState& now = books[s.instrument];
  BinaryFrame binary{s.fresh ? FrameKind::BookSnapshot : FrameKind::BookDelta, s.id, s.seq + 1, state_.live().clock};
  if (now.stale) binary.flags(kStaleFlag);
  std::uint32_t bids = now.bids;
  if (s.fresh) {
    for (const auto& level : bids_of(now)) binary.level(level);
    for (const auto& level : asks_of(now)) binary.level(level);
  } else {
    bids = write_difference(binary, bids_of(s.book), bids_of(now), [](Price a, Price b) { return a > b; });
    write_difference(binary, asks_of(s.book), asks_of(now), [](Price a, Price b) { return a < b; });
    if (binary.count() == 0 && now.stale == s.book.stale) return false;
  }
  s.book = now;
  ++s.seq;
  frame = {binary.take(bids), true};
  return true;
}

bool Hub::render_trades(Subscription& s, net::Frame& frame) {
  const auto& tape = state_.tape(s.instrument);
  if (!s.fresh && s.cursor == tape.end()) return false;
  BinaryFrame binary{s.fresh ? FrameKind::TradesSnapshot : FrameKind::TradesDelta, s.id, s.seq + 1,
                     state_.live().clock};
  if (s.fresh) s.cursor = newest(tape.begin(), tape.end(), kTradesInSnapshot);
  const auto start = newest(tape.begin(), tape.end(), kEntriesPerFrame);
  if (s.cursor < start) {
    binary.flags(kTradesLeftOutFlag);
    s.cursor = start;
  }
  for (; s.cursor < tape.end(); ++s.cursor) binary.trade(tape[s.cursor]);
  ++s.seq;
  frame = {binary.take(), true};
  return true;
}

bool Hub::render_bars(Subscription& s, net::Frame& frame) {
  const BarSeries& series = state_.bars(s.instrument, s.interval);
  if (!s.fresh && s.version == series.version()) return false;
  const auto& finished = series.bars();
  // A client that missed more than a snapshot holds gets a snapshot.
  const bool snapshot = s.fresh || finished.end() - std::min(finished.end(), s.cursor) > kBarsInSnapshot;
  if (snapshot) s.cursor = newest(finished.begin(), finished.end(), kBarsInSnapshot - 1);
  const UnixNanos clock = state_.live().clock;
  BinaryFrame binary{snapshot ? FrameKind::BarsSnapshot : FrameKind::BarsDelta, s.id, s.seq + 1, clock};
  for (; s.cursor < finished.end(); ++s.cursor) binary.bar(finished[s.cursor], true);
  if (!series.empty()) binary.bar(series.last(), series.last().bar.time + series.length() <= clock);
  s.version = series.version();
  ++s.seq;
  frame = {binary.take(), true};
  return true;
}

}  // namespace stom
