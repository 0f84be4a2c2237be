// The language server as an editor meets it: messages in, messages out, and what becomes of those that are wrong.
#include "conditions/language_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "conditions/checker.hpp"
#include "conditions/language_frames.hpp"
#include "conditions/parser.hpp"

namespace stom::conditions {
namespace {

using nlohmann::json;

constexpr const char* kBuyFile = "file:///texts/buy.txt";
constexpr const char* kSellFile = "file:///texts/%EB%A7%A4%EB%8F%84.txt";  // 매도

class Editor {
 public:
  explicit Editor(LanguageLimits limits = {}) : server{Language::English, limits} {}

  std::vector<json> say(const std::string& message) {
    std::vector<json> answers;
    for (const std::string& answer : server.receive(message)) answers.push_back(json::parse(answer));
    return answers;
  }
  json ask(const std::string& method, const json& params) {
    const auto answers = say(json{{"jsonrpc", "2.0"}, {"id", ++id_}, {"method", method}, {"params", params}}.dump());
    EXPECT_EQ(answers.size(), 1u) << method;
    if (answers.empty()) return {};
    EXPECT_EQ(answers[0]["id"], id_);
    return answers[0].contains("error") ? answers[0]["error"] : answers[0]["result"];
  }
  std::vector<json> tell(const std::string& method, const json& params) {
    return say(json{{"jsonrpc", "2.0"}, {"method", method}, {"params", params}}.dump());
  }
  json begin(json params = json::object()) { return ask("initialize", params); }
  /// The diagnostics of it.
  json open(const std::string& uri, const std::string& text) {
    const json document{{"uri", uri}, {"languageId", "stom"}, {"version", 1}, {"text", text}};
    return problems(tell("textDocument/didOpen", {{"textDocument", document}}), uri);
  }
  json change(const std::string& uri, const json& changes) {
    const json params{{"textDocument", {{"uri", uri}, {"version", ++version_}}}, {"contentChanges", changes}};
    return problems(tell("textDocument/didChange", params), uri);
  }
  json at(const std::string& method, const std::string& uri, int line, int character) {
    return ask("textDocument/" + method,
               {{"textDocument", {{"uri", uri}}}, {"position", {{"line", line}, {"character", character}}}});
  }
  std::vector<std::string> offered(const std::string& uri, int line, int character) {
    std::vector<std::string> labels;
    const json found = at("completion", uri, line, character);
    for (const json& item : found["items"]) labels.push_back(item["label"]);
    return labels;
  }

  LanguageServer server;

 private:
  static json problems(const std::vector<json>& answers, const std::string& uri) {
    for (const json& answer : answers)
      if (answer["method"] == "textDocument/publishDiagnostics" && answer["params"]["uri"] == uri)
        return answer["params"]["diagnostics"];
    return {};
  }
  int id_ = 0, version_ = 1;
};

json range(int line, int first, int last) {
  return {{"start", {{"line", line}, {"character", first}}}, {"end", {{"line", line}, {"character", last}}}};
}
json change_of(const json& where, const std::string& text) { return json::array({{{"range", where}, {"text", text}}}); }
bool has(const std::vector<std::string>& labels, std::string_view label) {
  return std::ranges::find(labels, label) != labels.end();
}

TEST(LanguageServer, TellsWhatItCanAndCountsPositionsAsTheClientAsks) {
  Editor editor;
  const json result = editor.begin({{"capabilities", {{"general", {{"positionEncodings", {"utf-32", "utf-16"}}}}}}});
  EXPECT_EQ(result["capabilities"]["positionEncoding"], "utf-32");
  EXPECT_EQ(result["capabilities"]["hoverProvider"], true);
  EXPECT_EQ(Editor{}.begin()["capabilities"]["positionEncoding"], "utf-16") << "the protocol's default";
}

TEST(LanguageServer, SaysOfATextWhatLintSays) {
  const std::string text = "if 채결강도 > 100:\n    매수 = False\nif 현재가 > 1000\n    매수 = False\n";
  Reports reports;
  Tree tree = parse(text, reports);
  (void)check(tree, {.kind = TextKind::Buy}, reports);
  ASSERT_GE(reports.all().size(), 2u);
  for (const Language language : {Language::Korean, Language::English}) {
    Editor editor;
    editor.begin({{"locale", language == Language::Korean ? "ko-KR" : "en"}});
    const json problems = editor.open(kBuyFile, text);
    ASSERT_EQ(problems.size(), reports.all().size());
    for (std::size_t i = 0; i < problems.size(); ++i) {
      const Report& report = reports.all()[i];
      EXPECT_EQ(problems[i]["message"], report.message(language) + "\n" + report.hint(language));
      EXPECT_EQ(problems[i]["code"], report.code());
      EXPECT_EQ(problems[i]["severity"], 1);
      EXPECT_EQ(problems[i]["range"]["start"]["line"], report.place.line - 1);
      EXPECT_EQ(problems[i]["range"]["start"]["character"], report.place.column - 1);
    }
  }
}

TEST(LanguageServer, AnErrorComesAsItIsTypedAndGoesWhenItIsMended) {
  Editor editor;
  editor.begin();
  EXPECT_EQ(editor.open(kBuyFile, "매수 = 현재가 > 시가\n"), json::array());
  const json problems = editor.change(kBuyFile, change_of(range(0, 5, 8), "현재까"));
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0]["code"], "unknown-word");
  EXPECT_EQ(problems[0]["range"], range(0, 5, 8));
  EXPECT_EQ(editor.change(kBuyFile, change_of(range(0, 7, 8), "가")), json::array());
}

TEST(LanguageServer, CountsCharactersAsTheirEncodingDoes) {
  struct Counted {
    const char* encoding;
    int first, last;
  };
  // The face is one code point, 2 code units in UTF-16 and 4 bytes; Hangul is one, one and 3.
  for (const Counted& counted : {Counted{"utf-16", 20, 23}, Counted{"utf-32", 19, 22}, Counted{"utf-8", 32, 41}}) {
    Editor editor;
    editor.begin({{"capabilities", {{"general", {{"positionEncodings", {counted.encoding}}}}}}});
    const json problems = editor.open(kBuyFile, "매수 = 종목명 != '😀' or 채결강 > 1\n");
    ASSERT_EQ(problems.size(), 1u) << counted.encoding;
    EXPECT_EQ(problems[0]["range"], range(0, counted.first, counted.last)) << counted.encoding;
    const json mended = editor.change(kBuyFile, change_of(problems[0]["range"], "체결강도"));
    EXPECT_EQ(mended, json::array()) << counted.encoding << ": the range is the word";
  }
}

TEST(LanguageServer, ReadsEveryEndOfLineAndAMarkOfByteOrder) {
  Editor editor;
  editor.begin();
  const json problems = editor.open(kBuyFile, "\xEF\xBB\xBFx = 1\r\ny = 2\rz = 3\n매수 = 없는단어일것\n");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0]["range"]["start"], (json{{"line", 3}, {"character", 5}}));
  const json first = editor.open(kBuyFile, "\xEF\xBB\xBF매수 = 없는단어일것\n");
  EXPECT_EQ(first[0]["range"]["start"], (json{{"line", 0}, {"character", 6}}))
      << "an editor that kept the mark counts it";
  const json named = editor.open("file:///texts/named.txt", "\xEF\xBB\xBFx: 없는단어일것\n");
  ASSERT_EQ(named.size(), 1u);
  EXPECT_EQ(named[0]["range"]["start"], (json{{"line", 0}, {"character", 4}}));
}

TEST(LanguageServer, WhatKindATextIsItsFileNameSays) {
  Editor editor;
  editor.begin();
  const std::string text = "if 수익률 > 3:\n    매도 = True\n";  // of what is held: nothing that a buy text knows
  EXPECT_EQ(editor.open(kSellFile, text), json::array());
  EXPECT_NE(editor.open(kBuyFile, text), json::array());
  EXPECT_EQ(editor.open("file:///texts/other.txt", text), json::array()) << "its words say";
  Editor told;
  told.begin({{"initializationOptions", {{"kind", "buy"}}}});
  EXPECT_NE(told.open("file:///texts/other.txt", text), json::array());
  EXPECT_EQ(Editor{}.begin({{"initializationOptions", {{"kind", "hold"}}}})["code"], -32602);
}

TEST(LanguageServer, CompletesWordsWithUnitAndMeaning) {
  Editor editor;
  editor.begin(
      {{"locale", "ko"},
       {"capabilities", {{"textDocument", {{"completion", {{"completionItem", {{"snippetSupport", true}}}}}}}}}});
  editor.open(kBuyFile, "수익선 = 3\nif 체결\n");
  const json found = editor.at("completion", kBuyFile, 1, 5);
  const auto item = [&](std::string_view label) {
    for (const json& one : found["items"])
      if (one["label"] == label) return one;
    return json{};
  };
  EXPECT_EQ(item("체결강도")["detail"], "% · 누적 매수 체결량 / 누적 매도 체결량 x 100 (코인은 500까지)");
  EXPECT_EQ(item("체결강도평균")["textEdit"], (json{{"range", range(1, 3, 5)}, {"newText", "체결강도평균(${1:30})"}}));
  EXPECT_EQ(item("체결강도평균")["insertTextFormat"], 2);
  EXPECT_EQ(item("체결강도N")["textEdit"]["newText"], "체결강도N(${1:1})");
  EXPECT_TRUE(item("현재가").is_null()) << "does not have what was typed";
  EXPECT_TRUE(item("최고체결강도").is_object()) << "has it inside";
}

TEST(LanguageServer, OffersWhatMayStandThereAndNothingElse) {
  Editor editor;
  editor.begin();
  editor.open(kBuyFile,
              "my_line = 3\nif my\nx = pri\n# pri\ny = 12\nself.\nself.indicator['RSI_']\nz = RSI(7, '')\nw = 수\n");
  EXPECT_TRUE(has(editor.offered(kBuyFile, 1, 5), "my_line"));
  EXPECT_TRUE(has(editor.offered(kBuyFile, 2, 7), "price")) << "English words in a text in English";
  EXPECT_EQ(editor.offered(kBuyFile, 3, 5), std::vector<std::string>{}) << "in a comment";
  EXPECT_EQ(editor.offered(kBuyFile, 4, 6), std::vector<std::string>{}) << "behind a number";
  EXPECT_EQ(editor.offered(kBuyFile, 5, 5), (std::vector<std::string>{"vars", "indicator"}));
  EXPECT_TRUE(has(editor.offered(kBuyFile, 6, 20), "RSI_timeperiod"));
  EXPECT_FALSE(has(editor.offered(kBuyFile, 6, 20), "price"));
  EXPECT_TRUE(has(editor.offered(kBuyFile, 7, 12), "5m")) << "the length of a bar";
  EXPECT_FALSE(has(editor.offered(kBuyFile, 8, 5), "수익률")) << "nothing is held in a buy text";
  editor.open(kSellFile, "w = 수\n");
  EXPECT_TRUE(has(editor.offered(kSellFile, 0, 5), "수익률"));
}

TEST(LanguageServer, HelpsWithAWordFromTheTableOfWords) {
  Editor editor;
  editor.begin({{"locale", "en"}});
  editor.open(kBuyFile, "limit = self.vars[3]\nif price_mean(20) > limit and RSI > 70:\n    매수 = False\n");
  const json mean = editor.at("hover", kBuyFile, 1, 5);
  EXPECT_EQ(mean["range"], range(1, 3, 13));
  const std::string help = mean["contents"]["value"];
  for (const char* part : {"price_mean(rows, ago = 0, '5m')", "이동평균", "price · mean of price", "Example: "})
    EXPECT_NE(help.find(part), std::string::npos) << part << " in " << help;
  const std::string rsi = editor.at("hover", kBuyFile, 1, 31)["contents"]["value"];
  EXPECT_NE(rsi.find("`timeperiod` = 14 (2 … 100000)"), std::string::npos) << rsi;
  const std::string own = editor.at("hover", kBuyFile, 1, 22)["contents"]["value"];
  EXPECT_NE(own.find("Line 1:"), std::string::npos) << own;
  EXPECT_NE(own.find("limit = self.vars[3]"), std::string::npos) << own;
  EXPECT_TRUE(editor.at("hover", kBuyFile, 1, 15).is_null()) << "a number explains itself";
}

TEST(LanguageServer, ShowsTheArgumentThatIsBeingWritten) {
  Editor editor;
  editor.begin();
  editor.open(kBuyFile, "x = price_mean(60, (1 + 2), ");
  const json help = editor.at("signatureHelp", kBuyFile, 0, 28);
  EXPECT_EQ(help["signatures"][0]["label"], "price_mean(rows, ago = 0, '5m')");
  EXPECT_EQ(help["activeParameter"], 2);
  EXPECT_EQ(editor.at("signatureHelp", kBuyFile, 0, 16)["activeParameter"], 0);
  editor.open(kBuyFile, "x = price_mean(60)");
  EXPECT_TRUE(editor.at("signatureHelp", kBuyFile, 0, 18).is_null()) << "the call is closed";
}

TEST(LanguageServer, FindsWhereANameWasMade) {
  Editor editor;
  editor.begin();
  editor.open("file:///texts/vars.txt", "self.vars[1] = 2\nself.vars[4] = 25\n");
  editor.open("file:///texts/named.txt", "# conditions\n돌파: 현재가 > 최고현재가(30, 1)\n");
  editor.open(
      kBuyFile,
      "self.vars[1] = 5\nlimit = 3\nfor i in range(3):\n    limit += i\nx = limit + self.vars[1] + self.vars[4]\n"
      "if 경과틱수('돌파') > 3:\n    매수 = False\n");
  const auto where = [&](int line, int character) {
    const json found = editor.at("definition", kBuyFile, line, character);
    return found.is_null() ? std::string{} : found["uri"].get<std::string>() + ":" + found["range"]["start"].dump();
  };
  EXPECT_EQ(where(4, 5), std::string{kBuyFile} + R"(:{"character":0,"line":1})");
  EXPECT_EQ(where(3, 13), std::string{kBuyFile} + R"(:{"character":4,"line":2})") << "what a loop counts with";
  EXPECT_EQ(where(4, 19), std::string{kBuyFile} + R"(:{"character":0,"line":0})") << "the text's own comes first";
  EXPECT_EQ(where(4, 35), R"(file:///texts/vars.txt:{"character":0,"line":1})");
  EXPECT_EQ(where(5, 10), R"(file:///texts/named.txt:{"character":0,"line":1})");
  EXPECT_EQ(where(0, 20), "");
}

TEST(LanguageServer, FilesBesideATextCountWhileTheyAreOpen) {
  Editor editor;
  editor.begin();
  const std::string text = "if 경과틱수('돌파') > 3:\n    매수 = False\n";
  EXPECT_EQ(editor.open(kBuyFile, text), json::array()) << "any name may be in a file that is not open";
  const auto answers =
      editor.tell("textDocument/didOpen", {{"textDocument",
                                            {{"uri", "file:///texts/named.txt"},
                                             {"version", 1},
                                             {"text", "급등: 등락율 > 5\n돌 파 현재가\nv: 현재까 > 1\n"}}}});
  ASSERT_EQ(answers.size(), 2u) << "of the file and of the text beside it";
  const json& named = answers[0]["params"]["diagnostics"];
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0]["code"], "no-name");
  EXPECT_EQ(named[1]["range"], range(2, 3, 6)) << "columns are the file's";
  ASSERT_EQ(answers[1]["params"]["diagnostics"].size(), 1u);
  EXPECT_EQ(answers[1]["params"]["diagnostics"][0]["code"], "unknown-condition");
  const auto closed = editor.tell("textDocument/didClose", {{"textDocument", {{"uri", "file:///texts/named.txt"}}}});
  ASSERT_EQ(closed.size(), 2u);
  EXPECT_EQ(closed[1]["params"]["diagnostics"], json::array());
}

TEST(LanguageServer, FormatsTheLinesThatChange) {
  Editor editor;
  editor.begin();
  editor.open(kBuyFile, "if 현재가>시가 :\r\n  매수=False\r\nx = 1\r\n");
  const json edits =
      editor.ask("textDocument/formatting", {{"textDocument", {{"uri", kBuyFile}}}, {"options", {{"tabSize", 4}}}});
  EXPECT_EQ(edits, json::array({{{"range", range(0, 0, 11)}, {"newText", "if 현재가 > 시가:"}},
                                {{"range", range(1, 0, 10)}, {"newText", "    매수 = False"}}}));
  editor.open(kBuyFile, "if (현재가>시가:\n");
  EXPECT_EQ(editor.ask("textDocument/formatting", {{"textDocument", {{"uri", kBuyFile}}}}), json::array()) << "unclear";
}

TEST(LanguageServer, AnswersWhatIsWrongInWords) {
  Editor editor;
  const auto code = [&](const std::string& message) {
    const auto answers = editor.say(message);
    return answers.size() == 1 && answers[0].contains("error") ? answers[0]["error"]["code"].get<int>() : 0;
  };
  EXPECT_EQ(code(R"({"jsonrpc":"2.0","id":1,"method":"textDocument/hover"})"), -32002) << "before initialize";
  editor.begin();
  EXPECT_EQ(code("{"), -32700);
  EXPECT_EQ(code("\"\xff\""), -32700) << "no UTF-8";
  EXPECT_EQ(code("[]"), -32600);
  EXPECT_EQ(code("{}"), -32600);
  EXPECT_EQ(code(std::string(100, '[')), -32600) << "nested too deep";
  EXPECT_EQ(code(R"({"id":{},"method":"x"})"), -32600);
  EXPECT_EQ(code(R"({"id":1,"method":7})"), -32600);
  EXPECT_EQ(code(R"({"id":1,"method":"initialize"})"), -32600) << "twice";
  EXPECT_EQ(code(R"({"id":1,"method":"workspace/symbol"})"), -32601);
  EXPECT_EQ(code(R"({"id":1,"method":"textDocument/didOpen"})"), -32601) << "is no request";
  EXPECT_EQ(code(R"({"id":1,"method":"textDocument/hover","params":[]})"), -32602);
  EXPECT_EQ(code(R"({"id":1,"method":"textDocument/hover","params":{"textDocument":{"uri":"x"}}})"), -32602)
      << "not open";
  editor.open(kBuyFile, "매수 = False\n");
  EXPECT_EQ(editor.at("hover", kBuyFile, -1, 0)["code"], -32602);
  EXPECT_TRUE(editor.at("hover", kBuyFile, 1000, 1000).is_null()) << "behind the end is the end";
  EXPECT_TRUE(editor.say(R"({"method":"$/setTrace","params":{}})").empty());
  EXPECT_TRUE(editor.say(R"({"id":9,"result":null})").empty()) << "we ask nothing";
  editor.ask("shutdown", nullptr);
  EXPECT_EQ(code(R"({"id":1,"method":"textDocument/hover"})"), -32600);
  EXPECT_FALSE(editor.server.exit_code());
  editor.tell("exit", nullptr);
  EXPECT_EQ(editor.server.exit_code(), 0);
}

TEST(LanguageServer, AnEditorThatLeavesWithoutShutdownIsAnError) {
  Editor editor;
  editor.begin();
  editor.tell("exit", nullptr);
  EXPECT_EQ(editor.server.exit_code(), 1);
}

TEST(LanguageServer, AChangeThatCannotBeAppliedIsToldAndTheTextIsFollowedAgainOnceOpenedAnew) {
  Editor editor;
  editor.begin();
  editor.open(kBuyFile, "매수 = 없음\n");
  const json backwards{{"start", {{"line", 1}, {"character", 0}}}, {"end", {{"line", 0}, {"character", 0}}}};
  const json params{{"textDocument", {{"uri", kBuyFile}, {"version", 2}}},
                    {"contentChanges", change_of(backwards, "x")}};
  const auto answers = editor.tell("textDocument/didChange", params);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0]["params"]["diagnostics"], json::array()) << "they would be of a text that is no more";
  EXPECT_EQ(answers[1]["method"], "window/showMessage");
  EXPECT_EQ(editor.at("hover", kBuyFile, 0, 0)["code"], -32602);
  EXPECT_EQ(editor.open(kBuyFile, "매수 = 없음\n").size(), 1u);
}

TEST(LanguageServer, IsBounded) {
  Editor editor{{.message_bytes = 4096, .text_bytes = 100, .texts = 2}};
  editor.begin();
  EXPECT_EQ(editor.say(std::string(5000, ' '))[0]["error"]["code"], -32600);
  const json long_text = editor.open(kBuyFile, std::string(101, ' '));
  ASSERT_EQ(long_text.size(), 1u);
  EXPECT_EQ(long_text[0]["code"], "too-long");
  EXPECT_EQ(editor.change(kBuyFile, json::array({{{"text", "매수 = False\n"}}})), json::array()) << "short again";
  const json grown = editor.change(kBuyFile, change_of(range(0, 0, 0), std::string(100, ' ')));
  EXPECT_EQ(grown[0]["code"], "too-long");
  editor.open("file:///a", "");
  const auto third = editor.tell("textDocument/didOpen", {{"textDocument", {{"uri", "file:///b"}, {"text", ""}}}});
  ASSERT_EQ(third.size(), 1u);
  EXPECT_EQ(third[0]["method"], "window/showMessage");
}

TEST(LanguageServer, ManyChangesOfALargeTextAreRefusedBeforeTheyTakeLong) {
  Editor editor;
  editor.begin();
  editor.open(kBuyFile, std::string(kMostBytes, '\n'));
  json changes = json::array();
  for (int i = 0; i < 1000; ++i) changes.push_back({{"range", range(0, 0, 0)}, {"text", ""}});
  const json params{{"textDocument", {{"uri", kBuyFile}, {"version", 2}}}, {"contentChanges", changes}};
  const auto answers = editor.tell("textDocument/didChange", params);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1]["method"], "window/showMessage");
}

TEST(LanguageServer, ALineOfAMillionLettersIsAskedAboutInNoTime) {
  Editor editor;
  editor.begin();
  std::string line;
  while (line.size() + 13 < kMostBytes) line += "가나다라 ";  // each asked for its place would be hours
  editor.open(kBuyFile, line);
  for (const char* method : {"completion", "hover", "signatureHelp", "definition", "formatting"})
    editor.at(method, kBuyFile, 0, 3);
}

TEST(LanguageFrames, AreFoundHoweverTheBytesCome) {
  const std::string two = framed("{\"a\":1}") + "content-length:\t2 \r\nContent-Type: x\r\n\r\n{}";
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, two.size()}) {
    LanguageFrames frames;
    std::vector<std::string> found;
    for (std::size_t at = 0; at < two.size(); at += piece) {
      frames.feed(std::string_view{two}.substr(at, piece));
      while (const auto one = frames.next()) {
        EXPECT_EQ(one->kind, LanguageFrames::Kind::Message);
        found.push_back(one->message);
      }
    }
    EXPECT_EQ(found, (std::vector<std::string>{"{\"a\":1}", "{}"})) << piece;
  }
}

TEST(LanguageFrames, AWrongHeaderIsToldAndTheNextMessageIsRead) {
  using Kind = LanguageFrames::Kind;
  struct Wrong {
    std::string bytes;
    Kind kind;
  };
  const std::string huge = std::to_string(LanguageFrames::kMostMessage + 1);
  for (const Wrong& wrong :
       {Wrong{"Content-Type: x\r\n\r\n", Kind::NoLength}, Wrong{"Content-Length: -1\r\n\r\n", Kind::NoLength},
        Wrong{"Content-Length: 99999999999999999999\r\n\r\n", Kind::NoLength},
        Wrong{"Content-Length: 2\r\nContent-Length: 3\r\n\r\n", Kind::NoLength},
        Wrong{std::string(10'000, 'x') + "\r\n\r\n", Kind::NoLength},
        Wrong{"Content-Length: " + huge + "\r\n\r\n" + std::string(LanguageFrames::kMostMessage + 1, ' '),
              Kind::TooLong}}) {
    LanguageFrames frames;
    frames.feed(wrong.bytes);
    frames.feed(framed("{}"));
    const auto first = frames.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->kind, wrong.kind);
    const auto second = frames.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->message, "{}");
    EXPECT_FALSE(frames.next());
  }
}

}  // namespace
}  // namespace stom::conditions
