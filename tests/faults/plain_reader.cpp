#include "tests/faults/plain_reader.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>

#include "core/decimal.hpp"
#include "venues/server_text.hpp"
#include "venues/signing.hpp"

namespace stom::faults {
namespace {

using simdjson::dom::element;

std::int64_t integer(element text, int decimals) { return parse_decimal(std::string_view{text}, decimals).value(); }

class BinanceReader final : public PlainReader {
 public:
  BinanceReader(ReaderConfig config, std::string_view api, std::string_view trades)
      : config_{std::move(config)}, api_{api}, trades_{trades} {}

  Depth depth() override {
    Depth out;
    const net::Response response =
        config_.ask("GET", fmt::format("{}/depth?symbol={}&limit=1000", api_, symbol()), {}, "");
    const element root = parser_.parse(response.body);
    out.id = root["lastUpdateId"];
    for (const auto& [name, side] : {std::pair{"bids", Side::Buy}, std::pair{"asks", Side::Sell}})
      for (const element level : root[name])
        out.book.set(side, integer(level.at(0), config_.instrument.price_decimals),
                     integer(level.at(1), config_.instrument.quantity_decimals));
    return out;
  }
  AtTheExchange order(const Named& name) override {
    const net::Response response = signed_call("GET", "/order", query_of(name));
    if (response.status != 200) return {};
    const element answer = parser_.parse(response.body);
    const std::string_view status{answer["status"]};
    return {.there = true,
            .open = status == "NEW" || status == "PARTIALLY_FILLED",
            .filled = integer(answer["executedQty"], config_.instrument.quantity_decimals)};
  }
  std::optional<std::multiset<std::string>> fills() override {
    const net::Response response = signed_call("GET", trades_, "symbol=" + symbol());
    std::multiset<std::string> out;
    const element list = parser_.parse(response.body);
    if (!list.is_array()) return std::multiset<std::string>{response.body};
    for (const element trade : list) out.insert(std::to_string(std::int64_t{trade["id"]}));
    return out;
  }
  net::Response cancel(const Named& name) override { return signed_call("DELETE", "/order", query_of(name)); }

 private:
  std::string symbol() const { return config_.instrument.symbol(); }
  std::string query_of(const Named& name) const {
    return fmt::format("symbol={}&origClientOrderId={}", symbol(), name.client_id);
  }
  net::Response signed_call(std::string_view method, std::string_view path, std::string query) {
    query += fmt::format("&timestamp={}", (config_.clock.now() + config_.skew) / kMillisecond);
    query += "&signature=" + venues::server::hmac_sha256_hex(config_.credentials.secret, query);
    return config_.ask(method, fmt::format("{}{}?{}", api_, path, query), {{"X-MBX-APIKEY", config_.credentials.key}},
                       "");
  }

  ReaderConfig config_;
  std::string_view api_, trades_;
  simdjson::dom::parser parser_;
};

class UpbitReader final : public PlainReader {
 public:
  explicit UpbitReader(ReaderConfig config) : config_{std::move(config)} {}

  Depth depth() override {
    Depth out;
    const net::Response response = config_.ask("GET", "/v1/orderbook?markets=" + config_.instrument.symbol(), {}, "");
    const element root = element{parser_.parse(response.body)}.at(0);
    out.id = root["timestamp"];
    for (const element unit : root["orderbook_units"]) {
      out.book.set(Side::Sell, scaled(unit["ask_price"], config_.instrument.price_decimals),
                   scaled(unit["ask_size"], config_.instrument.quantity_decimals));
      out.book.set(Side::Buy, scaled(unit["bid_price"], config_.instrument.price_decimals),
                   scaled(unit["bid_size"], config_.instrument.quantity_decimals));
    }
    return out;
  }
  AtTheExchange order(const Named& name) override {
    const net::Response response = signed_call("GET", "/v1/order", query_of(name));
    if (response.status != 200) return {};
    const element answer = parser_.parse(response.body);
    return {.there = true,
            .open = std::string_view{answer["state"]} == "wait",
            .filled = integer(answer["executed_volume"], config_.instrument.quantity_decimals)};
  }
  std::optional<std::multiset<std::string>> fills() override {
    std::vector<std::string> orders;
    for (const auto* list : {"/v1/orders/open", "/v1/orders/closed"}) {
      const net::Response response = signed_call("GET", list, "limit=100");
      const element root = parser_.parse(response.body);
      if (!root.is_array()) return std::multiset<std::string>{response.body};
      for (const element order : root)
        if (std::string_view{order["executed_volume"]} != "0") orders.emplace_back(std::string_view{order["uuid"]});
    }
    std::multiset<std::string> out;
    for (const auto& uuid : orders) {
      const net::Response response = signed_call("GET", "/v1/order", "uuid=" + uuid);
      if (response.status != 200) return std::multiset<std::string>{response.body};
      const element answer = parser_.parse(response.body);
      for (const element trade : answer["trades"]) out.emplace(std::string_view{trade["uuid"]});
    }
    return out;
  }
  net::Response cancel(const Named& name) override { return signed_call("DELETE", "/v1/order", query_of(name)); }

 private:
  /// Numbers of this size are exact as a double.
  static std::int64_t scaled(element number, int decimals) {
    return std::llround(double{number} * static_cast<double>(power_of_ten(decimals)));
  }
  static std::string query_of(const Named& name) {
    return name.client_id.starts_with("stom-") ? "identifier=" + name.client_id : "uuid=" + name.venue_id;
  }
  net::Response signed_call(std::string_view method, std::string_view path, const std::string& query) {
    using namespace venues;
    const std::string claims =
        fmt::format(R"({{"access_key":"{}","nonce":"reader-{}","query_hash":"{}","query_hash_alg":"SHA512"}})",
                    config_.credentials.key, ++nonces_, hex(sha512(query)));
    const std::string text = base64url(R"({"alg":"HS512","typ":"JWT"})") + "." + base64url(claims);
    const std::string token = text + "." + base64url(hmac_sha512(config_.credentials.secret, text));
    return config_.ask(method, fmt::format("{}?{}", path, query), {{"Authorization", "Bearer " + token}}, "");
  }

  ReaderConfig config_;
  simdjson::dom::parser parser_;
  std::uint64_t nonces_ = 0;
};

/// Kiwoom's lists have no single fills, and no order that ended without one.
class KiwoomReader final : public PlainReader {
 public:
  explicit KiwoomReader(ReaderConfig config) : config_{std::move(config)} {}

  Depth depth() override {
    Depth out;
    const net::Response response =
        call("/api/dostk/mrkcond", "ka10004", fmt::format(R"({{"stk_cd":"{}"}})", config_.instrument.symbol()));
    const element root = parser_.parse(response.body);
    for (int i = 1; i <= 10; ++i)
      for (const auto& [name, side] : {std::pair{"sel", Side::Sell}, std::pair{"buy", Side::Buy}}) {
        const std::string at = i == 1 ? fmt::format("{}_fpr_", name) : fmt::format("{}_{}th_pre_", name, i);
        if (const std::int64_t price = whole(root[at + "bid"]); price != 0)
          out.book.set(side, price * power_of_ten(config_.instrument.price_decimals),
                       whole(root[at + "req"]) * power_of_ten(config_.instrument.quantity_decimals));
      }
    return out;
  }
  AtTheExchange order(const Named& name) override {
    if (name.venue_id.empty()) return {};
    AtTheExchange out{.there = true};
    constexpr std::string_view kAll[][3] = {
        {"ka10075", R"({"all_stk_tp":"0","trde_tp":"0","stk_cd":"","stex_tp":"0"})", "oso"},
        {"ka10076", R"({"stk_cd":"","qry_tp":"0","sell_tp":"0","ord_no":"","stex_tp":"0"})", "cntr"}};
    for (const auto& [api_id, body, list] : kAll) {
      const net::Response response = call("/api/dostk/acnt", api_id, body);
      const element root = parser_.parse(response.body);
      simdjson::dom::array lines;
      if (root[list].get_array().get(lines)) return {.there = false, .open = true};  // refused: it fits nothing
      for (const element line : lines) {
        if (std::string_view{line["ord_no"]} != name.venue_id) continue;
        out.open |= list == "oso";
        out.filled = whole(line["cntr_qty"]) * power_of_ten(config_.instrument.quantity_decimals);
      }
    }
    return out;
  }
  std::optional<std::multiset<std::string>> fills() override { return std::nullopt; }
  net::Response cancel(const Named& name) override {
    return call("/api/dostk/ordr", "kt10003",
                fmt::format(R"({{"dmst_stex_tp":"KRX","orig_ord_no":"{}","stk_cd":"{}","cncl_qty":"0"}})",
                            name.venue_id, config_.instrument.symbol()));
  }

 private:
  /// "+70100", "000000000012", "-3"; the sign tells the direction since yesterday.
  static std::int64_t whole(element value) {
    std::string_view text{value};
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  net::Response call(std::string_view path, std::string_view api_id, std::string_view body) {
    for (bool again = true;; again = false) {
      if (token_.empty()) {
        const net::Response response = config_.ask(
            "POST", "/oauth2/token", {{"api-id", "au10001"}, {"Content-Type", "application/json;charset=UTF-8"}},
            fmt::format(R"({{"grant_type":"client_credentials","appkey":"{}","secretkey":"{}"}})",
                        config_.credentials.key, config_.credentials.secret));
        token_ = std::string_view{element{parser_.parse(response.body)}["token"]};
      }
      net::Response response = config_.ask("POST", path,
                                           {{"api-id", std::string{api_id}},
                                            {"authorization", "Bearer " + token_},
                                            {"Content-Type", "application/json;charset=UTF-8"}},
                                           body);
      if (!again || !response.body.contains("8005")) return response;
      token_.clear();  // it has expired
    }
  }

  ReaderConfig config_;
  simdjson::dom::parser parser_;
  std::string token_;
};

}  // namespace

void Book::set(Side side, std::int64_t price, std::int64_t quantity) {
  const auto put = [&](auto& levels) {
    if (quantity == 0)
      levels.erase(price);
    else
      levels[price] = quantity;
  };
  side == Side::Buy ? put(bids) : put(asks);
}

std::string Book::top(std::size_t levels) const {
  std::string out;
  const auto write = [&](const auto& side, std::string_view name) {
    std::size_t n = 0;
    for (const auto& [price, quantity] : side)
      if (n++ < levels) out += fmt::format("{} {} {}\n", name, price, quantity);
  };
  write(bids, "bid");
  write(asks, "ask");
  return out;
}

std::unique_ptr<PlainReader> make_reader(ReaderConfig config) {
  const std::string_view venue = config.venue;
  if (venue == "upbit") return std::make_unique<UpbitReader>(std::move(config));
  if (venue == "kiwoom") return std::make_unique<KiwoomReader>(std::move(config));
  if (venue == "binance") return std::make_unique<BinanceReader>(std::move(config), "/api/v3", "/myTrades");
  return std::make_unique<BinanceReader>(std::move(config), venue == "binance-coinm" ? "/dapi/v1" : "/fapi/v1",
                                         "/userTrades");
}

}  // namespace stom::faults
