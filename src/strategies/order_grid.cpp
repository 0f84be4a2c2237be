#include "strategies/order_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "core/decimal.hpp"
#include "core/spelling.hpp"
#include "core/toml.hpp"

namespace stom {
namespace {

constexpr int kMostPercentDecimals = 4;
constexpr std::size_t kMostCodes = 10'000, kMostSpans = 20;

/// One table of the file, read key by key; what nobody asked for is refused, so that a slip is no silent rule. The
/// first error of the file is kept.
class GridKeys {
 public:
  GridKeys(const toml::table* table, std::string where, std::optional<Error>& error)
      : table_{table}, where_{std::move(where)}, error_{error} {}
  ~GridKeys() {
    if (table_ == nullptr) return;
    for (const auto& [key, node] : *table_) {
      if (std::ranges::find(known_, key.str()) != known_.end()) continue;
      const std::string near = nearest_name(key.str(), known_);
      wrong(key.str(), "means nothing here",
            near.empty() ? fmt::format("known: {}", fmt::join(known_, ", ")) : fmt::format("did you mean {}?", near));
    }
  }
  GridKeys(const GridKeys&) = delete;
  GridKeys& operator=(const GridKeys&) = delete;

  const toml::node* get(std::string_view key) {
    known_.emplace_back(key);
    return table_ == nullptr ? nullptr : table_->get(key);
  }
  void wrong(std::string_view key, std::string_view why, std::string hint) {
    if (error_) return;
    const auto* node = table_ == nullptr ? nullptr : table_->get(key);
    const auto line = node != nullptr ? node->source().begin.line : table_ != nullptr ? table_->source().begin.line : 1;
    error_ = Error{Errc::Usage, fmt::format("line {}: {}{} {}", line, where_, key, why), std::move(hint)};
  }

  bool has(std::string_view key) const { return table_ != nullptr && table_->contains(key); }
  /// What would be read and never act is refused, so that nobody counts on it.
  void idle(bool is_idle, std::string_view key, std::string_view why, std::string hint) {
    if (is_idle && has(key)) wrong(key, why, std::move(hint));
  }
  /// A setting of the old program that is none of a file's.
  void elsewhere(std::string_view key, std::string_view why, std::string hint) {
    if (get(key) != nullptr) wrong(key, why, std::move(hint));
  }

  int integer(std::string_view key, int fallback, int least, int most) {
    const auto* node = get(key);
    if (node == nullptr) return fallback;
    const auto value = node->value_exact<std::int64_t>();
    if (value && *value >= least && *value <= most) return static_cast<int>(*value);
    wrong(key, fmt::format("is no whole number in {}..{}", least, most), fmt::format("{} = {}", key, fallback));
    return fallback;
  }
  bool flag(std::string_view key, bool fallback) {
    const auto* node = get(key);
    if (node == nullptr) return fallback;
    if (const auto value = node->value_exact<bool>()) return *value;
    wrong(key, "is neither true nor false", fmt::format("{} = true", key));
    return fallback;
  }
  std::size_t choice(std::string_view key, std::initializer_list<std::string_view> words) {
    const auto* node = get(key);
    if (node == nullptr) return 0;
    const auto value = node->value_exact<std::string>();
    const auto found = value ? std::ranges::find(words, *value) : words.end();
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    const std::string near = value ? nearest_name(*value, {words.begin(), words.end()}) : "";
    wrong(key, fmt::format("is not one of \"{}\"", fmt::join(words, "\", \"")),
          near.empty() ? fmt::format("{} = \"{}\"", key, *words.begin()) : fmt::format("did you mean \"{}\"?", near));
    return 0;
  }
  /// Above 0. A number as it is written, or in quotes.
  std::optional<Amount> amount(std::string_view key, int most_decimals) {
    const auto* node = get(key);
    if (node == nullptr) return {};
    const auto read = amount_of(*node, most_decimals);
    if (read && read->mantissa > 0) return read;
    wrong(key, fmt::format("is no number above 0 with at most {} decimals", most_decimals),
          fmt::format("{} = 1.5", key));
    return {};
  }
  std::optional<Amount> percent(std::string_view key) { return amount(key, kMostPercentDecimals); }
  DurationNanos duration(std::string_view key) {
    const auto* node = get(key);
    if (node == nullptr) return 0;
    const auto text = node->value_exact<std::string>();
    const auto read = parse_duration(text.value_or(""));
    if (text && read && *read > 0 && *read <= kDay) return *read;
    wrong(key, "is no time up to a day", fmt::format("{} = \"30s\"", key));
    return 0;
  }
  std::vector<std::string> texts(std::string_view key, std::size_t most, std::string_view example) {
    const auto* node = get(key);
    std::vector<std::string> all;
    if (node == nullptr) return all;
    const auto* list = node->as_array();
    const bool is_list = list != nullptr && list->size() <= most &&
                         std::ranges::all_of(*list, [](const toml::node& of) { return of.is_string(); });
    if (!is_list) {
      wrong(key, "is no list of texts", fmt::format("{} = {}", key, example));
      return all;
    }
    for (const toml::node& of : *list) all.push_back(**of.as_string());
    return all;
  }
  std::vector<ClockSpan> clock_spans(std::string_view key) {
    constexpr std::string_view kExample = "[\"090000-090500\"]";
    std::vector<ClockSpan> spans;
    for (const std::string& text : texts(key, kMostSpans, kExample)) {
      const auto from = parse_decimal(text.substr(0, 6), 0);
      const auto to = text.size() == 13 && text[6] == '-' ? parse_decimal(text.substr(7), 0) : from;
      const auto is_clock = [](std::int64_t c) {
        return c >= 0 && c / 10'000 < 24 && c / 100 % 100 < 60 && c % 100 < 60;
      };
      if (!from || !to || text.size() != 13 || !is_clock(*from) || !is_clock(*to) || *from == *to) {
        wrong(key, fmt::format("\"{}\" is no span HHMMSS-HHMMSS", text), fmt::format("{} = {}", key, kExample));
        return {};
      }
      spans.push_back({static_cast<std::uint32_t>(*from), static_cast<std::uint32_t>(*to)});
    }
    return spans;
  }
  GridKeys below(std::string_view key, bool* there = nullptr) {
    const auto* node = get(key);
    const auto* table = node == nullptr ? nullptr : node->as_table();
    if (node != nullptr && table == nullptr)
      wrong(key, "is no table", fmt::format("a line [{}{}] begins one", where_, key));
    if (there != nullptr) *there = table != nullptr;
    return {table, fmt::format("{}{}.", where_, key), error_};
  }
  std::vector<std::int64_t> weights(std::string_view key) {
    constexpr std::int64_t kMostWeight = 1'000'000;
    const auto* node = get(key);
    std::vector<std::int64_t> all;
    if (node == nullptr) return all;
    const auto* list = node->as_array();
    const bool is_list = list != nullptr && !list->empty() && list->size() <= orders::ExecutionPlan::kMostSlices &&
                         std::ranges::all_of(*list, [](const toml::node& of) {
                           const auto weight = of.value_exact<std::int64_t>();
                           return weight && *weight >= 0 && *weight <= kMostWeight;
                         });
    if (is_list)
      for (const toml::node& of : *list) all.push_back(*of.value_exact<std::int64_t>());
    if (std::ranges::all_of(all, [](std::int64_t weight) { return weight == 0; }))
      wrong(key, "is no list of whole numbers from 0 on, one of them above it", fmt::format("{} = [3, 1, 2]", key));
    return all;
  }
  std::optional<GridExecution> execution(std::string_view key) {
    using orders::ExecutionKind;
    bool there = false;
    GridKeys of = below(key, &there);
    GridExecution out;
    orders::ExecutionPlan& plan = out.plan;
    plan.kind = static_cast<ExecutionKind>(of.choice("kind", {"twap", "vwap", "pov", "iceberg", "chase"}));
    plan.over = of.duration("over");
    plan.slices = of.integer("slices", 10, 1, orders::ExecutionPlan::kMostSlices);
    plan.weights = of.weights("weights");
    const auto share = of.percent("share");
    plan.joins = of.choice("children", {"market", "join"}) == 1;
    out.shown = of.percent("shown");
    plan.native = of.flag("native", false);
    plan.follow = of.integer("follow", 1, 1, 1'000'000);
    plan.moves = of.integer("moves", 1'000'000, 0, 1'000'000'000);
    plan.takes_the_rest = of.choice("rest", {"left", "market"}) == 1;
    if (!there) return {};
    if (share) plan.share = millionths(*share);
    if (!plan.weights.empty()) plan.slices = static_cast<int>(plan.weights.size());

    const ExecutionKind kind = plan.kind;
    const bool sliced = kind == ExecutionKind::Twap || kind == ExecutionKind::Vwap;
    const bool follows = kind == ExecutionKind::Chase || (plan.joins && kind != ExecutionKind::Iceberg);
    const auto needed = [&](bool is_needed, std::string_view name, std::string_view why, std::string hint) {
      if (is_needed && !of.has(name)) of.wrong(name, why, std::move(hint));
    };
    needed(true, "kind", "is needed: twap, vwap, pov, iceberg or chase", "kind = \"twap\"");
    needed(sliced, "over", "is needed: how long a twap or vwap takes", "over = \"10m\"");
    needed(kind == ExecutionKind::Pov, "share", "is needed: at most so many per cent of what is traded", "share = 10");
    needed(kind == ExecutionKind::Iceberg, "shown", "is needed: so many per cent of a part are shown", "shown = 10");
    if (share && plan.share > orders::ExecutionPlan::kWhole) of.wrong("share", "is above 100 per cent", "share = 10");
    if (out.shown && millionths(*out.shown) > orders::ExecutionPlan::kWhole)
      of.wrong("shown", "is above 100 per cent", "shown = 10");
    of.idle(!sliced, "slices", "is about a twap or vwap", "kind = \"twap\"");
    of.idle(!plan.weights.empty(), "slices", "stands beside weights, of which each is a slice",
            "leave one of them out");
    of.idle(kind != ExecutionKind::Vwap, "weights", "are of a vwap", "kind = \"vwap\"");
    of.idle(kind != ExecutionKind::Pov, "share", "is about a pov", "kind = \"pov\"");
    of.idle(kind != ExecutionKind::Iceberg, "native", "is about an iceberg", "kind = \"iceberg\"");
    of.idle(!sliced && kind != ExecutionKind::Pov, "children",
            "is about a twap, vwap or pov: what this kind sends waits", "leave it out");
    of.idle(!follows && kind != ExecutionKind::Iceberg, "shown", "is about orders that wait, and these take at once",
            "children = \"join\"");
    for (const std::string_view name : {"follow", "moves"})
      of.idle(!follows, name, "is about orders that follow the best price, and these do not", "children = \"join\"");
    of.idle(plan.over == 0 && kind != ExecutionKind::Chase, "rest", "is of the end, and without over there is none",
            "over = \"10m\"");
    return out;
  }
  std::optional<GridBands> bands(std::string_view key, std::initializer_list<std::string_view> kinds) {
    bool there = false;
    GridKeys of = below(key, &there);
    GridBands out;
    out.by = static_cast<GridFactor>(of.choice("by", kinds));
    const auto* thresholds = of.list("thresholds", out.thresholds.size(), "[3, 5, 10, 20]", there);
    const auto* factors = of.list("factors", out.factors.size(), "[1, 0.9, 0.8, 0.7, 0.6]", there);
    if (!there || thresholds == nullptr || factors == nullptr) return {};
    for (std::size_t i = 0; i < out.thresholds.size(); ++i) {
      const auto value = (*thresholds)[i].value<double>();
      if (!value || (*thresholds)[i].is_boolean() || (i > 0 && !(*value > out.thresholds[i - 1]))) {
        of.wrong("thresholds", "are not four rising numbers", "thresholds = [3, 5, 10, 20]");
        return {};
      }
      out.thresholds[i] = *value;
    }
    for (std::size_t i = 0; i < out.factors.size(); ++i) {
      const auto factor = amount_of((*factors)[i], kMostPercentDecimals);
      if (!factor) {
        of.wrong("factors", "are not five numbers from 0 on", "factors = [1, 0.9, 0.8, 0.7, 0.6]");
        return {};
      }
      out.factors[i] = *factor;
    }
    return out;
  }

 private:
  static std::int64_t millionths(Amount percent) {
    return static_cast<std::int64_t>(std::min<Int128>(
        Int128{percent.mantissa} * power_of_ten(kMostPercentDecimals - percent.decimals), Int128{1} << 62));
  }
  /// What is written as 1.5 is exactly that: the shortest text that reads as the same double is what stood there.
  static std::optional<Amount> amount_of(const toml::node& node, int most_decimals) {
    std::string text;
    if (const auto written = node.value_exact<std::string>()) text = *written;
    if (const auto whole = node.value_exact<std::int64_t>()) text = std::to_string(*whole);
    if (const auto real = node.value_exact<double>()) text = fmt::format("{}", *real);
    const int decimals = decimals_of(text);
    if (decimals < 0 || decimals > most_decimals) return {};
    const auto mantissa = parse_decimal(text, decimals);
    if (!mantissa || *mantissa < 0) return {};
    return Amount{*mantissa, decimals};
  }
  const toml::array* list(std::string_view key, std::size_t size, std::string_view example, bool needed) {
    const auto* node = get(key);
    const auto* list = node == nullptr ? nullptr : node->as_array();
    if (list != nullptr && list->size() == size) return list;
    if (needed || node != nullptr)
      wrong(key, fmt::format("is no list of {} numbers", size), fmt::format("{} = {}", key, example));
    return nullptr;
  }

  const toml::table* table_;
  std::string where_;
  std::optional<Error>& error_;
  std::vector<std::string> known_;
};

void read_side(GridKeys& keys, GridSide& side, int levels) {
  side.type = keys.choice("type", {"market", "limit"}) == 1 ? OrderType::Limit : OrderType::Market;
  constexpr TimeInForce kInForce[] = {TimeInForce::GTC, TimeInForce::IOC, TimeInForce::FOK};
  side.time_in_force = kInForce[keys.choice("time_in_force", {"gtc", "ioc", "fok"})];
  side.price = static_cast<GridPrice>(keys.choice("price", {"last", "ask1", "bid1"}));
  side.ticks = keys.integer("ticks", 0, -5, 5);
  side.levels = keys.integer("levels", levels, 0, 5);
  side.parts = keys.integer("parts", 1, 1, 5);
  side.shares = static_cast<GridShares>(keys.choice("shares", {"equal", "falling", "rising"}));
  side.by_signal = keys.flag("by_signal", true);
  side.below = keys.percent("below");
  side.above = keys.percent("above");
  side.cancel_on_signal = keys.flag("cancel_on_signal", false);
  side.cancel_after = keys.duration("cancel_after");
  side.amend_times = keys.integer("amend_times", 0, 0, 100);
  side.amend_beyond = keys.integer("amend_beyond", 0, 0, 1000);
  side.amend_ticks = keys.integer("amend_ticks", 0, -100, 100);
  side.round_figure_ticks = keys.integer("round_figure_ticks", 0, 0, 100);
  side.not_between = keys.clock_spans("not_between");
  side.after_trade = keys.duration("after_trade");
  side.execution = keys.execution("execution");
  if (side.execution) {
    for (const std::string_view key : {"time_in_force", "levels", "amend_times", "amend_beyond", "amend_ticks"})
      keys.idle(true, key, "is about one order, and a part is carried out in many", "leave it out, or the execution");
    side.levels = 0;
  }
  const bool market = side.type == OrderType::Market;
  constexpr std::string_view kOfLimits = "is about a limit, and type is \"market\"";
  keys.idle(market && side.price != GridPrice::Last, "price", kOfLimits, "type = \"limit\"");
  keys.idle(market && side.ticks != 0, "ticks", kOfLimits, "type = \"limit\"");
  keys.idle(market && side.amend_times > 0, "amend_times", kOfLimits, "type = \"limit\"");
  keys.idle(!market, "levels", "is about a market order, and type is \"limit\"", "leave it out");
  keys.idle(side.time_in_force != TimeInForce::GTC && side.amend_times > 0, "amend_times",
            "is about an order that waits, and time_in_force is not \"gtc\"", "time_in_force = \"gtc\"");
  for (const std::string_view key : {"amend_beyond", "amend_ticks"})
    keys.idle(side.amend_times == 0, key, "does nothing without amend_times", "amend_times = 3");
  const bool by_price = side.below || side.above;
  constexpr std::string_view kOfParts = "is about the parts after the first, and there is one part";
  keys.idle(side.parts == 1 && side.shares != GridShares::Equal, "shares", kOfParts, "parts = 2");
  keys.idle(side.parts == 1 && !side.by_signal, "by_signal", kOfParts, "parts = 2");
  if (side.parts > 1)
    keys.idle(!side.by_signal && !by_price, "by_signal", "is false, and neither below nor above asks for the next part",
              "below = 1");
}

OrderGrid read_tables(const toml::table& file, std::optional<Error>& error) {
  OrderGrid grid;
  GridKeys all{&file, "", error};
  {
    GridKeys buy = all.below("buy");
    read_side(buy, grid.buy, 3);
    grid.buy.cancel_unwatched = buy.flag("cancel_unwatched", false);
    grid.buy.from_last_buy = buy.choice("moved_from", {"last_buy", "return"}) == 0;
    grid.buy.at_first_price = buy.flag("at_first_price", false);
    const bool by_price = grid.buy.below || grid.buy.above;
    for (const std::string_view key : {"below", "above", "at_first_price"})
      buy.idle(grid.buy.parts == 1, key, "is about the parts after the first, and there is one part", "parts = 2");
    buy.idle(!by_price, "moved_from", "says of what below and above are, and neither is set", "below = 1");
    grid.buy.black_list = buy.texts("black_list", kMostCodes, "[\"005930\"]");
    grid.buy.price_at_most = buy.amount("not_at_or_below", kMaxDecimals);
    grid.buy.losses_a_day = buy.integer("losses_a_day", 0, 0, 1'000'000);
    grid.buy.trades_a_day = buy.integer("trades_a_day", 0, 0, 1'000'000);
    grid.buy.after_loss = buy.duration("after_loss");
    grid.buy.weight = buy.bands("weight", {"high_low", "change_angle", "day_value_angle", "day_volume_ratio",
                                           "turnover", "same_time_volume_ratio"});
  }
  {
    GridKeys sell = all.below("sell");
    read_side(sell, grid.sell, 5);
    grid.sell.cancel_watched = sell.flag("cancel_watched", false);
    grid.sell.after_parts = sell.integer("after_parts", 0, 0, 5);
    sell.idle(grid.sell.after_parts > grid.buy.parts, "after_parts",
              fmt::format("waits for more parts than the {} that are bought: nothing would be sold", grid.buy.parts),
              fmt::format("after_parts = {}", grid.buy.parts));
  }
  {
    GridKeys stop = all.below("stop");
    grid.stop.percent = stop.percent("percent");
    grid.stop.money = stop.amount("money", kMaxDecimals);
  }
  {
    GridKeys account = all.below("account");
    grid.account.bet = account.amount("bet", kMaxDecimals);
    grid.account.by_assets = account.flag("by_assets", false);
    grid.account.max_holdings = account.integer("max_holdings", 0, 0, 10'000);
    grid.account.check_cash = account.flag("check_cash", true);
    grid.account.day_loss = account.percent("day_loss");
    grid.account.day_profit = account.percent("day_profit");
    if (grid.account.by_assets && (grid.account.bet || grid.account.max_holdings == 0))
      account.wrong("by_assets", "shares the assets among max_holdings, without a bet", "max_holdings = 10");
  }
  {
    GridKeys futures = all.below("futures");
    grid.futures.leverage = {futures.integer("leverage", 1, 1, 125), 0};
    grid.futures.leverage_by = futures.bands("leverage_by", {"high_low"});
    grid.futures.forced_exit = futures.percent("forced_exit");
    const bool has_use = grid.account.bet || grid.account.by_assets || grid.futures.forced_exit;
    for (const std::string_view key : {"leverage", "leverage_by"})
      futures.idle(!has_use, key, "does nothing without a bet or forced_exit: the account's own is --leverage",
                   "[account] bet = 1000000");
    futures.idle(grid.futures.leverage_by.has_value(), "leverage", "stands beside leverage_by, which takes its place",
                 "leave one of them out");
    for (const std::string_view key : {"margin", "position_mode"})
      futures.elsewhere(key, "is a setting of the account at the venue, which no order carries", "set it at the venue");
  }
  return grid;
}

}  // namespace

Result<OrderGrid> read_order_grid(std::string_view text) {
  const auto file =
      parse_toml(text, "", "tables [buy], [sell], [stop], [account], [futures]; docs/order-grid.md shows each key");
  if (!file) return std::unexpected(file.error());
  std::optional<Error> error;
  OrderGrid grid = read_tables(*file, error);
  if (error) return std::unexpected(*error);
  return grid;
}

Amount factor_at(const GridBands& bands, double value) {
  const auto above = std::ranges::upper_bound(bands.thresholds, value);
  return bands.factors[static_cast<std::size_t>(above - bands.thresholds.begin())];
}

std::int64_t lots_of_part(GridShares shares, int n, int k, std::int64_t lots) {
  const std::int64_t whole = shares == GridShares::Equal ? n : (std::int64_t{1} << n) - 1;
  // Falling by halves: 16/31, 8/31, 4/31, 2/31, 1/31 of five. Rising: the same from behind.
  const auto until = [&](int part) {
    const std::int64_t sum = shares == GridShares::Equal     ? part
                             : shares == GridShares::Falling ? (std::int64_t{1} << n) - (std::int64_t{1} << (n - part))
                                                             : (std::int64_t{1} << part) - 1;
    return static_cast<std::int64_t>(divide(Int128{lots} * sum, whole, Rounding::Ceil));
  };
  return until(k) - until(k - 1);
}

Money share_of(Money whole, Amount percent) {
  return {share_of(whole.value, percent.mantissa, 100 * power_of_ten(percent.decimals))};
}

Price step(const Instrument& instrument, Price price, int ticks) {
  for (; ticks > 0; --ticks) price += instrument.tick_at(price);
  for (; ticks < 0; ++ticks) {
    const Price tick = instrument.tick_at({price.value - 1});
    if (price.value - tick.value < tick.value) return tick;
    price -= tick;
  }
  return price;
}

bool above_round_figure(const Instrument& instrument, Price price, int ticks) {
  return std::ranges::any_of(instrument.ladder, [&](const TickBand& band) {
    return band.from.value > 0 && band.from <= price && price <= step(instrument, band.from, ticks);
  });
}

bool below_round_figure(const Instrument& instrument, Price price, int ticks) {
  return std::ranges::any_of(instrument.ladder, [&](const TickBand& band) {
    return band.from.value > 0 && price < band.from && step(instrument, band.from, -ticks) <= price;
  });
}

}  // namespace stom
