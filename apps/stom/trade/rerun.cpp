#include "trade/rerun.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "core/decimal.hpp"
#include "engine/engine.hpp"
#include "engine/journal_reader.hpp"
#include "engine/recovery.hpp"
#include "live/feed_sides.hpp"
#include "sim/venue_simulator.hpp"
#include "store/input_stream.hpp"
#include "strategies/execution_orders.hpp"
#include "trade/adoption.hpp"
#include "trade/availability.hpp"
#include "trade/execution_view.hpp"
#include "trade/left_on_paper.hpp"
#include "trade/record_words.hpp"
#include "trade/risk_desk.hpp"
#include "trade/scratch_folder.hpp"
#include "trade/session_fold.hpp"
#include "trade/strategy_gate.hpp"
#include "trade/trade_session.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::string_view kCancelAct = "cancel ", kCloseAct = "close ", kIdsAct = "ids from ";

/// What the venue answered, as the journal has it, in the turn in which it came. A refusal of what never came here, and
/// what is told of orders that are kept, was said by the links in front, in the session as in the re-run. Of which
/// order or cancel a refusal is, its request says, and not the id alone: that may be used again.
class RecordedAnswers final : public VenueLink {
 public:
  RecordedAnswers(const std::vector<JournalRecord>& records, std::size_t instruments) {
    for (const JournalRecord& record : records) {
      if (record.kind != RecordKind::OrderEvent || record.event.reason == RejectReason::Held) continue;
      // No venue ever said that: the journal was changed, and differs there.
      if (record.event.instrument >= instruments || static_cast<std::size_t>(record.event.reason) >= kRejectReasons)
        continue;
      answers_.push_back({.run = 0, .request = record.request, .event = record.event});
      if (is_refusal(answers_.back())) refused_.emplace(asked_by(answers_.back()), false);
    }
  }
  /// False where the journal has no more of them.
  bool come(std::uint64_t count) {
    come_ += count;
    return come_ <= answers_.size() - next_;
  }
  /// What was ready at the end was told then.
  void come_all() { come_ = answers_.size() - next_; }

  void submit(RunIndex, std::uint64_t request, const NewOrder& order, UnixNanos) override { came({order.id, request}); }
  void adopt(RunIndex, std::uint64_t request, const NewOrder& order, std::string_view, UnixNanos) override {
    came({order.id, request});
  }
  void cancel(RunIndex, std::uint64_t request, const CancelOrder& order, UnixNanos) override {
    came({order.id, request});
  }
  UnixNanos advance(UnixNanos limit) override {
    return has_next() ? std::min(limit, answers_[next_].event.local_time) : limit;
  }
  bool take(UnixNanos now, Answer& answer) override {
    if (!has_next() || answers_[next_].event.local_time > now) return false;
    answer = answers_[next_++];
    if (is_refusal(answer)) refused_[asked_by(answer)] = false;  // under its number it may be tried again
    --come_;
    return true;
  }
  bool idle() override { return false; }

 private:
  /// An order or a cancel: the id, and the number of its request.
  using Asked = std::pair<ClientOrderId, std::uint64_t>;
  static Asked asked_by(const Answer& answer) { return {answer.event.id, answer.request}; }
  static bool is_refusal(const Answer& answer) {
    return answer.event.kind == OrderEventKind::Denied || answer.event.kind == OrderEventKind::CancelRejected;
  }
  void came(const Asked& asked) {
    if (const auto at = refused_.find(asked); at != refused_.end()) at->second = true;
  }
  /// No venue answers in the turn in which it is asked: where one of its answers is due, what was refused before it has
  /// come here by then, or never does.
  bool is_of_a_link_in_front(const Answer& answer) const {
    return is_refusal(answer) && answer.request != 0 && !refused_.at(asked_by(answer));
  }
  bool has_next() {
    if (come_ == 0) return false;
    while (next_ < answers_.size() && is_of_a_link_in_front(answers_[next_])) ++next_;
    return next_ < answers_.size();
  }

  std::vector<Answer> answers_;
  std::map<Asked, bool> refused_;  // of answers_: whether it has come here
  std::size_t next_ = 0;
  std::uint64_t come_ = 0;  // that may be taken
};

/// When something of an instrument was last heard, as LiveFeed has it.
class LastHeard {
 public:
  explicit LastHeard(std::size_t instruments) : at_(instruments, kNoTime) {}
  void hear(const FeedMessage& message, UnixNanos now) {
    if (is_market(message.kind)) at_[message.instrument] = now;
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
                   e.quantity.value, e.leaves.value, e.coin_fee, e.fee.value}};
  };
  return all(a) == all(b);
}

/// How many records the re-run had written by the end of a turn.
struct Mark {
  std::uint64_t records, turn;
};

/// What one process of the session wrote of its engine, and the records' numbers in the journal. What it noted of the
/// venue beside them moved nothing in the engine.
struct Part {
  std::vector<JournalRecord> records;
  std::vector<std::uint64_t> numbers;
  /// What comes behind them was never written so, or not by this version.
  struct Spoiled {
    std::uint64_t record;
    std::string why;
  };
  std::optional<Spoiled> spoiled;
  std::uint64_t end = 0;  // behind the last record of all that there are

  bool ended() const { return !records.empty() && records.back().kind == RecordKind::End; }
  std::uint64_t number(std::size_t at) const {
    if (spoiled && at == numbers.size()) return spoiled->record;
    return at < numbers.size() ? numbers[at] : numbers.empty() ? 0 : numbers.back() + 1;
  }
};
Result<std::vector<Part>> parts_of(const fs::path& journal) {
  auto reader = JournalReader::open(journal);
  if (!reader) return std::unexpected(reader.error());
  std::vector<Part> parts(1);
  std::uint64_t number = 0;
  while (const JournalRecord* record = reader->next()) {
    const std::uint64_t at = number++;
    if (record->kind == RecordKind::OthersHold || record->kind == RecordKind::Difference ||
        record->kind == RecordKind::Named)
      continue;
    if (record->kind == RecordKind::Restart) parts.emplace_back();
    parts.back().records.push_back(*record);
    parts.back().numbers.push_back(at);
  }
  if (const auto read = reader->check_end(); !read) {
    if (read.error().code != Errc::BadData) return std::unexpected(read.error());
    parts.back().spoiled = Part::Spoiled{number, read.error().message};
  }
  parts.back().end = number;
  return parts;
}

/// What behind `word` is a number; nothing where the text is not of that shape.
std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return std::nullopt;
  text.remove_prefix(word.size());
  std::uint64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

std::string how_it_ends(const store::InputReader& input, UnixNanos until) {
  switch (input.end()) {
    case store::InputEnd::Whole:
    case store::InputEnd::Restart:
      break;
    case store::InputEnd::Gap:
      return fmt::format("input incomplete from {}: it could not be kept as fast as it came, or trading had failed",
                         format_time(until));
    case store::InputEnd::Torn:
      return fmt::format("input incomplete from {}: {}", format_time(until), input.why());
  }
  return input.end() == store::InputEnd::Whole
             ? ""
             : fmt::format("input incomplete from {}: its process did not end it, and the journal knows more",
                           format_time(until));
}

/// Where somebody wants to see what the strategy saw.
struct Look {
  UnixNanos time = 0;
  std::vector<InstrumentIndex> of;
};

/// The engine of one process, made again.
class EngineAgain {
 public:
  static Result<std::unique_ptr<EngineAgain>> make(Plan plan, const Part& part) {
    std::unique_ptr<EngineAgain> made{new EngineAgain{std::move(plan), part}};
    EngineAgain& again = *made;
    const Plan& of = again.plan_;
    if (of.mode == Mode::Paper)
      again.simulator_ = std::make_unique<sim::VenueSimulator>(of.instruments, std::vector<sim::RunModels>{of.models},
                                                               of.fill_rules, again.sides_.venue(), of.seed);
    VenueLink& venue = again.simulator_ ? static_cast<VenueLink&>(*again.simulator_) : again.answers_;
    auto desk = RiskDesk::make(of.instruments, of.risk, of.cash, venue, [](const risk::Denial&) {});
    if (!desk) return std::unexpected(desk.error());
    again.desk_ = std::move(*desk);
    again.holding_ = std::make_unique<orders::HoldingLink>(
        of.instruments, of.offered, again.desk_->link(),
        orders::HoldingLink::Port{[](ClientOrderId, RejectReason) {}, [](const std::string&) {}});
    again.engine_ = std::make_unique<Engine>(of.instruments, again.sides_.local(), *again.holding_);
    return made;
  }

  /// `before`: what the processes before it wrote.
  Result<void> start(UnixNanos begun, std::span<const Part> before, const fs::path& journal) {
    RunOptions options{
        .configuration = plan_.configuration, .cash = plan_.cash, .instruments = plan_.traded, .keeps_history = false};
    if (plan_.several != nullptr) options.owned = &plan_.several->owned();
    begun_ = begun;
    if (!before.empty()) {
      SessionFold fold{plan_.instruments, plan_.cash, plan_.offered};
      for (const Part& part : before)
        for (const JournalRecord& record : part.records)
          if (auto folded = fold.fold(record); !folded) return folded;
      Recovery& recovery = fold.recovery();
      if (simulator_) simulator_->resume(0, left_on_paper(recovery), begun);
      desk_->resume(fold.risk(), recovery.account(), recovery.sent());
      options.unheard = nobodys_by(fold.risk().acts());
      options.kept = recovery.kept();
      options.stopped_executions = executions_stopped_by(fold.risk().acts());
      holding_->resume(std::move(recovery.held()), begun);
      options.restored = std::move(recovery.account());
      waits_ = true;
    }
    if (auto opened = options.journal.open(journal); !opened) return opened;
    auto gate = std::make_unique<StrategyGate>(std::move(plan_.strategy), nullptr);
    gate_ = gate.get();
    for (const ClientOrderId id : options.unheard) gate_->leave_out(id);
    run_ = &engine_->add_run(std::move(gate), std::move(options));
    desk_->read_from(*engine_, [this](InstrumentIndex i) { return heard_.at(i); });
    if (auto started = engine_->start(begun, kEquityInterval); !started) return started;
    settle_gate();
    return {};
  }

  /// False where the journal has no more of what came.
  Result<bool> turn(const store::InputTurn& turn) {
    if (turn.before > engine_->now()) {
      sides_.begin(turn.before);
      advance_to(turn.before);
    }
    sides_.begin(turn.now);
    for (const FeedMessage& message : turn.messages) {
      if (message.instrument >= plan_.instruments.size())
        return fail(Errc::BadData, "the recorded input is of an instrument that the session did not have",
                    "the folder input/ is of another session");
      sides_.add(message);
      heard_.hear(message, turn.now);
    }
    const bool known = simulator_ || answers_.come(turn.answers);
    // What the process did before its first turn is told before anything that its links had ready by then.
    const bool before_first = turn.before == begun_ && turn.now == begun_ && turn.messages.empty() && turn.answers == 0;
    if (!before_first) advance_to(turn.now);
    for (const std::string& text : turn.acts)
      if (auto done = perform(text, turn.now); !done) return std::unexpected(done.error());
    return known;
  }
  void stop() {
    answers_.come_all();
    engine_->stop();
  }

  Journal& journal() { return run_->journal(); }
  const Plan& plan() const { return plan_; }
  /// Before the next turn.
  void look_at(const Look& look) { look_ = look; }
  bool has_seen() const { return saw_.has_value(); }
  /// What was there at that time; as it is now where it was not reached.
  std::vector<Rerun::Saw> saw() const { return saw_ ? *saw_ : see(); }

 private:
  EngineAgain(Plan plan, const Part& part)
      : plan_{std::move(plan)}, answers_{part.records, plan_.instruments.size()}, heard_{plan_.instruments.size()} {}

  void settle_gate() { gate_->pause(waits_ || desk_->holds_strategy()); }

  Result<void> perform(std::string_view text, UnixNanos now) {
    const auto cancels = number_behind(text, kCancelAct);
    const auto closes = closed_by(text);
    const auto ids = ids_begun_by(text);
    const auto adopts = simulator_ ? std::nullopt : adopted_by(text);
    const auto stops = execution_stopped_by(text);
    const bool known = text == kStopAct || text == kGoOnAct || is_availability_act(text) || cancels || ids || stops ||
                       (closes && *closes < run_->instruments()) ||
                       (adopts && adopts->order.instrument < run_->instruments());
    if (!known && !desk_->perform(text))
      return fail(Errc::Newer, fmt::format("the session's operator did what this version does not know: {}", text),
                  "verify it with the version that traded");
    run_->journal().operator_command(now, text);
    if (text == kStopAct) gate_->close();
    if (text == kGoOnAct) waits_ = false;
    settle_gate();
    if (text == kGoOnAct) holding_->go_on(now);
    if (ids) run_->begin_ids(*ids);
    const bool heard = adopts && adopts->owner != kNobodys;
    if (adopts && !heard) gate_->leave_out(adopts->order.id);
    if (adopts) run_->adopt(adopts->order, adopts->venue_order_id, heard);
    if (cancels) run_->cancel(*cancels);
    if (stops)
      if (const auto one = running_execution({*gate_, plan_.several, *run_}, stops->number)) one->stop();
    if (closes) run_->submit(closing_order(run_->instrument(*closes), *closes, run_->position(*closes)));
    return {};
  }

  void advance_to(UnixNanos time) {
    if (look_ && !saw_ && look_->time <= time) {
      engine_->advance(look_->time);
      saw_ = see();
    }
    engine_->advance(time);
  }
  std::vector<Rerun::Saw> see() const {
    const RecordWords words{plan_.instruments};
    std::vector<Rerun::Saw> all;
    for (const InstrumentIndex i : look_->of) {
      const InstrumentMarket& market = engine_->market()[i];
      const Level bid = market.bid(0), ask = market.ask(0);
      const auto price = [&](Price of) { return of == kNoPrice ? std::string{} : words.price(i, of); };
      const auto quantity = [&](const Level& of) {
        return of.price == kNoPrice ? std::string{} : words.quantity(i, of.quantity);
      };
      all.push_back({.instrument = words.name(i),
                     .bid = price(bid.price),
                     .bid_quantity = quantity(bid),
                     .ask = price(ask.price),
                     .ask_quantity = quantity(ask),
                     .last = price(market.last_price),
                     .position = words.quantity(i, run_->position(i)),
                     .stale = market.stale});
    }
    return all;
  }

  Plan plan_;
  FeedSides sides_;
  RecordedAnswers answers_;
  LastHeard heard_;
  std::unique_ptr<sim::VenueSimulator> simulator_;
  std::unique_ptr<RiskDesk> desk_;
  std::unique_ptr<orders::HoldingLink> holding_;
  std::unique_ptr<Engine> engine_;
  Run* run_ = nullptr;
  StrategyGate* gate_ = nullptr;
  bool waits_ = false;  // the strategy is not called: of before, not all is known
  UnixNanos begun_ = kNoTime;
  std::optional<Look> look_;
  std::optional<std::vector<Rerun::Saw>> saw_;
};

/// A session's folder, gone through once.
class SessionAgain {
 public:
  SessionAgain(fs::path session, const PlanAgain& plan_again, const std::function<bool()>& go_on)
      : session_{std::move(session)}, plan_again_{plan_again}, go_on_{go_on} {}

  /// `look`: to that point alone, for what was seen there.
  Result<Rerun> run(const Look* look) {
    auto parts = parts_of(session_ / "journal.stom");
    if (!parts) return std::unexpected(parts.error());
    parts_ = std::move(*parts);
    auto input = store::InputReader::open(session_ / "input");
    if (!input) return std::unexpected(input.error());
    look_ = look;
    std::size_t next = 0;  // of the parts
    for (bool more = true; more && !result_.difference;) {
      const auto start = read_input_start(input->start());
      if (!start) return std::unexpected(start.error());
      const auto part = std::ranges::find_if(
          parts_, [&](const Part& p) { return !p.numbers.empty() && p.numbers.front() == start->first_record; });
      // One that was killed before its first record left no part: a record of that number is the next one's.
      const bool wrote_nothing = part == parts_.end() ? start->first_record == parts_.back().end
                                                      : part->records.front().kind == RecordKind::Restart &&
                                                            part->records.front().time != start->begun;
      if (part == parts_.end() && !wrote_nothing) {
        say_incomplete(fmt::format("the journal ends before its record {}, with which another process went on",
                                   start->first_record));
        return result_;
      }
      if (!wrote_nothing) {
        const auto at = static_cast<std::size_t>(part - parts_.begin());
        for (; next < at; ++next) say_unrecorded(parts_[next]);
        if (auto done = run_part(*input, *start, at); !done) return std::unexpected(done.error());
        if (!saw_.empty()) return result_;
        next = at + 1;
      }
      const auto another = input->next_part();
      if (!another) return std::unexpected(another.error());
      more = *another;
    }
    for (; !result_.difference && next < parts_.size(); ++next) say_unrecorded(parts_[next]);
    return result_;
  }
  const std::vector<Rerun::Saw>& saw() const { return saw_; }
  /// Where the first difference is.
  const Look& difference_at() const { return difference_at_; }

 private:
  void say_incomplete(const std::string& why) {
    if (!why.empty()) result_.incomplete += (result_.incomplete.empty() ? "" : "; ") + why;
  }
  void say_unrecorded(const Part& part) {
    say_incomplete(fmt::format("the process that went on at {} recorded no input",
                               format_time(part.records.empty() ? 0 : part.records.front().time)));
  }

  Result<void> run_part(store::InputReader& input, const InputStart& start, std::size_t number) {
    const Part& part = parts_[number];
    auto plan = plan_again_(start.made_of);
    if (!plan) return std::unexpected(plan.error());
    const auto scratch = ScratchFolder::make();
    if (!scratch) return std::unexpected(scratch.error());
    const fs::path journal = scratch->path() / "journal.stom";
    const auto made = EngineAgain::make(std::move(*plan), part);
    if (!made) return std::unexpected(made.error());
    EngineAgain& engine = **made;
    if (auto started = engine.start(start.begun, std::span{parts_}.first(number), journal); !started) return started;
    if (look_ != nullptr) engine.look_at(*look_);

    result_.until = start.begun;
    std::vector<Mark> marks;
    bool answers_known = true;
    store::InputTurn turn;
    while (answers_known) {
      const auto got = input.next(turn);
      if (!got) return std::unexpected(got.error());
      if (!*got) break;
      if (!go_on_()) return fail(Errc::Canceled, "interrupted", "run it again: nothing was written");
      ++result_.turns;
      const auto done = engine.turn(turn);
      if (!done) return std::unexpected(done.error());
      answers_known = *done;
      result_.until = turn.now;
      if (const auto records = engine.journal().records(); marks.empty() || marks.back().records != records)
        marks.push_back({records, result_.turns});
      if (engine.has_seen()) break;
    }
    if (look_ != nullptr) {
      if (engine.has_seen() || look_->time <= last_time(part)) saw_ = engine.saw();
      return {};
    }
    const std::string incomplete = answers_known ? how_it_ends(input, result_.until) : std::string{};
    if (answers_known && incomplete.empty()) engine.stop();
    if (auto kept = engine.journal().flush(); !kept) return kept;
    const auto again = read_journal(journal);
    if (!again) return std::unexpected(again.error());
    const bool all = hold_against(part, *again, marks, !incomplete.empty(), engine.plan());
    // A process that was killed has ended nothing: its input is all there where all that the journal knows follows from
    // it.
    if (!all || input.end() == store::InputEnd::Gap) say_incomplete(incomplete);
    return {};
  }

  static UnixNanos last_time(const Part& part) { return part.records.empty() ? 0 : part.records.back().time; }

  /// Whether all records of the part were made again.
  bool hold_against(const Part& part, const std::vector<JournalRecord>& again, const std::vector<Mark>& marks,
                    bool incomplete, const Plan& plan) {
    const std::vector<JournalRecord>& session = part.records;
    const std::size_t both = std::min(session.size(), again.size());
    std::size_t at = 0;
    while (at < both && is_same(session[at], again[at])) {
      if (session[at].kind == RecordKind::Submit) ++result_.orders;
      ++at;
    }
    result_.records += at;
    // A process that was killed has left a journal or an input that is shorter than the other: nothing is wrong with
    // what both have.
    const bool is_spoiled = part.spoiled && at == session.size();
    const bool input_is_short = incomplete && at == again.size();
    const bool journal_is_short = !part.ended() && at == session.size();
    if (!is_spoiled && ((at == session.size() && at == again.size()) || input_is_short || journal_is_short))
      return at == session.size();
    const RecordWords words{plan.instruments};
    const auto side = [&](const std::vector<JournalRecord>& records, std::string_view without) {
      return at < records.size() ? words.of(records[at]) : std::string{without};
    };
    const auto mark = std::ranges::upper_bound(marks, std::uint64_t{at}, {}, &Mark::records);
    result_.difference = {.record = part.number(at),
                          .turn = mark == marks.end() ? result_.turns : mark->turn,
                          .time = time_of_difference(session, again, at),
                          .session = side(session, is_spoiled ? part.spoiled->why : "nothing: the journal ends there"),
                          .rerun = side(again, "nothing: it ends there")};
    difference_at_ = {result_.difference->time, {}};
    std::set<InstrumentIndex> of;
    for (const auto* records : {&session, &again})
      if (const auto instrument = instrument_of(*records, at); instrument && *instrument < plan.instruments.size())
        of.insert(*instrument);
    for (InstrumentIndex i = 0; of.empty() && i < plan.traded && i < kSeen; ++i) difference_at_.of.push_back(i);
    difference_at_.of.insert(difference_at_.of.end(), of.begin(), of.end());
    return false;
  }

  static UnixNanos time_of_difference(const std::vector<JournalRecord>& session,
                                      const std::vector<JournalRecord>& again, std::size_t at) {
    if (at < session.size() && at < again.size()) return std::min(session[at].time, again[at].time);
    if (at < session.size()) return session[at].time;
    if (at < again.size()) return again[at].time;
    return again.empty() ? 0 : again.back().time;
  }

  static std::optional<InstrumentIndex> instrument_of(const std::vector<JournalRecord>& records, std::size_t at) {
    if (at >= records.size()) return std::nullopt;
    const JournalRecord& record = records[at];
    if (record.kind == RecordKind::Submit) return record.order.instrument;
    if (record.kind == RecordKind::OrderEvent) return record.event.instrument;
    if (record.kind != RecordKind::Cancel) return std::nullopt;
    for (; at > 0; --at)
      if (records[at - 1].kind == RecordKind::Submit && records[at - 1].order.id == record.order.id)
        return records[at - 1].order.instrument;
    return std::nullopt;
  }

  static constexpr InstrumentIndex kSeen = 8;  // books, where a difference is of no instrument

  const fs::path session_;
  const PlanAgain& plan_again_;
  const std::function<bool()>& go_on_;
  std::vector<Part> parts_;
  const Look* look_ = nullptr;
  Rerun result_;
  Look difference_at_;
  std::vector<Rerun::Saw> saw_;
};

}  // namespace

std::string cancel_act(ClientOrderId id) { return fmt::format("{}{}", kCancelAct, id); }
std::string close_act(InstrumentIndex instrument) { return fmt::format("{}{}", kCloseAct, instrument); }

std::optional<InstrumentIndex> closed_by(std::string_view act) {
  const auto number = number_behind(act, kCloseAct);
  return number ? std::optional{static_cast<InstrumentIndex>(*number)} : std::nullopt;
}

std::string ids_act(ClientOrderId first) { return fmt::format("{}{}", kIdsAct, first); }
std::optional<ClientOrderId> ids_begun_by(std::string_view act) { return number_behind(act, kIdsAct); }

NewOrder closing_order(const Instrument& instrument, InstrumentIndex index, Quantity position) {
  const std::int64_t lot = std::max<std::int64_t>(instrument.lot.value, 1);
  const std::int64_t size = position.value < 0 ? -position.value : position.value;
  return {.instrument = index,
          .side = position.value < 0 ? Side::Buy : Side::Sell,
          .type = OrderType::Market,
          .reduce_only = instrument.kind != ContractKind::Spot,
          .quantity = {size - size % lot}};
}

std::string input_start(const InputStart& start) {
  return Json{{"begun", start.begun}, {"first_record", start.first_record}, {"made_of", start.made_of}}.dump();
}

Result<InputStart> read_input_start(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  const auto unreadable = fail(Errc::BadData, "the beginning of the recorded input cannot be read",
                               "the session cannot be run again; its journal says what it did");
  if (!json.is_object()) return unreadable;
  try {
    return InputStart{.made_of = json.at("made_of").get<std::string>(),
                      .begun = json.at("begun").get<UnixNanos>(),
                      .first_record = json.value("first_record", std::uint64_t{0})};
  } catch (const Json::exception&) {
    return unreadable;
  }
}

/// Twice where something differs: what the strategy saw there is known only once it is known where that is.
Result<Rerun> run_again(const fs::path& session, const PlanAgain& plan_again, const std::function<bool()>& go_on) {
  SessionAgain first{session, plan_again, go_on};
  auto rerun = first.run(nullptr);
  if (!rerun || !rerun->difference) return rerun;
  SessionAgain second{session, plan_again, go_on};
  if (const auto looked = second.run(&first.difference_at()); !looked) return std::unexpected(looked.error());
  rerun->difference->saw = second.saw();
  return rerun;
}

}  // namespace stom::trade
