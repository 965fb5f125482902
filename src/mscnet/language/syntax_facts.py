"""The syntax tree of bands, the instrument, data files and facts; `start` and `end` are character offsets."""

from __future__ import annotations

from typing import NamedTuple

from mscnet.language.syntax import CallX, ExpressionX, SettingX, Text, Word


class DottedX(NamedTuple):
    """``fig4(30 uL).od399``: a name, or a `call`, of an experiment with values of its loop variables."""

    owner: Word
    arguments: tuple[ExpressionX, ...]
    name: Word
    call: CallX | None
    start: int
    end: int
    depth: int


class TolerancedX(NamedTuple):
    """``380 nm ± 1 nm`` as an argument."""

    value: ExpressionX
    tolerance: ExpressionX
    start: int
    end: int
    depth: int


class ShapeX(NamedTuple):
    """One shape of a band: its kind, the file of a measured one, its settings."""

    kind: Word
    path: Text | None
    settings: tuple[SettingX, ...]
    start: int
    end: int


class EntryX(NamedTuple):
    """``name = value`` or ``name(argument) = value`` in the block of an instrument or a data file."""

    name: Word
    argument: ExpressionX | None
    value: ExpressionX | Text
    start: int
    end: int


class DataX(NamedTuple):
    """What ``data`` says beside the experiment's name."""

    path: Text
    format: Word | None
    entries: tuple[EntryX, ...]


class FactClauseX(NamedTuple):
    """What follows a claim: kind ``over``, ``at``, ``from``, ``as`` or ``weight`` with its items."""

    kind: str
    items: tuple[ExpressionX | Text | Word, ...]
    start: int
    end: int


class FactX(NamedTuple):
    """One fact.

    `relation` is ``=``, a comparison, ``similar``, ``constant``, ``increases``, ``decreases``, ``independent``,
    ``never``, ``always``, or ``stated`` where `left` is a call that says it all.
    """

    relation: str
    left: ExpressionX
    values: tuple[ExpressionX, ...]
    tolerance: ExpressionX | None
    variable: Word | None
    clauses: tuple[FactClauseX, ...]
    start: int
    end: int


class ExpectX(NamedTuple):
    """What ``expect`` holds beside the experiment's name."""

    arguments: tuple[ExpressionX, ...]
    facts: tuple[FactX, ...]
