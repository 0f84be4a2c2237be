// The words of the tear sheet in English and Korean. English is the key; a test holds that each has its Korean.
#pragma once

#include <string>
#include <string_view>

namespace stom {

enum class Language : std::uint8_t { English, Korean };

/// The phrase in the language; an English phrase that has no Korean stays English.
std::string_view translated(Language language, std::string_view english);
/// A line of RunResult::warnings, which has names and figures in it.
std::string translated_warning(Language language, std::string_view english);
/// The name of a setting of run.json, or of a reason of exit: itself where there is no other.
std::string_view setting_name(Language language, std::string_view key);

/// Name and definition of a key of statistics.json, for people. Hours and weekdays have none: they are charts.
struct MetricText {
  std::string_view name;
  std::string definition;
};
MetricText metric_text(Language language, std::string_view key);

}  // namespace stom
