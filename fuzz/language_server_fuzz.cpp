// Any bytes as what an editor writes to the language server: broken frames, messages that are no JSON or not the
// protocol's, texts and positions of every kind. It answers, what it answers is JSON, and it never says more of a text
// than it may. The first byte says whether the input is the pipe itself or messages in an editor that has begun.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "conditions/language_frames.hpp"
#include "conditions/language_server.hpp"
#include "core/assert.hpp"

namespace {

using nlohmann::json;
using namespace stom::conditions;

constexpr LanguageLimits kLimits{.message_bytes = 1 << 16, .text_bytes = 1 << 14, .texts = 4};

void take(LanguageServer& server, std::string_view message) {
  const auto answers = server.receive(message);
  STOM_ASSERT(answers.size() <= 2 + kLimits.texts);
  for (const std::string& answer : answers) {
    const json parsed = json::parse(answer, nullptr, false);
    STOM_ASSERT(parsed.is_object() && parsed["jsonrpc"] == "2.0");
    STOM_ASSERT(parsed.contains("result") + parsed.contains("error") + parsed.contains("method") == 1);
    if (parsed.value("method", "") != "textDocument/publishDiagnostics") continue;
    for (const json& diagnostic : parsed["params"]["diagnostics"]) {
      STOM_ASSERT(!diagnostic["message"].get<std::string>().empty());
      const json &start = diagnostic["range"]["start"], &end = diagnostic["range"]["end"];
      STOM_ASSERT(start["line"] < end["line"] ||
                  (start["line"] == end["line"] && start["character"] <= end["character"]));
    }
  }
}

/// As a pipe gives them: in pieces.
void read_pipe(std::string_view bytes) {
  LanguageServer server{Language::Korean, kLimits};
  LanguageFrames frames;
  while (!bytes.empty() && !server.exit_code()) {
    const std::size_t piece = std::min<std::size_t>(bytes.size(), 1 + bytes.size() / 3);
    frames.feed(bytes.substr(0, piece));
    bytes.remove_prefix(piece);
    while (const auto found = frames.next())
      if (found->kind == LanguageFrames::Kind::Message) take(server, found->message);
  }
}

std::string call(std::string_view method, const json& params, bool is_request = true) {
  json message{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}};
  if (is_request) message["id"] = 1;
  return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// The input is a text that is opened and asked about everywhere; what follows a NUL is written into it.
void write_text(std::uint8_t how, std::string_view text) {
  LanguageServer server{Language::English, kLimits};
  const char* encoding = how % 3 == 0 ? "utf-8" : how % 3 == 1 ? "utf-16" : "utf-32";
  constexpr const char* kNames[] = {"file:///buy.txt", "file:///sell.txt", "file:///vars.txt", "file:///named.txt"};
  const std::string uri = kNames[how / 3 % 4];
  take(server, call("initialize", {{"locale", how % 2 == 0 ? "ko" : "en"},
                                   {"capabilities", {{"general", {{"positionEncodings", {encoding}}}}}}}));
  const std::size_t cut = text.find('\0');
  const std::string first{text.substr(0, cut)};
  const std::string second{cut == std::string_view::npos ? std::string_view{} : text.substr(cut + 1)};
  take(server, call("textDocument/didOpen", {{"textDocument", {{"uri", uri}, {"text", first}}}}, false));
  const json position{{"line", how / 12 % 4}, {"character", first.size() % 40}};
  const json end{{"line", how / 12 % 4 + second.size() % 2}, {"character", first.size() % 40 + 3}};
  const json at{{"textDocument", {{"uri", uri}}}, {"position", position}};
  for (const char* method : {"completion", "hover", "signatureHelp", "definition", "formatting"})
    take(server, call(std::string{"textDocument/"} + method, at));
  const json change{{"range", {{"start", position}, {"end", end}}}, {"text", second}};
  take(server,
       call("textDocument/didChange",
            {{"textDocument", {{"uri", uri}, {"version", 2}}}, {"contentChanges", json::array({change})}}, false));
  for (const char* method : {"completion", "hover", "signatureHelp", "definition", "formatting"})
    take(server, call(std::string{"textDocument/"} + method, at));
}

void read_messages(std::string_view lines) {
  LanguageServer server{Language::English, kLimits};
  take(server, call("initialize", json::object()));
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    take(server, lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input{reinterpret_cast<const char*>(data + 1), size - 1};
  if (data[0] < 16) {
    read_pipe(input);
  } else if (data[0] < 80) {
    read_messages(input);
  } else {
    write_text(static_cast<std::uint8_t>(data[0] - 80), input);
  }
  return 0;
}
