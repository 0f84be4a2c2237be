#include "research/queue_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stom::research {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr int kExponents = 32;  // a trial's

}  // namespace

QueueSearch::QueueSearch(std::span<const OrderFate> fates, DurationNanos tolerance)
    : fates_{fates}, tolerance_{tolerance} {
  for (std::size_t i = 0; i < fates.size(); ++i)
    if (fates[i].rested && fates[i].followed && fates[i].order.type == OrderType::Limit)
      orders_.push_back({.fate = i, .bounds = {-kUnbounded, kUnbounded}, .others = {}});
}

std::size_t QueueSearch::filled() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(orders_, [&](const Order& order) { return fates_[order.fate].first_fill != kNever; }));
}

std::vector<sim::QueueModel> QueueSearch::models() const {
  const double low = std::log(pass_ == 0 ? 0.05 : fit_.exponent.low);
  const double high = std::log(pass_ == 0 ? 64.0 : fit_.exponent.high);
  std::vector<sim::QueueModel> models;
  for (int i = 0; i < kExponents; ++i)
    models.push_back(sim::QueueModel::power(std::exp(low + (high - low) * i / (kExponents - 1))));
  models.push_back(sim::QueueModel::Log);
  models.push_back(sim::QueueModel::RiskAverse);
  if (pass_ > 0) models.push_back(sim::QueueModel::power(fit_.exponent.value));
  return models;
}

std::optional<QueueSearch::Verdict> QueueSearch::verdict(const OrderFate& fate,
                                                         const OrderTrial::Outcome& outcome) const {
  if (!outcome.rested) return std::nullopt;
  if (fate.first_fill == kNever)
    return outcome.first_fill < fate.over - tolerance_ || (tolerance_ == 0 && outcome.first_fill == fate.over)
               ? Verdict::Early
               : Verdict::Same;
  if (outcome.first_fill < fate.first_fill - tolerance_) return Verdict::Early;
  return outcome.first_fill == kNever || outcome.first_fill - tolerance_ > fate.first_fill ? Verdict::Late
                                                                                           : Verdict::Same;
}

void QueueSearch::read(const OrderTrial& trial) {
  const std::vector<sim::QueueModel> models = this->models();
  at_ = through_ = {};
  for (Order& order : orders_) {
    const OrderFate& fate = fates_[order.fate];
    const auto outcomes = trial.of(order.fate);
    order.others.clear();
    if (!trial.seen(order.fate)) {
      order.known = false;
      continue;
    }
    for (std::size_t i = 0; i < models.size(); ++i) {
      const auto found = verdict(fate, outcomes[i]);
      if (!found) {
        order.known = false;
        break;
      }
      if (models[i].kind != sim::QueueModel::Kind::Power) {
        order.others.push_back(*found == Verdict::Same);
        continue;
      }
      const double exponent = std::log(models[i].exponent);
      order.explained |= *found == Verdict::Same;
      if (*found == Verdict::Early) order.bounds.above = std::max(order.bounds.above, exponent);
      if (*found == Verdict::Late) order.bounds.below = std::min(order.bounds.below, exponent);
    }
    order.known = order.known && order.bounds.above < order.bounds.below;
    // Too early by one and too late by another: it lies between two that were tried.
    order.explained |= order.bounds.above != -kUnbounded && order.bounds.below != kUnbounded;
    if (const auto reached = trial.reached(order.fate); reached != OrderTrial::Reached::Never) {
      Reached& of = reached == OrderTrial::Reached::At ? at_ : through_;
      ++of.orders;
      of.filled += fate.first_fill != kNever;
      of.by_model += outcomes.back().first_fill <= fate.over;
    }
  }
  bounds_.clear();
  others_ = {{sim::QueueModel::Log, 0}, {sim::QueueModel::RiskAverse, 0}};
  unexplained_ = 0;
  for (const Order& order : orders_) {
    if (order.known && !order.explained) ++unexplained_;
    if (!order.known || !order.explained || (order.bounds.above == -kUnbounded && order.bounds.below == kUnbounded))
      continue;
    bounds_.push_back(order.bounds);
    for (std::size_t i = 0; i < others_.size(); ++i) others_[i].consistent += order.others[i];
  }
  fit_ = fit_exponent(bounds_, sim::kLeastExponent, sim::kGreatestExponent);
  ++pass_;
}

}  // namespace stom::research
