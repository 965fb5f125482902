"""From concentrations to what a spectrometer shows: Beer–Lambert over the bands of a mechanism, and the instrument.

In order: the slit weighs the light that leaves the sample (its absorbance, the baseline and scatter); stray light is
added; the detector's scale ends.  Without slit, stray light and end of scale all is linear in the concentrations.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mscnet.diagnostics import MechanismError
from mscnet.experiment.data_text import folder_of
from mscnet.experiment.instrument import Spectrometer
from mscnet.experiment.optics_settings import BandPlan, InstrumentPlan
from mscnet.experiment.shapes import Form, Points
from mscnet.mechanism.expression import Expression, Symbol, evaluate, symbols
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.units import LENGTH

FloatArray = NDArray[np.float64]

#: So many sets of parameter values, and wavelength grids of each, are kept ready.
_KEPT = 32
#: A measured spectrum may be asked for beyond its ends where it has fallen to this part of its maximum.
_GONE = 0.01


class _Grid:
    """What one set of wavelengths needs: absorptivities (n_bands, n_wavelengths·n_slit), background, slit weights."""

    __slots__ = ("absorptivity", "background", "per_cm", "weights")

    def __init__(self, optics: Optics, wavelengths: FloatArray) -> None:
        true = wavelengths - optics.spectrometer.shift
        if not (np.isfinite(true).all() and (true > 0).all()):
            raise ValueError(f"a wavelength must be a number of nm above 0, not {wavelengths[~(true > 0)][:1]}")
        offsets, weights = optics.spectrometer.slit()
        at = np.maximum(true[:, None] + offsets, 1e-3 * true[:, None])  # a slit may reach below 0 nm
        flat = at.ravel()
        self.absorptivity = np.zeros((len(optics.bands), flat.size))
        for row, band in zip(self.absorptivity, optics.bands, strict=True):
            _check_ends(band, true)
            for form in band[1]:
                row += form(flat)
        self.background = optics.spectrometer.background(flat)
        self.weights = weights if weights.size > 1 else None
        self.per_cm = self.absorptivity * optics.per_cm


class Optics:
    """The bands of a mechanism and its instrument, with given parameter values.

    `bands` hold the index of each band's species among those of the mechanism, and its shapes; bands of species that
    the mechanism lacks (those of another pathway) are left out.
    """

    def __init__(
        self, bands: Sequence[tuple[int, tuple[Form, ...]]], spectrometer: Spectrometer, per_cm: float = 1.0
    ) -> None:
        self.bands = tuple(bands)
        self.spectrometer = spectrometer
        #: Factor of an absorptivity in the file's units to one per cm.
        self.per_cm = per_cm
        #: Index of each band's species (n_bands,).
        self.species: NDArray[np.intp] = np.array([index for index, _ in bands], dtype=np.intp)
        self._grids: dict[object, _Grid] = {}

    @classmethod
    def of(cls, mechanism: Mechanism, values: Mapping[str, float] | None = None) -> Optics:
        """The optics of a mechanism (the chosen pathway's), made once for each set of values.

        Args:
            values: of parameters, derived values and loop variables by name, in the file's units; the mechanism's own
                hold for others.  Names that no band uses do no harm.

        Raises:
            MechanismError: a setting has no value or makes no sense; a spectrum cannot be read.
        """
        return _plan_of(mechanism.expanded).optics(values or {})

    def absorptivity(self, wavelengths_nm: ArrayLike) -> FloatArray:
        """Of every band, (n_bands, n_wavelengths), per concentration and length of the file, as the sample has it.

        The instrument's shift counts, its slit does not.

        Raises:
            ValueError: a wavelength is not above 0.
            MechanismError: a measured spectrum does not reach so far.
        """
        grid = self._grid(wavelengths_nm)
        if grid.weights is None:
            return grid.absorptivity
        return grid.absorptivity[:, grid.weights.size // 2 :: grid.weights.size]

    def absorbance(self, states: FloatArray, wavelengths_nm: ArrayLike, path_cm: float | None = None) -> FloatArray:
        """What the instrument shows, (n_times, n_wavelengths), without noise.

        Args:
            states: concentrations (n_times, n_species) or (n_species,), in the file's unit, in the mechanism's order.
            path_cm: length of the cell; None is the instrument's, which is 1 cm unless the file says otherwise.

        Raises:
            ValueError, MechanismError: as for `absorptivity`.
        """
        return self.shown_by(np.atleast_2d(states).take(self.species, axis=1), wavelengths_nm, path_cm)

    def shown_by(
        self, concentrations: FloatArray, wavelengths_nm: ArrayLike, path_cm: float | FloatArray | None = None
    ) -> FloatArray:
        """As `absorbance`, (…, n_wavelengths) of concentrations (…, n_bands) of the bands' species; the path may be an
        array that goes with these."""
        grid = self._grid(wavelengths_nm)
        spectrometer = self.spectrometer
        path = spectrometer.path_cm if path_cm is None else path_cm
        *shape, bands = concentrations.shape
        flat = concentrations.reshape(math.prod(shape), bands)  # there may be no band at all
        total = (flat @ grid.per_cm).reshape(*shape, grid.per_cm.shape[1])
        total *= path
        total += grid.background
        if grid.weights is not None:
            light = 10.0 ** -total.reshape(*total.shape[:-1], -1, grid.weights.size)
            with np.errstate(divide="ignore"):  # no light at all is an infinite absorbance
                total = -np.log10(light @ grid.weights)
        return total if spectrometer.linear else spectrometer.shown(total)

    @property
    def is_proportional(self) -> bool:
        """Whether an absorbance is a sum of concentrations times numbers: no slit, no stray light, no end of scale."""
        return self.spectrometer.linear and not self.spectrometer.resolution

    def coefficients(self, wavelengths_nm: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Where it `is_proportional`: absorptivities (n_bands, n_wavelengths) per concentration and cm, and what shows
        without any band (n_wavelengths,).  Errors as `absorbance`."""
        grid = self._grid(wavelengths_nm)
        return grid.per_cm, grid.background

    def _grid(self, wavelengths_nm: ArrayLike) -> _Grid:
        wavelengths = np.atleast_1d(np.asarray(wavelengths_nm, dtype=float))
        key = wavelengths.tobytes()
        grid = self._grids.get(key)
        if grid is None:
            grid = _Grid(self, wavelengths)
            if len(self._grids) >= _KEPT:
                self._grids.clear()
            self._grids[key] = grid
        return grid


def names_used(mechanism: Mechanism) -> tuple[str, ...]:
    """The parameters, derived values and loop variables that bands and instrument of the chosen pathway depend on."""
    return tuple(_plan_of(mechanism.expanded).used)


def _check_ends(band: tuple[int, tuple[Form, ...]], wavelengths: FloatArray) -> None:
    for form in band[1]:
        if isinstance(form, Points):
            first, last = form.wavelength[[0, -1]] + form.shift
            gone = np.abs(form.value[[0, -1]]) <= _GONE * np.abs(form.value).max()
            beyond = [w for w in wavelengths if (w < first and not gone[0]) or (w > last and not gone[1])]
            if beyond:
                message = f"a measured spectrum covers {first:g} to {last:g} nm; it is asked for at {beyond[0]:g} nm"
                hint = "it must reach further, or have fallen to a hundredth of its maximum at its ends"
                raise MechanismError.of("E041", message, hint=hint)


# --- made ready once for a mechanism --------------------------------------------------------------


class _Plan:
    """What does not depend on parameter values."""

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism = weakref.ref(mechanism)
        folder = folder_of(mechanism)
        index = {species.name: i for i, species in enumerate(mechanism.species)}
        self.bands = [(index[b.species], BandPlan(b, mechanism, folder)) for b in mechanism.bands if b.species in index]
        instrument = mechanism.instrument
        self.instrument = None if instrument is None else InstrumentPlan(instrument, mechanism)
        self.used = sorted(_names_used(mechanism))
        used = set(self.used)
        self.derived = [(item.name, item.expression) for item in mechanism.derived if item.name in used]
        self.per_cm = 0.01 / float(mechanism.units.scale_of(LENGTH))
        self._made: dict[tuple[float | None, ...], Optics] = {}

    def optics(self, values: Mapping[str, float]) -> Optics:
        key = tuple([values.get(name) for name in self.used])
        made = self._made.get(key)
        if made is None:
            made = self._make({name: value for name, value in zip(self.used, key, strict=True) if value is not None})
            if len(self._made) >= _KEPT:
                del self._made[next(iter(self._made))]
            self._made[key] = made
        return made

    def _make(self, given: dict[str, float]) -> Optics:
        mechanism = self.mechanism()
        assert mechanism is not None
        known = dict(given)

        def value_of(symbol: Symbol) -> float:
            found = known.get(symbol.name)
            return mechanism.evaluate(symbol) if found is None else found

        def number(expression: Expression) -> float:
            return evaluate(expression, value_of)

        for name, expression in self.derived if given else ():
            known.setdefault(name, number(expression))  # each stands after those that it needs
        bands = [(index, plan.forms(number)) for index, plan in self.bands]
        spectrometer = Spectrometer() if self.instrument is None else self.instrument.spectrometer(number)
        return Optics(bands, spectrometer, self.per_cm)


def _names_used(mechanism: Mechanism) -> set[str]:
    """Every name that a setting holds, or that a derived value behind one holds."""
    pending: list[Expression] = [e for band in mechanism.bands for shape in band.shapes for _, e in shape.settings]
    if mechanism.instrument is not None:
        pending += [e for _, e in mechanism.instrument.settings]
        pending += [e for pair in mechanism.instrument.baselines for e in pair]
    derived = {item.name: item.expression for item in mechanism.derived}
    found: set[str] = set()
    while pending:
        names = {symbol.name for symbol in symbols(pending.pop())} - found
        found |= names
        pending += [derived[name] for name in names if name in derived]
    return found


_plans: dict[int, tuple[weakref.ref[Mechanism], _Plan]] = {}


def _plan_of(mechanism: Mechanism) -> _Plan:
    """Plans by the identity of their mechanism: to compare or hash a whole one takes longer than a plan saves."""
    key = id(mechanism)
    kept = _plans.get(key)
    if kept is None or kept[0]() is not mechanism:
        kept = (weakref.ref(mechanism, lambda _: _plans.pop(key, None)), _Plan(mechanism))
        _plans[key] = kept
    return kept[1]
