#include "conditions/machine.hpp"

#include <algorithm>
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

int Machine::order(double left, double right, bool& stopped) const {
  if (left < right) return -1;
  if (left > right) return 1;
  if (left == right) return 0;
  if (kind_of(left) == ValueKind::Text && kind_of(right) == ValueKind::Text)
    return text_of(left).compare(text_of(right));  // UTF-8 is in the order of code points
  stopped = true;
  return 0;
}

Outcome Machine::run(std::span<const double> inputs, InstrumentDay& day) {
  name_ = day.name();
  code_ = day.code();
  double* const r = registers_.data();
  std::copy_n(program_.registers.data(), program_.locals, r);
  for (const Load load : program_.loads) r[load.to] = inputs[load.input];

  constexpr Outcome kStopped{.stopped = true};
  std::uint32_t line = 0;
  int steps = 0;
  std::size_t work = 0;
  bool stopped = false;
  const Instruction* const code = program_.code.data();
  for (const Instruction* at = code;; ++at) {
    const Instruction& i = *at;
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
      case Op::JumpLess:
        jump(order(r[i.b], r[i.c], stopped) < 0);
        if (stopped) return kStopped;
        break;
      case Op::JumpLessEqual:
        jump(order(r[i.b], r[i.c], stopped) <= 0);
        if (stopped) return kStopped;
        break;
      case Op::JumpGreater:
        jump(order(r[i.b], r[i.c], stopped) > 0);
        if (stopped) return kStopped;
        break;
      case Op::JumpGreaterEqual:
        jump(order(r[i.b], r[i.c], stopped) >= 0);
        if (stopped) return kStopped;
        break;
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
        work += static_cast<std::size_t>(code + i.a - at);
        if (++steps > static_cast<int>(kMostLoopSteps) || work > kMostWork) return kStopped;
        r[i.n] = r[i.b];
        r[i.b] += 1;
        break;
      case Op::Mark:
        line = i.n;
        break;
      case Op::Stop:
        return kStopped;
      case Op::End: {
        const bool signal = is_true(r[program_.signal], stopped);
        if (stopped) return kStopped;
        return {.stopped = false, .signal = signal, .line = line};
      }
    }
  }
}

}  // namespace stom::conditions
