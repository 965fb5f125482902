"""Which names a text declares, where, and what they stand for."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Collection, Container, Iterable, Iterator
from typing import Any, Literal

from mscnet.diagnostics import Diagnostic, Fix, Hint, Related, Source, Span, replacing, suggest
from mscnet.language.syntax import FunctionX, OriginX, Word
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.types import Function
from mscnet.mechanism.units import Dimension
from mscnet.records import dataclass, replace

EntryKind = Literal["species", "parameter", "definition", "observable", "function"]

#: Names with a dot that messages speak of.
_DOTTED = re.compile(r"`([^\W\d]\w*(?:\.\w+)+)")

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
    #: A function of another file, expanded already.
    body: Function | None = None
    #: It came with a pathway that this one is derived from, so that a new declaration replaces it.
    inherited: bool = False
    #: It is of another file; its place is the name of that file here.
    imported: bool = False


#: A second place of a finding: what is said of it, and where it is in the text that is read, or anywhere.
Place = tuple[str, int, int] | Related


def place_of(entry: Entry) -> tuple[Place, ...]:
    """The second place of a finding about a name: where it was declared, or first used."""
    if entry.body is not None and entry.body.span is not None:
        return (Related("declared here", entry.body.span),)
    if entry.end == 0:
        return ()  # given from outside of any text
    what = "imported here" if entry.imported else "declared here" if entry.declared else "first used here"
    return ((what, entry.start, entry.end),)


class Reporter:
    """Collects diagnostics about one source; the same finding at the same place is kept once."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: dict[tuple[str, int, int, str], Diagnostic] = {}
        #: Where the families of the text stand, in order: of what is said of their members at one place, the first is
        #: kept, and the others are counted.
        self.families: list[tuple[int, int]] = []
        #: Sums over families, those within others left out, in the order of the text.
        self.sums: list[tuple[int, int]] = []
        #: Names of the file whose numbers say how large families are.
        self.sizes: frozenset[str] = frozenset()
        #: The member that is being looked at: an `OriginX`, or a reaction of `lines`.
        self.origin: Any = None
        #: What tells of a reaction's span which line of a family it is.
        self.lines: dict[tuple[int, int], Any] = {}
        self._members: dict[tuple[str, int, int, str], dict[str, None]] = {}
        #: Calls of functions of other files by their place, with where the functions are declared.
        self.calls: dict[tuple[int, int], Related] = {}
        #: Names in the parts of the text that could not be read: that one is unknown elsewhere is no news.
        self.lost: Container[str] = ()

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def error(
        self,
        code: str,
        message: str,
        start: int,
        end: int,
        hint: str | None = None,
        related: tuple[Place, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        places = tuple(r if isinstance(r, Related) else Related(r[0], self.span(*r[1:])) for r in related)
        self._found(code, message, self.span(start, end), hint, places, fixes)

    def _found(
        self,
        code: str,
        message: str,
        span: Span,
        hint: str | None,
        related: tuple[Related, ...],
        fixes: tuple[Fix, ...],
    ) -> None:
        if self.lost and code == "E010" and re.split(r"[\[{]", span.text.strip("[] "))[0] in self.lost:
            return
        severity: Literal["error", "warning", "note"] = {"W": "warning", "N": "note"}.get(code[0], "error")  # type: ignore[assignment]
        self.add(Diagnostic(severity, code, message, span, hint, related, fixes=fixes))

    def at(
        self,
        code: str,
        message: str,
        span: Span | None,
        hint: str | None = None,
        related: tuple[Related, ...] = (),
        fixes: tuple[Fix, ...] = (),
    ) -> None:
        """Report what is wrong at a place that may lie in an imported file; warnings and notes there are not ours."""
        if span is None:
            return
        if span.source is self.source:
            called = self.calls.get((span.start, span.end))
            self._found(code, message, span, hint, (*related, called) if called is not None else related, fixes)
        elif code[0] == "E":
            self.add(Diagnostic("error", code, message, span, hint, related, fixes=fixes))

    def add(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        place = (span.start, span.end) if span else (-1, -1)
        message = diagnostic.message
        if span is not None and span.source is not self.source:
            message = f"{span.source.name}: {message}"  # the same place in two files is two places
        elif _is_within(place[0], self.families) or _is_within(place[0], self.sums):
            self._add_member((diagnostic.code, *place, ""), diagnostic)
            return
        self.found.setdefault((diagnostic.code, *place, message), diagnostic)

    def note_sum(self, start: int, end: int) -> None:
        """A sum is written out: what is wrong in its terms is said once."""
        if not self.sums or start >= self.sums[-1][1]:
            self.sums.append((start, end))

    def _add_member(self, key: tuple[str, int, int, str], diagnostic: Diagnostic) -> None:
        diagnostic = replace(diagnostic, fixes=tuple(fix for fix in diagnostic.fixes if _for_all(fix)))
        first = self.found.setdefault(key, diagnostic)
        if first.fixes != diagnostic.fixes:  # each would write its own member for all
            self.found[key] = replace(first, fixes=())
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

    def forget(self, lost: Collection[str]) -> None:
        """Drop what is said of names that an import would have brought, those that begin so; without a prefix these
        may be any that are unknown."""
        prefixes = frozenset(lost) - {""}
        any_name = "" in lost

        def about_lost(found: Diagnostic) -> bool:
            if found.span is None or found.span.source is not self.source or found.code.startswith("E00"):
                return False  # elsewhere, or of the syntax
            names = _DOTTED.findall(found.message)
            about = any(name[: dot.end()] in prefixes for name in names for dot in re.finditer(r"\.", name))
            about = about or (found.code == "E010" and " measures no " in found.message)  # a reading of such a name
            return about or (any_name and found.code in ("E010", "E227"))

        self.found = {key: found for key, found in self.found.items() if not about_lost(found)}

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """Everything found, in the order of the text; what is wrong in imported files comes first."""

        def place(found: Diagnostic) -> tuple[bool, str, int]:
            span = found.span
            if span is None or span.source is self.source:
                return True, "", span.start if span else -1
            return False, span.source.name, span.start

        counted = (self._counted(key, found) for key, found in self.found.items())
        return sorted(counted, key=place)


def _is_within(at: int, stretches: list[tuple[int, int]]) -> bool:
    """Whether a place lies in one of some stretches, which are in order."""
    before = bisect_right(stretches, (at, sys.maxsize))
    return before > 0 and at < stretches[before - 1][1]


def _for_all(fix: Fix) -> bool:
    """Whether a fix of one member of a family may hold for all: it replaces nothing that holds a loop variable."""
    return not any(mark in edit.span.text for edit in fix.edits for mark in "[{")


def _as_species(word: Word, entry: Entry) -> Hint:
    """What to do where a species has a derived value: ``A = 1 mM`` meant as an initial value."""

    def fixes(span: Span) -> tuple[Fix, ...]:
        place = Span(span.source, entry.start, entry.start)
        return (replacing(place, "species ", False, f"declare `{word.name}` as a species"),)

    return Hint(f"for an initial value write `species {word.name} = …`", fixes)


@dataclass(frozen=True, slots=True)
class Claim:
    """An expression, in the scope of a pathway, must have a dimension; `message` says so."""

    expression: Expression
    pathway: str | None
    dimension: Dimension
    message: str


def undotted(word: Word, report: Reporter) -> bool:
    """Whether a name that the file declares has no dot; an error where it has one."""
    if "." not in word.name:
        return True
    message = f"`{word.name}` has a dot: only names from imports have one"
    report.error("E229", message, word.start, word.end, f"write `{word.name.replace('.', '_')}`")
    return False


@dataclass(frozen=True, slots=True)
class Twin:
    """A value of a derived pathway that stands in place of one in `home` (None: the common part)."""

    name: str
    pathway: str
    home: str | None
    span: Span


class Scope:
    """Names by pathway: what is declared inside one is seen there alone, the rest everywhere."""

    def __init__(self, report: Reporter) -> None:
        self.report = report
        self.common: dict[str, Entry] = {}
        self.local: dict[str, dict[str, Entry]] = {}
        #: What calls ask of the dimensions of their arguments: ``arrhenius`` takes an energy.
        self.claims: list[Claim] = []
        #: Derived pathways: what is declared in one may stand in place of what its bases or all pathways have.
        self.derived: set[str] = set()
        self.twins: list[Twin] = []
        #: Names of compartments, which may stand with a dot before those of species: `cytosol.A`.
        self.compartments: set[str] = set()
        #: Observables that count patterns, by name and pathway: rules may look at them within what they meet.
        self.counts: set[tuple[str, str | None]] = set()
        #: Derived pathways with errors, the steps of which would only repeat them.
        self.broken: set[str] = set()

    @property
    def plain_pathways(self) -> list[dict[str, Entry]]:
        """The names of pathways that cannot declare anew what all pathways have."""
        return [names for pathway, names in self.local.items() if pathway not in self.derived]

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
        if pathway in self.derived:
            others: Iterable[dict[str, Entry]] = ()
        elif not (kind == "species" and self._in_compartment(word.name)) and not undotted(word, self.report):
            return False
        elif pathway is None:
            others = self.plain_pathways
        else:
            others = (self.common,)
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
            if "." in word.name and not (kind == "species" and self._in_compartment(word.name)):
                self._unknown_import(kind, word, pathway)
                return False
            self.common[word.name] = Entry(kind, word.start, word.end, declared=False)
            return True
        if entry.kind == kind:
            return True
        self.report.error(
            "E016",
            f"`{word.name}` is {KIND_WORDS[entry.kind]}, not {KIND_WORDS[kind]}",
            word.start,
            word.end,
            _as_species(word, entry) if entry.kind == "definition" else None,
            related=(("declared here" if entry.declared else "used so here", entry.start, entry.end),),
        )
        return False

    def _in_compartment(self, name: str) -> bool:
        """Whether a name is one of a species in a compartment, its own or an imported one: ``cytosol.A``."""
        place, _, own = name.rpartition(".")
        return place in self.compartments and own != ""

    def _unknown_import(self, kind: EntryKind, word: Word, pathway: str | None) -> None:
        """A name with a dot comes from an import."""
        prefix = word.name.rpartition(".")[0]
        known = [name for name in self.names(pathway, [kind]) if "." in name]
        hint = suggest(word.name, known)
        if not any(name.startswith(prefix + ".") for name in self.names(pathway)):
            if hint is None and self.compartments and "." not in prefix:
                hint = suggest(prefix, self.compartments) or f"declare it: `compartment {prefix} = 1 L`"
            hint = hint or f'import the file that has it: `import "{prefix}.mech" as {prefix}`'
        what = KIND_WORDS[kind].split(maxsplit=1)[1]
        self.report.error("E010", f"unknown {what} `{word.name}`", word.start, word.end, hint)

    def names(self, pathway: str | None, kinds: Iterable[str] | None = None) -> Iterator[str]:
        """Every name that `pathway` sees, of the given kinds; they are looked for as they are taken."""
        tables = [self.common, self.local.get(pathway, {})] if pathway else [self.common]
        wanted = set(kinds) if kinds else None
        return (name for table in tables for name, entry in table.items() if wanted is None or entry.kind in wanted)
