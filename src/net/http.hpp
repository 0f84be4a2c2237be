// An HTTP request and its response as plain values. No library type appears here, so whoever answers requests compiles
// fast and can be tested without a socket.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stom::net {

struct Header {
  std::string name;
  std::string value;
};

/// Header names compare without case, as HTTP wants.
bool same_name(std::string_view a, std::string_view b);

struct Request {
  std::string method;  // "GET", "POST", ...: upper case as it came
  std::string path;    // begins with '/', percent-escapes resolved, no "." or ".." segment, no NUL, no backslash
  std::string query;   // raw, without the '?'
  std::vector<Header> headers;
  std::string body;

  /// The first header of that name; "" where there is none.
  std::string_view header(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  /// The value of `name` in the query, unescaped; nullopt where absent or badly escaped.
  std::optional<std::string> parameter(std::string_view name) const;
  /// The value of a cookie; "" where there is none.
  std::string_view cookie(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;
  std::string body;
  std::vector<Header> headers{};
};

/// "%41b+c" -> "Ab+c" (a plus sign stays one). Nothing where an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);
/// Splits a request target into path and query as Request describes; nothing where it is not a plain origin-form
/// target: such a request is answered with 400 and never reaches a handler.
struct Target {
  std::string path;
  std::string query;
};
std::optional<Target> parse_target(std::string_view target);

}  // namespace stom::net
