"""Two mechanisms made one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mscnet.diagnostics import MechanismError
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.numbering import renumbered, renumbered_rules
from mscnet.mechanism.structure import Limits, Structure
from mscnet.records import replace

#: The fields that hold the things a mechanism is made of.
_PARTS = ("species", "parameters", "definitions", "functions", "observables", "reactions", "options", "pathways")


def merged(mine: Mechanism, other: Mechanism) -> Mechanism:
    """Both mechanisms in one; see `Mechanism.merge`."""
    if mine.units != other.units:
        raise _error(mine, f"{mine.name} and {other.name} are written in different units")
    both: dict[str, Any] = {}
    for kind in _PARTS:
        theirs = (
            getattr(other, kind)
            if kind != "reactions"
            else renumbered(other.reactions, {r.name: r for r in mine.reactions})
        )
        both[kind] = _joined(mine, kind, getattr(mine, kind), theirs)
    for kind in ("compartments", "bonds"):
        if getattr(other, kind):
            both[kind] = _joined(mine, kind, getattr(mine, kind), getattr(other, kind))
    if other.has_bench:
        both |= _bench(mine, other)
    if other.events:
        both["events"] = tuple(dict.fromkeys((*mine.events, *other.events)))
    if other.structure is not None:
        both["structure"] = _structures(mine, other.structure)
    return replace(mine, sizes=tuple(sorted({*mine.sizes, *other.sizes})), **both)


def _bench(mine: Mechanism, other: Mechanism) -> dict[str, Any]:
    """The fields of the bench with those of another mechanism; data files and facts are all kept."""
    if None not in (mine.instrument, other.instrument) and mine.instrument != other.instrument:
        raise _error(mine, "the instrument differs between the two mechanisms")
    both: dict[str, Any] = {"instrument": mine.instrument or other.instrument}
    for kind in ("stocks", "experiments", "bands"):
        both[kind] = _joined(mine, kind, getattr(mine, kind), getattr(other, kind))
    for kind in ("data_files", "facts"):
        both[kind] = tuple(dict.fromkeys((*getattr(mine, kind), *getattr(other, kind))))
    return both


def _structures(mine: Mechanism, other: Structure) -> Structure:
    """The rules of both; rules without a label are all kept, and where both say a limit, that of the first holds."""
    own = mine.structure
    if own is None:
        return other
    both = {
        kind: _joined(mine, kind, getattr(own, kind), getattr(other, kind))
        for kind in ("molecules", "counts", "places")
    }
    rules = _joined(mine, "rules", own.rules, renumbered_rules(other.rules, {rule.name: rule for rule in own.rules}))
    plain = {
        kind: tuple(dict.fromkeys((*getattr(own, kind), *getattr(other, kind))))
        for kind in ("seeds", "energies", "populations")
    }
    limits = Limits(
        *(
            getattr(own.limits, each) or getattr(other.limits, each)
            for each in ("iterations", "molecules", "of_type", "species", "reactions")
        )
    )
    return Structure(rules=rules, limits=limits, **both, **plain)


def _joined(mine: Mechanism, kind: str, first: Iterable[Any], second: Iterable[Any]) -> tuple[Any, ...]:
    def key(item: Any) -> tuple[str, str | None]:
        return getattr(item, "name", None) or item.species, getattr(item, "pathway", None)

    items = {key(item): item for item in first}
    for item in second:
        if items.setdefault(key(item), item) != item:
            raise _error(mine, f"`{key(item)[0]}` differs between the two mechanisms ({kind})")
    return tuple(items.values())


def _error(mine: Mechanism, message: str) -> MechanismError:
    return MechanismError.of("E032", message, file=mine.source.name if mine.source else None)
