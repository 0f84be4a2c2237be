// What a server sends to our clients: WebSocket frames and HTTP answers. However the bytes are cut into pieces, the
// same messages come of them; none is larger than allowed; and a refusal has a reason.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "net/http_answer.hpp"
#include "net/ws_frames.hpp"

namespace {

using namespace stom;
constexpr std::size_t kMost = 512;

std::string messages(std::string_view bytes, std::size_t piece) {
  net::WsReader reader{kMost};
  std::string all;
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    reader.put(part);
    net::WsMessage message;
    for (;;) {
      const auto got = reader.next(message);
      if (!got) return all + "fault " + std::to_string(got.error().code);
      if (!*got) break;
      STOM_ASSERT(message.bytes.size() <= kMost);
      all += std::to_string(static_cast<int>(message.kind)) + " " + std::to_string(message.close_code) + " ";
      all.append(message.bytes).append("\n");
    }
  }
  return all;
}

/// As messages(): status, headers and body, or that it was refused.
std::string answer(std::string_view bytes, std::size_t piece) {
  net::AnswerReader reader{{.head_bytes = kMost, .body_bytes = kMost}, net::AnswerReader::Kind::Whole};
  std::size_t used = 0;
  for (auto rest = bytes; !rest.empty() && !reader.done();) {
    const auto part = rest.substr(0, piece);
    rest.remove_prefix(part.size());
    const auto taken = reader.put(part);
    if (!taken) {
      STOM_ASSERT(!taken.error().hint.empty());
      return "refused";
    }
    STOM_ASSERT(*taken <= part.size() && (*taken == part.size() || reader.done()));
    used += *taken;
  }
  if (!reader.done()) return "not done";
  const auto response = reader.take();
  STOM_ASSERT(response.body.size() <= kMost);
  std::string all = std::to_string(used) + " " + std::to_string(response.status) + " " + response.body;
  for (const auto& header : response.headers) all += "\n" + header.name + ": " + header.value;
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t piece = data[0] % 17 + 1;
  const std::string_view bytes{reinterpret_cast<const char*>(data) + 1, size - 1};
  STOM_ASSERT(messages(bytes, piece) == messages(bytes, size));
  (void)answer(bytes, piece);
  (void)answer(bytes, size);
  return 0;
}
