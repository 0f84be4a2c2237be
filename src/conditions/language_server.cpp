#include "conditions/language_server.hpp"

#include <algorithm>
#include <expected>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>

#include "conditions/checker.hpp"
#include "conditions/hangul.hpp"
#include "conditions/layout.hpp"
#include "conditions/line_text.hpp"
#include "conditions/pair.hpp"
#include "conditions/parser.hpp"
#include "conditions/text_help.hpp"

namespace stom::conditions {
namespace {

using nlohmann::json;

constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601, kInvalidParams = -32602,
              kNotInitialized = -32002, kRequestFailed = -32803;
constexpr std::size_t kMostUri = 4096, kMostNesting = 64;
/// The bytes, and the lines at some bytes each, that the changes of one message go through: each is made in the whole
/// text.
constexpr std::size_t kMostChangeWork = std::size_t{256} << 20, kLineWork = 64;

/// Deeper than any message of the protocol; a parser that recursed would fall over it.
bool is_too_nested(std::string_view message) {
  std::size_t depth = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const char c = message[i];
    if (in_text) {
      if (c == '\\') ++i;
      in_text = c != '"';
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMostNesting) return true;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return false;
}

std::string in(Language language, std::string_view korean, std::string_view english) {
  return std::string{language == Language::Korean ? korean : english};
}

// --- reading what a client sends --------------------------------------------------------------------

/// What is wrong with a message, and what it should be.
struct Refused {
  int code;
  std::string message;
};
template <class T>
using Read = std::expected<T, Refused>;
std::unexpected<Refused> refused(int code, std::string message) {
  return std::unexpected(Refused{code, std::move(message)});
}

/// The member at `path`, or null.
const json& at(const json& object, std::initializer_list<const char*> path) {
  static const json kNull;
  const json* found = &object;
  for (const char* name : path) {
    if (!found->is_object()) return kNull;
    const auto member = found->find(name);
    if (member == found->end()) return kNull;
    found = &*member;
  }
  return *found;
}

const std::string* text_at(const json& object, std::initializer_list<const char*> path) {
  return at(object, path).get_ptr<const std::string*>();
}

Read<std::string> uri_of(const json& params) {
  const std::string* uri = text_at(params, {"textDocument", "uri"});
  if (!uri || uri->empty() || uri->size() > kMostUri)
    return refused(kInvalidParams, "textDocument.uri must be a string of 1 to 4,096 bytes");
  return *uri;
}

Read<Position> position_of(const json& value) {
  Position position;
  for (const auto& [name, number] : {std::pair{"line", &position.line}, std::pair{"character", &position.character}}) {
    const json& given = at(value, {name});
    if (!given.is_number_integer() || given < 0 || given > std::numeric_limits<std::int32_t>::max())
      return refused(kInvalidParams,
                     std::string{"a position's "} + name + " must be a whole number from 0 to 2147483647");
    *number = given.get<std::uint32_t>();
  }
  return position;
}

/// The last part of a URI, its escapes resolved, Hangul composed, in lower case.
std::string file_name(std::string_view uri) {
  uri = uri.substr(uri.find_last_of("/\\") + 1);
  const auto digit = [](char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
  };
  std::string name;
  for (std::size_t i = 0; i < uri.size(); ++i) {
    const bool escaped = uri[i] == '%' && i + 2 < uri.size() && digit(uri[i + 1]) >= 0 && digit(uri[i + 2]) >= 0;
    name += escaped ? static_cast<char>(digit(uri[i + 1]) * 16 + digit(uri[i + 2])) : uri[i];
    if (escaped) i += 2;
  }
  name = composed_text(name);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

std::string_view folder_of(std::string_view uri) { return uri.substr(0, uri.find_last_of("/\\") + 1); }

enum class Role : std::uint8_t { Text, Variables, Named };

struct Document {
  LineText text;
  json version;  // as the client gave it
  Role role = Role::Text;
  std::optional<TextKind> kind;  // by its name or the client's option
  TextKind checked_kind = TextKind::Buy;
  bool is_lost = false;  // what it holds is no longer known: it was too long, or a change could not be read
};

// --- writing ----------------------------------------------------------------------------------------

json json_of(Position position) { return {{"line", position.line}, {"character", position.character}}; }
json json_of(const TextRange& range) { return {{"start", json_of(range.start)}, {"end", json_of(range.end)}}; }
json markdown(std::string text) { return {{"kind", "markdown"}, {"value", std::move(text)}}; }

int kind_of(Offer offer) {  // CompletionItemKind
  switch (offer) {
    case Offer::Call:
      return 3;
    case Offer::Field:
      return 5;
    case Offer::Local:
      return 6;
    case Offer::Position:
      return 10;
    case Offer::Text:
      return 12;
    case Offer::Keyword:
      return 14;
    case Offer::Signal:
      return 21;
    case Offer::Setting:
      return 10;
  }
  return 1;
}

}  // namespace

class LanguageServer::Impl {
 public:
  Impl(Language language, LanguageLimits limits) : language_{language}, limits_{limits} {}

  std::vector<std::string> receive(std::string_view message) {
    out_.clear();
    if (message.size() > limits_.message_bytes) {
      refuse(nullptr,
             {kInvalidRequest, "the message is longer than " + std::to_string(limits_.message_bytes) + " bytes"});
    } else if (is_too_nested(message)) {
      refuse(nullptr, {kInvalidRequest, "the message is nested deeper than 64 levels"});
    } else if (const json parsed = json::parse(message, nullptr, false); parsed.is_discarded()) {
      refuse(nullptr, {kParseError, "the message is not valid JSON in UTF-8"});
    } else {
      take(parsed);
    }
    return std::move(out_);
  }

  std::optional<int> exit_code() const { return exit_code_; }
  bool is_shut_down() const { return state_ == State::ShutDown; }

 private:
  enum class State : std::uint8_t { New, Ready, ShutDown };

  /// What a method is called with; the URI where it is about a text.
  struct Call {
    const json& params;
    std::string uri;
  };
  using Handle = Read<json> (Impl::*)(const Call& call);
  struct Method {
    std::string_view name;
    Handle handle;
    bool is_request;
  };
  static std::span<const Method> methods() {
    static constexpr Method kMethods[] = {
        {"initialize", &Impl::initialize, true},
        {"shutdown", &Impl::shut_down, true},
        {"textDocument/completion", &Impl::completion, true},
        {"textDocument/hover", &Impl::hover, true},
        {"textDocument/signatureHelp", &Impl::signature_help, true},
        {"textDocument/definition", &Impl::definition, true},
        {"textDocument/formatting", &Impl::formatting, true},
        {"textDocument/didOpen", &Impl::did_open, false},
        {"textDocument/didChange", &Impl::did_change, false},
        {"textDocument/didClose", &Impl::did_close, false},
    };
    return kMethods;
  }

  void send(const json& message) { out_.push_back(message.dump(-1, ' ', false, json::error_handler_t::replace)); }
  void refuse(const json& id, const Refused& refused) {
    send({{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", refused.code}, {"message", refused.message}}}});
  }
  void notify(const char* method, json params) {
    send({{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}});
  }
  /// To the user: something about a text that is no diagnostic of it.
  void show(std::string message) { notify("window/showMessage", {{"type", 1}, {"message", std::move(message)}}); }

  void take(const json& message) {
    if (!message.is_object()) return refuse(nullptr, {kInvalidRequest, "a message is one JSON object"});
    const auto id = message.find("id");
    const bool is_request = id != message.end();
    const json answered = is_request && (id->is_string() || id->is_number_integer()) ? *id : json{};
    const std::string* method = text_at(message, {"method"});
    if (!method) {
      if (is_request && (message.contains("result") || message.contains("error"))) return;  // we ask nothing
      return refuse(answered, {kInvalidRequest, "a message needs \"method\", a string"});
    }
    if (is_request && answered.is_null())
      return refuse(nullptr, {kInvalidRequest, "\"id\" must be a string or a whole number"});
    if (*method == "exit" && !is_request) {
      exit_code_ = state_ == State::ShutDown ? 0 : 1;
      return;
    }
    const auto known = std::ranges::find_if(
        methods(), [&](const Method& one) { return one.name == *method && one.is_request == is_request; });
    const bool is_known = known != methods().end();
    if (!is_request && (!is_known || state_ != State::Ready))
      return;  // the protocol's rule: what is not known is passed over
    Read<json> result = check_state(*method);
    if (result && !is_known) result = refused(kMethodNotFound, "there is no method " + method->substr(0, 100));
    if (result) result = call(known->handle, *method, at(message, {"params"}));
    if (!result) return is_request ? refuse(answered, result.error()) : show(*method + ": " + result.error().message);
    if (is_request) send({{"jsonrpc", "2.0"}, {"id", answered}, {"result", std::move(*result)}});
  }

  Read<json> call(Handle handle, std::string_view method, const json& params) {
    if (!method.starts_with("textDocument/")) return (this->*handle)({params, {}});
    auto uri = uri_of(params);
    if (!uri) return std::unexpected(uri.error());
    return (this->*handle)({params, std::move(*uri)});
  }

  Read<json> check_state(std::string_view method) const {
    if (state_ == State::New && method != "initialize") return refused(kNotInitialized, "send \"initialize\" first");
    if (state_ == State::Ready && method == "initialize")
      return refused(kInvalidRequest, "\"initialize\" was sent before");
    if (state_ == State::ShutDown) return refused(kInvalidRequest, "after \"shutdown\" there is only \"exit\"");
    return json{};
  }

  // --- the beginning and the end --------------------------------------------------------------------

  Read<json> initialize(const Call& call) {
    const json& params = call.params;
    const std::string* locale = text_at(params, {"initializationOptions", "locale"});
    if (!locale) locale = text_at(params, {"locale"});
    if (locale) language_ = locale->starts_with("ko") ? Language::Korean : Language::English;
    if (const std::string* kind = text_at(params, {"initializationOptions", "kind"})) {
      if (*kind != "buy" && *kind != "sell")
        return refused(kInvalidParams, "initializationOptions.kind must be \"buy\" or \"sell\"");
      kind_ = *kind == "buy" ? TextKind::Buy : TextKind::Sell;
    }
    encoding_ = Encoding::Utf16;
    const char* encoding = "utf-16";
    for (const json& offered : at(params, {"capabilities", "general", "positionEncodings"})) {
      if (offered == "utf-8")
        encoding_ = Encoding::Utf8, encoding = "utf-8";
      else if (offered == "utf-32")
        encoding_ = Encoding::Utf32, encoding = "utf-32";
      else if (offered != "utf-16")
        continue;
      break;  // the client's order is its preference
    }
    snippets_ = at(params, {"capabilities", "textDocument", "completion", "completionItem", "snippetSupport"}) == true;
    state_ = State::Ready;
    return json{{"capabilities",
                 {{"positionEncoding", encoding},
                  {"textDocumentSync", {{"openClose", true}, {"change", 2}}},
                  {"completionProvider", {{"triggerCharacters", {".", "'", "\""}}}},
                  {"hoverProvider", true},
                  {"signatureHelpProvider", {{"triggerCharacters", {"(", ","}}}},
                  {"definitionProvider", true},
                  {"documentFormattingProvider", true}}},
                {"serverInfo", {{"name", "stom"}}}};
  }

  Read<json> shut_down(const Call&) {
    state_ = State::ShutDown;
    documents_.clear();
    return json{};
  }

  // --- texts ----------------------------------------------------------------------------------------

  Read<json> did_open(const Call& call) {
    const std::string* text = text_at(call.params, {"textDocument", "text"});
    if (!text) return refused(kInvalidParams, "textDocument.text must be a string");
    if (!documents_.contains(call.uri) && documents_.size() >= limits_.texts) {
      const std::string most = std::to_string(limits_.texts);
      return refused(kRequestFailed,
                     in(language_, "열린 조건식이 너무 많습니다: 최대 " + most + "개. 다른 조건식을 닫으십시오",
                        "too many texts are open, at most " + most + ": close another"));
    }
    Document& document = documents_[call.uri];
    document = {};
    document.version = at(call.params, {"textDocument", "version"});
    name_kind(call.uri, document);
    set(call.uri, document, *text);
    judge(call.uri, document);
    return json{};
  }

  void name_kind(const std::string& uri, Document& document) const {
    const std::string name = file_name(uri);
    const bool buys = name.contains("buy") || name.contains("매수"),
               sells = name.contains("sell") || name.contains("매도");
    document.role = name.contains("vars") ? Role::Variables : name.contains("named") ? Role::Named : Role::Text;
    document.kind = kind_;
    if (buys != sells) document.kind = buys ? TextKind::Buy : TextKind::Sell;
  }

  void set(const std::string& uri, Document& document, const std::string& text) {
    document.is_lost = text.size() > limits_.text_bytes;
    document.text = LineText{document.is_lost ? std::string{} : text};
    if (document.is_lost) tell_too_long(uri, document);
  }

  static void lose(Document& document) {
    document.text = {};
    document.is_lost = true;
  }

  void tell_too_long(const std::string& uri, Document& document) {
    const Report report{Mistake::TooLong, {1, 1, 1}, {std::to_string(limits_.text_bytes)}};
    lose(document);
    publish(uri, document, json::array({diagnostic(document, report)}));
  }

  Read<json> did_change(const Call& call) {
    const auto found = documents_.find(call.uri);
    if (found == documents_.end()) return not_open();
    Document& document = found->second;
    document.version = at(call.params, {"textDocument", "version"});
    if (auto changed = apply_all(call.uri, document, at(call.params, {"contentChanges"})); !changed) {
      lose(document);  // what the client has is no longer what we have
      publish(call.uri, document, json::array());
      return refused(changed.error().code, changed.error().message + ". " +
                                               in(language_, "조건식을 다시 열면 다시 검사합니다",
                                                  "The text is followed again once it is opened anew"));
    }
    judge(call.uri, document);
    return json{};
  }

  Read<void> apply_all(const std::string& uri, Document& document, const json& changes) {
    if (!changes.is_array()) return refused(kInvalidParams, "contentChanges must be an array");
    std::size_t work = 0;
    for (const json& change : changes) {
      const std::string* text = text_at(change, {"text"});
      if (!text) return refused(kInvalidParams, "a change needs \"text\", a string");
      work += document.text.text().size() + kLineWork * document.text.lines() + text->size();
      if (work > kMostChangeWork) return refused(kInvalidParams, "too many changes in one message");
      if (auto applied = apply(uri, document, change, *text); !applied) return applied;
    }
    return {};
  }

  Read<void> apply(const std::string& uri, Document& document, const json& change, const std::string& text) {
    const json& range = at(change, {"range"});
    if (range.is_null()) {
      set(uri, document, text);
      return {};
    }
    const auto start = position_of(at(range, {"start"})), end = position_of(at(range, {"end"}));
    if (!start) return std::unexpected(start.error());
    if (!end) return std::unexpected(end.error());
    if (*end < *start) return refused(kInvalidParams, "the range of a change ends before it starts");
    if (document.is_lost) return {};
    const std::size_t first = document.text.offset(*start, encoding_), last = document.text.offset(*end, encoding_);
    if (document.text.text().size() - (last - first) + text.size() > limits_.text_bytes) {
      tell_too_long(uri, document);
    } else {
      document.text.replace(first, last, text);
    }
    return {};
  }

  Read<json> did_close(const Call& call) {
    const auto found = documents_.find(call.uri);
    if (found == documents_.end()) return json{};
    const Role role = found->second.role;
    found->second.version = nullptr;
    publish(call.uri, found->second, json::array());
    documents_.erase(found);
    if (role != Role::Text) judge_texts_beside(call.uri);
    return json{};
  }

  // --- diagnostics ----------------------------------------------------------------------------------

  void judge(const std::string& uri, Document& document) {
    if (document.is_lost) return;
    switch (document.role) {
      case Role::Text:
        return judge_text(uri, document);
      case Role::Variables:
        judge_variables(uri, document);
        return judge_texts_beside(uri);
      case Role::Named:
        judge_named(uri, document);
        return judge_texts_beside(uri);
    }
  }

  void judge_texts_beside(const std::string& uri) {
    for (auto& [other, document] : documents_)
      if (document.role != Role::Variables && other != uri && folder_of(other) == folder_of(uri) && !document.is_lost)
        document.role == Role::Named ? judge_named(other, document) : judge_text(other, document);
  }

  template <class Each>
  void for_each_beside(const std::string& uri, Role role, Each each) const {
    for (const auto& [other, document] : documents_)
      if (document.role == role && !document.is_lost && folder_of(other) == folder_of(uri)) each(other, document);
  }

  /// What the files beside a text say, while they are open; nothing of it where they are not.
  struct Beside {
    std::optional<Settings> variables;
    std::optional<std::vector<std::string>> conditions;
    std::vector<NamedText> named;
  };
  Beside beside(const std::string& uri) const {
    Beside beside;
    for_each_beside(uri, Role::Variables, [&](const std::string&, const Document& document) {
      Reports ignored;
      Tree tree = parse(document.text.text(), ignored);
      if (!beside.variables) beside.variables.emplace();
      Settings settings = check(tree, {.kind = TextKind::Variables}, ignored).settings;
      beside.variables->variables.merge(settings.variables);
      beside.variables->indicators.merge(settings.indicators);
    });
    for_each_beside(uri, Role::Named, [&](const std::string&, const Document& document) {
      std::optional<std::uint32_t> ignored;
      if (!beside.conditions) beside.conditions.emplace();
      for (NamedText& named : named_texts(document.text.text(), ignored)) {
        if (!named.parameters) beside.conditions->push_back(named.name);
        beside.named.push_back(std::move(named));
      }
    });
    return beside;
  }

  static CheckOptions options_of(const Beside& beside) {
    return {.conditions = beside.conditions, .given = beside.variables ? &*beside.variables : nullptr};
  }

  void judge_text(const std::string& uri, Document& document) {
    const Beside around = beside(uri);
    CheckOptions options = options_of(around);
    options.kind = document.kind;
    Reports reports;
    const OwnNames names{around.named};
    Tree tree = parse(document.text.text(), reports);
    names.expand(tree, reports);
    document.checked_kind = check(tree, options, reports).kind;
    publish(uri, document, diagnostics(document, reports));
  }

  void judge_variables(const std::string& uri, Document& document) {
    Reports reports;
    Tree tree = parse(document.text.text(), reports);
    (void)check(tree, {.kind = TextKind::Variables}, reports);
    publish(uri, document, diagnostics(document, reports));
  }

  /// Each line is a text of its own, whose first column is where its expression begins.
  void judge_named(const std::string& uri, Document& document) {
    document.checked_kind = TextKind::Condition;
    const Beside around = beside(uri);
    CheckOptions options = options_of(around);
    options.kind = TextKind::Condition;
    json all = json::array();
    std::optional<std::uint32_t> ignored;
    const std::vector<NamedText> own = named_texts(document.text.text(), ignored);
    const OwnNames names{own};
    std::size_t known = 0;
    for (std::uint32_t number = 0; number < document.text.lines() && all.size() < Reports::kMost; ++number) {
      const std::string_view line = document.text.line(number);
      std::optional<std::uint32_t> wrong;
      const std::vector<NamedText> named = named_texts(line, wrong);
      if (wrong) {
        all.push_back({{"range", json_of(document.text.range({number + 1, 1, 1}, encoding_))},
                       {"severity", 1},
                       {"source", "stom"},
                       {"code", "no-name"},
                       {"message", in(language_, "이름과 조건이 없습니다\n이렇게 쓰십시오: 이름: 조건",
                                      "no name and expression\na line is  name: expression")}});
      }
      for (const NamedText& one : named) {
        Reports reports;
        if (one.parameters && known < own.size()) {
          reports = names.reports(known);  // the rest is said where it is used
        } else {
          Tree tree = parse(one.text, reports);
          names.expand(tree, std::min(known, own.size()), reports);
          (void)check(tree, options, reports);
        }
        ++known;
        const Reports found = in_line(reports, one);
        for (Report report : found.all()) {
          report.place.line = number + 1;
          all.push_back(diagnostic(document, report));
        }
      }
    }
    publish(uri, document, std::move(all));
  }

  json diagnostics(const Document& document, const Reports& reports) const {
    json all = json::array();
    for (const Report& report : reports.all()) all.push_back(diagnostic(document, report));
    return all;
  }

  json diagnostic(const Document& document, const Report& report) const {
    return {{"range", json_of(document.text.range(report.place, encoding_))},
            {"severity", report.is_error() ? 1 : 2},
            {"code", report.code()},
            {"source", "stom"},
            {"message", report.message(language_) + "\n" + report.hint(language_)}};
  }

  void publish(const std::string& uri, const Document& document, json diagnostics) {
    json params{{"uri", uri}, {"diagnostics", std::move(diagnostics)}};
    if (document.version.is_number_integer()) params["version"] = document.version;
    notify("textDocument/publishDiagnostics", std::move(params));
  }

  // --- questions ------------------------------------------------------------------------------------

  static std::unexpected<Refused> not_open() {
    return refused(kInvalidParams, "the text is not open: send textDocument/didOpen first");
  }
  const Document* followed(const std::string& uri) const {
    const auto found = documents_.find(uri);
    return found == documents_.end() || found->second.is_lost ? nullptr : &found->second;
  }

  struct Question {
    const Document& document;
    std::size_t offset = 0;
    std::vector<std::string> conditions;

    const LineText& text() const { return document.text; }
  };
  Read<Question> question(const Call& call) const {
    const Document* document = followed(call.uri);
    if (!document) return not_open();
    const auto position = position_of(at(call.params, {"position"}));
    if (!position) return std::unexpected(position.error());
    return Question{*document, document->text.offset(*position, encoding_),
                    beside(call.uri).conditions.value_or(std::vector<std::string>{})};
  }
  Asker asker(const Question& question) const {
    return {language_, question.document.checked_kind, question.conditions, snippets_};
  }

  Read<json> completion(const Call& call) {
    const auto asked = question(call);
    if (!asked) return std::unexpected(asked.error());
    const Completions found = completions_at(asked->text(), asked->offset, asker(*asked));
    const json range = json_of(
        TextRange{asked->text().position(found.first, encoding_), asked->text().position(asked->offset, encoding_)});
    json items = json::array();
    for (std::size_t i = 0; i < found.items.size(); ++i) {
      const Completion& item = found.items[i];
      json one{{"label", item.label},
               {"kind", kind_of(item.offer)},
               {"sortText", std::to_string(10'000 + i)},
               {"textEdit", {{"range", range}, {"newText", item.insert}}}};
      if (!item.detail.empty()) one["detail"] = item.detail;
      if (!item.help.empty()) one["documentation"] = markdown(item.help);
      if (item.is_snippet) one["insertTextFormat"] = 2;
      items.push_back(std::move(one));
    }
    // What is offered depends on the first letters: asked anew with each.
    return json{{"isIncomplete", true}, {"items", std::move(items)}};
  }

  Read<json> hover(const Call& call) {
    const auto asked = question(call);
    if (!asked) return std::unexpected(asked.error());
    const auto found = hover_at(asked->text(), asked->offset, asker(*asked));
    if (!found) return json{};
    return json{{"contents", markdown(found->help)}, {"range", json_of(asked->text().range(found->place, encoding_))}};
  }

  Read<json> signature_help(const Call& call) {
    const auto asked = question(call);
    if (!asked) return std::unexpected(asked.error());
    const auto found = signature_at(asked->text(), asked->offset, asker(*asked));
    if (!found) return json{};
    json parameters = json::array();
    for (const std::string& parameter : found->signature.parameters) parameters.push_back({{"label", parameter}});
    json signature{{"label", found->signature.label()}, {"parameters", std::move(parameters)}};
    if (!found->signature.about.empty()) signature["documentation"] = found->signature.about;
    return json{{"signatures", json::array({std::move(signature)})},
                {"activeSignature", 0},
                {"activeParameter", found->parameter}};
  }

  Read<json> definition(const Call& call) {
    const auto asked = question(call);
    if (!asked) return std::unexpected(asked.error());
    const auto reference = reference_at(asked->text(), asked->offset);
    if (!reference) return json{};
    const std::string& uri = call.uri;
    json found;
    const auto location = [&](const std::string& where, const Document& document, Place place) {
      if (found.is_null()) found = {{"uri", where}, {"range", json_of(document.text.range(place, encoding_))}};
    };
    if (reference->of == Reference::Of::Condition) {
      for_each_beside(uri, Role::Named, [&](const std::string& where, const Document& document) {
        std::optional<std::uint32_t> ignored;
        for (const NamedText& named : named_texts(document.text.text(), ignored))
          if (!named.parameters && named.name == reference->name) location(where, document, {named.line, 1, 1});
      });
      return found;
    }
    if (const auto place = definition_in(asked->text(), *reference)) location(uri, asked->document, *place);
    if (reference->of == Reference::Of::Variable)
      for_each_beside(uri, Role::Variables, [&](const std::string& where, const Document& document) {
        if (const auto place = definition_in(document.text, *reference)) location(where, document, *place);
      });
    return found;
  }

  /// Lines stay lines, so the edits are of those that change.
  Read<json> formatting(const Call& call) {
    const Document* open = followed(call.uri);
    if (!open) return not_open();
    const Document& document = *open;
    const LineText laid{laid_out(document.text.text())};
    json edits = json::array();
    if (laid.text() == document.text.text()) return edits;  // also of a text whose layout its errors leave unclear
    for (std::uint32_t number = 0; number < laid.lines(); ++number) {
      const Place first{number + 1, 1, 1};
      const std::size_t start = document.text.offset(first);
      const std::string_view line = document.text.line(number);
      const std::size_t mark = start - document.text.offset(Position{number, 0}, Encoding::Utf8);
      if (line.substr(mark) == laid.line(number)) continue;
      const TextRange range{document.text.position(start, encoding_),
                            document.text.position(start + line.size() - mark, encoding_)};
      edits.push_back({{"range", json_of(range)}, {"newText", laid.line(number)}});
    }
    return edits;
  }

  Language language_;
  LanguageLimits limits_;
  State state_ = State::New;
  std::optional<int> exit_code_;
  Encoding encoding_ = Encoding::Utf16;
  bool snippets_ = false;
  std::optional<TextKind> kind_;
  std::map<std::string, Document> documents_;
  std::vector<std::string> out_;
};

LanguageServer::LanguageServer(Language language, LanguageLimits limits)
    : impl_{std::make_unique<Impl>(language, limits)} {}
LanguageServer::~LanguageServer() = default;
LanguageServer::LanguageServer(LanguageServer&&) noexcept = default;
LanguageServer& LanguageServer::operator=(LanguageServer&&) noexcept = default;

std::vector<std::string> LanguageServer::receive(std::string_view message) { return impl_->receive(message); }

std::string LanguageServer::refusal(std::string_view why) {
  return json{{"jsonrpc", "2.0"}, {"id", nullptr}, {"error", {{"code", kInvalidRequest}, {"message", why}}}}.dump();
}

std::optional<int> LanguageServer::exit_code() const { return impl_->exit_code(); }
bool LanguageServer::is_shut_down() const { return impl_->is_shut_down(); }

}  // namespace stom::conditions
