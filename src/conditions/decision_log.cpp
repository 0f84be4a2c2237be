#include "conditions/decision_log.hpp"

#include <charconv>

namespace stom::conditions {
namespace {

constexpr std::string_view kStopped = "stopped: buy ", kStoppedSell = ", sell ";

/// Up to the next space, which is taken too.
std::string_view word(std::string_view& line) {
  const std::string_view first = line.substr(0, line.find(' '));
  line.remove_prefix(first.size() < line.size() ? first.size() + 1 : first.size());
  return first;
}

/// Of several strategies each has its name before its words: that, which is taken too.
std::string_view strategy(std::string_view& line) {
  const auto end = line.find(": ");
  const std::string_view name = line.substr(0, end);
  if (end == line.npos || name.contains(' ') || line.starts_with(kStopped)) return {};
  line.remove_prefix(end + 2);
  return name;
}

template <class Whole>
bool read_whole(std::string_view text, Whole& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string to_line(const LoggedDecision& decision) {
  std::string line = std::to_string(decision.index) + " " + decision.instrument + " " + decision.act;
  if (!decision.reason.empty()) line += " " + decision.reason;
  return line;
}

std::string to_line(const StoppedRows& stopped) {
  return std::string{kStopped} + std::to_string(stopped.buy) + std::string{kStoppedSell} + std::to_string(stopped.sell);
}

void DecisionLog::read(std::string_view line) {
  const std::string_view whose = strategy(line);
  if (line.starts_with(kStopped)) {
    line.remove_prefix(kStopped.size());
    const auto between = line.find(kStoppedSell);
    StoppedRows stopped;
    if (between != std::string_view::npos && read_whole(line.substr(0, between), stopped.buy) &&
        read_whole(line.substr(between + kStoppedSell.size()), stopped.sell))
      stopped_.insert_or_assign(std::string{whose}, stopped);
    return;
  }
  LoggedDecision decision;
  if (!read_whole(word(line), decision.index)) return;
  decision.instrument = word(line);
  decision.act = word(line);
  decision.reason = line;
  decision.strategy = whose;
  if (!decision.act.empty()) all_.push_back(std::move(decision));
}

StoppedRows DecisionLog::stopped() const {
  StoppedRows all;
  for (const auto& [whose, rows] : stopped_) {
    all.buy += rows.buy;
    all.sell += rows.sell;
  }
  return all;
}

std::map<std::string, std::uint64_t> DecisionLog::exits() const {
  std::map<std::string, std::uint64_t> counts;
  for (const LoggedDecision& decision : all_)
    if (!decision.reason.empty()) ++counts[decision.reason];
  return counts;
}

}  // namespace stom::conditions
