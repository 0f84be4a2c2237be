#include "conditions/native_code.hpp"

#include <sys/mman.h>

#include <utility>

#ifdef STOM_NATIVE_CODE
#include <asmjit/x86.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <optional>

#include "conditions/value.hpp"
#endif

namespace stom::conditions {

NativeCode::NativeCode(std::byte* memory, std::size_t size, std::vector<std::uint32_t> entries)
    : memory_{memory}, size_{size}, entries_{std::move(entries)} {}

NativeCode::~NativeCode() { munmap(memory_, size_); }

#ifdef __clang__
// Its check of a called function's type reads in front of the function, where only a compiler has written something.
__attribute__((no_sanitize("function")))
#endif
bool NativeCode::run(NativeRun& run, std::uint32_t from) const {
  using Code = std::uint32_t (*)(NativeRun*, const std::byte* entry);
  return reinterpret_cast<Code>(memory_)(&run, memory_ + entries_[from]) == 0;
}

#ifndef STOM_NATIVE_CODE

std::shared_ptr<const NativeCode> make_native_code(const Program&) { return nullptr; }

#else

namespace {

namespace x86 = asmjit::x86;
using asmjit::Label;
using Register = std::uint32_t;  // of the program
using x86::CondCode;

// An honest text of 1,000 lines has 10,000 instructions; its code takes some 500 kB.
constexpr std::size_t kMostInstructions = 40'000, kMostRegisters = 100'000, kMostBytes = 4 << 20;

constexpr Register kNone = 0xffff'ffff;

/// Writes the code. Its registers: rbp the run, rbx the program's registers, r12 the columns and r13 the row in them,
/// r14 what was asked and r15 the row of the block; xmm0, xmm1, rax and rcx for what is being worked out.
class Writer final : asmjit::ErrorHandler {
 public:
  explicit Writer(const Program& program) : program_{program}, lies_(program.registers.size()) {
    has_failed_ = holder_.init(asmjit::Environment::host()) != asmjit::kErrorOk;
    holder_.setErrorHandler(this);
    if (has_failed_ || holder_.attach(&code_) != asmjit::kErrorOk) {
      has_failed_ = true;
      return;
    }
    find_places();
    frame();
    for (std::uint32_t i = 0; i < program_.code.size() && !has_failed_; ++i) {
      code_.bind(labels_[i]);
      in_xmm0_ = is_target_[i] ? kNone : std::exchange(left_in_xmm0_, kNone);
      left_in_xmm0_ = kNone;
      instruction(i);
    }
    for (const auto& write : rare_) write();
    code_.align(asmjit::AlignMode::kZero, sizeof(double));
    for (const auto& [label, number] : numbers_) {
      code_.bind(label);
      code_.embedDouble(number);
    }
  }

  /// Bytes of the finished code; 0: it could not be written.
  std::size_t finish() {
    if (has_failed_ || holder_.flatten() != asmjit::kErrorOk || holder_.resolveUnresolvedLinks() != asmjit::kErrorOk)
      return 0;
    return holder_.codeSize();
  }
  bool copy_to(std::byte* memory, std::size_t size) {
    return holder_.relocateToBase(reinterpret_cast<std::uintptr_t>(memory)) == asmjit::kErrorOk &&
           holder_.copyFlattenedData(memory, size) == asmjit::kErrorOk;
  }
  std::vector<std::uint32_t> entries() const {
    const auto offset = [&](const Label& label) {
      return static_cast<std::uint32_t>(holder_.labelOffsetFromBase(label));
    };
    std::vector<std::uint32_t> entries{offset(start_)};
    for (std::size_t i = 1; i < program_.code.size(); ++i) {
      if (!program_.code[i].varies) continue;
      entries.resize(i + 1);
      entries[i] = offset(labels_[i]);
    }
    return entries;
  }

 private:
  void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { has_failed_ = true; }

  // --- where values lie -------------------------------------------------------------------------

  /// A field and a word of the position are read where they lie, when they are needed: most rows need few of them.
  struct Lies {
    enum class In : std::uint8_t { Register, Column, Held };
    In in = In::Register;
    std::uint32_t number = 0;
    std::optional<double> constant{};
  };

  void find_places() {
    std::vector<bool> changes(program_.registers.size());
    for (const Register at : program_.written) changes[at] = true;
    for (const Program::Varying& varying : program_.varying) changes[varying.at] = true;
    const auto place = [&](const Load load, Lies::In in, std::uint32_t number) {
      changes[load.to] = true;
      // What the text assigns too, and what is looked at when it has ended, has to be in its register.
      if (load.to >= program_.locals && load.to != program_.signal)
        lies_[load.to] = {.in = in, .number = number};
      else
        loaded_.push_back({load.to, in, number});
    };
    for (std::uint32_t i = 0; i < program_.loads.size(); ++i) place(program_.loads[i], Lies::In::Column, i);
    for (const Load load : program_.held) place(load, Lies::In::Held, load.input);
    for (Register at = 0; at < lies_.size(); ++at)
      if (!changes[at]) lies_[at].constant = program_.registers[at];

    is_target_.resize(program_.code.size());
    for (const Instruction& i : program_.code) {
      labels_.push_back(code_.newLabel());
      if (jumps(i.op)) is_target_[i.a] = true;
    }
  }

  static bool jumps(Op op) { return (op >= Op::Jump && op <= Op::JumpNotEqual) || op == Op::LoopNext; }

  static std::int32_t bytes(std::size_t doubles) { return static_cast<std::int32_t>(doubles * sizeof(double)); }
  static x86::Mem at(Register at) { return x86::qword_ptr(x86::rbx, bytes(at)); }
  static x86::Mem of_run(std::size_t offset) { return x86::qword_ptr(x86::rbp, static_cast<std::int32_t>(offset)); }

  void load_from(const x86::Xmm& to, Lies::In in, std::uint32_t number) {
    if (in == Lies::In::Column) {
      code_.mov(x86::rax, x86::qword_ptr(x86::r12, bytes(number)));
      code_.movsd(to, x86::qword_ptr(x86::rax, x86::r13, 3));
    } else {
      code_.mov(x86::rax, of_run(offsetof(NativeRun, held)));
      code_.movsd(to, x86::qword_ptr(x86::rax, bytes(number)));
    }
  }
  void load(const x86::Xmm& to, Register from) {
    if (to == x86::xmm0) {
      if (from == in_xmm0_) return;
      in_xmm0_ = kNone;
    }
    if (lies_[from].in == Lies::In::Register)
      code_.movsd(to, at(from));
    else
      load_from(to, lies_[from].in, lies_[from].number);
  }
  /// Where it lies, or xmm1, into which it was loaded.
  asmjit::Operand operand(Register from) {
    if (lies_[from].in == Lies::In::Register) return at(from);
    load(x86::xmm1, from);
    return x86::xmm1;
  }
  /// xmm0 into its register, where the next instruction may find it without reading.
  void store(Register to) {
    code_.movsd(at(to), x86::xmm0);
    left_in_xmm0_ = to;
  }
  /// The machine reads registers alone.
  void put_into_register(Register from) {
    if (from >= lies_.size() || lies_[from].in == Lies::In::Register) return;
    load(x86::xmm0, from);
    code_.movsd(at(from), x86::xmm0);
  }
  Label number(double value) {
    numbers_.emplace_back(code_.newLabel(), value);
    return numbers_.back().first;
  }

  // --- around the instructions ------------------------------------------------------------------

  void frame() {
    start_ = code_.newLabel();
    stop_ = code_.newLabel();
    return_ = code_.newLabel();
    constexpr x86::Gp kKept[] = {x86::rbx, x86::rbp, x86::r12, x86::r13, x86::r14, x86::r15};
    for (const x86::Gp& kept : kKept) code_.push(kept);
    code_.sub(x86::rsp, 8);  // calls want it at a multiple of 16
    code_.mov(x86::rbp, x86::rdi);
    code_.mov(x86::rbx, of_run(offsetof(NativeRun, registers)));
    code_.mov(x86::r12, of_run(offsetof(NativeRun, columns)));
    code_.mov(x86::r13, of_run(offsetof(NativeRun, row)));
    code_.mov(x86::r14, of_run(offsetof(NativeRun, asked)));
    code_.mov(x86::r15, of_run(offsetof(NativeRun, row_of_block)));
    code_.jmp(x86::rsi);

    code_.bind(stop_);
    code_.mov(x86::eax, 1);
    code_.bind(return_);
    code_.add(x86::rsp, 8);
    for (std::size_t i = std::size(kKept); i-- > 0;) code_.pop(kKept[i]);
    code_.ret();

    code_.bind(start_);
    code_.mov(x86::rax, of_run(offsetof(NativeRun, initial)));
    std::uint32_t local = 0;
    for (; local + 2 <= program_.locals; local += 2) {
      code_.movups(x86::xmm0, x86::xmmword_ptr(x86::rax, bytes(local)));
      code_.movups(x86::xmmword_ptr(x86::rbx, bytes(local)), x86::xmm0);
    }
    if (local < program_.locals) {
      code_.movsd(x86::xmm0, x86::qword_ptr(x86::rax, bytes(local)));
      code_.movsd(at(local), x86::xmm0);
    }
    for (const Loaded& loaded : loaded_) {
      load_from(x86::xmm0, loaded.in, loaded.number);
      code_.movsd(at(loaded.to), x86::xmm0);
    }
  }

  void call(std::size_t function, std::uint32_t argument) {
    code_.mov(x86::rdi, x86::rbp);
    code_.mov(x86::esi, argument);
    code_.call(of_run(function));
    in_xmm0_ = kNone;
  }
  void step(std::uint32_t index) {
    const Instruction& i = program_.code[index];
    put_into_register(i.b);
    put_into_register(i.c);
    call(offsetof(NativeRun, step), index);
    code_.cmp(x86::eax, index + 1);
    if (!jumps(i.op)) {
      code_.jne(stop_);
      return;
    }
    code_.je(labels_[index + 1]);
    code_.cmp(x86::eax, i.a);
    code_.je(labels_[i.a]);
    code_.jmp(stop_);
  }
  /// Where the machine runs the instruction; written behind all that is common. What is in xmm0 is lost.
  Label by_machine(std::uint32_t index) {
    const Label from = code_.newLabel();
    rare_.push_back([this, from, index] {
      code_.bind(from);
      in_xmm0_ = kNone;
      step(index);
      if (!jumps(program_.code[index].op)) code_.jmp(labels_[index + 1]);
    });
    return from;
  }

  /// The values of a varying register, the least and the greatest of them; none where one is no number.
  struct Range {
    Register varying;
    Register other;  // that it is compared with
    double least, greatest;
  };
  std::optional<Range> compared_range(const Instruction& i) const {
    const bool compares =
        (i.op >= Op::Less && i.op <= Op::NotEqual) || (i.op >= Op::JumpLess && i.op <= Op::JumpNotEqual);
    if (!compares) return std::nullopt;
    const auto find = [&](Register at) { return std::ranges::find(program_.varying, at, &Program::Varying::at); };
    const auto none = program_.varying.end(), left = find(i.b), right = find(i.c);
    if ((left == none) == (right == none)) return std::nullopt;
    const auto& [register_of, values] = left != none ? *left : *right;
    if (std::ranges::any_of(values, [](double value) { return std::isnan(value); })) return std::nullopt;
    const auto [least, greatest] = std::ranges::minmax(values);
    return Range{register_of, left != none ? i.c : i.b, least, greatest};
  }
  void call_part(std::uint32_t index) {
    in_xmm0_ = kNone;
    put_into_register(program_.code[index].b);
    put_into_register(program_.code[index].c);
    call(offsetof(NativeRun, part), index);
  }
  /// The machine parts the variants; not where a number is compared that lies beyond all their values.
  void part(std::uint32_t index) {
    in_xmm0_ = kNone;  // the code may begin here
    const auto range = compared_range(program_.code[index]);
    if (!range) return call_part(index);
    const Label beyond = code_.newLabel(), within = code_.newLabel(), parted = code_.newLabel();
    load(x86::xmm0, range->other);
    code_.movsd(x86::xmm1, x86::qword_ptr(number(range->least)));
    code_.ucomisd(x86::xmm1, x86::xmm0);
    code_.ja(beyond);
    code_.ucomisd(x86::xmm0, x86::qword_ptr(number(range->greatest)));
    code_.jbe(within);  // or what is no number
    code_.bind(beyond);
    code_.movsd(at(range->varying), x86::xmm1);  // any of the values will do
    code_.bind(parted);
    rare_.push_back([this, within, parted, index] {
      code_.bind(within);
      call_part(index);
      code_.jmp(parted);
    });
    in_xmm0_ = kNone;
  }

  // --- instructions -----------------------------------------------------------------------------

  /// Of xmm0: where it is no number the text stops.
  void number_into(Register to) {
    code_.ucomisd(x86::xmm0, x86::xmm0);
    code_.jp(stop_);
    store(to);
  }
  /// The same with a bit of it changed.
  template <class Change>
  void number_into(Register to, const Change& change) {
    code_.ucomisd(x86::xmm0, x86::xmm0);
    code_.jp(stop_);
    code_.movq(x86::rax, x86::xmm0);
    change();
    code_.mov(at(to), x86::rax);
  }

  void arithmetic(const Instruction& i, asmjit::InstId operation) {
    load(x86::xmm0, i.b);
    code_.emit(operation, x86::xmm0, operand(i.c));
    number_into(i.a);
  }

  void divide(const Instruction& i) {
    load(x86::xmm0, i.b);
    load(x86::xmm1, i.c);
    const std::optional<double>& by = lies_[i.c].constant;
    if (!by || !(*by < 0 || *by > 0)) {
      code_.xorps(x86::xmm2, x86::xmm2);
      code_.ucomisd(x86::xmm1, x86::xmm2);
      code_.je(stop_);  // where it is no number too
    }
    code_.divsd(x86::xmm0, x86::xmm1);
    number_into(i.a);
  }

  /// Sets the flags by two numbers; the parity where one is none.
  void compare(Register left, Register right) {
    if (right == in_xmm0_) {
      load(x86::xmm1, left);
      code_.ucomisd(x86::xmm1, x86::xmm0);
      return;
    }
    load(x86::xmm0, left);
    code_.emit(x86::Inst::kIdUcomisd, x86::xmm0, operand(right));
  }
  void compare_with_zero(Register left) {
    load(x86::xmm0, left);
    code_.xorps(x86::xmm1, x86::xmm1);
    code_.ucomisd(x86::xmm0, x86::xmm1);
  }
  /// Above and above-or-equal do not hold where there is no order: so a jump that is taken needs no other question.
  struct Comparison {
    bool is_swapped;
    CondCode condition;
  };
  static Comparison comparison(Op op) {
    switch (op) {
      case Op::Less:
      case Op::JumpLess:
        return {true, CondCode::kA};
      case Op::LessEqual:
      case Op::JumpLessEqual:
        return {true, CondCode::kAE};
      case Op::Greater:
      case Op::JumpGreater:
        return {false, CondCode::kA};
      case Op::GreaterEqual:
      case Op::JumpGreaterEqual:
        return {false, CondCode::kAE};
      case Op::Equal:
      case Op::JumpEqual:
        return {false, CondCode::kE};
      default:
        return {false, CondCode::kNE};
    }
  }
  CondCode compare(const Instruction& i) {
    const Comparison how = comparison(i.op);
    if (how.is_swapped)
      compare(i.c, i.b);
    else
      compare(i.b, i.c);
    return how.condition;
  }
  void truth_into(Register to, CondCode condition) {
    code_.set(condition, x86::al);
    code_.movzx(x86::eax, x86::al);
    code_.xorps(x86::xmm0, x86::xmm0);
    code_.cvtsi2sd(x86::xmm0, x86::eax);
    code_.movsd(at(to), x86::xmm0);
  }

  /// The first of those that no other is below or above: exactly what minsd and maxsd give for two numbers.
  void best_into(const Instruction& i, std::uint32_t index, asmjit::InstId better) {
    load(x86::xmm0, i.b);
    if (i.n > 1) {
      const Label rare = by_machine(index);
      for (std::uint32_t k = 1; k < i.n; ++k) {
        code_.movsd(x86::xmm1, at(i.b + k));
        code_.ucomisd(x86::xmm1, x86::xmm0);
        code_.jp(rare);
        code_.emit(better, x86::xmm1, x86::xmm0);
        code_.movaps(x86::xmm0, x86::xmm1);
      }
    }
    code_.movsd(at(i.a), x86::xmm0);
  }

  void read_ask(const Instruction& i) {
    const Label is_first = code_.newLabel(), have = code_.newLabel();
    code_.mov(x86::rax, x86::qword_ptr(x86::r14, bytes(i.n)));
    code_.test(x86::rax, x86::rax);
    code_.jz(is_first);
    code_.movsd(x86::xmm0, x86::qword_ptr(x86::rax, x86::r15, 3));
    code_.bind(have);
    number_into(i.a);
    rare_.push_back([this, is_first, have, ask = i.n] {
      code_.bind(is_first);
      call(offsetof(NativeRun, ask), ask);
      code_.jmp(have);
    });
  }

  void read_now(const Instruction& i) {
    code_.imul(x86::rcx, of_run(offsetof(NativeRun, now_stride)), i.n);
    code_.add(x86::rcx, x86::r15);
    code_.mov(x86::rax, of_run(offsetof(NativeRun, now)));
    code_.movsd(x86::xmm0, x86::qword_ptr(x86::rax, x86::rcx, 3));
    number_into(i.a);
  }

  void instruction(std::uint32_t index) {
    constexpr std::uint32_t kMostCompared = 4;  // by min() and max(), one after the other
    const Instruction& i = program_.code[index];
    if (i.varies) part(index);
    switch (i.op) {
      case Op::Move:
      case Op::Check: {
        const std::optional<double>& constant = lies_[i.b].constant;
        const bool is_known = constant && kind_of(*constant) != ValueKind::Nothing;
        load(x86::xmm0, i.b);
        if (!is_known) {
          code_.ucomisd(x86::xmm0, x86::xmm0);
          code_.jp(by_machine(index));
        }
        if (i.op == Op::Move) code_.movsd(at(i.a), x86::xmm0);
        return;
      }
      case Op::Add:
        return arithmetic(i, x86::Inst::kIdAddsd);
      case Op::Subtract:
        return arithmetic(i, x86::Inst::kIdSubsd);
      case Op::Multiply:
        return arithmetic(i, x86::Inst::kIdMulsd);
      case Op::Divide:
        return divide(i);
      case Op::Less:
      case Op::LessEqual:
      case Op::Greater:
      case Op::GreaterEqual:
      case Op::Equal:
      case Op::NotEqual: {
        const CondCode condition = compare(i);
        code_.jp(by_machine(index));
        return truth_into(i.a, condition);
      }
      case Op::Negate:
        load(x86::xmm0, i.b);
        return number_into(i.a, [this] { code_.btc(x86::rax, 63); });
      case Op::Absolute:
        load(x86::xmm0, i.b);
        return number_into(i.a, [this] { code_.btr(x86::rax, 63); });
      case Op::Plus:
        load(x86::xmm0, i.b);
        return number_into(i.a);
      case Op::Not:
        compare_with_zero(i.b);
        code_.jp(by_machine(index));
        return truth_into(i.a, CondCode::kE);
      case Op::Jump:
        code_.jmp(labels_[i.a]);
        return;
      case Op::JumpIf:
      case Op::JumpUnless:
        compare_with_zero(i.b);
        code_.jp(by_machine(index));
        code_.j(i.op == Op::JumpIf ? CondCode::kNE : CondCode::kE, labels_[i.a]);
        return;
      case Op::JumpLess:
      case Op::JumpLessEqual:
      case Op::JumpGreater:
      case Op::JumpGreaterEqual: {
        const CondCode condition = compare(i);
        code_.j(condition, labels_[i.a]);
        code_.jp(by_machine(index));
        return;
      }
      case Op::JumpEqual:
      case Op::JumpNotEqual: {
        const CondCode condition = compare(i);
        code_.jp(by_machine(index));
        code_.j(condition, labels_[i.a]);
        return;
      }
      case Op::Least:
      case Op::Most:
        if (i.n > kMostCompared) return step(index);
        return best_into(i, index, i.op == Op::Least ? x86::Inst::kIdMinsd : x86::Inst::kIdMaxsd);
      case Op::Now:
        return read_now(i);
      case Op::Asked:
        return read_ask(i);
      case Op::Mark:
        code_.mov(x86::dword_ptr(x86::rbp, static_cast<std::int32_t>(offsetof(NativeRun, line))), i.n);
        return;
      case Op::Stop:
        code_.jmp(stop_);
        return;
      case Op::End:
        code_.xor_(x86::eax, x86::eax);
        code_.jmp(return_);
        return;
      default:
        return step(index);
    }
  }

  struct Loaded {
    Register to;
    Lies::In in;
    std::uint32_t number;
  };

  const Program& program_;
  bool has_failed_ = false;
  asmjit::CodeHolder holder_;
  x86::Assembler code_;
  Label start_, stop_, return_;
  std::vector<Label> labels_;  // by instruction
  std::vector<bool> is_target_;
  std::vector<Lies> lies_;  // by register
  std::vector<Loaded> loaded_;
  std::vector<std::function<void()> > rare_;  // written behind all that is not
  std::vector<std::pair<Label, double> > numbers_;
  Register in_xmm0_ = kNone, left_in_xmm0_ = kNone;  // for this instruction, for the next
};

}  // namespace

std::shared_ptr<const NativeCode> make_native_code(const Program& program) {
  const bool is_unwanted = std::getenv("STOM_NO_NATIVE") != nullptr;
  if (is_unwanted || program.code.size() > kMostInstructions || program.registers.size() > kMostRegisters)
    return nullptr;
  Writer writer{program};
  const std::size_t size = writer.finish();
  if (size == 0 || size > kMostBytes) return nullptr;
  void* const mapped = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  auto* const memory = static_cast<std::byte*>(mapped);
  // Never to be written and executed at once.
  if (!writer.copy_to(memory, size) || mprotect(memory, size, PROT_READ | PROT_EXEC) != 0) {
    munmap(memory, size);
    return nullptr;
  }
  return std::shared_ptr<const NativeCode>(new NativeCode{memory, size, writer.entries()});
}

#endif

}  // namespace stom::conditions
