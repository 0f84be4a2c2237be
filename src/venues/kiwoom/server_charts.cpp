// Charts and rankings of the simulated Kiwoom.
#include <fmt/format.h>

#include "venues/kiwoom/stock_server.hpp"

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {

constexpr std::int64_t kMostScope = 99;  // of a chart's bars, in ticks or minutes: its field has two digits

}  // namespace

// ---- charts, the newest first

std::int64_t StockServer::scope_of(Call& call) {
  const auto scope = whole_number(call.text("tic_scope"));
  call.text("upd_stkpc_tp");
  const bool fits = scope && *scope > 0 && *scope <= kMostScope;
  if (!fits && !call.error()) call.fail(bad_input(1517, "입력 값 형식이 올바르지 않습니다. 파라미터=tic_scope"));
  return fits ? *scope : 1;
}

Outcome StockServer::tick_chart(Call& call) {
  const auto market = market_of(call);
  const auto scope = static_cast<std::size_t>(scope_of(call));
  if (call.error()) return std::unexpected(*call.error());
  const auto& trades = exchange_->trades(*market);
  std::vector<std::string> lines;
  for (std::size_t end = trades.size(); end > 0; end -= std::min(end, scope)) {
    const std::size_t begin = end - std::min(end, scope);
    Price high = trades[begin].price, low = high;
    std::int64_t volume = 0;
    for (std::size_t i = begin; i < end; ++i) {
      high = std::max(high, trades[i].price);
      low = std::min(low, trades[i].price);
      volume += trades[i].quantity.value;
    }
    lines.push_back(timed_bar(*market, trades[begin].price, high, low, trades[end - 1].price, volume,
                              trades[end - 1].time, std::nullopt));
  }
  JsonObject before;
  before.text("stk_cd", call.find("stk_cd")).text("last_tic_cnt", "");
  return page(call, "stk_tic_chart_qry", lines, kDone, std::move(before));
}

std::string StockServer::timed_bar(InstrumentIndex m, Price open, Price high, Price low, Price close,
                                   std::int64_t volume, UnixNanos time, std::optional<std::int64_t> so_far) const {
  JsonObject j;
  const Price by = close - days_[m].base;
  j.text("cur_prc", price(m, close)).text("trde_qty", shares(m, volume)).text("cntr_tm", stamp_text(time));
  j.text("open_pric", price(m, open)).text("high_pric", price(m, high)).text("low_pric", price(m, low));
  if (so_far) j.text("acc_trde_qty", shares(m, *so_far));
  j.text("pred_pre", fmt::format("{}{}", by.value > 0 ? "+" : "", plain(m, by)));
  j.text("pred_pre_sig", by.value > 0 ? "2" : by.value < 0 ? "5" : "3");
  return j.done();
}

std::vector<Candle> StockServer::candles(InstrumentIndex m, DurationNanos length) const {
  std::vector<Candle> out;
  UnixNanos midnight = kNoTime;
  std::int64_t so_far = 0;
  for (const auto& minute : exchange_->minutes(m)) {
    if (minute.bar.volume.value == 0) continue;
    if (const auto day = midnight_before(minute.bar.time); day != midnight) midnight = day, so_far = 0;
    so_far += minute.bar.volume.value;
    const UnixNanos start = midnight + (minute.bar.time - midnight) / length * length;
    if (out.empty() || out.back().bar.time != start) {
      out.push_back({minute.bar, 0, 0});
      out.back().bar.time = start;
      out.back().bar.volume = {};
    }
    Candle& c = out.back();
    c.bar.high = std::max(c.bar.high, minute.bar.high);
    c.bar.low = std::min(c.bar.low, minute.bar.low);
    c.bar.close = minute.bar.close;
    c.bar.volume += minute.bar.volume;
    c.value += whole_won(minute.value);
    c.so_far = so_far;
  }
  std::ranges::reverse(out);
  return out;
}

Outcome StockServer::minute_chart(Call& call) {
  const auto market = market_of(call);
  const auto scope = scope_of(call);
  if (call.error()) return std::unexpected(*call.error());
  std::vector<std::string> lines;
  for (const Candle& c : candles(*market, scope * kMinute))
    lines.push_back(
        timed_bar(*market, c.bar.open, c.bar.high, c.bar.low, c.bar.close, c.bar.volume.value, c.bar.time, c.so_far));
  JsonObject before;
  before.text("stk_cd", call.find("stk_cd"));
  return page(call, "stk_min_pole_chart_qry", lines, kDone, std::move(before));
}

Outcome StockServer::day_chart(Call& call) {
  const auto market = market_of(call);
  const auto until = call.text("base_dt");
  call.text("upd_stkpc_tp");
  if (call.error()) return std::unexpected(*call.error());
  const InstrumentIndex m = *market;
  const auto days = candles(m, kDay);
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < days.size(); ++i) {
    const Bar& bar = days[i].bar;
    if (day_text(bar.time) > until) continue;
    const Price by = bar.close - (i + 1 < days.size() ? days[i + 1].bar.close : bar.open);
    JsonObject j;
    j.text("cur_prc", plain(m, bar.close)).text("trde_qty", shares(m, bar.volume.value));
    j.text("trde_prica", millions(days[i].value)).text("dt", day_text(bar.time));
    j.text("open_pric", plain(m, bar.open)).text("high_pric", plain(m, bar.high)).text("low_pric", plain(m, bar.low));
    j.text("pred_pre", fmt::format("{}{}", by.value > 0 ? "+" : "", plain(m, by)));
    j.text("pred_pre_sig", by.value > 0 ? "2" : by.value < 0 ? "5" : "3").text("trde_tern_rt", "+0.00");
    lines.push_back(j.done());
  }
  JsonObject before;
  before.text("stk_cd", call.find("stk_cd"));
  return page(call, "stk_dt_pole_chart_qry", lines, kDone, std::move(before));
}

JsonObject StockServer::ranked_json(InstrumentIndex m, JsonObject j) const {
  j.text("stk_cd", exchange_->instruments()[m].symbol()).text("stk_nm", names_[m]);
  j.text("cur_prc", price(m, days_[m].last)).text("pred_pre_sig", days_[m].sign());
  j.text("pred_pre", change(m)).text("flu_rt", change_rate(m));
  return j;
}

std::int64_t StockServer::rate(InstrumentIndex m) const {
  const StockDay& day = days_[m];
  return day.base.value == 0 ? 0 : (day.last.value - day.base.value) * 1'000'000 / day.base.value;
}

// ---- rankings

Outcome StockServer::by_change(Call& call) {
  const auto sort = call.text("sort_tp");
  if (call.error()) return std::unexpected(*call.error());
  const std::int64_t way = sort == "3" || sort == "4" ? -1 : 1;
  std::vector<std::string> lines;
  for (const auto m : ranked([&](InstrumentIndex i) { return way * rate(i); })) {
    if (way * rate(m) < 0) break;
    exchange_->book(m, 1, view_);
    JsonObject j;
    j.text("stk_cls", "0");
    j = ranked_json(m, std::move(j));
    j.text("sel_req", view_.asks.empty() ? "0" : shares(m, view_.asks[0].quantity.value));
    j.text("buy_req", view_.bids.empty() ? "0" : shares(m, view_.bids[0].quantity.value));
    j.text("now_trde_qty", shares(m, days_[m].volume)).text("cntr_str", strength(m)).text("cnt", "1");
    lines.push_back(j.done());
  }
  return page(call, "pred_pre_flu_rt_upper", lines, kDone);
}

Outcome StockServer::by_volume(Call& call) {
  call.text("sort_tp");
  if (call.error()) return std::unexpected(*call.error());
  std::vector<std::string> lines;
  for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].volume; })) {
    JsonObject j = ranked_json(m);
    j.text("trde_qty", shares(m, days_[m].volume)).text("pred_rt", "+0.00").text("trde_tern_rt", "+0.00");
    j.text("trde_amt", millions(days_[m].value));
    for (const auto part : {"opmr", "af_mkrt", "bf_mkrt"})
      j.text(fmt::format("{}_trde_qty", part), "0")
          .text(fmt::format("{}_pred_rt", part), "0.00")
          .text(fmt::format("{}_trde_rt", part), "+0.00")
          .text(fmt::format("{}_trde_amt", part), "0");
    lines.push_back(j.done());
  }
  return page(call, "tdy_trde_qty_upper", lines, kDone);
}

Outcome StockServer::by_value(Call& call) {
  call.text("mrkt_tp");
  if (call.error()) return std::unexpected(*call.error());
  std::vector<std::string> lines;
  for (const auto m : ranked([&](InstrumentIndex i) { return days_[i].value; })) {
    const auto rank = std::to_string(lines.size() + 1);
    JsonObject j;
    j.text("stk_cd", exchange_->instruments()[m].symbol()).text("now_rank", rank).text("pred_rank", rank);
    j.text("stk_nm", names_[m]).text("cur_prc", price(m, days_[m].last)).text("pred_pre_sig", days_[m].sign());
    j.text("pred_pre", change(m)).text("flu_rt", change_rate(m));
    j.text("sel_bid", price(m, best_[m][0])).text("buy_bid", price(m, best_[m][1]));
    j.text("now_trde_qty", shares(m, days_[m].volume)).text("pred_trde_qty", "0");
    j.text("trde_prica", millions(days_[m].value));
    lines.push_back(j.done());
  }
  return page(call, "trde_prica_upper", lines, kDone);
}

}  // namespace stom::venues::kiwoom::server
