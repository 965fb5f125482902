"""What absorbs light, and the instrument that sees it.  Plain data, frozen; expressions are in the file's units."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from mscnet.diagnostics import Span
from mscnet.mechanism.expression import Expression
from mscnet.records import dataclass, field

#: Shapes by name with what each must and may be given: name -> (required, optional settings).
SHAPES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "gaussian": (("center", "fwhm", "epsilon"), ()),  # in wavelength or energy, as its center's unit says
    "lorentzian": (("center", "fwhm", "epsilon"), ()),
    "lognormal": (("center", "fwhm", "epsilon"), ("skew",)),
    "tail": (("onset", "fraction"), ("width", "exponent")),  # towards the blue, a fraction of the band's peak
    "spectrum": ((), ("epsilon", "shift")),  # measured, from a file; scaled to `epsilon` at its maximum
}


@dataclass(frozen=True, slots=True)
class Shape:
    """One of a band's shapes with its settings; `path` is the file of a measured spectrum."""

    kind: str
    settings: tuple[tuple[str, Expression], ...] = ()
    path: str | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Band:
    """The molar absorptivity of a species over wavelength: its shapes added up."""

    species: str
    shapes: tuple[Shape, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the spectrometer adds: ``instrument { path = 1 cm ; baseline = 0.02 ; … }``.

    Settings: ``path``, ``baseline`` A, ``scatter`` B and ``power`` n of A + B/λ^n (λ over ``reference`` wavelength),
    ``noise`` (standard deviation), ``resolution`` (full width at half maximum of the slit), ``shift`` of the
    wavelength scale, ``time_zero``, ``saturation`` (the most that it shows), ``stray`` light.
    A baseline at one wavelength is written ``baseline(371 nm) = b371``: an entry of `baselines`.
    """

    settings: tuple[tuple[str, Expression], ...] = ()
    baselines: tuple[tuple[Expression, Expression], ...] = ()
    kind: Literal["absorbance"] = "absorbance"
    span: Span | None = field(default=None, compare=False, repr=False)


#: What `Instrument.settings` may hold.
INSTRUMENT_SETTINGS = (
    "path", "baseline", "scatter", "power", "reference", "noise", "resolution", "shift", "time_zero",
    "saturation", "stray",
)  # fmt: skip


def expressions_of(bands: tuple[Band, ...], instrument: Instrument | None) -> Iterator[Expression]:
    """Every expression that bands and an instrument hold."""
    for band in bands:
        for shape in band.shapes:
            yield from (value for _, value in shape.settings)
    if instrument is not None:
        yield from (value for _, value in instrument.settings)
        for pair in instrument.baselines:
            yield from pair
