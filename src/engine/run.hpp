// One Run: a strategy with its orders, position, cash and journal. Many runs share one Market; none sees another.
// The engine owns it and is its only caller.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/large_pages.hpp"
#include "engine/equity_curve.hpp"
#include "engine/journal.hpp"
#include "engine/kept_words.hpp"
#include "market/market.hpp"
#include "model/fill.hpp"
#include "model/start_cash.hpp"
#include "model/venue_link.hpp"
#include "orders/account_state.hpp"
#include "orders/owned_positions.hpp"
#include "strategies/strategy.hpp"

namespace stom {

class Engine;

/// An execution that the session's operator has stopped: what it traded, and of which of several strategies it was.
struct StoppedExecution {
  InstrumentIndex instrument = 0;
  Side side = Side::Buy;
  orders::Owner owner = orders::kSessionsOwn;
  friend bool operator==(const StoppedExecution&, const StoppedExecution&) = default;
};

struct RunOptions {
  std::string configuration;    // first record of the journal
  StartCash cash{};             // at the start
  std::size_t instruments = 0;  // so many, the first ones, the strategy knows of; 0: all
  /// What the journal that this run goes on with leads to; `cash` is then in it.
  std::optional<orders::AccountState> restored{};
  /// Where the session's operator has stopped an execution before.
  std::vector<StoppedExecution> stopped_executions{};
  /// Orders of before of which the strategy hears nothing; adopt() adds others.
  std::vector<ClientOrderId> unheard{};
  /// What the strategy of the process before kept (Context::keep()).
  KeptWords kept{};
  /// Fills, funding, reasons of exits and the equity curve, of which a result is made. Without, the run's memory is
  /// that of what is open, however long it goes on, and a strategy notices nothing of it.
  bool keeps_history = true;
  /// Of several strategies that share the run (several.hpp), which outlive it: whose each order is, its number says,
  /// and each fill is booked there.
  orders::OwnedPositions* owned = nullptr;
  Journal journal{};  // opened, or not kept
};

class Run final : public Context {
 public:
  Run(Engine& engine, RunIndex index, std::unique_ptr<Strategy> strategy, RunOptions options);

  // Context
  UnixNanos now() const override;
  std::size_t instruments() const override;
  const Instrument& instrument(InstrumentIndex index) const override;
  const BookView& book(InstrumentIndex index) const override;
  std::optional<bool> watched(InstrumentIndex index) const override;
  std::span<const WorkingOrder> orders() const override { return state_.orders(); }
  const WorkingOrder* order(ClientOrderId id) const override { return state_.order(id); }
  std::span<const Fill> earlier_fills() const override;
  Quantity position(InstrumentIndex index) const override { return state_.holding(index).position; }
  Money cash(InstrumentIndex index) const override { return state_.holding(index).cash; }
  Money equity(InstrumentIndex index) const override;
  std::optional<Money> cost_of_taking(InstrumentIndex index, Side side, Price price, Quantity quantity) const override;
  ClientOrderId submit(const NewOrder& order) override;
  void cancel(ClientOrderId id) override;
  std::uint64_t next_execution() override { return ++executions_; }
  bool execution_was_stopped(InstrumentIndex index, Side side) const override { return was_stopped({index, side}); }
  bool hears_of(ClientOrderId id) const override;
  void keep(InstrumentIndex index, std::string_view word) override { keep({index, orders::kSessionsOwn}, word); }
  std::string_view kept(InstrumentIndex index) const override { return kept({index, orders::kSessionsOwn}); }
  void tag(ClientOrderId id, std::string_view exit_reason) override;
  void log(std::string_view line) override;
  void every(DurationNanos interval) override;
  void wake_at(UnixNanos time) override;
  void subscribe_book(InstrumentIndex index) override;
  void subscribe_trades(InstrumentIndex index) override;
  void subscribe_quotes(InstrumentIndex index) override;
  void subscribe_watch(InstrumentIndex index) override;
  std::uint32_t subscribe_bars(InstrumentIndex index, const BarSpec& spec) override;
  std::uint32_t subscribe_rows(InstrumentIndex index, const RowSpec& spec) override;
  const SharedIndicator& shared(std::uint32_t series, std::string_view key,
                                const std::function<std::unique_ptr<SharedIndicator>()>& make) override;

  /// Ids of orders begin there; of a session that goes on, before its first one.
  void begin_ids(ClientOrderId first) { state_.begin_ids(first); }
  /// The next free number of an order; where strategies share the run, of that owner's.
  ClientOrderId next_id(orders::Owner owner = orders::kSessionsOwn) const {
    return options_.owned != nullptr ? orders::next_of(owner, state_.next_id()) : state_.next_id();
  }
  /// Only in Strategy::on_start().
  bool was_stopped(const StoppedExecution& execution) const;
  void keep(KeptWords::Of of, std::string_view word) {
    journal_.log(now(), KeptWords::line(of, word));
    keeps_.keep(of, word);
  }
  /// For a run that goes on with this one, as its journal has it.
  const KeptWords& keeps() const { return keeps_; }
  /// Only in Strategy::on_start().
  std::string_view kept(KeptWords::Of of) const;
  /// Best bid and ask together, else twice the last price; 0: neither is known.
  std::int64_t twice_price(InstrumentIndex index) const;
  /// As submit() of an order that rests at the venue already, whoever placed it: it counts, and does not leave.
  /// `heard`: hears_of() it.
  void adopt(const NewOrder& order, std::string_view venue_order_id, bool heard);

  // Results
  const orders::AccountState& state() const { return state_; }
  const std::vector<FundingPayment>& funding() const { return state_.funding(); }
  /// Orders that the venue rejected or that were denied on their way there, by reason.
  const std::array<std::uint64_t, kRejectReasons>& refused() const { return state_.refused(); }
  /// What fills, fees and funding of it have brought, without what is held; in its settlement currency.
  Money earned(InstrumentIndex index) const { return state_.earned(index); }
  const EquityCurve& equity_curve() const { return equity_curve_; }
  /// For whoever is done with the run: without a copy of what may be a million points.
  EquityCurve take_equity_curve() { return std::move(equity_curve_); }
  std::vector<Fill> take_fills() { return std::move(state_.fills()); }
  /// Makes room for a run over that many bars.
  void expect_bars(std::size_t bars);
  const std::map<ClientOrderId, std::string>& exit_reasons() const { return state_.exit_reasons(); }
  /// What the strategy logged first and last, for whoever started the run; all of it is in the journal.
  std::vector<std::string> lines() const;
  Journal& journal() { return journal_; }
  /// Its timer fires once and is set anew, if at all: wake_at() may be called.
  bool wakes_once() const { return interval_ == 0; }
  std::uint64_t submitted() const { return state_.submitted(); }
  Money total_fee() const { return state_.total_fee(); }

 private:
  friend class Engine;

  void start();
  void sample_equity_in_time(UnixNanos time) {
    if (options_.keeps_history) sample_equity(time);
  }
  void on_answer(const Answer& answer);
  void sample_equity(UnixNanos time) {
    if (mark_ != nullptr) [[likely]]
      return equity_curve_.add(time, std::max<std::int64_t>(mark_->twice_mid(), 0));
    equity_curve_.add(time, whole_equity());
  }
  void choose_mark();
  Money whole_equity() const;

  Engine& engine_;
  RunIndex index_;
  std::unique_ptr<Strategy> strategy_;
  RunOptions options_;
  Journal journal_;
  orders::AccountState state_;  // each record of the journal is folded into it
  KeptWords keeps_;
  EquityCurve equity_curve_;
  const InstrumentMarket* mark_ = nullptr;  // the one whose price says what the account is worth; null: no single one
  static constexpr std::size_t kLines = 5;  // at either end
  std::deque<std::string> first_lines_, last_lines_;  // that the strategy logged
  std::uint64_t lines_between_ = 0;
  std::uint64_t executions_ = 0;  // that have begun
  DurationNanos interval_ = 0;    // 0: no timer, or one that fires once
  UnixNanos next_timer_ = kNever;
  bool starting_ = false;
};

}  // namespace stom
