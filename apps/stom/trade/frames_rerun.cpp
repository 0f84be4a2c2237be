#include "trade/frames_rerun.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "core/decimal.hpp"
#include "engine/engine.hpp"
#include "engine/recovery.hpp"
#include "market/watched_feed.hpp"
#include "sim/venue_simulator.hpp"
#include "strategies/execution_orders.hpp"
#include "trade/execution_view.hpp"
#include "trade/exposure_view.hpp"
#include "trade/risk_desk.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/strategy_gate.hpp"
#include "trade/trade_session.hpp"

namespace stom::trade {
namespace {

namespace fs = std::filesystem;

constexpr DurationNanos kSlice = 10 * kSecond;  // between looks whether to go on

/// An instrument of which nothing was recorded.
class NoFrames final : public sim::MessageSource {
 public:
  Result<bool> next(MessageBatch& batch) override {
    batch.clear();
    return false;
  }
  Result<void> rewind() override { return {}; }
};

/// Our side of the recorded market, and when it does not know a book.
class KnownBooks final : public MarketFeed {
 public:
  KnownBooks(MarketFeed& feed, std::size_t instruments) : feed_{feed}, changes_(instruments) {}

  std::span<const FeedMessage> next_batch() override {
    const auto batch = feed_.next_batch();
    for (const FeedMessage& message : batch) {
      auto& changes = changes_[message.instrument];
      const bool knows = message.kind != FeedKind::Gap;
      if ((knows && !message.replaces_book) || (!changes.empty() && changes.back().second == knows)) continue;
      changes.emplace_back(message.local_time, knows);
    }
    return batch;
  }
  FeedContent content(InstrumentIndex index) const override { return feed_.content(index); }
  bool knew(InstrumentIndex index, UnixNanos time) const {
    const auto& changes = changes_[index];
    const auto after = std::ranges::upper_bound(changes, time, {}, [](const auto& change) { return change.first; });
    return after != changes.begin() && std::prev(after)->second;
  }

 private:
  MarketFeed& feed_;
  std::vector<std::vector<std::pair<UnixNanos, bool>>> changes_;  // by instrument
};

/// What the session's operator did, done to the re-run: its strategy, its orders, its positions.
class OperatorAgain {
 public:
  OperatorAgain(Run& run, StrategyGate& gate, Several* several, RiskDesk& desk)
      : run_{run}, gate_{gate}, several_{several}, desk_{desk} {}

  /// Nobody runs the session until another process goes on, and knows all of before.
  void process_ended() {
    open_ = false;
    settle();
  }
  void act(std::string_view text) {
    const auto closes = closed_by(text);
    if (text == kStopAct) open_ = false;
    if (text == kGoOnAct) open_ = true;
    const bool of_desk = desk_.perform(text);
    settle();
    if (text == kStopAct || (of_desk && desk_.holds_strategy())) cancel_all();
    if (const auto stop = execution_stopped_by(text)) stop_executions(stop->what);
    if (!closes || *closes >= run_.instruments()) return;
    const NewOrder order = closing_order(run_.instrument(*closes), *closes, run_.position(*closes));
    if (order.quantity.value > 0) run_.submit(order);
  }

 private:
  void settle() { gate_.pause(!open_ || desk_.holds_strategy()); }
  /// By what it trades: each process numbers its own, and the strategy of this run is one over all of them.
  void stop_executions(const StoppedExecution& what) {
    each_execution({gate_, several_, run_}, [&](const SessionExecution& one) {
      if (one.what == what) one.stop();
    });
  }
  void cancel_all() {
    const std::vector<WorkingOrder> working{run_.orders().begin(), run_.orders().end()};
    for (const WorkingOrder& order : working) run_.cancel(order.id);
  }

  Run& run_;
  StrategyGate& gate_;
  Several* several_;  // the gate's strategy, where it is several
  RiskDesk& desk_;
  bool open_ = true;
};

/// What a session at an exchange paid: the mean rate of a venue's fills by side and by who took, else of all of them.
/// Funding and taxes of other days are not in it.
class FeesPaid {
 public:
  FeesPaid(std::span<const JournalRecord> session, std::span<const Instrument> instruments)
      : instruments_{instruments} {
    for (const JournalRecord& record : session) {
      if (!is_fill(record)) continue;
      const OrderEvent& fill = record.event;
      const Money value = notional_of(instruments[fill.instrument], fill.price, fill.quantity);
      if (value.value <= 0) continue;
      const Int128 rate = share_of(fill.fee.value, kWholeRate, 1, Rounding::Down) / value.value;
      for (Rates* rates : {&of_kind_[kind_of(fill)], &of_venue_[venue_of(fill)]}) {
        rates->sum += rate;
        ++rates->count;
      }
    }
  }

  void charge(std::vector<JournalRecord>& records) const {
    for (JournalRecord& record : records) {
      if (!is_fill(record)) continue;
      OrderEvent& fill = record.event;
      const auto kind = of_kind_.find(kind_of(fill));
      const auto venue = of_venue_.find(venue_of(fill));
      const std::int64_t rate = kind != of_kind_.end()     ? kind->second.mean()
                                : venue != of_venue_.end() ? venue->second.mean()
                                                           : 0;
      fill.fee = fee_of(instruments_[fill.instrument], fill.price, fill.quantity, rate);
    }
  }

 private:
  struct Rates {
    Int128 sum = 0;
    std::int64_t count = 0;
    std::int64_t mean() const { return static_cast<std::int64_t>(sum / count); }
  };
  using Kind = std::tuple<std::string, Side, Liquidity>;

  static bool is_fill(const JournalRecord& record) {
    return record.kind == RecordKind::OrderEvent && record.event.kind == OrderEventKind::Filled;
  }
  std::string venue_of(const OrderEvent& fill) const { return instruments_[fill.instrument].venue(); }
  Kind kind_of(const OrderEvent& fill) const { return {venue_of(fill), fill.side, fill.liquidity}; }

  std::span<const Instrument> instruments_;
  std::map<Kind, Rates> of_kind_;
  std::map<std::string, Rates> of_venue_;
};

/// Half of the usual time from an order to its first answer, each way.
void learn_latency(std::span<const JournalRecord> session, sim::LatencyModel& latency) {
  std::map<ClientOrderId, UnixNanos> sent;
  std::vector<DurationNanos> round_trips;
  for (const JournalRecord& record : session) {
    if (record.kind == RecordKind::Submit) sent[record.order.id] = record.time;
    if (record.kind != RecordKind::OrderEvent || record.event.kind == OrderEventKind::Denied) continue;
    if (record.event.reason == RejectReason::Held) {  // our own word: it waits here, or leaves now
      sent.erase(record.event.id);
      if (record.event.kind == OrderEventKind::Triggered) sent[record.event.id] = record.time;
      continue;
    }
    if (const auto at = sent.find(record.event.id); at != sent.end()) {
      round_trips.push_back(record.time - at->second);
      sent.erase(at);
    }
  }
  if (round_trips.empty()) return;
  const auto middle = round_trips.begin() + static_cast<std::ptrdiff_t>(round_trips.size() / 2);
  std::ranges::nth_element(round_trips, middle);
  latency.entry = *middle / 2;
  latency.response = *middle - *middle / 2;
}

/// What both runs brought, at the prices with which the frames end.
class Profits {
 public:
  Profits(std::span<const Instrument> instruments, const Market& market, UnixNanos now)
      : instruments_{instruments}, market_{market}, now_{now} {}

  /// In that currency; `only`: of what is settled in it.
  FramesRerun::Profit in(const std::string& currency, bool only, const std::vector<risk::CurrencyRate>& rates,
                         const orders::AccountState& session, const orders::AccountState& rerun) {
    return {.currency = currency,
            .session = profit(currency, only, rates, session),
            .rerun = profit(currency, only, rates, rerun),
            .session_fees = only ? fees(currency, session) : std::string{},
            .rerun_fees = only ? fees(currency, rerun) : std::string{}};
  }
  std::vector<std::string> take_unknown() { return {unknown_.begin(), unknown_.end()}; }

 private:
  std::string profit(const std::string& currency, bool only, const std::vector<risk::CurrencyRate>& rates,
                     const orders::AccountState& account) {
    const auto counts = [&](InstrumentIndex i) { return !only || instruments_[i].settlement() == currency; };
    const auto view = ExposureView{instruments_, currency, rates}.at(
        market_,
        [&](InstrumentIndex i) {
          return counts(i) ? ExposureView::Held{account.holding(i).position, account.earned(i)} : ExposureView::Held{};
        },
        [&](InstrumentIndex) { return now_; }, now_);
    for (const auto& why : view.at("unknown")) unknown_.insert(why.get<std::string>());
    const auto& sum = view.at("profit");
    return sum.is_string() ? sum.get<std::string>() : std::string{};
  }
  std::string fees(const std::string& currency, const orders::AccountState& account) const {
    Money sum{};
    for (const Fill& fill : account.fills())
      if (instruments_[fill.instrument].settlement() == currency) sum += fill.fee;
    return format_decimal_trimmed(sum.value, kMoneyDecimals);
  }

  std::span<const Instrument> instruments_;
  const Market& market_;
  UnixNanos now_;
  std::set<std::string> unknown_;
};

}  // namespace

Result<FramesRerun> run_on_frames(Plan plan, UnixNanos begun, std::vector<std::unique_ptr<sim::MessageSource>> frames,
                                  const WatchTimeline* watched, const fs::path& journal,
                                  const std::function<bool()>& go_on) {
  const auto session = read_journal(journal);
  if (!session) return std::unexpected(session.error());
  Recovery ours{plan.instruments, plan.cash};
  for (const JournalRecord& record : *session)
    if (auto folded = ours.fold(record); !folded) return std::unexpected(folded.error());
  const bool at_an_exchange = plan.mode != Mode::Paper;
  if (at_an_exchange) {
    plan.models.queue = sim::QueueModel::Power3;
    learn_latency(*session, plan.models.latency);
  }

  std::vector<sim::ReplayFeed::Stream> streams;
  for (InstrumentIndex i = 0; i < plan.instruments.size(); ++i)
    streams.push_back({frames[i] ? std::move(frames[i]) : std::make_unique<NoFrames>(), plan.instruments[i]});
  sim::ReplayFeed feed{std::move(streams), {}};
  if (auto opened = feed.open(); !opened) return std::unexpected(opened.error());
  const auto& found = feed.statistics();
  if (found.total_messages == 0)
    return fail(Errc::NotFound, "the recorded frames hold no market data",
                "the session ended before any came, or they were deleted");
  const DurationNanos ahead = found.clock_repair;  // of the re-run's clock

  KnownBooks books{feed.local_side(), plan.instruments.size()};
  std::optional<WatchedFeed> seen;
  if (watched != nullptr) seen.emplace(books, *watched, plan.instruments);
  sim::VenueSimulator venue{plan.instruments, {plan.models}, plan.fill_rules, feed.exchange_side(), plan.seed};
  auto desk = RiskDesk::make(plan.instruments, plan.risk, plan.cash, venue, [](const risk::Denial&) {});
  if (!desk) return std::unexpected(desk.error());
  Engine engine{plan.instruments, seen ? static_cast<MarketFeed&>(*seen) : books, (*desk)->link()};
  (*desk)->read_from(engine, [&](InstrumentIndex i) { return books.knew(i, engine.now()) ? engine.now() : kNoTime; });
  auto gate_of = std::make_unique<StrategyGate>(std::move(plan.strategy), nullptr);
  StrategyGate& gate = *gate_of;
  RunOptions options{.configuration = plan.configuration, .cash = plan.cash, .instruments = plan.traded};
  if (plan.several != nullptr) options.owned = &plan.several->owned();
  Run& run = engine.add_run(std::move(gate_of), std::move(options));
  const auto scratch = ScratchFolder::make();
  if (!scratch) return std::unexpected(scratch.error());
  const fs::path own_journal = scratch->path() / "journal.stom";
  if (auto opened = run.journal().open(own_journal); !opened) return std::unexpected(opened.error());
  if (auto started = engine.start(begun + ahead, kEquityInterval); !started) return std::unexpected(started.error());
  for (InstrumentIndex i = 0; i < plan.instruments.size(); ++i)
    if (engine.wants_quotes(i)) feed.deliver_quotes(i);

  const auto advance_to = [&](UnixNanos time) {
    for (UnixNanos until = engine.now(); until < time;) {
      until = std::min(until + kSlice, time);
      engine.advance(until);
      if (!go_on()) return false;
    }
    return true;
  };
  OperatorAgain operator_again{run, gate, plan.several, **desk};
  bool all = true;
  UnixNanos last = begun;
  for (const JournalRecord& record : *session) {
    if (record.kind == RecordKind::Restart) {
      all = all && advance_to(last + ahead);
      operator_again.process_ended();
    } else if (record.kind == RecordKind::Operator) {
      all = all && advance_to(record.time + ahead);
      operator_again.act(record.text);
    }
    last = std::max(last, record.time);
  }
  if (!all || !advance_to(last + ahead))
    return fail(Errc::Canceled, "interrupted", "run it again: nothing was written");
  if (!feed.status()) return std::unexpected(feed.status().error());
  if (auto sound = venue.status(); !sound) return std::unexpected(sound.error());
  engine.stop();
  if (auto kept = run.journal().flush(); !kept) return std::unexpected(kept.error());
  auto again = read_journal(own_journal);
  if (!again) return std::unexpected(again.error());
  if (at_an_exchange) FeesPaid{*session, plan.instruments}.charge(*again);
  Recovery theirs{plan.instruments, plan.cash};
  for (JournalRecord& record : *again) {
    if (auto folded = theirs.fold(record); !folded) return std::unexpected(folded.error());
    record.time -= ahead;
  }

  FramesRerun result{.comparison = compare(*session, *again, plan.instruments,
                                           [&](InstrumentIndex i, UnixNanos t) { return !books.knew(i, t + ahead); }),
                     .profit = {},
                     .by_currency = {},
                     .unknown = {},
                     .messages = found.total_messages,
                     .gaps = found.gaps,
                     .clock_repair = ahead,
                     .until = ours.last_time(),
                     .latency = plan.models.latency};
  Profits profits{plan.instruments, engine.market(), engine.now()};
  std::set<std::string> settlements;
  for (InstrumentIndex i = 0; i < plan.traded; ++i) settlements.insert(plan.instruments[i].settlement());
  for (const std::string& currency : settlements)
    result.by_currency.push_back(profits.in(currency, true, plan.risk.rates, ours.account(), theirs.account()));
  result.profit = profits.in(plan.risk.currency.empty() ? plan.instruments.front().settlement() : plan.risk.currency,
                             false, plan.risk.rates, ours.account(), theirs.account());
  result.unknown = profits.take_unknown();
  return result;
}

}  // namespace stom::trade
