// What Kiwoom sends, as tables (shapes.hpp). Real-time values are named by number (FID), REST values by abbreviation;
// nearly all are strings. A sign before a price tells the direction since yesterday and is no part of the price; before
// the quantity of a trade it tells who took (+ buy, - sell). Times are times of day in Seoul. Source: the "Kiwoom REST
// API" document, by API id.
#pragma once

#include "venues/shapes.hpp"

namespace stom::venues::kiwoom {

using enum As;

inline constexpr unsigned kBlank = kMayMiss | kMayBeEmpty;

inline constexpr Term kSides[] = {{"1", "sell"}, {"2", "buy"}};
inline constexpr Term kNamedSides[] = {
    {"+매수", "buy"},     {"-매도", "sell"},     {"매수", "buy"},     {"매도", "sell"},
    {"+매수정정", "buy"}, {"-매도정정", "sell"}, {"매수정정", "buy"}, {"매도정정", "sell"},
    {"현금매수", "buy"},  {"현금매도", "sell"},  // kt00007
    {"+매수취소", "buy"}, {"-매도취소", "sell"}, {"매수취소", "buy"}, {"매도취소", "sell"},
};
inline constexpr Term kStates[] = {
    {"접수", "accepted"}, {"체결", "filled"}, {"확인", "confirmed"}, {"취소", "canceled"}, {"거부", "rejected"}};

// ---------------------------------------------------------------------------------------------------------------------
// Real time, by type.

inline constexpr Rule kTradeRules[] = {
    // 0B
    {"20", "time_of_day", ClockKst},
    {"10", "price", Magnitude},
    {"11", "change", Directed},
    {"12", "change_percent", Directed},
    {"27", "ask", Magnitude, kMayBeEmpty},  // at a limit of the day nobody may stand on the other side
    {"28", "bid", Magnitude, kMayBeEmpty},
    {"15", "quantity", TakenQuantity},
    {"13", "volume", Magnitude},
    {"14", "value", Magnitude},
    {"16", "open", Magnitude},
    {"17", "high", Magnitude},
    {"18", "low", Magnitude},
    {"25"},
    {"26"},
    {"29"},
    {"30"},
    {"31"},
    {"32"},
    {"228", "strength", Magnitude, kBlank},
    {"311"},
    {"290", "session", Text},
    {"691"},
    {"567"},
    {"568"},
    {"851"},
    {"1890"},
    {"1891"},
    {"1892"},
    {"1030", "sell_volume", Magnitude, kBlank},
    {"1031", "buy_volume", Magnitude, kBlank},
    {"1032"},
    {"1071"},
    {"1072"},
    {"1313"},
    {"1315"},
    {"1316"},
    {"1314"},
    {"1497"},
    {"1498"},
    {"620"},
    {"732"},
    {"852"},
    {"9081", "exchange", Text, kBlank},
};
inline constexpr Shape kTrade{"trade", kTradeRules};

inline constexpr Rule kQuoteRules[] = {{"27", "ask", Magnitude, kMayBeEmpty},
                                       {"28", "bid", Magnitude, kMayBeEmpty}};  // 0C
inline constexpr Shape kQuote{"quote", kQuoteRules};

inline constexpr Rule kExpectedRules[] = {
    // 0H
    {"20", "time_of_day", ClockKst},
    {"10", "price", Magnitude},
    {"11", "change", Directed},
    {"12", "change_percent", Directed},
    {"15", "quantity", Magnitude},
    {"13", "volume", Magnitude},
    {"25"},
};
inline constexpr Shape kExpected{"expected_match", kExpectedRules};

inline constexpr Rule kIndexRules[] = {
    // 0J
    {"20", "time_of_day", ClockKst},
    {"10", "price", Magnitude},
    {"11", "change", Directed},
    {"12", "change_percent", Directed},
    {"15", "quantity", Magnitude},
    {"13", "volume", Magnitude},
    {"14", "value", Magnitude},
    {"16", "open", Magnitude},
    {"17", "high", Magnitude},
    {"18", "low", Magnitude},
    {"25"},
    {"26"},
};
inline constexpr Shape kIndex{"index", kIndexRules};

inline constexpr Rule kSessionRules[] = {
    // 0s
    {"215", "session", Text},
    {"20", "time_of_day", ClockKst},
    {"214", "until_opening", Text},
};
inline constexpr Shape kSession{"session", kSessionRules};

inline constexpr Rule kInterruptionRules[] = {
    // 1h
    {"9001", "code", Text},
    {"302", "name", Text},
    {"13", "volume", Magnitude},
    {"14", "value", Magnitude},
    {"9068", "action", Text},
    {"9008", "market", Text},
    {"9075"},
    {"1221", "price", Magnitude},
    {"1223", "time_of_day", ClockKst},
    {"1224", "release_time_of_day", Text, kMayBeEmpty},
    {"1225", "interruption", Text},
    {"1236", "static_base", Magnitude},
    {"1237", "dynamic_base", Magnitude},
    {"1238", "static_gap_percent", Directed},
    {"1239", "dynamic_gap_percent", Directed},
    {"1489"},
    {"1490", "count", Magnitude},
    {"9069", "direction", Text},
    {"1279"},
};
inline constexpr Shape kInterruption{"interruption", kInterruptionRules};

inline constexpr Rule kOrderRules[] = {
    // 00
    {"9201", "account", Text},
    {"9203", "order_id", Text},
    {"9205"},
    {"9001", "code", Text},
    {"912"},
    {"913", "execution", As::Word, kMust, kStates},
    {"302", "name", Text},
    {"900", "order_quantity", Magnitude},
    {"901", "order_price", Magnitude},
    {"902", "leaves", Magnitude},
    {"903", "filled_value", Magnitude, kMayBeEmpty},
    {"904", "orig_order_id", Text},
    {"905", "order_kind", Text},
    {"906", "order_type", Text},
    {"907", "side", As::Word, kMust, kSides},
    {"908", "time_of_day", ClockKst},
    {"909", "trade_id", Text, kMayBeEmpty},
    {"910"},
    {"911"},
    {"10"},
    {"27"},
    {"28"},
    {"914", "last_price", Magnitude, kMayBeEmpty},
    {"915", "last_quantity", Magnitude, kMayBeEmpty},
    {"938", "fee", Magnitude, kMayBeEmpty},
    {"939", "tax", Magnitude, kMayBeEmpty},
    {"919", "reason", Text},
    {"920"},
    {"921"},
    {"922"},
    {"923"},
    {"10010"},
    {"2134"},
    {"2135", "exchange", Text, kBlank},
    {"2136", "sor", Text, kBlank},
};
inline constexpr Shape kOrder{"order", kOrderRules};

inline constexpr Rule kHoldingRules[] = {
    // 04
    {"9201", "account", Text},
    {"9001", "code", Text},
    {"917", "credit", Text},
    {"916"},
    {"302", "name", Text},
    {"10", "mark_price", Magnitude},
    {"930", "quantity", Magnitude},
    {"931", "entry_price", Magnitude},
    {"932", "cost", Magnitude},
    {"933", "free", Magnitude},
    {"945", "bought_today", Directed},
    {"946"},
    {"950"},
    {"951"},
    {"27"},
    {"28"},
    {"307"},
    {"8019"},
    {"957"},
    {"958"},
    {"918"},
    {"990"},
    {"991"},
    {"992"},
    {"993"},
    {"959"},
    {"924"},
};
inline constexpr Shape kHolding{"position", kHoldingRules};

inline constexpr Term kMoves[] = {{"I", "entered"}, {"D", "left"}};
inline constexpr Rule kConditionMoveRules[] = {
    // 02
    {"841", "condition", Text},
    {"9001", "instrument", Symbol},
    {"843", "change", As::Word, kMust, kMoves},
    {"20", "time_of_day", ClockKst},
    {"907"},
};
inline constexpr Shape kConditionMove{"condition_match", kConditionMoveRules};

struct RealType {
  std::string_view type;
  const Shape* shape;
};
inline constexpr RealType kRealTypes[] = {
    {"0B", &kTrade}, {"0C", &kQuote},        {"0H", &kExpected}, {"0J", &kIndex},         {"0s", &kSession},
    {"00", &kOrder}, {"1h", &kInterruption}, {"04", &kHolding},  {"02", &kConditionMove},
};

// Answers to a condition search: the codes alone, or each with its price.
inline constexpr Rule kConditionCodeRules[] = {{"jmcode", "instrument", Symbol}};
inline constexpr Shape kConditionCode{"condition_match", kConditionCodeRules};
inline constexpr Rule kConditionStockRules[] = {
    {"9001", "instrument", Symbol},   {"302", "name", Text},
    {"10", "price", Magnitude},       {"25"},
    {"11", "change_value", Directed}, {"12"},
    {"13", "volume", Magnitude},      {"16", "open", Magnitude},
    {"17", "high", Magnitude},        {"18", "low", Magnitude},
};
inline constexpr Shape kConditionStock{"condition_match", kConditionStockRules};

// ---------------------------------------------------------------------------------------------------------------------
// REST. Every answer has return_code and return_msg (two documented examples write returnCode and returnMsg).

inline constexpr Rule kRefusalRules[] = {
    {"trnm", "request", Text, kMayMiss}, {"return_code", "code", Integer}, {"return_msg", "message", Text}, {"sor_yn"}};
inline constexpr Shape kRefusal{"refusal", kRefusalRules};
inline constexpr Shape kOk{"ok", kRefusalRules};

inline constexpr Rule kTokenRules[] = {{"expires_dt", "expire_time_ns", StampKst},
                                       {"token_type"},
                                       {"token", "token", Text},
                                       {"return_code"},
                                       {"return_msg"}};
inline constexpr Shape kToken{"token", kTokenRules};

inline constexpr Rule kOrderAnswerRules[] = {
    {"ord_no", "order_id", Text},
    {"dmst_stex_tp", "exchange", Text, kBlank},
    {"base_orig_ord_no", "orig_order_id", Text, kMayMiss},
    {"mdfy_qty", "quantity", Magnitude, kMayMiss},
    {"cncl_qty", "quantity", Magnitude, kMayMiss},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kOrderAnswer{"order", kOrderAnswerRules};

inline constexpr Rule kOpenOrderRules[] = {
    // of ka10075
    {"acnt_no", "account", Text},
    {"ord_no", "order_id", Text},
    {"mang_empno"},
    {"stk_cd", "instrument", Symbol},
    {"tsk_tp"},
    {"ord_stt", "execution", As::Word, kMust, kStates},
    {"stk_nm", "name", Text},
    {"ord_qty", "quantity", Magnitude},
    {"ord_pric", "price", Magnitude},
    {"oso_qty", "leaves", Magnitude},
    {"cntr_tot_amt", "filled_value", Magnitude},
    {"orig_ord_no", "orig_order_id", Text},
    {"io_tp_nm", "side", As::Word, kMust, kNamedSides},
    {"trde_tp", "order_type", Text},
    {"tm", "time_of_day", ClockKst},
    {"cntr_no"},
    {"cntr_pric"},
    {"cntr_qty", "filled", Magnitude},
    {"cur_prc"},
    {"sel_bid"},
    {"buy_bid"},
    {"unit_cntr_pric"},
    {"unit_cntr_qty"},
    {"tdy_trde_cmsn"},
    {"tdy_trde_tax"},
    {"ind_invsr"},
    {"stex_tp"},
    {"stex_tp_txt", "exchange", Text, kBlank},
    {"sor_yn", "sor", Text, kBlank},
};
inline constexpr Shape kOpenOrder{"order", kOpenOrderRules};
inline constexpr Rule kOpenOrdersRules[] = {{"oso", "", List, kMust, {}, &kOpenOrder}, {"return_code"}, {"return_msg"}};
inline constexpr Shape kOpenOrders{"", kOpenOrdersRules};

inline constexpr Rule kDoneOrderRules[] = {
    // of ka10076
    {"ord_no", "order_id", Text},
    {"stk_nm", "name", Text},
    {"io_tp_nm", "side", As::Word, kMust, kNamedSides},
    {"ord_pric", "price", Magnitude},
    {"ord_qty", "quantity", Magnitude},
    {"cntr_pric", "average_price", Magnitude},
    {"cntr_qty", "filled", Magnitude},
    {"oso_qty", "leaves", Magnitude},
    {"tdy_trde_cmsn", "fee", Magnitude},
    {"tdy_trde_tax", "tax", Magnitude},
    {"ord_stt", "execution", As::Word, kMust, kStates},
    {"trde_tp", "order_type", Text},
    {"orig_ord_no", "orig_order_id", Text},
    {"ord_tm", "time_of_day", ClockKst},
    {"stk_cd", "instrument", Symbol},
    {"stex_tp"},
    {"stex_tp_txt", "exchange", Text, kBlank},
    {"sor_yn", "sor", Text, kBlank},
};
inline constexpr Shape kDoneOrder{"order", kDoneOrderRules};
inline constexpr Rule kDoneOrdersRules[] = {
    {"cntr", "", List, kMust, {}, &kDoneOrder}, {"return_code"}, {"return_msg"}};
inline constexpr Shape kDoneOrders{"", kDoneOrdersRules};

inline constexpr Rule kDayOrderRules[] = {
    // of kt00007
    {"ord_no", "order_id", Text},
    {"stk_cd", "instrument", Symbol},
    {"trde_tp", "order_type", Text},
    {"crd_tp"},
    {"ord_qty", "quantity", Magnitude},
    {"ord_uv", "price", Magnitude},
    {"cnfm_qty"},
    {"acpt_tp"},
    {"rsrv_tp"},
    {"ord_tm", "order_time", Text},
    {"ori_ord", "orig_order_id", Text},
    {"stk_nm", "name", Text},
    {"io_tp_nm", "side", As::Word, kMust, kNamedSides},
    {"loan_dt"},
    {"cntr_qty", "filled", Magnitude},
    {"cntr_uv", "average_price", Magnitude},
    {"ord_remnq", "leaves", Magnitude},
    {"comm_ord_tp"},
    {"mdfy_cncl"},
    {"cnfm_tm"},
    {"dmst_stex_tp", "exchange", Text, kBlank},
    {"cond_uv"},
};
inline constexpr Shape kDayOrder{"order", kDayOrderRules};
inline constexpr Rule kDayOrdersRules[] = {
    {"acnt_ord_cntr_prps_dtl", "", List, kMust, {}, &kDayOrder}, {"return_code"}, {"return_msg"}};
inline constexpr Shape kDayOrders{"", kDayOrdersRules};

inline constexpr Rule kStockRules[] = {
    // ka10001
    {"stk_cd", "instrument", Symbol},
    {"stk_nm", "name", Text},
    {"setl_mm"},
    {"fav"},
    {"cap"},
    {"flo_stk", "listed_thousands", Magnitude, kMayBeEmpty},
    {"crd_rt"},
    {"oyr_hgst"},
    {"oyr_lwst"},
    {"mac"},
    {"mac_wght"},
    {"for_exh_rt"},
    {"repl_pric"},
    {"per"},
    {"eps"},
    {"roe"},
    {"pbr"},
    {"ev"},
    {"bps"},
    {"sale_amt"},
    {"bus_pro"},
    {"cup_nga"},
    {"250hgst"},
    {"250lwst"},
    {"high_pric", "high", Magnitude, kMayBeEmpty},
    {"open_pric", "open", Magnitude, kMayBeEmpty},
    {"low_pric", "low", Magnitude, kMayBeEmpty},
    {"upl_pric", "upper_limit", Magnitude},
    {"lst_pric", "lower_limit", Magnitude},
    {"base_pric", "base_price", Magnitude},
    {"exp_cntr_pric", "expected_price", Magnitude, kMayBeEmpty},
    {"exp_cntr_qty", "expected_quantity", Magnitude, kMayBeEmpty},
    {"250hgst_pric_dt"},
    {"250hgst_pric_pre_rt"},
    {"250lwst_pric_dt"},
    {"250lwst_pric_pre_rt"},
    {"cur_prc", "price", Magnitude},
    {"pre_sig"},
    {"pred_pre", "change", Directed, kMayBeEmpty},
    {"flu_rt", "change_percent", Directed, kMayBeEmpty},
    {"trde_qty", "volume", Magnitude, kMayBeEmpty},
    {"trde_pre"},
    {"fav_unit"},
    {"dstr_stk"},
    {"dstr_rt"},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kStock{"instrument", kStockRules};

// Bars: of ticks, minutes, days, weeks, months. The newest first.
inline constexpr Rule kTimedBarRules[] = {
    {"cur_prc", "close", Magnitude},
    {"trde_qty", "volume", Magnitude},
    {"cntr_tm", "start_time_ns", StampKst},
    {"open_pric", "open", Magnitude},
    {"high_pric", "high", Magnitude},
    {"low_pric", "low", Magnitude},
    {"acc_trde_qty"},
    {"pred_pre"},
    {"pred_pre_sig"},
};
inline constexpr Shape kTimedBar{"bar", kTimedBarRules};
inline constexpr Rule kDatedBarRules[] = {
    {"cur_prc", "close", Magnitude},
    {"trde_qty", "volume", Magnitude},
    {"trde_prica", "value", Magnitude},
    {"dt", "start_time_ns", StampKst},
    {"open_pric", "open", Magnitude},
    {"high_pric", "high", Magnitude},
    {"low_pric", "low", Magnitude},
    {"pred_pre"},
    {"pred_pre_sig"},
    {"trde_tern_rt"},
};
inline constexpr Shape kDatedBar{"bar", kDatedBarRules};
inline constexpr Rule kChartRules[] = {
    {"stk_cd", "instrument", Symbol},
    {"last_tic_cnt"},
    {"stk_tic_chart_qry", "", List, kMayMiss, {}, &kTimedBar},
    {"stk_min_pole_chart_qry", "", List, kMayMiss, {}, &kTimedBar},
    {"stk_dt_pole_chart_qry", "", List, kMayMiss, {}, &kDatedBar},
    {"stk_stk_pole_chart_qry", "", List, kMayMiss, {}, &kDatedBar},
    {"stk_mth_pole_chart_qry", "", List, kMayMiss, {}, &kDatedBar},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kChart{"", kChartRules};

inline constexpr Rule kListedRules[] = {
    // ka10099, ka10100
    {"code", "instrument", Symbol},
    {"name", "name", Text},
    {"listCount", "listed", Magnitude},
    {"auditInfo", "audit", Text},
    {"regDay"},
    {"lastPrice", "previous_close", Magnitude},
    {"state", "state", Text},
    {"marketCode", "market", Text},
    {"marketName"},
    {"upName"},
    {"upSizeName"},
    {"companyClassName"},
    {"orderWarning", "warning", Text},
    {"nxtEnable", "nxt", Text},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kListed{"instrument", kListedRules};
inline constexpr Rule kSectorRules[] = {
    {"marketCode", "market", Text}, {"code", "code", Text}, {"name", "name", Text}, {"group"}};
inline constexpr Shape kSector{"sector", kSectorRules};

// Rankings: the universe of an instant, best first.
inline constexpr Rule kRankedRules[] = {
    {"stk_cls"},
    {"stk_cd", "instrument", Symbol},
    {"now_rank", "rank", Magnitude, kMayMiss},
    {"pred_rank"},
    {"stk_nm", "name", Text},
    {"cur_prc", "price", Magnitude},
    {"pred_pre_sig"},
    {"pred_pre", "change", Directed},
    {"flu_rt", "change_percent", Directed},
    {"sel_bid", "ask", Magnitude, kMayMiss},
    {"buy_bid", "bid", Magnitude, kMayMiss},
    {"sel_req"},
    {"buy_req"},
    {"now_trde_qty", "volume", Magnitude, kMayMiss},
    {"trde_qty", "volume", Magnitude, kMayMiss},
    {"prev_trde_qty"},
    {"pred_trde_qty"},
    {"sdnin_qty"},
    {"sdnin_rt"},
    {"cntr_str"},
    {"cnt"},
    {"pred_rt"},
    {"trde_tern_rt"},
    {"trde_prica", "value", Magnitude, kMayMiss},
    {"trde_amt", "value", Magnitude, kMayMiss},
    {"opmr_trde_qty"},
    {"opmr_pred_rt"},
    {"opmr_trde_rt"},
    {"opmr_trde_amt"},
    {"af_mkrt_trde_qty"},
    {"af_mkrt_pred_rt"},
    {"af_mkrt_trde_rt"},
    {"af_mkrt_trde_amt"},
    {"bf_mkrt_trde_qty"},
    {"bf_mkrt_pred_rt"},
    {"bf_mkrt_trde_rt"},
    {"bf_mkrt_trde_amt"},
};
inline constexpr Shape kRanked{"ranking", kRankedRules};
inline constexpr Rule kRankingRules[] = {
    {"trde_qty_sdnin", "", List, kMayMiss, {}, &kRanked},
    {"pred_pre_flu_rt_upper", "", List, kMayMiss, {}, &kRanked},
    {"tdy_trde_qty_upper", "", List, kMayMiss, {}, &kRanked},
    {"trde_prica_upper", "", List, kMayMiss, {}, &kRanked},
    {"return_code"},
    {"return_msg"},
    {"returnCode"},
    {"returnMsg"},
};
inline constexpr Shape kRanking{"", kRankingRules};

inline constexpr Rule kTickRules[] = {
    // of ka10003 and ka10084
    {"tm", "time_of_day", ClockKst},
    {"cur_prc", "price", Magnitude},
    {"pred_pre", "change", Directed},
    {"pre_rt"},
    {"pri_sel_bid_unit", "ask", Magnitude},
    {"pri_buy_bid_unit", "bid", Magnitude},
    {"cntr_trde_qty", "quantity", TakenQuantity},
    {"sign"},
    {"acc_trde_qty", "volume", Magnitude},
    {"acc_trde_prica"},
    {"cntr_str", "strength", Magnitude},
    {"stex_tp", "exchange", Text, kBlank},
};
inline constexpr Shape kTick{"trade", kTickRules};
inline constexpr Rule kTicksRules[] = {
    {"cntr_infr", "", List, kMayMiss, {}, &kTick},
    {"tdy_pred_cntr", "", List, kMayMiss, {}, &kTick},
    {"return_code"},
    {"return_msg"},
    {"returnCode"},
    {"returnMsg"},
};
inline constexpr Shape kTicks{"", kTicksRules};

inline constexpr Rule kInterruptedRules[] = {
    // of ka10054
    {"stk_cd", "instrument", Symbol},
    {"stk_nm", "name", Text},
    {"acc_trde_qty", "volume", Magnitude},
    {"motn_pric", "price", Magnitude},
    {"dynm_dispty_rt", "dynamic_gap_percent", Directed},
    {"trde_cntr_proc_time", "time_of_day", ClockKst},
    {"virelis_time", "release_time_of_day", Text, kMayBeEmpty},
    {"viaplc_tp", "interruption", Text},
    {"dynm_stdpc", "dynamic_base", Magnitude},
    {"static_stdpc", "static_base", Magnitude},
    {"static_dispty_rt", "static_gap_percent", Directed},
    {"open_pric_pre_flu_rt"},
    {"vimotn_cnt", "count", Magnitude},
    {"stex_tp", "exchange", Text, kBlank},
};
inline constexpr Shape kInterrupted{"interruption", kInterruptedRules};
inline constexpr Rule kInterruptionsRules[] = {
    {"motn_stk", "", List, kMust, {}, &kInterrupted}, {"return_code"}, {"return_msg"}};
inline constexpr Shape kInterruptions{"", kInterruptionsRules};

inline constexpr Rule kHeldRules[] = {
    // of kt00018
    {"stk_cd", "instrument", Symbol},
    {"stk_nm", "name", Text},
    {"evltv_prft", "unrealized_profit", Directed},
    {"prft_rt"},
    {"pur_pric", "entry_price", Magnitude},
    {"pred_close_pric", "previous_close", Magnitude},
    {"rmnd_qty", "quantity", Magnitude},
    {"trde_able_qty", "free", Magnitude},
    {"cur_prc", "mark_price", Magnitude},
    {"pred_buyq"},
    {"pred_sellq"},
    {"tdy_buyq"},
    {"tdy_sellq"},
    {"pur_amt", "cost", Magnitude},
    {"pur_cmsn"},
    {"evlt_amt", "value", Magnitude},
    {"sell_cmsn"},
    {"tax"},
    {"sum_cmsn"},
    {"poss_rt"},
    {"crd_tp", "credit", Text},
    {"crd_tp_nm"},
    {"crd_loan_dt"},
};
inline constexpr Shape kHeld{"position", kHeldRules};
inline constexpr Rule kHoldingsRules[] = {
    {"tot_pur_amt", "cost", Magnitude},
    {"tot_evlt_amt", "value", Magnitude},
    {"tot_evlt_pl", "unrealized_profit", Directed},
    {"tot_prft_rt"},
    {"prsm_dpst_aset_amt", "equity", Directed},
    {"tot_loan_amt"},
    {"tot_crd_loan_amt"},
    {"tot_crd_ls_amt"},
    {"acnt_evlt_remn_indv_tot", "", List, kMust, {}, &kHeld},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kHoldings{"account", kHoldingsRules};

inline constexpr Rule kCashRules[] = {
    // kt00001
    {"entr", "cash", Directed},
    {"profa_ch"},
    {"bncr_profa_ch"},
    {"nxdy_bncr_sell_exct"},
    {"fc_stk_krw_repl_set_amt"},
    {"crd_grnta_ch"},
    {"crd_grnt_ch"},
    {"add_grnt_ch"},
    {"etc_profa"},
    {"uncl_stk_amt"},
    {"shrts_prica"},
    {"crd_set_grnta"},
    {"chck_ina_amt"},
    {"etc_chck_ina_amt"},
    {"crd_grnt_ruse"},
    {"knx_asset_evltv"},
    {"elwdpst_evlta"},
    {"crd_ls_rght_frcs_amt"},
    {"lvlh_join_amt"},
    {"lvlh_trns_alowa"},
    {"repl_amt"},
    {"remn_repl_evlta"},
    {"trst_remn_repl_evlta"},
    {"bncr_remn_repl_evlta"},
    {"profa_repl"},
    {"crd_grnta_repl"},
    {"crd_grnt_repl"},
    {"add_grnt_repl"},
    {"rght_repl_amt"},
    {"pymn_alow_amt", "withdrawable", Magnitude},
    {"wrap_pymn_alow_amt"},
    {"ord_alow_amt", "free", Magnitude},
    {"bncr_buy_alowa"},
    {"20stk_ord_alow_amt"},
    {"30stk_ord_alow_amt"},
    {"40stk_ord_alow_amt"},
    {"100stk_ord_alow_amt"},
    {"ch_uncla"},
    {"ch_uncla_dlfe"},
    {"ch_uncla_tot"},
    {"crd_int_npay"},
    {"int_npay_amt_dlfe"},
    {"int_npay_amt_tot"},
    {"etc_loana"},
    {"etc_loana_dlfe"},
    {"etc_loan_tot"},
    {"nrpy_loan"},
    {"loan_sum"},
    {"ls_sum"},
    {"crd_grnt_rt"},
    {"mdstrm_usfe"},
    {"min_ord_alow_yn"},
    {"loan_remn_evlt_amt"},
    {"dpst_grntl_remn"},
    {"sell_grntl_remn"},
    {"d1_entra", "cash_d1", Directed},
    {"d1_slby_exct_amt"},
    {"d1_buy_exct_amt"},
    {"d1_out_rep_mor"},
    {"d1_sel_exct_amt"},
    {"d1_pymn_alow_amt"},
    {"d2_entra", "cash_d2", Directed},
    {"d2_slby_exct_amt"},
    {"d2_buy_exct_amt"},
    {"d2_out_rep_mor"},
    {"d2_sel_exct_amt"},
    {"d2_pymn_alow_amt"},
    {"50stk_ord_alow_amt"},
    {"60stk_ord_alow_amt"},
    {"stk_entr_prst"},
    {"return_code"},
    {"return_msg"},
};
inline constexpr Shape kCash{"balance", kCashRules};
inline constexpr Rule kWatchedRules[] = {
    // of ka10095
    {"stk_cd", "instrument", Symbol},
    {"stk_nm", "name", Text},
    {"cur_prc", "price", Magnitude},
    {"base_pric", "base_price", Magnitude},
    {"pred_pre", "change", Directed},
    {"pred_pre_sig"},
    {"flu_rt", "change_percent", Directed},
    {"trde_qty", "volume", Magnitude},
    {"trde_prica", "value", Magnitude},
    {"cntr_qty", "quantity", TakenQuantity},
    {"cntr_str"},
    {"pred_trde_qty_pre"},
    {"sel_bid", "ask", Magnitude},
    {"buy_bid", "bid", Magnitude},
    {"sel_1th_bid"},
    {"sel_2th_bid"},
    {"sel_3th_bid"},
    {"sel_4th_bid"},
    {"sel_5th_bid"},
    {"buy_1th_bid"},
    {"buy_2th_bid"},
    {"buy_3th_bid"},
    {"buy_4th_bid"},
    {"buy_5th_bid"},
    {"upl_pric", "upper_limit", Magnitude},
    {"lst_pric", "lower_limit", Magnitude},
    {"open_pric", "open", Magnitude},
    {"high_pric", "high", Magnitude},
    {"low_pric", "low", Magnitude},
    {"close_pric"},
    {"cntr_tm", "time_of_day", ClockKst},
    {"exp_cntr_pric"},
    {"exp_cntr_qty"},
    {"cap"},
    {"fav"},
    {"mac"},
    {"stkcnt"},
    {"bid_tm"},
    {"dt"},
    {"pri_sel_req"},
    {"pri_buy_req"},
    {"pri_sel_cnt"},
    {"pri_buy_cnt"},
    {"tot_sel_req"},
    {"tot_buy_req"},
    {"tot_sel_cnt"},
    {"tot_buy_cnt"},
    {"prty"},
    {"gear"},
    {"pl_qutr"},
    {"cap_support"},
    {"elwexec_pric"},
    {"cnvt_rt"},
    {"elwexpr_dt"},
    {"cntr_engg"},
    {"cntr_pred_pre"},
    {"theory_pric"},
    {"innr_vltl"},
    {"delta"},
    {"gam"},
    {"theta"},
    {"vega"},
    {"law"},
};
inline constexpr Shape kWatched{"ticker", kWatchedRules};
inline constexpr Rule kWatchListRules[] = {
    {"atn_stk_infr", "", List, kMust, {}, &kWatched}, {"return_code"}, {"return_msg"}};
inline constexpr Shape kWatchList{"", kWatchListRules};

inline constexpr std::string_view kOfToken[] = {"token", "expires_dt"};
inline constexpr std::string_view kOfOrder[] = {"ord_no", "return_code"};
inline constexpr std::string_view kOfOpenOrders[] = {"oso"};
inline constexpr std::string_view kOfDoneOrders[] = {"cntr"};
inline constexpr std::string_view kOfDayOrders[] = {"acnt_ord_cntr_prps_dtl"};
inline constexpr std::string_view kOfStock[] = {"stk_cd", "upl_pric", "cur_prc", "setl_mm"};
inline constexpr std::string_view kOfTickChart[] = {"stk_tic_chart_qry"};
inline constexpr std::string_view kOfMinuteChart[] = {"stk_min_pole_chart_qry"};
inline constexpr std::string_view kOfDayChart[] = {"stk_dt_pole_chart_qry"};
inline constexpr std::string_view kOfWeekChart[] = {"stk_stk_pole_chart_qry"};
inline constexpr std::string_view kOfMonthChart[] = {"stk_mth_pole_chart_qry"};
inline constexpr std::string_view kOfListed[] = {"code", "listCount"};
inline constexpr std::string_view kOfSurge[] = {"trde_qty_sdnin"};
inline constexpr std::string_view kOfMovers[] = {"pred_pre_flu_rt_upper"};
inline constexpr std::string_view kOfVolumes[] = {"tdy_trde_qty_upper"};
inline constexpr std::string_view kOfValues[] = {"trde_prica_upper"};
inline constexpr std::string_view kOfTicks[] = {"cntr_infr"};
inline constexpr std::string_view kOfDayTicks[] = {"tdy_pred_cntr"};
inline constexpr std::string_view kOfInterruptions[] = {"motn_stk"};
inline constexpr std::string_view kOfHoldings[] = {"acnt_evlt_remn_indv_tot"};
inline constexpr std::string_view kOfCash[] = {"entr", "ord_alow_amt"};
inline constexpr std::string_view kOfWatchList[] = {"atn_stk_infr"};
inline constexpr std::string_view kOfNothing[] = {"return_code", "return_msg"};
inline constexpr Known kAnswers[] = {
    {kOfToken, &kToken},
    {kOfOrder, &kOrderAnswer},
    {kOfOpenOrders, &kOpenOrders},
    {kOfDoneOrders, &kDoneOrders},
    {kOfDayOrders, &kDayOrders},
    {kOfStock, &kStock},
    {kOfTickChart, &kChart},
    {kOfMinuteChart, &kChart},
    {kOfDayChart, &kChart},
    {kOfWeekChart, &kChart},
    {kOfMonthChart, &kChart},
    {kOfListed, &kListed},
    {kOfSurge, &kRanking},
    {kOfMovers, &kRanking},
    {kOfVolumes, &kRanking},
    {kOfValues, &kRanking},
    {kOfTicks, &kTicks},
    {kOfDayTicks, &kTicks},
    {kOfInterruptions, &kInterruptions},
    {kOfHoldings, &kHoldings},
    {kOfCash, &kCash},
    {kOfWatchList, &kWatchList},
    {kOfNothing, &kOk, 4},
};

}  // namespace stom::venues::kiwoom
