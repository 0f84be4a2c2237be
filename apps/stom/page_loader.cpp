#include "page_loader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <thread>
#include <utility>

#include "core/clock.hpp"
#include "core/decimal.hpp"
#include "network.hpp"

namespace stom {
namespace {

constexpr std::chrono::milliseconds kPause{500}, kSlice{100}, kIdle{50'000};
constexpr int kTries = 5;

/// Answers as they came, one a line: when it was asked for, the key of the next, the body. A line without its end was
/// being written when the program ended, and does not count.
class Answers {
 public:
  explicit Answers(std::filesystem::path path) : path_{std::move(path)} {}

  /// Hands them in. Answers that do not fit (of another version, damaged) are forgotten.
  Result<void> replay(venues::HistoryPages& pages) {
    std::ifstream in{path_, std::ios::binary};
    std::string line;
    std::uint64_t whole = 0;
    while (std::getline(in, line) && !in.eof()) {
      const auto first = line.find('\t'), second = line.find('\t', first == std::string::npos ? first : first + 1);
      if (second == std::string::npos) break;
      const std::string_view text{line};
      const auto asked = parse_decimal(text.substr(0, first), 0);
      if (!asked || !pages.take({.body = text.substr(second + 1),
                                 .asked = *asked,
                                 .next_key = text.substr(first + 1, second - first - 1)}))
        break;
      whole += line.size() + 1;
    }
    in.close();
    std::error_code error;
    if (std::filesystem::exists(path_)) std::filesystem::resize_file(path_, whole, error);
    out_.open(path_, std::ios::binary | std::ios::app);
    return error || !out_ ? cannot_write() : Result<void>{};
  }

  Result<void> keep(const venues::HistoryPage& page) {
    std::string body{page.body};
    std::ranges::replace_if(body, [](char c) { return c == '\n' || c == '\r'; }, ' ');  // never within a JSON string
    out_ << fmt::format("{}\t{}\t{}\n", page.asked, page.next_key, body) << std::flush;
    return out_ ? Result<void>{} : cannot_write();
  }

  void remove() {
    out_.close();
    std::error_code ignored;  // what cannot be removed costs room, no data
    std::filesystem::remove(path_, ignored);
  }

 private:
  std::unexpected<Error> cannot_write() const {
    return fail(Errc::Io, fmt::format("cannot write {}", path_.string()),
                "free some room, or check the rights of that folder");
  }

  std::filesystem::path path_;
  std::ofstream out_;
};

}  // namespace

Result<PageLoader> PageLoader::make(const std::string& source, const std::filesystem::path& authority,
                                    std::chrono::milliseconds silence, const venues::Description& limits) {
  const auto server = net::parse_url(source);
  if (!server) return std::unexpected(server.error());
  if (!server->secure)
    return fail(Errc::Usage, fmt::format("{}: what comes in pages comes over https:// alone", source),
                "name the https:// address of that server");
  auto route = network_route(authority);
  if (!route) return std::unexpected(route.error());
  return PageLoader{std::move(*route), *server, silence, limits, source};
}

PageLoader::PageLoader(net::Route route, const net::Url& server, std::chrono::milliseconds silence,
                       const venues::Description& limits, std::string source)
    : fetcher_{std::move(route),
               server,
               {.stream = {}, .answer = {}, .answer_time = silence, .idle = kIdle, .request_bytes = 1 << 20}},
      budgets_{limits},
      source_{std::move(source)},
      below_{server.target == "/" ? "" : server.target} {}

Result<void> PageLoader::load(venues::HistoryPages& pages, const std::filesystem::path& path,
                              const std::filesystem::path& kept, const std::function<bool(double part)>& go_on) {
  if (std::filesystem::exists(path)) return {};  // from an earlier try whose import was interrupted or refused
  const auto going = [&] { return go_on(pages.part()); };
  Answers answers{kept};
  if (auto there = answers.replay(pages); !there) return there;
  for (;;) {
    const auto now = SystemClock{}.now();
    const auto request = pages.next(now);
    if (!request) {
      answers.remove();
      return std::unexpected(request.error());
    }
    if (!*request) break;
    const auto answer = ask(**request, going);
    if (!answer) {
      if (answer.error().code == Errc::NotFound) answers.remove();
      return std::unexpected(answer.error());
    }
    if ((*request)->admission) {
      if (auto admitted = pages.admit(answer->body); !admitted) return admitted;
      continue;
    }
    const venues::HistoryPage page{.body = answer->body, .asked = now, .next_key = answer->next_key};
    if (auto taken = pages.take(page); !taken) {
      if (pages.begin_again() || taken.error().code == Errc::NotFound) answers.remove();
      return taken;
    }
    if (auto written = answers.keep(page); !written) return written;
  }
  if (pages.rows() > 0) {
    const auto partial = std::filesystem::path{path.string() + ".partial"};
    std::ofstream out{partial, std::ios::binary | std::ios::trunc};
    out << pages.table();
    out.close();
    std::error_code error;
    if (out) std::filesystem::rename(partial, path, error);
    if (!out || error)
      return fail(Errc::Io, fmt::format("cannot write {}", path.string()),
                  "free some room, or check the rights of that folder");
  }
  answers.remove();
  if (pages.rows() == 0) {
    const auto note = pages.note();
    return fail(Errc::NotFound, note.empty() ? "nothing was traded then" : note, "ask for other days");
  }
  return {};
}

/// Too many requests, and errors that pass, are tried again after a pause.
Result<PageLoader::Answer> PageLoader::ask(const venues::PageRequest& request, const GoOn& go_on) {
  const std::string target = below_ + request.target;
  std::vector<net::Header> headers;
  for (const auto& header : request.headers) headers.push_back({header.name, header.value});
  DurationNanos pause = kPause.count() * kMillisecond;
  for (int tries = 1;; ++tries, pause *= 2) {
    const SystemClock clock;
    const auto free = budgets_.free_at(request.costs, venues::Priority::Background, clock.now());
    if (auto waited = wait_until(free, go_on); !waited) return std::unexpected(waited.error());
    const UnixNanos sent = clock.now();
    budgets_.spend(request.costs, sent);
    auto answer =
        fetcher_.send({.method = request.method, .target = target, .headers = headers, .body = request.body}, go_on);
    const UnixNanos now = clock.now();
    if (!answer) {
      budgets_.ended(request.costs, now, true);
      if (answer.error().code == Errc::Canceled || tries == kTries) return std::unexpected(answer.error());
      if (auto waited = wait_until(now + pause, go_on); !waited) return std::unexpected(waited.error());
      continue;
    }
    std::vector<venues::Header> told;
    for (auto& header : answer->headers) told.push_back({std::move(header.name), std::move(header.value)});
    budgets_.answered(request.costs, told, sent, now);
    const int status = answer->status;
    if (status == 200) {
      bytes_ += answer->body.size();
      const auto key = [&](std::string_view name) {
        const auto found = std::ranges::find_if(told, [&](const auto& h) { return net::same_name(h.name, name); });
        return found == told.end() ? std::string{} : found->value;
      };
      return Answer{std::move(answer->body), key("cont-yn") == "Y" ? key("next-key") : ""};
    }
    const auto shut = budgets_.refused(status, told, request.costs, now);
    const std::string words = answer->body.substr(0, 200);
    if (!shut && (status == 404 || status == 400))
      return fail(Errc::NotFound, fmt::format("{} answers {}: {}", source_, status, words), "check the symbol");
    if (!shut && status < 500)
      return fail(Errc::Io, fmt::format("{} answers {}: {}", source_, status, words),
                  "check --source, and the keys where the venue wants some");
    if (tries == kTries)
      return fail(Errc::Io, fmt::format("{} answers {} ({} tries)", source_, status, tries),
                  "try again later; what is here already is not asked for again");
    if (auto waited = wait_until(shut.value_or(now + pause), go_on); !waited) return std::unexpected(waited.error());
  }
}

Result<void> PageLoader::wait_until(UnixNanos time, const GoOn& go_on) const {
  for (;;) {
    if (!go_on()) return fail(Errc::Canceled, "interrupted", "the same command again goes on from here");
    const DurationNanos left = time - SystemClock{}.now();
    if (left <= 0) return {};
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(std::chrono::nanoseconds{left}, kSlice));
  }
}

}  // namespace stom
