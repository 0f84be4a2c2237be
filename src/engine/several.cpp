#include "engine/several.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "core/assert.hpp"
#include "model/cash_flow.hpp"

namespace stom {

using orders::Owner;

/// What one of them sees of the run.
class Several::Seat final : public Context {
 public:
  Seat(Several& all, Owner owner, Member member)
      : all_{all},
        owner_{owner},
        name_{std::move(member.name)},
        strategy_{std::move(member.strategy)},
        instruments_{std::move(member.instruments)},
        cash_{member.cash} {}

  const std::string& name() const { return name_; }
  Strategy& strategy() { return *strategy_; }
  UnixNanos due() const { return due_; }
  InstrumentIndex of_run(InstrumentIndex own) const { return instruments_[own]; }

  void remember(const Fill& fill) {
    const auto index = index_of(fill.instrument);
    if (!index) return;  // it trades that one no more
    earlier_.push_back(fill);
    earlier_.back().instrument = *index;
    earlier_.back().order = orders::owner_of(fill.order) == owner_ ? orders::own_id(fill.order) : 0;
  }
  void start() {
    find_cash();
    strategy_->on_start(*this);
    earlier_ = std::vector<Fill>{};
  }
  void tell(const OrderEvent& event) {
    const auto index = index_of(event.instrument);
    if (!index) return;
    OrderEvent own = event;
    own.instrument = *index;
    own.id = orders::own_id(event.id);
    strategy_->on_order(*this, own);
  }
  void fire() {
    if (due_ > now()) return;
    due_ = interval_ > 0 ? now() + interval_ : kNever;
    firing_ = true;
    strategy_->on_timer(*this);
    firing_ = false;
  }

  // Context
  UnixNanos now() const override { return run().now(); }
  std::size_t instruments() const override { return instruments_.size(); }
  const Instrument& instrument(InstrumentIndex index) const override { return run().instrument(instruments_[index]); }
  const BookView& book(InstrumentIndex index) const override { return run().book(instruments_[index]); }
  std::optional<bool> watched(InstrumentIndex index) const override { return run().watched(instruments_[index]); }
  std::span<const WorkingOrder> orders() const override {
    gather(orders_);
    return orders_;
  }
  const WorkingOrder* order(ClientOrderId id) const override {
    gather(looked_at_);  // what orders() gave may be in somebody's hands
    const auto at = std::ranges::find(looked_at_, id, &WorkingOrder::id);
    return at == looked_at_.end() ? nullptr : &*at;
  }
  std::span<const Fill> earlier_fills() const override {
    STOM_ASSERT(all_.starting_);
    return earlier_;
  }
  Quantity position(InstrumentIndex index) const override { return holding(index).position; }
  Money cash(InstrumentIndex index) const override {
    Money cash = holding(index).cash;
    for (const InstrumentIndex i : cash_of_[index]) {
      const Money untouched = run().cash(i) - all_.owned_.flows(i);
      cash += Money{share_of(untouched.value, cash_.part, cash_.whole)};
    }
    return cash;
  }
  Money equity(InstrumentIndex index) const override {
    return cash(index) + worth_of(instrument(index), position(index), run().twice_price(instruments_[index]));
  }
  std::optional<Money> cost_of_taking(InstrumentIndex index, Side side, Price price, Quantity quantity) const override {
    return run().cost_of_taking(instruments_[index], side, price, quantity);
  }

  ClientOrderId submit(const NewOrder& wanted) override {
    NewOrder order = wanted;
    order.instrument = instruments_[wanted.instrument];
    // A number for which there is no room gets another one, too.
    const bool chosen = wanted.id != 0 && wanted.id <= orders::kOwnIds;
    order.id = chosen ? orders::shared_id(owner_, wanted.id) : run().next_id(owner_);
    // Others cannot be so sized anywhere, and are denied.
    if (order.size_by == SizeBy::Position && order.type == OrderType::Market)
      close_position(order, position(wanted.instrument));
    run().submit(order);
    return orders::own_id(order.id);
  }
  void cancel(ClientOrderId id) override { run().cancel(orders::shared_id(owner_, id)); }
  std::uint64_t next_execution() override { return run().next_execution(); }
  bool execution_was_stopped(InstrumentIndex index, Side side) const override {
    return run().was_stopped({instruments_[index], side, owner_});
  }
  bool hears_of(ClientOrderId id) const override { return run().hears_of(orders::shared_id(owner_, id)); }
  void keep(InstrumentIndex index, std::string_view word) override { run().keep({instruments_[index], owner_}, word); }
  std::string_view kept(InstrumentIndex index) const override { return run().kept({instruments_[index], owner_}); }
  void tag(ClientOrderId id, std::string_view exit_reason) override {
    run().tag(orders::shared_id(owner_, id), exit_reason);
  }
  void log(std::string_view line) override { run().log(fmt::format("{}: {}", name_, line)); }
  void wake_at(UnixNanos time) override {
    STOM_ASSERT(interval_ == 0 && time > now() && (all_.starting_ || firing_));
    due_ = time;
  }

  void every(DurationNanos interval) override {
    STOM_ASSERT(all_.starting_ && interval > 0);
    interval_ = interval;
    due_ = now() + interval;
  }
  void subscribe_book(InstrumentIndex index) override {
    run().subscribe_book(instruments_[index]);
    read(all_.books_, instruments_[index], index);
  }
  void subscribe_trades(InstrumentIndex index) override {
    run().subscribe_trades(instruments_[index]);
    read(all_.trades_, instruments_[index], index);
  }
  void subscribe_quotes(InstrumentIndex index) override {
    run().subscribe_quotes(instruments_[index]);
    read(all_.quotes_, instruments_[index], index);
  }
  void subscribe_watch(InstrumentIndex index) override {
    run().subscribe_watch(instruments_[index]);
    read(all_.watches_, instruments_[index], index);
  }
  std::uint32_t subscribe_bars(InstrumentIndex index, const BarSpec& spec) override {
    const std::uint32_t series = run().subscribe_bars(instruments_[index], spec);
    read(all_.bars_, series, index);
    return series;
  }
  std::uint32_t subscribe_rows(InstrumentIndex index, const RowSpec& spec) override {
    const std::uint32_t series = run().subscribe_rows(instruments_[index], spec);
    read(all_.rows_, series, index);
    return series;
  }
  const SharedIndicator& shared(std::uint32_t series, std::string_view key,
                                const std::function<std::unique_ptr<SharedIndicator>()>& make) override {
    return run().shared(series, key, make);
  }

 private:
  Run& run() const { return *all_.run_; }
  const orders::OwnedPositions::Holding& holding(InstrumentIndex index) const {
    return all_.owned_.holding(owner_, instruments_[index]);
  }
  std::optional<InstrumentIndex> index_of(InstrumentIndex runs) const {
    const auto at = std::ranges::find(instruments_, runs);
    if (at == instruments_.end()) return std::nullopt;
    return static_cast<InstrumentIndex>(at - instruments_.begin());
  }

  /// The cash of a currency stands with the first instrument that settles in it, wherever the account has it.
  void find_cash() {
    cash_of_.assign(instruments_.size(), {});
    for (InstrumentIndex index = 0; index < instruments_.size(); ++index) {
      const auto settles_alike = [&](InstrumentIndex other) {
        return run().instrument(other).settlement() == instrument(index).settlement();
      };
      if (std::ranges::any_of(std::span{instruments_}.first(index), settles_alike)) continue;
      for (InstrumentIndex i = 0; i < run().instruments(); ++i)
        if (settles_alike(i)) cash_of_[index].push_back(i);
    }
  }

  /// Of the run's, so that they are what those are; a few dozen at most.
  void gather(std::vector<WorkingOrder>& own) const {
    own.clear();
    for (const WorkingOrder& order : run().orders()) {
      if (orders::owner_of(order.id) != owner_) continue;
      const auto index = index_of(order.instrument);
      if (!index) continue;
      own.push_back(order);
      own.back().id = orders::own_id(order.id);
      own.back().instrument = *index;
    }
  }

  /// The venue knows the account's position alone. Where there is nothing to close, it is more than is held, and
  /// denied.
  void close_position(NewOrder& order, Quantity position) const {
    const std::int64_t lot = std::max<std::int64_t>(run().instrument(order.instrument).lot.value, 1);
    const std::int64_t open = -sign_of(order.side) * position.value;
    order.size_by = SizeBy::Quantity;
    order.reduce_only = true;
    order.quantity = {std::max(open - open % lot, lot)};
  }

  void read(Readers& readers, std::size_t what, InstrumentIndex index) {
    if (what >= readers.size()) readers.resize(what + 1);
    if (std::ranges::find(readers[what], this, &Reader::seat) == readers[what].end())
      readers[what].push_back({this, index});
  }

  Several& all_;
  const Owner owner_;
  const std::string name_;
  const std::unique_ptr<Strategy> strategy_;
  const std::vector<InstrumentIndex> instruments_;  // of the run's, by its own
  const CashShare cash_;
  std::vector<std::vector<InstrumentIndex>> cash_of_;  // by its own: those of the run with which its currency stands
  std::vector<Fill> earlier_;                          // while it starts
  mutable std::vector<WorkingOrder> orders_, looked_at_;
  DurationNanos interval_ = 0;  // 0: no timer, or one that fires once
  UnixNanos due_ = kNever;
  bool firing_ = false;
};

Several::Several(std::vector<Member> members, std::size_t instruments)
    : owned_{instruments}, books_(instruments), trades_(instruments), quotes_(instruments), watches_(instruments) {
  STOM_ASSERT(!members.empty() && members.size() <= orders::kMostStrategies);
  for (Member& member : members) seats_.push_back(std::make_unique<Seat>(*this, seats_.size() + 1, std::move(member)));
}

Several::~Several() = default;

Several::Seat* Several::seat_of(Owner owner) const {
  return owner >= 1 && owner <= seats_.size() ? seats_[owner - 1].get() : nullptr;
}

std::string_view Several::name_of(Owner owner) const {
  const Seat* seat = seat_of(owner);
  return seat != nullptr ? std::string_view{seat->name()} : std::string_view{};
}

std::optional<Owner> Several::owner_named(std::string_view name) const {
  for (Owner owner = 1; owner <= seats_.size(); ++owner)
    if (name_of(owner) == name) return owner;
  return std::nullopt;
}

std::vector<std::string> Several::names() const {
  std::vector<std::string> all;
  for (const auto& seat : seats_) all.push_back(seat->name());
  return all;
}

Money Several::equity_of(Owner owner) const {
  const Seat& seat = *seat_of(owner);
  Money sum{};
  for (InstrumentIndex index = 0; index < seat.instruments(); ++index) sum += seat.equity(index);
  return sum;
}

void Several::on_start(Context& context) {
  run_ = static_cast<Run*>(&context);
  const auto remember = [this](Owner owner, const Fill& fill) {
    if (Seat* seat = seat_of(owner)) seat->remember(fill);
  };
  for (const Fill& fill : run_->earlier_fills()) {
    owned_.book(fill, run_->instrument(fill.instrument));
    if (const Owner owner = orders::owner_of(fill.order); owner != orders::kSessionsOwn)
      remember(owner, fill);
    else
      for (const auto& part : owned_.take_parts()) remember(part.owner, part.fill);
  }
  starting_ = true;
  for (const auto& seat : seats_) seat->start();
  starting_ = false;
  set_timer();
}

void Several::on_book(Context&, InstrumentIndex index) {
  for (const Reader& reader : books_[index]) reader.seat->strategy().on_book(*reader.seat, reader.index);
}

void Several::on_trade(Context&, const TradeTick& trade) {
  TradeTick own = trade;
  for (const Reader& reader : trades_[trade.instrument]) {
    own.instrument = reader.index;
    reader.seat->strategy().on_trade(*reader.seat, own);
  }
}

void Several::on_quote(Context&, InstrumentIndex index, const Level& bid, const Level& ask) {
  for (const Reader& reader : quotes_[index]) reader.seat->strategy().on_quote(*reader.seat, reader.index, bid, ask);
}

void Several::on_watch(Context&, InstrumentIndex index) {
  for (const Reader& reader : watches_[index]) reader.seat->strategy().on_watch(*reader.seat, reader.index);
}

void Several::on_bar(Context&, const BarEvent& bar) {
  BarEvent own = bar;
  for (const Reader& reader : bars_[bar.series]) {
    own.instrument = reader.index;
    reader.seat->strategy().on_bar(*reader.seat, own);
  }
}

void Several::on_row(Context&, const RowEvent& row) {
  for (const Reader& reader : rows_[row.series])
    reader.seat->strategy().on_row(*reader.seat, {row.series, reader.index, row.row});
}

void Several::on_order(Context&, const OrderEvent& event) {
  const Owner owner = orders::owner_of(event.id);
  if (owner != orders::kSessionsOwn) {
    if (Seat* seat = seat_of(owner)) seat->tell(event);
    return;
  }
  if (event.kind != OrderEventKind::Filled) return;
  for (const auto& part : owned_.take_parts()) {
    Seat* seat = seat_of(part.owner);
    if (seat == nullptr) continue;
    OrderEvent closed = event;
    closed.id = 0;
    closed.quantity = part.fill.quantity;
    closed.leaves = {};
    closed.fee = part.fill.fee;
    closed.coin_fee = 0;
    seat->tell(closed);
  }
}

void Several::on_timer(Context&) {
  for (const auto& seat : seats_) seat->fire();
  set_timer();
}

/// One timer for all of them: each has its own time.
void Several::set_timer() {
  UnixNanos next = kNever;
  for (const auto& seat : seats_) next = std::min(next, seat->due());
  if (next != kNever) run_->wake_at(next);
}

void Several::on_stop(Context&) {
  for (const auto& seat : seats_) seat->strategy().on_stop(*seat);
}

void Several::each_execution(const std::function<void(ExecutionOrders&)>& show) {
  each_execution_of([&](Owner, Context&, ExecutionOrders& execution) { show(execution); });
}

void Several::each_execution_of(const std::function<void(Owner, Context&, ExecutionOrders&)>& show) {
  for (Owner owner = 1; owner <= seats_.size(); ++owner) {
    Seat& seat = *seats_[owner - 1];
    seat.strategy().each_execution([&](ExecutionOrders& execution) { show(owner, seat, execution); });
  }
}

InstrumentIndex Several::of_run(Owner owner, InstrumentIndex own) const { return seat_of(owner)->of_run(own); }

}  // namespace stom
