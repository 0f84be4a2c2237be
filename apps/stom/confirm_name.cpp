#include "confirm_name.hpp"

#include <fmt/format.h>

#include <iostream>
#include <string>
#include <system_error>

namespace stom {

Result<void> confirm_by_name(const Session& session, const Confirmation& asked) {
  if (asked.confirm == asked.name) return {};
  const auto flag = fmt::format("--confirm={}{}", asked.name, asked.or_else);
  if (!asked.confirm.empty())
    return fail(Errc::Usage, fmt::format("--confirm={} is not the name of {}", asked.confirm, asked.of), flag);
  if (session.no_input || session.json)
    return fail(Errc::Usage, fmt::format("{}, and is asked for", asked.sentence), flag);
  fmt::print(stderr, "This {}. Type the name of {} to go on: ", asked.sentence, asked.of);
  std::string typed;
  if (std::getline(std::cin, typed) && typed == asked.name) return {};
  return fail(Errc::Usage, fmt::format("that is not the name of {}: nothing was done", asked.of),
              fmt::format("its name is {}", asked.name));
}

std::string name_of_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const auto path = std::filesystem::weakly_canonical(folder, error);
  return (path.has_filename() ? path : path.parent_path()).filename().string();
}

}  // namespace stom
