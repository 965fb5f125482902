"""Mechanisms with experiments for the tests of many rows, and what compares their runs with ordinary ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

import mscnet
from mscnet.experiment.many.bench import ManyBench
from mscnet.experiment.results import Run
from mscnet.experiment.rows import RowRun
from mscnet.mechanism.mechanism import Mechanism

HEAD = """units time = min, concentration = mM, volume = mL
A -> B @ k1
B <-> C @ k2, k3
parameter k1 = 0.3 /min in 0.01 .. 10 log
parameter k2 = 0.2 /min in 0.01 .. 10 log
parameter k3 = 0.1 /min in 0.01 .. 10 log
parameter a0 = 2 mM in 0.1 .. 10
parameter v = 0.5 mL in 0.1 .. 0.9
parameter eps = 3 /mM/cm in 1 .. 9
parameter shift = 0.05 in 0 .. 1
solution S { A = a0 }
solution T { B = 0.3 mM }
solvent water
solvent oil
band A { gaussian center = 400 nm, fwhm = 30 nm, epsilon = eps }
band B { gaussian center = 430 nm, fwhm = 30 nm, epsilon = 2 /mM/cm }
instrument { baseline = shift }
"""

#: Steps of every kind that rows do side by side.
PROTOCOL = """
experiment trunk { mix 1 mL S + 1 mL water in flask ; hold 2 min ; measure [A], [B] every 5 min for 30 min }
experiment branch(w) from trunk after w for w in 0, 3, 12 min {
    take v from flask into cell
    add 1 mL T + (2 mL - v) water
    measure a = [A], od = absorbance(400 nm), total = [A] + [B]*k1/k2 every 2 min for 20 min
    hold 5 min
    dilute with water to 5 mL
    discard 1 mL
    measure late = [C], uv = spectrum(390 .. 410 nm step 5 nm) at 1, 2, 7 min
    use flask
    measure rest = [A] at 1 min
}
experiment other {
    with a0 = 1.5*a0, k3 = 0.05 /min
    mix v S + 1 mL oil + 0.3 mL water
    set k2 = 2*k1
    measure [A], [B], [C] every 1 min for 10 min
}
"""


def model(protocol: str, head: str = HEAD) -> Mechanism:
    """A mechanism of this text."""
    return mscnet.loads(head + protocol).chosen


def values_of(mechanism: Mechanism, names: Sequence[str]) -> np.ndarray:
    """The file's values of parameters."""
    return np.array([mechanism.get_parameter(name).value for name in names], dtype=float)


def furthest(many: RowRun, row: int, run: Run) -> float:
    """How far a row is from an ordinary run at its readings, as a part of each reading's size; conditions, ends, names
    and times are to agree."""
    assert [(c.experiment.name, c.values) for c in many.conditions] == [
        (c.experiment.name, c.values) for c in run.conditions
    ]
    most = 0.0
    for rows, one in zip(many.conditions, run.conditions, strict=True):
        assert bool(rows.done[row]) == one.status.finished, (one.name, rows.trouble, one.trouble)
        if not one.status.finished:
            continue
        for a, b in zip(rows.measured, one.measured, strict=True):
            assert list(a.series) == list(b.series)
            assert list(a.spectra) == list(b.spectra)
            at = places(a.time, b.time)
            for name, series in b.series.items():
                assert a.series[name].unit == series.unit
                most = max(most, _apart(a.series[name].values[row, at], series.values))
            for name, spectra in b.spectra.items():
                assert np.array_equal(a.spectra[name].wavelength, spectra.wavelength)
                most = max(most, _apart(a.spectra[name].absorbance[row, at], spectra.absorbance))
            most = max(most, _apart(a.stretch.volume[row, at], b.stretch.volume))
    return most


def places(times: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where these times are among others."""
    found = np.searchsorted(times, wanted - 1e-9 * np.abs(wanted).max(initial=1.0))
    assert np.allclose(times[found], wanted, rtol=1e-9)
    return found


def _apart(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(np.max(np.abs(found - wanted)) / max(float(np.max(np.abs(wanted))), 1e-9))


def differences(bench: ManyBench, values: np.ndarray, share: float = 1e-4) -> list[tuple[RowRun, float]]:
    """For each parameter two runs on either side of these values, as rows 0 and 1, and the distance between them."""
    found = []
    for j, value in enumerate(values):
        step = share * abs(value)
        rows = np.array([values, values])
        rows[0, j] -= step
        rows[1, j] += step
        found.append((bench.perform(rows), float(rows[1, j] - rows[0, j])))
    return found


VOLUME = st.floats(0.2, 3.0).map(lambda x: f"{x:.3g} mL")
PIECE = st.sampled_from(
    [
        "take v from pot into cell", "take (v/4) from pot into cell", "add {0} S", "add {0} water + {1} T", "hold {2}",
        "measure [A], [B] every 1 min for 6 min", "measure r = absorbance(410 nm) at 1, 3 min", "set k3 = k1/2",
        "hold {2} at 310 K", "dilute with water to 12 mL", "discard 0.1 mL", "use pot", "measure [C]",
    ]
)  # fmt: skip


@st.composite
def protocols(draw: st.DrawFn) -> str:
    """Experiments of a few steps, one that goes on from the other, some of which cannot be done."""

    def steps() -> str:
        made = draw(st.lists(PIECE, min_size=1, max_size=5))
        numbers = draw(st.tuples(VOLUME, VOLUME, st.sampled_from(["0.5 min", "2 min"])))
        return " ; ".join(piece.format(*numbers) for piece in made)

    after = draw(st.sampled_from(["", " after 1 min", " after 7 min"]))
    own = draw(st.sampled_from(["", "with a0 = 3 mM ; ", "with k1 = 2*k2 ; ", "with v = 0.3 mL ; "]))
    start = draw(VOLUME)
    return (
        f"experiment e {{ {own}mix {start} S + 1 mL oil ; {steps()} ; measure [A], [B] at 1, 2 min }}\n"
        f"experiment f from e{after} {{ {steps()} ; measure q = [B] + [C] at 1, 5 min }}\n"
    )
