// An HTTP/1.1 client over TLS: one connection, kept open between requests, one request at a time (no pipelining: a
// request behind another could not be said to be written or not). Nothing is sent twice: where no answer comes, its
// user is told what became of the bytes and decides.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/http.hpp"
#include "net/http_answer.hpp"
#include "net/stream.hpp"

namespace stom::net {

struct HttpClientLimits {
  StreamLimits stream;
  AnswerLimits answer;
  std::chrono::milliseconds answer_time{10'000};  // from the request handed over to the last byte of its answer
  std::chrono::milliseconds idle{50'000};  // unused for so long: closed before the server does it under a request
  std::size_t request_bytes = 1 << 20;
};

/// What is asked for. Host, Content-Length, Accept-Encoding and Connection are the client's.
struct HttpRequest {
  std::string_view method;  // "GET"
  std::string_view target;  // "/api/v3/time"
  std::span<const Header> headers;
  std::string_view body;
};

/// Appends the request as it goes over the wire. Refused, with part of it appended: text that does not belong into one.
Result<void> append_request(std::string& text, const HttpRequest& request, const Url& server);

class HttpClientUser {
 public:
  virtual ~HttpClientUser() = default;
  /// The client is free again when this is called.
  virtual void on_answer(std::uint64_t id, const Response& answer) = 0;
  virtual void on_no_answer(std::uint64_t id, Written written, const Error& why) = 0;
};

class HttpClient {
 public:
  /// `server`: scheme, host and port count; requests bring the target. Never calls `user` within a call of its own.
  HttpClient(Io& io, const Route& route, const HttpClientLimits& limits, const Url& server, HttpClientUser& user);
  ~HttpClient();  // without a call to the user
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool free() const;
  bool connected() const;
  /// Connects now, so that the first request need not wait for it.
  void connect();
  /// Only where free(). Refused, and nothing of it kept: text that does not belong into a request, or one too large.
  Result<void> request(std::uint64_t id, const HttpRequest& request);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace stom::net
