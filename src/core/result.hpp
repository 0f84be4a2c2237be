// Expected failures of a call: what went wrong, and what the user can do about it. Bugs assert (core/assert.hpp);
// business refusals are events (model/event.hpp).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace stom {

enum class Errc : std::uint8_t {
  Usage,        // the caller asked for something that does not exist or does not fit together
  NotFound,     // a file, instrument, day, run or strategy that is not there
  BadData,      // bytes that do not mean what they should
  Io,           // the system refused: permission, disk full, device error
  Locked,       // another process holds the data folder
  Newer,        // written by a newer version than this one
  Overflow,     // a number that does not fit the exact types
  Canceled,     // the user interrupted
  Unsupported,  // a combination that is not offered, by name
};

struct Error {
  Errc code;
  std::string message;  // one line: what and where
  std::string hint;     // one line: what to do; may be empty
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Errc code, std::string message, std::string hint = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(hint)});
}

}  // namespace stom
