// Addresses, redirects, ranges and proxies as texts. With real sockets and certificates: tests/get.
#include "net/download.hpp"

#include <gtest/gtest.h>

namespace stom::net {
namespace {

TEST(DownloadAddress, HttpsAnywherePlainHttpOnThisComputerAlone) {
  const auto url = parse_url("https://Data.Binance.Vision/data/a.zip?x=1");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->secure);
  EXPECT_EQ(url->host, "data.binance.vision");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/data/a.zip?x=1");
  EXPECT_EQ(parse_url("https://a.b:8443")->port, 8443);
  EXPECT_EQ(parse_url("http://127.0.0.1:80/x")->secure, false);
  EXPECT_EQ(parse_url("http://[::1]:81/x")->host, "::1");
  EXPECT_TRUE(parse_url("http://localhost/"));
  for (const char* text :
       {"http://data.binance.vision/", "http://127.0.0.1.example.org/", "http://localhost.evil/", "ftp://127.0.0.1/",
        "data.binance.vision", "https://", "https://a:0/", "https://a:70000/", "https://user:secret@a/",
        "http://127.0.0.1@a/", "https://a/b c", "https://a/\r\nHost: b", "https://a b/", "https://[::1", ""})
    EXPECT_FALSE(parse_url(text)) << text;
}

TEST(DownloadAddress, ARedirectNeverLeavesHttps) {
  const auto from = *parse_url("https://a.b:444/x/y");
  EXPECT_EQ(follow_redirect(from, "/z")->port, 444);
  EXPECT_EQ(follow_redirect(from, "/z")->target, "/z");
  EXPECT_EQ(follow_redirect(from, "https://c.d/e")->host, "c.d");
  for (const char* to : {"http://a.b/z", "HTTP://127.0.0.1/z", "http://localhost/z", "//c.d/z", "z", ""})
    EXPECT_FALSE(follow_redirect(from, to)) << to;
  const auto plain = *parse_url("http://127.0.0.1:8000/x");
  EXPECT_TRUE(follow_redirect(plain, "https://a.b/z"));
  EXPECT_FALSE(follow_redirect(plain, "http://a.b/z"));
}

TEST(DownloadRange, IsReadWholeOrNotAtAll) {
  const auto range = parse_content_range("bytes 100-199/200");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 100u);
  EXPECT_EQ(range->last, 199u);
  EXPECT_EQ(range->total, 200u);
  for (const char* text : {"", "bytes", "bytes 1-0/2", "bytes 0-2/2", "bytes */200", "bytes 0-1/*", "items 0-1/2",
                           "bytes 0-1", "bytes -1/2", "bytes 0/1-2", "bytes 0-1/2 ", "bytes 0-99999999999999999999/1"})
    EXPECT_FALSE(parse_content_range(text)) << text;
}

TEST(DownloadProxy, NoProxyNamesHostsAndTheirDomains) {
  EXPECT_TRUE(without_proxy("localhost, .example.org", "a.example.org"));
  EXPECT_TRUE(without_proxy("example.org", "EXAMPLE.org"));
  EXPECT_TRUE(without_proxy("*.example.org", "a.b.example.org"));
  EXPECT_TRUE(without_proxy("*", "anything"));
  EXPECT_FALSE(without_proxy("example.org", "badexample.org"));
  EXPECT_FALSE(without_proxy("", "a"));
  EXPECT_FALSE(without_proxy(" , ,", "a"));
}

TEST(DownloadProxy, AKindThatIsNotOfferedIsRefused) {
  EXPECT_TRUE(Downloader::make({.proxy = "http://me:secret@proxy:3128"}));
  EXPECT_TRUE(Downloader::make({.proxy = "proxy:3128"}));
  for (const char* proxy : {"https://proxy:1", "socks5://proxy:1", "http://:1", "http://a:b:c"})
    EXPECT_FALSE(Downloader::make({.proxy = proxy})) << proxy;
  EXPECT_FALSE(Downloader::make({.authority = "/dev/null"}));
}

}  // namespace
}  // namespace stom::net
