#include "venues/binance/socket_api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace stom::venues::binance {
namespace {

/// Those that the documents have as numbers; all others are strings.
bool is_number(std::string_view name) { return name == "timestamp" || name == "recvWindow"; }

template <class Number>
bool read_number(std::string_view text, Number& out) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

}  // namespace

std::string socket_call(std::string_view id, std::string_view method, std::string_view form, std::string_view key,
                        const Signer& signer, UnixNanos at) {
  const auto time = fmt::to_string(at / kMillisecond);
  std::vector<std::pair<std::string_view, std::string_view>> parameters{{"apiKey", key}, {"timestamp", time}};
  while (!form.empty()) {
    const auto pair = form.substr(0, form.find('&'));
    const auto equals = pair.find('=');
    parameters.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
  }
  std::ranges::sort(parameters);  // signed by name
  std::string payload, json;
  for (const auto& [name, value] : parameters) {
    payload += fmt::format("{}{}={}", payload.empty() ? "" : "&", name, value);
    const std::string_view quote = is_number(name) ? "" : "\"";
    json += fmt::format("\"{}\":{}{}{},", name, quote, value, quote);
  }
  return fmt::format(R"({{"id":"{}","method":"{}","params":{{{}"signature":"{}"}}}})", id, method, json,
                     signer.signature(payload));
}

std::optional<SocketAnswer> read_socket_answer(JsonDocument& document, std::string_view frame) {
  const auto root = document.parse(frame);
  if (!root || !root->is_object()) return std::nullopt;
  SocketAnswer out;
  const auto id = root->find("id"), status = root->find("status");
  if (!id.is_string() || !read_number(id.text(), out.id)) return std::nullopt;
  if (!status.is_number() || !read_number(status.text(), out.status)) return std::nullopt;
  const auto said = out.status == 200 ? root->find("result") : root->find("error");
  if (!said.is_object() && !said.is_array()) return std::nullopt;
  out.body = said.text();
  if (const auto limits = root->find("rateLimits"); limits.is_array()) {
    for (const auto limit : limits) {
      const auto type = limit.find("rateLimitType"), interval = limit.find("interval"), of = limit.find("intervalNum"),
                 count = limit.find("count");
      if (!type.is_string() || !interval.is_string() || interval.text().empty() || !of.is_number() ||
          !count.is_number())
        continue;
      const auto name = type.text() == "REQUEST_WEIGHT" ? "X-MBX-USED-WEIGHT" : "X-MBX-ORDER-COUNT";
      out.told.push_back({fmt::format("{}-{}{}", name, of.text(), interval.text().front()), std::string{count.text()}});
    }
  }
  // {"code":-1003,"msg":...,"data":{"serverTime":...,"retryAfter":...}}, in milliseconds since 1970
  if (const auto data = said.find("data"); out.status != 200 && data.is_object()) {
    const auto again = data.find("retryAfter"), now = data.find("serverTime");
    std::int64_t from = 0, to = 0;
    if (again.is_number() && now.is_number() && read_number(now.text(), from) && read_number(again.text(), to) &&
        to > from)
      out.told.push_back({"Retry-After", fmt::to_string((to - from + 999) / 1000)});
  }
  return out;
}

}  // namespace stom::venues::binance
