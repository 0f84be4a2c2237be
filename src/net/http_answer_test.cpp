// Answers out of bytes: in any pieces, bounded, interim answers passed over, a body whole or not at all.
#include "net/http_answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stom::net {
namespace {

struct Read {
  int status = 0;
  std::string body;
  std::size_t used = 0;
  bool refused = false;
  bool keep = false;
};
Read read(std::string_view bytes, std::size_t piece, bool ends = false, AnswerLimits limits = {}) {
  AnswerReader reader{limits, AnswerReader::Kind::Whole};
  Read read;
  while (!bytes.empty() && !reader.done()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    const auto used = reader.put(part);
    if (!used) {
      EXPECT_FALSE(used.error().hint.empty());
      read.refused = true;
      return read;
    }
    read.used += *used;
  }
  if (ends && !reader.end()) read.refused = true;
  if (!reader.done()) return read;
  read.keep = reader.keep_alive();
  const auto response = reader.take();
  read.status = response.status;
  read.body = response.body;
  return read;
}

constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: "
    "x\r\n\r\n";

TEST(HttpAnswer, AnyCutIntoPiecesGivesTheSameAnswer) {
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  for (const std::size_t piece : {1u, 2u, 3u, 10u, 1000u}) {
    EXPECT_EQ(read("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbody", piece).body, "body");
    EXPECT_EQ(read(kChunked, piece).body, "hello world") << piece;
    const auto after = read(interim + interim + std::string{kChunked}, piece);
    EXPECT_EQ(after.status, 200) << piece;
    EXPECT_EQ(after.body, "hello world") << piece;
    EXPECT_TRUE(after.keep);
    EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", piece).keep);
    EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n", piece).status, 204);
  }
}

TEST(HttpAnswer, WhatFollowsAnAnswerIsNotPartOfIt) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  EXPECT_EQ(read(answer + "HTTP/1.1 200", 1000).used, answer.size());
  const std::string upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
  for (const std::size_t piece : {1u, 1000u}) {
    const auto got = read(upgraded + "\x81\x01x", piece);
    EXPECT_EQ(got.status, 101);
    EXPECT_EQ(got.used, upgraded.size());
  }
}

TEST(HttpAnswer, ABodyThatIsCutIsNoAnswer) {
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nbod", 1000, true).refused);
  EXPECT_TRUE(read(kChunked.substr(0, kChunked.size() - 20), 1000, true).refused);
  EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Le", 1000, true).refused);
  // Without a length the end of the connection is the end of the body.
  EXPECT_EQ(read("HTTP/1.1 200 OK\r\n\r\nall of it", 3, true).body, "all of it");
}

TEST(HttpAnswer, SizesAreBounded) {
  const AnswerLimits small{.head_bytes = 200, .body_bytes = 10};
  const std::string large(300, 'x');
  for (const std::size_t piece : {1u, 50u, 1000u}) {
    EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nX: " + large + "\r\n\r\n", piece, false, small).refused);
    EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nX: " + large, piece, false, small).refused);  // without an end
    EXPECT_TRUE(read("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", piece, false, small).refused);
    EXPECT_TRUE(read(kChunked, piece, false, small).refused);
    EXPECT_TRUE(read("HTTP/1.1 200 OK\r\n\r\n12345678901", piece, false, small).refused);
    std::string interim;
    for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    EXPECT_TRUE(read(interim, piece, false, small).refused);
  }
}

TEST(HttpAnswer, WhatIsNotHttpIsRefused) {
  for (const char* bytes :
       {"SSH-2.0-OpenSSH\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n", "<html>\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"})
    EXPECT_TRUE(read(bytes, 1000).refused) << bytes;
}

}  // namespace
}  // namespace stom::net
