#include "conditions/machine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "conditions/numbers.hpp"

namespace stom::conditions {
namespace {

// Instructions of a run: what a hostile text may cost a row, some 50 ms. An honest one
// of 1,000 lines has 10,000.
constexpr std::size_t kMostWork = 10'000'000;

bool is_number(double value) { return value == value; }

/// In time that grows with the sum of both, not with their product.
bool contains(std::string_view text, std::string_view part) {
  return part.empty() || memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
}

double truth(bool value) { return value ? 1 : 0; }

}  // namespace

std::string_view Machine::text_of(double value) const {
  const std::uint32_t number = text_number(value);
  if (number == kNameText) return name_;
  if (number == kCodeText) return code_;
  return program_.texts[number];
}

bool Machine::is_true(double value, bool& stopped) const {
  if (value == value) return value != 0;
  switch (kind_of(value)) {
    case ValueKind::Text:
      return !text_of(value).empty();
    case ValueKind::None:
      return false;
    default:
      stopped = true;
      return false;
  }
}

bool Machine::equal(double left, double right, bool& stopped) const {
  if (left == right) return true;
  const ValueKind kind = kind_of(left), other = kind_of(right);
  if (kind == ValueKind::Nothing || other == ValueKind::Nothing) stopped = true;
  if (kind != other || kind == ValueKind::Number) return false;
  return kind == ValueKind::None || (kind == ValueKind::Text && text_of(left) == text_of(right));
}

int Machine::order_of_others(double left, double right, bool& stopped) const {
  if (kind_of(left) == ValueKind::Text && kind_of(right) == ValueKind::Text)
    return text_of(left).compare(text_of(right));  // UTF-8 is in the order of code points
  stopped = true;
  return 0;
}

Machine::Machine(const Program& program) : program_{program}, registers_{program.registers} {
  if (program.gates.size() <= 1) return;
  varying_.resize(registers_.size());
  for (const Program::Varying& of : program.varying) {
    Varying& varying = varying_[of.at];
    varying.values = of.values.data();
    if (!std::ranges::all_of(of.values, is_number)) continue;
    varying.steps = of.values;
    std::ranges::sort(varying.steps);
    const auto twice = std::ranges::unique(varying.steps);
    varying.steps.erase(twice.begin(), twice.end());
    varying.of.assign(1, 0);
    for (const double step : varying.steps) {
      std::uint64_t have = varying.of.back();
      for (std::size_t v = 0; v < of.values.size(); ++v) have |= std::uint64_t{of.values[v] == step} << v;
      varying.of.push_back(have);
    }
  }
  for (std::size_t i = 0; i < kMostVariants; ++i)
    copies_.push_back(std::make_unique_for_overwrite<double[]>(program.written.size()));
  waiting_.reserve(kMostVariants);
}

void Machine::begin(const RowsView& rows, std::size_t row, const double* held, const InstrumentDay& day) {
  name_ = day.name();
  code_ = day.code();
  row_ = row;
  held_ = held;
  if (rows.values != from_.values || rows.stride != from_.stride) {
    from_ = rows;
    sources_.clear();
    for (const Load load : program_.loads) sources_.push_back(rows.column(load.input));
  }
  if (is_native()) return;  // its code reads what it needs
  double* const r = registers_.data();
  std::copy_n(program_.registers.data(), program_.locals, r);
  for (std::size_t i = 0; i < sources_.size(); ++i) r[program_.loads[i].to] = sources_[i][row];
  for (const Load load : program_.held) r[load.to] = held[load.input];
}

Outcome Machine::run(const RowsView& rows, std::size_t row, const double* held, InstrumentDay& day) {
  begin(rows, row, held, day);
  Run run{.registers = registers_.data(), .at = program_.code.data()};
  return is_native() ? go_on_native(run, day) : go_on<Until::End>(run, day);
}

void Machine::run(const RowsView& rows, std::size_t row, const double* held, InstrumentDay& day, std::uint64_t variants,
                  Outcomes& outcomes) {
  begin(rows, row, held, day);
  waiting_.push_back({.registers = registers_.data(), .at = program_.code.data(), .variants = variants});
  while (!waiting_.empty()) {
    Run run = waiting_.back();
    if (run.registers != registers_.data()) {  // its copy is free for the next that part
      for (std::size_t i = 0; i < program_.written.size(); ++i) registers_[program_.written[i]] = run.registers[i];
      run.registers = registers_.data();
    }
    waiting_.pop_back();
    const Outcome outcome = is_native() ? go_on_native(run, day) : go_on<Until::EndOfVariants>(run, day);
    if (outcome.stopped) outcomes.stopped |= run.variants;
    if (!outcome.signal) continue;
    outcomes.signal |= run.variants;
    for (std::uint64_t left = run.variants; left != 0; left &= left - 1)
      outcomes.line[static_cast<std::size_t>(std::countr_zero(left))] = outcome.line;
  }
}

double Machine::read(const Run& run, std::uint32_t at, std::size_t variant) const {
  return varying_[at].values ? varying_[at].values[variant] : run.registers[at];
}

std::uint64_t Machine::Varying::below(double x) const {
  return of[static_cast<std::size_t>(std::ranges::lower_bound(steps, x) - steps.begin())];
}

std::uint64_t Machine::Varying::up_to(double x) const {
  return of[static_cast<std::size_t>(std::ranges::upper_bound(steps, x) - steps.begin())];
}

std::uint64_t Machine::that_do_the_same(const Run& run, std::size_t first) const {
  const Instruction& i = *run.at;
  const Varying &left = varying_[i.b], &right = varying_[i.c];
  const bool is_left = left.values != nullptr, is_one = is_left != (right.values != nullptr);
  const Varying& varying = is_left ? left : right;
  const double number = run.registers[is_left ? i.c : i.b];
  if (i.op != Op::AskedBy && is_one && !varying.steps.empty() && is_number(number)) {
    const auto for_all_or_none = [&](std::uint64_t variants) {
      return run.variants & (variants >> first & 1 ? variants : ~variants);
    };
    switch (i.op) {
      case Op::Less:
      case Op::GreaterEqual:
      case Op::JumpLess:
      case Op::JumpGreaterEqual:
        return for_all_or_none(is_left ? varying.below(number) : varying.up_to(number));
      case Op::LessEqual:
      case Op::Greater:
      case Op::JumpLessEqual:
      case Op::JumpGreater:
        return for_all_or_none(is_left ? varying.up_to(number) : varying.below(number));
      case Op::Equal:
      case Op::NotEqual:
      case Op::JumpEqual:
      case Op::JumpNotEqual:
        return for_all_or_none(varying.up_to(number) & ~varying.below(number));
      default:
        break;
    }
  }
  std::uint64_t same = 0;
  for (std::uint64_t left_over = run.variants; left_over != 0; left_over &= left_over - 1)
    if (does_the_same(run, static_cast<std::size_t>(std::countr_zero(left_over)), first))
      same |= left_over & -left_over;
  return same;
}

bool Machine::does_the_same(const Run& run, std::size_t variant, std::size_t other) const {
  const Instruction& i = *run.at;
  if (i.op == Op::AskedBy) return program_.tables[i.n][variant] == program_.tables[i.n][other];
  const double left = read(run, i.b, variant), right = read(run, i.c, variant);
  const double other_left = read(run, i.b, other), other_right = read(run, i.c, other);
  const bool are_numbers = is_number(left) && is_number(right) && is_number(other_left) && is_number(other_right);
  if (are_numbers) {
    switch (i.op) {
      case Op::Less:
      case Op::GreaterEqual:
      case Op::JumpLess:
      case Op::JumpGreaterEqual:
        return (left < right) == (other_left < other_right);
      case Op::LessEqual:
      case Op::Greater:
      case Op::JumpLessEqual:
      case Op::JumpGreater:
        return (left <= right) == (other_left <= other_right);
      case Op::Equal:
      case Op::NotEqual:
      case Op::JumpEqual:
      case Op::JumpNotEqual:
        return (left == right) == (other_left == other_right);
      default:
        break;
    }
  }
  const auto are_one = [](double a, double b) {
    return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
  };
  return are_one(left, other_left) && are_one(right, other_right);
}

void Machine::part(Run& run) {
  const auto first = static_cast<std::size_t>(std::countr_zero(run.variants));
  const std::uint64_t others = run.variants & ~that_do_the_same(run, first);
  if (others != 0) {
    double* const copy = copies_[waiting_.size()].get();
    for (std::size_t i = 0; i < program_.written.size(); ++i) copy[i] = run.registers[program_.written[i]];
    waiting_.push_back(run);
    waiting_.back().registers = copy;
    waiting_.back().variants = others;
    run.variants &= ~others;
  }
  const Instruction& i = *run.at;
  if (i.op == Op::AskedBy) return;
  run.registers[i.b] = read(run, i.b, first);
  run.registers[i.c] = read(run, i.c, first);
}

/// A run of the code, and whose it is.
struct Machine::Native : NativeRun {
  Machine* machine;
  InstrumentDay* day;
  Run* run;
};

// Nothing is thrown through the code, which no one unwinds.
std::uint32_t Machine::step(NativeRun& of, std::uint32_t instruction) noexcept {
  const auto& native = static_cast<Native&>(of);
  const Instruction* const code = native.machine->program_.code.data();
  native.run->at = code + instruction;
  if (native.machine->go_on<Until::NextInstruction>(*native.run, *native.day).stopped) return NativeCode::kStops;
  return static_cast<std::uint32_t>(native.run->at - code);
}

void Machine::part_at(NativeRun& of, std::uint32_t instruction) noexcept {
  const auto& native = static_cast<Native&>(of);
  native.run->at = native.machine->program_.code.data() + instruction;
  native.run->line = native.line;
  native.machine->part(*native.run);
}

double Machine::ask(NativeRun& of, std::uint32_t ask) noexcept { return static_cast<Native&>(of).day->asked(ask); }

Outcome Machine::go_on_native(Run& run, InstrumentDay& day) {
  const InstrumentDay::Values values = day.values();
  Native native{{.registers = run.registers,
                 .initial = program_.registers.data(),
                 .columns = sources_.data(),
                 .row = row_,
                 .held = held_,
                 .asked = values.asked,
                 .now = values.now,
                 .now_stride = values.stride,
                 .row_of_block = values.row,
                 .line = run.line,
                 .step = step,
                 .part = part_at,
                 .ask = ask},
                this,
                &day,
                &run};
  bool stopped = !program_.native->run(native, static_cast<std::uint32_t>(run.at - program_.code.data()));
  const bool signal = !stopped && is_true(run.registers[program_.signal], stopped);
  if (stopped) return {.stopped = true};
  return {.stopped = false, .signal = signal, .line = native.line};
}

template <Machine::Until kUntil>
Outcome Machine::go_on(Run& run, InstrumentDay& day) {
  constexpr Outcome kStopped{.stopped = true};
  double* const r = run.registers;
  bool stopped = false;
  const Instruction* const code = program_.code.data();
  for (const Instruction* at = run.at;; ++at) {
    const Instruction& i = *at;
    if constexpr (kUntil == Until::EndOfVariants) {
      if (i.varies) [[unlikely]] {
        run.at = at;
        part(run);
      }
    }
    // Where an operation on numbers gives none, either one of them was none or Python would raise: both stop the text.
    const auto calculated = [&](double value) {
      r[i.a] = value;
      return is_number(value);
    };
    const auto jump = [&](bool condition) {
      if (condition) at = code + i.a - 1;
    };
    switch (i.op) {
      case Op::Move:
        if (!is_number(r[i.b]) && kind_of(r[i.b]) == ValueKind::Nothing) return kStopped;
        r[i.a] = r[i.b];
        break;
      case Op::Check:
        if (!is_number(r[i.b]) && kind_of(r[i.b]) == ValueKind::Nothing) return kStopped;
        break;
      case Op::Add:
        if (!calculated(r[i.b] + r[i.c])) return kStopped;
        break;
      case Op::Subtract:
        if (!calculated(r[i.b] - r[i.c])) return kStopped;
        break;
      case Op::Multiply:
        if (!calculated(r[i.b] * r[i.c])) return kStopped;
        break;
      case Op::Divide:
        if (r[i.c] == 0 || !calculated(r[i.b] / r[i.c])) return kStopped;
        break;
      case Op::FloorDivide:
        if (!calculated(floor_divide(r[i.b], r[i.c]))) return kStopped;
        break;
      case Op::Modulo:
        if (!calculated(modulo(r[i.b], r[i.c]))) return kStopped;
        break;
      case Op::Power:
        if (!is_number(r[i.b]) || !is_number(r[i.c]) || !calculated(power(r[i.b], r[i.c]))) return kStopped;
        break;
      case Op::Less:
        r[i.a] = truth(order(r[i.b], r[i.c], stopped) < 0);
        if (stopped) return kStopped;
        break;
      case Op::LessEqual:
        r[i.a] = truth(order(r[i.b], r[i.c], stopped) <= 0);
        if (stopped) return kStopped;
        break;
      case Op::Greater:
        r[i.a] = truth(order(r[i.b], r[i.c], stopped) > 0);
        if (stopped) return kStopped;
        break;
      case Op::GreaterEqual:
        r[i.a] = truth(order(r[i.b], r[i.c], stopped) >= 0);
        if (stopped) return kStopped;
        break;
      case Op::Equal:
        r[i.a] = truth(equal(r[i.b], r[i.c], stopped));
        if (stopped) return kStopped;
        break;
      case Op::NotEqual:
        r[i.a] = truth(!equal(r[i.b], r[i.c], stopped));
        if (stopped) return kStopped;
        break;
      case Op::InText:
        if (kind_of(r[i.b]) != ValueKind::Text || kind_of(r[i.c]) != ValueKind::Text) return kStopped;
        r[i.a] = truth(contains(text_of(r[i.c]), text_of(r[i.b])));
        break;
      case Op::Negate:
        if (!is_number(r[i.b])) return kStopped;
        r[i.a] = -r[i.b];
        break;
      case Op::Plus:
        if (!is_number(r[i.b])) return kStopped;
        r[i.a] = r[i.b];
        break;
      case Op::Not:
        r[i.a] = truth(!is_true(r[i.b], stopped));
        if (stopped) return kStopped;
        break;
      case Op::IsNone:
      case Op::IsSome: {
        const ValueKind kind = kind_of(r[i.b]);
        if (kind == ValueKind::Nothing) return kStopped;
        r[i.a] = truth((kind == ValueKind::None) == (i.op == Op::IsNone));
        break;
      }
      case Op::Jump:
        jump(true);
        break;
      case Op::JumpIf:
        jump(is_true(r[i.b], stopped));
        if (stopped) return kStopped;
        break;
      case Op::JumpUnless:
        jump(!is_true(r[i.b], stopped));
        if (stopped) return kStopped;
        break;
      case Op::JumpLess: {
        const double left = r[i.b], right = r[i.c];
        if (left < right) {
          at = code + i.a - 1;
        } else if (!(left >= right)) [[unlikely]] {
          jump(order(left, right, stopped) < 0);
          if (stopped) return kStopped;
        }
        break;
      }
      case Op::JumpLessEqual: {
        const double left = r[i.b], right = r[i.c];
        if (left <= right) {
          at = code + i.a - 1;
        } else if (!(left > right)) [[unlikely]] {
          jump(order(left, right, stopped) <= 0);
          if (stopped) return kStopped;
        }
        break;
      }
      case Op::JumpGreater: {
        const double left = r[i.b], right = r[i.c];
        if (left > right) {
          at = code + i.a - 1;
        } else if (!(left <= right)) [[unlikely]] {
          jump(order(left, right, stopped) > 0);
          if (stopped) return kStopped;
        }
        break;
      }
      case Op::JumpGreaterEqual: {
        const double left = r[i.b], right = r[i.c];
        if (left >= right) {
          at = code + i.a - 1;
        } else if (!(left < right)) [[unlikely]] {
          jump(order(left, right, stopped) >= 0);
          if (stopped) return kStopped;
        }
        break;
      }
      case Op::JumpEqual:
        jump(equal(r[i.b], r[i.c], stopped));
        if (stopped) return kStopped;
        break;
      case Op::JumpNotEqual:
        jump(!equal(r[i.b], r[i.c], stopped));
        if (stopped) return kStopped;
        break;
      case Op::InList: {
        bool found = false;
        for (std::uint32_t k = 0; k < i.n && !found; ++k) found = equal(r[i.c], r[i.b + k], stopped);
        if (kind_of(r[i.c]) == ValueKind::Nothing) return kStopped;
        r[i.a] = truth(found);
        break;
      }
      case Op::Least:
      case Op::Most: {
        double best = r[i.b];
        for (std::uint32_t k = 1; k < i.n; ++k) {
          const int order = this->order(r[i.b + k], best, stopped);
          if (stopped) return kStopped;
          if (i.op == Op::Least ? order < 0 : order > 0) best = r[i.b + k];
        }
        r[i.a] = best;
        break;
      }
      case Op::Sum: {
        double sum = 0;
        for (std::uint32_t k = 0; k < i.n; ++k) sum += r[i.b + k];
        if (!calculated(sum)) return kStopped;
        break;
      }
      case Op::Absolute:
        if (!calculated(std::abs(r[i.b]))) return kStopped;
        break;
      case Op::Round:
        if (!calculated(round_to_whole(r[i.b]))) return kStopped;
        break;
      case Op::RoundTo: {
        const bool whole = kind_of(r[i.c]) == ValueKind::None;
        if (!is_number(r[i.b]) || (!whole && !is_number(r[i.c]))) return kStopped;
        if (!calculated(whole ? round_to_whole(r[i.b]) : round_to(r[i.b], r[i.c]))) return kStopped;
        break;
      }
      case Op::Int:
      case Op::Float: {
        const bool cut = i.op == Op::Int;
        double value = r[i.b];
        if (kind_of(value) == ValueKind::Text) {
          value = cut ? whole_of(text_of(value)) : number_of(text_of(value));
        } else if (cut) {
          value = std::isinf(value) ? kRaised : std::trunc(value);
        }
        if (!calculated(value)) return kStopped;
        break;
      }
      case Op::Length:
        if (kind_of(r[i.b]) != ValueKind::Text) return kStopped;
        r[i.a] = static_cast<double>(std::ranges::count_if(
            text_of(r[i.b]), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
        break;
      case Op::Now:
        if (!calculated(day.now(i.n))) return kStopped;
        break;
      case Op::Asked:
        if (!calculated(day.asked(i.n))) return kStopped;
        break;
      case Op::AskedBy: {
        if (run.variants == 0) return kStopped;  // a program for variants does not run without them
        const auto variant = static_cast<std::size_t>(std::countr_zero(run.variants));
        if (!calculated(day.asked(program_.tables[i.n][variant]))) return kStopped;
        break;
      }
      case Op::Window:
        if (!is_number(r[i.b]) || !is_number(r[i.c]) || !calculated(day.window(i.n, r[i.b], r[i.c]))) return kStopped;
        break;
      case Op::Elapsed:
        r[i.a] = day.since(i.n);
        break;
      case Op::LoopBegin:
        if (!is_number(r[i.c]) || r[i.c] != std::trunc(r[i.c]) || std::isinf(r[i.c])) return kStopped;
        r[i.b] = 0;
        break;
      case Op::LoopNext:
        if (r[i.b] >= r[i.c]) {
          jump(true);
          break;
        }
        run.work += static_cast<std::size_t>(code + i.a - at);
        if (++run.steps > static_cast<int>(kMostLoopSteps) || run.work > kMostWork) return kStopped;
        r[i.n] = r[i.b];
        r[i.b] += 1;
        break;
      case Op::Mark:
        run.line = i.n;
        break;
      case Op::Stop:
        return kStopped;
      case Op::End: {
        const bool signal = is_true(r[program_.signal], stopped);
        if (stopped) return kStopped;
        return {.stopped = false, .signal = signal, .line = run.line};
      }
    }
    if constexpr (kUntil == Until::NextInstruction) {
      run.at = at + 1;
      return {};
    }
  }
}

}  // namespace stom::conditions
