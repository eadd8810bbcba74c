"""The formulas of computed values: + - * / min max sum over numeric answers and columns of tables. Pure; nothing is executed.

    sum   := term (("+" | "-") term)*        call  := ("min" | "max" | "sum") "(" sum ("," sum)* ")"
    term  := factor (("*" | "/") factor)*    place := "q" digits ["." "c" digit]
    factor:= number | place | call | "(" sum ")" | "-" factor

A column of a table is a list, hence the argument of a function only. What is missing, infinite or beyond reason is None.
"""

import decimal
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

LONGEST, DEEPEST = 300, 20
LARGEST = Decimal(10) ** 13
FUNCTIONS = ("min", "max", "sum")
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]{1,13}(?:[.,][0-9]{1,6})?(?![0-9]))"
    r"|(?P<name>[a-z][a-z0-9]*(?:\.c[0-9])?)|(?P<sign>[-+*/(),×÷;−]))"
)
_SIGNS = {"×": "*", "÷": "/", ";": ",", "−": "-"}

Value = Decimal | None
Find = Callable[[str], Decimal | list[Value] | None]


class FormulaError(ValueError):
    """A formula that does not read; the text is for the person who wrote it."""


@dataclass(frozen=True)
class Node:
    """A number ("1.5"), a place ("q1", "q2.c1"), a sign or a function with what it applies to."""

    name: str
    parts: tuple["Node", ...] = ()
    number: Decimal | None = None


def parse(text: str) -> Node:
    """Raises FormulaError."""
    if len(text) > LONGEST:
        raise FormulaError(f"Une formule a {LONGEST} caractères au plus.")
    reader = _Reader(_tokens(text))
    node = reader.sum(0)
    if reader.here:
        raise FormulaError(f"« {reader.here} » n’est pas attendu ici.")
    return node


def places(node: Node) -> set[str]:
    """The questions and columns that a formula names."""
    if node.number is not None:
        return set()
    return {place for part in node.parts for place in places(part)} if node.parts else {node.name}


def _tokens(text: str) -> list[str]:
    text, found, start = text.lower().rstrip(), [], 0
    while start < len(text):
        token = _TOKEN.match(text, start)
        if token is None:
            raise FormulaError(
                f"« {text[start:].strip()[:20]} » ne se lit pas : écrivez des codes, des nombres et + - * /."
            )
        found.append(token[0].strip())
        start = token.end()
    return [_SIGNS.get(token, token) for token in found]


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    @property
    def here(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self) -> str:
        return self.tokens.pop(0) if self.tokens else ""

    def expect(self, sign: str) -> None:
        if self.take() != sign:
            raise FormulaError(f"Il manque « {sign} ».")

    def sum(self, depth: int) -> Node:
        if depth > DEEPEST:
            raise FormulaError("La formule a trop de parenthèses.")
        return self._chain("+-", lambda: self._chain("*/", lambda: self._factor(depth)))

    def _chain(self, signs: str, part: Callable[[], Node]) -> Node:
        node = part()
        while self.here and self.here in signs:
            node = Node(self.take(), (node, part()))
        return node

    def _factor(self, depth: int) -> Node:
        word = self.take()
        if word == "-":
            return Node("neg", (self._factor(self._deeper(depth)),))
        if word == "(":
            node = self.sum(depth + 1)
            self.expect(")")
            return node
        if word in FUNCTIONS:
            return Node(word, tuple(self._arguments(depth)))
        if word[:1].isdigit():
            return Node(word, number=Decimal(word.replace(",", ".")))
        if "." in word:
            raise FormulaError(f"La colonne « {word} » se met dans sum(), min() ou max().")
        if not re.fullmatch(r"q[0-9]{1,6}", word):
            raise FormulaError(f"« {word} » n’est pas un code de question." if word else "La formule n’est pas finie.")
        return Node(word)

    def _deeper(self, depth: int) -> int:
        if depth > DEEPEST:
            raise FormulaError("La formule est trop longue.")
        return depth + 1

    def _arguments(self, depth: int) -> list[Node]:
        self.expect("(")
        found = [self._argument(depth)]
        while self.here == ",":
            self.take()
            found.append(self._argument(depth))
        self.expect(")")
        return found

    def _argument(self, depth: int) -> Node:
        following = self.tokens[1] if len(self.tokens) > 1 else ""
        if "." in self.here and self.here[0] == "q" and following in {",", ")"}:
            return Node(self.take())
        return self.sum(depth + 1)


def evaluate(node: Node, find: Find) -> Value:
    """The value of a formula, `find` giving what stands at a place; None when it cannot be computed."""
    with decimal.localcontext(decimal.Context(prec=40, traps=[decimal.InvalidOperation, decimal.DivisionByZero])):
        try:
            value = _value(node, find)
            return value if value is not None and value.is_finite() and abs(value) < LARGEST else None
        except decimal.DecimalException:
            return None


def _value(node: Node, find: Find) -> Value:
    if node.number is not None:
        return node.number
    if not node.parts:
        found = find(node.name)
        return None if isinstance(found, list) else found
    if node.name in FUNCTIONS:
        return _gathered(node, find)
    values = [_value(part, find) for part in node.parts]
    known = [value for value in values if value is not None]
    return _applied(node.name, known) if len(known) == len(values) else None


def _gathered(node: Node, find: Find) -> Value:
    """min, max or sum of numbers and of whole columns."""
    values: list[Value] = []
    for part in node.parts:
        found = find(part.name) if not part.parts and part.number is None else _value(part, find)
        values += found if isinstance(found, list) else [found]
    known = [value for value in values if value is not None]
    if not values or len(known) < len(values):
        return None
    if node.name == "sum":
        return sum(known, Decimal(0))
    return min(known) if node.name == "min" else max(known)


def _applied(sign: str, values: list[Decimal]) -> Value:
    match sign:
        case "neg":
            return -values[0]
        case "+":
            return values[0] + values[1]
        case "-":
            return values[0] - values[1]
        case "*":
            return values[0] * values[1]
        case _:
            return values[0] / values[1]
