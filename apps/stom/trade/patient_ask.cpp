#include "trade/patient_ask.hpp"

#include <set>
#include <string>

#include "trade/session_folder.hpp"

namespace stom::trade {

Result<nlohmann::ordered_json> ask_patiently(
    const std::function<Result<std::string>(const std::function<bool()>& silent)>& ask, const Clock& clock,
    const Patience& patience) {
  const UnixNanos begun = clock.now();
  std::set<std::string> told;
  const auto tell = [&](const std::string& line) {
    if (told.insert(line).second) patience.waiting(line);
  };
  for (;;) {
    const auto text = ask([&] {
      if (!patience.go_on()) return false;
      tell("the session has not answered yet: it is waited for");
      return true;
    });
    if (!patience.go_on()) return fail(Errc::Canceled, "interrupted: the session has not answered", "ask again");
    if (!text) return std::unexpected(text.error());
    auto json = nlohmann::ordered_json::parse(*text, nullptr, false);
    if (!json.is_object()) return fail(Errc::BadData, "the session's answer cannot be read", "ask again");
    const bool helps = json.value(kTryAgain, false);
    if (!helps || clock.now() - begun >= patience.most) return json;
    tell(json.value("error", std::string{"the session is slow"}) + ": it is asked again");
  }
}

}  // namespace stom::trade
