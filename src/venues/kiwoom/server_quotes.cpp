// Stocks, trades and books of the simulated Kiwoom.
#include <fmt/format.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

Outcome StockServer::stock_info(Call& call) {
  const auto market = market_of(call);
  if (call.error()) return std::unexpected(*call.error());
  const InstrumentIndex m = *market;
  const StockDay& day = days_[m];
  const auto expected = look_at(m, 1);
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
  j.text("exp_cntr_pric", expected ? price(m, expected->price) : "");
  j.text("exp_cntr_qty", expected ? shares(m, expected->quantity.value) : "");
  j.text("250hgst_pric_dt", day_text(call.now));
  j.text("250hgst_pric_pre_rt", "0.00").text("250lwst_pric_dt", day_text(call.now)).text("250lwst_pric_pre_rt", "0.00");
  j.text("cur_prc", price(m, day.last)).text("pre_sig", day.sign()).text("pred_pre", change(m));
  j.text("flu_rt", change_rate(m)).text("trde_qty", shares(m, day.volume)).text("trde_pre", "0.00");
  j.text("fav_unit", "원").text("dstr_stk", "0").text("dstr_rt", "0.0");
  return answer;
}

Outcome StockServer::recent_trades(Call& call) {
  const auto market = market_of(call);
  if (call.error()) return std::unexpected(*call.error());
  const InstrumentIndex m = *market;
  look_at(m, 1);
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
                        .text("cntr_trde_qty",
                              fmt::format("{}{}", trade->sell_aggressor ? "-" : "+", shares(m, trade->quantity.value)))
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

Outcome StockServer::book(Call& call) {
  const auto market = market_of(call);
  if (call.error()) return std::unexpected(*call.error());
  const InstrumentIndex m = *market;
  look_at(m, 10);
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
  const bool gathers = is_in_call(m);  // of which KRX tells no totals
  j.text("tot_sel_req_jub_pre", "0").text("tot_sel_req", gathers ? "0" : shares(m, total(view_.asks)));
  j.text("tot_buy_req", gathers ? "0" : shares(m, total(view_.bids))).text("tot_buy_req_jub_pre", "0");
  for (const auto name : {"ovt_sel_req_pre", "ovt_sel_req", "ovt_buy_req", "ovt_buy_req_pre"}) j.text(name, "0");
  return answer;
}

std::int64_t StockServer::total(const std::vector<Level>& side) {
  std::int64_t sum = 0;
  for (const auto& level : side) sum += level.quantity.value;
  return sum;
}

JsonObject StockServer::listed_json(InstrumentIndex m) const {
  JsonObject j;
  j.text("code", exchange_->instruments()[m].symbol()).text("name", names_[m]).text("listCount", "0000000000000000");
  j.text("auditInfo", "정상").text("regDay", "20200102");
  j.text("lastPrice", wide(days_[m].base.value / power_of_ten(exchange_->instruments()[m].price_decimals), 8));
  j.text("state", "증거금100%").text("marketCode", "0").text("marketName", "거래소").text("upName", "");
  j.text("upSizeName", "").text("companyClassName", "").text("orderWarning", "0").text("nxtEnable", "Y");
  return j;
}

Outcome StockServer::stock_list(Call& call) {
  const auto kind = call.text("mrkt_tp");
  if (call.error()) return std::unexpected(*call.error());
  std::vector<std::string> lines;
  if (kind == "0")
    for (InstrumentIndex m = 0; m < days_.size(); ++m) lines.push_back(listed_json(m).done());
  return page(call, "list", lines, kDone);
}

Outcome StockServer::one_stock(Call& call) {
  const auto market = market_of(call);
  if (call.error()) return std::unexpected(*call.error());
  return Answer{.json = listed_json(*market), .message = std::string{kDone}, .next = {}};
}

}  // namespace stom::venues::kiwoom::server
