// Ticks and lots as dated data of the product (data/market/*.csv, compiled in): what was in force on a market on a day.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/instrument.hpp"

namespace stom::venues {

/// Exact decimals as text: at how many decimals they are kept is the instrument's business.
struct LadderStep {
  std::string price_from;
  std::string tick;
};
struct Ladder {
  std::string market;
  std::int32_t since = 0;         // day on which it came into force
  std::vector<LadderStep> steps;  // ascending from 0
  std::string lot;                // empty where none is known
  std::string source;
};

/// `symbol` as the venue writes it; exceptions name its base ("ADA" of "KRW-ADA").
std::optional<Ladder> ladder_on(std::string_view market, std::string_view base, std::int32_t day);
std::vector<std::string> markets_with_ladders();

/// Gives the instrument the ladder and lot at its own decimals. A tick finer than those counts as one unit of them.
void apply_ladder(const Ladder& ladder, Instrument& instrument);

}  // namespace stom::venues
