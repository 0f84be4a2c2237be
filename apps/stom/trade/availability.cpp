#include "trade/availability.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "trade/rerun.hpp"

namespace stom::trade {
namespace {

constexpr std::string_view kDown = "down, ";

}  // namespace

std::string down_act(std::string_view why) { return fmt::format("{}{}", kDown, why); }
bool is_availability_act(std::string_view text) { return text == kUpAct || text.starts_with(kDown); }

std::string AvailabilityWatch::look(UnixNanos now, std::string_view why) {
  next_look_ = now + kLookEvery;
  std::string act = why.empty() ? std::string{kUpAct} : down_act(why);
  // Why it is down may change; that it is, is said once.
  const bool same = last_.empty() ? !why.empty() : (last_ == kUpAct) == why.empty();
  if (same && (!why.empty() || now - said_at_ < kAgain)) return {};
  said_at_ = now;
  return last_ = std::move(act);
}

AvailabilityFold::AvailabilityFold(std::vector<Maintenance> announced) {
  std::ranges::sort(announced, {}, &Maintenance::from);
  for (const Maintenance& window : announced) {
    if (window.from >= window.to) continue;
    if (!announced_.empty() && window.from <= announced_.back().to)
      announced_.back().to = std::max(announced_.back().to, window.to);
    else
      announced_.push_back(window);
  }
}

void AvailabilityFold::pass(UnixNanos to, bool known) {
  if (last_ != kNoTime && to > last_ && counts_) {
    DurationNanos counted = to - last_;
    for (const Maintenance& window : announced_)
      counted -= std::max<DurationNanos>(0, std::min(to, window.to) - std::max(last_, window.from));
    time_ += counted;
    if (is_up_ && known) up_ += counted;
  }
  last_ = last_ == kNoTime ? to : std::max(last_, to);
}

void AvailabilityFold::begin_outage(UnixNanos at, std::string_view why) {
  if (was_up_ && !out_) outages_.push_back({at, at, std::string{why}});
  out_ = was_up_;
}

void AvailabilityFold::fold(const JournalRecord& record) {
  using enum RecordKind;
  if (record.kind == Configuration || record.kind == Named) return;  // the one has no time of its own
  const UnixNanos before = last_;
  if (record.kind == Restart) {
    pass(record.time, false);
    if (counts_) begin_outage(before == kNoTime ? record.time : before, "the process was not there");
    counts_ = true;
    is_up_ = false;
    return;
  }
  pass(record.time, true);
  if (record.kind == End) is_up_ = counts_ = false;
  if (record.kind != Operator) return;
  if (record.text == kStopAct) {
    is_up_ = counts_ = false;  // somebody wanted it
  } else if (record.text == kUpAct) {
    if (out_) outages_.back().to = record.time;
    out_ = false;
    is_up_ = was_up_ = true;
  } else if (record.text.starts_with(kDown)) {
    begin_outage(record.time, std::string_view{record.text}.substr(kDown.size()));
    is_up_ = false;
  }
  if (out_) outages_.back().to = record.time;
}

std::string AvailabilityFold::share() const {
  if (time_ <= 0) return {};
  constexpr int kDecimals = 6;
  return format_decimal_trimmed(Int128{up_} * power_of_ten(kDecimals) / time_, kDecimals);
}

}  // namespace stom::trade
