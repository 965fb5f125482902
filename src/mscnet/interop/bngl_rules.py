"""Rules of BNGL: from what the grammar has met to `Rule`, with BioNetGen's rate laws.

The rate of each reaction that a rule makes is its constant times the product of the populations of its reactants.
The old types of laws are such constants, too, in which ``[i]``, the population of what the i-th pattern has met, stands
(M. L. Blinov, J. R. Faeder, W. S. Hlavacek, in the manual of BioNetGen; Faeder et al., Methods Mol. Biol. 500 (2009)
113):

- ``Sat(k,K1,K2,…)``: k / ∏ (Kj + [j])
- ``MM(k,K)`` with substrate [1] and enzyme [2]: k·F/([1]·(K + F)), where F, the free substrate, is
  (d + √(d² + 4·K·[1])) / 2 with d = [1] - K - [2]; F/[1] is written 2·K / (√(d² + 4·K·[1]) - d), which has a value at
  [1] = 0
- ``Hill(k,K,n)``: k·[1]^(n-1) / (K^n + [1]^n)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from mscnet.diagnostics import Span, suggest
from mscnet.interop.bngl_nodes import GroupX, MathX, RuleX, Word
from mscnet.interop.bngl_values import Tags, Values
from mscnet.interop.faults import Fault
from mscnet.mechanism.expression import (
    MINUS_ONE,
    ONE,
    Call,
    Expression,
    Number,
    Power,
    Product,
    Sum,
    Symbol,
    symbols,
)
from mscnet.mechanism.structure import Pattern, Restriction, Rule
from mscnet.mechanism.types import RateLaw
from mscnet.records import replace

_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_TWO, _FOUR, _HALF = Number(Fraction(2)), Number(Fraction(4)), Number(Fraction(1, 2))
#: The fewest and the most constants of the old types of laws, and how many reactants they need.
_OLD = {"Sat": (2, None, 1), "MM": (2, 2, 2), "Hill": (3, 3, 1)}

#: Words that may stand behind the laws of a rule.
WORDS = (
    "DeleteMolecules", "MoveConnected", "TotalRate", "priority", "include_reactants", "include_products",
    "exclude_reactants", "exclude_products",
)  # fmt: skip

#: A law, and the share and the barrier of an energy rule.
Law = tuple[RateLaw, tuple[Expression, Expression] | None]


class RuleReader:
    """Makes the rules of one file; names are given in the order of the file."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._taken: set[str] = set()
        self._count = 0

    def read(self, row: RuleX) -> tuple[Rule, ...]:
        """The rule, or the two of a reversible one.

        Raises:
            Fault: what is said of it makes no sense.
        """
        self._count += 1
        name = self._name(row.label)
        self._check(row)
        flags = {word.text for word in row.flags}
        total = "TotalRate" in flags
        laws = [self._law(law, row, total, i) for i, law in enumerate(row.laws)]
        if row.reversible and len(laws) == 1:
            laws.append(self._reverse_law(row, laws[0]))
        forward = Rule(
            name=name,
            reactants=row.reactants,
            products=row.products,
            law=laws[0][0],
            activation=laws[0][1],
            delete_molecules="DeleteMolecules" in flags,
            move_connected="MoveConnected" in flags,
            restrictions=row.restrictions,
            priority=int(row.priority.text) if row.priority else None,
            label=row.label.text if row.label else None,
            partner=f"{name}.reverse" if row.reversible else None,
            span=Span(self._values.source, row.start, row.end),
        )
        if not row.reversible:
            return (forward,)
        backward = replace(
            forward,
            name=f"{name}.reverse",
            reactants=row.products,
            products=row.reactants,
            law=laws[1][0],
            activation=laws[1][1],
            restrictions=tuple(map(_turned, row.restrictions)),
            partner=name,
            reverse=True,
        )
        return forward, backward

    def _name(self, label: Word | None) -> str:
        """A name that no other rule has: the label where it can be one, else a number."""
        name = label.text if label and _PLAIN.fullmatch(label.text) else f"r{self._count}"
        stem, i = name, 1
        while name in self._taken:
            i += 1
            name = f"{stem}_{i}"
        self._taken.add(name)
        return name

    # --- checks ---

    def _check(self, row: RuleX) -> None:
        seen: set[str] = set()
        for word in row.flags:
            if word.text in seen:
                raise Fault("E009", f"`{word.text}` stands twice", word.start, word.end)
            seen.add(word.text)
        if len(row.laws) == 2 and not row.reversible:
            law = row.laws[1]
            message = "a rule that goes one way has one law, and this is a second"
            raise Fault("E023", message, law.start, law.end, "write `<->` for both ways")
        for one in row.restrictions:
            side = row.reactants if one.side == "reactants" else row.products
            if one.number > len(side):
                assert one.span is not None
                message = f"there are {len(side)} patterns among the {one.side}, and this speaks of number {one.number}"
                raise Fault("E017", message, one.span.start, one.span.end)
        _check_labels(row.reactants)
        _check_labels(row.products)

    # --- laws ---

    def _law(self, law: MathX, row: RuleX, total: bool, number: int) -> Law:
        side = row.reactants if number == 0 else row.products
        tags = _tags(side)
        special = self._special(law)
        if special is None:
            expression = self._expression(law, tags)
            if total and any(symbol.kind == "local" for symbol in symbols(expression)):
                hint = "leave out `TotalRate`, or count in the whole system: `Obs()`"
                raise Fault("E017", "`TotalRate` does not go with local functions", law.start, law.end, hint)
            return RateLaw("general" if total else "mass_action", expression, self._span(law)), None
        name, group = special
        if total:
            raise Fault("E017", f"`TotalRate` does not go with `{name.text}`", name.start, group.end)
        if name.text == "Arrhenius":
            return self._arrhenius(name, group, row, tags)
        if name.text == "FunctionProduct":
            return RateLaw("mass_action", self._function_product(name, group, tags), self._span(law)), None
        return RateLaw("mass_action", self._old(name, group, side, tags), self._span(law)), None

    def _expression(self, law: MathX, tags: Tags) -> Expression:
        try:
            return self._values.varying(law, tags)
        except Fault as fault:
            if fault.code == "E002" and fault.hint is None:
                fault.hint = suggest(self._values.text[fault.start : fault.end], WORDS)
            raise

    def _span(self, law: MathX) -> Span:
        return Span(self._values.source, law.start, law.end)

    def _special(self, law: MathX) -> tuple[Word, GroupX] | None:
        """The name and the arguments of a law that is none of BNGL's functions; None for any other."""
        if not law.parts or getattr(law.parts[0], "type", "") != "NAME":
            return None
        head = law.parts[0]
        if head.value not in (*_OLD, "Arrhenius", "FunctionProduct") or head.value in self._values.names.taken:
            return None
        name = Word(str(head.value), head.start_pos, head.end_pos)
        if len(law.parts) != 2 or not isinstance(law.parts[1], GroupX) or law.parts[1].bracket != "(":
            hint = "a factor goes into its first constant" if len(law.parts) > 2 else f"as in `{name.text}(a,b)`"
            raise Fault("E017", f"`{name.text}(…)` stands alone as a law", law.start, law.end, hint)
        return name, law.parts[1]

    def _arrhenius(self, name: Word, group: GroupX, row: RuleX, tags: Tags) -> Law:
        if len(group.arguments) != 2:
            hint = "as in `Arrhenius(phi,Ea)`: the share of the energy of reaction, and the barrier, in RT"
            raise Fault("E017", "`Arrhenius` takes 2 arguments", name.start, group.end, hint)
        if len(row.laws) == 2:
            message = "`Arrhenius` says both directions, so a second law has no place"
            raise Fault("E023", message, row.laws[1].start, row.laws[1].end)
        share, barrier = (self._values.varying(one.value, tags) for one in group.arguments)
        return RateLaw("mass_action", ONE, Span(self._values.source, name.start, group.end)), (share, barrier)

    def _reverse_law(self, row: RuleX, forward: Law) -> Law:
        law, activation = forward
        if activation is None:
            end = row.laws[0].end
            message = "a reversible rule has two laws, and the second is missing"
            raise Fault("E023", message, max(end - 1, row.laws[0].start), end, "as in `kon, koff`; or write `->`")
        share, _ = activation
        group = row.laws[0].parts[1]
        barrier = self._values.varying(group.arguments[1].value, _tags(row.products))
        if isinstance(share, Number):
            other: Expression = Number(1 - share.value)
        else:
            other = Sum((ONE, Product((MINUS_ONE, share))))
        return law, (other, barrier)

    def _function_product(self, name: Word, group: GroupX, tags: Tags) -> Expression:
        hint = 'as in `FunctionProduct("f(x)","g(y)")`'
        if len(group.arguments) != 2:
            raise Fault("E017", "`FunctionProduct` takes 2 arguments", name.start, group.end, hint)
        found = []
        for one in group.arguments:
            (token, *more) = one.value.parts
            if more or getattr(token, "type", "") != "STRING":
                raise Fault("E017", "this is no function in quotes", one.value.start, one.value.end, hint)
            inner = MathX(token.start_pos + 1, token.end_pos - 1, ())
            found.append(self._values.varying(inner, tags))
        return Product(tuple(found))

    def _old(self, name: Word, group: GroupX, side: Sequence[Pattern], tags: Tags) -> Expression:
        fewest, most, needed = _OLD[name.text]
        constants = [self._values.varying(one.value, tags) for one in group.arguments]
        if len(constants) < fewest or (most is not None and len(constants) > most):
            said = f"{fewest}" if fewest == most else f"at least {fewest}"
            raise Fault("E017", f"`{name.text}` takes {said} constants, {len(constants)} given", name.start, group.end)
        if len(side) < needed or (name.text == "MM" and len(side) != 2):
            said = "two reactants, substrate and enzyme" if needed == 2 else "a reactant"
            raise Fault("E017", f"`{name.text}` is a law of a rule with {said}", name.start, group.end)
        if name.text == "Sat" and len(constants) > len(side) + 1:
            message = f"`Sat` has more constants of saturation than the rule has reactants ({len(side)})"
            raise Fault("E017", message, name.start, group.end)
        x = [Symbol(str(i), "reactant") for i in range(1, len(side) + 1)]
        return {"Sat": _saturation, "MM": _michaelis_menten, "Hill": _hill}[name.text](constants, x)


def _turned(one: Restriction) -> Restriction:
    return replace(one, side="products" if one.side == "reactants" else "reactants")


def _tags(side: Sequence[Pattern]) -> dict[str, str]:
    """The labels of a side that local functions may be called with."""
    found = [pattern.label for pattern in side]
    found += [molecule.label for pattern in side for molecule in pattern.molecules]
    return {label: label for label in found if label is not None}


def _check_labels(side: Sequence[Pattern]) -> None:
    """Raises a Fault where a label stands twice on a side."""
    found: list[tuple[str | None, Span | None]] = []
    for pattern in side:
        found.append((pattern.label, pattern.span))
        for molecule in pattern.molecules:
            found.append((molecule.label, molecule.span))
            found += [(site.label, site.span) for site in molecule.sites]
    seen: set[str] = set()
    for label, span in found:
        if label is not None and label in seen and span is not None:
            raise Fault("E011", f"the label `%{label}` stands twice", span.start, span.end)
        if label is not None:
            seen.add(label)


def _inverse(tree: Expression) -> Expression:
    return Power(tree, MINUS_ONE)


def _saturation(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    k, *halves = constants
    return Product((k, *(_inverse(Sum((half, one))) for half, one in zip(halves, x, strict=False))))


def _michaelis_menten(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    (k, half), (substrate, enzyme) = constants, x
    excess = Sum((substrate, Product((MINUS_ONE, half)), Product((MINUS_ONE, enzyme))))
    root = Call("sqrt", (Sum((Power(excess, _TWO), Product((_FOUR, half, substrate)))),))
    free = Product((_HALF, Sum((excess, root))))
    share = Product((_TWO, half, _inverse(Sum((root, Product((MINUS_ONE, excess)))))))
    return Product((k, share, _inverse(Sum((half, free)))))


def _hill(constants: Sequence[Expression], x: Sequence[Expression]) -> Expression:
    k, half, power = constants
    less = Number(power.value - 1) if isinstance(power, Number) else Sum((power, MINUS_ONE))
    below = Sum((Power(half, power), Power(x[0], power)))
    return Product((k, Power(x[0], less), _inverse(below)))
