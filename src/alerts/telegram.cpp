#include "alerts/telegram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace stom::alerts {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPollSeconds = 25;
constexpr std::size_t kMostUpdates = 100, kMostLetters = 4096;
constexpr std::uint64_t kStrangersTold = 20;
constexpr DurationNanos kClocksApart = 5 * kSecond;  // Telegram's, which counts whole seconds, and ours
constexpr std::string_view kHelp =
    "/status, /positions (잔고평가), /orders (거래목록), /stop (전략중지), /kill entries, cancel or flatten, "
    "/alive, /ack N: alert #N is seen";

struct Step {
  std::string_view name, what;
};
constexpr std::array kSteps{
    Step{"entries", "nothing that opens or enlarges a position leaves any more"},
    Step{"cancel", "no order leaves any more, and what works is canceled; positions stay"},
    Step{"flatten", "what works is canceled, and what is held is closed by market orders"},
};

net::HttpClientLimits limits() {
  net::HttpClientLimits limits;
  limits.answer_time = std::chrono::seconds{kPollSeconds + 15};
  limits.answer.body_bytes = 4 << 20;
  return limits;
}

Result<net::Response> call(net::Fetcher& fetcher, const ChannelSettings& settings, std::string_view method,
                           const Json& arguments, const std::function<bool()>& go_on) {
  const std::string target = fmt::format("/bot{}/{}", settings.secret, method);
  const std::vector<net::Header> headers{{"Content-Type", "application/json"}};
  const std::string body = arguments.dump(-1, ' ', false, Json::error_handler_t::replace);
  return fetcher.send({.method = "POST", .target = target, .headers = headers, .body = body}, go_on);
}

/// Of a message it has taken it says so itself: a 200 alone is of whoever stands in between.
Sent not_taken(int status) {
  return std::unexpected(Failure{{Errc::BadData, fmt::format("HTTP {}, and no word that it was taken", status),
                                  "is `server` of that channel Telegram's own, or one that speaks its Bot API?"}});
}

Sent judged_by_telegram(const net::Response& answer) {
  const auto json = Json::parse(answer.body, nullptr, false);
  if (!json.is_object()) {
    auto sent = judged(answer, "");
    return sent ? not_taken(answer.status) : sent;
  }
  const auto said = json.find("description"), parameters = json.find("parameters"), ok = json.find("ok");
  auto sent = judged(answer, said != json.end() && said->is_string() ? said->get_ref<const std::string&>() : "");
  if (sent && (ok == json.end() || !ok->is_boolean() || !ok->get<bool>())) return not_taken(answer.status);
  if (sent) return sent;
  // A token that is wrong is 401 or 404. This is a chat that has blocked the bot or put it out: it alone, and for good.
  if (answer.status == 403) {
    sent.error().for_good = true;
    sent.error().why.hint = "let the bot write there again, or take that chat out of `chats`";
  }
  if (parameters == json.end() || !parameters->is_object()) return sent;
  const auto after = parameters->find("retry_after");
  if (after == parameters->end() || !after->is_number_integer()) return sent;
  const auto seconds = std::clamp<std::int64_t>(after->get<std::int64_t>(), 0, 3600);
  sent.error().retry_after = std::max(sent.error().retry_after, seconds * kSecond);
  return sent;
}

/// The buttons that the chats of the old program know, for what this one can do.
Json keyboard() {
  return {{"keyboard", {{"잔고평가", "거래목록", "전략중지"}, {"/status", "/positions", "/orders", "/stop"}}},
          {"resize_keyboard", true}};
}

class Telegram final : public Channel {
 public:
  Telegram(const ChannelSettings& settings, const net::Route& route)
      : settings_{settings}, fetcher_{route, settings.server, limits()} {}

  Sent send(const Message& message, const std::function<bool()>& go_on) override {
    std::string last;
    for (; told_ < settings_.chats.size(); ++told_) {
      Json arguments{{"chat_id", settings_.chats[told_]}, {"text", rendered(message)}};
      if (settings_.commands) arguments["reply_markup"] = keyboard();
      const auto answer = call(fetcher_, settings_, "sendMessage", arguments, go_on);
      if (!answer) return std::unexpected(Failure{answer.error()});
      auto sent = judged_by_telegram(*answer);
      if (!sent && !sent.error().for_good) return sent;
      if (!sent)
        refused_ = std::move(sent.error());  // one chat's refusal is not the others'
      else
        last = *sent;
    }
    told_ = 0;
    if (auto refused = std::exchange(refused_, {})) return std::unexpected(std::move(*refused));
    return last;
  }

 private:
  const ChannelSettings settings_;
  net::Fetcher fetcher_;
  std::size_t told_ = 0;  // so many chats have the message that is being sent
  std::optional<Failure> refused_;
};

std::string_view first_word(std::string_view& text) {
  const auto from = std::min(text.find_first_not_of(' '), text.size());
  text.remove_prefix(from);
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

}  // namespace

std::unique_ptr<Channel> open_telegram(const ChannelSettings& settings, const net::Route& route) {
  return std::make_unique<Telegram>(settings, route);
}

Result<std::vector<Update>> parse_updates(std::string_view body) {
  const auto json = Json::parse(body, nullptr, false);
  const auto wrong = [] {
    return fail(Errc::BadData, "Telegram's answer to getUpdates is not what its page says",
                "is `server` of that channel Telegram's own, or one that speaks its Bot API?");
  };
  if (!json.is_object()) return wrong();
  const auto ok = json.find("ok"), result = json.find("result");
  if (ok == json.end() || !ok->is_boolean() || !ok->get<bool>() || result == json.end() || !result->is_array())
    return wrong();
  std::vector<Update> updates;
  for (const auto& one : *result) {
    if (updates.size() == kMostUpdates) break;  // the rest comes with the next
    const auto id = one.is_object() ? one.find("update_id") : one.end();
    if (!one.is_object() || id == one.end() || !id->is_number_integer()) return wrong();
    Update update{.id = id->get<std::int64_t>()};
    if (update.id < 0 || update.id > std::int64_t{1} << 52) return wrong();
    const auto message = one.find("message");
    if (message != one.end() && message->is_object()) {
      const auto chat = message->find("chat"), date = message->find("date"), text = message->find("text");
      if (chat != message->end() && chat->is_object() && chat->contains("id") && (*chat)["id"].is_number_integer())
        update.chat = (*chat)["id"].get<std::int64_t>();
      if (date != message->end() && date->is_number_integer()) {
        const auto seconds = date->get<std::int64_t>();
        if (seconds > 0 && seconds < std::int64_t{1} << 33) update.time = seconds * kSecond;
      }
      if (text != message->end() && text->is_string()) update.text = text->get<std::string>().substr(0, kMostLetters);
    }
    updates.push_back(std::move(update));
  }
  return updates;
}

bool TakenUpdates::take(std::int64_t id) {
  if (std::ranges::find(last_, id) != last_.end()) {
    next_ = std::max(next_, id + 1);
    return false;
  }
  if (last_.size() == kRemembered) last_.pop_front();
  last_.push_back(id);
  next_ = id + 1;
  return true;
}

Conversation::Conversation(std::vector<std::int64_t> chats, Commands commands)
    : chats_{std::move(chats)}, commands_{std::move(commands)} {}

bool Conversation::authorised(std::int64_t chat) const { return std::ranges::find(chats_, chat) != chats_.end(); }

std::string Conversation::answer(const Update& update, UnixNanos now, UnixNanos since) {
  if (!authorised(update.chat) || update.text.empty()) return {};
  if (now - update.time > kTooOld) return "that is too old to be done: say it again";
  if (update.time < since) return "that was said before the session began: say it again";
  std::string_view rest = update.text;
  std::string_view word = first_word(rest);
  if (word.starts_with('/')) word.remove_prefix(1);
  word = word.substr(0, word.find('@'));            // in groups: /status@name_of_the_bot
  const auto before = asked_.extract(update.chat);  // another word takes the question back
  const auto confirmed = [&](std::string_view what) {
    if (!before.empty() && before.mapped().what == what && now <= before.mapped().until && first_word(rest) == "yes")
      return true;
    asked_[update.chat] = {std::string{what}, now + kConfirmWithin};
    return false;
  };
  if (word == "status") return commands_.status();
  if (word == "positions" || word == "잔고평가") return commands_.positions();
  if (word == "orders" || word == "거래목록") return commands_.orders();
  if (word == "stop" || word == "전략중지") {
    if (!confirmed("stop"))
      return "this cancels the session's orders and ends it; positions stay. Within a minute: /stop yes";
    commands_.stop();
    return "stopping: orders are canceled, the session ends";
  }
  if (word == "kill") {
    const std::string_view step = first_word(rest);
    const auto known = std::ranges::find(kSteps, step, &Step::name);
    if (known == kSteps.end()) return "how far? /kill entries, /kill cancel or /kill flatten";
    if (!confirmed(fmt::format("kill {}", step)))
      return fmt::format("{}. Within a minute: /kill {} yes", known->what, step);
    return commands_.kill(step);
  }
  if (word == "alive") return commands_.alive();
  if (word == "ack") {
    std::string_view number = first_word(rest);
    if (number.starts_with('#')) number.remove_prefix(1);
    std::uint64_t alert = 0;
    const auto read = std::from_chars(number.data(), number.data() + number.size(), alert);
    if (number.empty() || read.ec != std::errc{} || read.ptr != number.data() + number.size())
      return "which one? /ack 12 for alert #12";
    return commands_.acknowledge(alert) ? fmt::format("#{} is seen", alert)
                                        : fmt::format("#{} does not wait to be seen", alert);
  }
  return std::string{kHelp};
}

Listener::Listener(const ChannelSettings& settings, const net::Route& route, Commands commands)
    : settings_{settings},
      fetcher_{route, settings.server, limits()},
      conversation_{settings.chats, std::move(commands)} {}

Result<bool> Listener::listen(const Clock& clock, const std::function<bool()>& go_on,
                              const std::function<void(const std::string&)>& log) {
  if (since_ == kNoTime) since_ = clock.now() - kClocksApart;
  bool any_new = false;
  const auto answer = call(
      fetcher_, settings_, "getUpdates",
      {{"timeout", kPollSeconds}, {"offset", taken_.next()}, {"allowed_updates", Json::array({"message"})}}, go_on);
  if (!answer) return std::unexpected(answer.error());
  if (const auto sound = judged_by_telegram(*answer); !sound) return std::unexpected(sound.error().why);
  const auto updates = parse_updates(answer->body);
  if (!updates) return std::unexpected(updates.error());
  for (const Update& update : *updates) {
    if (!taken_.take(update.id)) continue;  // before it acts: what is done is not done again
    any_new = true;
    if (!conversation_.authorised(update.chat)) {
      if (++strangers_ <= kStrangersTold)
        log(fmt::format("chat {} is not among `chats` and was not answered", update.chat));
      continue;
    }
    const std::string said = conversation_.answer(update, clock.now(), since_);
    if (said.empty()) continue;
    const auto replied = call(fetcher_, settings_, "sendMessage",
                              {{"chat_id", update.chat}, {"text", said.substr(0, kMostLetters)}}, go_on);
    if (!replied) return std::unexpected(replied.error());
  }
  return any_new;
}

}  // namespace stom::alerts
