"""From the text of a formula to its tree. Recursive descent, bounded in length and depth; never Python's eval."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from aimak.plugins.formulas.tree import COMPARISONS, FUNCTIONS, Binary, Call, Literal, Name, Node, Spot, Unary, Word
from aimak.problems import Field

MAX_LENGTH = 20_000
# Each level is a few calls deep in Python; no formula that a person reads comes near it.
MAX_DEPTH = 60
MAX_DIGITS = 24
_WORDS = ("and", "or", "not")
_TOKEN = re.compile(
    r"""(?P<space>\s+)
      | (?P<number>(?:\d+(?:\.\d*)?|\.\d+))
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)
      | (?P<text>"[^"\n]*"|'[^'\n]*')
      | (?P<sign><=|>=|!=|==|<>|[-+*/()=<>,])""",
    re.VERBOSE | re.ASCII,
)
_SAME = {"==": "=", "<>": "!="}
END = "end"


class MalformedFormula(ValueError):
    """A text that is no formula: a problem's code, its fields and the place in the text."""

    def __init__(self, code: str, at: Spot, **fields: str) -> None:
        super().__init__(f"{code} {at.line}:{at.column} {fields}")
        self.code = code
        self.at = at
        self.fields: dict[str, Field] = {"line": at.line, "column": at.column, **fields}


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: Spot


def parse(text: str) -> Node:
    """The tree of a formula. Raises MalformedFormula with line and column."""
    if len(text) > MAX_LENGTH:
        raise MalformedFormula("AIM-T203", Spot(), limit=str(MAX_LENGTH))
    parser = _Parser(_tokens(text))
    tree = parser.either(0)
    parser.expect(END)
    return tree


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    place, line, start = 0, 1, 0
    while place < len(text):
        at = Spot(line, place - start + 1)
        match = _TOKEN.match(text, place)
        if match is None:
            raise MalformedFormula("AIM-T201", at, found=text[place])
        kind = str(match.lastgroup)
        if kind == "space":
            line += match[0].count("\n")
            start = place + match[0].rfind("\n") + 1 if "\n" in match[0] else start
        else:
            found.append(_Token(kind, _SAME.get(match[0], match[0]), at))
        place = match.end()
    found.append(_Token(END, "", Spot(line, place - start + 1)))
    return found


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.tokens[self.place]
        self.place += token.kind != END
        return token

    def sees(self, *texts: str) -> bool:
        return self.next.kind in ("sign", "name") and self.next.text in texts

    def expect(self, text: str) -> None:
        token = self.next
        if (token.kind == END) if text == END else self.sees(text):
            self.take()
            return
        raise self._unfit(token)

    def _unfit(self, token: _Token) -> MalformedFormula:
        if token.kind == END:
            return MalformedFormula("AIM-T202", token.at)
        return MalformedFormula("AIM-T201", token.at, found=token.text[:40])

    def _chain(self, operators: tuple[str, ...], below: Callable[[int], Node], depth: int) -> Node:
        tree = below(depth)
        length = 0
        while self.sees(*operators):
            sign = self.take()
            # A long sum is a deep tree: what walks it later must not run out of stack.
            length += 1
            if depth + length // 8 > MAX_DEPTH:
                raise MalformedFormula("AIM-T203", sign.at, limit=str(MAX_DEPTH))
            tree = Binary(sign.text, tree, below(depth), sign.at)
        return tree

    def either(self, depth: int) -> Node:
        """or"""
        return self._chain(("or",), self.both, depth)

    def both(self, depth: int) -> Node:
        """and"""
        return self._chain(("and",), self.opposite, depth)

    def opposite(self, depth: int) -> Node:
        """not"""
        self._deep(depth)
        if self.sees("not"):
            sign = self.take()
            return Unary("not", self.opposite(depth + 1), sign.at)
        return self.compared(depth)

    def compared(self, depth: int) -> Node:
        """= != < <= > >=, once: a chain of them is refused."""
        left = self.sum(depth)
        if not self.sees(*COMPARISONS):
            return left
        sign = self.take()
        tree = Binary(sign.text, left, self.sum(depth), sign.at)
        if self.sees(*COMPARISONS):
            raise self._unfit(self.next)
        return tree

    def sum(self, depth: int) -> Node:
        """+ -"""
        return self._chain(("+", "-"), self.product, depth)

    def product(self, depth: int) -> Node:
        """* /"""
        return self._chain(("*", "/"), self.signed, depth)

    def signed(self, depth: int) -> Node:
        """- and + before a value"""
        self._deep(depth)
        if self.sees("-"):
            sign = self.take()
            return Unary("-", self.signed(depth + 1), sign.at)
        if self.sees("+"):
            self.take()
            return self.signed(depth + 1)
        return self.value(depth)

    def value(self, depth: int) -> Node:
        """A number, a text, a name, a call, or a formula in brackets."""
        token = self.take()
        if token.kind == "number":
            return Literal(self._number(token), token.at)
        if token.kind == "text":
            return Word(token.text[1:-1], token.at)
        if token.kind == "sign" and token.text == "(":
            inner = self.either(depth + 1)
            self.expect(")")
            return inner
        if token.kind == "name" and token.text not in _WORDS:
            return self._call(token, depth) if self.sees("(") else Name(token.text, token.at)
        raise self._unfit(token)

    def _call(self, name: _Token, depth: int) -> Node:
        if name.text not in FUNCTIONS:
            raise MalformedFormula("AIM-T204", name.at, function=name.text, known=", ".join(sorted(FUNCTIONS)))
        self.take()
        arguments = [self.either(depth + 1)]
        while self.sees(","):
            self.take()
            arguments.append(self.either(depth + 1))
        self.expect(")")
        fewest, most = FUNCTIONS[name.text]
        if not fewest <= len(arguments) <= most:
            limits = str(fewest) if fewest == most else f"{fewest}-{most}"
            raise MalformedFormula("AIM-T205", name.at, function=name.text, expected=limits, given=str(len(arguments)))
        return Call(name.text, tuple(arguments), name.at)

    def _number(self, token: _Token) -> Fraction:
        if len(token.text) > MAX_DIGITS:
            raise MalformedFormula("AIM-T203", token.at, limit=str(MAX_DIGITS))
        whole, _, fraction = token.text.partition(".")
        return Fraction(int(f"{whole}{fraction}" or 0), 10 ** len(fraction))

    def _deep(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise MalformedFormula("AIM-T203", self.next.at, limit=str(MAX_DEPTH))
