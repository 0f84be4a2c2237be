#include "simulate/cells.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stom::simulate {
namespace {

constexpr std::string_view kPhaseNames[kPhases] = {"none",      "pending", "working", "partly",
                                                   "canceling", "unknown", "over"};
constexpr std::string_view kStepNames[kSteps] = {"place", "cancel", "ask", "stream", "market", "other"};

/// At which step a fault can strike, and what it is a fault of.
enum class Kind : std::uint8_t {
  Request,
  Acknowledgement,
  Message,
  Frame,
  Book,
  Fill,
  Placing,
  Canceling,
  Socket,
  Account,
  Crash
};

Kind kind_of(std::string_view fault) {
  if (fault == "crash" || fault == "power_cut") return Kind::Crash;
  if (fault == "net_slow") return Kind::Message;
  if (fault == "seq_gap") return Kind::Book;
  if (fault == "foreign_order" || fault == "tick_change" || fault == "delist" || fault == "clock_skew_ms" ||
      fault == "token_expire" || fault == "listenkey_expire")
    return Kind::Account;
  if (fault == "net_socket_refused") return Kind::Socket;
  if (fault == "ack_duplicate") return Kind::Acknowledgement;
  if (fault == "fill_before_ack") return Kind::Placing;
  if (fault == "cancel_filled") return Kind::Canceling;
  if (fault == "fill_reorder" || fault == "fill_duplicate") return Kind::Fill;
  if (fault == "disconnect" || fault == "half_open" || fault == "frame_truncate" || fault == "frame_split")
    return Kind::Frame;
  return Kind::Request;
}

std::string_view why_not_at_kiwoom(std::string_view fault, Phase phase, Step step) {
  if (fault == "ack_duplicate") return "orders and cancels are requests, and a request has one answer";
  if (fault == "listenkey_expire") return "it has no listen keys";
  if (step == Step::Market && fault != "seq_gap")
    return "one connection carries all: what strikes market data strikes what it tells of the account";
  if (step == Step::Ask && phase == Phase::Over) return "its lists are asked for because of what is open";
  if (step == Step::Cancel && phase == Phase::Unknown && kind_of(fault) != Kind::Crash)
    return "an order without an answer has no number by which it could be canceled";
  return "";
}

}  // namespace

std::string_view name_of(Phase phase) { return kPhaseNames[static_cast<std::size_t>(phase)]; }
std::optional<Phase> phase_named(std::string_view name) {
  const auto found = std::ranges::find(kPhaseNames, name);
  if (found == std::end(kPhaseNames)) return std::nullopt;
  return static_cast<Phase>(found - std::begin(kPhaseNames));
}
std::string_view name_of(Step step) { return kStepNames[static_cast<std::size_t>(step)]; }
std::optional<Step> step_named(std::string_view name) {
  const auto found = std::ranges::find(kStepNames, name);
  if (found == std::end(kStepNames)) return std::nullopt;
  return static_cast<Step>(found - std::begin(kStepNames));
}
std::string name_of(const Target& target) {
  return fmt::format("{}/{}/{}", target.fault, name_of(target.cell.phase), name_of(target.cell.step));
}

std::string_view why_not(std::string_view venue, std::string_view fault, Phase phase, Step step) {
  if (venue == "kiwoom")
    if (const auto why = why_not_at_kiwoom(fault, phase, step); !why.empty()) return why;
  const bool order = step == Step::Place || step == Step::Cancel;
  if (order && phase == Phase::None) return "an order or its cancel is about an order";
  if (step == Step::Market && phase != Phase::None) return "market data are about no order";
  if (step == Step::Place && phase != Phase::Pending && phase != Phase::Canceling && kind_of(fault) != Kind::Crash)
    return "before its answer an order is pending, or its cancel waits behind it";
  if (step == Step::Cancel && phase != Phase::Canceling && phase != Phase::Unknown && phase != Phase::Over &&
      kind_of(fault) != Kind::Crash)
    return "while its cancel is on the way an order is being canceled, has no answer, or has come to its end";
  switch (kind_of(fault)) {
    case Kind::Request:
      if (step == Step::Stream || step == Step::Market) return "it strikes requests";
      if (fault.starts_with("ack") && (step == Step::Ask || step == Step::Other)) return "it strikes answers to orders";
      if (step == Step::Other && phase != Phase::None)
        return "a request that is about an order is known for what it is";
      return "";
    case Kind::Message:
      if (step == Step::Other && phase != Phase::None)
        return "a request that is about an order is known for what it is";
      return step == Step::Stream && phase == Phase::Over ? "of a connection it counts what is open" : "";
    case Kind::Acknowledgement:
      return order ? "" : "it strikes answers to orders over a socket";
    case Kind::Frame:
      if (step != Step::Stream && step != Step::Market) return "it strikes what the venue tells by itself";
      return phase == Phase::Over ? "of a connection it counts what is open" : "";
    case Kind::Book:
      return step == Step::Market ? "" : "it strikes what the venue tells of books";
    case Kind::Fill:
      if (step != Step::Stream) return "it strikes what the venue tells of fills";
      if (phase == Phase::None) return "a fill is of an order";
      return phase == Phase::Over ? "an order that is over is not filled" : "";
    case Kind::Placing:
      return step == Step::Place ? "" : "it strikes the acknowledgement of an order";
    case Kind::Canceling:
      if (step != Step::Cancel) return "it strikes a cancel";
      return phase == Phase::Over ? "an order that is over is not filled" : "";
    case Kind::Socket:
      return step == Step::Other && phase == Phase::None ? "" : "it strikes a socket before it is open";
    case Kind::Account:
      if (step != Step::Other) return "it comes by itself, whatever is under way";
      return phase == Phase::Over ? "it counts what is open" : "";
    case Kind::Crash:
      if (step == Step::Ask || step == Step::Market) return "only what is decided or told is a record";
      if (phase == Phase::Over) return "it counts what is open";
      return "";
  }
  return "";
}

void Cells::add(const Cells& other) {
  for (const auto& [fault, grid] : other.faults_) {
    Grid& mine = faults_[fault];
    for (std::size_t p = 0; p < kPhases; ++p)
      for (std::size_t s = 0; s < kSteps; ++s) mine[p][s] += grid[p][s];
  }
}

std::uint64_t Cells::of(std::string_view fault, Phase phase, Step step) const {
  const auto found = faults_.find(fault);
  return found == faults_.end() ? 0 : found->second[static_cast<std::size_t>(phase)][static_cast<std::size_t>(step)];
}

std::vector<std::string> Cells::faults() const {
  std::vector<std::string> names;
  for (const auto& [fault, grid] : faults_) names.push_back(fault);
  return names;
}

std::vector<Cell> reachable(std::string_view venue, std::string_view fault) {
  std::vector<Cell> cells;
  for (std::size_t p = 0; p < kPhases; ++p)
    for (std::size_t s = 0; s < kSteps; ++s)
      if (const Cell cell{static_cast<Phase>(p), static_cast<Step>(s)};
          why_not(venue, fault, cell.phase, cell.step).empty())
        cells.push_back(cell);
  return cells;
}

Cells::Summary Cells::summary(std::string_view venue, const std::vector<std::string>& names) const {
  Summary all{.least = UINT64_MAX};
  for (const std::string& fault : names)
    for (const Cell& cell : reachable(venue, fault)) {
      const std::uint64_t hits = of(fault, cell.phase, cell.step);
      ++all.reachable;
      all.hit += hits > 0 ? 1 : 0;
      all.least = std::min(all.least, hits);
    }
  if (all.reachable == 0) all.least = 0;
  return all;
}

std::string Cells::table(std::string_view venue, const std::vector<std::string>& names) const {
  std::string text = fmt::format("{:<20}{:<8}", "fault", "step");
  for (std::size_t p = 0; p < kPhases; ++p) text += fmt::format("{:>11}", name_of(static_cast<Phase>(p)));
  text += "\n";
  for (const std::string& fault : names)
    for (std::size_t s = 0; s < kSteps; ++s) {
      const auto step = static_cast<Step>(s);
      bool any = false;
      std::string line = fmt::format("{:<20}{:<8}", fault, name_of(step));
      for (std::size_t p = 0; p < kPhases; ++p) {
        const auto phase = static_cast<Phase>(p);
        const std::uint64_t hits = of(fault, phase, step);
        const bool reachable = why_not(venue, fault, phase, step).empty();
        any |= reachable || hits > 0;
        line += fmt::format("{:>11}", reachable ? fmt::to_string(hits) : hits > 0 ? fmt::format("({})", hits) : "-");
      }
      if (any) text += line + "\n";
    }
  return text;
}

std::string Cells::text() const {
  std::string text;
  for (const auto& [fault, grid] : faults_)
    for (std::size_t p = 0; p < kPhases; ++p)
      for (std::size_t s = 0; s < kSteps; ++s)
        if (grid[p][s] > 0) text += fmt::format("{} {} {} {}\n", fault, p, s, grid[p][s]);
  return text;
}

}  // namespace stom::simulate
