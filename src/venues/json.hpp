// A frame as a flat tree of its JSON: strings and numbers stay text, so that a price of any length stays exact. Strict
// (RFC 8259, valid UTF-8, no duplicate work left to the reader) and whole: what is skipped was checked too. The memory
// is kept from frame to frame.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace stom::venues {

struct JsonNode {
  enum class Kind : std::uint8_t { Null, False, True, Number, String, Array, Object };
  Kind kind = Kind::Null;
  std::uint32_t count = 0;  // Array, Object: children
  std::uint32_t next = 0;   // index of what follows this node and all that is in it
  std::string_view key;     // within an object; escapes resolved
  std::string_view text;    // String: escapes resolved. Number: as it stands
};

/// A node and its tree. Valid until the document parses again.
class Json {
 public:
  using Kind = JsonNode::Kind;
  Json() = default;
  Json(const std::vector<JsonNode>* nodes, std::uint32_t at) : nodes_{nodes}, at_{at} {}

  explicit operator bool() const { return nodes_ != nullptr; }
  Kind kind() const { return node().kind; }
  bool is(Kind kind) const { return nodes_ && node().kind == kind; }
  bool is_object() const { return is(Kind::Object); }
  bool is_array() const { return is(Kind::Array); }
  bool is_string() const { return is(Kind::String); }
  bool is_number() const { return is(Kind::Number); }
  bool is_null() const { return is(Kind::Null); }
  bool is_bool() const { return is(Kind::True) || is(Kind::False); }
  std::string_view key() const { return node().key; }
  std::string_view text() const { return node().text; }
  std::uint32_t size() const { return node().count; }

  /// The first member of that name; false in a condition where there is none, or this is no object.
  Json find(std::string_view key) const;
  bool has(std::string_view key) const { return static_cast<bool>(find(key)); }
  Json at(std::uint32_t index) const;

  class Iterator {
   public:
    Iterator(const std::vector<JsonNode>* nodes, std::uint32_t at) : nodes_{nodes}, at_{at} {}
    Json operator*() const { return {nodes_, at_}; }
    Iterator& operator++() { return at_ = (*nodes_)[at_].next, *this; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    const std::vector<JsonNode>* nodes_;
    std::uint32_t at_;
  };
  Iterator begin() const { return {nodes_, node().count > 0 ? at_ + 1 : node().next}; }
  Iterator end() const { return {nodes_, node().next}; }

 private:
  /// What is not there is an empty node, so that find() may be asked further.
  const JsonNode& node() const {
    static constexpr JsonNode kNone{};
    return nodes_ ? (*nodes_)[at_] : kNone;
  }
  const std::vector<JsonNode>* nodes_ = nullptr;
  std::uint32_t at_ = 0;
};

class JsonDocument {
 public:
  /// The root. Views into `bytes` are kept: they must outlive the use of the tree. An error says where it stands.
  Result<Json> parse(std::string_view bytes);

 private:
  struct Parser;
  std::vector<JsonNode> nodes_;
  std::string unescaped_;
};

}  // namespace stom::venues
