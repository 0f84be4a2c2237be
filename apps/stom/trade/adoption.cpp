#include "trade/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

#include "core/decimal.hpp"
#include "live/live_link.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kAllOfThem = "all", kBuys = "buy", kSells = "sell";

std::string unmistakable(const Adoption& one, std::span<const Instrument> instruments) {
  return fmt::format("{}/{}", instruments[one.order.instrument].id, one.venue_order_id);
}

std::optional<ClientOrderId> id_adopted_by(std::string_view act) {
  if (!act.starts_with(kAdoptAct)) return std::nullopt;
  act.remove_prefix(kAdoptAct.size());
  ClientOrderId id = 0;
  const auto [end, wrong] = std::from_chars(act.data(), act.data() + act.size(), id);
  return wrong == std::errc{} && end != act.data() + act.size() && *end == ' ' ? std::optional{id} : std::nullopt;
}

/// Empty: nothing is in the way.
std::string_view why_not(const venues::WorkingOrder& order, std::size_t traded) {
  if (order.instrument >= traded) return "the session does not trade that instrument";
  if (order.trigger_price.value != 0) return "it waits for a price";
  if (!order.adoptable || order.venue_order_id.size() > LiveLink::Name::kMost)
    return "it is no plain limit order that rests, or what has filled of it is still being asked for";
  return {};
}

/// A whole number that need not fit 64 bits; nothing where it is none. From 0 on, as what was filled is.
std::optional<Int128> read_whole(std::string_view text) {
  constexpr std::size_t kMostDigits = 36;
  if (text.empty() || text.size() > kMostDigits) return std::nullopt;
  Int128 number = 0;
  for (const char digit : text) {
    if (digit < '0' || digit > '9') return std::nullopt;
    number = number * 10 + (digit - '0');
  }
  return number;
}

}  // namespace

std::string adopt_act(const Adoption& adoption) {
  const NewOrder& order = adoption.order;
  Json json{{"venue_order_id", adoption.venue_order_id},
            {"as", adoption.owner},
            {"instrument", order.instrument},
            {"side", order.side == Side::Buy ? kBuys : kSells},
            {"quantity", order.quantity.value},
            {"price", order.price.value},
            {"at", adoption.time}};
  if (const auto& [quantity, value, fees] = adoption.before; quantity.value > 0) {
    json["filled"] = quantity.value;
    json["filled_value"] = format_decimal(value, 0);
    json["filled_fees"] = format_decimal(fees.value, 0);
  }
  return fmt::format("{}{} {}", kAdoptAct, order.id, json.dump());
}

std::optional<Adoption> adopted_by(std::string_view act) {
  const auto id = id_adopted_by(act);
  if (!id) return std::nullopt;
  const auto json = Json::parse(act.substr(act.find(' ', kAdoptAct.size()) + 1), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  try {
    const auto side = json.at("side").get<std::string>();
    Adoption adoption{.order = {.id = *id,
                                .instrument = json.at("instrument").get<InstrumentIndex>(),
                                .side = side == kSells ? Side::Sell : Side::Buy,
                                .quantity = {json.at("quantity").get<std::int64_t>()},
                                .price = {json.at("price").get<std::int64_t>()}},
                      .venue_order_id = json.at("venue_order_id").get<std::string>(),
                      .owner = json.at("as").get<std::string>(),
                      .time = json.at("at").get<UnixNanos>()};
    bool before_is_read = true;
    if (json.contains("filled")) {
      const auto value = read_whole(json.at("filled_value").get<std::string>());
      const auto fees = read_whole(json.at("filled_fees").get<std::string>());
      before_is_read = value && fees;
      adoption.before = {
          .quantity = {json.at("filled").get<std::int64_t>()}, .value = value.value_or(0), .fees = {fees.value_or(0)}};
    }
    const bool is_one = (side == kBuys || side == kSells) && adoption.order.quantity.value > 0 && before_is_read &&
                        adoption.before.quantity.value >= 0 && !adoption.venue_order_id.empty() &&
                        adoption.venue_order_id.size() <= LiveLink::Name::kMost;
    return is_one ? std::optional{std::move(adoption)} : std::nullopt;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::optional<Adoption> adoption_of(std::span<const std::string> acts, const JournalRecord& submit) {
  if (submit.kind != RecordKind::Submit || acts.empty() || id_adopted_by(acts.back()) != submit.order.id)
    return std::nullopt;
  auto adopted = adopted_by(acts.back());
  return adopted && adopted->time == submit.time ? adopted : std::nullopt;
}

std::vector<ClientOrderId> nobodys_by(std::span<const std::string> acts) {
  std::vector<ClientOrderId> ids;
  for (const std::string& act : acts)
    if (const auto adopted = adopted_by(act); adopted && adopted->owner == kNobodys) ids.push_back(adopted->order.id);
  return ids;
}

venues::FilledBefore filled_before(std::span<const std::string> acts, ClientOrderId id, UnixNanos sent) {
  venues::FilledBefore before;
  for (const std::string& act : acts)
    if (id_adopted_by(act) == id)
      if (const auto adopted = adopted_by(act); adopted && adopted->time == sent) before = adopted->before;
  return before;
}

std::string average_before(const Adoption& adoption, const Instrument& instrument) {
  const auto& [quantity, value, fees] = adoption.before;
  if (quantity.value <= 0 || value <= 0) return {};
  return format_decimal_trimmed(divide(value, quantity.value, Rounding::HalfEven), instrument.price_decimals);
}

std::string before_text(const Adoption& adoption, const Instrument& instrument) {
  if (adoption.before.quantity.value <= 0) return {};
  const std::string average = average_before(adoption, instrument);
  return fmt::format(", the rest of an order of which {} had filled{}",
                     quantity_text(instrument, adoption.before.quantity),
                     average.empty() ? ", at a price that the venue does not say" : " at " + average + " on average");
}

std::string adoption_request(const AdoptionWish& wish) {
  return Json{{"orders", wish.orders}, {"as", wish.owner}, {"only_shown", wish.only_shown}}.dump();
}

Result<AdoptionWish> read_adoption_request(std::string_view line) {
  const auto unreadable =
      fail(Errc::Usage, "what is to be adopted cannot be read", "ask it with the version that trades");
  const auto json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return unreadable;
  try {
    return AdoptionWish{.orders = json.at("orders").get<std::vector<std::string>>(),
                        .owner = json.at("as").get<std::string>(),
                        .only_shown = json.at("only_shown").get<bool>()};
  } catch (const Json::exception&) {
    return unreadable;
  }
}

Result<ToAdopt> orders_to_adopt(const AdoptionWish& wish, std::span<const VenueHolds> accounts,
                                std::span<const Instrument> instruments, std::size_t traded) {
  std::vector<const venues::WorkingOrder*> others;
  for (const VenueHolds& account : accounts)
    for (const venues::WorkingOrder& order : account.orders)
      if (order.id == 0) others.push_back(&order);
  const auto adoption_of = [&](const venues::WorkingOrder& order) {
    return Adoption{
        .order = {.instrument = order.instrument, .side = order.side, .quantity = order.leaves, .price = order.price},
        .venue_order_id = order.venue_order_id,
        .owner = wish.owner,
        .time = 0,
        .before = order.filled};
  };
  const auto text = [&](const venues::WorkingOrder& order) {
    return fmt::format("{} (order {})",
                       order_text(instruments[order.instrument], order.side, order.price, order.leaves),
                       order.venue_order_id);
  };
  ToAdopt found;
  if (wish.orders == std::vector<std::string>{std::string{kAllOfThem}}) {
    for (const venues::WorkingOrder* order : others)
      if (const auto why = why_not(*order, traded); why.empty())
        found.orders.push_back(adoption_of(*order));
      else
        found.left_out.push_back(fmt::format("{}: {}", text(*order), why));
    return found;
  }
  for (const std::string& name : wish.orders) {
    std::vector<const venues::WorkingOrder*> meant;
    std::ranges::copy_if(others, std::back_inserter(meant), [&](const venues::WorkingOrder* order) {
      return name == order->venue_order_id || name == order->client_id ||
             name == fmt::format("{}/{}", instruments[order->instrument].id, order->venue_order_id);
    });
    if (meant.empty())
      return fail(Errc::Usage, fmt::format("no order {} of somebody else's rests at the session's venues", name),
                  "stom account show --session DIR has those that do, as foreign");
    if (meant.size() > 1)
      return fail(
          Errc::Usage, fmt::format("{} orders are called {}", meant.size(), name),
          fmt::format("name the one that is meant: {}", unmistakable(adoption_of(*meant.front()), instruments)));
    if (const auto why = why_not(*meant.front(), traded); !why.empty())
      return fail(Errc::Unsupported, fmt::format("{} is not adopted: {}", text(*meant.front()), why),
                  "cancel it at the exchange's own page, or leave it where it is");
    found.orders.push_back(adoption_of(*meant.front()));
  }
  return found;
}

Json shown(const ToAdopt& found, std::span<const Instrument> instruments) {
  Json orders = Json::array();
  for (const Adoption& one : found.orders) {
    const Instrument& of = instruments[one.order.instrument];
    orders.push_back(
        {{"order", unmistakable(one, instruments)},
         {"text", order_text(of, one.order.side, one.order.price, one.order.quantity) + before_text(one, of)}});
  }
  return {{"orders", std::move(orders)}, {"left_out", found.left_out}};
}

}  // namespace stom::trade
