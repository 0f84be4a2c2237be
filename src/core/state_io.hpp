// A state written down and read back. A type names its fields once, `io(a, b, c)`: StateWriter appends each of them,
// StateReader takes each back in the same order. Numbers are little-endian at their full width; what may be long has
// its length before it. The bytes do not say what they are: whoever keeps them keeps a version and a checksum with
// them.
//
// Fields are named by a member `template <class Io> void fields(Io& io)`, or by a function
// `template <class Io> void fields(Io& io, T& value)` beside the type.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/decimal.hpp"

namespace stom {

template <class T>
concept PlainNumber = std::is_integral_v<T> || std::is_enum_v<T> || std::is_same_v<T, Int128>;

/// A boost::circular_buffer: written as the others are; of what is read, the last ones that it has room for.
template <class All>
concept KeepsTheLast = requires(All& all) { all.linearize(); };

class StateWriter {
 public:
  explicit StateWriter(std::string& out) : out_{out} {}

  template <class... T>
  void operator()(T&... values) {
    (put(values), ...);
  }

 private:
  template <class T>
  void put(T& value) {
    if constexpr (PlainNumber<std::remove_const_t<T>>)
      out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    else if constexpr (requires { value.fields(*this); })
      value.fields(*this);
    else
      fields(*this, value);
  }
  void put(std::string& text) {
    put_size(text.size());
    out_ += text;
  }
  template <class T>
  void put(std::vector<T>& all) {
    put_each(all);
  }
  template <class T>
  void put(std::deque<T>& all) {
    put_each(all);
  }
  template <KeepsTheLast All>
  void put(All& all) {
    put_each(all);
  }
  template <class T, std::size_t N>
  void put(std::array<T, N>& all) {
    put_each(all);
  }
  template <class T>
  void put(std::optional<T>& value) {
    const bool there = value.has_value();
    put(there);
    if (there) put(*value);
  }
  template <class A, class B>
  void put(std::pair<A, B>& both) {
    put(both.first);
    put(both.second);
  }
  template <class Key, class T>
  void put(std::map<Key, T>& all) {
    put_size(all.size());
    for (auto& [key, value] : all) {
      put(key);
      put(value);
    }
  }
  template <class All>
  void put_each(All& all) {
    put_size(all.size());
    for (auto& one : all) put(one);
  }
  void put_size(std::size_t size) {
    const std::uint64_t wide = size;
    put(wide);
  }

  std::string& out_;
};

/// Whatever the bytes are: where they are none of that type, ok() is false from there on.
class StateReader {
 public:
  explicit StateReader(std::string_view bytes) : left_{bytes} {}

  template <class... T>
  void operator()(T&... values) {
    (take(values), ...);
  }
  bool ok() const { return ok_; }
  /// All was there, and nothing is left.
  bool done() const { return ok_ && left_.empty(); }

 private:
  template <class T>
  void take(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      take(byte);
      ok_ &= byte <= 1;
      value = byte == 1;
    } else if constexpr (PlainNumber<T>) {
      ok_ &= left_.size() >= sizeof value;
      if (!ok_) return;
      left_.copy(reinterpret_cast<char*>(&value), sizeof value);
      left_.remove_prefix(sizeof value);
    } else if constexpr (requires { value.fields(*this); }) {
      value.fields(*this);
    } else {
      fields(*this, value);
    }
  }
  void take(std::string& text) {
    const std::size_t size = take_size();
    text = left_.substr(0, size);
    left_.remove_prefix(size);
  }
  template <class T>
  void take(std::vector<T>& all) {
    take_each(all);
  }
  template <class T>
  void take(std::deque<T>& all) {
    take_each(all);
  }
  template <KeepsTheLast All>
  void take(All& all) {
    take_each(all);
  }
  template <class T, std::size_t N>
  void take(std::array<T, N>& all) {
    ok_ &= take_size() == N;
    for (auto& one : all) take(one);
  }
  template <class T>
  void take(std::optional<T>& value) {
    bool there = false;
    take(there);
    value.reset();
    if (there) take(value.emplace());
  }
  template <class A, class B>
  void take(std::pair<A, B>& both) {
    take(both.first);
    take(both.second);
  }
  template <class Key, class T>
  void take(std::map<Key, T>& all) {
    all.clear();
    for (std::size_t left = take_size(); ok_ && left > 0; --left) {
      Key key{};
      take(key);
      take(all[key]);
    }
  }
  template <class All>
  void take_each(All& all) {
    all.clear();
    for (std::size_t left = take_size(); ok_ && left > 0; --left) {
      all.push_back({});
      take(all.back());
    }
  }
  /// How many follow: each is a byte at least, so no number of them makes room for more than there can be.
  std::size_t take_size() {
    std::uint64_t size = 0;
    take(size);
    ok_ &= size <= left_.size();
    return ok_ ? static_cast<std::size_t>(size) : 0;
  }

  std::string_view left_;
  bool ok_ = true;
};

/// Takes back what has always the same size, from bytes of which enough are known to be there: many of them, one after
/// another.
class PlainReader {
 public:
  explicit PlainReader(const char* at) : at_{at} {}

  template <class... T>
  void operator()(T&... values) {
    (take(values), ...);
  }

 private:
  template <class T>
  void take(T& value) {
    static_assert(!std::is_same_v<T, bool>, "a byte may be no bool");
    if constexpr (PlainNumber<T>) {
      std::memcpy(&value, at_, sizeof value);
      at_ += sizeof value;
    } else if constexpr (requires { value.fields(*this); }) {
      value.fields(*this);
    } else {
      fields(*this, value);
    }
  }

  const char* at_;
};

}  // namespace stom
