"""Syntax of one member from that of its family: loop variables replaced, sums over families written out."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

from mscnet.language.family_loops import Frame, Loops
from mscnet.language.family_names import Name, bond, filled, formula
from mscnet.language.family_values import BadMember, Value, Values
from mscnet.language.products import Stop
from mscnet.language.resolve import MAX_EXPANDED
from mscnet.language.syntax import (
    BesideX,
    BracketX,
    CallX,
    FoldX,
    MemberX,
    NegativeX,
    NumberX,
    PartX,
    PowerX,
    ProductX,
    SumX,
    Text,
    TextX,
    Word,
    WordX,
)
from mscnet.mechanism.units import UNITS

_FOLDS = ("sum", "product", "min", "max")


class Rewriter:
    """Rewrites nodes of a frame; a node without a loop variable in it is kept as it is."""

    def __init__(self, frame: Frame) -> None:
        self.frame, self.slots, self.report = frame, frame.slots, frame.context.report
        self._names: dict[int, Name] = {}
        self._folds: dict[int, tuple[Loops, Rewriter, Any]] = {}
        self._plain: dict[int, bool] = {}

    def is_plain(self, node: Any) -> bool:
        """Whether nothing in a node depends on a loop variable or has to be written out."""
        if not self.slots:  # outside families a node is looked at once
            return self._looks_plain(node)
        known = self._plain.get(id(node))
        if known is None:
            known = self._plain[id(node)] = self._looks_plain(node)
        return known

    def _looks_plain(self, node: Any) -> bool:
        match node:
            case MemberX() | FoldX() | BesideX(MemberX()):
                return False
            case Word(name) if "{" in name:  # a bond
                return False
            case Word(name) | WordX(name) | BesideX(name, None) | BracketX(str(name)):
                return name not in self.slots
            case Text(text) | TextX(text):
                return "{" not in text
            case PartX("composition", (Word(name), *_)):
                return not self.slots or ("[" not in name and "{" not in name)
        return not isinstance(node, tuple) or all(self.is_plain(part) for part in node if isinstance(part, tuple))

    def rewrite(self, node: Any, values: Values) -> Any:
        """The node for given values.

        Raises:
            BadMember: the member cannot be.
            Stop: something in it is wrong for every member, which is reported.
        """
        if self.is_plain(node):
            return node
        match node:
            case MemberX():
                return WordX(self.name(node, values), node.start, node.end)
            case WordX():
                return _of_value(values[self.slots[node.name]], node)
            case Word(name, start, end) if "{" in name:
                return Word(bond(node, self.frame.arithmetic, values), start, end)
            case Word():
                return self._word(node, values)
            case BracketX(name, start, end):
                return BracketX(self._bracketed(name, node, values), start, end)
            case ProductX():
                return self._product(node, values)
            case BesideX(name, exponent, start, end):
                inner = None if exponent is None else self.rewrite(exponent, values)
                return BesideX(name if isinstance(name, str) else self.name(name, values), inner, start, end)
            case FoldX():
                return self._fold(node, values)
            case Text(text, start, end) | TextX(text, start, end):
                return node._replace(text=filled(text, self.slots, values))
            case PartX("composition", (inside,), start, end):
                shown = Word(formula(inside, self.slots, values), inside.start, inside.end)  # type: ignore[arg-type,attr-defined]
                return PartX("composition", (shown,), start, end)
            case PartX("home", (inside,), start, end):
                return PartX("home", (self.rewrite_name(inside, values),), start, end)
        return self._generic(node, values)

    def rewrite_name(self, node: Any, values: Values) -> Word:
        """The name that stands in a declaration or a side of a reaction."""
        if isinstance(node, MemberX):
            return Word(self.name(node, values), node.start, node.end)
        return self._word(node, values) if node.name in self.slots else node

    def uses(self, node: Any) -> frozenset[str]:
        """The loop variables that a node holds."""
        if not isinstance(node, tuple) or self.is_plain(node):
            return frozenset()
        own = {part[0] for part in node.pieces if isinstance(part, tuple)} if isinstance(node, MemberX) else set()
        if isinstance(node, Word | WordX | BesideX | BracketX) and node.name in self.slots:
            own = {node.name}
        elif isinstance(node, Word) and "{" in node.name:
            own = {name for name in self.slots if "{" + name in node.name}
        elif isinstance(node, Text | TextX):
            own = {name for name in self.slots if "{" + name in node.text}
        elif isinstance(node, PartX) and node.kind == "composition":
            return frozenset(self.slots)
        return frozenset(own & self.slots.keys()).union(*(self.uses(part) for part in node))

    def name(self, node: MemberX, values: Values) -> str:
        """The name of a member."""
        known = self._names.get(id(node))
        if known is None:
            known = self._names[id(node)] = Name(node, self.frame.arithmetic)
        return known(values)

    def settled(self, node: Any) -> Any:
        """The node with sums written out that are the same for every member."""
        if not isinstance(node, tuple) or self.is_plain(node) or isinstance(node, MemberX):
            return node
        if isinstance(node, FoldX):
            return node if self.uses(node) else self.rewrite(node, (0,) * len(self.slots))
        parts = [self.settled(part) for part in node]
        if all(a is b for a, b in zip(parts, node, strict=True)):
            return node
        return type(node)._make(parts) if hasattr(node, "_make") else tuple(parts)

    def _generic(self, node: Any, values: Values) -> Any:
        kind = type(node)
        if kind.__name__ == "LoopX" and node.variable.name in self.slots:
            place = node.variable
            raise BadMember(f"`{place.name}` is a variable of the family around this", place.start, place.end)
        parts = [self._part(kind, field, part, values) for field, part in zip(_fields(node), node, strict=True)]
        return kind._make(parts) if hasattr(kind, "_make") else tuple(parts)

    def _part(self, kind: type, field: str, part: Any, values: Values) -> Any:
        if not isinstance(part, tuple):
            return part
        if isinstance(part, MemberX) and field in _NAMES:
            return Word(self.name(part, values), part.start, part.end)
        return self.rewrite(part, values)

    def _word(self, node: Word, values: Values) -> Word:
        value = values[self.slots[node.name]]
        if not isinstance(value, str):
            hint = f"in a name the variable stands in braces, `A{{{node.name}}}`, or as an index, `A[{node.name}]`"
            hint += "; if the name itself is meant, call the variable something else"
            raise BadMember(f"`{node.name}` is a number here, not a name", node.start, node.end, hint)
        return Word(value, node.start, node.end)

    def _bracketed(self, name: Any, node: BracketX, values: Values) -> str:
        if isinstance(name, MemberX):
            return self.name(name, values)
        return self._word(Word(name, node.start, node.end), values).name

    def _product(self, node: ProductX, values: Values) -> ProductX:
        operators, factors = list(node.operators), []
        for i, factor in enumerate(node.factors):
            if isinstance(factor, BesideX) and factor.name in self.slots and not _is_unit(factor, self.slots, values):
                operators[i] = operators[i - 1] if i and operators[i - 1] == "/" else "*"
                factors.append(self._beside(factor, values))
            else:
                factors.append(self.rewrite(factor, values))
        return ProductX(tuple(factors), tuple(operators), node.start, node.end, node.depth)

    def _beside(self, factor: BesideX, values: Values) -> Any:
        name, start = str(factor.name), factor.start
        value = _of_value(values[self.slots[name]], WordX(name, start, start + len(name)))
        if factor.exponent is None:
            return value
        return PowerX(value, self.rewrite(factor.exponent, values), start, factor.end, 2)

    def note_units(self, node: Any) -> None:
        """Say of loop variables after numbers that they are not the units that are spelled alike."""
        if not isinstance(node, tuple) or self.is_plain(node):
            return
        if isinstance(node, ProductX):
            for before, factor in pairwise(node.factors):
                if not isinstance(factor, WordX | BesideX) or factor.name not in self.slots:
                    continue
                if factor.name in UNITS and isinstance(before, NumberX | BesideX):
                    message = f"`{factor.name}` is the loop variable here, not the unit"
                    hint = "call the loop variable something else"
                    self.report.error("W216", message, factor.start, factor.end, hint)
        for part in node:
            self.note_units(part)

    def _fold(self, node: FoldX, values: Values) -> Any:
        loops, inner, body = self.fold_parts(node)
        terms: list[Any] = []
        loops.turns(values)
        self.report.note_sum(node.start, node.end)
        for row in loops.rows(values):
            if len(terms) == MAX_EXPANDED:
                raise BadMember(f"more than {MAX_EXPANDED:,} terms", node.start, node.end)
            terms.append(inner.rewrite(body, row))
        name, start, end = node.function.name, node.start, node.end
        if not terms and name in ("min", "max"):
            raise BadMember(f"`{name}` of nothing: the range is empty", node.loops.start, node.loops.end)
        if len(terms) == 1:
            return terms[0]
        if name == "sum":
            return SumX(tuple(terms), (1,) * len(terms), start, end, node.depth) if terms else NumberX("0", start, end)
        if name == "product":
            operators = ("*",) * len(terms)
            return ProductX(tuple(terms), operators, start, end, node.depth) if terms else NumberX("1", start, end)
        return CallX(node.function, tuple(terms), start, end, node.depth)

    def fold_parts(self, node: FoldX) -> tuple[Loops, Rewriter, Any]:
        """The loops of a sum over a family, what rewrites its terms, and what it sums."""
        known = self._folds.get(id(node))
        if known is None:
            if node.function.name not in _FOLDS:
                place, hint = node.function, "there are " + ", ".join(f"`{name}(… for …)`" for name in _FOLDS)
                self.report.error("E210", f"`{place.name}` does not run over a family", place.start, place.end, hint)
                raise Stop
            loops = Loops(node.loops, self.frame)
            known = self._folds[id(node)] = loops, Rewriter(loops.frame), loops.with_places(node).body
        return known


#: Fields of nodes in which a name stands, not an expression.
_NAMES = frozenset(
    {"name", "species", "label", "word", "variable", "solvent", "of", "experiment", "function", "owner"}
    | {"target", "place", "tag", "pattern"}
)


def _fields(node: Any) -> tuple[str, ...]:
    return getattr(node, "_fields", None) or ("",) * len(node)


def _is_unit(factor: BesideX, slots: dict[str, int], values: Values) -> bool:
    """Whether a variable over names is spelled like a unit, which it then is: it stands in braces as a name."""
    return isinstance(values[slots[str(factor.name)]], str) and factor.name in UNITS


def _of_value(value: Value, node: WordX) -> Any:
    start, end = node.start, node.end
    if isinstance(value, str):
        return node if node.name in UNITS else WordX(value, start, end)
    if isinstance(value, Fraction):
        above, below = _of_value(value.numerator, node), NumberX(str(value.denominator), start, end)
        return ProductX((above, below), ("*", "/"), start, end, 2)
    return NumberX(str(value), start, end) if value >= 0 else NegativeX(NumberX(str(-value), start, end), start, end, 2)
