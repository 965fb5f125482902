"""Which names of a text are one and the same: declarations and uses by symbol, ready to be asked at any place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import NamedTuple

from mscnet.language.loose import DANGLING, Block, Line, Statement, Token, read_loosely
from mscnet.language.place_names import USE, Key, Place
from mscnet.language.place_parts import Part
from mscnet.language.places import parts_of
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


_firmness = attrgetter("declares")


def _first_parts(parts: list[Part]) -> dict[Key, Part]:
    first: dict[Key, Part] = {}
    for part in parts:
        for key in part.keys:
            if key not in first:
                first[key] = part
    return first


class Index:
    """The names of a text.  Made in one pass; the questions look things up.

    `known` are the lines of an earlier version of the text (`Index.loose.lines`), which are not read again.
    """

    def __init__(self, text: str, known: Mapping[str, Line] | None = None) -> None:
        self.text = text
        self.loose = read_loosely(text, known)
        #: The statements that hold names, in the order of the text.
        self.parts = parts_of(text, self.loose)
        #: The statement in which each key stands first, in the order of the text.
        self._first = _first_parts(self.parts)
        #: By pathway (None: the file) the names that it declares, each with its first firm declaration.
        self.declared: dict[str | None, dict[str, Key]] = {None: {}}
        self.bases: dict[str, tuple[str, ...]] = {}
        self.imports: dict[str | None, list[str]] = {}
        self._spaces: dict[str, dict[str, Key]] = {}
        self._locals: set[tuple[str, str]] = set()
        self._labels: dict[str, set[str | None]] = {}
        self._used_in: dict[str, set[str | None]] = {}
        #: Names that stand with the bracket of a molecule.
        self.molecules: set[str] = set()
        #: Names that are species by use, without a declaration.
        self.used_as_species: set[str] = set()
        self._collect()
        self._symbols: dict[Key, Symbol] = {}
        self._kinds: dict[Symbol, str] = {}
        self._called: dict[str, dict[Symbol, list[Key]]] = {}

    def uses(self, symbol: Symbol) -> list[Place]:
        """The places of a symbol, in the order of the text."""
        keys = frozenset(self._keys_of(symbol))
        parts = (part for part in self.parts if not keys.isdisjoint(part.keys)) if keys else ()
        return [place for part in parts for place in part.places() if place.key in keys]

    def called(self, name: str) -> Collection[Symbol]:
        """What a name stands for in its places, in the order in which they come first."""
        return self._symbols_called(name).keys()

    def parts_between(self, start: int, end: int | None = None) -> list[Part]:
        """The statements with names of which any may lie between two offsets."""
        if start <= 0 and end is None:
            return self.parts
        first = max(0, bisect_right(self._part_starts, start) - 1)
        return self.parts[first : None if end is None else bisect_right(self._part_starts, end)]

    def places(self) -> Iterator[Place]:
        """Every name of the text, in its order."""
        for part in self.parts:
            yield from part.places()

    @cached_property
    def by_name(self) -> dict[str, list[Key]]:
        """The keys of each name, in the order in which they stand first."""
        keys: dict[str, list[Key]] = {}
        for key in self._first:
            keys.setdefault(key[1], []).append(key)
        return keys

    def _collect(self) -> None:
        for key in self._first:
            space, name, role, declares, pathway, owner = key
            if space == "name":
                if declares:
                    table = self.declared.setdefault(pathway, {})
                    if name not in table or table[name].declares < declares:
                        table[name] = key
                else:
                    self._used_in.setdefault(name, set()).add(pathway)
                    if role == "species":
                        self.used_as_species.add(name)
            elif space == "label" and declares:
                self._labels.setdefault(name, set()).add(pathway)
            elif space == "molecule":
                self.molecules.add(name)
            elif space == "local":
                self._locals.add((name, owner))
            elif declares:
                self._spaces.setdefault(space, {}).setdefault(name, key)
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

    def symbol(self, key: Key) -> Symbol:
        """What a name stands for."""
        known = self._symbols.get(key)
        if known is None:
            known = self._symbols[key] = self._symbol(key)
        return known

    def _symbol(self, key: Key) -> Symbol:
        space, name = key.space, key.name
        if space == "name":
            if key.role == "species" and name in self.molecules and name not in self.declared[None]:
                return Symbol("molecule", name)  # written without brackets
            return self._of_name(key)
        if space == "molecule" and name in self.declared[None]:
            return Symbol("name", name)  # the plain species of that name
        if space == "local":
            return Symbol("local", name, key.owner)
        if space in ("site", "state"):
            return Symbol(space, name, key.owner)
        if space == "label":
            return self._of_label(key)
        if space in ("entry", "fact"):
            if space == "fact" and key.role == "call" and name in self._spaces.get("experiment", {}):
                return Symbol("experiment", name)
            if key.role != "call" and (name, key.owner) in self._locals:
                return Symbol("local", name, key.owner)
            if name in self._spaces.get("reading", {}):
                return Symbol("reading", name)
            if space == "fact" and name in self._labels and name not in self.declared[None]:
                homes = self._labels[name]
                return Symbol("label", name, None if None in homes else min(home or "" for home in homes))
            return self._of_name(key)
        if space == "prefix" and name in self._spaces.get("experiment", {}) and name not in self.prefixes:
            return Symbol("experiment", name)
        if space == "prefix" and name in self.declared[None] and name not in self.prefixes:
            return Symbol("name", name)  # of a compartment
        return Symbol(space, name)

    @property
    def prefixes(self) -> dict[str, Key]:
        return self._spaces.get("prefix", {})

    def _of_name(self, key: Key) -> Symbol:
        name = key.name
        home = self.home(name, key.pathway)
        if key.role == "quantity" and (name in self._spaces.get("unit", {}) or name in UNITS):
            return Symbol("unit" if name in self._spaces.get("unit", {}) else "built-in unit", name)
        if home is None and name not in self.declared[None]:
            by_use = name in self.used_as_species
            if key.role == "species" or (by_use and key.role != "beside"):
                return Symbol("name", name)
            if name in self._spaces.get("unit", {}):
                return Symbol("unit", name)
            if name in UNITS and key.role != "call":
                return Symbol("built-in unit", name)
            if key.role == "call" and name in FUNCTIONS:
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

    def _of_label(self, key: Key) -> Symbol:
        homes = self._labels.get(key.name, set())
        if key.declares:
            bases = list(self._all_bases(key.pathway or ""))[1:]
            if bases:  # in a derived pathway a step takes the place of that of the same name
                found = next((base for base in bases if base in homes), key.pathway)
                return Symbol("label", key.name, None if None in homes and found == key.pathway else found)
            return Symbol("label", key.name, key.pathway)
        for base in self._all_bases(key.owner):
            if base in homes:
                return Symbol("label", key.name, base)
        return Symbol("label", key.name)

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
        number = bisect_right(self._part_starts, offset) - 1
        if number < 0:
            return None
        part = self.parts[number]
        i = bisect_right(part.found.starts, offset - part.base) - 1
        for j in (i, i - 1):
            if j >= 0 and part.base + part.found.ends[j] >= offset:
                return part.place(j)
        return None

    @cached_property
    def _part_starts(self) -> list[int]:
        return [part.base + part.found.starts[0] for part in self.parts]

    def declaration(self, symbol: Symbol) -> Place | None:
        """Where a symbol is declared most firmly; for a species or constant without a declaration, its first use."""
        key = self._declaring(symbol)
        if key is None:
            return None
        part = self._first[key]
        return part.place(part.keys.index(key))

    def _keys_of(self, symbol: Symbol) -> Sequence[Key]:
        """The keys of a symbol, in the order in which they stand first."""
        return self._symbols_called(symbol.name).get(symbol, ())

    def _symbols_called(self, name: str) -> dict[Symbol, list[Key]]:
        found = self._called.get(name)
        if found is None:
            found = self._called[name] = {}
            for key in self.by_name.get(name, ()):
                found.setdefault(self.symbol(key), []).append(key)
        return found

    def _declaring(self, symbol: Symbol) -> Key | None:
        keys = self._keys_of(symbol)
        best = max(keys, key=_firmness, default=None)
        if best is not None and best.declares == USE:
            species = next((key for key in keys if key.role == "species"), None)
            by_use = next((key for key in keys if key.space in ("name", "entry") and key.role in _BY_USE), None)
            return species or by_use
        return best

    def kind(self, symbol: Symbol) -> str:
        """``species``, ``parameter``, ``function`` …: what a symbol is, as its declaration or use says."""
        known = self._kinds.get(symbol)
        if known is None:
            found = self._declaring(symbol)
            known = self._kinds[symbol] = found.role if found is not None else symbol.space
        return known

    def visible(self, pathway: str | None) -> dict[str, str]:
        """Names that can be written in a pathway (None: outside of any) with what they are; bottles are among them."""
        names = dict.fromkeys(self.used_as_species, "species")
        for table in (None, *self._all_bases(pathway or "")):
            names |= {name: key.role for name, key in self.declared.get(table, {}).items()}
        return names

    def names_in(self, space: str) -> dict[str, Key]:
        """Pathways, experiments, units, readings … by name."""
        return self._spaces.get(space, {})

    def names_of(self, space: str, owner: str) -> list[str]:
        """The sites of a molecule (``site``, ``R``), or the states of one of them (``state``, ``R.kin``)."""
        return list(dict.fromkeys(key.name for key in self._first if key.space == space and key.owner == owner))

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
