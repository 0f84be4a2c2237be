#include "backtest_latency.hpp"

#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/text_file.hpp"

namespace stom {
namespace {

constexpr std::string_view kFile = "file:";

Result<DurationNanos> duration_of(std::string_view option, std::string_view text) {
  auto parsed = parse_duration(text);
  if (!parsed) return fail(Errc::Usage, fmt::format("{}: {}", option, parsed.error().message), parsed.error().hint);
  if (*parsed < 0 || *parsed > kHour)
    return fail(Errc::Usage, fmt::format("{}: {} is not between 0 and an hour", option, text), "for example 1ms");
  return parsed;
}

Result<sim::Jitter> jitter_of(std::string_view option, const std::string& text) {
  if (text.empty()) return sim::Jitter{};
  auto parsed = sim::parse_jitter(text);
  if (!parsed) return fail(Errc::Usage, fmt::format("{}: {}", option, parsed.error().message), parsed.error().hint);
  return parsed;
}

Result<void> read_recorded(const std::string& path, Latencies& out) {
  const auto text = read_text_file(path, kMostRecorded);
  if (!text)
    return fail(text.error().code, fmt::format("--order-latency: {}", text.error().message), "file:PATH of a CSV file");
  auto parsed = sim::RecordedLatency::parse(*text, path);
  if (!parsed) return std::unexpected(parsed.error());
  out.orders.recorded = std::make_shared<const sim::RecordedLatency>(std::move(*parsed));
  Sha256 hash;
  hash.update(*text);
  out.recorded_sha256 = hash.hex();
  return {};
}

}  // namespace

Result<Latencies> latencies_of(const LatencyChoice& choice, bool bars, std::uint64_t seed) {
  Latencies out;
  if (bars && (!choice.feed.empty() || !choice.feed_jitter.empty()))
    return fail(Errc::Unsupported, "--feed-latency is not offered on bars",
                "a bar is known when it ends; --order-latency delays what is made of it");
  // A bar is known when it closes, which is when the next one opens: any latency would miss that open.
  const std::string order = choice.order.empty() ? bars ? "0s" : "1ms" : choice.order;
  if (order.starts_with(kFile)) {
    if (auto read = read_recorded(order.substr(kFile.size()), out); !read) return std::unexpected(read.error());
  } else {
    const std::size_t comma = order.find(',');
    const auto entry = duration_of("--order-latency", order.substr(0, comma));
    const auto response = comma == std::string::npos ? entry : duration_of("--order-latency", order.substr(comma + 1));
    if (!entry || !response) return std::unexpected((entry ? response : entry).error());
    out.orders.entry = *entry;
    out.orders.response = *response;
  }
  const auto jitter = jitter_of("--latency-jitter", choice.jitter);
  if (!jitter) return std::unexpected(jitter.error());
  out.orders.jitter = *jitter;
  const auto feed = choice.feed.empty() ? Result<DurationNanos>{0} : duration_of("--feed-latency", choice.feed);
  if (!feed) return std::unexpected(feed.error());
  const auto feed_jitter = jitter_of("--feed-jitter", choice.feed_jitter);
  if (!feed_jitter) return std::unexpected(feed_jitter.error());
  out.feed = {.constant = *feed, .jitter = *feed_jitter, .seed = seed};
  return out;
}

std::vector<std::pair<std::string, std::string>> latency_configuration(const LatencyChoice& choice,
                                                                       const Latencies& latencies, bool bars) {
  std::vector<std::pair<std::string, std::string>> out;
  // By its content, not its place: the same run has the same journal wherever the file lies.
  if (latencies.orders.recorded != nullptr) {
    out.emplace_back("order_latency", "recorded");
    out.emplace_back("order_latency_sha256", latencies.recorded_sha256);
  } else {
    out.emplace_back("order_latency", choice.order.empty() ? bars ? "0s" : "1ms" : choice.order);
  }
  if (!choice.jitter.empty()) out.emplace_back("latency_jitter", choice.jitter);
  if (!choice.feed.empty()) out.emplace_back("feed_latency", choice.feed);
  if (!choice.feed_jitter.empty()) out.emplace_back("feed_jitter", choice.feed_jitter);
  return out;
}

}  // namespace stom
