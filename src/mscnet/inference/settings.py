"""`FitSettings`: how a mechanism is fitted; plain data that is written into results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from mscnet.diagnostics import MechanismError, suggest
from mscnet.records import dataclass, field, replace


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
    `fixed` those that keep the file's value though it does.  With `as_it_stands` a model without any free parameter is
    evaluated, k = 0; else it is refused.

    How it is searched: `starts` from a ``sobol`` or ``lhs`` `sampler` with `seed` (the file's own values are the
    first, unless `from_file` is off); each begins at the best of so many `candidates`.  `method` ``local``, or
    ``global`` (differential evolution, then local); a local search ends after `max_evaluations`, or where neither the
    cost nor the parameters change by more than `tolerance`, relatively.  `rtol` is the integrator's.
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
    from_file: bool = True
    candidates: int = 16
    method: Literal["local", "global"] = "local"
    rtol: float = 1e-6
    max_evaluations: int = 300
    tolerance: float = 1e-8
    nonnegative: bool = False
    free: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    as_it_stands: bool = False


#: What settings that are words may be.
_WORDS: Mapping[str, tuple[str, ...]] = {
    "errors": ("estimated", "instrument"),
    "error_model": ("constant", "proportional"),
    "loss": ("normal", "student"),
    "sampler": ("sobol", "lhs"),
    "method": ("local", "global"),
}
#: The least whole numbers.
_LEAST = {"starts": 1, "seed": 0, "candidates": 1, "max_evaluations": 1}
_POSITIVE = ("degrees", "rtol", "tolerance")


def with_changes(settings: FitSettings | None, changes: Mapping[str, Any]) -> FitSettings:
    """`settings` (or the default ones) with others in their place; those that are None are left.

    Raises:
        MechanismError: an unknown setting, or a value that it cannot have.
    """
    given = {name: value for name, value in changes.items() if value is not None}
    known = FitSettings.__dataclass_fields__
    for name in given:
        if name not in known:
            raise _wrong(f"a fit has no setting `{name}`", suggest(name, known) or "it has " + ", ".join(known))
    return checked(replace(settings or FitSettings(), **given))


def checked(settings: FitSettings) -> FitSettings:
    """The settings themselves; raises MechanismError for a value that one cannot have."""
    for name, words in _WORDS.items():
        if getattr(settings, name) not in words:
            value = getattr(settings, name)
            raise _wrong(f"the setting `{name}` of a fit is not {value!r}", "it is " + " or ".join(words))
    for name, least in _LEAST.items():
        value = getattr(settings, name)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise _wrong(f"the setting `{name}` of a fit is a whole number from {least} on, not {value!r}", None)
    for name in _POSITIVE:
        value = getattr(settings, name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise _wrong(f"the setting `{name}` of a fit is a number above 0, not {value!r}", None)
    return settings


def _wrong(message: str, hint: str | None) -> MechanismError:
    return MechanismError.of("E144", message, hint=hint)
