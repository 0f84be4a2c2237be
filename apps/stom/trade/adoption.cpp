#include "trade/adoption.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

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
    return "it has filled in part, is no plain limit order, or is at a venue where none can be adopted";
  return {};
}

}  // namespace

std::string adopt_act(const Adoption& adoption) {
  const NewOrder& order = adoption.order;
  return fmt::format("{}{} {}", kAdoptAct, order.id,
                     Json{{"venue_order_id", adoption.venue_order_id},
                          {"as", adoption.owner},
                          {"instrument", order.instrument},
                          {"side", order.side == Side::Buy ? kBuys : kSells},
                          {"quantity", order.quantity.value},
                          {"price", order.price.value},
                          {"at", adoption.time}}
                         .dump());
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
    const bool is_one = (side == kBuys || side == kSells) && adoption.order.quantity.value > 0 &&
                        !adoption.venue_order_id.empty() && adoption.venue_order_id.size() <= LiveLink::Name::kMost;
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
        .time = 0};
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
  for (const Adoption& one : found.orders)
    orders.push_back(
        {{"order", unmistakable(one, instruments)},
         {"text", order_text(instruments[one.order.instrument], one.order.side, one.order.price, one.order.quantity)}});
  return {{"orders", std::move(orders)}, {"left_out", found.left_out}};
}

}  // namespace stom::trade
