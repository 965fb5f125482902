"""Loops of families: what their variables run over, and how many members that makes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mscnet.language.family_values import MAX_INDEX, Arithmetic, BadMember, Constants, Value, Values, shown
from mscnet.language.products import Stop
from mscnet.language.scope import Reporter
from mscnet.language.syntax import LoopsX, LoopX, RangeX, WordX

#: The families of a file have at most so many members, and their loops and sums so many turns.
MAX_MEMBERS = 1_000_000
MAX_TURNS = 10_000_000


class TooMany(Exception):
    """The families of a file are too large; what it says has been reported."""


class Context:
    """What all families of a file share."""

    def __init__(self, report: Reporter, constants: Constants, names: frozenset[str], declared: dict[str, Any]) -> None:
        self.report, self.constants = report, constants
        #: Words that some loop runs over, and the names that the file declares with their places.
        self.names, self.declared = names, declared
        self.turns = self.members = 0

    def take_turns(self, count: int, node: Any) -> None:
        """Count turns of a loop before they are made.

        Raises:
            TooMany: they go beyond what a file may have.
        """
        self.turns += count
        if self.turns > MAX_TURNS:
            self._refuse(f"the loops of this file have more than {MAX_TURNS:,} turns", node)

    def take_members(self, count: int, node: Any) -> None:
        self.members += count
        if self.members > MAX_MEMBERS:
            self._refuse(f"the families of this file have more than {MAX_MEMBERS:,} members", node)

    def _refuse(self, message: str, node: Any) -> None:
        self.report.error("E213", message, node.start, node.end, "choose a smaller range, or a condition with `if`")
        raise TooMany


class Frame:
    """The loop variables that hold at a place of the text: `slots` says where in the values each is."""

    def __init__(self, context: Context, slots: dict[str, int]) -> None:
        self.context, self.slots = context, slots
        self.arithmetic = Arithmetic(slots, context.constants, context.report, context.names)


Turns = Callable[[Values], Sequence[Value]]


class Loops:
    """What stands after a ``for``, in the frame of the loops around it."""

    def __init__(self, node: LoopsX, outer: Frame) -> None:
        """Raises `Stop` where something is wrong, which is reported."""
        self.node, self.context, self.made = node, outer.context, 0
        slots = dict(outer.slots)
        turns: list[Turns | None] = []
        for loop in node.loops:
            self._check_name(loop, slots)
            frame = Frame(self.context, dict(slots))
            try:
                turns.append(self._turns(loop, frame))
            except Stop:  # what is wrong further on is reported as well
                turns.append(None)
            slots[loop.variable.name] = len(slots)
        self.frame = Frame(self.context, slots)
        self._condition = self.frame.arithmetic.condition(node.condition) if node.condition else None
        self._all = [turn for turn in turns if turn is not None]
        if len(self._all) < len(turns):
            raise Stop

    def _check_name(self, loop: LoopX, slots: dict[str, int]) -> None:
        name, report = loop.variable, self.context.report
        if name.name in slots:
            report.error(
                "E211", f"`{name.name}` is a loop variable already", name.start, name.end, "choose another name"
            )
            raise Stop
        declared = self.context.declared.get(name.name)
        if declared is not None:
            message = f"`{name.name}` is declared in this file; in this family it is the loop variable"
            place = (("declared here", declared.start, declared.end),)
            report.error("W211", message, name.start, name.end, "call one of the two something else", place)

    def with_places(self, node: Any) -> Any:
        """A family or a sum in which a variable of these loops may stand before a dot: ``c.A``."""
        names = [loop.variable.name for loop in self.node.loops]
        text = self.context.report.source.text
        mark = re.compile(rf"(?<![\w.])(?:{'|'.join(names)})\.[^\W\d]")
        if mark.search(text, node.start, node.end) is None:
            return node
        from mscnet.language.family_names import dotted

        return dotted(node, frozenset(names))

    # --- what a variable runs over ---

    def _turns(self, loop: LoopX, frame: Frame) -> Turns:
        parts = [self._part(value, frame) for value in loop.values]
        if len(parts) == 1:
            return parts[0]
        if all(value.high is None for value in loop.values) and not frame.slots:
            self._check_twice(loop, [part(())[0] for part in parts])
        return lambda v: _together([part(v) for part in parts])

    def _check_twice(self, loop: LoopX, values: list[Value]) -> None:
        for i, (value, node) in enumerate(zip(values, loop.values, strict=True)):
            if value in values[:i]:
                message = f"`{loop.variable.name}` runs over {shown(value)} twice"
                self.context.report.error("W212", message, node.start, node.end)

    def _part(self, node: RangeX, frame: Frame) -> Turns:
        arithmetic = frame.arithmetic
        if node.high is None:
            if isinstance(node.low, WordX) and node.low.name not in frame.slots:
                name = node.low.name
                return lambda _: (name,)
            one = arithmetic.compile(node.low)
            return lambda v: (one(v),)
        low, high = arithmetic.compile(node.low), arithmetic.compile(node.high)
        step = arithmetic.compile(node.step) if node.step is not None else lambda _: 1
        return lambda v: _range(low(v), high(v), step(v), node)

    # --- members ---

    def rows(self, values: Values) -> Iterator[Values]:
        """The values of all loop variables, the last running fastest, for given values of those around.

        Call `turns` before.

        Raises:
            BadMember: an end of a range that is no whole number.
        """
        rows = self._deeper(0, values)
        condition = self._condition
        if condition is None:
            return rows
        return (row for row in rows if self._holds(condition, row))

    def turns(self, values: Values) -> int:
        """How often the innermost loop turns; all turns are counted before any is made.

        Raises:
            TooMany: more turns than a file may have.
            BadMember: an end of a range that is no whole number.
        """
        return self._count(0, values)

    def take_members(self, values: Values, turns: int, each: int) -> None:
        """Count members before they are made, `each` of them a turn; raises `TooMany`."""
        if self._condition is not None and turns * each > MAX_MEMBERS:
            turns = sum(1 for _ in self.rows(values))
        self.context.take_members(turns * each, self.node)

    def _count(self, level: int, values: Values) -> int:
        turns = self._turns_of(level, values)
        self.context.take_turns(len(turns), self.node)
        if level + 1 == len(self._all):
            return len(turns)
        return sum(self._count(level + 1, (*values, value)) for value in turns)

    def _turns_of(self, level: int, values: Values) -> Sequence[Value]:
        try:
            return self._all[level](values)
        except TypeError:
            loop = self.node.loops[level]
            raise BadMember("a name is no number", loop.start, loop.end) from None

    def _holds(self, condition: Callable[[Values], bool], row: Values) -> bool:
        try:
            return condition(row)
        except TypeError:
            node = self.node.condition
            assert node is not None
            raise BadMember("a number is compared with a name here", node.start, node.end) from None

    def _deeper(self, level: int, values: Values) -> Iterator[Values]:
        turns = self._turns_of(level, values)
        if level + 1 == len(self._all):
            for value in turns:
                yield (*values, value)
            return
        for value in turns:
            yield from self._deeper(level + 1, (*values, value))

    def text(self, values: Values) -> str:
        """The values of the variables as a message says them: ``n = 3, m = 4``."""
        return ", ".join(f"{name} = {shown(value)}" for name, value in zip(self.frame.slots, values, strict=True))


def _together(parts: list[Sequence[Value]]) -> Sequence[Value]:
    total = sum(len(part) for part in parts)
    if total > MAX_TURNS:
        return range(total)  # which is refused for its length before anything is made
    return [value for part in parts for value in part]


def _range(low: Value, high: Value, step: Value, node: RangeX) -> range:
    for end, value in ((node.low, low), (node.high, high), (node.step, step)):
        if not isinstance(value, int):
            message = f"{shown(value)} is not a whole number: a range runs over whole numbers"
            place = end or node
            raise BadMember(message, place.start, place.end, "list the values with commas: `for x in 0.5, 1, 1.5`")
        if abs(value) > MAX_INDEX:
            place = end or node
            raise BadMember(f"a number beyond {MAX_INDEX:,}", place.start, place.end)
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert isinstance(step, int)
    if step == 0:
        place = node.step or node
        raise BadMember("a range does not move by 0", place.start, place.end)
    return range(low, high + (1 if step > 0 else -1), step)
