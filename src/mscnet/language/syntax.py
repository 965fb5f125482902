"""The syntax tree: what the text says, word by word, before anything is known of what names mean.

Named tuples, because a large file makes a million of them.  `start` and `end` are character offsets.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Word(NamedTuple):
    """A name as it stands in the text."""

    name: str
    start: int
    end: int


class Text(NamedTuple):
    """A string, without its quotes."""

    text: str
    start: int
    end: int


# --- expressions -------------------------------------------------------------------------------


class NumberX(NamedTuple):
    text: str
    start: int
    end: int
    depth: int = 1


class WordX(NamedTuple):
    name: str
    start: int
    end: int
    depth: int = 1


class BracketX(NamedTuple):
    """``[X]``, the concentration of a species; `start` and `end` include the brackets."""

    #: A text; a `MemberX` until families are written out.
    name: Any
    start: int
    end: int
    depth: int = 1


class BesideX(NamedTuple):
    """A word right beside a number or unit, with its power: ``min^-1`` in ``0.05 min^-1``."""

    #: A text; a `MemberX` until families are written out.
    name: Any
    exponent: ExpressionX | None
    start: int
    end: int
    depth: int = 1


class NegativeX(NamedTuple):
    operand: ExpressionX
    start: int
    end: int
    depth: int


class SumX(NamedTuple):
    """``terms[i]`` is added or subtracted as ``signs[i]`` (+1 or -1) says."""

    terms: tuple[ExpressionX, ...]
    signs: tuple[int, ...]
    start: int
    end: int
    depth: int


class ProductX(NamedTuple):
    """A flat product; ``operators[i]`` stands before ``factors[i]``: ``*``, ``/``, or "" for beside."""

    factors: tuple[ExpressionX, ...]
    operators: tuple[str, ...]
    start: int
    end: int
    depth: int


class PowerX(NamedTuple):
    base: ExpressionX
    exponent: ExpressionX
    start: int
    end: int
    depth: int


class CallX(NamedTuple):
    function: Word
    arguments: tuple[ExpressionX, ...]
    start: int
    end: int
    depth: int


class ComparisonX(NamedTuple):
    operator: str
    left: ExpressionX
    right: ExpressionX
    start: int
    end: int
    depth: int


class TextX(NamedTuple):
    """A text in quotes among the arguments of a call: ``table("feed.csv", …)``."""

    text: str
    start: int
    end: int
    depth: int = 1


class MemberX(NamedTuple):
    """A name that holds loop variables, where a name stands or in an expression: ``F[n+1]``, ``Cd{E}_PC``, ``k{E}[n]``.

    `pieces` are its texts and, between them, variables with what is added: ``("Cd", ("E", 0), "_PC")``.
    """

    name: str
    pieces: tuple[str | tuple[str, int], ...]
    indices: tuple[ExpressionX, ...]
    start: int
    end: int
    depth: int = 1


class RangeX(NamedTuple):
    """Values of a loop variable: `low` alone, or all from `low` to `high`, by `step` (None: 1)."""

    low: ExpressionX
    high: ExpressionX | None
    step: ExpressionX | None
    start: int
    end: int


class LoopX(NamedTuple):
    """``n in 1 .. 50``, ``E in Te, Se``."""

    variable: Word
    values: tuple[RangeX, ...]
    start: int
    end: int


class LogicX(NamedTuple):
    """Conditions joined by ``and`` or ``or``, one that ``not`` turns round, or, in a loop, a chain of comparisons by
    its signs (``<= <``)."""

    operator: str
    parts: tuple[Any, ...]
    start: int
    end: int


class LoopsX(NamedTuple):
    """What stands after ``for``: loop variables with their values, the last running fastest, and the ``if``."""

    loops: tuple[LoopX, ...]
    condition: LogicX | None
    start: int
    end: int


class FoldX(NamedTuple):
    """``sum(F[n]*n for n in 1 .. 50)``; so too ``product``, ``min``, ``max``."""

    function: Word
    body: ExpressionX
    loops: LoopsX
    start: int
    end: int
    depth: int


class BoundX(NamedTuple):
    """An expression in loop variables together with their values: see `patterns`."""

    pattern: Any
    values: tuple[Any, ...]
    start: int
    end: int
    depth: int


ExpressionX = (
    MemberX
    | FoldX
    | BoundX
    | NumberX
    | WordX
    | BracketX
    | BesideX
    | NegativeX
    | SumX
    | ProductX
    | PowerX
    | CallX
    | ComparisonX
    | TextX
)

# --- reactions ---------------------------------------------------------------------------------


class TermX(NamedTuple):
    """A species with its coefficient (None for 1), or, with `species` None, a side written as a number."""

    species: Word | None
    coefficient: ExpressionX | None
    start: int
    end: int


class PoweredX(NamedTuple):
    """A species with an order: ``A^1.5`` (None for 1)."""

    species: Word
    exponent: ExpressionX | None
    start: int
    end: int


class ArrowX(NamedTuple):
    """``forward`` and ``backward`` say which directions the arrow has; `catalysts` stand over it."""

    forward: bool
    backward: bool
    catalysts: tuple[PoweredX, ...]
    start: int
    end: int


class LawX(NamedTuple):
    """One constant after ``@`` or one law after ``rate``; `name` where it is written ``K = …``."""

    name: Word | None
    expression: ExpressionX
    start: int
    end: int


class ClauseX(NamedTuple):
    """What follows a reaction: kind ``@``, ``rate``, ``order`` or ``note`` with its items."""

    kind: str
    items: tuple[object, ...]
    start: int
    end: int


class OriginX(NamedTuple):
    """Which member of a family a statement is: the line of the text that it is from, values of the loop variables."""

    line: Any
    values: tuple[Any, ...]


class ReactionX(NamedTuple):
    label: Word | None
    sides: tuple[tuple[TermX, ...], ...]
    arrows: tuple[ArrowX, ...]
    clauses: tuple[ClauseX, ...]
    start: int
    end: int
    origin: OriginX | None = None
    #: Where it says ``fast``: always at equilibrium.
    fast: Word | None = None


# --- declarations ------------------------------------------------------------------------------


class PartX(NamedTuple):
    """A part of a declaration: kind ``note``, ``composition``, ``constant``, ``initial``, ``prior``, ``bounds``,
    ``scale``, ``home`` (the compartment), ``surface`` and ``parent`` (what a compartment is and lies in), ``energy``
    (which one, its value) or ``bonds`` (`BondTermX`) with its items."""

    kind: str
    items: tuple[object, ...]
    start: int
    end: int


class BondTermX(NamedTuple):
    """``4 Cd-Te`` among the bonds of a species (`number` None for 1)."""

    bond: Word
    number: NumberX | None
    start: int
    end: int


class DeclarationX(NamedTuple):
    """``species``, ``parameter``, ``compartment``, ``unit``, ``observable``, ``definition`` or ``bond``: a name and its
    parts."""

    kind: str
    name: Word
    parts: tuple[PartX, ...]
    start: int
    end: int


class SettingX(NamedTuple):
    """``name = value`` after ``units`` or ``option``."""

    kind: str
    name: Word
    value: ExpressionX
    start: int
    end: int


class FunctionX(NamedTuple):
    name: Word
    parameters: tuple[Word, ...]
    body: ExpressionX
    start: int
    end: int


class PathwayX(NamedTuple):
    """A pathway with its statements; one that is derived has those after ``with``, the pathways that it is made of
    (`bases`), and the labels of steps that it leaves out (`without`)."""

    name: Word
    label: Text | None
    statements: tuple[StatementX, ...]
    start: int
    end: int
    bases: tuple[Word, ...] = ()
    without: tuple[Word, ...] = ()


class ImportX(NamedTuple):
    """``import "cdte.mech" as te in cytosol with { … }``; `prefix` None where names stay as they are, `place` where no
    compartment is said."""

    path: Text
    prefix: Word | None
    statements: tuple[StatementX, ...]
    start: int
    end: int
    place: Word | None = None


class FamilyX(NamedTuple):
    """Statements that stand for many: a block after ``for``, or one statement with a ``for`` at its end."""

    loops: LoopsX
    statements: tuple[StatementX, ...]
    start: int
    end: int


class BenchX(NamedTuple):
    """What was done at the bench: kind ``solution``, ``solvent``, ``liquid``, ``solid``, ``medium`` or ``experiment``
    with what stands in it (see `syntax_protocol`)."""

    kind: str
    name: Word
    content: Any
    start: int
    end: int


class SeenX(NamedTuple):
    """What was seen at the bench, and how: kind ``band``, ``instrument``, ``data`` or ``expect`` with the name that it
    has, and what stands in it (see `syntax_facts`)."""

    kind: str
    name: Word | None
    content: Any
    start: int
    end: int


ConditionX = ComparisonX | LogicX


class ActionX(NamedTuple):
    """``target = value``, or with another operator: ``+=``, ``-=``, ``*=``, ``/=``."""

    target: Word
    operator: str
    value: ExpressionX
    start: int
    end: int


class TriggerX(NamedTuple):
    """When an event happens: its times or its period in `values`, ``from``, ``to`` and ``times`` by word in
    `limits`; or its condition, how long it is to hold, and whether it counts once."""

    values: tuple[ExpressionX, ...]
    limits: tuple[tuple[Word, ExpressionX], ...] = ()
    condition: ConditionX | None = None
    hold: ExpressionX | None = None
    once: bool = False


class EventX(NamedTuple):
    """What happens in a run: kind ``at``, ``every`` or ``when``; `head_end` is where its block begins."""

    kind: str
    label: Word | None
    trigger: TriggerX
    actions: tuple[ActionX, ...]
    variable: Word | None
    head_start: int
    head_end: int
    start: int
    end: int
    origin: OriginX | None = None


StatementX = FamilyX | EventX | SeenX | BenchX | ReactionX | DeclarationX | SettingX | FunctionX | PathwayX | ImportX
