#include "trade/venue_wire.hpp"

#include <fmt/format.h>

#include <utility>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

std::string holdings(const venues::AccountReport& report, const std::vector<Instrument>& instruments) {
  std::string text;
  const auto add = [&](std::string_view more) { text.append(text.empty() ? "" : ", ").append(more); };
  for (const auto& balance : report.balances) {
    if (balance.free.value == 0 && balance.locked.value == 0) continue;
    add(fmt::format("{} {}", format_decimal_trimmed(balance.free.value, kMoneyDecimals), balance.currency));
    if (balance.locked.value != 0)
      text += fmt::format(" and {} locked", format_decimal_trimmed(balance.locked.value, kMoneyDecimals));
  }
  for (const auto& position : report.positions) {
    const Instrument& of = instruments[position.instrument];
    if (position.quantity.value != 0)
      add(fmt::format("{} of {}", format_decimal_trimmed(Int128{position.quantity.value}, of.quantity_decimals),
                      of.id));
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

VenueWire::VenueWire(WireEnds ends, VenueSetup setup, std::size_t index)
    : ends_{std::move(ends)}, setup_{std::move(setup)}, index_{index} {}

Result<void> VenueWire::prepare(std::unique_ptr<gateway::Transport> transport, const std::filesystem::path& frames,
                                std::uint64_t seed) {
  if (!frames.empty()) {
    auto recorder = gateway::FrameRecorder::make({.folder = frames, .venue = setup_.name, .secrets = setup_.secrets});
    if (!recorder) return std::unexpected(recorder.error());
    recorder_ = std::move(*recorder);
  }
  transport_ = std::move(transport);
  gateway::GatewayOptions options;
  options.seed = seed;
  options.addresses = setup_.addresses;
  gateway_.emplace(*setup_.venue, *transport_, *this, recorder_.get(), options);
  transport_->serve(*gateway_);
  return {};
}

void VenueWire::set_universe(const UniverseSource& source, std::size_t pinned) {
  const auto& about = setup_.venue->description();
  const std::size_t budget = about.registrations == venues::kNoBudget
                                 ? ends_.instruments.size()
                                 : static_cast<std::size_t>(about.budgets[about.registrations].limit);
  watch_list_.emplace(
      source, ends_.instruments, pinned, budget,
      WatchList::Port{[this](std::size_t most) { gateway_->rank_by_value(most, ends_.clock.now()); },
                      [this](std::string_view condition) { gateway_->follow_search(condition, ends_.clock.now()); },
                      [this](const std::string& line) { say(line, Loudness::Warn); }});
}

nlohmann::ordered_json VenueWire::universe() const {
  if (!watch_list_) return {};
  return {{"source", watch_list_->source().text},
          {"registrations", watch_list_->budget()},
          {"in", count(WatchState::In)},
          {"kept", count(WatchState::Kept) + count(WatchState::Unknown)},
          {"waiting", count(WatchState::Waiting)}};
}

void VenueWire::publish(UnixNanos now) {
  connected_.store(gateway_->connected(), std::memory_order_relaxed);
  if (const auto clock = gateway_->clock(now)) offset_.store(clock->offset, std::memory_order_relaxed);
  if (!watch_list_) return;
  for (std::size_t state = 0; state < counts_.size(); ++state)
    counts_[state].store(watch_list_->universe().count(static_cast<WatchState>(state)), std::memory_order_relaxed);
}

void VenueWire::market(InstrumentIndex instrument, const MessageBatch& batch) { ends_.feed.market(instrument, batch); }

void VenueWire::book_stale(InstrumentIndex instrument, std::string_view why) {
  ends_.feed.book_stale(instrument, ends_.clock.now());
  say(fmt::format("book of {} stale: {}", ends_.instruments[instrument].id, why), Loudness::Warn);
}

void VenueWire::order(const venues::OrderReport& report) {
  if (report.event.id != 0)
    ends_.reconciler.look_back(index_, report,
                               asked_ == kNoTime ? kNoTime : unheard_until(asked_, gateway_->clock(ends_.clock.now())));
  ends_.heard(report.event);
  if (ends_.link) ends_.link->report(report.event);
  using enum OrderEventKind;
  const auto kind = report.event.kind;
  if (kind == Rejected || kind == Denied || kind == CancelRejected)
    say(fmt::format("order {} {}: {}", report.event.id,
                    kind == Rejected ? "rejected"
                    : kind == Denied ? "not sent"
                                     : "cannot be canceled",
                    report.reason),
        Loudness::Warn);
  else if (kind == Funding)
    say(fmt::format("funding of {}: {} {}", ends_.instruments[report.event.instrument].id,
                    format_decimal_trimmed(-report.event.fee.value, kMoneyDecimals),
                    ends_.instruments[report.event.instrument].settlement()));
  else if (report.event.id == 0)
    say(fmt::format("told of an order that is not ours: {}", report.client_id));
}

void VenueWire::order_unknown(ClientOrderId id, InstrumentIndex instrument) {
  if (ends_.link) ends_.link->report_unknown(id, instrument);
  say(fmt::format("order {}: nobody knows what became of it; asking", id), Loudness::Warn);
}

void VenueWire::order_named(ClientOrderId id, std::string_view venue_order_id) {
  if (ends_.link && !ends_.link->report_name(id, venue_order_id))
    say(fmt::format("order {} is called {}, which is too long to be kept", id, venue_order_id), Loudness::Warn);
}

void VenueWire::ask_everything(UnixNanos now) {
  we_ask_ = true;
  gateway_->ask_everything(now);
  we_ask_ = false;
}

void VenueWire::everything_asked(UnixNanos now) {
  if (!we_ask_) asked_ = now;  // its stream of orders has begun
}

void VenueWire::everything_told(const venues::EverythingReport& report) {
  asked_ = kNoTime;
  VenueHolds told = holds();
  told.asked = report.asked;
  ends_.reconciler.told(std::move(told));
}

VenueHolds VenueWire::holds() const {
  VenueHolds told{.venue = index_, .asked = kNoTime, .orders = {}, .balances = balances_, .positions = positions_};
  const auto orders = setup_.venue->working_orders();
  told.orders.assign(orders.begin(), orders.end());
  return told;
}

void VenueWire::account(const venues::AccountReport& report) {
  if (report.whole) {
    balances_.clear();
    positions_.clear();
  }
  for (const auto& balance : report.balances)
    balances_.insert_or_assign(std::string{balance.currency}, VenueHolds::Coins{balance.free, balance.locked});
  for (const auto& position : report.positions) positions_.insert_or_assign(position.instrument, position);
  if (report.whole) say("the account holds " + holdings(report, ends_.instruments));
}

void VenueWire::named(const venues::NamedReport& report) {
  if (watch_list_) watch_list_->named(report);
}

void VenueWire::status(const venues::StatusReport& report) {
  if (report.state != venues::VenueState::Unsuited) return say(report.text);
  ends_.unsuited({Errc::Unsupported, fmt::format("{}: {}", setup_.name, report.text), std::string{report.remedy}});
}

void VenueWire::unknown(std::string_view type, std::string_view) {
  if (++unknown_ <= kTold)
    say(fmt::format("a message of an unknown type, {}; it is among the frames", type), Loudness::Warn);
}

void VenueWire::malformed(const Error& error, std::string_view) {
  if (++malformed_ <= kTold) say(fmt::format("a message that cannot be read: {}", error.message), Loudness::Warn);
}

void VenueWire::say(std::string_view line, Loudness loudness) {
  ends_.log.say(fmt::format("{}: {}", setup_.name, line), loudness);
}

}  // namespace stom::trade
