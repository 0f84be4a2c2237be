// The column codec (codec.hpp): choosing a form by its size, writing it, and reading any bytes safely.
#include "store/codec.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <numeric>

#include "store/bitpack.hpp"

namespace stom::store {
namespace {

enum Form : std::uint8_t { kConstant = 0, kLine = 1, kFrames = 2, kSparse = 3 };
enum FormFlag : std::uint8_t { kDelta = 1, kZigzag = 2, kScaled = 4 };

constexpr std::uint64_t bits_of(std::int64_t v) { return static_cast<std::uint64_t>(v); }
constexpr std::int64_t value_of(std::uint64_t v) { return static_cast<std::int64_t>(v); }
constexpr std::uint64_t zigzag(std::int64_t v) { return (bits_of(v) << 1) ^ bits_of(v >> 63); }
constexpr std::uint64_t unzigzag(std::uint64_t v) { return (v >> 1) ^ (0 - (v & 1)); }
constexpr std::int64_t minus(std::int64_t a, std::int64_t b) { return value_of(bits_of(a) - bits_of(b)); }
constexpr int bytes_for(std::uint64_t v) { return (std::bit_width(v) + 7) / 8; }

template <class T>
void put(std::vector<std::byte>& out, T value) {
  const auto at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
}
void put_low(std::byte* to, std::uint64_t value, int bytes) {
  std::memcpy(to, &value, static_cast<std::size_t>(bytes));
}
std::uint64_t get_low(const std::byte* from, int bytes) {
  std::uint64_t value = 0;
  std::memcpy(&value, from, static_cast<std::size_t>(bytes));
  return value;
}

// How one frame is packed: width for all, and what is above it patched in from a list.
struct FramePlan {
  std::uint8_t width = 0;
  std::uint8_t exceptions = 0;
  std::uint8_t exception_bytes = 0;
  std::size_t bytes = 0;
};

FramePlan plan_frame(const std::uint64_t* values, std::size_t count) {
  std::array<std::uint16_t, 65> histogram{};
  for (std::size_t i = 0; i < count; ++i) ++histogram[static_cast<std::size_t>(std::bit_width(values[i]))];
  int widest = 64;
  while (widest > 0 && histogram[static_cast<std::size_t>(widest)] == 0) --widest;
  const auto size = [&](int width) { return count == kFrame ? packed_bytes(width) : packed_tail_bytes(count, width); };
  FramePlan best{static_cast<std::uint8_t>(widest), 0, 0, size(widest)};
  std::size_t above = 0;
  for (int width = widest - 1; width >= 0; --width) {
    above += histogram[static_cast<std::size_t>(width + 1)];
    if (above > 255) break;
    const int patch = (widest - width + 7) / 8;
    const std::size_t bytes = size(width) + above * static_cast<std::size_t>(1 + patch);
    if (bytes < best.bytes)
      best = {static_cast<std::uint8_t>(width), static_cast<std::uint8_t>(above), static_cast<std::uint8_t>(patch),
              bytes};
  }
  return best;
}

constexpr std::size_t kFrameHead = 3;

// The values of one frame as unsigned offsets from `base` (or zigzag, base 0).
std::uint64_t to_offsets(const std::int64_t* values, std::size_t count, bool zigzagged, std::uint64_t* offsets) {
  if (zigzagged) {
    for (std::size_t i = 0; i < count; ++i) offsets[i] = zigzag(values[i]);
    return 0;
  }
  std::int64_t least = values[0];
  for (std::size_t i = 1; i < count; ++i) least = std::min(least, values[i]);
  for (std::size_t i = 0; i < count; ++i) offsets[i] = bits_of(values[i]) - bits_of(least);
  return bits_of(least);
}

std::size_t frames_of(std::size_t count) { return (count + kFrame - 1) / kFrame; }

// The size of packing `values`, from some of its frames where there are many. +4: head and a typical base.
std::size_t estimate_frames(std::span<const std::int64_t> values, bool zigzagged) {
  const std::size_t frames = frames_of(values.size());
  const std::size_t step = frames > 8 ? frames / 6 : 1;
  std::size_t bytes = 0;
  std::size_t seen = 0;
  std::uint64_t offsets[kFrame];
  for (std::size_t f = 0; f < frames; f += step, ++seen) {
    const std::size_t count = std::min(kFrame, values.size() - f * kFrame);
    to_offsets(values.data() + f * kFrame, count, zigzagged, offsets);
    bytes += plan_frame(offsets, count).bytes + 4;
  }
  return seen == 0 ? 0 : bytes * frames / seen;
}

void write_frames(std::span<const std::int64_t> values, bool zigzagged, std::vector<std::byte>& out) {
  const std::size_t frames = frames_of(values.size());
  // Bases are written relative to the least, in as few bytes as their range needs.
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
  if (!zigzagged) {
    for (std::size_t f = 0; f < frames; ++f) {
      const auto frame = values.subspan(f * kFrame, std::min(kFrame, values.size() - f * kFrame));
      const std::int64_t low = *std::min_element(frame.begin(), frame.end());
      least = std::min(least, low);
      greatest = std::max(greatest, low);
    }
  }
  const int base_bytes = zigzagged || frames == 0 ? 0 : bytes_for(bits_of(greatest) - bits_of(least));
  put<std::int64_t>(out, base_bytes == 0 && (zigzagged || frames == 0) ? 0 : least);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(base_bytes));

  std::size_t head = out.size();
  const std::size_t head_bytes = kFrameHead + static_cast<std::size_t>(base_bytes);
  out.resize(head + frames * head_bytes);
  std::uint64_t offsets[kFrame];
  for (std::size_t f = 0; f < frames; ++f, head += head_bytes) {
    const std::size_t count = std::min(kFrame, values.size() - f * kFrame);
    const std::uint64_t base = to_offsets(values.data() + f * kFrame, count, zigzagged, offsets);
    const FramePlan plan = plan_frame(offsets, count);
    std::size_t at = out.size();
    out.resize(at + plan.bytes);
    std::byte* head_at = out.data() + head;
    head_at[0] = std::byte{plan.width};
    head_at[1] = std::byte{plan.exceptions};
    head_at[2] = std::byte{plan.exception_bytes};
    if (base_bytes > 0) put_low(head_at + kFrameHead, base - bits_of(least), base_bytes);

    std::byte* positions =
        out.data() + at + (count == kFrame ? packed_bytes(plan.width) : packed_tail_bytes(count, plan.width));
    std::byte* highs = positions + plan.exceptions;
    if (plan.exceptions > 0) {
      for (std::size_t i = 0; i < count; ++i) {
        if (offsets[i] >> plan.width == 0) continue;
        *positions++ = static_cast<std::byte>(i);
        put_low(highs, offsets[i] >> plan.width, plan.exception_bytes);
        highs += plan.exception_bytes;
        offsets[i] &= (std::uint64_t{1} << plan.width) - 1;
      }
    }
    if (count == kFrame)
      pack_frame(offsets, plan.width, out.data() + at);
    else
      pack_tail(offsets, count, plan.width, out.data() + at);
  }
}

// Inverse of an odd number modulo 2^64 (Newton): exact division becomes one multiplication.
constexpr std::uint64_t inverse_of_odd(std::uint64_t odd) {
  std::uint64_t x = odd;
  for (int i = 0; i < 6; ++i) x *= 2 - odd * x;
  return x;
}

// The greatest common divisor of the values, 1 as soon as there is none worth having.
std::uint64_t common_divisor(std::span<const std::int64_t> values) {
  std::uint64_t g = 0;
  std::uint64_t inverse = 0;
  std::uint64_t limit = 0;
  int shift = 0;
  for (const std::int64_t v : values) {
    const std::uint64_t u = v < 0 ? 0 - bits_of(v) : bits_of(v);
    // v is a multiple of g exactly when v * inverse, rotated, is at most max / g (Granlund and Montgomery).
    if (g != 0 && std::rotr(u * inverse, shift) <= limit) continue;
    g = std::gcd(g, u);
    if (g == 1) return 1;
    if (g == 0) continue;
    shift = std::countr_zero(g);
    inverse = inverse_of_odd(g >> shift);
    limit = ~std::uint64_t{0} / g;
  }
  return g == 0 ? 1 : g;
}

void divide_all(std::span<std::int64_t> values, std::uint64_t divisor) {
  const int shift = std::countr_zero(divisor);
  const std::uint64_t inverse = inverse_of_odd(divisor >> shift);
  for (std::int64_t& v : values) v = value_of(bits_of(v >> shift) * inverse);
}

bool all_equal(std::span<const std::int64_t> values) {
  return std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == values[0]; });
}

// The value that a bitmap would leave out: the most frequent among a few candidates (0 or the first repeated one).
struct Usual {
  std::int64_t value = 0;
  std::size_t count = 0;
};
Usual usual_of(std::span<const std::int64_t> values) {
  Usual best;
  const std::size_t middle = values.size() / 2;
  for (const std::int64_t candidate : {std::int64_t{0}, values[0], values[middle]}) {
    if (candidate == best.value && best.count > 0) continue;
    const auto count = static_cast<std::size_t>(std::count(values.begin(), values.end(), candidate));
    if (count > best.count) best = {candidate, count};
  }
  return best;
}

constexpr std::size_t bitmap_bytes(std::size_t count) { return (count + 7) / 8; }

}  // namespace

// One way to write the column, with its estimated size.
struct ColumnEncoder::Plan {
  Form form = kFrames;
  std::uint8_t flags = 0;
  std::int64_t usual = 0;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();

  void offer(Form other, std::uint8_t other_flags, std::size_t size, std::int64_t other_usual = 0) {
    if (size < bytes) *this = {other, other_flags, other_usual, size};
  }
};

void ColumnEncoder::encode(std::span<const std::int64_t> values, std::vector<std::byte>& out) {
  if (values.empty() || all_equal(values)) {
    put<std::uint8_t>(out, kConstant);
    put<std::uint8_t>(out, 0);
    put<std::int64_t>(out, values.empty() ? 0 : values[0]);
    return;
  }
  const std::size_t n = values.size();
  work_.resize(n - 1);
  for (std::size_t i = 1; i < n; ++i) work_[i - 1] = minus(values[i], values[i - 1]);
  if (all_equal(work_)) {
    put<std::uint8_t>(out, kLine);
    put<std::uint8_t>(out, 0);
    put<std::int64_t>(out, values[0]);
    put<std::int64_t>(out, work_[0]);
    return;
  }

  // Differences share a divisor whenever the values themselves do (seen from the first).
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const bool wraps = static_cast<__int128>(*high) - *low > std::numeric_limits<std::int64_t>::max();
  const std::uint64_t scale = wraps ? 1 : common_divisor(work_);
  if (scale > 1) divide_all(work_, scale);
  const std::uint8_t scaled = scale > 1 ? kScaled : 0;

  // Measures one sequence in every form and keeps the best.
  const auto measure = [this](std::span<const std::int64_t> sequence, std::uint8_t flags, Plan& plan) {
    plan.offer(kFrames, flags, estimate_frames(sequence, false));
    plan.offer(kFrames, flags | kZigzag, estimate_frames(sequence, true));
    const Usual usual = usual_of(sequence);
    if (usual.count * 8 < sequence.size()) return;  // a bitmap costs one bit each
    packed_.clear();
    for (const std::int64_t v : sequence)
      if (v != usual.value) packed_.push_back(v);
    const std::size_t bitmap = bitmap_bytes(sequence.size()) + 12;
    plan.offer(kSparse, flags, bitmap + estimate_frames(packed_, false), usual.value);
    plan.offer(kSparse, flags | kZigzag, bitmap + estimate_frames(packed_, true), usual.value);
  };
  Plan plan;
  measure(work_, kDelta | scaled, plan);
  Plan direct;
  if (scaled == 0) {
    measure(values, 0, direct);
  } else {
    packed_.clear();
    std::vector<std::int64_t> offsets(n);
    for (std::size_t i = 0; i < n; ++i) offsets[i] = minus(values[i], values[0]);
    divide_all(offsets, scale);
    measure(offsets, scaled, direct);
    if (direct.bytes <= plan.bytes) work_ = std::move(offsets);
  }
  // Direct columns are read faster, so they win a near tie.
  if (direct.bytes <= plan.bytes) {
    plan = direct;
    if (scaled == 0) work_.assign(values.begin(), values.end());
  }

  put<std::uint8_t>(out, plan.form);
  put<std::uint8_t>(out, plan.flags);
  if (plan.flags & (kDelta | kScaled)) put<std::int64_t>(out, values[0]);
  if (plan.flags & kScaled) put<std::uint64_t>(out, scale);
  if (plan.form == kSparse) {
    const std::size_t at = out.size();
    put<std::int64_t>(out, plan.usual);
    put<std::uint32_t>(out, 0);
    const std::size_t bitmap = out.size();
    out.resize(bitmap + bitmap_bytes(work_.size()));
    packed_.clear();
    for (std::size_t i = 0; i < work_.size(); ++i) {
      if (work_[i] == plan.usual) continue;
      out[bitmap + i / 8] |= static_cast<std::byte>(1u << (i % 8));
      packed_.push_back(work_[i]);
    }
    const auto differing = static_cast<std::uint32_t>(packed_.size());
    std::memcpy(out.data() + at + 8, &differing, sizeof differing);
    write_frames(packed_, (plan.flags & kZigzag) != 0, out);
  } else {
    write_frames(work_, (plan.flags & kZigzag) != 0, out);
  }
}

namespace {

// Reads forward through untrusted bytes.
class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : at_{bytes.data()}, left_{bytes.size()} {}
  const std::byte* take(std::size_t bytes) {
    if (bytes > left_) return nullptr;
    const std::byte* from = at_;
    at_ += bytes;
    left_ -= bytes;
    return from;
  }
  template <class T>
  bool get(T& value) {
    const std::byte* from = take(sizeof(T));
    if (from == nullptr) return false;
    std::memcpy(&value, from, sizeof(T));
    return true;
  }
  bool at_end() const { return left_ == 0; }

 private:
  const std::byte* at_;
  std::size_t left_;
};

bool read_frames(Cursor& in, bool zigzagged, std::span<std::uint64_t> out) {
  std::int64_t least = 0;
  std::uint8_t base_bytes = 0;
  if (!in.get(least) || !in.get(base_bytes) || base_bytes > 8) return false;
  const std::size_t frames = frames_of(out.size());
  const std::size_t head_bytes = kFrameHead + base_bytes;
  const std::byte* head = in.take(frames * head_bytes);
  if (head == nullptr) return false;
  for (std::size_t f = 0; f < frames; ++f, head += head_bytes) {
    const int width = std::to_integer<int>(head[0]);
    const auto exceptions = std::to_integer<std::size_t>(head[1]);
    const int exception_bytes = std::to_integer<int>(head[2]);
    if (width > 64 || exception_bytes > 8 || (exceptions > 0 && width > 63)) return false;
    const std::uint64_t base = bits_of(least) + get_low(head + kFrameHead, base_bytes);
    const std::size_t count = std::min(kFrame, out.size() - f * kFrame);
    std::uint64_t* to = out.data() + f * kFrame;
    const std::byte* packed = in.take(count == kFrame ? packed_bytes(width) : packed_tail_bytes(count, width));
    const std::byte* positions = in.take(exceptions);
    const std::byte* highs = in.take(exceptions * static_cast<std::size_t>(exception_bytes));
    if (packed == nullptr || positions == nullptr || highs == nullptr) return false;
    if (count == kFrame)
      unpack_frame(packed, width, base, to);
    else
      unpack_tail(packed, count, width, base, to);
    for (std::size_t e = 0; e < exceptions; ++e, highs += exception_bytes) {
      const auto i = std::to_integer<std::size_t>(positions[e]);
      if (i >= count) return false;
      to[i] += get_low(highs, exception_bytes) << width;
    }
    if (zigzagged)
      for (std::size_t i = 0; i < count; ++i) to[i] = unzigzag(to[i]);
  }
  return true;
}

std::size_t count_bits(const std::byte* bitmap, std::size_t count) {
  std::size_t set = 0;
  std::size_t i = 0;
  for (; i + 64 <= count; i += 64) set += static_cast<std::size_t>(std::popcount(get_low(bitmap + i / 8, 8)));
  for (; i < count; ++i) set += (std::to_integer<unsigned>(bitmap[i / 8]) >> (i % 8)) & 1;
  return set;
}

}  // namespace

bool ColumnDecoder::decode(std::span<const std::byte> bytes, std::span<std::int64_t> out) {
  Cursor in{bytes};
  std::uint8_t form = 0;
  std::uint8_t flags = 0;
  std::int64_t first = 0;
  if (out.size() > kMaxColumn || !in.get(form) || !in.get(flags)) return false;
  if (form == kConstant || form == kLine) {
    std::int64_t step = 0;
    if (!in.get(first) || (form == kLine && !in.get(step)) || !in.at_end()) return false;
    std::uint64_t value = bits_of(first);
    for (std::int64_t& v : out) {
      v = value_of(value);
      value += bits_of(step);
    }
    return true;
  }
  if ((form != kFrames && form != kSparse) || flags > (kDelta | kZigzag | kScaled) || out.empty()) return false;
  std::uint64_t scale = 1;
  if ((flags & (kDelta | kScaled)) && !in.get(first)) return false;
  if ((flags & kScaled) && !in.get(scale)) return false;

  auto* values = reinterpret_cast<std::uint64_t*>(out.data());  // the signed and unsigned twin may alias
  const std::span<std::uint64_t> body =
      flags & kDelta ? std::span{values + 1, out.size() - 1} : std::span{values, out.size()};
  const bool zigzagged = (flags & kZigzag) != 0;
  if (form == kFrames) {
    if (!read_frames(in, zigzagged, body)) return false;
  } else {
    std::int64_t usual = 0;
    std::uint32_t differing = 0;
    if (!in.get(usual) || !in.get(differing) || differing > body.size()) return false;
    const std::byte* bitmap = in.take(bitmap_bytes(body.size()));
    if (bitmap == nullptr || count_bits(bitmap, body.size()) != differing) return false;
    if (packed_.size() < differing + 1) packed_.resize(differing + 1);  // one more: the expansion below reads ahead
    if (!read_frames(in, zigzagged, {packed_.data(), differing})) return false;
    const std::uint64_t* next = packed_.data();
    for (std::size_t i = 0; i < body.size(); ++i) {
      const std::uint64_t set = (std::to_integer<unsigned>(bitmap[i / 8]) >> (i % 8)) & 1;
      body[i] = set ? *next : bits_of(usual);
      next += set;
    }
  }
  if (!in.at_end()) return false;
  if (flags & kDelta) {
    std::uint64_t value = bits_of(first);
    values[0] = value;
    if (scale == 1)
      for (std::uint64_t& v : body) v = value += v;
    else
      for (std::uint64_t& v : body) v = value += v * scale;
  } else if (flags & kScaled) {
    for (std::uint64_t& v : body) v = bits_of(first) + v * scale;
  }
  return true;
}

}  // namespace stom::store
