#include "venues/kiwoom/server.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <expected>
#include <functional>
#include <map>
#include <set>

#include "core/assert.hpp"
#include "core/decimal.hpp"
#include "venues/kiwoom/server_stocks.hpp"
#include "venues/server_text.hpp"

namespace stom::venues::kiwoom {
namespace {

using namespace venues::server;
using namespace kiwoom::server;

constexpr std::string_view kDone = "정상적으로 처리되었습니다";
constexpr std::string_view kAsked = "조회가 완료되었습니다.";
constexpr DurationNanos kTokenLife = kDay;
constexpr std::size_t kRequestsPerSecond = 5;  // of one API id, of an account
constexpr std::size_t kRegistrations = 100;    // stocks
constexpr std::size_t kPage = 100;             // lines of a list
constexpr DurationNanos kPingEvery = 10 * kSecond;
constexpr int kPingsUnanswered = 3;
constexpr DurationNanos kGoodbye = 100 * kMillisecond;  // between a refused login and the end of its connection
constexpr std::size_t kNotesKept = 20'000;              // of orders
constexpr std::int64_t kFirstOrder = 1;

/// Why not. `status` is HTTP's; the venue mostly says 200 and has its code in the body.
struct Refusal {
  int code = 0;
  std::string message;
  int status = 200;
};
std::unexpected<Refusal> refuse(int code, std::string message, int status = 200) {
  return std::unexpected(Refusal{code, std::move(message), status});
}
/// Codes and words are those of the document's list of errors; "입력 값 오류입니다[…]" and "인증에 실패했습니다[…]" are
/// how answers were seen to wrap them.
std::unexpected<Refusal> bad_input(int code, std::string_view why) {
  return refuse(2, fmt::format("입력 값 오류입니다[{}:{}]", code, why));
}
std::unexpected<Refusal> not_allowed(int code, std::string_view why) {
  return refuse(3, fmt::format("인증에 실패했습니다[{}:{}]", code, why));
}

/// One request: its body's members, who asks, where a list goes on.
class Call {
 public:
  Call(simdjson::dom::object body, AccountId account, std::size_t from, UnixNanos now)
      : account{account}, from{from}, now{now}, body_{body} {}

  /// "" where it is missing; what is no string is noted.
  std::string find(std::string_view name) {
    std::string_view text;
    const auto value = body_.at_key(name);
    if (value.error()) return "";
    if (value.get_string().get(text) && !error_)
      error_ = bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터={}", name)).error();
    return std::string{text};
  }
  std::string text(std::string_view name) {
    auto value = find(name);
    if (value.empty() && !error_)
      error_ =
          bad_input(1511, fmt::format("필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={}", name)).error();
    return value;
  }
  const std::optional<Refusal>& error() const { return error_; }
  void fail(std::unexpected<Refusal> refusal) {
    if (!error_) error_ = refusal.error();
  }

  AccountId account;
  std::size_t from;  // of a list: the first line of this page
  UnixNanos now;

 private:
  simdjson::dom::object body_;
  std::optional<Refusal> error_;
};

/// What an answer holds before its return code.
struct Answer {
  JsonObject json;
  std::string message{kDone};
  std::optional<std::size_t> next;  // the list goes on there
};
using Outcome = std::expected<Answer, Refusal>;

/// What the venue knows of an order beside the exchange's record.
struct Note {
  std::string number;    // "0000123"
  std::string original;  // of an amendment: the number before
  std::string_view exchange;
  std::string_view kind;  // "+매수"
};

struct TradeType {
  std::string_view number, word;
  OrderType type;
  TimeInForce time_in_force;
  int best_of = 0;  // the price is the best of the other side (1) or of its own (-1)
};
constexpr TradeType kTradeTypes[] = {
    {"0", "보통", OrderType::Limit, TimeInForce::GTC},
    {"3", "시장가", OrderType::Market, TimeInForce::IOC},
    {"6", "최유리지정가", OrderType::Limit, TimeInForce::GTC, 1},
    {"7", "최우선지정가", OrderType::Limit, TimeInForce::GTC, -1},
    {"10", "보통(IOC)", OrderType::Limit, TimeInForce::IOC},
    {"13", "시장가(IOC)", OrderType::Market, TimeInForce::IOC},
    {"16", "최유리(IOC)", OrderType::Limit, TimeInForce::IOC, 1},
    {"20", "보통(FOK)", OrderType::Limit, TimeInForce::FOK},
    {"23", "시장가(FOK)", OrderType::Market, TimeInForce::FOK},
    {"26", "최유리(FOK)", OrderType::Limit, TimeInForce::FOK, 1},
};
constexpr std::string_view kExchanges[] = {"KRX", "NXT", "SOR"};

std::string_view base_code(std::string_view code) {
  if (code.size() == 7 && code.front() == 'A') code.remove_prefix(1);
  for (const std::string_view place : {"_NX", "_AL"})
    if (code.ends_with(place)) code.remove_suffix(place.size());
  return code;
}
std::int64_t whole_won(Money money) {
  return static_cast<std::int64_t>(divide(money.value, power_of_ten(kMoneyDecimals), Rounding::Down));
}
/// "+1.25": `part` of `whole` in per cent.
std::string percent(Int128 part, Int128 whole, bool plus = true) {
  if (whole == 0) return "0.00";
  const Int128 hundredths = divide(part * 10'000, whole, Rounding::Down);
  return fmt::format("{}{}", hundredths > 0 && plus ? "+" : "", format_decimal(hundredths, 2));
}
std::string signed_text(std::int64_t number) { return fmt::format("{}{}", number > 0 ? "+" : "", number); }
std::string wide(std::int64_t number, int digits) {
  return number < 0 ? fmt::format("-{:0{}}", -number, digits - 1) : fmt::format("{:0{}}", number, digits);
}

class Server final : public VenueServer {
 public:
  std::vector<Listing> listings() const override { return stock_listings(); }
  AccountGrant grant() const override {
    return {.cash = {Int128{100'000'000} * power_of_ten(kMoneyDecimals)},
            .maker_rate = 150'000,  // 0.015 %
            .taker_rate = 150'000};
  }
  Credentials make_credentials(const std::string& random_hex) const override {
    std::string digits;
    for (std::size_t i = 86; i < 94; ++i) digits += static_cast<char>('0' + random_hex[i] % 10);
    return {.key = random_hex.substr(0, 43), .secret = random_hex.substr(43, 43), .account = "81" + digits};
  }

  void open(ExchangeBackend& exchange, std::vector<Credentials> credentials) override {
    exchange_ = &exchange;
    credentials_ = std::move(credentials);
    const auto& instruments = exchange.instruments();
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
      codes_[instruments[i].symbol()] = i;
      days_.push_back(day_so_far(instruments[i], exchange.minutes(i), exchange.now()));
      names_.push_back(stock_name(instruments[i].symbol()));
    }
    for (InstrumentIndex i = 0; i < instruments.size(); ++i) best_.push_back(best_of(i));
  }

  // ---- REST

  WireResponse on_request(const WireRequest& request) override {
    if (request.method != "POST") return {.status = 405, .body = error_body({1, "Method Not Allowed"})};
    const UnixNanos now = exchange_->now();
    const std::string api_id{request.header("api-id")};
    simdjson::dom::object body;
    const bool read = !parser_.parse(request.body).get_object().get(body);
    if (request.path == "/oauth2/token" || request.path == "/oauth2/revoke") {
      if (!read) return finish(api_id, bad_input(1517, "입력 값 형식이 올바르지 않습니다.").error());
      Call call{body, 0, 0, now};
      auto outcome = request.path == "/oauth2/token" ? give_token(call) : revoke_token(call);
      return outcome ? finish(api_id, std::move(*outcome)) : finish(api_id, outcome.error());
    }
    const Route* route = nullptr;
    bool path_known = false;
    for (const Route& r : routes()) {
      path_known |= r.path == request.path;
      if (r.api_id == api_id) route = &r;
    }
    if (!path_known) return {.status = 404, .body = error_body({1, "Not Found"})};
    const auto account = account_of(request.header("authorization"), now);
    if (!account) return finish(api_id, account.error());
    if (api_id.empty()) return finish(api_id, bad_input(1501, "API ID가 Null이거나 값이 없습니다").error());
    if (route == nullptr)
      return finish(api_id, bad_input(1505, fmt::format("해당 API ID는 존재하지 않습니다. API ID={}", api_id)).error());
    if (route->path != request.path)
      return finish(api_id, bad_input(1504, fmt::format("해당 URI에서는 지원하는 API ID가 아닙니다. API ID={}, URI={}",
                                                        api_id, request.path))
                                .error());
    if (over_limit(*account, *route, now)) return refused_for_number(api_id);
    if (!read) return finish(api_id, bad_input(1517, "입력 값 형식이 올바르지 않습니다.").error());
    std::size_t from = 0;
    if (request.header("cont-yn") == "Y") {
      const auto key = whole_number(request.header("next-key"));
      if (!key || *key < 0)
        return finish(api_id, bad_input(1517, "입력 값 형식이 올바르지 않습니다. 파라미터=next-key").error());
      from = static_cast<std::size_t>(*key);
    }
    Call call{body, *account, from, now};
    auto outcome = (this->*route->act)(call);
    auto response = outcome ? finish(api_id, std::move(*outcome)) : finish(api_id, outcome.error());
    response.acknowledges_order = route->path == kOrders;
    return response;
  }

  WireResponse refusal(int status) override {
    if (status == 429) return refused_for_number("");
    return {.status = status, .body = error_body({status, "서비스를 이용할 수 없습니다"})};
  }

  // ---- sockets

  std::optional<WireResponse> on_upgrade(const WireRequest& request) override {
    if (request.path == "/api/dostk/websocket") return std::nullopt;
    return WireResponse{.status = 404, .body = error_body({1, "Not Found"})};
  }
  void on_open(SocketId id, const WireRequest&) override { sockets_[id].next_ping = exchange_->now() + kPingEvery; }
  void on_close(SocketId id) override {
    sockets_.erase(id);
    index_listeners();
  }

  void on_message(SocketId id, std::string_view text) override {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    Socket& socket = found->second;
    simdjson::dom::object json;
    std::string_view name;
    if (parser_.parse(text.data(), text.size()).get_object().get(json) || json.at_key("trnm").get_string().get(name))
      return exchange_->send(id, R"({"trnm":"","return_code":1,"return_msg":"전문 형식이 올바르지 않습니다"})");
    const std::string trnm{name};
    if (trnm == "PING") {
      socket.pings = 0;
      return;
    }
    if (trnm == "LOGIN") return log_in(id, socket, json);
    if (!socket.account)
      return exchange_->send(
          id, JsonObject{}
                  .text("trnm", trnm)
                  .number("return_code", 100013)
                  .text("return_msg",
                        "로그인 인증이 들어오기 전에 다른 전문이 들어왔습니다. 해당 전문은 무시됩니다. (TRNM=%s)")
                  .done());
    if (trnm == "REG" || trnm == "REMOVE") return registration(id, socket, trnm, json);
    if (trnm == "CNSRLST") return list_conditions(id);
    if (trnm == "CNSRREQ") return search(id, socket, json);
    if (trnm == "CNSRCLR") return stop_search(id, socket, json);
    answer(id, trnm, 1, fmt::format("지원하지 않는 전문입니다. (TRNM={})", trnm));
  }

  // ---- what the market and the orders do

  void on_market(InstrumentIndex market, const Message& message, std::span<const Level> levels) override {
    const UnixNanos time = message.venue_time() != kNoTime ? message.venue_time() : exchange_->now();
    if (message.kind == MessageKind::Trade) {
      add_trade(days_[market], exchange_->instruments()[market], levels[0].price, levels[0].quantity,
                (message.flags & kSellAggressor) != 0, time);
      tell(market, "0B", "주식체결", [&](std::string_view) { return trade_values(market, time); });
    } else if (message.kind == MessageKind::Depth || message.kind == MessageKind::Snapshot) {
      const auto best = best_of(market);
      if (best != best_[market]) {
        best_[market] = best;
        tell(market, "0C", "주식우선호가", [&](std::string_view) {
          return JsonObject{}.text("27", price(market, best[0])).text("28", price(market, best[1])).done();
        });
      }
      tell(market, "0D", "주식호가잔량", [&](std::string_view) { return book_values(market, time); });
    }
  }

  void on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) override {
    if (order.status == OrderStatus::Rejected) return;  // refused at the door: the answer says so
    const auto note = notes_.find(order.client_id);
    if (note == notes_.end()) return;
    if (fill != nullptr) hold(order, *fill);
    std::string_view state;
    switch (event.kind) {
      case OrderEventKind::Accepted:
        state = "접수";
        break;
      case OrderEventKind::Filled:
        state = "체결";
        break;
      case OrderEventKind::Expired:
      case OrderEventKind::Canceled:
        if (changing_) return;  // told as the cancel or amendment that it is
        state = "취소";
        break;
      default:
        return;
    }
    tell_account(order.account, "00", "주문체결", symbol(order), order_values(order, note->second, state, fill));
    if (fill != nullptr) tell_account(order.account, "04", "현물잔고", symbol(order), holding_values(order));
  }

  void on_timer(UnixNanos now) override {
    std::vector<std::pair<SocketId, std::string_view>> over;
    for (auto& [id, socket] : sockets_) {
      if (now >= socket.ends) {
        over.emplace_back(id, "login refused");
        socket.ends = kNever;
      }
      if (now < socket.next_ping) continue;
      socket.next_ping = now + kPingEvery;
      if (!socket.account) continue;
      if (++socket.pings > kPingsUnanswered) {
        over.emplace_back(id, "no answer to PING");
        continue;
      }
      exchange_->send(id, R"({"trnm":"PING"})");
    }
    for (const auto& [id, why] : over) exchange_->close(id, 1000, why);
    if (now < next_second_) return;
    next_second_ = now - now % kSecond + kSecond;
    tell_index(now);
    for (auto& [id, socket] : sockets_)
      for (auto& [seq, members] : socket.searches) tell_moves(id, seq, members, now);
  }

 private:
  static constexpr std::string_view kOrders = "/api/dostk/ordr";
  struct Route {
    std::string_view api_id, path;
    Outcome (Server::*act)(Call&);
  };
  static std::span<const Route> routes();

  struct Token {
    AccountId account = 0;
    UnixNanos ends = 0;
  };
  struct Socket {
    std::optional<AccountId> account;
    UnixNanos next_ping = 0;
    UnixNanos ends = kNever;
    int pings = 0;                                                                // that nobody sent back
    std::map<std::string, std::set<std::pair<std::string, std::string>>> groups;  // (type, item) by group
    std::map<std::string, std::set<InstrumentIndex>> searches;                    // members by condition
  };
  struct Holding {
    std::int64_t quantity = 0;
    Int128 cost = 0;  // in won
    std::int64_t bought_today = 0, sold_today = 0;
  };

  // ---- answers

  static std::string error_body(const Refusal& refusal) {
    return JsonObject{}.number("return_code", refusal.code).text("return_msg", refusal.message).done();
  }
  static void head(WireResponse& response, std::string_view api_id, std::optional<std::size_t> next) {
    response.headers.emplace_back("api-id", api_id);
    response.headers.emplace_back("cont-yn", next ? "Y" : "N");
    response.headers.emplace_back("next-key", next ? std::to_string(*next) : "");
  }
  static WireResponse finish(std::string_view api_id, const Refusal& refusal) {
    WireResponse response{.status = refusal.status, .body = error_body(refusal)};
    head(response, api_id, std::nullopt);
    return response;
  }
  static WireResponse finish(std::string_view api_id, Answer answer) {
    WireResponse response{.body = answer.json.number("return_code", 0).text("return_msg", answer.message).done()};
    head(response, api_id, answer.next);
    return response;
  }
  static WireResponse refused_for_number(std::string_view api_id) {
    return finish(
        api_id,
        Refusal{
            5,
            fmt::format("허용된 요청 개수를 초과하였습니다[1700:허용된 요청 개수를 초과하였습니다. API ID={}]", api_id),
            429});
  }
  /// One page of lines under `name`.
  static Answer page(Call& call, std::string_view name, const std::vector<std::string>& lines, std::string_view message,
                     JsonObject before = {}) {
    Answer answer{.json = std::move(before), .message = std::string{message}, .next = {}};
    const std::size_t from = std::min(call.from, lines.size()), to = std::min(from + kPage, lines.size());
    answer.json.raw(name, json_array({lines.begin() + static_cast<std::ptrdiff_t>(from),
                                      lines.begin() + static_cast<std::ptrdiff_t>(to)}));
    if (to < lines.size()) answer.next = to;
    return answer;
  }

  bool over_limit(AccountId account, const Route& route, UnixNanos now) {
    auto& times = asked_[{account, route.api_id}];
    while (!times.empty() && times.front() <= now - kSecond) times.pop_front();
    if (times.size() >= kRequestsPerSecond) return true;
    times.push_back(now);
    return false;
  }

  // ---- tokens

  Outcome give_token(Call& call) {
    const auto grant = call.text("grant_type"), key = call.text("appkey"), secret = call.text("secretkey");
    if (call.error()) return std::unexpected(*call.error());
    if (grant != "client_credentials") return not_allowed(8012, "grant_type의 값이 맞지 않습니다");
    const auto account = owner_of(key, secret);
    if (!account) return not_allowed(8001, "App Key와 Secret Key 검증에 실패했습니다");
    std::string token;
    for (int i = 0; i < 5; ++i) token += fmt::format("{:016X}", exchange_->random());
    tokens_[token] = {*account, call.now + kTokenLife};
    Answer answer;
    answer.json.text("expires_dt", stamp_text(call.now + kTokenLife)).text("token_type", "bearer").text("token", token);
    return answer;
  }
  Outcome revoke_token(Call& call) {
    const auto key = call.text("appkey"), secret = call.text("secretkey"), token = call.text("token");
    if (call.error()) return std::unexpected(*call.error());
    const auto account = owner_of(key, secret);
    if (!account) return not_allowed(8001, "App Key와 Secret Key 검증에 실패했습니다");
    const auto found = tokens_.find(token);
    if (found == tokens_.end() || found->second.account != *account)
      return not_allowed(8005, "Token이 유효하지 않습니다");
    tokens_.erase(found);
    return Answer{};
  }
  std::optional<AccountId> owner_of(std::string_view key, std::string_view secret) const {
    for (AccountId i = 0; i < credentials_.size(); ++i)
      if (credentials_[i].key == key)
        return same_secret(credentials_[i].secret, secret) ? std::optional{i} : std::nullopt;
    return std::nullopt;
  }
  std::expected<AccountId, Refusal> account_of(std::string_view authorization, UnixNanos now) {
    constexpr std::string_view kBearer = "bearer ";
    if (authorization.empty()) return not_allowed(1513, "Http Header에 authorization 필드가 설정되어 있어야 합니다");
    if (authorization.size() <= kBearer.size() || lower(authorization.substr(0, kBearer.size())) != kBearer)
      return not_allowed(1514, "입력으로 들어온 Http Header의 authorization 필드 형식이 맞지 않습니다");
    const auto account = account_with(authorization.substr(kBearer.size()), now);
    if (!account) return not_allowed(8005, "Token이 유효하지 않습니다");
    return *account;
  }
  std::optional<AccountId> account_with(std::string_view token, UnixNanos now) {
    const auto found = tokens_.find(token);
    if (found == tokens_.end()) return std::nullopt;
    if (now >= found->second.ends) {
      tokens_.erase(found);
      return std::nullopt;
    }
    return found->second.account;
  }

  // ---- prices as the venue writes them

  std::array<Price, 2> best_of(InstrumentIndex market) {
    exchange_->book(market, 1, view_);
    return {view_.asks.empty() ? Price{} : view_.asks[0].price, view_.bids.empty() ? Price{} : view_.bids[0].price};
  }

  std::string symbol(const VenueOrder& order) const {
    return exchange_->instruments()[order.terms.instrument].symbol();
  }
  std::string plain(InstrumentIndex market, Price value) const {
    return format_decimal_trimmed(Int128{value.value}, exchange_->instruments()[market].price_decimals);
  }
  std::string shares(InstrumentIndex market, std::int64_t quantity) const {
    return format_decimal_trimmed(Int128{quantity}, exchange_->instruments()[market].quantity_decimals);
  }
  /// The sign tells the direction since yesterday and is no part of the price.
  std::string price(InstrumentIndex market, Price value) const {
    const Price base = days_[market].base;
    return fmt::format("{}{}",
                       value.value == 0 ? ""
                       : value > base   ? "+"
                       : value < base   ? "-"
                                        : "",
                       plain(market, value));
  }
  std::string change(InstrumentIndex market) const {
    const Price by = days_[market].last - days_[market].base;
    return fmt::format("{}{}", by.value > 0 ? "+" : "", plain(market, by));
  }
  std::string change_rate(InstrumentIndex market) const {
    return percent(days_[market].last.value - days_[market].base.value, days_[market].base.value);
  }
  std::string strength(InstrumentIndex market) const {
    return percent(days_[market].bought, days_[market].sold, false);
  }
  static std::string millions(Int128 won) {
    return std::to_string(static_cast<std::int64_t>(divide(won, 1'000'000, Rounding::Down)));
  }

  std::optional<InstrumentIndex> find_market(std::string_view code) const {
    const auto found = codes_.find(base_code(code));
    return found == codes_.end() ? std::nullopt : std::optional{found->second};
  }
  std::optional<InstrumentIndex> market_of(Call& call) {
    const auto code = call.text("stk_cd");
    const auto market = find_market(code);
    if (!market && !code.empty())
      call.fail(
          bad_input(1902, fmt::format("종목 정보가 없습니다. 입력한 종목코드 값을 확인바랍니다. 종목코드={}", code)));
    return market;
  }

  // ---- stocks and quotes

  Outcome stock_info(Call& call) {
    const auto market = market_of(call);
    if (call.error()) return std::unexpected(*call.error());
    const InstrumentIndex m = *market;
    const StockDay& day = days_[m];
    Answer answer;
    auto& j = answer.json;
    j.text("stk_cd", exchange_->instruments()[m].symbol()).text("stk_nm", names_[m]).text("setl_mm", "12");
    j.text("fav", "100").text("cap", "0").text("flo_stk", "0").text("crd_rt", "+0.00");
    j.text("oyr_hgst", price(m, day.high)).text("oyr_lwst", price(m, day.low)).text("mac", "0").text("mac_wght", "");
    j.text("for_exh_rt", "0.00").text("repl_pric", "0").text("per", "").text("eps", "").text("roe", "").text("pbr", "");
    j.text("ev", "").text("bps", "").text("sale_amt", "").text("bus_pro", "").text("cup_nga", "");
    j.text("250hgst", price(m, day.high)).text("250lwst", price(m, day.low));
    j.text("high_pric", price(m, day.high)).text("open_pric", price(m, day.open)).text("low_pric", price(m, day.low));
    j.text("upl_pric", price(m, day.upper)).text("lst_pric", price(m, day.lower)).text("base_pric", plain(m, day.base));
    j.text("exp_cntr_pric", "").text("exp_cntr_qty", "").text("250hgst_pric_dt", day_text(call.now));
    j.text("250hgst_pric_pre_rt", "0.00")
        .text("250lwst_pric_dt", day_text(call.now))
        .text("250lwst_pric_pre_rt", "0.00");
    j.text("cur_prc", price(m, day.last)).text("pre_sig", day.sign()).text("pred_pre", change(m));
    j.text("flu_rt", change_rate(m)).text("trde_qty", shares(m, day.volume)).text("trde_pre", "0.00");
    j.text("fav_unit", "원").text("dstr_stk", "0").text("dstr_rt", "0.0");
    return answer;
  }

  Outcome recent_trades(Call& call) {
    const auto market = market_of(call);
    if (call.error()) return std::unexpected(*call.error());
    const InstrumentIndex m = *market;
    exchange_->book(m, 1, view_);
    std::int64_t volume = days_[m].volume;
    Int128 value = days_[m].value;
    std::vector<std::string> lines;
    const auto& trades = exchange_->trades(m);
    for (auto trade = trades.rbegin(); trade != trades.rend() && lines.size() < kPage; ++trade) {
      lines.push_back(JsonObject{}
                          .text("tm", clock_text(trade->time))
                          .text("cur_prc", price(m, trade->price))
                          .text("pred_pre", change(m))
                          .text("pre_rt", change_rate(m))
                          .text("pri_sel_bid_unit", view_.asks.empty() ? "0" : price(m, view_.asks[0].price))
                          .text("pri_buy_bid_unit", view_.bids.empty() ? "0" : price(m, view_.bids[0].price))
                          .text("cntr_trde_qty", fmt::format("{}{}", trade->sell_aggressor ? "-" : "+",
                                                             shares(m, trade->quantity.value)))
                          .text("sign", days_[m].sign())
                          .text("acc_trde_qty", shares(m, volume))
                          .text("acc_trde_prica", std::to_string(static_cast<std::int64_t>(value)))
                          .text("cntr_str", strength(m))
                          .text("stex_tp", "KRX")
                          .done());
      volume = std::max<std::int64_t>(0, volume - trade->quantity.value);
    }
    return page(call, "cntr_infr", lines, kDone);
  }

  Outcome book(Call& call) {
    const auto market = market_of(call);
    if (call.error()) return std::unexpected(*call.error());
    const InstrumentIndex m = *market;
    exchange_->book(m, 10, view_);
    Answer answer;
    auto& j = answer.json;
    const auto price_at = [&](const std::vector<Level>& side, std::size_t i) {
      return i < side.size() ? price(m, side[i].price) : "0";
    };
    const auto quantity_at = [&](const std::vector<Level>& side, std::size_t i) {
      return i < side.size() ? shares(m, side[i].quantity.value) : "0";
    };
    j.text("bid_req_base_tm", clock_text(call.now));
    for (std::size_t i = 10; i >= 1; --i) {
      j.text(fmt::format("sel_{}th_pre_req_pre", i), "0");
      j.text(i == 1 ? "sel_fpr_req" : fmt::format("sel_{}th_pre_req", i), quantity_at(view_.asks, i - 1));
      j.text(i == 1 ? "sel_fpr_bid" : fmt::format("sel_{}th_pre_bid", i), price_at(view_.asks, i - 1));
    }
    for (std::size_t i = 1; i <= 10; ++i) {
      j.text(i == 1 ? "buy_fpr_bid" : fmt::format("buy_{}th_pre_bid", i), price_at(view_.bids, i - 1));
      j.text(i == 1 ? "buy_fpr_req" : fmt::format("buy_{}th_pre_req", i), quantity_at(view_.bids, i - 1));
      j.text(fmt::format("buy_{}th_pre_req_pre", i), "0");
    }
    j.text("tot_sel_req_jub_pre", "0").text("tot_sel_req", shares(m, total(view_.asks)));
    j.text("tot_buy_req", shares(m, total(view_.bids))).text("tot_buy_req_jub_pre", "0");
    for (const auto name : {"ovt_sel_req_pre", "ovt_sel_req", "ovt_buy_req", "ovt_buy_req_pre"}) j.text(name, "0");
    return answer;
  }
  static std::int64_t total(const std::vector<Level>& side) {
    std::int64_t sum = 0;
    for (const auto& level : side) sum += level.quantity.value;
    return sum;
  }

  JsonObject listed_json(InstrumentIndex m) const {
    JsonObject j;
    j.text("code", exchange_->instruments()[m].symbol()).text("name", names_[m]).text("listCount", "0000000000000000");
    j.text("auditInfo", "정상").text("regDay", "20200102");
    j.text("lastPrice", wide(days_[m].base.value / power_of_ten(exchange_->instruments()[m].price_decimals), 8));
    j.text("state", "증거금100%").text("marketCode", "0").text("marketName", "거래소").text("upName", "");
    j.text("upSizeName", "").text("companyClassName", "").text("orderWarning", "0").text("nxtEnable", "Y");
    return j;
  }
  Outcome stock_list(Call& call) {
    const auto kind = call.text("mrkt_tp");
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    if (kind == "0")
      for (InstrumentIndex m = 0; m < days_.size(); ++m) lines.push_back(listed_json(m).done());
    return page(call, "list", lines, kDone);
  }
  Outcome one_stock(Call& call) {
    const auto market = market_of(call);
    if (call.error()) return std::unexpected(*call.error());
    return Answer{.json = listed_json(*market), .message = std::string{kDone}, .next = {}};
  }

  // ---- charts, the newest first

  std::int64_t scope_of(Call& call) {
    const auto scope = whole_number(call.text("tic_scope"));
    call.text("upd_stkpc_tp");
    if ((!scope || *scope <= 0) && !call.error())
      call.fail(bad_input(1517, "입력 값 형식이 올바르지 않습니다. 파라미터=tic_scope"));
    return scope && *scope > 0 ? *scope : 1;
  }

  Outcome tick_chart(Call& call) {
    const auto market = market_of(call);
    const auto scope = static_cast<std::size_t>(scope_of(call));
    if (call.error()) return std::unexpected(*call.error());
    const auto& trades = exchange_->trades(*market);
    std::vector<std::string> lines;
    for (std::size_t end = trades.size(); end > 0; end -= std::min(end, scope)) {
      const std::size_t begin = end - std::min(end, scope);
      Price high = trades[begin].price, low = high;
      std::int64_t volume = 0;
      for (std::size_t i = begin; i < end; ++i) {
        high = std::max(high, trades[i].price);
        low = std::min(low, trades[i].price);
        volume += trades[i].quantity.value;
      }
      lines.push_back(timed_bar(*market, trades[begin].price, high, low, trades[end - 1].price, volume,
                                trades[end - 1].time, std::nullopt));
    }
    JsonObject before;
    before.text("stk_cd", call.find("stk_cd")).text("last_tic_cnt", "");
    return page(call, "stk_tic_chart_qry", lines, kDone, std::move(before));
  }

  std::string timed_bar(InstrumentIndex m, Price open, Price high, Price low, Price close, std::int64_t volume,
                        UnixNanos time, std::optional<std::int64_t> so_far) const {
    JsonObject j;
    const Price by = close - days_[m].base;
    j.text("cur_prc", price(m, close)).text("trde_qty", shares(m, volume)).text("cntr_tm", stamp_text(time));
    j.text("open_pric", price(m, open)).text("high_pric", price(m, high)).text("low_pric", price(m, low));
    if (so_far) j.text("acc_trde_qty", shares(m, *so_far));
    j.text("pred_pre", fmt::format("{}{}", by.value > 0 ? "+" : "", plain(m, by)));
    j.text("pred_pre_sig", by.value > 0 ? "2" : by.value < 0 ? "5" : "3");
    return j.done();
  }

  struct Candle {
    Bar bar;
    Int128 value = 0;
    std::int64_t so_far = 0;  // volume of the day at its end
  };
  /// Minutes in lengths of `length`, counted from midnight in Seoul.
  std::vector<Candle> candles(InstrumentIndex m, DurationNanos length) const {
    std::vector<Candle> out;
    UnixNanos midnight = kNoTime;
    std::int64_t so_far = 0;
    for (const auto& minute : exchange_->minutes(m)) {
      if (minute.bar.volume.value == 0) continue;
      if (const auto day = midnight_before(minute.bar.time); day != midnight) midnight = day, so_far = 0;
      so_far += minute.bar.volume.value;
      const UnixNanos start = midnight + (minute.bar.time - midnight) / length * length;
      if (out.empty() || out.back().bar.time != start) {
        out.push_back({minute.bar, 0, 0});
        out.back().bar.time = start;
        out.back().bar.volume = {};
      }
      Candle& c = out.back();
      c.bar.high = std::max(c.bar.high, minute.bar.high);
      c.bar.low = std::min(c.bar.low, minute.bar.low);
      c.bar.close = minute.bar.close;
      c.bar.volume += minute.bar.volume;
      c.value += whole_won(minute.value);
      c.so_far = so_far;
    }
    std::ranges::reverse(out);
    return out;
  }

  Outcome minute_chart(Call& call) {
    const auto market = market_of(call);
    const auto scope = scope_of(call);
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    for (const Candle& c : candles(*market, scope * kMinute))
      lines.push_back(
          timed_bar(*market, c.bar.open, c.bar.high, c.bar.low, c.bar.close, c.bar.volume.value, c.bar.time, c.so_far));
    JsonObject before;
    before.text("stk_cd", call.find("stk_cd"));
    return page(call, "stk_min_pole_chart_qry", lines, kDone, std::move(before));
  }

  Outcome day_chart(Call& call) {
    const auto market = market_of(call);
    const auto until = call.text("base_dt");
    call.text("upd_stkpc_tp");
    if (call.error()) return std::unexpected(*call.error());
    const InstrumentIndex m = *market;
    const auto days = candles(m, kDay);
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < days.size(); ++i) {
      const Bar& bar = days[i].bar;
      if (day_text(bar.time) > until) continue;
      const Price by = bar.close - (i + 1 < days.size() ? days[i + 1].bar.close : bar.open);
      JsonObject j;
      j.text("cur_prc", plain(m, bar.close)).text("trde_qty", shares(m, bar.volume.value));
      j.text("trde_prica", millions(days[i].value)).text("dt", day_text(bar.time));
      j.text("open_pric", plain(m, bar.open)).text("high_pric", plain(m, bar.high)).text("low_pric", plain(m, bar.low));
      j.text("pred_pre", fmt::format("{}{}", by.value > 0 ? "+" : "", plain(m, by)));
      j.text("pred_pre_sig", by.value > 0 ? "2" : by.value < 0 ? "5" : "3").text("trde_tern_rt", "+0.00");
      lines.push_back(j.done());
    }
    JsonObject before;
    before.text("stk_cd", call.find("stk_cd"));
    return page(call, "stk_dt_pole_chart_qry", lines, kDone, std::move(before));
  }

  // ---- rankings

  template <class Key>
  std::vector<InstrumentIndex> ranked(Key key) const {
    std::vector<InstrumentIndex> all(days_.size());
    for (InstrumentIndex m = 0; m < all.size(); ++m) all[m] = m;
    std::ranges::stable_sort(all, [&](InstrumentIndex a, InstrumentIndex b) { return key(a) > key(b); });
    return all;
  }
  JsonObject ranked_json(InstrumentIndex m, JsonObject j = {}) const {
    j.text("stk_cd", exchange_->instruments()[m].symbol()).text("stk_nm", names_[m]);
    j.text("cur_prc", price(m, days_[m].last)).text("pred_pre_sig", days_[m].sign());
    j.text("pred_pre", change(m)).text("flu_rt", change_rate(m));
    return j;
  }
  std::int64_t rate(InstrumentIndex m) const {
    const StockDay& day = days_[m];
    return day.base.value == 0 ? 0 : (day.last.value - day.base.value) * 1'000'000 / day.base.value;
  }

  Outcome by_change(Call& call) {
    const auto sort = call.text("sort_tp");
    if (call.error()) return std::unexpected(*call.error());
    const std::int64_t way = sort == "3" || sort == "4" ? -1 : 1;
    std::vector<std::string> lines;
    for (const auto m : ranked([&](InstrumentIndex i) { return way * rate(i); })) {
      if (way * rate(m) < 0) break;
      exchange_->book(m, 1, view_);
      JsonObject j;
      j.text("stk_cls", "0");
      j = ranked_json(m, std::move(j));
      j.text("sel_req", view_.asks.empty() ? "0" : shares(m, view_.asks[0].quantity.value));
      j.text("buy_req", view_.bids.empty() ? "0" : shares(m, view_.bids[0].quantity.value));
      j.text("now_trde_qty", shares(m, days_[m].volume)).text("cntr_str", strength(m)).text("cnt", "1");
      lines.push_back(j.done());
    }
    return page(call, "pred_pre_flu_rt_upper", lines, kDone);
  }
  Outcome by_volume(Call& call) {
    call.text("sort_tp");
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].volume; })) {
      JsonObject j = ranked_json(m);
      j.text("trde_qty", shares(m, days_[m].volume)).text("pred_rt", "+0.00").text("trde_tern_rt", "+0.00");
      j.text("trde_amt", millions(days_[m].value));
      for (const auto part : {"opmr", "af_mkrt", "bf_mkrt"})
        j.text(fmt::format("{}_trde_qty", part), "0")
            .text(fmt::format("{}_pred_rt", part), "0.00")
            .text(fmt::format("{}_trde_rt", part), "+0.00")
            .text(fmt::format("{}_trde_amt", part), "0");
      lines.push_back(j.done());
    }
    return page(call, "tdy_trde_qty_upper", lines, kDone);
  }
  Outcome by_value(Call& call) {
    call.text("mrkt_tp");
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].value; })) {
      const auto rank = std::to_string(lines.size() + 1);
      JsonObject j;
      j.text("stk_cd", exchange_->instruments()[m].symbol()).text("now_rank", rank).text("pred_rank", rank);
      j.text("stk_nm", names_[m]).text("cur_prc", price(m, days_[m].last)).text("pred_pre_sig", days_[m].sign());
      j.text("pred_pre", change(m)).text("flu_rt", change_rate(m));
      j.text("sel_bid", price(m, best_[m][0])).text("buy_bid", price(m, best_[m][1]));
      j.text("now_trde_qty", shares(m, days_[m].volume)).text("pred_trde_qty", "0");
      j.text("trde_prica", millions(days_[m].value));
      lines.push_back(j.done());
    }
    return page(call, "trde_prica_upper", lines, kDone);
  }

  // ---- the account

  std::string_view word_of(const VenueOrder& order) const {
    const auto type = std::ranges::find(kTradeTypes, order.venue_type, &TradeType::number);
    return type == std::end(kTradeTypes) ? "" : type->word;
  }
  std::string limit_of(const VenueOrder& order) const {
    return order.terms.type == OrderType::Market ? "0" : plain(order.terms.instrument, order.terms.price);
  }
  static std::string_view place_number(std::string_view exchange) {
    return exchange == "KRX" ? "1" : exchange == "NXT" ? "2" : "0";
  }
  bool wanted(Call& call, const VenueOrder& order, std::string_view side, std::string_view code) const {
    if (order.status == OrderStatus::Rejected || !notes_.contains(order.client_id)) return false;
    if (side == "1" && order.terms.side != Side::Sell) return false;
    if (side == "2" && order.terms.side != Side::Buy) return false;
    return order.account == call.account && (code.empty() || base_code(code) == symbol(order));
  }

  Outcome open_orders(Call& call) {
    const auto all = call.text("all_stk_tp"), side = call.text("trde_tp"), code = call.find("stk_cd");
    call.text("stex_tp");
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    auto orders = exchange_->open_orders(call.account);
    std::ranges::reverse(orders);  // the newest first
    for (const VenueOrder* order : orders) {
      if (!wanted(call, *order, side, all == "1" ? code : "")) continue;
      const InstrumentIndex m = order->terms.instrument;
      const Note& note = notes_.at(order->client_id);
      JsonObject j;
      j.text("acnt_no", credentials_[order->account].account).text("ord_no", note.number).text("mang_empno", "");
      j.text("stk_cd", symbol(*order)).text("tsk_tp", "").text("ord_stt", order->filled.value > 0 ? "체결" : "접수");
      j.text("stk_nm", names_[m])
          .text("ord_qty", shares(m, order->terms.quantity.value))
          .text("ord_pric", limit_of(*order));
      j.text("oso_qty", shares(m, (order->terms.quantity - order->filled).value));
      j.text("cntr_tot_amt", std::to_string(whole_won(order->value)));
      j.text("orig_ord_no", note.original).text("io_tp_nm", note.kind).text("trde_tp", word_of(*order));
      j.text("tm", clock_text(order->created)).text("cntr_no", "").text("cntr_pric", average(*order));
      j.text("cntr_qty", shares(m, order->filled.value)).text("cur_prc", price(m, days_[m].last));
      j.text("sel_bid", price(m, best_[m][0])).text("buy_bid", price(m, best_[m][1]));
      j.text("unit_cntr_pric", "").text("unit_cntr_qty", "");
      j.text("tdy_trde_cmsn", std::to_string(whole_won(order->fee))).text("tdy_trde_tax", "0").text("ind_invsr", "");
      j.text("stex_tp", place_number(note.exchange)).text("stex_tp_txt", note.exchange);
      j.text("sor_yn", note.exchange == "SOR" ? "Y" : "N");
      lines.push_back(j.done());
    }
    return page(call, "oso", lines, " 조회가 완료되었습니다.");
  }

  std::string average(const VenueOrder& order) const {
    if (order.filled.value == 0) return "0";
    const auto& instrument = exchange_->instruments()[order.terms.instrument];
    const Int128 one = value_of(instrument, {1}, order.filled).value;
    return plain(order.terms.instrument,
                 {static_cast<std::int64_t>(divide(order.value.value, one, Rounding::HalfEven))});
  }

  Outcome filled_orders(Call& call) {
    const auto kind = call.text("qry_tp"), side = call.text("sell_tp"), code = call.find("stk_cd");
    const auto before = whole_number(call.find("ord_no"));
    call.text("stex_tp");
    if (call.error()) return std::unexpected(*call.error());
    std::vector<std::string> lines;
    auto orders = exchange_->orders(call.account);
    std::ranges::reverse(orders);
    for (const VenueOrder* order : orders) {
      if (order->filled.value == 0 || !wanted(call, *order, side, kind == "1" ? code : "")) continue;
      const InstrumentIndex m = order->terms.instrument;
      const Note& note = notes_.at(order->client_id);
      if (before && *before > 0 && whole_number(note.number).value_or(0) >= *before) continue;
      JsonObject j;
      j.text("ord_no", note.number)
          .text("stk_nm", names_[m])
          .text("io_tp_nm", note.kind)
          .text("ord_pric", limit_of(*order));
      j.text("ord_qty", shares(m, order->terms.quantity.value)).text("cntr_pric", average(*order));
      j.text("cntr_qty", shares(m, order->filled.value));
      j.text("oso_qty", order->open() ? shares(m, (order->terms.quantity - order->filled).value) : "0");
      j.text("tdy_trde_cmsn", std::to_string(whole_won(order->fee))).text("tdy_trde_tax", "0").text("ord_stt", "체결");
      j.text("trde_tp", word_of(*order)).text("orig_ord_no", note.original).text("ord_tm", clock_text(order->created));
      j.text("stk_cd", symbol(*order)).text("stex_tp", place_number(note.exchange)).text("stex_tp_txt", note.exchange);
      j.text("sor_yn", note.exchange == "SOR" ? "Y" : "N");
      lines.push_back(j.done());
    }
    return page(call, "cntr", lines, " 조회가 완료되었습니다.");
  }

  struct Cash {
    std::int64_t free = 0, all = 0;
  };
  Cash cash_of(AccountId account) const {
    for (const auto& balance : exchange_->balances(account))
      if (balance.asset == "KRW") return {whole_won(balance.free), whole_won(balance.free + balance.locked)};
    return {};
  }
  struct Held {
    InstrumentIndex market;
    Holding holding;
    std::int64_t free, worth;
  };
  std::vector<Held> held_by(AccountId account) const {
    std::vector<Held> out;
    for (const auto& balance : exchange_->balances(account)) {
      const auto market = find_market(balance.asset);
      if (!market || (balance.free + balance.locked).value == 0) continue;
      const auto found = holdings_.find({account, *market});
      Held held{*market, found == holdings_.end() ? Holding{} : found->second, whole_won(balance.free), 0};
      held.holding.quantity = whole_won(balance.free + balance.locked);
      held.worth = days_[*market].last.value * held.holding.quantity /
                   power_of_ten(exchange_->instruments()[*market].price_decimals);
      out.push_back(held);
    }
    return out;
  }
  static std::int64_t entry_price(const Holding& holding) {
    return holding.quantity == 0
               ? 0
               : static_cast<std::int64_t>(divide(holding.cost, holding.quantity, Rounding::HalfEven));
  }
  std::int64_t won_price(InstrumentIndex m, Price value) const {
    return value.value / power_of_ten(exchange_->instruments()[m].price_decimals);
  }

  Outcome deposit(Call& call) {
    call.text("qry_tp");
    if (call.error()) return std::unexpected(*call.error());
    const Cash cash = cash_of(call.account);
    Answer answer{.json = {}, .message = std::string{kAsked}, .next = {}};
    static constexpr std::string_view kFields[] = {"entr",
                                                   "profa_ch",
                                                   "bncr_profa_ch",
                                                   "nxdy_bncr_sell_exct",
                                                   "fc_stk_krw_repl_set_amt",
                                                   "crd_grnta_ch",
                                                   "crd_grnt_ch",
                                                   "add_grnt_ch",
                                                   "etc_profa",
                                                   "uncl_stk_amt",
                                                   "shrts_prica",
                                                   "crd_set_grnta",
                                                   "chck_ina_amt",
                                                   "etc_chck_ina_amt",
                                                   "crd_grnt_ruse",
                                                   "knx_asset_evltv",
                                                   "elwdpst_evlta",
                                                   "crd_ls_rght_frcs_amt",
                                                   "lvlh_join_amt",
                                                   "lvlh_trns_alowa",
                                                   "repl_amt",
                                                   "remn_repl_evlta",
                                                   "trst_remn_repl_evlta",
                                                   "bncr_remn_repl_evlta",
                                                   "profa_repl",
                                                   "crd_grnta_repl",
                                                   "crd_grnt_repl",
                                                   "add_grnt_repl",
                                                   "rght_repl_amt",
                                                   "pymn_alow_amt",
                                                   "wrap_pymn_alow_amt",
                                                   "ord_alow_amt",
                                                   "bncr_buy_alowa",
                                                   "20stk_ord_alow_amt",
                                                   "30stk_ord_alow_amt",
                                                   "40stk_ord_alow_amt",
                                                   "100stk_ord_alow_amt",
                                                   "ch_uncla",
                                                   "ch_uncla_dlfe",
                                                   "ch_uncla_tot",
                                                   "crd_int_npay",
                                                   "int_npay_amt_dlfe",
                                                   "int_npay_amt_tot",
                                                   "etc_loana",
                                                   "etc_loana_dlfe",
                                                   "etc_loan_tot",
                                                   "nrpy_loan",
                                                   "loan_sum",
                                                   "ls_sum",
                                                   "crd_grnt_rt",
                                                   "mdstrm_usfe",
                                                   "min_ord_alow_yn",
                                                   "loan_remn_evlt_amt",
                                                   "dpst_grntl_remn",
                                                   "sell_grntl_remn",
                                                   "d1_entra",
                                                   "d1_slby_exct_amt",
                                                   "d1_buy_exct_amt",
                                                   "d1_out_rep_mor",
                                                   "d1_sel_exct_amt",
                                                   "d1_pymn_alow_amt",
                                                   "d2_entra",
                                                   "d2_slby_exct_amt",
                                                   "d2_buy_exct_amt",
                                                   "d2_out_rep_mor",
                                                   "d2_sel_exct_amt",
                                                   "d2_pymn_alow_amt",
                                                   "50stk_ord_alow_amt",
                                                   "60stk_ord_alow_amt"};
    for (const auto name : kFields) {
      const bool all = name == "entr" || name == "d1_entra" || name == "d2_entra";
      const bool free = name.ends_with("ord_alow_amt") || name.ends_with("pymn_alow_amt");
      answer.json.text(name, name == "crd_grnt_rt" ? "0.00" : wide(all ? cash.all : free ? cash.free : 0, 15));
    }
    answer.json.raw("stk_entr_prst", "[]");
    return answer;
  }

  Outcome account_summary(Call& call) {
    call.text("qry_tp");
    call.text("dmst_stex_tp");
    if (call.error()) return std::unexpected(*call.error());
    const Cash cash = cash_of(call.account);
    std::int64_t worth = 0, cost = 0;
    std::vector<std::string> lines;
    for (const Held& held : held_by(call.account)) {
      const InstrumentIndex m = held.market;
      const auto paid = static_cast<std::int64_t>(held.holding.cost);
      worth += held.worth;
      cost += paid;
      JsonObject j;
      j.text("stk_cd", "A" + exchange_->instruments()[m].symbol()).text("stk_nm", names_[m]);
      j.text("rmnd_qty", wide(held.holding.quantity, 12)).text("avg_prc", wide(entry_price(held.holding), 12));
      j.text("cur_prc", wide(won_price(m, days_[m].last), 12)).text("evlt_amt", wide(held.worth, 12));
      j.text("pl_amt", wide(held.worth - paid, 12)).text("pl_rt", percent(held.worth - paid, paid, false) + "00");
      j.text("loan_dt", "").text("pur_amt", wide(paid, 12)).text("setl_remn", wide(held.holding.quantity, 12));
      j.text("pred_buyq", wide(0, 12)).text("pred_sellq", wide(0, 12));
      j.text("tdy_buyq", wide(held.holding.bought_today, 12)).text("tdy_sellq", wide(held.holding.sold_today, 12));
      lines.push_back(j.done());
    }
    JsonObject j;
    j.text("acnt_nm", "모의계좌")
        .text("brch_nm", "")
        .text("entr", wide(cash.all, 12))
        .text("d2_entra", wide(cash.all, 12));
    j.text("tot_est_amt", wide(worth, 12)).text("aset_evlt_amt", wide(cash.all + worth, 12));
    j.text("tot_pur_amt", wide(cost, 12)).text("prsm_dpst_aset_amt", wide(cash.all + worth, 12));
    for (const auto name :
         {"tot_grnt_sella", "tdy_lspft_amt", "invt_bsamt", "lspft_amt", "tdy_lspft", "lspft2", "lspft"})
      j.text(name, wide(0, 12));
    for (const auto name : {"tdy_lspft_rt", "lspft_ratio", "lspft_rt"}) j.text(name, "0.00");
    return page(call, "stk_acnt_evlt_prst", lines, kAsked, std::move(j));
  }

  Outcome holdings(Call& call) {
    call.text("qry_tp");
    call.text("dmst_stex_tp");
    if (call.error()) return std::unexpected(*call.error());
    const Cash cash = cash_of(call.account);
    std::int64_t worth = 0, cost = 0;
    const auto all = held_by(call.account);
    for (const Held& held : all) worth += held.worth, cost += static_cast<std::int64_t>(held.holding.cost);
    std::vector<std::string> lines;
    for (const Held& held : all) {
      const InstrumentIndex m = held.market;
      const auto paid = static_cast<std::int64_t>(held.holding.cost);
      JsonObject j;
      j.text("stk_cd", "A" + exchange_->instruments()[m].symbol()).text("stk_nm", names_[m]);
      j.text("evltv_prft", wide(held.worth - paid, 15)).text("prft_rt", percent(held.worth - paid, paid, false));
      j.text("pur_pric", wide(entry_price(held.holding), 15));
      j.text("pred_close_pric", wide(won_price(m, days_[m].base), 12));
      j.text("rmnd_qty", wide(held.holding.quantity, 15)).text("trde_able_qty", wide(held.free, 15));
      j.text("cur_prc", wide(won_price(m, days_[m].last), 12)).text("pred_buyq", wide(0, 15));
      j.text("pred_sellq", wide(0, 15)).text("tdy_buyq", wide(held.holding.bought_today, 15));
      j.text("tdy_sellq", wide(held.holding.sold_today, 15)).text("pur_amt", wide(paid, 15));
      j.text("pur_cmsn", wide(0, 15)).text("evlt_amt", wide(held.worth, 15)).text("sell_cmsn", wide(0, 15));
      j.text("tax", wide(0, 15)).text("sum_cmsn", wide(0, 15)).text("poss_rt", percent(held.worth, worth, false));
      j.text("crd_tp", "00").text("crd_tp_nm", "").text("crd_loan_dt", "");
      lines.push_back(j.done());
    }
    JsonObject j;
    j.text("tot_pur_amt", wide(cost, 15))
        .text("tot_evlt_amt", wide(worth, 15))
        .text("tot_evlt_pl", wide(worth - cost, 15));
    j.text("tot_prft_rt", percent(worth - cost, cost, false)).text("prsm_dpst_aset_amt", wide(cash.all + worth, 15));
    j.text("tot_loan_amt", wide(0, 15)).text("tot_crd_loan_amt", wide(0, 15)).text("tot_crd_ls_amt", wide(0, 15));
    return page(call, "acnt_evlt_remn_indv_tot", lines, kAsked, std::move(j));
  }

  // ---- orders

  std::string next_number() { return fmt::format("{:07}", next_order_++); }
  std::string_view exchange_named(Call& call) {
    const auto name = call.text("dmst_stex_tp");
    const auto found = std::ranges::find(kExchanges, name);
    if (found != std::end(kExchanges)) return *found;
    call.fail(
        bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터=dmst_stex_tp 실패사유={}", name)));
    return "";
  }
  std::optional<std::int64_t> amount(Call& call, std::string_view name, std::string_view text) {
    const auto number = whole_number(text);
    if (number && *number >= 0) return number;
    call.fail(bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터={} 실패사유={}", name, text)));
    return std::nullopt;
  }
  /// The document has no codes for what an order breaks. These words are ours.
  static std::unexpected<Refusal> order_refused(std::string_view why) {
    return refuse(20, fmt::format("[2000]({})", why));
  }
  static std::string_view words_of(RejectReason reason, Side side) {
    switch (reason) {
      case RejectReason::InsufficientBalance:
        return side == Side::Buy ? "매수증거금이 부족합니다" : "매도가능수량이 부족합니다";
      case RejectReason::OffTick:
        return "호가단위에 맞지 않는 가격입니다";
      case RejectReason::NotPositive:
        return "주문수량과 주문단가를 확인하십시오";
      default:
        return "주문을 접수할 수 없습니다";
    }
  }
  void remember(const Note& note) {
    notes_[note.number] = note;
    if (notes_.size() > kNotesKept) notes_.erase(notes_.begin());  // numbers count upwards: the oldest
  }
  bool within_limits(InstrumentIndex m, Price at) const { return at >= days_[m].lower && at <= days_[m].upper; }

  Outcome buy(Call& call) { return place(call, Side::Buy); }
  Outcome sell(Call& call) { return place(call, Side::Sell); }
  Outcome place(Call& call, Side side) {
    const auto exchange = exchange_named(call);
    const auto market = market_of(call);
    const auto quantity = amount(call, "ord_qty", call.text("ord_qty"));
    const auto kind = call.text("trde_tp"), at = call.find("ord_uv");
    call.find("cond_uv");
    if (call.error()) return std::unexpected(*call.error());
    const auto type = std::ranges::find(kTradeTypes, kind, &TradeType::number);
    if (type == std::end(kTradeTypes)) return order_refused(fmt::format("지원하지 않는 매매구분입니다: {}", kind));
    const auto& instrument = exchange_->instruments()[*market];
    NewOrder order{.instrument = *market, .side = side, .type = type->type, .time_in_force = type->time_in_force};
    order.quantity = {*quantity * power_of_ten(instrument.quantity_decimals)};
    if (type->type == OrderType::Limit && type->best_of == 0) {
      const auto won = amount(call, "ord_uv", at);
      if (call.error()) return std::unexpected(*call.error());
      order.price = {*won * power_of_ten(instrument.price_decimals)};
    } else if (type->best_of != 0) {
      const bool asks = (side == Side::Buy) == (type->best_of > 0);
      order.price = best_[*market][asks ? 0 : 1];
    }
    if (order.type == OrderType::Limit && order.price.value > 0 && !within_limits(*market, order.price))
      return order_refused("주문단가가 상한가와 하한가를 벗어났습니다");
    const Note note{next_number(), "0000000", exchange, side == Side::Buy ? "+매수" : "-매도"};
    remember(note);
    const VenueOrder& placed = exchange_->place(call.account, order, note.number, std::string{type->number});
    if (placed.status == OrderStatus::Rejected) return order_refused(words_of(placed.reason, side));
    Answer answer;
    answer.message = side == Side::Buy ? "매수주문이 완료되었습니다." : "매도주문이 완료되었습니다.";
    answer.json.text("ord_no", note.number).text("dmst_stex_tp", exchange);
    return answer;
  }

  /// The open order that a cancel or an amendment names, or null.
  const VenueOrder* original(Call& call) {
    auto number = call.text("orig_ord_no");
    const auto market = market_of(call);
    if (call.error()) return nullptr;
    if (const auto digits = whole_number(number)) number = fmt::format("{:07}", *digits);
    const VenueOrder* order = exchange_->order_named(call.account, number);
    return order != nullptr && order->open() && order->terms.instrument == *market ? order : nullptr;
  }
  static std::string_view changed_kind(Side side, bool cancel) {
    if (cancel) return side == Side::Buy ? "매수취소" : "매도취소";
    return side == Side::Buy ? "+매수정정" : "-매도정정";
  }

  Outcome cancel(Call& call) {
    const auto exchange = exchange_named(call);
    const auto quantity = amount(call, "cncl_qty", call.text("cncl_qty"));
    const VenueOrder* order = original(call);
    if (call.error()) return std::unexpected(*call.error());
    if (order == nullptr) return order_refused("정정/취소할 수량이 없습니다. 원주문을 확인하십시오");
    const auto& instrument = exchange_->instruments()[order->terms.instrument];
    const Quantity rest = order->terms.quantity - order->filled;
    if (*quantity != 0 && *quantity * power_of_ten(instrument.quantity_decimals) != rest.value)
      return order_refused("일부취소는 지원하지 않습니다. 잔량 전부를 취소하십시오");
    const VenueOrder before = *order;
    const Note note{next_number(), before.client_id, exchange, changed_kind(before.terms.side, true)};
    changing_ = true;
    exchange_->cancel(before.terms.id);
    changing_ = false;
    tell_account(before.account, "00", "주문체결", symbol(before), change_values(before, note, "접수", rest));
    tell_account(before.account, "00", "주문체결", symbol(before), change_values(before, note, "확인", rest));
    Answer answer;
    answer.message =
        before.terms.side == Side::Buy ? "매수취소 주문입력이 완료되었습니다" : "매도취소 주문입력이 완료되었습니다";
    answer.json.text("ord_no", note.number).text("base_orig_ord_no", before.client_id);
    answer.json.text("cncl_qty", wide(rest.value / power_of_ten(instrument.quantity_decimals), 12));
    return answer;
  }

  Outcome amend(Call& call) {
    const auto exchange = exchange_named(call);
    const auto quantity = amount(call, "mdfy_qty", call.text("mdfy_qty"));
    const auto won = amount(call, "mdfy_uv", call.text("mdfy_uv"));
    call.find("mdfy_cond_uv");
    const VenueOrder* order = original(call);
    if (call.error()) return std::unexpected(*call.error());
    if (order == nullptr) return order_refused("정정/취소할 수량이 없습니다. 원주문을 확인하십시오");
    const VenueOrder before = *order;
    const auto& instrument = exchange_->instruments()[before.terms.instrument];
    const Quantity rest = before.terms.quantity - before.filled;
    if (*quantity != 0 && *quantity * power_of_ten(instrument.quantity_decimals) != rest.value)
      return order_refused("일부정정은 지원하지 않습니다. 잔량 전부를 정정하십시오");
    NewOrder changed = before.terms;
    changed.quantity = rest;
    changed.price = {*won * power_of_ten(instrument.price_decimals)};
    if (!instrument.on_ladder(changed.price)) return order_refused(words_of(RejectReason::OffTick, changed.side));
    if (!within_limits(changed.instrument, changed.price))
      return order_refused("주문단가가 상한가와 하한가를 벗어났습니다");
    const Note note{next_number(), before.client_id, exchange, changed_kind(before.terms.side, false)};
    remember(note);
    changing_ = true;
    exchange_->cancel(before.terms.id);
    changing_ = false;
    tell_account(before.account, "00", "주문체결", symbol(before),
                 change_values(before, note, "확인", rest, plain(changed.instrument, changed.price)));
    const VenueOrder& placed = exchange_->place(call.account, changed, note.number, before.venue_type);
    if (placed.status == OrderStatus::Rejected) return order_refused(words_of(placed.reason, changed.side));
    Answer answer;
    answer.message =
        changed.side == Side::Buy ? "매수정정 주문입력이 완료되었습니다" : "매도정정 주문입력이 완료되었습니다";
    answer.json.text("ord_no", note.number).text("base_orig_ord_no", before.client_id);
    answer.json.text("mdfy_qty", wide(rest.value / power_of_ten(instrument.quantity_decimals), 12));
    answer.json.text("dmst_stex_tp", exchange);
    return answer;
  }

  void hold(const VenueOrder& order, const VenueFill& fill) {
    Holding& holding = holdings_[{order.account, fill.instrument}];
    const auto& instrument = exchange_->instruments()[fill.instrument];
    const std::int64_t quantity = fill.quantity.value / power_of_ten(instrument.quantity_decimals);
    const Int128 value = whole_won(value_of(instrument, fill.price, fill.quantity));
    if (fill.side == Side::Buy) {
      holding.cost += value;
      holding.quantity += quantity;
      holding.bought_today += quantity;
    } else {
      if (holding.quantity > 0) holding.cost -= divide(holding.cost * quantity, holding.quantity, Rounding::HalfEven);
      holding.quantity -= quantity;
      holding.sold_today += quantity;
    }
  }

  // ---- messages

  std::string trade_values(InstrumentIndex m, UnixNanos time) const {
    const StockDay& day = days_[m];
    const std::int64_t one = whole_won(value_of(exchange_->instruments()[m], day.last,
                                                {day.last_quantity < 0 ? -day.last_quantity : day.last_quantity}));
    const bool sold = day.last_quantity < 0;
    JsonObject j;
    j.text("20", clock_text(time)).text("10", price(m, day.last)).text("11", change(m)).text("12", change_rate(m));
    j.text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1]));
    j.text("15", fmt::format("{}{}", sold ? "" : "+", shares(m, day.last_quantity)));
    j.text("13", shares(m, day.volume)).text("14", millions(day.value)).text("16", price(m, day.open));
    j.text("17", price(m, day.high))
        .text("18", price(m, day.low))
        .text("25", day.sign())
        .text("26", "0")
        .text("29", "0");
    j.text("30", "0.00").text("31", "0.00").text("32", "0").text("228", strength(m)).text("311", "0").text("290", "2");
    j.text("691", "0")
        .text("567", "000000")
        .text("568", "000000")
        .text("851", "0")
        .text("1890", clock_text(day.open_time));
    j.text("1891", clock_text(day.high_time)).text("1892", clock_text(day.low_time)).text("1030", shares(m, day.sold));
    j.text("1031", shares(m, day.bought)).text("1032", percent(day.bought, day.volume, false));
    j.text("1071", std::to_string(day.sales)).text("1072", std::to_string(day.purchases));
    j.text("1313", signed_text((sold ? -one : one) / 1'000)).text("1315", sold ? shares(m, day.last_quantity) : " 0");
    j.text("1316", sold ? " 0" : "+" + shares(m, day.last_quantity))
        .text("1314", fmt::format("{}{}", sold ? "" : "+", shares(m, day.last_quantity)));
    j.text("1497", "0").text("1498", "0").text("620", "0").text("732", "0").text("852", "0").text("9081", "KRX");
    return j.done();
  }

  std::string book_values(InstrumentIndex m, UnixNanos time) {
    exchange_->book(m, 10, view_);
    JsonObject j;
    j.text("21", clock_text(time));
    const auto level = [&](const std::vector<Level>& side, std::size_t i, int at, int quantity, int change) {
      const bool there = i < side.size();
      j.text(std::to_string(at), there ? price(m, side[i].price) : "0");
      j.text(std::to_string(quantity), there ? shares(m, side[i].quantity.value) : "0");
      j.text(std::to_string(change), "0");
    };
    for (int i = 0; i < 10; ++i) {
      level(view_.asks, static_cast<std::size_t>(i), 41 + i, 61 + i, 81 + i);
      level(view_.bids, static_cast<std::size_t>(i), 51 + i, 71 + i, 91 + i);
    }
    const std::int64_t asks = total(view_.asks), bids = total(view_.bids);
    j.text("121", shares(m, asks)).text("122", "0").text("125", shares(m, bids)).text("126", "0");
    j.text("23", "0").text("24", "0").text("128", signed_text(bids - asks)).text("129", percent(bids, asks, false));
    j.text("138", signed_text(asks - bids))
        .text("139", percent(asks, bids, false))
        .text("200", "0")
        .text("201", "0.00");
    j.text("238", "3").text("291", "0").text("292", "0").text("293", "3").text("294", "0").text("295", "0.00");
    for (int i = 0; i < 10; ++i) j.text(std::to_string(621 + i), "0").text(std::to_string(631 + i), "0");
    j.text("13", shares(m, days_[m].volume)).text("299", "0.00").text("215", "").text("216", "");
    for (int fid = 6'044; fid <= 6'087; ++fid) j.text(std::to_string(fid), "0");
    for (int fid = 6'100; fid <= 6'115; ++fid) j.text(std::to_string(fid), "0");
    return j.done();
  }

  /// The real-time type 00, in the order of the recorded frames.
  struct OrderWords {
    std::string number, original, price, filled_value, trade, last_price, last_quantity, fee;
    std::string_view state, kind, type, exchange;
    std::int64_t quantity = 0, leaves = 0;
    UnixNanos time = 0;
  };
  std::string order_json(const VenueOrder& order, const OrderWords& w) const {
    const InstrumentIndex m = order.terms.instrument;
    JsonObject j;
    j.text("9201", credentials_[order.account].account).text("9203", w.number).text("9205", "");
    j.text("9001", symbol(order)).text("912", "JJ").text("913", w.state).text("302", names_[m]);
    j.text("900", shares(m, w.quantity))
        .text("901", w.price)
        .text("902", shares(m, w.leaves))
        .text("903", w.filled_value);
    j.text("904", w.original)
        .text("905", w.kind)
        .text("906", w.type)
        .text("907", order.terms.side == Side::Buy ? "2" : "1");
    j.text("908", clock_text(w.time)).text("909", w.trade).text("910", w.last_price).text("911", w.last_quantity);
    j.text("10", price(m, days_[m].last)).text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1]));
    j.text("914", w.last_price).text("915", w.last_quantity).text("938", w.fee).text("939", "0").text("919", "0");
    j.text("920", "").text("921", "0").text("922", "00").text("923", "").text("10010", "");
    j.text("2134", place_number(w.exchange)).text("2135", w.exchange == "NXT" ? "NXT" : "KRX");
    j.text("2136", w.exchange == "SOR" ? "Y" : "N");
    return j.done();
  }
  std::string order_values(const VenueOrder& order, const Note& note, std::string_view state,
                           const VenueFill* fill) const {
    const InstrumentIndex m = order.terms.instrument;
    return order_json(order, {.number = note.number,
                              .original = note.original,
                              .price = limit_of(order),
                              .filled_value = std::to_string(whole_won(order.value)),
                              .trade = fill ? std::to_string(fill->id % 10'000'000) : "",
                              .last_price = fill ? plain(m, fill->price) : "",
                              .last_quantity = fill ? shares(m, fill->quantity.value) : "",
                              .fee = std::to_string(whole_won(order.fee)),
                              .state = state,
                              .kind = note.kind,
                              .type = word_of(order),
                              .exchange = note.exchange,
                              .quantity = order.terms.quantity.value,
                              .leaves = state == "취소" ? 0 : (order.terms.quantity - order.filled).value,
                              .time = exchange_->now()});
  }
  std::string change_values(const VenueOrder& order, const Note& note, std::string_view state, Quantity quantity,
                            const std::string& at = "0") const {
    return order_json(order, {.number = note.number,
                              .original = note.original,
                              .price = at,
                              .filled_value = "0",
                              .trade = "",
                              .last_price = "",
                              .last_quantity = "",
                              .fee = "0",
                              .state = state,
                              .kind = note.kind,
                              .type = word_of(order),
                              .exchange = note.exchange,
                              .quantity = quantity.value,
                              .leaves = state == "접수" || at != "0" ? quantity.value : 0,
                              .time = exchange_->now()});
  }

  std::string holding_values(const VenueOrder& order) const {
    const InstrumentIndex m = order.terms.instrument;
    const Holding& holding = holdings_.at({order.account, m});
    std::int64_t free = holding.quantity;
    for (const auto& balance : exchange_->balances(order.account))
      if (balance.asset == exchange_->instruments()[m].base) free = whole_won(balance.free);
    JsonObject j;
    j.text("9201", credentials_[order.account].account)
        .text("9001", symbol(order))
        .text("917", "00")
        .text("916", "00000000");
    j.text("302", names_[m]).text("10", price(m, days_[m].last)).text("930", std::to_string(holding.quantity));
    j.text("931", std::to_string(entry_price(holding)))
        .text("932", std::to_string(static_cast<std::int64_t>(holding.cost)));
    j.text("933", std::to_string(free)).text("945", std::to_string(holding.bought_today - holding.sold_today));
    j.text("946", order.terms.side == Side::Buy ? "2" : "1").text("950", "0").text("951", "0");
    j.text("27", price(m, best_[m][0])).text("28", price(m, best_[m][1])).text("307", plain(m, days_[m].base));
    j.text("8019", "0.00")
        .text("957", "0")
        .text("958", "0")
        .text("918", "00000000")
        .text("990", "0")
        .text("991", "0.00");
    j.text("992", "0").text("993", "0.00").text("959", "0").text("924", "0");
    return j.done();
  }

  static std::string real(std::string_view type, std::string_view name, std::string_view item,
                          const std::string& values) {
    return fmt::format(
        R"({{"data":[{}],"trnm":"REAL"}})",
        JsonObject{}.raw("values", values).text("type", type).text("name", name).text("item", item).done());
  }
  /// To those who registered the stock for the type, under the name by which they did.
  template <class Values>
  void tell(InstrumentIndex market, std::string_view type, std::string_view name, Values values) {
    const auto found = listeners_.find({market, std::string{type}});
    if (found == listeners_.end()) return;
    const std::string text = values(type);
    for (const auto& [socket, item] : found->second) exchange_->send(socket, real(type, name, item, text));
  }
  void tell_account(AccountId account, std::string_view type, std::string_view name, std::string_view item,
                    const std::string& values) {
    for (const auto& [id, socket] : sockets_)
      if (socket.account == account && is_registered(socket, type)) exchange_->send(id, real(type, name, item, values));
  }
  static bool is_registered(const Socket& socket, std::string_view type) {
    return std::ranges::any_of(socket.groups, [&](const auto& group) {
      return std::ranges::any_of(group.second, [&](const auto& entry) { return entry.first == type; });
    });
  }

  // ---- sessions and registrations

  void answer(SocketId id, std::string_view trnm, std::int64_t code, std::string_view message) {
    exchange_->send(id, JsonObject{}.text("trnm", trnm).number("return_code", code).text("return_msg", message).done());
  }

  void log_in(SocketId id, Socket& socket, simdjson::dom::object json) {
    std::string_view token;
    const auto account =
        json.at_key("token").get_string().get(token) ? std::nullopt : account_with(token, exchange_->now());
    if (!account) {
      socket.ends = exchange_->now() + kGoodbye;  // the answer goes out first
      return answer(id, "LOGIN", 8005, "Token이 유효하지 않습니다");
    }
    socket.account = account;
    exchange_->send(id, R"({"trnm":"LOGIN","return_code":0,"return_msg":"","sor_yn":"Y"})");
  }

  static bool is_of_account(std::string_view type) { return type == "00" || type == "04"; }
  void registration(SocketId id, Socket& socket, const std::string& trnm, simdjson::dom::object json) {
    std::string_view group, refresh;
    simdjson::dom::array data;
    if (json.at_key("grp_no").get_string().get(group) || json.at_key("data").get_array().get(data))
      return answer(id, trnm, 1, "전문 형식이 올바르지 않습니다");
    if (json.at_key("refresh").get_string().get(refresh)) refresh = "1";
    auto groups = socket.groups;  // taken as a whole or not at all
    auto& entries = groups[std::string{group}];
    if (trnm == "REG" && refresh == "0") entries.clear();
    for (const auto row : data) {
      simdjson::dom::array items, types;
      if (row.at_key("item").get_array().get(items) || row.at_key("type").get_array().get(types))
        return answer(id, trnm, 1, "전문 형식이 올바르지 않습니다");
      for (const auto item : items)
        for (const auto type : types) {
          std::string_view code, kind;
          if (item.get_string().get(code) || type.get_string().get(kind))
            return answer(id, trnm, 1, "전문 형식이 올바르지 않습니다");
          if (trnm == "REMOVE") {
            entries.erase({std::string{kind}, std::string{code}});
            continue;
          }
          static constexpr std::string_view kTypes[] = {"00", "04", "0B", "0C", "0D", "0H", "0J", "0s", "1h"};
          if (std::ranges::find(kTypes, kind) == std::end(kTypes))
            return answer(id, trnm, 1, fmt::format("지원하지 않는 실시간 항목입니다: {}", kind));
          const bool stock = !code.empty() && kind != "0J" && !is_of_account(kind);
          if (stock && !find_market(code))
            return answer(id, trnm, 1, fmt::format("종목 정보가 없습니다. 종목코드={}", code));
          entries.emplace(kind, code);
        }
    }
    std::set<std::string_view> stocks;
    for (const auto& [name, kept] : groups)
      for (const auto& [kind, code] : kept)
        if (!code.empty() && kind != "0J" && !is_of_account(kind)) stocks.insert(code);
    if (stocks.size() > kRegistrations)
      return answer(id, trnm, 1, fmt::format("실시간 등록 가능 종목수({})를 초과하였습니다", kRegistrations));
    const bool session = !is_registered(socket, "0s");
    socket.groups = std::move(groups);
    index_listeners();
    answer(id, trnm, 0, "");
    if (session && is_registered(socket, "0s"))
      exchange_->send(
          id,
          real("0s", "장시작시간", "",
               JsonObject{}.text("215", "3").text("20", clock_text(exchange_->now())).text("214", "000000").done()));
  }

  void index_listeners() {
    listeners_.clear();
    for (const auto& [id, socket] : sockets_) {
      std::set<std::pair<std::string, std::string>> all;  // one message, in however many groups it is
      for (const auto& [name, entries] : socket.groups) all.insert(entries.begin(), entries.end());
      for (const auto& [type, item] : all)
        if (const auto market = find_market(item)) listeners_[{*market, type}].emplace_back(id, item);
    }
  }

  /// KOSPI of this exchange: the mean of all stocks against their base prices, 2,500 at their base.
  void tell_index(UnixNanos now) {
    const bool wanted = std::ranges::any_of(sockets_, [](const auto& s) { return is_registered(s.second, "0J"); });
    if (!wanted || days_.empty()) return;
    constexpr std::int64_t kBase = 250'000;  // hundredths
    const auto level = [&](Price StockDay::* of) {
      Int128 sum = 0;
      for (const auto& day : days_)
        sum += divide(Int128{kBase} * (day.*of).value, std::max<std::int64_t>(1, day.base.value), Rounding::Down);
      return static_cast<std::int64_t>(sum / static_cast<Int128>(days_.size()));
    };
    const auto text = [&](std::int64_t at) {
      return fmt::format("{}{}", at > kBase ? "+" : at < kBase ? "-" : "", format_decimal(at, 2));
    };
    std::int64_t volume = 0;
    Int128 value = 0;
    for (const auto& day : days_) volume += day.volume, value += day.value;
    const std::int64_t last = level(&StockDay::last);
    JsonObject j;
    j.text("20", clock_text(now)).text("10", text(last));
    j.text("11", fmt::format("{}{}", last > kBase ? "+" : "", format_decimal(last - kBase, 2)));
    j.text("12", percent(last - kBase, kBase)).text("15", "0").text("13", std::to_string(volume / 1'000));
    j.text("14", millions(value)).text("16", text(level(&StockDay::open))).text("17", text(level(&StockDay::high)));
    j.text("18", text(level(&StockDay::low))).text("25", last > kBase ? "2" : last < kBase ? "5" : "3").text("26", "0");
    const std::string values = j.done();
    for (const auto& [id, socket] : sockets_)
      if (is_registered(socket, "0J")) exchange_->send(id, real("0J", "업종지수", "001", values));
  }

  // ---- condition search

  static constexpr std::string_view kConditions[] = {"전일대비 상승", "거래대금 상위 5", "매수 체결"};
  std::set<InstrumentIndex> members_of(std::string_view seq) const {
    std::set<InstrumentIndex> out;
    if (seq != "1") {
      for (InstrumentIndex m = 0; m < days_.size(); ++m)
        if (seq == "0" ? days_[m].last > days_[m].base : days_[m].last_quantity > 0) out.insert(m);
    } else {
      for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].value; }))
        if (out.size() < 5) out.insert(m);
    }
    return out;
  }
  void list_conditions(SocketId id) {
    std::vector<std::string> rows;
    for (std::size_t i = 0; i < std::size(kConditions); ++i)
      rows.push_back(json_array({json_text(std::to_string(i)), json_text(kConditions[i])}));
    exchange_->send(id, JsonObject{}
                            .text("trnm", "CNSRLST")
                            .number("return_code", 0)
                            .text("return_msg", "")
                            .raw("data", json_array(rows))
                            .done());
  }
  /// The condition that a message names; what else it may be is refused.
  std::optional<std::string> condition_in(SocketId id, std::string_view trnm, simdjson::dom::object json) {
    std::string_view seq;
    if (!json.at_key("seq").get_string().get(seq)) {
      while (seq.ends_with(' ')) seq.remove_suffix(1);
      if (const auto number = whole_number(seq);
          number && *number >= 0 && *number < static_cast<std::int64_t>(std::size(kConditions)))
        return std::to_string(*number);
    }
    answer(id, trnm, 1, "조건검색식이 없습니다");
    return std::nullopt;
  }
  void search(SocketId id, Socket& socket, simdjson::dom::object json) {
    const auto seq = condition_in(id, "CNSRREQ", json);
    if (!seq) return;
    std::string_view kind = "0";
    if (json.at_key("search_type").get_string().get(kind)) kind = "0";
    const auto members = members_of(*seq);
    std::vector<std::string> rows;
    JsonObject out;
    out.text("trnm", "CNSRREQ").text("seq", *seq);
    if (kind == "1") {
      for (const auto m : members)
        rows.push_back(JsonObject{}.text("jmcode", "A" + exchange_->instruments()[m].symbol()).done());
      socket.searches[*seq] = members;
    } else {
      out.text("cont_yn", "N").text("next_key", "");
      for (const auto m : members) {
        const StockDay& day = days_[m];
        const auto won = [&](Price at) { return wide(won_price(m, at), 9); };
        JsonObject j;
        j.text("9001", "A" + exchange_->instruments()[m].symbol()).text("302", names_[m]).text("10", won(day.last));
        j.text("25", day.sign()).text("11", won(day.last - day.base)).text("12", wide(rate(m) / 10, 9));
        j.text("13", wide(day.volume, 9)).text("16", won(day.open)).text("17", won(day.high)).text("18", won(day.low));
        rows.push_back(j.done());
      }
    }
    exchange_->send(id, out.number("return_code", 0).raw("data", json_array(rows)).done());
  }
  void stop_search(SocketId id, Socket& socket, simdjson::dom::object json) {
    const auto seq = condition_in(id, "CNSRCLR", json);
    if (!seq) return;
    socket.searches.erase(*seq);
    exchange_->send(
        id,
        JsonObject{}.text("trnm", "CNSRCLR").text("seq", *seq).number("return_code", 0).text("return_msg", "").done());
  }
  void tell_moves(SocketId id, const std::string& seq, std::set<InstrumentIndex>& before, UnixNanos now) {
    auto members = members_of(seq);
    const auto say = [&](InstrumentIndex m, std::string_view move) {
      const auto code = exchange_->instruments()[m].symbol();
      exchange_->send(id, real("02", "조건검색", code,
                               JsonObject{}
                                   .text("841", seq)
                                   .text("9001", code)
                                   .text("843", move)
                                   .text("20", clock_text(now))
                                   .text("907", "2")
                                   .done()));
    };
    for (const auto m : members)
      if (!before.contains(m)) say(m, "I");
    for (const auto m : before)
      if (!members.contains(m)) say(m, "D");
    before = std::move(members);
  }

  ExchangeBackend* exchange_ = nullptr;
  std::vector<Credentials> credentials_;
  std::map<std::string, InstrumentIndex, std::less<>> codes_;
  std::vector<std::string> names_;
  std::vector<StockDay> days_;
  std::vector<std::array<Price, 2>> best_;  // ask, bid
  std::map<std::string, Token, std::less<>> tokens_;
  std::map<std::pair<AccountId, std::string_view>, std::deque<UnixNanos>> asked_;  // within the last second
  std::map<std::string, Note, std::less<>> notes_;                                 // by number
  std::map<std::pair<AccountId, InstrumentIndex>, Holding> holdings_;
  std::map<SocketId, Socket> sockets_;
  std::map<std::pair<InstrumentIndex, std::string>, std::vector<std::pair<SocketId, std::string>>> listeners_;
  std::int64_t next_order_ = kFirstOrder;
  bool changing_ = false;  // a cancel or an amendment is being done
  UnixNanos next_second_ = 0;
  BookView view_;
  simdjson::dom::parser parser_;
};

std::span<const Server::Route> Server::routes() {
  static constexpr std::string_view kStocks = "/api/dostk/stkinfo", kQuotes = "/api/dostk/mrkcond",
                                    kCharts = "/api/dostk/chart", kRankings = "/api/dostk/rkinfo",
                                    kAccount = "/api/dostk/acnt";
  static constexpr Route kRoutes[] = {
      {"ka10001", kStocks, &Server::stock_info},
      {"ka10003", kStocks, &Server::recent_trades},
      {"ka10099", kStocks, &Server::stock_list},
      {"ka10100", kStocks, &Server::one_stock},
      {"ka10004", kQuotes, &Server::book},
      {"ka10079", kCharts, &Server::tick_chart},
      {"ka10080", kCharts, &Server::minute_chart},
      {"ka10081", kCharts, &Server::day_chart},
      {"ka10027", kRankings, &Server::by_change},
      {"ka10030", kRankings, &Server::by_volume},
      {"ka10032", kRankings, &Server::by_value},
      {"ka10075", kAccount, &Server::open_orders},
      {"ka10076", kAccount, &Server::filled_orders},
      {"kt00001", kAccount, &Server::deposit},
      {"kt00004", kAccount, &Server::account_summary},
      {"kt00018", kAccount, &Server::holdings},
      {"kt10000", kOrders, &Server::buy},
      {"kt10001", kOrders, &Server::sell},
      {"kt10002", kOrders, &Server::amend},
      {"kt10003", kOrders, &Server::cancel},
  };
  return kRoutes;
}

}  // namespace

std::unique_ptr<VenueServer> stock_server() { return std::make_unique<Server>(); }

}  // namespace stom::venues::kiwoom
