// The conformance cards: what every venue's decoder owes, checked on every recorded or documented frame that there is
// (conformance_fixtures.txt). A new venue adds lines there and a page in docs/venues, no code here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "importers/line_source.hpp"
#include "tests/support/test_data.hpp"
#include "venues/recorded.hpp"
#include "venues/registry.hpp"

namespace stom::venues {
namespace {

using Value = nlohmann::ordered_json;
using What = Decoded::What;

struct Fixture {
  std::string venue;
  std::string path;  // below the folder of test data; src/… is below the project's
  std::filesystem::path file;
  std::set<std::size_t> errors;
  std::size_t lines = 0;  // that all files of the path must have together; 0: nobody says
};

/// In the place of a venue: the file holds no frames.
constexpr std::string_view kNoFrames = "none";

std::vector<Fixture> fixtures() {
  std::vector<Fixture> all;
  const auto data = test::test_data();
  if (!data) return all;
  std::ifstream list{STOM_SOURCE_DIR "/src/venues/conformance_fixtures.txt"};
  std::string line;
  while (std::getline(list, line)) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words{line};
    Fixture fixture;
    std::string word, numbers;
    words >> fixture.venue >> fixture.path;
    if (fixture.venue == kNoFrames) continue;
    while (words >> word >> numbers) {
      if (word == "lines") {
        fixture.lines = std::stoul(numbers);
        continue;
      }
      EXPECT_EQ(word, "error") << line;
      std::istringstream each{numbers};
      while (std::getline(each, word, ',')) fixture.errors.insert(std::stoul(word));
      break;  // then why
    }
    const auto base = fixture.path.starts_with("src/") ? std::filesystem::path{STOM_SOURCE_DIR} : *data;
    std::vector<std::filesystem::path> files{base / fixture.path};
    if (fixture.path.ends_with('/')) {
      files.clear();
      for (const auto& entry : std::filesystem::directory_iterator{base / fixture.path}) files.push_back(entry.path());
      std::ranges::sort(files);
    }
    for (const auto& file : files) {
      EXPECT_TRUE(std::filesystem::is_regular_file(file)) << file;
      fixture.file = file;
      all.push_back(fixture);
    }
  }
  EXPECT_FALSE(all.empty());
  return all;
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// Calls visit(line number, the answer) for what `stom venue decode` would print.
template <class Visit>
void each_answer(const Fixture& fixture, RecordedDecoder& decoder, std::size_t most, Visit visit) {
  const auto name = fixture.file.string();
  if (name.ends_with(".json")) return visit(1, decoder.frame(text_of(fixture.file)));
  if (name.ends_with(".txt")) {
    std::size_t n = 0;
    for (const auto& example : examples_in(text_of(fixture.file)))
      if (++n; !example.sent) visit(n, decoder.frame(example.text));
    return;
  }
  auto source = importers::LineSource::open(fixture.file);
  ASSERT_TRUE(source) << name;
  std::string_view line;
  for (std::size_t n = 1; n <= most; ++n) {
    const auto more = source->next(line);
    ASSERT_TRUE(more) << name;
    if (!*more) break;
    visit(n, decoder.line(line));
  }
}

/// What a venue's page says that it leaves out: the code in the first column of its table "Left out".
std::vector<std::string> left_out(std::string_view venue) {
  const std::string page =
      text_of(fmt::format("{}/docs/venues/{}.md", STOM_SOURCE_DIR, venue.starts_with("binance") ? "binance" : venue));
  EXPECT_FALSE(page.empty()) << "no page for " << venue;
  std::vector<std::string> found;
  std::istringstream lines{page.substr(std::min(page.size(), page.find("## Left out")))};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line) && !line.starts_with("## "))
    if (line.starts_with("| `")) found.push_back(line.substr(3, line.find('`', 3) - 3));
  return found;
}

TEST(Conformance, Card1EveryFrameIsReadOrSaidToBeLeftOut) {
  const auto all = fixtures();
  if (all.empty()) GTEST_SKIP() << test::kNoTestData;
  std::map<std::string, std::size_t> events, lines;
  for (const auto& fixture : all) {
    const auto decoder = make_decoder(fixture.venue);
    ASSERT_TRUE(decoder) << fixture.venue;
    RecordedDecoder recorded{fixture.venue, *decoder};
    const auto unread = left_out(fixture.venue);
    auto errors = fixture.errors;
    each_answer(fixture, recorded, 5'000, [&](std::size_t n, const std::string& answer) {
      const auto where = fmt::format("{}:{}: {}", fixture.file.filename().string(), n, answer.substr(0, 300));
      const auto parsed = Value::parse(answer, nullptr, false);
      ASSERT_TRUE(parsed.is_object()) << where;
      ++lines[fixture.path];
      if (parsed.contains("skipped")) return;
      if (errors.erase(n) > 0) {
        EXPECT_TRUE(parsed.contains("error")) << where;
        return;
      }
      EXPECT_FALSE(parsed.contains("error")) << where;
      if (parsed.contains("unknown"))
        EXPECT_TRUE(std::ranges::any_of(
            unread, [&](const auto& name) { return parsed["unknown"].get<std::string>().starts_with(name); }))
            << where << " and docs/venues does not say that it is left out";
      else
        EXPECT_FALSE(parsed.contains("unknown_fields")) << where;
      if (parsed.contains("events")) events[fixture.venue] += parsed["events"].size();
    });
    EXPECT_TRUE(errors.empty()) << fixture.file << ": it has not the lines that must be errors";
  }
  for (const auto& fixture : all)
    if (fixture.lines > 0) {
      EXPECT_EQ(lines[fixture.path], fixture.lines) << fixture.path;
    }
  for (const auto& venue : venues_with_decoder()) EXPECT_GT(events[venue], 30u) << venue;
}

TEST(Conformance, Card1NoFrameOfAVenueLiesAboutUnread) {
  const auto all = fixtures();
  if (all.empty()) GTEST_SKIP() << test::kNoTestData;
  const auto protocols = *test::test_data() / "protocol";
  std::set<std::filesystem::path> named, folders;
  for (const auto& fixture : all) {
    if (!fixture.path.starts_with("protocol/")) continue;
    named.insert(fixture.file);
    const auto below = fixture.path.substr(fixture.path.find('/') + 1);
    folders.insert(protocols / below.substr(0, below.find('/')));
  }
  std::ifstream list{STOM_SOURCE_DIR "/src/venues/conformance_fixtures.txt"};
  for (std::string venue, path, line; list >> venue >> path && std::getline(list, line);)
    if (venue == kNoFrames) named.insert(*test::test_data() / path);
  EXPECT_GE(folders.size(), 4u);
  for (const auto& folder : folders)
    for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
      if (entry.is_regular_file()) {
        EXPECT_TRUE(named.contains(entry.path())) << entry.path() << " has no line in conformance_fixtures.txt";
      }
}

TEST(Conformance, Card2EveryKindAndFieldIsInTheDocument) {
  const auto all = fixtures();
  if (all.empty()) GTEST_SKIP() << test::kNoTestData;
  const std::string page = text_of(STOM_SOURCE_DIR "/docs/events.md");
  std::set<std::string> missing;
  for (const auto& fixture : all) {
    const auto decoder = make_decoder(fixture.venue);
    RecordedDecoder recorded{fixture.venue, *decoder};
    each_answer(fixture, recorded, 500, [&](std::size_t, const std::string&) {
      if (recorded.decoded().what != What::Events) return;
      for (const auto& event : recorded.events().events) {
        // "| `kind` | … `field` …": the kind's own line, or that of the fields which all have.
        const auto at = page.rfind(fmt::format("| `{}` |", event.kind));
        if (at == std::string::npos) {
          missing.insert(std::string{event.kind});
          continue;
        }
        const auto line = page.substr(at, page.find('\n', at) - at);
        for (std::uint32_t i = 0; i < event.fields; ++i) {
          const auto name = recorded.events().fields[event.first_field + i].name;
          if (name != "instrument" && name != "venue_time_ns" && name != "sent_time_ns" &&
              line.find(fmt::format("`{}`", name)) == std::string::npos)
            missing.insert(fmt::format("{}.{}", event.kind, name));
        }
      }
    });
  }
  EXPECT_EQ(fmt::format("{}", fmt::join(missing, " ")), "");
}

/// Frames of all shapes, a few of each, as the decoder gets them.
struct Frame {
  std::string venue;
  Value value;
};
std::vector<Frame> frames() {
  std::vector<Frame> found;
  std::map<std::string, int> seen;  // by venue, kind and members
  for (const auto& fixture : fixtures()) {
    const auto add = [&](std::string_view text) {
      if (text.size() > 20'000) return;
      auto value = Value::parse(text, nullptr, false);
      if (value.is_discarded()) return;
      if (value.is_object() && value.contains("json")) value = Value(value["json"]);
      if (value.is_object() && value.contains("body")) value = Value(value["body"]);
      std::vector<Value> each{value};
      if (value.is_object() && value.contains("response_examples")) {
        each.clear();
        for (const auto& example : value["response_examples"]) each.push_back(example["parsed"]);
      }
      for (auto& one : each) {
        if (one.is_object() && one.contains("method")) continue;
        std::string shape = fixture.venue;
        for (const auto& [key, part] : one.items()) {
          shape += "," + key;
          if (key == "e" || key == "type" || key == "trnm" || key == "data") shape += part.dump().substr(0, 60);
        }
        if (seen[shape]++ < 2) found.push_back({fixture.venue, one});
      }
    };
    const auto name = fixture.file.string();
    if (name.ends_with(".json")) {
      add(text_of(fixture.file));
    } else if (name.ends_with(".txt")) {
      for (const auto& example : examples_in(text_of(fixture.file)))
        if (!example.sent) add(example.text);
    } else {
      auto source = importers::LineSource::open(fixture.file);
      std::string_view line;
      for (int n = 0; source && n < 300; ++n) {
        if (const auto more = source->next(line); !more || !*more) break;
        if (line.contains(">\t")) continue;
        if (const auto at = line.find_first_of("{["); at != std::string_view::npos) add(line.substr(at));
      }
    }
  }
  return found;
}

struct Read {
  Decoded decoded;
  std::string events;  // without the count of unknown members
  std::vector<std::string> unknown;
};
Read read(Decoder& decoder, const std::string& frame) {
  EventBatch batch;
  Read out;
  out.decoded = decoder.decode(frame, kNoTime, batch);
  for (const auto name : batch.unknown_fields) out.unknown.emplace_back(name);
  batch.unknown_fields.clear();
  out.events = to_json(batch, "v");
  if (out.decoded.what != What::Events) {
    EXPECT_TRUE(batch.events.empty() && batch.fields.empty()) << frame;
  }
  return out;
}

/// Whether `now` says nothing that `plain` does not say: the same values, or such as hand the new word on; a member or
/// a whole event may be missing, a part of a list may not.
bool says_no_more(const Value& now, const Value& plain, std::string_view new_word) {
  const auto hands_on = [&](const Value& value) {
    return !new_word.empty() && value.is_string() && value.get_ref<const std::string&>().contains(new_word);
  };
  if (now.is_object() && plain.is_object())
    return std::ranges::all_of(now.items(), [&](const auto& member) {
      const auto at = plain.find(member.key());
      return hands_on(member.value()) || (at != plain.end() && says_no_more(member.value(), *at, new_word));
    });
  if (now.is_array() && plain.is_array() && now.size() == plain.size()) {
    for (std::size_t i = 0; i < now.size(); ++i)
      if (!says_no_more(now[i], plain[i], new_word)) return false;
    return true;
  }
  return now == plain || hands_on(now);
}
bool says_no_more(const std::string& now, const std::string& plain, std::string_view new_word = {}) {
  constexpr const char* kTime = "venue_time_ns";
  const auto events = Value::parse(now)["events"], of_plain = Value::parse(plain)["events"];
  const auto is_time_of_the_message = [&](const Value& time) {
    return std::ranges::any_of(of_plain, [&](const Value& one) { return one.contains(kTime) && one[kTime] == time; });
  };
  std::size_t at = 0;
  for (auto event : events) {
    if (event["kind"] == "ok") continue;  // no more than that the venue took what was asked
    // A part without a time has that of its message.
    const bool timed = event.contains(kTime) && is_time_of_the_message(event[kTime]);
    for (; at < of_plain.size(); ++at) {
      if (timed && of_plain[at].contains(kTime)) event[kTime] = of_plain[at][kTime];
      if (says_no_more(event, of_plain[at], new_word)) break;
    }
    if (at++ == of_plain.size()) return false;
  }
  return true;
}

/// Calls visit(part) with every object, list and value in turn; what visit did to it is taken back.
template <class Visit>
void each_part(Value& value, Visit visit) {
  const Value before = value;
  visit(value);
  value = before;
  if (value.is_object() || value.is_array())
    for (auto& part : value) each_part(part, visit);
}

void over_all_frames(const std::function<void(Decoder&, const Frame&, const Read&)>& check) {
  const auto all = frames();
  if (all.empty()) GTEST_SKIP() << test::kNoTestData;
  std::map<std::string, std::unique_ptr<Decoder>> decoders;
  std::map<std::string, std::size_t> checked;
  for (const auto& frame : all) {
    auto& decoder = decoders[frame.venue];
    if (!decoder) decoder = make_decoder(frame.venue);
    const auto plain = read(*decoder, frame.value.dump());
    if (plain.decoded.what != What::Events) continue;
    check(*decoder, frame, plain);
    ++checked[frame.venue];
    if (testing::Test::HasFailure()) return;
  }
  for (const auto& venue : venues_with_decoder()) EXPECT_GE(checked[venue], 4u) << venue;
}

TEST(Conformance, Card3AMemberThatVenuesAddPassesAndIsCounted) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    Value changed = frame.value;
    int added = 0;
    each_part(changed, [&](Value& part) {
      if (!part.is_object() || part.empty() || added > 40) return;
      ++added;
      part["zz_added"] = {{"deep", {1, 2, "x"}}};
      const auto now = read(decoder, changed.dump());
      EXPECT_EQ(now.decoded.what, What::Events) << now.decoded.text << "\n" << changed.dump().substr(0, 600);
      EXPECT_EQ(now.events, plain.events) << changed.dump().substr(0, 600);
    });
  });
}

TEST(Conformance, Card4ARenamedMemberIsAnErrorOrCounted) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    Value changed = frame.value;
    int renamed = 0;
    each_part(changed, [&](Value& part) {
      if (!part.is_object() || renamed > 150) return;
      const Value before = part;
      for (const auto& [key, value] : before.items()) {
        ++renamed;
        part = Value::object();
        for (const auto& [other, kept] : before.items()) part[other == key ? "zz_" + key : other] = kept;
        const auto now = read(decoder, changed.dump());
        // Read on as if nothing had happened, and nobody told: that must be a member inside what nobody reads.
        if (now.decoded.what == What::Events && now.events != plain.events) {
          EXPECT_TRUE(std::ranges::find(now.unknown, "zz_" + key) != now.unknown.end())
              << key << " in " << frame.value.dump().substr(0, 600) << "\n"
              << now.events.substr(0, 300);
          EXPECT_TRUE(says_no_more(now.events, plain.events))
              << key << " in " << frame.value.dump().substr(0, 600) << "\n"
              << now.events.substr(0, 400);
        }
      }
    });
  });
}

TEST(Conformance, Card5AValueOfAnotherTypeIsAnErrorOrMeansTheSame) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    Value changed = frame.value;
    int tried = 0;
    each_part(changed, [&](Value& part) {
      if (++tried > 120) return;
      const Value before = part;
      std::vector<Value> others;
      if (before.is_string()) {
        const auto number = Value::parse(before.get<std::string>(), nullptr, false);
        others = {nullptr, true, Value::array(), Value::object()};
        if (number.is_number()) others.push_back(number);
      } else if (before.is_number()) {
        others = {before.dump(), nullptr, false, Value::array()};
      } else if (before.is_boolean()) {
        others = {before.dump(), 1, nullptr};
      } else if (before.is_object() && !before.empty()) {
        others = {nullptr, "x", 1};
      }
      for (const auto& other : others) {
        part = other;
        const auto now = read(decoder, changed.dump());
        if (now.decoded.what != What::Events || now.events == plain.events) continue;
        // What may be null, and a list's element, may be gone; nothing may say something else.
        EXPECT_TRUE(other.is_null() || other.is_string() || !now.unknown.empty() ||
                    now.events.size() < plain.events.size())
            << before.dump() << " as " << other.dump() << " in " << frame.value.dump().substr(0, 600) << "\n"
            << now.events.substr(0, 400);
        EXPECT_TRUE(says_no_more(now.events, plain.events))
            << before.dump() << " as " << other.dump() << " in " << frame.value.dump().substr(0, 600) << "\n"
            << now.events.substr(0, 400);
      }
    });
  });
}

TEST(Conformance, Card6AWordThatNoListHasIsNeverTakenForAnother) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    Value changed = frame.value;
    int tried = 0;
    each_part(changed, [&](Value& part) {
      if (!part.is_string() || ++tried > 80) return;
      part = "ZZ_NEW";
      const auto now = read(decoder, changed.dump());
      // Free text is handed on; nothing else of the event may follow from it.
      if (now.decoded.what == What::Events && now.events != plain.events) {
        EXPECT_TRUE(says_no_more(now.events, plain.events, "ZZ_NEW")) << changed.dump().substr(0, 600) << "\n"
                                                                      << now.events.substr(0, 400);
      }
    });
  });
}

TEST(Conformance, Card7AFrameThatIsCutIsNeverAnEvent) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read&) {
    const std::string whole = frame.value.dump();
    if (!frame.value.is_object()) return;
    for (std::size_t length = 0; length < whole.size(); length += whole.size() > 500 ? 37 : 1)
      EXPECT_EQ(read(decoder, whole.substr(0, length)).decoded.what, What::Malformed) << whole.substr(0, length);
  });
}

TEST(Conformance, Card8ASecondMemberOfOneNameIsAnError) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    if (!frame.value.is_object()) return;
    const std::string whole = frame.value.dump();
    for (const auto& [key, value] : frame.value.items()) {
      const auto twice = fmt::format("{},\"{}\":{}}}", whole.substr(0, whole.size() - 1), key, value.dump());
      const auto now = read(decoder, twice);
      if (now.decoded.what == What::Events) {
        EXPECT_EQ(now.events, plain.events) << twice.substr(0, 600);
      }
    }
  });
}

TEST(Conformance, Card9TheSameFrameIsReadTheSameAgain) {
  over_all_frames([](Decoder& decoder, const Frame& frame, const Read& plain) {
    EXPECT_EQ(read(decoder, frame.value.dump()).events, plain.events);
    const auto fresh = make_decoder(frame.venue);
    EXPECT_EQ(read(*fresh, frame.value.dump(1)).events, plain.events) << "spaces and line ends change nothing";
  });
}

}  // namespace
}  // namespace stom::venues
