// Orders of the simulated Upbit: what it calls them, how they are placed, asked for and canceled.
#include <fmt/format.h>

#include <algorithm>

#include "venues/upbit/upbit_server.hpp"

namespace stom::venues::upbit::server {
namespace {

const VenueOrder* known(const VenueOrder* order, AccountId account) {
  if (order == nullptr || order->account != account || never_was(*order)) return nullptr;
  return order;
}

std::string_view side_of(const VenueOrder& order) { return order.terms.side == Side::Buy ? "bid" : "ask"; }

/// Of what is traded for so much, at the full rate.
Money fee_of(Money money) { return {divide(money.value, power_of_ten(9), Rounding::Down) * kFeeRate}; }

std::unexpected<ApiError> invalid(std::string_view name) {
  return refuse(400, "validation_error", fmt::format("{} does not have a valid value", name));
}

std::unexpected<ApiError> absent(std::string_view name) {
  return refuse(400, "validation_error", fmt::format("{} is missing, {} does not have a valid value", name, name));
}

std::unexpected<ApiError> not_found() { return refuse(404, "order_not_found", "주문을 찾지 못했습니다."); }

std::unexpected<ApiError> cannot(Side side) {
  return refuse(400, side == Side::Buy ? "create_bid_error" : "create_ask_error",
                "주문 요청 정보가 올바르지 않습니다.");
}

std::unexpected<ApiError> poor(Side side, const Instrument& of) {
  return refuse(400, side == Side::Buy ? "insufficient_funds_bid" : "insufficient_funds_ask",
                fmt::format("주문가능한 금액({})이 부족합니다.", side == Side::Buy ? of.quote : of.base));
}

/// Whether it is worth up to 10^18 of the quote currency: nobody has more, and what it is worth would not fit.
bool is_payable(const Instrument& of, Price price, Quantity quantity) {
  return Int128{price.value} * quantity.value <=
         Int128{power_of_ten(18)} * power_of_ten(of.price_decimals + of.quantity_decimals);
}

std::string_view direction_of(const Call& call) { return call.find("order_by") == "asc" ? "asc" : "desc"; }

}  // namespace

// ---- names, states and sums

std::string UpbitServer::uuid_of(std::uint64_t order, char kind) const {
  return fmt::format("{}-{}-4{}-{}{}-{:012x}", salt_, salt_.substr(0, 4), salt_.substr(5, 3), kind, salt_.substr(1, 3),
                     order);
}

const VenueOrder* UpbitServer::by_uuid(std::string_view uuid, AccountId account) const {
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

const VenueOrder* UpbitServer::by_name(std::string_view name, AccountId account) const {
  return known(exchange_->order_named(account, name), account);
}

const VenueOrder* UpbitServer::order_of(const Call& call, std::string_view uuid, std::string_view identifier) const {
  if (const auto id = call.find(uuid)) return by_uuid(*id, call.account());
  if (const auto name = call.find(identifier)) return by_name(*name, call.account());
  return nullptr;
}

Extra UpbitServer::extra_of(const VenueOrder& order) const {
  const auto found = extra_.find(order.terms.id);
  return found == extra_.end() ? Extra{} : found->second;
}

std::string_view UpbitServer::state_of(const VenueOrder& order) const {
  if (order.open()) return "wait";
  // What an amount of money does not buy any more is given back: canceled.
  const Money amount = extra_of(order).amount;
  if (order.status == OrderStatus::Filled && (amount.value == 0 || order.value == amount)) return "done";
  return "cancel";
}

std::string_view UpbitServer::in_force_of(const VenueOrder& order) {
  if (order.venue_type != "limit" && order.venue_type != "best") return {};
  if (order.terms.post_only) return "post_only";
  return order.terms.time_in_force == TimeInForce::IOC   ? "ioc"
         : order.terms.time_in_force == TimeInForce::FOK ? "fok"
                                                         : "";
}

Sums UpbitServer::sums_of(const VenueOrder& order) const {
  const Instrument& of = instrument(order.terms.instrument);
  Sums out{.remaining = order.terms.quantity - order.filled};
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

std::string UpbitServer::order_json(const VenueOrder& order, bool with_funds, bool with_trades,
                                    bool as_accepted) const {
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
      .text("smp_type", extra.smp)
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

std::vector<const VenueFill*> UpbitServer::fills_of(const VenueOrder& order) const {
  std::vector<const VenueFill*> out;
  const auto& all = exchange_->fills();
  for (auto it = all.rbegin(); it != all.rend() && it->time >= order.created; ++it)
    if (it->order == order.terms.id) out.push_back(&*it);
  return out;
}

std::string UpbitServer::fill_json(const Instrument& of, const VenueOrder& order, const VenueFill& fill) const {
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

// ---- placing

Wish UpbitServer::wish_of(const Call& call) {
  return {call.find("market"), call.find("side"),          call.find("ord_type"),   call.find("volume"),
          call.find("price"),  call.find("time_in_force"), call.find("identifier"), call.find("smp_type")};
}

Outcome UpbitServer::place(const Call& call) {
  const auto order = place(call.account(), wish_of(call));
  if (!order) return std::unexpected(order.error());
  return order_json(**order, false, false, true);
}

Outcome UpbitServer::test_order(const Call& call) {
  const Wish wish = wish_of(call);
  const auto judged = judge(call.account(), wish);
  if (!judged) return std::unexpected(judged.error());
  VenueOrder order;
  order.terms = judged->terms;
  order.account = call.account();
  order.client_id = wish.identifier.value_or("");
  order.venue_type = *wish.type;
  order.status = OrderStatus::Working;
  order.created = order.updated = exchange_->now();
  order.terms.id = std::uint64_t{1} << 47 | exchange_->random() >> 17;  // beyond all that are orders
  const Side side = order.terms.side;
  const Instrument& of = instrument(order.terms.instrument);
  extra_[order.terms.id] = judged->extra;
  const Money locked = sums_of(order).locked;
  std::string answer = order_json(order, false, false, true);
  extra_.erase(order.terms.id);
  if (locked > balance_of(order.account, side == Side::Buy ? of.quote : of.base).free) return poor(side, of);
  if (!exchange_->trading(order.terms.instrument))
    return refuse(400, "market_offline", "현재 해당 마켓의 주문이 중지되었습니다.");
  return answer;
}

std::expected<Judged, ApiError> UpbitServer::judge(AccountId account, const Wish& wish) {
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
      (!limit && !best && !in_force.empty()) ||
      (in_force == "post_only" && (!limit || wish.smp.value_or("none") != "none")))
    return cannot(side);
  constexpr std::string_view kPrevents[] = {"cancel_maker", "cancel_taker", "reduce", "none"};
  if (wish.smp && std::ranges::find(kPrevents, *wish.smp) == std::end(kPrevents)) return invalid("smp_type");
  if (wish.identifier && names_used_.contains({account, *wish.identifier})) return invalid("identifier");

  NewOrder terms{.instrument = market, .side = side, .type = limit || best ? OrderType::Limit : OrderType::Market};
  terms.post_only = in_force == "post_only";
  terms.time_in_force = in_force == "fok" ? TimeInForce::FOK : at_once ? TimeInForce::IOC : TimeInForce::GTC;
  Extra extra{.named = wish.identifier.has_value()};
  if (wish.smp || terms.post_only) extra.smp = wish.smp.value_or("none");
  exchange_->book(market, 1, view_);
  const Level opposite = best_of(side == Side::Buy ? view_.asks : view_.bids);
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
  const Price at = limit ? terms.price : opposite.price;
  if (extra.amount.value == 0 && !is_payable(of, at, terms.quantity)) return poor(side, of);
  const Money total = extra.amount.value > 0 ? extra.amount : value_of(of, at, terms.quantity);
  if (const auto least = Int128{least_total(of.quote)}; total.value < least * power_of_ten(kMoneyDecimals - 8))
    return refuse(
        400, side == Side::Buy ? "under_min_total_bid" : "under_min_total_ask",
        fmt::format("최소주문금액 이상으로 주문해주세요. ({} {})", format_decimal_trimmed(least, 8), of.quote));
  if (extra.amount.value > 0 && extra.amount + fee_of(extra.amount) > balance_of(account, of.quote).free)
    return poor(side, of);
  return Judged{terms, extra};
}

std::expected<const VenueOrder*, ApiError> UpbitServer::place(AccountId account, const Wish& wish) {
  const auto judged = judge(account, wish);
  if (!judged) return std::unexpected(judged.error());
  if (wish.identifier) names_used_.insert({account, *wish.identifier});
  placing_ = judged->extra;
  const std::string name = wish.identifier.value_or("");
  const VenueOrder& order =
      exchange_->place(account, PositionSide::Both, judged->terms, name.empty() ? uuid_like() : name, *wish.type);
  extra_.try_emplace(order.terms.id, judged->extra);
  placing_.reset();
  if (!never_was(order)) return &order;
  const Side side = judged->terms.side;
  return order.reason == RejectReason::InsufficientBalance ? poor(side, instrument(judged->terms.instrument))
                                                           : cannot(side);
}

std::string UpbitServer::uuid_like() { return fmt::format("unnamed {:x}", exchange_->random()); }

Quantity UpbitServer::quantity_for(InstrumentIndex market, Money amount, std::size_t levels) {
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

// ---- asking and canceling

Outcome UpbitServer::query(const Call& call) {
  if (!call.find("uuid") && !call.find("identifier")) return absent("uuid");
  const VenueOrder* order = order_of(call, "uuid", "identifier");
  if (order == nullptr) return not_found();
  return order_json(*order, false, true);
}

Outcome UpbitServer::cancel(const Call& call) {
  if (!call.find("uuid") && !call.find("identifier")) return absent("uuid");
  const VenueOrder* order = order_of(call, "uuid", "identifier");
  if (order == nullptr || !order->open()) return not_found();
  std::string as_it_stood = order_json(*order, false, false);
  exchange_->cancel(order->terms.id);
  return as_it_stood;
}

Outcome UpbitServer::cancel_and_new(const Call& call) {
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

Outcome UpbitServer::cancel_many(const std::vector<const VenueOrder*>& orders) {
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
    return JsonObject{}.number("count", static_cast<std::int64_t>(list.size())).raw("orders", json_array(list)).done();
  };
  return JsonObject{}.raw("success", part(done)).raw("failed", part(failed)).done();
}

Outcome UpbitServer::cancel_by_id(const Call& call) { return cancel_many(by_ids(call)); }

Outcome UpbitServer::cancel_all(const Call& call) {
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

// ---- lists

Outcome UpbitServer::listed(std::vector<const VenueOrder*> orders, const Call& call, std::int64_t most) const {
  if (direction_of(call) == "desc") std::ranges::reverse(orders);
  const auto limit = static_cast<std::size_t>(call.number("limit", 100, most));
  const auto from = (static_cast<std::size_t>(call.number("page", 1, 1'000'000)) - 1) * limit;
  std::vector<std::string> out;
  for (std::size_t i = from; i < orders.size() && out.size() < limit; ++i)
    out.push_back(order_json(*orders[i], true, false));
  return json_array(out);
}

Outcome UpbitServer::list_by(const Call& call, std::vector<std::string> states, std::int64_t most) const {
  const auto market = call.find("market");
  if (market && !markets_.contains(*market)) return invalid("market");
  std::vector<const VenueOrder*> found;
  for (const VenueOrder* order : exchange_->orders(call.account())) {
    if (never_was(*order) || (market && instrument(order->terms.instrument).symbol() != *market)) continue;
    if (std::ranges::find(states, state_of(*order)) != states.end()) found.push_back(order);
  }
  return listed(std::move(found), call, most);
}

std::expected<std::vector<std::string>, ApiError> UpbitServer::states_of(const Call& call,
                                                                         std::vector<std::string> offered) const {
  auto states = call.all("states");
  if (const auto one = call.find("state")) states.push_back(*one);
  for (const auto& state : states)
    if (std::ranges::find(offered, state) == offered.end()) return invalid("state");
  return states.empty() ? offered : states;
}

Outcome UpbitServer::open_orders(const Call& call) {
  const auto states = states_of(call, {"wait", "watch"});
  if (!states) return std::unexpected(states.error());
  return list_by(call, *states, 100);
}

Outcome UpbitServer::closed_orders(const Call& call) {
  const auto states = states_of(call, {"done", "cancel"});
  if (!states) return std::unexpected(states.error());
  return list_by(call, *states, 1000);
}

Outcome UpbitServer::all_orders(const Call& call) {
  if (!call.all("uuids").empty() || !call.all("identifiers").empty()) return orders_by_id(call);
  const auto states = call.all("states");
  const auto state = call.find("state").value_or(states.empty() ? "wait" : states.front());
  return state == "done" || state == "cancel" ? closed_orders(call)
         : states.empty()                     ? list_by(call, {state}, 100)
                                              : open_orders(call);
}

std::vector<const VenueOrder*> UpbitServer::by_ids(const Call& call) const {
  std::vector<const VenueOrder*> found;
  for (const auto& id : call.all("uuids"))
    if (const VenueOrder* order = by_uuid(id, call.account())) found.push_back(order);
  for (const auto& name : call.all("identifiers"))
    if (const VenueOrder* order = by_name(name, call.account())) found.push_back(order);
  return found;
}

Outcome UpbitServer::orders_by_id(const Call& call) { return listed(by_ids(call), call, 100); }

}  // namespace stom::venues::upbit::server
