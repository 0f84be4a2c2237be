// A language server for condition texts: the Language Server Protocol 3.17 as a state machine. JSON-RPC messages in,
// messages out; no I/O. `stom condition lsp` stands around it with a pipe, `stom serve` with a socket.
//
// What a text is, its file name says: a name with "sell" or "매도" is a sell text, with "buy" or "매수" a buy text,
// with "vars" a file of variables, with "named" one of named conditions (as `stom condition run` takes them). The
// latter two are the ones of the texts in the same folder while they are open. Of another name:
// initializationOptions.kind, else what its words say.
//
// Bounded: messages, texts, how many of them, and the work of one message. What is beyond is refused in words.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/lexer.hpp"
#include "conditions/words.hpp"

namespace stom::conditions {

struct LanguageLimits {
  std::size_t message_bytes = std::size_t{8} << 20;
  std::size_t text_bytes = kMostBytes;
  std::size_t texts = 64;
};

class LanguageServer {
 public:
  /// `language` is the reader's until `initialize` names another.
  explicit LanguageServer(Language language, LanguageLimits limits = {});
  ~LanguageServer();
  LanguageServer(LanguageServer&&) noexcept;
  LanguageServer& operator=(LanguageServer&&) noexcept;

  /// One message; what is to be sent, in order.
  std::vector<std::string> receive(std::string_view message);
  /// What is to be sent where there was no message to read: a broken header, a message that was too long to be kept.
  static std::string refusal(std::string_view why);

  /// Once the client has said `exit`: 0 where it said `shutdown` before, else 1.
  std::optional<int> exit_code() const;
  bool is_shut_down() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace stom::conditions
