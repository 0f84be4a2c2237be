#include "core/simd.hpp"

#include <cstdlib>

namespace stom {
namespace {

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool g_simd_enabled = has_avx2() && std::getenv("STOM_NO_AVX2") == nullptr;

}  // namespace

bool simd_enabled() { return g_simd_enabled; }
void set_simd_enabled(bool enabled) { g_simd_enabled = enabled && has_avx2(); }

}  // namespace stom
