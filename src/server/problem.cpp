#include "server/problem.hpp"

#include <array>

#include "server/json.hpp"

namespace stom {
namespace {

struct Kind {
  std::string_view code;
  int status;
  std::string_view title;
  bool retryable = false;
};

constexpr std::array kKinds{
    Kind{"host_not_allowed", 403, "This address is not one the server answers to"},
    Kind{"origin_not_allowed", 403, "The call comes from another site"},
    Kind{"not_logged_in", 401, "No valid credential"},
    Kind{"bad_token", 401, "Wrong token"},
    Kind{"too_many_tries", 429, "Too many wrong tokens", true},
    Kind{"bad_json", 400, "The body is not valid JSON"},
    Kind{"bad_request", 400, "The request cannot be read"},
    Kind{"not_found", 404, "No such thing"},
    Kind{"unknown_instrument", 404, "No such instrument in this session"},
    Kind{"unknown_order", 404, "No such order"},
    Kind{"method_not_allowed", 405, "This path does not take this method"},
    Kind{"content_type", 415, "The body must be application/json"},
    Kind{"too_large", 413, "The body is too large"},
    Kind{"header_too_large", 431, "The request header is too large"},
    Kind{"key_required", 400, "An Idempotency-Key header is required"},
    Kind{"key_reused", 422, "This Idempotency-Key was used with another body"},
    Kind{"off_tick", 422, "Price is not on the tick ladder"},
    Kind{"off_lot", 422, "Quantity is not a multiple of the lot"},
    Kind{"not_positive", 422, "Price and quantity must be positive"},
    Kind{"price_out_of_range", 422, "Price is out of range"},
    Kind{"post_only_would_take", 422, "A post-only order would take"},
    Kind{"insufficient_balance", 422, "Not enough balance"},
    Kind{"insufficient_margin", 422, "Not enough margin"},
    Kind{"position_limit", 422, "The position would be larger than the leverage allows"},
    Kind{"liquidation", 422, "The account is being liquidated"},
    Kind{"market_closed", 422, "The market takes no orders at this time", true},
    Kind{"reduce_only_would_increase", 422, "A reduce-only order would increase the position"},
    Kind{"no_liquidity", 422, "Nothing to trade against"},
    Kind{"unsupported", 422, "This combination is not offered"},
    Kind{"too_many_orders", 422, "Too many open orders"},
    Kind{"book_stale", 422, "The book has a gap; wait for its next snapshot", true},
    Kind{"expired", 422, "The order's time had come"},
    Kind{"duplicate_id", 422, "This order id is in use"},
    Kind{"session_finished", 409, "The recording has ended"},
    Kind{"session_halted", 409, "The session stopped itself"},
    Kind{"order_not_open", 409, "The order is not open"},
    Kind{"engine_busy", 503, "The engine's command queue is full", true},
    Kind{"too_many_connections", 503, "Too many connections", true},
    Kind{"no_answer", 504, "The engine did not answer in time"},
};

const Kind& kind_of(std::string_view code) {
  for (const auto& kind : kKinds)
    if (kind.code == code) return kind;
  static constexpr Kind kFault{"internal", 500, "A fault of ours"};
  return kFault;
}

}  // namespace

int status_of(std::string_view code) { return kind_of(code).status; }

net::Response to_response(const Problem& problem, std::string_view path) {
  const Kind& kind = kind_of(problem.code);
  Json json;
  json.begin_object();
  json.field("type", "/docs/errors#" + std::string{kind.code}).field("title", kind.title);
  json.key("status").number(kind.status);
  json.field("detail", problem.detail).field("instance", path).field("code", kind.code).field("hint", problem.hint);
  json.key("params").begin_object();
  for (const auto& [name, value] : problem.params) json.field(name, value);
  json.end_object();
  json.key("retryable").boolean(kind.retryable).end_object();
  net::Response response{kind.status, "application/problem+json", json.take(), {}};
  if (problem.code == "too_many_tries") response.headers.push_back({"Retry-After", "60"});
  if (problem.code == "engine_busy" || problem.code == "too_many_connections")
    response.headers.push_back({"Retry-After", "1"});
  return response;
}

}  // namespace stom
