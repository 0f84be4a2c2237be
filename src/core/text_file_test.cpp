#include "core/text_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace stom {
namespace {

namespace fs = std::filesystem;

class TextFile : public testing::Test {
 protected:
  TextFile() { fs::create_directory(folder_); }
  ~TextFile() override { fs::remove_all(folder_); }

  fs::path written(const std::string& text) const {
    const fs::path path = folder_ / "file";
    std::ofstream{path, std::ios::binary} << text;
    return path;
  }
  static std::string read(const fs::path& path, std::size_t most = kMostWritten) {
    return read_text_file(path, most).value_or("refused");
  }
  static Error refused(const fs::path& path, std::size_t most = kMostWritten) {
    const auto text = read_text_file(path, most);
    return text ? Error{} : text.error();
  }

  const fs::path folder_ = fs::temp_directory_path() / ("text-file-" + std::to_string(::getpid()));
};

TEST_F(TextFile, IsReadToItsLastByteWhateverStandsInIt) {
  EXPECT_EQ(read(written("")), "");
  const std::string odd{"a\r\n\0\xff\xfe", 6};
  EXPECT_EQ(read(written(odd)), odd);
  std::string large;
  for (int i = 0; i < 50'000; ++i) large += std::to_string(i) + "\n";
  EXPECT_EQ(read(written(large)), large);
}

TEST_F(TextFile, MayBeAPipeWhoseWriterComesLater) {
  const fs::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), S_IRUSR | S_IWUSR), 0);
  std::thread writer{[&] { std::ofstream{pipe} << "strategy = \"idle\"\n"; }};
  EXPECT_EQ(read(pipe), "strategy = \"idle\"\n");
  writer.join();
}

TEST_F(TextFile, ThatIsNotThereIsNotFound) {
  const fs::path none = folder_ / "none.toml";
  EXPECT_EQ(refused(none).code, Errc::NotFound);
  EXPECT_EQ(refused(none).message, "there is no file " + none.string());
  EXPECT_EQ(refused(none).hint, "is the path right?");
  EXPECT_EQ(refused(written("x") / "none.toml").code, Errc::NotFound) << "in a file there are no files";
  EXPECT_EQ(refused("").code, Errc::NotFound);
}

TEST_F(TextFile, IsNoFolder) {
  EXPECT_EQ(refused(folder_).code, Errc::Usage);
  EXPECT_EQ(refused(folder_).message, folder_.string() + " is a folder, not a file");
}

TEST_F(TextFile, ThatTheSystemRefusesIsSaidWithItsReason) {
  const fs::path circle = folder_ / "circle";
  fs::create_symlink(circle, circle);
  EXPECT_EQ(refused(circle).code, Errc::Io);
  EXPECT_EQ(refused(circle).message, circle.string() + " cannot be read: Too many levels of symbolic links");
  EXPECT_NE(refused(circle).hint, "");
}

TEST_F(TextFile, AboveItsLimitIsRefusedAndNotReadToTheEnd) {
  constexpr std::size_t kMiB = 1 << 20;
  const fs::path path = written("");
  fs::resize_file(path, kMiB);
  EXPECT_EQ(read(path, kMiB), std::string(kMiB, '\0'));
  fs::resize_file(path, kMiB + 1);
  EXPECT_EQ(refused(path, kMiB).code, Errc::Usage);
  EXPECT_EQ(refused(path, kMiB).message, path.string() + " is larger than 1 MiB");
  EXPECT_EQ(refused("/dev/zero", kMiB).message, "/dev/zero is larger than 1 MiB");
}

}  // namespace
}  // namespace stom
