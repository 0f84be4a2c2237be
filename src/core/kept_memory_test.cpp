#include "core/kept_memory.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>

namespace stom {
namespace {

class KeptMemoryFile : public ::testing::Test {
 protected:
  KeptMemoryFile()
      : path_{std::filesystem::temp_directory_path() /
              (std::string{"stom_kept_"} + ::testing::UnitTest::GetInstance()->current_test_info()->name() + "_" +
               std::to_string(::getpid()))} {
    std::filesystem::remove(path_);
  }
  ~KeptMemoryFile() override { std::filesystem::remove(path_); }

  std::string file() const {
    std::ifstream in{path_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  std::filesystem::path path_;
};

TEST_F(KeptMemoryFile, HasWhatAProcessHadStoredWhenItWasKilled) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto memory = KeptMemory::create(path_, 3 * KeptMemory::kPage);
    if (!memory) ::_exit(1);
    std::memcpy(memory->bytes().data() + 5000, "the last word", 13);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  const std::string left = file();
  ASSERT_EQ(left.size(), 3 * KeptMemory::kPage);
  EXPECT_EQ(left.substr(5000, 13), "the last word");
  EXPECT_EQ(std::ranges::count(left, '\0'), static_cast<std::ptrdiff_t>(left.size() - 13));
}

TEST_F(KeptMemoryFile, ThatAnotherProcessHasLeftIsOpenedToChangeItOrToLeaveItAsItIs) {
  EXPECT_EQ(KeptMemory::open(path_, KeptMemory::Stores::Here).error().code, Errc::NotFound);
  {
    const auto memory = KeptMemory::create(path_, KeptMemory::kPage);
    ASSERT_TRUE(memory) << memory.error().message;
    memory->bytes()[7] = std::byte{'a'};
  }
  for (const auto stores : {KeptMemory::Stores::Here, KeptMemory::Stores::InTheFile}) {
    const auto memory = KeptMemory::open(path_, stores);
    ASSERT_TRUE(memory) << memory.error().message;
    ASSERT_EQ(memory->bytes().size(), KeptMemory::kPage);
    EXPECT_EQ(memory->bytes()[7], std::byte{'a'});
    memory->bytes()[7] = std::byte{'b'};
    EXPECT_EQ(file()[7], stores == KeptMemory::Stores::Here ? 'a' : 'b');
  }
}

TEST_F(KeptMemoryFile, IsItsOwnersAlone) {
  const auto memory = KeptMemory::create(path_, KeptMemory::kPage);
  ASSERT_TRUE(memory) << memory.error().message;
  struct stat about{};
  ASSERT_EQ(::stat(path_.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  EXPECT_FALSE(KeptMemory::create(path_, KeptMemory::kPage)) << "there is one";
}

TEST_F(KeptMemoryFile, StaysWhatItIsWhereItRestsAndWhereItsFileIsForgotten) {
  auto memory = KeptMemory::create(path_, 2 * KeptMemory::kPage);
  ASSERT_TRUE(memory) << memory.error().message;
  std::memcpy(memory->bytes().data(), "kept", 4);
  KeptMemory::rest(memory->bytes());
  KeptMemory::touch(memory->bytes());
  EXPECT_EQ(std::memcmp(memory->bytes().data(), "kept", 4), 0);
  EXPECT_TRUE(std::filesystem::exists(path_));
  memory->forget();
  EXPECT_FALSE(std::filesystem::exists(path_));
  EXPECT_EQ(std::memcmp(memory->bytes().data(), "kept", 4), 0);
}

TEST_F(KeptMemoryFile, AFullDiskIsSaidAsItIsMade) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit small = before;
  small.rlim_cur = KeptMemory::kPage;  // as if the disk had no more
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto memory = KeptMemory::create(path_, 2 * KeptMemory::kPage);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(memory);
  EXPECT_NE(memory.error().message.find(path_.string()), std::string::npos) << memory.error().message;
  EXPECT_FALSE(memory.error().hint.empty());
  EXPECT_FALSE(std::filesystem::exists(path_)) << "nothing is left of it";
}

}  // namespace
}  // namespace stom
