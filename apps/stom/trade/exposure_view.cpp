#include "trade/exposure_view.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/decimal.hpp"

namespace stom::trade {
namespace {

using Json = nlohmann::ordered_json;

Json money_json(std::optional<Money> amount) {
  return amount ? Json(format_decimal_trimmed(amount->value, kMoneyDecimals)) : Json{};
}

std::string rate_text(const risk::CurrencyRate& rate) {
  const Int128 digits = Int128{rate.numerator} * power_of_ten(kMaxDecimals);
  return format_decimal_trimmed(divide(digits, rate.denominator, Rounding::HalfEven), kMaxDecimals);
}

}  // namespace

ExposureView::ExposureView(std::span<const Instrument> instruments, std::string currency,
                           std::vector<risk::CurrencyRate> given)
    : instruments_{instruments}, currency_{std::move(currency)} {
  std::set<std::string_view> wanted{currency_};
  for (const Instrument& instrument : instruments_)
    if (wanted.insert(instrument.settlement()).second) settlements_.push_back(instrument.settlement());
  for (const Instrument& instrument : instruments_)
    pair_of_.push_back(instrument.settlement() == currency_ ? kOwn : rates_.pair(instrument.settlement(), currency_));
  for (risk::CurrencyRate& rate : given) {
    wanted.insert({rate.from});
    wanted.insert({rate.to});
    rates_.set(std::move(rate));
  }
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i)
    if (instruments_[i].kind == ContractKind::Spot && wanted.contains(instruments_[i].base) &&
        instruments_[i].price_decimals < kMaxDecimals)
      rates_of_.push_back({i, 2 * power_of_ten(instruments_[i].price_decimals), {}});
}

/// The middle of each book that is there now. Where it is not, what was heard last gets old.
void ExposureView::look_at_rates(const Market& market, const std::function<UnixNanos(InstrumentIndex)>& heard_at) {
  for (auto& [i, unit, place] : rates_of_) {
    if (market[i].stale || !market[i].book().two_sided()) continue;
    const std::int64_t twice = market[i].twice_mid();
    if (place) {
      rates_.renew(*place, twice, unit, heard_at(i));
      continue;
    }
    const Instrument& instrument = instruments_[i];
    place = rates_.set({instrument.base, instrument.quote, twice, unit, instrument.id, heard_at(i)});
  }
}

std::optional<Money> ExposureView::in_currency(const Market& market,
                                               const std::function<UnixNanos(InstrumentIndex)>& heard_at,
                                               InstrumentIndex instrument, Money amount, UnixNanos now) {
  if (pair_of_[instrument] == kOwn) return amount;
  look_at_rates(market, heard_at);
  const auto* way = rates_.known_way(pair_of_[instrument], now);
  if (way == nullptr || way->stale) return std::nullopt;
  return risk::convert(amount, *way);
}

double ExposureView::rate(const Market& market, const std::function<UnixNanos(InstrumentIndex)>& heard_at,
                          InstrumentIndex instrument, UnixNanos now) {
  if (pair_of_[instrument] == kOwn) return 1;
  look_at_rates(market, heard_at);
  const auto* way = rates_.known_way(pair_of_[instrument], now);
  return way == nullptr || way->stale ? 0 : risk::factor_of(*way);
}

std::vector<std::string> ExposureView::without_rate(const std::function<bool(InstrumentIndex)>& counts) const {
  risk::CurrencyRates possible;  // how high they are does not matter
  for (const risk::CurrencyRate& rate : rates_.all()) possible.set(rate);
  for (const RateOf& one : rates_of_) {
    const Instrument& of = instruments_[one.instrument];
    possible.set({of.base, of.quote, 1, 1, of.id, 0});
  }
  std::vector<std::string> without;
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
    const std::string& settlement = instruments_[i].settlement();
    if (!counts(i) || std::ranges::find(without, settlement) != without.end()) continue;
    if (!possible.way(settlement, currency_, 0)) without.push_back(settlement);
  }
  return without;
}

const risk::Exposure& ExposureView::exposure(const Market& market, const std::function<Held(InstrumentIndex)>& held,
                                             const std::function<UnixNanos(InstrumentIndex)>& heard_at, UnixNanos now) {
  look_at_rates(market, heard_at);
  positions_.clear();
  for (InstrumentIndex i = 0; i < instruments_.size(); ++i) {
    const auto [quantity, earned, began] = held(i);
    positions_.push_back({&instruments_[i], quantity, market[i].twice_mid(), market[i].stale, earned, began});
  }
  risk::add_up(exposure_, positions_, rates_, currency_, now);
  return exposure_;
}

Json ExposureView::at(const Market& market, const std::function<Held(InstrumentIndex)>& held,
                      const std::function<UnixNanos(InstrumentIndex)>& heard_at, UnixNanos now) {
  const risk::Exposure& all = exposure(market, held, heard_at, now);
  Json rates = Json::array();
  std::set<const risk::CurrencyRate*> told;
  for (const std::string& settlement : settlements_) {
    const auto way = rates_.way(settlement, currency_, now);
    if (!way) continue;
    for (const auto& step : way->steps) {
      if (!told.insert(step.rate).second) continue;
      rates.push_back({{"from", step.rate->from},
                       {"to", step.rate->to},
                       {"rate", rate_text(*step.rate)},
                       {"source", step.rate->source},
                       {"age_ms", std::max<DurationNanos>(now - step.rate->at, 0) / kMillisecond},
                       {"stale", risk::CurrencyRates::stale(*step.rate, now)}});
    }
  }
  return {{"currency", currency_},        {"equity", money_json(all.equity)}, {"gross", money_json(all.gross())},
          {"net", money_json(all.net())}, {"profit", money_json(all.profit)}, {"stale", all.stale},
          {"unknown", all.unknown},       {"rates", std::move(rates)}};
}

std::string exposure_text(const Json& risk) {
  std::string text;
  for (const char* name : {"equity", "gross", "net", "profit"}) {
    if (!risk.contains(name)) continue;  // a process that was begun by an older version tells no equity
    const Json& value = risk.at(name);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", name,
                        value.is_string()
                            ? fmt::format("{} {}", value.get<std::string>(), risk.at("currency").get<std::string>())
                            : "not known");
  }
  if (risk.at("stale") == true) text += ", stale";
  for (const Json& why : risk.at("unknown")) text += "; " + why.get<std::string>();
  return text;
}

}  // namespace stom::trade
