#include "trade/venue_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/decimal.hpp"
#include "trade/exposure_view.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;
using gateway::Gateway;

constexpr std::array<std::pair<venues::Priority, std::string_view>, 5> kPriorities{
    {{venues::Priority::Risk, "risk"},
     {venues::Priority::Order, "order"},
     {venues::Priority::Session, "session"},
     {venues::Priority::Query, "query"},
     {venues::Priority::Background, "background"}}};

std::string_view name_of(Gateway::LinkState state) {
  switch (state) {
    case Gateway::LinkState::Open:
      return "open";
    case Gateway::LinkState::Opening:
      return "opening";
    case Gateway::LinkState::Waiting:
      break;
  }
  return "waiting";
}

std::string_view name_of(venues::BudgetKind kind) {
  switch (kind) {
    case venues::BudgetKind::FixedWindow:
      return "fixed_window";
    case venues::BudgetKind::SlidingWindow:
      return "sliding_window";
    case venues::BudgetKind::Standing:
      break;
  }
  return "standing";
}

/// Whole milliseconds from `from` to `to`; a part of one counts as one, so that what is not over is not 0.
std::int64_t milliseconds(UnixNanos from, UnixNanos to) {
  return std::max<DurationNanos>(0, to - from + kMillisecond - 1) / kMillisecond;
}

std::string word(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string milliseconds_text(const Json& value) {
  return value.is_number() ? format_duration(value.get<std::int64_t>() * kMillisecond) : "never";
}

}  // namespace

WireView view_of(const Gateway& gateway, const venues::Description& venue, UnixNanos now) {
  WireView view{.at = now,
                .connected = gateway.connected(),
                .connections = gateway.connections(),
                .clock = gateway.clock(now),
                .budgets = {},
                .counts = gateway.counts()};
  for (const auto& [priority, name] : kPriorities)
    view.waiting[static_cast<std::size_t>(priority)] = gateway.waiting(priority);
  for (std::size_t i = 0; i < venue.budgets.size(); ++i) {
    const auto index = static_cast<venues::BudgetIndex>(i);
    const gateway::Budgets& budgets = gateway.budgets();
    view.budgets.push_back({budgets.used(index, now), budgets.limit(index), budgets.closed_until(index)});
  }
  return view;
}

namespace {

Json connections_json(const WireView& wire) {
  Json connections = Json::array();
  for (const auto& one : wire.connections)
    connections.push_back(
        {{"name", one.endpoint},
         {"id", one.id},
         {"state", name_of(one.state)},
         {"for_ms", milliseconds(one.since, wire.at)},
         {"retry_in_ms", one.retry_at == kNever ? Json{} : Json(milliseconds(wire.at, one.retry_at))}});
  return connections;
}

Json budgets_json(const venues::Description& venue, const WireView& wire) {
  Json budgets = Json::array();
  for (std::size_t i = 0; i < venue.budgets.size(); ++i) {
    const venues::Budget& budget = venue.budgets[i];
    const auto& [used, limit, closed_until] = wire.budgets[i];
    budgets.push_back(
        {{"name", budget.name},
         {"kind", i == venue.registrations ? "registrations" : name_of(budget.kind)},
         {"used", used},
         {"limit", limit},
         {"window_ms", budget.window == 0 ? Json{} : Json(budget.window / kMillisecond)},
         {"closed_for_ms", closed_until <= wire.at ? Json{} : Json(milliseconds(wire.at, closed_until))}});
  }
  return budgets;
}

Json counts_json(const gateway::GatewayCounts& counts) {
  return {{"frames", counts.frames},
          {"unknown_frames", counts.unknown_frames},
          {"malformed_frames", counts.malformed_frames},
          {"requests", counts.texts + counts.calls},
          {"answers", counts.answers},
          {"not_written", counts.not_written},
          {"unknown_outcomes", counts.unknown},
          {"refusals", counts.refusals},
          {"queue_full", counts.queue_full},
          {"reconnects", counts.reconnects},
          {"silent", counts.silent}};
}

Json book_json(const BooksView::Book& book, const Instrument& instrument, UnixNanos now) {
  const auto price = [&](Price value) {
    return value == kNoPrice ? Json{} : Json(format_decimal(value.value, instrument.price_decimals));
  };
  const auto quantity = [&](const Level& level) {
    return level.price == kNoPrice ? Json{} : Json(format_decimal(level.quantity.value, instrument.quantity_decimals));
  };
  return {{"id", instrument.id},
          {"bid", price(book.bid.price)},
          {"bid_quantity", quantity(book.bid)},
          {"ask", price(book.ask.price)},
          {"ask_quantity", quantity(book.ask)},
          {"last", price(book.last)},
          {"stale", book.stale},
          {"age_ms", book.heard_at == kNoTime ? Json{} : Json(milliseconds(book.heard_at, now))}};
}

}  // namespace

Json venue_json(const venues::Description& venue, const WireView& wire, Json universe, const BooksView& books,
                std::span<const Instrument> instruments) {
  Json clock;
  if (wire.clock)
    clock = {{"offset_us", wire.clock->offset / kMicrosecond}, {"error_us", wire.clock->error / kMicrosecond}};
  Json waiting = Json::object();
  for (const auto& [priority, name] : kPriorities) waiting[name] = wire.waiting[static_cast<std::size_t>(priority)];
  Json lag;
  if (books.lag != kNoTime) lag = std::max<DurationNanos>(books.lag, 0) / kMillisecond;
  Json rows = Json::array();
  for (const auto& book : books.books) rows.push_back(book_json(book, instruments[book.instrument], books.at));
  return {{"name", venue.name},
          {"connected", wire.connected},
          {"connections", connections_json(wire)},
          {"clock", std::move(clock)},
          {"waiting", std::move(waiting)},
          {"budgets", budgets_json(venue, wire)},
          {"counts", counts_json(wire.counts)},
          {"universe", std::move(universe)},
          {"lag_ms", std::move(lag)},
          {"instruments", std::move(rows)}};
}

Json slowest_json(const SlowestEvent& slowest, std::span<const Instrument> instruments, UnixNanos now) {
  const auto json = [&](const SlowestEvent::Event& event) {
    if (event.waited == kNoTime) return Json{};
    return Json{{"waited_us", (event.waited + kMicrosecond - 1) / kMicrosecond},
                {"instrument", instruments[event.instrument].id},
                {"age_ms", milliseconds(event.taken, now)}};
  };
  return {{"lately", json(slowest.lately(now))}, {"ever", json(slowest.ever())}};
}

std::vector<ViewRow> view_rows(const Json& view) {
  std::vector<ViewRow> rows;
  if (const auto slowest = view.find("slowest"); slowest != view.end() && slowest->is_object())
    for (const auto& [when, event] : slowest->items())
      if (event.is_object())
        rows.push_back({"all", "slowest event", when,
                        fmt::format("waited {} us, {}, {} ago", word(event.at("waited_us")),
                                    word(event.at("instrument")), milliseconds_text(event.at("age_ms")))});
  if (const auto risk = view.find("risk"); risk != view.end() && risk->is_object()) {
    rows.push_back({"all", "exposure", risk->at("currency").get<std::string>(), exposure_text(*risk)});
    for (const Json& rate : risk->at("rates"))
      rows.push_back({"all", "rate", fmt::format("{}/{}", word(rate.at("from")), word(rate.at("to"))),
                      fmt::format("{} by {}, {} old{}", word(rate.at("rate")), word(rate.at("source")),
                                  milliseconds_text(rate.at("age_ms")), rate.at("stale") == true ? ", stale" : "")});
  }
  for (const Json& venue : view.at("venues")) {
    const std::string name = word(venue.at("name"));
    const auto row = [&](std::string part, std::string of, std::string value) {
      rows.push_back({name, std::move(part), std::move(of), std::move(value)});
    };
    const Json& lag = venue.at("lag_ms");
    row("venue", "lag", lag.is_null() ? "no message yet" : fmt::format("{} ms", word(lag)));
    if (const Json& clock = venue.at("clock"); clock.is_object())
      row("venue", "clock",
          fmt::format("{} us, known to {} us", word(clock.at("offset_us")), word(clock.at("error_us"))));
    else
      row("venue", "clock", "not told yet");
    for (const Json& one : venue.at("connections")) {
      std::string text = fmt::format("{} for {}", word(one.at("state")), milliseconds_text(one.at("for_ms")));
      if (one.at("state") == "waiting") text += fmt::format(", opened in {}", milliseconds_text(one.at("retry_in_ms")));
      row("connection", fmt::format("{} {}", word(one.at("name")), word(one.at("id"))), std::move(text));
    }
    for (const Json& one : venue.at("budgets")) {
      std::string text = fmt::format("{} of {}", word(one.at("used")), word(one.at("limit")));
      if (one.at("window_ms").is_number()) text += fmt::format(" in {}", milliseconds_text(one.at("window_ms")));
      if (one.at("closed_for_ms").is_number())
        text += fmt::format(", closed for {}", milliseconds_text(one.at("closed_for_ms")));
      row(one.at("kind") == "registrations" ? "registrations" : "budget", word(one.at("name")), std::move(text));
    }
    for (const auto& [priority, count] : venue.at("waiting").items())
      if (count != 0) row("waiting", priority, word(count));
    for (const auto& [what, count] : venue.at("counts").items())
      if (count != 0) row("count", what, word(count));
    for (const Json& one : venue.at("instruments")) {
      const auto side = [&](const char* price, const char* quantity) {
        return one.at(price).is_null() ? std::string{"none"}
                                       : fmt::format("{} x {}", word(one.at(price)), word(one.at(quantity)));
      };
      std::string text = fmt::format("{} | {}", side("bid", "bid_quantity"), side("ask", "ask_quantity"));
      if (one.at("stale") == true) text += ", stale";
      if (one.at("age_ms").is_number()) text += fmt::format(", heard {} ago", milliseconds_text(one.at("age_ms")));
      row("book", word(one.at("id")), std::move(text));
    }
  }
  return rows;
}

}  // namespace stom::trade
