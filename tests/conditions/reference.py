"""The condition language in plain Python: what `stom condition run --json` must print.

Written from the description of the language alone, before and apart from src/conditions, so that one misreading cannot hide
in both. A text is parsed by Python's own `ast`, rewritten so that every operation goes through the functions below, and
run by Python; windows are slices, sums are math.fsum, indicators are recomputed over the day.

`breaks` names sentences of the description that are broken on purpose. hand/ has a text for each whose trades change with
it: what would show a compiler that gets that sentence wrong. The comment beside each `broken(...)` is what it does instead.

usage: reference.py --buy FILE --sell FILE --rows FILE.csv [--market coin] [--vars FILE] [--named FILE] [--trace EXPR] [--break NAME]
"""

import argparse
import ast
import datetime
import json
import math
import pathlib
import re
import sys
import unicodedata

import indicators

LEVELS = [f"{side}{n}" for side in ("매도호가", "매수호가", "매도잔량", "매수잔량") for n in range(1, 6)]
COMMON = "현재가 시가 고가 저가 등락율 당일거래대금 체결강도 고저평균대비등락율 매도총잔량 매수총잔량 매도수5호가잔량합 관심종목".split() + LEVELS
SECOND = "초당매수수량 초당매도수량 초당거래대금".split()
MINUTE = "분당매수수량 분당매도수량 분당거래대금 분봉시가 분봉고가 분봉저가".split()
STOCK = "거래대금증감 전일비 회전율 전일동시간비 시가총액 라운드피겨위5호가이내 VI가격 VI호가단위 VI해제시간 VI아래5호가".split()
COMPUTED = "시분초 데이터길이 호가단위".split()
TEXT_WORDS = "종목명 종목코드".split()
POSITION = "수익률 최고수익률 최저수익률 보유수량 보유시간 매수틱번호 수익금 매입가 분할매수횟수 분할매도횟수 포지션 레버리지".split()
FUNCTIONS = "abs min max round int float len sum".split()
LISTS_ALLOWED = "min max sum len".split()
FUTURES = "BUY_LONG SELL_SHORT SELL_LONG BUY_SHORT".split()
SIGNAL = {"buy": "매수", "sell": "매도"}
MAX_LOOP_STEPS = 10_000


class CompileError(Exception):
    """A text that the product refuses: exit code 1 and its line."""

    def __init__(self, line, message):
        super().__init__(f"line {line}: {message}")
        self.line = line


class Stop(Exception):
    """The text stops on this row, as if nothing had been signalled."""


STOPS = (Stop, ZeroDivisionError, TypeError, OverflowError, ValueError, ArithmeticError)


# Numbers -------------------------------------------------------------------------------------------------------------


def number(x):
    if isinstance(x, bool):
        return float(x)
    if isinstance(x, float) or isinstance(x, int):
        return x
    raise TypeError(f"{x!r} is no number")




class Numbers:
    """CPython's arithmetic on doubles."""

    def __init__(self, broken):
        self.broken = broken

    def result(self, x):
        if isinstance(x, complex) or (x != x and not self.broken("nan_passes")):
            raise Stop("no number")
        return x

    def operand(self, x):
        if isinstance(x, bool) and self.broken("true_is_no_number"):  # True + 1 is a type error
            raise TypeError("a truth value")
        return number(x)

    def add(self, a, b):
        if isinstance(a, str) and isinstance(b, str):
            return a + b
        return self.result(self.operand(a) + self.operand(b))

    def sub(self, a, b):
        return self.result(self.operand(a) - self.operand(b))

    def mul(self, a, b):
        return self.result(self.operand(a) * self.operand(b))

    def truediv(self, a, b):
        a, b = self.operand(a), self.operand(b)
        if b == 0 and self.broken("division_by_zero_is_zero"):
            return 0.0
        if self.broken("whole_numbers_divide_whole") and a == int(a) and b == int(b):  # 7 / 2 is 3
            return float(int(a / b))
        return self.result(a / b)

    def floordiv(self, a, b):
        a, b = self.operand(a), self.operand(b)
        if self.broken("floor_of_quotient"):  # 1.0 // 0.1 is 10
            return float(math.floor(a / b))
        if self.broken("quotient_toward_zero"):  # -7 // 2 is -3
            return float(int(a / b))
        return self.result(a // b)

    def mod(self, a, b):
        a, b = self.operand(a), self.operand(b)
        if self.broken("remainder_has_sign_of_dividend"):  # -7 % 3 is -1
            return math.fmod(a, b)
        return self.result(a % b)

    def pow(self, a, b):
        a, b = self.operand(a), self.operand(b)
        if self.broken("complex_is_real") and a < 0 and b != int(b):
            return (a**b).real
        try:
            return self.result(a**b)
        except OverflowError:
            if self.broken("overflow_is_infinity"):
                return math.inf
            raise

    def neg(self, a):
        return -self.operand(a)

    def pos(self, a):
        return +self.operand(a)


def whole(x, least, broken=lambda name: False):
    """n or k of a window or of history."""
    if isinstance(x, str) or x is None:
        raise TypeError("no number")
    x = float(x)
    if x != x or math.isinf(x):
        raise Stop("not whole")
    if x != int(x) and not broken("window_arguments_are_truncated"):  # 30.5 is taken for 30
        raise Stop("not whole")
    if int(x) < least:
        if broken("window_arguments_are_clamped"):  # 이동평균(0) is 이동평균(1)
            return least
        raise Stop("too small")
    return int(x)


def python_round(x, digits=None, broken=lambda name: False):
    x = number(x)
    if digits is not None:
        if number(digits) != int(digits):
            raise TypeError("digits are whole")
        digits = int(digits)
        if broken("round_half_up"):  # 2.675 -> 2.68
            return math.floor(x * 10.0**digits + 0.5 + 1e-9) / 10.0**digits
        return float(round(float(x), digits))
    if broken("round_half_up"):
        return float(math.floor(x + 0.5))
    return float(round(float(x)))


# Rows ----------------------------------------------------------------------------------------------------------------


def krx_tick(price, index, broken=lambda name: False):
    """From 2023-01-25. Before, as far as it is the same for KOSPI and KOSDAQ."""
    new = index // 10 ** (len(str(index)) - 8) >= 20230125 or broken("ticks_know_no_date")
    if new:
        steps = ((2_000, 1), (5_000, 5), (20_000, 10), (50_000, 50), (200_000, 100), (500_000, 500))
    else:
        steps = ((1_000, 1), (5_000, 5), (10_000, 10), (50_000, 50), (100_000, 100))
    for below, tick in steps:
        if price < below or (broken("tick_border_belongs_below") and price == below):  # 2,000 has the tick of 1,999
            return float(tick)
    return 1000.0


def five_ticks_below(price, index, broken=lambda name: False):
    if price == 0 and not broken("vi_of_nothing"):
        return 0.0
    start = price
    for _ in range(5):
        stepped = krx_tick(price, index, broken)
        if broken("vi_one_tick_for_all_steps"):  # the tick of the trigger price for all five
            stepped = krx_tick(start, index, broken)
        if broken("vi_tick_of_price_stepped_to"):  # 2,000 -> 1,999
            stepped = krx_tick(price - 1, index, broken)
        price -= stepped
    return float(price)


class Rows:
    """One instrument's rows: a list for each column, and where each day begins and ends."""

    def __init__(self, index, columns, market="stock", breaks=()):
        self.market, self.index, self.breaks = market, index, frozenset(breaks)
        broken = self.breaks.__contains__
        self.minute = bool(index) and len(str(index[0])) == 12
        self.given = set(columns)
        self.size = len(index)
        names = COMMON + (MINUTE if self.minute else SECOND) + (STOCK if market == "stock" else []) + COMPUTED
        self.columns = {name: columns.get(name) for name in names}
        self.first, self.last = [], []  # of each row's day
        day_of = [str(i)[:8] for i in index]
        if broken("one_day"):  # the file is one day
            day_of = ["" for _ in index]
        for t, day in enumerate(day_of):
            self.first.append(self.first[t - 1] if t and day_of[t - 1] == day else t)
        for t in reversed(range(self.size)):
            after = len(index) - 1 - t
            self.last.append(self.last[after - 1] if after and day_of[t + 1] == day_of[t] else t)
        self.last.reverse()

        fill = self.columns
        fill["데이터길이"] = [float(self.length(t)) for t in range(self.size)]
        fill["시분초"] = [
            float(int(str(i)[8:]) * (1 if not self.minute or broken("minutes_have_no_seconds") else 100)) for i in index
        ]
        zeros = [0.0] * self.size
        fill["현재가"] = fill["현재가"] or zeros
        if not fill["호가단위"]:
            stock = market == "stock"
            fill["호가단위"] = [krx_tick(p, i, broken) for p, i in zip(fill["현재가"], index)] if stock else zeros
        if market == "stock" and not fill["VI아래5호가"]:
            fill["VI아래5호가"] = [five_ticks_below(p, i, broken) for p, i in zip(fill["VI가격"] or zeros, index)]
        fill["관심종목"] = fill["관심종목"] or [0.0 if broken("unstated_is_unwatched") else 1.0] * self.size
        for name in names:
            fill[name] = fill[name] or zeros
        # Words that rows of this kind do not have are columns that are missing.
        absent = (SECOND if self.minute else MINUTE) + ([] if market == "stock" else STOCK)
        self.words = {**{name: columns.get(name) or zeros for name in absent}, **fill}
        if market != "stock" and "VI아래5호가" not in columns:
            self.words["VI아래5호가"] = [five_ticks_below(p, i, broken) for p, i in zip(self.words["VI가격"], index)]
        self.day_bars = {}

    def length(self, t):
        """데이터길이: the day's rows so far, this one included."""
        if "length_starts_at_zero" in self.breaks:
            return t - self.first[t]
        if "length_of_file" in self.breaks:  # rows so far in the file
            return t + 1
        return t - self.first[t] + 1

    def time(self, t):
        stamp = str(self.index[t])
        return datetime.datetime.strptime(stamp, "%Y%m%d%H%M" if self.minute else "%Y%m%d%H%M%S")

    def bars(self, day):
        """The rows of the day that begins at row `day`, as an indicator sees them."""
        if day not in self.day_bars:
            rows = slice(day, self.last[day] + 1)
            per = "분당" if self.minute else "초당"
            close = self.columns["현재가"][rows]
            high, low = (self.columns["분봉고가"][rows], self.columns["분봉저가"][rows]) if self.minute else (close, close)
            if "second_bars_have_the_days_range" in self.breaks and not self.minute:
                high, low = self.columns["고가"][rows], self.columns["저가"][rows]
            if "minute_bars_have_no_range" in self.breaks:
                high = low = close
            bought, sold = self.columns[per + "매수수량"][rows], self.columns[per + "매도수량"][rows]
            if "volume_is_bought" in self.breaks:
                sold = [0.0] * len(bought)
            self.day_bars[day] = indicators.Bars(high, low, close, [b + s for b, s in zip(bought, sold)])
        return self.day_bars[day]


class BadRows(Exception):
    pass


def read_rows(text, market="stock", breaks=()):
    lines = unicodedata.normalize("NFC", text).lstrip("\ufeff").replace("\r\n", "\n").rstrip("\n").split("\n")
    header = [name.strip() for name in lines[0].split(",")]
    if header[0] != "index":
        raise BadRows("the first column is index")
    known = set(COMMON + MINUTE + SECOND + STOCK + COMPUTED)
    index, columns = [], {name: [] for name in header[1:] if name in known}
    for at, line in enumerate(lines[1:], 2):
        cells = line.split(",")
        if len(cells) != len(header):
            raise BadRows(f"line {at}: {len(cells)} cells")
        if not cells[0].isdigit() or len(cells[0]) not in (12, 14):
            raise BadRows(f"line {at}: index")
        index.append(int(cells[0]))
        if len(index) > 1 and index[-1] < index[-2]:
            raise BadRows(f"line {at}: descending")
        for name, cell in zip(header[1:], cells[1:]):
            if name not in columns:
                continue
            try:
                value = float(cell) if cell.strip() else 0.0
            except ValueError:
                value = math.nan
            if value != value or math.isinf(value):
                raise BadRows(f"line {at}: {cell}")
            columns[name].append(value)
    for name in ("시분초", "데이터길이"):
        columns.pop(name, None)
    return Rows(index, columns, market, breaks)


# Texts ---------------------------------------------------------------------------------------------------------------


def normalise(text):
    text = unicodedata.normalize("NFC", text.lstrip("\ufeff"))
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\u3000", " ")


def constant(node):
    """The value of a literal, of a list of them, of -1; None where it is no constant."""
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError):
        return None


class Variables:
    """self.vars and self.indicator."""

    def __init__(self):
        self.vars, self.indicator = {}, {}

    def take(self, target, value, broken=lambda name: False):
        """`self.vars[i] = value`, `self.indicator['NAME'] = value`; False where the statement is neither."""
        if not (isinstance(target, ast.Subscript) and isinstance(target.value, ast.Attribute)):
            return False
        if not (isinstance(target.value.value, ast.Name) and target.value.value.id == "self"):
            return False
        key, value = constant(target.slice), constant(value)
        if isinstance(value, (list, tuple)):
            # [[start, end, step], best] and [[v1, v2, ...], fixed]
            value = value[0][0] if broken("range_gives_its_start") else value[1]
        if value is None or key is None:
            raise CompileError(target.lineno, "only constants")
        if target.value.attr == "vars":
            self.vars[int(key)] = float(value)
        elif target.value.attr == "indicator":
            self.indicator[key] = float(value)
        else:
            raise CompileError(target.lineno, "unknown attribute")
        return True

    def overridden_by(self, other):
        both = Variables()
        both.vars = {**self.vars, **other.vars}
        both.indicator = {**self.indicator, **other.indicator}
        return both


def read_variables(text, breaks=()):
    out = Variables()
    statements = ast.parse(normalise(text)).body
    for statement in reversed(statements) if "first_line_of_vars_wins" in breaks else statements:
        if not (isinstance(statement, ast.Assign) and out.take(statement.targets[0], statement.value, breaks.__contains__)):
            raise CompileError(statement.lineno, "no variable")
    return out


class Factor:
    """A line of the file of a user's own names: `name: expression` or `name(a, b): expression`, and the lines above it."""

    def __init__(self, head, text, above):
        name, bracket, inside = head.partition("(")
        self.name, self.text, self.above = name.strip(), text.strip(), above
        self.parameters = [p.strip() for p in inside.rstrip().removesuffix(")").split(",") if p.strip()] if bracket else None
        if not all(p.isidentifier() for p in self.parameters or ()):  # a condition may be called anything: 급등(5%)
            self.name, self.parameters = head.strip(), None
        try:
            self.body = ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError) as error:
            raise CompileError(1, str(error)) from None


def read_factors(text):
    """By name, in the order of the lines."""
    factors = {}
    for line in normalise(text).split("\n"):
        if line.strip() and not line.strip().startswith("#"):
            factor = Factor(*line.split(":", 1), dict(factors))
            factors[factor.name] = factor
    return factors


class Scope:
    """Where an expression is written: in a text, or in a factor that a text uses."""

    def __init__(self, factors, assigned, meant, line):
        self.factors = factors  # that it may use
        self.assigned = assigned  # names that the text assigns
        self.meant = meant  # what a parameter stands for: an expression, and where that is written
        self.line = line  # of the text, for what is wrong with it; None: its own


BINARY = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
}
AUGMENTED = (ast.Add, ast.Sub, ast.Mult, ast.Div)


class Program:
    """A text compiled: `run(machine)` gives the truth of its signal and the line that decided it."""

    def __init__(self, text, kind, rows, overrides=None, named=(), breaks=(), aliases=None, factors=None):
        self.kind, self.rows, self.breaks = kind, rows, frozenset(breaks)
        self.broken = self.breaks.__contains__
        self.named, self.aliases = named, aliases or {}
        self.lines = normalise(text).split("\n")
        is_expression = kind in ("expression", "condition")
        try:
            tree = ast.parse(normalise(text), mode="eval" if is_expression else "exec")
        except (SyntaxError, ValueError) as error:
            raise CompileError(getattr(error, "lineno", 1) or 1, str(error)) from None
        self.defaults = Variables()
        if not is_expression:
            self.collect(tree)
        self.variables = self.defaults.overridden_by(overrides or Variables())
        if self.broken("text_overrides_vars_file"):
            self.variables = (overrides or Variables()).overridden_by(self.defaults)
        self.locals = {SIGNAL[kind]} if kind in SIGNAL else set()
        self.scope, self.first_arguments = Scope(factors or {}, self.locals, {}, None), {}
        if not is_expression:
            for node in ast.walk(tree):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    self.locals.add(node.id)
            body = self.block(tree.body)
            function = ast.parse("def run(L, M, N):\n    pass").body[0]
            function.body = body or [ast.Pass()]
            module = ast.Module([function], [])
        else:
            module = ast.parse("def run(L, M, N):\n    return None")
            module.body[0].body[0].value = self.expression(tree.body)
        ast.fix_missing_locations(module)
        scope = {}
        exec(compile(module, "<text>", "exec"), scope)  # only of what block() and expression() let through
        self.function = scope["run"]

    # Statements

    def collect(self, tree):
        """`self.vars[i] = constant` in a text is its default."""
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
                if not self.defaults.take(node.targets[0], node.value, self.broken):
                    raise CompileError(node.lineno, "only names are assigned")

    def block(self, statements):
        out, line = [], 0
        for statement in statements:
            if statement.lineno == line and self.broken("after_semicolon_is_dropped"):
                continue
            line = statement.lineno
            out.extend(self.statement(statement))
        return out or [ast.Pass()]

    def set_name(self, name, value):
        return ast.Assign([ast.Subscript(ast.Name("L", ast.Load()), ast.Constant(name), ast.Store())], value)

    def assigned(self, name, node):
        if name not in SIGNAL.values():
            return []
        first = node.lineno
        if self.broken("line_where_the_statement_ends"):
            first = node.end_lineno
        if self.broken("line_skips_comments_and_blanks"):  # counts lines of code
            first = sum(1 for line in self.lines[:first] if line.strip() and not line.strip().startswith("#"))
        line = self.set_name("#line", ast.Constant(first))
        if self.broken("line_of_first_assignment"):
            return [ast.If(ast.parse("'#line' not in L", mode="eval").body, [line], [])]
        return [line, *ast.parse(f"L['#ever'] = L.get('#ever') or bool(L[{name!r}])").body]

    def target(self, node):
        if not isinstance(node, ast.Name):
            raise CompileError(node.lineno, "only names are assigned")
        if node.id in FUTURES:
            raise CompileError(node.lineno, "a word of futures")
        return node.id

    def statement(self, node):
        if isinstance(node, ast.Assign):
            if isinstance(node.targets[0], ast.Subscript):
                return []  # a default, taken already
            names = [self.target(t) for t in node.targets]
            if self.broken("chained_assignment_sets_the_first"):
                names = names[:1]
            out = [ast.Assign([ast.Name("value", ast.Store())], self.expression(node.value))]
            for name in names:
                out += [self.set_name(name, ast.Name("value", ast.Load())), *self.assigned(name, node)]
            return out
        if isinstance(node, ast.AugAssign):
            if not isinstance(node.op, AUGMENTED):
                raise CompileError(node.lineno, "only += -= *= /=")
            name = self.target(node.target)
            before = self.expression(ast.copy_location(ast.Name(name, ast.Load()), node))
            value = self.call("N", BINARY[type(node.op)], [before, self.expression(node.value)])
            if self.broken("augmented_is_plain"):  # a += 1 is a = 1
                value = self.expression(node.value)
            return [self.set_name(name, value), *self.assigned(name, node)]
        if isinstance(node, ast.If):
            body = node.body
            ordered = isinstance(node.test, ast.Name) and node.test.id == SIGNAL[self.kind]
            if ordered and not self.broken("order_calls_are_refused"):
                body = [s for s in body if not self.is_order(s)] or [ast.copy_location(ast.Pass(), node)]
            return [ast.If(self.expression(node.test), self.block(body), self.block(node.orelse) if node.orelse else [])]
        if isinstance(node, ast.For):
            call = node.iter
            ranged = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
            bound = constant(call.args[0]) if ranged and len(call.args) == 1 else None
            if not isinstance(bound, (int, float)) or bound != int(bound) or node.orelse:
                raise CompileError(node.lineno, "for i in range(n) with a constant bound")
            name = self.target(node.target)
            step = ast.parse("M.step()").body + [self.set_name(name, ast.parse("float(i)", mode="eval").body)]
            # A nested loop has its own counter: the name is the loop's place.
            loop = ast.parse(f"for i in range({int(bound)}):\n    pass").body[0]
            counter = f"i{node.lineno}_{node.col_offset}"
            loop.target = ast.Name(counter, ast.Store())
            step[1].value.args[0].id = counter
            loop.body = step + self.block(node.body)
            return [loop]
        if isinstance(node, (ast.Pass, ast.Break, ast.Continue)):
            ignored = isinstance(node, ast.Break) and self.broken("break_does_nothing")
            ignored = ignored or isinstance(node, ast.Continue) and self.broken("continue_does_nothing")
            return [ast.Pass()] if ignored else [node]
        if self.is_order(node):
            raise CompileError(node.lineno, f"write {SIGNAL[self.kind]} = True")
        raise CompileError(node.lineno, f"{type(node).__name__} is not part of the language")

    def is_order(self, node):
        return (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Attribute)
            and isinstance(node.value.func.value, ast.Name)
            and node.value.func.value.id == "self"
            and node.value.func.attr == {"buy": "Buy", "sell": "Sell"}.get(self.kind)
        )

    # Expressions

    def call(self, owner, function, arguments):
        return ast.Call(ast.Attribute(ast.Name(owner, ast.Load()), function, ast.Load()), arguments, [])

    def sequence(self, node):
        """A list or tuple, only where one may stand."""
        return ast.Tuple([self.expression(e) for e in node.elts], ast.Load())

    def expression(self, node):
        if isinstance(node, ast.Constant):
            if isinstance(node.value, (bool, str)) or node.value is None:
                return node
            if isinstance(node.value, (int, float)):
                if self.broken("whole_numbers_are_exact"):
                    return node
                return ast.Constant(float(node.value))
            raise CompileError(self.line(node), "no such literal")
        if isinstance(node, ast.Name):
            return self.name(node)
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            left, right, op = node.left, node.right, BINARY[type(node.op)]
            if op == "pow" and self.broken("power_groups_left"):  # 2 ** 3 ** 2 is 64
                if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Pow):
                    inner = ast.copy_location(ast.BinOp(left, ast.Pow(), right.left), node)
                    return self.expression(ast.copy_location(ast.BinOp(inner, ast.Pow(), right.right), node))
            return self.call("N", op, [self.expression(left), self.expression(right)])
        if isinstance(node, ast.UnaryOp):
            if isinstance(node.op, ast.Not):
                return ast.UnaryOp(ast.Not(), self.expression(node.operand))
            if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.BinOp):
                inner = node.operand
                if isinstance(inner.op, ast.Pow) and self.broken("minus_binds_before_power"):  # -2 ** 2 is 4
                    negated = ast.copy_location(ast.UnaryOp(ast.USub(), inner.left), node)
                    return self.expression(ast.copy_location(ast.BinOp(negated, ast.Pow(), inner.right), node))
            if isinstance(node.op, (ast.USub, ast.UAdd)):
                return self.call("N", "neg" if isinstance(node.op, ast.USub) else "pos", [self.expression(node.operand)])
        if isinstance(node, ast.BoolOp):
            both = ast.BoolOp(node.op, [self.expression(v) for v in node.values])
            return ast.Call(ast.Name("bool", ast.Load()), [both], []) if self.broken("and_or_give_truth") else both
        if isinstance(node, ast.Compare):
            return self.compare(node)
        if isinstance(node, ast.IfExp):
            if self.broken("conditional_is_turned_round"):
                return ast.IfExp(self.expression(node.test), self.expression(node.orelse), self.expression(node.body))
            return ast.IfExp(self.expression(node.test), self.expression(node.body), self.expression(node.orelse))
        if isinstance(node, ast.Call):
            return self.called(node)
        if isinstance(node, ast.Subscript):
            return self.variable(node)
        raise CompileError(self.line(node), f"{type(node).__name__} is not part of the language")

    def line(self, node):
        return self.scope.line or node.lineno

    def compare(self, node):
        values, ops = [node.left, *node.comparators], node.ops
        if self.broken("chain_compares_pairs_from_the_left") and len(ops) > 1:  # (1 < x) < 3
            folded = ast.copy_location(ast.Compare(values[0], [ops[0]], [values[1]]), node)
            for op, value in zip(ops[1:], values[2:]):
                folded = ast.copy_location(ast.Compare(folded, [op], [value]), node)
            return self.expression(folded)
        out = [self.expression(values[0])]
        for op, value in zip(ops, values[1:]):
            if isinstance(op, (ast.In, ast.NotIn)):
                if isinstance(value, (ast.List, ast.Tuple)):
                    sequence = self.sequence(value)
                    if self.broken("in_looks_at_the_first"):
                        sequence.elts = sequence.elts[:1]
                    out.append(sequence)
                elif isinstance(value, ast.Constant) and isinstance(value.value, str) or self.is_text(value):
                    out.append(self.expression(value))
                else:
                    raise CompileError(self.line(node), "in what?")
                continue
            if isinstance(op, (ast.Is, ast.IsNot)) and constant(value) is not None:
                raise CompileError(self.line(node), "is None")
            out.append(self.expression(value))
        if self.broken("not_in_is_in"):
            ops = [ast.In() if isinstance(op, ast.NotIn) else op for op in ops]
        if self.broken("is_none_is_never") and isinstance(ops[0], ast.Is):
            return ast.Constant(False)
        return ast.Compare(out[0], ops, out[1:])

    def is_text(self, node):
        return isinstance(node, ast.Name) and node.id in TEXT_WORDS

    # Names of the user's own

    def meaning_of(self, parameter):
        """What stands in the brackets for it, as it is there."""
        scope = self.scope
        argument, self.scope = scope.meant[parameter]
        value = self.expression(argument)
        self.scope = scope
        return value

    def written(self, node):
        """The same before it is worked out: where a number has to stand."""
        scope = self.scope
        while isinstance(node, ast.Name) and node.id in scope.meant:
            node, scope = scope.meant[node.id]
        return node

    def factor(self, node, arguments):
        """Its expression; `arguments` is None where it is used without brackets."""
        scope, name = self.scope, node.id if arguments is None else node.func.id
        factor = scope.factors[name]
        if (arguments is None) != (factor.parameters is None) or len(arguments or ()) != len(factor.parameters or ()):
            raise CompileError(self.line(node), f"{name} of {factor.parameters}")
        if self.broken("factor_keeps_its_first_arguments"):  # 기울기(5) behind 기울기(3) is 기울기(3)
            arguments = self.first_arguments.setdefault(name, arguments)
        given = dict(zip(factor.parameters or (), arguments or ()))
        body, meant = factor.body, {parameter: (argument, scope) for parameter, argument in given.items()}
        if self.broken("factor_is_pasted"):  # of f(x): x * 2, f(1 + 3) is 1 + 3 * 2
            paste = lambda found: ast.unparse(given[found[0]]) if found[0] in given else found[0]
            body, meant = ast.parse(re.sub(r"[^\W\d]\w*", paste, factor.text), mode="eval").body, {}
        known = scope.factors if self.broken("factor_knows_those_below") else factor.above
        assigned = scope.assigned if self.broken("factor_sees_what_the_text_assigns") else set()
        line = 1 if self.broken("factor_is_wrong_on_its_own_line") else self.line(node)
        self.scope = Scope(known, assigned, meant, line)
        value = self.expression(body)
        self.scope = scope
        return ast.Call(ast.Name("bool", ast.Load()), [value], []) if self.broken("factor_is_a_truth") else value

    def name(self, node):
        name, scope = self.aliases.get(node.id, node.id), self.scope
        if node.id in scope.meant and not (self.broken("word_wins_over_parameter") and self.is_word(name)):
            return self.meaning_of(node.id)
        load = ast.parse(f"M.local(L, {node.id!r})", mode="eval").body
        word = ast.parse(f"M.word({name!r})", mode="eval").body if self.is_word(name) else None
        means_factor = node.id in scope.factors and (word is None or self.broken("factor_wins_over_word"))
        if node.id in scope.assigned and not (means_factor and self.broken("factor_wins_over_local")):
            if word is None or self.broken("unassigned_is_zero"):
                return load
            if self.broken("word_wins_over_local"):
                return word
            return ast.IfExp(ast.parse(f"{node.id!r} in L", mode="eval").body, load, word)
        if means_factor:
            return self.factor(node, None)
        if word is None:
            raise CompileError(self.line(node), f"{node.id} is not known")
        if name in POSITION and self.kind in ("buy", "condition"):
            raise CompileError(self.line(node), f"{name} has no value before a purchase")
        return word

    def is_word(self, name):
        return name in self.rows.words or name in TEXT_WORDS or name in POSITION or name in indicators.WORDS

    def is_called_word(self, name):
        if name in FUNCTIONS or name in WINDOWS or name == "경과틱수" or self.is_word(name):
            return True
        return name.endswith("N") and (name[:-1] in self.rows.words or name[:-2] in indicators.WORDS)

    def called(self, node):
        if not isinstance(node.func, ast.Name) or node.keywords or any(isinstance(a, ast.Starred) for a in node.args):
            raise CompileError(self.line(node), "no such call")
        name = self.aliases.get(node.func.id, node.func.id)
        hidden = self.broken("local_hides_factor") and name in self.scope.assigned
        if name in self.scope.factors and not hidden:
            if not self.is_called_word(name) or self.broken("factor_wins_over_word"):
                return self.factor(node, node.args)
        if name in FUNCTIONS:
            listed = len(node.args) >= 1 and isinstance(node.args[0], (ast.List, ast.Tuple))
            if listed and name not in LISTS_ALLOWED:
                raise CompileError(self.line(node), "a list here")
            arguments = [self.sequence(a) if isinstance(a, (ast.List, ast.Tuple)) else self.expression(a) for a in node.args]
            return self.call("M", "fn_" + name, arguments)
        arguments = [self.expression(a) for a in node.args]
        if self.broken("local_hides_calls") and (name in self.locals or name[:-1] in self.locals):
            raise CompileError(self.line(node), f"{name} is a local name")
        if name in WINDOWS and 1 <= len(arguments) <= 2:
            return self.call("M", "window", [ast.Constant(name), *arguments])
        elif name == "경과틱수" and len(node.args) == 1 and isinstance(self.written(node.args[0]), ast.Constant):
            if self.written(node.args[0]).value not in self.named:
                raise CompileError(self.line(node), "no condition of that name")
            return self.call("M", "elapsed", arguments)
        elif name.endswith("_N") and name[:-2] in indicators.WORDS and len(arguments) == 1:
            return self.call("M", "indicator_before", [ast.Constant(name[:-2]), *arguments])
        elif name in indicators.WORDS and arguments and all(isinstance(constant(self.written(a)), (int, float)) for a in node.args):
            function, output, parameters = indicators.WORDS[name]
            if len(arguments) <= len(parameters):
                return self.call("M", "indicator", [ast.Constant(name), *arguments])
        elif name.endswith("N") and name[:-1] in self.rows.words and len(arguments) == 1:
            return self.call("M", "before", [ast.Constant(name[:-1]), *arguments])
        raise CompileError(self.line(node), f"{name}(...) is not known")

    def variable(self, node):
        owner = node.value
        if isinstance(owner, ast.Attribute) and isinstance(owner.value, ast.Name) and owner.value.id == "self":
            key = constant(node.slice)
            table = {"vars": self.variables.vars, "indicator": self.variables.indicator}.get(owner.attr)
            if table is not None:
                if owner.attr == "vars" and key == 0 and 0 not in table:
                    return ast.Constant(30.0)
                if key not in table:
                    raise CompileError(self.line(node), f"self.{owner.attr}[{key!r}] has no value")
                return ast.Constant(table[key])
        raise CompileError(self.line(node), "no such subscript")


# Words with arguments ------------------------------------------------------------------------------------------------


def per(rows):
    return "분당" if rows.minute else "초당"


def either(name):
    """초당… in second mode, 분당… in minute mode; each under its own name."""
    return lambda rows: name


def mean_price(values, n, coin, broken):
    mean = window_mean(values, n, broken)
    if broken("mean_price_unrounded"):
        return mean
    if coin and not broken("coin_mean_price_3_decimals"):
        return python_round(mean, 8, broken)
    return python_round(mean, 3, broken)


def sum_in_turn(values):
    out = 0.0
    for value in values:
        out += value
    return out


def window_sum(values, broken):
    if broken("window_sum_adds_in_turn"):  # 1e16 + 1 + 1 is 1e16
        return sum_in_turn(values)
    return math.fsum(values)


def window_mean(values, n, broken):
    if broken("mean_divides_by_one_less"):
        return window_sum(values, broken) / max(n - 1, 1)
    if broken("mean_rounded_once"):  # the exact mean, rounded: a last digit apart from sum / n
        from fractions import Fraction

        return float(sum(map(Fraction, values)) / n)
    return window_sum(values, broken) / n


def mean_strength(values, n, coin, broken):
    mean = window_mean(values, n, broken)
    digits = 8 if coin and broken("coin_mean_strength_8_decimals") else 3
    return mean if broken("mean_strength_unrounded") else python_round(mean, digits, broken)


def mean_value(values, n, coin, broken):
    mean = window_mean(values, n, broken)
    if broken("mean_value_not_cut"):
        return mean
    return python_round(mean) if broken("mean_value_rounded") else float(int(mean))


def total(values, n, coin, broken):
    out = window_sum(values, broken)
    return python_round(out) if broken("sums_are_rounded") else out


def highest(values, n, coin, broken):
    return python_round(max(values), 3) if broken("maxima_are_rounded") else max(values)


def lowest(values, n, coin, broken):
    return python_round(min(values), 3) if broken("maxima_are_rounded") else min(values)


def angle(stock_scale, coin_scale):
    def of(values, n, coin, broken):
        scale = coin_scale if coin and not broken("coin_angles_scaled_as_stocks") else stock_scale
        if broken("angles_unscaled"):
            scale = 1
        d = values[-1] - values[0]
        run = n - 1 if broken("angle_over_steps") else n  # n rows are n - 1 steps
        degrees = math.atan2(d * scale, run) / (2 * math.pi) * 360
        return degrees if broken("angles_unrounded") else python_round(degrees, 2, broken)

    return of


WINDOWS = {
    "이동평균": (either("현재가"), mean_price),
    "최고현재가": (either("현재가"), highest),
    "최저현재가": (either("현재가"), lowest),
    "체결강도평균": (either("체결강도"), mean_strength),
    "최고체결강도": (either("체결강도"), highest),
    "최저체결강도": (either("체결강도"), lowest),
    "최고초당매수수량": (either("초당매수수량"), highest),
    "최고초당매도수량": (either("초당매도수량"), highest),
    "누적초당매수수량": (either("초당매수수량"), total),
    "누적초당매도수량": (either("초당매도수량"), total),
    "초당거래대금평균": (either("초당거래대금"), mean_value),
    "최고분당매수수량": (either("분당매수수량"), highest),
    "최고분당매도수량": (either("분당매도수량"), highest),
    "누적분당매수수량": (either("분당매수수량"), total),
    "누적분당매도수량": (either("분당매도수량"), total),
    "분당거래대금평균": (either("분당거래대금"), mean_value),
    "최고분봉고가": (either("분봉고가"), highest),
    "최저분봉저가": (either("분봉저가"), lowest),
    "등락율각도": (either("등락율"), angle(5, 10)),
    "당일거래대금각도": (either("당일거래대금"), angle(0.01, 0.00000001)),
    "전일비각도": (either("전일비"), angle(1, 1)),
}


class Position:
    def __init__(self, row, price):
        self.row, self.price = row, price
        self.best = self.worst = 0.0


class Machine:
    """Everything a text can ask about the present row."""

    def __init__(self, rows, named, breaks):
        self.rows, self.broken = rows, frozenset(breaks).__contains__
        self.t, self.position, self.steps = 0, None, 0
        self.last_buy = None
        self.variables = Variables()  # of the text that runs
        self.cache = {}
        self.since = {name: {} for name in named}  # per name: day -> row of the last hold

    # What texts call

    def step(self):
        self.steps += 1
        if self.steps > MAX_LOOP_STEPS and not self.broken("loops_run_on"):
            raise Stop("too many loop steps")

    def local(self, scope, name):
        if name not in scope:
            if self.broken("unassigned_is_zero"):
                return 0.0
            raise Stop(f"{name} has no value here")
        return scope[name]

    def word(self, name):
        if name in self.rows.words:
            return self.rows.words[name][self.t]
        if name in TEXT_WORDS:
            return ""
        if name in indicators.WORDS:
            return self.indicator(name)
        return self.of_position(name)

    def of_position(self, name):
        p, rows, t = self.position, self.rows, self.t
        if p is None:
            raise Stop("nothing is held")
        if name == "포지션":
            return None
        if name in ("보유수량", "분할매수횟수", "레버리지"):
            return 1.0
        if name == "분할매도횟수":
            return 0.0
        if name == "매입가":
            return p.price
        if name == "수익률":
            return self.profit_percent()
        if name == "최고수익률":
            return p.best
        if name == "최저수익률":
            return p.worst
        if name == "수익금":
            return rows.columns["현재가"][t] - p.price
        if name == "보유시간":
            if self.broken("holding_counts_rows"):
                return float(t - p.row)
            if self.broken("holding_subtracts_clock_digits"):  # 090100 - 090059 is 41
                return rows.columns["시분초"][t] - rows.columns["시분초"][p.row]
            seconds = (rows.time(t) - rows.time(p.row)).total_seconds()
            return float(seconds // 60) if rows.minute and not self.broken("holding_in_seconds") else float(seconds)
        if name == "매수틱번호":
            return float(rows.length(p.row) - (0 if self.broken("buy_tick_counts_from_one") else 1))
        raise AssertionError(name)

    def profit_percent(self):
        percent = (self.rows.columns["현재가"][self.t] / self.position.price - 1) * 100
        return percent if self.broken("profit_unrounded") else python_round(percent, 2, self.broken)

    def bought_at(self):
        """The buy row that k = -1 means, None while nothing is held."""
        if self.position is not None:
            return self.position.row
        return self.last_buy if self.broken("buy_row_outlives_the_position") else None

    def before(self, name, k):
        k, column = whole(k, -1, self.broken), self.rows.words[name]
        if k == -1:
            if self.broken("minus_one_is_last_row_of_day"):
                return column[self.rows.last[self.t]]
            if self.broken("minus_one_is_the_row_before"):
                k = 1
            else:
                bought = self.bought_at()
                return 0.0 if bought is None else column[bought]
        length = self.t + 1 if self.broken("history_crosses_days") else self.rows.length(self.t)
        if self.broken("history_needs_one_row_more"):
            length -= 1
        if k < length:
            return column[self.t - k]
        return column[self.rows.first[self.t]] if self.broken("history_holds_at_the_first_row") else 0.0

    def window(self, name, n, k=0.0):
        column, function = WINDOWS[name]
        n, k = whole(n, 1, self.broken), whole(k, -1, self.broken)
        end, values = self.t - k, self.rows.words[column(self.rows)]
        if k == -1:
            end = self.bought_at()
            if end is None:
                return 0.0
            if self.broken("window_of_buy_row_ends_before_it"):
                end -= 1
            if self.broken("window_of_buy_row_ends_now"):
                end = self.t
        if self.broken("window_excludes_this_row"):
            end -= 1
        if self.broken("window_ignores_k"):
            end = self.t
        day = 0 if self.broken("window_crosses_day") else self.rows.first[self.t]
        begin = end - n + 1
        short = begin < day
        if self.broken("window_needs_one_row_more"):
            short = begin <= day
        if short:
            if not self.broken("window_takes_what_is_there") or end < day:
                return 0.0
            begin = day
        held = values[begin : end + 1]
        if self.broken("window_sum_keeps_a_running_total") and function in (total, mean_price, mean_strength, mean_value):
            running = sum_in_turn(values[day : end + 1]) - sum_in_turn(values[day:begin])
            held = [running]  # what adding the newest and taking off the oldest leaves
        return function(held, n, self.rows.market == "coin", self.broken)

    def elapsed(self, name):
        last = self.since[name].get(0 if self.broken("elapsed_crosses_days") else self.rows.first[self.t])
        if last is None:
            return float(self.rows.length(self.t)) if self.broken("elapsed_never_is_length") else 0.0
        return float(self.t - last + (1 if self.broken("elapsed_counts_from_one") else 0))

    def series(self, name, arguments):
        function, output, parameters = indicators.WORDS[name]
        chosen = self.variables.indicator
        values = [chosen.get(p) for p in parameters]
        for i, argument in enumerate(arguments):
            values[i] = number(argument)
        if self.broken("indicator_parameters_ignored"):
            values = [None] * len(values)
        # A list that ends in unset parameters takes TA-Lib's defaults.
        defaults = function.__defaults__ or ()
        if self.broken("indicator_periods_are_all_14"):
            defaults = (14,) * len(defaults)
        full = [d if v is None else v for v, d in zip(values, defaults)]
        full = [v if p.endswith(("nbdevup", "nbdevdn")) or p.startswith("SAR") else int(v) for v, p in zip(full, parameters)]
        day = 0 if self.broken("indicator_crosses_days") else self.rows.first[self.t]
        key = (function.__name__, tuple(full), day)
        if key not in self.cache:
            if self.broken("indicator_crosses_days"):
                self.rows.last[0] = self.rows.size - 1
            self.cache[key] = function(self.rows.bars(day), *full)
        return self.cache[key][output], day

    def indicator(self, name, *arguments):
        values, day = self.series(name, arguments)
        return self.there(values[self.t - day])

    def there(self, value):
        if value is None:
            if self.broken("indicator_stops_before_its_first_value"):
                raise Stop("no value yet")
            return 0.0
        return value

    def indicator_before(self, name, k):
        k = whole(k, -1, self.broken)
        values, day = self.series(name, ())
        if k == -1 and self.broken("minus_one_is_the_row_before"):
            k = 1
        if k == -1:
            bought = self.bought_at()
            return 0.0 if bought is None else self.there(values[bought - day])
        if self.broken("indicator_history_is_now"):
            k = 0
        return self.there(values[self.t - k - day]) if k < self.rows.length(self.t) else 0.0

    # Functions

    def fn_abs(self, x):
        return abs(number(x))

    def fn_min(self, *values):
        return min(*values)

    def fn_max(self, *values):
        return max(*values)

    def fn_round(self, x, digits=None):
        return python_round(x, digits, self.broken)

    def fn_int(self, x):
        return float(int(x)) if isinstance(x, str) else float(int(number(x)))

    def fn_float(self, x):
        out = float(x) if isinstance(x, str) else float(number(x))
        if out != out:
            raise Stop("no number")
        return out

    def fn_len(self, x):
        return float(len(x))

    def fn_sum(self, values, start=0.0):
        out = number(start)
        for value in values:
            out += number(value)
        if out != out:
            raise Stop("no number")
        return out


def run(buy, sell, rows, variables="", named="", trace=None, breaks=(), aliases=None):
    """What `stom condition run --json` prints. CompileError where a text is refused."""
    breaks = frozenset(breaks)
    broken = breaks.__contains__
    overrides = Variables() if broken("vars_file_ignored") else read_variables(variables, breaks)
    factors = read_factors(named)
    conditions = {
        name: Program(factor.text, "condition", rows, overrides, (), breaks, aliases, factor.above)
        for name, factor in factors.items()
        if factor.parameters is None
    }
    texts = {
        "buy": Program(buy, "buy", rows, overrides, conditions, breaks, aliases, factors),
        "sell": Program(sell, "sell", rows, overrides, conditions, breaks, aliases, factors),
    }
    traced = Program(trace, "expression", rows, overrides, conditions, breaks, aliases, factors) if trace else None
    machine = Machine(rows, conditions, breaks)
    numbers = Numbers(broken)
    out = {"buys": [], "sells": [], "stopped": {"buy": 0, "sell": 0}}
    values = []
    kept = {"buy": {}, "sell": {}}

    def evaluate(program):
        machine.variables, machine.steps = program.variables, 0
        return program.function({}, machine, numbers)

    def decide(kind):
        """(signalled, line)"""
        program = texts[kind]
        machine.variables, machine.steps = program.variables, 0
        scope = kept[kind] if broken("locals_outlive_the_row") else {}
        scope.update({SIGNAL[kind]: kind == "buy"})
        scope.pop("#line", None)
        scope.pop("#ever", None)
        try:
            program.function(scope, machine, numbers)
        except STOPS:
            if not broken("stops_are_not_counted"):
                out["stopped"][kind] += 1
            if broken("stopped_text_signals_what_stood"):
                return bool(scope[SIGNAL[kind]]), scope.get("#line", 0)
            return False, 0
        signal = scope[SIGNAL[kind]]
        if kind == "sell" and broken("any_true_sells"):
            signal = scope.get("#ever")
        if kind == "sell" and broken("only_true_sells"):
            signal = signal is True
        return bool(signal), scope.get("#line", 0)

    c = rows.columns
    gated_book = {"매수잔량5", "매도잔량5"} <= rows.given

    def gate(kind, t):
        least = texts[kind].variables.vars.get(0, 0.0 if broken("gate_opens_at_once") else 30.0)
        if broken("gate_opens_a_row_late"):
            least += 1
        if rows.length(t) < least:
            return False
        empty = c["매수잔량5"][t] == 0 and c["매도잔량5"][t] == 0
        if broken("gate_closes_on_one_empty_side"):
            empty = c["매수잔량5"][t] == 0 or c["매도잔량5"][t] == 0
        return not (gated_book and empty) or broken("gate_ignores_the_book")

    def price(column, t):
        return c[column][t] if column in rows.given else c["현재가"][t]

    def take_extremes():
        p, percent = machine.position, machine.profit_percent()
        first = broken("extremes_start_at_the_first_return") and not hasattr(p, "taken")
        p.best, p.worst = (percent, percent) if first else (max(p.best, percent), min(p.worst, percent))
        p.taken = True

    for t in range(rows.size):
        machine.t = t
        for name, program in conditions.items():
            try:
                holds = bool(evaluate(program))
            except STOPS:
                holds = False
            if holds and (gate("buy", t) or not broken("named_wait_for_the_gate")):
                machine.since[name][0 if broken("elapsed_crosses_days") else rows.first[t]] = t
        held = machine.position is not None
        last_row = t == rows.last[t]
        if held and not broken("extremes_after_the_text") and (gate("sell", t) or not broken("extremes_wait_for_the_gate")):
            take_extremes()
        if traced:  # what a text would be told on this row
            try:
                values.append(evaluate(traced))
            except STOPS:
                values.append(None)

        if held:
            signal, line = decide("sell") if gate("sell", t) or broken("sell_ignores_the_gate") else (False, 0)
            if broken("extremes_after_the_text"):
                take_extremes()
            if last_row and broken("day_end_comes_before_the_text"):
                signal = False
            if signal and (price("매수호가1", t) != 0 or broken("sells_without_a_bid")):
                out["sells"].append({"row": t, "index": rows.index[t], "line": line, "reason": "text"})
                machine.position = None
        may_buy = not held
        if broken("buys_on_the_row_that_sold"):
            may_buy = machine.position is None
        watched = c["관심종목"][t] == 1 or broken("buys_unwatched")
        if may_buy and watched and (gate("buy", t) or broken("buy_ignores_the_gate")):
            signal, _ = decide("buy")
            paid = price("매도호가1", t)
            if broken("pays_the_last_price"):
                paid = c["현재가"][t]
            if signal and (not last_row or broken("buys_on_the_last_row")) and (paid != 0 or broken("buys_without_an_ask")):
                out["buys"].append({"row": t, "index": rows.index[t]})
                machine.position, machine.last_buy = Position(t, paid or c["현재가"][t]), t
                if broken("extremes_count_the_buy_row"):
                    machine.position.best = max(0.0, machine.profit_percent())
                    machine.position.worst = min(0.0, machine.profit_percent())
                if broken("sells_on_the_row_that_bought") and gate("sell", t):
                    signal, line = decide("sell")
                    if signal:
                        out["sells"].append({"row": t, "index": rows.index[t], "line": line, "reason": "text"})
                        machine.position = None
        if last_row and machine.position is not None and not broken("positions_outlive_the_day"):
            out["sells"].append({"row": t, "index": rows.index[t], "line": 0, "reason": "day_end"})
            machine.position = None
    if traced:
        out["trace"] = [float(v) if isinstance(v, bool) else v for v in values]
    return out


def all_breaks():
    """Every break that this file knows."""
    names = set()
    for node in ast.walk(ast.parse(pathlib.Path(__file__).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == "broken" and isinstance(node.args[0], ast.Constant):
                names.add(node.args[0].value)
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In) and isinstance(node.left, ast.Constant):
            where = node.comparators[0]
            if "breaks" in (getattr(where, "attr", ""), getattr(where, "id", "")):
                names.add(node.left.value)
    return names


def main():
    parser = argparse.ArgumentParser()
    for name in ("buy", "sell", "rows"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--market", default="stock")
    parser.add_argument("--vars")
    parser.add_argument("--named")
    parser.add_argument("--trace")
    parser.add_argument("--break", action="append", default=[], dest="breaks")
    options = parser.parse_args()
    read = lambda name: open(name, encoding="utf-8", newline="").read() if name else ""
    rows = read_rows(read(options.rows), options.market, options.breaks)
    try:
        answer = run(read(options.buy), read(options.sell), rows, read(options.vars), read(options.named), options.trace, options.breaks)
    except CompileError as error:
        sys.exit(str(error))
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
