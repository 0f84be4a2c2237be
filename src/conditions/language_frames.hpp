// Messages of the Language Server Protocol as they go through a pipe: a header with Content-Length, an empty line, that
// many bytes of JSON. Fed with bytes as they come.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stom::conditions {

class LanguageFrames {
 public:
  /// A longer message is passed over and told as TooLong. A text of kMostBytes whose every character is escaped fits.
  static constexpr std::size_t kMostMessage = std::size_t{8} << 20;

  enum class Kind { Message, NoLength, TooLong };
  struct Found {
    Kind kind = Kind::Message;
    std::string message;
  };

  void feed(std::string_view bytes) { waiting_ += bytes; }
  /// The next message, or what was no message; nothing where more bytes are needed.
  std::optional<Found> next();

 private:
  std::optional<Found> header();

  std::string waiting_;
  std::size_t read_ = 0;               // of waiting_
  std::optional<std::size_t> length_;  // of the message whose header was read
  std::size_t to_skip_ = 0;            // of a message that is too long
  bool is_lost_ = false;               // what was no header has not ended yet, and was told
};

/// As it is written.
std::string framed(std::string_view message);

}  // namespace stom::conditions
