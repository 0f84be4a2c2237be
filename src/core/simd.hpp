// Whether this process uses AVX2 and FMA: the CPU has them and STOM_NO_AVX2 is not set. It decides how fast something
// is worked out and nothing else: both ways give the same bits.
#pragma once

namespace stom {

bool simd_enabled();
/// For tests that compare the two ways. Nothing may be under way that asks.
void set_simd_enabled(bool enabled);

}  // namespace stom
