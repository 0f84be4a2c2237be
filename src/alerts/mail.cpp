// A message by SMTP, encrypted from the first byte (RFC 8314, "submissions"), signed in with AUTH PLAIN or LOGIN. One
// connection a message: alerts are rare, and servers close what is idle.
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>

#include "alerts/channel.hpp"
#include "core/encoding.hpp"
#include "core/hash.hpp"
#include "net/io.hpp"

namespace stom::alerts {
namespace {

constexpr std::chrono::milliseconds kLook{100};  // between looks at whether to go on
constexpr std::chrono::seconds kPatience{30};    // for an answer
constexpr std::size_t kMostReply = 16 * 1024;
constexpr std::size_t kLine = 57;  // bytes that are 76 letters of base64
constexpr const char* kHint = "see what the mail server's log says of it";

/// Of what a server offers only letters count, large or small (RFC 5321, 2.4).
std::string in_capitals(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

/// "Mon, 02 Mar 2026 12:00:00 +0000".
std::string mail_date(UnixNanos time) {
  static constexpr const char* kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = day_of(time);
  const auto date = civil_of_day(day);
  const auto seconds = (time - start_of_day(day)) / kSecond;
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000", kDays[weekday_of(day)], date.day,
                     kMonths[date.month - 1], date.year, seconds / 3600, seconds / 60 % 60, seconds % 60);
}

struct Reply {
  int code = 0;
  std::string text;  // all its lines, each without its code
};

/// One connection: a command goes, its reply comes.
class Dialogue final : net::StreamUser {
 public:
  Dialogue(const net::Route& route, const net::Url& server, const std::function<bool()>& go_on)
      : go_on_{go_on}, server_{server}, stream_{io_, route, {}, server, *this} {}

  /// `line` without its end; none to wait for the greeting.
  Result<Reply> say(std::optional<std::string_view> line) {
    if (line && !stream_.send(fmt::format("{}\r\n", *line))) return std::unexpected(why_ ? *why_ : lost());
    Reply reply;
    const auto until = std::chrono::steady_clock::now() + kPatience;
    for (;;) {
      const auto end = in_.find("\r\n");
      if (end != std::string::npos) {
        const std::string one = in_.substr(0, end);
        in_.erase(0, end + 2);
        int code = 0;
        for (std::size_t i = 0; i < 3; ++i) {
          if (one.size() < 3 || one[i] < '0' || one[i] > '9') return strange();
          code = 10 * code + (one[i] - '0');
        }
        if (one.size() > 3 && one[3] != ' ' && one[3] != '-') return strange();
        if (one.size() > 4) reply.text += (reply.text.empty() ? "" : "\n") + one.substr(4);
        if (reply.text.size() > kMostReply) return strange();
        if (one.size() > 3 && one[3] == '-') continue;
        reply.code = code;
        return reply;
      }
      if (in_.size() > kMostReply) return strange();
      if (why_) return std::unexpected(*why_);
      if (!go_on_()) return fail(Errc::Canceled, "interrupted", "");
      if (std::chrono::steady_clock::now() > until)
        return fail(Errc::Io, fmt::format("{} has not answered for {} s", server_.host, kPatience.count()), kHint);
      io_.wait(kLook);
    }
  }

  /// Until it is connected and secured.
  Result<void> open() {
    while (!stream_.is_open()) {
      if (why_) return std::unexpected(*why_);
      if (!go_on_()) return fail(Errc::Canceled, "interrupted", "");
      io_.wait(kLook);
    }
    return {};
  }

 private:
  void on_stream_open() override {}
  void on_stream_bytes(std::string_view bytes) override { in_ += bytes; }
  void on_stream_taken() override {}
  void on_stream_end(bool, const Error& why) override { why_ = why; }

  std::unexpected<Error> strange() const {
    return fail(Errc::BadData, fmt::format("{} does not speak SMTP", server_.host),
                "is it the mail server's port for TLS, mostly 465?");
  }
  Error lost() const { return {Errc::Io, fmt::format("the connection to {} is lost", server_.host), kHint}; }

  const std::function<bool()>& go_on_;
  const net::Url& server_;
  net::Io io_;
  std::string in_;
  std::optional<Error> why_;
  net::Stream stream_;
};

class Mail final : public Channel {
 public:
  Mail(const ChannelSettings& settings, const net::Route& route, const Clock& clock)
      : settings_{settings}, route_{route}, clock_{clock} {}

  Sent send(const Message& message, const std::function<bool()>& go_on) override {
    Dialogue dialogue{route_, settings_.server, go_on};
    if (auto opened = dialogue.open(); !opened) return std::unexpected(Failure{opened.error()});
    if (auto greeted = expect(dialogue, {}, 220); !greeted) return greeted;
    const auto hello = dialogue.say("EHLO [127.0.0.1]");
    if (!hello) return std::unexpected(Failure{hello.error()});
    if (hello->code != 250) return refused("EHLO", *hello, false);
    if (auto signed_in = sign_in(dialogue, in_capitals(hello->text)); !signed_in) return signed_in;
    if (auto from = expect(dialogue, fmt::format("MAIL FROM:<{}>", settings_.from), 250); !from) return from;
    std::optional<Failure> nobody;
    std::size_t taken = 0;
    for (const std::string& to : settings_.to) {
      const auto reply = dialogue.say(fmt::format("RCPT TO:<{}>", to));
      if (!reply) return std::unexpected(Failure{reply.error()});
      if (reply->code / 100 == 2) {
        ++taken;
      } else {
        auto no = refused(fmt::format("RCPT TO:<{}>", to), *reply, true);
        if (!no.error().for_good) return no;
        nobody = std::move(no.error());
      }
    }
    if (taken == 0) return std::unexpected(std::move(*nobody));
    if (auto data = expect(dialogue, "DATA", 354); !data) return data;
    const auto done = dialogue.say(text_of(message));
    if (!done) return std::unexpected(Failure{done.error()});
    if (done->code != 250) return refused("the message", *done, true);
    (void)dialogue.say("QUIT");  // it is delivered, whatever is said now
    // One reader's address that is wrong is no reason to write to the others again.
    if (nobody) return std::unexpected(std::move(*nobody));
    return fmt::format("250 {}", done->text);
  }

 private:
  static Sent refused(std::string_view what, const Reply& reply, bool by_message) {
    return std::unexpected(Failure{{Errc::Io, fmt::format("{}: {} {}", what, reply.code, reply.text), kHint},
                                   by_message && reply.code / 100 == 5});
  }
  static Sent expect(Dialogue& dialogue, std::optional<std::string> line, int code) {
    const auto reply = dialogue.say(line ? std::optional<std::string_view>{*line} : std::nullopt);
    if (!reply) return std::unexpected(Failure{reply.error()});
    if (reply->code != code) return refused(line ? std::string_view{*line} : "the greeting", *reply, false);
    return reply->text;
  }

  Sent sign_in(Dialogue& dialogue, std::string_view offered) const {
    if (settings_.user.empty()) return std::string{};
    const auto at = offered.find("AUTH ");
    const std::string_view ways = at == std::string_view::npos ? "" : offered.substr(at, offered.find('\n', at) - at);
    Result<Reply> reply = Reply{};
    if (ways.find(" PLAIN") != std::string_view::npos) {
      using namespace std::string_literals;
      reply = dialogue.say("AUTH PLAIN " + base64("\0"s + settings_.user + "\0"s + settings_.secret));
    } else if (ways.find(" LOGIN") != std::string_view::npos) {
      reply = dialogue.say("AUTH LOGIN");
      for (const std::string& word : {settings_.user, settings_.secret})
        if (reply && reply->code == 334) reply = dialogue.say(base64(word));
    } else {
      return std::unexpected(
          Failure{{Errc::Unsupported, fmt::format("{} offers neither AUTH PLAIN nor LOGIN", settings_.server.host),
                   "leave out user and password if it asks for none, or name another server"}});
    }
    if (!reply) return std::unexpected(Failure{reply.error()});
    if (reply->code != 235) return refused("signing in", *reply, false);
    return reply->text;
  }

  /// The same for each try, and another for each message: who reads mail is shown one of two that have the same.
  static std::string id_of(const Message& message) {
    Sha256 sha;
    sha.update(message.text);
    return fmt::format("{}.{}.{}@stom.invalid", message.alert, message.time, sha.hex().substr(0, 16));
  }

  /// Up to the line with the point that ends it. In base64: no line is long, none begins with a point.
  std::string text_of(const Message& message) const {
    std::string to;
    for (const std::string& one : settings_.to) to += (to.empty() ? "" : ", ") + one;
    std::string out = fmt::format(
        "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: STOM: {}{}\r\nMessage-ID: <{}>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        mail_date(clock_.now()), settings_.from, to, name_of(message.severity),
        message.alert == 0 ? "" : fmt::format(" alert {}", message.alert), id_of(message));
    const std::string body = rendered(message) + "\r\n" + format_time(message.time) + "\r\n";
    for (std::size_t i = 0; i < body.size(); i += kLine) out += base64(body.substr(i, kLine)) + "\r\n";
    return out + ".";
  }

  const ChannelSettings settings_;
  const net::Route route_;
  const Clock& clock_;
};

}  // namespace

std::unique_ptr<Channel> open_mail(const ChannelSettings& settings, const net::Route& route, const Clock& clock) {
  return std::make_unique<Mail>(settings, route, clock);
}

}  // namespace stom::alerts
