// Runs every case of docs/order-cases/*.txt and docs/auction-cases/*.txt: a book, commands, expected answers. The
// format is in the READMEs there.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "account/back_office.hpp"
#include "core/decimal.hpp"
#include "core/time.hpp"
#include "sim/matching.hpp"

namespace stom::sim {
namespace {

struct OrderCase {
  std::string name, file, rules = "stom", queue = "risk_averse";
  std::vector<std::string> account;  // kind, cash, then pairs of a word and a number
  std::vector<std::vector<std::string>> brackets;
  std::string maker = "0", taker = "0", bar_path = "worst", venue = "test";
  std::int64_t lot = 1;
  std::vector<std::string> market;  // name, day, then pairs of a word and a value; empty: no market rules
  int line = 0;
  std::vector<std::string> steps, expected;
};

void PrintTo(const OrderCase& c, std::ostream* out) { *out << c.file << ":" << c.line << " " << c.name; }

std::vector<std::string> words_of(const std::string& line) {
  std::stringstream in{line.substr(0, line.find('#'))};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::vector<OrderCase> all_cases() {
  std::vector<OrderCase> cases;
  std::vector<std::filesystem::path> files;
  const char* other = std::getenv("STOM_ORDER_CASES");  // a folder of cases that somebody else has worked out
  const std::vector<std::string> ours{STOM_SOURCE_DIR "/docs/order-cases", STOM_SOURCE_DIR "/docs/auction-cases"};
  for (const auto& folder : other ? std::vector<std::string>{other} : ours) {
    for (const auto& entry : std::filesystem::directory_iterator{folder})
      if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in{file};
    bool expecting = false;
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      const auto words = words_of(line);
      if (words.empty()) continue;
      if (words[0] == "case") {
        OrderCase next;
        next.name = line.substr(5);
        next.file = file.filename().string();
        next.line = number;
        cases.push_back(std::move(next));
        expecting = false;
      } else if (words[0] == "rules") {
        cases.back().rules = words[1];
      } else if (words[0] == "queue") {
        cases.back().queue = words[1];
      } else if (words[0] == "account") {
        cases.back().account.assign(words.begin() + 1, words.end());
      } else if (words[0] == "bracket") {
        cases.back().brackets.push_back(words);
      } else if (words[0] == "path") {
        cases.back().bar_path = words[1];
      } else if (words[0] == "venue") {
        cases.back().venue = words[1];
      } else if (words[0] == "market") {
        cases.back().market.assign(words.begin() + 1, words.end());
      } else if (words[0] == "lot") {
        cases.back().lot = std::stoll(words[1]);
      } else if (words[0] == "fees") {
        cases.back().maker = words[1];
        cases.back().taker = words[2];
      } else if (words[0] == "expect") {
        expecting = true;
      } else {
        (expecting ? cases.back().expected : cases.back().steps).push_back(joined(words));
      }
    }
  }
  return cases;
}

/// Cases with a market tell times as in Seoul, "08:59:30", and prices in won; all others in nanoseconds, with a
/// decimal.
struct Clock {
  std::optional<std::int32_t> day;

  UnixNanos parse(const std::string& text) const {
    return day ? parse_time(format_day(*day) + " " + text + "+09:00").value() : std::stoll(text);
  }
  std::string format(UnixNanos t) const {
    if (!day) return std::to_string(t);
    std::string text = format_time(t + 9 * kHour).substr(11, 12);  // "08:59:30.000"
    return text.ends_with(".000") ? text.substr(0, 8) : text;
  }
  std::string price(Price price) const {
    return day ? format_decimal_trimmed(price.value, 1) : format_decimal(price.value, 1);
  }
};

Clock clock_of(const OrderCase& c) { return c.market.empty() ? Clock{} : Clock{parse_day(c.market.at(1)).value()}; }

Price price_of(const std::string& text) { return {parse_decimal(text, 1).value()}; }

struct Priced {
  Price price;
  Quantity quantity;
};
Priced priced(const std::string& text) {
  const auto x = text.find('x');
  return {price_of(text.substr(0, x)), {std::stoll(text.substr(x + 1))}};
}

const char* name_of(RejectReason reason) {
  static constexpr const char* kNames[] = {"none",
                                           "post_only_would_take",
                                           "insufficient_balance",
                                           "off_tick",
                                           "off_lot",
                                           "not_positive",
                                           "unknown_order",
                                           "duplicate_id",
                                           "reduce_only_would_increase",
                                           "no_liquidity",
                                           "unsupported",
                                           "price_out_of_range",
                                           "too_many_orders",
                                           "book_stale",
                                           "expired",
                                           "insufficient_margin",
                                           "position_limit",
                                           "liquidation",
                                           "market_closed"};
  return kNames[static_cast<std::size_t>(reason)];
}

Money money_of(const std::string& text) {
  return {static_cast<Int128>(parse_decimal(text, 9).value()) * power_of_ten(kMoneyDecimals - 9)};
}
std::int64_t rate_of(const std::string& text) { return parse_decimal(text, kRateDecimals).value(); }

/// "account linear 1000 leverage 10": what the account is like, and what kind of instrument it trades.
AccountTerms terms_of(const OrderCase& c, Instrument& instrument) {
  AccountTerms terms;
  const auto& w = c.account;
  if (w.empty() || w[0] == "unlimited") return terms;
  terms.kind = w[0] == "cash" ? AccountKind::Cash : AccountKind::Margin;
  instrument.kind = w[0] == "cash"      ? ContractKind::Spot
                    : w[0] == "inverse" ? ContractKind::Inverse
                                        : ContractKind::Linear;
  if (w[0] == "inverse") instrument.contract_size = 100;
  terms.cash = money_of(w.at(1));
  for (std::size_t i = 2; i + 1 < w.size(); i += 2) {
    if (w[i] == "base") terms.base = money_of(w[i + 1]);
    if (w[i] == "leverage") terms.leverage = std::stoi(w[i + 1]);
    if (w[i] == "liquidation_fee") terms.liquidation_fee_rate = rate_of(w[i + 1]);
  }
  if (!c.brackets.empty()) terms.brackets.emplace_back();
  for (const auto& b : c.brackets)
    terms.brackets[0].push_back({money_of(b.at(1)), std::stoi(b.at(2)), rate_of(b.at(3))});
  return terms;
}

/// Writes down what the venue says, in the words of the case files; the back office does what it does in a run.
class Notebook final : public AnswerSink {
 public:
  Notebook(const OrderCase& c, const std::vector<Instrument>& instruments, AccountTerms terms)
      : clock_{clock_of(c)},
        office_{instruments, {{std::move(terms), flat_fees(rate_of(c.maker), rate_of(c.taker))}}} {}

  TradingAccount* account(RunIndex) override { return office_.account(0); }
  FeeBook* fees(RunIndex) override { return office_.fees(0); }
  const Ledger& ledger() const { return office_.ledger(); }
  void margin_call(RunIndex run, InstrumentIndex, UnixNanos now) override { matching->liquidate(run, now); }

  Money answer(RunIndex, std::uint64_t, const OrderEvent& said) override {
    OrderEvent e = said;
    office_.settle(0, e);
    if (e.kind == OrderEventKind::Funding) {
      lines.push_back(clock_.format(e.time) + " funding " + format_decimal_trimmed(e.fee.value, kMoneyDecimals));
      return e.fee;
    }
    // The venue's own closing orders are counted from 1.
    // So are the orders of a bracket, by the order that they belong to.
    const std::string id = e.id & kLiquidationChild  ? "liquidation" + std::to_string(e.id & 0xffffffff)
                           : e.id & kStopLossChild   ? "stop_loss" + std::to_string(e.id & 0xffffffff)
                           : e.id & kTakeProfitChild ? "take_profit" + std::to_string(e.id & 0xffffffff)
                                                     : std::to_string(e.id);
    static constexpr const char* kKinds[] = {"accepted", "rejected", "denied",  "triggered",
                                             "filled",   "canceled", "expired", "cancel_rejected"};
    std::string line = clock_.format(e.time) + " " + kKinds[static_cast<std::size_t>(e.kind)] + " " + id;
    if (e.kind == OrderEventKind::Filled) {
      line += " " + clock_.price(e.price) + "x" + std::to_string(e.quantity.value) +
              (e.liquidity == Liquidity::Maker ? " maker" : " taker") + " leaves " + std::to_string(e.leaves.value);
      position += sign_of(e.side) * e.quantity.value;
      cash -= sign_of(e.side) * e.price.value * e.quantity.value;
    } else if (e.reason != RejectReason::None) {
      line += std::string{" "} + name_of(e.reason);
    }
    lines.push_back(line);
    return e.fee;
  }

  std::vector<std::string> lines;
  std::int64_t position = 0;
  std::int64_t cash = 0;         // in tenths
  Matching* matching = nullptr;  // that reports here

 private:
  Clock clock_;
  BackOffice office_;
};

/// "krx 2025-09-03 base 7800 seed 7 vi by_rule group kospi200"
MarketTerms market_of(const OrderCase& c) {
  MarketTerms terms{.market = c.market.at(0)};
  for (std::size_t i = 2; i + 1 < c.market.size(); i += 2) {
    const auto& value = c.market[i + 1];
    if (c.market[i] == "base") terms.base = price_of(value);
    if (c.market[i] == "seed") terms.seed = std::stoull(value);
    if (c.market[i] == "group") terms.group = value;
    if (c.market[i] == "vi") terms.interruptions = value == "by_rule" ? Interruptions::ByRule : Interruptions::Told;
  }
  return terms;
}

class Venue {
 public:
  explicit Venue(const OrderCase& c) {
    AccountTerms terms = terms_of(c, instruments_[0]);
    instruments_[0].id = c.venue + ":X";
    instruments_[0].lot = {c.lot};
    notebook = std::make_unique<Notebook>(c, instruments_, std::move(terms));
    runs_[0].queue = parse_queue_model(c.queue).value();
    runs_[0].bars.path = parse_bar_path(c.bar_path).value();
    runs_[0].bars.cash = money_of("1000000");
    if (!c.market.empty()) {
      // KRX's ladder since 2023-01-25, in tenths of a won.
      instruments_[0].ladder = {
          {{0}, {10}},          {{20'000}, {50}},       {{50'000}, {100}},      {{200'000}, {500}},
          {{500'000}, {1'000}}, {{2'000'000}, {5'000}}, {{5'000'000}, {10'000}}};
      runs_[0].markets = std::make_shared<const std::vector<MarketTerms>>(1, market_of(c));
    }
    base_tick_ = instruments_[0].base_tick().value;
    clock_ = clock_of(c);
    const FillRules rules = c.rules == "bars" ? FillRules::Bars : parse_fill_rules(c.rules).value();
    matching_ = make_matching(rules, instruments_[0], 0, runs_, *notebook);
    notebook->matching = matching_.get();
    ungated_ = c.rules == "hftbacktest";
  }

  void step(const std::string& line) {
    auto w = words_of(line);
    const UnixNanos now = clock_.parse(w[0]);
    while (matching_->next_expiry() <= now) matching_->on_time(matching_->next_expiry());
    if (w[1] == "wait") return;
    // "call trade", "call depth": the venue marks it as of a call auction.
    auction_ = w[1] == "call";
    if (auction_) w.erase(w.begin() + 1);
    const std::string& what = w[1];
    if (what == "snapshot" || what == "depth")
      return book(now, what == "depth" ? FeedKind::Depth : FeedKind::Snapshot, w);
    if (what == "quote") return book(now, FeedKind::Quote, w);
    if (what == "bar") {
      const Bar bar{now, price_of(w[2]), price_of(w[3]), price_of(w[4]), price_of(w[5]), {1}};
      return matching_->on_message({.exchange_time = now, .bar = &bar, .kind = FeedKind::Bar});
    }
    if (what == "trade") {
      const auto [price, quantity] = priced(w[3]);
      return send(now, FeedKind::Trade, {{price.value / base_tick_, quantity.value}}, 1, w[2] == "sell");
    }
    if (what == "mark") {
      // mark PRICE [funding RATE at TIME]
      const std::int64_t rate = w.size() > 4 ? parse_decimal(w[4], 8).value() : 0;
      const std::int64_t next = w.size() > 6 ? std::stoll(w[6]) : 0;
      return send(now, FeedKind::Mark, {{price_of(w[2]).value, rate}, {price_of(w[2]).value, next}}, 1, false);
    }
    if (what == "gap") return send(now, FeedKind::Gap, {}, 0, false);
    if (what == "cancel") return matching_->on_cancel(0, 0, std::stoull(w[2]), now);
    order(now, w);
  }

  std::unique_ptr<Notebook> notebook;

 private:
  void send(UnixNanos now, FeedKind kind, const std::vector<FeedLevel>& levels, std::size_t bids, bool sell) {
    matching_->on_message({.exchange_time = now,
                           .local_time = now,
                           .first = levels.data(),
                           .bids = static_cast<std::uint32_t>(bids),
                           .asks = static_cast<std::uint32_t>(levels.size() - bids),
                           .instrument = 0,
                           .slot = 0,
                           .kind = kind,
                           .sell_aggressor = sell,
                           .auction = auction_,
                           .replaces_book = !ungated_});
  }

  void book(UnixNanos now, FeedKind kind, const std::vector<std::string>& w) {
    std::vector<FeedLevel> sides[2];
    int side = 0;
    for (std::size_t i = 2; i < w.size(); ++i) {
      if (w[i] == "bid" || w[i] == "ask") {
        side = w[i] == "ask";
      } else {
        const auto [price, quantity] = priced(w[i]);
        sides[side].push_back({price.value / base_tick_, quantity.value});
      }
    }
    const std::size_t bids = sides[0].size();
    sides[0].insert(sides[0].end(), sides[1].begin(), sides[1].end());
    send(now, kind, sides[0], bids, false);
  }

  void order(UnixNanos now, const std::vector<std::string>& w) {
    NewOrder o{.side = w[1] == "buy" ? Side::Buy : Side::Sell};
    static const std::pair<const char*, OrderType> kTypes[] = {{"limit", OrderType::Limit},
                                                               {"market", OrderType::Market},
                                                               {"stop", OrderType::Stop},
                                                               {"stop_limit", OrderType::StopLimit},
                                                               {"take_profit", OrderType::TakeProfit},
                                                               {"take_profit_limit", OrderType::TakeProfitLimit},
                                                               {"trailing", OrderType::TrailingStop}};
    for (const auto& [name, type] : kTypes) {
      if (w[2] == name) o.type = type;
    }
    std::vector<Price> prices;
    for (std::size_t i = 3; i < w.size(); ++i) {
      const std::string& word = w[i];
      const auto value = [&] { return word.substr(word.find('=') + 1); };
      if (word == "id") {
        o.id = std::stoull(w[++i]);
      } else if (word[0] == 'x') {
        o.quantity = {std::stoll(word.substr(1))};
      } else if (word.starts_with("cash=")) {
        o.size_by = SizeBy::CashFraction;
        o.quantity = {rate_of(value())};
      } else if (word == "position") {
        o.size_by = SizeBy::Position;
      } else if (word == "ioc") {
        o.time_in_force = TimeInForce::IOC;
      } else if (word == "fok") {
        o.time_in_force = TimeInForce::FOK;
      } else if (word == "day") {
        o.time_in_force = TimeInForce::DAY;
      } else if (word.starts_with("gtd=")) {
        o.time_in_force = TimeInForce::GTD;
        o.expire_time = clock_.parse(value());
      } else if (word == "at_close") {
        o.bar_fill = BarFill::ThisClose;
      } else if (word == "post") {
        o.post_only = true;
      } else if (word == "reduce") {
        o.reduce_only = true;
      } else if (word.starts_with("show=")) {
        o.display = {std::stoll(value())};
      } else if (word.starts_with("by=")) {
        o.trigger_by = value() == "mark"      ? TriggerBy::Mark
                       : value() == "index"   ? TriggerBy::Index
                       : value() == "bid_ask" ? TriggerBy::BidAsk
                                              : TriggerBy::Last;
      } else if (word.starts_with("sl=")) {
        o.stop_loss = price_of(value());
      } else if (word.starts_with("tp=")) {
        o.take_profit = price_of(value());
      } else if (word != "gtc") {
        prices.push_back(price_of(word));
      }
    }
    // stop 101.0; stop_limit 101.0 101.2 (trigger, price); trailing 1.5 (distance); limit 100.0
    if (o.type == OrderType::Limit) o.price = prices.at(0);
    if (o.type == OrderType::TrailingStop) o.trail = prices.at(0);
    if (o.type == OrderType::Stop || o.type == OrderType::TakeProfit) o.trigger_price = prices.at(0);
    if (o.type == OrderType::StopLimit || o.type == OrderType::TakeProfitLimit) {
      o.trigger_price = prices.at(0);
      o.price = prices.at(1);
    }
    matching_->on_new(0, 0, o, now);
  }

  std::vector<Instrument> instruments_{{.id = "test:X",
                                        .base = "X",
                                        .quote = "USD",
                                        .kind = ContractKind::Linear,
                                        .price_decimals = 1,
                                        .ladder = {{{0}, {1}}}}};
  std::vector<RunModels> runs_{1};
  std::unique_ptr<Matching> matching_;
  Clock clock_;
  std::int64_t base_tick_ = 1;
  bool ungated_ = false;
  bool auction_ = false;
};

class OrderCases : public testing::TestWithParam<OrderCase> {};

TEST_P(OrderCases, TheVenueAnswersAsWritten) {
  const OrderCase& c = GetParam();
  SCOPED_TRACE(c.file + ":" + std::to_string(c.line) + ": " + c.name);
  Venue venue{c};
  for (const auto& step : c.steps) venue.step(step);
  Notebook& notebook = *venue.notebook;
  const Ledger& ledger = notebook.ledger();
  std::vector<std::string> said = notebook.lines, expected;
  for (const auto& line : c.expected) {
    const auto words = words_of(line);
    if (words[0] == "position") {
      EXPECT_EQ(std::to_string(notebook.position), words[1]);
    } else if (words[0] == "cash") {
      EXPECT_EQ(format_decimal(notebook.cash, 1), words[1]);
    } else if (words[0] == "balance") {
      CurrencyIndex currency = 0;
      while (currency < ledger.currencies() && ledger.name_of_currency(currency) != words[1]) ++currency;
      ASSERT_LT(currency, ledger.currencies()) << words[1];
      const Money held = ledger.balance(notebook.account(0)->owner(), currency);
      EXPECT_EQ(format_decimal_trimmed(held.value, kMoneyDecimals), words[2]) << words[1];
    } else if (words[0] == "available" || words[0] == "equity") {
      const TradingAccount& account = *notebook.account(0);
      const Money amount = words[0] == "equity" ? account.equity(0) : account.available(0);
      EXPECT_EQ(format_decimal_trimmed(amount.value, kMoneyDecimals), words[1]) << words[0];
    } else {
      expected.push_back(line);
    }
  }
  EXPECT_EQ(said, expected);
  for (CurrencyIndex i = 0; i < ledger.currencies(); ++i) EXPECT_EQ(ledger.total(i), ledger.deposited(i));
}

INSTANTIATE_TEST_SUITE_P(Docs, OrderCases, testing::ValuesIn(all_cases()));

}  // namespace
}  // namespace stom::sim
