// A place in a journal.
#pragma once

#include <cstdint>

#include "core/hash.hpp"
#include "engine/journal_bytes.hpp"
#include "model/order.hpp"

namespace stom {

/// What the numbers of the next record are counted from: those of the records before it.
struct JournalAnchor {
  UnixNanos time = 0;
  std::uint64_t request = 0;
  ClientOrderId id = 0;
  std::int64_t price = 0;

  template <class Io>
  void fields(Io& io) {
    io(time, request, id, price);
  }
};

/// A place behind some record of a journal, with all that is needed to go on there, and to see whether a file is that
/// journal. To be written down and read back (core/state_io.hpp).
struct JournalPosition {
  std::uint64_t records = 0, bytes = kJournalMagic.size();  // before it
  JournalAnchor anchor;
  StripedCrc check;       // of those bytes behind the magic
  Sha256::Progress hash;  // too: docs/journal.md, "Hash"

  template <class Io>
  void fields(Io& io) {
    io(records, bytes, anchor, check, hash);
  }
};

}  // namespace stom
