// `stom alert`: whether the channels of a file of alerts work, and what its rules are (docs/alerts.md).
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "alerts/channel.hpp"
#include "alerts/watch_dog.hpp"
#include "alerts_file.hpp"
#include "command.hpp"
#include "core/clock.hpp"

namespace stom {
namespace {

constexpr std::string_view kWatchDogName = "watchdog";  // as its table in the file

struct AlertFlags {
  std::string file, channel;
  bool events = false;
};

std::string window_text(DurationNanos window) { return window == 0 ? "0s" : format_duration(window); }

int run_test(const Session& session, const AlertFlags& flags) {
  const auto file = read_alerts_file(flags.file);
  if (!file) return report_error(session, file.error());
  const SystemClock clock;
  const auto go_on = [] { return !interrupted(); };
  struct Way {
    std::string_view name, kind;
    std::function<alerts::Sent()> test;
  };
  std::vector<Way> ways;
  for (const auto& settings : file->settings.channels)
    ways.push_back({settings.name, name_of(settings.kind), [&, channel = &settings] {
                      const alerts::Message message{0, alerts::Severity::Info, clock.now(), "a test: alerts come here"};
                      return alerts::open_channel(*channel, file->route, clock)->send(message, go_on);
                    }});
  if (const auto& watched = file->settings.watch_dog)
    ways.push_back({kWatchDogName, name_of(watched->kind), [&, dog = &*watched] {
                      return alerts::WatchDogLine{*dog, file->route}.send(alerts::Ping::Test, go_on);
                    }});
  if (!flags.channel.empty() && std::ranges::find(ways, flags.channel, &Way::name) == ways.end()) {
    std::vector<std::string_view> names;
    for (const auto& way : ways) names.push_back(way.name);
    return report_error(session, {Errc::NotFound, fmt::format("{} has no channel {}", flags.file, flags.channel),
                                  fmt::format("it has {}", fmt::join(names, ", "))});
  }
  const auto secrets = file->settings.secrets();
  std::string list;
  bool all = true;
  for (const auto& [name, kind, test] : ways) {
    if (!flags.channel.empty() && name != flags.channel) continue;
    const auto sent = test();
    if (interrupted()) return kInterrupted;
    all &= sent.has_value();
    const std::string said = alerts::masked(sent ? *sent : sent.error().why.message, secrets);
    if (session.json) {
      list += fmt::format("{}{{\"channel\":{},\"kind\":{},\"delivered\":{},\"answer\":{}}}", list.empty() ? "" : ",",
                          json_string(name), json_string(kind), sent.has_value(), json_string(said));
    } else {
      fmt::print("{} ({}): {}: {}\n", name, kind, sent ? "delivered" : "not delivered", said);
      if (!sent && !sent.error().why.hint.empty()) fmt::print("  hint: {}\n", sent.error().why.hint);
    }
  }
  if (session.json) fmt::print("{{\"channels\":[{}]}}\n", list);
  return all ? kOk : kFailed;
}

int list_events(const Session& session) {
  std::string list;
  for (const auto& about : alerts::event_kinds()) {
    if (session.json)
      list += fmt::format("{}{{\"event\":{},\"severity\":{},\"window\":{},\"what\":{}}}", list.empty() ? "" : ",",
                          json_string(about.name), json_string(name_of(about.severity)),
                          json_string(window_text(about.window)), json_string(about.what));
    else
      fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\t{}\n" : "{:<17} {:<9} {:<4} {}\n"), about.name,
                 name_of(about.severity), window_text(about.window), about.what);
  }
  if (session.json) fmt::print("{{\"events\":[{}]}}\n", list);
  return kOk;
}

int run_rules(const Session& session, const AlertFlags& flags) {
  if (flags.events) return list_events(session);
  if (flags.file.empty())
    return report_error(session,
                        {Errc::Usage, "no file named", "--config FILE; --events lists what rules can look at"});
  const auto file = read_alerts_file(flags.file);
  if (!file) return report_error(session, file.error());
  const auto& settings = file->settings;
  std::string list;
  if (session.plain && !session.json) fmt::print("event\tof\tseverity\twindow\tchannels\n");
  for (const auto& rule : settings.rules) {
    std::vector<std::string> names;
    for (const auto channel : rule.channels)
      names.push_back(session.json ? json_string(settings.channels[channel].name) : settings.channels[channel].name);
    const std::string channels = fmt::format("{}", fmt::join(names, ","));
    if (session.json) {
      list += fmt::format("{}{{\"event\":{},\"of\":{},\"severity\":{},\"window\":{},\"channels\":[{}]}}",
                          list.empty() ? "" : ",", json_string(name_of(rule.event)), json_string(rule.subject),
                          json_string(name_of(rule.severity)), json_string(window_text(rule.window)), channels);
      continue;
    }
    std::string to = channels;
    if (!session.plain && rule.escalate_after != kNever)
      to +=
          fmt::format(", after {} {}", format_duration(rule.escalate_after), settings.channels[rule.escalate_to].name);
    fmt::print(fmt::runtime(session.plain ? "{}\t{}\t{}\t{}\t{}\n" : "{:<17} {:<22} {:<9} {:<5} {}\n"),
               name_of(rule.event), rule.subject.empty() ? "all" : rule.subject, name_of(rule.severity),
               window_text(rule.window), to);
  }
  if (session.json) fmt::print("{{\"rules\":[{}]}}\n", list);
  say(session,
      fmt::format("{} rules, {} channels{}: the file can be used", settings.rules.size(), settings.channels.size(),
                  settings.watch_dog
                      ? fmt::format(", a watch-dog that is pinged every {}", format_duration(settings.watch_dog->every))
                      : ""));
  return kOk;
}

}  // namespace

void add_alert_command(CLI::App& app, Session& session) {
  auto* alert = app.add_subcommand("alert", "Messages to people: channels and rules");
  examples(*alert, {"stom alert rules --config alerts.toml", "stom alert test --config alerts.toml",
                    "stom alert rules --events"});
  auto f = std::make_shared<AlertFlags>();
  auto* test = alert->add_subcommand("test", "Send a test message and say what the server answered");
  test->add_option("--config", f->file, "channels and rules, a file of mode 0600 (docs/alerts.md)")->required();
  test->add_option("--channel", f->channel, "only this one; watchdog: that");
  examples(*test,
           {"stom alert test --config alerts.toml", "stom alert test --config alerts.toml --channel phone --json"});
  test->callback([&session, f] { session.status = run_test(session, *f); });
  auto* rules = alert->add_subcommand("rules", "Check a file of alerts and list its rules");
  rules->add_option("--config", f->file, "channels and rules, a file of mode 0600 (docs/alerts.md)");
  rules->add_flag("--events", f->events, "list what rules can look at instead");
  examples(*rules, {"stom alert rules --config alerts.toml", "stom alert rules --config alerts.toml --json",
                    "stom alert rules --events"});
  rules->callback([&session, f] { session.status = run_rules(session, *f); });
}

}  // namespace stom
