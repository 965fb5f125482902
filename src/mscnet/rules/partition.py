"""Ordered partitions of the vertices of a graph, made equitable by refinement.

Aho, Hopcroft, Ullman, The Design and Analysis of Computer Algorithms, 1974, section 4.13; the order of the cells hangs
on the graph alone, not on the numbers of its vertices (McKay, Congr. Numer. 1981, 30, 45), and is that of
`kernels/generate_partition.c`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence


class Partition:
    """Vertices in cells.  A cell is known by the position of its first vertex; `cell` says in which each vertex is."""

    def __init__(self, neighbours: Sequence[Sequence[int]], keys: Sequence[int]) -> None:
        self.neighbours = neighbours
        self.cells: dict[int, list[int]] = {}
        self.cell = [0] * len(keys)
        first, before = 0, None
        for at, vertex in enumerate(sorted(range(len(keys)), key=keys.__getitem__)):
            if keys[vertex] != before:
                first, before = at, keys[vertex]
                self.cells[first] = []
            self.cells[first].append(vertex)
            self.cell[vertex] = first
        self.queue: deque[int] = deque(self.cells if len(self.cells) < len(keys) else ())
        self.waiting = set(self.queue)

    def copy(self) -> Partition:
        """Another one like it; of one that is refined."""
        made = object.__new__(Partition)
        made.neighbours = self.neighbours
        made.cells = {first: list(cell) for first, cell in self.cells.items()}
        made.cell = list(self.cell)
        made.queue, made.waiting = deque(), set()
        return made

    @property
    def is_discrete(self) -> bool:
        return len(self.cells) == len(self.cell)

    def order(self) -> list[int]:
        """The vertices in order."""
        return [vertex for first in sorted(self.cells) for vertex in self.cells[first]]

    def single_out(self, vertex: int) -> None:
        """Give a vertex a cell of its own, behind what is left of its old one, and refine."""
        first = self.cell[vertex]
        cell = self.cells[first]
        if len(cell) == 1:
            return
        cell.remove(vertex)
        last = first + len(cell)
        self.cells[last] = [vertex]
        self.cell[vertex] = last
        self._push(last)
        self.refine()

    def refine(self) -> None:
        """Split cells until all vertices of a cell have as many neighbours in each other cell."""
        while self.queue:
            first = self.queue.popleft()
            self.waiting.discard(first)
            if self.is_discrete:
                continue
            counts: dict[int, int] = {}
            for vertex in self.cells[first]:
                for neighbour in self.neighbours[vertex]:
                    if len(self.cells[self.cell[neighbour]]) > 1:
                        counts[neighbour] = counts.get(neighbour, 0) + 1
            for touched in sorted({self.cell[vertex] for vertex in counts}):
                self._split(touched, counts)

    def _push(self, first: int) -> None:
        self.queue.append(first)
        self.waiting.add(first)

    def _split(self, first: int, counts: dict[int, int]) -> None:
        """Split a cell by the counts of its vertices, the least first."""
        groups: dict[int, list[int]] = {}
        for vertex in self.cells[first]:
            groups.setdefault(counts.get(vertex, 0), []).append(vertex)
        if len(groups) == 1:
            return
        waits = first in self.waiting
        parts = []
        at = first
        for count in sorted(groups):
            self.cells[at] = groups[count]
            for vertex in groups[count]:
                self.cell[vertex] = at
            parts.append(at)
            at += len(groups[count])
        largest = max(parts, key=lambda part: len(self.cells[part]))
        for part in parts:
            if part not in self.waiting and (waits or part != largest):
                self._push(part)
