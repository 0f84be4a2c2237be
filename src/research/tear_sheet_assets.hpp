// Style and script of the tear sheet, as they stand in the page.
#pragma once

#include <string_view>

namespace stom {

std::string_view tear_sheet_style();
std::string_view tear_sheet_script();

}  // namespace stom
