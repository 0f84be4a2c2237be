#include "server/api_server.hpp"

#include <fmt/format.h>

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include "server/hub.hpp"
#include "server/problem.hpp"
#include "server/rest.hpp"
#include "server/security.hpp"
#include "server/session_state.hpp"

namespace stom {
namespace {

constexpr auto kPollPeriod = std::chrono::milliseconds{8};  // how often the session is asked for news
constexpr auto kFinishedPeriod = std::chrono::milliseconds{50};
constexpr int kUpdatesPerPoll = 20'000;  // then the sockets get their turn
constexpr std::string_view kSocketPath = "/api/v1/stream";
constexpr std::string_view kLanguagePath = "/api/v1/conditions/language";
constexpr std::size_t kMaxLanguageAnswers = 256;  // that an editor has not read yet
constexpr std::uint16_t kTooSlow = 4008;
constexpr std::uint16_t kTooBig = 1009;
constexpr std::size_t kTokenBytes = 32;

}  // namespace

class ApiServer::Impl final : public net::Handler {
 public:
  Impl(const ServeOptions& options, StaticFiles page, SessionPort& session, const Library& library, const Clock& clock)
      : options_{options}, page_{std::move(page)}, session_{session}, library_{library}, clock_{clock} {}

  Result<void> listen() {
    net::Limits limits = options_.limits;
    stream_message_bytes_ = limits.message_bytes;
    if (options_.language) limits.message_bytes = kMostLanguageFrame;  // one limit for all sockets: the larger
    auto listening = net::Server::listen(options_.endpoint, limits, *this);
    if (!listening) return std::unexpected(listening.error());
    server_ = std::move(*listening);
    guard_.emplace(server_->port(), options_.token.empty() ? random_hex(kTokenBytes) : options_.token, clock_);
    hub_.emplace(state_, clock_, [this](net::ClientId client, std::uint16_t code, std::string_view reason) {
      server_->close(client, code, reason);
    });
    rest_.emplace(state_, session_, library_, *guard_, clock_,
                  Rest::Health{options_.version, [this] { return hub_->clients(); }});
    return {};
  }

  void run(std::function<bool()> finished) {
    // No caller sees a session half told.
    for (poll(); !state_.ready(); poll()) {
      if (finished && finished()) return;
      std::this_thread::sleep_for(kPollPeriod);
    }
    server_->every(kPollPeriod, [this] { poll(); });
    server_->every(kFinishedPeriod, [this, finished = std::move(finished)] {
      if (finished && finished()) server_->stop();
    });
    server_->run();
  }

  net::Server& server() { return *server_; }
  const std::string& token() const { return guard_->token(); }

  void on_request(const net::Request& request, net::Reply reply) override {
    const bool api = request.path.starts_with("/api/");
    net::Reply guarded = [reply = std::move(reply), api](net::Response response) mutable {
      add_security_headers(response, api);
      reply(std::move(response));
    };
    if (auto problem = guard_->check_sender(request)) return guarded(to_response(*problem, request.path));
    if (api) return rest_->handle(request, std::move(guarded));
    if (request.method != "GET" && request.method != "HEAD")
      return guarded(to_response({"method_not_allowed", "Files can only be read", ""}, request.path));
    if (request.path == "/openapi.json")
      return guarded({200, "application/json", std::string{openapi_document()}, {{"Cache-Control", "no-cache"}}});
    guarded(page_.get(request));
  }

  net::Response refusal(int status, std::string_view why) override {
    const std::string_view code = status == 413   ? "too_large"
                                  : status == 431 ? "header_too_large"
                                  : status == 503 ? "too_many_connections"
                                  : status == 504 ? "no_answer"
                                                  : "bad_request";
    auto response = to_response({code, std::string{why}, ""}, "");
    add_security_headers(response, true);
    return response;
  }

  std::expected<std::string, net::Response> on_upgrade(const net::Request& request) override {
    auto problem = guard_->check_sender(request);
    const bool is_language = request.path == kLanguagePath && options_.language;
    if (!problem && request.path != kSocketPath && !is_language)
      problem = Problem{"not_found", "There is no socket at this path", ""};
    if (!problem) problem = guard_->redeem_ticket(request);
    if (!problem) return std::string{kSocketProtocol};
    auto response = to_response(*problem, request.path);
    add_security_headers(response, true);
    return std::unexpected(std::move(response));
  }

  void on_open(net::ClientId client, const net::Request& request) override {
    if (request.path == kLanguagePath) {
      editors_.emplace(client, Editor{options_.language(), {}});
    } else {
      hub_->on_open(client);
    }
  }
  void on_message(net::ClientId client, std::string_view bytes, bool binary) override {
    if (const auto editor = editors_.find(client); editor != editors_.end()) {
      auto& [talk, answers] = editor->second;
      for (std::string& answer : talk(bytes)) answers.push_back(std::move(answer));
      if (answers.size() > kMaxLanguageAnswers) server_->close(client, kTooSlow, "answers are not being read");
    } else if (bytes.size() > stream_message_bytes_) {
      server_->close(client, kTooBig, "the message is too long");
    } else {
      hub_->on_message(client, bytes, binary);
    }
    server_->wake(client);
  }
  bool next_frame(net::ClientId client, net::Frame& frame) override {
    const auto editor = editors_.find(client);
    if (editor == editors_.end()) return hub_->next_frame(client, frame);
    auto& answers = editor->second.answers;
    if (answers.empty()) return false;
    frame = {std::move(answers.front()), false};
    answers.pop_front();
    return true;
  }
  void on_close(net::ClientId client) override {
    if (editors_.erase(client) == 0) hub_->on_close(client);
  }

 private:
  /// Takes what the engine has for us. Live state first: an answer to a command then shows the state after it.
  void poll() {
    Update update;
    for (int i = 0; i < kUpdatesPerPoll && session_.next(update); ++i) {
      state_.apply(update);
      // A session that just began may have shown its state before its beginning was read.
      if (session_.take_live() || std::holds_alternative<SessionBegan>(update)) state_.apply(session_.live());
      rest_->on_update(update);
    }
    if (session_.take_live()) state_.apply(session_.live());
    rest_->on_files_read();
    server_->wake_all();
  }

  ServeOptions options_;
  StaticFiles page_;
  SessionPort& session_;
  const Library& library_;
  const Clock& clock_;
  SessionState state_;
  /// An editor of condition texts. A message has a handful of answers, so who does not read is known by what waits.
  struct Editor {
    LanguageTalk talk;
    std::deque<std::string> answers;
  };
  std::map<net::ClientId, Editor> editors_;
  std::size_t stream_message_bytes_ = 0;
  std::unique_ptr<net::Server> server_;
  std::optional<Guard> guard_;
  std::optional<Hub> hub_;
  std::optional<Rest> rest_;
};

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_{std::move(impl)} {}
ApiServer::~ApiServer() = default;

Result<std::unique_ptr<ApiServer>> ApiServer::listen(const ServeOptions& options, StaticFiles page,
                                                     SessionPort& session, const Library& library, const Clock& clock) {
  auto impl = std::make_unique<Impl>(options, std::move(page), session, library, clock);
  if (auto listening = impl->listen(); !listening) return std::unexpected(listening.error());
  return std::unique_ptr<ApiServer>{new ApiServer{std::move(impl)}};
}

std::uint16_t ApiServer::port() const { return impl_->server().port(); }
const std::string& ApiServer::token() const { return impl_->token(); }
std::string ApiServer::address() const { return fmt::format("http://127.0.0.1:{}", port()); }
std::string ApiServer::login_url() const { return fmt::format("{}/#token={}", address(), token()); }
void ApiServer::run(std::function<bool()> finished) { impl_->run(std::move(finished)); }
void ApiServer::stop() { impl_->server().stop(); }

}  // namespace stom
