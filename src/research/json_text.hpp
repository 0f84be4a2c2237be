// JSON strings for the files and pages that research writes.
#pragma once

#include <string>
#include <string_view>

namespace stom {

/// The text as a JSON string, quotes included. Also safe inside <script>: '<' and '>' are escaped.
std::string json_text(std::string_view text);

}  // namespace stom
