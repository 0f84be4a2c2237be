// The market as our side of the wire knows it: per instrument the book, the last trade, the marks, and whether it is in
// the watch list. A pure function of the messages applied to it; one Market serves any number of runs.
#pragma once

#include <optional>
#include <vector>

#include "market/order_book.hpp"
#include "model/feed.hpp"
#include "model/instrument.hpp"
#include "model/views.hpp"

namespace stom {

class InstrumentMarket final : public BookView {
 public:
  explicit InstrumentMarket(Instrument instrument);

  const Instrument& instrument() const { return instrument_; }
  const OrderBook& book() const { return book_; }
  std::int64_t base_tick() const { return base_tick_; }
  /// What prices and quantities count, as doubles: 10^decimals.
  double price_unit() const { return price_unit_; }
  double quantity_unit() const { return quantity_unit_; }
  void apply(const FeedMessage& message);
  void apply_bar(const FeedMessage& message) { last_price = message.bar->close; }

  Level bid(std::size_t n) const override;
  Level ask(std::size_t n) const override;
  Quantity quantity_at(Side side, Price price) const override;

  Price last_price = kNoPrice;
  Quantity last_quantity{};
  Price mark_price = kNoPrice;
  bool gathering = false;       // the book is what a call auction has gathered
  std::optional<bool> watched;  // nothing: nobody has said

  /// What a position is worth per unit: the middle of the book in half price units, else the last trade; kNoPrice x 2
  /// never: 0 where unknown.
  std::int64_t twice_mid() const {
    if (book_.two_sided()) return (book_.best_bid() + book_.best_ask()) * base_tick_;
    return last_price == kNoPrice ? 0 : 2 * last_price.value;
  }
  /// Copies the best levels into the view. Called by the engine before a strategy looks.
  void refresh() {
    if (view_is_old_) copy_touch();
  }

 private:
  void copy_touch();
  Price price_of(Tick tick) const { return {tick * base_tick_}; }

  bool view_is_old_ = false;  // the best levels in the view are not those of the book
  std::int64_t base_tick_;
  OrderBook book_;
  double price_unit_, quantity_unit_;
  Instrument instrument_;
};

class Market {
 public:
  explicit Market(std::vector<Instrument> instruments);

  std::size_t size() const { return instruments_.size(); }
  InstrumentMarket& operator[](InstrumentIndex index) { return instruments_[index]; }
  const InstrumentMarket& operator[](InstrumentIndex index) const { return instruments_[index]; }
  void apply(const FeedMessage& message) { instruments_[message.instrument].apply(message); }

 private:
  std::vector<InstrumentMarket> instruments_;
};

}  // namespace stom
