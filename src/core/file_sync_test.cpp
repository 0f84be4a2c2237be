#include "core/file_sync.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace stom {
namespace {

std::filesystem::path a_file() {
  const auto path = std::filesystem::temp_directory_path() / ("file-sync-" + std::to_string(::getpid()));
  std::ofstream{path} << "a record";
  return path;
}

TEST(FileSync, AnswersWhatWasAskedAndThenWaitsForNothing) {
  const auto path = a_file();
  auto sync = FileSync::open(path);
  ASSERT_TRUE(sync);
  EXPECT_EQ((*sync)->waiting_since(), kNever);
  for (UnixNanos now = 1; now <= 20; ++now) {
    (*sync)->ask(now);
    EXPECT_TRUE((*sync)->waiting_since() <= now || (*sync)->waiting_since() == kNever);
  }
  (*sync)->wait();
  EXPECT_EQ((*sync)->waiting_since(), kNever);
  EXPECT_TRUE((*sync)->status());
  std::filesystem::remove(path);
}

TEST(FileSync, WhatTheDiskRefusesIsToldAndStays) {
  auto sync = FileSync::open("/dev/null");  // knows of no disk
  ASSERT_TRUE(sync);
  EXPECT_TRUE((*sync)->status());
  (*sync)->ask(1);
  (*sync)->wait();
  ASSERT_FALSE((*sync)->status());
  EXPECT_EQ((*sync)->status().error().code, Errc::Io);
  EXPECT_NE((*sync)->status().error().message.find("/dev/null is not on the disk"), std::string::npos);
}

TEST(FileSync, OnTheCallersThreadItHasAnsweredWhenAskReturns) {
  const auto path = a_file();
  auto sync = FileSync::open(path, FileSync::Worker::Caller);
  ASSERT_TRUE(sync);
  (*sync)->ask(1);
  EXPECT_EQ((*sync)->waiting_since(), kNever);
  EXPECT_TRUE((*sync)->status());
  std::filesystem::remove(path);
  auto refused = FileSync::open("/dev/null", FileSync::Worker::Caller);
  ASSERT_TRUE(refused);
  (*refused)->ask(1);
  EXPECT_FALSE((*refused)->status());
}

TEST(FileSync, WhoAsksRightBehindAnAnswerIsAnsweredWithoutWaitingForIt) {
  const auto path = a_file();
  auto sync = FileSync::open(path);
  ASSERT_TRUE(sync);
  for (UnixNanos now = 1; now <= 20; ++now) {
    (*sync)->ask(now);
    while ((*sync)->waiting_since() != kNever) std::this_thread::yield();
  }
  EXPECT_TRUE((*sync)->status());
  std::filesystem::remove(path);
}

TEST(FileSync, WhoAsksAgainWhileAnotherThreadWaitsIsAnsweredToo) {
  const auto path = a_file();
  auto sync = FileSync::open(path);
  ASSERT_TRUE(sync);
  std::thread waits{[&] {
    for (int i = 0; i < 50; ++i) (*sync)->wait();
  }};
  for (UnixNanos now = 1; now <= 50; ++now) (*sync)->ask(now);
  waits.join();
  (*sync)->wait();
  EXPECT_EQ((*sync)->waiting_since(), kNever);
  std::filesystem::remove(path);
}

TEST(FileSync, AFileThatIsNotThereIsAnError) { EXPECT_FALSE(FileSync::open("/nowhere/journal.stom")); }

// A file that is written to beside another one, and then alone: what the disk refuses of either is told.
TEST(FileSync, GoesOverToAnotherFile) {
  const auto path = a_file();
  for (const auto worker : {FileSync::Worker::Own, FileSync::Worker::Caller}) {
    auto sync = FileSync::open(path, worker);
    ASSERT_TRUE(sync);
    EXPECT_FALSE((*sync)->also("/nowhere/journal.stom"));
    const auto brings = [&] {
      (*sync)->ask(1);
      (*sync)->wait();
      return (*sync)->status().has_value();
    };
    ASSERT_TRUE((*sync)->also(path));
    EXPECT_TRUE(brings());
    (*sync)->instead();
    EXPECT_TRUE(brings());
    ASSERT_TRUE((*sync)->also("/dev/null"));
    (*sync)->not_also();
    EXPECT_TRUE(brings());
    ASSERT_TRUE((*sync)->also("/dev/null"));
    EXPECT_FALSE(brings());
  }
  auto sync = FileSync::open("/dev/null");
  ASSERT_TRUE(sync);
  ASSERT_TRUE((*sync)->also(path));
  (*sync)->instead();
  (*sync)->ask(1);
  (*sync)->wait();
  EXPECT_TRUE((*sync)->status()) << "the old one is not asked any more";
  std::filesystem::remove(path);
}

// Who goes over to another file waits for the thread that is at it, whichever that is.
TEST(FileSync, GoesOverToAnotherFileWhileAnotherThreadAsks) {
  const auto path = a_file();
  for (const auto worker : {FileSync::Worker::Own, FileSync::Worker::Caller}) {
    auto sync = FileSync::open(path, worker);
    ASSERT_TRUE(sync);
    std::thread asks{[&] {
      for (UnixNanos now = 1; now <= 100; ++now) (*sync)->ask(now);
    }};
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE((*sync)->also(path));
      (*sync)->instead();
    }
    asks.join();
    (*sync)->wait();
    EXPECT_TRUE((*sync)->status());
  }
  std::filesystem::remove(path);
}

TEST(FileSync, EndsAfterWhatWasAskedFor) {
  const auto path = a_file();
  auto sync = FileSync::open(path);
  ASSERT_TRUE(sync);
  (*sync)->ask(1);
  sync->reset();
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace stom
