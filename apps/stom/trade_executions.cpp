#include "trade_executions.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/time.hpp"
#include "session_request.hpp"
#include "trade/execution_view.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;

std::string cell(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.is_null() ? "-" : value.dump();
}

std::string time_cell(const Json& value) { return value.is_null() ? "-" : format_time(value.get<UnixNanos>()); }

/// "0.010 of 0.020 at 50000.1"
std::string working_cell(const Json& order) {
  if (order.is_null()) return "-";
  const std::string at = order.at("price").is_null() ? "market" : cell(order.at("price"));
  return fmt::format("{} of {} at {}", cell(order.at("filled")), cell(order.at("quantity")), at);
}

void print_executions(const Session& session, const Json& answer) {
  if (answer.at("executions").empty()) return say(session, "the session has no executions");
  const char* row = session.plain ? "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\n"
                                  : "{:<9} {:<8} {:<28} {:<5} {:<12} {:<12} {:<6} {:<28} {:<30} {}\n";
  fmt::print(fmt::runtime(row), "execution", "kind", "instrument", "side", "quantity", "filled", "%", "working", "ends",
             "state");
  for (const Json& one : answer.at("executions"))
    fmt::print(fmt::runtime(row), cell(one.at("execution")), cell(one.at("kind")), cell(one.at("instrument")),
               cell(one.at("side")), cell(one.at("quantity")), cell(one.at("filled")), cell(one.at("done_percent")),
               working_cell(one.at("working")), time_cell(one.at("ends")), cell(one.at("state")));
}

/// Asks, and prints how the executions stand then.
int ask_executions(const Session& session, const std::string& folder, std::string_view request) {
  return show_answer(session, folder, request, [&](const Json& answer) { print_executions(session, answer); });
}

}  // namespace

void add_trade_executions(CLI::App& trade, Session& session) {
  auto folder = std::make_shared<std::string>(), number = std::make_shared<std::string>();
  auto* show = trade.add_subcommand(
      "executions", "What a running session's strategy buys or sells in many orders, and how far each is");
  show->add_option("--session", *folder, "the session's folder")->required();
  examples(*show, {"stom trade executions --session today", "stom trade executions --session today --json"});
  show->callback([&session, folder] { session.status = ask_executions(session, *folder, trade::kExecutionsRequest); });
  auto* stop = trade.add_subcommand(
      "stop-execution", "End one of them: what waits of it is taken back, nothing more is sent, what is filled stays");
  stop->add_option("execution", *number, "its number, as stom trade executions has it")->required();
  stop->add_option("--session", *folder, "the session's folder")->required();
  examples(*stop, {"stom trade stop-execution 1 --session today"});
  stop->callback([&session, folder, number] {
    session.status = ask_executions(session, *folder, std::string{trade::kStopExecutionRequest} + *number);
  });
}

}  // namespace stom
