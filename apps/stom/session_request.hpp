// What a command asks of a running trading session, and its answer (trade/session_folder.hpp).
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string_view>

#include "command.hpp"
#include "core/result.hpp"

namespace stom {

/// The object that the session answers. Errors: none runs there (Errc::NotFound), it does not answer, it refuses.
Result<nlohmann::ordered_json> request_of_session(const std::filesystem::path& folder, std::string_view request);

/// Asks, and prints why there is no answer, or with --json the answer; otherwise `show` prints it. Returns the exit
/// status.
int show_answer(const Session& session, const std::filesystem::path& folder, std::string_view request,
                const std::function<void(const nlohmann::ordered_json&)>& show);

}  // namespace stom
