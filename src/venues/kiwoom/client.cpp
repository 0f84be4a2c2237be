#include "venues/kiwoom/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "venues/event_messages.hpp"
#include "venues/kiwoom/decoder.hpp"
#include "venues/kiwoom/signing.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr ConnectionId kStream = 1;
constexpr BudgetIndex kRegistrations = 0;
constexpr Tag kToken = 1;
constexpr TimerId kAskToken = 1;
constexpr std::int64_t kMostRegistrations = 100;
constexpr DurationNanos kRetryAfter = 5 * kSecond;
constexpr DurationNanos kRenewBefore = 10 * kMinute;  // the end of a token

class Client final : public Venue {
 public:
  explicit Client(Credentials credentials) : credentials_{std::move(credentials)} {
    description_.name = "kiwoom";
    description_.endpoints = {{.name = "rest", .url = "https://api.kiwoom.com"},
                              {.name = "stream",
                               .transport = Transport::WebSocket,
                               .url = "wss://api.kiwoom.com:10000",
                               .silent_after = kMinute}};  // a ping comes every ten seconds
    description_.budgets = {{.name = "registrations", .kind = BudgetKind::Standing, .limit = kMostRegistrations}};
  }

  const Description& description() const override { return description_; }

  void start(UnixNanos, Actions& actions) override {
    actions.status({VenueState::Connecting, "asking for a token"});
    ask_token(actions);
  }

  void opened(ConnectionId, UnixNanos, Actions& actions) override {
    actions.status({VenueState::LoggingIn, "login"});
    say(fmt::format(R"({{"trnm":"LOGIN","token":"{}"}})", token_), {}, actions);
  }

  void closed(ConnectionId, std::string_view reason, UnixNanos, Actions& actions) override {
    logged_in_ = false;
    for (auto& [code, watched] : watched_) {
      if (watched.registered) actions.release(kRegistrations, 1);
      watched.registered = false;
      if (watched.wanted.book) actions.book_stale(watched.index, reason);
    }
    actions.status({VenueState::Down, reason});
  }

  void frame(ConnectionId, std::string_view bytes, UnixNanos received, Actions& actions) override {
    events_.clear();
    const auto decoded = decoder_->decode(bytes, received, events_);
    if (decoded.what == Decoded::What::Unknown) return actions.unknown(decoded.text, bytes);
    if (decoded.what == Decoded::What::Malformed)
      return actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, bytes);
    for (const auto& event : events_.events) {
      if (event.kind == "ping") {
        say(bytes, {}, actions);
      } else if (event.kind == "ok" && text(event, "request") == "LOGIN") {
        logged_in_ = true;
        for (auto& [code, watched] : watched_) register_one(code, watched, actions);
        actions.status({VenueState::Ready, "logged in"});
      } else if (event.kind == "refusal") {
        refused(event, received, actions);
      } else if (event.kind == "interruption" || event.kind == "session") {
        actions.status(
            {VenueState::Ready, fmt::format("{} {}{}", event.kind, text(event, "instrument"),
                                            text(event, event.kind == "session" ? "session" : "interruption"))});
      } else {
        market(event, received, bytes, actions);
      }
    }
  }

  void reply(const Reply& reply, UnixNanos now, Actions& actions) override {
    events_.clear();
    if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what == Decoded::What::Events &&
        !events_.events.empty()) {
      const auto& event = events_.events.front();
      if (event.kind == "token") {
        token_ = text(event, "token");
        const auto expires = events_.find(event, "expire_time_ns")->integer;
        actions.timer(kAskToken, std::max(expires - kRenewBefore, now + kMinute));
        if (!connected_) actions.connect(kStream, "stream", "/api/dostk/websocket", {});
        connected_ = true;
        return;
      }
      if (event.kind == "refusal")
        return no_token(fmt::format("token refused: {}", text(event, "message")), now, actions);
    }
    no_token(fmt::format("no token: HTTP {}", reply.status), now, actions);
  }

  void outcome(Tag tag, Outcome, UnixNanos now, Actions& actions) override {
    if (tag == kToken) no_token("no token: it was not answered", now, actions);
  }
  void timer(TimerId, UnixNanos, Actions& actions) override { ask_token(actions); }
  void clock_offset(DurationNanos, UnixNanos, Actions&) override {}  // nothing carries a time stamp
  Result<void> sign(Request& request, UnixNanos) override { return kiwoom::sign(request, request.target, token_); }

  void watch(InstrumentIndex index, const Instrument& instrument, Wanted wanted, UnixNanos, Actions& actions) override {
    const auto [at, added] = watched_.insert_or_assign(
        instrument.symbol(), Watched{index, wanted, {instrument.price_decimals, instrument.quantity_decimals}, false});
    if (logged_in_) register_one(at->first, at->second, actions);
  }
  void unwatch(InstrumentIndex index, UnixNanos, Actions& actions) override {
    const auto at = std::ranges::find_if(watched_, [index](const auto& entry) { return entry.second.index == index; });
    if (at == watched_.end()) return;
    if (at->second.registered) {
      say(fmt::format(R"({{"trnm":"REMOVE","grp_no":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", at->first,
                      types_of(at->second)),
          {}, actions);
      actions.release(kRegistrations, 1);
    }
    watched_.erase(at);
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
    bool registered = false;
  };

  std::string_view text(const Event& event, std::string_view name) const {
    const auto* field = events_.find(event, name);
    return field ? field->text : std::string_view{};
  }

  void ask_token(Actions& actions) {
    request_ = {};
    request_.endpoint = "rest";
    request_.method = "POST";
    request_.target = "/oauth2/token";
    request_.headers = {{"Content-Type", "application/json;charset=UTF-8"}};
    request_.body = token_request(credentials_);
    request_.priority = Priority::Session;
    request_.tag = kToken;
    actions.request(request_);
  }
  static void no_token(std::string_view why, UnixNanos now, Actions& actions) {
    actions.status({VenueState::Refused, why});
    actions.timer(kAskToken, now + kRetryAfter);
  }
  void refused(const Event& event, UnixNanos now, Actions& actions) {
    actions.status({VenueState::Refused, fmt::format("{}: {}", text(event, "request"), text(event, "message"))});
    if (text(event, "request") != "LOGIN") return;
    // Mostly a token that is over: another one, and the login that belongs to it.
    connected_ = false;
    actions.timer(kAskToken, now + kRetryAfter);
  }

  void say(std::string_view body, Costs costs, Actions& actions) {
    request_ = {};
    request_.connection = kStream;
    request_.body = body;
    request_.priority = Priority::Session;
    request_.costs = costs;
    actions.request(request_);
  }
  static std::string types_of(const Watched& watched) {
    std::string types;
    if (watched.wanted.trades) types += "\"0B\"";
    if (watched.wanted.book || watched.wanted.quotes) types += types.empty() ? "\"0D\"" : ",\"0D\"";
    return types;
  }
  /// "refresh":"1" keeps what was registered before. Beyond the limit the gateway holds it until another is given back.
  void register_one(std::string_view code, Watched& watched, Actions& actions) {
    const auto types = types_of(watched);
    if (types.empty() || watched.registered) return;
    watched.registered = true;
    say(fmt::format(R"({{"trnm":"REG","grp_no":"1","refresh":"1","data":[{{"item":["{}"],"type":[{}]}}]}})", code,
                    types),
        {{kRegistrations, 1}}, actions);
  }

  void market(const Event& event, UnixNanos received, std::string_view bytes, Actions& actions) {
    const auto at = watched_.find(text(event, "instrument"));
    if (at == watched_.end()) return;
    batch_.clear();
    const auto done = append_message(events_, event, at->second.decimals, received, batch_);
    if (!done) return actions.malformed(done.error(), bytes);
    if (*done) actions.market(at->second.index, batch_);
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
    report.reason = "orders on Kiwoom are not offered yet";
    actions.order(report);
  }

  Credentials credentials_;
  Description description_;
  std::unique_ptr<Decoder> decoder_ = decoder();
  std::string token_;
  std::map<std::string, Watched, std::less<>> watched_;  // by code
  EventBatch events_;
  MessageBatch batch_;
  Request request_;
  bool connected_ = false;  // the connection is wanted with the token that we have
  bool logged_in_ = false;
};

}  // namespace

Result<std::unique_ptr<Venue>> client(const VenueConfig& config) {
  if (!config.credentials || config.credentials->key.empty() || config.credentials->secret.empty())
    return fail(Errc::Usage, "kiwoom has no public data", "give a key and its secret");
  return std::make_unique<Client>(*config.credentials);
}

}  // namespace stom::venues::kiwoom
