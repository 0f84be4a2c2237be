// Typed parameters of a strategy: one call declares a parameter (name, default, range, meaning) and reads what the user
// gave. Called without values it records the declarations, which is how `stom strategy show` knows them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.hpp"
#include "core/time.hpp"
#include "model/bar_spec.hpp"

namespace stom {

struct ParameterInfo {
  std::string name;
  std::string type;  // "integer", "number", "text", "choice", "duration", "bars", "file"
  std::string default_value;
  std::string range;  // "1..1000", "strict|stateful", ""
  std::string meaning;
  bool said_only_if_given = false;  // a configuration without it is the one of before there was such a parameter
};

class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(std::map<std::string, std::string> values) : values_{std::move(values)} {}

  /// The run is on stored bars of that kind: they are what bars() is where the user gave nothing. To be called before
  /// the strategy is made.
  void on_stored_bars(std::string kind) { stored_bars_ = std::move(kind); }

  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most,
                       std::string_view meaning);
  double number(std::string_view name, double fallback, double least, double most, std::string_view meaning);
  /// A plain decimal kept as text, for what becomes exact money, price or quantity.
  std::string decimal(std::string_view name, std::string_view fallback, std::string_view meaning);
  std::string text(std::string_view name, std::string_view fallback, std::string_view meaning);
  /// What a file holds: the user names the file, the program gives its text. Empty where none is named.
  std::string file(std::string_view name, std::string_view meaning);
  /// The same for one that came later: in_force() has it only where it is given.
  std::string later_file(std::string_view name, std::string_view meaning);
  /// One of "a|b|c"; returns its position.
  std::size_t choice(std::string_view name, std::string_view fallback, std::string_view options,
                     std::string_view meaning);
  DurationNanos duration(std::string_view name, std::string_view fallback, std::string_view meaning);
  /// Which bars: "1m", "100t", "50v" (model/bar_spec.hpp).
  BarSpec bars(std::string_view name, std::string_view fallback, std::string_view meaning);
  bool flag(std::string_view name, bool fallback, std::string_view meaning);

  /// The strategy does nothing with fewer instruments than that: check_instruments() refuses to begin with them.
  void needs_instruments(std::size_t least) { least_instruments_ = least; }
  std::size_t least_instruments() const { return least_instruments_; }

  /// For a value that only the strategy can judge. The first refusal is what check() reports.
  void refuse(std::string_view name, std::string_view why);

  const std::vector<ParameterInfo>& declared() const { return declared_; }
  const std::map<std::string, std::string>& values() const { return values_; }
  /// The first bad value or, once all are declared, a name that no declaration has (with the nearest one that exists).
  Result<void> check() const;
  /// Whether the strategy of that name, made from these, can do anything with so many instruments.
  Result<void> check_instruments(std::string_view strategy, std::size_t given, std::string_view remedy) const;
  /// Each declared parameter with its value, in order of declaration.
  std::vector<std::pair<std::string, std::string>> in_force() const;
  /// "fast=10 slow=30": every declared parameter with the value in force, in order of declaration.
  std::string describe() const;

 private:
  const std::string* given(std::string_view name, std::string type, std::string fallback, std::string range,
                           std::string_view meaning);

  std::map<std::string, std::string> values_;
  std::string stored_bars_;  // empty: the run is on ticks
  std::vector<ParameterInfo> declared_;
  std::optional<Error> error_;
  std::size_t least_instruments_ = 1;
};

}  // namespace stom
