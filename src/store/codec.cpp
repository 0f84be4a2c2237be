// The column codec (codec.hpp): choosing a form by its size, writing it, and reading any bytes safely.
#include "store/codec.hpp"

#include <algorithm>
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
  // Four histograms, so that equal widths in a row do not wait for each other. The width of v is the place of the
  // highest bit of 2 v + 1, found without a branch for 0; what fills all 64 bits is looked for apart.
  std::uint16_t histogram[4][65] = {};
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < count; ++i) all |= values[i];
  const bool full = all >> 63 != 0;
  const auto width_of = [](std::uint64_t v) { return 63 ^ std::countl_zero(v << 1 | 1); };
  std::size_t i = 0;
  if (!full)
    for (; i + 4 <= count; i += 4)
      for (std::size_t k = 0; k < 4; ++k) ++histogram[k][width_of(values[i + k])];
  for (; i < count; ++i) ++histogram[0][std::bit_width(values[i])];
  const auto with_width = [&](int w) {
    return static_cast<std::size_t>(histogram[0][w] + histogram[1][w] + histogram[2][w] + histogram[3][w]);
  };
  const int widest = std::bit_width(all);
  const auto size = [&](int width) { return count == kFrame ? packed_bytes(width) : packed_tail_bytes(count, width); };
  FramePlan best{static_cast<std::uint8_t>(widest), 0, 0, size(widest)};
  std::size_t above = 0;
  for (int width = widest - 1; width >= 0; --width) {
    above += with_width(width + 1);
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

std::int64_t least_of(std::span<const std::int64_t> values) {
  std::int64_t least = values[0];
  for (const std::int64_t v : values) least = v < least ? v : least;
  return least;
}

// The values of one frame as unsigned offsets from the least of them, or in zigzag.
void to_offsets(const std::int64_t* values, std::size_t count, bool zigzagged, std::uint64_t* offsets) {
  if (zigzagged) {
    for (std::size_t i = 0; i < count; ++i) offsets[i] = zigzag(values[i]);
    return;
  }
  const std::uint64_t least = bits_of(least_of({values, count}));
  for (std::size_t i = 0; i < count; ++i) offsets[i] = bits_of(values[i]) - least;
}

std::size_t frames_of(std::size_t count) { return (count + kFrame - 1) / kFrame; }

// The size of packing all of `values`. +4 a frame: its head and a typical base.
std::size_t measure_frames(std::span<const std::int64_t> values, bool zigzagged) {
  std::size_t bytes = 0;
  std::uint64_t offsets[kFrame];
  for (std::size_t f = 0; f < values.size(); f += kFrame) {
    const std::size_t count = std::min(kFrame, values.size() - f);
    to_offsets(values.data() + f, count, zigzagged, offsets);
    bytes += plan_frame(offsets, count).bytes + 4;
  }
  return bytes;
}

void write_frames(std::span<const std::int64_t> values, bool zigzagged, std::vector<std::int64_t>& mins,
                  std::vector<std::byte>& out) {
  const std::size_t frames = frames_of(values.size());
  // Bases are written relative to the least, in as few bytes as their range needs.
  mins.assign(frames, 0);
  std::int64_t least = 0;
  int base_bytes = 0;
  if (!zigzagged && frames > 0) {
    for (std::size_t f = 0; f < frames; ++f)
      mins[f] = least_of(values.subspan(f * kFrame, std::min(kFrame, values.size() - f * kFrame)));
    const auto [low, high] = std::minmax_element(mins.begin(), mins.end());
    least = *low;
    base_bytes = bytes_for(bits_of(*high) - bits_of(*low));
  }
  put<std::int64_t>(out, least);
  put<std::uint8_t>(out, static_cast<std::uint8_t>(base_bytes));

  std::size_t head = out.size();
  const std::size_t head_bytes = kFrameHead + static_cast<std::size_t>(base_bytes);
  out.resize(head + frames * head_bytes);
  std::uint64_t offsets[kFrame];
  for (std::size_t f = 0; f < frames; ++f, head += head_bytes) {
    const std::size_t count = std::min(kFrame, values.size() - f * kFrame);
    const std::int64_t* from = values.data() + f * kFrame;
    if (zigzagged)
      for (std::size_t i = 0; i < count; ++i) offsets[i] = zigzag(from[i]);
    else
      for (std::size_t i = 0; i < count; ++i) offsets[i] = bits_of(from[i]) - bits_of(mins[f]);
    const FramePlan plan = plan_frame(offsets, count);
    std::size_t at = out.size();
    out.resize(at + plan.bytes);
    std::byte* head_at = out.data() + head;
    head_at[0] = std::byte{plan.width};
    head_at[1] = std::byte{plan.exceptions};
    head_at[2] = std::byte{plan.exception_bytes};
    if (base_bytes > 0) put_low(head_at + kFrameHead, bits_of(mins[f]) - bits_of(least), base_bytes);

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

bool steps_equal(std::span<const std::int64_t> values) {
  const std::int64_t step = minus(values[1], values[0]);
  for (std::size_t i = 2; i < values.size(); ++i)
    if (minus(values[i], values[i - 1]) != step) return false;
  return true;
}

// The value that a bitmap would leave out: the most frequent among a few candidates.
struct Usual {
  std::int64_t value = 0;
  std::size_t count = 0;
};
Usual usual_of(std::span<const std::int64_t> values) {
  Usual best;
  for (const std::int64_t candidate : {std::int64_t{0}, values[0], values[values.size() / 2]}) {
    if (candidate == best.value && best.count > 0) continue;
    const auto count = static_cast<std::size_t>(std::count(values.begin(), values.end(), candidate));
    if (count > best.count) best = {candidate, count};
  }
  return best;
}

constexpr std::size_t bitmap_bytes(std::size_t count) { return (count + 7) / 8; }

// Everything that is not `usual`, without a branch; the bitmap says where it stood.
void compact(std::span<const std::int64_t> values, std::int64_t usual, std::byte* bitmap,
             std::vector<std::int64_t>& packed) {
  packed.resize(values.size() + 1);
  std::size_t kept = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const bool differs = values[i] != usual;
    packed[kept] = values[i];
    kept += differs;
    bits |= static_cast<unsigned>(differs) << (i % 8);
    if (i % 8 != 7) continue;
    bitmap[i / 8] = static_cast<std::byte>(bits);
    bits = 0;
  }
  if (values.size() % 8 != 0) bitmap[values.size() / 8] = static_cast<std::byte>(bits);
  packed.resize(kept);
}

constexpr std::size_t kSampleFrames = 8;

// Some whole frames, evenly spread; everything where there are few.
void take_sample(std::span<const std::int64_t> values, std::vector<std::int64_t>& sample) {
  if (values.size() <= kSampleFrames * kFrame) {
    sample.assign(values.begin(), values.end());
    return;
  }
  sample.clear();
  const std::size_t step = (values.size() - kFrame) / (kSampleFrames - 1);
  for (std::size_t f = 0; f < kSampleFrames; ++f)
    sample.insert(sample.end(), values.begin() + static_cast<std::ptrdiff_t>(f * step),
                  values.begin() + static_cast<std::ptrdiff_t>(f * step + kFrame));
}

// The same of the differences between neighbours.
void take_steps(std::span<const std::int64_t> values, std::vector<std::int64_t>& steps) {
  steps.resize(values.size() - 1);
  for (std::size_t i = 1; i < values.size(); ++i) steps[i - 1] = minus(values[i], values[i - 1]);
}

}  // namespace

// One way to write the column, with its size as measured on the sample.
struct ColumnEncoder::Plan {
  Form form = kFrames;
  std::uint8_t flags = 0;
  std::int64_t usual = 0;
  std::size_t bytes = std::numeric_limits<std::size_t>::max();

  void offer(Form other, std::uint8_t other_flags, std::size_t size, std::int64_t other_usual = 0) {
    if (size < bytes) *this = {other, other_flags, other_usual, size};
  }
};

// Offers every form of a sampled sequence.
void ColumnEncoder::measure(std::span<const std::int64_t> sequence, std::uint8_t flags, Plan& plan) {
  plan.offer(kFrames, flags, measure_frames(sequence, false));
  plan.offer(kFrames, flags | kZigzag, measure_frames(sequence, true));
  const Usual usual = usual_of(sequence);
  if (usual.count * 8 < sequence.size()) return;  // a bitmap costs one bit each
  trial_.resize(bitmap_bytes(sequence.size()));
  compact(sequence, usual.value, trial_.data(), packed_);
  const std::size_t head = trial_.size() + 12;
  plan.offer(kSparse, flags, head + measure_frames(packed_, false), usual.value);
  plan.offer(kSparse, flags | kZigzag, head + measure_frames(packed_, true), usual.value);
}

void ColumnEncoder::encode(std::span<const std::int64_t> values, std::vector<std::byte>& out) {
  if (values.empty() || all_equal(values)) {
    put<std::uint8_t>(out, kConstant);
    put<std::uint8_t>(out, 0);
    put<std::int64_t>(out, values.empty() ? 0 : values[0]);
    return;
  }
  if (steps_equal(values)) {
    put<std::uint8_t>(out, kLine);
    put<std::uint8_t>(out, 0);
    put<std::int64_t>(out, values[0]);
    put<std::int64_t>(out, minus(values[1], values[0]));
    return;
  }

  take_sample(values, sample_);
  take_steps(sample_, steps_);
  // A common divisor of the steps (times that are whole milliseconds): looked for in the sample, proved on all of them.
  std::uint64_t scale = common_divisor(steps_);
  if (scale > 1) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    take_steps(values, work_);
    const bool wraps = static_cast<__int128>(*high) - *low > std::numeric_limits<std::int64_t>::max();
    scale = wraps ? 1 : common_divisor(work_);
  }
  const std::uint8_t scaled = scale > 1 ? kScaled : 0;
  if (scaled) {
    for (std::int64_t& v : sample_) v = minus(v, values[0]);
    divide_all(sample_, scale);
    divide_all(steps_, scale);
  }
  Plan direct;
  Plan steps;
  measure(sample_, scaled, direct);
  measure(steps_, kDelta | scaled, steps);
  // Direct columns are read faster, so they win a near tie.
  const Plan plan = direct.bytes <= steps.bytes + steps.bytes / 64 ? direct : steps;
  write(plan, values, scale, out);
}

void ColumnEncoder::write(const Plan& plan, std::span<const std::int64_t> values, std::uint64_t scale,
                          std::vector<std::byte>& out) {
  std::span<const std::int64_t> body = values;
  if (plan.flags & kDelta) {
    take_steps(values, work_);
    body = work_;
  } else if (plan.flags & kScaled) {
    work_.resize(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) work_[i] = minus(values[i], values[0]);
    body = work_;
  }
  if (plan.flags & kScaled) divide_all(work_, scale);

  put<std::uint8_t>(out, plan.form);
  put<std::uint8_t>(out, plan.flags);
  if (plan.flags & (kDelta | kScaled)) put<std::int64_t>(out, values[0]);
  if (plan.flags & kScaled) put<std::uint64_t>(out, scale);
  if (plan.form == kSparse) {
    put<std::int64_t>(out, plan.usual);
    const std::size_t at = out.size();
    out.resize(at + 4 + bitmap_bytes(body.size()));
    compact(body, plan.usual, out.data() + at + 4, packed_);
    const auto differing = static_cast<std::uint32_t>(packed_.size());
    std::memcpy(out.data() + at, &differing, sizeof differing);
    body = packed_;
  }
  write_frames(body, (plan.flags & kZigzag) != 0, mins_, out);
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

// What is done to a frame once it is unpacked, while it is in the nearest cache: scale, running sum, first value.
class Finish {
 public:
  Finish(std::uint8_t flags, std::int64_t first, std::uint64_t scale)
      : delta_{(flags & kDelta) != 0}, origin_{bits_of(first)}, scale_{scale} {}

  void operator()(std::uint64_t* values, std::size_t count) {
    if (scale_ != 1)
      for (std::size_t i = 0; i < count; ++i) values[i] *= scale_;
    if (delta_) {
      std::uint64_t sum = origin_;
      for (std::size_t i = 0; i < count; ++i) values[i] = sum += values[i];
      origin_ = sum;
    } else if (origin_ != 0) {
      for (std::size_t i = 0; i < count; ++i) values[i] += origin_;
    }
  }

 private:
  bool delta_;
  std::uint64_t origin_;
  std::uint64_t scale_;
};

template <class Done>
bool read_frames(Cursor& in, bool zigzagged, std::span<std::uint64_t> out, Done done) {
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
    done(to, count);
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
  if (flags & kDelta) values[0] = bits_of(first);
  const bool zigzagged = (flags & kZigzag) != 0;
  Finish finish{flags, first, scale};
  if (form == kFrames)
    return read_frames(in, zigzagged, body, [&](std::uint64_t* frame, std::size_t count) { finish(frame, count); }) &&
           in.at_end();

  std::int64_t usual = 0;
  std::uint32_t differing = 0;
  if (!in.get(usual) || !in.get(differing) || differing > body.size()) return false;
  const std::byte* bitmap = in.take(bitmap_bytes(body.size()));
  if (bitmap == nullptr || count_bits(bitmap, body.size()) != differing) return false;
  if (packed_.size() < differing + kExpandSlack) packed_.resize(differing + kExpandSlack);
  if (!read_frames(in, zigzagged, {packed_.data(), differing}, [](std::uint64_t*, std::size_t) {}) || !in.at_end())
    return false;
  const std::uint64_t* next = packed_.data();
  for (std::size_t at = 0; at < body.size(); at += kFrame) {
    const std::size_t count = std::min(kFrame, body.size() - at);
    expand(bitmap + at / 8, next, bits_of(usual), body.data() + at, count);
    next += count_bits(bitmap + at / 8, count);
    finish(body.data() + at, count);
  }
  return true;
}

}  // namespace stom::store
