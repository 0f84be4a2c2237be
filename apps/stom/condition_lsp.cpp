#include "condition_lsp.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "conditions/language_frames.hpp"
#include "conditions/language_server.hpp"

namespace stom {
namespace {

using conditions::LanguageFrames;
using conditions::LanguageServer;

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR && !interrupted()) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string answers_to(LanguageServer& server, const LanguageFrames::Found& found) {
  if (found.kind == LanguageFrames::Kind::NoLength)
    return conditions::framed(
        LanguageServer::refusal("a message begins with a header that has one Content-Length: NUMBER, and an "
                                "empty line"));
  if (found.kind == LanguageFrames::Kind::TooLong)
    return conditions::framed(LanguageServer::refusal(
        fmt::format("a message of more than {} bytes is passed over", LanguageFrames::kMostMessage)));
  std::string out;
  for (const std::string& answer : server.receive(found.message)) out += conditions::framed(answer);
  return out;
}

/// Until the client says `exit`, or is gone.
int serve_pipe(const Session& session) {
  LanguageServer server{session.lang == "ko" ? conditions::Language::Korean : conditions::Language::English};
  LanguageFrames frames;
  std::array<char, 64 * 1024> buffer;
  for (;;) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR && !interrupted()) continue;
    if (interrupted()) return kInterrupted;
    if (count <= 0) break;
    frames.feed({buffer.data(), static_cast<std::size_t>(count)});
    while (const auto found = frames.next()) {
      if (!write_all(answers_to(server, *found))) break;
      if (const auto code = server.exit_code()) return *code;
    }
  }
  if (server.is_shut_down()) return kOk;
  return report_error(session,
                      {Errc::Io, "the editor went away without saying so",
                       "an editor sends \"shutdown\" and \"exit\" first; docs/conditions.md says how to set one up"});
}

}  // namespace

void add_condition_lsp(CLI::App& condition, Session& session) {
  auto* lsp = condition.add_subcommand("lsp", "A language server for editors: errors as you type, completion, help");
  examples(*lsp, {"stom condition lsp                 what an editor is told to start (docs/conditions.md)",
                  "stom condition lsp --lang ko       messages in Korean where the editor does not say"});
  lsp->callback([&session] { session.status = serve_pipe(session); });
}

}  // namespace stom
