#include "alerts/desk.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/assert.hpp"

namespace stom::alerts {
namespace {

constexpr std::size_t kMostText = 1000;  // bytes of one event's words

std::string shortened(std::string text) {
  if (text.size() <= kMostText) return text;
  text.resize(kMostText);
  while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) text.pop_back();
  if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xc0) text.pop_back();
  return text + "…";
}

}  // namespace

Desk::Desk(Settings settings) : settings_{std::move(settings)}, outboxes_(settings_.channels.size()) {}

void Desk::on_event(const Event& event) {
  on_time(event.time);
  for (std::size_t i = 0; i < settings_.rules.size(); ++i)
    if (meets(settings_.rules[i], i, event)) raise(i, event);
}

bool Desk::meets(const Rule& rule, std::size_t index, const Event& event) {
  if (rule.event != event.kind || (!rule.subject.empty() && rule.subject != event.subject)) return false;
  if (!rule.contains.empty() && event.text.find(rule.contains) == std::string::npos) return false;
  if (!rule.above && !rule.below) return true;
  if (!event.number) return false;
  const bool beyond = (rule.above && compare(*event.number, *rule.above) > 0) ||
                      (rule.below && compare(*event.number, *rule.below) < 0);
  bool& was = beyond_[{index, event.subject}];
  return !std::exchange(was, beyond) && beyond;
}

void Desk::raise(std::size_t index, const Event& event) {
  const Rule& rule = settings_.rules[index];
  if (rule.window > 0) {
    const Key key{index, event.subject};
    const auto known = repeats_.find(key);
    if (known != repeats_.end()) {
      ++known->second.more;
      known->second.last = shortened(event.text);
      return;
    }
    // With so many things to remember the next is told, rather than forgotten.
    if (repeats_.size() < kMostRemembered) repeats_[key].until = event.time + rule.window;
  }
  const std::uint64_t alert = ++alerts_;
  const std::string subject = event.subject.empty() ? "" : event.subject + ": ";
  told(index, {alert, rule.severity, event.time,
               fmt::format("{}: {}{}", name_of(rule.event), subject, shortened(event.text))});
}

void Desk::told(std::size_t index, Message message) {
  const Rule& rule = settings_.rules[index];
  for (const std::size_t channel : rule.channels) put(channel, message, message.time);
  if (rule.escalate_after == kNever || message.alert == 0) return;
  if (open_.size() >= kMostRemembered) {  // nobody has acknowledged for long: the oldest goes on now
    const auto oldest = open_.extract(open_.begin());
    put(settings_.rules[oldest.mapped().rule].escalate_to, oldest.mapped().message, message.time);
  }
  const std::uint64_t alert = message.alert;
  const UnixNanos due = message.time + rule.escalate_after;
  open_.emplace(alert, Open{index, due, std::move(message)});
}

void Desk::on_time(UnixNanos now) {
  for (auto at = repeats_.begin(); at != repeats_.end();) {
    auto& [key, repeats] = *at;
    if (repeats.until > now) {
      ++at;
      continue;
    }
    if (repeats.more == 0) {
      at = repeats_.erase(at);
      continue;
    }
    const Rule& rule = settings_.rules[key.first];
    const std::string subject = key.second.empty() ? "" : key.second + ": ";
    const Message more{0, rule.severity, now,
                       fmt::format("{}: {}{} more within {}, the last: {}", name_of(rule.event), subject, repeats.more,
                                   format_duration(rule.window), repeats.last)};
    repeats = {now + rule.window, 0, {}};
    told(key.first, more);
    ++at;
  }
  for (auto at = open_.begin(); at != open_.end();) {
    const Open& open = at->second;
    if (open.due > now) {
      ++at;
      continue;
    }
    const Rule& rule = settings_.rules[open.rule];
    Message again = open.message;
    again.text = fmt::format("nobody has acknowledged within {}: {}", format_duration(rule.escalate_after), again.text);
    put(rule.escalate_to, std::move(again), now);
    at = open_.erase(at);
  }
}

bool Desk::acknowledge(std::uint64_t alert) { return open_.erase(alert) > 0; }

void Desk::tell(std::size_t channel, Message message) {
  const UnixNanos now = message.time;
  put(channel, std::move(message), now);
}

std::size_t Desk::others(const Outbox& box) {
  return static_cast<std::size_t>(std::ranges::count_if(
      box.waiting, [](const Waiting& one) { return one.message.severity != Severity::Critical; }));
}

void Desk::put(std::size_t channel, Message message, UnixNanos now) {
  Outbox& box = outboxes_[channel];
  const bool critical = message.severity == Severity::Critical;
  const auto is_critical = [](const Waiting& one) { return one.message.severity == Severity::Critical; };
  if (critical && box.waiting.size() - others(box) >= kMostCritical) {
    const auto last = std::find_if(box.waiting.rbegin(), box.waiting.rend(), is_critical);
    ++last->joined;
    return;
  }
  if (!critical && others(box) >= kMostWaiting) {
    auto least = box.waiting.end();
    for (auto at = box.waiting.begin(); at != box.waiting.end(); ++at) {
      if (is_critical(*at) || (box.tried && *box.tried == static_cast<std::size_t>(at - box.waiting.begin()))) continue;
      if (least == box.waiting.end() || at->message.severity < least->message.severity) least = at;
    }
    ++box.left_out;
    if (least == box.waiting.end() || message.severity < least->message.severity) return;
    const auto index = static_cast<std::size_t>(least - box.waiting.begin());
    box.waiting.erase(least);
    if (box.tried && *box.tried > index) --*box.tried;
  }
  const UnixNanos quiet = critical || !settings_.quiet ? kNoTime : settings_.quiet->until(now);
  box.waiting.push_back({std::move(message), quiet, 0});
}

std::size_t Desk::due(std::size_t channel, UnixNanos now) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(outboxes_[channel].waiting, [&](const Waiting& one) { return one.not_before <= now; }));
}

const Message* Desk::next(std::size_t channel, UnixNanos now) {
  on_time(now);
  Outbox& box = outboxes_[channel];
  if (box.retry_at > now) return nullptr;
  if (!box.tried) {
    const auto due = std::ranges::find_if(box.waiting, [&](const Waiting& one) { return one.not_before <= now; });
    if (due == box.waiting.end()) return nullptr;
    box.tried = static_cast<std::size_t>(due - box.waiting.begin());
  }
  const Waiting& one = box.waiting[*box.tried];
  box.shown = one.message;
  if (one.joined > 0) box.shown.text += fmt::format(" ({} more critical alerts came behind it)", one.joined);
  return &box.shown;
}

void Desk::delivered(std::size_t channel, UnixNanos now) {
  Outbox& box = outboxes_[channel];
  STOM_ASSERT(box.tried.has_value());
  box.waiting.erase(box.waiting.begin() + static_cast<std::ptrdiff_t>(*box.tried));
  box.tried.reset();
  box.retry_at = box.failing_since = kNoTime;
  box.pause = 0;
  const std::string& name = settings_.channels[channel].name;
  if (std::exchange(box.dead, false))
    tell_others(channel, Severity::Info, fmt::format("channel {} delivers again", name), now);
  if (box.left_out > 0 && others(box) < kMostWaiting) {
    const auto left_out = std::exchange(box.left_out, 0);
    put(channel, {0, Severity::Warning, now, fmt::format("{} alerts were left out here: too many waited", left_out)},
        now);
  }
}

void Desk::failed(std::size_t channel, const Failure& failure, UnixNanos now) {
  Outbox& box = outboxes_[channel];
  STOM_ASSERT(box.tried.has_value());
  const std::string& name = settings_.channels[channel].name;
  const std::string why = masked(failure.why.message, settings_.secrets());
  if (failure.for_good) {
    const Message& refused = box.waiting[*box.tried].message;
    if (!refused.about_delivery)
      tell_others(channel, Severity::Critical,
                  fmt::format("channel {} refuses a message ({}), which was: {}", name, why, refused.text), now);
    box.waiting.erase(box.waiting.begin() + static_cast<std::ptrdiff_t>(*box.tried));
    box.tried.reset();
    box.failing_since = kNoTime;
    box.pause = 0;
    return;
  }
  box.pause = box.pause == 0 ? kFirstRetry : std::min(2 * box.pause, kMostRetry);
  box.retry_at = now + std::max(box.pause, std::min(failure.retry_after, kHour));
  if (box.failing_since == kNoTime) box.failing_since = now;
  if (box.dead || now - box.failing_since < kDeadAfter) return;
  box.dead = true;
  tell_others(channel, Severity::Critical, fmt::format("channel {} does not deliver: {}", name, why), now);
}

void Desk::tell_others(std::size_t channel, Severity severity, const std::string& text, UnixNanos now) {
  for (std::size_t other = 0; other < outboxes_.size(); ++other)
    if (other != channel) put(other, {0, severity, now, text, true}, now);
}

}  // namespace stom::alerts
