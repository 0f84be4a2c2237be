// Tables of text: a plan says what each column means, one decoder follows it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/decimal.hpp"
#include "core/utf8.hpp"
#include "importers/decoders.hpp"

namespace stom::importers {
namespace {

using Role = TablePlan::Role;
using Kind = TablePlan::Kind;

constexpr std::string_view kBroken = "correct the line, or leave it out with --skip-bad";
std::unexpected<Error> broken(std::string message) {
  return fail(Errc::BadData, std::move(message), std::string{kBroken});
}

/// "1.5e-05" and a point moved `shift` digits to the left, as a plain decimal; nothing where it is no number.
bool plain_decimal(std::string_view text, int shift, std::string& out) {
  int exponent = -shift;
  if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
    auto digits = text.substr(e + 1);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    int value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < -60 || value > 60) return false;
    exponent += value;
    text = text.substr(0, e);
  }
  if (decimals_of(text) < 0) return false;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const auto dot = std::min(text.find('.'), text.size());
  std::string digits{text.substr(0, dot)};
  if (dot < text.size()) digits += text.substr(dot + 1);
  auto point = static_cast<std::ptrdiff_t>(dot) + exponent;
  if (point < 1) {
    digits.insert(0, static_cast<std::size_t>(1 - point), '0');
    point = 1;
  }
  if (point > static_cast<std::ptrdiff_t>(digits.size()))
    digits.append(static_cast<std::size_t>(point) - digits.size(), '0');
  out = negative ? "-" : "";
  out += digits.substr(0, static_cast<std::size_t>(point));
  if (static_cast<std::size_t>(point) < digits.size()) out += '.' + digits.substr(static_cast<std::size_t>(point));
  return true;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// "Best Bid_Price" -> "bestbidprice".
std::string plain_name(std::string_view name) {
  std::string out;
  for (const char c : trimmed(name))
    if (c != ' ' && c != '_' && c != '-' && c != '.') out += lower(c);
  return out;
}

class TableDecoder final : public LineDecoder {
 public:
  explicit TableDecoder(TablePlan plan) : plan_{std::move(plan)} {}

  bool gives_bars() const override { return plan_.kind == Kind::Bar; }
  bool gives_actions() const override { return plan_.kind == Kind::Action; }
  void learn(Decimals at_least) override {
    prices_.learn(at_least.price);
    quantities_.learn(at_least.quantity);
    lines_ = 0;
  }
  void read(Decimals decimals) override {
    prices_.read(decimals.price);
    quantities_.read(decimals.quantity);
    lines_ = 0;
  }
  Decimals learned() const override { return {prices_.learned(), quantities_.learned()}; }
  std::uint64_t rounded() const override { return prices_.rounded() + quantities_.rounded(); }

  Result<void> line(std::string_view text, Rows& out) override {
    if (lines_++ < plan_.header_lines) return {};
    if (!split_fields(text, plan_.separators, fields_)) return broken("a quote is opened and not closed");
    if (fields_.size() < plan_.fields)
      return broken(fmt::format("{} fields where {} belong", fields_.size(), plan_.fields));
    // A comma in a number ("1,010") moves what follows into other columns.
    if (plan_.named > 0)
      for (std::size_t i = plan_.named; i < fields_.size(); ++i)
        if (!fields_[i].empty())
          return broken(fmt::format("{} fields where the header names {}", fields_.size(), plan_.named));
    if (auto encoded = check_encoding(text, kBroken); !encoded) return encoded;
    if (plan_.kind == Kind::Action) return actions(out);
    const auto time = time_in(Role::kTime);
    if (!time) return std::unexpected(time.error());
    switch (plan_.kind) {
      case Kind::Bar:
        return bar(*time + plan_.time_shift, out);
      case Kind::Trade:
        return trade(*time, out);
      case Kind::Quote:
        return quote(*time + plan_.time_shift, out);
      case Kind::MarkPrice:
        return mark_price(*time, out);
      case Kind::Action:
        break;  // has no time
    }
    return {};
  }

 private:
  bool has(Role role) const { return plan_.column[role] >= 0; }
  std::string_view field(Role role) const { return fields_[static_cast<std::size_t>(plan_.column[role])]; }
  Result<UnixNanos> time_in(Role role) const { return read_time(field(role), plan_.time); }
  Result<UnixNanos> time_or_none(Role role) const {
    return has(role) && !field(role).empty() ? time_in(role) : Result<UnixNanos>{kNoTime};
  }
  Result<Price> price(Role role, std::string_view name) {
    if (!has(role) || (plan_.empty_is_zero && field(role).empty())) return Price{};
    const auto value = prices_.number(field(role), plan_.price_shift, name);
    if (!value) return std::unexpected(value.error());
    return Price{*value};
  }
  Result<Quantity> quantity(Role role, std::string_view name) {
    if (!has(role) || (plan_.empty_is_zero && field(role).empty())) return Quantity{};
    const auto value = quantities_.number(field(role), 0, name);
    if (!value) return std::unexpected(value.error());
    return Quantity{*value};
  }
  /// An id that is a number; others (a UUID) are not kept.
  std::int64_t id() const {
    if (!has(Role::kId)) return 0;
    const auto text = field(Role::kId);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value >= 0 ? value : 0;
  }

  Result<void> bar(UnixNanos time, Rows& out) {
    const auto close = price(Role::kClose, "close");
    const auto open = has(Role::kOpen) ? price(Role::kOpen, "open") : close;
    const auto high = has(Role::kHigh) ? price(Role::kHigh, "high") : close;
    const auto low = has(Role::kLow) ? price(Role::kLow, "low") : close;
    const auto volume = quantity(Role::kVolume, "volume");
    for (const auto* p : {&open, &high, &low, &close})
      if (!*p) return std::unexpected(p->error());
    if (!volume) return std::unexpected(volume.error());
    out.bars.push_back({time, *open, *high, *low, *close, *volume});
    return {};
  }

  Result<std::uint8_t> aggressor() const {
    if (has(Role::kMaker)) {
      const auto text = plain_name(field(Role::kMaker));
      if (text == "true" || text == "1") return kSellAggressor;
      if (text == "false" || text == "0") return std::uint8_t{0};
      return broken(fmt::format("is_buyer_maker '{}' is neither true nor false", field(Role::kMaker).substr(0, 20)));
    }
    if (has(Role::kSide)) {
      const auto text = plain_name(field(Role::kSide));
      if (text == "sell" || text == "s" || text == "ask" || text == "매도") return kSellAggressor;
      if (text == "buy" || text == "b" || text == "bid" || text == "매수") return std::uint8_t{0};
      if (text.empty() || text == "unknown") return kNoAggressor;
      return broken(fmt::format("side '{}' is neither buy nor sell", field(Role::kSide).substr(0, 20)));
    }
    return kNoAggressor;
  }

  Result<void> trade(UnixNanos time, Rows& out) {
    const auto receive = time_or_none(Role::kReceive);
    const auto p = price(Role::kPrice, "price");
    const auto q = quantity(Role::kQuantity, "quantity");
    const auto flags = aggressor();
    if (!receive) return std::unexpected(receive.error());
    if (!p) return std::unexpected(p.error());
    if (!q) return std::unexpected(q.error());
    if (!flags) return std::unexpected(flags.error());
    Message m{.receive_time = *receive,
              .transaction_time = time,
              .first_update_id = id(),
              .bids = 1,
              .kind = MessageKind::Trade,
              .flags = *flags};
    return push(m, {{*p, *q}}, out);
  }

  Result<void> quote(UnixNanos time, Rows& out) {
    const auto receive = time_or_none(Role::kReceive), event = time_or_none(Role::kEvent);
    const auto bid = price(Role::kBid, "bid"), ask = price(Role::kAsk, "ask");
    const auto bid_size = quantity(Role::kBidSize, "bid size"), ask_size = quantity(Role::kAskSize, "ask size");
    for (const auto* t : {&receive, &event})
      if (!*t) return std::unexpected(t->error());
    for (const auto* p : {&bid, &ask})
      if (!*p) return std::unexpected(p->error());
    for (const auto* q : {&bid_size, &ask_size})
      if (!*q) return std::unexpected(q->error());
    Message m{.receive_time = *receive,
              .event_time = *event,
              .transaction_time = time,
              .final_update_id = id(),
              .bids = 1,
              .asks = 1,
              .kind = MessageKind::Quote};
    return push(m, {{*bid, *bid_size}, {*ask, *ask_size}}, out);
  }

  Result<void> mark_price(UnixNanos time, Rows& out) {
    const auto mark = price(Role::kMark, "mark price"), index = price(Role::kIndex, "index price");
    const auto rate = has(Role::kFunding) && !field(Role::kFunding).empty()
                          ? quantities_.signed_number(field(Role::kFunding), 8, "funding rate")
                          : Result<std::int64_t>{0};
    const auto next = time_or_none(Role::kNextFunding);
    if (!mark) return std::unexpected(mark.error());
    if (!index) return std::unexpected(index.error());
    if (!rate) return std::unexpected(rate.error());
    if (!next) return std::unexpected(next.error());
    // A funding history states the rate that was paid at its own time.
    Message m{.event_time = time,
              .first_update_id = *rate,
              .final_update_id = *next == kNoTime ? time : *next,
              .bids = 1,
              .asks = 1,
              .kind = MessageKind::MarkPrice};
    return push(m, {{*mark, {}}, {*index, {}}}, out);
  }

  /// The day as it is written: "2014-04-03 00:00:00-04:00" is the exchange's date, whatever day that is in UTC.
  Result<std::int32_t> day() const {
    auto text = field(Role::kTime);
    const bool date_first = text.size() > 10 && text[4] == '-' && (text[10] == ' ' || text[10] == 'T');
    if (plan_.time.kind == TimeForm::Kind::Guess && date_first) text = text.substr(0, 10);
    const auto time = read_time(text, plan_.time);
    if (!time) return std::unexpected(time.error());
    return day_of(*time);
  }

  Result<void> actions(Rows& out) {
    const auto on = day();
    if (!on) return std::unexpected(on.error());
    const auto take = [&](Result<CorporateAction> action) -> Result<void> {
      if (!action) return std::unexpected(action.error());
      out.actions.push_back(*action);
      return {};
    };
    if (has(Role::kActionKind)) {
      const auto kind = plain_name(field(Role::kActionKind));
      const auto value = field(Role::kActionValue);
      if (kind == "dividend" || kind == "cashdividend") return take(parse_dividend(*on, value));
      if (kind != "split" && kind != "stocksplit")
        return broken(fmt::format("'{}' is neither split nor dividend", field(Role::kActionKind).substr(0, 20)));
      const auto split = parse_split(*on, value);
      if (split && split->new_shares == split->old_shares)
        return broken(fmt::format("a split of {} changes nothing", value.substr(0, 20)));
      return take(split);
    }
    // A day a line: where nothing happened the column is empty, 0, or a share for a share.
    const auto happened = [&](Role role) {
      return has(role) && field(role).find_first_not_of("0.") != std::string_view::npos;
    };
    if (happened(Role::kSplit)) {
      const auto split = parse_split(*on, field(Role::kSplit));
      if (!split || split->new_shares != split->old_shares)
        if (auto taken = take(split); !taken) return taken;
    }
    return happened(Role::kDividend) ? take(parse_dividend(*on, field(Role::kDividend))) : Result<void>{};
  }

  static Result<void> push(Message m, std::initializer_list<Level> levels, Rows& out) {
    m.first_level = static_cast<std::uint32_t>(out.messages.levels.size());
    out.messages.levels.insert(out.messages.levels.end(), levels);
    out.messages.messages.push_back(m);
    return {};
  }

  TablePlan plan_;
  TableNumbers prices_, quantities_;
  std::vector<std::string_view> fields_;
  std::size_t lines_ = 0;
};

// ---- which column is what -------------------------------------------------------------------------------------------

struct Names {
  Role role;
  std::initializer_list<std::string_view> names;  // the first that is there
};
const Names kNames[] = {
    {Role::kOpen, {"open", "openprice", "openingprice", "시가"}},
    {Role::kHigh, {"high", "highprice", "고가"}},
    {Role::kLow, {"low", "lowprice", "저가"}},
    {Role::kClose, {"close", "closeprice", "tradeprice", "종가", "현재가"}},
    {Role::kVolume, {"volume", "vol", "candleacctradevolume", "거래량"}},
    {Role::kPrice, {"price", "체결가", "체결가격", "현재가"}},
    {Role::kQuantity, {"qty", "quantity", "size", "amount", "체결량", "체결수량", "수량"}},
    {Role::kSide, {"side", "takerside", "매매구분", "체결구분"}},
    {Role::kMaker, {"isbuyermaker"}},
    {Role::kId, {"id", "tradeid", "aggtradeid", "updateid"}},
    {Role::kBid, {"bestbidprice", "bidprice", "bid", "매수호가", "매수호가1", "최우선매수호가"}},
    {Role::kBidSize,
     {"bestbidqty", "bidqty", "bidsize", "bidamount", "매수잔량", "매수잔량1", "매수호가잔량", "매수호가수량"}},
    {Role::kAsk, {"bestaskprice", "askprice", "ask", "매도호가", "매도호가1", "최우선매도호가"}},
    {Role::kAskSize,
     {"bestaskqty", "askqty", "asksize", "askamount", "매도잔량", "매도잔량1", "매도호가잔량", "매도호가수량"}},
    {Role::kMark, {"markprice", "mark"}},
    {Role::kIndex, {"indexprice", "index"}},
    {Role::kFunding, {"lastfundingrate", "fundingrate"}},
    {Role::kNextFunding, {"nextfundingtime", "fundingtimestamp"}},
    {Role::kSplit, {"stocksplits", "stocksplit", "splits", "split", "splitratio", "splitfactor"}},
    {Role::kDividend, {"dividends", "dividend", "cashdividend", "dividendamount", "divcash"}},
    {Role::kActionKind, {"kind", "action", "actiontype"}},
    {Role::kActionValue, {"value", "ratiooramount"}},
    {Role::kReceive, {"localtimestamp", "receivetime"}},
    {Role::kEvent, {"eventtime"}},
    {Role::kTime,
     {"opentime",
      "unixtimestamp",
      "unix",
      "candledatetimeutc",
      "candledatetimekst",
      "transacttime",
      "transactiontime",
      "timestamp",
      "calctime",
      "timeseconds",
      "timems",
      "time",
      "datetime",
      "exdate",
      "date",
      "일시",
      "일자",
      "날짜",
      "체결시간",
      "시간",
      "시각",
      ""}},
};
const std::initializer_list<std::string_view> kKoreanDays = {"일자", "날짜"};
const std::initializer_list<std::string_view> kKoreanTimes = {"시간", "시각", "체결시간"};
constexpr std::pair<std::string_view, Role> kRoleNames[] = {
    {"time", Role::kTime},
    {"open", Role::kOpen},
    {"high", Role::kHigh},
    {"low", Role::kLow},
    {"close", Role::kClose},
    {"volume", Role::kVolume},
    {"price", Role::kPrice},
    {"quantity", Role::kQuantity},
    {"side", Role::kSide},
    {"maker", Role::kMaker},
    {"id", Role::kId},
    {"bid", Role::kBid},
    {"bid_size", Role::kBidSize},
    {"ask", Role::kAsk},
    {"ask_size", Role::kAskSize},
    {"mark", Role::kMark},
    {"index", Role::kIndex},
    {"funding_rate", Role::kFunding},
    {"next_funding", Role::kNextFunding},
    {"split", Role::kSplit},
    {"dividend", Role::kDividend},
};

std::vector<std::string> split(std::string_view line, std::string_view separators = ",") {
  std::vector<std::string_view> fields;
  split_fields(line, separators, fields);
  return {fields.begin(), fields.end()};
}

bool is_number(std::string_view text) {
  std::string ignored;
  return plain_decimal(trimmed(text), 0, ignored);
}
bool is_boolean(std::string_view text) {
  const auto name = plain_name(text);
  return name == "true" || name == "false";
}
bool beyond_ascii(std::string_view name) { return !name.empty() && static_cast<unsigned char>(name[0]) >= 0x80; }
bool is_header(const std::vector<std::string>& fields) {
  return std::ranges::none_of(fields, is_number) && std::ranges::any_of(fields, [](const std::string& f) {
           return !f.empty() && ((lower(f[0]) >= 'a' && lower(f[0]) <= 'z') || beyond_ascii(f));  // a letter, or Hangul
         });
}

bool has(const TablePlan& plan, Role role) { return plan.column[role] >= 0; }

constexpr std::string_view kActions = "corporate_actions";

/// Bars, trades, quotes, mark prices, or splits and dividends, by the columns there are; the last ones also beside
/// others where that is the `format` asked for.
bool classify(TablePlan& plan, std::string_view format) {
  if (!has(plan, Role::kTime)) return false;
  const bool actions = has(plan, Role::kSplit) || has(plan, Role::kDividend) ||
                       (has(plan, Role::kActionKind) && has(plan, Role::kActionValue));
  if (format == kActions && !actions) return false;
  if (format == kActions)
    plan.kind = Kind::Action, plan.format = kActions;
  else if (has(plan, Role::kClose))
    plan.kind = Kind::Bar, plan.format = "ohlcv";
  else if (has(plan, Role::kBid) && has(plan, Role::kAsk))
    plan.kind = Kind::Quote, plan.format = "quotes";
  else if (has(plan, Role::kFunding) || has(plan, Role::kMark))
    plan.kind = Kind::MarkPrice, plan.format = "mark_price";
  else if (has(plan, Role::kPrice) && has(plan, Role::kQuantity))
    plan.kind = Kind::Trade, plan.format = "trades";
  else if (actions)
    plan.kind = Kind::Action, plan.format = kActions;
  else
    return false;
  if (plan.kind == Kind::Action) {
    plan.time.zone = TimeForm::Zone::Utc;
    if (has(plan, Role::kSplit) || has(plan, Role::kDividend))
      plan.column[Role::kActionKind] = plan.column[Role::kActionValue] = -1;
  }
  plan.empty_is_zero = plan.kind == Kind::Quote;
  for (const int column : plan.column) plan.fields = std::max(plan.fields, static_cast<std::size_t>(column + 1));
  return true;
}

/// Finds roles by the names that venues and tools give their columns, where the plan has none yet.
void find_by_name(const std::vector<std::string>& header, TablePlan& plan) {
  std::vector<std::string> names;
  for (const auto& field : header) names.push_back(plain_name(field));
  for (const auto& [role, synonyms] : kNames)
    for (const auto name : synonyms)
      if (const auto at = std::ranges::find(names, name); at != names.end() && !has(plan, role))
        plan.column[role] = static_cast<int>(at - names.begin());
  // 현재가 is the last price: a close beside an open, else the price of a trade where there is its size.
  if (has(plan, Role::kClose) && plan.column[Role::kClose] == plan.column[Role::kPrice] && !has(plan, Role::kOpen) &&
      has(plan, Role::kQuantity))
    plan.column[Role::kClose] = -1;
  if (!has(plan, Role::kVolume)) {  // "Volume BTC"
    const auto at = std::ranges::find_if(names, [](const auto& n) { return n.starts_with("volume"); });
    if (at != names.end()) plan.column[Role::kVolume] = static_cast<int>(at - names.begin());
  }
  // "bid_price_bid_size": two numbers joined by '_' in one column.
  if (names.size() == 3 && names[1] == "bidpricebidsize" && names[2] == "askpriceasksize") {
    plan.separators = ",_";
    plan.column[Role::kBid] = 1, plan.column[Role::kBidSize] = 2;
    plan.column[Role::kAsk] = 3, plan.column[Role::kAskSize] = 4;
    plan.named = 5;
  }
}

/// By a header line.
Result<TablePlan> plan_header(const std::vector<std::string>& header, std::size_t header_lines,
                              std::string_view format) {
  TablePlan plan;
  plan.header_lines = header_lines;
  plan.named = header.size();
  find_by_name(header, plan);
  const int time = plan.column[Role::kTime];
  const std::string time_name = time < 0 ? "" : plain_name(header[static_cast<std::size_t>(time)]);
  // Only Korean brokers and exchanges name it in Korean.
  if (time_name.ends_with("kst") || beyond_ascii(time_name)) plan.time.zone = TimeForm::Zone::Korea;
  const auto names_one_of = [&](std::initializer_list<std::string_view> names) {
    return std::ranges::any_of(
        header, [&](const auto& field) { return std::ranges::find(names, plain_name(field)) != names.end(); });
  };
  if (names_one_of(kKoreanDays) && names_one_of(kKoreanTimes) && beyond_ascii(time_name))
    return fail(
        Errc::Unsupported,
        fmt::format("the day and the time of day stand in two columns of the header '{}'", fmt::join(header, ",")),
        "join them into one, 일시, as 2024-01-02 09:00:00");
  if (!classify(plan, format) && format == kActions)
    return fail(Errc::Unsupported, fmt::format("no splits or dividends in the header '{}'", fmt::join(header, ",")),
                "name the columns: --columns time=NAME,split=NAME,dividend=NAME");
  if (!classify(plan, format))
    return fail(Errc::Unsupported, fmt::format("no known columns in the header '{}'", fmt::join(header, ",")),
                "name them: --columns time=NAME:s|ms|us|ns|FORMAT,open=NAME,high=NAME,low=NAME,close=NAME,volume=NAME");
  return plan;
}

/// By the user's map: names of the header, or numbers from 1 where there is none.
Result<TablePlan> plan_mapped(std::span<const std::string> lines, const ColumnMap& map, std::string_view format) {
  TablePlan plan;
  std::vector<std::string> header;
  for (std::size_t i = 0; i < lines.size() && header.empty(); ++i) {
    const auto fields = split(lines[i]);
    const bool names_them = std::ranges::all_of(map.columns, [&](const Column& c) {
      return std::ranges::any_of(fields, [&](const auto& f) { return trimmed(f) == c.name; });
    });
    if (names_them) header = fields, plan.header_lines = i + 1, plan.named = fields.size();
  }
  for (const auto& [role, name] : map.columns) {
    const auto known = std::ranges::find(kRoleNames, role, &std::pair<std::string_view, Role>::first);
    int number = 0;
    if (!header.empty()) {
      const auto at = std::ranges::find_if(header, [&](const auto& f) { return trimmed(f) == name; });
      number = static_cast<int>(at - header.begin()) + 1;
    } else if (std::from_chars(name.data(), name.data() + name.size(), number).ptr != name.data() + name.size() ||
               number < 1 || number > 1000) {
      return fail(Errc::Usage,
                  fmt::format("no column '{}' in the header '{}'", name, lines.empty() ? "" : lines[0].substr(0, 200)),
                  "names are case sensitive; where the file has no header, give column numbers from 1");
    }
    plan.column[known->second] = number - 1;
  }
  if (header.empty() && !lines.empty() && is_header(split(lines[0]))) plan.header_lines = 1;
  if (map.time) plan.time = *map.time;
  if (classify(plan, format)) return plan;
  // A map that names the time alone leaves the rest to the names in the header.
  if (!header.empty()) find_by_name(header, plan);
  if (!classify(plan, format))
    return fail(Errc::Usage,
                "--columns names neither a bar (close), a trade (price, quantity), a quote (bid, ask), a mark price "
                "(mark or funding_rate) nor a corporate action (split or dividend)",
                "name at least time and close");
  return plan;
}

void set(TablePlan& plan, std::initializer_list<std::pair<Role, int>> columns) {
  for (const auto& [role, column] : columns) plan.column[role] = column;
}

/// data.binance.vision without a header: told by how many fields there are and where true and false stand.
bool plan_binance(const std::vector<std::string>& f, TablePlan& plan) {
  const auto booleans_from = [&](std::size_t at) {
    return std::all_of(f.begin() + static_cast<std::ptrdiff_t>(at), f.end(), is_boolean);
  };
  if (f.size() == 12)
    set(plan,
        {{Role::kTime, 0}, {Role::kOpen, 1}, {Role::kHigh, 2}, {Role::kLow, 3}, {Role::kClose, 4}, {Role::kVolume, 5}});
  else if ((f.size() == 7 || f.size() == 6) && booleans_from(5))
    set(plan, {{Role::kId, 0}, {Role::kPrice, 1}, {Role::kQuantity, 2}, {Role::kTime, 4}, {Role::kMaker, 5}});
  else if ((f.size() == 8 || f.size() == 7) && booleans_from(6))
    set(plan, {{Role::kId, 0}, {Role::kPrice, 1}, {Role::kQuantity, 2}, {Role::kTime, 5}, {Role::kMaker, 6}});
  else if (f.size() == 7)
    set(plan, {{Role::kId, 0},
               {Role::kBid, 1},
               {Role::kBidSize, 2},
               {Role::kAsk, 3},
               {Role::kAskSize, 4},
               {Role::kTime, 5},
               {Role::kEvent, 6}});
  else if (f.size() == 6 || f.size() == 5)
    set(plan, {{Role::kTime, 0},
               {Role::kOpen, 1},
               {Role::kHigh, 2},
               {Role::kLow, 3},
               {Role::kClose, 4},
               {Role::kVolume, f.size() == 6 ? 5 : -1}});
  else
    return false;
  return classify(plan, {});
}

/// The day in a file's name, "minute_spy_20131007_trade.csv".
std::optional<std::int32_t> day_in(std::string_view name) {
  std::size_t run = 0;
  for (std::size_t i = 0; i <= name.size(); ++i) {
    if (i < name.size() && name[i] >= '0' && name[i] <= '9') {
      ++run;
      continue;
    }
    if (run == 8) {
      const auto digits = name.substr(i - 8, 8);
      const auto day = parse_day(fmt::format("{}-{}-{}", digits.substr(0, 4), digits.substr(4, 2), digits.substr(6)));
      if (day) return *day;
    }
    run = 0;
  }
  return std::nullopt;
}

/// LEAN: no header; milliseconds of the day in the file's name, or "20141201 00:00". Equities in 1/10000 and New York
/// time.
bool plan_lean(const std::vector<std::string>& f, std::string_view name, const ReadOptions& options, TablePlan& plan) {
  const bool equity = options.instrument.starts_with("us:");
  const bool daily = f[0].size() == 14 && f[0][8] == ' ' && f[0][11] == ':';
  const auto day = day_in(name);
  if (!daily && (!day || f[0].size() > 8 || !is_number(f[0]) || f[0].contains('.'))) return false;
  if (!daily)
    plan.time = {.kind = TimeForm::Kind::MsOfDay,
                 .unit = kMillisecond,
                 .pattern = {},
                 .day = *day,
                 .zone = equity ? TimeForm::Zone::NewYork : TimeForm::Zone::Utc};
  plan.price_shift = equity ? 4 : 0;
  const bool letters = f.size() > 3 && !is_number(f[3]) && !f[3].empty();
  if (f.size() == 11) {
    // A quote bar's closing quote is known when the bar ends.
    plan.time_shift = name.contains("second") ? kSecond : name.contains("hour") ? kHour : kMinute;
    set(plan, {{Role::kTime, 0}, {Role::kBid, 4}, {Role::kBidSize, 5}, {Role::kAsk, 9}, {Role::kAskSize, 10}});
  } else if (f.size() == 8 || (f.size() == 5 && !daily)) {
    set(plan, {{Role::kTime, 0}, {Role::kBid, 1}, {Role::kBidSize, 2}, {Role::kAsk, 3}, {Role::kAskSize, 4}});
  } else if (f.size() == 6 && !letters) {
    set(plan,
        {{Role::kTime, 0}, {Role::kOpen, 1}, {Role::kHigh, 2}, {Role::kLow, 3}, {Role::kClose, 4}, {Role::kVolume, 5}});
  } else if (f.size() == 6 || f.size() == 3) {
    set(plan, {{Role::kTime, 0}, {Role::kPrice, 1}, {Role::kQuantity, 2}});
  } else {
    return false;
  }
  return classify(plan, {});
}

}  // namespace

Result<void> check_encoding(std::string_view text, std::string_view hint) {
  if (is_utf8(text)) return {};
  constexpr std::string_view kRemedy = "convert the file first: iconv -f {0} -t UTF-8 FILE > NEW, and import NEW";
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return fail(Errc::BadData, "the text is not UTF-8 but UTF-16", fmt::format(kRemedy, "UTF-16"));
  // Code page 949, what Korean Windows programs write (EUC-KR and more): pairs of a lead and a trail byte.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x80) continue;
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0u;
    const bool trail = (next >= 'A' && next <= 'Z') || (next >= 'a' && next <= 'z') || (next >= 0x81 && next <= 0xFE);
    if (byte == 0x80 || byte == 0xFF || !trail) return fail(Errc::BadData, "the text is not UTF-8", std::string{hint});
    ++i;
  }
  return fail(Errc::BadData, "the text is not UTF-8 but most likely CP949 (EUC-KR)", fmt::format(kRemedy, "CP949"));
}

bool split_fields(std::string_view line, std::string_view separators, std::vector<std::string_view>& out) {
  out.clear();
  std::size_t at = 0;
  for (;;) {
    if (at < line.size() && line[at] == '"') {
      const auto close = line.find('"', at + 1);
      if (close == std::string_view::npos) return false;
      out.push_back(line.substr(at + 1, close - at - 1));
      at = close + 1;
      if (at == line.size()) return true;
      if (!separators.contains(line[at])) return false;
      ++at;
      continue;
    }
    const auto end = std::min(line.find_first_of(separators, at), line.size());
    out.push_back(trimmed(line.substr(at, end - at)));
    if (end == line.size()) return true;
    at = end + 1;
  }
}

void TableNumbers::learn(int at_least) {
  learning_ = true;
  decimals_ = at_least;
  whole_digits_ = 1;
  rounded_ = 0;
}
void TableNumbers::read(int decimals) {
  learning_ = false;
  decimals_ = decimals;
  rounded_ = 0;
}
/// As many as the numbers have, as far as the greatest of them still fits 64 bits.
int TableNumbers::learned() const { return std::max(0, std::min(decimals_, kMaxDecimals - whole_digits_)); }

Result<std::int64_t> TableNumbers::number(std::string_view text, int shift, std::string_view name) {
  std::string rewritten;
  if (shift != 0 || text.find_first_of("eE") != std::string_view::npos) {
    if (!plain_decimal(text, shift, rewritten))
      return broken(fmt::format("{} '{}' is not a plain decimal", name, text.substr(0, 40)));
    text = rewritten;
  }
  if (text.starts_with('-') && decimals_of(text) >= 0 && text.find_first_of("123456789") != std::string_view::npos)
    return broken(fmt::format("{} is {}: it is never negative", name, text.substr(0, 40)));
  if (learning_) {
    const int used = decimals_of(text);
    if (used < 0) return broken(fmt::format("{} '{}' is not a plain decimal", name, text.substr(0, 40)));
    auto whole = text.substr(0, text.find('.'));
    while (whole.size() > 1 && whole[0] == '0') whole.remove_prefix(1);
    if (whole.size() > kMaxDecimals) return broken(fmt::format("{} {} does not fit 64 bits", name, text.substr(0, 40)));
    decimals_ = std::max(decimals_, used);
    whole_digits_ = std::max(whole_digits_, static_cast<int>(whole.size()));
    return 0;
  }
  auto value = parse_decimal(text, decimals_);
  if (value) return value;
  // Digits beyond what 64 bits hold, such as a double printed with 17: half to even, counted.
  const auto dot = text.find('.');
  if (decimals_of(text) > decimals_ && dot != std::string_view::npos) {
    const auto kept = text.substr(0, dot + 1 + static_cast<std::size_t>(decimals_));
    const auto rest = text.substr(kept.size());
    const auto down = parse_decimal(decimals_ == 0 ? text.substr(0, dot) : kept, decimals_);
    if (down) {
      const bool above =
          rest[0] > '5' || (rest[0] == '5' && rest.substr(1).find_first_not_of('0') != std::string_view::npos);
      const bool half = rest[0] == '5' && !above;
      ++rounded_;
      return *down + (above || (half && *down % 2 != 0) ? 1 : 0);
    }
  }
  value.error().message = fmt::format("{} {}", name, value.error().message);
  value.error().hint = kBroken;
  return value;
}

Result<std::int64_t> TableNumbers::signed_number(std::string_view text, int decimals, std::string_view name) {
  std::string rewritten;
  if (!plain_decimal(text, 0, rewritten))
    return broken(fmt::format("{} '{}' is not a plain decimal", name, text.substr(0, 40)));
  auto value = parse_decimal(rewritten, decimals);
  if (!value) value.error() = {Errc::BadData, fmt::format("{} {}", name, value.error().message), std::string{kBroken}};
  return value;
}

std::unique_ptr<LineDecoder> make_table_decoder(TablePlan plan) {
  return std::make_unique<TableDecoder>(std::move(plan));
}

Result<TablePlan> plan_table(std::span<const std::string> lines, std::string_view name, const ReadOptions& options) {
  if (!options.columns.empty()) {
    const auto map = parse_columns(options.columns);
    if (!map) return std::unexpected(map.error());
    return plan_mapped(lines, *map, options.format);
  }
  // A header may stand below a banner.
  std::optional<Result<TablePlan>> first;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto fields = split(lines[i]);
    if (!is_header(fields)) break;
    auto plan = plan_header(fields, i + 1, options.format);
    if (plan) return plan;
    if (!first) first = std::move(plan);
  }
  if (first) return *first;
  if (options.format == kActions)
    return fail(Errc::Unsupported, "splits and dividends without a header",
                "name the columns by number: --columns time=1,split=2,dividend=3");
  TablePlan plan;
  const auto fields = lines.empty() ? std::vector<std::string>{} : split(lines[0]);
  if (!fields.empty() && plan_lean(fields, name, options, plan)) return plan;
  plan = {};
  if (!fields.empty() && options.format != "lean" && plan_binance(fields, plan)) return plan;
  return fail(Errc::Unsupported,
              fmt::format("a table of {} columns without a known header, beginning '{}'", fields.size(),
                          lines.empty() ? "" : lines[0].substr(0, 80)),
              "name its columns by number: --columns time=1:ms,open=2,high=3,low=4,close=5,volume=6");
}

}  // namespace stom::importers
