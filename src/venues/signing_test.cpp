// Signatures against other people's: the venues' documented examples, the RFCs, and requests that ccxt signed.
#include "venues/signing.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/test_data.hpp"
#include "venues/binance/signing.hpp"
#include "venues/kiwoom/signing.hpp"
#include "venues/upbit/signing.hpp"

namespace stom::venues {
namespace {

using Value = nlohmann::ordered_json;

std::optional<Value> vectors(const std::string& name) {
  const auto file = test::test_data("protocol/signing/" + name);
  if (!file) return std::nullopt;
  std::ifstream in{*file};
  return Value::parse(in);
}
std::string unhex(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return out;
}
std::string text_at(const Value& value, const char* key) { return value.at(key).get<std::string>(); }
std::string_view header_of(const Request& request, std::string_view name) {
  for (const auto& header : request.headers)
    if (header.name == name) return header.value;
  return {};
}

TEST(Signing, Base64AndPercentByTheirRfcs) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64url("\xfb\xff"), "-_8");
  EXPECT_EQ(percent_encode("a/+=~ \xEA\xB0\x80"), "a%2F%2B%3D~%20%EA%B0%80");
}

// RFC 4231, test case 2; and a key of a block and more.
TEST(Signing, OneKeySignsMessageAfterMessage) {
  const HmacSha256 signer{"Jefe"};
  const auto once = signer.sign("another message, longer than a block of the digest: 0123456789 0123456789");
  const auto signature = signer.sign("what do ya want for nothing?");
  EXPECT_EQ(hex({signature.data(), signature.size()}),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(once, signer.sign("another message, longer than a block of the digest: 0123456789 0123456789"));
  const std::string at_most(64, 'k'), longer(65, 'k');
  EXPECT_NE(HmacSha256{at_most}.sign("m"), HmacSha256{longer}.sign("m"));
}

TEST(Signing, TheVectorsOfTheRfcsAndTheVenues) {
  const auto all = vectors("documented_vectors.json");
  if (!all) GTEST_SKIP() << test::kNoTestData;
  int checked = 0;
  for (const auto& v : *all) {
    const auto id = text_at(v, "id");
    if (id.starts_with("binance-hmac")) {
      const auto signer = binance::Signer::make({"key", text_at(v, "secret")});
      ASSERT_TRUE(signer);
      EXPECT_EQ(signer->signature(text_at(v, "message")), text_at(v, "expected")) << id;
    } else if (id.starts_with("rfc4231")) {
      const auto key = unhex(text_at(v, "key_hex")), data = unhex(text_at(v, "data_hex"));
      EXPECT_EQ(hex(id.ends_with("256") ? hmac_sha256(key, data) : hmac_sha512(key, data)), text_at(v, "expected"))
          << id;
    } else if (id.starts_with("rfc8032")) {
      const auto key = Ed25519Key::from_seed(unhex(text_at(v, "secret_key_hex")));
      ASSERT_TRUE(key);
      EXPECT_EQ(hex(key->sign(unhex(text_at(v, "message_hex")))), text_at(v, "expected")) << id;
    } else if (id == "rfc7515-A1-HS256") {
      const auto key = unhex(
          "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef968ab4c377623d223d2e2172052e"
          "4f08"
          "c0cd9af567d080a3");
      ASSERT_EQ(base64url(key), text_at(v, "key_base64url"));
      EXPECT_EQ(base64url(hmac_sha256(key, text_at(v, "signing_input"))), text_at(v, "expected"));
    } else {
      continue;  // venues that STOM does not sign for
    }
    ++checked;
  }
  EXPECT_EQ(checked, 12);
}

TEST(Signing, RequestsOfBinanceAreThoseThatCcxtSigns) {
  const auto all = vectors("ccxt_generated_vectors.json");
  if (!all) GTEST_SKIP() << test::kNoTestData;
  int checked = 0;
  for (const auto& v : *all) {
    if (text_at(v, "exchange") != "binance") continue;
    const auto& output = v.at("output");
    const auto url = text_at(output, "url");
    const auto path = url.substr(url.find('/', 8));
    const auto form = output.at("body").is_string() ? output.at("body").get<std::string>() : std::string{};
    // What is asked, without what signing adds: the time stamp in front and the signature behind.
    std::string asked = form.empty() ? path.substr(path.find('?') + 1) : form;
    asked = asked.substr(asked.find('&') + 1);
    asked = asked.substr(0, asked.find("signature=") == 0 ? 0 : asked.find("&signature="));
    Request request;
    request.method = text_at(output, "method");
    request.target = form.empty() ? path.substr(0, path.find('?')) + "?" + asked : path;
    request.body = form.empty() ? "" : asked;
    const auto signer =
        binance::Signer::make({text_at(v.at("credentials"), "apiKey"), text_at(v.at("credentials"), "secret")});
    ASSERT_TRUE(signer);
    signer->sign(request, v.at("input").at("now_ms").get<std::int64_t>() * kMillisecond);
    EXPECT_EQ(request.target, path);
    EXPECT_EQ(request.body, form);
    EXPECT_EQ(header_of(request, "X-MBX-APIKEY"), text_at(output.at("headers"), "X-MBX-APIKEY"));
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

TEST(Signing, TokensOfUpbitAreTheGeneratedOnes) {
  const auto all = vectors("ccxt_generated_vectors.json");
  if (!all) GTEST_SKIP() << test::kNoTestData;
  int checked = 0;
  for (const auto& v : *all) {
    if (text_at(v, "exchange") != "upbit") continue;
    const auto& output = v.at("output");
    const auto url = text_at(output, "url");
    Request request;
    request.method = text_at(output, "method");
    request.target = url.substr(url.find('/', 8));
    if (output.at("body").is_string()) request.body = text_at(output, "body");
    const auto parameters = upbit::hashed_parameters(request);
    ASSERT_TRUE(parameters);
    if (v.at("jwt").contains("query_string_hashed")) {
      EXPECT_EQ(*parameters, text_at(v.at("jwt"), "query_string_hashed"));
    }
    const Credentials keys{text_at(v.at("credentials"), "apiKey"), text_at(v.at("credentials"), "secret")};
    ASSERT_TRUE(upbit::sign(request, keys, text_at(v.at("jwt").at("payload"), "nonce")));
    EXPECT_EQ(header_of(request, "Authorization"), "Bearer " + text_at(v.at("jwt_hs512"), "token")) << text_at(v, "id");
    ++checked;
  }
  EXPECT_GE(checked, 4);
}

TEST(Signing, ARequestThatWaitedIsSignedAnew) {
  const auto signer = binance::Signer::make({"k", "s"});
  ASSERT_TRUE(signer);
  const auto signed_at = [&](UnixNanos at) {
    Request request;  // as the venue gave it: the gateway keeps that, not what was signed before
    request.method = "DELETE";
    request.target = "/fapi/v1/order?symbol=ETHUSDT";
    signer->sign(request, at);
    return request.target;
  };
  EXPECT_TRUE(signed_at(1'000 * kMillisecond).starts_with("/fapi/v1/order?timestamp=1000&symbol=ETHUSDT&signature="));
  EXPECT_NE(signed_at(1'000 * kMillisecond).substr(50), signed_at(2'000 * kMillisecond).substr(50));
}

TEST(Signing, KeysThatCannotSignAreRefused) {
  EXPECT_FALSE(binance::Signer::make({"key", ""}));
  EXPECT_FALSE(binance::Signer::make({"key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"}));
  EXPECT_FALSE(Ed25519Key::from_seed("short"));
  Request request;
  EXPECT_FALSE(upbit::sign(request, {"", "x"}, "n"));
  EXPECT_FALSE(kiwoom::sign(request, "kt10000", ""));
  ASSERT_TRUE(kiwoom::sign(request, "kt10000", "abc"));
  EXPECT_EQ(header_of(request, "authorization"), "Bearer abc");
  EXPECT_EQ(header_of(request, "api-id"), "kt10000");
}

}  // namespace
}  // namespace stom::venues
