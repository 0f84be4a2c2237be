#include "trade/rerun.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "core/decimal.hpp"
#include "engine/engine.hpp"
#include "live/feed_sides.hpp"
#include "sim/venue_simulator.hpp"
#include "trade/risk_desk.hpp"
#include "trade/strategy_gate.hpp"
#include "trade/trade_session.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::string_view kCancelAct = "cancel ", kCloseAct = "close ";

/// What the venue answered, as the journal has it, in the turn in which it came. What the journal has of orders that
/// never came here was answered by the guard in front, in the session as in the re-run.
class RecordedAnswers final : public VenueLink {
 public:
  explicit RecordedAnswers(const std::vector<JournalRecord>& records) {
    for (const JournalRecord& record : records)
      if (record.kind == RecordKind::OrderEvent)
        answers_.push_back({.run = 0, .request = record.request, .event = record.event});
  }
  void denied(ClientOrderId id) { denied_.insert(id); }
  /// False where the journal has no more of them.
  bool come(std::uint64_t count) {
    come_ += count;
    return come_ <= answers_.size() - next_;
  }

  void submit(RunIndex, std::uint64_t, const NewOrder&, UnixNanos) override {}
  void cancel(RunIndex, std::uint64_t, const CancelOrder&, UnixNanos) override {}
  UnixNanos advance(UnixNanos limit) override {
    return has_next() ? std::min(limit, answers_[next_].event.local_time) : limit;
  }
  bool take(UnixNanos now, Answer& answer) override {
    if (!has_next() || answers_[next_].event.local_time > now) return false;
    answer = answers_[next_++];
    --come_;
    return true;
  }
  bool idle() override { return false; }

 private:
  /// What was denied is known by the time at which its answer is the next.
  bool has_next() {
    while (next_ < answers_.size() && denied_.contains(answers_[next_].event.id)) ++next_;
    return come_ > 0 && next_ < answers_.size();
  }

  std::vector<Answer> answers_;
  std::set<ClientOrderId> denied_;
  std::size_t next_ = 0;
  std::uint64_t come_ = 0;  // that may be taken
};

/// When something of an instrument was last heard, as LiveFeed has it.
class LastHeard {
 public:
  explicit LastHeard(std::size_t instruments) : at_(instruments, kNoTime) {}
  void hear(const FeedMessage& message, UnixNanos now) {
    if (message.kind != FeedKind::Gap) at_[message.instrument] = now;
  }
  UnixNanos at(InstrumentIndex instrument) const { return at_[instrument]; }

 private:
  std::vector<UnixNanos> at_;
};

bool is_same(const JournalRecord& a, const JournalRecord& b) {
  const auto all = [](const JournalRecord& r) {
    const NewOrder& o = r.order;
    const OrderEvent& e = r.event;
    return std::tuple{
        std::tuple{r.kind, r.time, r.request, std::string_view{r.text}, r.messages},
        std::tuple{o.id, o.instrument, o.side, o.type, o.time_in_force, o.trigger_by, o.post_only, o.reduce_only,
                   o.quantity.value, o.price.value, o.trigger_price.value, o.trail.value, o.display.value,
                   o.expire_time, o.size_by, o.bar_fill, o.stop_loss.value, o.take_profit.value},
        std::tuple{e.kind, e.side, e.liquidity, e.reason, e.instrument, e.id, e.time, e.local_time, e.price.value,
                   e.quantity.value, e.leaves.value, e.fee.value}};
  };
  return all(a) == all(b);
}

std::string_view word_of(OrderEventKind kind) {
  switch (kind) {
    case OrderEventKind::Accepted:
      return "accepted";
    case OrderEventKind::Rejected:
      return "rejected";
    case OrderEventKind::Denied:
      return "not sent";
    case OrderEventKind::Triggered:
      return "triggered";
    case OrderEventKind::Filled:
      return "filled";
    case OrderEventKind::Canceled:
      return "canceled";
    case OrderEventKind::Expired:
      return "expired";
    case OrderEventKind::CancelRejected:
      return "not canceled";
    case OrderEventKind::Funding:
      break;
  }
  return "funding";
}

std::string_view word_of(OrderType type) {
  constexpr std::string_view kWords[] = {
      "limit", "market", "stop", "stop-limit", "take-profit", "take-profit-limit", "trailing stop"};
  return static_cast<std::size_t>(type) < std::size(kWords) ? kWords[static_cast<std::size_t>(type)] : "unknown";
}

class Words {
 public:
  explicit Words(const std::vector<Instrument>& instruments) : instruments_{instruments} {}

  std::string of(const JournalRecord& r) const {
    switch (r.kind) {
      case RecordKind::Configuration:
        return "configuration: " + r.text;
      case RecordKind::Submit: {
        const NewOrder& o = r.order;
        std::string text = fmt::format("order {}: {} {} of {}, {}", o.id, o.side == Side::Buy ? "buy" : "sell",
                                       quantity(o.instrument, o.quantity), name(o.instrument), word_of(o.type));
        if (o.price.value != 0) text += fmt::format(" at {}", price(o.instrument, o.price));
        if (o.trigger_price.value != 0) text += fmt::format(", triggered at {}", price(o.instrument, o.trigger_price));
        if (o.stop_loss.value != 0) text += fmt::format(", stop loss {}", price(o.instrument, o.stop_loss));
        if (o.take_profit.value != 0) text += fmt::format(", take profit {}", price(o.instrument, o.take_profit));
        if (o.post_only) text += ", post-only";
        if (o.reduce_only) text += ", reduce-only";
        return text + fmt::format(" ({}, request {})", format_time(r.time), r.request);
      }
      case RecordKind::Cancel:
        return fmt::format("cancel of order {} ({}, request {})", r.order.id, format_time(r.time), r.request);
      case RecordKind::OrderEvent: {
        const OrderEvent& e = r.event;
        std::string text = fmt::format("order {} {}", e.id, word_of(e.kind));
        if (e.kind == OrderEventKind::Filled || e.kind == OrderEventKind::Funding)
          text += fmt::format(": {} of {} at {}, fee {}", quantity(e.instrument, e.quantity), name(e.instrument),
                              price(e.instrument, e.price), format_decimal_trimmed(e.fee.value, kMoneyDecimals));
        if (e.reason != RejectReason::None) text += fmt::format(", reason {}", static_cast<int>(e.reason));
        return text + fmt::format(", {} left ({}, request {})", quantity(e.instrument, e.leaves), format_time(r.time),
                                  r.request);
      }
      case RecordKind::Log:
        return fmt::format("the strategy's words: {} ({})", r.text, format_time(r.time));
      case RecordKind::Operator:
        return fmt::format("operator: {} ({})", r.text, format_time(r.time));
      case RecordKind::End:
        return fmt::format("the end, after {} market messages ({})", r.messages, format_time(r.time));
      case RecordKind::Restart:
      case RecordKind::OthersHold:
      case RecordKind::Difference:
        break;  // not of the engine (of_engine)
    }
    return fmt::format("a record of kind {}", static_cast<int>(r.kind));
  }

 private:
  std::string name(InstrumentIndex i) const {
    return i < instruments_.size() ? instruments_[i].id : fmt::format("instrument {}", i);
  }
  std::string price(InstrumentIndex i, Price of) const {
    return format_decimal_trimmed(Int128{of.value}, i < instruments_.size() ? instruments_[i].price_decimals : 0);
  }
  std::string quantity(InstrumentIndex i, Quantity of) const {
    return format_decimal_trimmed(Int128{of.value}, i < instruments_.size() ? instruments_[i].quantity_decimals : 0);
  }
  const std::vector<Instrument>& instruments_;
};

/// A file of this process alone, gone with its owner.
struct ScratchFile {
  fs::path path = fs::temp_directory_path() / fmt::format("stom-verify-{}.stom", ::getpid());
  ScratchFile() { remove(); }
  ~ScratchFile() { remove(); }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  void remove() const {
    std::error_code error;
    fs::remove(path, error);
  }
};

/// How many records the re-run had written by the end of a turn.
struct Mark {
  std::uint64_t records, turn;
};

/// A session's records that its engine made or was told, up to where another process went on, and their numbers in the
/// journal. What the session noted of the venue beside them moved nothing in the engine.
struct OfEngine {
  std::vector<JournalRecord> records;
  std::vector<std::uint64_t> numbers;
  bool another_went_on = false;
};
Result<OfEngine> of_engine(const fs::path& journal) {
  OfEngine of;
  std::uint64_t number = 0;
  const auto read = for_each_record(journal, [&](const JournalRecord& record) {
    const std::uint64_t at = number++;
    of.another_went_on |= record.kind == RecordKind::Restart;
    if (of.another_went_on || record.kind == RecordKind::OthersHold || record.kind == RecordKind::Difference) return;
    of.records.push_back(record);
    of.numbers.push_back(at);
  });
  if (!read) return std::unexpected(read.error());
  return of;
}

/// What behind `word` is a number; nothing where the text is not of that shape.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return std::nullopt;
  text.remove_prefix(word.size());
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

Result<void> perform(std::string_view text, UnixNanos now, Run& run, StrategyGate& gate, RiskDesk& desk) {
  const auto cancels = number_behind(text, kCancelAct), closes = number_behind(text, kCloseAct);
  if (text != kStopAct && !cancels && !(closes && *closes < run.instruments()) && !desk.perform(text))
    return fail(Errc::Newer, fmt::format("the session's operator did what this version does not know: {}", text),
                "verify it with the version that traded");
  run.journal().operator_command(now, text);
  if (text == kStopAct) gate.close();
  gate.pause(desk.holds_strategy());
  if (cancels) run.cancel(*cancels);
  if (closes) {
    const auto index = static_cast<InstrumentIndex>(*closes);
    run.submit(closing_order(run.instrument(index), index, run.position(index)));
  }
  return {};
}

std::string what_went_on(UnixNanos until) {
  return fmt::format("another process went on after {}: what it did is not run again", format_time(until));
}

std::string how_it_ends(const store::InputReader& input, UnixNanos until) {
  switch (input.end()) {
    case store::InputEnd::Whole:
      return "";
    case store::InputEnd::Gap:
      return fmt::format("input incomplete from {}: it could not be kept as fast as it came, or trading had failed",
                         format_time(until));
    case store::InputEnd::Torn:
      return fmt::format("input incomplete from {}: {}", format_time(until), input.why());
    case store::InputEnd::Restart:
      break;
  }
  return what_went_on(until);
}

}  // namespace

std::string cancel_act(ClientOrderId id) { return fmt::format("{}{}", kCancelAct, id); }
std::string close_act(InstrumentIndex instrument) { return fmt::format("{}{}", kCloseAct, instrument); }

NewOrder closing_order(const Instrument& instrument, InstrumentIndex index, Quantity position) {
  const std::int64_t lot = std::max<std::int64_t>(instrument.lot.value, 1);
  const std::int64_t size = position.value < 0 ? -position.value : position.value;
  return {.instrument = index,
          .side = position.value < 0 ? Side::Buy : Side::Sell,
          .type = OrderType::Market,
          .reduce_only = instrument.kind != ContractKind::Spot,
          .quantity = {size - size % lot}};
}

std::string input_start(std::string_view made_of, UnixNanos begun) {
  return Json{{"begun", begun}, {"made_of", made_of}}.dump();
}

Result<InputStart> read_input_start(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("begun") || !json["begun"].is_number_integer() || !json.contains("made_of") ||
      !json["made_of"].is_string())
    return fail(Errc::BadData, "the beginning of the recorded input cannot be read",
                "the session cannot be run again; its journal says what it did");
  return InputStart{json["made_of"].get<std::string>(), json["begun"].get<UnixNanos>()};
}

Result<Rerun> run_again(Plan plan, UnixNanos begun, store::InputReader& input, const fs::path& journal,
                        const std::function<bool()>& go_on) {
  const auto of = of_engine(journal);
  if (!of) return std::unexpected(of.error());
  const std::vector<JournalRecord>& session = of->records;
  const bool ended = !session.empty() && session.back().kind == RecordKind::End;

  FeedSides sides;
  RecordedAnswers answers{session};
  std::unique_ptr<sim::VenueSimulator> simulator;
  if (plan.mode == Mode::Paper)
    simulator = std::make_unique<sim::VenueSimulator>(plan.instruments, std::vector<sim::RunModels>{plan.models},
                                                      plan.fill_rules, sides.venue(), plan.seed);
  auto desk = RiskDesk::make(plan.instruments, plan.risk, simulator ? static_cast<VenueLink&>(*simulator) : answers,
                             [&](const risk::Denial& denial) { answers.denied(denial.id); });
  if (!desk) return std::unexpected(desk.error());
  Engine engine{plan.instruments, sides.local(), (*desk)->link()};
  LastHeard heard{plan.instruments.size()};
  (*desk)->read_from(engine, [&](InstrumentIndex i) { return heard.at(i); });
  auto gate_of = std::make_unique<StrategyGate>(std::move(plan.strategy), nullptr);
  StrategyGate& gate = *gate_of;
  Run& run = engine.add_run(std::move(gate_of),
                            {.configuration = plan.configuration, .cash = plan.cash, .instruments = plan.traded});
  const ScratchFile scratch;
  if (auto opened = run.journal().open(scratch.path); !opened) return std::unexpected(opened.error());
  if (auto started = engine.start(begun, kEquityInterval); !started) return std::unexpected(started.error());

  Rerun result{.until = begun};
  std::vector<Mark> marks;
  bool answers_missing = false;
  store::InputTurn turn;
  while (!answers_missing) {
    const auto got = input.next(turn);
    if (!got) return std::unexpected(got.error());
    if (!*got) break;
    if (!go_on()) return fail(Errc::Canceled, "interrupted", "run it again: nothing was written");
    ++result.turns;
    if (turn.before > engine.now()) {
      sides.begin(turn.before);
      engine.advance(turn.before);
    }
    sides.begin(turn.now);
    for (const FeedMessage& message : turn.messages) {
      if (message.instrument >= plan.instruments.size())
        return fail(Errc::BadData, "the recorded input is of an instrument that the session did not have",
                    "the folder input/ is of another session");
      sides.add(message);
      heard.hear(message, turn.now);
    }
    answers_missing = !simulator && !answers.come(turn.answers);
    engine.advance(turn.now);
    for (const std::string& text : turn.acts)
      if (auto done = perform(text, turn.now, run, gate, **desk); !done) return std::unexpected(done.error());
    result.until = turn.now;
    if (const auto records = run.journal().records(); marks.empty() || marks.back().records != records)
      marks.push_back({records, result.turns});
  }
  if (!answers_missing) result.incomplete = how_it_ends(input, result.until);
  if (!answers_missing && result.incomplete.empty()) engine.stop();
  if (of->another_went_on && result.incomplete.empty()) result.incomplete = what_went_on(result.until);
  if (auto kept = run.journal().flush(); !kept) return std::unexpected(kept.error());
  const auto again = read_journal(scratch.path);
  if (!again) return std::unexpected(again.error());

  const Words words{plan.instruments};
  const std::size_t both = std::min(session.size(), again->size());
  std::size_t at = 0;
  while (at < both && is_same(session[at], (*again)[at])) {
    if (session[at].kind == RecordKind::Submit) ++result.orders;
    ++at;
  }
  result.records = at;
  // A process that was killed has left a journal or an input that is shorter than the other: nothing is wrong with what
  // both have.
  const bool input_is_short = !result.incomplete.empty() && at == again->size();
  const bool journal_is_short = !ended && at == session.size();
  if ((at == session.size() && at == again->size()) || input_is_short || journal_is_short) return result;
  const auto side = [&](const std::vector<JournalRecord>& records, std::string_view without) {
    return at < records.size() ? words.of(records[at]) : std::string{without};
  };
  const auto mark = std::ranges::upper_bound(marks, std::uint64_t{at}, {}, &Mark::records);
  result.difference = {.record = at < of->numbers.size() ? of->numbers[at]
                                 : of->numbers.empty()   ? 0
                                                         : of->numbers.back() + 1,
                       .turn = mark == marks.end() ? result.turns : mark->turn,
                       .time = at < session.size() ? session[at].time : (*again)[at].time,
                       .session = side(session, "nothing: the journal ends there"),
                       .rerun = side(*again, "nothing: it ends there")};
  return result;
}

}  // namespace stom::trade
