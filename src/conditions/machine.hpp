// Runs a program on a row. One machine serves any number of instruments, one after another: what belongs to one is in
// its InstrumentDay. No allocation, no I/O, and an end: instructions only go back at a loop, whose steps are counted.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/instrument_day.hpp"
#include "conditions/program.hpp"

namespace stom::conditions {

struct Outcome {
  bool stopped = false;    // something that Python would raise: as if nothing had been signalled
  bool signal = false;     // the truth of what the text decides
  std::uint32_t line = 0;  // where that was last assigned
};

class Machine {
 public:
  /// `program` outlives the machine.
  explicit Machine(const Program& program) : program_{program}, registers_{program.registers} {}

  /// `inputs` has the row's fields and, in a sell text, the position's words. Names of the instrument are views into
  /// what outlives the call.
  Outcome run(std::span<const double> inputs, InstrumentDay& day);

  /// Of the last run that was not stopped: the value of what the text decides.
  double value() const { return registers_[program_.signal]; }
  std::string_view text_of(double value) const;

 private:
  bool is_true(double value, bool& stopped) const;
  bool equal(double left, double right, bool& stopped) const;
  /// Below 0, 0, above 0; stops where the two have no order.
  int order(double left, double right, bool& stopped) const;

  const Program& program_;
  std::vector<double> registers_;
  std::string_view name_, code_;  // of the instrument
};

}  // namespace stom::conditions
