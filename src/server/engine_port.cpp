// The words of docs/api.md for the values of the port.
#include "server/engine_port.hpp"

#include "core/decimal.hpp"

namespace stom {

std::string_view name_of(RunState state) {
  switch (state) {
    case RunState::Playing:
      return "playing";
    case RunState::Paused:
      return "paused";
    case RunState::Finished:
      return "finished";
    case RunState::Halted:
      break;
  }
  return "halted";
}

std::string_view name_of(StrategyState state) {
  switch (state) {
    case StrategyState::None:
      return "none";
    case StrategyState::Running:
      return "running";
    case StrategyState::Paused:
      return "paused";
    case StrategyState::Halted:
      break;
  }
  return "halted";
}

std::string_view name_of(LogLevel level) {
  return level == LogLevel::Info ? "info" : level == LogLevel::Warn ? "warn" : "error";
}

std::string_view name_of(LogSource source) {
  switch (source) {
    case LogSource::Engine:
      return "engine";
    case LogSource::Strategy:
      return "strategy";
    case LogSource::Venue:
      return "venue";
    case LogSource::Operator:
      return "operator";
    case LogSource::Server:
      break;
  }
  return "server";
}

std::string_view name_of(OrderSource source) {
  return source == OrderSource::Manual ? "manual" : source == OrderSource::Venue ? "venue" : "strategy";
}

std::string speed_text(std::int64_t milli) {
  return milli == kSpeedMax ? "max" : format_decimal_trimmed(Int128{milli}, 3);
}

}  // namespace stom
