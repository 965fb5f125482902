"""Files that a mechanism is made of: each read once, seen by the others through a prefix and in their own units."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from mscnet.diagnostics import Diagnostic, Source
from mscnet.language.scope import Scope
from mscnet.mechanism.events import Event
from mscnet.mechanism.expression import Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.rewrite import ITEMS, prefixed
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
    for part in parts:
        own = _with_part(own, part)
    return own


def _with_part(own: Mechanism, part: Part) -> Mechanism:
    other = replace(part.mechanism, reactions=own._renumbered(part.mechanism.reactions))
    merged: dict[str, Any] = {}
    for kind in ITEMS:
        if kind == "instrument":
            merged[kind] = own.instrument or other.instrument
        elif kind in ("data_files", "facts", "events"):
            merged[kind] = (*getattr(own, kind), *getattr(other, kind))
        else:
            mine = getattr(own, kind)
            taken = {_key(item) for item in mine}
            merged[kind] = (*mine, *(item for item in getattr(other, kind) if _key(item) not in taken))
    sources = (*own.imports, *((other.source,) if other.source is not None else ()))
    sizes = tuple(dict.fromkeys((*own.sizes, *other.sizes)))
    return replace(own, imports=tuple(dict.fromkeys(sources)), sizes=sizes, **merged)


def _key(item: Any) -> tuple[str, str | None]:
    return getattr(item, "name", None) or item.species, getattr(item, "pathway", None)
