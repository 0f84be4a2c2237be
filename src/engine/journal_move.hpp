// A journal that is being written goes over to another file, between two records, and waits for nobody. Who writes it
// (the engine) and who has made the other file, and may wait for disks, meet here:
//
//   Offered  the other file has what the journal's file has up to some byte of it
//   Doubled  it has all, and each record goes to both from here on
//   Naming   it is given the journal's name: whichever of the two has that, a crash loses no record
//   Named    it has the name, and the disk knows
//   Over     it alone is written to; or, where it was Off before, the old one
//   Off      it is not wanted any more
//   Failed   it could not be written to, and is not any more
//
// The writer sets Doubled, Over and Failed, the other one the rest; Over and Failed are the last.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace stom {

struct JournalMove {
  enum class Step : std::uint8_t { Offered, Doubled, Naming, Named, Over, Off, Failed };
  static constexpr std::size_t kRoom = std::size_t{1} << 16;

  std::atomic<Step> step{Step::Offered};
  int from = -1, to = -1;    // to read the journal's file, and to write the other one
  int left = -1;             // what the writer has left, who has `to` for it, once it is Over; -1: it stays as it was
  std::uint64_t copied = 0;  // so many bytes of the one are in the other,
  std::uint64_t less = 0;    // where they stand so much further to the front
  std::vector<char> room = std::vector<char>(kRoom);  // the writer takes none from the heap

  /// All before that byte is in the other file. False: it cannot be written, or the one cannot be read.
  bool bring(std::uint64_t end);
};

}  // namespace stom
