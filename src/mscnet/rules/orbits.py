"""How many images a list of vertices of a coloured graph has under the symmetries of the graph.

One vertex after the other is held in place; the product of the lengths of their orbits is the answer (orbits and
stabilizers), so that symmetries, of which there may be legion, are found one at a time and never listed.  One is found
by refining two partitions side by side, in which vertices are singled out in pairs (McKay, Congr. Numer. 1981, 30, 45).
"""

from __future__ import annotations

from collections.abc import Sequence

from mscnet.rules.partition import Partition


class Orbits:
    """Orbits in a graph without loops; vertices of one colour may change places.  Colours are ordered by their text."""

    def __init__(self, edges: Sequence[tuple[int, int]], colours: Sequence[object]) -> None:
        self._neighbours: list[list[int]] = [[] for _ in colours]
        for one, other in edges:
            self._neighbours[one].append(other)
            self._neighbours[other].append(one)
        number = {text: at for at, text in enumerate(sorted({repr(colour) for colour in colours}))}
        self._start = Partition(self._neighbours, [number[repr(colour)] for colour in colours])
        self._start.refine()
        self._edges = {(one, other) for one, ends in enumerate(self._neighbours) for other in ends}

    def images(self, points: Sequence[int]) -> int:
        """The number of lists of vertices that symmetries take `points` to."""
        held = self._start
        images = 1
        for point in points:
            cell = held.cells[held.cell[point]]
            if len(cell) == 1:
                continue
            following = _with(held, point)
            known = self._known(held, point, cell)
            images *= len(known)
            held = following
        return images

    def _known(self, held: Partition, point: int, cell: Sequence[int]) -> set[int]:
        """The orbit of a vertex; each symmetry that is found shows where it takes others, too."""
        orbit, out = {point}, set()
        found: list[list[int]] = []
        for target in cell:
            if target in orbit or target in out:
                continue
            symmetry = self._symmetry(_with(held, point), _with(held, target))
            if symmetry is None:
                out.add(target)
                continue
            found.append(symmetry)
            new = [*orbit]
            while new:
                at = new.pop()
                for move in found:
                    if move[at] not in orbit:
                        orbit.add(move[at])
                        new.append(move[at])
        return orbit

    def _symmetry(self, one: Partition, other: Partition) -> list[int] | None:
        """A symmetry that takes each cell of one partition to the same cell of the other; None where there is none."""
        shape = {first: len(cell) for first, cell in one.cells.items()}
        if shape != {first: len(cell) for first, cell in other.cells.items()}:
            return None
        first = next((first for first in sorted(shape) if shape[first] > 1), None)
        if first is None:
            return self._checked(one, other)
        vertex = one.cells[first][0]
        following = _with(one, vertex)
        for target in other.cells[first]:
            symmetry = self._symmetry(following, _with(other, target))
            if symmetry is not None:
                return symmetry
        return None

    def _checked(self, one: Partition, other: Partition) -> list[int] | None:
        moves = [0] * len(self._neighbours)
        for source, target in zip(one.order(), other.order(), strict=True):
            moves[source] = target
        return moves if all((moves[a], moves[b]) in self._edges for a, b in self._edges) else None


def _with(partition: Partition, vertex: int) -> Partition:
    """The partition with a vertex in a cell of its own."""
    made = partition.copy()
    made.single_out(vertex)
    return made
