// order_list: sends a list of orders written beforehand, each at its time, and decides nothing. What fills them is the
// venue's alone: so it is what fill rules, queue models and latencies are compared with.
#include <array>
#include <optional>
#include <utility>

#include "core/decimal.hpp"
#include "strategies/registry.hpp"

namespace stom {
namespace {

using Words = std::vector<std::string_view>;

constexpr std::array<std::pair<std::string_view, OrderType>, 7> kTypes{
    {{"limit", OrderType::Limit},
     {"market", OrderType::Market},
     {"stop", OrderType::Stop},
     {"stop_limit", OrderType::StopLimit},
     {"take_profit", OrderType::TakeProfit},
     {"take_profit_limit", OrderType::TakeProfitLimit},
     {"trailing", OrderType::TrailingStop}}};
constexpr std::array<std::pair<std::string_view, TimeInForce>, 4> kTimes{
    {{"gtc", TimeInForce::GTC}, {"ioc", TimeInForce::IOC}, {"fok", TimeInForce::FOK}, {"day", TimeInForce::DAY}}};
constexpr std::array<std::pair<std::string_view, TriggerBy>, 4> kTriggers{{{"by=last", TriggerBy::Last},
                                                                           {"by=mark", TriggerBy::Mark},
                                                                           {"by=index", TriggerBy::Index},
                                                                           {"by=bid_ask", TriggerBy::BidAsk}}};

template <class Table>
auto named(const Table& table, std::string_view word) {
  std::optional<typename Table::value_type::second_type> found;
  for (const auto& [name, value] : table)
    if (name == word) found = value;
  return found;
}

/// One line, understood but for the instrument's decimals.
struct Step {
  DurationNanos at = 0;  // after the start
  bool cancel = false;
  NewOrder order;             // of a cancel: the id
  DurationNanos expires = 0;  // GTD, after the start
  // Decimals as written: quantity, displayed quantity, and the prices in the order in which the type has them.
  std::string quantity, display;
  std::vector<std::string> prices;
  std::string stop_loss, take_profit;
};

std::size_t prices_of(OrderType type) {
  switch (type) {
    case OrderType::Market:
      return 0;
    case OrderType::StopLimit:
    case OrderType::TakeProfitLimit:
      return 2;
    default:
      return 1;
  }
}

/// The word itself where something is wrong with it, else nothing.
std::optional<std::string_view> read_word(std::string_view word, Step& step) {
  const auto amount = [](std::string_view text, std::string& out) {
    out = text;
    return decimals_of(text) >= 0;
  };
  if (const auto type = named(kTypes, word)) {
    step.order.type = *type;
  } else if (const auto time = named(kTimes, word)) {
    step.order.time_in_force = *time;
  } else if (const auto by = named(kTriggers, word)) {
    step.order.trigger_by = *by;
  } else if (word.starts_with("gtd=")) {
    const auto until = parse_duration(word.substr(4));
    if (!until) return word;
    step.order.time_in_force = TimeInForce::GTD;
    step.expires = *until;
  } else if (word == "post") {
    step.order.post_only = true;
  } else if (word == "reduce") {
    step.order.reduce_only = true;
  } else if (word.starts_with("show=")) {
    if (!amount(word.substr(5), step.display)) return word;
  } else if (word.starts_with("sl=")) {
    if (!amount(word.substr(3), step.stop_loss)) return word;
  } else if (word.starts_with("tp=")) {
    if (!amount(word.substr(3), step.take_profit)) return word;
  } else if (word.starts_with("x")) {
    if (!amount(word.substr(1), step.quantity)) return word;
  } else if (!amount(word, step.prices.emplace_back())) {
    return word;
  }
  return std::nullopt;
}

/// Says what is wrong with the line, or nothing.
std::string read_line(const Words& words, ClientOrderId& last_id, Step& step) {
  const auto quoted = [](std::string_view word) { return "'" + std::string{word} + "'"; };
  const auto at = parse_duration(words[0]);
  if (!at) return quoted(words[0]) + " is not a time after the start, such as 1500ms";
  step.at = *at;
  if (words.size() < 3) return "a time, buy, sell or cancel, and what";
  step.cancel = words[1] == "cancel";
  if (step.cancel) {
    const auto id = parse_decimal(words[2], 0);
    if (!id || *id <= 0 || words.size() != 3) return "cancel has the number of an order, counted from 1";
    step.order.id = static_cast<ClientOrderId>(*id);
    return {};
  }
  if (words[1] != "buy" && words[1] != "sell") return quoted(words[1]) + " is not buy, sell or cancel";
  step.order.side = words[1] == "buy" ? Side::Buy : Side::Sell;
  step.order.id = ++last_id;
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (const auto bad = read_word(words[i], step)) return quoted(*bad) + " is not a word of an order";
  }
  if (step.quantity.empty()) return "a quantity is missing, such as x0.5";
  if (step.prices.size() != prices_of(step.order.type)) return "the number of prices does not fit the type";
  return {};
}

class OrderList final : public Strategy {
 public:
  explicit OrderList(Parameters& p)
      : interval_{p.duration("interval", "100ms", "orders leave at multiples of it after the start")} {
    const std::string text = p.text("orders", "", "the list, or @FILE that holds it: a line or a ';' after each order");
    const std::string wrong = read(text);
    if (!wrong.empty()) p.refuse("orders", wrong);
  }

  void on_start(Context& context) override {
    start_ = context.now();
    for (Step& step : steps_) convert(context.instrument(0), step);
    wait_for_next(context);
  }

  void on_timer(Context& context) override {
    for (; next_ < steps_.size() && start_ + steps_[next_].at <= context.now(); ++next_) {
      const Step& step = steps_[next_];
      if (step.cancel) {
        context.cancel(step.order.id);
      } else {
        context.submit(step.order);
      }
    }
    wait_for_next(context);
  }

 private:
  /// To the multiple of the interval at or after the next line's time; the first is one interval after the start.
  void wait_for_next(Context& context) const {
    if (next_ == steps_.size()) return;
    const DurationNanos at = std::max(steps_[next_].at, interval_);
    const DurationNanos beyond = at % interval_;
    const DurationNanos wait = beyond == 0 ? at : at - beyond + interval_;
    if (wait < kNever - start_) context.wake_at(start_ + wait);
  }

  /// Says what is wrong with the text, or nothing.
  std::string read(std::string_view text) {
    ClientOrderId last_id = 0;
    int number = 0;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find_first_of("\n;", from), text.size());
      std::string_view line = text.substr(from, end - from);
      line = line.substr(0, line.find('#'));
      from = end + 1;
      ++number;
      Words words;
      for (std::size_t at = line.find_first_not_of(" \t\r"); at != std::string_view::npos;) {
        const std::size_t stop = std::min(line.find_first_of(" \t\r", at), line.size());
        words.push_back(line.substr(at, stop - at));
        at = line.find_first_not_of(" \t\r", stop);
      }
      if (words.empty()) continue;
      Step step;
      std::string wrong = read_line(words, last_id, step);
      if (wrong.empty() && !steps_.empty() && step.at < steps_.back().at) wrong = "earlier than the line before it";
      if (!wrong.empty()) return "line " + std::to_string(number) + ": " + wrong;
      steps_.push_back(std::move(step));
    }
    return {};
  }

  /// What the instrument cannot express becomes 0, which the venue refuses by name.
  void convert(const Instrument& instrument, Step& step) const {
    const auto number = [](const std::string& text, int decimals) {
      return text.empty() ? 0 : parse_decimal(text, decimals).value_or(0);
    };
    const auto price = [&](std::size_t i) { return Price{number(step.prices[i], instrument.price_decimals)}; };
    NewOrder& order = step.order;
    order.quantity = {number(step.quantity, instrument.quantity_decimals)};
    order.display = {number(step.display, instrument.quantity_decimals)};
    order.stop_loss = {number(step.stop_loss, instrument.price_decimals)};
    order.take_profit = {number(step.take_profit, instrument.price_decimals)};
    if (order.time_in_force == TimeInForce::GTD) order.expire_time = start_ + step.expires;
    if (step.cancel || order.type == OrderType::Market) return;
    if (order.type == OrderType::Limit) {
      order.price = price(0);
    } else if (order.type == OrderType::TrailingStop) {
      order.trail = price(0);
    } else {
      order.trigger_price = price(0);
      if (step.prices.size() == 2) order.price = price(1);
    }
  }

  DurationNanos interval_;
  std::vector<Step> steps_;
  std::size_t next_ = 0;
  UnixNanos start_ = 0;
};

}  // namespace

STOM_STRATEGY(order_list, OrderList, "orders written beforehand, each sent at its time")

}  // namespace stom
