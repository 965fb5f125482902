"""Bottles: solutions, solvents, neat liquids and solids."""

from __future__ import annotations

from collections.abc import Iterator

from mscnet.diagnostics import declaring, suggest
from mscnet.language.declare import Declarations
from mscnet.language.resolve import Resolver
from mscnet.language.rule_patterns import PatternReader
from mscnet.language.scope import KIND_WORDS, Entry, Reporter, Scope, place_of
from mscnet.language.syntax import BenchX, ExpressionX, Word
from mscnet.language.syntax_protocol import ContentX, StockX
from mscnet.mechanism.bench import Content, Stock
from mscnet.mechanism.expression import Expression, evaluate, symbols
from mscnet.mechanism.structure_text import pattern_text

#: What the block of a liquid or a solid must and may say.
SETTINGS = {
    "liquid": (("density", "molar_mass"), ("purity",)),
    "solid": (("molar_mass",), ("density", "purity")),
}
_STOCKS = ("solution", "solvent", "liquid", "solid")


def anywhere(scope: Scope, name: str) -> Entry | None:
    """What a name stands for, in all pathways or in some."""
    return scope.find(name, None) or next((table[name] for table in scope.local.values() if name in table), None)


def read_stocks(found: Declarations, resolver: Resolver, report: Reporter) -> Iterator[Stock]:
    """The bottles of a file in its order; what is wrong is reported and left out."""
    reader = _StockReader(found, resolver, report)
    seen: dict[str, Word] = {}
    for statement, pathway in found.bench:
        if statement.kind not in _STOCKS or pathway is not None:
            continue
        word = statement.name
        if word.name in seen:
            if statement.kind != "solvent":  # a solvent is a parameter too, which says so already
                place = (("first declared here", seen[word.name].start, seen[word.name].end),)
                report.error("E011", f"`{word.name}` is declared twice", word.start, word.end, related=place)
            continue
        seen[word.name] = word
        yield reader.read(statement)


class _StockReader:
    def __init__(self, found: Declarations, resolver: Resolver, report: Reporter) -> None:
        self.found, self.resolver, self.report = found, resolver, report
        self.solvents = found.solvents

    def read(self, statement: BenchX) -> Stock:
        content, word = statement.content, statement.name
        assert isinstance(content, StockX)
        label = content.label.text if content.label else None
        span = self.report.span(word.start, word.end)
        solvent = self._solvent(content.solvent, statement)
        if statement.kind in SETTINGS:
            settings = self._settings(statement, content)
            return Stock(word.name, statement.kind, label=label, span=span, **settings)  # type: ignore[arg-type]
        contents = tuple(self._contents(content.contents))
        return Stock(word.name, statement.kind, contents, solvent, label=label, span=span)  # type: ignore[arg-type]

    def _solvent(self, word: Word | None, statement: BenchX) -> str | None:
        if word is None:
            return None
        if statement.kind != "solution":
            message = f"a {statement.kind} is made up in nothing"
            self.report.error("E009", message, word.start, word.end, "only a `solution` is `in` a solvent")
        elif word.name not in self.solvents:
            hint = suggest(word.name, self.solvents) or declaring("solvent", word.name)
            self.report.error("E010", f"unknown solvent `{word.name}`", word.start, word.end, hint)
        else:
            return word.name
        return None

    def _contents(self, contents: tuple[ContentX, ...]) -> Iterator[Content]:
        scope = self.found.scope
        yield from self._structured(contents)
        for node in self._once(tuple(node for node in contents if node.pattern is None)):
            word = node.name
            entry = anywhere(scope, word.name)
            if entry is None:
                hint = suggest(word.name, scope.names(None, ["species"])) or declaring("species", word.name)
                self.report.error("E010", f"unknown species `{word.name}`", word.start, word.end, hint)
            elif entry.kind != "species":
                message = f"`{word.name}` is {KIND_WORDS[entry.kind]}, not a species"
                self.report.error("E016", message, word.start, word.end, None, place_of(entry))
            else:
                value = self._value(node.value, "a concentration")
                if value is not None:
                    yield Content(word.name, value, self.report.span(word.start, word.end))

    def _structured(self, contents: tuple[ContentX, ...]) -> Iterator[Content]:
        """Structured species; that their molecules are known is checked with those of rules."""
        seen: set[str] = set()
        for node in contents:
            if node.pattern is None:
                continue
            pattern = PatternReader(self.report).pattern(node.pattern)
            value = self._value(node.value, "a concentration")
            if pattern is None or value is None:
                continue
            text, word = pattern_text(pattern), node.name
            if text in seen:
                self.report.error("E011", f"`{text}` is given twice", word.start, word.end)
                continue
            seen.add(text)
            yield Content(text, value, self.report.span(word.start, word.end), pattern)

    def _settings(self, statement: BenchX, content: StockX) -> dict[str, Expression]:
        needed, possible = SETTINGS[statement.kind]
        settings: dict[str, Expression] = {}
        given: set[str] = set()
        for node in self._once(content.contents):
            word = node.name
            if word.name not in (*needed, *possible):
                known = (*needed, *possible)
                hint = suggest(word.name, known) or "there are " + ", ".join(known)
                self.report.error("E010", f"a {statement.kind} has no `{word.name}`", word.start, word.end, hint)
                continue
            given.add(word.name)
            value = self._value(node.value, f"`{word.name}`")
            if value is not None:
                settings[word.name] = value
        lacking = [name for name in needed if name not in given]
        if lacking:
            word = statement.name
            message = f"the {statement.kind} `{word.name}` lacks its {' and '.join(lacking)}"
            example = {"density": "density = 0.782 g/mL", "molar_mass": "molar_mass = 129.24 g/mol"}
            hint = f"write `{statement.kind} {word.name} {{ {' ; '.join(example[name] for name in needed)} }}`"
            self.report.error("E009", message, word.start, word.end, hint)
        return settings

    def _once(self, contents: tuple[ContentX, ...]) -> Iterator[ContentX]:
        seen: dict[str, Word] = {}
        for node in contents:
            word = node.name
            if word.name in seen:
                place = (("first given here", seen[word.name].start, seen[word.name].end),)
                self.report.error("E011", f"`{word.name}` is given twice", word.start, word.end, related=place)
                continue
            seen[word.name] = word
            yield node

    def _value(self, node: ExpressionX, what: str) -> Expression | None:
        """A value in parameters and numbers."""
        expression = self.resolver.resolve(node, None)
        if expression is None:
            return None
        moving = next((s for s in symbols(expression) if s.kind not in ("parameter", "definition")), None)
        if moving is not None:
            message = f"{what} in a bottle may hold parameters and numbers only, not `{moving.name}`"
            self.report.error("E016", message, node.start, node.end)
            return None
        if evaluate(expression, lambda _: float("nan")) < 0:
            self.report.error("E024", f"{what} below zero", node.start, node.end)
            return None
        return expression
