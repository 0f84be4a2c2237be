// WebSocket frames out of bytes: in any pieces, bounded, and what RFC 6455 forbids refused with the code that it names.
#include "net/ws_frames.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "core/random.hpp"

namespace stom::net {
namespace {

std::string framed(int first, std::string_view payload, int wide = 0) {
  std::string bytes(1, static_cast<char>(first));
  if (wide == 0) wide = payload.size() < 126 ? 1 : payload.size() < 65536 ? 2 : 8;
  bytes += static_cast<char>(wide == 1 ? payload.size() : wide == 2 ? 126 : 127);
  for (int i = wide == 1 ? -1 : wide - 1; i >= 0; --i) bytes += static_cast<char>(payload.size() >> (8 * i));
  return bytes.append(payload);
}

/// All messages in `bytes`, given in pieces of `piece` bytes; a fault as its code.
struct Read {
  std::vector<std::string> messages;
  int fault = 0;
};
Read read_all(std::string_view bytes, std::size_t piece, std::size_t most = 1 << 20) {
  WsReader reader{most};
  Read read;
  while (read.fault == 0 && !bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.put(part);
    WsMessage message;
    for (;;) {
      const auto got = reader.next(message);
      if (!got) read.fault = got.error().code;
      if (!got || !*got) break;
      std::string text = std::to_string(static_cast<int>(message.kind)) + ":" + std::string{message.bytes};
      if (message.kind == WsOpcode::Close) text += ":" + std::to_string(message.close_code);
      read.messages.push_back(text);
    }
  }
  return read;
}

TEST(WsFrames, AnyCutIntoPiecesGivesTheSameMessages) {
  const std::string large(70'000, 'x');
  const std::string bytes = framed(0x81, R"({"e":"trade"})") + framed(0x01, "one ") + framed(0x89, "ping") +
                            framed(0x00, "two ") + framed(0x80, "three") + framed(0x82, std::string(200, '\1')) +
                            framed(0x81, large) + framed(0x81, "") +
                            framed(0x88,
                                   "\x03\xe8"
                                   "bye");
  const std::vector<std::string> want{"1:{\"e\":\"trade\"}", "9:ping", "1:one two three", "2:" + std::string(200, '\1'),
                                      "1:" + large,          "1:",     "8:bye:1000"};
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 125u, 4096u, 1u << 20}) {
    const auto read = read_all(bytes, piece);
    EXPECT_EQ(read.fault, 0) << piece;
    EXPECT_EQ(read.messages, want) << piece;
  }
}

// What was read is over: it takes nothing from what the next one may be.
TEST(WsFrames, AMessageThatCameInPiecesCountsForNoOther) {
  const std::string pieces = framed(0x01, std::string(60, 'a')) + framed(0x80, std::string(40, 'b'));
  const std::string whole(100, 'c');
  const auto read = read_all(pieces + framed(0x89, "ping") + framed(0x81, whole) + pieces, 7, 100);
  EXPECT_EQ(read.fault, 0);
  ASSERT_EQ(read.messages.size(), 4u);
  EXPECT_EQ(read.messages[2], "1:" + whole);
  EXPECT_EQ(read_all(framed(0x01, std::string(60, 'a')) + framed(0x80, std::string(41, 'b')), 7, 100).fault, 1009);
}

TEST(WsFrames, WhatTheStandardForbidsIsNeverAMessage) {
  struct Case {
    std::string bytes;
    int code;
  };
  const std::vector<Case> cases{
      {framed(0xc1, "x"), 1002},                             // an extension
      {std::string("\x81\x81\0\0\0\0x", 7), 1002},           // masked
      {framed(0x83, "x"), 1002},                             // an opcode that does not exist
      {framed(0x8b, "x"), 1002},                             //
      {framed(0x09, "x"), 1002},                             // a ping in pieces
      {framed(0x89, std::string(126, 'x')), 1002},           // a long ping
      {framed(0x80, "x"), 1002},                             // the rest of nothing
      {framed(0x01, "x") + framed(0x81, "y"), 1002},         // a message within a message
      {framed(0x81, "x", 2), 1002},                          // a short length, written long
      {framed(0x81, std::string(200, 'x'), 8), 1002},        //
      {framed(0x88, "\x03"), 1002},                          // half a close code
      {framed(0x88, "\x03\xed"), 1002},                      // 1005 may not be sent
      {framed(0x88, "\x03\xe8\xff"), 1007},                  // a reason that is not UTF-8
      {framed(0x81, "\xff"), 1007},                          // a text that is not
      {framed(0x01, "\xed\x95") + framed(0x80, "x"), 1007},  // half a letter
      {framed(0x81, std::string(1001, 'x')), 1009},          // more than was allowed
      {framed(0x01, std::string(600, 'x')) + framed(0x80, std::string(600, 'x')), 1009},
      {std::string("\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10), 1009},
  };
  for (const auto& one : cases)
    for (const std::size_t piece : {1u, 4096u}) {
      const auto read = read_all(one.bytes, piece, 1000);
      EXPECT_EQ(read.fault, one.code) << ::testing::PrintToString(one.bytes.substr(0, 20));
      EXPECT_TRUE(read.messages.empty());
    }
}

TEST(WsFrames, ALetterThatIsCutBetweenFragmentsIsWhole) {
  const auto read = read_all(framed(0x01, "\xed\x95") + framed(0x80, "\x9c"), 1);  // 한
  EXPECT_EQ(read.messages, std::vector<std::string>{"1:\xed\x95\x9c"});
}

TEST(WsFrames, OursAreMaskedAndOfTheRightLength) {
  for (const std::size_t size : {0u, 125u, 126u, 65535u, 65536u}) {
    const std::string payload(size, 'a');
    std::string out = "before";
    append_ws_frame(out, WsOpcode::Text, payload, 0x44332211);
    const std::string bytes = out.substr(6);
    const std::size_t wide = size < 126 ? 0 : size < 65536 ? 2 : 8;
    ASSERT_EQ(bytes.size(), 2 + wide + 4 + size);
    EXPECT_EQ(static_cast<unsigned char>(bytes[0]), 0x81);
    EXPECT_EQ(static_cast<unsigned char>(bytes[1]) & 0x80, 0x80);
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_EQ(bytes[6 + wide + i] ^ bytes[2 + wide + i % 4], 'a');
      ASSERT_NE(bytes[6 + wide + i], 'a');  // no byte of the mask is 0
    }
  }
}

TEST(WsFrames, TheAnswerToAKeyIsTheOneOfTheStandard) {
  EXPECT_EQ(ws_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");  // RFC 6455, 1.3
}

TEST(WsFrames, RandomBytesEndInAFaultOrInMessagesNotLargerThanAllowed) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    Random random{seed};
    std::string bytes;
    for (std::uint64_t n = random.below(60); n > 0; --n) bytes += static_cast<char>(random.next());
    const auto once = read_all(bytes, 1 << 20, 40), cut = read_all(bytes, 1, 40);
    EXPECT_EQ(once.messages, cut.messages) << "seed " << seed;
    EXPECT_EQ(once.fault, cut.fault) << "seed " << seed;
    for (const auto& message : once.messages) EXPECT_LE(message.size(), 50u);
  }
}

}  // namespace
}  // namespace stom::net
