#include "sim/latency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/decimal.hpp"
#include "sim/generator/draws.hpp"

namespace stom::sim {
namespace {

constexpr std::string_view kHeader = "time_ns,entry_ns,response_ns";

Result<std::int64_t> whole_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(Errc::BadData, fmt::format("'{}' is not a whole number", text), "nanoseconds, such as 1000000");
  return value;
}

Result<RecordedRequest> request_of(std::string_view line) {
  std::int64_t fields[3];
  for (int i = 0; i < 3; ++i) {
    const std::size_t comma = line.find(',');
    if ((comma == std::string_view::npos) != (i == 2))
      return fail(Errc::BadData, "not three fields", fmt::format("{}, as in the header", kHeader));
    const auto value = whole_number(line.substr(0, comma));
    if (!value) return std::unexpected(value.error());
    fields[i] = *value;
    line.remove_prefix(comma == std::string_view::npos ? line.size() : comma + 1);
  }
  return RecordedRequest{fields[0], fields[1], fields[2]};
}

/// From a to b on a straight line, in whole nanoseconds, rounded down.
DurationNanos between(UnixNanos at, UnixNanos from, DurationNanos a, UnixNanos to, DurationNanos b) {
  const Int128 product = static_cast<Int128>(b - a) * (at - from);
  const Int128 span = to - from;
  Int128 quotient = product / span;
  if (product % span != 0 && product < 0) --quotient;
  return a + static_cast<DurationNanos>(quotient);
}

/// The first recorded request later than `time`.
auto after(const std::vector<RecordedRequest>& requests, UnixNanos time) {
  return std::upper_bound(requests.begin(), requests.end(), time,
                          [](UnixNanos t, const RecordedRequest& r) { return t < r.time; });
}

}  // namespace

DurationNanos Jitter::draw(Random& random) const {
  if (size == 0) return 0;
  if (shape == Shape::Even) return static_cast<DurationNanos>(random.below(static_cast<std::uint64_t>(size) + 1));
  return static_cast<DurationNanos>(exponential(random) * static_cast<double>(size));
}

Result<Jitter> parse_jitter(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view shape = colon == std::string_view::npos ? "even" : text.substr(0, colon);
  const auto size = parse_duration(colon == std::string_view::npos ? text : text.substr(colon + 1));
  if (!size) return std::unexpected(size.error());
  if (*size < 0 || *size > kHour)
    return fail(Errc::Usage, fmt::format("a jitter of {} is not between 0 and an hour", text), "for example 2ms");
  if (shape == "even") return Jitter{Jitter::Shape::Even, *size};
  if (shape == "exponential") return Jitter{Jitter::Shape::Exponential, *size};
  return fail(Errc::Usage, fmt::format("there is no jitter of the shape '{}'", shape),
              "even:2ms (from 0 to 2 ms) or exponential:500us (500 us in the mean); docs/latency.md");
}

Result<RecordedLatency> RecordedLatency::parse(std::string_view text, std::string_view name) {
  RecordedLatency latency;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto bad = [&](std::string_view what, std::string_view hint) {
      return fail(Errc::BadData, fmt::format("{}: line {}: {}", name, number, what), std::string{hint});
    };
    if (number == 1) {
      if (line != kHeader) return bad("not the header of recorded latencies", fmt::format("{}", kHeader));
      continue;
    }
    if (line.empty()) continue;
    const auto request = request_of(line);
    if (!request) return bad(request.error().message, request.error().hint);
    const auto& [time, entry, response] = *request;
    if (!latency.requests_.empty() && time <= latency.requests_.back().time)
      return bad("not later than the line before it", "sort the requests by the time they were sent, one a moment");
    if (std::max(std::abs(entry), std::abs(response)) > kHour) return bad("more than an hour", "nanoseconds are meant");
    // What the venue did with it is not known, and not made up.
    if (entry == 0)
      return bad("an entry of 0 says nothing", "leave the line out, or negative: how long until the refusal");
    if (entry > 0 && response <= 0)
      return bad("no response", "leave the line out: a request without an answer tells no time");
    latency.requests_.push_back(*request);
    if (entry > 0) latency.acted_.push_back({time + entry, entry, response});
  }
  if (latency.acted_.empty())
    return fail(Errc::BadData, fmt::format("{}: no request that was answered", name), "docs/latency.md shows a file");
  std::stable_sort(latency.acted_.begin(), latency.acted_.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  return latency;
}

DurationNanos RecordedLatency::entry(UnixNanos sent) const {
  const auto next = after(requests_, sent);
  if (next == requests_.begin()) return next->entry;
  const RecordedRequest& last = *std::prev(next);
  // There is no line from or to a refusal: until the next request was known, the venue was as it was at the last.
  if (next == requests_.end() || last.entry < 0 || next->entry < 0) return last.entry;
  return between(sent, last.time, last.entry, next->time, next->entry);
}

DurationNanos RecordedLatency::response(UnixNanos acted) const {
  const auto next = after(acted_, acted);
  if (next == acted_.begin()) return next->response;
  const RecordedRequest& last = *std::prev(next);
  return next == acted_.end() ? last.response : between(acted, last.time, last.response, next->time, next->response);
}

}  // namespace stom::sim
