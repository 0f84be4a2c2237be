// strategy.db and setting.db of the old program (docs/old-data.md): texts by kind and name, and the settings that we
// have an equivalent of. What is a key or a password is not read at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "importers/old_orders.hpp"

namespace stom::importers {

enum class OldTextKind : std::uint8_t {
  Buy,
  Sell,
  OptimizeBuy,
  OptimizeSell,
  Ranges,         // self.vars[i] = [[start, end, step], value], for grid and samplers
  GeneticRanges,  // self.vars[i] = [[v1, v2, …], value]
  BuyConditions,  // one expression a line, for the search of conditions
  SellConditions,
};

struct OldText {
  bool stock = true;
  OldTextKind kind = OldTextKind::Buy;
  std::string name, text;
  std::optional<std::string> best;  // of OptimizeBuy: values of self.vars, joined by ';'
};

struct OldStrategies {
  std::vector<OldText> texts;
  std::int64_t schedules = 0;            // saved plans of batch runs
  std::vector<std::string> passed_over;  // tables that are none of these
};
/// nothing: the file is no strategy.db.
Result<std::optional<OldStrategies>> read_old_strategies(const std::filesystem::path& file);

/// One market's row of setting.db. Empty, or nothing: the file does not say.
struct OldMarketSettings {
  bool stock = true;
  std::string buy, sell;  // names of the texts in use
  std::optional<bool> seconds;
  std::optional<double> window, end_clock;
  std::vector<std::pair<std::string, std::string>> conditions;  // name, expression
  std::vector<std::string> without_equivalent;                  // names of the columns
};

struct OldSettings {
  std::vector<OldMarketSettings> markets;
  std::vector<OldOrders> orders;                // where a market's order grid has a row
  std::vector<std::string> without_equivalent;  // other tables
  std::vector<std::string> secrets;             // tables and columns of keys and passwords, not read
};
/// nothing: the file is no setting.db.
Result<std::optional<OldSettings>> read_old_settings(const std::filesystem::path& file);

}  // namespace stom::importers
