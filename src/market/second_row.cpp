#include "market/second_row.hpp"

#include <algorithm>

#include "core/round.hpp"
#include "market/krx_words.hpp"

namespace stom {
namespace {

constexpr double kStrengthCap = 500;  // of coins
constexpr double kMillion = 1'000'000;
/// An interruption gathers orders for two minutes and up to 30 seconds; the closing call for ten, the opening one
/// for 30.
constexpr DurationNanos kLongestInterruption = 5 * kMinute;
constexpr DurationNanos kAfterRelease = 5 * kSecond;  // what STOM adds to the release
constexpr DurationNanos kLatest = kMinute;            // no message is later than this behind another

/// In which rows a field is.
enum class In : std::uint8_t { Both, Second, Minute };

struct Listed {
  RowField field;
  In in = In::Both;
};

constexpr Listed kFields[] = {
    {{"현재가", "price", "price", [](const SecondRow& r) { return r.price; }}},
    {{"시가", "open", "price", [](const SecondRow& r) { return r.open; }}},
    {{"고가", "high", "price", [](const SecondRow& r) { return r.high; }}},
    {{"저가", "low", "price", [](const SecondRow& r) { return r.low; }}},
    {{"등락율", "change", "%", [](const SecondRow& r) { return r.change; }}},
    {{"당일거래대금", "day_value", "quote currency; KRX: million won", [](const SecondRow& r) { return r.day_value; }}},
    {{"체결강도", "strength", "%", [](const SecondRow& r) { return r.strength; }}},
    {{"초당매수수량", "bought_per_second", "quantity", [](const SecondRow& r) { return r.bought; }}, In::Second},
    {{"초당매도수량", "sold_per_second", "quantity", [](const SecondRow& r) { return r.sold; }}, In::Second},
    {{"초당거래대금", "value_per_second", "as day_value", [](const SecondRow& r) { return r.value; }}, In::Second},
    {{"분당매수수량", "bought_per_minute", "quantity", [](const SecondRow& r) { return r.bought; }}, In::Minute},
    {{"분당매도수량", "sold_per_minute", "quantity", [](const SecondRow& r) { return r.sold; }}, In::Minute},
    {{"분봉시가", "minute_open", "price", [](const SecondRow& r) { return r.minute_open; }}, In::Minute},
    {{"분봉고가", "minute_high", "price", [](const SecondRow& r) { return r.minute_high; }}, In::Minute},
    {{"분봉저가", "minute_low", "price", [](const SecondRow& r) { return r.minute_low; }}, In::Minute},
    {{"분당거래대금", "value_per_minute", "as day_value", [](const SecondRow& r) { return r.value; }}, In::Minute},
    {{"고저평균대비등락율", "high_low_mean_change", "%", [](const SecondRow& r) { return r.high_low_change; }}},
    {{"매도총잔량", "total_ask_quantity", "quantity", [](const SecondRow& r) { return r.total_ask; }}},
    {{"매수총잔량", "total_bid_quantity", "quantity", [](const SecondRow& r) { return r.total_bid; }}},
    {{"매도호가5", "ask_price_5", "price", [](const SecondRow& r) { return r.ask_price[4]; }}},
    {{"매도호가4", "ask_price_4", "price", [](const SecondRow& r) { return r.ask_price[3]; }}},
    {{"매도호가3", "ask_price_3", "price", [](const SecondRow& r) { return r.ask_price[2]; }}},
    {{"매도호가2", "ask_price_2", "price", [](const SecondRow& r) { return r.ask_price[1]; }}},
    {{"매도호가1", "ask_price_1", "price", [](const SecondRow& r) { return r.ask_price[0]; }}},
    {{"매수호가1", "bid_price_1", "price", [](const SecondRow& r) { return r.bid_price[0]; }}},
    {{"매수호가2", "bid_price_2", "price", [](const SecondRow& r) { return r.bid_price[1]; }}},
    {{"매수호가3", "bid_price_3", "price", [](const SecondRow& r) { return r.bid_price[2]; }}},
    {{"매수호가4", "bid_price_4", "price", [](const SecondRow& r) { return r.bid_price[3]; }}},
    {{"매수호가5", "bid_price_5", "price", [](const SecondRow& r) { return r.bid_price[4]; }}},
    {{"매도잔량5", "ask_quantity_5", "quantity", [](const SecondRow& r) { return r.ask_quantity[4]; }}},
    {{"매도잔량4", "ask_quantity_4", "quantity", [](const SecondRow& r) { return r.ask_quantity[3]; }}},
    {{"매도잔량3", "ask_quantity_3", "quantity", [](const SecondRow& r) { return r.ask_quantity[2]; }}},
    {{"매도잔량2", "ask_quantity_2", "quantity", [](const SecondRow& r) { return r.ask_quantity[1]; }}},
    {{"매도잔량1", "ask_quantity_1", "quantity", [](const SecondRow& r) { return r.ask_quantity[0]; }}},
    {{"매수잔량1", "bid_quantity_1", "quantity", [](const SecondRow& r) { return r.bid_quantity[0]; }}},
    {{"매수잔량2", "bid_quantity_2", "quantity", [](const SecondRow& r) { return r.bid_quantity[1]; }}},
    {{"매수잔량3", "bid_quantity_3", "quantity", [](const SecondRow& r) { return r.bid_quantity[2]; }}},
    {{"매수잔량4", "bid_quantity_4", "quantity", [](const SecondRow& r) { return r.bid_quantity[3]; }}},
    {{"매수잔량5", "bid_quantity_5", "quantity", [](const SecondRow& r) { return r.bid_quantity[4]; }}},
    {{"매도수5호가잔량합", "five_level_quantity", "quantity", [](const SecondRow& r) { return r.five_levels; }}},
    {{"데이터길이", "row_count", "rows", [](const SecondRow& r) { return r.length; }}},
    {{"시분초", "clock", "HHMMSS", [](const SecondRow& r) { return r.clock; }}},
    {{"호가단위", "tick_size", "price", [](const SecondRow& r) { return r.tick; }}},
};

constexpr RowField kKrxFields[] = {
    {"전일비", "day_volume_ratio", "%", [](const SecondRow& r) { return r.day_volume_ratio; }},
    {"라운드피겨위5호가이내", "above_round_figure", "1 or 0", [](const SecondRow& r) { return r.round_figure; }},
    {"VI가격", "vi_price", "price", [](const SecondRow& r) { return r.vi_price; }},
    {"VI호가단위", "vi_tick_size", "price", [](const SecondRow& r) { return r.vi_tick; }},
    {"VI해제시간", "vi_release_time", "YYYYMMDDHHMMSS", [](const SecondRow& r) { return r.vi_release; }},
    {"VI아래5호가", "vi_five_ticks_below", "price", [](const SecondRow& r) { return r.vi_below; }},
};

constexpr bool is_in(const Listed& listed, In mode) { return listed.in == In::Both || listed.in == mode; }

/// With KRX's at the end.
template <In mode>
consteval auto fields_of() {
  constexpr auto count = std::ranges::count_if(kFields, [](const Listed& listed) { return is_in(listed, mode); });
  std::array<RowField, static_cast<std::size_t>(count) + std::size(kKrxFields)> fields{};
  auto next = fields.begin();
  for (const Listed& listed : kFields)
    if (is_in(listed, mode)) *next++ = listed.field;
  std::ranges::copy(kKrxFields, next);
  return fields;
}

constexpr auto kSecondFields = fields_of<In::Second>();
constexpr auto kMinuteFields = fields_of<In::Minute>();

/// YYYYMMDD.
std::int64_t day_digits(std::int32_t day) {
  const auto [year, month, of_month] = civil_of_day(day);
  return year * 10'000LL + month * 100 + of_month;
}

std::int64_t clock_digits(DurationNanos into_day) {
  const std::int64_t seconds = into_day / kSecond;
  return seconds / 3600 * 10'000 + seconds / 60 % 60 * 100 + seconds % 60;
}

}  // namespace

std::span<const RowField> row_fields(bool minute, bool krx) {
  const auto all = minute ? std::span<const RowField>{kMinuteFields} : std::span<const RowField>{kSecondFields};
  return krx ? all : all.first(all.size() - std::size(kKrxFields));
}

bool has_krx_words(const Instrument& instrument) { return calendar_of(instrument.id).name == "krx"; }

RowBuilder::RowBuilder(const Instrument& instrument, RowSpec spec)
    : calendar_{calendar_of(instrument.id)},
      instrument_{instrument},
      spec_{spec},
      stock_{calendar_.name == "krx" || calendar_.name == "us"},
      krx_{calendar_.name == "krx"},
      base_tick_{instrument.base_tick().value},
      price_unit_{static_cast<double>(power_of_ten(instrument.price_decimals))},
      quantity_unit_{static_cast<double>(power_of_ten(instrument.quantity_decimals))},
      value_unit_{krx_ ? kMillion : 1} {}

const SecondRow* RowBuilder::apply(const FeedMessage& message) {
  if (is_watch(message.kind)) return nullptr;  // by our clock, and rows are by the venue's
  // Best prices beside a book are in no row, and some venues send them without a time: ours, which stands in its place,
  // must not become the time of the book that comes next.
  if (message.kind == FeedKind::Quote && !message.replaces_book && !message.auction) return nullptr;
  now_ = time_of(message);
  const std::int32_t day = calendar_.trading_day(now_);
  if (day_ != day) begin_day(day);
  if (message.auction && !gathering_since_) gathering_since_ = now_;
  switch (message.kind) {
    case FeedKind::Depth:
      for (const FeedLevel& level : message.bid_levels()) book_.set_bid(level.tick, level.quantity);
      for (const FeedLevel& level : message.ask_levels()) book_.set_ask(level.tick, level.quantity);
      break;
    case FeedKind::Snapshot:
      apply_snapshot(book_, message);
      stale_ = false;
      break;
    case FeedKind::Quote:
      if (!message.replaces_book) return nullptr;
      book_.set_touch(message.first[0].tick, message.first[0].quantity, message.first[1].tick,
                      message.first[1].quantity);
      stale_ = false;
      break;
    case FeedKind::Trade:
      trade(message);
      return nullptr;
    case FeedKind::Gap:
      stale_ = true;
      return nullptr;
    case FeedKind::Mark:
    case FeedKind::Bar:
    case FeedKind::Watched:
    case FeedKind::Unwatched:
      return nullptr;
  }
  if (!message.auction) gathering_since_.reset();
  const std::int64_t span = now_ / (spec_.minute ? kMinute : kSecond);
  if (stale_ || span == emitted_) return nullptr;
  if (spec_.rule == RowRule::Stom) {
    Tick tick = book_.best_bid();
    for (std::size_t n = 1; n < SecondRow::kLevels && tick != kNoBid; ++n) tick = book_.bids().at_or_below(tick - 1);
    if (tick == kNoBid) return nullptr;
  }
  emitted_ = span;
  return emit(now_);
}

UnixNanos RowBuilder::time_of(const FeedMessage& message) {
  const UnixNanos time = message.exchange_time;
  return now_ != kNoTime && time < now_ && now_ - time <= kLatest ? now_ : time;
}

void RowBuilder::begin_day(std::int32_t day) {
  const bool known = day_ && last_ != kNoBid && is_next_trading_day(*day_, day);
  previous_close_ = known ? last_ : kNoBid;
  previous_volume_ = known ? day_bought_ + day_sold_ : 0;
  day_ = day;
  vi_reference_ = kNoBid;
  vi_price_ = vi_tick_ = vi_below_ = SecondRow::kUnknown;
  vi_released_ = kNoTime;
  gathering_since_.reset();
  last_ = open_ = high_ = low_ = part_open_ = part_high_ = part_low_ = kNoBid;
  day_bought_ = day_sold_ = bought_ = sold_ = rows_ = 0;
  day_value_ = value_ = 0;
}

/// No day between the two on which its market trades; coins trade every day.
bool RowBuilder::is_next_trading_day(std::int32_t before, std::int32_t day) const {
  constexpr std::int32_t kLongestHolidays = 15;
  if (day <= before || day - before > kLongestHolidays) return false;
  for (std::int32_t between = before + 1; between < day; ++between) {
    const std::int32_t weekday = (between + 4) % 7;  // 1970-01-01 was a Thursday; Sunday is 0
    if (!stock_ || (weekday != 0 && weekday != 6 && !std::ranges::binary_search(calendar_.closed, between)))
      return false;
  }
  return true;
}

/// An auction between trades that took no longer than an interruption's is one. The opening call's comes first of all.
void RowBuilder::note_auction() {
  if (vi_reference_ == kNoBid || !gathering_since_) return;
  const DurationNanos gathered = now_ - *gathering_since_;
  if (gathered > 0 && gathered <= kLongestInterruption) vi_released_ = now_;
}

void RowBuilder::measure_vi_from(Tick reference) {
  vi_reference_ = reference;
  const Price price = vi_price(instrument_, {reference * base_tick_});
  vi_price_ = static_cast<double>(price.value) / price_unit_;
  vi_tick_ = static_cast<double>(instrument_.tick_at(price).value) / price_unit_;
  vi_below_ = static_cast<double>(five_ticks_below(instrument_, price).value) / price_unit_;
}

void RowBuilder::trade(const FeedMessage& message) {
  const auto [tick, quantity] = *message.first;
  if (krx_ && (message.auction || vi_reference_ == kNoBid)) {
    if (message.auction) note_auction();
    measure_vi_from(tick);
  }
  last_ = tick;
  const auto widen = [tick](Tick& open, Tick& high, Tick& low) {
    if (open == kNoBid) open = high = low = tick;
    high = std::max(high, tick);
    low = std::min(low, tick);
  };
  widen(open_, high_, low_);
  widen(part_open_, part_high_, part_low_);
  (message.sell_aggressor ? sold_ : bought_) += quantity;
  (message.sell_aggressor ? day_sold_ : day_bought_) += quantity;
  const Int128 value = static_cast<Int128>(tick * base_tick_) * quantity * instrument_.contract_size;
  value_ += value;
  day_value_ += value;
}

const SecondRow* RowBuilder::emit(UnixNanos time) {
  SecondRow row;
  row.time = time;
  std::int64_t clock = clock_digits(time - calendar_.start_of(*day_));
  if (spec_.minute) clock = clock / 100 * 100;
  row.clock = static_cast<double>(clock);
  row.index = day_digits(*day_) * 1'000'000 + clock;
  if (spec_.minute) row.index /= 100;
  row.length = static_cast<double>(++rows_);
  if (last_ != kNoBid) {
    row.price = price_of(last_);
    row.open = price_of(open_);
    row.high = price_of(high_);
    row.low = price_of(low_);
    row.high_low_change = round_decimals((row.price / ((row.high + row.low) / 2) - 1) * 100, 2);
    row.tick = static_cast<double>(instrument_.tick_at({last_ * base_tick_}).value) / price_unit_;
    if (previous_close_ != kNoBid) row.change = (row.price / price_of(previous_close_) - 1) * 100;
  }
  if (part_open_ != kNoBid) {
    row.minute_open = price_of(part_open_);
    row.minute_high = price_of(part_high_);
    row.minute_low = price_of(part_low_);
  }
  if (day_sold_ > 0) row.strength = static_cast<double>(day_bought_) / static_cast<double>(day_sold_) * 100;
  if (!stock_ && (day_sold_ > 0 || day_bought_ > 0))
    row.strength = day_sold_ == 0 ? kStrengthCap : std::min(kStrengthCap, row.strength);
  row.bought = quantity_of(bought_);
  row.sold = quantity_of(sold_);
  row.value = value_in_units(value_);
  row.day_value = value_in_units(day_value_);
  std::int64_t bids = 0, asks = 0, five = 0;
  std::size_t n = 0;
  for (Tick t = book_.best_bid(); t != kNoBid; t = book_.bids().at_or_below(t - 1), ++n) {
    const std::int64_t quantity = book_.bid_quantity(t);
    bids += quantity;
    if (n >= SecondRow::kLevels) continue;
    five += quantity;
    row.bid_price[n] = price_of(t);
    row.bid_quantity[n] = quantity_of(quantity);
  }
  n = 0;
  for (Tick t = book_.best_ask(); t != kNoAsk; t = book_.asks().at_or_above(t + 1), ++n) {
    const std::int64_t quantity = book_.ask_quantity(t);
    asks += quantity;
    if (n >= SecondRow::kLevels) continue;
    five += quantity;
    row.ask_price[n] = price_of(t);
    row.ask_quantity[n] = quantity_of(quantity);
  }
  row.total_bid = quantity_of(bids);
  row.total_ask = quantity_of(asks);
  row.five_levels = quantity_of(five);
  if (krx_) add_krx_words(row);
  bought_ = sold_ = 0;
  value_ = 0;
  part_open_ = part_high_ = part_low_ = kNoBid;
  row_ = row;
  return &row_;
}

void RowBuilder::add_krx_words(SecondRow& row) const {
  if (previous_volume_ > 0)
    row.day_volume_ratio = static_cast<double>(day_bought_ + day_sold_) / static_cast<double>(previous_volume_) * 100;
  if (last_ != kNoBid) {
    const std::int64_t won = last_ * base_tick_ / power_of_ten(instrument_.price_decimals);
    row.round_figure = is_above_round_figure(won, *day_) ? 1 : 0;
  }
  row.vi_price = vi_price_;
  row.vi_tick = vi_tick_;
  row.vi_below = vi_below_;
  if (vi_released_ != kNoTime) {
    const std::int64_t clock = clock_digits(vi_released_ + kAfterRelease - calendar_.start_of(*day_));
    row.vi_release = static_cast<double>(day_digits(*day_) * 1'000'000 + clock);
  }
}

}  // namespace stom
