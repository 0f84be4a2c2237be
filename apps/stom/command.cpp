#include "command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "core/utf8.hpp"
#include "not_running_error.hpp"
#include "timeout_error.hpp"

namespace stom {
namespace {

struct ErrorKind {
  const char* name;  // in --json, and in brackets on stderr
  ExitCode exit;
};

ErrorKind kind_of(Errc code) {
  switch (code) {
    case Errc::Usage:
      return {"usage", kUsage};
    case Errc::NotFound:
      return {"not_found", kNotFound};
    case Errc::BadData:
      return {"bad_data", kFailed};
    case Errc::Io:
      return {"io", kFailed};
    case Errc::Locked:
      return {"locked", kFailed};
    case Errc::Newer:
      return {"newer", kFailed};
    case Errc::Overflow:
      return {"overflow", kFailed};
    case Errc::Canceled:
      return {"canceled", kInterrupted};
    case Errc::Unsupported:
      return {"unsupported", kUsage};
  }
  return {"error", kFailed};
}

std::string time_left(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  if (s >= 3600) return fmt::format("{} h {:02} min left", s / 3600, s / 60 % 60);
  if (s >= 60) return fmt::format("{} min {:02} s left", s / 60, s % 60);
  return fmt::format("{} s left", s);
}

int report(const Session& session, const Error& error, ErrorKind kind) {
  if (session.json) {
    fmt::print("{{\"error\":{{\"code\":\"{}\",\"message\":{},\"hint\":{}}}}}\n", kind.name, json_string(error.message),
               json_string(error.hint));
    return kind.exit;
  }
  fmt::print(stderr, "error[{}]: {}\n", kind.name, error.message);
  if (!error.hint.empty()) fmt::print(stderr, "  hint: {}\n", error.hint);
  return kind.exit;
}

}  // namespace

int exit_code_of(Errc code) { return kind_of(code).exit; }

int report_error(const Session& session, const Error& error) { return report(session, error, kind_of(error.code)); }
int report_bad_settings(const Session& session, const Error& error) {
  return report(session, error, {"configuration", kConfiguration});
}
int report_not_running(const Session& session, const Error& error) {
  return report(session, error, {"not_running", kNotRunning});
}
int report_timeout(const Session& session, const Error& error) { return report(session, error, {"timeout", kTimeout}); }

void say(const Session& session, std::string_view message) {
  if (!session.quiet) fmt::print(stderr, "{}\n", message);
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) >= 0x80) {
      // JSON is UTF-8: a byte that is none (a file in another encoding, quoted in an error) becomes U+FFFD.
      const std::size_t length = utf8_length(text.substr(i));
      out += length == 0 ? std::string_view{"\xEF\xBF\xBD"} : text.substr(i, length);
      i += std::max<std::size_t>(length, 1) - 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

void examples(CLI::App& command, std::initializer_list<std::string_view> lines) {
  std::string text;
  for (const auto line : lines) text += fmt::format("  {}\n", line);
  command.footer(text);
}

Progress::Progress(const Session& session, std::string label)
    : label_{std::move(label)}, shown_{!session.quiet && !session.json && isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void Progress::update(std::uint64_t done, std::uint64_t total) {
  if (!shown_ || total == 0) return;
  const auto now = Steady::now();
  if (now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds{100};
  drawn_ = true;
  const double fraction = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  const double spent = std::chrono::duration<double>(now - start_).count();
  // A time left that is guessed from the first moments misleads more than none.
  const bool known = fraction > 0.02 && spent > 0.5;
  fmt::print(stderr, "\r\033[K{} {:3.0f} %{}", label_, fraction * 100,
             known ? "  " + time_left(spent / fraction - spent) : "");
  std::fflush(stderr);
}

std::string check_whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && at == end ? ""
                                           : fmt::format("'{}' is not a whole number from 0 to {}", text, UINT64_MAX);
}

}  // namespace stom
