"""Mechanisms with bands, made in Python: settings are texts such as ``"371 nm"`` or expressions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

import mscnet
from mscnet.experiment.optics import Optics
from mscnet.experiment.results import Spectra
from mscnet.mechanism.expression import Expression, Number
from mscnet.mechanism.optics import Band, Instrument, Shape
from mscnet.mechanism.quantity import parse_quantity
from mscnet.mechanism.units import NONE
from mscnet.records import replace

TEXT = """
units time = min, concentration = mM, volume = mL
A -> B @ 0.05
species A = 1 mM ; species B
"""


def setting(value, mechanism) -> Expression:
    """A text with a unit, a number, or an expression as it is."""
    if isinstance(value, str):
        number, dimension = parse_quantity(value, mechanism.units)
        return Number(number, dimension or NONE)
    return Number(Fraction(value)) if isinstance(value, int | float) else value


def shape(kind, mechanism, path=None, **settings) -> Shape:
    return Shape(kind, tuple((name, setting(value, mechanism)) for name, value in settings.items()), path)


def with_bands(bands, instrument=None, baselines=(), text=TEXT):
    """The mechanism of `text`; `bands` maps species to lists of ``(kind, settings)``."""
    mechanism = mscnet.loads(text)
    made = tuple(
        Band(species, tuple(shape(kind, mechanism, **settings) for kind, settings in shapes))
        for species, shapes in bands.items()
    )
    seen = None
    if instrument is not None or baselines:
        given = tuple((name, setting(value, mechanism)) for name, value in (instrument or {}).items())
        points = tuple((setting(at, mechanism), setting(value, mechanism)) for at, value in baselines)
        seen = Instrument(given, points)
    return replace(mechanism, bands=made, instrument=seen)


def peak(center="400 nm", fwhm="20 nm", epsilon="1000 /M/cm", **more):
    """The settings of a Gaussian."""
    return ("gaussian", {"center": center, "fwhm": fwhm, "epsilon": epsilon, **more})


def one_band(*shapes, **instrument):
    """The optics of A with these shapes."""
    return Optics.of(with_bands({"A": list(shapes)}, instrument or None))


def conversion(bands, times=None, wavelength=None, rate=0.05, **instrument) -> Spectra:
    """Spectra of A that becomes B at a rate of 0.05 /min, 1 mM in all."""
    times = np.linspace(0.0, 60.0, 13) if times is None else times
    wavelength = np.arange(320.0, 480.5, 1.0) if wavelength is None else wavelength
    left = np.exp(-rate * times)
    states = np.stack([left, 1 - left], axis=1)
    optics = Optics.of(with_bands(bands, instrument or None))
    return Spectra("uv", times, wavelength, optics.absorbance(states, wavelength))
