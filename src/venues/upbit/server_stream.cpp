// The WebSocket of the simulated Upbit: who may open it, what is asked for on it, and who is told when something
// happens. What is told is in server_messages.cpp.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {
namespace {

/// A number of JSON as plain decimal digits.
std::string number_text(const simdjson::dom::element& value) {
  std::int64_t whole = 0;
  double part = 0;
  if (!value.get_int64().get(whole)) return std::to_string(whole);
  if (!value.get_double().get(part)) return fmt::format("{}", part);
  return "";
}

bool is_type(std::string_view name) {
  constexpr std::string_view kTypes[] = {"ticker",     "trade",      "orderbook",  "candle.1s",
                                         "candle.1m",  "candle.3m",  "candle.5m",  "candle.10m",
                                         "candle.15m", "candle.30m", "candle.60m", "candle.240m"};
  return std::ranges::find(kTypes, name) != std::end(kTypes);
}

}  // namespace

// ---- sockets and what they ask

std::optional<WireResponse> UpbitServer::on_upgrade(const WireRequest& request) {
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

void UpbitServer::on_open(SocketId id, const WireRequest& request) {
  Socket& socket = sockets_[id];
  socket.is_private = request.path == "/websocket/v1/private";
  const auto who = upgrading_.find(request.header("Authorization"));
  if (who == upgrading_.end()) return;
  socket.account = who->second;
  upgrading_.erase(who);
}

void UpbitServer::on_message(SocketId id, std::string_view text) {
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

std::optional<ApiError> UpbitServer::read(const Socket& socket, std::string_view text, Request& out) const {
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
          // Since 2025-07-02 any other number is answered with all of them.
          const auto units = whole_number(word.substr(dot + 1));
          if (units && (*units == 1 || *units == 5 || *units == 15)) one.units = static_cast<std::size_t>(*units);
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

std::string UpbitServer::list(const Socket& socket) const {
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

// ---- who is told

void UpbitServer::send(SocketId id, const Socket& socket, const Fields& message) {
  exchange_->send(id, framed(message.json(is_brief(socket.format)), socket.format));
}

template <class Make>
void UpbitServer::tell(InstrumentIndex market, std::string_view type, Make make) {
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
void UpbitServer::tell_account(AccountId account, std::string_view type, InstrumentIndex market, Make make) {
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

void UpbitServer::send_snapshot(SocketId id, const Socket& socket, const Type& type, const Code& code) {
  std::optional<Fields> message;
  if (type.name == "ticker") message = ticker_message(code.market, "SNAPSHOT");
  if (type.name == "orderbook") message = book_message(code.market, code, "SNAPSHOT", is_brief(socket.format));
  if (type.name == "trade" && !exchange_->trades(code.market).empty())
    message = trade_message(code.market, exchange_->trades(code.market).back(), "SNAPSHOT");
  if (type.name.starts_with("candle.")) message = candle_message(code.market, type.name, "SNAPSHOT");
  if (!message) return;
  send(id, socket, *message);
}

void UpbitServer::on_market(InstrumentIndex market, const Message& message, std::span<const Level>) {
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

void UpbitServer::on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  if (placing_ && !extra_.contains(order.terms.id)) extra_[order.terms.id] = *placing_;
  if (never_was(order)) return;
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

void UpbitServer::on_timer(UnixNanos now) {
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

}  // namespace stom::venues::upbit::server
