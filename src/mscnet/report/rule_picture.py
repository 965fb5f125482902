"""Rule diagrams as SVG: what is there before, an arrow, what is there after; what changes is marked.

A molecule is a box with its sites below its name; bonds are arcs below the boxes.  Formed bonds are thick, broken ones
dashed, changed states filled; a molecule that is made has a thick frame, one that is removed a dashed one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mscnet.mechanism.expression import to_text
from mscnet.mechanism.structure import Rule
from mscnet.report.drawing import CHANGED, FAINT, GONE, INK, NEW, PALE, Drawing, text_width
from mscnet.rules.changes import Side, Spot
from mscnet.rules.diagram import Diagram

#: Wider than this, the two sides stand below each other.
_WIDEST = 1000.0
_PILL, _SIZE, _BOX, _GAP = 20.0, 12.0, 52.0, 18.0
_ARC, _LEVEL = 15.0, 13.0


def rules_svg(diagrams: Sequence[Diagram]) -> str:
    """The diagrams below each other; both directions of a reversible rule are one."""
    drawing = Drawing("rules")
    known = {diagram.rule.name: diagram for diagram in diagrams}
    top = 0.0
    for diagram in diagrams:
        rule = diagram.rule
        if rule.reverse and rule.partner in known:
            continue
        back = known.get(rule.partner or "")
        top = _rule(drawing, diagram, back.rule if back is not None else None, top) + 26
    return drawing.svg()


def _rule(drawing: Drawing, diagram: Diagram, back: Rule | None, top: float) -> float:
    """Draws a rule from `top` down; returns where it ends."""
    rule = diagram.rule
    name = rule.label or rule.name
    drawing.text(0, top + 12, name, size=14, bold=True)
    if rule.note:
        drawing.text(text_width(name, 14, bold=True) + 14, top + 12, rule.note, fill=FAINT)
    left, right = (_Layout(diagram, after) for after in (False, True))
    laws = [law_of(rule), *([law_of(back)] if back is not None else [])]
    arrow = max(70.0, *(text_width(law, 11) + 24 for law in laws))
    y = top + 26
    if left.width + arrow + right.width + 2 * _GAP <= _WIDEST:
        left.draw(drawing, 0, y)
        _arrow(drawing, left.width + _GAP, y + _BOX / 2, arrow, laws)
        right.draw(drawing, left.width + arrow + 2 * _GAP, y)
        return y + max(left.height, right.height)
    left.draw(drawing, 0, y)
    y += left.height + 20
    _arrow(drawing, 0, y + _BOX / 2, arrow, laws)
    right.draw(drawing, arrow + _GAP, y)
    return y + right.height


def _arrow(drawing: Drawing, x: float, y: float, width: float, laws: Sequence[str]) -> None:
    shift = 3 if len(laws) > 1 else 0
    drawing.line([(x, y - shift), (x + width, y - shift)], head="arrow")
    drawing.text(x + width / 2, y - shift - 7, laws[0], size=11, anchor="middle")
    if len(laws) > 1:
        drawing.line([(x + width, y + shift), (x, y + shift)], head="arrow")
        drawing.text(x + width / 2, y + shift + 15, laws[1], size=11, anchor="middle")


def law_of(rule: Rule) -> str:
    """The constant or rate of a rule, as the file has it."""
    if rule.activation is not None:
        return "energy: " + ", ".join(to_text(part) for part in rule.activation)
    text = to_text(rule.law.expression, bracket_species=True)
    return text if rule.law.kind == "mass_action" else f"rate {text}"


class _Box(NamedTuple):
    """A molecule as it is drawn: its left end and width, and its sites' middles and widths."""

    x: float
    width: float
    sites: tuple[tuple[float, float], ...]


class _Layout:
    """One side of a rule, measured."""

    def __init__(self, diagram: Diagram, after: bool) -> None:
        self._diagram, self._after = diagram, after
        self._side = diagram.side(after)
        self._boxes: dict[int, _Box] = {}
        self._pluses: list[float] = []
        self.width = self._place()
        self._levels = self._arcs()
        deepest = max(self._levels.values(), default=-1)
        open_bonds = any(s.bond in ("bound", "any") for m in self._side.molecules for s in m.sites)
        below = deepest * _LEVEL + _ARC if deepest >= 0 else 24.0 if open_bonds else 0.0
        self.height = _BOX + below

    def _place(self) -> float:
        x, last = 0.0, None
        for index in _order(self._diagram, self._after):
            number = self._side.patterns[index]
            if last is not None:
                x += 14 if number == last else 0
                if number != last:
                    self._pluses.append(x + _GAP)
                    x += 2 * _GAP
            self._boxes[index] = _box(self._side, index, x)
            x += self._boxes[index].width
            last = number
        return x or 14.0

    def _middle(self, spot: Spot) -> float:
        return self._boxes[spot.molecule].sites[spot.site][0]

    def _arcs(self) -> dict[tuple[Spot, Spot], int]:
        """How deep the arc of each bond goes, so that those within others are above them."""
        spans = {(a, b): sorted((self._middle(a), self._middle(b))) for a, b in self._side.bonds()}
        molecules = enumerate(self._side.molecules)
        spots = [
            Spot(m, i) for m, one in molecules for i, site in enumerate(one.sites) if site.bond in ("bound", "any")
        ]
        stubs = [self._middle(spot) for spot in spots]
        levels: dict[tuple[Spot, Spot], int] = {}
        for pair in sorted(spans, key=lambda pair: spans[pair][1] - spans[pair][0]):
            low, high = spans[pair]
            met = [levels[other] for other in levels if spans[other][0] < high and spans[other][1] > low]
            crossed = any(low < stub < high for stub in stubs)
            levels[pair] = max(met, default=0 if crossed else -1) + 1
        return levels

    def draw(self, drawing: Drawing, x: float, y: float) -> None:
        """Draws the side with its left top there."""
        if not self._side.molecules:
            drawing.text(x + 4, y + _BOX / 2 + 6, "0", size=16, fill=FAINT)
        for plus in self._pluses:
            drawing.text(x + plus, y + _BOX / 2 + 6, "+", size=18, anchor="middle")
        for (one, other), level in self._levels.items():
            mark = self._diagram.of_bond(self._after, (one, other))
            _arc(drawing, x + self._middle(one), x + self._middle(other), y + _BOX - 6, _ARC + level * _LEVEL, mark)
        for index, box in self._boxes.items():
            self._molecule(drawing, index, box, x, y)

    def _molecule(self, drawing: Drawing, index: int, box: _Box, x: float, y: float) -> None:
        molecule, mark = self._side.molecules[index], self._diagram.of_molecule(self._after, index)
        stroke, dash = {"new": (NEW, ""), "gone": (GONE, "5 3")}.get(mark, (INK, ""))
        heavy = 2.4 if mark in ("new", "gone") else 1.2
        drawing.rect((x + box.x, y, box.width, _BOX), fill=PALE, stroke=stroke, width=heavy, dash=dash)
        drawing.text(x + box.x + box.width / 2, y + 17, _title(self._side, index), bold=True, anchor="middle")
        for number, (middle, width) in enumerate(box.sites):
            spot = Spot(index, number)
            site = molecule.sites[number]
            changed = self._diagram.of_state(self._after, spot) == "changed"
            self._stub(drawing, site.bond, x + middle, y + _BOX - 6)
            pill = (x + middle - width / 2, y + _BOX - 6 - _PILL, width, _PILL)
            drawing.rect(pill, fill=CHANGED if changed else "white", width=1.8 if changed else 1.0, radius=_PILL / 2)
            drawing.text(x + middle, y + _BOX - 12, _site_text(self._side, spot), size=11, anchor="middle")

    @staticmethod
    def _stub(drawing: Drawing, bond: object, x: float, y: float) -> None:
        """The short line of a bond to something that is not said."""
        if bond in ("bound", "any"):
            drawing.line([(x, y), (x, y + 15)], dash="" if bond == "bound" else "2 2")
        if bond == "bound":
            drawing.circle(x, y + 17, 3)
        elif bond == "any":
            drawing.text(x + 5, y + 19, "?", size=11, fill=FAINT)


def _arc(drawing: Drawing, start: float, end: float, y: float, depth: float, mark: str) -> None:
    stroke, width, dash = {"new": (NEW, 3.2, ""), "gone": (GONE, 2.4, "5 3")}.get(mark, (INK, 1.5, ""))
    low = y + depth * 1.33
    drawing.line([(start, y), (start, low), (end, low), (end, y)], stroke=stroke, width=width, dash=dash)


def _title(some: Side, index: int) -> str:
    molecule = some.molecules[index]
    place = some.place(index)
    return molecule.name + (f" @{place}" if place else "") + (f" %{molecule.label}" if molecule.label else "")


def _site_text(some: Side, spot: Spot) -> str:
    site = some.site(spot)
    return site.name + (f"%{site.label}" if site.label else "") + (f"~{site.state}" if site.state is not None else "")


def _box(some: Side, index: int, x: float) -> _Box:
    widths = [text_width(_site_text(some, Spot(index, i)), 11) + 16 for i in range(len(some.molecules[index].sites))]
    row = sum(widths) + 6 * max(len(widths) - 1, 0)
    width = max(row, text_width(_title(some, index), _SIZE, bold=True)) + 16
    middles, at = [], x + (width - row) / 2
    for each in widths:
        middles.append((at + each / 2, each))
        at += each + 6
    return _Box(x, width, tuple(middles))


def _order(diagram: Diagram, after: bool) -> Iterable[int]:
    """The molecules pattern by pattern, what is bound to each other side by side where that can be.

    Bonds of both sides are followed before those of one, so that molecules stand in one order on both.
    """
    some = diagram.side(after)
    kept = {frozenset(bond) for bond in some.bonds() if diagram.of_bond(after, bond) == "kept"}
    pairs = [(one, other) for one, theirs in sorted(some.partners.items()) for other in theirs]
    others: dict[int, list[int]] = {}
    for one, other in sorted(pairs, key=lambda pair: frozenset(pair) not in kept):
        others.setdefault(one.molecule, []).append(other.molecule)
    seen: dict[int, None] = {}
    for start in range(len(some.molecules)):
        pending = [start]
        while pending:
            index = pending.pop()
            if index not in seen and some.patterns[index] == some.patterns[start]:
                seen[index] = None
                pending += reversed(others.get(index, []))
    by_pattern = sorted(seen, key=lambda index: some.patterns[index])
    return by_pattern
