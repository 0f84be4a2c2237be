// A small but whole session for the server's tests: one instrument, a book of two levels, a venue that fills market
// orders at the touch and rests limits. It acts inside submit(), on the I/O thread, so tests need no waiting.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <mutex>

#include "server/engine_port.hpp"
#include "server/library.hpp"

namespace stom::test {

inline constexpr UnixNanos kStart = 1'723'096'800 * kSecond;

inline Instrument test_instrument() {
  Instrument instrument;
  instrument.id = "gen:BTCUSDT";
  instrument.base = "BTC";
  instrument.quote = "USDT";
  instrument.kind = ContractKind::Linear;
  instrument.price_decimals = 2;
  instrument.quantity_decimals = 3;
  instrument.ladder = {{Price{0}, Price{10}}};
  instrument.lot = Quantity{1};
  return instrument;
}

class TestSession final : public SessionPort {
 public:
  TestSession() { begin(); }

  bool submit(const Command& command) override {
    const std::lock_guard lock{mutex_};
    if (full) return false;
    ++commands;
    act(command);
    publish();
    updates_.push_back(done_);
    return true;
  }
  bool next(Update& update) override {
    const std::lock_guard lock{mutex_};
    if (updates_.empty()) return false;
    update = std::move(updates_.front());
    updates_.pop_front();
    return true;
  }
  bool take_live() override {
    const std::lock_guard lock{mutex_};
    if (!fresh_) return false;
    fresh_ = false;
    shown_ = live_;
    return true;
  }
  const LiveState& live() const override { return shown_; }

  /// The market moves: a trade at `price`, and the book's best bid there.
  void trade(UnixNanos time, std::int64_t price, std::int64_t quantity) {
    const std::lock_guard lock{mutex_};
    live_.clock = time;
    updates_.push_back(TapeRow{0, time, Price{price}, Quantity{quantity}, 0, false});
    const UnixNanos second = time - time % kSecond;
    if (bar_.bar.time != second) bar_ = {0, 0, {second, Price{price}, Price{price}, Price{price}, Price{price}, {}}};
    bar_.bar.high = std::max(bar_.bar.high, Price{price});
    bar_.bar.low = std::min(bar_.bar.low, Price{price});
    bar_.bar.close = Price{price};
    bar_.bar.volume += Quantity{quantity};
    ++bar_.trades;
    updates_.push_back(bar_);
    set_book(price);
    publish();
  }
  void say(std::string_view text) {
    const std::lock_guard lock{mutex_};
    updates_.push_back(LogRow{
        live_.clock, LogLevel::Info, LogSource::Strategy, {"strategy_line"}, {text}, {{"line", std::string{text}}}});
  }

  std::atomic<bool> full{false};
  std::atomic<int> commands{0};

 private:
  void begin(const std::string& strategy = {}, std::vector<std::string> limits = {}) {
    auto info = std::make_shared<SessionInfo>();
    info->session_id = "default-" + std::to_string(++generation_);
    info->name = "default";
    info->version = "test";
    info->fill_rules = "stom";
    info->strategy = strategy;
    info->data_source = "generator";
    info->data_name = "gen:BTCUSDT";
    info->account = "margin";
    info->limits = std::move(limits);
    info->currency = "USDT";
    info->instruments = {test_instrument()};
    orders_.clear();
    live_ = LiveState{};
    live_.clock = kStart;
    live_.positions = {PositionRow{}};
    live_.books.resize(1);
    live_.account.cash = Money{Int128{10'000} * 1'000'000'000'000'000'000};
    live_.account.equity = live_.account.cash;
    live_.account.available = live_.account.cash;
    live_.account.day_start_equity = live_.account.cash;
    set_book(6'000'000);
    updates_.push_back(SessionBegan{std::move(info)});
    updates_.push_back(SessionReady{});
    publish();
  }
  void publish() { fresh_ = true; }
  void set_book(std::int64_t best_bid) {
    BookState& book = live_.books[0];
    book.time = live_.clock;
    ++book.update_id;
    book.stale = false;
    book.bids = book.all_bids = book.asks = book.all_asks = 2;
    book.bid[0] = {Price{best_bid}, Quantity{1000}};
    book.bid[1] = {Price{best_bid - 10}, Quantity{2000}};
    book.ask[0] = {Price{best_bid + 10}, Quantity{1500}};
    book.ask[1] = {Price{best_bid + 20}, Quantity{2500}};
  }
  void act(const Command& command) {
    done_ = CommandDone{command.ticket, Outcome::Done, RejectReason::None, {}};
    switch (command.kind) {
      case Command::Kind::Play:
        live_.state = RunState::Playing;
        break;
      case Command::Kind::Pause:
        live_.state = RunState::Paused;
        break;
      case Command::Kind::Speed:
        live_.speed_milli = command.speed_milli;
        break;
      case Command::Kind::StepTime:
        live_.clock += command.step;
        break;
      case Command::Kind::JumpToTime:
        live_.clock = command.until;
        break;
      case Command::Kind::Restart:
        begin();
        break;
      case Command::Kind::Begin:
        if (command.choice->instrument == "gen:BTCUSDT") {
          begin(command.choice->strategy, command.choice->limits.value_or(std::vector<std::string>{}));
        } else {
          done_.outcome = Outcome::Refused;
          done_.detail = Text<240>{"there is no market data of " + command.choice->instrument};
        }
        break;
      case Command::Kind::Submit:
        place(command, command.order);
        break;
      case Command::Kind::Cancel:
        cancel(command.ticket, command.cancel);
        break;
      case Command::Kind::Flatten:
        flatten(command);
        break;
      default:
        break;
    }
  }
  void place(const Command& command, const NewOrder& wish) {
    OrderRow row;
    row.number = orders_.size() + 1;
    row.id = 9000 + row.number;
    row.side = wish.side;
    row.type = wish.type;
    row.time_in_force = wish.time_in_force;
    row.post_only = wish.post_only;
    row.reduce_only = wish.reduce_only;
    row.source = OrderSource::Manual;
    row.price = wish.price;
    row.quantity = row.leaves = wish.quantity;
    row.created = row.updated = live_.clock;
    row.status = OrderStatus::Working;
    if (wish.quantity > Quantity{100'000}) {
      row.status = OrderStatus::Rejected;
      row.denied = true;
      row.reason = RejectReason::InsufficientBalance;
      done_.outcome = Outcome::Denied;
      done_.reason = row.reason;
    } else if (wish.type == OrderType::Market) {
      const auto& book = live_.books[0];
      const Price price = wish.side == Side::Buy ? book.ask[0].price : book.bid[0].price;
      row.status = OrderStatus::Filled;
      row.filled = wish.quantity;
      row.leaves = Quantity{0};
      row.average_price = Money{Int128{price.value} * power_of_ten(kMoneyDecimals - 2)};
      Fill fill{live_.clock, live_.clock, 0, wish.side, Liquidity::Taker, row.id, price, wish.quantity, Money{}};
      updates_.push_back(FillRow{++fills_, fill, OrderSource::Manual});
      live_.positions[0].quantity += Quantity{sign_of(wish.side) * wish.quantity.value};
    }
    orders_[row.number] = row;
    updates_.push_back(row);
    updates_.push_back(CommandOrder{command.ticket, row.id, false});
  }
  void cancel(std::uint64_t ticket, ClientOrderId id) {
    for (auto& [number, row] : orders_) {
      if (row.id != id || !row.is_open()) continue;
      row.status = OrderStatus::Canceled;
      updates_.push_back(row);
      updates_.push_back(CommandOrder{ticket, id, true});
      return;
    }
    done_.outcome = Outcome::OrderNotOpen;
  }
  void flatten(const Command& command) {
    const auto open = orders_;
    for (const auto& [number, row] : open)
      if (row.is_open()) cancel(command.ticket, row.id);
    const Quantity position = live_.positions[0].quantity;
    if (position.value == 0) return;
    NewOrder order;
    order.type = OrderType::Market;
    order.time_in_force = TimeInForce::IOC;
    order.reduce_only = true;
    order.side = position.value > 0 ? Side::Sell : Side::Buy;
    order.quantity = Quantity{std::abs(position.value)};
    place(command, order);
  }

  std::mutex mutex_;
  std::deque<Update> updates_;
  LiveState live_;
  LiveState shown_;
  bool fresh_ = false;
  CommandDone done_;
  SecondBar bar_;
  std::map<std::uint64_t, OrderRow> orders_;
  std::uint64_t fills_ = 0;
  int generation_ = 0;
};

class TestLibrary final : public Library {
 public:
  std::vector<Replayable> replayable() const override {
    return {{"gen:BTCUSDT", "generator", {}, {}}, {"binance:BTCUSDT", "recording", "2024-08-08", "2024-08-09"}};
  }
  std::vector<StrategyCard> strategies() const override {
    return {{"grid", "resting orders on both sides", 1, {{"lots", "integer", "1", "1..1000", "size of each order"}}}};
  }
  std::vector<RunCard> runs() const override {
    RunCard run;
    run.id = "20260101T000000-grid-1a2b";
    run.strategy = "grid";
    run.instruments = {"gen:BTCUSDT"};
    run.currency = "USDT";
    run.total_return = "0.0125";
    run.has_report = true;
    return {run};
  }
  Result<std::string> report(const std::string& run) const override {
    if (run != runs().front().id) return fail(Errc::NotFound, "there is no run " + run, "GET /api/v1/runs lists them");
    return std::string{"<!doctype html><title>grid</title><script>1</script>"};
  }
  Result<StoredCurve> curve(const std::string& run, std::size_t most) const override {
    if (run != runs().front().id) return fail(Errc::NotFound, "there is no run " + run, "GET /api/v1/runs lists them");
    StoredCurve curve{"USDT", "100000", 1'000'000, {}, {{"trades", "2"}, {"sharpe_ratio", "null"}}};
    const UnixNanos start = 1'767'225'600'000'000'000;
    for (std::size_t i = 0; i < most; ++i)
      curve.points.push_back({start + static_cast<UnixNanos>(i), "100000.000000000000000001", "0", "99999.5", ""});
    return curve;
  }
  std::vector<std::string> trading() const override {
    ++asked_for_trading;
    return {
        R"({"session":"/data/today","pid":4711,"state":"running","mode":"paper","kill_switch":"off","dead_man":{"within_ms":600000,"left_ms":412000,"next":"entries"},"slowest":{"lately":{"waited_us":85,"instrument":"binance:BTCUSDT","age_ms":1200},"ever":null},"risk":{"currency":"KRW","equity":null,"gross":"1390200","net":"-1390200","profit":null,"stale":false,"unknown":["no rate of USDC in KRW"],"rates":[{"from":"USDT","to":"KRW","rate":"1390.2","source":"upbit:KRW-USDT","age_ms":46,"stale":false}]},"limits":[{"name":"position","scope":"","limit":"2","value":"0.5","state":"ok"}],"account":{"positions":[{"venue":"binance","instrument":"binance:BTCUSDT","strategy":"grid","quantity":"-0.02","entry_price":"61234.5","mark_price":null,"unrealized_pnl":null,"currency":"USDT"}],"balances":[{"venue":"paper","currency":"USDT","total":"1000","free":"900"}],"orders":[{"client_order_id":"stom-7-1","venue_order_id":null,"venue":"binance","instrument":"binance:BTCUSDT","strategy":"grid","side":"buy","type":"limit","price":"61000","quantity":"0.02","filled":"0","status":"working"}]},"venues":[{"name":"binance","connected":true,"lag_ms":3,"clock":null,"connections":[],"waiting":{},"budgets":[],"counts":{},"universe":null,"instruments":[]}]})",
        R"({"session":"/data/hangs","pid":4712,"state":"not responding","mode":null,"kill_switch":null,"dead_man":null,"slowest":null,"risk":null,"limits":[],"account":null,"venues":[]})"};
  }
  std::vector<std::string> alerts() const override {
    return {
        R"({"session":"/data/today","pid":4711,"alerts":[{"id":"7","time_ns":"1","last_time_ns":"2","severity":"critical","event":"risk.tripped","text":"kill switch: entries","count":1}]})",
        R"({"session":"/data/hangs","pid":4712,"alerts":null})"};
  }
  std::vector<std::string> ended() const override {
    return {
        R"({"session":"/data/yesterday","end":"failed","time_ns":"1767225600000000000","error":"the disk is full","hint":"make room"})",
        R"({"session":"/data/before","end":null,"time_ns":null,"error":null,"hint":null})"};
  }
  Result<TradingLogPage> log(const TradingLogQuery& query) const override {
    if (query.session != "/data/today" && query.session != "/data/yesterday")
      return fail(Errc::NotFound, "no such session runs", "GET /api/v1/trading lists them");
    if (!query.cursor.empty() && query.cursor != "older") return fail(Errc::Usage, "the cursor is none", "");
    if (!query.cursor.empty()) return TradingLogPage{};
    return TradingLogPage{
        .lines = {{kStart, query.level, "asked for \"" + query.text + "\", " + std::to_string(query.most)},
                  {kNoTime, "info", "12 lines were left out here"}},
        .next = "older"};
  }
  Result<std::string> kill(const std::string& session, const std::string& step) const override {
    if (session == "/data/hangs") return fail(Errc::Io, "the session gives no answer", "end its process");
    if (session != "/data/today") return fail(Errc::NotFound, "no such session runs", "GET /api/v1/trading lists them");
    pulled = step;
    return R"({"step":")" + step +
           R"(","asked":"1","entries_stopped":"2","logged":"3","cancels_sent":null,"nothing_works":null,"engine":"4","flat":null})";
  }
  mutable std::string pulled;  // by the answer that was read before this is
  mutable std::atomic<int> asked_for_trading = 0;
};

}  // namespace stom::test
