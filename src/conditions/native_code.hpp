// A program as code of the processor, made once when a pair is compiled (docs/adr/0014). It does what the machine does
// without asking on each row anew what comes next: numbers are calculated and compared, fields and windows are read
// where they lie. Whatever else there is (texts, None, a name without a value, loops, longer functions) the machine
// runs, that one instruction, so that one place knows what it means.
//
// For x86-64 alone. Where it cannot be made there is none, and the machine runs the text: with the same results.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "conditions/program.hpp"

namespace stom::conditions {

/// What the code reads and writes while it runs; the machine fills it in.
struct NativeRun {
  double* registers;
  const double* initial;         // what they begin with
  const double* const* columns;  // by load of the program: the field's values
  std::size_t row;               // in the columns
  const double* held;            // by input: the words of the position
  const double* const* asked;    // by ask: its values by row of the block; null: not asked yet
  const double* now;             // by column of the rows and row of the block: indicators
  std::size_t now_stride;        // from one column to the next
  std::size_t row_of_block;      // in `asked` and `now`
  std::uint32_t line;            // where the signal was last assigned
  /// Runs one instruction: the number of the next one, or NativeCode::kStops.
  std::uint32_t (*step)(NativeRun&, std::uint32_t instruction);
  /// Leaves only the variants for which an instruction does the same, and their values in its registers.
  void (*part)(NativeRun&, std::uint32_t instruction);
  double (*ask)(NativeRun&, std::uint32_t ask);
};

class NativeCode {
 public:
  static constexpr std::uint32_t kStops = 0xffff'ffff;

  ~NativeCode();
  NativeCode(const NativeCode&) = delete;
  NativeCode& operator=(const NativeCode&) = delete;

  /// From the beginning (0) or from an instruction that varies to the end. False: the text stopped.
  bool run(NativeRun& run, std::uint32_t from) const;

 private:
  friend std::shared_ptr<const NativeCode> make_native_code(const Program& program);
  NativeCode(std::byte* memory, std::size_t size, std::vector<std::uint32_t> entries);

  std::byte* memory_;  // that may be executed, and not be written
  std::size_t size_;
  std::vector<std::uint32_t> entries_;  // by instruction: where the code may begin
};

/// None where the program is too long, memory that may be executed cannot be had, the processor is another one, or
/// STOM_NO_NATIVE is set.
std::shared_ptr<const NativeCode> make_native_code(const Program& program);

}  // namespace stom::conditions
