#include "importers/old_orders.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/decimal.hpp"
#include "importers/old_database.hpp"

namespace stom::importers {
namespace {

/// One table, read column by column; what nobody took is named at the end.
class OldSide {
 public:
  OldSide(bool stock, bool buys, const OldColumns& columns, std::vector<std::string>& by_hand)
      : table_{fmt::format("{}{}order", stock ? "stock" : "coin", buys ? "buy" : "sell")},
        prefixes_{stock ? "주식" : "코인", buys ? "매수" : "매도"},
        by_hand_{by_hand} {
    for (const auto& [name, value] : columns) columns_.push_back({name, topic_of(name), value, false});
  }

  /// Its value as it stands there; from here on it is dealt with.
  std::optional<std::string> text(std::string_view topic) {
    const auto found = std::ranges::find(columns_, topic, &Column::topic);
    if (found == columns_.end()) return {};
    found->taken = true;
    return found->value;
  }
  std::optional<std::int64_t> whole(std::string_view topic, std::int64_t least, std::int64_t most) {
    const auto value = text(topic);
    if (!value) return {};
    const auto number = parse_decimal(*value, 0);
    if (number && *number >= least && *number <= most) return *number;
    doubt(topic, fmt::format("is no whole number in {}..{}", least, most));
    return {};
  }
  /// A switch; nothing where there is none, or it is neither on nor off.
  std::optional<bool> on(std::string_view topic) {
    const auto value = whole(topic, 0, 1);
    return value ? std::optional{*value == 1} : std::nullopt;
  }
  /// Of a switch and the value beside it: the value where the switch is on.
  std::optional<std::int64_t> whole_if(std::string_view toggle, std::string_view topic, std::int64_t most) {
    return is_on_for(toggle, topic) ? whole(topic, 1, most) : std::nullopt;
  }
  std::optional<std::string> percent_if(std::string_view toggle, std::string_view topic) {
    if (!is_on_for(toggle, topic)) return {};
    const auto value = text(topic);
    const int decimals = value ? decimals_of(*value) : -1;
    const auto number = decimals >= 0 && decimals <= 4 ? parse_decimal(*value, decimals) : Result<std::int64_t>{0};
    if (number && *number > 0) return format_decimal(*number, decimals);
    doubt(topic, "is no per cent above 0 with at most 4 decimals");
    return {};
  }
  void doubt(std::string_view topic, std::string_view why) {
    const auto found = std::ranges::find(columns_, topic, &Column::topic);
    if (found == columns_.end()) return;
    found->taken = true;
    by_hand_.push_back(fmt::format("{}.{} = {}: {}", table_, shown(found->name), shown(found->value), why));
  }
  /// Nothing that depends on it acts.
  void idle(std::initializer_list<std::string_view> topics) {
    for (const std::string_view topic : topics) text(topic);
  }
  void name_the_rest() {
    for (const Column& column : columns_)
      if (!column.taken) doubt(column.topic, "has no counterpart");
  }

  void say(std::string line) { lines_.push_back(std::move(line)); }
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  struct Column {
    std::string name, topic, value;
    bool taken;
  };
  /// 주식매수분할횟수: 분할횟수.
  std::string topic_of(std::string_view name) const {
    for (const std::string_view prefix : prefixes_)
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    return std::string{name};
  }
  bool is_on_for(std::string_view toggle, std::string_view topic) {
    const auto is_on = on(toggle);
    if (is_on == false) text(topic);  // off: its value says nothing
    return is_on == true;
  }

  std::string table_;
  std::string_view prefixes_[2];
  std::vector<std::string>& by_hand_;
  std::vector<Column> columns_;
  std::vector<std::string> lines_;
};

/// Whether it is a market order: only then what is said of limits is idle, and the reverse.
std::optional<bool> take_type(OldSide& side, bool buys) {
  constexpr std::string_view kTopic = "주문구분";
  const auto written = side.text(kTopic);
  if (!written) return {};
  std::string_view type = *written;
  std::string_view in_force;
  if (type.ends_with("IOC")) in_force = "ioc";
  if (type.ends_with("FOK")) in_force = "fok";
  if (!in_force.empty()) type.remove_suffix(3);
  const bool meets = type == "최유리" || type == "최유리지정가", rests = type == "최우선지정가";
  if (type != "시장가" && type != "지정가" && !meets && !rests) {
    side.doubt(kTopic, "is no order type that a file has");
    return {};
  }
  if (type != "시장가") side.say("type = \"limit\"");
  if (meets || rests) side.say(fmt::format("price = \"{}\"", meets == buys ? "ask1" : "bid1"));
  if (!in_force.empty()) side.say(fmt::format("time_in_force = \"{}\"", in_force));
  if (meets || rests) side.idle({"지정가기준가격", "지정가호가번호"});
  if (!in_force.empty()) side.idle({"정정횟수", "정정호가차이", "정정호가"});
  return type == "시장가";
}

void take_prices(OldSide& side, bool market) {
  if (market) {
    side.idle({"지정가기준가격", "지정가호가번호", "정정횟수", "정정호가차이", "정정호가"});
    if (const auto levels = side.whole("시장가잔량범위", 1, 5)) side.say(fmt::format("levels = {}", *levels));
    return;
  }
  side.idle({"시장가잔량범위"});
  if (const auto from = side.text("지정가기준가격")) {
    if (*from == "현재가")
      side.say("price = \"last\"");
    else if (*from == "매도1호가")
      side.say("price = \"ask1\"");
    else if (*from == "매수1호가")
      side.say("price = \"bid1\"");
    else
      side.doubt("지정가기준가격", "is none of 현재가, 매도1호가, 매수1호가");
  }
  if (const auto ticks = side.whole("지정가호가번호", -5, 5)) side.say(fmt::format("ticks = {}", *ticks));
  const auto times = side.whole("정정횟수", 0, 100);
  if (times.value_or(0) == 0) return side.idle({"정정호가차이", "정정호가"});
  side.say(fmt::format("amend_times = {}", *times));
  if (const auto beyond = side.whole("정정호가차이", 0, 1000)) side.say(fmt::format("amend_beyond = {}", *beyond));
  if (const auto ticks = side.whole("정정호가", -100, 100)) side.say(fmt::format("amend_ticks = {}", *ticks));
}

void take_parts(OldSide& side, bool buys) {
  const auto parts = side.whole("분할횟수", 1, 5);
  if (!parts) return;  // what the rest is about is not known
  if (*parts == 1)
    return side.idle(
        {"분할방법", "분할시그널", "분할하방", "분할상방", "분할하방수익률", "분할상방수익률", "분할고정수익률"});
  side.say(fmt::format("parts = {}", *parts));
  side.doubt("분할방법",
             "which shares a number stands for is not known: shares = \"equal\", \"falling\" or \"rising\"");
  if (side.on("분할시그널") == false) side.say("by_signal = false");
  const auto below = side.percent_if("분할하방", "분할하방수익률"),
             above = side.percent_if("분할상방", "분할상방수익률");
  if (below) side.say("below = \"" + *below + "\"");
  if (above) side.say("above = \"" + *above + "\"");
  if (!buys || (!below && !above)) return side.idle({"분할고정수익률"});
  if (const auto from_last = side.on("분할고정수익률"))
    side.say(fmt::format("moved_from = \"{}\"", *from_last ? "last_buy" : "return"));
}

void take_rules(OldSide& side, bool buys) {
  if (side.on(buys ? "취소매도시그널" : "취소매수시그널") == true) side.say("cancel_on_signal = true");
  if (const auto seconds = side.whole_if("취소시간", "취소시간초", 86'400))
    side.say(fmt::format("cancel_after = \"{}s\"", *seconds));
  if (side.on(buys ? "취소관심이탈" : "취소관심진입") == true)
    side.say(buys ? "cancel_unwatched = true" : "cancel_watched = true");
  if (const auto ticks = side.whole_if("금지라운드피겨", "금지라운드호가", 100))
    side.say(fmt::format("round_figure_ticks = {}", *ticks));
  if (const auto seconds = side.whole_if("금지간격", "금지간격초", 86'400))
    side.say(fmt::format("after_trade = \"{}s\"", *seconds));
  if (const auto is_on = side.on("금지시간"); is_on == true) {
    const auto from = side.whole("금지시작시간", 0, 235'959), to = side.whole("금지종료시간", 0, 235'959);
    const auto is_clock = [](std::int64_t clock) { return clock / 100 % 100 < 60 && clock % 100 < 60; };
    if (from && to && *from != *to && is_clock(*from) && is_clock(*to))
      side.say(fmt::format("not_between = [\"{:06}-{:06}\"]", *from, *to));
    else
      side.doubt("금지시간", "has no two different times of day beside it: not_between = [\"090000-090500\"]");
  } else if (is_on == false) {
    side.idle({"금지시작시간", "금지종료시간"});
  }
}

void take_black_list(OldSide& side) {
  const auto is_on = side.on("금지블랙리스트");
  const auto listed = side.text("블랙리스트");
  if (is_on != true) return;
  std::vector<std::string> codes;
  for (std::string_view rest = listed ? std::string_view{*listed} : std::string_view{}; !rest.empty();) {
    const std::string_view code = rest.substr(0, rest.find(';'));
    if (!code.empty()) codes.emplace_back(code);
    rest.remove_prefix(std::min(code.size() + 1, rest.size()));
  }
  const auto is_code = [](const std::string& code) {
    return std::ranges::all_of(code, [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-';
    });
  };
  if (codes.empty() || !std::ranges::all_of(codes, is_code))
    return side.doubt("금지블랙리스트", "has no list of codes beside it: black_list = [\"005930\"]");
  side.say(fmt::format("black_list = [\"{}\"]", fmt::join(codes, "\", \"")));
}

void take_side(OldSide& side, bool buys) {
  // Where the type is in doubt, so is what is said of prices, which is then named with the rest.
  if (const auto market = take_type(side, buys)) take_prices(side, *market);
  take_parts(side, buys);
  take_rules(side, buys);
}

}  // namespace

OldOrders old_orders(bool stock, const OldColumns& buy, const OldColumns& sell) {
  OldOrders out{.stock = stock, .grid = {}, .by_hand = {}};
  OldSide bought{stock, true, buy, out.by_hand}, sold{stock, false, sell, out.by_hand};
  take_side(bought, true);
  take_black_list(bought);
  if (const auto times = bought.whole_if("금지손절횟수", "금지손절횟수값", 1'000'000))
    bought.say(fmt::format("losses_a_day = {}", *times));
  if (const auto times = bought.whole_if("금지거래횟수", "금지거래횟수값", 1'000'000))
    bought.say(fmt::format("trades_a_day = {}", *times));
  if (const auto seconds = bought.whole_if("금지손절간격", "금지손절간격초", 86'400))
    bought.say(fmt::format("after_loss = \"{}s\"", *seconds));
  if (bought.on("금지200원이하") == true) bought.say("not_at_or_below = 200");
  bought.doubt("비중조절", "which factor its first number stands for is not known: [buy.weight]");
  take_side(sold, false);
  if (const auto parts = sold.whole_if("금지매수횟수", "금지매수횟수값", 5))
    sold.say(fmt::format("after_parts = {}", *parts));
  const auto stop = sold.percent_if("손절수익률청산", "손절수익률");
  if (const auto is_on = sold.on("손절수익금청산"); is_on == true)
    sold.doubt("손절수익금", "its unit is not known: [stop] money = 50000");
  else if (is_on == false)
    sold.idle({"손절수익금"});
  bought.name_the_rest();
  sold.name_the_rest();
  const auto table = [&](std::string_view name, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    out.grid += fmt::format("{}[{}]\n{}\n", out.grid.empty() ? "" : "\n", name, fmt::join(lines, "\n"));
  };
  table("buy", bought.lines());
  table("sell", sold.lines());
  if (stop) table("stop", {"percent = \"" + *stop + "\""});
  return out;
}

}  // namespace stom::importers
