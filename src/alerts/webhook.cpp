// A message as JSON to an address: signed, for programs of one's own; and as Discord and Slack want it.
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "alerts/channel.hpp"
#include "core/encoding.hpp"
#include "core/hash.hpp"

namespace stom::alerts {
namespace {

using Json = nlohmann::ordered_json;

/// Slack reads these as its own marks.
std::string without_marks(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
  return out;
}

/// Discord makes links of "[words](address)", and so could whoever has a word in a message.
std::string without_links(std::string text) {
  for (std::size_t at = 0; (at = text.find("](", at)) != text.npos; at += 3) text.insert(at + 1, 1, '\\');
  return text;
}

Json body_of(ChannelKind kind, const Message& message) {
  if (kind == ChannelKind::Discord)  // a text that names somebody does not call them
    return {{"content", without_links(rendered(message))}, {"allowed_mentions", {{"parse", Json::array()}}}};
  if (kind == ChannelKind::Slack) return {{"text", without_marks(rendered(message))}};
  return {{"alert", message.alert},
          {"severity", name_of(message.severity)},
          {"time", format_time(message.time)},
          {"text", message.text}};
}

class Webhook final : public Channel {
 public:
  Webhook(const ChannelSettings& settings, const net::Route& route, const Clock& clock)
      : settings_{settings}, clock_{clock}, fetcher_{route, settings.server} {}

  Sent send(const Message& message, const std::function<bool()>& go_on) override {
    const std::string body = body_of(settings_.kind, message).dump(-1, ' ', false, Json::error_handler_t::replace);
    std::vector<net::Header> headers{{"Content-Type", "application/json"}};
    if (settings_.kind == ChannelKind::Webhook) {
      const std::string seconds = fmt::to_string(clock_.now() / kSecond);
      headers.push_back({"X-Stom-Timestamp", seconds});
      headers.push_back({"X-Stom-Signature", "sha256=" + signature(settings_.secret, seconds, body)});
    }
    const auto answer =
        fetcher_.send({.method = "POST", .target = settings_.server.target, .headers = headers, .body = body}, go_on);
    if (!answer) return std::unexpected(Failure{answer.error()});
    return judged(*answer, "");
  }

 private:
  const ChannelSettings settings_;
  const Clock& clock_;
  net::Fetcher fetcher_;
};

}  // namespace

std::string signature(std::string_view secret, std::string_view seconds, std::string_view body) {
  return hex(hmac_sha256(secret, fmt::format("{}.{}", seconds, body)));
}

std::unique_ptr<Channel> open_webhook(const ChannelSettings& settings, const net::Route& route, const Clock& clock) {
  return std::make_unique<Webhook>(settings, route, clock);
}

}  // namespace stom::alerts
