#include "simulate/steering.hpp"

#include <algorithm>

namespace stom::simulate {
namespace {

constexpr DurationNanos kGoalTime = 20 * kSecond;
/// One that was open for so long is opened again at once where it breaks; else it takes twice as long each time.
constexpr DurationNanos kConnectionIsGood = 11 * kSecond;
/// Behind a frame that cannot be read clients ask for all orders, a second later.
constexpr DurationNanos kFramesApart = 1'200 * kMillisecond;

bool is_of_fills(std::string_view fault) { return fault == "fill_reorder" || fault == "fill_duplicate"; }
bool ends_a_session(std::string_view fault) { return fault == "crash" || fault == "power_cut"; }
/// It strikes a request as it is written; others as it arrives, or as it is answered.
bool strikes_at_the_start(std::string_view fault) { return fault == "net_refused" || fault == "net_request_lost"; }

DurationNanos pause_behind(std::string_view fault) {
  if (fault == "disconnect" || fault == "net_socket_refused") return kConnectionIsGood;
  if (fault == "half_open" || fault == "foreign_order") return 5 * kSecond;
  if (fault == "net_refused" || fault == "token_expire" || fault == "listenkey_expire") return kSecond;
  if (fault == "frame_truncate" || fault == "seq_gap") return 500 * kMillisecond;
  return 0;
}

/// The answers to orders are lost. At the venue they are all the same, or none of them arrives.
void lose_answers(const Road& road, bool arrive, Plan& plan) {
  if (road.by_socket) {  // the gateway waits ten seconds for the answer to a text; World makes it come later
    plan.aids.push_back({.fault = "ack_delay_ms", .step = Step::Place});
    plan.manner.acts = 20;
    plan.manner.open = 16;
    return;
  }
  if (!arrive) plan.aids.push_back({.fault = "net_request_lost", .step = Step::Place, .percent = 40});
  plan.aids.push_back({.fault = "net_answer_lost", .step = Step::Place, .percent = arrive ? 90 : 50});
}

/// Of orders in that state there are some at any time.
void bring_into(Phase phase, const Road& road, Plan& plan) {
  Manner& manner = plan.manner;
  switch (phase) {
    case Phase::None:
      manner.acts = 100;
      manner.open = 0;
      return;
    case Phase::Pending:  // its request is on the way, for seconds
      manner.acts = 50;
      manner.cancels = 10;
      plan.aids.push_back({.fault = "net_slow", .step = Step::Place, .percent = 80});
      return;
    case Phase::Working:
    case Phase::Over:
      return;
    case Phase::Partly:  // it takes all that stands at the best price, and rests there with what is left
      manner.takes = 60;
      manner.stays = manner.soon = manner.large = true;
      manner.cancels = 10;
      return;
    case Phase::Canceling:  // its cancel is on the way, for seconds
      manner.cancels = 40;
      plan.aids.push_back({.fault = "net_slow", .step = Step::Cancel, .percent = 80});
      return;
    case Phase::Unknown:
      manner.cancels = 10;
      lose_answers(road, false, plan);
      return;
  }
}

void plan_a_fill(const Target& goal, const Road& road, Plan& plan) {
  Manner& manner = plan.manner;
  manner.soon = true;
  manner.large = goal.fault == "fill_reorder";  // of one that another follows
  switch (goal.cell.phase) {
    case Phase::Pending:  // filled as it arrives
      manner.takes = 100;
      return;
    case Phase::Partly:
      return bring_into(Phase::Partly, road, plan);
    case Phase::Canceling:
      manner.large = true;
      return bring_into(Phase::Canceling, road, plan);
    case Phase::Unknown:
      manner.cancels = 5;
      lose_answers(road, true, plan);
      if (road.by_lists) plan.aids.push_back({.fault = "net_request_lost", .step = Step::Ask, .percent = 80});
      return;
    default:
      return;
  }
}

void plan_a_cancel(const Target& goal, const Road& road, Plan& plan) {
  Manner& manner = plan.manner;
  switch (goal.cell.phase) {
    case Phase::Unknown:
      lose_answers(road, goal.fault == "cancel_filled", plan);
      manner.cancels = 50;
      manner.only = Phase::Unknown;
      return;
    case Phase::Over:
      plan.aids.push_back({.fault = "net_slow", .step = Step::Cancel, .of = Phase::Canceling});
      if (strikes_at_the_start(
              goal.fault)) {  // it waits for a connection behind other cancels, and is filled meanwhile
        manner = {.acts = 50, .cancels = 0, .soon = true, .together = true};
      } else {  // the order ends as it arrives, and its cancel is on the way
        manner = {.acts = 30, .at_once = 100, .takes = 100};
      }
      return;
    default:
      manner.cancels = 50;
      return;
  }
}

void plan_a_question(const Target& goal, const Road& road, Plan& plan) {
  Manner& manner = plan.manner;
  const auto ask_often = [&] {
    plan.aids.push_back({.fault = "frame_truncate", .step = Step::Stream, .apart = kFramesApart});
  };
  if (road.by_lists) {  // about all that are open
    bring_into(goal.cell.phase, road, plan);
    return ask_often();
  }
  switch (goal.cell.phase) {
    case Phase::None:  // about the account, a book, or which orders are open
    case Phase::Working:
      manner.cancels = 25;  // there is something to tell
      return ask_often();
    case Phase::Pending:  // its cancel overtakes it, the venue knows of no such order, and so it is asked for
      manner = {.open = 2, .cancels = 40, .at_once = 50};  // more would take all connections that questions go by
      plan.aids.push_back({.fault = "net_slow", .step = Step::Place});
      return ask_often();
    case Phase::Canceling:  // nobody knows what became of its cancel
      manner.cancels = 40;
      plan.aids.push_back({.fault = "net_request_lost", .step = Step::Cancel});
      return;
    case Phase::Over:  // it ends while the question waits for a connection, or is on its way
      manner = {.acts = 50, .cancels = 40};
      plan.aids.push_back({.fault = "net_slow", .step = Step::Ask});
      return ask_often();
    default:
      bring_into(goal.cell.phase, road, plan);
      return ask_often();
  }
}

void break_connections(Plan& plan) {
  for (const Step step : {Step::Stream, Step::Market})
    plan.aids.push_back({.fault = "disconnect", .step = step, .apart = kConnectionIsGood});
}

/// Of a crash: what the last record is of.
void plan_a_record(const Target& goal, const Road& road, Plan& plan) {
  bring_into(goal.cell.phase, road, plan);
  if (goal.cell.step == Step::Cancel) plan.manner.cancels = 40;
  if (goal.cell.step == Step::Other) break_connections(plan);  // whether it can trade is a record
  if (goal.cell == Cell{Phase::None, Step::Stream}) plan.manner = {.acts = 30, .open = 1, .cancels = 0, .takes = 100};
}

void plan_by_itself(const Target& goal, const Road& road, Plan& plan) {
  if (goal.fault == "net_socket_refused") return break_connections(plan);
  if (goal.fault.starts_with("net_") || goal.fault.starts_with("http_") || goal.fault == "maintenance") {
    // About no order: keys of streams, tokens, and what the account holds behind a fill.
    plan.manner.takes = 50;
    plan.aids.push_back({.fault = "listenkey_expire", .step = Step::Other, .apart = 2 * kSecond});
    plan.aids.push_back({.fault = "token_expire", .step = Step::Other, .apart = 5 * kSecond});
    return;
  }
  bring_into(goal.cell.phase, road, plan);
}

}  // namespace

Plan plan_for(const Target& goal, const Road& road) {
  Plan plan;
  if (ends_a_session(goal.fault)) {
    plan_a_record(goal, road, plan);
    return plan;
  }
  switch (goal.cell.step) {
    case Step::Place:
      if (goal.cell.phase == Phase::Canceling) plan.manner = {.acts = 30, .at_once = 100};
      break;
    case Step::Cancel:
      plan_a_cancel(goal, road, plan);
      break;
    case Step::Ask:
      plan_a_question(goal, road, plan);
      break;
    case Step::Stream:
      if (is_of_fills(goal.fault)) {
        plan_a_fill(goal, road, plan);
        break;
      }
      bring_into(goal.cell.phase, road, plan);
      // While nothing is open it tells of what somebody else orders.
      if (goal.cell.phase == Phase::None && !road.by_lists)
        plan.aids.push_back({.fault = "foreign_order", .step = Step::Other, .apart = 10 * kSecond});
      break;
    case Step::Market:
      break;
    case Step::Other:
      plan_by_itself(goal, road, plan);
      break;
  }
  return plan;
}

Steering::Steering(std::vector<Target> targets, Road road, std::uint64_t seed)
    : targets_{std::move(targets)}, road_{road}, random_{seed} {
  for (std::size_t i = targets_.size(); i > 1; --i) std::swap(targets_[i - 1], targets_[random_.below(i)]);
  plan_ = plan_for(goal(), road_);
}

bool Steering::advance(UnixNanos now) {
  if (now < until_) return false;
  if (until_ != kNoTime) at_ = (at_ + 1) % targets_.size();
  until_ = now + kGoalTime;
  plan_ = plan_for(goal(), road_);
  return true;
}

bool Steering::is_ready(UnixNanos now) const {
  const auto next = next_.find(goal().fault);
  return next == next_.end() || now >= next->second;
}

void Steering::note_strike(UnixNanos until) { next_[goal().fault] = until + pause_behind(goal().fault); }

bool Steering::strikes(std::string_view fault, const Struck& struck, UnixNanos now) {
  if (over_ || struck.phases.empty()) return false;
  if (fault == goal().fault && struck.holds(goal().cell) && is_ready(now)) {
    note_strike(now);
    return true;
  }
  for (const Aid& aid : plan_.aids) {
    if (aid.fault != fault || aid.step != struck.step || (aid.of && !struck.phases.contains(*aid.of))) continue;
    UnixNanos& next = next_of_an_aid_[{aid.fault, aid.step}];
    if (now < next || random_.below(100) >= static_cast<std::uint64_t>(aid.percent)) continue;
    next = now + aid.apart;
    return true;
  }
  return false;
}

}  // namespace stom::simulate
