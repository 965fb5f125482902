"""Small random sets of molecules and rules, by number."""

from __future__ import annotations

import random

from mscnet.mechanism.structure import (
    Count,
    Limits,
    MoleculePattern,
    MoleculeType,
    Pattern,
    Rule,
    Seed,
    SitePattern,
    SiteType,
    Structure,
)
from mscnet.mechanism.types import RateLaw
from mscnet.records import replace
from tests.rules.reading import ONE

LAW = RateLaw("mass_action", ONE)


def random_model(seed: int) -> tuple[Structure, Limits]:
    """One to three kinds of molecules, two to five rules, and limits that keep the network small."""
    draw = random.Random(seed)
    kinds = [_kind(draw, name) for name in "ABC"[: draw.randint(1, 3)]]
    rules = [_binding(draw, kinds, f"b{number}") for number in range(draw.randint(1, 3))]
    rules += [_binding_back(rule) for rule in rules if draw.random() < 0.5]
    while len(rules) < draw.randint(4, 7):
        made = _rule(draw, kinds, f"r{len(rules)}")
        if made is not None:
            rules.append(made)
            if draw.random() < 0.4 and made.reactants and made.products and not _makes_or_deletes(made):
                rules.append(replace(made, name=f"{made.name}_back", reactants=made.products, products=made.reactants))
    seeds = [Seed(Pattern((_whole(draw, kind),)), ONE) for kind in kinds]
    limits = Limits(iterations=draw.randint(2, 3), molecules=draw.randint(2, 3))
    if draw.random() < 0.3:
        limits = replace(limits, of_type=((kinds[0].name, draw.randint(1, 3)),))
    return Structure(tuple(kinds), tuple(rules), tuple(seeds)), limits


def random_counts(seed: int, kinds: tuple[MoleculeType, ...], number: int) -> tuple[Count, ...]:
    """Observables of molecules and of species."""
    draw = random.Random(seed)
    found = []
    for at in range(number):
        drafts = [_draft(draw, draw.choice(kinds)) for _ in range(draw.choice((1, 1, 2, 3)))]
        _bind(draw, drafts, [0] * len(drafts))
        pattern = _patterns(drafts, [0] * len(drafts), set(), [])[0]
        kind = draw.choice(("molecules", "species"))
        if kind == "species" and draw.random() < 0.5:
            pattern = replace(pattern, relation=(draw.choice(("==", "<", "<=", ">", ">=")), draw.randint(0, 3)))
        found.append(Count(f"O{at}", kind, (pattern,)))  # type: ignore[arg-type]
    return tuple(found)


def _binding(draw: random.Random, kinds: list[MoleculeType], name: str) -> Rule:
    """Two molecules bind, whatever else there is to them, so that there are complexes for the other rules."""
    pair = [draw.choice(kinds), draw.choice(kinds)]
    sites = [draw.choice(kind.sites).name for kind in pair]
    free = [MoleculePattern(kind.name, (SitePattern(site),)) for kind, site in zip(pair, sites, strict=True)]
    bound = [MoleculePattern(each.name, (replace(each.sites[0], bond=1),)) for each in free]
    reactants = (Pattern(tuple(free)),) if draw.random() < 0.2 else tuple(Pattern((each,)) for each in free)
    return Rule(name, reactants, (Pattern(tuple(bound)),), LAW)


def _binding_back(rule: Rule) -> Rule:
    return replace(rule, name=f"{rule.name}_back", reactants=rule.products, products=rule.reactants)


def _makes_or_deletes(rule: Rule) -> bool:
    count = [sum(len(pattern.molecules) for pattern in side) for side in (rule.reactants, rule.products)]
    return count[0] != count[1]


def _kind(draw: random.Random, name: str) -> MoleculeType:
    sites = []
    for site in "abc"[: draw.randint(1, 3)]:
        states = ("u", "p") if draw.random() < 0.4 else ()
        sites += [SiteType(site, states)] * draw.choice((1, 1, 1, 2, 2, 3))
    return MoleculeType(name, tuple(sites[:4]))


def _whole(draw: random.Random, kind: MoleculeType) -> MoleculePattern:
    return MoleculePattern(
        kind.name, tuple(SitePattern(s.name, draw.choice(s.states) if s.states else None) for s in kind.sites)
    )


#: A molecule under way: its kind, its sites as lists of name, state, bond.
_Draft = tuple[str, list[list[object]]]


def _draft(draw: random.Random, kind: MoleculeType) -> _Draft:
    sites: list[list[object]] = []
    for site in kind.sites:
        if draw.random() < 0.4:
            state = draw.choice((*site.states, None)) if site.states else None
            sites.append([site.name, state, draw.choice(("free", "free", "free", "bound", "any"))])
    draw.shuffle(sites)
    return kind.name, sites


def _rule(draw: random.Random, kinds: list[MoleculeType], name: str) -> Rule | None:
    """A rule whose left side is drawn, and whose right side follows by one or two changes."""
    drafts = [_draft(draw, draw.choice(kinds)) for _ in range(draw.choice((1, 1, 2, 2, 2, 3)))]
    together = [0]
    for _ in drafts[1:]:
        together.append(together[-1] + (draw.random() < 0.5))
    left = [(mol, [list(site) for site in sites]) for mol, sites in drafts]
    label = _bind(draw, left, together)
    right = [(mol, [list(site) for site in sites]) for mol, sites in left]
    deleted: set[int] = set()
    changed = False
    for _ in range(draw.choice((1, 1, 2))):
        changed |= _change(draw, right, deleted, label)
        label += 1
    if not changed:
        return None
    made = [_whole(draw, draw.choice(kinds))] if draw.random() < 0.1 else []
    reactants = _patterns(left, together, set(), [])
    apart = draw.random() < 0.75
    products = _patterns(right, _connected(right, deleted) if apart else together, deleted, made)
    return Rule(name, reactants, products, LAW, delete_molecules=bool(deleted) and draw.random() < 0.6)


def _bind(draw: random.Random, drafts: list[_Draft], together: list[int]) -> int:
    """Bonds within a pattern; the next label that is not taken."""
    label = 1
    for at in range(1, len(drafts)):
        if together[at] == together[at - 1] and draw.random() < 0.7:
            ends = [_free(draw, drafts[at - 1]), _free(draw, drafts[at])]
            if None not in ends:
                for end in ends:
                    end[2] = label  # type: ignore[index]
                label += 1
    return label


def _free(draw: random.Random, molecule: _Draft) -> list[object] | None:
    free = [site for site in molecule[1] if site[2] == "free"]
    return draw.choice(free) if free else None


def _change(draw: random.Random, right: list[_Draft], deleted: set[int], label: int) -> bool:
    kind = draw.choice(("join", "join", "cut", "cut", "state", "delete"))
    there = [at for at in range(len(right)) if at not in deleted]
    if kind == "join" and len(there) > 1:
        ends = [_free(draw, right[at]) for at in draw.sample(there, 2)]
        if None in ends:
            return False
        for end in ends:
            end[2] = label  # type: ignore[index]
        return True
    if kind == "cut":
        labels = {site[2] for at in there for site in right[at][1] if isinstance(site[2], int)}
        if labels:
            _release(right, draw.choice(sorted(labels)))
            return True
    if kind == "state":
        sites = [site for at in there for site in right[at][1] if site[1] is not None]
        if sites:
            site = draw.choice(sites)
            site[1] = "u" if site[1] == "p" else "p"
            return True
    if kind == "delete" and there and draw.random() < 0.5:
        at = draw.choice(there)
        for site in right[at][1]:
            if isinstance(site[2], int):
                _release(right, site[2])
        deleted.add(at)
        return True
    return False


def _release(right: list[_Draft], label: int) -> None:
    for _, sites in right:
        for site in sites:
            if site[2] == label:
                site[2] = "free"


def _connected(right: list[_Draft], deleted: set[int]) -> list[int]:
    """The number of the connected part of each molecule."""
    part = list(range(len(right)))
    for _ in right:
        for one in range(len(right)):
            for other in range(len(right)):
                shared = {s[2] for s in right[one][1]} & {s[2] for s in right[other][1]}
                if any(isinstance(each, int) for each in shared) and not {one, other} & deleted:
                    part[one] = part[other] = min(part[one], part[other])
    return part


def _patterns(
    drafts: list[_Draft], together: list[int], deleted: set[int], made: list[MoleculePattern]
) -> tuple[Pattern, ...]:
    groups: dict[int, list[MoleculePattern]] = {}
    for at, (name, sites) in enumerate(drafts):
        if at not in deleted:
            listed = tuple(SitePattern(site, state, bond) for site, state, bond in sites)  # type: ignore[arg-type]
            groups.setdefault(together[at], []).append(MoleculePattern(name, listed))
    for extra in made:
        groups[10 + len(groups)] = [extra]
    return tuple(Pattern(tuple(group)) for group in groups.values())
