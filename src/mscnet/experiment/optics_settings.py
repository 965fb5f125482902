"""The settings of bands and of the instrument as numbers: expressions in a file's units, made nm, cm⁻¹ and cm."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mscnet.diagnostics import MechanismError, Span
from mscnet.experiment.instrument import RAYLEIGH, REFERENCE_NM, Spectrometer
from mscnet.experiment.shapes import Form, Peak, Points, Tail
from mscnet.experiment.spectrum_file import read_spectrum
from mscnet.experiment.wavelengths import Axis, axis_of, centimetres, dimension_of, on_axis, turned
from mscnet.mechanism.expression import Expression, symbols, to_text
from mscnet.mechanism.mechanism import Mechanism
from mscnet.mechanism.optics import Band, Instrument, Shape
from mscnet.mechanism.units import LENGTH, Dimension
from mscnet.records import dataclass

#: The value of an expression, in the file's units.
Evaluate = Callable[[Expression], float]
_PEAKS = ("gaussian", "lorentzian", "lognormal")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of `owner`: its expression, and the dimension of that where it has one.

    `fixed` is the value of an expression of numbers alone; `axis` and `factor` make a length nm and an energy cm⁻¹.
    """

    owner: str
    name: str
    expression: Expression
    dimension: Dimension | None
    axis: Axis | None
    factor: float
    fixed: float | None
    span: Span | None

    def number(self, evaluate: Evaluate, above_zero: bool = False, from_zero: bool = False) -> float:
        """Its value in the file's units.

        Raises:
            MechanismError: it has none, or one that makes no sense.
        """
        value = evaluate(self.expression) if self.fixed is None else self.fixed
        if not math.isfinite(value):
            hint = "give every parameter in it a value; it must not depend on the time or on a concentration"
            raise self.error(f"has no value: {to_text(self.expression)}", "E040", hint)
        if (above_zero and value <= 0) or (from_zero and value < 0):
            raise self.error(f"must be {'above 0' if above_zero else '0 or more'}, and is {value:.6g}", "E041")
        return value

    def error(self, what: str, code: str, hint: str | None = None) -> MechanismError:
        """What is wrong with it, with its place."""
        return MechanismError.of(code, f"`{self.name}` of {self.owner} {what}", span=self.span, hint=hint)


def settings_of(
    owner: str, settings: tuple[tuple[str, Expression], ...], mechanism: Mechanism, span: Span | None
) -> dict[str, Setting]:
    """Settings by name."""
    return {name: _setting(owner, name, expression, mechanism, span) for name, expression in settings}


def _setting(owner: str, name: str, expression: Expression, mechanism: Mechanism, span: Span | None) -> Setting:
    dimension = dimension_of(expression, mechanism)
    axis = axis_of(dimension)
    factor = on_axis(1.0, LENGTH if axis is None or dimension is None else dimension, mechanism.units)
    fixed = None if symbols(expression) else mechanism.evaluate(expression)
    place = getattr(expression, "span", None) or span
    return Setting(owner, name, expression, dimension, axis, factor, fixed, place)


class BandPlan:
    """A band whose settings wait for parameter values."""

    def __init__(self, band: Band, mechanism: Mechanism, folder: Path) -> None:
        self.span = band.span
        self.owner = f"the band of {band.species}"
        self.shapes = [
            (shape, settings_of(self.owner, shape.settings, mechanism, shape.span or band.span))
            for shape in band.shapes
        ]
        self._fixed = all(s.fixed is not None for _, settings in self.shapes for s in settings.values())
        self._forms: tuple[Form, ...] | None = None
        self.files = {s.path: read_spectrum(s.path, folder, s.span) for s in band.shapes if s.path is not None}

    def forms(self, evaluate: Evaluate) -> tuple[Form, ...]:
        """Its shapes with numbers; a tail is a fraction of the highest of the others.

        Raises:
            MechanismError: a setting is missing or makes no sense.
        """
        if self._forms is not None and self._fixed:
            return self._forms
        self._forms = self._made(evaluate)
        return self._forms

    def _made(self, evaluate: Evaluate) -> tuple[Form, ...]:
        others: list[Peak | Points] = []
        for shape, settings in self.shapes:
            if shape.kind in _PEAKS:
                others.append(self._peak(shape, settings, evaluate))
            elif shape.kind == "spectrum":
                others.append(self._spectrum(shape, settings, evaluate))
        tails = [
            self._tail(shape, settings, others, evaluate) for shape, settings in self.shapes if shape.kind == "tail"
        ]
        return (*others, *tails)

    def _get(self, shape: Shape, settings: dict[str, Setting], name: str) -> Setting:
        if name not in settings:
            span = shape.span or self.span
            raise MechanismError.of("E040", f"{self.owner}: its {shape.kind} needs `{name}`", span=span)
        return settings[name]

    def _place(self, setting: Setting, axis: Axis, evaluate: Evaluate) -> float:
        """A wavelength or energy, in the unit of `axis`."""
        self._check_unit(setting)
        value = setting.number(evaluate, above_zero=True) * setting.factor
        return value if setting.axis == axis else float(turned(value))

    def _width(self, setting: Setting, place: Setting, evaluate: Evaluate) -> tuple[float, Axis]:
        """A width, and the axis that it is on: where it has no unit of its own, that of the place."""
        unit = place if setting.dimension is None else setting
        return setting.number(evaluate, above_zero=True) * unit.factor, self._check_unit(unit)

    @staticmethod
    def _check_unit(setting: Setting) -> Axis:
        if setting.axis is None:
            raise setting.error("is neither a wavelength nor an energy", "E020", "as in `371 nm` or `3.34 eV`")
        return setting.axis

    def _peak(self, shape: Shape, settings: dict[str, Setting], evaluate: Evaluate) -> Peak:
        center, fwhm, height = (self._get(shape, settings, name) for name in ("center", "fwhm", "epsilon"))
        width, axis = self._width(fwhm, center, evaluate)
        skew = settings["skew"].number(evaluate, above_zero=True) if "skew" in settings else 1.0
        return Peak(shape.kind, axis, self._place(center, axis, evaluate), width, height.number(evaluate), skew)

    def _spectrum(self, shape: Shape, settings: dict[str, Setting], evaluate: Evaluate) -> Points:
        if shape.path is None:
            raise MechanismError.of("E040", f"{self.owner}: its spectrum needs a file", span=shape.span or self.span)
        wavelength, value = self.files[shape.path]
        scale, shift = 1.0, 0.0
        if "epsilon" in settings:
            most = float(value.max())
            if most <= 0:
                raise MechanismError.of("E041", f"{shape.path} absorbs nowhere: it has no maximum", span=shape.span)
            scale = settings["epsilon"].number(evaluate) / most
        if "shift" in settings:
            shift = settings["shift"].number(evaluate) * settings["shift"].factor
        return Points(wavelength, value, scale, shift)

    def _tail(
        self, shape: Shape, settings: dict[str, Setting], others: list[Peak | Points], evaluate: Evaluate
    ) -> Tail:
        if not others:
            message = f"{self.owner}: a tail is a fraction of a peak, and there is none"
            raise MechanismError.of("E041", message, span=shape.span or self.span)
        highest = max(others, key=lambda form: form.height)
        onset, fraction = self._get(shape, settings, "onset"), self._get(shape, settings, "fraction")
        if "width" in settings:
            width, axis = self._width(settings["width"], onset, evaluate)
        elif isinstance(highest, Peak):
            axis, width = highest.axis, highest.fwhm
        else:
            raise self._needs_width(shape)
        exponent = settings["exponent"].number(evaluate) if "exponent" in settings else 0.0
        height = fraction.number(evaluate) * highest.height
        return Tail(axis, self._place(onset, axis, evaluate), width, height, exponent)

    def _needs_width(self, shape: Shape) -> MechanismError:
        message = f"{self.owner}: a tail beside a measured spectrum needs `width`"
        return MechanismError.of("E040", message, span=shape.span or self.span)


class InstrumentPlan:
    """An instrument whose settings wait for parameter values."""

    def __init__(self, instrument: Instrument, mechanism: Mechanism) -> None:
        self.units = mechanism.units
        self.settings = settings_of("the instrument", instrument.settings, mechanism, instrument.span)
        self.points = [
            settings_of("the instrument", (("wavelength", at), ("baseline", value)), mechanism, instrument.span)
            for at, value in instrument.baselines
        ]
        settings = [setting for group in (self.settings, *self.points) for setting in group.values()]
        self._fixed = all(setting.fixed is not None for setting in settings)
        self._made: Spectrometer | None = None
        if self.points and "baseline" in self.settings:
            message = "has both a value for all wavelengths and values at single ones"
            hint = "keep one; between the wavelengths given it runs straight, and level beyond them"
            raise self.settings["baseline"].error(message, "E041", hint)

    def spectrometer(self, evaluate: Evaluate) -> Spectrometer:
        """The instrument with numbers.

        Raises:
            MechanismError: a setting has no value, or one that makes no sense.
        """
        if self._made is None or not self._fixed:
            self._made = self._with_numbers(evaluate)
        return self._made

    def _with_numbers(self, evaluate: Evaluate) -> Spectrometer:

        def number(name: str, otherwise: float, **limits: bool) -> float:
            return self.settings[name].number(evaluate, **limits) if name in self.settings else otherwise

        def nm(name: str, otherwise: float, **limits: bool) -> float:
            return number(name, 0.0, **limits) * self.settings[name].factor if name in self.settings else otherwise

        path = number("path", 0.0, above_zero=True)
        return Spectrometer(
            path_cm=centimetres(path, self.units) if path else 1.0,
            baseline=number("baseline", 0.0),
            points=tuple(self._point(point, evaluate) for point in self.points),
            scatter=number("scatter", 0.0),
            power=number("power", RAYLEIGH),
            reference=nm("reference", REFERENCE_NM, above_zero=True),
            noise=number("noise", 0.0, from_zero=True),
            resolution=nm("resolution", 0.0, from_zero=True),
            shift=nm("shift", 0.0),
            time_zero=number("time_zero", 0.0),
            saturation=number("saturation", np.inf, above_zero=True),
            stray=number("stray", 0.0, from_zero=True),
        )

    def _point(self, point: dict[str, Setting], evaluate: Evaluate) -> tuple[float, float]:
        at = point["wavelength"].number(evaluate, above_zero=True) * point["wavelength"].factor
        return at, point["baseline"].number(evaluate)
