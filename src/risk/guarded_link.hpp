// Checks each order before it goes to its venue, which it stands in front of. An order that a limit forbids is answered
// as Denied and reaches nobody; cancels pass always. It hears all answers on their way back, so it counts positions and
// working orders itself and asks nobody. Pure: same orders, answers and prices, same denials. Without limits it passes
// everything on, untouched. Limits may change while it works. Docs: docs/risk.md.
//
// Worst case: what works is taken as filled, all of it on one side and nothing on the other. An order that only makes a
// position smaller keeps every limit of positions and exposure; a closing order of a bracket that does keeps them all:
// it is denied once and then nobody sends it again. What the account is worth, for its leverage, is what it
// began with, what fills, fees and funding brought since, and what is held at the price of now.
//
// A denial comes back after kAnswerAfter, as from the nearest of venues: a strategy that sends the same again at each
// refusal gets no further than that, and does not hold the engine.
//
// An order is held against the tightest limit of each kind that its instrument has, and exposure is added up once, in
// doubles, over what is held or works, each venue and currency apart: what is clearly within all of them passes. Where
// one is near or exceeded, all are gone through in their order, with exact sums. What an order changes is noted once it
// is handed on. A check allocates nothing; a denial does, for its words.
#pragma once

#include <array>
#include <cmath>
#include <deque>
#include <expected>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/instrument.hpp"
#include "model/start_cash.hpp"
#include "model/venue_link.hpp"
#include "risk/holdings.hpp"
#include "risk/limits.hpp"

namespace stom::risk {

/// What the guard may know of the market.
class PriceSource {
 public:
  virtual ~PriceSource() = default;
  /// Best bid and ask together, else twice the last price, in the instrument's price units. 0: none that is to be
  /// believed.
  virtual std::int64_t twice_price(InstrumentIndex instrument) const = 0;
  /// The same of each of these, in their order; `twice` has room for them.
  virtual void twice_prices(std::span<const InstrumentIndex> instruments, std::int64_t* twice) const {
    for (const InstrumentIndex i : instruments) *twice++ = twice_price(i);
  }
  /// An amount of the instrument's settlement currency in the session's. None: no rate that is to be believed.
  virtual std::optional<Money> in_currency(InstrumentIndex instrument, Money amount) const = 0;
  /// The same of 1, as near as a double is. 0: no rate that is to be believed.
  virtual double rate(InstrumentIndex instrument) const = 0;
};

/// What a fill lost against that reference, in hundredths of a basis point (10^-6 of it); below 0: it won. The
/// reference is doubled and above 0.
std::int64_t slippage_of(Side side, Price price, std::int64_t twice_reference);

struct Denial {
  std::string by;  // the limit: "order_notional@binance=1000"
  ClientOrderId id = 0;
  InstrumentIndex instrument = 0;
  RejectReason reason = RejectReason::None;
  std::string made;    // what the order would have made: "a position of 12"
  std::string remedy;  // what to do

  /// One line: limit, value, what it would have made, remedy.
  std::string text() const;
};

/// How a limit stands.
struct LimitState {
  enum class How : std::uint8_t { Ok, Reached, Unknown };
  Limit limit;
  std::string value;  // what counts against it now; empty: it is of each order alone
  How how = How::Ok;
};

/// Errors: it is for what is none of these.
Result<void> check_traded(const std::vector<Instrument>& instruments, const Limit& limit);

class GuardedLink final : public VenueLink {
 public:
  static constexpr DurationNanos kAnswerAfter = kMillisecond;

  /// All that is handed in by reference must outlive it, but `cash`: what the account begins with. Errors: a limit for
  /// what is not traded.
  static Result<std::unique_ptr<GuardedLink>> make(const std::vector<Instrument>& instruments,
                                                   std::vector<Limit> limits, VenueLink& venue,
                                                   const PriceSource& prices, std::function<void(const Denial&)> denied,
                                                   const StartCash& cash = {});

  void submit(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent) override;
  /// It counts from here on, and no limit holds it back: it works already.
  void adopt(RunIndex run, std::uint64_t request, const NewOrder& order, std::string_view venue_order_id,
             UnixNanos sent) override;
  void cancel(RunIndex run, std::uint64_t request, const CancelOrder& order, UnixNanos sent) override;
  UnixNanos advance(UnixNanos limit) override;
  bool take(UnixNanos now, Answer& answer) override;
  std::optional<Money> charge_of(RunIndex run, const OrderEvent& fill) override { return venue_.charge_of(run, fill); }
  bool quiet() override { return ready_.empty() && venue_.quiet(); }
  bool idle() override { return ready_.empty() && venue_.idle(); }

  // Where somebody else takes what the venue answers, because it is not for this guard alone (GuardedRuns).
  /// When the next denial reaches the strategy; kNever: none is on its way.
  UnixNanos next_denial() const { return ready_.empty() ? kNever : ready_.front().event.local_time; }
  bool take_denial(UnixNanos now, Answer& answer);
  void told(const Answer& answer);

  // What an earlier process left, before the first order.
  /// When orders were sent, in that order: counts for what is limited in a time.
  void resume_time(InstrumentIndex instrument, UnixNanos sent);
  /// The last order of its instrument and side: another like it may be one too many.
  void resume_last(const NewOrder& order, UnixNanos sent);
  void resume_working(const NewOrder& order, Quantity leaves);
  /// `earned`: what fills, fees and funding of that instrument have brought, without what is held.
  void resume_position(InstrumentIndex instrument, Quantity position, Money earned = {});

  /// The limit of that name and scope; null: there is none.
  const Limit* find(const Limit& like) const;
  /// Instead of the limit of that name and scope, or beside the others; one that is off takes it away. Errors: it is
  /// for what is not traded.
  Result<void> set(Limit limit);
  /// Those errors alone.
  Result<void> check_scope(const Limit& limit) const { return check_traded(instruments_, limit); }
  /// From now on only what makes a position smaller passes. `by` says what wants it so; empty: all passes again.
  /// `flatten`: that passes whatever the limits say.
  void stop_entries(std::string by, bool flatten = false) {
    entries_stopped_by_ = std::move(by);
    flattens_ = flatten;
  }
  std::vector<LimitState> states(UnixNanos now) const;
  /// Those in force, in their order.
  std::vector<Limit> limits() const;

  /// How many fills have taken, of orders whose reference was known; and what the n-th of them lost (slippage_of), for
  /// the last kSlipsKept.
  static constexpr std::uint64_t kSlipsKept = 128;
  std::uint64_t slips() const { return slips_; }
  std::int64_t slip(std::uint64_t n) const { return lost_[n % kSlipsKept]; }

  Quantity position(InstrumentIndex instrument) const { return holdings_.position(instrument); }
  /// What works on that side.
  Quantity working(InstrumentIndex instrument, Side side) const { return holdings_.working(instrument, side); }

 private:
  /// When the last orders of a scope were sent, more of them than a limit can count.
  struct Ring {
    static constexpr std::size_t kSize = 1 << 14;
    static_assert(kSize > Limit::kMostCounted);

    std::vector<UnixNanos> sent;
    std::size_t next = 0;
    std::string scope;

    const UnixNanos& back(std::int64_t orders) const {
      return sent[(next - static_cast<std::size_t>(orders)) & (kSize - 1)];
    }
  };
  /// The last order of an instrument and side.
  struct Last {
    UnixNanos sent = kNoTime;
    OrderType type = OrderType::Limit;
    Price price{}, trigger_price{};
    Quantity quantity{};

    bool is_like(const NewOrder& order) const {
      return type == order.type && price == order.price && trigger_price == order.trigger_price &&
             quantity == order.quantity;
    }
  };
  static constexpr double kNoLimit = std::numeric_limits<double>::infinity();
  /// The tightest limits on what is added up at a place of sums_.
  struct Sum {
    double gross = kNoLimit, net = kNoLimit, leverage = kNoLimit;
    std::size_t orders = SIZE_MAX;
  };
  /// The tightest limits of an instrument.
  struct alignas(64) Tight {
    std::int64_t band = INT64_MAX, quantity = INT64_MAX, position = INT64_MAX;  // in the instrument's units
    double notional = kNoLimit;
    Sum own;
    DurationNanos duplicate = 0;
    bool sums = false, self_trade = false, reduce_only = false;
    struct Rate {
      const Ring* ring;
      std::int64_t orders;
      DurationNanos window;
    };
    std::vector<Rate> rates;
  };
  /// A limit with what it needs to be checked.
  struct Check {
    Limit limit;
    std::size_t place = 0;     // of sums_
    std::vector<bool> covers;  // by instrument
    Ring* ring = nullptr;      // OrderRate
  };
  struct Refusal {
    RejectReason reason;
    std::string made, remedy;
  };
  struct Sums {
    Money gross{}, longest{}, shortest{};
  };
  /// What the sums need of an instrument. A quantity times `unit` is worth that times its doubled price, or (inverse)
  /// divided by it.
  struct Part {
    double unit = 0;
    bool inverse = false;
    std::size_t group = 0;  // of groups_
  };
  /// What is held and works of one, in such units; NaN where it is too much to be added up in doubles.
  struct Exposed {
    using Pair = double __attribute__((vector_size(16)));  // added up in one step
    Pair most_and_held;          // on the worse side; without what works, and below 0 where it is owed
    std::array<double, 2> side;  // with all of a side filled and nothing of the other: long for Buy, short for Sell
  };
  /// Instruments of one venue that settle in one currency: added up before they are converted. Those of which something
  /// is held or works end there in exposed_, where groups lie one behind the other.
  struct Group {
    std::size_t venue, currency;
    bool inverse;
    std::size_t end = 0;
  };
  struct Asked {
    std::uint64_t check = 0;  // the number of the check that asked
    double rate = 0;
  };

  GuardedLink(const std::vector<Instrument>& instruments, VenueLink& venue, const PriceSource& prices,
              std::function<void(const Denial&)> denied, const StartCash& cash);
  static constexpr std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }

  void index_checks();
  Check check_of(Limit limit);
  Ring* ring_of(const std::string& scope);
  void tighten(const Check& check, InstrumentIndex instrument);
  bool is_clear(const NewOrder& order, std::int64_t twice, UnixNanos now) const;
  bool sums_are_clear(const Tight& tight, const NewOrder& order, std::int64_t twice) const;
  bool denies(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent);
  void deny(RunIndex run, std::uint64_t request, const NewOrder& order, UnixNanos sent, std::string by,
            Refusal refusal);
  std::optional<Refusal> check(const Check& check, const NewOrder& order, UnixNanos now) const;
  std::optional<Refusal> check_price(const Check& check, const NewOrder& order) const;
  std::optional<Refusal> check_quantity(const Check& check, const NewOrder& order) const;
  std::optional<Refusal> check_notional(const Check& check, const NewOrder& order) const;
  std::optional<Refusal> check_exposure(const Check& check, const NewOrder& order) const;
  std::optional<Refusal> check_leverage(const Check& check, const NewOrder& order) const;
  std::expected<Sums, Refusal> sums(const Check& check, const NewOrder* order) const;
  std::expected<Money, Refusal> equity() const;
  Refusal no_price_of(InstrumentIndex instrument) const;
  Refusal no_rate_of(InstrumentIndex instrument) const;
  void earn(InstrumentIndex instrument, Money amount);
  std::int64_t twice_reference(const NewOrder& order) const;
  void expose(InstrumentIndex instrument);
  Exposed exposed(InstrumentIndex instrument) const;
  bool is_within(const Tight& tight, const NewOrder& order) const;
  double near_size(InstrumentIndex instrument, double quantity, double twice_price) const;
  double near_rate(std::size_t currency) const;
  std::optional<Refusal> check_working(const Check& check, const NewOrder& order) const;
  std::optional<Refusal> check_rate(const Check& check, UnixNanos now) const;
  std::optional<Refusal> check_duplicate(const Check& check, const NewOrder& order, UnixNanos now) const;
  std::optional<Refusal> check_self_trade(const NewOrder& order) const;
  Int128 worst_position(const NewOrder& order) const;
  std::string quantity_text(InstrumentIndex instrument, Int128 quantity) const;

  const std::vector<Instrument>& instruments_;
  VenueLink& venue_;
  const PriceSource& prices_;
  std::function<void(const Denial&)> denied_;
  std::vector<Check> checks_;
  std::vector<Tight> tight_;  // by instrument
  std::vector<Sum> sums_;     // by place: of all, then of each venue; of the order's own instrument: in tight_
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<std::vector<Ring*>> rings_of_;         // by instrument
  std::vector<std::array<Last, 2>> last_;            // by instrument and side
  std::vector<std::string> venues_;                  // names, once each
  std::vector<std::size_t> venue_of_, currency_of_;  // by instrument
  std::vector<Part> parts_;                          // by instrument
  std::vector<Group> groups_;
  std::vector<Exposed> exposed_;             // of what is held or works, by group
  std::vector<InstrumentIndex> exposed_of_;  // which those are
  std::vector<InstrumentIndex> first_of_;    // by currency: one that settles in it
  std::vector<Money> earned_;                // by currency: cash and what was earned, without what is held
  std::vector<double> near_earned_;          // the same
  bool limits_leverage_ = false;             // some limit does
  // Of the order in hand.
  mutable std::vector<std::int64_t> twice_;  // of exposed_of_
  mutable std::vector<Asked> rates_;         // by currency
  mutable std::uint64_t checks_made_ = 0;
  std::string entries_stopped_by_;
  bool flattens_ = false;
  Holdings holdings_;
  std::deque<Answer> ready_;  // denials on their way back
  std::array<std::int64_t, kSlipsKept> lost_{};
  std::uint64_t slips_ = 0;
};

}  // namespace stom::risk
