// Listen keys and user events of the futures (futures_server.hpp).
#include <fmt/format.h>

#include "venues/binance/futures_server.hpp"

namespace stom::venues::binance::server {
namespace {

constexpr DurationNanos kListenKeyLife = kHour;

}  // namespace

// ---- listen keys ------------------------------------------------------------------------------------------------

FuturesServer::ListenKey* FuturesServer::listen_key_of(AccountId account, std::string& key) {
  for (auto& [name, listen] : listen_keys_) {
    if (listen.account != account) continue;
    key = name;
    return &listen;
  }
  return nullptr;
}

Outcome FuturesServer::start_listening(Call& call, UnixNanos now) {
  if (const auto* error = call.check()) return std::unexpected(*error);
  // The one that the account has, for another hour.
  std::string key;
  if (ListenKey* listen = listen_key_of(*call.account, key)) {
    listen->ends = now + kListenKeyLife;
  } else {
    for (int i = 0; i < 4; ++i) key += fmt::format("{:016x}", exchange_->random());
    listen_keys_[key] = {*call.account, now + kListenKeyLife};
  }
  return JsonObject{}.text("listenKey", key).done();
}

Outcome FuturesServer::keep_listening(Call& call, UnixNanos now) {
  call.find("listenKey");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::string key;
  ListenKey* listen = listen_key_of(*call.account, key);
  if (listen == nullptr) return refuse(-1125, "This listenKey does not exist.");
  listen->ends = now + kListenKeyLife;
  return JsonObject{}.text("listenKey", key).done();
}

Outcome FuturesServer::stop_listening(Call& call, UnixNanos) {
  call.find("listenKey");
  if (const auto* error = call.check()) return std::unexpected(*error);
  std::erase_if(listen_keys_, [&](const auto& entry) { return entry.second.account == *call.account; });
  return "{}";
}

void FuturesServer::expire_listen_keys(UnixNanos now) {
  for (auto key = listen_keys_.begin(); key != listen_keys_.end();) {
    if (now < key->second.ends) {
      ++key;
      continue;
    }
    const std::string expired = key->first;
    key = listen_keys_.erase(key);
    for (auto& [id, of] : listening_) {
      if (of != expired) continue;
      exchange_->send(
          id, JsonObject{}.text("e", "listenKeyExpired").number("E", ms(now)).text("listenKey", expired).done());
      of.clear();
    }
  }
}

// ---- user events ------------------------------------------------------------------------------------------------

void FuturesServer::tell_user(AccountId account, const std::string& text) {
  for (const auto& [id, of] : listening_) {
    const auto key = listen_keys_.find(of);
    if (key != listen_keys_.end() && key->second.account == account) tell(id, of, text);
  }
}

void FuturesServer::on_order(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) {
  if (never_was(order)) return;
  const bool algo = conditional(order);
  if (algo && fill == nullptr) tell_user(order.account, algo_update(order));
  if (working(order)) {
    // The short form is USD-M's alone.
    if (fill != nullptr && !futures_.coin_margined) tell_user(order.account, trade_lite(order, *fill));
    tell_user(order.account, order_update(order, event, fill));
  }
  if (fill != nullptr)
    tell_user(order.account, account_update(order.account, order.terms.instrument, order.position_side, "ORDER"));
  if (algo && fill != nullptr && order.status == OrderStatus::Filled) tell_user(order.account, algo_update(order));
}

std::string FuturesServer::order_update(const VenueOrder& order, const OrderEvent& event, const VenueFill* fill) const {
  const Instrument& of = instrument(order);
  JsonObject inner;
  inner.text("s", of.symbol())
      .text("c", order.client_id)
      .text("S", side_of(order.terms.side))
      .text("o", working_type_of(order))
      .text("f", futures_time_in_force_of(order.terms))
      .text("q", quantity(of, order.terms.quantity))
      .text("p", price(of, order.terms.price))
      .text("ap", average_price(of, order.value, order.filled))
      .text("sp", price(of, order.terms.trigger_price))
      .text("x", execution_of(event, fill))
      .text("X", status_of(order))
      .number("i", number_of(order))
      .text("l", quantity(of, fill != nullptr ? fill->quantity : Quantity{}))
      .text("z", quantity(of, order.filled))
      .text("L", price(of, fill != nullptr ? fill->price : Price{}));
  if (futures_.coin_margined) inner.text("ma", of.settlement());
  inner.text("N", of.settlement())
      .text("n", fill != nullptr ? money(fill->fee) : "0")
      .number("T", ms(order.updated))
      .number("t", fill != nullptr ? fill->id : 0)
      .text("b", "0")
      .text("a", "0")
      .flag("m", fill != nullptr && fill->liquidity == Liquidity::Maker)
      .flag("R", order.terms.reduce_only)
      .text("wt", trigger_of(order))
      .text("ot", order.venue_type)
      .text("ps", name_of(order.position_side))
      .flag("cp", closes(order))
      .text("AP", "0")
      .text("cr", "0")
      .flag("pP", false)
      .number("si", 0)
      .number("ss", 0)
      .text("rp", fill != nullptr ? money(fill->realised) : "0")
      .text("V", "NONE");
  return JsonObject{}
      .text("e", "ORDER_TRADE_UPDATE")
      .number("T", ms(order.updated))
      .number("E", ms(exchange_->now()))
      .raw("o", inner.done())
      .done();
}

std::string FuturesServer::trade_lite(const VenueOrder& order, const VenueFill& fill) const {
  const Instrument& of = instrument(order);
  return JsonObject{}
      .text("e", "TRADE_LITE")
      .number("E", ms(exchange_->now()))
      .number("T", ms(fill.time))
      .text("s", of.symbol())
      .text("q", quantity(of, order.terms.quantity))
      .text("p", price(of, order.terms.price))
      .flag("m", fill.liquidity == Liquidity::Maker)
      .text("c", order.client_id)
      .text("S", side_of(order.terms.side))
      .text("L", price(of, fill.price))
      .text("l", quantity(of, fill.quantity))
      .number("t", fill.id)
      .number("i", number_of(order))
      .done();
}

void FuturesServer::on_funding(const FundingCharge& charge) {
  tell_user(charge.account,
            account_update(charge.account, charge.instrument, charge.position_side, "FUNDING_FEE", -charge.paid));
}

std::string FuturesServer::account_update(AccountId account, InstrumentIndex market, PositionSide side,
                                          std::string_view reason, Money change) const {
  const Instrument& of = instrument(market);
  const AssetBalance b = wallet(account, of.settlement());
  const Position p = exchange_->position(account, market, side);
  const Money all = b.free + b.locked;
  const std::string balance = JsonObject{}
                                  .text("a", b.asset)
                                  .text("wb", money(all))
                                  .text("cw", money(all - isolated(account, b.asset)))
                                  .text("bc", change.value == 0 ? "0" : money(change))
                                  .done();
  const bool isolated_one = exchange_->margin_choice(account, market).isolated;
  const std::string position = JsonObject{}
                                   .text("s", of.symbol())
                                   .text("pa", quantity(of, p.quantity))
                                   .text("ep", price(of, p.entry))
                                   .text("bep", price(of, p.entry))
                                   .text("cr", "0")
                                   .text("up", money(p.unrealised))
                                   .text("mt", isolated_one ? "isolated" : "cross")
                                   .text("iw", money(p.isolated))
                                   .text("ps", name_of(side))
                                   .done();
  std::vector<std::string> positions;
  if (change.value == 0 || isolated_one) positions.push_back(position);
  const std::string inner =
      JsonObject{}.text("m", reason).raw("B", json_array({balance})).raw("P", json_array(positions)).done();
  JsonObject out;
  out.text("e", "ACCOUNT_UPDATE").number("T", ms(exchange_->now())).number("E", ms(exchange_->now()));
  if (futures_.coin_margined) out.text("i", fmt::format("stom{}", account));
  return out.raw("a", inner).done();
}

std::string FuturesServer::config_update(InstrumentIndex market, int leverage) const {
  const std::string inner = JsonObject{}.text("s", instrument(market).symbol()).number("l", leverage).done();
  return JsonObject{}
      .text("e", "ACCOUNT_CONFIG_UPDATE")
      .number("E", ms(exchange_->now()))
      .number("T", ms(exchange_->now()))
      .raw("ac", inner)
      .done();
}

std::string FuturesServer::algo_update(const VenueOrder& order) const {
  const Instrument& of = instrument(order);
  const std::string inner = JsonObject{}
                                .text("caid", order.client_id)
                                .number("aid", number_of(order))
                                .text("at", "CONDITIONAL")
                                .text("o", order.venue_type)
                                .text("s", of.symbol())
                                .text("S", side_of(order.terms.side))
                                .text("ps", name_of(order.position_side))
                                .text("f", futures_time_in_force_of(order.terms))
                                .text("q", quantity(of, closes(order) ? Quantity{} : order.terms.quantity))
                                .text("X", algo_status_of(order))
                                .text("ai", order.triggered ? std::to_string(order.terms.id) : "")
                                .text("ap", average_price(of, order.value, order.filled))
                                .text("aq", quantity(of, order.filled))
                                .text("act", order.triggered ? working_type_of(order) : "0")
                                .text("tp", price(of, order.terms.trigger_price))
                                .text("p", price(of, order.terms.price))
                                .text("V", "NONE")
                                .text("wt", trigger_of(order))
                                .text("pm", "NONE")
                                .flag("cp", closes(order))
                                .flag("pP", false)
                                .flag("R", order.terms.reduce_only)
                                .number("tt", order.triggered ? ms(order.updated) : 0)
                                .number("gtd", 0)
                                .text("rm", order.status == OrderStatus::Expired ? "Margin is insufficient." : "")
                                .done();
  return JsonObject{}
      .text("e", "ALGO_UPDATE")
      .number("T", ms(order.updated))
      .number("E", ms(exchange_->now()))
      .raw("o", inner)
      .done();
}

}  // namespace stom::venues::binance::server
