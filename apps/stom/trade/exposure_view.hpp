// A session's exposure over all its venues, in one currency (risk/exposure.hpp): its positions, prices and rates
// gathered from the engine's books, and put into words. The engine thread, when somebody asks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "market/market.hpp"
#include "risk/exposure.hpp"

namespace stom::trade {

class ExposureView {
 public:
  /// `given`: rates that the operator named. `instruments` must outlive it.
  ExposureView(std::span<const Instrument> instruments, std::string currency, std::vector<risk::CurrencyRate> given);

  struct Held {
    Quantity quantity{};
    Money earned{}, began{};  // risk::Position
  };
  /// `held` and `heard_at` by instrument: what is held there, and when something of it was last heard (kNoTime: never).
  /// Good until it is asked for again.
  const risk::Exposure& exposure(const Market& market, const std::function<Held(InstrumentIndex)>& held,
                                 const std::function<UnixNanos(InstrumentIndex)>& heard_at, UnixNanos now);
  /// The same in words.
  nlohmann::ordered_json at(const Market& market, const std::function<Held(InstrumentIndex)>& held,
                            const std::function<UnixNanos(InstrumentIndex)>& heard_at, UnixNanos now);
  /// An amount of that instrument's settlement currency in the view's own. None: no rate leads there, or a stale one.
  std::optional<Money> in_currency(const Market& market, const std::function<UnixNanos(InstrumentIndex)>& heard_at,
                                   InstrumentIndex instrument, Money amount, UnixNanos now);
  /// The same of 1, as near as a double is; 0: none.
  double rate(const Market& market, const std::function<UnixNanos(InstrumentIndex)>& heard_at,
              InstrumentIndex instrument, UnixNanos now);
  const std::string& currency() const { return currency_; }
  /// Currencies of those instruments, once each, from which no rate leads to the view's own, and none will: neither
  /// given nor said by an instrument, whether its book is there yet or not.
  std::vector<std::string> without_rate(const std::function<bool(InstrumentIndex)>& counts) const;

 private:
  void look_at_rates(const Market& market, const std::function<UnixNanos(InstrumentIndex)>& heard_at);

  std::span<const Instrument> instruments_;
  std::string currency_;
  static constexpr std::size_t kOwn = SIZE_MAX;
  std::vector<std::string> settlements_;  // currencies of the instruments, once each
  std::vector<std::size_t> pair_of_;      // by instrument: its settlement's and the view's own; kOwn: they are the same
  /// An instrument whose price is a rate between such currencies.
  struct RateOf {
    InstrumentIndex instrument;
    std::int64_t unit;                 // of its doubled price
    std::optional<std::size_t> place;  // among the rates, once it is known
  };
  std::vector<RateOf> rates_of_;
  risk::CurrencyRates rates_;
  std::vector<risk::Position> positions_;  // reused
  risk::Exposure exposure_;                // too
};

/// The same as a line for people: "equity 102400000 KRW, gross 62000000 KRW, net 22000000 KRW, profit 2400000 KRW".
std::string exposure_text(const nlohmann::ordered_json& risk);

}  // namespace stom::trade
