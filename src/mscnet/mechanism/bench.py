"""What was done at the bench: stock solutions, liquids, solids, and the steps of an experiment.

Plain data, frozen.  Every amount, volume, duration and temperature is an expression in numbers, parameters, derived
values and the experiment's own loop variables (symbols of kind ``loop``), in the file's units.
"""

from __future__ import annotations

from typing import Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Expression
from mscnet.mechanism.structure import Pattern
from mscnet.records import dataclass, field

#: What a portion is measured in; ``fraction`` is a pure number of what a vessel holds (``1/2 flask``).
Measure = Literal["volume", "mass", "amount", "fraction"]
StockKind = Literal["solution", "solvent", "liquid", "solid"]
#: The vessel that steps work on until another is named.
DEFAULT_VESSEL = "pot"


@dataclass(frozen=True, slots=True)
class Content:
    """The concentration of one species in a solution; `pattern` is a structured one, which `species` is the text of."""

    species: str
    concentration: Expression
    span: Span | None = field(default=None, compare=False, repr=False)
    pattern: Pattern | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What comes out of a bottle.

    A ``solution`` has `contents` and may name the `solvent` that it is made up in.  A ``solvent`` is a liquid that
    the model does not follow as a species.  A ``liquid`` is neat: `density` over `molar_mass` is the concentration
    of the species of its own name.  A ``solid`` is weighed (`molar_mass`); its volume is nothing unless it has a
    `density`.  `purity` is the part of a liquid's or solid's mass that is the species (None: all of it).
    """

    name: str
    kind: StockKind
    contents: tuple[Content, ...] = ()
    solvent: str | None = None
    density: Expression | None = None
    molar_mass: Expression | None = None
    purity: Expression | None = None
    label: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


# --- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Portion:
    """So much of a stock or of another vessel; `measure` says what `quantity` is.  Without a quantity: all of it."""

    of: str
    quantity: Expression | None
    measure: Measure = "volume"
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Mix:
    """Put portions together in a vessel that is empty before."""

    portions: tuple[Portion, ...]
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Add:
    """Add portions to what a vessel holds: at once, or at a constant rate `over` a time (a syringe pump)."""

    portions: tuple[Portion, ...]
    over: Expression | None = None
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DiluteTo:
    """Fill up with a stock to a volume, or (`concentration` of a species) until that is reached."""

    volume: Expression
    stock: str
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Take:
    """Draw a volume from `source` into the empty `vessel`, which the steps that follow work on.  What stays behind is
    followed only where a later step uses it."""

    volume: Expression
    source: str = DEFAULT_VESSEL
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Discard:
    """Pour away a volume; without one, everything."""

    volume: Expression | None = None
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Hold:
    """Let time pass; `temperature` holds from its start on, or, with `until`, runs linearly from one to the other."""

    duration: Expression
    temperature: Expression | None = None
    until: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Equilibrate:
    """Let what the vessel holds come to its steady state before the steps that follow; no time passes."""

    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow-through vessel for a `duration`: `inlets` run in, each quantity a volume per time; what the vessel holds
    flows out at `outlet` (None: its volume grows)."""

    inlets: tuple[Portion, ...]
    duration: Expression
    outlet: Expression | None = None
    vessel: str = DEFAULT_VESSEL
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Set:
    """From here on a parameter has this value: a lamp that is switched on or off, a stirrer, a voltage."""

    name: str
    value: Expression
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Use:
    """The steps that follow work on this vessel."""

    vessel: str
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured series.

    Kinds: ``absorbance`` at the `wavelengths` given (one for a series), ``spectrum`` on a grid (from, to, step),
    ``value`` of `expression` (a concentration, an observable).  `path` is the cell's length; None is 1 cm.
    Light is read less that of the `reference`: the ``first`` reading of the step, or the ``blank``, the sample
    without what absorbs in it.
    """

    name: str
    kind: Literal["absorbance", "spectrum", "value"]
    wavelengths: tuple[Expression, ...] = ()
    expression: Expression | None = None
    path: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    reference: Literal["first", "blank"] | None = None


@dataclass(frozen=True, slots=True)
class Observe:
    """``measure … every 5 min for 240 min``: read while time passes.

    Times are counted from where the step begins, the first at `dead_time` (None: at once).  Either `every` and
    `duration`, or the list `times`; neither is one reading now.  With `until` the temperature runs from `temperature`
    to it.  `during` is what goes on meanwhile, a feed or a flow as long as the measurement.
    """

    readings: tuple[Reading, ...]
    every: Expression | None = None
    duration: Expression | None = None
    times: tuple[Expression, ...] = ()
    dead_time: Expression | None = None
    temperature: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    until: Expression | None = None
    during: Add | Flow | None = None


@dataclass(frozen=True, slots=True)
class Repeat:
    """The same steps so many times."""

    count: Expression
    steps: tuple[Step, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


Step = Mix | Add | DiluteTo | Take | Discard | Hold | Equilibrate | Flow | Set | Use | Observe | Repeat


# --- experiments ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loop:
    """A variable of an experiment with its values in turn; ``expression``s share one dimension.

    `unit` is the one that the text has for them, ``unit_factor`` of the file's units; "" where it has none.
    """

    variable: str
    values: tuple[Expression, ...]
    unit: str = field(default="", compare=False, kw_only=True)
    unit_factor: float = field(default=1.0, compare=False, kw_only=True)
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Origin:
    """``from fig1a after 20 h``: the vessels of another experiment as they stood then (None: at its end).  The time is
    counted from the last step of that experiment that put something together (mix, add, take, dilute)."""

    experiment: str
    arguments: tuple[Expression, ...] = ()
    after: Expression | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was done, step by step, once for every combination of its loops.

    `parameters` are the variables that ``experiment fig4(v)`` names; those without a loop must be given where the
    experiment is used.  `values` are parameters that hold in this experiment alone: another batch, another day.
    """

    name: str
    steps: tuple[Step, ...]
    parameters: tuple[str, ...] = ()
    loops: tuple[Loop, ...] = ()
    origin: Origin | None = None
    values: tuple[tuple[str, Expression], ...] = ()
    label: str | None = None
    source: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DataFile:
    """``data fig4 "fig4.csv" { … }``: measured values of an experiment.  `path` is relative to the mechanism's file.

    `columns` maps column names of the file to readings of the experiment, `selects` fixes loop variables
    for the whole file (``v = 15 uL``); `error` is the standard deviation of a value where the file has none.
    """

    experiment: str
    path: str
    columns: tuple[tuple[str, str], ...] = ()
    selects: tuple[tuple[str, Expression], ...] = ()
    error: Expression | None = None
    format: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
