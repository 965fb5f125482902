"""Concentrations as numbers of molecules: what a volume makes of them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mscnet.diagnostics import UNSUPPORTED, MechanismError
from mscnet.kinetics.initial import initial_concentrations
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.quantity import QuantityError, parse_quantity
from mscnet.mechanism.types import Option
from mscnet.mechanism.units import AMOUNT, CONCENTRATION, LENGTH, VOLUME, name_dimension
from mscnet.records import replace

#: Molecules in a mole, exact by definition of the SI.
AVOGADRO = 6.02214076e23
#: Counts stay below this, so that they and their sums are exact in floats.
MOST_MOLECULES = 2.0**53
#: A start that is rounded by more than this share of itself is worth a warning.
ROUNDED_BY = 0.01
#: At most so many species are named in a message.
MAX_LISTED = 4


def molecules_per_concentration(mechanism: Mechanism) -> float | NDArray[np.float64]:
    """The number of molecules that one unit of concentration stands for in the volume of `option volume`; with
    compartments that of each species, (n_species,), in the compartment that it is in.

    1 where the species are on a scale of their own (``unit X``, populations of BioNetGen): there one is one molecule.

    Raises:
        MechanismError: concentrations without a volume, a volume without concentrations, or several scales.
    """
    if mechanism.compartments:
        return _in_compartments(mechanism)
    changing = [species for species in mechanism.species if not species.constant]
    dimension = changing[0].dimension if changing else mechanism.units.concentration.dimension
    for species in changing:
        if species.dimension != dimension:
            message = f"`{species.name}` and `{changing[0].name}` are on different scales"
            hint = "stochastic simulation counts all molecules in one volume"
            raise MechanismError.of("E048", message, hint=hint, span=species.span)
    volume = mechanism.option("volume")
    file = mechanism.source.name if mechanism.source else None
    if dimension != CONCENTRATION:
        if volume is not None:
            message = "a volume says nothing here: the species are counted, not given as concentrations"
            raise MechanismError.of("E048", message, hint="leave `volume` out", file=file)
        return 1.0
    if volume is None:
        message = "how many molecules there are follows from the volume, which is not given"
        hint = "give it with `--volume 1fL`, or write `option volume = 1 fL` in the file"
        raise MechanismError.of("E048", message, hint=hint, file=file)
    return float(volume) * float(mechanism.units.scale_of(AMOUNT)) * AVOGADRO


def molecules_per_amount(mechanism: Mechanism) -> float:
    """The number of molecules in one of the file's units of amount."""
    return float(mechanism.units.scale_of(AMOUNT)) * AVOGADRO


def _in_compartments(mechanism: Mechanism) -> NDArray[np.float64]:
    for species in mechanism.species:
        if species.dimension not in (CONCENTRATION, CONCENTRATION * LENGTH):
            message = f"`{species.name}` is on a scale of the file's own, which has no number of molecules"
            hint = "in a file with compartments give concentrations in mol/L"
            raise MechanismError.of("E048", message, hint=hint, span=species.span)
    if any(c.varies for c in mechanism.compartments):
        message = "stochastic simulation in a volume that varies: mscnet does not have this yet"
        raise MechanismError.of(UNSUPPORTED, message, span=mechanism.compartments[0].span)
    from mscnet.mechanism.compartments import known_size

    sizes = [known_size(mechanism, species.compartment) for species in mechanism.species if species.compartment]
    return np.array(sizes) * molecules_per_amount(mechanism)


def with_volume(mechanism: Mechanism, volume: float | str | None) -> Mechanism:
    """The mechanism with another `option volume`: a number in the file's unit of volume or a text such as ``"1 fL"``.

    Raises:
        MechanismError: it is no volume, or not above 0.
    """
    if volume is None:
        return mechanism
    if mechanism.compartments:
        message = "the volumes of this mechanism are those of its compartments"
        hint = f"give that of one: `--set {mechanism.compartments[0].name}={volume}`"
        raise MechanismError.of("E048", message, hint=hint)
    value, dimension = 0.0, None
    try:
        if isinstance(volume, str):
            amount, dimension = parse_quantity(volume, mechanism.units)
            value = float(amount)
        else:
            value = float(volume)
    except QuantityError as error:
        raise MechanismError.of("E012", f"volume: {error}", hint=error.hint) from None
    if dimension not in (None, VOLUME):
        raise MechanismError.of(
            "E020", f"volume is {name_dimension(VOLUME)}, not {name_dimension(dimension)}: {volume}"
        )
    if not 0.0 < value < math.inf:
        shown = volume if isinstance(volume, str) else f"{volume} {mechanism.units.volume.symbol}"
        raise MechanismError.of("E045", f"the volume is finite and above 0, not {shown}")
    others = tuple(option for option in mechanism.options if option.name != "volume")
    return replace(mechanism, options=(*others, Option("volume", value)))


def initial_counts(mechanism: Mechanism, omega: float | NDArray[np.float64]) -> tuple[NDArray[np.float64], list[str]]:
    """Whole numbers of molecules at the start, (n_species,), and sentences about what rounding has changed.

    Halves go to the even number.  A constant species is not rounded: it is a reservoir.

    Raises:
        MechanismError: a start that is negative, not finite or beyond 2^53 molecules.
    """
    exact = initial_concentrations(mechanism) * omega
    if (exact >= MOST_MOLECULES).any():
        species = mechanism.species[int(np.argmax(exact))]
        message = f"`{species.name}` starts with {exact.max():.3g} molecules; at most {MOST_MOLECULES:.0e} are counted"
        raise MechanismError.of("E041", message, span=species.span, hint="a smaller volume holds fewer")
    counts = whole_counts(mechanism, exact)
    return counts, rounding_notes(mechanism, exact, counts)


def whole_counts(mechanism: Mechanism, exact: NDArray[np.float64]) -> NDArray[np.float64]:
    """Numbers of molecules (…, n_species) rounded to whole ones, but for constant species."""
    constant = np.array([species.constant for species in mechanism.species], dtype=bool)
    counts: NDArray[np.float64] = np.where(constant, exact, np.rint(exact))
    return counts


def rounding_notes(mechanism: Mechanism, exact: NDArray[np.float64], counts: NDArray[np.float64]) -> list[str]:
    """Sentences about what rounding `exact` to `counts`, both (n_species,), has changed by more than `ROUNDED_BY`."""
    far = np.flatnonzero(np.abs(counts - exact) > ROUNDED_BY * exact)
    if not len(far):
        return []
    listed = [f"`{mechanism.species[i].name}` {exact[i]:.4g} to {counts[i]:.0f}" for i in far[:MAX_LISTED]]
    more = f" and {len(far) - MAX_LISTED:,} more" if len(far) > MAX_LISTED else ""
    return [f"starts are rounded to whole molecules: {', '.join(listed)}{more}"]
