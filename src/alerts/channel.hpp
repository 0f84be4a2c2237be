// The way of a message to people: one server, asked and waited for. Each channel has a thread of its own
// (post_office.hpp), so that waiting holds up nobody else.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "alerts/desk.hpp"
#include "alerts/settings.hpp"
#include "core/clock.hpp"
#include "net/fetcher.hpp"
#include "net/http.hpp"
#include "net/stream.hpp"

namespace stom::alerts {

/// What the server answered, a line for people.
using Sent = std::expected<std::string, Failure>;

class Channel {
 public:
  virtual ~Channel() = default;
  /// A message that failed and is not refused for good is handed in again before any other. `go_on` as Fetcher asks it.
  virtual Sent send(const Message& message, const std::function<bool()>& go_on) = 0;
};

std::unique_ptr<Channel> open_channel(const ChannelSettings& settings, const net::Route& route, const Clock& clock);
std::unique_ptr<Channel> open_telegram(const ChannelSettings& settings, const net::Route& route);
std::unique_ptr<Channel> open_mail(const ChannelSettings& settings, const net::Route& route, const Clock& clock);
std::unique_ptr<Channel> open_webhook(const ChannelSettings& settings, const net::Route& route, const Clock& clock);

/// As people read it: "critical #12: order.unknown: ...".
std::string rendered(const Message& message);
/// An answer over HTTP: arrived, to be tried again, or refused for good. `said`: the server's own words, may be empty.
Sent judged(const net::Response& answer, std::string_view said);
/// HMAC-SHA256 in hexadecimal digits, of the time, a point and the body: what a receiver computes to believe it.
std::string signature(std::string_view secret, std::string_view seconds, std::string_view body);

}  // namespace stom::alerts
