// Who is told of what, as one TOML file says it (docs/alerts.md): channels, with their secrets, and rules over events.
// A rule is data: what it looks at, how loud it is, where it goes, how often, and to whom when nobody acknowledges it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decimal.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "net/address.hpp"

namespace stom::alerts {

enum class Severity : std::uint8_t { Info, Warning, Critical };
std::string_view name_of(Severity severity);

enum class EventKind : std::uint8_t {
  Price,           // of an instrument, as a number
  Profit,          // of the session, in its currency, as a number
  Fill,            // of an order of ours
  OrderRejected,   // by the venue, or denied by us
  OrderUnknown,    // an order whose answer did not come
  ConnectionLost,  // of a venue
  ConnectionBack,
  BookStale,  // of a venue
  BookBack,
  RiskTripped,   // a breaker, or the kill switch
  SessionWaits,  // for a person
  SessionStarted,
  SessionEnded,
  SessionFailed,
  Log,  // a line of the session's log
};
struct EventAbout {
  EventKind kind;
  std::string_view name;  // as a rule writes it
  Severity severity;      // where the rule says none
  DurationNanos window;   // the same again within it is counted and not told; where the rule says none
  std::string_view what;
};
inline constexpr std::size_t kEventKinds = 15;
const std::array<EventAbout, kEventKinds>& event_kinds();  // in the order of EventKind
std::string_view name_of(EventKind kind);

/// A number with its decimals, so that it is compared exactly: as much money as a session can tell, which has 18.
struct Decimal {
  Int128 mantissa = 0;
  int decimals = 0;
};
Result<Decimal> parse_number(std::string_view text);
/// Negative, 0, positive: a is below, equal to, above b.
int compare(const Decimal& a, const Decimal& b);

enum class ChannelKind : std::uint8_t { Telegram, Mail, Webhook, Discord, Slack };
std::string_view name_of(ChannelKind kind);

struct ChannelSettings {
  std::string name;
  ChannelKind kind = ChannelKind::Webhook;
  net::Url server;     // Telegram's API, the mail server, or all of the webhook's address
  std::string secret;  // Telegram's token, the password, or the key that signs
  // Telegram
  std::vector<std::int64_t> chats;  // told of alerts; nobody else is answered
  bool commands = false;
  // Mail
  std::string user, from;
  std::vector<std::string> to;
};

struct Rule {
  EventKind event = EventKind::Log;
  std::string subject;                  // an instrument or a venue; empty: all
  std::string contains;                 // part of the event's words; empty: all
  std::optional<Decimal> above, below;  // told when it is crossed, and anew once it was back
  Severity severity = Severity::Info;
  std::vector<std::size_t> channels;
  DurationNanos window = 0;
  DurationNanos escalate_after = kNever;  // not acknowledged by then: told on escalate_to
  std::size_t escalate_to = 0;
};

/// A part of each day in which only what is critical is told; the rest waits for its end.
struct QuietHours {
  DurationNanos from = 0, to = 0;  // of the day there; from > to goes over midnight
  DurationNanos offset = 0;        // of the zone from UTC
  /// kNoTime: it is not quiet; else the end of the quiet.
  UnixNanos until(UnixNanos now) const;
};

/// A service that tells somebody once it hears nothing any more (watch_dog.hpp). Url: the address is asked for, and
/// that is all. Healthchecks: what healthchecks.io has behind a check's address is asked for, too.
enum class WatchDogKind : std::uint8_t { Url, Healthchecks };
std::string_view name_of(WatchDogKind kind);

struct WatchDogSettings {
  WatchDogKind kind = WatchDogKind::Url;
  net::Url url;  // its path is a key
  DurationNanos every = kMinute;
};

struct Settings {
  std::filesystem::path authority;  // trusted besides the system's certificates
  std::vector<ChannelSettings> channels;
  std::vector<Rule> rules;
  std::optional<QuietHours> quiet;
  std::optional<WatchDogSettings> watch_dog;

  /// What must never be seen: tokens, passwords, keys, and the paths of Discord, Slack and the watch-dog, which are
  /// keys.
  std::vector<std::string> secrets() const;
};

/// `file`: its name, for errors, which say the line.
Result<Settings> parse_settings(std::string_view text, std::string_view file);

/// `text` without any of `secrets`: each is "***".
std::string masked(std::string text, const std::vector<std::string>& secrets);

}  // namespace stom::alerts
