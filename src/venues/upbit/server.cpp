// Upbit as the venue's own side (docs/exchange.md): REST below /v1, the public WebSocket at /websocket/v1, orders and
// balances at /websocket/v1/private. A state machine: the exchange owns sockets, clock, markets and accounts.
#include "venues/upbit/server.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "core/assert.hpp"
#include "venues/ladders.hpp"
#include "venues/upbit/server_token.hpp"

namespace stom::venues::upbit {
namespace {

using namespace server;
using Outcome = std::expected<std::string, ApiError>;

constexpr std::int64_t kLeastTotal = 5'000;  // won
constexpr std::int64_t kMostTotal = 1'000'000'000;
constexpr std::int64_t kFeeRate = 500'000;  // 0.05 %, in 10^-9
constexpr std::size_t kUnits = 30;          // levels of a book
constexpr int kRefusalsBeforeBan = 20;      // of one second; the documents say "if one goes on"
constexpr DurationNanos kBan = kMinute;
constexpr DurationNanos kSeoul = 9 * kHour;

std::int64_t ms(UnixNanos time) { return time / kMillisecond; }

// ---- what may be asked how often

struct Group {
  std::string_view name;
  std::int64_t limit;
  DurationNanos window;
  bool of_account;  // else of the address
};
enum GroupIndex : std::size_t { kMarket, kCandle, kTrade, kTicker, kOrderbook, kDefault, kOrder, kCancelAll };
constexpr Group kGroups[] = {
    {"market", 10, kSecond, false},    {"candle", 10, kSecond, false},
    {"trade", 10, kSecond, false},     {"ticker", 10, kSecond, false},
    {"orderbook", 10, kSecond, false}, {"default", 30, kSecond, true},
    {"order", 8, kSecond, true},       {"order-cancel-all", 1, 2 * kSecond, true},
};

// ---- text

std::string price_text(const Instrument& instrument, Price price) {
  return format_decimal_trimmed(Int128{price.value}, instrument.price_decimals);
}
std::string quantity_text(const Instrument& instrument, Quantity quantity) {
  return format_decimal_trimmed(Int128{quantity.value}, instrument.quantity_decimals);
}
std::string money_text(Money money) { return format_decimal_trimmed(money.value, kMoneyDecimals); }

std::string two(int number) { return fmt::format("{:02d}", number); }
struct Stamp {
  std::string date, compact_date, clock, compact_clock;  // "2025-07-04", "20250704", "05:14:00", "051400"
};
Stamp stamp_of(UnixNanos time) {
  const auto [year, month, day] = civil_of_day(day_of(time));
  const auto second = static_cast<int>((time - start_of_day(day_of(time))) / kSecond);
  const auto h = two(second / 3600), m = two(second / 60 % 60), s = two(second % 60);
  return {fmt::format("{:04d}-{}-{}", year, two(month), two(day)),
          fmt::format("{:04d}{}{}", year, two(month), two(day)), fmt::format("{}:{}:{}", h, m, s), h + m + s};
}
std::string seconds_text(UnixNanos time) {
  const auto stamp = stamp_of(time);
  return stamp.date + "T" + stamp.clock;
}
std::string seoul_text(UnixNanos time) { return seconds_text(time + kSeoul) + "+09:00"; }

/// A message whose members have two names each.
class Fields {
 public:
  Fields& raw(std::string_view name, std::string_view brief, std::string value) {
    rows_.push_back({name, brief, std::move(value)});
    return *this;
  }
  Fields& text(std::string_view name, std::string_view brief, std::string_view value) {
    return raw(name, brief, json_text(value));
  }
  Fields& number(std::string_view name, std::string_view brief, std::int64_t value) {
    return raw(name, brief, std::to_string(value));
  }
  std::string json(bool brief) const {
    JsonObject out;
    for (const auto& row : rows_) out.raw(brief ? row.brief : row.name, row.value);
    return out.done();
  }

 private:
  struct Row {
    std::string_view name, brief;
    std::string value;
  };
  std::vector<Row> rows_;
};

enum class Format : std::uint8_t { Default, Simple, JsonList, SimpleList };
bool is_brief(Format format) { return format == Format::Simple || format == Format::SimpleList; }
std::string framed(std::string text, Format format) {
  return format == Format::JsonList || format == Format::SimpleList ? "[" + std::move(text) + "]" : text;
}

// ---- requests

class Call {
 public:
  Call(Parameters parameters, std::optional<AccountId> account)
      : parameters_{std::move(parameters)}, account_{account} {}
  AccountId account() const {
    STOM_ASSERT(account_.has_value());
    return *account_;
  }
  std::optional<std::string> find(std::string_view name) const {
    for (const auto& [key, value] : parameters_)
      if (key == name) return value;
    return std::nullopt;
  }
  /// "name[]=a&name[]=b", "name=a&name=b" or "name=a,b".
  std::vector<std::string> all(std::string_view name) const {
    std::vector<std::string> out;
    for (const auto& [key, value] : parameters_) {
      if (key != name && key != fmt::format("{}[]", name)) continue;
      for (std::size_t at = 0; at <= value.size();) {
        const auto end = std::min(value.find(',', at), value.size());
        if (end > at) out.push_back(value.substr(at, end - at));
        at = end + 1;
      }
    }
    return out;
  }
  std::int64_t number(std::string_view name, std::int64_t usual, std::int64_t most) const {
    const auto value = find(name);
    const auto number = value ? whole_number(*value) : std::nullopt;
    return number ? std::clamp<std::int64_t>(*number, 1, most) : usual;
  }

 private:
  Parameters parameters_;
  std::optional<AccountId> account_;
};

struct Candle {
  UnixNanos start = 0, last = 0;
  Bar bar;
  Money value{};
};

/// Listed on the venue's ladder as it is in force, from a hundredth of the price up.
Listing listing(const std::string& base, int price_decimals, std::int64_t price, std::int64_t typical, double rate) {
  Listing out{.instrument = {.id = "upbit:KRW-" + base,
                             .base = base,
                             .quote = "KRW",
                             .kind = ContractKind::Spot,
                             .price_decimals = price_decimals,
                             .quantity_decimals = 8,
                             .lot = {1}},
              .start_price = {price},
              .typical_quantity = typical,
              .actions_per_second = rate,
              .depth_doublings = 7};
  const auto ladder = ladder_on("upbit-krw", base, INT32_MAX);
  STOM_ASSERT(ladder.has_value());
  apply_ladder(*ladder, out.instrument);
  auto& bands = out.instrument.ladder;
  while (bands.size() > 1 && bands[1].from.value <= price / 100) bands.erase(bands.begin());
  bands.front().from = {0};
  return out;
}

class UpbitServer final : public VenueServer {
 public:
  std::vector<Listing> listings() const override {
    return {listing("BTC", 0, 148'600'000, 5'000'000, 16), listing("ETH", 0, 3'510'000, 80'000'000, 12),
            listing("XRP", 0, 3'120, 50'000'000'000, 12), listing("DOGE", 1, 2'350, 300'000'000'000, 8),
            listing("USDT", 1, 13'900, 500'000'000'000, 4)};
  }
  AccountGrant grant() const override {
    return {.cash = {Int128{1'000'000'000} * power_of_ten(kMoneyDecimals)},
            .base = {Int128{10} * power_of_ten(kMoneyDecimals)},
            .maker_rate = kFeeRate,
            .taker_rate = kFeeRate};
  }
  Credentials make_credentials(const std::string& random_hex) const override {
    return {.key = random_hex.substr(0, 40), .secret = random_hex.substr(40, 40), .account = {}};
  }
  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override {
    exchange_ = &exchange;
    doorman_.open(std::move(credentials));
    for (InstrumentIndex i = 0; i < exchange.instruments().size(); ++i) {
      const Instrument& instrument = exchange.instruments()[i];
      markets_[instrument.symbol()] = i;
      Instrument whole = instrument;  // orders may be priced anywhere on the ladder
      if (const auto ladder = ladder_on("upbit-" + lower(instrument.quote), instrument.base, INT32_MAX))
        apply_ladder(*ladder, whole);
      ladders_.push_back(std::move(whole));
    }
    traded_.resize(markets_.size());
    salt_ = fmt::format("{:08x}", exchange.random() & 0xFFFFFFFFu);
  }
  bool sends_binary() const override { return true; }
  void lift_limits() override { lifted_ = true; }

  // ---- REST

  WireResponse on_request(const WireRequest& request) override {
    const UnixNanos now = exchange_->now();
    // Clients write "//v1" too.
    const std::string path = request.path.starts_with("//") ? request.path.substr(1) : request.path;
    const Endpoint* endpoint = nullptr;
    bool path_known = false;
    for (const Endpoint& e : endpoints()) {
      if (e.path != path && !(e.path.ends_with('/') && path.starts_with(e.path))) continue;
      path_known = true;
      if (e.method == request.method) endpoint = &e;
    }
    if (endpoint == nullptr)
      return answer(path_known ? ApiError{405, "405", "Method Not Allowed"} : ApiError{404, "404", "no Route matched"});
    const Group& group = kGroups[endpoint->group];
    const auto what = asked(request);
    if (!what) return answer(ApiError{400, "validation_error", "the request cannot be read"});
    std::optional<AccountId> account;
    if (group.of_account) {
      const auto who = doorman_.check(request.header("Authorization"), *what);
      if (!who) return answer(who.error());
      account = *who;
    }
    Spent& spent = spent_[{endpoint->group, account.value_or(0)}];
    if (auto refused = spend(group, spent, now)) return std::move(*refused);
    Call call{what->parameters, account};
    unit_ = std::string_view{path}.substr(std::min(path.size(), endpoint->path.size()));
    const Outcome outcome = (this->*endpoint->act)(call, now);
    WireResponse response =
        outcome ? WireResponse{.status = endpoint->created ? 201 : 200, .body = *outcome} : answer(outcome.error());
    response.headers.emplace_back("Remaining-Req", remaining(group, spent));
    response.acknowledges_order = endpoint->acknowledges;
    return response;
  }

  WireResponse refusal(int status) override {
    if (status == 429) return too_many();
    if (status == 418) return banned(exchange_->now() + kBan, exchange_->now());
    return answer(ApiError{status, "server_error", "서버 내부 오류로 요청을 처리할 수 없습니다."});
  }

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override {
    if (request.path != "/websocket/v1" && request.path != "/websocket/v1/private")
      return answer(ApiError{404, "404", "no Route matched"});
    const std::string_view token = request.header("Authorization");
    if (token.empty()) return std::nullopt;
    const auto who = doorman_.check(token, {});
    if (!who) return answer(who.error());
    // A token counts once, and others may be let in before this one's on_open(): whose it is stays known until then.
    if (upgrading_.size() == kMostUpgrading) upgrading_.erase(upgrading_.begin());  // of one that went away meanwhile
    upgrading_.emplace(token, *who);
    return std::nullopt;
  }
  void on_open(SocketId id, const WireRequest& request) override {
    Socket& socket = sockets_[id];
    socket.is_private = request.path == "/websocket/v1/private";
    const auto who = upgrading_.find(request.header("Authorization"));
    if (who == upgrading_.end()) return;
    socket.account = who->second;
    upgrading_.erase(who);
  }
  void on_close(SocketId id) override { sockets_.erase(id); }

  void on_message(SocketId id, std::string_view text) override {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    if (text == "PING") return exchange_->send(id, R"({"status":"UP"})");
    Socket& socket = found->second;
    Request wanted;
    const auto refused = read(socket, text, wanted);
    if (refused)
      return exchange_->send(
          id, JsonObject{}
                  .raw("error", JsonObject{}.text("name", refused->name).text("message", refused->message).done())
                  .done());
    if (wanted.lists) return exchange_->send(id, list(socket));
    socket.ticket = wanted.ticket;
    socket.format = wanted.format;
    socket.types = std::move(wanted.types);
    for (const Type& type : socket.types)
      if (type.snapshot)
        for (const Code& code : type.codes) send_snapshot(id, socket, type, code);
  }

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level>) override {
    if (message.kind == MessageKind::Trade) {
      traded_[market] = true;
      tell(market, "trade",
           [&](const Code&, bool) { return trade_message(market, exchange_->trades(market).back(), "REALTIME"); });
      tell(market, "ticker", [&](const Code&, bool) { return ticker_message(market, "REALTIME"); });
    } else if (message.kind == MessageKind::Depth || (message.kind == MessageKind::Quote && !has_depth_)) {
      has_depth_ = has_depth_ || message.kind == MessageKind::Depth;
      tell(market, "orderbook",
           [&](const Code& code, bool brief) { return book_message(market, code, "REALTIME", brief); });
    }
  }

  void on_forgotten(const VenueOrder& order) override {
    extra_.erase(order.terms.id);
    names_used_.erase({order.account, order.client_id});
  }

  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override {
    if (placing_ && !extra_.contains(order.terms.id)) extra_[order.terms.id] = *placing_;
    if (order.status == OrderStatus::Rejected && order.reason != RejectReason::PostOnlyWouldTake) return;
    const auto say = [&](std::string_view state) {
      tell_account(order.account, "myOrder", order.terms.instrument,
                   [&](bool) { return order_message(order, event, fill, state); });
    };
    if (event.kind == OrderEventKind::Accepted || order.status == OrderStatus::Rejected) say("wait");
    if (fill != nullptr) say("trade");
    if (!order.open()) say(state_of(order));
    ++last_asset_;
    tell_account(order.account, "myAsset", order.terms.instrument,
                 [&](bool brief) { return asset_message(order, brief); });
    if (fill != nullptr && fills_noted_.insert(fill->id).second) note_cost(*fill);
  }

  OtherOrder name_of_another(const NewOrder&, std::string random_name) override {
    return {std::move(random_name), "limit"};
  }

  void on_timer(UnixNanos now) override {
    if (now < next_second_) return;
    next_second_ = now - now % kSecond + kSecond;
    for (InstrumentIndex market = 0; market < traded_.size(); ++market) {
      if (!traded_[market]) continue;
      traded_[market] = false;
      for (auto& [id, socket] : sockets_)
        for (const Type& type : socket.types)
          if (type.name.starts_with("candle.") && type.realtime)
            for (const Code& code : type.codes)
              if (code.market == market)
                if (const auto message = candle_message(market, type.name, "REALTIME")) send(id, socket, *message);
    }
  }

 private:
  struct Endpoint {
    std::string_view method, path;  // a path that ends with '/' goes on
    GroupIndex group;
    bool created, acknowledges;
    Outcome (UpbitServer::*act)(const Call&, UnixNanos);
  };
  static std::span<const Endpoint> endpoints();

  struct Code {
    InstrumentIndex market = 0;
    std::size_t units = kUnits;
    std::int64_t level = 0;  // of prices in one, at the market's decimals
    friend bool operator==(const Code&, const Code&) = default;
  };
  struct Type {
    std::string name;
    std::vector<Code> codes;
    bool every_market = false;  // of myOrder without codes
    bool snapshot = true, realtime = true;
  };
  struct Socket {
    bool is_private = false;
    std::optional<AccountId> account;
    std::string ticket;
    Format format = Format::Default;
    std::vector<Type> types;
  };
  struct Request {
    std::string ticket;
    Format format = Format::Default;
    std::vector<Type> types;
    bool lists = false;
  };
  struct Spent {
    std::int64_t window = -1, count = 0, refused = 0;
    UnixNanos banned_until = 0;
  };
  /// What an order has beyond what matching knows.
  struct Extra {
    Money amount{};  // of `price`, and of `best` that buys
    bool named = false;
  };
  struct Cost {
    Quantity held{};
    Money cost{};
  };

  static WireResponse answer(const ApiError& error) { return {.status = error.status, .body = error.json()}; }
  static WireResponse too_many() {
    return {.status = 429, .body = "Too many API requests.", .content_type = "text/plain;charset=UTF-8"};
  }
  static WireResponse banned(UnixNanos until, UnixNanos now) {
    return answer({418, "too_many_requests",
                   fmt::format("요청이 일시적으로 제한되었습니다. {}초 후 다시 시도해주세요.",
                               std::max<std::int64_t>(1, (until - now) / kSecond))});
  }
  std::optional<WireResponse> spend(const Group& group, Spent& spent, UnixNanos now) const {
    if (now < spent.banned_until) return banned(spent.banned_until, now);
    if (spent.window != now / group.window) spent.window = now / group.window, spent.count = spent.refused = 0;
    if (++spent.count <= group.limit || lifted_) return std::nullopt;
    if (++spent.refused > kRefusalsBeforeBan) {
      spent.banned_until = now + kBan;
      return banned(spent.banned_until, now);
    }
    WireResponse out = too_many();
    out.headers.emplace_back("Remaining-Req", remaining(group, spent));
    return out;
  }
  static std::string remaining(const Group& group, const Spent& spent) {
    return fmt::format("group={}; min={}; sec={}", group.name, group.limit * 60,
                       std::max<std::int64_t>(0, group.limit - spent.count));
  }

  static std::unexpected<ApiError> missing() {
    return refuse(400, "400", "Missing request parameter error. Check the required parameters!");
  }
  static std::unexpected<ApiError> no_market() { return refuse(404, "404", "Code not found"); }

  std::expected<std::vector<InstrumentIndex>, ApiError> markets_of(const Call& call) const {
    const auto names = call.all("markets");
    if (names.empty()) return missing();
    std::vector<InstrumentIndex> out;
    for (const auto& name : names) {
      const auto found = markets_.find(name);
      if (found == markets_.end()) return no_market();
      out.push_back(found->second);
    }
    return out;
  }
  std::expected<InstrumentIndex, ApiError> market_of(const Call& call) const {
    const auto name = call.find("market");
    if (!name) return missing();
    const auto found = markets_.find(*name);
    if (found == markets_.end()) return no_market();
    return found->second;
  }
  const Instrument& instrument(InstrumentIndex market) const { return exchange_->instruments()[market]; }
  template <class Make>
  Outcome each(const Call& call, Make make) {
    const auto markets = markets_of(call);
    if (!markets) return std::unexpected(markets.error());
    std::vector<std::string> out;
    for (const auto market : *markets) out.push_back(make(market));
    return json_array(out);
  }

  // ---- market data

  Outcome market_all(const Call& call, UnixNanos) {
    const auto with_event = call.find("is_details").value_or(call.find("isDetails").value_or("false"));
    static constexpr std::array<std::array<std::string_view, 3>, 5> kNames = {{{"BTC", "비트코인", "Bitcoin"},
                                                                               {"ETH", "이더리움", "Ethereum"},
                                                                               {"XRP", "엑스알피(리플)", "XRP"},
                                                                               {"DOGE", "도지코인", "Dogecoin"},
                                                                               {"USDT", "테더", "Tether"}}};
    std::vector<std::string> out;
    for (const auto& [symbol, market] : markets_) {
      const auto name = std::ranges::find(kNames, instrument(market).base, [](const auto& row) { return row[0]; });
      JsonObject one;
      one.text("market", symbol)
          .text("korean_name", name == kNames.end() ? instrument(market).base : (*name)[1])
          .text("english_name", name == kNames.end() ? instrument(market).base : (*name)[2]);
      if (lower(with_event) == "true")
        one.raw(
            "market_event",
            R"({"warning":false,"caution":{"PRICE_FLUCTUATIONS":false,"TRADING_VOLUME_SOARING":false,)"
            R"("DEPOSIT_AMOUNT_SOARING":false,"GLOBAL_PRICE_DIFFERENCES":false,"CONCENTRATION_OF_SMALL_ACCOUNTS":false}})");
      out.push_back(one.done());
    }
    return json_array(out);
  }

  /// The day of the venue begins at 9:00 in Seoul.
  struct Day {
    Bar bar;
    Money value{};
    Quantity bought{};  // by takers
    Price previous_close{};
    Money value_24h{};
    Quantity volume_24h{};
    Price high{}, low{};  // of all that is known
    UnixNanos high_at = 0, low_at = 0;
  };
  Day day(InstrumentIndex market, UnixNanos now) const {
    Day out;
    const UnixNanos begin = start_of_day(day_of(now));
    for (const MinuteBar& minute : exchange_->minutes(market)) {
      const Bar& bar = minute.bar;
      if (out.high.value == 0 || bar.high > out.high) out.high = bar.high, out.high_at = bar.time;
      if (out.low.value == 0 || bar.low < out.low) out.low = bar.low, out.low_at = bar.time;
      if (bar.time >= now - kDay) out.value_24h += minute.value, out.volume_24h += bar.volume;
      if (bar.time < begin) {
        out.previous_close = bar.close;
        continue;
      }
      if (out.bar.open.value == 0)
        out.bar = bar;
      else
        out.bar.high = std::max(out.bar.high, bar.high), out.bar.low = std::min(out.bar.low, bar.low),
        out.bar.close = bar.close, out.bar.volume += bar.volume;
      out.value += minute.value;
      out.bought += minute.taken;
    }
    if (out.previous_close.value == 0) out.previous_close = out.bar.open;
    if (out.bar.open.value == 0) out.bar.open = out.bar.high = out.bar.low = out.bar.close = out.previous_close;
    return out;
  }
  struct Change {
    std::string_view word;
    std::string size, rate, signed_size, signed_rate;
  };
  static Change change_of(const Instrument& instrument, Price from, Price to) {
    const Int128 by = Int128{to.value} - from.value;
    const Int128 rate = from.value == 0 ? 0 : divide(by * power_of_ten(10), from.value, Rounding::HalfEven);
    const auto size = [&](Int128 value) { return format_decimal_trimmed(value, instrument.price_decimals); };
    const auto part = [](Int128 value) { return format_decimal_trimmed(value, 10); };
    return {by > 0   ? "RISE"
            : by < 0 ? "FALL"
                     : "EVEN",
            size(by < 0 ? -by : by), part(rate < 0 ? -rate : rate), size(by), part(rate)};
  }
  PublicTrade last_trade(InstrumentIndex market) const {
    if (const auto& all = exchange_->trades(market); !all.empty()) return all.back();
    const auto& minutes = exchange_->minutes(market);
    if (minutes.empty()) return {};
    return {.price = minutes.back().bar.close, .quantity = minutes.back().bar.volume, .time = minutes.back().bar.time};
  }

  Outcome ticker(const Call& call, UnixNanos) {
    return each(call, [&](InstrumentIndex market) { return ticker_json(market); });
  }
  Outcome ticker_all(const Call& call, UnixNanos) {
    const auto quotes = call.all("quote_currencies");
    std::vector<std::string> out;
    for (const auto& [symbol, market] : markets_)
      if (quotes.empty() || std::ranges::find(quotes, instrument(market).quote) != quotes.end())
        out.push_back(ticker_json(market));
    return json_array(out);
  }
  std::string ticker_json(InstrumentIndex market) const {
    const Instrument& of = instrument(market);
    const UnixNanos now = exchange_->now();
    const Day today = day(market, now);
    const PublicTrade last = last_trade(market);
    const Change change = change_of(of, today.previous_close, last.price);
    const Stamp utc = stamp_of(last.time), seoul = stamp_of(last.time + kSeoul);
    return JsonObject{}
        .text("market", of.symbol())
        .text("trade_date", utc.compact_date)
        .text("trade_time", utc.compact_clock)
        .text("trade_date_kst", seoul.compact_date)
        .text("trade_time_kst", seoul.compact_clock)
        .number("trade_timestamp", ms(last.time))
        .raw("opening_price", price_text(of, today.bar.open))
        .raw("high_price", price_text(of, today.bar.high))
        .raw("low_price", price_text(of, today.bar.low))
        .raw("trade_price", price_text(of, last.price))
        .raw("prev_closing_price", price_text(of, today.previous_close))
        .text("change", change.word)
        .raw("change_price", change.size)
        .raw("change_rate", change.rate)
        .raw("signed_change_price", change.signed_size)
        .raw("signed_change_rate", change.signed_rate)
        .raw("trade_volume", quantity_text(of, last.quantity))
        .raw("acc_trade_price", money_text(today.value))
        .raw("acc_trade_price_24h", money_text(today.value_24h))
        .raw("acc_trade_volume", quantity_text(of, today.bar.volume))
        .raw("acc_trade_volume_24h", quantity_text(of, today.volume_24h))
        .raw("highest_52_week_price", price_text(of, today.high))
        .text("highest_52_week_date", stamp_of(today.high_at + kSeoul).date)
        .raw("lowest_52_week_price", price_text(of, today.low))
        .text("lowest_52_week_date", stamp_of(today.low_at + kSeoul).date)
        .number("timestamp", ms(now))
        .done();
  }

  Outcome trades(const Call& call, UnixNanos now) {
    const auto market = market_of(call);
    if (!market) return std::unexpected(market.error());
    const auto count = static_cast<std::size_t>(call.number("count", 1, 500));
    const auto cursor = call.find("cursor");
    const std::int64_t before = whole_number(cursor.value_or("")).value_or(INT64_MAX);
    const auto type_error = [] { return refuse(400, "400", "Type mismatch error. Check the parameters type!"); };
    // One UTC day: the one of the last trade, or so many days before today.
    const auto& all = exchange_->trades(*market);
    std::int64_t wanted = day_of(all.empty() ? now : all.back().time);
    if (const auto text = call.find("days_ago"); text && !text->empty()) {
      const auto days = whole_number(*text);
      if (!days || *days < 1 || *days > 7) return type_error();
      wanted = day_of(now) - *days;
    }
    UnixNanos until = start_of_day(static_cast<std::int32_t>(wanted + 1));
    if (const auto to = call.find("to"); to && !to->empty()) {  // HHmmss or HH:mm:ss
      std::string digits{*to};
      std::erase(digits, ':');
      const auto clock = whole_number(digits);
      if (!clock || digits.size() != 6 || *clock / 10'000 > 23 || *clock / 100 % 100 > 59 || *clock % 100 > 59)
        return type_error();
      until = start_of_day(static_cast<std::int32_t>(wanted)) +
              (*clock / 10'000 * 3600 + *clock / 100 % 100 * 60 + *clock % 100) * kSecond;
    }
    const Instrument& of = instrument(*market);
    const Price previous = day(*market, now).previous_close;
    std::vector<std::string> out;
    for (auto it = all.rbegin(); it != all.rend() && out.size() < count; ++it) {
      if (it->id >= before || it->time >= until || day_of(it->time) != wanted) continue;
      const Stamp utc = stamp_of(it->time);
      out.push_back(JsonObject{}
                        .text("market", of.symbol())
                        .text("trade_date_utc", utc.date)
                        .text("trade_time_utc", utc.clock)
                        .number("timestamp", ms(it->time))
                        .raw("trade_price", price_text(of, it->price))
                        .raw("trade_volume", quantity_text(of, it->quantity))
                        .raw("prev_closing_price", price_text(of, previous))
                        .raw("change_price", change_of(of, previous, it->price).signed_size)
                        .text("ask_bid", it->sell_aggressor ? "ASK" : "BID")
                        .number("sequential_id", it->id)
                        .done());
    }
    return json_array(out);
  }

  // ---- the book

  /// What prices may be put together by: ten and more ticks of where the market is.
  std::vector<std::int64_t> levels_of(InstrumentIndex market) const {
    std::vector<std::int64_t> out{0};
    const std::int64_t tick = ladders_[market].tick_at(last_trade(market).price).value;
    if (instrument(market).quote != "KRW") return out;
    std::int64_t level = 1;
    while (level < 10 * tick) level *= 10;
    for (int i = 0; i < 5; ++i, level *= 10) out.push_back(level);
    return out;
  }
  std::optional<std::int64_t> level_of(InstrumentIndex market, std::string_view text) const {
    const auto level = parse_decimal(text, instrument(market).price_decimals);
    const auto offered = levels_of(market);
    if (!level || std::ranges::find(offered, *level) == offered.end()) return std::nullopt;
    return *level;
  }

  struct Unit {
    Level ask{}, bid{};
  };
  struct BookUnits {
    std::vector<Unit> units;
    Quantity asks{}, bids{};
  };
  BookUnits units_of(InstrumentIndex market, std::size_t count, std::int64_t level) {
    exchange_->book(market, level == 0 ? count : 1000, view_);
    const auto together = [&](const std::vector<Level>& side, bool up) {
      std::vector<Level> out;
      for (const Level& one : side) {
        Price price = one.price;
        if (level > 0) price = {(price.value + (up ? level - 1 : 0)) / level * level};
        if (!out.empty() && out.back().price == price)
          out.back().quantity += one.quantity;
        else if (out.size() < count)
          out.push_back({price, one.quantity});
        else
          break;
      }
      return out;
    };
    const auto asks = together(view_.asks, true), bids = together(view_.bids, false);
    BookUnits out;
    for (std::size_t i = 0; i < std::max(asks.size(), bids.size()); ++i) {
      Unit unit;
      if (i < asks.size()) unit.ask = asks[i], out.asks += asks[i].quantity;
      if (i < bids.size()) unit.bid = bids[i], out.bids += bids[i].quantity;
      out.units.push_back(unit);
    }
    return out;
  }
  static std::string units_json(const Instrument& of, const BookUnits& book, bool brief) {
    std::string out = "[";
    for (const Unit& unit : book.units) {
      if (out.size() > 1) out += ',';
      out += fmt::format(R"({{"{}":{},"{}":{},"{}":{},"{}":{}}})", brief ? "ap" : "ask_price",
                         price_text(of, unit.ask.price), brief ? "bp" : "bid_price", price_text(of, unit.bid.price),
                         brief ? "as" : "ask_size", quantity_text(of, unit.ask.quantity), brief ? "bs" : "bid_size",
                         quantity_text(of, unit.bid.quantity));
    }
    return out + "]";
  }
  UnixNanos book_time() const {
    const UnixNanos at = view_.event_time > 0 ? view_.event_time : view_.transaction_time;
    return at > 0 ? at : exchange_->now();
  }

  Outcome orderbook(const Call& call, UnixNanos) {
    const auto markets = markets_of(call);
    if (!markets) return std::unexpected(markets.error());
    const auto count = static_cast<std::size_t>(call.number("count", static_cast<std::int64_t>(kUnits), kUnits));
    std::vector<std::string> out;
    for (const auto market : *markets) {
      const auto level = level_of(market, call.find("level").value_or("0"));
      if (!level) continue;  // the venue answers with nothing
      const Instrument& of = instrument(market);
      const BookUnits book = units_of(market, count, *level);
      out.push_back(JsonObject{}
                        .text("market", of.symbol())
                        .number("timestamp", ms(book_time()))
                        .raw("total_ask_size", quantity_text(of, book.asks))
                        .raw("total_bid_size", quantity_text(of, book.bids))
                        .raw("orderbook_units", units_json(of, book, false))
                        .raw("level", price_text(of, {*level}))
                        .done());
    }
    return json_array(out);
  }
  Outcome orderbook_instruments(const Call& call, UnixNanos) {
    return each(call, [&](InstrumentIndex market) {
      const Instrument& of = instrument(market);
      std::vector<std::string> levels;
      for (const auto level : levels_of(market)) levels.push_back(json_text(price_text(of, {level})));
      return JsonObject{}
          .text("market", of.symbol())
          .text("quote_currency", of.quote)
          .text("tick_size", price_text(of, std::max(ladders_[market].tick_at(last_trade(market).price),
                                                     of.tick_at(last_trade(market).price))))
          .raw("supported_levels", json_array(levels))
          .done();
    });
  }
  Outcome supported_levels(const Call& call, UnixNanos) {
    return each(call, [&](InstrumentIndex market) {
      const Instrument& of = instrument(market);
      std::vector<std::string> levels;
      for (const auto level : levels_of(market)) levels.push_back(price_text(of, {level}));
      return JsonObject{}.text("market", of.symbol()).raw("supported_levels", json_array(levels)).done();
    });
  }

  // ---- candles

  /// Where the candle that holds the time begins. `unit`: "1s", "5m", "1d", "1w", "1M", "1y".
  static UnixNanos begin_of(std::string_view unit, UnixNanos time) {
    const std::int64_t count = whole_number(unit.substr(0, unit.size() - 1)).value_or(1);
    switch (unit.back()) {
      case 's':
        return time - time % kSecond;
      case 'm':
        return time - time % (count * kMinute);
      case 'w': {
        const auto day = day_of(time);
        return start_of_day(day - (day + 3) % 7);  // 1970-01-01 was a Thursday; weeks begin on Monday
      }
      case 'M':
      case 'y': {
        const auto date = civil_of_day(day_of(time));
        return start_of_day(day_of_civil(date.year, unit.back() == 'y' ? 1 : date.month, 1));
      }
      default:
        return start_of_day(day_of(time));
    }
  }
  /// The oldest first.
  std::vector<Candle> candles_of(InstrumentIndex market, std::string_view unit, UnixNanos before) const {
    std::vector<Candle> out;
    const auto add = [&](UnixNanos at, UnixNanos last, const Bar& bar, Money value) {
      const UnixNanos start = begin_of(unit, at);
      if (start >= before) return;
      if (out.empty() || out.back().start != start) return out.push_back({start, last, bar, value});
      Candle& sum = out.back();
      sum.bar.high = std::max(sum.bar.high, bar.high);
      sum.bar.low = std::min(sum.bar.low, bar.low);
      sum.bar.close = bar.close;
      sum.bar.volume += bar.volume;
      sum.value += value;
      sum.last = last;
    };
    if (unit.back() == 's') {
      for (const PublicTrade& t : exchange_->trades(market))
        add(t.time, t.time, {t.time, t.price, t.price, t.price, t.price, t.quantity},
            value_of(instrument(market), t.price, t.quantity));
    } else {
      const UnixNanos newest = last_trade(market).time;
      for (const MinuteBar& m : exchange_->minutes(market))
        add(m.bar.time, std::min(m.bar.time + kMinute - kMillisecond, std::max(newest, m.bar.time)), m.bar, m.value);
    }
    return out;
  }

  Outcome candles(const Call& call, std::string_view unit) {
    const auto market = market_of(call);
    if (!market) return std::unexpected(market.error());
    const auto count = static_cast<std::size_t>(call.number("count", 1, 200));
    UnixNanos before = kNever;
    if (const auto to = call.find("to"); to && !to->empty()) {
      const auto time = parse_time(*to);
      if (!time) return refuse(400, "400", "Type mismatch error. Check the parameters type!");
      before = *time;
    }
    const Instrument& of = instrument(*market);
    const auto all = candles_of(*market, unit, before);
    std::vector<std::string> out;
    for (std::size_t i = all.size(); i-- > 0 && out.size() < count;) {
      const Candle& candle = all[i];
      JsonObject one;
      one.text("market", of.symbol())
          .text("candle_date_time_utc", seconds_text(candle.start))
          .text("candle_date_time_kst", seconds_text(candle.start + kSeoul))
          .raw("opening_price", price_text(of, candle.bar.open))
          .raw("high_price", price_text(of, candle.bar.high))
          .raw("low_price", price_text(of, candle.bar.low))
          .raw("trade_price", price_text(of, candle.bar.close))
          .number("timestamp", ms(candle.last))
          .raw("candle_acc_trade_price", money_text(candle.value))
          .raw("candle_acc_trade_volume", quantity_text(of, candle.bar.volume));
      if (unit.back() == 'm') one.number("unit", whole_number(unit.substr(0, unit.size() - 1)).value_or(1));
      if (unit.back() == 'd') {
        const Price previous = i > 0 ? all[i - 1].bar.close : candle.bar.open;
        const Change change = change_of(of, previous, candle.bar.close);
        one.raw("prev_closing_price", price_text(of, previous))
            .raw("change_price", change.signed_size)
            .raw("change_rate", change.signed_rate);
      }
      if (unit.back() == 'w' || unit.back() == 'M' || unit.back() == 'y')
        one.text("first_day_of_period", stamp_of(candle.start).date);
      out.push_back(one.done());
    }
    return json_array(out);
  }
  Outcome candles_seconds(const Call& call, UnixNanos) { return candles(call, "1s"); }
  Outcome candles_minutes(const Call& call, UnixNanos) {
    constexpr std::string_view kMinutes[] = {"1", "3", "5", "10", "15", "30", "60", "240"};
    const std::string unit{unit_.empty() ? "1" : unit_};
    if (std::ranges::find(kMinutes, unit) == std::end(kMinutes))
      return refuse(400, "400", "Type mismatch error. Check the parameters type!");
    return candles(call, unit + "m");
  }
  Outcome candles_days(const Call& call, UnixNanos) { return candles(call, "1d"); }
  Outcome candles_weeks(const Call& call, UnixNanos) { return candles(call, "1w"); }
  Outcome candles_months(const Call& call, UnixNanos) { return candles(call, "1M"); }
  Outcome candles_years(const Call& call, UnixNanos) { return candles(call, "1y"); }

  // ---- the account

  void note_cost(const VenueFill& fill) {
    Cost& cost = costs_[{fill.account, fill.instrument}];
    if (fill.side == Side::Buy) {
      cost.held += fill.quantity;
      cost.cost += value_of(instrument(fill.instrument), fill.price, fill.quantity);
    } else if (cost.held.value > 0) {
      const Quantity sold = std::min(cost.held, fill.quantity);
      cost.cost -= {divide(cost.cost.value, cost.held.value, Rounding::Down) * sold.value};
      cost.held -= sold;
    }
  }
  std::string account_json(AccountId account, const AssetBalance& balance) const {
    std::string average = "0";
    for (const auto& [symbol, market] : markets_) {
      const auto cost = costs_.find({account, market});
      const Instrument& of = instrument(market);
      if (of.base != balance.asset || cost == costs_.end() || cost->second.held.value == 0) continue;
      average = format_decimal_trimmed(
          divide(cost->second.cost.value / power_of_ten(kMoneyDecimals - 8) * power_of_ten(of.quantity_decimals),
                 cost->second.held.value, Rounding::HalfEven),
          8);
    }
    return JsonObject{}
        .text("currency", balance.asset)
        .text("balance", money_text(balance.free))
        .text("locked", money_text(balance.locked))
        .text("avg_buy_price", average)
        .flag("avg_buy_price_modified", false)
        .text("unit_currency", "KRW")
        .done();
  }
  AssetBalance balance_of(AccountId account, std::string_view asset) const {
    for (auto& balance : exchange_->balances(account))
      if (balance.asset == asset) return balance;
    return {.asset = std::string{asset}, .free = {}, .locked = {}};
  }
  Outcome accounts(const Call& call, UnixNanos) {
    std::vector<std::string> out;
    for (const AssetBalance& balance : exchange_->balances(call.account()))
      if (balance.free.value != 0 || balance.locked.value != 0) out.push_back(account_json(call.account(), balance));
    return json_array(out);
  }
  Outcome chance(const Call& call, UnixNanos) {
    const auto market = market_of(call);
    if (!market) return std::unexpected(market.error());
    const Instrument& of = instrument(*market);
    const auto side = [&](const std::string& currency) {
      return JsonObject{}.text("currency", currency).raw("price_unit", "null").number("min_total", kLeastTotal).done();
    };
    const std::string fee = format_decimal_trimmed(Int128{kFeeRate}, 9);
    const std::string kinds = R"(["best_fok","best_ioc","limit","limit_fok","limit_ioc","limit_post_only",)";
    return JsonObject{}
        .text("bid_fee", fee)
        .text("ask_fee", fee)
        .text("maker_bid_fee", fee)
        .text("maker_ask_fee", fee)
        .raw("market", JsonObject{}
                           .text("id", of.symbol())
                           .text("name", of.base + "/" + of.quote)
                           .raw("order_types", R"(["limit"])")
                           .raw("order_sides", R"(["ask","bid"])")
                           .raw("bid_types", kinds + R"("price"])")
                           .raw("ask_types", kinds + R"("market"])")
                           .raw("bid", side(of.quote))
                           .raw("ask", side(of.base))
                           .text("max_total", std::to_string(kMostTotal))
                           .text("state", "active")
                           .done())
        .raw("bid_account", account_json(call.account(), balance_of(call.account(), of.quote)))
        .raw("ask_account", account_json(call.account(), balance_of(call.account(), of.base)))
        .done();
  }

  // ---- orders

  /// A number and its place in a UUID, and back.
  std::string uuid_of(std::uint64_t order, char kind = '8') const {
    return fmt::format("{}-{}-4{}-{}{}-{:012x}", salt_, salt_.substr(0, 4), salt_.substr(5, 3), kind,
                       salt_.substr(1, 3), order);
  }
  const VenueOrder* by_uuid(std::string_view uuid, AccountId account) const {
    std::uint64_t id = 0;
    if (uuid.size() != 36) return nullptr;
    for (const char c : uuid.substr(24)) {
      const auto digit = std::string_view{"0123456789abcdef"}.find(c);
      if (digit == std::string_view::npos) return nullptr;
      id = id << 4 | digit;
    }
    if (uuid_of(id) != uuid) return nullptr;
    return known(exchange_->order(id), account);
  }
  const VenueOrder* by_name(std::string_view name, AccountId account) const {
    return known(exchange_->order_named(account, name), account);
  }
  static const VenueOrder* known(const VenueOrder* order, AccountId account) {
    if (order == nullptr || order->account != account || never_was(*order)) return nullptr;
    return order;
  }
  /// Refused at the door. What is post-only and would take was an order, and is canceled.
  static bool never_was(const VenueOrder& order) {
    return order.status == OrderStatus::Rejected && order.reason != RejectReason::PostOnlyWouldTake;
  }
  Extra extra_of(const VenueOrder& order) const {
    const auto found = extra_.find(order.terms.id);
    return found == extra_.end() ? Extra{} : found->second;
  }
  bool buys_for_amount(const VenueOrder& order) const { return extra_of(order).amount.value > 0; }
  std::string_view state_of(const VenueOrder& order) const {
    if (order.open()) return "wait";
    // What an amount of money does not buy any more is given back: canceled.
    if (order.status == OrderStatus::Filled && (!buys_for_amount(order) || order.value == extra_of(order).amount))
      return "done";
    return "cancel";
  }
  static std::string_view side_of(const VenueOrder& order) { return order.terms.side == Side::Buy ? "bid" : "ask"; }
  static std::string_view in_force_of(const VenueOrder& order) {
    if (order.venue_type != "limit" && order.venue_type != "best") return {};
    if (order.terms.post_only) return "post_only";
    return order.terms.time_in_force == TimeInForce::IOC   ? "ioc"
           : order.terms.time_in_force == TimeInForce::FOK ? "fok"
                                                           : "";
  }

  struct Sums {
    Quantity remaining{};
    Money reserved_fee{}, remaining_fee{}, locked{};
  };
  Sums sums_of(const VenueOrder& order) const {
    const Instrument& of = instrument(order.terms.instrument);
    Sums out{.remaining = order.terms.quantity - order.filled};
    const auto fee_of = [](Money money) {
      return Money{divide(money.value, power_of_ten(9), Rounding::Down) * kFeeRate};
    };
    if (order.terms.side == Side::Buy) {
      const Money amount = extra_of(order).amount;
      const Money whole = amount.value > 0 ? amount : value_of(of, order.terms.price, order.terms.quantity);
      out.reserved_fee = fee_of(whole);
      if (order.open()) {
        const Money rest = amount.value > 0 ? whole - order.value : value_of(of, order.terms.price, out.remaining);
        out.remaining_fee = fee_of(rest);
        out.locked = rest + out.remaining_fee;
      }
    } else if (order.open()) {
      out.locked = {Int128{out.remaining.value} * power_of_ten(kMoneyDecimals - of.quantity_decimals)};
    }
    return out;
  }

  std::string order_json(const VenueOrder& order, bool with_funds, bool with_trades, bool as_accepted = false) const {
    const Instrument& of = instrument(order.terms.instrument);
    const Extra extra = extra_of(order);
    VenueOrder at = order;
    if (as_accepted) at.status = OrderStatus::Working, at.filled = {}, at.value = {}, at.fee = {};
    const Sums sums = sums_of(at);
    JsonObject out;
    out.text("market", of.symbol())
        .text("uuid", uuid_of(order.terms.id))
        .text("side", side_of(order))
        .text("ord_type", order.venue_type);
    if (extra.amount.value > 0)
      out.text("price", money_text(extra.amount));
    else if (order.venue_type == "limit")
      out.text("price", price_text(of, order.terms.price));
    out.text("state", state_of(at)).text("created_at", seoul_text(order.created));
    if (extra.amount.value == 0)
      out.text("volume", quantity_text(of, order.terms.quantity))
          .text("remaining_volume", quantity_text(of, sums.remaining));
    out.text("executed_volume", quantity_text(of, at.filled))
        .text("reserved_fee", money_text(sums.reserved_fee))
        .text("remaining_fee", money_text(sums.remaining_fee))
        .text("paid_fee", money_text(at.fee))
        .text("locked", money_text(sums.locked))
        .text("prevented_volume", "0")
        .text("prevented_locked", "0");
    const auto fills = fills_of(order);
    out.number("trades_count", as_accepted ? 0 : static_cast<std::int64_t>(fills.size()));
    if (with_funds) out.text("executed_funds", money_text(at.value));
    if (const auto in_force = in_force_of(order); !in_force.empty()) out.text("time_in_force", in_force);
    if (extra.named) out.text("identifier", order.client_id);
    if (with_trades) {
      std::vector<std::string> trades;
      for (const VenueFill* fill : fills) trades.push_back(fill_json(of, order, *fill));
      out.raw("trades", json_array(trades));
    }
    return out.done();
  }
  std::vector<const VenueFill*> fills_of(const VenueOrder& order) const {
    std::vector<const VenueFill*> out;
    const auto& all = exchange_->fills();
    for (auto it = all.rbegin(); it != all.rend() && it->time >= order.created; ++it)
      if (it->order == order.terms.id) out.push_back(&*it);
    return out;
  }
  std::string fill_json(const Instrument& of, const VenueOrder& order, const VenueFill& fill) const {
    return JsonObject{}
        .text("market", of.symbol())
        .text("uuid", uuid_of(static_cast<std::uint64_t>(fill.id), '9'))
        .text("price", price_text(of, fill.price))
        .text("volume", quantity_text(of, fill.quantity))
        .text("funds", money_text(value_of(of, fill.price, fill.quantity)))
        .text("trend", fill.side == Side::Buy ? "up" : "down")
        .text("created_at",
              fmt::format("{}.{:06d}+09:00", seconds_text(fill.time + kSeoul), fill.time % kSecond / kMicrosecond))
        .text("side", side_of(order))
        .done();
  }

  static std::unexpected<ApiError> invalid(std::string_view name) {
    return refuse(400, "validation_error", fmt::format("{} does not have a valid value", name));
  }
  static std::unexpected<ApiError> absent(std::string_view name) {
    return refuse(400, "validation_error", fmt::format("{} is missing, {} does not have a valid value", name, name));
  }
  static std::unexpected<ApiError> not_found() { return refuse(404, "order_not_found", "주문을 찾지 못했습니다."); }
  static std::unexpected<ApiError> cannot(Side side) {
    return refuse(400, side == Side::Buy ? "create_bid_error" : "create_ask_error",
                  "주문 요청 정보가 올바르지 않습니다.");
  }
  std::unexpected<ApiError> poor(Side side, const Instrument& of) const {
    return refuse(400, side == Side::Buy ? "insufficient_funds_bid" : "insufficient_funds_ask",
                  fmt::format("주문가능한 금액({})이 부족합니다.", side == Side::Buy ? of.quote : of.base));
  }

  /// What is asked of an order, by the names of POST /v1/orders or of cancel_and_new.
  struct Wish {
    std::optional<std::string> market, side, type, volume, price, in_force, identifier, smp;
  };

  Outcome place(const Call& call, UnixNanos) {
    const Wish wish{call.find("market"), call.find("side"),          call.find("ord_type"),   call.find("volume"),
                    call.find("price"),  call.find("time_in_force"), call.find("identifier"), call.find("smp_type")};
    const auto order = place(call.account(), wish);
    if (!order) return std::unexpected(order.error());
    return order_json(**order, false, false, true);
  }

  std::expected<const VenueOrder*, ApiError> place(AccountId account, const Wish& wish) {
    if (!wish.market) return absent("market");
    const auto found = markets_.find(*wish.market);
    if (found == markets_.end()) return invalid("market");
    if (!wish.side) return absent("side");
    if (*wish.side != "bid" && *wish.side != "ask") return invalid("side");
    if (!wish.type) return absent("ord_type");
    const InstrumentIndex market = found->second;
    const Instrument& of = instrument(market);
    const Side side = *wish.side == "bid" ? Side::Buy : Side::Sell;
    const std::string in_force = wish.in_force.value_or("");
    if (!in_force.empty() && in_force != "ioc" && in_force != "fok" && in_force != "post_only")
      return invalid("time_in_force");
    const bool at_once = in_force == "ioc" || in_force == "fok";
    const bool limit = *wish.type == "limit", best = *wish.type == "best", for_amount = *wish.type == "price";
    if (!limit && !best && !for_amount && *wish.type != "market") return invalid("ord_type");
    // Which of the two a kind of order has, and which not.
    const bool wants_price = limit || (side == Side::Buy && (best || for_amount));
    const bool wants_volume = limit || side == Side::Sell;
    if ((for_amount && side == Side::Sell) || (*wish.type == "market" && side == Side::Buy) ||
        wish.price.has_value() != wants_price || wish.volume.has_value() != wants_volume || (best && !at_once) ||
        (!limit && !best && !in_force.empty()) || (in_force == "post_only" && (!limit || wish.smp)))
      return cannot(side);
    if (wish.identifier && names_used_.contains({account, *wish.identifier})) return invalid("identifier");

    NewOrder terms{.instrument = market, .side = side, .type = limit || best ? OrderType::Limit : OrderType::Market};
    terms.post_only = in_force == "post_only";
    terms.time_in_force = in_force == "fok" ? TimeInForce::FOK : at_once ? TimeInForce::IOC : TimeInForce::GTC;
    Extra extra{.named = wish.identifier.has_value()};
    exchange_->book(market, 1, view_);
    const Level opposite = side == Side::Buy ? (view_.asks.empty() ? Level{} : view_.asks[0])
                                             : (view_.bids.empty() ? Level{} : view_.bids[0]);
    if (wants_volume) {
      const auto volume = parse_decimal(*wish.volume, of.quantity_decimals);
      if (!volume || *volume <= 0) return invalid("volume");
      terms.quantity = {*volume};
    }
    if (limit) {
      if (decimals_of(*wish.price) < 0 || wish.price->starts_with('-')) return invalid("price");
      const auto price = parse_decimal(*wish.price, of.price_decimals);
      if (!price || *price == 0 || !ladders_[market].on_ladder({*price}) || !of.on_ladder({*price}))
        return refuse(400, side == Side::Buy ? "invalid_price_bid" : "invalid_price_ask",
                      "주문가격 단위를 잘못 입력하셨습니다. 확인 후 시도해주세요.");
      terms.price = {*price};
    } else if (wants_price) {
      const auto amount = parse_decimal(*wish.price, of.quote == "KRW" ? 0 : 8);
      if (!amount || *amount <= 0) return invalid("price");
      extra.amount = {Int128{*amount} * power_of_ten(kMoneyDecimals - (of.quote == "KRW" ? 0 : 8))};
      terms.quantity = quantity_for(market, extra.amount, best ? 1 : 1000);
      if (terms.quantity.value == 0 && opposite.price.value == 0) return cannot(side);
    }
    if (best) terms.price = opposite.price;
    const Money total =
        extra.amount.value > 0 ? extra.amount : value_of(of, limit ? terms.price : opposite.price, terms.quantity);
    if (total.value < Int128{kLeastTotal} * power_of_ten(kMoneyDecimals))
      return refuse(400, side == Side::Buy ? "under_min_total_bid" : "under_min_total_ask",
                    fmt::format("최소주문금액 이상으로 주문해주세요. ({} {})", kLeastTotal, of.quote));
    if (extra.amount.value > 0) {
      const Money fee{divide(extra.amount.value, power_of_ten(9), Rounding::Down) * kFeeRate};
      if (extra.amount + fee > balance_of(account, of.quote).free) return poor(side, of);
    }
    if (wish.identifier) names_used_.insert({account, *wish.identifier});
    placing_ = extra;
    const std::string name = wish.identifier.value_or("");
    const VenueOrder& order =
        exchange_->place(account, PositionSide::Both, terms, name.empty() ? uuid_like() : name, *wish.type);
    extra_.try_emplace(order.terms.id, extra);
    placing_.reset();
    if (!never_was(order)) return &order;
    switch (order.reason) {
      case RejectReason::InsufficientBalance:
        return poor(side, of);
      default:
        return cannot(side);
    }
  }
  /// Inside the exchange each order has a name; one that the client did not name has one that is never told.
  std::string uuid_like() { return fmt::format("unnamed {:x}", exchange_->random()); }

  /// As much as the amount pays for in the book as it stands.
  Quantity quantity_for(InstrumentIndex market, Money amount, std::size_t levels) {
    const Instrument& of = instrument(market);
    BookView view;
    exchange_->book(market, levels, view);
    Int128 left = amount.value;
    Quantity sum{};
    for (const Level& level : view.asks) {
      const Int128 of_one = value_of(of, level.price, {1}).value;
      const auto here = static_cast<std::int64_t>(std::min<Int128>(left / of_one, level.quantity.value));
      sum += {here};
      left -= of_one * here;
      if (here < level.quantity.value) return sum;
    }
    // `best` takes no more than its level has, but asks for all.
    if (levels == 1 && !view.asks.empty())
      sum += {static_cast<std::int64_t>(left / value_of(of, view.asks[0].price, {1}).value)};
    return sum;
  }

  const VenueOrder* order_of(const Call& call, std::string_view uuid, std::string_view identifier) const {
    if (const auto id = call.find(uuid)) return by_uuid(*id, call.account());
    if (const auto name = call.find(identifier)) return by_name(*name, call.account());
    return nullptr;
  }
  Outcome query(const Call& call, UnixNanos) {
    if (!call.find("uuid") && !call.find("identifier")) return absent("uuid");
    const VenueOrder* order = order_of(call, "uuid", "identifier");
    if (order == nullptr) return not_found();
    return order_json(*order, false, true);
  }
  Outcome cancel(const Call& call, UnixNanos) {
    if (!call.find("uuid") && !call.find("identifier")) return absent("uuid");
    const VenueOrder* order = order_of(call, "uuid", "identifier");
    if (order == nullptr || !order->open()) return not_found();
    std::string as_it_stood = order_json(*order, false, false);
    exchange_->cancel(order->terms.id);
    return as_it_stood;
  }
  Outcome cancel_and_new(const Call& call, UnixNanos) {
    const VenueOrder* order = order_of(call, "prev_order_uuid", "prev_order_identifier");
    if (!call.find("prev_order_uuid") && !call.find("prev_order_identifier")) return absent("prev_order_uuid");
    if (order == nullptr || !order->open()) return not_found();
    Wish wish{instrument(order->terms.instrument).symbol(),
              std::string{side_of(*order)},
              call.find("new_ord_type"),
              call.find("new_volume"),
              call.find("new_price"),
              call.find("new_time_in_force"),
              call.find("new_identifier"),
              call.find("new_smp_type")};
    if (wish.volume == "remain_only")
      wish.volume = quantity_text(instrument(order->terms.instrument), order->terms.quantity - order->filled);
    const std::uint64_t before = order->terms.id;
    std::string as_it_stood = order_json(*order, false, false);
    exchange_->cancel(before);
    const auto placed = place(call.account(), wish);
    if (!placed) return std::unexpected(placed.error());
    as_it_stood.pop_back();
    as_it_stood += fmt::format(R"(,"new_order_uuid":"{}")", uuid_of((*placed)->terms.id));
    if (wish.identifier) as_it_stood += fmt::format(R"(,"new_order_identifier":{})", json_text(*wish.identifier));
    return as_it_stood + "}";
  }

  static std::string_view direction_of(const Call& call) { return call.find("order_by") == "asc" ? "asc" : "desc"; }
  Outcome listed(std::vector<const VenueOrder*> orders, const Call& call, std::int64_t usual, std::int64_t most) const {
    if (direction_of(call) == "desc") std::ranges::reverse(orders);
    const auto limit = static_cast<std::size_t>(call.number("limit", usual, most));
    const auto from = (static_cast<std::size_t>(call.number("page", 1, 1'000'000)) - 1) * limit;
    std::vector<std::string> out;
    for (std::size_t i = from; i < orders.size() && out.size() < limit; ++i)
      out.push_back(order_json(*orders[i], true, false));
    return json_array(out);
  }
  Outcome list_by(const Call& call, std::vector<std::string> states, std::int64_t most) const {
    const auto market = call.find("market");
    if (market && !markets_.contains(*market)) return invalid("market");
    std::vector<const VenueOrder*> found;
    for (const VenueOrder* order : exchange_->orders(call.account())) {
      if (never_was(*order) || (market && instrument(order->terms.instrument).symbol() != *market)) continue;
      if (std::ranges::find(states, state_of(*order)) != states.end()) found.push_back(order);
    }
    return listed(std::move(found), call, 100, most);
  }
  std::expected<std::vector<std::string>, ApiError> states_of(const Call& call,
                                                              std::vector<std::string> offered) const {
    auto states = call.all("states");
    if (const auto one = call.find("state")) states.push_back(*one);
    for (const auto& state : states)
      if (std::ranges::find(offered, state) == offered.end()) return invalid("state");
    return states.empty() ? offered : states;
  }
  Outcome open_orders(const Call& call, UnixNanos) {
    const auto states = states_of(call, {"wait", "watch"});
    if (!states) return std::unexpected(states.error());
    return list_by(call, *states, 100);
  }
  Outcome closed_orders(const Call& call, UnixNanos) {
    const auto states = states_of(call, {"done", "cancel"});
    if (!states) return std::unexpected(states.error());
    return list_by(call, *states, 1000);
  }
  /// The older list: open and closed ones, not both at once.
  Outcome all_orders(const Call& call, UnixNanos) {
    if (!call.all("uuids").empty() || !call.all("identifiers").empty()) return orders_by_id(call, 0);
    const auto states = call.all("states");
    const auto state = call.find("state").value_or(states.empty() ? "wait" : states.front());
    return state == "done" || state == "cancel" ? closed_orders(call, 0)
           : states.empty()                     ? list_by(call, {state}, 100)
                                                : open_orders(call, 0);
  }
  std::vector<const VenueOrder*> by_ids(const Call& call) const {
    std::vector<const VenueOrder*> found;
    for (const auto& id : call.all("uuids"))
      if (const VenueOrder* order = by_uuid(id, call.account())) found.push_back(order);
    for (const auto& name : call.all("identifiers"))
      if (const VenueOrder* order = by_name(name, call.account())) found.push_back(order);
    return found;
  }
  Outcome orders_by_id(const Call& call, UnixNanos) { return listed(by_ids(call), call, 100, 100); }

  Outcome cancel_many(const std::vector<const VenueOrder*>& orders) {
    std::vector<std::string> done, failed;
    for (const VenueOrder* order : orders) {
      JsonObject one;
      one.text("uuid", uuid_of(order->terms.id)).text("market", instrument(order->terms.instrument).symbol());
      if (extra_of(*order).named) one.text("identifier", order->client_id);
      const bool open = order->open();
      if (open) exchange_->cancel(order->terms.id);
      (open ? done : failed).push_back(one.done());
    }
    const auto part = [](const std::vector<std::string>& list) {
      return JsonObject{}
          .number("count", static_cast<std::int64_t>(list.size()))
          .raw("orders", json_array(list))
          .done();
    };
    return JsonObject{}.raw("success", part(done)).raw("failed", part(failed)).done();
  }
  Outcome cancel_by_id(const Call& call, UnixNanos) { return cancel_many(by_ids(call)); }
  Outcome cancel_all(const Call& call, UnixNanos) {
    const auto pairs = call.all("pairs"), without = call.all("excluded_pairs"), quotes = call.all("quote_currencies");
    const auto side = call.find("cancel_side").value_or("all");
    if (!pairs.empty() && !quotes.empty()) return invalid("pairs");
    auto open = exchange_->open_orders(call.account());
    std::erase_if(open, [&](const VenueOrder* order) {
      const Instrument& of = instrument(order->terms.instrument);
      const auto in = [](const std::vector<std::string>& list, const std::string& name) {
        return std::ranges::find(list, name) != list.end();
      };
      return (!pairs.empty() && !in(pairs, of.symbol())) || (!quotes.empty() && !in(quotes, of.quote)) ||
             in(without, of.symbol()) || (side != "all" && side != side_of(*order));
    });
    if (direction_of(call) == "desc") std::ranges::reverse(open);
    const auto count = static_cast<std::size_t>(call.number("count", 20, 300));
    if (open.size() > count) open.resize(count);
    return cancel_many(open);
  }

  // ---- what sockets ask

  std::optional<ApiError> read(const Socket& socket, std::string_view text, Request& out) const {
    const auto refused = [](std::string_view name, std::string_view message) {
      return ApiError{0, std::string{name}, std::string{message}};
    };
    const auto malformed = refused("WRONG_FORMAT", "Format 이 맞지 않습니다.");
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    simdjson::dom::array items;
    if (parser.parse(text.data(), text.size()).get(root) || root.get_array().get(items)) return malformed;
    bool first = true;
    for (const auto item : items) {
      simdjson::dom::object object;
      std::string_view word;
      if (item.get_object().get(object)) return malformed;
      if (first) {
        if (object["ticket"].get_string().get(word))
          return refused("NO_TICKET", "티켓이 존재하지 않거나, 유효하지 않습니다.");
        out.ticket = word;
        first = false;
        continue;
      }
      if (!object["method"].get_string().get(word) && word == "LIST_SUBSCRIPTIONS") {
        out.lists = true;
        return std::nullopt;
      }
      if (!object["format"].get_string().get(word)) {
        constexpr std::pair<std::string_view, Format> kFormats[] = {{"DEFAULT", Format::Default},
                                                                    {"SIMPLE", Format::Simple},
                                                                    {"JSON_LIST", Format::JsonList},
                                                                    {"SIMPLE_LIST", Format::SimpleList}};
        const auto known = std::ranges::find(kFormats, word, &std::pair<std::string_view, Format>::first);
        if (known == std::end(kFormats)) return malformed;
        out.format = known->second;
        continue;
      }
      if (object["type"].get_string().get(word)) return refused("NO_TYPE", "type 필드가 존재하지 않습니다.");
      Type type{.name = std::string{word}};
      const bool of_account = word == "myOrder" || word == "myAsset";
      if (!of_account && !is_type(word)) return refused("INVALID_PARAM", "지원하지 않는 type 입니다.");
      if (of_account && (!socket.account || !socket.is_private))
        return refused("INVALID_AUTH", "인증 정보가 올바르지 않습니다.");
      const auto flag = [&](std::string_view name, std::string_view older) {
        bool value = false;
        return (!object[name].get_bool().get(value) && value) || (!object[older].get_bool().get(value) && value);
      };
      if (flag("is_only_snapshot", "isOnlySnapshot")) type.realtime = false;
      if (flag("is_only_realtime", "isOnlyRealtime")) type.snapshot = false;
      std::string level = "0";
      simdjson::dom::element given;
      if (!object["level"].get(given))
        level = given.is_string() ? std::string{given.get_string().value()} : number_text(given);
      simdjson::dom::array codes;
      if (object["codes"].get_array().get(codes)) {
        if (!of_account) return refused("NO_CODES", "codes 필드가 존재하지 않습니다.");
        type.every_market = true;
      } else {
        for (const auto code : codes) {
          if (code.get_string().get(word)) return malformed;
          const auto dot = word.find('.');
          const auto market = markets_.find(word.substr(0, dot));
          if (market == markets_.end()) continue;  // the venue says nothing of what it does not list
          Code one{.market = market->second};
          if (dot != std::string_view::npos) {
            const auto units = whole_number(word.substr(dot + 1));
            if (!units || (*units != 1 && *units != 5 && *units != 15 && *units != 30)) continue;
            one.units = static_cast<std::size_t>(*units);
          }
          if (type.name == "orderbook") {
            const auto known = level_of(one.market, level);
            if (!known) continue;
            one.level = *known;
          }
          type.codes.push_back(one);
        }
        if (codes.size() == 0) {
          if (!of_account) return refused("INVALID_PARAM", "codes 필드가 비어 있습니다.");
          type.every_market = true;
        }
      }
      out.types.push_back(std::move(type));
    }
    if (first) return refused("NO_TICKET", "티켓이 존재하지 않거나, 유효하지 않습니다.");
    if (out.types.empty()) return refused("NO_TYPE", "type 필드가 존재하지 않습니다.");
    return std::nullopt;
  }
  /// A number of JSON as plain decimal digits.
  static std::string number_text(const simdjson::dom::element& value) {
    std::int64_t whole = 0;
    double part = 0;
    if (!value.get_int64().get(whole)) return std::to_string(whole);
    if (!value.get_double().get(part)) return fmt::format("{}", part);
    return "";
  }
  static bool is_type(std::string_view name) {
    constexpr std::string_view kTypes[] = {"ticker",     "trade",      "orderbook",  "candle.1s",
                                           "candle.1m",  "candle.3m",  "candle.5m",  "candle.10m",
                                           "candle.15m", "candle.30m", "candle.60m", "candle.240m"};
    return std::ranges::find(kTypes, name) != std::end(kTypes);
  }
  std::string list(const Socket& socket) const {
    std::vector<std::string> types;
    for (const Type& type : socket.types) {
      std::vector<std::string> codes;
      for (const Code& code : type.codes) codes.push_back(json_text(instrument(code.market).symbol()));
      JsonObject one;
      one.text("type", type.name);
      if (!type.every_market) one.raw("codes", json_array(codes));
      types.push_back(one.done());
    }
    return JsonObject{}
        .text("method", "LIST_SUBSCRIPTIONS")
        .raw("result", json_array(types))
        .text("ticket", socket.ticket)
        .done();
  }

  void send_snapshot(SocketId id, const Socket& socket, const Type& type, const Code& code) {
    std::optional<Fields> message;
    if (type.name == "ticker") message = ticker_message(code.market, "SNAPSHOT");
    if (type.name == "orderbook") message = book_message(code.market, code, "SNAPSHOT", is_brief(socket.format));
    if (type.name == "trade" && !exchange_->trades(code.market).empty())
      message = trade_message(code.market, exchange_->trades(code.market).back(), "SNAPSHOT");
    if (type.name.starts_with("candle.")) message = candle_message(code.market, type.name, "SNAPSHOT");
    if (!message) return;
    send(id, socket, *message);
  }

  template <class Make>
  void tell(InstrumentIndex market, std::string_view type, Make make) {
    struct Made {
      Code code;
      Format format;
      std::string text;
    };
    std::vector<Made> made;  // most want the same
    for (auto& [id, socket] : sockets_) {
      for (const Type& wanted : socket.types) {
        if (wanted.name != type || !wanted.realtime) continue;
        for (const Code& code : wanted.codes) {
          if (code.market != market) continue;
          auto found = std::ranges::find_if(
              made, [&](const Made& one) { return one.code == code && one.format == socket.format; });
          if (found == made.end()) {
            const bool brief = is_brief(socket.format);
            made.push_back({code, socket.format, framed(make(code, brief).json(brief), socket.format)});
            found = made.end() - 1;
          }
          exchange_->send(id, found->text);
        }
      }
    }
  }
  template <class Make>
  void tell_account(AccountId account, std::string_view type, InstrumentIndex market, Make make) {
    for (auto& [id, socket] : sockets_) {
      if (socket.account != account || !socket.is_private) continue;
      for (const Type& wanted : socket.types) {
        if (wanted.name != type) continue;
        if (wanted.every_market || type == "myAsset" ||
            std::ranges::any_of(wanted.codes, [&](const Code& code) { return code.market == market; }))
          send(id, socket, make(is_brief(socket.format)));
      }
    }
  }
  void send(SocketId id, const Socket& socket, const Fields& message) {
    exchange_->send(id, framed(message.json(is_brief(socket.format)), socket.format));
  }

  // ---- messages

  Fields trade_message(InstrumentIndex market, const PublicTrade& t, std::string_view stream) {
    const Instrument& of = instrument(market);
    const UnixNanos now = exchange_->now();
    const Price previous = day(market, now).previous_close;
    const Change change = change_of(of, previous, t.price);
    const Stamp utc = stamp_of(t.time);
    exchange_->book(market, 1, view_);
    const Level ask = view_.asks.empty() ? Level{} : view_.asks[0], bid = view_.bids.empty() ? Level{} : view_.bids[0];
    Fields out;
    out.text("type", "ty", "trade")
        .text("code", "cd", of.symbol())
        .number("timestamp", "tms", ms(now))
        .text("trade_date", "td", utc.date)
        .text("trade_time", "ttm", utc.clock)
        .number("trade_timestamp", "ttms", ms(t.time))
        .raw("trade_price", "tp", price_text(of, t.price))
        .raw("trade_volume", "tv", quantity_text(of, t.quantity))
        .text("ask_bid", "ab", t.sell_aggressor ? "ASK" : "BID")
        .raw("prev_closing_price", "pcp", price_text(of, previous))
        .text("change", "c", change.word)
        .raw("change_price", "cp", change.size)
        .number("sequential_id", "sid", t.id)
        .raw("best_ask_price", "bap", price_text(of, ask.price))
        .raw("best_ask_size", "bas", quantity_text(of, ask.quantity))
        .raw("best_bid_price", "bbp", price_text(of, bid.price))
        .raw("best_bid_size", "bbs", quantity_text(of, bid.quantity))
        .text("stream_type", "st", stream);
    return out;
  }

  Fields ticker_message(InstrumentIndex market, std::string_view stream) const {
    const Instrument& of = instrument(market);
    const UnixNanos now = exchange_->now();
    const Day today = day(market, now);
    const PublicTrade last = last_trade(market);
    const Change change = change_of(of, today.previous_close, last.price);
    const Stamp utc = stamp_of(last.time);
    Fields out;
    out.text("type", "ty", "ticker")
        .text("code", "cd", of.symbol())
        .raw("opening_price", "op", price_text(of, today.bar.open))
        .raw("high_price", "hp", price_text(of, today.bar.high))
        .raw("low_price", "lp", price_text(of, today.bar.low))
        .raw("trade_price", "tp", price_text(of, last.price))
        .raw("prev_closing_price", "pcp", price_text(of, today.previous_close))
        .raw("acc_trade_price", "atp", money_text(today.value))
        .text("change", "c", change.word)
        .raw("change_price", "cp", change.size)
        .raw("signed_change_price", "scp", change.signed_size)
        .raw("change_rate", "cr", change.rate)
        .raw("signed_change_rate", "scr", change.signed_rate)
        .text("ask_bid", "ab", last.sell_aggressor ? "ASK" : "BID")
        .raw("trade_volume", "tv", quantity_text(of, last.quantity))
        .raw("acc_trade_volume", "atv", quantity_text(of, today.bar.volume))
        .text("trade_date", "tdt", utc.compact_date)
        .text("trade_time", "ttm", utc.compact_clock)
        .number("trade_timestamp", "ttms", ms(last.time))
        .raw("acc_ask_volume", "aav", quantity_text(of, today.bar.volume - today.bought))
        .raw("acc_bid_volume", "abv", quantity_text(of, today.bought))
        .raw("highest_52_week_price", "h52wp", price_text(of, today.high))
        .text("highest_52_week_date", "h52wdt", stamp_of(today.high_at + kSeoul).date)
        .raw("lowest_52_week_price", "l52wp", price_text(of, today.low))
        .text("lowest_52_week_date", "l52wdt", stamp_of(today.low_at + kSeoul).date)
        .text("market_state", "ms", exchange_->trading(market) ? "ACTIVE" : "DELISTED")
        .raw("is_trading_suspended", "its", "false")
        .raw("delisting_date", "dd", "null")
        .text("market_warning", "mw", "NONE")
        .number("timestamp", "tms", ms(now))
        .raw("acc_trade_price_24h", "atp24h", money_text(today.value_24h))
        .raw("acc_trade_volume_24h", "atv24h", quantity_text(of, today.volume_24h))
        .text("stream_type", "st", stream);
    return out;
  }

  Fields book_message(InstrumentIndex market, const Code& code, std::string_view stream, bool brief) {
    const Instrument& of = instrument(market);
    const BookUnits book = units_of(market, code.units, code.level);
    Fields out;
    out.text("type", "ty", "orderbook")
        .text("code", "cd", of.symbol())
        .number("timestamp", "tms", ms(book_time()))
        .raw("total_ask_size", "tas", quantity_text(of, book.asks))
        .raw("total_bid_size", "tbs", quantity_text(of, book.bids))
        .raw("orderbook_units", "obu", units_json(of, book, brief))
        .text("stream_type", "st", stream)
        .raw("level", "lv", price_text(of, {code.level}));
    return out;
  }

  std::optional<Fields> candle_message(InstrumentIndex market, std::string_view type, std::string_view stream) const {
    const Instrument& of = instrument(market);
    const auto all = candles_of(market, type.substr(7), kNever);
    if (all.empty()) return std::nullopt;
    const Candle& candle = all.back();
    Fields out;
    out.text("type", "ty", type)
        .text("code", "cd", of.symbol())
        .text("candle_date_time_utc", "cdttmu", seconds_text(candle.start))
        .text("candle_date_time_kst", "cdttmk", seconds_text(candle.start + kSeoul))
        .raw("opening_price", "op", price_text(of, candle.bar.open))
        .raw("high_price", "hp", price_text(of, candle.bar.high))
        .raw("low_price", "lp", price_text(of, candle.bar.low))
        .raw("trade_price", "tp", price_text(of, candle.bar.close))
        .raw("candle_acc_trade_volume", "catv", quantity_text(of, candle.bar.volume))
        .raw("candle_acc_trade_price", "catp", money_text(candle.value))
        .number("timestamp", "tms", ms(exchange_->now()))
        .text("stream_type", "st", stream);
    return out;
  }

  Fields order_message(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill,
                       std::string_view state) const {
    const Instrument& of = instrument(order.terms.instrument);
    const Extra extra = extra_of(order);
    const bool trade = state == "trade";
    STOM_ASSERT(!trade || fill != nullptr);
    const Sums sums = sums_of(order);
    const auto in_force = in_force_of(order);
    std::string price = "null", volume = "null", remaining = "null", average = "0";
    if (trade)
      price = price_text(of, fill->price);
    else if (extra.amount.value > 0)
      price = money_text(extra.amount);
    else if (order.venue_type == "limit")
      price = price_text(of, order.terms.price);
    if (trade)
      volume = quantity_text(of, fill->quantity);
    else if (extra.amount.value == 0)
      volume = quantity_text(of, order.terms.quantity);
    if (extra.amount.value == 0) remaining = quantity_text(of, sums.remaining);
    if (order.filled.value > 0)
      average = format_decimal_trimmed(
          divide(order.value.value / power_of_ten(kMoneyDecimals - 8) * power_of_ten(of.quantity_decimals),
                 order.filled.value, Rounding::HalfEven),
          8);
    Fields out;
    out.text("type", "ty", "myOrder")
        .text("code", "cd", of.symbol())
        .text("uuid", "uid", uuid_of(order.terms.id))
        .text("ask_bid", "ab", order.terms.side == Side::Buy ? "BID" : "ASK")
        .text("order_type", "ot", order.venue_type)
        .text("state", "s", state)
        .raw("trade_uuid", "tuid", trade ? json_text(uuid_of(static_cast<std::uint64_t>(fill->id), '9')) : "null")
        .raw("price", "p", price)
        .raw("avg_price", "ap", average)
        .raw("volume", "v", volume)
        .raw("remaining_volume", "rv", remaining)
        .raw("executed_volume", "ev", quantity_text(of, order.filled))
        .number("trades_count", "tc", static_cast<std::int64_t>(fills_of(order).size()))
        .raw("reserved_fee", "rsf", money_text(sums.reserved_fee))
        .raw("remaining_fee", "rmf", money_text(sums.remaining_fee))
        .raw("paid_fee", "pf", money_text(order.fee))
        .raw("locked", "l", money_text(sums.locked))
        .raw("executed_funds", "ef", money_text(order.value))
        .raw("time_in_force", "tif", in_force.empty() ? "null" : json_text(in_force))
        .raw("trade_fee", "tf", trade ? money_text(fill->fee) : "null")
        .raw("is_maker", "im",
             !trade                                ? "null"
             : fill->liquidity == Liquidity::Maker ? "true"
                                                   : "false")
        .raw("identifier", "id", extra.named ? json_text(order.client_id) : "null")
        .raw("smp_type", "smpt", "null")
        .raw("prevented_volume", "pv", "0")
        .raw("prevented_locked", "pl", "0")
        .raw("trade_timestamp", "ttms", trade ? std::to_string(ms(fill->time)) : "null")
        .number("order_timestamp", "otms", ms(order.created))
        .number("timestamp", "tms", ms(event.time))
        .text("stream_type", "st", "REALTIME");
    return out;
  }

  Fields asset_message(const VenueOrder& order, bool brief) const {
    const Instrument& of = instrument(order.terms.instrument);
    std::string assets;
    const UnixNanos now = exchange_->now();
    for (const auto* asset : {&of.quote, &of.base}) {
      const AssetBalance balance = balance_of(order.account, *asset);
      assets += assets.empty() ? "" : ",";
      assets += Fields{}
                    .text("currency", "cu", *asset)
                    .raw("balance", "b", money_text(balance.free))
                    .raw("locked", "l", money_text(balance.locked))
                    .json(brief);
    }
    Fields out;
    out.text("type", "ty", "myAsset")
        .text("asset_uuid", "astuid", uuid_of(last_asset_, 'a'))
        .raw("assets", "ast", "[" + assets + "]")
        .number("asset_timestamp", "asttms", ms(now))
        .number("timestamp", "tms", ms(now))
        .text("stream_type", "st", "REALTIME");
    return out;
  }

  ExchangeBackend* exchange_ = nullptr;
  bool lifted_ = false;  // lift_limits()
  Doorman doorman_;
  std::map<std::pair<std::size_t, AccountId>, Spent> spent_;
  std::map<std::string, InstrumentIndex, std::less<>> markets_;
  std::vector<Instrument> ladders_;  // the markets with their whole ladder
  std::unordered_map<SocketId, Socket> sockets_;
  static constexpr std::size_t kMostUpgrading = 1'024;
  std::map<std::string, AccountId, std::less<>> upgrading_;  // by token
  std::unordered_map<std::uint64_t, Extra> extra_;           // by order
  std::optional<Extra> placing_;                             // of the order that is being placed
  std::set<std::pair<AccountId, std::string>> names_used_;
  std::set<std::int64_t> fills_noted_;  // one may be told twice
  std::map<std::pair<AccountId, InstrumentIndex>, Cost> costs_;
  std::vector<bool> traded_;  // by market: since candles were told
  UnixNanos next_second_ = 0;
  std::uint64_t last_asset_ = 0;
  std::string salt_;
  std::string_view unit_;  // what follows the endpoint's path, in the request in hand
  bool has_depth_ = false;
  BookView view_;
};

std::span<const UpbitServer::Endpoint> UpbitServer::endpoints() {
  static constexpr Endpoint kEndpoints[] = {
      {"GET", "/v1/market/all", kMarket, false, false, &UpbitServer::market_all},
      {"GET", "/v1/ticker", kTicker, false, false, &UpbitServer::ticker},
      {"GET", "/v1/ticker/all", kTicker, false, false, &UpbitServer::ticker_all},
      {"GET", "/v1/trades/ticks", kTrade, false, false, &UpbitServer::trades},
      {"GET", "/v1/orderbook", kOrderbook, false, false, &UpbitServer::orderbook},
      {"GET", "/v1/orderbook/instruments", kOrderbook, false, false, &UpbitServer::orderbook_instruments},
      {"GET", "/v1/orderbook/supported_levels", kOrderbook, false, false, &UpbitServer::supported_levels},
      {"GET", "/v1/candles/seconds", kCandle, false, false, &UpbitServer::candles_seconds},
      {"GET", "/v1/candles/minutes", kCandle, false, false, &UpbitServer::candles_minutes},
      {"GET", "/v1/candles/minutes/", kCandle, false, false, &UpbitServer::candles_minutes},
      {"GET", "/v1/candles/days", kCandle, false, false, &UpbitServer::candles_days},
      {"GET", "/v1/candles/weeks", kCandle, false, false, &UpbitServer::candles_weeks},
      {"GET", "/v1/candles/months", kCandle, false, false, &UpbitServer::candles_months},
      {"GET", "/v1/candles/years", kCandle, false, false, &UpbitServer::candles_years},
      {"GET", "/v1/accounts", kDefault, false, false, &UpbitServer::accounts},
      {"GET", "/v1/orders/chance", kDefault, false, false, &UpbitServer::chance},
      {"POST", "/v1/orders", kOrder, true, true, &UpbitServer::place},
      {"POST", "/v1/orders/cancel_and_new", kOrder, true, true, &UpbitServer::cancel_and_new},
      {"GET", "/v1/order", kDefault, false, false, &UpbitServer::query},
      {"DELETE", "/v1/order", kDefault, false, true, &UpbitServer::cancel},
      {"GET", "/v1/orders", kDefault, false, false, &UpbitServer::all_orders},
      {"GET", "/v1/orders/open", kDefault, false, false, &UpbitServer::open_orders},
      {"DELETE", "/v1/orders/open", kCancelAll, false, true, &UpbitServer::cancel_all},
      {"GET", "/v1/orders/closed", kDefault, false, false, &UpbitServer::closed_orders},
      {"GET", "/v1/orders/uuids", kDefault, false, false, &UpbitServer::orders_by_id},
      {"DELETE", "/v1/orders/uuids", kDefault, false, true, &UpbitServer::cancel_by_id},
  };
  return kEndpoints;
}

}  // namespace

std::unique_ptr<VenueServer> venue_server() { return std::make_unique<UpbitServer>(); }

}  // namespace stom::venues::upbit
