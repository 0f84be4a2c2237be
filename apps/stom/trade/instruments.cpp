#include "trade/instruments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/decimal.hpp"
#include "core/spelling.hpp"
#include "venues/ladders.hpp"
#include "venues/registry.hpp"

namespace stom::trade {
namespace {

constexpr int kMarkDecimals = 8;  // of a contract's mark price, finer than its tick
/// A price may fall, and with it the tick: so many decimals finer than the tick in force are kept.
constexpr int kFinerTicks = 2;

/// What a list says of one instrument; decimals as text, empty where it says nothing.
struct Listed {
  bool there = false;
  std::string tick, lot, contract_size;
  std::vector<std::string> others;
};

Result<Listed> read_list(const std::string& id, std::string_view list) {
  const auto venue = id.substr(0, id.find(':'));
  const std::string symbol = id.substr(id.find(':') + 1);
  const auto decoder = venues::make_decoder(venue);
  venues::EventBatch events;
  const auto decoded = decoder ? decoder->decode(list, kNoTime, events) : venues::Decoded{};
  if (!decoder || decoded.what != venues::Decoded::What::Events)
    return fail(Errc::BadData, fmt::format("the list of instruments of {} cannot be read: {}", venue, decoded.text),
                "the venue may have changed it (docs/venues); try again, and report it");
  Listed out;
  for (const venues::Event& event : events.events) {
    const auto text = [&](std::string_view name) {
      const auto* field = events.find(event, name);
      return field ? field->text : std::string_view{};
    };
    const bool this_one = text("instrument") == symbol;
    if (event.kind == "instrument" && !this_one) out.others.emplace_back(text("instrument"));
    if (event.kind == "refusal")
      return fail(Errc::NotFound, fmt::format("{} does not list {}: {}", venue, symbol, text("message")),
                  "name an instrument as the venue writes it");
    if (!this_one) continue;
    if (event.kind == "instrument") {
      out.there = true;
      out.tick = text("tick_size");
      if (const auto* size = events.find(event, "contract_size")) out.contract_size = std::to_string(size->integer);
    }
    if (event.kind != "filter") continue;
    if (text("filter") == "PRICE_FILTER") out.tick = text("tick_size");
    if (text("filter") == "LOT_SIZE") out.lot = text("lot");
  }
  return out;
}

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

Result<Instrument> instrument_from(const std::string& id, std::string_view list, UnixNanos now) {
  Instrument made = venues::describe(id);
  Listed listed;
  if (!list.empty()) {
    auto read = read_list(id, list);
    if (!read) return std::unexpected(read.error());
    listed = std::move(*read);
    if (!listed.there) {
      const std::string near = nearest_name(made.symbol(), listed.others);
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

const venues::Endpoint* rest_endpoint(const venues::Description& description) {
  for (const auto& endpoint : description.endpoints)
    if (endpoint.transport == venues::Transport::Https) return &endpoint;
  return nullptr;
}

}  // namespace stom::trade
