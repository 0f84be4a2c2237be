// How long a command waits for a running session: one on a computer with too much to do comes round to an answer late,
// and that is no session that hangs. The session itself answers within a second or two, also that its engine said
// nothing: the page, who asks each second, is not to be kept waiting. A person at a terminal is, and is told so.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace stom::trade {

struct Patience {
  DurationNanos most = 10 * kSecond;                  // since the first question; after that no other one is asked
  std::function<bool()> go_on = [] { return true; };  // false: who waits has had enough
  std::function<void(std::string_view line)> waiting = [](std::string_view) {};  // why, and for what; each line once
};

/// The object that `ask` gets, asked again as long as the session says that this helps (kTryAgain) and patience lasts;
/// then the last one, with its "error". `ask` is to call what it is handed each second in which it hears nothing, and
/// to give up where that says false. Errors: what `ask` says, an answer that is no object, Errc::Canceled.
Result<nlohmann::ordered_json> ask_patiently(
    const std::function<Result<std::string>(const std::function<bool()>& silent)>& ask, const Clock& clock,
    const Patience& patience);

}  // namespace stom::trade
