// Funding of Binance's futures: what positions paid or got every few hours. The user stream says that a wallet did, and
// of a crossed position not for which; the list of incomes says which, some time later. Asked for then and whenever
// the stream has begun anew. A payment is known by its symbol and time, so that it counts once, over restarts too.
// What the account pays for positions that are not the session's is booked where the session watches the instrument.
//
// https://developers.binance.com/docs/derivatives/usds-margined-futures/account/rest-api/Get-Income-History
#include <fmt/format.h>

#include <algorithm>

#include "core/decimal.hpp"
#include "venues/binance/market_client.hpp"

namespace stom::venues::binance {
namespace {

constexpr std::size_t kMostIncomes = 1000;     // of one answer
constexpr DurationNanos kListedWithin = kDay;  // a payment is in the list so long after its time, at the latest
constexpr int kFundingTries = 6;               // 1, 2, 4 ... 32 s apart

}  // namespace

void MarketClient::resume_funding(UnixNanos begun, std::span<const EarlierFunding> told) {
  funding_from_ = begun;
  for (const EarlierFunding& earlier : told) {
    UnixNanos& last = funded_[std::string{earlier.instrument->symbol()}];
    last = std::max(last, earlier.time);
    funding_from_ = std::max(funding_from_, earlier.time - kListedWithin);
  }
}

void MarketClient::ask_funding(Actions& actions) {
  if (feed_ == Feed::Spot || !signer_) return;
  rest("GET",
       fmt::format("{}/income?incomeType=FUNDING_FEE&startTime={}&limit={}", product_.api,
                   (funding_from_ + kMillisecond - 1) / kMillisecond, kMostIncomes),
       Priority::Query, tag_of(About::Funding, 0), {{kWeight, product_.income_weight}});
  request_.sign_late = true;
  actions.request(request_);
}

void MarketClient::funding_told(const Reply& reply, UnixNanos now, Actions& actions) {
  events_.clear();
  if (reply.status != 200) {
    refused(reply, "income", actions);
    if (const auto refusal = refusal_in(reply.body); refusal && refusal->is_about_the_key()) return;
    return ask_funding_again(now, actions);
  }
  if (const auto decoded = decoder_->decode(reply.body, now, events_); decoded.what != What::Events)
    return actions.malformed({Errc::BadData, decoded.text, "kept as it came; nothing of it counts"}, reply.body);
  std::size_t rows = 0;
  UnixNanos latest = funding_from_;
  for (const Event& event : events_.events) {
    if (event.kind != "income" || text(event, "income_type") != "FUNDING_FEE") continue;
    ++rows;
    const UnixNanos at = time(event);
    const auto income = parse_decimal(text(event, "income"), 8);
    if (!income) {
      actions.malformed(income.error(), reply.body);
      continue;
    }
    latest = std::max(latest, at);
    if (at < funding_from_) continue;
    const auto watched = watched_.find(text(event, "instrument"));
    if (watched == watched_.end()) {  // told once somebody watches it; the stream need not be waited for
      funding_owed_ = std::max(0, funding_owed_ - 1);
      continue;
    }
    UnixNanos& last = funded_.try_emplace(watched->first, kNoTime).first->second;
    if (last != kNoTime && at <= last) continue;
    last = at;
    funding_owed_ = std::max(0, funding_owed_ - 1);
    actions.order(
        funding_report(watched->second.index, {-Int128{*income} * power_of_ten(kMoneyDecimals - 8)}, at, now));
  }
  const bool more = rows >= kMostIncomes && latest > funding_from_;
  funding_from_ = more ? latest : std::max(funding_from_, latest - kListedWithin);
  if (more) return ask_funding(actions);
  if (funding_owed_ > 0) return ask_funding_again(now, actions);
  funding_tries_ = 0;
  actions.status({VenueState::Ready, fmt::format("funding is told up to {}", format_time(now))});
}

void MarketClient::ask_funding_again(UnixNanos now, Actions& actions) {
  if (funding_tries_ >= kFundingTries) {  // with the next payment, or when the stream begins anew
    funding_owed_ = funding_tries_ = 0;
    return actions.status(
        {VenueState::Ready, "a funding payment is not in the list of incomes: asked for again later"});
  }
  actions.timer(kAskFunding, now + (kSecond << funding_tries_++));
}

}  // namespace stom::venues::binance
