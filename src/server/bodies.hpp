// What callers send: JSON bodies of REST and messages of the socket, read into values or refused with a Problem.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/engine_port.hpp"
#include "server/problem.hpp"

namespace stom {

bool is_json(std::string_view text);
std::expected<std::string, Problem> parse_login(std::string_view body);
/// Prices on the ladder, quantities in lots, a combination that is offered; the engine has the last word.
std::expected<Command, Problem> parse_order(std::string_view body, const SessionInfo& info);
std::expected<Command, Problem> parse_control(std::string_view body);
std::expected<Command, Problem> parse_begin(std::string_view body);
std::expected<Command, Problem> parse_flatten(std::string_view body, const SessionInfo& info);

struct KillCall {
  std::string session, step;
};
/// flatten costs money: it is confirmed by the name of the session's folder, as on the command line.
std::expected<KillCall, Problem> parse_kill(std::string_view body);

struct ClientMessage {
  enum class Op : std::uint8_t { Subscribe, Unsubscribe, Ping };
  Op op = Op::Ping;
  std::int64_t id = 0;
  std::vector<std::string> topics;
};
std::expected<ClientMessage, Problem> parse_message(std::string_view text);

}  // namespace stom
