# Rules shared by every target: warnings, determinism, sanitizers; and stom_library(), which turns a folder into a library and its tests.

add_library(stom_flags INTERFACE)
target_include_directories(stom_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
# -ffp-contract=off: the same journal, byte for byte, on any CPU (ARCHITECTURE.md, "Time").
target_compile_options(stom_flags INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Wnon-virtual-dtor -Werror
  $<IF:$<CXX_COMPILER_ID:GNU>,-Wshadow=compatible-local,-Wshadow>
  # GCC 12 takes small std::string joins for overlapping copies at -O3 (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # What GCC says of types in a header's anonymous namespace, of a .cpp that is one of several in a unit.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>
  -ffp-contract=off -fno-math-errno -march=x86-64-v2 -g1)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # libstdc++ 12's own stable_sort() calls what it marks as deprecated.
  target_compile_options(stom_flags INTERFACE -Wno-deprecated-declarations)
  # Boost 1.74 does not recognise clang's coroutines by itself.
  target_compile_definitions(stom_flags INTERFACE BOOST_ASIO_HAS_CO_AWAIT BOOST_ASIO_HAS_STD_COROUTINE)
endif()
if(STOM_SANITIZE)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Under sanitizers GCC 12 takes Asio's pairs of operator new and delete for a mismatch.
    target_compile_options(stom_flags INTERFACE -Wno-mismatched-new-delete)
  endif()
  target_compile_options(stom_flags INTERFACE -fsanitize=${STOM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(stom_flags INTERFACE -fsanitize=${STOM_SANITIZE})
  if(STOM_SANITIZE MATCHES "thread")
    # ThreadSanitizer cannot see fences; what Asio's handlers share is ordered by its locks.
    target_compile_definitions(stom_flags INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
endif()
if(STOM_COVERAGE)
  target_compile_options(stom_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(stom_flags INTERFACE --coverage)
endif()

# Files of a folder are compiled several at a time: headers are then read once and templates made once for all of them, which
# halves a build from nothing (docs/adr/0011). So a name in a file's own namespace should be told apart from its neighbours'.
# -DSTOM_UNITY=OFF compiles each file alone, for a tree in which single files change all day.
option(STOM_UNITY "compile several files at a time" ON)
function(stom_unity target)
  if(STOM_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# stom_alone(FILE...): these of the folder are compiled each by itself, since names in them are those of a neighbour.
function(stom_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# stom_library(NAME [DEPENDS folder...] [LINK external...] [TEST_DEPENDS folder...])
# All *.cpp of the folder (and below) become libstom_NAME; all *_test.cpp become the test binary NAME_test.
# A new source, strategy or indicator is therefore a file and nothing else.
function(stom_library name)
  cmake_parse_arguments(arg "" "" "DEPENDS;LINK;TEST_DEPENDS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(TRANSFORM arg_DEPENDS PREPEND stom_)
  list(TRANSFORM arg_TEST_DEPENDS PREPEND stom_)
  if(sources)
    add_library(stom_${name} STATIC ${sources})
    target_link_libraries(stom_${name} PUBLIC stom_flags ${arg_DEPENDS} ${arg_LINK})
    stom_unity(stom_${name})
  else()
    add_library(stom_${name} INTERFACE)
    target_link_libraries(stom_${name} INTERFACE stom_flags ${arg_DEPENDS} ${arg_LINK})
  endif()
  if(STOM_TESTS AND tests)
    stom_test(${name}_test SOURCES ${tests} DEPENDS ${name})
    target_link_libraries(${name}_test PRIVATE ${arg_TEST_DEPENDS})
  endif()
endfunction()

# stom_test(NAME SOURCES file... DEPENDS folder... [LINK external...]): a GoogleTest binary, run by ./test.
function(stom_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  list(TRANSFORM arg_DEPENDS PREPEND stom_)
  add_executable(${name} ${arg_SOURCES})
  stom_unity(${name})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} ${arg_LINK} GTest::gmock GTest::gtest GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}) # "tests/support/..."
  target_compile_definitions(${name} PRIVATE STOM_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
endfunction()
