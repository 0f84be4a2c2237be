#include "venues/upbit/client.hpp"

#include <fmt/format.h>

#include <map>

#include "venues/event_messages.hpp"
#include "venues/upbit/decoder.hpp"

namespace stom::venues::upbit {
namespace {

constexpr ConnectionId kPublic = 1;

class Client final : public Venue {
 public:
  Client() {
    description_.name = "upbit";
    // The venue ends a connection on which nothing was said for two minutes.
    description_.endpoints = {{.name = "public",
                               .transport = Transport::WebSocket,
                               .url = "wss://api.upbit.com",
                               .ping_every = kMinute,
                               .silent_after = 2 * kMinute}};
  }

  const Description& description() const override { return description_; }

  void start(UnixNanos, Actions& actions) override { actions.status({VenueState::Connecting, "start"}); }
  void opened(ConnectionId, UnixNanos, Actions& actions) override {
    subscribe(actions);
    actions.status({VenueState::Ready, "market streams open"});
  }
  void closed(ConnectionId, std::string_view reason, UnixNanos, Actions& actions) override {
    for (const auto& [symbol, watched] : watched_)
      if (watched.wanted.book) actions.book_stale(watched.index, reason);
    actions.status({VenueState::Down, reason});
  }

  void frame(ConnectionId, std::string_view bytes, UnixNanos received, Actions& actions) override {
    events_.clear();
    const auto decoded = decoder_->decode(bytes, received, events_);
    if (decoded.what == Decoded::What::Unknown) return actions.unknown(decoded.text, bytes);
    if (decoded.what == Decoded::What::Malformed)
      return actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, bytes);
    for (const auto& event : events_.events) {
      if (event.kind == "refusal") {
        actions.status({VenueState::Refused, events_.find(event, "message")->text});
        continue;
      }
      const auto* symbol = events_.find(event, "instrument");
      const auto at = symbol ? watched_.find(symbol->text) : watched_.end();
      if (at == watched_.end()) continue;
      // Each subscription begins with the last trade before it, which was told then.
      if (const auto* stream = events_.find(event, "stream"); stream && stream->text == "SNAPSHOT") continue;
      batch_.clear();
      const auto done = append_message(events_, event, at->second.decimals, received, batch_);
      if (!done) return actions.malformed(done.error(), bytes);
      if (*done) actions.market(at->second.index, batch_);
    }
  }

  void reply(const Reply&, UnixNanos, Actions&) override {}          // nothing is asked by REST
  void outcome(Tag, Outcome, UnixNanos, Actions&) override {}        // a new connection subscribes to all again
  void timer(TimerId, UnixNanos, Actions&) override {}               // none is set
  void clock_offset(DurationNanos, UnixNanos, Actions&) override {}  // nothing carries a time stamp
  Result<void> sign(Request&, UnixNanos) override {
    return fail(Errc::Unsupported, "upbit: nothing is signed on public data", "orders on Upbit are not offered yet");
  }

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override {
    watched_.insert_or_assign(instrument.symbol(),
                              Watched{index, wanted, {instrument.price_decimals, instrument.quantity_decimals}});
    if (watched_.size() == 1)
      actions.connect(kPublic, "public", "/websocket/v1", {});
    else
      subscribe(actions);
  }
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override {
    std::erase_if(watched_, [index](const auto& entry) { return entry.second.index == index; });
    if (watched_.empty())
      actions.disconnect(kPublic);
    else
      subscribe(actions);
  }

  void submit(const NewOrder& order, UnixNanos now, Actions& actions) override {
    say_not_offered(order.id, order.instrument, OrderEventKind::Denied, order.side, now, actions);
  }
  void cancel(const CancelOrder& order, UnixNanos now, Actions& actions) override {
    say_not_offered(order.id, order.instrument, OrderEventKind::CancelRejected, Side::Buy, now, actions);
  }
  void cancel_all(std::optional<InstrumentIndex>, UnixNanos, Actions&) override {}  // there are none
  std::span<const WorkingOrder> working_orders() const override { return {}; }

 private:
  struct Watched {
    InstrumentIndex index = 0;
    Wanted wanted;
    Decimals decimals;
  };

  /// A subscription replaces the one before it: it always names all.
  void subscribe(Actions& actions) {
    std::string trades, books;
    for (const auto& [symbol, watched] : watched_) {
      if (watched.wanted.trades) trades += fmt::format("{}\"{}\"", trades.empty() ? "" : ",", symbol);
      if (watched.wanted.book || watched.wanted.quotes)
        books += fmt::format("{}\"{}\"", books.empty() ? "" : ",", symbol);
    }
    request_.connection = kPublic;
    request_.priority = Priority::Session;
    request_.body = fmt::format(R"([{{"ticket":"stom-{}"}})", ++ticket_);
    if (!trades.empty()) request_.body += fmt::format(R"(,{{"type":"trade","codes":[{}]}})", trades);
    if (!books.empty()) request_.body += fmt::format(R"(,{{"type":"orderbook","codes":[{}]}})", books);
    request_.body += R"(,{"format":"DEFAULT"}])";
    actions.request(request_);
  }

  static void say_not_offered(ClientOrderId id, InstrumentIndex instrument, OrderEventKind kind, Side side,
                              UnixNanos now, Actions& actions) {
    OrderReport report;
    report.event = {.kind = kind,
                    .side = side,
                    .reason = RejectReason::Unsupported,
                    .instrument = instrument,
                    .id = id,
                    .time = now,
                    .local_time = now};
    report.reason = "orders on Upbit are not offered yet";
    actions.order(report);
  }

  Description description_;
  std::unique_ptr<Decoder> decoder_ = decoder();
  std::map<std::string, Watched, std::less<>> watched_;  // by symbol
  EventBatch events_;
  MessageBatch batch_;
  Request request_;
  std::uint64_t ticket_ = 0;
};

}  // namespace

Result<std::unique_ptr<Venue>> client(const VenueConfig&) { return std::make_unique<Client>(); }

}  // namespace stom::venues::upbit
