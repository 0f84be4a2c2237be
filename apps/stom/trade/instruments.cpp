#include "trade/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "core/decimal.hpp"
#include "core/spelling.hpp"
#include "net/address.hpp"
#include "venues/ladders.hpp"
#include "venues/registry.hpp"

namespace stom::trade {
namespace {

constexpr int kMarkDecimals = 8;  // of a contract's mark price, finer than its tick
/// A price may fall, and with it the tick: so many decimals finer than the tick in force are kept.
constexpr int kFinerTicks = 2;
constexpr std::size_t kListBytes = 64u << 20;
constexpr std::chrono::seconds kListTime{60};
constexpr std::chrono::milliseconds kFirstPause{500}, kLongestPause{8000}, kLook{100};

Result<std::int64_t> at(std::string_view text, int decimals, std::string_view what) {
  const auto value = parse_decimal(text, decimals);
  if (!value || *value <= 0)
    return fail(Errc::BadData, fmt::format("{} '{}' is not above 0", what, text), "the venue's list is wrong");
  return value;
}

int decimals_in(std::string_view text) {
  const auto dot = text.find('.');
  return dot == std::string_view::npos ? 0 : static_cast<int>(text.size() - dot - 1);
}

/// Of prices, where the tick follows a ladder: a book counts in the finest tick that can be said, and holds 2^31 of
/// them.
int kept_decimals(std::string_view tick) {
  if (const int decimals = decimals_in(tick); decimals > 0) return decimals + kFinerTicks;
  const auto zeros = static_cast<int>(tick.size() - 1 - std::min(tick.find_last_not_of('0'), tick.size() - 1));
  return std::max(0, kFinerTicks - zeros);
}

}  // namespace

Result<std::vector<Listed>> read_list(std::string_view venue, std::string_view list) {
  const auto decoder = venues::make_decoder(venue);
  venues::EventBatch events;
  const auto decoded = decoder ? decoder->decode(list, kNoTime, events) : venues::Decoded{};
  if (!decoder || decoded.what != venues::Decoded::What::Events)
    return fail(Errc::BadData, fmt::format("the list of instruments of {} cannot be read: {}", venue, decoded.text),
                "the venue may have changed it (docs/venues); try again, and report it");
  std::vector<Listed> all;
  std::map<std::string_view, std::size_t> place;
  const auto of = [&](std::string_view symbol) -> Listed& {
    const auto [at, is_new] = place.try_emplace(symbol, all.size());
    if (is_new) all.push_back({.symbol = std::string{symbol}, .state = {}, .tick = {}, .lot = {}, .contract_size = {}});
    return all[at->second];
  };
  for (const venues::Event& event : events.events) {
    const auto text = [&](std::string_view name) {
      const auto* field = events.find(event, name);
      return field ? field->text : std::string_view{};
    };
    if (event.kind == "refusal")
      return fail(Errc::NotFound, fmt::format("{} refuses: {}", venue, text("message")),
                  "name an instrument as the venue writes it");
    if (event.kind == "instrument") {
      Listed& listed = of(text("instrument"));
      listed.tick = text("tick_size");
      listed.state = text("trading_status").empty() ? text("state") : text("trading_status");
      if (const auto* size = events.find(event, "contract_size")) listed.contract_size = std::to_string(size->integer);
    }
    if (event.kind != "filter") continue;
    Listed& listed = of(text("instrument"));
    if (text("filter") == "PRICE_FILTER") listed.tick = text("tick_size");
    if (text("filter") == "LOT_SIZE") listed.lot = text("lot");
  }
  return all;
}

Result<Instrument> instrument_from(const std::string& id, std::string_view list, UnixNanos now) {
  Instrument made = venues::describe(id);
  Listed listed;
  if (!list.empty()) {
    const auto all = read_list(made.venue(), list);
    if (!all) return std::unexpected(all.error());
    if (const auto at = std::ranges::find(*all, made.symbol(), &Listed::symbol); at != all->end()) {
      listed = *at;
    } else {
      std::vector<std::string> others;
      for (const Listed& other : *all) others.push_back(other.symbol);
      const std::string near = nearest_name(made.symbol(), others);
      return fail(Errc::NotFound, fmt::format("{} lists no {}", made.venue(), made.symbol()),
                  near.empty() ? "name it as the venue writes it" : fmt::format("did you mean {}?", near));
    }
  }
  const std::string market = venues::market_of(id);
  const auto ladder = market.empty() ? std::nullopt : venues::ladder_on(market, made.base, day_of(now));
  if (!ladder && (listed.tick.empty() || listed.lot.empty()))
    return fail(Errc::NotFound, fmt::format("tick and lot of {} are not known: no list of the venue has them", id),
                "stom venue list shows the venues that can be traded");
  made.price_decimals = listed.tick.empty() ? 1 : ladder ? kept_decimals(listed.tick) : decimals_in(listed.tick);
  if (made.kind != ContractKind::Spot) made.price_decimals = std::max(made.price_decimals, kMarkDecimals);
  made.quantity_decimals = decimals_in(listed.lot.empty() ? ladder->lot : listed.lot);
  if (!listed.contract_size.empty()) {
    std::int64_t size = 0;
    const auto& text = listed.contract_size;
    std::from_chars(text.data(), text.data() + text.size(), size);
    if (size > 0 && made.kind == ContractKind::Inverse) made.contract_size = size;
  }
  if (ladder) {
    venues::apply_ladder(*ladder, made);
    return made;
  }
  const auto tick = at(listed.tick, made.price_decimals, "tick"), lot = at(listed.lot, made.quantity_decimals, "lot");
  if (!tick || !lot) return std::unexpected((tick ? lot : tick).error());
  made.ladder = {{Price{0}, Price{*tick}}};
  made.lot = Quantity{*lot};
  return made;
}

Result<std::string_view> InstrumentLists::text(const std::string& id, const std::string& rest,
                                               const std::function<bool()>& go_on) {
  const std::string path = venues::list_of(id);
  if (path.empty() || rest.empty()) return std::string_view{};
  const std::string address = rest + path;
  if (const auto at = lists_.find(address); at != lists_.end()) return at->second;
  const auto url = net::parse_url(address);
  if (!url) return std::unexpected(url.error());
  net::HttpClientLimits limits;
  limits.answer.body_bytes = kListBytes;
  limits.answer_time = kListTime;
  auto& server = servers_.try_emplace(net::host_and_port(*url), route_, *url, limits).first->second;
  const auto venue = id.substr(0, id.find(':'));
  auto answer = ask(server, url->target, venue, go_on);
  if (!answer)
    return fail(answer.error().code, fmt::format("what {} lists: {}", venue, answer.error().message),
                answer.error().hint);
  if (answer->status == 400 || answer->status == 404)
    return fail(Errc::NotFound,
                fmt::format("{} has no {}: it answers {}, {}", venue, id.substr(venue.size() + 1), answer->status,
                            answer->body.substr(0, 200)),
                "name it as the venue writes it (stom venue instruments)");
  if (answer->status != 200)
    return fail(Errc::Io, fmt::format("what {} lists: it answers {}", venue, answer->status),
                answer->status == 403 || answer->status == 451 ? "it does not serve this network or country"
                                                               : "try again later (stom venue check)");
  return lists_.emplace(address, std::move(answer->body)).first->second;
}

Result<net::Response> InstrumentLists::ask(net::Fetcher& server, std::string_view target, std::string_view venue,
                                           const std::function<bool()>& go_on) const {
  for (auto pause = kFirstPause;; pause *= 2) {
    auto answer = server.get(target, go_on);
    if (!answer || answer->status < 500 || !told_ || pause > kLongestPause) return answer;
    told_(fmt::format("{} answers {}; it is asked again in {} s", venue, answer->status,
                      std::chrono::duration<double>{pause}.count()));
    for (auto left = pause; left > left.zero(); left -= kLook) {
      if (!go_on()) return fail(Errc::Canceled, "interrupted", "");
      std::this_thread::sleep_for(kLook);
    }
  }
}

Result<Instrument> InstrumentLists::find(const std::string& id, const std::string& rest, UnixNanos now,
                                         const std::function<bool()>& go_on) {
  const auto list = text(id, rest, go_on);
  if (!list) return std::unexpected(list.error());
  return instrument_from(id, *list, now);
}

}  // namespace stom::trade
