"""Which names of a text are one and the same: declarations and uses by symbol, ready to be asked at any place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from mscnet.language.loose import DANGLING, Block, Line, Statement, Token, read_loosely
from mscnet.language.place_names import USE, Place
from mscnet.language.places import places_of
from mscnet.mechanism.expression import FUNCTIONS
from mscnet.mechanism.units import UNITS

#: Roles in which a name comes into being: constants of reactions, vessels, mediums.
_BY_USE = frozenset({"value", "beside", "medium"})


class Symbol(NamedTuple):
    """What a name stands for; `home` is the pathway, function or experiment that it belongs to, None for the file."""

    space: str
    name: str
    home: str | None = None


class Context(NamedTuple):
    """Where somebody writes: the innermost block, and the tokens of the statement before that place."""

    block: Block | None
    tokens: list[Token]
    #: "" in plain text, else ``comment`` or ``string``; `start` is where that begins.
    within: str = ""
    start: int = 0


class Index:
    """The names of a text.  Made in one pass; the questions look things up.

    `known` are the lines of an earlier version of the text (`Index.loose.lines`), which are not read again.
    """

    def __init__(self, text: str, known: Mapping[str, Line] | None = None) -> None:
        self.text = text
        self.loose = read_loosely(text, known)
        self.places = sorted(places_of(text, self.loose), key=itemgetter(2))
        self._starts = [place.start for place in self.places]
        #: By pathway (None: the file) the names that it declares, each with its first firm declaration.
        self.declared: dict[str | None, dict[str, Place]] = {None: {}}
        self.bases: dict[str, tuple[str, ...]] = {}
        self.imports: dict[str | None, list[str]] = {}
        self._spaces: dict[str, dict[str, Place]] = {}
        self._locals: set[tuple[str, str]] = set()
        self._labels: dict[str, set[str | None]] = {}
        self._used_in: dict[str, set[str | None]] = {}
        #: Names that are species by use, without a declaration.
        self.used_as_species: set[str] = set()
        self._collect()
        self._kinds: dict[Symbol, str] = {}

    @cached_property
    def uses(self) -> dict[Symbol, list[Place]]:
        """The places of each symbol."""
        uses: dict[Symbol, list[Place]] = {}
        same: dict[tuple[object, ...], list[Place]] = {}
        for place in self.places:
            space, name, _, _, role, declares, pathway, owner = place
            key = (space, name, role, declares, pathway, owner)
            places = same.get(key)
            if places is None:
                places = same[key] = uses.setdefault(self.symbol(place), [])
            places.append(place)
        return uses

    def _collect(self) -> None:
        for place in self.places:
            space, name, _, _, role, declares, pathway, owner = place
            if space == "name":
                if declares:
                    table = self.declared.setdefault(pathway, {})
                    if name not in table or table[name].declares < declares:
                        table[name] = place
                else:
                    self._used_in.setdefault(name, set()).add(pathway)
                    if role == "species":
                        self.used_as_species.add(name)
            elif space == "label" and declares:
                self._labels.setdefault(name, set()).add(pathway)
            elif space == "local":
                self._locals.add((name, owner))
            elif declares:
                self._spaces.setdefault(space, {}).setdefault(name, place)
        for statement in self.loose.statements:
            if statement.head.text in ("pathway", "import"):
                self._note_head(statement.tokens)

    def _note_head(self, tokens: list[Token]) -> None:
        head = tokens[0].text
        if head == "pathway" and len(tokens) > 3:
            names = [token.text for token in tokens[2:] if token.kind == "name"]
            stop = next((i for i, name in enumerate(names) if name in ("with", "without")), len(names))
            self.bases[tokens[1].text] = tuple(names[:stop])
        elif head == "import" and len(tokens) > 1 and tokens[1].kind == "string":
            prefix = tokens[3].text if len(tokens) > 3 and tokens[2].text == "as" else None
            self.imports.setdefault(prefix, []).append(tokens[1].text.strip('"'))

    # --- symbols ---

    def symbol(self, place: Place) -> Symbol:
        """What the name at a place stands for."""
        space, name = place.space, place.name
        if space == "name":
            return self._of_name(place)
        if space == "local":
            return Symbol("local", name, place.owner)
        if space == "label":
            return self._of_label(place)
        if space in ("entry", "fact"):
            if space == "fact" and place.role == "call" and name in self._spaces.get("experiment", {}):
                return Symbol("experiment", name)
            if place.role != "call" and (name, place.owner) in self._locals:
                return Symbol("local", name, place.owner)
            if name in self._spaces.get("reading", {}):
                return Symbol("reading", name)
            if space == "fact" and name in self._labels and name not in self.declared[None]:
                homes = self._labels[name]
                return Symbol("label", name, None if None in homes else min(home or "" for home in homes))
            return self._of_name(place)
        if space == "prefix" and name in self._spaces.get("experiment", {}) and name not in self.prefixes:
            return Symbol("experiment", name)
        if space == "prefix" and name in self.declared[None] and name not in self.prefixes:
            return Symbol("name", name)  # of a compartment
        return Symbol(space, name)

    @property
    def prefixes(self) -> dict[str, Place]:
        return self._spaces.get("prefix", {})

    def _of_name(self, place: Place) -> Symbol:
        name = place.name
        home = self.home(name, place.pathway)
        if place.role == "quantity" and (name in self._spaces.get("unit", {}) or name in UNITS):
            return Symbol("unit" if name in self._spaces.get("unit", {}) else "built-in unit", name)
        if home is None and name not in self.declared[None]:
            by_use = name in self.used_as_species
            if place.role == "species" or (by_use and place.role != "beside"):
                return Symbol("name", name)
            if name in self._spaces.get("unit", {}):
                return Symbol("unit", name)
            if name in UNITS and place.role != "call":
                return Symbol("built-in unit", name)
            if place.role == "call" and name in FUNCTIONS:
                return Symbol("built-in function", name)
        return Symbol("name", name, home)

    def home(self, name: str, pathway: str | None, seen: tuple[str, ...] = ()) -> str | None:
        """The pathway in which the `name` that `pathway` sees is declared first; None for the common part."""
        if pathway is None or pathway in seen:
            return None
        for base in self.bases.get(pathway, ()):
            found = self.home(name, base, (*seen, pathway))
            if found is not None:
                return found
        if name not in self.declared.get(pathway, {}):
            return None
        # what a derived pathway declares stands in place of what it has from elsewhere, be it by use alone
        elsewhere = name in self.declared[None] or self._used_in.get(name, set()) - {pathway}
        return None if self.bases.get(pathway) and elsewhere else pathway

    def _of_label(self, place: Place) -> Symbol:
        homes = self._labels.get(place.name, set())
        if place.declares:
            bases = list(self._all_bases(place.pathway or ""))[1:]
            if bases:  # in a derived pathway a step takes the place of that of the same name
                found = next((base for base in bases if base in homes), place.pathway)
                return Symbol("label", place.name, None if None in homes and found == place.pathway else found)
            return Symbol("label", place.name, place.pathway)
        for base in self._all_bases(place.owner):
            if base in homes:
                return Symbol("label", place.name, base)
        return Symbol("label", place.name)

    def _all_bases(self, pathway: str) -> Iterator[str]:
        waiting, seen = [pathway], set()
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                yield one
                waiting.extend(self.bases.get(one, ()))

    # --- questions ---

    def at(self, offset: int) -> Place | None:
        """The name that an offset lies in, or right behind."""
        i = bisect_right(self._starts, offset) - 1
        for j in (i, i - 1):
            if j >= 0 and self.places[j].start <= offset <= self.places[j].end:
                return self.places[j]
        return None

    def declaration(self, symbol: Symbol) -> Place | None:
        """Where a symbol is declared most firmly; for a species or constant without a declaration, its first use."""
        places = self.uses.get(symbol, ())
        best = max(places, key=lambda place: place.declares, default=None)
        if best is not None and best.declares == USE:
            species = next((place for place in places if place.role == "species"), None)
            by_use = next((p for p in places if p.space in ("name", "entry") and p.role in _BY_USE), None)
            return species or by_use
        return best

    def kind(self, symbol: Symbol) -> str:
        """``species``, ``parameter``, ``function`` …: what a symbol is, as its declaration or use says."""
        known = self._kinds.get(symbol)
        if known is None:
            found = self.declaration(symbol)
            known = self._kinds[symbol] = found.role if found is not None else symbol.space
        return known

    def visible(self, pathway: str | None) -> dict[str, str]:
        """Names that can be written in a pathway (None: outside of any) with what they are; bottles are among them."""
        names = dict.fromkeys(self.used_as_species, "species")
        for table in (None, *self._all_bases(pathway or "")):
            names |= {name: place.role for name, place in self.declared.get(table, {}).items()}
        return names

    def names_in(self, space: str) -> dict[str, Place]:
        """Pathways, experiments, units, readings … by name."""
        return self._spaces.get(space, {})

    def variables(self, owner: str) -> list[str]:
        """The arguments of a function, or the loop variables of an experiment."""
        return sorted(name for name, of in self._locals if of == owner)

    def context(self, offset: int) -> Context:
        """Where an offset lies."""
        for within, stretches in (("comment", self.loose.comments), ("string", self.loose.strings)):
            i = bisect_right(stretches, (offset - 1, len(self.text) + 1)) - 1
            if i >= 0 and stretches[i][0] < offset:
                start, end = stretches[i]
                closed = within == "string" and end - start > 1 and self.text[end - 1] == '"'
                if offset < end or (offset == end and not closed):
                    return Context(self.block_at(offset), self._before(start), within, start)
        return Context(self.block_at(offset), self._before(offset))

    def block_at(self, offset: int) -> Block | None:
        """The innermost block around an offset."""
        inner: Block | None = None
        for block in self.loose.blocks:
            if block.start >= offset:
                break
            if offset < block.end:
                inner = block
        return inner

    def statement_at(self, offset: int) -> Statement | None:
        """The last statement that begins at or before an offset."""
        i = bisect_right(self._statement_starts, offset)
        return self.loose.statements[i - 1] if i else None

    @cached_property
    def _statement_starts(self) -> list[int]:
        return [statement.start for statement in self.loose.statements]

    def _before(self, offset: int) -> list[Token]:
        """The tokens of the statement that goes on at an offset, up to there."""
        statement = self.statement_at(offset - 1)
        if statement is None:
            return []
        if statement.end < offset:
            gap = self.text[statement.end : offset]
            if any(mark in gap for mark in ";{}"):
                return []
            if "\n" in gap and statement.tokens[-1].text not in DANGLING:
                return []
        return [token for token in statement.tokens if token.start < offset]
