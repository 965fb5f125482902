"""Rule diagrams: a rule as two site graphs, before and after, with what differs marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from mscnet.mechanism.structure import Rule
from mscnet.records import dataclass
from mscnet.rules.changes import Changes, Side, Spot, changes_of

if TYPE_CHECKING:
    import networkx

#: What becomes of a bond, a site or a molecule: it stays, or is of one side only.
Mark = Literal["kept", "changed", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Diagram:
    """A rule taken apart, with a mark for what is not the same on both sides; what has none is kept.

    `broken` bonds and states `before` are those of the left, `formed` ones and states `after` those of the right.
    """

    changes: Changes
    gone: frozenset[int]
    new: frozenset[int]
    broken: frozenset[tuple[Spot, ...]]
    formed: frozenset[tuple[Spot, ...]]
    before: frozenset[Spot]
    after: frozenset[Spot]
    moved: tuple[frozenset[int], frozenset[int]]

    @property
    def rule(self) -> Rule:
        return self.changes.rule

    def side(self, after: bool) -> Side:
        """The molecules before or after."""
        return self.changes.right if after else self.changes.left

    def of_molecule(self, after: bool, index: int) -> Mark:
        """What becomes of a molecule of one side."""
        if index in (self.new if after else self.gone):
            return "new" if after else "gone"
        return "changed" if index in self.moved[after] else "kept"

    def of_state(self, after: bool, spot: Spot) -> Mark:
        """Whether the state of a site is another on the other side."""
        return "changed" if spot in (self.after if after else self.before) else "kept"

    def of_bond(self, after: bool, bond: tuple[Spot, Spot]) -> Mark:
        """What becomes of a bond of one side, given as that has it."""
        if bond in (self.formed if after else self.broken):
            return "new" if after else "gone"
        return "kept"

    def graph(self) -> networkx.MultiDiGraph:
        """Nodes of `kind` ``molecule`` (``before:0``) and ``site`` (``before:0.1``) with `side`, `name`, `mark`, and
        for sites `state` and `bond`; edges of `kind` ``part``, ``bond`` with `mark`, and ``same`` from what is before
        to what it is after."""
        import networkx

        graph = networkx.MultiDiGraph(name=self.rule.name)
        for after in (False, True):
            self._add_side(graph, after)
        for here, there in self.changes.molecules.items():
            graph.add_edge(_molecule_key(False, here), _molecule_key(True, there), kind="same")
        for one, other in self.changes.sites.items():
            graph.add_edge(_site_key(False, one), _site_key(True, other), kind="same")
        return graph

    def _add_side(self, graph: Any, after: bool) -> None:
        some, which = self.side(after), "after" if after else "before"
        for index, molecule in enumerate(some.molecules):
            key = _molecule_key(after, index)
            more = {"pattern": some.patterns[index], "place": some.place(index) or ""}
            mark = self.of_molecule(after, index)
            graph.add_node(key, kind="molecule", side=which, name=molecule.name, mark=mark, **more)
            for number, site in enumerate(molecule.sites):
                spot = Spot(index, number)
                bond = site.bond if isinstance(site.bond, str) else "bound"
                what = {"state": site.state or "", "bond": bond, "mark": self.of_state(after, spot)}
                graph.add_node(_site_key(after, spot), kind="site", side=which, name=site.name, **what)
                graph.add_edge(key, _site_key(after, spot), kind="part")
        for one, other in some.bonds():
            ends = _site_key(after, one), _site_key(after, other)
            graph.add_edge(*ends, kind="bond", mark=self.of_bond(after, (one, other)))

    def to_dot(self) -> str:
        """The diagram as Graphviz text."""
        from mscnet.report.rule_dot import rules_dot

        return rules_dot([self])

    def to_svg(self) -> str:
        """The diagram as a picture."""
        from mscnet.report.rule_picture import rules_svg

        return rules_svg([self])

    def _repr_svg_(self) -> str:
        return self.to_svg()


def diagram_of(rule: Rule) -> Diagram:
    """The diagram of a rule.  The cost is linear in its text."""
    changes = changes_of(rule)

    def spots(kind: str, right: bool) -> frozenset[Spot]:
        places = (c.right if right else c.left for c in changes.changes if c.kind == kind)
        return frozenset(spot for ends in places for spot in ends)

    def molecules(kind: str, right: bool) -> frozenset[int]:
        return frozenset(spot.molecule for spot in spots(kind, right))

    new = molecules("create", True)
    gone = molecules("delete", False)
    within = {bond for bond in changes.right.bonds() if {spot.molecule for spot in bond} <= new}
    parted = {bond for bond in changes.left.bonds() if {spot.molecule for spot in bond} <= gone}
    return Diagram(
        changes,
        gone=gone,
        new=new,
        broken=frozenset(parted | {c.left for c in changes.changes if c.kind == "unbind"}),
        formed=frozenset(within | {c.right for c in changes.changes if c.kind == "bind"}),
        before=spots("state", False),
        after=spots("state", True),
        moved=(molecules("move", False), molecules("move", True)),
    )


def _molecule_key(after: bool, index: int) -> str:
    return f"{'after' if after else 'before'}:{index}"


def _site_key(after: bool, spot: Spot) -> str:
    return f"{_molecule_key(after, spot.molecule)}.{spot.site}"
