#include "conditions/lexer.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "conditions/hangul.hpp"
#include "conditions/numbers.hpp"

namespace stom::conditions {
namespace {

struct Spelled {
  std::string_view text;
  Token token;
};

constexpr Spelled kKeywords[] = {
    {"if", Token::If},
    {"elif", Token::Elif},
    {"else", Token::Else},
    {"and", Token::And},
    {"or", Token::Or},
    {"not", Token::Not},
    {"in", Token::In},
    {"is", Token::Is},
    {"for", Token::For},
    {"break", Token::Break},
    {"continue", Token::Continue},
    {"pass", Token::Pass},
    {"True", Token::True},
    {"False", Token::False},
    {"None", Token::None},
    {"while", Token::Foreign},
    {"def", Token::Foreign},
    {"class", Token::Foreign},
    {"lambda", Token::Foreign},
    {"import", Token::Foreign},
    {"from", Token::Foreign},
    {"return", Token::Foreign},
    {"try", Token::Foreign},
    {"except", Token::Foreign},
    {"finally", Token::Foreign},
    {"raise", Token::Foreign},
    {"with", Token::Foreign},
    {"as", Token::Foreign},
    {"global", Token::Foreign},
    {"nonlocal", Token::Foreign},
    {"del", Token::Foreign},
    {"assert", Token::Foreign},
    {"yield", Token::Foreign},
    {"async", Token::Foreign},
    {"await", Token::Foreign},
};

// Longest first, so that the first that fits is the one.
constexpr Spelled kSigns[] = {
    {"**", Token::Power},
    {"//", Token::FloorDivide},
    {"<=", Token::LessEqual},
    {">=", Token::GreaterEqual},
    {"==", Token::Equal},
    {"!=", Token::NotEqual},
    {"+=", Token::AddAssign},
    {"-=", Token::SubtractAssign},
    {"*=", Token::MultiplyAssign},
    {"/=", Token::DivideAssign},
    {"(", Token::Open},
    {")", Token::Close},
    {"[", Token::OpenSquare},
    {"]", Token::CloseSquare},
    {",", Token::Comma},
    {":", Token::Colon},
    {";", Token::Semicolon},
    {".", Token::Dot},
    {"=", Token::Assign},
    {"+", Token::Add},
    {"-", Token::Subtract},
    {"*", Token::Multiply},
    {"/", Token::Divide},
    {"%", Token::Modulo},
    {"<", Token::Less},
    {">", Token::Greater},
};

/// Operators of other languages, and of Python where this one has none: read as what was meant.
struct Foreign {
  std::string_view text, meant;
  Token token;
};
constexpr Foreign kForeign[] = {
    {"**=", "x = x ** y", Token::Assign},
    {"//=", "x = x // y", Token::Assign},
    {"===", "==", Token::Equal},
    {"!==", "!=", Token::NotEqual},
    {"&&", "and", Token::And},
    {"||", "or", Token::Or},
    {"=>", ">=", Token::GreaterEqual},
    {"=<", "<=", Token::LessEqual},
    {"<>", "!=", Token::NotEqual},
    {":=", "=", Token::Assign},
    {"%=", "x = x % y", Token::Assign},
    {"&gt;", ">", Token::Greater},
    {"&lt;", "<", Token::Less},
    {"&amp;", "and", Token::And},
    {"&", "and", Token::And},
    {"|", "or", Token::Or},
    {"!", "not", Token::Not},
    {"^", "**", Token::Power},
};

constexpr bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
constexpr bool is_wide_alphanumeric(char32_t c) {
  return (c >= 0xFF10 && c <= 0xFF19) || (c >= 0xFF21 && c <= 0xFF3A) || (c >= 0xFF41 && c <= 0xFF5A) || c == 0xFF3F;
}
constexpr char32_t narrow(char32_t wide) { return wide - 0xFF01 + '!'; }

constexpr bool begins_name(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  if (c >= 0xFF10 && c <= 0xFF19) return false;
  return is_wide_alphanumeric(c) || (c >= 0xC0 && c <= 0x24F && c != 0xD7 && c != 0xF7) || (c >= 0x370 && c <= 0x52F) ||
         (c >= 0x1100 && c <= 0x11FF) || (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3131 && c <= 0x318E) ||
         (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0xF900 && c <= 0xFAFF);
}
/// A middle dot too, as in Python: between two words of Korean.
constexpr bool continues_name(char32_t c) {
  return begins_name(c) || is_digit(c) || (c >= 0xFF10 && c <= 0xFF19) || c == 0xB7;
}

constexpr bool is_line_end(char32_t c) { return c == '\n' || c == '\r'; }

/// The sign that a full-width or typographic one was meant for; 0 where it is none.
constexpr char32_t meant_by(char32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) return narrow(c);
  switch (c) {
    case 0x2018:
    case 0x2019:
      return '\'';
    case 0x201C:
    case 0x201D:
      return '"';
    case 0x3001:
      return ',';
    case 0x2212:
    case 0x2013:
    case 0x2014:
      return '-';
    case 0xD7:
      return '*';
    case 0xF7:
      return '/';
    default:
      return 0;
  }
}
constexpr std::string_view two_signs_for(char32_t c) {
  return c == 0x2264 ? "<=" : c == 0x2265 ? ">=" : c == 0x2260 ? "!=" : "";
}

std::string as_text(char32_t c) {
  std::string out;
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) {
    char code[16];
    const auto end = std::to_chars(code, code + sizeof code, static_cast<unsigned>(c), 16).ptr;
    return "U+" + std::string(code, end);
  }
  append(out, c);
  return out;
}

class Lexer {
 public:
  Lexer(std::string_view source, Arena& arena, Reports& reports)
      : rest_{arena.copy(source)}, arena_{arena}, reports_{reports} {}

  std::vector<Lexeme> all() {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a mark of the file, not of the text
    while (!rest_.empty() && !full_) line();
    finish();
    return std::move(tokens_);
  }

 private:
  static constexpr char32_t kNothing = 0xFFFFFFFF;  // end of the text
  static constexpr char32_t kNotUtf8 = 0xFFFFFFFE;

  struct Level {
    std::size_t columns, characters;  // with tabs to multiples of 8, and with tabs as one
  };
  struct Bracket {
    Token token;
    Place place;
  };

  // --- characters -------------------------------------------------------------------------------

  char32_t peek() const {
    if (rest_.empty()) return kNothing;
    const auto first = static_cast<unsigned char>(rest_.front());
    if (first < 0x80) return first;
    const std::size_t length = utf8_length(rest_);
    return length == 0 ? kNotUtf8 : decode(rest_, length);
  }

  char32_t next() {
    const char32_t c = peek();
    if (c == kNothing) return c;
    rest_.remove_prefix(std::max<std::size_t>(1, utf8_length(rest_)));
    if (c == '\r' && !rest_.empty() && rest_.front() == '\n') rest_.remove_prefix(1);
    if (is_line_end(c)) {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
    return c;
  }

  Place here() const { return {line_, column_, 1}; }
  Place since(Place start) const {
    start.length = start.line == line_ ? std::max(1u, column_ - start.column) : 1;
    return start;
  }
  void skip(std::size_t characters) {
    while (characters-- > 0) next();
  }
  /// In the arguments of self.Buy(…), which are not read, nothing is a mistake but what hides where they end.
  void mistaken(Mistake mistake, Place place, std::vector<Said> about) {
    if (order_ == 0) reports_.add(mistake, place, std::move(about));
  }
  void skip_comment() {
    while (!rest_.empty() && !is_line_end(peek())) {
      if (peek() == kNotUtf8) reports_.add(Mistake::NotUtf8, here());
      next();
    }
  }

  // --- layout -----------------------------------------------------------------------------------

  /// One physical line; inside brackets and after a backslash it goes on with the tokens of the line before.
  void line() {
    const Level indent = spaces();
    if (is_line_end(peek()) || peek() == '#' || rest_.empty()) {  // nothing but a comment: no indentation counts
      if (continued_ && brackets_.empty()) push(Token::NewLine, here());  // it is what the backslash joined
      continued_ = false;
      skip_comment();
      if (is_line_end(peek())) next();
      return;
    }
    if (!continued_ && brackets_.empty()) {
      indentation(indent);
    } else if (!continued_ && begins_statement()) {
      close_brackets();
      indentation(indent);
    }
    continued_ = false;
    line_first_ = tokens_.size();
    line_level_ = indent;
    while (!rest_.empty() && !is_line_end(peek()) && !full_) token();
    if (is_line_end(peek())) {
      const Place end = here();
      next();
      if (!continued_ && brackets_.empty()) push(Token::NewLine, end);
    }
  }

  Level spaces() {
    Level level{0, 0};
    while (is_space(peek())) {
      level.columns = peek() == '\t' ? (level.columns / 8 + 1) * 8 : level.columns + 1;
      ++level.characters;
      next();
    }
    return level;
  }

  void indentation(Level level) {
    const Place at = here();
    const auto compare = [&](const Level& open) {
      const auto by_columns = level.columns <=> open.columns;
      if (by_columns != (level.characters <=> open.characters)) reports_.add(Mistake::MixedIndent, at);
      return by_columns;
    };
    if (compare(levels_.back()) > 0) {
      if (levels_.size() > kMostBlocks) {
        reports_.add(Mistake::TooManyBlocks, at, {std::to_string(kMostBlocks)});
        full_ = true;  // the parser sees a block without lines
      }
      levels_.push_back(level);
      push(Token::Indent, at);
      return;
    }
    bool went_back = false;
    while (levels_.size() > 1 && level.columns < levels_.back().columns) {
      levels_.pop_back();
      push(Token::Dedent, at);
      went_back = true;
    }
    if (went_back && level.columns != levels_.back().columns) reports_.add(Mistake::NoSuchIndent, at);
  }

  /// Whether the line begins with a word that can only begin a statement: then a bracket above was forgotten.
  bool begins_statement() const {
    constexpr std::string_view kBeginners[] = {"elif", "for", "pass", "break", "continue"};
    return std::ranges::any_of(kBeginners, [&](std::string_view word) {
      if (!rest_.starts_with(word)) return false;
      const auto after = rest_.size() > word.size() ? static_cast<unsigned char>(rest_[word.size()]) : '\n';
      return after < 0x80 && !continues_name(after);
    });
  }

  void close_brackets() {
    const Bracket& open = brackets_.front();
    const bool round = open.token == Token::Open;
    reports_.add(Mistake::UnclosedBracket, open.place, {round ? "(" : "[", round ? ")" : "]"});
    brackets_.clear();
    order_ = 0;
    push(Token::NewLine, here());
  }

  void finish() {
    if (!brackets_.empty() && !full_) close_brackets();
    if (!tokens_.empty() && tokens_.back().token != Token::NewLine && tokens_.back().token != Token::Dedent)
      push(Token::NewLine, here());
    for (; levels_.size() > 1; levels_.pop_back()) push(Token::Dedent, here());
    push(Token::End, here());
  }

  // --- tokens -----------------------------------------------------------------------------------

  void push(Token token, Place place, std::string_view text = {}, double number = 0) {
    tokens_.push_back({token, place, text, number});
  }

  void token() {
    const char32_t c = peek();
    if (is_space(c)) {
      next();
    } else if (c == '#') {
      skip_comment();
    } else if (tokens_.size() >= kMostTokens) {
      reports_.add(Mistake::TooManyTokens, here(), {std::to_string(kMostTokens)});
      full_ = true;
    } else if (begins_name(c)) {
      name();
    } else if (is_digit(c) || (c == '.' && rest_.size() > 1 && is_digit(static_cast<unsigned char>(rest_[1])))) {
      number();
    } else if (c == '\'' || c == '"') {
      text(here());
    } else if (c == '\\') {
      backslash();
    } else {
      sign();
    }
  }

  void name() {
    const Place start = here();
    const std::string_view from = rest_;
    bool plain = true;  // spelled as it counts
    while (continues_name(peek())) {
      const char32_t c = peek();
      plain = plain && !is_wide_alphanumeric(c) && !(c >= 0x1100 && c <= 0x11FF);
      next();
    }
    std::string_view text = from.substr(0, from.size() - rest_.size());
    if (!plain) text = arena_.copy(composed_name(text));
    const Place place = since(start);
    if ((peek() == '\'' || peek() == '"') && text.size() <= 2 && is_prefix(text)) {
      mistaken(Mistake::TextPrefix, place, {text});
      return;  // what follows is read as a text without it
    }
    const auto keyword = std::ranges::find(kKeywords, text, &Spelled::text);
    push(keyword == std::end(kKeywords) ? Token::Name : keyword->token, place, text);
  }

  static bool is_prefix(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return std::string_view{"fFrRbBuU"}.contains(c); });
  }

  /// Full-width letters are narrow ones, as Python reads names.
  static std::string composed_name(std::string_view text) {
    return composed_text(text, [](char32_t c) { return is_wide_alphanumeric(c) ? narrow(c) : c; });
  }

  void number() {
    const Place start = here();
    const std::string_view from = rest_;
    const auto digits = [&] {
      while (is_digit(peek()) || peek() == '_') next();
    };
    digits();
    bool whole = true;
    if (peek() == '.') {
      whole = false;
      next();
      digits();
    }
    if (peek() == 'e' || peek() == 'E') {
      const std::size_t sign = rest_.size() > 1 && (rest_[1] == '+' || rest_[1] == '-') ? 2 : 1;
      if (rest_.size() > sign && is_digit(static_cast<unsigned char>(rest_[sign]))) {
        whole = false;
        skip(sign);
        digits();
      }
    }
    const bool ends = !continues_name(peek()) || begins_keyword(rest_);
    while (!ends && continues_name(peek())) next();
    const std::string_view text = from.substr(0, from.size() - rest_.size());
    const Place place = since(start);
    std::string plain{text};
    std::erase(plain, '_');
    double value = 0;
    const auto [end, failure] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    const bool underscores = text.find("__") == std::string_view::npos && text.find("_.") == std::string_view::npos &&
                             text.find("._") == std::string_view::npos && text.back() != '_' &&
                             text.find("_e") == std::string_view::npos && text.find("_E") == std::string_view::npos;
    // Below the smallest double is 0, as in Python; above the largest there is no number to mean.
    const bool tiny = failure == std::errc::result_out_of_range && out_of_range(plain) == 0;
    if (tiny) value = 0;
    if (!ends || !underscores || end != plain.data() + plain.size() || (failure != std::errc{} && !tiny)) {
      bad_number(place, text);
    } else if (whole && plain.size() > 1 && plain.front() == '0' && value != 0 && !is_clock(rest_)) {
      mistaken(Mistake::LeadingZero, place, {text, plain.substr(plain.find_first_not_of('0'))});
    }
    if (whole && text.size() <= 2 && is_clock(rest_)) {
      clock(start, value);
    } else {
      push(Token::Number, place, text, value);
    }
  }

  /// A number may end where a word of the grammar begins, as in Python: 93000and 현재가 > 100.
  static bool begins_keyword(std::string_view rest) {
    constexpr std::string_view kBehindNumbers[] = {"and", "or", "if", "else", "in", "is", "not"};
    return std::ranges::any_of(kBehindNumbers, [&](std::string_view word) {
      if (!rest.starts_with(word)) return false;
      const std::string_view after = rest.substr(word.size());
      const std::size_t length = utf8_length(after);
      return length == 0 || !continues_name(decode(after, length));
    });
  }

  static bool is_clock(std::string_view rest) {
    const auto digit = [&](std::size_t i) { return i < rest.size() && is_digit(static_cast<unsigned char>(rest[i])); };
    return rest.starts_with(':') && digit(1) && digit(2) && !digit(3);
  }

  /// 9:30 or 09:30:00: read as the HHMMSS that is meant.
  void clock(Place start, double hour) {
    double value = hour * 10'000;
    std::string written = std::to_string(static_cast<int>(hour));
    for (const double times : {100, 1}) {
      if (!is_clock(rest_)) break;
      value += times * ((rest_[1] - '0') * 10 + (rest_[2] - '0'));
      written += rest_.substr(0, 3);
      skip(3);
    }
    mistaken(Mistake::ClockColon, since(start), {written, std::to_string(static_cast<int>(value))});
    push(Token::Number, since(start), arena_.copy(written), value);
  }

  void bad_number(Place place, std::string_view text) {
    const std::string_view digits = text.substr(0, text.find_first_not_of("0123456789"));
    const std::string_view unit = text.substr(digits.size());
    if (unit == "s" || unit == "m" || unit == "h")
      mistaken(Mistake::FrameQuotes, place, {text, digits});
    else
      mistaken(Mistake::BadNumber, place, {text});
  }

  /// From its opening quote on; three quotes go over lines, as old texts comment with them.
  void text(Place start) {
    const char quote = rest_.front();
    const std::string triple(3, quote);
    const bool is_long = rest_.starts_with(triple);
    skip(is_long ? 3 : 1);
    const std::string_view from = rest_;
    std::string own;  // where what is meant is not what is written
    bool plain = true, composes = false;
    for (;;) {
      const char32_t c = peek();
      if (c == kNothing || (!is_long && is_line_end(c))) {
        reports_.add(Mistake::UnfinishedText, is_long ? start : since(start),
                     {is_long ? std::string_view{triple} : std::string_view{triple}.substr(0, 1)});
        break;
      }
      if (is_long ? rest_.starts_with(triple) : c == static_cast<unsigned char>(quote)) break;
      if (c == kNotUtf8) reports_.add(Mistake::NotUtf8, here());
      composes = composes || (c >= 0x1100 && c <= 0x11FF);
      const std::string_view before = rest_;
      const bool special = c == '\\' || c == '\r' || c == kNotUtf8;
      if (special && plain) {
        own.assign(from.substr(0, from.size() - rest_.size()));
        plain = false;
      }
      if (c == '\\') {
        escape(own);
      } else {
        next();
        if (!plain && c == '\r') own += '\n';
        if (!plain && !special) own += before.substr(0, before.size() - rest_.size());
      }
    }
    std::string_view value = plain ? from.substr(0, from.size() - rest_.size()) : std::string_view{own};
    const std::string whole = composes ? composed_text(value) : std::string{};
    if (composes) value = whole;
    if (!plain || composes) value = arena_.copy(value);
    if (is_long ? rest_.starts_with(triple) : peek() == static_cast<unsigned char>(quote)) skip(is_long ? 3 : 1);
    push(Token::Text, since(start), value);
  }

  /// A backslash inside a text. Unknown ones stay as they are written, as in Python.
  void escape(std::string& out) {
    const Place start = here();
    next();
    const char32_t c = peek();
    if (c == kNothing) return;
    if (is_line_end(c)) {  // the text goes on in the next line
      next();
      return;
    }
    constexpr std::string_view kWritten = "\\'\"ntrabfv", kMeant = "\\'\"\n\t\r\a\b\f\v";
    if (c < 0x80 && kWritten.contains(static_cast<char>(c))) {
      out += kMeant[kWritten.find(static_cast<char>(c))];
    } else if (is_digit(c) || c == 'x' || c == 'u' || c == 'U' || c == 'N') {
      mistaken(Mistake::BadEscape, start, {"\\" + as_text(c)});
    } else {
      out += '\\';
      if (c == kNotUtf8) return;
      append(out, c);
    }
    next();
  }

  /// At the end of a line it joins the next one.
  void backslash() {
    const Place place = here();
    next();
    while (is_space(peek())) next();
    if (is_line_end(peek()) || rest_.empty()) {
      continued_ = true;
    } else {
      mistaken(Mistake::BadCharacter, place, {"\\"});
    }
  }

  void sign() {
    const Place place = here();
    const auto starts = [&](const auto& spelled) {
      return rest_.front() == spelled.text.front() && rest_.starts_with(spelled.text);
    };
    const auto known = std::ranges::find_if(kSigns, starts);
    const auto foreign = std::ranges::find_if(kForeign, starts);
    const bool is_known = known != std::end(kSigns), is_foreign = foreign != std::end(kForeign);
    if (is_foreign && (!is_known || foreign->text.size() > known->text.size())) {
      skip(foreign->text.size());
      mistaken(Mistake::ForeignOperator, since(place), {foreign->text, foreign->meant});
      push(foreign->token, since(place), foreign->text);
    } else if (is_known) {
      skip(known->text.size());
      push_sign(known->token, since(place), known->text);
    } else {
      odd_sign(place);
    }
  }

  /// A character that is none of the language: reported, and read as the sign that it resembles.
  void odd_sign(Place place) {
    const char32_t c = peek();
    const char32_t meant = meant_by(c);
    if (c == kNotUtf8) {
      reports_.add(Mistake::NotUtf8, place);
      next();
    } else if (meant == '\'' || meant == '"') {
      mistaken(Mistake::FullWidth, place, {as_text(c), as_text(meant)});
      wide_text(meant);
    } else if (const auto two = two_signs_for(c); !two.empty() || meant != 0) {
      const std::string narrow_sign = two.empty() ? as_text(meant) : std::string{two};
      mistaken(Mistake::FullWidth, place, {as_text(c), narrow_sign});
      next();
      const auto known = std::ranges::find(kSigns, narrow_sign, &Spelled::text);
      if (is_digit(meant)) {
        while (continues_name(peek())) next();
        push(Token::Number, since(place), "0");
      } else if (known != std::end(kSigns)) {
        push_sign(known->token, since(place), known->text);
      }
    } else {
      mistaken(Mistake::BadCharacter, place, {as_text(c)});
      next();
    }
  }

  /// A text in typographic quotes, to the next quote of its kind or the end of the line.
  void wide_text(char32_t quote) {
    const Place start = here();
    next();
    const std::string_view from = rest_;
    while (!rest_.empty() && !is_line_end(peek()) && meant_by(peek()) != quote && peek() != quote) next();
    const std::string_view value = from.substr(0, from.size() - rest_.size());
    if (!rest_.empty() && !is_line_end(peek())) next();
    push(Token::Text, since(start), is_utf8(value) ? value : std::string_view{});
  }

  void push_sign(Token token, Place place, std::string_view text) {
    if (token == Token::Open || token == Token::OpenSquare) {
      brackets_.push_back({token, place});
      const bool is_order =
          tokens_.size() >= 3 && names_order(*(tokens_.end() - 3), *(tokens_.end() - 2), tokens_.back());
      if (order_ == 0 && token == Token::Open && is_order) order_ = brackets_.size();
    } else if (token == Token::Close || token == Token::CloseSquare) {
      const Token opens = token == Token::Close ? Token::Open : Token::OpenSquare;
      if (brackets_.empty() || brackets_.back().token != opens) {
        reports_.add(Mistake::UnmatchedBracket, place, {text});
        return;
      }
      brackets_.pop_back();
      if (brackets_.size() < order_) order_ = 0;
    } else if (token == Token::Colon && !brackets_.empty() && line_ends_here()) {
      end_line_early();
    }
    push(token, place, text);
  }

  /// At a ':' that ends its line inside a bracket. Of "if (a > 1:" the line was to end here; where the bracket is of a
  /// line above and this one is a statement of its own, that line was to end before it.
  void end_line_early() {
    const bool is_of_line_above = brackets_.front().place.line < line_;
    close_brackets();
    tokens_.pop_back();  // the line goes on with its ':'
    const bool is_statement = line_first_ < tokens_.size() &&
                              (tokens_[line_first_].token == Token::If || tokens_[line_first_].token == Token::Else);
    if (is_of_line_above && is_statement && line_level_.columns == levels_.back().columns) {
      const auto at = tokens_.begin() + static_cast<std::ptrdiff_t>(line_first_);
      tokens_.insert(at, Lexeme{Token::NewLine, at->place, {}});
    }
  }

  bool line_ends_here() const {
    std::string_view rest = rest_;
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t')) rest.remove_prefix(1);
    return rest.empty() || rest.front() == '\n' || rest.front() == '\r' || rest.front() == '#';
  }

  std::string_view rest_;
  Arena& arena_;
  Reports& reports_;
  std::vector<Lexeme> tokens_;
  std::vector<Level> levels_{{0, 0}};
  std::vector<Bracket> brackets_;
  std::size_t order_ = 0;  // how many brackets are open with that of self.Buy(; 0: none is that
  std::uint32_t line_ = 1, column_ = 1;
  std::size_t line_first_ = 0;  // of this physical line, in tokens_
  Level line_level_{0, 0};
  bool continued_ = false;  // by a backslash
  bool full_ = false;       // a limit is reached: the rest is not read
};

}  // namespace

std::vector<Lexeme> tokens_of(std::string_view source, Arena& arena, Reports& reports) {
  if (source.size() > kMostBytes) {
    reports.add(Mistake::TooLong, {1, 1, 1}, {std::to_string(kMostBytes)});
    return {{Token::End, {1, 1, 1}, {}}};
  }
  return Lexer{source, arena, reports}.all();
}

std::string_view without_blanks(std::string_view text) {
  const auto is_blank = [](std::string_view character) {
    if (character.empty() || utf8_length(character) != character.size()) return false;
    const char32_t c = decode(character, character.size());
    return is_space(c) || is_line_end(c);
  };
  while (is_blank(text.substr(0, utf8_length(text)))) text.remove_prefix(utf8_length(text));
  for (std::size_t last = text.size(); last > 0;) {
    do --last;
    while (last > 0 && (static_cast<unsigned char>(text[last]) & 0xC0) == 0x80);
    if (!is_blank(text.substr(last))) break;
    text.remove_suffix(text.size() - last);
  }
  return text;
}

bool names_order(const Lexeme& self, const Lexeme& dot, const Lexeme& name) {
  return self.token == Token::Name && self.text == "self" && dot.token == Token::Dot && name.token == Token::Name &&
         (name.text == "Buy" || name.text == "Sell");
}

Said said(const Lexeme& lexeme) {
  switch (lexeme.token) {
    case Token::NewLine:
    case Token::Dedent:
      return {"줄의 끝", "the end of the line"};
    case Token::Indent:
      return {"들여쓰기", "an indentation"};
    case Token::End:
      return {"조건식의 끝", "the end of the text"};
    case Token::Text:
      return "'" + std::string{lexeme.text} + "'";
    default:
      return lexeme.text;
  }
}

}  // namespace stom::conditions
