#include "session_request.hpp"

#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <string>

#include "core/clock.hpp"
#include "not_running_error.hpp"
#include "trade/patient_ask.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::chrono::seconds kOfTheProcess{10};  // which answers within two, also that its engine does not

Result<Json> asked(const std::filesystem::path& folder, std::string_view socket, std::string_view request,
                   const trade::Patience& patience) {
  const auto ask = [&](const std::function<bool()>& silent) {
    return trade::ask(folder, socket, kOfTheProcess, request, silent);
  };
  auto json = trade::ask_patiently(ask, SystemClock{}, patience);
  if (json && json->contains("error"))
    return fail(json->value("usage", false) ? Errc::Usage : Errc::Io, json->value("error", std::string{}),
                json->value("hint", std::string{}));
  return json;
}

}  // namespace

Result<Json> request_of_session(const std::filesystem::path& folder, std::string_view request) {
  return asked(folder, trade::kCommandSocket, request, {.most = 0});
}

Result<Json> answer_in_time(const Session& session, const std::filesystem::path& folder, std::string_view socket,
                            std::string_view request, DurationNanos patience) {
  return asked(folder, socket, request,
               {.most = patience,
                .go_on = [] { return !interrupted(); },
                .waiting = [&](std::string_view line) { say(session, fmt::format("{} (Ctrl-C to stop)", line)); }});
}

int show_answer(const Session& session, const std::filesystem::path& folder, std::string_view request,
                const std::function<void(const nlohmann::ordered_json&)>& show) {
  const auto json = answer_in_time(session, folder, trade::kCommandSocket, request);
  if (!json)
    return json.error().code == Errc::NotFound ? report_not_running(session, json.error())
                                               : report_error(session, json.error());
  if (session.json)
    fmt::print("{}\n", json->dump());
  else
    show(*json);
  return kOk;
}

}  // namespace stom
