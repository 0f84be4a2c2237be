// One venue of the exchange: its markets as they are played, its accounts, its orders. Stands between the venue's
// server, which speaks its language, and matching and accounts, which know no venue. Everything happens on the
// exchange's one thread; what a market does is told to the server at once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "account/back_office.hpp"
#include "core/clock.hpp"
#include "core/random.hpp"
#include "exchange/faults.hpp"
#include "exchange/tape.hpp"
#include "sim/matching.hpp"
#include "venues/venue_server.hpp"

namespace stom::exchange {

/// Where the host's frames go.
class Sockets {
 public:
  virtual void send(venues::SocketId socket, std::string text, bool acknowledges_order) = 0;
  virtual void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) = 0;

 protected:
  ~Sockets() = default;
};

struct Market {
  std::unique_ptr<Tape> tape;
  std::vector<Bar> history;  // one-minute bars before the tape begins
  sim::MarketTerms terms{};  // by whose rules it trades; no market: round the clock
  UnixNanos begins = 0;      // of one with a trading day: it is closed then, and what the tape plays comes later
};

/// Orders that are done, and as many fills, that a venue still knows.
inline constexpr std::size_t kRemembered = 10'000;

class VenueHost final : public venues::ExchangeBackend, private sim::AnswerSink {
 public:
  VenueHost(std::unique_ptr<venues::VenueServer> server, std::vector<Market> markets,
            std::vector<venues::Credentials> credentials, const Clock& clock, Faults& faults, Sockets& sockets,
            std::uint64_t seed, std::size_t remembered = kRemembered);
  ~VenueHost();

  venues::VenueServer& server() { return *server_; }
  /// Plays what is due; true: some of it is left for another time.
  bool advance();
  /// All recordings are over.
  bool ended() const;
  Result<void> status() const;

  /// The number of the order that came last, whatever became of it; those that come get the next ones.
  std::uint64_t last_order() const { return last_order_; }
  /// The order that was placed since this was last asked and whose acknowledgement is held back (fill_before_ack).
  std::optional<std::uint64_t> take_unacknowledged() { return std::exchange(just_held_, std::nullopt); }
  /// Calls `then` once the order's acknowledgement has been told to the user stream; at once where it has.
  void when_acknowledged(std::uint64_t order, std::function<void()> then);

  UnixNanos now() const override;
  const std::vector<Instrument>& instruments() const override { return listed_; }
  bool trading(InstrumentIndex market) const override { return !markets_[market].delisted; }
  void book(InstrumentIndex market, std::size_t levels, venues::BookView& out) const override;
  const std::deque<venues::PublicTrade>& trades(InstrumentIndex market) const override;
  const std::deque<venues::MinuteBar>& minutes(InstrumentIndex market) const override;
  const Message* mark(InstrumentIndex market, Level* prices) const override;
  std::optional<venues::MarketSession> session(InstrumentIndex market) const override;
  std::optional<venues::MarketHours> hours(InstrumentIndex market) const override;
  std::optional<Level> expected_match(InstrumentIndex market) const override;
  void left_over(InstrumentIndex market, Quantity traded, std::size_t levels, venues::BookView& out) const override;
  const venues::VenueOrder& place(venues::AccountId account, venues::PositionSide side, NewOrder terms,
                                  std::string client_id, std::string venue_type) override;
  bool cancel(std::uint64_t order) override;
  bool reduce(std::uint64_t order, Quantity by) override;
  const venues::VenueOrder* order(std::uint64_t id) const override;
  const venues::VenueOrder* order_named(venues::AccountId account, std::string_view client_id) const override;
  std::vector<const venues::VenueOrder*> orders(venues::AccountId account) const override;
  std::vector<const venues::VenueOrder*> open_orders(venues::AccountId account) const override;
  const std::deque<venues::VenueFill>& fills() const override { return fills_; }
  const std::deque<venues::FundingCharge>& funding() const override { return funding_; }
  std::vector<venues::AssetBalance> balances(venues::AccountId account) const override;
  venues::Position position(venues::AccountId account, InstrumentIndex market,
                            venues::PositionSide side) const override;
  bool hedges(venues::AccountId account) const override { return hedges_[account]; }
  void set_hedges(venues::AccountId account, bool hedges) override;
  venues::MarginChoice margin_choice(venues::AccountId account, InstrumentIndex market) const override;
  void set_margin_choice(venues::AccountId account, InstrumentIndex market, venues::MarginChoice choice) override;
  std::vector<venues::LeverageBracket> brackets(InstrumentIndex market) const override;
  void send(venues::SocketId socket, std::string text, bool acknowledges_order) override {
    sockets_.send(socket, std::move(text), acknowledges_order);
  }
  void close(venues::SocketId socket, std::uint16_t code, std::string_view reason) override {
    sockets_.close(socket, code, reason);
  }
  std::uint64_t random() override { return random_.next(); }

 private:
  struct Running {
    std::unique_ptr<Tape> tape;
    std::unique_ptr<sim::Matching> matching;
    std::deque<venues::PublicTrade> trades;
    std::deque<venues::MinuteBar> minutes;
    Message mark{};  // kind Depth: none yet
    Level mark_prices[2]{};
    UnixNanos event_time = 0, transaction_time = 0;  // of the book
    bool delisted = false;
    std::vector<FeedLevel> feed_levels;
    UnixNanos latest = 0;                         // matching's time never runs back
    const sim::SessionTable* sessions = nullptr;  // null: it trades round the clock
    TradingPhase phase = TradingPhase::Closed;    // as the server was told
  };

  // An account is a run of matching; on margin the short side of its positions is another, behind those of all
  // accounts. A position that is one, whatever its sign, is kept by the first.
  RunIndex run_of(venues::AccountId account, venues::PositionSide side) const {
    return side == venues::PositionSide::Short ? account_count() + account : account;
  }
  venues::AccountId account_of(RunIndex run) const { return run % account_count(); }
  venues::PositionSide side_of(RunIndex run) const;
  RunIndex account_count() const { return static_cast<RunIndex>(hedges_.size()); }

  Money answer(RunIndex run, std::uint64_t request, const OrderEvent& event) override;
  TradingAccount* account(RunIndex run) override { return office_->account(run); }
  FeeBook* fees(RunIndex run) override { return office_->fees(run); }
  void margin_call(RunIndex run, InstrumentIndex index, UnixNanos now) override;

  void play(InstrumentIndex index, Message& message, std::span<const Level> levels, UnixNanos due);
  void match(Running& market, InstrumentIndex index, const Message& message, std::span<const Level> levels,
             UnixNanos due);
  void open_matching_book(Running& market, InstrumentIndex index, UnixNanos due);
  void open_trading_day(Running& market, InstrumentIndex index, UnixNanos begins);
  void follow_phase(Running& market, InstrumentIndex index);
  void note_trade(Running& market, const Message& message, const Level& level, const Instrument& instrument);
  void finish(venues::VenueOrder& order);
  venues::VenueOrder& record_of(RunIndex run, const OrderEvent& event);

  /// What happened to an order, and is told later than it should be.
  struct Untold {
    venues::VenueOrder order;  // as it was then
    OrderEvent event;
    std::optional<venues::VenueFill> fill;
    UnixNanos until = 0;  // not longer than this
    std::function<void()> then;
  };
  using UntoldByOrder = std::map<std::uint64_t, Untold>;

  void tell(const venues::VenueOrder& order, const OrderEvent& event, const venues::VenueFill* fill);
  void tell_late(UntoldByOrder& late, std::uint64_t order);
  void tell_overdue(UntoldByOrder& late, UnixNanos wall);
  void apply_standing_faults();
  void end_market(InstrumentIndex index);
  void fill_up(const venues::VenueOrder& order);
  void place_foreign_orders();

  const Clock& clock_;
  Faults& faults_;
  Sockets& sockets_;
  Random random_;
  const std::size_t remembered_;
  std::vector<Instrument> instruments_;  // as they are matched
  std::vector<Instrument> listed_;       // as the venue says they are: a tick may have changed since
  std::vector<bool> hedges_;             // by account
  std::vector<sim::RunModels> models_;   // by run
  std::unique_ptr<BackOffice> office_;
  std::vector<Running> markets_;
  std::uint64_t last_order_ = 0;
  std::int64_t last_fill_ = 0, last_funding_ = 0;
  std::map<std::uint64_t, venues::VenueOrder> orders_;
  std::set<std::uint64_t> open_;
  std::deque<std::uint64_t> done_;
  std::deque<venues::FundingCharge> funding_;
  std::map<std::pair<venues::AccountId, std::string>, std::uint64_t, std::less<>> names_;
  std::deque<venues::VenueFill> fills_;
  UntoldByOrder late_acks_, late_fills_;
  std::optional<std::uint64_t> just_held_;
  UnixNanos next_occasion_ = 0;                  // of faults that come by themselves
  std::unique_ptr<venues::VenueServer> server_;  // last: it sees the rest while it lives
};

}  // namespace stom::exchange
