"""Which names a text declares, where, and what they stand for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import Any, Literal

from mscnet.diagnostics import Diagnostic, Related, Source, Span
from mscnet.language.syntax import FunctionX, OriginX, Word
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, replace

EntryKind = Literal["species", "parameter", "definition", "observable", "function"]

#: What messages call each kind.
KIND_WORDS = {
    "species": "a species",
    "parameter": "a parameter",
    "definition": "a derived value",
    "observable": "an observable",
    "function": "a function",
}


@dataclass(slots=True)
class Entry:
    """A declared name; `declared` is False for one that came into being by use."""

    kind: EntryKind
    start: int
    end: int
    declared: bool = True
    function: FunctionX | None = None
    #: The derived value that a parameter stands for where its value depends on the medium.
    by_medium: str | None = None


class Reporter:
    """Collects diagnostics about one source; the same finding at the same place is kept once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: dict[tuple[str, int, int, str], Diagnostic] = {}
        #: Where the families of the text stand, in order: of what their members say at one place, the first is kept, and counted.
        self.families: list[tuple[int, int]] = []
        #: Names of the file whose numbers say how large families are.
        self.sizes: frozenset[str] = frozenset()
        #: The member that is being looked at: an `OriginX`, or a reaction of `lines`.
        self.origin: Any = None
        #: What tells of a reaction's span which line of a family it is.
        self.lines: dict[tuple[int, int], Any] = {}
        self._members: dict[tuple[str, int, int, str], dict[str, None]] = {}

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        related: tuple[tuple[str, int, int], ...] = (),
    ) -> None:
        severity: Literal["error", "warning", "note"] = {"W": "warning", "N": "note"}.get(code[0], "error")  # type: ignore[assignment]
        places = tuple(Related(text, self.span(a, b)) for text, a, b in related)
        self.add(Diagnostic(severity, code, message, self.span(start, end), hint, places))

    def add(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        place = (span.start, span.end) if span else (-1, -1)
        if self.families and self._in_family(place[0]):
            self._add_member((diagnostic.code, *place, ""), diagnostic)
        else:
            self.found.setdefault((diagnostic.code, *place, diagnostic.message), diagnostic)

    def _in_family(self, at: int) -> bool:
        before = bisect_right(self.families, (at, len(self.source.text) + 1))
        return before > 0 and at < self.families[before - 1][1]

    def _add_member(self, key: tuple[str, int, int, str], diagnostic: Diagnostic) -> None:
        self.found.setdefault(key, diagnostic)
        self._members.setdefault(key, {})[self._member() or diagnostic.message] = None

    def _member(self) -> str:
        """The member that is being looked at, as its variables have it: ``n = 3``."""
        origin = self.origin
        if origin is None:
            return ""
        if isinstance(origin, OriginX):
            return str(origin.line.text(origin.values))
        span = origin.span
        line = self.lines.get((span.start, span.end)) if span else None
        return str(line.text_of(origin.name)) if line is not None else ""

    def _counted(self, key: tuple[str, int, int, str], diagnostic: Diagnostic) -> Diagnostic:
        """A finding in a family, with the member that it was first found in and how many more there are."""
        members = self._members.get(key)
        if members is None or diagnostic.severity == "note":
            return diagnostic
        first = next(iter(members))
        shown = [] if first == diagnostic.message else [f"for {first}"]
        shown += [f"and {len(members) - 1:,} more"] if len(members) > 1 else []
        return replace(diagnostic, message=f"{diagnostic.message} ({', '.join(shown)})") if shown else diagnostic

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found, in the order of the text."""
        counted = (self._counted(key, found) for key, found in self.found.items())
        return sorted(counted, key=lambda d: d.span.start if d.span else -1)


@dataclass(frozen=True, slots=True)
class Claim:
    """An expression, in the scope of a pathway, must have a dimension; `message` says so."""

    expression: Expression
    pathway: str | None
    dimension: Dimension
    message: str


class Scope:
    """Names by pathway: what is declared inside one is seen there alone, the rest everywhere."""

    def __init__(self, report: Reporter) -> None:
        self.report = report
        self.common: dict[str, Entry] = {}
        self.local: dict[str, dict[str, Entry]] = {}
        #: What calls ask of the dimensions of their arguments: ``arrhenius`` takes an energy.
        self.claims: list[Claim] = []

    def find(self, name: str, pathway: str | None) -> Entry | None:
        if pathway is not None and self.local:
            entry = self.local.get(pathway, {}).get(name)
            if entry is not None:
                return entry
        return self.common.get(name)

    def home(self, name: str, pathway: str | None) -> str | None:
        """The pathway in which the `name` that `pathway` sees is declared; None for the common part."""
        return pathway if pathway is not None and name in self.local.get(pathway, {}) else None

    def declare(self, kind: EntryKind, word: Word, pathway: str | None, function: FunctionX | None = None) -> bool:
        """Enter a declared name; False, with an error, where the name is taken."""
        table = self.common if pathway is None else self.local.setdefault(pathway, {})
        others = self.local.values() if pathway is None else (self.common,)
        taken = table.get(word.name) or next((t[word.name] for t in others if word.name in t), None)
        if taken is None:
            table[word.name] = Entry(kind, word.start, word.end, True, function)
            return True
        if taken.declared:
            what = "" if taken.kind == kind else f" as {KIND_WORDS[taken.kind]}"
            self.report.error(
                "E011",
                f"`{word.name}` is declared twice",
                word.start,
                word.end,
                related=((f"first declared here{what}", taken.start, taken.end),),
            )
        else:
            self._clash(kind, word, taken)
        return False

    def _clash(self, kind: EntryKind, word: Word, taken: Entry) -> None:
        hint = f"for its initial value write `species {word.name} = …`" if taken.kind == "species" else None
        self.report.error(
            "E011",
            f"`{word.name}` is {KIND_WORDS[taken.kind]} already, it cannot be {KIND_WORDS[kind]} too",
            word.start,
            word.end,
            hint,
            ((f"used as {KIND_WORDS[taken.kind]} here", taken.start, taken.end),),
        )

    def use(self, kind: EntryKind, word: Word, pathway: str | None) -> bool:
        """Enter a name by use, where it is not known yet; False, with an error, where it is another kind."""
        entry = self.find(word.name, pathway)
        if entry is None:
            self.common[word.name] = Entry(kind, word.start, word.end, declared=False)
            return True
        if entry.kind == kind:
            return True
        self.report.error(
            "E016",
            f"`{word.name}` is {KIND_WORDS[entry.kind]}, not {KIND_WORDS[kind]}",
            word.start,
            word.end,
            f"for an initial value write `species {word.name} = …`" if entry.kind == "definition" else None,
            related=(("declared here" if entry.declared else "used so here", entry.start, entry.end),),
        )
        return False

    def names(self, pathway: str | None, kinds: Iterable[str] | None = None) -> list[str]:
        """Every name that `pathway` sees, of the given kinds."""
        tables = [self.common, self.local.get(pathway, {})] if pathway else [self.common]
        wanted = set(kinds) if kinds else None
        return [name for table in tables for name, entry in table.items() if wanted is None or entry.kind in wanted]
