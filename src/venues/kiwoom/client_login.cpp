// The token that key and secret buy, the login with it, and what is registered and asked for behind it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "venues/kiwoom/signing.hpp"
#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {
namespace {

constexpr DurationNanos kTokenRetryAfter = 5 * kSecond;
constexpr DurationNanos kRenewBefore = 10 * kMinute;  // the end of a token

}  // namespace

void StockClient::ask_token(Actions& actions) {
  rest("/oauth2/token", "au10001", Priority::Session, tag_of(About::Token), {});
  request_.headers = {{"api-id", "au10001"}, {"Content-Type", "application/json;charset=UTF-8"}};
  request_.body = token_request(credentials_);
  request_.sign_late = false;  // nothing to sign with yet
  actions.request(request_);
}

void StockClient::token_answered(const Reply& reply, UnixNanos now, Actions& actions) {
  events_.clear();
  if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what == What::Events &&
      !events_.events.empty()) {
    const auto& event = events_.events.front();
    if (event.kind == "token") {
      token_ = text(event, "token");
      const auto expires = events_.find(event, "expire_time_ns")->integer;
      actions.timer(kAskToken, std::max(expires - kRenewBefore, now + kMinute));
      if (!wanted_) connect(actions);
      wanted_ = true;
      if (open_ && !logged_in_) log_in(actions);  // the one before was refused
      return;
    }
    if (event.kind == "refusal")
      return no_token(fmt::format("token refused: {}", text(event, "message")), now, actions);
  }
  no_token(fmt::format("no token: HTTP {}", reply.status), now, actions);
}

void StockClient::no_token(std::string_view why, UnixNanos now, Actions& actions) {
  actions.status({VenueState::Refused, why});
  actions.timer(kAskToken, now + kTokenRetryAfter);
}

void StockClient::connect(Actions& actions) { actions.connect(kStream, "stream", "/api/dostk/websocket", {}); }

void StockClient::connect_anew(UnixNanos now, Actions& actions) {
  actions.disconnect(kStream);
  closed(kStream, "the answer to the login could not be read", now, actions);
  connect(actions);
}

void StockClient::log_in(Actions& actions) {
  actions.status({VenueState::LoggingIn, "login"});
  say(fmt::format(R"({{"trnm":"LOGIN","token":"{}"}})", token_), {}, actions);
}

void StockClient::registered(UnixNanos now, Actions& actions) {
  logged_in_ = true;
  account_told_ = false;
  say(R"({"trnm":"REG","grp_no":"0","refresh":"1","data":[{"item":[""],"type":["00","04","0s"]}]})", {}, actions);
  for (auto& [code, watched] : watched_) register_as_wanted(code, watched, actions);
  if (!search_.empty()) ask_searches(actions);
  ask_orders(now, actions);
  ask_account(now, actions);
  actions.status({VenueState::SignedIn, "logged in"});
}

void StockClient::refused(const Event& event, UnixNanos now, Actions& actions) {
  actions.status({VenueState::Refused, fmt::format("{}: {}", text(event, "request"), text(event, "message"))});
  if (text(event, "request") != "LOGIN") return;
  actions.timer(kAskToken, now + kTokenRetryAfter);  // mostly a token that is over
}

void StockClient::token_refused(std::string_view words, int status, UnixNanos now, Actions& actions) {
  if (status == 401 || words.contains("8005")) actions.timer(kAskToken, now);
}

}  // namespace stom::venues::kiwoom
