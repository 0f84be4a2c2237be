// Requests and answers as Kiwoom words them: a request's members, refusals with the venue's codes, pages of lists, and
// numbers as its texts have them. Server side alone.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/decimal.hpp"
#include "venues/server_text.hpp"
#include "venues/venue_server.hpp"

namespace simdjson::dom {
class object;
}

namespace stom::venues::kiwoom::server {

using venues::server::JsonObject;

inline constexpr std::string_view kDone = "정상적으로 처리되었습니다";
inline constexpr std::size_t kPage = 100;  // lines of a list
inline constexpr std::string_view kAsked = "조회가 완료되었습니다.";

/// Why not. `status` is HTTP's; the venue mostly says 200 and has its code in the body.
struct Refusal {
  int code = 0;
  std::string message;
  int status = 200;
};
std::unexpected<Refusal> refuse(int code, std::string message, int status = 200);
/// Codes and words are those of the document's list of errors; "입력 값 오류입니다[…]" and "인증에 실패했습니다[…]" are
/// how answers were seen to wrap them.
std::unexpected<Refusal> bad_input(int code, std::string_view why);
std::unexpected<Refusal> not_allowed(int code, std::string_view why);

/// One request: its body's members, who asks, where a list goes on.
class Call {
 public:
  /// `body` outlives it.
  Call(const simdjson::dom::object& body, AccountId account, std::size_t from, UnixNanos now)
      : account{account}, from{from}, now{now}, body_{body} {}

  /// "" where it is missing; what is no string is noted.
  std::string find(std::string_view name);
  /// What must not be missing.
  std::string text(std::string_view name);
  const std::optional<Refusal>& error() const { return error_; }
  void fail(std::unexpected<Refusal> refusal) {
    if (!error_) error_ = refusal.error();
  }

  AccountId account;
  std::size_t from;  // of a list: the first line of this page
  UnixNanos now;

 private:
  const simdjson::dom::object& body_;
  std::optional<Refusal> error_;
};

/// What an answer holds before its return code.
struct Answer {
  JsonObject json;
  std::string message{kDone};
  std::optional<std::size_t> next;  // the list goes on there
};
using Outcome = std::expected<Answer, Refusal>;

std::string error_body(const Refusal& refusal);
WireResponse finish(std::string_view api_id, const Refusal& refusal);
WireResponse finish(std::string_view api_id, Answer answer);
WireResponse refused_for_number(std::string_view api_id);
/// One page of lines under `name`.
Answer page(Call& call, std::string_view name, const std::vector<std::string>& lines, std::string_view message,
            JsonObject before = {});

std::int64_t whole_won(Money money);
std::string millions(Int128 won);
/// "+1.25": `part` of `whole` in per cent.
std::string percent(Int128 part, Int128 whole, bool plus = true);
std::string signed_text(std::int64_t number);
std::string wide(std::int64_t number, int digits);

/// "1" of KRX, "2" of NXT, "0" of SOR.
std::string_view place_number(std::string_view exchange);

/// A message to those who registered.
std::string real(std::string_view type, std::string_view name, std::string_view item, const std::string& values);

}  // namespace stom::venues::kiwoom::server
