// Where the recorded market data and the oracles of the tests live: the folder named by STOM_TEST_DATA, else
// shared/data beside the repository. A machine without that folder skips such tests; a folder without the file fails
// them.
//   const auto file = test_data("oracles/books/x.json");
//   if (!file) GTEST_SKIP() << kNoTestData;
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace stom {

inline constexpr const char* kNoTestData =
    "no test data here: set STOM_TEST_DATA to the folder that holds market/ and oracles/";

inline std::filesystem::path test_data_folder() {
  if (const char* named = std::getenv("STOM_TEST_DATA"); named && *named) return named;
  return std::filesystem::path{STOM_SOURCE_DIR} / ".." / "shared" / "data";
}

/// The file in the data folder; nothing where there is no such folder. A missing file in it fails the test at once.
inline std::optional<std::filesystem::path> test_data(const std::string& relative) {
  const auto folder = test_data_folder();
  if (!std::filesystem::is_directory(folder)) return std::nullopt;
  auto file = folder / relative;
  if (!std::filesystem::exists(file)) ADD_FAILURE() << "test data is incomplete: " << file << " is missing";
  return file;
}

}  // namespace stom
