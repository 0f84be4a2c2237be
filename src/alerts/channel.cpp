#include "alerts/channel.hpp"

#include <fmt/format.h>

#include <charconv>

namespace stom::alerts {
namespace {

constexpr std::size_t kMostSaid = 200;

DurationNanos retry_after(const net::Response& answer) {
  for (const auto& header : answer.headers) {
    if (!net::same_name(header.name, "retry-after")) continue;
    std::int64_t seconds = 0;
    const char* end = header.value.data() + header.value.size();
    if (std::from_chars(header.value.data(), end, seconds).ptr == end && seconds > 0 && seconds <= 3600)
      return seconds * kSecond;
  }
  return 0;
}

}  // namespace

std::unique_ptr<Channel> open_channel(const ChannelSettings& settings, const net::Route& route, const Clock& clock) {
  switch (settings.kind) {
    case ChannelKind::Telegram:
      return open_telegram(settings, route);
    case ChannelKind::Mail:
      return open_mail(settings, route, clock);
    case ChannelKind::Webhook:
    case ChannelKind::Discord:
    case ChannelKind::Slack:
      break;
  }
  return open_webhook(settings, route, clock);
}

std::string rendered(const Message& message) {
  return message.alert == 0 ? fmt::format("{}: {}", name_of(message.severity), message.text)
                            : fmt::format("{} #{}: {}", name_of(message.severity), message.alert, message.text);
}

Sent judged(const net::Response& answer, std::string_view said) {
  const int status = answer.status;
  const std::string line =
      said.empty() ? fmt::format("HTTP {}", status) : fmt::format("HTTP {}: {}", status, said.substr(0, kMostSaid));
  if (status >= 200 && status < 300) return line;
  // These may be mended by who runs the server, or by a new token, and then the message still counts.
  const bool later = status < 400 || status >= 500 || status == 401 || status == 403 || status == 404 ||
                     status == 408 || status == 429;
  const char* hint = status == 401 || status == 403 || status == 404
                         ? "the server does not know this address, token or secret: look at it in the file of alerts"
                         : "see what the server's own page says of it";
  return std::unexpected(Failure{{Errc::Io, line, hint}, !later, retry_after(answer)});
}

}  // namespace stom::alerts
