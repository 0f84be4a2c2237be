// Whatever a client sends: targets, headers, bodies, socket messages. Nothing crashes, nothing is answered without the
// credential, what is accepted as an order is on the ladder, and every reply is JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/assert.hpp"
#include "core/clock.hpp"
#include "net/http.hpp"
#include "server/bodies.hpp"
#include "server/hub.hpp"
#include "server/rest.hpp"
#include "server/security.hpp"
#include "server/test_session.hpp"

namespace {

using namespace stom;

struct Fixture {
  Fixture()
      : guard{8765, "token", clock},
        rest{state, session, library, guard, clock, {"test", [] { return std::size_t{0}; }}} {
    drain();
  }
  void drain() {
    Update update;
    while (session.next(update)) {
      state.apply(update);
      rest.on_update(update);
    }
    if (session.take_live()) state.apply(session.live());
  }

  ManualClock clock{kSecond};
  test::TestSession session;
  test::TestLibrary library;
  SessionState state;
  Guard guard;
  Rest rest;
};

void fuzz_target(std::string_view text) {
  const auto target = net::parse_target(text);
  if (!target) return;
  STOM_ASSERT(target->path.starts_with('/'));
  STOM_ASSERT((target->path + '/').find("/../") == std::string::npos);
  STOM_ASSERT(target->path.find('\0') == std::string::npos);
  const net::Request request{"GET", target->path, target->query, {}, {}};
  (void)request.parameter("limit");
}

void fuzz_order(std::string_view body) {
  SessionInfo info;
  info.instruments = {test::test_instrument()};
  if (const auto order = parse_order(body, info)) {
    const NewOrder& wish = order->order;
    STOM_ASSERT(wish.quantity.value > 0);
    STOM_ASSERT(wish.price.value % 10 == 0 && wish.trigger_price.value % 10 == 0);
  }
  (void)parse_control(body);
  (void)parse_begin(body);
  (void)parse_flatten(body, info);
  (void)parse_login(body);
}

/// method, path and query, one header, body: lines of the input.
void fuzz_call(std::string_view text, bool with_credential) {
  static Fixture fixture;
  const auto line = [&] {
    const auto end = text.find('\n');
    const auto part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return std::string{part};
  };
  net::Request request;
  request.method = line();
  const auto target = net::parse_target("/api/v1/" + line());
  if (!target) return;
  request.path = target->path;
  request.query = target->query;
  request.headers = {{"Host", "127.0.0.1:8765"}, {"Content-Type", "application/json"}, {"Idempotency-Key", line()}};
  if (with_credential) request.headers.push_back({"Authorization", "Bearer token"});
  request.body = text;
  const int before = fixture.session.commands;
  int answers = 0;
  fixture.rest.handle(request, [&](net::Response response) {
    ++answers;
    STOM_ASSERT(response.body.empty() || is_json(response.body));
    STOM_ASSERT(with_credential || response.status >= 400 || request.path == "/api/v1/login");
  });
  fixture.drain();
  STOM_ASSERT(answers == 1);
  STOM_ASSERT(with_credential || fixture.session.commands == before);
}

void fuzz_socket(std::string_view text) {
  static Fixture fixture;
  Hub hub{fixture.state, fixture.clock, [](net::ClientId, std::uint16_t, std::string_view) {}};
  hub.on_open(1);
  while (!text.empty()) {
    const auto end = text.find('\n');
    hub.on_message(1, text.substr(0, end), false);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    net::Frame frame;
    for (int i = 0; i < 100 && hub.next_frame(1, frame); ++i) STOM_ASSERT(frame.binary || is_json(frame.bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 5) {
    case 0:
      fuzz_target(text);
      break;
    case 1:
      fuzz_order(text);
      break;
    case 2:
      fuzz_call(text, true);
      break;
    case 3:
      fuzz_call(text, false);
      break;
    default:
      fuzz_socket(text);
      break;
  }
  return 0;
}
