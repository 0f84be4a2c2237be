// The WebSocket of the simulated Kiwoom: login, registrations, the index, condition search.
#include <fmt/format.h>
#include <simdjson.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {

constexpr std::size_t kRegistrations = 100;  // stocks
constexpr DurationNanos kPingEvery = 10 * kSecond;
constexpr int kPingsUnanswered = 3;
constexpr DurationNanos kGoodbye = 100 * kMillisecond;  // between a refused login and the end of its connection

bool is_of_account(std::string_view type) { return type == "00" || type == "04"; }

constexpr std::string_view kConditions[] = {"전일대비 상승", "거래대금 상위 5", "매수 체결"};

}  // namespace

// ---- sockets

std::optional<WireResponse> StockServer::on_upgrade(const WireRequest& request) {
  if (request.path == "/api/dostk/websocket") return std::nullopt;
  return WireResponse{.status = 404, .body = error_body({1, "Not Found"})};
}

void StockServer::on_open(SocketId id, const WireRequest&) { sockets_[id].next_ping = exchange_->now() + kPingEvery; }

void StockServer::on_close(SocketId id) {
  sockets_.erase(id);
  index_listeners();
}

void StockServer::on_message(SocketId id, std::string_view text) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  Socket& socket = found->second;
  simdjson::dom::object json;
  std::string_view name;
  if (parser_->parse(text.data(), text.size()).get_object().get(json) || json.at_key("trnm").get_string().get(name))
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

// ---- the clock

void StockServer::on_timer(UnixNanos now) {
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
  tell_session(now);
  tell_index(now);
  for (auto& [id, socket] : sockets_)
    for (auto& [seq, members] : socket.searches) tell_moves(id, seq, members, now);
}

// ---- messages

bool StockServer::is_registered(const Socket& socket, std::string_view type) {
  return std::ranges::any_of(socket.groups, [&](const auto& group) {
    return std::ranges::any_of(group.second, [&](const auto& entry) { return entry.first == type; });
  });
}

// ---- sessions and registrations

void StockServer::answer(SocketId id, std::string_view trnm, std::int64_t code, std::string_view message) {
  exchange_->send(id, JsonObject{}.text("trnm", trnm).number("return_code", code).text("return_msg", message).done());
}

void StockServer::log_in(SocketId id, Socket& socket, const simdjson::dom::object& json) {
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

void StockServer::registration(SocketId id, Socket& socket, const std::string& trnm,
                               const simdjson::dom::object& json) {
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
    exchange_->send(id, real("0s", "장시작시간", "", session_values(exchange_->now())));
}

void StockServer::index_listeners() {
  listeners_.clear();
  for (const auto& [id, socket] : sockets_) {
    std::set<std::pair<std::string, std::string>> all;  // one message, in however many groups it is
    for (const auto& [name, entries] : socket.groups) all.insert(entries.begin(), entries.end());
    for (const auto& [type, item] : all) {
      if (const auto market = find_market(item)) listeners_[{*market, type}].emplace_back(id, item);
      if (type != "1h" || !item.empty()) continue;
      for (InstrumentIndex m = 0; m < days_.size(); ++m)  // interruptions of all stocks
        listeners_[{m, type}].emplace_back(id, exchange_->instruments()[m].symbol());
    }
  }
}

/// 0 and 3 are the document's; 2, 8 and 9 those of the venue's older API: the closing call, the main market is over,
/// all is over.
std::string_view StockServer::session_now() const {
  const auto hours = days_.empty() ? std::nullopt : exchange_->hours(0);
  if (!hours) return "3";  // it trades round the clock
  switch (hours->phase) {
    case TradingPhase::OpeningCall:
      return "0";
    case TradingPhase::ClosingCall:
      return "2";
    case TradingPhase::ClosingPrice:
    case TradingPhase::PeriodicCall:
      return "8";
    case TradingPhase::Closed:
      return hours->next == TradingPhase::ClosingPrice ? "8" : "9";
    default:
      return "3";
  }
}

std::string StockServer::session_values(UnixNanos now) const {
  const auto hours = days_.empty() ? std::nullopt : exchange_->hours(0);
  DurationNanos left = 0;  // until the opening, in whole seconds
  if (hours && hours->phase == TradingPhase::OpeningCall) left = (hours->ends - now + kSecond - 1) / kSecond * kSecond;
  return JsonObject{}
      .text("215", session_now())
      .text("20", clock_text(now))
      .text("214", clock_text(midnight_before(now) + left))
      .done();
}

/// When it changes, and each minute of what is left until the opening.
void StockServer::tell_session(UnixNanos now) {
  const std::string_view session = session_now();
  const bool counts = session == "0" && now / kMinute != told_session_at_ / kMinute;
  if (session == told_session_ && !counts) return;
  told_session_ = session;
  told_session_at_ = now;
  const std::string values = session_values(now);
  for (const auto& [id, socket] : sockets_)
    if (is_registered(socket, "0s")) exchange_->send(id, real("0s", "장시작시간", "", values));
}

void StockServer::tell_index(UnixNanos now) {
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

std::set<InstrumentIndex> StockServer::members_of(std::string_view seq) const {
  std::set<InstrumentIndex> out;
  if (seq != "1") {
    for (InstrumentIndex m = 0; m < days_.size(); ++m)
      if (seq == "0" ? days_[m].last > days_[m].base : days_[m].last_quantity > 0 && !days_[m].at_auction)
        out.insert(m);
  } else {
    for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].value; }))
      if (out.size() < 5) out.insert(m);
  }
  return out;
}

void StockServer::list_conditions(SocketId id) {
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

std::optional<std::string> StockServer::condition_in(SocketId id, std::string_view trnm,
                                                     const simdjson::dom::object& json) {
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

void StockServer::search(SocketId id, Socket& socket, const simdjson::dom::object& json) {
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

void StockServer::stop_search(SocketId id, Socket& socket, const simdjson::dom::object& json) {
  const auto seq = condition_in(id, "CNSRCLR", json);
  if (!seq) return;
  socket.searches.erase(*seq);
  exchange_->send(
      id,
      JsonObject{}.text("trnm", "CNSRCLR").text("seq", *seq).number("return_code", 0).text("return_msg", "").done());
}

void StockServer::tell_moves(SocketId id, const std::string& seq, std::set<InstrumentIndex>& before, UnixNanos now) {
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

}  // namespace stom::venues::kiwoom::server
