#include "venues/kiwoom/server_answers.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

namespace stom::venues::kiwoom::server {

using namespace venues::server;

namespace {

void head(WireResponse& response, std::string_view api_id, std::optional<std::size_t> next) {
  response.headers.emplace_back("api-id", api_id);
  response.headers.emplace_back("cont-yn", next ? "Y" : "N");
  response.headers.emplace_back("next-key", next ? std::to_string(*next) : "");
}

}  // namespace

std::unexpected<Refusal> refuse(int code, std::string message, int status) {
  return std::unexpected(Refusal{code, std::move(message), status});
}

std::unexpected<Refusal> bad_input(int code, std::string_view why) {
  return refuse(2, fmt::format("입력 값 오류입니다[{}:{}]", code, why));
}

std::unexpected<Refusal> not_allowed(int code, std::string_view why) {
  return refuse(3, fmt::format("인증에 실패했습니다[{}:{}]", code, why));
}

std::string Call::find(std::string_view name) {
  std::string_view text;
  const auto value = body_.at_key(name);
  if (value.error()) return "";
  if (value.get_string().get(text) && !error_)
    error_ = bad_input(1517, fmt::format("입력 값 형식이 올바르지 않습니다. 파라미터={}", name)).error();
  return std::string{text};
}

std::string Call::text(std::string_view name) {
  auto value = find(name);
  if (value.empty() && !error_)
    error_ = bad_input(1511, fmt::format("필수 입력 값에 값이 존재하지 않습니다. 필수입력 파라미터={}", name)).error();
  return value;
}

std::string error_body(const Refusal& refusal) {
  return JsonObject{}.number("return_code", refusal.code).text("return_msg", refusal.message).done();
}

WireResponse finish(std::string_view api_id, const Refusal& refusal) {
  WireResponse response{.status = refusal.status, .body = error_body(refusal)};
  head(response, api_id, std::nullopt);
  return response;
}

WireResponse finish(std::string_view api_id, Answer answer) {
  WireResponse response{.body = answer.json.number("return_code", 0).text("return_msg", answer.message).done()};
  head(response, api_id, answer.next);
  return response;
}

WireResponse refused_for_number(std::string_view api_id) {
  return finish(
      api_id,
      Refusal{
          5,
          fmt::format("허용된 요청 개수를 초과하였습니다[1700:허용된 요청 개수를 초과하였습니다. API ID={}]", api_id),
          429});
}

Answer page(Call& call, std::string_view name, const std::vector<std::string>& lines, std::string_view message,
            JsonObject before) {
  Answer answer{.json = std::move(before), .message = std::string{message}, .next = {}};
  const std::size_t from = std::min(call.from, lines.size()), to = std::min(from + kPage, lines.size());
  answer.json.raw(name, json_array({lines.begin() + static_cast<std::ptrdiff_t>(from),
                                    lines.begin() + static_cast<std::ptrdiff_t>(to)}));
  if (to < lines.size()) answer.next = to;
  return answer;
}

std::string millions(Int128 won) {
  return std::to_string(static_cast<std::int64_t>(divide(won, 1'000'000, Rounding::Down)));
}

std::string_view place_number(std::string_view exchange) {
  return exchange == "KRX" ? "1" : exchange == "NXT" ? "2" : "0";
}

std::string real(std::string_view type, std::string_view name, std::string_view item, const std::string& values) {
  return fmt::format(
      R"({{"data":[{}],"trnm":"REAL"}})",
      JsonObject{}.raw("values", values).text("type", type).text("name", name).text("item", item).done());
}

std::int64_t whole_won(Money money) {
  return static_cast<std::int64_t>(divide(money.value, power_of_ten(kMoneyDecimals), Rounding::Down));
}

std::string percent(Int128 part, Int128 whole, bool plus) {
  if (whole == 0) return "0.00";
  const Int128 hundredths = divide(part * 10'000, whole, Rounding::Down);
  return fmt::format("{}{}", hundredths > 0 && plus ? "+" : "", format_decimal(hundredths, 2));
}

std::string signed_text(std::int64_t number) { return fmt::format("{}{}", number > 0 ? "+" : "", number); }
std::string wide(std::int64_t number, int digits) {
  return number < 0 ? fmt::format("-{:0{}}", -number, digits - 1) : fmt::format("{:0{}}", number, digits);
}

}  // namespace stom::venues::kiwoom::server
