// Tokens to a tree. The grammar, in Python's terms:
//
//   text       = { line }
//   line       = simple { ";" simple } NEWLINE | if | for
//   simple     = "pass" | "break" | "continue" | [ target { "=" target } "=" ] value | name ("+=" | …) value
//              | "self.vars[" number "]" "=" value | "self.indicator[" text "]" "=" value
//              | "self.Buy(" … ")" | "self.Sell(" … ")"
//   if         = "if" value ":" block { "elif" value ":" block } [ "else" ":" block ]
//   for        = "for" name "in" "range(" value "):" block
//   block      = simple { ";" simple } NEWLINE | NEWLINE INDENT { line } DEDENT
//   value      = or [ "if" or "else" value ]
//   or         = and { "or" and }              and     = not { "and" not }          not = "not" not | comparison
//   comparison = sum { ("<" | … | [ "not" ] "in") sum | "is" [ "not" ] "None" }
//   sum        = product { ("+" | "-") product }  product = sign { ("*" | "/" | "//" | "%") sign }
//   sign       = ("+" | "-") sign | atom [ "**" sign ]
//   atom       = number | text { text } | "True" | "False" | "None" | name [ "(" [ value { "," value } [ "," ] ] ")" ]
//              | "self.vars[" number "]" | "self.indicator[" text "]" | "(" value ")" | list
//   list       = "[" [ value { "," value } [ "," ] ] "]", and the same in "(" ")" with a comma
//
// What names mean is the checker's. After a mistake the parser goes on with the next line, so the tree has holes where
// there were errors; it is only to be run where there were none.
#pragma once

#include <string_view>

#include "conditions/tree.hpp"

namespace stom::conditions {

Tree parse(std::string_view source, Reports& reports);

}  // namespace stom::conditions
