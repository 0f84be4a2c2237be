// The texts that `stom strategy new` starts from: complete strategies with a passing test, to be changed.
#pragma once

#include <string>
#include <string_view>

namespace stom {

struct StrategyTemplate {
  std::string_view name;
  std::string source;  // with @name@ and @Class@ to be filled in
  std::string test;
};

const StrategyTemplate* find_template(std::string_view name);
std::string template_names();

}  // namespace stom
