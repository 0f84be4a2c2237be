// Reads a server's answers out of bytes as they arrive: any cut of them into pieces gives the same answers. Bounded.
// Interim answers (100 Continue) are passed over; a body is whole or the answer is not done.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "core/result.hpp"
#include "net/http.hpp"

namespace stom::net {

struct AnswerLimits {
  std::size_t head_bytes = 64 * 1024;
  std::size_t body_bytes = 16 << 20;
};

class AnswerReader {
 public:
  enum class Kind { Whole, HeadAlone };  // HeadAlone: what follows the head is not HTTP, or a HEAD was asked for

  AnswerReader(const AnswerLimits& limits, Kind kind);
  ~AnswerReader();
  AnswerReader(AnswerReader&&) noexcept;
  AnswerReader& operator=(AnswerReader&&) noexcept;

  /// How many of `bytes` belong to this answer; fewer than all only where it is done.
  Result<std::size_t> put(std::string_view bytes);
  /// The server has ended: some answers are only then done.
  Result<void> end();

  bool has_begun() const;
  bool has_head() const;
  bool done() const;
  int status() const;
  /// Whether the connection may be used again. Only when done.
  bool keep_alive() const;
  Response take();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace stom::net
