"""The contact map: which sites of which molecules can bind, which states each site takes, and which rules see to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mscnet.mechanism.structure import MoleculeType, Rule, Structure
from mscnet.records import dataclass, field
from mscnet.rules.changes import Changes, Side, Spot, changes_of, side

if TYPE_CHECKING:
    import networkx

#: A site by the names of its molecule and itself.
End = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Contact:
    """Two sites that are bound somewhere: `formed`, `broken` and `kept` name the rules that do so or need it.

    `seeded` is True where a species that is there at first has the bond.  One that no rule forms and no seed has is
    never there.
    """

    ends: tuple[End, End]
    formed: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    seeded: bool = False

    @property
    def possible(self) -> bool:
        return self.seeded or bool(self.formed)


@dataclass(frozen=True, slots=True)
class Switch:
    """A state that rules turn into another; `before` None where the rule does not say from which."""

    end: End
    before: str | None
    after: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactMap:
    """Molecules with their sites, bonds between sites, changes of states, and which rules make or remove molecules."""

    molecules: tuple[MoleculeType, ...]
    contacts: tuple[Contact, ...]
    switches: tuple[Switch, ...]
    made: dict[str, tuple[str, ...]] = field(default_factory=dict)
    removed: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def neighbours(self) -> dict[str, dict[str, tuple[End, ...]]]:
        """For each molecule, and each of its sites that binds, the sites that it can be bound to."""
        found: dict[str, dict[str, dict[End, None]]] = {}
        for contact in self.contacts:
            for one, other in (contact.ends, contact.ends[::-1]):
                found.setdefault(one[0], {}).setdefault(one[1], {})[other] = None
        return {name: {site: tuple(ends) for site, ends in sites.items()} for name, sites in found.items()}

    def graph(self) -> networkx.MultiGraph:
        """Nodes of `kind` ``molecule`` (``R``), ``site`` (``R.l``, with `count` where equal ones are one node) and
        ``state`` (``R.kin~u``); edges of `kind` ``part``, ``bond`` (`formed`, `broken`, `kept`, `seeded`) and
        ``change`` (`before`, `after`, `rules`)."""
        import networkx

        graph = networkx.MultiGraph()
        for molecule in self.molecules:
            graph.add_node(molecule.name, kind="molecule", name=molecule.name)
            for name, (number, states) in sites_of(molecule).items():
                site = f"{molecule.name}.{name}"
                graph.add_node(site, kind="site", name=name, molecule=molecule.name, count=number)
                graph.add_edge(molecule.name, site, kind="part")
                for state in states:
                    graph.add_node(f"{site}~{state}", kind="state", name=state, molecule=molecule.name, site=name)
                    graph.add_edge(site, f"{site}~{state}", kind="part")
        for bond in self.contacts:
            more = {"formed": list(bond.formed), "broken": list(bond.broken), "kept": list(bond.kept)}
            graph.add_edge(*(".".join(end) for end in bond.ends), kind="bond", seeded=bond.seeded, **more)
        for switch in self.switches:
            site = ".".join(switch.end)
            start = site if switch.before is None else f"{site}~{switch.before}"
            change = {"before": switch.before or "", "after": switch.after, "rules": list(switch.rules)}
            graph.add_edge(start, f"{site}~{switch.after}", kind="change", **change)
        return graph

    def to_dot(self) -> str:
        """The map as Graphviz text."""
        from mscnet.report.rule_dot import contact_dot

        return contact_dot(self)

    def to_svg(self) -> str:
        """The map as a picture."""
        from mscnet.report.contact_picture import contact_svg

        return contact_svg(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()


class _Bonds(NamedTuple):
    formed: dict[str, None]
    broken: dict[str, None]
    kept: dict[str, None]
    seeded: list[bool]


def sites_of(molecule: MoleculeType) -> dict[str, tuple[int, tuple[str, ...]]]:
    """For each name of a site how many there are of it, and the states that they have."""
    found: dict[str, tuple[int, tuple[str, ...]]] = {}
    for site in molecule.sites:
        number, states = found.get(site.name, (0, ()))
        found[site.name] = (number + 1, tuple(dict.fromkeys((*states, *site.states))))
    return found


def contact_map(structure: Structure) -> ContactMap:
    """The contact map of a structure, from its rules and seeds.  The cost is linear in their text."""
    return contact_map_of(structure, [changes_of(rule) for rule in structure.rules])


def contact_map_of(structure: Structure, taken: Sequence[Changes]) -> ContactMap:
    """The same where the rules are taken apart already."""
    bonds: dict[tuple[End, End], _Bonds] = {}
    switches: dict[tuple[End, str | None, str], dict[str, None]] = {}
    made: dict[str, dict[str, None]] = {}
    removed: dict[str, dict[str, None]] = {}
    for seed in structure.seeds:
        for ends in _bonds(side([seed.pattern])):
            _bond(bonds, ends).seeded.append(True)
    for each in taken:
        _add_bonds(bonds, each)
        name = each.rule.name
        for change in each.changes:
            if change.kind == "state" and change.after is not None:
                end = _end(each.right, change.right[0])
                switches.setdefault((end, change.before, change.after), {})[name] = None
            elif change.kind == "create":
                made.setdefault(each.right.molecules[change.right[0].molecule].name, {})[name] = None
            elif change.kind == "delete":
                removed.setdefault(each.left.molecules[change.left[0].molecule].name, {})[name] = None
    return ContactMap(
        structure.molecules,
        tuple(_contact(ends, found) for ends, found in bonds.items()),
        tuple(Switch(end, before, after, tuple(rules)) for (end, before, after), rules in switches.items()),
        {name: tuple(rules) for name, rules in made.items()},
        {name: tuple(rules) for name, rules in removed.items()},
    )


def _contact(ends: tuple[End, End], found: _Bonds) -> Contact:
    return Contact(ends, tuple(found.formed), tuple(found.broken), tuple(found.kept), any(found.seeded))


def _bond(bonds: dict[tuple[End, End], _Bonds], ends: tuple[End, End]) -> _Bonds:
    return bonds.setdefault(ends, _Bonds({}, {}, {}, []))


def _add_bonds(bonds: dict[tuple[End, End], _Bonds], taken: Changes) -> None:
    name = taken.rule.name
    created = {change.right[0].molecule for change in taken.changes if change.kind == "create"}
    formed = [change.right for change in taken.changes if change.kind == "bind"]
    formed += [(a, b) for a, b in taken.right.bonds() if {a.molecule, b.molecule} <= created]
    broken = [change.left for change in taken.changes if change.kind == "unbind"]
    for one, other in formed:
        _bond(bonds, _ends(taken.right, one, other)).formed[name] = None
    for one, other in broken:
        _bond(bonds, _ends(taken.left, one, other)).broken[name] = None
    for one, other in taken.left.bonds():
        if (one, other) not in broken:
            _bond(bonds, _ends(taken.left, one, other)).kept[name] = None


def _bonds(some: Side) -> Iterable[tuple[End, End]]:
    return (_ends(some, one, other) for one, other in some.bonds())


def _ends(some: Side, one: Spot, other: Spot) -> tuple[End, End]:
    first, second = sorted((_end(some, one), _end(some, other)))
    return first, second


def _end(some: Side, spot: Spot) -> End:
    return some.molecules[spot.molecule].name, some.site(spot).name


def rule_names(rules: Iterable[Rule]) -> dict[str, str]:
    """What each rule is called in a picture: its label where it has one, an arrow behind the backward direction."""
    return {
        rule.name: (rule.label or rule.name.removesuffix(".reverse")) + (" ←" if rule.reverse else "") for rule in rules
    }
