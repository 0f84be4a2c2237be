// Against the kernel's own key ring.
#include "vault/key_ring.hpp"

#include <gtest/gtest.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "vault/vault.hpp"

namespace stom::vault {
namespace {

/// A name that nothing else has, and something under it.
class KeyRing : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto kept = key_ring::keep(name, Secret{"the first"}, 12 * kHour);
    if (!kept && kept.error().code == Errc::Unsupported) GTEST_SKIP() << kept.error().message;
    ASSERT_TRUE(kept) << kept.error().message;
  }
  void TearDown() override { key_ring::take_out(name); }
  std::string kept() const {
    const auto bytes = key_ring::find(name);
    return bytes ? std::string{bytes->view()} : "nothing";
  }

  const std::string name = "stom-test:" + new_id();
};

TEST_F(KeyRing, GivesBackWhatWasKeptLastUnderThatName) {
  EXPECT_EQ(kept(), "the first");
  const std::string_view second{"with\0zero", 9};
  ASSERT_TRUE(key_ring::keep(name, Secret{second}, kMinute));
  EXPECT_EQ(kept(), second);
  EXPECT_FALSE(key_ring::find(name + "x"));
}

TEST_F(KeyRing, WhatWasTakenOutIsGone) {
  EXPECT_TRUE(key_ring::take_out(name));
  EXPECT_EQ(kept(), "nothing");
  EXPECT_FALSE(key_ring::take_out(name));
  ASSERT_TRUE(key_ring::keep(name, Secret{"anew"}, kMinute));
  EXPECT_EQ(kept(), "anew");
}

TEST_F(KeyRing, NothingLiesThereWithoutAnEnd) {
  std::ifstream keys{"/proc/keys"};
  if (!keys) GTEST_SKIP() << "this kernel does not list its keys";
  for (std::string line; std::getline(keys, line);) {
    if (line.find(name) == line.npos) continue;
    std::istringstream words{line};
    std::string serial, flags, usage, left;
    words >> serial >> flags >> usage >> left;
    EXPECT_TRUE(left.ends_with("h")) << line;
    return;
  }
  FAIL() << "it is not in /proc/keys";
}

TEST_F(KeyRing, IsReachedFromASessionThatIsNotTheUsers) {
  // As of a system's service.
  const auto child = ::fork();
  if (child == 0) {
    const bool apart = ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr) > 0;
    ::_exit(apart && kept() == "the first" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
}

}  // namespace
}  // namespace stom::vault
