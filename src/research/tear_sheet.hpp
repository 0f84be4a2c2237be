// The tear sheet: one HTML file that holds everything it shows and asks no network for anything, made to be read on a
// screen by day or night, and on paper. docs/report.md walks through it.
#pragma once

#include <string>

#include "research/conventions.hpp"
#include "research/result.hpp"
#include "research/statistics.hpp"

namespace stom {

struct TearSheetOptions {
  std::string lang = "en";  // "en" or "ko"
};

/// `statistics` computed from `result` under `conventions`.
std::string tear_sheet(const RunResult& result, const Statistics& statistics, const Conventions& conventions,
                       const TearSheetOptions& options = {});

/// What a reader should know before believing the figures, in English: few trades, one lucky day, fees above profit.
std::vector<std::string> warnings_of(const RunResult& result, const Statistics& statistics);

/// The run in Markdown, for a pull request or a chat: header, warnings, key figures, settings, hashes.
std::string tear_sheet_markdown(const RunResult& result, const Statistics& statistics,
                                const TearSheetOptions& options = {});

}  // namespace stom
