#include "session_alerts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/engine_port.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
using Kind = alerts::EventKind;  // stom has a Price and a Fill too

constexpr DurationNanos kLookEvery = kSecond;
constexpr std::chrono::seconds kLastDeliveries{10};
constexpr std::string_view kTrades = "all books are there, the strategy trades";
constexpr std::string_view kOurs = "alerts: ";  // begins a line of the log that is about alerts
constexpr std::int64_t kMostSilentMs = 5'000;   // the thread of the sockets comes round ten times a second
/// Lines of the log that are events of their own, by how they begin. What a venue says begins with its name.
constexpr std::array<std::pair<std::string_view, Kind>, 3> kOfTheirOwn{
    {{"trip ", Kind::RiskTripped}, {"kill switch: ", Kind::RiskTripped}, {"trading waits: ", Kind::SessionWaits}}};

bool has_price_rule(const alerts::Settings& settings) {
  return std::ranges::any_of(settings.rules, [](const alerts::Rule& rule) { return rule.event == Kind::Price; });
}

/// Those rules of a file that find what no line of the log says. They are told to one channel, the page, which is never
/// quiet.
std::optional<alerts::Desk> number_rules(const std::optional<AlertsFile>& file) {
  if (!file) return std::nullopt;
  alerts::Settings settings;
  settings.channels.emplace_back().name = "page";
  for (const alerts::Rule& rule : file->settings.rules) {
    if (rule.event != Kind::Price && rule.event != Kind::Profit) continue;
    settings.rules.push_back(rule);
    settings.rules.back().channels = {0};
    settings.rules.back().escalate_after = kNever;
  }
  if (settings.rules.empty()) return std::nullopt;
  return alerts::Desk{std::move(settings)};
}

/// For the watch-dog: the engine has answered, sockets are looked after, trading waits for nobody, each venue is there.
bool runs_well(const Json& status) {
  if (status.value("state", "") != "running" || status.value("waits", true)) return false;
  const auto turned = status.value("io_ms", Json{});
  if (!turned.is_number_integer() || turned.get<std::int64_t>() > kMostSilentMs) return false;
  const auto venues = status.value("venues", Json::object());
  for (const auto& venue : venues)
    if (!venue.value("connected", false)) return false;
  return true;
}

/// "state: running" and so on, a line each, of an object without deeper ones.
std::string lines_of(const Json& json) {
  std::string text;
  for (const auto& [name, value] : json.items())
    text += fmt::format("{}{}: {}", text.empty() ? "" : "\n", name,
                        value.is_string() ? value.get<std::string>() : value.dump());
  return text.empty() ? "none" : text;
}

}  // namespace

SessionAlerts::SessionAlerts(std::optional<AlertsFile> file, trade::TradeSession& session)
    : session_{session}, looks_at_prices_{file && has_price_rule(file->settings)}, numbers_{number_rules(file)} {
  if (!file) return;
  office_.emplace(
      std::move(file->settings), std::move(file->route), clock_,
      [&session](const std::string& line) { session.log().warn(line); },
      alerts::Commands{.status = [this] { return told("status"); },
                       .positions = [this] { return told("position"); },
                       .orders = [this] { return told("orders"); },
                       .stop = [&session] { session.stop(); },
                       .kill =
                           [&session](std::string_view step) {
                             session.kill_by_signal(*trade::kill_step_of(step));
                             return fmt::format("the kill switch is pulled to {}: /status says what is left", step);
                           },
                       .alive = [&session] { return session.say_alive(); },
                       .acknowledge = {}});
}

void SessionAlerts::look() {
  read_orders();
  if (!office_) {  // its state costs nothing to look at, and what the log says from then on stands behind it
    if (session_.state() == trade::State::Running && !std::exchange(running_, true))
      tell_page(Kind::SessionStarted, "", kTrades);
    return;
  }
  const UnixNanos now = clock_.now();
  if (now - looked_ < kLookEvery) return;
  looked_ = now;
  read_status();
  if (looks_at_prices_) read_prices();
}

void SessionAlerts::log(const std::string& line) {
  const trade::LogLine read = trade::read_log_line(line);
  const auto own = std::ranges::find_if(kOfTheirOwn, [&](const auto& one) { return read.text.starts_with(one.first); });
  const bool is_own = own != kOfTheirOwn.end();
  if (is_own || read.loudness != trade::Loudness::Info)
    recent_.add(
        clock_.now(),
        is_own || read.loudness == trade::Loudness::Error ? alerts::Severity::Critical : alerts::Severity::Warning,
        alerts::name_of(is_own ? own->second : Kind::Log), read.text);
  if (read.text.starts_with(kOurs)) return;
  const std::string text{read.text};
  if (is_own) post(own->second, "", text);
  post(Kind::Log, "", text);
}

void SessionAlerts::end(const Result<void>& how) {
  read_orders();
  if (!office_) return session_.log().write();
  office_->well(false);
  if (how) {
    post(Kind::SessionEnded, "", session_.folder().string());
  } else {
    post(Kind::SessionFailed, "", how.error().message);
    office_->failed();
  }
  if (const auto left = office_->close(kLastDeliveries); left > 0)
    session_.log().warn(fmt::format("{}{} were not delivered before the end", kOurs, left));
  session_.log().write();
}

void SessionAlerts::post(alerts::EventKind kind, std::string subject, std::string text, std::string_view number) {
  alerts::Event event{kind, clock_.now(), std::move(subject), std::move(text)};
  if (!number.empty()) {
    const auto parsed = alerts::parse_number(number);
    if (!parsed) return;  // null: the session does not know it
    event.number = *parsed;
  }
  if (office_) office_->post(event);
  if (!numbers_ || !event.number) return;
  numbers_->on_event(event);
  while (const alerts::Message* message = numbers_->next(0, event.time)) {
    recent_.add(event.time, message->severity, alerts::name_of(event.kind), message->text);
    numbers_->delivered(0, event.time);
  }
}

/// What stands in the log is told of the log.
void SessionAlerts::tell_page(alerts::EventKind kind, std::string_view subject, std::string_view text) {
  const auto& about = alerts::event_kinds()[static_cast<std::size_t>(kind)];
  recent_.add(clock_.now(), about.severity, about.name,
              subject.empty() ? std::string{text} : fmt::format("{}: {}", subject, text));
}

std::string SessionAlerts::page() const {
  Json all = Json::array();
  for (const auto& one : recent_.all())
    all.push_back({{"id", std::to_string(one.id)},
                   {"time_ns", std::to_string(one.time)},
                   {"last_time_ns", std::to_string(one.last)},
                   {"severity", alerts::name_of(one.severity)},
                   {"event", one.event},
                   {"text", one.text},
                   {"count", one.count}});
  return Json{{"alerts", std::move(all)}}.dump(-1, ' ', true, Json::error_handler_t::replace);
}

void SessionAlerts::read_orders() {
  using enum OrderEventKind;
  OrderEvent event;
  while (session_.order_news().next(event)) {
    const Instrument& of = session_.instrument(event.instrument);
    const std::string name = session_.whose(event.id), by = name.empty() ? name : name + ": ";
    const auto amount = [&](Quantity quantity) {
      return format_decimal_trimmed(Int128{quantity.value}, of.quantity_decimals);
    };
    if (event.kind == Filled) {
      const std::string text = fmt::format(
          "{}{} {} at {}, {} left of order {}", by, event.side == Side::Buy ? "bought" : "sold", amount(event.quantity),
          format_decimal_trimmed(Int128{event.price.value}, of.price_decimals), amount(event.leaves), event.id);
      tell_page(Kind::Fill, of.id, text);
      post(Kind::Fill, of.id, text);
    } else if (event.kind == Rejected || event.kind == Denied) {
      const std::string text = fmt::format("{}order {} {}: {}", by, event.id,
                                           event.kind == Denied ? "not sent" : "rejected", name_of(event.reason));
      if (event.kind == Rejected && session_.is_paper()) tell_page(Kind::OrderRejected, of.id, text);
      post(Kind::OrderRejected, of.id, text);
    }
  }
  const auto left_out = session_.order_news().take_left_out();
  if (left_out == 0) return;
  const std::string text = fmt::format("{} events of orders came too fast to be told", left_out);
  if (office_)
    session_.log().warn(fmt::format("{}{}", kOurs, text));
  else
    recent_.add(clock_.now(), alerts::Severity::Info, alerts::name_of(Kind::Log), text);
}

void SessionAlerts::read_status() {
  std::string text = session_.status();
  const auto status = Json::parse(text, nullptr, false);
  {
    const std::lock_guard lock{mutex_};
    status_ = std::move(text);
  }
  if (!status.is_object()) return;
  office_->well(runs_well(status));
  const auto state = status.value("state", "");
  if (state == "running" && !std::exchange(running_, true)) {
    tell_page(Kind::SessionStarted, "", kTrades);
    post(Kind::SessionStarted, "", session_.folder().string());
  }
  // Before it runs nothing has been there that could be lost.
  if (!running_ || !status.contains("venues")) return;
  for (const auto& [name, venue] : status["venues"].items()) {
    VenueSeen& seen = venues_[name];
    const bool connected = venue.value("connected", true);
    if (std::exchange(seen.connected, connected) != connected)
      post(connected ? Kind::ConnectionBack : Kind::ConnectionLost, name,
           connected ? "connected again" : "not connected; it is tried again");
    const auto stale = venue.value("stale", 0);
    if (std::exchange(seen.stale, stale > 0) != (stale > 0))
      post(stale > 0 ? Kind::BookStale : Kind::BookBack, name,
           fmt::format("{} of {} books are not to be believed", stale, venue.value("books", 0)));
  }
  const auto unknown = status.value("/orders/unknown"_json_pointer, std::uint64_t{0});
  if (unknown > std::exchange(unknown_, unknown))
    post(Kind::OrderUnknown, "", fmt::format("{} orders whose answer did not come; the venue is asked", unknown));
  const auto profit = status.value("/risk/profit"_json_pointer, Json{});
  if (profit.is_string())
    post(Kind::Profit, "", fmt::format("{} {}", profit.get<std::string>(), status["risk"].value("currency", "")),
         profit.get<std::string>());
}

void SessionAlerts::read_prices() {
  const auto view = Json::parse(session_.venues(), nullptr, false);
  if (!view.is_object() || !view.contains("venues")) return;
  for (const auto& venue : view["venues"])
    for (const auto& instrument : venue.value("instruments", Json::array())) {
      const auto last = instrument.value("last", Json{});
      if (last.is_string())
        post(Kind::Price, instrument.value("id", ""), last.get<std::string>(), last.get<std::string>());
    }
}

/// On the thread that answers a chat: the status is at most a second old.
std::string SessionAlerts::told(const char* what) const {
  Json status;
  {
    const std::lock_guard lock{mutex_};
    status = Json::parse(status_, nullptr, false);
  }
  if (!status.is_object()) return "nothing is known yet";
  if (std::string_view{what} == "orders")
    return fmt::format("{}\nfills: {}", lines_of(status.value("orders", Json::object())), status.value("fills", 0));
  if (std::string_view{what} == "position") return lines_of(status.value("position", Json::object()));
  std::string text = fmt::format("{} ({})", status.value("state", ""), status.value("mode", ""));
  const auto venues = status.value("venues", Json::object());
  for (const auto& [name, venue] : venues.items())
    text += fmt::format("\n{}: {}, {} books, {} stale", name,
                        venue.value("connected", false) ? "connected" : "not connected", venue.value("books", 0),
                        venue.value("stale", 0));
  if (const auto orders = status.value("orders", Json::object()); !orders.empty())
    text += fmt::format("\norders: {} working, {} unknown", orders.value("working", std::uint64_t{0}),
                        orders.value("unknown", std::uint64_t{0}));
  if (const auto step = session_.kill_step(); step != trade::KillStep::Off)
    text += fmt::format("\nkill switch: {}", trade::name_of(step));
  const auto profit = status.value("/risk/profit"_json_pointer, Json{});
  if (profit.is_string())
    text += fmt::format("\nprofit: {} {}", profit.get<std::string>(),
                        status.value("/risk/currency"_json_pointer, std::string{}));
  return text;
}

}  // namespace stom
