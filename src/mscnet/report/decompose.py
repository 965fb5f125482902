"""A decomposition of spectra as text, as an object for JSON, and as files."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mscnet.inference.decompose import Decomposition
from mscnet.report.files import write_whole
from mscnet.report.plain import plain
from mscnet.report.text import table

FloatArray = NDArray[np.float64]

#: Singular values shown beyond those that count.
_BEYOND = 3


def decomposition_text(found: Decomposition) -> str:
    """The answer in a sentence, what it rests on, and what was resolved."""
    n, m = found.data.absorbance.shape
    lines = [f"{found.data.name}: {n} spectra at {m} wavelengths", "", *_rank_lines(found)]
    if found.resolved is not None:
        lines += ["", *_resolved_lines(found)]
    lines += [f"note: {note}" for note in found.notes]
    return "\n".join(lines)


def _rank_lines(found: Decomposition) -> list[str]:
    rank = found.rank
    least = "at least " if rank.at_least else ""
    what = "contribution" if rank.count == 1 else "contributions"
    lines = [f"{least}{rank.count} {what} can be told apart ({rank.agreeing} of {len(rank.criteria)} criteria agree)"]
    if rank.count > 0:
        lines.append("(species whose concentrations depend on each other, as A + B -> C, count less than they are)")
    known = np.isfinite(rank.declared) and rank.sigma == rank.declared
    lines += ["", f"noise {rank.sigma:.3g}, {'as the data say' if known else 'as the spectra show'}", ""]
    shown = min(rank.count + _BEYOND, rank.singular_values.size)
    rows: list[Sequence[str]] = []
    for k in range(shown):
        rows.append((
            str(k + 1), f"{rank.singular_values[k]:.4g}", f"{rank.bound[k]:.4g}",
            f"{rank.time_course[k]:.2f}", f"{rank.wavelength_course[k]:.2f}",
        ))  # fmt: skip
    heads = ("number", "singular value", "noise gives", "course in time", "over wavelength")
    lines += [table(heads, rows, range(5)), ""]
    lines.append(table(("criterion", "count", ""), [(c.name, str(c.count), c.about) for c in rank.criteria], (1,)))
    return lines


def _resolved_lines(found: Decomposition) -> list[str]:
    resolved = found.resolved
    assert resolved is not None
    lines = [
        f"resolved into {found.components}: lack of fit {resolved.lack_of_fit:.3g} %, "
        f"{resolved.explained:.6g} % explained, what is left {resolved.rms:.3g}",
        "",
    ]
    rows: list[Sequence[str]] = []
    for k, band in enumerate(found.bands):
        rows.append((
            str(k + 1),
            f"{found.data.wavelength[np.argmax(resolved.spectra[k])]:.4g} nm",
            f"{found.data.time[np.argmax(resolved.courses[:, k])]:.4g}",
            f"{band.solution:.3f}",
            f"{band.least:.3f} to {band.most:.3f}",
            "none" if band.unique else f"{band.width:.3f}",
        ))  # fmt: skip
    heads = ("component", "highest at", "most at time", "part in the data", "range", "ambiguity")
    lines.append(table(heads, rows, range(6)))
    if not all(band.unique for band in found.bands):
        lines.append("(any solution in these ranges fits the data alike: what is not negative does not decide)")
    return lines


def decomposition_data(found: Decomposition) -> dict[str, Any]:
    """The same as an object for JSON; courses and spectra are left to the tables."""
    rank, resolved = found.rank, found.resolved
    made: dict[str, Any] = {
        "name": found.data.name,
        "spectra": found.data.time.size,
        "wavelengths": found.data.wavelength.size,
        "rank": {
            "count": rank.count,
            "at_least": rank.at_least,
            "criteria": [{"name": c.name, "count": c.count, "about": c.about} for c in rank.criteria],
            "noise": {"used": rank.sigma, "declared": rank.declared, "found": rank.found},
            "singular_values": rank.singular_values.tolist(),
            "noise_gives": rank.bound.tolist(),
            "course_in_time": rank.time_course.tolist(),
            "course_over_wavelength": rank.wavelength_course.tolist(),
        },
        "components": found.components,
        "notes": list(found.notes),
    }
    if resolved is not None:
        made["resolved"] = {
            "lack_of_fit_percent": resolved.lack_of_fit,
            "explained_percent": resolved.explained,
            "rms": resolved.rms,
            "rounds": resolved.rounds,
            "converged": resolved.converged,
            "closure": resolved.closure,
        }
        made["ambiguity"] = [
            {"least": b.least, "solution": b.solution, "most": b.most, "width": b.width, "unique": b.unique}
            for b in found.bands
        ]
    result: dict[str, Any] = plain(made)
    return result


def write_decompositions(found: Sequence[Decomposition], folder: str | Path, time_unit: str = "") -> list[Path]:
    """Writes ``decompose.json`` and, for each set of spectra, its tables and its figure; the paths, in that order.

    ``concentrations.csv`` and ``spectra.csv`` have a column a component and two for the ends of its range; with
    several sets of spectra, names carry the number of the set.

    Raises:
        OSError: `folder` cannot be made or written to.
    """
    from mscnet.report.decompose_plot import plot_decomposition
    from mscnet.report.plots import save_figure

    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / "decompose.json"]
    text = json.dumps([decomposition_data(each) for each in found], ensure_ascii=False, allow_nan=False, indent=2)
    write_whole(written[0], lambda path: _write_text(path, text + "\n"))
    for number, each in enumerate(found, 1):
        mark = f"_{number}" if len(found) > 1 else ""
        if each.resolved is not None:
            time = f"time ({time_unit})" if time_unit else "time"
            courses = [(band.courses, each.resolved.courses[:, k]) for k, band in enumerate(each.bands)]
            spectra = [(band.spectra, each.resolved.spectra[k]) for k, band in enumerate(each.bands)]
            written.append(_write(folder / f"concentrations{mark}.csv", time, each.data.time, courses))
            written.append(_write(folder / f"spectra{mark}.csv", "wavelength (nm)", each.data.wavelength, spectra))
        written.append(folder / f"decompose{mark}.png")
        save_figure(plot_decomposition(each, time_unit), written[-1])
    return written


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write(path: Path, axis: str, at: FloatArray, profiles: Iterable[tuple[FloatArray, FloatArray]]) -> Path:
    header, columns = [axis], [at]
    for number, (ends, solution) in enumerate(profiles, 1):
        header += [f"component {number}", f"component {number} least", f"component {number} most"]
        columns += [solution, ends[0], ends[1]]

    def write(temporary: Path) -> None:
        with open(temporary, "w", encoding="utf-8", newline="") as stream:
            rows = csv.writer(stream, lineterminator="\n")
            rows.writerow(header)
            rows.writerows(np.array(columns).T.tolist())

    write_whole(path, write)
    return path
