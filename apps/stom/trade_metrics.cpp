#include "trade_metrics.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "not_running_error.hpp"
#include "session_request.hpp"
#include "trade/disk_watch.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

using MetricsJson = nlohmann::ordered_json;
namespace fs = std::filesystem;

/// By name, each with its values. What is not known has no line: it is not 0.
class Metrics {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  void add(std::string_view name, std::string_view help, const Labels& labels, const MetricsJson& value,
           double scale = 1) {
    if (value.is_null()) return;
    std::string text = value.is_boolean()  ? (value.get<bool>() ? "1" : "0")
                       : value.is_string() ? value.get<std::string>()
                       : scale == 1        ? value.dump()
                                           : fmt::format("{}", value.get<double>() * scale);
    Family& family = families_[std::string{name}];
    family.help = help;
    std::string line{name};
    for (const auto& [label, of] : labels)
      line += fmt::format("{}{}={}", line.size() == name.size() ? "{" : ",", label, json_string(of));
    family.lines += fmt::format("{}{} {}\n", line, labels.empty() ? "" : "}", text);
  }

  std::string text() const {
    std::string out;
    for (const auto& [name, family] : families_)
      out += fmt::format("# HELP {} {}\n# TYPE {} {}\n{}", name, family.help, name,
                         name.ends_with("_total") ? "counter" : "gauge", family.lines);
    return out;
  }

 private:
  struct Family {
    std::string help, lines;
  };
  std::map<std::string, Family> families_;
};

Result<MetricsJson> told_at(const std::string& folder, std::string_view socket) {
  const auto text = trade::ask(folder, socket);
  if (!text) return std::unexpected(text.error());
  auto json = MetricsJson::parse(*text, nullptr, false);
  if (!json.is_object()) return fail(Errc::BadData, "the session's answer cannot be read", "ask again");
  return json;
}

/// A null where the answer does not have it: a null adds nothing.
const MetricsJson& part(const MetricsJson& of, const char* key) {
  static const MetricsJson none;
  const auto found = of.find(key);
  return found == of.end() ? none : *found;
}

void add_status(Metrics& out, const MetricsJson& status) {
  const std::string state = status.value("state", ""), mode = status.value("mode", "");
  out.add("stom_session", "1: a session in this mode and state", {{"mode", mode}, {"state", state}}, 1);
  out.add("stom_session_running", "1: it trades", {}, state == "running");
  out.add("stom_strategy_waits", "1: the strategy is not called until all of before is known", {},
          part(status, "waits"));
  for (const auto& [name, count] : part(status, "orders").items())
    out.add("stom_orders", "orders that are not over", {{"state", name}}, count);
  out.add("stom_fills_total", "fills of the session", {}, part(status, "fills"));
  for (const auto& [name, quantity] : part(status, "position").items())
    out.add("stom_position", "what is held, in the instrument's units", {{"instrument", name}}, quantity);
  const MetricsJson& risk = part(status, "risk");
  if (!risk.is_object()) return;
  const std::string currency = risk.value("currency", "");
  for (const auto name : {"gross", "net", "profit"})
    out.add(fmt::format("stom_exposure_{}", name), "over all venues, in one currency", {{"currency", currency}},
            part(risk, name));
}

void add_venue(Metrics& out, const MetricsJson& venue) {
  const std::string name = venue.value("name", "");
  const auto add = [&](std::string_view metric, std::string_view help, const MetricsJson& value, double scale = 1) {
    out.add(metric, help, {{"venue", name}}, value, scale);
  };
  add("stom_venue_connected", "1: every connection that it needs is open", part(venue, "connected"));
  add("stom_venue_lag_seconds", "how old the newest message was when the engine took it", part(venue, "lag_ms"), 1e-3);
  if (const auto& clock = part(venue, "clock"); clock.is_object()) {
    add("stom_venue_clock_offset_seconds", "the venue's clock minus ours", clock["offset_us"], 1e-6);
    add("stom_venue_clock_error_seconds", "how far the offset may be from the truth", clock["error_us"], 1e-6);
  }
  for (const auto& [priority, count] : part(venue, "waiting").items())
    out.add("stom_venue_waiting", "requests that wait for a budget or a connection",
            {{"venue", name}, {"priority", priority}}, count);
  for (const auto& [what, count] : part(venue, "counts").items())
    out.add(fmt::format("stom_venue_{}_total", what), "since the session began (docs/trade.md)", {{"venue", name}},
            count);
  for (const MetricsJson& budget : part(venue, "budgets")) {
    const Metrics::Labels labels{{"venue", name}, {"budget", budget.value("name", "")}};
    out.add("stom_budget_used", "of what the venue allows", labels, part(budget, "used"));
    out.add("stom_budget_limit", "what the venue allows", labels, part(budget, "limit"));
  }
  std::size_t stale = 0;
  const MetricsJson& books = part(venue, "instruments");
  for (const MetricsJson& book : books) stale += book.value("stale", false) ? 1 : 0;
  add("stom_books", "that are watched", books.size());
  add("stom_books_stale", "of them not to be believed", stale);
}

void add_limits(Metrics& out, const MetricsJson& limits) {
  for (const MetricsJson& one : limits) {
    const auto state = one.value("state", "");
    const Metrics::Labels labels{{"name", one.value("name", "")}, {"scope", one.value("scope", "")}};
    out.add("stom_limit_reached", "1: a limit is reached, or a breaker or the kill switch has tripped", labels,
            state == "reached" || state == "tripped");
    out.add("stom_limit_unknown", "1: what counts against it is not known, so it denies", labels, state == "unknown");
  }
}

std::optional<std::uintmax_t> resident_bytes(const fs::path& folder) {
  std::int64_t pid = 0;
  std::ifstream{folder / "lock"} >> pid;
  std::uintmax_t total = 0, resident = 0;
  std::ifstream statm{fmt::format("/proc/{}/statm", pid)};
  if (pid <= 0 || !(statm >> total >> resident)) return std::nullopt;
  return resident * static_cast<std::uintmax_t>(::sysconf(_SC_PAGESIZE));
}

void add_machine(Metrics& out, const fs::path& folder) {
  std::error_code error;
  if (const auto bytes = resident_bytes(folder)) out.add("stom_memory_bytes", "of the session's process", {}, *bytes);
  if (const auto free = trade::free_bytes(folder))
    out.add("stom_disk_free_bytes", "where the session's folder is", {}, *free);
  for (const auto name : {"journal.stom", "log"})
    if (const auto size = fs::file_size(folder / name, error); !error)
      out.add("stom_file_bytes", "of files that grow", {{"file", name}}, size);
}

int run_metrics(const Session& session, const std::string& folder) {
  const auto status = told_at(folder, trade::kStatusSocket);
  Metrics metrics;
  metrics.add("stom_up", "1: a session runs there", {}, status.has_value());
  if (!status) {
    if (status.error().code != Errc::NotFound) return report_error(session, status.error());
    fmt::print("{}", metrics.text());
    return report_not_running(session, status.error());
  }
  add_status(metrics, *status);
  if (const auto venues = told_at(folder, trade::kVenuesSocket))
    for (const MetricsJson& venue : part(*venues, "venues")) add_venue(metrics, venue);
  if (const auto limits = request_of_session(folder, "risk show")) add_limits(metrics, part(*limits, "limits"));
  add_machine(metrics, folder);
  fmt::print("{}", metrics.text());
  return kOk;
}

}  // namespace

void add_trade_metrics(CLI::App& trade, Session& session) {
  auto* metrics = trade.add_subcommand("metrics", "A running session in numbers, as Prometheus reads them");
  auto folder = std::make_shared<std::string>();
  metrics->add_option("--session", *folder, "the session's folder")->required();
  examples(*metrics, {"stom trade metrics --session today", "stom trade metrics --session today >stom.prom"});
  metrics->callback([&session, folder] { session.status = run_metrics(session, *folder); });
}

}  // namespace stom
