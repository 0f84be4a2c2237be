#include "net/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "core/assert.hpp"

namespace stom::net {
namespace {

using std::string_view;

constexpr auto kTokens = [] {
  std::array<bool, 256> token{};
  for (std::size_t c = ' ' + 1; c < 0x7f; ++c)
    token[c] = string_view{"\"(),/:;<=>?@[\\]{}"}.find(static_cast<char>(c)) == string_view::npos;
  return token;
}();

bool is_token(string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) { return kTokens[c]; });
}
bool is_value(string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
}
bool is_target(string_view text) {
  return text.starts_with("/") && std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

struct HttpClient::State final : StreamUser {
  State(Io& i, const Route& r, const HttpClientLimits& l, Url s, HttpClientUser& u)
      : io{i}, route{r}, limits{l}, server{std::move(s)}, user{u}, timer{io, [this] { on_time_limit(); }} {}

  void open() { stream.emplace(io, route, limits.stream, server, *this); }

  void on_stream_open() override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    if (busy)
      send();
    else
      timer.arm(limits.idle);
  }

  /// First the bytes: what is needed for the answer has until then.
  void send() {
    begin = stream->given();
    sent = true;
    const bool taken = stream->send(text);
    end = stream->given();
    timer.arm(limits.answer_time);
    reader = AnswerReader{limits.answer, head ? AnswerReader::Kind::HeadAlone : AnswerReader::Kind::Whole};
    if (!taken)
      io.post([weak = std::weak_ptr{self.lock()}] {
        if (auto state = weak.lock())
          state->fail_request({Errc::Io, "the connection takes no more", "it is opened again for the next request"});
      });
  }

  void on_stream_taken() override {}

  void on_stream_bytes(string_view bytes) override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    if (!sent) {
      // A server that says something without being asked: nothing on this connection can be relied on any more.
      stream.reset();
      timer.cancel();
      return;
    }
    auto used = reader.put(bytes);
    if (!used) return fail_request(used.error());
    if (!reader.done()) return;
    const bool more = *used < bytes.size();
    finish(!more && reader.keep_alive());
  }

  void finish(bool keep) {
    Response answer = reader.take();
    sent = busy = false;
    if (keep)
      timer.arm(limits.idle);
    else
      drop();
    for (const auto& header : answer.headers)
      if (same_name(header.name, "Content-Encoding") && !same_name(header.value, "identity"))
        return user.on_no_answer(
            id, Written::Unknown,
            {Errc::BadData, fmt::format("{} answers in {}", server.host, header.value.substr(0, 40)),
             "a proxy changes the answers: go around it"});
    user.on_answer(id, answer);
  }

  void on_stream_end(bool clean, const Error& why) override {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    if (!busy) return drop();
    // Without a length an answer ends with its connection: if that was ended by the server, and not cut.
    if (sent && clean && reader.has_head() && reader.end()) return finish(false);
    fail_request(sent && reader.has_begun() ? Error{why.code, why.message + " in the middle of its answer", why.hint}
                                            : why);
  }

  void on_time_limit() {
    const auto keeping = self.lock();  // the user may let go of this meanwhile
    if (!busy) return drop();
    fail_request({Errc::Io,
                  fmt::format("no whole answer from {} within {} ms", server.host, limits.answer_time.count()),
                  "the venue is slow or the network is; see its status page"});
  }

  void fail_request(const Error& why) {
    if (!busy) return drop();
    const Written written = !sent ? Written::NotWritten : reader.has_begun() ? Written::Unknown : unanswered();
    if (sent && stream) stream->cut();  // who gives it up must not have it arrive later
    sent = busy = false;
    drop();
    user.on_no_answer(id, written, why);
  }

  /// What the server can have of a request that it did not answer. What the kernel took may have arrived.
  Written unanswered() const {
    if (!stream) return Written::Unknown;
    return stream->written(begin, end) == Written::NotWritten ? Written::NotWritten : Written::Unknown;
  }

  void drop() {
    timer.cancel();
    stream.reset();
  }

  Io& io;
  Route route;
  HttpClientLimits limits;
  Url server;
  HttpClientUser& user;
  std::weak_ptr<State> self;
  Timer timer;
  std::optional<Stream> stream;
  AnswerReader reader{{}, AnswerReader::Kind::Whole};
  std::string text;  // the request's bytes
  std::uint64_t id = 0;
  std::uint64_t begin = 0, end = 0;  // of it in the stream
  bool busy = false;                 // a request waits for its answer
  bool sent = false;                 // and its bytes were given to the stream
  bool head = false;                 // it is a HEAD
};

HttpClient::HttpClient(Io& io, const Route& route, const HttpClientLimits& limits, const Url& server,
                       HttpClientUser& user)
    : state_{std::make_shared<State>(io, route, limits, server, user)} {
  STOM_ASSERT(server.secure);
  state_->self = state_;
}

HttpClient::~HttpClient() { state_->drop(); }

bool HttpClient::free() const { return !state_->busy; }
bool HttpClient::connected() const { return state_->stream && state_->stream->is_open(); }
void HttpClient::connect() {
  if (!state_->stream) state_->open();
}

Result<void> append_request(std::string& text, const HttpRequest& request, const Url& server) {
  const auto bad = [&](const char* what) {
    return fail(Errc::Usage, fmt::format("the request to {} has {}", server.host, what),
                "nothing was sent; correct the symbol, name or key that it was made of");
  };
  if (!is_token(request.method)) return bad("a method that is none");
  if (!is_target(request.target)) return bad("a target with a character that does not belong there");
  text.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\nHost: ");
  append_host_header(text, server);
  text.append("\r\nUser-Agent: stom\r\nAccept-Encoding: identity\r\n");
  for (const auto& header : request.headers) {
    if (!is_token(header.name) || !is_value(header.value))
      return bad("a header with a character that does not belong there");
    text.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD" && request.method != "DELETE"))
    text.append("Content-Length: ").append(fmt::format_int{request.body.size()}.c_str()).append("\r\n");
  text.append("\r\n").append(request.body);
  return {};
}

Result<void> HttpClient::request(std::uint64_t id, const HttpRequest& request) {
  State& state = *state_;
  STOM_ASSERT(!state.busy);
  state.text.clear();
  if (auto made = append_request(state.text, request, state.server); !made) return made;
  if (state.text.size() > state.limits.request_bytes)
    return fail(Errc::Usage, fmt::format("the request to {} has more bytes than are allowed", state.server.host),
                "nothing was sent; correct the symbol, name or key that it was made of");
  state.id = id;
  state.head = request.method == "HEAD";
  state.busy = true;
  if (!state.stream)
    state.open();
  else if (state.stream->is_open())
    state.send();
  return {};
}

}  // namespace stom::net
