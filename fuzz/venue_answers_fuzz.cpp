// What venues answer to their clients, over REST and over sockets: whatever the bytes, a client goes on, and what is
// malformed tells nothing of an order. A real client with a clock of its own asks what it asks; the input is a script
// that answers, a step a line: its first character says what happens, its second to which of those that are there, the
// rest is the text. The first byte chooses the venue. Secrets are signed with as they would be on the wire.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/assert.hpp"
#include "venues/registry.hpp"

namespace {

using namespace stom;

/// The gateway's side of a client: what it asked for and has no answer yet. It calls nothing back by itself.
class FarSide final : public venues::Actions {
 public:
  void connect(venues::ConnectionId connection, std::string_view, std::string_view,
               std::span<const venues::Header>) override {
    open[connection] = false;
  }
  void disconnect(venues::ConnectionId connection) override { open.erase(connection); }
  void request(const venues::Request& request) override {
    if (request.tag != 0) asked.push_back(request);
  }
  void settled(venues::Tag tag) override {
    std::erase_if(asked, [&](const venues::Request& one) { return one.tag == tag; });
  }
  void timer(venues::TimerId id, UnixNanos at) override {
    if (at == kNever)
      timers.erase(id);
    else
      timers[id] = at;
  }
  void release(venues::BudgetIndex, std::int64_t) override {}
  void set_limit(venues::BudgetIndex, std::int64_t) override {}
  void market(InstrumentIndex index, const MessageBatch& batch) override {
    STOM_ASSERT(index == 0);
    for (const Message& m : batch.messages) STOM_ASSERT(m.first_level + m.levels() <= batch.levels.size());
  }
  void book_stale(InstrumentIndex index, std::string_view why) override { STOM_ASSERT(index == 0 && !why.empty()); }
  void order(const venues::OrderReport& report) override {
    ++orders_told;
    const bool refused = report.event.kind == OrderEventKind::Rejected || report.event.kind == OrderEventKind::Denied;
    refusals_told += refused ? 1 : 0;
    STOM_ASSERT(report.event.id <= last_order);  // 0: somebody else's
    STOM_ASSERT(report.event.instrument == 0);
    if (report.event.kind == OrderEventKind::Filled) STOM_ASSERT(report.event.quantity.value >= 0);
  }
  void order_unknown(ClientOrderId id, InstrumentIndex) override { STOM_ASSERT(id != 0 && id <= last_order); }
  void account(const venues::AccountReport&) override {}
  void status(const venues::StatusReport&) override {}
  void unknown(std::string_view, std::string_view) override {}
  void malformed(const Error& error, std::string_view) override { STOM_ASSERT(!error.message.empty()); }

  std::map<venues::ConnectionId, bool> open;
  std::map<venues::TimerId, UnixNanos> timers;
  std::vector<venues::Request> asked;
  ClientOrderId last_order = 0;
  std::size_t orders_told = 0, refusals_told = 0;
};

class Session {
 public:
  explicit Session(std::string_view id) {
    venue_ = venues::make_venue(
                 id.substr(0, id.find(':')),
                 {.credentials = venues::Credentials{.key = "key", .secret = "secret", .account = "8100000001"},
                  .session = "7"})
                 .value();
    Instrument instrument = venues::describe(id);
    instrument.price_decimals = 2;
    instrument.quantity_decimals = id.starts_with("kiwoom") || id.starts_with("binance-coinm") ? 0 : 3;
    if (id.starts_with("kiwoom")) instrument.price_decimals = 0;
    instrument.ladder.push_back({{0}, {1}});
    instrument.lot = {1};
    venue_->start(now_, far_);
    venue_->watch(0, instrument, {}, now_, far_);
  }

  void step(std::string_view line) {
    if (line.size() < 2) return;
    const auto which = static_cast<std::size_t>(static_cast<unsigned char>(line[1]));
    const std::string_view text = line.substr(2);
    now_ += kMillisecond;
    switch (line[0]) {
      case 'a':
        return answer(which, 200, text);
      case 'e':
        return answer(which, 400, text);
      case 's':
        return answer(which, 503, text);
      case 'l':
        return lose(which, venues::Outcome::Unknown);
      case 'n':
        return lose(which, venues::Outcome::NotWritten);
      case 'o':
        return on_link(which, false, [&](auto id) { far_.open[id] = true, venue_->opened(id, now_, far_); });
      case 'c':
        return on_link(which, true, [&](auto id) { far_.open[id] = false, venue_->closed(id, "cut", now_, far_); });
      case 'f':
        return on_link(which, true, [&](auto id) { venue_->frame(id, text, now_, far_); });
      case 'b':
        return submit(which % 2 == 0 ? Side::Buy : Side::Sell);
      case 'x':
        if (far_.last_order > 0) venue_->cancel({.id = 1 + which % far_.last_order, .instrument = 0}, now_, far_);
        return;
      case 'q':
        return venue_->ask_everything(now_, far_);
      case 't':
        return next_timer();
      default:
        return;
    }
  }

 private:
  /// Those that were asked for last come first: '0' answers the newest.
  void answer(std::size_t which, int status, std::string_view body) {
    if (far_.asked.empty()) return;
    const auto place = far_.asked.end() - 1 - static_cast<std::ptrdiff_t>((which - '0') % far_.asked.size());
    venues::Request request = *place;
    far_.asked.erase(place);
    if (request.endpoint.empty()) return;  // a text: its answer is a frame
    if (request.sign_late) (void)venue_->sign(request, now_);
    const std::size_t before = far_.refusals_told;
    venue_->reply({.tag = request.tag, .status = status, .headers = {}, .body = body}, now_, far_);
    // Neither what nobody can read nor what a server's failure says refuses an order that was sent.
    const bool is_json = body.find_first_of("{[") != std::string_view::npos;
    if (request.priority == venues::Priority::Order && (status >= 500 || (status == 200 && !is_json)))
      STOM_ASSERT(far_.refusals_told == before);
  }
  void lose(std::size_t which, venues::Outcome outcome) {
    if (far_.asked.empty()) return;
    const auto place = far_.asked.end() - 1 - static_cast<std::ptrdiff_t>((which - '0') % far_.asked.size());
    const venues::Request request = *place;
    far_.asked.erase(place);
    const std::size_t before = far_.refusals_told;
    venue_->outcome(request.tag, outcome, now_, far_);
    if (outcome == venues::Outcome::Unknown) STOM_ASSERT(far_.refusals_told == before);
  }
  template <class Call>
  void on_link(std::size_t which, bool open, Call call) {
    std::vector<venues::ConnectionId> fit;
    for (const auto& [id, is_open] : far_.open)
      if (is_open == open) fit.push_back(id);
    if (!fit.empty()) call(fit[(which - '0') % fit.size()]);
  }
  void submit(Side side) {
    const ClientOrderId id = ++far_.last_order;
    venue_->submit({.id = id, .instrument = 0, .side = side, .quantity = {10}, .price = {70'000}}, now_, far_);
  }
  void next_timer() {
    const auto due = std::ranges::min_element(far_.timers, {}, [](const auto& one) { return one.second; });
    if (due == far_.timers.end()) return;
    const venues::TimerId id = due->first;
    now_ = std::max(now_, due->second);
    far_.timers.erase(due);
    venue_->timer(id, now_, far_);
  }

  UnixNanos now_ = 1'700'000'000 * kSecond;
  FarSide far_;
  std::unique_ptr<venues::Venue> venue_;
};

constexpr std::string_view kWatched[] = {"binance:BTCUSDT", "binance-usdm:BTCUSDT", "binance-coinm:BTCUSD_PERP",
                                         "upbit:KRW-BTC", "kiwoom:005930"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  Session session{kWatched[data[0] % std::size(kWatched)]};
  std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    session.step(line);
  }
  return 0;
}
