// Writes JSON into a string. Commas are its business; what it writes is always valid as long as begins and ends match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stom {

class Json {
 public:
  Json& begin_object() { return open('{'); }
  Json& end_object() { return close('}'); }
  Json& begin_array() { return open('['); }
  Json& end_array() { return close(']'); }
  Json& key(std::string_view name);
  Json& text(std::string_view value);  // quoted; bytes that are not UTF-8 become U+FFFD
  Json& number(std::int64_t value);
  Json& digits(std::int64_t value);  // a whole number as a string, since JavaScript loses digits
  Json& boolean(bool value);
  Json& null();
  Json& raw(std::string_view json);  // is JSON already

  Json& field(std::string_view name, std::string_view value) { return key(name).text(value); }
  const std::string& str() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  Json& open(char bracket);
  Json& close(char bracket);
  void separate();
  std::string out_;
  bool first_ = true;  // nothing stands before the next value on this level
};

}  // namespace stom
