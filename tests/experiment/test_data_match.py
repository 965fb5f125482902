"""Data beside a run: which condition, which values, what is left over; and runs that are read back as data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mscnet
from mscnet import MechanismError
from mscnet.experiment.data_match import model_at, sampled_at, times_of
from mscnet.experiment.results import Condition, Measured, Run, Series, Spectra, Stretch
from mscnet.mechanism.bench import DataFile, Observe
from mscnet.mechanism.expression import Number
from mscnet.mechanism.mechanism import Mechanism
from mscnet.records import replace
from mscnet.report.data_plot import plot_data
from mscnet.report.run_files import write_run
from tests.experiment.bench_builder import bench, written

TIME = np.linspace(0.0, 240.0, 49)
WAVELENGTH = np.arange(350.0, 450.5)
READINGS = {"od371": "371 nm", "od399": "399 nm", "scan": "spectrum"}


def course(volume: float, time: Any) -> Any:
    return 10 * volume * np.exp(-time / 60)


def run_of(mechanism: Mechanism, readings: tuple[str, ...] = ("od371", "od399", "scan")) -> Run:
    """A run whose courses are known: exponentials, as high as ten times the loop variable."""
    nothing = Stretch("pot", TIME, np.empty((49, 0)), np.ones(49), np.empty(0))
    conditions = []
    for volume in (0.015, 0.030):
        falling = Series("od371", TIME, course(volume, TIME), "", 371.0)
        rising = Series("od399", TIME, 10 * volume - course(volume, TIME), "", 399.0)
        scan = Spectra("scan", TIME, WAVELENGTH, falling.values[:, None] * (WAVELENGTH / 371)[None, :])
        series = {s.name: s for s in (falling, rising) if s.name in readings}
        spectra = {"scan": scan} if "scan" in readings else {}
        measured = Measured(0.0, nothing, series, spectra)
        conditions.append(Condition(mechanism.experiments[0], {"v": volume}, (measured,), (nothing,), ()))
    return Run(mechanism, tuple(conditions), {})


def matched(folder: Path, text: str, **settings: Any) -> Any:
    mechanism = bench("data.csv", readings=READINGS, **settings)
    return mscnet.match(mscnet.observations(mechanism, written(folder, text)), run_of(mechanism))


def test_residuals_are_data_less_model_of_the_condition(tmp_path: Path) -> None:
    found = matched(tmp_path, "v (uL),time (h),od371,sd\n30,0,0.31,0.02\n30,1,0.1,0.02\n15,0,0.15,0.02\n")
    first, second = found.series
    assert (first.condition.values["v"], second.condition.values["v"]) == (0.030, 0.015)
    assert first.residual == pytest.approx([0.01, 0.1 - course(0.030, 60.0)])
    assert first.weighted == pytest.approx(first.residual / 0.02)


def test_times_of_the_run_are_exact_and_others_keep_to_the_curve(tmp_path: Path) -> None:
    (series,) = matched(tmp_path, "v (uL),time,od371\n15,5,0\n15,7.3,0\n").series
    assert series.exact.tolist() == [True, False]
    assert series.model == pytest.approx(course(0.015, np.array([5.0, 7.3])), rel=1e-4)


def test_what_was_not_simulated_has_no_residual(tmp_path: Path) -> None:
    found = matched(tmp_path, "v (uL),time,od371\n15,-1,1\n15,0,1\n15,241,1\n")
    assert (np.isnan(found.series[0].residual).tolist(), found.outside) == ([True, False, True], 2)


def test_missing_values_have_no_residual(tmp_path: Path) -> None:
    assert matched(tmp_path, "v (uL),time,od371\n15,0,\n15,60,0\n").residuals == pytest.approx([-course(0.015, 60.0)])


def test_a_wavelength_without_a_reading_is_cut_from_the_spectra(tmp_path: Path) -> None:
    mechanism = bench("data.csv")
    data = mscnet.observations(mechanism, written(tmp_path, "v (uL),time,A360.5\n15,60,0\n"))
    (series,) = mscnet.match(data, run_of(mechanism, ("scan",))).series
    assert series.model == pytest.approx([course(0.015, 60.0) * 360.5 / 371])


def test_spectra_are_compared_on_the_grid_of_the_data(tmp_path: Path) -> None:
    (spectra,) = matched(tmp_path, "v (uL),time,360.5 nm,400.25 nm,451 nm\n30,60,0,0,0\n").spectra
    assert spectra.model[0, :2] == pytest.approx(course(0.030, 60.0) * np.array([360.5, 400.25]) / 371)
    assert np.isnan(spectra.model[0, 2])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("time,od371\n0,1\n", "which condition"),
        ("v (uL),time,od371\n16,0,1\n", "was not done with v = 0.016"),
        ("v,time,od371\n15,0,1\n", "is the unit in the column's header"),
        ("v (uL),time,A900\n15,0,1\n", "is not measured"),
    ],
)
def test_data_that_fit_no_condition_are_refused(tmp_path: Path, text: str, part: str) -> None:
    mechanism = bench("data.csv")
    data = mscnet.observations(mechanism, written(tmp_path, text))
    with pytest.raises(MechanismError, match=part):
        mscnet.match(data, run_of(mechanism, ("od371", "od399")))


def test_interpolation_stays_between_its_neighbours() -> None:
    time, values = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.0, 1.0, 1.0])
    model, _ = model_at(time, values, np.linspace(0, 3, 61))
    assert (model.min(), model.max()) == (0.0, 1.0)


def test_the_engine_is_asked_for_the_times_of_the_data(tmp_path: Path) -> None:
    text = "v (uL),time,od371\n15,2.5,0\n30,7,0\n30,500,0\n"
    mechanism = bench("data.csv", every="60 min")
    data = mscnet.observations(mechanism, written(tmp_path, text))
    (step,) = sampled_at(mechanism, data).experiments[0].steps
    assert isinstance(step, Observe)
    times = [float(t.value) for t in step.times if isinstance(t, Number)]
    assert times == [0, 2.5, 7, 60, 120, 180, 240]
    assert times_of(data, "fig")["od371"].tolist() == [2.5, 7, 500]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_run_is_written_and_read_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    if suffix == "parquet":
        pytest.importorskip("pyarrow")
    mechanism = bench(f"run.{suffix}", readings=READINGS)
    run = run_of(mechanism)
    write_run(run, tmp_path / f"run.{suffix}")
    found = mscnet.match(mscnet.observations(mechanism, tmp_path), run)
    assert (len(found.series), len(found.spectra)) == (4, 2)
    assert found.residuals.size == 2 * 2 * 49 + 2 * 49 * 101
    assert not found.residuals.any()


def test_only_rows_of_the_experiment_are_read(tmp_path: Path) -> None:
    text = "experiment,v,time,reading,value\nother,,0,x,1\nfig,0.015,0,od371,2\n"
    (data,) = mscnet.observations(bench("data.csv"), written(tmp_path, text))
    assert [s.observed.tolist() for s in data.series] == [[2.0]]


def test_parquet_needs_its_library_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    (tmp_path / "data.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MechanismError, match="pip install"):
        mscnet.observations(bench("data.parquet"), tmp_path)


def test_damaged_parquet_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    (tmp_path / "data.parquet").write_bytes(b"PAR1 and nothing more")
    with pytest.raises(MechanismError, match="cannot be read as Parquet"):
        mscnet.observations(bench("data.parquet"), tmp_path)


# --- the picture ------------------------------------------------------------------------------------------


def test_a_figure_shows_points_curves_and_residuals(tmp_path: Path) -> None:
    found = matched(tmp_path, "v (uL),time,od371,sd\n30,0,0.31,0.02\n30,60,0.1,0.02\n15,0,0.15,0.02\n")
    high, low = sorted(plot_data(found, "min").axes, key=lambda ax: -ax.get_position().y0)
    curves = [line for line in high.lines if line.get_linestyle() != "None"]
    points = [line for line in low.lines if line.get_linestyle() == "None"]
    assert [len(np.asarray(line.get_xdata())) for line in curves] == [49, 49]
    drawn = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in points])
    assert sorted(drawn) == pytest.approx(sorted(found.residuals))


def test_a_figure_of_spectra_is_drawn(tmp_path: Path) -> None:
    found = matched(tmp_path, "v (uL),time,360 nm,400 nm\n30,0,0,0\n30,60,0,0\n")
    assert len(plot_data(found).axes) == 2


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="no data"):
        plot_data(mscnet.match((), run_of(bench("data.csv"))))


def test_each_data_file_is_read(tmp_path: Path) -> None:
    mechanism = bench("data.csv")
    two = replace(mechanism, data_files=(*mechanism.data_files, DataFile("fig", "other.csv")))
    written(tmp_path, "time,od371\n0,1\n")
    written(tmp_path, "time,od399\n0,1\n", "other.csv")
    assert [data.series[0].reading for data in mscnet.observations(two, tmp_path)] == ["od371", "od399"]
