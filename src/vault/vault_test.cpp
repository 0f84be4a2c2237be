#include "vault/vault.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <set>

namespace stom::vault {
namespace {

constexpr Cost kCheap{1, 8192};

std::vector<Key> two_keys() {
  std::vector<Key> keys;
  keys.push_back({"binance", "main", "id-1", 17, Secret{"the key"}, Secret{"its secret"}});
  keys.push_back({"upbit", "won", "id-2", -1, Secret{"k"}, Secret{std::string_view{"with\0zero\n", 10}}});
  return keys;
}

std::string sealed(const Secret& passphrase) { return *seal(two_keys(), passphrase, kCheap); }

TEST(Vault, GivesBackWhatWasPutInUnderItsPassphrase) {
  const Secret passphrase{"correct horse"};
  const auto keys = unseal(sealed(passphrase), passphrase);
  ASSERT_TRUE(keys) << keys.error().message;
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[0].name(), "binance:main");
  EXPECT_EQ((*keys)[0].secret.view(), "its secret");
  EXPECT_EQ((*keys)[0].added, 17);
  EXPECT_EQ((*keys)[1].id, "id-2");
  EXPECT_EQ((*keys)[1].secret.view(), std::string_view("with\0zero\n", 10));
}

TEST(Vault, TheUsualCostIsArgon2idOfAQuarterGigabyte) {
  const Secret passphrase{"correct horse"};
  const auto file = seal({}, passphrase);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->substr(8, 16), std::string_view("\3\0\0\0\0\0\0\0\0\0\0\x10\0\0\0\0", 16));
  EXPECT_TRUE(unseal(*file, passphrase));
}

TEST(Vault, AnotherPassphraseOpensNothingAndSaysSo) {
  const std::string file = sealed(Secret{"correct horse"});
  for (const auto wrong : {"correct horsf", "correct hors", "correct horse ", ""}) {
    const auto keys = unseal(file, Secret{std::string_view{wrong}});
    ASSERT_FALSE(keys);
    EXPECT_EQ(keys.error().code, Errc::Locked);
  }
}

TEST(Vault, OpensByWhatItsPassphraseLeadsToUntilItIsWrittenAnew) {
  const Secret passphrase{"correct horse"};
  const std::string file = sealed(passphrase);
  const auto key = opening_key(file, passphrase);
  ASSERT_TRUE(key) << key.error().message;
  const auto keys = unseal_with(file, *key);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->size(), 2u);
  const auto anew = unseal_with(sealed(passphrase), *key);
  ASSERT_FALSE(anew);
  EXPECT_EQ(anew.error().code, Errc::Locked);
  const auto other = unseal_with(file, Secret{"no key at all"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::Locked);
  EXPECT_EQ(opening_key(file.substr(1), passphrase).error().code, Errc::BadData);
}

TEST(Vault, NothingOfItIsToBeReadInTheFile) {
  const std::string file = sealed(Secret{"correct horse"});
  for (const auto text : {"binance", "the key", "its secret", "main", "correct"}) EXPECT_EQ(file.find(text), file.npos);
}

TEST(Vault, TheSameContentsAreNeverTheSameFile) {
  const Secret passphrase{"correct horse"};
  EXPECT_NE(sealed(passphrase).substr(24), sealed(passphrase).substr(24));
}

TEST(Vault, AByteThatIsMissingOrAnotherIsDamageWhereverItIs) {
  const Secret passphrase{"correct horse"};
  const std::string file = sealed(passphrase);
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    for (const auto& bytes : {changed, file.substr(0, at)}) {
      const auto keys = unseal(bytes, passphrase);
      ASSERT_FALSE(keys) << at;
      EXPECT_TRUE(keys.error().code == Errc::BadData || keys.error().code == Errc::Newer) << at;
      EXPECT_FALSE(keys.error().hint.empty());
    }
  }
  EXPECT_FALSE(unseal(file + "x", passphrase));
}

TEST(Vault, ContentsThatEndWithinAKeyAreRefused) {
  const Secret contents = write_contents(two_keys());
  ASSERT_TRUE(read_contents(contents.view()));
  for (std::size_t size = 0; size < contents.size(); ++size)
    EXPECT_FALSE(read_contents(contents.view().substr(0, size))) << size;
  EXPECT_FALSE(read_contents(std::string{contents.view()} + "x"));
}

TEST(Vault, EachKeyHasAnIdOfItsOwn) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.insert(new_id());
  EXPECT_EQ(ids.size(), 100u);
}

TEST(Secret, WithTheFirstOneTheProcessLeavesNoCoreFile) {
  const Secret secret{"x"};
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  EXPECT_EQ(limit.rlim_max, 0u);
}

TEST(Secret, WhatIsCutOffIsWiped) {
  Secret secret{"passphrase\n"};
  const char* bytes = secret.data();
  secret.shorten(4);
  EXPECT_EQ(secret.view(), "pass");
  EXPECT_EQ(bytes[5], 0);
  Secret moved{std::move(secret)};
  EXPECT_EQ(moved.view(), "pass");
  moved = Secret{"other"};
  EXPECT_EQ(moved.view(), "other");
}

}  // namespace
}  // namespace stom::vault
