// The stream that tells of orders and account: of spot by a signed subscription, of futures by a listen key.
#include <fmt/format.h>

#include "venues/binance/market_client.hpp"

namespace stom::venues::binance {

void MarketClient::ask_listen_key(UnixNanos, Actions& actions) {
  rest("POST", fmt::format("{}/listenKey", product_.api), Priority::Session, tag_of(About::ListenKey, 0),
       {{kWeight, 1}});
  key_header();
  actions.request(request_);
}

void MarketClient::listen_key(const Reply& reply, UnixNanos now, Actions& actions) {
  events_.clear();
  if (reply.status == 200 && decoder_->decode(reply.body, now, events_).what == What::Events && !events_.events.empty())
    if (const auto* key = events_.find(events_.events.front(), "listen_key")) {
      if (listen_key_ != key->text) user_open_ = false;
      listen_key_ = key->text;
      actions.connect(kUser, "user", fmt::format("/ws/{}", listen_key_), {});
      // A key that is over before it opened anything is refused, and the gateway would try it again for good.
      if (!user_open_) actions.timer(kUserOpens, now + kOpensWithin);
      return actions.timer(kKeepKey, now + kKeepKeyEvery);
    }
  refused(reply, "listen key", actions);
  actions.timer(kAskKey, now + kRetryAfter);
}

void MarketClient::subscribe_user(Actions& actions) {
  reset(Priority::Session, tag_of(About::Subscription, kUser));
  request_.connection = kUser;
  request_.sign_late = true;  // the whole text: it holds a time stamp
  actions.request(request_);
}

void MarketClient::user_stream_ready(std::string_view how, UnixNanos now, Actions& actions) {
  subscribed_ = true;
  actions.status({VenueState::LoggingIn, how});
  // What happened before is not told. A stream of futures opens by the key alone: whether the secret is right, the
  // first signed question tells.
  ask_everything(now, actions);
  funding_tries_ = 0;
  ask_funding(actions);
}

}  // namespace stom::venues::binance
