"""A picture of the species' spectra that a fit left free."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mscnet.inference.result import FitResult
from mscnet.report.fit_files import absorptivity_unit
from mscnet.report.panels import PALETTE
from mscnet.report.plots import axis_label, drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_spectra(result: FitResult) -> Figure:
    """Absorptivity over wavelength, a curve for each species.  A figure that belongs to no window.

    Raises:
        ValueError: no spectra were free.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if result.spectra is None:
        raise ValueError("no spectra were free in this fit")
    spectra = result.spectra
    with drawing():
        figure = Figure(figsize=(6.4, 3.8), facecolor="white", layout="constrained")
        FigureCanvasAgg(figure)
        ax = figure.add_subplot()
        for k, (name, values) in enumerate(zip(spectra.species, spectra.absorptivity, strict=True)):
            ax.plot(spectra.wavelength, values, marker=".", markersize=4, color=PALETTE[k % len(PALETTE)], label=name)
        ax.axhline(0.0, color="#808080", linewidth=0.7, zorder=1)
        ax.set_xlabel("wavelength / nm")
        ax.set_ylabel(axis_label("absorptivity", absorptivity_unit(result)), parse_math=False)
        ax.set_title(result.title, loc="left", fontsize=10, parse_math=False)
        ax.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside right upper", fontsize=9, frameon=False)
    return figure
