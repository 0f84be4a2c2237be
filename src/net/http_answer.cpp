#include "net/http_answer.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string>
#include <utility>

namespace stom::net {

namespace http = boost::beast::http;
using std::string_view;

namespace {
constexpr int kMaxInterim = 16;  // a server that sends 100 Continue without end has nothing to say
}

struct AnswerReader::State {
  using Parser = http::response_parser<http::string_body>;

  State(const AnswerLimits& l, Kind k) : limits{l}, kind{k} { renew(); }

  void renew() {
    parser.emplace();
    parser->header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    parser->body_limit(limits.body_bytes);
    parser->eager(true);
    parser->skip(kind == Kind::HeadAlone);
  }

  AnswerLimits limits;
  Kind kind;
  std::optional<Parser> parser;
  std::string kept;  // bytes of a line that has not ended
  int interim = 0;
  bool begun = false;
};

AnswerReader::AnswerReader(const AnswerLimits& limits, Kind kind) : state_{std::make_unique<State>(limits, kind)} {}
AnswerReader::~AnswerReader() = default;
AnswerReader::AnswerReader(AnswerReader&&) noexcept = default;
AnswerReader& AnswerReader::operator=(AnswerReader&&) noexcept = default;

Result<std::size_t> AnswerReader::put(string_view bytes) {
  State& state = *state_;
  state.begun = state.begun || !bytes.empty();
  state.kept += bytes;
  string_view rest = state.kept;
  while (!rest.empty() && !done()) {
    boost::beast::error_code error;
    const std::size_t used = state.parser->put(boost::asio::buffer(rest.data(), rest.size()), error);
    rest.remove_prefix(used);
    if (error && error != http::error::need_more)
      return fail(Errc::BadData, fmt::format("the answer is not HTTP that can be read: {}", error.message()),
                  "a proxy or another server answers in its place, or the answer is larger than is allowed");
    if (state.parser->is_header_done()) {
      const int status = static_cast<int>(state.parser->get().result_int());
      if (status >= 100 && status < 200 && status != 101 && state.parser->is_done()) {
        if (++state.interim > kMaxInterim)
          return fail(Errc::BadData, fmt::format("more than {} interim answers", kMaxInterim),
                      "the server does not answer; try again later");
        state.renew();
        continue;
      }
    }
    if (error == http::error::need_more || used == 0) break;
  }
  const std::size_t left = rest.size();
  if (!done()) {
    state.kept.erase(0, state.kept.size() - left);
    return bytes.size();
  }
  state.kept.clear();
  return bytes.size() - left;  // what is left over came with these bytes: what was kept before belongs to the answer
}

Result<void> AnswerReader::end() {
  boost::beast::error_code error;
  if (!done()) state_->parser->put_eof(error);
  if (error || !done())
    return fail(Errc::Io, "the server closed the connection in the middle of its answer",
                "whether it acted on the request is not known: ask for the state of what was requested");
  return {};
}

bool AnswerReader::has_begun() const { return state_->begun; }
bool AnswerReader::has_head() const { return state_->parser->is_header_done(); }
bool AnswerReader::done() const { return state_->parser->is_done(); }
int AnswerReader::status() const { return static_cast<int>(state_->parser->get().result_int()); }
bool AnswerReader::keep_alive() const { return state_->parser->keep_alive(); }

Response AnswerReader::take() {
  auto message = state_->parser->release();
  Response response{
      .status = static_cast<int>(message.result_int()), .content_type = {}, .body = std::move(message.body())};
  for (const auto& field : message)
    response.headers.push_back({std::string{field.name_string()}, std::string{field.value()}});
  if (const auto type = message[http::field::content_type]; !type.empty()) response.content_type = std::string{type};
  return response;
}

}  // namespace stom::net
