"""Files that a mechanism is made of: each read once, seen by the others through a prefix and in their own units."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from mscnet.diagnostics import Diagnostic, Source
from mscnet.language.scope import Scope
from mscnet.mechanism.events import Event
from mscnet.mechanism.expression import Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.numbering import renumbered, renumbered_rules
from mscnet.mechanism.rewrite import ITEMS, prefixed
from mscnet.mechanism.structure import Structure
from mscnet.mechanism.units import VOLUME, Dimension
from mscnet.records import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Part:
    """What one file itself holds, as another file sees it.

    `key` tells files apart and `shown` is what messages call this one.  Names carry `prefix` ("" for none), numbers are
    in the units of the file that sees it.  `overrides` are the values that the import gives, as text by name.
    """

    key: str
    shown: str
    mechanism: Mechanism
    prefix: str = ""
    overrides: tuple[tuple[str, str], ...] = ()
    #: The compartment that the import puts its species in.
    place: str | None = None


@dataclass
class Module:
    """A file that was read: the whole mechanism with what it imports, None where it has errors, and its parts, itself
    the first."""

    key: str
    source: Source
    mechanism: Mechanism | None
    parts: tuple[Part, ...] = ()
    scope: Scope | None = None
    concentration: Dimension | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    #: The parts once every number in them carries its dimension, and the places of those that cannot.
    annotated: tuple[tuple[Part, ...], tuple[Any, ...]] | None = field(default=None)


def seen_as(part: Part, prefix: str, folder: str, stocks: frozenset[str]) -> Part:
    """A part as the file sees it that imports it with `prefix` from `folder` (both "" for none)."""
    mechanism = part.mechanism
    if folder:
        mechanism = _below(mechanism, folder)
    if not prefix:
        return replace(part, mechanism=mechanism)
    joined = f"{prefix}.{part.prefix}" if part.prefix else prefix
    given = tuple((f"{prefix}.{name}", text) for name, text in part.overrides)
    place = part.place and f"{prefix}.{part.place}"
    return replace(part, mechanism=prefixed(mechanism, prefix, stocks), prefix=joined, overrides=given, place=place)


def _below(mechanism: Mechanism, folder: str) -> Mechanism:
    """The paths of data and spectra from the folder above."""

    def path(text: str) -> str:
        return posixpath.normpath(posixpath.join(folder, text))

    files = tuple(replace(file, path=path(file.path)) for file in mechanism.data_files)
    bands = tuple(
        replace(band, shapes=tuple(replace(shape, path=shape.path and path(shape.path)) for shape in band.shapes))
        for band in mechanism.bands
    )
    return replace(mechanism, data_files=files, bands=bands)


def stock_names(parts: Iterable[Part]) -> frozenset[str]:
    """The names of all bottles of some parts."""
    return frozenset(stock.name for part in parts for stock in part.mechanism.stocks)


def inferred(part: Mechanism, whole: Mechanism) -> Mechanism:
    """A part with the dimensions that the whole has for its items."""
    changed: dict[str, Any] = {}
    for kind in ("species", "parameters", "definitions", "observables"):
        known = {_key(item): item for item in getattr(whole, kind)}
        changed[kind] = tuple(known.get(_key(item), item) for item in getattr(part, kind))
    return replace(part, units=whole.units, **changed)


def with_volume(part: Mechanism, whole: Mechanism) -> Mechanism:
    """A part whose events know the volume that amounts go into, the option of the whole."""
    volume = Number(Fraction(repr(whole.option("volume"))), VOLUME)

    def known(event: Event) -> Event:
        return replace(event, actions=tuple(replace(action, volume=volume) for action in event.actions))

    return replace(part, events=tuple(known(event) for event in part.events))


def joined(own: Mechanism, parts: Iterable[Part]) -> Mechanism:
    """A mechanism with what it imports.  What the file declares itself goes first, and wins over an imported species
    or constant that came into being by use, over the temperature, and over the instrument."""
    items: dict[str, list[Any]] = {kind: list(getattr(own, kind)) for kind in ITEMS if kind != "instrument"}
    taken = {kind: {_key(item) for item in items[kind]} for kind in items if kind not in _ALL_KEPT}
    steps = {reaction.name: reaction for reaction in own.reactions}
    instrument, sources, sizes = own.instrument, dict.fromkeys(own.imports), dict.fromkeys(own.sizes)
    structure = own.structure
    for part in parts:
        other = part.mechanism
        instrument = instrument or other.instrument
        structure = _structures(structure, other.structure)
        sources |= {other.source: None} if other.source is not None else {}
        sizes |= dict.fromkeys(other.sizes)
        for kind, known in items.items():
            theirs: Sequence[Any] = getattr(other, kind)
            if kind == "reactions":
                theirs = renumbered(other.reactions, steps)
            if kind not in _ALL_KEPT:
                theirs = [item for item in theirs if _key(item) not in taken[kind]]
                taken[kind].update(map(_key, theirs))
            if kind == "reactions":
                steps.update((reaction.name, reaction) for reaction in theirs)
            known += theirs
    merged: dict[str, Any] = {kind: tuple(known) for kind, known in items.items()}
    merged |= {"instrument": instrument, "structure": structure}
    return replace(own, imports=tuple(sources), sizes=tuple(sizes), **merged)


def _structures(own: Structure | None, other: Structure | None) -> Structure | None:
    """Molecules and rules with those of another file, its limits left behind as its options are."""
    if other is None:
        return own
    own = own or Structure()
    declared = {molecule.name for molecule in own.molecules if molecule.declared}
    theirs = {molecule.name for molecule in other.molecules if molecule.declared} - declared
    mine = {rule.name: rule for rule in own.rules}
    rules = renumbered_rules(other.rules, mine)
    counted = {(count.name, count.pathway) for count in own.counts}
    return Structure(
        molecules=(
            *(molecule for molecule in own.molecules if molecule.name not in theirs),
            *(molecule for molecule in other.molecules if molecule.name not in declared),
        ),
        rules=(*own.rules, *(rule for rule in rules if rule.name not in mine and rule.partner not in mine)),
        seeds=(*own.seeds, *other.seeds),
        counts=(*own.counts, *(count for count in other.counts if (count.name, count.pathway) not in counted)),
        energies=(*own.energies, *other.energies),
        populations=(*own.populations, *other.populations),
        places=(*own.places, *other.places),
        limits=own.limits,
    )


#: Fields of which nothing stands in the place of anything else.
_ALL_KEPT = frozenset({"data_files", "facts", "events"})


def _key(item: Any) -> tuple[str, str | None]:
    return getattr(item, "name", None) or item.species, getattr(item, "pathway", None)
