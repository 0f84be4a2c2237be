#include "sim/models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/assert.hpp"
#include "core/math.hpp"

namespace stom::sim {
namespace {

constexpr std::string_view kPower = "power:";
constexpr int kExponentDecimals = 4;

// IEEE 754 minNum: the other operand where one is NaN.
double min_number(double a, double b) {
  if (a != a) return b;
  if (b != b) return a;
  return a < b ? a : b;
}

/// share^exponent as C's pow() has it. The rules hftbacktest know fronts below 0, and so shares.
double power_of(double share, double exponent) {
  if (exponent == 3) return share * share * share;  // the bits that power3 has always had
  if (share >= 0 || exponent != std::floor(exponent)) return portable_exp(exponent * portable_log(share));
  const double size = portable_exp(exponent * portable_log(-share));
  return std::fmod(exponent, 2) == 0 ? size : -size;
}

/// As probability_behind() for quantities above 0, but to all digits also where they are small: ln(1 + x) there is of
/// an x that 1 + x has lost.
double share_behind(QueueModel model, double front, double back) {
  if (model.kind == QueueModel::Kind::Power) return probability_behind(model, front, back);
  const double log_back = portable_log1p(back);
  return log_back / (log_back + portable_log1p(front));
}

}  // namespace

Result<FillRules> parse_fill_rules(std::string_view name) {
  if (name == "stom") return FillRules::Stom;
  if (name == "hftbacktest") return FillRules::Hftbacktest;
  return fail(Errc::Usage, fmt::format("there are no fill rules named '{}'", name),
              "use --fill-rules stom or hftbacktest; docs/fills.md");
}

Result<QueueModel> parse_queue_model(std::string_view name) {
  if (name == "risk_averse") return QueueModel::RiskAverse;
  if (name == "power3") return QueueModel::Power3;
  if (name == "log") return QueueModel::Log;
  if (name == "fifo") return QueueModel::Fifo;
  if (name.starts_with(kPower)) {
    const auto exponent = parse_decimal(name.substr(kPower.size()), kExponentDecimals);
    const double value =
        exponent ? static_cast<double>(*exponent) / static_cast<double>(power_of_ten(kExponentDecimals)) : 0;
    if (value >= kLeastExponent && value <= kGreatestExponent) return QueueModel::power(value);
    return fail(Errc::Usage, fmt::format("'{}' is no power from {} to {}", name, kLeastExponent, kGreatestExponent),
                "for example power:2.5; docs/fills.md, R3");
  }
  return fail(Errc::Usage, fmt::format("there is no queue model named '{}'", name),
              "use --queue risk_averse, power3, power:2.5 or log, or fifo on a generated market; docs/fills.md");
}

Result<BarPath> parse_bar_path(std::string_view name) {
  if (name == "worst") return BarPath::Worst;
  if (name == "ohlc") return BarPath::Ohlc;
  if (name == "adaptive") return BarPath::Adaptive;
  return fail(Errc::Usage, fmt::format("there is no bar path named '{}'", name),
              "use --bar-path worst, ohlc or adaptive; docs/fills.md");
}

std::string_view name_of(FillRules rules) {
  return rules == FillRules::Stom ? "stom" : rules == FillRules::Hftbacktest ? "hftbacktest" : "bars";
}

std::string name_of(QueueModel model) {
  switch (model.kind) {
    case QueueModel::Kind::RiskAverse:
      return "risk_averse";
    case QueueModel::Kind::Power:
      return model == QueueModel::Power3 ? "power3" : fmt::format("{}{}", kPower, model.exponent);
    case QueueModel::Kind::Log:
      return "log";
    case QueueModel::Kind::Fifo:
      return "fifo";
  }
  STOM_ASSERT(false);
}

double probability_behind(QueueModel model, double front, double back) {
  double p = 0;
  if (model.kind == QueueModel::Kind::Power) {
    p = 1.0 - power_of(front / (front + back), model.exponent);
  } else {
    const double log_back = portable_log(1 + back), log_front = portable_log(1 + front);
    p = log_back / (log_back + log_front);
  }
  return p == std::numeric_limits<double>::infinity() || p == -std::numeric_limits<double>::infinity() ? 1.0 : p;
}

QueueFront front_after_change(QueueModel model, QueueFront front, std::int64_t before, std::int64_t after,
                              std::int64_t traded, double unit) {
  const QueueFront back = whole_front(before) - front;
  const auto change = static_cast<Int128>(before) - after - traded;
  // A front that was not known (R9) is more than the level displays.
  if (model == QueueModel::RiskAverse || change < 0 || back < 0) return std::min(front, whole_front(after));
  std::int64_t behind = 0;  // in 10^-9; with nobody behind us nothing comes from there
  if (back > 0) {
    const double units = unit / kFrontOfOne;
    const double p = share_behind(model, static_cast<double>(front) * units, static_cast<double>(back) * units);
    behind = static_cast<std::int64_t>(p * kFrontOfOne + 0.5);
  }
  const QueueFront from_behind = behind * change, from_ahead = (kFrontOfOne - behind) * change;
  return std::clamp<QueueFront>(front - from_ahead + std::min<QueueFront>(back - from_behind, 0), 0,
                                whole_front(after));
}

double hftbacktest_front_after_change(QueueModel model, double front, double before, double after, double traded) {
  if (model == QueueModel::RiskAverse) return min_number(front, after);
  const double change = before - after - traded;
  if (change < 0) return min_number(front, after);
  const double back = before - front;
  const double p = probability_behind(model, front, back);
  return min_number(front - (1.0 - p) * change + min_number(back - p * change, 0.0), after);
}

}  // namespace stom::sim
