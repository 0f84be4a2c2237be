#include "exchange/venue_front.hpp"

#include <fmt/format.h>

#include <ctime>
#include <utility>

namespace stom::exchange {
namespace {

using venues::SocketId;
using venues::WireRequest;
using venues::WireResponse;

constexpr DurationNanos kBehindTheFill = 50 * kMillisecond;  // an answer that is to come after a fill
constexpr unsigned kFragments = 3;

/// As HTTP has it: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(UnixNanos time) {
  const std::time_t seconds = time / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  constexpr std::string_view kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                     kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

}  // namespace

VenueFront::VenueFront(std::unique_ptr<venues::VenueServer> server, std::vector<Market> markets,
                       std::vector<venues::Credentials> credentials, const Clock& clock, Faults& faults,
                       FrontWire& wire, std::uint64_t seed, std::size_t remembered)
    : faults_{faults},
      wire_{wire},
      host_{std::move(server), std::move(markets), std::move(credentials), clock, faults, *this, seed, remembered} {
  while (advance()) {
  }  // what has happened by now is past for those who come
}

void VenueFront::on_request(const WireRequest& request, Answer answer) {
  venues::VenueServer& server = host_.server();
  if (faults_.strikes(Fault::Http418)) return answer(dated(server.refusal(418)));
  if (faults_.strikes(Fault::Http429)) return answer(dated(server.refusal(429)));
  if (faults_.strikes(Fault::Maintenance) || faults_.strikes(Fault::Http5xx)) return answer(dated(server.refusal(503)));
  WireResponse response = server.on_request(request);
  const auto unacknowledged = host_.take_unacknowledged();
  if (!response.acknowledges_order) return answer(dated(std::move(response)));
  if (faults_.strikes(Fault::AckLost)) return answer(std::nullopt);
  const DurationNanos delay = faults_.take(Fault::AckDelay) * kMillisecond;
  if (delay == 0 && !unacknowledged) return answer(dated(std::move(response)));
  // A function can be copied and an answer cannot.
  auto waiting = std::make_shared<std::pair<Answer, WireResponse>>(std::move(answer), dated(std::move(response)));
  const auto late = [this, waiting](DurationNanos by) {
    wire_.after(by, [waiting] { waiting->first(std::move(waiting->second)); });
  };
  if (!unacknowledged) return late(delay);
  host_.when_acknowledged(*unacknowledged, [late] { late(kBehindTheFill); });
}

/// With the time at the venue, by which clients set their clocks.
WireResponse VenueFront::dated(WireResponse response) const {
  response.headers.emplace_back("Date", http_date(host_.now()));
  return response;
}

std::optional<WireResponse> VenueFront::on_upgrade(const WireRequest& request) {
  if (faults_.strikes(Fault::Maintenance)) return host_.server().refusal(503);
  return host_.server().on_upgrade(request);
}

void VenueFront::on_open(SocketId socket, const WireRequest& request) {
  open_.insert(socket);
  host_.server().on_open(socket, request);
}

void VenueFront::on_message(SocketId socket, std::string_view text) {
  host_.server().on_message(socket, text);
  host_.take_unacknowledged();
}

void VenueFront::on_close(SocketId socket) {
  if (open_.erase(socket) > 0) host_.server().on_close(socket);
}

void VenueFront::send(SocketId socket, std::string text, bool acknowledges_order) {
  if (!open_.contains(socket)) return;
  if (acknowledges_order) {
    if (const auto order = host_.take_unacknowledged())
      return host_.when_acknowledged(*order, [this, socket, text] { queue(socket, text); });
    if (faults_.strikes(Fault::AckLost, socket)) return wire_.drop(socket);
    if (faults_.strikes(Fault::AckDuplicate, socket)) queue(socket, text);
    if (const std::int64_t delay = faults_.take(Fault::AckDelay, socket); delay > 0)
      return wire_.after(delay * kMillisecond, [this, socket, text] { queue(socket, text); });
  }
  queue(socket, std::move(text));
}

void VenueFront::queue(SocketId socket, std::string text) {
  if (!open_.contains(socket)) return;
  if (faults_.strikes(Fault::Disconnect, socket)) return wire_.drop(socket);
  if (faults_.strikes(Fault::HalfOpen, socket)) return wire_.hold(socket);
  if (faults_.strikes(Fault::FrameTruncate, socket)) text.resize(text.size() / 2);
  wire_.frame(socket, std::move(text), faults_.strikes(Fault::FrameSplit, socket) ? kFragments : 1);
}

void VenueFront::close(SocketId socket, std::uint16_t code, std::string_view reason) {
  wire_.close(socket, code, reason);
}

}  // namespace stom::exchange
