// The account at the simulated Kiwoom: its open and filled orders, its cash, what it holds.
#include <fmt/format.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

std::string_view StockServer::word_of(const VenueOrder& order) const {
  const auto type = std::ranges::find(kTradeTypes, order.venue_type, &TradeType::number);
  return type == std::end(kTradeTypes) ? "" : type->word;
}

std::string StockServer::limit_of(const VenueOrder& order) const {
  return order.terms.type == OrderType::Market ? "0" : plain(order.terms.instrument, order.terms.price);
}

bool StockServer::wanted(Call& call, const VenueOrder& order, std::string_view side, std::string_view code) const {
  if (order.status == OrderStatus::Rejected || !notes_.contains(order.client_id)) return false;
  if (side == "1" && order.terms.side != Side::Sell) return false;
  if (side == "2" && order.terms.side != Side::Buy) return false;
  return order.account == call.account && (code.empty() || base_code(code) == symbol(order));
}

Outcome StockServer::open_orders(Call& call) {
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

std::string StockServer::average(const VenueOrder& order) const {
  if (order.filled.value == 0) return "0";
  const auto& instrument = exchange_->instruments()[order.terms.instrument];
  const Int128 one = value_of(instrument, {1}, order.filled).value;
  return plain(order.terms.instrument, {static_cast<std::int64_t>(divide(order.value.value, one, Rounding::HalfEven))});
}

Outcome StockServer::filled_orders(Call& call) {
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

Outcome StockServer::orders_of_day(Call& call) {
  const auto day = call.find("ord_dt"), kind = call.text("qry_tp"), side = call.text("sell_tp");
  call.text("stk_bond_tp");
  const auto code = call.find("stk_cd"), place = call.text("dmst_stex_tp");
  const auto from = whole_number(call.find("fr_ord_no"));
  if (call.error()) return std::unexpected(*call.error());
  const std::string asked{day.empty() ? day_text(exchange_->now()) : day};
  std::vector<std::string> lines;
  auto orders = exchange_->orders(call.account);
  if (kind == "2") std::ranges::reverse(orders);
  for (const VenueOrder* order : orders) {
    if (day_text(order->created) != asked || !wanted(call, *order, side, code)) continue;
    if ((kind == "3" && !order->open()) || (kind == "4" && order->filled.value == 0)) continue;
    const InstrumentIndex m = order->terms.instrument;
    const Note& note = notes_.at(order->client_id);
    if (place != "%" && place != note.exchange) continue;
    if (from && *from > 0 && whole_number(note.number).value_or(0) < *from) continue;
    const auto padded = [](std::string_view number) { return fmt::format("{:0>10}", number); };
    const auto clock = clock_text(order->created);
    JsonObject j;
    j.text("ord_no", note.number).text("stk_cd", fmt::format("A{}", symbol(*order))).text("trde_tp", word_of(*order));
    j.text("crd_tp", "보통매매").text("ord_qty", padded(shares(m, order->terms.quantity.value)));
    j.text("ord_uv", padded(limit_of(*order)))
        .text("cnfm_qty", padded("0"))
        .text("acpt_tp", "접수")
        .text("rsrv_tp", "");
    j.text("ord_tm", fmt::format("{}:{}:{}", clock.substr(0, 2), clock.substr(2, 2), clock.substr(4)));
    j.text("ori_ord", note.original).text("stk_nm", names_[m]);
    j.text("io_tp_nm", order->terms.side == Side::Buy ? "현금매수" : "현금매도").text("loan_dt", "");
    j.text("cntr_qty", padded(shares(m, order->filled.value))).text("cntr_uv", padded(average(*order)));
    j.text("ord_remnq", padded(order->open() ? shares(m, (order->terms.quantity - order->filled).value) : "0"));
    j.text("comm_ord_tp", "OpenAPI").text("mdfy_cncl", "").text("cnfm_tm", "").text("dmst_stex_tp", note.exchange);
    j.text("cond_uv", padded("0"));
    lines.push_back(j.done());
  }
  return page(call, "acnt_ord_cntr_prps_dtl", lines, "조회가 완료되었습니다");
}

Cash StockServer::cash_of(AccountId account) const {
  for (const auto& balance : exchange_->balances(account))
    if (balance.asset == "KRW") return {whole_won(balance.free), whole_won(balance.free + balance.locked)};
  return {};
}

std::vector<Held> StockServer::held_by(AccountId account) const {
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

std::int64_t StockServer::entry_price(const Holding& holding) {
  return holding.quantity == 0 ? 0
                               : static_cast<std::int64_t>(divide(holding.cost, holding.quantity, Rounding::HalfEven));
}

std::int64_t StockServer::won_price(InstrumentIndex m, Price value) const {
  return value.value / power_of_ten(exchange_->instruments()[m].price_decimals);
}

Outcome StockServer::deposit(Call& call) {
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

Outcome StockServer::account_summary(Call& call) {
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
  for (const auto name : {"tot_grnt_sella", "tdy_lspft_amt", "invt_bsamt", "lspft_amt", "tdy_lspft", "lspft2", "lspft"})
    j.text(name, wide(0, 12));
  for (const auto name : {"tdy_lspft_rt", "lspft_ratio", "lspft_rt"}) j.text(name, "0.00");
  return page(call, "stk_acnt_evlt_prst", lines, kAsked, std::move(j));
}

Outcome StockServer::holdings(Call& call) {
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

void StockServer::hold(const VenueOrder& order, const VenueFill& fill) {
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

}  // namespace stom::venues::kiwoom::server
