"""``1 mL toluene + 5 mg X + 1/2 of flask``: how much of what."""

from __future__ import annotations

from collections.abc import Collection

from mscnet.diagnostics import suggest
from mscnet.language.protocol_context import Bench
from mscnet.language.syntax import BesideX, ExpressionX, NegativeX, NumberX, ProductX, Word, WordX
from mscnet.language.syntax_protocol import PortionX
from mscnet.mechanism.bench import Measure, Portion
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.units import AMOUNT, MASS, TIME, VOLUME, Dimension, name_dimension

_MEASURES: dict[Dimension, Measure] = {VOLUME: "volume", MASS: "mass", AMOUNT: "amount"}


def read_portions(
    nodes: tuple[PortionX, ...], bench: Bench, vessels: Collection[str], lenient: bool, flow: bool
) -> tuple[Portion, ...] | None:
    """The portions of a step; None, with errors, where one is wrong.  Those of a `flow` are volumes per time."""
    reader = _PortionReader(bench, vessels, lenient, flow)
    portions = [reader.read(node) for node in nodes]
    return None if None in portions else tuple(portion for portion in portions if portion is not None)


class _PortionReader:
    def __init__(self, bench: Bench, vessels: Collection[str], lenient: bool, flow: bool) -> None:
        self.bench, self.report, self.vessels, self.lenient, self.flow = bench, bench.report, vessels, lenient, flow

    def read(self, node: PortionX) -> Portion | None:
        word, quantity = self._split(node)
        if word is None:
            text = self.report.source.text[node.start : node.end]
            hint = "write a quantity and what it is of: `1 mL toluene`, `5 mg X`, `1/2 of flask`"
            message = f"`{text}` says not how much of what"
            if isinstance(node.quantity, WordX) and self._known(node.quantity.name):
                message, hint = f"how much of `{text}`?", f"write `1 mL {text}`, or `all of {text}` of a vessel"
            self.report.error("E083", message, node.start, node.end, hint)
            return None
        if not self._known(word.name) and not self.lenient:
            known = [*self.bench.stocks, *self.vessels]
            self.report.error(
                "E010", f"unknown bottle or vessel `{word.name}`", word.start, word.end, self._hint(word, known)
            )
            return None
        span = self.report.span(node.start, node.end)
        if quantity is None:
            return self._all(word, node)
        expression = self.bench.quantity(quantity)
        measure = None if expression is None else self._measure(expression, quantity, word, node)
        if expression is None or measure is None:
            return None
        if isinstance(expression, Number) and expression.value < 0:
            self.report.error("E024", "a negative quantity", quantity.start, quantity.end)
            return None
        return Portion(word.name, expression, measure, span)

    def _hint(self, word: Word, known: list[str]) -> str:
        near = suggest(word.name, known)
        if near is None and (entry := self.bench.entry(word.name)) is not None and entry.kind == "species":
            return f"a species comes out of a bottle: `solution … {{ {word.name} = … }}`"
        return near or f"declare it: `solution {word.name} {{ … }}` or `solvent {word.name}`"

    def _known(self, name: str) -> bool:
        return name in self.bench.stocks or name in self.vessels

    def _split(self, node: PortionX) -> tuple[Word | None, ExpressionX | None]:
        """What the portion is of, and its quantity: the last word of ``1 mL toluene`` is no unit."""
        quantity = node.quantity
        if node.of is not None or quantity is None:
            return node.of, quantity
        minus = isinstance(quantity, NegativeX)
        product = quantity.operand if isinstance(quantity, NegativeX) else quantity
        if not isinstance(product, ProductX) or len(product.factors) < 2:
            return None, quantity
        last = product.factors[-1]
        if not isinstance(last, BesideX) or last.exponent is not None:
            return None, quantity
        rest = product.factors[:-1]
        named = self._known(last.name) or self.bench.found.scope.find(last.name, None) is not None
        lone = len(rest) == 1 and isinstance(rest[0], NumberX)
        if lone and not named and self.bench.system.find(last.name) is not None:
            return None, quantity  # `1 mL` of nothing
        whole: ExpressionX = rest[0]
        if len(rest) > 1:
            whole = ProductX(rest, product.operators[:-1], product.start, rest[-1].end, product.depth)
        if minus:
            whole = NegativeX(whole, node.start, whole.end, whole.depth + 1)
        return Word(last.name, last.start, last.end), whole

    def _all(self, word: Word, node: PortionX) -> Portion | None:
        if word.name in self.bench.stocks or self.flow:
            message = f"all of the bottle `{word.name}`: how much is that?" if not self.flow else "a flow has a rate"
            self.report.error("E083", message, node.start, node.end, f"write `1 mL {word.name}`")
            return None
        return Portion(word.name, None, "fraction", self.report.span(node.start, node.end))

    def _measure(self, e: Expression, node: ExpressionX, word: Word, portion: PortionX) -> Measure | None:
        """What the quantity is measured in; None, with an error, where nothing can be measured out so."""
        dimension = self.bench.dimension(e)
        if self.flow:
            if dimension is None or dimension in (VOLUME / TIME, Dimension()):
                return "volume"
            return self.wrong(node, f"a flow is a volume per time, not {name_dimension(dimension)}")
        stock = self.bench.stocks.get(word.name)
        if dimension is None:
            return "volume"
        if dimension.dimensionless:
            return self._pure(e, node, word, portion)
        measure = _MEASURES.get(dimension)
        if measure is None:
            hint = "a volume, a mass or an amount is wanted, such as `1 mL`, `5 mg` or `2 umol`"
            return self.wrong(node, f"{name_dimension(dimension)} is no measure of `{word.name}`", hint)
        if measure != "volume" and (stock is None or stock.kind not in ("liquid", "solid")):
            what = "a vessel" if stock is None else f"a {stock.kind}"
            return self.wrong(node, f"`{word.name}` is {what}, so it is measured by volume, not by {measure}")
        if measure == "volume" and stock is not None and stock.kind == "solid" and stock.density is None:
            return self.wrong(node, f"a volume of the solid `{word.name}`, which has no density")
        return measure

    def _pure(self, e: Expression, node: ExpressionX, word: Word, portion: PortionX) -> Measure | None:
        """A pure number: a part of a vessel after ``of``, else a volume in the file's unit."""
        unit = isinstance(e, Number) and e.dimension is not None
        if portion.of is not None and word.name in self.bench.stocks:
            return self.wrong(
                node, f"a part of the bottle `{word.name}`: how much is that?", f"write `1 mL {word.name}`"
            )
        return "fraction" if portion.of is not None or unit else "volume"

    def wrong(self, node: ExpressionX, message: str, hint: str | None = None) -> Measure | None:
        """Report that something cannot be measured out so; None, for what there is then."""
        self.report.error("E020", message, node.start, node.end, hint)
        return None
