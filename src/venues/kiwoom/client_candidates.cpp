// Which stocks are worth watching, as Kiwoom says it: the ranking by traded value, and condition searches that are kept
// there.
#include <fmt/format.h>

#include <utility>

#include "venues/kiwoom/stock_client.hpp"

namespace stom::venues::kiwoom {

void StockClient::rank_by_value(std::size_t most, UnixNanos, Actions& actions) {
  if (token_.empty() || most_ranked_ != 0 || most == 0) return;  // before the login, or the last one is on its way
  most_ranked_ = most;
  rest("/api/dostk/rkinfo", "ka10032", Priority::Query, tag_of(About::Ranking), {{kRankings, 1}});
  request_.body = R"({"mrkt_tp":"000","mang_stk_incls":"0","stex_tp":"1"})";
  actions.request(request_);
}

void StockClient::follow_search(std::string_view condition, UnixNanos, Actions& actions) {
  search_ = condition;
  if (logged_in_) ask_searches(actions);
}

void StockClient::ranked(const Reply& reply, UnixNanos now, Actions& actions) {
  const std::size_t most = std::exchange(most_ranked_, 0);
  events_.clear();
  const auto decoded = decoder_->decode(reply.body, now, events_);
  const bool read = reply.status == 200 && decoded.what == What::Events;
  if (!read || (!events_.events.empty() && events_.events.front().kind == "refusal")) {
    const auto words = read ? refusal_text(events_.events.front()) : fmt::format("HTTP {}", reply.status);
    token_refused(words, reply.status, now, actions);
    if (decoded.what == What::Malformed && reply.status == 200)
      actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
    return actions.status({VenueState::Ready, fmt::format("no ranking: {}", words)});
  }
  names_.clear();
  for (const auto& event : events_.events)
    if (event.kind == "ranking" && names_.size() < most) names_.push_back(text(event, "instrument"));
  actions.named({.symbols = names_});
}

void StockClient::ask_searches(Actions& actions) { say(R"({"trnm":"CNSRLST"})", {}, actions); }

void StockClient::find_search(Actions& actions) {
  if (search_.empty()) return;
  std::string there;
  for (const auto& event : events_.events) {
    const auto number = text(event, "condition"), name = text(event, "name");
    if ((number == search_ || name == search_) && number.find_first_not_of("0123456789") == std::string_view::npos) {
      search_number_ = number;
      return say(fmt::format(R"({{"trnm":"CNSRREQ","seq":"{}","search_type":"1","stex_tp":"K"}})", number), {},
                 actions);
    }
    there += fmt::format("{}{} {}", there.empty() ? "" : ", ", number, name);
  }
  actions.status({VenueState::Ready, fmt::format("no condition search {}; there are: {}", search_, there)});
}

bool StockClient::matched(const Event& event, Actions& actions) {
  const auto change = text(event, "change");
  const bool moves = change == "entered" || change == "left";
  if (search_number_.empty() || text(event, "condition") != search_number_) return moves;
  names_.clear();
  if (moves) {
    names_.push_back(text(event, "instrument"));
    actions.named({change == "left" ? NamedReport::What::Left : NamedReport::What::Came, names_});
    return true;
  }
  for (const auto& one : events_.events)
    if (one.kind == "condition_match") names_.push_back(text(one, "instrument"));
  actions.named({.symbols = names_});
  return false;
}

}  // namespace stom::venues::kiwoom
