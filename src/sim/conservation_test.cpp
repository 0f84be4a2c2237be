// No money is made or lost: a million random orders against the simulated venue, with fees by a table, funding and
// liquidations, watched by an auditor who does the sums in another way.
#include <gtest/gtest.h>

#include <array>
#include <numeric>

#include "account/back_office.hpp"
#include "core/random.hpp"
#include "model/cash_flow.hpp"
#include "sim/matching.hpp"
#include "tests/support/hand_fed.hpp"

namespace stom::sim {
namespace {

// Sanitizers make every order ten times as costly; a tenth of the orders then.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::uint64_t kOrders = 100'000;
#else
constexpr std::uint64_t kOrders = 1'000'000;
#endif
constexpr RunIndex kTraders = 4;

std::shared_ptr<const FeeSchedule> rounded_fees() {
  auto schedule = std::make_shared<FeeSchedule>();
  schedule->name = "rounded";
  schedule->tiers = {{.maker_rate = -50'000, .taker_rate = 333'333},
                     {.volume_from = {Int128{power_of_ten(kMoneyDecimals)} * 1'000'000},
                      .maker_rate = -70'000,
                      .taker_rate = 222'222}};
  schedule->minimum = {power_of_ten(10)};
  schedule->rounding = {{power_of_ten(12)}, Rounding::HalfEven};
  schedule->taxes = {{"sale", {{0, 1'234'567}}, {{power_of_ten(13)}, Rounding::Down}}};
  return schedule;
}

/// Keeps its own books from nothing but what the venue said.
struct Auditor {
  std::array<Money, kTraders> cash{}, fees{};  // settlement currency; cash moves by price x quantity
  std::array<std::int64_t, kTraders> position{};
};

class Exchange final : public AnswerSink {
 public:
  Exchange(ContractKind kind, std::uint64_t seed) : random_{seed} {
    instruments_[0].kind = kind;
    std::vector<BackOffice::Client> clients;
    for (RunIndex run = 0; run < kTraders; ++run) {
      AccountTerms terms{.kind = kind == ContractKind::Spot ? AccountKind::Cash : AccountKind::Margin,
                         .cash = deposit(),
                         .leverage = 1 << (2 * run),
                         .brackets = {{{.max_leverage = 125, .maintenance_rate = 4'000'000},
                                       {{deposit().value * 20}, 20, 20'000'000}}},
                         .liquidation_fee_rate = 5'000'000};
      if (kind == ContractKind::Spot) terms.base = {Int128{power_of_ten(kMoneyDecimals)} * 100};
      clients.push_back({std::move(terms), run % 2 == 0 ? rounded_fees() : flat_fees(100'000, 500'000)});
    }
    office_ = std::make_unique<BackOffice>(instruments_, std::move(clients));
    matching_ = make_stom_matching(instruments_[0], 0, models_, *this);
    send(FeedKind::Snapshot, {{kMiddle - 1, 500}}, {{kMiddle + 1, 500}});
  }

  Money answer(RunIndex run, std::uint64_t, const OrderEvent& said) override {
    OrderEvent e = said;
    office_->settle(run, e);
    ++answers[static_cast<std::size_t>(e.kind)];
    if (e.id & kLiquidationChild) ++liquidated;
    if (e.kind == OrderEventKind::Filled) {
      auditor_.cash[run] += cash_of_fill(instruments_[0], e.side, e.price, e.quantity);
      auditor_.position[run] += sign_of(e.side) * e.quantity.value;
    }
    auditor_.fees[run] += e.fee;
    return e.fee;
  }
  TradingAccount* account(RunIndex run) override { return office_->account(run); }
  void margin_call(RunIndex run, InstrumentIndex, UnixNanos now) override { matching_->liquidate(run, now); }

  void step() {
    now_ += kSecond;
    move_market();
    while (matching_->next_expiry() <= now_) matching_->on_time(matching_->next_expiry());
    order();
  }

  void check() const {
    const Ledger& ledger = office_->ledger();
    for (CurrencyIndex i = 0; i < ledger.currencies(); ++i) ASSERT_EQ(ledger.total(i), ledger.deposited(i));
    const bool spot = instruments_[0].kind == ContractKind::Spot;
    for (RunIndex run = 0; run < kTraders; ++run) {
      const TradingAccount& account = *office_->account(run);
      ASSERT_EQ(account.position(0), auditor_.position[run]);
      if (spot) {
        ASSERT_EQ(account.balance(0), deposit() + auditor_.cash[run] - auditor_.fees[run]);
        ASSERT_GE(account.balance(0), Money{});
        ASSERT_GE(account.available_base(0), Money{});
      } else if (auditor_.position[run] == 0) {
        ASSERT_EQ(account.balance(0), deposit() + auditor_.cash[run] - auditor_.fees[run]);
      }
    }
  }

  /// At any price, equity is the deposit and what the fills moved, with the position at that price.
  void check_equity() {
    const Price price{kMiddle + drift_};
    for (RunIndex run = 0; run < kTraders; ++run) {
      TradingAccount& account = *office_->account(run);
      account.mark(0, price);
      const Money worth = worth_of(instruments_[0], {auditor_.position[run]}, 2 * price.value);
      const Money wanted = deposit() + auditor_.cash[run] - auditor_.fees[run] + worth;
      // The value of an inverse position is rounded once at each look.
      ASSERT_LE(std::abs(static_cast<std::int64_t>((account.equity(0) - wanted).value)), 2);
    }
  }

  std::array<std::uint64_t, 16> answers{};
  std::uint64_t liquidated = 0;

 private:
  static constexpr std::int64_t kMiddle = 10'000;

  Money deposit() const {
    const bool inverse = instruments_[0].kind == ContractKind::Inverse;
    return {Int128{power_of_ten(kMoneyDecimals - 1)} * (inverse ? 2 : 20'000)};
  }

  void send(FeedKind kind, const std::vector<FeedLevel>& bids, const std::vector<FeedLevel>& asks, bool sell = false) {
    std::vector<FeedLevel> levels = bids;
    levels.insert(levels.end(), asks.begin(), asks.end());
    FeedMessage message = stom::test::feed_message(now_, kind, levels, bids.size());
    message.sell_aggressor = sell;
    matching_->on_message(message);
  }

  void move_market() {
    const std::uint64_t draw = random_.next();
    drift_ += static_cast<std::int64_t>(draw & 255) - 127 - drift_ / 256;
    const std::int64_t middle = kMiddle + drift_;
    const auto quantity = static_cast<std::int64_t>(draw >> 8 & 255);
    switch (draw >> 60) {
      case 0:
        return send(FeedKind::Mark, {{middle, static_cast<std::int64_t>(draw >> 16 & 0xffff) - 0x8000}},
                    {{middle, now_ + 3 * kSecond}});
      case 1:
      case 2:
        return send(FeedKind::Trade, {{middle, quantity + 1}}, {}, (draw >> 59 & 1) != 0);
      default:
        return send(FeedKind::Snapshot, {{middle - 1, quantity}, {middle - 5, 300}, {middle - 40, 3000}},
                    {{middle + 1, 255 - quantity}, {middle + 5, 300}, {middle + 40, 3000}});
    }
  }

  void order() {
    const std::uint64_t draw = random_.next();
    const auto run = static_cast<RunIndex>(draw & 3);
    // Few orders rest at a time: of each trader's, the one sixteen numbers back is canceled.
    const ClientOrderId id = ++ids_[run];
    if (id > 16) matching_->on_cancel(run, 0, id - 16, now_);
    NewOrder o{.id = id, .side = draw >> 2 & 1 ? Side::Buy : Side::Sell};
    o.quantity = {1 + static_cast<std::int64_t>(draw >> 8 & 127)};
    o.price = {kMiddle + drift_ + static_cast<std::int64_t>(draw >> 16 & 31) - 15};
    switch (draw >> 24 & 7) {
      case 0:
        o.type = OrderType::Market;
        break;
      case 1:
        o.type = OrderType::Stop;
        o.trigger_price = o.price;
        break;
      case 2:
        o.time_in_force = TimeInForce::FOK;
        break;
      case 3:
        o.time_in_force = TimeInForce::IOC;
        break;
      case 4:
        o.reduce_only = true;
        break;
      case 5:
        o.time_in_force = TimeInForce::GTD;
        o.expire_time = now_ + 5 * kSecond;
        break;
      default:
        break;
    }
    matching_->on_new(run, id, o, now_);
  }

  Random random_;
  std::vector<Instrument> instruments_{{.id = "x:Y",
                                        .base = "Y",
                                        .quote = "USD",
                                        .price_decimals = 2,
                                        .quantity_decimals = 1,
                                        .ladder = {{{0}, {1}}},
                                        .contract_size = 1}};
  std::vector<RunModels> models_{kTraders};
  std::unique_ptr<BackOffice> office_;
  std::unique_ptr<Matching> matching_;
  Auditor auditor_;
  std::array<ClientOrderId, kTraders> ids_{};
  UnixNanos now_ = 0;
  std::int64_t drift_ = 0;
};

class Conservation : public testing::TestWithParam<ContractKind> {};

TEST_P(Conservation, NoMoneyIsMadeOrLostOverAMillionRandomOrders) {
  constexpr int kOrdersEach = 10'000;  // then everyone starts again, for most have lost what they had
  std::array<std::uint64_t, 16> answers{};
  std::uint64_t liquidated = 0;
  for (std::uint64_t seed = 1; seed <= kOrders / 3 / kOrdersEach + 1; ++seed) {
    Exchange exchange{GetParam(), seed};
    for (int i = 0; i < kOrdersEach; ++i) {
      exchange.step();
      if (i % 64 == 0) exchange.check();
      if (i % 1024 == 0 && GetParam() != ContractKind::Spot) exchange.check_equity();
      ASSERT_FALSE(HasFatalFailure()) << "seed " << seed << ", after order " << i;
    }
    exchange.check();
    for (std::size_t k = 0; k < answers.size(); ++k) answers[k] += exchange.answers[k];
    liquidated += exchange.liquidated;
  }
  // Everything that moves money has happened, often.
  const auto count = [&](OrderEventKind kind) { return answers[static_cast<std::size_t>(kind)]; };
  EXPECT_GT(count(OrderEventKind::Filled), kOrders / 20);
  EXPECT_GT(count(OrderEventKind::Rejected), kOrders / 100);
  if (GetParam() == ContractKind::Spot) return;
  EXPECT_GT(count(OrderEventKind::Funding), kOrders / 1000);
  EXPECT_GT(liquidated, kOrders / 10'000);
}

INSTANTIATE_TEST_SUITE_P(Accounts, Conservation,
                         testing::Values(ContractKind::Spot, ContractKind::Linear, ContractKind::Inverse),
                         [](const auto& kind) {
                           return std::string{kind.param == ContractKind::Spot     ? "Cash"
                                              : kind.param == ContractKind::Linear ? "Linear"
                                                                                   : "Inverse"};
                         });

}  // namespace
}  // namespace stom::sim
