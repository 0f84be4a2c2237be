// Who asks the simulated Upbit, and for what: the markets, routes, limits and the ban behind them.
#include "venues/upbit/server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"
#include "venues/ladders.hpp"
#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {
namespace {

constexpr int kRefusalsBeforeBan = 20;  // of one second; the documents say "if one goes on"
constexpr DurationNanos kBan = kMinute;

struct Group {
  std::string_view name;
  std::int64_t limit;
  DurationNanos window;
  bool of_account;  // else of the address
};
constexpr Group kGroups[] = {
    {"market", 10, kSecond, false},    {"candle", 10, kSecond, false},
    {"trade", 10, kSecond, false},     {"ticker", 10, kSecond, false},
    {"orderbook", 10, kSecond, false}, {"default", 30, kSecond, true},
    {"order", 12, kSecond, true},      {"order-cancel-all", 1, 2 * kSecond, true},
    {"order-test", 8, kSecond, true},
};

WireResponse too_many() {
  return {.status = 429, .body = "Too many API requests.", .content_type = "text/plain;charset=UTF-8"};
}

WireResponse banned(UnixNanos until, UnixNanos now) {
  return answer({418, "too_many_requests",
                 fmt::format("요청이 일시적으로 제한되었습니다. {}초 후 다시 시도해주세요.",
                             std::max<std::int64_t>(1, (until - now) / kSecond))});
}

std::string remaining(const Group& group, std::int64_t used) {
  return fmt::format("group={}; min={}; sec={}", group.name, group.limit * 60,
                     std::max<std::int64_t>(0, group.limit - used));
}

std::unexpected<ApiError> missing() {
  return refuse(400, "400", "Missing request parameter error. Check the required parameters!");
}

std::unexpected<ApiError> no_market() { return refuse(404, "404", "Code not found"); }

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

}  // namespace

std::vector<Listing> UpbitServer::listings() const {
  return {listing("BTC", 0, 148'600'000, 5'000'000, 16), listing("ETH", 0, 3'510'000, 80'000'000, 12),
          listing("XRP", 0, 3'120, 50'000'000'000, 12), listing("DOGE", 1, 2'350, 300'000'000'000, 8),
          listing("USDT", 1, 13'900, 500'000'000'000, 4)};
}

AccountGrant UpbitServer::grant() const {
  return {.cash = {Int128{1'000'000'000} * power_of_ten(kMoneyDecimals)},
          .base = {Int128{10} * power_of_ten(kMoneyDecimals)},
          .maker_rate = kFeeRate,
          .taker_rate = kFeeRate};
}

Credentials UpbitServer::make_credentials(const std::string& random_hex) const {
  return {.key = random_hex.substr(0, 40), .secret = random_hex.substr(40, 40), .account = {}};
}

void UpbitServer::open(ExchangeBackend& exchange, std::vector<Credentials> credentials) {
  exchange_ = &exchange;
  for (const Credentials& one : credentials) keys_.push_back(one.key);
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

WireResponse UpbitServer::on_request(const WireRequest& request) {
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
  if (auto refused = spend(endpoint->group, spent, now)) return std::move(*refused);
  const Call call{what->parameters, account, now, path.substr(std::min(path.size(), endpoint->path.size()))};
  const Outcome outcome = (this->*endpoint->act)(call);
  WireResponse response =
      outcome ? WireResponse{.status = endpoint->created ? 201 : 200, .body = *outcome} : answer(outcome.error());
  response.headers.emplace_back("Remaining-Req", remaining(group, spent.count));
  response.acknowledges_order = endpoint->acknowledges;
  return response;
}

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
      {"GET", "/v1/status/wallet", kDefault, false, false, &UpbitServer::wallet_status},
      {"GET", "/v1/api_keys", kDefault, false, false, &UpbitServer::api_keys},
      {"GET", "/v1/deposits", kDefault, false, false, &UpbitServer::none_of_them},
      {"GET", "/v1/deposits/coin_addresses", kDefault, false, false, &UpbitServer::none_of_them},
      {"GET", "/v1/withdraws", kDefault, false, false, &UpbitServer::none_of_them},
      {"POST", "/v1/orders", kOrder, true, true, &UpbitServer::place},
      {"POST", "/v1/orders/test", kOrderTest, true, false, &UpbitServer::test_order},
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

std::optional<WireResponse> UpbitServer::spend(GroupIndex index, Spent& spent, UnixNanos now) const {
  const Group& group = kGroups[index];
  if (now < spent.banned_until) return banned(spent.banned_until, now);
  if (spent.window != now / group.window) spent.window = now / group.window, spent.count = spent.refused = 0;
  if (++spent.count <= group.limit || lifted_) return std::nullopt;
  if (++spent.refused > kRefusalsBeforeBan) {
    spent.banned_until = now + kBan;
    return banned(spent.banned_until, now);
  }
  WireResponse out = too_many();
  out.headers.emplace_back("Remaining-Req", remaining(group, spent.count));
  return out;
}

WireResponse UpbitServer::refusal(int status) {
  if (status == 429) return too_many();
  if (status == 418) return banned(exchange_->now() + kBan, exchange_->now());
  return answer(ApiError{status, "server_error", "서버 내부 오류로 요청을 처리할 수 없습니다."});
}

std::expected<InstrumentIndex, ApiError> UpbitServer::market_of(const Call& call) const {
  const auto name = call.find("market");
  if (!name) return missing();
  const auto found = markets_.find(*name);
  if (found == markets_.end()) return no_market();
  return found->second;
}

std::expected<std::vector<InstrumentIndex>, ApiError> UpbitServer::markets_of(const Call& call) const {
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

}  // namespace stom::venues::upbit::server

namespace stom::venues::upbit {

std::unique_ptr<VenueServer> venue_server() { return std::make_unique<server::UpbitServer>(); }

}  // namespace stom::venues::upbit
