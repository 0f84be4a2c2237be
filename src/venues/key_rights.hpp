// What a key may do, as its venue tells it. Read before an account is armed for real orders: a key that may also
// withdraw can lose more than a strategy does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "venues/venue.hpp"

namespace stom::venues {

struct KeyRights {
  bool trades = false;  // on the venue that was asked about
  bool withdraws = false;
  bool bound = false;  // to addresses of the network that the user named at the venue

  std::string text() const;
};

/// How the venue is asked. Nothing: it does not tell.
struct RightsQuestion {
  std::string url;  // where its paths begin: its production address
  Request request;  // signed
};
Result<std::optional<RightsQuestion>> key_rights_question(std::string_view venue, const Credentials& credentials,
                                                          UnixNanos venue_time);
/// Of an answer with status 200. What is not in it is no right that one has; without the word on withdrawals it is not
/// believed at all.
Result<KeyRights> read_key_rights(std::string_view venue, std::string_view body);

}  // namespace stom::venues
