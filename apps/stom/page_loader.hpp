// A venue's history that comes in pages, into one file for the import: asks, waits as the venue's budgets want it, and
// keeps each answer on the disk before it asks for the next. After a cut, a kill or Ctrl-C the answers that are there
// are read again, and the venue is asked for what comes behind them: no page twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "gateway/budgets.hpp"
#include "net/fetcher.hpp"
#include "venues/history_pages.hpp"

namespace stom {

class PageLoader {
 public:
  /// `source`: the address below which the venue's paths begin. `silence`: how long it may take for an answer.
  static Result<PageLoader> make(const std::string& source, const std::filesystem::path& authority,
                                 std::chrono::milliseconds silence, const venues::Description& limits);

  /// The file is whole or not there; the answers stay in `kept` until it is. Errc::NotFound: the venue has nothing of
  /// it. `go_on` is told the part that is there, and ends it with false (Errc::Canceled).
  Result<void> load(venues::HistoryPages& pages, const std::filesystem::path& file, const std::filesystem::path& kept,
                    const std::function<bool(double part)>& go_on);

  std::uint64_t bytes() const { return bytes_; }  // of answers that came now

 private:
  struct Answer {
    std::string body, next_key;
  };
  using GoOn = std::function<bool()>;

  PageLoader(net::Route route, const net::Url& server, std::chrono::milliseconds silence,
             const venues::Description& limits, std::string source);

  Result<Answer> ask(const venues::PageRequest& request, const GoOn& go_on);
  Result<void> wait_until(UnixNanos time, const GoOn& go_on) const;

  net::Fetcher fetcher_;
  gateway::Budgets budgets_;
  std::string source_, below_;
  std::uint64_t bytes_ = 0;
};

}  // namespace stom
