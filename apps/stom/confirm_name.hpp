// What cannot be undone is asked for by a name that has to be typed.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "command.hpp"

namespace stom {

struct Confirmation {
  std::string_view name;      // that is to be typed
  std::string_view of;        // "the session's folder"
  std::string_view confirm;   // what --confirm said; empty: nothing
  std::string_view sentence;  // what will be done, for who is asked
  std::string_view or_else;   // behind the hint where nobody can be asked; may be empty
};
Result<void> confirm_by_name(const Session& session, const Confirmation& asked);

/// As which a session is asked for: the last part of its folder's path.
std::string name_of_folder(const std::filesystem::path& folder);

}  // namespace stom
