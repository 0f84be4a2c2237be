// Who asks the simulated Kiwoom, and for what: routes, limits, tokens. And prices as it writes them.
#include "venues/kiwoom/server.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {

constexpr DurationNanos kTokenLife = kDay;
constexpr std::size_t kRequestsPerSecond = 5;  // of one API id, of an account
// What KRX shows while it gathers orders (docs/exchange.md, Hours): what would trade, and of each side so many levels
// of what would be left over; where nobody meets, the best ones; of the opening call nothing before its first minutes
// are over.
constexpr std::size_t kLevelsOfMatch = 3, kLevelsOfNone = 1;
constexpr DurationNanos kUndisclosed = 10 * kMinute;

}  // namespace

StockServer::StockServer() : parser_{std::make_unique<simdjson::dom::parser>()} {}
StockServer::~StockServer() = default;

std::vector<Listing> StockServer::listings() const { return stock_listings(); }

AccountGrant StockServer::grant() const {
  return {.cash = {Int128{100'000'000} * power_of_ten(kMoneyDecimals)},
          .maker_rate = 150'000,  // 0.015 %
          .taker_rate = 150'000};
}

Credentials StockServer::make_credentials(const std::string& random_hex) const {
  std::string digits;
  for (std::size_t i = 86; i < 94; ++i) digits += static_cast<char>('0' + random_hex[i] % 10);
  return {.key = random_hex.substr(0, 43), .secret = random_hex.substr(43, 43), .account = "81" + digits};
}

void StockServer::open(ExchangeBackend& exchange, std::vector<Credentials> credentials) {
  exchange_ = &exchange;
  credentials_ = std::move(credentials);
  const auto& instruments = exchange.instruments();
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) {
    codes_[instruments[i].symbol()] = i;
    days_.push_back(day_so_far(instruments[i], exchange.minutes(i), exchange.now()));
    names_.push_back(stock_name(instruments[i].symbol()));
  }
  for (InstrumentIndex i = 0; i < instruments.size(); ++i) best_.push_back(best_of(i));
  interruptions_.resize(instruments.size());
  expected_.resize(instruments.size());
}

// ---- REST

WireResponse StockServer::on_request(const WireRequest& request) {
  if (request.method != "POST") return {.status = 405, .body = error_body({1, "Method Not Allowed"})};
  const UnixNanos now = exchange_->now();
  const std::string api_id{request.header("api-id")};
  simdjson::dom::object body;
  const bool read = !parser_->parse(request.body).get_object().get(body);
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

WireResponse StockServer::refusal(int status) {
  if (status == 429) return refused_for_number("");
  return {.status = status, .body = error_body({status, "서비스를 이용할 수 없습니다"})};
}

// ---- answers

bool StockServer::over_limit(AccountId account, const Route& route, UnixNanos now) {
  auto& times = asked_[{account, route.api_id}];
  while (!times.empty() && times.front() <= now - kSecond) times.pop_front();
  if (times.size() >= kRequestsPerSecond && !lifted_) return true;
  times.push_back(now);
  return false;
}

// ---- tokens

Outcome StockServer::give_token(Call& call) {
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

Outcome StockServer::revoke_token(Call& call) {
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

std::optional<AccountId> StockServer::owner_of(std::string_view key, std::string_view secret) const {
  for (AccountId i = 0; i < credentials_.size(); ++i)
    if (credentials_[i].key == key)
      return same_secret(credentials_[i].secret, secret) ? std::optional{i} : std::nullopt;
  return std::nullopt;
}

std::expected<AccountId, Refusal> StockServer::account_of(std::string_view authorization, UnixNanos now) {
  constexpr std::string_view kBearer = "bearer ";
  if (authorization.empty()) return not_allowed(1513, "Http Header에 authorization 필드가 설정되어 있어야 합니다");
  if (authorization.size() <= kBearer.size() || lower(authorization.substr(0, kBearer.size())) != kBearer)
    return not_allowed(1514, "입력으로 들어온 Http Header의 authorization 필드 형식이 맞지 않습니다");
  const auto account = account_with(authorization.substr(kBearer.size()), now);
  if (!account) return not_allowed(8005, "Token이 유효하지 않습니다");
  return *account;
}

std::optional<AccountId> StockServer::account_with(std::string_view token, UnixNanos now) {
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return std::nullopt;
  if (now >= found->second.ends) {
    tokens_.erase(found);
    return std::nullopt;
  }
  return found->second.account;
}

// ---- prices as the venue writes them

bool StockServer::is_in_call(InstrumentIndex market) const {
  const auto session = exchange_->session(market);
  return session && is_call(session->phase);
}

std::optional<Level> StockServer::look_at(InstrumentIndex market, std::size_t levels) {
  if (!is_in_call(market)) {
    exchange_->book(market, levels, view_);
    return std::nullopt;
  }
  const auto hours = exchange_->hours(market);
  if (hours && hours->phase == TradingPhase::OpeningCall && exchange_->now() < hours->begins + kUndisclosed) {
    view_.bids.clear();
    view_.asks.clear();
    return std::nullopt;
  }
  const auto expected = exchange_->expected_match(market);
  exchange_->left_over(market, expected ? expected->quantity : Quantity{},
                       std::min(levels, expected ? kLevelsOfMatch : kLevelsOfNone), view_);
  return expected;
}

std::array<Price, 2> StockServer::best_of(InstrumentIndex market) {
  look_at(market, 1);
  return {view_.asks.empty() ? Price{} : view_.asks[0].price, view_.bids.empty() ? Price{} : view_.bids[0].price};
}

std::string StockServer::symbol(const VenueOrder& order) const {
  return exchange_->instruments()[order.terms.instrument].symbol();
}

std::string StockServer::plain(InstrumentIndex market, Price value) const {
  return format_decimal_trimmed(Int128{value.value}, exchange_->instruments()[market].price_decimals);
}

std::string StockServer::shares(InstrumentIndex market, std::int64_t quantity) const {
  return format_decimal_trimmed(Int128{quantity}, exchange_->instruments()[market].quantity_decimals);
}

std::string StockServer::price(InstrumentIndex market, Price value) const {
  const Price base = days_[market].base;
  return fmt::format("{}{}",
                     value.value == 0 ? ""
                     : value > base   ? "+"
                     : value < base   ? "-"
                                      : "",
                     plain(market, value));
}

std::string StockServer::change(InstrumentIndex market) const {
  const Price by = days_[market].last - days_[market].base;
  return fmt::format("{}{}", by.value > 0 ? "+" : "", plain(market, by));
}

std::string StockServer::change_rate(InstrumentIndex market) const {
  return percent(days_[market].last.value - days_[market].base.value, days_[market].base.value);
}

std::string StockServer::strength(InstrumentIndex market) const {
  return percent(days_[market].bought, days_[market].sold, false);
}

std::optional<InstrumentIndex> StockServer::find_market(std::string_view code) const {
  const auto found = codes_.find(base_code(code));
  return found == codes_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<InstrumentIndex> StockServer::market_of(Call& call) {
  const auto code = call.text("stk_cd");
  const auto market = find_market(code);
  if (!market && !code.empty())
    call.fail(
        bad_input(1902, fmt::format("종목 정보가 없습니다. 입력한 종목코드 값을 확인바랍니다. 종목코드={}", code)));
  return market;
}

std::span<const StockServer::Route> StockServer::routes() {
  static constexpr std::string_view kStocks = "/api/dostk/stkinfo", kQuotes = "/api/dostk/mrkcond",
                                    kCharts = "/api/dostk/chart", kRankings = "/api/dostk/rkinfo",
                                    kAccount = "/api/dostk/acnt";
  static constexpr Route kRoutes[] = {
      {"ka10001", kStocks, &StockServer::stock_info},
      {"ka10003", kStocks, &StockServer::recent_trades},
      {"ka10099", kStocks, &StockServer::stock_list},
      {"ka10100", kStocks, &StockServer::one_stock},
      {"ka10004", kQuotes, &StockServer::book},
      {"ka10079", kCharts, &StockServer::tick_chart},
      {"ka10080", kCharts, &StockServer::minute_chart},
      {"ka10081", kCharts, &StockServer::day_chart},
      {"ka10027", kRankings, &StockServer::by_change},
      {"ka10030", kRankings, &StockServer::by_volume},
      {"ka10032", kRankings, &StockServer::by_value},
      {"ka10075", kAccount, &StockServer::open_orders},
      {"ka10076", kAccount, &StockServer::filled_orders},
      {"kt00001", kAccount, &StockServer::deposit},
      {"kt00004", kAccount, &StockServer::account_summary},
      {"kt00007", kAccount, &StockServer::orders_of_day},
      {"kt00018", kAccount, &StockServer::holdings},
      {"kt10000", kOrders, &StockServer::buy},
      {"kt10001", kOrders, &StockServer::sell},
      {"kt10002", kOrders, &StockServer::amend},
      {"kt10003", kOrders, &StockServer::cancel},
  };
  return kRoutes;
}

}  // namespace stom::venues::kiwoom::server

namespace stom::venues::kiwoom {

std::unique_ptr<VenueServer> stock_server() { return std::make_unique<server::StockServer>(); }

}  // namespace stom::venues::kiwoom
