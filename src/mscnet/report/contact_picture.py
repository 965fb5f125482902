"""The contact map as SVG: molecules as boxes with a row a site, bonds as curves between rows, states with arrows.

Molecules stand in columns by how many bonds they are from the one that has most, so that every bond joins neighbouring
columns or two molecules of one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

from mscnet.mechanism.structure import MoleculeType
from mscnet.report.drawing import CHANGED, FAINT, GONE, INK, LINK, NEW, PALE, Drawing, text_width
from mscnet.rules.contact import Contact, ContactMap, End, sites_of

_ROW: Final = 26.0
_HEAD: Final = 30.0
_BETWEEN_COLUMNS: Final = 110.0
_BETWEEN_BOXES: Final = 34.0
#: Between two states, room for an arrow.
_ARROW: Final = 24.0


class _Row(NamedTuple):
    """A site of a box: its name, and its states with their left ends and widths, from the left of the box."""

    name: str
    shown: str
    states: tuple[tuple[str, float, float], ...]


class _Box(NamedTuple):
    """A molecule, measured."""

    molecule: MoleculeType
    rows: tuple[_Row, ...]
    width: float
    height: float


def contact_svg(found: ContactMap) -> str:
    """The whole map; what is bound together stands together, one group below the other."""
    drawing = Drawing("contact map")
    boxes = {molecule.name: _measured(molecule) for molecule in found.molecules}
    top = 0.0
    for columns in _columns(found, boxes):
        top = _group(drawing, found, boxes, columns, top) + 30
    return drawing.svg()


def _measured(molecule: MoleculeType) -> _Box:
    rows = []
    for name, (number, states) in sites_of(molecule).items():
        shown = name if number == 1 else f"{name} ×{number}"
        x = 18 + text_width(shown, 12) + 14
        placed = []
        for state in states:
            width = text_width(state, 11) + 16
            placed.append((state, x, width))
            x += width + _ARROW
        rows.append(_Row(name, shown, tuple(placed)))
    ends = [row.states[-1][1] + row.states[-1][2] if row.states else 18 + text_width(row.shown, 12) for row in rows]
    width = max([text_width(molecule.name, 14, bold=True), *ends]) + 18
    return _Box(molecule, tuple(rows), max(width, 60.0), _HEAD + _ROW * len(rows) + (8 if rows else 4))


# --- where molecules stand ------------------------------------------------------------------------


def _columns(found: ContactMap, boxes: dict[str, _Box]) -> list[list[list[str]]]:
    """For each group of molecules that can be bound together, its columns."""
    others: dict[str, dict[str, None]] = {name: {} for name in boxes}
    for contact in found.contacts:
        (a, _), (b, _) = contact.ends
        if a != b and a in boxes and b in boxes:
            others[a][b] = others[b][a] = None
    groups, seen = [], set[str]()
    for name in boxes:
        if name not in seen:
            group = _reached(name, others)
            seen |= set(group)
            start = _peripheral(group, others)
            groups.append(_sorted(_layers(start, others), others))
    lonely = [group[0][0] for group in groups if len(group) == 1 and len(group[0]) == 1]
    joined = [group for group in groups if len(group) > 1 or len(group[0]) > 1]
    return joined + ([[[name] for name in lonely]] if lonely else [])


def _reached(start: str, others: dict[str, dict[str, None]]) -> list[str]:
    return [name for layer in _layers(start, others) for name in layer]


def _layers(start: str, others: dict[str, dict[str, None]]) -> list[list[str]]:
    seen, layers, last = {start}, [[start]], [start]
    while True:
        last = list(dict.fromkeys(b for a in last for b in others[a] if b not in seen))
        if not last:
            return layers
        seen |= set(last)
        layers.append(last)


def _peripheral(group: list[str], others: dict[str, dict[str, None]]) -> str:
    """One end of a group, so that a chain is drawn as one."""
    return _layers(group[0], others)[-1][0] if len(group) > 2 else group[0]


def _sorted(layers: list[list[str]], others: dict[str, dict[str, None]]) -> list[list[str]]:
    """The columns with each molecule near the middle of those that it binds in the column before."""
    for before, layer in pairwise(layers):
        at = {name: number for number, name in enumerate(before)}
        middle = {
            name: sum(at[b] for b in others[name] if b in at) / sum(b in at for b in others[name]) for name in layer
        }
        layer.sort(key=middle.__getitem__)
    return layers


# --- drawing --------------------------------------------------------------------------------------


def _group(drawing: Drawing, found: ContactMap, boxes: dict[str, _Box], columns: list[list[str]], top: float) -> float:
    spaces = [_BETWEEN_BOXES * (len(column) - 1) for column in columns]
    heights = [
        sum(boxes[name].height for name in column) + space for column, space in zip(columns, spaces, strict=True)
    ]
    corners: dict[str, tuple[float, float]] = {}
    x = 0.0
    for column, height in zip(columns, heights, strict=True):
        y = top + (max(heights) - height) / 2
        for name in column:
            corners[name] = x, y
            y += boxes[name].height + _BETWEEN_BOXES
        x += max(boxes[name].width for name in column) + _BETWEEN_COLUMNS
    for number, contact in enumerate(found.contacts):
        if all(name in corners for name, _ in contact.ends):
            dash = "" if contact.possible else "5 3"
            way = _way(contact, boxes, corners, number)
            drawing.line(way, stroke=_colour(contact), width=2.2, dash=dash)
    for name, corner in corners.items():
        _molecule(drawing, found, boxes[name], corner)
    for number, contact in enumerate(found.contacts):
        if all(name in corners for name, _ in contact.ends):
            way, stroke = _way(contact, boxes, corners, number), _colour(contact)
            for x, y in (way[0], way[-1]):
                drawing.circle(x, y, 3.5, fill=stroke)
    return top + max(heights)


def _port(
    end: End, boxes: dict[str, _Box], corners: dict[str, tuple[float, float]], right: bool
) -> tuple[float, float]:
    """Where a bond leaves the row of its site."""
    box, (x, y) = boxes[end[0]], corners[end[0]]
    row = next((i for i, row in enumerate(box.rows) if row.name == end[1]), 0)
    return x + (box.width if right else 0), y + _HEAD + _ROW * (row + 0.5)


def _colour(contact: Contact) -> str:
    return NEW if contact.possible else GONE


def _way(
    contact: Contact, boxes: dict[str, _Box], corners: dict[str, tuple[float, float]], number: int
) -> list[tuple[float, float]]:
    """The curve of a bond: across to the next column, or out and back within one."""
    a, b = contact.ends
    if corners[a[0]][0] > corners[b[0]][0]:
        a, b = b, a
    column = corners[a[0]][0] == corners[b[0]][0]
    start, end = _port(a, boxes, corners, True), _port(b, boxes, corners, column)
    if not column:
        middle = (end[0] - start[0]) / 2
        return [start, (start[0] + middle, start[1]), (end[0] - middle, end[1]), end]
    bulge, reach = max(start[0], end[0]) + 34 + 6 * (number % 4), 12 if a == b else 0
    return [start, (bulge, start[1] - reach), (bulge, end[1] + reach), (end[0], end[1] + reach / 2)]


def _molecule(drawing: Drawing, found: ContactMap, box: _Box, corner: tuple[float, float]) -> None:
    (x, y), name = corner, box.molecule.name
    drawing.rect((x, y, box.width, box.height), fill=PALE, stroke=INK)
    drawing.text(x + box.width / 2, y + 20, name, size=14, bold=True, anchor="middle")
    words = [w for w, rules in (("made", found.made), ("removed", found.removed)) if name in rules]
    if words:
        drawing.text(x + box.width / 2, y - 6, " and ".join(words), size=10, fill=FAINT, anchor="middle")
    for number, row in enumerate(box.rows):
        middle = y + _HEAD + _ROW * (number + 0.5)
        drawing.text(x + 14, middle + 4, row.shown)
        switches = {(s.before, s.after) for s in found.switches if s.end == (name, row.name)}
        changed = {state for pair in switches for state in pair}
        for state, left, width in row.states:
            fill = CHANGED if state in changed else "white"
            drawing.rect((x + left, middle - 9, width, 18), fill=fill, width=1.0, radius=9)
            drawing.text(x + left + width / 2, middle + 4, state, size=11, anchor="middle")
        _switches(drawing, row, switches, x, middle)


def _switches(drawing: Drawing, row: _Row, switches: set[tuple[str | None, str]], x: float, middle: float) -> None:
    """Arrows between states: straight between neighbours, over the top from one further off."""
    at = {state: number for number, (state, _, _) in enumerate(row.states)}
    for before, after in sorted(switches, key=lambda pair: (pair[0] or "", pair[1])):
        if after not in at or (before is not None and before not in at):
            continue
        target = row.states[at[after]]
        if before is None:
            at_x = x + target[1] + target[2] / 2
            drawing.line([(at_x, middle - 17), (at_x, middle - 9)], stroke=LINK, width=1.3, head="arrow")
            continue
        source = row.states[at[before]]
        forward = at[after] > at[before]
        if abs(at[after] - at[before]) == 1:
            low = middle + (-3 if forward else 3) * ((after, before) in switches)
            ends = (source[1] + source[2], target[1]) if forward else (source[1], target[1] + target[2])
            shift = 3 if forward else -3
            drawing.line([(x + ends[0] + shift, low), (x + ends[1] - shift, low)], stroke=LINK, width=1.3, head="arrow")
        else:
            start, end = x + source[1] + source[2] / 2, x + target[1] + target[2] / 2
            side = -1 if forward else 1
            way = [(start, middle + 9 * side), ((start + end) / 2, middle + 21 * side), (end, middle + 9 * side)]
            drawing.line(way, stroke=LINK, width=1.3, head="arrow")
