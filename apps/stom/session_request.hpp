// What a command asks of a running trading session, and its answer (trade/session_folder.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "command.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom {

/// The object that the session answers. Errors: none runs there (Errc::NotFound), it does not answer, it refuses.
Result<nlohmann::ordered_json> request_of_session(const std::filesystem::path& folder, std::string_view request);

/// For a person at a terminal, who is told after a second that it waits: what the session answers at a socket to
/// `request`, asked again for so long where its engine is slow. Errc::Canceled: Ctrl-C.
Result<nlohmann::ordered_json> answer_in_time(const Session& session, const std::filesystem::path& folder,
                                              std::string_view socket, std::string_view request = {},
                                              DurationNanos patience = 10 * kSecond);

/// Asks so, and prints why there is no answer, or with --json the answer; otherwise `show` prints it. Returns the exit
/// status.
int show_answer(const Session& session, const std::filesystem::path& folder, std::string_view request,
                const std::function<void(const nlohmann::ordered_json&)>& show);

}  // namespace stom
