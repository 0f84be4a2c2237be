// One Run: a strategy with its orders, position, cash and journal. Many runs share one Market; none sees another.
// The engine owns it and is its only caller.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/large_pages.hpp"
#include "engine/equity_curve.hpp"
#include "engine/journal.hpp"
#include "market/market.hpp"
#include "model/fill.hpp"
#include "model/venue_link.hpp"
#include "strategies/strategy.hpp"

namespace stom {

class Engine;

struct RunOptions {
  std::string configuration;    // first record of the journal
  Money cash{};                 // at the start, in the settlement currency of the first instrument
  std::size_t instruments = 0;  // so many, the first ones, the strategy knows of; 0: all
};

class Run final : public Context {
 public:
  Run(Engine& engine, RunIndex index, std::unique_ptr<Strategy> strategy, RunOptions options);

  // Context
  UnixNanos now() const override;
  std::size_t instruments() const override;
  const Instrument& instrument(InstrumentIndex index) const override;
  const BookView& book(InstrumentIndex index) const override;
  std::span<const WorkingOrder> orders() const override { return orders_; }
  const WorkingOrder* order(ClientOrderId id) const override;
  Quantity position(InstrumentIndex index) const override { return holdings_[index].position; }
  Money cash(InstrumentIndex index) const override { return holdings_[index].cash; }
  Money equity(InstrumentIndex index) const override;
  std::optional<Money> cost_of_taking(InstrumentIndex index, Side side, Price price, Quantity quantity) const override;
  ClientOrderId submit(const NewOrder& order) override;
  void cancel(ClientOrderId id) override;
  void tag(ClientOrderId id, std::string_view exit_reason) override;
  void log(std::string_view line) override;
  void every(DurationNanos interval) override;
  void wake_at(UnixNanos time) override;
  void subscribe_book(InstrumentIndex index) override;
  void subscribe_trades(InstrumentIndex index) override;
  void subscribe_quotes(InstrumentIndex index) override;
  std::uint32_t subscribe_bars(InstrumentIndex index, const BarSpec& spec) override;
  std::uint32_t subscribe_rows(InstrumentIndex index, const RowSpec& spec) override;
  const SharedIndicator& shared(std::uint32_t series, std::string_view key,
                                const std::function<std::unique_ptr<SharedIndicator>()>& make) override;

  // Results
  const std::vector<Fill>& fills() const { return fills_; }
  const std::vector<FundingPayment>& funding() const { return payments_; }
  /// Orders that the venue rejected, by reason.
  const std::array<std::uint64_t, kRejectReasons>& refused() const { return refused_; }
  /// What fills, fees and funding of it have brought, without what is held; in its settlement currency.
  Money earned(InstrumentIndex index) const { return holdings_[index].cash - (index == 0 ? options_.cash : Money{}); }
  const EquityCurve& equity_curve() const { return equity_curve_; }
  /// For whoever is done with the run: without a copy of what may be a million points.
  EquityCurve take_equity_curve() { return std::move(equity_curve_); }
  std::vector<Fill> take_fills() { return std::move(fills_); }
  /// Makes room for a run over that many bars.
  void expect_bars(std::size_t bars);
  const std::map<ClientOrderId, std::string>& exit_reasons() const { return exit_reasons_; }
  /// What the strategy logged first and last, for whoever started the run; all of it is in the journal.
  std::vector<std::string> lines() const;
  Journal& journal() { return journal_; }
  std::uint64_t submitted() const { return submitted_; }
  Money total_fee() const { return total_fee_; }

 private:
  friend class Engine;

  /// What we own in one instrument. Cash moves by price x quantity as well as by fees: for Linear contracts this is the
  /// same sum as margin accounting gives once flat.
  struct Holding {
    Quantity position{};
    Money cash{};
  };

  void start();
  void on_answer(const Answer& answer);
  void sample_equity(UnixNanos time) {
    if (mark_ != nullptr) [[likely]]
      return equity_curve_.add(time, std::max<std::int64_t>(mark_->twice_mid(), 0));
    equity_curve_.add(time, whole_equity());
  }
  void choose_mark();
  Money whole_equity() const;
  WorkingOrder* find(ClientOrderId id);
  void book_fill(const OrderEvent& event);
  void book_funding(const OrderEvent& event);

  Engine& engine_;
  RunIndex index_;
  std::unique_ptr<Strategy> strategy_;
  RunOptions options_;
  Journal journal_;
  std::vector<WorkingOrder> orders_;  // by submission
  std::vector<Holding> holdings_;     // by instrument
  std::vector<Fill> fills_;
  std::vector<FundingPayment> payments_;
  std::array<std::uint64_t, kRejectReasons> refused_{};
  EquityCurve equity_curve_;
  const InstrumentMarket* mark_ = nullptr;  // the one whose price says what the account is worth; null: no single one
  std::map<ClientOrderId, std::string> exit_reasons_;
  static constexpr std::size_t kLines = 5;            // at either end
  std::deque<std::string> first_lines_, last_lines_;  // that the strategy logged
  std::uint64_t lines_between_ = 0;
  ClientOrderId next_id_ = 1;
  std::uint64_t next_request_ = 1;
  std::uint64_t submitted_ = 0;
  Money total_fee_{};
  DurationNanos interval_ = 0;  // 0: no timer, or one that fires once
  UnixNanos next_timer_ = kNever;
  bool starting_ = false;
};

}  // namespace stom
