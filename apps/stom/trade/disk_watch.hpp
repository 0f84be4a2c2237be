// Says before the disk is full that it will be: a session whose journal cannot be written sends no order any more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "core/clock.hpp"

namespace stom::trade {

/// To who is not the administrator, where the folder is. None: the disk does not say.
std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder);

class DiskWatch {
 public:
  static constexpr std::uint64_t kLeast = std::uint64_t{1} << 30;
  static constexpr DurationNanos kEvery = kMinute;
  using Free = std::function<std::optional<std::uint64_t>()>;
  using Say = std::function<void(const std::string&)>;  // a line of the log

  DiskWatch(Free free, const Clock& clock, Say say)
      : free_{std::move(free)}, clock_{clock}, say_{std::move(say)}, next_{clock.now()} {}

  /// However often it is called, it asks once a minute, by a thread that may wait for the disk. Says so once when less
  /// than kLeast is free, and again only after there was more.
  void look();

 private:
  const Free free_;
  const Clock& clock_;
  const Say say_;
  UnixNanos next_;
  bool told_ = false;
};

}  // namespace stom::trade
