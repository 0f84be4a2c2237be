// A condition text laid out in one way: four spaces for a block, one around signs, no blanks at ends of lines. Lines
// stay lines, so that exit lines stay what they were; comments and texts in quotes stay as they are.
#pragma once

#include <string>
#include <string_view>

namespace stom::conditions {

/// The source itself where it has errors that leave its layout unclear.
std::string laid_out(std::string_view source);

}  // namespace stom::conditions
