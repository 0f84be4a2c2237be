// What a venue wants done and what it learned, written down a line each: the far side of a venue in its tests.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "core/decimal.hpp"
#include "venues/venue.hpp"

namespace stom::venues::test {

inline constexpr UnixNanos kNow = 1'700'000'000 * kSecond;

/// Writes down, one line each.
struct Notes final : Actions {
  std::vector<std::string> lines;
  std::vector<Request> requests;
  std::vector<Money> fees;                   // of fills
  RejectReason reason = RejectReason::None;  // of the last order()
  std::size_t messages = 0;
  std::string holdings;  // of the last account()
  VenueState state = VenueState::Connecting;
  std::string said, remedy;  // the last status
  std::string names;         // that order_named() told
  std::string everything;    // what rests there, as everything_told() had it last

  void connect(ConnectionId id, std::string_view endpoint, std::string_view target, std::span<const Header>) override {
    lines.push_back(fmt::format("connect {} {} {}", id, endpoint, target));
  }
  void disconnect(ConnectionId id) override { lines.push_back(fmt::format("disconnect {}", id)); }
  void request(const Request& request) override {
    requests.push_back(request);
    lines.push_back(request.endpoint.empty() ? fmt::format("say {} {}", request.connection, request.body)
                                             : fmt::format("{} {} {}", request.method, request.target, request.body));
    while (lines.back().ends_with(' ')) lines.back().pop_back();
  }
  void settled(Tag) override { lines.push_back("settled"); }
  void timer(TimerId id, UnixNanos at) override {
    lines.push_back(fmt::format("timer {} in {} ms", id, (at - kNow) / kMillisecond));
  }
  void venue_clock(UnixNanos from, UnixNanos to) override {
    lines.push_back(fmt::format("venue clock {}+{} ms", from / kMillisecond, (to - from) / kMillisecond));
  }
  void release(BudgetIndex budget, std::int64_t amount) override {
    lines.push_back(fmt::format("release {} {}", budget, amount));
  }
  void set_limit(BudgetIndex, std::int64_t) override {}
  void market(InstrumentIndex index, const MessageBatch& batch) override {
    messages += batch.messages.size();
    lines.push_back(fmt::format("market {} {}", index, batch.messages.size()));
  }
  void book_stale(InstrumentIndex index, std::string_view why) override {
    lines.push_back(fmt::format("stale {}: {}", index, why));
  }
  void order(const OrderReport& r) override {
    reason = r.event.reason;
    if (r.event.kind == OrderEventKind::Funding)
      return lines.push_back(fmt::format("funding {} paid {} at {} s", r.event.instrument,
                                         format_decimal_trimmed(r.event.fee.value, kMoneyDecimals),
                                         (r.event.time - kNow) / kSecond));
    static constexpr std::string_view kKinds[] = {"accepted", "rejected", "denied",  "triggered",
                                                  "filled",   "canceled", "expired", "cancel rejected"};
    lines.push_back(fmt::format("order {} {} {}@{} leaves {} {}", r.event.id,
                                kKinds[static_cast<std::size_t>(r.event.kind)], r.event.quantity.value,
                                r.event.price.value, r.event.leaves.value, r.reason));
    while (lines.back().ends_with(' ')) lines.back().pop_back();
    if (r.event.kind == OrderEventKind::Filled) fees.push_back(r.event.fee);
  }
  void account(const AccountReport& report) override {
    lines.push_back("account");
    holdings = report.whole ? "whole" : "changed";
    for (const auto& b : report.balances)
      holdings += fmt::format(" {} {}+{}", b.currency, format_decimal_trimmed(b.free.value, kMoneyDecimals),
                              format_decimal_trimmed(b.locked.value, kMoneyDecimals));
    for (const auto& p : report.positions)
      holdings += fmt::format(" {}: {}@{}", p.instrument, p.quantity.value, p.entry_price.value);
  }
  void order_named(ClientOrderId id, std::string_view venue_order_id) override {
    names += fmt::format("{}={};", id, venue_order_id);
  }
  void everything_told(const EverythingReport& report) override {
    everything = "all:";
    for (const auto& order : report.orders)
      everything +=
          fmt::format(" {} {} {} left at {}", order.id, order.client_id, order.leaves.value, order.price.value);
  }
  void named(const NamedReport& report) override {
    static constexpr std::string_view kWhat[] = {"all", "came", "left"};
    lines.push_back(fmt::format("named {}:", kWhat[static_cast<std::size_t>(report.what)]));
    for (const auto symbol : report.symbols) lines.back().append(" ").append(symbol);
  }
  void status(const StatusReport& report) override {
    state = report.state;
    said = report.text;
    remedy = report.remedy;
  }
  void unknown(std::string_view type, std::string_view) override { lines.push_back(fmt::format("unknown {}", type)); }
  void malformed(const Error& error, std::string_view) override { lines.push_back("malformed " + error.message); }

  std::string take() {
    const auto text = fmt::format("{}", fmt::join(lines, "\n"));
    lines.clear();
    return text;
  }
};

}  // namespace stom::venues::test
