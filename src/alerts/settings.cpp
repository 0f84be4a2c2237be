#include "alerts/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "core/encoding.hpp"
#include "core/toml.hpp"

namespace stom::alerts {
namespace {

constexpr std::size_t kMostChannels = 16, kMostRules = 1000, kMostAddresses = 50;
constexpr std::array<std::string_view, 3> kSeverities{"info", "warning", "critical"};
constexpr std::array<std::string_view, 5> kChannels{"telegram", "smtp", "webhook", "discord", "slack"};
constexpr std::array<std::string_view, 2> kWatchDogs{"url", "healthchecks"};

template <std::size_t N>
std::optional<std::size_t> index_in(const std::array<std::string_view, N>& names, std::string_view name) {
  const auto at = std::ranges::find(names, name);
  if (at == names.end()) return {};
  return static_cast<std::size_t>(at - names.begin());
}

bool plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

/// One table of the file, read key by key; what nobody asked for is refused, so that a slip is not a silent rule.
class Table {
 public:
  Table(const toml::table& table, std::string where, std::string_view file)
      : table_{table}, where_{std::move(where)}, file_{file} {}

  std::unexpected<Error> wrong(std::string_view key, std::string_view why, std::string hint) const {
    const auto* node = table_.get(key);
    const auto line = node != nullptr ? node->source().begin.line : table_.source().begin.line;
    return fail(Errc::Usage, fmt::format("{}: line {}: {}: {} {}", file_, line, where_, key, why), std::move(hint));
  }
  bool has(std::string_view key) const { return table_.contains(key); }

  Result<std::string> text(std::string_view key, std::string_view hint, bool needed = false) const {
    const auto* node = table_.get(key);
    if (node == nullptr) {
      if (needed) return wrong(key, "is missing", std::string{hint});
      return std::string{};
    }
    const auto value = node->value_exact<std::string>();
    if (!value || value->empty() || !plain(*value)) return wrong(key, "is no line of text", std::string{hint});
    return *value;
  }
  Result<std::vector<std::string>> texts(std::string_view key, std::string_view hint) const {
    const auto* list = table_.get_as<toml::array>(key);
    if (list == nullptr || list->empty() || list->size() > kMostAddresses)
      return wrong(key, "is no list of texts", std::string{hint});
    std::vector<std::string> all;
    for (const auto& node : *list) {
      auto value = node.value_exact<std::string>();
      if (!value || value->empty() || !plain(*value)) return wrong(key, "is no list of texts", std::string{hint});
      all.push_back(std::move(*value));
    }
    return all;
  }
  Result<DurationNanos> duration(std::string_view key, DurationNanos otherwise) const {
    if (!has(key)) return otherwise;
    const auto written = text(key, "for example \"5m\"");
    if (!written) return std::unexpected(written.error());
    const auto parsed = parse_duration(*written);
    if (!parsed || *parsed < 0 || *parsed > 7 * kDay)
      return wrong(key, fmt::format("\"{}\" is no time from 0s to 7d", *written), "for example \"5m\"");
    return *parsed;
  }
  Result<std::optional<Decimal>> number(std::string_view key) const {
    if (!has(key)) return std::optional<Decimal>{};
    const auto written = text(key, "in quotes, so that it is exact: \"61800.5\"");
    if (!written) return std::unexpected(written.error());
    const auto parsed = parse_number(*written);
    if (!parsed) return wrong(key, "is no number", parsed.error().hint);
    return std::optional{*parsed};
  }
  Result<void> nothing_but(std::initializer_list<std::string_view> known) const {
    for (const auto& [key, node] : table_) {
      if (std::ranges::find(known, key.str()) != known.end()) continue;
      return wrong(key.str(), "means nothing here", fmt::format("known: {}", fmt::join(known, ", ")));
    }
    return {};
  }
  const toml::table& raw() const { return table_; }

 private:
  const toml::table& table_;
  std::string where_;
  std::string_view file_;
};

Result<net::Url> server_of(const Table& table, std::string_view key, std::string_view hint, std::string otherwise) {
  auto written = table.text(key, hint, otherwise.empty());
  if (!written) return std::unexpected(written.error());
  if (written->empty()) *written = std::move(otherwise);
  // Mail over TLS is the same bytes to connect with; only its scheme is another.
  std::string address = *written;
  if (address.starts_with("smtps://")) address.replace(0, 8, "https://");
  auto url = net::parse_url(address);
  if (!url)  // the address may be a key
    return table.wrong(key, "is no address that can be reached: " + masked(url.error().message, {address}),
                       std::string{hint});
  return *url;
}

Result<void> read_telegram(const Table& table, ChannelSettings& channel) {
  if (auto known = table.nothing_but({"kind", "token", "chats", "commands", "server"}); !known) return known;
  auto token = table.text("token", "the line that @BotFather gave: token = \"123456:ABC-…\"", true);
  if (!token) return std::unexpected(token.error());
  const bool spelled = std::ranges::all_of(*token, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ':' || c == '_' ||
           c == '-';
  });
  if (!spelled) return table.wrong("token", "is no token of a bot", "digits, a colon, letters: as @BotFather wrote it");
  channel.secret = std::move(*token);
  const auto* chats = table.raw().get_as<toml::array>("chats");
  if (chats == nullptr || chats->empty() || chats->size() > kMostAddresses)
    return table.wrong("chats", "is no list of chats", "the ids of the chats that may be told: chats = [123456789]");
  for (const auto& node : *chats) {
    const auto id = node.value_exact<std::int64_t>();
    if (!id) return table.wrong("chats", "has something that is no chat's id", "whole numbers: chats = [123456789]");
    channel.chats.push_back(*id);
  }
  if (table.has("commands")) {
    const auto commands = table.raw().get("commands")->value_exact<bool>();
    if (!commands)
      return table.wrong("commands", "is not true or false", "commands = true: the chats may ask and stop");
    channel.commands = *commands;
  }
  auto server = server_of(table, "server", "left out: https://api.telegram.org", "https://api.telegram.org");
  if (!server) return std::unexpected(server.error());
  channel.server = std::move(*server);
  return {};
}

Result<void> read_mail(const Table& table, ChannelSettings& channel) {
  if (auto known = table.nothing_but({"kind", "server", "user", "password", "from", "to"}); !known) return known;
  const std::string_view hint = "the server's port for TLS: server = \"smtps://mail.example.org:465\"";
  auto server = server_of(table, "server", hint, "");
  if (!server) return std::unexpected(server.error());
  if (const auto written = table.text("server", hint, true); !written->starts_with("smtps://"))
    return table.wrong("server", "is not encrypted from the first byte", std::string{hint});
  if (const auto written = table.text("server", hint); written->find(':', 8) == std::string::npos) server->port = 465;
  channel.server = std::move(*server);
  for (const auto& [key, into] : {std::pair{"user", &channel.user}, std::pair{"password", &channel.secret}}) {
    auto value = table.text(key, "leave out both user and password where the server asks for none");
    if (!value) return std::unexpected(value.error());
    *into = std::move(*value);
  }
  if (channel.user.empty() != channel.secret.empty())
    return table.wrong(channel.user.empty() ? "user" : "password", "is missing", "both, or none of the two");
  auto from = table.text("from", "who sends: from = \"stom@example.org\"", true);
  if (!from) return std::unexpected(from.error());
  auto to = table.texts("to", "who reads: to = [\"me@example.org\"]");
  if (!to) return std::unexpected(to.error());
  channel.from = std::move(*from);
  channel.to = std::move(*to);
  std::vector<std::string> all = channel.to;
  all.push_back(channel.from);
  for (const std::string& address : all)
    if (address.find('@') == std::string::npos || address.find_first_of("<> ,;\"") != std::string::npos ||
        std::ranges::any_of(address, [](char c) { return static_cast<unsigned char>(c) > 126; }))
      return table.wrong(address == channel.from ? "from" : "to", fmt::format("has \"{}\", no address", address),
                         "as me@example.org, without a name");
  return {};
}

Result<void> read_hook(const Table& table, ChannelSettings& channel) {
  const bool signs = channel.kind == ChannelKind::Webhook;
  auto known = signs ? table.nothing_but({"kind", "url", "secret"}) : table.nothing_but({"kind", "url"});
  if (!known) return known;
  auto url = server_of(table, "url", "where it is sent to: url = \"https://example.org/stom\"", "");
  if (!url) return std::unexpected(url.error());
  channel.server = std::move(*url);
  if (!signs) return {};
  auto secret = table.text("secret", "what signs each message; make one with: openssl rand -hex 32", true);
  if (!secret) return std::unexpected(secret.error());
  channel.secret = std::move(*secret);
  return {};
}

Result<ChannelSettings> read_channel(const toml::table& raw, std::string name, std::string_view file) {
  const Table table{raw, fmt::format("channels.{}", name), file};
  const std::string hint = fmt::format("one of {}", fmt::join(kChannels, ", "));
  const auto kind = table.text("kind", hint, true);
  if (!kind) return std::unexpected(kind.error());
  const auto index = index_in(kChannels, *kind);
  if (!index) return table.wrong("kind", fmt::format("\"{}\" is no kind of channel", *kind), hint);
  ChannelSettings channel{.name = std::move(name), .kind = static_cast<ChannelKind>(*index)};
  const auto read = channel.kind == ChannelKind::Telegram ? read_telegram
                    : channel.kind == ChannelKind::Mail   ? read_mail
                                                          : read_hook;
  if (auto done = read(table, channel); !done) return std::unexpected(done.error());
  return channel;
}

Result<std::size_t> channel_named(const Table& table, std::string_view key, std::string_view name,
                                  const std::vector<ChannelSettings>& channels) {
  const auto at = std::ranges::find(channels, name, &ChannelSettings::name);
  if (at != channels.end()) return static_cast<std::size_t>(at - channels.begin());
  std::vector<std::string_view> known;
  for (const auto& channel : channels) known.push_back(channel.name);
  return table.wrong(key, fmt::format("names \"{}\", which is no channel", name),
                     fmt::format("the file has: {}", fmt::join(known, ", ")));
}

Result<Rule> read_rule(const toml::table& raw, std::size_t number, const std::vector<ChannelSettings>& channels,
                       std::string_view file) {
  const Table table{raw, fmt::format("rule {}", number), file};
  if (auto known = table.nothing_but({"event", "of", "contains", "above", "below", "severity", "channels", "window",
                                      "escalate_after", "escalate_to"});
      !known)
    return std::unexpected(known.error());
  const auto event = table.text("event", "stom alert rules --events lists what a rule can look at", true);
  if (!event) return std::unexpected(event.error());
  const auto about = std::ranges::find(event_kinds(), *event, &EventAbout::name);
  if (about == event_kinds().end()) {
    std::vector<std::string_view> names;
    for (const auto& one : event_kinds()) names.push_back(one.name);
    return table.wrong("event", fmt::format("\"{}\" is nothing that can be looked at", *event),
                       fmt::format("one of {}", fmt::join(names, ", ")));
  }
  Rule rule{.event = about->kind, .severity = about->severity};
  for (const auto& [key, into] : {std::pair{"of", &rule.subject}, std::pair{"contains", &rule.contains}}) {
    auto value = table.text(key, "of = \"binance:BTCUSDT\"; contains = \"a part of what it says\"");
    if (!value) return std::unexpected(value.error());
    *into = std::move(*value);
  }
  for (const auto& [key, into] : {std::pair{"above", &rule.above}, std::pair{"below", &rule.below}}) {
    auto value = table.number(key);
    if (!value) return std::unexpected(value.error());
    *into = *value;
  }
  const bool number_wanted = rule.event == EventKind::Price || rule.event == EventKind::Profit;
  if (number_wanted != (rule.above || rule.below))
    return table.wrong(number_wanted ? "above"
                       : rule.above  ? "above"
                                     : "below",
                       number_wanted ? "is missing" : fmt::format("is for price and profit, not for {}", *event),
                       number_wanted ? "a number in quotes: above = \"70000\", or below" : "leave it out");
  if (rule.event == EventKind::Price && rule.subject.empty())
    return table.wrong("of", "is missing", "whose price: of = \"binance:BTCUSDT\"");
  if (table.has("severity")) {
    const std::string hint = fmt::format("one of {}", fmt::join(kSeverities, ", "));
    const auto severity = table.text("severity", hint);
    if (!severity) return std::unexpected(severity.error());
    const auto index = index_in(kSeverities, *severity);
    if (!index) return table.wrong("severity", fmt::format("\"{}\" is none", *severity), hint);
    rule.severity = static_cast<Severity>(*index);
  }
  const auto names = table.texts("channels", "where it is told: channels = [\"phone\"]");
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    const auto channel = channel_named(table, "channels", name, channels);
    if (!channel) return std::unexpected(channel.error());
    if (std::ranges::find(rule.channels, *channel) == rule.channels.end()) rule.channels.push_back(*channel);
  }
  const auto window = table.duration("window", about->window);
  if (!window) return std::unexpected(window.error());
  rule.window = *window;
  const auto after = table.duration("escalate_after", kNever);
  if (!after) return std::unexpected(after.error());
  rule.escalate_after = *after;
  if ((rule.escalate_after == kNever) == table.has("escalate_to"))
    return table.wrong(table.has("escalate_to") ? "escalate_after" : "escalate_to", "is missing",
                       "both: escalate_after = \"10m\" and escalate_to = \"mail\"");
  if (!table.has("escalate_to")) return rule;
  const auto next = table.text("escalate_to", "the name of a channel");
  if (!next) return std::unexpected(next.error());
  const auto channel = channel_named(table, "escalate_to", *next, channels);
  if (!channel) return std::unexpected(channel.error());
  // Only a chat can say that it has seen an alert.
  if (std::ranges::none_of(rule.channels, [&](std::size_t c) { return channels[c].commands; }))
    return table.wrong("escalate_after", "waits for a word that nobody can give",
                       "name a telegram channel with commands = true among channels");
  rule.escalate_to = *channel;
  return rule;
}

Result<DurationNanos> time_of_day(const Table& table, std::string_view key) {
  const auto written = table.text(key, "as \"23:00\"", true);
  if (!written) return std::unexpected(written.error());
  const auto at = parse_time("1970-01-01 " + *written);
  if (!at || written->size() != 5 || *at < 0 || *at >= kDay)
    return table.wrong(key, fmt::format("\"{}\" is no time of the day", *written), "as \"23:00\"");
  return *at;
}

Result<QuietHours> read_quiet(const toml::table& raw, std::string_view file) {
  const Table table{raw, "quiet", file};
  if (auto known = table.nothing_but({"from", "to", "zone"}); !known) return std::unexpected(known.error());
  const auto from = time_of_day(table, "from");
  if (!from) return std::unexpected(from.error());
  const auto to = time_of_day(table, "to");
  if (!to) return std::unexpected(to.error());
  if (*from == *to) return table.wrong("to", "is the same as from", "leave [quiet] out where it is never quiet");
  const std::string hint = "its offset from UTC: zone = \"+09:00\"";
  const auto zone = table.text("zone", hint, true);
  if (!zone) return std::unexpected(zone.error());
  const auto midnight = parse_time("1970-01-01 00:00" + *zone);
  if (!midnight || zone->size() != 6 || *midnight < -kDay || *midnight > kDay)
    return table.wrong("zone", fmt::format("\"{}\" is no offset", *zone), hint);
  return QuietHours{*from, *to, -*midnight};
}

Result<WatchDogSettings> read_watch_dog(const toml::table& raw, std::string_view file) {
  const Table table{raw, "watchdog", file};
  if (auto known = table.nothing_but({"kind", "url", "every"}); !known) return std::unexpected(known.error());
  const std::string hint = fmt::format("one of {}", fmt::join(kWatchDogs, ", "));
  const auto kind = table.text("kind", hint, true);
  if (!kind) return std::unexpected(kind.error());
  const auto index = index_in(kWatchDogs, *kind);
  if (!index) return table.wrong("kind", fmt::format("\"{}\" is no kind of watch-dog", *kind), hint);
  const std::string_view address = "the address that the service gave: url = \"https://hc-ping.com/…\"";
  auto url = server_of(table, "url", address, "");
  if (!url) return std::unexpected(url.error());
  WatchDogSettings dog{.kind = static_cast<WatchDogKind>(*index), .url = std::move(*url)};
  if (dog.url.target == "/") return table.wrong("url", "has nothing behind its host", std::string{address});
  // healthchecks.io takes no more than five in a minute.
  const DurationNanos least = dog.kind == WatchDogKind::Healthchecks ? 15 * kSecond : kSecond;
  const auto every = table.duration("every", dog.every);
  if (!every) return std::unexpected(every.error());
  if (*every < least || *every > kDay)
    return table.wrong("every", fmt::format("is no time from {} to 1d", format_duration(least)),
                       "for example \"1m\"; the service waits longer than that before it tells anybody");
  dog.every = *every;
  return dog;
}

}  // namespace

std::string_view name_of(Severity severity) { return kSeverities[static_cast<std::size_t>(severity)]; }
std::string_view name_of(ChannelKind kind) { return kChannels[static_cast<std::size_t>(kind)]; }
std::string_view name_of(WatchDogKind kind) { return kWatchDogs[static_cast<std::size_t>(kind)]; }
std::string_view name_of(EventKind kind) { return event_kinds()[static_cast<std::size_t>(kind)].name; }

const std::array<EventAbout, kEventKinds>& event_kinds() {
  using enum EventKind;
  using enum Severity;
  static constexpr std::array<EventAbout, kEventKinds> kinds{{
      {Price, "price", Info, kMinute, "the last price of an instrument crosses above or below"},
      {Profit, "profit", Warning, kMinute, "the session's profit, in its currency, crosses above or below"},
      {Fill, "fill", Info, 0, "an order of ours was filled, whole or in part"},
      {OrderRejected, "order.rejected", Warning, kMinute, "the venue refused an order"},
      {OrderUnknown, "order.unknown", Critical, 0,
       "orders whose answer did not come: nobody knows what became of them"},
      {ConnectionLost, "connection.lost", Warning, kMinute, "a venue cannot be reached"},
      {ConnectionBack, "connection.back", Info, kMinute, "it can again"},
      {BookStale, "book.stale", Warning, kMinute, "books of a venue are not to be believed"},
      {BookBack, "book.back", Info, kMinute, "they are again"},
      {RiskTripped, "risk.tripped", Critical, 0, "a breaker tripped, or the kill switch was pulled, by whomever"},
      {SessionWaits, "session.waits", Critical, 0,
       "trading waits for you: what the venue holds differs from what the session believes"},
      {SessionStarted, "session.started", Info, 0, "all books are there, the strategy trades"},
      {SessionEnded, "session.ended", Info, 0, "it ended as it should"},
      {SessionFailed, "session.failed", Critical, 0, "it ended with an error"},
      {Log, "log", Info, kMinute,
       "a line of the session's log, for what has no event of its own: a slow disk, a refusal"},
  }};
  return kinds;
}

Result<Decimal> parse_number(std::string_view text) {
  const int decimals = decimals_of(text);
  const auto point = text.find('.');
  const auto whole = parse_decimal(text.substr(0, point), 0);
  if (decimals < 0 || decimals > kMaxDecimals || !whole)
    return fail(Errc::BadData, fmt::format("{} is no number", text), "in quotes, plain: \"61800.5\"");
  Int128 mantissa = Int128{*whole} * power_of_ten(decimals);
  const bool negative = text.starts_with('-');  // "-0.5", too
  for (int i = 0; i < decimals; ++i) {
    const Int128 digit = text[point + 1 + static_cast<std::size_t>(i)] - '0';
    mantissa += (negative ? -digit : digit) * power_of_ten(decimals - 1 - i);
  }
  return Decimal{mantissa, decimals};
}

/// Whole numbers first, so that nothing is too large for the rest.
int compare(const Decimal& a, const Decimal& b) {
  const auto order = [](Int128 left, Int128 right) { return left < right ? -1 : left > right ? 1 : 0; };
  const Int128 of_a = power_of_ten(a.decimals), of_b = power_of_ten(b.decimals);
  if (const int whole = order(a.mantissa / of_a, b.mantissa / of_b); whole != 0) return whole;
  return order(a.mantissa % of_a * power_of_ten(kMaxDecimals - a.decimals),
               b.mantissa % of_b * power_of_ten(kMaxDecimals - b.decimals));
}

UnixNanos QuietHours::until(UnixNanos now) const {
  const UnixNanos there = now + offset;
  const UnixNanos midnight = start_of_day(day_of(there));
  const DurationNanos time = there - midnight;
  const bool quiet = from < to ? time >= from && time < to : time >= from || time < to;
  if (!quiet) return kNoTime;
  return midnight + to + (time >= to ? kDay : 0) - offset;
}

std::vector<std::string> Settings::secrets() const {
  std::vector<std::string> all;
  for (const auto& channel : channels) {
    if (!channel.secret.empty()) all.push_back(channel.secret);
    if (channel.kind == ChannelKind::Mail && !channel.secret.empty()) {  // as it is sent, which a server may repeat
      const std::string nul(1, '\0');
      all.push_back(base64(channel.secret));
      all.push_back(base64(nul + channel.user + nul + channel.secret));
    }
    if (channel.kind == ChannelKind::Discord || channel.kind == ChannelKind::Slack)
      all.push_back(channel.server.target);
  }
  if (watch_dog) all.push_back(watch_dog->url.target);
  return all;
}

std::string masked(std::string text, const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.size() < 2) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3))
      text.replace(at, secret.size(), "***");
  }
  return text;
}

Result<Settings> parse_settings(std::string_view text, std::string_view file) {
  auto root = parse_toml(text, file, "docs/alerts.md shows a file");
  if (!root) return std::unexpected(root.error());
  const Table top{*root, "the file", file};
  if (auto known = top.nothing_but({"ca", "quiet", "watchdog", "channels", "rules"}); !known)
    return std::unexpected(known.error());
  Settings settings;
  auto authority = top.text("ca", "a file of a certificate to trust besides the system's");
  if (!authority) return std::unexpected(authority.error());
  settings.authority = std::move(*authority);
  const auto* channels = root->get_as<toml::table>("channels");
  if (channels == nullptr || channels->empty())
    return top.wrong("channels", "is missing", "[channels.phone], with kind, token and chats; docs/alerts.md");
  if (channels->size() > kMostChannels)
    return top.wrong("channels", fmt::format("are more than {}", kMostChannels), "leave some out");
  for (const auto& [name, node] : *channels) {
    if (!node.is_table()) return top.wrong("channels", "has something that is no table", "[channels.phone]");
    auto channel = read_channel(*node.as_table(), std::string{name.str()}, file);
    if (!channel) return std::unexpected(channel.error());
    settings.channels.push_back(std::move(*channel));
  }
  if (const auto* node = root->get("rules"); node != nullptr) {
    const auto* rules = node->as_array();
    if (rules == nullptr || rules->size() > kMostRules)
      return top.wrong("rules", fmt::format("are no list of at most {}", kMostRules), "[[rules]] before each");
    for (std::size_t i = 0; i < rules->size(); ++i) {
      const auto* raw = rules->get(i)->as_table();
      if (raw == nullptr) return top.wrong("rules", "has something that is no rule", "[[rules]] before each");
      auto rule = read_rule(*raw, i + 1, settings.channels, file);
      if (!rule) return std::unexpected(rule.error());
      settings.rules.push_back(std::move(*rule));
    }
  }
  if (const auto* node = root->get("quiet"); node != nullptr) {
    if (!node->is_table()) return top.wrong("quiet", "is no table", "[quiet], with from, to and zone");
    const auto quiet = read_quiet(*node->as_table(), file);
    if (!quiet) return std::unexpected(quiet.error());
    settings.quiet = *quiet;
  }
  if (const auto* node = root->get("watchdog"); node != nullptr) {
    if (!node->is_table()) return top.wrong("watchdog", "is no table", "[watchdog], with kind, url and every");
    auto dog = read_watch_dog(*node->as_table(), file);
    if (!dog) return std::unexpected(dog.error());
    settings.watch_dog = std::move(*dog);
  }
  return settings;
}

}  // namespace stom::alerts
