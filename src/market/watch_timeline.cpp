#include "market/watch_timeline.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace stom {
namespace {

constexpr std::string_view kHeader = "time_ns,instrument,state,reason\n";
constexpr std::array<std::string_view, kWatchStates> kStates{"out", "waiting", "in", "kept", "unknown"};
constexpr std::array<std::string_view, 8> kReasons{"pinned",   "named", "dropped",   "held",
                                                   "released", "full",  "outranked", "ended"};

template <std::size_t N>
bool find(const std::array<std::string_view, N>& names, std::string_view text, std::size_t& out) {
  out = static_cast<std::size_t>(std::ranges::find(names, text) - names.begin());
  return out < N;
}

std::string_view until(std::string_view& rest, char end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto part = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return part;
}

}  // namespace

std::string_view name_of(WatchState state) { return kStates[static_cast<std::size_t>(state)]; }
std::string_view name_of(WatchReason reason) { return kReasons[static_cast<std::size_t>(reason)]; }

std::string_view WatchTimeline::header() { return kHeader; }

std::string WatchTimeline::line(UnixNanos time, std::string_view instrument, WatchState state, WatchReason reason) {
  std::string out = std::to_string(time);
  for (const std::string_view part : {instrument, name_of(state), name_of(reason)}) out.append(",").append(part);
  return out += '\n';
}

Result<WatchTimeline> WatchTimeline::parse(std::string_view text) {
  if (!text.starts_with(kHeader))
    return fail(Errc::BadData, "no watch timeline: its first line is not time_ns,instrument,state,reason",
                "name the file watch.csv of a session's folder");
  text.remove_prefix(kHeader.size());
  WatchTimeline out;
  UnixNanos before = kNoTime;
  for (std::size_t number = 2; text.contains('\n'); ++number) {
    std::string_view rest = until(text, '\n');
    const auto time_text = until(rest, ','), instrument = until(rest, ','), state_text = until(rest, ','),
               reason = rest;
    Change change;
    const auto [end, error] = std::from_chars(time_text.data(), time_text.data() + time_text.size(), change.time);
    std::size_t state_at = 0, reason_at = 0;
    if (error != std::errc{} || end != time_text.data() + time_text.size() || instrument.empty() ||
        !find(kStates, state_text, state_at) || !find(kReasons, reason, reason_at))
      return fail(Errc::BadData, "line " + std::to_string(number) + " of the watch timeline is no change",
                  "TIME,INSTRUMENT,STATE,REASON such as 1700000000000000000,kiwoom:005930,in,named");
    if (change.time < before)
      return fail(Errc::BadData,
                  "line " + std::to_string(number) + " of the watch timeline is earlier than the one before",
                  "the lines are in order of time; sort them");
    before = change.time;
    change.state = static_cast<WatchState>(state_at);
    change.reason = static_cast<WatchReason>(reason_at);
    out.instruments_[std::string{instrument}].push_back(change);
  }
  return out;
}

WatchState WatchTimeline::state_at(std::string_view instrument, UnixNanos time) const {
  const auto found = instruments_.find(instrument);
  if (found == instruments_.end()) return WatchState::Out;
  const auto& changes = found->second;
  const auto after = std::ranges::upper_bound(changes, time, {}, &Change::time);
  return after == changes.begin() ? WatchState::Out : std::prev(after)->state;
}

std::vector<std::string> WatchTimeline::registered_at(UnixNanos time) const {
  std::vector<std::string> out;
  for (const auto& [instrument, changes] : instruments_)
    if (is_registered(state_at(instrument, time))) out.push_back(instrument);
  return out;
}

}  // namespace stom
