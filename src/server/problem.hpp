// What went wrong with a call, as RFC 9457 wants it and docs/api.md lists it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.hpp"

namespace stom {

struct Problem {
  std::string_view code;  // one of the table in docs/api.md, "Errors"
  std::string detail;
  std::string hint{};
  std::vector<std::pair<std::string, std::string>> params{};
};

/// Status, title and whether a retry makes sense follow from the code.
net::Response to_response(const Problem& problem, std::string_view path);
int status_of(std::string_view code);

}  // namespace stom
