#include "research/conventions.hpp"

namespace stom {
namespace {

Conventions backtesting_py() {
  Conventions c;
  c.name = "backtesting_py";
  c.shortest_year = 0;
  c.first_period = Conventions::FirstPeriod::FromFirstSample;
  c.volatility = Conventions::Volatility::Compounded;
  c.ratio_numerator = Conventions::Numerator::AnnualReturn;
  c.exposure = Conventions::Exposure::Points;
  c.profit_factor = Conventions::ProfitFactor::TradeReturns;
  c.alpha = Conventions::Alpha::WholeRun;
  c.durations = Conventions::Durations::WholeBars;
  return c;
}

Conventions empyrical() {
  Conventions c;
  c.name = "empyrical";
  c.shortest_year = 0;
  c.periods_per_year = 252;
  c.sampling = Conventions::Sampling::Daily;
  c.first_period = Conventions::FirstPeriod::FromFirstSample;
  c.cagr_years = Conventions::CagrYears::Periods;
  return c;
}

Conventions performanceanalytics() {
  Conventions c = empyrical();
  c.name = "performanceanalytics";
  c.tail_kind = Conventions::Tail::Gaussian;
  return c;
}

Conventions vectorbt() {
  Conventions c;
  c.name = "vectorbt";
  c.shortest_year = 0;
  c.sampling = Conventions::Sampling::EveryPoint;
  c.cagr_years = Conventions::CagrYears::Periods;
  c.exposure = Conventions::Exposure::Points;
  return c;
}

}  // namespace

Result<Conventions> conventions_named(std::string_view name) {
  if (name == "stom") return Conventions{};
  if (name == "backtesting_py") return backtesting_py();
  if (name == "empyrical") return empyrical();
  if (name == "performanceanalytics") return performanceanalytics();
  if (name == "vectorbt") return vectorbt();
  std::string known;
  for (const auto& n : conventions_names()) known += (known.empty() ? "" : ", ") + n;
  return fail(Errc::Usage, "unknown conventions '" + std::string{name} + "'", "choose one of: " + known);
}

std::vector<std::string> conventions_names() {
  return {"stom", "backtesting_py", "empyrical", "performanceanalytics", "vectorbt"};
}

}  // namespace stom
