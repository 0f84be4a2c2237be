#include "session_request.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "core/clock.hpp"
#include "not_running_error.hpp"
#include "trade/patient_ask.hpp"
#include "trade/session_folder.hpp"

namespace stom {
namespace {

Result<nlohmann::ordered_json> unless_refused(nlohmann::ordered_json json) {
  if (json.contains("error"))
    return fail(json.value("usage", false) ? Errc::Usage : Errc::Io, json.value("error", std::string{}),
                json.value("hint", std::string{}));
  return json;
}

}  // namespace

Result<nlohmann::ordered_json> request_of_session(const std::filesystem::path& folder, std::string_view request) {
  constexpr std::chrono::seconds kPatience{10};
  const auto text = trade::ask(folder, trade::kCommandSocket, kPatience, request);
  if (!text) return std::unexpected(text.error());
  auto json = nlohmann::ordered_json::parse(*text, nullptr, false);
  if (!json.is_object()) return fail(Errc::BadData, "the session's answer cannot be read", "ask again");
  return unless_refused(std::move(json));
}

Result<nlohmann::ordered_json> answer_in_time(const Session& session, const std::filesystem::path& folder,
                                              std::string_view socket, std::string_view request,
                                              DurationNanos patience) {
  constexpr std::chrono::seconds kOfTheProcess{10};
  auto json = trade::ask_patiently(
      [&](const std::function<bool()>& silent) { return trade::ask(folder, socket, kOfTheProcess, request, silent); },
      SystemClock{},
      {.most = patience,
       .go_on = [] { return !interrupted(); },
       .waiting = [&](std::string_view line) { say(session, fmt::format("{} (Ctrl-C to stop)", line)); }});
  if (!json) return json;
  return unless_refused(std::move(*json));
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
