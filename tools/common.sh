# Sourced by the scripts: the repository's root as working folder, and a few words they share.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

# Compilers at once: as many as cores, and no more than one for every 1.5 GiB of memory.
jobs() {
  local cores memory_kib
  cores=$(nproc)
  memory_kib=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo)
  local by_memory=$((memory_kib / 1572864))
  [ "$by_memory" -ge 1 ] || by_memory=1
  echo "${STOM_JOBS:-$((cores < by_memory ? cores : by_memory))}"
}

# side_by_side COMMAND...: in the background, as many at once as there are cores (STOM_TEST_JOBS). `wait` waits for the last.
beside=0
side_by_side() {
  if [ $beside -ge "${STOM_TEST_JOBS:-$(nproc)}" ]; then
    wait -n || true
    beside=$((beside - 1))
  fi
  "$@" &
  beside=$((beside + 1))
}

# configure_and_build PRESET [TARGET...]: quiet unless it fails.
configure_and_build() {
  local preset=$1
  shift
  mkdir -p build
  # A folder configured by another compiler or an older CMakePresets.json is configured anew, not trusted.
  cmake --preset "$preset" >"build/$preset.configure.log" 2>&1 || { cat "build/$preset.configure.log" >&2; return 1; }
  local targets=()
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build "build/$preset" -j "$(jobs)" "${targets[@]}" >"build/$preset.build.log" 2>&1 ||
    { grep -v '^\[[0-9]*/[0-9]*\] \(Building\|Linking\)' "build/$preset.build.log" | tail -n 80 >&2; return 1; }
}
