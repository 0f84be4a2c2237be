// A journal cut off at every record, and at every byte of its end: what a session that goes on reads back, whole or
// from what it had written down on the way, must be what the records before the cut say, worked out here in plain whole
// numbers and with nothing of orders/ or engine/recovery.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "core/decimal.hpp"
#include "model/instrument.hpp"

namespace stom::simulate {

struct CutJournal {
  std::uint64_t records = 0, torn = 0, flipped = 0;  // cuts behind a record, within one; bits that were turned
  std::uint64_t from_snapshots = 0;                  // of all those, so many were gone on with from a snapshot, too
  /// At so many of the cuts some order was pending, working, partly filled, being canceled, unknown.
  std::array<std::uint64_t, 5> states{};

  void add(const CutJournal& other) {
    records += other.records;
    torn += other.torn;
    flipped += other.flipped;
    from_snapshots += other.from_snapshots;
    for (std::size_t i = 0; i < states.size(); ++i) states[i] += other.states[i];
  }
};

/// `journal`: the bytes of a whole one, of a session that has one instrument and that cash. `folder`: for what is cut,
/// one of the caller's own. Empty where each cut leads to what it must; else what is wrong, with the place. `go_on` is
/// asked before each; false: it ends there, with a word.
std::string cut_everywhere(std::string_view journal, std::span<const Instrument> instruments, Int128 cash,
                           const std::filesystem::path& folder, CutJournal& counts, const std::function<bool()>& go_on);

}  // namespace stom::simulate
