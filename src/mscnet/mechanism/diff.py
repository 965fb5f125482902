"""What two mechanisms, or two pathways, really differ in: names, order, layout and comments set aside."""

from __future__ import annotations

import math
from collections.abc import Iterator

from mscnet.mechanism.diff_core import core_of
from mscnet.mechanism.diff_numbers import CLOSE
from mscnet.mechanism.diff_parts import Normal, part_changes
from mscnet.mechanism.diff_view import View
from mscnet.mechanism.difference import CATEGORIES, Change, Difference, text_of
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.types import Option
from mscnet.mechanism.units import CONCENTRATION, NONE, TIME, VOLUME, Dimension
from mscnet.records import replace

#: Options that are quantities, with their dimension; `CONCENTRATION` stands for that of the file.
_QUANTITIES: dict[str, Dimension] = {
    "t_end": TIME, "t_start": TIME, "every": TIME, "volume": VOLUME, "atol": CONCENTRATION,
}  # fmt: skip

#: Up to so many pairs of pathways are compared with each other to find those that only have other names.
_MOST_PAIRS = 150


def diff(a: Mechanism, b: Mechanism) -> Difference:
    """What mechanism `b` has otherwise than `a`.

    Set aside are the names of constants and steps, and those of species and observables where their places tell what
    they are; labels, notes and comments; the order of statements and terms; how laws are written, as far as algebra or
    numbers at random points tell; derived values, which are seen through; and units, to which both are converted.
    Where pathways are not chosen, those of one name are compared, and what all have in common is told once.

    >>> import mscnet
    >>> a, b = mscnet.loads("A -> B @ k1 ; parameter k1 = 2 /min"), mscnet.loads("X -> Y @ q ; parameter q = 3 /min")
    >>> [(c.category, c.name, c.before, c.after) for c in diff(a, b).changes]
    [('constants', 'k1', '2 /min', '3 /min')]
    """
    if a.pathway is None and b.pathway is None and a.pathways and b.pathways:
        return _families(a, b)
    # rules are held against rules, a network against what rules make
    both = a.structure is not None and b.structure is not None
    first, second = (a.chosen, b.chosen) if both else (a.expanded, b.expanded)
    found = _models(first, second)
    changes = list(found.changes)
    if bool(a.pathways) != bool(b.pathways) and (a.pathway is None and b.pathway is None):
        changes += [_pathway(p.name, p.label, "removed") for p in a.pathways]
        changes += [_pathway(p.name, p.label, "added") for p in b.pathways]
    return replace(found, changes=_sorted(changes), before=_title(a), after=_title(b))


def _title(mechanism: Mechanism) -> str:
    return f"{mechanism.name}:{mechanism.pathway}" if mechanism.pathway else mechanism.name


def _pathway(name: str, label: str | None, kind: str) -> Change:
    said = f'pathway {name} "{label}"' if label else f"pathway {name}"
    if kind == "removed":
        return Change("pathways", "removed", name, said)
    return Change("pathways", "added", name, "", said)


def _models(a: Mechanism, b: Mechanism) -> Difference:
    converts = a.units != b.units
    core, undecided = core_of(View(a, converts), View(b, converts))
    names = {theirs[1]: mine[1] for mine, theirs in core.pairs.items()}
    observed = core.observed()
    names |= {theirs: mine for mine, theirs in observed if mine != theirs}
    normals = [Normal(view, values, given) for view, values, given in zip(
        (core.a, core.b), core.values, ({}, names), strict=True
    )]  # fmt: skip
    changes = [*core.changes, *part_changes(*normals)]
    changes += _options(a, b, normals[1].names)
    kinds = {"s": "species", "p": "constant"}
    renamed = [(kinds[mine[0]], mine[1], theirs[1]) for mine, theirs in core.pairs.items() if mine[1] != theirs[1]]
    renamed += [("compartment", mine, theirs) for mine, theirs in core.renamed_compartments()]
    renamed += [("observable", mine, theirs) for mine, theirs in observed if mine != theirs]
    learnt = normals[1].names.items() - names.items()
    renamed += sorted(("bottle or experiment", mine, theirs) for theirs, mine in learnt if mine != theirs)
    return Difference(a.name, b.name, _sorted(changes), tuple(renamed), undecided and bool(changes))


def _sorted(changes: list[Change] | tuple[Change, ...]) -> tuple[Change, ...]:
    kinds = {"removed": 0, "added": 1, "changed": 2}
    return tuple(sorted(changes, key=lambda c: (CATEGORIES.index(c.category), kinds[c.kind])))


# --- options ----------------------------------------------------------------------------------------


def _options(a: Mechanism, b: Mechanism, names: dict[str, str]) -> Iterator[Change]:
    mine, theirs = ({option.name: option for option in m.options} for m in (a, b))
    chosen = a.pathway is not None or b.pathway is not None
    for name in dict.fromkeys((*mine, *theirs)):
        x, y = mine.get(name), theirs.get(name)
        if chosen and name == "pathway":
            continue
        if x is None or y is None:
            spans = (x.span if x else None), (y.span if y else None)
            yield Change("options", "added" if x is None else "removed", name, _said(x), _said(y), "", "", *spans)
        elif not _same_option(a, x, b, y, names):
            yield Change("options", "changed", name, _said(x), _said(y), "", "", x.span, y.span)


def _said(option: Option | None) -> str:
    """As the file says it; what another program's file says in other words, as an option."""
    if option is None:
        return ""
    said = text_of(option.span)
    if said.startswith(option.name):
        return said
    return f"{option.name} = " + (f"{option.value:.15g}" if isinstance(option.value, float) else str(option.value))


def _same_option(a: Mechanism, x: Option, b: Mechanism, y: Option, names: dict[str, str]) -> bool:
    if isinstance(x.value, str) or isinstance(y.value, str):
        return x.value == (names.get(y.value, y.value) if isinstance(y.value, str) else y.value)
    dimension = _QUANTITIES.get(x.name, NONE)
    first, second = x.value * float(a.units.scale_of(dimension)), y.value * float(b.units.scale_of(dimension))
    return math.isclose(first, second, rel_tol=CLOSE)


# --- pathways ---------------------------------------------------------------------------------------


def _families(a: Mechanism, b: Mechanism) -> Difference:
    """Pathway by pathway: what is the same in all is told once, all else with its pathway."""
    pairs, removed, added, renamed = _pathway_pairs(a, b)
    found = {mine: _models(a.with_pathway(mine), b.with_pathway(theirs)) for mine, theirs in pairs}
    changes: list[Change] = []
    names: dict[tuple[str, str, str], None] = dict.fromkeys(renamed)
    for mine, one in found.items():
        names |= dict.fromkeys(one.renamed)
        for change in one.changes:
            everywhere = all(change in other.changes for other in found.values())
            told = change if everywhere else replace(change, pathway=mine)
            if told not in changes:
                changes.append(told)
    labels = {p.name: p.label for p in (*b.pathways, *a.pathways)}
    changes += [_pathway(name, labels[name], "removed") for name in removed]
    changes += [_pathway(name, labels[name], "added") for name in added]
    default = {theirs: mine for mine, theirs in pairs}
    if a.default_pathway != default.get(b.default_pathway or "", b.default_pathway):
        before, after = (f"pathway = {m.default_pathway}" for m in (a, b))
        changes.append(Change("options", "changed", "pathway", before, after))
    undecided = any(one.undecided for one in found.values())
    return Difference(a.name, b.name, _sorted(changes), tuple(names), undecided)


def _pathway_pairs(
    a: Mechanism, b: Mechanism
) -> tuple[list[tuple[str, str]], list[str], list[str], list[tuple[str, str, str]]]:
    """Pathways that correspond: those that are alike, else by name; and those that have no counterpart."""
    left, right = ([pathway.name for pathway in m.pathways] for m in (a, b))
    pairs: list[tuple[str, str]] = []

    def pair(mine: str, theirs: str) -> None:
        pairs.append((mine, theirs))
        left.remove(mine)
        right.remove(theirs)

    few = len(left) * len(right) <= _MOST_PAIRS
    for mine in list(left) if few else ():
        model = a.with_pathway(mine)
        by_name = sorted(right, key=lambda name: name != mine)
        other = next((name for name in by_name if not _models(model, b.with_pathway(name)).changes), None)
        if other is not None:
            pair(mine, other)
    for mine in list(left):
        if mine in right:
            pair(mine, mine)
    for mine in list(left) if few else ():  # those whose reactions are alike at least
        model = a.with_pathway(mine)
        other = next((name for name in right if not _models(model, b.with_pathway(name)).of("reactions")), None)
        if other is not None:
            pair(mine, other)
    order = [pathway.name for pathway in a.pathways]
    pairs.sort(key=lambda names: order.index(names[0]))
    return pairs, left, right, [("pathway", mine, theirs) for mine, theirs in pairs if mine != theirs]
