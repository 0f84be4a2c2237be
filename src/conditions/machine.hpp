// Runs a program on a row. One machine serves any number of instruments, one after another: what belongs to one is in
// its InstrumentDay. No allocation, no I/O, and an end: instructions only go back at a loop, whose steps are counted.
//
// Where the program has native code, that runs instead, and the machine does what the code does not (native_code.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conditions/instrument_day.hpp"
#include "conditions/native_code.hpp"
#include "conditions/program.hpp"

namespace stom::conditions {

struct Outcome {
  bool stopped = false;    // something that Python would raise: as if nothing had been signalled
  bool signal = false;     // the truth of what the text decides
  std::uint32_t line = 0;  // where that was last assigned
};

/// Of a program for many variants of the variables: bit v of a mask is variant v.
struct Outcomes {
  std::uint64_t stopped = 0, signal = 0;
  std::array<std::uint32_t, kMostVariants> line{};  // where there is a signal
};

class Machine {
 public:
  /// `program` outlives the machine.
  explicit Machine(const Program& program);

  /// `inputs` has the row's fields and, in a sell text, the position's words.
  Outcome run(std::span<const double> inputs, InstrumentDay& day) {
    return run({.values = inputs.data()}, 0, inputs.data(), day);
  }
  /// A row of many; `held` has the position's words at the places of their inputs.
  Outcome run(const RowsView& rows, std::size_t row, const double* held, InstrumentDay& day);

  /// The same for the variants of a mask, each as if it ran alone. What they have in common is run once: they part
  /// where a comparison has not the same outcome for all, or something else not the same value.
  void run(const RowsView& rows, std::size_t row, const double* held, InstrumentDay& day, std::uint64_t variants,
           Outcomes& outcomes);

  bool is_native() const { return program_.native != nullptr; }
  /// Of the last run that was not stopped: the value of what the text decides.
  double value() const { return registers_[program_.signal]; }
  std::string_view text_of(double value) const;

 private:
  bool is_true(double value, bool& stopped) const;
  bool equal(double left, double right, bool& stopped) const;
  /// Below 0, 0, above 0; stops where the two have no order.
  int order(double left, double right, bool& stopped) const {
    if (left < right) return -1;
    if (left > right) return 1;
    if (left == right) return 0;
    return order_of_others(left, right, stopped);
  }
  int order_of_others(double left, double right, bool& stopped) const;

  /// A run that goes on: of one text, or of the variants that have parted from the others.
  struct Run {
    double* registers;
    const Instruction* at;
    std::uint64_t variants = 0;
    std::uint32_t line = 0;
    int steps = 0;
    std::size_t work = 0;
  };
  void begin(const RowsView& rows, std::size_t row, const double* held, const InstrumentDay& day);
  /// What of a run is gone through.
  enum class Until : std::uint8_t { End, EndOfVariants, NextInstruction };
  template <Until kUntil>
  Outcome go_on(Run& run, InstrumentDay& day);
  /// The same until the end.
  Outcome go_on_native(Run& run, InstrumentDay& day);
  struct Native;
  static std::uint32_t step(NativeRun& of, std::uint32_t instruction) noexcept;
  static void part_at(NativeRun& of, std::uint32_t instruction) noexcept;
  static double ask(NativeRun& of, std::uint32_t ask) noexcept;

  /// Leaves in `run` the variants for which its instruction does the same, and their values in its registers.
  void part(Run& run);
  /// The variants of the run for which its instruction does what it does for `first`.
  std::uint64_t that_do_the_same(const Run& run, std::size_t first) const;
  bool does_the_same(const Run& run, std::size_t variant, std::size_t other) const;
  double read(const Run& run, std::uint32_t at, std::size_t variant) const;

  /// What a register holds in each variant, and in order: a number is compared with all of them by a search.
  struct Varying {
    const double* values = nullptr;  // by variant; null: the same in all
    std::vector<double> steps;       // each of the values once, ascending; empty where one is no number
    std::vector<std::uint64_t> of;   // the variants that have one of the first k steps
    std::uint64_t below(double x) const;
    std::uint64_t up_to(double x) const;
  };

  const Program& program_;
  std::vector<double> registers_;
  // Of variants.
  std::vector<Varying> varying_;                   // by register
  std::vector<Run> waiting_;                       // those that have parted
  std::vector<std::unique_ptr<double[]>> copies_;  // of the registers that runs write, one for each that waits
  std::string_view name_, code_;                   // of the instrument
  // Where the fields come from, kept as long as the rows lie where they lay.
  RowsView from_;
  std::vector<const double*> sources_;
  std::size_t row_ = 0;
  const double* held_ = nullptr;
};

}  // namespace stom::conditions
