"""`FitSettings`: how a mechanism is fitted; plain data that is written into results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from mscnet.records import dataclass, field


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a mechanism is fitted.

    What counts: `facts` and `data` (those of `experiments` alone, where it names some).  `errors`: how the standard
    deviation of data without one of their own is known: ``estimated`` for each reading, or the ``instrument``'s
    noise; `error_model` ``constant``, or ``proportional`` (sigma² = a² + (b·model)², both estimated).  `loss`
    ``normal`` or ``student`` (with `degrees` of freedom) for data.  `local`: parameters that take a value of their
    own in each experiment named, by name; an empty tuple means in every experiment.  `linear`: parameters projected
    out, ("auto",) for all that can be.  `free_spectra`: species-associated spectra are free instead of the bands, with
    `nonnegative` none of them below 0.  `free` are parameters that are searched for though the file does not say so,
    `fixed` those that keep the file's value though it does.

    How it is searched: `starts` from a ``sobol`` or ``lhs`` `sampler` with `seed` (the file's own values are the
    first); `method` ``local``, or ``global`` (differential evolution, then local).  `rtol` is the integrator's.
    """

    facts: bool = True
    data: bool = True
    experiments: tuple[str, ...] | None = None
    errors: Literal["estimated", "instrument"] = "estimated"
    error_model: Literal["constant", "proportional"] = "constant"
    loss: Literal["normal", "student"] = "normal"
    degrees: float = 4.0
    local: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    linear: tuple[str, ...] = ()
    free_spectra: bool = False
    starts: int = 20
    seed: int = 1
    sampler: Literal["sobol", "lhs"] = "sobol"
    method: Literal["local", "global"] = "local"
    rtol: float = 1e-6
    max_evaluations: int = 300
    tolerance: float = 1e-8
    nonnegative: bool = False
    free: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
