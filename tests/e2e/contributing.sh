#!/usr/bin/env bash
# What CONTRIBUTING.md says about adding an indicator, a strategy and a venue, done in a copy by its own commands (a venue's
# are in docs/venues/adding.md): an indicator and a strategy are two new files and one new line, a venue its folder, its
# page and the lines that name them; each compiles with the warnings of the project, and its tests pass.
#   contributing.sh           compiles only what is new, by the commands of the build of ./test, and links it with that build
#   contributing.sh --build   to the letter: the copy is built as the page says (tools/prove contributing)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/${STOM_PRESET:-asan}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
fail() { echo "$*"; exit 1; }
commit() { git add -A && git -c user.name=test -c user.email=test@localhost commit -qm "$1"; }

cd "$root"
git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar --null -T - -cf - | tar -C "$copy" -xf -
cd "$copy"
git init -q . && commit start

# commands_of HEADING PAGE: the commands below that heading.
commands_of() {
  awk -v heading="$1" '
    /^##? / && !block { inside = $0 == heading }
    inside && /^```/ { block = !block && /^```sh/; next }
    inside && block { print }' "$2"
}

# Two new files, and one line more in one that was there.
expect_two_files_and_a_line() { # NEW NEW CHANGED
  local status
  status=$(git status --porcelain | sort)
  [ "$status" = "$(printf '%s\n' " M $3" "?? $1" "?? $2" | sort)" ] || fail "other files: $status"
  [ "$(git diff --numstat | cut -f1,2)" = $'1\t0' ] || fail "more than one line: $(git diff)"
}
# The venue's folder and page, and what names them.
expect_a_venue() {
  local status expected=" M docs/venues/README.md| M src/venues/conformance_fixtures.txt| M src/venues/registry.cpp|?? docs/venues/pier.md|?? src/venues/pier/|"
  status=$(git status --porcelain | sort | tr '\n' '|')
  [ "$status" = "$expected" ] || fail "other files: $status"
  [ "$(git diff --numstat | cut -f1,2 | tr '\t\n' ' |')" = "1 0|1 0|2 0|" ] || fail "other lines: $(git diff)"
}
indicator_files=(src/indicators/clv.hpp src/indicators/clv_test.cpp src/indicators/registry.cpp)
strategy_files=(src/strategies/night_breakout.cpp src/strategies/night_breakout_test.cpp src/strategies/registry.cpp)

if [ "${1:-}" = --build ]; then
  cmake --preset dev >/dev/null
  cmake --build build/dev --target stom >/dev/null
  commands_of "## Add an indicator" CONTRIBUTING.md >build/indicator.sh
  commands_of "## Add a strategy" CONTRIBUTING.md >build/strategy.sh
  commands_of "# A venue, from nothing" docs/venues/adding.md >build/venue.sh
  bash -euo pipefail build/indicator.sh
  expect_two_files_and_a_line "${indicator_files[@]}"
  commit indicator
  bash -euo pipefail build/strategy.sh
  expect_two_files_and_a_line "${strategy_files[@]}"
  commit strategy
  bash -euo pipefail build/venue.sh
  expect_a_venue
  echo "an indicator and a strategy, built and tested: two files and one line each; a venue: its folder, its page, their names"
  exit 0
fi

export ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_odr_violation=0
objects=$copy/.git/objects-of-the-test
mkdir "$objects"
# How each file is compiled by itself (the build does several at a time).
alone=$objects/alone
cmake --preset "${STOM_PRESET:-asan}" -S "$root" -B "$alone" -DSTOM_UNITY=OFF >/dev/null
# Without the lines that build.
apart_from_building() { grep -vE '^(cmake |build/dev/tests/|build/dev/bin/stom (strategy show|--quiet venue))' | sed 's#^build/dev/bin/stom#"$STOM_PROGRAM"#'; }
# compile FOLDER TARGET SOURCE LIKE: SOURCE by the command by which the build compiled LIKE.
compile() {
  local object=src/$1/CMakeFiles/$2.dir/$4.o command
  command=$(ninja -C "$alone" -t commands "$object" | tail -n 1)
  command=${command//"$alone"/"$build"}
  command=${command//"$root/src/$1/$4"/"$copy/src/$1/$3"}
  command=${command//"$object"/"$objects/$3.o"}
  command=${command//"STOM_SOURCE_DIR=\\\"$root\\\""/"STOM_SOURCE_DIR=\\\"$copy\\\""}
  command=${command//"-I$build/src/indicators/generated"/"-I$objects/include"}
  command=${command//"-I$root/src"/"-I$copy/src"}
  command=${command//"-I$root "/"-I$copy "}
  (cd "$build" && eval "$command") || fail "does not compile: $3"
}
# link TARGET OBJECT...: as the build links TARGET, with these objects in the place of its own. What they define stands in
# the libraries too, beside what else was compiled with it: the first one counts.
link() {
  local target=$1 command
  shift
  command=$(ninja -C "$build" -t commands "tests/$target" | tail -n 1 |
    sed "s# [^ ]*CMakeFiles/$target.dir/[^ ]*\.o##g; s# -o tests/$target # -Wl,--allow-multiple-definition $* -o $objects/$target #")
  (cd "$build" && eval "$command") || fail "does not link: $target"
}

commands_of "## Add an indicator" CONTRIBUTING.md | apart_from_building >"$objects/indicator.sh"
bash -euo pipefail "$objects/indicator.sh"
expect_two_files_and_a_line "${indicator_files[@]}"
commit indicator
# The list of headers is CMake's, from the names of the files.
mkdir -p "$objects/include/indicators"
{ cat "$build/src/indicators/generated/indicators/all.hpp" && echo '#include "indicators/clv.hpp"'; } >"$objects/include/indicators/all.hpp"
compile indicators indicators_test clv_test.cpp window_test.cpp
compile indicators stom_indicators registry.cpp registry.cpp
link indicators_test "$objects/clv_test.cpp.o" "$objects/registry.cpp.o"
"$objects/indicators_test" | grep -q 'PASSED  \] 1 test' || fail "the indicator's test"

commands_of "## Add a strategy" CONTRIBUTING.md | apart_from_building >"$objects/strategy.sh"
bash -euo pipefail "$objects/strategy.sh"
expect_two_files_and_a_line "${strategy_files[@]}"
compile strategies stom_strategies night_breakout.cpp grid.cpp
compile strategies strategies_test night_breakout_test.cpp grid_test.cpp
compile strategies stom_strategies registry.cpp registry.cpp
link strategies_test "$objects/night_breakout.cpp.o" "$objects/night_breakout_test.cpp.o" "$objects/registry.cpp.o"
"$objects/strategies_test" | grep -q 'PASSED  \] 1 test' || fail "the strategy's test"
commit strategy

commands_of "# A venue, from nothing" docs/venues/adding.md | apart_from_building >"$objects/venue.sh"
bash -euo pipefail "$objects/venue.sh"
expect_a_venue
mkdir "$objects/pier"
compile venues stom_venues pier/decoder.cpp upbit/decoder.cpp
compile venues stom_venues pier/client.cpp upbit/client.cpp
compile venues stom_venues registry.cpp registry.cpp
compile venues venues_test pier/decoder_test.cpp upbit/decoder_test.cpp
compile venues venues_test pier/client_test.cpp upbit/client_test.cpp
compile venues venues_test conformance_test.cpp conformance_test.cpp
link venues_test "$objects"/pier/*.o "$objects/registry.cpp.o" "$objects/conformance_test.cpp.o"
export STOM_TEST_DATA=${STOM_TEST_DATA:-$root/../shared/data}
"$objects/venues_test" >"$objects/venue.log" 2>&1 || { tail -n 40 "$objects/venue.log"; fail "the venue's tests"; }
grep -qE 'PASSED  \] (3|13) tests' "$objects/venue.log" || { tail -n 40 "$objects/venue.log"; fail "the venue's tests did not all run"; }
echo "an indicator and a strategy: two files and one line each; a venue: its folder, its page, their names"
