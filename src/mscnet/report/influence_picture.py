"""The influence map as SVG: arrows between few rules and observables, a table of signs between many.

What a rule does to itself by using up what it needs is left out of the arrows.
"""

from __future__ import annotations

import math
from typing import Final

from mscnet.report.drawing import FAINT, GONE, INK, LINK, NEW, PALE, Drawing, text_width
from mscnet.rules.influence import Influence, InfluenceMap

#: Up to so many arrows they are drawn as such.
MOST_ARROWS: Final = 30
_LOOKS: Final = {"+": (NEW, "", "arrow"), "-": (GONE, "", "bar"), "rate": (LINK, "4 3", "arrow")}
_CELL: Final = 24.0
_LINES: Final = "#d3d9df"

#: A node: whether it is an observable, and its name.
_Node = tuple[bool, str]


def influence_svg(found: InfluenceMap) -> str:
    """The picture of a map."""
    drawn = [each for each in found.influences if not _own_use(each)]
    if len(drawn) <= MOST_ARROWS:
        return _arrows(found, drawn)
    return _table(found)


def _own_use(each: Influence) -> bool:
    return each.sign == "-" and not each.counted and each.source == each.target


def _ends(each: Influence) -> tuple[_Node, _Node]:
    return (each.sign == "rate", each.source), (each.counted, each.target)


# --- arrows ---------------------------------------------------------------------------------------


def _arrows(found: InfluenceMap, drawn: list[Influence]) -> str:
    drawing = Drawing("influence map")
    nodes: list[_Node] = [(False, name) for name in found.rules]
    nodes = _round(nodes + [(True, name) for name in found.observables], drawn)
    widths = {node: text_width(found.shown.get(node[1], node[1]), 12, bold=not node[0]) + 24 for node in nodes}
    across = max(150.0, len(nodes) * 30.0, max(widths.values(), default=0) * 1.1)
    down = max(90.0, len(nodes) * 21.0)
    at = {}
    for number, node in enumerate(nodes):
        angle = 2 * math.pi * number / max(len(nodes), 1) - math.pi / 2
        at[node] = across * math.cos(angle), down * math.sin(angle)
    for each in drawn:
        _arrow(drawing, each, at, widths)
    for node in nodes:
        _node(drawing, node, found.shown.get(node[1], node[1]), at[node], widths[node])
    _key(drawing, sorted({each.sign for each in drawn}), -across, drawing.bottom + 34)
    return drawing.svg()


def _round(nodes: list[_Node], drawn: list[Influence]) -> list[_Node]:
    """An order round the ring in which those that are joined are near: each next to whom it shares most with."""
    weight: dict[tuple[_Node, _Node], int] = {}
    for each in drawn:
        source, target = _ends(each)
        weight[source, target] = weight[target, source] = weight.get((source, target), 0) + 1
    left, ring = list(nodes), list[_Node]()
    while left:
        best = max(left, key=lambda node: (weight.get((ring[-1], node), 0) if ring else 0, -nodes.index(node)))
        ring.append(best)
        left.remove(best)
    return ring


def _arrow(drawing: Drawing, each: Influence, at: dict[_Node, tuple[float, float]], widths: dict[_Node, float]) -> None:
    stroke, dash, head = _LOOKS[each.sign]
    source, target = _ends(each)
    (x, y), (u, v) = at[source], at[target]
    if source == target:
        side = 1 if y >= 0 else -1
        way = [(x - 12, y + 14 * side), (x - 22, y + 44 * side), (x + 22, y + 44 * side), (x + 12, y + 15 * side)]
        drawing.line(way, stroke=stroke, dash=dash, head=head)
        return
    # bent to its own right, so that two that go both ways, or have both signs, keep apart
    length = math.hypot(u - x, v - y) or 1.0
    bend = length * (0.10 if each.sign == "+" else 0.19)
    middle = (x + u) / 2 - (v - y) / length * bend, (y + v) / 2 + (u - x) / length * bend
    start, end = _edge((x, y), middle, widths[source]), _edge((u, v), middle, widths[target])
    drawing.line([start, middle, end], stroke=stroke, dash=dash, head=head)


def _edge(centre: tuple[float, float], towards: tuple[float, float], width: float) -> tuple[float, float]:
    """Where a line from the centre of a box leaves it, and a little further."""
    dx, dy = towards[0] - centre[0], towards[1] - centre[1]
    w, h = width / 2 + 4, 17.0
    scale = min(w / abs(dx) if dx else math.inf, h / abs(dy) if dy else math.inf)
    return centre[0] + dx * scale, centre[1] + dy * scale


def _node(drawing: Drawing, node: _Node, shown: str, at: tuple[float, float], width: float) -> None:
    observable = node[0]
    box = (at[0] - width / 2, at[1] - 13, width, 26)
    drawing.rect(
        box, fill="white" if observable else PALE, stroke=LINK if observable else INK, radius=13 * observable + 4
    )
    drawing.text(at[0], at[1] + 4, shown, bold=not observable, anchor="middle")


def _key(drawing: Drawing, signs: list[str], x: float, y: float) -> None:
    words = {"+": "brings matches", "-": "takes matches", "rate": "sets the rate"}
    for sign in signs:
        stroke, dash, head = _LOOKS[sign]
        drawing.line([(x, y), (x + 30, y)], stroke=stroke, dash=dash, head=head)
        drawing.text(x + 38, y + 4, words[sign], size=11, fill=FAINT)
        x += 38 + text_width(words[sign], 11) + 26


# --- table ----------------------------------------------------------------------------------------


def _table(found: InfluenceMap) -> str:
    drawing = Drawing("influence map")
    rows = list(found.rules)
    columns: list[_Node] = [*((False, name) for name in found.rules), *((True, name) for name in found.observables)]
    signs: dict[tuple[str, _Node], set[str]] = {}
    for each in found.influences:
        if each.sign != "rate":
            signs.setdefault((each.source, (each.counted, each.target)), set()).add(each.sign)
    names = {name: found.shown.get(name, name) for name in (*found.rules, *found.observables)}
    gap = 10.0
    lefts = [_CELL * number + gap * column[0] for number, column in enumerate(columns)]
    for left, column in zip(lefts, columns, strict=True):
        drawing.turned(left + _CELL / 2 + 3, -8, names[column[1]], fill=LINK if column[0] else INK)
    at = {column: left for left, column in zip(lefts, columns, strict=True)}
    _grid(drawing, len(rows), [(0.0, len(rows)), (_CELL * len(rows) + gap, len(found.observables))])
    for number, name in enumerate(rows):
        drawing.text(-10, _CELL * (number + 0.5) + 4, names[name], anchor="end")
    line = {name: number for number, name in enumerate(rows)}
    for (name, column), met in signs.items():
        _cell(drawing, at[column], _CELL * line[name], met)
    y = _CELL * len(rows) + 24
    drawing.text(0, y, "a row’s effect on a column: + brings matches, − takes matches, ± both", size=11, fill=FAINT)
    return drawing.svg()


def _grid(drawing: Drawing, rows: int, blocks: list[tuple[float, int]]) -> None:
    """The lines between cells; `blocks` begin somewhere and have so many columns."""
    for left, columns in blocks:
        if columns:
            for row in range(rows + 1):
                drawing.line([(left, _CELL * row), (left + _CELL * columns, _CELL * row)], stroke=_LINES, width=0.8)
            for column in range(columns + 1):
                x = left + _CELL * column
                drawing.line([(x, 0), (x, _CELL * rows)], stroke=_LINES, width=0.8)


def _cell(drawing: Drawing, x: float, y: float, signs: set[str]) -> None:
    fill = {"+": "#cfe9df", "-": "#f6d9c6"}.get("".join(signs), "#fbf0c9")
    drawing.rect((x, y, _CELL, _CELL), fill=fill, stroke=_LINES, width=0.8, radius=0)
    words = "±" if len(signs) > 1 else "".join(signs).replace("-", "−")
    colour = {"+": NEW, "−": GONE}.get(words, INK)
    drawing.text(x + _CELL / 2, y + _CELL / 2 + 5, words, size=15, fill=colour, bold=True, anchor="middle")
