#include "home_library.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <nlohmann/json.hpp>

#include "core/decimal.hpp"
#include "core/text_file.hpp"
#include "replay/data_source.hpp"
#include "research/json_text.hpp"
#include "research/run_curve.hpp"
#include "research/run_folder.hpp"
#include "run_name.hpp"
#include "session_request.hpp"
#include "strategies/plugin_loader.hpp"
#include "trade/log_search.hpp"
#include "trade/running_sessions.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

constexpr int kBandDecimals = 6;  // of equity, as far as a return needs them
constexpr int kReturnDecimals = 9;
constexpr std::chrono::seconds kTradingPatience{2};
constexpr std::size_t kMostRuns = 500;  // the newest; `stom backtest list` has all

StrategyCard card_of(const StrategyEntry& entry) {
  StrategyCard card{std::string{entry.name}, std::string{entry.about()}, 1, {}};
  Parameters parameters;
  if (const auto made = make_strategy(entry, parameters); !made) return card;
  card.instruments = parameters.least_instruments();
  for (const auto& p : parameters.declared())
    card.parameters.push_back({p.name, p.type, p.default_value, p.range, p.meaning});
  return card;
}

bool has_report(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_regular_file(folder / "report.html", error);
}

/// When something in it was last made, removed or renamed: a run is written elsewhere and moved here, whole.
UnixNanos changed(const std::filesystem::path& folder) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(folder, error);
  if (error) return kNoTime;
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

/// What the two outer curves of the run's band gained: its first row and its last, of a file that may be long.
std::pair<std::string, std::string> band_of(const std::filesystem::path& folder) {
  std::ifstream in{folder / "band.csv", std::ios::binary};
  std::string header, first, last;
  if (!std::getline(in, header) || !std::getline(in, first)) return {};
  constexpr std::streamoff kTail = 512;  // more than a row
  in.clear();
  in.seekg(0, std::ios::end);
  in.seekg(std::max<std::streamoff>(0, static_cast<std::streamoff>(in.tellg()) - kTail));
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  const auto column = [](const std::string& row, int index) {
    std::size_t at = 0;
    for (; index > 0; --index) at = row.find(',', at) == std::string::npos ? row.size() : row.find(',', at) + 1;
    auto text = std::string_view{row}.substr(at, row.find(',', at) - at);
    if (const auto dot = text.find('.'); dot != std::string_view::npos) text = text.substr(0, dot + 1 + kBandDecimals);
    return parse_decimal(text, kBandDecimals);
  };
  const auto gain = [&](int index) -> std::string {
    const auto from = column(first, index), to = column(last, index);
    if (!from || !to || *from <= 0) return {};
    return format_decimal_trimmed(
        divide(Int128{*to - *from} * power_of_ten(kReturnDecimals), *from, Rounding::HalfEven), kReturnDecimals);
  };
  return {gain(1), gain(2)};
}

/// What a trading session says of its venues, and with it of what it holds. Where it says that it hangs it is asked no
/// further: who waits has waited long enough.
Result<nlohmann::ordered_json> said_by_session(const std::filesystem::path& folder) {
  const auto text = trade::ask(folder, trade::kVenuesSocket, kTradingPatience);
  if (!text && text.error().code == Errc::NotFound) return std::unexpected(text.error());
  auto view = nlohmann::ordered_json::parse(text.value_or(""), nullptr, false);
  if (!view.is_object()) return nlohmann::ordered_json::object();
  if (view.value("state", nlohmann::ordered_json{}) == "not responding") return view;
  const auto held = trade::ask(folder, trade::kAccountSocket, kTradingPatience);
  auto account = nlohmann::ordered_json::parse(held.value_or(""), nullptr, false);
  if (!account.is_object() || account.contains("error")) return view;
  // One of a version before does not say all of it: that is not known.
  for (auto& position : account["positions"]) {
    position.emplace("mark_price", nullptr);
    position.emplace("unrealized_pnl", nullptr);
    position.emplace("currency", "");
  }
  for (auto& order : account["orders"]) order.emplace("type", nullptr);
  view["account"] = std::move(account);
  return view;
}

RunCard card_of(const std::filesystem::path& folder, const RunSummary& run) {
  const auto figure = [&](std::string_view key) {
    const auto text = run.statistic(key);
    return text == "null" ? std::string{} : text;
  };
  const auto [pessimistic, optimistic] = band_of(folder);
  return {.id = folder.filename().string(),
          .strategy = run.strategy,
          .instruments = run.instruments,
          .from = run.from,
          .to = run.to,
          .interrupted = run.canceled,
          .currency = run.currency,
          .total_return = figure("total_return"),
          .pessimistic_return = pessimistic,
          .optimistic_return = optimistic,
          .sharpe_ratio = figure("sharpe_ratio"),
          .max_drawdown = figure("max_drawdown"),
          .trades = figure("trades"),
          .has_report = has_report(folder)};
}

}  // namespace

HomeLibrary::HomeLibrary(const Session& session) : session_{session} {
  for (const auto& entry : built_in_strategies()) strategies_.push_back(card_of(entry));
  for (const auto& file : plugin_files(session_.home / "plugins")) {
    const auto plugin = load_plugin(file);
    if (!plugin) continue;  // `stom strategy list` says why
    for (const auto& entry : (*plugin)->strategies)
      if (find_strategy(entry.name) == nullptr) strategies_.push_back(card_of(entry));
  }
  (void)runs();  // here, where nobody waits for market data yet
}

std::vector<Replayable> HomeLibrary::replayable() const { return replay::list_replayable(session_.home); }

std::vector<RunCard> HomeLibrary::runs() const {
  const auto all = runs_folder(session_);
  if (const UnixNanos now = changed(all); now != runs_changed_) {
    runs_changed_ = now;
    read_new_runs(all);
  }
  for (KnownRun& run : runs_)  // `stom report` may have made one since
    if (run.card && !run.card->has_report) run.card->has_report = has_report(all / run.name);
  std::vector<RunCard> cards;
  for (const KnownRun& run : runs_)
    if (run.card) cards.push_back(*run.card);
  return cards;
}

/// Of a run that is known and did not change since, nothing is read again.
void HomeLibrary::read_new_runs(const std::filesystem::path& all) const {
  auto folders = list_runs(all);
  std::reverse(folders.begin(), folders.end());  // ids begin with the time of making
  if (folders.size() > kMostRuns) folders.resize(kMostRuns);
  std::vector<KnownRun> fresh;
  for (const auto& folder : folders) {
    KnownRun run{folder.filename().string(), changed(folder), {}};
    const auto known = std::find_if(runs_.begin(), runs_.end(),
                                    [&](const KnownRun& r) { return r.name == run.name && r.changed == run.changed; });
    if (known != runs_.end())
      run.card = std::move(known->card);
    else if (const auto summary = read_run_summary(folder))
      run.card = card_of(folder, *summary);
    fresh.push_back(std::move(run));
  }
  runs_ = std::move(fresh);
}

Result<std::filesystem::path> HomeLibrary::folder_of(const std::string& run) const {
  // A path out of the folder is no name of a run.
  auto folder = runs_folder(session_) / run;
  std::error_code error;
  const bool plain = !run.empty() && run != "." && run != ".." && run.find('/') == std::string::npos;
  if (!plain || !std::filesystem::is_regular_file(folder / "run.json", error))
    return fail(Errc::NotFound, fmt::format("there is no run {}", run), "GET /api/v1/runs lists them");
  return folder;
}

Result<std::string> HomeLibrary::report(const std::string& run) const {
  const auto folder = folder_of(run);
  if (!folder) return std::unexpected(folder.error());
  auto html = read_text_file(*folder / "report.html", kMostRecorded);
  if (html && !html->empty()) return html;
  return fail(Errc::NotFound, fmt::format("run {} has no report.html", run), "stom report RUN makes it");
}

Result<StoredCurve> HomeLibrary::curve(const std::string& run, std::size_t most) const {
  const auto folder = folder_of(run);
  if (!folder) return std::unexpected(folder.error());
  auto summary = read_run_summary(*folder);
  if (!summary) return std::unexpected(summary.error());
  const auto curve = read_run_curve(*folder, *summary, most);
  if (!curve) return std::unexpected(curve.error());
  const auto text = [](Money amount) { return format_decimal_trimmed(amount.value, kMoneyDecimals); };
  StoredCurve out{.currency = summary->currency,
                  .initial_equity = text(summary->trading_start_equity.value_or(summary->initial_equity)),
                  .rows = curve->rows,
                  .points = {},
                  .statistics = std::move(summary->statistics)};
  out.points.reserve(curve->points.size());
  for (const CurvePoint& p : curve->points)
    out.points.push_back({p.time, text(p.equity), plain_number(p.drawdown), curve->has_band ? text(p.pessimistic) : "",
                          curve->has_band ? text(p.optimistic) : ""});
  return out;
}

std::vector<std::string> HomeLibrary::trading() const {
  using Answer = std::future<Result<nlohmann::ordered_json>>;
  std::vector<std::pair<trade::Running, Answer>> asked;  // all at once: one that hangs costs its two seconds only once
  for (trade::Running& one : trade::running_sessions(session_.home)) {
    const auto folder = one.folder;
    asked.emplace_back(std::move(one), std::async(std::launch::async, [folder] { return said_by_session(folder); }));
  }
  std::vector<std::string> sessions;
  for (auto& [one, answer] : asked) {
    const auto view = answer.get();
    if (!view) continue;  // it ended meanwhile
    // What it does not say, because it hangs or is of a version before, is not known.
    nlohmann::ordered_json session{{"session", one.folder.string()},
                                   {"pid", one.pid},
                                   {"state", "not responding"},
                                   {"mode", nullptr},
                                   {"kill_switch", nullptr},
                                   {"dead_man", nullptr},
                                   {"slowest", nullptr},
                                   {"risk", nullptr},
                                   {"limits", nlohmann::json::array()},
                                   {"account", nullptr},
                                   {"venues", nlohmann::json::array()}};
    session.update(*view);
    sessions.push_back(session.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  }
  return sessions;
}

std::vector<std::string> HomeLibrary::alerts() const {
  std::vector<std::pair<trade::Running, std::future<Result<std::string>>>> asked;
  for (trade::Running& one : trade::running_sessions(session_.home)) {
    const auto folder = one.folder;
    asked.emplace_back(std::move(one), std::async(std::launch::async, [folder] {
                         return trade::ask(folder, trade::kAlertsSocket, kTradingPatience);
                       }));
  }
  std::vector<std::string> sessions;
  for (auto& [one, answer] : asked) {
    nlohmann::ordered_json session{{"session", one.folder.string()}, {"pid", one.pid}, {"alerts", nullptr}};
    const auto told = nlohmann::ordered_json::parse(answer.get().value_or(""), nullptr, false);
    if (told.is_object()) session.update(told);
    sessions.push_back(session.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  }
  return sessions;
}

std::vector<std::string> HomeLibrary::ended() const {
  std::vector<std::string> sessions;
  for (const trade::EndedSession& one : trade::ended_sessions(session_.home)) {
    nlohmann::ordered_json session{{"session", one.folder.string()},
                                   {"end", nullptr},
                                   {"time_ns", nullptr},
                                   {"error", nullptr},
                                   {"hint", nullptr}};
    if (one.end != trade::End::Unknown) session["end"] = trade::name_of(one.end);
    if (one.at != kNoTime) session["time_ns"] = std::to_string(one.at);  // too long a number for a browser
    if (one.error) {
      session["error"] = one.error->message;
      session["hint"] = one.error->hint;
    }
    sessions.push_back(session.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace));
  }
  return sessions;
}

Result<TradingLogPage> HomeLibrary::log(const TradingLogQuery& query) const {
  // No folder but one that trades or did: whatever a query names, only these are opened.
  std::vector<std::filesystem::path> folders;
  for (trade::Running& one : trade::running_sessions(session_.home)) folders.push_back(std::move(one.folder));
  for (auto& ended : trade::ended_sessions(session_.home)) folders.push_back(std::move(ended.folder));
  const auto folder = std::ranges::find(folders, query.session, [](const auto& path) { return path.string(); });
  if (folder == folders.end())
    return fail(Errc::NotFound, "no such session runs or has ended lately",
                "GET /api/v1/trading and /api/v1/trading/ended list them; stom trade log --session DIR reads any");
  const auto found =
      trade::search_log(*folder, {.text = query.text,
                                  .least = trade::loudness_of(query.level).value_or(trade::Loudness::Info),
                                  .cursor = query.cursor,
                                  .most = query.most});
  if (!found) return std::unexpected(found.error());
  TradingLogPage page{.lines = {}, .next = found->next};
  for (const auto& line : found->lines)
    page.lines.push_back({line.time, std::string{trade::name_of(line.loudness)}, line.text});
  return page;
}

Result<std::string> HomeLibrary::kill(const std::string& session, const std::string& step) const {
  for (const trade::Running& one : trade::running_sessions(session_.home)) {  // no folder but one that trades
    if (one.folder.string() != session) continue;
    auto done = request_of_session(one.folder, "kill " + step);
    if (!done) return std::unexpected(done.error());
    for (auto& field : *done)
      if (field.is_number_integer())
        field = std::to_string(field.get<std::int64_t>());  // a time: too long for a browser
    return done->dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  }
  return fail(Errc::NotFound, "no such session runs", "GET /api/v1/trading lists them");
}

}  // namespace stom
